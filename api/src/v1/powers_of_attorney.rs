//! `/v1/powers-of-attorney`: the papers that let representatives sign.

use crate::routes::ServiceConfig;
use actix_web::{HttpRequest, HttpResponse, get, patch, post, web};
use baitline_domain::ids::{PowerId, RepresentativeId};
use baitline_store::models::{NewPower, PowerRow, Revocation};
use baitline_store::powers;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::contaminations::Withdrawal;
use super::page;
use crate::app::AppData;
use crate::auth::Caller;
use crate::extract::Body;
use crate::fault::Fault;
use crate::fields::{CivilDay, Line, Prose, Time};
use crate::once::{Once, OnceHeader, Reply};
use crate::paging::{self, Cursor, Limit};
use crate::permissions::Cases;
use crate::problem::{ApiError, ApiResult};
use crate::query::Params;

/// The number of a paper.
pub(super) type PaperNumber = Line<100>;
/// What a power lets do, in its own words.
pub(super) type PowersText = Prose<2_000>;

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(create_power).service(list_powers).service(find_power).service(revoke_power);
}

/// A power of attorney to enter.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({
    "representative_id": "0197a5b0-7c1e-7d3a-9a51-000000000022",
    "number": "12/2026",
    "issued_on": "2026-09-01",
    "expires_on": "2027-08-31",
    "powers": "подписывать и подавать заявления в антимонопольный орган"
})))]
pub(crate) struct CreatePower {
    /// The client; required with an agency's key.
    #[schema(nullable = false)]
    client_id: Option<Uuid>,
    /// Whom it lets sign.
    representative_id: Uuid,
    /// Its number, where it has one.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100)]
    number: Option<PaperNumber>,
    /// The day of its making.
    issued_on: CivilDay,
    /// Its last day.
    expires_on: CivilDay,
    /// What it lets do, in its own words.
    #[schema(value_type = String, min_length = 1, max_length = 2000)]
    powers: PowersText,
}

/// Whether a paper holds. Of a paper entered by mistake, the day of revocation
/// is the day of its making: it never held.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"revoked_on": "2026-12-01", "revoked_because": "уволена"})))]
pub(crate) struct Revoke {
    /// The first day on which it does not hold; null lets it hold again.
    #[serde(deserialize_with = "Option::deserialize")]
    #[schema(required)]
    revoked_on: Option<CivilDay>,
    /// Why; given where the day is.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 500)]
    revoked_because: Option<Withdrawal>,
}

impl Revoke {
    /// Both or none of the two.
    pub(super) fn read(self) -> ApiResult<Option<Revocation>> {
        match (self.revoked_on, self.revoked_because) {
            (Some(on), Some(because)) => Ok(Some(Revocation { on: on.0, because: because.0 })),
            (None, None) => Ok(None),
            (Some(_), None) => Err(ApiError::field("/revoked_because", Fault::Missing)),
            (None, Some(_)) => Err(ApiError::field("/revoked_because", Fault::NotTogether)),
        }
    }
}

/// A power of attorney.
#[derive(Serialize, ToSchema)]
#[schema(as = PowerOfAttorney, examples(json!({
    "id": "0197a5b0-7c1e-7d3a-9a51-000000000023",
    "client_id": "0197a5b0-7c1e-7d3a-9a51-000000000001",
    "representative_id": "0197a5b0-7c1e-7d3a-9a51-000000000022",
    "number": "12/2026",
    "issued_on": "2026-09-01",
    "expires_on": "2027-08-31",
    "powers": "подписывать и подавать заявления в антимонопольный орган",
    "revoked_on": null,
    "revoked_because": null,
    "author": "k7m2p9q4w8x3",
    "created_at": "2026-10-01T09:30:00Z"
})))]
pub(crate) struct PowerView {
    /// Its id.
    id: Uuid,
    /// Its client.
    client_id: Uuid,
    /// Whom it lets sign.
    representative_id: Uuid,
    /// Its number, where it has one.
    number: Option<String>,
    /// The day of its making.
    issued_on: CivilDay,
    /// Its last day.
    expires_on: CivilDay,
    /// What it lets do, in its own words.
    powers: String,
    /// The first day on which it does not hold; null while nobody revoked it.
    revoked_on: Option<CivilDay>,
    /// Why it was revoked.
    revoked_because: Option<String>,
    /// The public part of the key it was entered with.
    author: String,
    /// When it was entered.
    created_at: Time,
}

impl From<PowerRow> for PowerView {
    fn from(row: PowerRow) -> Self {
        Self {
            id: row.id.0,
            client_id: row.client_id.0,
            representative_id: row.representative_id.0,
            number: row.number,
            issued_on: CivilDay(row.issued_on),
            expires_on: CivilDay(row.expires_on),
            powers: row.powers,
            revoked_on: row.revoked_on.map(CivilDay),
            revoked_because: row.revoked_because,
            author: row.author,
            created_at: Time(row.created_at),
        }
    }
}

/// A piece of the list of powers of attorney.
#[derive(Serialize, ToSchema)]
#[schema(as = PowerOfAttorneyPage, examples(json!({"items": [], "next_cursor": null})))]
pub(crate) struct PowerPage {
    /// In order of entry.
    items: Vec<PowerView>,
    /// Leads to the next piece; null at the end.
    next_cursor: Option<String>,
}

/// Which powers of attorney, and which piece of the list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListPowers {
    /// Of this client.
    #[param(nullable = false)]
    client_id: Option<Uuid>,
    /// Of this representative.
    #[param(nullable = false)]
    representative_id: Option<Uuid>,
    /// Where the piece before ended.
    #[param(value_type = Option<String>, nullable = false)]
    cursor: Option<Cursor>,
    /// How many, 100 unless told.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1000, nullable = false)]
    limit: Option<Limit>,
}

/// Enter a power of attorney
#[utoipa::path(
    tag = "applicants",
    security(("bearer" = ["cases"])),
    params(OnceHeader),
    operation_id = "create_power_of_attorney",
    request_body = CreatePower,
    responses((status = 201, description = "The power as entered.", body = PowerView)),
)]
#[post("/v1/powers-of-attorney")]
async fn create_power(
    app: AppData,
    caller: Caller<Cases>,
    once: Once,
    body: Body<CreatePower>,
) -> ApiResult<HttpResponse> {
    let client = caller.client(body.0.client_id)?;
    let (new, author) = (NewPower::try_from(body.0)?, caller.key_id().to_owned());
    let work = move |conn: &mut _| powers::create_power(conn, client, &new, &author);
    let reply = |row| Reply::created(&PowerView::from(row));
    app.create_once(&once, client, work, reply).await
}

/// List powers of attorney
#[utoipa::path(
    tag = "applicants",
    security(("bearer" = ["cases"])),
    operation_id = "list_powers_of_attorney",
    params(ListPowers),
    responses((status = 200, description = "A piece of the list.", body = PowerPage)),
)]
#[get("/v1/powers-of-attorney")]
async fn list_powers(
    app: AppData,
    req: HttpRequest,
    caller: Caller<Cases>,
    query: Params<ListPowers>,
) -> ApiResult<HttpResponse> {
    let ListPowers { client_id, representative_id, cursor, limit } = query.0;
    let reach = caller.reach(client_id)?;
    let (page, of) = (page(cursor, limit), representative_id.map(RepresentativeId));
    let rows = app.read(reach, move |conn| powers::list_powers(conn, reach, of, page));
    let (rows, next_cursor) = paging::cut(rows.await?, limit, |row| Cursor::of_id(row.id.0));
    let items = rows.into_iter().map(PowerView::from).collect();
    let page = PowerPage { items, next_cursor };
    Ok(paging::answer(&req, page.next_cursor.as_deref(), &page))
}

/// Find one power of attorney
#[utoipa::path(
    tag = "applicants",
    security(("bearer" = ["cases"])),
    operation_id = "find_power_of_attorney",
    params(("id" = Uuid, Path, description = "The power's id.")),
    responses((status = 200, description = "The power.", body = PowerView)),
)]
#[get("/v1/powers-of-attorney/{id}")]
async fn find_power(
    app: AppData,
    caller: Caller<Cases>,
    id: web::Path<Uuid>,
) -> ApiResult<web::Json<PowerView>> {
    let (id, reach) = (PowerId(id.into_inner()), caller.whole_reach()?);
    let row = app.read(reach, move |conn| powers::find_power(conn, reach, id)).await?;
    Ok(web::Json(row.into()))
}

/// Revoke a power of attorney
///
/// It stays with the day and the reason, and lets sign until the day before.
#[utoipa::path(
    tag = "applicants",
    security(("bearer" = ["cases"])),
    operation_id = "revoke_power_of_attorney",
    params(("id" = Uuid, Path, description = "The power's id.")),
    request_body = Revoke,
    responses((status = 200, description = "The power as changed.", body = PowerView)),
)]
#[patch("/v1/powers-of-attorney/{id}")]
async fn revoke_power(
    app: AppData,
    caller: Caller<Cases>,
    id: web::Path<Uuid>,
    body: Body<Revoke>,
) -> ApiResult<web::Json<PowerView>> {
    let (id, reach) = (PowerId(id.into_inner()), caller.whole_reach()?);
    let revocation = body.0.read()?;
    let row = app.write(reach, move |conn| {
        let client = powers::find_power(conn, reach, id)?.client_id;
        powers::revoke_power(conn, client, id, revocation.as_ref())
    });
    Ok(web::Json(row.await?.into()))
}

impl TryFrom<CreatePower> for NewPower {
    type Error = ApiError;

    fn try_from(body: CreatePower) -> ApiResult<Self> {
        if body.expires_on.0 < body.issued_on.0 {
            return Err(ApiError::field("/expires_on", Fault::EmptyPeriod));
        }
        Ok(Self {
            representative: RepresentativeId(body.representative_id),
            number: body.number.map(|number| number.0),
            issued_on: body.issued_on.0,
            expires_on: body.expires_on.0,
            powers: body.powers.0,
        })
    }
}
