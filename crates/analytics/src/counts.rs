//! Plain counts of interceptions by operators and by bait, where nobody is
//! accused: calls without a number count too. It does not know who is an
//! offender.

use std::hash::Hash;

use baitline_domain::ids::BaitId;
use baitline_domain::instant::Instant;
use baitline_domain::operator::Inn;
use baitline_domain::phone::Phone;
use baitline_domain::verdict::Verdict;
use polars::prelude::{
    DataFrame, Expr, Int64Type, LazyFrame, UInt32Type, UInt64Type, col, lit, when,
};

use crate::frame::{self, Codes};
use crate::{AnalyticsError, Hearing, Scope, Tally, VerdictCounts};

const KEY: &str = "key";
const CALLER: &str = "caller";
const CLIENT: &str = "client";
const BAIT: &str = "bait";
const VERDICT: &str = "verdict";
const HEARD: &str = "heard";
const CALLS: &str = "calls";
const FIRST_AT: &str = "first_at";
const LAST_AT: &str = "last_at";
const WITHOUT_NUMBER: &str = "without_number";

/// Who calls whom: the caller's operator, then the bait's. `None` where it is
/// not known.
pub type OperatorPair = (Option<Inn>, Option<Inn>);

/// Interceptions of one key. Every answered one has one verdict and is one of
/// `advertising`, `candidates`, `unheard_invalid` and `other_heard`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Answered ones, whatever was heard.
    pub interceptions: u64,
    /// Those by verdict.
    pub by_verdict: VerdictCounts,
    /// Answered, and advertising was heard.
    pub advertising: u64,
    /// Answered and not heard yet, but for invalid ones.
    pub candidates: u64,
    /// Answered and not heard yet, from a number that cannot be a caller's.
    pub unheard_invalid: u64,
    /// Answered, but what was heard is no advertising.
    pub other_heard: u64,
    /// Not answered.
    pub attempts: u64,
    /// Answered or not, from a caller that showed no number.
    pub without_number: u64,
    /// Distinct numbers of all of them.
    pub callers: u64,
    /// Distinct baits of all of them.
    pub baits: u64,
    /// Distinct clients of all of them.
    pub clients: u64,
    /// When the earliest began.
    pub first_at: Instant,
    /// When the latest began.
    pub last_at: Instant,
}

/// The interceptions in `scope` by the caller's and the bait's operator, in
/// order of the pair. `scope.competitor` is not looked at.
///
/// # Errors
///
/// [`AnalyticsError::TooManyRows`] above [`crate::MAX_ROWS`], and
/// [`AnalyticsError::Engine`] should the column engine fail.
pub fn by_operators(
    tallies: &[Tally],
    scope: &Scope,
) -> Result<Vec<(OperatorPair, Counts)>, AnalyticsError> {
    let scope = Scope { competitor: None, ..scope.clone() };
    let entities = crate::Entities::default();
    let asked: Vec<&Tally> = tallies.iter().filter(|tally| scope.holds(tally, &entities)).collect();
    count(&asked, |tally| (tally.operator, tally.bait_operator))
}

/// The interceptions by bait, in order of its id. A bait that nobody called is
/// in no tally and has no line.
///
/// # Errors
///
/// As [`by_operators`].
pub fn by_bait(tallies: &[Tally]) -> Result<Vec<(BaitId, Counts)>, AnalyticsError> {
    let all: Vec<&Tally> = tallies.iter().collect();
    count(&all, |tally| tally.bait)
}

fn count<K: Copy + Eq + Hash + Ord>(
    tallies: &[&Tally],
    key: impl Fn(&Tally) -> K,
) -> Result<Vec<(K, Counts)>, AnalyticsError> {
    frame::check_rows(tallies.len())?;
    let mut keys = Codes::new();
    let coded: Vec<u32> = tallies.iter().map(|tally| keys.code(key(tally))).collect();
    let grouped = frame::collect(columns(tallies, coded)?.group_by([col(KEY)]).agg(aggregates()))?;
    let keys = keys.into_values();
    let codes = frame::values::<UInt32Type>(&grouped, KEY)?;
    let mut counted: Vec<(K, Counts)> =
        codes.iter().map(|code| keys[*code as usize]).zip(read(&grouped)?).collect();
    counted.sort_unstable_by_key(|(key, _)| *key);
    Ok(counted)
}

/// What was heard of a call, where attempts and numbers that cannot be a
/// caller's are things of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Heard {
    Advertising,
    Candidate,
    UnheardInvalid,
    Other,
    Attempt,
}

impl Heard {
    fn of(tally: &Tally) -> Self {
        match tally.hearing {
            _ if tally.attempt => Self::Attempt,
            Hearing::Advertising => Self::Advertising,
            Hearing::Unheard if tally.verdict == Verdict::Invalid => Self::UnheardInvalid,
            Hearing::Unheard => Self::Candidate,
            Hearing::Other => Self::Other,
        }
    }
}

/// Every way a call was heard, in order of declaration.
const ALL_HEARD: [Heard; 5] =
    [Heard::Advertising, Heard::Candidate, Heard::UnheardInvalid, Heard::Other, Heard::Attempt];

fn columns(tallies: &[&Tally], keys: Vec<u32>) -> Result<LazyFrame, AnalyticsError> {
    let (mut clients, mut baits) = (Codes::new(), Codes::new());
    let tallies = || tallies.iter();
    frame::of_columns(
        keys.len(),
        vec![
            frame::column(KEY, keys.into_iter()),
            frame::column(CALLER, tallies().map(|tally| tally.caller.map(Phone::digits))),
            frame::column(CLIENT, tallies().map(|tally| clients.code(tally.client))),
            frame::column(BAIT, tallies().map(|tally| baits.code(tally.bait))),
            frame::column(VERDICT, tallies().map(|tally| tally.verdict as u32)),
            frame::column(HEARD, tallies().map(|tally| Heard::of(tally) as u32)),
            // Wide before it is summed: sums of 32 bits would wrap unseen.
            frame::column(CALLS, tallies().map(|tally| u64::from(tally.calls))),
            frame::column(FIRST_AT, tallies().map(|tally| tally.first_at.0)),
            frame::column(LAST_AT, tallies().map(|tally| tally.last_at.0)),
        ],
    )
}

fn aggregates() -> Vec<Expr> {
    let sum = |which: Expr, name: String| {
        when(which).then(col(CALLS)).otherwise(lit(0_u64)).sum().alias(name)
    };
    let is = |heard: Heard| col(HEARD).eq(lit(heard as u32));
    let with =
        |verdict: Verdict| col(VERDICT).eq(lit(verdict as u32)).and(is(Heard::Attempt).not());
    let mut aggregates = vec![
        col(CALLER).drop_nulls().n_unique(),
        col(BAIT).n_unique(),
        col(CLIENT).n_unique(),
        col(FIRST_AT).min(),
        col(LAST_AT).max(),
        sum(col(CALLER).is_null(), WITHOUT_NUMBER.to_owned()),
    ];
    aggregates.extend(ALL_HEARD.map(|heard| sum(is(heard), format!("{heard:?}"))));
    let verdicts = Verdict::ALL.iter().map(|verdict| sum(with(*verdict), verdict.to_string()));
    aggregates.extend(verdicts);
    aggregates
}

fn read(grouped: &DataFrame) -> Result<Vec<Counts>, AnalyticsError> {
    let sums = |name: &str| frame::values::<UInt64Type>(grouped, name);
    let distinct = |name: &str| frame::values::<UInt32Type>(grouped, name);
    let moments = |name: &str| frame::values::<Int64Type>(grouped, name);
    let heard = |heard: Heard| sums(&format!("{heard:?}"));
    let verdict = |verdict: Verdict| sums(verdict.as_str());
    let (advertising, candidates) = (heard(Heard::Advertising)?, heard(Heard::Candidate)?);
    let (unheard_invalid, other) = (heard(Heard::UnheardInvalid)?, heard(Heard::Other)?);
    let (attempts, without_number) = (heard(Heard::Attempt)?, sums(WITHOUT_NUMBER)?);
    let (callers, baits, clients) = (distinct(CALLER)?, distinct(BAIT)?, distinct(CLIENT)?);
    let (first_at, last_at) = (moments(FIRST_AT)?, moments(LAST_AT)?);
    let (group, entity) = (verdict(Verdict::ForeignGroup)?, verdict(Verdict::ForeignEntity)?);
    let (same, unclear) = (verdict(Verdict::SameGroup)?, verdict(Verdict::Inconclusive)?);
    let invalid = verdict(Verdict::Invalid)?;
    let counts = |row: usize| Counts {
        interceptions: advertising[row] + candidates[row] + unheard_invalid[row] + other[row],
        by_verdict: VerdictCounts {
            foreign_group: group[row],
            foreign_entity: entity[row],
            same_group: same[row],
            inconclusive: unclear[row],
            invalid: invalid[row],
        },
        advertising: advertising[row],
        candidates: candidates[row],
        unheard_invalid: unheard_invalid[row],
        other_heard: other[row],
        attempts: attempts[row],
        without_number: without_number[row],
        callers: u64::from(callers[row]),
        baits: u64::from(baits[row]),
        clients: u64::from(clients[row]),
        first_at: Instant(first_at[row]),
        last_at: Instant(last_at[row]),
    };
    Ok((0..grouped.height()).map(counts).collect())
}
