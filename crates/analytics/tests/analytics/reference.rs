//! The same answers, worked out one interception at a time with the sets and
//! maps of the standard library: slow, plain, and written from the rules alone.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use baitline_analytics::{
    CompetitorKey, Counts, GroupBy, Hearing, InterceptionRow, Offender, OffenderKey, Question,
    Standing, Tally, Thresholds, VerdictCounts,
};
use baitline_domain::ids::CompetitorId;
use baitline_domain::instant::Instant;
use baitline_domain::operator::OperatorEntity;
use baitline_domain::phone::Phone;
use baitline_domain::verdict::Verdict;
use jiff::civil;

use crate::rows::tally_of;

pub(crate) fn tally(rows: &[InterceptionRow]) -> Vec<Tally> {
    let mut tallies: BTreeMap<Tally, Tally> = BTreeMap::new();
    for row in rows {
        let grain = tally_of(InterceptionRow { started_at: Instant(0), ..row.clone() }, 0);
        let tally = tallies.entry(grain).or_insert_with(|| tally_of(row.clone(), 0));
        tally.calls += 1;
        tally.first_at = tally.first_at.min(row.started_at);
        tally.last_at = tally.last_at.max(row.started_at);
    }
    tallies.into_values().collect()
}

pub(crate) fn repeat_offenders(rows: &[InterceptionRow], question: &Question) -> Vec<Offender> {
    let mut groups: BTreeMap<OffenderKey, Vec<&InterceptionRow>> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.caller.is_some() && is_asked_for(row, question)) {
        for key in keys(row, question) {
            groups.entry(key).or_default().push(row);
        }
    }
    let mut offenders: Vec<Offender> =
        groups.into_iter().map(|(key, rows)| offender(key, &rows, question)).collect();
    // The map was in order of the key, and this sort keeps it among equals.
    offenders.sort_by_key(|o| (o.standing, Reverse((o.interceptions, o.traps))));
    offenders
}

/// The companies a row's number belonged to.
pub(crate) fn companies(row: &InterceptionRow, question: &Question) -> BTreeSet<CompetitorKey> {
    let company = |id: &CompetitorId| match question.entities.companies.get(id) {
        Some(inn) => CompetitorKey::Company(*inn),
        None => CompetitorKey::Unidentified(row.client, *id),
    };
    row.competitors.iter().map(company).collect()
}

pub(crate) fn is_asked_for(row: &InterceptionRow, question: &Question) -> bool {
    let scope = &question.scope;
    let fits = [
        scope.operator.is_none() || scope.operator == row.operator,
        scope.bait_operator.is_none() || scope.bait_operator == row.bait_operator,
        scope.region.is_none() || scope.region == row.region,
        scope.competitor.is_none_or(|one| companies(row, question).contains(&one)),
    ];
    fits == [true; 4]
}

fn keys(row: &InterceptionRow, question: &Question) -> Vec<OffenderKey> {
    // The Monday and the first of the month, one day back at a time.
    let back_to = |is_first: fn(civil::Date) -> bool| {
        let mut day = row.local_day;
        while !is_first(date(day)) {
            day -= 1;
        }
        day
    };
    vec![match question.group_by {
        GroupBy::Number => OffenderKey::Number(row.caller.unwrap()),
        GroupBy::BlockOfTen => block(row.caller.unwrap(), 1),
        GroupBy::BlockOfHundred => block(row.caller.unwrap(), 2),
        GroupBy::Competitor => {
            let mut companies = companies(row, question);
            if let Some(only) = question.scope.competitor {
                companies.retain(|one| *one == only);
            }
            return companies.into_iter().map(OffenderKey::Competitor).collect();
        }
        GroupBy::Operator => OffenderKey::Operator(row.operator),
        GroupBy::OperatorGroup => OffenderKey::OperatorGroup(row.operator.map(|inn| {
            let known = question.entities.operators.get(&inn);
            known.cloned().unwrap_or(OperatorEntity::Single(inn))
        })),
        GroupBy::Region => OffenderKey::Region(row.region.clone()),
        GroupBy::Client => OffenderKey::Client(row.client),
        GroupBy::Day => OffenderKey::Day(row.local_day),
        GroupBy::Week => OffenderKey::Week(back_to(|day| day.weekday() == civil::Weekday::Monday)),
        GroupBy::Month => OffenderKey::Month(back_to(|day| day.day() == 1)),
    }]
}

/// The numbers that are written alike but for the last digits.
fn block(caller: Phone, digits: usize) -> OffenderKey {
    let written = caller.digits().to_string();
    let begin = &written[..written.len() - digits];
    let end = |digit: &str| {
        let number = format!("{begin}{}", digit.repeat(digits));
        Phone::from_digits(number.parse().unwrap()).unwrap()
    };
    OffenderKey::Block { first: end("0"), last: end("9") }
}

fn date(local_day: i32) -> civil::Date {
    civil::date(1970, 1, 1).saturating_add(jiff::Span::new().days(local_day))
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
        standing: None,
        interceptions: count(counted.iter()),
        traps: distinct(fresh.map(|row| row.trap)),
        baits: distinct(counted.iter().map(|row| row.bait)),
        clients: distinct(counted.iter().map(|row| row.client)),
        days: distinct(counted.iter().map(|row| row.local_day)),
        callers: distinct(counted.iter().map(|row| row.caller)),
        all_callers: distinct(rows.iter().map(|row| row.caller)),
        prior_contact: count(counted.iter().filter(|row| row.prior_contact)),
        candidates: count(answered(Hearing::Unheard).filter(|row| !invalid(row))),
        unheard_invalid: count(answered(Hearing::Unheard).filter(|row| invalid(row))),
        other_heard: count(answered(Hearing::Other)),
        attempts: count(rows.iter().filter(|row| row.attempt)),
        other_verdicts: VerdictCounts {
            foreign_group: other(Verdict::ForeignGroup),
            foreign_entity: other(Verdict::ForeignEntity),
            same_group: other(Verdict::SameGroup),
            inconclusive: other(Verdict::Inconclusive),
            invalid: other(Verdict::Invalid),
        },
        first_at: rows.iter().map(|row| row.started_at).min().unwrap(),
        last_at: rows.iter().map(|row| row.started_at).max().unwrap(),
    };
    if matches!(question.group_by, GroupBy::Number | GroupBy::Competitor) {
        offender.standing = Some(match misses_any(&offender, question.thresholds) {
            _ if counted.is_empty() => Standing::Candidate,
            true => Standing::Offender,
            false => Standing::RepeatOffender,
        });
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

/// Everything of each key, counted without regard to who is an offender.
pub(crate) fn counts<K: Ord>(
    rows: &[InterceptionRow],
    key: impl Fn(&InterceptionRow) -> K,
) -> Vec<(K, Counts)> {
    let mut groups: BTreeMap<K, Vec<&InterceptionRow>> = BTreeMap::new();
    for row in rows {
        groups.entry(key(row)).or_default().push(row);
    }
    groups.into_iter().map(|(key, rows)| (key, counts_of(&rows))).collect()
}

fn counts_of(rows: &[&InterceptionRow]) -> Counts {
    let answered: Vec<_> = rows.iter().filter(|row| !row.attempt).collect();
    let with = |verdict| count(answered.iter().filter(|row| row.verdict == verdict));
    let unheard = |is_invalid| {
        count(answered.iter().filter(|row| {
            row.hearing == Hearing::Unheard && (row.verdict == Verdict::Invalid) == is_invalid
        }))
    };
    let heard = |hearing| count(answered.iter().filter(|row| row.hearing == hearing));
    Counts {
        interceptions: count(answered.iter()),
        by_verdict: VerdictCounts {
            foreign_group: with(Verdict::ForeignGroup),
            foreign_entity: with(Verdict::ForeignEntity),
            same_group: with(Verdict::SameGroup),
            inconclusive: with(Verdict::Inconclusive),
            invalid: with(Verdict::Invalid),
        },
        advertising: heard(Hearing::Advertising),
        candidates: unheard(false),
        unheard_invalid: unheard(true),
        other_heard: heard(Hearing::Other),
        attempts: count(rows.iter().filter(|row| row.attempt)),
        without_number: count(rows.iter().filter(|row| row.caller.is_none())),
        callers: distinct(rows.iter().filter_map(|row| row.caller)),
        baits: distinct(rows.iter().map(|row| row.bait)),
        clients: distinct(rows.iter().map(|row| row.client)),
        first_at: rows.iter().map(|row| row.started_at).min().unwrap(),
        last_at: rows.iter().map(|row| row.started_at).max().unwrap(),
    }
}
