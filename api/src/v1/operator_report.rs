//! `/v1/reports/operators`: whose subscribers call whose.

use crate::routes::ServiceConfig;
use actix_web::{HttpRequest, HttpResponse, get};
use baitline_analytics::table::{Cell, Column, Kind};
use baitline_analytics::{self as analytics, Counts, OperatorPair, Scope, Source};
use baitline_domain::instant::Instant;
use baitline_domain::operator::Operators;
use baitline_store::{Conn, buckets, operators};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::counts::{COUNT_COLUMNS, CountsView};
use super::operator_views::{OperatorView, operator_cells, operator_view};
use super::reports::{RegionName, period};
use crate::app::AppData;
use crate::auth::Caller;
use crate::download::FileBytes;
use crate::fields::{InnText, Time};
use crate::paging::Limit;
use crate::permissions::Reports;
use crate::problem::{ApiResult, Problem};
use crate::query::Params;
use crate::ranking::{Rank, RankCursor, largest_first, piece};
use crate::reporting::{Interceptions, failure, report};
use crate::tabular::{Facts, Made, Spelling, Wanted};

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(report_operators);
}

/// Which calls are counted, and which piece.
#[derive(Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ReportOperators {
    /// Calls started at or after this time.
    from: Time,
    /// Calls started before this time, at most 400 days later.
    to: Time,
    /// Of this client.
    #[param(nullable = false)]
    client_id: Option<Uuid>,
    /// Of callers of this operator.
    #[param(nullable = false)]
    operator_inn: Option<InnText>,
    /// To baits of this operator.
    #[param(nullable = false)]
    bait_operator_inn: Option<InnText>,
    /// Of callers of this region, as the registry names it.
    #[param(value_type = Option<String>, min_length = 1, max_length = 300, nullable = false)]
    region: Option<RegionName>,
    /// What comes first, `interceptions` unless told.
    #[param(inline, nullable = false)]
    sort: Option<OperatorSort>,
    /// Where the piece before ended; with the same `sort`.
    #[param(value_type = Option<String>, nullable = false)]
    cursor: Option<RankCursor>,
    /// How many lines; unless told, 1000 of JSON, and in a file all, up to
    /// 100000.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1000, nullable = false)]
    limit: Option<Limit>,
}

/// What comes first in the report of operators. Equals go by the operators' ИНН.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum OperatorSort {
    /// The most answered interceptions, then the most attempts.
    Interceptions,
    /// The most advertising calls, then the most answered interceptions.
    Advertising,
    /// The smallest ИНН of the caller's operator, then of the bait's.
    Operator,
}

/// Interceptions of a period by the caller's and the bait's operator.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({
    "from": "2026-09-01T00:00:00Z",
    "to": "2026-11-01T00:00:00Z",
    "pending_days": 0,
    "total": 1,
    "next_cursor": null,
    "pairs": [{
        "caller_operator": {
            "inn": "7740000076", "name": "ПАО «МТС»", "brand": "МТС", "group": "mts"
        },
        "bait_operator": {
            "inn": "7743895280", "name": "ООО «Т2 Мобайл»", "brand": "T2",
            "group": "t2-rostelecom"
        },
        "counts": {
            "interceptions": 31,
            "by_verdict": {
                "foreign_group": 30, "foreign_entity": 0, "same_group": 0, "inconclusive": 1,
                "invalid": 0
            },
            "advertising": 24, "candidates": 5, "unheard_invalid": 0, "other_heard": 2,
            "attempts": 9, "without_number": 0, "callers": 12, "baits": 7, "clients": 2,
            "first_at": "2026-09-03T08:05:00Z", "last_at": "2026-10-20T12:41:00Z"
        }
    }]
})))]
pub(crate) struct OperatorReport {
    /// The period's beginning.
    from: Time,
    /// The first moment after the period.
    to: Time,
    /// How many touched days the worker has still to recompute; at 0 the
    /// report counts everything acknowledged before it was asked for.
    pending_days: i64,
    /// How many pairs there are on all pieces.
    total: usize,
    /// Leads to the next piece; null at the end.
    next_cursor: Option<String>,
    /// One line for each pair that has a call.
    pairs: Vec<OperatorPairView>,
}

/// Whose subscribers call whose.
#[derive(Serialize, ToSchema)]
#[schema(as = OperatorPair)]
pub(crate) struct OperatorPairView {
    /// The callers' operator; null where it is not known.
    caller_operator: Option<OperatorView>,
    /// The baits' operator by contract; null where none was given.
    bait_operator: Option<OperatorView>,
    /// Their interceptions.
    counts: CountsView,
}

/// Report operators
///
/// How many interceptions come from the numbers of each operator to the baits of
/// each other one, whatever was heard in them. JSON, CSV, XLSX or Parquet by
/// `Accept`; a file holds the whole report, up to 100,000 lines.
#[utoipa::path(
    tag = "reports",
    security(("bearer" = ["reports"])),
    params(ReportOperators),
    responses(
        (status = 200, description = "A piece of the report.", content(
            (OperatorReport = "application/json"),
            (String = "text/csv", example = json!("caller_operator_inn,caller_operator_name\r\n")),
            (inline(FileBytes) =
                "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
            (inline(FileBytes) = "application/vnd.apache.parquet"),
        )),
        (status = 406, description = "Not acceptable in any of these types.",
            body = Problem),
    ),
)]
#[get("/v1/reports/operators")]
async fn report_operators(
    app: AppData,
    req: HttpRequest,
    caller: Caller<Reports>,
    query: Params<ReportOperators>,
) -> ApiResult<HttpResponse> {
    let wanted = Wanted::of(&req, &app)?;
    let query = query.0;
    let reach = caller.reach(query.client_id)?;
    let period = period(query.from, query.to)?;
    let read = move |conn: &mut Conn| {
        Ok(Known {
            pending_days: buckets::count_pending(conn, reach)?,
            operators: operators::known_operators(conn)?,
        })
    };
    let make = move |known: Known, interceptions: &Interceptions| {
        known.make(interceptions.source(), &wanted, (period, query.clone()))
    };
    Ok(report(&app, reach, period, read, make).await?.answer(&req))
}

/// What the store says beside the interceptions, at the same moment.
struct Known {
    pending_days: i64,
    operators: Operators,
}

impl Known {
    fn make(
        self,
        source: Source<'_>,
        wanted: &Wanted,
        ((from, to), query): ((Instant, Instant), ReportOperators),
    ) -> ApiResult<Made> {
        let scope = Scope {
            operator: query.operator_inn.map(|inn| inn.0),
            bait_operator: query.bait_operator_inn.map(|inn| inn.0),
            region: query.region.map(|region| region.0),
            competitor: None,
        };
        let pairs = analytics::by_operators(&source, &scope);
        let pairs = pairs.map_err(failure)?;
        let total = pairs.len();
        let sort = query.sort.unwrap_or(OperatorSort::Interceptions);
        let order = format!("operators {sort:?}");
        let asked = (query.cursor, wanted.lines(query.limit));
        let (lines, next_cursor) = piece(pairs, |line| rank(line, sort), &order, asked)?;
        let pending_days = self.pending_days;
        let facts = Facts {
            name: "operators".to_owned(),
            period: (from, to),
            pending_days,
            total,
            next_cursor,
            more: Vec::new(),
        };
        let spelling =
            Spelling { columns: [&OPERATOR_COLUMNS[..], &COUNT_COLUMNS].concat(), cells };
        let lines = lines.into_iter().map(|line| view(&self.operators, line, to));
        let (from, to) = (Time(from), Time(to));
        wanted.make(facts, &spelling, lines, |pairs, next_cursor| OperatorReport {
            from,
            to,
            pending_days,
            total,
            next_cursor,
            pairs,
        })
    }
}

fn rank(((caller, bait), counts): &(OperatorPair, Counts), sort: OperatorSort) -> Rank {
    let [interceptions, advertising, attempts] =
        [counts.interceptions, counts.advertising, counts.attempts].map(largest_first);
    let numbers = match sort {
        OperatorSort::Interceptions => [interceptions, attempts, 0],
        OperatorSort::Advertising => [advertising, interceptions, 0],
        OperatorSort::Operator => [0; 3],
    };
    // No ИНН is zero.
    let [caller, bait] = [caller, bait].map(|inn| inn.map_or(0, |inn| inn.value()));
    Rank { numbers, tie: format!("{caller:012}{bait:012}") }
}

fn view(
    operators: &Operators,
    ((caller, bait), counts): (OperatorPair, Counts),
    end: Instant,
) -> OperatorPairView {
    OperatorPairView {
        caller_operator: caller.map(|inn| operator_view(operators, inn, end)),
        bait_operator: bait.map(|inn| operator_view(operators, inn, end)),
        counts: CountsView::of(Some(counts)),
    }
}

const OPERATOR_COLUMNS: [Column; 6] = [
    Column::of("caller_operator_inn", Kind::Text),
    Column::of("caller_operator_name", Kind::Text),
    Column::of("caller_operator_group", Kind::Text),
    Column::of("bait_operator_inn", Kind::Text),
    Column::of("bait_operator_name", Kind::Text),
    Column::of("bait_operator_group", Kind::Text),
];

fn cells(line: &OperatorPairView) -> Vec<Cell> {
    let mut cells = operator_cells(line.caller_operator.as_ref()).to_vec();
    cells.extend(operator_cells(line.bait_operator.as_ref()));
    cells.extend(line.counts.cells());
    cells
}
