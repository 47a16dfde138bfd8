//! Statements against calls, case by case.
#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

mod laws;

use super::*;
use crate::phone::Phone;
use uuid::Uuid;

/// Noon of the day the tests play on.
const NOON: Instant = Instant(1_790_852_400_000_000);
const CALLER: u64 = 79_161_234_567;
const OTHER: u64 = 79_267_654_321;

fn number(digits: u64) -> Party {
    Party::Number(Phone::from_digits(digits).unwrap())
}

fn at(seconds: i64) -> Instant {
    NOON + Span::seconds(seconds)
}

fn day() -> StatementPeriod {
    StatementPeriod { from: at(-12 * 3_600), to: at(12 * 3_600) }
}

fn call(id: u128, seconds: i64, connected_seconds: u32) -> OurCall {
    OurCall {
        id: ObservationId(Uuid::from_u128(id)),
        direction: Direction::Incoming,
        channel: Channel::Pstn,
        party: number(CALLER),
        started_at: at(seconds),
        uncertainty: Span(0),
        connected_seconds,
        answered: connected_seconds > 0,
    }
}

fn line(number_of_line: u32, seconds: i64, connected_seconds: u32) -> StatementLine {
    StatementLine {
        number: number_of_line,
        direction: Some(Direction::Incoming),
        channel: Channel::Pstn,
        party: number(CALLER),
        through: None,
        started_at: at(seconds),
        start_precision: Precision::Second,
        seconds: Some(connected_seconds),
        duration_precision: Precision::Second,
    }
}

/// The same line as a statement prints it that knows minutes only.
fn to_the_minute(line: StatementLine) -> StatementLine {
    let start = line.started_at.0.div_euclid(Span::seconds(60).0) * Span::seconds(60).0;
    StatementLine {
        started_at: Instant(start),
        start_precision: Precision::Minute,
        seconds: line.seconds.map(|seconds| seconds.div_ceil(60) * 60),
        duration_precision: Precision::Minute,
        ..line
    }
}

/// (call, line, differences) of every pair.
fn pairs(calls: &[OurCall], lines: &[StatementLine]) -> Vec<(u128, u32, Vec<Difference>)> {
    let found = reconcile(calls, lines, day()).unwrap();
    let plain = |pair: Pair| (pair.call.0.as_u128(), pair.line, pair.differences);
    found.pairs.into_iter().map(plain).collect()
}

#[test]
fn what_both_lists_have_is_matched_within_the_tolerances() {
    for (started, connected) in [(0, 85), (60, 85), (-60, 85), (0, 90), (0, 80)] {
        let paired = pairs(&[call(1, started, connected)], &[line(7, 0, 85)]);
        assert_eq!(paired, [(1, 7, vec![])], "{started} {connected}");
    }
}

#[test]
fn a_time_or_duration_beyond_its_tolerance_is_a_difference() {
    use Difference::{Duration, Time};
    for (started, connected, expected) in [
        (61, 85, vec![Time]),
        (-600, 85, vec![Time]),
        (0, 91, vec![Duration]),
        (0, 0, vec![Duration]),
        (300, 20, vec![Time, Duration]),
    ] {
        let paired = pairs(&[call(1, started, connected)], &[line(7, 0, 85)]);
        assert_eq!(paired, [(1, 7, expected)], "{started} {connected}");
    }
    assert_eq!(pairs(&[call(1, 601, 85)], &[line(7, 0, 85)]), [], "another call");
}

#[test]
fn an_uncertain_clock_widens_the_tolerance() {
    let unsure = OurCall { uncertainty: Span::seconds(120), ..call(1, 180, 85) };
    assert_eq!(pairs(&[unsure], &[line(1, 0, 85)]), [(1, 1, vec![])]);
}

#[test]
fn a_statement_in_minutes_agrees_with_any_moment_and_length_it_can_mean() {
    for (started, connected) in [(0, 61), (59, 120), (119, 65), (-60, 125), (30, 56)] {
        let stated = StatementLine { seconds: Some(120), ..to_the_minute(line(1, 0, 0)) };
        let paired = pairs(&[call(1, started, connected)], &[stated]);
        assert_eq!(paired, [(1, 1, vec![])], "{started} {connected}");
    }
    let stated = StatementLine { seconds: Some(120), ..to_the_minute(line(1, 0, 0)) };
    let paired = pairs(&[call(1, 0, 40)], &[stated]);
    assert_eq!(paired, [(1, 1, vec![Difference::Duration])], "40 s are charged as one minute");
}

#[test]
fn two_calls_in_one_minute_are_told_apart_by_their_length_in_whatever_order_they_stand() {
    let calls = [call(1, 5, 20), call(2, 40, 200)];
    let lines = [to_the_minute(line(1, 0, 200)), to_the_minute(line(2, 0, 20))];
    assert_eq!(pairs(&calls, &lines), [(1, 2, vec![]), (2, 1, vec![])]);
}

#[test]
fn a_pair_that_agrees_is_not_given_up_for_more_pairs_that_do_not() {
    let calls = [call(1, 0, 30), call(2, 300, 30), call(3, 600, 30)];
    let lines = [line(1, 300, 30), line(2, 600, 30), line(3, 900, 30)];
    let found = reconcile(&calls, &lines, day()).unwrap();
    let agreeing: Vec<_> = found.pairs.iter().filter(|pair| pair.differences.is_empty()).collect();
    assert_eq!(agreeing.len(), 2);
    assert_eq!((found.only_ours.len(), found.only_theirs.len()), (1, 1));
}

#[test]
fn a_statement_reveals_a_hidden_caller_where_no_named_one_fits() {
    let hidden = OurCall { party: Party::Hidden, ..call(2, 10, 85) };
    let lines = [line(1, 0, 85), StatementLine { party: number(OTHER), ..line(2, 12, 85) }];
    let found = reconcile(&[call(1, 0, 85), hidden], &lines, day()).unwrap();
    let revealed: Vec<_> = found.pairs.iter().map(|pair| pair.revealed.clone()).collect();
    assert_eq!(revealed, [None, Some(number(OTHER))]);
    assert!(found.pairs.iter().all(|pair| pair.finding() == Finding::Matched && pair.is_found()));
}

#[test]
fn a_hidden_caller_takes_its_line_before_a_named_one_of_another_time() {
    let hidden = OurCall { party: Party::Hidden, ..call(1, 0, 85) };
    let paired = pairs(&[hidden, call(2, 480, 85)], &[line(1, 0, 85)]);
    assert_eq!(paired, [(1, 1, vec![])]);
}

#[test]
fn a_line_with_a_hidden_end_fits_a_named_call_of_its_time() {
    let line = StatementLine { party: Party::Hidden, ..line(1, 0, 85) };
    let found = reconcile(&[call(1, 0, 85)], &[line], day()).unwrap();
    assert_eq!(found.pairs[0].differences, []);
    assert_eq!(found.pairs[0].revealed, None);
}

#[test]
fn a_forwarded_call_is_found_by_either_number_of_its_line() {
    let forwarded =
        StatementLine { party: number(OTHER), through: Some(number(CALLER)), ..line(1, 0, 85) };
    assert_eq!(pairs(&[call(1, 0, 85)], &[forwarded]), [(1, 1, vec![])]);
}

#[test]
fn another_number_at_the_same_time_and_length_is_shown_for_a_person_to_judge() {
    let other =
        |seconds, connected| StatementLine { party: number(OTHER), ..line(1, seconds, connected) };
    let found = reconcile(&[call(1, 0, 85)], &[other(20, 85)], day()).unwrap();
    assert_eq!(found.pairs[0].differences, [Difference::Caller]);
    assert!(!found.pairs[0].is_found());
    assert_eq!(pairs(&[call(1, 0, 85)], &[other(20, 20)]), [], "not as long");
    assert_eq!(pairs(&[call(1, 0, 0)], &[other(0, 0)]), [], "nothing agrees but the time");
}

#[test]
fn directions_and_channels_are_never_mixed() {
    let outgoing = StatementLine { direction: Some(Direction::Outgoing), ..line(1, 0, 85) };
    let text = StatementLine { channel: Channel::Sms, ..line(2, 0, 85) };
    let unsaid = StatementLine { direction: None, ..line(3, 0, 85) };
    assert_eq!(pairs(&[call(1, 0, 85)], &[outgoing, text, unsaid]), [(1, 3, vec![])]);
    let messenger = OurCall { channel: Channel::Messenger, ..call(1, 0, 85) };
    let found = reconcile(&[messenger], &[], day()).unwrap();
    assert_eq!(found.only_ours, [], "no statement has it");
}

#[test]
fn what_one_side_has_alone_is_listed_with_what_is_known_of_it() {
    let calls = [call(1, 0, 0), call(2, 4_000, 60)];
    let lines = [line(1, 9_000, 60), line(2, 9_000, 60)];
    let found = reconcile(&calls, &lines, day()).unwrap();
    let only = |call: u128, unanswered| OnlyOurs {
        call: ObservationId(Uuid::from_u128(call)),
        unanswered,
    };
    assert_eq!(found.only_ours, [only(1, true), only(2, false)]);
    let theirs = |line, repeats| OnlyTheirs { line, repeats };
    assert_eq!(found.only_theirs, [theirs(1, None), theirs(2, Some(1))]);
}

#[test]
fn a_line_told_twice_fits_one_call_once() {
    let lines = [line(1, 0, 85), line(2, 0, 85)];
    let found = reconcile(&[call(1, 0, 85)], &lines, day()).unwrap();
    assert_eq!((found.pairs.len(), found.pairs[0].line), (1, 1));
    assert_eq!(found.only_theirs, [OnlyTheirs { line: 2, repeats: Some(1) }]);
}

#[test]
fn calls_outside_the_period_count_only_where_a_line_has_them() {
    let period = StatementPeriod { from: at(0), to: at(3_600) };
    let calls = [call(1, -30, 85), call(2, -300, 85), call(3, 3_600, 85)];
    let found = reconcile(&calls, &[line(1, 5, 85)], period).unwrap();
    assert_eq!(found.pairs.len(), 1);
    assert_eq!(found.only_ours, []);
}

#[test]
fn a_statement_of_another_zone_is_noticed() {
    let calls: Vec<OurCall> =
        (0..5).map(|n| call(n, i64::try_from(n).unwrap() * 4_321, 60)).collect();
    let shifted = |hours: i64| -> Vec<StatementLine> {
        let lines = calls.iter().zip(1..);
        let start = |call: &OurCall| (call.started_at - NOON).0 / 1_000_000 - hours * 3_600;
        lines.map(|(call, number)| line(number, start(call), 60)).collect()
    };
    assert_eq!(likely_shift(&calls, &shifted(0)), None);
    assert_eq!(likely_shift(&calls, &shifted(3)), Some(Span::hours(3)));
    assert_eq!(likely_shift(&calls, &shifted(-7)), Some(Span::hours(-7)));
    assert_eq!(likely_shift(&calls[..2], &shifted(3)[..2]), None, "two prove nothing");
}

#[test]
fn lists_that_cannot_be_compared_are_refused() {
    let refused =
        |calls: &[OurCall], lines: &[StatementLine]| reconcile(calls, lines, day()).unwrap_err();
    let twice = [line(1, 0, 1), line(1, 60, 1)];
    assert_eq!(refused(&[], &twice), ReconciliationError::Repeated);
    let twice = [call(1, 0, 1), call(1, 60, 1)];
    assert_eq!(refused(&twice, &[]), ReconciliationError::Repeated);
    let calls: Vec<OurCall> = (0..500).map(|n| call(n, 0, 1)).collect();
    let lines: Vec<StatementLine> = (0..500).map(|n| line(n, 0, 1)).collect();
    assert_eq!(refused(&calls, &lines), ReconciliationError::TooDense);
    let lines: Vec<StatementLine> = (0..20_001).map(|n| line(n, 0, 1)).collect();
    assert_eq!(refused(&[], &lines), ReconciliationError::TooMany);
}
