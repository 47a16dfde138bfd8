//! Blobs as a list, of which some go.

use baitline_domain::ids::ClientId;
use baitline_domain::instant::{Instant, MICROS_PER_SECOND};
use futures_util::TryStreamExt;
use object_store::path::Path as Key;
use object_store::{ObjectStore, ObjectStoreExt};

use super::{BlobKind, Blobs, Place, failed, folder, name};
use crate::error::{StoreError, StoreResult};

/// A blob in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedBlob {
    /// SHA-256 of its bytes.
    pub sha256: Vec<u8>,
    /// When it was put there last.
    pub put_at: Instant,
}

impl Blobs {
    /// Every blob of one kind that a client has.
    pub async fn list(&self, client: ClientId, kind: BlobKind) -> StoreResult<Vec<ListedBlob>> {
        let prefix = Key::from(format!("{}clients/{client}/{}", self.prefix(), folder(kind)));
        let found: Vec<_> = self.store.list(Some(&prefix)).try_collect().await.map_err(failed)?;
        let listed = found.into_iter().filter_map(|object| {
            let sha256 = unhex(object.location.filename()?)?;
            let seconds = object.last_modified.timestamp();
            Some(ListedBlob { sha256, put_at: Instant(seconds.saturating_mul(MICROS_PER_SECOND)) })
        });
        Ok(listed.collect())
    }

    /// When a blob was put there last; `None` where it is not.
    pub async fn put_at(
        &self,
        client: ClientId,
        kind: BlobKind,
        sha256: &[u8],
    ) -> StoreResult<Option<Instant>> {
        match self.store.head(&self.key(client, kind, sha256)).await.map_err(failed) {
            Ok(object) => {
                let seconds = object.last_modified.timestamp();
                Ok(Some(Instant(seconds.saturating_mul(MICROS_PER_SECOND))))
            }
            Err(StoreError::NotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Removes a blob that no row names; one that is not there is no failure.
    pub async fn remove(&self, client: ClientId, kind: BlobKind, sha256: &[u8]) -> StoreResult<()> {
        if let Place::Bucket(bucket) = &self.place {
            bucket.cache.forget(&name(client, kind, sha256)).await?;
        }
        match self.store.delete(&self.key(client, kind, sha256)).await.map_err(failed) {
            Err(StoreError::NotFound) => Ok(()),
            other => other,
        }
    }
}

/// The hash that a blob's name spells; `None` for a name that is no blob's.
fn unhex(name: &str) -> Option<Vec<u8>> {
    let digits = name.as_bytes();
    if digits.len() != 64 {
        return None;
    }
    digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}
