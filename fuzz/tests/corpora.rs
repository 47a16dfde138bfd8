//! Every input that was ever found, and as many changes of them as time allows, through every
//! target.

#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use baitline_fuzz::{TARGETS, Target};
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const SEED: u64 = 20_261_129;
/// Changed inputs of each target; `BAITLINE_FUZZ_CHANGES` for more.
const CHANGES: usize = 2_000;
/// An archive is hashed and written again for each: so many of them take as long.
const CHANGES_OF_BAGS: usize = 100;
/// Values that have broken readers before.
const AWKWARD: [&[u8]; 14] = [
    b"\0",
    b"\"",
    b"\r\n",
    b"\n",
    b";",
    b"+",
    b"\xEF\xBB\xBF",
    b"\xFF",
    b"\xE2\x80\xAE",
    b"\xD0\x96",
    b"18446744073709551616",
    b"-1",
    b"1e999",
    b"[[[[[[[[",
];

fn corpus(name: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
    let files = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{folder:?}: {error}"));
    let mut corpus: Vec<(String, Vec<u8>)> = files
        .map(|file| file.unwrap().path())
        .map(|path| (path.display().to_string(), std::fs::read(path).unwrap()))
        .collect();
    corpus.sort_unstable();
    assert!(corpus.len() >= 10, "{name}: only {} inputs, so little is shown", corpus.len());
    corpus
}

/// One input with a few changes: bytes changed, left out, put in, repeated, or the end of
/// another input.
fn changed(corpus: &[(String, Vec<u8>)], random: &mut ChaCha8Rng) -> Vec<u8> {
    let any = |random: &mut ChaCha8Rng| corpus[random.random_range(..corpus.len())].1.clone();
    let mut bytes = any(random);
    for _ in 0..random.random_range(1..=4) {
        let place = random.random_range(..=bytes.len());
        let end = bytes.len().min(place + random.random_range(0..=8));
        let with: Vec<u8> = match random.random_range(0..6) {
            0 => vec![random.next_u32() as u8],
            1 => Vec::new(),
            2 => AWKWARD[random.random_range(..AWKWARD.len())].to_vec(),
            3 => bytes[place..end].repeat(random.random_range(2..=9)),
            4 => bytes[place..end]
                .iter()
                .map(|byte| byte ^ (1 << random.random_range(0..8)))
                .collect(),
            _ => {
                let other = any(random);
                bytes.truncate(place);
                other[random.random_range(..=other.len())..].to_vec()
            }
        };
        bytes.splice(place..end.min(bytes.len()).max(place), with);
    }
    bytes
}

/// The inputs at which a target panics, of those of its corpus and so many changed ones.
fn found(target: &Target, corpus: &[(String, Vec<u8>)], changes: usize) -> Vec<String> {
    let fails = |bytes: &[u8]| catch_unwind(AssertUnwindSafe(|| (target.run)(bytes))).is_err();
    let kept = corpus.iter().filter(|(_, bytes)| fails(bytes)).map(|(path, _)| path.clone());
    let mut found: Vec<String> = kept.collect();
    let mut random = ChaCha8Rng::seed_from_u64(SEED);
    let others = (0..changes).map(|_| changed(corpus, &mut random));
    found.extend(others.filter(|bytes| fails(bytes)).map(|bytes| bytes.escape_ascii().to_string()));
    found
}

fn nothing_is_found(name: &str) {
    let target = TARGETS.iter().find(|target| target.name == name).unwrap();
    let few = if ["archive", "bag"].contains(&name) { CHANGES_OF_BAGS } else { CHANGES };
    let told = std::env::var("BAITLINE_FUZZ_CHANGES").ok();
    let changes = told.map_or(few, |told| told.parse().unwrap());
    let found = found(target, &corpus(name), changes);
    assert!(found.is_empty(), "{name} fails at {} inputs:\n{}", found.len(), found.join("\n"));
}

#[test]
fn phones() {
    nothing_is_found("phone");
}

#[test]
fn times() {
    nothing_is_found("time");
}

#[test]
fn records() {
    nothing_is_found("records");
}

#[test]
fn profiles() {
    nothing_is_found("profile");
}

#[test]
fn archives() {
    nothing_is_found("archive");
}

#[test]
fn bags() {
    nothing_is_found("bag");
}

#[test]
fn every_target_has_a_corpus_and_every_corpus_a_target() {
    let folders = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus")).unwrap();
    let mut folders: Vec<String> =
        folders.map(|folder| folder.unwrap().file_name().into_string().unwrap()).collect();
    folders.sort_unstable();
    let mut names = TARGETS.map(|target| target.name.to_owned());
    names.sort_unstable();
    assert_eq!(folders, names);
}

/// A parser with the usual fault: it takes a byte for the length of what follows.
#[test]
fn a_planted_fault_is_found() {
    let target = Target {
        name: "planted",
        run: |bytes| {
            if let [length @ 0x80..=0xFF, rest @ ..] = bytes {
                assert!(rest.len() >= usize::from(*length) - 0x80);
            }
        },
    };
    let corpus = [("whole".to_owned(), b"\x00\x03abc".to_vec())];
    assert_ne!(found(&target, &corpus, CHANGES), Vec::<String>::new());
    let harmless = Target { name: "harmless", run: |_bytes| () };
    assert_eq!(found(&harmless, &corpus, CHANGES), Vec::<String>::new());
}
