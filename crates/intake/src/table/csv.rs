//! A table as CSV. Russian spreadsheets write semicolons and, unless told,
//! CP1251; others write UTF-8 with a byte order mark or without.

use std::borrow::Cow;

use encoding_rs::WINDOWS_1251;

use super::{Cells, Columns, MAX_TABLE_ROWS, TableFault, TableRow, TableRowFault};
use crate::csv_rows::{CsvRows, RowFault, split};

/// The byte order mark some programs write before UTF-8.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

pub(super) fn read(bytes: &[u8], known: &[&'static str]) -> Result<Vec<TableRow>, TableFault> {
    let text = in_utf8(bytes);
    // A slice is read without errors; whatever else came would be no table.
    let unreadable = |_error| TableFault::Empty;
    let mut rows = CsvRows::new(&*text);
    let header = rows.header().map_err(unreadable)?.ok_or(TableFault::Empty)?;
    let line = header.number;
    let bytes = header.bytes.ok_or(TableFault::BrokenHeader { line })?;
    let columns = columns(line, &bytes, known)?;
    rows.expect(&bytes, columns.names.len());
    let mut found = Vec::new();
    while let Some((line, row)) = rows.next_row().map_err(unreadable)? {
        if found.len() == MAX_TABLE_ROWS {
            return Err(TableFault::TooManyRows);
        }
        let result = row.map_err(fault_of).and_then(|cells| read_row(&columns, cells));
        // A row of empty cells only is what a spreadsheet leaves of a deleted one.
        if result.as_ref().is_ok_and(Vec::is_empty) {
            continue;
        }
        found.push(TableRow { line, result });
    }
    Ok(found)
}

fn columns(line: u64, header: &[u8], known: &[&'static str]) -> Result<Columns, TableFault> {
    let cells = split(header).ok_or(TableFault::BrokenHeader { line })?;
    let mut columns = Columns::of(line);
    for cell in cells {
        columns.add(&String::from_utf8_lossy(&cell), known)?;
    }
    columns.check(known)?;
    Ok(columns)
}

fn read_row(columns: &Columns, cells: Vec<Vec<u8>>) -> Result<Cells, TableRowFault> {
    let mut read = Cells::new();
    for (name, cell) in columns.names.iter().zip(cells) {
        let cell = String::from_utf8(cell).map_err(|_error| TableRowFault::Encoding)?;
        let cell = cell.trim();
        if !cell.is_empty() {
            read.push((name.ok_or(TableRowFault::Form)?, cell.to_owned()));
        }
    }
    Ok(read)
}

fn fault_of(fault: RowFault) -> TableRowFault {
    match fault {
        RowFault::LineTooLong => TableRowFault::TooLong,
        RowFault::Quote | RowFault::Cells(_) => TableRowFault::Form,
    }
}

/// The body in UTF-8. One that is not is CP1251, unless any of its lines shows
/// that only some bytes of it are broken: Cyrillic in UTF-8 would turn into
/// other letters, and nobody would be told.
fn in_utf8(bytes: &[u8]) -> Cow<'_, [u8]> {
    let is_utf8 = |line: &[u8]| !line.is_ascii() && std::str::from_utf8(line).is_ok();
    if std::str::from_utf8(bytes).is_ok()
        || bytes.starts_with(BYTE_ORDER_MARK)
        || bytes.split(|byte| *byte == b'\n').any(is_utf8)
    {
        return Cow::Borrowed(bytes);
    }
    let (text, _) = WINDOWS_1251.decode_without_bom_handling(bytes);
    Cow::Owned(text.into_owned().into_bytes())
}
