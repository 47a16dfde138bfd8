//! `/v1/files/{id}/rejections`: the rows of a file that were not taken. A person
//! corrects each, or says that it need not be taken.

use crate::routes::ServiceConfig;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use baitline_domain::ids::{FileId, RejectionId};
use baitline_domain::observation::Report;
use baitline_intake::calls::{CsvColumns, Rejection, Sources, read_object};
use baitline_intake::profile::RowReader;
use baitline_store::files::{self, RejectionFilter, RejectionPage};
use baitline_store::models::{CallFile, FileRejection, Source};
use baitline_store::{Reach, sources};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::file_views::{
    DismissRejections, Dismissed, MAX_CORRECTED_CELL_CHARS, MAX_CORRECTED_CELLS, RejectionCode,
    RejectionPageView, RejectionView, SettleRejection, header_of, rejection_view, table_columns,
    table_row, width,
};
use super::ingest::known_sources;
use super::profiles::read_stored;
use super::receipts::fault_of;
use crate::app::AppData;
use crate::auth::Caller;
use crate::extract::Body;
use crate::fault::{Fault, FaultItem};
use crate::once::{Once, OnceHeader, Reply};
use crate::paging::{self, Cursor, Limit, rows_to_ask};
use crate::permissions::CallsWrite;
use crate::problem::{ApiError, ApiResult, Problem};
use crate::query::Params;
use crate::tabular::{csv_answer, wants_csv};
use crate::words::RejectionStateWord;

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_file_rejections)
        .service(settle_file_rejection)
        .service(dismiss_file_rejections);
}

/// Which rejections, and which piece of the list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListRejections {
    /// In this state.
    #[param(nullable = false)]
    state: Option<RejectionStateWord>,
    /// Rejected with this word.
    #[param(value_type = Option<String>, min_length = 1, max_length = 64, nullable = false)]
    code: Option<RejectionCode>,
    /// Where the piece before ended.
    #[param(value_type = Option<String>, nullable = false)]
    cursor: Option<Cursor>,
    /// How many, 100 unless told.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1000, nullable = false)]
    limit: Option<Limit>,
}

/// List the rejections of a file
///
/// In order of place, each with what stands there and why it was not taken; a
/// record that contradicts a known one is among them. With `Accept: text/csv` a
/// table with the cells of the file.
#[utoipa::path(
    tag = "files",
    security(("bearer" = ["calls:write"])),
    params(("id" = Uuid, Path, description = "The file's id."), ListRejections),
    responses(
        (
            status = 200,
            description = "A piece of the list.",
            content((RejectionPageView = "application/json"), (String = "text/csv", example = json!(
                "rejection_id,rejection_place,rejection_state,rejection_code\r\n"
            ))),
        ),
    ),
)]
#[get("/v1/files/{id}/rejections")]
async fn list_file_rejections(
    app: AppData,
    req: HttpRequest,
    caller: Caller<CallsWrite>,
    id: web::Path<Uuid>,
    query: Params<ListRejections>,
) -> ApiResult<HttpResponse> {
    let as_csv = wants_csv(&req)?;
    let (id, reach) = (FileId(id.into_inner()), caller.whole_reach()?);
    let ListRejections { state, code, cursor, limit } = query.0;
    let filter = RejectionFilter { state: state.map(Into::into), code: code.map(|code| code.0) };
    let after = cursor.map(|cursor| cursor.micros);
    let page = RejectionPage { after, limit: rows_to_ask(limit) };
    let (file, rows) = app
        .read(reach, move |conn| {
            let file = files::find_file(conn, reach, id)?;
            let rows = files::list_rejections(conn, file.client_id, id, &filter, page)?;
            Ok((file, rows))
        })
        .await?;
    // The list is in order of place, which stands where other lists have a time.
    let key = |row: &FileRejection| Cursor { micros: row.place, id: row.id.0 };
    let (rows, next_cursor) = paging::cut(rows, limit, key);
    let items: Vec<RejectionView> =
        rows.into_iter().map(rejection_view).collect::<ApiResult<_>>()?;
    if !as_csv {
        let page = RejectionPageView { items, next_cursor };
        return Ok(paging::answer(&req, page.next_cursor.as_deref(), &page));
    }
    let header = header_of(&file)?;
    let width = width(&header, &items);
    let columns = table_columns(&header, width);
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    let rows = items.into_iter().map(|view| table_row(view, width));
    csv_answer(&req, next_cursor.as_deref(), "rejections.csv", &columns, rows)
}

/// Settle a rejection
///
/// With the `record` it should have been, or the `cells` it should have had under
/// the columns of its file: that is taken like any other and its observation
/// named. Or with the reason why it need not be taken.
#[utoipa::path(
    tag = "files",
    security(("bearer" = ["calls:write"])),
    params(
        ("id" = Uuid, Path, description = "The file's id."),
        ("rejection" = Uuid, Path, description = "The rejection's id."),
        OnceHeader,
    ),
    request_body = SettleRejection,
    responses(
        (status = 200, description = "It is settled.", body = RejectionView),
        (status = 409, description = "It was settled before, or the record contradicts the one \
            that is there.", body = Problem),
    ),
)]
#[post("/v1/files/{id}/rejections/{rejection}")]
async fn settle_file_rejection(
    app: AppData,
    caller: Caller<CallsWrite>,
    once: Once,
    path: web::Path<(Uuid, Uuid)>,
    body: Body<SettleRejection>,
) -> ApiResult<HttpResponse> {
    let (id, rejection) = path.into_inner();
    let (id, rejection, reach) = (FileId(id), RejectionId(rejection), caller.whole_reach()?);
    let (file, row, known) = app
        .read(reach, move |conn| {
            let row = files::find_rejection(conn, reach, id, rejection)?;
            let file = files::find_file(conn, reach, id)?;
            let known = sources::sources_of(conn, row.client_id)?;
            Ok((file, row, known))
        })
        .await?;
    let settling = settling(&file, known, body.0)?;
    let by = caller.key_id().to_owned();
    let work = move |conn: &mut _| {
        match &settling {
            Settling::Correct(report) => {
                files::correct_rejection(conn, &row, report, &by)?;
            }
            Settling::Dismiss(reason) => files::dismiss_rejection(conn, &row, reason, &by)?,
        }
        files::find_rejection(conn, reach, id, rejection)
    };
    let reply = |row| Reply::ok(&rejection_view(row)?);
    app.write_once(&once, Reach::Client(file.client_id), work, reply).await
}

/// Dismiss rejections of a file
///
/// All that are open, or those of one code.
#[utoipa::path(
    tag = "files",
    security(("bearer" = ["calls:write"])),
    params(("id" = Uuid, Path, description = "The file's id.")),
    request_body = DismissRejections,
    responses((status = 200, description = "They are dismissed.", body = Dismissed)),
)]
#[post("/v1/files/{id}/dismissals")]
async fn dismiss_file_rejections(
    app: AppData,
    caller: Caller<CallsWrite>,
    id: web::Path<Uuid>,
    body: Body<DismissRejections>,
) -> ApiResult<web::Json<Dismissed>> {
    let (id, reach) = (FileId(id.into_inner()), caller.whole_reach()?);
    let DismissRejections { code, reason } = body.0;
    let by = caller.key_id().to_owned();
    let dismissed = app.write(reach, move |conn| {
        let file = files::find_file(conn, reach, id)?;
        let code = code.as_ref().map(|code| code.0.as_str());
        let dismissed = files::dismiss_open(conn, &file, code, &reason.0, &by)?;
        let open_rejections = files::find_file(conn, reach, id)?.open_rejections;
        Ok(Dismissed { dismissed, open_rejections })
    });
    Ok(web::Json(dismissed.await?))
}

/// What becomes of a rejection.
enum Settling {
    /// It is taken as this.
    Correct(Box<Report>),
    /// It is not, for this reason.
    Dismiss(String),
}

fn settling(file: &CallFile, known: Vec<Source>, body: SettleRejection) -> ApiResult<Settling> {
    let report = match (body.record, body.cells, body.dismissal_reason) {
        (None, None, Some(reason)) => return Ok(Settling::Dismiss(reason.0)),
        (Some(record), None, None) => of_record(file, known, record.get())?,
        (None, Some(cells), None) => of_cells(file, known, cells)?,
        (None, None, None) => return Err(ApiError::field("/record", Fault::Missing)),
        (_, _, Some(_)) => return Err(ApiError::field("/dismissal_reason", Fault::NotTogether)),
        (Some(_), Some(_), None) => return Err(ApiError::field("/cells", Fault::NotTogether)),
    };
    Ok(Settling::Correct(Box::new(report)))
}

/// Reads a corrected record as the records of the file were.
fn of_record(file: &CallFile, known: Vec<Source>, text: &str) -> ApiResult<Report> {
    let sources = sources_of(file, known)?;
    read_object(text)
        .and_then(|record| sources.report(file.client_id, &record, baitline_store::now()))
        .map_err(|rejection| {
            let field = rejection.pointer.clone().unwrap_or_default();
            refuse(rejection, format!("/record{field}"))
        })
}

/// Reads corrected cells as the rows of the file were. The field at fault is named
/// by the sentence, for its column may have any place.
fn of_cells(file: &CallFile, known: Vec<Source>, cells: Vec<String>) -> ApiResult<Report> {
    if cells.len() > MAX_CORRECTED_CELLS {
        return Err(ApiError::field("/cells", Fault::TooMany));
    }
    if let Some(at) = cells.iter().position(|cell| cell.chars().count() > MAX_CORRECTED_CELL_CHARS)
    {
        return Err(ApiError::field(&format!("/cells/{at}"), Fault::TooLong));
    }
    let header = header_of(file)?;
    let (client, now) = (file.client_id, baitline_store::now());
    let refuse = |rejection| refuse(rejection, "/cells".to_owned());
    let Some(stored) = &file.profile else {
        let columns = CsvColumns::named(&header)
            .map_err(|_| ApiError::field("/cells", Fault::NotTogether))?;
        if cells.len() != header.len() {
            return Err(ApiError::field("/cells", Fault::BrokenRow));
        }
        let sources = sources_of(file, known)?;
        let record = columns.read(cells.into_iter().map(String::into_bytes).collect());
        return record.and_then(|record| sources.report(client, &record, now)).map_err(refuse);
    };
    let reader = RowReader::new(&read_stored(stored)?, &header)
        .map_err(|_| ApiError::Internal("a stored profile cannot be used".to_owned()))?;
    let source = known.iter().find(|source| Some(source.id) == file.source_id);
    let name = source.map(|source| source.name.clone()).unwrap_or_default();
    let sources = sources_of(file, known)?;
    let settings = sources.settings(&name).ok_or(ApiError::NotFound(None))?;
    match reader.read(&cells).map_err(refuse)? {
        Some(call) => call.normalise(client, settings, now).map_err(refuse),
        None => Err(ApiError::field("/cells", Fault::InvalidValue)),
    }
}

fn sources_of(file: &CallFile, known: Vec<Source>) -> ApiResult<Sources> {
    let default = known.iter().find(|source| Some(source.id) == file.source_id);
    let default = default.map(|source| source.name.clone());
    let sources = known_sources(known)?;
    Ok(match default {
        Some(name) => sources.with_default(name).unwrap_or_default(),
        None => sources,
    })
}

fn refuse(rejection: Rejection, pointer: String) -> ApiError {
    let item = fault_of(rejection);
    ApiError::Unprocessable(vec![FaultItem { pointer: Some(pointer), ..item }])
}
