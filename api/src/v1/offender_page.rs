//! `/v1/offenders/{number}`: everything known of one number, for whoever has it
//! on the line. A fixed handful of look-ups by the number, each bounded or as
//! long as the number's own interceptions, whatever else is stored.

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::routes::ServiceConfig;
use actix_web::{get, web};
use baitline_analytics::{Question, one_offender};
use baitline_domain::instant::Instant;
use baitline_domain::numbering::NumberingPlan;
use baitline_domain::operator::Operators;
use baitline_domain::phone::Phone;
use baitline_domain::tally::Tally;
use baitline_store::attributions::{self, AttributionFilter};
use baitline_store::calls::CallsOfNumber;
use baitline_store::models::{
    AllowEntryRow, AttributionRow, Competitor, JudgedCall, LabelRow, OutcomeCounts, OwnNumberRow,
    PortabilityAnswerRow,
};
use baitline_store::{
    Conn, Page, Reach, Store, StoreResult, allow_list, buckets, calls, competitors, complaints,
    known_numbers, labels, operators, own_numbers, portability, tallies,
};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::numbering::{answer, plan_for};
use super::offender_views::{
    CallbackView, CompanyNamedView, NamedAttributionView, OffenderCountsView, OffenderPage,
    OperatorTimeView, Tallied, lines, operator_line,
};
use crate::app::{AppData, blocking};
use crate::auth::Caller;
use crate::fault::{Fault, FaultItem};
use crate::fields::{PhoneNumber, Time};
use crate::permissions::Reports;
use crate::problem::{ApiError, ApiResult, Problem};
use crate::query::Params;
use crate::sight::sees_baits;

/// The latest calls shown.
pub(super) const MAX_OFFENDER_CALLS: i64 = 20;
/// The latest labels, in either direction, that call-backs and companies are
/// read from.
pub(super) const MAX_OFFENDER_LABELS: i64 = 100;
/// The most operators, call-backs and companies shown, of each.
pub(super) const MAX_OFFENDER_LINES: usize = 20;
/// The most own numbers, allowances, attributions and portability answers
/// shown, of each.
pub(super) const MAX_OFFENDER_ENTRIES: i64 = 100;

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(find_offender);
}

/// Of whom.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct FindOffender {
    /// By what this client's baits have seen of it.
    #[param(nullable = false)]
    client_id: Option<Uuid>,
}

/// Find everything known of a number
///
/// Its standing with the counts that explain it, its latest calls, whose it is
/// and was, and the numbers and companies named in its calls. Any valid number
/// has an answer. With a client's key all of it is that client's own.
#[utoipa::path(
    tag = "offenders",
    security(("bearer" = ["reports"])),
    params(("number" = PhoneNumber, Path, description = "The number, in any form."), FindOffender),
    responses(
        (status = 200, description = "What is known.", body = OffenderPage),
        (status = 422, description = "It does not read as a phone number.", body = Problem),
    ),
)]
#[get("/v1/offenders/{number}")]
async fn find_offender(
    app: AppData,
    caller: Caller<Reports>,
    number: web::Path<String>,
    query: Params<FindOffender>,
) -> ApiResult<web::Json<OffenderPage>> {
    let PhoneNumber(number) = number.parse().map_err(not_a_number)?;
    let reach = caller.reach(query.0.client_id)?;
    let at = baitline_store::now();
    let (others, known) = blocking({
        let store = app.store.clone();
        move || Ok(look_up(&store, reach, number, at)?)
    })
    .await?;
    // The one answer to a client that is made of what is not its own.
    let other_clients = others.filter(|others| *others >= app.other_clients_from);
    Ok(web::Json(OffenderPage { other_clients, ..known.page(number, at) }))
}

/// What is known of a number and, for a client, how many others it has called.
fn look_up(
    store: &Store,
    reach: Reach,
    number: Phone,
    at: Instant,
) -> StoreResult<(Option<u64>, Known)> {
    let known = |conn: &mut Conn| known(conn, reach, number, at);
    let Reach::Client(own) = reach else { return Ok((None, store.look_up(reach, known)?)) };
    let others = |conn: &mut Conn| tallies::count_other_clients(conn, own, number);
    let (others, known) = store.look_up_after(others, own, known)?;
    Ok((Some(others), known))
}

fn not_a_number(fault: Fault) -> ApiError {
    ApiError::Unprocessable(vec![FaultItem::parameter("number", fault)])
}

/// What the tables say of a number.
struct Known {
    tallies: Vec<Tally>,
    pending_days: i64,
    background_calls: i64,
    calls: Vec<JudgedCall>,
    /// Its latest labelled calls with the labels in force.
    heard: Vec<(JudgedCall, LabelRow)>,
    /// Calls of others whose labels name it.
    naming: Vec<(JudgedCall, LabelRow)>,
    plan: NumberingPlan,
    answers: Vec<PortabilityAnswerRow>,
    own_numbers: Vec<OwnNumberRow>,
    allowances: Vec<AllowEntryRow>,
    attributions: Vec<AttributionRow>,
    competitors: Vec<Competitor>,
    known_operators: Cow<'static, Operators>,
    outcomes: OutcomeCounts,
}

fn known(conn: &mut Conn, reach: Reach, number: Phone, at: Instant) -> StoreResult<Known> {
    let entries = Page { after: None, limit: MAX_OFFENDER_ENTRIES };
    let latest =
        |conn: &mut Conn, which, limit| calls::latest_calls(conn, reach, number, which, limit);
    // Most numbers stand on no list: only what is there is looked up.
    let there = known_numbers::presence_of(conn, reach, number)?;
    let labelled =
        read_if(there.labelled, || latest(conn, CallsOfNumber::Labelled, MAX_OFFENDER_LABELS))?;
    let filter = AttributionFilter { number: Some(number), ..AttributionFilter::default() };
    let attributions = read_if(there.attributions, || {
        attributions::list_attributions(conn, reach, filter, entries)
    })?;
    let named: BTreeSet<_> =
        attributions.iter().map(|row| (row.client_id, row.competitor_id)).collect();
    Ok(Known {
        tallies: tallies::tallies_of(conn, reach, number)?,
        pending_days: read_if(there.pending, || buckets::count_pending(conn, reach))?,
        background_calls: there.background_calls,
        calls: latest(conn, CallsOfNumber::All, MAX_OFFENDER_CALLS)?,
        heard: read_if(!labelled.is_empty(), || with_labels(conn, labelled))?,
        naming: read_if(there.named, || {
            calls::calls_naming(conn, reach, number, MAX_OFFENDER_LABELS)
        })?,
        plan: plan_for(conn, number, at)?,
        answers: read_if(there.answers, || {
            portability::list_answers(conn, reach, Some(number), entries)
        })?,
        own_numbers: read_if(there.own_numbers, || {
            own_numbers::own_numbers_with(conn, reach, number, MAX_OFFENDER_ENTRIES)
        })?,
        allowances: read_if(there.allowances, || {
            allow_list::list_allow_entries(conn, reach, Some(number), entries)
        })?,
        competitors: read_if(!named.is_empty(), || competitors::competitors_by_id(conn, &named))?,
        attributions,
        known_operators: if there.operator_entries {
            Cow::Owned(operators::known_operators(conn)?)
        } else {
            Cow::Borrowed(Operators::built_in())
        },
        outcomes: read_if(there.complaints, || complaints::outcomes_of(conn, reach, number))?,
    })
}

/// What a look-up finds, or nothing where there is nothing to find.
fn read_if<T: Default>(there: bool, read: impl FnOnce() -> StoreResult<T>) -> StoreResult<T> {
    if there { read() } else { Ok(T::default()) }
}

fn with_labels(
    conn: &mut Conn,
    labelled: Vec<JudgedCall>,
) -> StoreResult<Vec<(JudgedCall, LabelRow)>> {
    let mut in_force = labels::labels_in_force(conn, &labelled)?;
    let with_label = |call: JudgedCall| in_force.remove(&call.call.id).map(|label| (call, label));
    Ok(labelled.into_iter().filter_map(with_label).collect())
}

impl Known {
    fn page(self, number: Phone, at: Instant) -> OffenderPage {
        let question = Question::default();
        let offender = one_offender(&self.tallies, &question);
        let callbacks = self.heard.iter().map(|(call, label)| (label.callback_number, call));
        let naming = self.naming.iter().map(|(call, _)| (call.call.party.phone(), call));
        OffenderPage {
            number: PhoneNumber(number),
            standing: offender.as_ref().and_then(|offender| offender.standing).map(Into::into),
            thresholds: question.thresholds.into(),
            verdicts_counted: question.verdicts.iter().map(|verdict| (*verdict).into()).collect(),
            pending_days: self.pending_days,
            counts: self.counts(&question),
            other_clients: None,
            on_review: self.outcomes.objected > 0,
            complaints: self.outcomes.into(),
            is_own_number: self.own_numbers.iter().any(|row| row.to_domain().covers(number, at)),
            is_allowed: self.allowances.iter().any(|row| row.to_domain().allows(number, at)),
            numbering: answer(&self.known_operators, number, Time(at), &self.plan),
            operators: self.operators(),
            callbacks_named: numbers_of(callbacks),
            named_as_callback_by: numbers_of(naming),
            companies_named: self.companies(),
            attributions: named_attributions(self.attributions, &self.competitors),
            portability_answers: self.answers.into_iter().map(Into::into).collect(),
            own_numbers: self.own_numbers.into_iter().map(Into::into).collect(),
            allowances: self.allowances.into_iter().map(Into::into).collect(),
            calls: self.calls.into_iter().filter(is_told).map(Into::into).collect(),
        }
    }

    fn counts(&self, question: &Question) -> OffenderCountsView {
        let background_calls = self.background_calls;
        let Some(counted) = one_offender(&self.tallies, question) else {
            return OffenderCountsView { background_calls, ..OffenderCountsView::default() };
        };
        // Where no verdict is counted, each has its own place.
        let by_verdict = Question { verdicts: Vec::new(), ..question.clone() };
        let advertising = one_offender(&self.tallies, &by_verdict)
            .map(|offender| offender.other_verdicts)
            .unwrap_or_default();
        OffenderCountsView {
            interceptions: counted.interceptions,
            traps: counted.traps,
            baits: counted.baits,
            clients: counted.clients,
            days: counted.days,
            prior_contact: counted.prior_contact,
            candidates: counted.candidates,
            unheard_invalid: counted.unheard_invalid,
            other_heard: counted.other_heard,
            attempts: counted.attempts,
            background_calls,
            advertising: advertising.into(),
            first_at: Some(Time(counted.first_at)),
            last_at: Some(Time(counted.last_at)),
        }
    }

    fn operators(&self) -> Vec<OperatorTimeView> {
        let seen = self.tallies.iter().map(|tally| {
            let (first_at, last_at) = (tally.first_at, tally.last_at);
            (tally.operator, Tallied { calls: tally.calls.into(), first_at, last_at })
        });
        let lines = lines(seen, MAX_OFFENDER_LINES);
        lines.into_iter().map(|line| operator_line(&self.known_operators, line)).collect()
    }

    fn companies(&self) -> Vec<CompanyNamedView> {
        let seen = self.heard.iter().filter_map(|(call, label)| {
            label.company.as_deref().map(|company| (company, once(call)))
        });
        lines(seen, MAX_OFFENDER_LINES)
            .into_iter()
            .map(|(company, sum)| CompanyNamedView {
                company: company.to_owned(),
                calls: sum.calls,
                last_at: Time(sum.last_at),
            })
            .collect()
    }
}

fn once(judged: &JudgedCall) -> Tallied {
    let at = judged.call.started_at;
    Tallied { calls: 1, first_at: at, last_at: at }
}

/// Background calls are those of own numbers, too, which show when traps are run.
fn is_told(judged: &JudgedCall) -> bool {
    judged.assessment.interception.is_some() || sees_baits()
}

/// Whoever withheld the number is nobody here.
fn numbers_of<'a>(
    seen: impl Iterator<Item = (Option<Phone>, &'a JudgedCall)>,
) -> Vec<CallbackView> {
    let seen = seen.filter_map(|(number, call)| number.map(|number| (number, once(call))));
    lines(seen, MAX_OFFENDER_LINES)
        .into_iter()
        .map(|(number, sum)| CallbackView {
            number: PhoneNumber(number),
            calls: sum.calls,
            last_at: Time(sum.last_at),
        })
        .collect()
}

fn named_attributions(
    rows: Vec<AttributionRow>,
    competitors: &[Competitor],
) -> Vec<NamedAttributionView> {
    let name_of = |row: &AttributionRow| {
        let of_row =
            |one: &&Competitor| (one.client_id, one.id) == (row.client_id, row.competitor_id);
        competitors.iter().find(of_row).map(|one| one.name.clone())
    };
    rows.into_iter()
        .map(|row| NamedAttributionView { competitor_name: name_of(&row), attribution: row.into() })
        .collect()
}
