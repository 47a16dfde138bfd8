//! Whether a statement was read in a wrong time zone. Operators print local
//! time, Moscow time or UTC, and seldom say which; then every line is off by
//! the same whole half hours.

use std::collections::BTreeMap;

use super::{OurCall, StatementLine, TIME_TOLERANCE};
use crate::instant::{Instant, Span};
use crate::phone::Party;

/// Zones differ by whole half hours, but for a few that no Russian line is in.
const STEP: Span = Span::seconds(1_800);
/// The farthest two zones are apart, in steps: 26 hours.
const MOST_STEPS: i64 = 52;
/// Fewer lines than this prove no zone.
const FEWEST_LINES: usize = 3;

/// What to add to every time of the statement so that it agrees with our calls,
/// where it does not now: some shift makes at least three lines agree and at
/// least twice as many as agree unshifted. Of equal ones the smallest shift.
pub fn likely_shift(calls: &[OurCall], lines: &[StatementLine]) -> Option<Span> {
    let mut starts: BTreeMap<&Party, Vec<Instant>> = BTreeMap::new();
    for call in calls {
        starts.entry(&call.party).or_default().push(call.started_at);
    }
    starts.values_mut().for_each(|starts| starts.sort_unstable());
    let agreeing = |shift: Span| {
        let agrees = |line: &&StatementLine| {
            let Some(starts) = starts.get(&line.party) else { return false };
            let first = line.started_at + shift - TIME_TOLERANCE;
            let place = starts.partition_point(|start| *start < first);
            let last = line.latest_start() + shift + TIME_TOLERANCE;
            starts.get(place).is_some_and(|start| *start <= last)
        };
        lines.iter().filter(agrees).count()
    };
    let unshifted = agreeing(Span(0));
    let shifts = (1..=MOST_STEPS).flat_map(|steps| [Span(-STEP.0 * steps), Span(STEP.0 * steps)]);
    let mut best = (0, None);
    for shift in shifts {
        let count = agreeing(shift);
        if count > best.0 {
            best = (count, Some(shift));
        }
    }
    best.1.filter(|_| best.0 >= FEWEST_LINES && best.0 >= 2 * unshifted && best.0 > unshifted)
}
