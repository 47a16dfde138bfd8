//! Reports from segments: the same answers as from the database, whatever
//! happens to the files.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use baitline_analytics::{Ordinals, write_segment};
use baitline_domain::ids::{ClientId, SegmentId};
use baitline_domain::instant::Day;
use baitline_store::blobs::BlobKind;
use baitline_store::sealing::{self, NewSegment};
use baitline_store::sql_types::RowId;
use baitline_store::{Conn, Reach, StoreResult, segments, tallies};
use baitline_testkit::{S3Server, TestDatabase, on_both};
use bytes::Bytes;
use futures_util::stream;
use serde_json::Value;
use tokio::runtime::Runtime;
use uuid::Uuid;

use crate::reported::{MEGAFON, PERIOD, RAGGED, Reported, at};
use crate::service::Service;

const GROUPINGS: [&str; 11] = [
    "number",
    "block10",
    "block100",
    "competitor",
    "operator",
    "operator_group",
    "region",
    "client",
    "day",
    "week",
    "month",
];

/// Every report of both periods, also narrowed to an operator.
fn reports(reported: &Reported, key: &str) -> Vec<(String, Value)> {
    let mut paths = Vec::new();
    for period in [PERIOD, RAGGED] {
        for grouping in GROUPINGS {
            paths.push(format!("/v1/reports/repeat-offenders?{period}&group_by={grouping}"));
        }
        paths.push(format!("/v1/reports/repeat-offenders?{period}&operator_inn={MEGAFON}"));
        paths.push(format!("/v1/reports/baits?{period}"));
        paths.push(format!("/v1/reports/operators?{period}"));
    }
    let ask = |path: String| {
        let mut answer = reported.service.get(key, &path).expect(200).json();
        // It tells how long ago, and time goes by.
        for bait in answer["baits"].as_array_mut().into_iter().flatten() {
            bait["hours_since_last"].take();
        }
        (path, answer)
    };
    paths.into_iter().map(ask).collect()
}

/// Seals every day of a client but one, as a worker would.
fn seal(reported: &Reported, client: ClientId, but: Option<Day>) {
    let store = &reported.service.store;
    let worker = RowId(Uuid::now_v7());
    for month in ["2026-10-01T00:00:00Z", "2026-11-01T00:00:00Z"].map(|month| at(month).day()) {
        let prepared = store.write(Reach::Agency, |conn| {
            assert!(sealing::hold(conn, client, worker)?);
            let (mut rows, mut days) = (Vec::new(), BTreeMap::new());
            for day in sealing::month_state(conn, client, month)?.days {
                if Some(day.day()) != but {
                    days.insert(day.day(), day.version);
                    rows.extend(tallies::interceptions_of_day(conn, client, day.day())?);
                }
            }
            let given = sealing::give_ordinals(conn, (client, worker), &rows)?;
            Ok((rows, days, given))
        });
        let (rows, days, given) = prepared.unwrap();
        if rows.is_empty() {
            continue;
        }
        let ordinals = Ordinals {
            bait_count: given.baits.len() as u32,
            trap_count: given.traps.len() as u32,
            baits: given.baits,
            traps: given.traps,
            competitors: given.competitors,
        };
        let bytes = Bytes::from(write_segment(&rows, &ordinals).unwrap());
        let part = stream::iter([Ok::<_, ()>(bytes)]);
        let put = store.blobs().put(client, BlobKind::Segment, part, 1_000_000);
        let blob = Runtime::new().unwrap().block_on(put).unwrap();
        let new = NewSegment {
            id: SegmentId(Uuid::now_v7()),
            sha256: blob.sha256,
            bytes: blob.bytes,
            interceptions: rows.len() as u64,
            days,
        };
        let list = |conn: &mut Conn| {
            let (of, old) = ((client, worker), BTreeSet::new());
            sealing::replace_segments(conn, of, month, &old, std::slice::from_ref(&new))
        };
        assert_eq!(store.write(Reach::Agency, list).unwrap(), new.days.len());
    }
}

fn ids(reported: &Reported) -> [ClientId; 2] {
    [&reported.windows, &reported.doors].map(|tenant| ClientId(tenant.id.parse().unwrap()))
}

fn in_store<T>(reported: &Reported, work: impl FnMut(&mut Conn) -> StoreResult<T>) -> T {
    reported.service.store.read(Reach::Agency, work).unwrap()
}

fn sealed_days(reported: &Reported) -> i64 {
    in_store(reported, segments::count_sealed).1
}

#[test]
fn reports_from_segments_say_what_reports_from_the_database_say() {
    on_both(|database| {
        let reported = Reported::on(Service::start(database));
        let keys = [&reported.service.agency_key, &reported.windows.key, &reported.doors.key];
        let before = keys.map(|key| reports(&reported, key));
        assert_eq!(sealed_days(&reported), 0);
        let [windows, doors] = ids(&reported);
        // First a day of each is still in the database, beside the sealed ones.
        seal(&reported, windows, Some(at("2026-10-12T00:00:00Z").day()));
        assert_eq!(sealed_days(&reported), 1);
        assert_eq!(keys.map(|key| reports(&reported, key)), before);
        seal(&reported, doors, None);
        assert_eq!(sealed_days(&reported), 2);
        assert_eq!(keys.map(|key| reports(&reported, key)), before);
    });
}

/// The files of a client's segments in the folder of blobs.
fn files(reported: &Reported, client: ClientId) -> Vec<PathBuf> {
    let rows = in_store(reported, |conn| sealing::all_segments(conn, client));
    let runtime = Runtime::new().unwrap();
    let blobs = reported.service.store.blobs();
    let path = |sha256: &[u8]| {
        let found = blobs.local_file(client, BlobKind::Segment, sha256);
        runtime.block_on(found).unwrap().path().to_owned()
    };
    rows.iter().map(|row| path(&row.sha256)).collect()
}

#[test]
fn a_file_that_is_gone_or_not_what_it_was_changes_no_report() {
    on_both(|database| {
        let reported = Reported::on(Service::start(database));
        let key = &reported.service.agency_key;
        let before = reports(&reported, key);
        let [windows, doors] = ids(&reported);
        seal(&reported, windows, None);
        seal(&reported, doors, None);
        let broken = files(&reported, windows);
        let whole = std::fs::read(&broken[0]).unwrap();
        let mut changed = whole.clone();
        changed[whole.len() / 2] ^= 1;
        for bytes in [&changed[..], &whole[..whole.len() / 2], b""] {
            std::fs::write(&broken[0], bytes).unwrap();
            assert_eq!(reports(&reported, key), before);
        }
        std::fs::remove_file(&broken[0]).unwrap();
        assert_eq!(reports(&reported, key), before);
    });
}

#[test]
fn a_client_with_many_asking_at_once_gets_every_report() {
    let reported = Reported::on(Service::start(TestDatabase::sqlite()));
    let [windows, _] = ids(&reported);
    seal(&reported, windows, None);
    let path = format!("/v1/reports/operators?{PERIOD}");
    let expected = reported.service.get(&reported.windows.key, &path).expect(200).json();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let answer = reported.service.get(&reported.windows.key, &path).expect(200);
                assert_eq!(answer.json(), expected);
            });
        }
    });
}

#[test]
fn a_report_reads_segments_from_a_bucket() {
    let server = S3Server::start();
    let reported = Reported::on(Service::start_on(TestDatabase::sqlite(), &server));
    let key = &reported.service.agency_key;
    let before = reports(&reported, key);
    for client in ids(&reported) {
        seal(&reported, client, None);
    }
    assert_eq!(sealed_days(&reported), 3);
    assert_eq!(reports(&reported, key), before);
}
