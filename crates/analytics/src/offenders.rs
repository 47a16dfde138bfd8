//! From tallies and segments to offenders: the counts of domain.md section 3,
//! "Offenders", and what they come to. It does not know where the interceptions
//! come from, nor what a company or a group is.

use std::cmp::Reverse;
use std::sync::{Mutex, PoisonError};

use baitline_domain::ids::ClientId;
use baitline_domain::instant::Instant;
use baitline_domain::verdict::Verdict;

use crate::fact::{Fact, NO_CALLER, Outcome};
use crate::groups::{Counted, Dense, Groups};
use crate::key::{Keys, MOST_IN_LINE, asked_for};
use crate::rows::{self, Callers, Described, Repeated, Rows, Wanted};
use crate::source::{Coded, Codes, Source};
use crate::{
    AnalyticsError, GroupBy, Hearing, Offender, OffenderKey, Question, Standing, Tally, Thresholds,
    VerdictCounts,
};

/// Parts of the lines of numbers: some more than cores, so that one is free for each.
const PARTS: usize = 16;

/// Answers `question`; the worst offenders first, in one order for equal
/// interceptions. Neither their order matters, nor how they are split between
/// tallies and segments.
///
/// # Errors
///
/// [`AnalyticsError::TooManyRows`] above [`crate::MAX_ROWS`] tallies, and
/// [`AnalyticsError::Segment`] for a segment that cannot be read.
pub fn repeat_offenders(
    source: &Source<'_>,
    question: &Question,
) -> Result<Vec<Offender>, AnalyticsError> {
    let counted = counted(source, question)?;
    // Doubling would take twice what a report of many numbers needs.
    let mut offenders = Vec::with_capacity(counted.iter().map(|one| one.counted.groups()).sum());
    for part in counted {
        offenders.extend(part.offenders(question));
    }
    // No two lines have one key.
    offenders.sort_unstable_by(|a, b| worst_first(a).cmp(&worst_first(b)));
    Ok(offenders)
}

/// As [`repeat_offenders`], but one after the other and in no order: of a report of many
/// numbers whoever keeps only some needs memory for those alone.
///
/// # Errors
///
/// The same.
pub fn offenders_in_any_order(
    source: &Source<'_>,
    question: &Question,
) -> Result<impl Iterator<Item = Offender>, AnalyticsError> {
    Ok(counted(source, question)?.into_iter().flat_map(|part| part.offenders(question)))
}

/// All lines, in parts, each counted to its end.
fn counted(source: &Source<'_>, question: &Question) -> Result<Vec<CountedLines>, AnalyticsError> {
    let (codes, coded) = Codes::of(source)?;
    let gathered = if question.group_by.numbers_in_line().is_some() {
        gathered_by_number(source, (&codes, &coded), question)?
    } else {
        let (new, clients) = (|| Gathered::of(question), codes.client_ids());
        let each = rows::fold(source, (&codes, &coded), &wanted(question), new, |mine, rows| {
            mine.add(rows, question, clients);
        })?;
        each.into_iter().reduce(Gathered::merge).into_iter().collect()
    };
    Ok(rows::on_each_core(gathered, Gathered::counted))
}

/// Answers `question` for few tallies that all belong to one key of it, as
/// [`repeat_offenders`] would but on this core; `None` where there is none.
pub fn one_offender(tallies: &[Tally], question: &Question) -> Option<Offender> {
    let codes = Codes::of_tallies(tallies);
    let mut gathered = Gathered::of(question);
    let rows = rows::of_tallies(tallies, &codes, &wanted(question));
    gathered.add(&rows, question, codes.client_ids());
    gathered.counted().offenders(question).next()
}

/// Lines of numbers, each in one of some parts: what two cores have counted of one line
/// would have to be put together again.
fn gathered_by_number(
    source: &Source<'_>,
    codes: (&Codes, &[Coded<'_>]),
    question: &Question,
) -> Result<Vec<Gathered>, AnalyticsError> {
    let parts: Vec<Mutex<Gathered>> =
        (0..PARTS).map(|_| Mutex::new(Gathered::of(question))).collect();
    let open = |part: usize| parts[part].lock().unwrap_or_else(PoisonError::into_inner);
    rows::fold(
        source,
        codes,
        &wanted(question),
        || (),
        |(), rows| {
            let asked = asked_for(rows, question);
            let rows_of = by_part(rows);
            let mut left: Vec<usize> =
                (0..PARTS).filter(|part| !rows_of[*part].is_empty()).collect();
            while let Some(last) = left.last().copied() {
                // Where all are taken, the last is waited for.
                let (place, mut part) = left
                    .iter()
                    .enumerate()
                    .find_map(|(place, part)| Some((place, parts[*part].try_lock().ok()?)))
                    .unwrap_or_else(|| (left.len() - 1, open(last)));
                part.add_numbers(rows, &rows_of[left.swap_remove(place)], asked.as_ref());
            }
        },
    )?;
    Ok(parts
        .into_iter()
        .map(|part| part.into_inner().unwrap_or_else(PoisonError::into_inner))
        .collect())
}

/// The rows of each part, in their order. Numbers that may share a line share a part.
fn by_part(rows: &Rows) -> [Vec<u32>; PARTS] {
    let mut rows_of: [Vec<u32>; PARTS] = std::array::from_fn(|_| Vec::new());
    for (row, fact) in (0..).zip(&rows.facts) {
        // The golden ratio spreads neighbours over all parts.
        let spread = (fact.caller / MOST_IN_LINE).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        rows_of[(spread >> 32) as usize % PARTS].push(row);
    }
    rows_of
}

fn worst_first(line: &Offender) -> impl Ord + '_ {
    (line.standing, Reverse(line.interceptions), Reverse(line.traps), &line.key)
}

/// Callers without a number are no offenders.
fn wanted(question: &Question) -> Wanted {
    let mut columns = question.group_by.columns();
    if question.scope.competitor.is_some() && !columns.contains(&Described::Competitors) {
        columns.push(Described::Competitors);
    }
    Wanted { scope: question.scope.clone(), callers: Callers::WithNumber, columns }
}

/// The one place of the report where a tally's calls are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    FreshInterception,
    PriorContact,
    Candidate,
    UnheardInvalid,
    OtherHeard,
    Attempt,
    ForeignGroup,
    ForeignEntity,
    SameGroup,
    Inconclusive,
    Invalid,
}

impl Place {
    /// In the order of declaration, so that a place is its own index.
    pub(crate) const ALL: [Self; 11] = [
        Self::FreshInterception,
        Self::PriorContact,
        Self::Candidate,
        Self::UnheardInvalid,
        Self::OtherHeard,
        Self::Attempt,
        Self::ForeignGroup,
        Self::ForeignEntity,
        Self::SameGroup,
        Self::Inconclusive,
        Self::Invalid,
    ];

    pub(crate) fn of(outcome: Outcome, counted: &[Verdict]) -> Self {
        match outcome.hearing {
            _ if outcome.attempt => Self::Attempt,
            Hearing::Other => Self::OtherHeard,
            Hearing::Unheard if outcome.verdict == Verdict::Invalid => Self::UnheardInvalid,
            Hearing::Unheard => Self::Candidate,
            Hearing::Advertising if !counted.contains(&outcome.verdict) => {
                Self::of_other_verdict(outcome.verdict)
            }
            Hearing::Advertising if outcome.prior_contact => Self::PriorContact,
            Hearing::Advertising => Self::FreshInterception,
        }
    }

    fn of_other_verdict(verdict: Verdict) -> Self {
        match verdict {
            Verdict::ForeignGroup => Self::ForeignGroup,
            Verdict::ForeignEntity => Self::ForeignEntity,
            Verdict::SameGroup => Self::SameGroup,
            Verdict::Inconclusive => Self::Inconclusive,
            Verdict::Invalid => Self::Invalid,
        }
    }

    /// Whether its calls are counted interceptions.
    pub(crate) fn is_counted(self) -> bool {
        matches!(self, Self::FreshInterception | Self::PriorContact)
    }
}

/// Where the calls of each kind are counted, by its index.
pub(crate) fn places(verdicts: &[Verdict]) -> Vec<Place> {
    Outcome::all().iter().map(|outcome| Place::of(*outcome, verdicts)).collect()
}

const PLACES: usize = Place::ALL.len();

/// What is told apart in each line.
#[derive(Debug, Clone, Copy)]
enum Distinct {
    Traps,
    Baits,
    Clients,
    Days,
    Callers,
    AllCallers,
}

const DISTINCT: usize = Distinct::AllCallers as usize + 1;

/// Lines as far as they are counted.
struct Gathered {
    keys: Keys,
    /// Where numbers are the lines, nobody counts numbers.
    callers: Option<Dense>,
    lines: Groups<PLACES, DISTINCT>,
    places: Vec<Place>,
}

impl Gathered {
    fn of(question: &Question) -> Self {
        Self {
            keys: Keys::of(question.group_by),
            callers: (question.group_by != GroupBy::Number).then(Dense::default),
            lines: Groups::new(),
            places: places(&question.verdicts),
        }
    }

    fn add(&mut self, rows: &Rows, question: &Question, clients: &[ClientId]) {
        let lines = self.keys.lines(rows, question, clients);
        for (row, fact) in rows.facts.iter().enumerate() {
            for line in lines.at(row) {
                self.add_to(*line, fact);
            }
        }
    }

    /// Adds some rows, where numbers make lines.
    fn add_numbers(&mut self, rows: &Rows, some: &[u32], asked: Option<&Repeated<bool>>) {
        let (mut before, mut line) = (NO_CALLER, 0);
        for row in some {
            let row = *row as usize;
            if asked.is_some_and(|asked| !asked.at(row)) {
                continue;
            }
            let fact = &rows.facts[row];
            // Segments are sorted by caller: most rows are of the one before.
            if fact.caller != before {
                let Some(known) = self.keys.number(fact.caller) else { continue };
                (before, line) = (fact.caller, known);
            }
            self.add_to(line, fact);
        }
    }

    fn add_to(&mut self, line: u32, fact: &Fact) {
        let place = self.places[fact.kind.index()];
        let lines = &mut self.lines;
        lines.reach(line, fact.first_at, fact.last_at);
        lines.sum(line, place as usize, u64::from(fact.calls));
        let mut distinct = |which: Distinct, value| lines.distinct(line, which as usize, value);
        if place == Place::FreshInterception {
            distinct(Distinct::Traps, fact.trap);
        }
        if place.is_counted() {
            distinct(Distinct::Baits, fact.bait);
            distinct(Distinct::Clients, fact.client);
            // Any one-to-one integer does.
            distinct(Distinct::Days, fact.local_day as u32);
        }
        if let Some(callers) = &mut self.callers {
            let caller = callers.code(fact.caller);
            distinct(Distinct::AllCallers, caller);
            if place.is_counted() {
                distinct(Distinct::Callers, caller);
            }
        }
    }

    fn merge(mut self, other: Self) -> Self {
        let names = self.keys.merge(other.keys);
        let callers = match (&mut self.callers, other.callers) {
            (Some(mine), Some(theirs)) => mine.merge(theirs),
            _ => Vec::new(),
        };
        let mut values = [None; DISTINCT];
        values[Distinct::Callers as usize] = Some(&callers[..]);
        values[Distinct::AllCallers as usize] = Some(&callers[..]);
        self.lines.merge(other.lines, &names, values);
        self
    }

    fn counted(self) -> CountedLines {
        CountedLines {
            numbers_are_lines: self.callers.is_none(),
            keys: self.keys.into_keys(),
            counted: self.lines.counted(),
        }
    }
}

/// Lines that are counted to the end.
struct CountedLines {
    numbers_are_lines: bool,
    keys: Box<dyn Iterator<Item = Option<OffenderKey>> + Send>,
    counted: Counted<PLACES, DISTINCT>,
}

impl CountedLines {
    fn offenders(self, question: &Question) -> impl Iterator<Item = Offender> {
        let Self { numbers_are_lines, keys, counted } = self;
        keys.enumerate().filter_map(move |(line, key)| {
            // A line may be known only from calls that nobody asked for.
            let key = key.filter(|_| counted.holds(line))?;
            let mut offender = offender(&counted, line, key);
            if numbers_are_lines {
                offender.callers = u64::from(offender.interceptions > 0);
                offender.all_callers = 1;
            }
            let standing = question.group_by.has_standing();
            let standing = standing.then(|| standing_of(&offender, &question.thresholds));
            Some(Offender { standing, ..offender })
        })
    }
}

/// The counts of one line, not judged yet.
fn offender(counted: &Counted<PLACES, DISTINCT>, line: usize, key: OffenderKey) -> Offender {
    let calls = |place: Place| counted.sum(line, place as usize);
    let distinct = |which: Distinct| u64::from(counted.distinct[which as usize][line]);
    let (first_at, last_at) = counted.moments(line);
    Offender {
        key,
        standing: None,
        interceptions: calls(Place::FreshInterception) + calls(Place::PriorContact),
        traps: distinct(Distinct::Traps),
        baits: distinct(Distinct::Baits),
        clients: distinct(Distinct::Clients),
        days: distinct(Distinct::Days),
        callers: distinct(Distinct::Callers),
        all_callers: distinct(Distinct::AllCallers),
        prior_contact: calls(Place::PriorContact),
        candidates: calls(Place::Candidate),
        unheard_invalid: calls(Place::UnheardInvalid),
        other_heard: calls(Place::OtherHeard),
        attempts: calls(Place::Attempt),
        other_verdicts: VerdictCounts {
            foreign_group: calls(Place::ForeignGroup),
            foreign_entity: calls(Place::ForeignEntity),
            same_group: calls(Place::SameGroup),
            inconclusive: calls(Place::Inconclusive),
            invalid: calls(Place::Invalid),
        },
        first_at: Instant(first_at),
        last_at: Instant(last_at),
    }
}

/// What the counts come to. Without a counted interception nobody is an
/// offender, however low the thresholds are.
fn standing_of(offender: &Offender, thresholds: &Thresholds) -> Standing {
    let reaches_all = offender.interceptions >= u64::from(thresholds.interceptions)
        && offender.traps >= u64::from(thresholds.traps)
        && offender.baits >= u64::from(thresholds.baits)
        && offender.clients >= u64::from(thresholds.clients)
        && offender.days >= u64::from(thresholds.days);
    match offender.interceptions {
        0 => Standing::Candidate,
        _ if reaches_all => Standing::RepeatOffender,
        _ => Standing::Offender,
    }
}

#[cfg(test)]
mod tests {
    use super::Place;

    #[test]
    fn a_place_is_its_own_index() {
        for (index, place) in Place::ALL.into_iter().enumerate() {
            assert_eq!(place as usize, index, "{place:?}");
        }
    }
}
