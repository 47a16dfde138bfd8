//! Packages of complaints: their calls, who files them, and the gate's answer.

use baitline_domain::applicant::RepresentativeKind;
use baitline_domain::competitor::AttributionRole;
use baitline_domain::complaint::{ComplaintState, Grouping};
use baitline_store::exports::{ExportNarrowing, ExportRequest};
use baitline_store::models::{ComplaintCriteria, ComplaintRow, NewAttribution, NewRepresentative};
use baitline_store::{attributions, complaints, erasures, representatives};
use baitline_testkit::on_both;

use crate::batches::{order, two_offenders};
use crate::exports::{packages, request};
use crate::scene::Scene;
use crate::story::{FOREIGN, LONER, Story, phone};

/// How every package begins.
const ZIP: &[u8] = b"PK\x03\x04";

/// A head for the first complaint's applicant, who signs from then on.
fn give_head(scene: &Scene, story: &Story, complaint: &ComplaintRow) {
    let new = NewRepresentative {
        applicant: complaint.applicant_id,
        kind: RepresentativeKind::Head,
        name: "Иванов И. И.".to_owned(),
        position: None,
        phone: None,
        email: None,
        note: None,
    };
    let client = story.client;
    scene.as_client(client, |conn| {
        let head = representatives::create_representative(conn, client, &new, "key")?;
        let changes = baitline_store::models::ComplaintChanges {
            representative: Some(Some(head.id)),
            ..Default::default()
        };
        let any = baitline_store::versions::Expected::Any;
        complaints::update_complaint(conn, client, complaint.id, &any, &changes).map(|_| ())
    });
}

#[test]
fn the_packages_of_a_complaint_hold_its_calls_and_name_who_files() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        two_offenders(&scene, &story);
        let criteria = ComplaintCriteria {
            from: request().from(),
            to: request().to(),
            caller: Some(phone(FOREIGN)),
            grouping: Grouping::Number,
        };
        let client = story.client;
        let (made, _) = scene.as_client(client, |conn| {
            complaints::create_complaints(conn, client, &criteria, "key")
        });
        assert_eq!(made.len(), 2, "one for each applicant");
        give_head(&scene, &story, &made[0]);
        let held = |narrowed_to| {
            let export = order(&scene, &story, &ExportRequest { narrowed_to, ..request() });
            scene.settle();
            packages(&scene, &story, export)
        };
        let all = ExportNarrowing::default();
        let of_one = held(ExportNarrowing { complaint: Some(made[0].id), ..all });
        let [package] = &of_one[..] else { panic!("{of_one:?}") };
        assert_eq!((package.caller, package.interceptions), (phone(FOREIGN), 1));
        assert!(!package.missing.contains("\"applicant\""), "{}", package.missing);
        assert!(package.missing.contains("\"inquiry\""), "{}", package.missing);
        let of_both = held(ExportNarrowing { complaint_state: Some(ComplaintState::Draft), ..all });
        let [package] = &of_both[..] else { panic!("{of_both:?}") };
        assert_eq!((package.caller, package.interceptions), (phone(FOREIGN), 2));
        assert!(package.missing.contains("\"applicant\""), "two applicants file nothing together");
        let filed = held(ExportNarrowing { complaint_state: Some(ComplaintState::Filed), ..all });
        assert!(filed.is_empty(), "nor of {LONER}");
    });
}

#[test]
fn a_complaint_of_several_numbers_is_one_package() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        let rival = two_offenders(&scene, &story).competitor.unwrap();
        let client = story.client;
        let belongs = NewAttribution {
            competitor: rival,
            number: phone(FOREIGN),
            role: AttributionRole::OwnLine,
            ground: "с их сайта".to_owned(),
            valid_from: None,
            valid_to: None,
        };
        scene.as_client(client, |c| attributions::create_attribution(c, client, &belongs, "key"));
        scene.settle();
        let criteria = ComplaintCriteria {
            from: request().from(),
            to: request().to(),
            caller: None,
            grouping: Grouping::Competitor,
        };
        let (made, _) = scene.as_client(client, |conn| {
            complaints::create_complaints(conn, client, &criteria, "key")
        });
        assert_eq!(made.len(), 2, "one for each applicant");
        let mut exports_of = Vec::new();
        for complaint in made {
            let narrowed_to =
                ExportNarrowing { complaint: Some(complaint.id), ..ExportNarrowing::default() };
            let export = order(&scene, &story, &ExportRequest { narrowed_to, ..request() });
            scene.settle();
            let built = packages(&scene, &story, export);
            let held: Vec<i32> = built.iter().map(|package| package.interceptions).collect();
            assert_eq!(held, [2], "a call of each number");
            // Whoever of them has to be forgotten is in the package of the other's name.
            let name = &built[0].caller;
            let other = [FOREIGN, LONER].map(phone).into_iter().find(|one| one != name).unwrap();
            exports_of.push((export, other));
        }
        assert_ne!(scene.blobs_with(ZIP), 0);
        let other = exports_of[0].1;
        scene.agency(|conn| erasures::create_erasure(conn, client, other, "требование", "test"));
        scene.erase();
        for (export, _) in exports_of {
            assert_eq!(packages(&scene, &story, export), []);
        }
        assert_eq!(scene.blobs_with(ZIP), 0);
    });
}
