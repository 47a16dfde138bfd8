//! What a line can be beside a number, with answers worked out by hand.

use baitline_analytics::{
    Apart, CompetitorKey, Entities, GroupBy, Hearing, InterceptionRow, Offender, OffenderKey,
    Question, Scope, Standing, Tally,
};
use baitline_domain::instant::Instant;
use baitline_domain::operator::{OperatorEntity, OperatorGroup, Operators};

use crate::of_tallies::{overlap, repeat_offenders};
use crate::rows::{DAY, bait, client, competitor, megafon, mts, phone, row, t2, tally_of, trap};

fn asked(group_by: GroupBy, tallies: &[Tally]) -> Vec<Offender> {
    repeat_offenders(tallies, &Question { group_by, ..Question::default() }).unwrap()
}

/// Each line's key and its counted interceptions.
fn lines(offenders: &[Offender]) -> Vec<(OffenderKey, u64)> {
    offenders.iter().map(|line| (line.key.clone(), line.interceptions)).collect()
}

fn own(client_number: u128, competitor_number: u128) -> OffenderKey {
    let (client, competitor) = (client(client_number), competitor(competitor_number));
    OffenderKey::Competitor(CompetitorKey::Unidentified(client, competitor))
}

/// Calls on two traps by numbers of one company, whose competitors are 1 for
/// the one client and 2 for the other.
fn company_of_two_clients() -> Vec<Tally> {
    let of = |client_number: u128, caller: u64| {
        let competitors = vec![competitor(client_number)];
        let caller = Some(phone(caller));
        let (client, trap) = (client(client_number), trap(client_number));
        tally_of(InterceptionRow { client, caller, competitors, trap, ..row() }, 1)
    };
    vec![of(1, 1), of(2, 2)]
}

#[test]
fn two_numbers_of_a_company_on_two_traps_make_it_a_repeat_offender_and_neither_of_them() {
    let call = |caller: u64, trap_number: u128| {
        let competitors = vec![competitor(1)];
        let (caller, trap) = (Some(phone(caller)), trap(trap_number));
        tally_of(InterceptionRow { caller, trap, competitors, ..row() }, 1)
    };
    let tallies = [call(1, 1), call(2, 2)];
    let standings = |by| asked(by, &tallies).iter().map(|line| line.standing).collect::<Vec<_>>();

    assert_eq!(standings(GroupBy::Number), [Some(Standing::Offender); 2]);
    assert_eq!(standings(GroupBy::Competitor), [Some(Standing::RepeatOffender)]);
    assert_eq!(standings(GroupBy::Region), [None], "a region offends nobody");
}

#[test]
fn competitors_of_two_clients_are_one_company_only_by_their_inn() {
    let tallies = company_of_two_clients();
    let apart = asked(GroupBy::Competitor, &tallies);
    assert_eq!(lines(&apart), [(own(1, 1), 1), (own(2, 2), 1)]);

    let companies = [(competitor(1), mts()), (competitor(2), mts())].into();
    let entities = Entities { companies, ..Entities::default() };
    let question = Question { group_by: GroupBy::Competitor, entities, ..Question::default() };
    let together = repeat_offenders(&tallies, &question).unwrap();
    let company = OffenderKey::Competitor(CompetitorKey::Company(mts()));
    assert_eq!(lines(&together), [(company, 2)]);
    assert_eq!((together[0].clients, together[0].callers), (2, 2));
}

#[test]
fn a_number_of_two_companies_counts_for_each_and_one_of_none_for_nobody() {
    let with = |caller: u64, competitors: &[u128], calls| {
        let competitors = competitors.iter().map(|one| competitor(*one)).collect();
        tally_of(InterceptionRow { caller: Some(phone(caller)), competitors, ..row() }, calls)
    };
    let unheard = Tally { hearing: Hearing::Unheard, ..with(4, &[], 7) };
    let tallies = [with(1, &[1, 2], 1), with(2, &[1], 2), with(3, &[], 5), unheard];
    let question = Question { group_by: GroupBy::Competitor, ..Question::default() };

    let found = repeat_offenders(&tallies, &question).unwrap();
    assert_eq!(lines(&found), [(own(1, 1), 3), (own(1, 2), 1)]);
    let apart = overlap(&tallies, &question);
    let none = Apart { interceptions: 5, callers: 1, calls: 12, all_callers: 2 };
    assert_eq!(apart.unattributed, none);
    assert_eq!(apart.shared, Apart { interceptions: 1, callers: 1, calls: 1, all_callers: 1 });

    let competitor = Some(CompetitorKey::Unidentified(client(1), competitor(2)));
    let scope = Scope { competitor, ..Scope::default() };
    let narrowed = repeat_offenders(&tallies, &Question { scope, ..question }).unwrap();
    assert_eq!(lines(&narrowed), [(own(1, 2), 1)], "the other company was not asked for");
}

#[test]
fn operators_of_one_group_are_one_line_and_others_stand_alone() {
    let rostelecom = "7707049388".parse().unwrap();
    let internod = "7733808377".parse().unwrap();
    let of = |operator, calls| tally_of(InterceptionRow { operator, ..row() }, calls);
    let tallies = [
        of(Some(t2()), 1),
        of(Some(rostelecom), 3),
        of(Some(internod), 2),
        of(Some(megafon()), 1),
        of(None, 1),
    ];
    let question = Question {
        group_by: GroupBy::OperatorGroup,
        entities: Entities::default().grouped_by(Operators::built_in(), Instant(0)),
        ..Question::default()
    };
    let group = |name: &str| OperatorEntity::Group(OperatorGroup(name.to_owned()));

    let found = lines(&repeat_offenders(&tallies, &question).unwrap());
    let expected = [
        (Some(group("t2-rostelecom")), 4),
        (Some(OperatorEntity::Single(internod)), 2),
        (None, 1),
        (Some(group("megafon")), 1),
    ];
    assert_eq!(found, expected.map(|(key, calls)| (OffenderKey::OperatorGroup(key), calls)));
}

#[test]
fn days_fall_into_weeks_from_monday_and_into_months() {
    // 2026-08-30 is a Sunday, 2026-09-01 a Tuesday.
    let on = |day: i32, calls| tally_of(InterceptionRow { local_day: day, ..row() }, calls);
    let (sunday, monday) = (DAY - 2, DAY - 1);
    let tallies = [on(sunday, 1), on(monday, 2), on(DAY, 4)];

    let days = lines(&asked(GroupBy::Day, &tallies));
    let expected = [(DAY, 4), (monday, 2), (sunday, 1)];
    assert_eq!(days, expected.map(|(day, calls)| (OffenderKey::Day(day), calls)));
    let weeks = lines(&asked(GroupBy::Week, &tallies));
    let expected = [(monday, 6), (monday - 7, 1)];
    assert_eq!(weeks, expected.map(|(day, calls)| (OffenderKey::Week(day), calls)));
    let months = lines(&asked(GroupBy::Month, &tallies));
    let expected = [(DAY, 4), (DAY - 31, 3)];
    assert_eq!(months, expected.map(|(day, calls)| (OffenderKey::Month(day), calls)));
}

#[test]
fn a_line_that_is_no_person_says_how_many_offenders_there_were() {
    let of = |caller: u64, region: Option<&str>, hearing| {
        let region = region.map(str::to_owned);
        let caller = Some(phone(caller));
        tally_of(InterceptionRow { caller, region, hearing, ..row() }, 3)
    };
    let moscow = Some("г. Москва");
    let tallies = [
        of(1, moscow, Hearing::Advertising),
        of(2, moscow, Hearing::Advertising),
        of(3, moscow, Hearing::Unheard),
        of(1, None, Hearing::Advertising),
    ];

    let found = asked(GroupBy::Region, &tallies);

    let key = |region: Option<&str>| OffenderKey::Region(region.map(str::to_owned));
    assert_eq!(lines(&found), [(key(moscow), 6), (key(None), 3)]);
    let numbers: Vec<_> = found.iter().map(|line| (line.callers, line.all_callers)).collect();
    assert_eq!(numbers, [(2, 3), (1, 1)]);
}

#[test]
fn a_caller_without_a_number_is_in_no_line_of_any_report() {
    let withheld = tally_of(InterceptionRow { caller: None, ..row() }, 1);
    for group_by in [GroupBy::Number, GroupBy::Operator, GroupBy::Client, GroupBy::Day] {
        assert_eq!(asked(group_by, std::slice::from_ref(&withheld)), []);
    }
}

#[test]
fn a_scope_narrows_by_everything_it_names() {
    let from_omsk =
        InterceptionRow {
            region: Some("Омская область".to_owned()), bait: bait(2), ..row()
        };
    let to_beeline = InterceptionRow { bait_operator: Some(megafon()), bait: bait(3), ..row() };
    let tallies = [tally_of(row(), 1), tally_of(from_omsk, 2), tally_of(to_beeline, 4)];
    let counted = |scope: Scope| {
        let question = Question { scope, ..Question::default() };
        repeat_offenders(&tallies, &question).unwrap().first().map_or(0, |line| line.interceptions)
    };

    assert_eq!(counted(Scope::default()), 7);
    let region = Some("Омская область".to_owned());
    assert_eq!(counted(Scope { region: region.clone(), ..Scope::default() }), 2);
    let bait_operator = Some(megafon());
    assert_eq!(counted(Scope { bait_operator, ..Scope::default() }), 4);
    assert_eq!(counted(Scope { bait_operator, region, ..Scope::default() }), 0);
    assert_eq!(counted(Scope { operator: Some(megafon()), ..Scope::default() }), 0);
}

#[test]
fn numbers_of_a_block_are_one_line_that_offends_nobody() {
    let call = |caller: u64, trap_number: u128| {
        let (caller, trap) = (Some(phone(caller)), trap(trap_number));
        tally_of(InterceptionRow { caller, trap, ..row() }, 1)
    };
    let tallies = [call(10, 1), call(19, 2), call(20, 1), call(99, 1), call(100, 1)];
    let blocks = |by| {
        let lines = asked(by, &tallies);
        assert!(lines.iter().all(|line| line.standing.is_none()));
        let of = |line: &Offender| (line.key.clone(), line.interceptions, line.callers);
        lines.iter().map(of).collect::<Vec<_>>()
    };
    let block = |from, to| OffenderKey::Block { first: phone(from), last: phone(to) };
    let ten = |n: u64| block(10 * n, 10 * n + 9);
    let hundred = |n: u64| block(100 * n, 100 * n + 99);
    let tens = [(ten(1), 2, 2), (ten(2), 1, 1), (ten(9), 1, 1), (ten(10), 1, 1)];
    assert_eq!(blocks(GroupBy::BlockOfTen), tens);
    assert_eq!(blocks(GroupBy::BlockOfHundred), [(hundred(0), 4, 4), (hundred(1), 1, 1)]);
}
