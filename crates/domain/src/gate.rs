//! The gate (section 5 of the rules): what one interception still misses
//! before a complaint with it may be filed. It takes plain facts and gives
//! named items; whether a paper says what it should, people judge.

#[cfg(test)]
mod tests;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::label::LabelKind;
use crate::limitation::{Limitation, LimitationWarning};
use crate::words::words;

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
    /// An operator statement for the period of the call.
    Statement,
    /// The call in that statement.
    CallInStatement,
    /// The certified original of that statement.
    CertifiedStatement,
    /// The signed consent to disclosure of the secrecy of communication.
    DisclosureConsent,
    /// Proof of authority over the SIM.
    SimAuthority,
    /// An applicant.
    Applicant,
    /// A power of attorney, valid that day, of whoever signs for the applicant.
    PowerOfAttorney,
    /// An inquiry sent to the operator.
    Inquiry,
    /// The operator's reply, or the fact that none came.
    Reply,
    /// A written refusal of advertising dated before the call, where the
    /// operator says that it permitted the call.
    WrittenRefusal,
    /// Enough time before the limitation date.
    Time,
    /// That no other filed complaint contains it.
    FreeOfOtherComplaints,
}

words!(Missing {
    Recording => "recording",
    AdvertisingLabel => "advertising_label",
    Transcript => "transcript",
    CompleteTrap => "complete_trap",
    Statement => "statement",
    CallInStatement => "call_in_statement",
    CertifiedStatement => "certified_statement",
    DisclosureConsent => "disclosure_consent",
    SimAuthority => "sim_authority",
    Applicant => "applicant",
    PowerOfAttorney => "power_of_attorney",
    Inquiry => "inquiry",
    Reply => "reply",
    WrittenRefusal => "written_refusal",
    Time => "time",
    FreeOfOtherComplaints => "free_of_other_complaints",
});

/// What the operator's own list says of the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatementProof {
    /// No statement covers the call's period.
    None,
    /// One does, and the call is not found in it.
    CallNotFound,
    /// The call is found in it.
    CallFound,
}

/// Who signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signer {
    /// Nobody is entered yet.
    Unknown,
    /// The applicant.
    Applicant,
    /// A representative by this power of attorney, where it is kept.
    Representative(Option<PowerOfAttorney>),
}

/// The days on which a power of attorney holds, both inclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PowerOfAttorney {
    /// Its date.
    pub issued_on: Date,
    /// Its last day.
    pub expires_on: Date,
    /// The day it was taken back on, from which it holds no more.
    pub revoked_on: Option<Date>,
}

impl PowerOfAttorney {
    /// Whether it holds on this day.
    pub fn is_valid_on(&self, day: Date) -> bool {
        self.issued_on <= day
            && day <= self.expires_on
            && self.revoked_on.is_none_or(|revoked_on| day < revoked_on)
    }
}

/// What became of the inquiry to the bait's operator about this call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InquiryProof {
    /// None was sent.
    NotSent,
    /// It was sent, and nothing is known yet.
    Waiting,
    /// It was sent, and a person noted that no reply came.
    NoReply,
    /// The operator replied that it had not permitted the call, or gave no
    /// answer that means anything: neither is the subscriber's consent.
    NotPermitted,
    /// The operator replied that it had permitted the call. That is not the
    /// subscriber's consent either, but needs the subscriber's refusal beside it.
    Permitted,
}

/// What is known of one interception on the day the gate is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GateFacts {
    /// That day.
    pub today: Date,
    /// A recording with its hash is kept.
    pub recording: bool,
    /// What a person heard in it.
    pub label: Option<LabelKind>,
    /// That label has a transcript.
    pub transcript: bool,
    /// Its trap is complete.
    pub trap_complete: bool,
    /// It came during the trap.
    pub during_trap: bool,
    /// How many exposures of the trap were done when it came.
    pub exposures_done: usize,
    /// What the operator's statement says.
    pub statement: StatementProof,
    /// The certified original of a statement is kept.
    pub certified_statement: bool,
    /// The signed consent to disclosure is kept.
    pub disclosure_consent: bool,
    /// Proof of authority over the SIM is kept.
    pub sim_authority: bool,
    /// The applicant is entered.
    pub applicant: bool,
    /// Who signs.
    pub signer: Signer,
    /// What became of the inquiry.
    pub inquiry: InquiryProof,
    /// The date of the earliest written refusal of advertising.
    pub refused_advertising_on: Option<Date>,
    /// The dates that follow from the day of the call.
    pub limitation: Limitation,
    /// Another complaint that holds its interceptions contains it.
    pub in_other_complaint: bool,
}

/// What one interception misses, in the order of [`Missing`]; empty when it may
/// be filed. Of two things that come one after the other only the first is
/// named: without an inquiry nobody waits for a reply.
pub fn missing(facts: &GateFacts) -> Vec<Missing> {
    let holds = |item: &Missing| match item {
        Missing::Recording => facts.recording,
        Missing::AdvertisingLabel => facts.label == Some(LabelKind::Advertising),
        Missing::Transcript => facts.transcript,
        Missing::CompleteTrap => {
            facts.trap_complete || (facts.during_trap && facts.exposures_done > 0)
        }
        Missing::Statement => facts.statement != StatementProof::None,
        Missing::CallInStatement => facts.statement != StatementProof::CallNotFound,
        Missing::CertifiedStatement => facts.certified_statement,
        Missing::DisclosureConsent => facts.disclosure_consent,
        Missing::SimAuthority => facts.sim_authority,
        Missing::Applicant => facts.applicant && facts.signer != Signer::Unknown,
        Missing::PowerOfAttorney => has_power(facts),
        Missing::Inquiry => facts.inquiry != InquiryProof::NotSent,
        Missing::Reply => facts.inquiry != InquiryProof::Waiting,
        Missing::WrittenRefusal => {
            facts.inquiry != InquiryProof::Permitted || refused_before_the_call(facts)
        }
        Missing::Time => facts.limitation.days_left(facts.today) > 0,
        Missing::FreeOfOtherComplaints => !facts.in_other_complaint,
    };
    Missing::ALL.iter().copied().filter(|item| !holds(item)).collect()
}

/// How near the limitation date is: nothing the gate misses, but what a person
/// must see beside it, for the limit binds the decision.
pub fn warnings(facts: &GateFacts) -> Vec<LimitationWarning> {
    facts.limitation.warnings(facts.today)
}

fn has_power(facts: &GateFacts) -> bool {
    match facts.signer {
        Signer::Unknown | Signer::Applicant => true,
        Signer::Representative(power) => power.is_some_and(|one| one.is_valid_on(facts.today)),
    }
}

/// A refusal of the call's own day may be later than the call.
fn refused_before_the_call(facts: &GateFacts) -> bool {
    facts.refused_advertising_on.is_some_and(|refused_on| refused_on < facts.limitation.call_on)
}
