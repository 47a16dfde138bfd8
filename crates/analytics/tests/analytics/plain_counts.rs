//! Interceptions by operators and by bait, with answers worked out by hand.

use baitline_analytics::{Hearing, InterceptionRow, Scope, VerdictCounts};
use baitline_domain::verdict::Verdict;

use crate::of_tallies::{by_bait, by_operators};
use crate::rows::{bait, megafon, mts, phone, row, t2, tally_of};

#[test]
fn nothing_counted_gives_no_lines() {
    assert_eq!(by_bait(&[]).unwrap(), []);
    assert_eq!(by_operators(&[], &Scope::default()).unwrap(), []);
}

#[test]
fn a_bait_counts_what_came_to_it_whoever_called_and_whatever_was_heard() {
    let other = |hearing, verdict| {
        let caller = Some(phone(2));
        InterceptionRow { caller, hearing, verdict, ..row() }
    };
    let tallies = [
        tally_of(row(), 2),
        tally_of(other(Hearing::Unheard, Verdict::ForeignEntity), 1),
        tally_of(other(Hearing::Unheard, Verdict::Invalid), 1),
        tally_of(other(Hearing::Other, Verdict::SameGroup), 1),
        tally_of(InterceptionRow { caller: None, attempt: true, ..row() }, 3),
        tally_of(InterceptionRow { caller: None, verdict: Verdict::Inconclusive, ..row() }, 1),
        tally_of(InterceptionRow { bait: bait(2), ..row() }, 1),
    ];

    let found = by_bait(&tallies).unwrap();

    assert_eq!(found.iter().map(|(key, _)| *key).collect::<Vec<_>>(), [bait(1), bait(2)]);
    let counts = found[0].1;
    assert_eq!(counts.interceptions, 6);
    let by_verdict = VerdictCounts {
        foreign_group: 2,
        foreign_entity: 1,
        same_group: 1,
        inconclusive: 1,
        invalid: 1,
    };
    assert_eq!(counts.by_verdict, by_verdict);
    assert_eq!((counts.advertising, counts.candidates, counts.unheard_invalid), (3, 1, 1));
    assert_eq!((counts.other_heard, counts.attempts, counts.without_number), (1, 3, 4));
    assert_eq!((counts.callers, counts.baits, counts.clients), (2, 1, 1));
}

#[test]
fn operators_are_counted_in_pairs_and_unknown_ones_are_a_pair_too() {
    let of = |operator, bait_operator, calls| {
        tally_of(InterceptionRow { operator, bait_operator, ..row() }, calls)
    };
    let (mts, megafon, t2) = (Some(mts()), Some(megafon()), Some(t2()));
    let tallies =
        [of(mts, t2, 3), of(mts, megafon, 2), of(None, t2, 1), of(mts, None, 1), of(mts, t2, 1)];
    let counted = |scope: &Scope| -> Vec<_> {
        let found = by_operators(&tallies, scope).unwrap();
        found.into_iter().map(|(pair, counts)| (pair, counts.interceptions)).collect()
    };

    let all = [((None, t2), 1), ((mts, None), 1), ((mts, t2), 4), ((mts, megafon), 2)];
    assert_eq!(counted(&Scope::default()), all);
    let of_t2 = Scope { bait_operator: t2, ..Scope::default() };
    assert_eq!(counted(&of_t2), [((None, t2), 1), ((mts, t2), 4)]);
}
