//! Lists that change after the calls came: whoever enters them late finds the
//! verdicts as if they had been there from the beginning.

use baitline_domain::competitor::AttributionRole;
use baitline_domain::ids::CompetitorId;
use baitline_domain::instant::{Instant, Span};
use baitline_domain::verdict::{Reason, Verdict};
use baitline_store::models::{
    AttributionChanges, AttributionRow, ContaminationRow, Dealing, LookUp, NewAllowEntry,
    NewAttribution, NewCompetitor, NewContamination, NewPortabilityAnswer,
};
use baitline_store::{allow_list, attributions, competitors, contaminations, portability};
use baitline_testkit::on_both;

use crate::scene::{Scene, at};
use crate::story::{FOREIGN, Story, consent, minutes, phone};

/// Another caller of the same operator.
const SISTER: u64 = FOREIGN + 1;
const T2: &str = "7743895280";

fn start() -> Instant {
    at("2026-09-02T10:00:00Z")
}

fn hours(hours: i64) -> Span {
    minutes(60 * hours)
}

impl Story {
    pub(crate) fn competitor(&self, scene: &Scene, name: &str) -> CompetitorId {
        let new = NewCompetitor { name: name.to_owned(), inn: None, ogrn: None };
        scene
            .as_client(self.client, |conn| competitors::create_competitor(conn, self.client, &new))
            .id
    }

    pub(crate) fn attribute(
        &self,
        scene: &Scene,
        competitor: CompetitorId,
        (number, valid_from): (u64, Option<Instant>),
    ) -> AttributionRow {
        let new = NewAttribution {
            competitor,
            number: phone(number),
            role: AttributionRole::OwnLine,
            ground: "с их сайта".to_owned(),
            valid_from,
            valid_to: None,
        };
        let client = self.client;
        scene.as_client(client, |conn| attributions::create_attribution(conn, client, &new, "key"))
    }

    fn log(&self, scene: &Scene, dealing: Dealing, occurred_at: Instant) -> ContaminationRow {
        let new = NewContamination { bait: self.bait, dealing, occurred_at, note: None };
        let client = self.client;
        scene.as_client(client, |conn| {
            contaminations::create_contamination(conn, client, &new, "key")
        })
    }

    fn withdraw(&self, scene: &Scene, row: &ContaminationRow) {
        let (client, because) = (self.client, Some("другой телефон"));
        scene.as_client(client, |conn| {
            contaminations::withdraw_contamination(conn, client, row.id, because)
        });
    }
}

#[test]
fn a_number_allowed_late_is_background_until_the_allowance_ends() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        story.complete_trap(&scene, start());
        let first = story.call("first", FOREIGN, start() + hours(2));
        let second = story.call("second", FOREIGN, start() + hours(26));
        story.ingest(&scene, &[first.clone(), second.clone()]);
        scene.settled();
        let (client, since) = (story.client, start() + hours(3));
        let new = NewAllowEntry {
            number: phone(FOREIGN),
            reason: "курьер".to_owned(),
            since,
            until: None,
        };
        let entry = scene
            .as_client(client, |conn| allow_list::create_allow_entry(conn, client, &new, "key"));
        scene.settled();
        assert_eq!(story.verdict(&scene, &first), Some(Verdict::ForeignGroup));
        assert_eq!(story.reasons(&scene, &second), [Reason::AllowListed]);
        let until = Some(start() + hours(26));
        scene.as_client(client, |conn| allow_list::end_allow_entry(conn, client, entry.id, until));
        scene.settled();
        assert_eq!(story.verdict(&scene, &second), Some(Verdict::ForeignGroup));
    });
}

#[test]
fn a_call_to_one_number_taints_another_once_both_belong_to_one_competitor() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        story.complete_trap(&scene, start());
        let caught = story.call("caught", FOREIGN, start() + hours(30));
        let long_ago = story.outgoing("long ago", SISTER, start() - hours(24 * 20));
        story.ingest(&scene, &[caught.clone(), long_ago]);
        let competitor = story.competitor(&scene, "соперник");
        story.attribute(&scene, competitor, (FOREIGN, None));
        scene.settled();
        assert_eq!(story.verdict(&scene, &caught), Some(Verdict::ForeignGroup));
        let row = story.attribute(&scene, competitor, (SISTER, None));
        scene.settled();
        assert_eq!(story.reasons(&scene, &caught), [Reason::TaintedByCall]);
        let never = Some(Some(start() - hours(24 * 30)));
        let changes =
            AttributionChanges { valid_from: never, valid_to: never, ..Default::default() };
        let client = story.client;
        scene.as_client(client, |c| attributions::update_attribution(c, client, row.id, &changes));
        scene.settled();
        assert_eq!(story.verdict(&scene, &caught), Some(Verdict::ForeignGroup));
    });
}

#[test]
fn a_late_contact_with_a_relative_ripples_to_the_callers_days() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        story.complete_trap(&scene, start());
        let competitor = story.competitor(&scene, "соперник");
        story.attribute(&scene, competitor, (FOREIGN, None));
        story.attribute(&scene, competitor, (SISTER, None));
        let caught = story.call("caught", FOREIGN, start() + hours(30));
        story.ingest(&scene, std::slice::from_ref(&caught));
        scene.settled();
        assert!(!story.interception(&scene, &caught).unwrap().prior_contact);
        story.ingest(&scene, &[story.call("long ago", SISTER, start() - hours(24 * 40))]);
        scene.settled();
        assert!(story.interception(&scene, &caught).unwrap().prior_contact);
        let heard = story.call("heard", SISTER, start() + hours(3));
        story.ingest(&scene, std::slice::from_ref(&heard));
        story.record(&scene, &heard);
        scene.settled();
        story.label(&scene, &heard, &consent());
        scene.settled();
        assert_eq!(story.reasons(&scene, &caught), [Reason::TaintedByConsent]);
    });
}

#[test]
fn of_a_number_that_changed_hands_the_call_under_the_present_owner_taints() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        story.complete_trap(&scene, start());
        let competitor = story.competitor(&scene, "соперник");
        story.attribute(&scene, competitor, (FOREIGN, None));
        story.attribute(&scene, competitor, (SISTER, Some(start() - hours(24 * 30))));
        let caught = story.call("caught", FOREIGN, start() + hours(30));
        let before = story.outgoing("before", SISTER, start() - hours(24 * 40));
        story.ingest(&scene, &[caught.clone(), before]);
        scene.settled();
        assert_eq!(story.verdict(&scene, &caught), Some(Verdict::ForeignGroup));
        story.ingest(&scene, &[story.outgoing("since", SISTER, start() - hours(24 * 20))]);
        scene.settled();
        assert_eq!(story.reasons(&scene, &caught), [Reason::TaintedByCall]);
    });
}

#[test]
fn a_call_logged_by_hand_taints_later_calls_until_it_is_withdrawn() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        story.complete_trap(&scene, start());
        let before = story.call("before", FOREIGN, start() + hours(1));
        let after = story.call("after", FOREIGN, start() + hours(4));
        let later = story.call("later", FOREIGN, start() + hours(30));
        story.ingest(&scene, &[before.clone(), after.clone(), later.clone()]);
        scene.settled();
        let dealing = Dealing::OutgoingCall(phone(FOREIGN));
        let logged = story.log(&scene, dealing, start() + hours(2));
        scene.settled();
        assert_eq!(story.verdict(&scene, &before), Some(Verdict::ForeignGroup));
        assert_eq!(story.reasons(&scene, &after), [Reason::TaintedByCall]);
        assert_eq!(story.reasons(&scene, &later), [Reason::TaintedByCall]);
        story.withdraw(&scene, &logged);
        scene.settled();
        for report in [&before, &after, &later] {
            assert_eq!(story.verdict(&scene, report), Some(Verdict::ForeignGroup));
        }
    });
}

#[test]
fn a_visit_to_a_competitors_site_taints_all_of_its_numbers() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        story.complete_trap(&scene, start());
        let competitor = story.competitor(&scene, "соперник");
        let one = story.call("one", FOREIGN, start() + hours(26));
        let other = story.call("other", SISTER, start() + hours(28));
        story.ingest(&scene, &[one.clone(), other.clone()]);
        story.attribute(&scene, competitor, (FOREIGN, None));
        let logged = story.log(&scene, Dealing::SiteVisit(competitor), start() - hours(48));
        scene.settled();
        assert_eq!(story.reasons(&scene, &one), [Reason::TaintedByVisit]);
        assert_eq!(story.verdict(&scene, &other), Some(Verdict::ForeignGroup));
        story.attribute(&scene, competitor, (SISTER, None));
        scene.settled();
        assert_eq!(story.reasons(&scene, &other), [Reason::TaintedByVisit]);
        story.withdraw(&scene, &logged);
        scene.settled();
        for report in [&one, &other] {
            assert_eq!(story.verdict(&scene, report), Some(Verdict::ForeignGroup));
        }
    });
}

#[test]
fn an_answer_about_a_ported_number_decides_while_it_is_fresh_and_stands() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        story.complete_trap(&scene, start());
        let before = story.call("before", FOREIGN, start() + hours(2));
        let after = story.call("after", FOREIGN, start() + hours(26));
        story.ingest(&scene, &[before.clone(), after.clone()]);
        scene.settled();
        let client = story.client;
        let looked_up_at = start() + hours(24 * 10);
        let look_up =
            LookUp { source: "НИЦ".to_owned(), looked_up_at, author: "key".to_owned() };
        let ported_at = Some(start() + hours(24));
        let operator = T2.parse().unwrap();
        let new = NewPortabilityAnswer { number: phone(FOREIGN), operator, ported_at };
        let row =
            scene.as_client(client, |conn| portability::create_answer(conn, client, &look_up, new));
        scene.settled();
        assert_eq!(story.verdict(&scene, &before), Some(Verdict::ForeignGroup));
        assert_eq!(story.verdict(&scene, &after), Some(Verdict::SameGroup));
        assert_eq!(story.reasons(&scene, &after), [Reason::Ported]);
        scene.as_client(client, |conn| {
            portability::withdraw_answer(conn, client, row.id, Some("не тот номер"))
        });
        scene.settled();
        assert_eq!(story.verdict(&scene, &after), Some(Verdict::ForeignGroup));
    });
}
