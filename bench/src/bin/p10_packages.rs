//! P10: complaint packages a second on one core, the full set of documents and three
//! recordings of 1 MB with their playable copies in each. The ratio is the rate over the
//! target: above 1 it is met.

use std::collections::HashMap;
use std::io::{self, Cursor, Read};
use std::time::Duration;

use baitline_bench::process::processor_time_of;
use baitline_bench::{Args, Ratios};
use baitline_domain::ids::{ObservationId, PackageId};
use baitline_domain::instant::Instant;
use baitline_domain::phone::Phone;
use baitline_evidence::dossier::{Dossier, Playable, WavFacts};
use baitline_evidence::papers::specimen_dossier;
use baitline_evidence::{RecordingReader, build, verify};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Packages a second.
const TARGET: f64 = 10.0;
/// Packages built in one round.
const PACKAGES: u64 = 16;
const RECORDINGS: usize = 3;
const RECORDING_BYTES: usize = 1_000_000;
const FIRST_CALLER: u64 = 79_160_000_000;
const FIRST_CALLED: u64 = 79_010_000_000;
/// Between the calls of one package and of the next.
const STEP_MICROSECONDS: i64 = 61 * 60 * 1_000_000;

fn main() {
    let args = Args::read();
    let packages = args.size(PACKAGES, 1);
    let first = specimen_dossier();
    let mut made = 0;
    let mut batch = || {
        let mut kept = Kept(HashMap::new());
        let dossiers: Vec<Dossier> =
            (0..packages).map(|n| of_batch(&first, made + n, &mut kept)).collect();
        made += packages;
        (dossiers, kept)
    };
    let (dossiers, kept) = batch();
    let mut archive = Cursor::new(Vec::new());
    let built = build(&dossiers[0], &kept, &mut archive).expect("a package is built");
    assert_eq!(built.recordings, RECORDINGS);
    let report = verify(&mut archive);
    assert!(report.is_whole(), "{:?}", report.problems);
    let rates = (0..args.rounds())
        .map(|_| {
            let (dossiers, kept) = batch();
            rate(&dossiers, &kept) / TARGET
        })
        .collect();
    args.say("P10", &Ratios::from_values(rates));
}

/// By the processor's time: other work beside it counts for nothing.
fn rate(dossiers: &[Dossier], kept: &Kept) -> f64 {
    let spent = || processor_time_of("self");
    let before: Duration = spent();
    for dossier in dossiers {
        build(dossier, kept, Cursor::new(Vec::new())).expect("a package is built");
    }
    let took = spent() - before;
    let rate = dossiers.len() as f64 / took.as_secs_f64().max(f64::EPSILON);
    println!("{rate:.1} packages a second");
    rate
}

/// Recordings and copies by their hash.
struct Kept(HashMap<[u8; 32], Vec<u8>>);

impl Kept {
    fn add(&mut self, seed: u64) -> ([u8; 32], u64) {
        let mut bytes = vec![0; RECORDING_BYTES];
        ChaCha8Rng::seed_from_u64(seed).fill_bytes(&mut bytes);
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

/// One package of a batch. The applicant and what templates say are the same in all of
/// them; numbers, times, words and sums are of each alone.
fn of_batch(first: &Dossier, n: u64, kept: &mut Kept) -> Dossier {
    let later = |at: &mut Instant| at.0 += n as i64 * STEP_MICROSECONDS;
    let mut dossier = first.clone();
    dossier.package = PackageId(Uuid::from_u128(n.into()));
    dossier.caller = number(FIRST_CALLER + n);
    later(&mut dossier.sealed_at);
    dossier.interceptions.truncate(RECORDINGS);
    for (place, call) in (0..).zip(&mut dossier.interceptions) {
        let own = n * RECORDINGS as u64 + place;
        call.call = ObservationId(Uuid::from_u128(own.into()));
        call.caller = dossier.caller;
        call.called = number(FIRST_CALLED + own);
        later(&mut call.started_at);
        if let Some(label) = &mut call.label {
            label.company = Some(format!("ООО «Окна {n}»"));
            for segment in &mut label.segments {
                segment.text = format!("{} ({own})", segment.text);
            }
        }
        for recording in &mut call.recordings {
            (recording.sha256, recording.bytes) = kept.add(2 * own);
            later(&mut recording.received_at);
            let (sha256, bytes) = kept.add(2 * own + 1);
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
    for protocol in &mut dossier.protocols {
        protocol.number = number(FIRST_CALLED + n);
        later(&mut protocol.started_at);
        protocol.steps.iter_mut().for_each(|step| later(&mut step.at));
    }
    for comparison in &mut dossier.comparisons {
        comparison.number = number(FIRST_CALLED + n);
    }
    dossier
}

fn number(digits: u64) -> Phone {
    Phone::parse(&format!("+{digits}")).expect("a number is written as one")
}
