//! What a transaction touches: baits' parts of days, each from a moment on.

use std::collections::{BTreeMap, BTreeSet};

use baitline_domain::ids::BaitId;
use baitline_domain::instant::{Day, Instant};
use baitline_domain::matching::{LATEST_EFFECT, MATCHING_SPAN};

/// Baits' parts of days, and from which moment on each is touched.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parts(BTreeMap<(Day, BaitId), Instant>);

impl Parts {
    /// Adds what an observation at `at` can change: no other bait's calls, and none
    /// that began earlier than [`LATEST_EFFECT`] before it.
    pub fn add_observation(&mut self, at: Instant, bait: BaitId) {
        for day in days_touched_by(at) {
            self.add(day, bait, day.start().max(at - LATEST_EFFECT));
        }
    }

    /// Adds the bait's whole day.
    pub fn add_day(&mut self, day: Day, bait: BaitId) {
        self.add(day, bait, day.start());
    }

    fn add(&mut self, day: Day, bait: BaitId, since: Instant) {
        let known = self.0.entry((day, bait)).or_insert(since);
        *known = since.min(*known);
    }

    /// Leaves these days out.
    pub(crate) fn leave_out(&mut self, days: &BTreeSet<Day>) {
        self.0.retain(|(day, _), _| !days.contains(day));
    }

    /// Every day of which something is touched.
    pub fn days(&self) -> BTreeSet<Day> {
        self.0.keys().map(|(day, _)| *day).collect()
    }

    /// Of each day the baits, and the moment from which on one of them is touched.
    pub(super) fn by_day(&self) -> BTreeMap<Day, (Vec<BaitId>, Instant)> {
        let mut days: BTreeMap<Day, (Vec<BaitId>, Instant)> = BTreeMap::new();
        for (&(day, bait), &since) in &self.0 {
            let (baits, earliest) = days.entry(day).or_insert_with(|| (Vec::new(), since));
            baits.push(bait);
            *earliest = since.min(*earliest);
        }
        days
    }
}

/// Whole days.
impl FromIterator<(Day, BaitId)> for Parts {
    fn from_iter<I: IntoIterator<Item = (Day, BaitId)>>(days: I) -> Self {
        let mut parts = Self::default();
        for (day, bait) in days {
            parts.add_day(day, bait);
        }
        parts
    }
}

/// The days that an observation at `at` can change by itself: those of the calls
/// it can belong to or give another shape, and of those within the matching span
/// later. What hangs on those in a chain is the worker's to follow.
pub fn days_touched_by(at: Instant) -> BTreeSet<Day> {
    [at - LATEST_EFFECT, at, at + MATCHING_SPAN].map(Instant::day).into()
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_part_is_touched_from_the_earliest_moment_that_anything_can_change() {
        let day = Day(20_000);
        let bait = BaitId(Uuid::from_u128(1));
        let noon = Instant(day.start().0 + 12 * 3_600_000_000);
        let mut parts = Parts::default();
        parts.add_observation(noon, bait);
        let since = |parts: &Parts| parts.by_day()[&day].1;
        assert_eq!(since(&parts), noon - LATEST_EFFECT);
        let earlier = noon - MATCHING_SPAN;
        parts.add_observation(earlier, bait);
        parts.add_observation(noon, BaitId(Uuid::from_u128(2)));
        assert_eq!(since(&parts), earlier - LATEST_EFFECT);
        assert_eq!(parts.days(), [day].into());
        // Shortly after midnight the day before may change too, and only its end.
        parts.add_observation(day.start() + MATCHING_SPAN, bait);
        let days = parts.by_day();
        assert_eq!(days[&Day(day.0 - 1)].1, day.start() + MATCHING_SPAN - LATEST_EFFECT);
        assert_eq!(since(&parts), day.start());
    }

    #[test]
    fn a_whole_day_holds_over_a_moment_of_it() {
        let (day, bait) = (Day(20_000), BaitId(Uuid::from_u128(1)));
        let mut parts: Parts = [(day, bait)].into_iter().collect();
        parts.add_observation(day.end() - LATEST_EFFECT, bait);
        assert_eq!(parts.by_day()[&day], (vec![bait], day.start()));
    }
}
