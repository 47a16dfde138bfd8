//! Why a file could not be read by a profile, in words for the one who sent
//! it. Names of columns come from the profile and are told; cells are not.

use crate::table::{MAX_TABLE_BYTES, MAX_UNPACKED_BYTES, TableFault};

use super::rows::MAX_WORKBOOK_ROWS;

/// Why a file was refused as a whole, or not read to its end.
#[derive(Debug, thiserror::Error)]
pub enum FileFault {
    /// There is nothing in it that is not skipped.
    #[error("the file holds no rows")]
    Empty,
    /// A CSV that is no text in a known encoding.
    #[error("the file is no text in UTF-8 or windows-1251; UTF-16 must be saved as UTF-8")]
    NotText,
    /// A workbook of the time before Office Open XML.
    #[error("an XLS workbook is not read: save it as XLSX or CSV")]
    OldWorkbook,
    /// It is no workbook in Office Open XML, or a broken or protected one.
    #[error("the file cannot be read as an XLSX workbook")]
    NotAWorkbook,
    /// There is no sheet of the profile's name.
    #[error("the workbook has no sheet of the name that the profile says")]
    UnknownSheet,
    /// A workbook beyond what is held in memory.
    #[error(
        "a workbook holds at most {MAX_TABLE_BYTES} bytes, unfolded {MAX_UNPACKED_BYTES}, and \
         {MAX_WORKBOOK_ROWS} rows; save a larger one as CSV"
    )]
    TooLarge,
    /// The row with the names of the columns is no row.
    #[error("the row with the names of the columns cannot be read")]
    BrokenHeader {
        /// From 1.
        line: u64,
    },
    /// A column of the profile is not there.
    #[error("the file has no column {name}, which the profile reads as {field}")]
    MissingColumn {
        /// The line of the header, or of the first row, from 1.
        line: u64,
        /// The field of the record.
        field: &'static str,
        /// Its name or position, as the profile has it.
        name: String,
    },
    /// A column that the profile names is there twice.
    #[error("the file has two columns {name}; tell the one meant by its position")]
    DuplicateColumn {
        /// The line of the header, from 1.
        line: u64,
        /// Its name, as the profile has it.
        name: String,
    },
    /// The profile itself cannot be used; checking it tells why.
    #[error("the profile is faulty")]
    FaultyProfile,
    /// The bytes could not be read.
    #[error("the file could not be read to its end")]
    Unreadable(#[from] std::io::Error),
}

impl FileFault {
    /// A stable word for programs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Empty => "empty_body",
            Self::NotText => "not_text",
            Self::OldWorkbook => "old_workbook",
            Self::NotAWorkbook => "not_a_workbook",
            Self::UnknownSheet => "unknown_sheet",
            Self::TooLarge => "body_too_large",
            Self::BrokenHeader { .. } => "broken_header",
            Self::MissingColumn { .. } => "missing_column",
            Self::DuplicateColumn { .. } => "duplicate_column",
            Self::FaultyProfile => "faulty_profile",
            Self::Unreadable(_) => "unreadable_body",
        }
    }

    /// The line the fault is on, where it is on one.
    pub const fn line(&self) -> Option<u64> {
        match self {
            Self::BrokenHeader { line }
            | Self::MissingColumn { line, .. }
            | Self::DuplicateColumn { line, .. } => Some(*line),
            _ => None,
        }
    }
}

impl From<TableFault> for FileFault {
    fn from(fault: TableFault) -> Self {
        match fault {
            TableFault::Empty => Self::Empty,
            TableFault::TooLarge | TableFault::TooManyRows => Self::TooLarge,
            TableFault::UnknownSheet => Self::UnknownSheet,
            _ => Self::NotAWorkbook,
        }
    }
}
