//! What can be wrong with a record or a body, in words for the one who sent
//! it. It never repeats what was sent: a payload holds personal data, and
//! errors end up in logs.

use super::fields::Field;
use super::{MAX_JSON_BODY_BYTES, MAX_JSON_ITEMS, MAX_RECORD_BYTES};
use crate::table::{UnknownColumn, of_unknown};

/// The longest name of an unknown field that is told back, in bytes.
const MAX_NAME_TOLD_BYTES: usize = 40;

/// Why one record was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// A stable word for programs, such as `missing`.
    pub code: &'static str,
    /// A JSON pointer to the field, such as `/occurred_at`; the same for a CSV
    /// column. Absent where the record as a whole is at fault.
    pub pointer: Option<String>,
    /// A sentence for people.
    pub detail: String,
}

impl Rejection {
    /// A fault of the record as a whole.
    pub(crate) fn of_record(code: &'static str, detail: impl Into<String>) -> Self {
        Self { code, pointer: None, detail: detail.into() }
    }

    /// A fault of one field.
    pub(crate) fn of_field(field: Field, code: &'static str, detail: impl Into<String>) -> Self {
        Self { code, pointer: Some(format!("/{}", field.name())), detail: detail.into() }
    }

    pub(crate) fn missing(field: Field) -> Self {
        Self::of_field(field, "missing", format!("{} is required", field.name()))
    }

    pub(crate) fn invalid_type(field: Field, expected: &str) -> Self {
        Self::of_field(field, "invalid_type", format!("{} must be {expected}", field.name()))
    }

    pub(super) fn duplicate_field(field: Field) -> Self {
        Self::of_field(field, "duplicate_field", format!("{} occurs twice", field.name()))
    }

    pub(super) fn unknown_field(name: &str) -> Self {
        let told = tellable(name);
        Self {
            code: "unknown_field",
            pointer: told.map(|name| format!("/{}", name.replace('~', "~0").replace('/', "~1"))),
            detail: match told {
                Some(name) => format!("there is no field {name}; further data goes into extra"),
                None => "there is a field of an unknown name; further data goes into extra".into(),
            },
        }
    }

    pub(super) fn unknown_source() -> Self {
        Self::of_field(Field::Source, "unknown_source", "The client has no source of this name.")
    }

    pub(super) fn malformed_json() -> Self {
        Self::of_record("malformed_json", "the record is not valid JSON")
    }

    pub(super) fn not_an_object() -> Self {
        Self::of_record("invalid_type", "a record must be a JSON object")
    }

    pub(crate) fn invalid_utf8() -> Self {
        Self::of_record("invalid_utf8", "the record is not valid UTF-8")
    }

    pub(crate) fn line_too_long() -> Self {
        let detail = format!("a line holds at most {MAX_RECORD_BYTES} bytes");
        Self::of_record("line_too_long", detail)
    }

    pub(crate) fn record_too_long() -> Self {
        let detail = format!("a record holds at most {MAX_RECORD_BYTES} bytes");
        Self::of_record("too_long", detail)
    }
}

/// Why a body could not be understood, or not be read to its end.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// There is nothing in it.
    #[error("the body is empty")]
    Empty,
    /// A JSON body that is not JSON.
    #[error("the body is not valid JSON: line {line}, column {column}")]
    MalformedJson {
        /// From 1.
        line: u64,
        /// From 1, in bytes.
        column: u64,
    },
    /// A JSON body or a CSV header that is not UTF-8.
    #[error("line {line} of the body is not valid UTF-8")]
    InvalidUtf8 {
        /// From 1.
        line: u64,
    },
    /// A JSON body that is neither an object nor an array.
    #[error("the body must be a JSON object or an array of objects")]
    NeitherObjectNorArray,
    /// A JSON body beyond [`MAX_JSON_BODY_BYTES`].
    #[error("a JSON body holds at most {MAX_JSON_BODY_BYTES} bytes; send NDJSON or CSV instead")]
    TooLarge,
    /// A JSON array beyond [`MAX_JSON_ITEMS`].
    #[error("a JSON array holds at most {MAX_JSON_ITEMS} items; send NDJSON or CSV instead")]
    TooManyItems,
    /// A CSV header line that is too long or not closed.
    #[error("the CSV header cannot be read: it must be one line with the names of the fields")]
    BrokenHeader,
    /// A CSV column that is no field.
    #[error("{}", of_unknown(.columns, &Field::ALL.map(Field::name)))]
    UnknownColumn {
        /// All of them.
        columns: Vec<UnknownColumn>,
    },
    /// A CSV column that is there twice.
    #[error("the CSV header names the column {name} twice")]
    DuplicateColumn {
        /// Its name.
        name: &'static str,
    },
    /// A CSV header without a column that every record needs.
    #[error("the CSV header lacks the column {name}")]
    MissingColumn {
        /// Its name.
        name: &'static str,
    },
    /// The bytes could not be read.
    #[error("the body could not be read to its end")]
    Unreadable(#[from] std::io::Error),
}

impl BodyError {
    /// A stable word for programs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Empty => "empty_body",
            Self::MalformedJson { .. } => "malformed_json",
            Self::InvalidUtf8 { .. } => "invalid_utf8",
            Self::NeitherObjectNorArray => "invalid_type",
            Self::TooLarge => "body_too_large",
            Self::TooManyItems => "too_many_items",
            Self::BrokenHeader => "broken_header",
            Self::UnknownColumn { .. } => "unknown_column",
            Self::DuplicateColumn { .. } => "duplicate_column",
            Self::MissingColumn { .. } => "missing_column",
            Self::Unreadable(_) => "unreadable_body",
        }
    }

    /// The line the error is on, where it is on one.
    pub const fn line(&self) -> Option<u64> {
        match self {
            Self::MalformedJson { line, .. } | Self::InvalidUtf8 { line } => Some(*line),
            Self::BrokenHeader
            | Self::UnknownColumn { .. }
            | Self::DuplicateColumn { .. }
            | Self::MissingColumn { .. } => Some(1),
            Self::Empty
            | Self::NeitherObjectNorArray
            | Self::TooLarge
            | Self::TooManyItems
            | Self::Unreadable(_) => None,
        }
    }
}

/// A name that can be told back: short, printable ASCII, and beginning like a
/// name, for where the header of a CSV is missing its place holds numbers.
pub(crate) fn tellable(name: &str) -> Option<&str> {
    let begins_well = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    let printable = name.bytes().all(|byte| byte.is_ascii_graphic());
    (begins_well && printable && name.len() <= MAX_NAME_TOLD_BYTES).then_some(name)
}
