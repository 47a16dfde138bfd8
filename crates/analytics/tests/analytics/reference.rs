//! The same answers, worked out one interception at a time with the sets and
//! maps of the standard library: slow, plain, and written from the rules alone.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use baitline_analytics::{
    GroupBy, Hearing, InterceptionRow, Offender, OffenderKey, OtherVerdicts, Question, Standing,
    Tally, Thresholds,
};
use baitline_domain::instant::Instant;
use baitline_domain::verdict::Verdict;

use crate::rows::tally_of;

pub(crate) fn tally(rows: &[InterceptionRow]) -> Vec<Tally> {
    let mut tallies: BTreeMap<Tally, Tally> = BTreeMap::new();
    for row in rows {
        let grain = tally_of(InterceptionRow { started_at: Instant(0), ..*row }, 0);
        let tally = tallies.entry(grain).or_insert_with(|| tally_of(*row, 0));
        tally.calls += 1;
        tally.first_at = tally.first_at.min(row.started_at);
        tally.last_at = tally.last_at.max(row.started_at);
    }
    tallies.into_values().collect()
}

pub(crate) fn repeat_offenders(rows: &[InterceptionRow], question: &Question) -> Vec<Offender> {
    let mut groups: BTreeMap<OffenderKey, Vec<&InterceptionRow>> = BTreeMap::new();
    for row in rows {
        let key = match question.group_by {
            GroupBy::Number => OffenderKey::Number(row.caller),
            GroupBy::Operator => OffenderKey::Operator(row.operator),
        };
        groups.entry(key).or_default().push(row);
    }
    let mut offenders: Vec<Offender> =
        groups.into_iter().map(|(key, rows)| offender(key, &rows, question)).collect();
    // The map was in order of the key, and this sort keeps it among equals.
    offenders.sort_by_key(|o| (o.standing, Reverse((o.interceptions, o.traps))));
    offenders
}

fn offender(key: OffenderKey, rows: &[&InterceptionRow], question: &Question) -> Offender {
    let answered = |hearing: Hearing| {
        rows.iter().copied().filter(move |row| !row.attempt && row.hearing == hearing)
    };
    let asked = |row: &InterceptionRow| question.verdicts.contains(&row.verdict);
    let counted: Vec<&InterceptionRow> =
        answered(Hearing::Advertising).filter(|row| asked(row)).collect();
    let fresh = counted.iter().filter(|row| !row.prior_contact);
    let other = |verdict: Verdict| {
        count(answered(Hearing::Advertising).filter(|row| !asked(row) && row.verdict == verdict))
    };
    let invalid = |row: &InterceptionRow| row.verdict == Verdict::Invalid;

    let mut offender = Offender {
        key,
        standing: Standing::Candidate,
        interceptions: count(counted.iter()),
        traps: distinct(fresh.map(|row| row.trap)),
        baits: distinct(counted.iter().map(|row| row.bait)),
        clients: distinct(counted.iter().map(|row| row.client)),
        days: distinct(counted.iter().map(|row| row.local_day)),
        callers: distinct(counted.iter().map(|row| row.caller)),
        prior_contact: count(counted.iter().filter(|row| row.prior_contact)),
        candidates: count(answered(Hearing::Unheard).filter(|row| !invalid(row))),
        unheard_invalid: count(answered(Hearing::Unheard).filter(|row| invalid(row))),
        other_heard: count(answered(Hearing::Other)),
        attempts: count(rows.iter().filter(|row| row.attempt)),
        other_verdicts: OtherVerdicts {
            foreign_group: other(Verdict::ForeignGroup),
            foreign_entity: other(Verdict::ForeignEntity),
            same_group: other(Verdict::SameGroup),
            inconclusive: other(Verdict::Inconclusive),
            invalid: other(Verdict::Invalid),
        },
        first_at: rows.iter().map(|row| row.started_at).min().unwrap(),
        last_at: rows.iter().map(|row| row.started_at).max().unwrap(),
    };
    if !counted.is_empty() {
        let misses = misses_any(&offender, question.thresholds);
        offender.standing = if misses { Standing::Offender } else { Standing::RepeatOffender };
    }
    offender
}

fn misses_any(offender: &Offender, thresholds: Thresholds) -> bool {
    [
        (offender.interceptions, thresholds.interceptions),
        (offender.traps, thresholds.traps),
        (offender.baits, thresholds.baits),
        (offender.clients, thresholds.clients),
        (offender.days, thresholds.days),
    ]
    .iter()
    .any(|(reached, threshold)| *reached < u64::from(*threshold))
}

fn count<T>(rows: impl Iterator<Item = T>) -> u64 {
    rows.count() as u64
}

fn distinct<T: Ord>(values: impl Iterator<Item = T>) -> u64 {
    values.collect::<BTreeSet<T>>().len() as u64
}
