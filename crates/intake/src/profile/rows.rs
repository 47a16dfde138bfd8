//! The rows of a file, one after the other, whatever its format: those at the top
//! skipped, those at the bottom held back, each of the others read by the
//! profile.

use std::collections::VecDeque;
use std::io::{BufRead, Seek};

use super::cells::{Cells, Source};
use super::file_fault::FileFault;
use super::record::{ReadCall, RowReader};
use super::shape::Profile;
use crate::calls::Rejection;

/// The most rows of a workbook; a CSV has no such limit.
pub const MAX_WORKBOOK_ROWS: usize = 100_000;

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileFormat {
    /// Text with a delimiter between the cells.
    Csv,
    /// An Office Open XML workbook.
    Xlsx,
}

/// One row of a file, read or refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadRow {
    /// The line it begins on, or its row in the sheet, from 1.
    pub place: u64,
    /// Its cells as text, as they stood; one cell with the whole line where the
    /// line could not be split, none where it could not be read at all.
    pub raw: Vec<String>,
    /// The call, or what is wrong with it.
    pub result: Result<ReadCall, Rejection>,
}

/// The rows of a file, read as they are asked for. An error ends it: what comes
/// after could not be read at all.
#[derive(Debug)]
pub struct Rows<R> {
    source: Source<R>,
    reader: RowReader,
    /// Rows that may be among the last ones.
    held: VecDeque<Cells>,
    hold: usize,
    ignored: u64,
    ended: bool,
}

/// Reads the rows of a file by a profile.
///
/// # Errors
/// When the file as a whole cannot be read: it is empty, no text or no workbook,
/// or lacks a column of the profile.
pub fn read<R: BufRead + Seek>(
    profile: &Profile,
    format: FileFormat,
    input: R,
) -> Result<Rows<R>, FileFault> {
    let mut source = Source::open(profile, format, input)?;
    let header = if profile.header { Some(source.header()?) } else { None };
    let first = source.next_row()?;
    let reader = match (&header, &first) {
        (Some((line, cells)), _) => RowReader::of_header(profile, *line, cells)?,
        (None, Some(first)) => RowReader::without_header(profile, first.place, first.raw.len())?,
        (None, None) => return Err(FileFault::Empty),
    };
    let hold = profile.ignore_last_rows as usize;
    Ok(Rows { source, reader, held: first.into_iter().collect(), hold, ignored: 0, ended: false })
}

impl<R> Rows<R> {
    /// The names of the columns; empty where the file has no header.
    pub fn header(&self) -> &[String] {
        self.reader.header()
    }

    /// How many rows were left out so far: those ignored at the bottom, and those
    /// whose word for the direction says that they are no call.
    pub const fn ignored(&self) -> u64 {
        self.ignored
    }
}

impl<R: BufRead> Rows<R> {
    /// The next row that is none of the last ones.
    fn next_cells(&mut self) -> Result<Option<Cells>, FileFault> {
        while self.held.len() <= self.hold {
            match self.source.next_row()? {
                Some(cells) => self.held.push_back(cells),
                None => {
                    self.ignored += self.held.len() as u64;
                    self.held.clear();
                    return Ok(None);
                }
            }
        }
        Ok(self.held.pop_front())
    }

    fn next_read(&mut self) -> Result<Option<ReadRow>, FileFault> {
        while let Some(cells) = self.next_cells()? {
            let Cells { place, raw, fault, wrong } = cells;
            let result = match fault {
                Some(rejection) => Err(rejection),
                None => match self.reader.read_whole(&raw, &wrong) {
                    Ok(Some(call)) => Ok(call),
                    Ok(None) => {
                        self.ignored += 1;
                        continue;
                    }
                    Err(rejection) => Err(rejection),
                },
            };
            return Ok(Some(ReadRow { place, raw, result }));
        }
        Ok(None)
    }
}

impl<R: BufRead> Iterator for Rows<R> {
    type Item = Result<ReadRow, FileFault>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let row = self.next_read().transpose();
        self.ended = !matches!(row, Some(Ok(_)));
        row
    }
}
