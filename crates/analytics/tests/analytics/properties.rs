//! For any interceptions at all, the engine and the plain reference agree, and
//! neither order nor pieces matter.

use std::collections::BTreeSet;

use baitline_analytics::{
    CompetitorKey, Entities, GroupBy, Hearing, InterceptionRow, Offender, Question, Scope, Tally,
    Thresholds, one_offender, tally,
};
use baitline_domain::instant::Instant;
use baitline_domain::operator::{Inn, Operators};
use baitline_domain::verdict::Verdict;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select, subsequence};

use crate::of_tallies::{by_bait, by_operators, overlap, repeat_offenders};
use crate::reference;
use crate::rows::{DAY, bait, client, competitor, megafon, mts, phone, t2, tally_of, trap};

const VERDICTS: [Verdict; 5] = [
    Verdict::ForeignGroup,
    Verdict::ForeignEntity,
    Verdict::SameGroup,
    Verdict::Inconclusive,
    Verdict::Invalid,
];

const GROUPINGS: [GroupBy; 11] = [
    GroupBy::Number,
    GroupBy::BlockOfTen,
    GroupBy::BlockOfHundred,
    GroupBy::Competitor,
    GroupBy::Operator,
    GroupBy::OperatorGroup,
    GroupBy::Region,
    GroupBy::Client,
    GroupBy::Day,
    GroupBy::Week,
    GroupBy::Month,
];

fn any_region() -> impl Strategy<Value = Option<String>> {
    option::of(select(vec!["г. Москва".to_owned(), "Омская область".to_owned(), String::new()]))
}

fn any_operator() -> impl Strategy<Value = Option<Inn>> {
    option::of(select(vec![mts(), megafon(), t2()]))
}

/// Few distinct values of everything, so that groups are large and overlap. A
/// day is near the end of a month, of a week and of a year.
pub(crate) fn any_row() -> impl Strategy<Value = InterceptionRow> {
    let hearings =
        vec![Hearing::Unheard, Hearing::Advertising, Hearing::Advertising, Hearing::Other];
    let caller = prop::option::weighted(0.9, select(vec![0, 1, 2, 3, 9, 10, 99, 100_u64]));
    let who = (0..3_u128, caller, any_operator(), 0..4_u128, 0..5_u128);
    let whose = (any_region(), subsequence(vec![1, 2, 3, 4], 0..=3), any_operator());
    let what =
        (select(VERDICTS.to_vec()), prop::bool::weighted(0.2), select(hearings), any::<bool>());
    let when = (prop_oneof![DAY - 3..DAY + 3, Just(DAY + 121), Just(DAY + 122)], -50..50_i64);
    (who, whose, what, when).prop_map(|(who, whose, what, (local_day, started_at))| {
        InterceptionRow {
            client: client(who.0),
            caller: who.1.map(phone),
            operator: who.2,
            region: whose.0,
            competitors: whose.1.into_iter().map(competitor).collect(),
            bait: bait(who.3),
            bait_operator: whose.2,
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

/// The first two competitors are one company, the third has an ИНН of its own,
/// the fourth has none.
fn entities() -> Entities {
    let company = |number, inn| (competitor(number), inn);
    let companies = [company(1, t2()), company(2, t2()), company(3, mts())];
    Entities { companies: companies.into(), ..Entities::default() }
        .grouped_by(Operators::built_in(), Instant(0))
}

fn any_company() -> impl Strategy<Value = Option<CompetitorKey>> {
    let unidentified = CompetitorKey::Unidentified(client(1), competitor(4));
    let companies = vec![CompetitorKey::Company(t2()), unidentified];
    prop::option::weighted(0.3, select(companies))
}

fn any_scope() -> impl Strategy<Value = Scope> {
    let rarely = |operator: Option<Inn>| prop::option::weighted(0.2, Just(operator));
    let operators = (any_operator().prop_flat_map(rarely), any_operator().prop_flat_map(rarely));
    let region = prop::option::weighted(0.2, any_region());
    (operators, region, any_company()).prop_map(
        |((operator, bait_operator), region, competitor)| Scope {
            operator: operator.flatten(),
            bait_operator: bait_operator.flatten(),
            region: region.flatten(),
            competitor,
        },
    )
}

pub(crate) fn any_question() -> impl Strategy<Value = Question> {
    let thresholds = (0..8_u32, 0..4_u32, 0..4_u32, 0..4_u32, 0..4_u32);
    let group_by = select(GROUPINGS.to_vec());
    let verdicts = subsequence(VERDICTS.to_vec(), 0..=VERDICTS.len());
    (group_by, thresholds, verdicts, any_scope()).prop_map(
        |(group_by, (interceptions, traps, baits, clients, days), verdicts, scope)| Question {
            group_by,
            thresholds: Thresholds { interceptions, traps, baits, clients, days },
            verdicts,
            scope,
            entities: entities(),
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
        if question.group_by != GroupBy::Competitor {
            let asked = |row: &&InterceptionRow| {
                row.caller.is_some() && reference::is_asked_for(row, &question)
            };
            let all = rows.iter().filter(asked).count();
            prop_assert_eq!(report.iter().map(calls_of).sum::<u64>(), all as u64);
        }
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
                tallies.iter().filter(|tally| tally.caller == Some(phone(number))).cloned().collect();
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

        let singles: Vec<Tally> = shuffled.iter().map(|row| tally_of(row.clone(), 1)).collect();
        prop_assert_eq!(&repeat_offenders(&singles, &question).unwrap(), &whole);
    }

    /// A company's line and the calls beside the lines hold every call once,
    /// but for those of numbers that are several companies'.
    #[test]
    fn no_call_is_lost_where_companies_are_reported(
        rows in any_rows(),
        question in any_question(),
    ) {
        let scope = Scope { competitor: None, ..question.scope.clone() };
        let question = Question { group_by: GroupBy::Competitor, scope, ..question };
        let tallies = tally(&rows).unwrap();
        let apart = overlap(&tallies, &question);
        let asked: Vec<&InterceptionRow> = rows
            .iter()
            .filter(|row| row.caller.is_some() && reference::is_asked_for(row, &question))
            .collect();
        let with = |fits: fn(usize) -> bool| -> Vec<&InterceptionRow> {
            let companies = |row: &InterceptionRow| reference::companies(row, &question).len();
            asked.iter().copied().filter(|row| fits(companies(row))).collect()
        };
        for (told, expected) in
            [(apart.unattributed, with(|n| n == 0)), (apart.shared, with(|n| n > 1))]
        {
            let counted: Vec<_> = expected
                .iter()
                .filter(|row| {
                    !row.attempt
                        && row.hearing == Hearing::Advertising
                        && question.verdicts.contains(&row.verdict)
                })
                .collect();
            prop_assert_eq!(told.calls, expected.len() as u64);
            prop_assert_eq!(told.interceptions, counted.len() as u64);
            let callers: BTreeSet<_> = counted.iter().map(|row| row.caller).collect();
            let all_callers: BTreeSet<_> = expected.iter().map(|row| row.caller).collect();
            prop_assert_eq!(told.callers, callers.len() as u64);
            prop_assert_eq!(told.all_callers, all_callers.len() as u64);
        }
        let in_lines: u64 =
            repeat_offenders(&tallies, &question).unwrap().iter().map(calls_of).sum();
        let once = asked.iter().map(|row| reference::companies(row, &question).len() as u64);
        prop_assert_eq!(in_lines, once.sum::<u64>());
    }

    #[test]
    fn the_plain_counts_are_those_of_the_reference(
        rows in any_rows(),
        cut in any::<Index>(),
        question in any_question(),
    ) {
        let (left, right) = rows.split_at(cut.index(rows.len() + 1));
        let halves = [tally(right).unwrap(), tally(left).unwrap()].concat();

        prop_assert_eq!(by_bait(&halves).unwrap(), reference::counts(&rows, |row| row.bait));
        let scope = Scope { competitor: None, ..question.scope };
        let question = Question { scope: scope.clone(), ..question };
        let asked: Vec<InterceptionRow> = rows
            .iter()
            .filter(|row| reference::is_asked_for(row, &question))
            .cloned()
            .collect();
        let expected = reference::counts(&asked, |row| (row.operator, row.bait_operator));
        prop_assert_eq!(by_operators(&halves, &scope).unwrap(), expected);
    }
}
