//! `/v1/labels` and `/v1/interceptions/{id}/labels`: what people heard. Labels
//! are only added; the latest counts.

use crate::routes::ServiceConfig;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use baitline_domain::ids::{LabelId, ObservationId};
use baitline_domain::instant::Instant;
use baitline_store::labels::{self, LabelFilter, LabelPage};
use baitline_store::models::NewLabel;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::interceptions::find_intercepted;
use super::label_views::{CreateLabel, LabelView};
use super::listening::PersonName;
use crate::app::AppData;
use crate::auth::Caller;
use crate::extract::Body;
use crate::fields::{Line, Time};
use crate::once::{Once, OnceHeader, Reply};
use crate::paging::{self, Cursor, Limit, rows_to_ask};
use crate::permissions::{Cases, Reports};
use crate::problem::{ApiError, ApiResult, Problem};
use crate::query::Params;
use crate::words::LabelKindWord;

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(create_label).service(list_labels).service(review_labels);
}

/// The labels of one interception.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({"items": []})))]
pub(crate) struct LabelList {
    /// The oldest first; the last one counts.
    items: Vec<LabelView>,
}

/// A piece of the list of labels.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({"items": [], "next_cursor": null})))]
pub(crate) struct LabelPageView {
    /// In the order in which they were given.
    items: Vec<LabelView>,
    /// Leads to the next piece; null at the end.
    next_cursor: Option<String>,
}

/// Which labels, and which piece of the list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ReviewLabels {
    /// Of this client.
    #[param(nullable = false)]
    client_id: Option<Uuid>,
    /// Given with the key of this public part.
    #[param(value_type = Option<String>, min_length = 1, max_length = 64, nullable = false)]
    labelled_by: Option<Line<64>>,
    /// Heard by this person.
    #[param(value_type = Option<String>, min_length = 1, max_length = 100, nullable = false)]
    listener: Option<PersonName>,
    /// Of this kind.
    #[param(nullable = false)]
    kind: Option<LabelKindWord>,
    /// Given at or after this time.
    #[param(nullable = false)]
    from: Option<Time>,
    /// Given before this time.
    #[param(nullable = false)]
    to: Option<Time>,
    /// Where the piece before ended.
    #[param(value_type = Option<String>, nullable = false)]
    cursor: Option<Cursor>,
    /// How many, 100 unless told.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1000, nullable = false)]
    limit: Option<Limit>,
}

/// Label an interception
///
/// Only what has a recording can have been heard. The caller stays a candidate
/// until one of its calls is labelled advertising.
#[utoipa::path(
    tag = "interceptions",
    security(("bearer" = ["cases"])),
    params(
        ("id" = Uuid, Path, description = "The call's id, or that of an observation."),
        OnceHeader,
    ),
    request_body = CreateLabel,
    responses(
        (status = 201, description = "The label as given.", body = LabelView),
        (status = 409, description = "The call has no recording.", body = Problem),
    ),
)]
#[post("/v1/interceptions/{id}/labels")]
async fn create_label(
    app: AppData,
    caller: Caller<Cases>,
    once: Once,
    id: web::Path<Uuid>,
    body: Body<CreateLabel>,
) -> ApiResult<HttpResponse> {
    let (id, reach) = (ObservationId(id.into_inner()), caller.whole_reach()?);
    let new = NewLabel::try_from(body.0).map_err(|item| ApiError::Unprocessable(vec![item]))?;
    let labelled_by = caller.key_id().to_owned();
    let work = move |conn: &mut _| {
        let judged = find_intercepted(conn, reach, id)?;
        labels::add_label(conn, judged.client_id, &judged.call, &new, &labelled_by)
    };
    let reply = |row| Reply::created(&LabelView::try_from(row)?);
    app.write_once(&once, reach, work, reply).await
}

/// List the labels of an interception
#[utoipa::path(
    tag = "interceptions",
    security(("bearer" = ["reports"])),
    params(("id" = Uuid, Path, description = "The call's id, or that of an observation.")),
    responses((status = 200, description = "Its labels.", body = LabelList)),
)]
#[get("/v1/interceptions/{id}/labels")]
async fn list_labels(
    app: AppData,
    caller: Caller<Reports>,
    id: web::Path<Uuid>,
) -> ApiResult<web::Json<LabelList>> {
    let (id, reach) = (ObservationId(id.into_inner()), caller.whole_reach()?);
    let rows = app.read(reach, move |conn| {
        let judged = find_intercepted(conn, reach, id)?;
        labels::labels_of(conn, judged.client_id, &judged.call.observations)
    });
    let items = rows.await?.into_iter().map(LabelView::try_from).collect::<ApiResult<_>>()?;
    Ok(web::Json(LabelList { items }))
}

/// List labels
///
/// Of all calls, in the order in which they were given: to review who heard
/// what. A call that was labelled again appears again.
#[utoipa::path(
    tag = "listening",
    security(("bearer" = ["reports"])),
    params(ReviewLabels),
    responses((status = 200, description = "A piece of the list.", body = LabelPageView)),
)]
#[get("/v1/labels")]
async fn review_labels(
    app: AppData,
    req: HttpRequest,
    caller: Caller<Reports>,
    query: Params<ReviewLabels>,
) -> ApiResult<HttpResponse> {
    let query = query.0;
    let reach = caller.reach(query.client_id)?;
    let filter = LabelFilter {
        labelled_by: query.labelled_by.map(|key| key.0),
        listener: query.listener.map(|name| name.0),
        kind: query.kind.map(Into::into),
        from: query.from.map(|time| time.0),
        to: query.to.map(|time| time.0),
    };
    let after = query.cursor.map(|cursor| (Instant(cursor.micros), LabelId(cursor.id)));
    let page = LabelPage { after, limit: rows_to_ask(query.limit) };
    let rows = app.read(reach, move |conn| labels::list_labels(conn, reach, &filter, page));
    let (rows, next_cursor) = paging::cut(rows.await?, query.limit, |row| Cursor {
        micros: row.labelled_at.0,
        id: row.id.0,
    });
    let items = rows.into_iter().map(LabelView::try_from).collect::<ApiResult<_>>()?;
    let page = LabelPageView { items, next_cursor };
    Ok(paging::answer(&req, page.next_cursor.as_deref(), &page))
}
