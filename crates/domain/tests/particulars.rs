//! What an interception keeps beside its verdict: its trap, the exposures done,
//! the caller's operator and the edition asked.

mod world;

use world::*;

#[test]
fn an_interception_belongs_to_the_latest_trap_that_covers_it() {
    let mut situation = Situation::plain();
    situation.traps = vec![trap(3, HOUR), trap(2, HOUR), trap(1, 0), trap(9, 10 * HOUR)];
    let interception = situation.assess().interception.expect("two traps cover the call");
    assert_eq!(interception.trap, trap_id(3), "the latest first exposure, then the highest id");
}

#[test]
fn an_interception_names_the_exposures_done_up_to_its_very_moment() {
    let mut situation = Situation::plain();
    for (minutes, done) in [(0, 1), (9, 1), (10, 2), (20, 3), (CALL, 3)] {
        situation.call_at(minutes);
        let interception = situation.assess().interception.expect("the trap covers the call");
        let expected = &situation.traps[0].exposures[..done];
        assert_eq!(interception.exposures_done, expected, "at minute {minutes}");
    }
}

#[test]
fn an_interception_names_its_operator_and_edition() {
    let plain = Situation::plain();
    let by_range = plain.assess().interception.expect("covered");
    assert_eq!(by_range.caller_operator, Some(inn(MTS)));
    assert_eq!(by_range.edition, Some(plain.editions[0].id));

    let mut ported = Situation::plain();
    ported.ported(MTS_NUMBER, T2, 0, CALL + 1);
    let by_answer = ported.assess().interception.expect("covered");
    assert_eq!(by_answer.caller_operator, Some(inn(T2)));
    assert_eq!(by_answer.edition, None);
}
