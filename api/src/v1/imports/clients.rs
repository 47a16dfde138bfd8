//! `/v1/clients/imports`.

use crate::routes::ServiceConfig;
use actix_web::{HttpRequest, HttpResponse, post, web};
use baitline_store::entries::enter_clients;
use baitline_store::models::NewClient;
use baitline_store::{Conn, Reach};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{Desk, Fate, Rows, Work, answer, read_cells, row_fault, take_rows};
use crate::app::{AppData, blocking};
use crate::auth::Agency;
use crate::permissions::Admin;
use crate::problem::ApiResult;
use crate::query::Params;
use crate::v1::clients::CreateClient;
use crate::v1::receipts::BulkAnswer;

const COLUMNS: &[&str] = &["name", "time_zone", "window_hours"];

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(import_clients);
}

/// Whether the clients are kept.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ImportClients {
    /// Only tell what would become of the rows.
    #[param(nullable = false)]
    dry_run: Option<bool>,
}

/// Import clients
///
/// A CSV (UTF-8 or CP1251, commas or semicolons) or the first sheet of an XLSX
/// workbook, up to 8 MiB and 10,000 rows, under a header with any of `name`,
/// `time_zone`, `window_hours`. A client whose exact name is known is a
/// duplicate, or a conflict where its zone or window is another one, which
/// stays; an empty cell stands for what a client gets unless told. Sending a
/// table again is safe. Only an agency's key may.
#[utoipa::path(
    tag = "clients",
    security(("bearer" = ["admin"])),
    params(ImportClients),
    request_body(content(
        (String = "text/csv", example = json!(
            "name,time_zone,window_hours\n\
             Стоматология «Белый клык»,Europe/Moscow,48\nОкна Плюс,Asia/Yekaterinburg,\n"
        )),
        (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    )),
    responses((status = 200, description = "A receipt for each row.", body = BulkAnswer)),
)]
#[post("/v1/clients/imports")]
async fn import_clients(
    app: AppData,
    req: HttpRequest,
    _: Agency<Admin>,
    query: Params<ImportClients>,
    payload: web::Payload,
) -> ApiResult<HttpResponse> {
    let table = take_rows(&app, &req, payload, COLUMNS).await?;
    let desk = Desk::of(&app, query.0.dry_run);
    let purpose = desk.purpose;
    let receipts = blocking(move || {
        let (mut rows, mut fates) = (Rows::default(), Vec::with_capacity(table.len()));
        for row in table {
            let read =
                row.result.map_err(row_fault).and_then(|cells| read_cells::<CreateClient>(&cells));
            let fate = match read {
                Ok(body) => {
                    rows.add(fates.len(), NewClient::from(body));
                    Fate::NotProcessed
                }
                Err(item) => Fate::Rejected(item),
            };
            fates.push((row.line, fate));
        }
        let mut work = Work { desk: &desk, fates, is_begun: false };
        let enter = |conn: &mut Conn, new: &[NewClient]| enter_clients(conn, new, desk.purpose);
        work.enter(Reach::Agency, &rows, enter)?;
        work.receipts()
    });
    answer(&app, "clients", purpose, receipts.await?)
}
