//! From a bucket's facts to its judged calls and tallies. Pure: what is read
//! and written stands in `refresh`.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use baitline_domain::bait::Bait;
use baitline_domain::call::Call;
use baitline_domain::ids::{BaitId, ClientId, ObservationId};
use baitline_domain::instant::{Day, Instant};
use baitline_domain::label::LabelKind;
use baitline_domain::matching::MATCHING_SPAN;
use baitline_domain::numbering::NumberingPlan;
use baitline_domain::observation::{Channel, Direction};
use baitline_domain::operator::Operators;
use baitline_domain::own_number::OwnNumber;
use baitline_domain::phone::Party;
use baitline_domain::tally::InterceptionRow;
use baitline_domain::trap::{TrapState, trap_state};
use baitline_domain::verdict::{Circumstances, Contact, assess};
use baitline_store::facts::Pair;
use baitline_store::models::{JudgedCall, TrapRow};
use jiff::tz::TimeZone;

/// The states of the traps that bear on a day.
pub(crate) struct TrapStates {
    /// Every one, by bait.
    pub(crate) by_bait: HashMap<BaitId, Vec<TrapState>>,
    /// Those that differ from what is stored.
    pub(crate) changed: Vec<TrapState>,
}

/// Judges again the traps whose run meets the day, by the bait's calls; takes
/// the others as they are stored, since their own days judge them.
pub(crate) fn trap_states(
    day: Day,
    traps: &[TrapRow],
    calls: &[Call],
    own_numbers: &[OwnNumber],
) -> TrapStates {
    let mut states = TrapStates { by_bait: HashMap::new(), changed: Vec::new() };
    for row in traps {
        let state = if runs_on(row, day) {
            let of_bait: Vec<Call> =
                calls.iter().filter(|call| call.bait == row.trap.bait).cloned().collect();
            Some(trap_state(&row.trap, &of_bait, own_numbers))
        } else {
            row.state.clone()
        };
        let Some(state) = state else { continue };
        if row.state.as_ref() != Some(&state) {
            states.changed.push(state.clone());
        }
        states.by_bait.entry(row.trap.bait).or_default().push(state);
    }
    states
}

pub(crate) fn runs_on(row: &TrapRow, day: Day) -> bool {
    row.trap.started_at < day.end() && row.trap.run_ends_at > day.start()
}

/// The pairs of bait and caller whose earlier dealings a verdict of the day
/// asks for.
pub(crate) fn pairs_to_judge(calls: &[Call], states: &TrapStates) -> BTreeSet<Pair> {
    let covered = |call: &Call| {
        states
            .by_bait
            .get(&call.bait)
            .is_some_and(|traps| traps.iter().any(|trap| trap.covers(call.started_at).is_some()))
    };
    calls
        .iter()
        .filter(|call| call.direction == Direction::Incoming && call.channel == Channel::Pstn)
        .filter(|call| covered(call))
        .filter_map(|call| call.party.phone().map(|phone| (call.bait, phone)))
        .collect()
}

/// What a day's verdicts rest on.
pub(crate) struct DayFacts<'a> {
    pub(crate) client: ClientId,
    pub(crate) baits: HashMap<BaitId, Bait>,
    pub(crate) states: &'a TrapStates,
    pub(crate) own_numbers: &'a [OwnNumber],
    pub(crate) contacts: HashMap<Pair, Vec<Contact>>,
    pub(crate) labels: HashMap<ObservationId, (Instant, LabelKind)>,
    pub(crate) numbering: &'a NumberingPlan,
    pub(crate) operators: &'a Operators,
}

impl DayFacts<'_> {
    /// Judges the day's calls. A call of a bait that is not there is left out:
    /// the foreign key makes sure that there is none.
    pub(crate) fn judge(&self, calls: Vec<Call>) -> Vec<JudgedCall> {
        calls.into_iter().filter_map(|call| self.judge_one(call)).collect()
    }

    fn judge_one(&self, call: Call) -> Option<JudgedCall> {
        let contacts = call.party.phone().and_then(|phone| self.contacts.get(&(call.bait, phone)));
        let circumstances = Circumstances {
            bait: self.baits.get(&call.bait)?,
            traps: self.states.by_bait.get(&call.bait).map_or(&[], Vec::as_slice),
            own_numbers: self.own_numbers,
            allow_list: &[],
            visits: &[],
            attributions: &[],
            contacts: contacts.map_or(&[], Vec::as_slice),
            numbering: self.numbering,
            portability: &[],
            operators: self.operators,
            statement_is_in: false,
        };
        let assessment = assess(&call, &circumstances);
        let label = call
            .observations
            .iter()
            .filter_map(|id| self.labels.get(id))
            .max_by_key(|(at, _)| *at)
            .map(|(_, kind)| *kind);
        Some(JudgedCall { client_id: self.client, call, assessment, label })
    }
}

/// The day's interceptions as reports count them; a caller without a number
/// forms no offender.
pub(crate) fn interception_rows(judged: &[JudgedCall], zone: &TimeZone) -> Vec<InterceptionRow> {
    judged
        .iter()
        .filter_map(|one| {
            let interception = one.assessment.interception.as_ref()?;
            Some(InterceptionRow {
                client: one.client_id,
                caller: one.call.party.phone()?,
                operator: interception.caller_operator,
                bait: one.call.bait,
                trap: interception.trap,
                verdict: interception.verdict,
                attempt: interception.attempt,
                hearing: one.label.into(),
                prior_contact: interception.prior_contact,
                local_day: one.call.started_at.local_day(zone),
                started_at: one.call.started_at,
            })
        })
        .collect()
}

/// What a recomputed day means for others.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Ripples {
    /// Pairs whose dealings changed: their later days rest on them.
    pub(crate) pairs: BTreeSet<Pair>,
    /// A call changed so near to midnight that the next day's grouping may.
    pub(crate) next_day: bool,
}

/// Compares a day's calls with what they were.
pub(crate) fn ripples(day: Day, before: &[JudgedCall], after: &[JudgedCall]) -> Ripples {
    type Key = (BaitId, Direction, Channel, Party, Instant);
    let keyed = |calls: &[JudgedCall]| -> BTreeMap<ObservationId, (Key, Vec<ObservationId>)> {
        calls
            .iter()
            .map(|one| {
                let call = &one.call;
                let key =
                    (call.bait, call.direction, call.channel, call.party.clone(), call.started_at);
                (call.id, (key, call.observations.clone()))
            })
            .collect()
    };
    let (before, after) = (keyed(before), keyed(after));
    let mut ripples = Ripples::default();
    let gone = before.iter().filter(|(id, call)| after.get(id) != Some(call));
    let come = after.iter().filter(|(id, call)| before.get(id) != Some(call));
    for (_, ((bait, _, _, party, started_at), _)) in gone.chain(come) {
        ripples.pairs.extend(party.phone().map(|phone| (*bait, phone)));
        ripples.next_day |= *started_at >= day.end() - MATCHING_SPAN;
    }
    ripples
}
