//! The comparison of an operator's statement with our calls, line by line. What
//! both sides report is one call by the matching rule already; here it is told
//! where they say something else, and what only one side knows.

use serde::{Deserialize, Serialize};

use crate::ids::ObservationId;
use crate::instant::{Instant, Span};
use crate::words::words;

/// How far two connected times may lie apart without differing, in seconds: an
/// operator counts from the answer of its own switch, a recorder from its first
/// sound.
pub const DURATION_TOLERANCE_SECONDS: u32 = 10;

/// What a line of the comparison comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineOutcome {
    /// Both sides say the same.
    Matched,
    /// The times lie farther apart than the clocks explain.
    TimeDiffers,
    /// The connected times differ.
    DurationDiffers,
    /// Both differ.
    TimeAndDurationDiffer,
    /// The statement does not have it.
    OnlyInOurs,
    /// Nobody but the operator reports it.
    OnlyInTheirs,
}

words!(LineOutcome {
    Matched => "matched",
    TimeDiffers => "time_differs",
    DurationDiffers => "duration_differs",
    TimeAndDurationDiffer => "time_and_duration_differ",
    OnlyInOurs => "only_in_ours",
    OnlyInTheirs => "only_in_theirs",
});

/// One report of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReportedCall {
    /// The observation.
    pub id: ObservationId,
    /// Its corrected start.
    pub started_at: Instant,
    /// How far that may be off.
    pub uncertainty: Span,
    /// Connected time in seconds, where it is told.
    pub connected_seconds: Option<u32>,
}

/// The reports of one call, by who makes them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reported {
    /// The call.
    pub call: ObservationId,
    /// What our sources say.
    pub ours: Vec<ReportedCall>,
    /// What the statement says.
    pub theirs: Vec<ReportedCall>,
}

/// One line of the comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ComparedLine {
    /// The call.
    pub call: ObservationId,
    /// What it comes to.
    pub outcome: LineOutcome,
    /// Our report that comes nearest to theirs, or the earliest.
    pub ours: Option<ReportedCall>,
    /// Their report, the earliest where there are several.
    pub theirs: Option<ReportedCall>,
}

/// Compares calls, one line each, in the order they come in; a call that neither
/// side reports any more has none.
pub fn compare(calls: &[Reported]) -> Vec<ComparedLine> {
    calls.iter().filter_map(line).collect()
}

fn line(reported: &Reported) -> Option<ComparedLine> {
    let earliest = |one: &&ReportedCall| (one.started_at, one.id);
    let theirs = reported.theirs.iter().min_by_key(earliest).copied();
    let ours = match theirs {
        Some(theirs) => reported.ours.iter().min_by_key(|ours| distance(ours, &theirs)),
        None => reported.ours.iter().min_by_key(earliest),
    };
    let ours = ours.copied();
    let outcome = match (&ours, &theirs) {
        (Some(ours), Some(theirs)) => outcome(ours, theirs),
        (Some(_), None) => LineOutcome::OnlyInOurs,
        (None, Some(_)) => LineOutcome::OnlyInTheirs,
        (None, None) => return None,
    };
    Some(ComparedLine { call: reported.call, outcome, ours, theirs })
}

fn outcome(ours: &ReportedCall, theirs: &ReportedCall) -> LineOutcome {
    let clocks = ours.uncertainty.0.saturating_add(theirs.uncertainty.0);
    let time = apart(ours, theirs) > clocks.unsigned_abs();
    // What is not told differs from nothing.
    let duration = duration_apart(ours, theirs).is_some_and(|by| by > DURATION_TOLERANCE_SECONDS);
    match (time, duration) {
        (false, false) => LineOutcome::Matched,
        (true, false) => LineOutcome::TimeDiffers,
        (false, true) => LineOutcome::DurationDiffers,
        (true, true) => LineOutcome::TimeAndDurationDiffer,
    }
}

fn distance(ours: &ReportedCall, theirs: &ReportedCall) -> (u64, u32, ObservationId) {
    (apart(ours, theirs), duration_apart(ours, theirs).unwrap_or(u32::MAX), ours.id)
}

/// Microseconds between the two starts.
fn apart(ours: &ReportedCall, theirs: &ReportedCall) -> u64 {
    (ours.started_at - theirs.started_at).0.unsigned_abs()
}

fn duration_apart(ours: &ReportedCall, theirs: &ReportedCall) -> Option<u32> {
    Some(ours.connected_seconds?.abs_diff(theirs.connected_seconds?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn report(number: u128, second: i64, connected: Option<u32>) -> ReportedCall {
        ReportedCall {
            id: ObservationId(Uuid::from_u128(number)),
            started_at: Instant(0) + Span::seconds(second),
            uncertainty: Span::seconds(2),
            connected_seconds: connected,
        }
    }

    fn of(ours: &[ReportedCall], theirs: &[ReportedCall]) -> Vec<LineOutcome> {
        let call = ObservationId(Uuid::nil());
        let reported = Reported { call, ours: ours.to_vec(), theirs: theirs.to_vec() };
        compare(&[reported]).into_iter().map(|line| line.outcome).collect()
    }

    #[test]
    fn two_reports_match_within_their_clocks_and_a_few_seconds_of_talk() {
        let theirs = [report(9, 100, Some(60))];
        for (second, connected, expected) in [
            (104, Some(70), LineOutcome::Matched),
            (96, Some(50), LineOutcome::Matched),
            (105, Some(60), LineOutcome::TimeDiffers),
            (100, Some(71), LineOutcome::DurationDiffers),
            (100, Some(49), LineOutcome::DurationDiffers),
            (110, Some(90), LineOutcome::TimeAndDurationDiffer),
            (100, None, LineOutcome::Matched),
        ] {
            assert_eq!(of(&[report(1, second, connected)], &theirs), [expected], "{second}");
        }
    }

    #[test]
    fn the_report_that_comes_nearest_is_compared() {
        let ours = [report(1, 90, Some(60)), report(2, 101, Some(60)), report(3, 120, None)];
        let call = ObservationId(Uuid::nil());
        let theirs = vec![report(9, 100, Some(60)), report(8, 150, Some(60))];
        let line = compare(&[Reported { call, ours: ours.to_vec(), theirs }])[0];
        assert_eq!(
            (line.outcome, line.ours, line.theirs.map(|one| one.id)),
            (LineOutcome::Matched, Some(ours[1]), Some(ObservationId(Uuid::from_u128(9))),)
        );
    }

    #[test]
    fn what_one_side_alone_reports_is_told_and_what_none_does_is_no_line() {
        let one = [report(1, 0, None)];
        assert_eq!(of(&one, &[]), [LineOutcome::OnlyInOurs]);
        assert_eq!(of(&[], &one), [LineOutcome::OnlyInTheirs]);
        assert_eq!(of(&[], &[]), []);
    }

    #[test]
    fn absurd_moments_do_no_harm() {
        let end = |at| ReportedCall { started_at: Instant(at), ..report(1, 0, Some(u32::MAX)) };
        let found = of(&[end(i64::MIN)], &[end(i64::MAX)]);
        assert_eq!(found, [LineOutcome::TimeDiffers]);
    }
}
