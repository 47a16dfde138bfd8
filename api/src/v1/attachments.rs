//! `/v1/attachments`: scans of papers and pictures of screens, each of one thing.
//! Their bytes are kept as they come and are never replaced.

use std::io::Read;

use crate::routes::ServiceConfig;
use actix_web::{HttpRequest, HttpResponse, get, patch, post, web};
use baitline_domain::ids::{AttachmentId, ClientId};
use baitline_intake::media::{self, SNIFFED_BYTES};
use baitline_store::attachments::{self, AttachmentFilter};
use baitline_store::blobs::{BlobKind, PutError, StoredBlob};
use baitline_store::models::{AttachmentChanges, AttachmentRow, NewAttachment};
use baitline_store::recordings::Put;
use baitline_store::sql_types::RowId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::calls::refuse_announced;
use super::contaminations::Withdrawal;
use super::page;
use super::recordings::{FileName, put_failure};
use crate::app::{App, AppData, blocking};
use crate::auth::Caller;
use crate::download::{self, Download, FileBytes, hex};
use crate::extract::{Body, media_type};
use crate::fault::{Fault, FaultItem};
use crate::fields::{Line, Time, present};
use crate::paging::{self, Cursor, Limit};
use crate::permissions::{BaitsRead, Cases};
use crate::precondition::{IfMatch, IfMatchHeader, tagged};
use crate::problem::{ApiError, ApiResult, Problem};
use crate::query::Params;
use crate::spool;
use crate::words::AttachmentSubjectWord;

/// The largest scan: some hundred pages of a contract.
pub(super) const MAX_ATTACHMENT_BYTES: u64 = 50 * 1024 * 1024;
/// What an attachment shows.
pub(super) type AttachmentTitle = Line<200>;
/// What may be sent.
const ACCEPTED: &str = "Send a PDF, PNG or JPEG whose first bytes show that it is one.";

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(create_attachment)
        .service(list_attachments)
        .service(find_attachment)
        .service(update_attachment)
        .service(get_attachment_content);
}

/// What is told of an attachment beside its bytes.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CreateAttachment {
    /// What kind of thing it belongs to.
    subject_kind: AttachmentSubjectWord,
    /// The thing's id.
    subject_id: Uuid,
    /// What it shows.
    #[param(value_type = String, min_length = 1, max_length = 200)]
    title: AttachmentTitle,
    /// The file name it has where it comes from.
    #[param(value_type = Option<String>, min_length = 1, max_length = 200, nullable = false)]
    file_name: Option<FileName>,
}

/// What changes of an attachment: what is absent stays. Its bytes never change.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"withdrawn_because": "не тот договор"})))]
pub(crate) struct UpdateAttachment {
    /// Another title.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 200, nullable = false)]
    title: Option<AttachmentTitle>,
    /// Why it does not count; null lets it count again.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 500)]
    withdrawn_because: Option<Option<Withdrawal>>,
}

/// A scan's facts.
#[derive(Serialize, ToSchema)]
#[schema(as = Attachment, examples(json!({
    "id": "0197a5b0-7c1e-7d3a-9a51-000000000031",
    "client_id": "0197a5b0-7c1e-7d3a-9a51-000000000001",
    "subject_kind": "bait",
    "subject_id": "0197a5b0-7c1e-7d3a-9a51-000000000002",
    "title": "Договор об оказании услуг связи",
    "original_name": "договор.pdf",
    "media_type": "application/pdf",
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "bytes": 48044,
    "withdrawn_because": null,
    "version": 1,
    "author": "k7m2p9q4w8x3",
    "received_at": "2026-10-02T09:00:00Z"
})))]
pub(crate) struct AttachmentView {
    /// Its id.
    id: Uuid,
    /// Its client.
    client_id: Uuid,
    /// What kind of thing it belongs to.
    subject_kind: AttachmentSubjectWord,
    /// The thing's id.
    subject_id: Uuid,
    /// What it shows.
    title: String,
    /// The file name it came under.
    original_name: Option<String>,
    /// What its first bytes tell that it is.
    media_type: String,
    /// SHA-256 of its bytes, in hexadecimal.
    sha256: String,
    /// How many bytes.
    bytes: i64,
    /// Why it does not count; null while it does.
    withdrawn_because: Option<String>,
    /// How often it was written; its ETag.
    version: i32,
    /// The public part of the key it was sent with.
    author: String,
    /// When the program got it.
    received_at: Time,
}

impl From<AttachmentRow> for AttachmentView {
    fn from(row: AttachmentRow) -> Self {
        Self {
            id: row.id.0,
            client_id: row.client_id.0,
            subject_kind: row.subject_kind.into(),
            subject_id: row.subject_id.0,
            title: row.title,
            original_name: row.original_name,
            media_type: row.media_type,
            sha256: hex(&row.sha256),
            bytes: row.bytes,
            withdrawn_because: row.withdrawn_because,
            version: row.version,
            author: row.author,
            received_at: Time(row.received_at),
        }
    }
}

/// A piece of the list of attachments.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({"items": [], "next_cursor": null})))]
pub(crate) struct AttachmentPage {
    /// In order of arrival.
    items: Vec<AttachmentView>,
    /// Leads to the next piece; null at the end.
    next_cursor: Option<String>,
}

/// Which attachments, and which piece of the list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListAttachments {
    /// Of this client.
    #[param(nullable = false)]
    client_id: Option<Uuid>,
    /// Of things of this kind.
    #[param(nullable = false)]
    subject_kind: Option<AttachmentSubjectWord>,
    /// Of this thing.
    #[param(nullable = false)]
    subject_id: Option<Uuid>,
    /// Where the piece before ended.
    #[param(value_type = Option<String>, nullable = false)]
    cursor: Option<Cursor>,
    /// How many, 100 unless told.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1000, nullable = false)]
    limit: Option<Limit>,
}

/// Attach a scan
///
/// A PDF, PNG or JPEG, told by its first bytes whatever its sender calls it. The
/// same bytes at the same thing are the attachment that is there already.
#[utoipa::path(
    tag = "attachments",
    security(("bearer" = ["cases", "baits:read"])),
    params(CreateAttachment),
    request_body(
        description = "The scan, at most 50 MiB.",
        content(
            (inline(FileBytes) = "application/pdf"),
            (inline(FileBytes) = "image/png"),
            (inline(FileBytes) = "image/jpeg"),
            (inline(FileBytes) = "application/octet-stream"),
        ),
    ),
    responses(
        (status = 200, description = "The same bytes were there.", body = AttachmentView),
        (status = 201, description = "It is kept.", body = AttachmentView),
    ),
)]
#[post("/v1/attachments")]
async fn create_attachment(
    app: AppData,
    req: HttpRequest,
    caller: Caller<(Cases, BaitsRead)>,
    query: Params<CreateAttachment>,
    payload: web::Payload,
) -> ApiResult<HttpResponse> {
    let CreateAttachment { subject_kind, subject_id, title, file_name } = query.0;
    let (subject, reach) = ((subject_kind.into(), RowId(subject_id)), caller.whole_reach()?);
    refuse_other_types(&req)?;
    refuse_announced(&req, MAX_ATTACHMENT_BYTES)?;
    let client = app.read(reach, move |conn| attachments::client_of(conn, reach, subject)).await;
    let client = client.map_err(unknown_subject)?;
    let (blob, media_type) = keep(&app, client, payload).await?;
    let new = NewAttachment {
        subject,
        title: title.0,
        original_name: file_name.map(|name| name.0),
        media_type,
        sha256: blob.sha256,
        bytes: blob.bytes.cast_signed(),
    };
    let author = caller.key_id().to_owned();
    let put =
        app.write(reach, move |conn| attachments::put_attachment(conn, client, &new, &author));
    let (put, row) = put.await?;
    let response = match put {
        Put::New => HttpResponse::Created(),
        Put::Same => HttpResponse::Ok(),
    };
    Ok(tagged(response, row.version, &AttachmentView::from(row)))
}

/// List attachments
#[utoipa::path(
    tag = "attachments",
    security(("bearer" = ["cases", "baits:read"])),
    params(ListAttachments),
    responses((status = 200, description = "A piece of the list.", body = AttachmentPage)),
)]
#[get("/v1/attachments")]
async fn list_attachments(
    app: AppData,
    req: HttpRequest,
    caller: Caller<(Cases, BaitsRead)>,
    query: Params<ListAttachments>,
) -> ApiResult<HttpResponse> {
    let ListAttachments { client_id, subject_kind, subject_id, cursor, limit } = query.0;
    let reach = caller.reach(client_id)?;
    let filter =
        AttachmentFilter { kind: subject_kind.map(Into::into), subject: subject_id.map(RowId) };
    let page = page(cursor, limit);
    let rows =
        app.read(reach, move |conn| attachments::list_attachments(conn, reach, &filter, page));
    let (rows, next_cursor) = paging::cut(rows.await?, limit, |row| Cursor::of_id(row.id.0));
    let items = rows.into_iter().map(AttachmentView::from).collect();
    let page = AttachmentPage { items, next_cursor };
    Ok(paging::answer(&req, page.next_cursor.as_deref(), &page))
}

/// Find one attachment
#[utoipa::path(
    tag = "attachments",
    security(("bearer" = ["cases", "baits:read"])),
    params(("id" = Uuid, Path, description = "The attachment's id.")),
    responses((status = 200, description = "Its facts, with their ETag.", body = AttachmentView)),
)]
#[get("/v1/attachments/{id}")]
async fn find_attachment(
    app: AppData,
    caller: Caller<(Cases, BaitsRead)>,
    id: web::Path<Uuid>,
) -> ApiResult<HttpResponse> {
    let (id, reach) = (AttachmentId(id.into_inner()), caller.whole_reach()?);
    let row = app.read(reach, move |conn| attachments::find_attachment(conn, reach, id)).await?;
    Ok(tagged(HttpResponse::Ok(), row.version, &AttachmentView::from(row)))
}

/// Change what is said of an attachment
///
/// One that does not count is withdrawn, and stays. With `If-Match` only if
/// nobody changed it meanwhile.
#[utoipa::path(
    tag = "attachments",
    security(("bearer" = ["cases", "baits:read"])),
    params(("id" = Uuid, Path, description = "The attachment's id."), IfMatchHeader),
    request_body = UpdateAttachment,
    responses(
        (status = 200, description = "Its facts as changed.", body = AttachmentView),
        (status = 412, description = "They were changed meanwhile.", body = Problem),
    ),
)]
#[patch("/v1/attachments/{id}")]
async fn update_attachment(
    app: AppData,
    caller: Caller<(Cases, BaitsRead)>,
    id: web::Path<Uuid>,
    expected: IfMatch,
    body: Body<UpdateAttachment>,
) -> ApiResult<HttpResponse> {
    let (id, reach) = (AttachmentId(id.into_inner()), caller.whole_reach()?);
    let UpdateAttachment { title, withdrawn_because } = body.0;
    let changes = AttachmentChanges {
        title: title.map(|title| title.0),
        withdrawn_because: withdrawn_because.map(|change| change.map(|because| because.0)),
    };
    let row = app.write(reach, move |conn| {
        let client = attachments::find_attachment(conn, reach, id)?.client_id;
        attachments::update_attachment(conn, client, id, &expected.0, &changes)
    });
    let row = row.await?;
    Ok(tagged(HttpResponse::Ok(), row.version, &AttachmentView::from(row)))
}

/// Get an attachment's bytes
///
/// As they came, whole or in part: `Range`, `If-Range` and `If-None-Match` are
/// understood, and the `ETag` is the hash of the bytes.
#[utoipa::path(
    tag = "attachments",
    security(("bearer" = ["cases", "baits:read"])),
    params(("id" = Uuid, Path, description = "The attachment's id.")),
    responses(
        (status = 200, description = "The whole.", content(
            (inline(FileBytes) = "application/pdf"),
            (inline(FileBytes) = "image/png"),
            (inline(FileBytes) = "image/jpeg"),
        )),
        (status = 206, description = "The part asked for.", content(
            (inline(FileBytes) = "application/pdf"),
            (inline(FileBytes) = "image/png"),
            (inline(FileBytes) = "image/jpeg"),
        )),
        (status = 304, description = "The caller has these bytes."),
        (status = 416, description = "The range begins after the end.", body = Problem),
    ),
)]
#[get("/v1/attachments/{id}/content")]
async fn get_attachment_content(
    app: AppData,
    req: HttpRequest,
    caller: Caller<(Cases, BaitsRead)>,
    id: web::Path<Uuid>,
) -> ApiResult<HttpResponse> {
    let (id, reach) = (AttachmentId(id.into_inner()), caller.whole_reach()?);
    let row = app.read(reach, move |conn| attachments::find_attachment(conn, reach, id)).await?;
    let file = Download {
        client: row.client_id,
        kind: BlobKind::Attachment,
        sha256: row.sha256,
        bytes: row.bytes.cast_unsigned(),
        name: format!("attachment-{}.{}", row.id, media::scan_extension(&row.media_type)),
        media_type: row.media_type,
    };
    download::send(&app, &req, file).await
}

/// The whole body is taken in and looked at before any of it is kept: what is no
/// scan leaves nothing behind.
async fn keep(
    app: &App,
    client: ClientId,
    payload: web::Payload,
) -> ApiResult<(StoredBlob, &'static str)> {
    let (mut body, bytes) =
        spool::take_in_measured(payload, &app.spool, MAX_ATTACHMENT_BYTES).await?;
    if bytes == 0 {
        return Err(ApiError::Malformed(FaultItem::of("empty_body", "The body is empty.")));
    }
    let (body, first) = blocking(move || {
        let mut first = Vec::with_capacity(SNIFFED_BYTES);
        let read = Read::by_ref(&mut body).take(SNIFFED_BYTES as u64).read_to_end(&mut first);
        read.and_then(|_| spool::rewind(&mut body)).map_err(|error| spool::failed(&error))?;
        Ok((body, first))
    })
    .await?;
    let media_type = media::sniff_scan(&first).ok_or(ApiError::UnsupportedMediaType(ACCEPTED))?;
    let pieces = Box::pin(spool::pieces(body));
    let put = app.store.blobs().put(client, BlobKind::Attachment, pieces, MAX_ATTACHMENT_BYTES);
    match put.await {
        Ok(blob) => Ok((blob, media_type)),
        // The spool could not be read: that is no fault of the sender's.
        Err(PutError::Stream(error)) => Err(error),
        Err(other) => Err(put_failure(other)),
    }
}

/// What the sender calls it is no proof, but what is called something else is
/// not even looked at.
fn refuse_other_types(req: &HttpRequest) -> ApiResult<()> {
    match media_type(req).as_deref() {
        Some("application/pdf" | "image/png" | "image/jpeg" | "application/octet-stream") => Ok(()),
        _ => Err(ApiError::UnsupportedMediaType(ACCEPTED)),
    }
}

/// The thing is named by a parameter, not by the path.
fn unknown_subject(error: ApiError) -> ApiError {
    match error {
        ApiError::NotFound(None) => {
            ApiError::NotFound(Some(FaultItem::parameter("subject_id", Fault::UnknownSubject)))
        }
        error => error,
    }
}
