//! The fields of a call record between the formats and the record: which there
//! are, and how a value that a format delivers is read as the type its field
//! wants. It does not know which field needs which other.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use super::rejection::Rejection;

/// A field of a call record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Field {
    Source,
    ExternalId,
    Revision,
    Bait,
    Direction,
    Caller,
    Called,
    OccurredAt,
    ConnectedSeconds,
    Answered,
    Channel,
    Roaming,
    ScreenLabel,
    Extra,
}

impl Field {
    pub(super) const ALL: [Self; 14] = [
        Self::Source,
        Self::ExternalId,
        Self::Revision,
        Self::Bait,
        Self::Direction,
        Self::Caller,
        Self::Called,
        Self::OccurredAt,
        Self::ConnectedSeconds,
        Self::Answered,
        Self::Channel,
        Self::Roaming,
        Self::ScreenLabel,
        Self::Extra,
    ];

    /// Its name in JSON and in a CSV header.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::ExternalId => "external_id",
            Self::Revision => "revision",
            Self::Bait => "bait",
            Self::Direction => "direction",
            Self::Caller => "caller",
            Self::Called => "called",
            Self::OccurredAt => "occurred_at",
            Self::ConnectedSeconds => "connected_seconds",
            Self::Answered => "answered",
            Self::Channel => "channel",
            Self::Roaming => "roaming",
            Self::ScreenLabel => "screen_label",
            Self::Extra => "extra",
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.name() == name)
    }
}

/// A value as a format delivers it. A CSV cell is whatever its column wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Sent<'a> {
    Text(Cow<'a, str>),
    /// As written, for JSON numbers have no size.
    Number(&'a str),
    Truth(bool),
    /// As written, and known to be JSON.
    Object(&'a str),
    /// Which no field takes.
    Array,
    /// Of CSV; as an object it is not yet known to be JSON.
    Cell(Cow<'a, str>),
}

/// The values of one record, at most one per field.
#[derive(Debug, Default)]
pub(crate) struct Fields<'a> {
    values: [Option<Sent<'a>>; Field::ALL.len()],
}

impl<'a> Fields<'a> {
    pub(crate) fn set(&mut self, field: Field, value: Sent<'a>) {
        self.values[field as usize] = Some(value);
    }

    fn get(&self, field: Field) -> Option<&Sent<'a>> {
        self.values[field as usize].as_ref()
    }

    /// A text of at most `max_chars`. A blank one counts as absent, for CSV
    /// cannot tell the two apart and the formats must agree.
    pub(super) fn text(&self, field: Field, max_chars: usize) -> Result<Option<String>, Rejection> {
        let text = match self.get(field) {
            None => return Ok(None),
            Some(Sent::Text(text) | Sent::Cell(text)) => text,
            Some(_) => return Err(Rejection::invalid_type(field, "a text")),
        };
        if text.chars().nth(max_chars).is_some() {
            let detail = format!("{} holds at most {max_chars} characters", field.name());
            return Err(Rejection::of_field(field, "too_long", detail));
        }
        if text.chars().any(char::is_control) {
            let detail = format!("{} must not hold control characters", field.name());
            return Err(Rejection::of_field(field, "control_character", detail));
        }
        Ok((!text.trim().is_empty()).then(|| text.clone().into_owned()))
    }

    /// One of the words that `parse` knows; `words` lists them for people.
    pub(super) fn word<T>(
        &self,
        field: Field,
        words: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, Rejection> {
        /// Longer than any word there is.
        const MAX_WORD_CHARS: usize = 64;
        let Some(word) = self.text(field, MAX_WORD_CHARS)? else { return Ok(None) };
        parse(&word).map(Some).ok_or_else(|| {
            let detail = format!("{} must be one of {words}", field.name());
            Rejection::of_field(field, "invalid_value", detail)
        })
    }

    /// A whole number within `range`.
    pub(super) fn whole(
        &self,
        field: Field,
        range: RangeInclusive<u32>,
    ) -> Result<Option<u32>, Rejection> {
        let written = match self.get(field) {
            None => return Ok(None),
            Some(Sent::Number(number)) => without_fraction(number),
            Some(Sent::Cell(cell)) => cell.trim(),
            Some(_) => return Err(Rejection::invalid_type(field, "a whole number")),
        };
        let digits = written.strip_prefix('-').unwrap_or(written);
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Rejection::invalid_type(field, "a whole number"));
        }
        match written.parse() {
            Ok(number) if range.contains(&number) => Ok(Some(number)),
            _ => {
                let (from, to) = range.into_inner();
                let detail = format!("{} must be from {from} to {to}", field.name());
                Err(Rejection::of_field(field, "out_of_range", detail))
            }
        }
    }

    /// True or false; spreadsheets write them in capitals.
    pub(super) fn truth(&self, field: Field) -> Result<Option<bool>, Rejection> {
        match self.get(field) {
            None => Ok(None),
            Some(Sent::Truth(truth)) => Ok(Some(*truth)),
            Some(Sent::Cell(cell)) if cell.trim().eq_ignore_ascii_case("true") => Ok(Some(true)),
            Some(Sent::Cell(cell)) if cell.trim().eq_ignore_ascii_case("false") => Ok(Some(false)),
            Some(_) => Err(Rejection::invalid_type(field, "true or false")),
        }
    }

    /// The text of what should be a JSON object.
    pub(super) fn object(&self, field: Field) -> Result<Option<&str>, Rejection> {
        match self.get(field) {
            None => Ok(None),
            Some(Sent::Object(json)) => Ok(Some(json)),
            Some(Sent::Cell(cell)) => Ok(Some(cell)),
            Some(_) => Err(Rejection::invalid_type(field, "a JSON object")),
        }
    }
}

/// JSON Schema calls `42.0` an integer, and some languages write 42 like that.
fn without_fraction(number: &str) -> &str {
    match number.split_once('.') {
        Some((whole, fraction)) if fraction.bytes().all(|byte| byte == b'0') => whole,
        _ => number,
    }
}
