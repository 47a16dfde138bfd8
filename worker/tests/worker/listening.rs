//! What the worker derives for listeners: how many recordings a call has, and
//! that whoever holds a call still holds it when it gets another id.

use baitline_domain::instant::Span;
use baitline_domain::label::LabelKind;
use baitline_domain::observation::Report;
use baitline_store::Reach;
use baitline_store::assignments::NewAssignment;
use baitline_store::calls::{CallPage, UnheardFilter, UnheardKind};
use baitline_store::listening::{self, Unheard};
use baitline_testkit::on_both;

use crate::scene::{Scene, at};
use crate::story::{FOREIGN, Story, label, minutes, moved};

const EVERY: UnheardFilter = UnheardFilter {
    kind: UnheardKind::Interceptions,
    bait: None,
    trap: None,
    party: None,
    verdict: None,
    assignee: None,
};

fn queue(scene: &Scene, story: &Story) -> Vec<Unheard> {
    let reach = Reach::Client(story.client);
    let page = CallPage { after: None, limit: 100 };
    let now = at("2026-11-20T00:00:00Z");
    let read = |conn: &mut _| listening::list_unheard(conn, reach, &EVERY, page, now);
    scene.store.read(reach, read).unwrap()
}

fn assign(scene: &Scene, story: &Story, call: &Report) {
    let new =
        NewAssignment {
            assignee: "Анна".to_owned(), until: None, assigned_by: "key".to_owned()
        };
    let (reach, now) = (Reach::Client(story.client), at("2026-11-20T00:00:00Z"));
    scene.as_client(story.client, |conn| listening::assign(conn, reach, &[call.id], &new, now));
}

#[test]
fn a_call_counts_its_recordings_and_waits_until_it_is_labelled() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        let start = at("2026-09-02T10:00:00Z");
        story.complete_trap(&scene, start);
        let at = start + minutes(120);
        let of_pbx = story.call("1", FOREIGN, at);
        let of_recorder = story.seen_by(&story.recorder, "1", Some(FOREIGN), at + Span::seconds(5));
        story.ingest(&scene, &[of_pbx.clone(), of_recorder.clone()]);
        scene.settled();
        assert_eq!(queue(&scene, &story), []);
        story.record(&scene, &of_recorder);
        scene.settled();
        assert_eq!(story.judged(&scene, &of_pbx).recordings, 1);
        assert_eq!(queue(&scene, &story)[0].judged.call.id, of_pbx.id);
        story.record(&scene, &of_pbx);
        scene.settled();
        let waits = queue(&scene, &story);
        assert_eq!((waits[0].judged.recordings, waits[0].recordings.len()), (2, 2));
        story.label(&scene, &of_pbx, &label(LabelKind::Unclear));
        scene.settled();
        assert_eq!(queue(&scene, &story), []);
        assert_eq!(story.judged(&scene, &of_pbx).recordings, 2);
    });
}

#[test]
fn a_recording_that_came_before_its_bait_is_counted_when_the_bait_appears() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        let later = 79_010_009_999;
        let call = crate::story::report(
            &story.pbx,
            "1",
            &format!("+{FOREIGN}"),
            &format!("+{later}"),
            at("2026-09-02T12:00:00Z"),
        );
        story.ingest(&scene, std::slice::from_ref(&call));
        story.record(&scene, &call);
        scene.settle();
        crate::story::add_bait(&scene, story.client, later);
        scene.settled();
        assert_eq!(story.judged(&scene, &call).recordings, 1);
    });
}

#[test]
fn whoever_holds_a_call_holds_it_still_when_an_earlier_observation_gives_it_its_id() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        let start = at("2026-09-02T10:00:00Z");
        story.complete_trap(&scene, start);
        let at = start + minutes(120);
        let of_recorder = story.seen_by(&story.recorder, "1", Some(FOREIGN), at);
        story.ingest(&scene, std::slice::from_ref(&of_recorder));
        story.record(&scene, &of_recorder);
        scene.settle();
        assign(&scene, &story, &of_recorder);
        // The exchange reports late what began earlier, then corrects itself.
        let of_pbx = story.call("1", FOREIGN, at - Span::seconds(30));
        story.ingest(&scene, std::slice::from_ref(&of_pbx));
        let holder = || {
            scene.settled();
            let [waits] = &queue(&scene, &story)[..] else { panic!("one call waits") };
            let holder = waits.assignment.as_ref().map(|held| held.assignee.clone());
            (waits.judged.call.id, holder)
        };
        assert_eq!(holder(), (of_pbx.id, Some("Анна".to_owned())));
        let corrected = moved(&of_pbx, at + Span::seconds(30));
        story.ingest(&scene, std::slice::from_ref(&corrected));
        assert_eq!(holder(), (of_recorder.id, Some("Анна".to_owned())));
    });
}
