//! P6: the report of repeat offenders over sealed interceptions against the
//! GROUP BY of the same answer in PostgreSQL, over a plain table of the same
//! rows.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use baitline_bench::postgres::{output_of, tool};
use baitline_bench::sealed::{self, Names, Ours};
use baitline_bench::world::World;
use baitline_bench::{Args, Ratios, postgres};
use baitline_domain::tally::InterceptionRow;
use baitline_testkit::Role;

/// How many interceptions are sealed; the range holds nine tenths of them.
const CALLS: u64 = 11_200_000;
const TINY: u64 = 20_000;
/// As the rows of calls are, so that every id is one and every word a word. It
/// has no index, which a report over most of it would not use.
const TABLE: &str = "create table interceptions (client_id uuid not null, caller bigint, \
     operator bigint, region text, bait_id uuid not null, bait_operator bigint, \
     trap_id uuid not null, verdict text not null, attempt boolean not null, \
     hearing text not null, prior_contact boolean not null, local_day integer not null, \
     started_at timestamptz not null)";
/// Enough for PostgreSQL to group in memory what it can.
const WORK_MEM: &str = "set work_mem = '1GB'; set jit = off;";

fn main() {
    sealed::answer_if_asked();
    let args = Args::read();
    let world = World::made(sealed::shape(args.size(CALLS, TINY)));
    let folder = tempfile::Builder::new().tempdir_in("/var/tmp").expect("a temporary folder");
    sealed::seal(&world, folder.path());
    let database = postgres::database(&args);
    // The application's role may not make tables, and the baseline needs no more than one.
    let baseline = Baseline { url: database.url_as(Role::Superuser) };
    baseline.fill(&world);

    let mut ours = Ours::start(folder.path());
    let answer = folder.path().join("answer.csv");
    ours.write_answer(&answer);
    baseline.check(&answer);
    let ratios = Ratios::of_speed(args.rounds(), || ours.report(), || baseline.report());
    args.say("P6", &ratios);
}

struct Baseline {
    url: String,
}

impl Baseline {
    fn psql(&self) -> Command {
        let mut psql = tool("psql");
        psql.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", &self.url]);
        psql
    }

    fn run(&self, sql: &str) -> String {
        output_of(self.psql().args(["-A", "-t", "-c", sql]))
    }

    fn fill(&self, world: &World) {
        self.run(TABLE);
        let copy = "copy interceptions from stdin";
        let started = self.psql().args(["-c", copy]).stdin(Stdio::piped()).spawn();
        let mut psql = started.expect("psql starts");
        let input = psql.stdin.take().expect("its input is a pipe");
        let mut input = std::io::BufWriter::new(input);
        for row in sealed::interceptions(world) {
            write_row(&mut input, &row).expect("psql reads rows");
        }
        input.flush().expect("psql reads rows");
        drop(input);
        assert!(psql.wait().expect("psql ends").success(), "the rows were not taken");
        self.run("vacuum (analyze, freeze) interceptions");
    }

    /// PostgreSQL computes every line; only their number travels.
    fn report(&self) -> Duration {
        let started = Instant::now();
        self.run(&format!(
            "{WORK_MEM} select count(*) from (select * from ({}) lines offset 0) l",
            query()
        ));
        let took = started.elapsed();
        println!("PostgreSQL {:.3} s", took.as_secs_f64());
        took
    }

    fn check(&self, answer: &Path) {
        let theirs =
            self.run(&format!("{WORK_MEM} copy ({}) to stdout (format csv, header)", query()));
        let ours = std::fs::read_to_string(answer).expect("our answer can be read");
        assert!(ours == theirs, "PostgreSQL answers otherwise");
        assert!(ours.lines().count() > 1, "the report is empty");
    }
}

fn write_row(out: &mut impl Write, row: &InterceptionRow) -> std::io::Result<()> {
    let null = || "\\N".to_owned();
    let caller = row.caller.map_or_else(null, |caller| caller.digits().to_string());
    let inn = |inn: Option<baitline_domain::operator::Inn>| {
        inn.map_or_else(null, |inn| inn.value().to_string())
    };
    writeln!(
        out,
        "{}\t{caller}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}",
        row.client,
        inn(row.operator),
        row.region.clone().unwrap_or_else(null),
        row.bait,
        inn(row.bait_operator),
        row.trap,
        row.verdict,
        row.attempt,
        row.hearing,
        row.prior_contact,
        row.local_day,
        row.started_at,
    )
}

fn query() -> String {
    let names = Names {
        verdict: [
            "'foreign_group'",
            "'foreign_entity'",
            "'same_group'",
            "'inconclusive'",
            "'invalid'",
        ],
        hearing: ["'unheard'", "'advertising'", "'other'"],
        client: "client_id",
        bait: "bait_id",
        trap: "trap_id",
        micros: "(extract(epoch from started_at) * 1000000)::bigint",
    };
    let (from, to) = sealed::period();
    let counted = format!(
        "select {} from interceptions where started_at >= '{from}' and started_at < '{to}' \
         and caller is not null group by caller",
        sealed::counts_in_sql(&names),
    );
    sealed::judged_in_sql(&counted)
}
