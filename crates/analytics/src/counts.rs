//! Plain counts of interceptions by operators and by bait, where nobody is
//! accused: calls without a number count too. It does not know who is an
//! offender.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use baitline_domain::ids::{BaitId, TrapId};
use baitline_domain::instant::Instant;
use baitline_domain::operator::Inn;
use baitline_domain::phone::Phone;
use baitline_domain::verdict::Verdict;
use polars::prelude::PlHashMap;

use crate::fact::{Fact, NO_CALLER, Outcome};
use crate::groups::{Counted, Dense, Groups};
use crate::rows::{self, Callers, Described, Rows, Wanted};
use crate::segment::foreign;
use crate::source::{Coded, Codes, Source};
use crate::{AnalyticsError, Hearing, Scope, VerdictCounts};

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
/// As [`crate::repeat_offenders`].
pub fn by_operators(
    source: &Source<'_>,
    scope: &Scope,
) -> Result<Vec<(OperatorPair, Counts)>, AnalyticsError> {
    let wanted = Wanted {
        scope: scope.clone(),
        callers: Callers::All,
        columns: vec![Described::Operator, Described::BaitOperator],
    };
    count(source, &Codes::of(source)?, &wanted, |rows, row| {
        (*rows.operators.at(row), *rows.bait_operators.at(row))
    })
}

/// The interceptions by bait, in order of its id. A bait that nobody called is
/// in no interception and has no line.
///
/// # Errors
///
/// As [`crate::repeat_offenders`]; every bait called has to have its ordinal
/// named, too.
pub fn by_bait(source: &Source<'_>) -> Result<Vec<(BaitId, Counts)>, AnalyticsError> {
    let coded = Codes::of(source)?;
    let by_code = count(source, &coded, &Wanted::default(), |rows, row| rows.facts[row].bait)?;
    let ids = coded.0.bait_ids(&coded.1);
    let named = |(code, counts): (u32, Counts)| {
        let id = ids.get(&code).ok_or_else(|| foreign("a bait that nobody names"))?;
        Ok((*id, counts))
    };
    let mut counted: Vec<(BaitId, Counts)> =
        by_code.into_iter().map(named).collect::<Result<_, AnalyticsError>>()?;
    counted.sort_unstable_by_key(|(id, _)| *id);
    Ok(counted)
}

/// The traps that were called, of those that a tally or the ordinals name.
///
/// # Errors
///
/// As [`crate::repeat_offenders`].
pub fn traps_called(source: &Source<'_>) -> Result<HashSet<TrapId>, AnalyticsError> {
    let (codes, coded) = Codes::of(source)?;
    let new = HashSet::<u32>::new;
    let parts = rows::fold(source, (&codes, &coded), &Wanted::default(), new, |called, rows| {
        called.extend(rows.facts.iter().map(|fact| fact.trap));
    })?;
    let ids = codes.trap_ids(&coded);
    Ok(parts.into_iter().flatten().filter_map(|code| ids.get(&code).copied()).collect())
}

/// The operator that each of these numbers had when it called last, of those
/// that are known.
///
/// # Errors
///
/// As [`crate::repeat_offenders`].
pub fn latest_operators(
    source: &Source<'_>,
    callers: &HashSet<Phone>,
) -> Result<HashMap<Phone, Inn>, AnalyticsError> {
    let (codes, coded) = Codes::of(source)?;
    let wanted = Wanted {
        callers: Callers::WithNumber,
        columns: vec![Described::Operator],
        ..Wanted::default()
    };
    let asked = |caller| Phone::from_digits(caller).filter(|phone| callers.contains(phone));
    let new = HashMap::<Phone, (i64, Inn)>::new;
    let parts = rows::fold(source, (&codes, &coded), &wanted, new, |latest, rows| {
        for (row, fact) in rows.facts.iter().enumerate() {
            let (Some(caller), Some(operator)) = (asked(fact.caller), rows.operators.at(row))
            else {
                continue;
            };
            later(latest, caller, (fact.last_at, *operator));
        }
    })?;
    let merged = parts.into_iter().reduce(|mut latest, others| {
        others.into_iter().for_each(|(caller, seen)| later(&mut latest, caller, seen));
        latest
    });
    let latest = merged.unwrap_or_default();
    Ok(latest.into_iter().map(|(caller, (_, operator))| (caller, operator)).collect())
}

fn later(latest: &mut HashMap<Phone, (i64, Inn)>, caller: Phone, seen: (i64, Inn)) {
    let known = latest.entry(caller).or_insert(seen);
    *known = (*known).max(seen);
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
    fn of(outcome: Outcome) -> Self {
        match outcome.hearing {
            _ if outcome.attempt => Self::Attempt,
            Hearing::Advertising => Self::Advertising,
            Hearing::Unheard if outcome.verdict == Verdict::Invalid => Self::UnheardInvalid,
            Hearing::Unheard => Self::Candidate,
            Hearing::Other => Self::Other,
        }
    }
}

/// Sums of each group: one for each [`Heard`], then the answered ones by
/// verdict, then those without a number.
const HEARD: usize = Heard::Attempt as usize + 1;
const WITHOUT_NUMBER: usize = HEARD + Verdict::ALL.len();
const SUMS: usize = WITHOUT_NUMBER + 1;

/// What is told apart in each group.
#[derive(Debug, Clone, Copy)]
enum Distinct {
    Callers,
    Baits,
    Clients,
}

const DISTINCT: usize = Distinct::Clients as usize + 1;

struct Gathered<K> {
    keys: PlHashMap<K, u32>,
    callers: Dense,
    groups: Groups<SUMS, DISTINCT>,
}

fn count<K: Copy + Eq + Hash + Ord + Send>(
    source: &Source<'_>,
    (codes, coded): &(Codes, Vec<Coded<'_>>),
    wanted: &Wanted,
    key: impl Fn(&Rows, usize) -> K + Sync,
) -> Result<Vec<(K, Counts)>, AnalyticsError> {
    let outcomes = Outcome::all();
    let new = || Gathered {
        keys: PlHashMap::default(),
        callers: Dense::default(),
        groups: Groups::new(),
    };
    let parts = rows::fold(source, (codes, coded), wanted, new, |part: &mut Gathered<K>, rows| {
        for (row, fact) in rows.facts.iter().enumerate() {
            let group = part.group(key(rows, row));
            part.add(group, fact, outcomes[fact.kind.index()]);
        }
    })?;
    Ok(parts.into_iter().reduce(Gathered::merge).map_or_else(Vec::new, Gathered::counts))
}

impl<K: Copy + Eq + Hash + Ord> Gathered<K> {
    fn group(&mut self, key: K) -> u32 {
        let next = self.keys.len() as u32;
        *self.keys.entry(key).or_insert(next)
    }

    fn add(&mut self, group: u32, fact: &Fact, outcome: Outcome) {
        let (groups, calls) = (&mut self.groups, u64::from(fact.calls));
        groups.reach(group, fact.first_at, fact.last_at);
        groups.sum(group, Heard::of(outcome) as usize, calls);
        if !outcome.attempt {
            groups.sum(group, HEARD + outcome.verdict as usize, calls);
        }
        groups.distinct(group, Distinct::Baits as usize, fact.bait);
        groups.distinct(group, Distinct::Clients as usize, fact.client);
        if fact.caller == NO_CALLER {
            groups.sum(group, WITHOUT_NUMBER, calls);
        } else {
            groups.distinct(group, Distinct::Callers as usize, self.callers.code(fact.caller));
        }
    }

    fn merge(mut self, other: Self) -> Self {
        let mut names = vec![0; other.keys.len()];
        for (key, code) in other.keys {
            names[code as usize] = self.group(key);
        }
        let callers = self.callers.merge(other.callers);
        let mut values = [None; DISTINCT];
        values[Distinct::Callers as usize] = Some(&callers[..]);
        self.groups.merge(other.groups, &names, values);
        self
    }

    fn counts(self) -> Vec<(K, Counts)> {
        let counted = self.groups.counted();
        let keys = self.keys.into_iter();
        let mut counts: Vec<(K, Counts)> =
            keys.map(|(key, group)| (key, counts(&counted, group as usize))).collect();
        counts.sort_unstable_by_key(|(key, _)| *key);
        counts
    }
}

fn counts(counted: &Counted<SUMS, DISTINCT>, group: usize) -> Counts {
    let heard = |heard: Heard| counted.sum(group, heard as usize);
    let with = |verdict: Verdict| counted.sum(group, HEARD + verdict as usize);
    let distinct = |which: Distinct| u64::from(counted.distinct[which as usize][group]);
    let (first_at, last_at) = counted.moments(group);
    Counts {
        interceptions: (0..Heard::Attempt as usize).map(|which| counted.sum(group, which)).sum(),
        by_verdict: VerdictCounts {
            foreign_group: with(Verdict::ForeignGroup),
            foreign_entity: with(Verdict::ForeignEntity),
            same_group: with(Verdict::SameGroup),
            inconclusive: with(Verdict::Inconclusive),
            invalid: with(Verdict::Invalid),
        },
        advertising: heard(Heard::Advertising),
        candidates: heard(Heard::Candidate),
        unheard_invalid: heard(Heard::UnheardInvalid),
        other_heard: heard(Heard::Other),
        attempts: heard(Heard::Attempt),
        without_number: counted.sum(group, WITHOUT_NUMBER),
        callers: distinct(Distinct::Callers),
        baits: distinct(Distinct::Baits),
        clients: distinct(Distinct::Clients),
        first_at: Instant(first_at),
        last_at: Instant(last_at),
    }
}
