//! What a complaint said of a call when it was filed. Later reports, lists and editions
//! may judge the call otherwise: then it is told what differs, and nothing that was
//! filed is rewritten.

use serde::{Deserialize, Serialize};

use crate::call::Call;
use crate::ids::{BaitId, CompetitorId, EditionId, TrapId};
use crate::instant::Instant;
use crate::operator::Inn;
use crate::phone::Phone;
use crate::trap::{Exposure, ExposureKind};
use crate::verdict::{Assessment, Verdict};
use crate::words::words;

/// An interception as it was filed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FiledCall {
    /// The bait.
    pub bait: BaitId,
    /// Who called.
    pub caller: Phone,
    /// Its start, in microseconds since 1970-01-01 UTC.
    pub started_at: i64,
    /// The connected time, in seconds.
    pub connected_seconds: u32,
    /// The trap it belongs to.
    pub trap: TrapId,
    /// Its legal meaning.
    pub verdict: Verdict,
    /// The caller had called this bait before the trap.
    pub prior_contact: bool,
    /// The exposures that were done by then: kind, moment in microseconds, seconds.
    pub exposures: Vec<(ExposureKind, i64, u32)>,
    /// The caller's operator.
    pub caller_operator: Option<Inn>,
    /// The region of the caller's range.
    pub caller_region: Option<String>,
    /// Whose number the caller's was, sorted.
    pub competitors: Vec<CompetitorId>,
    /// The edition of the registry that was asked.
    pub edition: Option<EditionId>,
    /// The version of the rules that judged it.
    pub rule_version: u32,
}

/// What of a filed call may stand otherwise now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FiledField {
    /// It is no answered interception of this caller any more, or the same call as
    /// another of the complaint.
    Interception,
    /// The bait.
    Bait,
    /// Its start.
    StartedAt,
    /// The connected time.
    ConnectedSeconds,
    /// The trap.
    Trap,
    /// Its legal meaning.
    Verdict,
    /// Whether the caller had called before.
    PriorContact,
    /// The exposures.
    Exposures,
    /// The caller's operator.
    CallerOperator,
    /// The region of the caller's range.
    CallerRegion,
    /// Whose number it was.
    Competitors,
    /// The edition of the registry.
    Edition,
    /// The version of the rules.
    RuleVersion,
}

words!(FiledField {
    Interception => "interception",
    Bait => "bait",
    StartedAt => "started_at",
    ConnectedSeconds => "connected_seconds",
    Trap => "trap",
    Verdict => "verdict",
    PriorContact => "prior_contact",
    Exposures => "exposures",
    CallerOperator => "caller_operator",
    CallerRegion => "caller_region",
    Competitors => "competitors",
    Edition => "edition",
    RuleVersion => "rule_version",
});

impl FiledCall {
    /// A call as it stands; `None` for one that no complaint accuses anybody of.
    pub fn of(call: &Call, assessment: &Assessment) -> Option<Self> {
        let one = assessment.interception.as_ref().filter(|one| !one.attempt)?;
        let exposure = |one: &Exposure| (one.kind, one.at.0, one.seconds);
        Some(Self {
            bait: call.bait,
            caller: call.party.phone()?,
            started_at: call.started_at.0,
            connected_seconds: call.connected_seconds,
            trap: one.trap,
            verdict: one.verdict,
            prior_contact: one.prior_contact,
            exposures: one.exposures_done.iter().map(exposure).collect(),
            caller_operator: one.caller_operator,
            caller_region: one.caller_region.as_deref().map(str::to_owned),
            competitors: one.competitors.clone(),
            edition: one.edition,
            rule_version: assessment.rule_version,
        })
    }

    /// When it began.
    pub fn started_at(&self) -> Instant {
        Instant(self.started_at)
    }

    /// What differs from how it stands now, sorted; `None` where it stands no more.
    pub fn differences(&self, now: Option<&Self>) -> Vec<FiledField> {
        let Some(now) = now.filter(|now| now.caller == self.caller) else {
            return vec![FiledField::Interception];
        };
        let differs = |field: &FiledField| match field {
            FiledField::Interception => false,
            FiledField::Bait => self.bait != now.bait,
            FiledField::StartedAt => self.started_at != now.started_at,
            FiledField::ConnectedSeconds => self.connected_seconds != now.connected_seconds,
            FiledField::Trap => self.trap != now.trap,
            FiledField::Verdict => self.verdict != now.verdict,
            FiledField::PriorContact => self.prior_contact != now.prior_contact,
            FiledField::Exposures => self.exposures != now.exposures,
            FiledField::CallerOperator => self.caller_operator != now.caller_operator,
            FiledField::CallerRegion => self.caller_region != now.caller_region,
            FiledField::Competitors => self.competitors != now.competitors,
            FiledField::Edition => self.edition != now.edition,
            FiledField::RuleVersion => self.rule_version != now.rule_version,
        };
        FiledField::ALL.iter().copied().filter(differs).collect()
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn each_difference_is_named_and_nothing_else() {
        let id = Uuid::from_u128;
        let filed = FiledCall {
            bait: BaitId(id(1)),
            caller: Phone::parse("+79160000001").expect("a number"),
            started_at: 1,
            connected_seconds: 30,
            trap: TrapId(id(2)),
            verdict: Verdict::ForeignGroup,
            prior_contact: false,
            exposures: vec![(ExposureKind::SiteVisit, 0, 240)],
            caller_operator: Inn::parse("7740000076").ok(),
            caller_region: Some("г. Москва".to_owned()),
            competitors: vec![CompetitorId(id(3))],
            edition: Some(EditionId(id(4))),
            rule_version: 1,
        };
        type Change = fn(&mut FiledCall);
        let changes: [(FiledField, Change); 12] = [
            (FiledField::Bait, |one| one.bait = BaitId(Uuid::nil())),
            (FiledField::StartedAt, |one| one.started_at = 2),
            (FiledField::ConnectedSeconds, |one| one.connected_seconds = 31),
            (FiledField::Trap, |one| one.trap = TrapId(Uuid::nil())),
            (FiledField::Verdict, |one| one.verdict = Verdict::SameGroup),
            (FiledField::PriorContact, |one| one.prior_contact = true),
            (FiledField::Exposures, |one| one.exposures.clear()),
            (FiledField::CallerOperator, |one| one.caller_operator = None),
            (FiledField::CallerRegion, |one| one.caller_region = None),
            (FiledField::Competitors, |one| one.competitors.clear()),
            (FiledField::Edition, |one| one.edition = None),
            (FiledField::RuleVersion, |one| one.rule_version = 2),
        ];
        assert_eq!(filed.differences(Some(&filed)), []);
        for (field, change) in changes {
            let mut now = filed.clone();
            change(&mut now);
            assert_eq!(filed.differences(Some(&now)), [field]);
        }
        let mut other = filed.clone();
        other.caller = Phone::parse("+79160000002").expect("a number");
        assert_eq!(filed.differences(Some(&other)), [FiledField::Interception]);
        assert_eq!(filed.differences(None), [FiledField::Interception]);
    }
}
