//! `/v1/legal-holds`: what a person keeps from being erased. A hold ends and is never
//! deleted.

use crate::routes::ServiceConfig;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use baitline_domain::ids::{BaitId, ClientId, LegalHoldId};
use baitline_store::models::{LegalHoldRow, NewLegalHold};
use baitline_store::{Reach, legal_holds};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::page;
use crate::app::AppData;
use crate::auth::Agency;
use crate::extract::Body;
use crate::fields::{PhoneNumber, Prose, Time};
use crate::once::{Once, OnceHeader, Reply};
use crate::paging::{self, Cursor, Limit};
use crate::permissions::Admin;
use crate::problem::ApiResult;
use crate::query::Params;

/// Why something is held, or no longer.
pub(super) type HoldReason = Prose<1000>;

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(create_hold).service(list_holds).service(find_hold).service(end_hold);
}

/// Something to hold.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({
    "client_id": "0197a5b0-7c1e-7d3a-9a51-000000000001",
    "caller": "+79161234567",
    "reason": "запрос суда от 01.10.2026"
})))]
pub(crate) struct CreateLegalHold {
    /// The client.
    client_id: Uuid,
    /// Calls of this bait alone.
    bait_id: Option<Uuid>,
    /// Calls with this number alone.
    caller: Option<PhoneNumber>,
    /// Why.
    #[schema(value_type = String, min_length = 1, max_length = 1000)]
    reason: HoldReason,
}

/// The end of a hold.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"because": "дело закрыто"})))]
pub(crate) struct EndLegalHold {
    /// Why.
    #[schema(value_type = String, min_length = 1, max_length = 1000)]
    because: HoldReason,
}

/// What a person keeps from being erased.
#[derive(Serialize, ToSchema)]
#[schema(as = LegalHold, examples(json!({
    "id": "0197a5b0-7c1e-7d3a-9a51-000000000041",
    "client_id": "0197a5b0-7c1e-7d3a-9a51-000000000001",
    "bait_id": null,
    "caller": "+79161234567",
    "reason": "запрос суда от 01.10.2026",
    "author": "k7m2p9q4w8x3",
    "created_at": "2026-10-01T09:30:00Z",
    "ended_at": null,
    "ended_because": null,
    "ended_by": null
})))]
pub(crate) struct LegalHoldView {
    /// Its id.
    id: Uuid,
    /// Its client.
    client_id: Uuid,
    /// Calls of this bait alone; null for every bait.
    bait_id: Option<Uuid>,
    /// Calls with this number alone; null for every number.
    caller: Option<PhoneNumber>,
    /// Why.
    reason: String,
    /// The public part of the key it was entered with.
    author: String,
    /// When it was entered.
    created_at: Time,
    /// When it was ended.
    ended_at: Option<Time>,
    /// Why.
    ended_because: Option<String>,
    /// The public part of the key it was ended with.
    ended_by: Option<String>,
}

impl From<LegalHoldRow> for LegalHoldView {
    fn from(row: LegalHoldRow) -> Self {
        Self {
            id: row.id.0,
            client_id: row.client_id.0,
            bait_id: row.bait_id.map(|bait| bait.0),
            caller: row.caller.map(PhoneNumber),
            reason: row.reason,
            author: row.author,
            created_at: Time(row.created_at),
            ended_at: row.ended_at.map(Time),
            ended_because: row.ended_because,
            ended_by: row.ended_by,
        }
    }
}

/// A piece of the list of holds.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({"items": [], "next_cursor": null})))]
pub(crate) struct LegalHoldPage {
    /// In order of entry.
    items: Vec<LegalHoldView>,
    /// Leads to the next piece; null at the end.
    next_cursor: Option<String>,
}

/// Which holds, and which piece of the list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListLegalHolds {
    /// Of this client.
    #[param(nullable = false)]
    client_id: Option<Uuid>,
    /// Where the piece before ended.
    #[param(value_type = Option<String>, nullable = false)]
    cursor: Option<Cursor>,
    /// How many, 100 unless told.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1000, nullable = false)]
    limit: Option<Limit>,
}

/// Hold something
///
/// Calls of a bait, with a number, of both together, or everything of the client where
/// neither is named. From now on no erasure removes any of it.
#[utoipa::path(
    tag = "personal-data",
    security(("bearer" = ["admin"])),
    params(OnceHeader),
    request_body = CreateLegalHold,
    responses((status = 201, description = "The hold as entered.", body = LegalHoldView)),
)]
#[post("/v1/legal-holds")]
async fn create_hold(
    app: AppData,
    agency: Agency<Admin>,
    once: Once,
    body: Body<CreateLegalHold>,
) -> ApiResult<HttpResponse> {
    let CreateLegalHold { client_id, bait_id, caller, reason } = body.0;
    let new = NewLegalHold {
        bait: bait_id.map(BaitId),
        caller: caller.map(|number| number.0),
        reason: reason.0,
    };
    let (client, author) = (ClientId(client_id), agency.key_id().to_owned());
    let work = move |conn: &mut _| legal_holds::create_hold(conn, client, &new, &author);
    let reply = |row| Reply::created(&LegalHoldView::from(row));
    app.create_once_in(&once, Reach::Agency, client, work, reply).await
}

/// List holds
#[utoipa::path(
    tag = "personal-data",
    security(("bearer" = ["admin"])),
    params(ListLegalHolds),
    responses((status = 200, description = "A piece of the list.", body = LegalHoldPage)),
)]
#[get("/v1/legal-holds")]
async fn list_holds(
    app: AppData,
    req: HttpRequest,
    agency: Agency<Admin>,
    query: Params<ListLegalHolds>,
) -> ApiResult<HttpResponse> {
    let ListLegalHolds { client_id, cursor, limit } = query.0;
    let (reach, page) = (agency.reach(client_id)?, page(cursor, limit));
    let rows = app.read(reach, move |conn| legal_holds::list_holds(conn, reach, page)).await?;
    let (rows, next_cursor) = paging::cut(rows, limit, |row| Cursor::of_id(row.id.0));
    let items = rows.into_iter().map(LegalHoldView::from).collect();
    let page = LegalHoldPage { items, next_cursor };
    Ok(paging::answer(&req, page.next_cursor.as_deref(), &page))
}

/// Find one hold
#[utoipa::path(
    tag = "personal-data",
    security(("bearer" = ["admin"])),
    params(("id" = Uuid, Path, description = "The hold's id.")),
    responses((status = 200, description = "The hold.", body = LegalHoldView)),
)]
#[get("/v1/legal-holds/{id}")]
async fn find_hold(
    app: AppData,
    agency: Agency<Admin>,
    id: web::Path<Uuid>,
) -> ApiResult<web::Json<LegalHoldView>> {
    let (id, reach) = (LegalHoldId(id.into_inner()), agency.whole_reach()?);
    let row = app.read(reach, move |conn| legal_holds::find_hold(conn, reach, id)).await?;
    Ok(web::Json(row.into()))
}

/// End a hold
///
/// One that was ended before stays as it was.
#[utoipa::path(
    tag = "personal-data",
    security(("bearer" = ["admin"])),
    params(("id" = Uuid, Path, description = "The hold's id.")),
    request_body = EndLegalHold,
    responses((status = 200, description = "The hold.", body = LegalHoldView)),
)]
#[post("/v1/legal-holds/{id}/end")]
async fn end_hold(
    app: AppData,
    agency: Agency<Admin>,
    id: web::Path<Uuid>,
    body: Body<EndLegalHold>,
) -> ApiResult<web::Json<LegalHoldView>> {
    let (id, because) = (LegalHoldId(id.into_inner()), body.0.because.0);
    let author = agency.key_id().to_owned();
    let row =
        app.write(Reach::Agency, move |conn| legal_holds::end_hold(conn, id, &because, &author));
    Ok(web::Json(row.await?.into()))
}
