//! Checks a package as a stranger would: from its bytes alone. The container
//! is built again from its entries and compared byte for byte, then the bag's
//! own sums are checked, then what the files say of each other. Finds every
//! change of a byte; a whole package forged anew only a signature would show.

mod agreement;
mod bag;
mod comparison;
mod container;

use std::cell::RefCell;
use std::io::{Read, Seek};

use baitline_domain::ids::PackageId;

use crate::time_stamp::{Authorities, TimeStamp};

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The path inside the archive; empty for the archive as a whole.
    pub path: String,
    /// What is wrong, in one sentence.
    pub what: String,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.path.is_empty() {
            return f.write_str(&self.what);
        }
        write!(f, "{}: {}", self.path, self.what)
    }
}

/// What the package says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// Its id.
    pub package: PackageId,
    /// Its version.
    pub version: u32,
    /// The number of calls.
    pub interceptions: usize,
    /// The number of recordings.
    pub recordings: usize,
    /// How many of them have a copy that every player plays.
    pub playable: usize,
    /// The pages of the document that is filed; absent in packages that have none.
    pub pages: Option<usize>,
    /// Whether the gate missed something when it was built.
    pub draft: bool,
    /// The fingerprint of the key whose signature it bears: SHA-256 over the
    /// public key's DER, in hex. Whose key that is the package cannot prove.
    pub signed_by: Option<String>,
    /// What its time-stamp tells, where it has one.
    pub time_stamp: Option<TimeStamp>,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifyReport {
    /// What is wrong, the first thing first, at most [`MAX_PROBLEMS`]; empty
    /// when the package is whole.
    pub problems: Vec<Problem>,
    /// What the package says of itself, where that can be read.
    pub summary: Option<Summary>,
}

/// Problems a report lists: more say nothing new.
pub const MAX_PROBLEMS: usize = 100;

impl VerifyReport {
    /// Whether nothing is wrong.
    pub fn is_whole(&self) -> bool {
        self.problems.is_empty()
    }
}

/// Checks the archive in `reader`, wherever that stands. Never fails: whatever
/// cannot be read is a problem of the package. Holds only the small text files
/// in memory, each up to a limit.
pub fn verify(reader: impl Read + Seek) -> VerifyReport {
    check(reader, None)
}

/// The same, and that the package has a time-stamp of one of these authorities: one
/// that has none or one of anybody else is not whole then.
pub fn verify_stamped_by(reader: impl Read + Seek, authorities: &Authorities) -> VerifyReport {
    check(reader, Some(authorities))
}

fn check(reader: impl Read + Seek, authorities: Option<&Authorities>) -> VerifyReport {
    let mut problems = Problems(Vec::new());
    let contents = container::read(&RefCell::new(reader), &mut problems);
    let summary = contents.and_then(|contents| {
        let signed_by = bag::check(&contents, &mut problems);
        let time_stamp = bag::check_time_stamp(&contents, authorities, &mut problems);
        let summary = agreement::check(&contents, &mut problems)?;
        Some(Summary { signed_by, time_stamp, ..summary })
    });
    VerifyReport { problems: problems.0, summary }
}

/// The problems found so far.
struct Problems(Vec<Problem>);

impl Problems {
    fn add(&mut self, path: &str, what: impl Into<String>) {
        if self.0.len() < MAX_PROBLEMS {
            self.0.push(Problem { path: path.to_owned(), what: what.into() });
        }
    }
}
