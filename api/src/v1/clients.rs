//! `/v1/clients`: the defended businesses.

use crate::routes::ServiceConfig;
use actix_web::{HttpRequest, HttpResponse, get, patch, post, web};
use baitline_domain::ids::ClientId;
use baitline_store::models::{Client, ClientChanges, NewClient};
use baitline_store::{Reach, clients};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::page;
use crate::app::AppData;
use crate::auth::{Agency, Caller};
use crate::extract::Body;
use crate::fields::{Line, Time, Whole, ZoneName};
use crate::once::{Once, OnceHeader, Reply};
use crate::paging::{self, Cursor, Limit};
use crate::permissions::{Admin, AnyKey};
use crate::problem::ApiResult;
use crate::query::Params;

/// The zone of a client that names none.
const DEFAULT_TIME_ZONE: &str = "Europe/Moscow";
/// The window of a client that names none, in hours.
const DEFAULT_WINDOW_HOURS: u32 = 48;

/// The window, in hours.
pub(super) type WindowHours = Whole<24, 72>;
/// A client's name.
pub(super) type Name = Line<200>;

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(create_client).service(list_clients).service(find_client).service(update_client);
}

/// A client to enter.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"name": "Стоматология «Белый клык»"})))]
pub(crate) struct CreateClient {
    /// Its name.
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    name: Name,
    /// Its IANA time zone, `Europe/Moscow` unless told.
    #[schema(nullable = false)]
    time_zone: Option<ZoneName>,
    /// The window of its traps in hours, 48 unless told.
    #[schema(value_type = Option<u32>, minimum = 24, maximum = 72, nullable = false)]
    window_hours: Option<WindowHours>,
}

/// What changes of a client; what is absent stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"window_hours": 72})))]
pub(crate) struct UpdateClient {
    /// A new name.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 200, nullable = false)]
    name: Option<Name>,
    /// A new time zone; local days of reports move with it.
    #[schema(nullable = false)]
    time_zone: Option<ZoneName>,
    /// A new window for traps made from now on.
    #[schema(value_type = Option<u32>, minimum = 24, maximum = 72, nullable = false)]
    window_hours: Option<WindowHours>,
}

/// A defended business.
#[derive(Serialize, ToSchema)]
#[schema(as = Client, examples(json!({
    "id": "0197a5b0-7c1e-7d3a-9a51-000000000001",
    "name": "Стоматология «Белый клык»",
    "time_zone": "Europe/Moscow",
    "window_hours": 48,
    "created_at": "2026-10-01T09:30:00Z"
})))]
pub(crate) struct ClientView {
    /// Its id.
    id: Uuid,
    /// Its name.
    name: String,
    /// Its IANA time zone.
    time_zone: String,
    /// The window of traps made from now on, in hours.
    window_hours: i32,
    /// When it was entered.
    created_at: Time,
}

impl From<Client> for ClientView {
    fn from(client: Client) -> Self {
        Self {
            id: client.id.0,
            name: client.name,
            time_zone: client.time_zone,
            window_hours: client.window_hours,
            created_at: Time(client.created_at),
        }
    }
}

/// A piece of the list of clients.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({"items": [{
    "id": "0197a5b0-7c1e-7d3a-9a51-000000000001",
    "name": "Стоматология «Белый клык»",
    "time_zone": "Europe/Moscow",
    "window_hours": 48,
    "created_at": "2026-10-01T09:30:00Z"
}], "next_cursor": null})))]
pub(crate) struct ClientPage {
    /// In order of entry.
    items: Vec<ClientView>,
    /// Leads to the next piece; null at the end.
    next_cursor: Option<String>,
}

/// Which piece of the list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListClients {
    /// Where the piece before ended.
    #[param(value_type = Option<String>, nullable = false)]
    cursor: Option<Cursor>,
    /// How many, 100 unless told.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1000, nullable = false)]
    limit: Option<Limit>,
}

/// Enter a client
///
/// Only an agency's key may. A key of the client's own is made at `/v1/keys`.
#[utoipa::path(
    tag = "clients",
    security(("bearer" = ["admin"])),
    params(OnceHeader),
    request_body = CreateClient,
    responses((status = 201, description = "The client as entered.", body = ClientView)),
)]
#[post("/v1/clients")]
async fn create_client(
    app: AppData,
    _: Agency<Admin>,
    once: Once,
    body: Body<CreateClient>,
) -> ApiResult<HttpResponse> {
    let new = NewClient::from(body.0);
    let work = move |conn: &mut _| clients::create_client(conn, &new);
    let reply = |client| Reply::created(&ClientView::from(client));
    app.write_once(&once, Reach::Agency, work, reply).await
}

/// List clients
///
/// A client's own key sees that client alone.
#[utoipa::path(
    tag = "clients",
    security(("bearer" = [])),
    params(ListClients),
    responses((status = 200, description = "A piece of the list.", body = ClientPage)),
)]
#[get("/v1/clients")]
async fn list_clients(
    app: AppData,
    req: HttpRequest,
    caller: Caller<AnyKey>,
    query: Params<ListClients>,
) -> ApiResult<HttpResponse> {
    let ListClients { cursor, limit } = query.0;
    let reach = caller.whole_reach()?;
    let page = page(cursor, limit);
    let rows = app.read(reach, move |conn| clients::list_clients(conn, reach, page)).await?;
    let (rows, next_cursor) = paging::cut(rows, limit, |row| Cursor::of_id(row.id.0));
    let items = rows.into_iter().map(ClientView::from).collect();
    let page = ClientPage { items, next_cursor };
    Ok(paging::answer(&req, page.next_cursor.as_deref(), &page))
}

/// Find one client
#[utoipa::path(
    tag = "clients",
    security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The client's id.")),
    responses((status = 200, description = "The client.", body = ClientView)),
)]
#[get("/v1/clients/{id}")]
async fn find_client(
    app: AppData,
    caller: Caller<AnyKey>,
    id: web::Path<Uuid>,
) -> ApiResult<web::Json<ClientView>> {
    let client = caller.client(Some(id.into_inner()))?;
    let reach = caller.whole_reach()?;
    let client = app.read(reach, move |conn| clients::find_client(conn, client)).await?;
    Ok(web::Json(client.into()))
}

/// Change a client
///
/// A new time zone moves the local days of reports; a new window holds for
/// traps made from now on.
#[utoipa::path(
    tag = "clients",
    security(("bearer" = ["admin"])),
    params(("id" = Uuid, Path, description = "The client's id.")),
    request_body = UpdateClient,
    responses((status = 200, description = "The client as changed.", body = ClientView)),
)]
#[patch("/v1/clients/{id}")]
async fn update_client(
    app: AppData,
    caller: Caller<Admin>,
    id: web::Path<Uuid>,
    body: Body<UpdateClient>,
) -> ApiResult<web::Json<ClientView>> {
    let client: ClientId = caller.client(Some(id.into_inner()))?;
    let UpdateClient { name, time_zone, window_hours } = body.0;
    let changes = ClientChanges {
        name: name.map(|name| name.0),
        time_zone: time_zone.map(|zone| zone.0),
        window_hours: window_hours.map(|hours| hours.0.cast_signed()),
    };
    let reach = caller.whole_reach()?;
    let client =
        app.write(reach, move |conn| clients::update_client(conn, client, &changes)).await?;
    Ok(web::Json(client.into()))
}

impl From<CreateClient> for NewClient {
    fn from(body: CreateClient) -> Self {
        let CreateClient { name, time_zone, window_hours } = body;
        let hours = window_hours.map_or(DEFAULT_WINDOW_HOURS, |hours| hours.0);
        Self {
            name: name.0,
            time_zone: time_zone.map_or_else(|| DEFAULT_TIME_ZONE.to_owned(), |zone| zone.0),
            window_hours: hours.cast_signed(),
        }
    }
}
