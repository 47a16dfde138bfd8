//! From observations to calls: the matching rule.

use crate::call::Call;
use crate::instant::{Instant, Span};
use crate::observation::Observation;

/// An observation joins a group whose first start is at most this much earlier.
pub const MATCHING_SPAN: Span = Span::seconds(120);

/// Derives the calls of any baits and directions; the order of the input does
/// not matter. Calls come out in order of (start, id).
pub fn match_observations(observations: &[Observation]) -> Vec<Call> {
    let _ = observations;
    unimplemented!()
}

/// Whether the groups that start at or after `at` can be told from these
/// observations alone, that is, whether every bait, direction and channel has
/// a pause longer than [`MATCHING_SPAN`] among its observations before `at`,
/// or none at all back to `loaded_from`.
pub fn is_settled_before(observations: &[Observation], loaded_from: Instant, at: Instant) -> bool {
    let _ = (observations, loaded_from, at);
    unimplemented!()
}
