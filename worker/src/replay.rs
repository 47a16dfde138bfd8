//! Carrying a replay: each day of its period judged by the replay's law from the
//! same facts and by the same code as a refresh, and compared with what stands.
//! Calls, tallies, traps and packages stay as they are.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use baitline_domain::ids::{ObservationId, PackageId};
use baitline_domain::instant::Day;
use baitline_domain::numbering::NumberingPlan;
use baitline_domain::phone::Phone;
use baitline_domain::verdict::{Reason, RuleVersion};
use baitline_store::models::{DifferenceRow, JudgedCall, Replay, ReplayOutcome, ReplayState};
use baitline_store::replays::{self, DayFound};
use baitline_store::{Conn, Reach, StoreError, StoreResult, buckets, calls};

use crate::dossier::is_fileable;
use crate::narrowing::Narrowing;
use crate::numbering::Plans;
use crate::operators::KnownOperators;
use crate::refresh::{Law, Part, judge};
use crate::{WorkError, Worker};

/// Days judged before the replay is put back, so that calls that come meanwhile
/// do not wait for all of it.
const DAYS_AT_A_TIME: usize = 8;

/// How far a replay got.
enum Progress {
    /// A day more is done.
    Day(Box<Replay>),
    /// There is no day left.
    Ended,
    /// It was cancelled, or another worker has it.
    Lost,
}

impl Worker {
    pub(crate) fn carry_replay(&mut self, mut replay: Replay) -> Result<(), WorkError> {
        let rules = match replay.rule_version {
            None => Some(RuleVersion::CURRENT),
            Some(number) => u32::try_from(number).ok().and_then(RuleVersion::of_number),
        };
        let Self { store, plans, .. } = self;
        let plan = store.read(Reach::Agency, |conn| replayed_plan(conn, plans, &replay))?;
        let (Some(rules), Some(_)) = (rules, plan) else {
            return self.give_up(&replay, "the rules or the edition asked for are not there");
        };
        for _ in 0..DAYS_AT_A_TIME {
            let Self { store, plans, operators, .. } = self;
            let moved = store
                .write(Reach::Agency, |conn| next_day(conn, &replay, rules, (plans, operators)));
            match moved? {
                Progress::Day(moved) => replay = *moved,
                Progress::Ended | Progress::Lost => return Ok(()),
            }
        }
        Ok(self.store.write(Reach::Agency, |conn| replays::put_back(conn, &replay))?)
    }

    fn give_up(&self, replay: &Replay, problem: &str) -> Result<(), WorkError> {
        Ok(self.store.write(Reach::Agency, |conn| {
            replays::end_replay(conn, replay, ReplayState::Failed, Some(problem.to_owned()))
        })?)
    }
}

fn replayed_plan(
    conn: &mut Conn,
    plans: &mut Plans,
    replay: &Replay,
) -> StoreResult<Option<Arc<NumberingPlan>>> {
    match replay.edition_id {
        None => plans.current(conn).map(Some),
        Some(edition) => plans.with_only(conn, edition),
    }
}

/// Replays one day. Its bucket is held meanwhile, so that no other worker
/// replaces the calls it is compared with; what judges is read after that, or a
/// change of it between the two would show as a difference.
fn next_day(
    conn: &mut Conn,
    replay: &Replay,
    rules: RuleVersion,
    (plans, operators): (&mut Plans, &mut KnownOperators),
) -> StoreResult<Progress> {
    let Some(day) = replays::next_day(conn, replay)? else {
        replays::end_replay(conn, replay, ReplayState::Done, None)?;
        return Ok(Progress::Ended);
    };
    buckets::await_bucket(conn, replay.client_id, day)?;
    let plan = replayed_plan(conn, plans, replay)?.ok_or(StoreError::NotFound)?;
    let operators = operators.current(conn)?;
    let law = Law { rules, numbering: &plan, operators: &operators };
    let found = replay_day(conn, replay, day, law)?;
    let moved = replays::keep_day(conn, replay, day, &found)?;
    Ok(moved.map_or(Progress::Lost, |moved| Progress::Day(Box::new(moved))))
}

fn replay_day(conn: &mut Conn, replay: &Replay, day: Day, law: Law<'_>) -> StoreResult<DayFound> {
    let standing = calls::calls_of_day(conn, replay.client_id, day)?;
    let replayed = judge(conn, replay.client_id, Part::whole(day), law)?.judged;
    let pairs = in_period(replay, standing, replayed);
    let calls = i64::try_from(pairs.len())?;
    let changed: Vec<Compared> = pairs.into_iter().filter(|pair| differs(replay, pair)).collect();
    let packages = touched_packages(conn, replay, &changed)?;
    let differences = changed.iter().filter_map(|pair| difference(replay, pair).transpose());
    Ok(DayFound { calls, differences: differences.collect::<StoreResult<_>>()?, packages })
}

/// A call as it stands and as the replay judges it; either may be missing.
struct Compared {
    before: Option<JudgedCall>,
    after: Option<JudgedCall>,
}

impl Compared {
    /// The call itself, as it stands or else as it would be.
    fn any(&self) -> Option<&JudgedCall> {
        self.before.as_ref().or(self.after.as_ref())
    }

    fn caller(&self) -> Option<Phone> {
        self.any().and_then(|judged| judged.call.party.phone())
    }
}

/// The calls of the replay's period, as they stand beside what they would be,
/// in order of (start, id).
fn in_period(
    replay: &Replay,
    standing: Vec<JudgedCall>,
    replayed: Vec<JudgedCall>,
) -> Vec<Compared> {
    let mut pairs: BTreeMap<ObservationId, Compared> = standing
        .into_iter()
        .map(|one| (one.call.id, Compared { before: Some(one), after: None }))
        .collect();
    for one in replayed {
        let pair = pairs.entry(one.call.id).or_insert(Compared { before: None, after: None });
        pair.after = Some(one);
    }
    let start = |pair: &Compared| pair.any().map(|one| (one.call.started_at, one.call.id));
    let mut pairs: Vec<Compared> = pairs
        .into_values()
        .filter(|pair| start(pair).is_some_and(|(at, _)| replay.from_at <= at && at < replay.to_at))
        .collect();
    pairs.sort_by_key(start);
    pairs
}

/// Whether the call would be another thing. The version and the edition that the
/// replay was asked to put in the place of others are no difference by
/// themselves.
fn differs(replay: &Replay, pair: &Compared) -> bool {
    let shown = |judged: &Option<JudgedCall>| {
        let mut judged = judged.clone()?;
        if replay.rule_version.is_some() {
            judged.assessment.rule_version = 0;
        }
        if let (Some(_), Some(interception)) =
            (replay.edition_id, &mut judged.assessment.interception)
        {
            interception.edition = None;
            // A region has its spelling from the edition.
            interception.caller_region = None;
        }
        Some(judged)
    };
    shown(&pair.before) != shown(&pair.after)
}

fn difference(replay: &Replay, pair: &Compared) -> StoreResult<Option<DifferenceRow>> {
    let Some(one) = pair.any() else { return Ok(None) };
    let operator = |judged: &Option<JudgedCall>| {
        judged.as_ref()?.assessment.interception.as_ref()?.caller_operator
    };
    Ok(Some(DifferenceRow {
        client_id: replay.client_id,
        replay_id: replay.id,
        started_at: one.call.started_at,
        call_id: one.call.id,
        bait_id: one.call.bait,
        caller: pair.caller(),
        outcome_before: outcome(pair.before.as_ref()),
        outcome_after: outcome(pair.after.as_ref()),
        reasons_before: DifferenceRow::write_reasons(reasons(pair.before.as_ref()))?,
        reasons_after: DifferenceRow::write_reasons(reasons(pair.after.as_ref()))?,
        operator_before: operator(&pair.before),
        operator_after: operator(&pair.after),
    }))
}

fn outcome(judged: Option<&JudgedCall>) -> ReplayOutcome {
    match judged.map(|judged| &judged.assessment.interception) {
        None => ReplayOutcome::Absent,
        Some(None) => ReplayOutcome::Background,
        Some(Some(interception)) => interception.verdict.into(),
    }
}

fn reasons(judged: Option<&JudgedCall>) -> &[Reason] {
    judged.map_or(&[], |judged| &judged.assessment.reasons)
}

/// The built packages that hold any of these calls, or would, and how many.
fn touched_packages(
    conn: &mut Conn,
    replay: &Replay,
    changed: &[Compared],
) -> StoreResult<Vec<(PackageId, i64)>> {
    let numbers: BTreeSet<Phone> = changed.iter().filter_map(Compared::caller).collect();
    let numbers: Vec<Phone> = numbers.into_iter().collect();
    let mut touched = Vec::new();
    for (package, export) in replays::packages_against(conn, replay.client_id, &numbers)? {
        let request = export.request()?;
        let narrowing = Narrowing::of(conn, replay.client_id, &request.narrowed_to)?;
        let holds = |judged: &Option<JudgedCall>| {
            judged
                .as_ref()
                .is_some_and(|judged| is_fileable(judged, &request) && narrowing.holds(judged))
        };
        let of_package = changed.iter().filter(|pair| {
            pair.caller() == Some(package.caller) && (holds(&pair.before) || holds(&pair.after))
        });
        let calls = i64::try_from(of_package.count())?;
        if calls > 0 {
            touched.push((package.id, calls));
        }
    }
    Ok(touched)
}
