//! Call records of a file that is too large to be held: read one by one from a
//! stream, each with what stands in the file at its place, so that a refused one
//! can be shown and corrected. The records are those that [`super::read`] gives.

use std::io::BufRead;

use super::csv::CsvItems;
use super::elements::Elements;
use super::json::read_record;
use super::ndjson::NdjsonItems;
use super::rejection::{BodyError, Rejection};
use super::{CallRecord, Format};

/// One row of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileRow {
    /// Where it stands, from 1: the line, or the place in a JSON array.
    pub place: u64,
    /// What stands there.
    pub raw: Raw,
    /// The record, or what is wrong with it.
    pub result: Result<CallRecord, Rejection>,
}

/// What stands at a place of a file; empty where it was too long to be held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Raw {
    /// The text of a record.
    Text(String),
    /// The cells of a row.
    Cells(Vec<String>),
}

/// The rows of a file, in order. An error ends it: what comes after could not
/// be read at all.
#[derive(Debug)]
pub struct FileRows<R> {
    rows: Kind<R>,
    ended: bool,
}

#[derive(Debug)]
enum Kind<R> {
    Json(Elements<R>),
    Ndjson(NdjsonItems<R>),
    Csv(CsvItems<R>),
}

/// Begins to read a file.
///
/// # Errors
/// When the file as a whole cannot be understood: it is empty, is no JSON, or
/// its CSV header does not name the fields.
pub fn read_file<R: BufRead>(format: Format, body: R) -> Result<FileRows<R>, BodyError> {
    let rows = match format {
        Format::Json => Kind::Json(Elements::open(body)?),
        Format::Ndjson => Kind::Ndjson(NdjsonItems::open(body)?),
        Format::Csv => Kind::Csv(CsvItems::open(body)?),
    };
    Ok(FileRows { rows, ended: false })
}

/// Reads one record from the text of a JSON object.
///
/// # Errors
/// When it is no record.
pub fn read_object(text: &str) -> Result<CallRecord, Rejection> {
    read_record(text)
}

impl<R: BufRead> FileRows<R> {
    /// The names of the columns, where it has any.
    pub fn header(&self) -> Option<Vec<String>> {
        match &self.rows {
            Kind::Csv(items) => Some(items.columns().names()),
            Kind::Json(_) | Kind::Ndjson(_) => None,
        }
    }
}

impl<R: BufRead> Iterator for FileRows<R> {
    type Item = Result<FileRow, BodyError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let row = match &mut self.rows {
            Kind::Json(elements) => elements.next_element().map(|found| found.map(row_of)),
            Kind::Ndjson(items) => items.next_row(),
            Kind::Csv(items) => items.next_row(),
        };
        self.ended = !matches!(row, Ok(Some(_)));
        row.transpose()
    }
}

fn row_of((place, bytes): (u64, Option<Vec<u8>>)) -> FileRow {
    let Some(bytes) = bytes else {
        let (raw, result) = (Raw::Text(String::new()), Err(Rejection::record_too_long()));
        return FileRow { place, raw, result };
    };
    let result = match std::str::from_utf8(&bytes) {
        Ok(text) => read_record(text),
        Err(_) => Err(Rejection::invalid_utf8()),
    };
    FileRow { place, raw: Raw::Text(text_of(bytes)), result }
}

/// Bytes as a text; what is no UTF-8 is marked.
pub(super) fn text_of(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

    use super::*;

    fn codes(format: Format, body: &[u8]) -> Vec<(u64, &'static str, Raw)> {
        let rows = read_file(format, body).unwrap().map(Result::unwrap);
        rows.map(|row| (row.place, row.result.map_or_else(|fault| fault.code, |_| "ok"), row.raw))
            .collect()
    }

    fn text(text: &str) -> Raw {
        Raw::Text(text.to_owned())
    }

    #[test]
    fn a_refused_row_comes_with_what_stands_at_its_place() {
        let good =
            r#"{"caller":"+79160000001","called":"M-1","occurred_at":"2026-10-02T10:00:00Z"}"#;
        let ndjson = format!("{good}\n\n{{\"caller\":\n");
        assert_eq!(
            codes(Format::Ndjson, ndjson.as_bytes()),
            [(1, "ok", text(good)), (3, "malformed_json", text("{\"caller\":"))]
        );
        let json = format!("[{good}, 7 ,{{\"x\":1}}]");
        assert_eq!(
            codes(Format::Json, json.as_bytes()),
            [
                (1, "ok", text(good)),
                (2, "invalid_type", text("7")),
                (3, "unknown_field", text("{\"x\":1}"))
            ]
        );
        let csv = b"caller,called,occurred_at\n1,\"a\nb\",\n1,2\n\"x\n".as_slice();
        let cells = ["1", "a\nb", ""].map(str::to_owned).to_vec();
        assert_eq!(
            codes(Format::Csv, csv),
            [
                (2, "control_character", Raw::Cells(cells)),
                (4, "broken_row", text("1,2")),
                (5, "broken_row", text("\"x"))
            ]
        );
    }

    #[test]
    fn a_file_read_row_by_row_gives_the_records_of_a_body_read_at_once() {
        let good =
            r#"{"caller":"+79160000001","called":"M-1","occurred_at":"2026-10-02T10:00:00Z"}"#;
        for body in [format!("[{good},{good},3]"), format!("\u{feff} {good} \n"), "[ ]".to_owned()]
        {
            let at_once = match crate::calls::read(Format::Json, body.as_bytes()).unwrap() {
                crate::calls::Body::One(result) => vec![*result],
                crate::calls::Body::Many(items) => items.map(|item| item.unwrap().result).collect(),
            };
            let rows = read_file(Format::Json, body.as_bytes()).unwrap();
            let streamed: Vec<_> = rows.map(|row| row.unwrap().result).collect();
            assert_eq!(streamed, at_once, "{body}");
        }
    }
}
