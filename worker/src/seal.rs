//! Sealing: interceptions of settled days go into Parquet segments, month by
//! month. What is read and what is listed are two transactions with the writing of
//! the file between them; the version of each day tells whether it is still what
//! was read.

mod plan;
mod sweep;

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use baitline_analytics::write_segment;
use baitline_domain::ids::{ClientId, SegmentId};
use baitline_domain::instant::{Day, Span};
use baitline_domain::tally::InterceptionRow;
use baitline_store::blobs::{BlobKind, PutError};
use baitline_store::sealing::{self, NewSegment, WaitingMonth};
use baitline_store::segments::Ordinals;
use baitline_store::sql_types::RowId;
use baitline_store::{Reach, Store, StoreError, now, tallies};
use bytes::Bytes;
use futures_util::stream;
use tokio::runtime::Handle;
use tokio::sync::watch;
use uuid::Uuid;

use crate::WorkError;
use plan::Plan;

/// The pause between two looks for what to seal, when there was nothing.
const LOOK_PAUSE: Duration = Duration::from_secs(5);
/// How often unnamed files are looked for.
const SWEEP_PAUSE: Duration = Duration::from_secs(60 * 60);
/// How soon it is seen that the process stops.
const STOP_PAUSE: Duration = Duration::from_millis(200);
/// The largest segment in bytes; a row takes about ten.
const MAX_SEGMENT_BYTES: u64 = 1024 * 1024 * 1024;

/// When days are sealed.
#[derive(Debug, Clone, Copy)]
pub struct SealRules {
    /// How long ago the first of a month's unsealed days was derived.
    pub after: Span,
    /// Today and so many days before it are left to the database: calls arrive
    /// late by hours, and each would open its day again.
    pub open_days: i32,
    /// A month with fewer interceptions stays in the database, which reads them
    /// faster than a file is opened.
    pub least: i64,
    /// The most interceptions of a file, unless a single day has more.
    pub most: i64,
}

impl Default for SealRules {
    fn default() -> Self {
        Self { after: Span::hours(1), open_days: 2, least: 4_096, most: 250_000 }
    }
}

/// Seals what workers derived. One of each client's days works at a time.
pub struct Sealer {
    store: Store,
    runtime: Handle,
    rules: SealRules,
    id: RowId,
}

/// Files that are in the blob store and that no report reads yet.
#[derive(Debug)]
pub struct PreparedMonth {
    client: ClientId,
    month: Day,
    old: BTreeSet<SegmentId>,
    new: Vec<NewSegment>,
}

impl PreparedMonth {
    /// How many days its files hold.
    pub fn days(&self) -> usize {
        self.new.iter().map(|segment| segment.days.len()).sum()
    }
}

impl Sealer {
    /// A sealer on a store; `runtime` moves the bytes, and the sealer must not run
    /// on one of its async threads.
    pub fn new(store: Store, runtime: Handle, rules: SealRules) -> Self {
        Self { store, runtime, rules, id: RowId(Uuid::now_v7()) }
    }

    /// Seals one month of one client; `false` when none waits that is worth it.
    pub fn seal_next(&self) -> Result<bool, WorkError> {
        match self.prepare_next()? {
            Some(prepared) => self.finish(&prepared).map(|_| true),
            None => Ok(false),
        }
    }

    /// Writes the files of the next month that is worth it.
    pub fn prepare_next(&self) -> Result<Option<PreparedMonth>, WorkError> {
        let until = Day(now().day().0 - self.rules.open_days);
        let waiting = self
            .store
            .read(Reach::Agency, |conn| sealing::waiting_months(conn, until, self.rules.least))?;
        for month in waiting {
            let waited = now() - month.since;
            if waited < self.rules.after {
                continue;
            }
            let state = self.store.read(Reach::Agency, |conn| {
                sealing::month_state(conn, month.client, month.month)
            })?;
            let plan = Plan::of(&state, until, &self.rules);
            if !plan.is_worth(waited, &self.rules) || !self.hold(month.client)? {
                continue;
            }
            match self.prepare(&month, plan) {
                Ok(Some(prepared)) => return Ok(Some(prepared)),
                Ok(None) => self.release(month.client)?,
                Err(error) => {
                    self.release(month.client)?;
                    return Err(error);
                }
            }
        }
        Ok(None)
    }

    /// Lets reports read prepared files in the place of older ones, but for the
    /// days that were recomputed meanwhile. How many days are sealed by them.
    pub fn finish(&self, prepared: &PreparedMonth) -> Result<usize, WorkError> {
        let PreparedMonth { client, month, old, new } = prepared;
        let listed = self.store.write(Reach::Agency, |conn| {
            sealing::replace_segments(conn, (*client, self.id), *month, old, new)
        });
        self.release(*client)?;
        Ok(listed?)
    }

    /// Works until told to stop; finishes the month at hand.
    pub fn run(self, stop: &watch::Receiver<bool>) {
        let (mut swept_at, mut look_at): (Option<Instant>, Instant) = (None, Instant::now());
        while !*stop.borrow() {
            if Instant::now() < look_at {
                std::thread::sleep(STOP_PAUSE);
                continue;
            }
            if swept_at.is_none_or(|at| at.elapsed() > SWEEP_PAUSE) {
                if let Err(error) = self.sweep() {
                    tracing::warn!(%error, "segments cannot be swept up");
                }
                swept_at = Some(Instant::now());
            }
            match self.seal_next() {
                Ok(true) => {}
                Ok(false) => look_at = Instant::now() + LOOK_PAUSE,
                Err(error) => {
                    tracing::error!(%error, "a month cannot be sealed");
                    look_at = Instant::now() + LOOK_PAUSE;
                }
            }
        }
    }

    fn hold(&self, client: ClientId) -> Result<bool, WorkError> {
        Ok(self.store.write(Reach::Agency, |conn| sealing::hold(conn, client, self.id))?)
    }

    fn release(&self, client: ClientId) -> Result<(), WorkError> {
        Ok(self.store.write(Reach::Agency, |conn| sealing::release(conn, client, self.id))?)
    }

    fn prepare(
        &self,
        waiting: &WaitingMonth,
        plan: Plan,
    ) -> Result<Option<PreparedMonth>, WorkError> {
        let WaitingMonth { client, month, .. } = *waiting;
        let _span = tracing::info_span!("seal", %client, month = month.0).entered();
        let mut new = Vec::new();
        for days in &plan.files {
            if !self.hold(client)? {
                return Ok(None);
            }
            new.extend(self.write_file((client, month), days)?);
        }
        // Everything waits to be recomputed: nothing is gained by a new file.
        let is_all_unsettled = new.is_empty() && !plan.files.is_empty();
        Ok((!is_all_unsettled).then_some(PreparedMonth { client, month, old: plan.old, new }))
    }

    /// A file of those days that are still settled; none where they hold nothing.
    fn write_file(
        &self,
        (client, month): (ClientId, Day),
        days: &BTreeSet<Day>,
    ) -> Result<Option<NewSegment>, WorkError> {
        let (versions, rows) = self.store.read(Reach::Agency, |conn| {
            let (mut versions, mut rows) = (BTreeMap::new(), Vec::new());
            let state = sealing::month_state(conn, client, month)?;
            let settled = state.days.iter().filter(|day| state.settled.contains(&day.day()));
            for day in settled.filter(|day| days.contains(&day.day())) {
                versions.insert(day.day(), day.version);
                rows.extend(tallies::interceptions_of_day(conn, client, day.day())?);
            }
            Ok((versions, rows))
        })?;
        if rows.is_empty() {
            return Ok(None);
        }
        let ordinals = self
            .store
            .write(Reach::Agency, |conn| sealing::give_ordinals(conn, (client, self.id), &rows))?;
        let bytes = write_segment(&rows, &numbered(&rows, &ordinals))?;
        let part = stream::iter([Ok::<Bytes, std::convert::Infallible>(Bytes::from(bytes))]);
        let put = self.store.blobs().put(client, BlobKind::Segment, part, MAX_SEGMENT_BYTES);
        let blob = self.runtime.block_on(put).map_err(|error| match error {
            PutError::Store(error) => error,
            PutError::Stream(never) => match never {},
            PutError::TooLarge { .. } => StoreError::Blob(error.to_string()),
        })?;
        tracing::debug!(rows = rows.len(), bytes = blob.bytes, "wrote a segment");
        Ok(Some(NewSegment {
            id: SegmentId(Uuid::now_v7()),
            sha256: blob.sha256,
            bytes: blob.bytes,
            interceptions: rows.len() as u64,
            days: versions,
        }))
    }
}

/// The numbers as the column engine takes them.
fn numbered(rows: &[InterceptionRow], given: &Ordinals) -> baitline_analytics::Ordinals {
    debug_assert!(rows.iter().all(|row| given.baits.contains_key(&row.bait)));
    baitline_analytics::Ordinals {
        baits: given.baits.clone(),
        bait_count: given.baits.len() as u32,
        traps: given.traps.clone(),
        trap_count: given.traps.len() as u32,
        competitors: given.competitors.clone(),
    }
}
