//! Exports and packages as callers see and order them.

use std::collections::BTreeSet;

use baitline_domain::gate::Missing;
use baitline_domain::ids::{ClientId, CompetitorId, ComplaintId};
use baitline_domain::phone::Phone;
use baitline_domain::verdict::Verdict;
use baitline_store::exports::{ExportNarrowing, ExportRequest, ExportThresholds};
use baitline_store::models::{Export, Package, PackageState};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::reports::period;
use super::unsigned;
use crate::download::hex;
use crate::fault::Fault;
use crate::fields::{InnText, PhoneNumber, SubjectText, Time, Whole};
use crate::problem::{ApiError, ApiResult};
use crate::thresholds::{Threshold, VerdictList, thresholds};
use crate::words::{
    ComplaintStateWord, ExportStateWord, MissingWord, PackageStateWord, VerdictWord,
};

/// The most numbers of one export.
pub(super) const MAX_NUMBERS: usize = 1_000;
/// The most clients of one order.
pub(super) const MAX_CLIENTS: usize = 1_000;

/// An export to make: of these numbers, or of all repeat offenders of the
/// period by these thresholds.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({
    "from": "2026-09-01T00:00:00+03:00",
    "to": "2026-11-01T00:00:00+03:00"
})))]
pub(crate) struct CreateExport {
    /// The client; required with an agency's key.
    #[schema(nullable = false)]
    pub(super) client_id: Option<Uuid>,
    /// Calls started at or after this time.
    from: Time,
    /// Calls started before this time, at most 400 days later.
    to: Time,
    /// The numbers to complain of; unless told, the repeat offenders.
    #[schema(max_items = 1000, nullable = false)]
    numbers: Option<Vec<PhoneNumber>>,
    /// See the report of repeat offenders.
    #[schema(value_type = Option<u32>, maximum = 1_000_000, nullable = false)]
    interceptions: Option<Threshold>,
    /// See the report of repeat offenders.
    #[schema(value_type = Option<u32>, maximum = 1_000_000, nullable = false)]
    traps: Option<Threshold>,
    /// See the report of repeat offenders.
    #[schema(value_type = Option<u32>, maximum = 1_000_000, nullable = false)]
    baits: Option<Threshold>,
    /// See the report of repeat offenders.
    #[schema(value_type = Option<u32>, maximum = 1_000_000, nullable = false)]
    days: Option<Threshold>,
    /// The verdicts counted; `foreign_group` and `foreign_entity` unless told.
    #[schema(max_items = 5, nullable = false)]
    verdicts: Option<Vec<VerdictWord>>,
    /// Only calls from numbers that belonged to this competitor when they called.
    #[schema(nullable = false)]
    competitor_id: Option<Uuid>,
    /// Only calls to baits whose contract holder's complaints go to the office of this
    /// subject.
    #[schema(value_type = Option<SubjectText>, nullable = false)]
    office: Option<SubjectText>,
    /// Only calls from numbers of this operator.
    #[schema(value_type = Option<InnText>, nullable = false)]
    caller_operator_inn: Option<InnText>,
    /// One package of the calls of this complaint, from whichever numbers, whatever the
    /// thresholds and, unless told, the verdicts; it says who signs. Not together with
    /// numbers or with what narrows otherwise.
    #[schema(nullable = false)]
    complaint_id: Option<Uuid>,
    /// Only calls of complaints that stand there, a package for each number.
    #[schema(nullable = false)]
    complaint_state: Option<ComplaintStateWord>,
    /// The most bytes of recordings that the channel takes at once, such as 20 million
    /// for a letter by e-mail: the playable copies are put into parts of so many. All of
    /// them are one part unless told.
    #[schema(
        value_type = Option<u32>, minimum = 1_000_000, maximum = 1_000_000_000, nullable = false
    )]
    part_bytes: Option<PartBytes>,
}

/// See [`CreateExport`].
pub(super) type PartBytes = Whole<1_000_000, 1_000_000_000>;

/// An export for each of several clients.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({
    "client_ids": ["0197a5b0-7c1e-7d3a-9a51-000000000001"],
    "order": {"from": "2026-09-01T00:00:00+03:00", "to": "2026-11-01T00:00:00+03:00"}
})))]
pub(crate) struct CreateExports {
    /// The clients.
    #[schema(min_items = 1, max_items = 1000)]
    client_ids: Vec<Uuid>,
    /// What each is to hold; it names no client, and no competitor or complaint, which is
    /// one client's.
    order: CreateExport,
}

impl CreateExports {
    /// The clients, each once, and what is asked of each.
    pub(super) fn read(self) -> ApiResult<(BTreeSet<ClientId>, ExportRequest)> {
        match self.client_ids.len() {
            0 => return Err(ApiError::field("/client_ids", Fault::Empty)),
            1..=MAX_CLIENTS => {}
            _ => return Err(ApiError::field("/client_ids", Fault::TooMany)),
        }
        if self.order.client_id.is_some() {
            return Err(ApiError::field("/order/client_id", Fault::InvalidValue));
        }
        if self.order.competitor_id.is_some() {
            return Err(ApiError::field("/order/competitor_id", Fault::InvalidValue));
        }
        if self.order.complaint_id.is_some() {
            return Err(ApiError::field("/order/complaint_id", Fault::InvalidValue));
        }
        let clients = self.client_ids.into_iter().map(ClientId).collect();
        Ok((clients, self.order.try_into()?))
    }
}

/// The exports that were ordered together.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({"items": []})))]
pub(crate) struct ExportBatch {
    /// One for each client.
    pub(super) items: Vec<ExportView>,
}

/// What an export was asked to hold.
#[derive(Serialize, ToSchema)]
pub(crate) struct ExportAsked {
    /// Calls started at or after this time.
    from: Time,
    /// Calls started before this time.
    to: Time,
    /// How many numbers were named; none for the repeat offenders.
    numbers: u64,
    /// See the order.
    competitor_id: Option<Uuid>,
    /// See the order.
    office: Option<SubjectText>,
    /// See the order.
    caller_operator_inn: Option<InnText>,
    /// See the order.
    complaint_id: Option<Uuid>,
    /// See the order.
    complaint_state: Option<ComplaintStateWord>,
    /// See the order.
    part_bytes: Option<u64>,
}

impl From<&ExportRequest> for ExportAsked {
    fn from(request: &ExportRequest) -> Self {
        let narrowed = request.narrowed_to;
        Self {
            from: Time(request.from()),
            to: Time(request.to()),
            numbers: request.numbers.len() as u64,
            competitor_id: narrowed.competitor.map(|id| id.0),
            office: narrowed.office.map(SubjectText),
            caller_operator_inn: narrowed.caller_operator.map(InnText),
            complaint_id: narrowed.complaint.map(|id| id.0),
            complaint_state: narrowed.complaint_state.map(Into::into),
            part_bytes: request.part_bytes,
        }
    }
}

/// A batch job that builds packages.
#[derive(Serialize, ToSchema)]
#[schema(as = Export, examples(json!({
    "id": "0197a5b0-7c1e-7d3a-9a51-000000000007",
    "client_id": "0197a5b0-7c1e-7d3a-9a51-000000000001",
    "state": "running",
    "problem": null,
    "waits_for": null,
    "asked": {
        "from": "2026-08-31T21:00:00Z", "to": "2026-10-31T21:00:00Z", "numbers": 0,
        "competitor_id": null, "office": "77", "caller_operator_inn": null,
        "complaint_id": null, "complaint_state": null, "part_bytes": null
    },
    "created_at": "2026-11-01T09:00:00Z",
    "updated_at": "2026-11-01T09:00:05Z"
})))]
pub(crate) struct ExportView {
    /// Its id.
    pub(super) id: Uuid,
    /// Its client.
    client_id: Uuid,
    /// Where it stands.
    state: ExportStateWord,
    /// Why it failed.
    problem: Option<String>,
    /// What it waits for, where it has to: a time-stamp authority that does not answer.
    waits_for: Option<String>,
    /// What was asked.
    asked: ExportAsked,
    /// When it was asked for.
    created_at: Time,
    /// When it last moved.
    updated_at: Time,
}

impl TryFrom<Export> for ExportView {
    type Error = ApiError;

    fn try_from(export: Export) -> ApiResult<Self> {
        let asked = ExportAsked::from(&export.request()?);
        Ok(Self {
            id: export.id.0,
            client_id: export.client_id.0,
            state: export.state.into(),
            problem: export.problem,
            waits_for: export.waits_for,
            asked,
            created_at: Time(export.created_at),
            updated_at: Time(export.updated_at),
        })
    }
}

/// How many packages stand where.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct PackageCounts {
    /// Not built yet.
    queued: u32,
    /// Built, and something is missing.
    draft: u32,
    /// Built, and nothing is missing.
    ready: u32,
    /// Could not be built.
    failed: u32,
}

/// Everything of one complaint.
#[derive(Serialize, ToSchema)]
#[schema(as = Package)]
pub(crate) struct PackageView {
    /// Its id.
    id: Uuid,
    /// The number complained of.
    caller: PhoneNumber,
    /// Where it stands.
    state: PackageStateWord,
    /// How many interceptions it holds.
    interceptions: u32,
    /// What it still lacks before it may be filed.
    missing: Vec<MissingWord>,
    /// The archive's size; null until it is built.
    bytes: Option<i64>,
    /// SHA-256 of the archive, in hexadecimal.
    sha256: Option<String>,
    /// Why it could not be built.
    problem: Option<String>,
    /// The fingerprint of the key that signed it; null where none did.
    signed_by: Option<String>,
    /// When a time-stamp authority saw it, by the authority's clock; null where none was
    /// asked.
    stamped_at: Option<Time>,
}

impl TryFrom<Package> for PackageView {
    type Error = ApiError;

    fn try_from(package: Package) -> ApiResult<Self> {
        let unreadable = || "a stored list of what is missing is unreadable".to_owned();
        let missing: Vec<Missing> =
            serde_json::from_str(&package.missing).map_err(|_| ApiError::Internal(unreadable()))?;
        Ok(Self {
            id: package.id.0,
            caller: PhoneNumber(package.caller),
            state: package.state.into(),
            interceptions: unsigned(package.interceptions)?,
            missing: missing.into_iter().map(Into::into).collect(),
            bytes: package.bytes,
            sha256: package.sha256.as_deref().map(hex),
            problem: package.problem,
            signed_by: package.signed_by,
            stamped_at: package.stamped_at.map(Time),
        })
    }
}

/// An export with its packages.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({
    "export": {
        "id": "0197a5b0-7c1e-7d3a-9a51-000000000007",
        "client_id": "0197a5b0-7c1e-7d3a-9a51-000000000001",
        "state": "done",
        "problem": null,
        "waits_for": null,
        "asked": {
            "from": "2026-08-31T21:00:00Z", "to": "2026-10-31T21:00:00Z", "numbers": 0,
            "competitor_id": null, "office": "77", "caller_operator_inn": null,
            "complaint_id": null, "complaint_state": null, "part_bytes": null
        },
        "created_at": "2026-11-01T09:00:00Z",
        "updated_at": "2026-11-01T09:00:09Z"
    },
    "counts": {"queued": 0, "draft": 1, "ready": 0, "failed": 0},
    "packages": [{
        "id": "0197a5b0-7c1e-7d3a-9a51-000000000008",
        "caller": "+79160000001",
        "state": "draft",
        "interceptions": 5,
        "missing": ["statement", "applicant"],
        "bytes": 412345,
        "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "problem": null,
        "signed_by": null,
        "stamped_at": null
    }]
})))]
pub(crate) struct ExportDetail {
    /// The export.
    pub(super) export: ExportView,
    /// Its progress.
    pub(super) counts: PackageCounts,
    /// The first thousand of its packages, in order of the number complained of; all
    /// of them are listed at `/v1/exports/{id}/packages`.
    #[schema(max_items = 1000)]
    pub(super) packages: Vec<PackageView>,
}

/// A piece of the list of an export's packages.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({"items": [], "next_cursor": null})))]
pub(crate) struct PackagePage {
    /// In order of the number complained of.
    pub(super) items: Vec<PackageView>,
    /// Leads to the next piece; null at the end.
    pub(super) next_cursor: Option<String>,
}

/// A piece of the list of exports.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({"items": [], "next_cursor": null})))]
pub(crate) struct ExportPage {
    /// In order of asking.
    pub(super) items: Vec<ExportView>,
    /// Leads to the next piece; null at the end.
    pub(super) next_cursor: Option<String>,
}

/// Everything the caller left out is filled in here, so that a later change of
/// the usual values changes no export.
impl TryFrom<CreateExport> for ExportRequest {
    type Error = ApiError;

    fn try_from(body: CreateExport) -> ApiResult<Self> {
        let (from, to) =
            period(body.from, body.to).map_err(|_| ApiError::field("/to", Fault::OutOfRange))?;
        let numbers: Option<Vec<Phone>> =
            body.numbers.map(|numbers| numbers.into_iter().map(|number| number.0).collect());
        match numbers.as_deref() {
            Some([]) => return Err(ApiError::field("/numbers", Fault::Empty)),
            Some(numbers) if numbers.len() > MAX_NUMBERS => {
                return Err(ApiError::field("/numbers", Fault::TooMany));
            }
            _ => {}
        }
        if body.verdicts.as_ref().is_some_and(Vec::is_empty) {
            return Err(ApiError::field("/verdicts", Fault::Empty));
        }
        let narrows_otherwise = body.competitor_id.is_some()
            || body.office.is_some()
            || body.caller_operator_inn.is_some()
            || body.complaint_state.is_some()
            || numbers.is_some();
        if body.complaint_id.is_some() && narrows_otherwise {
            return Err(ApiError::field("/complaint_id", Fault::NotTogether));
        }
        let of_complaints = body.complaint_id.is_some() || body.complaint_state.is_some();
        let told = thresholds([body.interceptions, body.traps, body.baits, None, body.days]);
        let verdicts = body.verdicts.map(|words| words.into_iter().map(Verdict::from).collect());
        Ok(Self {
            from_micros: from.0,
            to_micros: to.0,
            numbers: numbers.unwrap_or_default(),
            thresholds: ExportThresholds {
                interceptions: told.interceptions,
                traps: told.traps,
                baits: told.baits,
                days: told.days,
            },
            verdicts: verdicts.unwrap_or_else(|| {
                // What a lawyer chose to complain of is no matter of verdicts.
                if of_complaints { Verdict::ALL.to_vec() } else { VerdictList::default().0 }
            }),
            narrowed_to: ExportNarrowing {
                competitor: body.competitor_id.map(CompetitorId),
                office: body.office.map(|subject| subject.0),
                caller_operator: body.caller_operator_inn.map(|inn| inn.0),
                complaint: body.complaint_id.map(ComplaintId),
                complaint_state: body.complaint_state.map(Into::into),
            },
            part_bytes: body.part_bytes.map(|bytes| bytes.0.into()),
        })
    }
}

impl PackageCounts {
    /// As the store counts them.
    pub(super) fn of(counted: &[(PackageState, i64)]) -> Self {
        let mut counts = Self::default();
        for (state, packages) in counted {
            *match state {
                PackageState::Queued => &mut counts.queued,
                PackageState::Draft => &mut counts.draft,
                PackageState::Ready => &mut counts.ready,
                PackageState::Failed => &mut counts.failed,
            } = u32::try_from(*packages).unwrap_or(u32::MAX);
        }
        counts
    }
}
