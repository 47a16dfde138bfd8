//! `/v1/calls`: reports in, derived calls out.

use std::collections::{BTreeMap, BTreeSet};

use crate::routes::ServiceConfig;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use baitline_domain::ids::{BaitId, ClientId, ObservationId};
use baitline_intake::calls::{
    Format, MAX_BAIT_CHARS, MAX_JSON_BODY_BYTES, MAX_RECORD_BYTES, SourceSettings,
};
use baitline_intake::profile::{FileFormat, Profile};
use baitline_intake::table::MAX_TABLE_BYTES;
use baitline_store::calls::{self, CallFilter, CallPage};
use baitline_store::models::JudgedCall;
use baitline_store::{Conn, Reach, StoreResult, observations, operators, recordings, sources};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::call_views::{CallDetail, CallView, CreateCallsBody, call_view};
use super::imports::XLSX;
use super::ingest::{Ingest, Purpose, SentFile, Taken, settings};
use super::observation_views::ObservationView;
use super::profile_views::faults_of;
use super::profiles::read_stored;
use super::receipts::{CallsAnswer, Receipt, answer_one};
use super::recordings::RecordingView;
use crate::app::{AppData, blocking};
use crate::auth::Caller;
use crate::extract::media_type;
use crate::fault::Fault;
use crate::fields::{Line, PhoneNumber, Slug, Time};
use crate::paging::{self, Cursor, Limit, rows_to_ask};
use crate::permissions::{BaitsRead, CallsWrite, Reports};
use crate::problem::{ApiError, ApiResult, Problem};
use crate::query::Params;
use crate::spool;
use crate::words::DirectionWord;

/// Where calls are reported and listed.
pub(crate) const PATH: &str = "/v1/calls";
/// The largest body of NDJSON or CSV.
pub(super) const MAX_BULK_BODY_BYTES: u64 = 256 * 1024 * 1024;

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(create_calls).service(list_calls).service(find_call);
}

/// Whose records these are, and what is done with them.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CreateCalls {
    /// The client; required with an agency's key.
    #[param(nullable = false)]
    client_id: Option<Uuid>,
    /// The source of records that name none.
    #[param(nullable = false)]
    source: Option<Slug>,
    /// `true` only checks: receipts say what would happen, and nothing changes.
    #[param(nullable = false)]
    dry_run: Option<bool>,
    /// The bait, by number or reference, of a file that is all of one and is read by
    /// its source's profile.
    #[param(value_type = Option<String>, min_length = 1, max_length = 64, nullable = false)]
    bait: Option<BaitText>,
}

/// How a parameter names a bait.
pub(super) type BaitText = Line<MAX_BAIT_CHARS>;

/// A piece of the list of calls.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({"items": [], "next_cursor": null})))]
pub(crate) struct CallPageView {
    /// In order of start.
    items: Vec<CallView>,
    /// Leads to the next piece; null at the end.
    next_cursor: Option<String>,
}

/// Which calls, and which piece of the list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListCalls {
    /// Of this client.
    #[param(nullable = false)]
    client_id: Option<Uuid>,
    /// Of this bait.
    #[param(nullable = false)]
    bait_id: Option<Uuid>,
    /// With this number at the other end.
    #[param(nullable = false)]
    caller: Option<PhoneNumber>,
    /// In this direction.
    #[param(nullable = false)]
    direction: Option<DirectionWord>,
    /// Started at or after this time.
    #[param(nullable = false)]
    from: Option<Time>,
    /// Started before this time.
    #[param(nullable = false)]
    to: Option<Time>,
    /// Where the piece before ended.
    #[param(value_type = Option<String>, nullable = false)]
    cursor: Option<Cursor>,
    /// How many, 100 unless told.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1000, nullable = false)]
    limit: Option<Limit>,
}

/// Report calls
///
/// One JSON object, a JSON array, NDJSON, or CSV with a header line of the same
/// field names. Where `source` has a profile, CSV is read by it, and so is an XLSX
/// workbook; rows that the profile leaves out have no receipt. Each record gets a
/// receipt, and one bad record never fails the others. Sending a body again is
/// safe: known records are `duplicate`. A call whose bait is not known yet is kept
/// and joined when the bait appears. If the database fails midway, the records not
/// yet committed are `not_processed`.
#[utoipa::path(
    tag = "calls",
    security(("bearer" = ["calls:write"])),
    params(CreateCalls),
    request_body(
        description = "Call records: JSON up to 16 MiB, NDJSON and CSV up to 256 MiB, XLSX up \
            to 8 MiB.",
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
        (status = 200, description = "Receipts, or the one receipt of a JSON object that was \
            known or only checked.", body = CallsAnswer),
        (status = 201, description = "The receipt of a JSON object that is new.", body = Receipt),
        (status = 409, description = "The JSON object contradicts what was sent before.",
            body = Problem),
    ),
)]
#[post("/v1/calls")]
async fn create_calls(
    app: AppData,
    req: HttpRequest,
    caller: Caller<CallsWrite>,
    query: Params<CreateCalls>,
    payload: web::Payload,
) -> ApiResult<HttpResponse> {
    let CreateCalls { client_id, source, dry_run, bait } = query.0;
    let (format, limit_bytes) = format_of(&req)?;
    let client = caller.client(client_id)?;
    refuse_announced(&req, limit_bytes)?;
    let by_profile = match format.file() {
        Some(file) => known_profile(&app, client, source.as_ref(), file).await?,
        None => None,
    };
    if bait.is_some() && by_profile.is_none() {
        return Err(ApiError::parameter("bait", Fault::NeedsProfile));
    }
    let (body, bytes) = spool::take_in_measured(payload, &app.spool, limit_bytes).await?;
    let purpose = if dry_run == Some(true) { Purpose::DryRun } else { Purpose::Keep };
    let ingest = Ingest {
        app: app.clone(),
        client,
        default_source: source.map(|source| source.0),
        purpose,
        received_at: baitline_store::now(),
    };
    let is_small = format == Sent::Records(Format::Json) && bytes <= MAX_RECORD_BYTES as u64;
    let taken = if is_small && purpose == Purpose::Keep {
        ingest.run_small(body).await?
    } else {
        let taken = blocking(move || match (by_profile, format) {
            (Some((format, profile, source)), _) => {
                let profile = for_bait(profile, bait)?;
                ingest.run_file(SentFile { format, profile, source, body }).map(Taken::Many)
            }
            (None, Sent::Records(format)) => ingest.run(format, body),
            (None, Sent::Workbook) => Err(ApiError::parameter("source", Fault::NeedsProfile)),
        });
        taken.await?
    };
    if purpose == Purpose::Keep {
        app.metrics.count_receipts(&taken.counts());
    }
    match taken {
        Taken::One(receipt) => answer_one(receipt, purpose),
        Taken::Many(receipts) => receipts.answer(),
    }
}

/// List calls
///
/// In order of start. A call appears once the worker has derived it, usually
/// within a second.
#[utoipa::path(
    tag = "calls",
    security(("bearer" = ["reports", "baits:read"])),
    params(ListCalls),
    responses((status = 200, description = "A piece of the list.", body = CallPageView)),
)]
#[get("/v1/calls")]
async fn list_calls(
    app: AppData,
    req: HttpRequest,
    caller: Caller<(Reports, BaitsRead)>,
    query: Params<ListCalls>,
) -> ApiResult<HttpResponse> {
    let query = query.0;
    let reach = caller.reach(query.client_id)?;
    let filter = CallFilter {
        bait: query.bait_id.map(BaitId),
        party: query.caller.map(|number| number.0),
        direction: query.direction.map(Into::into),
        from: query.from.map(|time| time.0),
        to: query.to.map(|time| time.0),
        interceptions_only: None,
    };
    let page = call_page(query.cursor, query.limit);
    let rows = app.read(reach, move |conn| {
        let rows = calls::list_calls(conn, reach, &filter, page)?;
        Ok((with_recordings(conn, rows)?, operators::known_operators(conn)?))
    });
    let (rows, operators) = rows.await?;
    let (rows, next_cursor) = paging::cut(rows, query.limit, |row| call_cursor(&row.0));
    let items = rows.into_iter().map(|row| call_view(&operators, row)).collect();
    let page = CallPageView { items, next_cursor };
    Ok(paging::answer(&req, page.next_cursor.as_deref(), &page))
}

/// Find one call
///
/// By its id or the id of any of its observations. Not found until the worker
/// has derived it, while its bait is unknown, and by a voided observation.
#[utoipa::path(
    tag = "calls",
    security(("bearer" = ["reports", "baits:read"])),
    params(("id" = Uuid, Path, description = "The call's id, or that of an observation.")),
    responses((status = 200, description = "The call.", body = CallDetail)),
)]
#[get("/v1/calls/{id}")]
async fn find_call(
    app: AppData,
    caller: Caller<(Reports, BaitsRead)>,
    id: web::Path<Uuid>,
) -> ApiResult<web::Json<CallDetail>> {
    let (id, reach) = (ObservationId(id.into_inner()), caller.whole_reach()?);
    let (judged, observed, recorded, operators) = app
        .read(reach, move |conn| {
            let judged = calls::find_call(conn, reach, id)?;
            let (client, ids) = (judged.client_id, &judged.call.observations);
            let observed = observations::find_observations(conn, client, ids)?;
            let recorded = recordings::recordings_of(conn, client, ids)?;
            Ok((judged, observed, recorded, operators::known_operators(conn)?))
        })
        .await?;
    let has_recording = !recorded.is_empty();
    Ok(web::Json(CallDetail {
        call: call_view(&operators, (judged, has_recording)),
        observations: observed.into_iter().map(ObservationView::from).collect(),
        recordings: recorded.into_iter().map(RecordingView::from).collect(),
    }))
}

/// What a body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sent {
    /// Records with the fields' own names.
    Records(Format),
    /// A workbook, which only a profile can read.
    Workbook,
}

impl Sent {
    /// What a profile can read it as.
    const fn file(self) -> Option<FileFormat> {
        match self {
            Self::Records(Format::Csv) => Some(FileFormat::Csv),
            Self::Workbook => Some(FileFormat::Xlsx),
            Self::Records(_) => None,
        }
    }
}

/// How the body spells its records, and how large it may be.
fn format_of(req: &HttpRequest) -> ApiResult<(Sent, u64)> {
    match media_type(req).as_deref() {
        Some("application/json") => Ok((Sent::Records(Format::Json), MAX_JSON_BODY_BYTES as u64)),
        Some("application/x-ndjson") => Ok((Sent::Records(Format::Ndjson), MAX_BULK_BODY_BYTES)),
        Some("text/csv") => Ok((Sent::Records(Format::Csv), MAX_BULK_BODY_BYTES)),
        Some(XLSX) => Ok((Sent::Workbook, MAX_TABLE_BYTES as u64)),
        _ => Err(ApiError::UnsupportedMediaType(
            "Send application/json, application/x-ndjson, text/csv or an XLSX workbook.",
        )),
    }
}

/// How the files of the source are read, where somebody said.
async fn known_profile(
    app: &AppData,
    client: ClientId,
    source: Option<&Slug>,
    format: FileFormat,
) -> ApiResult<Option<(FileFormat, Profile, SourceSettings)>> {
    let Some(Slug(name)) = source.cloned() else { return Ok(None) };
    let found = app
        .read(Reach::Client(client), move |conn| sources::find_source_named(conn, client, &name));
    match found.await? {
        Some((source, Some(stored))) => {
            Ok(Some((format, read_stored(&stored)?, settings(source)?.1)))
        }
        // A record may name another source, and an unknown one gets its receipts.
        Some((_, None)) | None => Ok(None),
    }
}

/// The profile for a file that is all of one bait.
pub(super) fn for_bait(profile: Profile, bait: Option<BaitText>) -> ApiResult<Profile> {
    let Some(bait) = bait else { return Ok(profile) };
    let profile = profile.of_bait(&bait.0);
    let faults = faults_of(&profile);
    if faults.is_empty() { Ok(profile) } else { Err(ApiError::Unprocessable(faults)) }
}

/// A body that says itself that it is too large is not taken in at all.
pub(super) fn refuse_announced(req: &HttpRequest, limit_bytes: u64) -> ApiResult<()> {
    let announced = req.headers().get(header::CONTENT_LENGTH);
    let announced = announced.and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    match announced {
        Some(bytes) if bytes > limit_bytes => Err(ApiError::TooLarge { limit_bytes }),
        _ => Ok(()),
    }
}

/// The piece of a list in order of start.
pub(super) fn call_page(cursor: Option<Cursor>, limit: Option<Limit>) -> CallPage {
    let after = cursor
        .map(|cursor| (baitline_domain::instant::Instant(cursor.micros), ObservationId(cursor.id)));
    CallPage { after, limit: rows_to_ask(limit) }
}

/// Where a list of calls stands after this one.
pub(super) fn call_cursor(judged: &JudgedCall) -> Cursor {
    Cursor { micros: judged.call.started_at.0, id: judged.call.id.0 }
}

/// Adds to each call whether any of its observations has a recording.
pub(super) fn with_recordings(
    conn: &mut Conn,
    rows: Vec<JudgedCall>,
) -> StoreResult<Vec<(JudgedCall, bool)>> {
    let mut by_client: BTreeMap<ClientId, Vec<ObservationId>> = BTreeMap::new();
    for row in &rows {
        by_client.entry(row.client_id).or_default().extend(&row.call.observations);
    }
    let mut recorded = BTreeSet::new();
    for (client, ids) in by_client {
        let found = recordings::recordings_of(conn, client, &ids)?;
        recorded.extend(found.into_iter().map(|recording| recording.observation_id));
    }
    let has = |row: &JudgedCall| row.call.observations.iter().any(|id| recorded.contains(id));
    Ok(rows.into_iter().map(|row| (has(&row), row)).map(|(has, row)| (row, has)).collect())
}
