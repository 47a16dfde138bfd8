//! `/v1/complaints`: what goes to an office, made in batches from interceptions
//! that are in no complaint.

use std::collections::HashMap;

use crate::routes::ServiceConfig;
use actix_web::{HttpRequest, HttpResponse, get, patch, post, web};
use baitline_domain::ids::{ApplicantId, ClientId, CompetitorId, ComplaintId};
use baitline_store::complaints::{self, ComplaintFilter};
use baitline_store::models::{ComplaintChanges, ComplaintCriteria, ComplaintRow};
use baitline_store::versions::Expected;
use baitline_store::{Conn, Reach, StoreResult, clients};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::complaint_views::{
    ComplaintBatchView, ComplaintProposalView, ComplaintView, ProposeComplaints, UpdateComplaint,
};
use super::{create_for, page};
use crate::app::{App, AppData};
use crate::auth::Caller;
use crate::extract::Body;
use crate::fields::{CivilDay, PhoneNumber, SubjectText};
use crate::paging::{self, Cursor, Limit};
use crate::permissions::{BaitsRead, Cases};
use crate::precondition::{IfMatch, IfMatchHeader, tagged};
use crate::problem::{ApiResult, Problem};
use crate::query::Params;
use crate::words::ComplaintStateWord;

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(propose_complaints)
        .service(create_complaints)
        .service(list_complaints)
        .service(find_complaint)
        .service(update_complaint);
}

/// A piece of the list of complaints.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({"items": [], "next_cursor": null})))]
pub(crate) struct ComplaintPage {
    /// In order of making.
    items: Vec<ComplaintView>,
    /// Leads to the next piece; null at the end.
    next_cursor: Option<String>,
}

/// Which complaints, and which piece of the list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListComplaints {
    /// Of this client.
    #[param(nullable = false)]
    client_id: Option<Uuid>,
    /// That stand there.
    #[param(nullable = false)]
    state: Option<ComplaintStateWord>,
    /// Of this applicant.
    #[param(nullable = false)]
    applicant_id: Option<Uuid>,
    /// To the office of this subject.
    #[param(nullable = false)]
    subject_code: Option<SubjectText>,
    /// With a call from this number.
    #[param(nullable = false)]
    caller: Option<PhoneNumber>,
    /// Of this competitor.
    #[param(nullable = false)]
    competitor_id: Option<Uuid>,
    /// Not filed, and too late from this day on or before.
    #[param(nullable = false)]
    expires_on: Option<CivilDay>,
    /// Where the piece before ended.
    #[param(value_type = Option<String>, nullable = false)]
    cursor: Option<Cursor>,
    /// How many, 100 unless told.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1000, nullable = false)]
    limit: Option<Limit>,
}

/// Propose complaints
///
/// One for each applicant and each call, number or competitor, as asked, from the
/// answered interceptions of the period that a person heard to be advertising and
/// that are in no complaint. Nothing is made.
#[utoipa::path(
    tag = "complaints",
    security(("bearer" = ["cases", "baits:read"])),
    request_body = ProposeComplaints,
    responses(
        (status = 200, description = "What would be made.", body = ComplaintProposalView),
        (status = 409, description = "More calls fit than one batch is made from.",
            body = Problem),
    ),
)]
#[post("/v1/complaints:propose")]
async fn propose_complaints(
    app: AppData,
    caller: Caller<(Cases, BaitsRead)>,
    body: Body<ProposeComplaints>,
) -> ApiResult<web::Json<ComplaintProposalView>> {
    let client = caller.client(body.0.client_id)?;
    let criteria = ComplaintCriteria::try_from(body.0)?;
    let proposal = app.read(Reach::Client(client), move |conn| {
        clients::find_client(conn, client)?;
        complaints::propose(conn, client, &criteria)
    });
    Ok(web::Json(proposal.await?.into()))
}

/// Make complaints
///
/// The drafts that would be proposed, signed by whoever usually signs for the
/// applicant. Sending it again makes the drafts of calls that came since, and no
/// others.
#[utoipa::path(
    tag = "complaints",
    security(("bearer" = ["cases", "baits:read"])),
    request_body = ProposeComplaints,
    responses(
        (status = 200, description = "There was nothing to complain of.",
            body = ComplaintBatchView),
        (status = 201, description = "The drafts that were made.", body = ComplaintBatchView),
        (status = 409, description = "More calls fit than one batch is made from.",
            body = Problem),
    ),
)]
#[post("/v1/complaints")]
async fn create_complaints(
    app: AppData,
    caller: Caller<(Cases, BaitsRead)>,
    body: Body<ProposeComplaints>,
) -> ApiResult<HttpResponse> {
    let client = caller.client(body.0.client_id)?;
    let criteria = ComplaintCriteria::try_from(body.0)?;
    let author = caller.key_id().to_owned();
    let made = create_for(&app, client, move |conn| {
        complaints::create_complaints(conn, client, &criteria, &author)
    });
    let (made, proposal) = made.await?;
    let batch = ComplaintBatchView::of(made, &proposal)?;
    let mut response = if batch.is_empty() { HttpResponse::Ok() } else { HttpResponse::Created() };
    Ok(response.json(batch))
}

/// List complaints
///
/// `expires_on` lists those that are not filed and whose limitation date is that
/// day or earlier.
#[utoipa::path(
    tag = "complaints",
    security(("bearer" = ["cases", "baits:read"])),
    params(ListComplaints),
    responses((status = 200, description = "A piece of the list.", body = ComplaintPage)),
)]
#[get("/v1/complaints")]
async fn list_complaints(
    app: AppData,
    req: HttpRequest,
    caller: Caller<(Cases, BaitsRead)>,
    query: Params<ListComplaints>,
) -> ApiResult<HttpResponse> {
    let query = query.0;
    let reach = caller.reach(query.client_id)?;
    let filter = ComplaintFilter {
        state: query.state.map(Into::into),
        applicant: query.applicant_id.map(ApplicantId),
        subject: query.subject_code.map(|subject| subject.0.number()),
        caller: query.caller.map(|number| number.0),
        competitor: query.competitor_id.map(CompetitorId),
        expires_on: query.expires_on.map(|day| day.0),
    };
    let (page, limit) = (page(query.cursor, query.limit), query.limit);
    let found = app.read(reach, move |conn| {
        let rows = complaints::list_complaints(conn, reach, &filter, page)?;
        let ids: Vec<ComplaintId> = rows.iter().map(|row| row.id).collect();
        let counts = complaints::count_calls(conn, reach, &ids)?;
        Ok((rows, counts))
    });
    let (rows, counts) = found.await?;
    let counts: HashMap<ComplaintId, i64> = counts.into_iter().collect();
    let (rows, next_cursor) = paging::cut(rows, limit, |row| Cursor::of_id(row.id.0));
    let view = |row: ComplaintRow| {
        let calls = counts.get(&row.id).copied().unwrap_or_default();
        ComplaintView::of(row, calls)
    };
    let items = rows.into_iter().map(view).collect::<ApiResult<_>>()?;
    let page = ComplaintPage { items, next_cursor };
    Ok(paging::answer(&req, page.next_cursor.as_deref(), &page))
}

/// Find one complaint
#[utoipa::path(
    tag = "complaints",
    security(("bearer" = ["cases", "baits:read"])),
    params(("id" = Uuid, Path, description = "The complaint's id.")),
    responses((status = 200, description = "The complaint, with its ETag.", body = ComplaintView)),
)]
#[get("/v1/complaints/{id}")]
async fn find_complaint(
    app: AppData,
    caller: Caller<(Cases, BaitsRead)>,
    id: web::Path<Uuid>,
) -> ApiResult<HttpResponse> {
    let (id, reach) = (ComplaintId(id.into_inner()), caller.whole_reach()?);
    let known = app.read(reach, move |conn| {
        let row = complaints::find_complaint(conn, reach, id)?;
        counted(conn, row)
    });
    answer(known.await?)
}

/// Change a complaint
///
/// What does not move it. With `If-Match` only if nobody changed it meanwhile.
#[utoipa::path(
    tag = "complaints",
    security(("bearer" = ["cases", "baits:read"])),
    params(("id" = Uuid, Path, description = "The complaint's id."), IfMatchHeader),
    request_body = UpdateComplaint,
    responses(
        (status = 200, description = "The complaint as changed.", body = ComplaintView),
        (status = 409, description = "It was filed, and what is to change is settled.",
            body = Problem),
        (status = 412, description = "It was changed meanwhile.", body = Problem),
    ),
)]
#[patch("/v1/complaints/{id}")]
async fn update_complaint(
    app: AppData,
    caller: Caller<(Cases, BaitsRead)>,
    id: web::Path<Uuid>,
    expected: IfMatch,
    body: Body<UpdateComplaint>,
) -> ApiResult<HttpResponse> {
    let changes = ComplaintChanges::from(body.0);
    change(&app, &caller, id.into_inner(), expected, move |conn, client, id, expected| {
        complaints::update_complaint(conn, client, id, expected, &changes)
    })
    .await
}

/// Does something to a complaint within reach and answers with it.
pub(super) async fn change(
    app: &App,
    caller: &Caller<(Cases, BaitsRead)>,
    id: Uuid,
    expected: IfMatch,
    work: impl Fn(&mut Conn, ClientId, ComplaintId, &Expected) -> StoreResult<ComplaintRow>
    + Send
    + 'static,
) -> ApiResult<HttpResponse> {
    let (id, reach) = (ComplaintId(id), caller.whole_reach()?);
    let changed = app.write(reach, move |conn| {
        let client = complaints::find_complaint(conn, reach, id)?.client_id;
        let row = work(conn, client, id, &expected.0)?;
        counted(conn, row)
    });
    answer(changed.await?)
}

fn counted(conn: &mut Conn, row: ComplaintRow) -> StoreResult<(ComplaintRow, i64)> {
    let counts = complaints::count_calls(conn, Reach::Client(row.client_id), &[row.id])?;
    Ok((row, counts.first().map_or(0, |(_, calls)| *calls)))
}

fn answer((row, calls): (ComplaintRow, i64)) -> ApiResult<HttpResponse> {
    let view = ComplaintView::of(row, calls)?;
    Ok(tagged(HttpResponse::Ok(), view.version, &view))
}
