//! What must be known of a bait before its calls can be complained of: whose
//! contract it is, who uses it, and that nobody was allowed to call it.

use serde::{Deserialize, Serialize};

use crate::applicant::ApplicantKind;
use crate::words::words;

/// What the actual user of a SIM is to the holder of its contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UserRelation {
    /// The holder itself.
    Holder,
    /// One of the holder's family.
    Family,
    /// An employee of the holder.
    Employee,
    /// Anybody else.
    Other,
}

words!(UserRelation {
    Holder => "holder",
    Family => "family",
    Employee => "employee",
    Other => "other",
});

/// What the SIM was used for before it became a bait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PreviousUse {
    /// Nothing: it was new.
    NewSim,
    /// The holder's own calls.
    OwnUse,
    /// Somebody else used it.
    OthersUse,
    /// That is not known; the number may have been another subscriber's.
    Unknown,
}

words!(PreviousUse {
    NewSim => "new_sim",
    OwnUse => "own_use",
    OthersUse => "others_use",
    Unknown => "unknown",
});

/// What handing the SIM over may cost (КоАП 13.29.1), in roubles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fine {
    /// The least.
    pub from: u32,
    /// The most.
    pub to: u32,
}

/// The fine that the holder risks by letting this user have the SIM, since the
/// first of September 2025; `None` where the relation is permitted. Family is
/// excepted, and a corporate SIM goes to employees only.
pub fn handing_over_fine(holder: ApplicantKind, relation: UserRelation) -> Option<Fine> {
    use ApplicantKind::{Citizen, LegalEntity, SoleTrader};
    use UserRelation::{Employee, Family, Holder};
    match (holder, relation) {
        (LegalEntity | SoleTrader, Employee) | (Citizen | SoleTrader, Holder | Family) => None,
        (Citizen, _) => Some(Fine { from: 30_000, to: 50_000 }),
        (SoleTrader, _) => Some(Fine { from: 50_000, to: 100_000 }),
        (LegalEntity, _) => Some(Fine { from: 100_000, to: 200_000 }),
    }
}

/// What a bait's preparation still lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PreparationMissing {
    /// Who holds the contract.
    ContractHolder,
    /// Who uses the SIM, and what that person is to the holder.
    User,
    /// The holder may not let this user have the SIM.
    PermittedUser,
    /// The contract's number and day.
    Contract,
    /// A written refusal of advertising.
    Refusal,
    /// Whether its accounts and contracts were searched for consents.
    ConsentSearch,
    /// A consent was found, and it was not withdrawn.
    ConsentStands,
    /// What the SIM was used for before.
    PreviousUse,
    /// Since when it was quiet.
    QuietSince,
    /// The holder's consent to disclosure of what is secret of its communication.
    DisclosureConsent,
}

words!(PreparationMissing {
    ContractHolder => "contract_holder",
    User => "user",
    PermittedUser => "permitted_user",
    Contract => "contract",
    Refusal => "refusal",
    ConsentSearch => "consent_search",
    ConsentStands => "consent_stands",
    PreviousUse => "previous_use",
    QuietSince => "quiet_since",
    DisclosureConsent => "disclosure_consent",
});

/// A consent that an account or a contract of the bait contains.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundConsent {
    /// Where: an account, a contract.
    pub place: String,
    /// Its words.
    pub wording: String,
    /// Since when it stood there, in days since 1970-01-01, where known.
    pub given_on: Option<i32>,
    /// When it was withdrawn, in days since 1970-01-01.
    pub withdrawn_on: Option<i32>,
}

/// What is known of a bait's preparation.
#[derive(Debug, Clone, Copy)]
pub struct PreparationFacts<'a> {
    /// What the holder of the contract is.
    pub holder: Option<ApplicantKind>,
    /// What the user is to the holder, where the user is named.
    pub user: Option<UserRelation>,
    /// The contract's number and day are given.
    pub contract: bool,
    /// The day of the refusal of advertising is given.
    pub refusal: bool,
    /// The consents found; `None` where nobody searched.
    pub consents: Option<&'a [FoundConsent]>,
    /// The previous use is given.
    pub previous_use: bool,
    /// The first quiet day is given.
    pub quiet_since: bool,
    /// A consent to disclosure holds.
    pub disclosure_consent: bool,
}

/// What is missing, in the order of the list; empty when nothing is.
pub fn preparation_missing(facts: &PreparationFacts<'_>) -> Vec<PreparationMissing> {
    let permitted = match (facts.holder, facts.user) {
        (Some(holder), Some(relation)) => handing_over_fine(holder, relation).is_none(),
        // The missing one is told for itself.
        _ => true,
    };
    let withdrawn = |found: &[FoundConsent]| found.iter().all(|one| one.withdrawn_on.is_some());
    let checks = [
        (PreparationMissing::ContractHolder, facts.holder.is_some()),
        (PreparationMissing::User, facts.user.is_some()),
        (PreparationMissing::PermittedUser, permitted),
        (PreparationMissing::Contract, facts.contract),
        (PreparationMissing::Refusal, facts.refusal),
        (PreparationMissing::ConsentSearch, facts.consents.is_some()),
        (PreparationMissing::ConsentStands, facts.consents.is_none_or(withdrawn)),
        (PreparationMissing::PreviousUse, facts.previous_use),
        (PreparationMissing::QuietSince, facts.quiet_since),
        (PreparationMissing::DisclosureConsent, facts.disclosure_consent),
    ];
    checks.into_iter().filter(|(_, holds)| !holds).map(|(missing, _)| missing).collect()
}

/// How many whole days the SIM was quiet before its first trap began; both days
/// are those of the client's calendar, since 1970-01-01.
pub fn quiet_days(quiet_since: i32, first_trap: i32) -> u32 {
    u32::try_from(first_trap.saturating_sub(quiet_since)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ApplicantKind::{Citizen, LegalEntity, SoleTrader};

    fn whole() -> PreparationFacts<'static> {
        PreparationFacts {
            holder: Some(LegalEntity),
            user: Some(UserRelation::Employee),
            contract: true,
            refusal: true,
            consents: Some(&[]),
            previous_use: true,
            quiet_since: true,
            disclosure_consent: true,
        }
    }

    #[test]
    fn only_family_and_employees_may_have_anothers_sim() {
        use UserRelation::{Employee, Family, Holder, Other};
        let risk = |holder, relation| handing_over_fine(holder, relation).map(|fine| fine.from);
        for (holder, permitted, from) in [
            (Citizen, &[Holder, Family][..], 30_000),
            (SoleTrader, &[Holder, Family, Employee], 50_000),
            (LegalEntity, &[Employee], 100_000),
        ] {
            for relation in [Holder, Family, Employee, Other] {
                let expected = (!permitted.contains(&relation)).then_some(from);
                assert_eq!(risk(holder, relation), expected, "{holder} {relation}");
            }
        }
    }

    #[test]
    fn each_thing_that_is_not_known_is_missing() {
        use PreparationMissing as M;
        assert_eq!(preparation_missing(&whole()), []);
        let nothing = PreparationFacts {
            holder: None,
            user: None,
            contract: false,
            refusal: false,
            consents: None,
            previous_use: false,
            quiet_since: false,
            disclosure_consent: false,
        };
        let all: Vec<M> = M::ALL
            .iter()
            .copied()
            .filter(|one| !matches!(one, M::PermittedUser | M::ConsentStands))
            .collect();
        assert_eq!(preparation_missing(&nothing), all);
        let lent = PreparationFacts { user: Some(UserRelation::Other), ..whole() };
        assert_eq!(preparation_missing(&lent), [M::PermittedUser]);
    }

    #[test]
    fn a_consent_that_was_found_must_be_withdrawn() {
        let found = |withdrawn_on| FoundConsent {
            place: "договор".to_owned(),
            wording: "согласен".to_owned(),
            given_on: None,
            withdrawn_on,
        };
        let (stands, gone) = ([found(Some(1)), found(None)], [found(Some(1))]);
        let with = |consents| PreparationFacts { consents: Some(consents), ..whole() };
        assert_eq!(preparation_missing(&with(&stands)), [PreparationMissing::ConsentStands]);
        assert_eq!(preparation_missing(&with(&gone)), []);
    }

    #[test]
    fn quiet_days_are_counted_to_the_first_trap() {
        assert_eq!(quiet_days(100, 130), 30);
        assert_eq!((quiet_days(100, 100), quiet_days(100, 90)), (0, 0));
        assert_eq!(quiet_days(i32::MIN, i32::MAX), i32::MAX.unsigned_abs());
    }
}
