//! Which days of a month go into which file, and whether it is worth it now.
//! Pure.

use std::collections::BTreeSet;

use baitline_domain::ids::SegmentId;
use baitline_domain::instant::{Day, Span};
use baitline_store::sealing::MonthState;

use super::SealRules;

/// Files are written anew as soon as so much of them is new: each row is then
/// written a bounded number of times, however late calls come.
const WORTHWHILE_SHARE: i64 = 16;
/// And for less, after so many times [`SealRules::after`]: what was erased has to
/// leave the files, too.
const PATIENCE: i64 = 24;
/// A file with less than this part of the most it may hold is written anew
/// together with what is added to its month.
const SMALL_PART: i64 = 2;

/// What sealing a month would write.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Plan {
    /// The segments that go.
    pub(super) old: BTreeSet<SegmentId>,
    /// The days of each new one.
    pub(super) files: Vec<BTreeSet<Day>>,
    rows: i64,
}

impl Plan {
    pub(super) fn of(state: &MonthState, until: Day, rules: &SealRules) -> Self {
        let stale = state.days.iter().filter(|day| day.unsealed).filter_map(|day| day.segment_id);
        let mut old: BTreeSet<SegmentId> = stale.collect();
        let small = state.segments.iter().filter(|one| one.interceptions < rules.most / SMALL_PART);
        old.extend(small.map(|segment| segment.id));
        let goes_in = |segment: Option<SegmentId>| segment.is_none_or(|id| old.contains(&id));
        let days: Vec<(Day, i64)> = state
            .days
            .iter()
            .filter(|day| day.interceptions > 0 && day.day() < until && goes_in(day.segment_id))
            .map(|day| (day.day(), day.interceptions))
            .collect();
        let rows = days.iter().map(|(_, interceptions)| interceptions).sum();
        let files = if rows < rules.least { Vec::new() } else { cut(&days, rules.most) };
        Self { old, files, rows }
    }

    pub(super) fn is_worth(&self, unsealed: i64, waited: Span, rules: &SealRules) -> bool {
        let does_something = !self.files.is_empty() || !self.old.is_empty();
        let is_enough = unsealed.saturating_mul(WORTHWHILE_SHARE) >= self.rows.max(1);
        does_something && (is_enough || waited.0 >= rules.after.0.saturating_mul(PATIENCE))
    }
}

/// Days in order, into files of at most `most` rows; a day is never cut.
fn cut(days: &[(Day, i64)], most: i64) -> Vec<BTreeSet<Day>> {
    let (mut files, mut rows) = (Vec::<BTreeSet<Day>>::new(), 0);
    for (day, interceptions) in days {
        rows += interceptions;
        match files.last_mut() {
            Some(last) if rows <= most => {
                last.insert(*day);
            }
            _ => {
                files.push(BTreeSet::from([*day]));
                rows = *interceptions;
            }
        }
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: SealRules = SealRules { after: Span::hours(1), open_days: 2, least: 1, most: 100 };

    #[test]
    fn a_file_holds_as_many_whole_days_as_fit() {
        let days = [(Day(1), 60), (Day(2), 40), (Day(3), 1), (Day(4), 250), (Day(5), 100)];
        let files = cut(&days, 100);
        let expected = [[Day(1), Day(2)].as_slice(), &[Day(3)], &[Day(4)], &[Day(5)]];
        assert_eq!(files, expected.map(|days| days.iter().copied().collect()));
    }

    #[test]
    fn a_late_call_waits_for_more_of_its_kind_or_for_a_day() {
        let plan = Plan { files: vec![BTreeSet::from([Day(1)])], rows: 100, ..Plan::default() };
        assert!(plan.is_worth(7, Span::hours(1), &RULES));
        assert!(!plan.is_worth(6, Span::hours(23), &RULES));
        assert!(plan.is_worth(6, Span::hours(24), &RULES));
        assert!(!Plan::default().is_worth(6, Span::hours(24), &RULES), "there is nothing to do");
    }
}
