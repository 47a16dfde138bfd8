//! Which numbers belong to whom: the attributions of one client, arranged so
//! that a number's relatives are found without a search. It does not know what
//! follows from belonging together: that is `verdict`.

use std::collections::{BTreeMap, BTreeSet};

use crate::ids::CompetitorId;
use crate::instant::Instant;
use crate::phone::Phone;
use crate::verdict::Attribution;
use crate::words::words;
use serde::{Deserialize, Serialize};

/// What a number is to the competitor it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttributionRole {
    /// A line of its own.
    OwnLine,
    /// A contractor's, who calls for it.
    Contractor,
    /// A call centre's, which may serve several.
    CallCentre,
    /// The number callers ask to call back.
    Callback,
}

words!(AttributionRole {
    OwnLine => "own_line",
    Contractor => "contractor",
    CallCentre => "call_centre",
    Callback => "callback",
});

/// Attributions by number and by competitor.
#[derive(Debug, Clone, Default)]
pub struct Attributions {
    by_phone: BTreeMap<Phone, Vec<Attribution>>,
    by_competitor: BTreeMap<CompetitorId, BTreeSet<Phone>>,
}

impl Attributions {
    /// Arranges attributions, which may come in any order.
    pub fn new(attributions: impl IntoIterator<Item = Attribution>) -> Self {
        let mut arranged = Self::default();
        for attribution in attributions {
            let Attribution { phone, competitor, .. } = attribution;
            arranged.by_competitor.entry(competitor).or_default().insert(phone);
            arranged.by_phone.entry(phone).or_default().push(attribution);
        }
        arranged
    }

    /// The number and every one that has belonged to a competitor of its,
    /// whenever: what a bait had to do with any of them may decide a call of
    /// any other.
    pub fn family_of(&self, phone: Phone) -> BTreeSet<Phone> {
        let competitors = self.of(phone).iter().map(|attribution| attribution.competitor);
        let relatives = competitors.filter_map(|competitor| self.by_competitor.get(&competitor));
        relatives.flatten().copied().chain([phone]).collect()
    }

    /// The attributions of one number.
    pub fn of(&self, phone: Phone) -> &[Attribution] {
        self.by_phone.get(&phone).map_or(&[], Vec::as_slice)
    }

    /// The moments at which a number changes hands.
    pub fn turning_points(&self, phone: Phone) -> BTreeSet<Instant> {
        let dates = |one: &Attribution| [one.valid_from, one.valid_to];
        self.of(phone).iter().flat_map(dates).flatten().collect()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

    use super::*;
    use uuid::Uuid;

    fn phone(last: u64) -> Phone {
        Phone::from_digits(79_160_000_000 + last).unwrap()
    }

    fn attribution(last: u64, competitor: u128, dates: [Option<i64>; 2]) -> Attribution {
        let [valid_from, valid_to] = dates.map(|date| date.map(Instant));
        let competitor = CompetitorId(Uuid::from_u128(competitor));
        Attribution { phone: phone(last), competitor, valid_from, valid_to }
    }

    #[test]
    fn a_family_is_the_number_and_all_of_its_competitors_but_not_theirs() {
        let always = [None, None];
        let attributions = Attributions::new([
            attribution(1, 1, always),
            attribution(2, 1, [None, Some(5)]),
            attribution(2, 2, [Some(5), None]),
            attribution(3, 2, always),
        ]);
        let family = |last| Vec::from_iter(attributions.family_of(phone(last)));
        assert_eq!(family(1), [phone(1), phone(2)]);
        assert_eq!(family(2), [phone(1), phone(2), phone(3)]);
        assert_eq!(family(9), [phone(9)], "a number nobody knows is alone");
    }

    #[test]
    fn a_number_turns_where_any_of_its_attributions_begins_or_ends() {
        let attributions = Attributions::new([
            attribution(1, 1, [Some(3), Some(7)]),
            attribution(1, 2, [Some(7), None]),
        ]);
        assert!(attributions.turning_points(phone(1)).into_iter().eq([Instant(3), Instant(7)]));
        assert!(attributions.turning_points(phone(2)).is_empty());
    }
}
