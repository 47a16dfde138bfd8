//! Observations: what sources reported. A report is kept once, under an id that
//! every retry derives again; the highest revision wins and the others are
//! history. What people say against it holds over what the source said.

mod correct;
mod history;
mod ingest;
mod insert;
pub(crate) mod join;
mod list;
mod row;

use baitline_domain::ids::{BaitId, ClientId, ObservationId, SourceId};
use baitline_domain::instant::Instant;
use baitline_domain::observation::{Channel, Ends, Observation};
use baitline_domain::phone::Phone;
use diesel::prelude::*;

use crate::buckets::Touched;
use crate::conn::{Conn, Reach, on};
use crate::error::StoreResult;
use crate::models::{ObservationRow, Source};
use crate::schema::{observation_corrections as corrections, observations as seen};
use crate::sql_types::{Db, db_all};

pub use correct::{MAX_CORRECTIONS, correct_observation, corrections_of, standing};
pub(crate) use ingest::take_in;
pub use ingest::{MAX_BATCH, Outcome, OutcomeStatus, check, ingest};
pub(crate) use join::join_waiting;
pub use list::{
    MAX_REVISIONS_TOLD, ObservationFilter, ObservationPage, find_one, list_observations,
    revisions_of,
};

/// What the rules need of the joined observations of a half-open period, of one
/// client, of all its baits or of some; voided ones are out.
pub fn observations_between(
    conn: &mut Conn,
    client: ClientId,
    sources: &[Source],
    touched: &Touched,
    (from, to): (Instant, Instant),
) -> StoreResult<Vec<Observation>> {
    let rows: Vec<row::JoinedRow> = on!(conn, c => {
        let mut query = seen::table
            .filter(seen::client_id.eq(Db(client)))
            .filter(seen::occurred_at.ge(Db(from)))
            .filter(seen::occurred_at.lt(Db(to)))
            .filter(seen::bait_id.is_not_null())
            .filter(seen::voided.eq(false))
            .select(row::JoinedRow::as_select())
            .into_boxed();
        if let Some(baits) = touched.baits() {
            query = query.filter(seen::bait_id.eq_any(baits.iter().copied().map(Some)));
        }
        query.load(c)
    })?;
    rows.into_iter().map(|row| row.into_domain(sources)).collect()
}

/// What the rules need of the observations of one bait with one number that
/// began in a half-open period.
pub(crate) fn observations_with(
    conn: &mut Conn,
    client: ClientId,
    sources: &[Source],
    (bait, party): (BaitId, Phone),
    (from, to): (Instant, Instant),
) -> StoreResult<Vec<Observation>> {
    let rows: Vec<row::JoinedRow> = on!(conn, c => seen::table
        .filter(seen::client_id.eq(Db(client)))
        .filter(seen::bait_id.eq(Some(bait)))
        .filter(seen::party_number.eq(Some(party)))
        .filter(seen::voided.eq(false))
        .filter(seen::occurred_at.ge(Db(from)))
        .filter(seen::occurred_at.lt(Db(to)))
        .select(row::JoinedRow::as_select())
        .load(c))?;
    rows.into_iter().map(|row| row.into_domain(sources)).collect()
}

/// A record as its source told it, whatever people say against it.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) id: ObservationId,
    pub(crate) ends: Ends,
    pub(crate) channel: Channel,
}

/// What a source said in a period of its own clock, both ends inclusive, of the
/// calls that people corrected, in order of id. Only few are: no index is kept
/// for the source's own times.
pub(crate) fn said_before_correction(
    conn: &mut Conn,
    client: ClientId,
    source: SourceId,
    (first, last): (Instant, Instant),
) -> StoreResult<Vec<Said>> {
    let corrected = corrections::table
        .filter(corrections::client_id.eq(Db(client)))
        .select(corrections::observation_id);
    let rows: Vec<row::StoredObservation> = on!(conn, c => seen::table
        .filter(seen::client_id.eq(Db(client)))
        .filter(seen::id.eq_any(corrected))
        .filter(seen::source_id.eq(Db(source)))
        .filter(seen::reported_at.ge(Db(first)))
        .filter(seen::reported_at.le(Db(last)))
        .order(seen::id)
        .select(row::StoredObservation::as_select())
        .load(c))?;
    Ok(rows.iter().map(row::StoredObservation::said).collect())
}

/// Observations as they stand, for people, in order of start.
pub fn find_observations(
    conn: &mut Conn,
    client: ClientId,
    ids: &[ObservationId],
) -> StoreResult<Vec<ObservationRow>> {
    let rows: Vec<ObservationRow> = on!(conn, c => seen::table
        .filter(seen::client_id.eq(Db(client)))
        .filter(seen::id.eq_any(db_all(ids)))
        .order((seen::occurred_at, seen::id))
        .select(ObservationRow::as_select())
        .load(c))?;
    Ok(rows.into_iter().map(ObservationRow::in_force).collect())
}

/// Those of these observations of one client that are voided.
pub(crate) fn voided_among(
    conn: &mut Conn,
    client: ClientId,
    ids: &[ObservationId],
) -> StoreResult<Vec<ObservationId>> {
    Ok(on!(conn, c => seen::table
        .filter(seen::client_id.eq(Db(client)))
        .filter(seen::id.eq_any(db_all(ids)))
        .filter(seen::voided.eq(true))
        .select(seen::id)
        .load(c))?)
}

/// Where an observation stands, whether or not its bait is known.
pub fn find_observation(
    conn: &mut Conn,
    reach: Reach,
    id: ObservationId,
) -> StoreResult<(ClientId, Instant, Option<BaitId>)> {
    Ok(on!(conn, c => {
        let mut query = seen::table
            .select((seen::client_id, seen::occurred_at, seen::bait_id))
            .into_boxed();
        if let Some(client) = reach.client() {
            query = query.filter(seen::client_id.eq(Db(client)));
        }
        query.filter(seen::id.eq(Db(id))).first(c)
    })?)
}
