//! Sets a document as PDF with Typst. The only module that knows Typst: a
//! fixed source that reads the document as data, four faces of one font, and
//! no other file, so there is nothing that the text of a document could reach.

use std::num::NonZeroUsize;
use std::sync::LazyLock;

use baitline_domain::instant::Instant;
use serde::Serialize;
use typst::diag::{FileError, FileResult, SourceDiagnostic};
use typst::foundations::{Bytes, Content, Datetime, Duration, Label, Selector, Smart};
use typst::introspection::Introspector;
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::{LazyHash, PicoStr};
use typst::{Library, LibraryExt, World};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards, Timestamp};

use crate::counted::Counted;
use crate::document::{Block, Document, Inline};
use crate::volumes::Volume;

const SOURCE: &str = include_str!("../templates/document.typ");
const DATA_PATH: &str = "/document.json";
/// What the source calls the beginning of an enclosure.
const ENCLOSURE_LABEL: &str = "enclosure";
/// The font of every document; it has Cyrillic and an open licence.
const FONT_FAMILY: &str = "Libertinus Serif";
/// Stands for a character the font cannot show, so that none goes missing
/// without a trace; `package.json` keeps the text itself.
const SUBSTITUTE: char = '□';
/// Documents for which Typst keeps what it computed before: those of two packages, since
/// what the next one repeats is said in the same document of the one before.
const CACHE_AGE: usize = 4;
/// Pages of a document so large that what was computed for it is not kept.
const LARGE_PAGES: usize = 50;
/// Characters whose display is known by a table; nearly all text is of them.
const TABLED_CHARS: u32 = 0x3000;

/// What went wrong, in Typst's words.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct PdfError(String);

/// The document as PDF. `ident` names it among all documents, `created` is its
/// date; equal arguments give equal bytes.
pub(crate) fn pdf(document: Document, ident: &str, created: Instant) -> Result<Vec<u8>, PdfError> {
    pdf_counted(document, None, ident, created).map(|(bytes, _)| bytes)
}

/// What the source reads.
#[derive(Serialize)]
struct Data<'a> {
    #[serde(flatten)]
    document: &'a Document,
    volume: Option<Volume>,
}

/// The same with how its pages came out. A volume numbers them on from the one before,
/// and is counted from its own first page.
pub(crate) fn pdf_counted(
    mut document: Document,
    volume: Option<Volume>,
    ident: &str,
    created: Instant,
) -> Result<(Vec<u8>, Counted), PdfError> {
    let fonts = &*FONTS;
    document.blocks.iter_mut().for_each(|block| keep_printable(block, fonts));
    let data = serde_json::to_vec(&Data { document: &document, volume })
        .map_err(|error| PdfError(error.to_string()))?;
    let world = Desk { fonts, data: Bytes::new(data), source: Source::detached(SOURCE) };
    let compiled = typst::compile::<PagedDocument>(&world);
    // Before the PDF takes memory of its own. What a large document leaves, and a volume of one,
    // would stay beside the next, and takes more than it saves.
    let is_long = |pages: &PagedDocument| pages.pages().len() > LARGE_PAGES;
    let is_large = volume.is_some() || compiled.output.as_ref().is_ok_and(is_long);
    typst::comemo::evict(if is_large { 0 } else { CACHE_AGE });
    let pages = compiled.output.map_err(|errors| fault(&errors))?;
    if !compiled.warnings.is_empty() {
        return Err(fault(&compiled.warnings));
    }
    // For keeping: what a reader needs is in the file, and the text is tagged,
    // which is the default.
    let standards = PdfStandards::new(&[PdfStandard::A_2b])
        .map_err(|error| PdfError(error.message().to_string()))?;
    let options = PdfOptions {
        standards,
        ident: Smart::Custom(ident.to_owned()),
        creator: Smart::Custom(None),
        timestamp: timestamp(created),
        ..PdfOptions::default()
    };
    let bytes = typst_pdf::pdf(&pages, &options).map_err(|errors| fault(&errors))?;
    let counted = Counted { pages: pages.pages().len(), first_pages: first_pages(&pages) };
    Ok((bytes, counted))
}

/// The page that each enclosure begins on, from 1.
fn first_pages(document: &PagedDocument) -> Vec<usize> {
    let Some(label) = Label::new(PicoStr::intern(ENCLOSURE_LABEL)) else { return Vec::new() };
    let introspector = document.introspector();
    let marks = introspector.query(&Selector::Label(label));
    let page = |mark: &Content| introspector.page(mark.location()?);
    marks.iter().filter_map(page).map(NonZeroUsize::get).collect()
}

fn fault(diagnostics: &[SourceDiagnostic]) -> PdfError {
    let messages: Vec<&str> = diagnostics.iter().map(|found| found.message.as_str()).collect();
    PdfError(messages.join("; "))
}

fn timestamp(at: Instant) -> Option<Timestamp> {
    let civil = at.to_timestamp().to_zoned_datetime(jiff::tz::TimeZone::UTC).datetime();
    let part = |part: i8| u8::try_from(part).ok();
    let datetime = Datetime::from_ymd_hms(
        civil.year().into(),
        part(civil.month())?,
        part(civil.day())?,
        part(civil.hour())?,
        part(civil.minute())?,
        part(civil.second())?,
    )?;
    Some(Timestamp::new_utc(datetime))
}

/// The fonts and the library, loaded once for the whole process.
struct Fonts {
    library: LazyHash<Library>,
    book: LazyHash<FontBook>,
    faces: Vec<Font>,
    /// Whether the first [`TABLED_CHARS`] are shown.
    shown: Vec<bool>,
}

static FONTS: LazyLock<Fonts> = LazyLock::new(|| {
    let all = typst_assets::fonts().flat_map(|data| Font::iter(Bytes::new(data)));
    let faces: Vec<Font> = all.filter(|font| font.info().family == FONT_FAMILY).collect();
    let book = LazyHash::new(FontBook::from_fonts(&faces));
    let shown = (0..TABLED_CHARS).map(|c| all_show(&faces, c)).collect();
    Fonts { library: LazyHash::new(Library::default()), book, faces, shown }
});

impl Fonts {
    fn shows(&self, c: char) -> bool {
        let c = u32::from(c);
        self.shown.get(c as usize).copied().unwrap_or_else(|| all_show(&self.faces, c))
    }
}

fn all_show(faces: &[Font], c: u32) -> bool {
    faces.iter().all(|face| face.info().coverage.contains(c))
}

/// Everything Typst can see.
struct Desk {
    fonts: &'static Fonts,
    data: Bytes,
    source: Source,
}

impl World for Desk {
    fn library(&self) -> &LazyHash<Library> {
        &self.fonts.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &self.fonts.book
    }

    fn main(&self) -> FileId {
        self.source.id()
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == self.source.id() { Ok(self.source.clone()) } else { Err(FileError::AccessDenied) }
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        let path = VirtualPath::new(DATA_PATH).map_err(|_| FileError::AccessDenied)?;
        if id == RootedPath::new(VirtualRoot::Project, path).intern() {
            return Ok(self.data.clone());
        }
        Err(FileError::AccessDenied)
    }

    fn font(&self, index: usize) -> Option<Font> {
        self.fonts.faces.get(index).cloned()
    }

    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        None
    }
}

fn keep_printable(block: &mut Block, fonts: &Fonts) {
    match block {
        Block::Heading { content, .. } | Block::Paragraph { content } => {
            keep_printable_inlines(content, fonts);
        }
        Block::Quote { blocks }
        | Block::Addressee { blocks }
        | Block::Reference { blocks }
        | Block::Signature { blocks } => {
            blocks.iter_mut().for_each(|block| keep_printable(block, fonts));
        }
        Block::List { items, .. } => {
            items.iter_mut().flatten().for_each(|block| keep_printable(block, fonts));
        }
        Block::Table { header, rows, .. } => {
            let cells = header.iter_mut().chain(rows.iter_mut().flatten());
            cells.for_each(|cell| keep_printable_inlines(cell, fonts));
        }
        Block::PageBreak | Block::Enclosure { .. } => {}
    }
}

fn keep_printable_inlines(content: &mut [Inline], fonts: &Fonts) {
    for inline in content {
        match inline {
            Inline::Text { text } => {
                if !text.chars().all(|c| fonts.shows(c)) {
                    let shown = |c| if fonts.shows(c) { c } else { SUBSTITUTE };
                    *text = text.chars().map(shown).collect();
                }
            }
            Inline::Strong { content } | Inline::Emphasis { content } => {
                keep_printable_inlines(content, fonts);
            }
            Inline::LineBreak | Inline::Sheets { .. } | Inline::Pages { .. } | Inline::AllPages => {
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]
    use super::*;

    fn paragraph(text: &str) -> Document {
        let content = vec![Inline::Text { text: text.into() }];
        let blocks = vec![Block::Paragraph { content }];
        Document { title: "Проверка".into(), watermark: None, blocks }
    }

    #[test]
    fn text_that_looks_like_typst_is_set_as_text() {
        let created = Instant(1_790_000_000_000_000);
        for hostile in
            ["#panic()", "#read(\"/etc/passwd\")", "$x", "*", "@nothing", "]", "\\", "```"]
        {
            let bytes = pdf(paragraph(hostile), "a", created).unwrap();
            assert!(bytes.starts_with(b"%PDF-"), "{hostile}");
        }
    }

    #[test]
    fn the_same_document_gives_the_same_bytes_and_another_does_not() {
        let created = Instant(1_790_000_000_000_000);
        let bytes = pdf(paragraph("текст"), "a", created).unwrap();
        assert_eq!(bytes, pdf(paragraph("текст"), "a", created).unwrap());
        assert_ne!(bytes, pdf(paragraph("тест"), "a", created).unwrap());
        assert_ne!(bytes, pdf(paragraph("текст"), "b", created).unwrap());
    }

    #[test]
    fn every_document_is_for_keeping_and_tagged() {
        let bytes = pdf(paragraph("текст"), "a", Instant(1_790_000_000_000_000)).unwrap();
        let says = |what: &str| bytes.windows(what.len()).any(|window| window == what.as_bytes());
        assert!(says("<pdfaid:part>2</pdfaid:part>"));
        assert!(says("<pdfaid:conformance>B</pdfaid:conformance>"));
        assert!(says("/MarkInfo") && says("/StructTreeRoot"));
    }

    #[test]
    fn only_the_faces_of_the_document_font_are_loaded_and_they_show_cyrillic() {
        assert_eq!(FONTS.faces.len(), 6);
        let russian = "АБВЯабвяЁё«»—–№… \u{a0}□−";
        let missing: String = russian.chars().filter(|c| !FONTS.shows(*c)).collect();
        assert_eq!(missing, "");
    }

    #[test]
    fn characters_the_font_lacks_are_replaced_and_not_lost() {
        let mut document = paragraph("да 😀 \u{202e}нет");
        keep_printable(&mut document.blocks[0], &FONTS);
        assert_eq!(document.blocks, paragraph("да □ □нет").blocks);
    }
}
