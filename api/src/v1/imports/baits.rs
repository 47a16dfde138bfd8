//! `/v1/baits/imports`.

use crate::routes::ServiceConfig;
use actix_web::{HttpRequest, HttpResponse, post, web};
use baitline_intake::table::Cells;
use baitline_store::entries::enter_baits;
use baitline_store::models::NewBait;

use super::placing::CLIENT;
use super::{ImportRows, answer, read_cells, read_rows, take_placed};
use crate::app::{AppData, blocking};
use crate::auth::Caller;
use crate::fault::FaultItem;
use crate::permissions::Admin;
use crate::problem::ApiResult;
use crate::query::Params;
use crate::v1::baits::CreateBait;
use crate::v1::receipts::BulkAnswer;

const COLUMNS: &[&str] = &[CLIENT, "number", "reference", "operator_inn", "region", "note"];
const NO_TIMES: &[&str] = &[];

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(import_baits);
}

/// Import baits
///
/// A CSV (UTF-8 or CP1251, commas or semicolons) or the first sheet of an XLSX
/// workbook, up to 8 MiB and 10,000 rows, under a header with any of `client`,
/// `number`, `reference`, `operator_inn`, `region`, `note`. `client` is the id
/// or exact name of a row's client. A number that is known is a duplicate, or a
/// conflict where the row says something else than what is stored, which stays;
/// an empty cell says nothing. Sending a table again is safe.
#[utoipa::path(
    tag = "baits",
    security(("bearer" = ["admin"])),
    params(ImportRows),
    request_body(content(
        (String = "text/csv", example = json!(
            "number;reference;operator_inn;region\n8 900 123-45-67;M-017;7743895280;Москва\n"
        )),
        (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    )),
    responses((status = 200, description = "A receipt for each row.", body = BulkAnswer)),
)]
#[post("/v1/baits/imports")]
async fn import_baits(
    app: AppData,
    req: HttpRequest,
    caller: Caller<Admin>,
    query: Params<ImportRows>,
    payload: web::Payload,
) -> ApiResult<HttpResponse> {
    let columns = (COLUMNS, NO_TIMES);
    let (desk, placed) = take_placed(&app, &req, &caller, query.0, payload, columns).await?;
    let purpose = desk.purpose;
    let receipts =
        blocking(move || desk.enter(read_rows(placed, |_, cells| read(cells)), enter_baits));
    answer(&app, "baits", purpose, receipts.await?)
}

fn read(cells: &Cells) -> Result<NewBait, FaultItem> {
    read_cells::<CreateBait>(cells).map(NewBait::from)
}
