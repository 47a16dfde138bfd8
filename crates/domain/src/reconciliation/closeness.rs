//! How near a call of ours and a line of a statement are to each other.

use super::{
    DURATION_TOLERANCE_SECONDS, OurCall, Precision, SEARCH_SPAN, StatementLine, TIME_TOLERANCE,
};
use crate::instant::{MICROS_PER_SECOND, Span};

/// Seconds in a minute.
const MINUTE: u32 = 60;
/// Distances beyond this many seconds are told apart no more.
const FARTHEST_SECONDS: i64 = 1_000;

/// The verdict on one pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Closeness {
    /// The starts are one start.
    pub(super) time_agrees: bool,
    /// The starts are near enough for one call whose time differs.
    pub(super) is_near: bool,
    /// The durations are one, or a side does not tell.
    pub(super) duration_agrees: bool,
    /// The squares of both distances in seconds: squares, because then two calls
    /// and two lines in the same order are never better paired crosswise.
    pub(super) distance: i64,
}

pub(super) fn closeness(call: &OurCall, line: &StatementLine) -> Closeness {
    let apart = time_apart(call, line);
    let uncertainty = call.uncertainty.0.clamp(0, SEARCH_SPAN.0);
    let duration = duration_apart(call, line);
    let square = |seconds: i64| seconds.min(FARTHEST_SECONDS).pow(2);
    Closeness {
        time_agrees: apart.0 <= TIME_TOLERANCE.0 + uncertainty,
        is_near: apart.0 <= SEARCH_SPAN.0 + uncertainty,
        duration_agrees: duration <= DURATION_TOLERANCE_SECONDS,
        distance: square(apart.0 / MICROS_PER_SECOND) + square(duration.into()),
    }
}

/// From the call's start to the nearest moment the stated one can mean.
fn time_apart(call: &OurCall, line: &StatementLine) -> Span {
    let before = line.started_at - call.started_at;
    let after = call.started_at - line.latest_start();
    Span(before.0.max(after.0).max(0))
}

/// Seconds from the call's connected time to the nearest duration the stated
/// one can mean; none where the statement does not tell.
fn duration_apart(call: &OurCall, line: &StatementLine) -> u32 {
    let Some(stated) = line.seconds else { return 0 };
    let least = match line.duration_precision {
        // One minute stands for anything from its first second on.
        Precision::Minute if stated > 0 => stated.saturating_sub(MINUTE - 1),
        _ => stated,
    };
    let ours = call.connected_seconds;
    least.saturating_sub(ours).max(ours.saturating_sub(stated))
}
