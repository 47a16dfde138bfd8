//! The limitation date of a call: one calendar year after it, with warnings on
//! the way. The limit binds the decision of the office, not only the filing.

#[cfg(test)]
mod tests;

use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone, TimeZoneDatabase};
use serde::{Deserialize, Serialize};

use crate::complaint::days_between;
use crate::instant::Instant;
use crate::words::words;

/// The limitation runs in the days of this zone, whose offices decide.
const LIMITATION_ZONE: &str = "Europe/Moscow";
/// The zone's offset since 2014, in hours, should the zone not be built in.
const LIMITATION_OFFSET_HOURS: i8 = 3;
/// Years from the call to the limitation date.
const LIMITATION_YEARS: i32 = 1;
/// Months after the call at which a person is warned.
const FIRST_WARNING_MONTHS: i32 = 6;
/// Months after the call at which a person is warned again.
const SECOND_WARNING_MONTHS: i32 = 10;
/// With fewer days left than this a person is warned, too.
const FEW_DAYS: i64 = 90;

/// The dates that follow from the day of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limitation {
    /// The day of the call.
    pub call_on: Date,
    /// Six months after it.
    pub six_months_on: Date,
    /// The first day with fewer than 90 days left.
    pub few_days_on: Date,
    /// Ten months after it.
    pub ten_months_on: Date,
    /// The limitation date: from this day on it is too late.
    pub limit_on: Date,
}

/// How near the limitation date is. Each holds from its day on, so the last
/// that holds is the one to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitationWarning {
    /// Six months have passed.
    SixMonths,
    /// Fewer than 90 days are left.
    FewDays,
    /// Ten months have passed.
    TenMonths,
    /// The limitation date has come.
    Passed,
}

words!(LimitationWarning {
    SixMonths => "six_months",
    FewDays => "few_days",
    TenMonths => "ten_months",
    Passed => "passed",
});

impl Limitation {
    /// Of a call at this moment.
    pub fn of_call(call_at: Instant) -> Self {
        Self::of_day(limitation_day(call_at))
    }

    /// Of a call on this day. Where a month lacks the day, its last day takes
    /// the place: a year after 29 February ends on 28 February.
    pub fn of_day(call_on: Date) -> Self {
        let limit_on = call_on.saturating_add(LIMITATION_YEARS.years());
        Self {
            call_on,
            six_months_on: call_on.saturating_add(FIRST_WARNING_MONTHS.months()),
            few_days_on: limit_on.saturating_sub((FEW_DAYS - 1).days()),
            ten_months_on: call_on.saturating_add(SECOND_WARNING_MONTHS.months()),
            limit_on,
        }
    }

    /// Whole days left on this day; zero on the limitation date and negative
    /// after it.
    pub fn days_left(&self, today: Date) -> i64 {
        days_between(today, self.limit_on)
    }

    /// Every warning that holds on this day, the mildest first.
    pub fn warnings(&self, today: Date) -> Vec<LimitationWarning> {
        let since = |warning: &LimitationWarning| match warning {
            LimitationWarning::SixMonths => self.six_months_on,
            LimitationWarning::FewDays => self.few_days_on,
            LimitationWarning::TenMonths => self.ten_months_on,
            LimitationWarning::Passed => self.limit_on,
        };
        let holds = |warning: &LimitationWarning| since(warning) <= today;
        LimitationWarning::ALL.iter().copied().filter(holds).collect()
    }
}

/// The calendar day of a moment where offices decide.
pub fn limitation_day(at: Instant) -> Date {
    limitation_zone().to_datetime(at.to_timestamp()).date()
}

/// From the zones built into the program: the machine's own are environment.
fn limitation_zone() -> TimeZone {
    TimeZoneDatabase::bundled()
        .get(LIMITATION_ZONE)
        .unwrap_or_else(|_| TimeZone::fixed(Offset::constant(LIMITATION_OFFSET_HOURS)))
}
