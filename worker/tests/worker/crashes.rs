//! Workers that vanish: after any step, and in the middle of one.

use baitline_domain::instant::Instant;
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
    scene.execute(match scene.database.kind() {
        DatabaseKind::Sqlite => "DROP TRIGGER broken",
        DatabaseKind::Postgres => "DROP TRIGGER broken ON interception_tallies",
    });
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
