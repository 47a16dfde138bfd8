//! The facts of each document in its words: what the templates see.

use baitline_domain::instant::{Instant, Span};
use baitline_domain::phone::Phone;
use baitline_domain::trap::TrapMissing;
use jiff::ZonedDateTime;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::PaperError;
use super::facts::{
    ConsentFacts, Contract, InquiryFacts, ProtocolFacts, ScriptFacts, TranscriptFacts,
};
use crate::application::step_name;
use crate::bag::hex;
use crate::dossier::{OperatorFacts, Period};
use crate::russian::{self, civil_date, date, local, minutes, seconds, short_date};
use crate::signers::{
    ApplicantView, EnclosureView, RepresentativeView, SignerView, applicant, enclosures, filled,
    representative, signer,
};

/// Rows of a document's tables together: more nobody reads, and a list of calls
/// has its register.
pub const MAX_ROWS: usize = 5_000;

/// Of a number that was withheld.
pub(super) const HIDDEN: &str = "номер скрыт";

pub(super) fn within_limit(rows: usize) -> Result<(), PaperError> {
    if rows > MAX_ROWS { Err(PaperError::TooLong) } else { Ok(()) }
}

#[derive(Serialize)]
pub(super) struct OperatorView<'a> {
    name: &'a str,
    inn: Option<String>,
}

pub(super) fn operator(facts: &OperatorFacts) -> OperatorView<'_> {
    OperatorView { name: &facts.name, inn: facts.inn.map(|inn| inn.to_string()) }
}

fn caller(number: Option<Phone>) -> String {
    number.map_or_else(|| HIDDEN.to_owned(), russian::phone)
}

#[derive(Serialize)]
pub(super) struct PeriodView {
    from: String,
    /// The last day, inclusive.
    to: String,
}

pub(super) fn period(facts: Period, zone: &TimeZone) -> PeriodView {
    let last = facts.to - Span(1);
    PeriodView { from: date(&local(facts.from, zone)), to: date(&local(last, zone)) }
}

/// A number with its contract.
#[derive(Serialize)]
struct ContractView {
    number: String,
    /// «договор № 12 от 1 октября 2026 г.»; absent where nothing is known.
    contract: Option<String>,
}

fn contracts(facts: &[Contract]) -> Vec<ContractView> {
    let view = |one: &Contract| {
        let number = filled(&one.contract_number).map(|number| format!(" №\u{a0}{number}"));
        let signed = one.signed_on.map(|day| format!(" от\u{a0}{}", civil_date(day)));
        let contract = (number.is_some() || signed.is_some()).then(|| {
            format!("договор{}{}", number.unwrap_or_default(), signed.unwrap_or_default())
        });
        ContractView { number: russian::phone(one.number), contract }
    };
    facts.iter().map(view).collect()
}

#[derive(Serialize)]
struct CallView {
    number: usize,
    date: String,
    time: String,
    caller: String,
    called: String,
    duration: String,
}

#[derive(Serialize)]
pub(super) struct InquiryView<'a> {
    made: String,
    operator: OperatorView<'a>,
    operator_address: Option<&'a str>,
    applicant: Option<ApplicantView<'a>>,
    representative: Option<RepresentativeView<'a>>,
    signer: SignerView<'a>,
    outgoing_number: Option<&'a str>,
    contracts: Vec<ContractView>,
    zone: String,
    called: Vec<String>,
    calls: Vec<CallView>,
    statement_period: Option<PeriodView>,
    enclosures: Vec<EnclosureView<'a>>,
}

pub(super) fn inquiry<'a>(
    facts: &'a InquiryFacts,
    made_at: Instant,
    zone: &TimeZone,
) -> Result<InquiryView<'a>, PaperError> {
    within_limit(facts.calls.len() + facts.contracts.len() + facts.enclosures.len())?;
    let mut calls: Vec<_> = facts.calls.iter().collect();
    calls.sort_by_key(|call| (call.started_at, call.caller, call.called));
    let mut called: Vec<Phone> = calls.iter().map(|call| call.called).collect();
    called.sort_unstable();
    called.dedup();
    let zone_at = calls.first().map_or(made_at, |call| call.started_at);
    let view = |(index, call): (usize, &&'a super::InquiryCall)| {
        let started = local(call.started_at, zone);
        CallView {
            number: index + 1,
            date: short_date(&started),
            time: minutes(&started),
            caller: caller(call.caller),
            called: russian::phone(call.called),
            duration: russian::duration(call.connected_seconds),
        }
    };
    Ok(InquiryView {
        made: date(&local(made_at, zone)),
        operator: operator(&facts.operator),
        operator_address: filled(&facts.operator_address),
        applicant: facts.applicant.as_ref().map(applicant),
        representative: facts.representative.as_ref().map(representative),
        signer: signer(facts.applicant.as_ref(), facts.representative.as_ref()),
        outgoing_number: filled(&facts.outgoing_number),
        contracts: contracts(&facts.contracts),
        zone: russian::zone(&local(zone_at, zone)),
        called: called.into_iter().map(russian::phone).collect(),
        calls: calls.iter().enumerate().map(view).collect(),
        statement_period: facts.statement_period.map(|one| period(one, zone)),
        enclosures: enclosures(&facts.enclosures),
    })
}

#[derive(Serialize)]
struct StepView<'a> {
    number: usize,
    what: &'static str,
    counterpart: Option<String>,
    time: String,
    duration: Option<String>,
    proof: Option<&'a str>,
}

#[derive(Serialize)]
pub(super) struct ProtocolView<'a> {
    made: String,
    organisation: &'a str,
    site: Option<&'a str>,
    number: String,
    operator: Option<OperatorView<'a>>,
    contract_holder: Option<&'a str>,
    user: Option<&'a str>,
    device: Option<&'a str>,
    date: String,
    zone: String,
    recorder_test: Option<String>,
    recorder_proof: Option<&'a str>,
    steps: Vec<StepView<'a>>,
    /// «с 16:19:33 13 октября 2026 г.», «до …»
    window: Option<[String; 2]>,
    missing: Vec<&'static str>,
    dealings: &'a [String],
    made_by: Option<&'a str>,
}

pub(super) fn protocol<'a>(
    facts: &'a ProtocolFacts,
    made_at: Instant,
    zone: &TimeZone,
) -> Result<ProtocolView<'a>, PaperError> {
    within_limit(facts.steps.len() + facts.dealings.len())?;
    let started = local(facts.started_at, zone);
    let mut steps: Vec<_> = facts.steps.iter().collect();
    steps.sort_by_key(|step| (step.at, step.kind));
    let view = |(index, step): (usize, &&'a super::ProtocolStep)| StepView {
        number: index + 1,
        what: step_name(step.kind),
        counterpart: step.counterpart.map(russian::phone),
        time: time_of(step.at, &started, zone),
        duration: (step.seconds > 0).then(|| russian::duration(step.seconds)),
        proof: filled(&step.proof),
    };
    let edge = |at: Instant| {
        let at = local(at, zone);
        format!("{} {}", seconds(&at), date(&at))
    };
    Ok(ProtocolView {
        made: date(&local(made_at, zone)),
        organisation: &facts.organisation,
        site: filled(&facts.site),
        number: russian::phone(facts.number),
        operator: facts.operator.as_ref().map(operator),
        contract_holder: filled(&facts.contract_holder),
        user: filled(&facts.user),
        device: filled(&facts.device),
        date: date(&started),
        zone: russian::zone(&started),
        recorder_test: facts.recorder_tested_at.map(|at| time_of(at, &started, zone)),
        recorder_proof: filled(&facts.recorder_proof),
        steps: steps.iter().enumerate().map(view).collect(),
        window: facts.window.map(|window| [edge(window.from), edge(window.to)]),
        missing: facts.missing.iter().copied().map(missing_step).collect(),
        dealings: &facts.dealings,
        made_by: filled(&facts.made_by),
    })
}

/// A time on a later day than the run's first says so.
fn time_of(at: Instant, started: &ZonedDateTime, zone: &TimeZone) -> String {
    let at = local(at, zone);
    let time = seconds(&at);
    if at.date() == started.date() { time } else { format!("{time} ({})", short_date(&at)) }
}

fn missing_step(missing: TrapMissing) -> &'static str {
    match missing {
        TrapMissing::RecorderTest => "нет отметки о проверке записи",
        TrapMissing::SiteVisit => "сайт организации не посещён в течение нужного времени",
        TrapMissing::OwnCall => "нет состоявшегося звонка в организацию",
        TrapMissing::ReturnCall => "нет состоявшегося ответного звонка организации",
        TrapMissing::ConnectedTime => "разговоры вместе короче нужного времени",
    }
}

#[derive(Serialize)]
struct LineView<'a> {
    time: String,
    speaker: &'static str,
    text: &'a str,
}

#[derive(Serialize)]
pub(super) struct TranscriptView<'a> {
    made: String,
    date: String,
    time: String,
    zone: String,
    caller: String,
    called: String,
    duration: String,
    file: &'a str,
    sha256: String,
    plays: Option<String>,
    lines: Vec<LineView<'a>>,
    paragraphs: Vec<&'a str>,
    screen_label: Option<&'a str>,
    written_by: Option<&'a str>,
}

pub(super) fn transcript<'a>(
    facts: &'a TranscriptFacts,
    made_at: Instant,
    zone: &TimeZone,
) -> Result<TranscriptView<'a>, PaperError> {
    let text = facts.text.as_deref().unwrap_or_default();
    let paragraphs: Vec<&str> =
        text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    within_limit(facts.segments.len() + paragraphs.len())?;
    let started = local(facts.started_at, zone);
    let line = |one: &'a baitline_domain::label::Segment| LineView {
        time: russian::place(one.from),
        speaker: russian::speaker(one.speaker),
        text: &one.text,
    };
    let plays = facts.duration_milliseconds.map(|milliseconds| {
        russian::duration(u32::try_from(milliseconds.div_ceil(1_000)).unwrap_or(u32::MAX))
    });
    Ok(TranscriptView {
        made: date(&local(made_at, zone)),
        date: date(&started),
        time: seconds(&started),
        zone: russian::zone(&started),
        caller: caller(facts.caller),
        called: russian::phone(facts.called),
        duration: russian::duration(facts.connected_seconds),
        file: &facts.file,
        sha256: hex(&facts.sha256),
        plays,
        lines: facts.segments.iter().map(line).collect(),
        // The same words twice would be read as two conversations.
        paragraphs: if facts.segments.is_empty() { paragraphs } else { Vec::new() },
        screen_label: filled(&facts.screen_label),
        written_by: filled(&facts.written_by),
    })
}

#[derive(Serialize)]
pub(super) struct ConsentView<'a> {
    office: Option<&'a str>,
    subscriber: Option<ApplicantView<'a>>,
    signer: SignerView<'a>,
    contracts: Vec<ContractView>,
    period: Option<PeriodView>,
    made: String,
}

pub(super) fn consent<'a>(
    facts: &'a ConsentFacts,
    made_at: Instant,
    zone: &TimeZone,
) -> Result<ConsentView<'a>, PaperError> {
    within_limit(facts.contracts.len())?;
    Ok(ConsentView {
        office: facts.office.as_ref().map(|office| office.name.as_str()),
        subscriber: facts.subscriber.as_ref().map(applicant),
        signer: signer(facts.subscriber.as_ref(), None),
        contracts: contracts(&facts.contracts),
        period: facts.period.map(|one| period(one, zone)),
        made: date(&local(made_at, zone)),
    })
}

/// Lines to fill in by hand.
const SCRIPT_ROWS: usize = 10;

#[derive(Serialize)]
pub(super) struct ScriptView {
    number: Option<String>,
    rows: [(); SCRIPT_ROWS],
}

pub(super) fn script(facts: &ScriptFacts) -> ScriptView {
    ScriptView { number: facts.number.map(russian::phone), rows: [(); SCRIPT_ROWS] }
}
