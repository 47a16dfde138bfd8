//! One row to a call: each field's cell found, its words, units and numbers
//! read, and then the same rules as for every other record.

use std::borrow::Cow;
use std::collections::BTreeMap;

use baitline_domain::ids::ClientId;
use baitline_domain::instant::Instant;
use baitline_domain::observation::{Channel, Direction, Report};
use baitline_domain::phone::Party;
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};

use super::columns::{At, Placed, fold};
use super::file_fault::FileFault;
use super::numbers;
use super::shape::{DirectionMeaning, Profile};
use super::time::Start;
use super::units;
use crate::calls::fields::{Field, Fields, Sent};
use crate::calls::{CallRecord, Rejection, SourceSettings, time};

/// A call that was read from a row. The time is read by the profile's patterns,
/// so it is not read again from the text that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadCall {
    /// The fields; `occurred_at` is as it was written.
    pub record: CallRecord,
    /// The start by the clock on the wall.
    pub civil: DateTime,
    /// Its offset, where the row has one.
    pub offset: Option<Offset>,
    /// The profile's zone, where it has one.
    pub zone: Option<TimeZone>,
}

impl ReadCall {
    /// Makes the call a report, as [`CallRecord::normalise`] does.
    ///
    /// # Errors
    /// When the time stands for no single instant in the zone, or lies too far back
    /// or ahead.
    pub fn normalise(
        &self,
        client: ClientId,
        source: &SourceSettings,
        received_at: Instant,
    ) -> Result<Report, Rejection> {
        let zone = self.zone.as_ref().unwrap_or(&source.zone);
        let reported_at = time::place(self.civil, self.offset, zone, received_at)?;
        Ok(self.record.report_at(client, source.id, reported_at))
    }
}

/// Reads rows by a profile, once the columns of their file are known.
#[derive(Debug, Clone)]
pub struct RowReader {
    profile: Profile,
    header: Vec<String>,
    placed: Placed,
    zone: Option<TimeZone>,
    direction_words: BTreeMap<String, DirectionMeaning>,
    answered_words: BTreeMap<String, bool>,
    channel_words: BTreeMap<String, Channel>,
}

impl RowReader {
    /// For rows under this header, as [`Rows::header`](super::Rows::header) tells
    /// it; where that is empty, for rows of a file without one.
    ///
    /// # Errors
    /// When a column of the profile is not among them.
    pub fn new(profile: &Profile, header: &[String]) -> Result<Self, FileFault> {
        if profile.header {
            Self::of_header(profile, 1, header)
        } else {
            Self::without_header(profile, 1, usize::MAX)
        }
    }

    pub(super) fn of_header(
        profile: &Profile,
        line: u64,
        header: &[String],
    ) -> Result<Self, FileFault> {
        Self::open(profile, line, Some(header), header.len())
    }

    /// `width` is how many cells the first row has.
    pub(super) fn without_header(
        profile: &Profile,
        line: u64,
        width: usize,
    ) -> Result<Self, FileFault> {
        Self::open(profile, line, None, width)
    }

    fn open(
        profile: &Profile,
        line: u64,
        header: Option<&[String]>,
        width: usize,
    ) -> Result<Self, FileFault> {
        let zone = profile.time_zone.as_deref().map(TimeZone::get).transpose();
        Ok(Self {
            placed: Placed::find(profile, line, header, width)?,
            header: header.unwrap_or_default().to_vec(),
            zone: zone.map_err(|_error| FileFault::FaultyProfile)?,
            direction_words: folded(&profile.direction_words),
            answered_words: folded(&profile.answered_words),
            channel_words: folded(&profile.channel_words),
            profile: profile.clone(),
        })
    }

    pub(super) fn header(&self) -> &[String] {
        &self.header
    }

    /// Reads the cells of one row; `None` where its word for the direction says
    /// that it is no call.
    ///
    /// # Errors
    /// When the row is no call record by the profile.
    pub fn read(&self, cells: &[String]) -> Result<Option<ReadCall>, Rejection> {
        let beyond = cells.get(self.header.len()..).unwrap_or_default();
        if self.profile.header && beyond.iter().any(|cell| !cell.trim().is_empty()) {
            let detail = format!("the row has {} cells", cells.len());
            return Err(Rejection::of_record("broken_row", detail));
        }
        self.read_whole(cells, &[])
    }

    /// Reads one row; the cells in `wrong` hold an error.
    pub(super) fn read_whole(
        &self,
        cells: &[String],
        wrong: &[usize],
    ) -> Result<Option<ReadCall>, Rejection> {
        let row = Row { reader: self, cells, wrong };
        let direction = match row.direction()? {
            Some(DirectionMeaning::Ignored) => return Ok(None),
            direction => direction.and_then(DirectionMeaning::direction),
        };
        let start = row.start()?;
        let read = start.read(&self.profile.time_formats);
        let ends = row.ends(direction)?;
        let mut fields = row.plain_fields()?;
        if let Some(direction) = direction {
            fields.set(Field::Direction, Sent::Cell(direction.as_str().into()));
        }
        for (field, text) in
            [(Field::Bait, ends.bait), (Field::Caller, ends.caller), (Field::Called, ends.called)]
        {
            if let Some(text) = text {
                let text = numbers::clean(text, &self.profile);
                let text = text.map_err(|_rounded| rounded(field))?;
                fields.set(field, Sent::Cell(Cow::Owned(text.into_owned())));
            }
        }
        fields.set(Field::OccurredAt, Sent::Cell(start.text().into()));
        let extra = self.extra(&row);
        if let Some(extra) = &extra {
            fields.set(Field::Extra, Sent::Object(extra));
        }
        let mut record = CallRecord::from_fields(&fields)?;
        record.caller_raw = kept(ends.caller, record.caller_raw);
        record.called_raw = kept(ends.called, record.called_raw);
        let (civil, offset) = read.ok_or_else(|| self.unreadable_time())?;
        Ok(Some(ReadCall { record, civil, offset, zone: self.zone.clone() }))
    }

    fn unreadable_time(&self) -> Rejection {
        let detail = if self.profile.time_formats.is_empty() {
            "the time is not written like 2026-11-01T10:00:00 or 01.11.2026 10:00; the profile \
             may say how it is"
        } else {
            "the time is written in none of the profile's time formats, or no such day exists"
        };
        Rejection::of_field(Field::OccurredAt, "invalid_time", detail)
    }

    /// The further data as a JSON object.
    fn extra(&self, row: &Row<'_>) -> Option<String> {
        let mut members = serde_json::Map::new();
        for (name, at) in &self.placed.extra {
            if let Some(text) = row.text(at) {
                members.insert(name.clone(), text.into());
            }
        }
        (!members.is_empty()).then(|| serde_json::Value::Object(members).to_string())
    }
}

/// What is kept of an end as it was written: the file's own words, unless only the
/// profile tells what they mean. What is kept is read again whenever a bait appears
/// or somebody corrects the record, and then there is no profile.
fn kept(written: Option<&str>, cleaned: Option<String>) -> Option<String> {
    let means_the_same = Party::read(written) == Party::read(cleaned.as_deref());
    if means_the_same { written.map(str::to_owned) } else { cleaned }
}

/// The ends of a call as a row has them.
struct RawEnds<'a> {
    bait: Option<&'a str>,
    caller: Option<&'a str>,
    called: Option<&'a str>,
}

/// One row under way.
struct Row<'a> {
    reader: &'a RowReader,
    cells: &'a [String],
    wrong: &'a [usize],
}

impl<'a> Row<'a> {
    /// What stands there, if it is not blank.
    fn text(&self, at: &'a At) -> Option<&'a str> {
        let text = match at {
            At::Value(value) => value,
            At::Column(column) => self.cells.get(*column)?,
        };
        let text = without_guard(text.trim());
        (!text.is_empty()).then_some(text)
    }

    fn cell(&self, name: &'static str, field: Field) -> Result<Option<&'a str>, Rejection> {
        let Some(at) = self.reader.placed.of(name) else { return Ok(None) };
        if matches!(at, At::Column(column) if self.wrong.contains(column)) {
            let detail = "the cell holds an error, such as #REF!, and no value";
            return Err(Rejection::of_field(field, "invalid_cell", detail));
        }
        Ok(self.text(at))
    }

    fn direction(&self) -> Result<Option<DirectionMeaning>, Rejection> {
        let Some(text) = self.cell("direction", Field::Direction)? else { return Ok(None) };
        let built_in = |word: &str| match Direction::parse(word)? {
            Direction::Incoming => Some(DirectionMeaning::Incoming),
            Direction::Outgoing => Some(DirectionMeaning::Outgoing),
        };
        word(text, &self.reader.direction_words, built_in)
            .map(Some)
            .ok_or_else(|| unknown_word(Field::Direction))
    }

    /// A row that tells a direction and both ends names its bait by that.
    fn ends(&self, direction: Option<Direction>) -> Result<RawEnds<'a>, Rejection> {
        let bait = self.cell("bait", Field::Bait)?;
        if self.reader.placed.of("party").is_some() {
            let party = self.cell("party", Field::Caller)?;
            return match direction {
                None => Err(Rejection::missing(Field::Direction)),
                Some(_) if bait.is_none() => Err(Rejection::missing(Field::Bait)),
                Some(Direction::Incoming) => Ok(RawEnds { bait, caller: party, called: None }),
                Some(Direction::Outgoing) => Ok(RawEnds { bait, caller: None, called: party }),
            };
        }
        let caller = self.cell("caller", Field::Caller)?;
        let called = self.cell("called", Field::Called)?;
        let bait = match (bait, direction) {
            (None, Some(Direction::Incoming)) => {
                Some(called.ok_or_else(|| Rejection::missing(Field::Bait))?)
            }
            (None, Some(Direction::Outgoing)) => {
                Some(caller.ok_or_else(|| Rejection::missing(Field::Bait))?)
            }
            (bait, _) => bait,
        };
        Ok(RawEnds { bait, caller, called })
    }

    fn start(&self) -> Result<Start<'a>, Rejection> {
        let missing = || Rejection::missing(Field::OccurredAt);
        if let Some(text) = self.cell("occurred_at", Field::OccurredAt)? {
            return Ok(Start::One(text));
        }
        let day = self.cell("date", Field::OccurredAt)?.ok_or_else(missing)?;
        let time = self.cell("time", Field::OccurredAt)?.ok_or_else(missing)?;
        Ok(Start::Two(day, time))
    }

    /// The fields that depend on no other.
    fn plain_fields(&self) -> Result<Fields<'a>, Rejection> {
        let mut fields = Fields::default();
        for (name, field) in [
            ("external_id", Field::ExternalId),
            ("revision", Field::Revision),
            ("screen_label", Field::ScreenLabel),
        ] {
            if let Some(text) = self.cell(name, field)? {
                fields.set(field, Sent::Cell(text.into()));
            }
        }
        if let Some(text) = self.cell("connected_seconds", Field::ConnectedSeconds)?
            && !is_dash(text)
        {
            let seconds = units::seconds(text, self.reader.profile.duration_unit);
            let seconds = seconds.ok_or_else(unreadable_duration)?;
            fields.set(Field::ConnectedSeconds, Sent::Cell(seconds.to_string().into()));
        }
        let none = BTreeMap::new();
        for (name, field, words) in [
            ("answered", Field::Answered, &self.reader.answered_words),
            ("roaming", Field::Roaming, &none),
        ] {
            if let Some(text) = self.cell(name, field)? {
                let truth = word(text, words, truth).ok_or_else(|| unknown_word(field))?;
                fields.set(field, Sent::Truth(truth));
            }
        }
        if let Some(text) = self.cell("channel", Field::Channel)? {
            let channel = word(text, &self.reader.channel_words, Channel::parse);
            let channel = channel.ok_or_else(|| unknown_word(Field::Channel))?;
            fields.set(Field::Channel, Sent::Cell(channel.as_str().into()));
        }
        Ok(fields)
    }
}

/// What a word means: by the profile's list, or where that is empty by its own.
fn word<T: Copy>(
    text: &str,
    words: &BTreeMap<String, T>,
    built_in: impl Fn(&str) -> Option<T>,
) -> Option<T> {
    let text = fold(text);
    if words.is_empty() { built_in(&text) } else { words.get(&text).copied() }
}

/// What spreadsheets of two languages write.
pub(super) fn truth(word: &str) -> Option<bool> {
    match word {
        "true" | "yes" | "y" | "1" | "да" | "истина" => Some(true),
        "false" | "no" | "n" | "0" | "нет" | "ложь" => Some(false),
        _ => None,
    }
}

fn folded<T: Copy>(words: &BTreeMap<String, T>) -> BTreeMap<String, T> {
    words.iter().map(|(word, meaning)| (fold(word), *meaning)).collect()
}

/// Takes off what keeps spreadsheets from taking a number for one: `="+7900"` and
/// `'+7900`.
fn without_guard(text: &str) -> &str {
    let formula = text.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"'));
    let text = formula.map_or(text, str::trim);
    match text.strip_prefix('\'') {
        Some(rest) if rest.starts_with(|c: char| c == '+' || c.is_ascii_digit()) => rest,
        _ => text,
    }
}

/// How lists write that there was none.
fn is_dash(text: &str) -> bool {
    matches!(text, "-" | "–" | "—")
}

fn unreadable_duration() -> Rejection {
    let detail = "connected_seconds is not written in the profile's duration unit";
    Rejection::of_field(Field::ConnectedSeconds, "invalid_duration", detail)
}

fn unknown_word(field: Field) -> Rejection {
    let detail = format!("the profile does not say what this word for {} means", field.name());
    Rejection::of_field(field, "unknown_word", detail)
}

fn rounded(field: Field) -> Rejection {
    let detail = format!("{} lost digits in a spreadsheet, like 7.9E+10", field.name());
    Rejection::of_field(field, "rounded_number", detail)
}
