//! P3: single durable POSTs of one call each over many connections, beside
//! pgbench's one-row inserts into the same table, each its own transaction.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use baitline_bench::process::Baitline;
use baitline_bench::world::{Cast, Shape, World};
use baitline_bench::{Args, Ratios, postgres};
use baitline_store::Reach;
use baitline_testkit::{Role, TestDatabase};

const CONNECTIONS: [usize; 2] = [64, 256];
const PGBENCH_CLIENTS: &str = "64";
/// How long each side of a round is measured.
const SECONDS: u64 = 8;
const TINY_SECONDS: u64 = 1;

fn main() {
    let args = Args::read();
    let seconds = args.size(SECONDS, TINY_SECONDS);
    let database = postgres::database(&args);
    let folder = tempfile::tempdir_in(if args.tiny { "/tmp" } else { "/var/tmp" });
    let folder = folder.expect("a temporary folder");
    let store = postgres::open(&database.url(), folder.path());
    let shape = Shape::one_client(1);
    let world = World::of(Cast::entered(&store, &shape), shape);
    let client = &world.cast.clients[0];
    let key = postgres::key(&store, Reach::Client(client.id));
    drop(store);
    let api = Baitline::api(&database.url(), &folder.path().join("data"));
    println!("fdatasync takes {:?}", fdatasync(folder.path()));

    let script = folder.path().join("insert.sql");
    let bait = &client.baits[0];
    let row = format!(
        "INSERT INTO observations (client_id, id, source_id, external_id, revision, caller_raw, \
         called_raw, channel, reported_at, reported_at_raw, connected_seconds, answered, roaming, \
         received_at, occurred_at, bait_id, direction, party_kind, party_number) \
         VALUES ('{}', gen_random_uuid(), '{}', 'call-1', 0, '+79160000001', '{}', 'pstn', now(), \
         '2026-10-02T11:05:00Z', 42, true, false, now(), now(), '{}', 'incoming', 'number', \
         79160000001);\n",
        client.id, client.source.0, bait.number, bait.id.0,
    );
    std::fs::write(&script, row).expect("the script can be written");

    let sent = AtomicU64::new(0);
    for connections in CONNECTIONS {
        let ratios: Vec<f64> = (0..args.rounds())
            .map(|round| {
                let ours = || {
                    clean(&database);
                    let posts = Posts { api: &api, key: &key, called: bait.number.to_string() };
                    let rate = posts.rate(connections, Duration::from_secs(seconds), &sent);
                    let stored = database.count("SELECT count(*) FROM observations") as f64;
                    assert!(stored >= rate * seconds as f64 * 0.99, "{stored} of {rate}/s");
                    rate
                };
                let theirs = || {
                    clean(&database);
                    pgbench(&database, &script, seconds)
                };
                let (ours, theirs) = if round % 2 == 0 {
                    let first = ours();
                    (first, theirs())
                } else {
                    let first = theirs();
                    (ours(), first)
                };
                eprintln!("P3 {connections}: {ours:.0}/s, pgbench {theirs:.0}/s");
                ours / theirs
            })
            .collect();
        args.say(&format!("P3 {connections}"), &Ratios::from_values(ratios));
    }
}

fn clean(database: &TestDatabase) {
    database.execute("TRUNCATE touched_buckets, buckets, observations CASCADE");
    database.execute("CHECKPOINT");
}

/// The median of single durable writes into the folder of the database's disk.
fn fdatasync(folder: &Path) -> Duration {
    let mut file = std::fs::File::create(folder.join("sync")).expect("a file can be made");
    let mut times: Vec<Duration> = (0..50)
        .map(|_| {
            let started = Instant::now();
            file.write_all(&[0; 8192]).expect("it can be written");
            file.sync_data().expect("it can be synced");
            started.elapsed()
        })
        .collect();
    times.sort();
    times[times.len() / 2]
}

fn pgbench(database: &TestDatabase, script: &Path, seconds: u64) -> f64 {
    let mut command = postgres::tool("pgbench");
    command.args(["-n", "-M", "prepared", "-j", "2", "-c", PGBENCH_CLIENTS, "-T"]);
    command.arg(seconds.to_string()).arg("-f").arg(script);
    let printed = postgres::output_of(command.arg(database.url_as(Role::Superuser)));
    let tps = printed.lines().find_map(|line| line.strip_prefix("tps = "));
    let tps = tps.and_then(|rest| rest.split_whitespace().next());
    tps.and_then(|text| text.parse().ok()).expect("pgbench prints its rate")
}

struct Posts<'a> {
    api: &'a Baitline,
    key: &'a str,
    called: String,
}

impl Posts<'_> {
    /// Acknowledged calls a second.
    fn rate(&self, connections: usize, time: Duration, sent: &AtomicU64) -> f64 {
        let acknowledged = AtomicU64::new(0);
        let started = Instant::now();
        std::thread::scope(|scope| {
            for _ in 0..connections {
                scope.spawn(|| {
                    let mut connection = self.connect();
                    while started.elapsed() < time {
                        let number = sent.fetch_add(1, Ordering::Relaxed);
                        self.post(&mut connection, number);
                        acknowledged.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
        });
        acknowledged.into_inner() as f64 / started.elapsed().as_secs_f64()
    }

    fn connect(&self) -> TcpStream {
        let address = self.api.base().trim_start_matches("http://");
        let stream = TcpStream::connect(address).expect("the program listens");
        stream.set_nodelay(true).expect("a socket takes options");
        stream
    }

    /// One call on a kept connection; a plain socket, so that the sender costs
    /// the two cores as little as pgbench does.
    fn post(&self, connection: &mut TcpStream, number: u64) {
        let caller = 79_160_000_000 + number % 1_000_000;
        let second = number % 60;
        let body = format!(
            "{{\"source\":\"pbx\",\"external_id\":\"single-{number}\",\"caller\":\"+{caller}\",\
             \"called\":\"{}\",\"occurred_at\":\"2025-11-05T08:05:{second:02}Z\",\
             \"connected_seconds\":42}}",
            self.called
        );
        let request = format!(
            "POST /v1/calls HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.key,
            body.len()
        );
        connection.write_all(request.as_bytes()).expect("the program reads");
        let mut answer = [0_u8; 4096];
        let mut length = 0;
        loop {
            let read = connection.read(&mut answer[length..]).expect("the program answers");
            assert!(read > 0, "the connection was closed");
            length += read;
            let text = std::str::from_utf8(&answer[..length]).unwrap_or_default();
            if let Some((head, rest)) = text.split_once("\r\n\r\n") {
                assert!(head.starts_with("HTTP/1.1 201"), "{text}");
                let announced = head.lines().find_map(|line| {
                    line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok()
                });
                if announced.is_some_and(|announced: usize| rest.len() >= announced) {
                    return;
                }
            }
        }
    }
}
