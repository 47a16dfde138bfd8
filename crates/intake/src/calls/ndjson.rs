//! Call records as NDJSON: one JSON object per line, blank lines skipped. A
//! bad line is an item of its own and the next line is read as usual.

use std::io::BufRead;

use super::file::{FileRow, Raw, text_of};
use super::json::read_record;
use super::rejection::{BodyError, Rejection};
use super::{CallRecord, Item};
use crate::lines::{Line, Lines};

/// The records of an NDJSON body, read as they are asked for.
#[derive(Debug)]
pub struct NdjsonItems<R> {
    lines: Lines<R>,
    /// Read ahead when the body was opened, to see that there is one.
    first: Option<Line>,
    ended: bool,
}

impl<R: BufRead> NdjsonItems<R> {
    /// Reads up to the first line that is not blank.
    pub(super) fn open(body: R) -> Result<Self, BodyError> {
        let mut items = Self { lines: Lines::new(body), first: None, ended: false };
        items.first = Some(items.next_line()?.ok_or(BodyError::Empty)?);
        Ok(items)
    }

    /// The next line that is not blank.
    fn next_line(&mut self) -> Result<Option<Line>, BodyError> {
        loop {
            match self.lines.next_line()? {
                Some(Line { bytes: Some(bytes), .. }) if bytes.trim_ascii().is_empty() => {}
                line => return Ok(line),
            }
        }
    }
}

impl<R: BufRead> NdjsonItems<R> {
    /// The next line with what stands in it.
    pub(super) fn next_row(&mut self) -> Result<Option<FileRow>, BodyError> {
        let line = match self.first.take() {
            Some(first) => Some(first),
            None => self.next_line()?,
        };
        Ok(line.map(|line| FileRow {
            place: line.number,
            result: read_line(line.bytes.as_deref()),
            raw: Raw::Text(text_of(line.bytes.unwrap_or_default())),
        }))
    }
}

impl<R: BufRead> Iterator for NdjsonItems<R> {
    type Item = Result<Item, BodyError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let line = self.first.take().map_or_else(|| self.next_line(), |first| Ok(Some(first)));
        match line {
            Ok(Some(line)) => {
                Some(Ok(Item { line: line.number, result: read_line(line.bytes.as_deref()) }))
            }
            Ok(None) => {
                self.ended = true;
                None
            }
            Err(error) => {
                self.ended = true;
                Some(Err(error))
            }
        }
    }
}

fn read_line(bytes: Option<&[u8]>) -> Result<CallRecord, Rejection> {
    let bytes = bytes.ok_or_else(Rejection::line_too_long)?;
    let text = std::str::from_utf8(bytes).map_err(|_error| Rejection::invalid_utf8())?;
    read_record(text)
}
