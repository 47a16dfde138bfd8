//! The statement of custody and the inventory in the words of documents: what their
//! templates see.

use baitline_domain::instant::Instant;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::PaperError;
use super::facts::{CustodyEventKind, CustodyFacts, InventoryFacts};
use super::views::within_limit;
use crate::bag::hex;
use crate::russian::{self, date, grouped, local, seconds, short_date};
use crate::signers::{
    ApplicantView, EnclosureView, SignerView, Totals, applicant, enclosures, filled, signer, totals,
};

#[derive(Serialize)]
struct RecordingView<'a> {
    number: usize,
    file: &'a str,
    original_name: Option<&'a str>,
    sha256: String,
    bytes: String,
    call: String,
    caller: String,
    source: &'a str,
    events: Vec<EventView<'a>>,
    last_link: Option<&'a str>,
}

#[derive(Serialize)]
struct EventView<'a> {
    time: String,
    what: &'static str,
    by: Option<&'a str>,
}

#[derive(Serialize)]
pub(super) struct CustodyView<'a> {
    made: String,
    organisation: &'a str,
    zone: String,
    recordings: Vec<RecordingView<'a>>,
    audit: Option<AuditView>,
    made_by: Option<&'a str>,
}

/// Where the chain of the audit had come to.
#[derive(Serialize)]
struct AuditView {
    sequence: String,
    hash: String,
}

pub(super) fn custody<'a>(
    facts: &'a CustodyFacts,
    made_at: Instant,
    zone: &TimeZone,
) -> Result<CustodyView<'a>, PaperError> {
    let rows = facts.recordings.iter().map(|one| 1 + one.events.len()).sum();
    within_limit(rows)?;
    let mut recordings: Vec<_> = facts.recordings.iter().collect();
    recordings.sort_by_key(|one| (one.started_at, &one.file));
    let moment = |at: Instant| {
        let at = local(at, zone);
        format!("{} {}", short_date(&at), seconds(&at))
    };
    let view = |(index, one): (usize, &&'a super::CustodyRecording)| {
        let mut events: Vec<_> = one.events.iter().collect();
        events.sort_by_key(|event| event.at);
        let event = |event: &&'a super::CustodyEvent| EventView {
            time: moment(event.at),
            what: event_name(event.kind),
            // Nothing but a person hears.
            by: filled(&event.by)
                .or((event.kind == CustodyEventKind::Heard).then_some("не указано")),
        };
        RecordingView {
            number: facts.first_number + index,
            file: &one.file,
            original_name: filled(&one.original_name),
            sha256: hex(&one.sha256),
            bytes: grouped(one.bytes),
            call: moment(one.started_at),
            caller: russian::phone(one.caller),
            source: &one.source,
            events: events.iter().map(event).collect(),
            last_link: filled(&one.last_link),
        }
    };
    Ok(CustodyView {
        made: date(&local(made_at, zone)),
        organisation: &facts.organisation,
        zone: russian::zone(&local(made_at, zone)),
        recordings: recordings.iter().enumerate().map(view).collect(),
        audit: facts
            .audit_head
            .map(|head| AuditView { sequence: grouped(head.sequence), hash: hex(&head.hash) }),
        made_by: filled(&facts.made_by),
    })
}

fn event_name(kind: CustodyEventKind) -> &'static str {
    match kind {
        CustodyEventKind::Received => "получена, сумма посчитана",
        CustodyEventKind::Checked => "прочитана, сумма та же",
        CustodyEventKind::Heard => "прослушана",
        CustodyEventKind::Packed => "скопирована в пакет без изменений",
        CustodyEventKind::Converted => "сделана копия для прослушивания, сам файл не изменён",
    }
}

#[derive(Serialize)]
pub(super) struct InventoryView<'a> {
    made: String,
    enclosed_to: &'a str,
    enclosures: Vec<EnclosureView<'a>>,
    expected: &'a [String],
    filed: usize,
    in_volumes: bool,
    files: Vec<FileView<'a>>,
    /// Whether any file belongs to a part.
    in_parts: bool,
    /// «25 000 000», where parts have an end.
    part_bytes: Option<String>,
    totals: Totals,
    applicant: Option<ApplicantView<'a>>,
    signer: SignerView<'a>,
}

/// A sum that a narrow column may break in the middle.
fn halves(sha256: &[u8; 32]) -> String {
    let (first, second) = sha256.split_at(16);
    format!("{} {}", hex(first), hex(second))
}

#[derive(Serialize)]
struct FileView<'a> {
    name: &'a str,
    part: Option<usize>,
    bytes: String,
    sha256: String,
}

pub(super) fn inventory<'a>(
    facts: &'a InventoryFacts,
    made_at: Instant,
    zone: &TimeZone,
) -> Result<InventoryView<'a>, PaperError> {
    within_limit(facts.enclosures.len() + facts.expected.len() + facts.files.len())?;
    let file = |one: &'a super::InventoryFile| FileView {
        name: &one.name,
        part: one.part,
        bytes: grouped(one.bytes),
        sha256: halves(&one.sha256),
    };
    Ok(InventoryView {
        made: date(&local(made_at, zone)),
        enclosed_to: &facts.enclosed_to,
        enclosures: enclosures(&facts.enclosures),
        expected: &facts.expected,
        filed: facts.filed,
        in_volumes: facts.in_volumes,
        files: facts.files.iter().map(file).collect(),
        in_parts: facts.files.iter().any(|one| one.part.is_some()),
        part_bytes: facts.part_bytes.map(grouped),
        totals: totals(&facts.enclosures),
        applicant: facts.applicant.as_ref().map(applicant),
        signer: signer(facts.applicant.as_ref(), facts.representative.as_ref()),
    })
}
