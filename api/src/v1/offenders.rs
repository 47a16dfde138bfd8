//! The lines of the report of repeat offenders, as JSON and as CSV.

use std::collections::HashMap;

use baitline_analytics::{Offender, OffenderKey, OtherVerdicts};
use baitline_domain::operator::{Inn, Operators};
use baitline_domain::phone::Phone;
use serde::Serialize;
use utoipa::ToSchema;

use super::operator_views::{OperatorView, operator_view};
use crate::fields::{PhoneNumber, Time};
use crate::problem::{ApiError, ApiResult};
use crate::words::{GroupByWord, StandingWord};

/// Repeat offenders of a period.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({
    "from": "2026-09-01T00:00:00Z",
    "to": "2026-11-01T00:00:00Z",
    "group_by": "number",
    "pending_days": 0,
    "total": 1,
    "offenders": [{
        "standing": "repeat_offender",
        "number": "+79160000001",
        "operator": {"inn": "7740000076", "name": "ПАО «МТС»", "brand": "МТС", "group": "mts"},
        "interceptions": 5,
        "traps": 4,
        "baits": 3,
        "clients": 2,
        "days": 5,
        "callers": 1,
        "prior_contact": 0,
        "candidates": 1,
        "unheard_invalid": 0,
        "other_heard": 0,
        "attempts": 2,
        "other_verdicts": {
            "foreign_group": 0, "foreign_entity": 0, "same_group": 0, "inconclusive": 0,
            "invalid": 0
        },
        "first_at": "2026-09-03T08:05:00Z",
        "last_at": "2026-10-20T12:41:00Z"
    }]
})))]
pub(crate) struct OffenderReport {
    /// The period's beginning.
    pub(super) from: Time,
    /// The first moment after the period.
    pub(super) to: Time,
    /// What an offender is.
    pub(super) group_by: GroupByWord,
    /// How many touched days the worker has still to recompute; at 0 the
    /// report counts everything acknowledged before it was asked for.
    pub(super) pending_days: i64,
    /// How many lines there are, of which `limit` are shown.
    pub(super) total: usize,
    /// Repeat offenders first, then by count.
    pub(super) offenders: Vec<OffenderView>,
}

/// One line of the report. An interception is counted when it was answered,
/// advertising was heard in it, and its verdict is among those asked for.
#[derive(Serialize, ToSchema)]
#[schema(as = Offender)]
pub(crate) struct OffenderView {
    /// What the counts come to.
    standing: StandingWord,
    /// The caller's number; null where operators are reported.
    number: Option<PhoneNumber>,
    /// The operator: of the caller's latest call, or the one reported.
    operator: Option<OperatorView>,
    /// Counted interceptions.
    interceptions: u64,
    /// Distinct traps of the counted ones without prior contact.
    traps: u64,
    /// Distinct baits of the counted ones.
    baits: u64,
    /// Distinct clients of the counted ones.
    clients: u64,
    /// Distinct local days of the counted ones.
    days: u64,
    /// Distinct numbers of the counted ones.
    callers: u64,
    /// Counted ones with prior contact.
    prior_contact: u64,
    /// Answered and not heard yet.
    candidates: u64,
    /// Answered and not heard yet, from a number that cannot be a caller's.
    unheard_invalid: u64,
    /// Answered, but what was heard is no advertising.
    other_heard: u64,
    /// Not answered.
    attempts: u64,
    /// Advertising calls with verdicts that are not counted.
    other_verdicts: OtherVerdictsView,
    /// When the earliest call of any kind began.
    first_at: Time,
    /// When the latest call of any kind began.
    last_at: Time,
}

/// Advertising calls by verdict; a verdict that is counted is zero here.
#[derive(Serialize, ToSchema)]
#[schema(as = OtherVerdicts)]
pub(crate) struct OtherVerdictsView {
    /// With the verdict `foreign_group`.
    foreign_group: u64,
    /// With the verdict `foreign_entity`.
    foreign_entity: u64,
    /// With the verdict `same_group`.
    same_group: u64,
    /// With the verdict `inconclusive`.
    inconclusive: u64,
    /// With the verdict `invalid`.
    invalid: u64,
}

impl From<OtherVerdicts> for OtherVerdictsView {
    fn from(calls: OtherVerdicts) -> Self {
        Self {
            foreign_group: calls.foreign_group,
            foreign_entity: calls.foreign_entity,
            same_group: calls.same_group,
            inconclusive: calls.inconclusive,
            invalid: calls.invalid,
        }
    }
}

/// One line as the wire has it.
pub(super) fn offender_view(
    operators: &Operators,
    latest: &HashMap<Phone, Inn>,
    offender: &Offender,
) -> OffenderView {
    let (number, inn) = match offender.key {
        OffenderKey::Number(phone) => (Some(PhoneNumber(phone)), latest.get(&phone).copied()),
        OffenderKey::Operator(inn) => (None, inn),
    };
    OffenderView {
        standing: offender.standing.into(),
        number,
        operator: inn.map(|inn| operator_view(operators, inn, offender.last_at)),
        interceptions: offender.interceptions,
        traps: offender.traps,
        baits: offender.baits,
        clients: offender.clients,
        days: offender.days,
        callers: offender.callers,
        prior_contact: offender.prior_contact,
        candidates: offender.candidates,
        unheard_invalid: offender.unheard_invalid,
        other_heard: offender.other_heard,
        attempts: offender.attempts,
        other_verdicts: offender.other_verdicts.into(),
        first_at: Time(offender.first_at),
        last_at: Time(offender.last_at),
    }
}

/// The columns of the CSV.
const COLUMNS: [&str; 23] = [
    "standing",
    "number",
    "operator_inn",
    "operator_name",
    "operator_group",
    "interceptions",
    "traps",
    "baits",
    "clients",
    "days",
    "callers",
    "prior_contact",
    "candidates",
    "unheard_invalid",
    "other_heard",
    "attempts",
    "other_foreign_group",
    "other_foreign_entity",
    "other_same_group",
    "other_inconclusive",
    "other_invalid",
    "first_at",
    "last_at",
];

/// The report as RFC 4180 has it, with a byte order mark for spreadsheets.
pub(super) fn csv_of(report: &OffenderReport) -> ApiResult<Vec<u8>> {
    let failed = |error: &dyn std::fmt::Display| ApiError::Internal(error.to_string());
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer("\u{feff}".as_bytes().to_vec());
    writer.write_record(COLUMNS).map_err(|error| failed(&error))?;
    for offender in &report.offenders {
        let cells = cells(offender)?;
        writer.write_record(cells.iter().map(|cell| inert(cell))).map_err(|e| failed(&e))?;
    }
    writer.into_inner().map_err(|error| failed(&error))
}

fn cells(line: &OffenderView) -> ApiResult<[String; COLUMNS.len()]> {
    let operator = line.operator.as_ref();
    let standing = serde_json::to_value(line.standing);
    let standing = standing.map_err(|error| ApiError::Internal(error.to_string()))?;
    let other = &line.other_verdicts;
    Ok([
        standing.as_str().unwrap_or_default().to_owned(),
        line.number.map(|number| number.0.to_string()).unwrap_or_default(),
        operator.map(|operator| operator.inn.0.to_string()).unwrap_or_default(),
        operator.and_then(|operator| operator.name.clone()).unwrap_or_default(),
        operator.and_then(|operator| operator.group.clone()).unwrap_or_default(),
        line.interceptions.to_string(),
        line.traps.to_string(),
        line.baits.to_string(),
        line.clients.to_string(),
        line.days.to_string(),
        line.callers.to_string(),
        line.prior_contact.to_string(),
        line.candidates.to_string(),
        line.unheard_invalid.to_string(),
        line.other_heard.to_string(),
        line.attempts.to_string(),
        other.foreign_group.to_string(),
        other.foreign_entity.to_string(),
        other.same_group.to_string(),
        other.inconclusive.to_string(),
        other.invalid.to_string(),
        line.first_at.0.to_string(),
        line.last_at.0.to_string(),
    ])
}

/// A cell that a spreadsheet could run gets an apostrophe before it; so does
/// one that begins with an apostrophe, which makes the mark reversible.
fn inert(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\'']) {
        format!("'{cell}")
    } else {
        cell.to_owned()
    }
}
