//! From a bucket's facts to its judged calls and tallies. Pure: what is read
//! and written stands in `refresh`.

use std::collections::{BTreeSet, HashMap, HashSet};

use baitline_domain::bait::Bait;
use baitline_domain::call::Call;
use baitline_domain::ids::{BaitId, ClientId, LabelId, ObservationId};
use baitline_domain::instant::{Day, Instant, Span};
use baitline_domain::label::LabelKind;
use baitline_domain::observation::{Channel, Direction};
use baitline_domain::own_number::OwnNumber;
use baitline_domain::tally::InterceptionRow;
use baitline_domain::trap::{Trap, TrapState, trap_state};
use baitline_domain::verdict::{Circumstances, Contact, assess_by};
use baitline_store::buckets;
use baitline_store::facts::Pair;
use baitline_store::models::{JudgedCall, LabelRow, TrapRow};
use baitline_store::tallies::CallerOfBait;
use jiff::tz::TimeZone;

use crate::lists::Lists;
use crate::refresh::Law;

/// The states of the traps that bear on a period.
pub(crate) struct TrapStates {
    /// Every one, by bait.
    pub(crate) by_bait: HashMap<BaitId, Vec<TrapState>>,
    /// Those that differ from what is stored.
    pub(crate) changed: Vec<TrapState>,
}

/// Judges again the traps whose run meets the period, by the bait's calls; takes
/// the others as they are stored: no call of their run has changed.
pub(crate) fn trap_states(
    period: (Instant, Instant),
    traps: &[TrapRow],
    calls: &[Call],
    own_numbers: &[OwnNumber],
) -> TrapStates {
    let mut states = TrapStates { by_bait: HashMap::new(), changed: Vec::new() };
    let mut calls_of: HashMap<BaitId, Vec<Call>> = HashMap::new();
    for call in calls {
        calls_of.entry(call.bait).or_default().push(call.clone());
    }
    for row in traps {
        let state = if runs_in(row, period) {
            let of_bait = calls_of.get(&row.trap.bait).map_or(&[][..], Vec::as_slice);
            Some(trap_state(&row.trap, of_bait, own_numbers))
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

pub(crate) fn runs_in(row: &TrapRow, (from, to): (Instant, Instant)) -> bool {
    row.trap.started_at < to && row.trap.run_ends_at > from
}

/// Every day that a trap in this state bears on: its run, whose days judge it,
/// what it covers, and whatever may lie so near to an edge that a clock cannot
/// tell the side.
pub(crate) fn days_covered(trap: &Trap, state: &TrapState, uncertainty: Span) -> BTreeSet<Day> {
    let first = state.first_exposure().map_or(trap.started_at, |at| at.min(trap.started_at));
    let end = state.window.map_or(trap.run_ends_at, |window| window.to.max(trap.run_ends_at));
    buckets::days_between(first - uncertainty, end + uncertainty)
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

/// What a person heard in one recording, by the latest label. Ordered by time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Heard {
    at: Instant,
    label: LabelId,
    kind: LabelKind,
    consent_given: bool,
}

impl From<&LabelRow> for Heard {
    fn from(row: &LabelRow) -> Self {
        let LabelRow { labelled_at: at, id: label, kind, consent_given, .. } = *row;
        Self { at, label, kind, consent_given }
    }
}

/// What a day's verdicts rest on.
pub(crate) struct DayFacts<'a> {
    pub(crate) client: ClientId,
    pub(crate) baits: &'a HashMap<BaitId, Bait>,
    pub(crate) states: &'a TrapStates,
    pub(crate) own_numbers: &'a [OwnNumber],
    pub(crate) lists: Lists,
    pub(crate) heard: HashMap<ObservationId, Heard>,
    pub(crate) recorded: HashSet<ObservationId>,
    pub(crate) law: Law<'a>,
}

impl DayFacts<'_> {
    /// Judges the day's calls. A call of a bait that is not there is left out:
    /// the foreign key makes sure that there is none.
    pub(crate) fn judge(mut self, calls: Vec<Call>) -> Vec<JudgedCall> {
        self.meet(&calls);
        calls.into_iter().filter_map(|call| self.judge_one(call)).collect()
    }

    /// Adds the day's own calls to the contacts.
    fn meet(&mut self, calls: &[Call]) {
        for call in calls.iter().filter(|call| call.channel != Channel::Sms) {
            let Some(phone) = call.party.phone() else { continue };
            let consent_given = self.latest_label(call).is_some_and(|heard| heard.consent_given);
            let (direction, at) = (call.direction, call.started_at);
            self.lists.add_contact(call.bait, Contact { phone, direction, at, consent_given });
        }
    }

    fn latest_label(&self, call: &Call) -> Option<Heard> {
        call.observations.iter().filter_map(|id| self.heard.get(id)).max().copied()
    }

    fn judge_one(&self, call: Call) -> Option<JudgedCall> {
        let caller = call.party.phone();
        let (contacts, attributions) =
            caller.map(|caller| self.lists.dealings_of(call.bait, caller)).unwrap_or_default();
        let circumstances = Circumstances {
            bait: self.baits.get(&call.bait)?,
            traps: self.states.by_bait.get(&call.bait).map_or(&[], Vec::as_slice),
            own_numbers: self.own_numbers,
            allow_list: &self.lists.allow_list,
            visits: self.lists.visits_of(call.bait),
            attributions: &attributions,
            contacts: &contacts,
            numbering: self.law.numbering,
            portability: caller.map_or(&[][..], |caller| self.lists.answers_of(caller)),
            operators: self.law.operators,
            statement_is_in: false,
        };
        let assessment = assess_by(self.law.rules, &call, &circumstances);
        let label = self.latest_label(&call).map(|heard| heard.kind);
        let recorded = call.observations.iter().filter(|id| self.recorded.contains(id)).count();
        let recordings = u32::try_from(recorded).unwrap_or(u32::MAX);
        Some(JudgedCall { client_id: self.client, call, assessment, label, recordings })
    }
}

/// The day's interceptions as reports count them.
pub(crate) fn interception_rows(
    judged: &[JudgedCall],
    baits: &HashMap<BaitId, Bait>,
    zone: &TimeZone,
) -> Vec<InterceptionRow> {
    judged
        .iter()
        .filter_map(|one| {
            let interception = one.assessment.interception.as_ref()?;
            Some(InterceptionRow {
                client: one.client_id,
                caller: one.call.party.phone(),
                operator: interception.caller_operator,
                region: interception.caller_region.as_deref().map(str::to_owned),
                competitors: interception.competitors.clone(),
                bait: one.call.bait,
                bait_operator: baits.get(&one.call.bait).and_then(|bait| bait.operator),
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

/// The pairs whose calls of a day are no longer what they were: verdicts of
/// later days may rest on them.
pub(crate) fn changed_pairs(before: &[JudgedCall], after: &[JudgedCall]) -> BTreeSet<Pair> {
    differing(before, after, |one| &one.call)
        .filter_map(|one| one.call.party.phone().map(|phone| (one.call.bait, phone)))
        .collect()
}

/// Who called which bait in a call that is no longer counted as it was.
pub(crate) fn changed_callers(
    before: &[JudgedCall],
    after: &[JudgedCall],
) -> BTreeSet<CallerOfBait> {
    differing(before, after, |one| one)
        .filter(|one| one.assessment.interception.is_some())
        .map(|one| (one.call.bait, one.call.party.phone()))
        .collect()
}

/// The calls of which one side says something else than the other, or nothing.
fn differing<'a, T: PartialEq>(
    before: &'a [JudgedCall],
    after: &'a [JudgedCall],
    said: fn(&JudgedCall) -> &T,
) -> impl Iterator<Item = &'a JudgedCall> {
    let by_id = |calls: &'a [JudgedCall]| -> HashMap<ObservationId, &'a JudgedCall> {
        calls.iter().map(|one| (one.call.id, one)).collect()
    };
    let differ_from = move |others: HashMap<ObservationId, &'a JudgedCall>| {
        move |one: &&'a JudgedCall| {
            others.get(&one.call.id).is_none_or(|other| said(one) != said(other))
        }
    };
    let gone = before.iter().filter(differ_from(by_id(after)));
    gone.chain(after.iter().filter(differ_from(by_id(before))))
}
