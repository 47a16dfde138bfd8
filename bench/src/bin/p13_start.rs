//! P13: how long `baitline api` takes to be ready, and the memory it holds when
//! it has nothing to do. The ratios are the targets over what was measured:
//! above 1 they are met.

use std::time::Duration;

use baitline_bench::process::Baitline;
use baitline_bench::{Args, Ratios, http, postgres};
use baitline_store::Reach;

/// From the start of the process to its first 200 of `/readyz`.
const TARGET: Duration = Duration::from_millis(300);
/// Resident, after it answered requests and rested.
const TARGET_BYTES: u64 = 60 * 1024 * 1024;
/// How long it rests before its memory is looked at.
const REST: Duration = Duration::from_secs(2);

fn main() {
    let args = Args::read();
    let database = postgres::database(&args);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = postgres::open(&database.url(), folder.path());
    let key = postgres::key(&store, Reach::Agency);
    let (mut starts, mut memory) = (Vec::new(), Vec::new());
    for _ in 0..args.rounds() {
        let api = Baitline::api(&database.url(), &folder.path().join("data"));
        let client = http::Client::new(api.base(), &key);
        assert_eq!(client.get("/v1/clients").json()["items"], serde_json::json!([]));
        if !args.tiny {
            std::thread::sleep(REST);
        }
        starts.push(TARGET.as_secs_f64() / api.ready_after().as_secs_f64());
        memory.push(TARGET_BYTES as f64 / api.resident_bytes() as f64);
        println!("ready after {:?}, {} KiB", api.ready_after(), api.resident_bytes() / 1024);
    }
    args.say("P13 start", &Ratios::from_values(starts));
    args.say("P13 memory", &Ratios::from_values(memory));
}
