//! The reasons kept with every verdict: code words, not sentences for documents.

use crate::words::words;
use serde::{Deserialize, Serialize};

/// Why a call is background, or what a person should know of a verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    // Why a call is background.
    /// The bait called.
    Outgoing,
    /// Not over the telephone network.
    Channel,
    /// In no window, and not during a trap.
    OutsideWindow,
    /// The caller is an own number valid then.
    OwnNumber,
    /// The client's allow-list names the caller.
    AllowListed,
    /// The bait had called this number, or one exclusive to the same competitor.
    TaintedByCall,
    /// The bait had visited the competitor's site.
    TaintedByVisit,
    /// Consent was given in an earlier call.
    TaintedByConsent,
    // What qualifies an interception.
    /// It came after the first exposure and before the window opened.
    DuringTrap,
    /// It started nearer to an edge of the window than the clock is sure.
    Edge,
    /// Nobody answered.
    Attempt,
    /// The caller or competitor had called this bait before the trap.
    PriorContact,
    // What the verdict rests on.
    /// The caller's number is withheld and no statement has revealed it yet.
    HiddenNumber,
    /// The caller field holds no number.
    MalformedNumber,
    /// The caller is a short code.
    ShortCode,
    /// The caller is an alphanumeric sender.
    AlphanumericSender,
    /// The number belongs to another country.
    ForeignCountry,
    /// The number lies in no allocated range.
    Unallocated,
    /// The next edition, which could still allocate it, is not loaded.
    NextEditionNotLoaded,
    /// Allocated only by the next edition.
    AllocatedByNextEdition,
    /// No numbering file is loaded for the code.
    NumberingNotLoaded,
    /// The call is older than the first edition, which was used all the same.
    BeforeFirstEdition,
    /// The numbering file does not say who holds the range.
    CallerOperatorUnknown,
    /// The bait's operator is not known.
    BaitOperatorUnknown,
    /// The bait's operator is a virtual one.
    BaitOperatorVirtual,
    /// The caller's operator is a virtual one that may use the bait operator's network.
    CallerOperatorVirtual,
    /// The holder assigns no numbers to callers (machines, reserve).
    NotACaller,
    /// The bait was roaming.
    Roaming,
    /// The caller's operator comes from a portability answer.
    Ported,
    /// The caller's operator is the range holder; the number may be ported.
    RangeHolderOnly,
}

words!(Reason {
    Outgoing => "outgoing",
    Channel => "channel",
    OutsideWindow => "outside_window",
    OwnNumber => "own_number",
    AllowListed => "allow_listed",
    TaintedByCall => "tainted_by_call",
    TaintedByVisit => "tainted_by_visit",
    TaintedByConsent => "tainted_by_consent",
    DuringTrap => "during_trap",
    Edge => "edge",
    Attempt => "attempt",
    PriorContact => "prior_contact",
    HiddenNumber => "hidden_number",
    MalformedNumber => "malformed_number",
    ShortCode => "short_code",
    AlphanumericSender => "alphanumeric_sender",
    ForeignCountry => "foreign_country",
    Unallocated => "unallocated",
    NextEditionNotLoaded => "next_edition_not_loaded",
    AllocatedByNextEdition => "allocated_by_next_edition",
    NumberingNotLoaded => "numbering_not_loaded",
    BeforeFirstEdition => "before_first_edition",
    CallerOperatorUnknown => "caller_operator_unknown",
    BaitOperatorUnknown => "bait_operator_unknown",
    BaitOperatorVirtual => "bait_operator_virtual",
    CallerOperatorVirtual => "caller_operator_virtual",
    NotACaller => "not_a_caller",
    Roaming => "roaming",
    Ported => "ported",
    RangeHolderOnly => "range_holder_only",
});
