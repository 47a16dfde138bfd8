//! `/v1/filed-differences`: which filed calls stand otherwise by now.

use crate::routes::ServiceConfig;
use actix_web::{HttpRequest, HttpResponse, get};
use baitline_domain::complaint::FiledCall;
use baitline_store::complaints::{self, FiledDifference};
use baitline_store::{Page, Reach, clients};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::app::AppData;
use crate::auth::Caller;
use crate::fields::{InnText, PhoneNumber, Time};
use crate::paging::{self, Cursor, Limit};
use crate::permissions::{BaitsRead, Cases};
use crate::problem::{ApiResult, Problem};
use crate::query::Params;
use crate::words::{ComplaintStateWord, FiledFieldWord, VerdictWord};

/// Complaints that are looked at for one piece, unless fewer are asked for.
const COMPLAINTS_A_PIECE: u32 = 100;

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_filed_differences);
}

/// What is told of a call in a complaint.
#[derive(Serialize, ToSchema)]
#[schema(as = FiledCall)]
pub(crate) struct FiledCallView {
    /// The bait that was called.
    bait_id: Uuid,
    /// Who called.
    caller: PhoneNumber,
    /// Its start.
    started_at: Time,
    /// The connected time, in seconds.
    connected_seconds: u32,
    /// The trap it belongs to.
    trap_id: Uuid,
    /// Its legal meaning.
    verdict: VerdictWord,
    /// Whether the caller had called this bait before the trap.
    prior_contact: bool,
    /// How many exposures were done by then.
    exposures: usize,
    /// The ИНН of the caller's operator.
    caller_operator: Option<InnText>,
    /// The region of the caller's range.
    caller_region: Option<String>,
    /// Whose number the caller's was.
    competitor_ids: Vec<Uuid>,
    /// The edition of the registry that was asked.
    edition_id: Option<Uuid>,
    /// The version of the rules that judged it.
    rule_version: u32,
}

impl From<FiledCall> for FiledCallView {
    fn from(call: FiledCall) -> Self {
        Self {
            bait_id: call.bait.0,
            caller: PhoneNumber(call.caller),
            started_at: Time(call.started_at()),
            connected_seconds: call.connected_seconds,
            trap_id: call.trap.0,
            verdict: call.verdict.into(),
            prior_contact: call.prior_contact,
            exposures: call.exposures.len(),
            caller_operator: call.caller_operator.map(InnText),
            caller_region: call.caller_region,
            competitor_ids: call.competitors.iter().map(|id| id.0).collect(),
            edition_id: call.edition.map(|id| id.0),
            rule_version: call.rule_version,
        }
    }
}

/// A filed call that stands otherwise now.
#[derive(Serialize, ToSchema)]
#[schema(as = FiledDifference)]
pub(crate) struct FiledDifferenceView {
    /// The complaint.
    complaint_id: Uuid,
    /// Where that stands.
    complaint_state: ComplaintStateWord,
    /// The call, as the complaint names it.
    call_id: Uuid,
    /// What differs.
    differs: Vec<FiledFieldWord>,
    /// As it was filed.
    filed: FiledCallView,
    /// As it stands now; null for what is no answered interception any more.
    now: Option<FiledCallView>,
}

impl From<FiledDifference> for FiledDifferenceView {
    fn from(one: FiledDifference) -> Self {
        Self {
            complaint_id: one.complaint.0,
            complaint_state: one.state.into(),
            call_id: one.call.0,
            differs: one.differs.into_iter().map(Into::into).collect(),
            filed: one.filed.into(),
            now: one.now.map(Into::into),
        }
    }
}

/// A piece of what differs.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({"items": [], "next_cursor": null})))]
pub(crate) struct FiledDifferencePage {
    /// Complaint by complaint. A piece may be shorter or longer than asked for, even
    /// empty, and not be the last.
    items: Vec<FiledDifferenceView>,
    /// Leads to the next piece; null at the end.
    next_cursor: Option<String>,
}

/// Whose complaints, and which piece of the list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListFiledDifferences {
    /// The client; required with a key of several.
    #[param(nullable = false)]
    client_id: Option<Uuid>,
    /// Where the piece before ended.
    #[param(value_type = Option<String>, nullable = false)]
    cursor: Option<Cursor>,
    /// How many complaints to look at, 100 unless told and at most.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1000, nullable = false)]
    limit: Option<Limit>,
}

/// List what stands otherwise than it was filed
///
/// Filing keeps what the complaint says of each call. What is reported, listed or
/// published later may judge the call otherwise, and is told here; what was filed is
/// never rewritten. Complaints that were returned or withdrawn are left out.
#[utoipa::path(
    tag = "complaints",
    security(("bearer" = ["cases", "baits:read"])),
    params(ListFiledDifferences),
    responses(
        (status = 200, description = "A piece of the list.", body = FiledDifferencePage),
        (status = 422, description = "A key of several clients names none.", body = Problem),
    ),
)]
#[get("/v1/filed-differences")]
async fn list_filed_differences(
    app: AppData,
    req: HttpRequest,
    caller: Caller<(Cases, BaitsRead)>,
    query: Params<ListFiledDifferences>,
) -> ApiResult<HttpResponse> {
    let ListFiledDifferences { client_id, cursor, limit } = query.0;
    let client = caller.client(client_id)?;
    let looked_at = limit.map_or(COMPLAINTS_A_PIECE, |limit| limit.0.min(COMPLAINTS_A_PIECE));
    let page = Page { after: cursor.map(|cursor| cursor.id), limit: i64::from(looked_at) };
    let found = app.read(Reach::Client(client), move |conn| {
        clients::find_client(conn, client)?;
        complaints::differences(conn, client, page)
    });
    let (found, next) = found.await?;
    let next_cursor = next.map(|id| Cursor::of_id(id.0).text());
    let items = found.into_iter().map(Into::into).collect();
    let page = FiledDifferencePage { items, next_cursor };
    Ok(paging::answer(&req, page.next_cursor.as_deref(), &page))
}
