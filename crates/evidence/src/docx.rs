//! Writes a document as DOCX, for the lawyer's own edits. The only module that
//! knows the parts of that format; `body` writes the text. Everything live in
//! the file, which is the two page numbers of the footer, stands in templates
//! of the program: the text of a document is character data and nothing else.

mod body;
#[cfg(test)]
mod tests;

use std::fmt::Write as _;
use std::io::{self, Cursor};

use baitline_domain::instant::Instant;
use jiff::tz::TimeZone;

use crate::archive::{Archive, CopyError, entry_date};
use crate::document::Document;

const CONTENT_TYPES: &str = include_str!("../templates/docx/content-types.xml");
const RELS: &str = include_str!("../templates/docx/rels.xml");
const DOCUMENT_RELS: &str = include_str!("../templates/docx/document-rels.xml");
const SETTINGS: &str = include_str!("../templates/docx/settings.xml");
const STYLES: &str = include_str!("../templates/docx/styles.xml");
const FOOTER: &str = include_str!("../templates/docx/footer.xml");
const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
/// The namespace of text.
const W: &str = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";
/// Stands for a character that a page does not show or that turns the order of
/// others round, so that none goes missing without a trace.
const SUBSTITUTE: char = '□';

/// The document as DOCX, created at `created`; equal arguments give equal bytes.
pub(crate) fn docx(document: &Document, created: Instant) -> io::Result<Vec<u8>> {
    let (text, lists) = body::document(document);
    let parts = [
        ("[Content_Types].xml", CONTENT_TYPES.to_owned()),
        ("_rels/.rels", RELS.to_owned()),
        ("docProps/core.xml", core(&document.title, created)),
        ("word/document.xml", text),
        ("word/_rels/document.xml.rels", DOCUMENT_RELS.to_owned()),
        ("word/styles.xml", STYLES.to_owned()),
        ("word/settings.xml", SETTINGS.to_owned()),
        ("word/numbering.xml", numbering(&lists)),
        ("word/header1.xml", header(document.watermark.as_deref())),
        ("word/footer1.xml", FOOTER.to_owned()),
    ];
    let date = entry_date(created, &TimeZone::UTC);
    let mut archive = Archive::new(Cursor::new(Vec::new()), date);
    for (name, content) in parts {
        archive.add(name, content.as_bytes()).map_err(|error| match error {
            CopyError::Read(error) | CopyError::Write(error) => error,
        })?;
    }
    Ok(archive.finish()?.into_inner())
}

/// Title and time; whoever opens the file learns nothing else of its making.
fn core(title: &str, created: Instant) -> String {
    let created = created.to_timestamp().strftime("%Y-%m-%dT%H:%M:%SZ");
    let title = escaped(title);
    format!(
        "{DECLARATION}<cp:coreProperties \
         xmlns:cp=\"http://schemas.openxmlformats.org/package/2006/metadata/core-properties\" \
         xmlns:dc=\"http://purl.org/dc/elements/1.1/\" \
         xmlns:dcterms=\"http://purl.org/dc/terms/\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\
         <dc:title>{title}</dc:title><dc:language>ru-RU</dc:language>\
         <dcterms:created xsi:type=\"dcterms:W3CDTF\">{created}</dcterms:created>\
         <dcterms:modified xsi:type=\"dcterms:W3CDTF\">{created}</dcterms:modified>\
         </cp:coreProperties>"
    )
}

/// A list of the document: the number it begins with, or bullets.
type ListStart = Option<u64>;

/// One definition for numbers and one for bullets, and an instance of one of
/// them for each list, so that each begins where it says.
fn numbering(lists: &[ListStart]) -> String {
    let mut xml = format!("{DECLARATION}<w:numbering xmlns:w=\"{W}\">");
    for (id, format, text) in [(0, "decimal", None), (1, "bullet", Some("–"))] {
        let _ = write!(
            xml,
            "<w:abstractNum w:abstractNumId=\"{id}\"><w:multiLevelType w:val=\"hybridMultilevel\"/>"
        );
        for level in 0..=body::DEEPEST_LEVEL {
            let text = text.map_or_else(|| format!("%{}.", level + 1), str::to_owned);
            let left = body::list_indent(level);
            let _ = write!(
                xml,
                "<w:lvl w:ilvl=\"{level}\"><w:start w:val=\"1\"/><w:numFmt w:val=\"{format}\"/>\
                 <w:lvlText w:val=\"{text}\"/><w:lvlJc w:val=\"left\"/>\
                 <w:pPr><w:ind w:left=\"{left}\" w:hanging=\"{hanging}\"/></w:pPr></w:lvl>",
                hanging = body::LIST_HANGING,
            );
        }
        xml.push_str("</w:abstractNum>");
    }
    for (index, start) in lists.iter().enumerate() {
        let (number, kind) = (index + 1, usize::from(start.is_none()));
        let _ = write!(xml, "<w:num w:numId=\"{number}\"><w:abstractNumId w:val=\"{kind}\"/>");
        if let Some(start) = start {
            for level in 0..=body::DEEPEST_LEVEL {
                let _ = write!(
                    xml,
                    "<w:lvlOverride w:ilvl=\"{level}\"><w:startOverride w:val=\"{start}\"/>\
                     </w:lvlOverride>"
                );
            }
        }
        xml.push_str("</w:num>");
    }
    xml.push_str("</w:numbering>");
    xml
}

/// The header of every page: empty, or a word across the page behind the text.
fn header(watermark: Option<&str>) -> String {
    let shape = watermark.map(|word| {
        let word = escaped(word);
        format!(
            "<w:r><w:pict><v:shapetype id=\"_x0000_t136\" coordsize=\"21600,21600\" o:spt=\"136\" \
             adj=\"10800\" path=\"m@7,l@8,m@5,21600l@6,21600e\"><v:formulas>\
             <v:f eqn=\"sum #0 0 10800\"/><v:f eqn=\"prod #0 2 1\"/>\
             <v:f eqn=\"sum 21600 0 @1\"/><v:f eqn=\"sum 0 0 @2\"/>\
             <v:f eqn=\"sum 21600 0 @3\"/><v:f eqn=\"if @0 @3 0\"/>\
             <v:f eqn=\"if @0 21600 @1\"/><v:f eqn=\"if @0 0 @2\"/>\
             <v:f eqn=\"if @0 @4 21600\"/></v:formulas>\
             <v:path textpathok=\"t\" o:connecttype=\"rect\"/>\
             <v:textpath on=\"t\" fitshape=\"t\"/></v:shapetype>\
             <v:shape id=\"Watermark\" type=\"#_x0000_t136\" \
             style=\"position:absolute;margin-left:0;margin-top:0;width:480pt;height:120pt;\
             rotation:308;z-index:-1;mso-position-horizontal:center;\
             mso-position-horizontal-relative:margin;mso-position-vertical:center;\
             mso-position-vertical-relative:margin\" fillcolor=\"#e8e8e8\" stroked=\"f\">\
             <v:textpath style=\"font-family:&quot;Times New Roman&quot;;font-weight:bold\" \
             string=\"{word}\"/></v:shape></w:pict></w:r>"
        )
    });
    format!(
        "{DECLARATION}<w:hdr xmlns:w=\"{W}\" xmlns:v=\"urn:schemas-microsoft-com:vml\" \
         xmlns:o=\"urn:schemas-microsoft-com:office:office\"><w:p><w:pPr>\
         <w:pStyle w:val=\"Header\"/></w:pPr>{}</w:p></w:hdr>",
        shape.unwrap_or_default()
    )
}

/// Character data that reads as exactly this text.
fn escaped(text: &str) -> String {
    let mut xml = String::with_capacity(text.len() + text.len() / 8);
    for c in text.chars() {
        match c {
            '&' => xml.push_str("&amp;"),
            '<' => xml.push_str("&lt;"),
            '>' => xml.push_str("&gt;"),
            '"' => xml.push_str("&quot;"),
            c if is_shown(c) => xml.push(c),
            _ => xml.push(SUBSTITUTE),
        }
    }
    xml
}

/// Whether a reader sees the character, in the place where it stands: no
/// control characters, most of which XML cannot hold; nothing that turns the
/// direction of text, joins or hides it; nothing without a meaning of its own.
fn is_shown(c: char) -> bool {
    !c.is_control()
        && !matches!(c,
            '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180e}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{3164}' | '\u{e000}'..='\u{f8ff}' | '\u{fdd0}'..='\u{fdef}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
            | '\u{fffe}' | '\u{ffff}' | '\u{e0000}'..='\u{10ffff}')
}
