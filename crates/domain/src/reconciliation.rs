//! An operator's statement held against our own list of one bait's calls, line
//! by line: what is in both, what differs, what only one side has. The answer
//! does not depend on the order of either list, and no line and no call is used
//! twice. It knows no file formats: whoever calls has read the lines, with
//! their times in UTC.
//!
//! Tolerances, and why they are what they are, stand at the constants; the way
//! pairs are chosen is docs/decisions/0041.

mod assignment;
mod closeness;
#[cfg(test)]
mod tests;
mod zone;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::ids::ObservationId;
use crate::instant::{Instant, Span};
use crate::observation::{Channel, Direction};
use crate::phone::Party;
use crate::words::words;
use closeness::{Closeness, closeness};

pub use zone::likely_shift;

/// Starts this far apart are one start. Operators count from the answer or from
/// the dialling, our sources from the other one, and a phone rings for up to
/// about a minute between the two.
pub const TIME_TOLERANCE: Span = Span::seconds(60);
/// Starts of the same two ends further apart than [`TIME_TOLERANCE`] and no
/// further than this are taken for one call whose time differs. More than ten
/// minutes no clock of a working PBX or telephone is off; a statement read in a
/// wrong time zone is off by more, see [`likely_shift`].
pub const SEARCH_SPAN: Span = Span::seconds(600);
/// Connected times this far apart are one: recorders start late, and operators
/// and PBXes round to their own second.
pub const DURATION_TOLERANCE_SECONDS: u32 = 5;
/// Lines of one statement, and calls it is held against.
pub const MAX_LINES: usize = 20_000;
/// Pairs that come into question, over all lines: many more than a telephone
/// can have, since one line meets only calls of its own minutes.
const MAX_CANDIDATES: usize = 500_000;

/// How finely a statement tells a time or a duration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    /// To the second.
    Second,
    /// To the minute: a time is cut down to it, a duration is rounded up, as it
    /// is charged.
    Minute,
}

words!(Precision { Second => "second", Minute => "minute" });

/// A call as our sources have it, without what statements say of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OurCall {
    /// Its id.
    pub id: ObservationId,
    /// As the bait sees it.
    pub direction: Direction,
    /// What carried it; calls of messengers are in no statement and not compared.
    pub channel: Channel,
    /// The other end.
    pub party: Party,
    /// The corrected start.
    pub started_at: Instant,
    /// How far that start may be off.
    pub uncertainty: Span,
    /// Connected time in seconds.
    pub connected_seconds: u32,
    /// Whether somebody answered.
    pub answered: bool,
}

/// One line of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementLine {
    /// Its place in the statement, from 1; each once.
    pub number: u32,
    /// As the bait sees it; absent where the statement does not say.
    pub direction: Option<Direction>,
    /// What carried it.
    pub channel: Channel,
    /// The other end.
    pub party: Party,
    /// A second number on the line: the one a forwarded call came through.
    pub through: Option<Party>,
    /// The start; of a minute its beginning.
    pub started_at: Instant,
    /// How finely the start is told.
    pub start_precision: Precision,
    /// The duration in seconds; absent where the statement does not say.
    pub seconds: Option<u32>,
    /// How finely the duration is told.
    pub duration_precision: Precision,
}

/// The half-open period a statement covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatementPeriod {
    /// Its first moment.
    pub from: Instant,
    /// The first moment after it.
    pub to: Instant,
}

/// What a pair of a call and a line does not agree in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Difference {
    /// The start, by more than the tolerance.
    Time,
    /// The connected time, by more than the tolerance.
    Duration,
    /// The other end's number: each side names one, and not the same. A person
    /// has to say whether it is one call, such as a forwarded one.
    Caller,
}

words!(Difference { Time => "time", Duration => "duration", Caller => "caller" });

/// What became of a line or a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// Both lists have it alike.
    Matched,
    /// Both lists have it, and it differs.
    Differs,
    /// Only our list has it.
    OnlyOurs,
    /// Only the statement has it.
    OnlyTheirs,
}

words!(Finding {
    Matched => "matched",
    Differs => "differs",
    OnlyOurs => "only_ours",
    OnlyTheirs => "only_theirs",
});

/// A call and its line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// The call.
    pub call: ObservationId,
    /// The number of the line.
    pub line: u32,
    /// What they do not agree in, in order.
    pub differences: Vec<Difference>,
    /// The other end as the statement names it, where our sources had it hidden.
    pub revealed: Option<Party>,
}

impl Pair {
    /// Matched, or differing.
    pub const fn finding(&self) -> Finding {
        if self.differences.is_empty() { Finding::Matched } else { Finding::Differs }
    }

    /// Whether the call counts as found in the statement: its number is in it
    /// near its time. A differing time or duration is shown beside it.
    pub fn is_found(&self) -> bool {
        !self.differences.contains(&Difference::Caller)
    }
}

/// A call that no line tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OnlyOurs {
    /// The call.
    pub call: ObservationId,
    /// Nobody answered it: statements list what was connected, so its absence
    /// says nothing.
    pub unanswered: bool,
}

/// A line that none of our calls fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OnlyTheirs {
    /// The number of the line.
    pub line: u32,
    /// The first other line with the same other end, start and direction: the
    /// statement may tell one call twice, such as a forwarded one.
    pub repeats: Option<u32>,
}

/// The comparison. Calls stand in order of (start, id), lines in that of (start,
/// number).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reconciliation {
    /// What both lists have, in the order of the calls.
    pub pairs: Vec<Pair>,
    /// What only our list has.
    pub only_ours: Vec<OnlyOurs>,
    /// What only the statement has.
    pub only_theirs: Vec<OnlyTheirs>,
}

/// Why two lists cannot be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReconciliationError {
    /// More than [`MAX_LINES`] on a side.
    #[error("more than {MAX_LINES} lines or calls")]
    TooMany,
    /// So many calls at one time that no telephone had them.
    #[error("more calls at one time than a telephone can have")]
    TooDense,
    /// Two lines have one number, or two calls one id.
    #[error("a line or a call is given twice")]
    Repeated,
}

/// Which pairs a round may make; each works on what the rounds before left.
#[derive(Debug, Clone, Copy)]
enum Round {
    /// The same other end at the same time.
    Same,
    /// A hidden end on one side, at the same time.
    Hidden,
    /// The same other end at a differing time.
    SameLater,
    /// Two numbers that differ, at the same time and for as long.
    OtherNumber,
}

/// In order: a pair that agrees is never given up for one that does not.
const ROUNDS: [Round; 4] = [Round::Same, Round::Hidden, Round::SameLater, Round::OtherNumber];

/// Holds a statement of `period` against our calls of the same bait. Calls that
/// begin outside the period count only where a line has them.
///
/// # Errors
/// When a list is too long or too dense, or names something twice.
pub fn reconcile(
    calls: &[OurCall],
    lines: &[StatementLine],
    period: StatementPeriod,
) -> Result<Reconciliation, ReconciliationError> {
    if calls.len().max(lines.len()) > MAX_LINES {
        return Err(ReconciliationError::TooMany);
    }
    let ids: BTreeSet<ObservationId> = calls.iter().map(|call| call.id).collect();
    let numbers: BTreeSet<u32> = lines.iter().map(|line| line.number).collect();
    if ids.len() < calls.len() || numbers.len() < lines.len() {
        return Err(ReconciliationError::Repeated);
    }
    let mut calls: Vec<&OurCall> =
        calls.iter().filter(|call| call.channel != Channel::Messenger).collect();
    calls.sort_unstable_by_key(|call| (call.started_at, call.id));
    let mut lines: Vec<&StatementLine> = lines.iter().collect();
    lines.sort_unstable_by_key(|line| (line.started_at, line.number));
    let mut line_of_call = vec![None; calls.len()];
    let mut is_used = vec![false; lines.len()];
    for round in ROUNDS {
        let candidates = candidates(round, &calls, &lines, &line_of_call, &is_used)?;
        for (line, call) in assignment::assign(&candidates)? {
            line_of_call[call] = Some(line);
            is_used[line] = true;
        }
    }
    let pairs = calls.iter().zip(&line_of_call);
    let pairs = pairs.filter_map(|(call, line)| Some(pair(call, lines[(*line)?]))).collect();
    let alone = calls.iter().zip(&line_of_call).filter(|(_, line)| line.is_none());
    let only_ours = alone
        .filter(|(call, _)| period.from <= call.started_at && call.started_at < period.to)
        .map(|(call, _)| OnlyOurs { call: call.id, unanswered: !call.answered })
        .collect();
    Ok(Reconciliation { pairs, only_ours, only_theirs: only_theirs(&lines, &is_used) })
}

/// Every pair a round may make: the places of line and call, and how well they fit.
fn candidates(
    round: Round,
    calls: &[&OurCall],
    lines: &[&StatementLine],
    line_of_call: &[Option<usize>],
    is_used: &[bool],
) -> Result<Vec<(usize, usize, Closeness)>, ReconciliationError> {
    let widest = calls.iter().map(|call| call.uncertainty.0.clamp(0, SEARCH_SPAN.0)).max();
    let reach = Span(SEARCH_SPAN.0 + widest.unwrap_or(0));
    let mut found = Vec::new();
    for (place, line) in lines.iter().enumerate().filter(|(place, _)| !is_used[*place]) {
        let (earliest, latest) = (line.started_at - reach, line.latest_start() + reach);
        let first = calls.partition_point(|call| call.started_at < earliest);
        let near = calls.iter().enumerate().skip(first);
        for (index, call) in near.take_while(|(_, call)| call.started_at <= latest) {
            if line_of_call[index].is_none() && round.allows(call, line) {
                found.push((place, index, closeness(call, line)));
            }
        }
        if found.len() > MAX_CANDIDATES {
            return Err(ReconciliationError::TooDense);
        }
    }
    Ok(found)
}

impl Round {
    fn allows(self, call: &OurCall, line: &StatementLine) -> bool {
        let is_comparable = line.channel == call.channel
            && line.direction.is_none_or(|direction| direction == call.direction);
        if !is_comparable {
            return false;
        }
        let close = closeness(call, line);
        let is_hidden = call.party == Party::Hidden || line.party == Party::Hidden;
        match self {
            Self::Same => line.names(&call.party) && close.time_agrees,
            Self::Hidden => is_hidden && close.time_agrees,
            Self::SameLater => line.names(&call.party) && close.is_near,
            Self::OtherNumber => {
                // Two empty durations would agree for every pair.
                let is_told = line.seconds.is_some_and(|seconds| seconds > 0);
                call.answered && is_told && close.time_agrees && close.duration_agrees
            }
        }
    }
}

impl StatementLine {
    /// Whether the line names this other end, be it as the one a forwarded call
    /// came through.
    fn names(&self, party: &Party) -> bool {
        self.party == *party || self.through.as_ref() == Some(party)
    }

    /// The last moment the stated start can mean.
    fn latest_start(&self) -> Instant {
        match self.start_precision {
            Precision::Second => self.started_at,
            Precision::Minute => self.started_at + Span(Span::seconds(60).0 - 1),
        }
    }
}

fn pair(call: &OurCall, line: &StatementLine) -> Pair {
    let close = closeness(call, line);
    let is_revealed = call.party == Party::Hidden && line.party != Party::Hidden;
    let names_another =
        !line.names(&call.party) && call.party != Party::Hidden && line.party != Party::Hidden;
    let differs = [
        (Difference::Time, !close.time_agrees),
        (Difference::Duration, !close.duration_agrees),
        (Difference::Caller, names_another),
    ];
    Pair {
        call: call.id,
        line: line.number,
        differences: differs.into_iter().filter(|(_, is)| *is).map(|(what, _)| what).collect(),
        revealed: is_revealed.then(|| line.party.clone()),
    }
}

fn only_theirs(lines: &[&StatementLine], is_used: &[bool]) -> Vec<OnlyTheirs> {
    let key = |line: &StatementLine| {
        (line.started_at, line.party.clone(), line.direction.map(Direction::as_str))
    };
    let mut first: BTreeMap<_, u32> = BTreeMap::new();
    for line in lines {
        first.entry(key(line)).or_insert(line.number);
    }
    let alone = lines.iter().zip(is_used).filter(|(_, is_used)| !**is_used);
    let only = |(line, _): (&&StatementLine, _)| {
        let same = first.get(&key(line)).copied();
        OnlyTheirs { line: line.number, repeats: same.filter(|same| *same != line.number) }
    };
    alone.map(only).collect()
}
