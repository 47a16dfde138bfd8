//! The filing set: what an office opens. Application, register, protocols,
//! transcripts, comparisons, custody, conversion and inventory as one document, its
//! enclosures numbered and its pages running through all of it. Knows their order and
//! their titles; how each reads is in the templates.

use std::ops::Range;

use jiff::tz::TimeZone;
use serde::Serialize;

use crate::application;
use crate::bag::{FILING_PATH, PAYLOAD};
use crate::build::BuildError;
use crate::conversion::{Conversion, conversions, reason};
use crate::custody;
use crate::document::{BLANK, Block, Document};
use crate::dossier::Dossier;
use crate::markdown;
use crate::numbered::{NamedRecording, NumberedCall};
use crate::papers::{
    self, ComparisonFacts, CustodyFacts, InventoryFacts, InventoryFile, Paper, PaperError,
    TranscriptFacts,
};
use crate::people::{Enclosure, Making};
use crate::register;
use crate::russian::{self, date, grouped, local, minutes, short_date, zone};
use crate::template::{CONVERSION, REGISTER, TemplateFault, render_markdown};
use crate::volumes::volumes;

const TITLE: &str = "Заявление с приложениями";
const INVENTORY_TITLE: &str = "Опись приложений";
/// To what the inventory belongs, in the dative.
const ENCLOSED_TO: &str = "заявлению о признаках нарушения законодательства о рекламе";
/// Characters of all transcripts in the set: a document of some hundred pages is still
/// opened, and the register holds every word.
const MAX_TRANSCRIPTS_CHARS: usize = 300_000;
/// Rows of all comparisons in the set, for the same reason.
const MAX_COMPARED_ROWS: usize = 1_000;
/// Recordings that one statement tells of: some forty pages. More have several.
const STATEMENT_RECORDINGS: usize = 100;

/// A document of the set behind the application.
pub(crate) struct Enclosed {
    /// The code word of its kind.
    pub(crate) kind: &'static str,
    /// What it is called among the enclosures.
    pub(crate) title: String,
    /// Its content.
    pub(crate) blocks: Vec<Block>,
}

/// The set with its inventory.
pub(crate) struct FilingSet {
    /// The enclosures; their content is in the documents.
    pub(crate) enclosed: Vec<Enclosed>,
    /// One for each volume, the application first.
    pub(crate) documents: Vec<Document>,
}

/// What the set is made from.
pub(crate) struct Filing<'a> {
    pub(crate) dossier: &'a Dossier,
    pub(crate) calls: &'a [NumberedCall<'a>],
    pub(crate) zone: &'a TimeZone,
    /// Whether the gate misses anything.
    pub(crate) draft: bool,
}

impl Filing<'_> {
    /// The enclosures in order but for the inventory, which is the last of them.
    pub(crate) fn enclosures(&self) -> Result<Vec<Enclosed>, BuildError> {
        let mut enclosed = vec![self.register()?];
        self.protocols(&mut enclosed)?;
        self.transcripts(&mut enclosed)?;
        self.comparisons(&mut enclosed)?;
        self.custody(&mut enclosed)?;
        self.conversion(&mut enclosed)?;
        Ok(enclosed)
    }

    /// The whole set: the enclosures with the inventory that lists them behind, itself
    /// among them, and the documents that hold them.
    pub(crate) fn set(&self, registers: Vec<InventoryFile>) -> Result<FilingSet, BuildError> {
        let mut enclosed = self.enclosures()?;
        let listed = enclosed.len();
        let mut facts = self.inventory(&enclosed, registers);
        self.paper(&mut enclosed, INVENTORY_TITLE.to_owned(), &Paper::Inventory(&facts))?;
        let titles: Vec<&str> = enclosed.iter().map(|one| one.title.as_str()).collect();
        let application = application::document(self.dossier, self.calls, &titles, self.zone)?;
        let mut bound = volumes(&application, &enclosed);
        // An inventory longer than people read is not there.
        if bound.len() > 1 && enclosed.len() > listed {
            enclosed.truncate(listed);
            facts.in_volumes = true;
            self.paper(&mut enclosed, INVENTORY_TITLE.to_owned(), &Paper::Inventory(&facts))?;
            bound = volumes(&application, &enclosed);
        }
        let documents = documents(application, &mut enclosed, &bound);
        Ok(FilingSet { enclosed, documents })
    }

    fn inventory(&self, enclosed: &[Enclosed], registers: Vec<InventoryFile>) -> InventoryFacts {
        let one = |title: &str| Enclosure { title: title.to_owned(), sheets: None, copies: 1 };
        let mut enclosures: Vec<Enclosure> = enclosed
            .iter()
            .map(|one| one.title.as_str())
            .chain([INVENTORY_TITLE])
            .map(one)
            .collect();
        let filed = enclosures.len();
        let recordings = || self.calls.iter().flat_map(|call| &call.recordings);
        enclosures.push(one(&recordings_title(recordings().count())));
        enclosures.extend(self.dossier.enclosures.iter().cloned());
        InventoryFacts {
            enclosed_to: ENCLOSED_TO.to_owned(),
            enclosures,
            expected: application::expected_enclosures(self.dossier, self.calls, self.zone),
            filed,
            in_volumes: false,
            files: registers.into_iter().chain(recordings().flat_map(files)).collect(),
            part_bytes: self.dossier.part_bytes,
            applicant: self.dossier.applicant.clone(),
            representative: self.dossier.representative.clone(),
        }
    }

    fn custody(&self, enclosed: &mut Vec<Enclosed>) -> Result<(), BuildError> {
        let all = custody::facts(self.dossier, self.calls);
        for (part, recordings) in in_parts(&all.recordings) {
            let facts = CustodyFacts {
                organisation: all.organisation.clone(),
                recordings: recordings.to_vec(),
                first_number: part.start + 1,
                audit_head: all.audit_head,
                made_by: all.made_by.clone(),
            };
            let title = "Справка о порядке получения и хранения записей";
            let title = titled(title, &part, all.recordings.len());
            self.paper(enclosed, title, &Paper::CustodyStatement(&facts))?;
        }
        Ok(())
    }

    fn protocols(&self, enclosed: &mut Vec<Enclosed>) -> Result<(), BuildError> {
        for facts in &self.dossier.protocols {
            let day = date(&local(facts.started_at, self.zone));
            let number = russian::phone(facts.number);
            let title = format!("Протокол контрольного звонка от {day}, номер {number}");
            self.paper(enclosed, title, &Paper::TrapProtocol(facts))?;
        }
        Ok(())
    }

    fn transcripts(&self, enclosed: &mut Vec<Enclosed>) -> Result<(), BuildError> {
        let mut left = MAX_TRANSCRIPTS_CHARS;
        for call in self.calls {
            let Some(facts) = transcript(call) else { continue };
            let chars = russian::transcript(facts.text.as_deref(), &facts.segments).chars().count();
            let Some(rest) = left.checked_sub(chars) else { continue };
            left = rest;
            let at = local(facts.started_at, self.zone);
            let title = format!(
                "Расшифровка записи звонка №\u{a0}{} от {}, {}",
                call.number,
                date(&at),
                minutes(&at)
            );
            self.paper(enclosed, title, &Paper::Transcript(&facts))?;
        }
        Ok(())
    }

    fn comparisons(&self, enclosed: &mut Vec<Enclosed>) -> Result<(), BuildError> {
        let mut left = MAX_COMPARED_ROWS;
        for facts in &self.dossier.comparisons {
            let Some(rest) = left.checked_sub(rows(facts)) else { continue };
            left = rest;
            let title = format!(
                "Сопоставление сведений о звонках на номер {} с детализацией оператора связи",
                russian::phone(facts.number)
            );
            self.paper(enclosed, title, &Paper::StatementComparison(facts))?;
        }
        Ok(())
    }

    /// A paper by its own template. One that is longer than people read is left out:
    /// a set without it is better than none.
    fn paper(
        &self,
        enclosed: &mut Vec<Enclosed>,
        title: String,
        paper: &Paper<'_>,
    ) -> Result<(), BuildError> {
        let making = Making {
            made_at: self.dossier.sealed_at,
            time_zone: self.dossier.time_zone.clone(),
            draft: self.draft,
        };
        match papers::document(paper, None, &making) {
            Ok(document) => {
                let kind = paper.kind().as_str();
                enclosed.push(Enclosed { kind, title, blocks: document.blocks });
                Ok(())
            }
            Err(PaperError::TooLong) => Ok(()),
            Err(error) => Err(fault(&error)),
        }
    }

    fn register(&self) -> Result<Enclosed, BuildError> {
        let call = |call: &NumberedCall<'_>| self.call(call);
        let view = RegisterView { calls: self.calls.iter().map(call).collect() };
        let blocks = rendered(REGISTER, view).map_err(|error| fault(&error))?;
        Ok(Enclosed { kind: "register", title: "Реестр звонков".to_owned(), blocks })
    }

    fn call(&self, call: &NumberedCall<'_>) -> CallView {
        let facts = call.facts;
        let at = local(facts.started_at, self.zone);
        let names = call.recordings.iter().map(NamedRecording::name);
        CallView {
            number: call.number,
            date: short_date(&at),
            time: russian::seconds(&at),
            offset: russian::offset(&at),
            caller: russian::phone(facts.caller),
            called: russian::phone(facts.called),
            duration: russian::duration(facts.connected_seconds),
            content: facts
                .label
                .as_ref()
                .map_or("не прослушан", |label| register::kind(label.kind)),
            company: facts.label.as_ref().and_then(|label| label.company.clone()),
            files: names.collect::<Vec<_>>().join(", "),
        }
    }

    fn conversion(&self, enclosed: &mut Vec<Enclosed>) -> Result<(), BuildError> {
        let all = conversions(self.calls);
        let sealed = local(self.dossier.sealed_at, self.zone);
        for (part, conversions) in in_parts(&all) {
            let view = ConversionView {
                program: self.dossier.program_version.clone(),
                made: date(&sealed),
                time: format!("{} ({})", minutes(&sealed), zone(&sealed)),
                recordings: (part.start + 1..).zip(conversions).map(converted).collect(),
            };
            let blocks = rendered(CONVERSION, view).map_err(|error| fault(&error))?;
            let title = titled("Справка о копиях записей для прослушивания", &part, all.len());
            enclosed.push(Enclosed { kind: "conversion", title, blocks });
        }
        Ok(())
    }
}

/// What one statement tells of, with its place among all; a statement that there is
/// nothing is one, too.
fn in_parts<T>(all: &[T]) -> impl Iterator<Item = (Range<usize>, &[T])> {
    let starts = (0..all.len().max(1)).step_by(STATEMENT_RECORDINGS);
    starts.map(|start| {
        let part = start..(start + STATEMENT_RECORDINGS).min(all.len());
        (part.clone(), &all[part])
    })
}

/// «…, записи 101–200», where one statement does not tell of all.
fn titled(title: &str, part: &Range<usize>, all: usize) -> String {
    match part.len() {
        told if told == all => title.to_owned(),
        1 => format!("{title}, запись {}", part.end),
        _ => format!("{title}, записи {}–{}", part.start + 1, part.end),
    }
}

/// The application with the enclosures, in as many documents as there are volumes. The
/// content of the enclosures goes into them.
fn documents(
    application: Document,
    enclosed: &mut [Enclosed],
    volumes: &[Range<usize>],
) -> Vec<Document> {
    let of = volumes.len();
    let watermark = application.watermark.clone();
    let mut blocks = application.blocks;
    let mut document = |(volume, enclosures): (usize, &Range<usize>)| {
        for number in enclosures.clone() {
            blocks.push(Block::Enclosure { number: number + 1 });
            blocks.append(&mut enclosed[number].blocks);
        }
        let title =
            if of == 1 { TITLE.to_owned() } else { format!("{TITLE}, том {volume} из {of}") };
        Document { title, watermark: watermark.clone(), blocks: std::mem::take(&mut blocks) }
    };
    (1..).zip(volumes).map(&mut document).collect()
}

/// The titles of all enclosures, the inventory among them.
pub(crate) fn titles(enclosed: &[Enclosed]) -> Vec<String> {
    enclosed.iter().map(|one| one.title.clone()).chain([INVENTORY_TITLE.to_owned()]).collect()
}

/// «Записи звонков: 2 файла».
fn recordings_title(count: usize) -> String {
    if count == 0 {
        return format!("Записи звонков: {BLANK} файлов");
    }
    let noun = russian::plural_form(count as u64, "файл", "файла", "файлов");
    format!("Записи звонков: {count}\u{a0}{noun}")
}

fn fault(error: &dyn std::fmt::Display) -> BuildError {
    BuildError::Document { document: FILING_PATH, detail: error.to_string() }
}

fn rendered(template: &str, facts: impl Serialize) -> Result<Vec<Block>, TemplateFault> {
    let text = render_markdown(template, facts)?;
    markdown::parse(&text).map_err(TemplateFault::of_markdown)
}

fn rows(facts: &ComparisonFacts) -> usize {
    facts.calls.len() + facts.lines.len()
}

/// The transcript of a call that somebody wrote down, of the recording that was heard.
fn transcript(call: &NumberedCall<'_>) -> Option<TranscriptFacts> {
    let label = call.facts.label.as_ref()?;
    if label.transcript.is_none() && label.segments.is_empty() {
        return None;
    }
    let heard = call.recordings.iter().find(|one| one.facts.observation == label.observation);
    let recording = heard.or(call.recordings.first())?;
    Some(TranscriptFacts {
        started_at: call.facts.started_at,
        caller: Some(call.facts.caller),
        called: call.facts.called,
        connected_seconds: call.facts.connected_seconds,
        file: recording.name().to_owned(),
        sha256: recording.facts.sha256,
        duration_milliseconds: recording.facts.duration_milliseconds,
        text: label.transcript.clone(),
        segments: label.segments.clone(),
        screen_label: label.screen_label.clone(),
        written_by: label.listener.clone(),
    })
}

/// A recording as it was received, and its playable copy.
fn files(recording: &NamedRecording<'_>) -> Vec<InventoryFile> {
    let mut files = vec![InventoryFile {
        name: shown(&recording.path).to_owned(),
        part: None,
        bytes: recording.facts.bytes,
        sha256: recording.facts.sha256,
    }];
    files.extend(recording.wav.as_ref().map(|wav| InventoryFile {
        name: shown(&wav.path).to_owned(),
        part: Some(wav.part),
        bytes: wav.facts.bytes,
        sha256: wav.facts.sha256,
    }));
    files
}

/// A path of the package as documents print it.
fn shown(path: &str) -> &str {
    path.strip_prefix(PAYLOAD).unwrap_or(path)
}

#[derive(Serialize)]
struct RegisterView {
    calls: Vec<CallView>,
}

#[derive(Serialize)]
struct CallView {
    number: usize,
    date: String,
    time: String,
    offset: String,
    caller: String,
    called: String,
    duration: String,
    content: &'static str,
    company: Option<String>,
    files: String,
}

#[derive(Serialize)]
struct ConversionView<'a> {
    program: String,
    made: String,
    time: String,
    recordings: Vec<ConvertedView<'a>>,
}

#[derive(Serialize)]
struct ConvertedView<'a> {
    number: usize,
    original: &'a str,
    original_sha256: String,
    copy: Option<CopyView<'a>>,
    reason: Option<&'static str>,
}

#[derive(Serialize)]
struct CopyView<'a> {
    name: &'a str,
    sha256: String,
    bytes: String,
    sample_rate: String,
    channels: u16,
    duration: String,
    skipped: u64,
}

fn converted<'a>((number, one): (usize, &Conversion<'a>)) -> ConvertedView<'a> {
    let copy = one.copy.as_ref().ok().map(|copy| CopyView {
        name: shown(copy.path),
        sha256: copy.sha256.clone(),
        bytes: grouped(copy.bytes),
        sample_rate: grouped(copy.sample_rate.into()),
        channels: copy.channels,
        duration: playing(copy.duration_milliseconds),
        skipped: copy.skipped_packets,
    });
    ConvertedView {
        number,
        original: shown(one.original),
        original_sha256: one.original_sha256.clone(),
        copy,
        reason: one.copy.as_ref().err().map(|why| reason(*why)),
    }
}

fn playing(milliseconds: u64) -> String {
    russian::duration(u32::try_from(milliseconds.div_ceil(1_000)).unwrap_or(u32::MAX))
}
