//! Counts of interceptions as reports show them that accuse nobody, as JSON and
//! as CSV.

use baitline_analytics::{Counts, VerdictCounts};
use serde::Serialize;
use utoipa::ToSchema;

use super::offenders::VerdictCountsView;
use crate::fields::Time;
use crate::tabular::cell;

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

/// The names of [`CountsView::cells`].
pub(super) const COUNT_COLUMNS: [&str; 17] = [
    "interceptions",
    "foreign_group",
    "foreign_entity",
    "same_group",
    "inconclusive",
    "invalid",
    "advertising",
    "candidates",
    "unheard_invalid",
    "other_heard",
    "attempts",
    "without_number",
    "callers",
    "baits",
    "clients",
    "first_at",
    "last_at",
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
    pub(super) fn cells(&self) -> Vec<String> {
        let mut cells = vec![self.interceptions.to_string()];
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
        cells.extend(counts.map(|count| count.to_string()));
        cells.extend([self.first_at, self.last_at].map(|at| cell(at.map(|at| at.0))));
        cells
    }
}
