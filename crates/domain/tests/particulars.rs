//! What an interception keeps beside its verdict: its trap, the exposures done,
//! the caller's operator and the edition asked, its region and its competitors.

mod world;

use baitline_domain::verdict::Interception;
use world::*;

fn interception(situation: &Situation) -> Interception {
    situation.assess().interception.expect("a trap covers the call")
}

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

#[test]
fn an_interception_names_the_region_of_the_range_also_of_a_ported_number() {
    let region = |situation: &Situation| {
        interception(situation).caller_region.map(|region| region.to_string())
    };
    let mut situation = Situation::plain();
    assert_eq!(region(&situation), None, "the edition gives none");
    for range in &mut situation.editions[0].ranges {
        range.region = format!("где {}", range.first.digits());
    }
    let moscow = Some(format!("где {MTS_NUMBER}"));
    assert_eq!(region(&situation), moscow);
    situation.ported(MTS_NUMBER, T2, 0, CALL + 1);
    assert_eq!(region(&situation), moscow);
    for nowhere in [UNALLOCATED_NUMBER, MOSCOW_NUMBER, KAZAKH_NUMBER, POLISH_NUMBER] {
        situation.caller(nowhere);
        assert_eq!(region(&situation), None, "{nowhere}");
    }
}

#[test]
fn an_interception_names_every_competitor_the_number_belonged_to_at_its_moment() {
    let mut situation = Situation::plain();
    situation.belongs(MTS_NUMBER, OTHER_COMPETITOR);
    situation.belongs(SECOND_MTS_NUMBER, COMPETITOR);
    situation.belonged(MTS_NUMBER, COMPETITOR, Some(CALL));
    let competitors = |situation: &Situation| interception(situation).competitors;
    assert_eq!(competitors(&situation), [OTHER_COMPETITOR], "the other attribution ended then");
    situation.call_at(CALL - 1);
    assert_eq!(competitors(&situation), [COMPETITOR, OTHER_COMPETITOR]);
    situation.caller(MEGAFON_NUMBER);
    assert_eq!(competitors(&situation), []);
}
