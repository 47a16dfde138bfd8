//! The rows of a CSV in any dialect a profile names. A quote that is not closed
//! spoils its own line and not the file: lines are added to it only where they
//! make a row that fits, within the bytes of one record.

use std::collections::VecDeque;
use std::io::{BufRead, Read, Seek, SeekFrom};

use super::cells::Cells;
use super::encoding::{self, Decoder};
use super::file_fault::FileFault;
use super::shape::{Delimiter, Profile};
use crate::calls::{MAX_RECORD_BYTES, Rejection};
use crate::csv_rows::row::{Row, RowState};
use crate::lines::Lines;

/// Candidates of an unknown delimiter; of equal counts the earlier one wins, for
/// a comma stands in texts and numbers too.
const DELIMITERS: [u8; 4] = [b';', b'\t', b'|', b','];

/// Of the beginning of a file, which shows what it is.
const BEGINNING_BYTES: u64 = 8 * 1024;

/// Lines decoded and split as they are asked for.
#[derive(Debug)]
pub(super) struct CsvCells<R> {
    lines: Lines<R>,
    decoder: Decoder,
    /// Lines read in search of a closing quote, and not used.
    ahead: VecDeque<Text>,
    skip_rows: u64,
    /// Unknown until the first row is seen.
    delimiter: Option<u8>,
    /// The cells of the header; unknown where there is none.
    columns: Option<usize>,
}

/// A line in UTF-8, or why it has none.
#[derive(Debug)]
struct Text {
    number: u64,
    text: Result<String, Rejection>,
}

impl<R: BufRead + Seek> CsvCells<R> {
    pub(super) fn open(profile: &Profile, mut input: R) -> Result<Self, FileFault> {
        let mut beginning = Vec::new();
        let start = input.stream_position()?;
        input.by_ref().take(BEGINNING_BYTES).read_to_end(&mut beginning)?;
        input.seek(SeekFrom::Start(start))?;
        let decoder = encoding::open(profile.encoding, &beginning)?;
        Ok(Self {
            lines: Lines::new(input),
            decoder,
            ahead: VecDeque::new(),
            skip_rows: profile.skip_rows.into(),
            delimiter: match profile.delimiter {
                Delimiter::Auto => None,
                Delimiter::Comma => Some(b','),
                Delimiter::Semicolon => Some(b';'),
                Delimiter::Tab => Some(b'\t'),
                Delimiter::Pipe => Some(b'|'),
            },
            columns: None,
        })
    }
}

impl<R: BufRead> CsvCells<R> {
    /// Rows have so many cells.
    pub(super) const fn expect(&mut self, columns: usize) {
        self.columns = Some(columns);
    }

    pub(super) fn next_row(&mut self) -> Result<Option<Cells>, FileFault> {
        loop {
            let Some(line) = self.next_text()? else { return Ok(None) };
            if line.number <= self.skip_rows {
                continue;
            }
            let text = match line.text {
                Ok(text) if text.trim().is_empty() => continue,
                Ok(text) => text,
                Err(fault) => return Ok(Some(broken(line.number, Vec::new(), fault))),
            };
            let cells = self.split(line.number, text)?;
            // A row of delimiters only is what a spreadsheet leaves of a deleted one.
            if cells.fault.is_some() || cells.raw.iter().any(|cell| !cell.trim().is_empty()) {
                return Ok(Some(cells));
            }
        }
    }

    fn next_text(&mut self) -> Result<Option<Text>, FileFault> {
        if let Some(text) = self.ahead.pop_front() {
            return Ok(Some(text));
        }
        self.read_text()
    }

    fn read_text(&mut self) -> Result<Option<Text>, FileFault> {
        let Some(line) = self.lines.next_line()? else { return Ok(None) };
        let text = match line.bytes {
            Some(bytes) => self.decoder.decode(bytes),
            None => Err(Rejection::line_too_long()),
        };
        Ok(Some(Text { number: line.number, text }))
    }

    fn split(&mut self, place: u64, text: String) -> Result<Cells, FileFault> {
        let delimiter = *self.delimiter.get_or_insert_with(|| likeliest(&text));
        let mut row = Row::new(delimiter);
        let whole = match row.add_line(text.as_bytes()) {
            RowState::Whole => true,
            RowState::Open => self.close(&mut row, text.len())?,
            RowState::Broken => false,
        };
        if !whole {
            let detail = "a quote in the row is not closed, or something follows a closed one";
            let fault = Rejection::of_record("broken_row", detail);
            return Ok(broken(place, vec![text], fault));
        }
        let mut raw = Vec::with_capacity(row.cells());
        for cell in row.into_cells() {
            // Cells end at ASCII, so each is UTF-8 as its line is.
            raw.push(String::from_utf8(cell).map_err(|_error| FileFault::NotText)?);
        }
        let fault = self.misfit(&mut raw);
        Ok(Cells { place, raw, fault, wrong: Vec::new() })
    }

    /// Blank cells beyond the header are cut off; with any others the row's cells
    /// may be shifted, and so may those of a row with too few.
    fn misfit(&self, raw: &mut Vec<String>) -> Option<Rejection> {
        let columns = self.columns?;
        while raw.len() > columns && raw.last().is_some_and(|cell| cell.trim().is_empty()) {
            raw.pop();
        }
        if raw.len() == columns {
            return None;
        }
        let detail = format!("the row has {} cells where the header has {columns}", raw.len());
        Some(Rejection::of_record("broken_row", detail))
    }

    /// Looks in the following lines for the end of a row whose quote is open, and
    /// uses them up only where that gives a row that fits: a stray quote must
    /// not swallow good rows.
    fn close(&mut self, row: &mut Row, first_bytes: usize) -> Result<bool, FileFault> {
        let most = self.columns.unwrap_or(usize::MAX);
        let mut length = first_bytes;
        let mut used = 0;
        loop {
            if used == self.ahead.len() {
                let Some(text) = self.read_text()? else { return Ok(false) };
                self.ahead.push_back(text);
            }
            let Ok(text) = &self.ahead[used].text else { return Ok(false) };
            used += 1;
            length += 1 + text.len();
            if length > MAX_RECORD_BYTES {
                return Ok(false);
            }
            match row.add_line(text.as_bytes()) {
                RowState::Open if row.cells() <= most => {}
                RowState::Whole if self.columns.is_none_or(|most| row.cells() == most) => {
                    self.ahead.drain(..used);
                    return Ok(true);
                }
                _ => return Ok(false),
            }
        }
    }
}

const fn broken(place: u64, raw: Vec<String>, fault: Rejection) -> Cells {
    Cells { place, raw, fault: Some(fault), wrong: Vec::new() }
}

/// The delimiter that stands most often outside quotes.
pub(super) fn likeliest(line: &str) -> u8 {
    let mut counts = [0_usize; DELIMITERS.len()];
    let mut quoted = false;
    for byte in line.bytes() {
        quoted ^= byte == b'"';
        if let Some(place) = DELIMITERS.iter().position(|known| *known == byte && !quoted) {
            counts[place] += 1;
        }
    }
    let most = counts.iter().max().copied().unwrap_or_default();
    let place = counts.iter().position(|count| *count == most);
    match place {
        Some(place) if most > 0 => DELIMITERS[place],
        _ => b',',
    }
}
