//! What was left on its way when a process ended: files of a folder, uploads in
//! parts of a bucket.

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use futures_util::TryStreamExt;
use object_store::path::Path as Key;
use object_store::{ObjectStore, ObjectStoreExt};

use super::bucket::Bucket;
use super::{INCOMING, failed};
use crate::error::{StoreError, StoreResult};

/// Longer than any mark.
const MAX_MARK_BYTES: u64 = 8 * 1024;

/// Removes the files of a folder that nobody has written to since.
pub(super) async fn sweep_folder(folder: PathBuf, age: Duration) -> StoreResult<usize> {
    let swept = tokio::task::spawn_blocking(move || remove_old_files(&folder, age)).await;
    let swept = swept.unwrap_or_else(|error| Err(io::Error::other(error)));
    swept.map_err(|error| StoreError::Blob(format!("sweeping the blob folder: {error}")))
}

fn remove_old_files(folder: &Path, age: Duration) -> io::Result<usize> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(error),
    };
    let mut removed = 0;
    for entry in entries {
        let entry = entry?;
        // What ends meanwhile has been moved or removed by its writer.
        let Ok(metadata) = entry.metadata() else { continue };
        if metadata.is_file() && is_older(metadata.modified()?, age) {
            removed += usize::from(std::fs::remove_file(entry.path()).is_ok());
        }
    }
    Ok(removed)
}

/// Whether a file was last changed longer ago than `age`.
pub(super) fn is_older(changed_at: SystemTime, age: Duration) -> bool {
    SystemTime::now().duration_since(changed_at).is_ok_and(|passed| passed > age)
}

/// Drops the uploads whose marks are old, and the marks.
pub(super) async fn sweep_bucket(bucket: &Bucket, age: Duration) -> StoreResult<usize> {
    let incoming = Key::from(format!("{}{INCOMING}", bucket.prefix()));
    let age_seconds = i64::try_from(age.as_secs()).unwrap_or(i64::MAX);
    let old_before = jiff::Timestamp::now().as_second().saturating_sub(age_seconds);
    let marks: Vec<_> = bucket.s3().list(Some(&incoming)).try_collect().await.map_err(failed)?;
    let old = marks.iter().filter(|mark| mark.last_modified.timestamp() < old_before);
    let mut removed = 0;
    for mark in old {
        if mark.size <= MAX_MARK_BYTES {
            drop_upload(bucket, &mark.location).await?;
        }
        bucket.s3().delete(&mark.location).await.map_err(failed)?;
        removed += 1;
    }
    Ok(removed)
}

/// Drops the upload that a mark names; a probe names none.
async fn drop_upload(bucket: &Bucket, mark: &Key) -> StoreResult<()> {
    let read = async { bucket.s3().get(mark).await?.bytes().await };
    let text = match read.await.map_err(failed) {
        Ok(bytes) => bytes,
        // Another worker sweeps, too.
        Err(StoreError::NotFound) => return Ok(()),
        Err(error) => return Err(error),
    };
    let named = std::str::from_utf8(&text).ok().and_then(|text| text.split_once('\n'));
    let Some((key, id)) = named else { return Ok(()) };
    bucket.abort(&Key::from(key), &id.to_owned()).await
}
