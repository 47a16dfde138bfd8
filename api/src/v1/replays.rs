//! `/v1/verdicts:replay` and `/v1/replays`: dry runs of other rules or of
//! another edition, made by the worker.

use std::borrow::Cow;

use crate::routes::ServiceConfig;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use baitline_domain::ids::{EditionId, ObservationId, PackageId, ReplayId};
use baitline_domain::instant::{Instant, Span};
use baitline_domain::verdict::RuleVersion;
use baitline_store::models::{DifferenceRow, NewReplay, Package, Replay, Touched};
use baitline_store::replays::{self, DifferencePage, MAX_DIFFERENCES};
use baitline_store::{Conn, Reach, StoreResult, operators};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::page;
use super::replay_views::{
    DifferencePageView, ReplayDetail, ReplayPage, ReplayVerdicts, ReplayView, difference_view,
    replay_view, touched_view, transition_views,
};
use crate::app::AppData;
use crate::auth::Caller;
use crate::extract::Body;
use crate::fault::{Fault, FaultItem};
use crate::once::{Once, OnceHeader, Reply};
use crate::paging::{self, Cursor, Limit, rows_to_ask};
use crate::permissions::{BaitsRead, Cases};
use crate::problem::{ApiError, ApiResult, Problem};
use crate::query::Params;

/// The longest period of a replay.
pub(super) const MAX_REPLAY_PERIOD: Span = super::reports::MAX_PERIOD;
/// The most touched things that a replay tells one by one.
pub(super) const MAX_TOUCHED: i64 = 200;

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(replay_verdicts)
        .service(list_replays)
        .service(find_replay)
        .service(list_replay_differences)
        .service(cancel_replay);
}

/// Which replays, and which piece of the list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListReplays {
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

/// Which piece of the list of differences.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListDifferences {
    /// Where the piece before ended.
    #[param(value_type = Option<String>, nullable = false)]
    cursor: Option<Cursor>,
    /// How many, 100 unless told.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1000, nullable = false)]
    limit: Option<Limit>,
}

/// Replay the verdicts of a period
///
/// By another version of the rules or another numbering edition, to see what
/// would change before it does; by neither, to see whether what stands is what
/// its facts give. Calls, counts and packages stay as they are. `Location` names
/// the replay to watch.
#[utoipa::path(
    tag = "replays",
    security(("bearer" = ["cases", "baits:read"])),
    params(OnceHeader),
    request_body = ReplayVerdicts,
    responses(
        (
            status = 202,
            description = "The replay waits for the worker.",
            body = ReplayView,
            headers(("Location" = String, description = "The replay's path.")),
        ),
        (status = 409, description = "As many replays of the client wait as may.", body = Problem),
    ),
)]
#[post("/v1/verdicts:replay")]
async fn replay_verdicts(
    app: AppData,
    caller: Caller<(Cases, BaitsRead)>,
    once: Once,
    body: Body<ReplayVerdicts>,
) -> ApiResult<HttpResponse> {
    let client = caller.client(body.0.client_id)?;
    let new = NewReplay::try_from(body.0)?;
    let work = move |conn: &mut _| replays::create_replay(conn, client, &new);
    let reply = |replay| {
        let view = replay_view(replay)?;
        Reply::accepted(format!("/v1/replays/{}", view.id), &view)
    };
    app.create_once(&once, client, work, reply).await
}

/// List replays
#[utoipa::path(
    tag = "replays",
    security(("bearer" = ["cases", "baits:read"])),
    params(ListReplays),
    responses((status = 200, description = "A piece of the list.", body = ReplayPage)),
)]
#[get("/v1/replays")]
async fn list_replays(
    app: AppData,
    req: HttpRequest,
    caller: Caller<(Cases, BaitsRead)>,
    query: Params<ListReplays>,
) -> ApiResult<HttpResponse> {
    let ListReplays { client_id, cursor, limit } = query.0;
    let reach = caller.reach(client_id)?;
    let page = page(cursor, limit);
    let rows = app.read(reach, move |conn| replays::list_replays(conn, reach, page)).await?;
    let (rows, next_cursor) = paging::cut(rows, limit, |row| Cursor::of_id(row.id.0));
    let items = rows.into_iter().map(replay_view).collect::<ApiResult<_>>()?;
    let page = ReplayPage { items, next_cursor };
    Ok(paging::answer(&req, page.next_cursor.as_deref(), &page))
}

/// Find one replay
///
/// With its progress and everything it has found so far but the single calls,
/// which are a list of their own.
#[utoipa::path(
    tag = "replays",
    security(("bearer" = ["cases", "baits:read"])),
    params(("id" = Uuid, Path, description = "The replay's id.")),
    responses((status = 200, description = "The replay.", body = ReplayDetail)),
)]
#[get("/v1/replays/{id}")]
async fn find_replay(
    app: AppData,
    caller: Caller<(Cases, BaitsRead)>,
    id: web::Path<Uuid>,
) -> ApiResult<web::Json<ReplayDetail>> {
    let (id, reach) = (ReplayId(id.into_inner()), caller.whole_reach()?);
    let found = app.read(reach, move |conn| found(conn, reach, id)).await?;
    let touched = found.touched.iter().map(|one| touched_view(one, &found.packages));
    Ok(web::Json(ReplayDetail {
        transitions: transition_views(&found.replay)?,
        differences_kept: found.replay.differences.min(MAX_DIFFERENCES),
        touched: touched.collect(),
        touched_total: found.touched_total,
        replay: replay_view(found.replay)?,
    }))
}

/// List the differences a replay found
///
/// In order of the calls' start. The earliest are kept; `transitions` of the
/// replay counts all.
#[utoipa::path(
    tag = "replays",
    security(("bearer" = ["cases", "baits:read"])),
    params(("id" = Uuid, Path, description = "The replay's id."), ListDifferences),
    responses((status = 200, description = "A piece of the list.", body = DifferencePageView)),
)]
#[get("/v1/replays/{id}/differences")]
async fn list_replay_differences(
    app: AppData,
    req: HttpRequest,
    caller: Caller<(Cases, BaitsRead)>,
    id: web::Path<Uuid>,
    query: Params<ListDifferences>,
) -> ApiResult<HttpResponse> {
    let (id, reach) = (ReplayId(id.into_inner()), caller.whole_reach()?);
    let ListDifferences { cursor, limit } = query.0;
    let after = cursor.map(|cursor| (Instant(cursor.micros), ObservationId(cursor.id)));
    let page = DifferencePage { after, limit: rows_to_ask(limit) };
    let found = app.read(reach, move |conn| {
        let rows = replays::list_differences(conn, reach, id, page)?;
        Ok((rows, operators::known_operators(conn)?))
    });
    let (rows, operators) = found.await?;
    let key = |row: &DifferenceRow| Cursor { micros: row.started_at.0, id: row.call_id.0 };
    let (rows, next_cursor) = paging::cut(rows, limit, key);
    let views = rows.iter().map(|row| difference_view(&operators, row));
    let page = DifferencePageView { items: views.collect::<ApiResult<_>>()?, next_cursor };
    Ok(paging::answer(&req, page.next_cursor.as_deref(), &page))
}

/// Cancel a replay
///
/// What it has found before stays. A second time changes nothing.
#[utoipa::path(
    tag = "replays",
    security(("bearer" = ["cases", "baits:read"])),
    params(("id" = Uuid, Path, description = "The replay's id.")),
    responses(
        (status = 200, description = "It is cancelled.", body = ReplayView),
        (status = 409, description = "It has ended before.", body = Problem),
    ),
)]
#[post("/v1/replays/{id}/cancellation")]
async fn cancel_replay(
    app: AppData,
    caller: Caller<(Cases, BaitsRead)>,
    id: web::Path<Uuid>,
) -> ApiResult<web::Json<ReplayView>> {
    let (id, reach) = (ReplayId(id.into_inner()), caller.whole_reach()?);
    let replay = app.write(reach, move |conn| {
        let client = replays::find_replay(conn, reach, id)?.client_id;
        replays::cancel_replay(conn, client, id)
    });
    Ok(web::Json(replay_view(replay.await?)?))
}

/// A replay with what is told of it.
struct Found {
    replay: Replay,
    touched: Vec<Touched>,
    touched_total: i64,
    packages: Vec<Package>,
}

fn found(conn: &mut Conn, reach: Reach, id: ReplayId) -> StoreResult<Found> {
    let replay = replays::find_replay(conn, reach, id)?;
    let touched = replays::touched_by(conn, &replay, MAX_TOUCHED)?;
    let touched_total = replays::count_touched(conn, &replay)?;
    let ids: Vec<PackageId> = touched.iter().map(|one| PackageId(one.subject_id.0)).collect();
    let packages = replays::packages_by_id(conn, replay.client_id, &ids)?;
    Ok(Found { replay, touched, touched_total, packages })
}

impl TryFrom<ReplayVerdicts> for NewReplay {
    type Error = ApiError;

    fn try_from(body: ReplayVerdicts) -> ApiResult<Self> {
        let (from, to) = (body.from.0, body.to.0);
        if to <= from {
            return Err(ApiError::field("/to", Fault::EmptyPeriod));
        }
        if to - from > MAX_REPLAY_PERIOD {
            return Err(ApiError::field("/to", Fault::PeriodTooLong));
        }
        let rules = body.rule_version.map(|version| rules_of(version.0)).transpose()?;
        Ok(Self { from, to, rules, edition: body.numbering_edition_id.map(EditionId) })
    }
}

fn rules_of(number: u32) -> ApiResult<RuleVersion> {
    RuleVersion::of_number(number).ok_or_else(|| {
        let known: Vec<String> =
            RuleVersion::ALL.iter().map(|version| version.number().to_string()).collect();
        let item = FaultItem::at("/rule_version", Fault::UnknownRuleVersion);
        let detail = Cow::Owned(format!("The versions of the rules are: {}.", known.join(", ")));
        ApiError::Unprocessable(vec![FaultItem { detail, ..item }])
    })
}
