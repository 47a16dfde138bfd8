//! What an office decided, call by call: one complaint may bring one fine for
//! all its calls, or one each, so both are kept where they belong.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::words::words;

/// The decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// A violation was found.
    Violation,
    /// No violation was found.
    None,
    /// The case was ended without a finding.
    Ended,
}

words!(Outcome { Violation => "violation", None => "none", Ended => "ended" });

/// Whom a fine was imposed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FinedParty {
    /// A citizen.
    Citizen,
    /// An official, which for this offence an entrepreneur counts as.
    Official,
    /// A legal entity.
    LegalEntity,
}

words!(FinedParty {
    Citizen => "citizen",
    Official => "official",
    LegalEntity => "legal_entity",
});

/// An amount in kopecks, a hundredth of a rouble.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Kopecks(pub i64);

impl Kopecks {
    /// Whole roubles.
    pub const fn roubles(roubles: i64) -> Self {
        Self(roubles.saturating_mul(100))
    }
}

impl FinedParty {
    /// The range that article 14.3, part 4.1 names, smallest and largest. A fine
    /// outside it is a fact all the same: a small firm may face half, and
    /// several facts may be fined together.
    pub const fn statutory_range(self) -> (Kopecks, Kopecks) {
        let (least, most) = match self {
            Self::Citizen => (10_000, 20_000),
            Self::Official => (20_000, 100_000),
            Self::LegalEntity => (300_000, 1_000_000),
        };
        (Kopecks::roubles(least), Kopecks::roubles(most))
    }
}

/// A fine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fine {
    /// How much.
    pub amount: Kopecks,
    /// Whom it was imposed on.
    pub against: FinedParty,
    /// When it was paid.
    pub paid_on: Option<Date>,
}

impl Fine {
    /// Whether the amount lies outside the range of the article: worth a second
    /// look, and not a mistake by itself.
    pub fn is_unusual(&self) -> bool {
        let (least, most) = self.against.statutory_range();
        self.amount < least || most < self.amount
    }

    /// Whether nothing is left to be paid among these: at least one fine, and
    /// every one paid.
    pub fn are_paid(fines: &[Self]) -> bool {
        !fines.is_empty() && fines.iter().all(|fine| fine.paid_on.is_some())
    }
}
