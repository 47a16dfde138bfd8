//! The drill: an installation at work is backed up, restored elsewhere, and is the
//! same; what was damaged on the way is found. `BAITLINE_DRILLS` says how often.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;

use baitline_domain::attachment::AttachmentSubject;
use baitline_domain::ids::ClientId;
use baitline_store::backup::{self, BackupError, Installation, Manifest, Restored};
use baitline_store::blobs::BlobKind;
use baitline_store::models::{NewAttachment, Recording};
use baitline_store::sql_types::RowId;
use baitline_store::{Store, recordings};
use baitline_testkit::{DatabaseKind, Role, TestDatabase, on_both};
use bytes::Bytes;
use futures_util::stream;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::support::{self, Opened, at, execute, open, report, rows};
use crate::world::recording;

/// Recordings of each client.
const RECORDINGS: u8 = 3;

fn drills() -> u32 {
    std::env::var("BAITLINE_DRILLS").map_or(1, |text| text.parse().unwrap())
}

fn keep(store: &Store, client: ClientId, kind: BlobKind, bytes: Vec<u8>) -> [u8; 32] {
    let limit = bytes.len() as u64;
    let stream = stream::iter([Ok::<_, ()>(Bytes::from(bytes))]);
    let put = store.blobs().put(client, kind, stream, limit);
    Runtime::new().unwrap().block_on(put).unwrap().sha256
}

/// A client with calls, recordings and a scan, all of which have their bytes.
fn furnish(opened: &Opened, name: &str, drill: u32) -> ClientId {
    let client = opened.client(name).id;
    let source = opened.source(client, "АТС");
    let bait = opened.bait(client, 79_001_112_233);
    let start = at("2026-11-10T09:00:00Z");
    for n in 0..RECORDINGS {
        let call = report(&source, &format!("c-{n}"), ("+79160000001", "+79001112233"), start);
        opened.ingest(client, std::slice::from_ref(&call));
        let sound = format!("{name} {drill} {n}").repeat(1_000).into_bytes();
        let bytes = sound.len() as i64;
        let sha256 = keep(&opened.store, client, BlobKind::Recording, sound).to_vec();
        let new = Recording { sha256, bytes, ..recording(client, call.id, 0) };
        opened.as_client(client, |conn| recordings::put_recording(conn, &new));
    }
    let sha256 = keep(&opened.store, client, BlobKind::Attachment, name.as_bytes().to_vec());
    let subject = (AttachmentSubject::Bait, RowId(bait.id.0));
    let scan = NewAttachment { sha256, bytes: 8, ..crate::attachments::new_scan(subject, 0) };
    crate::attachments::put(opened, client, &scan);
    client
}

/// An installation, its back-up, and an empty place.
struct Drill {
    opened: Opened,
    runtime: Runtime,
    folder: TempDir,
    manifest: Manifest,
    target: TestDatabase,
    blobs: TempDir,
}

impl Drill {
    fn begin(database: TestDatabase, drill: u32) -> Self {
        let kind = database.kind();
        let opened = open(database);
        furnish(&opened, "наш", drill);
        furnish(&opened, "чужой", drill);
        crate::audit::seal_all(&opened);
        let (runtime, folder) = (Runtime::new().unwrap(), tempfile::tempdir().unwrap());
        let from = Installation {
            database_url: opened.database.url_as(Role::Superuser),
            blobs: opened.blobs.path().to_owned().into(),
            postgres_programs: None,
        };
        let backup = folder.path().join("backup");
        let manifest =
            at_work(&opened, || backup::back_up(&from, &backup, runtime.handle()).unwrap());
        let (target, blobs) = (TestDatabase::empty(kind), tempfile::tempdir().unwrap());
        Self { opened, runtime, folder, manifest, target, blobs }
    }

    fn backup(&self) -> PathBuf {
        self.folder.path().join("backup")
    }

    fn restored(&self) -> Installation {
        Installation {
            database_url: self.target.owner_url(),
            blobs: self.blobs.path().to_owned().into(),
            postgres_programs: None,
        }
    }

    fn restore(&self) -> Result<Restored, BackupError> {
        let grant_to = match self.target.kind() {
            DatabaseKind::Postgres => Some(Role::Application.name()),
            DatabaseKind::Sqlite => None,
        };
        backup::restore(&self.restored(), &self.backup(), grant_to, self.runtime.handle())
    }

    /// What is wrong with what was restored.
    fn faults(&self) -> Vec<String> {
        match backup::check(&self.restored(), &self.manifest, self.runtime.handle()) {
            Ok(_) => Vec::new(),
            Err(BackupError::Broken(faults)) => faults,
            Err(error) => panic!("{error}"),
        }
    }
}

/// Does something while others write, once they have begun to.
fn at_work<T>(opened: &Opened, work: impl FnOnce() -> T) -> T {
    let done = AtomicBool::new(false);
    let (begun, begins) = mpsc::channel();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let client = opened.client("третий").id;
            let mut number = 79_100_000_000;
            while !done.load(Ordering::Relaxed) {
                opened.bait(client, number);
                number += 1;
                // Nobody listens after the first.
                let _ = begun.send(());
            }
        });
        begins.recv().unwrap();
        let result = work();
        done.store(true, Ordering::Relaxed);
        result
    })
}

/// The one blob of a kind with these bytes anywhere below a folder.
fn files_below(folder: &Path) -> Vec<PathBuf> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    found
}

fn change_one_byte(path: &Path) {
    let mut bytes = std::fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn what_is_restored_is_what_was_backed_up_at_one_moment() {
    on_both(|database| {
        let kind = database.kind();
        let mut database = Some(database);
        for number in 0..drills() {
            let fresh = || TestDatabase::of(kind);
            let drill = Drill::begin(database.take().unwrap_or_else(fresh), number);
            assert_eq!(drill.manifest.blobs, 2 * (u64::from(RECORDINGS) + 1));
            // Two clients' own, and what others have written by then.
            assert!(drill.manifest.rows["baits"] > 2);
            let restored = drill.restore().unwrap();
            assert_eq!(restored.manifest, drill.manifest);
            assert!(restored.audit_entries > 10);
            assert_eq!(drill.faults(), Vec::<String>::new());
            // The program opens it, and what it writes goes on from there.
            let settings = support::settings(drill.target.url(), &drill.blobs);
            let store = Store::open(&settings).unwrap();
            let opened =
                Opened { store, blobs: tempfile::tempdir().unwrap(), database: drill.target };
            let more = opened.client("новый").id;
            opened.bait(more, 79_200_000_000);
            crate::audit::seal_all(&opened);
            let counted = rows(&opened.database, "recordings");
            assert_eq!(counted, i64::from(2 * RECORDINGS));
            drop(drill.opened);
        }
    });
}

#[test]
fn a_byte_changed_in_the_back_up_stops_it_before_anything_is_done() {
    on_both(|database| {
        let drill = Drill::begin(database, 0);
        let blob = files_below(&drill.backup().join("blobs")).remove(0);
        for file in [blob, drill.backup().join(&drill.manifest.database)] {
            let name = file.file_name().unwrap().to_string_lossy().into_owned();
            let whole = std::fs::read(&file).unwrap();
            change_one_byte(&file);
            let Err(BackupError::Broken(faults)) = drill.restore() else { panic!("{name}") };
            assert!(faults.len() == 1 && faults[0].contains(&name), "{faults:?}");
            std::fs::write(&file, whole).unwrap();
        }
        let stranger = drill.backup().join("blobs/stranger");
        std::fs::write(&stranger, "x").unwrap();
        assert!(matches!(drill.restore(), Err(BackupError::Broken(_))));
        std::fs::remove_file(&stranger).unwrap();
        drill.restore().unwrap();
    });
}

#[test]
fn a_row_and_a_byte_that_went_missing_after_that_are_found() {
    on_both(|database| {
        let drill = Drill::begin(database, 0);
        drill.restore().unwrap();
        let one = "DELETE FROM recordings WHERE observation_id IN
            (SELECT observation_id FROM recordings ORDER BY observation_id LIMIT 1)";
        execute(&drill.target, one);
        let faults = drill.faults();
        assert!(faults.contains(&"recordings has 5 rows of 6".to_owned()), "{faults:?}");
        execute(&drill.target, "UPDATE audit_entries SET actor = 'x' WHERE sequence = 2");
        let faults = drill.faults();
        assert!(faults.iter().any(|fault| fault.contains("entry 2 is not")), "{faults:?}");
        let still_named =
            |path: &PathBuf| path.components().any(|part| part.as_os_str() == "attachments");
        let blob = files_below(drill.blobs.path()).into_iter().find(still_named).unwrap();
        change_one_byte(&blob);
        let name = blob.file_name().unwrap().to_string_lossy().into_owned();
        let faults = drill.faults();
        let is_named = |fault: &String| fault.contains(&name) && fault.contains("other bytes");
        assert!(faults.iter().any(is_named), "{faults:?}");
        std::fs::remove_file(&blob).unwrap();
        let faults = drill.faults();
        assert!(faults.iter().any(|fault| fault.contains("is missing")), "{faults:?}");
    });
}

#[test]
fn nothing_is_overwritten() {
    on_both(|database| {
        let drill = Drill::begin(database, 0);
        let from = Installation {
            database_url: drill.opened.database.url_as(Role::Superuser),
            ..drill.restored()
        };
        let into_full = backup::restore(&from, &drill.backup(), None, drill.runtime.handle());
        assert!(matches!(into_full, Err(BackupError::NotEmpty(_))), "{into_full:?}");
        let again = backup::back_up(&from, &drill.backup(), drill.runtime.handle());
        assert!(matches!(again, Err(BackupError::NotEmpty(_))), "{again:?}");
        drill.restore().unwrap();
        let twice = drill.restore();
        assert!(matches!(twice, Err(BackupError::NotEmpty(_))), "{twice:?}");
        assert_eq!(drill.faults(), Vec::<String>::new());
    });
}

#[test]
fn a_login_that_does_not_see_every_row_makes_no_back_up() {
    let opened = open(TestDatabase::postgres());
    opened.client("наш");
    let (folder, runtime) = (tempfile::tempdir().unwrap(), Runtime::new().unwrap());
    for role in [Role::Owner, Role::Application] {
        let from = Installation {
            database_url: opened.database.url_as(role),
            blobs: opened.blobs.path().to_owned().into(),
            postgres_programs: None,
        };
        let target = folder.path().join(role.name());
        let refused = backup::back_up(&from, &target, runtime.handle());
        assert!(refused.is_err());
    }
}
