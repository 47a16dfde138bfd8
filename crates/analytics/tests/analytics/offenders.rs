//! The report, line by line, with counts worked out by hand.

use baitline_analytics::{
    GroupBy, Hearing, InterceptionRow, Offender, OffenderKey, Question, Standing, Tally,
    Thresholds, VerdictCounts,
};
use baitline_domain::instant::Instant;
use baitline_domain::verdict::Verdict;

use crate::of_tallies::repeat_offenders;
use crate::rows::{DAY, bait, client, megafon, mts, phone, row, tally_of, trap};

fn question() -> Question {
    Question::default()
}

/// The line of the only offender among `tallies`.
fn only(tallies: &[Tally], question: &Question) -> Offender {
    let mut offenders = repeat_offenders(tallies, question).unwrap();
    assert_eq!(offenders.len(), 1, "{offenders:?}");
    offenders.remove(0)
}

fn keys(offenders: &[Offender]) -> Vec<OffenderKey> {
    offenders.iter().map(|offender| offender.key.clone()).collect()
}

/// The report as a person would write it down.
fn table(offenders: &[Offender]) -> String {
    let mut table = String::from(
        "caller standing       interc traps baits clients days callers all prior candid unh_inv other attempts fg,fe,sg,inc,inv first last\n",
    );
    for o in offenders {
        let VerdictCounts { foreign_group, foreign_entity, same_group, inconclusive, invalid } =
            o.other_verdicts;
        let OffenderKey::Number(number) = o.key else { panic!("{:?} is no number", o.key) };
        let caller = number.digits() % 1_000;
        table += &format!(
            "{caller:<6} {:<14} {:>6} {:>5} {:>5} {:>7} {:>4} {:>7} {:>3} {:>5} {:>6} {:>7} {:>5} {:>8} \
             {:>15} {:>5} {:>4}\n",
            o.standing.map_or_else(String::new, |standing| format!("{standing:?}")),
            o.interceptions,
            o.traps,
            o.baits,
            o.clients,
            o.days,
            o.callers,
            o.all_callers,
            o.prior_contact,
            o.candidates,
            o.unheard_invalid,
            o.other_heard,
            o.attempts,
            format!("{foreign_group},{foreign_entity},{same_group},{inconclusive},{invalid}"),
            o.first_at.0,
            o.last_at.0,
        );
    }
    table
}

/// A cold caller, a beginner, a courier, a bank nobody listened to yet, one
/// that always hangs up, and one whose verdicts do not count.
fn town() -> Vec<Tally> {
    let from = |caller| InterceptionRow { caller: Some(phone(caller)), ..row() };
    let heard = |caller, verdict| tally_of(InterceptionRow { verdict, ..from(caller) }, 1);
    vec![
        // 1: four counted calls on three traps, one of them with prior contact.
        tally_of(from(1), 2),
        tally_of(
            InterceptionRow {
                client: client(2),
                bait: bait(2),
                trap: trap(2),
                verdict: Verdict::ForeignEntity,
                local_day: DAY + 1,
                started_at: Instant(2_000),
                ..from(1)
            },
            1,
        ),
        tally_of(
            InterceptionRow { bait: bait(3), trap: trap(3), prior_contact: true, ..from(1) },
            1,
        ),
        // And some that do not count, the earliest among them.
        tally_of(
            InterceptionRow {
                attempt: true,
                bait: bait(4),
                trap: trap(4),
                local_day: DAY - 1,
                started_at: Instant(500),
                ..from(1)
            },
            3,
        ),
        tally_of(InterceptionRow { hearing: Hearing::Unheard, ..from(1) }, 5),
        // 2: one counted call.
        tally_of(from(2), 1),
        // 3: a courier, on two traps.
        tally_of(InterceptionRow { hearing: Hearing::Other, ..from(3) }, 2),
        tally_of(InterceptionRow { hearing: Hearing::Other, trap: trap(2), ..from(3) }, 2),
        // 4: not heard yet, once from a spoofed number.
        tally_of(InterceptionRow { hearing: Hearing::Unheard, ..from(4) }, 2),
        tally_of(
            InterceptionRow {
                hearing: Hearing::Unheard,
                verdict: Verdict::Invalid,
                started_at: Instant(3_000),
                ..from(4)
            },
            1,
        ),
        // 5: rings and hangs up.
        tally_of(InterceptionRow { attempt: true, hearing: Hearing::Unheard, ..from(5) }, 7),
        // 6: advertising, but no verdict that counts.
        heard(6, Verdict::SameGroup),
        heard(6, Verdict::Inconclusive),
        heard(6, Verdict::Invalid),
    ]
}

#[test]
fn every_column_says_what_a_person_counts() {
    insta::assert_snapshot!(table(&repeat_offenders(&town(), &question()).unwrap()), @"
    caller standing       interc traps baits clients days callers all prior candid unh_inv other attempts fg,fe,sg,inc,inv first last
    1      RepeatOffender      4     2     3       2    2       1   1     1      5       0     0        3       0,0,0,0,0   500 2000
    2      Offender            1     1     1       1    1       1   1     0      0       0     0        0       0,0,0,0,0  1000 1000
    3      Candidate           0     0     0       0    0       0   1     0      0       0     4        0       0,0,0,0,0  1000 1000
    4      Candidate           0     0     0       0    0       0   1     0      2       1     0        0       0,0,0,0,0  1000 3000
    5      Candidate           0     0     0       0    0       0   1     0      0       0     0        7       0,0,0,0,0  1000 1000
    6      Candidate           0     0     0       0    0       0   1     0      0       0     0        0       0,0,1,1,1  1000 1000
    ");
}

#[test]
fn an_operator_gathers_its_numbers_and_the_unknown_ones_stand_together() {
    let of = |operator, caller| {
        tally_of(InterceptionRow { operator, caller: Some(phone(caller)), ..row() }, 1)
    };
    let tallies = [
        of(Some(mts()), 1),
        of(Some(mts()), 2),
        of(Some(mts()), 2),
        of(None, 3),
        of(None, 4),
        of(Some(megafon()), 5),
    ];
    let question = Question { group_by: GroupBy::Operator, ..question() };

    let offenders = repeat_offenders(&tallies, &question).unwrap();

    assert_eq!(keys(&offenders), [Some(mts()), None, Some(megafon())].map(OffenderKey::Operator));
    let counts: Vec<_> = offenders.iter().map(|o| (o.interceptions, o.callers)).collect();
    assert_eq!(counts, [(3, 2), (2, 2), (1, 1)]);
}

#[test]
fn no_tallies_give_an_empty_report() {
    for group_by in [GroupBy::Number, GroupBy::Operator] {
        assert_eq!(repeat_offenders(&[], &Question { group_by, ..question() }).unwrap(), []);
    }
}

#[test]
fn couriers_banks_and_staff_are_no_offenders_even_at_thresholds_of_zero() {
    let thresholds = Thresholds { interceptions: 0, traps: 0, baits: 0, clients: 0, days: 0 };
    let question = Question { thresholds, ..question() };

    let offenders = repeat_offenders(&town(), &question).unwrap();

    let standings: Vec<Standing> = offenders.iter().filter_map(|o| o.standing).collect();
    let mut expected = vec![Standing::RepeatOffender; 2];
    expected.extend([Standing::Candidate; 4]);
    assert_eq!(standings, expected);
}

#[test]
fn a_caller_known_before_the_trap_makes_no_further_trap() {
    let known = InterceptionRow { trap: trap(2), prior_contact: true, ..row() };
    let tallies = [tally_of(row(), 1), tally_of(known, 1)];

    let offender = only(&tallies, &question());

    assert_eq!((offender.interceptions, offender.traps, offender.prior_contact), (2, 1, 1));
    assert_eq!(offender.standing, Some(Standing::Offender));
}

#[test]
fn one_threshold_missed_by_one_is_enough_not_to_be_a_repeat_offender() {
    let second = InterceptionRow {
        client: client(2),
        bait: bait(2),
        trap: trap(2),
        local_day: DAY + 1,
        ..row()
    };
    let tallies = [tally_of(row(), 1), tally_of(second, 1)];
    let reached = Thresholds { interceptions: 2, traps: 2, baits: 2, clients: 2, days: 2 };
    let standing_at = |thresholds| only(&tallies, &Question { thresholds, ..question() }).standing;

    assert_eq!(standing_at(reached), Some(Standing::RepeatOffender));
    for missed in [
        Thresholds { interceptions: 3, ..reached },
        Thresholds { traps: 3, ..reached },
        Thresholds { baits: 3, ..reached },
        Thresholds { clients: 3, ..reached },
        Thresholds { days: 3, ..reached },
    ] {
        assert_eq!(standing_at(missed), Some(Standing::Offender), "{missed:?}");
    }
}

#[test]
fn the_same_day_of_two_clients_is_one_day() {
    let tallies = [tally_of(row(), 1), tally_of(InterceptionRow { client: client(2), ..row() }, 1)];

    let offender = only(&tallies, &question());

    assert_eq!((offender.clients, offender.days), (2, 1));
}

#[test]
fn a_verdict_counts_when_it_is_asked_for_and_has_its_own_column_when_not() {
    let same_group = InterceptionRow { verdict: Verdict::SameGroup, trap: trap(2), ..row() };
    let entity = InterceptionRow { verdict: Verdict::ForeignEntity, ..row() };
    let tallies = [tally_of(row(), 4), tally_of(same_group, 2), tally_of(entity, 1)];
    let asked = |verdicts: &[Verdict]| {
        let question = Question { verdicts: verdicts.to_vec(), ..question() };
        let offender = only(&tallies, &question);
        (offender.interceptions, offender.other_verdicts)
    };

    let others = VerdictCounts::default();
    assert_eq!(
        asked(&[Verdict::SameGroup, Verdict::SameGroup]),
        (2, VerdictCounts { foreign_group: 4, foreign_entity: 1, ..others })
    );
    assert_eq!(
        asked(&[Verdict::ForeignGroup, Verdict::SameGroup, Verdict::ForeignEntity]),
        (7, others)
    );
    assert_eq!(
        asked(&[]),
        (0, VerdictCounts { foreign_group: 4, foreign_entity: 1, same_group: 2, ..others })
    );
}

#[test]
fn an_unanswered_call_is_an_attempt_whatever_its_label_says() {
    for hearing in [Hearing::Unheard, Hearing::Advertising, Hearing::Other] {
        let attempt = InterceptionRow { attempt: true, hearing, ..row() };
        let offender = only(&[tally_of(attempt, 2)], &question());

        assert_eq!(offender.standing, Some(Standing::Candidate), "{hearing:?}");
        assert_eq!((offender.attempts, offender.interceptions), (2, 0), "{hearing:?}");
    }
}

#[test]
fn more_calls_than_32_bits_hold_are_still_summed() {
    let tallies = [tally_of(row(), u32::MAX), tally_of(row(), u32::MAX)];

    assert_eq!(only(&tallies, &question()).interceptions, 2 * u64::from(u32::MAX));
}

#[test]
fn the_worst_come_first_and_equals_in_order_of_their_numbers() {
    let calls = |caller, trap_number, calls| {
        let row = InterceptionRow { caller: Some(phone(caller)), trap: trap(trap_number), ..row() };
        tally_of(row, calls)
    };
    let tallies = [
        calls(9, 1, 50), // many calls on one trap
        calls(8, 1, 1),
        calls(7, 1, 1),
        calls(5, 1, 2), // three calls on two traps
        calls(5, 2, 1),
        calls(4, 1, 1), // three calls on three traps
        calls(4, 2, 1),
        calls(4, 3, 1),
        calls(3, 1, 4), // five calls on two traps
        calls(3, 2, 1),
    ];

    let offenders = repeat_offenders(&tallies, &question()).unwrap();

    assert_eq!(keys(&offenders), [3, 4, 5, 9, 7, 8].map(|n| OffenderKey::Number(phone(n))));
}
