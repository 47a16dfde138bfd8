//! The time of a call as people and PBXes write it: a date, a time of day, and
//! an offset or none. What has no offset is local to its source; an hour that
//! a change of clocks leaves out or repeats is refused and never guessed.

use baitline_domain::instant::{Instant, Span};
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};

use super::fields::Field;
use super::rejection::Rejection;

/// Nothing this old can be of interest: 2000-01-01T00:00:00Z.
const EARLIEST: Instant = Instant(946_684_800 * baitline_domain::instant::MICROS_PER_SECOND);
/// How far a source's clock may be ahead before its records are refused.
pub const MAX_AHEAD: Span = Span::hours(24);
/// The most digits of a fraction of a second.
const MAX_FRACTION_DIGITS: usize = 9;

/// Why a text stands for no moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeFault {
    /// It is not written as times are.
    Invalid,
    /// The clocks of the zone changed then: it stands for no moment or for two.
    Ambiguous,
    /// It lies beyond all calendars.
    OutOfRange,
}

/// Reads a time as people write it; `zone` is for times without an offset.
///
/// # Errors
/// When it stands for no moment, or not for one alone.
pub fn read_time(text: &str, zone: &TimeZone) -> Result<Instant, TimeFault> {
    let (civil, offset) = parse(text.trim()).ok_or(TimeFault::Invalid)?;
    resolve(civil, offset, zone)
}

/// The moment that a time stands for; `zone` is for one without an offset.
fn resolve(civil: DateTime, offset: Option<Offset>, zone: &TimeZone) -> Result<Instant, TimeFault> {
    let out_of_range = |_error| TimeFault::OutOfRange;
    let timestamp = match offset {
        Some(offset) => offset.to_timestamp(civil).map_err(out_of_range)?,
        None => {
            let local = zone.to_ambiguous_timestamp(civil);
            if local.is_ambiguous() {
                return Err(TimeFault::Ambiguous);
            }
            local.unambiguous().map_err(out_of_range)?
        }
    };
    Ok(Instant::from(timestamp))
}

/// Reads the time of a call; `zone` is for times without an offset.
///
/// # Errors
/// When it is no time, stands for no single instant in the zone, or lies too far
/// back or ahead.
pub fn read(text: &str, zone: &TimeZone, received_at: Instant) -> Result<Instant, Rejection> {
    within_bounds(read_time(text, zone), received_at)
}

/// The same for a time that was read before its zone was known.
pub(crate) fn place(
    civil: DateTime,
    offset: Option<Offset>,
    zone: &TimeZone,
    received_at: Instant,
) -> Result<Instant, Rejection> {
    within_bounds(resolve(civil, offset, zone), received_at)
}

fn within_bounds(
    read: Result<Instant, TimeFault>,
    received_at: Instant,
) -> Result<Instant, Rejection> {
    let at = read.map_err(|fault| match fault {
        TimeFault::Invalid => invalid(),
        TimeFault::Ambiguous => ambiguous(),
        TimeFault::OutOfRange => out_of_range(),
    })?;
    if at < EARLIEST {
        return Err(out_of_range());
    }
    if at > received_at + MAX_AHEAD {
        let detail = "occurred_at lies more than 24 hours ahead of the time of receipt";
        return Err(Rejection::of_field(Field::OccurredAt, "time_in_future", detail));
    }
    Ok(at)
}

/// The date and time of day as they are written, and the offset, if there is one.
pub(crate) fn parse(text: &str) -> Option<(DateTime, Option<Offset>)> {
    let mut rest = Rest(text);
    let (year, month, day) = date(&mut rest)?;
    rest.one_of(&['T', 't', ' '])?;
    let hour = rest.digits(2)?;
    rest.one_of(&[':'])?;
    let minute = rest.digits(2)?;
    let (mut second, mut nanosecond) = (0, 0);
    if rest.one_of(&[':']).is_some() {
        second = rest.digits(2)?;
        if rest.one_of(&['.']).is_some() {
            nanosecond = fraction(&mut rest)?;
        }
    }
    let offset = if rest.0.is_empty() { None } else { Some(offset(&mut rest)?) };
    if !rest.0.is_empty() {
        return None;
    }
    let small = |number: i32| i8::try_from(number).ok();
    let (month, day) = (small(month)?, small(day)?);
    let (hour, minute, second) = (small(hour)?, small(minute)?, small(second)?);
    let year = i16::try_from(year).ok()?;
    let civil = DateTime::new(year, month, day, hour, minute, second, nanosecond).ok()?;
    Some((civil, offset))
}

/// `2026-11-01`, or `01.11.2026`.
fn date(rest: &mut Rest<'_>) -> Option<(i32, i32, i32)> {
    if rest.0.as_bytes().get(2) == Some(&b'.') {
        let day = rest.digits(2)?;
        rest.one_of(&['.'])?;
        let month = rest.digits(2)?;
        rest.one_of(&['.'])?;
        return Some((rest.digits(4)?, month, day));
    }
    let year = rest.digits(4)?;
    rest.one_of(&['-'])?;
    let month = rest.digits(2)?;
    rest.one_of(&['-'])?;
    Some((year, month, rest.digits(2)?))
}

/// The digits after the point, in nanoseconds.
fn fraction(rest: &mut Rest<'_>) -> Option<i32> {
    let count = rest.0.bytes().take_while(u8::is_ascii_digit).count();
    if count == 0 || count > MAX_FRACTION_DIGITS {
        return None;
    }
    let digits = rest.digits(count)?;
    (count..MAX_FRACTION_DIGITS).try_fold(digits, |number, _place| number.checked_mul(10))
}

/// `Z`, `+03:00`, `+0300` or `+03`.
fn offset(rest: &mut Rest<'_>) -> Option<Offset> {
    if rest.one_of(&['Z', 'z']).is_some() {
        return Some(Offset::UTC);
    }
    let sign = if rest.one_of(&['+', '-'])? == '+' { 1 } else { -1 };
    let hours = rest.digits(2)?;
    let minutes = if rest.0.is_empty() {
        0
    } else {
        rest.one_of(&[':']);
        rest.digits(2)?
    };
    if hours > 23 || minutes > 59 {
        return None;
    }
    Offset::from_seconds(sign * (hours * 3_600 + minutes * 60)).ok()
}

/// The text not read yet.
struct Rest<'a>(&'a str);

impl Rest<'_> {
    /// Exactly `count` digits, at most nine.
    fn digits(&mut self, count: usize) -> Option<i32> {
        let (digits, rest) = self.0.split_at_checked(count)?;
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        self.0 = rest;
        digits.parse().ok()
    }

    /// One of these characters, if it is next.
    fn one_of(&mut self, characters: &[char]) -> Option<char> {
        let next = self.0.chars().next().filter(|next| characters.contains(next))?;
        self.0 = &self.0[next.len_utf8()..];
        Some(next)
    }
}

fn invalid() -> Rejection {
    let detail = "occurred_at must be a time such as 2026-11-01T10:00:00+03:00, or local to the \
                  source: 2026-11-01T10:00:00, 01.11.2026 10:00";
    Rejection::of_field(Field::OccurredAt, "invalid_time", detail)
}

fn ambiguous() -> Rejection {
    let detail = "the clocks of the source's zone changed then, so that occurred_at stands for no \
                  time or for two: send it with its offset";
    Rejection::of_field(Field::OccurredAt, "ambiguous_time", detail)
}

fn out_of_range() -> Rejection {
    let detail = "occurred_at lies before the year 2000 or beyond all calendars";
    Rejection::of_field(Field::OccurredAt, "time_out_of_range", detail)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

    use super::*;

    fn read_in(zone: &str, text: &str) -> Result<String, &'static str> {
        let received_at = Instant::from("2026-11-23T12:00:00Z".parse::<jiff::Timestamp>().unwrap());
        let zone = TimeZone::get(zone).unwrap();
        read(text, &zone, received_at).map(|at| at.to_string()).map_err(|rejection| rejection.code)
    }

    #[test]
    fn every_way_to_write_a_time_gives_the_same_instant() {
        for text in [
            "2026-11-01T07:00:00Z",
            "2026-11-01t07:00:00z",
            "2026-11-01T10:00:00+03:00",
            "2026-11-01T10:00:00+0300",
            "2026-11-01 10:00:00+03",
            "2026-11-01T02:30:00-04:30",
            "2026-11-01T10:00:00.000",
            "2026-11-01T10:00:00",
            "2026-11-01 10:00:00",
            "2026-11-01T10:00",
            "2026-11-01 10:00",
            "01.11.2026 10:00",
            " 01.11.2026 10:00:00 ",
        ] {
            let read = read_in("Europe/Moscow", text);
            assert_eq!(read.as_deref(), Ok("2026-11-01T07:00:00Z"), "{text}");
        }
    }

    #[test]
    fn fractions_are_kept_to_the_microsecond() {
        for (text, expected) in [
            ("2026-11-01T10:00:00.5Z", "2026-11-01T10:00:00.5Z"),
            ("2026-11-01T10:00:00.123456Z", "2026-11-01T10:00:00.123456Z"),
            ("2026-11-01T10:00:00.123456999Z", "2026-11-01T10:00:00.123456Z"),
        ] {
            assert_eq!(read_in("UTC", text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn an_hour_left_out_or_repeated_is_refused_unless_it_comes_with_its_offset() {
        let zone = "Europe/Berlin";
        for (text, expected) in [
            ("2026-03-29T01:59:59", Ok("2026-03-29T00:59:59Z")),
            ("2026-03-29T02:00:00", Err("ambiguous_time")),
            ("2026-03-29T02:59:59", Err("ambiguous_time")),
            ("2026-03-29T03:00:00", Ok("2026-03-29T01:00:00Z")),
            ("2026-10-25T01:59:59", Ok("2026-10-24T23:59:59Z")),
            ("2026-10-25T02:00:00", Err("ambiguous_time")),
            ("2026-10-25T02:59:59", Err("ambiguous_time")),
            ("2026-10-25T03:00:00", Ok("2026-10-25T02:00:00Z")),
            ("2026-10-25T02:30:00+01:00", Ok("2026-10-25T01:30:00Z")),
            ("26.10.2014 01:30", Ok("2014-10-25T23:30:00Z")),
        ] {
            assert_eq!(read_in(zone, text).as_deref().map_err(|code| *code), expected, "{text}");
        }
        assert_eq!(read_in("Europe/Moscow", "26.10.2014 01:30"), Err("ambiguous_time"));
    }

    #[test]
    fn times_too_early_or_too_late_are_refused_to_the_microsecond() {
        for (text, expected) in [
            ("2000-01-01T00:00:00Z", Ok("2000-01-01T00:00:00Z")),
            ("1999-12-31T23:59:59.999999Z", Err("time_out_of_range")),
            ("0000-01-01T00:00:00+23:59", Err("time_out_of_range")),
            ("2026-11-24T12:00:00Z", Ok("2026-11-24T12:00:00Z")),
            ("2026-11-24T12:00:00.000001Z", Err("time_in_future")),
            ("9999-12-31T23:59:59-23:59", Err("time_out_of_range")),
        ] {
            assert_eq!(read_in("UTC", text).as_deref().map_err(|code| *code), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "x",
            "2026",
            "2026-11-01",
            "10:00",
            "1762000000",
            "2026-13-01T10:00:00Z",
            "2026-02-29T10:00:00Z",
            "2026-11-01T24:00:00Z",
            "2026-11-01T10:60:00Z",
            "2026-11-01T10:00:61Z",
            "2026-11-01T10:00:00.Z",
            "2026-11-01T10:00:00.1234567890Z",
            "2026-11-01T10:00:00+3",
            "2026-11-01T10:00:00+24:00",
            "2026-11-01T10:00:00+03:60",
            "2026-11-01T10:00:00Zx",
            "2026-11-01T10:00:00+03:00[Europe/Moscow]",
            "1.11.2026 10:00",
            "11/01/2026 10:00",
            "２０２６-11-01T10:00:00Z",
            "01.11.26 10:00",
            "+2026-11-01T10:00:00Z",
        ] {
            assert_eq!(read_in("UTC", text), Err("invalid_time"), "{text}");
        }
    }
}
