//! Recomputing one bucket: the order of locks, reads and writes that makes it
//! safe beside other workers and the ingest.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use baitline_domain::bait::Bait;
use baitline_domain::call::Call;
use baitline_domain::ids::{BaitId, ClientId, ObservationId};
use baitline_domain::instant::{Day, Instant, Span};
use baitline_domain::matching::{
    LATEST_EFFECT, baits_chained_across, baits_unsettled_before, match_observations,
};
use baitline_domain::numbering::NumberingPlan;
use baitline_domain::observation::Observation;
use baitline_domain::operator::Operators;
use baitline_domain::tally::InterceptionRow;
use baitline_domain::trap::LONGEST_REACH;
use baitline_domain::verdict::RuleVersion;
use baitline_store::buckets::{Parts, Touched};
use baitline_store::models::{JudgedCall, Source, TrapRow};
use baitline_store::tallies::{CallerOfBait, Replaced};
use baitline_store::{
    Conn, Reach, StoreResult, assignments, buckets, calls, changes, clients, derived_days, facts,
    labels, observations, recordings, sources, tallies, traps,
};
use jiff::tz::TimeZone;

use crate::lists::Lists;
use crate::recompute::{
    DayFacts, Heard, TrapStates, changed_callers, changed_pairs, days_covered, interception_rows,
    pairs_to_judge, runs_in, trap_states,
};
use crate::{WorkError, Worker};

/// How far before a part observations are read first, more than the span of matching;
/// doubled for the baits whose groups at its beginning cannot be told.
const FIRST_LOOK_BACK: Span = Span::seconds(600);
/// Ids asked for in one statement, under SQLite's 32,766 binds.
const IDS_AT_A_TIME: usize = 10_000;

impl Worker {
    /// Recomputes what is touched of a bucket; `false` when another worker holds it
    /// or has done it.
    pub(crate) fn refresh(&mut self, client: ClientId, day: Day) -> Result<bool, WorkError> {
        let _span = tracing::info_span!("refresh", %client, day = day.0).entered();
        let Self { store, plans, operators, .. } = self;
        let mut failure = None;
        let done = store.write(Reach::Agency, |conn| {
            if !buckets::lock_bucket(conn, client, day)? {
                return Ok(false);
            }
            // Another worker was faster: the bucket was looked up before it was locked.
            let Some(ledger) = buckets::ledger(conn, client, day)? else { return Ok(false) };
            let plan = plans.current(conn)?;
            let operators = operators.current(conn)?;
            let part = Part { day, touched: &ledger.touched, since: ledger.since };
            match recompute(conn, client, part, &plan, &operators) {
                Ok(()) => {}
                Err(WorkError::Store(error)) => return Err(error),
                Err(other) => {
                    let text = other.to_string();
                    failure = Some(other);
                    return Err(baitline_store::StoreError::Corrupt(text));
                }
            }
            buckets::settle(conn, client, day, &ledger.rows)?;
            Ok(true)
        });
        match failure {
            Some(error) => Err(error),
            None => Ok(done?),
        }
    }
}

/// What judges every client's calls alike.
#[derive(Clone, Copy)]
pub(crate) struct Law<'a> {
    pub(crate) rules: RuleVersion,
    pub(crate) numbering: &'a NumberingPlan,
    pub(crate) operators: &'a Operators,
}

/// What of a bucket is judged together: some baits or all, from a moment to the
/// day's end. What came before that moment rests on nothing that comes after it.
#[derive(Clone, Copy)]
pub(crate) struct Part<'a> {
    pub(crate) day: Day,
    pub(crate) touched: &'a Touched,
    pub(crate) since: Instant,
}

impl Part<'_> {
    /// All of a day.
    pub(crate) fn whole(day: Day) -> Self {
        Part { day, touched: &Touched::Day, since: day.start() }
    }

    fn is_whole_day(&self) -> bool {
        self.since <= self.day.start()
    }

    fn period(&self) -> (Instant, Instant) {
        (self.since, self.day.end())
    }
}

/// A part of a bucket judged, and what it was read from. Nothing of it is written.
pub(crate) struct JudgedPart {
    pub(crate) judged: Vec<JudgedCall>,
    baits: HashMap<BaitId, Bait>,
    sources: Vec<Source>,
    traps: Vec<TrapRow>,
    states: TrapStates,
    found: Vec<Observation>,
}

/// Judges a part of a bucket from the facts, and from the calls that stand before it;
/// reads only. No call, trap or verdict rests on two baits.
pub(crate) fn judge(
    conn: &mut Conn,
    client: ClientId,
    part: Part<'_>,
    law: Law<'_>,
) -> StoreResult<JudgedPart> {
    let Part { day, touched, since } = part;
    let sources = sources::sources_of(conn, client)?;
    let own_numbers = facts::own_numbers(conn, client)?;
    let reach = (day.start() - LONGEST_REACH, day.end());
    let traps = traps::traps_running(conn, client, touched, reach)?;
    let found = settled_observations(conn, client, part, &traps, &sources)?;
    let all_calls = match_observations(&found);
    let states = trap_states(part.period(), &traps, &all_calls, &own_numbers);
    let is_of_part = |call: &Call| since <= call.started_at && call.started_at < day.end();
    let calls: Vec<Call> = all_calls.into_iter().filter(is_of_part).collect();
    let pairs = pairs_to_judge(&calls, &states);
    let baits = baits_called(conn, client, &calls)?;
    let judged = DayFacts {
        client,
        baits: &baits,
        states: &states,
        own_numbers: &own_numbers,
        lists: Lists::of(conn, client, &pairs, part.period())?,
        heard: heard(conn, client, &calls)?,
        recorded: recorded(conn, client, &calls)?,
        law,
    }
    .judge(calls);
    Ok(JudgedPart { judged, baits, sources, traps, states, found })
}

fn recompute(
    conn: &mut Conn,
    client: ClientId,
    mut part: Part<'_>,
    plan: &Arc<NumberingPlan>,
    operators: &Operators,
) -> Result<(), WorkError> {
    let zone = zone_of(conn, client)?;
    let law = Law { rules: RuleVersion::CURRENT, numbering: plan, operators };
    let mut of_part = judge(conn, client, part, law)?;
    // A trap that learned something bears on calls from before it did.
    if !of_part.states.changed.is_empty() && !part.is_whole_day() {
        part.since = part.day.start();
        of_part = judge(conn, client, part, law)?;
    }
    let JudgedPart { judged, baits, sources, traps, states, found } = of_part;
    let day = part.day;
    let rows = interception_rows(&judged, &baits, &zone);
    let before = calls::calls_of_bucket(conn, client, part.touched, part.period())?;
    let differs = calls::replace(conn, client, &before, &judged)?;
    assignments::follow_calls(conn, client, &before, &judged)?;
    let more = if part.is_whole_day() {
        let tallied = baitline_analytics::tally(&rows)?;
        tallies::replace(conn, client, day, Replaced::Of(part.touched), &tallied)?
    } else {
        let pairs = changed_callers(&before, &judged);
        count_again(conn, client, part, &pairs, rows)?
    };
    // A day that is as it was stays in its segment: a change of a list touches
    // many days and changes few.
    if differs || more.is_some() {
        derived_days::renew(conn, client, day, more.unwrap_or(0))?;
    }
    save_states(conn, client, &traps, &states, (day, largest_uncertainty(&sources)))?;
    changes::note_contacts(conn, client, &changed_pairs(&before, &judged), day)?;
    let chained = baits_chained_across(&found, day.end());
    let next_parts: Parts = chained.into_iter().map(|bait| (day.next(), bait)).collect();
    buckets::touch_baits(conn, client, &next_parts)?;
    Ok(())
}

/// Puts the tallies of these callers of baits in the place of those that stand: from
/// the part's interceptions and from those of the day before it.
fn count_again(
    conn: &mut Conn,
    client: ClientId,
    part: Part<'_>,
    pairs: &BTreeSet<CallerOfBait>,
    of_part: Vec<InterceptionRow>,
) -> Result<Option<i64>, WorkError> {
    if pairs.is_empty() {
        return Ok(None);
    }
    let before = (part.day.start(), part.since);
    let mut rows = tallies::interceptions_of_pairs(conn, client, pairs, before)?;
    rows.extend(of_part.into_iter().filter(|row| pairs.contains(&(row.bait, row.caller))));
    let tallied = baitline_analytics::tally(&rows)?;
    Ok(tallies::replace(conn, client, part.day, Replaced::OfPairs(pairs), &tallied)?)
}

fn baits_called(
    conn: &mut Conn,
    client: ClientId,
    calls: &[Call],
) -> StoreResult<HashMap<BaitId, Bait>> {
    let ids: BTreeSet<BaitId> = calls.iter().map(|call| call.bait).collect();
    let rows = facts::baits_of(conn, client, &ids)?;
    Ok(rows.into_iter().map(|row| (row.id, row.to_domain())).collect())
}

fn zone_of(conn: &mut Conn, client: ClientId) -> Result<TimeZone, WorkError> {
    let name = clients::find_client(conn, client)?.time_zone;
    TimeZone::get(&name).map_err(|_| WorkError::TimeZone(name))
}

/// The observations that tell the part's calls, and those of the runs that meet
/// it, from a moment at which no group is under way.
fn settled_observations(
    conn: &mut Conn,
    client: ClientId,
    part: Part<'_>,
    traps: &[TrapRow],
    sources: &[Source],
) -> StoreResult<Vec<Observation>> {
    let runs = || traps.iter().filter(|row| runs_in(row, part.period())).map(|row| &row.trap);
    let from = runs().map(|trap| trap.started_at).fold(part.since, Instant::min);
    let end = runs().map(|trap| trap.run_ends_at).fold(part.day.end(), Instant::max);
    let to = end + LATEST_EFFECT;
    let (mut look_back, mut touched) = (FIRST_LOOK_BACK, Cow::Borrowed(part.touched));
    let mut settled = Vec::new();
    loop {
        let loaded_from = from - look_back;
        let period = (loaded_from, to);
        let found = observations::observations_between(conn, client, sources, &touched, period)?;
        look_back = Span(look_back.0 * 2);
        let unsettled = baits_unsettled_before(&found, loaded_from, from);
        // More than a statement should name: all are read again.
        if unsettled.len() > buckets::MAX_BAITS_APART {
            continue;
        }
        settled.extend(found.into_iter().filter(|one| !unsettled.contains(&one.bait)));
        if unsettled.is_empty() {
            return Ok(settled);
        }
        // One bait that is never silent makes no other one be read further back.
        touched = Cow::Owned(Touched::Baits(unsettled));
    }
}

/// The label of each of these calls' observations that has one.
fn heard(
    conn: &mut Conn,
    client: ClientId,
    calls: &[Call],
) -> StoreResult<HashMap<ObservationId, Heard>> {
    let mut latest = HashMap::new();
    for chunk in observations_of(calls).chunks(IDS_AT_A_TIME) {
        // Oldest first, so that the last one stays.
        for label in labels::labels_of(conn, client, chunk)? {
            latest.insert(label.observation_id, Heard::from(&label));
        }
    }
    Ok(latest)
}

/// Those of these calls' observations that have a recording.
fn recorded(
    conn: &mut Conn,
    client: ClientId,
    calls: &[Call],
) -> StoreResult<HashSet<ObservationId>> {
    let mut found = HashSet::new();
    for chunk in observations_of(calls).chunks(IDS_AT_A_TIME) {
        found.extend(recordings::recorded_among(conn, client, chunk)?);
    }
    Ok(found)
}

fn observations_of(calls: &[Call]) -> Vec<ObservationId> {
    calls.iter().flat_map(|call| call.observations.iter().copied()).collect()
}

fn largest_uncertainty(sources: &[Source]) -> Span {
    Span(sources.iter().map(|source| source.uncertainty_micros).max().unwrap_or(0))
}

/// Keeps what the day found out about traps, and touches the other days that a
/// changed trap bears on.
fn save_states(
    conn: &mut Conn,
    client: ClientId,
    traps: &[TrapRow],
    states: &TrapStates,
    (day, uncertainty): (Day, Span),
) -> StoreResult<()> {
    for state in &states.changed {
        traps::save_state(conn, client, state)?;
        let Some(row) = traps.iter().find(|row| row.trap.id == state.trap) else { continue };
        let mut days = days_covered(&row.trap, state, uncertainty);
        if let Some(old) = &row.state {
            days.extend(days_covered(&row.trap, old, uncertainty));
        }
        days.remove(&day);
        let parts: Parts = days.into_iter().map(|day| (day, row.trap.bait)).collect();
        buckets::touch_baits(conn, client, &parts)?;
    }
    Ok(())
}
