//! The rows of a workbook's sheet. The whole sheet is held, within the bounds of
//! `table`.

use std::io::{BufRead, Read, Seek};

use super::cells::Cells;
use super::encoding::COMPOUND_FILE;
use super::file_fault::FileFault;
use super::rows::MAX_WORKBOOK_ROWS;
use super::shape::Profile;
use crate::calls::{MAX_RECORD_BYTES, Rejection};
use crate::table::{MAX_TABLE_BYTES, SheetRow, sheet_rows};

/// The rows that are left.
#[derive(Debug)]
pub(super) struct SheetCells {
    rows: std::vec::IntoIter<SheetRow>,
    skip_rows: u64,
}

impl SheetCells {
    pub(super) fn open<R: BufRead + Seek>(profile: &Profile, input: R) -> Result<Self, FileFault> {
        let mut bytes = Vec::new();
        input.take(MAX_TABLE_BYTES as u64 + 1).read_to_end(&mut bytes)?;
        if bytes.starts_with(COMPOUND_FILE) {
            return Err(FileFault::OldWorkbook);
        }
        if bytes.len() > MAX_TABLE_BYTES {
            return Err(FileFault::TooLarge);
        }
        let rows = sheet_rows(&bytes, profile.sheet.as_deref(), MAX_WORKBOOK_ROWS)?;
        Ok(Self { rows: rows.into_iter(), skip_rows: profile.skip_rows.into() })
    }

    pub(super) fn next_row(&mut self) -> Option<Cells> {
        let skip_rows = self.skip_rows;
        self.rows.find(|row| row.line > skip_rows).map(cells_of)
    }
}

/// Cells in a row without holes. Many cells may share one long text, so the row
/// is bounded here once more.
fn cells_of(row: SheetRow) -> Cells {
    let place = row.line;
    let (mut raw, mut wrong, mut length) = (Vec::new(), Vec::new(), 0);
    for (column, cell) in row.cells {
        raw.resize(column, String::new());
        let text = cell.text().unwrap_or_else(|| {
            wrong.push(column);
            ""
        });
        length += text.len();
        if length > MAX_RECORD_BYTES {
            let fault = Some(Rejection::record_too_long());
            return Cells { place, raw: Vec::new(), fault, wrong: Vec::new() };
        }
        raw.push(text.to_owned());
    }
    let fault = row.is_broken.then(|| {
        Rejection::of_record("broken_row", "the row has too many columns, or not in their order")
    });
    Cells { place, raw, fault, wrong }
}
