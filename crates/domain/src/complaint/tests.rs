//! Every act in every state, and what the numbers and deadlines of a complaint are.
#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

use super::*;
use ComplaintState as S;
use jiff::civil::date;
use proptest::prelude::*;

fn number(text: &str) -> CaseNumber {
    text.parse().unwrap()
}

fn advertising() -> CaseNumber {
    number("077/05/18-1234/2026")
}

fn administrative() -> CaseNumber {
    number("077/04/14.3-99/2027")
}

/// The life after these acts, each of which must be possible.
fn after(acts: &[Act]) -> Life {
    acts.iter().fold(Life::DRAFT, |life, act| {
        life.after(*act).unwrap_or_else(|refusal| panic!("{act:?} after {life:?}: {refusal}"))
    })
}

fn filed(more: &[Act]) -> Life {
    after(&[&[Act::Complete, Act::File], more].concat())
}

fn decided(outcome: Outcome, more: &[Act]) -> Life {
    filed(&[&[Act::Accept, Act::OpenCase(advertising()), Act::Decide(outcome)], more].concat())
}

/// One life in each state.
fn lives() -> Vec<Life> {
    let violation = Outcome::Violation;
    vec![
        Life::DRAFT,
        after(&[Act::Complete]),
        filed(&[]),
        filed(&[Act::Return]),
        filed(&[Act::Forward]),
        filed(&[Act::Accept]),
        filed(&[Act::Refuse]),
        filed(&[Act::OpenCase(advertising())]),
        decided(violation, &[]),
        decided(violation, &[Act::Appeal]),
        decided(violation, &[Act::Fine]),
        decided(violation, &[Act::Fine, Act::Pay]),
        filed(&[Act::Withdraw]),
    ]
}

fn acts() -> [Act; 14] {
    [
        Act::Complete,
        Act::Reopen,
        Act::File,
        Act::Return,
        Act::Forward,
        Act::Accept,
        Act::Refuse,
        Act::OpenCase(administrative()),
        Act::Decide(Outcome::Violation),
        Act::Appeal,
        Act::DecideAppeal(AppealOutcome::Upheld),
        Act::Fine,
        Act::Pay,
        Act::Withdraw,
    ]
}

#[test]
fn every_act_in_every_state_leads_on_or_is_refused_by_name() {
    let states: Vec<S> = lives().iter().map(|life| life.state).collect();
    assert_eq!(states, S::ALL, "one life in each state");
    let kinds: Vec<ActKind> = acts().iter().map(|act| act.kind()).collect();
    assert_eq!(kinds, ActKind::ALL, "every act");
    let mut table = String::new();
    for life in lives() {
        table.push_str(life.state.as_str());
        table.push(':');
        for act in acts() {
            let answer = match life.after(act) {
                Ok(next) => next.state.as_str(),
                Err(refusal) => refusal.as_str(),
            };
            table.push(' ');
            table.push_str(answer);
        }
        table.push('\n');
    }
    let expected = "\
draft: ready not_ready not_ready not_filed not_filed not_filed not_filed not_filed not_filed not_decided no_appeal not_decided no_fine withdrawn
ready: already_ready draft filed not_filed not_filed not_filed not_filed not_filed not_filed not_decided no_appeal not_decided no_fine withdrawn
filed: already_filed already_filed already_filed returned forwarded accepted refused case_opened no_case not_decided no_appeal not_decided no_fine withdrawn
returned: already_filed already_filed already_filed over over over over over over over no_appeal not_decided no_fine over
forwarded: already_filed already_filed already_filed returned forwarded accepted refused case_opened no_case not_decided no_appeal not_decided no_fine withdrawn
accepted: already_filed already_filed already_filed returned forwarded already_accepted refused case_opened no_case not_decided no_appeal not_decided no_fine withdrawn
refused: already_filed already_filed already_filed over over over over over over appealed no_appeal not_decided no_fine over
case_opened: already_filed already_filed already_filed case_is_open case_is_open case_is_open case_is_open case_opened decided not_decided no_appeal not_decided no_fine case_is_open
decided: already_filed already_filed already_filed case_is_open case_is_open case_is_open case_is_open decided already_decided appealed no_appeal fined no_fine case_is_open
appealed: already_filed already_filed already_filed case_is_open case_is_open case_is_open case_is_open appealed already_decided appeal_pending decided fined no_fine case_is_open
fined: already_filed already_filed already_filed case_is_open case_is_open case_is_open case_is_open fined already_decided appealed no_appeal fined paid case_is_open
paid: already_filed already_filed already_filed case_is_open case_is_open case_is_open case_is_open paid already_decided appealed no_appeal fined already_paid case_is_open
withdrawn: over over over over over over over over over over no_appeal not_decided no_fine over
";
    assert_eq!(table, expected);
}

#[test]
fn an_act_has_the_parts_of_its_kind_and_no_others() {
    let all = ActParts {
        case_number: Some(advertising()),
        outcome: Some(Outcome::Violation),
        appeal: Some(AppealKind::Changed),
    };
    for act in acts() {
        let kind = act.kind();
        let wanted: &[ActPart] = match kind {
            ActKind::OpenCase => &[ActPart::CaseNumber],
            ActKind::Decide => &[ActPart::Outcome],
            ActKind::DecideAppeal => &[ActPart::Outcome, ActPart::Appeal],
            _ => &[],
        };
        let only = ActParts {
            case_number: all.case_number.filter(|_| wanted.contains(&ActPart::CaseNumber)),
            outcome: all.outcome.filter(|_| wanted.contains(&ActPart::Outcome)),
            appeal: all.appeal.filter(|_| wanted.contains(&ActPart::Appeal)),
        };
        assert_eq!(kind.with(only).unwrap().kind(), kind);
        assert!(matches!(kind.with(all), Err(ActFault::OfAnotherKind(_))), "{kind}");
        let empty = kind.with(ActParts::default());
        assert_eq!(empty.is_ok(), wanted.is_empty(), "{kind}");
    }
    let upheld = ActParts { appeal: Some(AppealKind::Upheld), ..ActParts::default() };
    let expected = Ok(Act::DecideAppeal(AppealOutcome::Upheld));
    assert_eq!(ActKind::DecideAppeal.with(upheld), expected);
    let changed_to_nothing = ActParts { appeal: Some(AppealKind::Changed), ..ActParts::default() };
    let missing = Err(ActFault::Missing(ActPart::Outcome));
    assert_eq!(ActKind::DecideAppeal.with(changed_to_nothing), missing);
}

#[test]
fn only_a_returned_or_withdrawn_complaint_frees_its_interceptions() {
    for life in lives() {
        let released = [S::Returned, S::Withdrawn].contains(&life.state);
        let filed = ![S::Draft, S::Ready].contains(&life.state);
        assert_eq!(life.state.releases(), released, "{}", life.state);
        assert_eq!(life.state.holds_interceptions(), filed && !released, "{}", life.state);
    }
}

#[test]
fn a_complaint_can_go_from_office_to_office_before_one_takes_it() {
    let life = filed(&[Act::Forward, Act::Forward, Act::Accept, Act::Forward, Act::Accept]);
    assert_eq!(life.state, S::Accepted);
}

#[test]
fn the_two_cases_are_linked_and_each_has_one_number() {
    let life = decided(Outcome::Violation, &[Act::OpenCase(administrative()), Act::Fine]);
    assert_eq!(life.state, S::Fined);
    assert_eq!(life.advertising_case, Some(advertising()));
    assert_eq!(life.administrative_case, Some(administrative()));
    let again = life.after(Act::OpenCase(number("077/05/18-5/2027")));
    assert_eq!(again, Err(Refusal::CaseKnown));
}

#[test]
fn only_a_violation_is_fined() {
    for outcome in [Outcome::None, Outcome::Ended] {
        assert_eq!(decided(outcome, &[]).after(Act::Fine), Err(Refusal::NoViolation));
    }
}

#[test]
fn an_appeal_leaves_changes_or_undoes_what_was_decided() {
    use AppealOutcome::{Changed, Remanded, Upheld};
    let appealed = |before: &[Act], outcome| {
        let acts = [before, &[Act::Appeal, Act::DecideAppeal(outcome)]].concat();
        let life = decided(Outcome::Violation, &acts);
        (life.state, life.outcome)
    };
    let violation = Some(Outcome::Violation);
    assert_eq!(appealed(&[], Upheld), (S::Decided, violation));
    assert_eq!(appealed(&[Act::Fine], Upheld), (S::Fined, violation));
    assert_eq!(appealed(&[Act::Fine], Changed(Outcome::Violation)), (S::Fined, violation));
    assert_eq!(appealed(&[Act::Fine], Changed(Outcome::None)), (S::Decided, Some(Outcome::None)));
    assert_eq!(appealed(&[], Remanded), (S::CaseOpened, None));
    let pending = [Act::Appeal, Act::Fine, Act::Pay, Act::DecideAppeal(Upheld)];
    assert_eq!(decided(Outcome::Violation, &pending).state, S::Paid, "a fine meanwhile stays");
}

#[test]
fn a_refusal_to_open_a_case_can_be_appealed() {
    use AppealOutcome::{Changed, Remanded, Upheld};
    let after_appeal = |outcome| {
        filed(&[Act::Refuse, Act::Appeal]).after(Act::DecideAppeal(outcome)).map(|life| life.state)
    };
    assert_eq!(after_appeal(Upheld), Ok(S::Refused));
    assert_eq!(after_appeal(Remanded), Ok(S::Accepted));
    assert_eq!(after_appeal(Changed(Outcome::Violation)), Err(Refusal::NotDecided));
    let pending = filed(&[Act::Refuse, Act::Appeal]);
    assert_eq!(pending.after(Act::OpenCase(advertising())), Err(Refusal::AppealPending));
}

#[test]
fn a_ledger_is_read_in_its_order_and_its_first_fault_is_named() {
    let on = |act, day| LedgerEntry { act, on: date(2026, 11, day) };
    let ledger = [on(Act::Complete, 1), on(Act::File, 1), on(Act::Return, 5)];
    assert_eq!(Life::of(&ledger).unwrap().state, S::Returned);
    assert_eq!(Life::of(&[]).unwrap(), Life::DRAFT);
    let backwards = [on(Act::Complete, 2), on(Act::File, 1)];
    assert_eq!(Life::of(&backwards), Err((1, Refusal::OutOfOrder)));
    let unfiled = [on(Act::Complete, 1), on(Act::Return, 1)];
    assert_eq!(Life::of(&unfiled), Err((1, Refusal::NotFiled)));
    let restless = [on(Act::Complete, 1), on(Act::Reopen, 1)].repeat(MAX_ACTS);
    assert_eq!(Life::of(&restless), Err((MAX_ACTS, Refusal::TooManyActs)));
}

#[test]
fn case_numbers_are_read_as_people_copy_them_and_stored_in_one_form() {
    for (text, stored, kind) in [
        ("077/05/18-1234/2026", "077/05/18-1234/2026", CaseKind::Advertising),
        ("№ 016/05/18–7 / 2025", "016/05/18-7/2025", CaseKind::Advertising),
        ("001/04/14.3-0042/2024", "001/04/14.3-42/2024", CaseKind::Administrative),
    ] {
        let read = number(text);
        assert_eq!((read.to_string().as_str(), read.kind()), (stored, kind), "{text}");
        assert_eq!(number(stored), read);
    }
    assert_eq!(Some(advertising().subject()), SubjectCode::parse("77"));
    assert_eq!(advertising().year(), 2026);
}

#[test]
fn what_is_no_case_number_is_refused_and_says_which_part() {
    use CaseNumberError::{Pattern, Sequence, Subject, Year};
    for (text, error) in [
        ("", Pattern),
        ("1234", Pattern),
        ("077/05/18-1234", Pattern),
        ("077/05/18/1234/2026", Pattern),
        ("077/05/14.3-1234/2026", Pattern),
        ("077/04/18-1234/2026", Pattern),
        ("077/05/18-1234/2026/1", Pattern),
        ("77/05/18-1234/2026", Subject),
        ("177/05/18-1234/2026", Subject),
        ("000/05/18-1234/2026", Subject),
        ("0٧7/05/18-1234/2026", Subject),
        ("077/05/18-0/2026", Sequence),
        ("077/05/18-1234567/2026", Sequence),
        ("077/05/18--5/2026", Sequence),
        ("077/05/18-1234/26", Year),
        ("077/05/18-1234/1026", Year),
        ("077/05/18-1234/20２6", Year),
    ] {
        assert_eq!(text.parse::<CaseNumber>(), Err(error), "{text}");
    }
    assert_eq!("0".repeat(1_000_000).parse::<CaseNumber>(), Err(Pattern));
}

#[test]
fn a_deadline_is_met_missed_or_near() {
    let due_on = date(2026, 12, 10);
    let open = Deadline { kind: DeadlineKind::Hearing, due_on, done_on: None };
    assert_eq!(open.state(date(2026, 12, 2)), DeadlineState::Ahead);
    assert_eq!(open.state(date(2026, 12, 3)), DeadlineState::Soon);
    assert_eq!(open.state(due_on), DeadlineState::Soon);
    assert_eq!(open.state(date(2026, 12, 11)), DeadlineState::Missed);
    assert_eq!(open.days_left(date(2026, 12, 11)), -1);
    let done = |day| Deadline { done_on: Some(date(2026, 12, day)), ..open };
    assert_eq!(done(10).state(date(2027, 1, 1)), DeadlineState::Done);
    assert_eq!(done(11).state(date(2027, 1, 1)), DeadlineState::DoneLate);
}

#[test]
fn fines_are_usual_within_the_range_of_the_article_and_paid_when_all_are() {
    let fine =
        |roubles, against, paid_on| Fine { amount: Kopecks::roubles(roubles), against, paid_on };
    assert!(!fine(300_000, FinedParty::LegalEntity, None).is_unusual());
    assert!(!fine(1_000_000, FinedParty::LegalEntity, None).is_unusual());
    assert!(fine(150_000, FinedParty::LegalEntity, None).is_unusual(), "half, as a small firm");
    assert!(fine(20_001, FinedParty::Citizen, None).is_unusual());
    let paid = Some(date(2027, 1, 1));
    let one = fine(20_000, FinedParty::Official, paid);
    let open = fine(20_000, FinedParty::Official, None);
    assert!(Fine::are_paid(&[one]));
    assert!(!Fine::are_paid(&[one, open]));
    assert!(!Fine::are_paid(&[]), "no fine is no payment");
}

fn any_act() -> impl Strategy<Value = Act> {
    let appeal = [
        AppealOutcome::Upheld,
        AppealOutcome::Remanded,
        AppealOutcome::Changed(Outcome::Violation),
        AppealOutcome::Changed(Outcome::None),
    ];
    let more = appeal.map(Act::DecideAppeal).into_iter().chain([
        Act::OpenCase(advertising()),
        Act::Decide(Outcome::None),
        Act::Decide(Outcome::Ended),
    ]);
    proptest::sample::select(acts().into_iter().chain(more).collect::<Vec<_>>())
}

proptest! {
    #[test]
    fn whatever_is_done_in_whatever_order_a_life_stays_sound(
        acts in proptest::collection::vec(any_act(), 0..60)
    ) {
        let mut life = Life::DRAFT;
        for act in acts {
            let Ok(next) = life.after(act) else { continue };
            prop_assert!(!life.state.releases(), "nothing follows {}", life.state);
            // Only an appeal takes a decision away.
            if life.outcome.is_some() && next.outcome.is_none() {
                prop_assert_eq!(act, Act::DecideAppeal(AppealOutcome::Remanded));
            }
            if matches!(next.state, S::Fined | S::Paid) {
                prop_assert_eq!(next.outcome, Some(Outcome::Violation));
            }
            if next.state == S::Appealed {
                prop_assert!(next.appealed_in.is_some());
            }
            let has_case = next.advertising_case.or(next.administrative_case).is_some();
            prop_assert!(has_case || next.outcome.is_none(), "no decision without a case");
            prop_assert!(!life.state.holds_interceptions() || next.state.holds_interceptions()
                || next.state.releases(), "held until released");
            life = next;
        }
    }
}
