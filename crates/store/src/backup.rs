//! Back-up and restore: the database and its blobs as they were at one moment, in a
//! folder that says what it holds and that `sha256sum -c SHA256SUMS` checks.
//!
//! The database is dumped first. Blobs never change and are durable before any row
//! speaks of them, so those that the dump names can be copied afterwards.

mod client;
mod contents;
mod dump;
mod restore;
mod sums;

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use baitline_domain::audit::Checkpoint;
use futures_util::StreamExt;
use serde::{Deserialize, Serialize};
use tokio::runtime::Handle;

use crate::blobs::{BlobPlace, Blobs, PutError};
use crate::error::StoreError;
use crate::now;

pub use client::{HandedOver, hand_over};
pub(crate) use contents::blobs_named;
use contents::{BlobName, Contents};

pub use restore::{Restored, check, restore};

/// The file that says what a back-up holds.
pub const MANIFEST: &str = "manifest.json";
/// The file with the hash of every other one.
pub const SUMS: &str = "SHA256SUMS";
/// The folder of the blobs.
const BLOBS: &str = "blobs";
/// What this program writes and reads.
const FORMAT: u32 = 1;

/// What is backed up, or restored.
#[derive(Debug, Clone)]
pub struct Installation {
    /// `postgres://…` or `sqlite:PATH`. PostgreSQL is dumped by a login that sees every
    /// row (superuser or BYPASSRLS) and restored by the one that shall own it.
    pub database_url: String,
    /// Where the blobs are.
    pub blobs: BlobPlace,
    /// The folder of `pg_dump` and `pg_restore`, unless they are found by themselves.
    pub postgres_programs: Option<PathBuf>,
}

/// What a back-up holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The form of the folder.
    pub format: u32,
    /// When the database was dumped, in UTC.
    pub made_at: String,
    /// The file of the database: `database.sqlite` or `database.dump`.
    pub database: String,
    /// Rows by table.
    pub rows: BTreeMap<String, u64>,
    /// How many blobs there are.
    pub blobs: u64,
    /// How many bytes they have.
    pub blob_bytes: u64,
    /// The heads of the audit's chains, as lines of a file of checkpoints.
    pub audit_heads: Vec<String>,
}

impl Manifest {
    fn heads(&self) -> Vec<Checkpoint> {
        self.audit_heads.iter().filter_map(|line| Checkpoint::parse(line)).collect()
    }
}

/// Why there is no back-up, or nothing was restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The database or the blob store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file could not be read or written.
    #[error("{0}: {1}")]
    File(String, #[source] io::Error),
    /// `pg_dump` or `pg_restore` failed; what it said.
    #[error("{0}")]
    Program(String),
    /// It would overwrite something.
    #[error("{0}")]
    NotEmpty(String),
    /// Something is not as the back-up says; each line says what.
    #[error("the back-up is not whole, or not as it was: {}", .0.join("; "))]
    Broken(Vec<String>),
}

impl From<diesel::result::Error> for BackupError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Store(error.into())
    }
}

/// Names the file that failed.
fn at(path: &Path) -> impl FnOnce(io::Error) -> BackupError + '_ {
    move |error| BackupError::File(path.display().to_string(), error)
}

/// Backs an installation up into a folder, which must be empty or not there. The
/// installation may be at work. `runtime` moves the bytes; this must not run on one of
/// its async threads.
pub fn back_up(
    from: &Installation,
    folder: &Path,
    runtime: &Handle,
) -> Result<Manifest, BackupError> {
    make_empty(folder)?;
    let made_at = now().to_string();
    let (database, contents) = dump::dump(from, folder)?;
    let target = folder.join(BLOBS);
    let (source, copies) = (Blobs::open(&from.blobs)?, Blobs::open(&target.clone().into())?);
    let mut blob_bytes = 0;
    for blob in &contents.blobs {
        blob_bytes += runtime.block_on(copy(&source, &copies, blob))?;
    }
    let incoming = target.join(crate::blobs::INCOMING);
    if incoming.exists() {
        std::fs::remove_dir(&incoming).map_err(at(&incoming))?;
    }
    let Contents { rows, blobs, heads } = contents;
    let manifest = Manifest {
        format: FORMAT,
        made_at,
        database,
        rows,
        blobs: blobs.len() as u64,
        blob_bytes,
        audit_heads: heads.iter().map(ToString::to_string).collect(),
    };
    let text = serde_json::to_string_pretty(&manifest)
        .map_err(|error| StoreError::Corrupt(error.to_string()))?;
    write_synced(&folder.join(MANIFEST), &text)?;
    write_synced(&folder.join(SUMS), &sums::write(folder)?)?;
    Ok(manifest)
}

/// Copies a blob and makes sure that it is the one; how many bytes it has.
async fn copy(from: &Blobs, to: &Blobs, blob: &BlobName) -> Result<u64, BackupError> {
    let BlobName { client, kind, sha256 } = blob;
    let broken = |why: &str| BackupError::Broken(vec![format!("blob {blob}: {why}")]);
    let bytes = match from.get(*client, *kind, sha256, None).await {
        Ok(bytes) => bytes,
        Err(StoreError::NotFound) => return Err(broken("is missing")),
        Err(error) => return Err(error.into()),
    };
    let put = to.put(*client, *kind, bytes, u64::MAX).await.map_err(|error| match error {
        PutError::Stream(error) | PutError::Store(error) => error,
        PutError::TooLarge { .. } => StoreError::Blob("no limit is that small".to_owned()),
    })?;
    if put.sha256.as_slice() == sha256.as_slice() {
        Ok(put.bytes)
    } else {
        Err(broken("has other bytes than its name says"))
    }
}

/// Reads a blob to its end; what is wrong with it, if anything is.
async fn read(blobs: &Blobs, blob: &BlobName) -> Result<Option<&'static str>, StoreError> {
    let BlobName { client, kind, sha256 } = blob;
    let mut bytes = match blobs.get(*client, *kind, sha256, None).await {
        Ok(bytes) => bytes,
        Err(StoreError::NotFound) => return Ok(Some("is missing")),
        Err(error) => return Err(error),
    };
    let mut hash = sums::Hashing::default();
    while let Some(piece) = bytes.next().await {
        hash.add(&piece?);
    }
    let is_same = hash.end().as_slice() == sha256.as_slice();
    Ok((!is_same).then_some("has other bytes than its name says"))
}

fn make_empty(folder: &Path) -> Result<(), BackupError> {
    std::fs::create_dir_all(folder).map_err(at(folder))?;
    // It holds what every client trusts the installation with.
    let only_owner = std::os::unix::fs::PermissionsExt::from_mode(0o700);
    std::fs::set_permissions(folder, only_owner).map_err(at(folder))?;
    let mut entries = std::fs::read_dir(folder).map_err(at(folder))?;
    match entries.next() {
        None => Ok(()),
        Some(_) => Err(BackupError::NotEmpty(format!("{} is not empty", folder.display()))),
    }
}

fn write_synced(path: &Path, text: &str) -> Result<(), BackupError> {
    let mut file = std::fs::File::create(path).map_err(at(path))?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(at(path))?;
    sync_folder_of(path)
}

fn sync_folder_of(path: &Path) -> Result<(), BackupError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    std::fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(at(folder))
}
