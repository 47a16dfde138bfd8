//! How complaints are proposed: the lawyer chooses for each batch, since one
//! complaint may bring one fine.

use serde::{Deserialize, Serialize};

use crate::words::words;

/// What one complaint is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grouping {
    /// One call.
    Call,
    /// Every call of one number.
    Number,
    /// Every call of one competitor's numbers; of a number that is no
    /// competitor's, or several competitors', that number's.
    Competitor,
}

words!(Grouping { Call => "call", Number => "number", Competitor => "competitor" });

/// Why an interception is in no complaint that is proposed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotTaken {
    /// The bait's preparation names no holder of the contract, who would be the
    /// applicant.
    NoContractHolder,
    /// The number was withheld, so that nothing says whom to complain of.
    NoNumber,
}

words!(NotTaken {
    NoContractHolder => "no_contract_holder",
    NoNumber => "no_number",
});
