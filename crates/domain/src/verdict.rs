//! From calls to interceptions: section 3 of the domain's rules as one pure,
//! versioned function that keeps every reason.

use crate::bait::Bait;
use crate::call::Call;
use crate::ids::{EditionId, TrapId};
use crate::instant::Instant;
use crate::numbering::NumberingPlan;
use crate::observation::Direction;
use crate::operator::{Inn, Operators};
use crate::own_number::OwnNumber;
use crate::phone::Phone;
use crate::trap::{Exposure, TrapState};
use serde::{Deserialize, Serialize};

/// The version of the rules below; kept with every verdict.
pub const RULE_VERSION: u32 = 1;

/// The legal meaning of an interception.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The caller's operator stands in another known group: the strongest sign.
    ForeignGroup,
    /// The caller's operator is another legal entity of no known common group.
    ForeignEntity,
    /// Both operators stand in one group; not lawful by itself.
    SameGroup,
    /// It cannot be told.
    Inconclusive,
    /// The number cannot be a caller's.
    Invalid,
}

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

/// A number the client takes calls from and does not complain of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowEntry {
    /// The number.
    pub phone: Phone,
    /// Calls before this moment are judged as if there were no entry.
    pub since: Instant,
}

/// A logged visit of the bait to a competitor's site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    /// The competitor, by any key the caller of the rules uses consistently.
    pub competitor: u64,
    /// When.
    pub at: Instant,
}

/// A number belongs to a competitor from `valid_from` to `valid_to`, half-open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribution {
    /// The number.
    pub phone: Phone,
    /// The competitor, by the same key as in [`Visit`].
    pub competitor: u64,
    /// Since when, or always.
    pub valid_from: Option<Instant>,
    /// Until when (exclusive), or for good.
    pub valid_to: Option<Instant>,
}

/// An answer of the portability database about one number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortabilityAnswer {
    /// The number.
    pub phone: Phone,
    /// The operator that serves it.
    pub operator: Inn,
    /// Since when the number is served so: the port date, or the look-up.
    pub valid_from: Instant,
    /// Until when (exclusive) the answer may be used.
    pub valid_to: Instant,
}

/// An earlier dealing between the bait and some number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// The other end.
    pub phone: Phone,
    /// Who called.
    pub direction: Direction,
    /// When it began.
    pub at: Instant,
    /// Whether a label says that consent was given in it.
    pub consent_given: bool,
}

/// Everything a verdict depends on beside the call itself.
#[derive(Debug, Clone, Copy)]
pub struct Circumstances<'a> {
    /// The call's bait.
    pub bait: &'a Bait,
    /// The traps of the bait, in any order.
    pub traps: &'a [TrapState],
    /// The client's own numbers.
    pub own_numbers: &'a [OwnNumber],
    /// The client's allow-list.
    pub allow_list: &'a [AllowEntry],
    /// The bait's visits to competitors' sites.
    pub visits: &'a [Visit],
    /// Which number belongs to which competitor.
    pub attributions: &'a [Attribution],
    /// The bait's calls with this caller, and with numbers of the same
    /// competitor; contacts with others do no harm.
    pub contacts: &'a [Contact],
    /// The numbering registry.
    pub numbering: &'a NumberingPlan,
    /// What the portability database said.
    pub portability: &'a [PortabilityAnswer],
    /// The operators and their groups.
    pub operators: &'a Operators,
    /// Whether the operator's statement for the call's time is in: a number
    /// still hidden then is invalid, not inconclusive.
    pub statement_is_in: bool,
}

/// What the rules say of one call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assessment {
    /// An interception's particulars; `None` for background.
    pub interception: Option<Interception>,
    /// Every reason, sorted, without repeats.
    pub reasons: Vec<Reason>,
    /// [`RULE_VERSION`] at the time.
    pub rule_version: u32,
}

/// The particulars of an interception.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interception {
    /// The latest trap that covers the call.
    pub trap: TrapId,
    /// Its legal meaning.
    pub verdict: Verdict,
    /// Nobody answered: counted apart, never packaged.
    pub attempt: bool,
    /// The caller had called this bait before the trap: no further trap for
    /// repeat counts.
    pub prior_contact: bool,
    /// The exposures of the trap that were done when the call came.
    pub exposures_done: Vec<Exposure>,
    /// The caller's operator, by portability answer or range.
    pub caller_operator: Option<Inn>,
    /// The edition of the registry that was asked.
    pub edition: Option<EditionId>,
}

/// Judges one call.
pub fn assess(call: &Call, circumstances: &Circumstances<'_>) -> Assessment {
    let _ = (call, circumstances);
    unimplemented!()
}
