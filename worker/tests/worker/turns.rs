//! Who is served first: calls of today before a backfill of months, every client
//! in turn, each bucket by one worker.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use baitline_domain::ids::ClientId;
use baitline_domain::instant::{Day, Span};
use baitline_domain::verdict::Verdict;
use baitline_store::{buckets, now};
use baitline_testkit::{DatabaseKind, on_both};
use baitline_worker::Step;

use crate::scene::Scene;
use crate::story::{FOREIGN, Story, minutes};

/// Days of a backfill.
const OLD_DAYS: i32 = 1_000;

fn touch_old_days(scene: &Scene, client: ClientId, count: i32) {
    let today = now().day().0;
    let days: BTreeSet<Day> = (today - 10 - count..today - 10).map(Day).collect();
    scene.agency(|conn| buckets::touch(conn, client, &days));
}

fn waiting_of(scene: &Scene, client: ClientId) -> i64 {
    scene.count(&format!(
        "SELECT count(*) FROM touched_buckets WHERE client_id = {}",
        match scene.database.kind() {
            DatabaseKind::Postgres => format!("'{client}'"),
            DatabaseKind::Sqlite => format!("x'{}'", client.0.simple()),
        }
    ))
}

#[test]
fn a_call_of_today_is_judged_before_a_thousand_old_days_and_they_are_judged_too() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        let start = now() - minutes(180);
        story.complete_trap(&scene, start);
        scene.settle();
        touch_old_days(&scene, story.client, OLD_DAYS);
        let mut worker = scene.worker();
        for call in 0..3 {
            let at = start + minutes(65 + call);
            let new = story.call(&format!("of today {call}"), FOREIGN, at);
            story.ingest(&scene, std::slice::from_ref(&new));
            // Its days and the changes that they leave are few, whatever waits.
            let mut steps = 0;
            while story.verdict_if_judged(&scene, &new).is_none() {
                assert_ne!(worker.run_next().unwrap(), Step::Empty);
                steps += 1;
            }
            assert!(steps <= 4, "{steps} steps for a call of today");
            assert_eq!(story.verdict(&scene, &new), Some(Verdict::ForeignGroup));
        }
        assert!(scene.pending() > i64::from(OLD_DAYS) - 20, "the old days still wait");
        worker.run_until_empty().unwrap();
        assert_eq!(scene.pending(), 0);
    });
}

#[test]
fn old_days_get_on_while_calls_of_today_never_end() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        let start = now() - minutes(180);
        story.complete_trap(&scene, start);
        scene.settle();
        touch_old_days(&scene, story.client, 20);
        let mut worker = scene.worker();
        for step in 0..120 {
            let at = start + minutes(65) + Span::seconds(step);
            story.ingest(&scene, &[story.call(&step.to_string(), FOREIGN, at)]);
            worker.run_next().unwrap();
        }
        let today = now().day().0;
        let old =
            scene.count(&format!("SELECT count(*) FROM touched_buckets WHERE day < {}", today - 9));
        assert_eq!(old, 0, "one step of four is theirs");
        scene.settled();
    });
}

#[test]
fn a_client_with_two_old_days_does_not_wait_for_one_with_hundreds() {
    on_both(|database| {
        let scene = Scene::on(database);
        let [busy, quiet] = [(); 2].map(|()| Story::without_numbering(&scene).client);
        scene.settle();
        touch_old_days(&scene, busy, 300);
        touch_old_days(&scene, quiet, 2);
        let mut worker = scene.worker();
        for _ in 0..5 {
            assert_eq!(worker.run_next().unwrap(), Step::Refreshed);
        }
        assert_eq!(waiting_of(&scene, quiet), 0);
        assert!(waiting_of(&scene, busy) >= 296);
    });
}

#[test]
fn a_client_whose_calls_of_today_never_end_keeps_no_other_waiting() {
    on_both(|database| {
        let scene = Scene::on(database);
        let clients = [(); 4].map(|()| Story::without_numbering(&scene).client);
        scene.settle();
        let today = [now().day()].into();
        let touch = |client| scene.agency(|conn| buckets::touch(conn, client, &today));
        for (busy, quiet) in [(clients[0], clients[3]), (clients[3], clients[0])] {
            touch(quiet);
            let mut worker = scene.worker();
            for _ in 0..3 {
                touch(busy);
                assert_eq!(worker.run_next().unwrap(), Step::Refreshed);
            }
            assert_eq!(waiting_of(&scene, quiet), 0);
        }
    });
}

#[test]
fn a_late_call_of_yesterday_does_not_wait_for_the_end_of_those_of_today() {
    on_both(|database| {
        let scene = Scene::on(database);
        let client = Story::without_numbering(&scene).client;
        scene.settle();
        let today = now().day();
        let touch = |day| scene.agency(|conn| buckets::touch(conn, client, &[day].into()));
        touch(Day(today.0 - 1));
        let mut worker = scene.worker();
        for _ in 0..4 {
            touch(today);
            assert_eq!(worker.run_next().unwrap(), Step::Refreshed);
        }
        let before_today = format!("SELECT count(*) FROM touched_buckets WHERE day < {}", today.0);
        assert_eq!(scene.count(&before_today), 0);
    });
}

#[test]
fn four_workers_do_every_bucket_once() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::without_numbering(&scene);
        scene.settle();
        touch_old_days(&scene, story.client, 200);
        let refreshed = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let mut worker = scene.worker();
                    // What the others hold is theirs: an empty step is the end.
                    while worker.run_next().unwrap() == Step::Refreshed {
                        refreshed.fetch_add(1, Ordering::SeqCst);
                    }
                });
            }
        });
        assert_eq!(refreshed.load(Ordering::SeqCst), 200);
        assert_eq!(scene.pending(), 0);
    });
}

#[test]
fn old_days_wait_while_the_one_writer_of_sqlite_takes_a_bulk_body() {
    on_both(|database| {
        let is_sqlite = database.kind() == DatabaseKind::Sqlite;
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        let start = now() - minutes(180);
        story.complete_trap(&scene, start);
        scene.settle();
        touch_old_days(&scene, story.client, 3);
        let mut worker = scene.worker();
        let bulk = scene.store.begin_bulk();
        let new = story.call("of today", FOREIGN, start + minutes(65));
        story.ingest(&scene, std::slice::from_ref(&new));
        worker.run_until_empty().unwrap();
        assert_eq!(story.verdict(&scene, &new), Some(Verdict::ForeignGroup), "today never waits");
        assert_eq!(scene.pending(), if is_sqlite { 3 } else { 0 });
        drop(bulk);
        worker.run_until_empty().unwrap();
        assert_eq!(scene.pending(), 0);
    });
}
