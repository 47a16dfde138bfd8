//! Tables that people keep in a spreadsheet and send as CSV or XLSX: a header
//! with the names of the columns, then one row per thing. It tells the cells of
//! each row by their column's name and does not know what they mean. A bad row
//! never touches the others.

mod csv;
mod sheet;
mod styles;
mod workbook;

pub(crate) use self::sheet::SheetRow;
pub use self::sheet::{MAX_COLUMNS, MAX_STRINGS};
pub(crate) use self::workbook::read as sheet_rows;

use crate::calls::MAX_RECORD_BYTES;
use crate::calls::tellable;

/// The most bytes of a table as it is sent.
pub const MAX_TABLE_BYTES: usize = 8 * 1024 * 1024;
/// The most rows under its header.
pub const MAX_TABLE_ROWS: usize = 10_000;
/// The most bytes that the parts of a workbook unfold to, and the most bytes of
/// text in its cells: a small file must not take much memory.
pub const MAX_UNPACKED_BYTES: usize = 32 * 1024 * 1024;

/// How a table is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableFormat {
    /// UTF-8 or CP1251, commas or semicolons.
    Csv,
    /// The first visible sheet of an Office Open XML workbook.
    Xlsx,
}

/// The cells of a row that hold something, by the name of their column.
pub type Cells = Vec<(&'static str, String)>;

/// One row under the header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableRow {
    /// Its line, or its row in the sheet, from 1.
    pub line: u64,
    /// What it says, or what is wrong with it.
    pub result: Result<Cells, TableRowFault>,
}

/// What is wrong with a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableRowFault {
    /// It has other cells than the header.
    Form,
    /// It has more than [`MAX_RECORD_BYTES`].
    TooLong,
    /// It is not in the encoding of the others.
    Encoding,
    /// The cell of this column holds an error, such as `#REF!`, or no value.
    Cell(&'static str),
}

/// A column of a name that nobody knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownColumn {
    /// Its place, from 1.
    pub column: usize,
    /// Its name, where it is short and printable.
    pub name: Option<String>,
}

impl UnknownColumn {
    pub(crate) fn of(column: usize, name: &str) -> Self {
        Self { column, name: tellable(name).map(str::to_owned) }
    }
}

/// Why a table was refused as a whole.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TableFault {
    /// There is nothing in it.
    #[error("the table is empty")]
    Empty,
    /// Beyond [`MAX_TABLE_BYTES`], or a workbook beyond [`MAX_UNPACKED_BYTES`].
    #[error("a table holds at most {MAX_TABLE_BYTES} bytes, unfolded {MAX_UNPACKED_BYTES}")]
    TooLarge,
    /// Beyond [`MAX_TABLE_ROWS`].
    #[error("a table holds at most {MAX_TABLE_ROWS} rows")]
    TooManyRows,
    /// It is no workbook in Office Open XML, or a broken or protected one.
    #[error("the body cannot be read as an XLSX workbook")]
    NotAWorkbook,
    /// There is no visible sheet of the name asked for.
    #[error("the workbook has no such sheet")]
    UnknownSheet,
    /// The first row cannot be read.
    #[error("the header cannot be read: it must be one line with the names of the columns")]
    BrokenHeader {
        /// From 1.
        line: u64,
    },
    /// A column that nobody knows.
    #[error("{}", of_unknown(.columns, .known))]
    UnknownColumn {
        /// The line of the header, from 1.
        line: u64,
        /// All of them.
        columns: Vec<UnknownColumn>,
        /// The names that a column may have.
        known: Vec<&'static str>,
    },
    /// A column that is there twice.
    #[error("the header names the column {name} twice")]
    DuplicateColumn {
        /// The line of the header, from 1.
        line: u64,
        /// Its name.
        name: &'static str,
    },
}

impl TableFault {
    /// A stable word for programs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Empty => "empty_body",
            Self::TooLarge => "body_too_large",
            Self::TooManyRows => "too_many_rows",
            Self::NotAWorkbook => "not_a_workbook",
            Self::UnknownSheet => "unknown_sheet",
            Self::BrokenHeader { .. } => "broken_header",
            Self::UnknownColumn { .. } => "unknown_column",
            Self::DuplicateColumn { .. } => "duplicate_column",
        }
    }

    /// The line the fault is on, where it is on one.
    pub const fn line(&self) -> Option<u64> {
        match self {
            Self::BrokenHeader { line }
            | Self::UnknownColumn { line, .. }
            | Self::DuplicateColumn { line, .. } => Some(*line),
            Self::Empty
            | Self::TooLarge
            | Self::TooManyRows
            | Self::NotAWorkbook
            | Self::UnknownSheet => None,
        }
    }
}

/// The most unknown columns that a sentence names.
const MAX_COLUMNS_NAMED: usize = 10;

/// Names the columns that are not known, and those that are.
pub(crate) fn of_unknown(columns: &[UnknownColumn], known: &[&str]) -> String {
    let mut unknown: Vec<String> = columns
        .iter()
        .take(MAX_COLUMNS_NAMED)
        .map(|one| match &one.name {
            Some(name) => format!("column {} ({name})", one.column),
            None => format!("column {}", one.column),
        })
        .collect();
    if columns.len() > MAX_COLUMNS_NAMED {
        unknown.push(format!("{} more", columns.len() - MAX_COLUMNS_NAMED));
    }
    format!("not known: {}; known: {}", unknown.join(", "), known.join(", "))
}

/// Reads a whole table; `known` are the names its columns may have.
///
/// # Errors
/// When it is too large, cannot be read at all, or has a column of another name.
pub fn read(
    format: TableFormat,
    bytes: &[u8],
    known: &[&'static str],
) -> Result<Vec<TableRow>, TableFault> {
    if bytes.len() > MAX_TABLE_BYTES {
        return Err(TableFault::TooLarge);
    }
    match format {
        TableFormat::Csv => csv::read(bytes, known),
        // The header is a row of the sheet and none of the table.
        TableFormat::Xlsx => read_sheet(sheet_rows(bytes, None, MAX_TABLE_ROWS + 1)?, known),
    }
}

/// The first row of a sheet is its header.
fn read_sheet(rows: Vec<SheetRow>, known: &[&'static str]) -> Result<Vec<TableRow>, TableFault> {
    let mut rows = rows.into_iter();
    let header = rows.next().ok_or(TableFault::Empty)?;
    let line = header.line;
    if header.is_broken {
        return Err(TableFault::BrokenHeader { line });
    }
    let mut columns = Columns::of(line);
    for (column, cell) in header.cells {
        let name = cell.text().ok_or(TableFault::BrokenHeader { line })?;
        columns.names.resize(column, None);
        columns.add(name, known)?;
    }
    columns.check(known)?;
    Ok(rows.map(|row| columns.read(row)).collect())
}

/// The columns of a header, in their order.
struct Columns {
    line: u64,
    names: Vec<Option<&'static str>>,
    unknown: Vec<UnknownColumn>,
}

impl Columns {
    fn of(line: u64) -> Self {
        Self { line, names: Vec::new(), unknown: Vec::new() }
    }

    /// Refuses a header with columns of other names.
    fn check(&mut self, known: &[&'static str]) -> Result<(), TableFault> {
        let columns = std::mem::take(&mut self.unknown);
        let (line, known) = (self.line, known.to_vec());
        if columns.is_empty() {
            Ok(())
        } else {
            Err(TableFault::UnknownColumn { line, columns, known })
        }
    }

    fn add(&mut self, name: &str, known: &[&'static str]) -> Result<(), TableFault> {
        let (line, column) = (self.line, self.names.len() + 1);
        // A column without a name is one that the spreadsheet does not forget;
        // a row with a cell in it is refused.
        if name.trim().is_empty() {
            self.names.push(None);
            return Ok(());
        }
        let found = known.iter().copied().find(|known| *known == name.trim());
        let Some(name) = found else {
            self.unknown.push(UnknownColumn::of(column, name.trim()));
            self.names.push(None);
            return Ok(());
        };
        if self.names.contains(&Some(name)) {
            return Err(TableFault::DuplicateColumn { line, name });
        }
        self.names.push(Some(name));
        Ok(())
    }

    fn read(&self, row: SheetRow) -> TableRow {
        let line = row.line;
        if row.is_broken {
            return TableRow { line, result: Err(TableRowFault::Form) };
        }
        let mut length = 0;
        let cells = row.cells.into_iter().map(|(column, cell)| {
            let name = self.names.get(column).copied().flatten().ok_or(TableRowFault::Form)?;
            let text = cell.text().ok_or(TableRowFault::Cell(name))?;
            length += text.len();
            if length > MAX_RECORD_BYTES {
                return Err(TableRowFault::TooLong);
            }
            Ok((name, text.trim().to_owned()))
        });
        TableRow { line, result: cells.collect() }
    }
}
