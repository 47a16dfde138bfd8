//! Recordings: which observation has which bytes. The bytes themselves are in
//! the blob store before the row is.

use baitline_domain::ids::{BaitId, ClientId, ObservationId};
use baitline_domain::instant::Instant;
use diesel::prelude::*;

use crate::buckets::{self, Parts};
use crate::conn::{Conn, on};
use crate::error::{Constraint, StoreResult};
use crate::models::Recording;
use crate::schema::{observations as seen, recordings};
use crate::sql_types::{Db, db_all};

/// Whether a recording was new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Put {
    /// It is kept now.
    New,
    /// The same bytes were there already.
    Same,
}

/// Gives an observation its recording. Evidence is never replaced: other bytes
/// for the same observation are refused. The call that gets one is derived again,
/// since it counts its recordings.
pub fn put_recording(conn: &mut Conn, new: &Recording) -> StoreResult<(Put, Recording)> {
    let inserted = on!(conn, c => diesel::insert_into(recordings::table)
        .values(new.clone())
        .on_conflict_do_nothing()
        .execute(c))?;
    let kept = find_recording(conn, new.client_id, new.observation_id)?;
    if kept.sha256 != new.sha256 {
        return Err(Constraint::RecordingDiffers.into());
    }
    if inserted == 0 {
        return Ok((Put::Same, kept));
    }
    touch_call(conn, new.client_id, new.observation_id)?;
    Ok((Put::New, kept))
}

/// Touches the buckets of an observation's call, if its bait is known; the one
/// that joins it later touches them itself. The row is held until the commit, or
/// a later revision could move it to a day that never learns of the recording.
fn touch_call(conn: &mut Conn, client: ClientId, observation: ObservationId) -> StoreResult<()> {
    let place =
        seen::table.find((Db(client), Db(observation))).select((seen::occurred_at, seen::bait_id));
    let (occurred_at, bait): (Instant, Option<BaitId>) = match conn {
        Conn::Postgres(c) => place.for_share().first(c)?,
        Conn::Sqlite(c) => place.first(c)?,
    };
    let Some(bait) = bait else { return Ok(()) };
    let mut parts = Parts::default();
    parts.add_observation(occurred_at, bait);
    buckets::touch_baits(conn, client, &parts)
}

/// Those of these observations of one client that have a recording.
pub fn recorded_among(
    conn: &mut Conn,
    client: ClientId,
    observations: &[ObservationId],
) -> StoreResult<Vec<ObservationId>> {
    Ok(on!(conn, c => recordings::table
        .filter(recordings::client_id.eq(Db(client)))
        .filter(recordings::observation_id.eq_any(db_all(observations)))
        .select(recordings::observation_id)
        .load(c))?)
}

/// The recording of one observation.
pub fn find_recording(
    conn: &mut Conn,
    client: ClientId,
    observation: ObservationId,
) -> StoreResult<Recording> {
    Ok(on!(conn, c => recordings::table
        .find((Db(client), Db(observation)))
        .select(Recording::as_select())
        .first(c))?)
}

/// The recordings of these observations of one client.
pub fn recordings_of(
    conn: &mut Conn,
    client: ClientId,
    observations: &[ObservationId],
) -> StoreResult<Vec<Recording>> {
    Ok(on!(conn, c => recordings::table
        .filter(recordings::client_id.eq(Db(client)))
        .filter(recordings::observation_id.eq_any(db_all(observations)))
        .order(recordings::observation_id)
        .select(Recording::as_select())
        .load(c))?)
}
