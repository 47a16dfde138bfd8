//! The files that sources deliver: the world's calls in each source's own
//! words, clock and mistakes, with the receipt that every item must get. It
//! knows the wire names of a call record, and nothing of how files are sent.

mod notes;
mod pbx;
mod recorder;
mod statement;

use crate::calendar::Month;
use crate::cast::{CLIENTS, SampleSource};
use crate::world::World;

/// One JSON object.
pub const JSON: &str = "application/json";
/// One JSON object a line.
pub const NDJSON: &str = "application/x-ndjson";
/// Comma- or semicolon-separated rows under a header.
pub const CSV: &str = "text/csv";

/// What the service must answer about an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// New.
    Accepted,
    /// A later revision of a known record.
    Updated,
    /// Known, with the same content.
    Duplicate,
    /// Known under the same revision, with other content.
    Conflict,
    /// Not readable as a call.
    Rejected,
}

impl Status {
    /// All, in the order of [`Delivery::counts`].
    pub const ALL: [Self; 5] =
        [Self::Accepted, Self::Updated, Self::Duplicate, Self::Conflict, Self::Rejected];

    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Updated => "updated",
            Self::Duplicate => "duplicate",
            Self::Conflict => "conflict",
            Self::Rejected => "rejected",
        }
    }
}

/// One record of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Item {
    /// Its line, from 1; a CSV header is line 1.
    pub line: u64,
    /// What it must be answered with.
    pub status: Status,
    /// The call it reports, an index into [`World::calls`]; `None` for records
    /// without a bait and for those that are not readable.
    pub call: Option<usize>,
}

/// One file of one source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The client, an index into [`CLIENTS`].
    pub client: usize,
    /// Who delivers.
    pub source: SampleSource,
    /// A file name: `okna-plus/pbx-2026-09.csv`.
    pub name: String,
    /// One of [`JSON`], [`NDJSON`] and [`CSV`].
    pub media_type: &'static str,
    /// The file.
    pub bytes: Vec<u8>,
    /// Its records, in order.
    pub items: Vec<Item>,
}

impl Delivery {
    /// How many records must get each answer, in the order of [`Status::ALL`].
    pub fn counts(&self) -> [usize; 5] {
        Status::ALL.map(|status| self.items.iter().filter(|item| item.status == status).count())
    }
}

/// Every file of the world, in the order in which a client would send them.
pub fn deliveries(world: &World) -> Vec<Delivery> {
    let mut all = Vec::new();
    for client in 0..CLIENTS.len() {
        for month in Month::ALL {
            all.push(pbx::delivery(world, client, month));
            all.push(recorder::delivery(world, client, month));
        }
        all.extend(notes::deliveries(world, client));
    }
    all.push(statement::delivery(world));
    all
}

/// A file of lines in the making: it counts its lines and notes what each must
/// be answered with.
struct Lines {
    bytes: Vec<u8>,
    line: u64,
    items: Vec<Item>,
}

impl Lines {
    fn new() -> Self {
        Self { bytes: Vec::new(), line: 0, items: Vec::new() }
    }

    /// A line that is no record: a header, or nothing at all.
    fn skip(&mut self, text: &str) {
        self.line += 1;
        self.bytes.extend_from_slice(text.as_bytes());
        self.bytes.push(b'\n');
    }

    fn record(&mut self, text: &str, status: Status, call: Option<usize>) {
        self.skip(text);
        self.items.push(Item { line: self.line, status, call });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::{Size, World};
    use std::collections::BTreeSet;

    /// Dirty rows do not depend on the random part, so they are written here by
    /// hand: updated, duplicate, conflict, rejected.
    fn dirt(delivery: &Delivery) -> [usize; 4] {
        match (delivery.source, delivery.media_type) {
            // One started-then-ended pair; one repeated row; one changed
            // without a new revision; a bad time, a short row, no called end.
            (SampleSource::Pbx, _) => [1, 1, 1, 3],
            // One repeated line; one changed; seven unreadable ones.
            (SampleSource::RecorderApp, _) => [0, 1, 1, 7],
            (SampleSource::Statement, _) => [0, 1, 0, 0],
            (SampleSource::Person, _) if delivery.name.contains("again") => [0, 1, 0, 0],
            (SampleSource::Person, _) if delivery.name.contains("changed") => [0, 0, 1, 0],
            (SampleSource::Person, _) if delivery.name.contains("wrong") => [0, 0, 0, 1],
            (SampleSource::Person, _) => [0, 0, 0, 0],
        }
    }

    #[test]
    fn receipts_add_up_in_every_delivery() {
        let all = deliveries(&World::demo());
        assert!(all.len() > 20, "{}", all.len());
        for delivery in &all {
            let counts = delivery.counts();
            assert_eq!(counts[1..], dirt(delivery), "{}", delivery.name);
            assert_eq!(counts.iter().sum::<usize>(), delivery.items.len());
            let clean_notes = delivery.source == SampleSource::Person && dirt(delivery) == [0; 4];
            assert!(counts[0] > 10 || delivery.source == SampleSource::Person);
            assert!(counts[0] == 1 || !clean_notes, "{}", delivery.name);
        }
    }

    #[test]
    fn equal_worlds_deliver_equal_bytes() {
        assert_eq!(deliveries(&World::demo()), deliveries(&World::demo()));
        let other = World::generate(1, Size::DEMO);
        assert_ne!(deliveries(&World::demo()), deliveries(&other));
    }

    #[test]
    fn every_call_is_reported_and_every_file_has_its_own_name() {
        let world = World::demo();
        let all = deliveries(&world);
        let items = || all.iter().flat_map(|delivery| &delivery.items);
        let reported: BTreeSet<usize> = items().filter_map(|item| item.call).collect();
        assert_eq!(reported.len(), world.calls.len());
        let names: BTreeSet<&str> = all.iter().map(|delivery| delivery.name.as_str()).collect();
        assert_eq!(names.len(), all.len());
    }

    #[test]
    fn line_numbers_are_those_of_the_file() {
        for delivery in deliveries(&World::demo()) {
            let lines = delivery.bytes.iter().filter(|&&byte| byte == b'\n').count() as u64;
            let last = delivery.items.last().map(|item| item.line);
            assert_eq!(last, Some(lines.max(1)), "{}", delivery.name);
            assert!(delivery.items.is_sorted_by(|one, next| one.line < next.line));
        }
    }
}
