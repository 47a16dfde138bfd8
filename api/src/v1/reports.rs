//! `/v1/reports/repeat-offenders`: who called baits after their traps, and what
//! all reports share.

use crate::routes::ServiceConfig;
use actix_web::{HttpRequest, HttpResponse, get};
use baitline_analytics::table::Cell;
use baitline_analytics::{
    self as analytics, Entities, GroupBy, OffenderKey, Overlap, Question, Scope, Source,
};
use baitline_domain::ids::CompetitorId;
use baitline_domain::instant::{Instant, Span};
use baitline_domain::operator::Operators;
use baitline_store::models::Competitor;
use baitline_store::{Conn, Page, Reach, StoreResult, buckets, clients, competitors, operators};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::offenders::{ApartView, COLUMNS, Names, OffenderReport, apart_views, cells, companies};
use super::{bait_report, offender_order, operator_report};
use crate::app::AppData;
use crate::auth::Caller;
use crate::download::FileBytes;
use crate::fault::{Fault, FaultItem};
use crate::fields::{InnText, Line, Time};
use crate::paging::Limit;
use crate::permissions::Reports;
use crate::problem::{ApiError, ApiResult};
use crate::query::Params;
use crate::ranking::{RankCursor, piece};
use crate::reporting::{Interceptions, failure, report};
use crate::tabular::{Facts, Made, Spelling, Wanted};
use crate::thresholds::{Threshold, VerdictList, thresholds};
use crate::words::GroupByWord;

/// The longest period of a report.
pub(super) const MAX_PERIOD: Span = Span::hours(400 * 24);
/// A region as the numbering registry names it.
pub(super) type RegionName = Line<300>;

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(report_repeat_offenders)
        .configure(operator_report::routes)
        .configure(bait_report::routes);
}

/// What the report counts.
#[derive(Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ReportRepeatOffenders {
    /// Calls started at or after this time.
    from: Time,
    /// Calls started before this time, at most 400 days later.
    to: Time,
    /// Of this client.
    #[param(nullable = false)]
    client_id: Option<Uuid>,
    /// What a line is, `number` unless told.
    #[param(nullable = false)]
    group_by: Option<GroupByWord>,
    /// Of callers of this operator.
    #[param(nullable = false)]
    operator_inn: Option<InnText>,
    /// To baits of this operator.
    #[param(nullable = false)]
    bait_operator_inn: Option<InnText>,
    /// Of callers of this region, as the registry names it.
    #[param(value_type = Option<String>, min_length = 1, max_length = 300, nullable = false)]
    region: Option<RegionName>,
    /// Of numbers that belonged to this competitor when they called; with an
    /// agency's key, to any competitor of the same ИНН.
    #[param(nullable = false)]
    competitor_id: Option<Uuid>,
    /// Counted interceptions of a repeat offender, at least; 2 unless told.
    #[param(value_type = Option<u32>, maximum = 1_000_000, nullable = false)]
    interceptions: Option<Threshold>,
    /// Its traps without prior contact, at least; 2 unless told.
    #[param(value_type = Option<u32>, maximum = 1_000_000, nullable = false)]
    traps: Option<Threshold>,
    /// Its baits, at least; 1 unless told.
    #[param(value_type = Option<u32>, maximum = 1_000_000, nullable = false)]
    baits: Option<Threshold>,
    /// Its clients, at least; 1 unless told.
    #[param(value_type = Option<u32>, maximum = 1_000_000, nullable = false)]
    clients: Option<Threshold>,
    /// Its local days, at least; 1 unless told.
    #[param(value_type = Option<u32>, maximum = 1_000_000, nullable = false)]
    days: Option<Threshold>,
    /// The verdicts counted, between commas; `foreign_group,foreign_entity`
    /// unless told.
    #[param(
        value_type = Option<String>,
        nullable = false,
        pattern = "^(foreign_group|foreign_entity|same_group|inconclusive|invalid)(,(foreign_group|foreign_entity|same_group|inconclusive|invalid))*$"
    )]
    verdicts: Option<VerdictList>,
    /// What comes first; unless told, days, weeks and months go by date, and
    /// everything else by standing.
    #[param(inline, nullable = false)]
    sort: Option<OffenderSort>,
    /// Where the piece before ended; with the same `group_by` and `sort`.
    #[param(value_type = Option<String>, nullable = false)]
    cursor: Option<RankCursor>,
    /// How many lines; unless told, 1000 of JSON, and in a file all, up to
    /// 100000.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1000, nullable = false)]
    limit: Option<Limit>,
}

/// What comes first in a report of offenders. Equals go by the number, name or
/// date itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum OffenderSort {
    /// Repeat offenders, then the most interceptions, then the most traps.
    Standing,
    /// The most interceptions, then the most traps.
    Interceptions,
    /// The most traps, then the most interceptions.
    Traps,
    /// The most clients, then the most interceptions.
    Clients,
    /// The latest call of any kind.
    LastAt,
    /// The number, name or date itself, from the smallest.
    Key,
}

/// Report repeat offenders
///
/// Who called baits after their traps, with every count a lawyer needs; or
/// where, whose baits and when they called. A caller is a `candidate` until one
/// of its recordings is labelled advertising. Callers without a number form no
/// offender and are not counted here. By `competitor`, a call counts for every
/// company its number belonged to at that moment, and one of nobody's number for
/// none: `shared` and `unattributed` say how many there are. Blocks of numbers
/// have no standing.
///
/// JSON, CSV, XLSX or Parquet by `Accept`. A file holds the whole report, up to
/// 100,000 lines, and the header Link leads to the rest; a `limit` makes it a
/// piece. In CSV a cell that a spreadsheet could take for a formula, phone
/// numbers too, has an apostrophe before it. XLSX and Parquet have typed columns
/// of the same names, and say in a sheet and in their metadata what was asked
/// and how many days were still to be recomputed.
#[utoipa::path(
    tag = "reports",
    security(("bearer" = ["reports"])),
    params(ReportRepeatOffenders),
    responses(
        (status = 200, description = "A piece of the report, repeat offenders first.", content(
            (OffenderReport = "application/json"),
            (String = "text/csv", example = json!("standing,number,operator_inn\r\n")),
            (inline(FileBytes) =
                "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
            (inline(FileBytes) = "application/vnd.apache.parquet"),
        )),
        (status = 406, description = "Not acceptable in any of these types.",
            body = crate::problem::Problem),
    ),
)]
#[get("/v1/reports/repeat-offenders")]
async fn report_repeat_offenders(
    app: AppData,
    req: HttpRequest,
    caller: Caller<Reports>,
    query: Params<ReportRepeatOffenders>,
) -> ApiResult<HttpResponse> {
    let wanted = Wanted::of(&req, &app)?;
    let query = query.0;
    let reach = caller.reach(query.client_id)?;
    let period = period(query.from, query.to)?;
    let make = move |known, interceptions: &Interceptions| {
        make(known, interceptions.source(), &wanted, (period, query.clone()))
    };
    let made = report(&app, reach, period, move |conn| Known::read(conn, reach), make);
    Ok(made.await?.answer(&req))
}

fn make(
    known: Known,
    source: Source<'_>,
    wanted: &Wanted,
    (period, query): ((Instant, Instant), ReportRepeatOffenders),
) -> ApiResult<Made> {
    let group_by = query.group_by.unwrap_or(GroupByWord::Number);
    let (cursor, limit, sort) = (query.cursor.clone(), query.limit, query.sort);
    let question = known.question(query, period.1)?;
    let mut total = 0;
    let lines = analytics::offenders_in_any_order(&source, &question).map_err(failure)?;
    let lines = lines.inspect(|_| total += 1);
    let sort = sort.unwrap_or_else(|| offender_order::usual(question.group_by));
    let order = format!("{group_by:?} {sort:?}");
    let rank = |line: &analytics::Offender| offender_order::rank(line, sort);
    let (lines, next_cursor) = piece(lines, rank, &order, (cursor, wanted.lines(limit)))?;
    let (unattributed, shared) = apart_views(overlap(&source, &question)?);
    let callers = lines.iter().filter_map(|line| match line.key {
        OffenderKey::Number(caller) => Some(caller),
        _ => None,
    });
    let latest = analytics::latest_operators(&source, &callers.collect()).map_err(failure)?;
    let names = Names {
        operators: &known.operators,
        latest,
        companies: companies(known.competitors, &question.entities),
        clients: known.clients.into_iter().map(|client| (client.id, client.name)).collect(),
    };
    let pending_days = known.pending_days;
    let facts = Facts {
        name: "repeat-offenders".to_owned(),
        period,
        pending_days,
        total,
        next_cursor,
        more: about(group_by, &question, [("unattributed", &unattributed), ("shared", &shared)]),
    };
    let lines = lines.into_iter().map(|line| names.offender_view(line));
    let spelling = Spelling { columns: COLUMNS.to_vec(), cells };
    wanted.make(facts, &spelling, lines, |offenders, next_cursor| OffenderReport {
        from: Time(period.0),
        to: Time(period.1),
        group_by,
        pending_days,
        total,
        unattributed,
        shared,
        next_cursor,
        offenders,
    })
}

/// What a file says of the question, with what was not told.
fn about(
    group_by: GroupByWord,
    question: &Question,
    apart: [(&str, &Option<ApartView>); 2],
) -> Vec<(String, Cell)> {
    let reached = question.thresholds;
    let verdicts: Vec<&str> = question.verdicts.iter().map(|verdict| verdict.as_str()).collect();
    let thresholds = [
        ("interceptions", reached.interceptions),
        ("traps", reached.traps),
        ("baits", reached.baits),
        ("clients", reached.clients),
        ("days", reached.days),
    ];
    let mut about = vec![
        ("group_by".to_owned(), Cell::Text(group_by.word())),
        ("verdicts".to_owned(), Cell::Text(verdicts.join(","))),
    ];
    about.extend(thresholds.map(|(name, least)| (name.to_owned(), Cell::Count(least.into()))));
    for (name, calls) in apart {
        about.extend(calls.iter().flat_map(|calls| calls.about(name)));
    }
    about
}

/// What the store says beside the interceptions, at the same moment.
struct Known {
    pending_days: i64,
    competitors: Vec<Competitor>,
    clients: Vec<baitline_store::models::Client>,
    operators: Operators,
}

impl Known {
    fn read(conn: &mut Conn, reach: Reach) -> StoreResult<Self> {
        Ok(Self {
            pending_days: buckets::count_pending(conn, reach)?,
            competitors: competitors::list_competitors(conn, reach, Page::WHOLE)?,
            clients: clients::list_clients(conn, reach, Page::WHOLE)?,
            operators: operators::known_operators(conn)?,
        })
    }

    /// Operators stand in the groups that they stand in at the period's end.
    fn question(&self, query: ReportRepeatOffenders, end: Instant) -> ApiResult<Question> {
        let ReportRepeatOffenders { interceptions, traps, baits, clients, days, .. } = query;
        let inns = self.competitors.iter().filter_map(|one| Some((one.id, one.inn?)));
        let entities = Entities { companies: inns.collect(), ..Entities::default() }
            .grouped_by(&self.operators, end);
        let competitor = query.competitor_id.map(|id| {
            let found = self.competitors.iter().find(|one| one.id == CompetitorId(id));
            let found = found.ok_or_else(unknown_competitor)?;
            ApiResult::Ok(entities.company_of(found.client_id, found.id))
        });
        Ok(Question {
            group_by: query.group_by.unwrap_or(GroupByWord::Number).into(),
            thresholds: thresholds([interceptions, traps, baits, clients, days]),
            verdicts: query.verdicts.unwrap_or_default().0,
            scope: Scope {
                operator: query.operator_inn.map(|inn| inn.0),
                bait_operator: query.bait_operator_inn.map(|inn| inn.0),
                region: query.region.map(|region| region.0),
                competitor: competitor.transpose()?,
            },
            entities,
        })
    }
}

fn unknown_competitor() -> ApiError {
    ApiError::NotFound(Some(FaultItem::parameter("competitor_id", Fault::UnknownCompetitor)))
}

fn overlap(source: &Source<'_>, question: &Question) -> ApiResult<Option<Overlap>> {
    let by_company = question.group_by == GroupBy::Competitor;
    by_company.then(|| analytics::overlap(source, question)).transpose().map_err(failure)
}

/// A half-open period of a report or an export.
pub(super) fn period(from: Time, to: Time) -> ApiResult<(Instant, Instant)> {
    if to.0 <= from.0 {
        return Err(ApiError::parameter("to", Fault::EmptyPeriod));
    }
    if to.0 - from.0 > MAX_PERIOD {
        return Err(ApiError::parameter("to", Fault::PeriodTooLong));
    }
    Ok((from.0, to.0))
}
