//! What a replay was asked and what it found.

use std::collections::BTreeMap;

use baitline_domain::ids::{BaitId, ClientId, EditionId, ObservationId, ReplayId};
use baitline_domain::instant::Instant;
use baitline_domain::operator::Inn;
use baitline_domain::phone::Phone;
use baitline_domain::verdict::{Reason, RuleVersion, Verdict};
use diesel::prelude::*;

use super::words::{ReplayOutcome, ReplayState, TouchedKind};
use crate::error::StoreResult;
use crate::schema;
use crate::sql_types::{Db, RowId};
use crate::stored_text;

/// A replay to ask for.
#[derive(Debug, Clone, Copy)]
pub struct NewReplay {
    /// The period's first moment.
    pub from: Instant,
    /// The first moment after the period.
    pub to: Instant,
    /// The rules that judge, or those in force.
    pub rules: Option<RuleVersion>,
    /// The edition that is in force of its file at all times, or none.
    pub edition: Option<EditionId>,
}

/// A dry run over a period.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::replays, treat_none_as_default_value = false)]
pub struct Replay {
    /// Its client.
    #[diesel(serialize_as = Db<ClientId>)]
    pub client_id: ClientId,
    /// Its id.
    #[diesel(serialize_as = Db<ReplayId>)]
    pub id: ReplayId,
    /// Where it stands.
    #[diesel(serialize_as = Db<ReplayState>)]
    pub state: ReplayState,
    /// The period's first moment.
    #[diesel(serialize_as = Db<Instant>)]
    pub from_at: Instant,
    /// The first moment after the period.
    #[diesel(serialize_as = Db<Instant>)]
    pub to_at: Instant,
    /// The number of the rules that judge; those in force where there is none.
    pub rule_version: Option<i32>,
    /// The edition that is in force of its file at all times.
    pub edition_id: Option<EditionId>,
    /// Why it failed.
    pub problem: Option<String>,
    /// How many workers have taken it up since it last got on.
    pub attempts: i32,
    /// Days with calls when it was asked for; those done once it is done.
    pub days_total: i32,
    /// Days judged.
    pub days_done: i32,
    /// The last of them.
    pub last_day: Option<i32>,
    /// Days judged while their stored verdicts waited to be recomputed.
    pub pending_days: i32,
    /// Calls compared.
    pub calls: i64,
    /// Calls that would be another thing than they are.
    pub differences: i64,
    /// See [`Replay::transitions`].
    pub(crate) transitions: String,
    /// When it was asked for.
    #[diesel(serialize_as = Db<Instant>)]
    pub created_at: Instant,
    /// When it last moved.
    #[diesel(serialize_as = Db<Instant>)]
    pub updated_at: Instant,
}

/// Differences by what a call is and what it would be.
pub type Transitions = BTreeMap<(ReplayOutcome, ReplayOutcome), i64>;

impl Replay {
    /// How many calls would become what.
    pub fn transitions(&self) -> StoreResult<Transitions> {
        let rows: Vec<(String, String, i64)> = stored_text::read(&self.transitions)?;
        let known = |word: &str| {
            ReplayOutcome::parse(word)
                .ok_or_else(|| crate::StoreError::Corrupt(format!("the outcome {word:?}")))
        };
        rows.iter()
            .map(|(before, after, calls)| Ok(((known(before)?, known(after)?), *calls)))
            .collect()
    }

    pub(crate) fn write_transitions(transitions: &Transitions) -> StoreResult<String> {
        let rows: Vec<(&str, &str, i64)> = transitions
            .iter()
            .map(|((before, after), calls)| (before.as_str(), after.as_str(), *calls))
            .collect();
        stored_text::write(&rows)
    }
}

impl From<Verdict> for ReplayOutcome {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::ForeignGroup => Self::ForeignGroup,
            Verdict::ForeignEntity => Self::ForeignEntity,
            Verdict::SameGroup => Self::SameGroup,
            Verdict::Inconclusive => Self::Inconclusive,
            Verdict::Invalid => Self::Invalid,
        }
    }
}

/// One call that would be another thing than it is.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::replay_differences, treat_none_as_default_value = false)]
pub struct DifferenceRow {
    /// The replay's client.
    #[diesel(serialize_as = Db<ClientId>)]
    pub client_id: ClientId,
    /// The replay.
    #[diesel(serialize_as = Db<ReplayId>)]
    pub replay_id: ReplayId,
    /// When the call began.
    #[diesel(serialize_as = Db<Instant>)]
    pub started_at: Instant,
    /// The call.
    #[diesel(serialize_as = Db<ObservationId>)]
    pub call_id: ObservationId,
    /// Its bait.
    #[diesel(serialize_as = Db<BaitId>)]
    pub bait_id: BaitId,
    /// The number at its other end, where it has one.
    pub caller: Option<Phone>,
    /// What it is.
    #[diesel(serialize_as = Db<ReplayOutcome>)]
    pub outcome_before: ReplayOutcome,
    /// What it would be.
    #[diesel(serialize_as = Db<ReplayOutcome>)]
    pub outcome_after: ReplayOutcome,
    /// Why it is that, as a JSON list of words; see [`DifferenceRow::reasons`].
    pub reasons_before: String,
    /// Why it would be that, likewise.
    pub reasons_after: String,
    /// The operator of the number.
    pub operator_before: Option<Inn>,
    /// The operator it would have.
    pub operator_after: Option<Inn>,
}

impl DifferenceRow {
    /// The reasons of what the call is and of what it would be.
    pub fn reasons(&self) -> StoreResult<(Vec<Reason>, Vec<Reason>)> {
        Ok((stored_text::read(&self.reasons_before)?, stored_text::read(&self.reasons_after)?))
    }

    /// Reasons as a row keeps them.
    pub fn write_reasons(reasons: &[Reason]) -> StoreResult<String> {
        stored_text::write(&reasons)
    }
}

/// Something built of calls that would change.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = schema::replay_touched)]
pub struct Touched {
    /// What it is.
    pub kind: TouchedKind,
    /// Its id.
    pub subject_id: RowId,
    /// How many of its calls would change.
    pub calls: i64,
}
