//! Call records as JSON, NDJSON or CSV. All three formats carry the same
//! fields and give the same records; what is wrong with one record never
//! touches the others. It does not know the sources or the baits: the caller
//! looks those up and brings the time zone.
//!
//! The way of a body: [`read`] splits it into [`Item`]s, each a [`CallRecord`]
//! or a [`Rejection`]; [`CallRecord::normalise`] makes a record a report.

mod csv;
mod elements;
mod extra;
pub(crate) mod fields;
mod file;
mod json;
mod ndjson;
mod normalise;
mod record;
mod rejection;
mod sources;
pub(crate) mod time;

use std::io::BufRead;

pub use self::csv::{CsvColumns, CsvItems};
pub use self::extra::{MAX_EXTRA_BYTES, MAX_EXTRA_DEPTH};
pub use self::file::{FileRow, FileRows, Raw, read_file, read_object};
pub use self::json::JsonItems;
pub use self::ndjson::NdjsonItems;
pub use self::normalise::SourceSettings;
pub use self::record::{
    CallRecord, MAX_BAIT_CHARS, MAX_CONNECTED_SECONDS, MAX_END_CHARS, MAX_EXTERNAL_ID_CHARS,
    MAX_SCREEN_LABEL_CHARS, MAX_SOURCE_CHARS, MAX_TIME_CHARS,
};
pub(crate) use self::rejection::tellable;
pub use self::rejection::{BodyError, Rejection};
pub use self::sources::Sources;
pub use self::time::{MAX_AHEAD, TimeFault, read as read_call_time, read_time};

/// The most bytes one record takes: a line of NDJSON or CSV, an object of JSON.
pub const MAX_RECORD_BYTES: usize = 64 * 1024;
/// The most bytes a JSON body takes; it is held in memory as a whole.
pub const MAX_JSON_BODY_BYTES: usize = 16 * 1024 * 1024;
/// The most items a JSON array holds.
pub const MAX_JSON_ITEMS: usize = 100_000;

/// How a body spells its records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One JSON object, or an array of them.
    Json,
    /// One JSON object per line.
    Ndjson,
    /// A header line with the names of the fields, then one row per record;
    /// separated by commas or semicolons.
    Csv,
}

/// One record of a body, read or refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Where it stands, from 1: the line, or the place in a JSON array.
    pub line: u64,
    /// The record, or what is wrong with it.
    pub result: Result<CallRecord, Rejection>,
}

/// A body whose beginning was understood.
#[derive(Debug)]
pub enum Body<R> {
    /// A single JSON object.
    One(Box<Result<CallRecord, Rejection>>),
    /// Any number of records, still to be read.
    Many(Items<R>),
}

/// The records of a body, in order. An error ends it: what comes after could
/// not be read at all.
#[derive(Debug)]
pub enum Items<R> {
    /// Of a JSON array.
    Json(JsonItems),
    /// Of NDJSON.
    Ndjson(NdjsonItems<R>),
    /// Of CSV.
    Csv(CsvItems<R>),
}

impl<R: BufRead> Iterator for Items<R> {
    type Item = Result<Item, BodyError>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Json(items) => items.next().map(Ok),
            Self::Ndjson(items) => items.next(),
            Self::Csv(items) => items.next(),
        }
    }
}

/// Reads a body: JSON at once, the others as the items are asked for.
///
/// # Errors
/// When the body as a whole cannot be understood: it is empty, is not JSON, or
/// its CSV header does not name the fields.
pub fn read<R: BufRead>(format: Format, body: R) -> Result<Body<R>, BodyError> {
    match format {
        Format::Json => json::read(body),
        Format::Ndjson => Ok(Body::Many(Items::Ndjson(NdjsonItems::open(body)?))),
        Format::Csv => Ok(Body::Many(Items::Csv(CsvItems::open(body)?))),
    }
}
