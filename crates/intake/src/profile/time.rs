//! Times by the patterns of a profile. Whatever they are, a workbook's own times
//! are read too: its cells hold counts of days, not text.

use jiff::ToSpan;
use jiff::civil::{Date, DateTime, Time, date};
use jiff::fmt::strtime::BrokenDownTime;
use jiff::tz::Offset;

use super::shape::EXCEL_TIME;
use super::units::decimal;
use crate::calls::time::parse;

/// Day 0 of the two counts of spreadsheets, which a time without a day has.
const EPOCHS: [Date; 2] = [date(1899, 12, 30), date(1904, 1, 1)];
/// The first day that spreadsheets no longer count: 10000-01-01.
const DAYS_COUNTED: f64 = 2_958_466.0;
const MILLISECONDS_PER_DAY: f64 = 86_400_000.0;

/// A time as it was written.
pub(super) type Written = (DateTime, Option<Offset>);

/// The start in one cell, or in a cell of the day and one of the time of day.
pub(super) enum Start<'a> {
    One(&'a str),
    Two(&'a str, &'a str),
}

impl Start<'_> {
    /// As it is kept.
    pub(super) fn text(&self) -> String {
        match self {
            Self::One(text) => (*text).to_owned(),
            Self::Two(day, time) => format!("{day} {time}"),
        }
    }

    pub(super) fn read(&self, formats: &[String]) -> Option<Written> {
        match self {
            Self::One(text) => by_formats(text, formats).or_else(|| Some((cell(text)?, None))),
            Self::Two(day, time) => two(day, time, formats),
        }
    }
}

fn two(day: &str, time: &str, formats: &[String]) -> Option<Written> {
    let (cell_day, cell_time) = (cell(day).map(DateTime::date), cell_time(time));
    match (cell_day, cell_time) {
        (Some(day), Some(time)) => Some((day.to_datetime(time), None)),
        (Some(day), None) => Some((day.to_datetime(clock(time)?), None)),
        // The pattern may have seconds or not.
        (None, Some(time)) => ["%H:%M:%S", "%H:%M"]
            .iter()
            .find_map(|form| by_formats(&format!("{day} {}", time.strftime(form)), formats)),
        (None, None) => by_formats(&format!("{day} {time}"), formats),
    }
}

fn by_formats(text: &str, formats: &[String]) -> Option<Written> {
    if formats.is_empty() {
        return parse(text);
    }
    formats.iter().find_map(|format| {
        if format == EXCEL_TIME {
            return Some((serial(text)?, None));
        }
        by_pattern(format, text)
    })
}

pub(super) fn by_pattern(format: &str, text: &str) -> Option<Written> {
    let read = BrokenDownTime::parse(format, text).ok()?;
    if let Some(at) = read.timestamp() {
        return Some((Offset::UTC.to_datetime(at), Some(Offset::UTC)));
    }
    let civil = read.to_datetime().ok()?;
    // `%Y` takes 26 for the year 26; a pattern with `%y` may follow.
    (civil.year() >= 1000).then(|| (civil, read.offset()))
}

/// Days since the epoch, in one number or as a day and a part of one.
fn serial(text: &str) -> Option<DateTime> {
    let days = text.split_whitespace().map(decimal).sum::<Option<f64>>()?;
    if !(1.0..DAYS_COUNTED).contains(&days) {
        return None;
    }
    // In range, as was just seen.
    let milliseconds = (days * MILLISECONDS_PER_DAY).round() as i64;
    let midnight = EPOCHS[0].to_datetime(Time::midnight());
    midnight.checked_add(milliseconds.milliseconds()).ok()
}

/// A time as `table` writes a workbook's: `2026-10-01T10:00:00`.
fn cell(text: &str) -> Option<DateTime> {
    let is_one = text.as_bytes().get(10) == Some(&b'T');
    let (civil, offset) = parse(text).filter(|_| is_one)?;
    offset.is_none().then_some(civil)
}

/// The time of day of a workbook's cell that has no day.
pub(super) fn cell_time(text: &str) -> Option<Time> {
    let civil = cell(text)?;
    EPOCHS.contains(&civil.date()).then(|| civil.time())
}

/// `9:05` or `9:05:30`.
fn clock(text: &str) -> Option<Time> {
    ["%H:%M:%S", "%H:%M"]
        .iter()
        .find_map(|form| BrokenDownTime::parse(form, text).ok()?.to_time().ok())
}
