//! `/v1/exports/{id}/archive`: every package of an export in one download.

use crate::routes::ServiceConfig;
use actix_web::body::SizedStream;
use actix_web::{HttpRequest, HttpResponse, get, web};
use baitline_domain::ids::{ClientId, ExportId};
use baitline_store::blobs::{BlobKind, Blobs};
use baitline_store::models::{Export, ExportFile, ExportState, Package};
use baitline_store::{StoreError, exports};
use bytes::Bytes;
use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt, TryStreamExt};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::app::AppData;
use crate::auth::Caller;
use crate::download::{Begun, Described, FileBytes, begin, missing_blob, note_read};
use crate::permissions::{BaitsRead, Exports};
use crate::problem::{ApiError, ApiResult, Problem};
use crate::stored_zip::{Entry, Piece, StoredZip};

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(download_archive);
}

/// Download all packages
///
/// A ZIP archive of the built packages in the folders `ready` and `draft`, with an index
/// as XLSX and PDF and the sums of all files; whole or in part, as a single package. The
/// same export has the same bytes until packages of it are tried again. Not found until
/// the export is done.
#[utoipa::path(
    tag = "exports",
    security(("bearer" = ["exports", "baits:read"])),
    params(("id" = Uuid, Path, description = "The export's id.")),
    responses(
        (status = 200, description = "The whole.", body = inline(FileBytes),
            content_type = "application/zip"),
        (status = 206, description = "The part asked for.", body = inline(FileBytes),
            content_type = "application/zip"),
        (status = 304, description = "The caller has these bytes."),
        (status = 416, description = "The range begins after the end.", body = Problem),
    ),
)]
#[get("/v1/exports/{id}/archive")]
async fn download_archive(
    app: AppData,
    req: HttpRequest,
    caller: Caller<(Exports, BaitsRead)>,
    id: web::Path<Uuid>,
) -> ApiResult<HttpResponse> {
    let (id, reach) = (ExportId(id.into_inner()), caller.whole_reach()?);
    let (export, files, packages) = app
        .read(reach, move |conn| {
            let export = exports::find_export(conn, reach, id)?;
            let (files, packages) = exports::archive_of(conn, export.client_id, id)?;
            Ok((export, files, packages))
        })
        .await?;
    let client = export.client_id;
    let zip = archive(&export, files, packages).ok_or(StoreError::NotFound)?;
    let mut hash = Sha256::new();
    zip.facts().for_each(|fact| hash.update(fact));
    let (hash, name) = (hash.finalize(), format!("{}.zip", folder(id)));
    let described =
        Described { hash: &hash, bytes: zip.bytes(), media_type: "application/zip", name: &name };
    Ok(match begin(&req, &described)? {
        Begun::Over(response) => response,
        Begun::Part(mut response, part) => {
            note_read(&app, client, ("export", &described)).await?;
            let length = part.end - part.start;
            let bytes = streamed(app.store.blobs().clone(), client, zip.pieces(part));
            response.body(SizedStream::new(length, bytes))
        }
    })
}

fn folder(export: ExportId) -> String {
    format!("baitline-export-{export}")
}

/// `None` until the export is done, and of one that was carried before there were
/// archives.
fn archive(export: &Export, files: Vec<ExportFile>, packages: Vec<Package>) -> Option<StoredZip> {
    if export.state != ExportState::Done || files.is_empty() {
        return None;
    }
    let folder = folder(export.id);
    let entry = |name: &str, bytes: i64, crc32: i64, sha256| {
        let (bytes, crc32) = (u64::try_from(bytes).ok()?, u32::try_from(crc32).ok()?);
        Some(Entry { name: format!("{folder}/{name}"), bytes, crc32, sha256 })
    };
    let beside = files.into_iter().map(|one| entry(&one.name, one.bytes, one.crc32, one.sha256));
    let mut entries: Vec<Entry> = beside.collect::<Option<_>>()?;
    for package in packages {
        let name = package.archive_name();
        entries.push(entry(&name, package.bytes?, package.crc32?, package.sha256?)?);
    }
    Some(StoredZip::new(entries, export.planned_at?))
}

/// The pieces one after the other; a blob is opened when its turn comes.
fn streamed(
    blobs: Blobs,
    client: ClientId,
    pieces: impl Iterator<Item = Piece>,
) -> impl futures_util::Stream<Item = ApiResult<Bytes>> {
    stream::iter(pieces)
        .then(move |piece| {
            let blobs = blobs.clone();
            async move { opened(&blobs, client, piece).await }
        })
        .try_flatten()
}

async fn opened(
    blobs: &Blobs,
    client: ClientId,
    piece: Piece,
) -> ApiResult<BoxStream<'static, ApiResult<Bytes>>> {
    match piece {
        Piece::Made(bytes) => Ok(stream::iter([Ok(bytes)]).boxed()),
        Piece::Held(sha256, part) => {
            let bytes = blobs.get(client, BlobKind::Package, &sha256, Some(part)).await;
            Ok(bytes.map_err(missing_blob)?.map_err(ApiError::from).boxed())
        }
    }
}
