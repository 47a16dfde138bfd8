//! The facts a verdict rests on beside the call: whoever asks for a verdict
//! brings them; nothing here is looked up.

use crate::bait::Bait;
use crate::ids::CompetitorId;
use crate::instant::{Instant, Span};
use crate::numbering::NumberingPlan;
use crate::observation::Direction;
use crate::operator::{Inn, Operators};
use crate::own_number::OwnNumber;
use crate::phone::Phone;
use crate::trap::TrapState;

/// A number the client takes calls from and does not complain of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowEntry {
    /// The number.
    pub phone: Phone,
    /// Calls before this moment are judged as if there were no entry.
    pub since: Instant,
    /// Until when (exclusive), or for good.
    pub until: Option<Instant>,
}

impl AllowEntry {
    /// Whether the entry lets `phone` call at `at`.
    pub fn allows(&self, phone: Phone, at: Instant) -> bool {
        self.phone == phone && self.since <= at && self.until.is_none_or(|until| at < until)
    }
}

/// A logged visit of the bait to a competitor's site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    /// The competitor.
    pub competitor: CompetitorId,
    /// When.
    pub at: Instant,
}

/// A number belongs to a competitor from `valid_from` to `valid_to`, half-open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribution {
    /// The number.
    pub phone: Phone,
    /// The competitor.
    pub competitor: CompetitorId,
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

/// How long after its look-up a portability answer may be used.
pub const PORTABILITY_ANSWER_LASTS: Span = Span::hours(30 * 24);

impl PortabilityAnswer {
    /// What a look-up tells: valid from the port, or from the look-up where
    /// the answer does not date it, until it is stale.
    pub fn of_look_up(
        phone: Phone,
        operator: Inn,
        looked_up_at: Instant,
        ported_at: Option<Instant>,
    ) -> Self {
        let valid_from = ported_at.unwrap_or(looked_up_at);
        Self { phone, operator, valid_from, valid_to: looked_up_at + PORTABILITY_ANSWER_LASTS }
    }
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
    /// The operators and their groups, each with what held when.
    pub operators: &'a Operators,
    /// Whether the operator's statement for the call's time is in: a number
    /// still hidden then is invalid, not inconclusive.
    pub statement_is_in: bool,
}
