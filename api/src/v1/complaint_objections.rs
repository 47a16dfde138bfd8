//! What the accused side says against a complaint, what the records say to it, and
//! what offices made of complaints.

use crate::routes::ServiceConfig;
use actix_web::{HttpResponse, get, patch, post, web};
use baitline_domain::complaint::Defence;
use baitline_domain::ids::{ComplaintId, ObjectionId};
use baitline_store::complaints::{self, Answer};
use baitline_store::models::{NewObjection, ObjectionRow, OutcomeCounts, Revocation};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::applicants::ApplicantName;
use super::contaminations::Withdrawal;
use super::inquiry_views::ReplyNote;
use super::preparations::FoundConsentView;
use super::traps::ExposureView;
use crate::app::AppData;
use crate::auth::Caller;
use crate::extract::Body;
use crate::fault::Fault;
use crate::fields::{CivilDay, PhoneNumber, SubjectText, Time};
use crate::once::{Once, OnceHeader, Reply};
use crate::permissions::{BaitsRead, Cases};
use crate::precondition::{IfMatch, IfMatchHeader, first_version, tagged};
use crate::problem::{ApiError, ApiResult, Problem};
use crate::words::{DefenceWord, MissingWord, ReasonWord};

/// The most defences that one objection can use.
pub(super) const MAX_DEFENCES: usize = 5;

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_objections)
        .service(create_objection)
        .service(settle_objection)
        .service(find_objection_sheet)
        .service(find_office_outcomes);
}

/// An objection to enter.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({
    "received_on": "2026-12-05", "from_whom": "ООО «Образец-Окна»",
    "defences": ["platform_consent"], "words": "Согласие дано через личный кабинет."
})))]
pub(crate) struct CreateObjection {
    /// The day it came.
    received_on: CivilDay,
    /// Who says it.
    #[schema(value_type = String, min_length = 1, max_length = 300)]
    from_whom: ApplicantName,
    /// The defences it uses, each once.
    #[schema(min_items = 1, max_items = 5)]
    defences: Vec<DefenceWord>,
    /// What it says.
    #[schema(value_type = String, min_length = 1, max_length = 2000)]
    words: ReplyNote,
}

impl TryFrom<CreateObjection> for NewObjection {
    type Error = ApiError;

    fn try_from(body: CreateObjection) -> ApiResult<Self> {
        let mut defences: Vec<Defence> = body.defences.into_iter().map(Into::into).collect();
        if defences.is_empty() {
            return Err(ApiError::field("/defences", Fault::Empty));
        }
        if defences.len() > MAX_DEFENCES {
            return Err(ApiError::field("/defences", Fault::TooMany));
        }
        defences.sort_unstable();
        defences.dedup();
        Ok(Self {
            received_on: body.received_on.0,
            from_whom: body.from_whom.0,
            defences,
            words: body.words.0,
        })
    }
}

/// That an objection is settled.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"settled_on": "2026-12-20", "settled_because": "согласия нет"})))]
pub(crate) struct SettleObjection {
    /// The day; null opens it again.
    #[serde(deserialize_with = "Option::deserialize")]
    #[schema(required)]
    settled_on: Option<CivilDay>,
    /// How; given where the day is.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 500)]
    settled_because: Option<Withdrawal>,
}

impl SettleObjection {
    /// Both or none of the two.
    fn read(self) -> ApiResult<Option<Revocation>> {
        match (self.settled_on, self.settled_because) {
            (Some(on), Some(because)) => Ok(Some(Revocation { on: on.0, because: because.0 })),
            (None, None) => Ok(None),
            (Some(_), None) => Err(ApiError::field("/settled_because", Fault::Missing)),
            (None, Some(_)) => Err(ApiError::field("/settled_because", Fault::NotTogether)),
        }
    }
}

/// What the accused side says against a complaint.
#[derive(Serialize, ToSchema)]
#[schema(as = Objection, examples(json!({
    "id": "0197a5b0-7c1e-7d3a-9a51-000000000071",
    "complaint_id": "0197a5b0-7c1e-7d3a-9a51-000000000051",
    "received_on": "2026-12-05",
    "from_whom": "ООО «Образец-Окна»",
    "defences": ["platform_consent"],
    "words": "Согласие дано через личный кабинет.",
    "settled_on": null,
    "settled_because": null,
    "version": 1,
    "author": "k7m2p9q4w8x3",
    "created_at": "2026-12-05T09:30:00Z"
})))]
pub(crate) struct ObjectionView {
    /// Its id.
    id: Uuid,
    /// The complaint.
    complaint_id: Uuid,
    /// The day it came.
    received_on: CivilDay,
    /// Who says it.
    from_whom: String,
    /// The defences it uses.
    defences: Vec<DefenceWord>,
    /// What it says.
    words: String,
    /// The day a person settled it; until then its numbers are on review.
    settled_on: Option<CivilDay>,
    /// How.
    settled_because: Option<String>,
    /// How often it was written; its ETag.
    version: i32,
    /// The public part of the key it was entered with.
    author: String,
    /// When it was entered.
    created_at: Time,
}

impl TryFrom<ObjectionRow> for ObjectionView {
    type Error = ApiError;

    fn try_from(row: ObjectionRow) -> ApiResult<Self> {
        let defences = row.defences()?;
        Ok(Self {
            id: row.id.0,
            complaint_id: row.complaint_id.0,
            received_on: CivilDay(row.received_on),
            from_whom: row.from_whom,
            defences: defences.into_iter().map(Into::into).collect(),
            words: row.words,
            settled_on: row.settled_on.map(CivilDay),
            settled_because: row.settled_because,
            version: row.version,
            author: row.author,
            created_at: Time(row.created_at),
        })
    }
}

/// The objections against a complaint.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({"items": []})))]
pub(crate) struct ObjectionList {
    /// In order of entry; at most 100.
    items: Vec<ObjectionView>,
}

/// What the records say of one call to the usual defences.
#[derive(Serialize, ToSchema)]
pub(crate) struct AnswerView {
    /// The call.
    call_id: Uuid,
    /// Its start.
    started_at: Time,
    /// Who called.
    caller: PhoneNumber,
    /// Consent through a platform: the consents that the bait's accounts and contracts
    /// contain, with the day on which each was withdrawn; null where nobody searched.
    found_consents: Option<Vec<FoundConsentView>>,
    /// The day of the written refusal of advertising.
    refusal_on: Option<CivilDay>,
    /// Whether the bait's user agreed to be called in the recording.
    consent_given: bool,
    /// Whether the bait's user demanded that calls stop.
    stop_demanded: bool,
    /// A ported number: whether an answer of the portability database was used.
    ported: bool,
    /// Prior contact: whether the caller had called this bait before the trap. A
    /// caller that the bait had called or visited is no interception at all.
    prior_contact: bool,
    /// Provocation: what the bait had done by then. It never called the caller.
    exposures_done: Vec<ExposureView>,
    /// Every reason of the verdict.
    reasons: Vec<ReasonWord>,
}

impl From<Answer> for AnswerView {
    fn from(answer: Answer) -> Self {
        Self {
            call_id: answer.call.0,
            started_at: Time(answer.started_at),
            caller: PhoneNumber(answer.caller),
            found_consents: answer
                .found_consents
                .map(|found| found.iter().map(FoundConsentView::from).collect()),
            refusal_on: answer.refusal_on.map(CivilDay),
            consent_given: answer.consent_given,
            stop_demanded: answer.stop_demanded,
            ported: answer.ported,
            prior_contact: answer.prior_contact,
            exposures_done: answer.exposures_done.iter().map(ExposureView::from).collect(),
            reasons: answer.reasons.into_iter().map(Into::into).collect(),
        }
    }
}

/// What the records answer to the usual defences: for the lawyer's eyes, and in no
/// package.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({"calls": []})))]
pub(crate) struct ObjectionSheet {
    /// Call by call, in order of start; what is no interception any more is not here.
    calls: Vec<AnswerView>,
}

/// What came of complaints.
#[derive(Serialize, ToSchema)]
pub(crate) struct OutcomesView {
    /// Complaints of any state.
    complaints: i64,
    /// Those that were filed, and neither returned nor withdrawn.
    filed: i64,
    /// Those that an office returned.
    returned: i64,
    /// Those of which a violation was found.
    violations: i64,
    /// The sum of the fines, in kopecks.
    fines_kopecks: i64,
    /// Those with an objection that nobody settled.
    objected: i64,
}

impl From<OutcomeCounts> for OutcomesView {
    fn from(counts: OutcomeCounts) -> Self {
        Self {
            complaints: counts.complaints,
            filed: counts.filed,
            returned: counts.returned,
            violations: counts.violations,
            fines_kopecks: counts.fines_kopecks,
            objected: counts.objected,
        }
    }
}

/// How often an office said that something was missing.
#[derive(Serialize, ToSchema)]
pub(crate) struct ReturnedForView {
    /// What.
    missing: MissingWord,
    /// How often.
    times: u64,
}

/// What an office made of the complaints within reach.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({
    "subject_code": "77",
    "counts": {"complaints": 9, "filed": 5, "returned": 1, "violations": 2,
        "fines_kopecks": 60_000_000, "objected": 0},
    "returned_for": [{"missing": "disclosure_consent", "times": 1}]
})))]
pub(crate) struct OfficeOutcomes {
    /// The subject of the office.
    subject_code: SubjectText,
    /// How many there are of each.
    counts: OutcomesView,
    /// What it returned or refused complaints for, in the order of the gate.
    returned_for: Vec<ReturnedForView>,
}

/// List the objections against a complaint
#[utoipa::path(
    tag = "complaints",
    security(("bearer" = ["cases", "baits:read"])),
    params(("id" = Uuid, Path, description = "The complaint's id.")),
    responses((status = 200, description = "All of them.", body = ObjectionList)),
)]
#[get("/v1/complaints/{id}/objections")]
async fn list_objections(
    app: AppData,
    caller: Caller<(Cases, BaitsRead)>,
    id: web::Path<Uuid>,
) -> ApiResult<web::Json<ObjectionList>> {
    let (id, reach) = (ComplaintId(id.into_inner()), caller.whole_reach()?);
    let rows = app.read(reach, move |conn| {
        let client = complaints::find_complaint(conn, reach, id)?.client_id;
        complaints::objections_of(conn, client, id)
    });
    let items = rows.await?.into_iter().map(TryInto::try_into).collect::<ApiResult<_>>()?;
    Ok(web::Json(ObjectionList { items }))
}

/// Enter an objection
///
/// Until a person settles it, the numbers of the complaint are on review.
#[utoipa::path(
    tag = "complaints",
    security(("bearer" = ["cases", "baits:read"])),
    params(("id" = Uuid, Path, description = "The complaint's id."), OnceHeader),
    request_body = CreateObjection,
    responses(
        (status = 201, description = "The objection as entered.", body = ObjectionView),
        (status = 409, description = "The complaint has as many as it may have.", body = Problem),
    ),
)]
#[post("/v1/complaints/{id}/objections")]
async fn create_objection(
    app: AppData,
    caller: Caller<(Cases, BaitsRead)>,
    id: web::Path<Uuid>,
    once: Once,
    body: Body<CreateObjection>,
) -> ApiResult<HttpResponse> {
    let (id, reach) = (ComplaintId(id.into_inner()), caller.whole_reach()?);
    let new = NewObjection::try_from(body.0)?;
    let author = caller.key_id().to_owned();
    let found = app.read(reach, move |conn| complaints::find_complaint(conn, reach, id));
    let client = found.await?.client_id;
    let work = move |conn: &mut _| complaints::create_objection(conn, client, id, &new, &author);
    let reply = |row| Reply::created(&ObjectionView::try_from(row)?);
    Ok(first_version(app.create_once(&once, client, work, reply).await?))
}

/// Settle an objection
///
/// Or open it again. With `If-Match` only if nobody changed it meanwhile.
#[utoipa::path(
    tag = "complaints",
    security(("bearer" = ["cases", "baits:read"])),
    params(
        ("id" = Uuid, Path, description = "The complaint's id."),
        ("objection_id" = Uuid, Path, description = "The objection's id."),
        IfMatchHeader,
    ),
    request_body = SettleObjection,
    responses(
        (status = 200, description = "The objection as settled.", body = ObjectionView),
        (status = 412, description = "It was changed meanwhile.", body = Problem),
    ),
)]
#[patch("/v1/complaints/{id}/objections/{objection_id}")]
async fn settle_objection(
    app: AppData,
    caller: Caller<(Cases, BaitsRead)>,
    path: web::Path<(Uuid, Uuid)>,
    expected: IfMatch,
    body: Body<SettleObjection>,
) -> ApiResult<HttpResponse> {
    let (id, objection) = path.into_inner();
    let (id, reach) = (ComplaintId(id), caller.whole_reach()?);
    let settled = body.0.read()?;
    let changed = app.write(reach, move |conn| {
        let client = complaints::find_complaint(conn, reach, id)?.client_id;
        let place = (id, ObjectionId(objection));
        complaints::settle_objection(conn, client, place, &expected.0, settled.as_ref())
    });
    let view = ObjectionView::try_from(changed.await?)?;
    Ok(tagged(HttpResponse::Ok(), view.version, &view))
}

/// Find what the records answer to the usual defences
///
/// Consent through a platform, a ported number, prior contact, provocation.
#[utoipa::path(
    tag = "complaints",
    security(("bearer" = ["cases", "baits:read"])),
    params(("id" = Uuid, Path, description = "The complaint's id.")),
    responses((status = 200, description = "Call by call.", body = ObjectionSheet)),
)]
#[get("/v1/complaints/{id}/objection-sheet")]
async fn find_objection_sheet(
    app: AppData,
    caller: Caller<(Cases, BaitsRead)>,
    id: web::Path<Uuid>,
) -> ApiResult<web::Json<ObjectionSheet>> {
    let (id, reach) = (ComplaintId(id.into_inner()), caller.whole_reach()?);
    let answers = app.read(reach, move |conn| {
        let row = complaints::find_complaint(conn, reach, id)?;
        complaints::answers_for(conn, &row)
    });
    let calls = answers.await?.into_iter().map(Into::into).collect();
    Ok(web::Json(ObjectionSheet { calls }))
}

/// Find what an office made of complaints
///
/// Of those within the key's reach.
#[utoipa::path(
    tag = "complaints",
    security(("bearer" = ["cases", "baits:read"])),
    params(("subject_code" = SubjectText, Path, description = "The subject's two digits.")),
    responses((status = 200, description = "Counts, and what was missing.",
        body = OfficeOutcomes)),
)]
#[get("/v1/offices/{subject_code}/outcomes")]
async fn find_office_outcomes(
    app: AppData,
    caller: Caller<(Cases, BaitsRead)>,
    subject_code: web::Path<SubjectText>,
) -> ApiResult<web::Json<OfficeOutcomes>> {
    let subject = subject_code.into_inner().0;
    let reach = caller.whole_reach()?;
    let found = app.read(reach, move |conn| {
        let counts = complaints::outcomes_at(conn, reach, subject.number())?;
        Ok((counts, complaints::returned_for(conn, reach, subject.number())?))
    });
    let (counts, reasons) = found.await?;
    let reason = |(missing, times)| ReturnedForView { missing: MissingWord::from(missing), times };
    Ok(web::Json(OfficeOutcomes {
        subject_code: SubjectText(subject),
        counts: counts.into(),
        returned_for: reasons.into_iter().map(reason).collect(),
    }))
}
