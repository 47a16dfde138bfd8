//! `/v1/reports/baits`: what each bait yielded, and which are silent.

use std::collections::{HashMap, HashSet};

use crate::routes::ServiceConfig;
use actix_web::{HttpRequest, HttpResponse, get};
use baitline_analytics::table::{Cell, Column, Kind};
use baitline_analytics::{self as analytics, Counts, Source};
use baitline_domain::ids::{BaitId, TrapId};
use baitline_domain::instant::{Instant, Span};
use baitline_domain::operator::{Inn, Operators};
use baitline_domain::trap::{Window, armed_time};
use baitline_store::models::{Bait, TrapRow};
use baitline_store::{Conn, Page, Reach, StoreResult, baits, buckets, now, operators, traps};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::counts::{COUNT_COLUMNS, CountsView};
use super::operator_views::{OperatorView, operator_cells, operator_view};
use super::reports::period;
use crate::app::AppData;
use crate::auth::Caller;
use crate::download::FileBytes;
use crate::fields::{Hours, InnText, PhoneNumber, Time};
use crate::paging::Limit;
use crate::permissions::{BaitsRead, Reports};
use crate::problem::{ApiResult, Problem};
use crate::query::Params;
use crate::ranking::{Rank, RankCursor, largest_first, piece};
use crate::reporting::{Interceptions, failure, report};
use crate::tabular::{Facts, Made, Spelling, Wanted};

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(report_baits);
}

/// Which baits and calls are counted, and which piece.
#[derive(Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ReportBaits {
    /// Calls started at or after this time.
    from: Time,
    /// Calls started before this time, at most 400 days later.
    to: Time,
    /// Of this client.
    #[param(nullable = false)]
    client_id: Option<Uuid>,
    /// Baits whose operator by contract is this one now.
    #[param(nullable = false)]
    operator_inn: Option<InnText>,
    /// What comes first, `entry` unless told.
    #[param(inline, nullable = false)]
    sort: Option<BaitSort>,
    /// Where the piece before ended; with the same `sort`.
    #[param(value_type = Option<String>, nullable = false)]
    cursor: Option<RankCursor>,
    /// How many lines; unless told, 1000 of JSON, and in a file all, up to
    /// 100000.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1000, nullable = false)]
    limit: Option<Limit>,
}

/// What comes first in the report of baits. Equals go by entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum BaitSort {
    /// The bait that was entered first.
    Entry,
    /// The most advertising calls, then the most answered interceptions, then
    /// the most attempts.
    Yield,
    /// The most silent windows, then the longest time since a call.
    Silence,
}

/// What baits yielded in a period.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({
    "from": "2026-09-01T00:00:00Z",
    "to": "2026-11-01T00:00:00Z",
    "pending_days": 0,
    "total": 1,
    "next_cursor": null,
    "baits": [{
        "bait_id": "0197a5b0-7c1e-7d3a-9a51-000000000002",
        "client_id": "0197a5b0-7c1e-7d3a-9a51-000000000001",
        "number": "+79001234567",
        "reference": "M-017",
        "operator": {
            "inn": "7743895280", "name": "ООО «Т2 Мобайл»", "brand": "T2",
            "group": "t2-rostelecom"
        },
        "region": "Москва",
        "traps_complete": 2,
        "traps_incomplete": 1,
        "windows": 2,
        "silent_windows": 1,
        "armed_hours": 95.5,
        "hours_since_last": 275.25,
        "counts": {
            "interceptions": 2,
            "by_verdict": {
                "foreign_group": 2, "foreign_entity": 0, "same_group": 0, "inconclusive": 0,
                "invalid": 0
            },
            "advertising": 1, "candidates": 1, "unheard_invalid": 0, "other_heard": 0,
            "attempts": 1, "without_number": 0, "callers": 2, "baits": 1, "clients": 1,
            "first_at": "2026-10-20T08:05:00Z", "last_at": "2026-10-20T12:45:00Z"
        }
    }]
})))]
pub(crate) struct BaitReport {
    /// The period's beginning.
    from: Time,
    /// The first moment after the period.
    to: Time,
    /// How many touched days the worker has still to recompute; at 0 the
    /// report counts everything acknowledged before it was asked for.
    pending_days: i64,
    /// How many baits there are on all pieces.
    total: usize,
    /// Leads to the next piece; null at the end.
    next_cursor: Option<String>,
    /// Every bait, also those that nobody called.
    baits: Vec<BaitYieldView>,
}

/// What one bait yielded.
#[derive(Serialize, ToSchema)]
#[schema(as = BaitYield)]
pub(crate) struct BaitYieldView {
    /// The bait.
    bait_id: Uuid,
    /// Its client.
    client_id: Uuid,
    /// Its number.
    number: PhoneNumber,
    /// The client's own name for it.
    reference: Option<String>,
    /// Its operator by contract now.
    operator: Option<OperatorView>,
    /// Where it is.
    region: Option<String>,
    /// Traps whose run began in the period and that lack nothing.
    traps_complete: u64,
    /// Traps whose run began in the period and that lack something.
    traps_incomplete: u64,
    /// Armed windows that were open at some moment of the period, whenever their
    /// trap ran.
    windows: u64,
    /// Those of them whose trap got no interception in the period, not even an
    /// attempt.
    silent_windows: u64,
    /// Hours of the period in which at least one window was open.
    armed_hours: Hours,
    /// Hours from the latest interception or attempt of the period to the
    /// period's end, or to now if that is earlier; null where none came.
    hours_since_last: Option<Hours>,
    /// Its interceptions.
    counts: CountsView,
}

/// Report baits
///
/// What each bait yielded, and for how long it was armed and silent. Baits that
/// nobody called are listed too. JSON, CSV, XLSX or Parquet by `Accept`; a file
/// holds the whole report, up to 100,000 lines.
#[utoipa::path(
    tag = "reports",
    security(("bearer" = ["reports", "baits:read"])),
    params(ReportBaits),
    responses(
        (status = 200, description = "A piece of the report.", content(
            (BaitReport = "application/json"),
            (String = "text/csv", example = json!("bait_id,client_id,number,reference\r\n")),
            (inline(FileBytes) =
                "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
            (inline(FileBytes) = "application/vnd.apache.parquet"),
        )),
        (status = 406, description = "Not acceptable in any of these types.",
            body = Problem),
    ),
)]
#[get("/v1/reports/baits")]
async fn report_baits(
    app: AppData,
    req: HttpRequest,
    caller: Caller<(Reports, BaitsRead)>,
    query: Params<ReportBaits>,
) -> ApiResult<HttpResponse> {
    let wanted = Wanted::of(&req, &app)?;
    let query = query.0;
    let reach = caller.reach(query.client_id)?;
    let (from, to) = period(query.from, query.to)?;
    let period = Window { from, to };
    let read = move |conn: &mut Conn| Known::read(conn, reach, period);
    let make = move |known: Known, interceptions: &Interceptions| {
        known.make(interceptions.source(), &wanted, (period, query.clone()))
    };
    Ok(report(&app, reach, (from, to), read, make).await?.answer(&req))
}

/// What the store says beside the interceptions, at the same moment.
struct Known {
    baits: Vec<Bait>,
    traps: Vec<TrapRow>,
    pending_days: i64,
    operators: Operators,
}

impl Known {
    fn read(conn: &mut Conn, reach: Reach, period: Window) -> StoreResult<Self> {
        let Window { from, to } = period;
        Ok(Self {
            baits: baits::list_baits(conn, reach, &baits::BaitFilter::default(), Page::WHOLE)?,
            traps: traps::traps_between(conn, reach, from, to)?,
            pending_days: buckets::count_pending(conn, reach)?,
            operators: operators::known_operators(conn)?,
        })
    }

    fn make(
        self,
        source: Source<'_>,
        wanted: &Wanted,
        (period, query): (Window, ReportBaits),
    ) -> ApiResult<Made> {
        let (pending_days, operators) = (self.pending_days, self.operators.clone());
        let yields = self.yields(source, period, query.operator_inn.map(|inn| inn.0))?;
        let total = yields.len();
        let sort = query.sort.unwrap_or(BaitSort::Entry);
        let asked = (query.cursor, wanted.lines(query.limit));
        let (lines, next_cursor) =
            piece(yields, |line| line.rank(sort), &format!("baits {sort:?}"), asked)?;
        let facts = Facts {
            name: "baits".to_owned(),
            period: (period.from, period.to),
            pending_days,
            total,
            next_cursor,
            more: Vec::new(),
        };
        let spelling = Spelling { columns: [&BAIT_COLUMNS[..], &COUNT_COLUMNS].concat(), cells };
        let end = period.to.min(now());
        let lines = lines.into_iter().map(|line| view(&operators, line, end));
        let (from, to) = (Time(period.from), Time(period.to));
        wanted.make(facts, &spelling, lines, |baits, next_cursor| BaitReport {
            from,
            to,
            pending_days,
            total,
            next_cursor,
            baits,
        })
    }

    fn yields(
        self,
        source: Source<'_>,
        period: Window,
        operator: Option<Inn>,
    ) -> ApiResult<Vec<BaitYield>> {
        let called = analytics::traps_called(&source).map_err(failure)?;
        let mut counts: HashMap<BaitId, Counts> =
            analytics::by_bait(&source).map_err(failure)?.into_iter().collect();
        let mut traps: HashMap<BaitId, Vec<TrapRow>> = HashMap::new();
        for row in self.traps {
            traps.entry(row.trap.bait).or_default().push(row);
        }
        let asked = |bait: &Bait| operator.is_none_or(|asked| bait.operator == Some(asked));
        let baits = self.baits.into_iter().filter(asked);
        Ok(baits
            .map(|bait| {
                let traps = traps.remove(&bait.id).unwrap_or_default();
                let counts = counts.remove(&bait.id);
                BaitYield::of(bait, &traps, counts, (period, &called))
            })
            .collect())
    }
}

/// What one bait yielded, before it is spelt.
struct BaitYield {
    bait: Bait,
    complete: u64,
    incomplete: u64,
    windows: u64,
    silent_windows: u64,
    armed: Span,
    counts: Option<Counts>,
}

impl BaitYield {
    fn of(
        bait: Bait,
        traps: &[TrapRow],
        counts: Option<Counts>,
        (period, called): (Window, &HashSet<TrapId>),
    ) -> Self {
        let began = |row: &&TrapRow| {
            let at = row.trap.started_at;
            period.from <= at && at < period.to
        };
        let windows: Vec<(TrapId, Window)> = traps
            .iter()
            .filter_map(|row| Some((row.trap.id, row.state.as_ref()?.window?.overlap(period)?)))
            .collect();
        let silent = windows.iter().filter(|(trap, _)| !called.contains(trap)).count();
        let (complete, incomplete): (Vec<&TrapRow>, Vec<&TrapRow>) =
            traps.iter().filter(began).partition(|row| is_complete(row));
        Self {
            bait,
            complete: complete.len() as u64,
            incomplete: incomplete.len() as u64,
            windows: windows.len() as u64,
            silent_windows: silent as u64,
            armed: armed_time(windows.into_iter().map(|(_, window)| window), period),
            counts,
        }
    }

    fn rank(&self, sort: BaitSort) -> Rank {
        let count = |get: fn(&Counts) -> u64| largest_first(self.counts.as_ref().map_or(0, get));
        let numbers = match sort {
            BaitSort::Entry => [0; 3],
            BaitSort::Yield => [
                count(|counts| counts.advertising),
                count(|counts| counts.interceptions),
                count(|counts| counts.attempts),
            ],
            // A bait that nobody called comes before every other.
            BaitSort::Silence => [
                largest_first(self.silent_windows),
                self.counts.map_or(i64::MIN, |counts| counts.last_at.0),
                0,
            ],
        };
        Rank { numbers, tie: self.bait.id.0.simple().to_string() }
    }
}

fn is_complete(row: &TrapRow) -> bool {
    row.state.as_ref().is_some_and(|state| state.missing.is_empty())
}

fn view(operators: &Operators, line: BaitYield, end: Instant) -> BaitYieldView {
    let BaitYield { bait, counts, .. } = line;
    BaitYieldView {
        bait_id: bait.id.0,
        client_id: bait.client_id.0,
        number: PhoneNumber(bait.number),
        reference: bait.reference,
        operator: bait.operator.map(|inn| operator_view(operators, inn, end)),
        region: bait.region,
        traps_complete: line.complete,
        traps_incomplete: line.incomplete,
        windows: line.windows,
        silent_windows: line.silent_windows,
        armed_hours: Hours(line.armed),
        // A clock that runs ahead may have put the call after now.
        hours_since_last: counts.map(|counts| Hours(Span((end - counts.last_at).0.max(0)))),
        counts: CountsView::of(counts),
    }
}

const BAIT_COLUMNS: [Column; 14] = [
    Column::of("bait_id", Kind::Text),
    Column::of("client_id", Kind::Text),
    Column::of("number", Kind::Text),
    Column::of("reference", Kind::Text),
    Column::of("operator_inn", Kind::Text),
    Column::of("operator_name", Kind::Text),
    Column::of("operator_group", Kind::Text),
    Column::of("region", Kind::Text),
    Column::of("traps_complete", Kind::Count),
    Column::of("traps_incomplete", Kind::Count),
    Column::of("windows", Kind::Count),
    Column::of("silent_windows", Kind::Count),
    Column::of("armed_hours", Kind::Number),
    Column::of("hours_since_last", Kind::Number),
];

fn cells(line: &BaitYieldView) -> Vec<Cell> {
    let mut cells = vec![
        Cell::Text(line.bait_id.to_string()),
        Cell::Text(line.client_id.to_string()),
        Cell::Text(line.number.0.to_string()),
        Cell::text(line.reference.as_ref()),
    ];
    cells.extend(operator_cells(line.operator.as_ref()));
    cells.extend([
        Cell::text(line.region.as_ref()),
        Cell::Count(line.traps_complete),
        Cell::Count(line.traps_incomplete),
        Cell::Count(line.windows),
        Cell::Count(line.silent_windows),
        Cell::Number(line.armed_hours.number()),
        line.hours_since_last.map_or(Cell::Empty, |hours| Cell::Number(hours.number())),
    ]);
    cells.extend(line.counts.cells());
    cells
}
