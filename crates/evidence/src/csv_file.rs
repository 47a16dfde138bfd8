//! The register as CSV: RFC 4180 with commas, in UTF-8 with a byte order mark
//! so that sheet programs know it. A cell that such a program would take for a
//! formula gets an apostrophe in front; a cell that begins with an apostrophe
//! gets one more, so taking one away always gives the text back.

use crate::register::{COLUMNS, Cell};

/// Tells sheet programs that the file is UTF-8.
pub(crate) const BYTE_ORDER_MARK: &str = "\u{feff}";
/// How cells begin that are not plain text to a sheet program.
const SPECIAL: [char; 7] = ['=', '+', '-', '@', '\t', '\r', '\n'];
const APOSTROPHE: char = '\'';

/// The whole file.
pub(crate) fn csv(rows: &[[Cell; COLUMNS.len()]]) -> Result<Vec<u8>, csv::Error> {
    let buffer = BYTE_ORDER_MARK.as_bytes().to_vec();
    let mut writer =
        csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(buffer);
    writer.write_record(COLUMNS.iter().map(|column| column.title))?;
    for row in rows {
        writer.write_record(row.iter().map(|cell| match cell {
            Cell::Text(text) => inert(text),
            Cell::Number(number) => number.to_string(),
        }))?;
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

/// The text as a cell that is no formula.
fn inert(text: &str) -> String {
    if text.starts_with(SPECIAL) || text.starts_with(APOSTROPHE) {
        return format!("{APOSTROPHE}{text}");
    }
    text.to_owned()
}

/// The text that [`inert`] was given.
pub(crate) fn original(cell: &str) -> &str {
    cell.strip_prefix(APOSTROPHE).unwrap_or(cell)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_begins_as_a_formula_and_every_text_comes_back() {
        let texts =
            ["=1+1", "+79001234567", "-1", "@x", "\t=1", "\r\n=1", "'", "'=1", "''", "да", ""];
        for text in texts {
            let cell = inert(text);
            assert!(!cell.starts_with(SPECIAL), "{text:?}");
            assert_eq!(original(&cell), text);
        }
    }
}
