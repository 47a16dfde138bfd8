//! The blob store: bytes under the hash of their content, in a folder here, in
//! an S3-compatible store later. A blob is complete and on disk before any row
//! speaks of it.

mod listed;

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use baitline_domain::ids::ClientId;
use bytes::Bytes;
use futures_util::stream::BoxStream;
use futures_util::{Stream, StreamExt, TryStreamExt};
use object_store::local::LocalFileSystem;
use object_store::path::Path as Key;
use object_store::{GetOptions, GetRange, ObjectStore, ObjectStoreExt, WriteMultipart};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::error::{StoreError, StoreResult};

pub use listed::ListedBlob;

/// The most a stream may hold in memory between reader and disk, in parts of
/// the writer's own size.
const PARTS_IN_FLIGHT: usize = 2;

/// What kind of bytes: a folder of its own each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlobKind {
    /// A call's recording.
    Recording,
    /// A built package.
    Package,
    /// A Parquet file of interceptions.
    Segment,
}

/// A blob that is complete and on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredBlob {
    /// SHA-256 of the bytes, by which it is found.
    pub sha256: [u8; 32],
    /// How many bytes.
    pub bytes: u64,
}

/// Why a stream of bytes was not kept.
#[derive(Debug, thiserror::Error)]
pub enum PutError<E> {
    /// The sender's stream broke.
    #[error("the stream broke")]
    Stream(E),
    /// It was longer than allowed.
    #[error("more than {limit_bytes} bytes")]
    TooLarge {
        /// The limit.
        limit_bytes: u64,
    },
    /// The store could not keep it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The bytes of every client, each client in a folder of its own.
#[derive(Clone)]
pub struct Blobs {
    store: Arc<dyn ObjectStore>,
    folder: PathBuf,
}

impl Blobs {
    /// Opens a folder, which is made when missing.
    pub(crate) fn open(folder: &Path) -> StoreResult<Self> {
        std::fs::create_dir_all(folder)
            .map_err(|error| StoreError::Blob(format!("making the blob folder: {error}")))?;
        let store = LocalFileSystem::new_with_prefix(folder).map_err(failed)?.with_fsync(true);
        Ok(Self { store: Arc::new(store), folder: folder.to_owned() })
    }

    /// Keeps a stream: written beside its place while it is hashed, then put in
    /// place under its hash, all of it synced to disk.
    pub async fn put<E>(
        &self,
        client: ClientId,
        kind: BlobKind,
        mut stream: impl Stream<Item = Result<Bytes, E>> + Unpin,
        limit_bytes: u64,
    ) -> Result<StoredBlob, PutError<E>> {
        let incoming = Key::from(format!("incoming/{}", Uuid::now_v7()));
        let upload = self.store.put_multipart(&incoming).await.map_err(failed)?;
        let mut writer = WriteMultipart::new(upload);
        let (mut hash, mut bytes) = (Sha256::new(), 0_u64);
        let copied = async {
            while let Some(chunk) = stream.next().await {
                let chunk = chunk.map_err(PutError::Stream)?;
                bytes += chunk.len() as u64;
                if bytes > limit_bytes {
                    return Err(PutError::TooLarge { limit_bytes });
                }
                hash.update(&chunk);
                writer.wait_for_capacity(PARTS_IN_FLIGHT).await.map_err(failed)?;
                writer.write(&chunk);
            }
            Ok(())
        }
        .await;
        if let Err(error) = copied {
            // Half a blob is of no use; a left-over is swept up later.
            if let Err(abort) = writer.abort().await {
                tracing::debug!(%abort, "dropping half a blob failed");
            }
            return Err(error);
        }
        writer.finish().await.map_err(failed)?;
        let blob = StoredBlob { sha256: hash.finalize().into(), bytes };
        self.store.rename(&incoming, &key(client, kind, &blob.sha256)).await.map_err(failed)?;
        Ok(blob)
    }

    /// The bytes of a blob, or a range of them, as a stream.
    pub async fn get(
        &self,
        client: ClientId,
        kind: BlobKind,
        sha256: &[u8],
        range: Option<Range<u64>>,
    ) -> StoreResult<BoxStream<'static, StoreResult<Bytes>>> {
        let options = GetOptions { range: range.map(GetRange::Bounded), ..GetOptions::default() };
        let result =
            self.store.get_opts(&key(client, kind, sha256), options).await.map_err(failed)?;
        Ok(result.into_stream().map_err(failed).boxed())
    }

    /// Whether the store takes writes, for readiness.
    pub async fn is_writable(&self) -> bool {
        let probe = Key::from(format!("incoming/probe-{}", Uuid::now_v7()));
        let put = self.store.put(&probe, Bytes::from_static(b"probe").into()).await;
        put.is_ok() && self.store.delete(&probe).await.is_ok()
    }
}

/// Two levels of folders keep each one small.
fn key(client: ClientId, kind: BlobKind, sha256: &[u8]) -> Key {
    let name: String = sha256.iter().map(|byte| format!("{byte:02x}")).collect();
    let shard = name.get(..2).unwrap_or("00");
    Key::from(format!("clients/{client}/{}/{shard}/{name}", folder(kind)))
}

fn folder(kind: BlobKind) -> &'static str {
    match kind {
        BlobKind::Recording => "recordings",
        BlobKind::Package => "packages",
        BlobKind::Segment => "segments",
    }
}

fn failed(error: object_store::Error) -> StoreError {
    match error {
        object_store::Error::NotFound { .. } => StoreError::NotFound,
        // The text names paths of the installation: for the log, not for callers.
        other => StoreError::Blob(other.to_string()),
    }
}
