//! The auditor chains what was done and writes heads down beside the database.

use std::path::Path;
use std::time::{Duration, Instant};

use baitline_domain::audit::Checkpoint;
use baitline_domain::ids::ClientId;
use baitline_store::audit::{self, AuditReport};
use baitline_store::{Reach, Store};
use baitline_testkit::on_both;
use baitline_worker::{Auditor, read_checkpoints};
use tempfile::tempdir;
use tokio::sync::watch;

use crate::scene::{Scene, at};
use crate::story::{Story, add_bait};

fn read(path: &Path) -> Vec<Checkpoint> {
    let (found, unreadable) = read_checkpoints(&std::fs::read_to_string(path).unwrap());
    assert_eq!(unreadable, Vec::<usize>::new());
    found
}

fn verified(store: &Store, checkpoints: &[Checkpoint]) -> AuditReport {
    store.read(Reach::Agency, |conn| audit::verify(conn, Reach::Agency, checkpoints)).unwrap()
}

#[test]
fn heads_are_written_down_as_they_move_and_the_chains_come_by_them() {
    on_both(|database| {
        let scene = Scene::on(database);
        let folder = tempdir().unwrap();
        let path = folder.path().join("audit-checkpoints");
        let mut auditor = Auditor::new(scene.store.clone(), path.clone());
        let story = Story::on(&scene);
        auditor.seal_all().unwrap();
        let first = auditor.write_checkpoints().unwrap();
        assert!(first >= 1);
        assert_eq!(auditor.write_checkpoints().unwrap(), 0, "nothing moved");
        story.complete_trap(&scene, at("2026-09-02T10:00:00Z"));
        scene.settle();
        auditor.seal_all().unwrap();
        assert!(auditor.write_checkpoints().unwrap() >= 1);
        // Another process writes behind it, and all of it anew.
        Auditor::new(scene.store.clone(), path.clone()).write_checkpoints().unwrap();
        let heads = read(&path);
        let of_client = heads.iter().filter(|head| head.client == story.client);
        let sequences: Vec<u64> = of_client.map(|head| head.head.sequence).collect();
        assert_eq!(sequences.len(), 3);
        assert!(sequences[0] < sequences[1] && sequences[1] == sequences[2], "{sequences:?}");
        let report = verified(&scene.store, &heads);
        assert_eq!(report.findings, []);
        assert_eq!((report.checkpoints, report.waiting), (heads.len() as u64, 0));
        scene.execute("UPDATE audit_entries SET actor = 'x' WHERE sequence = 2");
        assert!(!verified(&scene.store, &heads).findings.is_empty());
    });
}

#[test]
fn a_line_that_broke_off_is_passed_over_and_another_is_told() {
    on_both(|database| {
        let scene = Scene::on(database);
        let folder = tempdir().unwrap();
        let path = folder.path().join("audit-checkpoints");
        std::fs::write(&path, "2026-11-20T10:00:00Z 0197a5b0-7c1e").unwrap();
        assert_eq!(read(&path), [], "the last line may be on its way");
        let mut auditor = Auditor::new(scene.store.clone(), path.clone());
        Story::on(&scene);
        auditor.seal_all().unwrap();
        let written = auditor.write_checkpoints().unwrap();
        assert_eq!(read(&path).len(), written);
        std::fs::write(&path, "no checkpoint\n").unwrap();
        let (found, unreadable) = read_checkpoints(&std::fs::read_to_string(&path).unwrap());
        assert_eq!((found, unreadable), (Vec::new(), vec![1]));
    });
}

#[test]
fn what_waits_when_the_process_stops_is_sealed_and_written_down() {
    on_both(|database| {
        let scene = Scene::on(database);
        let folder = tempdir().unwrap();
        let path = folder.path().join("audit-checkpoints");
        Story::on(&scene);
        let (stop, told) = watch::channel(true);
        Auditor::new(scene.store.clone(), path.clone()).run(&told);
        drop(stop);
        let report = verified(&scene.store, &read(&path));
        assert_eq!((report.findings.len(), report.waiting), (0, 0));
        assert!(report.entries > 0 && report.checkpoints > 0);
    });
}

/// Does something for as long as an auditor runs.
fn while_auditing(auditor: Auditor, work: impl FnOnce()) {
    let (stop, told) = watch::channel(false);
    std::thread::scope(|scope| {
        scope.spawn(|| auditor.run(&told));
        work();
        stop.send_replace(true);
    });
}

#[test]
fn heads_are_written_down_while_something_always_waits() {
    on_both(|database| {
        let scene = Scene::on(database);
        let folder = tempdir().unwrap();
        let path = folder.path().join("audit-checkpoints");
        let story = Story::without_numbering(&scene);
        let auditor = Auditor::new(scene.store.clone(), path.clone());
        let began = Instant::now();
        while_auditing(auditor, || {
            let mut number = 79_100_000_000;
            while read_if_there(&path).is_empty() {
                assert!(began.elapsed() < Duration::from_secs(60), "no head was written down");
                add_bait(&scene, story.client, number);
                number += 1;
            }
        });
    });
}

fn read_if_there(path: &Path) -> Vec<Checkpoint> {
    if path.exists() { read(path) } else { Vec::new() }
}

#[test]
fn a_chain_that_cannot_be_sealed_keeps_no_other_waiting() {
    on_both(|database| {
        let scene = Scene::on(database);
        let folder = tempdir().unwrap();
        let path = folder.path().join("audit-checkpoints");
        let broken = Story::without_numbering(&scene).client;
        let mut auditor = Auditor::new(scene.store.clone(), path.clone());
        auditor.seal_all().unwrap();
        // The next entry would get a number that is taken.
        scene.execute("UPDATE audit_heads SET sequence = sequence - 1");
        add_bait(&scene, broken, 79_100_000_000);
        let others: Vec<ClientId> =
            (0..2).map(|_| Story::without_numbering(&scene).client).collect();
        let waiting = |client: ClientId| {
            let state = scene.store.read(Reach::Agency, |conn| audit::chain_state(conn, client));
            state.unwrap().waiting
        };
        let before = waiting(broken);
        let began = Instant::now();
        while_auditing(auditor, || {
            while others.iter().any(|client| waiting(*client) > 0) {
                assert!(began.elapsed() < Duration::from_secs(60), "the others wait");
                std::thread::sleep(Duration::from_millis(20));
            }
        });
        assert!(before > 0 && waiting(broken) == before);
    });
}
