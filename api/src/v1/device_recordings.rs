//! `/v1/devices/{id}/recordings`: the folder of a recorder, as it is. Each file
//! gets a receipt, and one bad file never fails the others.

use crate::routes::ServiceConfig;
use actix_multipart::{Field, Multipart, MultipartError};
use actix_web::error::PayloadError;
use actix_web::http::header::ContentDisposition;
use actix_web::{HttpRequest, post, web};
use baitline_domain::ids::{DeviceId, Identity, ObservationId};
use baitline_intake::file_names;
use baitline_store::blobs::PutError;
use baitline_store::device_files::{Reading, keep_file};
use baitline_store::models::{Device, WaitingReason, WaitingRecording};
use baitline_store::recordings::Put;
use baitline_store::waiting_recordings::Place;
use baitline_store::{Reach, devices, sources};
use futures_util::stream::Fuse;
use futures_util::{Stream, StreamExt};
use jiff::tz::TimeZone;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::calls::refuse_announced;
use super::recordings::{MAX_MEDIA_TYPE_BYTES, MAX_RECORDING_BYTES, RecordingView, is_token};
use super::waiting_recordings::waiting_row;
use crate::app::AppData;
use crate::auth::Caller;
use crate::download::FileBytes;
use crate::extract::{interrupted, media_type};
use crate::fault::{Fault, FaultItem};
use crate::permissions::RecordingsWrite;
use crate::problem::{ApiError, ApiResult};
use crate::sight::OfBaits;
use crate::sound::{self, Sound};
use crate::words::WaitingReasonWord;

/// The most files of one request.
pub(super) const MAX_DEVICE_FILES: usize = 500;
/// The largest request with files.
pub(super) const MAX_DEVICE_BODY_BYTES: u64 = 2 * 1024 * 1024 * 1024;

/// The name of every part that is a file.
const FILES: &str = "files";

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(put_device_recordings);
}

/// The files of a recorder, each under its own name.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it only describes what is streamed")]
pub(crate) struct DeviceFiles {
    /// At most 500.
    #[schema(inline)]
    files: Vec<FileBytes>,
}

/// What became of one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FileStatus {
    /// It is kept at a call.
    Accepted,
    /// It is kept and waits; `waits_for` says what for.
    Waiting,
    /// It was kept before.
    Duplicate,
    /// Other bytes came under this name before; those stay.
    Conflict,
    /// It cannot be taken; `error` says why.
    Rejected,
    /// The database failed before it; send it again.
    NotProcessed,
}

/// What became of one file, and where to find it.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({
    "file_name": "запись.mp3",
    "status": "waiting",
    "observation_id": "0f3a5b6c-7d8e-8f90-a1b2-c3d4e5f60718",
    "waits_for": "name_not_understood",
    "recording": null,
    "error": null
})))]
pub(crate) struct FileReceipt {
    /// Its name, without folders; null where the part was refused unread, and
    /// without `baits:read`: receipts come in the order of the files.
    #[schema(value_type = Option<String>)]
    file_name: OfBaits<Option<String>>,
    /// What became of it.
    status: FileStatus,
    /// The observation it is at, or the id under which it waits.
    observation_id: Option<Uuid>,
    /// What it waits for.
    waits_for: Option<WaitingReasonWord>,
    /// What is known of it.
    recording: Option<RecordingView>,
    /// Why it was not taken.
    error: Option<FaultItem>,
}

/// A receipt for each file, in order.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({"receipts": [{
    "file_name": "запись.mp3",
    "status": "waiting",
    "observation_id": "0f3a5b6c-7d8e-8f90-a1b2-c3d4e5f60718",
    "waits_for": "name_not_understood",
    "recording": null,
    "error": null
}]})))]
pub(crate) struct FilesAnswer {
    /// One per file.
    receipts: Vec<FileReceipt>,
}

impl FileReceipt {
    fn kept(name: String, put: Put, place: Place) -> Self {
        let view = RecordingView::from(place);
        let status = match (put, view.waits_for()) {
            (Put::Same, _) => FileStatus::Duplicate,
            (Put::New, Some(_)) => FileStatus::Waiting,
            (Put::New, None) => FileStatus::Accepted,
        };
        Self {
            file_name: Some(name).into(),
            status,
            observation_id: Some(view.observation_id()),
            waits_for: view.waits_for(),
            recording: Some(view),
            error: None,
        }
    }

    fn without(file_name: Option<String>, status: FileStatus, error: Option<FaultItem>) -> Self {
        let (observation_id, waits_for, recording) = (None, None, None);
        let file_name = file_name.into();
        Self { file_name, status, observation_id, waits_for, recording, error }
    }

    fn rejected(file_name: Option<String>, error: FaultItem) -> Self {
        Self::without(file_name, FileStatus::Rejected, Some(error))
    }
}

/// Put a device's recordings
///
/// Many files at once, each a part `files` of `multipart/form-data` under the
/// name its recorder gave it: up to 500 files of 200 MiB, 2 GiB together. A name
/// that tells time, direction and number becomes an observation marked `derived`; one
/// that leaves something open goes to the only call that fits, or waits. Sending
/// files again is safe, and looks once more for the calls of those that wait.
#[utoipa::path(
    tag = "devices",
    security(("bearer" = ["recordings:write"])),
    params(("id" = Uuid, Path, description = "The device's id.")),
    request_body(content((
        DeviceFiles = "multipart/form-data",
        example = json!({"files": ["(the bytes of Вызов@Окна(0079160000001)_20261002110512.mp3)"]})
    ))),
    responses((status = 200, description = "A receipt for each file.", body = FilesAnswer)),
)]
#[post("/v1/devices/{id}/recordings")]
async fn put_device_recordings(
    app: AppData,
    req: HttpRequest,
    caller: Caller<RecordingsWrite>,
    id: web::Path<Uuid>,
    payload: web::Payload,
) -> ApiResult<web::Json<FilesAnswer>> {
    let (id, reach) = (DeviceId(id.into_inner()), caller.whole_reach()?);
    if media_type(&req).as_deref() != Some("multipart/form-data") {
        return Err(ApiError::UnsupportedMediaType("Send multipart/form-data."));
    }
    refuse_announced(&req, MAX_DEVICE_BODY_BYTES)?;
    let (device, zone) = app
        .read(reach, move |conn| {
            let device = devices::find_device(conn, reach, id)?;
            let client = Reach::Client(device.client_id);
            let zone = sources::find_source(conn, client, device.source_id)?.time_zone;
            Ok((device, zone))
        })
        .await?;
    let zone = TimeZone::get(&zone)
        .map_err(|_| ApiError::Internal("a stored time zone is unknown".to_owned()))?;
    let mut upload = Upload { app, device, zone, receipts: Vec::new(), is_broken: false };
    upload.take(Multipart::new(req.headers(), limited(payload))).await?;
    Ok(web::Json(FilesAnswer { receipts: upload.receipts }))
}

/// The body, cut off where it is larger than accepted.
fn limited(payload: web::Payload) -> impl Stream<Item = Result<web::Bytes, PayloadError>> {
    let mut taken_bytes = 0_u64;
    payload.map(move |chunk| {
        let chunk = chunk?;
        taken_bytes += chunk.len() as u64;
        if taken_bytes > MAX_DEVICE_BODY_BYTES {
            return Err(PayloadError::Overflow);
        }
        Ok(chunk)
    })
}

/// A request's files on their way.
struct Upload {
    app: AppData,
    device: Device,
    zone: TimeZone,
    receipts: Vec<FileReceipt>,
    /// The database failed after something was kept.
    is_broken: bool,
}

impl Upload {
    async fn take(&mut self, mut body: Multipart) -> ApiResult<()> {
        while let Some(part) = body.next().await {
            let ended = match part {
                Ok(part) => self.take_part(part).await?,
                Err(error) => Some(error),
            };
            if let Some(error) = ended {
                return self.break_off(&error);
            }
        }
        if self.receipts.is_empty() {
            let item = FaultItem::of("empty_body", "There is no file in the body.");
            return Err(ApiError::Malformed(item));
        }
        Ok(())
    }

    /// Takes one part; what is returned ended the body.
    async fn take_part(&mut self, part: Field) -> ApiResult<Option<MultipartError>> {
        // A part must not be asked for more after its end.
        let mut part = part.fuse();
        let (name, taken) = match self.name_of(part.get_ref()) {
            Ok(name) if self.is_broken => {
                (Some(name), Ok(FileReceipt::without(None, FileStatus::NotProcessed, None)))
            }
            Ok(name) => (Some(name.clone()), self.take_file(name, &mut part).await),
            Err(item) => (None, Ok(FileReceipt::rejected(None, item))),
        };
        let receipt = match taken {
            Ok(receipt) => receipt,
            Err(NotTaken::Ended(error)) => return Ok(Some(error)),
            Err(NotTaken::Failed(error)) if self.receipts.is_empty() => return Err(error),
            Err(NotTaken::Failed(error)) => {
                tracing::warn!(%error, "files of a device broke off; the rest is not processed");
                self.is_broken = true;
                FileReceipt::without(None, FileStatus::NotProcessed, None)
            }
        };
        self.receipts.push(FileReceipt { file_name: name.into(), ..receipt });
        drain(&mut part).await
    }

    /// The name of a part's file, or what is wrong with the part.
    fn name_of(&self, part: &Field) -> Result<String, FaultItem> {
        if self.receipts.len() >= MAX_DEVICE_FILES {
            return Err(FaultItem::at("/files", Fault::TooMany));
        }
        if part.name() != Some(FILES) {
            return Err(FaultItem::at("", Fault::UnknownField));
        }
        let name = file_name(part).ok_or_else(|| FaultItem::at("/files", Fault::Missing))?;
        if name.chars().nth(file_names::MAX_FILE_NAME_CHARS).is_some() {
            return Err(FaultItem::at("/files", Fault::TooLong));
        }
        if name.chars().any(char::is_control) {
            return Err(FaultItem::at("/files", Fault::ControlCharacter));
        }
        Ok(name)
    }

    async fn take_file(
        &self,
        name: String,
        part: &mut Fuse<Field>,
    ) -> Result<FileReceipt, NotTaken> {
        let claimed = claimed_type(part.get_ref());
        let kept = sound::keep(&self.app, self.device.client_id, part, MAX_RECORDING_BYTES).await;
        let sound = match kept {
            Ok(sound) => sound,
            Err(PutError::TooLarge { .. }) => {
                let item = FaultItem::of("too_large", "The file is larger than accepted.");
                return Ok(FileReceipt::rejected(Some(name), item));
            }
            Err(PutError::Stream(error)) => return Err(NotTaken::Ended(error)),
            Err(PutError::Store(error)) => return Err(NotTaken::Failed(error.into())),
        };
        if sound.blob.bytes == 0 {
            // Kept, it would stand in the way of the file when that is whole.
            let item = FaultItem::of("empty_file", "There is nothing in the file yet.");
            return Ok(FileReceipt::rejected(Some(name), item));
        }
        self.keep(name, &sound, claimed).await
    }

    async fn keep(
        &self,
        name: String,
        sound: &Sound,
        media_type: String,
    ) -> Result<FileReceipt, NotTaken> {
        let (client, has_sound) = (self.device.client_id, sound.is_sound());
        let (file, reading) = self.read(&name, sound, media_type);
        let put = self
            .app
            .write(Reach::Client(client), move |conn| keep_file(conn, &file, &reading, has_sound));
        match put.await {
            Ok((put, place)) => Ok(FileReceipt::kept(name, put, place)),
            Err(ApiError::Conflict(item)) => {
                Ok(FileReceipt::without(Some(name), FileStatus::Conflict, Some(item)))
            }
            Err(error) => Err(NotTaken::Failed(error)),
        }
    }

    /// A file with what its name says.
    fn read(&self, name: &str, sound: &Sound, media_type: String) -> (WaitingRecording, Reading) {
        let source = self.device.source_id;
        let id = ObservationId::derive(self.device.client_id, source, &Identity::External(name));
        let kept = sound.at(id, media_type, Some(name.to_owned()));
        let reading = match file_names::read(name) {
            None => Reading::Nothing(WaitingReason::NameNotUnderstood),
            Some(facts) => match facts.call(&self.zone, kept.received_at) {
                Ok(call) => Reading::Call(call),
                Err(_) => Reading::Nothing(WaitingReason::TimeNotUnderstood),
            },
        };
        let names = (source, name.to_owned());
        let row = waiting_row(kept, names, WaitingReason::NameNotUnderstood);
        (WaitingRecording { device_id: Some(self.device.id), ..row }, reading)
    }

    /// The body ended before its end: what came before has its receipts.
    fn break_off(&mut self, error: &MultipartError) -> ApiResult<()> {
        let is_too_large = matches!(error, MultipartError::Payload(PayloadError::Overflow));
        if self.receipts.is_empty() {
            return Err(if is_too_large {
                ApiError::TooLarge { limit_bytes: MAX_DEVICE_BODY_BYTES }
            } else {
                interrupted()
            });
        }
        let item = if is_too_large {
            FaultItem::of("too_large", "The body is larger than accepted from here on.")
        } else {
            FaultItem::of("interrupted_body", "The body did not arrive whole from here on.")
        };
        self.receipts.push(FileReceipt::rejected(None, item));
        Ok(())
    }
}

/// Why a file was not taken that is not its own fault.
enum NotTaken {
    /// The body ended in it.
    Ended(MultipartError),
    /// The store failed.
    Failed(ApiError),
}

/// Reads what is left of a part, so that the next one can be found.
async fn drain(part: &mut Fuse<Field>) -> ApiResult<Option<MultipartError>> {
    while let Some(chunk) = part.next().await {
        if let Err(error) = chunk {
            return Ok(Some(error));
        }
    }
    Ok(None)
}

/// The name of a part's file, without the folders that some senders put before.
fn file_name(part: &Field) -> Option<String> {
    let name = part.content_disposition().and_then(ContentDisposition::get_filename)?;
    let name = name.rsplit(['/', '\\']).next().unwrap_or(name).trim();
    (!name.is_empty()).then(|| name.to_owned())
}

/// The media type its sender gave, where it is one.
fn claimed_type(part: &Field) -> String {
    let claimed = part.content_type().map(|mime| mime.essence_str().to_owned());
    let is_type = |text: &String| {
        let parts = text.split_once('/');
        text.len() <= MAX_MEDIA_TYPE_BYTES
            && parts.is_some_and(|(kind, subtype)| is_token(kind) && is_token(subtype))
    };
    claimed.filter(is_type).unwrap_or_else(|| baitline_intake::media::UNKNOWN.to_owned())
}
