//! How much waits for the worker, over all clients: for whoever watches the
//! installation. Counts and ages only, nothing of anybody's.

use baitline_domain::ids::ClientId;
use baitline_domain::instant::{Instant, MICROS_PER_SECOND};
use diesel::dsl::count_star;
use diesel::prelude::*;
use uuid::Uuid;

use crate::changes;
use crate::conn::{Conn, Reach, on};
use crate::error::StoreResult;
use crate::models::{ExportState, FileState, ReplayState};
use crate::schema::{exports, files, replays, touched_buckets as touched};
use crate::segments;
use crate::sql_types::RowId;

/// What waits, and what became of exports, files and replays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queues {
    /// Days of clients to recompute.
    pub buckets: u64,
    /// When the oldest of them was touched.
    pub oldest_touch: Option<Instant>,
    /// Changes to expand into buckets.
    pub changes: u64,
    /// Exports by state; a state without any is absent.
    pub exports: Vec<(ExportState, u64)>,
    /// Files of call records by state; a state without any is absent.
    pub files: Vec<(FileState, u64)>,
    /// Replays by state, likewise.
    pub replays: Vec<(ReplayState, u64)>,
    /// Files of interceptions that reports read.
    pub segments: u64,
    /// Days of clients that are read from them.
    pub sealed_days: u64,
}

/// Counts them. For the agency.
pub fn queues(conn: &mut Conn) -> StoreResult<Queues> {
    let buckets: Vec<(ClientId, i32)> = on!(conn, c => touched::table
        .select((touched::client_id, touched::day))
        .distinct()
        .load(c))?;
    let oldest: Option<RowId> = on!(conn, c => touched::table
        .select(touched::id)
        .order(touched::id)
        .first(c)
        .optional())?;
    let exports: Vec<(ExportState, i64)> = on!(conn, c => exports::table
        .group_by(exports::state)
        .order(exports::state)
        .select((exports::state, count_star()))
        .load(c))?;
    let files: Vec<(FileState, i64)> = on!(conn, c => files::table
        .group_by(files::state)
        .order(files::state)
        .select((files::state, count_star()))
        .load(c))?;
    let replays: Vec<(ReplayState, i64)> = on!(conn, c => replays::table
        .group_by(replays::state)
        .order(replays::state)
        .select((replays::state, count_star()))
        .load(c))?;
    let (segments, sealed_days) = segments::count_sealed(conn)?;
    Ok(Queues {
        buckets: u64::try_from(buckets.len())?,
        oldest_touch: oldest.and_then(|id| made_at(id.0)),
        changes: u64::try_from(changes::count_changes(conn, Reach::Agency)?)?,
        exports: counted(exports)?,
        files: counted(files)?,
        replays: counted(replays)?,
        segments: u64::try_from(segments)?,
        sealed_days: u64::try_from(sealed_days)?,
    })
}

fn counted<S>(states: Vec<(S, i64)>) -> StoreResult<Vec<(S, u64)>> {
    states.into_iter().map(|(state, count)| Ok((state, u64::try_from(count)?))).collect()
}

/// A ledger row's id is a UUIDv7, which begins with the time.
fn made_at(id: Uuid) -> Option<Instant> {
    let (seconds, nanos) = id.get_timestamp()?.to_unix();
    let seconds = i64::try_from(seconds).ok()?;
    Some(Instant(seconds * MICROS_PER_SECOND + i64::from(nanos / 1_000)))
}
