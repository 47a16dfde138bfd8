//! CSV split into rows of cells: a header line, one row per line, commas or
//! semicolons between the cells. A bad row is told of and the next line is read
//! as usual, even where the bad row opened a quote and never closed it. It does
//! not know what a cell means.

pub(crate) mod row;

use std::collections::VecDeque;
use std::io::{self, BufRead};

use self::row::{Row, RowState};
use crate::calls::MAX_RECORD_BYTES;
use crate::lines::{Line, Lines};

/// The cells of a row, or what is wrong with it.
pub(crate) type CsvRow = Result<Vec<Vec<u8>>, RowFault>;

/// What is wrong with a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RowFault {
    /// Its line has more than [`MAX_RECORD_BYTES`].
    LineTooLong,
    /// A quote is not closed, or something follows a closed one.
    Quote,
    /// It has so many cells, and the header another number.
    Cells(usize),
}

/// The rows of a body, read as they are asked for.
#[derive(Debug)]
pub(crate) struct CsvRows<R> {
    lines: Lines<R>,
    /// Lines read in search of a closing quote, and not used.
    ahead: VecDeque<Line>,
    /// The line of the row read last, where it gave no cells.
    broken: Vec<u8>,
    delimiter: u8,
    columns: usize,
}

impl<R: BufRead> CsvRows<R> {
    pub(crate) const fn new(body: R) -> Self {
        Self {
            lines: Lines::new(body),
            ahead: VecDeque::new(),
            broken: Vec::new(),
            delimiter: b',',
            columns: 0,
        }
    }

    /// The first line that is not blank.
    pub(crate) fn header(&mut self) -> io::Result<Option<Line>> {
        while let Some(line) = self.lines.next_line()? {
            if !is_blank(&line) {
                return Ok(Some(line));
            }
        }
        Ok(None)
    }

    /// Reads what follows by this header.
    pub(crate) fn expect(&mut self, header: &[u8], columns: usize) {
        self.delimiter = delimiter(header);
        self.columns = columns;
    }

    /// The next row with the line it begins on; `None` after the last one.
    pub(crate) fn next_row(&mut self) -> io::Result<Option<(u64, CsvRow)>> {
        loop {
            let line = match self.ahead.pop_front() {
                Some(line) => line,
                None => match self.lines.next_line()? {
                    Some(line) => line,
                    None => return Ok(None),
                },
            };
            if !is_blank(&line) {
                return Ok(Some((line.number, self.read_row(line)?)));
            }
        }
    }

    /// Reads the row that begins with `line`.
    fn read_row(&mut self, line: Line) -> io::Result<CsvRow> {
        self.broken.clear();
        let Some(bytes) = line.bytes else { return Ok(Err(RowFault::LineTooLong)) };
        let mut row = Row::new(self.delimiter);
        let whole = match row.add_line(&bytes) {
            RowState::Whole => true,
            RowState::Open => self.close_row(&mut row, bytes.len())?,
            RowState::Broken => false,
        };
        let cells = row.into_cells();
        if whole && cells.len() == self.columns {
            return Ok(Ok(cells));
        }
        self.broken = bytes;
        Ok(Err(if whole { RowFault::Cells(cells.len()) } else { RowFault::Quote }))
    }

    /// The line of the row read last, where it gave no cells: it is empty where
    /// the line was too long to be held.
    pub(crate) fn broken_line(&self) -> &[u8] {
        &self.broken
    }

    /// Looks in the following lines for the end of a row whose quote is still
    /// open, and uses them up only where that gives a row that fits the header:
    /// a stray quote must not swallow good rows, and a line break inside a
    /// quoted cell must not pass its second half for a row.
    fn close_row(&mut self, row: &mut Row, first_bytes: usize) -> io::Result<bool> {
        let mut length = first_bytes;
        let mut used = 0;
        loop {
            if used == self.ahead.len() {
                let Some(line) = self.lines.next_line()? else { return Ok(false) };
                self.ahead.push_back(line);
            }
            let Some(bytes) = &self.ahead[used].bytes else { return Ok(false) };
            used += 1;
            length += 1 + bytes.len();
            if length > MAX_RECORD_BYTES {
                return Ok(false);
            }
            match row.add_line(bytes) {
                RowState::Open if row.cells() <= self.columns => {}
                RowState::Whole if row.cells() == self.columns => {
                    self.ahead.drain(..used);
                    return Ok(true);
                }
                _ => return Ok(false),
            }
        }
    }
}

/// The cells of a header line; `None` where a quote is wrong.
pub(crate) fn split(header: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut row = Row::new(delimiter(header));
    (row.add_line(header) == RowState::Whole).then(|| row.into_cells())
}

fn is_blank(line: &Line) -> bool {
    line.bytes.as_ref().is_some_and(|bytes| bytes.trim_ascii().is_empty())
}

/// No field's name holds either of the two, so the one that is there is it.
fn delimiter(header: &[u8]) -> u8 {
    if header.contains(&b';') { b';' } else { b',' }
}
