//! The comparison with a statement in its words: one row for each pair, each
//! call of ours and each line that stands alone, in order of time.

use std::collections::BTreeMap;

use baitline_domain::ids::ObservationId;
use baitline_domain::instant::{Instant, Span};
use baitline_domain::observation::{Channel, Direction};
use baitline_domain::phone::Party;
use baitline_domain::reconciliation::{
    DURATION_TOLERANCE_SECONDS, Difference, Finding, OurCall, Pair, Precision, SEARCH_SPAN,
    StatementLine, TIME_TOLERANCE,
};
use jiff::tz::TimeZone;
use serde::Serialize;

use super::PaperError;
use super::facts::ComparisonFacts;
use super::views::{HIDDEN, OperatorView, PeriodView, operator, period, within_limit};
use crate::russian::{self, NBSP, date, local, minutes, seconds, short_date};
use crate::signers::filled;

/// Whole minutes of a duration that is told in minutes.
const MINUTE_SECONDS: u32 = 60;

#[derive(Serialize)]
pub(super) struct ComparisonView<'a> {
    made: String,
    operator: OperatorView<'a>,
    number: String,
    period: PeriodView,
    zone: String,
    statement: &'a str,
    certified: bool,
    tolerance: ToleranceView,
    rows: Vec<RowView>,
    matched: usize,
    differing: usize,
    only_ours: usize,
    unanswered: usize,
    only_theirs: usize,
    made_by: Option<&'a str>,
}

/// What counts as the same, as the lists were held against each other.
#[derive(Serialize)]
struct ToleranceView {
    /// Between two starts.
    minutes: i64,
    /// What our clocks are unsure by beside that: of the calls the most, in seconds.
    clock_seconds: i64,
    /// Up to which a pair is one call whose time differs.
    search_minutes: i64,
    /// Between two lengths.
    seconds: u32,
    /// Whether the statement tells starts to the minute, in a line at least.
    starts_in_minutes: bool,
    /// Whether it tells lengths so.
    lengths_in_minutes: bool,
}

fn tolerance(facts: &ComparisonFacts) -> ToleranceView {
    let unsure = facts.calls.iter().map(|call| call.uncertainty.0.clamp(0, SEARCH_SPAN.0)).max();
    let minute = Span::seconds(MINUTE_SECONDS.into()).0;
    let in_minutes = |precision| precision == Precision::Minute;
    ToleranceView {
        minutes: TIME_TOLERANCE.0 / minute,
        clock_seconds: (unsure.unwrap_or(0) + Span::seconds(1).0 - 1) / Span::seconds(1).0,
        search_minutes: SEARCH_SPAN.0 / minute,
        seconds: DURATION_TOLERANCE_SECONDS,
        starts_in_minutes: facts.lines.iter().any(|line| in_minutes(line.start_precision)),
        lengths_in_minutes: facts
            .lines
            .iter()
            .any(|line| line.seconds.is_some() && in_minutes(line.duration_precision)),
    }
}

#[derive(Serialize)]
struct RowView {
    number: usize,
    ours: Option<SideView>,
    theirs: Option<SideView>,
    /// The number of the line.
    line: Option<u32>,
    finding: String,
}

/// One call as one side has it.
#[derive(Serialize)]
struct SideView {
    time: String,
    party: String,
    direction: Option<&'static str>,
    duration: Option<String>,
}

pub(super) fn comparison<'a>(
    facts: &'a ComparisonFacts,
    made_at: Instant,
    zone: &TimeZone,
) -> Result<ComparisonView<'a>, PaperError> {
    let found = &facts.reconciliation;
    within_limit(found.pairs.len() + found.only_ours.len() + found.only_theirs.len())?;
    let count = |finding| found.pairs.iter().filter(|pair| pair.finding() == finding).count();
    Ok(ComparisonView {
        made: date(&local(made_at, zone)),
        operator: operator(&facts.operator),
        number: russian::phone(facts.number),
        period: period(facts.period, zone),
        zone: russian::zone(&local(facts.period.from, zone)),
        statement: &facts.statement,
        certified: facts.certified,
        tolerance: tolerance(facts),
        rows: rows(facts, zone),
        matched: count(Finding::Matched),
        differing: count(Finding::Differs),
        only_ours: found.only_ours.len(),
        unanswered: found.only_ours.iter().filter(|only| only.unanswered).count(),
        only_theirs: found.only_theirs.len(),
        made_by: filled(&facts.made_by),
    })
}

/// What the facts do not hold, though the comparison names it, is left out.
fn rows(facts: &ComparisonFacts, zone: &TimeZone) -> Vec<RowView> {
    let calls: BTreeMap<ObservationId, &OurCall> =
        facts.calls.iter().map(|call| (call.id, call)).collect();
    let lines: BTreeMap<u32, &StatementLine> =
        facts.lines.iter().map(|line| (line.number, line)).collect();
    let mut rows: Vec<(Instant, u32, RowView)> = Vec::new();
    let mut add = |call: Option<&&OurCall>, line: Option<&&StatementLine>, finding: String| {
        let at = call.map(|call| call.started_at).or(line.map(|line| line.started_at));
        let row = RowView {
            number: 0,
            ours: call.map(|call| ours(call, zone)),
            theirs: line.map(|line| theirs(line, zone)),
            line: line.map(|line| line.number),
            finding,
        };
        rows.extend(at.map(|at| (at, line.map_or(0, |line| line.number), row)));
    };
    let found = &facts.reconciliation;
    for pair in &found.pairs {
        add(calls.get(&pair.call), lines.get(&pair.line), pair_finding(pair));
    }
    for only in &found.only_ours {
        let finding = if only.unanswered {
            "в детализации нет: звонок без ответа"
        } else {
            "в детализации нет"
        };
        add(calls.get(&only.call), None, finding.to_owned());
    }
    for only in &found.only_theirs {
        let finding = match only.repeats {
            Some(line) => format!("повторяет строку{NBSP}{line} детализации"),
            None => "есть только в детализации".to_owned(),
        };
        add(None, lines.get(&only.line), finding);
    }
    rows.sort_by_key(|(at, line, _)| (*at, *line));
    let numbered = rows.into_iter().zip(1..);
    numbered.map(|((_, _, row), number)| RowView { number, ..row }).collect()
}

fn pair_finding(pair: &Pair) -> String {
    let mut words: Vec<&str> = pair
        .differences
        .iter()
        .map(|difference| match difference {
            Difference::Time => "отличается время",
            Difference::Duration => "отличается длительность",
            Difference::Caller => "отличается номер",
        })
        .collect();
    if pair.revealed.is_some() {
        words.push("номер установлен по детализации");
    }
    match pair.finding() {
        Finding::Matched => {
            words.insert(0, "совпадает");
            words.join("; ")
        }
        _ => words.join(", "),
    }
}

fn ours(call: &OurCall, zone: &TimeZone) -> SideView {
    let started = local(call.started_at, zone);
    SideView {
        time: format!("{} {}", short_date(&started), seconds(&started)),
        party: party(&call.party),
        direction: Some(direction(call.direction, call.channel)),
        duration: Some(russian::duration(call.connected_seconds)),
    }
}

fn theirs(line: &StatementLine, zone: &TimeZone) -> SideView {
    let started = local(line.started_at, zone);
    let time = match line.start_precision {
        Precision::Second => seconds(&started),
        Precision::Minute => minutes(&started),
    };
    let duration = line.seconds.map(|stated| match line.duration_precision {
        Precision::Second => russian::duration(stated),
        Precision::Minute => format!("{}{NBSP}мин", stated.div_ceil(MINUTE_SECONDS)),
    });
    let through = line.through.as_ref().map(|number| format!(" (через {})", party(number)));
    SideView {
        time: format!("{} {time}", short_date(&started)),
        party: format!("{}{}", party(&line.party), through.unwrap_or_default()),
        direction: line.direction.map(|one| direction(one, line.channel)),
        duration,
    }
}

fn party(party: &Party) -> String {
    match party {
        Party::Number(phone) => russian::phone(*phone),
        Party::Hidden => HIDDEN.to_owned(),
        Party::ShortCode(text) | Party::Alphanumeric(text) | Party::Malformed(text) => text.clone(),
    }
}

fn direction(direction: Direction, channel: Channel) -> &'static str {
    match (direction, channel) {
        (Direction::Incoming, Channel::Sms) => "входящее сообщение",
        (Direction::Outgoing, Channel::Sms) => "исходящее сообщение",
        (Direction::Incoming, _) => "входящий",
        (Direction::Outgoing, _) => "исходящий",
    }
}
