//! The two months of the world, in the local time of Moscow, which has been
//! UTC+3 without summer time since 2014. It knows how sources write a time, and
//! nothing of clocks.

use baitline_domain::instant::{Instant, Span};
use jiff::civil::DateTime;
use jiff::tz::Offset;

/// The zone of all clients and sources.
pub const TIME_ZONE: &str = "Europe/Moscow";
/// Days from 1970-01-01 to 2026-09-01.
const FIRST_DAY: i64 = 20_697;
/// Days of the world: September and October.
pub const DAYS: i64 = 61;
/// Days before October.
const SEPTEMBER_DAYS: i64 = 30;
/// How far the local time is ahead of UTC.
const AHEAD_OF_UTC: Span = Span::hours(3);

/// The first moment of the world: 2026-09-01T00:00:00+03:00.
pub const BEGIN: Instant = Instant(Span::hours(24).0 * FIRST_DAY - AHEAD_OF_UTC.0);
/// The first moment after it: 2026-11-01T00:00:00+03:00.
pub const END: Instant = Instant(BEGIN.0 + Span::hours(24).0 * DAYS);

/// A day of the world.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Date {
    /// A day of September 2026.
    Sep(u8),
    /// A day of October 2026.
    Oct(u8),
}

/// The two months, one delivery of each machine source for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Month {
    /// September 2026.
    September,
    /// October 2026.
    October,
}

impl Month {
    /// Both, in order.
    pub const ALL: [Self; 2] = [Self::September, Self::October];

    /// The month of a moment of the world, in local time.
    pub fn of(at: Instant) -> Self {
        if at < Date::Oct(1).midnight() { Self::September } else { Self::October }
    }

    /// As file names have it: `2026-09`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::September => "2026-09",
            Self::October => "2026-10",
        }
    }
}

impl Date {
    /// Local midnight at which the day begins.
    pub fn midnight(self) -> Instant {
        let days = match self {
            Self::Sep(day) => i64::from(day) - 1,
            Self::Oct(day) => SEPTEMBER_DAYS + i64::from(day) - 1,
        };
        BEGIN + Span::hours(24 * days)
    }

    /// A local time of the day.
    pub fn at(self, hour: i64, minute: i64) -> Instant {
        self.midnight() + Span::seconds(hour * 3_600 + minute * 60)
    }
}

/// The hour of the local day, 0 to 23.
pub fn local_hour(at: Instant) -> i8 {
    local(at).hour()
}

/// RFC 3339 with offset and milliseconds: `2026-09-02T13:04:53.250+03:00`.
pub fn rfc3339(at: Instant) -> String {
    format!("{:.3}+03:00", local(at))
}

/// Local time as most PBXes write it: `2026-09-02 13:04:53`.
pub fn local_dashed(at: Instant) -> String {
    local(at).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// Local time as Russian spreadsheets write it: `02.09.2026 13:04:53`.
pub fn local_dotted(at: Instant) -> String {
    local(at).strftime("%d.%m.%Y %H:%M:%S").to_string()
}

/// Local time to the minute, as a person notes it: `2026-09-02 13:04`.
pub fn local_minute(at: Instant) -> String {
    local(at).strftime("%Y-%m-%d %H:%M").to_string()
}

fn local(at: Instant) -> DateTime {
    Offset::constant(3).to_datetime(at.to_timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_world_begins_and_ends_at_local_midnight() {
        assert_eq!(rfc3339(BEGIN), "2026-09-01T00:00:00.000+03:00");
        assert_eq!(rfc3339(END), "2026-11-01T00:00:00.000+03:00");
        assert_eq!(Month::of(END - Span(1)), Month::October);
        assert_eq!(Month::of(Date::Oct(1).midnight() - Span(1)), Month::September);
    }

    #[test]
    fn every_source_writes_the_same_moment_in_its_own_way() {
        let at = Date::Oct(7).at(9, 5) + Span::seconds(8);
        assert_eq!(local_dashed(at), "2026-10-07 09:05:08");
        assert_eq!(local_dotted(at), "07.10.2026 09:05:08");
        assert_eq!(local_minute(at), "2026-10-07 09:05");
        assert_eq!(local_hour(at), 9);
    }
}
