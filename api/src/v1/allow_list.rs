//! `/v1/allow-list`: numbers the client takes calls from and does not complain
//! of. An entry is never deleted: it ends.

use crate::routes::ServiceConfig;
use actix_web::{HttpRequest, HttpResponse, get, patch, post, web};
use baitline_domain::ids::AllowEntryId;
use baitline_store::allow_list;
use baitline_store::models::{AllowEntryRow, NewAllowEntry};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::page;
use crate::app::AppData;
use crate::auth::Caller;
use crate::extract::Body;
use crate::fault::Fault;
use crate::fields::{PhoneNumber, Prose, Time};
use crate::once::{Once, OnceHeader, Reply};
use crate::paging::{self, Cursor, Limit};
use crate::permissions::{Admin, Reports};
use crate::problem::{ApiError, ApiResult};
use crate::query::Params;

/// Why a number may call.
pub(super) type AllowReason = Prose<500>;

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(create_allow_entry)
        .service(list_allow_entries)
        .service(find_allow_entry)
        .service(end_allow_entry);
}

/// A number to allow.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({
    "number": "+79161234567",
    "reason": "курьер, договор от 01.10.2026",
    "since": "2026-10-01T00:00:00+03:00"
})))]
pub(crate) struct CreateAllowEntry {
    /// The client; required with an agency's key.
    #[schema(nullable = false)]
    client_id: Option<Uuid>,
    /// The number.
    number: PhoneNumber,
    /// Why it may call.
    #[schema(value_type = String, min_length = 1, max_length = 500)]
    reason: AllowReason,
    /// Since when it may: calls before are judged as if there were no entry.
    since: Time,
    /// Until when (exclusive); for good, unless told.
    until: Option<Time>,
}

/// The end of an allowance.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"until": "2026-11-01T00:00:00+03:00"})))]
pub(crate) struct EndAllowEntry {
    /// Until when (exclusive): equal to `since`, the entry never counts, which
    /// takes back a mistake; null lets it go on.
    #[serde(deserialize_with = "Option::deserialize")]
    #[schema(required)]
    until: Option<Time>,
}

/// A number that may call.
#[derive(Serialize, ToSchema)]
#[schema(as = AllowEntry, examples(json!({
    "id": "0197a5b0-7c1e-7d3a-9a51-000000000011",
    "client_id": "0197a5b0-7c1e-7d3a-9a51-000000000001",
    "number": "+79161234567",
    "reason": "курьер, договор от 01.10.2026",
    "author": "k7m2p9q4w8x3",
    "since": "2026-09-30T21:00:00Z",
    "until": null,
    "created_at": "2026-10-01T09:30:00Z"
})))]
pub(crate) struct AllowEntryView {
    /// Its id.
    id: Uuid,
    /// Its client.
    client_id: Uuid,
    /// The number.
    number: PhoneNumber,
    /// Why it may call.
    reason: String,
    /// The public part of the key it was entered with.
    author: String,
    /// Since when it may.
    since: Time,
    /// Until when (exclusive); null for good.
    until: Option<Time>,
    /// When it was entered.
    created_at: Time,
}

impl From<AllowEntryRow> for AllowEntryView {
    fn from(row: AllowEntryRow) -> Self {
        Self {
            id: row.id.0,
            client_id: row.client_id.0,
            number: PhoneNumber(row.number),
            reason: row.reason,
            author: row.author,
            since: Time(row.since),
            until: row.until.map(Time),
            created_at: Time(row.created_at),
        }
    }
}

/// A piece of the list of allowances.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({"items": [], "next_cursor": null})))]
pub(crate) struct AllowEntryPage {
    /// In order of entry.
    items: Vec<AllowEntryView>,
    /// Leads to the next piece; null at the end.
    next_cursor: Option<String>,
}

/// Which allowances, and which piece of the list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListAllowEntries {
    /// Of this client.
    #[param(nullable = false)]
    client_id: Option<Uuid>,
    /// Of this number.
    #[param(nullable = false)]
    number: Option<PhoneNumber>,
    /// Where the piece before ended.
    #[param(value_type = Option<String>, nullable = false)]
    cursor: Option<Cursor>,
    /// How many, 100 unless told.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1000, nullable = false)]
    limit: Option<Limit>,
}

/// Allow a number to call
///
/// Its calls since then are no interceptions; those that were are judged again.
#[utoipa::path(
    tag = "lists",
    security(("bearer" = ["admin"])),
    params(OnceHeader),
    request_body = CreateAllowEntry,
    responses((status = 201, description = "The allowance as entered.", body = AllowEntryView)),
)]
#[post("/v1/allow-list")]
async fn create_allow_entry(
    app: AppData,
    caller: Caller<Admin>,
    once: Once,
    body: Body<CreateAllowEntry>,
) -> ApiResult<HttpResponse> {
    let client = caller.client(body.0.client_id)?;
    let new = NewAllowEntry::try_from(body.0)?;
    let author = caller.key_id().to_owned();
    let work = move |conn: &mut _| allow_list::create_allow_entry(conn, client, &new, &author);
    let reply = |row| Reply::created(&AllowEntryView::from(row));
    app.create_once(&once, client, work, reply).await
}

/// List allowed numbers
#[utoipa::path(
    tag = "lists",
    security(("bearer" = ["reports"])),
    params(ListAllowEntries),
    responses((status = 200, description = "A piece of the list.", body = AllowEntryPage)),
)]
#[get("/v1/allow-list")]
async fn list_allow_entries(
    app: AppData,
    req: HttpRequest,
    caller: Caller<Reports>,
    query: Params<ListAllowEntries>,
) -> ApiResult<HttpResponse> {
    let ListAllowEntries { client_id, number, cursor, limit } = query.0;
    let reach = caller.reach(client_id)?;
    let page = page(cursor, limit);
    let number = number.map(|number| number.0);
    let rows =
        app.read(reach, move |conn| allow_list::list_allow_entries(conn, reach, number, page));
    let (rows, next_cursor) = paging::cut(rows.await?, limit, |row| Cursor::of_id(row.id.0));
    let items = rows.into_iter().map(AllowEntryView::from).collect();
    let page = AllowEntryPage { items, next_cursor };
    Ok(paging::answer(&req, page.next_cursor.as_deref(), &page))
}

/// Find one allowance
#[utoipa::path(
    tag = "lists",
    security(("bearer" = ["reports"])),
    params(("id" = Uuid, Path, description = "The allowance's id.")),
    responses((status = 200, description = "The allowance.", body = AllowEntryView)),
)]
#[get("/v1/allow-list/{id}")]
async fn find_allow_entry(
    app: AppData,
    caller: Caller<Reports>,
    id: web::Path<Uuid>,
) -> ApiResult<web::Json<AllowEntryView>> {
    let (id, reach) = (AllowEntryId(id.into_inner()), caller.whole_reach()?);
    let row = app.read(reach, move |conn| allow_list::find_allow_entry(conn, reach, id)).await?;
    Ok(web::Json(row.into()))
}

/// End an allowance
///
/// The number's calls since its beginning are judged again.
#[utoipa::path(
    tag = "lists",
    security(("bearer" = ["admin"])),
    params(("id" = Uuid, Path, description = "The allowance's id.")),
    request_body = EndAllowEntry,
    responses((status = 200, description = "The allowance as changed.", body = AllowEntryView)),
)]
#[patch("/v1/allow-list/{id}")]
async fn end_allow_entry(
    app: AppData,
    caller: Caller<Admin>,
    id: web::Path<Uuid>,
    body: Body<EndAllowEntry>,
) -> ApiResult<web::Json<AllowEntryView>> {
    let (id, reach) = (AllowEntryId(id.into_inner()), caller.whole_reach()?);
    let until = body.0.until.map(|time| time.0);
    let row = app.write(reach, move |conn| {
        let client = allow_list::find_allow_entry(conn, reach, id)?.client_id;
        allow_list::end_allow_entry(conn, client, id, until)
    });
    Ok(web::Json(row.await?.into()))
}

impl TryFrom<CreateAllowEntry> for NewAllowEntry {
    type Error = ApiError;

    fn try_from(body: CreateAllowEntry) -> ApiResult<Self> {
        let (since, until) = (body.since.0, body.until.map(|time| time.0));
        if until.is_some_and(|until| until < since) {
            return Err(ApiError::field("/until", Fault::EmptyPeriod));
        }
        Ok(Self { number: body.number.0, reason: body.reason.0, since, until })
    }
}
