//! `/v1/competitors`: the companies whose numbers call the client's customers.

use crate::routes::ServiceConfig;
use actix_web::{HttpRequest, HttpResponse, get, patch, post, web};
use baitline_domain::ids::CompetitorId;
use baitline_store::competitors;
use baitline_store::models::{Competitor, CompetitorChanges, NewCompetitor};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::page;
use crate::app::AppData;
use crate::auth::Caller;
use crate::extract::Body;
use crate::fields::{InnText, Line, OgrnText, Time, present};
use crate::once::{Once, OnceHeader, Reply};
use crate::paging::{self, Cursor, Limit};
use crate::permissions::{Admin, Reports};
use crate::problem::{ApiResult, Problem};
use crate::query::Params;

/// A company's name.
pub(super) type CompetitorName = Line<300>;

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(create_competitor)
        .service(list_competitors)
        .service(find_competitor)
        .service(update_competitor);
}

/// A competitor to enter.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"name": "ООО «Окна Комфорт»", "inn": "7740000076"})))]
pub(crate) struct CreateCompetitor {
    /// The client; required with an agency's key.
    #[schema(nullable = false)]
    client_id: Option<Uuid>,
    /// Its name.
    #[schema(value_type = String, min_length = 1, max_length = 300)]
    name: CompetitorName,
    /// Its ИНН, unique within the client.
    inn: Option<InnText>,
    /// Its ОГРН.
    ogrn: Option<OgrnText>,
}

/// What changes of a competitor: what is absent stays, null empties.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"ogrn": "1027700132195"})))]
pub(crate) struct UpdateCompetitor {
    /// Another name.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 300, nullable = false)]
    name: Option<CompetitorName>,
    /// Another ИНН.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<InnText>)]
    inn: Option<Option<InnText>>,
    /// Another ОГРН.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<OgrnText>)]
    ogrn: Option<Option<OgrnText>>,
}

/// A company that competes with the client.
#[derive(Serialize, ToSchema)]
#[schema(as = Competitor, examples(json!({
    "id": "0197a5b0-7c1e-7d3a-9a51-000000000012",
    "client_id": "0197a5b0-7c1e-7d3a-9a51-000000000001",
    "name": "ООО «Окна Комфорт»",
    "inn": "7740000076",
    "ogrn": null,
    "created_at": "2026-10-01T09:30:00Z"
})))]
pub(crate) struct CompetitorView {
    /// Its id.
    id: Uuid,
    /// Its client.
    client_id: Uuid,
    /// Its name.
    name: String,
    /// Its ИНН.
    inn: Option<InnText>,
    /// Its ОГРН.
    ogrn: Option<String>,
    /// When it was entered.
    created_at: Time,
}

impl From<Competitor> for CompetitorView {
    fn from(row: Competitor) -> Self {
        Self {
            id: row.id.0,
            client_id: row.client_id.0,
            name: row.name,
            inn: row.inn.map(InnText),
            ogrn: row.ogrn,
            created_at: Time(row.created_at),
        }
    }
}

/// A piece of the list of competitors.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({"items": [], "next_cursor": null})))]
pub(crate) struct CompetitorPage {
    /// In order of entry.
    items: Vec<CompetitorView>,
    /// Leads to the next piece; null at the end.
    next_cursor: Option<String>,
}

/// Which competitors, and which piece of the list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListCompetitors {
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

/// Enter a competitor
#[utoipa::path(
    tag = "lists",
    security(("bearer" = ["admin"])),
    params(OnceHeader),
    request_body = CreateCompetitor,
    responses(
        (status = 201, description = "The competitor as entered.", body = CompetitorView),
        (status = 409, description = "The client has one with this ИНН.", body = Problem),
    ),
)]
#[post("/v1/competitors")]
async fn create_competitor(
    app: AppData,
    caller: Caller<Admin>,
    once: Once,
    body: Body<CreateCompetitor>,
) -> ApiResult<HttpResponse> {
    let CreateCompetitor { client_id, name, inn, ogrn } = body.0;
    let client = caller.client(client_id)?;
    let new = NewCompetitor {
        name: name.0,
        inn: inn.map(|inn| inn.0),
        ogrn: ogrn.map(|ogrn| ogrn.0.to_string()),
    };
    let work = move |conn: &mut _| competitors::create_competitor(conn, client, &new);
    let reply = |row| Reply::created(&CompetitorView::from(row));
    app.create_once(&once, client, work, reply).await
}

/// List competitors
#[utoipa::path(
    tag = "lists",
    security(("bearer" = ["reports"])),
    params(ListCompetitors),
    responses((status = 200, description = "A piece of the list.", body = CompetitorPage)),
)]
#[get("/v1/competitors")]
async fn list_competitors(
    app: AppData,
    req: HttpRequest,
    caller: Caller<Reports>,
    query: Params<ListCompetitors>,
) -> ApiResult<HttpResponse> {
    let ListCompetitors { client_id, cursor, limit } = query.0;
    let reach = caller.reach(client_id)?;
    let page = page(cursor, limit);
    let rows = app.read(reach, move |conn| competitors::list_competitors(conn, reach, page));
    let (rows, next_cursor) = paging::cut(rows.await?, limit, |row| Cursor::of_id(row.id.0));
    let items = rows.into_iter().map(CompetitorView::from).collect();
    let page = CompetitorPage { items, next_cursor };
    Ok(paging::answer(&req, page.next_cursor.as_deref(), &page))
}

/// Find one competitor
#[utoipa::path(
    tag = "lists",
    security(("bearer" = ["reports"])),
    params(("id" = Uuid, Path, description = "The competitor's id.")),
    responses((status = 200, description = "The competitor.", body = CompetitorView)),
)]
#[get("/v1/competitors/{id}")]
async fn find_competitor(
    app: AppData,
    caller: Caller<Reports>,
    id: web::Path<Uuid>,
) -> ApiResult<web::Json<CompetitorView>> {
    let (id, reach) = (CompetitorId(id.into_inner()), caller.whole_reach()?);
    let row = app.read(reach, move |conn| competitors::find_competitor(conn, reach, id)).await?;
    Ok(web::Json(row.into()))
}

/// Change what a competitor is called
#[utoipa::path(
    tag = "lists",
    security(("bearer" = ["admin"])),
    params(("id" = Uuid, Path, description = "The competitor's id.")),
    request_body = UpdateCompetitor,
    responses(
        (status = 200, description = "The competitor as changed.", body = CompetitorView),
        (status = 409, description = "The client has one with this ИНН.", body = Problem),
    ),
)]
#[patch("/v1/competitors/{id}")]
async fn update_competitor(
    app: AppData,
    caller: Caller<Admin>,
    id: web::Path<Uuid>,
    body: Body<UpdateCompetitor>,
) -> ApiResult<web::Json<CompetitorView>> {
    let (id, reach) = (CompetitorId(id.into_inner()), caller.whole_reach()?);
    let UpdateCompetitor { name, inn, ogrn } = body.0;
    let changes = CompetitorChanges {
        name: name.map(|name| name.0),
        inn: inn.map(|change| change.map(|inn| inn.0)),
        ogrn: ogrn.map(|change| change.map(|ogrn| ogrn.0.to_string())),
    };
    let row = app.write(reach, move |conn| {
        let client = competitors::find_competitor(conn, reach, id)?.client_id;
        competitors::update_competitor(conn, client, id, &changes)
    });
    Ok(web::Json(row.await?.into()))
}
