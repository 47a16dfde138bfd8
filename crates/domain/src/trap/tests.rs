//! What makes a trap complete, and what it then covers.

#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

use super::*;
use crate::ids::{ObservationId, OwnNumberId};
use crate::own_number::OwnNumberKind;
use crate::phone::{Party, Phone};
use uuid::Uuid;

const OWN: u64 = 74_951_000_000;

fn minute(minutes: i64) -> Instant {
    Instant(0) + Span::seconds(minutes * 60)
}

fn own_number() -> OwnNumber {
    let phone = Phone::from_digits(OWN).unwrap();
    OwnNumber {
        id: OwnNumberId(Uuid::nil()),
        first: phone,
        last: phone,
        kind: OwnNumberKind::Advertised,
        valid_from: None,
        valid_to: None,
    }
}

fn call(direction: Direction, minutes: i64, seconds: u32) -> Call {
    Call {
        id: ObservationId(Uuid::nil()),
        bait: BaitId(Uuid::nil()),
        direction,
        party: Party::Number(Phone::from_digits(OWN).unwrap()),
        channel: Channel::Pstn,
        started_at: minute(minutes),
        uncertainty: Span(0),
        connected_seconds: seconds,
        answered: true,
        roaming: false,
        observations: Vec::new(),
    }
}

/// A run of two hours with a visit of exactly three minutes.
fn trap() -> Trap {
    Trap {
        id: TrapId(Uuid::nil()),
        bait: BaitId(Uuid::nil()),
        started_at: minute(0),
        run_ends_at: minute(120),
        recorder_tested_at: Some(minute(-60)),
        exposures: vec![
            Exposure { at: minute(5), kind: ExposureKind::Yandex, seconds: 0 },
            Exposure { at: minute(1), kind: ExposureKind::SiteVisit, seconds: 180 },
        ],
        settings: TrapSettings::default(),
    }
}

/// An own and a return call of exactly 240 seconds together.
fn calls() -> Vec<Call> {
    vec![call(Direction::Outgoing, 10, 100), call(Direction::Incoming, 20, 140)]
}

fn state_of(trap: &Trap, calls: &[Call]) -> TrapState {
    trap_state(trap, calls, &[own_number()])
}

#[test]
fn a_trap_with_every_step_is_complete_and_opens_its_window_when_the_last_own_call_ends() {
    let state = state_of(&trap(), &calls());
    assert_eq!(state.missing, []);
    let from = minute(20) + Span::seconds(140);
    assert_eq!(state.window, Some(Window { from, to: from + Span::hours(48) }));
    let kinds: Vec<ExposureKind> = state.exposures.iter().map(|exposure| exposure.kind).collect();
    use ExposureKind::{OwnCall, ReturnCall, SiteVisit, Yandex};
    assert_eq!(kinds, [SiteVisit, Yandex, OwnCall, ReturnCall], "in order of time");
    assert_eq!(state.first_exposure(), Some(minute(1)));
}

#[test]
fn each_step_that_lacks_is_named_and_arms_nothing() {
    type Change = fn(&mut Trap, &mut Vec<Call>);
    let rows: [(&[TrapMissing], Change); 9] = [
        (&[TrapMissing::RecorderTest], |trap, _| trap.recorder_tested_at = None),
        (&[TrapMissing::RecorderTest], |trap, _| trap.recorder_tested_at = Some(minute(121))),
        (&[TrapMissing::SiteVisit], |trap, _| trap.exposures[1].seconds = 179),
        (&[TrapMissing::OwnCall], |_, calls| calls[0].direction = Direction::Incoming),
        (&[TrapMissing::ReturnCall], |_, calls| calls[1].direction = Direction::Outgoing),
        (&[TrapMissing::ConnectedTime], |_, calls| calls[1].connected_seconds = 139),
        (&[TrapMissing::OwnCall, TrapMissing::ConnectedTime], |_, calls| calls[0].answered = false),
        (&[TrapMissing::OwnCall, TrapMissing::ConnectedTime], |_, calls| {
            calls[0].channel = Channel::Messenger;
        }),
        (TrapMissing::ALL, |trap, calls| {
            trap.recorder_tested_at = None;
            trap.exposures.clear();
            calls.clear();
        }),
    ];
    for (row, (expected, change)) in rows.into_iter().enumerate() {
        let (mut trap, mut calls) = (trap(), calls());
        change(&mut trap, &mut calls);
        let state = state_of(&trap, &calls);
        assert_eq!(state.missing, expected, "row {row}");
        assert_eq!(state.window, None, "row {row}");
    }
}

#[test]
fn only_calls_of_this_bait_that_start_in_the_run_with_a_number_valid_then_are_own_calls() {
    let changes: [fn(&mut Call); 5] = [
        |call| call.started_at = minute(0) - Span(1),
        |call| call.started_at = minute(120),
        |call| call.bait = BaitId(Uuid::max()),
        |call| call.party = Party::Hidden,
        |call| call.party = Party::Number(Phone::from_digits(OWN + 1).unwrap()),
    ];
    for change in changes {
        let mut foreign = calls();
        change(&mut foreign[0]);
        let state = state_of(&trap(), &foreign);
        assert_eq!(state.missing, [TrapMissing::OwnCall, TrapMissing::ConnectedTime]);
        assert_eq!(state.exposures.len(), 3);
    }
    let expired = OwnNumber { valid_to: Some(minute(10)), ..own_number() };
    let state = trap_state(&trap(), &calls(), &[expired]);
    assert_eq!(state.exposures.len(), 2, "the number was no longer own when the calls began");
}

#[test]
fn an_unanswered_own_call_exposes_the_number_and_adds_no_time() {
    let mut calls = calls();
    calls.push(Call { answered: false, ..call(Direction::Incoming, 30, 600) });
    let state = state_of(&trap(), &calls);
    let last = state.exposures.last().unwrap();
    assert_eq!((last.at, last.kind, last.seconds), (minute(30), ExposureKind::ReturnCall, 0));
    assert_eq!(state.window.unwrap().from, minute(20) + Span::seconds(140));
}

#[test]
fn the_window_is_as_long_as_the_settings_of_the_trap_say() {
    let settings = TrapSettings { window_hours: 72, ..TrapSettings::default() };
    let window = state_of(&Trap { settings, ..trap() }, &calls()).window.unwrap();
    assert_eq!(window.to - window.from, Span::hours(72));
}

#[test]
fn a_complete_trap_covers_half_open_periods_from_its_first_exposure_to_its_windows_end() {
    let state = state_of(&trap(), &calls());
    let window = state.window.unwrap();
    for (at, expected) in [
        (minute(1) - Span(1), None),
        (minute(1), Some(Coverage::DuringTrap)),
        (window.from - Span(1), Some(Coverage::DuringTrap)),
        (window.from, Some(Coverage::Window)),
        (window.to - Span(1), Some(Coverage::Window)),
        (window.to, None),
    ] {
        assert_eq!(state.covers(at), expected, "{at}");
    }
}

#[test]
fn an_incomplete_trap_covers_from_its_first_exposure_to_the_end_of_its_run() {
    let state = state_of(&trap(), &[]);
    assert_eq!(state.covers(minute(1) - Span(1)), None);
    assert_eq!(state.covers(minute(1)), Some(Coverage::DuringTrap));
    assert_eq!(state.covers(minute(120) - Span(1)), Some(Coverage::DuringTrap));
    assert_eq!(state.covers(minute(120)), None);
}

#[test]
fn a_trap_without_exposures_covers_nothing() {
    let state = state_of(&Trap { exposures: Vec::new(), ..trap() }, &[]);
    assert_eq!(state.first_exposure(), None);
    assert_eq!(state.covers(minute(60)), None);
}

#[test]
fn a_bait_is_armed_while_any_of_its_windows_is_open_within_the_period() {
    let window = |from, to| Window { from: minute(from), to: minute(to) };
    let period = window(100, 200);
    let armed = |windows: &[(i64, i64)]| {
        let windows = windows.iter().map(|(from, to)| window(*from, *to));
        armed_time(windows, period).0 / Span::seconds(60).0
    };
    assert_eq!(armed(&[]), 0);
    assert_eq!(armed(&[(0, 100), (200, 300)]), 0, "half-open on both sides");
    assert_eq!(armed(&[(0, 300)]), 100);
    assert_eq!(armed(&[(90, 110), (190, 210)]), 20);
    assert_eq!(armed(&[(150, 170), (110, 160), (120, 130), (180, 190)]), 70);
}
