//! P12: the most memory that `baitline api` and `baitline worker` hold while a
//! file of a gigabyte of NDJSON comes in and is read. The ratio is the target over
//! what was measured: above 1 it is met. Memory does not get less with a second
//! try, so each round is a new pair of processes on a new database.

use std::io::{self, Read};
use std::time::{Duration, Instant};

use baitline_bench::process::Baitline;
use baitline_bench::world::{Cast, FIRST_DAY, Shape, World};
use baitline_bench::{Args, Ratios, http, postgres};
use baitline_store::Reach;
use serde_json::Value;

/// The most that either process may hold.
const TARGET_BYTES: u64 = 300 * 1024 * 1024;
/// Calls of a file of about a gigabyte, and of one of two megabytes.
const FULL_CALLS: u64 = 6_000_000;
const TINY_CALLS: u64 = 12_000;
/// Between two looks at how far the file is read.
const LOOK_PAUSE: Duration = Duration::from_millis(50);
/// How long reading the file may take.
const PATIENCE: Duration = Duration::from_secs(3 * 3600);

fn main() {
    let args = Args::read();
    let shape = Shape {
        clients: 1,
        baits_per_client: 40,
        first_day: FIRST_DAY,
        days: if args.tiny { 20 } else { 365 },
        calls: args.size(FULL_CALLS, TINY_CALLS),
    };
    let ratios = (0..args.rounds()).map(|_| round(&args, shape)).collect();
    args.say("P12", &Ratios::from_values(ratios));
}

/// Sends a file, has it read, and compares the larger peak with the target.
fn round(args: &Args, shape: Shape) -> f64 {
    let database = postgres::database(args);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path().join("data");
    let store = postgres::open(&database.url(), folder.path());
    let world = World::of(Cast::entered(&store, &shape), shape);
    let key = postgres::key(&store, Reach::Agency);
    let api = Baitline::api(&database.url(), &data);
    let worker = Baitline::worker(&database.url(), &data);
    let client = http::Client::new(api.base(), &key);

    let begun = Instant::now();
    let file = upload(&client, &world);
    let sent = begun.elapsed();
    let file = await_end(&client, &file);
    check(&client, &file, shape.calls);
    let (api, worker) = (api.peak_resident_bytes(), worker.peak_resident_bytes());
    let mib = |bytes: u64| bytes / (1024 * 1024);
    println!(
        "P12 peak_rss_mib api {} worker {} ({} MiB sent in {sent:.0?}, read after {:.0?})",
        mib(api),
        mib(worker),
        mib(file["bytes"].as_u64().unwrap_or(0)),
        begun.elapsed(),
    );
    TARGET_BYTES as f64 / api.max(worker) as f64
}

fn upload(client: &http::Client, world: &World) -> Value {
    let path = format!("/v1/files?client_id={}", world.cast.clients[0].id);
    let mut body = Lines { world, calls: world.calls(), line: String::new(), at: 0 };
    client.post_reader(&path, "application/x-ndjson", &mut body).json()
}

fn await_end(client: &http::Client, file: &Value) -> Value {
    let path = format!("/v1/files/{}", file["id"].as_str().expect("a file has an id"));
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        let file = client.get(&path).json();
        if !file["ended_at"].is_null() {
            return file;
        }
        std::thread::sleep(LOOK_PAUSE);
    }
    panic!("the file is not read after {PATIENCE:?}");
}

/// Every row is accounted for, and the last one is there.
fn check(client: &http::Client, file: &Value, calls: u64) {
    assert_eq!(file["state"], "done", "{file}");
    assert_eq!(file["counts"]["accepted"], calls, "{file}");
    assert_eq!(file["rows_read"], calls, "{file}");
    assert_eq!(file["bytes_read"], file["bytes"], "{file}");
    let observations = client.get("/v1/observations?limit=1").json();
    assert_eq!(observations["items"].as_array().map(Vec::len), Some(1));
}

/// The world's calls as NDJSON, made as they are sent.
struct Lines<'a, C> {
    world: &'a World,
    calls: C,
    line: String,
    /// How much of the line is sent.
    at: usize,
}

impl<C: Iterator<Item = baitline_bench::world::WorldCall>> Read for Lines<'_, C> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at == self.line.len() {
            self.line.clear();
            self.at = 0;
            if let Some(call) = self.calls.next() {
                self.world.write_line(&call, &mut self.line);
            }
        }
        let rest = &self.line.as_bytes()[self.at..];
        let length = rest.len().min(buffer.len());
        buffer[..length].copy_from_slice(&rest[..length]);
        self.at += length;
        Ok(length)
    }
}
