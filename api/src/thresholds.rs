//! What makes a repeat offender, as reports and exports let it be told.

use baitline_analytics::{Question, Thresholds};
use baitline_domain::verdict::Verdict;
use serde::{Deserialize, Deserializer, de};

use crate::fault::Fault;
use crate::fields::Whole;

/// A count that must be reached; zero asks nothing.
pub(crate) type Threshold = Whole<0, 1_000_000>;

/// Verdicts between commas.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct VerdictList(pub(crate) Vec<Verdict>);

impl Default for VerdictList {
    fn default() -> Self {
        Self(Question::default().verdicts)
    }
}

impl<'de> Deserialize<'de> for VerdictList {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let mut verdicts = text
            .split(',')
            .map(|word| Verdict::parse(word.trim()))
            .collect::<Option<Vec<_>>>()
            .ok_or_else(|| de::Error::custom(Fault::InvalidValue))?;
        verdicts.sort();
        verdicts.dedup();
        Ok(Self(verdicts))
    }
}

/// The thresholds told, in the order interceptions, traps, baits, clients,
/// days, and the usual ones for the rest.
pub(crate) fn thresholds(told: [Option<Threshold>; 5]) -> Thresholds {
    let usual = Thresholds::default();
    let [interceptions, traps, baits, clients, days] = told;
    let or = |told: Option<Threshold>, usual| told.map_or(usual, |threshold| threshold.0);
    Thresholds {
        interceptions: or(interceptions, usual.interceptions),
        traps: or(traps, usual.traps),
        baits: or(baits, usual.baits),
        clients: or(clients, usual.clients),
        days: or(days, usual.days),
    }
}
