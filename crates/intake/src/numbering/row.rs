//! One row of a registry file. Cells are split at semicolons and nothing else:
//! names hold quotes that mean nothing.

use baitline_domain::numbering::{NumberRange, NumberingFile};
use baitline_domain::operator::Inn;
use baitline_domain::phone::Phone;

use super::layout::{Column, Layout};

/// The digits of a code.
const CODE_DIGITS: usize = 3;
/// The digits of a number within its code.
const NUMBER_DIGITS: usize = 7;
/// How many numbers a code has.
const NUMBERS_OF_A_CODE: u64 = 10_000_000;
/// The Russian country code before ten national digits.
const COUNTRY: u64 = 70_000_000_000;
/// Stands in the region column where only the territory is given.
const NO_REGION: &str = "-";

/// A row that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) file: NumberingFile,
    pub(super) range: NumberRange,
}

/// What is wrong with a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RowFault {
    /// More or fewer cells than the header has.
    #[error("{found} cells where the header has {expected}")]
    Cells {
        /// How many there are.
        found: usize,
        /// How many there must be.
        expected: usize,
    },
    /// The code is not three digits that begin with 3, 4, 8 or 9.
    #[error("the code is not three digits that begin with 3, 4, 8 or 9")]
    Code,
    /// От or До is not seven digits.
    #[error("{} is not seven digits", .0.name())]
    Number(Column),
    /// До lies before От.
    #[error("До lies before От")]
    Backwards,
    /// Емкость is not До − От + 1.
    #[error("Емкость is not До − От + 1")]
    Capacity,
    /// ИНН is not ten or twelve digits with the right check digits.
    #[error("ИНН is not ten or twelve digits with the right check digits")]
    Inn,
}

impl Layout {
    pub(super) fn read_row(&self, line: &str) -> Result<Row, RowFault> {
        let expected = self.columns().len();
        let cells: Vec<&str> = line.split(';').map(str::trim).collect();
        if cells.len() != expected {
            return Err(RowFault::Cells { found: cells.len(), expected });
        }
        let cell = |column| {
            let place = self.columns().iter().position(|&other| other == column)?;
            cells.get(place).copied().filter(|cell| !cell.is_empty())
        };
        let code = digits(cell(Column::Code), CODE_DIGITS).ok_or(RowFault::Code)?;
        let file =
            u16::try_from(code).ok().and_then(NumberingFile::of_code).ok_or(RowFault::Code)?;
        let number = |column| digits(cell(column), NUMBER_DIGITS).ok_or(RowFault::Number(column));
        let (first, last) = (number(Column::First)?, number(Column::Last)?);
        let capacity = last.checked_sub(first).ok_or(RowFault::Backwards)? + 1;
        if cell(Column::Capacity).and_then(|cell| cell.parse().ok()) != Some(capacity) {
            return Err(RowFault::Capacity);
        }
        let phone = |number| {
            Phone::from_digits(COUNTRY + code * NUMBERS_OF_A_CODE + number).ok_or(RowFault::Code)
        };
        let operator = cell(Column::Inn).map(Inn::parse).transpose().map_err(|_| RowFault::Inn)?;
        let region = cell(Column::Region).filter(|region| *region != NO_REGION);
        let range = NumberRange {
            first: phone(first)?,
            last: phone(last)?,
            operator,
            operator_name: cell(Column::Operator).unwrap_or_default().to_owned(),
            region: region.or(cell(Column::Territory)).unwrap_or_default().to_owned(),
        };
        Ok(Row { file, range })
    }
}

/// The number that exactly `count` digits write.
fn digits(cell: Option<&str>, count: usize) -> Option<u64> {
    cell.filter(|cell| cell.len() == count && cell.bytes().all(|byte| byte.is_ascii_digit()))
        .and_then(|cell| cell.parse().ok())
}
