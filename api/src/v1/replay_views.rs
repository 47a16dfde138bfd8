//! Replays as the wire has them.

use baitline_domain::operator::Operators;
use baitline_domain::verdict::Reason;
use baitline_store::StoreResult;
use baitline_store::models::{DifferenceRow, Package, Replay, Touched};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::operator_views::{OperatorView, operator_view};
use super::unsigned;
use crate::fields::{PhoneNumber, Time, Whole};
use crate::problem::ApiResult;
use crate::words::{
    PackageStateWord, ReasonWord, ReplayOutcomeWord, ReplayStateWord, TouchedKindWord,
};

/// A replay to make. Without a version and without an edition the period is
/// judged as it would be now: every difference is then a drift of what stands.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({
    "from": "2026-09-01T00:00:00+03:00",
    "to": "2026-11-01T00:00:00+03:00",
    "numbering_edition_id": "0197a5b0-7c1e-7d3a-9a51-000000000009"
})))]
pub(crate) struct ReplayVerdicts {
    /// The client; required with an agency's key.
    #[schema(nullable = false)]
    pub(super) client_id: Option<Uuid>,
    /// Calls started at or after this time.
    pub(super) from: Time,
    /// Calls started before this time, at most 400 days later.
    pub(super) to: Time,
    /// The version of the rules that judges; the one in force unless told.
    #[schema(value_type = Option<u32>, minimum = 0, maximum = 4294967295u64, nullable = false)]
    pub(super) rule_version: Option<Whole<0, { u32::MAX }>>,
    /// The edition that judges as if it alone had been in force of its file at
    /// all times, before and after its beginning; the other files keep theirs.
    #[schema(nullable = false)]
    pub(super) numbering_edition_id: Option<Uuid>,
}

/// A dry run over a period: nothing of the calls changes.
#[derive(Serialize, ToSchema)]
#[schema(as = Replay, examples(json!({
    "id": "0197a5b0-7c1e-7d3a-9a51-000000000021",
    "client_id": "0197a5b0-7c1e-7d3a-9a51-000000000001",
    "state": "running",
    "problem": null,
    "from": "2026-08-31T21:00:00Z",
    "to": "2026-10-31T21:00:00Z",
    "rule_version": null,
    "numbering_edition_id": "0197a5b0-7c1e-7d3a-9a51-000000000009",
    "days_done": 12,
    "days_total": 61,
    "pending_days": 0,
    "calls": 480,
    "differences": 3,
    "created_at": "2026-11-01T09:00:00Z",
    "updated_at": "2026-11-01T09:00:05Z"
})))]
pub(crate) struct ReplayView {
    /// Its id.
    pub(super) id: Uuid,
    /// Its client.
    client_id: Uuid,
    /// Where it stands.
    state: ReplayStateWord,
    /// Why it failed.
    problem: Option<String>,
    /// The period's beginning.
    from: Time,
    /// The first moment after the period.
    to: Time,
    /// The version of the rules that judges; null for the one in force.
    rule_version: Option<u32>,
    /// The edition that judges alone of its file; null where none was named.
    numbering_edition_id: Option<Uuid>,
    /// UTC days judged.
    days_done: u32,
    /// UTC days of the period on which anything happened.
    days_total: u32,
    /// Days judged while the worker had still to recompute them: there a
    /// difference may be one that the recomputation has made good since.
    pending_days: u32,
    /// Calls compared.
    calls: i64,
    /// Calls that would be another thing than they are.
    differences: i64,
    /// When it was asked for.
    created_at: Time,
    /// When it last moved.
    updated_at: Time,
}

/// So many calls are the one and would be the other. Where both are the same,
/// the reasons, the operator or another particular would differ.
#[derive(Serialize, ToSchema)]
#[schema(as = ReplayTransition)]
pub(crate) struct TransitionView {
    /// What they are.
    before: ReplayOutcomeWord,
    /// What they would be.
    after: ReplayOutcomeWord,
    /// How many.
    calls: i64,
}

/// Something built of calls that would change, or that would come into it.
#[derive(Serialize, ToSchema)]
#[schema(as = ReplayTouched)]
pub(crate) struct TouchedView {
    /// What it is.
    kind: TouchedKindWord,
    /// Its id.
    id: Uuid,
    /// The export it was built by.
    export_id: Option<Uuid>,
    /// The number complained of.
    caller: Option<PhoneNumber>,
    /// Where the package stands.
    state: Option<PackageStateWord>,
    /// How many of its calls would change.
    calls: i64,
}

/// A replay with what it has found so far.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({
    "replay": {
        "id": "0197a5b0-7c1e-7d3a-9a51-000000000021",
        "client_id": "0197a5b0-7c1e-7d3a-9a51-000000000001",
        "state": "done",
        "problem": null,
        "from": "2026-08-31T21:00:00Z",
        "to": "2026-10-31T21:00:00Z",
        "rule_version": null,
        "numbering_edition_id": "0197a5b0-7c1e-7d3a-9a51-000000000009",
        "days_done": 61,
        "days_total": 61,
        "pending_days": 0,
        "calls": 2310,
        "differences": 3,
        "created_at": "2026-11-01T09:00:00Z",
        "updated_at": "2026-11-01T09:00:09Z"
    },
    "transitions": [{"before": "foreign_group", "after": "same_group", "calls": 3}],
    "differences_kept": 3,
    "touched": [{
        "kind": "package",
        "id": "0197a5b0-7c1e-7d3a-9a51-000000000008",
        "export_id": "0197a5b0-7c1e-7d3a-9a51-000000000007",
        "caller": "+79160000001",
        "state": "draft",
        "calls": 2
    }],
    "touched_total": 1
})))]
pub(crate) struct ReplayDetail {
    /// The replay.
    pub(super) replay: ReplayView,
    /// How many calls would become what; all differences are counted.
    pub(super) transitions: Vec<TransitionView>,
    /// How many differences are kept to be listed: the earliest, see the limit
    /// `replay_differences`.
    pub(super) differences_kept: i64,
    /// What was built of such calls, those with the most first, up to the limit
    /// `replay_touched`.
    pub(super) touched: Vec<TouchedView>,
    /// How many such things there are.
    pub(super) touched_total: i64,
}

/// One call that would be another thing than it is.
#[derive(Serialize, ToSchema)]
#[schema(as = ReplayDifference)]
pub(crate) struct DifferenceView {
    /// The call.
    call_id: Uuid,
    /// When it began.
    started_at: Time,
    /// Its bait.
    bait_id: Uuid,
    /// The number at its other end, where it has one.
    caller: Option<PhoneNumber>,
    /// What it is.
    before: OutcomeView,
    /// What it would be.
    after: OutcomeView,
}

/// What a call is, or would be.
#[derive(Serialize, ToSchema)]
#[schema(as = ReplayOutcomeFacts)]
pub(crate) struct OutcomeView {
    /// Background, or an interception by its verdict.
    outcome: ReplayOutcomeWord,
    /// Every reason.
    reasons: Vec<ReasonWord>,
    /// The caller's operator.
    caller_operator: Option<OperatorView>,
}

/// A piece of the list of replays.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({"items": [], "next_cursor": null})))]
pub(crate) struct ReplayPage {
    /// In order of asking.
    pub(super) items: Vec<ReplayView>,
    /// Leads to the next piece; null at the end.
    pub(super) next_cursor: Option<String>,
}

/// A piece of the list of a replay's differences.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({
    "items": [{
        "call_id": "0f3a5b6c-7d8e-8f90-a1b2-c3d4e5f60718",
        "started_at": "2026-10-02T08:05:00Z",
        "bait_id": "0197a5b0-7c1e-7d3a-9a51-000000000002",
        "caller": "+79160000001",
        "before": {
            "outcome": "foreign_group",
            "reasons": ["range_holder_only"],
            "caller_operator": {
                "inn": "7740000076", "name": "ПАО «МТС»", "brand": "МТС", "group": "mts"
            }
        },
        "after": {"outcome": "inconclusive", "reasons": ["numbering_not_loaded"],
            "caller_operator": null}
    }],
    "next_cursor": null
})))]
pub(crate) struct DifferencePageView {
    /// In order of the calls' start.
    pub(super) items: Vec<DifferenceView>,
    /// Leads to the next piece; null at the end.
    pub(super) next_cursor: Option<String>,
}

/// A replay as the wire has it.
pub(super) fn replay_view(replay: Replay) -> ApiResult<ReplayView> {
    Ok(ReplayView {
        id: replay.id.0,
        client_id: replay.client_id.0,
        state: replay.state.into(),
        problem: replay.problem,
        from: Time(replay.from_at),
        to: Time(replay.to_at),
        rule_version: replay.rule_version.map(unsigned).transpose()?,
        numbering_edition_id: replay.edition_id.map(|edition| edition.0),
        days_done: unsigned(replay.days_done)?,
        // A day that came since it was asked for is done, too.
        days_total: unsigned(replay.days_total.max(replay.days_done))?,
        pending_days: unsigned(replay.pending_days)?,
        calls: replay.calls,
        differences: replay.differences,
        created_at: Time(replay.created_at),
        updated_at: Time(replay.updated_at),
    })
}

/// How many calls would become what, the most first.
pub(super) fn transition_views(replay: &Replay) -> StoreResult<Vec<TransitionView>> {
    let mut views: Vec<TransitionView> = replay
        .transitions()?
        .into_iter()
        .map(|((before, after), calls)| TransitionView {
            before: before.into(),
            after: after.into(),
            calls,
        })
        .collect();
    views.sort_by_key(|view| std::cmp::Reverse(view.calls));
    Ok(views)
}

/// A touched thing with what is known of it.
pub(super) fn touched_view(touched: &Touched, packages: &[Package]) -> TouchedView {
    let package = packages.iter().find(|package| package.id.0 == touched.subject_id.0);
    TouchedView {
        kind: touched.kind.into(),
        id: touched.subject_id.0,
        export_id: package.map(|package| package.export_id.0),
        caller: package.map(|package| PhoneNumber(package.caller)),
        state: package.map(|package| package.state.into()),
        calls: touched.calls,
    }
}

/// A difference as the wire has it.
pub(super) fn difference_view(
    operators: &Operators,
    row: &DifferenceRow,
) -> ApiResult<DifferenceView> {
    let (before, after) = row.reasons()?;
    let words = |reasons: Vec<Reason>| reasons.into_iter().map(ReasonWord::from).collect();
    let operator = |inn: Option<_>| inn.map(|inn| operator_view(operators, inn, row.started_at));
    Ok(DifferenceView {
        call_id: row.call_id.0,
        started_at: Time(row.started_at),
        bait_id: row.bait_id.0,
        caller: row.caller.map(PhoneNumber),
        before: OutcomeView {
            outcome: row.outcome_before.into(),
            reasons: words(before),
            caller_operator: operator(row.operator_before),
        },
        after: OutcomeView {
            outcome: row.outcome_after.into(),
            reasons: words(after),
            caller_operator: operator(row.operator_after),
        },
    })
}
