//! What is counted: an interception, or a tally of equal ones, as dense
//! integers. It does not know where it was read.

use baitline_domain::tally::{Hearing, Tally};
use baitline_domain::verdict::Verdict;

use crate::AnalyticsError;

/// Stands for a caller without a number; no number is zero.
pub(crate) const NO_CALLER: u64 = 0;

/// Calls that are equal but for their moment. Ids are codes of
/// [`crate::source::Codes`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fact {
    pub(crate) client: u32,
    /// The number's digits, or [`NO_CALLER`].
    pub(crate) caller: u64,
    pub(crate) bait: u32,
    pub(crate) trap: u32,
    pub(crate) kind: Kind,
    pub(crate) local_day: i32,
    pub(crate) calls: u32,
    pub(crate) first_at: i64,
    pub(crate) last_at: i64,
}

/// What came of a call, as one small integer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kind(u8);

/// How many kinds there are.
pub(crate) const KINDS: usize = Verdict::ALL.len() * Hearing::ALL.len() * 4;

/// A kind, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) verdict: Verdict,
    pub(crate) hearing: Hearing,
    pub(crate) attempt: bool,
    pub(crate) prior_contact: bool,
}

impl Outcome {
    pub(crate) fn of(tally: &Tally) -> Self {
        Self {
            verdict: tally.verdict,
            hearing: tally.hearing,
            attempt: tally.attempt,
            prior_contact: tally.prior_contact,
        }
    }

    /// Every outcome, each at the index of its kind.
    pub(crate) fn all() -> [Self; KINDS] {
        std::array::from_fn(|index| Self {
            verdict: Verdict::ALL[index / (Hearing::ALL.len() * 4)],
            hearing: Hearing::ALL[index / 4 % Hearing::ALL.len()],
            attempt: index & 2 != 0,
            prior_contact: index & 1 != 0,
        })
    }

    pub(crate) fn kind(self) -> Kind {
        let flags = u32::from(self.attempt) * 2 + u32::from(self.prior_contact);
        let heard = (self.verdict as u32) * Hearing::ALL.len() as u32 + self.hearing as u32;
        // Sixty kinds fit a byte.
        Kind((heard * 4 + flags) as u8)
    }
}

impl Kind {
    pub(crate) fn index(self) -> usize {
        usize::from(self.0)
    }

    /// From the integers of a segment, where a verdict and a hearing are their
    /// places in the declaration.
    pub(crate) fn stored(
        (verdict, hearing): (i32, i32),
        attempt: bool,
        prior_contact: bool,
    ) -> Result<Self, AnalyticsError> {
        let (verdicts, hearings) = (Verdict::ALL.len() as i32, Hearing::ALL.len() as i32);
        if !(0..verdicts).contains(&verdict) || !(0..hearings).contains(&hearing) {
            return Err(crate::segment::foreign("a verdict or a hearing that nobody knows"));
        }
        let flags = i32::from(attempt) * 2 + i32::from(prior_contact);
        Ok(Self(((verdict * hearings + hearing) * 4 + flags) as u8))
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind, Outcome};

    #[test]
    fn an_outcome_is_at_the_index_of_its_kind_however_it_is_written() {
        for (index, outcome) in Outcome::all().into_iter().enumerate() {
            assert_eq!(outcome.kind().index(), index, "{outcome:?}");
            let words = (outcome.verdict as i32, outcome.hearing as i32);
            let stored = Kind::stored(words, outcome.attempt, outcome.prior_contact);
            assert_eq!(stored.ok(), Some(outcome.kind()), "{outcome:?}");
        }
        assert!(Kind::stored((5, 0), false, false).is_err());
        assert!(Kind::stored((0, -1), false, false).is_err());
    }
}
