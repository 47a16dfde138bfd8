//! Call records as CSV: a header line with the names of the fields, one row
//! per record, commas or semicolons between the cells. An empty cell is an
//! absent field. A bad row is an item of its own and the next line is read as
//! usual, even where the bad row opened a quote and never closed it.

mod row;

use std::borrow::Cow;
use std::collections::VecDeque;
use std::io::BufRead;

use self::row::{Row, RowState};
use super::fields::{Field, Fields, Sent};
use super::lines::{Line, Lines};
use super::rejection::{BodyError, Rejection};
use super::{CallRecord, Item, MAX_RECORD_BYTES};

/// The records of a CSV body, read as they are asked for.
#[derive(Debug)]
pub struct CsvItems<R> {
    lines: Lines<R>,
    /// Lines read in search of a closing quote, and not used.
    ahead: VecDeque<Line>,
    delimiter: u8,
    columns: Vec<Field>,
    ended: bool,
}

impl<R: BufRead> CsvItems<R> {
    /// Reads the header.
    pub(super) fn open(body: R) -> Result<Self, BodyError> {
        let mut lines = Lines::new(body);
        let header = loop {
            let line = lines.next_line()?.ok_or(BodyError::Empty)?;
            if !is_blank(&line) {
                break line;
            }
        };
        let bytes = match header {
            Line { number: 1, bytes: Some(bytes) } => bytes,
            _ => return Err(BodyError::BrokenHeader),
        };
        let delimiter = delimiter(&bytes);
        let columns = columns(&bytes, delimiter)?;
        Ok(Self { lines, ahead: VecDeque::new(), delimiter, columns, ended: false })
    }

    fn next_item(&mut self) -> Result<Option<Item>, BodyError> {
        loop {
            let line = match self.ahead.pop_front() {
                Some(line) => line,
                None => match self.lines.next_line()? {
                    Some(line) => line,
                    None => return Ok(None),
                },
            };
            if !is_blank(&line) {
                return Ok(Some(Item { line: line.number, result: self.read_row(line)? }));
            }
        }
    }

    /// Reads the row that begins with `line`.
    fn read_row(&mut self, line: Line) -> Result<Result<CallRecord, Rejection>, BodyError> {
        let Some(bytes) = line.bytes else { return Ok(Err(Rejection::line_too_long())) };
        let mut row = Row::new(self.delimiter);
        let whole = match row.add_line(&bytes) {
            RowState::Whole => true,
            RowState::Open => self.close_row(&mut row, bytes.len())?,
            RowState::Broken => false,
        };
        if !whole {
            let detail = "a quote in the row is not closed, or something follows a closed one";
            return Ok(Err(Rejection::of_record("broken_row", detail)));
        }
        let cells = row.into_cells();
        if cells.len() != self.columns.len() {
            let (cells, columns) = (cells.len(), self.columns.len());
            let detail = format!("the row has {cells} cells where the header has {columns}");
            return Ok(Err(Rejection::of_record("broken_row", detail)));
        }
        Ok(self.read_cells(cells))
    }

    /// Looks in the following lines for the end of a row whose quote is still
    /// open, and uses them up only where that gives a row that fits the header:
    /// a stray quote must not swallow good rows, and a line break inside a
    /// quoted cell must not pass its second half for a row.
    fn close_row(&mut self, row: &mut Row, first_bytes: usize) -> Result<bool, BodyError> {
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
                RowState::Open if row.cells() <= self.columns.len() => {}
                RowState::Whole if row.cells() == self.columns.len() => {
                    self.ahead.drain(..used);
                    return Ok(true);
                }
                _ => return Ok(false),
            }
        }
    }

    fn read_cells(&self, cells: Vec<Vec<u8>>) -> Result<CallRecord, Rejection> {
        let mut fields = Fields::default();
        for (&field, cell) in self.columns.iter().zip(cells) {
            let cell = String::from_utf8(cell).map_err(|_error| Rejection::invalid_utf8())?;
            if !cell.trim().is_empty() {
                fields.set(field, Sent::Cell(Cow::Owned(cell)));
            }
        }
        CallRecord::from_fields(&fields)
    }
}

impl<R: BufRead> Iterator for CsvItems<R> {
    type Item = Result<Item, BodyError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let item = self.next_item().transpose();
        self.ended = !matches!(item, Some(Ok(_)));
        item
    }
}

fn is_blank(line: &Line) -> bool {
    line.bytes.as_ref().is_some_and(|bytes| bytes.trim_ascii().is_empty())
}

/// No field's name holds either of the two, so the one that is there is it.
fn delimiter(header: &[u8]) -> u8 {
    if header.contains(&b';') { b';' } else { b',' }
}

fn columns(header: &[u8], delimiter: u8) -> Result<Vec<Field>, BodyError> {
    let header =
        std::str::from_utf8(header).map_err(|_error| BodyError::InvalidUtf8 { line: 1 })?;
    let mut row = Row::new(delimiter);
    if row.add_line(header.as_bytes()) != RowState::Whole {
        return Err(BodyError::BrokenHeader);
    }
    let mut columns = Vec::new();
    for (index, cell) in row.into_cells().into_iter().enumerate() {
        let name = String::from_utf8_lossy(&cell);
        let field = Field::named(name.trim())
            .ok_or_else(|| BodyError::unknown_column(index + 1, name.trim()))?;
        if columns.contains(&field) {
            return Err(BodyError::DuplicateColumn { name: field.name() });
        }
        columns.push(field);
    }
    if !columns.contains(&Field::OccurredAt) {
        return Err(BodyError::MissingColumn { name: Field::OccurredAt.name() });
    }
    Ok(columns)
}
