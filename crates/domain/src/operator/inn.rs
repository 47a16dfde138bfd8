//! The taxpayer number: its form and its check digits, not whose it is.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Digits of a legal entity's number.
const ENTITY_DIGITS: usize = 10;
/// Digits of a person's number.
const PERSON_DIGITS: usize = 12;
/// From here on a value has more than ten digits: regions begin with 01, so a
/// person's number never starts with two zeros.
const FIRST_OF_A_PERSON: u64 = 10_000_000_000;
/// Weights of the check digit of ten; the last ones of [`PERSON_WEIGHTS`].
const ENTITY_WEIGHTS: &[u64] = &[2, 4, 10, 3, 5, 9, 4, 6, 8];
/// Weights of the last check digit of twelve; without the first one they are
/// those of the check digit before it.
const PERSON_WEIGHTS: &[u64] = &[3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8];

/// A taxpayer number: ten digits for a legal entity, twelve for a person.
/// Kept as a number, since operators are joined on it and never on spelling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Inn(u64);

/// Why a text is no ИНН.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InnError {
    /// Another length, or something beside digits.
    #[error("an ИНН has ten or twelve digits and nothing else")]
    Form,
    /// The check digits do not fit: a slip of the pen.
    #[error("the check digits of this ИНН do not fit")]
    CheckDigits,
}

impl Inn {
    /// Reads ten or twelve digits and verifies the check digits.
    ///
    /// # Errors
    /// When the form or the check digits are wrong.
    pub fn parse(text: &str) -> Result<Self, InnError> {
        let has_form = matches!(text.len(), ENTITY_DIGITS | PERSON_DIGITS)
            && text.bytes().all(|byte| byte.is_ascii_digit())
            && !text.starts_with("00");
        if !has_form {
            return Err(InnError::Form);
        }
        let digits: Vec<u64> = text.bytes().map(|byte| u64::from(byte - b'0')).collect();
        let fits = if digits.len() == ENTITY_DIGITS {
            check_digit(&digits, ENTITY_WEIGHTS) == digits[9]
        } else {
            check_digit(&digits, &PERSON_WEIGHTS[1..]) == digits[10]
                && check_digit(&digits, PERSON_WEIGHTS) == digits[11]
        };
        if !fits {
            return Err(InnError::CheckDigits);
        }
        text.parse().map(Self).map_err(|_| InnError::Form)
    }

    /// The number as storage keeps it; verified like a text.
    pub fn from_value(value: u64) -> Option<Self> {
        Self::parse(&Self(value).to_string()).ok()
    }

    /// The number as storage keeps it.
    pub const fn value(self) -> u64 {
        self.0
    }
}

fn check_digit(digits: &[u64], weights: &[u64]) -> u64 {
    let sum: u64 = digits.iter().zip(weights).map(|(digit, weight)| digit * weight).sum();
    sum % 11 % 10
}

/// Prints ten or twelve digits with their leading zeros.
impl std::fmt::Display for Inn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let width = if self.0 < FIRST_OF_A_PERSON { ENTITY_DIGITS } else { PERSON_DIGITS };
        write!(f, "{:0width$}", self.0)
    }
}

impl std::str::FromStr for Inn {
    type Err = InnError;
    fn from_str(text: &str) -> Result<Self, InnError> {
        Self::parse(text)
    }
}

impl Serialize for Inn {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Inn {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

    use super::*;

    #[test]
    fn ten_and_twelve_digits_with_their_check_digits_are_read_and_printed_alike() {
        for text in ["7743895280", "0274018377", "500100732259", "010000000021"] {
            let inn = Inn::parse(text).unwrap();
            assert_eq!(inn.to_string(), text);
            assert_eq!(Inn::from_value(inn.value()), Some(inn));
        }
    }

    #[test]
    fn a_slip_of_the_pen_is_found_by_the_check_digits() {
        for slip in ["7743895281", "7743859280", "7734895280", "500100732258", "500100732269"] {
            assert_eq!(Inn::parse(slip), Err(InnError::CheckDigits), "{slip}");
        }
    }

    #[test]
    fn other_lengths_and_signs_are_no_inn() {
        for text in ["", "774389528", "77438952800", "7743895280 ", "+743895280", "0000000000"] {
            assert_eq!(Inn::parse(text), Err(InnError::Form), "{text:?}");
        }
        assert_eq!(Inn::from_value(0), None);
        assert_eq!(Inn::from_value(u64::MAX), None);
    }
}
