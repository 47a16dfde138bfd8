//! Erasure: takes the steps of the store, looks through raw files, and removes bytes
//! that no row names. What was begun by one that died another one goes on with.

use std::time::{Duration, Instant};

use baitline_domain::erasure::{ErasureState, WrittenNumber};
use baitline_domain::ids::{ClientId, ErasureId};
use baitline_domain::instant::Span;
use baitline_domain::phone::Phone;
use baitline_store::audit::{self, Acting};
use baitline_store::blobs::BlobKind;
use baitline_store::erasures::{self, ACT, Advance};
use baitline_store::models::{CallFile, ErasureRow, FileFormat};
use baitline_store::sql_types::RowId;
use baitline_store::{Reach, Store, StoreError, now, retention};
use futures_util::TryStreamExt;
use tokio::runtime::Handle;
use uuid::Uuid;

use crate::WorkError;

/// How long bytes stay that no row names: longer than a sender takes from the last
/// byte to the row, and a reader to the end.
const GRACE: Span = Span::hours(1);
/// How often those that wait for that are looked at.
const BYTES_PAUSE: Duration = Duration::from_secs(60);
/// How often a worker looks whose calls are older than they may be.
const PLAN_PAUSE: Duration = Duration::from_secs(3_600);
/// Every kind of blob.
const KINDS: [BlobKind; 6] = [
    BlobKind::Recording,
    BlobKind::Package,
    BlobKind::File,
    BlobKind::Segment,
    BlobKind::Attachment,
    BlobKind::Paper,
];

/// Erases, step by step. Each worker has one.
pub(crate) struct Eraser {
    store: Store,
    runtime: Handle,
    id: RowId,
    pub(crate) grace: Span,
    planned_at: Option<Instant>,
    bytes_at: Option<Instant>,
}

impl Eraser {
    pub(crate) fn new(store: Store, runtime: Handle) -> Self {
        let id = RowId(Uuid::now_v7());
        Self { store, runtime, id, grace: GRACE, planned_at: None, bytes_at: None }
    }

    /// Takes a step of the first erasure that has one; `false` when none gets on.
    pub(crate) fn erase_on(&mut self) -> Result<bool, WorkError> {
        if self.planned_at.is_none_or(|at| at.elapsed() >= PLAN_PAUSE) {
            for (client, days) in self.store.read(Reach::Agency, retention::limited)? {
                self.write(|conn| erasures::plan_due(conn, client, days, now()))?;
            }
            self.planned_at = Some(Instant::now());
        }
        for row in self.store.read(Reach::Agency, erasures::open_erasures)? {
            let of = (row.client_id, row.id);
            let moved = match row.state {
                ErasureState::Files => self.look_through(of)?,
                ErasureState::Bytes => self.remove_bytes(&row)?,
                _ => {
                    let worker = self.id;
                    let step = self.write(|c| erasures::advance(c, of.0, of.1, worker))?;
                    step == Advance::Moved
                }
            };
            if moved {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The audit tells what an erasure did from what a worker does otherwise.
    fn write<T>(
        &self,
        work: impl FnMut(&mut baitline_store::Conn) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let who = Acting { actor: "worker".to_owned(), act: ACT.to_owned() };
        audit::acting(who, || self.store.write(Reach::Agency, work))
    }

    fn look_through(&self, of: (ClientId, ErasureId)) -> Result<bool, WorkError> {
        let next = self.write(|conn| erasures::next_file(conn, of.0, of.1))?;
        let Some((file, number)) = next else { return Ok(true) };
        let names_it = self.names(&file, number)?;
        self.write(|conn| erasures::looked_through(conn, of, file.id, names_it))?;
        Ok(true)
    }

    /// Whether a file's bytes name the number. A workbook's are compressed: each may.
    fn names(&self, file: &CallFile, number: Phone) -> Result<bool, WorkError> {
        if file.format == FileFormat::Xlsx {
            return Ok(true);
        }
        let written = WrittenNumber::of(number);
        let (client, kind) = (file.client_id, BlobKind::File);
        let found = self.runtime.block_on(async {
            let mut bytes = self.store.blobs().get(client, kind, &file.sha256, None).await?;
            let mut text = Vec::new();
            while let Some(part) = bytes.try_next().await? {
                text.extend_from_slice(&part);
                if written.is_in(&text) {
                    return Ok(true);
                }
                // It may begin at the end of this part.
                text.drain(..text.len().saturating_sub(written.longest()));
            }
            Ok::<_, StoreError>(false)
        });
        match found {
            Err(StoreError::NotFound) => Ok(false),
            other => Ok(other?),
        }
    }

    /// Removes what no row names and is old; ends the erasure once nothing is left that
    /// was there when its last row went.
    fn remove_bytes(&mut self, row: &ErasureRow) -> Result<bool, WorkError> {
        let is_waiting = self.grace > Span::seconds(0);
        if is_waiting && self.bytes_at.is_some_and(|at| at.elapsed() < BYTES_PAUSE) {
            return Ok(false);
        }
        self.bytes_at = Some(Instant::now());
        let (client, gone_at) = (row.client_id, row.rows_gone_at.unwrap_or(row.requested_at));
        let dropped =
            self.store.read(Reach::Agency, |c| erasures::count_dropped(c, client, gone_at))?;
        if dropped > 0 {
            // The sealer sweeps them up.
            return Ok(false);
        }
        let mut is_clean = true;
        for kind in KINDS {
            is_clean &= self.remove_unnamed(client, kind, gone_at)?;
        }
        if !is_clean || !self.compact()? {
            return Ok(false);
        }
        let is_done = self.write(|conn| erasures::finish(conn, client, row.id))?;
        if is_done {
            // What was written of its end goes from the log into the file.
            self.compact()?;
            tracing::info!(%client, erasure = %row.id, "erased");
        }
        Ok(is_done)
    }

    /// Whether the database's file holds nothing that was deleted; not while others
    /// write.
    fn compact(&self) -> Result<bool, WorkError> {
        match self.store.compact() {
            Err(StoreError::Conflict) => Ok(false),
            other => Ok(other?),
        }
    }

    /// Whether nothing is left of what no row named at that moment.
    fn remove_unnamed(
        &self,
        client: ClientId,
        kind: BlobKind,
        gone_at: baitline_domain::instant::Instant,
    ) -> Result<bool, WorkError> {
        let blobs = self.store.blobs();
        // First the bytes, then the rows: what was put meanwhile is not among these.
        let listed = self.runtime.block_on(blobs.list(client, kind))?;
        let named =
            self.store.read(Reach::Agency, |conn| erasures::named_blobs(conn, client, kind))?;
        let until = now() - self.grace;
        let mut is_clean = true;
        for blob in listed.iter().filter(|blob| !named.contains(&blob.sha256)) {
            // Somebody may be sending the same bytes again.
            let put_at = self.runtime.block_on(blobs.put_at(client, kind, &blob.sha256))?;
            match put_at {
                Some(at) if at < until => {
                    self.runtime.block_on(blobs.remove(client, kind, &blob.sha256))?;
                }
                Some(at) => is_clean &= at > gone_at,
                None => {}
            }
        }
        Ok(is_clean)
    }
}
