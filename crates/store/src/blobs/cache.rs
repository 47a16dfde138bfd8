//! Copies of a bucket's blobs as files, for what can only read files. A lock on
//! the file, not a list in memory, says that somebody reads it, so that several
//! processes may share the folder.

use std::fs::{File, TryLockError};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;
use tokio::io::AsyncWriteExt;
use tokio::sync::Mutex;

use super::sweep::is_older;
use crate::error::{StoreError, StoreResult};

/// What a copy on its way is called.
const PARTIAL: &str = ".partial-";
/// A copy on its way that nobody has written to for so long is nobody's.
const PARTIAL_AGE: Duration = Duration::from_secs(24 * 60 * 60);
/// Downloads at a time; two of the same blob wait for one another.
const DOWNLOADS: usize = 16;

/// A blob as a file, which is there as long as this value.
#[derive(Debug)]
pub struct LocalFile {
    path: PathBuf,
    /// Keeps the copy from being removed; a folder removes nothing.
    _lock: Option<File>,
}

impl LocalFile {
    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A file that is no copy.
    pub(super) async fn in_place(path: PathBuf) -> StoreResult<Self> {
        match tokio::fs::metadata(&path).await {
            Ok(_) => Ok(Self { path, _lock: None }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(StoreError::NotFound),
            Err(error) => Err(StoreError::Blob(format!("a blob: {error}"))),
        }
    }
}

impl AsRef<Path> for LocalFile {
    fn as_ref(&self) -> &Path {
        self.path()
    }
}

/// The folder of copies.
pub(super) struct Cache {
    folder: PathBuf,
    limit_bytes: u64,
    downloads: [Mutex<()>; DOWNLOADS],
}

impl Cache {
    /// Opens the folder, which is made when missing.
    pub(super) fn open(folder: &Path, limit_bytes: u64) -> StoreResult<Self> {
        std::fs::create_dir_all(folder).map_err(uncached)?;
        let downloads = std::array::from_fn(|_| Mutex::new(()));
        Ok(Self { folder: folder.to_owned(), limit_bytes, downloads })
    }

    /// The copy of a blob; where there is none, `open` gives its bytes.
    pub(super) async fn file<F>(
        &self,
        name: &str,
        sha256: &[u8],
        open: impl FnOnce() -> F,
    ) -> StoreResult<LocalFile>
    where
        F: Future<Output = StoreResult<BoxStream<'static, StoreResult<Bytes>>>>,
    {
        let path = self.folder.join(name);
        if let Some(found) = take(&path).map_err(uncached)? {
            return Ok(found);
        }
        let slot = usize::from(sha256.first().copied().unwrap_or_default()) % DOWNLOADS;
        let _waited = self.downloads[slot].lock().await;
        if let Some(found) = take(&path).map_err(uncached)? {
            return Ok(found);
        }
        let copy = self.download(open().await?, sha256).await?;
        let (folder, limit_bytes) = (self.folder.clone(), self.limit_bytes);
        let kept = tokio::task::spawn_blocking(move || {
            let kept = keep(copy, path)?;
            remove_unused(&folder, limit_bytes)?;
            Ok(kept)
        });
        kept.await.unwrap_or_else(|error| Err(io::Error::other(error))).map_err(uncached)
    }

    /// Removes the copy of a blob, if there is one; who reads it reads on.
    pub(super) async fn forget(&self, name: &str) -> StoreResult<()> {
        match tokio::fs::remove_file(self.folder.join(name)).await {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(uncached(error)),
            _ => Ok(()),
        }
    }

    async fn download(
        &self,
        mut bytes: BoxStream<'static, StoreResult<Bytes>>,
        sha256: &[u8],
    ) -> StoreResult<NamedTempFile> {
        let copy = tempfile::Builder::new().prefix(PARTIAL).tempfile_in(&self.folder);
        let copy = copy.map_err(uncached)?;
        let mut file = tokio::fs::File::from_std(copy.as_file().try_clone().map_err(uncached)?);
        let mut hash = Sha256::new();
        while let Some(chunk) = bytes.next().await {
            let chunk = chunk?;
            hash.update(&chunk);
            file.write_all(&chunk).await.map_err(uncached)?;
        }
        file.flush().await.map_err(uncached)?;
        if hash.finalize().as_slice() != sha256 {
            return Err(StoreError::Corrupt("a blob has other bytes than its hash".to_owned()));
        }
        Ok(copy)
    }
}

/// A copy that is there, locked and marked as used; none when it is missing or
/// on its way out.
fn take(path: &Path) -> io::Result<Option<LocalFile>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    match file.try_lock_shared() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(None),
        Err(TryLockError::Error(error)) => return Err(error),
    }
    // It may have been removed between opening and locking.
    if file.metadata()?.nlink() == 0 {
        return Ok(None);
    }
    if let Err(error) = file.set_modified(SystemTime::now()) {
        tracing::debug!(%error, "a copy cannot be marked as used");
    }
    Ok(Some(LocalFile { path: path.to_owned(), _lock: Some(file) }))
}

/// Gives a copy its name. It is synced before: after a crash a name must not
/// lead to half a file.
fn keep(copy: NamedTempFile, path: PathBuf) -> io::Result<LocalFile> {
    copy.as_file().sync_all()?;
    copy.as_file().lock_shared()?;
    // More exact than the clock that files are written by.
    copy.as_file().set_modified(SystemTime::now())?;
    match copy.persist_noclobber(&path) {
        Ok(file) => Ok(LocalFile { path, _lock: Some(file) }),
        // Another process was faster; its copy has the same bytes.
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => {
            take(&path)?.ok_or_else(|| io::Error::other("a copy was removed at once"))
        }
        Err(error) => Err(error.error),
    }
}

/// Removes the copies longest unused until the rest is within the limit. Those
/// that somebody reads stay.
fn remove_unused(folder: &Path, limit_bytes: u64) -> io::Result<()> {
    let mut copies = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let Ok(metadata) = entry.metadata() else { continue };
        let used_at = metadata.modified()?;
        if !entry.file_name().to_string_lossy().starts_with(PARTIAL) {
            copies.push((used_at, metadata.len(), entry.path()));
        } else if is_older(used_at, PARTIAL_AGE) {
            remove(&entry.path())?;
        }
    }
    copies.sort();
    let mut total: u64 = copies.iter().map(|(_, bytes, _)| bytes).sum();
    for (_, bytes, path) in copies {
        if total <= limit_bytes {
            break;
        }
        if remove(&path)? {
            total -= bytes;
        }
    }
    Ok(())
}

/// Removes a file unless somebody has locked it.
fn remove(path: &Path) -> io::Result<bool> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
        Err(error) => return Err(error),
    };
    match file.try_lock() {
        Ok(()) => match std::fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(true),
        },
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// A full disk is an outage; nothing is lost with a copy.
fn uncached(error: io::Error) -> StoreError {
    StoreError::Blob(format!("the folder of copies: {error}"))
}
