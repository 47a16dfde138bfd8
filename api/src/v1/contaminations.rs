//! `/v1/contaminations`: what a bait's user did with competitors and no record
//! of its calls shows. After it, their calls to this bait prove nothing.

use crate::routes::ServiceConfig;
use actix_web::{HttpRequest, HttpResponse, get, patch, post, web};
use baitline_domain::ids::{BaitId, CompetitorId, ContaminationId};
use baitline_store::contaminations;
use baitline_store::models::{ContaminationKind, ContaminationRow, Dealing, NewContamination};
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
use crate::words::ContaminationKindWord;

/// A remark for people.
pub(super) type ContaminationNote = Prose<1_000>;
/// Why something entered does not count.
pub(super) type Withdrawal = Prose<500>;

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(create_contamination)
        .service(list_contaminations)
        .service(find_contamination)
        .service(withdraw_contamination);
}

/// A contamination to log: a call has a `number`, a visit a `competitor_id`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({
    "bait_id": "0197a5b0-7c1e-7d3a-9a51-000000000002",
    "kind": "outgoing_call",
    "at": "2026-10-02T12:00:00+03:00",
    "number": "+79161234567"
})))]
pub(crate) struct CreateContamination {
    /// The client; required with an agency's key.
    #[schema(nullable = false)]
    client_id: Option<Uuid>,
    /// The bait.
    bait_id: Uuid,
    /// What was done.
    kind: ContaminationKindWord,
    /// When.
    at: Time,
    /// The number that was called.
    number: Option<PhoneNumber>,
    /// The competitor whose site was visited.
    competitor_id: Option<Uuid>,
    /// For people.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 1000)]
    note: Option<ContaminationNote>,
}

/// Whether a contamination counts.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"withdrawn_because": "звонил другой телефон"})))]
pub(crate) struct WithdrawContamination {
    /// Why it does not count; null lets it count again.
    #[serde(deserialize_with = "Option::deserialize")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 500, required)]
    withdrawn_because: Option<Withdrawal>,
}

/// A logged dealing of a bait with a competitor.
#[derive(Serialize, ToSchema)]
#[schema(as = Contamination, examples(json!({
    "id": "0197a5b0-7c1e-7d3a-9a51-000000000014",
    "client_id": "0197a5b0-7c1e-7d3a-9a51-000000000001",
    "bait_id": "0197a5b0-7c1e-7d3a-9a51-000000000002",
    "kind": "outgoing_call",
    "at": "2026-10-02T09:00:00Z",
    "number": "+79161234567",
    "competitor_id": null,
    "note": null,
    "author": "k7m2p9q4w8x3",
    "withdrawn_because": null,
    "created_at": "2026-10-02T09:30:00Z"
})))]
pub(crate) struct ContaminationView {
    /// Its id.
    id: Uuid,
    /// Its client.
    client_id: Uuid,
    /// The bait.
    bait_id: Uuid,
    /// What was done.
    kind: ContaminationKindWord,
    /// When.
    at: Time,
    /// The number that was called.
    number: Option<PhoneNumber>,
    /// The competitor whose site was visited.
    competitor_id: Option<Uuid>,
    /// For people.
    note: Option<String>,
    /// The public part of the key it was entered with.
    author: String,
    /// Why it does not count; null while it does.
    withdrawn_because: Option<String>,
    /// When it was entered.
    created_at: Time,
}

impl From<ContaminationRow> for ContaminationView {
    fn from(row: ContaminationRow) -> Self {
        Self {
            id: row.id.0,
            client_id: row.client_id.0,
            bait_id: row.bait_id.0,
            kind: row.kind.into(),
            at: Time(row.occurred_at),
            number: row.number.map(PhoneNumber),
            competitor_id: row.competitor_id.map(|id| id.0),
            note: row.note,
            author: row.author,
            withdrawn_because: row.withdrawn_because,
            created_at: Time(row.created_at),
        }
    }
}

/// A piece of the list of contaminations.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({"items": [], "next_cursor": null})))]
pub(crate) struct ContaminationPage {
    /// In order of entry.
    items: Vec<ContaminationView>,
    /// Leads to the next piece; null at the end.
    next_cursor: Option<String>,
}

/// Which contaminations, and which piece of the list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListContaminations {
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

/// Log a contamination
///
/// Later calls of the number, or of any number of the competitor, to this bait
/// are no interceptions; those that were are judged again.
#[utoipa::path(
    tag = "lists",
    security(("bearer" = ["admin"])),
    params(OnceHeader),
    request_body = CreateContamination,
    responses((status = 201, description = "The contamination as logged.", body = ContaminationView)),
)]
#[post("/v1/contaminations")]
async fn create_contamination(
    app: AppData,
    caller: Caller<Admin>,
    once: Once,
    body: Body<CreateContamination>,
) -> ApiResult<HttpResponse> {
    let client = caller.client(body.0.client_id)?;
    let new = NewContamination::try_from(body.0)?;
    let author = caller.key_id().to_owned();
    let work =
        move |conn: &mut _| contaminations::create_contamination(conn, client, &new, &author);
    let reply = |row| Reply::created(&ContaminationView::from(row));
    app.create_once(&once, client, work, reply).await
}

/// List contaminations
#[utoipa::path(
    tag = "lists",
    security(("bearer" = ["reports"])),
    params(ListContaminations),
    responses((status = 200, description = "A piece of the list.", body = ContaminationPage)),
)]
#[get("/v1/contaminations")]
async fn list_contaminations(
    app: AppData,
    req: HttpRequest,
    caller: Caller<Reports>,
    query: Params<ListContaminations>,
) -> ApiResult<HttpResponse> {
    let ListContaminations { client_id, bait_id, cursor, limit } = query.0;
    let reach = caller.reach(client_id)?;
    let page = page(cursor, limit);
    let bait = bait_id.map(BaitId);
    let rows =
        app.read(reach, move |conn| contaminations::list_contaminations(conn, reach, bait, page));
    let (rows, next_cursor) = paging::cut(rows.await?, limit, |row| Cursor::of_id(row.id.0));
    let items = rows.into_iter().map(ContaminationView::from).collect();
    let page = ContaminationPage { items, next_cursor };
    Ok(paging::answer(&req, page.next_cursor.as_deref(), &page))
}

/// Find one contamination
#[utoipa::path(
    tag = "lists",
    security(("bearer" = ["reports"])),
    params(("id" = Uuid, Path, description = "The contamination's id.")),
    responses((status = 200, description = "The contamination.", body = ContaminationView)),
)]
#[get("/v1/contaminations/{id}")]
async fn find_contamination(
    app: AppData,
    caller: Caller<Reports>,
    id: web::Path<Uuid>,
) -> ApiResult<web::Json<ContaminationView>> {
    let (id, reach) = (ContaminationId(id.into_inner()), caller.whole_reach()?);
    let row =
        app.read(reach, move |conn| contaminations::find_contamination(conn, reach, id)).await?;
    Ok(web::Json(row.into()))
}

/// Withdraw a contamination
///
/// It stays with the reason and counts no more; the bait's later calls are
/// judged again.
#[utoipa::path(
    tag = "lists",
    security(("bearer" = ["admin"])),
    params(("id" = Uuid, Path, description = "The contamination's id.")),
    request_body = WithdrawContamination,
    responses((status = 200, description = "The contamination as changed.", body = ContaminationView)),
)]
#[patch("/v1/contaminations/{id}")]
async fn withdraw_contamination(
    app: AppData,
    caller: Caller<Admin>,
    id: web::Path<Uuid>,
    body: Body<WithdrawContamination>,
) -> ApiResult<web::Json<ContaminationView>> {
    let (id, reach) = (ContaminationId(id.into_inner()), caller.whole_reach()?);
    let because = body.0.withdrawn_because.map(|because| because.0);
    let row = app.write(reach, move |conn| {
        let client = contaminations::find_contamination(conn, reach, id)?.client_id;
        contaminations::withdraw_contamination(conn, client, id, because.as_deref())
    });
    Ok(web::Json(row.await?.into()))
}

impl TryFrom<CreateContamination> for NewContamination {
    type Error = ApiError;

    fn try_from(body: CreateContamination) -> ApiResult<Self> {
        let dealing = match (body.kind.into(), body.number, body.competitor_id) {
            (ContaminationKind::OutgoingCall, Some(number), None) => {
                Dealing::OutgoingCall(number.0)
            }
            (ContaminationKind::SiteVisit, None, Some(id)) => Dealing::SiteVisit(CompetitorId(id)),
            (ContaminationKind::OutgoingCall, None, _) => {
                return Err(ApiError::field("/number", Fault::Missing));
            }
            (ContaminationKind::SiteVisit, _, None) => {
                return Err(ApiError::field("/competitor_id", Fault::Missing));
            }
            (ContaminationKind::OutgoingCall, Some(_), Some(_)) => {
                return Err(ApiError::field("/competitor_id", Fault::NotTogether));
            }
            (ContaminationKind::SiteVisit, Some(_), Some(_)) => {
                return Err(ApiError::field("/number", Fault::NotTogether));
            }
        };
        Ok(Self {
            bait: BaitId(body.bait_id),
            dealing,
            occurred_at: body.at.0,
            note: body.note.map(|note| note.0),
        })
    }
}
