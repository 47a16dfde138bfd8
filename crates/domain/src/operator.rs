//! Operators by ИНН, and the groups they stand in. It does not know who holds
//! which number: that is `numbering`.

mod built_in;
mod inn;
mod standing;

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::ids::OperatorEntryId;
use crate::instant::Instant;

pub use inn::{Inn, InnError};
pub use standing::{Standing, StandingKind};

/// A group of operators under one control, such as `mts` or `t2-rostelecom`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OperatorGroup(pub String);

/// One operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operator {
    /// Its ИНН, the key.
    pub inn: Inn,
    /// The legal name as documents print it.
    pub name: String,
    /// The brand people know, where there is one.
    pub brand: Option<String>,
    /// How it stands.
    pub standing: Standing,
    /// Where all this is known from.
    pub source: String,
}

/// Whom an operator acts for where groups are counted: its group, or itself
/// where it stands in none. Groups come before single operators.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OperatorEntity {
    /// A group.
    Group(OperatorGroup),
    /// An operator outside every known group.
    Single(Inn),
}

/// An operator as it is known from a moment on, by the built-in list or by the
/// agency. What was true of it before stays true of earlier calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperatorEntry {
    /// The agency's entry; `None` for the built-in list.
    pub id: Option<OperatorEntryId>,
    /// What is known.
    pub operator: Operator,
    /// Since when it holds, or always.
    pub since: Option<Instant>,
}

impl OperatorEntry {
    /// Orders the entries of one operator: of those that hold at a moment the
    /// last counts. The later beginning goes before the later entry, and any
    /// entry of the agency before the built-in list.
    pub fn precedence(&self) -> (Option<Instant>, Option<OperatorEntryId>) {
        (self.since, self.id)
    }
}

/// All known operators, by ИНН; of each what holds from which moment on.
#[derive(Debug, Clone)]
pub struct Operators {
    /// In order of ИНН and then of precedence.
    entries: Vec<OperatorEntry>,
}

/// Read once: pages that people wait for ask for it.
static BUILT_IN: LazyLock<Operators> = LazyLock::new(|| {
    let entry = |operator| OperatorEntry { id: None, operator, since: None };
    let entries = built_in::operators().map(entry).collect();
    Operators { entries: Vec::new() }.extended_with(entries)
});

impl Operators {
    /// The operators of the mobile registry that the repository knows:
    /// `data/operators.csv` of this crate, which names its sources.
    pub fn built_in() -> &'static Self {
        &BUILT_IN
    }

    /// These and `entries`, in whatever order they come: the agency may know
    /// subsidiaries and hosts that the list does not.
    #[must_use]
    pub fn extended_with(mut self, entries: Vec<OperatorEntry>) -> Self {
        self.entries.extend(entries);
        self.entries.sort_by_key(|entry| (entry.operator.inn, entry.precedence()));
        self
    }

    /// The operator with this ИНН as it stands at a moment: by the latest entry
    /// that has begun.
    pub fn find(&self, inn: Inn, at: Instant) -> Option<&Operator> {
        self.entry(inn, at).map(|entry| &entry.operator)
    }

    /// The group that the operator with this ИНН stands in at a moment, or the
    /// operator itself.
    pub fn entity_of(&self, inn: Inn, at: Instant) -> OperatorEntity {
        match self.find(inn, at).map(|operator| &operator.standing) {
            Some(Standing::Group(group)) => OperatorEntity::Group(group.clone()),
            Some(Standing::Entity | Standing::Virtual { .. } | Standing::NoCallers) | None => {
                OperatorEntity::Single(inn)
            }
        }
    }

    /// The entry that [`Self::find`] rests on.
    pub fn entry(&self, inn: Inn, at: Instant) -> Option<&OperatorEntry> {
        let has_begun = |entry: &&OperatorEntry| entry.since.is_none_or(|since| since <= at);
        let end = self.entries.partition_point(|entry| entry.operator.inn <= inn);
        let latest_first = self.entries[..end].iter().rev();
        latest_first.take_while(|entry| entry.operator.inn == inn).find(has_begun)
    }

    /// Every entry, in order of ИНН and then of precedence.
    pub fn iter(&self) -> impl Iterator<Item = &OperatorEntry> {
        self.entries.iter()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

    use std::collections::BTreeMap;

    use super::*;
    use uuid::Uuid;

    const NOW: Instant = Instant(1_790_000_000_000_000);

    fn inn(text: &str) -> Inn {
        Inn::parse(text).unwrap()
    }

    fn standing(text: &str) -> Standing {
        Operators::built_in().find(inn(text), NOW).unwrap().standing.clone()
    }

    fn group(name: &str) -> OperatorGroup {
        OperatorGroup(name.to_owned())
    }

    fn entry(id: u128, text: &str, name: &str, since: Option<i64>) -> OperatorEntry {
        OperatorEntry {
            id: Some(OperatorEntryId(Uuid::from_u128(id))),
            operator: Operator {
                inn: inn(text),
                name: name.to_owned(),
                brand: None,
                standing: Standing::Group(group("t2-rostelecom")),
                source: "пример".to_owned(),
            },
            since: since.map(Instant),
        }
    }

    #[test]
    fn the_built_in_list_is_read_whole() {
        let operators = Operators::built_in();
        assert_eq!(operators.iter().count(), 73);
        for entry in operators.iter() {
            assert_eq!(operators.entry(entry.operator.inn, Instant(0)), Some(entry));
            assert!(entry.id.is_none() && !entry.operator.source.is_empty(), "{entry:?}");
        }
    }

    #[test]
    fn eight_entities_stand_in_four_groups() {
        let operators = Operators::built_in();
        let mut groups: BTreeMap<&OperatorGroup, Vec<String>> = BTreeMap::new();
        for OperatorEntry { operator, .. } in operators.iter() {
            if let Standing::Group(group) = &operator.standing {
                groups.entry(group).or_default().push(operator.inn.to_string());
            }
        }
        let expected = [
            ("beeline", vec!["7713076301"]),
            ("megafon", vec!["7701725181", "7812014560"]),
            ("mts", vec!["7705017253", "7710016640", "7740000076"]),
            ("t2-rostelecom", vec!["7707049388", "7743895280"]),
        ];
        assert_eq!(groups.len(), expected.len());
        for (name, members) in expected {
            assert_eq!(groups[&group(name)], members);
        }
    }

    #[test]
    fn an_operator_outside_every_group_is_an_entity_of_its_own() {
        let operators = Operators::built_in();
        let entity = |inn: &str| operators.entity_of(Inn::parse(inn).unwrap(), Instant(0));
        assert_eq!(entity("7743895280"), OperatorEntity::Group(group("t2-rostelecom")));
        assert_eq!(entity("7707049388"), entity("7743895280"));
        for inn in ["7733808377", "7743200179", "7700000009"] {
            assert_eq!(entity(inn), OperatorEntity::Single(Inn::parse(inn).unwrap()));
        }
    }

    #[test]
    fn hosts_are_named_only_where_they_are_known() {
        let hosts = vec![group("t2-rostelecom"), group("megafon")];
        assert_eq!(standing("7736264044"), Standing::Virtual { hosts });
        assert_eq!(standing("7743200179"), Standing::Virtual { hosts: Vec::new() });
        assert_eq!(standing("7733808377"), Standing::Entity);
        assert_eq!(standing("7703383783"), Standing::NoCallers);
    }

    #[test]
    fn the_latest_entry_that_has_begun_counts_whatever_order_they_come_in() {
        let (known, added) = ("0274018377", "7700000009");
        let entries = [
            entry(1, known, "always", None),
            entry(2, known, "always, entered later", None),
            entry(3, known, "from 20", Some(20)),
            entry(4, known, "from 10", Some(10)),
            entry(5, known, "from 10, entered later", Some(10)),
            entry(6, added, "added", Some(10)),
        ];
        for turned in 0..entries.len() {
            let mut entries = entries.to_vec();
            entries.rotate_left(turned);
            let operators = Operators::built_in().clone().extended_with(entries);
            let name = |text, at| operators.find(inn(text), Instant(at)).map(|one| &*one.name);
            assert_eq!(name(known, 9), Some("always, entered later"));
            assert_eq!(name(known, 10), Some("from 10, entered later"));
            assert_eq!(name(known, 19), Some("from 10, entered later"));
            assert_eq!(name(known, 20), Some("from 20"));
            assert_eq!(name(added, 9), None);
            assert_eq!(name(added, 10), Some("added"));
            assert_eq!(operators.iter().count(), 73 + 6);
        }
    }

    #[test]
    fn before_any_entry_of_the_agency_begins_the_built_in_list_holds() {
        let known = "0274018377";
        let operators =
            Operators::built_in().clone().extended_with(vec![entry(1, known, "later", Some(10))]);
        let built_in = Operators::built_in();
        let before = Instant(9);
        assert_eq!(operators.entry(inn(known), before), built_in.entry(inn(known), before));
    }
}
