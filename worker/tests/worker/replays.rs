//! Replays: they find exactly what would change, write nothing else, and end
//! where one undisturbed worker does.

use std::collections::BTreeSet;

use baitline_domain::ids::{EditionId, ObservationId};
use baitline_domain::instant::{Instant, Span};
use baitline_domain::observation::Report;
use baitline_domain::verdict::{Reason, RuleVersion};
use baitline_store::models::{
    DifferenceRow, NewReplay, Replay, ReplayOutcome, ReplayState, TouchedKind,
};
use baitline_store::replays::{self, DifferencePage, REPLAY_KEPT};
use baitline_store::{Reach, StoreError, now};
use baitline_testkit::{DatabaseKind, on_both};
use baitline_worker::Step;

use crate::exports::{ask as ask_for_export, offence, packages};
use crate::scene::{Derived, Scene, assert_same, at};
use crate::story::{FOREIGN, KIN, Story, import_numbering_without_mts, minutes, phone};

fn start() -> Instant {
    at("2026-09-02T10:00:00Z")
}

/// Everything of September, as it would be now.
fn september() -> NewReplay {
    let (from, to) = (at("2026-09-01T00:00:00Z"), at("2026-10-01T00:00:00Z"));
    NewReplay { from, to, rules: None, edition: None }
}

fn ask(scene: &Scene, story: &Story, new: &NewReplay) -> Replay {
    let client = story.client;
    scene.as_client(client, |conn| replays::create_replay(conn, client, new))
}

fn find(scene: &Scene, replay: &Replay) -> Replay {
    scene.agency(|conn| replays::find_replay(conn, Reach::Agency, replay.id))
}

fn differences(scene: &Scene, replay: &Replay) -> Vec<DifferenceRow> {
    let (reach, page) = (Reach::Agency, DifferencePage { after: None, limit: 1_000 });
    scene.agency(|conn| replays::list_differences(conn, reach, replay.id, page))
}

/// Asks for a replay and lets a worker do it. What stands must stand as it was.
fn replayed(scene: &Scene, story: &Story, new: &NewReplay) -> Replay {
    let before = everything(scene);
    let asked = ask(scene, story, new);
    scene.settle();
    assert_untouched(&before, &everything(scene));
    let replay = find(scene, &asked);
    assert_eq!((replay.state, replay.problem.as_deref()), (ReplayState::Done, None));
    assert_eq!((replay.days_done, replay.pending_days), (replay.days_total, 0));
    replay
}

/// What is derived, and how many rows the tables hold that a refresh writes.
fn everything(scene: &Scene) -> (Derived, [i64; 4]) {
    let tables = ["buckets", "touched_buckets", "changes", "export_packages"];
    let rows = tables.map(|table| scene.count(&format!("SELECT count(*) FROM {table}")));
    (scene.derived(), rows)
}

fn assert_untouched(before: &(Derived, [i64; 4]), after: &(Derived, [i64; 4])) {
    assert_same(&before.0, &after.0);
    assert_eq!(before.1, after.1);
}

/// A trap with two foreign calls and one of the bait's own operator on each of
/// its two days; the foreign ones.
fn told(scene: &Scene, story: &Story) -> Vec<Report> {
    story.complete_trap(scene, start());
    let mut foreign = Vec::new();
    for day in 0..2 {
        let day_start = start() + minutes(120 + day * 24 * 60);
        let call = |name: &str, caller: u64, minute: i64| {
            story.call(&format!("{name} of {day}"), caller, day_start + minutes(minute))
        };
        foreign.extend([call("first", FOREIGN, 0), call("second", FOREIGN + 1, 10)]);
        story.ingest(scene, &[call("kin", KIN, 20)]);
    }
    story.ingest(scene, &foreign);
    scene.settle();
    foreign
}

fn ids(calls: &[Report]) -> BTreeSet<ObservationId> {
    calls.iter().map(|call| call.id).collect()
}

/// The editions of [`Story::on`] and the later one in which MTS has lost its range.
fn two_editions(scene: &Scene) -> (EditionId, EditionId) {
    let later = import_numbering_without_mts(scene, at("2027-01-01T00:00:00Z"));
    scene.settle();
    let editions = scene.agency(baitline_store::numbering::list_editions);
    let first = editions.iter().map(|row| row.id).find(|id| *id != later).unwrap();
    (first, later)
}

#[test]
fn another_edition_changes_exactly_the_calls_whose_holder_it_changes() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        let foreign = told(&scene, &story);
        let (_, later) = two_editions(&scene);
        let new = NewReplay { edition: Some(later), ..september() };
        let replay = replayed(&scene, &story, &new);
        let found = differences(&scene, &replay);
        assert_eq!(found.iter().map(|row| row.call_id).collect::<BTreeSet<_>>(), ids(&foreign));
        assert!(found.is_sorted_by_key(|row| row.started_at));
        let change = (ReplayOutcome::ForeignGroup, ReplayOutcome::SameGroup);
        assert_eq!(Vec::from_iter(replay.transitions().unwrap()), [(change, 4)]);
        assert_eq!((replay.differences, replay.calls), (4, 8), "and the run's two own calls");
        for row in &found {
            assert_eq!((row.outcome_before, row.outcome_after), change);
            assert_eq!(row.operator_before.unwrap().to_string(), "7740000076");
            assert_eq!(row.operator_after.unwrap().to_string(), "7743895280");
            let (before, after) = row.reasons().unwrap();
            assert_eq!(
                (before, after),
                (vec![Reason::RangeHolderOnly], vec![Reason::RangeHolderOnly])
            );
        }
        assert_eq!(found[0].caller, Some(phone(FOREIGN)));
    });
}

#[test]
fn the_same_inputs_find_nothing_however_they_are_named() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        told(&scene, &story);
        let (first, _) = two_editions(&scene);
        for (rules, edition) in [
            (None, None),
            (Some(RuleVersion::First), None),
            (None, Some(first)),
            (Some(RuleVersion::First), Some(first)),
        ] {
            let replay = replayed(&scene, &story, &NewReplay { rules, edition, ..september() });
            assert_eq!((replay.differences, replay.calls), (0, 8), "{rules:?} {edition:?}");
            assert!(replay.transitions().unwrap().is_empty());
        }
    });
}

#[test]
fn a_replay_of_the_period_that_stands_finds_what_has_drifted_from_its_facts() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        let foreign = told(&scene, &story);
        scene.execute(&format!(
            "DELETE FROM calls WHERE party_number = {FOREIGN};
             UPDATE calls SET verdict = 'invalid' WHERE party_number = {}",
            FOREIGN + 1
        ));
        let replay = replayed(&scene, &story, &september());
        let transitions = Vec::from_iter(replay.transitions().unwrap());
        assert_eq!(
            transitions,
            [
                ((ReplayOutcome::Absent, ReplayOutcome::ForeignGroup), 2),
                ((ReplayOutcome::Invalid, ReplayOutcome::ForeignGroup), 2),
            ]
        );
        let found: BTreeSet<_> =
            differences(&scene, &replay).iter().map(|row| row.call_id).collect();
        assert_eq!(found, ids(&foreign));
    });
}

#[test]
fn the_period_is_half_open_and_ends_within_a_day() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        let foreign = told(&scene, &story);
        let (_, later) = two_editions(&scene);
        let (from, to) = (foreign[0].reported_at + Span(1), foreign[3].reported_at);
        let new = NewReplay { from, to, rules: None, edition: Some(later) };
        let replay = replayed(&scene, &story, &new);
        let found: BTreeSet<_> =
            differences(&scene, &replay).iter().map(|row| row.call_id).collect();
        assert_eq!(found, ids(&foreign[1..3]));
        assert_eq!(replay.differences, 2);
    });
}

#[test]
fn the_packages_that_hold_changed_calls_are_named_and_no_others() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        let offence = offence(&scene, &story);
        let export = ask_for_export(&scene, &story);
        scene.settle();
        let built = packages(&scene, &story, export);
        assert_eq!(built.len(), 1);
        let (first, later) = two_editions(&scene);
        let touched = |edition: EditionId| {
            let new = NewReplay { edition: Some(edition), ..september() };
            let replay = replayed(&scene, &story, &new);
            scene.agency(|conn| replays::touched_by(conn, &replay, 10))
        };
        let found = touched(later);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].kind, found[0].subject_id.0), (TouchedKind::Package, built[0].id.0));
        // Not the attempt, nor what nobody heard, which changed as well.
        assert_eq!(found[0].calls, offence.advertising.len() as i64);
        assert_eq!(touched(first), []);
    });
}

/// A client with calls on many days, and what one undisturbed worker finds.
fn long_story(scene: &Scene) -> (Story, NewReplay, Replay, Vec<DifferenceRow>) {
    let story = Story::on(scene);
    let mut calls = Vec::new();
    for run in 0..7 {
        let start = start() + minutes(run * 4 * 24 * 60);
        story.complete_trap(scene, start);
        for day in 0..2 {
            let at = start + minutes(120 + day * 24 * 60);
            calls.push(story.call(&format!("{run} {day}"), FOREIGN + run as u64, at));
        }
    }
    story.ingest(scene, &calls);
    let (_, later) = two_editions(scene);
    let new = NewReplay { edition: Some(later), ..september() };
    let expected = replayed(scene, &story, &new);
    assert!(expected.days_done > 10, "{} days", expected.days_done);
    assert_eq!(expected.differences, 14);
    let rows = differences(scene, &expected);
    (story, new, expected, rows)
}

/// What a replay found, without what differs between any two.
fn assert_found_the_same(
    scene: &Scene,
    replay: &Replay,
    expected: &Replay,
    expected_rows: &[DifferenceRow],
) {
    let replay = find(scene, replay);
    assert_eq!(replay.state, ReplayState::Done);
    assert_eq!(
        (replay.days_done, replay.calls, replay.differences),
        (expected.days_done, expected.calls, expected.differences)
    );
    assert_eq!(replay.transitions().unwrap(), expected.transitions().unwrap());
    let rows: Vec<DifferenceRow> = differences(scene, &replay)
        .into_iter()
        .map(|row| DifferenceRow { replay_id: expected.id, ..row })
        .collect();
    assert_eq!(rows, expected_rows);
}

#[test]
fn a_long_replay_lets_other_work_come_first_and_counts_each_day_once() {
    on_both(|database| {
        let scene = Scene::on(database);
        let (story, new, expected, rows) = long_story(&scene);
        let replay = ask(&scene, &story, &new);
        assert_eq!(scene.worker().run_next().unwrap(), Step::Replayed);
        let paused = find(&scene, &replay);
        assert_eq!(paused.state, ReplayState::Queued);
        assert!(0 < paused.days_done && paused.days_done < paused.days_total);
        scene.touch_everything();
        assert_eq!(scene.worker().run_next().unwrap(), Step::Refreshed, "calls come first");
        scene.settle_by_short_lived_workers();
        assert_found_the_same(&scene, &replay, &expected, &rows);
    });
}

fn fall_silent(scene: &Scene) {
    scene.execute(match scene.database.kind() {
        DatabaseKind::Sqlite => "UPDATE replays SET updated_at = updated_at - 61000000",
        DatabaseKind::Postgres => {
            "UPDATE replays SET updated_at = updated_at - interval '61 seconds'"
        }
    });
}

/// Makes the differences of one client's later days fail to be written.
fn break_differences(scene: &Scene) {
    scene.execute(match scene.database.kind() {
        DatabaseKind::Sqlite => {
            "CREATE TRIGGER broken BEFORE INSERT ON replay_differences
             WHEN NEW.started_at > 1788900000000000
             BEGIN SELECT RAISE(ABORT, 'broken for the test'); END"
        }
        DatabaseKind::Postgres => {
            "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN RAISE 'broken for the test'; END $$;
             CREATE TRIGGER broken BEFORE INSERT ON replay_differences FOR EACH ROW
                WHEN (NEW.started_at > to_timestamp(1788900000)) EXECUTE FUNCTION fail()"
        }
    });
}

#[test]
fn a_worker_that_dies_in_the_middle_of_a_day_is_relieved_after_the_lease() {
    on_both(|database| {
        let scene = Scene::on(database);
        let (story, new, expected, rows) = long_story(&scene);
        let replay = ask(&scene, &story, &new);
        break_differences(&scene);
        assert!(scene.worker().run_until_empty().is_err());
        let stuck = find(&scene, &replay);
        assert_eq!(stuck.state, ReplayState::Running);
        assert!(stuck.days_done > 0 && stuck.days_done < stuck.days_total);
        assert_eq!(stuck.differences, differences(&scene, &replay).len() as i64);
        scene.execute(match scene.database.kind() {
            DatabaseKind::Sqlite => "DROP TRIGGER broken",
            DatabaseKind::Postgres => "DROP TRIGGER broken ON replay_differences",
        });
        scene.settle();
        assert_eq!(find(&scene, &replay), stuck, "it may still live");
        fall_silent(&scene);
        scene.settle();
        assert_found_the_same(&scene, &replay, &expected, &rows);
    });
}

#[test]
fn a_cancelled_replay_is_not_carried_on() {
    on_both(|database| {
        let scene = Scene::on(database);
        let (story, new, ..) = long_story(&scene);
        let replay = ask(&scene, &story, &new);
        scene.worker().run_next().unwrap();
        let found = find(&scene, &replay);
        let (client, id) = (story.client, replay.id);
        scene.as_client(client, |conn| replays::cancel_replay(conn, client, id));
        scene.settle();
        let cancelled = find(&scene, &replay);
        assert_eq!(cancelled.state, ReplayState::Cancelled);
        assert_eq!(cancelled.days_done, found.days_done);
        assert_eq!(differences(&scene, &replay).len() as i64, found.differences);
    });
}

#[test]
fn a_replay_by_what_is_no_longer_there_fails_and_says_so() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        told(&scene, &story);
        let (by_rules, by_edition) =
            (ask(&scene, &story, &september()), ask(&scene, &story, &september()));
        let id = match scene.database.kind() {
            DatabaseKind::Sqlite => "zeroblob(16)",
            DatabaseKind::Postgres => "'00000000-0000-0000-0000-000000000000'",
        };
        scene.execute(&format!(
            "UPDATE replays SET rule_version = 9;
             UPDATE replays SET rule_version = NULL, edition_id = {id}
                WHERE id = (SELECT id FROM replays ORDER BY id DESC LIMIT 1)"
        ));
        scene.settle();
        for replay in [by_rules, by_edition] {
            let failed = find(&scene, &replay);
            assert_eq!(failed.state, ReplayState::Failed);
            assert!(failed.problem.is_some());
        }
    });
}

#[test]
fn a_replay_looks_at_its_own_client_alone() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        let theirs = Story::without_numbering(&scene);
        let foreign = told(&scene, &story);
        told(&scene, &theirs);
        let (_, later) = two_editions(&scene);
        let new = NewReplay { edition: Some(later), ..september() };
        let replay = replayed(&scene, &story, &new);
        let found: BTreeSet<_> =
            differences(&scene, &replay).iter().map(|row| row.call_id).collect();
        assert_eq!(found, ids(&foreign));
        let reach = Reach::Client(theirs.client);
        let foreign_key = scene.store.read(reach, |c| replays::find_replay(c, reach, replay.id));
        assert!(matches!(foreign_key, Err(StoreError::NotFound)), "{foreign_key:?}");
    });
}

#[test]
fn a_replay_that_ended_long_ago_goes_with_all_it_found_and_no_other_does() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        told(&scene, &story);
        let (_, later) = two_editions(&scene);
        let new = NewReplay { edition: Some(later), ..september() };
        let old = replayed(&scene, &story, &new);
        assert!(!differences(&scene, &old).is_empty());
        let past_its_time = now() + REPLAY_KEPT + Span::seconds(60);
        let queued = ask(&scene, &story, &new);
        let prune = |at| scene.agency(|conn| replays::prune_replays(conn, at));
        assert_eq!(prune(now()), 0, "it is not old yet");
        assert_eq!((prune(past_its_time), prune(past_its_time)), (1, 0));
        let reach = Reach::Agency;
        let found = scene.store.read(reach, |conn| replays::find_replay(conn, reach, old.id));
        assert!(matches!(found, Err(StoreError::NotFound)), "{found:?}");
        for table in ["replay_differences", "replay_touched"] {
            assert_eq!(scene.count(&format!("SELECT count(*) FROM {table}")), 0, "{table}");
        }
        assert_eq!(find(&scene, &queued).state, ReplayState::Queued);
    });
}
