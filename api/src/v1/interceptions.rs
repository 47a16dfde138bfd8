//! `/v1/interceptions`: incoming calls with a verdict and every reason.

use crate::routes::ServiceConfig;
use actix_web::{HttpRequest, HttpResponse, get, web};
use baitline_domain::ids::{BaitId, ObservationId, TrapId};
use baitline_domain::instant::Instant;
use baitline_domain::operator::Operators;
use baitline_domain::verdict::Interception;
use baitline_store::calls::{self, CallFilter, InterceptionFilter};
use baitline_store::models::JudgedCall;
use baitline_store::{Conn, Reach, StoreError, StoreResult, operators};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::call_views::PartyView;
use super::calls::{call_cursor, call_page, with_recordings};
use super::operator_views::{OperatorView, operator_view};
use super::traps::ExposureView;
use crate::app::AppData;
use crate::auth::Caller;
use crate::fields::{PhoneNumber, Time};
use crate::paging::{self, Cursor, Limit};
use crate::permissions::Reports;
use crate::problem::ApiResult;
use crate::query::Params;
use crate::sight::OfBaits;
use crate::words::{LabelKindWord, ReasonWord, VerdictWord};

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_interceptions).service(find_interception);
}

/// What makes a call an interception.
#[derive(Serialize, ToSchema)]
pub(crate) struct InterceptionFacts {
    /// The latest trap that covers it. Null without `baits:read`: the id tells when
    /// the trap was entered.
    #[schema(value_type = Option<Uuid>)]
    trap_id: OfBaits<Uuid>,
    /// Its legal meaning.
    verdict: VerdictWord,
    /// Nobody answered: counted apart, never packaged.
    attempt: bool,
    /// The caller had called this bait before the trap.
    prior_contact: bool,
    /// The caller's operator.
    caller_operator: Option<OperatorView>,
    /// The numbering edition that was asked.
    numbering_edition_id: Option<Uuid>,
}

/// The view of an interception's particulars.
pub(super) fn interception_facts(
    operators: &Operators,
    interception: &Interception,
    at: Instant,
) -> InterceptionFacts {
    InterceptionFacts {
        trap_id: interception.trap.0.into(),
        verdict: interception.verdict.into(),
        attempt: interception.attempt,
        prior_contact: interception.prior_contact,
        caller_operator: interception.caller_operator.map(|inn| operator_view(operators, inn, at)),
        numbering_edition_id: interception.edition.map(|edition| edition.0),
    }
}

/// An incoming call with a verdict.
#[derive(Serialize, ToSchema)]
#[schema(as = Interception, examples(json!({
    "id": "0f3a5b6c-7d8e-8f90-a1b2-c3d4e5f60718",
    "client_id": "0197a5b0-7c1e-7d3a-9a51-000000000001",
    "bait_id": "0197a5b0-7c1e-7d3a-9a51-000000000002",
    "caller": {"kind": "number", "number": "+79160000001", "text": null},
    "started_at": "2026-10-02T08:05:00Z",
    "connected_seconds": 42,
    "facts": {
        "trap_id": "0197a5b0-7c1e-7d3a-9a51-000000000005",
        "verdict": "foreign_group",
        "attempt": false,
        "prior_contact": false,
        "caller_operator": {
            "inn": "7740000076", "name": "ПАО «МТС»", "brand": "МТС", "group": "mts"
        },
        "numbering_edition_id": "0197a5b0-7c1e-7d3a-9a51-000000000009"
    },
    "exposures_done": [
        {"kind": "site_visit", "at": "2026-10-01T07:02:00Z", "seconds": 240}
    ],
    "reasons": ["range_holder_only"],
    "rule_version": 1,
    "label": "advertising",
    "has_recording": true
})))]
pub(crate) struct InterceptionView {
    /// The call's id.
    id: Uuid,
    /// Its client.
    client_id: Uuid,
    /// The bait that was called.
    bait_id: Uuid,
    /// Who called.
    caller: PartyView,
    /// The corrected start.
    started_at: Time,
    /// Connected time in seconds.
    connected_seconds: u32,
    /// What makes it an interception.
    facts: InterceptionFacts,
    /// The exposures of the trap that were done when it came. Null without
    /// `baits:read`.
    #[schema(value_type = Option<Vec<ExposureView>>)]
    exposures_done: OfBaits<Vec<ExposureView>>,
    /// Every reason of the verdict.
    reasons: Vec<ReasonWord>,
    /// The version of the rules that judged it.
    rule_version: u32,
    /// What a person heard, as the latest label has it.
    label: Option<LabelKindWord>,
    /// Whether there is a recording.
    has_recording: bool,
}

/// A piece of the list of interceptions.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({"items": [], "next_cursor": null})))]
pub(crate) struct InterceptionPage {
    /// In order of start.
    items: Vec<InterceptionView>,
    /// Leads to the next piece; null at the end.
    next_cursor: Option<String>,
}

/// Which interceptions, and which piece of the list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListInterceptions {
    /// Of this client.
    #[param(nullable = false)]
    client_id: Option<Uuid>,
    /// Of this bait.
    #[param(nullable = false)]
    bait_id: Option<Uuid>,
    /// Of this trap.
    #[param(nullable = false)]
    trap_id: Option<Uuid>,
    /// From this number.
    #[param(nullable = false)]
    caller: Option<PhoneNumber>,
    /// With this verdict.
    #[param(nullable = false)]
    verdict: Option<VerdictWord>,
    /// With this label.
    #[param(nullable = false)]
    label: Option<LabelKindWord>,
    /// Started at or after this time.
    #[param(nullable = false)]
    from: Option<Time>,
    /// Started before this time.
    #[param(nullable = false)]
    to: Option<Time>,
    /// Where the piece before ended.
    #[param(value_type = Option<String>, nullable = false)]
    cursor: Option<Cursor>,
    /// How many, 100 unless told.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1000, nullable = false)]
    limit: Option<Limit>,
}

/// List interceptions
///
/// In order of start, with every reason.
#[utoipa::path(
    tag = "interceptions",
    security(("bearer" = ["reports"])),
    params(ListInterceptions),
    responses((status = 200, description = "A piece of the list.", body = InterceptionPage)),
)]
#[get("/v1/interceptions")]
async fn list_interceptions(
    app: AppData,
    req: HttpRequest,
    caller: Caller<Reports>,
    query: Params<ListInterceptions>,
) -> ApiResult<HttpResponse> {
    let query = query.0;
    let reach = caller.reach(query.client_id)?;
    let filter = CallFilter {
        bait: query.bait_id.map(BaitId),
        party: query.caller.map(|number| number.0),
        direction: None,
        from: query.from.map(|time| time.0),
        to: query.to.map(|time| time.0),
        interceptions_only: Some(InterceptionFilter {
            trap: query.trap_id.map(TrapId),
            verdict: query.verdict.map(Into::into),
            label: query.label.map(Into::into),
        }),
    };
    let page = call_page(query.cursor, query.limit);
    let rows = app.read(reach, move |conn| {
        let rows = calls::list_calls(conn, reach, &filter, page)?;
        Ok((with_recordings(conn, rows)?, operators::known_operators(conn)?))
    });
    let (rows, operators) = rows.await?;
    let (rows, next_cursor) = paging::cut(rows, query.limit, |row| call_cursor(&row.0));
    let items = rows.into_iter().filter_map(|row| view(&operators, row)).collect();
    let page = InterceptionPage { items, next_cursor };
    Ok(paging::answer(&req, page.next_cursor.as_deref(), &page))
}

/// Find one interception
///
/// By the call's id or that of any of its observations.
#[utoipa::path(
    tag = "interceptions",
    security(("bearer" = ["reports"])),
    params(("id" = Uuid, Path, description = "The call's id, or that of an observation.")),
    responses((status = 200, description = "The interception.", body = InterceptionView)),
)]
#[get("/v1/interceptions/{id}")]
async fn find_interception(
    app: AppData,
    caller: Caller<Reports>,
    id: web::Path<Uuid>,
) -> ApiResult<web::Json<InterceptionView>> {
    let (id, reach) = (ObservationId(id.into_inner()), caller.whole_reach()?);
    let rows = app.read(reach, move |conn| {
        let judged = find_intercepted(conn, reach, id)?;
        Ok((with_recordings(conn, vec![judged])?, operators::known_operators(conn)?))
    });
    let (mut rows, operators) = rows.await?;
    let row = rows.pop().and_then(|row| view(&operators, row));
    row.map(web::Json).ok_or_else(|| StoreError::NotFound.into())
}

/// The call with this id, if it is an interception.
pub(super) fn find_intercepted(
    conn: &mut Conn,
    reach: Reach,
    id: ObservationId,
) -> StoreResult<JudgedCall> {
    let judged = calls::find_call(conn, reach, id)?;
    if judged.assessment.interception.is_none() {
        return Err(StoreError::NotFound);
    }
    Ok(judged)
}

/// `None` for background.
fn view(
    operators: &Operators,
    (judged, has_recording): (JudgedCall, bool),
) -> Option<InterceptionView> {
    let JudgedCall { client_id, call, assessment, label, .. } = judged;
    let interception = assessment.interception?;
    let exposures_done = interception.exposures_done.iter().map(ExposureView::from);
    Some(InterceptionView {
        id: call.id.0,
        client_id: client_id.0,
        bait_id: call.bait.0,
        caller: PartyView::from(&call.party),
        started_at: Time(call.started_at),
        connected_seconds: call.connected_seconds,
        facts: interception_facts(operators, &interception, call.started_at),
        exposures_done: exposures_done.collect::<Vec<_>>().into(),
        reasons: assessment.reasons.into_iter().map(Into::into).collect(),
        rule_version: assessment.rule_version,
        label: label.map(Into::into),
        has_recording,
    })
}
