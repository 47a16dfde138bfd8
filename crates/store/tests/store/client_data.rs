//! Everything of one client in a folder, and nothing of another.

use std::path::Path;
use std::process::Command;

use baitline_domain::ids::ClientId;
use baitline_store::backup::{self, BackupError};
use baitline_store::blobs::BlobKind;
use baitline_store::models::Recording;
use baitline_store::{StoreError, recordings};
use baitline_testkit::on_both;
use bytes::Bytes;
use futures_util::stream;
use tokio::runtime::Runtime;
use uuid::Uuid;

use crate::support::{Opened, at, open, report};
use crate::world::recording;

/// A client with a call and its recording, all of which have the mark.
fn furnish(opened: &Opened, mark: &str) -> ClientId {
    let client = opened.client(mark).id;
    let source = opened.source(client, mark);
    opened.bait(client, 79_001_112_233);
    let start = at("2026-11-10T09:00:00Z");
    let mut call = report(&source, mark, ("+79160000001", "+79001112233"), start);
    call.screen_label = Some(mark.to_owned());
    opened.ingest(client, std::slice::from_ref(&call));
    let bytes = Bytes::from(format!("RIFF {mark}"));
    let size = bytes.len() as i64;
    let sent = stream::iter([Ok::<_, ()>(bytes)]);
    let put = opened.store.blobs().put(client, BlobKind::Recording, sent, 1 << 10);
    let sha256 = Runtime::new().unwrap().block_on(put).unwrap().sha256.to_vec();
    let new = Recording { sha256, bytes: size, ..recording(client, call.id, 0) };
    opened.as_client(client, |conn| recordings::put_recording(conn, &new));
    client
}

/// The files below a folder that hold a text.
fn files_with(folder: &Path, text: &str) -> usize {
    let mut found = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found += files_with(&path, text);
        } else {
            let bytes = std::fs::read(&path).unwrap();
            found += usize::from(bytes.windows(text.len()).any(|part| part == text.as_bytes()));
        }
    }
    found
}

#[test]
fn a_client_gets_its_rows_and_bytes_and_nothing_of_another() {
    on_both(|database| {
        let opened = open(database);
        let (ours, theirs) = (furnish(&opened, "sinitsa"), furnish(&opened, "kanareika"));
        let (runtime, folder) = (Runtime::new().unwrap(), tempfile::tempdir().unwrap());
        let target = folder.path().join("data");
        let done = backup::hand_over(&opened.store, ours, &target, runtime.handle()).unwrap();
        assert!(done.tables >= 5 && done.rows >= 5, "{done:?}");
        assert_eq!(done.blobs, 1);
        // Its name, its source, its call, and the recording.
        assert!(files_with(&target, "sinitsa") >= 4);
        let told = |client: ClientId| {
            let hex = client.0.simple().to_string();
            files_with(&target, &client.to_string()) + files_with(&target, &hex.to_uppercase())
        };
        assert!(told(ours) > 0, "the search finds what is there");
        assert_eq!((files_with(&target, "kanareika"), told(theirs)), (0, 0));
        assert_eq!(files_with(&target, "\"salt\""), 0);
        let checked =
            Command::new("sha256sum").args(["-c", "SHA256SUMS"]).current_dir(&target).output();
        assert!(checked.unwrap().status.success());
        let lines = std::fs::read_to_string(target.join("rows/observations.ndjson")).unwrap();
        let rows: Vec<serde_json::Value> =
            lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!((rows.len(), rows[0]["screen_label"].as_str()), (1, Some("sinitsa")));
        let again = backup::hand_over(&opened.store, ours, &target, runtime.handle());
        assert!(matches!(again, Err(BackupError::NotEmpty(_))));
        let nobody = ClientId(Uuid::nil());
        let none = folder.path().join("none");
        let refused = backup::hand_over(&opened.store, nobody, &none, runtime.handle());
        assert!(matches!(refused, Err(BackupError::Store(StoreError::NotFound))));
    });
}
