//! Who signs: the contract holder of a SIM, with its representatives, their
//! powers, and what it consented to.

use serde::{Deserialize, Serialize};

use crate::ogrn::Ogrn;
use crate::operator::Inn;
use crate::words::words;

/// From here on an ИНН has twelve digits and is a person's.
const FIRST_INN_OF_A_PERSON: u64 = 10_000_000_000;

/// What an applicant is before the law.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApplicantKind {
    /// A legal entity.
    LegalEntity,
    /// A sole trader (ИП).
    SoleTrader,
    /// A citizen.
    Citizen,
}

words!(ApplicantKind {
    LegalEntity => "legal_entity",
    SoleTrader => "sole_trader",
    Citizen => "citizen",
});

/// A person's passport or the document in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passport {
    /// Series and number, as they stand there.
    pub number: String,
    /// Who issued it.
    pub issued_by: String,
    /// When, in days since 1970-01-01.
    pub issued_on: i32,
}

/// What tells an applicant from every other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identity {
    /// A legal entity: both numbers.
    LegalEntity {
        /// Ten digits.
        inn: Inn,
        /// Thirteen digits.
        ogrn: Ogrn,
    },
    /// A sole trader: both numbers.
    SoleTrader {
        /// Twelve digits.
        inn: Inn,
        /// Fifteen digits.
        ogrnip: Ogrn,
    },
    /// A citizen: a passport, and the ИНН where it is known.
    Citizen {
        /// The passport.
        passport: Passport,
        /// Twelve digits.
        inn: Option<Inn>,
    },
}

/// A part of an identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdentityPart {
    /// The taxpayer number.
    Inn,
    /// The number in the state register.
    Ogrn,
    /// The passport.
    Passport,
}

/// What is wrong with an identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdentityFault {
    /// The kind has this part, and it is not given.
    #[error("a part of the identity is missing")]
    Missing(IdentityPart),
    /// The part is that of another kind, or the kind has none.
    #[error("a part of the identity is of another kind")]
    OfAnotherKind(IdentityPart),
}

impl Identity {
    /// Puts together what was given.
    ///
    /// # Errors
    /// The first part that is missing or belongs to another kind.
    pub fn new(
        kind: ApplicantKind,
        inn: Option<Inn>,
        ogrn: Option<Ogrn>,
        passport: Option<Passport>,
    ) -> Result<Self, IdentityFault> {
        let is_person = kind != ApplicantKind::LegalEntity;
        if inn.is_some_and(|inn| is_of_a_person(inn) != is_person) {
            return Err(IdentityFault::OfAnotherKind(IdentityPart::Inn));
        }
        if kind == ApplicantKind::Citizen {
            if ogrn.is_some() {
                return Err(IdentityFault::OfAnotherKind(IdentityPart::Ogrn));
            }
            let passport = passport.ok_or(IdentityFault::Missing(IdentityPart::Passport))?;
            return Ok(Self::Citizen { passport, inn });
        }
        if passport.is_some() {
            return Err(IdentityFault::OfAnotherKind(IdentityPart::Passport));
        }
        let inn = inn.ok_or(IdentityFault::Missing(IdentityPart::Inn))?;
        let ogrn = ogrn.ok_or(IdentityFault::Missing(IdentityPart::Ogrn))?;
        match (is_person, ogrn.is_of_a_trader()) {
            (false, false) => Ok(Self::LegalEntity { inn, ogrn }),
            (true, true) => Ok(Self::SoleTrader { inn, ogrnip: ogrn }),
            _ => Err(IdentityFault::OfAnotherKind(IdentityPart::Ogrn)),
        }
    }

    /// What the applicant is.
    pub fn kind(&self) -> ApplicantKind {
        match self {
            Self::LegalEntity { .. } => ApplicantKind::LegalEntity,
            Self::SoleTrader { .. } => ApplicantKind::SoleTrader,
            Self::Citizen { .. } => ApplicantKind::Citizen,
        }
    }

    /// The taxpayer number.
    pub fn inn(&self) -> Option<Inn> {
        match self {
            Self::LegalEntity { inn, .. } | Self::SoleTrader { inn, .. } => Some(*inn),
            Self::Citizen { inn, .. } => *inn,
        }
    }

    /// The number in the state register.
    pub fn ogrn(&self) -> Option<Ogrn> {
        match self {
            Self::LegalEntity { ogrn, .. } => Some(*ogrn),
            Self::SoleTrader { ogrnip, .. } => Some(*ogrnip),
            Self::Citizen { .. } => None,
        }
    }

    /// The passport.
    pub fn passport(&self) -> Option<&Passport> {
        match self {
            Self::Citizen { passport, .. } => Some(passport),
            Self::LegalEntity { .. } | Self::SoleTrader { .. } => None,
        }
    }
}

fn is_of_a_person(inn: Inn) -> bool {
    inn.value() >= FIRST_INN_OF_A_PERSON
}

/// Why a representative may sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RepresentativeKind {
    /// Without a power of attorney: the head of a legal entity, or the person
    /// itself.
    Head,
    /// By a power of attorney.
    Attorney,
}

words!(RepresentativeKind {
    Head => "head",
    Attorney => "attorney",
});

/// What an applicant consents to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsentKind {
    /// That its personal data are processed (152-ФЗ).
    PersonalData,
    /// That the operator discloses what is secret of its communication.
    Disclosure,
}

words!(ConsentKind {
    PersonalData => "personal_data",
    Disclosure => "disclosure",
});

/// A time of days from which a paper holds; days are those of the client's
/// calendar, since 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Term {
    /// The first day.
    pub from: i32,
    /// The last day, if it ends by itself.
    pub to: Option<i32>,
    /// The day on which it was revoked, from which on it does not hold.
    pub revoked_on: Option<i32>,
}

impl Term {
    /// Whether it holds on a day.
    pub fn holds_on(&self, day: i32) -> bool {
        self.from <= day
            && self.to.is_none_or(|last| day <= last)
            && self.revoked_on.is_none_or(|revoked| day < revoked)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

    use super::*;
    use ApplicantKind::{Citizen, LegalEntity, SoleTrader};
    use IdentityFault::{Missing, OfAnotherKind};

    fn fault(
        kind: ApplicantKind,
        inn: &str,
        ogrn: &str,
        has_passport: bool,
    ) -> Result<ApplicantKind, IdentityFault> {
        let passport = Passport {
            number: "45 10 123456".to_owned(),
            issued_by: "ОВД".to_owned(),
            issued_on: 14_610,
        };
        let inn = (!inn.is_empty()).then(|| inn.parse().unwrap());
        let ogrn = (!ogrn.is_empty()).then(|| ogrn.parse().unwrap());
        let passport = has_passport.then_some(passport);
        Identity::new(kind, inn, ogrn, passport).map(|identity| identity.kind())
    }

    #[test]
    fn each_kind_is_known_by_its_own_numbers_and_no_others() {
        let (inn, persons) = ("7743895280", "500100732259");
        let (ogrn, traders) = ("1027700132195", "304500116000157");
        assert_eq!(fault(LegalEntity, inn, ogrn, false), Ok(LegalEntity));
        assert_eq!(fault(SoleTrader, persons, traders, false), Ok(SoleTrader));
        assert_eq!(fault(Citizen, "", "", true), Ok(Citizen));
        assert_eq!(fault(Citizen, persons, "", true), Ok(Citizen));
        for (kind, inn, ogrn, has_passport, expected) in [
            (LegalEntity, "", ogrn, false, Missing(IdentityPart::Inn)),
            (LegalEntity, inn, "", false, Missing(IdentityPart::Ogrn)),
            (LegalEntity, persons, ogrn, false, OfAnotherKind(IdentityPart::Inn)),
            (LegalEntity, inn, traders, false, OfAnotherKind(IdentityPart::Ogrn)),
            (LegalEntity, inn, ogrn, true, OfAnotherKind(IdentityPart::Passport)),
            (SoleTrader, inn, traders, false, OfAnotherKind(IdentityPart::Inn)),
            (SoleTrader, persons, ogrn, false, OfAnotherKind(IdentityPart::Ogrn)),
            (SoleTrader, persons, "", true, OfAnotherKind(IdentityPart::Passport)),
            (Citizen, "", "", false, Missing(IdentityPart::Passport)),
            (Citizen, inn, "", true, OfAnotherKind(IdentityPart::Inn)),
            (Citizen, "", traders, true, OfAnotherKind(IdentityPart::Ogrn)),
        ] {
            let found = fault(kind, inn, ogrn, has_passport);
            assert_eq!(found, Err(expected), "{kind} {inn} {ogrn} {has_passport}");
        }
    }

    #[test]
    fn a_paper_holds_on_its_first_and_last_day_and_not_on_the_day_of_its_revocation() {
        let term = Term { from: 10, to: Some(20), revoked_on: None };
        let held: Vec<i32> = (8..23).filter(|day| term.holds_on(*day)).collect();
        assert_eq!(held, (10..21).collect::<Vec<i32>>());
        let revoked = Term { revoked_on: Some(15), ..term };
        let held: Vec<i32> = (8..23).filter(|day| revoked.holds_on(*day)).collect();
        assert_eq!(held, (10..15).collect::<Vec<i32>>());
        assert!(Term { to: None, ..term }.holds_on(1_000_000));
    }
}
