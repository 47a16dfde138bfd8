//! Entering, listing, finding and changing the nouns people keep.

use baitline_domain::operator::Inn;
use baitline_domain::trap::{Exposure, ExposureKind, TrapMissing, TrapState, Window};
use baitline_store::baits::{self, BaitFilter};
use baitline_store::buckets::Touched;
use baitline_store::models::{
    BaitChanges, ClientChanges, NewBait, OwnNumberChanges, SourceChanges, TrapChanges,
};
use baitline_store::traps::{self, TrapFilter};
use baitline_store::{Page, Reach, StoreError, StoreResult, clients, own_numbers, sources};
use baitline_testkit::on_both;

use crate::support::{ALL, Opened, at, new_bait, open, phone};
use crate::world::{furnish, new_own_number};

fn is_not_found<T>(result: StoreResult<T>) -> bool {
    matches!(result, Err(StoreError::NotFound))
}

#[test]
fn a_client_is_kept_found_and_changed() {
    on_both(|database| {
        let opened = open(database);
        let client = opened.client("Окна");
        let found = opened.as_client(client.id, |conn| clients::find_client(conn, client.id));
        assert_eq!(found, client);
        let changes =
            ClientChanges { name: Some("Двери".to_owned()), ..ClientChanges::default() };
        let changed =
            opened.as_client(client.id, |conn| clients::update_client(conn, client.id, &changes));
        assert_eq!((changed.name.as_str(), changed.window_hours), ("Двери", 48));
        let unchanged = opened.as_client(client.id, |conn| {
            clients::update_client(conn, client.id, &ClientChanges::default())
        });
        assert_eq!(unchanged, changed);
    });
}

#[test]
fn a_list_is_paged_without_gaps_or_repeats() {
    on_both(|database| {
        let opened = open(database);
        let client = opened.client("Окна").id;
        let made: Vec<_> = (0..7).map(|n| opened.bait(client, 79_000_000_001 + n)).collect();
        for limit in 1..=8 {
            let (mut seen, mut after) = (Vec::new(), None);
            loop {
                let page = Page { after, limit };
                let part = opened.as_client(client, |conn| {
                    baits::list_baits(conn, Reach::Client(client), &BaitFilter::default(), page)
                });
                assert!(part.len() as i64 <= limit);
                let Some(last) = part.last() else { break };
                after = Some(last.id.0);
                seen.extend(part);
            }
            assert_eq!(seen, made, "in pages of {limit}");
        }
    });
}

#[test]
fn the_agency_lists_every_clients_nouns_and_a_client_its_own() {
    on_both(|database| {
        let opened = open(database);
        let (ours, theirs) = (furnish(&opened, "наш"), furnish(&opened, "чужой"));
        let lengths = |reach: Reach| {
            let all = opened.store.read(reach, |conn| {
                Ok([
                    clients::list_clients(conn, reach, ALL)?.len(),
                    sources::list_sources(conn, reach, ALL)?.len(),
                    baits::list_baits(conn, reach, &BaitFilter::default(), ALL)?.len(),
                    own_numbers::list_own_numbers(conn, reach, ALL)?.len(),
                    traps::list_traps(conn, reach, &TrapFilter::default(), ALL)?.len(),
                ])
            });
            all.unwrap()
        };
        // Each client has two more sources, that of its device and its operator.
        assert_eq!(lengths(Reach::Agency), [2, 6, 2, 2, 2]);
        assert_eq!(lengths(Reach::Client(ours.client.id)), [1, 3, 1, 1, 1]);
        assert_eq!(lengths(Reach::Client(theirs.client.id)), [1, 3, 1, 1, 1]);
    });
}

#[test]
fn another_clients_nouns_are_not_found_and_not_changed() {
    on_both(|database| {
        let opened = open(database);
        let (ours, theirs) = (furnish(&opened, "наш"), furnish(&opened, "чужой"));
        let (client, reach) = (ours.client.id, Reach::Client(ours.client.id));
        let read = |what: &str, refused: bool| assert!(refused, "{what} of another client");
        let store = &opened.store;
        let bait = theirs.bait.id;
        read("a bait", is_not_found(store.read(reach, |c| baits::find_bait(c, reach, bait))));
        let source = theirs.source.id;
        read(
            "a source",
            is_not_found(store.read(reach, |c| sources::find_source(c, reach, source))),
        );
        let own = theirs.own_number.id;
        read(
            "a number",
            is_not_found(store.read(reach, |c| own_numbers::find_own_number(c, reach, own))),
        );
        let trap = theirs.trap;
        read("a trap", is_not_found(store.read(reach, |c| traps::find_trap(c, reach, trap))));
        let changes = BaitChanges { note: Some(Some("x".to_owned())), ..BaitChanges::default() };
        read(
            "a bait",
            is_not_found(store.write(reach, |c| baits::update_bait(c, client, bait, &changes))),
        );
        let changes = SourceChanges { clock_offset_micros: Some(1), ..SourceChanges::default() };
        read(
            "a source",
            is_not_found(
                store.write(reach, |c| sources::update_source(c, client, source, &changes)),
            ),
        );
        let changes = OwnNumberChanges { note: Some(None), ..OwnNumberChanges::default() };
        read(
            "a number",
            is_not_found(
                store.write(reach, |c| own_numbers::update_own_number(c, client, own, &changes)),
            ),
        );
        let changes = TrapChanges { exposures: Some(Vec::new()), ..TrapChanges::default() };
        read(
            "a trap",
            is_not_found(store.write(reach, |c| traps::update_trap(c, client, trap, &changes))),
        );
        let kept = opened.agency(|conn| baits::find_bait(conn, Reach::Agency, bait));
        assert_eq!(kept, theirs.bait);
    });
}

#[test]
fn a_bait_keeps_every_field_and_loses_only_what_is_emptied() {
    on_both(|database| {
        let opened = open(database);
        let client = opened.client("Окна").id;
        let new = NewBait {
            reference: Some("приманка-7".to_owned()),
            operator: Some(Inn::parse("7743895280").unwrap()),
            region: Some("Москва".to_owned()),
            note: Some("в сейфе".to_owned()),
            ..new_bait(79_000_000_001)
        };
        let bait = opened.as_client(client, |conn| baits::create_bait(conn, client, &new));
        let changes = BaitChanges { note: Some(None), ..BaitChanges::default() };
        let changed =
            opened.as_client(client, |conn| baits::update_bait(conn, client, bait.id, &changes));
        assert_eq!(changed, baitline_store::models::Bait { note: None, ..bait.clone() });
        let list = |filter: BaitFilter| {
            opened.as_client(client, |conn| {
                baits::list_baits(conn, Reach::Client(client), &filter, ALL)
            })
        };
        opened.bait(client, 79_000_000_002);
        let number = BaitFilter { number: Some(bait.number), ..BaitFilter::default() };
        assert_eq!(list(number), std::slice::from_ref(&changed));
        let reference = BaitFilter { reference: bait.reference, ..BaitFilter::default() };
        assert_eq!(list(reference), [changed]);
        let nobody = BaitFilter { number: Some(phone(79_000_000_009)), ..BaitFilter::default() };
        assert_eq!(list(nobody), []);
    });
}

#[test]
fn an_own_number_keeps_its_validity_until_it_is_changed() {
    on_both(|database| {
        let opened = open(database);
        let client = opened.client("Окна").id;
        let mut new = new_own_number(78_005_553_535);
        new.valid_from = Some(at("1969-12-31T23:59:59.999999Z"));
        new.vendor = Some("Calltouch".to_owned());
        let row =
            opened.as_client(client, |conn| own_numbers::create_own_number(conn, client, &new));
        let reach = Reach::Client(client);
        let found = opened.as_client(client, |c| own_numbers::find_own_number(c, reach, row.id));
        assert_eq!(found, row, "a moment before 1970 comes back as it was");
        let until = at("2026-12-01T00:00:00Z");
        let changes =
            OwnNumberChanges { valid_to: Some(Some(until)), ..OwnNumberChanges::default() };
        let changed = opened.as_client(client, |conn| {
            own_numbers::update_own_number(conn, client, row.id, &changes)
        });
        assert_eq!((changed.valid_from, changed.valid_to), (new.valid_from, Some(until)));
        assert_eq!(changed.vendor, row.vendor);
    });
}

#[test]
fn a_source_corrects_by_the_offset_it_has_now() {
    on_both(|database| {
        let opened = open(database);
        let client = opened.client("Окна").id;
        let source = opened.source(client, "АТС");
        let changes =
            SourceChanges { clock_offset_micros: Some(-1_500_000), uncertainty_micros: None };
        let changed = opened
            .as_client(client, |conn| sources::update_source(conn, client, source.id, &changes));
        assert_eq!(changed.uncertainty_micros, source.uncertainty_micros);
        assert_eq!(changed.correct(at("2026-11-01T00:00:02Z")), at("2026-11-01T00:00:00.5Z"));
        assert_eq!(opened.as_client(client, |conn| sources::sources_of(conn, client)), [changed]);
    });
}

fn made_complete(opened: &Opened, trap: baitline_domain::ids::TrapId) -> TrapState {
    let begin = at("2026-11-10T10:00:00Z");
    let reach = Reach::Agency;
    let row = opened.agency(|conn| traps::find_trap(conn, reach, trap));
    TrapState {
        trap,
        exposures: vec![Exposure { at: begin, kind: ExposureKind::ReturnCall, seconds: 250 }],
        missing: Vec::new(),
        window: Some(Window { from: begin, to: at("2026-11-12T10:00:00Z") }),
        run_ends_at: row.trap.run_ends_at,
    }
}

#[test]
fn a_trap_keeps_what_was_logged_and_what_the_worker_made_of_it() {
    on_both(|database| {
        let opened = open(database);
        let furnished = furnish(&opened, "наш");
        let (client, id) = (furnished.client.id, furnished.trap);
        let find = || opened.agency(|conn| traps::find_trap(conn, Reach::Agency, id));
        assert_eq!(find().state, None);
        let visit = Exposure {
            at: at("2026-11-10T09:05:00Z"),
            kind: ExposureKind::SiteVisit,
            seconds: 200,
        };
        let changes = TrapChanges {
            recorder_tested_at: Some(Some(at("2026-11-10T08:59:00Z"))),
            exposures: Some(vec![visit]),
        };
        let changed =
            opened.as_client(client, |conn| traps::update_trap(conn, client, id, &changes));
        assert_eq!(changed.trap.exposures, [visit]);
        assert_eq!(changed.trap.recorder_tested_at, Some(at("2026-11-10T08:59:00Z")));
        let complete = made_complete(&opened, id);
        opened.agency(|conn| traps::save_state(conn, client, &complete));
        assert_eq!(find().state, Some(complete));
        let incomplete = TrapState {
            exposures: vec![visit],
            missing: vec![TrapMissing::OwnCall, TrapMissing::ConnectedTime],
            window: None,
            ..made_complete(&opened, id)
        };
        opened.agency(|conn| traps::save_state(conn, client, &incomplete));
        assert_eq!(find().state, Some(incomplete), "a window that was disarmed is gone");
    });
}

#[test]
fn a_traps_window_is_the_clients_of_the_day_it_was_made() {
    on_both(|database| {
        let opened = open(database);
        let furnished = furnish(&opened, "наш");
        let client = furnished.client.id;
        let changes = ClientChanges { window_hours: Some(72), ..ClientChanges::default() };
        opened.as_client(client, |conn| clients::update_client(conn, client, &changes));
        let later = opened.trap(client, furnished.bait.id, at("2026-11-20T09:00:00Z"));
        let hours = |id| {
            opened
                .agency(|conn| traps::find_trap(conn, Reach::Agency, id))
                .trap
                .settings
                .window_hours
        };
        assert_eq!((hours(furnished.trap), hours(later)), (48, 72));
    });
}

#[test]
fn the_worker_finds_the_traps_whose_run_meets_a_period() {
    on_both(|database| {
        let opened = open(database);
        let furnished = furnish(&opened, "наш");
        let found = |from: &str, to: &str| {
            let (client, period) = (furnished.client.id, (at(from), at(to)));
            let of_bait = Touched::Baits([furnished.bait.id].into());
            let found = [Touched::Day, of_bait].map(|touched| {
                opened.agency(|conn| traps::traps_running(conn, client, &touched, period))
            });
            assert_eq!(found[0], found[1], "its bait's are all of them");
            !found[0].is_empty()
        };
        // It runs from nine to ten.
        assert!(found("2026-11-10T00:00:00Z", "2026-11-11T00:00:00Z"));
        assert!(found("2026-11-10T09:59:59Z", "2026-11-10T11:00:00Z"));
        assert!(!found("2026-11-10T10:00:00Z", "2026-11-10T11:00:00Z"));
        assert!(!found("2026-11-10T08:00:00Z", "2026-11-10T09:00:00Z"));
    });
}
