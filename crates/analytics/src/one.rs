//! One offender counted by hand: its few tallies are done before the column
//! engine has made a frame of them. What is counted where, and what it comes
//! to, is the report's own.

use std::collections::HashSet;
use std::hash::Hash;

use crate::key::keys_of;
use crate::offenders::{Groups, Place, standing_of};
use crate::{Offender, Question, Tally};

/// Answers `question` for tallies that all belong to one key of it, as
/// [`crate::repeat_offenders`] would; `None` where there is none.
pub fn one_offender(tallies: &[Tally], question: &Question) -> Option<Offender> {
    let keyed = tallies.iter().map(|tally| (tally, keys_of(tally, question)));
    // What the question leaves out has no key.
    let keyed: Vec<_> = keyed.filter(|(_, keys)| !keys.is_empty()).collect();
    let key = keyed.first()?.1.first()?.clone();
    let tallies: Vec<&Tally> = keyed.into_iter().map(|(tally, _)| tally).collect();
    let offender = counts(&tallies, question).offender(0, key);
    let standing = question.group_by.has_standing();
    let standing = standing.then(|| standing_of(&offender, &question.thresholds));
    Some(Offender { standing, ..offender })
}

/// The one group that the tallies make.
fn counts(tallies: &[&Tally], question: &Question) -> Groups {
    let mut sums = vec![vec![0]; Place::ALL.len()];
    let (mut fresh, mut counted) = (Vec::new(), Vec::new());
    for &tally in tallies {
        let place = Place::of(tally, &question.verdicts);
        sums[place as usize][0] += u64::from(tally.calls);
        if place == Place::FreshInterception {
            fresh.push(tally);
        }
        if matches!(place, Place::FreshInterception | Place::PriorContact) {
            counted.push(tally);
        }
    }
    Groups {
        key: vec![0],
        traps: vec![distinct(&fresh, |tally| tally.trap)],
        baits: vec![distinct(&counted, |tally| tally.bait)],
        clients: vec![distinct(&counted, |tally| tally.client)],
        days: vec![distinct(&counted, |tally| tally.local_day)],
        callers: vec![distinct(&counted, |tally| tally.caller)],
        all_callers: vec![distinct(tallies, |tally| tally.caller)],
        first_at: vec![tallies.iter().map(|tally| tally.first_at.0).min().unwrap_or_default()],
        last_at: vec![tallies.iter().map(|tally| tally.last_at.0).max().unwrap_or_default()],
        sums,
    }
}

/// There are fewer than [`crate::MAX_ROWS`] tallies, so every count fits.
fn distinct<T: Eq + Hash>(tallies: &[&Tally], value: impl Fn(&Tally) -> T) -> u32 {
    tallies.iter().map(|tally| value(tally)).collect::<HashSet<T>>().len() as u32
}
