//! Operators that the agency learns of after the calls came: verdicts follow
//! from the moment on at which it holds, for every client.

use baitline_domain::ids::OperatorEntryId;
use baitline_domain::instant::{Instant, Span};
use baitline_domain::observation::Report;
use baitline_domain::operator::{Operator, OperatorGroup, Standing};
use baitline_domain::verdict::{Reason, Verdict};
use baitline_store::models::{NewOperatorEntry, OperatorEntryRow};
use baitline_store::operators;
use baitline_testkit::on_both;

use crate::scene::{Scene, at};
use crate::story::{INTERNOD, LONER, Story, T2, minutes};

fn start() -> Instant {
    at("2026-09-02T10:00:00Z")
}

fn hours(hours: i64) -> Span {
    minutes(60 * hours)
}

fn member(group: &str) -> Standing {
    Standing::Group(OperatorGroup(group.to_owned()))
}

/// The agency learns how an operator stands.
pub(crate) fn learn(
    scene: &Scene,
    inn: &str,
    standing: Standing,
    since: Option<Instant>,
) -> OperatorEntryRow {
    let operator = Operator {
        inn: inn.parse().unwrap(),
        name: format!("Общество с ИНН {inn}"),
        brand: None,
        standing,
        source: "выписка".to_owned(),
    };
    let new = NewOperatorEntry { operator, since };
    scene.agency(|conn| operators::create_entry(conn, &new, "key"))
}

fn withdraw(scene: &Scene, inn: &str, id: OperatorEntryId, because: Option<&str>) {
    let inn = inn.parse().unwrap();
    scene.agency(|conn| operators::withdraw_entry(conn, inn, id, because));
}

/// A complete trap on the story's bait, with a stranger's call in each day after
/// it.
fn two_calls(scene: &Scene, story: &Story) -> [Report; 2] {
    story.complete_trap(scene, start());
    let before = story.call("before", LONER, start() + hours(2));
    let after = story.call("after", LONER, start() + hours(26));
    let calls = [before, after];
    story.ingest(scene, &calls);
    calls
}

#[test]
fn a_subsidiary_bought_between_two_calls_is_of_the_group_from_then_on_until_withdrawn() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        let [before, after] = two_calls(&scene, &story);
        // One worker for all of it: what it remembers of operators must not last.
        let mut worker = scene.worker();
        worker.run_until_empty().unwrap();
        let verdicts = || [&before, &after].map(|call| story.verdict(&scene, call).unwrap());
        let strangers = [Verdict::ForeignEntity; 2];
        assert_eq!(verdicts(), strangers);

        let bought = learn(&scene, INTERNOD, member("t2-rostelecom"), Some(after.reported_at));
        worker.run_until_empty().unwrap();
        assert_eq!(verdicts(), [Verdict::ForeignEntity, Verdict::SameGroup]);
        scene.settled();

        withdraw(&scene, INTERNOD, bought.id, Some("не то общество"));
        worker.run_until_empty().unwrap();
        assert_eq!(verdicts(), strangers);
        scene.settled();

        withdraw(&scene, INTERNOD, bought.id, None);
        worker.run_until_empty().unwrap();
        assert_eq!(verdicts(), [Verdict::ForeignEntity, Verdict::SameGroup]);
        scene.settled();
    });
}

#[test]
fn what_always_held_changes_every_clients_calls_and_a_later_entry_only_those_after_it() {
    on_both(|database| {
        let scene = Scene::on(database);
        let ours = Story::on(&scene);
        let theirs = Story::without_numbering(&scene);
        let both = [&ours, &theirs];
        let calls = both.map(|story| two_calls(&scene, story));
        let verdicts = || {
            scene.settled();
            let of = |story: &Story, calls: &[Report; 2]| {
                [0, 1].map(|which| story.verdict(&scene, &calls[which]).unwrap())
            };
            [of(&ours, &calls[0]), of(&theirs, &calls[1])]
        };
        assert_eq!(verdicts(), [[Verdict::ForeignEntity; 2]; 2]);
        learn(&scene, INTERNOD, member("mts"), None);
        assert_eq!(verdicts(), [[Verdict::ForeignGroup; 2]; 2]);
        learn(&scene, INTERNOD, Standing::NoCallers, Some(start() + hours(20)));
        assert_eq!(verdicts(), [[Verdict::ForeignGroup, Verdict::Invalid]; 2]);
    });
}

#[test]
fn the_baits_own_operator_is_judged_as_it_stood_then_as_well() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        let [before, after] = two_calls(&scene, &story);
        scene.settled();
        let hosts = Vec::new();
        learn(&scene, T2, Standing::Virtual { hosts }, Some(start() + hours(20)));
        scene.settled();
        assert_eq!(story.reasons(&scene, &before), [Reason::RangeHolderOnly]);
        assert_eq!(story.verdict(&scene, &after), Some(Verdict::Inconclusive));
        assert_eq!(story.reasons(&scene, &after), [Reason::BaitOperatorVirtual]);
    });
}
