//! What a key may do. A scope is a word; several together are a set, which fits
//! into one byte and is stored and told as the words.

use std::fmt;

/// One thing that keys are allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// To report calls and files of calls, and to settle their rejected rows.
    CallsWrite,
    /// To bring recordings and to join them to their calls.
    RecordingsWrite,
    /// To see baits: their numbers, their traps and when these are open.
    BaitsRead,
    /// To read calls, interceptions, lists and reports.
    Reports,
    /// To listen, to label and correct, and to try other rules.
    Cases,
    /// To order packages and follow their making.
    Exports,
    /// To set up: baits, traps, sources, lists, and with the agency's reach
    /// clients, operators and keys. Whoever sets baits up sees them, so it
    /// includes [`Scope::BaitsRead`].
    Admin,
}

impl Scope {
    /// Every scope, in the order they are told.
    pub const ALL: [Self; 7] = [
        Self::CallsWrite,
        Self::RecordingsWrite,
        Self::BaitsRead,
        Self::Reports,
        Self::Cases,
        Self::Exports,
        Self::Admin,
    ];

    /// The word as it is stored and told.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CallsWrite => "calls:write",
            Self::RecordingsWrite => "recordings:write",
            Self::BaitsRead => "baits:read",
            Self::Reports => "reports",
            Self::Cases => "cases",
            Self::Exports => "exports",
            Self::Admin => "admin",
        }
    }

    /// The reverse of [`Scope::as_str`].
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == word)
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// A set of scopes.
#[derive(Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Scopes(u8);

impl Scopes {
    /// No scope: what needs nothing but a key.
    pub const NONE: Self = Self(0);
    /// Every scope.
    pub const ALL: Self = Self((1 << Scope::ALL.len()) - 1);

    /// One scope alone.
    pub const fn of(scope: Scope) -> Self {
        Self(scope.bit())
    }

    /// Both together.
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether nothing is in it.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether whoever holds these may do all that `needed` names: what a scope
    /// includes is granted with it.
    pub const fn grant(self, needed: Self) -> bool {
        let held = self.with_included().0;
        held & needed.0 == needed.0
    }

    /// The first of `needed` that is not granted.
    pub fn missing(self, needed: Self) -> Option<Scope> {
        needed.iter().find(|scope| !self.grant(Self::of(*scope)))
    }

    /// In the order they are told.
    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL.into_iter().filter(move |scope| self.0 & scope.bit() != 0)
    }

    /// The words with a space between them; `None` for a word that is no scope.
    pub fn parse(words: &str) -> Option<Self> {
        words.split(' ').filter(|word| !word.is_empty()).map(Scope::parse).collect()
    }

    const fn with_included(self) -> Self {
        if self.0 & Scope::Admin.bit() == 0 { self } else { self.with(Self::of(Scope::BaitsRead)) }
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<T: IntoIterator<Item = Scope>>(scopes: T) -> Self {
        scopes.into_iter().fold(Self::NONE, |all, one| all.with(Self::of(one)))
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<&str> = self.iter().map(Scope::as_str).collect();
        f.write_str(&words.join(" "))
    }
}

impl fmt::Debug for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Scopes({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_set_reads_back_from_its_words() {
        for bits in 0..=Scopes::ALL.0 {
            let scopes = Scopes(bits);
            assert_eq!(Scopes::parse(&scopes.to_string()), Some(scopes));
        }
        assert_eq!(Scopes::parse("reports everything"), None);
        assert_eq!(Scopes::ALL.iter().collect::<Vec<_>>(), Scope::ALL);
    }

    #[test]
    fn a_set_grants_its_own_and_what_they_include_and_no_more() {
        for held in Scope::ALL {
            for needed in Scope::ALL {
                let included = (held, needed) == (Scope::Admin, Scope::BaitsRead);
                let granted = Scopes::of(held).grant(Scopes::of(needed));
                assert_eq!(granted, held == needed || included, "{held:?} {needed:?}");
                assert!(Scopes::ALL.grant(Scopes::of(needed)));
                assert!(!Scopes::NONE.grant(Scopes::of(needed)));
            }
        }
        let both = Scopes::of(Scope::Reports).with(Scopes::of(Scope::BaitsRead));
        assert!(!Scopes::of(Scope::Reports).grant(both));
        assert_eq!(Scopes::of(Scope::Reports).missing(both), Some(Scope::BaitsRead));
        assert_eq!(both.missing(both), None);
    }
}
