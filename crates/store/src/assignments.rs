//! Assignments: who listens to which call. A row is the latest one of its call;
//! it ends by its own time, by a release, or when the call is labelled. It hangs
//! on the observation that gives the call its id and follows the call when
//! another observation comes first.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use baitline_domain::ids::{ClientId, ObservationId};
use baitline_domain::instant::Instant;
use diesel::prelude::*;
use diesel::upsert::excluded;

use crate::conn::{Conn, Reach, on};
use crate::error::StoreResult;
use crate::models::{Assignment, JudgedCall};
use crate::schema::assignments;
use crate::sql_types::{Db, db_all};

/// Ids asked for in one statement, under SQLite's 32,766 binds.
const IDS_AT_A_TIME: usize = 10_000;

/// Who is to listen.
#[derive(Debug, Clone)]
pub struct NewAssignment {
    /// The person's name.
    pub assignee: String,
    /// Until when (exclusive), or until somebody ends it.
    pub until: Option<Instant>,
    /// The key it is made with.
    pub assigned_by: String,
}

impl NewAssignment {
    /// The row of one call.
    pub(crate) fn of(&self, client: ClientId, call: ObservationId, since: Instant) -> Assignment {
        Assignment {
            client_id: client,
            observation_id: call,
            assignee: self.assignee.clone(),
            since,
            until: self.until,
            assigned_by: self.assigned_by.clone(),
        }
    }
}

/// The assignments of these calls of one client that hold at this moment.
pub(crate) fn assignments_of(
    conn: &mut Conn,
    client: ClientId,
    calls: &[ObservationId],
    now: Instant,
) -> StoreResult<Vec<Assignment>> {
    Ok(on!(conn, c => assignments::table
        .filter(assignments::client_id.eq(Db(client)))
        .filter(assignments::observation_id.eq_any(db_all(calls)))
        .filter(assignments::until.is_null().or(assignments::until.gt(Some(now))))
        .select(Assignment::as_select())
        .load(c))?)
}

/// Assigns a call that nobody holds; `false` when somebody was faster. Two
/// takers meet at the row's key, and the second one sees what the first did.
pub(crate) fn take_free(conn: &mut Conn, row: &Assignment) -> StoreResult<bool> {
    use diesel::query_dsl::methods::FilterDsl as _;

    let since = row.since;
    let taken = on!(conn, c => diesel::insert_into(assignments::table)
        .values(row.clone())
        .on_conflict((assignments::client_id, assignments::observation_id))
        .do_update()
        .set((
            assignments::assignee.eq(excluded(assignments::assignee)),
            assignments::since.eq(excluded(assignments::since)),
            assignments::until.eq(excluded(assignments::until)),
            assignments::assigned_by.eq(excluded(assignments::assigned_by)),
        ))
        .filter(assignments::until.le(Some(since)))
        .execute(c))?;
    Ok(taken == 1)
}

/// Assigns a call, whoever holds it.
pub(crate) fn assign(conn: &mut Conn, row: &Assignment) -> StoreResult<()> {
    while !take_free(conn, row)? {
        end_of(conn, row.client_id, &[row.observation_id], None, row.since)?;
    }
    Ok(())
}

/// Ends what holds of these observations' assignments, of one person where
/// named; returns how many.
pub(crate) fn end_of(
    conn: &mut Conn,
    client: ClientId,
    observations: &[ObservationId],
    assignee: Option<&str>,
    now: Instant,
) -> StoreResult<usize> {
    Ok(on!(conn, c => {
        let mut query = diesel::update(assignments::table)
            .filter(assignments::client_id.eq(Db(client)))
            .filter(assignments::observation_id.eq_any(db_all(observations)))
            .filter(assignments::until.is_null().or(assignments::until.gt(Some(now))))
            .into_boxed();
        if let Some(assignee) = assignee {
            query = query.filter(assignments::assignee.eq(assignee.to_owned()));
        }
        query.set(assignments::until.eq(Some(now))).execute(c)
    })?)
}

/// Ends everything that one person holds within reach; returns how many.
pub(crate) fn end_all(
    conn: &mut Conn,
    reach: Reach,
    assignee: &str,
    now: Instant,
) -> StoreResult<usize> {
    Ok(on!(conn, c => {
        let mut query = diesel::update(assignments::table)
            .filter(assignments::assignee.eq(assignee.to_owned()))
            .filter(assignments::until.is_null().or(assignments::until.gt(Some(now))))
            .into_boxed();
        if let Some(client) = reach.client() {
            query = query.filter(assignments::client_id.eq(Db(client)));
        }
        query.set(assignments::until.eq(Some(now))).execute(c)
    })?)
}

/// Moves assignments to the observations that give these calls their ids now,
/// from any observation of the call and from the id that it had before, whose
/// observation may be voided now. Where several calls became one, the assignment
/// that lasts longest stays, of equals the earliest. For the worker, in the
/// transaction that replaces calls.
pub fn follow_calls(
    conn: &mut Conn,
    client: ClientId,
    before: &[JudgedCall],
    judged: &[JudgedCall],
) -> StoreResult<()> {
    let places = places_of_assignments(before, judged);
    let ids: Vec<ObservationId> = places.values().flatten().copied().collect();
    let mut found = HashMap::new();
    for chunk in ids.chunks(IDS_AT_A_TIME) {
        let rows: Vec<Assignment> = on!(conn, c => assignments::table
            .filter(assignments::client_id.eq(Db(client)))
            .filter(assignments::observation_id.eq_any(db_all(chunk)))
            .select(Assignment::as_select())
            .load(c))?;
        found.extend(rows.into_iter().map(|row| (row.observation_id, row)));
    }
    for (call, places) in places {
        let rows: Vec<&Assignment> = places.iter().filter_map(|id| found.get(id)).collect();
        if rows.iter().all(|row| row.observation_id == call) {
            continue;
        }
        let lasting = |row: &&&Assignment| {
            (row.until.unwrap_or(Instant(i64::MAX)), Reverse(row.since), row.observation_id)
        };
        let Some(stays) = rows.iter().max_by_key(lasting) else { continue };
        let moved = Assignment { observation_id: call, ..(*stays).clone() };
        let all: Vec<ObservationId> = rows.iter().map(|row| row.observation_id).collect();
        on!(conn, c => diesel::delete(assignments::table
            .filter(assignments::client_id.eq(Db(client)))
            .filter(assignments::observation_id.eq_any(db_all(&all))))
            .execute(c))?;
        // Whoever took the call at its new id meanwhile keeps it.
        take_free(conn, &moved)?;
    }
    Ok(())
}

/// Where an assignment of each call may hang, by the call's id; calls that can
/// have it in one place only are left out.
fn places_of_assignments(
    before: &[JudgedCall],
    judged: &[JudgedCall],
) -> BTreeMap<ObservationId, Vec<ObservationId>> {
    let mut places: BTreeMap<_, _> =
        judged.iter().map(|one| (one.call.id, one.call.observations.clone())).collect();
    let call_of: HashMap<ObservationId, ObservationId> = judged
        .iter()
        .flat_map(|one| one.call.observations.iter().map(|id| (*id, one.call.id)))
        .collect();
    for old in before.iter().filter(|old| !call_of.contains_key(&old.call.id)) {
        let goes_on = old.call.observations.iter().find_map(|id| call_of.get(id));
        if let Some(places) = goes_on.and_then(|call| places.get_mut(call)) {
            places.push(old.call.id);
        }
    }
    places.retain(|_, places| places.len() > 1);
    places
}
