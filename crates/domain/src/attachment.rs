//! Scans of papers and pictures of screens: what one may belong to.

use serde::{Deserialize, Serialize};

use crate::words::words;

/// What an attachment belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttachmentSubject {
    /// A bait: its contract, a refusal of advertising.
    Bait,
    /// A trap: pictures of the screen, the test of the recorder.
    Trap,
    /// A power of attorney.
    PowerOfAttorney,
    /// A consent.
    Consent,
    /// An operator statement: its certified original.
    Statement,
    /// An inquiry: the letter as it was sent, the proof that it was.
    Inquiry,
    /// The operator's reply; it goes by the id of the inquiry.
    Reply,
    /// A complaint: what was filed, what the office wrote.
    Complaint,
}

words!(AttachmentSubject {
    Bait => "bait",
    Trap => "trap",
    PowerOfAttorney => "power_of_attorney",
    Consent => "consent",
    Statement => "statement",
    Inquiry => "inquiry",
    Reply => "reply",
    Complaint => "complaint",
});
