//! What a report by company counts in no line, and what in several. It does not
//! know the lines.

use crate::groups::{Dense, Groups};
use crate::offenders::{Place, places};
use crate::rows::{self, Callers, Described, Rows, Wanted};
use crate::source::{Codes, Source};
use crate::{AnalyticsError, Question};

/// Calls that a report by company counts in no line, or in more than one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Overlap {
    /// Of numbers that belonged to no company.
    pub unattributed: Apart,
    /// Of numbers that belonged to several at once.
    pub shared: Apart,
}

/// Calls told beside the lines of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Apart {
    /// Counted interceptions.
    pub interceptions: u64,
    /// Distinct numbers of those.
    pub callers: u64,
    /// Calls of any kind.
    pub calls: u64,
    /// Distinct numbers of calls of any kind.
    pub all_callers: u64,
}

/// The two kinds of calls, as groups.
const UNATTRIBUTED: u32 = 0;
const SHARED: u32 = 1;
/// What is counted of each: of calls of any kind, and of counted interceptions.
const ALL: usize = 0;
const COUNTED: usize = 1;

/// What a report by company counts in no line, and what in several.
///
/// # Errors
///
/// As [`crate::repeat_offenders`].
pub fn overlap(source: &Source<'_>, question: &Question) -> Result<Overlap, AnalyticsError> {
    let (codes, coded) = Codes::of(source)?;
    let wanted = Wanted {
        scope: question.scope.clone(),
        callers: Callers::WithNumber,
        columns: vec![Described::Competitors],
    };
    let places = places(&question.verdicts);
    let new = || Gathered { callers: Dense::default(), groups: Groups::new() };
    let parts = rows::fold(source, (&codes, &coded), &wanted, new, |part, rows| {
        part.add(rows, question, &places);
    })?;
    Ok(parts.into_iter().reduce(Gathered::merge).map_or_else(Overlap::default, Gathered::overlap))
}

struct Gathered {
    callers: Dense,
    groups: Groups<2, 2>,
}

impl Gathered {
    fn add(&mut self, rows: &Rows, question: &Question, places: &[Place]) {
        let groups = rows.competitors.map(|(client, competitors)| {
            let companies = question.entities.companies_of(*client, competitors);
            let asked = question.scope.competitor.is_none_or(|one| companies.contains(&one));
            match companies.len() {
                0 if asked => Some(UNATTRIBUTED),
                2.. if asked => Some(SHARED),
                _ => None,
            }
        });
        for (row, fact) in rows.facts.iter().enumerate() {
            let Some(group) = *groups.at(row) else { continue };
            let caller = self.callers.code(fact.caller);
            let is_counted = places[fact.kind.index()].is_counted();
            self.groups.reach(group, fact.first_at, fact.last_at);
            for which in if is_counted { &[ALL, COUNTED][..] } else { &[ALL] } {
                self.groups.sum(group, *which, u64::from(fact.calls));
                self.groups.distinct(group, *which, caller);
            }
        }
    }

    fn merge(mut self, other: Self) -> Self {
        let callers = self.callers.merge(other.callers);
        self.groups.merge(other.groups, &[UNATTRIBUTED, SHARED], [Some(&callers); 2]);
        self
    }

    fn overlap(self) -> Overlap {
        let counted = self.groups.counted();
        let apart = |group: u32| {
            let group = group as usize;
            if !counted.holds(group) {
                return Apart::default();
            }
            let distinct = |which: usize| u64::from(counted.distinct[which][group]);
            Apart {
                interceptions: counted.sum(group, COUNTED),
                callers: distinct(COUNTED),
                calls: counted.sum(group, ALL),
                all_callers: distinct(ALL),
            }
        };
        Overlap { unattributed: apart(UNATTRIBUTED), shared: apart(SHARED) }
    }
}
