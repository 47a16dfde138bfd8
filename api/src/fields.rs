//! The types of single values on the wire. Each is checked where it is read,
//! so that a handler only ever holds valid ones. Knows no nouns and no limits
//! but those of the value itself.

use std::fmt;
use std::str::FromStr;

use baitline_domain::instant::{Instant, MICROS_PER_SECOND, Span, civil_date, civil_day};
use baitline_domain::office::SubjectCode;
use baitline_domain::ogrn::Ogrn;
use baitline_domain::operator::Inn;
use baitline_domain::phone::{Party, PartyKind, Phone};
use jiff::{Timestamp, civil};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use utoipa::ToSchema;

use crate::fault::Fault;

/// The earliest time accepted: 2000-01-01T00:00:00Z, in seconds.
pub(crate) const EARLIEST_SECOND: i64 = 946_684_800;
/// The first moment no longer accepted: 2100-01-01T00:00:00Z, in seconds.
pub(crate) const LATEST_SECOND: i64 = 4_102_444_800;
/// The years of the days accepted: papers are older than the program.
pub(crate) const YEARS: std::ops::RangeInclusive<i16> = 1900..=2099;
/// The longest name of an IANA time zone accepted, in bytes.
pub(crate) const MAX_ZONE_BYTES: usize = 64;
/// The longest slug, in bytes.
pub(crate) const MAX_SLUG_BYTES: usize = 64;

/// Reads a JSON or query string through [`FromStr`], so that the fault's code
/// is the message.
macro_rules! read_as_text {
    ($($name:ident),* $(,)?) => {$(
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
            }
        }
    )*};
}

read_as_text!(Time, CivilDay, PhoneNumber, InnText, OgrnText, SubjectText, ZoneName, Slug);

/// A moment, as an RFC 3339 time with an offset; written in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ToSchema)]
#[schema(value_type = String, format = DateTime, examples("2026-10-01T09:30:00Z"))]
pub(crate) struct Time(pub(crate) Instant);

impl FromStr for Time {
    type Err = Fault;

    fn from_str(text: &str) -> Result<Self, Fault> {
        // A plus sign in a query string that nobody escaped arrives as a space.
        let unescaped = text.replacen(' ', "+", 1);
        let timestamp: Timestamp =
            text.parse().or_else(|_| unescaped.parse()).map_err(|_| Fault::NotATime)?;
        if !(EARLIEST_SECOND..LATEST_SECOND).contains(&timestamp.as_second()) {
            return Err(Fault::OutOfRange);
        }
        Ok(Self(timestamp.into()))
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// A phone number: read in any form people write, written as `+79001234567`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ToSchema)]
#[schema(value_type = String, examples("+79001234567"))]
pub(crate) struct PhoneNumber(pub(crate) Phone);

impl FromStr for PhoneNumber {
    type Err = Fault;

    fn from_str(text: &str) -> Result<Self, Fault> {
        Phone::parse(text).map(Self).map_err(|_| Fault::NotAPhoneNumber)
    }
}

impl Serialize for PhoneNumber {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// An ИНН of ten or twelve digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ToSchema)]
#[schema(value_type = String, pattern = "^([0-9]{10}|[0-9]{12})$", examples("7743895280"))]
pub(crate) struct InnText(pub(crate) Inn);

impl FromStr for InnText {
    type Err = Fault;

    fn from_str(text: &str) -> Result<Self, Fault> {
        text.parse().map(Self).map_err(|_| Fault::NotAnInn)
    }
}

impl Serialize for InnText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// An ОГРН of thirteen digits, or fifteen of a sole trader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ToSchema)]
#[schema(value_type = String, pattern = "^[1-9]([0-9]{12}|[0-9]{14})$", examples("1027700132195"))]
pub(crate) struct OgrnText(pub(crate) Ogrn);

impl FromStr for OgrnText {
    type Err = Fault;

    fn from_str(text: &str) -> Result<Self, Fault> {
        text.parse().map(Self).map_err(|_| Fault::NotAnOgrn)
    }
}

impl Serialize for OgrnText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// The two digits of a subject of the Federation: 77 is Moscow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ToSchema)]
#[schema(value_type = String, pattern = "^[0-9]{2}$", examples("77"))]
pub(crate) struct SubjectText(pub(crate) SubjectCode);

impl FromStr for SubjectText {
    type Err = Fault;

    fn from_str(text: &str) -> Result<Self, Fault> {
        text.parse().map(Self).map_err(|_| Fault::NotASubject)
    }
}

impl Serialize for SubjectText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// The IANA name of a time zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(value_type = String, max_length = 64, examples("Europe/Moscow"))]
pub(crate) struct ZoneName(pub(crate) String);

impl FromStr for ZoneName {
    type Err = Fault;

    fn from_str(text: &str) -> Result<Self, Fault> {
        if text.len() > MAX_ZONE_BYTES {
            return Err(Fault::TooLong);
        }
        let zone = jiff::tz::TimeZone::get(text).map_err(|_| Fault::NotATimeZone)?;
        zone.iana_name().map(|name| Self(name.to_owned())).ok_or(Fault::NotATimeZone)
    }
}

/// A short name for URLs and files: `pbx`, `recorder-2`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(
    value_type = String,
    max_length = 64,
    pattern = "^[a-z0-9]+(-[a-z0-9]+)*$",
    examples("pbx")
)]
pub(crate) struct Slug(pub(crate) String);

impl FromStr for Slug {
    type Err = Fault;

    fn from_str(text: &str) -> Result<Self, Fault> {
        if text.len() > MAX_SLUG_BYTES {
            return Err(Fault::TooLong);
        }
        let is_word = |word: &str| {
            !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        };
        if !text.split('-').all(is_word) {
            return Err(Fault::NotASlug);
        }
        Ok(Self(text.to_owned()))
    }
}

/// One line of text of at most `MAX` characters, trimmed, never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line<const MAX: usize>(pub(crate) String);

impl<const MAX: usize> Line<MAX> {
    /// The most characters.
    pub(crate) const MAX_CHARS: usize = MAX;
}

impl<'de, const MAX: usize> Deserialize<'de> for Line<MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        check_text(&text, MAX, |_| false).map_err(de::Error::custom)?;
        Ok(Self(text.trim().to_owned()))
    }
}

/// Text of at most `MAX` characters that may have several lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Prose<const MAX: usize>(pub(crate) String);

impl<const MAX: usize> Prose<MAX> {
    /// The most characters.
    pub(crate) const MAX_CHARS: usize = MAX;
}

impl<'de, const MAX: usize> Deserialize<'de> for Prose<MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let is_layout = |c: char| matches!(c, '\n' | '\r' | '\t');
        check_text(&text, MAX, is_layout).map_err(de::Error::custom)?;
        Ok(Self(text.trim().to_owned()))
    }
}

fn check_text(text: &str, max: usize, is_layout: impl Fn(char) -> bool) -> Result<(), Fault> {
    if text.chars().any(|c| c.is_control() && !is_layout(c)) {
        return Err(Fault::ControlCharacter);
    }
    if text.chars().count() > max {
        return Err(Fault::TooLong);
    }
    if text.trim().is_empty() {
        return Err(Fault::Empty);
    }
    Ok(())
}

/// Whole number between `MIN` and `MAX`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Whole<const MIN: u32, const MAX: u32>(pub(crate) u32);

impl<const MIN: u32, const MAX: u32> Whole<MIN, MAX> {
    /// The smallest and the largest.
    pub(crate) const BOUNDS: (u32, u32) = (MIN, MAX);
}

impl<'de, const MIN: u32, const MAX: u32> Deserialize<'de> for Whole<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = deserializer.deserialize_u64(WholeNumber)?;
        match u32::try_from(number) {
            Ok(number) if (MIN..=MAX).contains(&number) => Ok(Self(number)),
            _ => Err(de::Error::custom(Fault::OutOfRange)),
        }
    }
}

/// Reads what JSON Schema calls an integer: `28.0` is one, and is what some
/// languages write for 28.
struct WholeNumber;

impl de::Visitor<'_> for WholeNumber {
    type Value = i64;

    fn expecting(&self, text: &mut fmt::Formatter<'_>) -> fmt::Result {
        text.write_str("a whole number")
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<i64, E> {
        // Beyond every range that there is.
        Ok(i64::try_from(number).unwrap_or(i64::MAX))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<i64, E> {
        Ok(number)
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<i64, E> {
        if number.fract() == 0.0 {
            // It ends at the ends of an i64, which lie beyond every range, too.
            Ok(number as i64)
        } else {
            Err(E::invalid_type(de::Unexpected::Float(number), &self))
        }
    }
}

/// Seconds with up to six decimals, at most a day either way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ToSchema)]
#[schema(value_type = f64, minimum = -86400, maximum = 86400, examples(-1.5))]
pub(crate) struct Seconds(pub(crate) Span);

/// The farthest a clock may be off, in seconds.
pub(crate) const MAX_CLOCK_SECONDS: f64 = 86_400.0;

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let seconds = f64::deserialize(deserializer)?;
        if !(-MAX_CLOCK_SECONDS..=MAX_CLOCK_SECONDS).contains(&seconds) {
            return Err(de::Error::custom(Fault::OutOfRange));
        }
        // Rounded to microseconds, and far inside what an i64 holds.
        let micros = (seconds * 1e6).round() as i64;
        Ok(Self(Span(micros)))
    }
}

impl Serialize for Seconds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // A day of microseconds fits in the 53 bits of a float.
        let seconds = self.0.0 as f64 / MICROS_PER_SECOND as f64;
        serializer.serialize_f64(seconds)
    }
}

/// A length of time in hours, exact but for the division.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ToSchema)]
#[schema(value_type = f64, examples(47.5))]
pub(crate) struct Hours(pub(crate) Span);

impl Hours {
    /// As it is written.
    pub(crate) fn number(self) -> f64 {
        // A hundred years of microseconds fit in the 53 bits of a float.
        self.0.0 as f64 / Span::hours(1).0 as f64
    }
}

impl Serialize for Hours {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.number())
    }
}

/// A civil day, in days since 1970-01-01; written as `2026-10-01`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ToSchema)]
#[schema(value_type = String, format = Date, examples("2026-10-01"))]
pub(crate) struct CivilDay(pub(crate) i32);

impl std::fmt::Display for CivilDay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        civil_date(self.0).fmt(f)
    }
}

impl FromStr for CivilDay {
    type Err = Fault;

    fn from_str(text: &str) -> Result<Self, Fault> {
        // Other spellings of a day, such as a week's, are not meant.
        let has_form = text.len() == 10 && text.bytes().filter(|byte| *byte == b'-').count() == 2;
        let date: Option<civil::Date> = text.parse().ok();
        let date = date.filter(|_| has_form).ok_or(Fault::NotADate)?;
        if !YEARS.contains(&date.year()) {
            return Err(Fault::OutOfRange);
        }
        Ok(Self(civil_day(date)))
    }
}

impl Serialize for CivilDay {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The bait's name in the client's own books: never something that reads as a
/// number, for a call names its bait by number or by reference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(value_type = String, min_length = 1, max_length = 64, examples("M-017"))]
pub(crate) struct Reference(pub(crate) String);

/// The longest reference, in characters.
pub(crate) const MAX_REFERENCE_CHARS: usize = 64;

impl<'de> Deserialize<'de> for Reference {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Line(text) = Line::<MAX_REFERENCE_CHARS>::deserialize(deserializer)?;
        match Party::read(Some(&text)).kind() {
            PartyKind::Number | PartyKind::Hidden => Err(de::Error::custom(Fault::ReadsAsNumber)),
            _ => Ok(Self(text)),
        }
    }
}

/// For fields of a change: absent keeps, null clears, a value sets.
pub(crate) fn present<'de, D, T>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::deserialize(deserializer).map(Some)
}
