//! `/v1/reports`: repeat offenders, as JSON or CSV.

use std::collections::HashMap;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, get};
use baitline_analytics::{self as analytics, Question, Tally};
use baitline_domain::instant::{Instant, Span};
use baitline_domain::operator::{Inn, Operators};
use baitline_domain::phone::Phone;
use baitline_store::tallies::{self, Counted};
use baitline_store::{Reach, Store, buckets, operators};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::offenders::{OffenderReport, csv_of, offender_view};
use crate::app::{AppData, blocking};
use crate::auth::Caller;
use crate::fault::Fault;
use crate::fields::{Time, Whole};
use crate::paging::Limit;
use crate::problem::{ApiError, ApiResult};
use crate::query::Params;
use crate::thresholds::{Threshold, VerdictList, thresholds};
use crate::words::GroupByWord;

/// The longest period of a report.
pub(super) const MAX_PERIOD: Span = Span::hours(400 * 24);
/// Lines of a report that does not say how many.
const DEFAULT_LINES: Limit = Whole(1_000);

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(report_repeat_offenders);
}

/// What the report counts.
#[derive(Deserialize, IntoParams)]
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
    /// What an offender is, `number` unless told.
    #[param(nullable = false)]
    group_by: Option<GroupByWord>,
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
    /// How many lines, 1000 unless told.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1000, nullable = false)]
    limit: Option<Limit>,
}

/// Report repeat offenders
///
/// Who called baits after their traps, with every count a lawyer needs. A
/// caller is a `candidate` until one of its recordings is labelled advertising.
/// JSON or CSV by `Accept`. In CSV a cell that a spreadsheet could take for a
/// formula, phone numbers too, has an apostrophe before it.
#[utoipa::path(
    tag = "reports",
    params(ReportRepeatOffenders),
    responses(
        (status = 200, description = "The report, repeat offenders first.", content(
            (OffenderReport = "application/json"),
            (String = "text/csv", example = json!("standing,number,operator_inn\r\n")),
        )),
        (status = 406, description = "Neither JSON nor CSV is acceptable.",
            body = crate::problem::Problem),
    ),
)]
#[get("/v1/reports/repeat-offenders")]
async fn report_repeat_offenders(
    app: AppData,
    req: HttpRequest,
    caller: Caller,
    query: Params<ReportRepeatOffenders>,
) -> ApiResult<HttpResponse> {
    let shape = wanted_shape(&req)?;
    let query = query.0;
    let reach = caller.reach(query.client_id)?;
    let (from, to) = period(query.from, query.to)?;
    let limit = query.limit.unwrap_or(DEFAULT_LINES).0 as usize;
    let group_by = query.group_by.unwrap_or(GroupByWord::Number);
    let question = question(query);
    let store = app.store.clone();
    let found = blocking(move || compute(&store, reach, (from, to), &question)).await?;
    let total = found.offenders.len();
    let lines = found.offenders.into_iter().take(limit);
    let report = OffenderReport {
        from: Time(from),
        to: Time(to),
        group_by,
        pending_days: found.pending_days,
        total,
        offenders: lines
            .map(|offender| offender_view(&found.operators, &found.latest, &offender))
            .collect(),
    };
    match shape {
        Shape::Json => Ok(HttpResponse::Ok().json(report)),
        Shape::Csv => Ok(HttpResponse::Ok()
            .content_type("text/csv; charset=utf-8")
            .insert_header((
                header::CONTENT_DISPOSITION,
                "attachment; filename=\"repeat-offenders.csv\"",
            ))
            .body(csv_of(&report)?)),
    }
}

/// What the store and the analytics say together.
struct Found {
    offenders: Vec<analytics::Offender>,
    /// The operator of each caller's latest call.
    latest: HashMap<Phone, Inn>,
    operators: Operators,
    pending_days: i64,
}

fn compute(
    store: &Store,
    reach: Reach,
    (from, to): (Instant, Instant),
    question: &Question,
) -> ApiResult<Found> {
    let (counted, pending_days, operators) = store.read(reach, |conn| {
        let counted = tallies::interceptions_between(conn, reach, from, to)?;
        let pending_days = buckets::count_pending(conn, reach)?;
        Ok((counted, pending_days, operators::known_operators(conn)?))
    })?;
    let tallies = all_tallies(counted)?;
    let offenders = analytics::repeat_offenders(&tallies, question).map_err(failure)?;
    Ok(Found { offenders, latest: latest_operators(&tallies), operators, pending_days })
}

/// Whole days come tallied; the edges of the period are tallied here.
fn all_tallies(counted: Counted) -> ApiResult<Vec<Tally>> {
    let mut tallies = analytics::tally(&counted.edges).map_err(failure)?;
    tallies.extend(counted.tallies);
    Ok(tallies)
}

fn latest_operators(tallies: &[Tally]) -> HashMap<Phone, Inn> {
    let mut latest: HashMap<Phone, (Instant, Inn)> = HashMap::new();
    for tally in tallies {
        if let Some(operator) = tally.operator {
            let seen = latest.entry(tally.caller).or_insert((tally.last_at, operator));
            *seen = (*seen).max((tally.last_at, operator));
        }
    }
    latest.into_iter().map(|(caller, (_, operator))| (caller, operator)).collect()
}

fn failure(error: analytics::AnalyticsError) -> ApiError {
    match error {
        analytics::AnalyticsError::TooManyRows { .. } => {
            ApiError::parameter("to", Fault::PeriodTooLong)
        }
        analytics::AnalyticsError::Engine(error) => ApiError::Internal(error.to_string()),
    }
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

fn question(query: ReportRepeatOffenders) -> Question {
    let ReportRepeatOffenders { interceptions, traps, baits, clients, days, .. } = query;
    Question {
        group_by: query.group_by.unwrap_or(GroupByWord::Number).into(),
        thresholds: thresholds([interceptions, traps, baits, clients, days]),
        verdicts: query.verdicts.unwrap_or_default().0,
    }
}

/// How the report is spelt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Json,
    Csv,
}

/// The shape the header Accept likes best; JSON where it does not care.
fn wanted_shape(req: &HttpRequest) -> ApiResult<Shape> {
    let Some(accept) = req.headers().get(header::ACCEPT) else { return Ok(Shape::Json) };
    let accept = accept.to_str().map_err(|_| ApiError::NotAcceptable)?;
    let (json, csv) = (quality(accept, "application", "json"), quality(accept, "text", "csv"));
    match (json, csv) {
        (json, csv) if json <= 0.0 && csv <= 0.0 => Err(ApiError::NotAcceptable),
        (json, csv) if csv > json => Ok(Shape::Csv),
        _ => Ok(Shape::Json),
    }
}

/// How much a media type is wanted, by the most specific range that names it.
fn quality(accept: &str, kind: &str, subtype: &str) -> f32 {
    let ranges = accept.split(',').filter_map(|range| {
        let mut parts = range.split(';').map(str::trim);
        let name = parts.next()?.to_ascii_lowercase();
        let specificity = match name.split_once('/')? {
            (k, s) if k == kind && s == subtype => 2,
            (k, "*") if k == kind => 1,
            ("*", "*") => 0,
            _ => return None,
        };
        let weight = parts.find_map(|part| part.strip_prefix("q=")?.parse::<f32>().ok());
        Some((specificity, weight.unwrap_or(1.0)))
    });
    ranges.max_by_key(|(specificity, _)| *specificity).map_or(0.0, |(_, weight)| weight)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_specific_range_decides_how_much_a_type_is_wanted() {
        assert!(quality("*/*", "text", "csv") > 0.9);
        assert!(quality("text/csv;q=0.5, */*", "text", "csv") < 0.6);
        assert!(quality("text/html", "text", "csv") <= 0.0);
        assert!(quality("text/*, text/csv;q=0", "text", "csv") <= 0.0);
    }
}
