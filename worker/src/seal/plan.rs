//! Which days of a month go into which file, and whether it is worth it now.
//! Pure.

use std::collections::BTreeSet;

use baitline_domain::ids::SegmentId;
use baitline_domain::instant::{Day, Span};
use baitline_store::models::DerivedDay;
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
    /// How many rows they hold, and how many of them no file holds yet.
    rows: i64,
    unsealed: i64,
    /// Whether a day gets into a file or out of one by it.
    gets_on: bool,
}

impl Plan {
    /// Days of which something waits to be recomputed stay in the database, and so
    /// do those from `until` on.
    pub(super) fn of(state: &MonthState, until: Day, rules: &SealRules) -> Self {
        let stale = state.days.iter().filter(|day| day.unsealed).filter_map(|day| day.segment_id);
        let mut old: BTreeSet<SegmentId> = stale.collect();
        let small = state.segments.iter().filter(|one| one.interceptions < rules.most / SMALL_PART);
        old.extend(small.map(|segment| segment.id));
        let goes_in = |segment: Option<SegmentId>| segment.is_none_or(|id| old.contains(&id));
        let settled = || {
            let is_settled = |day: &&DerivedDay| state.settled.contains(&day.day());
            state.days.iter().filter(is_settled).filter(|day| day.day() < until)
        };
        let days: Vec<&DerivedDay> =
            settled().filter(|day| day.interceptions > 0 && goes_in(day.segment_id)).collect();
        let count = |days: &mut dyn Iterator<Item = &&DerivedDay>| -> i64 {
            days.map(|day| day.interceptions).sum()
        };
        let rows = count(&mut days.iter());
        let unsealed = count(&mut days.iter().filter(|day| day.unsealed));
        let files = if rows < rules.least { Vec::new() } else { cut(&days, rules.most) };
        let gets_on = settled().any(|day| day.unsealed) && !(files.is_empty() && old.is_empty());
        Self { old, files, rows, unsealed, gets_on }
    }

    pub(super) fn is_worth(&self, waited: Span, rules: &SealRules) -> bool {
        let is_enough = self.unsealed.saturating_mul(WORTHWHILE_SHARE) >= self.rows.max(1);
        self.gets_on && (is_enough || waited.0 >= rules.after.0.saturating_mul(PATIENCE))
    }
}

/// Days in order, into files of at most `most` rows; a day is never cut.
fn cut(days: &[&DerivedDay], most: i64) -> Vec<BTreeSet<Day>> {
    let (mut files, mut rows) = (Vec::<BTreeSet<Day>>::new(), 0);
    for day in days {
        rows += day.interceptions;
        match files.last_mut() {
            Some(last) if rows <= most => {
                last.insert(day.day());
            }
            _ => {
                files.push(BTreeSet::from([day.day()]));
                rows = day.interceptions;
            }
        }
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: SealRules = SealRules { after: Span::hours(1), open_days: 2, least: 1, most: 100 };

    fn plan(rows: i64, unsealed: i64) -> Plan {
        Plan { rows, unsealed, gets_on: true, ..Plan::default() }
    }

    #[test]
    fn a_late_call_waits_for_more_of_its_kind_or_for_a_day() {
        assert!(plan(100, 7).is_worth(Span::hours(1), &RULES));
        assert!(!plan(100, 6).is_worth(Span::hours(23), &RULES));
        assert!(plan(100, 6).is_worth(Span::hours(24), &RULES));
        assert!(plan(100, 0).is_worth(Span::hours(24), &RULES), "what was erased");
        let idle = Plan { gets_on: false, ..plan(100, 7) };
        assert!(!idle.is_worth(Span::hours(24), &RULES));
    }
}
