//! `/v1/offices`: the regional offices of the antimonopoly service, one for each
//! subject of the Federation: what the program knows, and what the agency entered
//! beside it, addresses above all.

use std::collections::BTreeMap;

use crate::routes::ServiceConfig;
use actix_web::{HttpResponse, get, put, web};
use baitline_domain::office::{CasePrefixGround, Office, offices as known_offices};
use baitline_store::Reach;
use baitline_store::models::{NewOfficeEntry, OfficeEntry};
use baitline_store::offices::{self, NOTHING_ENTERED};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::applicants::{Address, ApplicantName, ApplicantNote, Email};
use crate::app::AppData;
use crate::auth::{Agency, Caller};
use crate::extract::Body;
use crate::fields::{SubjectText, Time};
use crate::permissions::{Admin, AnyKey};
use crate::precondition::{IfMatch, IfMatchHeader, tagged};
use crate::problem::{ApiResult, Problem};

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_offices).service(find_office).service(put_office);
}

/// What the agency knows of an office.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({
    "name": "Управление Федеральной антимонопольной службы по г. Москве",
    "address": "индекс, город, улица, дом"
})))]
pub(crate) struct PutOffice {
    /// Its full name, in the place of the short one that the program knows.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 300)]
    name: Option<ApplicantName>,
    /// Its postal address.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 500)]
    address: Option<Address>,
    /// Its address for electronic mail.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 254)]
    email: Option<Email>,
    /// For people.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 1000)]
    note: Option<ApplicantNote>,
}

/// How it is known what an office's case numbers begin with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = CasePrefixGround)]
pub(crate) enum CasePrefixGroundWord {
    /// A published decision bears it.
    Seen,
    /// It follows the pattern of the others.
    Inferred,
}

/// A regional office.
#[derive(Serialize, ToSchema)]
#[schema(as = Office, examples(json!({
    "subject_code": "77",
    "subject": "Москва",
    "name": "Московское УФАС",
    "site": "http://moscow.fas.gov.ru",
    "case_prefix": "077",
    "case_prefix_ground": "seen",
    "address": null,
    "email": null,
    "note": null,
    "version": 0,
    "author": null,
    "updated_at": null
})))]
pub(crate) struct OfficeView {
    /// The two digits of its subject.
    subject_code: SubjectText,
    /// Its subject.
    subject: &'static str,
    /// Its name: as entered, else the short one of the program's list; null where
    /// neither is known.
    name: Option<String>,
    /// Its site as it was in 2014 to 2016.
    site: Option<&'static str>,
    /// What its case numbers begin with; null where that is not known.
    case_prefix: Option<String>,
    /// How that is known.
    case_prefix_ground: Option<CasePrefixGroundWord>,
    /// Its postal address, as entered.
    address: Option<String>,
    /// Its address for electronic mail, as entered.
    email: Option<String>,
    /// For people.
    note: Option<String>,
    /// How often something was entered; its ETag.
    version: i32,
    /// The public part of the key it was entered with last.
    author: Option<String>,
    /// When it was entered last.
    updated_at: Option<Time>,
}

impl OfficeView {
    fn of(office: &'static Office, entry: Option<OfficeEntry>) -> Self {
        let entry = entry.as_ref();
        let text =
            |text: fn(&OfficeEntry) -> &Option<String>| entry.and_then(|one| text(one).clone());
        Self {
            subject_code: SubjectText(office.code),
            subject: office.subject,
            name: text(|one| &one.name).or(office.name.map(str::to_owned)),
            site: office.site,
            case_prefix: office.case_prefix.map(|_| format!("0{}", office.code)),
            case_prefix_ground: office.case_prefix.map(Into::into),
            address: text(|one| &one.address),
            email: text(|one| &one.email),
            note: text(|one| &one.note),
            version: entry.map_or(NOTHING_ENTERED, |one| one.version),
            author: entry.map(|one| one.author.clone()),
            updated_at: entry.map(|one| Time(one.updated_at)),
        }
    }
}

impl From<CasePrefixGround> for CasePrefixGroundWord {
    fn from(ground: CasePrefixGround) -> Self {
        match ground {
            CasePrefixGround::Seen => Self::Seen,
            CasePrefixGround::Inferred => Self::Inferred,
        }
    }
}

/// Every regional office.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({"items": []})))]
pub(crate) struct OfficeList {
    /// In order of code.
    items: Vec<OfficeView>,
}

/// List offices
///
/// All of them: there is one for each subject of the Federation.
#[utoipa::path(
    tag = "applicants",
    security(("bearer" = [])),
    responses((status = 200, description = "Every office.", body = OfficeList)),
)]
#[get("/v1/offices")]
async fn list_offices(app: AppData, caller: Caller<AnyKey>) -> ApiResult<web::Json<OfficeList>> {
    let entries = app.read(caller.whole_reach()?, offices::list_office_entries).await?;
    let mut entries: BTreeMap<i32, OfficeEntry> =
        entries.into_iter().map(|entry| (entry.subject_code, entry)).collect();
    let view =
        |office: &'static Office| OfficeView::of(office, entries.remove(&office.code.number()));
    Ok(web::Json(OfficeList { items: known_offices().iter().map(view).collect() }))
}

/// Find one office
///
/// The one that complaints of applicants of this subject go to.
#[utoipa::path(
    tag = "applicants",
    security(("bearer" = [])),
    params(("subject_code" = SubjectText, Path, description = "The two digits of its subject.")),
    responses((status = 200, description = "The office, with its ETag.", body = OfficeView)),
)]
#[get("/v1/offices/{subject_code}")]
async fn find_office(
    app: AppData,
    caller: Caller<AnyKey>,
    subject_code: web::Path<SubjectText>,
) -> ApiResult<HttpResponse> {
    let subject = subject_code.into_inner().0;
    let reach = caller.whole_reach()?;
    let entry = app.read(reach, move |conn| offices::find_office_entry(conn, subject)).await?;
    let view = OfficeView::of(subject.office(), entry);
    Ok(tagged(HttpResponse::Ok(), view.version, &view))
}

/// Enter what is known of an office
///
/// In the place of what was entered before, for every client. With `If-Match`
/// only if nobody changed it meanwhile.
#[utoipa::path(
    tag = "applicants",
    security(("bearer" = ["admin"])),
    params(
        ("subject_code" = SubjectText, Path, description = "The two digits of its subject."),
        IfMatchHeader,
    ),
    request_body = PutOffice,
    responses(
        (status = 200, description = "The office as it is known now.", body = OfficeView),
        (status = 412, description = "It was changed meanwhile.", body = Problem),
    ),
)]
#[put("/v1/offices/{subject_code}")]
async fn put_office(
    app: AppData,
    agency: Agency<Admin>,
    subject_code: web::Path<SubjectText>,
    expected: IfMatch,
    body: Body<PutOffice>,
) -> ApiResult<HttpResponse> {
    let subject = subject_code.into_inner().0;
    let PutOffice { name, address, email, note } = body.0;
    let new = NewOfficeEntry {
        name: name.map(|name| name.0),
        address: address.map(|address| address.0),
        email: email.map(|email| email.0),
        note: note.map(|note| note.0),
    };
    let (author, expected) = (agency.key_id().to_owned(), expected.0);
    let entry = app.write(Reach::Agency, move |conn| {
        offices::put_office(conn, subject, &expected, &new, &author)
    });
    let view = OfficeView::of(subject.office(), Some(entry.await?));
    Ok(tagged(HttpResponse::Ok(), view.version, &view))
}
