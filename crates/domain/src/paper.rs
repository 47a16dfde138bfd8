//! Papers that are made of what is kept, each from a template that a client may
//! have in a version of its own.

use serde::{Deserialize, Serialize};

use crate::words::words;

/// Bytes of a template: the longest of the program's own is a sixth of that.
pub const MAX_TEMPLATE_BYTES: usize = 64 << 10;

/// Which paper. What it is made of, its subject, follows from the kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaperKind {
    /// The application to the office, of a complaint.
    Application,
    /// The letter to the operator, of an inquiry.
    OperatorInquiry,
    /// The protocol of a control call, of a trap.
    TrapProtocol,
    /// The transcript of a recording, of a call.
    Transcript,
    /// The comparison of our calls with the operator's list, of a statement.
    StatementComparison,
    /// The form of consent to disclosure, of an applicant.
    DisclosureConsent,
    /// The note for whoever answers, of a client.
    AnsweringScript,
}

words!(PaperKind {
    Application => "application",
    OperatorInquiry => "operator_inquiry",
    TrapProtocol => "trap_protocol",
    Transcript => "transcript",
    StatementComparison => "statement_comparison",
    DisclosureConsent => "disclosure_consent",
    AnsweringScript => "answering_script",
});

impl PaperKind {
    /// Whether it can be about one bait of its subject.
    pub const fn may_name_a_bait(self) -> bool {
        matches!(self, Self::DisclosureConsent | Self::AnsweringScript)
    }
}
