//! The register of calls: the table that goes to the office as an enclosure.
//! Knows what stands in which column; `csv_file` and `xlsx_file` know how it is
//! written down.

use baitline_domain::label::LabelKind;
use jiff::tz::TimeZone;

use crate::bag::hex;
use crate::dossier::{LabelFacts, OperatorFacts};
use crate::numbered::NumberedCall;
use crate::russian::{self, NBSP, local, offset, seconds, short_date};

/// A column: its title and its width in a sheet, in characters.
pub(crate) struct Column {
    pub(crate) title: &'static str,
    pub(crate) width: f64,
}

/// A cell. Numbers that are not counted with, such as phones, are text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Cell {
    Text(String),
    Number(u32),
}

/// The columns in order.
pub(crate) const COLUMNS: [Column; 17] = [
    column("№", 5.0),
    column("Дата", 12.0),
    column("Время начала", 13.0),
    column("Часовой пояс", 13.0),
    column("Вызывающий номер", 18.0),
    column("Вызывающий номер, как записан", 22.0),
    column("Контрольный номер", 18.0),
    column("Длительность, с", 15.0),
    column("Оператор вызывающего номера", 34.0),
    column("ИНН оператора вызывающего номера", 16.0),
    column("Регион вызывающего номера", 26.0),
    column("Оператор контрольного номера", 34.0),
    column("ИНН оператора контрольного номера", 16.0),
    column("Содержание", 20.0),
    column("Названная компания", 24.0),
    column("Файлы записей и их SHA-256", 60.0),
    column("Расшифровка записи", 60.0),
];

pub(crate) const fn column(title: &'static str, width: f64) -> Column {
    Column { title, width }
}

/// Every call of the package, one row each.
pub(crate) fn rows(calls: &[NumberedCall<'_>], zone: &TimeZone) -> Vec<[Cell; COLUMNS.len()]> {
    calls.iter().map(|call| row(call, zone)).collect()
}

fn row(call: &NumberedCall<'_>, zone: &TimeZone) -> [Cell; COLUMNS.len()] {
    let facts = call.facts;
    let started = local(facts.started_at, zone);
    let label = facts.label.as_ref();
    [
        Cell::Number(u32::try_from(call.number).unwrap_or(u32::MAX)),
        Cell::Text(short_date(&started)),
        Cell::Text(seconds(&started)),
        Cell::Text(offset(&started)),
        Cell::Text(facts.caller.to_string()),
        text(facts.caller_raw.as_deref()),
        Cell::Text(facts.called.to_string()),
        Cell::Number(facts.connected_seconds),
        text(facts.caller_operator.as_ref().map(|operator| operator.name.as_str())),
        inn(facts.caller_operator.as_ref()),
        text(facts.caller_region.as_deref()),
        text(facts.bait_operator.as_ref().map(|operator| operator.name.as_str())),
        inn(facts.bait_operator.as_ref()),
        text(label.map(|label| kind(label.kind))),
        text(label.and_then(|label| label.company.as_deref())),
        Cell::Text(recordings(call)),
        Cell::Text(label.map(transcript).unwrap_or_default()),
    ]
}

fn transcript(label: &LabelFacts) -> String {
    russian::transcript(label.transcript.as_deref(), &label.segments).into_owned()
}

fn text(text: Option<&str>) -> Cell {
    Cell::Text(text.unwrap_or_default().to_owned())
}

fn inn(operator: Option<&OperatorFacts>) -> Cell {
    let inn = operator.and_then(|operator| operator.inn);
    Cell::Text(inn.map(|inn| inn.to_string()).unwrap_or_default())
}

pub(crate) fn kind(kind: LabelKind) -> &'static str {
    match kind {
        LabelKind::Advertising => "реклама",
        LabelKind::OwnSide => "своя сторона",
        LabelKind::Service => "служебный звонок",
        LabelKind::WrongNumber => "ошиблись номером",
        LabelKind::Unclear => "не ясно",
    }
}

/// The names inside the package without the payload's folder, with hashes.
fn recordings(call: &NumberedCall<'_>) -> String {
    let named = call
        .recordings
        .iter()
        .map(|recording| format!("{}{NBSP}{}", recording.name(), hex(&recording.facts.sha256)));
    named.collect::<Vec<_>>().join("; ")
}
