//! P14: `GET /v1/offenders/{number}`, which a client's CRM asks while the phone
//! rings: 500 requests a second, ten million interceptions stored, the numbers
//! being those that really call. The ratio is the 99th percentile of
//! `pgbench -S -R 500` on the same cluster over ours: above a third it is met.

use std::collections::HashMap;
use std::path::Path;
use std::time::{Duration, Instant as Clock};

use baitline_bench::process::{Baitline, processor_time_of_all};
use baitline_bench::world::{Cast, Shape, World};
use baitline_bench::{Args, Ratios, history, http, machine, percentile, postgres};
use baitline_store::Reach;
use baitline_testkit::{Role, TestDatabase};
use serde_json::Value;

/// Calls that the program itself takes in and judges; the rest are copies.
const DERIVED: u64 = 250_000;
const COPIES: u64 = 40;
const DAYS: u32 = 30;
const REQUESTS_PER_SECOND: u32 = 500;
/// Connections of either side.
const CONNECTIONS: u32 = 16;
/// How long one side of a round lasts, in seconds.
const ROUND_SECONDS: u64 = 20;
/// How long it is asked before anything is measured.
const WARM_UP_SECONDS: u64 = 5;
/// pgbench's rows, in hundred thousands.
const PGBENCH_SCALE: &str = "10";
/// Different questions.
const QUESTIONS: usize = 5_000;
/// Answers that are compared with the database.
const CHECKED: usize = 20;

fn main() {
    let args = Args::read();
    let (clients, baits_per_client, days) = if args.tiny { (2, 2, 2) } else { (200, 10, DAYS) };
    let calls = args.size(DERIVED, 200);
    let shape = Shape { clients, baits_per_client, days, calls, ..Shape::agency(0) };
    let database = postgres::database(&args);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = postgres::open(&database.url(), folder.path());
    let mut cast = Cast::entered(&store, &shape);
    cast.enter_traps(&store, &shape);
    let world = World::of(cast, shape);
    history::derive(&store, &world);
    history::multiply(&database, if args.tiny { 2 } else { COPIES }, days);
    let stored = database.count("SELECT count(*) FROM calls WHERE trap_id IS NOT NULL");
    println!("{stored} interceptions stored");
    let keys: Vec<String> = world
        .cast
        .clients
        .iter()
        .map(|client| postgres::key(&store, Reach::Client(client.id)))
        .collect();
    drop(store);
    let questions = questions(&world, &keys);
    let api = Baitline::api(&database.url(), &folder.path().join("data"));
    check(&database, &api, &world, &questions);
    let baseline = Pgbench::prepared(&args, folder.path());
    if !args.tiny {
        println!("{}", machine::evenness());
    }
    // A service that stands has its connections and their statements.
    ask(&api, &questions, if args.tiny { 1 } else { WARM_UP_SECONDS });
    let mut ratios = Vec::new();
    for round in 0..args.rounds() {
        let seconds = if args.tiny { 1 } else { ROUND_SECONDS };
        let (ours, theirs) = if round % 2 == 0 {
            let ours = ask(&api, &questions, seconds);
            (ours, baseline.run(seconds))
        } else {
            let theirs = baseline.run(seconds);
            (ask(&api, &questions, seconds), theirs)
        };
        println!("p50, p90, p99: ours {ours:.2?}, pgbench {theirs:.2?}");
        ratios.push(theirs[2].as_secs_f64() / ours[2].as_secs_f64());
    }
    args.say("P14", &Ratios::from_values(ratios));
}

/// A client's key, and the number that calls it.
struct Question {
    client: usize,
    key: String,
    number: u64,
}

/// Numbers as they call: those that call often are asked for often.
fn questions(world: &World, keys: &[String]) -> Vec<Question> {
    let every = (world.shape.calls as usize / QUESTIONS).max(1);
    world
        .calls()
        .step_by(every)
        .map(|call| Question {
            client: call.client,
            key: keys[call.client].clone(),
            number: call.caller.digits(),
        })
        .collect()
}

/// Every interception of the client by the number is counted, and the latest
/// calls are bounded.
fn check(database: &TestDatabase, api: &Baitline, world: &World, questions: &[Question]) {
    for question in questions.iter().take(CHECKED) {
        let client = http::Client::new(api.base(), &question.key);
        let page = client.get(&format!("/v1/offenders/{}", question.number)).json();
        let lines = page["operators"].as_array().expect("operators are listed");
        let counted: i64 = lines.iter().filter_map(|line| line["calls"].as_i64()).sum();
        let stored = database.count(&format!(
            "SELECT count(*) FROM calls WHERE client_id = '{}' AND party_number = {}
             AND trap_id IS NOT NULL",
            world.cast.clients[question.client].id, question.number
        ));
        assert_eq!(counted, stored, "{page}");
        assert!(page["calls"].as_array().is_some_and(|calls| calls.len() <= 20));
    }
}

/// The half, nine tenths and 99 of 100 that took no longer.
fn percentiles(times: &mut [Duration]) -> [Duration; 3] {
    [0.5, 0.9, 0.99].map(|share| percentile(times, share))
}

/// The percentiles of an open stream of requests: a slow one delays none, and
/// its own delay counts.
fn ask(api: &Baitline, questions: &[Question], seconds: u64) -> [Duration; 3] {
    let spent = || [api.processor_time(), processor_time_of_all("postgres")];
    let before = spent();
    let pause = Duration::from_secs(1) * CONNECTIONS / REQUESTS_PER_SECOND;
    let length = Duration::from_secs(seconds);
    let begun = Clock::now();
    let mut times: Vec<Duration> = std::thread::scope(|scope| {
        let askers: Vec<_> = (0..CONNECTIONS)
            .map(|asker| scope.spawn(move || asked(api, questions, asker, (begun, pause, length))))
            .collect();
        askers.into_iter().flat_map(|one| one.join().expect("an asker does not fail")).collect()
    });
    let requests = u32::try_from(times.len()).expect("they are not so many");
    let after = spent();
    let [of_api, of_postgres] = [0, 1].map(|one| (after[one] - before[one]) / requests);
    println!("processor time a request: api {of_api:.2?}, PostgreSQL {of_postgres:.2?}");
    percentiles(&mut times)
}

fn asked(
    api: &Baitline,
    questions: &[Question],
    asker: u32,
    (begun, pause, length): (Clock, Duration, Duration),
) -> Vec<Duration> {
    let connection = http::Client::new(api.base(), "");
    let mut clients: HashMap<&str, http::Client> = HashMap::new();
    let mut times = Vec::new();
    for turn in 0.. {
        let due = begun + pause * asker / CONNECTIONS + pause * turn;
        if due.saturating_duration_since(begun) >= length {
            break;
        }
        std::thread::sleep(due.saturating_duration_since(Clock::now()));
        let question = &questions[(turn * CONNECTIONS + asker) as usize % questions.len()];
        let client =
            clients.entry(&question.key).or_insert_with(|| connection.with_key(&question.key));
        let answer = client.get(&format!("/v1/offenders/{}", question.number));
        times.push(due.elapsed());
        assert_eq!(answer.status, 200, "{:?}", serde_json::from_slice::<Value>(&answer.bytes));
    }
    times
}

/// pgbench's own rows, in a database of the same cluster.
struct Pgbench<'a> {
    database: TestDatabase,
    folder: &'a Path,
}

impl<'a> Pgbench<'a> {
    fn prepared(args: &Args, folder: &'a Path) -> Self {
        let database = postgres::database(args);
        let url = database.url_as(Role::Superuser);
        let scale = if args.tiny { "1" } else { PGBENCH_SCALE };
        let mut command = postgres::tool("pgbench");
        postgres::output_of(command.args(["--initialize", "--quiet", "--scale", scale, &url]));
        Self { database, folder }
    }

    fn run(&self, seconds: u64) -> [Duration; 3] {
        let connections = CONNECTIONS.to_string();
        let mut command = postgres::tool("pgbench");
        command
            .current_dir(self.folder)
            .args(["--select-only", "--no-vacuum", "--protocol", "prepared", "--log"])
            .args(["--log-prefix", "pgbench", "--rate", &REQUESTS_PER_SECOND.to_string()])
            .args(["--time", &seconds.to_string(), "--client", &connections, "--jobs", "2"])
            .arg(self.database.url_as(Role::Superuser));
        postgres::output_of(&mut command);
        let mut times = Vec::new();
        for entry in std::fs::read_dir(self.folder).expect("the folder is there").flatten() {
            if !entry.file_name().to_string_lossy().starts_with("pgbench.") {
                continue;
            }
            let log = std::fs::read_to_string(entry.path()).expect("pgbench wrote it");
            // The third field is the time from when it was due, in microseconds.
            let micros = log.lines().filter_map(|line| line.split(' ').nth(2)?.parse().ok());
            times.extend(micros.map(Duration::from_micros));
            std::fs::remove_file(entry.path()).expect("it is ours");
        }
        assert!(!times.is_empty(), "pgbench wrote no log");
        percentiles(&mut times)
    }
}
