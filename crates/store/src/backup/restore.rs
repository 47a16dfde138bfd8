//! Makes an installation of a back-up, and holds what is there afterwards against what
//! the back-up says.

use std::path::{Path, PathBuf};

use baitline_domain::audit::unhex;
use baitline_domain::ids::ClientId;
use diesel::connection::SimpleConnection;
use tokio::runtime::Handle;
use uuid::Uuid;

use super::contents::{BLOB_COLUMNS, BlobName, Contents, tables};
use super::{
    BLOBS, BackupError, FORMAT, Installation, MANIFEST, Manifest, at, copy, dump, read, sums,
};
use crate::audit::{self, Finding};
use crate::blobs::{self, Blobs};
use crate::conn::{Conn, DatabaseUrl, Reach};

/// What was restored and checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// What the back-up says it holds.
    pub manifest: Manifest,
    /// How many entries of the audit were checked.
    pub audit_entries: u64,
}

/// Restores a back-up into a database that is empty and a blob store, after checking
/// every file of it, and checks what is there then. With `grant_to`, the named
/// PostgreSQL login becomes a member of the program's two roles.
pub fn restore(
    into: &Installation,
    folder: &Path,
    grant_to: Option<&str>,
    runtime: &Handle,
) -> Result<Restored, BackupError> {
    let manifest = read_manifest(folder)?;
    dump::refuse_unless_empty(into)?;
    let copies = folder.join(BLOBS);
    let (source, target) = (Blobs::open(&copies.clone().into())?, Blobs::open(&into.blobs)?);
    // Blobs before rows, as always.
    for blob in names_below(&copies)? {
        runtime.block_on(copy(&source, &target, &blob))?;
    }
    dump::load(into, folder, &manifest.database)?;
    let audit_entries = check(into, &manifest, runtime)?;
    crate::migrate(&into.database_url, grant_to)?;
    Ok(Restored { manifest, audit_entries })
}

/// Holds a restored installation against what its back-up says: rows by table, every
/// byte of the blobs that rows name, the audit's chains and their heads. How many
/// entries of the audit there are. Run as the owner of the tables.
pub fn check(
    installation: &Installation,
    manifest: &Manifest,
    runtime: &Handle,
) -> Result<u64, BackupError> {
    let mut conn = DatabaseUrl::parse(&installation.database_url)?.connect()?;
    begin_seeing_all(&mut conn)?;
    let Contents { rows, blobs: named, heads } = Contents::read(&mut conn)?;
    let report = audit::verify(&mut conn, Reach::Agency, &manifest.heads())?;
    drop(conn);
    let mut faults = Vec::new();
    for (table, expected) in &manifest.rows {
        let found = rows.get(table).copied().unwrap_or_default();
        if found != *expected {
            faults.push(format!("{table} has {found} rows of {expected}"));
        }
    }
    let unknown = rows.keys().filter(|table| !manifest.rows.contains_key(*table));
    faults.extend(unknown.map(|table| format!("{table} is a table that was not there")));
    let moved = heads.iter().map(|head| head.head).ne(manifest.heads().iter().map(|h| h.head));
    if moved {
        faults.push("the heads of the audit are others".to_owned());
    }
    // Triggers are the migration's, which comes after this.
    let findings = report.findings.iter().filter(|(_, one)| *one != Finding::TriggersMissing);
    faults.extend(findings.map(|(client, finding)| format!("audit of {client}: {finding}")));
    if named.len() as u64 != manifest.blobs {
        faults.push(format!("rows name {} blobs of {}", named.len(), manifest.blobs));
    }
    let blobs = Blobs::open(&installation.blobs)?;
    for blob in &named {
        if let Some(fault) = runtime.block_on(read(&blobs, blob))? {
            faults.push(format!("blob {blob} {fault}"));
        }
    }
    if faults.is_empty() { Ok(report.entries) } else { Err(BackupError::Broken(faults)) }
}

/// Begins a transaction that is never committed. Policies bind the owner of the tables
/// too; for as long as it lasts, they do not.
fn begin_seeing_all(conn: &mut Conn) -> Result<(), BackupError> {
    let found = tables(conn)?;
    let Conn::Postgres(c) = conn else { return Ok(()) };
    c.batch_execute("BEGIN")?;
    for table in found {
        c.batch_execute(&format!("ALTER TABLE \"{table}\" NO FORCE ROW LEVEL SECURITY"))?;
    }
    Ok(())
}

/// What a back-up says it holds, once each of its files is the one that was written.
fn read_manifest(folder: &Path) -> Result<Manifest, BackupError> {
    let faults = sums::faults(folder)?;
    if !faults.is_empty() {
        return Err(BackupError::Broken(faults));
    }
    let path = folder.join(MANIFEST);
    let text = std::fs::read_to_string(&path).map_err(at(&path))?;
    let broken = |why: String| BackupError::Broken(vec![format!("{MANIFEST}: {why}")]);
    let manifest: Manifest =
        serde_json::from_str(&text).map_err(|error| broken(error.to_string()))?;
    match manifest.format {
        FORMAT => Ok(manifest),
        other => Err(broken(format!("format {other}, and this program knows {FORMAT}"))),
    }
}

/// The blobs of a folder of them, by the names of its folders and files.
fn names_below(blobs: &Path) -> Result<Vec<BlobName>, BackupError> {
    let mut found = Vec::new();
    for client in entries(&blobs.join("clients"))? {
        let id = ClientId(Uuid::try_parse(&name(&client)).map_err(|_| stranger(&client))?);
        for of_kind in entries(&client)? {
            let kind = BLOB_COLUMNS
                .iter()
                .map(|(_, _, kind, _)| *kind)
                .find(|kind| blobs::folder(*kind) == name(&of_kind))
                .ok_or_else(|| stranger(&of_kind))?;
            for shard in entries(&of_kind)? {
                for file in entries(&shard)? {
                    let sha256 = unhex(&name(&file)).ok_or_else(|| stranger(&file))?.to_vec();
                    found.push(BlobName { client: id, kind, sha256 });
                }
            }
        }
    }
    Ok(found)
}

/// What a folder holds; nothing, where it is not there.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, BackupError> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let listed = std::fs::read_dir(folder).map_err(at(folder))?;
    listed.map(|entry| entry.map(|entry| entry.path()).map_err(at(folder))).collect()
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn stranger(path: &Path) -> BackupError {
    BackupError::Broken(vec![format!("{} is no blob's", path.display())])
}
