//! `/v1/observations/{id}/corrections`: what people say against what a source
//! reported. A correction is only ever added; a mistaken one is withdrawn by
//! another.

use crate::routes::ServiceConfig;
use actix_web::{HttpResponse, get, post, web};
use baitline_domain::ids::ObservationId;
use baitline_store::models::NewCorrection;
use baitline_store::observations;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::correction_views::{
    CorrectionView, CreateCorrection, correction_view, correction_views,
};
use crate::app::AppData;
use crate::auth::Caller;
use crate::extract::Body;
use crate::once::{Once, OnceHeader, Reply};
use crate::permissions::{BaitsRead, Cases, Reports};
use crate::problem::{ApiResult, Problem};

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(create_correction).service(list_corrections);
}

/// The corrections of one observation.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({"items": []})))]
pub(crate) struct CorrectionList {
    /// In order; of two amendments of one field the later holds.
    items: Vec<CorrectionView>,
}

/// Correct an observation
///
/// `amend` puts values in the place of the source's, and they hold over its
/// later revisions too; `void` takes the observation out of its call, with
/// everything that hangs on it kept; `withdraw` takes one of both back. Its calls
/// are derived and judged again. The record's id never changes, and what the
/// source sends again is compared with what the source said.
#[utoipa::path(
    tag = "observations",
    security(("bearer" = ["cases", "baits:read"])),
    params(
        ("id" = Uuid, Path, description = "The observation's id, as its receipt gave it."),
        OnceHeader,
    ),
    request_body = CreateCorrection,
    responses(
        (status = 201, description = "The correction as entered.", body = CorrectionView),
        (status = 409, description = "It changes nothing, the observation has too many, or it \
            would withdraw a withdrawal.", body = Problem),
    ),
)]
#[post("/v1/observations/{id}/corrections")]
async fn create_correction(
    app: AppData,
    caller: Caller<(Cases, BaitsRead)>,
    once: Once,
    id: web::Path<Uuid>,
    body: Body<CreateCorrection>,
) -> ApiResult<HttpResponse> {
    let (id, reach) = (ObservationId(id.into_inner()), caller.whole_reach()?);
    let new = NewCorrection::try_from(body.0)?;
    let author = caller.key_id().to_owned();
    let work = move |conn: &mut _| {
        let (client, _, _) = observations::find_observation(conn, reach, id)?;
        observations::correct_observation(conn, client, id, &new, &author)
    };
    let reply = |row| Reply::created(&correction_view(row, None));
    app.write_once(&once, reach, work, reply).await
}

/// List the corrections of an observation
#[utoipa::path(
    tag = "observations",
    security(("bearer" = ["reports", "baits:read"])),
    params(("id" = Uuid, Path, description = "The observation's id, as its receipt gave it.")),
    responses((status = 200, description = "Its corrections.", body = CorrectionList)),
)]
#[get("/v1/observations/{id}/corrections")]
async fn list_corrections(
    app: AppData,
    caller: Caller<(Reports, BaitsRead)>,
    id: web::Path<Uuid>,
) -> ApiResult<web::Json<CorrectionList>> {
    let (id, reach) = (ObservationId(id.into_inner()), caller.whole_reach()?);
    let rows = app.read(reach, move |conn| {
        let (client, _, _) = observations::find_observation(conn, reach, id)?;
        observations::corrections_of(conn, client, &[id])
    });
    Ok(web::Json(CorrectionList { items: correction_views(rows.await?) }))
}
