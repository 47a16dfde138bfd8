//! Phone numbers and the other things a caller field holds. It knows how
//! people and PBXes write them, not who holds a number: that is `numbering`.

mod read;
#[cfg(test)]
mod tests;

use crate::words::words;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The smallest number taken for E.164: seven digits.
const FEWEST_DIGITS: u64 = 1_000_000;
/// The largest number of E.164: fifteen digits.
const MOST_DIGITS: u64 = 999_999_999_999_999;
/// The Russian and Kazakh numbers: country code 7 and ten digits.
const COUNTRY_SEVEN: std::ops::RangeInclusive<u64> = 70_000_000_000..=79_999_999_999;
/// How many national numbers there are: ten digits.
const NATIONAL_NUMBERS: u64 = 10_000_000_000;
/// How many numbers one three-digit code has: seven digits.
const NUMBERS_OF_A_CODE: u64 = 10_000_000;

/// A dialable number in E.164, without the plus: 79001234567.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Phone(u64);

/// The text is not a number that can be dialled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a phone number: expected a plus, the country code and the number, 7 to 15 digits")]
pub struct PhoneError;

impl Phone {
    /// The number with these digits, which include the country code; seven to
    /// fifteen of them.
    pub const fn from_digits(digits: u64) -> Option<Self> {
        if digits >= FEWEST_DIGITS && digits <= MOST_DIGITS { Some(Self(digits)) } else { None }
    }

    /// Reads a field that must hold a number, in any form [`Party::read`] knows.
    ///
    /// # Errors
    /// When it holds anything else.
    pub fn parse(text: &str) -> Result<Self, PhoneError> {
        match Party::read(Some(text)) {
            Party::Number(phone) => Ok(phone),
            _ => Err(PhoneError),
        }
    }

    /// The digits with the country code, as storage keeps them.
    pub const fn digits(self) -> u64 {
        self.0
    }

    /// Whether the number belongs to the Russian plan: country code 7 without
    /// the codes that begin with 6 or 7, which are Kazakhstan's.
    pub fn is_russian(self) -> bool {
        COUNTRY_SEVEN.contains(&self.0) && !matches!(self.code() / 100, 6 | 7)
    }

    /// The three-digit code of a Russian number: 900.
    pub const fn code(self) -> u16 {
        (self.national() / NUMBERS_OF_A_CODE) as u16
    }

    /// The ten digits of a Russian number without its country code.
    pub const fn national(self) -> u64 {
        self.0 % NATIONAL_NUMBERS
    }
}

/// Prints E.164 with the plus.
impl std::fmt::Display for Phone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "+{}", self.0)
    }
}

impl Serialize for Phone {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Phone {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// The other end of a call: the caller of an incoming one, the called of an
/// outgoing one. Hidden and malformed ends are values, not errors: the call
/// happened.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Party {
    /// A dialable number.
    Number(Phone),
    /// The network or the caller withheld it.
    Hidden,
    /// A service number of three to six digits.
    ShortCode(String),
    /// An alphanumeric sender, as in SMS.
    Alphanumeric(String),
    /// Something, but no number: kept as it was written.
    Malformed(String),
}

/// What kind of [`Party`] it is, for storage and filters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartyKind {
    /// See [`Party::Number`].
    Number,
    /// See [`Party::Hidden`].
    Hidden,
    /// See [`Party::ShortCode`].
    ShortCode,
    /// See [`Party::Alphanumeric`].
    Alphanumeric,
    /// See [`Party::Malformed`].
    Malformed,
}

words!(PartyKind {
    Number => "number",
    Hidden => "hidden",
    ShortCode => "short_code",
    Alphanumeric => "alphanumeric",
    Malformed => "malformed",
});

impl Party {
    /// Reads what a person or a PBX wrote; an absent field is a hidden end.
    /// Never fails: what is no number is kept as something else.
    pub fn read(raw: Option<&str>) -> Self {
        raw.map_or(Self::Hidden, read::party)
    }

    /// Puts a party together again from its stored parts; `None` where the
    /// parts do not fit the kind.
    pub fn from_parts(kind: PartyKind, phone: Option<Phone>, text: Option<String>) -> Option<Self> {
        match (kind, phone, text) {
            (PartyKind::Number, Some(phone), None) => Some(Self::Number(phone)),
            (PartyKind::Hidden, None, None) => Some(Self::Hidden),
            (PartyKind::ShortCode, None, Some(text)) => Some(Self::ShortCode(text)),
            (PartyKind::Alphanumeric, None, Some(text)) => Some(Self::Alphanumeric(text)),
            (PartyKind::Malformed, None, Some(text)) => Some(Self::Malformed(text)),
            _ => None,
        }
    }

    /// Its kind.
    pub const fn kind(&self) -> PartyKind {
        match self {
            Self::Number(_) => PartyKind::Number,
            Self::Hidden => PartyKind::Hidden,
            Self::ShortCode(_) => PartyKind::ShortCode,
            Self::Alphanumeric(_) => PartyKind::Alphanumeric,
            Self::Malformed(_) => PartyKind::Malformed,
        }
    }

    /// The number, where it is one.
    pub const fn phone(&self) -> Option<Phone> {
        match self {
            Self::Number(phone) => Some(*phone),
            _ => None,
        }
    }

    /// The text of a short code, an alphanumeric sender or a malformed end.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::ShortCode(text) | Self::Alphanumeric(text) | Self::Malformed(text) => Some(text),
            Self::Number(_) | Self::Hidden => None,
        }
    }
}

/// Prints a form that [`Party::read`] reads back.
impl std::fmt::Display for Party {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(phone) => phone.fmt(f),
            Self::Hidden => f.write_str(PartyKind::Hidden.as_str()),
            Self::ShortCode(text) | Self::Alphanumeric(text) | Self::Malformed(text) => {
                f.write_str(text)
            }
        }
    }
}
