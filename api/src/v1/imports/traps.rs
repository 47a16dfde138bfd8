//! `/v1/traps/imports`.

use std::collections::{BTreeMap, HashMap};

use crate::routes::ServiceConfig;
use actix_web::{HttpRequest, HttpResponse, post, web};
use baitline_domain::ids::{BaitId, ClientId};
use baitline_domain::observation::BaitName;
use baitline_domain::phone::Party;
use baitline_intake::table::Cells;
use baitline_store::entries::enter_traps;
use baitline_store::models::NewTrap;
use baitline_store::{Reach, Store, StoreResult, baits};
use serde::Deserialize;

use super::placing::{CLIENT, is_askable};
use super::{Entry, ImportRows, answer, first_fault, read_cells, read_rows, take_placed};
use crate::app::{AppData, blocking};
use crate::auth::Caller;
use crate::fault::{Fault, FaultItem};
use crate::fields::Time;
use crate::permissions::Admin;
use crate::problem::ApiResult;
use crate::query::Params;
use crate::v1::receipts::BulkAnswer;
use crate::v1::traps::{CreateTrap, ExposureSeconds, LogExposure, LoggedKind};

const BAIT: &str = "bait";
const COLUMNS: &[&str] = &[
    CLIENT,
    BAIT,
    "started_at",
    "ends_at",
    "recorder_tested_at",
    "site_visit_at",
    "site_visit_seconds",
    "yandex_at",
    "vk_at",
];
const TIMES: &[&str] =
    &["started_at", "ends_at", "recorder_tested_at", "site_visit_at", "yandex_at", "vk_at"];

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(import_traps);
}

/// Import traps
///
/// A CSV (UTF-8 or CP1251, commas or semicolons) or the first sheet of an XLSX
/// workbook, up to 8 MiB and 10,000 rows, under a header with any of `client`,
/// `bait`, `started_at`, `ends_at`, `recorder_tested_at`, `site_visit_at`,
/// `site_visit_seconds`, `yandex_at`, `vk_at`. `client` is the id or exact name
/// of a row's client, `bait` a number or reference. Times may do without an
/// offset: then they are local to the client, and an hour that a change of
/// clocks repeats or leaves out is rejected. A trap of the same bait that began
/// at the same time is a duplicate, or a conflict where the row says something
/// else; so is a run that overlaps, and any on a retired bait. Sending a table
/// again is safe.
#[utoipa::path(
    tag = "traps",
    security(("bearer" = ["admin"])),
    params(ImportRows),
    request_body(content(
        (String = "text/csv", example = json!(
            "bait;started_at;recorder_tested_at;site_visit_at;site_visit_seconds;yandex_at\n\
             M-017;01.10.2026 10:00;01.10.2026 09:55;01.10.2026 10:02;240;01.10.2026 10:01\n"
        )),
        (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    )),
    responses((status = 200, description = "A receipt for each row.", body = BulkAnswer)),
)]
#[post("/v1/traps/imports")]
async fn import_traps(
    app: AppData,
    req: HttpRequest,
    caller: Caller<Admin>,
    query: Params<ImportRows>,
    payload: web::Payload,
) -> ApiResult<HttpResponse> {
    let columns = (COLUMNS, TIMES);
    let (desk, placed) = take_placed(&app, &req, &caller, query.0, payload, columns).await?;
    let purpose = desk.purpose;
    let receipts = blocking(move || {
        let baits = Baits::of(&desk.store, &placed)?;
        let read = |client, cells: &Cells| read(cells, |name| baits.find(client, name));
        desk.enter(read_rows(placed, read), enter_traps)
    });
    answer(&app, "traps", purpose, receipts.await?)
}

/// A row, which has a column for each step that a person logs.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TrapCells {
    bait: String,
    started_at: Time,
    ends_at: Option<Time>,
    recorder_tested_at: Option<Time>,
    site_visit_at: Option<Time>,
    site_visit_seconds: Option<ExposureSeconds>,
    yandex_at: Option<Time>,
    vk_at: Option<Time>,
}

fn read(cells: &Cells, find: impl Fn(&str) -> Option<BaitId>) -> Result<NewTrap, FaultItem> {
    let cells: TrapCells = read_cells(cells)?;
    let bait = find(&cells.bait);
    let bait = bait.ok_or_else(|| FaultItem::at(format!("/{BAIT}"), Fault::UnknownBait))?;
    if cells.site_visit_seconds.is_some() && cells.site_visit_at.is_none() {
        return Err(FaultItem::at("/site_visit_at", Fault::Missing));
    }
    let steps = [
        ("/site_visit_at", LoggedKind::SiteVisit, cells.site_visit_at, cells.site_visit_seconds),
        ("/yandex_at", LoggedKind::Yandex, cells.yandex_at, None),
        ("/vk_at", LoggedKind::Vk, cells.vk_at, None),
    ];
    let (columns, exposures): (Vec<_>, Vec<_>) = steps
        .into_iter()
        .filter_map(|(column, kind, at, seconds)| {
            Some((column, LogExposure { kind, at: at?, seconds }))
        })
        .unzip();
    let body = CreateTrap {
        client_id: None,
        bait_id: bait.0,
        started_at: cells.started_at,
        ends_at: cells.ends_at,
        recorder_tested_at: cells.recorder_tested_at,
        exposures,
    };
    NewTrap::try_from(body).map_err(|error| at_column(first_fault(&error), &columns))
}

/// A fault of an exposure is one of its column.
fn at_column(item: FaultItem, columns: &[&str]) -> FaultItem {
    let exposure = item.pointer.as_deref().and_then(|pointer| {
        let index = pointer.strip_prefix("/exposures/")?.strip_suffix("/at")?;
        index.parse().ok().and_then(|index: usize| columns.get(index))
    });
    match exposure {
        Some(column) => FaultItem { pointer: Some((*column).to_owned()), ..item },
        None => item,
    }
}

/// The baits that the rows name.
struct Baits(HashMap<(ClientId, BaitName), BaitId>);

impl Baits {
    fn of(store: &Store, rows: &[Entry<Cells>]) -> StoreResult<Self> {
        let mut names: BTreeMap<ClientId, Vec<BaitName>> = BTreeMap::new();
        for (client, cells) in rows.iter().filter_map(|(_, row)| row.as_ref().ok()) {
            let named = cells.iter().filter(|(column, text)| *column == BAIT && is_askable(text));
            names.entry(*client).or_default().extend(named.map(|(_, text)| bait_name(text)));
        }
        let mut found = HashMap::new();
        for (client, names) in names {
            let reach = Reach::Client(client);
            let of_client = store.read(reach, |conn| baits::baits_named(conn, client, &names))?;
            found.extend(of_client.into_iter().map(|(name, bait)| ((client, name), bait)));
        }
        Ok(Self(found))
    }

    fn find(&self, client: ClientId, name: &str) -> Option<BaitId> {
        self.0.get(&(client, bait_name(name))).copied()
    }
}

/// As call records name a bait: what does not read as a number is a reference.
fn bait_name(text: &str) -> BaitName {
    match Party::read(Some(text)) {
        Party::Number(phone) => BaitName::Number(phone),
        _ => BaitName::Reference(text.to_owned()),
    }
}
