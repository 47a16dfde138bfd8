//! `/v1/files`: files of call records, of any size a database can take in. They
//! are kept as they come and read by the worker.

use crate::routes::ServiceConfig;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, delete, get, post, web};
use baitline_domain::ids::{ClientId, FileId, SourceId};
use baitline_intake::table::MAX_TABLE_BYTES;
use baitline_store::blobs::BlobKind;
use baitline_store::files::{self, FileFilter};
use baitline_store::models::{CallFile, FileFormat, NewFile, Source};
use baitline_store::{Reach, StoreError, clients, sources};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::call_views::CreateCallsBody;
use super::calls::{BaitText, for_bait, refuse_announced};
use super::file_views::{FilePage, FileView};
use super::imports::XLSX;
use super::page;
use super::profiles::read_stored;
use super::recordings::{FileName, put_failure};
use crate::app::{App, AppData};
use crate::auth::{Caller, unknown_client};
use crate::download::{self, Download, FileBytes};
use crate::extract::media_type;
use crate::fault::{Fault, FaultItem};
use crate::fields::{Slug, Time};
use crate::paging::{self, Cursor, Limit};
use crate::permissions::{BaitsRead, CallsWrite};
use crate::problem::{ApiError, ApiResult, Problem};
use crate::query::Params;
use crate::words::FileStateWord;

/// The largest file.
pub(super) const MAX_FILE_BYTES: u64 = 4 * 1024 * 1024 * 1024;

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(upload_file)
        .service(list_files)
        .service(find_file)
        .service(cancel_file)
        .service(get_file_raw);
}

/// Whose records a file holds, and how it is read.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct UploadFile {
    /// The client; required with an agency's key.
    #[param(nullable = false)]
    client_id: Option<Uuid>,
    /// The source of records that name none. Where it has a profile, CSV and XLSX
    /// are read by it.
    #[param(nullable = false)]
    source: Option<Slug>,
    /// The bait, by number or reference, of a file that is all of one and is read by
    /// its source's profile.
    #[param(value_type = Option<String>, min_length = 1, max_length = 64, nullable = false)]
    bait: Option<BaitText>,
    /// The name the file has where it comes from.
    #[param(value_type = Option<String>, min_length = 1, max_length = 200, nullable = false)]
    file_name: Option<FileName>,
    /// `true` reads a file again that came before, such as by another profile.
    #[param(nullable = false)]
    read_again: Option<bool>,
}

/// Which files, and which piece of the list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListFiles {
    /// Of this client.
    #[param(nullable = false)]
    client_id: Option<Uuid>,
    /// In this state.
    #[param(nullable = false)]
    state: Option<FileStateWord>,
    /// With this source for records that name none.
    #[param(nullable = false)]
    source_id: Option<Uuid>,
    /// That came at or after this time.
    #[param(nullable = false)]
    from: Option<Time>,
    /// That came before this time.
    #[param(nullable = false)]
    to: Option<Time>,
    /// Where the piece before ended.
    #[param(value_type = Option<String>, nullable = false)]
    cursor: Option<Cursor>,
    /// How many, 100 unless told.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1000, nullable = false)]
    limit: Option<Limit>,
}

/// Send a file of call records
///
/// A JSON array, NDJSON, CSV or an XLSX workbook, as `POST /v1/calls` takes them,
/// but of any size up to 4 GiB: it is kept as it comes and read by the worker.
/// `Location` names the file to watch. The same bytes of the same source in the
/// same format again are answered with the file that is there.
#[utoipa::path(
    tag = "files",
    security(("bearer" = ["calls:write"])),
    params(UploadFile),
    request_body(
        description = "Call records: at most 4 GiB, XLSX at most 8 MiB.",
        content(
            (CreateCallsBody = "application/json"),
            (String = "application/x-ndjson", example = json!(
                "{\"source\":\"recorder\",\"bait\":\"+79001234567\",\"direction\":\"incoming\",\
                 \"caller\":\"+79160000001\",\"occurred_at\":\"2026-10-02T11:05:00+03:00\"}\n"
            )),
            (String = "text/csv", example = json!(
                "source,caller,called,occurred_at,connected_seconds\n\
                 pbx,+79160000001,+79001234567,2026-10-02 11:05:00,42\n"
            )),
            (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ),
    ),
    responses(
        (status = 200, description = "It came before; this is that file.", body = FileView),
        (
            status = 202,
            description = "It is kept and waits for the worker.",
            body = FileView,
            headers(("Location" = String, description = "The file's path.")),
        ),
        (status = 409, description = "As many files of the client wait as may.", body = Problem),
    ),
)]
#[post("/v1/files")]
async fn upload_file(
    app: AppData,
    req: HttpRequest,
    caller: Caller<CallsWrite>,
    query: Params<UploadFile>,
    payload: web::Payload,
) -> ApiResult<HttpResponse> {
    let UploadFile { client_id, source, bait, file_name, read_again } = query.0;
    let (format, limit_bytes) = format_of(&req)?;
    let client = caller.client(client_id)?;
    refuse_announced(&req, limit_bytes)?;
    let known = known_source(&app, client, source).await?;
    let profile = profile_of(format, known.as_ref(), bait)?;
    let put = app.store.blobs().put(client, BlobKind::File, payload, limit_bytes).await;
    let blob = put.map_err(put_failure)?;
    if blob.bytes == 0 {
        return Err(ApiError::Malformed(FaultItem::of("empty_body", "The body is empty.")));
    }
    let new = NewFile {
        source: known.map(|(source, _)| source.id),
        format,
        original_name: file_name.map(|name| name.0),
        sha256: blob.sha256,
        bytes: blob.bytes,
        profile,
        uploaded_by: caller.key_id().to_owned(),
    };
    let (is_new, file) = app
        .write(Reach::Client(client), move |conn| match read_again {
            Some(true) => files::create_file(conn, client, &new).map(|file| (true, file)),
            _ => files::find_or_create_file(conn, client, &new),
        })
        .await?;
    let view = FileView::from(file);
    let mut response = if is_new { HttpResponse::Accepted() } else { HttpResponse::Ok() };
    let location = format!("/v1/files/{}", view.id());
    Ok(response.insert_header((header::LOCATION, location)).json(view))
}

/// List files
#[utoipa::path(
    tag = "files",
    security(("bearer" = ["calls:write"])),
    params(ListFiles),
    responses((status = 200, description = "A piece of the list.", body = FilePage)),
)]
#[get("/v1/files")]
async fn list_files(
    app: AppData,
    req: HttpRequest,
    caller: Caller<CallsWrite>,
    query: Params<ListFiles>,
) -> ApiResult<HttpResponse> {
    let query = query.0;
    let (limit, reach) = (query.limit, caller.reach(query.client_id)?);
    let filter = FileFilter {
        state: query.state.map(Into::into),
        source: query.source_id.map(SourceId),
        from: query.from.map(|time| time.0),
        to: query.to.map(|time| time.0),
    };
    let page = page(query.cursor, limit);
    let rows = app.read(reach, move |conn| files::list_files(conn, reach, &filter, page)).await?;
    let (rows, next_cursor) = paging::cut(rows, limit, |row| Cursor::of_id(row.id.0));
    let page = FilePage { items: rows.into_iter().map(Into::into).collect(), next_cursor };
    Ok(paging::answer(&req, page.next_cursor.as_deref(), &page))
}

/// Find one file
///
/// With how far it is read and what became of its rows so far.
#[utoipa::path(
    tag = "files",
    security(("bearer" = ["calls:write"])),
    params(("id" = Uuid, Path, description = "The file's id.")),
    responses((status = 200, description = "The file.", body = FileView)),
)]
#[get("/v1/files/{id}")]
async fn find_file(
    app: AppData,
    caller: Caller<CallsWrite>,
    id: web::Path<Uuid>,
) -> ApiResult<web::Json<FileView>> {
    let (id, reach) = (FileId(id.into_inner()), caller.whole_reach()?);
    let file = app.read(reach, move |conn| files::find_file(conn, reach, id)).await?;
    Ok(web::Json(file.into()))
}

/// Cancel a file
///
/// It is read no further. The calls read before stay, and so do its bytes. A second
/// time changes nothing.
#[utoipa::path(
    tag = "files",
    security(("bearer" = ["calls:write"])),
    params(("id" = Uuid, Path, description = "The file's id.")),
    responses(
        (status = 200, description = "It is cancelled.", body = FileView),
        (status = 409, description = "It has ended before.", body = Problem),
    ),
)]
#[delete("/v1/files/{id}")]
async fn cancel_file(
    app: AppData,
    caller: Caller<CallsWrite>,
    id: web::Path<Uuid>,
) -> ApiResult<web::Json<FileView>> {
    let (id, reach) = (FileId(id.into_inner()), caller.whole_reach()?);
    let file = app.write(reach, move |conn| {
        let client = files::find_file(conn, reach, id)?.client_id;
        files::cancel_file(conn, client, id)
    });
    Ok(web::Json(file.await?.into()))
}

/// Get a file's bytes
///
/// As they came, whole or in part: `Range`, `If-Range` and `If-None-Match` are
/// understood, and the `ETag` is the hash of the bytes.
#[utoipa::path(
    tag = "files",
    security(("bearer" = ["calls:write", "baits:read"])),
    params(("id" = Uuid, Path, description = "The file's id.")),
    responses(
        (status = 200, description = "The whole.", content(
            (inline(FileBytes) = "application/octet-stream"),
        )),
        (status = 206, description = "The part asked for.", content(
            (inline(FileBytes) = "application/octet-stream"),
        )),
        (status = 304, description = "The caller has these bytes."),
        (status = 416, description = "The range begins after the end.", body = Problem),
    ),
)]
#[get("/v1/files/{id}/raw")]
async fn get_file_raw(
    app: AppData,
    req: HttpRequest,
    caller: Caller<(CallsWrite, BaitsRead)>,
    id: web::Path<Uuid>,
) -> ApiResult<HttpResponse> {
    let (id, reach) = (FileId(id.into_inner()), caller.whole_reach()?);
    let file = app.read(reach, move |conn| files::find_file(conn, reach, id)).await?;
    if file.erased_at.is_some() {
        return Err(ApiError::NotFound(None));
    }
    download::send(&app, &req, download_of(file)).await
}

fn download_of(file: CallFile) -> Download {
    Download {
        client: file.client_id,
        kind: BlobKind::File,
        bytes: file.bytes.cast_unsigned(),
        media_type: "application/octet-stream".to_owned(),
        name: format!("file-{}.{}", file.id, file.format.as_str()),
        sha256: file.sha256,
    }
}

/// How the body spells its records, and how large it may be.
fn format_of(req: &HttpRequest) -> ApiResult<(FileFormat, u64)> {
    match media_type(req).as_deref() {
        Some("application/json") => Ok((FileFormat::Json, MAX_FILE_BYTES)),
        Some("application/x-ndjson") => Ok((FileFormat::Ndjson, MAX_FILE_BYTES)),
        Some("text/csv") => Ok((FileFormat::Csv, MAX_FILE_BYTES)),
        Some(XLSX) => Ok((FileFormat::Xlsx, MAX_TABLE_BYTES as u64)),
        _ => Err(ApiError::UnsupportedMediaType(
            "Send application/json, application/x-ndjson, text/csv or an XLSX workbook.",
        )),
    }
}

/// A source with how its files are read.
type KnownSource = (Source, Option<String>);

/// The source asked for; refuses, before any byte is taken, what would be refused
/// after them.
async fn known_source(
    app: &App,
    client: ClientId,
    asked: Option<Slug>,
) -> ApiResult<Option<KnownSource>> {
    let found = app.read(Reach::Client(client), move |conn| {
        match clients::find_client(conn, client) {
            Err(StoreError::NotFound) => return Ok(None),
            other => other?,
        };
        files::assert_room(conn, client)?;
        match &asked {
            Some(Slug(name)) => {
                sources::find_source_named(conn, client, name).map(|known| Some((true, known)))
            }
            None => Ok(Some((false, None))),
        }
    });
    match found.await?.ok_or_else(unknown_client)? {
        (true, None) => {
            Err(ApiError::NotFound(Some(FaultItem::parameter("source", Fault::UnknownSource))))
        }
        (_, known) => Ok(known),
    }
}

/// How the rows of a table are read, as it is kept with the file.
fn profile_of(
    format: FileFormat,
    source: Option<&KnownSource>,
    bait: Option<BaitText>,
) -> ApiResult<Option<String>> {
    let is_table = matches!(format, FileFormat::Csv | FileFormat::Xlsx);
    let stored = source.and_then(|(_, profile)| profile.as_deref()).filter(|_| is_table);
    let Some(stored) = stored else {
        return match (format, bait) {
            (FileFormat::Xlsx, _) => Err(ApiError::parameter("source", Fault::NeedsProfile)),
            (_, Some(_)) => Err(ApiError::parameter("bait", Fault::NeedsProfile)),
            (_, None) => Ok(None),
        };
    };
    let profile = for_bait(read_stored(stored)?, bait)?;
    let unwritable = || ApiError::Internal("a profile cannot be written".to_owned());
    profile.to_stored().map(Some).ok_or_else(unwritable)
}
