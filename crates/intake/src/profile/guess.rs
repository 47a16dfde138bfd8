//! A profile proposed from the first rows of a file: which columns have names that
//! PBXes and operators give them, and how the cells under them are written. It is
//! for a person to look at and is never used unasked.

mod known;

use std::collections::BTreeMap;
use std::io::{BufRead, Seek};

use baitline_domain::observation::Channel;

use self::known::{ANSWERS, DIRECTIONS, NAMES, PATTERNS};
use super::cells::{Cells, Source};
use super::columns::fold;
use super::file_fault::FileFault;
use super::rows::FileFormat;
use super::shape::{Columns, Delimiter, DurationUnit, Place, Profile};
use super::time::Start;
use super::units;

/// How many rows are looked at.
const LOOKED_AT: usize = 200;
/// The header is among so many first rows.
const HEADER_AMONG: usize = 30;

/// Proposes a profile for a file; it may lack what the file does not show, which
/// its faults then tell.
///
/// # Errors
/// When the file cannot be read at all.
pub fn guess<R: BufRead + Seek>(format: FileFormat, mut input: R) -> Result<Profile, FileFault> {
    let rows = match format {
        FileFormat::Xlsx => first_rows(Delimiter::Auto, format, &mut input)?,
        FileFormat::Csv => best_split(&mut input)?,
    };
    let Some((index, header)) = header_of(&rows).filter(|(_, row)| known_names(row) >= 2) else {
        return Ok(Profile { header: false, ..Profile::default() });
    };
    let mut profile = Profile {
        skip_rows: u32::try_from(header.place - 1).unwrap_or(0),
        columns: columns(&header.raw),
        ..Profile::default()
    };
    let under = Under { header: &header.raw, rows: &rows[index + 1..] };
    profile.time_formats = under.time_formats(&profile.columns);
    profile.duration_unit = under.duration_unit(&profile.columns);
    under.words(&mut profile);
    Ok(profile)
}

/// The rows split where that shows the most names: a title over the table tells
/// nothing of the delimiter under it.
fn best_split<R: BufRead + Seek>(input: &mut R) -> Result<Vec<Cells>, FileFault> {
    let mut best = Vec::new();
    let names = |rows: &[Cells]| header_of(rows).map_or(0, |(_, row)| known_names(row));
    for delimiter in [Delimiter::Semicolon, Delimiter::Comma, Delimiter::Tab, Delimiter::Pipe] {
        input.rewind()?;
        let rows = first_rows(delimiter, FileFormat::Csv, input)?;
        if best.is_empty() || names(&rows) > names(&best) {
            best = rows;
        }
    }
    Ok(best)
}

fn first_rows<R: BufRead + Seek>(
    delimiter: Delimiter,
    format: FileFormat,
    input: &mut R,
) -> Result<Vec<Cells>, FileFault> {
    let mut source = Source::open(&Profile { delimiter, ..Profile::default() }, format, input)?;
    let mut rows = Vec::new();
    while rows.len() < LOOKED_AT {
        match source.next_row()? {
            Some(row) if row.fault.is_none() => rows.push(row),
            Some(_) => {}
            None => break,
        }
    }
    if rows.is_empty() { Err(FileFault::Empty) } else { Ok(rows) }
}

/// The likeliest header with its place among the rows.
fn header_of(rows: &[Cells]) -> Option<(usize, &Cells)> {
    let among = rows.iter().take(HEADER_AMONG).enumerate();
    among.max_by_key(|(index, row)| (known_names(row), std::cmp::Reverse(*index)))
}

/// How many cells of a row are names of columns.
fn known_names(row: &Cells) -> usize {
    let is_known = |cell: &&String| {
        let name = fold(cell);
        NAMES.iter().any(|(_, names)| names.contains(&&*name))
    };
    row.raw.iter().filter(is_known).count()
}

fn columns(header: &[String]) -> Columns {
    let folded: Vec<String> = header.iter().map(|name| fold(name)).collect();
    let place = |field: &str| {
        let (_, names) = NAMES.iter().find(|(known, _)| *known == field)?;
        let column = names.iter().find_map(|name| folded.iter().position(|cell| cell == name))?;
        let is_alone = folded.iter().filter(|cell| **cell == folded[column]).count() == 1;
        let name = header.get(column)?.split_whitespace().collect::<Vec<_>>().join(" ");
        let position = u32::try_from(column + 1).ok()?;
        Some(if is_alone { Place::Name(name) } else { Place::Position(position) })
    };
    let mut columns = Columns {
        external_id: place("external_id"),
        bait: place("bait"),
        direction: place("direction"),
        caller: place("caller"),
        called: place("called"),
        party: place("party"),
        occurred_at: place("occurred_at"),
        date: place("date"),
        time: place("time"),
        connected_seconds: place("connected_seconds"),
        answered: place("answered"),
        roaming: place("roaming"),
        screen_label: place("screen_label"),
        ..Columns::default()
    };
    settle(&mut columns);
    columns
}

/// Leaves of what excludes each other the surer one.
fn settle(columns: &mut Columns) {
    if columns.occurred_at.is_some() {
        (columns.date, columns.time) = (None, None);
    } else if columns.time.is_none() {
        columns.occurred_at = columns.date.take();
    } else if columns.date.is_none() {
        columns.occurred_at = columns.time.take();
    }
    if columns.caller.is_some() || columns.called.is_some() {
        // A list with one column of numbers names it for one of the two ends.
        match (&columns.caller, &columns.called, &columns.party) {
            (Some(_), None, Some(_)) if columns.direction.is_none() => {
                columns.called = columns.party.take();
            }
            _ => columns.party = None,
        }
    }
}

/// The rows under a header.
struct Under<'a> {
    header: &'a [String],
    rows: &'a [Cells],
}

impl Under<'_> {
    /// The cells of a column that hold something.
    fn cells(&self, place: Option<&Place>) -> Vec<&str> {
        let Some(column) = place.and_then(|place| self.column(place)) else { return Vec::new() };
        let cells = self.rows.iter().filter_map(|row| row.raw.get(column));
        cells.map(|cell| cell.trim()).filter(|cell| !cell.is_empty()).collect()
    }

    fn column(&self, place: &Place) -> Option<usize> {
        match place {
            Place::Name(name) => self.header.iter().position(|cell| fold(cell) == fold(name)),
            Place::Position(position) => (*position as usize).checked_sub(1),
            Place::Value(_) => None,
        }
    }

    /// The one pattern that reads the most, where the usual forms read less.
    fn time_formats(&self, columns: &Columns) -> Vec<String> {
        let single = self.cells(columns.occurred_at.as_ref());
        let (days, times) = (self.cells(columns.date.as_ref()), self.cells(columns.time.as_ref()));
        let pairs = days.into_iter().zip(times).map(|(day, time)| Start::Two(day, time));
        let starts: Vec<Start<'_>> = single.into_iter().map(Start::One).chain(pairs).collect();
        let reads = |formats: &[String]| {
            starts.iter().filter(|start| start.read(formats).is_some()).count()
        };
        let usual = reads(&[]);
        let patterns = PATTERNS.map(|pattern| vec![pattern.to_owned()]);
        // Of equal ones the last is taken, so the surest comes last.
        let best = patterns.into_iter().rev().max_by_key(|formats| reads(formats));
        best.filter(|formats| reads(formats) > usual).unwrap_or_default()
    }

    fn duration_unit(&self, columns: &Columns) -> DurationUnit {
        let cells = self.cells(columns.connected_seconds.as_ref());
        let reads = |unit: &DurationUnit| {
            cells.iter().filter(|cell| units::seconds(cell, *unit).is_some()).count()
        };
        let units = [
            DurationUnit::MinutesSeconds,
            DurationUnit::HoursMinutesSeconds,
            DurationUnit::Seconds,
        ];
        units.into_iter().max_by_key(reads).unwrap_or(DurationUnit::Seconds)
    }

    fn words(&self, profile: &mut Profile) {
        let types = self.distinct(profile.columns.direction.as_ref());
        for word in &types {
            let meaning = DIRECTIONS.iter().find(|(begin, _)| word.contains(begin));
            if let Some((_, meaning)) = meaning {
                profile.direction_words.insert(word.clone(), *meaning);
            }
        }
        if types.iter().any(|word| is_message(word)) {
            profile.columns.channel.clone_from(&profile.columns.direction);
            profile.channel_words =
                types.iter().map(|word| (word.clone(), channel(word))).collect();
        }
        let answers = self.distinct(profile.columns.answered.as_ref());
        profile.answered_words = answers
            .iter()
            .filter_map(|word| {
                let known = ANSWERS.iter().find(|(begin, _)| word.starts_with(begin))?;
                Some((word.clone(), known.1))
            })
            .collect::<BTreeMap<_, _>>();
    }

    /// The words of a column, if they are few enough to be words.
    fn distinct(&self, place: Option<&Place>) -> Vec<String> {
        let mut words: Vec<String> = self.cells(place).into_iter().map(fold).collect();
        words.sort_unstable();
        words.dedup();
        words.retain(|word| word.chars().count() <= super::shape::MAX_PROFILE_WORD_CHARS);
        if words.len() > super::shape::MAX_PROFILE_WORDS { Vec::new() } else { words }
    }
}

fn is_message(word: &str) -> bool {
    word.contains("sms") || word.contains("смс")
}

fn channel(word: &str) -> Channel {
    if is_message(word) { Channel::Sms } else { Channel::Pstn }
}
