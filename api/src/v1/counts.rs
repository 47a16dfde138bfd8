//! Counts of interceptions as reports show them that accuse nobody, as JSON and
//! as cells of a table.

use baitline_analytics::table::{Cell, Column, Kind};
use baitline_analytics::{Counts, VerdictCounts};
use serde::Serialize;
use utoipa::ToSchema;

use super::offenders::VerdictCountsView;
use crate::fields::Time;

/// Interceptions counted. Every answered one has one verdict and is one of
/// `advertising`, `candidates`, `unheard_invalid` and `other_heard`. Callers that
/// showed no number are counted too.
#[derive(Serialize, ToSchema)]
#[schema(as = InterceptionCounts)]
pub(crate) struct CountsView {
    /// Answered ones, whatever was heard.
    interceptions: u64,
    /// The answered ones by verdict.
    by_verdict: VerdictCountsView,
    /// Answered, and advertising was heard.
    advertising: u64,
    /// Answered and not heard yet.
    candidates: u64,
    /// Answered and not heard yet, from a number that cannot be a caller's.
    unheard_invalid: u64,
    /// Answered, but what was heard is no advertising.
    other_heard: u64,
    /// Not answered.
    attempts: u64,
    /// Answered or not, from a caller that showed no number.
    without_number: u64,
    /// Distinct numbers of all of them.
    callers: u64,
    /// Distinct baits of all of them.
    baits: u64,
    /// Distinct clients of all of them.
    clients: u64,
    /// When the earliest began; null where none came.
    first_at: Option<Time>,
    /// When the latest began; null where none came.
    last_at: Option<Time>,
}

/// The columns of [`CountsView::cells`].
pub(super) const COUNT_COLUMNS: [Column; 17] = [
    Column::of("interceptions", Kind::Count),
    Column::of("foreign_group", Kind::Count),
    Column::of("foreign_entity", Kind::Count),
    Column::of("same_group", Kind::Count),
    Column::of("inconclusive", Kind::Count),
    Column::of("invalid", Kind::Count),
    Column::of("advertising", Kind::Count),
    Column::of("candidates", Kind::Count),
    Column::of("unheard_invalid", Kind::Count),
    Column::of("other_heard", Kind::Count),
    Column::of("attempts", Kind::Count),
    Column::of("without_number", Kind::Count),
    Column::of("callers", Kind::Count),
    Column::of("baits", Kind::Count),
    Column::of("clients", Kind::Count),
    Column::of("first_at", Kind::Moment),
    Column::of("last_at", Kind::Moment),
];

impl CountsView {
    /// `None` for nothing at all.
    pub(super) fn of(counts: Option<Counts>) -> Self {
        let count = |get: fn(&Counts) -> u64| counts.as_ref().map_or(0, get);
        Self {
            interceptions: count(|counts| counts.interceptions),
            by_verdict: counts
                .map_or_else(VerdictCounts::default, |counts| counts.by_verdict)
                .into(),
            advertising: count(|counts| counts.advertising),
            candidates: count(|counts| counts.candidates),
            unheard_invalid: count(|counts| counts.unheard_invalid),
            other_heard: count(|counts| counts.other_heard),
            attempts: count(|counts| counts.attempts),
            without_number: count(|counts| counts.without_number),
            callers: count(|counts| counts.callers),
            baits: count(|counts| counts.baits),
            clients: count(|counts| counts.clients),
            first_at: counts.map(|counts| Time(counts.first_at)),
            last_at: counts.map(|counts| Time(counts.last_at)),
        }
    }

    /// In the order of [`COUNT_COLUMNS`].
    pub(super) fn cells(&self) -> Vec<Cell> {
        let mut cells = vec![Cell::Count(self.interceptions)];
        cells.extend(self.by_verdict.cells());
        let counts = [
            self.advertising,
            self.candidates,
            self.unheard_invalid,
            self.other_heard,
            self.attempts,
            self.without_number,
            self.callers,
            self.baits,
            self.clients,
        ];
        cells.extend(counts.map(Cell::Count));
        let moment = |at: Option<Time>| at.map_or(Cell::Empty, |at| Cell::Moment(at.0));
        cells.extend([self.first_at, self.last_at].map(moment));
        cells
    }
}
