//! The gate: what a complaint package still misses before it may be filed.

use serde::{Deserialize, Serialize};

/// One thing the gate asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    /// A recording with its hash.
    Recording,
    /// A person's label «advertising».
    AdvertisingLabel,
    /// A transcript of the recording.
    Transcript,
    /// A complete trap, or a call during the trap with its exposures.
    CompleteTrap,
    /// An operator statement in which the call is found.
    Statement,
    /// The certified original of that statement.
    CertifiedStatement,
    /// The signed consent to disclosure of the secrecy of communication.
    DisclosureConsent,
    /// Proof of authority over the SIM.
    SimAuthority,
    /// An applicant with valid powers of attorney.
    Applicant,
    /// An inquiry to the operator, with its reply or the fact that none came.
    Inquiry,
    /// Enough time before the limitation date.
    Time,
}

/// What is known of one interception when its package is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InterceptionProofs {
    /// A recording with its hash is kept.
    pub recording: bool,
    /// A person labelled it as advertising.
    pub advertising_label: bool,
    /// The label has a transcript.
    pub transcript: bool,
    /// Its trap is complete.
    pub trap_complete: bool,
    /// It came during the trap, after at least one exposure.
    pub during_trap: bool,
    /// A statement in which the call is found is kept.
    pub statement: bool,
    /// The certified original of that statement is kept.
    pub certified_statement: bool,
    /// The signed consent to disclosure is kept.
    pub disclosure_consent: bool,
    /// Proof of authority over the SIM is kept.
    pub sim_authority: bool,
    /// The applicant and its powers are known and valid.
    pub applicant: bool,
    /// An inquiry was sent, with its reply or the fact that none came.
    pub inquiry: bool,
    /// Whole days left before the limitation date; the limit binds the decision.
    pub days_left: i64,
}

/// What one interception misses; empty when it may be filed.
pub fn missing(proofs: &InterceptionProofs) -> Vec<Missing> {
    let _ = proofs;
    unimplemented!()
}
