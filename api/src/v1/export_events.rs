//! `/v1/exports/{id}/events`: how an export gets on, told as it happens
//! (server-sent events). The key is looked up again for as long as somebody listens.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crate::routes::ServiceConfig;
use actix_web::http::header;
use actix_web::{HttpMessage, HttpRequest, HttpResponse, get, web};
use baitline_domain::ids::ExportId;
use baitline_store::keys::Principal;
use baitline_store::models::ExportState;
use baitline_store::{Reach, exports};
use bytes::Bytes;
use futures_util::stream;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::export_views::PackageCounts;
use crate::app::{AppData, blocking};
use crate::auth::{Caller, bearer};
use crate::boundary::HeadOnly;
use crate::event_places::EventPlace;
use crate::permissions::Exports;
use crate::problem::{ApiError, ApiResult};
use crate::words::ExportStateWord;

/// How often the export is looked at.
const LOOK_PAUSE: Duration = Duration::from_secs(1);
/// A stream in which nothing happens says so, lest a proxy take it for dead.
const HEARTBEAT_PAUSE: Duration = Duration::from_secs(15);
/// How long a listener waits before it comes back, in milliseconds.
const RETRY: &str = "retry: 2000\n";

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(watch_export);
}

/// Events, as the document describes them.
#[derive(ToSchema)]
#[schema(examples(json!({
    "event": "progress",
    "data": "{\"state\":\"running\",\"problem\":null,\"counts\":{\"queued\":3}}",
    "retry": 2_000
})))]
#[expect(dead_code, reason = "it only describes what is streamed")]
pub(crate) struct EventText {
    /// `progress` or `end`.
    event: String,
    /// A JSON object: `state`, `problem` and `counts`.
    data: String,
    /// After how many milliseconds to come back, in the first event.
    #[schema(nullable = false)]
    retry: Option<u32>,
}

/// How far an export is: the data of every event.
#[derive(Serialize)]
struct ExportProgress {
    /// Where it stands.
    state: ExportStateWord,
    /// Why it failed.
    problem: Option<String>,
    /// How many packages stand where.
    counts: PackageCounts,
}

/// Watch an export
///
/// Server-sent events: `progress` at once and whenever something has changed, and `end`
/// when the export has ended, after which the stream ends, too. The data of each is a JSON
/// object: `state` and `problem` as of the export, and `counts` of its packages by state.
/// While nothing happens there is a comment every 15 seconds. The stream also ends after
/// the time that `/v1/limits` tells, and when the key is no longer valid; whoever comes
/// back is told how it stands.
#[utoipa::path(
    tag = "exports",
    security(("bearer" = ["exports"])),
    params(("id" = Uuid, Path, description = "The export's id.")),
    responses((status = 200, description = "The events.", body = inline(EventText),
        content_type = "text/event-stream",
        example = json!({"event": "end", "data": "{\"state\":\"done\"}"}))),
)]
#[get("/v1/exports/{id}/events")]
async fn watch_export(
    app: AppData,
    req: HttpRequest,
    caller: Caller<Exports>,
    id: web::Path<Uuid>,
) -> ApiResult<HttpResponse> {
    let (id, reach) = (ExportId(id.into_inner()), caller.whole_reach()?);
    let progress = progress(&app, reach, id).await?;
    let mut response = HttpResponse::Ok();
    response
        .content_type("text/event-stream")
        .insert_header((header::CACHE_CONTROL, "no-store"))
        // The widespread proxy would else keep the events back.
        .insert_header(("x-accel-buffering", "no"));
    if req.extensions().get::<HeadOnly>().is_some() {
        return Ok(response.finish());
    }
    let place = app.event_places.enter(caller.key_id()).ok_or_else(|| {
        ApiError::Unavailable("too many streams of events are being served".to_owned())
    })?;
    let key = bearer(req.headers()).ok_or(ApiError::Unauthorized)?.to_owned();
    let principal = req.extensions().get().cloned().ok_or(ApiError::Unauthorized)?;
    let watch = Watch {
        ends_at: Instant::now() + app.events_for,
        app,
        key,
        principal,
        reach,
        id,
        told: None,
        told_at: Instant::now(),
        is_over: false,
        _place: place,
    };
    Ok(response
        .streaming(stream::unfold((watch, Some(progress)), |(watch, first)| watch.next(first))))
}

async fn progress(app: &AppData, reach: Reach, id: ExportId) -> ApiResult<ExportProgress> {
    let read = app.read(reach, move |conn| {
        let export = exports::find_export(conn, reach, id)?;
        let counted = exports::count_packages(conn, export.client_id, id)?;
        Ok((export, counted))
    });
    let (export, counted) = read.await?;
    Ok(ExportProgress {
        state: export.state.into(),
        problem: export.problem,
        counts: PackageCounts::of(&counted),
    })
}

/// Whoever listens, and what was told.
struct Watch {
    app: AppData,
    key: String,
    principal: Principal,
    reach: Reach,
    id: ExportId,
    /// The data of the last event.
    told: Option<String>,
    told_at: Instant,
    ends_at: Instant,
    is_over: bool,
    /// Free again when the stream is dropped.
    _place: EventPlace,
}

/// Some bytes of the stream, and what is needed for the next ones.
type Next = Option<(ApiResult<Bytes>, (Watch, Option<ExportProgress>))>;

impl Watch {
    /// Waits for something to tell; `None` ends the stream. What cannot be read ends it,
    /// too: whoever comes back is told why.
    async fn next(mut self, first: Option<ExportProgress>) -> Next {
        if let Some(progress) = first {
            let event = self.event(&progress)?;
            return Some((Ok(event), (self, None)));
        }
        while !self.is_over {
            tokio::time::sleep(LOOK_PAUSE).await;
            let is_stopping = self.app.stopping.load(Ordering::Relaxed);
            if is_stopping || Instant::now() >= self.ends_at || !self.is_allowed().await {
                return None;
            }
            let progress = progress(&self.app, self.reach, self.id).await.ok()?;
            if let Some(event) = self.event(&progress) {
                return Some((Ok(event), (self, None)));
            }
            if self.told_at.elapsed() >= HEARTBEAT_PAUSE {
                self.told_at = Instant::now();
                return Some((Ok(Bytes::from_static(b": still here\n\n")), (self, None)));
            }
        }
        None
    }

    /// The event that tells this, unless it was told.
    fn event(&mut self, progress: &ExportProgress) -> Option<Bytes> {
        let data = serde_json::to_string(progress).ok()?;
        if self.told.as_ref() == Some(&data) {
            return None;
        }
        let state = ExportState::from(progress.state);
        self.is_over = !matches!(state, ExportState::Queued | ExportState::Running);
        let name = if self.is_over { "end" } else { "progress" };
        let retry = if self.told.is_none() { RETRY } else { "" };
        let event = format!("{retry}event: {name}\ndata: {data}\n\n");
        self.told = Some(data);
        self.told_at = Instant::now();
        Some(event.into())
    }

    /// Whether the key is still what it was when the stream began.
    async fn is_allowed(&self) -> bool {
        if let Some(found) = self.app.known_keys.find(&self.key) {
            return found == self.principal;
        }
        let (app, key) = (self.app.clone(), self.key.clone());
        let found = blocking(move || Ok(app.known_keys.look_up(&app.store, &key)?)).await;
        found.ok().flatten().as_ref() == Some(&self.principal)
    }
}
