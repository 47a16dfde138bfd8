//! What belongs to one complaint: its calls with what the gate misses of each, the
//! ledger of its acts, its deadlines.

use crate::routes::ServiceConfig;
use actix_web::{HttpResponse, delete, get, patch, post, put, web};
use baitline_domain::ids::{ComplaintId, DeadlineId, ObservationId};
use baitline_store::complaints;
use baitline_store::models::{CallDecision, DeadlineChanges, NewAct, NewDeadline};
use uuid::Uuid;

use super::complaint_life_views::{
    ActList, ActView, CreateDeadline, DeadlineList, DeadlineView, RecordAct, UpdateDeadline,
};
use super::complaint_views::{ComplaintCallList, ComplaintView, DecideCall};
use super::complaints::change;
use crate::app::AppData;
use crate::auth::Caller;
use crate::extract::Body;
use crate::once::{Once, OnceHeader, Reply};
use crate::permissions::{BaitsRead, Cases};
use crate::precondition::{IfMatch, IfMatchHeader, first_version, tagged};
use crate::problem::{ApiResult, Problem};

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_complaint_calls)
        .service(remove_complaint_call)
        .service(decide_complaint_call)
        .service(list_complaint_acts)
        .service(record_complaint_act)
        .service(list_complaint_deadlines)
        .service(create_complaint_deadline)
        .service(update_complaint_deadline);
}

/// List the calls of a complaint
///
/// With what the gate misses of each today, and what was decided.
#[utoipa::path(
    tag = "complaints",
    security(("bearer" = ["cases", "baits:read"])),
    params(("id" = Uuid, Path, description = "The complaint's id.")),
    responses((status = 200, description = "All of them.", body = ComplaintCallList)),
)]
#[get("/v1/complaints/{id}/calls")]
async fn list_complaint_calls(
    app: AppData,
    caller: Caller<(Cases, BaitsRead)>,
    id: web::Path<Uuid>,
) -> ApiResult<web::Json<ComplaintCallList>> {
    let (id, reach) = (ComplaintId(id.into_inner()), caller.whole_reach()?);
    let calls = app.read(reach, move |conn| {
        let row = complaints::find_complaint(conn, reach, id)?;
        complaints::gated_calls(conn, &row)
    });
    let items = calls.await?.into_iter().map(Into::into).collect();
    Ok(web::Json(ComplaintCallList { items }))
}

/// Take a call out of a complaint
///
/// Before it is filed; another complaint may be made of it. The last call stays.
#[utoipa::path(
    tag = "complaints",
    security(("bearer" = ["cases", "baits:read"])),
    params(
        ("id" = Uuid, Path, description = "The complaint's id."),
        ("call_id" = Uuid, Path, description = "The call, as the complaint names it."),
        IfMatchHeader,
    ),
    responses(
        (status = 200, description = "The complaint without it.", body = ComplaintView),
        (status = 409, description = "It was filed, or has no other call.", body = Problem),
        (status = 412, description = "It was changed meanwhile.", body = Problem),
    ),
)]
#[delete("/v1/complaints/{id}/calls/{call_id}")]
async fn remove_complaint_call(
    app: AppData,
    caller: Caller<(Cases, BaitsRead)>,
    path: web::Path<(Uuid, Uuid)>,
    expected: IfMatch,
) -> ApiResult<HttpResponse> {
    let (id, call) = path.into_inner();
    change(&app, &caller, id, expected, move |conn, client, id, expected| {
        complaints::remove_call(conn, client, id, expected, ObservationId(call))
    })
    .await
}

/// Record what came of one call
///
/// In the place of what was recorded before, once the complaint is decided: every
/// call is decided as the complaint is until this says otherwise.
#[utoipa::path(
    tag = "complaints",
    security(("bearer" = ["cases", "baits:read"])),
    params(
        ("id" = Uuid, Path, description = "The complaint's id."),
        ("call_id" = Uuid, Path, description = "The call, as the complaint names it."),
        IfMatchHeader,
    ),
    request_body = DecideCall,
    responses(
        (status = 200, description = "The complaint.", body = ComplaintView),
        (status = 409, description = "Nothing was decided.", body = Problem),
        (status = 412, description = "It was changed meanwhile.", body = Problem),
    ),
)]
#[put("/v1/complaints/{id}/calls/{call_id}/decision")]
async fn decide_complaint_call(
    app: AppData,
    caller: Caller<(Cases, BaitsRead)>,
    path: web::Path<(Uuid, Uuid)>,
    expected: IfMatch,
    body: Body<DecideCall>,
) -> ApiResult<HttpResponse> {
    let (id, call) = path.into_inner();
    let decided = CallDecision::try_from(body.0)?;
    change(&app, &caller, id, expected, move |conn, client, id, expected| {
        complaints::record_decision(conn, client, id, expected, ObservationId(call), &decided)
    })
    .await
}

/// List the acts of a complaint
#[utoipa::path(
    tag = "complaints",
    security(("bearer" = ["cases", "baits:read"])),
    params(("id" = Uuid, Path, description = "The complaint's id.")),
    responses((status = 200, description = "The whole ledger.", body = ActList)),
)]
#[get("/v1/complaints/{id}/acts")]
async fn list_complaint_acts(
    app: AppData,
    caller: Caller<(Cases, BaitsRead)>,
    id: web::Path<Uuid>,
) -> ApiResult<web::Json<ActList>> {
    let (id, reach) = (ComplaintId(id.into_inner()), caller.whole_reach()?);
    let acts = app.read(reach, move |conn| {
        let client = complaints::find_complaint(conn, reach, id)?.client_id;
        complaints::acts_of(conn, client, id)
    });
    let items = acts.await?.into_iter().map(ActView::try_from).collect::<ApiResult<_>>()?;
    Ok(web::Json(ActList { items }))
}

/// Record an act
///
/// What was done with the complaint, in the order in which it was done. `complete`
/// and `file` ask the gate, and filing keeps the calls from every other complaint;
/// `return` and `withdraw` let them go. `pay` asks that every fine is paid.
#[utoipa::path(
    tag = "complaints",
    security(("bearer" = ["cases", "baits:read"])),
    params(("id" = Uuid, Path, description = "The complaint's id."), IfMatchHeader),
    request_body = RecordAct,
    responses(
        (status = 200, description = "The complaint as it stands then.", body = ComplaintView),
        (status = 409, description = "The act cannot follow; the code tells why.",
            body = Problem),
        (status = 412, description = "It was changed meanwhile.", body = Problem),
    ),
)]
#[post("/v1/complaints/{id}/acts")]
async fn record_complaint_act(
    app: AppData,
    caller: Caller<(Cases, BaitsRead)>,
    id: web::Path<Uuid>,
    expected: IfMatch,
    body: Body<RecordAct>,
) -> ApiResult<HttpResponse> {
    let new = NewAct::try_from(body.0)?;
    let author = caller.key_id().to_owned();
    change(&app, &caller, id.into_inner(), expected, move |conn, client, id, expected| {
        complaints::record_act(conn, client, id, expected, &new, &author)
    })
    .await
}

/// List the deadlines of a complaint
#[utoipa::path(
    tag = "complaints",
    security(("bearer" = ["cases", "baits:read"])),
    params(("id" = Uuid, Path, description = "The complaint's id.")),
    responses((status = 200, description = "All of them.", body = DeadlineList)),
)]
#[get("/v1/complaints/{id}/deadlines")]
async fn list_complaint_deadlines(
    app: AppData,
    caller: Caller<(Cases, BaitsRead)>,
    id: web::Path<Uuid>,
) -> ApiResult<web::Json<DeadlineList>> {
    let (id, reach) = (ComplaintId(id.into_inner()), caller.whole_reach()?);
    let rows = app.read(reach, move |conn| {
        let client = complaints::find_complaint(conn, reach, id)?.client_id;
        complaints::deadlines_of(conn, client, &[id])
    });
    let items = rows.await?.into_iter().map(Into::into).collect();
    Ok(web::Json(DeadlineList { items }))
}

/// Enter a deadline
///
/// A request of the office, a hearing, the end of a time to appeal. The day is
/// the office's: none is computed.
#[utoipa::path(
    tag = "complaints",
    security(("bearer" = ["cases", "baits:read"])),
    params(("id" = Uuid, Path, description = "The complaint's id."), OnceHeader),
    request_body = CreateDeadline,
    responses(
        (status = 201, description = "The deadline as entered.", body = DeadlineView),
        (status = 409, description = "The complaint has as many as it may have.", body = Problem),
    ),
)]
#[post("/v1/complaints/{id}/deadlines")]
async fn create_complaint_deadline(
    app: AppData,
    caller: Caller<(Cases, BaitsRead)>,
    id: web::Path<Uuid>,
    once: Once,
    body: Body<CreateDeadline>,
) -> ApiResult<HttpResponse> {
    let (id, reach) = (ComplaintId(id.into_inner()), caller.whole_reach()?);
    let new = NewDeadline::from(body.0);
    let author = caller.key_id().to_owned();
    let found = app.read(reach, move |conn| complaints::find_complaint(conn, reach, id));
    let client = found.await?.client_id;
    let work = move |conn: &mut _| complaints::create_deadline(conn, client, id, &new, &author);
    let reply = |row| Reply::created(&DeadlineView::from(row));
    Ok(first_version(app.create_once(&once, client, work, reply).await?))
}

/// Change a deadline
///
/// With `If-Match` only if nobody changed it meanwhile.
#[utoipa::path(
    tag = "complaints",
    security(("bearer" = ["cases", "baits:read"])),
    params(
        ("id" = Uuid, Path, description = "The complaint's id."),
        ("deadline_id" = Uuid, Path, description = "The deadline's id."),
        IfMatchHeader,
    ),
    request_body = UpdateDeadline,
    responses(
        (status = 200, description = "The deadline as changed.", body = DeadlineView),
        (status = 412, description = "It was changed meanwhile.", body = Problem),
    ),
)]
#[patch("/v1/complaints/{id}/deadlines/{deadline_id}")]
async fn update_complaint_deadline(
    app: AppData,
    caller: Caller<(Cases, BaitsRead)>,
    path: web::Path<(Uuid, Uuid)>,
    expected: IfMatch,
    body: Body<UpdateDeadline>,
) -> ApiResult<HttpResponse> {
    let (id, deadline) = path.into_inner();
    let (id, reach) = (ComplaintId(id), caller.whole_reach()?);
    let changes = DeadlineChanges::from(body.0);
    let changed = app.write(reach, move |conn| {
        let client = complaints::find_complaint(conn, reach, id)?.client_id;
        let place = (id, DeadlineId(deadline));
        complaints::update_deadline(conn, client, place, &expected.0, &changes)
    });
    let view = DeadlineView::from(changed.await?);
    Ok(tagged(HttpResponse::Ok(), view.version, &view))
}
