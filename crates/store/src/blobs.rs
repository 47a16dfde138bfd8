//! The blob store: bytes under the hash of their content, in a folder here or
//! in a bucket of an S3-compatible store. A blob is complete and durable before
//! any row speaks of it.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use baitline_domain::ids::ClientId;
use bytes::Bytes;
use futures_util::stream::BoxStream;
use futures_util::{Stream, StreamExt};
use object_store::local::LocalFileSystem;
use object_store::path::Path as Key;
use object_store::{GetOptions, GetRange, ObjectStore, ObjectStoreExt, WriteMultipart};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::error::{StoreError, StoreResult};

mod bucket;
mod cache;
mod listed;
mod pieces;
mod place;
mod resume;
mod spool;
mod sweep;

pub use cache::LocalFile;
pub use listed::ListedBlob;
pub use place::{BlobPlace, S3Settings, Secret, parse_s3_url};

use bucket::Bucket;

/// The most a stream may hold in memory between reader and disk, in parts of
/// the writer's own size.
const PARTS_IN_FLIGHT: usize = 2;
/// How long the question of readiness may take: less than those who ask wait.
const PROBE_PATIENCE: Duration = Duration::from_secs(4);
/// The folder of what is on its way.
pub(crate) const INCOMING: &str = "incoming";

/// What kind of bytes: a folder of its own each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum BlobKind {
    /// A call's recording.
    Recording,
    /// A built package.
    Package,
    /// A file of call records as it came.
    File,
    /// A Parquet file of interceptions.
    Segment,
    /// A scan of a paper.
    Attachment,
    /// A paper that was made.
    Paper,
}

/// A blob that is complete and durable.
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
    place: Place,
}

#[derive(Clone)]
enum Place {
    Folder(Arc<PathBuf>),
    Bucket(Arc<Bucket>),
}

impl Blobs {
    /// Opens a folder, which is made when missing, or a bucket, which must be
    /// there and take writes.
    pub(crate) fn open(place: &BlobPlace) -> StoreResult<Self> {
        match place {
            BlobPlace::Folder(folder) => Self::open_folder(folder),
            BlobPlace::S3(settings) => {
                let bucket = Bucket::open(settings)?;
                Ok(Self { store: bucket.store(), place: Place::Bucket(Arc::new(bucket)) })
            }
        }
    }

    fn open_folder(folder: &Path) -> StoreResult<Self> {
        std::fs::create_dir_all(folder)
            .map_err(|error| StoreError::Blob(format!("making the blob folder: {error}")))?;
        let store = LocalFileSystem::new_with_prefix(folder).map_err(failed)?.with_fsync(true);
        Ok(Self { store: Arc::new(store), place: Place::Folder(Arc::new(folder.to_owned())) })
    }

    /// Keeps a stream under its hash. When this returns, it is complete and
    /// durable.
    pub async fn put<E>(
        &self,
        client: ClientId,
        kind: BlobKind,
        stream: impl Stream<Item = Result<Bytes, E>> + Unpin,
        limit_bytes: u64,
    ) -> Result<StoredBlob, PutError<E>> {
        match &self.place {
            Place::Folder(_) => self.put_into_folder(client, kind, stream, limit_bytes).await,
            Place::Bucket(bucket) => {
                let spool = spool::take_in(stream, limit_bytes).await?;
                let blob = spool.blob.clone();
                bucket.upload(&self.key(client, kind, &blob.sha256), spool).await?;
                Ok(blob)
            }
        }
    }

    /// Written beside its place while it is hashed, then put in place, all of it
    /// synced to disk.
    async fn put_into_folder<E>(
        &self,
        client: ClientId,
        kind: BlobKind,
        mut stream: impl Stream<Item = Result<Bytes, E>> + Unpin,
        limit_bytes: u64,
    ) -> Result<StoredBlob, PutError<E>> {
        let incoming = Key::from(format!("{INCOMING}/{}", Uuid::now_v7()));
        let upload = self.store.put_multipart(&incoming).await.map_err(failed)?;
        let mut writer = WriteMultipart::new(upload);
        let mut measure = Measure::new(limit_bytes);
        let copied = async {
            while let Some(chunk) = stream.next().await {
                let chunk = measure.add(chunk)?;
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
        let blob = measure.end();
        self.store
            .rename(&incoming, &self.key(client, kind, &blob.sha256))
            .await
            .map_err(failed)?;
        Ok(blob)
    }

    /// The bytes of a blob, or a range of them, as a stream. It ends well only
    /// after the last byte; where a bucket breaks off, it goes on.
    pub async fn get(
        &self,
        client: ClientId,
        kind: BlobKind,
        sha256: &[u8],
        range: Option<Range<u64>>,
    ) -> StoreResult<BoxStream<'static, StoreResult<Bytes>>> {
        let key = self.key(client, kind, sha256);
        let options =
            GetOptions { range: range.clone().map(GetRange::Bounded), ..GetOptions::default() };
        let result = self.store.get_opts(&key, options).await.map_err(failed)?;
        if range.is_some_and(|range| range != result.range) {
            return Err(StoreError::Corrupt("a blob is shorter than it was".to_owned()));
        }
        let resumes = match &self.place {
            Place::Folder(_) => 0,
            Place::Bucket(_) => bucket::RESUMES,
        };
        Ok(resume::to_the_end(self.store.clone(), key, result, resumes))
    }

    /// A blob as a file that stays at least as long as the value returned. A
    /// folder has it; of a bucket's blob a copy is kept, whose hash is checked.
    pub async fn local_file(
        &self,
        client: ClientId,
        kind: BlobKind,
        sha256: &[u8],
    ) -> StoreResult<LocalFile> {
        match &self.place {
            Place::Folder(folder) => {
                LocalFile::in_place(folder.join(self.key(client, kind, sha256).as_ref())).await
            }
            Place::Bucket(bucket) => {
                let name = name(client, kind, sha256);
                let open = || self.get(client, kind, sha256, None);
                bucket.cache.file(&name, sha256, open).await
            }
        }
    }

    /// Removes what is older than `age` of blobs that were never finished, and
    /// returns how much it was.
    pub async fn sweep(&self, age: Duration) -> StoreResult<usize> {
        match &self.place {
            Place::Folder(folder) => sweep::sweep_folder(folder.join(INCOMING), age).await,
            Place::Bucket(bucket) => sweep::sweep_bucket(bucket, age).await,
        }
    }

    /// Whether the store takes writes, for readiness.
    pub async fn is_writable(&self) -> bool {
        let probe = Key::from(format!("{}{INCOMING}/probe-{}", self.prefix(), Uuid::now_v7()));
        let asked = async {
            let put = self.store.put(&probe, Bytes::from_static(b"probe").into()).await;
            put.is_ok() && self.store.delete(&probe).await.is_ok()
        };
        tokio::time::timeout(PROBE_PATIENCE, asked).await.unwrap_or(false)
    }

    fn prefix(&self) -> &str {
        match &self.place {
            Place::Folder(_) => "",
            Place::Bucket(bucket) => bucket.prefix(),
        }
    }

    /// Two levels of folders keep each one small.
    fn key(&self, client: ClientId, kind: BlobKind, sha256: &[u8]) -> Key {
        let name = hex(sha256);
        let shard = name.get(..2).unwrap_or("00");
        let folder = folder(kind);
        Key::from(format!("{}clients/{client}/{folder}/{shard}/{name}", self.prefix()))
    }
}

/// What a stream came to so far.
struct Measure {
    hash: Sha256,
    bytes: u64,
    limit_bytes: u64,
}

impl Measure {
    fn new(limit_bytes: u64) -> Self {
        Self { hash: Sha256::new(), bytes: 0, limit_bytes }
    }

    /// Takes the next chunk into account and gives it on.
    fn add<E>(&mut self, chunk: Result<Bytes, E>) -> Result<Bytes, PutError<E>> {
        let chunk = chunk.map_err(PutError::Stream)?;
        self.bytes += chunk.len() as u64;
        if self.bytes > self.limit_bytes {
            return Err(PutError::TooLarge { limit_bytes: self.limit_bytes });
        }
        self.hash.update(&chunk);
        Ok(chunk)
    }

    fn end(self) -> StoredBlob {
        StoredBlob { sha256: self.hash.finalize().into(), bytes: self.bytes }
    }
}

pub(crate) fn folder(kind: BlobKind) -> &'static str {
    match kind {
        BlobKind::Recording => "recordings",
        BlobKind::Package => "packages",
        BlobKind::File => "files",
        BlobKind::Segment => "segments",
        BlobKind::Attachment => "attachments",
        BlobKind::Paper => "papers",
    }
}

/// What a blob's copy is called.
fn name(client: ClientId, kind: BlobKind, sha256: &[u8]) -> String {
    format!("{client}_{}_{}", folder(kind), hex(sha256))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn failed(error: object_store::Error) -> StoreError {
    match error {
        object_store::Error::NotFound { .. } => StoreError::NotFound,
        // The text names paths of the installation: for the log, not for callers.
        other => StoreError::Blob(bucket::why(&other)),
    }
}
