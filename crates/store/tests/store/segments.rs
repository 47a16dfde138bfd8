//! The list of segments: every interception in exactly one part of a manifest,
//! whatever was recomputed between the reading of a day and its listing.

use std::collections::{BTreeMap, BTreeSet};

use baitline_domain::ids::{ClientId, SegmentId};
use baitline_domain::instant::{Day, Instant, Span, first_of_month};
use baitline_store::sealing::{self, NewSegment};
use baitline_store::segments::{self, Lost, Manifest};
use baitline_store::sql_types::RowId;
use baitline_store::{Reach, StoreError, derived_days, tallies};
use baitline_testkit::on_both;
use uuid::Uuid;

use crate::support::{Opened, at, open};
use crate::world::{Furnished, furnish as furnish_all};

fn the_day() -> Day {
    at("2026-11-10T00:00:00Z").day()
}

fn month() -> Day {
    Day(first_of_month(the_day().0))
}

/// Seals a client's day without a file, and leaves the sealing to nobody.
pub(crate) fn furnish(opened: &Opened, client: ClientId, day: Day) {
    let worker = RowId(Uuid::now_v7());
    let new = read(opened, client, day);
    list(opened, (client, worker), &BTreeSet::new(), &[new]).unwrap();
    let rows = opened.agency(|conn| tallies::interceptions_of_day(conn, client, day));
    opened.agency(|conn| {
        sealing::hold(conn, client, worker)?;
        sealing::give_ordinals(conn, (client, worker), &rows)?;
        sealing::release(conn, client, worker)
    });
}

/// What a sealer keeps of a day it has read and written to a file.
fn read(opened: &Opened, client: ClientId, day: Day) -> NewSegment {
    let version = opened.agency(|c| derived_days::find_day(c, client, day)).unwrap().version;
    NewSegment {
        id: SegmentId(Uuid::now_v7()),
        sha256: [5; 32],
        bytes: 100,
        interceptions: 1,
        days: BTreeMap::from([(day, version)]),
    }
}

fn list(
    opened: &Opened,
    (client, worker): (ClientId, RowId),
    old: &BTreeSet<SegmentId>,
    new: &[NewSegment],
) -> Result<usize, StoreError> {
    opened.store.write(Reach::Agency, |conn| {
        assert!(sealing::hold(conn, client, worker)?);
        let sealed = sealing::replace_segments(conn, (client, worker), month(), old, new)?;
        sealing::release(conn, client, worker)?;
        Ok(sealed)
    })
}

fn manifest(opened: &Opened, reach: Reach, period: (Instant, Instant), lost: &Lost) -> Manifest {
    opened
        .store
        .read(reach, |conn| segments::manifest(conn, reach, period.0, period.1, lost))
        .unwrap()
}

fn whole_month() -> (Instant, Instant) {
    (month().start(), month().start() + Span::hours(24 * 30))
}

/// Segments, days left out of them, tallies and single calls of a manifest.
fn counts(manifest: &Manifest) -> (usize, usize, usize, usize) {
    let left_out = manifest.segments.iter().map(|(_, days)| days.len()).sum();
    let counted = &manifest.counted;
    (manifest.segments.len(), left_out, counted.tallies.len(), counted.edges.len())
}

/// Recomputes the day into what it was.
fn recompute(opened: &Opened, client: ClientId) {
    opened.agency(|conn| {
        let rows = tallies::tallies_of_day(conn, client, the_day())?;
        tallies::replace_day(conn, client, the_day(), &rows)
    });
}

fn furnished(opened: &Opened) -> Furnished {
    let furnished = furnish_all(opened, "наш");
    let client = furnished.client.id;
    let segment = opened.agency(|c| sealing::all_segments(c, client)).remove(0);
    let worker = RowId(Uuid::now_v7());
    list(opened, (client, worker), &BTreeSet::from([segment.id]), &[]).unwrap();
    furnished
}

#[test]
fn a_sealed_day_is_in_a_segment_and_a_recomputed_one_in_the_database() {
    on_both(|database| {
        let opened = open(database);
        let client = furnished(&opened).client.id;
        let (reach, none) = (Reach::Client(client), Lost::new());
        let period = whole_month();
        assert_eq!(counts(&manifest(&opened, reach, period, &none)), (0, 0, 1, 0));
        let worker = RowId(Uuid::now_v7());
        let segment = read(&opened, client, the_day());
        let old = BTreeSet::new();
        let sealed = list(&opened, (client, worker), &old, std::slice::from_ref(&segment));
        assert_eq!(sealed.ok(), Some(1));
        assert_eq!(counts(&manifest(&opened, reach, period, &none)), (1, 0, 0, 0));
        // The call began at 09:01: its day is an edge of these periods.
        let noon = at("2026-11-10T12:00:00Z");
        for edge in [(period.0, noon), (at("2026-11-10T09:00:00Z"), period.1)] {
            assert_eq!(counts(&manifest(&opened, reach, edge, &none)), (1, 0, 0, 0));
            let lost = Lost::from([segment.id]);
            assert_eq!(counts(&manifest(&opened, reach, edge, &lost)), (0, 0, 0, 1));
        }
        let lost = Lost::from([segment.id]);
        assert_eq!(counts(&manifest(&opened, reach, period, &lost)), (0, 0, 1, 0));
        recompute(&opened, client);
        assert_eq!(counts(&manifest(&opened, reach, period, &none)), (1, 1, 1, 0));
        assert_eq!(counts(&manifest(&opened, reach, (noon, period.1), &none)), (1, 1, 0, 0));
    });
}

#[test]
fn a_day_recomputed_since_it_was_read_is_not_listed() {
    on_both(|database| {
        let opened = open(database);
        let client = furnished(&opened).client.id;
        let segment = read(&opened, client, the_day());
        recompute(&opened, client);
        let worker = RowId(Uuid::now_v7());
        let sealed = list(&opened, (client, worker), &BTreeSet::new(), &[segment]);
        assert_eq!(sealed.ok(), Some(0));
        let found = manifest(&opened, Reach::Client(client), whole_month(), &Lost::new());
        assert_eq!(counts(&found), (0, 0, 1, 0));
    });
}

#[test]
fn a_day_that_another_segment_holds_is_taken_only_together_with_it() {
    on_both(|database| {
        let opened = open(database);
        let client = furnished(&opened).client.id;
        let worker = RowId(Uuid::now_v7());
        let first = read(&opened, client, the_day());
        let second = NewSegment { id: SegmentId(Uuid::now_v7()), ..first.clone() };
        let none = BTreeSet::new();
        list(&opened, (client, worker), &none, std::slice::from_ref(&first)).unwrap();
        let twice = list(&opened, (client, worker), &none, std::slice::from_ref(&second));
        assert!(matches!(twice, Err(StoreError::NotFound)), "{twice:?}");
        let old = BTreeSet::from([first.id]);
        assert_eq!(list(&opened, (client, worker), &old, &[second.clone()]).ok(), Some(1));
        let found = manifest(&opened, Reach::Agency, whole_month(), &Lost::new());
        assert_eq!(found.segments.iter().map(|(one, _)| one.id).collect::<Vec<_>>(), [second.id]);
        let rows = opened.agency(|conn| sealing::all_segments(conn, client));
        let dropped = rows.iter().filter(|row| row.dropped_at.is_some()).count();
        assert_eq!((rows.len(), dropped), (3, 2), "their bytes stay for who reads them");
    });
}

#[test]
fn one_worker_at_a_time_seals_a_client_and_another_one_follows_it() {
    on_both(|database| {
        let opened = open(database);
        let (ours, theirs) = (opened.client("наш").id, opened.client("чужой").id);
        let [one, other] = [(), ()].map(|()| RowId(Uuid::now_v7()));
        let hold = |client, worker| opened.agency(|conn| sealing::hold(conn, client, worker));
        assert!(hold(ours, one) && hold(ours, one) && hold(theirs, other));
        assert!(!hold(ours, other));
        opened.agency(|conn| sealing::release(conn, ours, other));
        assert!(!hold(ours, other), "who does not hold it cannot let it go");
        opened.agency(|conn| sealing::release(conn, ours, one));
        assert!(hold(ours, other));
        let late =
            opened.store.write(Reach::Agency, |conn| sealing::forget_client(conn, (ours, one)));
        assert!(matches!(late, Err(StoreError::NotFound)));
    });
}

#[test]
fn an_id_keeps_its_number_and_a_client_counts_its_own() {
    on_both(|database| {
        let opened = open(database);
        let [ours, theirs] = ["наш", "чужой"].map(|name| furnish_all(&opened, name).client.id);
        let rows = opened.agency(|c| tallies::interceptions_of_day(c, ours, the_day()));
        let worker = RowId(Uuid::now_v7());
        let given = |rows: &[_]| {
            opened.agency(|conn| {
                assert!(sealing::hold(conn, ours, worker)?);
                sealing::give_ordinals(conn, (ours, worker), rows)
            })
        };
        let first = given(&rows);
        assert_eq!(first.traps.values().copied().collect::<Vec<_>>(), [0]);
        let mut more = rows.clone();
        more[0].trap = baitline_domain::ids::TrapId(Uuid::now_v7());
        let second = given(&more);
        assert_eq!((second.traps[&rows[0].trap], second.traps[&more[0].trap]), (0, 1));
        assert_eq!(opened.agency(|conn| segments::ordinals_of(conn, ours)), second);
        let of_others = opened.agency(|conn| segments::ordinals_of(conn, theirs));
        assert_eq!(of_others.traps.values().copied().collect::<Vec<_>>(), [0]);
    });
}
