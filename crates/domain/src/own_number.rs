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
