//! A bucket of an S3-compatible store. Every request ends within a bounded time,
//! and what fails for a moment is tried again.

use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::multipart::MultipartStore;
use object_store::path::Path as Key;
use object_store::{BackoffConfig, ClientOptions, ObjectStore, ObjectStoreExt, RetryConfig};
use tokio::fs::File;
use uuid::Uuid;

use super::cache::Cache;
use super::spool::{Content, Spool, next_part, unspooled};
use super::{INCOMING, PARTS_IN_FLIGHT, S3Settings, failed};
use crate::error::{StoreError, StoreResult};

/// Repetitions of a request that fails.
const RETRIES: usize = 4;
/// The pauses before them grow between these.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// How long a store may take to accept a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How often a download that breaks is asked for again before its next byte.
pub(super) const RESUMES: u32 = 3;
/// How long dropping half a blob may take; the sweeper does what is left.
const ABORT_PATIENCE: Duration = Duration::from_secs(5);
/// The most of a store's answer that an error repeats.
const MAX_WHY_CHARS: usize = 400;

/// A bucket that is open.
pub(super) struct Bucket {
    s3: AmazonS3,
    prefix: String,
    pub(super) cache: Cache,
}

impl Bucket {
    /// Opens a bucket that answers and takes writes.
    pub(super) fn open(settings: &S3Settings) -> StoreResult<Self> {
        settings.check()?;
        // Another store of this process may have chosen it before: the same.
        let _chosen = rustls::crypto::ring::default_provider().install_default();
        let cache = Cache::open(&settings.cache, settings.cache_bytes)?;
        assert_writable(settings)?;
        Ok(Self { s3: connect(settings)?, prefix: settings.prefix.clone(), cache })
    }

    pub(super) fn store(&self) -> Arc<dyn ObjectStore> {
        Arc::new(self.s3.clone())
    }

    pub(super) fn s3(&self) -> &AmazonS3 {
        &self.s3
    }

    pub(super) fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Puts what was spooled under its key. It is there as a whole or not at all,
    /// and durable once the store has said so.
    pub(super) async fn upload(&self, key: &Key, spool: Spool) -> StoreResult<()> {
        let bytes = spool.blob.bytes;
        let uploaded = match spool.content {
            Content::Small(memory) => {
                let put = self.s3.put(key, Bytes::from(memory).into()).await;
                put.map(|_| ()).map_err(failed)
            }
            Content::Large(file) => self.upload_in_parts(key, file).await,
        };
        match uploaded {
            // Its answer may have been lost: what is there under this hash with
            // this length was put there as a whole.
            Err(_) if self.holds(key, bytes).await => Ok(()),
            // To the caller no blob is missing: it could not be put there.
            Err(StoreError::NotFound) => Err(StoreError::Blob("the upload is gone".to_owned())),
            uploaded => uploaded,
        }
    }

    async fn holds(&self, key: &Key, bytes: u64) -> bool {
        let asked = tokio::time::timeout(ABORT_PATIENCE, self.s3.head(key)).await;
        asked.is_ok_and(|found| found.is_ok_and(|meta| meta.size == bytes))
    }

    /// The store forgets an upload in parts only when told to, and lists none
    /// among its keys: a mark says that there is one, until it has ended.
    async fn upload_in_parts(&self, key: &Key, file: File) -> StoreResult<()> {
        let id = self.s3.create_multipart(key).await.map_err(failed)?;
        let mark = Key::from(format!("{}{INCOMING}/{}", self.prefix, Uuid::now_v7()));
        let text = format!("{key}\n{id}");
        let uploaded = async {
            self.s3.put(&mark, text.into()).await.map_err(failed)?;
            let parts = self.put_parts(key, &id, file).await?;
            self.s3.complete_multipart(key, &id, parts).await.map_err(failed)
        }
        .await;
        let ended = async {
            if uploaded.is_err() {
                self.abort(key, &id).await?;
            }
            self.s3.delete(&mark).await.map_err(failed)
        };
        match tokio::time::timeout(ABORT_PATIENCE, ended).await {
            Ok(Ok(())) => {}
            // The sweeper reads the mark.
            Ok(Err(error)) => tracing::debug!(%error, "an upload in parts was not tidied up"),
            Err(_) => tracing::debug!("tidying up an upload in parts took too long"),
        }
        uploaded.map(|_| ())
    }

    async fn put_parts(
        &self,
        key: &Key,
        id: &String,
        file: File,
    ) -> StoreResult<Vec<object_store::multipart::PartId>> {
        let parts = stream::try_unfold(file, |mut file| async {
            let part = next_part(&mut file).await.map_err(unspooled)?;
            Ok::<_, StoreError>(part.map(|part| (part, file)))
        });
        let put = |(place, part): (usize, StoreResult<Bytes>)| async move {
            self.s3.put_part(key, id, place, part?.into()).await.map_err(failed)
        };
        parts.enumerate().map(put).buffered(PARTS_IN_FLIGHT).try_collect().await
    }

    /// Drops an upload in parts; one that is not there has been dropped.
    pub(super) async fn abort(&self, key: &Key, id: &String) -> StoreResult<()> {
        match self.s3.abort_multipart(key, id).await.map_err(failed) {
            Err(StoreError::NotFound) => Ok(()),
            done => done,
        }
    }
}

fn connect(settings: &S3Settings) -> StoreResult<AmazonS3> {
    // The time of a whole request is not limited, for a blob is as large as it
    // is; the time without a byte is, the wait for the answer's head included.
    let client = ClientOptions::new()
        .with_timeout_disabled()
        .with_connect_timeout(settings.timeout.min(CONNECT_TIMEOUT))
        .with_read_timeout(settings.timeout)
        .with_allow_http(true);
    let retry = RetryConfig {
        backoff: BackoffConfig { init_backoff: FIRST_PAUSE, max_backoff: LONGEST_PAUSE, base: 2.0 },
        max_retries: RETRIES,
        retry_timeout: settings.retry_timeout(),
    };
    let builder = AmazonS3Builder::new()
        .with_bucket_name(&settings.bucket)
        .with_region(&settings.region)
        .with_access_key_id(&settings.access_key_id)
        .with_secret_access_key(settings.secret_access_key.reveal())
        .with_client_options(client)
        .with_retry(retry)
        // Not every compatible store has deletion of many keys at once.
        .with_disable_bulk_delete(true);
    let builder = match &settings.endpoint {
        Some(endpoint) => builder.with_endpoint(endpoint),
        None => builder,
    };
    builder.build().map_err(failed)
}

/// Whoever opens a store may run in async code or not, so the question is asked
/// on a thread of its own, by a client that goes with it.
fn assert_writable(settings: &S3Settings) -> StoreResult<()> {
    let asked = std::thread::scope(|scope| scope.spawn(|| ask(settings)).join());
    let Ok(asked) = asked else {
        return Err(StoreError::Unavailable("asking the blob store failed".to_owned()));
    };
    asked.map_err(|error| {
        let why = match error {
            StoreError::NotFound => "there is no such bucket".to_owned(),
            StoreError::Blob(why) => why,
            other => other.to_string(),
        };
        StoreError::Unavailable(format!("{} takes no writes: {why}", settings.shown()))
    })
}

fn ask(settings: &S3Settings) -> StoreResult<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| StoreError::Unavailable(error.to_string()))?;
    let s3 = connect(settings)?;
    let probe = Key::from(format!("{}{INCOMING}/probe-{}", settings.prefix, Uuid::now_v7()));
    runtime.block_on(async {
        s3.put(&probe, Bytes::from_static(b"probe").into()).await.map_err(failed)?;
        s3.delete(&probe).await.map_err(failed)
    })
}

/// One line of bounded length that says why, with the cause at its bottom:
/// stores answer with whole pages.
pub(super) fn why(error: &object_store::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause.and_then(|cause| cause.source()) {
        cause = Some(next);
    }
    if let Some(cause) = cause.map(ToString::to_string)
        && !text.contains(&cause)
    {
        text = format!("{text}: {cause}");
    }
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars().filter(|c| !c.is_control()).take(MAX_WHY_CHARS).collect()
}
