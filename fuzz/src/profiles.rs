//! Files of any shape, read by profiles of any shape.

use std::io::{BufRead, Cursor, Seek};

use baitline_intake::profile::{FileFault, FileFormat, Profile, ReadRow, RowReader, guess, read};

use crate::{CLIENT, RECEIVED_AT, check_report, in_small_pieces, source};

/// What a file gives: its header, its rows as far as it could be read, how many were left out,
/// and what ended it.
type Given = (Vec<String>, Vec<ReadRow>, u64, Option<String>);

/// The first byte chooses the size of pieces and the zone, the second the format. Then a stored
/// profile, a NUL and the file; where that is no profile, one is guessed. A file gives the same at
/// once and in small pieces, its places only rise, and the cells of a row that was read give the
/// same call when they are sent again.
pub(crate) fn run(bytes: &[u8]) {
    let [first, second, rest @ ..] = bytes else { return };
    let format = if *second == b'x' { FileFormat::Xlsx } else { FileFormat::Csv };
    let (stored, file) = match rest.iter().position(|byte| *byte == 0) {
        Some(at) => (&rest[..at], &rest[at + 1..]),
        None => (&rest[..0], rest),
    };
    let stored = std::str::from_utf8(stored).ok().and_then(Profile::of_stored);
    let guessed = guess(format, Cursor::new(file));
    let in_pieces = guess(format, in_small_pieces(Cursor::new(file), *first));
    assert_eq!(told(&guessed), told(&in_pieces));
    let Some(profile) = stored.or(guessed.ok()) else { return };
    kept(&profile);
    if !profile.faults().is_empty() {
        return;
    }
    let at_once = given(&profile, format, Cursor::new(file));
    let in_pieces = given(&profile, format, in_small_pieces(Cursor::new(file), *first));
    assert_eq!(told(&at_once), told(&in_pieces));
    let Ok((header, rows, _, _)) = at_once else { return };
    assert!(rows.is_sorted_by(|one, next| one.place < next.place));
    let again = RowReader::new(&profile, &header)
        .unwrap_or_else(|error| panic!("no row could be corrected: {error}"));
    let source = source(*first);
    for row in &rows {
        let Ok(call) = &row.result else { continue };
        if format == FileFormat::Csv {
            assert_eq!(again.read(&row.raw).as_ref(), Ok(&Some(call.clone())), "{:?}", row.raw);
        }
        if let Ok(report) = call.normalise(CLIENT, &source, RECEIVED_AT) {
            check_report(&report, &call.record.occurred_at);
        }
    }
}

/// A profile is stored as something that is read as the same.
fn kept(profile: &Profile) {
    let stored = profile.to_stored().unwrap_or_else(|| panic!("{profile:?} cannot be stored"));
    assert_eq!(Profile::of_stored(&stored).as_ref(), Some(profile), "{stored}");
}

fn told<T: Clone>(result: &Result<T, FileFault>) -> Result<T, String> {
    match result {
        Ok(value) => Ok(value.clone()),
        Err(fault) => Err(fault.to_string()),
    }
}

fn given(
    profile: &Profile,
    format: FileFormat,
    input: impl BufRead + Seek,
) -> Result<Given, FileFault> {
    let mut rows = read(profile, format, input)?;
    let header = rows.header().to_vec();
    let mut ended = None;
    let read: Vec<ReadRow> = rows
        .by_ref()
        .map_while(|row| row.map_err(|error| ended = Some(error.to_string())).ok())
        .collect();
    Ok((header, read, rows.ignored(), ended))
}
