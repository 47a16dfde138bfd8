//! In which order the lines of the report of offenders stand. It does not know
//! how they are cut into pieces.

use baitline_analytics::{CompetitorKey, GroupBy, Offender, OffenderKey, Standing};
use baitline_domain::operator::OperatorEntity;

use super::reports::OffenderSort;
use crate::ranking::{Rank, largest_first};

/// The order where none is asked for.
pub(super) fn usual(group_by: GroupBy) -> OffenderSort {
    match group_by {
        GroupBy::Day | GroupBy::Week | GroupBy::Month => OffenderSort::Key,
        GroupBy::Number
        | GroupBy::BlockOfTen
        | GroupBy::BlockOfHundred
        | GroupBy::Competitor
        | GroupBy::Operator
        | GroupBy::OperatorGroup
        | GroupBy::Region
        | GroupBy::Client => OffenderSort::Standing,
    }
}

/// Where a line stands.
pub(super) fn rank(line: &Offender, sort: OffenderSort) -> Rank {
    let [interceptions, traps, clients] =
        [line.interceptions, line.traps, line.clients].map(largest_first);
    let numbers = match sort {
        OffenderSort::Standing => [standing(line.standing), interceptions, traps],
        OffenderSort::Interceptions => [interceptions, traps, 0],
        OffenderSort::Traps => [traps, interceptions, 0],
        OffenderSort::Clients => [clients, interceptions, traps],
        OffenderSort::LastAt => [-line.last_at.0, 0, 0],
        OffenderSort::Key => [0; 3],
    };
    Rank { numbers, tie: tie(&line.key) }
}

fn standing(standing: Option<Standing>) -> i64 {
    match standing {
        Some(Standing::RepeatOffender) | None => 0,
        Some(Standing::Offender) => 1,
        Some(Standing::Candidate) => 2,
    }
}

/// The key as a text that sorts as the key does and is no other key's. What is
/// not known comes first.
fn tie(key: &OffenderKey) -> String {
    match key {
        OffenderKey::Number(phone) => format!("{:015}", phone.digits()),
        OffenderKey::Block { first, last } => {
            format!("{:015}{:015}", first.digits(), last.digits())
        }
        OffenderKey::Competitor(CompetitorKey::Company(inn)) => format!("1{:012}", inn.value()),
        OffenderKey::Competitor(CompetitorKey::Unidentified(client, competitor)) => {
            format!("2{}{}", client.0.simple(), competitor.0.simple())
        }
        OffenderKey::Operator(inn) => {
            inn.map(|inn| format!("{:012}", inn.value())).unwrap_or_default()
        }
        OffenderKey::OperatorGroup(None) | OffenderKey::Region(None) => String::new(),
        OffenderKey::OperatorGroup(Some(OperatorEntity::Group(group))) => format!("1{}", group.0),
        OffenderKey::OperatorGroup(Some(OperatorEntity::Single(inn))) => {
            format!("2{:012}", inn.value())
        }
        OffenderKey::Region(Some(region)) => format!("1{region}"),
        OffenderKey::Client(client) => client.0.simple().to_string(),
        // No call is taken from before 2000, so no day is negative.
        OffenderKey::Day(day) | OffenderKey::Week(day) | OffenderKey::Month(day) => {
            format!("{day:010}")
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

    use super::*;
    use baitline_domain::ids::{ClientId, CompetitorId};
    use baitline_domain::operator::OperatorGroup;
    use baitline_domain::phone::Phone;
    use uuid::Uuid;

    fn assert_sorted_alike(keys: &[OffenderKey]) {
        let mut by_key = keys.to_vec();
        by_key.sort();
        let mut by_tie = keys.to_vec();
        by_tie.sort_by_key(tie);
        assert_eq!(by_key, by_tie);
        by_tie.dedup_by_key(|key| tie(key));
        assert_eq!(by_tie.len(), keys.len(), "two keys have one text");
    }

    #[test]
    fn the_text_of_a_key_sorts_as_the_key() {
        let phone = |digits| OffenderKey::Number(Phone::from_digits(digits).unwrap());
        assert_sorted_alike(&[phone(79_160_000_001), phone(4_930_123_456), phone(998_901_234_567)]);
        let block = |first: u64| OffenderKey::Block {
            first: Phone::from_digits(first).unwrap(),
            last: Phone::from_digits(first + 9).unwrap(),
        };
        assert_sorted_alike(&[block(79_160_000_010), block(4_930_123_450), block(1_000_000)]);
        let inn = |text: &str| text.parse().unwrap();
        let inns = ["500100732259", "7740000076", "0274018377"].map(inn);
        let operators = inns.map(|inn| OffenderKey::Operator(Some(inn)));
        assert_sorted_alike(&[&operators[..], &[OffenderKey::Operator(None)]].concat());
        let groups = inns.map(|inn| OffenderKey::OperatorGroup(Some(OperatorEntity::Single(inn))));
        let group = |name: &str| OperatorEntity::Group(OperatorGroup(name.to_owned()));
        let named = ["mts", "beeline"].map(|name| OffenderKey::OperatorGroup(Some(group(name))));
        assert_sorted_alike(&[&groups[..], &named, &[OffenderKey::OperatorGroup(None)]].concat());
        let companies = inns.map(|inn| OffenderKey::Competitor(CompetitorKey::Company(inn)));
        let id = Uuid::from_u128;
        let own = [(1, 9), (2, 3), (1, 4)].map(|(client, competitor)| {
            let (client, competitor) = (ClientId(id(client)), CompetitorId(id(competitor)));
            OffenderKey::Competitor(CompetitorKey::Unidentified(client, competitor))
        });
        assert_sorted_alike(&[&companies[..], &own].concat());
        let regions = [None, Some("г. Москва"), Some("Омская область"), Some("")]
            .map(|region: Option<&str>| OffenderKey::Region(region.map(str::to_owned)));
        assert_sorted_alike(&regions);
        assert_sorted_alike(&[20_727, 9_999, 100_000].map(OffenderKey::Day));
    }
}
