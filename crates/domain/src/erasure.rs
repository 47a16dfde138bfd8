//! What is erased, how it can be shown afterwards, and how a number is found in
//! what people and programs wrote.
//!
//! A commitment is the SHA-256 of the salt in hexadecimal digits followed by the
//! name of what is gone, so that `printf '%s' "$salt$name" | sha256sum` makes it.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::audit::{Hash, hex};
use crate::ids::ObservationId;
use crate::phone::Phone;
use crate::words::words;

/// Why something is erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErasureGround {
    /// A person asked for it.
    Request,
    /// It was kept as long as the client keeps calls.
    Retention,
}

words!(ErasureGround { Request => "request", Retention => "retention" });

/// How far an erasure has come; in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErasureState {
    /// Calls and what hangs on them go.
    Calls,
    /// Other rows that name the number, or that are too old, go.
    Rows,
    /// The number goes out of texts.
    Texts,
    /// Files are looked through.
    Files,
    /// What was derived is waited for.
    Derived,
    /// Bytes that no row names go.
    Bytes,
    /// Nothing is left.
    Done,
}

words!(ErasureState {
    Calls => "calls",
    Rows => "rows",
    Texts => "texts",
    Files => "files",
    Derived => "derived",
    Bytes => "bytes",
    Done => "done",
});

/// What keeps something from being erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HeldBecause {
    /// A complaint that was filed and not released.
    Complaint,
    /// A person's hold.
    LegalHold,
}

words!(HeldBecause { Complaint => "complaint", LegalHold => "legal_hold" });

/// Something that may be gone, by the name its commitment is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Erasable<'a> {
    /// `call:` and the id of one of its observations.
    Call(ObservationId),
    /// `recording:` and the SHA-256 of its bytes.
    Recording(&'a [u8]),
    /// `number:` and the number, `+7…`.
    Number(Phone),
}

impl fmt::Display for Erasable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Call(id) => write!(f, "call:{id}"),
            Self::Recording(sha256) => write!(f, "recording:{}", hex(sha256)),
            Self::Number(phone) => write!(f, "number:{phone}"),
        }
    }
}

/// What is kept of something that is gone: see the module.
pub fn commitment(salt: &[u8], what: &Erasable<'_>) -> Hash {
    Sha256::digest(format!("{}{what}", hex(salt))).into()
}

/// Bytes that people put between the digits of a number: spaces, dashes and
/// brackets of ASCII, and the bytes of no-break spaces and dashes in UTF-8.
const SEPARATORS: &[u8] = b" \t-().\xC2\xA0\xE2\x80\x90\x91\x92\x93\x94\x95\xAF";
/// Digits of a moment in microseconds since 1970, as the program writes moments into
/// its own texts; from 2001 to 2033 the first is a one.
const MOMENT_DIGITS: usize = 16;
/// The most of them between two digits.
const MAX_SEPARATORS: usize = 6;

/// A number as it stands in texts, however its digits are set apart. The country
/// code of a number of the Russian plan may be absent or an eight.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenNumber {
    digits: Vec<u8>,
}

impl WrittenNumber {
    /// The digits that are looked for.
    pub fn of(phone: Phone) -> Self {
        let text = phone.digits().to_string();
        let digits = match text.strip_prefix('7') {
            Some(national) if text.len() == 11 => national.to_owned(),
            _ => text,
        };
        Self { digits: digits.into_bytes() }
    }

    /// The longest that it can be written, in bytes.
    pub fn longest(&self) -> usize {
        self.digits.len() * (MAX_SEPARATORS + 1)
    }

    /// What SQL's LIKE finds every text by that may hold it, and others.
    pub fn pattern(&self) -> String {
        let mut pattern = String::from("%");
        for digit in &self.digits {
            pattern.push(char::from(*digit));
            pattern.push('%');
        }
        pattern
    }

    /// Whether it stands somewhere in these bytes.
    pub fn is_in(&self, bytes: &[u8]) -> bool {
        self.find(bytes, 0).is_some()
    }

    /// The text with another number in its place, which is nobody's and as long;
    /// `None` where it does not stand there. What is JSON stays JSON.
    pub fn replaced_in(&self, text: &str) -> Option<String> {
        let mut bytes = text.as_bytes().to_vec();
        let mut from = 0;
        let mut is_there = false;
        while let Some(places) = self.find(&bytes, from) {
            for (at, place) in places.iter().enumerate() {
                // No number begins with a zero, in JSON either.
                bytes[*place] = if at == 0 { b'1' } else { b'0' };
            }
            from = places.last().map_or(bytes.len(), |last| last + 1);
            is_there = true;
        }
        // Digits took the place of digits.
        is_there.then(|| String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Where its digits stand, the first time from there on.
    fn find(&self, bytes: &[u8], from: usize) -> Option<Vec<usize>> {
        (from..bytes.len()).find_map(|start| self.places(bytes, start))
    }

    fn places(&self, bytes: &[u8], start: usize) -> Option<Vec<usize>> {
        let mut places = Vec::new();
        let mut at = start;
        for digit in &self.digits {
            if !places.is_empty() {
                let gap = bytes.get(at..)?.iter().take(MAX_SEPARATORS + 1);
                at += gap.take_while(|byte| SEPARATORS.contains(byte)).count();
            }
            if bytes.get(at) != Some(digit) {
                return None;
            }
            places.push(at);
            at += 1;
        }
        (!is_of_a_moment(bytes, start, at)).then_some(places)
    }
}

/// Whether these bytes lie among the digits of a moment: what was done when is evidence,
/// and no part of it may become something else.
fn is_of_a_moment(bytes: &[u8], start: usize, end: usize) -> bool {
    let is_digit = |byte: &&u8| byte.is_ascii_digit();
    if !bytes[start..end].iter().all(|byte| byte.is_ascii_digit()) {
        return false;
    }
    let before = bytes[..start].iter().rev().take_while(is_digit).count();
    let after = bytes[end..].iter().take_while(is_digit).count();
    before + (end - start) + after == MOMENT_DIGITS && bytes[start - before] == b'1'
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

    use super::*;

    fn written(digits: u64) -> WrittenNumber {
        WrittenNumber::of(Phone::from_digits(digits).unwrap())
    }

    #[test]
    fn a_number_is_found_in_every_way_that_people_write_it() {
        let number = written(79_260_000_202);
        for text in [
            "+79260000202",
            "8 (926) 000-02-02",
            "позвонил 926 000 02 02 вчера",
            "8\u{a0}926\u{a0}000\u{2011}02\u{2011}02",
            "sip:9260000202@host",
            "id-1759260000202-1",
            "{\"caller\":79260000202}",
        ] {
            assert!(number.is_in(text.as_bytes()), "{text}");
            let clean = number.replaced_in(text).unwrap();
            assert!(!number.is_in(clean.as_bytes()), "{clean}");
            assert_eq!(clean.len(), text.len());
        }
        for text in ["+79260000203", "926, 000, 02, 02", "", "926000020", "8 926 000-02 и 02"] {
            assert!(!number.is_in(text.as_bytes()), "{text}");
            assert_eq!(number.replaced_in(text), None);
        }
    }

    #[test]
    fn what_is_json_stays_json_and_every_place_is_found() {
        let number = written(79_260_000_202);
        let text = "{\"a\":79260000202,\"b\":9260000202,\"c\":\"+7 926 000-02-02\"}";
        let clean = number.replaced_in(text).unwrap();
        assert_eq!(clean, "{\"a\":71000000000,\"b\":1000000000,\"c\":\"+7 100 000-00-00\"}");
    }

    #[test]
    fn a_moment_in_microseconds_is_no_number() {
        // 2026-11-20T09:20:15Z holds the digits of +7 951 664-15-00.
        let number = written(79_516_641_500);
        let text = "[[\"site_visit\",1795166415000000,240]]";
        assert!(!number.is_in(text.as_bytes()));
        assert_eq!(number.replaced_in(text), None);
        assert!(number.is_in(b"id-17951664150000"));
    }

    #[test]
    fn a_foreign_number_is_found_by_all_of_its_digits() {
        let number = written(4_915_112_345_678);
        assert!(number.is_in(b"+49 151 12345678"));
        assert!(!number.is_in(b"151 12345678"));
        assert_eq!(number.pattern(), "%4%9%1%5%1%1%2%3%4%5%6%7%8%");
    }

    #[test]
    fn a_commitment_is_what_sha256sum_makes_of_salt_and_name() {
        let number = Phone::from_digits(79_260_000_202).unwrap();
        let made = commitment(&[1, 2], &Erasable::Number(number));
        // printf '%s' '0102number:+79260000202' | sha256sum
        let expected: Hash = Sha256::digest("0102number:+79260000202").into();
        assert_eq!(made, expected);
        assert_ne!(made, commitment(&[1, 3], &Erasable::Number(number)));
    }
}
