//! What reports group by follows the facts it rests on, however late they
//! change.

use std::collections::BTreeSet;

use baitline_domain::ids::CompetitorId;
use baitline_domain::instant::{Instant, Span};
use baitline_domain::phone::Phone;
use baitline_domain::tally::Tally;
use baitline_domain::verdict::Verdict;
use baitline_store::models::{AttributionChanges, AttributionRow, BaitChanges};
use baitline_store::tallies::interceptions_between;
use baitline_store::{Reach, attributions, baits};
use baitline_testkit::on_both;

use crate::scene::{Scene, at};
use crate::story::{FOREIGN, Story, from_another, import_numbering, minutes, phone};

fn start() -> Instant {
    at("2026-09-02T10:00:00Z")
}

fn hours(hours: i64) -> Span {
    minutes(60 * hours)
}

/// Each call's start and whose its number was, by tallies of one call each.
fn owners(tallies: &[Tally]) -> Vec<(Instant, Vec<CompetitorId>)> {
    let mut found: Vec<_> =
        tallies.iter().map(|tally| (tally.first_at, tally.competitors.clone())).collect();
    found.sort();
    found
}

fn change(scene: &Scene, story: &Story, row: &AttributionRow, changes: &AttributionChanges) {
    let client = story.client;
    scene.as_client(client, |c| attributions::update_attribution(c, client, row.id, changes));
}

#[test]
fn tallies_follow_a_number_that_changes_hands_in_the_middle_of_the_period() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        story.complete_trap(&scene, start());
        let calls = [8, 20, 40].map(|hour| start() + hours(hour));
        let reports = calls.map(|at| story.call(&at.to_string(), FOREIGN, at));
        story.ingest(&scene, &reports);
        let nobody = owners(&scene.settled().tallies);
        assert_eq!(nobody, calls.map(|at| (at, Vec::new())));

        let (first, second) = (story.competitor(&scene, "А"), story.competitor(&scene, "Б"));
        let row = story.attribute(&scene, first, (FOREIGN, None));
        assert_eq!(owners(&scene.settled().tallies), calls.map(|at| (at, vec![first])));

        // From the second call on it is the other company's too, then only its.
        story.attribute(&scene, second, (FOREIGN, Some(calls[1])));
        let both: Vec<CompetitorId> = BTreeSet::from([first, second]).into_iter().collect();
        let expected = [(calls[0], vec![first]), (calls[1], both.clone()), (calls[2], both)];
        assert_eq!(owners(&scene.settled().tallies), expected);
        let ends =
            AttributionChanges { valid_to: Some(Some(calls[1])), ..AttributionChanges::default() };
        change(&scene, &story, &row, &ends);
        let expected =
            [(calls[0], vec![first]), (calls[1], vec![second]), (calls[2], vec![second])];
        assert_eq!(owners(&scene.settled().tallies), expected);

        // One made by mistake gets an empty period.
        let never = AttributionChanges {
            valid_to: Some(Some(start())),
            valid_from: Some(Some(start())),
            ..AttributionChanges::default()
        };
        change(&scene, &story, &row, &never);
        let expected = [(calls[0], Vec::new()), (calls[1], vec![second]), (calls[2], vec![second])];
        assert_eq!(owners(&scene.settled().tallies), expected);
    });
}

#[test]
fn the_single_interceptions_at_the_edges_say_the_same_as_the_tallies() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        story.complete_trap(&scene, start());
        let at = start() + hours(20);
        story.ingest(&scene, &[story.call("caught", FOREIGN, at)]);
        let competitor = story.competitor(&scene, "соперник");
        story.attribute(&scene, competitor, (FOREIGN, None));
        let tallies = scene.settled().tallies;
        let counted =
            scene.agency(|c| interceptions_between(c, Reach::Agency, at, at + Span::seconds(1)));
        assert_eq!((counted.tallies.len(), counted.edges.len()), (0, 1));
        assert_eq!(baitline_analytics::tally(&counted.edges).unwrap(), tallies);
        assert_eq!(tallies[0].competitors, [competitor]);
        assert_eq!(tallies[0].region.as_deref(), Some("Москва"));
        assert_eq!(tallies[0].bait_operator, Some("7743895280".parse().unwrap()));
    });
}

#[test]
fn a_call_whose_caller_turns_out_to_be_another_changes_whose_it_is() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        story.complete_trap(&scene, start());
        let caught = story.call("caught", FOREIGN, start() + hours(20));
        story.ingest(&scene, std::slice::from_ref(&caught));
        let competitor = story.competitor(&scene, "соперник");
        story.attribute(&scene, competitor, (FOREIGN + 1, None));
        assert_eq!(scene.settled().tallies[0].competitors, []);
        story.ingest(&scene, &[from_another(&caught, FOREIGN + 1)]);
        assert_eq!(scene.settled().tallies[0].competitors, [competitor]);
    });
}

#[test]
fn a_later_edition_and_another_contract_change_region_and_operator_of_the_tallies() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::without_numbering(&scene);
        story.complete_trap(&scene, start());
        story.ingest(&scene, &[story.call("caught", FOREIGN, start() + hours(20))]);
        let before = scene.settled().tallies.remove(0);
        assert_eq!((before.region, before.operator), (None, None));
        import_numbering(&scene, at("2026-01-01T00:00:00Z"));
        assert_eq!(scene.settled().tallies[0].region.as_deref(), Some("Москва"));
        let (client, beeline) = (story.client, Some("7713076301".parse().unwrap()));
        let changes = BaitChanges { operator: Some(beeline), ..BaitChanges::default() };
        scene.as_client(client, |c| baits::update_bait(c, client, story.bait, &changes));
        assert_eq!(scene.settled().tallies[0].bait_operator, beeline);
    });
}

#[test]
fn a_withheld_caller_is_tallied_and_forms_no_offender() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        story.complete_trap(&scene, start());
        let withheld = story.seen_by(&story.pbx, "withheld", None, start() + hours(20));
        story.ingest(&scene, std::slice::from_ref(&withheld));
        let derived = scene.settled();
        let found: Vec<(Option<Phone>, Verdict)> =
            derived.tallies.iter().map(|tally| (tally.caller, tally.verdict)).collect();
        assert_eq!(found, [(None, Verdict::Inconclusive)]);
        assert_eq!(derived.offenders, []);
        let known = story.seen_by(&story.recorder, "known", Some(FOREIGN), start() + hours(20));
        story.ingest(&scene, &[known]);
        let derived = scene.settled();
        assert_eq!(derived.tallies[0].caller, Some(phone(FOREIGN)));
        assert_eq!(derived.offenders.len(), 1);
    });
}
