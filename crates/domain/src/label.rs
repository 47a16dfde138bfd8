//! What a person heard in a recording.

use crate::words::words;
use serde::{Deserialize, Serialize};

/// The kind of call, as a person judges it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LabelKind {
    /// Goods or services were offered.
    Advertising,
    /// Somebody of the client's own side.
    OwnSide,
    /// A bank, a courier, an operator: no advertising.
    Service,
    /// The caller wanted somebody else.
    WrongNumber,
    /// It cannot be told.
    Unclear,
}

words!(LabelKind {
    Advertising => "advertising",
    OwnSide => "own_side",
    Service => "service",
    WrongNumber => "wrong_number",
    Unclear => "unclear",
});

/// What the rules need of a label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Label {
    /// What was heard.
    pub kind: LabelKind,
    /// Whether the bait's user agreed to be called: later calls are tainted.
    pub consent_given: bool,
}
