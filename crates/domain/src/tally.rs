//! Interceptions as they are counted: one row each, and tallies of rows that
//! are equal but for their moment. Who counts them is not known here.

use crate::ids::{BaitId, ClientId, CompetitorId, TrapId};
use crate::instant::Instant;
use crate::label::LabelKind;
use crate::operator::Inn;
use crate::phone::Phone;
use crate::verdict::Verdict;
use crate::words::words;
use serde::{Deserialize, Serialize};

/// What is known of an interception by listening to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hearing {
    /// Nobody labelled it yet.
    Unheard,
    /// A person heard advertising.
    Advertising,
    /// A person heard something else, or could not tell.
    Other,
}

words!(Hearing {
    Unheard => "unheard",
    Advertising => "advertising",
    Other => "other",
});

/// From the label in force, if there is one. Whatever is not plainly
/// advertising stays out of the counts: couriers, banks and staff must not
/// become offenders.
impl From<Option<LabelKind>> for Hearing {
    fn from(label: Option<LabelKind>) -> Self {
        match label {
            None => Self::Unheard,
            Some(LabelKind::Advertising) => Self::Advertising,
            Some(
                LabelKind::OwnSide
                | LabelKind::Service
                | LabelKind::WrongNumber
                | LabelKind::Unclear,
            ) => Self::Other,
        }
    }
}

/// One interception.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InterceptionRow {
    /// Whose bait was called.
    pub client: ClientId,
    /// Who called; `None` for a withheld number, a short code or a name, which
    /// form no offender but are calls that a bait got.
    pub caller: Option<Phone>,
    /// The caller's operator, where it is known.
    pub operator: Option<Inn>,
    /// The region of the caller's range, where one is known.
    pub region: Option<String>,
    /// The competitors that the caller's number belonged to then, sorted.
    pub competitors: Vec<CompetitorId>,
    /// The bait.
    pub bait: BaitId,
    /// The bait's operator by contract, where it is given.
    pub bait_operator: Option<Inn>,
    /// The trap it belongs to.
    pub trap: TrapId,
    /// Its legal meaning.
    pub verdict: Verdict,
    /// Nobody answered.
    pub attempt: bool,
    /// What was heard.
    pub hearing: Hearing,
    /// The caller had called this bait before the trap.
    pub prior_contact: bool,
    /// The client's civil day of the call, in days since 1970-01-01.
    pub local_day: i32,
    /// When it began.
    pub started_at: Instant,
}

/// Interceptions that are equal but for their moment. Ordered by its fields
/// from the first to the last.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tally {
    /// See [`InterceptionRow::client`].
    pub client: ClientId,
    /// See [`InterceptionRow::caller`].
    pub caller: Option<Phone>,
    /// See [`InterceptionRow::operator`].
    pub operator: Option<Inn>,
    /// See [`InterceptionRow::region`].
    pub region: Option<String>,
    /// See [`InterceptionRow::competitors`].
    pub competitors: Vec<CompetitorId>,
    /// See [`InterceptionRow::bait`].
    pub bait: BaitId,
    /// See [`InterceptionRow::bait_operator`].
    pub bait_operator: Option<Inn>,
    /// See [`InterceptionRow::trap`].
    pub trap: TrapId,
    /// See [`InterceptionRow::verdict`].
    pub verdict: Verdict,
    /// See [`InterceptionRow::attempt`].
    pub attempt: bool,
    /// See [`InterceptionRow::hearing`].
    pub hearing: Hearing,
    /// See [`InterceptionRow::prior_contact`].
    pub prior_contact: bool,
    /// See [`InterceptionRow::local_day`].
    pub local_day: i32,
    /// How many there are, at least one.
    pub calls: u32,
    /// When the earliest began.
    pub first_at: Instant,
    /// When the latest began.
    pub last_at: Instant,
}
