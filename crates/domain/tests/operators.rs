//! What the agency knows of operators, as verdicts see it: from the moment on
//! at which it holds, and never before.

#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

mod world;

use baitline_domain::operator::{OperatorGroup, Standing};
use baitline_domain::verdict::{Reason, Verdict};

use world::{
    CALL, INTERNOD, INTERNOD_NUMBER, MTS_NUMBER, STRANGER, STRANGER_NUMBER, Situation, T2,
};

fn member(group: &str) -> Standing {
    Standing::Group(OperatorGroup(group.to_owned()))
}

fn hosted_by(groups: &[&str]) -> Standing {
    Standing::Virtual { hosts: groups.iter().map(|name| OperatorGroup((*name).into())).collect() }
}

fn verdict(situation: &Situation) -> Verdict {
    situation.assess().interception.unwrap().verdict
}

#[test]
fn a_subsidiary_is_of_the_group_from_the_moment_it_was_bought() {
    for (since, expected) in [
        (None, Verdict::SameGroup),
        (Some(CALL), Verdict::SameGroup),
        (Some(CALL + 1), Verdict::ForeignEntity),
    ] {
        let mut situation = Situation::plain();
        situation.caller(INTERNOD_NUMBER);
        situation.learned(INTERNOD, member("t2-rostelecom"), since);
        assert_eq!(verdict(&situation), expected, "since {since:?}");
    }
}

#[test]
fn one_that_was_sold_again_is_a_stranger_from_then_on() {
    for (sold, expected) in [(CALL, Verdict::ForeignEntity), (CALL + 1, Verdict::SameGroup)] {
        let mut situation = Situation::plain();
        situation.caller(INTERNOD_NUMBER);
        situation.learned(INTERNOD, Standing::Entity, Some(sold));
        situation.learned(INTERNOD, member("t2-rostelecom"), Some(0));
        assert_eq!(verdict(&situation), expected, "sold at {sold}");
    }
}

#[test]
fn an_operator_that_the_list_does_not_know_may_get_any_standing() {
    for (standing, expected) in [
        (member("t2-rostelecom"), Verdict::SameGroup),
        (member("mts"), Verdict::ForeignGroup),
        (member("new-one"), Verdict::ForeignGroup),
        (Standing::Entity, Verdict::ForeignEntity),
        (hosted_by(&["t2-rostelecom"]), Verdict::Inconclusive),
        (hosted_by(&["mts"]), Verdict::ForeignEntity),
        (hosted_by(&[]), Verdict::Inconclusive),
        (Standing::NoCallers, Verdict::Invalid),
    ] {
        let mut situation = Situation::plain();
        situation.caller(STRANGER_NUMBER);
        assert_eq!(verdict(&situation), Verdict::ForeignEntity);
        situation.learned(STRANGER, standing.clone(), None);
        assert_eq!(verdict(&situation), expected, "{standing:?}");
    }
}

#[test]
fn the_baits_operator_is_taken_as_it_stood_when_the_call_came_too() {
    for (since, expected) in [(CALL, Verdict::SameGroup), (CALL + 1, Verdict::ForeignGroup)] {
        let mut situation = Situation::plain();
        situation.caller(MTS_NUMBER);
        situation.learned(T2, member("mts"), Some(since));
        assert_eq!(verdict(&situation), expected, "since {since}");
    }
    let mut situation = Situation::plain();
    situation.bait_operator(STRANGER);
    assert_eq!(situation.assess().reasons, [Reason::BaitOperatorUnknown]);
    situation.learned(STRANGER, Standing::Entity, Some(CALL));
    assert_eq!(verdict(&situation), Verdict::ForeignEntity);
}
