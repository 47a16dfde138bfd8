//! A file of the portability database in the layout that licensees get. It
//! names operators by short words of its own; whose they are is not guessed
//! here: it is for the caller to know.

use baitline_domain::instant::Instant;
use baitline_domain::phone::Phone;
use jiff::Timestamp;

/// The header of the layout.
pub const HEADER: &str = "Number,OwnerId,MNC,Route,RegionCode,PortDate,RowCount";
/// The most bytes of a file.
pub const MAX_FILE_BYTES: usize = 8 * 1024 * 1024;
/// The most rows of a file.
pub const MAX_ROWS: usize = 50_000;
/// Digits of a number in the file.
const NUMBER_DIGITS: usize = 10;
/// The byte order mark some programs write before UTF-8.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// One ported number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortedNumber {
    /// The number.
    pub number: Phone,
    /// The operator that serves it, by the file's own word.
    pub owner: String,
    /// Since when it does.
    pub ported_at: Instant,
}

/// A row of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortedRow {
    /// Its line, from 1.
    pub line: u64,
    /// What it says, or what is wrong with it.
    pub result: Result<PortedNumber, PortedRowFault>,
}

/// What is wrong with a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PortedRowFault {
    /// It has not seven cells, or is no UTF-8.
    Form,
    /// The number has not ten digits.
    Number,
    /// The owner is empty.
    Owner,
    /// The date is no ISO time with an offset.
    PortDate,
}

/// Why a file was refused as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PortedFileFault {
    /// There is nothing in it.
    #[error("the file is empty")]
    Empty,
    /// Another layout.
    #[error("the first line must be {HEADER}")]
    Header,
    /// Beyond [`MAX_FILE_BYTES`] or [`MAX_ROWS`].
    #[error("a file holds at most {MAX_FILE_BYTES} bytes and {MAX_ROWS} rows")]
    TooLarge,
}

/// Reads a whole file; a bad row never fails the others, and blank lines are
/// none.
///
/// # Errors
/// When it is empty, too large or in another layout.
pub fn read(bytes: &[u8]) -> Result<Vec<PortedRow>, PortedFileFault> {
    if bytes.len() > MAX_FILE_BYTES {
        return Err(PortedFileFault::TooLarge);
    }
    let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
    if bytes.trim_ascii().is_empty() {
        return Err(PortedFileFault::Empty);
    }
    let mut lines = bytes.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).zip(1_u64..);
    if lines.next().is_none_or(|(header, _)| header != HEADER.as_bytes()) {
        return Err(PortedFileFault::Header);
    }
    let rows: Vec<PortedRow> = lines
        .filter(|(row, _)| !row.is_empty())
        .take(MAX_ROWS + 1)
        .map(|(row, line)| PortedRow { line, result: read_row(row) })
        .collect();
    if rows.len() > MAX_ROWS { Err(PortedFileFault::TooLarge) } else { Ok(rows) }
}

fn read_row(row: &[u8]) -> Result<PortedNumber, PortedRowFault> {
    let row = std::str::from_utf8(row).map_err(|_| PortedRowFault::Form)?;
    let cells: Vec<&str> = row.split(',').map(str::trim).collect();
    let [number, owner, _mnc, _route, _region, port_date, _count] = cells[..] else {
        return Err(PortedRowFault::Form);
    };
    if owner.is_empty() {
        return Err(PortedRowFault::Owner);
    }
    let ported_at: Timestamp = port_date.parse().map_err(|_| PortedRowFault::PortDate)?;
    Ok(PortedNumber {
        number: read_number(number).ok_or(PortedRowFault::Number)?,
        owner: owner.to_owned(),
        ported_at: ported_at.into(),
    })
}

/// The national number without the country's 7.
fn read_number(digits: &str) -> Option<Phone> {
    let has_form = digits.len() == NUMBER_DIGITS && digits.bytes().all(|b| b.is_ascii_digit());
    if has_form { Phone::parse(&format!("+7{digits}")).ok() } else { None }
}
