//! `/v1/representatives`: the persons who sign for applicants.

use crate::routes::ServiceConfig;
use actix_web::{HttpRequest, HttpResponse, get, patch, post, web};
use baitline_domain::ids::{ApplicantId, RepresentativeId};
use baitline_store::models::{NewRepresentative, RepresentativeChanges, RepresentativeRow};
use baitline_store::representatives;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::applicants::{ApplicantName, ApplicantNote, Email};
use super::contaminations::Withdrawal;
use super::page;
use crate::app::AppData;
use crate::auth::Caller;
use crate::extract::Body;
use crate::fields::{PhoneNumber, Time, present};
use crate::once::{Once, OnceHeader, Reply};
use crate::paging::{self, Cursor, Limit};
use crate::permissions::Cases;
use crate::precondition::{IfMatch, IfMatchHeader, first_version, tagged};
use crate::problem::{ApiResult, Problem};
use crate::query::Params;
use crate::words::RepresentativeKindWord;

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(create_representative)
        .service(list_representatives)
        .service(find_representative)
        .service(update_representative);
}

/// A representative to enter.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({
    "applicant_id": "0197a5b0-7c1e-7d3a-9a51-000000000021",
    "kind": "attorney",
    "name": "Иванова Мария Петровна",
    "position": "адвокат"
})))]
pub(crate) struct CreateRepresentative {
    /// The client; required with an agency's key.
    #[schema(nullable = false)]
    client_id: Option<Uuid>,
    /// The applicant.
    applicant_id: Uuid,
    /// Why the person may sign.
    kind: RepresentativeKindWord,
    /// The person's name.
    #[schema(value_type = String, min_length = 1, max_length = 300)]
    name: ApplicantName,
    /// What the person is.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 300)]
    position: Option<ApplicantName>,
    /// A telephone number for questions.
    phone: Option<PhoneNumber>,
    /// An address for electronic mail.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 254)]
    email: Option<Email>,
    /// For people.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 1000)]
    note: Option<ApplicantNote>,
}

/// What changes of a representative: what is absent stays, null empties.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"position": "генеральный директор"})))]
pub(crate) struct UpdateRepresentative {
    /// Another name.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 300, nullable = false)]
    name: Option<ApplicantName>,
    /// Another position.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 300)]
    position: Option<Option<ApplicantName>>,
    /// Another telephone number.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<PhoneNumber>)]
    phone: Option<Option<PhoneNumber>>,
    /// Another address for electronic mail.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 254)]
    email: Option<Option<Email>>,
    /// Another note.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 1000)]
    note: Option<Option<ApplicantNote>>,
    /// Why the person signs no more; null lets it sign again.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 500)]
    withdrawn_because: Option<Option<Withdrawal>>,
}

/// A person who signs for an applicant.
#[derive(Serialize, ToSchema)]
#[schema(as = Representative, examples(json!({
    "id": "0197a5b0-7c1e-7d3a-9a51-000000000022",
    "client_id": "0197a5b0-7c1e-7d3a-9a51-000000000001",
    "applicant_id": "0197a5b0-7c1e-7d3a-9a51-000000000021",
    "kind": "attorney",
    "name": "Иванова Мария Петровна",
    "position": "адвокат",
    "phone": null,
    "email": null,
    "note": null,
    "withdrawn_because": null,
    "version": 1,
    "author": "k7m2p9q4w8x3",
    "created_at": "2026-10-01T09:30:00Z"
})))]
pub(crate) struct RepresentativeView {
    /// Its id.
    id: Uuid,
    /// Its client.
    client_id: Uuid,
    /// The applicant.
    applicant_id: Uuid,
    /// Why the person may sign.
    kind: RepresentativeKindWord,
    /// The person's name.
    name: String,
    /// What the person is.
    position: Option<String>,
    /// A telephone number for questions.
    phone: Option<PhoneNumber>,
    /// An address for electronic mail.
    email: Option<String>,
    /// For people.
    note: Option<String>,
    /// Why the person signs no more; null while it does.
    withdrawn_because: Option<String>,
    /// How often it was written; its ETag.
    version: i32,
    /// The public part of the key it was entered with.
    author: String,
    /// When it was entered.
    created_at: Time,
}

impl From<RepresentativeRow> for RepresentativeView {
    fn from(row: RepresentativeRow) -> Self {
        Self {
            id: row.id.0,
            client_id: row.client_id.0,
            applicant_id: row.applicant_id.0,
            kind: row.kind.into(),
            name: row.name,
            position: row.position,
            phone: row.phone.map(PhoneNumber),
            email: row.email,
            note: row.note,
            withdrawn_because: row.withdrawn_because,
            version: row.version,
            author: row.author,
            created_at: Time(row.created_at),
        }
    }
}

/// A piece of the list of representatives.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({"items": [], "next_cursor": null})))]
pub(crate) struct RepresentativePage {
    /// In order of entry.
    items: Vec<RepresentativeView>,
    /// Leads to the next piece; null at the end.
    next_cursor: Option<String>,
}

/// Which representatives, and which piece of the list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListRepresentatives {
    /// Of this client.
    #[param(nullable = false)]
    client_id: Option<Uuid>,
    /// Of this applicant.
    #[param(nullable = false)]
    applicant_id: Option<Uuid>,
    /// Where the piece before ended.
    #[param(value_type = Option<String>, nullable = false)]
    cursor: Option<Cursor>,
    /// How many, 100 unless told.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1000, nullable = false)]
    limit: Option<Limit>,
}

/// Enter a representative
///
/// A `head` signs without a power of attorney; an `attorney` needs one, entered
/// at `/v1/powers-of-attorney`.
#[utoipa::path(
    tag = "applicants",
    security(("bearer" = ["cases"])),
    params(OnceHeader),
    request_body = CreateRepresentative,
    responses((
        status = 201, description = "The representative as entered.", body = RepresentativeView,
    )),
)]
#[post("/v1/representatives")]
async fn create_representative(
    app: AppData,
    caller: Caller<Cases>,
    once: Once,
    body: Body<CreateRepresentative>,
) -> ApiResult<HttpResponse> {
    let client = caller.client(body.0.client_id)?;
    let (new, author) = (NewRepresentative::from(body.0), caller.key_id().to_owned());
    let work =
        move |conn: &mut _| representatives::create_representative(conn, client, &new, &author);
    let reply = |row| Reply::created(&RepresentativeView::from(row));
    Ok(first_version(app.create_once(&once, client, work, reply).await?))
}

/// List representatives
#[utoipa::path(
    tag = "applicants",
    security(("bearer" = ["cases"])),
    params(ListRepresentatives),
    responses((status = 200, description = "A piece of the list.", body = RepresentativePage)),
)]
#[get("/v1/representatives")]
async fn list_representatives(
    app: AppData,
    req: HttpRequest,
    caller: Caller<Cases>,
    query: Params<ListRepresentatives>,
) -> ApiResult<HttpResponse> {
    let ListRepresentatives { client_id, applicant_id, cursor, limit } = query.0;
    let reach = caller.reach(client_id)?;
    let (page, of) = (page(cursor, limit), applicant_id.map(ApplicantId));
    let rows =
        app.read(reach, move |conn| representatives::list_representatives(conn, reach, of, page));
    let (rows, next_cursor) = paging::cut(rows.await?, limit, |row| Cursor::of_id(row.id.0));
    let items = rows.into_iter().map(RepresentativeView::from).collect();
    let page = RepresentativePage { items, next_cursor };
    Ok(paging::answer(&req, page.next_cursor.as_deref(), &page))
}

/// Find one representative
#[utoipa::path(
    tag = "applicants",
    security(("bearer" = ["cases"])),
    params(("id" = Uuid, Path, description = "The representative's id.")),
    responses((
        status = 200, description = "The representative, with its ETag.", body = RepresentativeView,
    )),
)]
#[get("/v1/representatives/{id}")]
async fn find_representative(
    app: AppData,
    caller: Caller<Cases>,
    id: web::Path<Uuid>,
) -> ApiResult<HttpResponse> {
    let (id, reach) = (RepresentativeId(id.into_inner()), caller.whole_reach()?);
    let row = app.read(reach, move |conn| representatives::find_representative(conn, reach, id));
    let row = row.await?;
    Ok(tagged(HttpResponse::Ok(), row.version, &RepresentativeView::from(row)))
}

/// Change a representative
///
/// With `If-Match` only if nobody changed it meanwhile.
#[utoipa::path(
    tag = "applicants",
    security(("bearer" = ["cases"])),
    params(("id" = Uuid, Path, description = "The representative's id."), IfMatchHeader),
    request_body = UpdateRepresentative,
    responses(
        (status = 200, description = "The representative as changed.", body = RepresentativeView),
        (status = 412, description = "It was changed meanwhile.", body = Problem),
    ),
)]
#[patch("/v1/representatives/{id}")]
async fn update_representative(
    app: AppData,
    caller: Caller<Cases>,
    id: web::Path<Uuid>,
    expected: IfMatch,
    body: Body<UpdateRepresentative>,
) -> ApiResult<HttpResponse> {
    let (id, reach) = (RepresentativeId(id.into_inner()), caller.whole_reach()?);
    let (changes, expected) = (RepresentativeChanges::from(body.0), expected.0);
    let row = app.write(reach, move |conn| {
        let client = representatives::find_representative(conn, reach, id)?.client_id;
        representatives::update_representative(conn, client, id, &expected, &changes)
    });
    let row = row.await?;
    Ok(tagged(HttpResponse::Ok(), row.version, &RepresentativeView::from(row)))
}

impl From<CreateRepresentative> for NewRepresentative {
    fn from(body: CreateRepresentative) -> Self {
        Self {
            applicant: ApplicantId(body.applicant_id),
            kind: body.kind.into(),
            name: body.name.0,
            position: body.position.map(|position| position.0),
            phone: body.phone.map(|phone| phone.0),
            email: body.email.map(|email| email.0),
            note: body.note.map(|note| note.0),
        }
    }
}

impl From<UpdateRepresentative> for RepresentativeChanges {
    fn from(body: UpdateRepresentative) -> Self {
        Self {
            name: body.name.map(|name| name.0),
            position: body.position.map(|change| change.map(|position| position.0)),
            phone: body.phone.map(|change| change.map(|phone| phone.0)),
            email: body.email.map(|change| change.map(|email| email.0)),
            note: body.note.map(|change| change.map(|note| note.0)),
            withdrawn_because: body.withdrawn_because.map(|change| change.map(|because| because.0)),
        }
    }
}
