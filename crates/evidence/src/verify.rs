//! Checks a package as a stranger would: from its bytes alone.

use std::io::{Read, Seek};

use baitline_domain::ids::PackageId;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The path inside the archive; empty for the archive as a whole.
    pub path: String,
    /// What is wrong, in one sentence.
    pub what: String,
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
    /// Whether the gate missed something when it was built.
    pub draft: bool,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifyReport {
    /// Everything wrong, the first thing first; empty when the package is whole.
    pub problems: Vec<Problem>,
    /// What the package says of itself, where that can be read.
    pub summary: Option<Summary>,
}

impl VerifyReport {
    /// Whether nothing is wrong.
    pub fn is_whole(&self) -> bool {
        self.problems.is_empty()
    }
}

/// Checks the archive in `reader`. Never fails: whatever cannot be read is a
/// problem of the package.
pub fn verify(reader: impl Read + Seek) -> VerifyReport {
    let _ = reader;
    unimplemented!()
}
