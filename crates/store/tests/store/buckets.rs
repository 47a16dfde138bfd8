//! The ledger of days that wait for the worker, and the lock that keeps two
//! workers from one bucket.

use std::collections::BTreeSet;
use std::sync::mpsc;

use baitline_domain::instant::Day;
use baitline_store::buckets::{self, DayFilter};
use baitline_store::{Reach, StoreError};
use baitline_testkit::{TestDatabase, on_both};

use crate::support::{at, open, phone, report, rows};
use crate::world::{CALLER, furnish};

fn days(numbers: &[i32]) -> BTreeSet<Day> {
    numbers.iter().copied().map(Day).collect()
}

#[test]
fn recent_days_come_first_and_each_part_in_order() {
    on_both(|database| {
        let opened = open(database);
        let client = opened.client("наш").id;
        let touched = days(&[5, 30, 7, 20, 21]);
        opened.as_client(client, |conn| buckets::touch(conn, client, &touched));
        opened.as_client(client, |conn| buckets::touch(conn, client, &days(&[7])));
        let waiting = |limit| {
            let found = opened.agency(|conn| buckets::waiting_buckets(conn, Day(20), limit));
            found.into_iter().map(|(_, day)| day.0).collect::<Vec<_>>()
        };
        assert_eq!(waiting(100), [20, 21, 30, 5, 7], "a day touched twice waits once");
        assert_eq!(waiting(1), [20, 5], "the limit is for each part");
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
        assert_eq!(read.len(), 1);
        // A call comes in while the worker computes.
        opened.as_client(client, |conn| buckets::touch(conn, client, &days(&[7])));
        opened.agency(|conn| buckets::settle(conn, client, day, &read));
        let left = opened.agency(|conn| buckets::ledger(conn, client, day));
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
