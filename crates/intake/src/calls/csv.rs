//! Call records as CSV: a header line with the names of the fields, one row
//! per record. An empty cell is an absent field. A bad row is an item of its own
//! and the next line is read as usual.

use std::borrow::Cow;
use std::io::BufRead;

use super::fields::{Field, Fields, Sent};
use super::rejection::{BodyError, Rejection};
use super::{CallRecord, Item};
use crate::csv_rows::{CsvRows, RowFault, split};
use crate::table::UnknownColumn;

/// The records of a CSV body, read as they are asked for.
#[derive(Debug)]
pub struct CsvItems<R> {
    rows: CsvRows<R>,
    columns: Vec<Field>,
    ended: bool,
}

impl<R: BufRead> CsvItems<R> {
    /// Reads the header.
    pub(super) fn open(body: R) -> Result<Self, BodyError> {
        let mut rows = CsvRows::new(body);
        let header = rows.header()?.ok_or(BodyError::Empty)?;
        let header = header.bytes.filter(|_| header.number == 1).ok_or(BodyError::BrokenHeader)?;
        let columns = columns(&header)?;
        rows.expect(&header, columns.len());
        Ok(Self { rows, columns, ended: false })
    }

    fn next_item(&mut self) -> Result<Option<Item>, BodyError> {
        let Some((line, row)) = self.rows.next_row()? else { return Ok(None) };
        let result = row.map_err(|fault| self.rejection(fault)).and_then(|row| self.read(row));
        Ok(Some(Item { line, result }))
    }

    fn rejection(&self, fault: RowFault) -> Rejection {
        let of_row = |detail| Rejection::of_record("broken_row", detail);
        match fault {
            RowFault::LineTooLong => Rejection::line_too_long(),
            RowFault::Quote => of_row(
                "a quote in the row is not closed, or something follows a closed one".to_owned(),
            ),
            RowFault::Cells(cells) => {
                let columns = self.columns.len();
                of_row(format!("the row has {cells} cells where the header has {columns}"))
            }
        }
    }

    fn read(&self, cells: Vec<Vec<u8>>) -> Result<CallRecord, Rejection> {
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

fn columns(header: &[u8]) -> Result<Vec<Field>, BodyError> {
    let header =
        std::str::from_utf8(header).map_err(|_error| BodyError::InvalidUtf8 { line: 1 })?;
    let cells = split(header.as_bytes()).ok_or(BodyError::BrokenHeader)?;
    let (mut columns, mut unknown) = (Vec::new(), Vec::new());
    for (index, cell) in cells.into_iter().enumerate() {
        let name = String::from_utf8_lossy(&cell);
        let Some(field) = Field::named(name.trim()) else {
            unknown.push(UnknownColumn::of(index + 1, name.trim()));
            continue;
        };
        if columns.contains(&field) {
            return Err(BodyError::DuplicateColumn { name: field.name() });
        }
        columns.push(field);
    }
    if !unknown.is_empty() {
        return Err(BodyError::UnknownColumn { columns: unknown });
    }
    if !columns.contains(&Field::OccurredAt) {
        return Err(BodyError::MissingColumn { name: Field::OccurredAt.name() });
    }
    Ok(columns)
}
