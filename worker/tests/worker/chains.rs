//! Grouping that hangs together across midnight: the day on one side decides
//! about the other.

use baitline_domain::instant::{Instant, Span};
use baitline_domain::observation::Report;
use baitline_testkit::on_both;

use crate::dice::Dice;
use crate::scene::{Scene, assert_same, at};
use crate::story::{FOREIGN, Story, moved};

/// Orders tried on each database.
const ORDERS: u64 = 6;

fn midnight() -> Instant {
    at("2026-09-03T00:00:00Z")
}

/// Reports 1:59 apart by turns from two sources, half of them before midnight:
/// which two make a call depends on the very first. The callers are withheld, so
/// that no later day is recomputed for the sake of a number.
fn chain(story: &Story) -> Vec<Report> {
    (0..14)
        .map(|n| {
            let at = midnight() + Span::seconds(119 * (n - 7) + 30);
            let source = if n % 2 == 0 { &story.pbx } else { &story.recorder };
            story.seen_by(source, &n.to_string(), None, at)
        })
        .collect()
}

#[test]
fn a_chain_across_midnight_is_the_same_in_any_order_with_work_in_between() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        story.ingest(&scene, &chain(&story));
        let expected = scene.settled();
        assert_eq!(expected.calls.len(), 7, "pairs");
        for seed in 0..ORDERS {
            let mut dice = Dice::of(seed);
            let mut reports = chain(&story);
            dice.shuffle(&mut reports);
            scene.forget_observations();
            for report in &reports {
                story.ingest(&scene, std::slice::from_ref(report));
                if dice.one_in(2) {
                    scene.settle();
                }
            }
            scene.settle();
            assert_same(&expected, &scene.derived());
        }
    });
}

#[test]
fn the_first_of_a_chain_regroups_the_next_day_when_it_comes_and_when_it_goes() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        let reports = chain(&story);
        story.ingest(&scene, &reports[1..]);
        let without = scene.settled();
        story.ingest(&scene, &reports[..1]);
        let with = scene.settled();
        assert_ne!(without.calls.last(), with.calls.last(), "the last pair is another one");
        let far_away = moved(&reports[0], midnight() + Span::hours(100));
        story.ingest(&scene, &[far_away]);
        let again = scene.settled();
        assert_eq!(again.calls.len(), without.calls.len() + 1);
        assert_eq!(again.calls[..without.calls.len()], without.calls);
    });
}

/// A caller's report beyond midnight takes the place in its group that a
/// withheld one had, which goes back to a group of the day before.
#[test]
fn a_report_four_minutes_after_midnight_can_change_a_call_of_the_day_before() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        let second = |seconds| midnight() + Span::seconds(seconds);
        let before = story.call("before", FOREIGN, second(-5));
        let after = story.call("after", FOREIGN + 1, second(60));
        let withheld = story.seen_by(&story.recorder, "withheld", None, second(110));
        story.ingest(&scene, &[before.clone(), after.clone(), withheld.clone()]);
        scene.settled();
        assert_eq!(story.judged(&scene, &withheld).call.id, after.id, "the nearest");
        let late = story.seen_by(&story.recorder, "late", Some(FOREIGN + 1), second(170));
        story.ingest(&scene, std::slice::from_ref(&late));
        scene.settled();
        assert_eq!(story.judged(&scene, &late).call.id, after.id);
        assert_eq!(story.judged(&scene, &withheld).call.id, before.id);
    });
}
