//! Each point of the gate, missing alone.
use super::*;
use jiff::civil::date;

fn power(issued_on: Date, expires_on: Date) -> PowerOfAttorney {
    PowerOfAttorney { issued_on, expires_on, revoked_on: None }
}

fn ready() -> GateFacts {
    GateFacts {
        today: date(2026, 11, 20),
        recording: true,
        label: Some(LabelKind::Advertising),
        transcript: true,
        trap_complete: true,
        during_trap: false,
        exposures_done: 4,
        statement: StatementProof::CallFound,
        certified_statement: true,
        disclosure_consent: true,
        sim_authority: true,
        applicant: true,
        signer: Signer::Representative(Some(power(date(2026, 1, 1), date(2026, 12, 31)))),
        inquiry: InquiryProof::NotPermitted,
        refused_advertising_on: None,
        limitation: Limitation::of_day(date(2026, 10, 14)),
        in_other_complaint: false,
    }
}

/// A fact, and what is missing without it.
type Lacking = (Missing, fn(&mut GateFacts));

#[test]
fn an_interception_with_every_proof_may_be_filed() {
    assert_eq!(missing(&ready()), []);
}

#[test]
fn each_thing_can_be_missing_alone() {
    let lacking: [Lacking; 16] = [
        (Missing::Recording, |facts| facts.recording = false),
        (Missing::AdvertisingLabel, |facts| facts.label = None),
        (Missing::Transcript, |facts| facts.transcript = false),
        (Missing::CompleteTrap, |facts| facts.trap_complete = false),
        (Missing::Statement, |facts| facts.statement = StatementProof::None),
        (Missing::CallInStatement, |facts| facts.statement = StatementProof::CallNotFound),
        (Missing::CertifiedStatement, |facts| facts.certified_statement = false),
        (Missing::DisclosureConsent, |facts| facts.disclosure_consent = false),
        (Missing::SimAuthority, |facts| facts.sim_authority = false),
        (Missing::Applicant, |facts| facts.applicant = false),
        (Missing::PowerOfAttorney, |facts| facts.signer = Signer::Representative(None)),
        (Missing::Inquiry, |facts| facts.inquiry = InquiryProof::NotSent),
        (Missing::Reply, |facts| facts.inquiry = InquiryProof::Waiting),
        (Missing::WrittenRefusal, |facts| facts.inquiry = InquiryProof::Permitted),
        (Missing::Time, |facts| facts.limitation = Limitation::of_day(date(2025, 11, 20))),
        (Missing::FreeOfOtherComplaints, |facts| facts.in_other_complaint = true),
    ];
    assert!(lacking.iter().map(|(item, _)| item).eq(Missing::ALL), "every item once, in order");
    for (item, take_away) in lacking {
        let mut facts = ready();
        take_away(&mut facts);
        assert_eq!(missing(&facts), [item]);
    }
}

#[test]
fn an_interception_without_any_proof_misses_everything_that_can_come_first() {
    let nothing = GateFacts {
        recording: false,
        label: None,
        transcript: false,
        trap_complete: false,
        exposures_done: 0,
        statement: StatementProof::None,
        certified_statement: false,
        disclosure_consent: false,
        sim_authority: false,
        applicant: false,
        signer: Signer::Unknown,
        inquiry: InquiryProof::NotSent,
        limitation: Limitation::of_day(date(2025, 10, 14)),
        in_other_complaint: true,
        ..ready()
    };
    let later = [
        Missing::CallInStatement,
        Missing::PowerOfAttorney,
        Missing::Reply,
        Missing::WrittenRefusal,
    ];
    let expected: Vec<Missing> =
        Missing::ALL.iter().copied().filter(|item| !later.contains(item)).collect();
    assert_eq!(missing(&nothing), expected);
}

#[test]
fn only_advertising_heard_by_a_person_counts() {
    for label in LabelKind::ALL {
        let facts = GateFacts { label: Some(*label), ..ready() };
        assert_eq!(missing(&facts).is_empty(), *label == LabelKind::Advertising, "{label}");
    }
}

#[test]
fn a_call_during_the_trap_needs_its_exposures_and_no_complete_trap() {
    let during = GateFacts { trap_complete: false, during_trap: true, ..ready() };
    assert_eq!(missing(&during), []);
    let unexposed = GateFacts { exposures_done: 0, ..during };
    assert_eq!(missing(&unexposed), [Missing::CompleteTrap]);
}

#[test]
fn a_signer_is_the_applicant_or_somebody_with_a_power_of_that_day() {
    let signed_by = |signer| missing(&GateFacts { signer, ..ready() });
    assert_eq!(signed_by(Signer::Applicant), []);
    assert_eq!(signed_by(Signer::Unknown), [Missing::Applicant]);
    let today = ready().today;
    let [day_before, day_after] = [date(2026, 11, 19), date(2026, 11, 21)];
    let with = |power| signed_by(Signer::Representative(Some(power)));
    assert_eq!(with(power(today, today)), []);
    assert_eq!(with(power(day_before, day_before)), [Missing::PowerOfAttorney], "expired");
    assert_eq!(with(power(day_after, day_after)), [Missing::PowerOfAttorney], "not yet issued");
    let revoked = |on| PowerOfAttorney { revoked_on: Some(on), ..power(day_before, day_after) };
    assert_eq!(with(revoked(today)), [Missing::PowerOfAttorney]);
    assert_eq!(with(revoked(day_after)), []);
}

#[test]
fn no_reply_at_all_is_enough_once_a_person_says_so() {
    let facts = GateFacts { inquiry: InquiryProof::NoReply, ..ready() };
    assert_eq!(missing(&facts), []);
}

#[test]
fn what_the_operator_permitted_needs_a_refusal_of_an_earlier_day() {
    let refused = |refused_advertising_on| {
        let inquiry = InquiryProof::Permitted;
        missing(&GateFacts { inquiry, refused_advertising_on, ..ready() })
    };
    assert_eq!(refused(Some(date(2026, 10, 13))), []);
    assert_eq!(refused(Some(date(2026, 10, 14))), [Missing::WrittenRefusal], "the call's own day");
    assert_eq!(refused(None), [Missing::WrittenRefusal]);
}

#[test]
fn there_is_no_time_from_the_limitation_date_on_and_warnings_come_before() {
    let on = |today| {
        let signer = Signer::Applicant;
        let facts = GateFacts { today, signer, ..ready() };
        (missing(&facts), warnings(&facts).last().copied())
    };
    assert_eq!(on(date(2026, 11, 20)), (vec![], None));
    assert_eq!(on(date(2027, 10, 13)), (vec![], Some(LimitationWarning::TenMonths)));
    let passed = Some(LimitationWarning::Passed);
    assert_eq!(on(date(2027, 10, 14)), (vec![Missing::Time], passed));
    assert_eq!(on(date(2028, 1, 1)), (vec![Missing::Time], passed));
}
