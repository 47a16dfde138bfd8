//! `/v1/exports`: batches of complaint packages, built by the worker.

use crate::routes::ServiceConfig;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use baitline_domain::ids::{ClientId, ExportId};
use baitline_store::exports::{self, ExportRequest};
use baitline_store::models::Export;
use baitline_store::{Conn, Page, Reach, StoreResult, clients};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::export_views::{
    CreateExport, CreateExports, ExportBatch, ExportDetail, ExportPage, ExportView, PackageCounts,
    PackagePage, PackageView,
};
use super::page;
use crate::app::AppData;
use crate::auth::{Agency, Caller};
use crate::extract::Body;
use crate::once::{Once, OnceHeader, Reply};
use crate::paging::{self, Cursor, Limit};
use crate::permissions::Exports;
use crate::problem::{ApiResult, Problem};
use crate::query::Params;
use crate::words::PackageStateWord;

/// Packages that an export tells of itself.
const PACKAGES_TOLD: i64 = 1_000;

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(create_export)
        .service(create_exports)
        .service(list_exports)
        .service(find_export)
        .service(list_packages)
        .service(cancel_export)
        .service(retry_export);
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

/// Which packages, and which piece of the list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListPackages {
    /// In this state.
    #[param(nullable = false)]
    state: Option<PackageStateWord>,
    /// Where the piece before ended.
    #[param(value_type = Option<String>, nullable = false)]
    cursor: Option<Cursor>,
    /// How many, 100 unless told.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1000, nullable = false)]
    limit: Option<Limit>,
}

/// Ask for an export
///
/// The worker builds one package for each number, of one client's calls; `Location`
/// names the export to watch. Who is a repeat offender the whole period tells; a package
/// holds those calls to which the order is narrowed, and a number without any gets none.
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
        let view = ExportView::try_from(export)?;
        Reply::accepted(format!("/v1/exports/{}", view.id), &view)
    };
    app.create_once(&once, client, work, reply).await
}

/// Ask for exports of several clients
///
/// One for each, all of them or none: a package is of one client's calls, and each
/// client's key follows its own export. With an agency's key.
#[utoipa::path(
    tag = "exports",
    security(("bearer" = ["exports"])),
    params(OnceHeader),
    request_body = CreateExports,
    responses((status = 202, description = "The exports wait for the worker.", body = ExportBatch)),
)]
#[post("/v1/exports:batch")]
async fn create_exports(
    app: AppData,
    _: Agency<Exports>,
    once: Once,
    body: Body<CreateExports>,
) -> ApiResult<HttpResponse> {
    let (clients, request) = body.0.read()?;
    let work = move |conn: &mut Conn| {
        let create = |client: &ClientId| {
            clients::find_client(conn, *client)?;
            exports::create_export(conn, *client, &request)
        };
        clients.iter().map(create).collect::<StoreResult<Vec<_>>>()
    };
    let reply = |made: Vec<Export>| {
        let items = made.into_iter().map(ExportView::try_from).collect::<ApiResult<_>>()?;
        Reply::accepted("/v1/exports".to_owned(), &ExportBatch { items })
    };
    app.write_once(&once, Reach::Agency, work, reply).await
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
    let items = rows.into_iter().map(ExportView::try_from).collect::<ApiResult<_>>()?;
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
    let first = Page { after: None, limit: PACKAGES_TOLD };
    let (export, counted, packages) = app
        .read(reach, move |conn| {
            let export = exports::find_export(conn, reach, id)?;
            let counted = exports::count_packages(conn, export.client_id, id)?;
            let packages = exports::list_packages(conn, export.client_id, id, None, first)?;
            Ok((export, counted, packages))
        })
        .await?;
    Ok(web::Json(ExportDetail {
        export: export.try_into()?,
        counts: PackageCounts::of(&counted),
        packages: packages.into_iter().map(PackageView::try_from).collect::<ApiResult<_>>()?,
    }))
}

/// List the packages of an export
///
/// Of one state, where it is told.
#[utoipa::path(
    tag = "exports",
    security(("bearer" = ["exports"])),
    params(("id" = Uuid, Path, description = "The export's id."), ListPackages),
    responses((status = 200, description = "A piece of the list.", body = PackagePage)),
)]
#[get("/v1/exports/{id}/packages")]
async fn list_packages(
    app: AppData,
    req: HttpRequest,
    caller: Caller<Exports>,
    id: web::Path<Uuid>,
    query: Params<ListPackages>,
) -> ApiResult<HttpResponse> {
    let (id, reach) = (ExportId(id.into_inner()), caller.whole_reach()?);
    let ListPackages { state, cursor, limit } = query.0;
    let (state, page) = (state.map(Into::into), page(cursor, limit));
    let rows = app
        .read(reach, move |conn| {
            let client = exports::find_export(conn, reach, id)?.client_id;
            exports::list_packages(conn, client, id, state, page)
        })
        .await?;
    let (rows, next_cursor) = paging::cut(rows, limit, |row| Cursor::of_id(row.id.0));
    let items = rows.into_iter().map(PackageView::try_from).collect::<ApiResult<_>>()?;
    let page = PackagePage { items, next_cursor };
    Ok(paging::answer(&req, page.next_cursor.as_deref(), &page))
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
    Ok(web::Json(export.await?.try_into()?))
}

/// Try the failed packages again
///
/// Of an export that has ended, the packages that could not be built, and those it did
/// not come to, are built anew; the others stay as they are. Where there are none, and
/// while it is on its way, nothing changes. Until it has ended again there is no archive
/// of all.
#[utoipa::path(
    tag = "exports",
    security(("bearer" = ["exports"])),
    params(("id" = Uuid, Path, description = "The export's id.")),
    responses(
        (status = 200, description = "It is on its way, or nothing had failed.", body = ExportView),
        (status = 409, description = "It was cancelled.", body = Problem),
    ),
)]
#[post("/v1/exports/{id}/retry")]
async fn retry_export(
    app: AppData,
    caller: Caller<Exports>,
    id: web::Path<Uuid>,
) -> ApiResult<web::Json<ExportView>> {
    let (id, reach) = (ExportId(id.into_inner()), caller.whole_reach()?);
    let export = app.write(reach, move |conn| {
        let client = exports::find_export(conn, reach, id)?.client_id;
        exports::retry_export(conn, client, id)
    });
    Ok(web::Json(export.await?.try_into()?))
}
