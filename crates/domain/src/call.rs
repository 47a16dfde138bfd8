//! A call: what several observations describe.

use crate::ids::{BaitId, ObservationId};
use crate::instant::{Instant, Span};
use crate::observation::{Channel, Direction};
use crate::phone::Party;

/// Derived by [`crate::matching::match_observations`], never stored as a fact
/// of its own: it can always be made again from its observations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The id of its first observation.
    pub id: ObservationId,
    /// The bait.
    pub bait: BaitId,
    /// As the bait sees it.
    pub direction: Direction,
    /// The other end, revealed by any observation that knows it.
    pub party: Party,
    /// What carried it.
    pub channel: Channel,
    /// The corrected start of the first observation.
    pub started_at: Instant,
    /// How far that start may be off.
    pub uncertainty: Span,
    /// The longest connected time any observation states, in seconds.
    pub connected_seconds: u32,
    /// Whether any observation says that somebody answered.
    pub answered: bool,
    /// Whether any observation says that the bait was roaming.
    pub roaming: bool,
    /// All observations, in order of (corrected start, id).
    pub observations: Vec<ObservationId>,
}

impl Call {
    /// When the connection ended, as far as the observations tell.
    pub fn ended_at(&self) -> Instant {
        self.started_at + Span::seconds(i64::from(self.connected_seconds))
    }
}
