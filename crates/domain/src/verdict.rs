//! From calls to interceptions: section 3 of the domain's rules as one pure,
//! versioned function that keeps every reason. It knows nothing of where the
//! facts come from, nor of what is counted or filed afterwards.

mod background;
mod circumstances;
mod legal;
mod reason;
mod version;

use std::sync::Arc;

use crate::call::Call;
use crate::ids::{CompetitorId, EditionId, TrapId};
use crate::instant::{Instant, Span};
use crate::operator::Inn;
use crate::trap::{Coverage, Exposure, TrapState};
use crate::words::words;
use serde::{Deserialize, Serialize};

pub use circumstances::{
    AllowEntry, Attribution, Circumstances, Contact, PORTABILITY_ANSWER_LASTS, PortabilityAnswer,
    Visit,
};
pub use reason::Reason;
pub use version::RuleVersion;

/// The version of the rules that judges now; kept with every verdict.
pub const RULE_VERSION: u32 = RuleVersion::CURRENT.number();

/// The legal meaning of an interception.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The caller's operator stands in another known group: the strongest sign.
    ForeignGroup,
    /// The caller's operator is another legal entity of no known common group.
    ForeignEntity,
    /// Both operators stand in one group; not lawful by itself.
    SameGroup,
    /// It cannot be told.
    Inconclusive,
    /// The number cannot be a caller's.
    Invalid,
}

words!(Verdict {
    ForeignGroup => "foreign_group",
    ForeignEntity => "foreign_entity",
    SameGroup => "same_group",
    Inconclusive => "inconclusive",
    Invalid => "invalid",
});

/// What the rules say of one call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assessment {
    /// An interception's particulars; `None` for background.
    pub interception: Option<Interception>,
    /// Every reason, sorted, without repeats.
    pub reasons: Vec<Reason>,
    /// The number of the [`RuleVersion`] that judged it.
    pub rule_version: u32,
}

/// The particulars of an interception.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interception {
    /// The latest trap that covers the call.
    pub trap: TrapId,
    /// Its legal meaning.
    pub verdict: Verdict,
    /// Nobody answered: counted apart, never packaged.
    pub attempt: bool,
    /// The caller had called this bait before the trap: no further trap for
    /// repeat counts.
    pub prior_contact: bool,
    /// The exposures of the trap that were done when the call came.
    pub exposures_done: Vec<Exposure>,
    /// The caller's operator, by portability answer or range.
    pub caller_operator: Option<Inn>,
    /// The region of the caller's range in the edition of that time; a ported
    /// number keeps the region of its range.
    pub caller_region: Option<Arc<str>>,
    /// Whose number the caller's was at the call's time, sorted.
    pub competitors: Vec<CompetitorId>,
    /// The edition of the registry that was asked.
    pub edition: Option<EditionId>,
}

/// Judges one call by the rules in force.
pub fn assess(call: &Call, circumstances: &Circumstances<'_>) -> Assessment {
    assess_by(RuleVersion::CURRENT, call, circumstances)
}

/// Judges one call by a version of the rules.
pub fn assess_by(
    version: RuleVersion,
    call: &Call,
    circumstances: &Circumstances<'_>,
) -> Assessment {
    let (interception, mut reasons) = match version {
        RuleVersion::First => by_the_first_rules(call, circumstances),
    };
    reasons.sort_unstable();
    reasons.dedup();
    Assessment { interception, reasons, rule_version: version.number() }
}

/// What a version of the rules says of a call; the reasons in any order.
type Judgement = (Option<Interception>, Vec<Reason>);

fn by_the_first_rules(call: &Call, circumstances: &Circumstances<'_>) -> Judgement {
    if let Some(reason) = background::before_any_trap(call, circumstances) {
        return (None, vec![reason]);
    }
    let edge = near_edge(call, circumstances.traps).then_some(Reason::Edge);
    let Some((trap, coverage)) = latest_covering(call.started_at, circumstances.traps) else {
        return (None, [Reason::OutsideWindow].into_iter().chain(edge).collect());
    };
    let dealings = background::Dealings::of(call, circumstances);
    let taints = dealings.taints();
    if !taints.is_empty() {
        return (None, taints);
    }
    let prior_contact = dealings.has_called_before(trap.first_exposure());
    let attempt = !call.answered;
    let legal = legal::judge(call, circumstances);
    let mut reasons = legal.reasons;
    reasons.extend(edge);
    reasons.extend((coverage == Coverage::DuringTrap).then_some(Reason::DuringTrap));
    reasons.extend(attempt.then_some(Reason::Attempt));
    reasons.extend(prior_contact.then_some(Reason::PriorContact));
    let interception = Interception {
        trap: trap.trap,
        verdict: legal.verdict,
        attempt,
        prior_contact,
        exposures_done: exposures_done(trap, call.started_at),
        caller_operator: legal.caller_operator,
        caller_region: legal.caller_region,
        competitors: dealings.into_competitors(),
        edition: legal.edition,
    };
    (Some(interception), reasons)
}

/// The latest trap that covers the moment, by first exposure and then by id.
fn latest_covering(at: Instant, traps: &[TrapState]) -> Option<(&TrapState, Coverage)> {
    traps
        .iter()
        .filter_map(|trap| Some((trap, trap.covers(at)?)))
        .max_by_key(|(trap, _)| (trap.first_exposure(), trap.trap))
}

/// Whether the start lies nearer to an edge of any window than the clock is
/// sure: then the call may belong to the other side of it.
fn near_edge(call: &Call, traps: &[TrapState]) -> bool {
    let is_near = |edge: Instant| {
        let distance = call.started_at - edge;
        Span(distance.0.saturating_abs()) < call.uncertainty
    };
    let mut windows = traps.iter().filter_map(|trap| trap.window);
    windows.any(|window| is_near(window.from) || is_near(window.to))
}

/// What had leaked the number when the call came; a step of the same moment
/// counts, for its record is no finer than its clock.
fn exposures_done(trap: &TrapState, at: Instant) -> Vec<Exposure> {
    let done = trap.exposures.partition_point(|exposure| exposure.at <= at);
    trap.exposures[..done].to_vec()
}
