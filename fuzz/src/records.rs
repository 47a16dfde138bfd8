//! Bodies of call records: JSON, NDJSON and CSV.

use std::io::BufRead;

use baitline_intake::calls::{
    Body, CallRecord, Format, Item, Raw, Rejection, read, read_file, read_object,
};

use crate::{CLIENT, RECEIVED_AT, check_report, in_small_pieces, source};

/// What a body gives: its items as far as it could be read, and what ended it; or why it is none.
type Given = Result<(Vec<(u64, Result<CallRecord, Rejection>)>, Option<String>), String>;

/// The first byte chooses the format, the second the size of pieces and the zone. A body gives
/// the same at once, in small pieces and read row by row as a file is; lines only rise; what
/// stands at a place gives the record of that place again, and a report is of its record.
pub(crate) fn run(bytes: &[u8]) {
    let [first, second, body @ ..] = bytes else { return };
    let format = [Format::Ndjson, Format::Json, Format::Csv][usize::from(first % 3)];
    let at_once = given(format, body);
    let in_pieces = given(format, in_small_pieces(body, *second));
    assert_eq!(at_once, in_pieces);
    let Ok((items, ended)) = at_once else {
        assert!(format == Format::Json || read_file(format, body).is_err());
        return;
    };
    assert!(items.is_sorted_by(|(one, _), (next, _)| one < next));
    row_by_row(format, body, &items, ended.is_some());
    let source = source(*second);
    for record in items.iter().filter_map(|(_, result)| result.as_ref().ok()) {
        if let Ok(report) = record.normalise(CLIENT, &source, RECEIVED_AT) {
            check_report(&report, &record.occurred_at);
        }
    }
}

fn given(format: Format, body: impl BufRead) -> Given {
    let mut ended = None;
    let items = match read(format, body).map_err(|error| error.to_string())? {
        Body::One(result) => vec![(1, *result)],
        Body::Many(items) => items
            .map_while(|item| item.map_err(|error| ended = Some(error.to_string())).ok())
            .map(|Item { line, result }| (line, result))
            .collect(),
    };
    Ok((items, ended))
}

fn row_by_row(
    format: Format,
    body: &[u8],
    items: &[(u64, Result<CallRecord, Rejection>)],
    broke_off: bool,
) {
    let rows =
        read_file(format, body).unwrap_or_else(|error| panic!("a body, but no file: {error}"));
    let mut rows = rows.peekable();
    for (line, result) in items {
        let row = rows.next().unwrap_or_else(|| panic!("a file ends before line {line}"));
        let row = row.unwrap_or_else(|error| panic!("a file breaks before line {line}: {error}"));
        assert_eq!((row.place, &row.result), (*line, result));
        if let (Raw::Text(text), Ok(record), false) = (&row.raw, result, format == Format::Csv) {
            assert_eq!(read_object(text).as_ref(), Ok(record));
        }
    }
    let after = rows.next();
    assert_eq!(matches!(after, Some(Err(_))), broke_off, "{after:?}");
    assert!(!matches!(after, Some(Ok(_))), "a file goes on where a body ended: {after:?}");
}
