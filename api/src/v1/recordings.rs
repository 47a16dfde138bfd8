//! `/v1/calls/{id}/recording`: the sound of a call. Evidence is never replaced.

use crate::routes::ServiceConfig;
use actix_web::{HttpRequest, HttpResponse, get, put, web};
use baitline_domain::ids::{ClientId, ObservationId};
use baitline_intake::file_names::MAX_FILE_NAME_CHARS;
use baitline_store::blobs::{BlobKind, PutError};
use baitline_store::models::{Recording, WaitingRecording};
use baitline_store::recordings::{self, Put};
use baitline_store::waiting_recordings::Place;
use baitline_store::{Conn, Reach, StoreError, StoreResult, calls, observations};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::calls::refuse_announced;
use crate::app::{App, AppData};
use crate::auth::Caller;
use crate::download::{self, Download, FileBytes, hex};
use crate::extract::{interrupted, media_type};
use crate::fault::FaultItem;
use crate::fields::{Line, Time};
use crate::permissions::{Cases, RecordingsWrite};
use crate::problem::{ApiError, ApiResult, Problem};
use crate::query::Params;
use crate::sight::OfBaits;
use crate::sound::{self, Sound};
use crate::words::{DurationMissingWord, WaitingReasonWord};

/// The largest recording: some hours of telephone sound.
pub(super) const MAX_RECORDING_BYTES: u64 = 200 * 1024 * 1024;
/// The longest media type kept, in bytes.
pub(super) const MAX_MEDIA_TYPE_BYTES: usize = 100;

/// The file name a recording came under.
pub(super) type FileName = Line<MAX_FILE_NAME_CHARS>;

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
    "media_type_sniffed": "audio/wav",
    "original_name": "Вызов@Окна(0079160000001)_20261002110512.wav",
    "duration_seconds": 3.0,
    "duration_missing": null,
    "derived": false,
    "waits_for": null,
    "received_at": "2026-10-02T09:00:00Z"
})))]
pub(crate) struct RecordingView {
    /// The observation it belongs to, or waits for.
    observation_id: Uuid,
    /// SHA-256 of its bytes, in hexadecimal.
    sha256: String,
    /// How many bytes.
    bytes: i64,
    /// The media type its sender gave.
    media_type: String,
    /// The media type its first bytes tell.
    media_type_sniffed: String,
    /// The file name it came under. Null without `baits:read`, for such names often
    /// hold a number.
    #[schema(value_type = Option<String>)]
    original_name: OfBaits<Option<String>>,
    /// How long it plays, counted from what is in it. No proof of how long
    /// anybody was connected.
    duration_seconds: Option<f64>,
    /// Why that is not known.
    duration_missing: Option<DurationMissingWord>,
    /// Whether its call was found by what its name says.
    derived: bool,
    /// What it waits for; null once it is at its call.
    waits_for: Option<WaitingReasonWord>,
    /// When the program got it.
    received_at: Time,
}

impl RecordingView {
    pub(super) fn observation_id(&self) -> Uuid {
        self.observation_id
    }

    pub(super) fn waits_for(&self) -> Option<WaitingReasonWord> {
        self.waits_for
    }
}

impl From<Recording> for RecordingView {
    fn from(recording: Recording) -> Self {
        Self {
            observation_id: recording.observation_id.0,
            sha256: hex(&recording.sha256),
            bytes: recording.bytes,
            media_type: recording.media_type,
            media_type_sniffed: recording.sniffed_type,
            original_name: recording.original_name.into(),
            duration_seconds: recording.duration_milliseconds.map(seconds),
            duration_missing: recording.duration_missing.map(Into::into),
            derived: recording.derived,
            waits_for: None,
            received_at: Time(recording.received_at),
        }
    }
}

impl From<WaitingRecording> for RecordingView {
    fn from(row: WaitingRecording) -> Self {
        Self {
            observation_id: row.observation_id.0,
            sha256: hex(&row.sha256),
            bytes: row.bytes,
            media_type: row.media_type,
            media_type_sniffed: row.sniffed_type,
            original_name: row.original_name.into(),
            duration_seconds: row.duration_milliseconds.map(seconds),
            duration_missing: row.duration_missing.map(Into::into),
            derived: false,
            waits_for: Some(row.reason.into()),
            received_at: Time(row.received_at),
        }
    }
}

impl From<Place> for RecordingView {
    fn from(place: Place) -> Self {
        match place {
            Place::Call(recording) => recording.into(),
            Place::Waiting(row) => row.into(),
        }
    }
}

/// A day of milliseconds fits in the 53 bits of a float.
fn seconds(milliseconds: i64) -> f64 {
    milliseconds as f64 / 1e3
}

/// What is told of a recording beside its bytes.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PutRecording {
    /// The file name it has where it comes from.
    #[param(value_type = Option<String>, min_length = 1, max_length = 200, nullable = false)]
    file_name: Option<FileName>,
}

/// Put a call's recording
///
/// The bytes are kept as they come, under their hash. The same bytes again
/// change nothing; other bytes are refused.
#[utoipa::path(
    tag = "calls",
    security(("bearer" = ["recordings:write"])),
    params(
        ("id" = Uuid, Path, description = "The id a receipt gave: that of an observation."),
        PutRecording,
    ),
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
    caller: Caller<RecordingsWrite>,
    id: web::Path<Uuid>,
    query: Params<PutRecording>,
    payload: web::Payload,
) -> ApiResult<HttpResponse> {
    let (id, reach) = (ObservationId(id.into_inner()), caller.whole_reach()?);
    let media_type = sound_type(&req)?;
    refuse_announced(&req, MAX_RECORDING_BYTES)?;
    let (client, _, _) =
        app.read(reach, move |conn| observations::find_observation(conn, reach, id)).await?;
    let sound = take_sound(&app, client, payload).await?;
    let new = sound.at(id, media_type, query.0.file_name.map(|name| name.0));
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
    security(("bearer" = ["cases"])),
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
    caller: Caller<Cases>,
    id: web::Path<Uuid>,
) -> ApiResult<HttpResponse> {
    let (id, reach) = (ObservationId(id.into_inner()), caller.whole_reach()?);
    let recording = app.read(reach, move |conn| find_recording(conn, reach, id)).await?;
    download::send(&app, &req, download_of(recording)).await
}

/// A recording's bytes on their way out. What its sender called it is repeated
/// only where that is a kind of sound.
pub(super) fn download_of(recording: Recording) -> Download {
    let claims_sound = recording.media_type.starts_with("audio/");
    let media_type = if claims_sound { recording.media_type } else { recording.sniffed_type };
    Download {
        client: recording.client_id,
        kind: BlobKind::Recording,
        sha256: recording.sha256,
        bytes: recording.bytes.cast_unsigned(),
        name: format!("recording-{}.{}", recording.observation_id, extension(&media_type)),
        media_type,
    }
}

/// Keeps a body that is one recording.
pub(super) async fn take_sound(
    app: &App,
    client: ClientId,
    payload: web::Payload,
) -> ApiResult<Sound> {
    let kept = sound::keep(app, client, payload, MAX_RECORDING_BYTES).await;
    let kept = kept.map_err(put_failure)?;
    if kept.blob.bytes == 0 {
        return Err(ApiError::Malformed(FaultItem::of("empty_body", "The body is empty.")));
    }
    Ok(kept)
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

pub(super) fn sound_type(req: &HttpRequest) -> ApiResult<String> {
    media_type(req)
        .filter(|text| text.len() <= MAX_MEDIA_TYPE_BYTES)
        .filter(|text| match text.split_once('/') {
            Some(("audio", subtype)) => is_token(subtype),
            _ => text == "application/octet-stream",
        })
        .ok_or(ApiError::UnsupportedMediaType("Send audio/… or application/octet-stream."))
}

/// Whether a text can be a part of a media type.
pub(super) fn is_token(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte);
    !text.is_empty() && text.bytes().all(fits)
}

pub(super) fn put_failure<E>(error: PutError<E>) -> ApiError {
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
