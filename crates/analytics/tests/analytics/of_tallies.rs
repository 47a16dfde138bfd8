//! The reports over tallies alone.

use baitline_analytics::{
    AnalyticsError, Counts, Offender, OperatorPair, Overlap, Question, Scope, Source, Tally,
};
use baitline_domain::ids::BaitId;

pub(crate) fn repeat_offenders(
    tallies: &[Tally],
    question: &Question,
) -> Result<Vec<Offender>, AnalyticsError> {
    baitline_analytics::repeat_offenders(&Source::of_tallies(tallies), question)
}

pub(crate) fn overlap(tallies: &[Tally], question: &Question) -> Overlap {
    baitline_analytics::overlap(&Source::of_tallies(tallies), question).unwrap()
}

pub(crate) fn by_operators(
    tallies: &[Tally],
    scope: &Scope,
) -> Result<Vec<(OperatorPair, Counts)>, AnalyticsError> {
    baitline_analytics::by_operators(&Source::of_tallies(tallies), scope)
}

pub(crate) fn by_bait(tallies: &[Tally]) -> Result<Vec<(BaitId, Counts)>, AnalyticsError> {
    baitline_analytics::by_bait(&Source::of_tallies(tallies))
}
