//! The application to the office, and the page in front of a draft: which
//! facts the templates get, already in the words of a document. The wording
//! itself is in the templates; machine words, rule versions and other clients'
//! counts never come this way.

use std::collections::BTreeSet;

use baitline_domain::ids::TrapId;
use baitline_domain::label::LabelKind;
use baitline_domain::phone::Phone;
use baitline_domain::trap::{Exposure, ExposureKind};
use baitline_domain::verdict::{Reason, Verdict};
use jiff::ZonedDateTime;
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::build::BuildError;
use crate::document::{Block, Document};
use crate::dossier::{Dossier, InterceptionFacts, LabelFacts, OperatorFacts};
use crate::gaps::{Gap, gaps};
use crate::markdown;
use crate::numbered::NumberedCall;
use crate::russian::{self, date, local, number_list};
use crate::signers::{self, ApplicantView, EnclosureView, RepresentativeView, SignerView, filled};
use crate::template::{APPLICATION, COVER, TemplateFault, render_markdown};

const TITLE: &str = "Заявление о признаках нарушения законодательства о рекламе";
const WATERMARK: &str = "ПРОЕКТ";
/// Characters quoted of all transcripts together, so that the application
/// stays one that is read; the register holds every word.
const MAX_QUOTES_CHARS: usize = 60_000;
/// Characters quoted of one transcript, when there are few and when many.
const QUOTE_CHARS: std::ops::RangeInclusive<usize> = 200..=1_500;
/// The file of the package that errors name.
const DOCUMENT: &str = "application.pdf";

/// The application; with a cover and a word across every page while the gate
/// misses anything.
/// `filed` are the titles of the enclosures that stand in one document with it.
pub(crate) fn document(
    dossier: &Dossier,
    calls: &[NumberedCall<'_>],
    filed: &[&str],
    zone: &TimeZone,
) -> Result<Document, BuildError> {
    document_from(APPLICATION, dossier, (calls, filed), zone).map_err(fault)
}

fn fault(fault: TemplateFault) -> BuildError {
    BuildError::Document { document: DOCUMENT, detail: fault.to_string() }
}

/// The same from a template of the client's own.
pub(crate) fn document_from(
    template: &str,
    dossier: &Dossier,
    (calls, filed): (&[NumberedCall<'_>], &[&str]),
    zone: &TimeZone,
) -> Result<Document, TemplateFault> {
    let sealed = local(dossier.sealed_at, zone);
    let gaps = gaps(calls);
    let draft = !gaps.is_empty();
    let mut blocks = Vec::new();
    if draft {
        let callers = callers(calls);
        let facts = CoverFacts {
            caller: callers.join(", "),
            callers,
            sealed: date(&sealed),
            calls: calls.len(),
            gaps,
        };
        blocks = rendered(COVER, facts)?;
        blocks.push(Block::PageBreak);
    }
    let facts = ApplicationFacts::new(dossier, calls, zone);
    blocks.extend(rendered(template, ApplicationFacts { filed: filed.to_vec(), ..facts })?);
    let watermark = draft.then(|| WATERMARK.to_owned());
    Ok(Document { title: TITLE.to_owned(), watermark, blocks })
}

fn rendered(template: &str, facts: impl Serialize) -> Result<Vec<Block>, TemplateFault> {
    let text = render_markdown(template, facts)?;
    markdown::parse(&text).map_err(TemplateFault::of_markdown)
}

#[derive(Serialize)]
struct CoverFacts {
    /// The numbers complained of, after each other.
    caller: String,
    callers: Vec<String>,
    sealed: String,
    calls: usize,
    gaps: Vec<Gap>,
}

#[derive(Serialize)]
struct ApplicationFacts<'a> {
    office: Option<&'a str>,
    applicant: Option<ApplicantView<'a>>,
    representative: Option<RepresentativeView<'a>>,
    signer: SignerView<'a>,
    /// The titles of the enclosures in the same document, whose numbers come first.
    filed: Vec<&'a str>,
    enclosures: Vec<EnclosureView<'a>>,
    /// What a complaint needs beside them, where nobody said what is enclosed.
    expected: Vec<String>,
    client: &'a str,
    /// The numbers complained of, after each other.
    caller: String,
    callers: Vec<String>,
    period_from: String,
    period_to: String,
    sealed: String,
    /// The zone of every call; absent where they differ.
    zone: Option<String>,
    called: Vec<String>,
    called_list: String,
    calls: Vec<CallFacts<'a>>,
    allocations: Vec<Allocation<'a>>,
    traps: Vec<Trap>,
    companies: BTreeSet<&'a str>,
    callback_numbers: BTreeSet<String>,
    robot_calls: bool,
    recordings: usize,
}

#[derive(Serialize)]
struct CallFacts<'a> {
    number: usize,
    date: String,
    short_date: String,
    time: String,
    zone: String,
    caller: String,
    called: String,
    duration: String,
    operator: Option<Operator<'a>>,
    label: Option<Label<'a>>,
}

#[derive(Serialize, Clone, PartialEq, Eq)]
struct Operator<'a> {
    name: &'a str,
    inn: Option<String>,
}

#[derive(Serialize)]
struct Label<'a> {
    advertising: bool,
    robot: bool,
    stop_demanded: bool,
    company: Option<&'a str>,
    callback_number: Option<String>,
    site: Option<&'a str>,
    number_origin: Option<&'a str>,
    screen_label: Option<&'a str>,
    quote: Vec<String>,
    quote_is_cut: bool,
}

/// Whom the caller's number belongs to, said once for all calls it holds for.
#[derive(Serialize)]
struct Allocation<'a> {
    calls: Vec<usize>,
    /// Empty where it holds for every call.
    call_list: String,
    caller: String,
    operator: Option<Operator<'a>>,
    ported: bool,
    region: Option<&'a str>,
    edition: Option<String>,
    subscriber_operator: Option<Operator<'a>>,
    relation: &'static str,
}

#[derive(Serialize)]
struct Trap {
    #[serde(skip)]
    id: TrapId,
    /// How many of its steps were done when its calls came: a step after a
    /// call says nothing about that call.
    #[serde(skip)]
    done: usize,
    date: String,
    zone: Option<String>,
    called: String,
    calls: Vec<usize>,
    call_list: String,
    steps: Vec<Step>,
}

#[derive(Serialize)]
struct Step {
    what: &'static str,
    time: String,
    duration: Option<String>,
}

impl<'a> ApplicationFacts<'a> {
    pub(crate) fn new(dossier: &'a Dossier, calls: &[NumberedCall<'a>], zone: &TimeZone) -> Self {
        let common_zone = common_zone(calls, zone);
        let callers = callers(calls);
        let called: BTreeSet<String> =
            calls.iter().map(|call| russian::phone(call.facts.called)).collect();
        let called: Vec<String> = called.into_iter().collect();
        let labels = || calls.iter().filter_map(|call| call.facts.label.as_ref());
        let quote_chars =
            (MAX_QUOTES_CHARS / calls.len().max(1)).clamp(*QUOTE_CHARS.start(), *QUOTE_CHARS.end());
        let last_day = dossier.period.to - baitline_domain::instant::Span(1);
        Self {
            office: dossier.office.as_ref().map(|office| office.name.as_str()),
            applicant: dossier.applicant.as_ref().map(signers::applicant),
            representative: dossier.representative.as_ref().map(signers::representative),
            signer: signers::signer(dossier.applicant.as_ref(), dossier.representative.as_ref()),
            filed: Vec::new(),
            enclosures: signers::enclosures(&dossier.enclosures),
            expected: expected_enclosures(dossier, calls, zone),
            client: &dossier.client_name,
            caller: callers.join(", "),
            callers,
            period_from: date(&local(dossier.period.from, zone)),
            period_to: date(&local(last_day, zone)),
            sealed: date(&local(dossier.sealed_at, zone)),
            called_list: called.join(", "),
            called,
            allocations: allocations(calls, zone),
            traps: traps(calls, zone, common_zone.is_none()),
            companies: labels().filter_map(|label| filled(&label.company)).collect(),
            callback_numbers: labels().filter_map(callback_number).collect(),
            robot_calls: labels().any(|label| label.robot == Some(true)),
            recordings: calls.iter().map(|call| call.recordings.len()).sum(),
            calls: calls.iter().map(|call| call_facts(call, quote_chars, zone)).collect(),
            zone: common_zone,
        }
    }
}

/// What a complaint needs beside what the program makes; nothing where somebody said
/// what is enclosed.
pub(crate) fn expected_enclosures(
    dossier: &Dossier,
    calls: &[NumberedCall<'_>],
    zone: &TimeZone,
) -> Vec<String> {
    if !dossier.enclosures.is_empty() {
        return Vec::new();
    }
    let from = date(&local(dossier.period.from, zone));
    let to = date(&local(dossier.period.to - baitline_domain::instant::Span(1), zone));
    let called: BTreeSet<Phone> = calls.iter().map(|call| call.facts.called).collect();
    let numbers = if called.len() == 1 {
        "контрольный номер"
    } else {
        "контрольные номера"
    };
    vec![
        format!("Детализация оператора связи за период с {from} по {to}"),
        "Согласие абонента на раскрытие сведений, составляющих тайну связи".to_owned(),
        format!("Документы, подтверждающие право на {numbers}"),
        "Запрос оператору связи и ответ на него (либо сведения о том, что ответ не\u{a0}получен)"
            .to_owned(),
        "Документ, подтверждающий полномочия представителя".to_owned(),
    ]
}

/// The numbers complained of: several where they are one competitor's.
fn callers(calls: &[NumberedCall<'_>]) -> Vec<String> {
    let numbers: BTreeSet<Phone> = calls.iter().map(|call| call.facts.caller).collect();
    numbers.into_iter().map(russian::phone).collect()
}

/// The zone as every call names it; `None` where the offset changed meanwhile.
fn common_zone(calls: &[NumberedCall<'_>], zone: &TimeZone) -> Option<String> {
    let names: BTreeSet<String> =
        calls.iter().map(|call| russian::zone(&local(call.facts.started_at, zone))).collect();
    let mut names = names.into_iter();
    names.next().filter(|_| names.next().is_none())
}

fn call_facts<'a>(call: &NumberedCall<'a>, quote_chars: usize, zone: &TimeZone) -> CallFacts<'a> {
    let started = local(call.facts.started_at, zone);
    CallFacts {
        number: call.number,
        date: date(&started),
        short_date: russian::short_date(&started),
        time: russian::minutes(&started),
        zone: russian::zone(&started),
        caller: russian::phone(call.facts.caller),
        called: russian::phone(call.facts.called),
        duration: russian::duration(call.facts.connected_seconds),
        operator: call.facts.caller_operator.as_ref().map(operator),
        label: call.facts.label.as_ref().map(|facts| label(facts, quote_chars)),
    }
}

fn operator(facts: &OperatorFacts) -> Operator<'_> {
    Operator { name: &facts.name, inn: facts.inn.map(|inn| inn.to_string()) }
}

fn label(facts: &LabelFacts, quote_chars: usize) -> Label<'_> {
    let transcript = russian::transcript(facts.transcript.as_deref(), &facts.segments);
    let (quote, quote_is_cut) = quote(&transcript, quote_chars);
    Label {
        advertising: facts.kind == LabelKind::Advertising,
        robot: facts.robot == Some(true),
        stop_demanded: facts.stop_demanded,
        company: filled(&facts.company),
        callback_number: callback_number(facts),
        site: filled(&facts.site),
        number_origin: filled(&facts.number_origin),
        screen_label: filled(&facts.screen_label),
        quote,
        quote_is_cut,
    }
}

/// A number as documents print numbers; other words as they were entered.
fn callback_number(facts: &LabelFacts) -> Option<String> {
    let text = filled(&facts.callback_number)?;
    Some(Phone::parse(text).map_or_else(|_| text.to_owned(), russian::phone))
}

/// The lines of a transcript, cut after a word where it is long.
fn quote(transcript: &str, limit: usize) -> (Vec<String>, bool) {
    let cut = transcript.char_indices().nth(limit).map(|(at, _)| {
        let head = &transcript[..at];
        head.rfind(char::is_whitespace).map_or(head, |space| &head[..space])
    });
    let shown = cut.unwrap_or(transcript);
    let mut lines: Vec<String> =
        shown.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect();
    if let (Some(_), Some(last)) = (cut, lines.last_mut()) {
        last.push_str(" […]");
    }
    (lines, cut.is_some())
}

/// One statement for every set of calls that have it in common.
fn allocations<'a>(calls: &[NumberedCall<'a>], zone: &TimeZone) -> Vec<Allocation<'a>> {
    let mut found: Vec<Allocation<'a>> = Vec::new();
    for call in calls {
        let this = allocation(call.facts, zone);
        match found.iter_mut().find(|other| other.says_the_same(&this)) {
            Some(same) => same.calls.push(call.number),
            None => found.push(Allocation { calls: vec![call.number], ..this }),
        }
    }
    if found.len() > 1 {
        for allocation in &mut found {
            allocation.call_list = number_list(&allocation.calls);
        }
    }
    found
}

fn allocation<'a>(call: &'a InterceptionFacts, zone: &TimeZone) -> Allocation<'a> {
    Allocation {
        calls: Vec::new(),
        call_list: String::new(),
        caller: russian::phone(call.caller),
        operator: call.caller_operator.as_ref().map(operator),
        ported: call.reasons.contains(&Reason::Ported),
        region: filled(&call.caller_region),
        edition: call.edition.as_ref().map(|edition| date(&local(edition.in_force_from, zone))),
        subscriber_operator: call.bait_operator.as_ref().map(operator),
        relation: relation(call.verdict),
    }
}

impl Allocation<'_> {
    fn says_the_same(&self, other: &Self) -> bool {
        self.caller == other.caller
            && self.operator == other.operator
            && self.ported == other.ported
            && self.region == other.region
            && self.edition == other.edition
            && self.subscriber_operator == other.subscriber_operator
            && self.relation == other.relation
    }
}

/// The template's word for how the two operators stand to each other.
fn relation(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::ForeignGroup | Verdict::ForeignEntity => "other",
        Verdict::SameGroup => "related",
        Verdict::Invalid => "unallocated",
        Verdict::Inconclusive => "unknown",
    }
}

fn traps(calls: &[NumberedCall<'_>], zone: &TimeZone, with_zone: bool) -> Vec<Trap> {
    let mut found: Vec<Trap> = Vec::new();
    for call in calls {
        let facts = &call.facts.trap;
        let done: Vec<Exposure> = facts
            .exposures
            .iter()
            .filter(|exposure| exposure.at <= call.facts.started_at)
            .copied()
            .collect();
        let same = |trap: &&mut Trap| trap.id == facts.id && trap.done == done.len();
        if let Some(trap) = found.iter_mut().find(same) {
            trap.calls.push(call.number);
            continue;
        }
        let started = local(facts.started_at, zone);
        found.push(Trap {
            id: facts.id,
            done: done.len(),
            date: date(&started),
            zone: with_zone.then(|| russian::zone(&started)),
            called: russian::phone(call.facts.called),
            calls: vec![call.number],
            call_list: String::new(),
            steps: steps(&done, &started, zone),
        });
    }
    for trap in &mut found {
        trap.call_list = number_list(&trap.calls);
    }
    found
}

/// A step on a later day than the run's first says so.
fn steps(exposures: &[Exposure], started: &ZonedDateTime, zone: &TimeZone) -> Vec<Step> {
    let step = |exposure: &Exposure| {
        let at = local(exposure.at, zone);
        let same_day = at.date() == started.date();
        let minutes = russian::minutes(&at);
        Step {
            what: step_name(exposure.kind),
            time: if same_day { minutes } else { format!("{minutes} ({})", date(&at)) },
            duration: (exposure.seconds > 0).then(|| russian::duration(exposure.seconds)),
        }
    };
    exposures.iter().map(step).collect()
}

pub(crate) fn step_name(kind: ExposureKind) -> &'static str {
    match kind {
        ExposureKind::SiteVisit => "посещение сайта организации",
        ExposureKind::Yandex => "вход в учётную запись «Яндекс»",
        ExposureKind::Vk => "вход в учётную запись «ВКонтакте»",
        ExposureKind::OwnCall => "звонок в организацию",
        ExposureKind::ReturnCall => "ответный звонок организации",
    }
}
