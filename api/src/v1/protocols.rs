//! `/v1/traps/{id}/protocol`: what was done in a trap, step by step, with times
//! and proofs, and what of it is missing.

use std::collections::BTreeSet;

use crate::routes::ServiceConfig;
use actix_web::{HttpResponse, get, put, web};
use baitline_domain::ids::{AttachmentId, TrapId};
use baitline_domain::protocol::{ProtocolFacts, Step, protocol_missing};
use baitline_store::models::{NewProtocol, ProtocolRow, TrapRow};
use baitline_store::preparations::NOTHING_ENTERED;
use baitline_store::{Conn, Reach, StoreResult, protocols, traps};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::applicants::{ApplicantName, ApplicantNote};
use crate::app::AppData;
use crate::auth::Caller;
use crate::extract::Body;
use crate::fault::{Fault, FaultItem};
use crate::fields::{Prose, Time};
use crate::permissions::{Admin, BaitsRead};
use crate::precondition::{IfMatch, IfMatchHeader, tagged};
use crate::problem::{ApiError, ApiResult, Problem};
use crate::words::{ProtocolMissingWord, StepKindWord, TrapMissingWord};

/// The most steps of one protocol.
pub(super) const MAX_STEPS: usize = 100;
/// The most proofs of one step.
pub(super) const MAX_PROOFS: usize = 20;
/// A step in words.
pub(super) type StepNote = Prose<1_000>;

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(find_protocol).service(put_protocol);
}

/// One step.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TellStep {
    /// What was done.
    kind: StepKindWord,
    /// When.
    at: Time,
    /// In words.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 1000)]
    note: Option<StepNote>,
    /// The attachments of this trap that show it, at most 20.
    #[serde(default)]
    #[schema(max_items = 20)]
    proofs: Vec<Uuid>,
}

/// A trap's protocol, in the place of the one there is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({
    "performed_by": "Петров Пётр Петрович",
    "device": "Redmi 9A, программа записи ACR",
    "steps": [
        {"kind": "recorder_test", "at": "2026-10-01T09:55:00+03:00", "proofs": []},
        {"kind": "site_visit", "at": "2026-10-01T10:02:00+03:00", "note": "4 минуты"}
    ]
})))]
pub(crate) struct PutProtocol {
    /// Who did it.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 300)]
    performed_by: Option<ApplicantName>,
    /// On which device, with which recorder.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 300)]
    device: Option<ApplicantName>,
    /// The steps in order of time, at most 100.
    #[schema(max_items = 100)]
    steps: Vec<TellStep>,
    /// For people.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 1000)]
    note: Option<ApplicantNote>,
}

/// One step as it was entered.
#[derive(Serialize, ToSchema)]
#[schema(as = ProtocolStep)]
pub(crate) struct StepView {
    /// What was done.
    kind: StepKindWord,
    /// When.
    at: Time,
    /// In words.
    note: Option<String>,
    /// The attachments of this trap that show it.
    proofs: Vec<Uuid>,
}

/// A trap's protocol.
#[derive(Serialize, ToSchema)]
#[schema(as = Protocol, examples(json!({
    "client_id": "0197a5b0-7c1e-7d3a-9a51-000000000001",
    "trap_id": "0197a5b0-7c1e-7d3a-9a51-000000000005",
    "performed_by": "Петров Пётр Петрович",
    "device": null,
    "steps": [
        {"kind": "recorder_test", "at": "2026-10-01T06:55:00Z", "note": null, "proofs": []}
    ],
    "note": null,
    "complete": false,
    "missing": ["recorder_test_proof"],
    "trap_missing": [],
    "version": 1,
    "author": "k7m2p9q4w8x3",
    "updated_at": "2026-10-01T09:30:00Z"
})))]
pub(crate) struct ProtocolView {
    /// Its client.
    client_id: Uuid,
    /// The trap.
    trap_id: Uuid,
    /// Who did it.
    performed_by: Option<String>,
    /// On which device, with which recorder.
    device: Option<String>,
    /// The steps, in order of time.
    steps: Vec<StepView>,
    /// For people.
    note: Option<String>,
    /// Whether nothing is missing, neither here nor in the trap.
    complete: bool,
    /// What is missing.
    missing: Vec<ProtocolMissingWord>,
    /// What the trap itself lacks by the bait's records; null until the worker has
    /// looked.
    trap_missing: Option<Vec<TrapMissingWord>>,
    /// How often something was entered; its ETag.
    version: i32,
    /// The public part of the key it was entered with last.
    author: Option<String>,
    /// When it was entered last.
    updated_at: Option<Time>,
}

/// A protocol with what its completeness rests on.
struct Told {
    trap: TrapRow,
    row: Option<ProtocolRow>,
    steps: Vec<Step>,
    counting: BTreeSet<AttachmentId>,
}

impl Told {
    fn read(conn: &mut Conn, trap: TrapRow) -> StoreResult<Self> {
        let (client, id) = (trap.client_id, trap.trap.id);
        let row = protocols::find_protocol(conn, client, id)?;
        let steps = row.as_ref().map_or(Ok(Vec::new()), ProtocolRow::steps)?;
        let named = steps.iter().flat_map(|step| step.proofs.iter().copied()).collect();
        let counting = protocols::counting_proofs(conn, client, id, &named)?;
        Ok(Self { trap, row, steps, counting })
    }
}

impl From<Told> for ProtocolView {
    fn from(told: Told) -> Self {
        let Told { trap, row, steps, counting } = told;
        let trap_missing = trap.state.map(|state| state.missing);
        let missing = protocol_missing(&ProtocolFacts {
            performer: row.as_ref().is_some_and(|row| row.performed_by.is_some()),
            steps: &steps,
            counting: &counting,
            trap_complete: trap_missing.as_ref().is_some_and(Vec::is_empty),
        });
        Self {
            client_id: trap.client_id.0,
            trap_id: trap.trap.id.0,
            steps: steps.into_iter().map(StepView::from).collect(),
            complete: missing.is_empty(),
            missing: missing.into_iter().map(Into::into).collect(),
            trap_missing: trap_missing.map(|missing| missing.into_iter().map(Into::into).collect()),
            version: row.as_ref().map_or(NOTHING_ENTERED, |row| row.version),
            performed_by: row.as_ref().and_then(|row| row.performed_by.clone()),
            device: row.as_ref().and_then(|row| row.device.clone()),
            note: row.as_ref().and_then(|row| row.note.clone()),
            author: row.as_ref().map(|row| row.author.clone()),
            updated_at: row.map(|row| Time(row.updated_at)),
        }
    }
}

impl From<Step> for StepView {
    fn from(step: Step) -> Self {
        Self {
            kind: step.kind.into(),
            at: Time(step.at),
            note: step.note,
            proofs: step.proofs.into_iter().map(|proof| proof.0).collect(),
        }
    }
}

/// Find a trap's protocol
///
/// `missing` tells what is not there yet: a step, a proof of what no record of
/// the bait shows, or that the trap itself is not complete. A proof that was
/// withdrawn counts no more.
#[utoipa::path(
    tag = "traps",
    security(("bearer" = ["baits:read"])),
    params(("id" = Uuid, Path, description = "The trap's id.")),
    responses((status = 200, description = "The protocol, with its ETag.", body = ProtocolView)),
)]
#[get("/v1/traps/{id}/protocol")]
async fn find_protocol(
    app: AppData,
    caller: Caller<BaitsRead>,
    id: web::Path<Uuid>,
) -> ApiResult<HttpResponse> {
    let (id, reach) = (TrapId(id.into_inner()), caller.whole_reach()?);
    let told = app.read(reach, move |conn| read(conn, reach, id)).await?;
    let view = ProtocolView::from(told);
    Ok(tagged(HttpResponse::Ok(), view.version, &view))
}

/// Enter a trap's protocol
///
/// In the place of what was entered before. Proofs are attached to the trap
/// first. With `If-Match` only if nobody changed it meanwhile.
#[utoipa::path(
    tag = "traps",
    security(("bearer" = ["admin"])),
    params(("id" = Uuid, Path, description = "The trap's id."), IfMatchHeader),
    request_body = PutProtocol,
    responses(
        (status = 200, description = "The protocol as it is now.", body = ProtocolView),
        (status = 412, description = "It was changed meanwhile.", body = Problem),
    ),
)]
#[put("/v1/traps/{id}/protocol")]
async fn put_protocol(
    app: AppData,
    caller: Caller<Admin>,
    id: web::Path<Uuid>,
    expected: IfMatch,
    body: Body<PutProtocol>,
) -> ApiResult<HttpResponse> {
    let (id, reach) = (TrapId(id.into_inner()), caller.whole_reach()?);
    let new = NewProtocol::try_from(body.0)?;
    let (author, expected) = (caller.key_id().to_owned(), expected.0);
    let told = app.write(reach, move |conn| {
        let client = traps::find_trap(conn, reach, id)?.client_id;
        protocols::put_protocol(conn, client, id, &expected, &new, &author)?;
        read(conn, reach, id)
    });
    let view = ProtocolView::from(told.await?);
    Ok(tagged(HttpResponse::Ok(), view.version, &view))
}

fn read(conn: &mut Conn, reach: Reach, id: TrapId) -> StoreResult<Told> {
    let trap = traps::find_trap(conn, reach, id)?;
    Told::read(conn, trap)
}

impl TryFrom<PutProtocol> for NewProtocol {
    type Error = ApiError;

    fn try_from(body: PutProtocol) -> ApiResult<Self> {
        if body.steps.len() > MAX_STEPS {
            return Err(ApiError::field("/steps", Fault::TooMany));
        }
        let at = |place: usize, field: &str, fault| {
            let pointer = format!("/steps/{place}/{field}");
            Err(ApiError::Unprocessable(vec![FaultItem::at(pointer, fault)]))
        };
        if let Some(place) = body.steps.iter().position(|step| step.proofs.len() > MAX_PROOFS) {
            return at(place, "proofs", Fault::TooMany);
        }
        let backwards = |pair: &[TellStep]| pair[1].at.0 < pair[0].at.0;
        if let Some(place) = body.steps.windows(2).position(backwards) {
            return at(place + 1, "at", Fault::NotInOrder);
        }
        let step = |step: TellStep| Step {
            kind: step.kind.into(),
            at: step.at.0,
            note: step.note.map(|note| note.0),
            proofs: step.proofs.into_iter().map(AttachmentId).collect(),
        };
        Ok(Self {
            performed_by: body.performed_by.map(|name| name.0),
            device: body.device.map(|device| device.0),
            steps: body.steps.into_iter().map(step).collect(),
            note: body.note.map(|note| note.0),
        })
    }
}
