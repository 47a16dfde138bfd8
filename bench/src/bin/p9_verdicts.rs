//! P9: verdicts a second on one core, the look-up of who holds the caller's
//! number included. The ratio is the rate over the target: above 1 it is met.

use std::collections::HashMap;
use std::hint::black_box;

use baitline_bench::process::processor_time_of;
use baitline_bench::world::{SEED, Shape, World};
use baitline_bench::{Args, Ratios};
use baitline_domain::bait::Bait;
use baitline_domain::call::Call;
use baitline_domain::ids::{CompetitorId, EditionId, ObservationId, OwnNumberId};
use baitline_domain::instant::{Instant, Span};
use baitline_domain::numbering::{Edition, NumberRange, NumberingFile, NumberingPlan};
use baitline_domain::observation::{Channel, Direction};
use baitline_domain::operator::{Inn, Operators};
use baitline_domain::own_number::{OwnNumber, OwnNumberKind};
use baitline_domain::phone::{Party, Phone};
use baitline_domain::trap::{Exposure, ExposureKind, TrapState, Window};
use baitline_domain::verdict::{AllowEntry, Attribution, Circumstances, Contact, Visit, assess};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use uuid::Uuid;

/// Verdicts a second.
const TARGET: f64 = 3_000_000.0;
/// Calls held in memory and judged over and over, in no order of number: what a
/// worker holds of a busy day.
const CALLS: u64 = 20_000;
/// Times each of them is judged in one round.
const REPEATS: usize = 200;
/// Ranges of the mobile file, as many as the real one has.
const MOBILE_RANGES: u64 = 20_000;
/// Ranges of one geographic file, fewer than the real one has.
const GEOGRAPHIC_RANGES: u64 = 100_000;
/// Of a hundred callers, how many call from geographic numbers.
const GEOGRAPHIC_PERCENT: u32 = 25;
/// Own numbers and allowed ones of the client.
const ENTRIES: u64 = 12;
/// Holders of ranges: the operators that callers use.
const HOLDERS: [&str; 8] = [
    "7740000076",
    "7812014560",
    "7713076301",
    "7743895280",
    "7733808377",
    "7707049388",
    "7736264044",
    "7743200179",
];

fn main() {
    let args = Args::read();
    let stage = Stage::set(args.size(CALLS, 5_000));
    stage.check();
    let repeats = if args.tiny { 1 } else { REPEATS };
    let rates = (0..args.rounds()).map(|_| stage.rate(repeats) / TARGET).collect();
    args.say("P9", &Ratios::from_values(rates));
}

/// Everything a verdict rests on, as a worker holds it for one client.
struct Stage {
    plan: NumberingPlan,
    operators: Operators,
    own_numbers: Vec<OwnNumber>,
    allow_list: Vec<AllowEntry>,
    cases: Vec<Case>,
    baits: Vec<Trapped>,
}

struct Trapped {
    bait: Bait,
    traps: Vec<TrapState>,
    visits: Vec<Visit>,
}

struct Case {
    bait: usize,
    call: Call,
    contacts: Vec<Contact>,
    attributions: Vec<Attribution>,
}

impl Stage {
    fn set(calls: u64) -> Self {
        let world = World::made(Shape { days: 3, ..Shape::one_client(calls) });
        let begin = world.shape.first_day.start();
        let baits = world.cast.clients[0].baits.iter().map(|bait| Trapped {
            bait: Bait { id: bait.id, number: bait.number, operator: HOLDERS[3].parse().ok() },
            traps: (0..2).map(|run| trap(bait.traps[0], begin - Span::hours(36 * run))).collect(),
            visits: vec![Visit { competitor: competitor(0), at: begin - Span::hours(1) }],
        });
        let cases = world.calls().map(|call| {
            let caller = spread(call.caller);
            let number = u128::from(call.number);
            case(call.bait, number, caller, call.at.max(begin + Span::hours(2)))
        });
        Self {
            cases: cases.collect(),
            baits: baits.collect(),
            plan: NumberingPlan::new(vec![
                edition(NumberingFile::Def9, 79_000_000_000, MOBILE_RANGES),
                edition(NumberingFile::Abc4, 74_000_000_000, GEOGRAPHIC_RANGES),
            ]),
            operators: Operators::built_in().clone(),
            own_numbers: (0..ENTRIES).map(own_number).collect(),
            allow_list: (0..ENTRIES).map(allowance).collect(),
        }
    }

    fn circumstances<'a>(&'a self, case: &'a Case) -> Circumstances<'a> {
        let trapped = &self.baits[case.bait];
        Circumstances {
            bait: &trapped.bait,
            traps: &trapped.traps,
            own_numbers: &self.own_numbers,
            allow_list: &self.allow_list,
            visits: &trapped.visits,
            attributions: &case.attributions,
            contacts: &case.contacts,
            numbering: &self.plan,
            portability: &[],
            operators: &self.operators,
            statement_is_in: false,
        }
    }

    /// Every call is an interception, its operator is the one whose range holds it
    /// when all ranges are looked through, and operators of four groups have
    /// verdicts of their own.
    fn check(&self) {
        let mut verdicts: HashMap<&str, usize> = HashMap::new();
        for case in self.cases.iter().take(2_000) {
            let assessment = assess(&case.call, &self.circumstances(case));
            let found = assessment.interception.expect("every call is covered");
            let caller = case.call.party.phone().expect("every caller is shown");
            let holds = |range: &&NumberRange| range.first <= caller && caller <= range.last;
            let all = self.plan.editions().iter().flat_map(|edition| &edition.ranges);
            let held = all.clone().find(holds);
            assert_eq!(found.caller_operator, held.and_then(|range| range.operator));
            assert_eq!(found.caller_region.as_deref(), held.map(|range| range.region.as_str()));
            *verdicts.entry(found.verdict.as_str()).or_default() += 1;
        }
        for verdict in ["foreign_group", "foreign_entity", "same_group", "inconclusive", "invalid"]
        {
            assert!(verdicts.contains_key(verdict), "{verdict}: {verdicts:?}");
        }
    }

    /// Verdicts a second of the one thread's processor time: whoever else wants the
    /// core does not count.
    fn rate(&self, repeats: usize) -> f64 {
        let started = processor_time_of("self");
        for _ in 0..repeats {
            for case in &self.cases {
                black_box(assess(black_box(&case.call), &self.circumstances(case)));
            }
        }
        let taken = processor_time_of("self") - started;
        (self.cases.len() * repeats) as f64 / taken.as_secs_f64()
    }
}

fn case(bait: usize, number: u128, caller: Phone, at: Instant) -> Case {
    let id = ObservationId(Uuid::from_u128(number));
    let before = Contact {
        phone: caller,
        direction: Direction::Incoming,
        at: at - Span::hours(number as i64 % 40),
        consent_given: false,
    };
    let attribution =
        Attribution { phone: caller, competitor: competitor(1), valid_from: None, valid_to: None };
    Case {
        bait,
        call: Call {
            id,
            bait: baitline_domain::ids::BaitId(Uuid::nil()),
            direction: Direction::Incoming,
            party: Party::Number(caller),
            channel: Channel::Pstn,
            started_at: at,
            uncertainty: Span::seconds(2),
            connected_seconds: 30,
            answered: !number.is_multiple_of(5),
            roaming: false,
            observations: vec![id],
        },
        contacts: vec![before],
        // Few numbers are known to be anybody's.
        attributions: if number.is_multiple_of(10) { vec![attribution] } else { Vec::new() },
    }
}

fn trap(id: baitline_domain::ids::TrapId, start: Instant) -> TrapState {
    let exposure = |minutes: i64, kind| Exposure {
        at: start + Span::seconds(60 * minutes),
        kind,
        seconds: 200,
    };
    let from = start + Span::seconds(3_600);
    TrapState {
        trap: id,
        exposures: vec![
            exposure(1, ExposureKind::SiteVisit),
            exposure(20, ExposureKind::OwnCall),
            exposure(30, ExposureKind::ReturnCall),
        ],
        missing: Vec::new(),
        window: Some(Window { from, to: from + Span::hours(72) }),
        run_ends_at: from,
    }
}

/// A number of its own for each caller of the world, anywhere in the two files: who
/// calls often does so here too.
fn spread(caller: Phone) -> Phone {
    let mut dice = ChaCha8Rng::seed_from_u64(SEED ^ caller.digits());
    let is_geographic = dice.random_ratio(GEOGRAPHIC_PERCENT, 100);
    let first = if is_geographic { 74_000_000_000 } else { 79_000_000_000 };
    phone(first + dice.random_range(0..999_999_999))
}

/// Ranges with gaps between them, all of one length.
fn edition(file: NumberingFile, first: u64, ranges: u64) -> Edition {
    let length = 1_000_000_000 / ranges;
    let range = |place: u64| NumberRange {
        first: phone(first + place * length),
        last: phone(first + place * length + length * 19 / 20),
        operator: HOLDERS[place as usize % HOLDERS.len()].parse::<Inn>().ok(),
        operator_name: "Оператор".to_owned(),
        region: "Москва и Московская область".to_owned(),
    };
    Edition {
        id: EditionId(Uuid::from_u128(u128::from(first))),
        file,
        in_force_from: Instant(0),
        ranges: (0..ranges).map(range).collect(),
    }
}

fn own_number(place: u64) -> OwnNumber {
    OwnNumber {
        id: OwnNumberId(Uuid::from_u128(u128::from(place))),
        first: phone(73_000_000_000 + 100 * place),
        last: phone(73_000_000_000 + 100 * place + 9),
        kind: OwnNumberKind::Tracking,
        valid_from: None,
        valid_to: None,
    }
}

fn allowance(place: u64) -> AllowEntry {
    AllowEntry { phone: phone(78_000_000_000 + place), since: Instant(0), until: None }
}

fn competitor(number: u128) -> CompetitorId {
    CompetitorId(Uuid::from_u128(number))
}

fn phone(digits: u64) -> Phone {
    Phone::from_digits(digits).expect("written in full")
}
