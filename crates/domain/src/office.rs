//! The subjects of the Federation and the regional offices of the antimonopoly
//! service (УФАС): whose office a complaint goes to follows from the applicant's
//! subject. Facts of the file `data/offices.csv`; addresses are not among them.

use std::sync::LazyLock;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

const FILE: &str = include_str!("../data/offices.csv");
const HEADER: &str = "code;subject;office;site;case_prefix";

static OFFICES: LazyLock<Vec<Office>> = LazyLock::new(|| {
    FILE.lines()
        .filter(|line| !line.starts_with('#') && *line != HEADER)
        .map(|line| office(line).expect("data/offices.csv is read whole by a test"))
        .collect()
});

/// The code of a subject of the Federation that the file knows, as case numbers
/// have it: 77 is Moscow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SubjectCode(u8);

/// A text that is no code of a subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no subject of the Federation has this code")]
pub struct UnknownSubject;

/// How it is known what an office's case numbers begin with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CasePrefixGround {
    /// A published decision bears it.
    Seen,
    /// It follows the pattern of the others.
    Inferred,
}

/// A regional office, as far as the program knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Office {
    /// The subject's code.
    pub code: SubjectCode,
    /// The subject's name.
    pub subject: &'static str,
    /// The office's short name; `None` where it was not found.
    pub name: Option<&'static str>,
    /// Its site as it was in 2014 to 2016.
    pub site: Option<&'static str>,
    /// How its case prefix, 0 and the code, is known; `None` where it is not.
    pub case_prefix: Option<CasePrefixGround>,
}

impl SubjectCode {
    /// Reads two digits that the file knows.
    ///
    /// # Errors
    /// When it is anything else.
    pub fn parse(text: &str) -> Result<Self, UnknownSubject> {
        let has_form = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        let number = text.parse().ok().filter(|_| has_form).ok_or(UnknownSubject)?;
        Self::from_number(number).ok_or(UnknownSubject)
    }

    /// The code as storage keeps it.
    pub fn from_number(number: i32) -> Option<Self> {
        let code = Self(u8::try_from(number).ok()?);
        OFFICES.iter().any(|office| office.code == code).then_some(code)
    }

    /// The code as storage keeps it.
    pub fn number(self) -> i32 {
        i32::from(self.0)
    }

    /// The office of the subject.
    pub fn office(self) -> &'static Office {
        // Every code comes from the list.
        let found = OFFICES.iter().find(|office| office.code == self);
        found.expect("a code is only made of one in the list")
    }
}

/// Every office, in order of code.
pub fn offices() -> &'static [Office] {
    &OFFICES
}

fn office(line: &'static str) -> Option<Office> {
    let mut columns = line.split(';');
    let mut column = || columns.next();
    let code = column()?;
    let (subject, name, site, prefix) = (column()?, column()?, column()?, column()?);
    let number = code.parse().ok().filter(|_| code.len() == 2)?;
    let given = |text: &'static str| (!text.is_empty()).then_some(text);
    if subject.is_empty() || columns.next().is_some() {
        return None;
    }
    let case_prefix = match prefix {
        "seen" => Some(CasePrefixGround::Seen),
        "inferred" => Some(CasePrefixGround::Inferred),
        "" => None,
        _ => return None,
    };
    let (name, site) = (given(name), given(site));
    Some(Office { code: SubjectCode(number), subject, name, site, case_prefix })
}

/// Prints two digits.
impl std::fmt::Display for SubjectCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:02}", self.0)
    }
}

impl std::str::FromStr for SubjectCode {
    type Err = UnknownSubject;
    fn from_str(text: &str) -> Result<Self, UnknownSubject> {
        Self::parse(text)
    }
}

impl Serialize for SubjectCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for SubjectCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

    use super::*;

    #[test]
    fn the_file_is_whole_and_in_order() {
        assert_eq!(offices().len(), 89);
        assert!(offices().is_sorted_by(|one, next| one.code < next.code));
        let seen = offices().iter().filter(|one| one.case_prefix == Some(CasePrefixGround::Seen));
        let codes: Vec<String> = seen.map(|office| office.code.to_string()).collect();
        assert_eq!(codes, ["11", "24", "39", "43", "63", "66", "74", "77"]);
        for office in offices() {
            assert!(office.name.is_none_or(|name| name.ends_with("УФАС")), "{office:?}");
            assert!(office.site.is_none_or(|site| site.starts_with("http://")), "{office:?}");
        }
    }

    #[test]
    fn a_code_leads_to_its_office_and_what_is_not_known_stays_open() {
        let office = |code: &str| SubjectCode::parse(code).unwrap().office();
        assert_eq!((office("77").name, office("77").subject), (Some("Московское УФАС"), "Москва"));
        assert_eq!(office("01").name, Some("Адыгейское УФАС"));
        assert_eq!(office("91").name, office("92").name);
        assert_eq!((office("90").name, office("90").case_prefix), (None, None));
    }

    #[test]
    fn what_the_file_does_not_know_is_no_code() {
        for text in ["", "7", "077", "00", "80", "99", "7x", "+7", "٧٧"] {
            assert_eq!(SubjectCode::parse(text), Err(UnknownSubject), "{text:?}");
        }
        for number in [-1, 0, 80, 256 + 77, i32::MAX] {
            assert_eq!(SubjectCode::from_number(number), None, "{number}");
        }
        assert_eq!(SubjectCode::parse("05").unwrap().number(), 5);
    }
}
