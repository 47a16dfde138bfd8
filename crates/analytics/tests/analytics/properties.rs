//! For any interceptions at all, the engine and the plain reference agree, and
//! neither order nor pieces matter.

use baitline_analytics::{
    GroupBy, Hearing, InterceptionRow, Offender, Question, Tally, Thresholds, one_offender,
    repeat_offenders, tally,
};
use baitline_domain::instant::Instant;
use baitline_domain::verdict::Verdict;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select, subsequence};

use crate::reference;
use crate::rows::{DAY, bait, client, megafon, mts, phone, tally_of, trap};

const VERDICTS: [Verdict; 5] = [
    Verdict::ForeignGroup,
    Verdict::ForeignEntity,
    Verdict::SameGroup,
    Verdict::Inconclusive,
    Verdict::Invalid,
];

/// Few distinct values of everything, so that groups are large and overlap.
fn any_row() -> impl Strategy<Value = InterceptionRow> {
    let hearings =
        vec![Hearing::Unheard, Hearing::Advertising, Hearing::Advertising, Hearing::Other];
    let who =
        (0..3_u128, 0..4_u64, option::of(select(vec![mts(), megafon()])), 0..4_u128, 0..5_u128);
    let what =
        (select(VERDICTS.to_vec()), prop::bool::weighted(0.2), select(hearings), any::<bool>());
    (who, what, DAY..DAY + 3, -50..50_i64).prop_map(|(who, what, local_day, started_at)| {
        InterceptionRow {
            client: client(who.0),
            caller: phone(who.1),
            operator: who.2,
            bait: bait(who.3),
            trap: trap(who.4),
            verdict: what.0,
            attempt: what.1,
            hearing: what.2,
            prior_contact: what.3,
            local_day,
            started_at: Instant(started_at),
        }
    })
}

fn any_rows() -> impl Strategy<Value = Vec<InterceptionRow>> {
    vec(any_row(), 0..150)
}

fn any_question() -> impl Strategy<Value = Question> {
    let thresholds = (0..8_u32, 0..4_u32, 0..4_u32, 0..4_u32, 0..4_u32);
    let group_by = select(vec![GroupBy::Number, GroupBy::Operator]);
    (group_by, thresholds, subsequence(VERDICTS.to_vec(), 0..=VERDICTS.len())).prop_map(
        |(group_by, (interceptions, traps, baits, clients, days), verdicts)| Question {
            group_by,
            thresholds: Thresholds { interceptions, traps, baits, clients, days },
            verdicts,
        },
    )
}

fn calls_of(offender: &Offender) -> u64 {
    let others = offender.other_verdicts;
    offender.interceptions
        + offender.candidates
        + offender.unheard_invalid
        + offender.other_heard
        + offender.attempts
        + others.foreign_group
        + others.foreign_entity
        + others.same_group
        + others.inconclusive
        + others.invalid
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn tallies_are_those_of_the_reference_in_any_order(
        (rows, shuffled) in any_rows().prop_flat_map(|rows| {
            (Just(rows.clone()), Just(rows).prop_shuffle())
        }),
    ) {
        let expected = reference::tally(&rows);
        prop_assert_eq!(tally(&rows).unwrap(), expected.clone());
        prop_assert_eq!(tally(&shuffled).unwrap(), expected);
    }

    #[test]
    fn the_report_is_that_of_the_reference(rows in any_rows(), question in any_question()) {
        let report = repeat_offenders(&tally(&rows).unwrap(), &question).unwrap();

        prop_assert_eq!(&report, &reference::repeat_offenders(&rows, &question));
        prop_assert_eq!(report.iter().map(calls_of).sum::<u64>(), rows.len() as u64);
    }

    #[test]
    fn one_offender_has_the_line_it_has_in_the_report(
        rows in any_rows(),
        question in any_question(),
    ) {
        let question = Question { group_by: GroupBy::Number, ..question };
        let tallies = tally(&rows).unwrap();
        for number in 0..4 {
            let of_number: Vec<Tally> =
                tallies.iter().copied().filter(|tally| tally.caller == phone(number)).collect();
            let line = repeat_offenders(&of_number, &question).unwrap().pop();
            prop_assert_eq!(one_offender(&of_number, &question), line);
        }
    }

    #[test]
    fn pieces_in_any_order_give_the_same_report(
        shuffled in any_rows().prop_shuffle(),
        cut in any::<Index>(),
        question in any_question(),
    ) {
        let whole = repeat_offenders(&tally(&shuffled).unwrap(), &question).unwrap();

        let (left, right) = shuffled.split_at(cut.index(shuffled.len() + 1));
        let halves = [tally(right).unwrap(), tally(left).unwrap()].concat();
        prop_assert_eq!(&repeat_offenders(&halves, &question).unwrap(), &whole);

        let singles: Vec<Tally> = shuffled.iter().map(|row| tally_of(*row, 1)).collect();
        prop_assert_eq!(&repeat_offenders(&singles, &question).unwrap(), &whole);
    }
}
