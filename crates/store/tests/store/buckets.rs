//! The ledger of days that wait for the worker, and the lock that keeps two
//! workers from one bucket.

use std::collections::BTreeSet;
use std::sync::mpsc;

use baitline_domain::ids::{BaitId, ClientId};
use baitline_domain::instant::{Day, Span};
use baitline_domain::matching::LATEST_EFFECT;
use baitline_store::buckets::{self, DayFilter, Parts, Touched};
use baitline_store::{Reach, StoreError};
use baitline_testkit::{TestDatabase, on_both};

use crate::support::{at, open, phone, report, rows};
use crate::world::{CALLER, furnish};

fn days(numbers: &[i32]) -> BTreeSet<Day> {
    numbers.iter().copied().map(Day).collect()
}

#[test]
fn the_latest_of_recent_days_comes_first_and_the_earliest_of_older_ones() {
    on_both(|database| {
        let opened = open(database);
        let client = opened.client("наш").id;
        let touched = days(&[5, 30, 7, 20, 21]);
        opened.as_client(client, |conn| buckets::touch(conn, client, &touched));
        opened.as_client(client, |conn| buckets::touch(conn, client, &days(&[7])));
        let numbers = |found: Vec<(ClientId, Day)>| -> Vec<i32> {
            found.into_iter().map(|(_, day)| day.0).collect()
        };
        let recent = |limit| {
            numbers(opened.agency(|conn| buckets::recent_buckets(conn, Day(20), None, limit)))
        };
        let older = |limit| {
            numbers(opened.agency(|conn| buckets::older_buckets(conn, Day(20), None, limit)))
        };
        assert_eq!(recent(100), [30, 21, 20], "the latest first");
        assert_eq!(older(100), [5, 7], "the earliest first; a day touched twice waits once");
        assert_eq!((recent(1), older(1)), (vec![30], vec![5]));
    });
}

#[test]
fn older_days_are_taken_from_every_client_in_turn() {
    on_both(|database| {
        let opened = open(database);
        let mut clients = [0, 1, 2, 3, 4, 5].map(|n| opened.client(&format!("клиент {n}")).id);
        clients.sort();
        for client in clients {
            opened.as_client(client, |conn| buckets::touch(conn, client, &days(&[1, 2, 3, 30])));
        }
        let after = |last| opened.agency(|conn| buckets::older_buckets(conn, Day(20), last, 2));
        let of = |places: [usize; 4]| -> Vec<(ClientId, Day)> {
            places.iter().flat_map(|n| [1, 2].map(|day| (clients[*n], Day(day)))).collect()
        };
        assert_eq!(after(None), of([0, 1, 2, 3]));
        assert_eq!(after(Some(clients[0])), of([1, 2, 3, 4]));
        assert_eq!(after(Some(clients[4])), of([5, 0, 1, 2]), "the first follows the last");
    });
}

#[test]
fn a_ledger_says_which_baits_were_touched_or_the_whole_day() {
    on_both(|database| {
        let opened = open(database);
        let client = opened.client("наш").id;
        let day = Day(7);
        let bait = |number: u128| BaitId(uuid::Uuid::from_u128(number));
        let touched =
            || opened.agency(|conn| buckets::ledger(conn, client, day)).map(|l| l.touched);
        let touch = |baits: std::ops::Range<u128>| {
            let parts = baits.map(|number| (day, bait(number))).collect();
            opened.as_client(client, |conn| buckets::touch_baits(conn, client, &parts));
        };
        assert_eq!(touched(), None);
        touch(1..3);
        touch(2..4);
        assert_eq!(touched(), Some(Touched::Baits([1, 2, 3].map(bait).into())));
        touch(0..101);
        assert_eq!(touched(), Some(Touched::Day), "too many to name");
        let read = opened.agency(|conn| buckets::ledger(conn, client, day)).unwrap().rows;
        opened.agency(|conn| buckets::settle(conn, client, day, &read));
        touch(1..2);
        opened.as_client(client, |conn| buckets::touch(conn, client, &days(&[7])));
        assert_eq!(touched(), Some(Touched::Day));
    });
}

#[test]
fn a_ledger_says_from_which_moment_on_a_day_was_touched() {
    on_both(|database| {
        let opened = open(database);
        let client = opened.client("наш").id;
        let day = Day(20_000);
        let bait = BaitId(uuid::Uuid::from_u128(1));
        let hour = |hours| day.start() + Span::hours(hours);
        let since = || opened.agency(|conn| buckets::ledger(conn, client, day)).unwrap().since;
        let touch = |at| {
            let mut parts = Parts::default();
            parts.add_observation(at, bait);
            opened.as_client(client, |conn| buckets::touch_baits(conn, client, &parts));
        };
        touch(hour(13));
        touch(hour(12));
        touch(hour(14));
        assert_eq!(since(), hour(12) - LATEST_EFFECT);
        let whole = [(day, bait)].into_iter().collect();
        opened.as_client(client, |conn| buckets::touch_baits(conn, client, &whole));
        assert_eq!(since(), day.start());
    });
}

#[test]
fn what_waits_is_counted_within_reach_with_changes_that_are_not_expanded() {
    on_both(|database| {
        let opened = open(database);
        let (ours, theirs) = (opened.client("наш").id, opened.client("чужой").id);
        opened.as_client(ours, |conn| buckets::touch(conn, ours, &days(&[1, 2])));
        opened.as_client(ours, |conn| buckets::touch(conn, ours, &days(&[2])));
        opened.bait(ours, 79_000_000_001);
        opened.as_client(theirs, |conn| buckets::touch(conn, theirs, &days(&[1])));
        let pending =
            |reach| opened.store.read(reach, |conn| buckets::count_pending(conn, reach)).unwrap();
        assert_eq!(pending(Reach::Client(ours)), 3, "two days and a change");
        assert_eq!(pending(Reach::Client(theirs)), 1);
        assert_eq!(pending(Reach::Agency), 4);
    });
}

#[test]
fn settling_deletes_exactly_what_was_read() {
    on_both(|database| {
        let opened = open(database);
        let client = opened.client("наш").id;
        let day = Day(7);
        opened.as_client(client, |conn| buckets::touch(conn, client, &days(&[7, 8])));
        let read = opened.agency(|conn| buckets::ledger(conn, client, day));
        let read = read.unwrap().rows;
        assert_eq!(read.len(), 1);
        // A call comes in while the worker computes.
        opened.as_client(client, |conn| buckets::touch(conn, client, &days(&[7])));
        opened.agency(|conn| buckets::settle(conn, client, day, &read));
        let left = opened.agency(|conn| buckets::ledger(conn, client, day)).unwrap().rows;
        assert_eq!(left.len(), 1);
        assert!(!left.contains(&read[0]), "the new row is the one that stayed");
        assert_eq!(rows(&opened.database, "touched_buckets"), 2, "the other day is untouched");
    });
}

#[test]
fn a_rolled_back_transaction_leaves_no_ledger_row() {
    on_both(|database| {
        let opened = open(database);
        let client = opened.client("наш").id;
        let failed = opened.store.write(Reach::Client(client), |conn| {
            buckets::touch(conn, client, &days(&[7]))?;
            Err::<(), _>(StoreError::NotFound)
        });
        assert!(matches!(failed, Err(StoreError::NotFound)));
        assert_eq!(rows(&opened.database, "touched_buckets"), 0);
    });
}

#[test]
fn a_bucket_that_one_worker_holds_is_passed_by_another() {
    let opened = open(TestDatabase::postgres());
    let client = opened.client("наш").id;
    opened.as_client(client, |conn| buckets::touch(conn, client, &days(&[7, 8])));
    let lock = |day| {
        opened.store.write(Reach::Agency, |conn| buckets::lock_bucket(conn, client, day)).unwrap()
    };
    let (is_held, wait_until_held) = mpsc::channel();
    let (release, wait_until_released) = mpsc::channel::<()>();
    std::thread::scope(|scope| {
        let store = &opened.store;
        let holder = scope.spawn(move || {
            store.write(Reach::Agency, |conn| {
                let locked = buckets::lock_bucket(conn, client, Day(7))?;
                is_held.send(locked).unwrap();
                wait_until_released.recv().unwrap();
                Ok(())
            })
        });
        assert!(wait_until_held.recv().unwrap());
        assert!(!lock(Day(7)), "the held bucket");
        assert!(lock(Day(8)), "its neighbour");
        // New reports do not wait for the worker.
        opened.as_client(client, |conn| buckets::touch(conn, client, &days(&[7])));
        release.send(()).unwrap();
        holder.join().unwrap().unwrap();
    });
    assert!(lock(Day(7)), "released");
    assert!(!lock(Day(9)), "a bucket that was never touched");
}

#[test]
fn the_days_of_observations_are_found_by_bait_number_and_period() {
    on_both(|database| {
        let opened = open(database);
        let furnished = furnish(&opened, "наш");
        let client = furnished.client.id;
        let late = at("2026-11-20T23:59:59.999999Z");
        opened.ingest(
            client,
            &[report(&furnished.source, "2", ("+74957654321", "+79001112233"), late)],
        );
        let found = |filter: DayFilter| {
            let found =
                opened.agency(|conn| buckets::days_with_observations(conn, client, &filter));
            found.into_iter().map(|day| day.0).collect::<Vec<_>>()
        };
        let around = |text: &str| {
            let day = at(text).day().0;
            [day - 1, day, day + 1]
        };
        let (first, second) = (around("2026-11-10T09:00:00Z"), around("2026-11-20T23:59:59Z"));
        let none = DayFilter::default();
        assert_eq!(found(none), [first, second].concat());
        assert_eq!(found(DayFilter { bait: Some(furnished.bait.id), ..none }).len(), 6);
        assert_eq!(found(DayFilter { party: Some(phone(CALLER)), ..none }), first);
        assert_eq!(found(DayFilter { from: Some(late), ..none }), second);
        assert_eq!(found(DayFilter { to: Some(late), ..none }), first);
    });
}
