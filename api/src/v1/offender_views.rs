//! Everything known of one number, as the wire has it.

use std::collections::BTreeMap;

use baitline_analytics::{Thresholds, VerdictCounts};
use baitline_domain::instant::Instant;
use baitline_domain::operator::{Inn, Operators};
use baitline_store::models::JudgedCall;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::allow_list::AllowEntryView;
use super::attributions::AttributionView;
use super::complaint_objections::OutcomesView;
use super::numbering::NumberAnswer;
use super::offenders::VerdictCountsView;
use super::operator_views::{OperatorView, operator_view};
use super::own_numbers::OwnNumberView;
use super::portability_answers::PortabilityAnswerView;
use crate::fields::{PhoneNumber, Time};
use crate::words::{DirectionWord, LabelKindWord, ReasonWord, StandingWord, VerdictWord};

/// Everything known of one number within reach, of all time. A number never
/// seen has no standing and counts of zero.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({
    "number": "+79160000001",
    "standing": "repeat_offender",
    "thresholds": {"interceptions": 2, "traps": 2, "baits": 1, "clients": 1, "days": 1},
    "verdicts_counted": ["foreign_group", "foreign_entity"],
    "pending_days": 0,
    "counts": {
        "interceptions": 5, "traps": 4, "baits": 3, "clients": 1, "days": 5,
        "prior_contact": 0, "candidates": 1, "unheard_invalid": 0, "other_heard": 0,
        "attempts": 2, "background_calls": 1,
        "advertising": {
            "foreign_group": 5, "foreign_entity": 0, "same_group": 0, "inconclusive": 0,
            "invalid": 0
        },
        "first_at": "2026-09-03T08:05:00Z", "last_at": "2026-10-20T12:41:00Z"
    },
    "other_clients": 4,
    "is_own_number": false,
    "is_allowed": false,
    "numbering": {
        "number": "+79160000001",
        "at": "2026-11-02T08:05:00Z",
        "allocation": "held",
        "operator": {"inn": "7740000076", "name": "ПАО «МТС»", "brand": "МТС", "group": "mts"},
        "operator_name": "ПАО \"МТС\"",
        "region": "г. Москва и Московская область",
        "edition_id": "0197a5b0-7c1e-7d3a-9a51-000000000009",
        "notes": []
    },
    "complaints": {
        "complaints": 1, "filed": 1, "returned": 0, "violations": 0, "fines_kopecks": 0,
        "objected": 0
    },
    "on_review": false,
    "portability_answers": [],
    "operators": [{
        "operator": {"inn": "7740000076", "name": "ПАО «МТС»", "brand": "МТС", "group": "mts"},
        "calls": 8, "first_at": "2026-09-03T08:05:00Z", "last_at": "2026-10-20T12:41:00Z"
    }],
    "own_numbers": [],
    "allowances": [],
    "attributions": [],
    "callbacks_named": [
        {"number": "+74951230000", "calls": 3, "last_at": "2026-10-20T12:41:00Z"}
    ],
    "named_as_callback_by": [],
    "companies_named": [
        {"company": "Окна Комфорт", "calls": 3, "last_at": "2026-10-20T12:41:00Z"}
    ],
    "calls": [{
        "id": "0f3a5b6c-7d8e-8f90-a1b2-c3d4e5f60718",
        "client_id": "0197a5b0-7c1e-7d3a-9a51-000000000001",
        "bait_id": "0197a5b0-7c1e-7d3a-9a51-000000000002",
        "started_at": "2026-10-20T12:41:00Z",
        "direction": "incoming",
        "verdict": "foreign_group",
        "label": "advertising",
        "attempt": false,
        "prior_contact": false,
        "reasons": ["range_holder_only"]
    }]
})))]
pub(crate) struct OffenderPage {
    /// The number.
    pub(super) number: PhoneNumber,
    /// What the counts come to by the usual thresholds; null where there is no
    /// interception of the number.
    pub(super) standing: Option<StandingWord>,
    /// What a repeat offender reaches at least, in everything at once.
    pub(super) thresholds: ThresholdsView,
    /// The verdicts whose interceptions are counted.
    pub(super) verdicts_counted: Vec<VerdictWord>,
    /// How many touched days the worker has still to recompute; at 0 the counts
    /// are of everything acknowledged before the page was asked for.
    pub(super) pending_days: i64,
    /// How many there are of each.
    pub(super) counts: OffenderCountsView,
    /// How many other clients' baits it has called, and never whose. Told from so many
    /// on as the installation says, 3 unless told, so that nobody is recognised; null
    /// below that, and where the answer is of every client.
    pub(super) other_clients: Option<u64>,
    /// What came of the complaints with a call from it, within reach.
    pub(super) complaints: OutcomesView,
    /// Whether an objection against one of them waits to be settled.
    pub(super) on_review: bool,
    /// Whether it is an own number of a client within reach at this moment.
    pub(super) is_own_number: bool,
    /// Whether a client within reach allows it to call at this moment.
    pub(super) is_allowed: bool,
    /// Who holds its range at this moment, by the registry.
    pub(super) numbering: NumberAnswer,
    /// What look-ups in the portability database said, in order of entry.
    pub(super) portability_answers: Vec<PortabilityAnswerView>,
    /// The operators that its interceptions were judged by, the latest first.
    pub(super) operators: Vec<OperatorTimeView>,
    /// The own numbers that hold it, whenever they are valid.
    pub(super) own_numbers: Vec<OwnNumberView>,
    /// The allowances of it, whenever they are valid.
    pub(super) allowances: Vec<AllowEntryView>,
    /// Whose number it is, or was.
    pub(super) attributions: Vec<NamedAttributionView>,
    /// The numbers that its callers asked to call back, by the labels in force
    /// of its latest labelled calls.
    pub(super) callbacks_named: Vec<CallbackView>,
    /// The numbers whose callers asked to call this one back, likewise.
    pub(super) named_as_callback_by: Vec<CallbackView>,
    /// The companies that its callers named, likewise.
    pub(super) companies_named: Vec<CompanyNamedView>,
    /// Its latest calls of any kind, in either direction, the latest first; without
    /// `baits:read` the interceptions among them.
    pub(super) calls: Vec<OffenderCallView>,
}

/// What makes a repeat offender.
#[derive(Serialize, ToSchema)]
#[schema(as = OffenderThresholds)]
pub(crate) struct ThresholdsView {
    /// Counted interceptions.
    interceptions: u32,
    /// Distinct traps of the counted ones without prior contact.
    traps: u32,
    /// Distinct baits of the counted ones.
    baits: u32,
    /// Distinct clients of the counted ones.
    clients: u32,
    /// Distinct local days of the counted ones.
    days: u32,
}

impl From<Thresholds> for ThresholdsView {
    fn from(thresholds: Thresholds) -> Self {
        let Thresholds { interceptions, traps, baits, clients, days } = thresholds;
        Self { interceptions, traps, baits, clients, days }
    }
}

/// What is known of a number in counts. An interception is counted when it was
/// answered, advertising was heard in it, and its verdict is among those counted.
#[derive(Default, Serialize, ToSchema)]
#[schema(as = OffenderCounts)]
pub(crate) struct OffenderCountsView {
    /// Counted interceptions.
    pub(super) interceptions: u64,
    /// Distinct traps of the counted ones without prior contact.
    pub(super) traps: u64,
    /// Distinct baits of the counted ones.
    pub(super) baits: u64,
    /// Distinct clients of the counted ones, within reach.
    pub(super) clients: u64,
    /// Distinct local days of the counted ones.
    pub(super) days: u64,
    /// Counted ones with prior contact.
    pub(super) prior_contact: u64,
    /// Answered and not heard yet.
    pub(super) candidates: u64,
    /// Answered and not heard yet, from a number that cannot be a caller's.
    pub(super) unheard_invalid: u64,
    /// Answered, but what was heard is no advertising.
    pub(super) other_heard: u64,
    /// Not answered.
    pub(super) attempts: u64,
    /// Calls that are no interceptions, in either direction.
    pub(super) background_calls: i64,
    /// Answered ones heard to be advertising, by verdict, counted or not.
    pub(super) advertising: VerdictCountsView,
    /// When the earliest interception began.
    pub(super) first_at: Option<Time>,
    /// When the latest interception began.
    pub(super) last_at: Option<Time>,
}

impl Default for VerdictCountsView {
    fn default() -> Self {
        VerdictCounts::default().into()
    }
}

/// An operator that interceptions of a number were judged by.
#[derive(Serialize, ToSchema)]
#[schema(as = OffenderOperator)]
pub(crate) struct OperatorTimeView {
    /// The operator; null where it was not known.
    pub(super) operator: Option<OperatorView>,
    /// Interceptions.
    pub(super) calls: u64,
    /// When the earliest of them began.
    pub(super) first_at: Time,
    /// When the latest of them began.
    pub(super) last_at: Time,
}

/// An attribution with the competitor's name.
#[derive(Serialize, ToSchema)]
#[schema(as = OffenderAttribution)]
pub(crate) struct NamedAttributionView {
    /// What the competitor is called.
    pub(super) competitor_name: Option<String>,
    /// The attribution.
    pub(super) attribution: AttributionView,
}

/// A number on the other side of a call-back.
#[derive(Serialize, ToSchema)]
#[schema(as = OffenderCallback)]
pub(crate) struct CallbackView {
    /// The number.
    pub(super) number: PhoneNumber,
    /// In how many calls it was so.
    pub(super) calls: u64,
    /// When the latest of them began.
    pub(super) last_at: Time,
}

/// A company that callers named.
#[derive(Serialize, ToSchema)]
#[schema(as = OffenderCompany)]
pub(crate) struct CompanyNamedView {
    /// As it was written down.
    pub(super) company: String,
    /// In how many calls.
    pub(super) calls: u64,
    /// When the latest of them began.
    pub(super) last_at: Time,
}

/// One call of a number.
#[derive(Serialize, ToSchema)]
#[schema(as = OffenderCall)]
pub(crate) struct OffenderCallView {
    /// The call's id.
    id: Uuid,
    /// Its client.
    client_id: Uuid,
    /// Its bait.
    bait_id: Uuid,
    /// The corrected start.
    started_at: Time,
    /// As the bait sees it.
    direction: DirectionWord,
    /// Of an interception; null for background.
    verdict: Option<VerdictWord>,
    /// What a person heard, as the latest label has it.
    label: Option<LabelKindWord>,
    /// Nobody answered.
    attempt: bool,
    /// The caller had called this bait before the trap.
    prior_contact: bool,
    /// Every reason of the verdict, or of there being none.
    reasons: Vec<ReasonWord>,
}

impl From<JudgedCall> for OffenderCallView {
    fn from(judged: JudgedCall) -> Self {
        let JudgedCall { client_id, call, assessment, label, recordings: _ } = judged;
        let interception = assessment.interception.as_ref();
        Self {
            id: call.id.0,
            client_id: client_id.0,
            bait_id: call.bait.0,
            started_at: Time(call.started_at),
            direction: call.direction.into(),
            verdict: interception.map(|one| one.verdict.into()),
            label: label.map(Into::into),
            attempt: !call.answered,
            prior_contact: interception.is_some_and(|one| one.prior_contact),
            reasons: assessment.reasons.into_iter().map(Into::into).collect(),
        }
    }
}

/// How often something was, and when first and last.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tallied {
    pub(super) calls: u64,
    pub(super) first_at: Instant,
    pub(super) last_at: Instant,
}

/// Adds up what is alike; the latest first, and at most so many lines.
pub(super) fn lines<K: Ord>(
    seen: impl Iterator<Item = (K, Tallied)>,
    most: usize,
) -> Vec<(K, Tallied)> {
    let mut by_key: BTreeMap<K, Tallied> = BTreeMap::new();
    for (key, one) in seen {
        let sum = by_key.entry(key).or_insert(Tallied { calls: 0, ..one });
        sum.calls += one.calls;
        sum.first_at = sum.first_at.min(one.first_at);
        sum.last_at = sum.last_at.max(one.last_at);
    }
    let mut lines: Vec<(K, Tallied)> = by_key.into_iter().collect();
    lines.sort_by_key(|(_, sum)| std::cmp::Reverse((sum.last_at, sum.calls)));
    lines.truncate(most);
    lines
}

/// An operator's line.
pub(super) fn operator_line(
    operators: &Operators,
    (inn, sum): (Option<Inn>, Tallied),
) -> OperatorTimeView {
    OperatorTimeView {
        operator: inn.map(|inn| operator_view(operators, inn, sum.last_at)),
        calls: sum.calls,
        first_at: Time(sum.first_at),
        last_at: Time(sum.last_at),
    }
}
