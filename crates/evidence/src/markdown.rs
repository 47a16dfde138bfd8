//! Reads the Markdown of our templates into the document model. It knows a
//! small part of Markdown on purpose: what it does not know is an error of the
//! template, found by its tests, and never silently dropped text.

use std::iter::Peekable;

use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use crate::columns::{plain, widths};
use crate::document::{Block, Inline};
use crate::russian::tied;

/// How deeply blocks may stand in each other, and emphasised words.
const MAX_DEPTH: usize = 16;
/// The head of a column that counts the rows.
const NUMBER_SIGN: &str = "№";
/// Directives are comments: user text is escaped, so it can never make one.
const ADDRESSEE: &str = "<!-- адресат -->";
const ADDRESSEE_END: &str = "<!-- конец адресата -->";
const REFERENCE: &str = "<!-- реквизиты -->";
const REFERENCE_END: &str = "<!-- конец реквизитов -->";
const SIGNATURE: &str = "<!-- подпись -->";
const SIGNATURE_END: &str = "<!-- конец подписи -->";
const ALL_PAGES: &str = "<!-- всего страниц -->";
/// Before the number of an enclosure.
const SHEETS: &str = "<!-- листов ";
const PAGES: &str = "<!-- страницы ";
const NUMBER_END: &str = " -->";

/// What a template did that the model does not know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum MarkdownError {
    #[error("unknown construct: {0}")]
    Unknown(String),
    #[error("{0} is not closed")]
    Unclosed(&'static str),
    #[error("blocks or words stand in each other more than {MAX_DEPTH} deep")]
    TooDeep,
}

type Result<T> = std::result::Result<T, MarkdownError>;

/// Reads a rendered template.
pub(crate) fn parse(text: &str) -> Result<Vec<Block>> {
    let events = Parser::new_ext(text, Options::ENABLE_TABLES).peekable();
    let mut reader = Reader { events, emphases: 0 };
    let (blocks, end) = reader.blocks(0)?;
    match end {
        End::Input => Ok(blocks),
        End::Tag => Err(MarkdownError::Unknown("a closing tag".into())),
        End::Directive(directive) => Err(MarkdownError::Unknown(directive)),
    }
}

struct Reader<'a> {
    events: Peekable<Parser<'a>>,
    /// How many emphases the words at hand stand in.
    emphases: usize,
}

/// What ended a run of blocks.
enum End {
    Input,
    Tag,
    Directive(String),
}

impl<'a> Reader<'a> {
    /// Blocks up to the end of their container, which is consumed.
    fn blocks(&mut self, depth: usize) -> Result<(Vec<Block>, End)> {
        if depth > MAX_DEPTH {
            return Err(MarkdownError::TooDeep);
        }
        let mut blocks = Vec::new();
        loop {
            // Items of a tight list hold text without a paragraph around it.
            if self.events.peek().is_some_and(is_inline) {
                blocks.push(Block::Paragraph { content: self.loose_inlines()? });
                continue;
            }
            match self.events.next() {
                None => return Ok((blocks, End::Input)),
                Some(Event::End(_)) => return Ok((blocks, End::Tag)),
                Some(Event::Rule) => blocks.push(Block::PageBreak),
                Some(Event::Start(Tag::HtmlBlock)) => match self.directive()?.as_str() {
                    ADDRESSEE => {
                        let inner = self.enclosed(depth, ADDRESSEE, ADDRESSEE_END)?;
                        blocks.push(Block::Addressee { blocks: inner });
                    }
                    REFERENCE => {
                        let inner = self.enclosed(depth, REFERENCE, REFERENCE_END)?;
                        blocks.push(Block::Reference { blocks: inner });
                    }
                    SIGNATURE => {
                        let inner = self.enclosed(depth, SIGNATURE, SIGNATURE_END)?;
                        blocks.push(Block::Signature { blocks: inner });
                    }
                    other => return Ok((blocks, End::Directive(other.to_owned()))),
                },
                Some(Event::Start(tag)) => blocks.push(self.block(tag, depth)?),
                Some(other) => return Err(unknown(&other)),
            }
        }
    }

    fn block(&mut self, tag: Tag<'a>, depth: usize) -> Result<Block> {
        match tag {
            Tag::Paragraph => Ok(Block::Paragraph { content: self.inlines()? }),
            Tag::Heading { level, .. } => {
                Ok(Block::Heading { level: level_number(level), content: self.inlines()? })
            }
            Tag::BlockQuote(_) => Ok(Block::Quote { blocks: self.contained(depth)? }),
            Tag::List(start) => Ok(Block::List { start, items: self.items(depth)? }),
            Tag::Table(_) => self.table(),
            other => Err(unknown(&Event::Start(other))),
        }
    }

    /// The blocks of a container that Markdown itself closes.
    fn contained(&mut self, depth: usize) -> Result<Vec<Block>> {
        match self.blocks(depth + 1)? {
            (blocks, End::Tag) => Ok(blocks),
            (_, End::Directive(directive)) => Err(MarkdownError::Unknown(directive)),
            (_, End::Input) => Err(MarkdownError::Unclosed("a block")),
        }
    }

    /// The blocks between two directives.
    fn enclosed(
        &mut self,
        depth: usize,
        begin: &'static str,
        end: &'static str,
    ) -> Result<Vec<Block>> {
        match self.blocks(depth + 1)? {
            (blocks, End::Directive(found)) if found == end => Ok(blocks),
            _ => Err(MarkdownError::Unclosed(begin)),
        }
    }

    fn directive(&mut self) -> Result<String> {
        let mut text = String::new();
        loop {
            match self.events.next() {
                Some(Event::Html(html)) => text.push_str(&html),
                Some(Event::End(TagEnd::HtmlBlock)) => return Ok(text.trim().to_owned()),
                Some(other) => return Err(unknown(&other)),
                None => return Err(MarkdownError::Unclosed("a directive")),
            }
        }
    }

    fn items(&mut self, depth: usize) -> Result<Vec<Vec<Block>>> {
        let mut items = Vec::new();
        loop {
            match self.events.next() {
                Some(Event::Start(Tag::Item)) => items.push(self.contained(depth + 1)?),
                Some(Event::End(TagEnd::List(_))) => return Ok(items),
                Some(other) => return Err(unknown(&other)),
                None => return Err(MarkdownError::Unclosed("a list")),
            }
        }
    }

    fn table(&mut self) -> Result<Block> {
        let (mut header, mut rows) = (Vec::new(), Vec::new());
        loop {
            match self.events.next() {
                Some(Event::Start(Tag::TableHead)) => header = self.cells()?,
                Some(Event::Start(Tag::TableRow)) => rows.push(self.cells()?),
                Some(Event::End(TagEnd::Table)) => {
                    let widths = widths(&header, &rows);
                    let numbered = header.first().is_some_and(|cell| plain(cell) == NUMBER_SIGN);
                    return Ok(Block::Table { header, rows, widths, numbered });
                }
                Some(other) => return Err(unknown(&other)),
                None => return Err(MarkdownError::Unclosed("a table")),
            }
        }
    }

    fn cells(&mut self) -> Result<Vec<Vec<Inline>>> {
        let mut cells = Vec::new();
        loop {
            match self.events.next() {
                Some(Event::Start(Tag::TableCell)) => cells.push(self.inlines()?),
                Some(Event::End(TagEnd::TableHead | TagEnd::TableRow)) => return Ok(cells),
                Some(other) => return Err(unknown(&other)),
                None => return Err(MarkdownError::Unclosed("a table row")),
            }
        }
    }

    /// Inlines up to the end of their container, which is consumed.
    fn inlines(&mut self) -> Result<Vec<Inline>> {
        let content = self.loose_inlines()?;
        match self.events.next() {
            Some(Event::End(_)) => Ok(content),
            Some(other) => Err(unknown(&other)),
            None => Err(MarkdownError::Unclosed("a paragraph")),
        }
    }

    fn emphasised(&mut self) -> Result<Vec<Inline>> {
        self.emphases += 1;
        if self.emphases > MAX_DEPTH {
            return Err(MarkdownError::TooDeep);
        }
        let content = self.inlines()?;
        self.emphases -= 1;
        Ok(content)
    }

    /// Inlines as far as they go.
    fn loose_inlines(&mut self) -> Result<Vec<Inline>> {
        let mut content = Vec::new();
        while let Some(event) = self.events.next_if(is_inline) {
            match event {
                Event::Text(text) => push_text(&mut content, &text),
                Event::SoftBreak => push_text(&mut content, " "),
                Event::HardBreak => content.push(Inline::LineBreak),
                Event::InlineHtml(html) => content.push(counted(&html)?),
                Event::Start(Tag::Strong) => {
                    content.push(Inline::Strong { content: self.emphasised()? });
                }
                Event::Start(Tag::Emphasis) => {
                    content.push(Inline::Emphasis { content: self.emphasised()? });
                }
                other => return Err(unknown(&other)),
            }
        }
        for inline in &mut content {
            if let Inline::Text { text } = inline {
                *text = tied(text);
            }
        }
        Ok(content)
    }
}

fn is_inline(event: &Event<'_>) -> bool {
    matches!(
        event,
        Event::Text(_)
            | Event::SoftBreak
            | Event::HardBreak
            | Event::InlineHtml(_)
            | Event::Start(Tag::Strong | Tag::Emphasis)
    )
}

/// A number that the layout of the document tells.
fn counted(html: &str) -> Result<Inline> {
    let of = |begin: &str| {
        let number = html.strip_prefix(begin)?.strip_suffix(NUMBER_END)?;
        number.parse().ok()
    };
    let sheets = of(SHEETS).map(|of| Inline::Sheets { of });
    let found = sheets.or_else(|| of(PAGES).map(|of| Inline::Pages { of }));
    let found = found.or_else(|| (html == ALL_PAGES).then_some(Inline::AllPages));
    found.ok_or_else(|| MarkdownError::Unknown(html.to_owned()))
}

/// The parser cuts text at every escape; the model holds it in one piece.
fn push_text(content: &mut Vec<Inline>, more: &str) {
    if let Some(Inline::Text { text }) = content.last_mut() {
        text.push_str(more);
    } else {
        content.push(Inline::Text { text: more.to_owned() });
    }
}

fn level_number(level: HeadingLevel) -> u8 {
    match level {
        HeadingLevel::H1 => 1,
        HeadingLevel::H2 => 2,
        HeadingLevel::H3 => 3,
        HeadingLevel::H4 => 4,
        HeadingLevel::H5 => 5,
        HeadingLevel::H6 => 6,
    }
}

fn unknown(event: &Event<'_>) -> MarkdownError {
    MarkdownError::Unknown(format!("{event:?}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]
    use super::*;

    fn text(text: &str) -> Vec<Inline> {
        vec![Inline::Text { text: text.into() }]
    }

    #[test]
    fn every_construct_of_the_templates_has_its_block() {
        let source = "<!-- адресат -->\n\nВ *УФАС*  \nлично\n\n<!-- конец адресата -->\n\n# А\n\n\
                      3. один\n4. два\n\n| № | Что |\n|---|---|\n| 1 | **да** |\n\n> слова\n\n---\n\n\
                      <!-- подпись -->\n\nдата\n\n<!-- конец подписи -->\n";
        let blocks = parse(source).unwrap();
        let addressee = vec![
            Inline::Text { text: "В ".into() },
            Inline::Emphasis { content: text("УФАС") },
            Inline::LineBreak,
            Inline::Text { text: "лично".into() },
        ];
        let paragraph = |content| Block::Paragraph { content };
        let expected = vec![
            Block::Addressee { blocks: vec![paragraph(addressee)] },
            Block::Heading { level: 1, content: text("А") },
            Block::List {
                start: Some(3),
                items: vec![vec![paragraph(text("один"))], vec![paragraph(text("два"))]],
            },
            Block::Table {
                header: vec![text("№"), text("Что")],
                rows: vec![vec![text("1"), vec![Inline::Strong { content: text("да") }]]],
                widths: widths(&[text("№"), text("Что")], &[vec![text("1"), text("да")]]),
                numbered: true,
            },
            Block::Quote { blocks: vec![paragraph(text("слова"))] },
            Block::PageBreak,
            Block::Signature { blocks: vec![paragraph(text("дата"))] },
        ];
        assert_eq!(blocks, expected);
    }

    #[test]
    fn numbers_that_the_layout_tells_stand_in_text_and_in_cells() {
        let source = "на <!-- листов 3 --> л. из <!-- всего страниц -->\n\n\
                      | Страницы |\n|---|\n| <!-- страницы 2 --> |\n";
        let blocks = parse(source).unwrap();
        let [Block::Paragraph { content }, Block::Table { rows, .. }] = blocks.as_slice() else {
            panic!("{blocks:?}");
        };
        assert_eq!(content[1], Inline::Sheets { of: 3 });
        assert_eq!(content[3], Inline::AllPages);
        assert_eq!(rows[0][0], [Inline::Pages { of: 2 }]);
        let other = parse("на <!-- листов многих --> л.");
        assert!(matches!(other, Err(MarkdownError::Unknown(_))), "{other:?}");
    }

    #[test]
    fn what_the_model_does_not_know_is_an_error_and_not_lost_text() {
        for source in
            ["`code`", "[link](https://example.org)", "<b>bold</b>", "```\nx\n```", "<div>x</div>"]
        {
            assert!(matches!(parse(source), Err(MarkdownError::Unknown(_))), "{source}");
        }
        let unclosed = parse("<!-- адресат -->\n\nтекст\n");
        assert_eq!(unclosed, Err(MarkdownError::Unclosed(ADDRESSEE)));
        let words = "*a ".repeat(5_000) + "b" + &"*".repeat(5_000);
        assert_eq!(parse(&words), Err(MarkdownError::TooDeep));
        let deep = "> ".repeat(MAX_DEPTH + 2) + "x";
        assert_eq!(parse(&deep), Err(MarkdownError::TooDeep));
    }
}
