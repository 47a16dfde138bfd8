//! `/v1/interceptions/{id}/labels`: what people heard. Labels are only added;
//! the latest counts.

use actix_web::{HttpResponse, get, post, web};
use baitline_domain::ids::ObservationId;
use baitline_store::labels;
use baitline_store::models::{LabelRow, NewLabel};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::interceptions::find_intercepted;
use crate::app::AppData;
use crate::auth::Caller;
use crate::extract::Body;
use crate::fields::{Line, PhoneNumber, Prose, Time};
use crate::problem::{ApiResult, Problem};
use crate::words::LabelKindWord;

/// What was said.
pub(super) type Transcript = Prose<20_000>;
/// A company, or where the number came from.
pub(super) type Statement = Line<200>;
/// A site.
pub(super) type Site = Line<200>;

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(create_label).service(list_labels);
}

/// What a person heard.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({
    "kind": "advertising",
    "robot": false,
    "consent_given": false,
    "stop_demanded": true,
    "company": "Окна Комфорт",
    "callback_number": "+74951230000",
    "number_origin": "номер взяли у партнёров",
    "transcript": "— Добрый день, вы интересовались окнами…"
})))]
pub(crate) struct CreateLabel {
    /// The kind of call.
    kind: LabelKindWord,
    /// Whether a machine spoke; null where it cannot be told.
    robot: Option<bool>,
    /// Whether the bait's user agreed to be called: later calls of this caller
    /// are then no interceptions.
    consent_given: bool,
    /// Whether the bait's user demanded that calls stop.
    stop_demanded: bool,
    /// The company the caller named.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 200)]
    company: Option<Statement>,
    /// The number the caller asked to call back.
    callback_number: Option<PhoneNumber>,
    /// The site the caller named.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 200)]
    site: Option<Site>,
    /// Where the caller says the number came from.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 200)]
    number_origin: Option<Statement>,
    /// What was said.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 20000)]
    transcript: Option<Transcript>,
}

impl From<CreateLabel> for NewLabel {
    fn from(body: CreateLabel) -> Self {
        Self {
            kind: body.kind.into(),
            robot: body.robot,
            consent_given: body.consent_given,
            stop_demanded: body.stop_demanded,
            company: body.company.map(|company| company.0),
            callback_number: body.callback_number.map(|number| number.0),
            site: body.site.map(|site| site.0),
            number_origin: body.number_origin.map(|origin| origin.0),
            transcript: body.transcript.map(|transcript| transcript.0),
        }
    }
}

/// What a person heard, when, and with which key it was said.
#[derive(Serialize, ToSchema)]
#[schema(as = Label, examples(json!({
    "id": "0197a5b0-7c1e-7d3a-9a51-000000000006",
    "observation_id": "0f3a5b6c-7d8e-8f90-a1b2-c3d4e5f60718",
    "kind": "advertising",
    "robot": false,
    "consent_given": false,
    "stop_demanded": true,
    "company": "Окна Комфорт",
    "callback_number": "+74951230000",
    "site": null,
    "number_origin": "номер взяли у партнёров",
    "transcript": "— Добрый день, вы интересовались окнами…",
    "labelled_at": "2026-10-02T12:00:00Z",
    "labelled_by": "k7m2p9q4w8x3"
})))]
pub(crate) struct LabelView {
    /// Its id.
    id: Uuid,
    /// The observation whose recording was heard.
    observation_id: Uuid,
    /// The kind of call.
    kind: LabelKindWord,
    /// Whether a machine spoke.
    robot: Option<bool>,
    /// Whether the bait's user agreed to be called.
    consent_given: bool,
    /// Whether the bait's user demanded that calls stop.
    stop_demanded: bool,
    /// The company the caller named.
    company: Option<String>,
    /// The number the caller asked to call back.
    callback_number: Option<PhoneNumber>,
    /// The site the caller named.
    site: Option<String>,
    /// Where the caller says the number came from.
    number_origin: Option<String>,
    /// What was said.
    transcript: Option<String>,
    /// When it was given.
    labelled_at: Time,
    /// The public part of the key it was given with.
    labelled_by: String,
}

impl From<LabelRow> for LabelView {
    fn from(row: LabelRow) -> Self {
        Self {
            id: row.id.0,
            observation_id: row.observation_id.0,
            kind: row.kind.into(),
            robot: row.robot,
            consent_given: row.consent_given,
            stop_demanded: row.stop_demanded,
            company: row.company,
            callback_number: row.callback_number.map(PhoneNumber),
            site: row.site,
            number_origin: row.number_origin,
            transcript: row.transcript,
            labelled_at: Time(row.labelled_at),
            labelled_by: row.labelled_by,
        }
    }
}

/// The labels of one interception.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({"items": []})))]
pub(crate) struct LabelList {
    /// The oldest first; the last one counts.
    items: Vec<LabelView>,
}

/// Label an interception
///
/// Only what has a recording can have been heard. The caller stays a candidate
/// until one of its calls is labelled advertising.
#[utoipa::path(
    tag = "interceptions",
    params(("id" = Uuid, Path, description = "The call's id, or that of an observation.")),
    request_body = CreateLabel,
    responses(
        (status = 201, description = "The label as given.", body = LabelView),
        (status = 409, description = "The call has no recording.", body = Problem),
    ),
)]
#[post("/v1/interceptions/{id}/labels")]
async fn create_label(
    app: AppData,
    caller: Caller,
    id: web::Path<Uuid>,
    body: Body<CreateLabel>,
) -> ApiResult<HttpResponse> {
    let (id, reach) = (ObservationId(id.into_inner()), caller.whole_reach());
    let new = NewLabel::from(body.0);
    let labelled_by = caller.key_id().to_owned();
    let row = app.write(reach, move |conn| {
        let judged = find_intercepted(conn, reach, id)?;
        labels::add_label(conn, judged.client_id, &judged.call, &new, &labelled_by)
    });
    Ok(HttpResponse::Created().json(LabelView::from(row.await?)))
}

/// List the labels of an interception
#[utoipa::path(
    tag = "interceptions",
    params(("id" = Uuid, Path, description = "The call's id, or that of an observation.")),
    responses((status = 200, description = "Its labels.", body = LabelList)),
)]
#[get("/v1/interceptions/{id}/labels")]
async fn list_labels(
    app: AppData,
    caller: Caller,
    id: web::Path<Uuid>,
) -> ApiResult<web::Json<LabelList>> {
    let (id, reach) = (ObservationId(id.into_inner()), caller.whole_reach());
    let rows = app.read(reach, move |conn| {
        let judged = find_intercepted(conn, reach, id)?;
        labels::labels_of(conn, judged.client_id, &judged.call.observations)
    });
    let items = rows.await?.into_iter().map(LabelView::from).collect();
    Ok(web::Json(LabelList { items }))
}
