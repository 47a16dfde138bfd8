//! Looking up numbers in editions.

#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

use super::*;
use uuid::Uuid;

fn phone(digits: u64) -> Phone {
    Phone::from_digits(digits).unwrap()
}

fn range(first: u64, last: u64) -> NumberRange {
    NumberRange {
        first: phone(first),
        last: phone(last),
        operator: None,
        operator_name: format!("holder of {first}"),
        region: String::new(),
    }
}

fn edition(id: u128, in_force_from: i64, ranges: Vec<NumberRange>) -> Edition {
    let (id, in_force_from) = (EditionId(Uuid::from_u128(id)), Instant(in_force_from));
    Edition { id, file: NumberingFile::Def9, in_force_from, ranges }
}

/// Two editions, in force from 100 and 200; the second lost one range and
/// gained another.
fn plan() -> NumberingPlan {
    let kept = || range(79_000_000_000, 79_000_000_009);
    let gone = range(79_000_000_010, 79_000_000_019);
    let gained = range(79_000_000_030, 79_000_000_039);
    NumberingPlan::new(vec![
        edition(2, 200, vec![gained, kept()]),
        edition(1, 100, vec![kept(), gone]),
    ])
}

/// Edition, before the first, by the next; `None` where no range holds it.
fn held(plan: &NumberingPlan, digits: u64, at: i64) -> Option<(u128, bool, bool)> {
    match plan.look_up(phone(digits), Instant(at)) {
        Allocation::Held { edition, range, before_first, by_next, .. } => {
            assert!(range.first <= phone(digits) && phone(digits) <= range.last);
            Some((edition.0.as_u128(), before_first, by_next))
        }
        Allocation::Unallocated { .. } | Allocation::NotLoaded => None,
    }
}

#[test]
fn a_range_holds_both_its_ends_and_nothing_beside() {
    let plan = plan();
    for digits in [79_000_000_000, 79_000_000_005, 79_000_000_009] {
        assert_eq!(held(&plan, digits, 200), Some((2, false, false)));
    }
    for digits in [78_999_999_999, 79_000_000_010, 79_000_000_029, 79_000_000_040] {
        assert_eq!(held(&plan, digits, 200), None, "{digits}");
    }
}

#[test]
fn the_edition_in_force_is_the_latest_that_had_begun() {
    let plan = plan();
    for (at, expected) in [
        (99, (1, true, false)),
        (100, (1, false, false)),
        (199, (1, false, false)),
        (200, (2, false, false)),
    ] {
        assert_eq!(held(&plan, 79_000_000_000, at), Some(expected), "at {at}");
    }
    assert_eq!(held(&plan, 79_000_000_010, 199), Some((1, false, false)));
    assert_eq!(held(&plan, 79_000_000_010, 200), None, "an older edition says nothing");
}

#[test]
fn a_number_only_the_following_edition_holds_is_held_by_the_next() {
    let plan = plan();
    assert_eq!(held(&plan, 79_000_000_030, 150), Some((2, false, true)));
    assert_eq!(held(&plan, 79_000_000_030, 50), Some((2, true, true)));
}

#[test]
fn an_unallocated_number_says_which_editions_were_asked() {
    let plan = plan();
    let unallocated = |at| match plan.look_up(phone(79_000_000_025), Instant(at)) {
        Allocation::Unallocated { edition, before_first, next_loaded } => {
            (edition.0.as_u128(), before_first, next_loaded)
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(unallocated(50), (1, true, true));
    assert_eq!(unallocated(150), (1, false, true));
    assert_eq!(unallocated(250), (2, false, false));
}

#[test]
fn a_code_belongs_to_the_file_of_its_first_digit_or_to_none() {
    let file = NumberingFile::of_code;
    assert_eq!(file(343), Some(NumberingFile::Abc3));
    assert_eq!(file(495), Some(NumberingFile::Abc4));
    assert_eq!(file(800), Some(NumberingFile::Abc8));
    assert_eq!(file(999), Some(NumberingFile::Def9));
    assert!([0, 100, 200, 500, 600, 700].iter().all(|code| file(*code).is_none()));
    for digits in [74_951_000_000, 78_001_000_000, 71_001_000_000] {
        assert_eq!(plan().look_up(phone(digits), Instant(200)), Allocation::NotLoaded);
    }
    assert_eq!(
        NumberingPlan::default().look_up(phone(79_000_000_000), Instant(0)),
        Allocation::NotLoaded
    );
}

#[test]
fn editions_of_one_file_say_nothing_of_another() {
    let moscow = Edition {
        file: NumberingFile::Abc4,
        ..edition(3, 150, vec![range(74_951_000_000, 74_951_000_009)])
    };
    let mut editions = plan().editions().to_vec();
    editions.push(moscow);
    let plan = NumberingPlan::new(editions);
    assert_eq!(held(&plan, 74_951_000_000, 160), Some((3, false, false)));
    assert_eq!(held(&plan, 79_000_000_000, 160), Some((1, false, false)));
    let order: Vec<u128> = plan.editions().iter().map(|edition| edition.id.0.as_u128()).collect();
    assert_eq!(order, [3, 1, 2]);
}

#[test]
fn a_plan_for_a_few_look_ups_says_the_same() {
    let of_few = NumberingPlan::of_few(plan().editions().to_vec());
    for digits in (78_999_999_990..79_000_000_100).chain([74_951_000_000, 79_999_999_999]) {
        for at in [0, 100, 150, 199, 200, 250] {
            let (number, at) = (phone(digits), Instant(at));
            let told = |allocation: Allocation<'_>| match allocation {
                Allocation::Held { edition, range, operator, before_first, by_next, .. } => {
                    format!("{edition:?} {range:?} {operator:?} {before_first} {by_next}")
                }
                nowhere => format!("{nowhere:?}"),
            };
            let few = told(of_few.look_up(number, at));
            assert_eq!(few, told(plan().look_up(number, at)), "{digits} at {at:?}");
        }
    }
}

#[test]
fn an_edition_alone_is_in_force_at_all_times_and_leaves_other_files_as_they_are() {
    let moscow = Edition {
        file: NumberingFile::Abc4,
        ..edition(3, 150, vec![range(74_951_000_000, 74_951_000_009)])
    };
    let mut editions = plan().editions().to_vec();
    editions.push(moscow);
    let alone = NumberingPlan::new(editions).with_only(EditionId(Uuid::from_u128(2))).unwrap();
    for at in [0, 150, 250] {
        assert_eq!(held(&alone, 79_000_000_030, at), Some((2, false, false)), "at {at}");
        assert_eq!(held(&alone, 79_000_000_010, at), None, "only the other edition had it");
    }
    assert_eq!(held(&alone, 74_951_000_000, 100), Some((3, true, false)));
    assert!(plan().with_only(EditionId(Uuid::from_u128(9))).is_none());
}
