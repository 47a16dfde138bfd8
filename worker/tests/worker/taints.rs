//! What the bait had to do with a caller before, when it becomes known late.

use baitline_domain::instant::{Instant, Span};
use baitline_domain::label::LabelKind;
use baitline_domain::verdict::{Reason, Verdict};
use baitline_testkit::on_both;

use crate::scene::{Scene, at};
use crate::story::{FOREIGN, Story, consent, label, minutes, moved};

fn start() -> Instant {
    at("2026-09-02T10:00:00Z")
}

fn hours(hours: i64) -> Span {
    minutes(60 * hours)
}

#[test]
fn a_late_outgoing_call_makes_background_of_the_same_day_and_of_later_ones() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        story.complete_trap(&scene, start());
        let before = story.call("before", FOREIGN, start() + hours(1));
        let same_day = story.call("same day", FOREIGN, start() + hours(4));
        let next_day = story.call("next day", FOREIGN, start() + hours(24));
        let another = story.call("another", FOREIGN + 1, start() + hours(24));
        let caught = [before, same_day, next_day, another];
        story.ingest(&scene, &caught);
        scene.settled();
        for report in &caught {
            assert_eq!(story.verdict(&scene, report), Some(Verdict::ForeignGroup));
        }
        story.ingest(&scene, &[story.outgoing("late", FOREIGN, start() + hours(2))]);
        scene.settled();
        let [before, same_day, next_day, another] = &caught;
        assert_eq!(story.verdict(&scene, before), Some(Verdict::ForeignGroup));
        assert_eq!(story.reasons(&scene, same_day), [Reason::TaintedByCall]);
        assert_eq!(story.reasons(&scene, next_day), [Reason::TaintedByCall]);
        assert_eq!(story.verdict(&scene, another), Some(Verdict::ForeignGroup));
    });
}

#[test]
fn a_late_earlier_call_makes_prior_contacts_of_later_ones() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        story.complete_trap(&scene, start());
        let caught = story.call("caught", FOREIGN, start() + hours(30));
        story.ingest(&scene, std::slice::from_ref(&caught));
        scene.settled();
        assert!(!story.interception(&scene, &caught).unwrap().prior_contact);
        story.ingest(&scene, &[story.call("long ago", FOREIGN, start() - hours(24 * 40))]);
        let derived = scene.settled();
        assert!(story.interception(&scene, &caught).unwrap().prior_contact);
        assert!(derived.tallies.iter().all(|tally| tally.prior_contact));
    });
}

#[test]
fn consent_taints_later_calls_until_the_label_is_corrected() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        story.complete_trap(&scene, start());
        let heard = story.call("heard", FOREIGN, start() + hours(2));
        let same_day = story.call("same day", FOREIGN, start() + hours(3));
        let later = story.call("later", FOREIGN, start() + hours(40));
        story.ingest(&scene, &[heard.clone(), same_day.clone(), later.clone()]);
        story.record(&scene, &heard);
        scene.settled();
        story.label(&scene, &heard, &consent());
        scene.settled();
        assert_eq!(story.verdict(&scene, &heard), Some(Verdict::ForeignGroup));
        assert_eq!(story.judged(&scene, &heard).label, Some(LabelKind::Service));
        assert_eq!(story.reasons(&scene, &same_day), [Reason::TaintedByConsent]);
        assert_eq!(story.reasons(&scene, &later), [Reason::TaintedByConsent]);
        story.label(&scene, &heard, &label(LabelKind::Advertising));
        scene.settled();
        assert_eq!(story.judged(&scene, &heard).label, Some(LabelKind::Advertising));
        assert_eq!(story.verdict(&scene, &same_day), Some(Verdict::ForeignGroup));
        assert_eq!(story.verdict(&scene, &later), Some(Verdict::ForeignGroup));
    });
}

#[test]
fn consent_heard_in_a_recording_that_hides_the_caller_taints_the_caller_of_the_call() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        story.complete_trap(&scene, start());
        let moment = start() + hours(2);
        let hidden = story.seen_by(&story.recorder, "hidden", None, moment);
        let later = story.call("later", FOREIGN, start() + hours(40));
        story.ingest(&scene, &[hidden.clone(), later.clone()]);
        story.record(&scene, &hidden);
        scene.settled();
        story.label(&scene, &hidden, &consent());
        scene.settled();
        assert_eq!(story.verdict(&scene, &later), Some(Verdict::ForeignGroup), "whose consent?");
        let revealing = story.call("revealing", FOREIGN, moment);
        story.ingest(&scene, &[revealing]);
        scene.settled();
        assert_eq!(story.judged(&scene, &hidden).call.observations.len(), 2);
        assert_eq!(story.reasons(&scene, &later), [Reason::TaintedByConsent]);
    });
}

#[test]
fn an_outgoing_call_that_moves_past_its_later_days_taints_them_no_more() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        story.complete_trap(&scene, start());
        let outgoing = story.outgoing("outgoing", FOREIGN, start() + hours(2));
        let between = story.call("between", FOREIGN, start() + hours(24));
        let last = story.call("last", FOREIGN, start() + hours(47));
        story.ingest(&scene, &[outgoing.clone(), between.clone(), last.clone()]);
        scene.settled();
        assert_eq!(story.reasons(&scene, &between), [Reason::TaintedByCall]);
        story.ingest(&scene, &[moved(&outgoing, start() + hours(46))]);
        scene.settled();
        assert_eq!(story.verdict(&scene, &between), Some(Verdict::ForeignGroup));
        assert_eq!(story.reasons(&scene, &last), [Reason::TaintedByCall]);
    });
}
