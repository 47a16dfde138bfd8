//! Call records as CSV: a header line with the names of the fields, one row
//! per record. An empty cell is an absent field. A bad row is an item of its own
//! and the next line is read as usual.

use std::borrow::Cow;
use std::io::BufRead;

use super::fields::{Field, Fields, Sent};
use super::file::{FileRow, Raw};
use super::rejection::{BodyError, Rejection};
use super::{CallRecord, Item};
use crate::csv_rows::{CsvRows, RowFault, split};
use crate::table::UnknownColumn;

/// The records of a CSV body, read as they are asked for.
#[derive(Debug)]
pub struct CsvItems<R> {
    rows: CsvRows<R>,
    columns: CsvColumns,
    ended: bool,
}

/// What the columns of a CSV table are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CsvColumns(Vec<Field>);

impl CsvColumns {
    /// The columns of these names.
    ///
    /// # Errors
    /// When a name is no field's or is there twice, or a needed one is missing.
    pub fn named<T: AsRef<str>>(names: &[T]) -> Result<Self, BodyError> {
        let (mut columns, mut unknown) = (Vec::new(), Vec::new());
        for (index, name) in names.iter().enumerate() {
            let name = name.as_ref().trim();
            let Some(field) = Field::named(name) else {
                unknown.push(UnknownColumn::of(index + 1, name));
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
        Ok(Self(columns))
    }

    /// Their names, in order.
    pub fn names(&self) -> Vec<String> {
        self.0.iter().map(|field| field.name().to_owned()).collect()
    }

    /// Reads the cells of one row, which are as many as the columns.
    ///
    /// # Errors
    /// When they make no record.
    pub fn read(&self, cells: Vec<Vec<u8>>) -> Result<CallRecord, Rejection> {
        let mut fields = Fields::default();
        for (&field, cell) in self.0.iter().zip(cells) {
            let cell = String::from_utf8(cell).map_err(|_error| Rejection::invalid_utf8())?;
            if !cell.trim().is_empty() {
                fields.set(field, Sent::Cell(Cow::Owned(cell)));
            }
        }
        CallRecord::from_fields(&fields)
    }

    fn rejection(&self, fault: RowFault) -> Rejection {
        let of_row = |detail| Rejection::of_record("broken_row", detail);
        match fault {
            RowFault::LineTooLong => Rejection::line_too_long(),
            RowFault::Quote => of_row(
                "a quote in the row is not closed, or something follows a closed one".to_owned(),
            ),
            RowFault::Cells(cells) => {
                let columns = self.0.len();
                of_row(format!("the row has {cells} cells where the header has {columns}"))
            }
        }
    }
}

impl<R: BufRead> CsvItems<R> {
    /// Reads the header.
    pub(super) fn open(body: R) -> Result<Self, BodyError> {
        let mut rows = CsvRows::new(body);
        let header = rows.header()?.ok_or(BodyError::Empty)?;
        let header = header.bytes.filter(|_| header.number == 1).ok_or(BodyError::BrokenHeader)?;
        let columns = columns(&header)?;
        rows.expect(&header, columns.0.len());
        Ok(Self { rows, columns, ended: false })
    }

    /// The columns its header names.
    pub(super) const fn columns(&self) -> &CsvColumns {
        &self.columns
    }

    fn next_item(&mut self) -> Result<Option<Item>, BodyError> {
        let Some((line, row)) = self.rows.next_row()? else { return Ok(None) };
        let columns = &self.columns;
        let result =
            row.map_err(|fault| columns.rejection(fault)).and_then(|row| columns.read(row));
        Ok(Some(Item { line, result }))
    }

    /// The next row with what stands in it.
    pub(super) fn next_row(&mut self) -> Result<Option<FileRow>, BodyError> {
        let Some((place, row)) = self.rows.next_row()? else { return Ok(None) };
        let (raw, result) = match row {
            Ok(cells) => {
                let shown = cells.iter().map(|cell| String::from_utf8_lossy(cell).into_owned());
                (Raw::Cells(shown.collect()), self.columns.read(cells))
            }
            Err(fault) => {
                let line = String::from_utf8_lossy(self.rows.broken_line()).into_owned();
                (Raw::Text(line), Err(self.columns.rejection(fault)))
            }
        };
        Ok(Some(FileRow { place, raw, result }))
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

fn columns(header: &[u8]) -> Result<CsvColumns, BodyError> {
    let header =
        std::str::from_utf8(header).map_err(|_error| BodyError::InvalidUtf8 { line: 1 })?;
    let cells = split(header.as_bytes()).ok_or(BodyError::BrokenHeader)?;
    let names: Vec<_> = cells.iter().map(|cell| String::from_utf8_lossy(cell)).collect();
    CsvColumns::named(&names)
}
