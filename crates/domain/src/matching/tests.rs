//! The matching rule, case by case; its laws are properties of their own.

#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

use super::*;
use crate::phone::Phone;
use uuid::Uuid;

const PBX: u128 = 1;
const RECORDER: u128 = 2;
const PERSON: u128 = 3;
const ANNA: Option<u64> = Some(79_001_000_000);
const BORIS: Option<u64> = Some(79_001_000_001);
const HIDDEN: Option<u64> = None;

/// A report by a source of a caller at a second.
fn report(id: u128, source: u128, caller: Option<u64>, second: i64) -> Observation {
    let party = caller.map_or(Party::Hidden, |c| Party::Number(Phone::from_digits(c).unwrap()));
    Observation {
        id: ObservationId(Uuid::from_u128(id)),
        source: SourceId(Uuid::from_u128(source)),
        bait: BaitId(Uuid::nil()),
        direction: Direction::Incoming,
        party,
        channel: Channel::Pstn,
        occurred_at: Instant(0) + Span::seconds(second),
        uncertainty: Span::seconds(id as i64),
        connected_seconds: None,
        answered: false,
        roaming: false,
    }
}

/// The ids of each call's observations.
fn groups(observations: &[Observation]) -> Vec<Vec<u128>> {
    let ids = |call: &Call| call.observations.iter().map(|id| id.0.as_u128()).collect();
    match_observations(observations).iter().map(ids).collect()
}

#[test]
fn two_sources_within_two_minutes_describe_one_call() {
    let at_the_limit = [report(1, PBX, ANNA, 0), report(2, RECORDER, ANNA, 120)];
    assert_eq!(groups(&at_the_limit), [[1, 2]]);
    let beyond = [report(1, PBX, ANNA, 0), report(2, RECORDER, ANNA, 121)];
    assert_eq!(groups(&beyond), [[1], [2]]);
}

#[test]
fn a_redial_seen_by_the_same_source_stays_two_calls() {
    let redial = [
        report(1, PBX, ANNA, 0),
        report(2, RECORDER, ANNA, 3),
        report(3, PBX, ANNA, 60),
        report(4, RECORDER, ANNA, 63),
    ];
    assert_eq!(groups(&redial), [[1, 2], [3, 4]]);
}

#[test]
fn the_nearest_call_is_joined_and_of_two_equally_near_ones_the_earlier() {
    let nearest =
        [report(1, PBX, ANNA, 0), report(2, PBX, ANNA, 60), report(3, RECORDER, ANNA, 65)];
    assert_eq!(groups(&nearest), [vec![1], vec![2, 3]]);
    let tie = [report(1, PBX, ANNA, 0), report(2, PBX, ANNA, 0), report(3, RECORDER, ANNA, 9)];
    assert_eq!(groups(&tie), [vec![1, 3], vec![2]]);
}

#[test]
fn different_callers_baits_directions_and_channels_are_different_calls() {
    let first = report(1, PBX, ANNA, 0);
    let second = report(2, RECORDER, ANNA, 1);
    let others = [
        Observation { party: report(2, PBX, BORIS, 1).party, ..second.clone() },
        Observation { bait: BaitId(Uuid::max()), ..second.clone() },
        Observation { direction: Direction::Outgoing, ..second.clone() },
        Observation { channel: Channel::Sms, ..second.clone() },
    ];
    for other in others {
        assert_eq!(groups(&[first.clone(), other]), [[1], [2]]);
    }
    assert_eq!(groups(&[first, second]), [[1, 2]]);
}

#[test]
fn a_hidden_caller_is_revealed_by_the_nearest_call_of_another_source() {
    let observations =
        [report(1, PBX, ANNA, 0), report(2, PBX, BORIS, 30), report(3, RECORDER, HIDDEN, 40)];
    let calls = match_observations(&observations);
    assert_eq!(groups(&observations), [vec![1], vec![2, 3]]);
    assert_eq!(calls[1].party, observations[1].party);
}

#[test]
fn a_hidden_caller_is_not_revealed_by_a_call_that_began_later() {
    let observations = [report(1, RECORDER, HIDDEN, 0), report(2, PBX, ANNA, 1)];
    assert_eq!(groups(&observations), [[1], [2]]);
}

#[test]
fn hidden_callers_of_several_sources_make_one_hidden_call() {
    let observations = [
        report(1, PBX, HIDDEN, 0),
        report(2, RECORDER, HIDDEN, 5),
        report(3, PERSON, HIDDEN, 50),
        report(4, PBX, HIDDEN, 60),
    ];
    assert_eq!(groups(&observations), [vec![1, 2, 3], vec![4]]);
    assert!(match_observations(&observations).iter().all(|call| call.party == Party::Hidden));
}

#[test]
fn a_nearer_hidden_call_goes_before_a_farther_one_with_a_number() {
    let observations =
        [report(1, PBX, ANNA, 0), report(2, PBX, HIDDEN, 50), report(3, RECORDER, HIDDEN, 60)];
    assert_eq!(groups(&observations), [vec![1], vec![2, 3]]);
}

#[test]
fn a_call_takes_the_best_of_its_observations_and_the_clock_of_the_first() {
    let answered = Observation {
        answered: true,
        connected_seconds: Some(30),
        ..report(2, RECORDER, ANNA, 10)
    };
    let longer =
        Observation { roaming: true, connected_seconds: Some(45), ..report(1, PERSON, ANNA, 20) };
    let calls = match_observations(&[longer, answered, report(3, PBX, ANNA, 0)]);
    let [call] = &calls[..] else { panic!("one call: {calls:?}") };
    assert_eq!(call.id.0.as_u128(), 3);
    assert_eq!(call.started_at, Instant(0));
    assert_eq!(call.uncertainty, Span::seconds(3));
    assert_eq!(call.connected_seconds, 45);
    assert_eq!((call.answered, call.roaming), (true, true));
    assert_eq!(call.ended_at(), Instant(0) + Span::seconds(45));
}

#[test]
fn nothing_observed_is_no_call() {
    assert_eq!(match_observations(&[]), []);
}

fn is_settled(seconds: &[i64], loaded_from: i64) -> bool {
    let at = |second| Instant(0) + Span::seconds(second);
    let observations: Vec<Observation> =
        seconds.iter().map(|second| report(1, PBX, ANNA, *second)).collect();
    baits_unsettled_before(&observations, at(loaded_from), at(1_000)).is_empty()
}

#[test]
fn a_stream_is_settled_after_a_pause_of_more_than_two_minutes() {
    assert!(is_settled(&[], 880), "nothing within reach of the moment");
    assert!(is_settled(&[500, 620, 879], 450), "a pause before the moment");
    assert!(!is_settled(&[500, 620, 740, 860, 980], 450), "no pause at all");
    assert!(is_settled(&[500, 620, 741, 860, 980], 450), "a pause in the middle");
    assert!(is_settled(&[500, 620, 740, 860, 980], 380), "a pause at the beginning");
    assert!(!is_settled(&[500, 620, 740, 860, 980], 381), "too short a one");
    assert!(is_settled(&[1_000, 1_001], 880), "what comes later does not matter");
}

#[test]
fn every_stream_of_a_bait_must_be_settled_and_no_other_bait_is_in_doubt_for_it() {
    let at = |second| Instant(0) + Span::seconds(second);
    let unsettled = |all: &[Observation], from| baits_unsettled_before(all, at(from), at(1_000));
    let quiet = report(1, PBX, ANNA, 700);
    let busy = Observation { bait: BaitId(Uuid::max()), ..report(2, PBX, ANNA, 890) };
    assert_eq!(unsettled(&[quiet.clone(), busy.clone()], 650), BTreeSet::new());
    let busier = Observation { occurred_at: at(770), ..busy.clone() };
    assert_eq!(unsettled(&[quiet.clone(), busier.clone(), busy.clone()], 651), [busy.bait].into());
    // Another direction of the first bait, which has a pause.
    let outgoing = Observation { direction: Direction::Outgoing, ..busy };
    assert_eq!(unsettled(&[quiet, busier, outgoing], 651), BTreeSet::new());
}
