//! A small world to judge calls in: one T2 bait with one complete trap, one
//! edition of the registry, and one incoming call from an МТС number in the
//! middle of the window. A test changes what its sentence speaks of.

#![allow(dead_code, reason = "each test program uses its own part of the world")]
#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

use baitline_domain::bait::Bait;
use baitline_domain::call::Call;
use baitline_domain::ids::{
    BaitId, CompetitorId, EditionId, ObservationId, OperatorEntryId, OwnNumberId, TrapId,
};
use baitline_domain::instant::{Instant, Span};
use baitline_domain::numbering::{Edition, NumberRange, NumberingFile, NumberingPlan};
use baitline_domain::observation::{Channel, Direction};
use baitline_domain::operator::{Inn, Operator, OperatorEntry, Operators, Standing};
use baitline_domain::own_number::{OwnNumber, OwnNumberKind};
use baitline_domain::phone::{Party, Phone};
use baitline_domain::trap::{Exposure, ExposureKind, TrapState, Window};
use baitline_domain::verdict::{
    AllowEntry, Assessment, Attribution, Circumstances, Contact, PortabilityAnswer, Visit, assess,
};
use uuid::Uuid;

pub(crate) const T2: &str = "7743895280";
pub(crate) const ROSTELECOM: &str = "7707049388";
pub(crate) const MTS: &str = "7740000076";
pub(crate) const MEGAFON: &str = "7812014560";
pub(crate) const BEELINE: &str = "7713076301";
pub(crate) const INTERNOD: &str = "7733808377";
pub(crate) const SBERMOBILE: &str = "7736264044";
pub(crate) const VTB_MOBILE: &str = "9705121882";
pub(crate) const GLONASS: &str = "7703383783";
/// A well-formed ИНН that our list of operators does not know.
pub(crate) const STRANGER: &str = "7700000009";

/// The bait's own number, and numbers of the ranges of [`first_edition`].
pub(crate) const BAIT: u64 = 79_000_000_001;
pub(crate) const T2_NUMBER: u64 = 79_001_000_000;
pub(crate) const ROSTELECOM_NUMBER: u64 = 79_011_000_000;
pub(crate) const MTS_NUMBER: u64 = 79_161_000_000;
pub(crate) const SECOND_MTS_NUMBER: u64 = 79_161_000_001;
pub(crate) const MEGAFON_NUMBER: u64 = 79_261_000_000;
pub(crate) const INTERNOD_NUMBER: u64 = 79_581_000_000;
pub(crate) const SBERMOBILE_NUMBER: u64 = 79_591_000_000;
pub(crate) const VTB_MOBILE_NUMBER: u64 = 79_601_000_000;
pub(crate) const GLONASS_NUMBER: u64 = 79_411_000_000;
pub(crate) const STRANGER_NUMBER: u64 = 79_611_000_000;
pub(crate) const NAMELESS_NUMBER: u64 = 79_621_000_000;
pub(crate) const UNALLOCATED_NUMBER: u64 = 79_991_000_000;
pub(crate) const MOSCOW_NUMBER: u64 = 74_951_000_000;
pub(crate) const KAZAKH_NUMBER: u64 = 77_011_000_000;
pub(crate) const POLISH_NUMBER: u64 = 48_221_000_000;

/// 2026-10-01T09:00:00Z: the trap's first exposure. Times are told in minutes
/// after it.
const FIRST_EXPOSURE: Instant = Instant(1_790_845_200 * 1_000_000);
pub(crate) const MINUTE: Span = Span::seconds(60);
pub(crate) const HOUR: i64 = 60;
pub(crate) const DAY: i64 = 24 * HOUR;
/// The minute at which the trap's window opens.
pub(crate) const OPENS: i64 = 30;
/// The minute at which the trap's window closes: 48 hours later.
pub(crate) const CLOSES: i64 = OPENS + 2 * DAY;
/// The minute of the judged call.
pub(crate) const CALL: i64 = OPENS + 5 * HOUR;

/// The only competitors of the world, and a call centre serving both.
pub(crate) const COMPETITOR: CompetitorId = CompetitorId(Uuid::from_u128(1));
pub(crate) const OTHER_COMPETITOR: CompetitorId = CompetitorId(Uuid::from_u128(2));

/// The moment so many minutes after the first exposure.
pub(crate) fn minute(minutes: i64) -> Instant {
    FIRST_EXPOSURE + Span(minutes * MINUTE.0)
}

pub(crate) fn phone(digits: u64) -> Phone {
    Phone::from_digits(digits).unwrap()
}

pub(crate) fn number(digits: u64) -> Party {
    Party::Number(phone(digits))
}

pub(crate) fn inn(text: &str) -> Inn {
    Inn::parse(text).unwrap()
}

pub(crate) fn trap_id(id: u128) -> TrapId {
    TrapId(Uuid::from_u128(id))
}

/// Everything a verdict depends on, owned and open to changes.
#[derive(Debug, Clone)]
pub(crate) struct Situation {
    pub(crate) call: Call,
    pub(crate) bait: Bait,
    pub(crate) traps: Vec<TrapState>,
    pub(crate) own_numbers: Vec<OwnNumber>,
    pub(crate) allow_list: Vec<AllowEntry>,
    pub(crate) visits: Vec<Visit>,
    pub(crate) attributions: Vec<Attribution>,
    pub(crate) contacts: Vec<Contact>,
    pub(crate) editions: Vec<Edition>,
    pub(crate) portability: Vec<PortabilityAnswer>,
    pub(crate) operators: Vec<OperatorEntry>,
    pub(crate) statement_is_in: bool,
}

impl Situation {
    pub(crate) fn plain() -> Self {
        Self {
            call: call(),
            bait: Bait {
                id: BaitId(Uuid::from_u128(1)),
                number: phone(BAIT),
                operator: Some(inn(T2)),
            },
            traps: vec![trap(1, 0)],
            own_numbers: Vec::new(),
            allow_list: Vec::new(),
            visits: Vec::new(),
            attributions: Vec::new(),
            contacts: Vec::new(),
            editions: vec![first_edition()],
            portability: Vec::new(),
            operators: Vec::new(),
            statement_is_in: false,
        }
    }

    pub(crate) fn assess(&self) -> Assessment {
        let numbering = NumberingPlan::new(self.editions.clone());
        let operators = Operators::built_in().clone().extended_with(self.operators.clone());
        let circumstances = Circumstances {
            bait: &self.bait,
            traps: &self.traps,
            own_numbers: &self.own_numbers,
            allow_list: &self.allow_list,
            visits: &self.visits,
            attributions: &self.attributions,
            contacts: &self.contacts,
            numbering: &numbering,
            portability: &self.portability,
            operators: &operators,
            statement_is_in: self.statement_is_in,
        };
        assess(&self.call, &circumstances)
    }

    pub(crate) fn caller(&mut self, digits: u64) {
        self.call.party = number(digits);
    }

    pub(crate) fn call_at(&mut self, minutes: i64) {
        self.call.started_at = minute(minutes);
    }

    pub(crate) fn bait_operator(&mut self, operator: &str) {
        self.bait.operator = Some(inn(operator));
    }

    pub(crate) fn own_number(&mut self, digits: u64, until: Option<i64>) {
        self.own_numbers.push(OwnNumber {
            id: OwnNumberId(Uuid::from_u128(1)),
            first: phone(digits),
            last: phone(digits),
            kind: OwnNumberKind::Advertised,
            valid_from: None,
            valid_to: until.map(minute),
        });
    }

    pub(crate) fn allow(&mut self, digits: u64, since: i64) {
        self.allow_until(digits, since, None);
    }

    pub(crate) fn allow_until(&mut self, digits: u64, since: i64, until: Option<i64>) {
        let until = until.map(minute);
        self.allow_list.push(AllowEntry { phone: phone(digits), since: minute(since), until });
    }

    pub(crate) fn bait_called(&mut self, digits: u64, minutes: i64) {
        self.contact(digits, minutes, Direction::Outgoing, false);
    }

    pub(crate) fn was_called_by(&mut self, digits: u64, minutes: i64) {
        self.contact(digits, minutes, Direction::Incoming, false);
    }

    pub(crate) fn consented_to(&mut self, digits: u64, minutes: i64) {
        self.contact(digits, minutes, Direction::Incoming, true);
    }

    fn contact(&mut self, digits: u64, minutes: i64, direction: Direction, consent_given: bool) {
        let at = minute(minutes);
        self.contacts.push(Contact { phone: phone(digits), direction, at, consent_given });
    }

    pub(crate) fn visited(&mut self, competitor: CompetitorId, minutes: i64) {
        self.visits.push(Visit { competitor, at: minute(minutes) });
    }

    pub(crate) fn belongs(&mut self, digits: u64, competitor: CompetitorId) {
        self.belonged(digits, competitor, None);
    }

    pub(crate) fn belonged(&mut self, digits: u64, competitor: CompetitorId, until: Option<i64>) {
        self.attributions.push(Attribution {
            phone: phone(digits),
            competitor,
            valid_from: None,
            valid_to: until.map(minute),
        });
    }

    pub(crate) fn ported(&mut self, digits: u64, operator: &str, from: i64, to: i64) {
        self.portability.push(PortabilityAnswer {
            phone: phone(digits),
            operator: inn(operator),
            valid_from: minute(from),
            valid_to: minute(to),
        });
    }

    /// The agency learns how an operator stands since a minute, or always.
    pub(crate) fn learned(&mut self, operator: &str, standing: Standing, since: Option<i64>) {
        let id = OperatorEntryId(Uuid::from_u128(self.operators.len() as u128 + 1));
        self.operators.push(OperatorEntry {
            id: Some(id),
            operator: Operator {
                inn: inn(operator),
                name: String::new(),
                brand: None,
                standing,
                source: String::new(),
            },
            since: since.map(minute),
        });
    }

    /// A later edition that holds one range more.
    pub(crate) fn next_edition(&mut self, digits: u64, operator: &str) {
        let mut next = first_edition();
        next.id = EditionId(Uuid::from_u128(2));
        next.in_force_from = minute(30 * DAY);
        next.ranges.push(range_of(digits, Some(operator)));
        self.editions.push(next);
    }
}

fn call() -> Call {
    let id = ObservationId(Uuid::from_u128(1));
    Call {
        id,
        bait: BaitId(Uuid::from_u128(1)),
        direction: Direction::Incoming,
        party: number(MTS_NUMBER),
        channel: Channel::Pstn,
        started_at: minute(CALL),
        uncertainty: Span::seconds(2),
        connected_seconds: 40,
        answered: true,
        roaming: false,
        observations: vec![id],
    }
}

/// A complete trap: a site visit, an own call, a return call, then 48 hours.
pub(crate) fn trap(id: u128, starts: i64) -> TrapState {
    let exposure =
        |minutes: i64, kind, seconds| Exposure { at: minute(starts + minutes), kind, seconds };
    TrapState {
        trap: trap_id(id),
        exposures: vec![
            exposure(0, ExposureKind::SiteVisit, 300),
            exposure(10, ExposureKind::OwnCall, 150),
            exposure(20, ExposureKind::ReturnCall, 600),
        ],
        missing: Vec::new(),
        window: Some(Window { from: minute(starts + OPENS), to: minute(starts + CLOSES) }),
        run_ends_at: minute(starts + 2 * HOUR),
    }
}

/// In force from two months before the trap.
fn first_edition() -> Edition {
    let ranges = [
        (T2_NUMBER, Some(T2)),
        (ROSTELECOM_NUMBER, Some(ROSTELECOM)),
        (MTS_NUMBER, Some(MTS)),
        (MEGAFON_NUMBER, Some(MEGAFON)),
        (INTERNOD_NUMBER, Some(INTERNOD)),
        (SBERMOBILE_NUMBER, Some(SBERMOBILE)),
        (VTB_MOBILE_NUMBER, Some(VTB_MOBILE)),
        (GLONASS_NUMBER, Some(GLONASS)),
        (STRANGER_NUMBER, Some(STRANGER)),
        (NAMELESS_NUMBER, None),
    ];
    Edition {
        id: EditionId(Uuid::from_u128(1)),
        file: NumberingFile::Def9,
        in_force_from: minute(-60 * DAY),
        ranges: ranges.map(|(first, operator)| range_of(first, operator)).to_vec(),
    }
}

/// Ten numbers from `first` on.
fn range_of(first: u64, operator: Option<&str>) -> NumberRange {
    NumberRange {
        first: phone(first),
        last: phone(first + 9),
        operator: operator.map(inn),
        operator_name: String::new(),
        region: String::new(),
    }
}
