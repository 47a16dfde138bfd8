//! A bait: one SIM that waits for calls.

use serde::{Deserialize, Serialize};

use crate::ids::BaitId;
use crate::operator::Inn;
use crate::phone::Phone;
use crate::words::words;

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

/// Where a bait stands at a moment: what its user should know first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BaitState {
    /// No trap was run on it.
    Quiet,
    /// A window is open.
    Armed,
    /// It had traps, and no window is open.
    Resting,
    /// It had to do with somebody it should not have.
    Tainted,
    /// A person took it out of use.
    Retired,
}

words!(BaitState {
    Quiet => "quiet",
    Armed => "armed",
    Resting => "resting",
    Tainted => "tainted",
    Retired => "retired",
});

/// What a bait's state follows from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BaitFacts {
    /// A person took it out of use.
    pub is_retired: bool,
    /// A dealing with a competitor is logged and not withdrawn, or it called a
    /// number that was neither an own one nor allowed then.
    pub is_tainted: bool,
    /// A window is open.
    pub has_open_window: bool,
    /// A trap was entered.
    pub has_trap: bool,
}

impl BaitState {
    /// The first that holds, beginning with what a person must not overlook.
    pub const fn of(facts: BaitFacts) -> Self {
        match facts {
            BaitFacts { is_retired: true, .. } => Self::Retired,
            BaitFacts { is_tainted: true, .. } => Self::Tainted,
            BaitFacts { has_open_window: true, .. } => Self::Armed,
            BaitFacts { has_trap: true, .. } => Self::Resting,
            _ => Self::Quiet,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_state_that_holds_is_the_baits() {
        let mut facts = BaitFacts {
            is_retired: false,
            is_tainted: false,
            has_open_window: false,
            has_trap: false,
        };
        assert_eq!(BaitState::of(facts), BaitState::Quiet);
        facts.has_trap = true;
        assert_eq!(BaitState::of(facts), BaitState::Resting);
        facts.has_open_window = true;
        assert_eq!(BaitState::of(facts), BaitState::Armed);
        facts.is_tainted = true;
        assert_eq!(BaitState::of(facts), BaitState::Tainted);
        facts.is_retired = true;
        assert_eq!(BaitState::of(facts), BaitState::Retired);
    }
}
