//! A file of the Ministry's numbering registry, in any layout it has had. It is
//! accepted as a whole or not at all: one wrong row means that the file is not
//! what it seems, and verdicts rest on it. It does not know since when the file
//! is in force, nor which editions there are.

mod layout;
mod row;

use std::borrow::Cow;
use std::collections::BTreeSet;

use baitline_domain::numbering::{NumberRange, NumberingFile};

pub use self::layout::Column;
use self::layout::Layout;
use self::row::Row;
pub use self::row::RowFault;

/// The most bytes of a file, a hundred times what the mobile codes take.
const MAX_FILE_BYTES: usize = 256 * 1024 * 1024;
/// The byte order mark the Ministry writes before UTF-8.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// How much a file must hold to be taken for a whole one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Minimum {
    /// Rows.
    pub rows: usize,
    /// Different codes among them.
    pub codes: usize,
}

impl Minimum {
    /// What an official file is held to. Fifty codes are what the mobile file
    /// passes with its 83; the geographic ones have far fewer codes (the plan
    /// knows 22 of 3xx, 30 of 4xx, 36 of 8xx), so they are held to half of those.
    pub const fn official(file: NumberingFile) -> Self {
        let codes = match file {
            NumberingFile::Abc3 => 11,
            NumberingFile::Abc4 => 15,
            NumberingFile::Abc8 => 18,
            NumberingFile::Def9 => 50,
        };
        Self { rows: 10_000, codes }
    }
}

/// A file that was read and found whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadEdition {
    /// Which of the four files it is, by its codes.
    pub file: NumberingFile,
    /// Its ranges, sorted, without overlaps.
    pub ranges: Vec<NumberRange>,
}

/// Why a file was not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NumberingError {
    /// The first line is not the registry's header: an error page, perhaps.
    #[error("this is not a file of the numbering registry: its first line is not the header")]
    NotTheRegistry,
    /// Beyond any size the registry can have.
    #[error("the file is larger than {MAX_FILE_BYTES} bytes")]
    TooLarge,
    /// The header begins like the registry's, but lacks a column.
    #[error("line 1: the header lacks the column {}", .0.name())]
    MissingColumn(Column),
    /// The header names a column twice.
    #[error("line 1: the header names the column {} twice", .0.name())]
    DuplicateColumn(Column),
    /// The header has a column of no known layout.
    #[error("line 1: column {0} of the header is of no known layout")]
    UnknownColumn(usize),
    /// A row is wrong.
    #[error("line {line}: {fault}")]
    Row {
        /// From 1.
        line: usize,
        /// What is wrong.
        fault: RowFault,
    },
    /// A code of another of the four files.
    #[error("line {line}: the code belongs to {found}, the first row to {expected}")]
    MixedFiles {
        /// From 1.
        line: usize,
        /// The file of this row.
        found: NumberingFile,
        /// The file of the first row.
        expected: NumberingFile,
    },
    /// Two ranges hold one number.
    #[error("line {line}: the range overlaps with the one on line {other}")]
    Overlap {
        /// From 1.
        line: usize,
        /// From 1.
        other: usize,
    },
    /// Too few rows for a whole file.
    #[error("only {found} rows where a whole file has at least {minimum}")]
    TooFewRows {
        /// How many there are.
        found: usize,
        /// How many there must be.
        minimum: usize,
    },
    /// Too few codes for a whole file.
    #[error("only {found} codes where a whole file has at least {minimum}")]
    TooFewCodes {
        /// How many there are.
        found: usize,
        /// How many there must be.
        minimum: usize,
    },
}

/// Reads a file in UTF-8 or Windows-1251, and holds it to the minimum of the
/// file it turns out to be.
///
/// # Errors
/// When anything in it is not as in a whole file of the registry.
pub fn read(
    bytes: &[u8],
    minimum: impl Fn(NumberingFile) -> Minimum,
) -> Result<ReadEdition, NumberingError> {
    if bytes.len() > MAX_FILE_BYTES {
        return Err(NumberingError::TooLarge);
    }
    let text = decode(bytes);
    let mut lines = text.trim_end().split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
    let layout = Layout::read(lines.next().unwrap_or_default())?;
    let mut rows = Vec::new();
    for (index, line) in lines.enumerate() {
        // The header is line 1, so the first row is line 2.
        let line_number = index + 2;
        let row = layout
            .read_row(line)
            .map_err(|fault| NumberingError::Row { line: line_number, fault })?;
        rows.push((line_number, row));
    }
    let file = one_file(&rows)?;
    check_minimum(&rows, minimum(file))?;
    Ok(ReadEdition { file, ranges: sorted(rows)? })
}

/// Every sequence of bytes is some Windows-1251 text, and hardly any text in
/// it with Cyrillic letters is valid UTF-8; so the header decides what remains.
fn decode(bytes: &[u8]) -> Cow<'_, str> {
    let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => encoding_rs::WINDOWS_1251.decode_without_bom_handling(bytes).0,
    }
}

fn one_file(rows: &[(usize, Row)]) -> Result<NumberingFile, NumberingError> {
    let Some((_, first)) = rows.first() else {
        return Err(NumberingError::TooFewRows { found: 0, minimum: 1 });
    };
    let expected = first.file;
    match rows.iter().find(|(_, row)| row.file != expected) {
        None => Ok(expected),
        Some((line, row)) => {
            Err(NumberingError::MixedFiles { line: *line, found: row.file, expected })
        }
    }
}

fn check_minimum(rows: &[(usize, Row)], minimum: Minimum) -> Result<(), NumberingError> {
    if rows.len() < minimum.rows {
        return Err(NumberingError::TooFewRows { found: rows.len(), minimum: minimum.rows });
    }
    let codes: BTreeSet<_> = rows.iter().map(|(_, row)| row.range.first.code()).collect();
    if codes.len() < minimum.codes {
        return Err(NumberingError::TooFewCodes { found: codes.len(), minimum: minimum.codes });
    }
    Ok(())
}

fn sorted(mut rows: Vec<(usize, Row)>) -> Result<Vec<NumberRange>, NumberingError> {
    rows.sort_by_key(|(line, row)| (row.range.first, *line));
    for pair in rows.windows(2) {
        let [(first_line, first), (second_line, second)] = pair else { continue };
        if second.range.first <= first.range.last {
            let (line, other) = ((*first_line).max(*second_line), (*first_line).min(*second_line));
            return Err(NumberingError::Overlap { line, other });
        }
    }
    Ok(rows.into_iter().map(|(_, row)| row.range).collect())
}
