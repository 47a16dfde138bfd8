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

    /// All of them, in order of ИНН.
    pub fn iter(&self) -> impl Iterator<Item = &Operator> {
        self.by_inn.values()
    }
}
