//! How a worker takes a replay up, moves it on day by day, and ends it.

use baitline_domain::ids::{ClientId, PackageId, ReplayId};
use baitline_domain::instant::Day;
use diesel::prelude::*;

use super::{MAX_DIFFERENCES, days_of};
use crate::conn::{Conn, Reach, on};
use crate::error::StoreResult;
use crate::exports::{CANDIDATES, LEASE, MAX_ATTEMPTS};
use crate::models::{DifferenceRow, Replay, ReplayState, TouchedKind};
use crate::schema::{replay_differences as differences, replay_touched as touched, replays};
use crate::sql_types::{Db, RowId};
use crate::{buckets, changes, now};

/// Rows inserted in one statement: 12 columns each stay under SQLite's 32,766
/// binds.
const INSERT_BATCH: usize = 2_000;

/// What one day of a replay found.
#[derive(Debug, Clone, Default)]
pub struct DayFound {
    /// Calls compared.
    pub calls: i64,
    /// Those that would be another thing, in order of (start, id).
    pub differences: Vec<DifferenceRow>,
    /// Packages with such calls, and how many.
    pub packages: Vec<(PackageId, i64)>,
}

/// Takes up the oldest replay that waits, or that a silent worker left. One
/// that every worker left is failed on the way, and does not keep the next one
/// waiting. Run as the agency.
pub fn claim_replay(conn: &mut Conn) -> StoreResult<Option<Replay>> {
    while let Some(replay) = oldest_to_claim(conn)? {
        if replay.attempts < MAX_ATTEMPTS {
            return take_up(conn, &replay).map(Some);
        }
        let problem = Some("given up after several attempts".to_owned());
        end_replay(conn, &replay, ReplayState::Failed, problem)?;
    }
    Ok(None)
}

/// The oldest that no other worker is taking up. It is looked for without a lock,
/// and then locked by its client and id: a lock is one client's affair.
fn oldest_to_claim(conn: &mut Conn) -> StoreResult<Option<Replay>> {
    let silent_since = now() - LEASE;
    let is_free = || {
        replays::state.eq(Db(ReplayState::Queued)).or(replays::state
            .eq(Db(ReplayState::Running))
            .and(replays::updated_at.lt(Db(silent_since))))
    };
    let candidates: Vec<(ClientId, ReplayId)> = on!(conn, c => replays::table
        .filter(is_free())
        .order(replays::id)
        .limit(CANDIDATES)
        .select((replays::client_id, replays::id))
        .load(c))?;
    for (client, id) in candidates {
        let one = replays::table.find((Db(client), Db(id))).filter(is_free());
        let found = match conn {
            Conn::Postgres(c) => {
                one.select(Replay::as_select()).for_update().skip_locked().first(c).optional()?
            }
            Conn::Sqlite(c) => one.select(Replay::as_select()).first(c).optional()?,
        };
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

fn take_up(conn: &mut Conn, replay: &Replay) -> StoreResult<Replay> {
    let found = replays::table.find((Db(replay.client_id), Db(replay.id)));
    Ok(on!(conn, c => diesel::update(found)
        .set((
            replays::state.eq(Db(ReplayState::Running)),
            replays::attempts.eq(replay.attempts + 1),
            replays::updated_at.eq(Db(now())),
        ))
        .returning(Replay::as_returning())
        .get_result(c))?)
}

/// The next day of a replay that has calls, or none.
pub fn next_day(conn: &mut Conn, replay: &Replay) -> StoreResult<Option<Day>> {
    let (first, last) = days_of(replay.from_at, replay.to_at);
    let from = replay.last_day.map_or(first, |done| Day(done).next());
    buckets::next_bucket(conn, replay.client_id, from, last)
}

/// Keeps what a day found and that it is done; `None` when the replay was
/// cancelled or another worker has taken it over, and then nothing may be kept.
/// Whoever has got on is a worker that lives, so the attempts begin anew.
pub fn keep_day(
    conn: &mut Conn,
    replay: &Replay,
    day: Day,
    found: &DayFound,
) -> StoreResult<Option<Replay>> {
    let mut transitions = replay.transitions()?;
    for one in &found.differences {
        *transitions.entry((one.outcome_before, one.outcome_after)).or_default() += 1;
    }
    let is_settled = buckets::ledger(conn, replay.client_id, day)?.is_none()
        && changes::count_changes(conn, Reach::Client(replay.client_id))? == 0;
    let moved: Option<Replay> = on!(conn, c => diesel::update(
            replays::table.find((Db(replay.client_id), Db(replay.id))))
        .filter(replays::state.eq(Db(ReplayState::Running)))
        .filter(replays::attempts.eq(replay.attempts))
        .filter(replays::days_done.eq(replay.days_done))
        .set((
            replays::attempts.eq(1),
            replays::days_done.eq(replay.days_done + 1),
            replays::last_day.eq(Some(day.0)),
            replays::pending_days.eq(replay.pending_days + i32::from(!is_settled)),
            replays::calls.eq(replay.calls + found.calls),
            replays::differences.eq(replay.differences + i64::try_from(found.differences.len())?),
            replays::transitions.eq(Replay::write_transitions(&transitions)?),
            replays::updated_at.eq(Db(now())),
        ))
        .returning(Replay::as_returning())
        .get_result(c)
        .optional())?;
    if moved.is_some() {
        let room = usize::try_from(MAX_DIFFERENCES - replay.differences).unwrap_or(0);
        insert_differences(conn, &found.differences[..found.differences.len().min(room)])?;
        for (package, calls) in &found.packages {
            touch(conn, replay, *package, *calls)?;
        }
    }
    Ok(moved)
}

fn insert_differences(conn: &mut Conn, rows: &[DifferenceRow]) -> StoreResult<()> {
    for chunk in rows.chunks(INSERT_BATCH) {
        on!(conn, c => diesel::insert_into(differences::table)
            .values(chunk.to_vec())
            .execute(c))?;
    }
    Ok(())
}

fn touch(conn: &mut Conn, replay: &Replay, package: PackageId, calls: i64) -> StoreResult<()> {
    let row = (
        touched::client_id.eq(Db(replay.client_id)),
        touched::replay_id.eq(Db(replay.id)),
        touched::kind.eq(Db(TouchedKind::Package)),
        touched::subject_id.eq(Db(RowId(package.0))),
        touched::calls.eq(calls),
    );
    on!(conn, c => diesel::insert_into(touched::table)
        .values(row)
        .on_conflict((
            touched::client_id,
            touched::replay_id,
            touched::kind,
            touched::subject_id,
        ))
        .do_update()
        .set(touched::calls.eq(touched::calls + calls))
        .execute(c))?;
    Ok(())
}

/// Puts a replay back, so that whatever came meanwhile is done first; it goes
/// on where this worker stopped. Changes nothing when another worker holds it.
pub fn put_back(conn: &mut Conn, replay: &Replay) -> StoreResult<()> {
    on!(conn, c => diesel::update(replays::table.find((Db(replay.client_id), Db(replay.id))))
        .filter(replays::state.eq(Db(ReplayState::Running)))
        .filter(replays::attempts.eq(replay.attempts))
        .filter(replays::days_done.eq(replay.days_done))
        .set((
            replays::state.eq(Db(ReplayState::Queued)),
            replays::attempts.eq(0),
            replays::updated_at.eq(Db(now())),
        ))
        .execute(c))?;
    Ok(())
}

/// Ends a replay that this worker holds. Every day there was is done then.
pub fn end_replay(
    conn: &mut Conn,
    replay: &Replay,
    state: ReplayState,
    problem: Option<String>,
) -> StoreResult<()> {
    let done = state == ReplayState::Done;
    let days_total = if done { replay.days_done } else { replay.days_total };
    on!(conn, c => diesel::update(replays::table.find((Db(replay.client_id), Db(replay.id))))
        .filter(replays::attempts.eq(replay.attempts))
        .filter(replays::days_done.eq(replay.days_done))
        .filter(replays::state.ne(Db(ReplayState::Cancelled)))
        .set((
            replays::state.eq(Db(state)),
            replays::problem.eq(problem),
            replays::days_total.eq(days_total),
            replays::updated_at.eq(Db(now())),
        ))
        .execute(c))?;
    Ok(())
}
