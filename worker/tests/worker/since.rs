//! A busy day is recomputed from the moment at which something can have changed:
//! what came earlier is not read again, and counts as it stands.

use baitline_testkit::on_both;

use crate::scene::{Scene, at};
use crate::story::{FOREIGN, LINE, Story, from_another, minutes, moved};

/// A run whose window is open all the next day.
const RUN: &str = "2026-09-02T09:00:00Z";

#[test]
fn a_call_of_the_evening_leaves_the_morning_as_it_stands() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        story.complete_trap(&scene, at(RUN));
        let morning = story.call("morning", FOREIGN, at("2026-09-03T07:00:00Z"));
        let first = story.call("first", FOREIGN, at("2026-09-03T19:00:00Z"));
        story.ingest(&scene, &[morning.clone(), first]);
        scene.settle();
        // What stands of the day but has no ground would be mended by whoever reads it.
        scene.execute(
            "UPDATE calls SET connected_seconds = 61
             WHERE connected_seconds = 60 AND started_at < (SELECT max(started_at) FROM calls)",
        );
        let seconds = || story.judged(&scene, &morning).call.connected_seconds;
        assert_eq!(seconds(), 61);
        story.ingest(&scene, &[story.call("second", FOREIGN, at("2026-09-03T20:00:00Z"))]);
        scene.settle();
        assert_eq!(seconds(), 61, "the morning was read again");
        let standing = scene.derived();
        let found: Vec<_> = standing.tallies.iter().filter(|one| one.calls == 3).collect();
        assert_eq!(found.len(), 1, "{:?}", standing.tallies);
        assert_eq!(found[0].first_at, at("2026-09-03T07:00:00Z"));
        assert_eq!(found[0].last_at, at("2026-09-03T20:00:00Z"));
        // A call of the morning does read it again.
        story.ingest(&scene, &[story.call("early", FOREIGN, at("2026-09-03T06:00:00Z"))]);
        scene.settled();
        assert_eq!(seconds(), 60);
    });
}

#[test]
fn callers_of_one_bait_are_counted_each_for_itself_hidden_ones_too() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        story.complete_trap(&scene, at(RUN));
        let hour = |hour: i64| at("2026-09-03T00:00:00Z") + minutes(60 * hour);
        let hidden = |name: &str, at| story.seen_by(&story.pbx, name, None, at);
        story.ingest(&scene, &[story.call("a7", FOREIGN, hour(7)), hidden("h8", hour(8))]);
        scene.settled();
        let another = story.call("b9", FOREIGN + 1, hour(9));
        story.ingest(&scene, std::slice::from_ref(&another));
        scene.settle();
        story.ingest(&scene, &[hidden("h10", hour(10)), story.call("a11", FOREIGN, hour(11))]);
        scene.settled();
        // Another caller all along: one of its calls goes over to the first.
        story.ingest(&scene, &[from_another(&another, FOREIGN)]);
        scene.settled();
        // And is no longer of that day.
        story.ingest(&scene, &[moved(&from_another(&another, FOREIGN), hour(26))]);
        let standing = scene.settled();
        let mut counts: Vec<_> =
            standing.tallies.iter().map(|one| (one.caller.is_some(), one.calls)).collect();
        counts.sort_unstable();
        assert_eq!(counts, [(false, 2), (true, 1), (true, 2)]);
    });
}

#[test]
fn a_run_that_goes_on_bears_on_the_calls_before() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        let start = at(RUN);
        story.complete_trap(&scene, start);
        let early = story.call("early", FOREIGN, start + minutes(40));
        story.ingest(&scene, std::slice::from_ref(&early));
        scene.settled();
        let in_window = story.judged(&scene, &early).assessment;
        // The window opens after the last own call: the one before it was too early.
        story.ingest(&scene, &[story.outgoing("again", LINE, start + minutes(50))]);
        scene.settled();
        assert_ne!(story.judged(&scene, &early).assessment, in_window);
    });
}
