//! `/v1/exports/{id}/packages/{package_id}`: the archives of an export.

use crate::routes::ServiceConfig;
use actix_web::{HttpRequest, HttpResponse, get, web};
use baitline_domain::ids::{ExportId, PackageId};
use baitline_store::blobs::BlobKind;
use baitline_store::models::Package;
use baitline_store::{StoreError, exports};
use uuid::Uuid;

use crate::app::AppData;
use crate::auth::Caller;
use crate::download::{self, Download, FileBytes};
use crate::permissions::{BaitsRead, Exports};
use crate::problem::{ApiResult, Problem};

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(download_package);
}

/// Download a package
///
/// A ZIP archive, whole or in part: `Range`, `If-Range` and `If-None-Match` are
/// understood, and the `ETag` is the hash of the bytes. Not found until it is
/// built.
#[utoipa::path(
    tag = "exports",
    security(("bearer" = ["exports", "baits:read"])),
    params(
        ("id" = Uuid, Path, description = "The export's id."),
        ("package_id" = Uuid, Path, description = "The package's id."),
    ),
    responses(
        (status = 200, description = "The whole.", body = inline(FileBytes),
            content_type = "application/zip"),
        (status = 206, description = "The part asked for.", body = inline(FileBytes),
            content_type = "application/zip"),
        (status = 304, description = "The caller has these bytes."),
        (status = 416, description = "The range begins after the end.", body = Problem),
    ),
)]
#[get("/v1/exports/{id}/packages/{package_id}")]
async fn download_package(
    app: AppData,
    req: HttpRequest,
    caller: Caller<(Exports, BaitsRead)>,
    ids: web::Path<(Uuid, Uuid)>,
) -> ApiResult<HttpResponse> {
    let (export, package) = ids.into_inner();
    let (export, package, reach) = (ExportId(export), PackageId(package), caller.whole_reach()?);
    let found =
        app.read(reach, move |conn| exports::find_package(conn, reach, export, package)).await?;
    let (Some(sha256), Some(bytes)) = (found.sha256, found.bytes) else {
        return Err(StoreError::NotFound.into());
    };
    let Package { client_id, id, .. } = found;
    let file = Download {
        client: client_id,
        kind: BlobKind::Package,
        sha256,
        bytes: bytes.cast_unsigned(),
        media_type: "application/zip".to_owned(),
        name: format!("baitline-{id}.zip"),
    };
    download::send(&app, &req, file).await
}
