//! What people amend and void after it was judged: calls, windows and verdicts
//! follow, and come back when it is taken back.

use baitline_domain::instant::{Instant, Span};
use baitline_domain::label::LabelKind;
use baitline_domain::observation::{BaitName, Channel, Direction, Ends, Report};
use baitline_domain::phone::Party;
use baitline_domain::verdict::{Reason, Verdict};
use baitline_store::models::{Amendment, BaitChanges, Correcting, NewBait, SourceChanges};
use baitline_store::{Reach, StoreError, baits, calls, sources};
use baitline_testkit::on_both;

use crate::scene::{Derived, Scene, assert_same, at};
use crate::story::{
    BAIT, FOREIGN, KIN, LINE, Story, consent, from_another, label, minutes, moved, phone,
};

fn start() -> Instant {
    at("2026-09-02T10:00:00Z")
}

/// A complete trap and a foreign call the day after it.
fn caught(scene: &Scene) -> (Story, Report, Derived) {
    let story = Story::on(scene);
    story.complete_trap(scene, start());
    let caught = story.call("caught", FOREIGN, start() + minutes(26 * 60));
    story.ingest(scene, std::slice::from_ref(&caught));
    let derived = scene.settled();
    assert_eq!(story.verdict(scene, &caught), Some(Verdict::ForeignGroup));
    (story, caught, derived)
}

fn moved_to(at: Instant) -> Correcting {
    Correcting::Amend(Amendment { occurred_at_micros: Some(at.0), ..Amendment::default() })
}

fn from(caller: u64) -> Correcting {
    let caller = Some(Some(format!("+{caller}")));
    Correcting::Amend(Amendment { caller, ..Amendment::default() })
}

fn of_bait(bait: &str) -> Correcting {
    Correcting::Amend(Amendment { bait: Some(bait.to_owned()), ..Amendment::default() })
}

#[test]
fn a_voided_observation_takes_its_call_away_and_withdrawing_the_void_brings_it_back() {
    on_both(|database| {
        let scene = Scene::on(database);
        let (story, call, before) = caught(&scene);
        story.record(&scene, &call);
        story.label(&scene, &call, &label(LabelKind::Advertising));
        let labelled = scene.settled();
        let void = story.correct(&scene, &call, Correcting::Void);
        let after = scene.settled();
        assert_eq!(after.calls.len(), before.calls.len() - 1);
        assert_eq!(after.tallies, []);
        let reach = Reach::Client(story.client);
        let found = scene.store.read(reach, |conn| calls::find_call(conn, reach, call.id));
        assert!(matches!(found, Err(StoreError::NotFound)), "{found:?}");
        // Its source does not know, and sends it again.
        story.ingest(&scene, &[call.clone(), moved(&call, call.reported_at + minutes(5))]);
        assert_same(&after, &scene.settled());
        story.correct(&scene, &call, Correcting::Withdraw(void));
        let back = scene.settled();
        assert_eq!(back.tallies[0].hearing, labelled.tallies[0].hearing, "its label came along");
        assert_eq!(story.judged(&scene, &call).call.started_at, call.reported_at + minutes(5));
    });
}

#[test]
fn a_call_that_another_source_reported_too_outlives_the_voiding_of_one_report() {
    on_both(|database| {
        let scene = Scene::on(database);
        let (story, call, _) = caught(&scene);
        let second = story.seen_by(
            &story.recorder,
            "seen",
            Some(FOREIGN),
            call.reported_at + Span::seconds(4),
        );
        story.ingest(&scene, std::slice::from_ref(&second));
        let before = scene.settled();
        assert_eq!(story.judged(&scene, &call).call.observations, [call.id, second.id]);
        let void = story.correct(&scene, &call, Correcting::Void);
        let after = scene.settled();
        assert_eq!(after.calls.len(), before.calls.len());
        let left = story.judged(&scene, &second).call;
        assert_eq!(left.observations, [second.id]);
        assert_eq!(left.started_at, second.reported_at, "as the other source has it");
        assert_eq!(story.verdict(&scene, &second), Some(Verdict::ForeignGroup));
        story.correct(&scene, &call, Correcting::Withdraw(void));
        assert_same(&before, &scene.settled());
    });
}

#[test]
fn a_voided_own_call_disarms_its_trap_until_the_void_is_withdrawn() {
    on_both(|database| {
        let scene = Scene::on(database);
        let (story, call, before) = caught(&scene);
        let [own, _] = story.own_calls(&format!("run of {}", start()), start());
        let void = story.correct(&scene, &own, Correcting::Void);
        let disarmed = scene.settled();
        assert_eq!(disarmed.traps[0].as_ref().unwrap().window, None);
        assert_eq!(story.reasons(&scene, &call), [Reason::OutsideWindow]);
        assert_eq!(disarmed.tallies, []);
        story.correct(&scene, &own, Correcting::Withdraw(void));
        assert_same(&before, &scene.settled());
    });
}

#[test]
fn an_amended_own_call_completes_a_trap_and_moves_its_window() {
    on_both(|database| {
        let scene = Scene::on(database);
        let (story, call, before) = caught(&scene);
        let [own, back] = story.own_calls(&format!("run of {}", start()), start());
        let short = Amendment { connected_seconds: Some(Some(20)), ..Amendment::default() };
        let amended = story.correct(&scene, &own, Correcting::Amend(short));
        scene.settled();
        assert_eq!(story.verdict(&scene, &call), None, "too short together");
        story.correct(&scene, &own, Correcting::Withdraw(amended));
        assert_same(&before, &scene.settled());
        // The return call was later than the exchange has it: so is the window.
        story.correct(&scene, &back, moved_to(start() + minutes(45)));
        let window = |derived: &Derived| derived.traps[0].as_ref().unwrap().window.unwrap();
        let later = scene.settled();
        assert_eq!(window(&later).from, window(&before).from + minutes(15));
    });
}

#[test]
fn an_amended_time_moves_a_call_over_midnight_and_back() {
    on_both(|database| {
        let scene = Scene::on(database);
        let (story, call, before) = caught(&scene);
        let midnight = at("2026-09-04T00:00:00Z");
        let mut amendments = Vec::new();
        for (start, caught) in [
            (midnight - Span::seconds(1), true),
            (midnight, true),
            (start() + minutes(200 * 60), false),
        ] {
            amendments.push(story.correct(&scene, &call, moved_to(start)));
            let derived = scene.settled();
            assert_eq!(derived.calls.len(), before.calls.len());
            assert_eq!(derived.tallies.len(), usize::from(caught));
            assert_eq!(story.judged(&scene, &call).call.started_at, start);
        }
        // The clock of its source has no say in it any more.
        let offset = Some(Span::seconds(3_600).0);
        let changes = SourceChanges { clock_offset_micros: offset, uncertainty_micros: None };
        let (client, pbx) = (story.client, story.pbx.id);
        let set = |changes: &SourceChanges| {
            scene.as_client(client, |c| sources::update_source(c, client, pbx, changes));
        };
        set(&changes);
        scene.settled();
        let amended = start() + minutes(200 * 60);
        assert_eq!(story.judged(&scene, &call).call.started_at, amended);
        set(&SourceChanges { clock_offset_micros: Some(0), uncertainty_micros: None });
        for amendment in amendments {
            story.correct(&scene, &call, Correcting::Withdraw(amendment));
        }
        assert_same(&before, &scene.settled());
    });
}

#[test]
fn an_amended_caller_is_judged_in_the_place_of_the_reported_one() {
    on_both(|database| {
        let scene = Scene::on(database);
        let (story, call, before) = caught(&scene);
        let kin = story.correct(&scene, &call, from(KIN));
        scene.settled();
        assert_eq!(story.judged(&scene, &call).call.party, Party::Number(phone(KIN)));
        assert_eq!(story.verdict(&scene, &call), Some(Verdict::SameGroup));
        // What the source says later of the caller does not hold against it.
        story.ingest(&scene, &[from_another(&call, FOREIGN + 1)]);
        let derived = scene.settled();
        assert_eq!(derived.tallies[0].caller, Some(phone(KIN)));
        let hidden = Amendment { caller: Some(None), ..Amendment::default() };
        let hidden = story.correct(&scene, &call, Correcting::Amend(hidden));
        scene.settled();
        assert_eq!(story.judged(&scene, &call).call.party, Party::Hidden);
        let short = Amendment { caller: Some(Some("900".to_owned())), ..Amendment::default() };
        let short = story.correct(&scene, &call, Correcting::Amend(short));
        scene.settled();
        let party = story.judged(&scene, &call).call.party;
        assert_eq!(party, Party::ShortCode("900".to_owned()));
        let own = story.correct(&scene, &call, from(LINE));
        scene.settled();
        assert_eq!(story.reasons(&scene, &call), [Reason::OwnNumber]);
        for amendment in [kin, hidden, short, own] {
            story.correct(&scene, &call, Correcting::Withdraw(amendment));
        }
        let after = scene.settled();
        assert_eq!(after.tallies[0].caller, Some(phone(FOREIGN + 1)), "as the source says last");
        assert_eq!(after.calls.len(), before.calls.len());
    });
}

#[test]
fn an_amended_channel_takes_a_call_out_of_the_telephone_network() {
    on_both(|database| {
        let scene = Scene::on(database);
        let (story, call, before) = caught(&scene);
        let amendment = Amendment { channel: Some(Channel::Messenger), ..Amendment::default() };
        let messenger = story.correct(&scene, &call, Correcting::Amend(amendment));
        scene.settled();
        assert_eq!(story.reasons(&scene, &call), [Reason::Channel]);
        story.correct(&scene, &call, Correcting::Withdraw(messenger));
        let amendment = Amendment { answered: Some(false), ..Amendment::default() };
        let unanswered = story.correct(&scene, &call, Correcting::Amend(amendment));
        scene.settled();
        assert!(story.interception(&scene, &call).unwrap().attempt);
        story.correct(&scene, &call, Correcting::Withdraw(unanswered));
        assert_same(&before, &scene.settled());
    });
}

#[test]
fn an_outgoing_call_taints_no_more_when_it_is_voided() {
    on_both(|database| {
        let scene = Scene::on(database);
        let (story, call, before) = caught(&scene);
        let dialled = story.outgoing("dialled", FOREIGN, start() - minutes(24 * 60));
        story.ingest(&scene, std::slice::from_ref(&dialled));
        scene.settled();
        assert_eq!(story.reasons(&scene, &call), [Reason::TaintedByCall]);
        let other =
            Amendment { called: Some(Some(format!("+{}", FOREIGN + 1))), ..Amendment::default() };
        let misdialled = story.correct(&scene, &dialled, Correcting::Amend(other));
        scene.settled();
        assert_eq!(story.verdict(&scene, &call), Some(Verdict::ForeignGroup));
        story.correct(&scene, &dialled, Correcting::Withdraw(misdialled));
        scene.settled();
        assert_eq!(story.verdict(&scene, &call), None);
        story.correct(&scene, &dialled, Correcting::Void);
        assert_same(&before, &scene.settled());
    });
}

#[test]
fn consent_heard_in_a_voided_recording_counts_no_more() {
    on_both(|database| {
        let scene = Scene::on(database);
        let (story, call, before) = caught(&scene);
        let earlier = story.call("earlier", FOREIGN, start() - minutes(48 * 60));
        story.ingest(&scene, std::slice::from_ref(&earlier));
        scene.settle();
        story.record(&scene, &earlier);
        story.label(&scene, &earlier, &consent());
        scene.settled();
        assert_eq!(story.reasons(&scene, &call), [Reason::TaintedByConsent]);
        let amended = story.correct(&scene, &earlier, from(FOREIGN + 1));
        scene.settled();
        assert_eq!(story.verdict(&scene, &call), Some(Verdict::ForeignGroup), "another's consent");
        story.correct(&scene, &earlier, Correcting::Withdraw(amended));
        scene.settled();
        assert_eq!(story.verdict(&scene, &call), None);
        story.correct(&scene, &earlier, Correcting::Void);
        assert_same(&before, &scene.settled());
    });
}

/// A record that names a bait by a reference.
fn named(story: &Story, reference: &str) -> Report {
    let of = story.call("named", FOREIGN, start() + minutes(26 * 60));
    let bait = BaitName::Reference(reference.to_owned());
    let (direction, party) = (Direction::Incoming, Party::Number(phone(FOREIGN)));
    Report { ends: Ends::Named { bait, direction, party }, called_raw: None, ..of }
}

#[test]
fn an_amendment_that_names_the_right_bait_joins_what_waited_for_another() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        story.complete_trap(&scene, start());
        let call = named(&story, "M-9");
        assert!(!story.ingest(&scene, std::slice::from_ref(&call))[0].matched);
        let before = scene.settled();
        assert_eq!(before.calls.len(), 2, "nobody's call yet");
        let by_number = story.correct(&scene, &call, of_bait(&format!("+{BAIT}")));
        scene.settled();
        assert_eq!(story.verdict(&scene, &call), Some(Verdict::ForeignGroup));
        story.correct(&scene, &call, Correcting::Withdraw(by_number));
        assert_same(&before, &scene.settled());
        let (client, bait) = (story.client, story.bait);
        let reference = Some(Some("M-1".to_owned()));
        let changes = BaitChanges { reference, ..BaitChanges::default() };
        scene.as_client(client, |conn| baits::update_bait(conn, client, bait, &changes));
        story.correct(&scene, &call, of_bait("M-1"));
        scene.settled();
        assert_eq!(story.verdict(&scene, &call), Some(Verdict::ForeignGroup));
    });
}

#[test]
fn an_amended_bait_moves_a_call_to_the_other_bait() {
    on_both(|database| {
        let scene = Scene::on(database);
        let (story, call, before) = caught(&scene);
        let second = story.on_another_bait(&scene);
        let called =
            Amendment { called: Some(Some(format!("+{}", BAIT + 1_000))), ..Amendment::default() };
        let amended = story.correct(&scene, &call, Correcting::Amend(called));
        scene.settled();
        assert_eq!(story.judged(&scene, &call).call.bait, second.bait);
        assert_eq!(story.reasons(&scene, &call), [Reason::OutsideWindow], "no trap ran on it");
        story.correct(&scene, &call, Correcting::Withdraw(amended));
        assert_same(&before, &scene.settled());
    });
}

#[test]
fn a_bait_that_appears_joins_what_waits_by_its_reference_and_not_what_is_voided() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        let call = named(&story, "M-9");
        let mut mistake = named(&story, "M-9");
        mistake.id = story.call("mistake", FOREIGN, start()).id;
        mistake.reported_at = start();
        story.ingest(&scene, &[call.clone(), mistake.clone()]);
        let void = story.correct(&scene, &mistake, Correcting::Void);
        assert_eq!(scene.settled().calls, []);
        let new = NewBait {
            number: phone(BAIT + 1),
            reference: Some("M-9".to_owned()),
            operator: None,
            region: None,
            note: None,
        };
        let client = story.client;
        let bait = scene.as_client(client, |conn| baits::create_bait(conn, client, &new)).id;
        assert_eq!(scene.settled().calls.len(), 1);
        assert_eq!(story.judged(&scene, &call).call.bait, bait);
        story.correct(&scene, &mistake, Correcting::Withdraw(void));
        assert_eq!(scene.settled().calls.len(), 2);
        assert_eq!(story.judged(&scene, &mistake).call.bait, bait, "it was joined meanwhile");
    });
}

#[test]
fn revisions_and_corrections_in_any_order_come_to_the_same() {
    on_both(|database| {
        let scene = Scene::on(database);
        let (story, call, _) = caught(&scene);
        let revised = from_another(&moved(&call, call.reported_at + minutes(7)), FOREIGN + 1);
        let correct = |correcting| story.correct(&scene, &call, correcting);
        let connected = || {
            let connected_seconds = Some(Some(90));
            Correcting::Amend(Amendment { connected_seconds, ..Amendment::default() })
        };
        story.ingest(&scene, std::slice::from_ref(&revised));
        correct(from(KIN));
        correct(connected());
        let expected = scene.settled();
        assert_eq!(story.verdict(&scene, &call), Some(Verdict::SameGroup));
        for order in 0..3 {
            scene.execute("DELETE FROM observation_corrections; DELETE FROM observation_revisions");
            scene.execute(&format!(
                "UPDATE observations SET amended = NULL, revision = 0 WHERE external_id = '{}'",
                call.external_id.as_deref().unwrap(),
            ));
            if order == 0 {
                correct(from(KIN));
                correct(connected());
            }
            story.ingest(&scene, std::slice::from_ref(&call));
            if order == 1 {
                correct(connected());
                scene.settle();
                correct(from(KIN));
            }
            story.ingest(&scene, &[revised.clone(), call.clone()]);
            if order == 2 {
                correct(from(KIN));
                scene.settle();
                correct(connected());
            }
            assert_same(&expected, &scene.settled());
        }
    });
}
