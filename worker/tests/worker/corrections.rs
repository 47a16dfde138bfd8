//! Data that is corrected after it was judged: both what it was and what it is
//! now are right afterwards.

use baitline_domain::instant::{Instant, Span};
use baitline_domain::phone::Party;
use baitline_domain::verdict::{Reason, Verdict};
use baitline_store::models::{BaitChanges, ClientChanges, OwnNumberChanges, SourceChanges};
use baitline_store::{baits, clients, own_numbers, sources};
use baitline_testkit::on_both;

use crate::scene::{Scene, at};
use crate::story::{
    BAIT, FOREIGN, KIN, Story, add_bait, from_another, import_numbering, minutes, moved, phone,
    report,
};

fn start() -> Instant {
    at("2026-09-02T10:00:00Z")
}

/// A foreign call the day after the trap.
fn caught(story: &Story, scene: &Scene) -> baitline_domain::observation::Report {
    story.complete_trap(scene, start());
    let caught = story.call("caught", FOREIGN, start() + minutes(26 * 60));
    story.ingest(scene, std::slice::from_ref(&caught));
    scene.settled();
    assert_eq!(story.verdict(scene, &caught), Some(Verdict::ForeignGroup));
    caught
}

#[test]
fn a_revision_moves_a_call_to_another_day_and_leaves_nothing_behind() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        let first = caught(&story, &scene);
        // To an earlier day of the window, to a later one, out of it.
        let earlier = moved(&first, start() + minutes(120));
        let later = moved(&earlier, start() + minutes(47 * 60));
        let outside = moved(&later, start() + minutes(200 * 60));
        for (revision, tallies) in [(&earlier, 1), (&later, 1), (&outside, 0)] {
            story.ingest(&scene, std::slice::from_ref(revision));
            let derived = scene.settled();
            assert_eq!(derived.calls.len(), 3);
            assert_eq!(derived.tallies.len(), tallies);
            assert_eq!(story.judged(&scene, &first).call.started_at, revision.reported_at);
        }
        assert_eq!(story.reasons(&scene, &first), [Reason::OutsideWindow]);
    });
}

#[test]
fn a_revision_that_names_another_caller_is_judged_by_that_one() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        let first = caught(&story, &scene);
        let second = from_another(&first, KIN);
        story.ingest(&scene, std::slice::from_ref(&second));
        let derived = scene.settled();
        assert_eq!(story.judged(&scene, &first).call.party, Party::Number(phone(KIN)));
        assert_eq!(story.verdict(&scene, &first), Some(Verdict::SameGroup));
        assert_eq!(derived.tallies.len(), 1);
        assert_eq!(derived.tallies[0].caller, Some(phone(KIN)));
    });
}

#[test]
fn a_corrected_clock_moves_calls_and_windows() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        story.complete_trap(&scene, start());
        let by_recorder =
            |name: &str, at: Instant| story.seen_by(&story.recorder, name, Some(FOREIGN), at);
        let near_midnight = by_recorder("midnight", at("2026-09-03T23:59:30Z"));
        let near_end = by_recorder("end", start() + minutes(48 * 60 + 20));
        story.ingest(&scene, &[near_midnight.clone(), near_end.clone()]);
        let before = scene.settled();
        assert_eq!(story.verdict(&scene, &near_end), Some(Verdict::ForeignGroup));
        let set = |source: &baitline_store::models::Source, seconds: i64| {
            let offset = Some(Span::seconds(seconds).0);
            let changes = SourceChanges { clock_offset_micros: offset, uncertainty_micros: None };
            let client = story.client;
            scene.as_client(client, |c| sources::update_source(c, client, source.id, &changes));
            scene.settled()
        };
        set(&story.recorder, 1_200);
        assert_eq!(
            story.judged(&scene, &near_midnight).call.started_at,
            at("2026-09-04T00:19:30Z")
        );
        assert_eq!(story.reasons(&scene, &near_end), [Reason::OutsideWindow], "20 minutes later");
        let moved = set(&story.pbx, 900);
        let window = |derived: &crate::scene::Derived| {
            derived.traps[0].as_ref().and_then(|state| state.window).unwrap()
        };
        assert_eq!(window(&moved).from, window(&before).from + Span::seconds(900));
        assert_eq!(story.verdict(&scene, &near_end), Some(Verdict::ForeignGroup), "so is its end");
        set(&story.pbx, 0);
        let back = set(&story.recorder, 0);
        crate::scene::assert_same(&before, &back);
    });
}

#[test]
fn a_callers_number_that_becomes_the_clients_own_is_background_while_it_is_valid() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        let call = caught(&story, &scene);
        let own = story.own_number(&scene, FOREIGN);
        scene.settled();
        assert_eq!(story.reasons(&scene, &call), [Reason::OwnNumber]);
        let until = Some(Some(call.reported_at));
        let changes = OwnNumberChanges { valid_to: until, ..OwnNumberChanges::default() };
        let client = story.client;
        scene.as_client(client, |c| own_numbers::update_own_number(c, client, own, &changes));
        scene.settled();
        assert_eq!(story.verdict(&scene, &call), Some(Verdict::ForeignGroup));
    });
}

#[test]
fn a_line_that_was_not_the_clients_then_disarms_its_traps() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        let call = caught(&story, &scene);
        let client = story.client;
        let set_beginning = |beginning: Option<Instant>| {
            let valid_from = Some(beginning);
            let changes = OwnNumberChanges { valid_from, ..OwnNumberChanges::default() };
            scene.as_client(client, |c| {
                own_numbers::update_own_number(c, client, story.line, &changes)
            });
            scene.settled()
        };
        let disarmed = set_beginning(Some(start() + minutes(25)));
        assert_eq!(disarmed.traps[0].as_ref().unwrap().window, None);
        assert_eq!(story.reasons(&scene, &call), [Reason::OutsideWindow]);
        set_beginning(None);
        assert_eq!(story.verdict(&scene, &call), Some(Verdict::ForeignGroup));
    });
}

#[test]
fn another_operator_of_the_bait_turns_its_verdicts_round() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        let foreign = caught(&story, &scene);
        let kin = story.call("kin", KIN, start() + minutes(27 * 60));
        story.ingest(&scene, std::slice::from_ref(&kin));
        let client = story.client;
        for (operator, verdicts) in [
            (Some("7740000076".parse().unwrap()), [Verdict::SameGroup, Verdict::ForeignGroup]),
            (None, [Verdict::Inconclusive, Verdict::Inconclusive]),
        ] {
            let changes = BaitChanges { operator: Some(operator), ..BaitChanges::default() };
            scene.as_client(client, |c| baits::update_bait(c, client, story.bait, &changes));
            scene.settled();
            let found = [&foreign, &kin].map(|report| story.verdict(&scene, report).unwrap());
            assert_eq!(found, verdicts);
        }
    });
}

#[test]
fn an_edition_imported_later_decides_what_was_inconclusive() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::without_numbering(&scene);
        story.complete_trap(&scene, start());
        let call = story.call("1", FOREIGN, start() + minutes(26 * 60));
        story.ingest(&scene, std::slice::from_ref(&call));
        scene.settled();
        assert_eq!(story.verdict(&scene, &call), Some(Verdict::Inconclusive));
        let mut worker = scene.worker();
        worker.run_until_empty().unwrap();
        import_numbering(&scene, at("2026-01-01T00:00:00Z"));
        // The same worker, which has read the plan before.
        worker.run_until_empty().unwrap();
        let first = story.interception(&scene, &call).unwrap();
        assert_eq!(first.verdict, Verdict::ForeignGroup);
        import_numbering(&scene, at("2026-09-01T00:00:00Z"));
        worker.run_until_empty().unwrap();
        let second = story.interception(&scene, &call).unwrap();
        assert_eq!(second.verdict, Verdict::ForeignGroup);
        assert_ne!(second.edition, first.edition, "the one in force at the call's time");
        scene.settled();
    });
}

#[test]
fn another_time_zone_moves_the_local_days() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        story.complete_trap(&scene, start());
        let call = story.call("1", FOREIGN, at("2026-09-03T20:30:00Z"));
        story.ingest(&scene, std::slice::from_ref(&call));
        let local_day = || scene.settled().tallies[0].local_day;
        let day = call.reported_at.day().0;
        assert_eq!(local_day(), day, "23:30 in Moscow");
        let time_zone = Some("Asia/Omsk".to_owned());
        let changes = ClientChanges { time_zone, ..ClientChanges::default() };
        let client = story.client;
        scene.as_client(client, |conn| clients::update_client(conn, client, &changes));
        assert_eq!(local_day(), day + 1, "02:30 in Omsk");
    });
}

#[test]
fn calls_that_came_before_their_bait_are_kept_and_judged_when_it_appears() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        let second = BAIT + 1;
        let early = report(
            &story.pbx,
            "early",
            &format!("+{FOREIGN}"),
            &format!("+{second}"),
            start() + minutes(26 * 60),
        );
        let outcomes = story.ingest(&scene, std::slice::from_ref(&early));
        assert!(!outcomes[0].matched);
        assert_eq!(scene.settled().calls, [], "nobody's call yet");
        let bait = add_bait(&scene, story.client, second);
        let derived = scene.settled();
        assert_eq!(derived.calls.len(), 1);
        assert_eq!(story.judged(&scene, &early).call.bait, bait);
        assert_eq!(story.reasons(&scene, &early), [Reason::OutsideWindow]);
    });
}
