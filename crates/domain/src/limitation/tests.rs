//! Limitation dates, day by day.
use super::*;
use LimitationWarning::{FewDays, Passed, SixMonths, TenMonths};
use jiff::civil::date;
use proptest::prelude::*;

fn instant(text: &str) -> Instant {
    Instant::from(text.parse::<jiff::Timestamp>().expect("the moments below are moments"))
}

#[test]
fn the_limitation_runs_one_calendar_year_in_moscow() {
    for (call, now, expected) in [
        ("2026-11-01T09:00:00Z", "2026-11-01T09:00:00Z", 365),
        ("2026-11-01T09:00:00Z", "2027-10-31T20:59:59Z", 1),
        ("2026-11-01T09:00:00Z", "2027-10-31T21:00:00Z", 0),
        ("2026-11-01T09:00:00Z", "2027-11-02T09:00:00Z", -1),
        // Already the second of November in Moscow.
        ("2026-11-01T21:00:00Z", "2027-10-31T21:00:00Z", 1),
        ("2027-03-01T09:00:00Z", "2027-03-01T09:00:00Z", 366),
        // The year after a leap day ends on the last day of February.
        ("2028-02-29T09:00:00Z", "2029-02-27T09:00:00Z", 1),
    ] {
        let today = limitation_day(instant(now));
        let left = Limitation::of_call(instant(call)).days_left(today);
        assert_eq!(left, expected, "{call} at {now}");
    }
}

#[test]
fn months_that_lack_the_day_end_on_their_last_one() {
    let of = |year, month, day| {
        let limitation = Limitation::of_day(date(year, month, day));
        (limitation.six_months_on, limitation.ten_months_on, limitation.limit_on)
    };
    assert_eq!(of(2026, 8, 31), (date(2027, 2, 28), date(2027, 6, 30), date(2027, 8, 31)));
    assert_eq!(of(2027, 8, 31), (date(2028, 2, 29), date(2028, 6, 30), date(2028, 8, 31)));
    assert_eq!(of(2028, 2, 29), (date(2028, 8, 29), date(2028, 12, 29), date(2029, 2, 28)));
    assert_eq!(of(2026, 4, 30), (date(2026, 10, 30), date(2027, 2, 28), date(2027, 4, 30)));
}

#[test]
fn warnings_begin_on_their_days_and_not_a_day_before() {
    let limitation = Limitation::of_day(date(2026, 3, 10));
    for (today, expected) in [
        (date(2026, 9, 9), &[][..]),
        (date(2026, 9, 10), &[SixMonths]),
        // 90 days are left, and the day after 89.
        (date(2026, 12, 10), &[SixMonths]),
        (date(2026, 12, 11), &[SixMonths, FewDays]),
        (date(2027, 1, 9), &[SixMonths, FewDays]),
        (date(2027, 1, 10), &[SixMonths, FewDays, TenMonths]),
        (date(2027, 3, 9), &[SixMonths, FewDays, TenMonths]),
        (date(2027, 3, 10), &[SixMonths, FewDays, TenMonths, Passed]),
    ] {
        assert_eq!(limitation.warnings(today), expected, "{today}");
    }
}

#[test]
fn absurd_moments_do_no_harm() {
    for at in [i64::MIN, i64::MAX] {
        let limitation = Limitation::of_call(Instant(at));
        let left = limitation.days_left(limitation_day(Instant(at)));
        assert_eq!(left.signum(), i64::from(at < 0));
    }
}

/// Days of two centuries, so that every kind of leap year is among them.
fn day() -> impl Strategy<Value = Date> {
    (0_i64..73_000).prop_map(|days| date(1950, 1, 1).saturating_add(days.days()))
}

proptest! {
    #[test]
    fn the_dates_of_any_call_come_in_order(call_on in day()) {
        let limitation = Limitation::of_day(call_on);
        prop_assert!(call_on < limitation.six_months_on);
        prop_assert!(limitation.six_months_on < limitation.few_days_on);
        prop_assert!(limitation.few_days_on < limitation.ten_months_on);
        prop_assert!(limitation.ten_months_on < limitation.limit_on);
        prop_assert!((365..=366).contains(&limitation.days_left(call_on)));
        prop_assert_eq!(limitation.days_left(limitation.few_days_on), FEW_DAYS - 1);
    }

    #[test]
    fn the_limit_keeps_day_and_month_or_is_the_last_of_february(call_on in day()) {
        let limit = Limitation::of_day(call_on).limit_on;
        prop_assert_eq!(limit.year(), call_on.year() + 1);
        prop_assert_eq!(limit.month(), call_on.month());
        let leap_day = (call_on.month(), call_on.day()) == (2, 29);
        prop_assert_eq!(limit.day(), if leap_day { 28 } else { call_on.day() });
    }

    #[test]
    fn a_later_call_never_expires_earlier_and_warnings_only_grow(
        call_on in day(), later in 0_i64..800, today in 0_i64..800
    ) {
        let first = Limitation::of_day(call_on);
        let second = Limitation::of_day(call_on.saturating_add(later.days()));
        prop_assert!(first.limit_on <= second.limit_on);
        let today = call_on.saturating_add(today.days());
        let tomorrow = today.saturating_add(1.days());
        prop_assert!(first.warnings(tomorrow).starts_with(&first.warnings(today)));
        prop_assert!(second.warnings(today).len() <= first.warnings(today).len());
        prop_assert_eq!(first.warnings(today).contains(&Passed), first.days_left(today) <= 0);
    }
}
