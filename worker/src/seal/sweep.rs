//! Files of segments that no row names go, some time after the last report began
//! to read them; segments whose file is gone are read from the database.

use std::collections::HashSet;

use baitline_domain::ids::ClientId;
use baitline_domain::instant::Span;
use baitline_store::blobs::BlobKind;
use baitline_store::models::Segment;
use baitline_store::{Page, Reach, StoreError, clients, now, sealing};

use super::Sealer;
use crate::WorkError;

/// How long a file stays that nothing names: longer than a report takes, and
/// longer than a sealer takes from a file to its row.
const GRACE: Span = Span::hours(1);

impl Sealer {
    /// Removes old files that nothing names, and gives up segments without one.
    pub fn sweep(&self) -> Result<(), WorkError> {
        self.sweep_older_than(GRACE)
    }

    /// The same with another time of grace, for tests and tools that know that
    /// nobody reads.
    pub fn sweep_older_than(&self, grace: Span) -> Result<(), WorkError> {
        let all = self
            .store
            .read(Reach::Agency, |c| clients::list_clients(c, Reach::Agency, Page::WHOLE));
        for client in all? {
            self.sweep_client(client.id, grace)?;
        }
        Ok(())
    }

    /// Removes every segment of a client, rows and bytes. `false` while another
    /// worker seals its days. What is sealed later is sealed anew.
    pub fn forget_client(&self, client: ClientId) -> Result<bool, WorkError> {
        if !self.hold(client)? {
            return Ok(false);
        }
        let worker = self.id;
        self.store.write(Reach::Agency, |c| sealing::forget_client(c, (client, worker)))?;
        let (blobs, kind) = (self.store.blobs(), BlobKind::Segment);
        for blob in self.runtime.block_on(blobs.list(client, kind))? {
            self.runtime.block_on(blobs.remove(client, kind, &blob.sha256))?;
        }
        self.release(client)?;
        Ok(true)
    }

    fn sweep_client(&self, client: ClientId, grace: Span) -> Result<(), WorkError> {
        let kind = BlobKind::Segment;
        // Rows before bytes: whatever is named then has its bytes, or lost them.
        let rows = self.store.read(Reach::Agency, |conn| sealing::all_segments(conn, client))?;
        let listed = self.runtime.block_on(self.store.blobs().list(client, kind))?;
        let here: HashSet<&[u8]> = listed.iter().map(|blob| blob.sha256.as_slice()).collect();
        let is_lost =
            |row: &&Segment| row.dropped_at.is_none() && !here.contains(row.sha256.as_slice());
        let lost: Vec<&Segment> = rows.iter().filter(is_lost).collect();
        let named: HashSet<&[u8]> = rows.iter().map(|row| row.sha256.as_slice()).collect();
        let until = now() - grace;
        let is_spare = |row: &Segment| row.dropped_at.is_some_and(|at| at < until);
        let may_go = listed.iter().any(|blob| !named.contains(blob.sha256.as_slice()))
            || rows.iter().any(is_spare);
        if (lost.is_empty() && !may_go) || !self.hold(client)? {
            return Ok(());
        }
        for segment in lost {
            tracing::warn!(%client, segment = %segment.id, "a segment has lost its file");
            let given_up = self
                .store
                .write(Reach::Agency, |c| sealing::give_up(c, (client, self.id), segment));
            match given_up {
                // Another one was faster and sealed the month anew.
                Ok(()) | Err(StoreError::NotFound) => {}
                Err(error) => return Err(error.into()),
            }
        }
        // While this client is held nobody else writes files of it: what no row
        // names now and is old is nobody's.
        let named = self.store.write(Reach::Agency, |conn| {
            sealing::forget_dropped(conn, (client, self.id), until)?;
            sealing::all_segments(conn, client)
        })?;
        let named: HashSet<&[u8]> = named.iter().map(|row| row.sha256.as_slice()).collect();
        for blob in &listed {
            if blob.put_at < until && !named.contains(blob.sha256.as_slice()) {
                self.runtime.block_on(self.store.blobs().remove(client, kind, &blob.sha256))?;
            }
        }
        self.release(client)
    }
}
