//! One source's report of a call, as the rules see it.

use crate::ids::{BaitId, ObservationId, SourceId};
use crate::instant::{Instant, Span};
use crate::phone::Party;
use crate::words::words;
use serde::{Deserialize, Serialize};

/// Always as the bait sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// To the bait.
    Incoming,
    /// From the bait.
    Outgoing,
}

words!(Direction { Incoming => "incoming", Outgoing => "outgoing" });

/// What carried it. Only calls over the telephone network get a verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// The public telephone network.
    Pstn,
    /// A call inside a messenger.
    Messenger,
    /// A text message.
    Sms,
}

words!(Channel { Pstn => "pstn", Messenger => "messenger", Sms => "sms" });

/// The latest valid revision of one report, joined to its bait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observation {
    /// Its id.
    pub id: ObservationId,
    /// Who reported it.
    pub source: SourceId,
    /// The bait.
    pub bait: BaitId,
    /// As the bait sees it.
    pub direction: Direction,
    /// The other end.
    pub party: Party,
    /// What carried it.
    pub channel: Channel,
    /// The start, corrected by the source's clock offset.
    pub occurred_at: Instant,
    /// How far the corrected start may be off.
    pub uncertainty: Span,
    /// Connected time in seconds; absent where the source does not say.
    pub connected_seconds: Option<u32>,
    /// Whether somebody answered.
    pub answered: bool,
    /// Whether the bait was roaming.
    pub roaming: bool,
}

/// How a record names the bait.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum BaitName {
    /// By its number.
    Number(crate::phone::Phone),
    /// By the client's own reference, which never reads as a number.
    Reference(String),
}

/// The two ends of a reported call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ends {
    /// The record says which end is the bait: a recorder app, a person, a CRM.
    Named {
        /// The bait.
        bait: BaitName,
        /// As the bait sees it.
        direction: Direction,
        /// The other end.
        party: Party,
    },
    /// The record only says who called whom: a PBX. The end that is a bait
    /// decides; where both are, the caller does, for a record whose caller is
    /// a bait is that bait's outgoing call.
    Plain {
        /// Who called.
        caller: Party,
        /// Who was called.
        called: Party,
    },
}

/// Why the fields of a record do not tell its two ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EndsError {
    /// A direction without the bait that sees it so.
    #[error("a direction without a bait")]
    UnexpectedDirection,
    /// A bait without the direction.
    #[error("a bait without a direction")]
    MissingDirection,
    /// Nobody was called.
    #[error("nobody was called")]
    MissingCalled,
}

/// Which bait a report belongs to, and how the call looks from there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Joined {
    /// The bait.
    pub bait: BaitId,
    /// As the bait sees it.
    pub direction: Direction,
    /// The other end.
    pub party: Party,
}

impl BaitName {
    /// Reads what a record calls its bait: what reads as a number is one.
    pub fn read(text: &str) -> Self {
        match Party::read(Some(text)) {
            Party::Number(phone) => Self::Number(phone),
            _ => Self::Reference(text.to_owned()),
        }
    }
}

/// Prints a form that [`BaitName::read`] reads back.
impl std::fmt::Display for BaitName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(phone) => phone.fmt(f),
            Self::Reference(reference) => f.write_str(reference),
        }
    }
}

impl Ends {
    /// Decides from the fields that are there whether the record names its bait.
    ///
    /// # Errors
    /// When a field lacks another one that it needs.
    pub fn of_fields(
        bait: Option<&str>,
        direction: Option<Direction>,
        caller: Option<&str>,
        called: Option<&str>,
    ) -> Result<Self, EndsError> {
        let Some(bait) = bait else {
            if direction.is_some() {
                return Err(EndsError::UnexpectedDirection);
            }
            let called = Party::read(Some(called.ok_or(EndsError::MissingCalled)?));
            return Ok(Self::Plain { caller: Party::read(caller), called });
        };
        let direction = direction.ok_or(EndsError::MissingDirection)?;
        let party = match direction {
            Direction::Incoming => Party::read(caller),
            Direction::Outgoing => Party::read(Some(called.ok_or(EndsError::MissingCalled)?)),
        };
        Ok(Self::Named { bait: BaitName::read(bait), direction, party })
    }

    /// The names by which the bait may be known: the one the record gives, or
    /// each end that is a number.
    pub fn bait_names(&self) -> Vec<BaitName> {
        match self {
            Self::Named { bait, .. } => vec![bait.clone()],
            Self::Plain { caller, called } => [caller, called]
                .into_iter()
                .filter_map(Party::phone)
                .map(BaitName::Number)
                .collect(),
        }
    }

    /// Joins the report to a bait that `find` knows; `None` keeps it unmatched
    /// until the bait appears.
    pub fn join(&self, find: impl Fn(&BaitName) -> Option<BaitId>) -> Option<Joined> {
        match self {
            Self::Named { bait, direction, party } => {
                find(bait).map(|bait| Joined { bait, direction: *direction, party: party.clone() })
            }
            Self::Plain { caller, called } => {
                let end = |end: &Party| match end {
                    Party::Number(phone) => find(&BaitName::Number(*phone)),
                    _ => None,
                };
                if let Some(bait) = end(caller) {
                    let (direction, party) = (Direction::Outgoing, called.clone());
                    return Some(Joined { bait, direction, party });
                }
                let bait = end(called)?;
                Some(Joined { bait, direction: Direction::Incoming, party: caller.clone() })
            }
        }
    }
}

/// One revision of one source's report, read and normalised, on its way to
/// the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Its identity, derived from client, source and external id.
    pub id: ObservationId,
    /// Who reports.
    pub source: SourceId,
    /// The source's own id of the record.
    pub external_id: Option<String>,
    /// The highest revision of an id wins.
    pub revision: u32,
    /// The two ends.
    pub ends: Ends,
    /// The caller as it was written.
    pub caller_raw: Option<String>,
    /// The called as it was written.
    pub called_raw: Option<String>,
    /// What carried it.
    pub channel: Channel,
    /// The start as the source's clock had it.
    pub reported_at: Instant,
    /// The start as it was written.
    pub reported_at_raw: String,
    /// Connected time in seconds.
    pub connected_seconds: Option<u32>,
    /// Whether somebody answered.
    pub answered: bool,
    /// Whether the bait was roaming.
    pub roaming: bool,
    /// The label the phone's screen showed with the call, as it was seen.
    pub screen_label: Option<String>,
    /// What else the source sent: a JSON object, kept and never read.
    pub extra: Option<String>,
    /// Whether it was read from the name of a recording's file, so that no
    /// source reported it.
    pub derived: bool,
}
