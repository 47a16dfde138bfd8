//! The Ministry's numbering registry: which operator holds a Russian number.

use crate::ids::EditionId;
use crate::instant::Instant;
use crate::operator::Inn;
use crate::phone::Phone;
use serde::{Deserialize, Serialize};

/// The registry's four files; the first digit of a code says which one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum NumberingFile {
    /// Geographic codes 3xx.
    #[serde(rename = "ABC-3xx")]
    Abc3,
    /// Geographic codes 4xx.
    #[serde(rename = "ABC-4xx")]
    Abc4,
    /// Geographic and service codes 8xx.
    #[serde(rename = "ABC-8xx")]
    Abc8,
    /// Mobile codes 9xx.
    #[serde(rename = "DEF-9xx")]
    Def9,
}

/// One row of the registry: an inclusive range of ten-digit national numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberRange {
    /// The first number, as E.164.
    pub first: Phone,
    /// The last number, as E.164.
    pub last: Phone,
    /// The holder's ИНН; absent in the older layouts.
    pub operator: Option<Inn>,
    /// The holder's name as the file spells it.
    pub operator_name: String,
    /// The region as the file names it.
    pub region: String,
}

/// One imported file with the time from which it is in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edition {
    /// Its id.
    pub id: EditionId,
    /// Which file.
    pub file: NumberingFile,
    /// Since when it is in force.
    pub in_force_from: Instant,
    /// Its ranges, sorted, without overlaps.
    pub ranges: Vec<NumberRange>,
}

/// All editions at hand.
#[derive(Debug, Clone, Default)]
pub struct NumberingPlan {
    /// Sorted by (file, in force from).
    editions: Vec<Edition>,
}

/// What the plan says of one number at one time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allocation<'a> {
    /// No edition of the file for this code is loaded.
    NotLoaded,
    /// A range holds it.
    Held {
        /// The edition that says so.
        edition: EditionId,
        /// The range.
        range: &'a NumberRange,
        /// The time asked for lies before the first edition.
        before_first: bool,
        /// Only the following edition holds it: it was allocated meanwhile.
        by_next: bool,
    },
    /// In no range of the edition in force, nor of the next where one is loaded.
    Unallocated {
        /// The edition in force.
        edition: EditionId,
        /// The time asked for lies before the first edition.
        before_first: bool,
        /// Whether the following edition was there to ask.
        next_loaded: bool,
    },
}

impl NumberingPlan {
    /// A plan of these editions, in any order.
    pub fn new(mut editions: Vec<Edition>) -> Self {
        editions.sort_by_key(|edition| (edition.file, edition.in_force_from, edition.id));
        Self { editions }
    }

    /// Who holds a Russian number at `at`.
    pub fn look_up(&self, phone: Phone, at: Instant) -> Allocation<'_> {
        let _ = (phone, at);
        unimplemented!()
    }
}
