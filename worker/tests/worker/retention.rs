//! Retention: what is older than a client keeps calls goes by itself, and nothing that
//! a younger call or a complaint rests on.

use baitline_domain::erasure::ErasureGround;
use baitline_domain::instant::{Instant, Span};
use baitline_domain::observation::Report;
use baitline_store::{Conn, Reach, StoreError, erasures, now, observations, retention};
use baitline_testkit::on_both;

use crate::erasures::file;
use crate::scene::{ALL, Scene};
use crate::story::{FOREIGN, KIN, LONER, Story, minutes};

/// Some days ago, at noon.
fn days_ago(days: i64) -> Instant {
    now().day().start() - Span::hours(24 * days - 12)
}

fn keep_for(scene: &Scene, story: &Story, days: i32) {
    let client = story.client;
    scene.agency(|conn| retention::set_retention(conn, client, Some(days), "test"));
}

fn is_there(scene: &Scene, report: &Report) -> bool {
    let found = |conn: &mut Conn| observations::find_one(conn, Reach::Agency, report.id);
    match scene.store.read(Reach::Agency, found) {
        Ok(_) => true,
        Err(StoreError::NotFound) => false,
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn calls_are_kept_for_ever_unless_somebody_says_how_long() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        let old = story.call("old", FOREIGN, days_ago(4_000));
        story.ingest(&scene, std::slice::from_ref(&old));
        scene.settle();
        assert!(is_there(&scene, &old));
        assert_eq!(scene.count("SELECT count(*) FROM erasures"), 0);
    });
}

#[test]
fn old_calls_go_and_those_that_a_younger_one_rests_on_stay() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        story.complete_trap(&scene, days_ago(300));
        let old = story.call("old", FOREIGN, days_ago(300) + minutes(120));
        // It called since: what was before bears on that.
        let before = story.call("before", KIN, days_ago(300) + minutes(180));
        let since = story.call("since", KIN, days_ago(5));
        let young = story.call("young", LONER, days_ago(30));
        let all = [old.clone(), before.clone(), since.clone(), young.clone()];
        story.ingest(&scene, &all);
        scene.settle();
        keep_for(&scene, &story, 90);
        scene.erase();
        let there = all.each_ref().map(|report| is_there(&scene, report));
        assert_eq!(there, [false, true, true, true]);
        let rows = scene.agency(|conn| erasures::list_erasures(conn, Reach::Agency, ALL));
        assert_eq!((rows.len(), rows[0].ground), (1, ErasureGround::Retention));
        // The run's own two calls are as old, and nothing rests on them any more.
        assert_eq!(rows[0].counts().unwrap().calls, 3);
        scene.settled();
        scene.erase();
        assert_eq!(scene.count("SELECT count(*) FROM erasures"), 1, "nothing more is due");
    });
}

#[test]
fn a_trap_whose_window_is_younger_keeps_the_calls_that_made_it() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        // The run is a day too old, what it caught is not.
        story.complete_trap(&scene, days_ago(91));
        let caught = story.call("caught", FOREIGN, days_ago(89));
        story.ingest(&scene, std::slice::from_ref(&caught));
        scene.settle();
        let before = story.verdict(&scene, &caught);
        assert!(before.is_some());
        keep_for(&scene, &story, 90);
        scene.erase();
        scene.settled();
        assert_eq!(story.verdict(&scene, &caught), before);
    });
}

#[test]
fn what_a_filed_complaint_holds_outlives_its_time_with_what_it_rests_on() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        story.complete_trap(&scene, days_ago(300));
        let filed = story.call("filed", FOREIGN, days_ago(300) + minutes(120));
        let other = story.call("other", LONER, days_ago(300) + minutes(240));
        story.ingest(&scene, &[filed.clone(), other.clone()]);
        scene.settle();
        let before = story.verdict(&scene, &filed);
        assert!(before.is_some());
        file(&scene, &story, &filed);
        keep_for(&scene, &story, 90);
        scene.erase();
        assert_eq!((is_there(&scene, &filed), is_there(&scene, &other)), (true, false));
        scene.settled();
        assert_eq!(story.verdict(&scene, &filed), before, "its trap stands");
    });
}
