//! `/v1/inquiries`: the letters to the operators of baits, made in batches from
//! interceptions that none asks about.

use std::collections::HashMap;

use crate::routes::ServiceConfig;
use actix_web::{HttpRequest, HttpResponse, get, patch, post, web};
use baitline_domain::ids::{ApplicantId, ClientId, InquiryId};
use baitline_domain::operator::Operators;
use baitline_store::inquiries::{self, InquiryFilter};
use baitline_store::models::{InquiryChanges, InquiryCriteria, InquiryRow, OperatorReply, Sending};
use baitline_store::versions::Expected;
use baitline_store::{Conn, Reach, StoreResult, clients, operators, preparations};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::applicants::ApplicantNote;
use super::contaminations::Withdrawal;
use super::inquiry_views::{
    BatchView, InquiryCallList, InquiryCallView, InquiryView, ProposalView, ProposeInquiries,
    ReplyToInquiry, SendInquiry, TrackingNumber,
};
use super::powers_of_attorney::PaperNumber;
use super::{create_for, page};
use crate::app::{App, AppData};
use crate::auth::Caller;
use crate::extract::Body;
use crate::fields::{CivilDay, present};
use crate::paging::{self, Cursor, Limit};
use crate::permissions::{BaitsRead, Cases};
use crate::precondition::{IfMatch, IfMatchHeader, tagged};
use crate::problem::{ApiResult, Problem};
use crate::query::Params;
use crate::words::InquiryStateWord;

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(propose_inquiries)
        .service(create_inquiries)
        .service(list_inquiries)
        .service(find_inquiry)
        .service(update_inquiry)
        .service(list_inquiry_calls)
        .service(send_inquiry)
        .service(reply_to_inquiry)
        .service(leave_inquiry_unanswered)
        .service(cancel_inquiry);
}

/// What changes of an inquiry: what is absent stays, null empties.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"remind_on": "2026-12-01"})))]
pub(crate) struct UpdateInquiry {
    /// Another number.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100)]
    number: Option<Option<PaperNumber>>,
    /// Another number of the post.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 40)]
    tracking_number: Option<Option<TrackingNumber>>,
    /// Another day to ask after it.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<CivilDay>)]
    remind_on: Option<Option<CivilDay>>,
    /// Another note.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 1000)]
    note: Option<Option<ApplicantNote>>,
}

/// That no answer came.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"noted_on": "2026-12-01", "because": "письмо вручено 20.10.2026"})))]
pub(crate) struct LeaveUnanswered {
    /// The day it is recorded for.
    noted_on: CivilDay,
    /// Why it is thought that none comes.
    #[schema(value_type = String, min_length = 1, max_length = 500)]
    because: Withdrawal,
}

/// That a draft is given up.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"because": "не тот договор"})))]
pub(crate) struct CancelInquiry {
    /// Why.
    #[schema(value_type = String, min_length = 1, max_length = 500)]
    because: Withdrawal,
}

/// A piece of the list of inquiries.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({"items": [], "next_cursor": null})))]
pub(crate) struct InquiryPage {
    /// In order of making.
    items: Vec<InquiryView>,
    /// Leads to the next piece; null at the end.
    next_cursor: Option<String>,
}

/// Which inquiries, and which piece of the list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListInquiries {
    /// Of this client.
    #[param(nullable = false)]
    client_id: Option<Uuid>,
    /// That stand there.
    #[param(nullable = false)]
    state: Option<InquiryStateWord>,
    /// Of this applicant.
    #[param(nullable = false)]
    applicant_id: Option<Uuid>,
    /// Sent ones that are to be asked after on this day or before.
    #[param(nullable = false)]
    due_on: Option<CivilDay>,
    /// Where the piece before ended.
    #[param(value_type = Option<String>, nullable = false)]
    cursor: Option<Cursor>,
    /// How many, 100 unless told.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1000, nullable = false)]
    limit: Option<Limit>,
}

/// Propose inquiries
///
/// One for each holder of contracts and each operator by contract, from the
/// answered interceptions of the period that no inquiry asks about. Nothing is
/// made.
#[utoipa::path(
    tag = "inquiries",
    security(("bearer" = ["cases", "baits:read"])),
    request_body = ProposeInquiries,
    responses(
        (status = 200, description = "What would be made.", body = ProposalView),
        (status = 409, description = "More calls fit than one batch is made from.",
            body = Problem),
    ),
)]
#[post("/v1/inquiries:propose")]
async fn propose_inquiries(
    app: AppData,
    caller: Caller<(Cases, BaitsRead)>,
    body: Body<ProposeInquiries>,
) -> ApiResult<web::Json<ProposalView>> {
    let client = caller.client(body.0.client_id)?;
    let criteria = InquiryCriteria::try_from(body.0)?;
    let found = app.read(Reach::Client(client), move |conn| {
        clients::find_client(conn, client)?;
        let proposal = inquiries::propose(conn, client, &criteria)?;
        Ok((operators::known_operators(conn)?, proposal))
    });
    let (operators, proposal) = found.await?;
    Ok(web::Json(ProposalView::of(&operators, proposal)))
}

/// Make inquiries
///
/// The drafts that would be proposed. Sending it again makes the drafts of
/// calls that came since, and no others.
#[utoipa::path(
    tag = "inquiries",
    security(("bearer" = ["cases", "baits:read"])),
    request_body = ProposeInquiries,
    responses(
        (status = 200, description = "There was nothing to ask about.", body = BatchView),
        (status = 201, description = "The drafts that were made.", body = BatchView),
        (status = 409, description = "More calls fit than one batch is made from, or another \
            inquiry took one of them at the same moment.", body = Problem),
    ),
)]
#[post("/v1/inquiries")]
async fn create_inquiries(
    app: AppData,
    caller: Caller<(Cases, BaitsRead)>,
    body: Body<ProposeInquiries>,
) -> ApiResult<HttpResponse> {
    let client = caller.client(body.0.client_id)?;
    let criteria = InquiryCriteria::try_from(body.0)?;
    let author = caller.key_id().to_owned();
    let made = create_for(&app, client, move |conn| {
        let (made, proposal) = inquiries::create_inquiries(conn, client, &criteria, &author)?;
        Ok((operators::known_operators(conn)?, made, proposal))
    });
    let (operators, made, proposal) = made.await?;
    let batch = BatchView::of(&operators, made, &proposal);
    let mut response = if batch.is_empty() { HttpResponse::Ok() } else { HttpResponse::Created() };
    Ok(response.json(batch))
}

/// List inquiries
///
/// `due_on` lists those to be asked after: sent, and their reminder's day has
/// come.
#[utoipa::path(
    tag = "inquiries",
    security(("bearer" = ["cases", "baits:read"])),
    params(ListInquiries),
    responses((status = 200, description = "A piece of the list.", body = InquiryPage)),
)]
#[get("/v1/inquiries")]
async fn list_inquiries(
    app: AppData,
    req: HttpRequest,
    caller: Caller<(Cases, BaitsRead)>,
    query: Params<ListInquiries>,
) -> ApiResult<HttpResponse> {
    let ListInquiries { client_id, state, applicant_id, due_on, cursor, limit } = query.0;
    let reach = caller.reach(client_id)?;
    let filter = InquiryFilter {
        state: state.map(Into::into),
        applicant: applicant_id.map(ApplicantId),
        due_on: due_on.map(|day| day.0),
    };
    let page = page(cursor, limit);
    let found = app.read(reach, move |conn| {
        let rows = inquiries::list_inquiries(conn, reach, &filter, page)?;
        let ids: Vec<InquiryId> = rows.iter().map(|row| row.id).collect();
        let counts = inquiries::count_calls(conn, reach, &ids)?;
        Ok((operators::known_operators(conn)?, rows, counts))
    });
    let (operators, rows, counts) = found.await?;
    let counts: HashMap<InquiryId, i64> = counts.into_iter().collect();
    let (rows, next_cursor) = paging::cut(rows, limit, |row| Cursor::of_id(row.id.0));
    let view = |row: InquiryRow| {
        let calls = counts.get(&row.id).copied().unwrap_or_default();
        InquiryView::of(&operators, row, calls)
    };
    let page = InquiryPage { items: rows.into_iter().map(view).collect(), next_cursor };
    Ok(paging::answer(&req, page.next_cursor.as_deref(), &page))
}

/// Find one inquiry
#[utoipa::path(
    tag = "inquiries",
    security(("bearer" = ["cases", "baits:read"])),
    params(("id" = Uuid, Path, description = "The inquiry's id.")),
    responses((status = 200, description = "The inquiry, with its ETag.", body = InquiryView)),
)]
#[get("/v1/inquiries/{id}")]
async fn find_inquiry(
    app: AppData,
    caller: Caller<(Cases, BaitsRead)>,
    id: web::Path<Uuid>,
) -> ApiResult<HttpResponse> {
    let (id, reach) = (InquiryId(id.into_inner()), caller.whole_reach()?);
    let known = app.read(reach, move |conn| {
        let row = inquiries::find_inquiry(conn, reach, id)?;
        known(conn, row)
    });
    Ok(answer(known.await?))
}

/// Change an inquiry
///
/// What does not move it. With `If-Match` only if nobody changed it meanwhile.
#[utoipa::path(
    tag = "inquiries",
    security(("bearer" = ["cases", "baits:read"])),
    params(("id" = Uuid, Path, description = "The inquiry's id."), IfMatchHeader),
    request_body = UpdateInquiry,
    responses(
        (status = 200, description = "The inquiry as changed.", body = InquiryView),
        (status = 412, description = "It was changed meanwhile.", body = Problem),
    ),
)]
#[patch("/v1/inquiries/{id}")]
async fn update_inquiry(
    app: AppData,
    caller: Caller<(Cases, BaitsRead)>,
    id: web::Path<Uuid>,
    expected: IfMatch,
    body: Body<UpdateInquiry>,
) -> ApiResult<HttpResponse> {
    let UpdateInquiry { number, tracking_number, remind_on, note } = body.0;
    let changes = InquiryChanges {
        number: number.map(|change| change.map(|number| number.0)),
        tracking_number: tracking_number.map(|change| change.map(|number| number.0)),
        remind_on: remind_on.map(|change| change.map(|day| day.0)),
        note: note.map(|change| change.map(|note| note.0)),
    };
    change(&app, &caller, id.into_inner(), expected, move |conn, client, id, expected| {
        inquiries::update_inquiry(conn, client, id, expected, &changes)
    })
    .await
}

/// List the calls of an inquiry
///
/// With what was answered of each, and what that means: the operator's
/// permission is not the subscriber's consent.
#[utoipa::path(
    tag = "inquiries",
    security(("bearer" = ["cases", "baits:read"])),
    params(("id" = Uuid, Path, description = "The inquiry's id.")),
    responses((status = 200, description = "All of them.", body = InquiryCallList)),
)]
#[get("/v1/inquiries/{id}/calls")]
async fn list_inquiry_calls(
    app: AppData,
    caller: Caller<(Cases, BaitsRead)>,
    id: web::Path<Uuid>,
) -> ApiResult<web::Json<InquiryCallList>> {
    let (id, reach) = (InquiryId(id.into_inner()), caller.whole_reach()?);
    let found = app.read(reach, move |conn| {
        let client = inquiries::find_inquiry(conn, reach, id)?.client_id;
        let calls = inquiries::calls_of_inquiry(conn, client, id)?;
        let baits = calls.iter().map(|call| call.bait_id).collect();
        let refusals = preparations::refusals_of(conn, client, &baits)?;
        Ok((clients::find_client(conn, client)?.time_zone, calls, refusals))
    });
    let (zone, calls, refusals) = found.await?;
    // A client's zone was checked when it was entered.
    let zone = TimeZone::get(&zone).unwrap_or(TimeZone::UTC);
    let items = calls.into_iter().map(|call| {
        let (refusal, day) = (refusals.get(&call.bait_id), call.started_at.local_day(&zone));
        InquiryCallView::of(call, refusal.copied(), day)
    });
    Ok(web::Json(InquiryCallList { items: items.collect() }))
}

/// Record that an inquiry was sent
#[utoipa::path(
    tag = "inquiries",
    security(("bearer" = ["cases", "baits:read"])),
    params(("id" = Uuid, Path, description = "The inquiry's id."), IfMatchHeader),
    request_body = SendInquiry,
    responses(
        (status = 200, description = "The inquiry as sent.", body = InquiryView),
        (status = 409, description = "It is no draft.", body = Problem),
        (status = 412, description = "It was changed meanwhile.", body = Problem),
    ),
)]
#[post("/v1/inquiries/{id}/sending")]
async fn send_inquiry(
    app: AppData,
    caller: Caller<(Cases, BaitsRead)>,
    id: web::Path<Uuid>,
    expected: IfMatch,
    body: Body<SendInquiry>,
) -> ApiResult<HttpResponse> {
    let sending = Sending::try_from(body.0)?;
    change(&app, &caller, id.into_inner(), expected, move |conn, client, id, expected| {
        inquiries::record_sending(conn, client, id, expected, &sending)
    })
    .await
}

/// Record the operator's answer
///
/// In the place of one that was recorded before; of a call that is not named it
/// says nothing. It may come after it was recorded that none came.
#[utoipa::path(
    tag = "inquiries",
    security(("bearer" = ["cases", "baits:read"])),
    params(("id" = Uuid, Path, description = "The inquiry's id."), IfMatchHeader),
    request_body = ReplyToInquiry,
    responses(
        (status = 200, description = "The inquiry as answered.", body = InquiryView),
        (status = 409, description = "It was not sent.", body = Problem),
        (status = 412, description = "It was changed meanwhile.", body = Problem),
    ),
)]
#[post("/v1/inquiries/{id}/reply")]
async fn reply_to_inquiry(
    app: AppData,
    caller: Caller<(Cases, BaitsRead)>,
    id: web::Path<Uuid>,
    expected: IfMatch,
    body: Body<ReplyToInquiry>,
) -> ApiResult<HttpResponse> {
    let reply = OperatorReply::try_from(body.0)?;
    change(&app, &caller, id.into_inner(), expected, move |conn, client, id, expected| {
        inquiries::record_reply(conn, client, id, expected, &reply)
    })
    .await
}

/// Record that no answer came
#[utoipa::path(
    tag = "inquiries",
    security(("bearer" = ["cases", "baits:read"])),
    params(("id" = Uuid, Path, description = "The inquiry's id."), IfMatchHeader),
    request_body = LeaveUnanswered,
    responses(
        (status = 200, description = "The inquiry as unanswered.", body = InquiryView),
        (status = 409, description = "It was not sent, or was answered.", body = Problem),
        (status = 412, description = "It was changed meanwhile.", body = Problem),
    ),
)]
#[post("/v1/inquiries/{id}/silence")]
async fn leave_inquiry_unanswered(
    app: AppData,
    caller: Caller<(Cases, BaitsRead)>,
    id: web::Path<Uuid>,
    expected: IfMatch,
    body: Body<LeaveUnanswered>,
) -> ApiResult<HttpResponse> {
    let LeaveUnanswered { noted_on, because } = body.0;
    change(&app, &caller, id.into_inner(), expected, move |conn, client, id, expected| {
        let silence = (noted_on.0, because.0.as_str());
        inquiries::record_silence(conn, client, id, expected, silence)
    })
    .await
}

/// Give a draft up
///
/// Another inquiry may ask about its calls.
#[utoipa::path(
    tag = "inquiries",
    security(("bearer" = ["cases", "baits:read"])),
    params(("id" = Uuid, Path, description = "The inquiry's id."), IfMatchHeader),
    request_body = CancelInquiry,
    responses(
        (status = 200, description = "The inquiry as cancelled.", body = InquiryView),
        (status = 409, description = "It is no draft.", body = Problem),
        (status = 412, description = "It was changed meanwhile.", body = Problem),
    ),
)]
#[post("/v1/inquiries/{id}/cancellation")]
async fn cancel_inquiry(
    app: AppData,
    caller: Caller<(Cases, BaitsRead)>,
    id: web::Path<Uuid>,
    expected: IfMatch,
    body: Body<CancelInquiry>,
) -> ApiResult<HttpResponse> {
    let because = body.0.because.0;
    change(&app, &caller, id.into_inner(), expected, move |conn, client, id, expected| {
        inquiries::cancel_inquiry(conn, client, id, expected, &because)
    })
    .await
}

/// An inquiry with what its view needs beside it.
type Known = (Operators, InquiryRow, i64);

/// Does something to an inquiry within reach and answers with it.
async fn change(
    app: &App,
    caller: &Caller<(Cases, BaitsRead)>,
    id: Uuid,
    expected: IfMatch,
    work: impl Fn(&mut Conn, ClientId, InquiryId, &Expected) -> StoreResult<InquiryRow> + Send + 'static,
) -> ApiResult<HttpResponse> {
    let (id, reach) = (InquiryId(id), caller.whole_reach()?);
    let changed = app.write(reach, move |conn| {
        let client = inquiries::find_inquiry(conn, reach, id)?.client_id;
        let row = work(conn, client, id, &expected.0)?;
        known(conn, row)
    });
    Ok(answer(changed.await?))
}

fn known(conn: &mut Conn, row: InquiryRow) -> StoreResult<Known> {
    let counts = inquiries::count_calls(conn, Reach::Client(row.client_id), &[row.id])?;
    let calls = counts.first().map_or(0, |(_, calls)| *calls);
    Ok((operators::known_operators(conn)?, row, calls))
}

fn answer((operators, row, calls): Known) -> HttpResponse {
    let view = InquiryView::of(&operators, row, calls);
    tagged(HttpResponse::Ok(), view.version, &view)
}
