//! What a person heard in a recording.

use crate::instant::Span;
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

/// Who speaks in a recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Speaker {
    /// Whoever called.
    Caller,
    /// The bait's user.
    Subscriber,
    /// A machine on the caller's side.
    Robot,
    /// Anybody else, or it cannot be told.
    Other,
}

words!(Speaker {
    Caller => "caller",
    Subscriber => "subscriber",
    Robot => "robot",
    Other => "other",
});

/// What one speaker says without a break, and when, counted from the
/// recording's beginning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// When it begins.
    pub from: Span,
    /// When it ends, where that was noted.
    pub to: Option<Span>,
    /// Who speaks.
    pub speaker: Speaker,
    /// The words, on one line.
    pub text: String,
}

/// The words alone, a line for each segment, as people write dialogues down.
pub fn plain_text(segments: &[Segment]) -> String {
    let lines: Vec<String> = segments.iter().map(|one| format!("— {}", one.text)).collect();
    lines.join("\n")
}
