//! `backup` and `restore`: an installation into a folder, and back; `handover`: one
//! client of it into a folder.

use std::path::PathBuf;

use baitline_domain::ids::ClientId;
use baitline_store::backup::{self, BackupError, Installation, MANIFEST, SUMS};
use baitline_store::{Store, StoreError, StoreResult};

use crate::cli::{BackupOptions, HandoverOptions, RestoreOptions, StoreOptions};
use crate::failure::Failure;
use crate::processes::runtime;

/// Backs up, while the installation is at work or not.
pub(crate) fn back_up(options: &BackupOptions) -> Result<(), Failure> {
    let from = installation(&options.store, options.programs.as_ref())?;
    let manifest = backup::back_up(&from, &options.folder, runtime()?.handle())?;
    let rows: u64 = manifest.rows.values().sum();
    println!(
        "Backed up {rows} rows of {} tables and {} blobs ({} bytes), as of {}.",
        manifest.rows.len(),
        manifest.blobs,
        manifest.blob_bytes,
        manifest.made_at
    );
    println!("{MANIFEST} says what is there; `sha256sum -c {SUMS}` checks it.");
    Ok(())
}

/// Restores into an empty database, and checks what is there then.
pub(crate) fn restore(options: &RestoreOptions) -> Result<(), Failure> {
    let into = installation(&options.store, options.programs.as_ref())?;
    let grant_to = options.grant_to.as_deref();
    let restored = backup::restore(&into, &options.folder, grant_to, runtime()?.handle())?;
    let manifest = restored.manifest;
    println!(
        "Restored what there was at {}: rows of {} tables, {} blobs and {} entries of the audit \
         are as they were.",
        manifest.made_at,
        manifest.rows.len(),
        manifest.blobs,
        restored.audit_entries
    );
    Ok(())
}

/// Writes everything of one client into a folder.
pub(crate) fn hand_over(options: &HandoverOptions) -> Result<(), Failure> {
    let store = Store::open(&options.store.settings()?)?;
    let client = ClientId(options.client);
    let done = match backup::hand_over(&store, client, &options.folder, runtime()?.handle()) {
        Err(BackupError::Store(StoreError::NotFound)) => {
            return Err(Failure::Sentence(format!("no client has the id {client}")));
        }
        other => other?,
    };
    println!("Handed over {} rows of {} tables and {} blobs.", done.rows, done.tables, done.blobs);
    println!("`sha256sum -c {SUMS}` checks them.");
    Ok(())
}

fn installation(store: &StoreOptions, programs: Option<&PathBuf>) -> StoreResult<Installation> {
    let settings = store.settings()?;
    Ok(Installation {
        database_url: settings.database_url,
        blobs: settings.blobs,
        postgres_programs: programs.cloned(),
    })
}

impl From<BackupError> for Failure {
    fn from(error: BackupError) -> Self {
        match error {
            BackupError::Broken(faults) => {
                faults.iter().for_each(|fault| println!("{fault}"));
                Self::NotWhole
            }
            error => Self::Sentence(error.to_string()),
        }
    }
}
