//! Time as the program keeps it: UTC microseconds and UTC days.

use std::ops::{Add, Sub};

use jiff::tz::TimeZone;
use jiff::{Timestamp, civil};

/// Microseconds in a second.
pub const MICROS_PER_SECOND: i64 = 1_000_000;
/// Microseconds in a UTC day.
pub const MICROS_PER_DAY: i64 = 86_400 * MICROS_PER_SECOND;

/// A moment, in microseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(pub i64);

/// A UTC day, in days since 1970-01-01. Internal: people see local days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(pub i32);

/// A signed length of time in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span(pub i64);

impl Span {
    /// Whole seconds.
    pub const fn seconds(seconds: i64) -> Self {
        Self(seconds * MICROS_PER_SECOND)
    }

    /// Whole hours.
    pub const fn hours(hours: i64) -> Self {
        Self::seconds(hours * 3_600)
    }
}

impl Instant {
    /// The UTC day this moment lies in.
    pub fn day(self) -> Day {
        let day = self.0.div_euclid(MICROS_PER_DAY);
        Day(i32::try_from(day).unwrap_or(if day < 0 { i32::MIN } else { i32::MAX }))
    }

    /// The civil day of this moment in a zone, in days since 1970-01-01: what
    /// people call a day, and what reports count.
    pub fn local_day(self, zone: &TimeZone) -> i32 {
        let offset = zone.to_offset(self.to_timestamp());
        (self + Span::seconds(i64::from(offset.seconds()))).day().0
    }

    /// For printing and time zones; clamped to the years jiff knows.
    pub fn to_timestamp(self) -> Timestamp {
        Timestamp::from_microsecond(self.0).unwrap_or(if self.0 < 0 {
            Timestamp::MIN
        } else {
            Timestamp::MAX
        })
    }
}

impl Day {
    /// Midnight UTC at which the day begins.
    pub fn start(self) -> Instant {
        Instant(i64::from(self.0) * MICROS_PER_DAY)
    }

    /// The first moment after the day.
    pub fn end(self) -> Instant {
        self.next().start()
    }

    /// The following day.
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// The Monday of a local day's week; both in days since 1970-01-01.
pub fn monday_of(local_day: i32) -> i32 {
    // 1970-01-01 was a Thursday.
    local_day - (local_day + 3).rem_euclid(7)
}

/// The first day of a local day's month; both in days since 1970-01-01.
pub fn first_of_month(local_day: i32) -> i32 {
    local_day + 1 - i32::from(civil_date(local_day).day())
}

/// A local day as the calendar has it; clamped to the years jiff knows.
pub fn civil_date(local_day: i32) -> civil::Date {
    TimeZone::UTC.to_datetime(Day(local_day).start().to_timestamp()).date()
}

/// A day of the calendar as it is kept, in days since 1970-01-01.
pub fn civil_day(date: civil::Date) -> i32 {
    // The difference of two days is in days.
    (date - civil::date(1970, 1, 1)).get_days()
}

impl From<Timestamp> for Instant {
    fn from(timestamp: Timestamp) -> Self {
        Self(timestamp.as_microsecond())
    }
}

impl Add<Span> for Instant {
    type Output = Self;
    fn add(self, span: Span) -> Self {
        Self(self.0.saturating_add(span.0))
    }
}

impl Sub<Span> for Instant {
    type Output = Self;
    fn sub(self, span: Span) -> Self {
        Self(self.0.saturating_sub(span.0))
    }
}

impl Sub for Instant {
    type Output = Span;
    fn sub(self, other: Self) -> Span {
        Span(self.0.saturating_sub(other.0))
    }
}

/// Prints RFC 3339 in UTC.
impl std::fmt::Display for Instant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.to_timestamp().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_midnight_and_ends_before_the_next_one() {
        for day in [Day(-1), Day(0), Day(20_727)] {
            assert_eq!(day.start().day(), day);
            assert_eq!((day.end() - Span(1)).day(), day);
            assert_eq!(day.end().day(), day.next());
            assert_eq!(day.end(), day.next().start());
        }
    }

    #[test]
    fn the_ends_of_time_are_clamped_and_do_not_overflow() {
        assert_eq!(Instant(i64::MAX) + Span(1), Instant(i64::MAX));
        assert_eq!(Instant(i64::MIN) - Span(1), Instant(i64::MIN));
        assert_eq!(Instant(i64::MAX) - Instant(i64::MIN), Span(i64::MAX));
        assert_eq!(Instant(i64::MAX).to_timestamp(), Timestamp::MAX);
        assert_eq!(Instant(i64::MIN).to_timestamp(), Timestamp::MIN);
    }

    #[test]
    fn a_moment_prints_in_utc() {
        assert_eq!(Instant(1_790_845_200_000_001).to_string(), "2026-10-01T09:00:00.000001Z");
    }

    #[test]
    fn weeks_begin_on_monday_and_months_on_their_first_day() {
        let day = |text: &str| -> i32 {
            let date: civil::Date = text.parse().expect("the dates below are dates");
            (date - civil::date(1970, 1, 1)).get_days()
        };
        for (any, monday, first) in [
            ("1970-01-01", "1969-12-29", "1970-01-01"),
            ("2026-03-01", "2026-02-23", "2026-03-01"),
            ("2026-08-31", "2026-08-31", "2026-08-01"),
            ("2027-01-03", "2026-12-28", "2027-01-01"),
            ("2028-02-29", "2028-02-28", "2028-02-01"),
        ] {
            assert_eq!(civil_date(day(any)).to_string(), any);
            assert_eq!(civil_day(civil_date(day(any))), day(any));
            assert_eq!(monday_of(day(any)), day(monday), "{any}");
            assert_eq!(first_of_month(day(any)), day(first), "{any}");
        }
    }

    #[test]
    fn a_local_day_begins_at_local_midnight() {
        let moscow = TimeZone::get("Europe/Moscow").expect("the zone is bundled");
        let midnight_there = Day(20_000).start() - Span::hours(3);
        assert_eq!(midnight_there.local_day(&moscow), 20_000);
        assert_eq!((midnight_there - Span(1)).local_day(&moscow), 19_999);
        assert_eq!(midnight_there.day(), Day(19_999));
    }
}
