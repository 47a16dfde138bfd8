//! Builds packages of made-up facts, with three recordings of 1 MB and their playable
//! copies each, on one core, and says how many in a second; writes the last one for
//! looking at it. `cargo run --release -p baitline-evidence --example packages -- FILE [COUNT]`

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Cursor, Read};
use std::time::Instant;

use baitline_evidence::dossier::{Dossier, Playable, WavFacts};
use baitline_evidence::papers::specimen_dossier;
use baitline_evidence::{RecordingReader, build, verify};
use sha2::{Digest, Sha256};

const RECORDINGS: usize = 3;
const RECORDING_BYTES: usize = 1_000_000;

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

fn dossier(kept: &mut Kept) -> Dossier {
    let mut dossier = specimen_dossier();
    dossier.interceptions.truncate(RECORDINGS);
    for (n, call) in dossier.interceptions.iter_mut().enumerate() {
        for recording in &mut call.recordings {
            (recording.sha256, recording.bytes) = kept.add(2 * n);
            let (sha256, bytes) = kept.add(2 * n + 1);
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

fn main() -> io::Result<()> {
    let mut words = std::env::args().skip(1);
    let file = words.next().ok_or_else(|| io::Error::other("no file given"))?;
    let count: u32 = words.next().map_or(Ok(20), |word| word.parse()).map_err(io::Error::other)?;
    let mut kept = Kept(HashMap::new());
    let dossier = dossier(&mut kept);
    let mut archive = Cursor::new(Vec::new());
    build(&dossier, &kept, &mut archive).map_err(io::Error::other)?;
    let report = verify(&mut archive);
    if !report.is_whole() {
        return Err(io::Error::other(format!("{:?}", report.problems)));
    }
    let begun = Instant::now();
    for _ in 0..count {
        build(&dossier, &kept, Cursor::new(Vec::new())).map_err(io::Error::other)?;
    }
    let seconds = begun.elapsed().as_secs_f64();
    println!("{count} packages, {:.1} in a second on one core", f64::from(count) / seconds);
    io::copy(&mut archive.into_inner().as_slice(), &mut File::create(file)?)?;
    Ok(())
}
