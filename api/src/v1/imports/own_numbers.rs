//! `/v1/own-numbers/imports`.

use crate::routes::ServiceConfig;
use actix_web::{HttpRequest, HttpResponse, post, web};
use baitline_intake::table::Cells;
use baitline_store::entries::enter_own_numbers;
use baitline_store::models::NewOwnNumber;

use super::placing::CLIENT;
use super::{ImportRows, answer, first_fault, read_cells, read_rows, take_placed};
use crate::app::{AppData, blocking};
use crate::auth::Caller;
use crate::fault::FaultItem;
use crate::permissions::Admin;
use crate::problem::ApiResult;
use crate::query::Params;
use crate::v1::own_numbers::CreateOwnNumber;
use crate::v1::receipts::BulkAnswer;

const COLUMNS: &[&str] =
    &[CLIENT, "number", "first", "last", "kind", "valid_from", "valid_to", "vendor", "note"];
const TIMES: &[&str] = &["valid_from", "valid_to"];

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(import_own_numbers);
}

/// Import own numbers
///
/// A CSV (UTF-8 or CP1251, commas or semicolons) or the first sheet of an XLSX
/// workbook, up to 8 MiB and 10,000 rows, under a header with any of `client`,
/// `number`, `first`, `last`, `kind`, `valid_from`, `valid_to`, `vendor`,
/// `note`. `client` is the id or exact name of a row's client. Times may do
/// without an offset: then they are local to the client. A range that is known
/// with the same validity is a duplicate; another validity that overlaps, or
/// another use of the number then, is a conflict, and what is stored stays.
/// Sending a table again is safe.
#[utoipa::path(
    tag = "own-numbers",
    security(("bearer" = ["admin"])),
    params(ImportRows),
    request_body(content(
        (String = "text/csv", example = json!(
            "number,first,last,kind,valid_from,vendor\n\
             8 (495) 123-45-67,,,advertised,,\n\
             ,+74951230000,+74951230099,tracking,01.10.2026 00:00,Calltouch\n"
        )),
        (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    )),
    responses((status = 200, description = "A receipt for each row.", body = BulkAnswer)),
)]
#[post("/v1/own-numbers/imports")]
async fn import_own_numbers(
    app: AppData,
    req: HttpRequest,
    caller: Caller<Admin>,
    query: Params<ImportRows>,
    payload: web::Payload,
) -> ApiResult<HttpResponse> {
    let columns = (COLUMNS, TIMES);
    let (desk, placed) = take_placed(&app, &req, &caller, query.0, payload, columns).await?;
    let purpose = desk.purpose;
    let receipts =
        blocking(move || desk.enter(read_rows(placed, |_, cells| read(cells)), enter_own_numbers));
    answer(&app, "own_numbers", purpose, receipts.await?)
}

fn read(cells: &Cells) -> Result<NewOwnNumber, FaultItem> {
    let body: CreateOwnNumber = read_cells(cells)?;
    NewOwnNumber::try_from(body).map_err(|error| first_fault(&error))
}
