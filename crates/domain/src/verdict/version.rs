//! The versions of the rules. A verdict names the one that made it, and any of
//! them can judge again, so that a change of the rules can be looked at before
//! it is made. A further version is a further variant here and an arm of
//! [`super::assess_by`].

/// A version of the rules of section 3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RuleVersion {
    /// The rules the program began with.
    First,
}

impl RuleVersion {
    /// Every version there is, the oldest first.
    pub const ALL: &'static [Self] = &[Self::First];
    /// The one that judges calls as they come.
    pub const CURRENT: Self = Self::First;

    /// The number kept with a verdict.
    pub const fn number(self) -> u32 {
        match self {
            Self::First => 1,
        }
    }

    /// The version with this number, if there is one.
    pub fn of_number(number: u32) -> Option<Self> {
        Self::ALL.iter().copied().find(|version| version.number() == number)
    }
}

#[cfg(test)]
mod tests {
    use super::RuleVersion;

    #[test]
    fn a_version_is_found_by_its_number_and_no_other_is() {
        for version in RuleVersion::ALL {
            assert_eq!(RuleVersion::of_number(version.number()), Some(*version));
        }
        assert!(RuleVersion::ALL.is_sorted_by_key(|version| version.number()));
        assert_eq!(RuleVersion::ALL.last(), Some(&RuleVersion::CURRENT));
        for unknown in [0, RuleVersion::CURRENT.number() + 1, u32::MAX] {
            assert_eq!(RuleVersion::of_number(unknown), None);
        }
    }
}
