//! `…/imports`: tables of clients, baits, own numbers and traps as people keep
//! them in a spreadsheet. A row is read by the rules of the JSON twin and gets a
//! receipt; a bad one never fails the others. Rows of different clients are
//! entered in different transactions.

mod baits;
mod clients;
mod own_numbers;
mod placing;
mod traps;

use std::collections::BTreeMap;
use std::io::Read;
use std::path::PathBuf;

use crate::routes::ServiceConfig;
use actix_web::{HttpRequest, HttpResponse, web};
use baitline_domain::ids::ClientId;
use baitline_intake::table::{
    self, Cells, MAX_TABLE_BYTES, TableFault, TableFormat, TableRow, TableRowFault,
};
use baitline_store::entries::{Contradiction, Entered, EntryFate, MAX_ENTRIES, Purpose};
use baitline_store::{Conn, Reach, Store, StoreResult};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use utoipa::IntoParams;
use uuid::Uuid;

use self::placing::Sender;
use super::calls::refuse_announced;
use super::receipts::{BulkReceipts, Receipt, ReceiptStatus, Receipts};
use crate::app::{App, blocking};
use crate::auth::Holder;
use crate::extract::media_type;
use crate::fault::{Fault, FaultItem};
use crate::problem::{ApiError, ApiResult};
use crate::query::read_pairs;
use crate::spool;

/// The media type of a workbook.
pub(super) const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .configure(clients::routes)
        .configure(baits::routes)
        .configure(own_numbers::routes)
        .configure(traps::routes);
}

/// Whose rows a table holds, and whether they are kept.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ImportRows {
    /// The client of rows whose column `client` is empty or absent; with an
    /// agency's key each row needs the one or the other.
    #[param(nullable = false)]
    client_id: Option<Uuid>,
    /// Only tell what would become of the rows.
    #[param(nullable = false)]
    dry_run: Option<bool>,
}

fn purpose(dry_run: Option<bool>) -> Purpose {
    if dry_run == Some(true) { Purpose::DryRun } else { Purpose::Keep }
}

/// Counts the receipts, unless the rows were only checked, and sends them.
fn answer(
    app: &App,
    of: &'static str,
    purpose: Purpose,
    receipts: BulkReceipts,
) -> ApiResult<HttpResponse> {
    if purpose == Purpose::Keep {
        app.metrics.count_rows(of, &receipts.counts());
    }
    receipts.answer()
}

/// Takes a table in and splits it into its rows.
async fn take_rows(
    app: &App,
    req: &HttpRequest,
    payload: web::Payload,
    columns: &'static [&'static str],
) -> ApiResult<Vec<TableRow>> {
    let format = match media_type(req).as_deref() {
        Some("text/csv") => TableFormat::Csv,
        Some(XLSX) => TableFormat::Xlsx,
        _ => return Err(ApiError::UnsupportedMediaType("Send text/csv or an XLSX workbook.")),
    };
    refuse_announced(req, MAX_TABLE_BYTES as u64)?;
    let mut body = spool::take_in(payload, &app.spool, MAX_TABLE_BYTES as u64).await?;
    blocking(move || {
        let mut bytes = Vec::new();
        body.read_to_end(&mut bytes).map_err(|error| spool::failed(&error))?;
        table::read(format, &bytes, columns).map_err(|fault| refuse_table(&fault))
    })
    .await
}

/// Takes a table of things that clients have in, with the client of each row.
async fn take_placed(
    app: &App,
    req: &HttpRequest,
    caller: &Holder,
    query: ImportRows,
    payload: web::Payload,
    (columns, times): (&'static [&'static str], &'static [&'static str]),
) -> ApiResult<(Desk, Vec<Entry<Cells>>)> {
    let sender = Sender::of(caller, query.client_id)?;
    let rows = take_rows(app, req, payload, columns).await?;
    let desk = Desk::of(app, query.dry_run);
    blocking(move || {
        let placed = sender.place(&desk.store, rows, times)?;
        Ok((desk, placed))
    })
    .await
}

fn refuse_table(fault: &TableFault) -> ApiError {
    let item = FaultItem {
        line: fault.line(),
        detail: fault.to_string().into(),
        ..FaultItem::of(fault.code(), "")
    };
    match fault {
        TableFault::Empty | TableFault::NotAWorkbook => ApiError::Malformed(item),
        TableFault::TooLarge | TableFault::TooManyRows => {
            ApiError::TooLarge { limit_bytes: MAX_TABLE_BYTES as u64 }
        }
        TableFault::UnknownSheet
        | TableFault::BrokenHeader { .. }
        | TableFault::UnknownColumn { .. }
        | TableFault::DuplicateColumn { .. } => ApiError::Unprocessable(vec![item]),
    }
}

fn row_fault(fault: TableRowFault) -> FaultItem {
    let of_row = |fault: Fault| FaultItem::of(fault.code(), fault.detail());
    match fault {
        TableRowFault::Form => of_row(Fault::BrokenRow),
        TableRowFault::TooLong => of_row(Fault::TooLong),
        TableRowFault::Encoding => of_row(Fault::InvalidUtf8),
        TableRowFault::Cell(column) => FaultItem::at(format!("/{column}"), Fault::InvalidType),
    }
}

/// Reads cells into the shape of a JSON body, by the same rules.
fn read_cells<T: DeserializeOwned>(cells: &Cells) -> Result<T, FaultItem> {
    let pairs = cells.iter().map(|(name, text)| (*name, text.as_str()));
    read_pairs(pairs).map_err(|(name, fault)| FaultItem::at(format!("/{name}"), fault))
}

/// The first thing that is wrong with the values of a row.
fn first_fault(error: &ApiError) -> FaultItem {
    let fault = Fault::InvalidValue;
    error.items().into_iter().next().unwrap_or_else(|| FaultItem::of(fault.code(), fault.detail()))
}

/// A row's line, with its client and what it enters, or what is wrong with it.
type Entry<T> = (u64, Result<(ClientId, T), FaultItem>);

/// Reads the cells of each row into what it enters.
fn read_rows<T>(
    placed: Vec<Entry<Cells>>,
    read: impl Fn(ClientId, &Cells) -> Result<T, FaultItem>,
) -> Vec<Entry<T>> {
    let read_one = |(client, cells): (ClientId, Cells)| Ok((client, read(client, &cells)?));
    placed.into_iter().map(|(line, row)| (line, row.and_then(read_one))).collect()
}

/// Where rows are entered.
struct Desk {
    store: Store,
    purpose: Purpose,
    /// Where receipts wait.
    spool: PathBuf,
}

impl Desk {
    fn of(app: &App, dry_run: Option<bool>) -> Self {
        Self { store: app.store.clone(), purpose: purpose(dry_run), spool: app.spool.clone() }
    }

    /// Enters the rows of each client, and tells what became of each row.
    fn enter<T>(
        &self,
        entries: Vec<Entry<T>>,
        enter: impl Fn(&mut Conn, ClientId, &[T], Purpose) -> StoreResult<Vec<Entered>>,
    ) -> ApiResult<BulkReceipts> {
        let mut by_client: BTreeMap<ClientId, Rows<T>> = BTreeMap::new();
        let mut fates = Vec::with_capacity(entries.len());
        for (line, entry) in entries {
            let fate = match entry {
                Ok((client, new)) => {
                    by_client.entry(client).or_default().add(fates.len(), new);
                    Fate::NotProcessed
                }
                Err(item) => Fate::Rejected(item),
            };
            fates.push((line, fate));
        }
        let mut work = Work { desk: self, fates, is_begun: false };
        for (client, rows) in by_client {
            let enter = |conn: &mut Conn, new: &[T]| enter(conn, client, new, self.purpose);
            if !work.enter(Reach::Client(client), &rows, enter)? {
                break;
            }
        }
        work.receipts()
    }
}

/// Things to enter, with the places of their rows.
struct Rows<T> {
    places: Vec<usize>,
    new: Vec<T>,
}

impl<T> Default for Rows<T> {
    fn default() -> Self {
        Self { places: Vec::new(), new: Vec::new() }
    }
}

impl<T> Rows<T> {
    fn add(&mut self, place: usize, new: T) {
        self.places.push(place);
        self.new.push(new);
    }
}

/// What became of a row so far.
enum Fate {
    Rejected(FaultItem),
    NotProcessed,
    Entered(Entered),
}

/// A table on its way into the database.
struct Work<'a> {
    desk: &'a Desk,
    fates: Vec<(u64, Fate)>,
    /// Some of it is committed: a failure leaves the rest to be sent again,
    /// where before it fails the request.
    is_begun: bool,
}

impl Work<'_> {
    /// Enters rows in batches, each one transaction; `false` when the database
    /// failed midway.
    fn enter<T>(
        &mut self,
        reach: Reach,
        rows: &Rows<T>,
        enter: impl Fn(&mut Conn, &[T]) -> StoreResult<Vec<Entered>>,
    ) -> ApiResult<bool> {
        let batches = rows.places.chunks(MAX_ENTRIES).zip(rows.new.chunks(MAX_ENTRIES));
        for (places, new) in batches {
            let entered = match self.desk.store.write(reach, |conn| enter(conn, new)) {
                Ok(entered) => entered,
                Err(error) if self.is_begun => {
                    tracing::warn!(%error, "an import broke off; the rest is not processed");
                    return Ok(false);
                }
                Err(error) => return Err(error.into()),
            };
            self.is_begun = true;
            for (place, entered) in places.iter().zip(entered) {
                self.fates[*place].1 = Fate::Entered(entered);
            }
        }
        Ok(true)
    }

    fn receipts(self) -> ApiResult<BulkReceipts> {
        let mut receipts = Receipts::new(spool::open(&self.desk.spool));
        for (line, fate) in self.fates {
            receipts.add(&receipt(line, fate))?;
        }
        receipts.finish()
    }
}

fn receipt(line: u64, fate: Fate) -> Receipt {
    let (status, id, error) = match fate {
        Fate::NotProcessed => return Receipt::not_processed(line),
        Fate::Rejected(item) => (ReceiptStatus::Rejected, None, Some(item)),
        Fate::Entered(Entered { fate: EntryFate::Accepted, id }) => {
            (ReceiptStatus::Accepted, id, None)
        }
        Fate::Entered(Entered { fate: EntryFate::Duplicate, id }) => {
            (ReceiptStatus::Duplicate, id, None)
        }
        Fate::Entered(Entered { fate: EntryFate::Conflict(contradiction), id }) => {
            (ReceiptStatus::Conflict, id, Some(conflict(contradiction)))
        }
    };
    Receipt { line, status, id, matched: None.into(), error }
}

fn conflict(contradiction: Contradiction) -> FaultItem {
    let differs = ("differs", "What is stored says otherwise, and stays.");
    let (column, (code, detail)) = match contradiction {
        Contradiction::TimeZone => ("time_zone", differs),
        Contradiction::WindowHours => ("window_hours", differs),
        Contradiction::Reference => ("reference", differs),
        Contradiction::ReferenceTaken => (
            "reference",
            ("bait_reference_taken", "Another bait of the client has this reference."),
        ),
        Contradiction::Operator => ("operator_inn", differs),
        Contradiction::Region => ("region", differs),
        Contradiction::Note => ("note", differs),
        Contradiction::Kind => ("kind", differs),
        Contradiction::Validity => {
            let detail = "The number is stored with another validity that overlaps, and it stays.";
            ("valid_from", ("validity_differs", detail))
        }
        Contradiction::Vendor => ("vendor", differs),
        Contradiction::RunEnd => ("ends_at", differs),
        Contradiction::RecorderTest => ("recorder_tested_at", differs),
        Contradiction::Exposures => ("site_visit_at", differs),
        Contradiction::TrapOverlaps => {
            ("started_at", ("trap_overlaps", "The bait has a trap whose run overlaps."))
        }
        Contradiction::BaitRetired => {
            ("bait", ("bait_retired", "The bait is retired; take it back into use first."))
        }
        Contradiction::BaitNotAssigned => (
            "started_at",
            ("bait_not_assigned", "The SIM is not assigned to the client at that time."),
        ),
        Contradiction::NumberOfABait => (
            "number",
            ("number_of_a_bait", "The client has a bait with this number, which is no own number."),
        ),
    };
    FaultItem { pointer: Some(format!("/{column}")), ..FaultItem::of(code, detail) }
}
