//! `/v1/attributions`: which number belongs to which competitor, many to many.
//! An attribution is never deleted: it ends.

use crate::routes::ServiceConfig;
use actix_web::{HttpRequest, HttpResponse, get, patch, post, web};
use baitline_domain::ids::{AttributionId, CompetitorId};
use baitline_store::attributions::{self, AttributionFilter};
use baitline_store::models::{AttributionChanges, AttributionRow, NewAttribution};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::page;
use crate::app::AppData;
use crate::auth::Caller;
use crate::extract::Body;
use crate::fault::Fault;
use crate::fields::{PhoneNumber, Prose, Time, present};
use crate::once::{Once, OnceHeader, Reply};
use crate::paging::{self, Cursor, Limit};
use crate::permissions::{Admin, Reports};
use crate::problem::{ApiError, ApiResult, Problem};
use crate::query::Params;
use crate::words::AttributionRoleWord;

/// How it is known that a number is a competitor's.
pub(super) type Ground = Prose<1_000>;

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(create_attribution)
        .service(list_attributions)
        .service(find_attribution)
        .service(update_attribution);
}

/// An attribution to enter.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({
    "competitor_id": "0197a5b0-7c1e-7d3a-9a51-000000000012",
    "number": "+79161234567",
    "role": "call_centre",
    "ground": "назвались по этому номеру, запись от 02.10.2026"
})))]
pub(crate) struct CreateAttribution {
    /// The client; required with an agency's key.
    #[schema(nullable = false)]
    client_id: Option<Uuid>,
    /// The competitor.
    competitor_id: Uuid,
    /// The number.
    number: PhoneNumber,
    /// What the number is to the competitor.
    role: AttributionRoleWord,
    /// How that is known.
    #[schema(value_type = String, min_length = 1, max_length = 1000)]
    ground: Ground,
    /// Since when; always, unless told.
    valid_from: Option<Time>,
    /// Until when (exclusive); for good, unless told.
    valid_to: Option<Time>,
}

/// What changes of an attribution: what is absent stays, null empties.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"valid_to": "2026-11-01T00:00:00+03:00"})))]
pub(crate) struct UpdateAttribution {
    /// Another ground.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 1000, nullable = false)]
    ground: Option<Ground>,
    /// Another beginning.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Time>)]
    valid_from: Option<Option<Time>>,
    /// Another end (exclusive): equal to the beginning, the attribution never
    /// counts, which takes back a mistake.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Time>)]
    valid_to: Option<Option<Time>>,
}

/// A number belongs to a competitor.
#[derive(Serialize, ToSchema)]
#[schema(as = Attribution, examples(json!({
    "id": "0197a5b0-7c1e-7d3a-9a51-000000000013",
    "client_id": "0197a5b0-7c1e-7d3a-9a51-000000000001",
    "competitor_id": "0197a5b0-7c1e-7d3a-9a51-000000000012",
    "number": "+79161234567",
    "role": "call_centre",
    "ground": "назвались по этому номеру, запись от 02.10.2026",
    "valid_from": null,
    "valid_to": null,
    "author": "k7m2p9q4w8x3",
    "created_at": "2026-10-01T09:30:00Z"
})))]
pub(crate) struct AttributionView {
    /// Its id.
    id: Uuid,
    /// Its client.
    client_id: Uuid,
    /// The competitor.
    competitor_id: Uuid,
    /// The number.
    number: PhoneNumber,
    /// What the number is to the competitor.
    role: AttributionRoleWord,
    /// How that is known.
    ground: String,
    /// Since when; null for always.
    valid_from: Option<Time>,
    /// Until when (exclusive); null for good.
    valid_to: Option<Time>,
    /// The public part of the key it was entered with.
    author: String,
    /// When it was entered.
    created_at: Time,
}

impl From<AttributionRow> for AttributionView {
    fn from(row: AttributionRow) -> Self {
        Self {
            id: row.id.0,
            client_id: row.client_id.0,
            competitor_id: row.competitor_id.0,
            number: PhoneNumber(row.number),
            role: row.role.into(),
            ground: row.ground,
            valid_from: row.valid_from.map(Time),
            valid_to: row.valid_to.map(Time),
            author: row.author,
            created_at: Time(row.created_at),
        }
    }
}

/// A piece of the list of attributions.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({"items": [], "next_cursor": null})))]
pub(crate) struct AttributionPage {
    /// In order of entry.
    items: Vec<AttributionView>,
    /// Leads to the next piece; null at the end.
    next_cursor: Option<String>,
}

/// Which attributions, and which piece of the list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListAttributions {
    /// Of this client.
    #[param(nullable = false)]
    client_id: Option<Uuid>,
    /// To this competitor.
    #[param(nullable = false)]
    competitor_id: Option<Uuid>,
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

/// Attribute a number to a competitor
///
/// What a bait had to do with one number of a competitor bears on the calls of
/// all of them, which are judged again. A bait's number is refused: a company
/// would be charged with the calls of the client's own phone.
#[utoipa::path(
    tag = "lists",
    security(("bearer" = ["admin"])),
    params(OnceHeader),
    request_body = CreateAttribution,
    responses(
        (status = 201, description = "The attribution as entered.", body = AttributionView),
        (status = 409, description = "It is a bait's number.", body = Problem),
    ),
)]
#[post("/v1/attributions")]
async fn create_attribution(
    app: AppData,
    caller: Caller<Admin>,
    once: Once,
    body: Body<CreateAttribution>,
) -> ApiResult<HttpResponse> {
    let client = caller.client(body.0.client_id)?;
    let new = NewAttribution::try_from(body.0)?;
    let author = caller.key_id().to_owned();
    let work = move |conn: &mut _| attributions::create_attribution(conn, client, &new, &author);
    let reply = |row| Reply::created(&AttributionView::from(row));
    app.create_once(&once, client, work, reply).await
}

/// List attributions
#[utoipa::path(
    tag = "lists",
    security(("bearer" = ["reports"])),
    params(ListAttributions),
    responses((status = 200, description = "A piece of the list.", body = AttributionPage)),
)]
#[get("/v1/attributions")]
async fn list_attributions(
    app: AppData,
    req: HttpRequest,
    caller: Caller<Reports>,
    query: Params<ListAttributions>,
) -> ApiResult<HttpResponse> {
    let ListAttributions { client_id, competitor_id, number, cursor, limit } = query.0;
    let reach = caller.reach(client_id)?;
    let page = page(cursor, limit);
    let filter = AttributionFilter {
        competitor: competitor_id.map(CompetitorId),
        number: number.map(|number| number.0),
    };
    let rows =
        app.read(reach, move |conn| attributions::list_attributions(conn, reach, filter, page));
    let (rows, next_cursor) = paging::cut(rows.await?, limit, |row| Cursor::of_id(row.id.0));
    let items = rows.into_iter().map(AttributionView::from).collect();
    let page = AttributionPage { items, next_cursor };
    Ok(paging::answer(&req, page.next_cursor.as_deref(), &page))
}

/// Find one attribution
#[utoipa::path(
    tag = "lists",
    security(("bearer" = ["reports"])),
    params(("id" = Uuid, Path, description = "The attribution's id.")),
    responses((status = 200, description = "The attribution.", body = AttributionView)),
)]
#[get("/v1/attributions/{id}")]
async fn find_attribution(
    app: AppData,
    caller: Caller<Reports>,
    id: web::Path<Uuid>,
) -> ApiResult<web::Json<AttributionView>> {
    let (id, reach) = (AttributionId(id.into_inner()), caller.whole_reach()?);
    let row = app.read(reach, move |conn| attributions::find_attribution(conn, reach, id)).await?;
    Ok(web::Json(row.into()))
}

/// Change an attribution
///
/// A number that the competitor no longer uses gets a `valid_to`. The calls of
/// all of the competitor's numbers are judged again.
#[utoipa::path(
    tag = "lists",
    security(("bearer" = ["admin"])),
    params(("id" = Uuid, Path, description = "The attribution's id.")),
    request_body = UpdateAttribution,
    responses((status = 200, description = "The attribution as changed.", body = AttributionView)),
)]
#[patch("/v1/attributions/{id}")]
async fn update_attribution(
    app: AppData,
    caller: Caller<Admin>,
    id: web::Path<Uuid>,
    body: Body<UpdateAttribution>,
) -> ApiResult<web::Json<AttributionView>> {
    let (id, reach) = (AttributionId(id.into_inner()), caller.whole_reach()?);
    let UpdateAttribution { ground, valid_from, valid_to } = body.0;
    let changes = AttributionChanges {
        ground: ground.map(|ground| ground.0),
        valid_from: valid_from.map(|change| change.map(|time| time.0)),
        valid_to: valid_to.map(|change| change.map(|time| time.0)),
    };
    let row = app.write(reach, move |conn| {
        let client = attributions::find_attribution(conn, reach, id)?.client_id;
        attributions::update_attribution(conn, client, id, &changes)
    });
    Ok(web::Json(row.await?.into()))
}

impl TryFrom<CreateAttribution> for NewAttribution {
    type Error = ApiError;

    fn try_from(body: CreateAttribution) -> ApiResult<Self> {
        let valid_from = body.valid_from.map(|time| time.0);
        let valid_to = body.valid_to.map(|time| time.0);
        if valid_from.zip(valid_to).is_some_and(|(from, to)| to < from) {
            return Err(ApiError::field("/valid_to", Fault::EmptyPeriod));
        }
        Ok(Self {
            competitor: CompetitorId(body.competitor_id),
            number: body.number.0,
            role: body.role.into(),
            ground: body.ground.0,
            valid_from,
            valid_to,
        })
    }
}
