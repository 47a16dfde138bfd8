//! Call records in files of any shape: a profile says which column holds what
//! and how it is written, and the reader makes call records of the rows. CSV is
//! read row by row, so that memory is bounded by a row and not by the file; a
//! workbook is held as a whole and bounded by [`MAX_TABLE_BYTES`](crate::table::MAX_TABLE_BYTES). A bad row never
//! touches the others. It does not know which source a profile belongs to.
//!
//! The way of a file: [`read`] splits it into [`ReadRow`]s, each a [`ReadCall`]
//! or a [`Rejection`](crate::calls::Rejection) with the cells as they stood; [`ReadCall::normalise`] makes a
//! call a report. [`RowReader`] reads a single row again, once somebody has
//! corrected its cells.

mod cells;
mod check;
mod columns;
mod csv;
mod encoding;
mod file_fault;
mod guess;
mod numbers;
mod record;
mod rows;
mod shape;
mod sheet;
mod time;
mod units;

pub use self::check::ProfileFault;
pub use self::file_fault::FileFault;
pub use self::guess::guess;
pub use self::record::{ReadCall, RowReader};
pub use self::rows::{FileFormat, MAX_WORKBOOK_ROWS, ReadRow, Rows, read};
pub use self::shape::{
    Columns, Delimiter, DirectionMeaning, DurationUnit, EXCEL_TIME, Encoding,
    MAX_COLUMN_NAME_CHARS, MAX_EXTRA_COLUMNS, MAX_IGNORED_LAST_ROWS, MAX_POSITION,
    MAX_PROFILE_PREFIXES, MAX_PROFILE_WORD_CHARS, MAX_PROFILE_WORDS, MAX_SKIPPED_ROWS,
    MAX_TIME_FORMATS, Place, Profile,
};
