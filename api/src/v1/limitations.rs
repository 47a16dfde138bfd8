//! `/v1/limitations`: what expires when.

use crate::routes::ServiceConfig;
use actix_web::{HttpRequest, HttpResponse, get};
use baitline_domain::instant::civil_day;
use baitline_domain::limitation::limitation_day;
use baitline_store::calls::CallFilter;
use baitline_store::complaints::{self, Expiring};
use baitline_store::{Reach, clients, now};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::calls::call_page;
use crate::app::AppData;
use crate::auth::Caller;
use crate::fields::{CivilDay, PhoneNumber, Time};
use crate::paging::{self, Cursor, Limit};
use crate::permissions::{BaitsRead, Cases};
use crate::problem::{ApiResult, Problem};
use crate::query::Params;
use crate::words::{ComplaintStateWord, LimitationWarningWord};

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_limitations);
}

/// An interception that no filed complaint holds, with its dates.
#[derive(Serialize, ToSchema)]
pub(crate) struct LimitationView {
    /// The call.
    call_id: Uuid,
    /// The bait that was called.
    bait_id: Uuid,
    /// Its start.
    started_at: Time,
    /// Who called; null where the number was withheld.
    caller: Option<PhoneNumber>,
    /// The limitation date: from this day on it is too late. It binds the decision
    /// of the office, not only the filing.
    limit_on: CivilDay,
    /// Whole days left today; zero on that date and negative after it.
    days_left: i64,
    /// Every warning that holds today, the mildest first.
    warnings: Vec<LimitationWarningWord>,
    /// The complaint that prepares it.
    complaint_id: Option<Uuid>,
    /// Where that stands.
    complaint_state: Option<ComplaintStateWord>,
}

/// A piece of what expires.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({"items": [], "next_cursor": null})))]
pub(crate) struct LimitationPage {
    /// In order of start, which is that of the limitation dates. A piece may be
    /// shorter than asked for, even empty, and not be the last.
    items: Vec<LimitationView>,
    /// Leads to the next piece; null at the end.
    next_cursor: Option<String>,
}

/// Which interceptions, and which piece of the list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListLimitations {
    /// The client; required with a key of several.
    #[param(nullable = false)]
    client_id: Option<Uuid>,
    /// Of this caller.
    #[param(nullable = false)]
    caller: Option<PhoneNumber>,
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

/// List what expires when
///
/// The answered interceptions heard to be advertising that no filed complaint
/// holds, the earliest limitation date first.
#[utoipa::path(
    tag = "complaints",
    security(("bearer" = ["cases", "baits:read"])),
    params(ListLimitations),
    responses(
        (status = 200, description = "A piece of the list.", body = LimitationPage),
        (status = 422, description = "A key of several clients names none.", body = Problem),
    ),
)]
#[get("/v1/limitations")]
async fn list_limitations(
    app: AppData,
    req: HttpRequest,
    caller: Caller<(Cases, BaitsRead)>,
    query: Params<ListLimitations>,
) -> ApiResult<HttpResponse> {
    let query = query.0;
    let client = caller.client(query.client_id)?;
    let filter = CallFilter {
        party: query.caller.map(|number| number.0),
        from: query.from.map(|time| time.0),
        to: query.to.map(|time| time.0),
        ..CallFilter::default()
    };
    let page = call_page(query.cursor, query.limit);
    let found = app.read(Reach::Client(client), move |conn| {
        clients::find_client(conn, client)?;
        complaints::expiring(conn, client, &filter, page)
    });
    let (rows, next) = found.await?;
    let today = limitation_day(now());
    let next = next.and_then(|page| page.after);
    let next_cursor = next.map(|(at, id)| Cursor { micros: at.0, id: id.0 }.text());
    let items = rows.into_iter().map(|row| view(row, today)).collect();
    let page = LimitationPage { items, next_cursor };
    Ok(paging::answer(&req, page.next_cursor.as_deref(), &page))
}

fn view(row: Expiring, today: Date) -> LimitationView {
    let call = &row.judged.call;
    LimitationView {
        call_id: call.id.0,
        bait_id: call.bait.0,
        started_at: Time(call.started_at),
        caller: call.party.phone().map(PhoneNumber),
        limit_on: CivilDay(civil_day(row.limitation.limit_on)),
        days_left: row.limitation.days_left(today),
        warnings: row.limitation.warnings(today).into_iter().map(Into::into).collect(),
        complaint_id: row.complaint.map(|(id, _)| id.0),
        complaint_state: row.complaint.map(|(_, state)| state.into()),
    }
}
