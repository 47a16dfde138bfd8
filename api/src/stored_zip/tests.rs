//! The archive byte by byte: another reader reads it, any part of it is a part of the
//! whole, and numbers too large for the plain form are told in the other one.
#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

use std::collections::HashMap;
use std::io::{Cursor, Read};

use sha2::{Digest, Sha256};
use zip::ZipArchive;

use super::*;

fn at() -> Instant {
    Instant::from("2026-10-20T21:30:05Z".parse::<jiff::Timestamp>().unwrap())
}

/// Bitwise, so that nothing of what is tested is believed.
fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 };
    !bytes.iter().fold(WIDE, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), step))
}

fn entry(name: &str, content: &[u8]) -> Entry {
    Entry {
        name: name.to_owned(),
        bytes: content.len() as u64,
        crc32: crc32(content),
        sha256: Sha256::digest(content).to_vec(),
    }
}

type Contents = HashMap<Vec<u8>, Vec<u8>>;

fn files() -> (Vec<Entry>, Contents) {
    let contents =
        [("a/index.pdf", vec![1_u8; 300]), ("a/empty", vec![]), ("a/z.zip", vec![7; 70])];
    let entries = contents.iter().map(|(name, content)| entry(name, content)).collect();
    let held =
        contents.into_iter().map(|(_, content)| (Sha256::digest(&content).to_vec(), content));
    (entries, held.collect())
}

fn sent(entries: &[Entry], held: &Contents, part: Range<u64>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for piece in StoredZip::new(entries.to_vec(), at()).pieces(part) {
        match piece {
            Piece::Made(made) => bytes.extend_from_slice(&made),
            Piece::Held(sha256, part) => {
                let part = usize::try_from(part.start).unwrap()..usize::try_from(part.end).unwrap();
                bytes.extend_from_slice(&held[&sha256][part]);
            }
        }
    }
    bytes
}

#[test]
fn another_reader_finds_every_file_as_it_is() {
    let (entries, held) = files();
    let zip = StoredZip::new(entries.clone(), at());
    let whole = sent(&entries, &held, 0..zip.bytes());
    assert_eq!(whole.len() as u64, zip.bytes());
    let mut read = ZipArchive::new(Cursor::new(&whole)).unwrap();
    assert_eq!(read.len(), entries.len());
    for (index, entry) in entries.iter().enumerate() {
        let mut file = read.by_index(index).unwrap();
        assert_eq!(file.name_raw(), entry.name.as_bytes());
        assert_eq!(file.unix_mode(), Some(0o100_644));
        let date = file.last_modified().unwrap();
        assert_eq!((date.year(), date.day(), date.hour(), date.second()), (2026, 20, 21, 4));
        let mut content = Vec::new();
        file.read_to_end(&mut content).unwrap();
        assert_eq!(content, held[&entry.sha256]);
    }
}

#[test]
fn every_part_is_a_part_of_the_whole() {
    let (entries, held) = files();
    let bytes = StoredZip::new(entries.clone(), at()).bytes();
    let whole = sent(&entries, &held, 0..bytes);
    for start in 0..bytes {
        for end in [start + 1, start + 40, start + 333, bytes] {
            let end = end.min(bytes);
            let place = usize::try_from(start).unwrap()..usize::try_from(end).unwrap();
            assert_eq!(sent(&entries, &held, start..end), &whole[place], "{start}..{end}");
        }
    }
}

#[test]
fn facts_differ_where_any_byte_does() {
    let facts = |entries: &[Entry], at: Instant| {
        let zip = StoredZip::new(entries.to_vec(), at);
        zip.facts().map(<[u8]>::to_vec).collect::<Vec<_>>()
    };
    let (entries, _) = files();
    let known = facts(&entries, at());
    assert_eq!(facts(&entries, at()), known);
    assert_ne!(facts(&entries, Instant(at().0 + 2_000_000)), known);
    let changes: [fn(&mut Entry); 4] = [
        |one| one.name.push('x'),
        |one| one.bytes += 1,
        |one| one.crc32 ^= 1,
        |one| one.sha256[0] ^= 1,
    ];
    for change in changes {
        let mut changed = entries.clone();
        change(&mut changed[1]);
        assert_ne!(facts(&changed, at()), known);
    }
}

/// Of a large archive only what stands between the entries is made: the end is read by
/// a reader that finds nothing where the entries would be.
#[test]
fn what_is_too_large_for_the_plain_form_is_told_in_the_other() {
    let large = |name: &str, bytes| Entry { bytes, ..entry(name, b"") };
    let limit = u64::from(WIDE);
    let entries = vec![large("a", limit - 1), large("b", limit), large("c", 5)];
    let zip = StoredZip::new(entries, at());
    let starts = zip.starts.clone();
    assert_eq!(starts[1], 30 + 1 + limit - 1);
    assert_eq!(starts[2], starts[1] + 30 + 1 + 20 + limit);
    let begin = starts[2] + 30 + 1 + 5;
    let text = zip.directory.clone();
    let wide = |at: usize| u64::from_le_bytes(text[at..at + 8].try_into().unwrap());
    let long = |at: usize| u32::from_le_bytes(text[at..at + 4].try_into().unwrap());
    // The lines: 46 bytes, a name of one, and what is told in 64 bits.
    let second = 46 + 1;
    assert_eq!((long(20), long(second + 20), long(second + 42)), (WIDE - 1, WIDE, WIDE));
    let told = second + 46 + 1 + 4;
    assert_eq!((wide(told), wide(told + 8), wide(told + 16)), (limit, limit, starts[1]));
    let third = second + 46 + 1 + 4 + 24;
    assert_eq!((long(third + 20), wide(third + 46 + 1 + 4)), (5, starts[2]));
    let end = third + 46 + 1 + 4 + 8;
    assert_eq!(&text[end..end + 4], b"PK\x06\x06");
    assert_eq!((wide(end + 24), wide(end + 40), wide(end + 48)), (3, end as u64, begin));
    assert_eq!(&text[end + 56..end + 60], b"PK\x06\x07");
    assert_eq!(wide(end + 64), begin + end as u64);
    assert_eq!(zip.bytes(), begin + text.len() as u64);
}

#[test]
fn more_entries_than_the_plain_form_counts_are_read_all_the_same() {
    let entries: Vec<Entry> = (0..66_000).map(|n| entry(&format!("f{n}"), b"")).collect();
    let zip = StoredZip::new(entries.clone(), at());
    let whole = sent(&entries, &[(entries[0].sha256.clone(), vec![])].into(), 0..zip.bytes());
    assert_eq!(ZipArchive::new(Cursor::new(whole)).unwrap().len(), 66_000);
}
