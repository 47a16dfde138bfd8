//! `/v1/erasures`: what is kept of a caller goes, and a record stays that shows it to
//! whoever still has what went.

use crate::routes::ServiceConfig;
use actix_web::{HttpRequest, HttpResponse, delete, get, post, web};
use baitline_domain::audit::hex;
use baitline_domain::erasure::Erasable;
use baitline_domain::ids::{ClientId, ErasureId, ObservationId};
use baitline_domain::phone::Phone;
use baitline_store::{Conn, Constraint, Page, Reach, StoreError, StoreResult, clients, erasures};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::erasure_views::{ErasurePreviewView, ErasureView};
use super::page;
use crate::app::AppData;
use crate::auth::{Agency, unknown_client};
use crate::extract::Body;
use crate::fault::Fault;
use crate::fields::{PhoneNumber, Prose};
use crate::once::{Once, OnceHeader, Reply};
use crate::paging::{self, Cursor, Limit};
use crate::permissions::Admin;
use crate::problem::{ApiError, ApiResult, Problem};
use crate::query::Params;

/// Why something is erased.
pub(super) type ErasureReason = Prose<1000>;

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(create_erasures)
        .service(preview_erasures)
        .service(look_up_erasures)
        .service(list_erasures)
        .service(find_salt)
        .service(give_up_salt)
        .service(find_erasure);
}

/// A caller to forget.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({
    "client_id": "0197a5b0-7c1e-7d3a-9a51-000000000001",
    "number": "+79161234567",
    "reason": "требование субъекта от 01.10.2026"
})))]
pub(crate) struct CreateErasures {
    /// The client; null or absent for every client.
    client_id: Option<Uuid>,
    /// The caller's number.
    number: PhoneNumber,
    /// Why; do not write the number here.
    #[schema(value_type = String, min_length = 1, max_length = 1000)]
    reason: ErasureReason,
}

/// A caller that may be forgotten.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({
    "client_id": "0197a5b0-7c1e-7d3a-9a51-000000000001",
    "number": "+79161234567"
})))]
pub(crate) struct PreviewErasures {
    /// The client; null or absent for every client.
    client_id: Option<Uuid>,
    /// The caller's number.
    number: PhoneNumber,
}

/// What may have been erased: one of the three.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"call_id": "9c2c7ec5-dfc3-8b67-8e0c-d6bcc0304d6f"})))]
pub(crate) struct LookUpErasures {
    /// Of this client alone.
    client_id: Option<Uuid>,
    /// A call, by the id of one of its observations.
    call_id: Option<Uuid>,
    /// A recording, by the SHA-256 of its bytes in hexadecimal.
    #[schema(min_length = 64, max_length = 64)]
    recording_sha256: Option<String>,
    /// A number that was asked to be forgotten.
    number: Option<PhoneNumber>,
}

/// Erasures.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({"items": []})))]
pub(crate) struct ErasureList {
    /// One of each client, in order of id.
    items: Vec<ErasureView>,
}

/// What erasures would do.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({"items": []})))]
pub(crate) struct ErasurePreviewList {
    /// One of each client, in order of id.
    items: Vec<ErasurePreviewView>,
}

/// What the commitments of an erasure are salted with.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({
    "salt": "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
})))]
pub(crate) struct ErasureSalt {
    /// In hexadecimal digits; null once it was given up.
    salt: Option<String>,
}

/// A piece of the list of erasures.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({"items": [], "next_cursor": null})))]
pub(crate) struct ErasurePage {
    /// In the order in which they were asked for.
    items: Vec<ErasureView>,
    /// Leads to the next piece; null at the end.
    next_cursor: Option<String>,
}

/// Which erasures, and which piece of the list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListErasures {
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

/// Forget a caller
///
/// A worker removes the calls with the number and what hangs on them, and the number
/// wherever else it is found, but for what a filed complaint or a legal hold keeps. A
/// call that is sent again later is taken as a new one.
#[utoipa::path(
    tag = "personal-data",
    security(("bearer" = ["admin"])),
    params(OnceHeader),
    request_body = CreateErasures,
    responses(
        (status = 201, description = "An erasure of each client.", body = ErasureList),
        (status = 409, description = "The number is of the client's side, or too many erasures \
            are at work.", body = Problem),
    ),
)]
#[post("/v1/erasures")]
async fn create_erasures(
    app: AppData,
    agency: Agency<Admin>,
    once: Once,
    body: Body<CreateErasures>,
) -> ApiResult<HttpResponse> {
    let CreateErasures { client_id, number, reason } = body.0;
    let author = agency.key_id().to_owned();
    let work = move |conn: &mut Conn| {
        each(conn, client_id, |conn, client| {
            erasures::create_erasure(conn, client, number.0, &reason.0, &author)
        })
    };
    let reply = |rows: Vec<_>| {
        let views = rows.into_iter().map(ErasureView::try_from);
        Reply::created(&ErasureList { items: views.collect::<StoreResult<_>>()? })
    };
    match client_id.map(ClientId) {
        Some(client) => app.create_once_in(&once, Reach::Agency, client, work, reply).await,
        None => app.write_once(&once, Reach::Agency, work, reply).await,
    }
}

/// See what would be forgotten
///
/// What would go, what would stay, and why. Nothing is changed.
#[utoipa::path(
    tag = "personal-data",
    security(("bearer" = ["admin"])),
    request_body = PreviewErasures,
    responses(
        (status = 200, description = "What an erasure would do.", body = ErasurePreviewList),
        (status = 409, description = "The number is of the client's side.", body = Problem),
    ),
)]
#[post("/v1/erasures:preview")]
async fn preview_erasures(
    app: AppData,
    _agency: Agency<Admin>,
    body: Body<PreviewErasures>,
) -> ApiResult<web::Json<ErasurePreviewList>> {
    let PreviewErasures { client_id, number } = body.0;
    let found = app.read(Reach::Agency, move |conn| {
        if let Some(client) = client_id.map(ClientId) {
            match clients::find_client(conn, client) {
                Err(StoreError::NotFound) => return Ok(None),
                other => other?,
            };
        }
        each(conn, client_id, |conn, client| erasures::preview(conn, client, number.0)).map(Some)
    });
    let items = found.await?.ok_or_else(unknown_client)?;
    let items = items.into_iter().map(ErasurePreviewView::from).collect();
    Ok(web::Json(ErasurePreviewList { items }))
}

/// The same of one client, or of every client whose side the number is not.
fn each<T>(
    conn: &mut Conn,
    client: Option<Uuid>,
    mut work: impl FnMut(&mut Conn, ClientId) -> StoreResult<T>,
) -> StoreResult<Vec<T>> {
    if let Some(client) = client {
        return Ok(vec![work(conn, ClientId(client))?]);
    }
    let mut done = Vec::new();
    for client in clients::list_clients(conn, Reach::Agency, Page::WHOLE)? {
        match work(conn, client.id) {
            Ok(one) => done.push(one),
            Err(StoreError::Constraint(Constraint::NumberIsOurs)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(done)
}

/// Ask whether something was erased
///
/// Answered from the commitments of erasures whose salt is kept.
#[utoipa::path(
    tag = "personal-data",
    security(("bearer" = ["admin"])),
    request_body = LookUpErasures,
    responses((status = 200, description = "The erasures it went with.", body = ErasureList)),
)]
#[post("/v1/erasures:look-up")]
async fn look_up_erasures(
    app: AppData,
    agency: Agency<Admin>,
    body: Body<LookUpErasures>,
) -> ApiResult<web::Json<ErasureList>> {
    let LookUpErasures { client_id, call_id, recording_sha256, number } = body.0;
    let reach = agency.reach(client_id)?;
    let what = Asked::of(call_id, recording_sha256, number.map(|number| number.0))?;
    let rows = app.read(reach, move |conn| erasures::erasures_of(conn, reach, &what.erasable()));
    let views = rows.await?.into_iter().map(ErasureView::try_from);
    Ok(web::Json(ErasureList { items: views.collect::<StoreResult<_>>()? }))
}

enum Asked {
    Call(ObservationId),
    Recording(Vec<u8>),
    Number(Phone),
}

impl Asked {
    /// Exactly one.
    fn of(call: Option<Uuid>, recording: Option<String>, number: Option<Phone>) -> ApiResult<Self> {
        match (call, recording, number) {
            (Some(call), None, None) => Ok(Self::Call(ObservationId(call))),
            (None, Some(text), None) => {
                let wrong = || ApiError::field("/recording_sha256", Fault::InvalidValue);
                unhex(&text).map(Self::Recording).ok_or_else(wrong)
            }
            (None, None, Some(number)) => Ok(Self::Number(number)),
            _ => Err(ApiError::field("/call_id", Fault::InvalidValue)),
        }
    }

    fn erasable(&self) -> Erasable<'_> {
        match self {
            Self::Call(id) => Erasable::Call(*id),
            Self::Recording(sha256) => Erasable::Recording(sha256),
            Self::Number(number) => Erasable::Number(*number),
        }
    }
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    let byte = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).ok();
    (0..64).step_by(2).map(byte).collect()
}

/// List erasures
#[utoipa::path(
    tag = "personal-data",
    security(("bearer" = ["admin"])),
    params(ListErasures),
    responses((status = 200, description = "A piece of the list.", body = ErasurePage)),
)]
#[get("/v1/erasures")]
async fn list_erasures(
    app: AppData,
    req: HttpRequest,
    agency: Agency<Admin>,
    query: Params<ListErasures>,
) -> ApiResult<HttpResponse> {
    let ListErasures { client_id, cursor, limit } = query.0;
    let (reach, page) = (agency.reach(client_id)?, page(cursor, limit));
    let rows = app.read(reach, move |conn| erasures::list_erasures(conn, reach, page)).await?;
    let (rows, next_cursor) = paging::cut(rows, limit, |row| Cursor::of_id(row.id.0));
    let items = rows.into_iter().map(ErasureView::try_from).collect::<StoreResult<_>>()?;
    let page = ErasurePage { items, next_cursor };
    Ok(paging::answer(&req, page.next_cursor.as_deref(), &page))
}

/// Find one erasure
#[utoipa::path(
    tag = "personal-data",
    security(("bearer" = ["admin"])),
    params(("id" = Uuid, Path, description = "The erasure's id.")),
    responses((status = 200, description = "The erasure.", body = ErasureView)),
)]
#[get("/v1/erasures/{id}")]
async fn find_erasure(
    app: AppData,
    agency: Agency<Admin>,
    id: web::Path<Uuid>,
) -> ApiResult<web::Json<ErasureView>> {
    let (id, reach) = (ErasureId(id.into_inner()), agency.whole_reach()?);
    let row = app.read(reach, move |conn| erasures::find_erasure(conn, reach, id)).await?;
    Ok(web::Json(ErasureView::try_from(row)?))
}

/// Tell the salt of an erasure
///
/// With it, whoever still has a call can show that it was erased: the SHA-256 of these
/// digits and of `call:` and its id is among the commitments.
#[utoipa::path(
    tag = "personal-data",
    security(("bearer" = ["admin"])),
    params(("id" = Uuid, Path, description = "The erasure's id.")),
    responses((status = 200, description = "The salt.", body = ErasureSalt)),
)]
#[get("/v1/erasures/{id}/salt")]
async fn find_salt(
    app: AppData,
    agency: Agency<Admin>,
    id: web::Path<Uuid>,
) -> ApiResult<web::Json<ErasureSalt>> {
    let (id, reach) = (ErasureId(id.into_inner()), agency.whole_reach()?);
    let row = app.read(reach, move |conn| erasures::find_erasure(conn, reach, id)).await?;
    Ok(web::Json(ErasureSalt { salt: row.salt.as_deref().map(hex) }))
}

/// Give up the salt of an erasure
///
/// From then on nobody can try numbers against its commitments, and nobody without a
/// copy of the salt can show what was erased.
#[utoipa::path(
    tag = "personal-data",
    security(("bearer" = ["admin"])),
    params(("id" = Uuid, Path, description = "The erasure's id.")),
    responses(
        (status = 204, description = "The salt is forgotten."),
        (status = 409, description = "The erasure has not ended.", body = Problem),
    ),
)]
#[delete("/v1/erasures/{id}/salt")]
async fn give_up_salt(
    app: AppData,
    _agency: Agency<Admin>,
    id: web::Path<Uuid>,
) -> ApiResult<HttpResponse> {
    let id = ErasureId(id.into_inner());
    app.write(Reach::Agency, move |conn| erasures::give_up_salt(conn, id)).await?;
    Ok(HttpResponse::NoContent().finish())
}
