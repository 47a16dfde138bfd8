//! The rows of the numbering registry that the world needs. It knows nothing
//! of the registry's file format.

use baitline_domain::instant::Instant;
use baitline_domain::numbering::NumberRange;
use baitline_domain::operator::Inn;

use crate::calendar::BEGIN;
use crate::numbers::phone;

/// The file the rows come from is in force from 2026-08-01, local midnight.
pub const IN_FORCE_FROM: Instant = Instant(BEGIN.0 - 31 * baitline_domain::instant::MICROS_PER_DAY);

/// Facts of DEF-9xx of the Ministry of Digital Development's numbering
/// registry, edition of August 2026 (opendata.digital.gov.ru, free reuse with
/// the source cited): first and last number, holder, its ИНН, region.
const ROWS: [(u64, u64, &str, &str, &str); 9] = [
    (79_015_000_000, 79_015_999_999, "ООО \"Т2 МОБАЙЛ\"", "7743895280", MOSCOW_TERRITORY),
    (79_030_000_000, 79_030_199_999, "ПАО \"ВЫМПЕЛКОМ\"", "7713076301", MOSCOW),
    (79_160_000_000, 79_169_999_999, "ПАО \"Мобильные ТелеСистемы\"", "7740000076", MOSCOW_CITY),
    (79_260_000_000, 79_269_999_999, "ПАО \"МЕГАФОН\"", "7812014560", MOSCOW),
    (79_336_670_000, 79_337_699_999, "ООО \"СБЕРБАНК-ТЕЛЕКОМ\"", "7736264044", MOSCOW),
    (79_410_000_000, 79_410_099_999, "АО \"ГЛОНАСС\"", "7703383783", MOSCOW),
    (79_770_000_000, 79_770_009_999, "ООО \"ИНТЕРНОД\"", "7733808377", MOSCOW),
    (79_913_000_000, 79_913_149_999, "ПАО \"Ростелеком\"", "7707049388", MOSCOW_STARRED),
    (79_955_000_000, 79_955_099_999, "ООО \"Т-МОБ\"", "7743200179", MOSCOW_CITY),
];

// The registry spells one region in many ways.
const MOSCOW: &str = "Москва и Московская область";
const MOSCOW_CITY: &str = "г. Москва и Московская область";
const MOSCOW_STARRED: &str = "г. Москва * Московская область";
const MOSCOW_TERRITORY: &str = "Город Москва, Московская область";

/// The ranges as the domain has them, sorted: one edition of DEF-9xx.
///
/// # Panics
///
/// If a row holds a wrong ИНН, which is a mistake in this crate.
pub fn ranges() -> Vec<NumberRange> {
    let row = |&(first, last, holder, inn, region): &(u64, u64, &str, &str, &str)| NumberRange {
        first: phone(first),
        last: phone(last),
        operator: Some(inn.parse::<Inn>().expect("the registry's numbers are right")),
        operator_name: holder.to_owned(),
        region: region.to_owned(),
    };
    ROWS.iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numbers::Holder;

    #[test]
    fn ranges_are_sorted_without_overlaps() {
        assert!(ranges().is_sorted_by(|one, next| one.last < next.first));
    }

    #[test]
    fn every_block_of_the_world_lies_in_one_range() {
        let ranges = ranges();
        for holder in Holder::CALLERS.into_iter().chain([Holder::Glonass]) {
            let (first, last) = (phone(holder.number(0)), phone(holder.number(9_999)));
            let holding = |range: &&NumberRange| range.first <= first && last <= range.last;
            assert_eq!(ranges.iter().filter(holding).count(), 1, "{holder:?}");
        }
    }

    #[test]
    fn it_is_in_force_from_the_first_of_august() {
        assert_eq!(IN_FORCE_FROM.to_string(), "2026-07-31T21:00:00Z");
    }
}
