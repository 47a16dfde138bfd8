//! `/v1/listening`: calls with a recording that nobody has labelled, and who
//! listens to which.

use crate::routes::ServiceConfig;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use baitline_domain::ids::{BaitId, ObservationId, TrapId};
use baitline_domain::instant::Instant;
use baitline_domain::operator::Operators;
use baitline_store::assignments::NewAssignment;
use baitline_store::calls::{Assignee, UnheardFilter, UnheardKind};
use baitline_store::{listening, operators};
use serde::{Deserialize, Deserializer};
use utoipa::IntoParams;
use uuid::Uuid;

use super::calls::{call_cursor, call_page};
use super::listening_views::{
    AssignCalls, ClaimCalls, ListeningItems, ListeningPage, ReleaseCalls, Released, listening_item,
};
use crate::app::AppData;
use crate::auth::{Caller, Holder};
use crate::extract::Body;
use crate::fault::Fault;
use crate::fields::{Line, PhoneNumber, Time};
use crate::once::{Once, OnceHeader, Reply};
use crate::paging::{self, Cursor, Limit};
use crate::permissions::Cases;
use crate::problem::{ApiError, ApiResult, Problem};
use crate::query::Params;
use crate::sight::require_sight;
use crate::words::VerdictWord;

/// The name of a person who listens.
pub(super) type PersonName = Line<100>;
/// The most calls assigned or released at once.
pub(super) const MAX_ASSIGNED: usize = 500;
/// The most calls taken where the listener does not say.
const DEFAULT_CLAIM: u32 = 10;
/// What a filter says for calls that nobody holds; no person is called so.
const NOBODY: &str = "none";

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_unheard).service(claim_calls).service(assign_calls).service(release_calls);
}

/// Whose calls a list shows.
pub(crate) struct AssigneeFilter(Assignee);

impl<'de> Deserialize<'de> for AssigneeFilter {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Line(name) = PersonName::deserialize(deserializer)?;
        Ok(Self(if name == NOBODY { Assignee::Nobody } else { Assignee::Person(name) }))
    }
}

/// Which calls, and which piece of the queue.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListUnheard {
    /// Of this client.
    #[param(nullable = false)]
    client_id: Option<Uuid>,
    /// Held by the person of this name, or by nobody: `none`.
    #[param(value_type = Option<String>, min_length = 1, max_length = 100, nullable = false)]
    assignee: Option<AssigneeFilter>,
    /// `false` shows background calls too, and what nobody answered.
    #[param(nullable = false)]
    interceptions_only: Option<bool>,
    /// Of this bait.
    #[param(nullable = false)]
    bait_id: Option<Uuid>,
    /// Of this trap.
    #[param(nullable = false)]
    trap_id: Option<Uuid>,
    /// From this number.
    #[param(nullable = false)]
    caller: Option<PhoneNumber>,
    /// With this verdict.
    #[param(nullable = false)]
    verdict: Option<VerdictWord>,
    /// Where the piece before ended.
    #[param(value_type = Option<String>, nullable = false)]
    cursor: Option<Cursor>,
    /// How many, 100 unless told.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1000, nullable = false)]
    limit: Option<Limit>,
}

/// List unheard calls
///
/// Calls with a recording and no label, the oldest first: answered
/// interceptions, unless background is asked for. A call that gets a label
/// leaves the queue at once, whoever holds it.
#[utoipa::path(
    tag = "listening",
    security(("bearer" = ["cases"])),
    params(ListUnheard),
    responses((status = 200, description = "A piece of the queue.", body = ListeningPage)),
)]
#[get("/v1/listening")]
async fn list_unheard(
    app: AppData,
    req: HttpRequest,
    caller: Caller<Cases>,
    query: Params<ListUnheard>,
) -> ApiResult<HttpResponse> {
    let query = query.0;
    let reach = caller.reach(query.client_id)?;
    let filter = UnheardFilter {
        kind: kind(&caller, query.interceptions_only)?,
        bait: query.bait_id.map(BaitId),
        trap: query.trap_id.map(TrapId),
        party: query.caller.map(|number| number.0),
        verdict: query.verdict.map(Into::into),
        assignee: query.assignee.map(|assignee| assignee.0),
    };
    let (page, now) = (call_page(query.cursor, query.limit), baitline_store::now());
    let found = app.read(reach, move |conn| {
        let rows = listening::list_unheard(conn, reach, &filter, page, now)?;
        Ok((rows, operators::known_operators(conn)?))
    });
    let (rows, operators) = found.await?;
    let (rows, next_cursor) = paging::cut(rows, query.limit, |row| call_cursor(&row.judged));
    let items = rows.into_iter().map(|row| listening_item(&operators, row, now)).collect();
    let page = ListeningPage { items, next_cursor };
    Ok(paging::answer(&req, page.next_cursor.as_deref(), &page))
}

/// Take the next unheard calls
///
/// The oldest ones that nobody holds, 10 unless told. However many listeners
/// ask at once, no two get the same call. After a lost answer, the queue tells
/// what was taken: `/v1/listening?assignee=…`.
#[utoipa::path(
    tag = "listening",
    security(("bearer" = ["cases"])),
    params(OnceHeader),
    request_body = ClaimCalls,
    responses((
        status = 200,
        description = "The calls taken, the oldest first; fewer than asked for, or none, where no \
            more are free.",
        body = ListeningItems,
    )),
)]
#[post("/v1/listening/claims")]
async fn claim_calls(
    app: AppData,
    caller: Caller<Cases>,
    once: Once,
    body: Body<ClaimCalls>,
) -> ApiResult<HttpResponse> {
    let (body, now) = (body.0, baitline_store::now());
    let reach = caller.reach(body.client_id)?;
    let filter = UnheardFilter {
        kind: kind(&caller, body.interceptions_only)?,
        bait: body.bait_id.map(BaitId),
        trap: body.trap_id.map(TrapId),
        party: body.caller.map(|number| number.0),
        verdict: body.verdict.map(Into::into),
        assignee: None,
    };
    let new = new_assignment(&caller, body.assignee, body.until, now)?;
    let limit = body.limit.map_or(DEFAULT_CLAIM, |limit| limit.0) as usize;
    let work = move |conn: &mut _| {
        let rows = listening::claim(conn, reach, &filter, &new, limit, now)?;
        Ok((rows, operators::known_operators(conn)?))
    };
    let reply = move |(rows, operators)| Reply::ok(&items(&operators, rows, now));
    app.write_once(&once, reach, work, reply).await
}

/// Assign calls to a person
///
/// Whoever held them before. A call that is labelled already is left out of the
/// answer; an id that names no call refuses the whole.
#[utoipa::path(
    tag = "listening",
    security(("bearer" = ["cases"])),
    request_body = AssignCalls,
    responses(
        (status = 200, description = "The calls that the person holds now.", body = ListeningItems),
        (status = 404, description = "One of the ids names no call.", body = Problem),
    ),
)]
#[post("/v1/listening/assignments")]
async fn assign_calls(
    app: AppData,
    caller: Caller<Cases>,
    body: Body<AssignCalls>,
) -> ApiResult<web::Json<ListeningItems>> {
    let (body, reach, now) = (body.0, caller.whole_reach()?, baitline_store::now());
    let calls = named_calls(body.calls)?;
    let new = new_assignment(&caller, body.assignee, body.until, now)?;
    let taken = app.write(reach, move |conn| {
        let rows = listening::assign(conn, reach, &calls, &new, now)?;
        Ok((rows, operators::known_operators(conn)?))
    });
    let (rows, operators) = taken.await?;
    Ok(web::Json(items(&operators, rows, now)))
}

/// Release calls
///
/// The calls named, whoever holds them; all of one person's; or those named that
/// are that person's. They are free for others at once.
#[utoipa::path(
    tag = "listening",
    security(("bearer" = ["cases"])),
    request_body = ReleaseCalls,
    responses(
        (status = 200, description = "How many were held.", body = Released),
        (status = 404, description = "One of the ids names no call.", body = Problem),
    ),
)]
#[post("/v1/listening/releases")]
async fn release_calls(
    app: AppData,
    caller: Caller<Cases>,
    body: Body<ReleaseCalls>,
) -> ApiResult<web::Json<Released>> {
    let ReleaseCalls { client_id, calls, assignee } = body.0;
    let (reach, now) = (caller.reach(client_id)?, baitline_store::now());
    let calls = calls.map(named_calls).transpose()?;
    let assignee = assignee.map(|name| name.0);
    if calls.is_none() && assignee.is_none() {
        return Err(ApiError::field("/calls", Fault::Missing));
    }
    let released = app.write(reach, move |conn| match (&calls, &assignee) {
        (None, Some(assignee)) => listening::release_all(conn, reach, assignee, now),
        (calls, assignee) => {
            let calls = calls.as_deref().unwrap_or_default();
            listening::release(conn, reach, calls, assignee.as_deref(), now)
        }
    });
    Ok(web::Json(Released { released: released.await? }))
}

/// Background calls are those of own numbers, too, which show when traps are run.
fn kind(holder: &Holder, interceptions_only: Option<bool>) -> ApiResult<UnheardKind> {
    if interceptions_only != Some(false) {
        return Ok(UnheardKind::Interceptions);
    }
    require_sight(holder)?;
    Ok(UnheardKind::Everything)
}

fn new_assignment(
    caller: &Holder,
    assignee: PersonName,
    until: Option<Time>,
    now: Instant,
) -> ApiResult<NewAssignment> {
    if assignee.0 == NOBODY {
        return Err(ApiError::field("/assignee", Fault::InvalidValue));
    }
    let until = until.map(|time| time.0);
    if until.is_some_and(|until| until <= now) {
        return Err(ApiError::field("/until", Fault::OutOfRange));
    }
    Ok(NewAssignment { assignee: assignee.0, until, assigned_by: caller.key_id().to_owned() })
}

fn named_calls(ids: Vec<Uuid>) -> ApiResult<Vec<ObservationId>> {
    match ids.len() {
        0 => Err(ApiError::field("/calls", Fault::Empty)),
        1..=MAX_ASSIGNED => Ok(ids.into_iter().map(ObservationId).collect()),
        _ => Err(ApiError::field("/calls", Fault::TooMany)),
    }
}

fn items(operators: &Operators, rows: Vec<listening::Unheard>, now: Instant) -> ListeningItems {
    let items = rows.into_iter().map(|row| listening_item(operators, row, now)).collect();
    ListeningItems { items }
}
