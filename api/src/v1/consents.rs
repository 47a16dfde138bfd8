//! `/v1/consents`: what applicants consented to, with their signature: that
//! their personal data are processed, that an operator discloses what is secret.

use crate::routes::ServiceConfig;
use actix_web::{HttpRequest, HttpResponse, get, patch, post, web};
use baitline_domain::ids::{ApplicantId, BaitId, ConsentId};
use baitline_store::consents;
use baitline_store::models::{ConsentRow, NewConsent};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::applicants::{ApplicantName, ApplicantNote};
use super::page;
use super::powers_of_attorney::Revoke;
use crate::app::AppData;
use crate::auth::Caller;
use crate::extract::Body;
use crate::fault::Fault;
use crate::fields::{CivilDay, Time};
use crate::once::{Once, OnceHeader, Reply};
use crate::paging::{self, Cursor, Limit};
use crate::permissions::Cases;
use crate::problem::{ApiError, ApiResult};
use crate::query::Params;
use crate::words::ConsentKindWord;

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(create_consent)
        .service(list_consents)
        .service(find_consent)
        .service(revoke_consent);
}

/// A consent to enter.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({
    "applicant_id": "0197a5b0-7c1e-7d3a-9a51-000000000021",
    "kind": "disclosure",
    "given_by": "Иванова Мария Петровна",
    "given_on": "2026-09-01"
})))]
pub(crate) struct CreateConsent {
    /// The client; required with an agency's key.
    #[schema(nullable = false)]
    client_id: Option<Uuid>,
    /// Who consented.
    applicant_id: Uuid,
    /// The one bait it speaks of; absent for all of the applicant's.
    bait_id: Option<Uuid>,
    /// To what.
    kind: ConsentKindWord,
    /// Who signed it.
    #[schema(value_type = String, min_length = 1, max_length = 300)]
    given_by: ApplicantName,
    /// The day of signing.
    given_on: CivilDay,
    /// Its last day, if it ends by itself.
    expires_on: Option<CivilDay>,
    /// For people.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 1000)]
    note: Option<ApplicantNote>,
}

/// A consent.
#[derive(Serialize, ToSchema)]
#[schema(as = Consent, examples(json!({
    "id": "0197a5b0-7c1e-7d3a-9a51-000000000024",
    "client_id": "0197a5b0-7c1e-7d3a-9a51-000000000001",
    "applicant_id": "0197a5b0-7c1e-7d3a-9a51-000000000021",
    "bait_id": null,
    "kind": "disclosure",
    "given_by": "Иванова Мария Петровна",
    "given_on": "2026-09-01",
    "expires_on": null,
    "note": null,
    "revoked_on": null,
    "revoked_because": null,
    "author": "k7m2p9q4w8x3",
    "created_at": "2026-10-01T09:30:00Z"
})))]
pub(crate) struct ConsentView {
    /// Its id.
    id: Uuid,
    /// Its client.
    client_id: Uuid,
    /// Who consented.
    applicant_id: Uuid,
    /// The one bait it speaks of; null for all of the applicant's.
    bait_id: Option<Uuid>,
    /// To what.
    kind: ConsentKindWord,
    /// Who signed it.
    given_by: String,
    /// The day of signing.
    given_on: CivilDay,
    /// Its last day, if it ends by itself.
    expires_on: Option<CivilDay>,
    /// For people.
    note: Option<String>,
    /// The first day on which it does not hold; null while nobody revoked it.
    revoked_on: Option<CivilDay>,
    /// Why it was revoked.
    revoked_because: Option<String>,
    /// The public part of the key it was entered with.
    author: String,
    /// When it was entered.
    created_at: Time,
}

impl From<ConsentRow> for ConsentView {
    fn from(row: ConsentRow) -> Self {
        Self {
            id: row.id.0,
            client_id: row.client_id.0,
            applicant_id: row.applicant_id.0,
            bait_id: row.bait_id.map(|bait| bait.0),
            kind: row.kind.into(),
            given_by: row.given_by,
            given_on: CivilDay(row.given_on),
            expires_on: row.expires_on.map(CivilDay),
            note: row.note,
            revoked_on: row.revoked_on.map(CivilDay),
            revoked_because: row.revoked_because,
            author: row.author,
            created_at: Time(row.created_at),
        }
    }
}

/// A piece of the list of consents.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({"items": [], "next_cursor": null})))]
pub(crate) struct ConsentPage {
    /// In order of entry.
    items: Vec<ConsentView>,
    /// Leads to the next piece; null at the end.
    next_cursor: Option<String>,
}

/// Which consents, and which piece of the list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListConsents {
    /// Of this client.
    #[param(nullable = false)]
    client_id: Option<Uuid>,
    /// Of this applicant.
    #[param(nullable = false)]
    applicant_id: Option<Uuid>,
    /// Where the piece before ended.
    #[param(value_type = Option<String>, nullable = false)]
    cursor: Option<Cursor>,
    /// How many, 100 unless told.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1000, nullable = false)]
    limit: Option<Limit>,
}

/// Enter a consent
#[utoipa::path(
    tag = "applicants",
    security(("bearer" = ["cases"])),
    params(OnceHeader),
    request_body = CreateConsent,
    responses((status = 201, description = "The consent as entered.", body = ConsentView)),
)]
#[post("/v1/consents")]
async fn create_consent(
    app: AppData,
    caller: Caller<Cases>,
    once: Once,
    body: Body<CreateConsent>,
) -> ApiResult<HttpResponse> {
    let client = caller.client(body.0.client_id)?;
    let (new, author) = (NewConsent::try_from(body.0)?, caller.key_id().to_owned());
    let work = move |conn: &mut _| consents::create_consent(conn, client, &new, &author);
    let reply = |row| Reply::created(&ConsentView::from(row));
    app.create_once(&once, client, work, reply).await
}

/// List consents
#[utoipa::path(
    tag = "applicants",
    security(("bearer" = ["cases"])),
    params(ListConsents),
    responses((status = 200, description = "A piece of the list.", body = ConsentPage)),
)]
#[get("/v1/consents")]
async fn list_consents(
    app: AppData,
    req: HttpRequest,
    caller: Caller<Cases>,
    query: Params<ListConsents>,
) -> ApiResult<HttpResponse> {
    let ListConsents { client_id, applicant_id, cursor, limit } = query.0;
    let reach = caller.reach(client_id)?;
    let (page, of) = (page(cursor, limit), applicant_id.map(ApplicantId));
    let rows = app.read(reach, move |conn| consents::list_consents(conn, reach, of, page));
    let (rows, next_cursor) = paging::cut(rows.await?, limit, |row| Cursor::of_id(row.id.0));
    let items = rows.into_iter().map(ConsentView::from).collect();
    let page = ConsentPage { items, next_cursor };
    Ok(paging::answer(&req, page.next_cursor.as_deref(), &page))
}

/// Find one consent
#[utoipa::path(
    tag = "applicants",
    security(("bearer" = ["cases"])),
    params(("id" = Uuid, Path, description = "The consent's id.")),
    responses((status = 200, description = "The consent.", body = ConsentView)),
)]
#[get("/v1/consents/{id}")]
async fn find_consent(
    app: AppData,
    caller: Caller<Cases>,
    id: web::Path<Uuid>,
) -> ApiResult<web::Json<ConsentView>> {
    let (id, reach) = (ConsentId(id.into_inner()), caller.whole_reach()?);
    let row = app.read(reach, move |conn| consents::find_consent(conn, reach, id)).await?;
    Ok(web::Json(row.into()))
}

/// Revoke a consent
///
/// It stays with the day and the reason.
#[utoipa::path(
    tag = "applicants",
    security(("bearer" = ["cases"])),
    params(("id" = Uuid, Path, description = "The consent's id.")),
    request_body = Revoke,
    responses((status = 200, description = "The consent as changed.", body = ConsentView)),
)]
#[patch("/v1/consents/{id}")]
async fn revoke_consent(
    app: AppData,
    caller: Caller<Cases>,
    id: web::Path<Uuid>,
    body: Body<Revoke>,
) -> ApiResult<web::Json<ConsentView>> {
    let (id, reach) = (ConsentId(id.into_inner()), caller.whole_reach()?);
    let revocation = body.0.read()?;
    let row = app.write(reach, move |conn| {
        let client = consents::find_consent(conn, reach, id)?.client_id;
        consents::revoke_consent(conn, client, id, revocation.as_ref())
    });
    Ok(web::Json(row.await?.into()))
}

impl TryFrom<CreateConsent> for NewConsent {
    type Error = ApiError;

    fn try_from(body: CreateConsent) -> ApiResult<Self> {
        if body.expires_on.is_some_and(|last| last.0 < body.given_on.0) {
            return Err(ApiError::field("/expires_on", Fault::EmptyPeriod));
        }
        Ok(Self {
            applicant: ApplicantId(body.applicant_id),
            bait: body.bait_id.map(BaitId),
            kind: body.kind.into(),
            given_by: body.given_by.0,
            given_on: body.given_on.0,
            expires_on: body.expires_on.map(|day| day.0),
            note: body.note.map(|note| note.0),
        })
    }
}
