//! What a trap catches, whenever it becomes known and complete.

use baitline_domain::instant::Instant;
use baitline_domain::tally::Hearing;
use baitline_domain::trap::TrapMissing;
use baitline_domain::verdict::{Reason, Verdict};
use baitline_store::models::{NewTrap, TrapChanges};
use baitline_store::{Reach, traps};
use baitline_testkit::on_both;
use baitline_worker::Step;

use crate::scene::{Scene, assert_same, at};
use crate::story::{FOREIGN, KIN, Story, minutes, new_trap, phone, site_visit};

fn start() -> Instant {
    at("2026-09-02T10:00:00Z")
}

#[test]
fn a_call_in_the_window_becomes_an_interception_and_nothing_waits() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        let trap = story.complete_trap(&scene, start());
        let foreign = story.call("1", FOREIGN, start() + minutes(120));
        let kin = story.call("2", KIN, start() + minutes(180));
        let outside = story.call("3", FOREIGN + 1, start() + minutes(72 * 60));
        story.ingest(&scene, &[foreign.clone(), kin.clone(), outside.clone()]);
        assert!(scene.pending() > 0);
        let derived = scene.settled();
        assert_eq!(story.interception(&scene, &foreign).unwrap().trap, trap);
        assert_eq!(story.verdict(&scene, &foreign), Some(Verdict::ForeignGroup));
        assert_eq!(story.verdict(&scene, &kin), Some(Verdict::SameGroup));
        assert_eq!(story.reasons(&scene, &outside), [Reason::OutsideWindow]);
        assert_eq!(derived.calls.len(), 5);
        let [one, other] = &derived.tallies[..] else { panic!("{:?}", derived.tallies) };
        assert_eq!([one.caller, other.caller], [KIN, FOREIGN].map(|number| Some(phone(number))));
        assert_eq!((one.calls, one.hearing, one.trap), (1, Hearing::Unheard, trap));
        assert_eq!(one.local_day, start().day().0, "noon in London is the same day in Moscow");
    });
}

#[test]
fn working_again_changes_nothing() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        story.complete_trap(&scene, start());
        story.ingest(&scene, &[story.call("1", FOREIGN, start() + minutes(120))]);
        let first = scene.settled();
        assert_eq!(scene.worker().run_next().unwrap(), Step::Empty);
        scene.touch_everything();
        scene.settle();
        assert_same(&first, &scene.derived());
        assert_eq!(first.tallies.len(), 1);
    });
}

#[test]
fn a_trap_entered_after_its_calls_catches_them() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        let during = story.call("during", FOREIGN, start() + minutes(10));
        let next_day = story.call("next day", FOREIGN + 1, start() + minutes(26 * 60));
        story.ingest(&scene, &story.own_calls("run", start()));
        story.ingest(&scene, &[during.clone(), next_day.clone()]);
        scene.settled();
        assert_eq!(story.verdict(&scene, &during), None);
        assert_eq!(story.verdict(&scene, &next_day), None);
        let trap = story.trap(&scene, start());
        scene.settled();
        assert_eq!(story.interception(&scene, &during).unwrap().trap, trap);
        assert!(story.reasons(&scene, &during).contains(&Reason::DuringTrap));
        assert_eq!(story.verdict(&scene, &next_day), Some(Verdict::ForeignGroup));
    });
}

#[test]
fn a_late_own_call_completes_a_trap_and_arms_the_days_after_it() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        story.trap(&scene, start());
        let [own, back] = story.own_calls("run", start());
        let caught = story.call("1", FOREIGN, start() + minutes(47 * 60));
        story.ingest(&scene, &[own, caught.clone()]);
        let before = scene.settled();
        let missing = &before.traps[0].as_ref().unwrap().missing;
        assert_eq!(missing[..], [TrapMissing::ReturnCall, TrapMissing::ConnectedTime]);
        assert_eq!(story.verdict(&scene, &caught), None);
        story.ingest(&scene, &[back]);
        scene.settled();
        assert_eq!(story.verdict(&scene, &caught), Some(Verdict::ForeignGroup));
    });
}

#[test]
fn a_recorder_test_and_a_visit_entered_later_arm_a_trap() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        let new = NewTrap {
            recorder_tested_at: None,
            exposures: Vec::new(),
            ..new_trap(story.bait, start())
        };
        let client = story.client;
        let trap = scene.as_client(client, |c| traps::create_trap(c, client, &new)).trap.id;
        story.ingest(&scene, &story.own_calls("run", start()));
        let caught = story.call("1", FOREIGN, start() + minutes(30 * 60));
        story.ingest(&scene, std::slice::from_ref(&caught));
        scene.settled();
        assert_eq!(story.verdict(&scene, &caught), None);
        let tested = Some(start() + minutes(1));
        let changes = TrapChanges { recorder_tested_at: Some(tested), exposures: None };
        scene.as_client(client, |c| traps::update_trap(c, client, trap, &changes));
        scene.settled();
        assert_eq!(story.verdict(&scene, &caught), None, "the visit is still missing");
        let visits = vec![site_visit(start() + minutes(2))];
        let changes = TrapChanges { recorder_tested_at: None, exposures: Some(visits) };
        scene.as_client(client, |c| traps::update_trap(c, client, trap, &changes));
        scene.settled();
        assert_eq!(story.verdict(&scene, &caught), Some(Verdict::ForeignGroup));
        let untested = TrapChanges { recorder_tested_at: Some(None), exposures: None };
        scene.as_client(client, |c| traps::update_trap(c, client, trap, &untested));
        scene.settled();
        assert_eq!(story.verdict(&scene, &caught), None, "taken back");
    });
}

#[test]
fn a_run_across_midnight_is_judged_by_the_calls_of_both_days() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        // The own call at 23:55, the return call at 00:05.
        let start = at("2026-09-02T23:35:00Z");
        let trap = story.trap(&scene, start);
        let during = story.call("during", FOREIGN, at("2026-09-02T23:58:00Z"));
        let caught = story.call("caught", FOREIGN + 1, at("2026-09-04T23:00:00Z"));
        let [own, back] = story.own_calls("run", start);
        for report in [&during, &back, &caught, &own] {
            story.ingest(&scene, std::slice::from_ref(report));
            scene.settled();
        }
        let reach = Reach::Client(story.client);
        let row = scene.agency(|conn| traps::find_trap(conn, reach, trap));
        let window = row.state.unwrap().window.unwrap();
        assert_eq!(window.from, at("2026-09-03T00:07:10Z"));
        assert!(story.reasons(&scene, &during).contains(&Reason::DuringTrap));
        assert_eq!(story.verdict(&scene, &caught), Some(Verdict::ForeignGroup));
    });
}

#[test]
fn an_incomplete_trap_arms_nothing_but_keeps_the_calls_of_its_run() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        story.trap(&scene, start());
        let during = story.call("during", FOREIGN, start() + minutes(45));
        let after = story.call("after", FOREIGN, start() + minutes(61));
        story.ingest(&scene, &[during.clone(), after.clone()]);
        let derived = scene.settled();
        assert_eq!(derived.traps[0].as_ref().unwrap().window, None);
        assert!(story.reasons(&scene, &during).contains(&Reason::DuringTrap));
        assert_eq!(story.reasons(&scene, &after), [Reason::OutsideWindow]);
    });
}

#[test]
fn a_call_beside_a_windows_end_across_midnight_is_marked_however_late_the_trap() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        // The window ends a second before midnight, within what the clock is sure of.
        let start = at("2026-09-02T23:27:49Z");
        let beside = story.call("beside", FOREIGN, at("2026-09-05T00:00:00.5Z"));
        story.ingest(&scene, std::slice::from_ref(&beside));
        scene.settled();
        let trap = story.trap(&scene, start);
        scene.settled();
        // Nothing but what the run's own day finds out reaches the call's day.
        story.ingest(&scene, &story.own_calls("run", start));
        scene.settled();
        let reach = Reach::Client(story.client);
        let row = scene.agency(|conn| traps::find_trap(conn, reach, trap));
        assert_eq!(row.state.unwrap().window.unwrap().to, at("2026-09-04T23:59:59Z"));
        assert_eq!(story.reasons(&scene, &beside), [Reason::OutsideWindow, Reason::Edge]);
    });
}
