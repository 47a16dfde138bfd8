//! `/v1/traps`: runs of steps that leak a bait's number to the client's own
//! side, and the windows they arm.

use crate::routes::ServiceConfig;
use actix_web::{HttpRequest, HttpResponse, get, patch, post, web};
use baitline_domain::ids::{BaitId, TrapId};
use baitline_domain::instant::{Instant, Span};
use baitline_domain::phone::Phone;
use baitline_domain::trap::{Exposure, ExposureKind, MAX_RUN, Window};
use baitline_store::models::{NewTrap, TrapChanges, TrapRow};
use baitline_store::traps::{self, TrapFilter};
use baitline_store::{Conn, Reach, StoreError, StoreResult, baits, clients, sims};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::page;
use crate::app::AppData;
use crate::auth::Caller;
use crate::extract::Body;
use crate::fault::{Fault, FaultItem};
use crate::fields::{PhoneNumber, Time, Whole, present};
use crate::once::{Once, OnceHeader, Reply};
use crate::paging::{self, Cursor, Limit};
use crate::permissions::{Admin, BaitsRead};
use crate::problem::{ApiError, ApiResult, Problem};
use crate::query::Params;
use crate::words::{ExposureKindWord, TrapMissingWord};

/// How long a run lasts that does not say.
const DEFAULT_RUN: Span = Span::hours(2);
/// The most exposures of one run.
pub(super) const MAX_EXPOSURES: usize = 50;
/// How long one exposure lasts, in seconds.
pub(super) type ExposureSeconds = Whole<0, 86_400>;

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(create_trap).service(list_traps).service(find_trap).service(update_trap);
}

/// A step that a person logs. Own and return calls are not logged: they are
/// recognised in the bait's records.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LogExposure {
    /// What was done.
    pub(super) kind: LoggedKind,
    /// When it began.
    pub(super) at: Time,
    /// How long it lasted, 0 unless told: a site visit counts from 180 s on.
    #[schema(value_type = Option<u32>, minimum = 0, maximum = 86400, nullable = false)]
    pub(super) seconds: Option<ExposureSeconds>,
}

/// The steps that a person logs.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LoggedKind {
    /// The client's own site was open on the bait.
    SiteVisit,
    /// Signed in to Yandex.
    Yandex,
    /// Signed in to VK.
    Vk,
}

/// A trap to enter.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({
    "bait_id": "0197a5b0-7c1e-7d3a-9a51-000000000002",
    "started_at": "2026-10-01T10:00:00+03:00",
    "recorder_tested_at": "2026-10-01T09:55:00+03:00",
    "exposures": [
        {"kind": "yandex", "at": "2026-10-01T10:01:00+03:00"},
        {"kind": "site_visit", "at": "2026-10-01T10:02:00+03:00", "seconds": 240}
    ]
})))]
pub(crate) struct CreateTrap {
    /// The client; required with an agency's key.
    #[schema(nullable = false)]
    pub(super) client_id: Option<Uuid>,
    /// The bait it ran on.
    pub(super) bait_id: Uuid,
    /// The run's first moment.
    pub(super) started_at: Time,
    /// The first moment after the run: 2 hours later unless told, at most 6.
    #[schema(nullable = false)]
    pub(super) ends_at: Option<Time>,
    /// When the recorder was tested; a trap without that is never complete.
    pub(super) recorder_tested_at: Option<Time>,
    /// What was done, each inside the run.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub(super) exposures: Vec<LogExposure>,
}

/// What changes of a trap: what is absent stays, null empties.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"recorder_tested_at": "2026-10-01T09:55:00+03:00"})))]
pub(crate) struct UpdateTrap {
    /// When the recorder was tested.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Time>)]
    recorder_tested_at: Option<Option<Time>>,
    /// What was done, replaced as a whole.
    #[schema(max_items = 50, nullable = false)]
    exposures: Option<Vec<LogExposure>>,
}

/// A step with its time, logged or recognised.
#[derive(Serialize, ToSchema)]
#[schema(as = Exposure)]
pub(crate) struct ExposureView {
    /// What it was.
    kind: ExposureKindWord,
    /// When it began.
    at: Time,
    /// How long it lasted.
    seconds: u32,
}

impl From<&Exposure> for ExposureView {
    fn from(exposure: &Exposure) -> Self {
        Self { kind: exposure.kind.into(), at: Time(exposure.at), seconds: exposure.seconds }
    }
}

/// A half-open period.
#[derive(Serialize, ToSchema)]
#[schema(as = Window)]
pub(crate) struct WindowView {
    /// Its first moment.
    from: Time,
    /// The first moment after it.
    to: Time,
}

impl From<Window> for WindowView {
    fn from(window: Window) -> Self {
        Self { from: Time(window.from), to: Time(window.to) }
    }
}

/// What the bait's records make of a trap.
#[derive(Serialize, ToSchema)]
#[schema(as = TrapState)]
pub(crate) struct TrapStateView {
    /// Whether nothing is missing; only then there is a window.
    complete: bool,
    /// What it lacks.
    missing: Vec<TrapMissingWord>,
    /// Every exposure, logged or recognised, in order of time.
    exposures: Vec<ExposureView>,
    /// The armed window; it does not move with later settings.
    window: Option<WindowView>,
}

/// One run of a trap.
#[derive(Serialize, ToSchema)]
#[schema(as = Trap, examples(json!({
    "id": "0197a5b0-7c1e-7d3a-9a51-000000000005",
    "client_id": "0197a5b0-7c1e-7d3a-9a51-000000000001",
    "bait_id": "0197a5b0-7c1e-7d3a-9a51-000000000002",
    "bait_number": "+79001234567",
    "started_at": "2026-10-01T07:00:00Z",
    "ends_at": "2026-10-01T09:00:00Z",
    "recorder_tested_at": "2026-10-01T06:55:00Z",
    "logged_exposures": [
        {"kind": "site_visit", "at": "2026-10-01T07:02:00Z", "seconds": 240}
    ],
    "window_hours": 48,
    "state": {
        "complete": true,
        "missing": [],
        "exposures": [
            {"kind": "site_visit", "at": "2026-10-01T07:02:00Z", "seconds": 240},
            {"kind": "own_call", "at": "2026-10-01T07:10:00Z", "seconds": 150},
            {"kind": "return_call", "at": "2026-10-01T07:15:00Z", "seconds": 180}
        ],
        "window": {"from": "2026-10-01T07:18:00Z", "to": "2026-10-03T07:18:00Z"}
    },
    "created_at": "2026-10-01T09:30:00Z"
})))]
pub(crate) struct TrapView {
    /// Its id.
    id: Uuid,
    /// Its client.
    client_id: Uuid,
    /// The bait it ran on.
    bait_id: Uuid,
    /// The bait's number.
    bait_number: PhoneNumber,
    /// The run's first moment.
    started_at: Time,
    /// The first moment after the run.
    ends_at: Time,
    /// When the recorder was tested.
    recorder_tested_at: Option<Time>,
    /// What a person logged.
    logged_exposures: Vec<ExposureView>,
    /// The window's length, kept from when the trap was entered.
    window_hours: u32,
    /// What the bait's records make of it; null until the worker has looked.
    state: Option<TrapStateView>,
    /// When it was entered.
    created_at: Time,
}

impl TrapView {
    fn of(row: TrapRow, number: Phone) -> Self {
        let TrapRow { client_id, trap, state, created_at } = row;
        Self {
            id: trap.id.0,
            client_id: client_id.0,
            bait_id: trap.bait.0,
            bait_number: PhoneNumber(number),
            started_at: Time(trap.started_at),
            ends_at: Time(trap.run_ends_at),
            recorder_tested_at: trap.recorder_tested_at.map(Time),
            logged_exposures: trap.exposures.iter().map(ExposureView::from).collect(),
            window_hours: trap.settings.window_hours,
            state: state.map(|state| TrapStateView {
                complete: state.missing.is_empty(),
                missing: state.missing.into_iter().map(Into::into).collect(),
                exposures: state.exposures.iter().map(ExposureView::from).collect(),
                window: state.window.map(WindowView::from),
            }),
            created_at: Time(created_at),
        }
    }
}

/// A piece of the list of traps.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({"items": [], "next_cursor": null})))]
pub(crate) struct TrapPage {
    /// In order of entry.
    items: Vec<TrapView>,
    /// Leads to the next piece; null at the end.
    next_cursor: Option<String>,
}

/// Which windows a list of traps is narrowed to.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum OpenWindow {
    /// Those that are open now.
    Open,
}

/// Which traps, and which piece of the list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListTraps {
    /// Of this client.
    #[param(nullable = false)]
    client_id: Option<Uuid>,
    /// Of this bait.
    #[param(nullable = false)]
    bait_id: Option<Uuid>,
    /// Those whose window is open now.
    #[param(inline, nullable = false)]
    window: Option<OpenWindow>,
    /// Those whose window was open at this moment.
    #[param(nullable = false)]
    open_at: Option<Time>,
    /// Where the piece before ended.
    #[param(value_type = Option<String>, nullable = false)]
    cursor: Option<Cursor>,
    /// How many, 100 unless told.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1000, nullable = false)]
    limit: Option<Limit>,
}

/// Enter a trap
///
/// The client's settings of this moment are kept with it. It is complete, and
/// arms its window from the end of the last own conversation, once there are: a
/// recorder test; a visit to the own site of at least 180 s; in the bait's call
/// records, within the run, an answered **own call** (from the bait to an own
/// number) and an answered **return call** (from an own number to the bait), in
/// any order, connected for at least 240 s together. `state.missing` tells what
/// is not there yet; calls that come before stay without a verdict.
#[utoipa::path(
    tag = "traps",
    security(("bearer" = ["admin"])),
    params(OnceHeader),
    request_body = CreateTrap,
    responses(
        (status = 201, description = "The trap as entered.", body = TrapView),
        (status = 409, description = "The bait has a trap whose run overlaps, is retired, or is \
            not the client's at that time.", body = Problem),
    ),
)]
#[post("/v1/traps")]
async fn create_trap(
    app: AppData,
    caller: Caller<Admin>,
    once: Once,
    body: Body<CreateTrap>,
) -> ApiResult<HttpResponse> {
    let client = caller.client(body.0.client_id)?;
    let new = NewTrap::try_from(body.0)?;
    let reach = caller.whole_reach().unwrap_or(Reach::Client(client));
    let work = move |conn: &mut Conn| {
        // What another client does with the SIM is the agency's to know, and
        // nobody else's.
        if reach == Reach::Agency {
            let window_hours = clients::find_client(conn, client)?.window_hours;
            sims::assert_no_other_live_trap(conn, client, &new, window_hours)?;
        }
        let row = traps::create_trap(conn, client, &new)?;
        with_number(conn, row)
    };
    let reply = |(row, number)| Reply::created(&TrapView::of(row, number));
    app.create_once_in(&once, reach, client, work, reply).await
}

/// List traps
///
/// `window=open` tells which windows are open now: the calls to these baits are
/// interceptions, and their phones must record.
#[utoipa::path(
    tag = "traps",
    security(("bearer" = ["baits:read"])),
    params(ListTraps),
    responses((status = 200, description = "A piece of the list.", body = TrapPage)),
)]
#[get("/v1/traps")]
async fn list_traps(
    app: AppData,
    req: HttpRequest,
    caller: Caller<BaitsRead>,
    query: Params<ListTraps>,
) -> ApiResult<HttpResponse> {
    let ListTraps { client_id, bait_id, window, open_at, cursor, limit } = query.0;
    let reach = caller.reach(client_id)?;
    let open_now = window.map(|OpenWindow::Open| baitline_store::now());
    let filter =
        TrapFilter { bait: bait_id.map(BaitId), open_at: open_at.map(|time| time.0).or(open_now) };
    let page = page(cursor, limit);
    let rows = app.read(reach, move |conn| {
        let rows = traps::list_traps(conn, reach, &filter, page)?;
        with_numbers(conn, reach, rows)
    });
    let (rows, next_cursor) = paging::cut(rows.await?, limit, |row| Cursor::of_id(row.0.trap.id.0));
    let items = rows.into_iter().map(|(row, number)| TrapView::of(row, number)).collect();
    let page = TrapPage { items, next_cursor };
    Ok(paging::answer(&req, page.next_cursor.as_deref(), &page))
}

/// Find one trap
///
/// `state` says whether it is complete, what is missing, and its window.
#[utoipa::path(
    tag = "traps",
    security(("bearer" = ["baits:read"])),
    params(("id" = Uuid, Path, description = "The trap's id.")),
    responses((status = 200, description = "The trap.", body = TrapView)),
)]
#[get("/v1/traps/{id}")]
async fn find_trap(
    app: AppData,
    caller: Caller<BaitsRead>,
    id: web::Path<Uuid>,
) -> ApiResult<web::Json<TrapView>> {
    let (id, reach) = (TrapId(id.into_inner()), caller.whole_reach()?);
    let row = app.read(reach, move |conn| {
        let row = traps::find_trap(conn, reach, id)?;
        with_number(conn, row)
    });
    let (row, number) = row.await?;
    Ok(web::Json(TrapView::of(row, number)))
}

/// Change a trap
///
/// Exposures are replaced as a whole; the bait's calls are judged again. The
/// answer's `state` is still the one before: the worker judges after the change.
#[utoipa::path(
    tag = "traps",
    security(("bearer" = ["admin"])),
    params(("id" = Uuid, Path, description = "The trap's id.")),
    request_body = UpdateTrap,
    responses((status = 200, description = "The trap as changed.", body = TrapView)),
)]
#[patch("/v1/traps/{id}")]
async fn update_trap(
    app: AppData,
    caller: Caller<Admin>,
    id: web::Path<Uuid>,
    body: Body<UpdateTrap>,
) -> ApiResult<web::Json<TrapView>> {
    let (id, reach) = (TrapId(id.into_inner()), caller.whole_reach()?);
    let before = app.read(reach, move |conn| traps::find_trap(conn, reach, id)).await?;
    let UpdateTrap { recorder_tested_at, exposures } = body.0;
    let run = (before.trap.started_at, before.trap.run_ends_at);
    let changes = TrapChanges {
        recorder_tested_at: recorder_tested_at.map(|change| change.map(|time| time.0)),
        exposures: exposures.map(|exposures| logged(exposures, run)).transpose()?,
    };
    let client = before.client_id;
    let row = app.write(reach, move |conn| {
        let row = traps::update_trap(conn, client, id, &changes)?;
        with_number(conn, row)
    });
    let (row, number) = row.await?;
    Ok(web::Json(TrapView::of(row, number)))
}

/// Traps with the numbers of their baits.
fn with_numbers(
    conn: &mut Conn,
    reach: Reach,
    rows: Vec<TrapRow>,
) -> StoreResult<Vec<(TrapRow, Phone)>> {
    let ids = rows.iter().map(|row| row.trap.bait).collect();
    let numbers = baits::numbers_of(conn, reach, &ids)?;
    let with = |row: TrapRow| {
        let number = numbers.get(&row.trap.bait).copied().ok_or(StoreError::NotFound)?;
        Ok((row, number))
    };
    rows.into_iter().map(with).collect()
}

fn with_number(conn: &mut Conn, row: TrapRow) -> StoreResult<(TrapRow, Phone)> {
    let reach = Reach::Client(row.client_id);
    with_numbers(conn, reach, vec![row])?.pop().ok_or(StoreError::NotFound)
}

impl TryFrom<CreateTrap> for NewTrap {
    type Error = ApiError;

    fn try_from(body: CreateTrap) -> ApiResult<Self> {
        let started_at = body.started_at.0;
        let run_ends_at = body.ends_at.map_or(started_at + DEFAULT_RUN, |time| time.0);
        if run_ends_at <= started_at {
            return Err(ApiError::field("/ends_at", Fault::EmptyPeriod));
        }
        if run_ends_at - started_at > MAX_RUN {
            return Err(ApiError::field("/ends_at", Fault::PeriodTooLong));
        }
        Ok(Self {
            bait: BaitId(body.bait_id),
            started_at,
            run_ends_at,
            recorder_tested_at: body.recorder_tested_at.map(|time| time.0),
            exposures: logged(body.exposures, (started_at, run_ends_at))?,
        })
    }
}

fn logged(exposures: Vec<LogExposure>, run: (Instant, Instant)) -> ApiResult<Vec<Exposure>> {
    if exposures.len() > MAX_EXPOSURES {
        return Err(ApiError::field("/exposures", Fault::TooMany));
    }
    let (from, to) = run;
    let outside = |(_, exposure): &(usize, &LogExposure)| !(from..to).contains(&exposure.at.0);
    let faults: Vec<FaultItem> = exposures
        .iter()
        .enumerate()
        .filter(outside)
        .map(|(index, _)| FaultItem::at(format!("/exposures/{index}/at"), Fault::OutsideTheRun))
        .collect();
    if !faults.is_empty() {
        return Err(ApiError::Unprocessable(faults));
    }
    Ok(exposures.into_iter().map(Exposure::from).collect())
}

impl From<LogExposure> for Exposure {
    fn from(logged: LogExposure) -> Self {
        let kind = match logged.kind {
            LoggedKind::SiteVisit => ExposureKind::SiteVisit,
            LoggedKind::Yandex => ExposureKind::Yandex,
            LoggedKind::Vk => ExposureKind::Vk,
        };
        Self { at: logged.at.0, kind, seconds: logged.seconds.map_or(0, |seconds| seconds.0) }
    }
}
