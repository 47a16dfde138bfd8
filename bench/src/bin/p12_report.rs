//! P12: the most memory that `baitline api` holds while reports of ten million sealed
//! interceptions are asked for over HTTP, in every format and by several lines. The
//! ratio is the target over what was measured: above 1 it is met. Each round is a new
//! process over the same files.

use std::collections::HashMap;
use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::time::Instant;

use baitline_bench::process::Baitline;
use baitline_bench::sealed::{self, SealedClient};
use baitline_bench::world::{Cast, DAYS_PER_TRAP, Shape, World};
use baitline_bench::{Args, Ratios, history, http, postgres};
use baitline_domain::ids::TrapId;
use baitline_store::blobs::BlobKind;
use baitline_store::{Reach, Store};
use baitline_testkit::{Role, TestDatabase};
use bytes::Bytes;
use futures_util::stream;
use uuid::Uuid;

/// How many interceptions are sealed; some have no number, and are no offender's.
const CALLS: u64 = 10_300_000;
const TINY: u64 = 20_000;
/// The most that the process may hold.
const TARGET_BYTES: u64 = 300 * 1024 * 1024;
/// The longest period of a report, in days.
const DAYS: u32 = 400;
/// The whole of it.
const PERIOD: &str = "from=2025-11-01T00:00:00Z&to=2026-12-06T00:00:00Z";
/// The only place of a line where each of its calls is counted.
const PLACES: [&str; 10] = [
    "interceptions",
    "candidates",
    "unheard_invalid",
    "other_heard",
    "attempts",
    "other_foreign_group",
    "other_foreign_entity",
    "other_same_group",
    "other_inconclusive",
    "other_invalid",
];
/// What is asked for beside the whole report as CSV.
const ASKED: [(&str, &str); 6] = [
    ("", "application/json"),
    ("", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("", "application/vnd.apache.parquet"),
    ("&group_by=block10", "application/json"),
    ("&group_by=client", "application/json"),
    ("&group_by=day&sort=traps", "text/csv"),
];

fn main() {
    let args = Args::read();
    let calls = args.size(CALLS, TINY);
    let database = postgres::database(&args);
    let folder = tempfile::tempdir_in("/var/tmp").expect("a temporary folder");
    let data = folder.path().join("data");
    let store = postgres::open(&database.url(), &data);
    let expected = keep(&database, &store, folder.path(), calls);
    let key = postgres::key(&store, Reach::Agency);
    drop(store);
    let ratios = (0..args.rounds()).map(|_| {
        let api = Baitline::api(&database.url(), &data);
        ask(&api, &key, &expected);
        TARGET_BYTES as f64 / api.peak_resident_bytes() as f64
    });
    args.say("P12", &Ratios::from_values(ratios.collect()));
}

/// What the report must come to.
struct Expected {
    lines: usize,
    calls: u64,
}

/// Keeps a world's interceptions as segments, as a worker would.
fn keep(database: &TestDatabase, store: &Store, folder: &Path, calls: u64) -> Expected {
    let shape = Shape { days: DAYS, ..sealed::shape(calls) };
    let mut cast = Cast::entered(store, &shape);
    for bait in cast.clients.iter_mut().flat_map(|client| &mut client.baits) {
        // No report asks for the runs themselves.
        bait.traps = (0..=DAYS / DAYS_PER_TRAP as u32).map(|_| TrapId(Uuid::now_v7())).collect();
    }
    let world = World::of(cast, shape);
    let files = folder.join("sealed");
    std::fs::create_dir(&files).expect("a folder can be made");
    sealed::seal(&world, &files);
    let runtime = tokio::runtime::Runtime::new().expect("threads can be started");
    for client in sealed::sealed_clients(&files) {
        history::psql(&database.url_as(Role::Superuser), &listed(&client));
        for (file, sha256) in &client.files {
            let bytes = std::fs::read(file).expect("a segment can be read");
            let part = stream::iter([Ok::<_, Infallible>(Bytes::from(bytes))]);
            let put = store.blobs().put(client.id, BlobKind::Segment, part, u64::MAX);
            assert_eq!(runtime.block_on(put).expect("a segment is kept").sha256, *sha256);
        }
    }
    let mut callers: HashMap<u64, u64> = HashMap::new();
    for row in sealed::interceptions(&world) {
        row.caller.into_iter().for_each(|one| *callers.entry(one.digits()).or_default() += 1);
    }
    Expected { lines: callers.len(), calls: callers.values().sum() }
}

/// The rows that name a client's segments and its ordinals, which stand for ids that no
/// report asks for.
fn listed(client: &SealedClient) -> String {
    let SealedClient { id, baits, traps, files } = client;
    let ordinals = [("bait", baits), ("trap", traps)].map(|(kind, count)| {
        format!(
            "INSERT INTO segment_ordinals (client_id, kind, subject_id, ordinal)
             SELECT '{id}', '{kind}', gen_random_uuid(), n FROM generate_series(0, {count} - 1) AS n;"
        )
    });
    let month = |file: &PathBuf| file.file_stem().and_then(|stem| stem.to_str()?.parse().ok());
    let segments = files.iter().map(|(file, sha256)| {
        let month: i32 = month(file).expect("a file is called by its month");
        let sha256: String = sha256.iter().map(|byte| format!("{byte:02x}")).collect();
        let bytes = std::fs::metadata(file).expect("the file is there").len();
        format!(
            "INSERT INTO segments (client_id, id, month, sha256, bytes, interceptions, sealed_at)
             VALUES ('{id}', gen_random_uuid(), {month}, '\\x{sha256}', {bytes}, 0, now());"
        )
    });
    ordinals.into_iter().chain(segments).collect()
}

/// Asks for each report, and says what memory it came to.
fn ask(api: &Baitline, key: &str, expected: &Expected) {
    let client = http::Client::new(api.base(), key);
    let path = format!("/v1/reports/repeat-offenders?{PERIOD}");
    let said = |what: &str, begun: Instant| {
        let mib = api.peak_resident_bytes() >> 20;
        println!("{what}: {:.1?}, peak {mib} MiB so far", begun.elapsed());
    };
    for (more, media_type) in ASKED {
        let begun = Instant::now();
        let answer = client.get_as(&format!("{path}{more}"), media_type);
        assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.bytes));
        if more.is_empty() && media_type == "application/json" {
            assert_eq!(answer.json()["total"], expected.lines);
        }
        said(&format!("{media_type} {more}"), begun);
    }
    let begun = Instant::now();
    let (mut next, mut lines, mut calls) = (Some(path), 0, 0);
    while let Some(path) = next {
        let answer = client.get_as(&path, "text/csv");
        assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.bytes));
        let counted = count(&String::from_utf8_lossy(&answer.bytes));
        (lines, calls) = (lines + counted.lines, calls + counted.calls);
        let link = answer.link.as_deref();
        next =
            link.and_then(|link| link.strip_prefix('<')?.split_once('>')).map(|(to, _)| to.into());
    }
    assert_eq!((lines, calls), (expected.lines, expected.calls));
    said("text/csv, every piece", begun);
}

/// Every call of a CSV's lines, each in exactly one place.
fn count(csv: &str) -> Expected {
    let mut lines = csv.lines();
    let header = lines.next().expect("a CSV has a header");
    let header: Vec<&str> = header.trim_start_matches('\u{feff}').split(',').collect();
    let place = |name: &&str| header.iter().position(|column| column == name);
    let places: Vec<usize> = PLACES.iter().filter_map(place).collect();
    assert_eq!(places.len(), PLACES.len(), "{header:?}");
    let mut counted = Expected { lines: 0, calls: 0 };
    for line in lines {
        // Names with commas are quoted and come before the counts, which are told from
        // the end.
        let cells: Vec<&str> = line.rsplit(',').collect();
        let cell = |place: &usize| cells[header.len() - 1 - place].parse::<u64>();
        counted.calls += places.iter().map(|place| cell(place).expect("a count")).sum::<u64>();
        counted.lines += 1;
    }
    counted
}
