//! Connected times in the units that files use, in whole seconds.

use super::shape::DurationUnit;
use super::time::cell_time;

const SECONDS_PER_DAY: f64 = 86_400.0;
/// More than this many digits are no duration.
const MOST_DIGITS: usize = 12;

/// The seconds of a cell; `None` where it is none.
pub(super) fn seconds(text: &str, unit: DurationUnit) -> Option<u64> {
    // A workbook's own time of day, whatever the unit.
    if let Some(time) = cell_time(text) {
        let (hour, minute, second) = (time.hour(), time.minute(), time.second());
        return u64::try_from(i64::from(hour) * 3_600 + i64::from(minute) * 60 + i64::from(second))
            .ok();
    }
    match unit {
        DurationUnit::Seconds => decimal(text).map(whole),
        DurationUnit::Minutes => decimal(text).map(|minutes| whole(minutes * 60.0)),
        DurationUnit::Days => decimal(text).map(|days| whole(days * SECONDS_PER_DAY)),
        DurationUnit::MinutesSeconds => parts::<2>(text).map(|[m, s]| m * 60 + s),
        DurationUnit::HoursMinutesSeconds => {
            let [hours, minutes, seconds] = parts::<3>(text)?;
            (minutes < 60).then_some(hours * 3_600 + minutes * 60 + seconds)
        }
    }
}

/// `12`, `12.5` or `12,5`.
pub(super) fn decimal(text: &str) -> Option<f64> {
    let is_digits = |part: &str| {
        !part.is_empty() && part.len() <= MOST_DIGITS && part.bytes().all(|b| b.is_ascii_digit())
    };
    match text.split_once(['.', ',']) {
        None => is_digits(text).then(|| text.parse().ok())?,
        Some((whole, fraction)) => {
            let fits = is_digits(whole) && fraction.bytes().all(|b| b.is_ascii_digit());
            (fits && !fraction.is_empty()).then(|| format!("{whole}.{fraction}").parse().ok())?
        }
    }
}

/// To the nearest second; not negative and far from the bounds, as was seen.
fn whole(seconds: f64) -> u64 {
    seconds.round() as u64
}

/// `N` whole numbers between colons, the last one below 60.
fn parts<const N: usize>(text: &str) -> Option<[u64; N]> {
    let mut numbers = [0; N];
    let mut written = text.split(':');
    for number in &mut numbers {
        let part = written.next()?;
        let is_number = !part.is_empty() && part.len() <= 6;
        if !is_number || !part.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        *number = part.parse().ok()?;
    }
    let fits = written.next().is_none() && numbers.last().is_some_and(|last| *last < 60);
    fits.then_some(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_in_their_unit_and_in_no_other() {
        use DurationUnit::{Days, HoursMinutesSeconds, Minutes, MinutesSeconds, Seconds};
        for (text, unit, expected) in [
            ("95", Seconds, Some(95)),
            ("95.4", Seconds, Some(95)),
            ("1,5", Minutes, Some(90)),
            ("2", Minutes, Some(120)),
            ("1:35", MinutesSeconds, Some(95)),
            ("125:00", MinutesSeconds, Some(7_500)),
            ("01:00:05", HoursMinutesSeconds, Some(3_605)),
            ("0.0010995", Days, Some(95)),
            ("1899-12-30T00:01:35", Seconds, Some(95)),
            ("1904-01-01T00:01:35", MinutesSeconds, Some(95)),
            ("0:01:35", MinutesSeconds, None),
            ("1:35", HoursMinutesSeconds, None),
            ("0:60:00", HoursMinutesSeconds, None),
            ("1:60", MinutesSeconds, None),
            ("1:35", Seconds, None),
            ("-5", Seconds, None),
            ("1e3", Seconds, None),
            ("1.", Seconds, None),
            ("inf", Minutes, None),
            ("9999999999999", Days, None),
            ("2026-11-01T00:01:35", Seconds, None),
        ] {
            assert_eq!(seconds(text, unit), expected, "{text} {unit:?}");
        }
    }
}
