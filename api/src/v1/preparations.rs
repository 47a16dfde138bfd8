//! `/v1/baits/{id}/preparation`: what must be known of a bait before its calls
//! can be complained of, and what of it is missing.

use crate::routes::ServiceConfig;
use actix_web::{HttpResponse, get, put, web};
use baitline_domain::ids::{ApplicantId, BaitId, ClientId};
use baitline_domain::instant::Instant;
use baitline_domain::preparation::{
    FoundConsent, PreparationFacts, handing_over_fine, preparation_missing, quiet_days,
};
use baitline_store::models::NewPreparation;
use baitline_store::preparations::{self, KnownPreparation, NOTHING_ENTERED};
use baitline_store::{Conn, StoreResult, baits, clients, now};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::applicants::{ApplicantName, ApplicantNote};
use super::powers_of_attorney::PaperNumber;
use crate::app::AppData;
use crate::auth::Caller;
use crate::extract::Body;
use crate::fault::{Fault, FaultItem};
use crate::fields::{CivilDay, Line, Prose, Time};
use crate::permissions::{Admin, BaitsRead};
use crate::precondition::{IfMatch, IfMatchHeader, tagged};
use crate::problem::{ApiError, ApiResult, Problem};
use crate::words::{PreparationMissingWord, PreviousUseWord, UserRelationWord};

/// The most consents found in the accounts and contracts of one bait.
pub(super) const MAX_FOUND_CONSENTS: usize = 50;
/// Where a consent was found.
pub(super) type ConsentPlace = Line<200>;
/// The words of a consent.
pub(super) type ConsentWording = Prose<2_000>;

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(find_preparation).service(put_preparation);
}

/// A consent that an account or a contract of the bait contains.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TellConsent {
    /// Where: an account, a contract.
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    place: ConsentPlace,
    /// Its words.
    #[schema(value_type = String, min_length = 1, max_length = 2000)]
    wording: ConsentWording,
    /// Since when it stood there, where known.
    given_on: Option<CivilDay>,
    /// When it was withdrawn.
    withdrawn_on: Option<CivilDay>,
}

/// A bait's preparation, in the place of the one there is: what is absent is not
/// known any more.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({
    "applicant_id": "0197a5b0-7c1e-7d3a-9a51-000000000021",
    "user_name": "Петров Пётр Петрович",
    "user_relation": "employee",
    "contract_number": "7-123456",
    "contract_on": "2026-08-01",
    "refusal_on": "2026-08-01",
    "found_consents": [],
    "previous_use": "new_sim",
    "quiet_since": "2026-08-01"
})))]
pub(crate) struct PutPreparation {
    /// Who holds the contract.
    applicant_id: Option<Uuid>,
    /// Who uses the SIM.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 300)]
    user_name: Option<ApplicantName>,
    /// What the user is to the holder.
    user_relation: Option<UserRelationWord>,
    /// The contract's number.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100)]
    contract_number: Option<PaperNumber>,
    /// The contract's day.
    contract_on: Option<CivilDay>,
    /// The day of the written refusal of advertising.
    refusal_on: Option<CivilDay>,
    /// Every consent that its accounts and contracts contain, at most 50: empty
    /// where none was found, absent where nobody searched.
    #[schema(max_items = 50)]
    found_consents: Option<Vec<TellConsent>>,
    /// What the SIM was used for before.
    previous_use: Option<PreviousUseWord>,
    /// More of that.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 1000)]
    previous_use_note: Option<ApplicantNote>,
    /// The first day on which it was quiet: nobody used it, nothing was told.
    quiet_since: Option<CivilDay>,
    /// For people.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 1000)]
    note: Option<ApplicantNote>,
}

/// A consent as it was entered.
#[derive(Serialize, ToSchema)]
#[schema(as = FoundConsent)]
pub(crate) struct FoundConsentView {
    /// Where it was found.
    place: String,
    /// Its words.
    wording: String,
    /// Since when it stood there.
    given_on: Option<CivilDay>,
    /// When it was withdrawn.
    withdrawn_on: Option<CivilDay>,
}

/// What handing the SIM over may cost its holder (КоАП 13.29.1, since
/// 2025-09-01): the user is neither family nor, of a corporate SIM, an employee.
#[derive(Serialize, ToSchema)]
#[schema(as = HandingOver)]
pub(crate) struct HandingOverView {
    /// The least, in roubles.
    fine_from: u32,
    /// The most, in roubles.
    fine_to: u32,
}

/// What is known of a bait's preparation.
#[derive(Serialize, ToSchema)]
#[schema(as = Preparation, examples(json!({
    "client_id": "0197a5b0-7c1e-7d3a-9a51-000000000001",
    "bait_id": "0197a5b0-7c1e-7d3a-9a51-000000000002",
    "applicant_id": "0197a5b0-7c1e-7d3a-9a51-000000000021",
    "user_name": "Петров Пётр Петрович",
    "user_relation": "employee",
    "contract_number": "7-123456",
    "contract_on": "2026-08-01",
    "refusal_on": "2026-08-01",
    "found_consents": [],
    "previous_use": "new_sim",
    "previous_use_note": null,
    "quiet_since": "2026-08-01",
    "first_trap_at": "2026-10-01T07:00:00Z",
    "quiet_days": 61,
    "handing_over": null,
    "complete": false,
    "missing": ["disclosure_consent"],
    "note": null,
    "version": 1,
    "author": "k7m2p9q4w8x3",
    "updated_at": "2026-10-01T09:30:00Z"
})))]
pub(crate) struct PreparationView {
    /// Its client.
    client_id: Uuid,
    /// The bait.
    bait_id: Uuid,
    /// Who holds the contract.
    applicant_id: Option<Uuid>,
    /// Who uses the SIM.
    user_name: Option<String>,
    /// What the user is to the holder.
    user_relation: Option<UserRelationWord>,
    /// The contract's number.
    contract_number: Option<String>,
    /// The contract's day.
    contract_on: Option<CivilDay>,
    /// The day of the written refusal of advertising.
    refusal_on: Option<CivilDay>,
    /// The consents found; null where nobody searched.
    found_consents: Option<Vec<FoundConsentView>>,
    /// What the SIM was used for before.
    previous_use: Option<PreviousUseWord>,
    /// More of that.
    previous_use_note: Option<String>,
    /// The first day on which it was quiet.
    quiet_since: Option<CivilDay>,
    /// When the run of its first trap began; null where it had none.
    first_trap_at: Option<Time>,
    /// Days from the first quiet one to the first trap, by the client's calendar.
    quiet_days: Option<u32>,
    /// A warning where the holder may not let this user have the SIM.
    handing_over: Option<HandingOverView>,
    /// Whether nothing is missing.
    complete: bool,
    /// What is missing today.
    missing: Vec<PreparationMissingWord>,
    /// For people.
    note: Option<String>,
    /// How often something was entered; its ETag.
    version: i32,
    /// The public part of the key it was entered with last.
    author: Option<String>,
    /// When it was entered last.
    updated_at: Option<Time>,
}

/// A bait's preparation and what its client's calendar makes of it.
struct Prepared {
    client: ClientId,
    bait: BaitId,
    known: Option<KnownPreparation>,
    first_trap_at: Option<Instant>,
    zone: TimeZone,
}

impl Prepared {
    fn read(conn: &mut Conn, client: ClientId, bait: BaitId) -> StoreResult<Self> {
        let zone = clients::find_client(conn, client)?.time_zone;
        Ok(Self {
            client,
            bait,
            known: preparations::known_preparation(conn, client, bait)?,
            first_trap_at: preparations::first_trap_at(conn, client, bait)?,
            // A client's zone was checked when it was entered.
            zone: TimeZone::get(&zone).unwrap_or(TimeZone::UTC),
        })
    }

    fn facts(&self) -> PreparationFacts<'_> {
        let nothing = PreparationFacts {
            holder: None,
            user: None,
            contract: false,
            refusal: false,
            consents: None,
            previous_use: false,
            quiet_since: false,
            disclosure_consent: false,
        };
        let today = now().local_day(&self.zone);
        self.known.as_ref().map_or(nothing, |known| known.facts(today))
    }
}

impl From<&Prepared> for PreparationView {
    fn from(prepared: &Prepared) -> Self {
        let facts = prepared.facts();
        let missing = preparation_missing(&facts);
        let fine =
            facts.holder.zip(facts.user).and_then(|(holder, user)| handing_over_fine(holder, user));
        let row = prepared.known.as_ref().map(|known| &known.row);
        let text = |text: Option<&Option<String>>| text.and_then(Clone::clone);
        let quiet_since = row.and_then(|row| row.quiet_since);
        let first_day = prepared.first_trap_at.map(|at| at.local_day(&prepared.zone));
        Self {
            client_id: prepared.client.0,
            bait_id: prepared.bait.0,
            applicant_id: row.and_then(|row| row.applicant_id).map(|id| id.0),
            user_name: text(row.map(|row| &row.user_name)),
            user_relation: row.and_then(|row| row.user_relation).map(Into::into),
            contract_number: text(row.map(|row| &row.contract_number)),
            contract_on: row.and_then(|row| row.contract_on).map(CivilDay),
            refusal_on: row.and_then(|row| row.refusal_on).map(CivilDay),
            found_consents: facts.consents.map(|found| found.iter().map(Into::into).collect()),
            previous_use: row.and_then(|row| row.previous_use).map(Into::into),
            previous_use_note: text(row.map(|row| &row.previous_use_note)),
            quiet_since: quiet_since.map(CivilDay),
            first_trap_at: prepared.first_trap_at.map(Time),
            quiet_days: quiet_since.zip(first_day).map(|(since, first)| quiet_days(since, first)),
            handing_over: fine
                .map(|fine| HandingOverView { fine_from: fine.from, fine_to: fine.to }),
            complete: missing.is_empty(),
            missing: missing.into_iter().map(Into::into).collect(),
            note: text(row.map(|row| &row.note)),
            version: row.map_or(NOTHING_ENTERED, |row| row.version),
            author: row.map(|row| row.author.clone()),
            updated_at: row.map(|row| Time(row.updated_at)),
        }
    }
}

impl From<&FoundConsent> for FoundConsentView {
    fn from(found: &FoundConsent) -> Self {
        Self {
            place: found.place.clone(),
            wording: found.wording.clone(),
            given_on: found.given_on.map(CivilDay),
            withdrawn_on: found.withdrawn_on.map(CivilDay),
        }
    }
}

/// Find a bait's preparation
///
/// `missing` tells what is not there yet. A bait of which nothing was entered
/// has the version 0.
#[utoipa::path(
    tag = "baits",
    security(("bearer" = ["baits:read"])),
    params(("id" = Uuid, Path, description = "The bait's id.")),
    responses((status = 200, description = "What is known, with its ETag.", body = PreparationView)),
)]
#[get("/v1/baits/{id}/preparation")]
async fn find_preparation(
    app: AppData,
    caller: Caller<BaitsRead>,
    id: web::Path<Uuid>,
) -> ApiResult<HttpResponse> {
    let (id, reach) = (BaitId(id.into_inner()), caller.whole_reach()?);
    let prepared = app.read(reach, move |conn| {
        let client = baits::find_bait(conn, reach, id)?.client_id;
        Prepared::read(conn, client, id)
    });
    let view = PreparationView::from(&prepared.await?);
    Ok(tagged(HttpResponse::Ok(), view.version, &view))
}

/// Enter a bait's preparation
///
/// In the place of what was entered before. `handing_over` warns where the
/// holder of the contract may not let this user have the SIM. With `If-Match`
/// only if nobody changed it meanwhile.
#[utoipa::path(
    tag = "baits",
    security(("bearer" = ["admin"])),
    params(("id" = Uuid, Path, description = "The bait's id."), IfMatchHeader),
    request_body = PutPreparation,
    responses(
        (status = 200, description = "What is known now.", body = PreparationView),
        (status = 412, description = "It was changed meanwhile.", body = Problem),
    ),
)]
#[put("/v1/baits/{id}/preparation")]
async fn put_preparation(
    app: AppData,
    caller: Caller<Admin>,
    id: web::Path<Uuid>,
    expected: IfMatch,
    body: Body<PutPreparation>,
) -> ApiResult<HttpResponse> {
    let (id, reach) = (BaitId(id.into_inner()), caller.whole_reach()?);
    let new = NewPreparation::try_from(body.0)?;
    let (author, expected) = (caller.key_id().to_owned(), expected.0);
    let prepared = app.write(reach, move |conn| {
        let client = baits::find_bait(conn, reach, id)?.client_id;
        preparations::put_preparation(conn, client, id, &expected, &new, &author)?;
        Prepared::read(conn, client, id)
    });
    let view = PreparationView::from(&prepared.await?);
    Ok(tagged(HttpResponse::Ok(), view.version, &view))
}

impl TryFrom<PutPreparation> for NewPreparation {
    type Error = ApiError;

    fn try_from(body: PutPreparation) -> ApiResult<Self> {
        Ok(Self {
            applicant: body.applicant_id.map(ApplicantId),
            user_name: body.user_name.map(|name| name.0),
            user_relation: body.user_relation.map(Into::into),
            contract_number: body.contract_number.map(|number| number.0),
            contract_on: body.contract_on.map(|day| day.0),
            refusal_on: body.refusal_on.map(|day| day.0),
            consents: body.found_consents.map(found).transpose()?,
            previous_use: body.previous_use.map(Into::into),
            previous_use_note: body.previous_use_note.map(|note| note.0),
            quiet_since: body.quiet_since.map(|day| day.0),
            note: body.note.map(|note| note.0),
        })
    }
}

fn found(told: Vec<TellConsent>) -> ApiResult<Vec<FoundConsent>> {
    if told.len() > MAX_FOUND_CONSENTS {
        return Err(ApiError::field("/found_consents", Fault::TooMany));
    }
    let backwards = |one: &TellConsent| match (one.given_on, one.withdrawn_on) {
        (Some(given), Some(withdrawn)) => withdrawn.0 < given.0,
        _ => false,
    };
    if let Some(place) = told.iter().position(backwards) {
        let pointer = format!("/found_consents/{place}/withdrawn_on");
        return Err(ApiError::Unprocessable(vec![FaultItem::at(pointer, Fault::EmptyPeriod)]));
    }
    Ok(told
        .into_iter()
        .map(|one| FoundConsent {
            place: one.place.0,
            wording: one.wording.0,
            given_on: one.given_on.map(|day| day.0),
            withdrawn_on: one.withdrawn_on.map(|day| day.0),
        })
        .collect())
}
