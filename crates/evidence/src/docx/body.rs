//! The text of a DOCX: every block as paragraphs and tables in the styles of
//! the template. Lengths are in twentieths of a point, as the format has them.

use std::fmt::Write as _;

use super::{DECLARATION, ListStart, W, escaped};
use crate::columns::{TOTAL, plain, widths};
use crate::document::{BLANK, Block, Document, Inline};

/// Lists nest so deeply; deeper ones look like the deepest.
pub(super) const DEEPEST_LEVEL: usize = 8;
/// How far the number of a list stands before its text.
pub(super) const LIST_HANGING: usize = 425;
/// How far each level of a list is set in.
const LIST_STEP: usize = 567;
/// A4, and margins of 30 mm on the left, 15 on the right, 20 above, 22 below.
const SECTION: &str = "<w:sectPr><w:headerReference w:type=\"default\" r:id=\"rId4\"/>\
    <w:footerReference w:type=\"default\" r:id=\"rId5\"/>\
    <w:pgSz w:w=\"11906\" w:h=\"16838\"/>\
    <w:pgMar w:top=\"1134\" w:right=\"850\" w:bottom=\"1247\" w:left=\"1701\" \
    w:header=\"567\" w:footer=\"567\" w:gutter=\"0\"/></w:sectPr>";

/// How far the text of a list's level is set in.
pub(super) const fn list_indent(level: usize) -> usize {
    LIST_STEP * (level + 1)
}

/// The part with the text, and the lists it refers to by their place.
pub(super) fn document(document: &Document) -> (String, Vec<ListStart>) {
    let mut body = Body::default();
    document.blocks.iter().for_each(|block| body.block(block, Place::Page));
    let relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let xml = format!(
        "{DECLARATION}<w:document xmlns:w=\"{W}\" xmlns:r=\"{relations}\">\
         <w:body>{}{SECTION}</w:body></w:document>",
        body.xml
    );
    (xml, body.lists)
}

/// Where a block stands.
#[derive(Debug, Clone, Copy)]
enum Place {
    Page,
    Addressee,
    Reference,
    Quote,
    /// In an item of a list of this level.
    Item(usize),
}

impl Place {
    const fn style(self) -> &'static str {
        match self {
            Self::Page => "Body",
            Self::Addressee => "Addressee",
            Self::Reference => "Normal",
            Self::Quote => "Quotation",
            Self::Item(_) => "ListItem",
        }
    }

    /// The level of a list that stands here.
    fn list_level(self) -> usize {
        match self {
            Self::Item(level) => (level + 1).min(DEEPEST_LEVEL),
            _ => 0,
        }
    }
}

#[derive(Default)]
struct Body {
    xml: String,
    lists: Vec<ListStart>,
    /// The next paragraph begins a page.
    breaks: bool,
}

impl Body {
    fn block(&mut self, block: &Block, place: Place) {
        match block {
            Block::Heading { level, content } => {
                let style = format!("Heading{}", (*level).clamp(1, 3));
                self.paragraph(&style, "", content);
            }
            Block::Paragraph { content } => {
                let indent = match place {
                    Place::Item(level) => {
                        format!("<w:ind w:left=\"{}\"/>", list_indent(level))
                    }
                    _ => String::new(),
                };
                self.paragraph(place.style(), &indent, content);
            }
            Block::Quote { blocks } => {
                blocks.iter().for_each(|block| self.block(block, Place::Quote));
            }
            Block::List { start, items } => self.list(*start, items, place.list_level()),
            Block::Table { header, rows, widths, numbered } => {
                self.table(header, rows, widths, *numbered);
            }
            Block::PageBreak => self.breaks = true,
            Block::Enclosure { number } => {
                self.breaks = true;
                let text = format!("Приложение\u{a0}{number}");
                self.paragraph("Addressee", "", &[Inline::Text { text }]);
            }
            Block::Addressee { blocks } => {
                blocks.iter().for_each(|block| self.block(block, Place::Addressee));
            }
            Block::Reference { blocks } => {
                blocks.iter().for_each(|block| self.block(block, Place::Reference));
            }
            Block::Signature { blocks } => self.signature(blocks),
        }
    }

    /// A paragraph with more properties than its style has.
    fn paragraph(&mut self, style: &str, properties: &str, content: &[Inline]) {
        self.open(style, properties);
        self.runs(content, Looks::default());
        self.xml.push_str("</w:p>");
    }

    fn open(&mut self, style: &str, properties: &str) {
        let breaks = if std::mem::take(&mut self.breaks) { "<w:pageBreakBefore/>" } else { "" };
        let _ = write!(
            self.xml,
            "<w:p><w:pPr><w:pStyle w:val=\"{style}\"/>{breaks}{properties}</w:pPr>"
        );
    }

    fn list(&mut self, start: ListStart, items: &[Vec<Block>], level: usize) {
        self.lists.push(start);
        let number = self.lists.len();
        let numbered =
            format!("<w:numPr><w:ilvl w:val=\"{level}\"/><w:numId w:val=\"{number}\"/></w:numPr>");
        for item in items {
            let rest = match item.split_first() {
                Some((Block::Paragraph { content }, rest)) => {
                    self.paragraph("ListItem", &numbered, content);
                    rest
                }
                // Something else comes first: the number stands alone above it.
                _ => {
                    self.paragraph("ListItem", &numbered, &[]);
                    item
                }
            };
            rest.iter().for_each(|block| self.block(block, Place::Item(level)));
        }
    }

    /// What is signed: date and office at the left, the line to sign on at the
    /// right, in a table without edges, since either may take several lines.
    fn signature(&mut self, blocks: &[Block]) {
        let lines: Vec<&[Inline]> = blocks.iter().filter_map(paragraph_of).collect();
        let side =
            |side: usize| lines.get(side).map_or(&[][..], |line| longest_line(line)).to_vec();
        let shares = widths(&[side(0), side(1)], &[]);
        let (left, right) = (shares[0], shares[1]);
        let _ = write!(
            self.xml,
            "<w:tbl><w:tblPr><w:tblW w:w=\"{TOTAL}\" w:type=\"dxa\"/>\
             <w:tblLayout w:type=\"fixed\"/><w:tblCellMar>\
             <w:left w:w=\"0\" w:type=\"dxa\"/><w:right w:w=\"0\" w:type=\"dxa\"/>\
             </w:tblCellMar></w:tblPr><w:tblGrid><w:gridCol w:w=\"{left}\"/>\
             <w:gridCol w:w=\"{right}\"/></w:tblGrid>"
        );
        for pair in lines.chunks(2) {
            self.xml.push_str("<w:tr><w:trPr><w:cantSplit/></w:trPr>");
            let cells = [(left, "", pair.first()), (right, "<w:jc w:val=\"right\"/>", pair.get(1))];
            for (width, properties, content) in cells {
                let _ = write!(
                    self.xml,
                    "<w:tc><w:tcPr><w:tcW w:w=\"{width}\" w:type=\"dxa\"/></w:tcPr>"
                );
                self.paragraph("Signature", properties, content.copied().unwrap_or(&[]));
                self.xml.push_str("</w:tc>");
            }
            self.xml.push_str("</w:tr>");
        }
        self.xml.push_str("</w:tbl><w:p><w:pPr><w:pStyle w:val=\"Cell\"/></w:pPr></w:p>");
    }

    fn table(
        &mut self,
        header: &[Vec<Inline>],
        rows: &[Vec<Vec<Inline>>],
        widths: &[usize],
        numbered: bool,
    ) {
        if std::mem::take(&mut self.breaks) {
            self.xml.push_str(
                "<w:p><w:pPr><w:pStyle w:val=\"Cell\"/><w:pageBreakBefore/></w:pPr></w:p>",
            );
        }
        let edge = |side: &str| {
            format!("<w:{side} w:val=\"single\" w:sz=\"4\" w:space=\"0\" w:color=\"6E6E6E\"/>")
        };
        let edges: String =
            ["top", "left", "bottom", "right", "insideH", "insideV"].map(edge).concat();
        let _ = write!(
            self.xml,
            "<w:tbl><w:tblPr><w:tblW w:w=\"{TOTAL}\" w:type=\"dxa\"/>\
             <w:tblBorders>{edges}</w:tblBorders><w:tblLayout w:type=\"fixed\"/>\
             <w:tblCellMar><w:left w:w=\"80\" w:type=\"dxa\"/>\
             <w:right w:w=\"80\" w:type=\"dxa\"/></w:tblCellMar></w:tblPr><w:tblGrid>"
        );
        for width in widths {
            let _ = write!(self.xml, "<w:gridCol w:w=\"{width}\"/>");
        }
        self.xml.push_str("</w:tblGrid>");
        self.row(header, widths, Row::Head);
        let kind = if numbered { Row::Numbered } else { Row::Body };
        rows.iter().for_each(|row| self.row(row, widths, kind));
        self.xml.push_str("</w:tbl>");
        // Keeps a distance, and keeps two tables from becoming one.
        self.xml.push_str("<w:p><w:pPr><w:pStyle w:val=\"Cell\"/></w:pPr></w:p>");
    }

    fn row(&mut self, cells: &[Vec<Inline>], widths: &[usize], row: Row) {
        let repeats = if row == Row::Head { "<w:tblHeader/>" } else { "" };
        let _ = write!(self.xml, "<w:tr><w:trPr><w:cantSplit/>{repeats}</w:trPr>");
        for (column, width) in widths.iter().enumerate() {
            let fill = match row {
                Row::Head => {
                    "<w:shd w:val=\"clear\" w:color=\"auto\" w:fill=\"F0F0F0\"/>\
                              <w:vAlign w:val=\"center\"/>"
                }
                Row::Body | Row::Numbered => "",
            };
            let _ = write!(
                self.xml,
                "<w:tc><w:tcPr><w:tcW w:w=\"{width}\" w:type=\"dxa\"/>{fill}</w:tcPr>"
            );
            let content = cells.get(column).map_or(&[][..], Vec::as_slice);
            let style = if row == Row::Head { "CellHead" } else { "Cell" };
            let centred = row == Row::Numbered && column == 0;
            self.paragraph(style, if centred { "<w:jc w:val=\"center\"/>" } else { "" }, content);
            self.xml.push_str("</w:tc>");
        }
        self.xml.push_str("</w:tr>");
    }

    fn runs(&mut self, content: &[Inline], looks: Looks) {
        for inline in content {
            match inline {
                Inline::Text { text } => self.run(text, looks),
                Inline::Strong { content } => self.runs(content, Looks { strong: true, ..looks }),
                Inline::Emphasis { content } => {
                    self.runs(content, Looks { emphasised: !looks.emphasised, ..looks });
                }
                Inline::LineBreak => self.xml.push_str("<w:r><w:br/></w:r>"),
                // Pages are counted by whoever lays the document out.
                Inline::Sheets { .. } | Inline::Pages { .. } | Inline::AllPages => {
                    self.run(BLANK, looks);
                }
            }
        }
    }

    fn run(&mut self, text: &str, looks: Looks) {
        let properties = looks.properties();
        let text = escaped(&unbroken(text));
        let _ = write!(self.xml, "<w:r>{properties}<w:t xml:space=\"preserve\">{text}</w:t></w:r>");
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Row {
    Head,
    Body,
    /// One whose first cell is its number.
    Numbered,
}

#[derive(Debug, Clone, Copy, Default)]
struct Looks {
    strong: bool,
    emphasised: bool,
}

impl Looks {
    fn properties(self) -> String {
        if !self.strong && !self.emphasised {
            return String::new();
        }
        let strong = if self.strong { "<w:b/>" } else { "" };
        let emphasised = if self.emphasised { "<w:i/>" } else { "" };
        format!("<w:rPr>{strong}{emphasised}</w:rPr>")
    }
}

/// The longest of the lines that line breaks make.
fn longest_line(content: &[Inline]) -> &[Inline] {
    let lines = content.split(|inline| *inline == Inline::LineBreak);
    lines.max_by_key(|line| plain(line).chars().count()).unwrap_or(content)
}

/// The shape of the end of a telephone number.
const NUMBER_END: &[u8; 9] = b"000-00-00";

/// The hyphens of a telephone number, `123-45-67`, do not end a line.
fn unbroken(text: &str) -> String {
    let fits = |window: &[u8]| {
        window.iter().zip(NUMBER_END).all(|(byte, shape)| match shape {
            b'-' => *byte == b'-',
            _ => byte.is_ascii_digit(),
        })
    };
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    let next = |rest: &str| rest.as_bytes().windows(NUMBER_END.len()).position(fits);
    while let Some(at) = next(rest) {
        // What fits is ASCII, so its ends are ends of characters.
        let (before, from) = rest.split_at(at);
        let (number, after) = from.split_at(NUMBER_END.len());
        kept.push_str(before);
        kept.push_str(&number.replace('-', "\u{2011}"));
        rest = after;
    }
    kept.push_str(rest);
    kept
}

fn paragraph_of(block: &Block) -> Option<&[Inline]> {
    match block {
        Block::Paragraph { content } => Some(content),
        _ => None,
    }
}
