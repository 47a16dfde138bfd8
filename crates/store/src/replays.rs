//! Replays: what calls of a period would be, judged by other rules or by another
//! edition. They leave calls, tallies and packages as they are. A worker holds a
//! replay as it holds an export, and moves it on a day at a time: what a day
//! found and that it is done are one transaction, so a day counts once, whoever
//! falls silent.

mod progress;
mod prune;

use baitline_domain::ids::{ClientId, ObservationId, PackageId, ReplayId};
use baitline_domain::instant::{Day, Instant, Span};
use baitline_domain::phone::Phone;
use diesel::prelude::*;
use uuid::Uuid;

use crate::conn::{Conn, Reach, on};
use crate::error::{Constraint, StoreResult};
use crate::models::{
    DifferenceRow, Export, NewReplay, Package, PackageState, Replay, ReplayState, Touched,
    Transitions,
};
use crate::schema::{
    export_packages as packages, exports, replay_differences as differences,
    replay_touched as touched, replays,
};
use crate::sql_types::{Db, db_all};
use crate::{Page, buckets, now, numbering};

pub use progress::{DayFound, claim_replay, end_replay, keep_day, next_day, put_back};
pub use prune::{REPLAY_KEPT, prune_replays};

/// The most differences of a replay whose rows are kept, the earliest; all are
/// counted.
pub const MAX_DIFFERENCES: i64 = 10_000;
/// The most replays of one client that wait or run at a time.
pub const MAX_WAITING: i64 = 16;
/// Numbers asked for in one statement.
const NUMBERS_AT_A_TIME: usize = 1_000;

/// Asks for a replay.
pub fn create_replay(conn: &mut Conn, client: ClientId, new: &NewReplay) -> StoreResult<Replay> {
    if let Some(edition) = new.edition {
        numbering::assert_known(conn, edition)?;
    }
    if count_waiting(conn, client)? >= MAX_WAITING {
        return Err(Constraint::TooManyReplays.into());
    }
    let (first, last) = days_of(new.from, new.to);
    let at = now();
    let replay = Replay {
        client_id: client,
        id: ReplayId(Uuid::now_v7()),
        state: ReplayState::Queued,
        from_at: new.from,
        to_at: new.to,
        rule_version: new.rules.map(|rules| i32::try_from(rules.number())).transpose()?,
        edition_id: new.edition,
        problem: None,
        attempts: 0,
        days_total: i32::try_from(buckets::count_buckets(conn, client, first, last)?)?,
        days_done: 0,
        last_day: None,
        pending_days: 0,
        calls: 0,
        differences: 0,
        transitions: Replay::write_transitions(&Transitions::new())?,
        created_at: at,
        updated_at: at,
    };
    on!(conn, c => diesel::insert_into(replays::table).values(replay.clone()).execute(c))?;
    Ok(replay)
}

fn count_waiting(conn: &mut Conn, client: ClientId) -> StoreResult<i64> {
    Ok(on!(conn, c => replays::table
        .filter(replays::client_id.eq(Db(client)))
        .filter(replays::state.eq_any([Db(ReplayState::Queued), Db(ReplayState::Running)]))
        .count()
        .get_result(c))?)
}

/// The first and the last UTC day with a moment of a half-open period.
pub(crate) fn days_of(from: Instant, to: Instant) -> (Day, Day) {
    (from.day(), (to - Span(1)).day())
}

/// The replays within reach, in order of id.
pub fn list_replays(conn: &mut Conn, reach: Reach, page: Page) -> StoreResult<Vec<Replay>> {
    Ok(on!(conn, c => {
        let mut query = replays::table.select(Replay::as_select()).into_boxed();
        if let Some(client) = reach.client() {
            query = query.filter(replays::client_id.eq(Db(client)));
        }
        if let Some(after) = page.after {
            query = query.filter(replays::id.gt(Db(ReplayId(after))));
        }
        query.order(replays::id).limit(page.limit).load(c)
    })?)
}

/// One replay within reach.
pub fn find_replay(conn: &mut Conn, reach: Reach, id: ReplayId) -> StoreResult<Replay> {
    Ok(on!(conn, c => {
        let mut query = replays::table.select(Replay::as_select()).into_boxed();
        if let Some(client) = reach.client() {
            query = query.filter(replays::client_id.eq(Db(client)));
        }
        query.filter(replays::id.eq(Db(id))).first(c)
    })?)
}

/// Cancels a replay that has not ended.
pub fn cancel_replay(conn: &mut Conn, client: ClientId, id: ReplayId) -> StoreResult<Replay> {
    let moved = on!(conn, c => diesel::update(replays::table.find((Db(client), Db(id))))
        .filter(replays::state.eq_any([Db(ReplayState::Queued), Db(ReplayState::Running)]))
        .set((replays::state.eq(Db(ReplayState::Cancelled)), replays::updated_at.eq(Db(now()))))
        .execute(c))?;
    let replay = find_replay(conn, Reach::Client(client), id)?;
    match (moved, replay.state) {
        (0, ReplayState::Cancelled) | (1, _) => Ok(replay),
        _ => Err(Constraint::ReplayEnded.into()),
    }
}

/// A slice of a replay's differences, which are ordered by (start, id).
#[derive(Debug, Clone, Copy)]
pub struct DifferencePage {
    /// Start and id of the last row seen.
    pub after: Option<(Instant, ObservationId)>,
    /// The most rows to return.
    pub limit: i64,
}

/// The kept differences of a replay within reach.
pub fn list_differences(
    conn: &mut Conn,
    reach: Reach,
    id: ReplayId,
    page: DifferencePage,
) -> StoreResult<Vec<DifferenceRow>> {
    let client = find_replay(conn, reach, id)?.client_id;
    Ok(on!(conn, c => {
        let mut query = differences::table
            .filter(differences::client_id.eq(Db(client)))
            .filter(differences::replay_id.eq(Db(id)))
            .select(DifferenceRow::as_select())
            .into_boxed();
        if let Some((at, call)) = page.after {
            query = query.filter(differences::started_at.gt(Db(at)).or(differences::started_at
                .eq(Db(at))
                .and(differences::call_id.gt(Db(call)))));
        }
        query.order((differences::started_at, differences::call_id)).limit(page.limit).load(c)
    })?)
}

/// How many things a replay touches.
pub fn count_touched(conn: &mut Conn, replay: &Replay) -> StoreResult<i64> {
    Ok(on!(conn, c => touched::table
        .filter(touched::client_id.eq(Db(replay.client_id)))
        .filter(touched::replay_id.eq(Db(replay.id)))
        .count()
        .get_result(c))?)
}

/// The things a replay touches, those with the most calls first.
pub fn touched_by(conn: &mut Conn, replay: &Replay, limit: i64) -> StoreResult<Vec<Touched>> {
    Ok(on!(conn, c => touched::table
        .filter(touched::client_id.eq(Db(replay.client_id)))
        .filter(touched::replay_id.eq(Db(replay.id)))
        .order((touched::calls.desc(), touched::kind, touched::subject_id))
        .limit(limit)
        .select(Touched::as_select())
        .load(c))?)
}

/// These packages of a client.
pub fn packages_by_id(
    conn: &mut Conn,
    client: ClientId,
    ids: &[PackageId],
) -> StoreResult<Vec<Package>> {
    Ok(on!(conn, c => packages::table
        .filter(packages::client_id.eq(Db(client)))
        .filter(packages::id.eq_any(db_all(ids)))
        .select(Package::as_select())
        .load(c))?)
}

/// The built packages of these numbers, each with its export.
pub fn packages_against(
    conn: &mut Conn,
    client: ClientId,
    numbers: &[Phone],
) -> StoreResult<Vec<(Package, Export)>> {
    let mut found = Vec::new();
    for chunk in numbers.chunks(NUMBERS_AT_A_TIME) {
        let rows: Vec<(Package, Export)> = on!(conn, c => packages::table
            .inner_join(exports::table.on(exports::client_id
                .eq(packages::client_id)
                .and(exports::id.eq(packages::export_id))))
            .filter(packages::client_id.eq(Db(client)))
            .filter(packages::caller.eq_any(db_all(chunk)))
            .filter(packages::state.eq_any([Db(PackageState::Draft), Db(PackageState::Ready)]))
            .order(packages::id)
            .select((Package::as_select(), Export::as_select()))
            .load(c))?;
        found.extend(rows);
    }
    Ok(found)
}
