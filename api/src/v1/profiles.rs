//! `/v1/sources/{id}/profile`: how the files of a source are read.

use crate::routes::ServiceConfig;
use actix_web::{HttpResponse, delete, get, put, web};
use baitline_domain::ids::SourceId;
use baitline_intake::profile::Profile;
use baitline_store::sources;
use uuid::Uuid;

use super::profile_views::ProfileBody;
use crate::app::AppData;
use crate::auth::Caller;
use crate::extract::Body;
use crate::permissions::{Admin, AnyKey};
use crate::problem::{ApiError, ApiResult, Problem};

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(save_profile).service(find_profile).service(delete_profile);
}

/// Say how a source's files are read
///
/// Takes the place of what was said before. CSV and XLSX sent to `/v1/calls` with
/// `source` are then read so; what was read before stays as it is.
#[utoipa::path(
    tag = "sources",
    security(("bearer" = ["admin"])),
    params(("id" = Uuid, Path, description = "The source's id.")),
    request_body = ProfileBody,
    responses(
        (status = 200, description = "The profile as saved.", body = ProfileBody),
        (status = 422, description = "Everything that is wrong with it.", body = Problem),
    ),
)]
#[put("/v1/sources/{id}/profile")]
async fn save_profile(
    app: AppData,
    caller: Caller<Admin>,
    id: web::Path<Uuid>,
    body: Body<ProfileBody>,
) -> ApiResult<web::Json<ProfileBody>> {
    let (id, reach) = (SourceId(id.into_inner()), caller.whole_reach()?);
    let profile = Profile::try_from(body.0).map_err(ApiError::Unprocessable)?;
    let unwritable = || ApiError::Internal("a profile cannot be written".to_owned());
    let stored = profile.to_stored().ok_or_else(unwritable)?;
    app.write(reach, move |conn| {
        let client = sources::find_source(conn, reach, id)?.client_id;
        sources::set_profile(conn, client, id, Some(&stored))
    })
    .await?;
    Ok(web::Json(profile.into()))
}

/// Find how a source's files are read
///
/// Not found, too, where nobody said.
#[utoipa::path(
    tag = "sources",
    security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The source's id.")),
    responses((status = 200, description = "The profile.", body = ProfileBody)),
)]
#[get("/v1/sources/{id}/profile")]
async fn find_profile(
    app: AppData,
    caller: Caller<AnyKey>,
    id: web::Path<Uuid>,
) -> ApiResult<web::Json<ProfileBody>> {
    let (id, reach) = (SourceId(id.into_inner()), caller.whole_reach()?);
    let stored = app.read(reach, move |conn| sources::profile_of(conn, reach, id)).await?;
    Ok(web::Json(read_stored(&stored.ok_or(ApiError::NotFound(None))?)?.into()))
}

/// Forget how a source's files are read
///
/// Its CSV then needs the fields' own names again.
#[utoipa::path(
    tag = "sources",
    security(("bearer" = ["admin"])),
    params(("id" = Uuid, Path, description = "The source's id.")),
    responses((status = 204, description = "Nobody says any more.")),
)]
#[delete("/v1/sources/{id}/profile")]
async fn delete_profile(
    app: AppData,
    caller: Caller<Admin>,
    id: web::Path<Uuid>,
) -> ApiResult<HttpResponse> {
    let (id, reach) = (SourceId(id.into_inner()), caller.whole_reach()?);
    app.write(reach, move |conn| {
        let client = sources::find_source(conn, reach, id)?.client_id;
        sources::set_profile(conn, client, id, None)
    })
    .await?;
    Ok(HttpResponse::NoContent().finish())
}

pub(super) fn read_stored(stored: &str) -> ApiResult<Profile> {
    let broken = || ApiError::Internal("a stored profile cannot be read".to_owned());
    Profile::of_stored(stored).ok_or_else(broken)
}
