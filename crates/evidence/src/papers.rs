//! The documents beside the package: the inquiry to the operator, the protocol
//! of a control call, the transcript, the comparison with the statement, the
//! statement of custody, the inventory, the form of consent, and a note for
//! whoever answers. Each comes as PDF for filing and as DOCX for edits, from one
//! template. The application itself is `application`, which a package has
//! always had.

mod check;
mod comparison;
mod custody;
mod facts;
mod kind;
mod sample;
#[cfg(test)]
mod tests;
mod views;

use baitline_domain::instant::Instant;
use baitline_domain::phone::Phone;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::application;
use crate::bag::folder;
use crate::build::BuildError;
use crate::document::Document;
use crate::docx::docx;
use crate::dossier::Dossier;
use crate::filing::{Filing, titles};
use crate::limits;
use crate::markdown;
use crate::numbered::{missing, numbered};
use crate::pdf::pdf;
use crate::people::Making;
use crate::russian;
use crate::template::{APPLICATION, render_markdown};

pub use check::{check_template, specimen, specimen_dossier};
pub use facts::{
    ComparisonFacts, ConsentFacts, Contract, CustodyEvent, CustodyEventKind, CustodyFacts,
    CustodyRecording, InquiryCall, InquiryFacts, InventoryFacts, InventoryFile, ProtocolFacts,
    ProtocolStep, ScriptFacts, TranscriptFacts,
};
pub use kind::PaperKind;
pub use views::MAX_ROWS;

pub use crate::template::{MAX_TEMPLATE_BYTES, TemplateFault};

/// The word across every page of a draft.
const WATERMARK: &str = "ПРОЕКТ";

/// A document with its facts.
#[derive(Debug, Clone)]
pub enum Paper<'a> {
    /// See [`PaperKind::OperatorInquiry`].
    OperatorInquiry(&'a InquiryFacts),
    /// See [`PaperKind::TrapProtocol`].
    TrapProtocol(&'a ProtocolFacts),
    /// See [`PaperKind::Transcript`].
    Transcript(&'a TranscriptFacts),
    /// See [`PaperKind::StatementComparison`].
    StatementComparison(&'a ComparisonFacts),
    /// See [`PaperKind::CustodyStatement`].
    CustodyStatement(&'a CustodyFacts),
    /// See [`PaperKind::Inventory`].
    Inventory(&'a InventoryFacts),
    /// See [`PaperKind::DisclosureConsent`].
    DisclosureConsent(&'a ConsentFacts),
    /// See [`PaperKind::AnsweringScript`].
    AnsweringScript(&'a ScriptFacts),
}

/// A document in both formats.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// PDF/A-2b, tagged.
    pub pdf: Vec<u8>,
    /// The same for Word and LibreOffice.
    pub docx: Vec<u8>,
}

/// Why a document could not be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PaperError {
    /// No time zone has this name.
    #[error("no time zone is called {0:?}")]
    TimeZone(String),
    /// More rows than a document that people read may have.
    #[error("more than {MAX_ROWS} rows")]
    TooLong,
    /// No package could hold the dossier of an application.
    #[error("{0}")]
    Dossier(String),
    /// The template is at fault.
    #[error(transparent)]
    Template(#[from] TemplateFault),
    /// The document could not be set; a fault of the program.
    #[error("the document could not be set: {0}")]
    Setting(String),
}

/// A number as documents print it: «+7 900 123-45-67».
pub fn printed_phone(number: Phone) -> String {
    russian::phone(number)
}

/// A day as documents print it: «14 октября 2026 г.»
pub fn printed_day(day: Date) -> String {
    russian::civil_date(day)
}

/// Makes a document. `template` takes the place of the program's own, see
/// [`check_template`]; `ident` names the document among all others. Equal
/// arguments give equal bytes.
///
/// # Errors
/// When the zone is unknown, the facts are too many, or the template does not
/// fit them.
pub fn render(
    paper: &Paper<'_>,
    template: Option<&str>,
    making: &Making,
    ident: &str,
) -> Result<Rendered, PaperError> {
    both(document(paper, template, making)?, ident, making.made_at)
}

/// Makes the application of a package alone, for reading and for the lawyer's
/// edits; with the program's own template it is the package's, but that it has
/// blanks for the sheets of enclosures, which are not laid out here.
///
/// # Errors
/// As [`render`], and when no package could hold the dossier.
pub fn render_application(
    dossier: &Dossier,
    template: Option<&str>,
) -> Result<Rendered, PaperError> {
    limits::check(dossier).map_err(|error| PaperError::Dossier(error.to_string()))?;
    let document = application_document(dossier, template.unwrap_or(APPLICATION))?;
    both(document, &folder(dossier.package), dossier.sealed_at)
}

pub(crate) fn application_document(
    dossier: &Dossier,
    template: &str,
) -> Result<Document, PaperError> {
    let zone = TimeZone::get(&dossier.time_zone)
        .map_err(|_| PaperError::TimeZone(dossier.time_zone.clone()))?;
    let calls = numbered(dossier);
    let draft = !missing(dossier).is_empty();
    let filing = Filing { dossier, calls: &calls, zone: &zone, draft };
    let setting = |error: BuildError| PaperError::Setting(error.to_string());
    let titles = titles(&filing.enclosures().map_err(setting)?);
    let filed: Vec<&str> = titles.iter().map(String::as_str).collect();
    Ok(application::document_from(template, dossier, (&calls, &filed), &zone)?)
}

fn both(document: Document, ident: &str, made_at: Instant) -> Result<Rendered, PaperError> {
    let setting = |error: &dyn std::fmt::Display| PaperError::Setting(error.to_string());
    let docx = docx(&document, made_at).map_err(|error| setting(&error))?;
    let pdf = pdf(document, ident, made_at).map_err(|error| setting(&error))?;
    Ok(Rendered { pdf, docx })
}

/// The document before it has a format.
pub(crate) fn document(
    paper: &Paper<'_>,
    template: Option<&str>,
    making: &Making,
) -> Result<Document, PaperError> {
    let zone = TimeZone::get(&making.time_zone)
        .map_err(|_| PaperError::TimeZone(making.time_zone.clone()))?;
    let kind = paper.kind();
    let template = template.unwrap_or(kind.template());
    let made_at = making.made_at;
    let mut document = match paper {
        Paper::OperatorInquiry(facts) => {
            set(kind, template, views::inquiry(facts, made_at, &zone)?)
        }
        Paper::TrapProtocol(facts) => set(kind, template, views::protocol(facts, made_at, &zone)?),
        Paper::Transcript(facts) => set(kind, template, views::transcript(facts, made_at, &zone)?),
        Paper::StatementComparison(facts) => {
            set(kind, template, comparison::comparison(facts, made_at, &zone)?)
        }
        Paper::CustodyStatement(facts) => {
            set(kind, template, custody::custody(facts, made_at, &zone)?)
        }
        Paper::Inventory(facts) => set(kind, template, custody::inventory(facts, made_at, &zone)?),
        Paper::DisclosureConsent(facts) => {
            set(kind, template, views::consent(facts, made_at, &zone)?)
        }
        Paper::AnsweringScript(facts) => set(kind, template, views::script(facts)),
    }?;
    document.watermark = making.draft.then(|| WATERMARK.to_owned());
    Ok(document)
}

/// A template with its facts as a document.
fn set(kind: PaperKind, template: &str, facts: impl Serialize) -> Result<Document, PaperError> {
    let text = render_markdown(template, facts)?;
    let blocks = markdown::parse(&text).map_err(TemplateFault::of_markdown)?;
    Ok(Document { title: kind.title().to_owned(), watermark: None, blocks })
}

impl Paper<'_> {
    /// Which document it is.
    pub const fn kind(&self) -> PaperKind {
        match self {
            Self::OperatorInquiry(_) => PaperKind::OperatorInquiry,
            Self::TrapProtocol(_) => PaperKind::TrapProtocol,
            Self::Transcript(_) => PaperKind::Transcript,
            Self::StatementComparison(_) => PaperKind::StatementComparison,
            Self::CustodyStatement(_) => PaperKind::CustodyStatement,
            Self::Inventory(_) => PaperKind::Inventory,
            Self::DisclosureConsent(_) => PaperKind::DisclosureConsent,
            Self::AnsweringScript(_) => PaperKind::AnsweringScript,
        }
    }
}
