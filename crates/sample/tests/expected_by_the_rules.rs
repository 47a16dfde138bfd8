//! The table of expected answers, which is written by hand, against the rules
//! of the domain run over the same world.
#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

use std::collections::{BTreeMap, BTreeSet};

use baitline_domain::bait::Bait;
use baitline_domain::call::Call;
use baitline_domain::ids::{BaitId, EditionId, ObservationId, OwnNumberId, SourceId, TrapId};
use baitline_domain::instant::Span;
use baitline_domain::label::LabelKind;
use baitline_domain::matching::match_observations;
use baitline_domain::numbering::{Edition, NumberingFile, NumberingPlan};
use baitline_domain::observation::{Channel, Observation};
use baitline_domain::operator::Operators;
use baitline_domain::own_number::OwnNumber;
use baitline_domain::phone::{Party, Phone};
use baitline_domain::trap::{Trap, TrapSettings, TrapState, trap_state};
use baitline_domain::verdict::{Circumstances, Contact, Interception, Verdict, assess};
use baitline_sample::calendar::{Date, Month};
use baitline_sample::cast::{BAITS, CLIENTS, OKNA_1};
use baitline_sample::expected::{
    ExpectedOffender, ExpectedPackage, ExpectedStanding, expected_offenders, expected_packages,
};
use baitline_sample::hearing::Hearing;
use baitline_sample::numbering::{IN_FORCE_FROM, ranges};
use baitline_sample::numbers::phone;
use baitline_sample::schedule::{Run, SampleTrap};
use baitline_sample::world::{End, Part, SampleCall, Size, World};
use uuid::Uuid;

/// The trap's run ends two hours after its start unless somebody says otherwise.
const RUN: Span = Span::hours(2);

fn id(kind: u64, place: usize) -> Uuid {
    Uuid::from_u64_pair(kind, place as u64)
}

/// What the sources report of a call: the recorder all, the PBX the own calls,
/// the statement the October calls of one bait.
fn observations(call: &SampleCall) -> Vec<Observation> {
    let observation = |kind: u64, later: Span, end: End| Observation {
        id: ObservationId(id(kind, call.number)),
        source: SourceId(id(kind, 0)),
        bait: BaitId(id(0, call.bait)),
        direction: call.direction,
        party: match end {
            End::Number(number) => Party::Number(phone(number)),
            End::Hidden { .. } => Party::Hidden,
            End::Text(text) => Party::read(Some(text)),
        },
        channel: call.channel,
        occurred_at: call.at + later,
        uncertainty: Span::seconds(2),
        connected_seconds: Some(call.connected_seconds),
        answered: call.answered(),
        roaming: call.roaming,
    };
    let mut all = vec![observation(1, Span(0), call.end)];
    if call.part == Part::OwnSide {
        all.push(observation(2, Span(0), call.end));
    }
    if call.bait == OKNA_1 && Month::of(call.at) == Month::October && call.channel == Channel::Pstn
    {
        let end = match call.end {
            End::Hidden { really: Some(number) } => End::Number(number),
            end => end,
        };
        all.push(observation(3, Span::seconds(-3), end));
    }
    all
}

fn own_numbers(bait: usize) -> Vec<OwnNumber> {
    let own = &CLIENTS[BAITS[bait].client].own_numbers;
    own.iter()
        .map(|own| OwnNumber {
            id: OwnNumberId(id(0, 0)),
            first: phone(own.first),
            last: phone(own.last),
            kind: own.kind,
            valid_from: own.valid_from.map(Date::midnight),
            valid_to: None,
        })
        .collect()
}

fn trap(place: usize, trap: &SampleTrap) -> Trap {
    let window_hours = CLIENTS[BAITS[trap.bait].client].window_hours;
    Trap {
        id: TrapId(id(0, place)),
        bait: BaitId(id(0, trap.bait)),
        started_at: trap.started_at,
        run_ends_at: trap.started_at + RUN,
        recorder_tested_at: trap.recorder_tested_at(),
        exposures: trap.exposures().to_vec(),
        settings: TrapSettings { window_hours, ..TrapSettings::default() },
    }
}

/// One interception with the bait it came to and what was heard in it.
#[derive(Clone)]
struct Found {
    bait: usize,
    interception: Interception,
    hearing: Option<&'static Hearing>,
}

/// Runs the rules over one bait's calls.
fn judge(world: &World, bait: usize, found: &mut BTreeMap<Phone, Vec<Found>>) {
    let mine: Vec<&SampleCall> = world.calls.iter().filter(|call| call.bait == bait).collect();
    let reports: Vec<Observation> = mine.iter().copied().flat_map(observations).collect();
    let calls = match_observations(&reports);
    assert_eq!(calls.len(), mine.len(), "every call of bait {bait} is told from the others");
    let hearing = |call: &Call| {
        let number = usize::try_from(call.id.0.as_u64_pair().1).unwrap();
        world.calls[number].hearing
    };
    let own_numbers = own_numbers(bait);
    let states = states(world, bait, &calls, &own_numbers);
    let contacts: Vec<Contact> = calls
        .iter()
        .filter_map(|call| {
            let consent_given = hearing(call).is_some_and(|hearing| hearing.consent_given);
            let (direction, at) = (call.direction, call.started_at);
            call.party.phone().map(|phone| Contact { phone, direction, at, consent_given })
        })
        .collect();
    let inn = BAITS[bait].operator_inn.parse().unwrap();
    let number = phone(BAITS[bait].number);
    let numbering = NumberingPlan::new(vec![Edition {
        id: EditionId(id(0, 0)),
        file: NumberingFile::Def9,
        in_force_from: IN_FORCE_FROM,
        ranges: ranges(),
    }]);
    for call in &calls {
        let circumstances = Circumstances {
            bait: &Bait { id: BaitId(id(0, bait)), number, operator: Some(inn) },
            traps: &states,
            own_numbers: &own_numbers,
            allow_list: &[],
            visits: &[],
            attributions: &[],
            contacts: &contacts,
            numbering: &numbering,
            portability: &[],
            operators: Operators::built_in(),
            statement_is_in: false,
        };
        let assessment = assess(call, &circumstances);
        if let (Some(interception), Some(caller)) = (assessment.interception, call.party.phone()) {
            let hearing = hearing(call);
            found.entry(caller).or_default().push(Found { bait, interception, hearing });
        }
    }
}

fn states(world: &World, bait: usize, calls: &[Call], own: &[OwnNumber]) -> Vec<TrapState> {
    let mine = world.traps.iter().enumerate().filter(|(_, trap)| trap.bait == bait);
    mine.map(|(place, planned)| {
        let state = trap_state(&trap(place, planned), calls, own);
        let complete = planned.run == Run::Complete;
        assert_eq!(state.window.is_some(), complete, "{planned:?} {state:?}");
        assert_eq!(state.missing.is_empty(), complete, "{planned:?} {state:?}");
        state
    })
    .collect()
}

/// Counts plainly what [`ExpectedOffender`] counts.
fn count(found: &[Found]) -> ([u32; 6], ExpectedStanding) {
    let advertising =
        |one: &&Found| one.hearing.is_some_and(|hearing| hearing.kind == LabelKind::Advertising);
    let foreign = |one: &&Found| {
        matches!(one.interception.verdict, Verdict::ForeignGroup | Verdict::ForeignEntity)
    };
    let answered = || found.iter().filter(|one| !one.interception.attempt);
    let counted: Vec<&Found> = answered().filter(advertising).filter(foreign).collect();
    let without_prior = counted.iter().filter(|one| !one.interception.prior_contact);
    let traps: BTreeSet<TrapId> = without_prior.map(|one| one.interception.trap).collect();
    let baits: BTreeSet<usize> = counted.iter().map(|one| one.bait).collect();
    let clients: BTreeSet<usize> = baits.iter().map(|&bait| BAITS[bait].client).collect();
    let attempts = found.iter().filter(|one| one.interception.attempt).count();
    let unheard = answered().filter(|one| one.hearing.is_none());
    let candidates = unheard.filter(|one| one.interception.verdict != Verdict::Invalid).count();
    let standing = match (counted.len(), traps.len()) {
        (2.., 2..) => ExpectedStanding::RepeatOffender,
        (1.., _) => ExpectedStanding::Offender,
        _ => ExpectedStanding::Candidate,
    };
    let counts = [counted.len(), traps.len(), baits.len(), clients.len(), attempts, candidates];
    (counts.map(|count| u32::try_from(count).unwrap()), standing)
}

fn judge_all(world: &World) -> BTreeMap<Phone, Vec<Found>> {
    let mut found = BTreeMap::new();
    (0..BAITS.len()).for_each(|bait| judge(world, bait, &mut found));
    found
}

fn counts_of(expected: &ExpectedOffender) -> [u32; 6] {
    let ExpectedOffender { interceptions, traps, baits, clients, attempts, candidates, .. } =
        *expected;
    [interceptions, traps, baits, clients, attempts, candidates]
}

#[test]
fn the_rules_give_the_answers_worked_out_by_hand_whatever_the_random_part() {
    for seed in [2026, 1, 2] {
        let found = judge_all(&World::generate(seed, Size::DEMO));
        for expected in expected_offenders() {
            let Some(found) = found.get(&phone(expected.number)) else {
                assert_eq!(expected.standing, ExpectedStanding::Absent, "{}", expected.who);
                continue;
            };
            let (counts, standing) = count(found);
            assert_eq!(counts, counts_of(&expected), "{}, seed {seed}", expected.who);
            assert_eq!(standing, expected.standing, "{}, seed {seed}", expected.who);
        }
    }
}

#[test]
fn nobody_else_is_a_repeat_offender() {
    let found = judge_all(&World::demo());
    let repeat: Vec<Phone> = found
        .iter()
        .filter(|(_, found)| count(found).1 == ExpectedStanding::RepeatOffender)
        .map(|(phone, _)| *phone)
        .collect();
    let expected = expected_offenders();
    let expected: BTreeSet<Phone> = expected
        .iter()
        .filter(|one| one.standing == ExpectedStanding::RepeatOffender)
        .map(|one| phone(one.number))
        .collect();
    assert_eq!(BTreeSet::from_iter(repeat), expected);
    assert_eq!(expected.len(), 3);
}

#[test]
fn every_client_alone_gets_the_packages_worked_out_by_hand() {
    let found = judge_all(&World::demo());
    let mut packages = Vec::new();
    for (caller, found) in &found {
        for client in 0..CLIENTS.len() {
            let toward = |one: &&Found| BAITS[one.bait].client == client;
            let found: Vec<Found> = found.iter().filter(toward).cloned().collect();
            let ([interceptions, ..], standing) = count(&found);
            if standing == ExpectedStanding::RepeatOffender {
                let number = caller.digits();
                packages.push(ExpectedPackage { client, number, interceptions });
            }
        }
    }
    packages.sort();
    assert_eq!(packages, expected_packages());
}

#[test]
fn every_verdict_and_many_callers_occur() {
    let found = judge_all(&World::demo());
    let verdicts: BTreeSet<Verdict> =
        found.values().flatten().map(|one| one.interception.verdict).collect();
    assert_eq!(verdicts.len(), 5, "{verdicts:?}");
    assert!(found.len() > 90, "{}", found.len());
}

#[test]
fn every_heard_call_is_an_interception_that_can_be_labelled() {
    let world = World::demo();
    let heard = world.calls.iter().filter(|call| call.hearing.is_some());
    let numbers = heard.filter(|call| matches!(call.end, End::Number(_))).count();
    let found = judge_all(&world);
    // The one hidden call with a hearing is revealed, so it is found besides.
    let labelled = found.values().flatten().filter(|one| one.hearing.is_some()).count();
    assert_eq!(labelled, numbers + 1);
}
