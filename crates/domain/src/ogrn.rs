//! The number in the state register of legal entities or of sole traders: its
//! form and its check digit, not whose it is.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Digits of a legal entity's number (ОГРН).
const ENTITY_DIGITS: usize = 13;
/// Digits of a sole trader's number (ОГРНИП).
const TRADER_DIGITS: usize = 15;

/// An ОГРН of thirteen digits or an ОГРНИП of fifteen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ogrn(u64);

/// Why a text is no ОГРН.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OgrnError {
    /// Another length, something beside digits, or a zero in front: the first
    /// digit tells the kind of entry, and there is none of zero.
    #[error("an ОГРН has thirteen digits, an ОГРНИП fifteen, and the first is no zero")]
    Form,
    /// The check digit does not fit: a slip of the pen.
    #[error("the check digit of this ОГРН does not fit")]
    CheckDigit,
}

impl Ogrn {
    /// Reads thirteen or fifteen digits. The last one is the remainder of the
    /// others by 11, or by 13 where there are fifteen, without its tens.
    ///
    /// # Errors
    /// When the form or the check digit is wrong.
    pub fn parse(text: &str) -> Result<Self, OgrnError> {
        let divisor = match text.len() {
            ENTITY_DIGITS => 11,
            TRADER_DIGITS => 13,
            _ => return Err(OgrnError::Form),
        };
        if !text.bytes().all(|byte| byte.is_ascii_digit()) || text.starts_with('0') {
            return Err(OgrnError::Form);
        }
        let value: u64 = text.parse().map_err(|_| OgrnError::Form)?;
        let fits = value / 10 % divisor % 10 == value % 10;
        if fits { Ok(Self(value)) } else { Err(OgrnError::CheckDigit) }
    }

    /// Whether it is a sole trader's.
    pub const fn is_of_a_trader(self) -> bool {
        self.0 >= 100_000_000_000_000
    }
}

impl std::fmt::Display for Ogrn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::str::FromStr for Ogrn {
    type Err = OgrnError;
    fn from_str(text: &str) -> Result<Self, OgrnError> {
        Self::parse(text)
    }
}

impl Serialize for Ogrn {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Ogrn {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

    use super::*;

    #[test]
    fn thirteen_and_fifteen_digits_with_their_check_digit_are_read_and_printed_alike() {
        for (text, of_a_trader) in [("1027700132195", false), ("304500116000157", true)] {
            let ogrn = Ogrn::parse(text).unwrap();
            assert_eq!((ogrn.to_string().as_str(), ogrn.is_of_a_trader()), (text, of_a_trader));
        }
    }

    #[test]
    fn a_slip_of_the_pen_is_found_by_the_check_digit() {
        for slip in ["1027700132196", "1027700132159", "304500116000158"] {
            assert_eq!(Ogrn::parse(slip), Err(OgrnError::CheckDigit), "{slip}");
        }
    }

    #[test]
    fn other_forms_are_none_although_a_check_digit_would_fit() {
        // The check digits of the last three are right.
        for text in [
            "",
            "102770013219",
            "10277001321x5",
            "+027700132195",
            "0000000000000",
            "0027700132196",
            "000000000000000",
        ] {
            assert_eq!(Ogrn::parse(text), Err(OgrnError::Form), "{text:?}");
        }
    }
}
