//! What a report counts: whole days as tallies, the rest one by one, and every
//! interception exactly once whatever the period.

use std::collections::BTreeMap;

use baitline_domain::ids::{BaitId, ClientId, CompetitorId, TrapId};
use baitline_domain::instant::{Day, Instant, MICROS_PER_DAY};
use baitline_domain::label::LabelKind;
use baitline_domain::operator::Inn;
use baitline_domain::phone::{Party, Phone};
use baitline_domain::tally::{Hearing, InterceptionRow, Tally};
use baitline_domain::verdict::Verdict;
use baitline_store::models::JudgedCall;
use baitline_store::tallies::{self, Counted};
use baitline_store::{Reach, calls};
use baitline_testkit::on_both;
use jiff::tz::TimeZone;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use uuid::Uuid;

use crate::support::{Opened, at, open, phone, report};
use crate::world::{Furnished, call, furnish, interception};

/// Days with interceptions, and how many on each.
const DAYS: i32 = 6;
const CALLS_PER_DAY: u64 = 12;
/// Periods tried.
const PERIODS: usize = 200;

fn first_day() -> Day {
    at("2026-12-01T00:00:00Z").day()
}

fn below(random: &mut ChaCha8Rng, limit: u64) -> u64 {
    random.next_u64() % limit
}

/// An interception somewhere in a day, often at its very edge.
fn some_call(random: &mut ChaCha8Rng, of: &Furnished, day: Day, n: u64) -> JudgedCall {
    let in_day = match below(random, 4) {
        0 => 0,
        1 => MICROS_PER_DAY - 1,
        _ => below(random, MICROS_PER_DAY as u64) as i64,
    };
    let started_at = Instant(day.start().0 + in_day);
    let id = report(&of.source, &format!("{} {n}", day.0), ("", ""), started_at).id;
    let mut call = call(of.bait.id, id, phone(74_950_000_000 + below(random, 3)), started_at);
    if below(random, 10) == 0 {
        call.party = Party::Hidden;
    }
    let label = (below(random, 2) == 0).then_some(LabelKind::Advertising);
    let mut assessment = interception(of.trap);
    if let Some(interception) = &mut assessment.interception {
        interception.caller_region =
            (below(random, 3) > 0).then(|| format!("Область {}", below(random, 2)).into());
        let competitors = 0..below(random, 3);
        let competitor = |n: u64| CompetitorId(Uuid::from_u128(n.into()));
        interception.competitors = competitors.map(competitor).collect();
    }
    JudgedCall { client_id: of.client.id, call, assessment, label, recordings: 0 }
}

fn row(of: &Furnished, judged: &JudgedCall) -> Option<InterceptionRow> {
    let moscow = TimeZone::get("Europe/Moscow").unwrap();
    let found = judged.assessment.interception.as_ref()?;
    Some(InterceptionRow {
        client: judged.client_id,
        caller: judged.call.party.phone(),
        operator: found.caller_operator,
        region: found.caller_region.as_deref().map(str::to_owned),
        competitors: found.competitors.clone(),
        bait: judged.call.bait,
        bait_operator: of.bait.operator,
        trap: found.trap,
        verdict: found.verdict,
        attempt: found.attempt,
        hearing: judged.label.into(),
        prior_contact: found.prior_contact,
        local_day: judged.call.started_at.local_day(&moscow),
        started_at: judged.call.started_at,
    })
}

/// Everything but the moment.
type Grain = (
    (ClientId, Option<Phone>, Option<String>, Vec<CompetitorId>),
    (BaitId, Option<Inn>, TrapId, Verdict, Hearing, i32),
);

fn grain(row: &InterceptionRow) -> Grain {
    (
        (row.client, row.caller, row.region.clone(), row.competitors.clone()),
        (row.bait, row.bait_operator, row.trap, row.verdict, row.hearing, row.local_day),
    )
}

fn grain_of(tally: &Tally) -> Grain {
    (
        (tally.client, tally.caller, tally.region.clone(), tally.competitors.clone()),
        (
            tally.bait,
            tally.bait_operator,
            tally.trap,
            tally.verdict,
            tally.hearing,
            tally.local_day,
        ),
    )
}

/// A plain count, against which the store's is held.
fn tally(rows: &[InterceptionRow]) -> Vec<Tally> {
    let mut grains: BTreeMap<Grain, Tally> = BTreeMap::new();
    for row in rows {
        let tally = grains.entry(grain(row)).or_insert(Tally {
            client: row.client,
            caller: row.caller,
            operator: row.operator,
            region: row.region.clone(),
            competitors: row.competitors.clone(),
            bait: row.bait,
            bait_operator: row.bait_operator,
            trap: row.trap,
            verdict: row.verdict,
            attempt: row.attempt,
            hearing: row.hearing,
            prior_contact: row.prior_contact,
            local_day: row.local_day,
            calls: 0,
            first_at: row.started_at,
            last_at: row.started_at,
        });
        tally.calls += 1;
        tally.first_at = tally.first_at.min(row.started_at);
        tally.last_at = tally.last_at.max(row.started_at);
    }
    grains.into_values().collect()
}

/// Fills the days as the worker does, and returns what they hold.
fn fill(opened: &Opened, of: &Furnished, random: &mut ChaCha8Rng) -> Vec<InterceptionRow> {
    let mut all = Vec::new();
    for day in (0..DAYS).map(|n| Day(first_day().0 + n)) {
        let judged: Vec<JudgedCall> =
            (0..CALLS_PER_DAY).map(|n| some_call(random, of, day, n)).collect();
        let rows: Vec<InterceptionRow> = judged.iter().filter_map(|one| row(of, one)).collect();
        let client = of.client.id;
        opened.agency(|conn| {
            calls::replace_day(conn, client, day, &judged)?;
            tallies::replace_day(conn, client, day, &tally(&rows))
        });
        all.extend(rows);
    }
    all
}

fn counted(opened: &Opened, reach: Reach, from: Instant, to: Instant) -> Counted {
    let read = |conn: &mut _| tallies::interceptions_between(conn, reach, from, to);
    opened.store.read(reach, read).unwrap()
}

/// How many of each grain a count has, in both its parts.
fn by_grain(counted: &Counted) -> BTreeMap<Grain, u32> {
    let mut grains = BTreeMap::new();
    for one in &counted.tallies {
        *grains.entry(grain_of(one)).or_default() += one.calls;
    }
    for edge in &counted.edges {
        *grains.entry(grain(edge)).or_default() += 1;
    }
    grains
}

fn plainly(rows: &[InterceptionRow], from: Instant, to: Instant) -> BTreeMap<Grain, u32> {
    let mut grains = BTreeMap::new();
    for row in rows.iter().filter(|row| from <= row.started_at && row.started_at < to) {
        *grains.entry(grain(row)).or_default() += 1;
    }
    grains
}

/// A moment of these days or near them, often a midnight or a call's own.
fn some_moment(random: &mut ChaCha8Rng, rows: &[InterceptionRow]) -> Instant {
    let span = u64::try_from(i64::from(DAYS + 2) * MICROS_PER_DAY).unwrap();
    match below(random, 3) {
        0 => Day(first_day().0 - 1 + below(random, DAYS as u64 + 3) as i32).start(),
        1 => rows[below(random, rows.len() as u64) as usize].started_at,
        _ => Instant(Day(first_day().0 - 1).start().0 + below(random, span) as i64),
    }
}

#[test]
fn every_interception_of_a_period_is_counted_exactly_once() {
    on_both(|database| {
        let opened = open(database);
        let mut random = ChaCha8Rng::seed_from_u64(7);
        let (ours, theirs) = (furnish(&opened, "наш"), furnish(&opened, "чужой"));
        let own = fill(&opened, &ours, &mut random);
        let all = [own.clone(), fill(&opened, &theirs, &mut random)].concat();
        let mut with_both_parts = 0;
        for _ in 0..PERIODS {
            let (from, to) = (some_moment(&mut random, &all), some_moment(&mut random, &all));
            let of_all = counted(&opened, Reach::Agency, from, to);
            assert_eq!(by_grain(&of_all), plainly(&all, from, to), "from {from} to {to}");
            with_both_parts += usize::from(!of_all.tallies.is_empty() && !of_all.edges.is_empty());
            let of_client = counted(&opened, Reach::Client(ours.client.id), from, to);
            assert_eq!(by_grain(&of_client), plainly(&own, from, to), "from {from} to {to}");
        }
        assert!(with_both_parts > PERIODS / 10, "only {with_both_parts} periods had edges");
    });
}

#[test]
fn an_edge_is_the_interception_itself() {
    on_both(|database| {
        let opened = open(database);
        let mut random = ChaCha8Rng::seed_from_u64(8);
        let furnished = furnish(&opened, "наш");
        let all = fill(&opened, &furnished, &mut random);
        let noon = Instant(first_day().start().0 + MICROS_PER_DAY / 2);
        let mut found = counted(&opened, Reach::Agency, noon, first_day().end());
        assert!(found.tallies.is_empty() && !found.edges.is_empty());
        let key = |row: &InterceptionRow| (row.started_at, grain(row));
        found.edges.sort_by_key(key);
        let mut expected: Vec<InterceptionRow> = all
            .into_iter()
            .filter(|row| noon <= row.started_at && row.started_at < first_day().end())
            .collect();
        expected.sort_by_key(key);
        assert_eq!(found.edges, expected);
    });
}

#[test]
fn whole_days_are_the_workers_tallies_as_it_left_them() {
    on_both(|database| {
        let opened = open(database);
        let mut random = ChaCha8Rng::seed_from_u64(9);
        let furnished = furnish(&opened, "наш");
        let all = fill(&opened, &furnished, &mut random);
        let day = first_day();
        let of_day: Vec<_> = all.into_iter().filter(|row| row.started_at.day() == day).collect();
        let mut found = counted(&opened, Reach::Agency, day.start(), day.end());
        assert!(found.edges.is_empty());
        found.tallies.sort();
        let mut expected = tally(&of_day);
        expected.sort();
        assert_eq!(found.tallies, expected);
        let client = furnished.client.id;
        opened.agency(|conn| tallies::replace_day(conn, client, day, &[]));
        assert!(counted(&opened, Reach::Agency, day.start(), day.end()).tallies.is_empty());
    });
}
