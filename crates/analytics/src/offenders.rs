//! From tallies to offenders: the counts of domain.md section 3, "Offenders",
//! and what they come to. It does not know where the tallies come from, nor
//! what a company or a group is.

use std::cmp::Reverse;

use baitline_domain::instant::Instant;
use baitline_domain::phone::Phone;
use baitline_domain::verdict::Verdict;
use polars::prelude::{
    DataFrame, Expr, Int64Type, LazyFrame, UInt32Type, UInt64Type, col, lit, when,
};

use crate::frame::{self, Codes};
use crate::key::keys_of;
use crate::{
    AnalyticsError, Hearing, Offender, OffenderKey, Question, Standing, Tally, Thresholds,
    VerdictCounts,
};

const KEY: &str = "key";
const CALLER: &str = "caller";
const CLIENT: &str = "client";
const BAIT: &str = "bait";
const TRAP: &str = "trap";
const LOCAL_DAY: &str = "local_day";
const PLACE: &str = "place";
const CALLS: &str = "calls";
const FIRST_AT: &str = "first_at";
const LAST_AT: &str = "last_at";
const ALL_CALLERS: &str = "all_callers";

/// Answers `question`; the worst offenders first, in one order for equal
/// tallies. The order of the tallies does not matter, nor does it matter into
/// how many tallies the same calls are split.
///
/// # Errors
///
/// [`AnalyticsError::TooManyRows`] above [`crate::MAX_ROWS`], and
/// [`AnalyticsError::Engine`] should the column engine fail.
pub fn repeat_offenders(
    tallies: &[Tally],
    question: &Question,
) -> Result<Vec<Offender>, AnalyticsError> {
    let mut keys = Codes::new();
    // A number that belongs to two companies counts once for each.
    let rows: Vec<(u32, &Tally)> = tallies
        .iter()
        .flat_map(|tally| keys_of(tally, question).into_iter().map(move |key| (key, tally)))
        .map(|(key, tally)| (keys.code(key), tally))
        .collect();
    frame::check_rows(rows.len())?;
    let grouped = frame::collect(columns(&rows, question)?.group_by([col(KEY)]).agg(aggregates()))?;
    let groups = Groups::read(&grouped)?;
    let keys = keys.into_values();

    let mut offenders: Vec<Offender> = (0..grouped.height())
        .map(|group| {
            let key = keys[groups.key[group] as usize].clone();
            let offender = groups.offender(group, key);
            let standing = question.group_by.has_standing();
            let standing = standing.then(|| standing_of(&offender, &question.thresholds));
            Offender { standing, ..offender }
        })
        .collect();
    offenders.sort_by(|a, b| worst_first(a).cmp(&worst_first(b)));
    Ok(offenders)
}

fn worst_first(line: &Offender) -> impl Ord + '_ {
    (line.standing, Reverse(line.interceptions), Reverse(line.traps), &line.key)
}

/// Whether the tally's calls are counted interceptions.
pub(crate) fn is_counted(tally: &Tally, verdicts: &[Verdict]) -> bool {
    matches!(Place::of(tally, verdicts), Place::FreshInterception | Place::PriorContact)
}

/// The one place of the report where a tally's calls are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    FreshInterception,
    PriorContact,
    Candidate,
    UnheardInvalid,
    OtherHeard,
    Attempt,
    ForeignGroup,
    ForeignEntity,
    SameGroup,
    Inconclusive,
    Invalid,
}

impl Place {
    /// In the order of declaration, so that a place is its own index.
    pub(crate) const ALL: [Self; 11] = [
        Self::FreshInterception,
        Self::PriorContact,
        Self::Candidate,
        Self::UnheardInvalid,
        Self::OtherHeard,
        Self::Attempt,
        Self::ForeignGroup,
        Self::ForeignEntity,
        Self::SameGroup,
        Self::Inconclusive,
        Self::Invalid,
    ];

    pub(crate) fn of(tally: &Tally, counted: &[Verdict]) -> Self {
        match tally.hearing {
            _ if tally.attempt => Self::Attempt,
            Hearing::Other => Self::OtherHeard,
            Hearing::Unheard if tally.verdict == Verdict::Invalid => Self::UnheardInvalid,
            Hearing::Unheard => Self::Candidate,
            Hearing::Advertising if !counted.contains(&tally.verdict) => {
                Self::of_other_verdict(tally.verdict)
            }
            Hearing::Advertising if tally.prior_contact => Self::PriorContact,
            Hearing::Advertising => Self::FreshInterception,
        }
    }

    fn of_other_verdict(verdict: Verdict) -> Self {
        match verdict {
            Verdict::ForeignGroup => Self::ForeignGroup,
            Verdict::ForeignEntity => Self::ForeignEntity,
            Verdict::SameGroup => Self::SameGroup,
            Verdict::Inconclusive => Self::Inconclusive,
            Verdict::Invalid => Self::Invalid,
        }
    }

    /// The name of the column that holds its sum.
    fn sum_name(self) -> String {
        format!("{self:?}")
    }
}

fn columns(rows: &[(u32, &Tally)], question: &Question) -> Result<LazyFrame, AnalyticsError> {
    let (mut clients, mut baits, mut traps) = (Codes::new(), Codes::new(), Codes::new());
    let place = |tally: &Tally| Place::of(tally, &question.verdicts) as u32;
    let tallies = || rows.iter().map(|(_, tally)| *tally);
    frame::of_columns(
        rows.len(),
        vec![
            frame::column(KEY, rows.iter().map(|(key, _)| *key)),
            frame::column(CALLER, tallies().map(|tally| tally.caller.map(Phone::digits))),
            frame::column(CLIENT, tallies().map(|tally| clients.code(tally.client))),
            frame::column(BAIT, tallies().map(|tally| baits.code(tally.bait))),
            frame::column(TRAP, tallies().map(|tally| traps.code(tally.trap))),
            frame::column(LOCAL_DAY, tallies().map(|tally| tally.local_day)),
            frame::column(PLACE, tallies().map(place)),
            // Wide before it is summed: sums of 32 bits would wrap unseen.
            frame::column(CALLS, tallies().map(|tally| u64::from(tally.calls))),
            frame::column(FIRST_AT, tallies().map(|tally| tally.first_at.0)),
            frame::column(LAST_AT, tallies().map(|tally| tally.last_at.0)),
        ],
    )
}

fn aggregates() -> Vec<Expr> {
    let is = |place: Place| col(PLACE).eq(lit(place as u32));
    let fresh = is(Place::FreshInterception);
    let counted = fresh.clone().or(is(Place::PriorContact));
    let distinct = |name: &str| col(name).filter(counted.clone()).n_unique();
    let sum = |place: Place| {
        when(is(place)).then(col(CALLS)).otherwise(lit(0_u64)).sum().alias(place.sum_name())
    };
    let mut aggregates = vec![
        col(TRAP).filter(fresh).n_unique(),
        distinct(BAIT),
        distinct(CLIENT),
        distinct(LOCAL_DAY),
        distinct(CALLER),
        col(CALLER).n_unique().alias(ALL_CALLERS),
        col(FIRST_AT).min(),
        col(LAST_AT).max(),
    ];
    aggregates.extend(Place::ALL.map(sum));
    aggregates
}

/// What comes out of the engine, one value per group in each column.
pub(crate) struct Groups {
    /// The code of its key.
    pub(crate) key: Vec<u32>,
    pub(crate) traps: Vec<u32>,
    pub(crate) baits: Vec<u32>,
    pub(crate) clients: Vec<u32>,
    pub(crate) days: Vec<u32>,
    pub(crate) callers: Vec<u32>,
    pub(crate) all_callers: Vec<u32>,
    pub(crate) first_at: Vec<i64>,
    pub(crate) last_at: Vec<i64>,
    /// One column of sums for each [`Place`], by its index.
    pub(crate) sums: Vec<Vec<u64>>,
}

impl Groups {
    fn read(grouped: &DataFrame) -> Result<Self, AnalyticsError> {
        let sums = Place::ALL.map(|place| frame::values::<UInt64Type>(grouped, &place.sum_name()));
        Ok(Self {
            key: frame::values::<UInt32Type>(grouped, KEY)?,
            traps: frame::values::<UInt32Type>(grouped, TRAP)?,
            baits: frame::values::<UInt32Type>(grouped, BAIT)?,
            clients: frame::values::<UInt32Type>(grouped, CLIENT)?,
            days: frame::values::<UInt32Type>(grouped, LOCAL_DAY)?,
            callers: frame::values::<UInt32Type>(grouped, CALLER)?,
            all_callers: frame::values::<UInt32Type>(grouped, ALL_CALLERS)?,
            first_at: frame::values::<Int64Type>(grouped, FIRST_AT)?,
            last_at: frame::values::<Int64Type>(grouped, LAST_AT)?,
            sums: sums.into_iter().collect::<Result<_, _>>()?,
        })
    }

    /// The counts of one group, not judged yet.
    pub(crate) fn offender(&self, group: usize, key: OffenderKey) -> Offender {
        let calls = |place: Place| self.sums[place as usize][group];
        Offender {
            key,
            standing: None,
            interceptions: calls(Place::FreshInterception) + calls(Place::PriorContact),
            traps: u64::from(self.traps[group]),
            baits: u64::from(self.baits[group]),
            clients: u64::from(self.clients[group]),
            days: u64::from(self.days[group]),
            callers: u64::from(self.callers[group]),
            all_callers: u64::from(self.all_callers[group]),
            prior_contact: calls(Place::PriorContact),
            candidates: calls(Place::Candidate),
            unheard_invalid: calls(Place::UnheardInvalid),
            other_heard: calls(Place::OtherHeard),
            attempts: calls(Place::Attempt),
            other_verdicts: VerdictCounts {
                foreign_group: calls(Place::ForeignGroup),
                foreign_entity: calls(Place::ForeignEntity),
                same_group: calls(Place::SameGroup),
                inconclusive: calls(Place::Inconclusive),
                invalid: calls(Place::Invalid),
            },
            first_at: Instant(self.first_at[group]),
            last_at: Instant(self.last_at[group]),
        }
    }
}

/// What the counts come to. Without a counted interception nobody is an
/// offender, however low the thresholds are.
pub(crate) fn standing_of(offender: &Offender, thresholds: &Thresholds) -> Standing {
    let reaches_all = offender.interceptions >= u64::from(thresholds.interceptions)
        && offender.traps >= u64::from(thresholds.traps)
        && offender.baits >= u64::from(thresholds.baits)
        && offender.clients >= u64::from(thresholds.clients)
        && offender.days >= u64::from(thresholds.days);
    match offender.interceptions {
        0 => Standing::Candidate,
        _ if reaches_all => Standing::RepeatOffender,
        _ => Standing::Offender,
    }
}

#[cfg(test)]
mod tests {
    use super::Place;

    #[test]
    fn a_place_is_its_own_index() {
        for (index, place) in Place::ALL.into_iter().enumerate() {
            assert_eq!(place as usize, index, "{place:?}");
        }
    }
}
