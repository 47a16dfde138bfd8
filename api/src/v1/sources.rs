//! `/v1/sources`: who reports calls, and how their clocks run.

use crate::routes::ServiceConfig;
use actix_web::{HttpRequest, HttpResponse, get, patch, post, web};
use baitline_domain::ids::SourceId;
use baitline_domain::instant::Span;
use baitline_store::models::{NewSource, Source, SourceChanges};
use baitline_store::sources;
use serde::{Deserialize, Deserializer, Serialize, de};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::page;
use crate::app::AppData;
use crate::auth::Caller;
use crate::extract::Body;
use crate::fault::Fault;
use crate::fields::{Seconds, Slug, Time, ZoneName};
use crate::once::{Once, OnceHeader, Reply};
use crate::paging::{self, Cursor, Limit};
use crate::permissions::{Admin, AnyKey};
use crate::problem::{ApiResult, Problem};
use crate::query::Params;
use crate::words::SourceKindWord;

/// How far a clock may be off that nobody measured.
const DEFAULT_UNCERTAINTY: Span = Span::seconds(2);
/// The largest uncertainty: beyond it a time says nothing about a window.
pub(super) const MAX_UNCERTAINTY: Span = Span::hours(1);

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(create_source).service(list_sources).service(find_source).service(update_source);
}

/// How far a corrected time may still be off, in seconds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Uncertainty(Span);

impl<'de> Deserialize<'de> for Uncertainty {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Seconds(span) = Seconds::deserialize(deserializer)?;
        if (Span(0)..=MAX_UNCERTAINTY).contains(&span) {
            Ok(Self(span))
        } else {
            Err(de::Error::custom(Fault::OutOfRange))
        }
    }
}

/// A source to enter.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"name": "pbx", "kind": "pbx", "clock_offset_seconds": -1.5})))]
pub(crate) struct CreateSource {
    /// The client; required with an agency's key.
    #[schema(nullable = false)]
    client_id: Option<Uuid>,
    /// Its name in records, unique within the client.
    name: Slug,
    /// What it is.
    kind: SourceKindWord,
    /// The IANA zone of times it gives without an offset, `Europe/Moscow`
    /// unless told.
    #[schema(nullable = false)]
    time_zone: Option<ZoneName>,
    /// Added to its times to get the true ones, 0 unless told.
    #[schema(nullable = false)]
    clock_offset_seconds: Option<Seconds>,
    /// How far a corrected time may still be off, 2 unless told.
    #[schema(value_type = Option<f64>, minimum = 0, maximum = 3600, nullable = false)]
    uncertainty_seconds: Option<Uncertainty>,
}

/// What changes of a source; what is absent stays. Its zone does not change:
/// times already read would keep the old one.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"clock_offset_seconds": 12.25, "uncertainty_seconds": 0.5})))]
pub(crate) struct UpdateSource {
    /// A newly measured offset.
    #[schema(nullable = false)]
    clock_offset_seconds: Option<Seconds>,
    /// A newly measured uncertainty.
    #[schema(value_type = Option<f64>, minimum = 0, maximum = 3600, nullable = false)]
    uncertainty_seconds: Option<Uncertainty>,
}

/// Who reports calls.
#[derive(Serialize, ToSchema)]
#[schema(as = Source, examples(json!({
    "id": "0197a5b0-7c1e-7d3a-9a51-000000000004",
    "client_id": "0197a5b0-7c1e-7d3a-9a51-000000000001",
    "name": "pbx",
    "kind": "pbx",
    "time_zone": "Europe/Moscow",
    "clock_offset_seconds": -1.5,
    "uncertainty_seconds": 2.0,
    "created_at": "2026-10-01T09:30:00Z"
})))]
pub(crate) struct SourceView {
    /// Its id.
    id: Uuid,
    /// Its client.
    client_id: Uuid,
    /// Its name in records.
    name: String,
    /// What it is.
    kind: SourceKindWord,
    /// The IANA zone of times it gives without an offset.
    time_zone: String,
    /// Added to its times to get the true ones.
    clock_offset_seconds: Seconds,
    /// How far a corrected time may still be off.
    uncertainty_seconds: Seconds,
    /// When it was entered.
    created_at: Time,
}

impl From<Source> for SourceView {
    fn from(source: Source) -> Self {
        Self {
            id: source.id.0,
            client_id: source.client_id.0,
            name: source.name,
            kind: source.kind.into(),
            time_zone: source.time_zone,
            clock_offset_seconds: Seconds(Span(source.clock_offset_micros)),
            uncertainty_seconds: Seconds(Span(source.uncertainty_micros)),
            created_at: Time(source.created_at),
        }
    }
}

/// A piece of the list of sources.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({"items": [], "next_cursor": null})))]
pub(crate) struct SourcePage {
    /// In order of entry.
    items: Vec<SourceView>,
    /// Leads to the next piece; null at the end.
    next_cursor: Option<String>,
}

/// Which sources, and which piece of the list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListSources {
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

/// Enter a source
#[utoipa::path(
    tag = "sources",
    security(("bearer" = ["admin"])),
    params(OnceHeader),
    request_body = CreateSource,
    responses(
        (status = 201, description = "The source as entered.", body = SourceView),
        (status = 409, description = "The name is taken.", body = Problem),
    ),
)]
#[post("/v1/sources")]
async fn create_source(
    app: AppData,
    caller: Caller<Admin>,
    once: Once,
    body: Body<CreateSource>,
) -> ApiResult<HttpResponse> {
    let body = body.0;
    let client = caller.client(body.client_id)?;
    let new = NewSource {
        name: body.name.0,
        kind: body.kind.into(),
        time_zone: body.time_zone.map_or_else(|| "Europe/Moscow".to_owned(), |zone| zone.0),
        clock_offset: body.clock_offset_seconds.map_or(Span(0), |seconds| seconds.0),
        uncertainty: body.uncertainty_seconds.map_or(DEFAULT_UNCERTAINTY, |seconds| seconds.0),
    };
    let work = move |conn: &mut _| sources::create_source(conn, client, &new);
    let reply = |source| Reply::created(&SourceView::from(source));
    app.create_once(&once, client, work, reply).await
}

/// List sources
#[utoipa::path(
    tag = "sources",
    security(("bearer" = [])),
    params(ListSources),
    responses((status = 200, description = "A piece of the list.", body = SourcePage)),
)]
#[get("/v1/sources")]
async fn list_sources(
    app: AppData,
    req: HttpRequest,
    caller: Caller<AnyKey>,
    query: Params<ListSources>,
) -> ApiResult<HttpResponse> {
    let ListSources { client_id, cursor, limit } = query.0;
    let reach = caller.reach(client_id)?;
    let page = page(cursor, limit);
    let rows = app.read(reach, move |conn| sources::list_sources(conn, reach, page)).await?;
    let (rows, next_cursor) = paging::cut(rows, limit, |row| Cursor::of_id(row.id.0));
    let items = rows.into_iter().map(SourceView::from).collect();
    let page = SourcePage { items, next_cursor };
    Ok(paging::answer(&req, page.next_cursor.as_deref(), &page))
}

/// Find one source
#[utoipa::path(
    tag = "sources",
    security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The source's id.")),
    responses((status = 200, description = "The source.", body = SourceView)),
)]
#[get("/v1/sources/{id}")]
async fn find_source(
    app: AppData,
    caller: Caller<AnyKey>,
    id: web::Path<Uuid>,
) -> ApiResult<web::Json<SourceView>> {
    let (id, reach) = (SourceId(id.into_inner()), caller.whole_reach()?);
    let source = app.read(reach, move |conn| sources::find_source(conn, reach, id)).await?;
    Ok(web::Json(source.into()))
}

/// Change a source's clock
///
/// The times it reported are corrected again, and the calls judged again.
#[utoipa::path(
    tag = "sources",
    security(("bearer" = ["admin"])),
    params(("id" = Uuid, Path, description = "The source's id.")),
    request_body = UpdateSource,
    responses((status = 200, description = "The source as changed.", body = SourceView)),
)]
#[patch("/v1/sources/{id}")]
async fn update_source(
    app: AppData,
    caller: Caller<Admin>,
    id: web::Path<Uuid>,
    body: Body<UpdateSource>,
) -> ApiResult<web::Json<SourceView>> {
    let (id, reach) = (SourceId(id.into_inner()), caller.whole_reach()?);
    let changes = SourceChanges {
        clock_offset_micros: body.0.clock_offset_seconds.map(|seconds| seconds.0.0),
        uncertainty_micros: body.0.uncertainty_seconds.map(|seconds| seconds.0.0),
    };
    let source = app.write(reach, move |conn| {
        let client = sources::find_source(conn, reach, id)?.client_id;
        sources::update_source(conn, client, id, &changes)
    });
    Ok(web::Json(source.await?.into()))
}
