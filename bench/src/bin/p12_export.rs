//! P12, second half: the most memory that `baitline api` and `baitline worker` hold
//! while ten thousand packages are built and downloaded as one archive. The ratio is
//! the target over what was measured: above 1 it is met. Each round is a new pair of
//! processes on a new database.

use std::io;
use std::time::{Duration, Instant};

use baitline_bench::process::Baitline;
use baitline_bench::world::{Cast, Shape, World};
use baitline_bench::{Args, Ratios, history, http, postgres};
use baitline_store::Reach;
use baitline_testkit::{Role, TestDatabase};
use serde_json::Value;

/// The most that either process may hold.
const TARGET_BYTES: u64 = 300 * 1024 * 1024;
/// Calls that give somewhat more than ten thousand packages, and some dozens.
const FULL_CALLS: u64 = 20_000;
const TINY_CALLS: u64 = 60;
/// The fewest packages of a full run.
const FEWEST_PACKAGES: u64 = 10_000;
/// Bytes of the recording that every call has.
const RECORDING_BYTES: usize = 64 * 1024;
/// Between two looks at how far the export is.
const LOOK_PAUSE: Duration = Duration::from_millis(250);
/// How long it may take.
const PATIENCE: Duration = Duration::from_secs(3 * 3600);

fn main() {
    let args = Args::read();
    let shape = Shape::one_client(args.size(FULL_CALLS, TINY_CALLS));
    let shape = if args.tiny { Shape { baits_per_client: 2, days: 6, ..shape } } else { shape };
    let ratios = (0..args.rounds()).map(|_| round(&args, shape)).collect();
    args.say("P12_export", &Ratios::from_values(ratios));
}

fn round(args: &Args, shape: Shape) -> f64 {
    let database = postgres::database(args);
    let folder = tempfile::tempdir_in("/var/tmp").expect("a temporary folder");
    let data = folder.path().join("data");
    let store = postgres::open(&database.url(), &data);
    let mut cast = Cast::entered(&store, &shape);
    cast.enter_traps(&store, &shape);
    let world = World::of(cast, shape);
    history::derive(&store, &world);
    let key = postgres::key(&store, Reach::Client(world.cast.clients[0].id));
    drop(store);
    let api = Baitline::api(&database.url(), &data);
    hear(&database, &api, &key);
    let worker = Baitline::worker(&database.url(), &data);
    let client = http::Client::new(api.base(), &key);
    let begun = Instant::now();
    let export = await_end(&client, &order(&client));
    let built = begun.elapsed();
    let packages = check(&export);
    assert!(args.tiny || packages >= FEWEST_PACKAGES, "only {packages} packages");
    let id = export["export"]["id"].as_str().expect("an export has an id");
    let bytes = download(api.base(), &key, &format!("/v1/exports/{id}/archive"));
    let (api, worker) = (api.peak_resident_bytes(), worker.peak_resident_bytes());
    let mib = |bytes: u64| bytes / (1024 * 1024);
    println!(
        "P12_export peak_rss_mib api {} worker {} ({packages} packages built in {built:.0?}, \
         {} MiB downloaded after {:.0?})",
        mib(api),
        mib(worker),
        mib(bytes),
        begun.elapsed(),
    );
    TARGET_BYTES as f64 / api.max(worker) as f64
}

/// Gives every answered interception the recording of one of them and the label of
/// advertising, past the program: what is derived from them is what it would derive.
fn hear(database: &TestDatabase, api: &Baitline, key: &str) {
    let client = http::Client::new(api.base(), key);
    let first = client.get("/v1/interceptions?limit=1").json();
    let call = first["items"][0]["id"].as_str().expect("there is an interception");
    let url = format!("{}/v1/calls/{call}/recording", api.base());
    let sent = ureq::Agent::new_with_defaults()
        .put(url)
        .header("Authorization", format!("Bearer {key}"))
        .content_type("audio/wav")
        .send(&vec![0x5a_u8; RECORDING_BYTES][..]);
    sent.expect("a recording is taken");
    let heard = "trap_id IS NOT NULL AND answered";
    history::psql(
        &database.url_as(Role::Superuser),
        &format!(
            "INSERT INTO recordings (client_id, observation_id, sha256, bytes, media_type, received_at)
             SELECT client_id, id, sha256, bytes, 'audio/wav', started_at
             FROM calls, (SELECT sha256, bytes FROM recordings LIMIT 1) AS one WHERE {heard}
             ON CONFLICT DO NOTHING;
             INSERT INTO labels (client_id, id, observation_id, kind, consent_given, stop_demanded,
                transcript, labelled_at, labelled_by)
             SELECT client_id, gen_random_uuid(), id, 'advertising', false, false,
                'Здравствуйте, вы интересовались окнами?', started_at + interval '1 day', 'bench'
             FROM calls WHERE {heard};
             UPDATE calls SET label = 'advertising' WHERE {heard};
             UPDATE interception_tallies SET hearing = 'advertising' WHERE NOT attempt"
        ),
    );
}

/// Every caller is a repeat offender here.
fn order(client: &http::Client) -> Value {
    let body = serde_json::json!({
        "from": "2025-10-31T00:00:00Z", "to": "2026-02-01T00:00:00Z",
        "interceptions": 1, "traps": 0, "baits": 1, "days": 1,
        "verdicts": ["foreign_group", "foreign_entity", "same_group", "inconclusive"],
    });
    client.post("/v1/exports", "application/json", body.to_string().as_bytes()).json()
}

fn await_end(client: &http::Client, export: &Value) -> Value {
    let path = format!("/v1/exports/{}", export["id"].as_str().expect("an export has an id"));
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        let found = client.get(&path).json();
        if found["export"]["state"] != "queued" && found["export"]["state"] != "running" {
            return found;
        }
        std::thread::sleep(LOOK_PAUSE);
    }
    panic!("the export is not done after {PATIENCE:?}");
}

/// Every package is built.
fn check(export: &Value) -> u64 {
    assert_eq!(export["export"]["state"], "done", "{}", export["export"]);
    let counts = &export["counts"];
    assert_eq!((&counts["queued"], &counts["failed"]), (&0.into(), &0.into()), "{counts}");
    let packages = counts["draft"].as_u64().zip(counts["ready"].as_u64());
    let packages = packages.map_or(0, |(draft, ready)| draft + ready);
    assert!(packages > 0, "{counts}");
    packages
}

/// Reads the whole of it and keeps nothing.
fn download(base: &str, key: &str, path: &str) -> u64 {
    let agent = ureq::Agent::new_with_defaults();
    let request = agent.get(format!("{base}{path}"));
    let answer = request.header("Authorization", format!("Bearer {key}")).call();
    let answer = answer.expect("the archive is sent");
    let length = answer.headers().get("content-length").and_then(|value| value.to_str().ok());
    let length: u64 = length.and_then(|text| text.parse().ok()).expect("its length is told");
    let mut body = answer.into_body().into_reader();
    let read = io::copy(&mut body, &mut io::sink()).expect("it is sent to the end");
    assert_eq!(read, length);
    read
}
