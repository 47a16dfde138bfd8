//! `/v1/observations`: what sources reported, one record each, matched to a bait
//! or waiting for it.

use crate::routes::ServiceConfig;
use actix_web::{HttpRequest, HttpResponse, get, web};
use baitline_domain::ids::{BaitId, ObservationId};
use baitline_domain::instant::Instant;
use baitline_intake::calls::MAX_EXTERNAL_ID_CHARS;
use baitline_store::models::ObservationRow;
use baitline_store::observations::{self, ObservationFilter, ObservationPage};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::correction_views::correction_views;
use super::observation_views::{ObservationDetail, ObservationView, RevisionView};
use crate::app::AppData;
use crate::auth::Caller;
use crate::fields::{Line, Slug, Time};
use crate::paging::{self, Cursor, Limit, rows_to_ask};
use crate::permissions::{BaitsRead, Reports};
use crate::problem::ApiResult;
use crate::query::Params;

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_observations).service(find_observation);
}

/// A piece of the list of observations.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({"items": [], "next_cursor": null})))]
pub(crate) struct ObservationPageView {
    /// In order of start.
    items: Vec<ObservationView>,
    /// Leads to the next piece; null at the end.
    next_cursor: Option<String>,
}

/// Which observations, and which piece of the list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListObservations {
    /// Of this client.
    #[param(nullable = false)]
    client_id: Option<Uuid>,
    /// Of the source of this name.
    #[param(nullable = false)]
    source: Option<Slug>,
    /// With this id in its source.
    #[param(value_type = Option<String>, min_length = 1, max_length = 200, nullable = false)]
    external_id: Option<Line<MAX_EXTERNAL_ID_CHARS>>,
    /// Of this bait.
    #[param(nullable = false)]
    bait_id: Option<Uuid>,
    /// `false`: those that wait for their bait; `true`: the others.
    #[param(nullable = false)]
    matched: Option<bool>,
    /// `true`: voided ones only; `false`: the others.
    #[param(nullable = false)]
    voided: Option<bool>,
    /// Started at or after this time.
    #[param(nullable = false)]
    from: Option<Time>,
    /// Started before this time.
    #[param(nullable = false)]
    to: Option<Time>,
    /// Where the piece before ended.
    #[param(value_type = Option<String>, nullable = false)]
    cursor: Option<Cursor>,
    /// How many, 100 unless told.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1000, nullable = false)]
    limit: Option<Limit>,
}

/// List observations
///
/// In order of start, as they stand. With `matched=false` those whose bait is
/// not known, each with the names it gives it: they are joined as soon as a bait
/// of that number or reference appears, or an amendment names another one.
#[utoipa::path(
    tag = "observations",
    security(("bearer" = ["reports", "baits:read"])),
    params(ListObservations),
    responses((status = 200, description = "A piece of the list.", body = ObservationPageView)),
)]
#[get("/v1/observations")]
async fn list_observations(
    app: AppData,
    req: HttpRequest,
    caller: Caller<(Reports, BaitsRead)>,
    query: Params<ListObservations>,
) -> ApiResult<HttpResponse> {
    let query = query.0;
    let reach = caller.reach(query.client_id)?;
    let filter = ObservationFilter {
        bait: query.bait_id.map(BaitId),
        source: query.source.map(|source| source.0),
        external_id: query.external_id.map(|id| id.0),
        matched: query.matched,
        voided: query.voided,
        from: query.from.map(|time| time.0),
        to: query.to.map(|time| time.0),
    };
    let after = query.cursor.map(|cursor| (Instant(cursor.micros), ObservationId(cursor.id)));
    let page = ObservationPage { after, limit: rows_to_ask(query.limit) };
    let rows =
        app.read(reach, move |conn| observations::list_observations(conn, reach, &filter, page));
    let (rows, next_cursor) = paging::cut(rows.await?, query.limit, cursor_after);
    let items = rows.into_iter().map(ObservationView::from).collect();
    let page = ObservationPageView { items, next_cursor };
    Ok(paging::answer(&req, page.next_cursor.as_deref(), &page))
}

/// Find one observation
///
/// As it stands, with what its source said in every revision and what people
/// corrected.
#[utoipa::path(
    tag = "observations",
    security(("bearer" = ["reports", "baits:read"])),
    params(("id" = Uuid, Path, description = "The id a receipt gave.")),
    responses((status = 200, description = "The observation.", body = ObservationDetail)),
)]
#[get("/v1/observations/{id}")]
async fn find_observation(
    app: AppData,
    caller: Caller<(Reports, BaitsRead)>,
    id: web::Path<Uuid>,
) -> ApiResult<web::Json<ObservationDetail>> {
    let (id, reach) = (ObservationId(id.into_inner()), caller.whole_reach()?);
    let (row, revisions, corrections) = app
        .read(reach, move |conn| {
            let row = observations::find_one(conn, reach, id)?;
            let revisions = observations::revisions_of(conn, row.client_id, id)?;
            let corrections = observations::corrections_of(conn, row.client_id, &[id])?;
            Ok((row, revisions, corrections))
        })
        .await?;
    Ok(web::Json(ObservationDetail {
        observation: row.into(),
        revisions: revisions.into_iter().map(RevisionView::from).collect(),
        corrections: correction_views(corrections),
    }))
}

fn cursor_after(row: &ObservationRow) -> Cursor {
    Cursor { micros: row.occurred_at.0, id: row.id.0 }
}
