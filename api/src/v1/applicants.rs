//! `/v1/applicants`: the contract holders of SIMs, who sign inquiries and
//! complaints.

use crate::routes::ServiceConfig;
use actix_web::{HttpRequest, HttpResponse, get, patch, post, web};
use baitline_domain::applicant::{Identity, Passport};
use baitline_domain::ids::ApplicantId;
use baitline_store::applicants;
use baitline_store::models::{ApplicantChanges, ApplicantRow, NewApplicant};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::contaminations::Withdrawal;
use super::page;
use crate::app::AppData;
use crate::auth::Caller;
use crate::extract::Body;
use crate::fields::{CivilDay, InnText, Line, OgrnText, Prose, SubjectText, Time, present};
use crate::once::{Once, OnceHeader, Reply};
use crate::paging::{self, Cursor, Limit};
use crate::permissions::Cases;
use crate::precondition::{IfMatch, IfMatchHeader, first_version, tagged};
use crate::problem::{ApiError, ApiResult, Problem};
use crate::query::Params;
use crate::words::ApplicantKindWord;

/// A name as documents print it.
pub(super) type ApplicantName = Line<300>;
/// A postal address.
pub(super) type Address = Line<500>;
/// An address for electronic mail.
pub(super) type Email = Line<254>;
/// Series and number of a passport.
pub(super) type PassportNumber = Line<40>;
/// A remark for people.
pub(super) type ApplicantNote = Prose<1_000>;

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(create_applicant)
        .service(list_applicants)
        .service(find_applicant)
        .service(update_applicant);
}

/// A citizen's passport, or the document in its place.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GivePassport {
    /// Series and number.
    #[schema(value_type = String, min_length = 1, max_length = 40)]
    number: PassportNumber,
    /// Who issued it.
    #[schema(value_type = String, min_length = 1, max_length = 300)]
    issued_by: ApplicantName,
    /// When.
    issued_on: CivilDay,
}

impl From<GivePassport> for Passport {
    fn from(body: GivePassport) -> Self {
        let GivePassport { number, issued_by, issued_on } = body;
        Self { number: number.0, issued_by: issued_by.0, issued_on: issued_on.0 }
    }
}

/// An applicant to enter. A legal entity and a sole trader have an ИНН and an
/// ОГРН of their kinds, a citizen has a passport.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({
    "kind": "legal_entity",
    "name": "Общество с ограниченной ответственностью «Окна Плюс»",
    "short_name": "ООО «Окна Плюс»",
    "inn": "7743895280",
    "ogrn": "1027700132195",
    "legal_address": "125009, г. Москва, ул. Примерная, д. 1",
    "subject_code": "77"
})))]
pub(crate) struct CreateApplicant {
    /// The client; required with an agency's key.
    #[schema(nullable = false)]
    client_id: Option<Uuid>,
    /// What it is before the law.
    kind: ApplicantKindWord,
    /// The full name.
    #[schema(value_type = String, min_length = 1, max_length = 300)]
    name: ApplicantName,
    /// A short name.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 300)]
    short_name: Option<ApplicantName>,
    /// The ИНН: ten digits of a legal entity, twelve of a person.
    inn: Option<InnText>,
    /// The ОГРН of a legal entity or the ОГРНИП of a sole trader.
    ogrn: Option<OgrnText>,
    /// The passport of a citizen.
    passport: Option<GivePassport>,
    /// The address by the register.
    #[schema(value_type = String, min_length = 1, max_length = 500)]
    legal_address: Address,
    /// Where replies go, if elsewhere.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 500)]
    reply_address: Option<Address>,
    /// Where replies go electronically.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 254)]
    email: Option<Email>,
    /// The subject of the Federation, which leads to the office.
    subject_code: SubjectText,
    /// For people.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 1000)]
    note: Option<ApplicantNote>,
}

/// What changes of an applicant: what is absent stays, null empties.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"reply_address": "125009, г. Москва, а/я 1"})))]
pub(crate) struct UpdateApplicant {
    /// Another kind; its numbers must fit it afterwards.
    #[schema(nullable = false)]
    kind: Option<ApplicantKindWord>,
    /// Another name.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 300, nullable = false)]
    name: Option<ApplicantName>,
    /// Another short name.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 300)]
    short_name: Option<Option<ApplicantName>>,
    /// Another ИНН.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<InnText>)]
    inn: Option<Option<InnText>>,
    /// Another ОГРН.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<OgrnText>)]
    ogrn: Option<Option<OgrnText>>,
    /// Another passport.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<GivePassport>)]
    passport: Option<Option<GivePassport>>,
    /// Another address.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 500, nullable = false)]
    legal_address: Option<Address>,
    /// Another address for replies.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 500)]
    reply_address: Option<Option<Address>>,
    /// Another address for electronic replies.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 254)]
    email: Option<Option<Email>>,
    /// Another subject.
    #[schema(nullable = false)]
    subject_code: Option<SubjectText>,
    /// Another note.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 1000)]
    note: Option<Option<ApplicantNote>>,
    /// Why it is used no more; null takes it back into use.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 500)]
    withdrawn_because: Option<Option<Withdrawal>>,
}

/// A passport as it was entered.
#[derive(Serialize, ToSchema)]
#[schema(as = Passport)]
pub(crate) struct PassportView {
    /// Series and number.
    number: String,
    /// Who issued it.
    issued_by: String,
    /// When.
    issued_on: CivilDay,
}

/// Who signs.
#[derive(Serialize, ToSchema)]
#[schema(as = Applicant, examples(json!({
    "id": "0197a5b0-7c1e-7d3a-9a51-000000000021",
    "client_id": "0197a5b0-7c1e-7d3a-9a51-000000000001",
    "kind": "legal_entity",
    "name": "Общество с ограниченной ответственностью «Окна Плюс»",
    "short_name": "ООО «Окна Плюс»",
    "inn": "7743895280",
    "ogrn": "1027700132195",
    "passport": null,
    "legal_address": "125009, г. Москва, ул. Примерная, д. 1",
    "reply_address": null,
    "email": null,
    "subject_code": "77",
    "note": null,
    "withdrawn_because": null,
    "version": 1,
    "author": "k7m2p9q4w8x3",
    "created_at": "2026-10-01T09:30:00Z"
})))]
pub(crate) struct ApplicantView {
    /// Its id.
    id: Uuid,
    /// Its client.
    client_id: Uuid,
    /// What it is before the law.
    kind: ApplicantKindWord,
    /// The full name.
    name: String,
    /// A short name.
    short_name: Option<String>,
    /// The ИНН.
    inn: Option<InnText>,
    /// The ОГРН or ОГРНИП.
    ogrn: Option<String>,
    /// The passport of a citizen.
    passport: Option<PassportView>,
    /// The address by the register.
    legal_address: String,
    /// Where replies go, if elsewhere.
    reply_address: Option<String>,
    /// Where replies go electronically.
    email: Option<String>,
    /// The subject of the Federation: `/v1/offices/{subject_code}` is its office.
    subject_code: SubjectText,
    /// For people.
    note: Option<String>,
    /// Why it is used no more; null while it is.
    withdrawn_because: Option<String>,
    /// How often it was written; its ETag.
    version: i32,
    /// The public part of the key it was entered with.
    author: String,
    /// When it was entered.
    created_at: Time,
}

impl TryFrom<ApplicantRow> for ApplicantView {
    type Error = ApiError;

    fn try_from(row: ApplicantRow) -> ApiResult<Self> {
        let passport = row.passport().map(|passport| PassportView {
            number: passport.number,
            issued_by: passport.issued_by,
            issued_on: CivilDay(passport.issued_on),
        });
        Ok(Self {
            id: row.id.0,
            client_id: row.client_id.0,
            kind: row.kind.into(),
            subject_code: SubjectText(row.subject()?),
            name: row.name,
            short_name: row.short_name,
            inn: row.inn.map(InnText),
            ogrn: row.ogrn,
            passport,
            legal_address: row.legal_address,
            reply_address: row.reply_address,
            email: row.email,
            note: row.note,
            withdrawn_because: row.withdrawn_because,
            version: row.version,
            author: row.author,
            created_at: Time(row.created_at),
        })
    }
}

/// A piece of the list of applicants.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({"items": [], "next_cursor": null})))]
pub(crate) struct ApplicantPage {
    /// In order of entry.
    items: Vec<ApplicantView>,
    /// Leads to the next piece; null at the end.
    next_cursor: Option<String>,
}

/// Which applicants, and which piece of the list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListApplicants {
    /// Of this client.
    #[param(nullable = false)]
    client_id: Option<Uuid>,
    /// With this ИНН.
    #[param(nullable = false)]
    inn: Option<InnText>,
    /// Where the piece before ended.
    #[param(value_type = Option<String>, nullable = false)]
    cursor: Option<Cursor>,
    /// How many, 100 unless told.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1000, nullable = false)]
    limit: Option<Limit>,
}

/// Enter an applicant
#[utoipa::path(
    tag = "applicants",
    security(("bearer" = ["cases"])),
    params(OnceHeader),
    request_body = CreateApplicant,
    responses((status = 201, description = "The applicant as entered.", body = ApplicantView)),
)]
#[post("/v1/applicants")]
async fn create_applicant(
    app: AppData,
    caller: Caller<Cases>,
    once: Once,
    body: Body<CreateApplicant>,
) -> ApiResult<HttpResponse> {
    let client = caller.client(body.0.client_id)?;
    let new = NewApplicant::try_from(body.0)?;
    let author = caller.key_id().to_owned();
    let work = move |conn: &mut _| applicants::create_applicant(conn, client, &new, &author);
    let reply = |row| Reply::created(&ApplicantView::try_from(row)?);
    Ok(first_version(app.create_once(&once, client, work, reply).await?))
}

/// List applicants
#[utoipa::path(
    tag = "applicants",
    security(("bearer" = ["cases"])),
    params(ListApplicants),
    responses((status = 200, description = "A piece of the list.", body = ApplicantPage)),
)]
#[get("/v1/applicants")]
async fn list_applicants(
    app: AppData,
    req: HttpRequest,
    caller: Caller<Cases>,
    query: Params<ListApplicants>,
) -> ApiResult<HttpResponse> {
    let ListApplicants { client_id, inn, cursor, limit } = query.0;
    let reach = caller.reach(client_id)?;
    let (page, inn) = (page(cursor, limit), inn.map(|inn| inn.0));
    let rows = app.read(reach, move |conn| applicants::list_applicants(conn, reach, inn, page));
    let (rows, next_cursor) = paging::cut(rows.await?, limit, |row| Cursor::of_id(row.id.0));
    let items = rows.into_iter().map(ApplicantView::try_from).collect::<ApiResult<_>>()?;
    let page = ApplicantPage { items, next_cursor };
    Ok(paging::answer(&req, page.next_cursor.as_deref(), &page))
}

/// Find one applicant
#[utoipa::path(
    tag = "applicants",
    security(("bearer" = ["cases"])),
    params(("id" = Uuid, Path, description = "The applicant's id.")),
    responses((status = 200, description = "The applicant, with its ETag.", body = ApplicantView)),
)]
#[get("/v1/applicants/{id}")]
async fn find_applicant(
    app: AppData,
    caller: Caller<Cases>,
    id: web::Path<Uuid>,
) -> ApiResult<HttpResponse> {
    let (id, reach) = (ApplicantId(id.into_inner()), caller.whole_reach()?);
    let row = app.read(reach, move |conn| applicants::find_applicant(conn, reach, id)).await?;
    answer(HttpResponse::Ok(), row)
}

/// Change an applicant
///
/// With `If-Match` only if nobody changed it meanwhile. What was filed keeps
/// the name and the numbers it was filed with.
#[utoipa::path(
    tag = "applicants",
    security(("bearer" = ["cases"])),
    params(("id" = Uuid, Path, description = "The applicant's id."), IfMatchHeader),
    request_body = UpdateApplicant,
    responses(
        (status = 200, description = "The applicant as changed.", body = ApplicantView),
        (status = 412, description = "It was changed meanwhile.", body = Problem),
    ),
)]
#[patch("/v1/applicants/{id}")]
async fn update_applicant(
    app: AppData,
    caller: Caller<Cases>,
    id: web::Path<Uuid>,
    expected: IfMatch,
    body: Body<UpdateApplicant>,
) -> ApiResult<HttpResponse> {
    let (id, reach) = (ApplicantId(id.into_inner()), caller.whole_reach()?);
    let (changes, expected) = (ApplicantChanges::from(body.0), expected.0);
    let row = app.write(reach, move |conn| {
        let client = applicants::find_applicant(conn, reach, id)?.client_id;
        applicants::update_applicant(conn, client, id, &expected, &changes)
    });
    answer(HttpResponse::Ok(), row.await?)
}

fn answer(response: actix_web::HttpResponseBuilder, row: ApplicantRow) -> ApiResult<HttpResponse> {
    let version = row.version;
    Ok(tagged(response, version, &ApplicantView::try_from(row)?))
}

impl TryFrom<CreateApplicant> for NewApplicant {
    type Error = ApiError;

    fn try_from(body: CreateApplicant) -> ApiResult<Self> {
        let identity = Identity::new(
            body.kind.into(),
            body.inn.map(|inn| inn.0),
            body.ogrn.map(|ogrn| ogrn.0),
            body.passport.map(Into::into),
        )?;
        Ok(Self {
            identity,
            name: body.name.0,
            short_name: body.short_name.map(|name| name.0),
            legal_address: body.legal_address.0,
            reply_address: body.reply_address.map(|address| address.0),
            email: body.email.map(|email| email.0),
            subject: body.subject_code.0,
            note: body.note.map(|note| note.0),
        })
    }
}

impl From<UpdateApplicant> for ApplicantChanges {
    fn from(body: UpdateApplicant) -> Self {
        Self {
            kind: body.kind.map(Into::into),
            inn: body.inn.map(|change| change.map(|inn| inn.0)),
            ogrn: body.ogrn.map(|change| change.map(|ogrn| ogrn.0)),
            passport: body.passport.map(|change| change.map(Into::into)),
            name: body.name.map(|name| name.0),
            short_name: body.short_name.map(|change| change.map(|name| name.0)),
            legal_address: body.legal_address.map(|address| address.0),
            reply_address: body.reply_address.map(|change| change.map(|address| address.0)),
            email: body.email.map(|change| change.map(|email| email.0)),
            subject: body.subject_code.map(|subject| subject.0),
            note: body.note.map(|change| change.map(|note| note.0)),
            withdrawn_because: body.withdrawn_because.map(|change| change.map(|because| because.0)),
        }
    }
}
