//! Damaged packages: every change is found and placed.

use std::io::{Cursor, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use super::sample::{built, draft, ready};
use super::signing::{key, signed};
use crate::verify::Problem;
use crate::{VerifyReport, verify};

const FOLDER: &str = "baitline-01900000-0000-7000-8000-000000000001";
/// Bytes changed in the seeded test; another number by this variable.
const TRIALS: usize = 2_000;
const TRIALS_VARIABLE: &str = "CHANGED_BYTES";

fn problems(archive: &[u8]) -> Vec<Problem> {
    let VerifyReport { problems, .. } = verify(Cursor::new(archive));
    problems
}

/// The archive written again with its entries changed by `change`.
fn rewritten(change: impl Fn(&mut Entries)) -> Vec<u8> {
    rewritten_from(&draft(), change)
}

/// The entries of an archive, by name.
pub(super) type Entries = Vec<(String, Vec<u8>)>;

/// The same of any archive.
pub(super) fn rewritten_from(archive: &[u8], change: impl Fn(&mut Entries)) -> Vec<u8> {
    let mut zip = ZipArchive::new(Cursor::new(archive)).unwrap();
    let mut date = zip::DateTime::default();
    let mut entries = Vec::new();
    for index in 0..zip.len() {
        let mut entry = zip.by_index(index).unwrap();
        date = entry.last_modified().unwrap();
        let mut content = Vec::new();
        std::io::copy(&mut entry, &mut content).unwrap();
        let name = entry.name().unwrap().strip_prefix(&format!("{FOLDER}/")).unwrap().to_owned();
        entries.push((name, content));
    }
    change(&mut entries);
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .last_modified_time(date)
        .unix_permissions(0o644)
        .system(zip::System::Unix);
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in entries {
        let name = if name.contains("..") || name.starts_with('/') {
            name
        } else {
            format!("{FOLDER}/{name}")
        };
        zip.start_file(name, options).unwrap();
        zip.write_all(&content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// Makes all sums anew, as a forger does.
pub(super) fn resum(entries: &mut [(String, Vec<u8>)]) {
    let sums = |entries: &[(String, Vec<u8>)], payload: bool| -> Vec<u8> {
        let belongs =
            |name: &str| name.starts_with("data/") == payload && !name.starts_with("tagmanifest");
        let chosen = entries.iter().filter(|(name, _)| belongs(name));
        let line = |(name, content): &(String, Vec<u8>)| {
            format!("{}  {name}\n", crate::bag::hex(&super::sample::hash(content)))
        };
        chosen.map(line).collect::<String>().into_bytes()
    };
    *content(entries, "manifest-sha256.txt") = sums(entries, true);
    *content(entries, "tagmanifest-sha256.txt") = sums(entries, false);
}

pub(super) fn content<'a>(entries: &'a mut [(String, Vec<u8>)], path: &str) -> &'a mut Vec<u8> {
    &mut entries.iter_mut().find(|(name, _)| name == path).unwrap().1
}

#[test]
fn writing_the_entries_again_unchanged_gives_a_whole_package() {
    assert_eq!(problems(&rewritten(|_| ())), []);
}

/// Changes single bytes at random, always the same ones, and gives the positions of
/// those changes that `is_whole` does not see.
fn missed(archive: &[u8], trials: usize, is_whole: impl Fn(&[u8]) -> bool) -> Vec<usize> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut changed = archive.to_vec();
    let mut missed = Vec::new();
    for _ in 0..trials {
        // xorshift: the positions are the same in every run.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let position = usize::try_from(state >> 8).unwrap() % archive.len();
        let change = u8::try_from(state & 0xff).unwrap();
        changed[position] ^= change.max(1);
        if is_whole(&changed) {
            missed.push(position);
        }
        changed[position] = archive[position];
    }
    assert_eq!(changed, archive);
    missed
}

#[test]
fn every_changed_byte_is_found() {
    let archive = signed(&key(7));
    assert_eq!(problems(&archive), []);
    let asked = std::env::var(TRIALS_VARIABLE).ok().and_then(|text| text.parse().ok());
    let trials = asked.unwrap_or(TRIALS);
    let unseen = missed(&archive, trials, |changed| problems(changed).is_empty());
    assert_eq!(unseen, Vec::<usize>::new());
}

/// A check that a hasty hand would write: every entry unpacks and its sum fits. It sees
/// nothing of names, dates and modes; the search must find that out.
#[test]
fn a_check_of_the_entries_alone_is_found_to_miss_bytes() {
    let unpacks = |archive: &[u8]| {
        let Ok(mut zip) = ZipArchive::new(Cursor::new(archive)) else { return false };
        (0..zip.len()).all(|index| {
            let entry = zip.by_index(index);
            entry.is_ok_and(|mut entry| std::io::copy(&mut entry, &mut std::io::sink()).is_ok())
        })
    };
    let archive = signed(&key(7));
    assert!(unpacks(&archive));
    let missed = missed(&archive, TRIALS, unpacks);
    assert!(missed.len() > 10, "only {} of {TRIALS}", missed.len());
}

#[test]
fn every_byte_of_the_headers_and_the_directory_is_guarded() {
    let (dossier, recordings) = ready();
    let archive = built(&dossier, &recordings);
    let mut zip = ZipArchive::new(Cursor::new(&archive)).unwrap();
    let directory = usize::try_from(zip.central_directory_start()).unwrap();
    let mut positions: Vec<usize> = (directory..archive.len()).collect();
    for index in 0..zip.len() {
        let start = usize::try_from(zip.by_index_raw(index).unwrap().header_start()).unwrap();
        positions.extend(start..start + 30 + FOLDER.len());
    }
    assert!(positions.len() > 1_500);
    for position in positions {
        let mut changed = archive.clone();
        changed[position] ^= 1 << (position % 8);
        assert!(!problems(&changed).is_empty(), "byte {position}");
    }
}

#[test]
fn a_changed_recording_is_named() {
    let (dossier, recordings) = ready();
    let mut archive = built(&dossier, &recordings);
    let sound = b"secondsecondsecond";
    let position = archive.windows(sound.len()).position(|bytes| bytes == sound).unwrap();
    archive[position] ^= 1;
    let found = problems(&archive);
    assert_eq!(found[0].path, "data/recordings/call-01-1.wav", "{found:?}");
}

#[test]
fn an_archive_that_is_cut_continued_or_none_is_refused() {
    let (dossier, recordings) = ready();
    let archive = built(&dossier, &recordings);
    for length in [0, 1, 21, 22, 100, archive.len() / 2, archive.len() - 1] {
        assert!(!problems(&archive[..length]).is_empty(), "cut to {length}");
    }
    let continued = [archive.as_slice(), b"\0"].concat();
    assert!(!problems(&continued).is_empty());
    let preceded = [b"MZ".as_slice(), &archive].concat();
    assert!(!problems(&preceded).is_empty());
    assert!(!problems(&[0x50; 4_096]).is_empty());
}

#[test]
fn a_file_that_is_missing_added_or_exchanged_is_named() {
    let missing = problems(&rewritten(|entries| {
        entries.retain(|(name, _)| name != "data/recordings/call-03-1.wav");
    }));
    assert_eq!(missing[0].path, "bag-info.txt", "{missing:?}");
    assert!(missing.iter().any(|problem| problem.path == "data/recordings/call-03-1.wav"));

    let added = problems(&rewritten(|entries| {
        let next = |(name, _): &(String, _)| name == "data/recordings/call-03-1.wav";
        let place = entries.iter().position(next).unwrap();
        entries.insert(place, ("data/recordings/call-03-0.wav".into(), b"x".to_vec()));
    }));
    assert!(
        added.iter().any(|problem| {
            problem.path == "data/recordings/call-03-0.wav"
                && problem.what == "is not listed in manifest-sha256.txt"
        }),
        "{added:?}"
    );

    let exchanged = problems(&rewritten(|entries| {
        content(entries, "data/register.xlsx").push(0);
    }));
    assert!(exchanged.iter().any(|problem| problem.path == "data/register.xlsx"), "{exchanged:?}");
}

#[test]
fn names_the_program_never_writes_are_refused() {
    for name in [
        "../../etc/cron.d/x",
        "/etc/passwd",
        "data/recordings/..\\x.wav",
        "data/recordings/call-01-1.wav/",
        "data/evil.sh",
        "zzz",
    ] {
        let found = problems(&rewritten(|entries| entries.push((name.into(), b"x".to_vec()))));
        assert!(!found.is_empty(), "{name}");
        let told = found.iter().any(|problem| {
            problem.what.contains("outside") || problem.what.contains("not a file of a package")
        });
        assert!(told, "{name}: {found:?}");
    }
}

#[test]
fn files_that_contradict_each_other_are_found_even_when_their_sums_fit() {
    assert_eq!(problems(&rewritten(|entries| resum(entries))), []);
    let replaced = |path: &'static str, from: &'static str, to: &'static str| {
        assert_eq!(from.len(), to.len(), "the sums of the payload's bytes stay right");
        problems(&rewritten(|entries| {
            let file = content(entries, path);
            let text = String::from_utf8(file.clone()).unwrap();
            assert!(text.contains(from), "{text}");
            *file = text.replacen(from, to, 1).into_bytes();
            resum(entries);
        }))
    };
    let register = replaced("data/register.csv", ",85,", ",95,");
    assert_eq!(register[0].path, "data/register.csv", "{register:?}");
    let json = replaced("data/package.json", "call-01-1.wav", "call-02-1.wav");
    assert_eq!(json[0].path, "data/recordings/call-02-1.wav", "{json:?}");
    let sealed = replaced("data/package.json", "2026-10-20T21:30:00Z", "2026-10-20T20:30:00Z");
    assert!(sealed[0].what.contains("dated"), "{sealed:?}");
    let identity = replaced("bag-info.txt", "8000-000000000001", "8000-000000000002");
    assert_eq!(identity[0].path, "bag-info.txt", "{identity:?}");
}

#[test]
fn a_text_of_the_bag_that_is_no_text_is_found_though_all_sums_are_made_anew() {
    for path in ["bagit.txt", "bag-info.txt", "data/register.csv", "data/filing/conversion.txt"] {
        let found = problems(&rewritten(|entries| {
            content(entries, path).push(0xFF);
            resum(entries);
        }));
        let told = |problem: &Problem| problem.path == path && problem.what.contains("no text");
        assert!(found.iter().any(told), "{path}: {found:?}");
    }
}
