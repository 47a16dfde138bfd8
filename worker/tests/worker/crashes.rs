//! Workers that vanish: after any step, and in the middle of one.

use baitline_domain::instant::Instant;
use baitline_domain::observation::Report;
use baitline_domain::verdict::Verdict;
use baitline_testkit::{DatabaseKind, on_both};

use crate::scene::{Scene, assert_same, at};
use crate::story::{FOREIGN, Story, minutes};

fn start() -> Instant {
    at("2026-09-02T10:00:00Z")
}

/// A trap and a foreign call on each of its days.
fn told(scene: &Scene) -> Story {
    let story = Story::on(scene);
    story.complete_trap(scene, start());
    for day in 0..2 {
        let at = start() + minutes(120 + day * 24 * 60);
        story.ingest(scene, &[story.call(&day.to_string(), FOREIGN, at)]);
    }
    story
}

/// Makes every tally of one day fail to be written, after its calls were.
fn break_day(scene: &Scene, day: i32) {
    scene.execute(&match scene.database.kind() {
        DatabaseKind::Sqlite => format!(
            "CREATE TRIGGER broken BEFORE INSERT ON interception_tallies WHEN NEW.day = {day}
             BEGIN SELECT RAISE(ABORT, 'broken for the test'); END"
        ),
        DatabaseKind::Postgres => format!(
            "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN RAISE 'broken for the test'; END $$;
             CREATE TRIGGER broken BEFORE INSERT ON interception_tallies FOR EACH ROW
                WHEN (NEW.day = {day}) EXECUTE FUNCTION fail()"
        ),
    });
}

fn mend(scene: &Scene) {
    mend_table(scene, "interception_tallies");
}

/// Everything that a worker writes while it refreshes.
const WRITES: [(&str, &str); 9] = [
    ("INSERT", "calls"),
    ("DELETE", "calls"),
    ("INSERT", "interception_tallies"),
    ("DELETE", "interception_tallies"),
    ("UPDATE", "traps"),
    ("INSERT", "changes"),
    ("DELETE", "changes"),
    ("INSERT", "touched_buckets"),
    ("DELETE", "touched_buckets"),
];

/// Makes every such write fail.
fn break_writes(scene: &Scene, (write, table): (&str, &str)) {
    scene.execute(&match scene.database.kind() {
        DatabaseKind::Sqlite => format!(
            "CREATE TRIGGER broken BEFORE {write} ON {table}
             BEGIN SELECT RAISE(ABORT, 'broken for the test'); END"
        ),
        DatabaseKind::Postgres => format!(
            "CREATE OR REPLACE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN RAISE 'broken for the test'; END $$;
             CREATE TRIGGER broken BEFORE {write} ON {table} FOR EACH ROW
                EXECUTE FUNCTION fail()"
        ),
    });
}

fn mend_table(scene: &Scene, table: &str) {
    scene.execute(&match scene.database.kind() {
        DatabaseKind::Sqlite => "DROP TRIGGER broken".to_owned(),
        DatabaseKind::Postgres => format!("DROP TRIGGER broken ON {table}"),
    });
}

#[test]
fn a_worker_that_dies_at_any_of_its_writes_loses_and_doubles_nothing() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = told(&scene);
        scene.settled();
        for (number, write) in WRITES.into_iter().enumerate() {
            // Something of everything: a call comes, one moves, one gets another
            // caller, and the trap is called once more.
            let name = number.to_string();
            let at = start() + minutes(140 + number as i64);
            let new = story.call(&format!("new {name}"), FOREIGN + 1, at);
            let known = story.call("0", FOREIGN, start() + minutes(120));
            let moved = revised(&known, number as u32 + 2, start() + minutes(300 + number as i64));
            let own = story.own_calls(&name, start() + minutes(number as i64));
            story.ingest(&scene, &[new, moved, own[0].clone(), own[1].clone()]);
            break_writes(&scene, write);
            let mut worker = scene.worker();
            assert!(worker.run_until_empty().is_err(), "{write:?} is never made");
            assert!(scene.pending() > 0, "{write:?}: it still waits");
            drop(worker);
            mend_table(&scene, write.1);
            scene.settled();
        }
    });
}

/// The same report in a later revision, at another time.
fn revised(report: &Report, revision: u32, at: Instant) -> Report {
    Report { revision, reported_at: at, reported_at_raw: at.to_string(), ..report.clone() }
}

#[test]
fn workers_that_live_for_one_step_only_come_to_the_same_end() {
    on_both(|database| {
        let scene = Scene::on(database);
        told(&scene);
        scene.settle_by_short_lived_workers();
        let standing = scene.derived();
        assert_eq!(standing.tallies.len(), 2);
        assert_same(&standing, &scene.recomputed());
    });
}

#[test]
fn a_step_that_fails_in_its_middle_leaves_nothing_and_is_done_again() {
    on_both(|database| {
        let scene = Scene::on(database);
        told(&scene);
        let day = start().day();
        break_day(&scene, day.0);
        let mut worker = scene.worker();
        let failed = worker.run_until_empty();
        assert!(failed.is_err());
        let of_day = format!("SELECT count(*) FROM interception_tallies WHERE day = {}", day.0);
        assert_eq!(scene.count(&of_day), 0);
        let calls = scene.derived().calls;
        assert!(calls.iter().all(|one| one.call.started_at.day() != day), "rolled back");
        let ledger = format!("SELECT count(*) FROM touched_buckets WHERE day = {}", day.0);
        assert!(scene.count(&ledger) > 0, "it still waits");
        mend(&scene);
        worker.run_until_empty().unwrap();
        let derived = scene.settled();
        assert_eq!(derived.tallies.len(), 2);
    });
}

#[test]
fn a_day_that_cannot_be_recomputed_keeps_no_other_waiting() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = told(&scene);
        let day = start().day();
        break_day(&scene, day.0);
        let later = story.call("later", FOREIGN + 1, start() + minutes(47 * 60));
        let other = Story::without_numbering(&scene);
        other.complete_trap(&scene, start() + minutes(5 * 24 * 60));
        let theirs = other.call("theirs", FOREIGN, start() + minutes(5 * 24 * 60 + 120));
        story.ingest(&scene, std::slice::from_ref(&later));
        other.ingest(&scene, std::slice::from_ref(&theirs));
        let mut worker = scene.worker();
        let mut failures = 0;
        while failures < 3 {
            failures += usize::from(worker.run_next().is_err());
        }
        assert_eq!(other.verdict(&scene, &theirs), Some(Verdict::ForeignGroup));
        let waiting = scene.count("SELECT count(DISTINCT day) FROM touched_buckets");
        assert_eq!(waiting, 1, "the broken one alone");
        mend(&scene);
        scene.settled();
        assert_eq!(story.verdict(&scene, &later), Some(Verdict::ForeignGroup));
    });
}
