//! The rules the databases decide, told apart by name: the same one on both.

use baitline_domain::ids::{BaitId, ClientId};
use baitline_domain::instant::Span;
use baitline_store::models::{BaitChanges, NewBait, NewTrap, OwnNumberChanges};
use baitline_store::{
    Conn, Constraint, Reach, StoreError, StoreResult, baits, own_numbers, sources, traps,
};
use baitline_testkit::on_both;
use uuid::Uuid;

use crate::support::{Opened, at, new_bait, new_source, new_trap, open, phone};
use crate::world::new_own_number;

/// The rule that a client's work breaks.
fn broken_rule<T>(
    opened: &Opened,
    client: ClientId,
    work: impl FnMut(&mut Conn) -> StoreResult<T>,
) -> Constraint {
    match opened.store.write(Reach::Client(client), work) {
        Err(StoreError::Constraint(constraint)) => constraint,
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("no rule was broken"),
    }
}

#[test]
fn a_client_has_a_number_once_and_another_client_may_have_it_too() {
    on_both(|database| {
        let opened = open(database);
        let (ours, theirs) = (opened.client("наш").id, opened.client("чужой").id);
        opened.bait(ours, 79_000_000_001);
        let again = new_bait(79_000_000_001);
        let rule = broken_rule(&opened, ours, |conn| baits::create_bait(conn, ours, &again));
        assert_eq!(rule, Constraint::BaitNumberTaken);
        assert_eq!(opened.bait(theirs, 79_000_000_001).number, phone(79_000_000_001));
    });
}

#[test]
fn a_client_uses_a_reference_once_and_any_number_of_baits_has_none() {
    on_both(|database| {
        let opened = open(database);
        let client = opened.client("наш").id;
        let named = |digits| NewBait { reference: Some("A".to_owned()), ..new_bait(digits) };
        opened.as_client(client, |conn| baits::create_bait(conn, client, &named(79_000_000_001)));
        let again = named(79_000_000_002);
        let rule = broken_rule(&opened, client, |conn| baits::create_bait(conn, client, &again));
        assert_eq!(rule, Constraint::BaitReferenceTaken);
        let nameless = opened.bait(client, 79_000_000_003);
        opened.bait(client, 79_000_000_004);
        let changes = BaitChanges { reference: Some(again.reference), ..BaitChanges::default() };
        let rule = broken_rule(&opened, client, |conn| {
            baits::update_bait(conn, client, nameless.id, &changes)
        });
        assert_eq!(rule, Constraint::BaitReferenceTaken);
    });
}

#[test]
fn a_client_has_a_source_name_once() {
    on_both(|database| {
        let opened = open(database);
        let (ours, theirs) = (opened.client("наш").id, opened.client("чужой").id);
        opened.source(ours, "АТС");
        opened.source(theirs, "АТС");
        let new = new_source("АТС");
        let rule = broken_rule(&opened, ours, |conn| sources::create_source(conn, ours, &new));
        assert_eq!(rule, Constraint::SourceNameTaken);
    });
}

#[test]
fn a_range_or_a_validity_that_ends_before_it_begins_is_refused() {
    on_both(|database| {
        let opened = open(database);
        let client = opened.client("наш").id;
        let mut backwards = new_own_number(79_000_000_005);
        backwards.last = phone(79_000_000_004);
        let mut empty = new_own_number(79_000_000_005);
        empty.valid_from = Some(at("2026-11-02T00:00:00Z"));
        empty.valid_to = empty.valid_from;
        for new in [backwards, empty] {
            let rule = broken_rule(&opened, client, |conn| {
                own_numbers::create_own_number(conn, client, &new)
            });
            assert_eq!(rule, Constraint::Backwards, "{new:?}");
        }
        let mut open_ended = new_own_number(79_000_000_005);
        open_ended.valid_from = Some(at("2026-11-02T00:00:00Z"));
        let row = opened
            .as_client(client, |conn| own_numbers::create_own_number(conn, client, &open_ended));
        let changes = OwnNumberChanges {
            valid_to: Some(Some(at("2026-11-01T00:00:00Z"))),
            ..OwnNumberChanges::default()
        };
        let rule = broken_rule(&opened, client, |conn| {
            own_numbers::update_own_number(conn, client, row.id, &changes)
        });
        assert_eq!(rule, Constraint::Backwards);
    });
}

#[test]
fn the_runs_of_one_bait_may_touch_but_not_overlap() {
    on_both(|database| {
        let opened = open(database);
        let client = opened.client("наш").id;
        let (one, two) = (opened.bait(client, 79_000_000_001), opened.bait(client, 79_000_000_002));
        let nine = at("2026-11-10T09:00:00Z");
        opened.trap(client, one.id, nine);
        for minutes in [-59, -30, 0, 30, 59] {
            let new = new_trap(one.id, nine + Span::seconds(minutes * 60));
            let rule = broken_rule(&opened, client, |conn| traps::create_trap(conn, client, &new));
            assert_eq!(rule, Constraint::TrapOverlaps, "{minutes} minutes from the other");
        }
        opened.trap(client, one.id, nine + Span::hours(1));
        opened.trap(client, one.id, nine - Span::hours(1));
        opened.trap(client, two.id, nine);
    });
}

#[test]
fn a_run_that_ends_before_it_begins_is_refused() {
    on_both(|database| {
        let opened = open(database);
        let client = opened.client("наш").id;
        let bait = opened.bait(client, 79_000_000_001).id;
        let nine = at("2026-11-10T09:00:00Z");
        for run_ends_at in [nine, nine - Span::hours(1)] {
            let new = NewTrap { run_ends_at, ..new_trap(bait, nine) };
            let rule = broken_rule(&opened, client, |conn| traps::create_trap(conn, client, &new));
            assert_eq!(rule, Constraint::Backwards);
        }
    });
}

#[test]
fn a_trap_needs_a_bait_of_its_own_client() {
    on_both(|database| {
        let opened = open(database);
        let (ours, theirs) = (opened.client("наш").id, opened.client("чужой").id);
        let foreign = opened.bait(theirs, 79_000_000_001).id;
        for bait in [foreign, BaitId(Uuid::now_v7())] {
            let new = new_trap(bait, at("2026-11-10T09:00:00Z"));
            let rule = broken_rule(&opened, ours, |conn| traps::create_trap(conn, ours, &new));
            assert_eq!(rule, Constraint::UnknownBait);
        }
    });
}

#[test]
fn of_two_overlapping_traps_made_at_once_one_is_kept() {
    on_both(|database| {
        let opened = open(database);
        let client = opened.client("наш").id;
        let bait = opened.bait(client, 79_000_000_001).id;
        let make = || {
            let new = new_trap(bait, at("2026-11-10T09:00:00Z"));
            opened.store.write(Reach::Client(client), |conn| traps::create_trap(conn, client, &new))
        };
        let made: usize = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(make)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).fold(0, |made, result| {
                match result {
                    Ok(_) => made + 1,
                    Err(StoreError::Constraint(Constraint::TrapOverlaps)) => made,
                    Err(other) => panic!("{other:?}"),
                }
            })
        });
        assert_eq!(made, 1);
    });
}
