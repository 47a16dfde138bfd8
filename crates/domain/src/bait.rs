//! A bait: one SIM that waits for calls.

use crate::ids::BaitId;
use crate::operator::Inn;
use crate::phone::Phone;

/// What a verdict needs to know of a bait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bait {
    /// Its id.
    pub id: BaitId,
    /// The SIM's own number.
    pub number: Phone,
    /// The operator by contract, whose subscriber the bait is; not the range
    /// holder, for a SIM may be ported.
    pub operator: Option<Inn>,
}
