//! Who takes part: the defended businesses with their baits, own numbers and
//! sources. Facts without calls; it does not know what happens to them.

use baitline_domain::own_number::OwnNumberKind;

use crate::calendar::Date;
use crate::numbers::Holder;

/// A business.
#[derive(Debug)]
pub struct SampleClient {
    /// As documents print it.
    pub name: &'static str,
    /// The folder of its deliveries.
    pub slug: &'static str,
    /// How long its traps stay armed.
    pub window_hours: u32,
    /// Its own numbers; the first is the advertised one, the second calls out.
    pub own_numbers: [SampleOwnNumber; 5],
    /// How its PBX writes.
    pub pbx: PbxDialect,
    /// How its recorder app writes.
    pub recorder: RecorderDialect,
}

/// How a client's PBX writes its calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PbxDialect {
    /// Commas, and times as `2026-09-02 13:04:53`.
    Commas,
    /// Semicolons after a byte order mark, and times as `02.09.2026 13:04:53`.
    Semicolons,
}

/// How a client's recorder app writes its calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecorderDialect {
    /// It numbers its records and names the bait by its number.
    Numbered,
    /// It gives its records no id: the facts stand in for one.
    Unnumbered,
    /// It numbers its records and names the bait by the client's reference.
    Referring,
}

/// A number or range of the client's side.
#[derive(Debug)]
pub struct SampleOwnNumber {
    /// The first number, E.164 without the plus.
    pub first: u64,
    /// The last number.
    pub last: u64,
    /// What it is used for.
    pub kind: OwnNumberKind,
    /// Since when, or always.
    pub valid_from: Option<Date>,
    /// Who provides it.
    pub vendor: Option<&'static str>,
}

/// One SIM.
#[derive(Debug)]
pub struct SampleBait {
    /// Its client, an index into [`CLIENTS`].
    pub client: usize,
    /// Its number, E.164 without the plus.
    pub number: u64,
    /// The client's own name for it.
    pub reference: &'static str,
    /// The operator by contract.
    pub operator_inn: &'static str,
}

/// What kind of source it is; every client has the first three.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SampleSource {
    /// The office telephone system.
    Pbx,
    /// The app on the bait's phone.
    RecorderApp,
    /// Somebody with a notebook.
    Person,
    /// The operator's own list; only the first client has asked for one.
    Statement,
}

impl SampleSource {
    /// All, in the order the demo creates them.
    pub const ALL: [Self; 4] = [Self::Pbx, Self::RecorderApp, Self::Person, Self::Statement];

    /// Its name, unique within the client.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pbx => "pbx",
            Self::RecorderApp => "recorder",
            Self::Person => "person",
            Self::Statement => "statement",
        }
    }

    /// Its kind on the wire.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Pbx => "pbx",
            Self::RecorderApp => "recorder_app",
            Self::Person => "person",
            Self::Statement => "operator_statement",
        }
    }

    /// Added to its times to get the true ones, in seconds: the recorder apps'
    /// phones are ahead.
    pub fn clock_offset_seconds(self) -> i64 {
        match self {
            Self::RecorderApp => -7,
            Self::Pbx | Self::Person | Self::Statement => 0,
        }
    }

    /// How far its times may be off once corrected, in seconds.
    pub fn uncertainty_seconds(self) -> i64 {
        match self {
            Self::Person => 60,
            Self::Pbx | Self::RecorderApp | Self::Statement => 2,
        }
    }
}

/// «Окна Плюс»: windows. Its window is 48 hours.
pub const OKNA: usize = 0;
/// «Стоматология Улыбка»: a dentist. Its window is 48 hours.
pub const ULYBKA: usize = 1;
/// «Автосервис Мотор»: a garage. Its window is 24 hours.
pub const MOTOR: usize = 2;

/// The businesses.
pub const CLIENTS: [SampleClient; 3] = [
    SampleClient {
        name: "ООО «Окна Плюс»",
        slug: "okna-plus",
        window_hours: 48,
        own_numbers: own_numbers(0),
        pbx: PbxDialect::Commas,
        recorder: RecorderDialect::Numbered,
    },
    SampleClient {
        name: "ООО «Стоматология Улыбка»",
        slug: "ulybka",
        window_hours: 48,
        own_numbers: own_numbers(1),
        pbx: PbxDialect::Semicolons,
        recorder: RecorderDialect::Unnumbered,
    },
    SampleClient {
        name: "ООО «Автосервис Мотор»",
        slug: "motor",
        window_hours: 24,
        own_numbers: own_numbers(2),
        pbx: PbxDialect::Commas,
        recorder: RecorderDialect::Referring,
    },
];

/// Where each client's own numbers stand in the staff and contractor blocks.
const OWN_SUFFIX: u16 = 1_001;

const fn own_numbers(client: u16) -> [SampleOwnNumber; 5] {
    let line = 74_950_000_000 + 10 * client as u64;
    let tracking = 74_990_000_100 + 100 * client as u64;
    let staff = Holder::Beeline.number(OWN_SUFFIX + client);
    let contractor = Holder::Megafon.number(OWN_SUFFIX + client);
    [
        single(line + 1, OwnNumberKind::Advertised),
        single(line + 2, OwnNumberKind::Outgoing),
        SampleOwnNumber {
            first: tracking,
            last: tracking + 99,
            kind: OwnNumberKind::Tracking,
            valid_from: None,
            vendor: Some("Пример-Трекинг"),
        },
        single(staff, OwnNumberKind::Staff),
        SampleOwnNumber {
            first: contractor,
            last: contractor,
            kind: OwnNumberKind::Contractor,
            valid_from: Some(Date::Sep(10)),
            vendor: None,
        },
    ]
}

const fn single(number: u64, kind: OwnNumberKind) -> SampleOwnNumber {
    SampleOwnNumber { first: number, last: number, kind, valid_from: None, vendor: None }
}

impl SampleClient {
    /// The number its advertising prints.
    pub fn advertised(&self) -> u64 {
        self.own_numbers[0].first
    }

    /// The number it calls out from.
    pub fn outgoing(&self) -> u64 {
        self.own_numbers[1].first
    }
}

/// T2 bait of «Окна Плюс».
pub const OKNA_1: usize = 0;
/// T2 bait of «Окна Плюс».
pub const OKNA_2: usize = 1;
/// билайн bait of «Окна Плюс».
pub const OKNA_3: usize = 2;
/// МТС bait of «Окна Плюс»: an operator the memo does not advise.
pub const OKNA_4: usize = 3;
/// T2 bait of «Стоматология Улыбка».
pub const ULYBKA_1: usize = 4;
/// билайн bait of «Стоматология Улыбка».
pub const ULYBKA_2: usize = 5;
/// T2 bait of «Стоматология Улыбка».
pub const ULYBKA_3: usize = 6;
/// T2 bait of «Автосервис Мотор».
pub const MOTOR_1: usize = 7;
/// билайн bait of «Автосервис Мотор».
pub const MOTOR_2: usize = 8;
/// T2 bait of «Автосервис Мотор».
pub const MOTOR_3: usize = 9;

const T2_INN: &str = "7743895280";
const BEELINE_INN: &str = "7713076301";
const MTS_INN: &str = "7740000076";

/// The SIMs.
pub const BAITS: [SampleBait; 10] = [
    bait(OKNA, Holder::T2.number(1), "okna-1", T2_INN),
    bait(OKNA, Holder::T2.number(2), "okna-2", T2_INN),
    bait(OKNA, Holder::Beeline.number(3), "okna-3", BEELINE_INN),
    bait(OKNA, Holder::Mts.number(4), "okna-4", MTS_INN),
    bait(ULYBKA, Holder::T2.number(5), "ulybka-1", T2_INN),
    bait(ULYBKA, Holder::Beeline.number(6), "ulybka-2", BEELINE_INN),
    bait(ULYBKA, Holder::T2.number(7), "ulybka-3", T2_INN),
    bait(MOTOR, Holder::T2.number(8), "motor-1", T2_INN),
    bait(MOTOR, Holder::Beeline.number(9), "motor-2", BEELINE_INN),
    bait(MOTOR, Holder::T2.number(10), "motor-3", T2_INN),
];

const fn bait(
    client: usize,
    number: u64,
    reference: &'static str,
    operator_inn: &'static str,
) -> SampleBait {
    SampleBait { client, number, reference, operator_inn }
}
