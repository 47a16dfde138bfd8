//! Whether a template that a client sent fits its document: it is tried on
//! made-up facts, once with everything that can be known and once with as
//! little as there may be, under the limits that real facts are rendered with.

use super::sample::{self, Known};
use super::{
    PaperError, PaperKind, Rendered, application_document, document, render, render_application,
};
use crate::document::Document;
use crate::dossier::Dossier;
use crate::template::TemplateFault;

/// What a specimen is called among documents.
const IDENT: &str = "specimen";
/// Bytes of the document of the made-up facts, as JSON: ten times those of the
/// program's own templates. What is longer says too much of real facts, too, and
/// setting it takes long.
const MAX_SPECIMEN_BYTES: usize = 2 << 20;

/// Refuses a template that real facts could not be rendered with: an unknown
/// fact, a statement that is not allowed, an endless loop, too long an output, a
/// construct that documents do not have.
///
/// # Errors
/// What is wrong, with the line of the template where it can be told.
pub fn check_template(kind: PaperKind, template: &str) -> Result<(), TemplateFault> {
    for known in [Known::Little, Known::Everything] {
        let document = sample_document(kind, template, known).map_err(fault)?;
        let written = serde_json::to_vec(&document)
            .map_err(|error| fault(PaperError::Setting(error.to_string())))?;
        if written.len() > MAX_SPECIMEN_BYTES {
            let what = format!("made-up facts give more than {MAX_SPECIMEN_BYTES} bytes");
            return Err(TemplateFault { line: None, what });
        }
    }
    specimen(kind, Some(template)).map(drop).map_err(fault)
}

/// A document of made-up facts, for looking at a template; the program's own
/// where none is given.
///
/// # Errors
/// As [`render`].
pub fn specimen(kind: PaperKind, template: Option<&str>) -> Result<Rendered, PaperError> {
    match sample::papers(Known::Everything).paper(kind) {
        Some(paper) => render(&paper, template, &sample::making(), IDENT),
        None => render_application(&sample::dossier(Known::Everything), template),
    }
}

/// The made-up facts of a package, for looking at one: its recordings are nowhere.
pub fn specimen_dossier() -> Dossier {
    sample::dossier(Known::Everything)
}

pub(super) fn sample_document(
    kind: PaperKind,
    template: &str,
    known: Known,
) -> Result<Document, PaperError> {
    match sample::papers(known).paper(kind) {
        Some(paper) => document(&paper, Some(template), &sample::making()),
        None => application_document(&sample::dossier(known), template),
    }
}

fn fault(error: PaperError) -> TemplateFault {
    match error {
        PaperError::Template(fault) => fault,
        other => TemplateFault { line: None, what: other.to_string() },
    }
}
