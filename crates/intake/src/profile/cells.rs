//! The cells of a file before anybody asks what they mean, from CSV or from a
//! workbook.

use std::io::{BufRead, Seek};

use super::csv::CsvCells;
use super::file_fault::FileFault;
use super::rows::FileFormat;
use super::shape::Profile;
use super::sheet::SheetCells;
use crate::calls::Rejection;

/// The cells of one row.
#[derive(Debug)]
pub(super) struct Cells {
    /// From 1.
    pub(super) place: u64,
    /// As they stood.
    pub(super) raw: Vec<String>,
    /// What is wrong with the row as a row.
    pub(super) fault: Option<Rejection>,
    /// The cells that hold an error, such as `#REF!`; only a workbook has them.
    pub(super) wrong: Vec<usize>,
}

/// Where rows come from.
#[derive(Debug)]
pub(super) enum Source<R> {
    Csv(CsvCells<R>),
    Sheet(SheetCells),
}

impl<R: BufRead + Seek> Source<R> {
    pub(super) fn open(profile: &Profile, format: FileFormat, input: R) -> Result<Self, FileFault> {
        match format {
            FileFormat::Csv => CsvCells::open(profile, input).map(Self::Csv),
            FileFormat::Xlsx => SheetCells::open(profile, input).map(Self::Sheet),
        }
    }
}

impl<R: BufRead> Source<R> {
    /// The first row that is not skipped, as the names of the columns.
    pub(super) fn header(&mut self) -> Result<(u64, Vec<String>), FileFault> {
        let row = self.next_row()?.ok_or(FileFault::Empty)?;
        if row.fault.is_some() || !row.wrong.is_empty() {
            return Err(FileFault::BrokenHeader { line: row.place });
        }
        if let Self::Csv(csv) = self {
            csv.expect(row.raw.len());
        }
        Ok((row.place, row.raw))
    }

    /// The next row that is not blank.
    pub(super) fn next_row(&mut self) -> Result<Option<Cells>, FileFault> {
        match self {
            Self::Csv(csv) => csv.next_row(),
            Self::Sheet(sheet) => Ok(sheet.next_row()),
        }
    }
}
