//! `/v1/portability-answers`: which operator serves a number, as somebody with
//! access to the portability database was told. An answer is good for 30 days
//! after its look-up.

use crate::routes::ServiceConfig;
use actix_web::{HttpRequest, HttpResponse, get, patch, post, web};
use baitline_domain::ids::PortabilityAnswerId;
use baitline_store::models::{LookUp, NewPortabilityAnswer, PortabilityAnswerRow};
use baitline_store::portability;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::contaminations::Withdrawal;
use super::page;
use crate::app::AppData;
use crate::auth::Caller;
use crate::extract::Body;
use crate::fault::Fault;
use crate::fields::{InnText, Line, PhoneNumber, Time};
use crate::once::{Once, OnceHeader, Reply};
use crate::paging::{self, Cursor, Limit};
use crate::permissions::{Admin, Reports};
use crate::problem::{ApiError, ApiResult, Problem};
use crate::query::Params;

/// Who was asked.
pub(super) type LookUpSource = Line<200>;

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(create_portability_answer)
        .service(list_portability_answers)
        .service(find_portability_answer)
        .service(withdraw_portability_answer);
}

/// An answer to enter.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({
    "number": "+79161234567",
    "operator_inn": "7743895280",
    "source": "страница НИЦ Телеком",
    "looked_up_at": "2026-10-03T10:00:00+03:00"
})))]
pub(crate) struct CreatePortabilityAnswer {
    /// The client; required with an agency's key.
    #[schema(nullable = false)]
    client_id: Option<Uuid>,
    /// The number.
    number: PhoneNumber,
    /// The ИНН of the operator that serves it.
    operator_inn: InnText,
    /// Who was asked.
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    source: LookUpSource,
    /// When.
    looked_up_at: Time,
    /// Since when the operator serves the number, where the answer says it;
    /// otherwise the answer is valid from its look-up.
    ported_at: Option<Time>,
}

/// Whether an answer counts.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"withdrawn_because": "спросили не о том номере"})))]
pub(crate) struct WithdrawPortabilityAnswer {
    /// Why it does not count; null lets it count again.
    #[serde(deserialize_with = "Option::deserialize")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 500, required)]
    withdrawn_because: Option<Withdrawal>,
}

/// What a look-up said of a number.
#[derive(Serialize, ToSchema)]
#[schema(as = PortabilityAnswer, examples(json!({
    "id": "0197a5b0-7c1e-7d3a-9a51-000000000015",
    "client_id": "0197a5b0-7c1e-7d3a-9a51-000000000001",
    "number": "+79161234567",
    "operator_inn": "7743895280",
    "source": "страница НИЦ Телеком",
    "looked_up_at": "2026-10-03T07:00:00Z",
    "ported_at": null,
    "valid_from": "2026-10-03T07:00:00Z",
    "valid_to": "2026-11-02T07:00:00Z",
    "author": "k7m2p9q4w8x3",
    "withdrawn_because": null,
    "created_at": "2026-10-03T07:01:00Z"
})))]
pub(crate) struct PortabilityAnswerView {
    /// Its id.
    id: Uuid,
    /// Its client.
    client_id: Uuid,
    /// The number.
    number: PhoneNumber,
    /// The ИНН of the operator that serves it.
    operator_inn: InnText,
    /// Who was asked.
    source: String,
    /// When.
    looked_up_at: Time,
    /// Since when the operator serves the number; null where nobody said.
    ported_at: Option<Time>,
    /// From this moment on it decides the number's operator.
    valid_from: Time,
    /// Until this moment (exclusive), for then it is stale.
    valid_to: Time,
    /// The public part of the key it was entered with.
    author: String,
    /// Why it does not count; null while it does.
    withdrawn_because: Option<String>,
    /// When it was entered.
    created_at: Time,
}

impl From<PortabilityAnswerRow> for PortabilityAnswerView {
    fn from(row: PortabilityAnswerRow) -> Self {
        let answer = row.to_domain();
        Self {
            id: row.id.0,
            client_id: row.client_id.0,
            number: PhoneNumber(row.number),
            operator_inn: InnText(row.operator),
            source: row.source,
            looked_up_at: Time(row.looked_up_at),
            ported_at: row.ported_at.map(Time),
            valid_from: Time(answer.valid_from),
            valid_to: Time(answer.valid_to),
            author: row.author,
            withdrawn_because: row.withdrawn_because,
            created_at: Time(row.created_at),
        }
    }
}

/// A piece of the list of portability answers.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({"items": [], "next_cursor": null})))]
pub(crate) struct PortabilityAnswerPage {
    /// In order of entry.
    items: Vec<PortabilityAnswerView>,
    /// Leads to the next piece; null at the end.
    next_cursor: Option<String>,
}

/// Which portability answers, and which piece of the list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListPortabilityAnswers {
    /// Of this client.
    #[param(nullable = false)]
    client_id: Option<Uuid>,
    /// Of this number.
    #[param(nullable = false)]
    number: Option<PhoneNumber>,
    /// Where the piece before ended.
    #[param(value_type = Option<String>, nullable = false)]
    cursor: Option<Cursor>,
    /// How many, 100 unless told.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1000, nullable = false)]
    limit: Option<Limit>,
}

/// Enter a portability answer
///
/// It goes before the holder of the number's range; the number's calls in its
/// validity are judged again. Sending it again is safe.
#[utoipa::path(
    tag = "lists",
    security(("bearer" = ["admin"])),
    params(OnceHeader),
    request_body = CreatePortabilityAnswer,
    responses(
        (status = 201, description = "The answer as it stands.", body = PortabilityAnswerView),
        (status = 409, description = "The same look-up gave another answer before.",
            body = Problem),
    ),
)]
#[post("/v1/portability-answers")]
async fn create_portability_answer(
    app: AppData,
    caller: Caller<Admin>,
    once: Once,
    body: Body<CreatePortabilityAnswer>,
) -> ApiResult<HttpResponse> {
    let CreatePortabilityAnswer {
        client_id,
        number: PhoneNumber(number),
        operator_inn: InnText(operator),
        source,
        looked_up_at: Time(looked_up_at),
        ported_at,
    } = body.0;
    let client = caller.client(client_id)?;
    let ported_at = ported_at.map(|time| time.0);
    if ported_at.is_some_and(|ported_at| ported_at > looked_up_at) {
        return Err(ApiError::field("/ported_at", Fault::OutOfRange));
    }
    let look_up = LookUp { source: source.0, looked_up_at, author: caller.key_id().to_owned() };
    let new = NewPortabilityAnswer { number, operator, ported_at };
    let work = move |conn: &mut _| portability::create_answer(conn, client, &look_up, new);
    let reply = |row| Reply::created(&PortabilityAnswerView::from(row));
    app.create_once(&once, client, work, reply).await
}

/// List portability answers
#[utoipa::path(
    tag = "lists",
    security(("bearer" = ["reports"])),
    params(ListPortabilityAnswers),
    responses((status = 200, description = "A piece of the list.", body = PortabilityAnswerPage)),
)]
#[get("/v1/portability-answers")]
async fn list_portability_answers(
    app: AppData,
    req: HttpRequest,
    caller: Caller<Reports>,
    query: Params<ListPortabilityAnswers>,
) -> ApiResult<HttpResponse> {
    let ListPortabilityAnswers { client_id, number, cursor, limit } = query.0;
    let reach = caller.reach(client_id)?;
    let page = page(cursor, limit);
    let number = number.map(|number| number.0);
    let rows = app.read(reach, move |conn| portability::list_answers(conn, reach, number, page));
    let (rows, next_cursor) = paging::cut(rows.await?, limit, |row| Cursor::of_id(row.id.0));
    let items = rows.into_iter().map(PortabilityAnswerView::from).collect();
    let page = PortabilityAnswerPage { items, next_cursor };
    Ok(paging::answer(&req, page.next_cursor.as_deref(), &page))
}

/// Find one portability answer
#[utoipa::path(
    tag = "lists",
    security(("bearer" = ["reports"])),
    params(("id" = Uuid, Path, description = "The portability answer's id.")),
    responses((status = 200, description = "The portability answer.", body = PortabilityAnswerView)),
)]
#[get("/v1/portability-answers/{id}")]
async fn find_portability_answer(
    app: AppData,
    caller: Caller<Reports>,
    id: web::Path<Uuid>,
) -> ApiResult<web::Json<PortabilityAnswerView>> {
    let (id, reach) = (PortabilityAnswerId(id.into_inner()), caller.whole_reach()?);
    let row = app.read(reach, move |conn| portability::find_answer(conn, reach, id)).await?;
    Ok(web::Json(row.into()))
}

/// Withdraw a portability answer
///
/// It stays with the reason and counts no more; the number's calls in its
/// validity are judged again.
#[utoipa::path(
    tag = "lists",
    security(("bearer" = ["admin"])),
    params(("id" = Uuid, Path, description = "The portability answer's id.")),
    request_body = WithdrawPortabilityAnswer,
    responses((status = 200, description = "The answer as changed.", body = PortabilityAnswerView)),
)]
#[patch("/v1/portability-answers/{id}")]
async fn withdraw_portability_answer(
    app: AppData,
    caller: Caller<Admin>,
    id: web::Path<Uuid>,
    body: Body<WithdrawPortabilityAnswer>,
) -> ApiResult<web::Json<PortabilityAnswerView>> {
    let (id, reach) = (PortabilityAnswerId(id.into_inner()), caller.whole_reach()?);
    let because = body.0.withdrawn_because.map(|because| because.0);
    let row = app.write(reach, move |conn| {
        let client = portability::find_answer(conn, reach, id)?.client_id;
        portability::withdraw_answer(conn, client, id, because.as_deref())
    });
    Ok(web::Json(row.await?.into()))
}
