//! `/v1/sim-assignments`: when a SIM is in the use of which client. The agency
//! assigns; a client sees its own times and nothing of others.

use crate::routes::ServiceConfig;
use actix_web::{HttpRequest, HttpResponse, get, patch, post, web};
use baitline_domain::ids::{BaitId, ClientId, SimAssignmentId};
use baitline_store::models::{NewSimAssignment, SimAssignmentRow};
use baitline_store::{Reach, sims};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::applicants::ApplicantNote;
use super::page;
use crate::app::AppData;
use crate::auth::{Agency, Caller};
use crate::extract::Body;
use crate::fault::Fault;
use crate::fields::Time;
use crate::once::{Once, OnceHeader, Reply};
use crate::paging::{self, Cursor, Limit};
use crate::permissions::{Admin, BaitsRead};
use crate::problem::{ApiError, ApiResult, Problem};
use crate::query::Params;

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(create_sim_assignment)
        .service(list_sim_assignments)
        .service(find_sim_assignment)
        .service(end_sim_assignment);
}

/// A SIM to assign.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({
    "client_id": "0197a5b0-7c1e-7d3a-9a51-000000000001",
    "bait_id": "0197a5b0-7c1e-7d3a-9a51-000000000002",
    "valid_from": "2026-10-01T00:00:00+03:00"
})))]
pub(crate) struct CreateSimAssignment {
    /// The client.
    client_id: Uuid,
    /// The bait that the SIM is at this client.
    bait_id: Uuid,
    /// Its first moment.
    valid_from: Time,
    /// The first moment after it; absent for good.
    valid_to: Option<Time>,
    /// For people.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 1000)]
    note: Option<ApplicantNote>,
}

/// When an assignment ends.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"valid_to": "2026-11-01T00:00:00+03:00"})))]
pub(crate) struct EndSimAssignment {
    /// The first moment after it; its beginning takes it back, null lets it go on.
    #[serde(deserialize_with = "Option::deserialize")]
    #[schema(required)]
    valid_to: Option<Time>,
}

/// A time in which a SIM is in the use of a client.
#[derive(Serialize, ToSchema)]
#[schema(as = SimAssignment, examples(json!({
    "id": "0197a5b0-7c1e-7d3a-9a51-000000000032",
    "client_id": "0197a5b0-7c1e-7d3a-9a51-000000000001",
    "bait_id": "0197a5b0-7c1e-7d3a-9a51-000000000002",
    "valid_from": "2026-09-30T21:00:00Z",
    "valid_to": null,
    "note": null,
    "author": "k7m2p9q4w8x3",
    "created_at": "2026-10-01T09:30:00Z"
})))]
pub(crate) struct SimAssignmentView {
    /// Its id.
    id: Uuid,
    /// Its client.
    client_id: Uuid,
    /// The bait that the SIM is at this client.
    bait_id: Uuid,
    /// Its first moment.
    valid_from: Time,
    /// The first moment after it; null for good.
    valid_to: Option<Time>,
    /// For people.
    note: Option<String>,
    /// The public part of the key it was entered with.
    author: String,
    /// When it was entered.
    created_at: Time,
}

impl From<SimAssignmentRow> for SimAssignmentView {
    fn from(row: SimAssignmentRow) -> Self {
        Self {
            id: row.id.0,
            client_id: row.client_id.0,
            bait_id: row.bait_id.0,
            valid_from: Time(row.valid_from),
            valid_to: row.valid_to.map(Time),
            note: row.note,
            author: row.author,
            created_at: Time(row.created_at),
        }
    }
}

/// A piece of the list of assignments.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({"items": [], "next_cursor": null})))]
pub(crate) struct SimAssignmentPage {
    /// In order of entry.
    items: Vec<SimAssignmentView>,
    /// Leads to the next piece; null at the end.
    next_cursor: Option<String>,
}

/// Which assignments, and which piece of the list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListSimAssignments {
    /// Of this client.
    #[param(nullable = false)]
    client_id: Option<Uuid>,
    /// Of this bait.
    #[param(nullable = false)]
    bait_id: Option<Uuid>,
    /// Where the piece before ended.
    #[param(value_type = Option<String>, nullable = false)]
    cursor: Option<Cursor>,
    /// How many, 100 unless told.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1000, nullable = false)]
    limit: Option<Limit>,
}

/// Assign a SIM
///
/// From then on every client's traps on this number need an assignment for the
/// time of their run.
#[utoipa::path(
    tag = "baits",
    security(("bearer" = ["admin"])),
    params(OnceHeader),
    request_body = CreateSimAssignment,
    responses(
        (status = 201, description = "The assignment as entered.", body = SimAssignmentView),
        (status = 409, description = "The SIM is assigned then, or a trap of another client is \
            live on it.", body = Problem),
    ),
)]
#[post("/v1/sim-assignments")]
async fn create_sim_assignment(
    app: AppData,
    agency: Agency<Admin>,
    once: Once,
    body: Body<CreateSimAssignment>,
) -> ApiResult<HttpResponse> {
    let CreateSimAssignment { client_id, bait_id, valid_from, valid_to, note } = body.0;
    if valid_to.is_some_and(|to| to.0 < valid_from.0) {
        return Err(ApiError::field("/valid_to", Fault::EmptyPeriod));
    }
    let new = NewSimAssignment {
        bait: BaitId(bait_id),
        valid_from: valid_from.0,
        valid_to: valid_to.map(|time| time.0),
        note: note.map(|note| note.0),
    };
    let (client, author) = (ClientId(client_id), agency.key_id().to_owned());
    let work = move |conn: &mut _| sims::create_assignment(conn, client, &new, &author);
    let reply = |row| Reply::created(&SimAssignmentView::from(row));
    app.write_once(&once, Reach::Agency, work, reply).await
}

/// List assignments
#[utoipa::path(
    tag = "baits",
    security(("bearer" = ["baits:read"])),
    params(ListSimAssignments),
    responses((status = 200, description = "A piece of the list.", body = SimAssignmentPage)),
)]
#[get("/v1/sim-assignments")]
async fn list_sim_assignments(
    app: AppData,
    req: HttpRequest,
    caller: Caller<BaitsRead>,
    query: Params<ListSimAssignments>,
) -> ApiResult<HttpResponse> {
    let ListSimAssignments { client_id, bait_id, cursor, limit } = query.0;
    let reach = caller.reach(client_id)?;
    let (page, bait) = (page(cursor, limit), bait_id.map(BaitId));
    let rows = app.read(reach, move |conn| sims::list_assignments(conn, reach, bait, page));
    let (rows, next_cursor) = paging::cut(rows.await?, limit, |row| Cursor::of_id(row.id.0));
    let items = rows.into_iter().map(SimAssignmentView::from).collect();
    let page = SimAssignmentPage { items, next_cursor };
    Ok(paging::answer(&req, page.next_cursor.as_deref(), &page))
}

/// Find one assignment
#[utoipa::path(
    tag = "baits",
    security(("bearer" = ["baits:read"])),
    params(("id" = Uuid, Path, description = "The assignment's id.")),
    responses((status = 200, description = "The assignment.", body = SimAssignmentView)),
)]
#[get("/v1/sim-assignments/{id}")]
async fn find_sim_assignment(
    app: AppData,
    caller: Caller<BaitsRead>,
    id: web::Path<Uuid>,
) -> ApiResult<web::Json<SimAssignmentView>> {
    let (id, reach) = (SimAssignmentId(id.into_inner()), caller.whole_reach()?);
    let row = app.read(reach, move |conn| sims::find_assignment(conn, reach, id)).await?;
    Ok(web::Json(row.into()))
}

/// End an assignment
#[utoipa::path(
    tag = "baits",
    security(("bearer" = ["admin"])),
    params(("id" = Uuid, Path, description = "The assignment's id.")),
    request_body = EndSimAssignment,
    responses(
        (status = 200, description = "The assignment as changed.", body = SimAssignmentView),
        (status = 409, description = "The SIM is assigned then, or a trap of another client is \
            live on it.", body = Problem),
    ),
)]
#[patch("/v1/sim-assignments/{id}")]
async fn end_sim_assignment(
    app: AppData,
    _agency: Agency<Admin>,
    id: web::Path<Uuid>,
    body: Body<EndSimAssignment>,
) -> ApiResult<web::Json<SimAssignmentView>> {
    let id = SimAssignmentId(id.into_inner());
    let valid_to = body.0.valid_to.map(|time| time.0);
    let row = app.write(Reach::Agency, move |conn| sims::end_assignment(conn, id, valid_to));
    Ok(web::Json(row.await?.into()))
}
