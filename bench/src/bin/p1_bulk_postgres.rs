//! P1 and P2: a body of NDJSON over HTTP into PostgreSQL with all its receipts,
//! beside `psql`'s binary `\copy` of the same rows into the same table with the
//! same keys, indexes and references. P2 has 30 % of its records twice.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use baitline_bench::process::Baitline;
use baitline_bench::world::{Cast, Shape, World};
use baitline_bench::{Args, Ratios, http, postgres};
use baitline_store::Reach;
use baitline_testkit::{Role, TestDatabase};

const FULL: u64 = 1_000_000;
const TINY: u64 = 2_000;
/// Of a hundred records of P2, how many were sent before in the same body.
const REPEATED_PERCENT: u64 = 30;
/// How far back the repeated record stands at most.
const LOOK_BACK: usize = 50_000;

fn main() {
    let args = Args::read();
    let records = args.size(FULL, TINY);
    let database = postgres::database(&args);
    let folder = tempfile::tempdir_in(if args.tiny { "/tmp" } else { "/var/tmp" });
    let folder = folder.expect("a temporary folder");
    let store = postgres::open(&database.url(), folder.path());

    let distinct = records - records * REPEATED_PERCENT / 100;
    let shape = Shape::one_client(records);
    let world = World::of(Cast::entered(&store, &shape), shape);
    let key = postgres::key(&store, Reach::Client(world.cast.clients[0].id));
    drop(store);
    let api = Baitline::api(&database.url(), &folder.path().join("data"));
    let bench = Bench { database: &database, folder: folder.path(), api: &api, key: &key };

    let all = world.bodies(usize::MAX).next().unwrap_or_default();
    bench.measure(&args, "P1", all.as_bytes(), (records, 0));
    let repeated = with_repetitions(&all, distinct as usize);
    drop(all);
    bench.measure(&args, "P2", repeated.as_bytes(), (distinct, records - distinct));
}

struct Bench<'a> {
    database: &'a TestDatabase,
    folder: &'a Path,
    api: &'a Baitline,
    key: &'a str,
}

impl Bench<'_> {
    fn measure(&self, args: &Args, name: &str, body: &[u8], (fresh, known): (u64, u64)) {
        self.send(body, (fresh, known));
        assert_eq!(self.database.count("SELECT count(*) FROM observations"), fresh as i64);
        let rows = self.keep_rows();
        self.copy(&rows);
        assert_eq!(self.database.count("SELECT count(*) FROM observations"), fresh as i64);
        let ratios = Ratios::of_speed(
            args.rounds(),
            || {
                let took = self.send(body, (fresh, known));
                eprintln!("{name} ours {took:?}, api's processor {:?}", self.api.processor_time());
                took
            },
            || {
                let took = self.copy(&rows);
                eprintln!("{name} copy {took:?}");
                took
            },
        );
        args.say(name, &ratios);
    }

    /// Sends the body to an empty table and reads every receipt.
    fn send(&self, body: &[u8], (fresh, known): (u64, u64)) -> Duration {
        self.empty();
        let client = http::Client::new(self.api.base(), self.key);
        let started = Instant::now();
        let answer = client.post("/v1/calls", "application/x-ndjson", body);
        let took = started.elapsed();
        assert_eq!(answer.status, 200);
        let text = String::from_utf8_lossy(&answer.bytes);
        let counted =
            |status: &str| text.matches(&format!("\"status\":\"{status}\"")).count() as u64;
        assert_eq!((counted("accepted"), counted("duplicate")), (fresh, known));
        took
    }

    /// The rows of the table in PostgreSQL's own binary form.
    fn keep_rows(&self) -> PathBuf {
        let file = self.folder.join("rows");
        self.psql(&format!("\\copy observations TO '{}' (FORMAT binary)", file.display()));
        file
    }

    fn copy(&self, rows: &Path) -> Duration {
        self.empty();
        let started = Instant::now();
        self.psql(&format!("\\copy observations FROM '{}' (FORMAT binary)", rows.display()));
        started.elapsed()
    }

    fn psql(&self, command: &str) {
        let url = self.database.url_as(Role::Superuser);
        postgres::output_of(postgres::tool("psql").args(["-qXd", &url, "-c", command]));
    }

    /// Nothing of an earlier round is left to write when a round begins.
    fn empty(&self) {
        self.database.execute("TRUNCATE touched_buckets, buckets, observations CASCADE");
        self.database.execute("CHECKPOINT");
    }
}

/// The first `distinct` lines of a body, and among them as many repetitions as
/// the body had more lines.
fn with_repetitions(body: &str, distinct: usize) -> String {
    let lines: Vec<&str> = body.lines().collect();
    let repetitions = lines.len() - distinct;
    let mut out = String::with_capacity(body.len());
    let mut given = 0;
    for (number, line) in lines[..distinct].iter().enumerate() {
        out.push_str(line);
        out.push('\n');
        let due = (number + 1) * repetitions / distinct;
        for repetition in given..due {
            let back = (repetition * 7_919) % LOOK_BACK.min(number + 1);
            out.push_str(lines[number - back]);
            out.push('\n');
        }
        given = due;
    }
    out
}
