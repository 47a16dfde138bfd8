//! The archive of all packages of an export: a ZIP of stored entries (APPNOTE 6.3.10,
//! with its 64-bit forms where numbers need them), of which every byte is known before
//! any is read, so that it has a length and any part of it can be sent alone. What an
//! entry holds lies elsewhere; here are the bytes between the entries.

use std::ops::Range;

use baitline_domain::instant::Instant;
use bytes::Bytes;
use jiff::tz::TimeZone;

/// What does not fit into 16 or 32 bits is told in 64.
const WIDE: u32 = u32::MAX;
const MANY: u16 = u16::MAX;
/// Versions of the format that a reader needs, without and with 64-bit forms.
const PLAIN_VERSION: u16 = 20;
const WIDE_VERSION: u16 = 45;
/// The host whose attributes are Unix modes, in the upper byte of who made it.
const UNIX: u16 = 3 << 8;
/// A file that everyone who may see the archive may read.
const UNIX_MODE: u32 = 0o100_644 << 16;
/// The tag of the 64-bit forms.
const WIDE_TAG: u16 = 1;

/// A file of the archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Its path: ASCII.
    pub(crate) name: String,
    /// How many bytes.
    pub(crate) bytes: u64,
    /// CRC-32 of them.
    pub(crate) crc32: u32,
    /// SHA-256 of them, by which they are found.
    pub(crate) sha256: Vec<u8>,
}

/// The archive without what its entries hold.
pub(crate) struct StoredZip {
    entries: Vec<Entry>,
    /// Where each entry's head begins.
    starts: Vec<u64>,
    date: DosDate,
    /// What follows the last entry.
    directory: Bytes,
    /// The length of the whole.
    bytes: u64,
}

/// A piece of the archive.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// These bytes.
    Made(Bytes),
    /// Some bytes of what is found by this hash.
    Held(Vec<u8>, Range<u64>),
}

/// A moment as the format writes it.
#[derive(Debug, Clone, Copy)]
struct DosDate {
    time: u16,
    date: u16,
}

impl StoredZip {
    /// Lays the archive out, its entries in their order and all of one date (UTC).
    pub(crate) fn new(entries: Vec<Entry>, at: Instant) -> Self {
        let date = DosDate::of(at);
        let mut starts = Vec::with_capacity(entries.len());
        let mut position = 0_u64;
        for entry in &entries {
            starts.push(position);
            position += head(entry, date).len() as u64 + entry.bytes;
        }
        let directory = directory(&entries, &starts, date, position);
        let bytes = position + directory.len() as u64;
        Self { entries, starts, date, directory: directory.into(), bytes }
    }

    /// The length of the whole.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// What decides over every byte: all that stands between the entries, in which their
    /// lengths are, and the hashes of what they hold.
    pub(crate) fn facts(&self) -> impl Iterator<Item = &[u8]> {
        let hashes = self.entries.iter().map(|entry| entry.sha256.as_slice());
        std::iter::once(self.directory.as_ref()).chain(hashes)
    }

    /// The pieces of a part of it, each as it is asked for.
    pub(crate) fn pieces(self, part: Range<u64>) -> impl Iterator<Item = Piece> {
        // The entry that the part begins in, or what follows the last one.
        let first = self.starts.partition_point(|start| *start <= part.start).saturating_sub(1);
        let end = self.bytes - self.directory.len() as u64;
        let Self { entries, starts, date, directory, .. } = self;
        let wanted = part.clone();
        let of_entries =
            entries.into_iter().zip(starts).skip(first).flat_map(move |(entry, at)| {
                let head = head(&entry, date);
                let begin = at + head.len() as u64;
                let made = cut(&wanted, at..begin).map(|part| made(&head.into(), part));
                let held = cut(&wanted, begin..begin + entry.bytes)
                    .map(|part| Piece::Held(entry.sha256, part));
                made.into_iter().chain(held)
            });
        let last = cut(&part, end..end + directory.len() as u64);
        of_entries.chain(last.map(|part| made(&directory, part)))
    }
}

/// What of `place` is wanted, counted from its beginning.
fn cut(wanted: &Range<u64>, place: Range<u64>) -> Option<Range<u64>> {
    let (start, end) = (wanted.start.max(place.start), wanted.end.min(place.end));
    (start < end).then(|| start - place.start..end - place.start)
}

fn made(bytes: &Bytes, part: Range<u64>) -> Piece {
    // A head and a directory are in memory, and so are their places.
    let place = |at: u64| usize::try_from(at).unwrap_or(bytes.len());
    Piece::Made(bytes.slice(place(part.start)..place(part.end)))
}

impl DosDate {
    /// The format knows the years from 1980 and every other second.
    fn of(at: Instant) -> Self {
        let civil = at.to_timestamp().to_zoned_datetime(TimeZone::UTC).datetime();
        let part = |part: i8| u16::try_from(part).unwrap_or_default();
        let year = u16::try_from(civil.year()).unwrap_or_default().saturating_sub(1980);
        Self {
            time: part(civil.hour()) << 11 | part(civil.minute()) << 5 | (part(civil.second()) / 2),
            date: year << 9 | part(civil.month()) << 5 | part(civil.day()),
        }
    }
}

/// Little-endian fields, one after the other.
#[derive(Default)]
struct Fields(Vec<u8>);

impl Fields {
    fn short(mut self, value: u16) -> Self {
        self.0.extend(value.to_le_bytes());
        self
    }

    fn long(mut self, value: u32) -> Self {
        self.0.extend(value.to_le_bytes());
        self
    }

    fn wide(mut self, value: u64) -> Self {
        self.0.extend(value.to_le_bytes());
        self
    }

    fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }
}

/// A number in 32 bits, or the mark that it stands elsewhere in 64.
fn narrow(value: u64) -> u32 {
    u32::try_from(value).unwrap_or(WIDE)
}

fn is_wide(value: u64) -> bool {
    value >= u64::from(WIDE)
}

fn version(is_wide: bool) -> u16 {
    if is_wide { WIDE_VERSION } else { PLAIN_VERSION }
}

/// The 64-bit forms of these numbers as an extra field; nothing where there are none.
fn extra(values: &[u64]) -> Vec<u8> {
    if values.is_empty() {
        return Vec::new();
    }
    let length = u16::try_from(values.len() * 8).unwrap_or_default();
    let fields = Fields::default().short(WIDE_TAG).short(length);
    values.iter().fold(fields, |fields, value| fields.wide(*value)).0
}

/// What head and directory say alike of an entry: method, date, sum, lengths.
fn common(fields: Fields, entry: &Entry, date: DosDate, extra: &[u8]) -> Fields {
    let length = narrow(entry.bytes);
    let stored = fields.short(0).short(0).short(date.time).short(date.date);
    stored
        .long(entry.crc32)
        .long(length)
        .long(length)
        .short(u16::try_from(entry.name.len()).unwrap_or(MANY))
        .short(u16::try_from(extra.len()).unwrap_or(MANY))
}

fn head(entry: &Entry, date: DosDate) -> Vec<u8> {
    let wide = is_wide(entry.bytes);
    let extra = if wide { extra(&[entry.bytes, entry.bytes]) } else { Vec::new() };
    let fields = Fields::default().bytes(b"PK\x03\x04").short(version(wide));
    common(fields, entry, date, &extra).bytes(entry.name.as_bytes()).bytes(&extra).0
}

fn line(entry: &Entry, start: u64, date: DosDate) -> Vec<u8> {
    let mut wide = Vec::new();
    if is_wide(entry.bytes) {
        wide.extend([entry.bytes, entry.bytes]);
    }
    if is_wide(start) {
        wide.push(start);
    }
    let needed = version(!wide.is_empty());
    let extra = extra(&wide);
    let fields = Fields::default().bytes(b"PK\x01\x02").short(UNIX | needed).short(needed);
    common(fields, entry, date, &extra)
        .short(0)
        .short(0)
        .short(0)
        .long(UNIX_MODE)
        .long(narrow(start))
        .bytes(entry.name.as_bytes())
        .bytes(&extra)
        .0
}

/// A line for each entry, and the end of the archive.
fn directory(entries: &[Entry], starts: &[u64], date: DosDate, begin: u64) -> Vec<u8> {
    let mut lines = Vec::new();
    for (entry, start) in entries.iter().zip(starts) {
        lines.extend(line(entry, *start, date));
    }
    let (count, length) = (entries.len() as u64, lines.len() as u64);
    let mut fields = Fields(lines);
    if count >= u64::from(MANY) || is_wide(length) || is_wide(begin) {
        // The rest of the block behind its own length.
        const REST_BYTES: u64 = 44;
        let made_by = UNIX | WIDE_VERSION;
        fields = fields.bytes(b"PK\x06\x06").wide(REST_BYTES).short(made_by).short(WIDE_VERSION);
        fields = fields.long(0).long(0).wide(count).wide(count).wide(length).wide(begin);
        fields = fields.bytes(b"PK\x06\x07").long(0).wide(begin + length).long(1);
    }
    let count = u16::try_from(count).unwrap_or(MANY);
    let end = fields.bytes(b"PK\x05\x06").short(0).short(0).short(count).short(count);
    end.long(narrow(length)).long(narrow(begin)).short(0).0
}

#[cfg(test)]
mod tests;
