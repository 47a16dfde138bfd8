//! Recordings that wait: for the report of their call, whose id they know, or
//! for a person. A row stays when the wait is over and says where the recording
//! went, so that the same file again is known.

use std::collections::HashMap;

use baitline_domain::ids::{ClientId, ObservationId};
use baitline_domain::instant::Instant;
use diesel::dsl::exists;
use diesel::prelude::*;
use diesel::upsert::excluded;

use crate::conn::{Conn, Reach, on};
use crate::error::{Constraint, StoreError, StoreResult};
use crate::models::{Recording, WaitingReason, WaitingRecording};
use crate::recordings::{self, Put};
use crate::schema::{observations as seen, waiting_recordings as waiting};
use crate::sql_types::{Db, db_all};
use crate::{clients, now};

/// Where a recording is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// At an observation.
    Call(Recording),
    /// It waits.
    Waiting(WaitingRecording),
}

/// Which piece of the list of waiting recordings.
#[derive(Debug, Clone, Copy)]
pub struct WaitingPage {
    /// Time of receipt and id of the last one seen.
    pub after: Option<(Instant, ObservationId)>,
    /// The most rows to return.
    pub limit: i64,
}

/// Puts a recording where its source and external id say, whether or not that
/// call has been reported yet. Other bytes than before are refused.
pub fn put_by_id(conn: &mut Conn, new: &WaitingRecording) -> StoreResult<(Put, Place)> {
    if is_reported(conn, new.client_id, new.observation_id)? {
        return put_at_own_id(conn, new);
    }
    let known = find_row(conn, new.client_id, new.observation_id)?;
    if known.as_ref().is_some_and(|row| row.sha256 != new.sha256) {
        return Err(Constraint::RecordingDiffers.into());
    }
    match known {
        Some(row) => Ok((Put::Same, place_of(conn, row)?)),
        None => Ok((Put::New, hold(conn, new, new.reason)?)),
    }
}

/// Keeps a recording waiting. The report that it waits for may be on its way in
/// another transaction, which would find nothing waiting yet: so this one waits
/// for those that ingest, and looks again.
pub(crate) fn hold(
    conn: &mut Conn,
    new: &WaitingRecording,
    reason: WaitingReason,
) -> StoreResult<Place> {
    clients::lock_against_ingest(conn, new.client_id)?;
    if is_reported(conn, new.client_id, new.observation_id)? {
        return Ok(put_at_own_id(conn, new)?.1);
    }
    let row = WaitingRecording { reason, ..new.clone() };
    save(conn, &row)?;
    Ok(Place::Waiting(row))
}

fn put_at_own_id(conn: &mut Conn, new: &WaitingRecording) -> StoreResult<(Put, Place)> {
    let (put, kept) = recordings::put_recording(conn, &new.at(new.observation_id, false))?;
    Ok((put, Place::Call(kept)))
}

/// Puts a recording at an observation that has another id than the recording's
/// name gives, and remembers that it went there.
pub(crate) fn give(
    conn: &mut Conn,
    row: &WaitingRecording,
    observation: ObservationId,
) -> StoreResult<Place> {
    let (_, kept) = recordings::put_recording(conn, &row.at(observation, true))?;
    let (assigned_to, assigned_at) = (Some(observation), Some(now()));
    save(conn, &WaitingRecording { assigned_to, assigned_at, ..row.clone() })?;
    Ok(Place::Call(kept))
}

fn save(conn: &mut Conn, row: &WaitingRecording) -> StoreResult<()> {
    on!(conn, c => diesel::insert_into(waiting::table)
        .values(row.clone())
        .on_conflict((waiting::client_id, waiting::observation_id))
        .do_update()
        .set((
            waiting::reason.eq(excluded(waiting::reason)),
            waiting::device_id.eq(excluded(waiting::device_id)),
            waiting::assigned_to.eq(excluded(waiting::assigned_to)),
            waiting::assigned_at.eq(excluded(waiting::assigned_at)),
        ))
        .execute(c))?;
    Ok(())
}

/// Gives the reports of this transaction the recordings that came before them.
/// Where nothing waits, that is one look into an empty index. Each report comes
/// with whether it was derived from the recording's own name.
pub(crate) fn join(
    conn: &mut Conn,
    client: ClientId,
    reported: &HashMap<ObservationId, bool>,
) -> StoreResult<()> {
    if reported.is_empty() || !any_waits(conn, client)? {
        return Ok(());
    }
    let query = waiting::table
        .filter(waiting::client_id.eq(Db(client)))
        .filter(waiting::observation_id.eq_any(db_all(reported.keys())))
        .filter(waiting::assigned_to.is_null())
        .order(waiting::observation_id);
    let rows: Vec<WaitingRecording> = match conn {
        Conn::Postgres(c) => query.select(WaitingRecording::as_select()).for_update().load(c)?,
        Conn::Sqlite(c) => query.select(WaitingRecording::as_select()).load(c)?,
    };
    for row in rows {
        let id = row.observation_id;
        let derived = reported.get(&id).copied().unwrap_or_default();
        recordings::put_recording(conn, &row.at(id, derived))?;
        note_assignment(conn, &row, id, None)?;
    }
    Ok(())
}

fn any_waits(conn: &mut Conn, client: ClientId) -> StoreResult<bool> {
    Ok(on!(conn, c => diesel::select(exists(waiting::table
        .filter(waiting::client_id.eq(Db(client)))
        .filter(waiting::assigned_to.is_null())))
        .get_result(c))?)
}

/// A person gives a waiting recording to a call. Given once, it stays there; so
/// a voided observation, which is in no call, gets none.
pub fn assign(
    conn: &mut Conn,
    client: ClientId,
    id: ObservationId,
    observation: ObservationId,
    by: &str,
) -> StoreResult<Recording> {
    let query = waiting::table.find((Db(client), Db(id)));
    let row: WaitingRecording = match conn {
        Conn::Postgres(c) => query.select(WaitingRecording::as_select()).for_update().first(c)?,
        Conn::Sqlite(c) => query.select(WaitingRecording::as_select()).first(c)?,
    };
    match row.assigned_to {
        Some(to) if to == observation => return recordings::find_recording(conn, client, to),
        Some(_) => return Err(Constraint::RecordingAssigned.into()),
        None => {}
    }
    assert_in_force(conn, client, observation)?;
    let (_, kept) = recordings::put_recording(conn, &row.at(observation, false))?;
    note_assignment(conn, &row, observation, Some(by))?;
    Ok(kept)
}

/// Held until the commit, so that nobody voids it meanwhile.
fn assert_in_force(conn: &mut Conn, client: ClientId, id: ObservationId) -> StoreResult<()> {
    let row = seen::table.find((Db(client), Db(id))).select(seen::voided);
    let voided: bool = match conn {
        Conn::Postgres(c) => row.for_share().first(c)?,
        Conn::Sqlite(c) => row.first(c)?,
    };
    if voided { Err(StoreError::NotFound) } else { Ok(()) }
}

fn note_assignment(
    conn: &mut Conn,
    row: &WaitingRecording,
    to: ObservationId,
    by: Option<&str>,
) -> StoreResult<()> {
    on!(conn, c => diesel::update(
            waiting::table.find((Db(row.client_id), Db(row.observation_id))))
        .set((
            waiting::assigned_to.eq(Some(to)),
            waiting::assigned_at.eq(Some(now())),
            waiting::assigned_by.eq(by),
        ))
        .execute(c))?;
    Ok(())
}

/// The recordings within reach that wait, in order of receipt.
pub fn list_waiting(
    conn: &mut Conn,
    reach: Reach,
    page: WaitingPage,
) -> StoreResult<Vec<WaitingRecording>> {
    Ok(on!(conn, c => {
        let mut query = waiting::table
            .filter(waiting::assigned_to.is_null())
            .select(WaitingRecording::as_select())
            .into_boxed();
        if let Some(client) = reach.client() {
            query = query.filter(waiting::client_id.eq(Db(client)));
        }
        if let Some((at, id)) = page.after {
            query = query.filter(waiting::received_at.gt(Db(at)).or(waiting::received_at
                .eq(Db(at))
                .and(waiting::observation_id.gt(Db(id)))));
        }
        query.order((waiting::received_at, waiting::observation_id)).limit(page.limit).load(c)
    })?)
}

/// One recording within reach that waits, or did.
pub fn find_waiting(
    conn: &mut Conn,
    reach: Reach,
    id: ObservationId,
) -> StoreResult<WaitingRecording> {
    Ok(on!(conn, c => {
        let mut query = waiting::table.select(WaitingRecording::as_select()).into_boxed();
        if let Some(client) = reach.client() {
            query = query.filter(waiting::client_id.eq(Db(client)));
        }
        query.filter(waiting::observation_id.eq(Db(id))).first(c)
    })?)
}

/// The row under an id, if there is one; held, so that nobody assigns it meanwhile.
pub(crate) fn find_row(
    conn: &mut Conn,
    client: ClientId,
    id: ObservationId,
) -> StoreResult<Option<WaitingRecording>> {
    let query = waiting::table.find((Db(client), Db(id)));
    let row = match conn {
        Conn::Postgres(c) => query.select(WaitingRecording::as_select()).for_update().first(c),
        Conn::Sqlite(c) => query.select(WaitingRecording::as_select()).first(c),
    };
    Ok(row.optional()?)
}

/// Where the recording of a row is now.
pub(crate) fn place_of(conn: &mut Conn, row: WaitingRecording) -> StoreResult<Place> {
    match row.assigned_to {
        Some(to) => Ok(Place::Call(recordings::find_recording(conn, row.client_id, to)?)),
        None => Ok(Place::Waiting(row)),
    }
}

/// Whether there is an observation of this id.
pub(crate) fn is_reported(
    conn: &mut Conn,
    client: ClientId,
    id: ObservationId,
) -> StoreResult<bool> {
    Ok(on!(conn, c => diesel::select(exists(seen::table.find((Db(client), Db(id)))))
        .get_result(c))?)
}
