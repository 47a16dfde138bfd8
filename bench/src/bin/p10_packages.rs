//! P10: complaint packages a second on one core, the full set of documents and three
//! recordings of 1 MB with their playable copies in each. The ratio is the rate over the
//! target: above 1 it is met.

use std::collections::HashMap;
use std::io::{self, Cursor, Read};
use std::time::Duration;

use baitline_bench::process::processor_time_of;
use baitline_bench::{Args, Ratios};
use baitline_evidence::dossier::{Dossier, Playable, WavFacts};
use baitline_evidence::papers::specimen_dossier;
use baitline_evidence::{RecordingReader, build, verify};
use sha2::{Digest, Sha256};

/// Packages a second.
const TARGET: f64 = 10.0;
/// Packages built in one round.
const PACKAGES: u64 = 40;
const RECORDINGS: usize = 3;
const RECORDING_BYTES: usize = 1_000_000;

fn main() {
    let args = Args::read();
    let packages = args.size(PACKAGES, 1);
    let mut kept = Kept(HashMap::new());
    let dossier = dossier(&mut kept);
    let mut archive = Cursor::new(Vec::new());
    let built = build(&dossier, &kept, &mut archive).expect("a package of specimens is built");
    assert_eq!(built.recordings, RECORDINGS);
    let report = verify(&mut archive);
    assert!(report.is_whole(), "{:?}", report.problems);
    let rates = (0..args.rounds()).map(|_| rate(&dossier, &kept, packages) / TARGET).collect();
    args.say("P10", &Ratios::from_values(rates));
}

/// By the processor's time: other work beside it counts for nothing.
fn rate(dossier: &Dossier, kept: &Kept, packages: u64) -> f64 {
    let spent = || processor_time_of("self");
    let before: Duration = spent();
    for _ in 0..packages {
        build(dossier, kept, Cursor::new(Vec::new())).expect("a package of specimens is built");
    }
    let took = spent() - before;
    let rate = packages as f64 / took.as_secs_f64().max(f64::EPSILON);
    println!("{rate:.1} packages a second");
    rate
}

/// Recordings and copies by their hash.
struct Kept(HashMap<[u8; 32], Vec<u8>>);

impl Kept {
    fn add(&mut self, seed: usize) -> ([u8; 32], u64) {
        let bytes: Vec<u8> = (0..RECORDING_BYTES).map(|n| ((n * (seed + 7)) >> 3) as u8).collect();
        let sha256 = Sha256::digest(&bytes).into();
        let length = bytes.len() as u64;
        self.0.insert(sha256, bytes);
        (sha256, length)
    }
}

impl RecordingReader for Kept {
    fn open(&self, sha256: &[u8; 32]) -> io::Result<Box<dyn Read + '_>> {
        let bytes = self.0.get(sha256).ok_or(io::ErrorKind::NotFound)?;
        Ok(Box::new(bytes.as_slice()))
    }

    fn open_wav(&self, sha256: &[u8; 32]) -> io::Result<Box<dyn Read + '_>> {
        self.open(sha256)
    }
}

/// Calls with a recording each, all of them with a playable copy.
fn dossier(kept: &mut Kept) -> Dossier {
    let mut dossier = specimen_dossier();
    dossier.interceptions.truncate(RECORDINGS);
    for (number, call) in dossier.interceptions.iter_mut().enumerate() {
        for recording in &mut call.recordings {
            (recording.sha256, recording.bytes) = kept.add(2 * number);
            let (sha256, bytes) = kept.add(2 * number + 1);
            recording.playable = Playable::Wav(WavFacts {
                sha256,
                bytes,
                sample_rate: 8_000,
                channels: 1,
                duration_milliseconds: 62_500,
                skipped_packets: 0,
            });
        }
    }
    dossier
}
