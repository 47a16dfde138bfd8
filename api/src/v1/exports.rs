//! `/v1/exports`: batches of complaint packages, built by the worker.

use crate::routes::ServiceConfig;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use baitline_domain::gate::Missing;
use baitline_domain::ids::ExportId;
use baitline_domain::phone::Phone;
use baitline_domain::verdict::Verdict;
use baitline_store::exports::{self, ExportRequest, ExportThresholds};
use baitline_store::models::{Export, Package, PackageState};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::reports::period;
use super::{page, unsigned};
use crate::app::AppData;
use crate::auth::Caller;
use crate::download::hex;
use crate::extract::Body;
use crate::fault::Fault;
use crate::fields::{PhoneNumber, Time};
use crate::once::{Once, OnceHeader, Reply};
use crate::paging::{self, Cursor, Limit};
use crate::permissions::Exports;
use crate::problem::{ApiError, ApiResult, Problem};
use crate::query::Params;
use crate::thresholds::{Threshold, VerdictList, thresholds};
use crate::words::{ExportStateWord, MissingWord, PackageStateWord, VerdictWord};

/// The most numbers of one export.
pub(super) const MAX_NUMBERS: usize = 1_000;

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(create_export).service(list_exports).service(find_export).service(cancel_export);
}

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
    client_id: Option<Uuid>,
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
}

/// A batch job that builds packages.
#[derive(Serialize, ToSchema)]
#[schema(as = Export, examples(json!({
    "id": "0197a5b0-7c1e-7d3a-9a51-000000000007",
    "client_id": "0197a5b0-7c1e-7d3a-9a51-000000000001",
    "state": "running",
    "problem": null,
    "created_at": "2026-11-01T09:00:00Z",
    "updated_at": "2026-11-01T09:00:05Z"
})))]
pub(crate) struct ExportView {
    /// Its id.
    id: Uuid,
    /// Its client.
    client_id: Uuid,
    /// Where it stands.
    state: ExportStateWord,
    /// Why it failed.
    problem: Option<String>,
    /// When it was asked for.
    created_at: Time,
    /// When it last moved.
    updated_at: Time,
}

impl From<Export> for ExportView {
    fn from(export: Export) -> Self {
        Self {
            id: export.id.0,
            client_id: export.client_id.0,
            state: export.state.into(),
            problem: export.problem,
            created_at: Time(export.created_at),
            updated_at: Time(export.updated_at),
        }
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
}

/// An export with its packages.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({
    "export": {
        "id": "0197a5b0-7c1e-7d3a-9a51-000000000007",
        "client_id": "0197a5b0-7c1e-7d3a-9a51-000000000001",
        "state": "done",
        "problem": null,
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
        "problem": null
    }]
})))]
pub(crate) struct ExportDetail {
    /// The export.
    export: ExportView,
    /// Its progress.
    counts: PackageCounts,
    /// Its packages, in order of the number complained of.
    packages: Vec<PackageView>,
}

/// A piece of the list of exports.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({"items": [], "next_cursor": null})))]
pub(crate) struct ExportPage {
    /// In order of asking.
    items: Vec<ExportView>,
    /// Leads to the next piece; null at the end.
    next_cursor: Option<String>,
}

/// Which exports, and which piece of the list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListExports {
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

/// Ask for an export
///
/// The worker builds one package for each number; `Location` names the export
/// to watch.
#[utoipa::path(
    tag = "exports",
    security(("bearer" = ["exports"])),
    params(OnceHeader),
    request_body = CreateExport,
    responses((
        status = 202,
        description = "The export waits for the worker.",
        body = ExportView,
        headers(("Location" = String, description = "The export's path.")),
    )),
)]
#[post("/v1/exports")]
async fn create_export(
    app: AppData,
    caller: Caller<Exports>,
    once: Once,
    body: Body<CreateExport>,
) -> ApiResult<HttpResponse> {
    let client = caller.client(body.0.client_id)?;
    let request = ExportRequest::try_from(body.0)?;
    let work = move |conn: &mut _| exports::create_export(conn, client, &request);
    let reply = |export| {
        let view = ExportView::from(export);
        Reply::accepted(format!("/v1/exports/{}", view.id), &view)
    };
    app.create_once(&once, client, work, reply).await
}

/// List exports
#[utoipa::path(
    tag = "exports",
    security(("bearer" = ["exports"])),
    params(ListExports),
    responses((status = 200, description = "A piece of the list.", body = ExportPage)),
)]
#[get("/v1/exports")]
async fn list_exports(
    app: AppData,
    req: HttpRequest,
    caller: Caller<Exports>,
    query: Params<ListExports>,
) -> ApiResult<HttpResponse> {
    let ListExports { client_id, cursor, limit } = query.0;
    let reach = caller.reach(client_id)?;
    let page = page(cursor, limit);
    let rows = app.read(reach, move |conn| exports::list_exports(conn, reach, page)).await?;
    let (rows, next_cursor) = paging::cut(rows, limit, |row| Cursor::of_id(row.id.0));
    let items = rows.into_iter().map(ExportView::from).collect();
    let page = ExportPage { items, next_cursor };
    Ok(paging::answer(&req, page.next_cursor.as_deref(), &page))
}

/// Find one export
///
/// With its progress and its packages.
#[utoipa::path(
    tag = "exports",
    security(("bearer" = ["exports"])),
    params(("id" = Uuid, Path, description = "The export's id.")),
    responses((status = 200, description = "The export.", body = ExportDetail)),
)]
#[get("/v1/exports/{id}")]
async fn find_export(
    app: AppData,
    caller: Caller<Exports>,
    id: web::Path<Uuid>,
) -> ApiResult<web::Json<ExportDetail>> {
    let (id, reach) = (ExportId(id.into_inner()), caller.whole_reach()?);
    let (export, packages) = app
        .read(reach, move |conn| {
            let export = exports::find_export(conn, reach, id)?;
            let packages = exports::packages_of(conn, export.client_id, id)?;
            Ok((export, packages))
        })
        .await?;
    Ok(web::Json(ExportDetail {
        export: export.into(),
        counts: counts(&packages),
        packages: packages.into_iter().map(package_view).collect::<ApiResult<_>>()?,
    }))
}

/// Cancel an export
///
/// Packages built before stay. A second time changes nothing.
#[utoipa::path(
    tag = "exports",
    security(("bearer" = ["exports"])),
    params(("id" = Uuid, Path, description = "The export's id.")),
    responses(
        (status = 200, description = "It is cancelled.", body = ExportView),
        (status = 409, description = "It has ended before.", body = Problem),
    ),
)]
#[post("/v1/exports/{id}/cancellation")]
async fn cancel_export(
    app: AppData,
    caller: Caller<Exports>,
    id: web::Path<Uuid>,
) -> ApiResult<web::Json<ExportView>> {
    let (id, reach) = (ExportId(id.into_inner()), caller.whole_reach()?);
    let export = app.write(reach, move |conn| {
        let client = exports::find_export(conn, reach, id)?.client_id;
        exports::cancel_export(conn, client, id)
    });
    Ok(web::Json(export.await?.into()))
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
            verdicts: verdicts.unwrap_or_else(|| VerdictList::default().0),
        })
    }
}

fn counts(packages: &[Package]) -> PackageCounts {
    let mut counts = PackageCounts::default();
    for package in packages {
        *match package.state {
            PackageState::Queued => &mut counts.queued,
            PackageState::Draft => &mut counts.draft,
            PackageState::Ready => &mut counts.ready,
            PackageState::Failed => &mut counts.failed,
        } += 1;
    }
    counts
}

fn package_view(package: Package) -> ApiResult<PackageView> {
    let missing: Vec<Missing> = serde_json::from_str(&package.missing)
        .map_err(|_| ApiError::Internal("a stored list of what is missing is unreadable".into()))?;
    Ok(PackageView {
        id: package.id.0,
        caller: PhoneNumber(package.caller),
        state: package.state.into(),
        interceptions: unsigned(package.interceptions)?,
        missing: missing.into_iter().map(Into::into).collect(),
        bytes: package.bytes,
        sha256: package.sha256.as_deref().map(hex),
        problem: package.problem,
    })
}
