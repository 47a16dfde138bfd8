//! P4: a body of NDJSON over HTTP into SQLite with all its receipts, beside
//! Python's `executemany` of the same rows into the same table, ten thousand in
//! a transaction, with the same pragmas.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use baitline_bench::process::Baitline;
use baitline_bench::world::{Cast, Shape, World};
use baitline_bench::{Args, Ratios, http, postgres};
use baitline_store::Reach;

const FULL: u64 = 300_000;
const TINY: u64 = 2_000;

/// Reads all rows first and times the inserting alone.
const BASELINE: &str = r#"
import sqlite3, sys, time
full, empty = sys.argv[1:]
rows = sqlite3.connect(full).execute("SELECT * FROM observations").fetchall()
into = sqlite3.connect(empty, isolation_level=None)
for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
    into.execute("PRAGMA " + pragma)
insert = "INSERT INTO observations VALUES (%s)" % ",".join("?" * len(rows[0]))
started = time.perf_counter()
for first in range(0, len(rows), 10_000):
    into.execute("BEGIN IMMEDIATE")
    into.executemany(insert, rows[first : first + 10_000])
    into.execute("COMMIT")
took = time.perf_counter() - started
assert into.execute("SELECT count(*) FROM observations").fetchone()[0] == len(rows)
print(took)
"#;

fn main() {
    let args = Args::read();
    let records = args.size(FULL, TINY);
    let folder = tempfile::tempdir_in(if args.tiny { "/tmp" } else { "/var/tmp" });
    let folder = folder.expect("a temporary folder");
    let template = folder.path().join("template.db");
    let url = format!("sqlite:{}", template.display());
    baitline_store::migrate(&url, None).expect("the migrations run on an empty file");
    let shape = Shape::one_client(records);
    let store = postgres::open(&url, folder.path());
    let world = World::of(Cast::entered(&store, &shape), shape);
    let key = postgres::key(&store, Reach::Client(world.cast.clients[0].id));
    drop(store);
    await_closed(&template);
    let body = world.bodies(usize::MAX).next().unwrap_or_default();

    let full = folder.path().join("full.db");
    ours(&template, &full, &key, body.as_bytes(), records);
    let ratios = Ratios::of_speed(
        args.rounds(),
        || {
            let took =
                ours(&template, &folder.path().join("ours.db"), &key, body.as_bytes(), records);
            eprintln!("P4 ours {took:?}");
            took
        },
        || {
            let took = baseline(&template, &folder.path().join("python.db"), &full);
            eprintln!("P4 executemany {took:?}");
            took
        },
    );
    args.say("P4", &ratios);
}

/// Sends the body to a fresh database and reads every receipt.
fn ours(template: &Path, database: &Path, key: &str, body: &[u8], records: u64) -> Duration {
    fresh(template, database);
    let data = database.with_extension("data");
    // With its worker, which refreshes meanwhile: SQLite serves one process.
    let url = format!("sqlite:{}", database.display());
    let serve = Baitline::listening("serve", &url, &data, &[]);
    let client = http::Client::new(serve.base(), key);
    let started = Instant::now();
    let answer = client.post("/v1/calls", "application/x-ndjson", body);
    let took = started.elapsed();
    assert_eq!(answer.status, 200);
    let text = String::from_utf8_lossy(&answer.bytes);
    assert_eq!(text.matches("\"status\":\"accepted\"").count() as u64, records);
    took
}

fn baseline(template: &Path, database: &Path, full: &Path) -> Duration {
    fresh(template, database);
    let mut python = Command::new("python3");
    let printed = postgres::output_of(python.arg("-c").arg(BASELINE).args([full, database]));
    Duration::from_secs_f64(printed.trim().parse().expect("Python prints the seconds"))
}

/// The last connection to be closed empties the log into the file; one of the pool may
/// still be on its way.
fn await_closed(database: &Path) {
    let log = database.with_extension("db-wal");
    for _ in 0..500 {
        if !log.exists() {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("{} is still open", database.display());
}

fn fresh(template: &Path, database: &Path) {
    for suffix in ["", "-wal", "-shm"] {
        let mut name = database.as_os_str().to_owned();
        name.push(suffix);
        // Not there in the first round.
        let _ = std::fs::remove_file(name);
    }
    std::fs::copy(template, database).expect("the template can be copied");
}
