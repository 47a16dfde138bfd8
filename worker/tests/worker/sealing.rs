//! Days in segments: what is read from them, what is not, and what becomes of
//! files that nobody names.

use baitline_domain::ids::ClientId;
use baitline_domain::instant::{Instant, Span};
use baitline_domain::observation::Report;
use baitline_store::blobs::BlobKind;
use baitline_store::models::{Amendment, BaitChanges, Correcting, OwnNumberChanges};
use baitline_store::segments::{self, Lost};
use baitline_store::{Reach, baits, own_numbers};
use baitline_testkit::{S3Server, TestDatabase, on_both};
use baitline_worker::{SealRules, Sealer};

use crate::scene::{Scene, at};
use crate::sealed::{
    EAGER, Read, assert_reports_agree, assert_reports_of_agree, assert_whole_days_agree,
};
use crate::story::{FOREIGN, Story, minutes, moved};

fn start() -> Instant {
    at("2026-09-02T10:00:00Z")
}

fn hours(hours: i64) -> Span {
    minutes(60 * hours)
}

/// Sixteen interceptions of two traps, on four days.
fn told(scene: &Scene) -> (Story, Vec<Report>) {
    let story = Story::on(scene);
    let reports = told_of(scene, &story);
    (story, reports)
}

fn told_of(scene: &Scene, story: &Story) -> Vec<Report> {
    let mut reports = Vec::new();
    for trap in 0..2 {
        let begins = start() + hours(trap * 72);
        story.complete_trap(scene, begins);
        for call in 0..8 {
            let at = begins + hours(2 + call * 5);
            let caller = FOREIGN + (call % 3) as u64;
            reports.push(story.call(&format!("{trap} {call}"), caller, at));
        }
    }
    story.ingest(scene, &reports);
    scene.settle();
    reports
}

fn unsealed(scene: &Scene) -> i64 {
    scene.count("SELECT count(*) FROM derived_days WHERE unsealed")
}

#[test]
fn settled_days_are_read_from_files_and_every_period_counts_the_same() {
    on_both(|database| {
        let scene = Scene::on(database);
        let (story, _) = told(&scene);
        assert_eq!(scene.sealed_days(), 0);
        scene.seal();
        assert_eq!((unsealed(&scene), scene.sealed_days()), (0, 4));
        assert_eq!(scene.segment_files(story.client).len(), 2, "twelve calls go into a file");
        let whole = Read::of(&scene, Reach::Agency, start(), start() + hours(240));
        assert_eq!(whole.tallies, [], "nothing is read from the database");
        for (from, to) in [(0, 240), (3, 4), (3, 9), (7, 80), (0, 14), (13, 15), (14, 38)] {
            assert_reports_agree(&scene, start() + hours(from), start() + hours(to));
        }
    });
}

#[test]
fn a_recomputed_day_is_read_from_the_database_at_once_and_sealed_again_later() {
    on_both(|database| {
        let scene = Scene::on(database);
        let (story, reports) = told(&scene);
        scene.seal();
        let corrected = &reports[3];
        story.correct(&scene, corrected, Correcting::Void);
        scene.settle();
        assert_eq!((unsealed(&scene), scene.sealed_days()), (1, 3));
        assert_whole_days_agree(&scene);
        scene.seal();
        assert_eq!((unsealed(&scene), scene.sealed_days()), (0, 4));
        assert_whole_days_agree(&scene);
        let rows = "SELECT CAST(sum(interceptions) AS bigint) FROM segments
            WHERE dropped_at IS NULL";
        assert_eq!(scene.count(rows), 15, "the voided call is in no file that is read");
        assert_eq!(scene.settled().tallies.iter().map(|one| one.calls).sum::<u32>(), 15);
    });
}

#[test]
fn a_day_that_lost_its_last_interception_leaves_its_file_too() {
    on_both(|database| {
        let scene = Scene::on(database);
        let (story, reports) = told(&scene);
        scene.seal();
        for report in &reports {
            story.correct(&scene, report, Correcting::Void);
        }
        scene.settle();
        assert_whole_days_agree(&scene);
        scene.seal();
        let live = "SELECT count(*) FROM segments WHERE dropped_at IS NULL";
        assert_eq!((scene.count(live), unsealed(&scene), scene.sealed_days()), (0, 0, 0));
        scene.sealer().sweep_older_than(Span::seconds(-60)).unwrap();
        assert_eq!(scene.segment_files(story.client).len(), 0);
        assert_eq!(scene.count("SELECT count(*) FROM segments"), 0);
    });
}

#[test]
fn a_change_that_touches_days_and_changes_none_leaves_them_sealed() {
    on_both(|database| {
        let scene = Scene::on(database);
        let (story, _) = told(&scene);
        scene.seal();
        let valid_from = Some(Some(start() - hours(1_000)));
        let changes = OwnNumberChanges { valid_from, ..OwnNumberChanges::default() };
        let (client, line) = (story.client, story.line);
        scene.as_client(client, |c| own_numbers::update_own_number(c, client, line, &changes));
        scene.settle();
        assert_eq!((unsealed(&scene), scene.sealed_days()), (0, 4));
        // Only the tallies tell that this one changed.
        let beeline = Some("7713076301".parse().unwrap());
        let changes = BaitChanges { operator: Some(beeline), ..BaitChanges::default() };
        scene.as_client(client, |c| baits::update_bait(c, client, story.bait, &changes));
        scene.settle();
        assert_eq!((unsealed(&scene), scene.sealed_days()), (4, 0));
        assert_whole_days_agree(&scene);
    });
}

#[test]
fn a_call_that_moves_within_its_day_is_another_day_for_edges() {
    on_both(|database| {
        let scene = Scene::on(database);
        let (story, reports) = told(&scene);
        scene.seal();
        // Between two calls of its own tally: no tally changes by it.
        story.ingest(&scene, &[moved(&reports[3], start() + hours(18))]);
        scene.settle();
        for hour in 14..24 {
            assert_reports_agree(&scene, start() + hours(hour), start() + hours(hour + 1));
        }
    });
}

#[test]
fn a_day_recomputed_between_file_and_list_is_left_out_of_the_file() {
    on_both(|database| {
        let scene = Scene::on(database);
        let (story, reports) = told(&scene);
        let sealer = scene.sealer();
        let prepared = sealer.prepare_next().unwrap().unwrap();
        let amended =
            Amendment { caller: Some(Some(format!("+{}", FOREIGN + 7))), ..Amendment::default() };
        story.correct(&scene, &reports[0], Correcting::Amend(amended));
        scene.settle();
        assert_eq!(prepared.days() - sealer.finish(&prepared).unwrap(), 1);
        assert_eq!(scene.sealed_days(), 3);
        assert_whole_days_agree(&scene);
        scene.seal();
        assert_eq!(scene.sealed_days(), 4);
        assert_whole_days_agree(&scene);
    });
}

#[test]
fn what_waits_to_be_recomputed_is_not_sealed() {
    on_both(|database| {
        let scene = Scene::on(database);
        let (story, reports) = told(&scene);
        story.correct(&scene, &reports[0], Correcting::Void);
        scene.seal();
        assert_eq!((unsealed(&scene), scene.sealed_days()), (1, 3));
        assert_whole_days_agree(&scene);
    });
}

#[test]
fn a_sealer_that_dies_between_file_and_list_leaves_a_file_that_is_swept_up() {
    on_both(|database| {
        let scene = Scene::on(database);
        let (story, _) = told(&scene);
        let dead = scene.sealer();
        dead.prepare_next().unwrap().unwrap();
        assert!(scene.sealer().prepare_next().unwrap().is_none(), "the dead one holds it");
        assert_eq!((scene.segment_files(story.client).len(), scene.sealed_days()), (2, 0));
        assert_whole_days_agree(&scene);
        scene.execute("UPDATE sealings SET held_until = (SELECT min(created_at) FROM clients)");
        let heir = scene.sealer();
        heir.sweep().unwrap();
        assert_eq!(scene.segment_files(story.client).len(), 2, "they are young");
        heir.sweep_older_than(Span::seconds(-60)).unwrap();
        assert_eq!(scene.segment_files(story.client).len(), 0);
        scene.seal();
        assert_eq!(scene.sealed_days(), 4);
        heir.sweep_older_than(Span::seconds(-60)).unwrap();
        assert_eq!(scene.segment_files(story.client).len(), 2, "rows name these");
        assert_whole_days_agree(&scene);
    });
}

#[test]
fn a_sealer_that_lost_its_lease_lists_nothing() {
    on_both(|database| {
        let scene = Scene::on(database);
        told(&scene);
        let slow = scene.sealer();
        let prepared = slow.prepare_next().unwrap().unwrap();
        scene.execute("UPDATE sealings SET held_until = (SELECT min(created_at) FROM clients)");
        scene.seal();
        assert!(slow.finish(&prepared).is_err());
        assert_eq!(scene.sealed_days(), 4);
        assert_whole_days_agree(&scene);
    });
}

fn delete_files(scene: &Scene, client: ClientId) {
    for sha256 in scene.segment_files(client) {
        let removing = scene.store.blobs().remove(client, BlobKind::Segment, &sha256);
        scene.wait(removing).unwrap();
    }
}

#[test]
fn a_segment_whose_file_is_gone_is_given_up_and_its_days_are_sealed_again() {
    on_both(|database| {
        let scene = Scene::on(database);
        let (story, _) = told(&scene);
        scene.seal();
        delete_files(&scene, story.client);
        scene.sealer().sweep().unwrap();
        assert_eq!((unsealed(&scene), scene.sealed_days()), (4, 0));
        assert_whole_days_agree(&scene);
        scene.seal();
        assert_eq!(scene.sealed_days(), 4);
        assert_whole_days_agree(&scene);
    });
}

#[test]
fn old_files_stay_for_those_who_read_them_and_then_go() {
    on_both(|database| {
        let scene = Scene::on(database);
        let (story, reports) = told(&scene);
        scene.seal();
        let before = Read::of(&scene, Reach::Agency, start(), start() + hours(240));
        let counted = |read: &Read| baitline_analytics::by_bait(&read.source()).unwrap();
        let expected = counted(&before);
        story.correct(&scene, &reports[0], Correcting::Void);
        scene.settle();
        scene.seal();
        scene.sealer().sweep().unwrap();
        assert_eq!(counted(&before), expected, "its files are still there");
        assert_eq!(scene.segment_files(story.client).len(), 4);
        scene.sealer().sweep_older_than(Span::seconds(-60)).unwrap();
        assert_eq!(scene.segment_files(story.client).len(), 2);
        assert_whole_days_agree(&scene);
    });
}

#[test]
fn each_client_has_files_of_its_own_and_forgets_them_alone() {
    on_both(|database| {
        let scene = Scene::on(database);
        let (ours, _) = told(&scene);
        let theirs = Story::without_numbering(&scene);
        told_of(&scene, &theirs);
        scene.seal();
        let reach = Reach::Client(ours.client);
        let read = scene.store.read(reach, |conn| {
            segments::manifest(conn, reach, start(), start() + hours(240), &Lost::new())
        });
        let seen = read.unwrap().segments;
        assert_eq!(seen.len(), 2);
        assert!(seen.iter().all(|(segment, _)| segment.client_id == ours.client));
        for reach in [reach, Reach::Client(theirs.client)] {
            assert_reports_of_agree(&scene, reach, start(), start() + hours(240));
        }
        assert!(scene.sealer().forget_client(ours.client).unwrap());
        assert_eq!(scene.segment_files(ours.client).len(), 0);
        assert_eq!((unsealed(&scene), scene.sealed_days()), (4, 4));
        assert_whole_days_agree(&scene);
        scene.seal();
        assert_eq!(scene.sealed_days(), 8);
        assert_whole_days_agree(&scene);
    });
}

#[test]
fn few_calls_and_fresh_ones_stay_in_the_database() {
    on_both(|database| {
        let scene = Scene::on(database);
        told(&scene);
        let sealer = |rules| Sealer::new(scene.store.clone(), scene.handle(), rules);
        for rules in [
            SealRules { least: 17, ..EAGER },
            SealRules { after: hours(1), ..EAGER },
            SealRules { open_days: 200, ..EAGER },
        ] {
            assert!(!sealer(rules).seal_next().unwrap(), "{rules:?}");
        }
        assert!(sealer(SealRules { least: 16, ..EAGER }).seal_next().unwrap());
    });
}

#[test]
fn segments_go_into_a_bucket_and_come_back_from_it() {
    let server = S3Server::start();
    let scene = Scene::on_bucket(TestDatabase::sqlite(), &server);
    let (story, _) = told(&scene);
    scene.seal();
    assert_eq!((scene.sealed_days(), scene.segment_files(story.client).len()), (4, 2));
    assert_whole_days_agree(&scene);
    delete_files(&scene, story.client);
    scene.sealer().sweep().unwrap();
    assert_eq!(scene.sealed_days(), 0);
}
