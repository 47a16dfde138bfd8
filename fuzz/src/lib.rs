//! What reads bytes of strangers, each with what must hold of it whatever the bytes are: it ends,
//! does not panic, and says the same however the bytes come. A target panics where something does
//! not hold. It does not know where inputs come from: `corpus/` has those that were found, the
//! engine behind the feature `libfuzzer` looks for others.

mod bags;
mod phones;
mod profiles;
mod records;
mod times;

use std::io::BufReader;

use baitline_domain::ids::{ClientId, SourceId};
use baitline_domain::instant::Instant;
use baitline_domain::observation::Report;
use baitline_intake::calls::{MAX_AHEAD, SourceSettings};
use jiff::tz::TimeZone;
use uuid::Uuid;

/// A target: its name, which is the folder of its corpus, and what it does.
pub struct Target {
    /// The folder in `corpus/`.
    pub name: &'static str,
    /// Tries one input; panics where something does not hold.
    pub run: fn(&[u8]),
}

/// All of them.
pub const TARGETS: [Target; 6] = [
    Target { name: "phone", run: phones::run },
    Target { name: "time", run: times::run },
    Target { name: "records", run: records::run },
    Target { name: "profile", run: profiles::run },
    Target { name: "archive", run: bags::archive },
    Target { name: "bag", run: bags::bag },
];

/// Whose all calls are.
const CLIENT: ClientId = ClientId(Uuid::from_u128(9));
/// When all inputs are received: 2026-11-29T12:00:00Z.
const RECEIVED_AT: Instant = Instant(1_795_953_600_000_000);
/// Zones whose clocks change, changed often, never, and by odd minutes.
const ZONES: [&str; 5] =
    ["Europe/Moscow", "Europe/Berlin", "UTC", "Asia/Kathmandu", "Australia/Lord_Howe"];

/// The same bytes as a stream that gives few of them at once.
fn in_small_pieces<R: std::io::Read>(input: R, pieces: u8) -> BufReader<R> {
    BufReader::with_capacity(usize::from(pieces % 61) + 1, input)
}

/// A zone that the byte chooses.
fn zone(byte: u8) -> TimeZone {
    let name = ZONES[usize::from(byte) % ZONES.len()];
    TimeZone::get(name).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// A report is of what was sent: as it was written, and of a time that may be.
fn check_report(report: &Report, written_at: &str) {
    assert_eq!(report.reported_at_raw, written_at);
    assert!(report.reported_at <= RECEIVED_AT + MAX_AHEAD, "{}", report.reported_at);
}

fn source(byte: u8) -> SourceSettings {
    SourceSettings { id: SourceId(Uuid::from_u128(7)), zone: zone(byte) }
}
