//! Operators by ИНН, and the groups they stand in. It does not know who holds
//! which number: that is `numbering`.

mod built_in;
mod inn;

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

pub use inn::{Inn, InnError};

/// A group of operators under one control, such as `mts` or `t2-rostelecom`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OperatorGroup(pub String);

/// How an operator stands toward a bait's operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// In a known group.
    Group(OperatorGroup),
    /// A legal entity of its own.
    Entity,
    /// A virtual operator; `hosts` are the groups whose network it is known to
    /// use, empty where that is not known.
    Virtual {
        /// Known host groups.
        hosts: Vec<OperatorGroup>,
    },
    /// Assigns no numbers to callers: machines, state reserve.
    NoCallers,
}

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

/// All known operators, by ИНН.
#[derive(Debug, Clone)]
pub struct Operators {
    by_inn: BTreeMap<Inn, Operator>,
}

impl Operators {
    /// The operators of the mobile registry that the repository knows:
    /// `data/operators.csv` of this crate, which names its sources.
    pub fn built_in() -> Self {
        let by_inn = built_in::operators().map(|operator| (operator.inn, operator)).collect();
        Self { by_inn }
    }

    /// These and `operators`, which replace those of the same ИНН: the agency
    /// may know subsidiaries and hosts that the list does not.
    #[must_use]
    pub fn extended_with(mut self, operators: Vec<Operator>) -> Self {
        self.by_inn.extend(operators.into_iter().map(|operator| (operator.inn, operator)));
        self
    }

    /// The operator with this ИНН.
    pub fn find(&self, inn: Inn) -> Option<&Operator> {
        self.by_inn.get(&inn)
    }

    /// The group of the operator with this ИНН, or the operator itself.
    pub fn entity_of(&self, inn: Inn) -> OperatorEntity {
        match self.find(inn).map(|operator| &operator.standing) {
            Some(Standing::Group(group)) => OperatorEntity::Group(group.clone()),
            Some(Standing::Entity | Standing::Virtual { .. } | Standing::NoCallers) | None => {
                OperatorEntity::Single(inn)
            }
        }
    }

    /// All of them, in order of ИНН.
    pub fn iter(&self) -> impl Iterator<Item = &Operator> {
        self.by_inn.values()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

    use super::*;

    fn standing(inn: &str) -> Standing {
        Operators::built_in().find(Inn::parse(inn).unwrap()).unwrap().standing.clone()
    }

    fn group(name: &str) -> OperatorGroup {
        OperatorGroup(name.to_owned())
    }

    #[test]
    fn the_built_in_list_is_read_whole() {
        let operators = Operators::built_in();
        assert_eq!(operators.iter().count(), 73);
        assert!(operators.iter().all(|operator| operators.find(operator.inn) == Some(operator)));
    }

    #[test]
    fn eight_entities_stand_in_four_groups() {
        let operators = Operators::built_in();
        let mut groups: BTreeMap<&OperatorGroup, Vec<String>> = BTreeMap::new();
        for operator in operators.iter() {
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
        let entity = |inn: &str| operators.entity_of(Inn::parse(inn).unwrap());
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
    fn an_extension_adds_operators_and_replaces_those_of_the_same_inn() {
        let known = Inn::parse("0274018377").unwrap();
        let added = Inn::parse("7700000009").unwrap();
        let subsidiary = |inn| Operator {
            inn,
            name: "ПАО «Пример»".to_owned(),
            brand: None,
            standing: Standing::Group(group("t2-rostelecom")),
        };
        let operators =
            Operators::built_in().extended_with(vec![subsidiary(known), subsidiary(added)]);
        assert_eq!(operators.iter().count(), 74);
        assert_eq!(operators.find(known), Some(&subsidiary(known)));
        assert_eq!(operators.find(added), Some(&subsidiary(added)));
    }
}
