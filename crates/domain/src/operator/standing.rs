//! How an operator stands toward others: the words, and what each one needs to
//! be said with.

use serde::{Deserialize, Serialize};

use super::OperatorGroup;
use crate::words::words;

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

/// The word of a [`Standing`], without its groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StandingKind {
    /// In a known group.
    Group,
    /// A legal entity of its own.
    Entity,
    /// A virtual operator.
    Virtual,
    /// Assigns no numbers to callers.
    NoCallers,
}

words!(StandingKind {
    Group => "group",
    Entity => "entity",
    Virtual => "virtual",
    NoCallers => "no_callers",
});

impl Standing {
    /// The standing these parts tell; `None` where one is missing or one too
    /// many: only a group's member has a group, only a virtual operator hosts.
    pub fn of(
        kind: StandingKind,
        group: Option<OperatorGroup>,
        hosts: Vec<OperatorGroup>,
    ) -> Option<Self> {
        match (kind, group, hosts) {
            (StandingKind::Group, Some(group), hosts) if hosts.is_empty() => {
                Some(Self::Group(group))
            }
            (StandingKind::Entity, None, hosts) if hosts.is_empty() => Some(Self::Entity),
            (StandingKind::Virtual, None, hosts) => Some(Self::Virtual { hosts }),
            (StandingKind::NoCallers, None, hosts) if hosts.is_empty() => Some(Self::NoCallers),
            _ => None,
        }
    }

    /// Its word.
    pub const fn kind(&self) -> StandingKind {
        match self {
            Self::Group(_) => StandingKind::Group,
            Self::Entity => StandingKind::Entity,
            Self::Virtual { .. } => StandingKind::Virtual,
            Self::NoCallers => StandingKind::NoCallers,
        }
    }

    /// The group it stands in, where it stands in one.
    pub const fn group(&self) -> Option<&OperatorGroup> {
        match self {
            Self::Group(group) => Some(group),
            Self::Entity | Self::Virtual { .. } | Self::NoCallers => None,
        }
    }

    /// The groups whose network it is known to use.
    pub fn hosts(&self) -> &[OperatorGroup] {
        match self {
            Self::Virtual { hosts } => hosts,
            Self::Group(_) | Self::Entity | Self::NoCallers => &[],
        }
    }
}
