//! Change rows: what each kind of change touches once the worker expands it.

use baitline_domain::ids::ObservationId;
use baitline_domain::instant::{Instant, Span};
use baitline_domain::label::LabelKind;
use baitline_domain::numbering::NumberingFile;
use baitline_domain::trap::LONGEST_REACH;
use baitline_store::models::{
    BaitChanges, ClientChanges, NewLabel, OwnNumberChanges, SourceChanges, TrapChanges,
};
use baitline_store::numbering::{self, NewEdition};
use baitline_store::{
    Reach, baits, buckets, changes, clients, labels, observations, own_numbers, recordings,
    sources, traps,
};
use baitline_testkit::on_both;

use crate::support::{NO_DAYS, Opened, at, open, report, rows};
use crate::world::{Furnished, call, furnish, new_label, new_own_number, recording};

/// Days with a call: two with the caller, one with another number on another
/// bait.
const CALLS: [&str; 3] = ["2026-11-05T12:00:00Z", "2026-11-15T12:00:00Z", "2026-11-25T12:00:00Z"];

/// A client with calls on days far apart; nothing waits.
fn prepared(opened: &Opened) -> Furnished {
    let furnished = furnish(opened, "наш");
    let client = furnished.client.id;
    opened.bait(client, 79_004_445_566);
    let source = &furnished.source;
    let pair = ("+74951234567", "+79001112233");
    let reports = [
        report(source, "a", pair, at(CALLS[0])),
        report(source, "b", pair, at(CALLS[1])),
        report(source, "c", ("+74957654321", "+79004445566"), at(CALLS[2])),
    ];
    opened.ingest(client, &reports);
    // The furnished call of the tenth would only be in the way.
    crate::support::execute(
        &opened.database,
        "DELETE FROM labels; DELETE FROM recordings; DELETE FROM assignments;
         DELETE FROM observation_revisions; DELETE FROM observation_corrections;
         DELETE FROM observations WHERE external_id = 'call-1'",
    );
    opened.settle_all();
    furnished
}

fn around(text: &str) -> Vec<i32> {
    let day = at(text).day().0;
    vec![day - 1, day, day + 1]
}

fn touched(opened: &Opened, furnished: &Furnished) -> Vec<i32> {
    opened.expand_all();
    assert_eq!(rows(&opened.database, "changes"), 0, "an expanded change is gone");
    let days = opened.waiting_days(furnished.client.id);
    opened.settle_all();
    days
}

#[test]
fn a_client_that_moves_has_all_its_days_recomputed_and_one_renamed_has_none() {
    on_both(|database| {
        let opened = open(database);
        let furnished = prepared(&opened);
        let client = furnished.client.id;
        let update = |changes: ClientChanges| {
            opened.as_client(client, |conn| clients::update_client(conn, client, &changes));
            touched(&opened, &furnished)
        };
        let named =
            ClientChanges { name: Some("другой".to_owned()), ..ClientChanges::default() };
        assert_eq!(update(named), NO_DAYS);
        let window = ClientChanges { window_hours: Some(24), ..ClientChanges::default() };
        assert_eq!(update(window), NO_DAYS, "traps keep the window they were made with");
        let zone = "Asia/Omsk".to_owned();
        let moved = ClientChanges { time_zone: Some(zone), ..ClientChanges::default() };
        assert_eq!(update(moved), CALLS.map(around).concat());
    });
}

#[test]
fn an_own_number_touches_the_days_of_its_old_and_its_new_validity() {
    on_both(|database| {
        let opened = open(database);
        let furnished = prepared(&opened);
        let client = furnished.client.id;
        let mut new = new_own_number(79_261_234_567);
        new.valid_to = Some(at("2026-11-10T00:00:00Z"));
        let row =
            opened.as_client(client, |conn| own_numbers::create_own_number(conn, client, &new));
        assert_eq!(touched(&opened, &furnished), around(CALLS[0]));
        let changes = OwnNumberChanges {
            valid_from: Some(Some(at("2026-11-20T00:00:00Z"))),
            valid_to: Some(None),
            ..OwnNumberChanges::default()
        };
        opened.as_client(client, |conn| {
            own_numbers::update_own_number(conn, client, row.id, &changes)
        });
        let expected = [around(CALLS[0]), around(CALLS[2])].concat();
        assert_eq!(touched(&opened, &furnished), expected);
    });
}

#[test]
fn a_bait_touches_the_days_of_its_own_calls() {
    on_both(|database| {
        let opened = open(database);
        let furnished = prepared(&opened);
        let client = furnished.client.id;
        let changes =
            BaitChanges { region: Some(Some("Тверь".to_owned())), ..BaitChanges::default() };
        opened.as_client(client, |conn| {
            baits::update_bait(conn, client, furnished.bait.id, &changes)
        });
        assert_eq!(
            touched(&opened, &furnished),
            CALLS[..2].iter().flat_map(|c| around(c)).collect::<Vec<_>>()
        );
    });
}

#[test]
fn a_trap_touches_every_day_it_can_reach_even_without_a_call() {
    on_both(|database| {
        let opened = open(database);
        let furnished = prepared(&opened);
        let client = furnished.client.id;
        let started_at = at("2026-12-01T09:00:00Z");
        let reach = |from: Instant| {
            let days = buckets::days_between(from, started_at + LONGEST_REACH);
            days.into_iter().map(|day| day.0).collect::<Vec<_>>()
        };
        let trap = opened.trap(client, furnished.bait.id, started_at);
        assert_eq!(touched(&opened, &furnished), reach(started_at));
        let visit = baitline_domain::trap::Exposure {
            at: at("2026-11-30T20:00:00Z"),
            kind: baitline_domain::trap::ExposureKind::SiteVisit,
            seconds: 200,
        };
        let changes = TrapChanges { exposures: Some(vec![visit]), ..TrapChanges::default() };
        opened.as_client(client, |conn| traps::update_trap(conn, client, trap, &changes));
        assert_eq!(touched(&opened, &furnished), reach(visit.at), "from the first exposure on");
    });
}

#[test]
fn a_corrected_clock_moves_its_calls_and_touches_old_and_new_days() {
    on_both(|database| {
        let opened = open(database);
        let furnished = prepared(&opened);
        let (client, source) = (furnished.client.id, furnished.source.id);
        let offset = Span::hours(24);
        let changes =
            SourceChanges { clock_offset_micros: Some(offset.0), uncertainty_micros: None };
        opened.as_client(client, |c| sources::update_source(c, client, source, &changes));
        let old_and_new = CALLS.iter().flat_map(|text| {
            let day = at(text).day().0;
            [day, day + 1]
        });
        assert_eq!(touched(&opened, &furnished), old_and_new.collect::<Vec<_>>());
        let reports = report(&furnished.source, "a", ("", ""), at(CALLS[0]));
        let (_, occurred_at, _) = opened
            .agency(|conn| observations::find_observation(conn, Reach::Client(client), reports.id));
        assert_eq!(occurred_at, at(CALLS[0]) + offset);
        let back = SourceChanges { clock_offset_micros: Some(0), uncertainty_micros: None };
        opened.as_client(client, |c| sources::update_source(c, client, source, &back));
        touched(&opened, &furnished);
        let (_, occurred_at, _) = opened
            .agency(|conn| observations::find_observation(conn, Reach::Client(client), reports.id));
        assert_eq!(occurred_at, at(CALLS[0]), "it is always reckoned from what was reported");
    });
}

#[test]
fn a_clock_less_sure_touches_the_days_of_its_calls() {
    on_both(|database| {
        let opened = open(database);
        let furnished = prepared(&opened);
        let (client, source) = (furnished.client.id, furnished.source.id);
        let changes =
            SourceChanges { clock_offset_micros: None, uncertainty_micros: Some(60_000_000) };
        opened.as_client(client, |c| sources::update_source(c, client, source, &changes));
        assert_eq!(touched(&opened, &furnished), CALLS.map(|text| at(text).day().0));
    });
}

#[test]
fn a_label_touches_the_callers_days_from_its_call_on() {
    on_both(|database| {
        let opened = open(database);
        let furnished = prepared(&opened);
        let client = furnished.client.id;
        let heard: ObservationId = report(&furnished.source, "b", ("", ""), at(CALLS[1])).id;
        let call =
            call(furnished.bait.id, heard, crate::support::phone(74_951_234_567), at(CALLS[1]));
        let recorded = recording(client, heard, 9);
        opened.as_client(client, |conn| recordings::put_recording(conn, &recorded));
        let new = NewLabel { consent_given: true, ..new_label(LabelKind::Service) };
        opened.as_client(client, |c| labels::add_label(c, client, &call, &new, "test"));
        assert_eq!(touched(&opened, &furnished), around(CALLS[1]));
    });
}

fn import(opened: &Opened, in_force_from: &str) {
    let edition = NewEdition {
        file: NumberingFile::Def9,
        in_force_from: at(in_force_from),
        sha256: [0; 32],
        ranges: Vec::new(),
    };
    opened.agency(|conn| numbering::import_edition(conn, &edition));
}

#[test]
fn an_edition_touches_every_clients_days_it_bears_on() {
    on_both(|database| {
        let opened = open(database);
        let (ours, theirs) = (prepared(&opened), furnish(&opened, "чужой"));
        opened.settle_all();
        import(&opened, "2026-11-01T00:00:00Z");
        assert_eq!(rows(&opened.database, "changes"), 2, "one for every client");
        opened.expand_all();
        assert_eq!(opened.waiting_days(theirs.client.id), around("2026-11-10T09:00:00Z"));
        assert_eq!(opened.waiting_days(ours.client.id), CALLS.map(around).concat());
        opened.settle_all();
        import(&opened, "2026-11-12T00:00:00Z");
        assert_eq!(touched(&opened, &ours).len(), 9, "the first edition serves all time before");
        import(&opened, "2026-11-20T00:00:00Z");
        let from_the_second = [around(CALLS[1]), around(CALLS[2])].concat();
        assert_eq!(touched(&opened, &ours), from_the_second);
    });
}

#[test]
fn without_a_change_there_is_nothing_to_expand() {
    on_both(|database| {
        let opened = open(database);
        assert!(!opened.agency(changes::expand_next));
        let client = opened.client("наш").id;
        opened.bait(client, 79_000_000_001);
        assert!(opened.agency(changes::expand_next));
        assert!(!opened.agency(changes::expand_next));
        assert_eq!(opened.waiting_days(client), NO_DAYS, "a bait without calls touches no day");
    });
}
