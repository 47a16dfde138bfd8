//! P12, second half: the most memory that `baitline api` and `baitline worker` hold
//! while ten thousand packages are built and downloaded as one archive. The ratio is
//! the target over what was measured: above 1 it is met. Each round is a new pair of
//! processes on a new database.

use std::io;
use std::time::Instant;

use baitline_bench::exported::{self, Heard};
use baitline_bench::world::Shape;
use baitline_bench::{Args, Ratios};

/// The most that either process may hold.
const TARGET_BYTES: u64 = 300 * 1024 * 1024;
/// Calls that give somewhat more than ten thousand packages, and some dozens.
const FULL_CALLS: u64 = 20_000;
const TINY_CALLS: u64 = 60;
/// The fewest packages of a full run.
const FEWEST_PACKAGES: u64 = 10_000;
/// Bytes of the recording that every call has.
const RECORDING_BYTES: usize = 64 * 1024;

fn main() {
    let args = Args::read();
    let shape = Shape::one_client(args.size(FULL_CALLS, TINY_CALLS));
    let shape = if args.tiny { Shape { baits_per_client: 2, days: 6, ..shape } } else { shape };
    let ratios = (0..args.rounds()).map(|_| round(&args, shape)).collect();
    args.say("P12_export", &Ratios::from_values(ratios));
}

fn round(args: &Args, shape: Shape) -> f64 {
    let heard = Heard::set_up(args, shape, RECORDING_BYTES);
    let (worker, client) = (heard.worker(), heard.client());
    let begun = Instant::now();
    let export = exported::export(&client);
    let built = begun.elapsed();
    let packages = exported::packages(&export);
    assert!(args.tiny || packages >= FEWEST_PACKAGES, "only {packages} packages");
    let id = export["export"]["id"].as_str().expect("an export has an id");
    let Heard { api, key, .. } = &heard;
    let bytes = download(api.base(), key, &format!("/v1/exports/{id}/archive"));
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
