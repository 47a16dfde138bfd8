//! `/v1/calls/{id}/recording`: the sound of a call. Evidence is never replaced.

use actix_web::{HttpRequest, HttpResponse, get, put, web};
use baitline_domain::ids::ObservationId;
use baitline_store::blobs::{BlobKind, PutError};
use baitline_store::models::Recording;
use baitline_store::recordings::{self, Put};
use baitline_store::{Conn, Reach, StoreError, StoreResult, calls, observations};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::calls::refuse_announced;
use crate::app::AppData;
use crate::auth::Caller;
use crate::download::{self, Download, FileBytes, hex};
use crate::extract::{interrupted, media_type};
use crate::fault::FaultItem;
use crate::fields::Time;
use crate::problem::{ApiError, ApiResult, Problem};

/// The largest recording: some hours of telephone sound.
pub(super) const MAX_RECORDING_BYTES: u64 = 200 * 1024 * 1024;
/// The longest media type kept, in bytes.
pub(super) const MAX_MEDIA_TYPE_BYTES: usize = 100;

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(put_recording).service(get_recording);
}

/// A recording's facts.
#[derive(Serialize, ToSchema)]
#[schema(as = Recording, examples(json!({
    "observation_id": "0f3a5b6c-7d8e-8f90-a1b2-c3d4e5f60718",
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "bytes": 48044,
    "media_type": "audio/wav",
    "received_at": "2026-10-02T09:00:00Z"
})))]
pub(crate) struct RecordingView {
    /// The observation it belongs to.
    observation_id: Uuid,
    /// SHA-256 of its bytes, in hexadecimal.
    sha256: String,
    /// How many bytes.
    bytes: i64,
    /// The media type its sender gave.
    media_type: String,
    /// When the program got it.
    received_at: Time,
}

impl From<Recording> for RecordingView {
    fn from(recording: Recording) -> Self {
        Self {
            observation_id: recording.observation_id.0,
            sha256: hex(&recording.sha256),
            bytes: recording.bytes,
            media_type: recording.media_type,
            received_at: Time(recording.received_at),
        }
    }
}

/// Put a call's recording
///
/// The bytes are kept as they come, under their hash. The same bytes again
/// change nothing; other bytes are refused.
#[utoipa::path(
    tag = "calls",
    params(("id" = Uuid, Path, description = "The id a receipt gave: that of an observation.")),
    request_body(
        description = "The sound, at most 200 MiB.",
        content(
            (inline(FileBytes) = "audio/*"),
            (inline(FileBytes) = "application/octet-stream"),
        ),
    ),
    responses(
        (status = 200, description = "The same bytes were there.", body = RecordingView),
        (status = 201, description = "It is kept.", body = RecordingView),
        (status = 409, description = "There is a recording with other bytes.", body = Problem),
    ),
)]
#[put("/v1/calls/{id}/recording")]
async fn put_recording(
    app: AppData,
    req: HttpRequest,
    caller: Caller,
    id: web::Path<Uuid>,
    payload: web::Payload,
) -> ApiResult<HttpResponse> {
    let (id, reach) = (ObservationId(id.into_inner()), caller.whole_reach());
    let media_type = sound_type(&req)?;
    refuse_announced(&req, MAX_RECORDING_BYTES)?;
    let (client, _, _) =
        app.read(reach, move |conn| observations::find_observation(conn, reach, id)).await?;
    let blobs = app.store.blobs();
    let blob = blobs.put(client, BlobKind::Recording, payload, MAX_RECORDING_BYTES).await;
    let blob = blob.map_err(put_failure)?;
    if blob.bytes == 0 {
        return Err(ApiError::Malformed(FaultItem::of("empty_body", "The body is empty.")));
    }
    let new = Recording {
        client_id: client,
        observation_id: id,
        sha256: blob.sha256.to_vec(),
        bytes: blob.bytes.cast_signed(),
        media_type,
        received_at: baitline_store::now(),
    };
    let (put, kept) = app.write(reach, move |conn| recordings::put_recording(conn, &new)).await?;
    let mut response = match put {
        Put::New => HttpResponse::Created(),
        Put::Same => HttpResponse::Ok(),
    };
    Ok(response.json(RecordingView::from(kept)))
}

/// Get a call's recording
///
/// As it came, whole or in part: `Range`, `If-Range` and `If-None-Match` are
/// understood, and the `ETag` is the hash of the bytes.
#[utoipa::path(
    tag = "calls",
    params(("id" = Uuid, Path, description = "The call's id, or that of an observation.")),
    responses(
        (status = 200, description = "The whole.", content(
            (inline(FileBytes) = "audio/*"),
            (inline(FileBytes) = "application/octet-stream"),
        )),
        (status = 206, description = "The part asked for.", content(
            (inline(FileBytes) = "audio/*"),
            (inline(FileBytes) = "application/octet-stream"),
        )),
        (status = 304, description = "The caller has these bytes."),
        (status = 416, description = "The range begins after the end.", body = Problem),
    ),
)]
#[get("/v1/calls/{id}/recording")]
async fn get_recording(
    app: AppData,
    req: HttpRequest,
    caller: Caller,
    id: web::Path<Uuid>,
) -> ApiResult<HttpResponse> {
    let (id, reach) = (ObservationId(id.into_inner()), caller.whole_reach());
    let recording = app.read(reach, move |conn| find_recording(conn, reach, id)).await?;
    let name =
        format!("recording-{}.{}", recording.observation_id, extension(&recording.media_type));
    let file = Download {
        client: recording.client_id,
        kind: BlobKind::Recording,
        sha256: recording.sha256,
        bytes: recording.bytes.cast_unsigned(),
        media_type: recording.media_type,
        name,
    };
    download::send(&app, &req, file).await
}

/// The observation's own recording, else the first one of its call.
fn find_recording(conn: &mut Conn, reach: Reach, id: ObservationId) -> StoreResult<Recording> {
    let (client, _, _) = observations::find_observation(conn, reach, id)?;
    match recordings::find_recording(conn, client, id) {
        Err(StoreError::NotFound) => {}
        other => return other,
    }
    let judged = calls::find_call(conn, reach, id)?;
    let found = recordings::recordings_of(conn, client, &judged.call.observations)?;
    found.into_iter().next().ok_or(StoreError::NotFound)
}

fn sound_type(req: &HttpRequest) -> ApiResult<String> {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte);
    media_type(req)
        .filter(|text| text.len() <= MAX_MEDIA_TYPE_BYTES)
        .filter(|text| match text.split_once('/') {
            Some(("audio", subtype)) => !subtype.is_empty() && subtype.bytes().all(is_token),
            _ => text == "application/octet-stream",
        })
        .ok_or(ApiError::UnsupportedMediaType("Send audio/… or application/octet-stream."))
}

fn put_failure<E>(error: PutError<E>) -> ApiError {
    match error {
        PutError::Stream(_) => interrupted(),
        PutError::TooLarge { limit_bytes } => ApiError::TooLarge { limit_bytes },
        PutError::Store(error) => error.into(),
    }
}

fn extension(media_type: &str) -> &'static str {
    match media_type {
        "audio/wav" | "audio/x-wav" | "audio/wave" | "audio/vnd.wave" => "wav",
        "audio/mpeg" | "audio/mp3" => "mp3",
        "audio/mp4" | "audio/m4a" | "audio/x-m4a" | "audio/aac" => "m4a",
        "audio/ogg" | "audio/opus" => "ogg",
        "audio/amr" | "audio/3gpp" => "amr",
        "audio/flac" => "flac",
        _ => "bin",
    }
}
