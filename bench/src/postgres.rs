//! The PostgreSQL of a run: a private cluster, on a real disk where times are
//! taken, and the outside programs that measure beside ours.

use std::path::{Path, PathBuf};
use std::process::Command;

use baitline_store::blobs::BlobPlace;
use baitline_store::keys::NewKey;
use baitline_store::{Reach, Store, StoreSettings, keys};
use baitline_testkit::{PrivatePostgres, TestDatabase};

use crate::args::Args;

/// Where a cluster is kept whose times count, unless
/// `BAITLINE_TEST_POSTGRES_FOLDER` says another place: it survives a restart,
/// so it is not memory.
const ON_DISK: &str = "/var/tmp";
/// Connections of this process.
const POOL_SIZE: u32 = 8;

/// A fresh database, migrated, as the tests have them. A tiny size may lie in
/// memory.
pub fn database(args: &Args) -> TestDatabase {
    if !args.tiny {
        PrivatePostgres::keep_in(Path::new(ON_DISK));
    }
    TestDatabase::postgres()
}

/// Opens a database as the program does: as the application's role, with blobs
/// in `folder`.
///
/// # Panics
/// When it cannot be opened.
pub fn open(url: &str, folder: &Path) -> Store {
    let settings = StoreSettings {
        database_url: url.to_owned(),
        blobs: BlobPlace::Folder(folder.join("blobs")),
        pool_size: POOL_SIZE,
        allow_plaintext_database: false,
    };
    Store::open(&settings).expect("the database of a benchmark opens")
}

/// A new key that reaches all clients, or one.
///
/// # Panics
/// When it cannot be made.
pub fn key(store: &Store, reach: Reach) -> String {
    let made =
        store.write(Reach::Agency, |conn| keys::create_key(conn, &NewKey::full(reach, "bench")));
    made.expect("a key can be made").1
}

/// A program that comes with PostgreSQL: `psql`, `pgbench`. The newest server's
/// wins over one that PATH happens to name.
pub fn tool(name: &str) -> Command {
    let mut versions: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path().join("bin").join(name)))
        .filter(|path| path.exists())
        .collect();
    versions.sort();
    Command::new(versions.pop().unwrap_or_else(|| PathBuf::from(name)))
}

/// Runs one of them to its end and returns what it printed.
///
/// # Panics
/// When it is not there or fails.
pub fn output_of(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{:?} failed: {error}", command.get_program());
    String::from_utf8_lossy(&output.stdout).into_owned()
}
