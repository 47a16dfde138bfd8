//! `/v1/own-numbers`: the client's side, whose calls are no interceptions.

use crate::routes::ServiceConfig;
use actix_web::{HttpRequest, HttpResponse, get, patch, post, web};
use baitline_domain::ids::OwnNumberId;
use baitline_domain::instant::Instant;
use baitline_store::models::{NewOwnNumber, OwnNumberChanges, OwnNumberRow};
use baitline_store::own_numbers;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::page;
use crate::app::AppData;
use crate::auth::Caller;
use crate::extract::Body;
use crate::fault::Fault;
use crate::fields::{Line, PhoneNumber, Prose, Time, present};
use crate::once::{Once, OnceHeader, Reply};
use crate::paging::{self, Cursor, Limit};
use crate::permissions::{Admin, Reports};
use crate::problem::{ApiError, ApiResult, Problem};
use crate::query::Params;
use crate::words::OwnNumberKindWord;

/// The most numbers of one range.
pub(super) const MAX_RANGE_NUMBERS: u64 = 10_000;

/// A call-tracking vendor.
pub(super) type Vendor = Line<100>;
/// A remark for people.
pub(super) type Note = Prose<1_000>;

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(create_own_number)
        .service(list_own_numbers)
        .service(find_own_number)
        .service(update_own_number);
}

/// An own number to enter: either `number`, or `first` and `last` of a range.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"number": "+74951234567", "kind": "advertised"})))]
pub(crate) struct CreateOwnNumber {
    /// The client; required with an agency's key.
    #[schema(nullable = false)]
    client_id: Option<Uuid>,
    /// A single number.
    #[schema(nullable = false)]
    number: Option<PhoneNumber>,
    /// The first number of a range.
    #[schema(nullable = false)]
    first: Option<PhoneNumber>,
    /// The last number of a range, which holds at most 10,000.
    #[schema(nullable = false)]
    last: Option<PhoneNumber>,
    /// What it is used for.
    kind: OwnNumberKindWord,
    /// Since when; always, unless told.
    valid_from: Option<Time>,
    /// Until when (exclusive); for good, unless told.
    valid_to: Option<Time>,
    /// The call-tracking vendor.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100)]
    vendor: Option<Vendor>,
    /// For people.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 1000)]
    note: Option<Note>,
}

/// What changes of an own number: what is absent stays, null empties.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"valid_to": "2026-11-01T00:00:00+03:00"})))]
pub(crate) struct UpdateOwnNumber {
    /// Another beginning.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Time>)]
    valid_from: Option<Option<Time>>,
    /// Another end (exclusive).
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Time>)]
    valid_to: Option<Option<Time>>,
    /// Another vendor.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100)]
    vendor: Option<Option<Vendor>>,
    /// Another note.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 1000)]
    note: Option<Option<Note>>,
}

/// A number or range of the client's side.
#[derive(Serialize, ToSchema)]
#[schema(as = OwnNumber, examples(json!({
    "id": "0197a5b0-7c1e-7d3a-9a51-000000000003",
    "client_id": "0197a5b0-7c1e-7d3a-9a51-000000000001",
    "first": "+74951234567",
    "last": "+74951234567",
    "kind": "advertised",
    "valid_from": null,
    "valid_to": null,
    "vendor": null,
    "note": null,
    "created_at": "2026-10-01T09:30:00Z"
})))]
pub(crate) struct OwnNumberView {
    /// Its id.
    id: Uuid,
    /// Its client.
    client_id: Uuid,
    /// The first number of the range.
    first: PhoneNumber,
    /// The last number; equal to `first` for a single one.
    last: PhoneNumber,
    /// What it is used for.
    kind: OwnNumberKindWord,
    /// Since when; null for always.
    valid_from: Option<Time>,
    /// Until when (exclusive); null for good.
    valid_to: Option<Time>,
    /// The call-tracking vendor.
    vendor: Option<String>,
    /// For people.
    note: Option<String>,
    /// When it was entered.
    created_at: Time,
}

impl From<OwnNumberRow> for OwnNumberView {
    fn from(row: OwnNumberRow) -> Self {
        Self {
            id: row.id.0,
            client_id: row.client_id.0,
            first: PhoneNumber(row.first_number),
            last: PhoneNumber(row.last_number),
            kind: row.kind.into(),
            valid_from: row.valid_from.map(Time),
            valid_to: row.valid_to.map(Time),
            vendor: row.vendor,
            note: row.note,
            created_at: Time(row.created_at),
        }
    }
}

/// A piece of the list of own numbers.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({"items": [], "next_cursor": null})))]
pub(crate) struct OwnNumberPage {
    /// In order of entry.
    items: Vec<OwnNumberView>,
    /// Leads to the next piece; null at the end.
    next_cursor: Option<String>,
}

/// Which own numbers, and which piece of the list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListOwnNumbers {
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

/// Enter an own number
///
/// Calls in its validity are judged again. A bait's number is refused: it is no
/// own number, and a trap that calls it would arm a window by mistake.
#[utoipa::path(
    tag = "own-numbers",
    security(("bearer" = ["admin"])),
    params(OnceHeader),
    request_body = CreateOwnNumber,
    responses(
        (status = 201, description = "The own number as entered.", body = OwnNumberView),
        (status = 409, description = "It is a bait's number.", body = Problem),
    ),
)]
#[post("/v1/own-numbers")]
async fn create_own_number(
    app: AppData,
    caller: Caller<Admin>,
    once: Once,
    body: Body<CreateOwnNumber>,
) -> ApiResult<HttpResponse> {
    let client = caller.client(body.0.client_id)?;
    let new = NewOwnNumber::try_from(body.0)?;
    let work = move |conn: &mut _| own_numbers::create_own_number(conn, client, &new);
    let reply = |row| Reply::created(&OwnNumberView::from(row));
    app.create_once(&once, client, work, reply).await
}

/// List own numbers
#[utoipa::path(
    tag = "own-numbers",
    security(("bearer" = ["reports"])),
    params(ListOwnNumbers),
    responses((status = 200, description = "A piece of the list.", body = OwnNumberPage)),
)]
#[get("/v1/own-numbers")]
async fn list_own_numbers(
    app: AppData,
    req: HttpRequest,
    caller: Caller<Reports>,
    query: Params<ListOwnNumbers>,
) -> ApiResult<HttpResponse> {
    let ListOwnNumbers { client_id, cursor, limit } = query.0;
    let reach = caller.reach(client_id)?;
    let page = page(cursor, limit);
    let rows = app.read(reach, move |conn| own_numbers::list_own_numbers(conn, reach, page));
    let (rows, next_cursor) = paging::cut(rows.await?, limit, |row| Cursor::of_id(row.id.0));
    let items = rows.into_iter().map(OwnNumberView::from).collect();
    let page = OwnNumberPage { items, next_cursor };
    Ok(paging::answer(&req, page.next_cursor.as_deref(), &page))
}

/// Find one own number
#[utoipa::path(
    tag = "own-numbers",
    security(("bearer" = ["reports"])),
    params(("id" = Uuid, Path, description = "The own number's id.")),
    responses((status = 200, description = "The own number.", body = OwnNumberView)),
)]
#[get("/v1/own-numbers/{id}")]
async fn find_own_number(
    app: AppData,
    caller: Caller<Reports>,
    id: web::Path<Uuid>,
) -> ApiResult<web::Json<OwnNumberView>> {
    let (id, reach) = (OwnNumberId(id.into_inner()), caller.whole_reach()?);
    let row = app.read(reach, move |conn| own_numbers::find_own_number(conn, reach, id)).await?;
    Ok(web::Json(row.into()))
}

/// Change an own number
///
/// A number that is no longer used gets a `valid_to`; calls in its old and its
/// new validity are judged again.
#[utoipa::path(
    tag = "own-numbers",
    security(("bearer" = ["admin"])),
    params(("id" = Uuid, Path, description = "The own number's id.")),
    request_body = UpdateOwnNumber,
    responses((status = 200, description = "The own number as changed.", body = OwnNumberView)),
)]
#[patch("/v1/own-numbers/{id}")]
async fn update_own_number(
    app: AppData,
    caller: Caller<Admin>,
    id: web::Path<Uuid>,
    body: Body<UpdateOwnNumber>,
) -> ApiResult<web::Json<OwnNumberView>> {
    let (id, reach) = (OwnNumberId(id.into_inner()), caller.whole_reach()?);
    let UpdateOwnNumber { valid_from, valid_to, vendor, note } = body.0;
    let changes = OwnNumberChanges {
        valid_from: valid_from.map(|change| change.map(|time| time.0)),
        valid_to: valid_to.map(|change| change.map(|time| time.0)),
        vendor: vendor.map(|change| change.map(|vendor| vendor.0)),
        note: note.map(|change| change.map(|note| note.0)),
    };
    let row = app.write(reach, move |conn| {
        let client = own_numbers::find_own_number(conn, reach, id)?.client_id;
        own_numbers::update_own_number(conn, client, id, &changes)
    });
    Ok(web::Json(row.await?.into()))
}

impl TryFrom<CreateOwnNumber> for NewOwnNumber {
    type Error = ApiError;

    fn try_from(body: CreateOwnNumber) -> ApiResult<Self> {
        let (first, last) = match (body.number, body.first, body.last) {
            (Some(number), None, None) => (number.0, number.0),
            (None, Some(first), Some(last)) => (first.0, last.0),
            (Some(_), _, _) => return Err(ApiError::field("/number", Fault::NotTogether)),
            (None, Some(_), None) => return Err(ApiError::field("/last", Fault::Missing)),
            (None, None, Some(_)) => return Err(ApiError::field("/first", Fault::Missing)),
            (None, None, None) => return Err(ApiError::field("/number", Fault::Missing)),
        };
        if last < first {
            return Err(ApiError::field("/last", Fault::RangeReversed));
        }
        if last.digits() - first.digits() >= MAX_RANGE_NUMBERS {
            return Err(ApiError::field("/last", Fault::OutOfRange));
        }
        let (valid_from, valid_to) = validity(body.valid_from, body.valid_to)?;
        Ok(Self {
            first,
            last,
            kind: body.kind.into(),
            valid_from,
            valid_to,
            vendor: body.vendor.map(|vendor| vendor.0),
            note: body.note.map(|note| note.0),
        })
    }
}

fn validity(from: Option<Time>, to: Option<Time>) -> ApiResult<(Option<Instant>, Option<Instant>)> {
    let (from, to) = (from.map(|time| time.0), to.map(|time| time.0));
    if from.zip(to).is_some_and(|(from, to)| to <= from) {
        return Err(ApiError::field("/valid_to", Fault::EmptyPeriod));
    }
    Ok((from, to))
}
