//! A report as a file: typed columns under their names, row by row, as CSV,
//! XLSX or Parquet. Rows are taken as they come and never held together, so a
//! long report takes no more memory than a short one. It does not know what the
//! columns mean.

mod csv;
mod parquet;
mod xlsx;

use std::io::Write;
use std::path::Path;

use baitline_domain::instant::Instant;

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileFormat {
    /// UTF-8 with a byte order mark, commas and CRLF, as RFC 4180 has it.
    Csv,
    /// Office Open XML: a sheet of the rows and one of what they are about.
    Xlsx,
    /// Parquet with typed columns; what they are about is its metadata.
    Parquet,
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Words, ids and phone numbers.
    Text,
    /// A count, never negative.
    Count,
    /// A number with a fraction.
    Number,
    /// A moment in UTC, to the microsecond.
    Moment,
    /// A civil day.
    Day,
}

/// A column of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Its name, unique in the table.
    pub name: &'static str,
    /// What its cells hold.
    pub kind: Kind,
}

impl Column {
    /// A column of that name and kind.
    pub const fn of(name: &'static str, kind: Kind) -> Self {
        Self { name, kind }
    }
}

/// One value of a column.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// There is none.
    Empty,
    /// Of a [`Kind::Text`] column.
    Text(String),
    /// Of a [`Kind::Count`] column.
    Count(u64),
    /// Of a [`Kind::Number`] column.
    Number(f64),
    /// Of a [`Kind::Moment`] column.
    Moment(Instant),
    /// Of a [`Kind::Day`] column, in days since 1970-01-01.
    Day(i32),
}

impl Cell {
    /// The text of a value that may be absent.
    pub fn text(value: Option<impl ToString>) -> Self {
        value.map_or(Self::Empty, |value| Self::Text(value.to_string()))
    }

    fn fits(&self, kind: Kind) -> bool {
        match self {
            Self::Empty => true,
            Self::Text(_) => kind == Kind::Text,
            Self::Count(_) => kind == Kind::Count,
            Self::Number(_) => kind == Kind::Number,
            Self::Moment(_) => kind == Kind::Moment,
            Self::Day(_) => kind == Kind::Day,
        }
    }
}

/// As text, the way CSV has it.
impl std::fmt::Display for Cell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Empty => Ok(()),
            Self::Text(text) => f.write_str(text),
            Self::Count(count) => count.fmt(f),
            Self::Number(number) => number.fmt(f),
            Self::Moment(at) => at.fmt(f),
            Self::Day(day) => baitline_domain::instant::civil_date(*day).fmt(f),
        }
    }
}

/// A table but for its rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// Its columns, in order.
    pub columns: Vec<Column>,
    /// What it is about: names and values for whoever opens the file later.
    pub about: Vec<(String, Cell)>,
    /// When it was made. Only XLSX says so: the same rows are the same bytes
    /// of CSV and of Parquet whenever they are asked for.
    pub made_at: Instant,
}

/// Why there is no file.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// It could not be written.
    #[error("a table could not be written")]
    Write(#[from] std::io::Error),
    /// A row has another form than the columns; never the fault of who asks.
    #[error("row {row} of a table has another form than its columns")]
    Form {
        /// From 0.
        row: usize,
    },
    /// A writer refused.
    #[error("the writer of a table failed")]
    Writer(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Writes rows of texts as CSV under these names, for tables whose columns are
/// not known beforehand.
///
/// # Errors
///
/// [`TableError`] when a row is longer or shorter than the names, or writing fails.
pub fn write_texts(
    names: &[&str],
    rows: impl Iterator<Item = Vec<String>>,
    to: &mut impl Write,
) -> Result<(), TableError> {
    csv::write_texts(names, rows, to)
}

/// Writes a table with its rows. `folder` takes what a format must set aside
/// before it can be written; nothing stays there.
///
/// # Errors
///
/// [`TableError`] when a row does not fit the columns or writing fails.
pub fn write_table(
    format: FileFormat,
    table: &Table,
    rows: impl Iterator<Item = Vec<Cell>>,
    to: &mut (impl Write + Send),
    folder: &Path,
) -> Result<(), TableError> {
    let kinds = || table.columns.iter().map(|column| column.kind);
    let checked = rows.enumerate().map(|(row, cells)| {
        let fits = cells.len() == table.columns.len()
            && cells.iter().zip(kinds()).all(|(cell, kind)| cell.fits(kind));
        if fits { Ok(cells) } else { Err(TableError::Form { row }) }
    });
    match format {
        FileFormat::Csv => csv::write(table, checked, to),
        FileFormat::Xlsx => xlsx::write(table, checked, to, folder),
        FileFormat::Parquet => parquet::write(table, checked, to),
    }
}
