//! Numbers of the client's own side: calls from them are no interception.

use crate::ids::OwnNumberId;
use crate::instant::Instant;
use crate::phone::Phone;
use crate::words::words;
use serde::{Deserialize, Serialize};

/// What the client uses the number for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OwnNumberKind {
    /// Printed in advertising and on the site.
    Advertised,
    /// The client calls out from it.
    Outgoing,
    /// A call-tracking vendor's substitute number.
    Tracking,
    /// An employee's.
    Staff,
    /// A contractor's, who calls for the client.
    Contractor,
}

words!(OwnNumberKind {
    Advertised => "advertised",
    Outgoing => "outgoing",
    Tracking => "tracking",
    Staff => "staff",
    Contractor => "contractor",
});

/// A number or an inclusive range of numbers, valid in the half-open period
/// from `valid_from` to `valid_to`; an absent end is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnNumber {
    /// Its id.
    pub id: OwnNumberId,
    /// The first number of the range.
    pub first: Phone,
    /// The last number of the range; equal to `first` for a single number.
    pub last: Phone,
    /// What it is used for.
    pub kind: OwnNumberKind,
    /// Since when, or always.
    pub valid_from: Option<Instant>,
    /// Until when (exclusive), or for good.
    pub valid_to: Option<Instant>,
}

impl OwnNumber {
    /// Whether `phone` is this own number at `at`.
    pub fn covers(&self, phone: Phone, at: Instant) -> bool {
        self.first <= phone
            && phone <= self.last
            && self.valid_from.is_none_or(|from| from <= at)
            && self.valid_to.is_none_or(|to| at < to)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

    use super::*;

    #[test]
    fn a_range_holds_both_its_ends_in_a_half_open_period() {
        let phone = |digits| Phone::from_digits(digits).unwrap();
        let own = OwnNumber {
            id: OwnNumberId(uuid::Uuid::nil()),
            first: phone(79_001_000_000),
            last: phone(79_001_000_009),
            kind: OwnNumberKind::Tracking,
            valid_from: Some(Instant(10)),
            valid_to: Some(Instant(20)),
        };
        assert!(own.covers(own.first, Instant(10)));
        assert!(own.covers(own.last, Instant(19)));
        assert!(!own.covers(own.first, Instant(9)));
        assert!(!own.covers(own.last, Instant(20)));
        assert!(!own.covers(phone(79_000_999_999), Instant(15)));
        assert!(!own.covers(phone(79_001_000_010), Instant(15)));
        let always = OwnNumber { valid_from: None, valid_to: None, ..own };
        assert!(always.covers(phone(79_001_000_005), Instant(i64::MIN)));
        assert!(always.covers(phone(79_001_000_005), Instant(i64::MAX)));
    }
}
