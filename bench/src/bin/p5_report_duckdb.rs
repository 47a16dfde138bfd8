//! P5: the report of repeat offenders over sealed interceptions, an arbitrary
//! range of them, against DuckDB over the same files with the same answer.

use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command};
use std::time::Duration;

use baitline_bench::sealed::{self, Names, Ours};
use baitline_bench::world::World;
use baitline_bench::{Args, Ratios};

/// How many interceptions are sealed; the range holds nine tenths of them.
const CALLS: u64 = 11_200_000;
const TINY: u64 = 20_000;
/// The peak of resident memory that the report shall not pass.
const TARGET_BYTES: u64 = 500 * 1024 * 1024;
/// Both sides use so many threads.
const THREADS: usize = 2;

fn main() {
    sealed::answer_if_asked();
    let args = Args::read();
    let folder = tempfile::Builder::new().tempdir_in("/var/tmp").expect("a temporary folder");
    sealed::seal(&World::made(sealed::shape(args.size(CALLS, TINY))), folder.path());
    let (mut ours, mut duckdb) = (Ours::start(folder.path()), DuckDb::start(folder.path()));

    let answer = folder.path().join("answer.csv");
    ours.write_answer(&answer);
    duckdb.check(&answer);
    if !args.tiny {
        drop(ours);
        ours = Ours::start(folder.path());
        ours.report();
    }
    let time = |ours: Duration| {
        println!("ours {:.3} s", ours.as_secs_f64());
        ours
    };
    let ratios = Ratios::of_speed(args.rounds(), || time(ours.report()), || duckdb.report());
    args.say("P5 time", &ratios);
    let memory = TARGET_BYTES as f64 / ours.peak_bytes() as f64;
    println!("peak {} MiB", ours.peak_bytes() >> 20);
    args.say("P5 memory", &Ratios::from_values(vec![memory]));
}

/// The baseline: DuckDB in Python, which measures itself.
struct DuckDb {
    child: Child,
    asks: ChildStdin,
    answers: std::io::BufReader<ChildStdout>,
}

impl DuckDb {
    fn start(folder: &Path) -> Self {
        let python = std::env::var_os("BAITLINE_BENCH_PYTHON").map(PathBuf::from);
        let python = python.unwrap_or_else(|| PathBuf::from(".tools/venv/bin/python3"));
        let mut command = Command::new(python);
        command.args(["-u", "-c", PROGRAM]).arg(query(folder)).arg(THREADS.to_string());
        let (child, asks, answers) = sealed::conversation(&mut command);
        Self { child, asks, answers }
    }

    fn report(&mut self) -> Duration {
        let took = sealed::seconds(&sealed::ask(&mut self.asks, &mut self.answers, "report"));
        println!("DuckDB {:.3} s", took.as_secs_f64());
        took
    }

    fn check(&mut self, answer: &Path) {
        let path = answer.display().to_string();
        let told = sealed::ask(&mut self.asks, &mut self.answers, &path);
        assert_eq!(told, "same", "DuckDB answers otherwise");
    }
}

impl Drop for DuckDb {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads lines: `report` is timed, anything else names a CSV to compare with.
const PROGRAM: &str = r#"
import sys, time, duckdb
query, threads = sys.argv[1:3]
database = duckdb.connect()
database.execute(f"set threads = {threads}")
# What takes longer than two seconds would be drawn onto the answers.
database.execute("set enable_progress_bar = false")
for line in sys.stdin:
    line = line.strip()
    if line == "report":
        started = time.perf_counter()
        database.execute(query).fetchnumpy()
        print(time.perf_counter() - started)
    else:
        database.execute(f"create table theirs as {query}")
        database.execute("create table ours as from theirs limit 0")
        database.execute(f"copy ours from '{line}' (header)")
        count = lambda sql: database.execute(f"select count(*) from ({sql})").fetchone()[0]
        same = (count("from ours") == count("from theirs") > 0
            and count("from ours except from theirs") == 0)
        print("same" if same else "other")
"#;

/// Traps and baits of one client are counted from zero: the client's number
/// before them makes them one number.
fn query(folder: &Path) -> String {
    let names = Names {
        verdict: ["0", "1", "2", "3", "4"],
        hearing: ["0", "1", "2"],
        client: "c",
        bait: "(c::bigint << 32 | bait)",
        trap: "(c::bigint << 32 | trap)",
        micros: "started_at",
    };
    let (from, to) = sealed::period();
    let counted = format!(
        "select {} from read_parquet('{}/*/*.parquet', hive_partitioning = true, \
         hive_types = {{'c': integer}}) where started_at >= {} and started_at < {} \
         and caller is not null group by caller",
        sealed::counts_in_sql(&names),
        folder.display(),
        from.0,
        to.0,
    );
    sealed::judged_in_sql(&counted)
}
