//! Laws that hold for any two lists.

use super::*;
use proptest::collection::vec;
use proptest::prelude::*;

/// Half an hour, dense enough that rules meet each other.
const LAST_SECOND: i64 = 1_800;

fn party() -> impl Strategy<Value = Party> {
    prop_oneof![4 => Just(number(CALLER)), 2 => Just(number(OTHER)), 1 => Just(Party::Hidden)]
}

fn direction() -> impl Strategy<Value = Direction> {
    prop_oneof![4 => Just(Direction::Incoming), 1 => Just(Direction::Outgoing)]
}

fn calls() -> impl Strategy<Value = Vec<OurCall>> {
    let any = (0..=LAST_SECOND, 0_u32..150, party(), direction());
    vec(any, 0..14).prop_map(|all| {
        let made = all.into_iter().zip(1..);
        let make = |((seconds, connected, party, direction), id)| OurCall {
            party,
            direction,
            ..call(id, seconds, connected)
        };
        made.map(make).collect()
    })
}

fn lines() -> impl Strategy<Value = Vec<StatementLine>> {
    let through = proptest::option::weighted(0.1, party());
    let any = (0..=LAST_SECOND, 0_u32..150, party(), direction(), any::<bool>(), through);
    vec(any, 0..14).prop_map(|all| {
        let made = all.into_iter().zip(1..);
        let make = |((seconds, connected, party, direction, in_minutes, through), number)| {
            let direction = Some(direction);
            let exact =
                StatementLine { party, direction, through, ..line(number, seconds, connected) };
            if in_minutes { to_the_minute(exact) } else { exact }
        };
        made.map(make).collect()
    })
}

fn shuffled<T: Clone + std::fmt::Debug + 'static>(
    all: impl Strategy<Value = Vec<T>>,
) -> impl Strategy<Value = (Vec<T>, Vec<T>)> {
    all.prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle()))
}

proptest! {
    #[test]
    fn the_order_of_either_list_does_not_matter(
        (calls, other_calls) in shuffled(calls()), (lines, other_lines) in shuffled(lines())
    ) {
        let found = reconcile(&calls, &lines, day()).unwrap();
        prop_assert_eq!(found, reconcile(&other_calls, &other_lines, day()).unwrap());
    }

    #[test]
    fn every_call_and_every_line_is_in_exactly_one_place(calls in calls(), lines in lines()) {
        let found = reconcile(&calls, &lines, day()).unwrap();
        let ours = found.pairs.iter().map(|pair| pair.call);
        let mut ours: Vec<_> = ours.chain(found.only_ours.iter().map(|only| only.call)).collect();
        ours.sort_unstable();
        prop_assert!(ours.into_iter().eq(calls.iter().map(|call| call.id)));
        let theirs = found.pairs.iter().map(|pair| pair.line);
        let mut theirs: Vec<_> =
            theirs.chain(found.only_theirs.iter().map(|only| only.line)).collect();
        theirs.sort_unstable();
        prop_assert!(theirs.into_iter().eq(lines.iter().map(|line| line.number)));
    }

    #[test]
    fn what_a_pair_says_of_itself_is_so(calls in calls(), lines in lines()) {
        for pair in reconcile(&calls, &lines, day()).unwrap().pairs {
            let call = calls.iter().find(|call| call.id == pair.call).unwrap();
            let line = lines.iter().find(|line| line.number == pair.line).unwrap();
            prop_assert_eq!(line.direction, Some(call.direction));
            let before = (line.started_at - call.started_at).0;
            let after = (call.started_at - line.latest_start()).0;
            let apart = before.max(after).max(0);
            prop_assert!(apart <= SEARCH_SPAN.0);
            let differs = pair.differences.contains(&Difference::Time);
            prop_assert_eq!(differs, apart > TIME_TOLERANCE.0);
            let shown = call.party != Party::Hidden && line.party != Party::Hidden;
            let other = shown && line.party != call.party
                && line.through.as_ref() != Some(&call.party);
            prop_assert_eq!(pair.differences.contains(&Difference::Caller), other);
        }
    }

    #[test]
    fn nothing_that_agrees_is_left_on_both_sides(calls in calls(), lines in lines()) {
        let found = reconcile(&calls, &lines, day()).unwrap();
        for only in &found.only_ours {
            let call = calls.iter().find(|call| call.id == only.call).unwrap();
            for other in &found.only_theirs {
                let line = lines.iter().find(|line| line.number == other.line).unwrap();
                prop_assert!(ROUNDS.iter().all(|round| !round.allows(call, line)));
            }
        }
    }

    #[test]
    fn a_statement_made_of_our_own_calls_matches_them_all(
        calls in calls(), in_minutes in any::<bool>()
    ) {
        let state = |(call, number): (&OurCall, u32)| {
            let seconds = (call.started_at - NOON).0 / 1_000_000;
            let party = call.party.clone();
            let direction = Some(call.direction);
            let exact =
                StatementLine { party, direction, ..line(number, seconds, call.connected_seconds) };
            if in_minutes { to_the_minute(exact) } else { exact }
        };
        let lines: Vec<StatementLine> = calls.iter().zip(1..).map(state).collect();
        let found = reconcile(&calls, &lines, day()).unwrap();
        prop_assert_eq!(found.pairs.len(), calls.len());
        prop_assert!(found.pairs.iter().all(|pair| pair.is_found()));
        prop_assert!(found.pairs.iter().all(|pair| pair.finding() == Finding::Matched));
    }
}
