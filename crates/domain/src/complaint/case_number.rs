//! Numbers of cases as offices write them: `077/05/18-1234/2026` for one of
//! advertising, `077/04/14.3-1234/2026` for an administrative one. The first
//! part is 0 and the code of the office's subject of the Federation.

use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::words::words;

/// The years in which offices have numbered cases this way, and will.
const YEARS: std::ops::RangeInclusive<u16> = 2000..=2999;
/// The largest number of a case within its year: six digits.
const MOST_SEQUENCE: u32 = 999_999;
/// Characters of a number as people write it, blanks included.
const MAX_TEXT_CHARS: usize = 60;

/// Which of the two cases it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaseKind {
    /// On a violation of the law on advertising.
    Advertising,
    /// On an administrative offence.
    Administrative,
}

words!(CaseKind { Advertising => "advertising", Administrative => "administrative" });

impl CaseKind {
    /// The middle of the number: procedure and article.
    const fn part(self) -> (&'static str, &'static str) {
        match self {
            Self::Advertising => ("05", "18"),
            Self::Administrative => ("04", "14.3"),
        }
    }
}

/// The two digits of a subject of the Federation: 77.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SubjectCode(u8);

impl SubjectCode {
    /// Reads exactly two digits, of which one is not 0.
    pub fn parse(text: &str) -> Option<Self> {
        match text.as_bytes() {
            [b'0', b'0'] => None,
            [tens @ b'0'..=b'9', ones @ b'0'..=b'9'] => {
                Some(Self((tens - b'0') * 10 + (ones - b'0')))
            }
            _ => None,
        }
    }
}

impl std::fmt::Display for SubjectCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:02}", self.0)
    }
}

/// A number of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CaseNumber {
    kind: CaseKind,
    subject: SubjectCode,
    sequence: u32,
    year: u16,
}

/// What is wrong with the text of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CaseNumberError {
    /// It does not follow either pattern.
    #[error("not the number of a case: expected NNN/05/18-NUMBER/YEAR or NNN/04/14.3-NUMBER/YEAR")]
    Pattern,
    /// Its first part is not 0 and a code of a subject of the Federation.
    #[error(
        "the number begins with 0 and the two digits of the office's subject of the Federation"
    )]
    Subject,
    /// Its sequence is 0 or longer than six digits.
    #[error("the number within the year has one to six digits and is not 0")]
    Sequence,
    /// Its year is no year.
    #[error("the year has four digits")]
    Year,
}

impl CaseNumber {
    /// Which case it numbers.
    pub const fn kind(self) -> CaseKind {
        self.kind
    }

    /// The subject of the Federation whose office opened it. A complaint that
    /// was forwarded has the other office's.
    pub const fn subject(self) -> SubjectCode {
        self.subject
    }

    /// The year it was opened in.
    pub const fn year(self) -> u16 {
        self.year
    }
}

/// Reads a number as people copy it: with «№», blanks and any dash.
impl FromStr for CaseNumber {
    type Err = CaseNumberError;

    fn from_str(text: &str) -> Result<Self, CaseNumberError> {
        if text.chars().count() > MAX_TEXT_CHARS {
            return Err(CaseNumberError::Pattern);
        }
        let bare: String = text
            .chars()
            .filter(|c| !c.is_whitespace())
            .map(|c| if matches!(c, '‐' | '‑' | '–' | '—' | '−') { '-' } else { c })
            .collect();
        let bare = bare.trim_start_matches(['№', 'N']);
        let parts: Vec<&str> = bare.split('/').collect();
        let [office, procedure, middle, year] = parts[..] else {
            return Err(CaseNumberError::Pattern);
        };
        let (article, sequence) = middle.split_once('-').ok_or(CaseNumberError::Pattern)?;
        let is_of = |kind: &&CaseKind| kind.part() == (procedure, article);
        let kind = *CaseKind::ALL.iter().find(is_of).ok_or(CaseNumberError::Pattern)?;
        let subject = office.strip_prefix('0').and_then(SubjectCode::parse);
        let sequence = digits(sequence, 1..=6).filter(|sequence| *sequence != 0);
        let year = digits(year, 4..=4).and_then(|year| u16::try_from(year).ok());
        Ok(Self {
            kind,
            subject: subject.ok_or(CaseNumberError::Subject)?,
            sequence: sequence.ok_or(CaseNumberError::Sequence)?,
            year: year.filter(|year| YEARS.contains(year)).ok_or(CaseNumberError::Year)?,
        })
    }
}

fn digits(text: &str, length: std::ops::RangeInclusive<usize>) -> Option<u32> {
    let is_number = length.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|number| is_number && *number <= MOST_SEQUENCE)
}

/// Prints the one form that is stored.
impl std::fmt::Display for CaseNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (procedure, article) = self.kind.part();
        write!(f, "0{}/{procedure}/{article}-{}/{}", self.subject, self.sequence, self.year)
    }
}

impl Serialize for CaseNumber {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for CaseNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}
