//! Assignments of SIMs to clients. One number may stand with several clients, who
//! must not learn of each other: only the agency assigns, its transactions alone
//! look across clients, and a client's trap is held against the client's own
//! assignments and nothing else.

use baitline_domain::ids::{BaitId, ClientId, SimAssignmentId};
use baitline_domain::instant::{Instant, Span};
use baitline_domain::phone::Phone;
use baitline_domain::trap::LONGEST_REACH;
use diesel::prelude::*;
use uuid::Uuid;

use crate::conn::{Conn, Reach, on};
use crate::error::{Constraint, StoreError, StoreResult};
use crate::models::{NewSimAssignment, NewTrap, SimAssignmentRow, TrapRow};
use crate::schema::{baits, sim_assignments as assignments};
use crate::sql_types::Db;
use crate::traps::traps_of_number;
use crate::{Page, baits as all_baits, now};

/// Assigns a SIM to a client. From now on every client's traps on this number
/// need an assignment. Run as the agency.
pub fn create_assignment(
    conn: &mut Conn,
    client: ClientId,
    new: &NewSimAssignment,
    author: &str,
) -> StoreResult<SimAssignmentRow> {
    let number = number_of(conn, client, new.bait)?;
    lock_number(conn, number)?;
    // First of all: a trap that is being made holds its bait's row, and is seen once
    // that is let go.
    on!(conn, c => diesel::update(baits::table.filter(baits::number.eq(Db(number))))
        .set(baits::by_assignment.eq(true))
        .execute(c))?;
    let period = (new.valid_from, new.valid_to);
    assert_free(conn, client, number, period, None)?;
    let row = SimAssignmentRow {
        client_id: client,
        id: SimAssignmentId(Uuid::now_v7()),
        bait_id: new.bait,
        valid_from: new.valid_from,
        valid_to: new.valid_to,
        note: new.note.clone(),
        author: author.to_owned(),
        created_at: now(),
    };
    on!(conn, c => diesel::insert_into(assignments::table).values(row.clone()).execute(c))?;
    Ok(row)
}

/// The assignments within reach, of one bait where it is given, in order of id.
pub fn list_assignments(
    conn: &mut Conn,
    reach: Reach,
    bait: Option<BaitId>,
    page: Page,
) -> StoreResult<Vec<SimAssignmentRow>> {
    Ok(on!(conn, c => {
        let mut query = assignments::table.select(SimAssignmentRow::as_select()).into_boxed();
        if let Some(client) = reach.client() {
            query = query.filter(assignments::client_id.eq(Db(client)));
        }
        if let Some(bait) = bait {
            query = query.filter(assignments::bait_id.eq(Db(bait)));
        }
        if let Some(after) = page.after {
            query = query.filter(assignments::id.gt(Db(SimAssignmentId(after))));
        }
        query.order(assignments::id).limit(page.limit).load(c)
    })?)
}

/// One assignment within reach.
pub fn find_assignment(
    conn: &mut Conn,
    reach: Reach,
    id: SimAssignmentId,
) -> StoreResult<SimAssignmentRow> {
    Ok(on!(conn, c => {
        let mut query = assignments::table.select(SimAssignmentRow::as_select()).into_boxed();
        if let Some(client) = reach.client() {
            query = query.filter(assignments::client_id.eq(Db(client)));
        }
        query.filter(assignments::id.eq(Db(id))).first(c)
    })?)
}

/// Ends an assignment, or lets it go on. Run as the agency.
pub fn end_assignment(
    conn: &mut Conn,
    id: SimAssignmentId,
    valid_to: Option<Instant>,
) -> StoreResult<SimAssignmentRow> {
    let row = find_assignment(conn, Reach::Agency, id)?;
    let number = number_of(conn, row.client_id, row.bait_id)?;
    lock_number(conn, number)?;
    assert_free(conn, row.client_id, number, (row.valid_from, valid_to), Some(id))?;
    Ok(on!(conn, c => diesel::update(assignments::table.find((Db(row.client_id), Db(id))))
        .set(assignments::valid_to.eq(valid_to))
        .returning(SimAssignmentRow::as_returning())
        .get_result(c))?)
}

/// Refuses a trap beside a live one of another client on the same SIM. Run as the
/// agency, in the transaction that makes the trap.
pub fn assert_no_other_live_trap(
    conn: &mut Conn,
    client: ClientId,
    new: &NewTrap,
    window_hours: i32,
) -> StoreResult<()> {
    let number = number_of(conn, client, new.bait)?;
    lock_number(conn, number)?;
    let ends_at = new.run_ends_at + Span::hours(i64::from(window_hours));
    let others = other_traps(conn, client, number, (new.started_at, Some(ends_at)))?;
    if others { Err(Constraint::SimInUse.into()) } else { Ok(()) }
}

/// Whether a run lies within one of the bait's own assignments.
pub(crate) fn is_assigned(
    conn: &mut Conn,
    client: ClientId,
    bait: BaitId,
    (from, to): (Instant, Instant),
) -> StoreResult<bool> {
    let mine = periods_of(conn, client, bait)?;
    Ok(mine.iter().any(|(first, last)| *first <= from && last.is_none_or(|last| to <= last)))
}

/// The times in which the SIM is the client's.
pub(crate) fn periods_of(
    conn: &mut Conn,
    client: ClientId,
    bait: BaitId,
) -> StoreResult<Vec<(Instant, Option<Instant>)>> {
    Ok(on!(conn, c => assignments::table
        .filter(assignments::client_id.eq(Db(client)))
        .filter(assignments::bait_id.eq(Db(bait)))
        .select((assignments::valid_from, assignments::valid_to))
        .load(c))?)
}

/// Nobody else has the SIM then, and no other client's trap is live on it.
fn assert_free(
    conn: &mut Conn,
    client: ClientId,
    number: Phone,
    (from, to): (Instant, Option<Instant>),
    except: Option<SimAssignmentId>,
) -> StoreResult<()> {
    if to.is_some_and(|to| to < from) {
        return Err(Constraint::Backwards.into());
    }
    let stored: Vec<(SimAssignmentId, Instant, Option<Instant>)> = on!(conn, c => {
        assignments::table
            .inner_join(baits::table.on(baits::client_id
                .eq(assignments::client_id)
                .and(baits::id.eq(assignments::bait_id))))
            .filter(baits::number.eq(Db(number)))
            .select((assignments::id, assignments::valid_from, assignments::valid_to))
            .load(c)
    })?;
    let meets = |(id, first, last): &(SimAssignmentId, Instant, Option<Instant>)| {
        let begins_before_its_end = last.is_none_or(|last| from < last);
        Some(*id) != except && begins_before_its_end && to.is_none_or(|to| *first < to)
    };
    // An empty period meets nothing: it takes an assignment back.
    if to != Some(from) && stored.iter().filter(|one| one.2 != Some(one.1)).any(meets) {
        return Err(Constraint::SimAssigned.into());
    }
    if other_traps(conn, client, number, (from, to))? {
        return Err(Constraint::SimInUse.into());
    }
    Ok(())
}

/// Whether a trap of another client on this number is live within a period.
fn other_traps(
    conn: &mut Conn,
    client: ClientId,
    number: Phone,
    (from, to): (Instant, Option<Instant>),
) -> StoreResult<bool> {
    if to == Some(from) {
        return Ok(false);
    }
    let near = traps_of_number(conn, number, (from - LONGEST_REACH, to))?;
    let live = |row: &TrapRow| row.client_id != client && from < live_until(row);
    Ok(near.iter().any(live))
}

/// A trap lives until its window ends, or could end.
fn live_until(row: &TrapRow) -> Instant {
    let window = row.state.as_ref().and_then(|state| state.window);
    let could_end = row.trap.run_ends_at + Span::hours(i64::from(row.trap.settings.window_hours));
    window.map_or(could_end, |window| window.to)
}

fn number_of(conn: &mut Conn, client: ClientId, bait: BaitId) -> StoreResult<Phone> {
    match all_baits::find_bait(conn, Reach::Client(client), bait) {
        Ok(bait) => Ok(bait.number),
        Err(StoreError::NotFound) => Err(Constraint::UnknownBait.into()),
        Err(error) => Err(error),
    }
}

/// Whoever assigns a number, or lays a trap on it for the agency, waits for the
/// others who do: no row that two clients share could be locked.
fn lock_number(conn: &mut Conn, number: Phone) -> StoreResult<()> {
    Ok(conn.lock_key(i64::try_from(number.digits()).unwrap_or(i64::MAX))?)
}
