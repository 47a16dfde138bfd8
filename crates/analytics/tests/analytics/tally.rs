//! What makes two interceptions one tally.

use baitline_analytics::{Hearing, InterceptionRow, tally};
use baitline_domain::instant::Instant;
use baitline_domain::label::LabelKind;
use baitline_domain::verdict::Verdict;

use crate::rows::{DAY, bait, client, competitor, megafon, mts, phone, row, tally_of, trap};

#[test]
fn no_interceptions_give_no_tallies() {
    assert_eq!(tally(&[]).unwrap(), []);
}

#[test]
fn calls_that_differ_in_their_moment_only_are_one_tally_from_the_first_to_the_last() {
    let at = |micros| InterceptionRow { started_at: Instant(micros), ..row() };

    let tallies = tally(&[at(5), at(-3), at(9), at(5)]).unwrap();

    let mut expected = tally_of(row(), 4);
    (expected.first_at, expected.last_at) = (Instant(-3), Instant(9));
    assert_eq!(tallies, [expected]);
}

#[test]
fn calls_that_differ_in_anything_else_are_two_tallies() {
    let others = [
        InterceptionRow { client: client(2), ..row() },
        InterceptionRow { caller: Some(phone(2)), ..row() },
        InterceptionRow { caller: None, ..row() },
        InterceptionRow { operator: Some(megafon()), ..row() },
        InterceptionRow { operator: None, ..row() },
        InterceptionRow { region: Some("г. Омск".to_owned()), ..row() },
        InterceptionRow { region: None, ..row() },
        InterceptionRow { competitors: vec![competitor(1)], ..row() },
        InterceptionRow { competitors: vec![competitor(1), competitor(2)], ..row() },
        InterceptionRow { bait: bait(2), ..row() },
        InterceptionRow { bait_operator: Some(mts()), ..row() },
        InterceptionRow { bait_operator: None, ..row() },
        InterceptionRow { trap: trap(2), ..row() },
        InterceptionRow { verdict: Verdict::Invalid, ..row() },
        InterceptionRow { attempt: true, ..row() },
        InterceptionRow { hearing: Hearing::Unheard, ..row() },
        InterceptionRow { prior_contact: true, ..row() },
        InterceptionRow { local_day: DAY + 1, ..row() },
    ];
    for other in others {
        let tallies = tally(&[row(), other.clone(), row()]).unwrap();

        let mut expected = [tally_of(row(), 2), tally_of(other, 1)];
        expected.sort();
        assert_eq!(tallies, expected);
    }
}

#[test]
fn tallies_come_out_by_client_then_caller() {
    let of = |client_number, caller_number| InterceptionRow {
        client: client(client_number),
        caller: Some(phone(caller_number)),
        ..row()
    };

    let tallies = tally(&[of(2, 1), of(1, 3), of(2, 2), of(1, 4)]).unwrap();

    let expected = [of(1, 3), of(1, 4), of(2, 1), of(2, 2)].map(|row| tally_of(row, 1));
    assert_eq!(tallies, expected);
}

#[test]
fn only_plain_advertising_is_heard_as_advertising() {
    assert_eq!(Hearing::from(None), Hearing::Unheard);
    assert_eq!(Hearing::from(Some(LabelKind::Advertising)), Hearing::Advertising);
    let others =
        [LabelKind::OwnSide, LabelKind::Service, LabelKind::WrongNumber, LabelKind::Unclear];
    for label in others {
        assert_eq!(Hearing::from(Some(label)), Hearing::Other, "{label:?}");
    }
}
