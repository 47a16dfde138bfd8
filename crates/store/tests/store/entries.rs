//! Many things entered at once: what waited is joined, what is sent twice at
//! once is there once, and what is only checked is nowhere.

use std::thread;

use baitline_domain::ids::ClientId;
use baitline_domain::instant::Span;
use baitline_store::entries::{
    Contradiction, Entered, EntryFate, Purpose, enter_baits, enter_clients, enter_own_numbers,
    enter_traps,
};
use baitline_store::models::{NewBait, NewClient};
use baitline_store::{Conn, Reach, StoreResult, baits};
use baitline_testkit::on_both;

use crate::support::{self, NO_DAYS, Opened, at, new_bait, new_trap, report};
use crate::world::new_own_number;

const FIRST: u64 = 79_000_000_000;

fn many(count: u64) -> Vec<NewBait> {
    (0..count).map(|n| new_bait(FIRST + n)).collect()
}

fn fates(entered: &[Entered]) -> Vec<EntryFate> {
    entered.iter().map(|one| one.fate).collect()
}

fn accepted(entered: &[Entered]) -> usize {
    entered.iter().filter(|one| one.fate == EntryFate::Accepted).count()
}

#[test]
fn observations_that_waited_for_any_of_the_baits_are_joined_by_one_change() {
    on_both(|database| {
        let opened = support::open(database);
        let client = opened.client("Окна").id;
        let source = opened.source(client, "АТС");
        let one =
            report(&source, "1", ("+74951234567", "+79000000007"), at("2026-10-02T12:00:00Z"));
        let two =
            report(&source, "2", ("+74951234567", "+79000000008"), at("2026-10-09T12:00:00Z"));
        opened.ingest(client, &[one, two]);
        opened.settle_all();
        opened.as_client(client, |conn| enter_baits(conn, client, &many(20), Purpose::Keep));
        assert_eq!(support::rows(&opened.database, "changes"), 1);
        opened.expand_all();
        let days = [at("2026-10-02T00:00:00Z"), at("2026-10-09T00:00:00Z")].map(|at| at.day().0);
        assert_eq!(opened.waiting_days(client), days);
        let matched = "SELECT count(*) FROM observations WHERE bait_id IS NOT NULL";
        assert_eq!(support::count(&opened.database, matched), 2);
        opened.settle_all();
        opened.as_client(client, |conn| enter_baits(conn, client, &many(20), Purpose::Keep));
        assert_eq!(support::rows(&opened.database, "changes"), 0, "nothing is new");
    });
}

#[test]
fn what_is_only_checked_is_nowhere_and_what_repeats_in_the_list_is_told() {
    on_both(|database| {
        let opened = support::open(database);
        let client = opened.client("Окна").id;
        let list = [new_bait(FIRST), new_bait(FIRST), new_bait(FIRST + 1)];
        let checked =
            opened.as_client(client, |conn| enter_baits(conn, client, &list, Purpose::DryRun));
        let expected = [EntryFate::Accepted, EntryFate::Duplicate, EntryFate::Accepted];
        assert_eq!(fates(&checked), expected);
        assert!(checked.iter().all(|one| one.id.is_none()));
        assert_eq!(support::rows(&opened.database, "baits"), 0);
        let kept = opened.as_client(client, |conn| enter_baits(conn, client, &list, Purpose::Keep));
        assert_eq!(fates(&kept), expected);
        assert_eq!(kept[0].id, kept[1].id);
        assert_eq!(support::rows(&opened.database, "baits"), 2);
    });
}

#[test]
fn more_rows_than_one_statement_takes_are_entered_by_one_call() {
    on_both(|database| {
        let opened = support::open(database);
        let client = opened.client("Окна").id;
        let list = many(2_500);
        let kept = opened.as_client(client, |conn| enter_baits(conn, client, &list, Purpose::Keep));
        assert_eq!(accepted(&kept), 2_500);
        assert_eq!(support::rows(&opened.database, "baits"), 2_500);
    });
}

/// Runs the same work in four transactions at once; gives how many things were
/// new in all.
fn at_once(
    opened: &Opened,
    reach: Reach,
    work: impl Fn(&mut Conn) -> StoreResult<Vec<Entered>> + Sync,
) -> usize {
    thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| accepted(&opened.store.write(reach, &work).unwrap())))
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    })
}

#[test]
fn the_same_list_sent_several_times_at_once_is_entered_once() {
    on_both(|database| {
        let opened = support::open(database);
        let client = opened.client("Окна").id;
        let reach = Reach::Client(client);
        let baits = many(50);
        let entered =
            at_once(&opened, reach, |conn| enter_baits(conn, client, &baits, Purpose::Keep));
        assert_eq!(entered, 50);
        let numbers: Vec<_> = (0..50).map(|n| new_own_number(74_950_000_000 + n)).collect();
        let entered = at_once(&opened, reach, |conn| {
            enter_own_numbers(conn, client, &numbers, Purpose::Keep)
        });
        assert_eq!(entered, 50);
        let bait = opened.bait(client, FIRST + 99).id;
        let began = at("2026-10-01T10:00:00Z");
        let runs: Vec<_> = (0..20).map(|n| new_trap(bait, began + Span::hours(n))).collect();
        let entered =
            at_once(&opened, reach, |conn| enter_traps(conn, client, &runs, Purpose::Keep));
        assert_eq!(entered, 20);
        let names: Vec<_> = (0..20).map(|n| named(&format!("Клиент {n}"))).collect();
        let entered =
            at_once(&opened, Reach::Agency, |conn| enter_clients(conn, &names, Purpose::Keep));
        assert_eq!(entered, 20);
    });
}

fn named(name: &str) -> NewClient {
    NewClient { name: name.to_owned(), time_zone: "Europe/Moscow".to_owned(), window_hours: 48 }
}

#[test]
fn a_trap_that_overlaps_one_of_the_same_list_is_a_conflict() {
    on_both(|database| {
        let opened = support::open(database);
        let client = opened.client("Окна").id;
        let bait = opened.bait(client, FIRST).id;
        let other = opened.bait(client, FIRST + 1).id;
        let began = at("2026-10-01T10:00:00Z");
        let half = Span::seconds(1_800);
        let list =
            [new_trap(bait, began), new_trap(bait, began + half), new_trap(other, began + half)];
        let entered =
            opened.as_client(client, |conn| enter_traps(conn, client, &list, Purpose::Keep));
        let expected = [
            EntryFate::Accepted,
            EntryFate::Conflict(Contradiction::TrapOverlaps),
            EntryFate::Accepted,
        ];
        assert_eq!(fates(&entered), expected);
        assert_eq!(entered[1].id, entered[0].id, "the one it overlaps");
        assert_eq!(support::rows(&opened.database, "changes"), 4, "two baits and two traps");
    });
}

#[test]
fn own_numbers_leave_one_change_for_each_validity() {
    on_both(|database| {
        let opened = support::open(database);
        let client = opened.client("Окна").id;
        let mut numbers: Vec<_> = (0..50).map(|n| new_own_number(74_950_000_000 + n)).collect();
        numbers[7].valid_to = Some(at("2026-10-01T10:00:00Z"));
        opened.as_client(client, |conn| enter_own_numbers(conn, client, &numbers, Purpose::Keep));
        assert_eq!(support::rows(&opened.database, "changes"), 2);
    });
}

#[test]
fn retiring_a_bait_leaves_nothing_to_recompute() {
    on_both(|database| {
        let opened = support::open(database);
        let client: ClientId = opened.client("Окна").id;
        let bait = opened.bait(client, FIRST).id;
        opened.settle_all();
        let retired = opened
            .as_client(client, |conn| baits::retire_bait(conn, client, bait, Some("потеряна")));
        assert!(retired.retired_at.is_some());
        let back = opened.as_client(client, |conn| baits::retire_bait(conn, client, bait, None));
        assert_eq!((back.retired_at, back.retired_because), (None, None));
        assert_eq!(support::rows(&opened.database, "changes"), 0);
        assert_eq!(opened.waiting_days(client), NO_DAYS);
    });
}
