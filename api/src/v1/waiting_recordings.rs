//! `/v1/recordings`: recordings by the name their source gives them, before or
//! after their call, and those that wait.

use crate::routes::ServiceConfig;
use actix_web::{HttpRequest, HttpResponse, get, put, web};
use baitline_domain::ids::{ClientId, Identity, ObservationId, SourceId};
use baitline_intake::calls::MAX_EXTERNAL_ID_CHARS;
use baitline_store::models::{Recording, WaitingReason, WaitingRecording};
use baitline_store::recordings::Put;
use baitline_store::waiting_recordings::{self as waiting, WaitingPage};
use baitline_store::{Reach, clients, observations, sources};
use serde::{Deserialize, Deserializer, Serialize, de};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::calls::refuse_announced;
use super::recordings::{
    FileName, MAX_RECORDING_BYTES, RecordingView, download_of, sound_type, take_sound,
};
use crate::app::{App, AppData};
use crate::auth::{Caller, unknown_client};
use crate::download::{self, FileBytes};
use crate::extract::Body;
use crate::fault::{Fault, FaultItem};
use crate::fields::Slug;
use crate::paging::{self, Cursor, Limit, rows_to_ask};
use crate::permissions::RecordingsWrite;
use crate::problem::{ApiError, ApiResult, Problem};
use crate::query::Params;
use crate::sight::OfBaits;

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(put_recording_by_external_id)
        .service(list_waiting_recordings)
        .service(get_waiting_recording)
        .service(assign_waiting_recording);
}

/// A source's own id of a record, as the intake reads it: to the letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ExternalId(String);

impl<'de> Deserialize<'de> for ExternalId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.chars().nth(MAX_EXTERNAL_ID_CHARS).is_some() {
            return Err(de::Error::custom(Fault::TooLong));
        }
        if text.chars().any(char::is_control) {
            return Err(de::Error::custom(Fault::ControlCharacter));
        }
        if text.trim().is_empty() { Err(de::Error::custom(Fault::Empty)) } else { Ok(Self(text)) }
    }
}

/// Whose recording it is.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PutRecordingByExternalId {
    /// The client; required with an agency's key.
    #[param(nullable = false)]
    client_id: Option<Uuid>,
    /// The source of the call, by name.
    source: Slug,
    /// The source's own id of the call.
    #[param(value_type = String, min_length = 1, max_length = 200)]
    external_id: ExternalId,
    /// The file name it has where it comes from.
    #[param(value_type = Option<String>, min_length = 1, max_length = 200, nullable = false)]
    file_name: Option<FileName>,
}

/// A recording that waits, and whose it may be.
#[derive(Serialize, ToSchema)]
#[schema(as = WaitingRecording, examples(json!({
    "id": "0f3a5b6c-7d8e-8f90-a1b2-c3d4e5f60718",
    "client_id": "0197a5b0-7c1e-7d3a-9a51-000000000001",
    "source_id": "0197a5b0-7c1e-7d3a-9a51-000000000004",
    "external_id": "0d20151122141548p+74993464260.3gp",
    "device_id": "0197a5b0-7c1e-7d3a-9a51-000000000020",
    "recording": {
        "observation_id": "0f3a5b6c-7d8e-8f90-a1b2-c3d4e5f60718",
        "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "bytes": 48044,
        "media_type": "audio/3gpp",
        "media_type_sniffed": "audio/3gpp",
        "original_name": "0d20151122141548p+74993464260.3gp",
        "duration_seconds": null,
        "duration_missing": "unsupported",
        "derived": false,
        "waits_for": "direction_not_known",
        "received_at": "2026-10-02T09:00:00Z"
    }
})))]
pub(crate) struct WaitingRecordingView {
    /// Its id: that of the observation which its source and its external id give.
    id: Uuid,
    /// Its client.
    client_id: Uuid,
    /// The source whose name for it this is.
    source_id: Uuid,
    /// The source's own id of the call, or the name of the device's file. Null
    /// without `baits:read`, for such names often hold a number.
    #[schema(value_type = Option<String>)]
    external_id: OfBaits<String>,
    /// The device it came from, where it came as a file of one.
    device_id: Option<Uuid>,
    /// What is known of it.
    recording: RecordingView,
}

impl From<WaitingRecording> for WaitingRecordingView {
    fn from(row: WaitingRecording) -> Self {
        Self {
            id: row.observation_id.0,
            client_id: row.client_id.0,
            source_id: row.source_id.0,
            external_id: row.external_id.clone().into(),
            device_id: row.device_id.map(|device| device.0),
            recording: row.into(),
        }
    }
}

/// A piece of the list of waiting recordings.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({"items": [], "next_cursor": null})))]
pub(crate) struct WaitingRecordingPage {
    /// In order of receipt.
    items: Vec<WaitingRecordingView>,
    /// Leads to the next piece; null at the end.
    next_cursor: Option<String>,
}

/// Which waiting recordings, and which piece of the list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListWaitingRecordings {
    /// Of this client.
    #[param(nullable = false)]
    client_id: Option<Uuid>,
    /// Where the piece before ended.
    #[param(value_type = Option<String>, nullable = false)]
    cursor: Option<Cursor>,
    /// How many, 100 unless told.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1000, nullable = false)]
    limit: Option<Limit>,
}

/// The call that a person gives a waiting recording to.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"call_id": "0f3a5b6c-7d8e-8f90-a1b2-c3d4e5f60718"})))]
pub(crate) struct AssignRecording {
    /// The id of the call, or of one of its observations.
    call_id: Uuid,
}

/// Put a recording by its call's external id
///
/// Before the call is reported or after it: what comes first waits for the
/// other, and `waits_for` says so. The same bytes again change nothing; other bytes
/// are refused.
#[utoipa::path(
    tag = "calls",
    security(("bearer" = ["recordings:write"])),
    params(PutRecordingByExternalId),
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
#[put("/v1/recordings")]
async fn put_recording_by_external_id(
    app: AppData,
    req: HttpRequest,
    caller: Caller<RecordingsWrite>,
    query: Params<PutRecordingByExternalId>,
    payload: web::Payload,
) -> ApiResult<HttpResponse> {
    let PutRecordingByExternalId { client_id, source, external_id, file_name } = query.0;
    let client = caller.client(client_id)?;
    let media_type = sound_type(&req)?;
    refuse_announced(&req, MAX_RECORDING_BYTES)?;
    let source_id = source_of(&app, client, source.0).await?;
    let id = ObservationId::derive(client, source_id, &Identity::External(&external_id.0));
    let sound = take_sound(&app, client, payload).await?;
    let kept = sound.at(id, media_type, file_name.map(|name| name.0));
    let name = (source_id, external_id.0);
    let new = waiting_row(kept, name, WaitingReason::CallNotReported);
    let (put, place) =
        app.write(Reach::Client(client), move |conn| waiting::put_by_id(conn, &new)).await?;
    let mut response = match put {
        Put::New => HttpResponse::Created(),
        Put::Same => HttpResponse::Ok(),
    };
    Ok(response.json(RecordingView::from(place)))
}

/// List waiting recordings
///
/// Those whose call has not been reported yet, and those whose call a person
/// has to say: `waits_for` tells them apart.
#[utoipa::path(
    tag = "calls",
    security(("bearer" = ["recordings:write"])),
    params(ListWaitingRecordings),
    responses((status = 200, description = "A piece of the list.", body = WaitingRecordingPage)),
)]
#[get("/v1/recordings/waiting")]
async fn list_waiting_recordings(
    app: AppData,
    req: HttpRequest,
    caller: Caller<RecordingsWrite>,
    query: Params<ListWaitingRecordings>,
) -> ApiResult<HttpResponse> {
    let ListWaitingRecordings { client_id, cursor, limit } = query.0;
    let reach = caller.reach(client_id)?;
    let after = cursor
        .map(|cursor| (baitline_domain::instant::Instant(cursor.micros), ObservationId(cursor.id)));
    let page = WaitingPage { after, limit: rows_to_ask(limit) };
    let rows = app.read(reach, move |conn| waiting::list_waiting(conn, reach, page)).await?;
    let key =
        |row: &WaitingRecording| Cursor { micros: row.received_at.0, id: row.observation_id.0 };
    let (rows, next_cursor) = paging::cut(rows, limit, key);
    let items = rows.into_iter().map(WaitingRecordingView::from).collect();
    let page = WaitingRecordingPage { items, next_cursor };
    Ok(paging::answer(&req, page.next_cursor.as_deref(), &page))
}

/// Get a waiting recording
///
/// As it came, whole or in part, so that a person can hear whose it is.
#[utoipa::path(
    tag = "calls",
    security(("bearer" = ["recordings:write"])),
    params(("id" = Uuid, Path, description = "The waiting recording's id.")),
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
#[get("/v1/recordings/waiting/{id}")]
async fn get_waiting_recording(
    app: AppData,
    req: HttpRequest,
    caller: Caller<RecordingsWrite>,
    id: web::Path<Uuid>,
) -> ApiResult<HttpResponse> {
    let (id, reach) = (ObservationId(id.into_inner()), caller.whole_reach()?);
    let row = app.read(reach, move |conn| waiting::find_waiting(conn, reach, id)).await?;
    download::send(&app, &req, download_of(row.at(id, false))).await
}

/// Give a waiting recording to a call
///
/// By a person's decision, which stays: another call is refused afterwards.
#[utoipa::path(
    tag = "calls",
    security(("bearer" = ["recordings:write"])),
    params(("id" = Uuid, Path, description = "The waiting recording's id.")),
    request_body = AssignRecording,
    responses(
        (status = 200, description = "The recording at its call.", body = RecordingView),
        (status = 409, description = "It was given to another call, or that call has another \
            recording.", body = Problem),
    ),
)]
#[put("/v1/recordings/waiting/{id}/call")]
async fn assign_waiting_recording(
    app: AppData,
    caller: Caller<RecordingsWrite>,
    id: web::Path<Uuid>,
    body: Body<AssignRecording>,
) -> ApiResult<web::Json<RecordingView>> {
    let (id, reach) = (ObservationId(id.into_inner()), caller.whole_reach()?);
    let (call, by) = (ObservationId(body.0.call_id), caller.key_id().to_owned());
    let kept = app.write(reach, move |conn| {
        let client = waiting::find_waiting(conn, reach, id)?.client_id;
        observations::find_observation(conn, Reach::Client(client), call)?;
        waiting::assign(conn, client, id, call, &by)
    });
    Ok(web::Json(kept.await?.into()))
}

async fn source_of(app: &App, client: ClientId, name: String) -> ApiResult<SourceId> {
    let found = app.read(Reach::Client(client), move |conn| {
        clients::find_client(conn, client)?;
        sources::sources_of(conn, client)
    });
    let found = found.await.map_err(|error| match error {
        ApiError::NotFound(_) => unknown_client(),
        error => error,
    })?;
    let source = found.into_iter().find(|source| source.name == name);
    source.map(|source| source.id).ok_or_else(|| {
        ApiError::NotFound(Some(FaultItem::parameter("source", Fault::UnknownSource)))
    })
}

/// The row of a recording that may have to wait, under the name that its source
/// gives it.
pub(super) fn waiting_row(
    kept: Recording,
    (source_id, external_id): (SourceId, String),
    reason: WaitingReason,
) -> WaitingRecording {
    WaitingRecording {
        client_id: kept.client_id,
        observation_id: kept.observation_id,
        source_id,
        external_id,
        device_id: None,
        reason,
        sha256: kept.sha256,
        bytes: kept.bytes,
        media_type: kept.media_type,
        sniffed_type: kept.sniffed_type,
        original_name: kept.original_name,
        duration_milliseconds: kept.duration_milliseconds,
        duration_missing: kept.duration_missing,
        received_at: kept.received_at,
        assigned_to: None,
        assigned_at: None,
        assigned_by: None,
    }
}
