//! Laws that hold for every input: of matching, of verdicts and of reading.

mod world;

use baitline_domain::call::Call;
use baitline_domain::ids::{BaitId, ObservationId, SourceId};
use baitline_domain::instant::{Day, Instant, Span};
use baitline_domain::matching::{MATCHING_SPAN, baits_unsettled_before, match_observations};
use baitline_domain::observation::{Channel, Direction, Observation};
use baitline_domain::phone::{Party, PartyKind};
use baitline_domain::verdict::Reason;
use proptest::prelude::*;
use std::collections::BTreeSet;
use uuid::Uuid;
use world::*;

/// Observations of a few minutes, dense enough that rules meet each other.
const MOST_OBSERVATIONS: usize = 24;
const LAST_SECOND: i64 = 900;

fn party() -> impl Strategy<Value = Party> {
    prop_oneof![
        3 => Just(number(MTS_NUMBER)),
        2 => Just(number(MEGAFON_NUMBER)),
        2 => Just(Party::Hidden),
        1 => Just(Party::read(Some("OKNA-PLUS"))),
    ]
}

fn channel() -> impl Strategy<Value = Channel> {
    prop_oneof![4 => Just(Channel::Pstn), 1 => Just(Channel::Sms)]
}

fn direction() -> impl Strategy<Value = Direction> {
    prop_oneof![4 => Just(Direction::Incoming), 1 => Just(Direction::Outgoing)]
}

fn observation() -> impl Strategy<Value = Observation> {
    let seen = (0_i64..=LAST_SECOND, 0_u32..100, any::<bool>());
    (any::<u128>(), 1_u128..=3, 1_u128..=2, direction(), party(), channel(), seen).prop_map(
        |(id, source, bait, direction, party, channel, (second, connected, answered))| {
            Observation {
                id: ObservationId(Uuid::from_u128(id)),
                source: SourceId(Uuid::from_u128(source)),
                bait: BaitId(Uuid::from_u128(bait)),
                direction,
                party,
                channel,
                occurred_at: minute(0) + Span::seconds(second),
                uncertainty: Span(0),
                connected_seconds: Some(connected),
                answered,
                roaming: false,
            }
        },
    )
}

fn observations() -> impl Strategy<Value = Vec<Observation>> {
    prop::collection::vec(observation(), 0..MOST_OBSERVATIONS)
}

/// The matching rule, read aloud: no look-back, no order of groups.
fn matched_word_by_word(observations: &[Observation]) -> BTreeSet<BTreeSet<ObservationId>> {
    let mut in_order: Vec<&Observation> = observations.iter().collect();
    in_order.sort_by_key(|o| (o.party == Party::Hidden, o.occurred_at, o.id));
    let mut groups: Vec<Vec<&Observation>> = Vec::new();
    for o in in_order {
        let joinable = groups.iter_mut().filter(|group| {
            let first = group[0];
            (first.bait, first.direction, first.channel) == (o.bait, o.direction, o.channel)
                && (o.party == Party::Hidden || first.party == o.party)
                && first.occurred_at <= o.occurred_at
                && o.occurred_at - first.occurred_at <= MATCHING_SPAN
                && group.iter().all(|member| member.source != o.source)
        });
        let distance = |group: &Vec<&Observation>| {
            (o.occurred_at - group[0].occurred_at, group[0].occurred_at, group[0].id)
        };
        match joinable.min_by_key(|group| distance(group)) {
            Some(group) => group.push(o),
            None => groups.push(vec![o]),
        }
    }
    groups.into_iter().map(|group| group.into_iter().map(|o| o.id).collect()).collect()
}

fn members(calls: &[Call]) -> BTreeSet<BTreeSet<ObservationId>> {
    calls.iter().map(|call| call.observations.iter().copied().collect()).collect()
}

fn shifted(observations: &[Observation], span: Span) -> Vec<Observation> {
    let shift = |o: &Observation| Observation { occurred_at: o.occurred_at + span, ..o.clone() };
    observations.iter().map(shift).collect()
}

proptest! {
    #[test]
    fn the_order_of_arrival_does_not_matter(
        (observations, shuffled) in
            observations().prop_flat_map(|o| (Just(o.clone()), Just(o).prop_shuffle()))
    ) {
        prop_assert_eq!(match_observations(&observations), match_observations(&shuffled));
    }

    #[test]
    fn every_observation_is_in_exactly_one_call(observations in observations()) {
        let calls = match_observations(&observations);
        let mut placed: Vec<_> = calls.iter().flat_map(|call| call.observations.clone()).collect();
        let mut given: Vec<_> = observations.iter().map(|o| o.id).collect();
        placed.sort();
        given.sort();
        prop_assert_eq!(placed, given);
    }

    #[test]
    fn calls_are_what_the_rule_says_word_by_word(observations in observations()) {
        let calls = match_observations(&observations);
        prop_assert_eq!(members(&calls), matched_word_by_word(&observations));
        prop_assert!(calls.is_sorted_by_key(|call| (call.started_at, call.id)));
    }

    #[test]
    fn what_is_settled_does_not_depend_on_what_was_not_loaded(
        observations in observations(),
        loaded_from in 0..LAST_SECOND,
        at in 0..LAST_SECOND,
    ) {
        let loaded_from = minute(0) + Span::seconds(loaded_from);
        let at = minute(0) + Span::seconds(at);
        let loaded: Vec<Observation> =
            observations.iter().filter(|o| loaded_from <= o.occurred_at).cloned().collect();
        prop_assume!(at - loaded_from >= MATCHING_SPAN);
        let unsettled = baits_unsettled_before(&loaded, loaded_from, at);
        let later = |observations: &[Observation]| {
            let mut calls = match_observations(observations);
            calls.retain(|call| at <= call.started_at && !unsettled.contains(&call.bait));
            calls
        };
        prop_assert_eq!(later(&loaded), later(&observations));
    }

    #[test]
    fn midnight_is_a_time_like_any_other_for_matching(
        observations in observations(),
        second in 0..LAST_SECOND,
    ) {
        let midnight = Day(20_000).start();
        let span = midnight - (minute(0) + Span::seconds(second));
        let calls = match_observations(&observations);
        let at_midnight = match_observations(&shifted(&observations, span));
        prop_assert_eq!(members(&calls), members(&at_midnight));
        for (call, moved) in calls.iter().zip(&at_midnight) {
            prop_assert_eq!(call.started_at + span, moved.started_at);
        }
    }
}

/// A situation in which any rule may hold, with its call anywhere around the trap.
fn situation() -> impl Strategy<Value = Situation> {
    let caller = prop_oneof![
        6 => prop::sample::select(vec![
            MTS_NUMBER, T2_NUMBER, INTERNOD_NUMBER, SBERMOBILE_NUMBER, GLONASS_NUMBER,
            UNALLOCATED_NUMBER, MOSCOW_NUMBER, POLISH_NUMBER,
        ]).prop_map(number),
        1 => Just(Party::Hidden),
        1 => "[0-9*a-zа-я ]{0,20}".prop_map(|text| Party::read(Some(&text))),
    ];
    let bait = prop::option::of(prop::sample::select(vec![T2, BEELINE, VTB_MOBILE, STRANGER]));
    let dealings = prop::collection::vec((0_u8..6, -DAY..3 * DAY), 0..4);
    let call = (direction(), channel(), any::<bool>(), any::<bool>());
    (caller, bait, dealings, call, -HOUR..3 * DAY, any::<bool>()).prop_map(
        |(party, bait, dealings, (direction, channel, answered, roaming), minutes, complete)| {
            let mut s = Situation::plain();
            s.call = Call { party, direction, channel, answered, roaming, ..s.call };
            s.call_at(minutes);
            s.bait.operator = bait.map(inn);
            if !complete {
                s.traps[0].window = None;
            }
            s.belongs(MTS_NUMBER, COMPETITOR);
            for (kind, minutes) in dealings {
                deal(&mut s, kind, minutes);
            }
            s
        },
    )
}

fn deal(s: &mut Situation, kind: u8, minutes: i64) {
    match kind {
        0 => s.own_number(T2_NUMBER, Some(minutes)),
        1 => s.allow(INTERNOD_NUMBER, minutes),
        2 => s.bait_called(MTS_NUMBER, minutes),
        3 => s.was_called_by(MTS_NUMBER, minutes),
        4 => s.consented_to(SBERMOBILE_NUMBER, minutes),
        _ => s.visited(COMPETITOR, minutes),
    }
}

fn makes_background(reason: &Reason) -> bool {
    use Reason::*;
    matches!(
        reason,
        Outgoing
            | Channel
            | OutsideWindow
            | OwnNumber
            | AllowListed
            | TaintedByCall
            | TaintedByVisit
            | TaintedByConsent
    )
}

/// Moves everything that has a time by the same span.
fn moved(situation: &Situation, span: Span) -> Situation {
    let mut s = situation.clone();
    let shift = |at: &mut Instant| *at = *at + span;
    shift(&mut s.call.started_at);
    for trap in &mut s.traps {
        trap.exposures.iter_mut().for_each(|exposure| shift(&mut exposure.at));
        shift(&mut trap.run_ends_at);
        if let Some(window) = &mut trap.window {
            shift(&mut window.from);
            shift(&mut window.to);
        }
    }
    s.own_numbers.iter_mut().filter_map(|own| own.valid_to.as_mut()).for_each(shift);
    s.allow_list.iter_mut().for_each(|entry| shift(&mut entry.since));
    s.visits.iter_mut().for_each(|visit| shift(&mut visit.at));
    s.contacts.iter_mut().for_each(|contact| shift(&mut contact.at));
    s.editions.iter_mut().for_each(|edition| shift(&mut edition.in_force_from));
    s
}

proptest! {
    #[test]
    fn a_call_is_background_for_a_reason_or_has_exactly_one_verdict(situation in situation()) {
        let assessment = situation.assess();
        let is_background = assessment.reasons.iter().any(makes_background);
        prop_assert_eq!(is_background, assessment.interception.is_none());
        prop_assert!(assessment.reasons.is_sorted_by(|a, b| a < b), "sorted, without repeats");
    }

    #[test]
    fn every_incoming_covered_call_without_dealings_gets_a_verdict(situation in situation()) {
        let mut s = Situation { own_numbers: vec![], allow_list: vec![], ..situation };
        s.visits.clear();
        s.contacts.clear();
        s.call.direction = Direction::Incoming;
        s.call.channel = Channel::Pstn;
        let is_covered = s.traps[0].covers(s.call.started_at).is_some();
        prop_assert_eq!(s.assess().interception.is_some(), is_covered);
    }

    #[test]
    fn a_taint_never_lets_a_call_through(
        situation in situation(),
        kind in 0_u8..3,
        earlier in 1..10 * DAY,
    ) {
        let mut s = situation;
        s.caller(MTS_NUMBER);
        let minutes = (s.call.started_at - minute(0)).0.div_euclid(MINUTE.0) - earlier;
        match kind {
            0 => s.bait_called(MTS_NUMBER, minutes),
            1 => s.consented_to(MTS_NUMBER, minutes),
            _ => s.visited(COMPETITOR, minutes),
        }
        prop_assert_eq!(s.assess().interception, None);
    }

    #[test]
    fn a_prior_contact_changes_the_count_and_not_the_verdict(
        situation in situation(),
        earlier in 1..10 * DAY,
    ) {
        let mut with = situation.clone();
        with.caller(MTS_NUMBER);
        with.contacts.clear();
        let without = with.assess();
        with.was_called_by(MTS_NUMBER, -earlier);
        let assessment = with.assess();
        prop_assert_eq!(without.interception.is_some(), assessment.interception.is_some());
        if let (Some(new), Some(old)) = (without.interception, assessment.interception) {
            prop_assert!(!new.prior_contact && old.prior_contact);
            prop_assert!(assessment.reasons.contains(&Reason::PriorContact));
            prop_assert_eq!(new.verdict, old.verdict);
        }
    }

    #[test]
    fn a_window_holds_its_first_microsecond_and_not_the_one_after_its_last(
        micros in any::<u32>(),
        hours in 24_i64..=72,
    ) {
        let mut s = Situation::plain();
        let from = minute(OPENS) + Span(i64::from(micros));
        let to = from + Span::hours(hours);
        s.traps[0].window = Some(baitline_domain::trap::Window { from, to });
        for (at, covered, during) in [
            (from - Span(1), true, true),
            (from, true, false),
            (to - Span(1), true, false),
            (to, false, false),
        ] {
            s.call.started_at = at;
            let assessment = s.assess();
            prop_assert_eq!(assessment.interception.is_some(), covered);
            prop_assert_eq!(assessment.reasons.contains(&Reason::DuringTrap), during);
            prop_assert!(assessment.reasons.contains(&Reason::Edge));
        }
    }

    #[test]
    fn midnight_is_a_time_like_any_other_for_verdicts(
        situation in situation(),
        after in -2 * DAY..2 * DAY,
    ) {
        let midnight = Day(20_700).start();
        let span = midnight + Span(after * MINUTE.0) - situation.call.started_at;
        let (here, there) = (situation.assess(), moved(&situation, span).assess());
        prop_assert_eq!(here.reasons, there.reasons);
        prop_assert_eq!(
            here.interception.map(|found| (found.verdict, found.exposures_done.len())),
            there.interception.map(|found| (found.verdict, found.exposures_done.len()))
        );
    }

    #[test]
    fn any_text_reads_as_a_party_that_reads_the_same_again(text in any::<String>()) {
        let party = Party::read(Some(&text));
        prop_assert_eq!(Party::read(Some(&party.to_string())), party);
    }

    #[test]
    fn what_looks_like_a_number_reads_the_same_again(
        text in "[ +0-9()<>:;@.a-zа-я\"'«»\u{a0}\u{0}\u{200b}-]{0,24}(tel:|sip:)?[<\"+0-9 ]{0,16}[>\"@a-z]{0,3}"
    ) {
        let party = Party::read(Some(&text));
        prop_assert_eq!(Party::read(Some(&party.to_string())), party.clone());
        prop_assert_eq!(party.kind() == PartyKind::Number, party.phone().is_some());
    }

    #[test]
    fn a_number_reads_from_any_grouping_of_its_digits(
        national in 9_000_000_000_u64..10_000_000_000,
        prefix in prop::sample::select(vec!["+7", "7", "8", "", "007", "8107"]),
        gaps in prop::collection::vec(prop::sample::select(vec!["", " ", "-", ")", "(", "."]), 10),
    ) {
        let digits = national.to_string();
        let grouped: String = digits.chars().zip(gaps).map(|(c, gap)| format!("{gap}{c}")).collect();
        let read = Party::read(Some(&format!("{prefix}{grouped}")));
        prop_assert_eq!(read, number(70_000_000_000 + national));
    }
}
