//! Tables as RFC 4180 has them, with a byte order mark for spreadsheets, and
//! with no cell that a spreadsheet runs.

use std::borrow::Cow;
use std::io::Write;

use csv::{Terminator, WriterBuilder};

use super::{Cell, Table, TableError};

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

pub(super) fn write(
    table: &Table,
    rows: impl Iterator<Item = Result<Vec<Cell>, TableError>>,
    to: &mut impl Write,
) -> Result<(), TableError> {
    to.write_all(BYTE_ORDER_MARK)?;
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(to);
    writer.write_record(table.columns.iter().map(|column| column.name)).map_err(failed)?;
    for row in rows {
        let texts: Vec<String> = row?.iter().map(Cell::to_string).collect();
        writer.write_record(texts.iter().map(|text| inert(text).into_owned())).map_err(failed)?;
    }
    Ok(writer.flush()?)
}

/// Writes texts alone, under names that only the caller knows.
pub(super) fn write_texts(
    names: &[&str],
    rows: impl Iterator<Item = Vec<String>>,
    to: &mut impl Write,
) -> Result<(), TableError> {
    to.write_all(BYTE_ORDER_MARK)?;
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(to);
    writer.write_record(names.iter().map(|name| inert(name).into_owned())).map_err(failed)?;
    for row in rows {
        writer.write_record(row.iter().map(|text| inert(text).into_owned())).map_err(failed)?;
    }
    Ok(writer.flush()?)
}

fn failed(error: csv::Error) -> TableError {
    TableError::Writer(Box::new(error))
}

/// A cell that a spreadsheet could run gets an apostrophe before it; so does
/// one that begins with an apostrophe, which makes the mark reversible.
fn inert(cell: &str) -> Cow<'_, str> {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\'']) {
        Cow::Owned(format!("'{cell}"))
    } else {
        Cow::Borrowed(cell)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_that_could_run_is_made_a_text() {
        assert_eq!(inert("=1+1"), "'=1+1");
        assert_eq!(inert("+79160000001"), "'+79160000001");
        assert_eq!(inert("'a"), "''a");
        assert_eq!(inert("ООО «Окна»"), "ООО «Окна»");
    }
}
