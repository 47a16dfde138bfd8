//! Who takes part in the world: made up, or entered into a database. Baits are
//! of T2; callers come from the ranges of the sample's registry, so that their
//! operators are known.

use baitline_domain::ids::{BaitId, ClientId, SourceId, TrapId};
use baitline_domain::instant::{Day, Instant, Span};
use baitline_domain::own_number::OwnNumberKind;
use baitline_domain::phone::Phone;
use baitline_domain::trap::{Exposure, ExposureKind};
use baitline_sample::numbers::Holder;
use baitline_store::models::{
    ClientChanges, NewBait, NewClient, NewOwnNumber, NewSource, NewTrap, SourceKind,
};
use baitline_store::numbering::{NewEdition, import_edition};
use baitline_store::{Reach, Store, baits, clients, own_numbers, sources, traps};

use super::{DAYS_PER_TRAP, Shape};

/// The zone of every client.
pub(super) const TIME_ZONE: &str = "Europe/Moscow";
/// The operator of every bait: T2.
pub(super) const BAIT_OPERATOR: &str = "7743895280";
/// The name of every client's source.
pub(super) const SOURCE: &str = "pbx";
/// Numbers that the world takes from one operator: the first half of its block.
const NUMBERS_PER_HOLDER: u64 = 5_000;
/// Where the callers' numbers begin that do not fit into the blocks: a range of
/// ten million of МТС.
const TAIL_FIRST: u64 = 79_160_010_000;
const TAIL_NUMBERS: u64 = 9_900_000;
/// Where the baits' numbers begin: a range of a million of T2, above its callers.
const BAITS_FIRST: u64 = 79_015_010_000;
/// Where the clients' own lines begin.
const LINES_FIRST: u64 = 74_950_000_000;
/// Every trap's window: one follows the other.
const WINDOW_HOURS: i32 = DAYS_PER_TRAP * 24;

/// Everybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cast {
    /// The defended businesses.
    pub clients: Vec<CastClient>,
}

/// A defended business.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CastClient {
    /// Its id.
    pub id: ClientId,
    /// Its only source, called `pbx`.
    pub source: SourceId,
    /// The line that traps call and are called from.
    pub line: Phone,
    /// Its SIMs.
    pub baits: Vec<CastBait>,
}

/// One SIM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CastBait {
    /// Its id.
    pub id: BaitId,
    /// Its number.
    pub number: Phone,
    /// Its runs, one after another, three days each.
    pub traps: Vec<TrapId>,
}

/// When a run begins.
pub(super) fn run_start(first_day: Day, run: usize) -> Instant {
    let days = i32::try_from(run).unwrap_or(0) * DAYS_PER_TRAP;
    Day(first_day.0 + days).start()
}

/// The `place`-th number that calls, the same in every world.
pub(super) fn caller(place: u64) -> Phone {
    let holders = Holder::CALLERS.len() as u64;
    let digits = if place < holders * NUMBERS_PER_HOLDER {
        let holder = Holder::CALLERS[(place % holders) as usize];
        holder.number(0) + place / holders
    } else {
        TAIL_FIRST + place % TAIL_NUMBERS
    };
    phone(digits)
}

pub(super) fn phone(digits: u64) -> Phone {
    Phone::from_digits(digits).expect("the numbers of the world are written in full")
}

/// Runs that cover all days of a shape.
pub(super) fn runs(shape: &Shape) -> usize {
    shape.days.div_ceil(DAYS_PER_TRAP as u32) as usize
}

impl Cast {
    /// A cast with ids of its own, the same for the same shape.
    pub fn made(shape: &Shape) -> Self {
        let mut last = 0;
        let mut next = || {
            last += 1;
            // A version 8 like the program's own, in order as version 7 is.
            uuid::Builder::from_custom_bytes(u128::to_be_bytes(last)).into_uuid()
        };
        let runs = runs(shape);
        let clients = (0..shape.clients).map(|client| CastClient {
            id: ClientId(next()),
            source: SourceId(next()),
            line: line(client),
            baits: (0..shape.baits_per_client)
                .map(|bait| CastBait {
                    id: BaitId(next()),
                    number: bait_number(shape, client, bait),
                    traps: (0..runs).map(|_| TrapId(next())).collect(),
                })
                .collect(),
        });
        Self { clients: clients.collect() }
    }

    /// Enters clients, sources, lines and baits, and the registry that the
    /// world's numbers stand in; no traps.
    ///
    /// # Panics
    /// When the store refuses.
    pub fn entered(store: &Store, shape: &Shape) -> Self {
        let mut cast = Self::made(shape);
        let done = store.write(Reach::Agency, |conn| {
            import_edition(
                conn,
                &NewEdition {
                    file: baitline_domain::numbering::NumberingFile::Def9,
                    in_force_from: shape.first_day.start() - Span::hours(24 * 365),
                    sha256: [0; 32],
                    ranges: baitline_sample::numbering::ranges(),
                },
            )?;
            for (number, client) in cast.clients.iter_mut().enumerate() {
                let new = NewClient {
                    name: format!("Клиент {number}"),
                    time_zone: TIME_ZONE.to_owned(),
                    window_hours: WINDOW_HOURS,
                };
                client.id = clients::create_client(conn, &new)?.id;
                client.source = sources::create_source(conn, client.id, &new_source())?.id;
                own_numbers::create_own_number(conn, client.id, &new_line(client.line))?;
                for bait in &mut client.baits {
                    bait.traps.clear();
                    bait.id = baits::create_bait(conn, client.id, &new_bait(bait.number))?.id;
                }
            }
            Ok(())
        });
        done.expect("the cast can be entered");
        cast
    }

    /// Enters the runs of every bait; their own calls are [`super::World::own_reports`].
    ///
    /// # Panics
    /// When the store refuses.
    pub fn enter_traps(&mut self, store: &Store, shape: &Shape) {
        let done = store.write(Reach::Agency, |conn| {
            for client in &mut self.clients {
                let window =
                    ClientChanges { window_hours: Some(WINDOW_HOURS), ..Default::default() };
                clients::update_client(conn, client.id, &window)?;
                for bait in &mut client.baits {
                    bait.traps.clear();
                    for run in 0..runs(shape) {
                        let new = new_trap(bait.id, run_start(shape.first_day, run));
                        bait.traps.push(traps::create_trap(conn, client.id, &new)?.trap.id);
                    }
                }
            }
            Ok(())
        });
        done.expect("the traps can be entered");
    }
}

fn line(client: usize) -> Phone {
    phone(LINES_FIRST + 10 * client as u64)
}

fn bait_number(shape: &Shape, client: usize, bait: usize) -> Phone {
    phone(BAITS_FIRST + (client * shape.baits_per_client + bait) as u64)
}

fn new_source() -> NewSource {
    NewSource {
        name: SOURCE.to_owned(),
        kind: SourceKind::Pbx,
        time_zone: TIME_ZONE.to_owned(),
        clock_offset: Span(0),
        uncertainty: Span::seconds(2),
    }
}

fn new_line(number: Phone) -> NewOwnNumber {
    NewOwnNumber {
        first: number,
        last: number,
        kind: OwnNumberKind::Advertised,
        valid_from: None,
        valid_to: None,
        vendor: None,
        note: None,
    }
}

fn new_bait(number: Phone) -> NewBait {
    let operator = Some(BAIT_OPERATOR.parse().expect("the operator's number is right"));
    NewBait { number, reference: None, operator, region: None, note: None }
}

fn new_trap(bait: BaitId, start: Instant) -> NewTrap {
    NewTrap {
        bait,
        started_at: start,
        run_ends_at: start + Span::hours(1),
        recorder_tested_at: Some(start),
        exposures: vec![site_visit(start)],
    }
}

/// The visit that every run begins with.
pub(super) fn site_visit(start: Instant) -> Exposure {
    Exposure { at: start, kind: ExposureKind::SiteVisit, seconds: 200 }
}
