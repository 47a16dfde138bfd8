//! A document between its template and its file format: what it says and in
//! which order, not how it looks. Every renderer takes this model, so the text
//! in it is plain text and never markup.

use serde::Serialize;

/// A whole document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Document {
    /// For the file's properties.
    pub(crate) title: String,
    /// A word across every page, such as «ПРОЕКТ».
    pub(crate) watermark: Option<String>,
    /// The content.
    pub(crate) blocks: Vec<Block>,
}

/// A piece of a page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Block {
    /// A heading; level 1 is the document's title.
    Heading { level: u8, content: Vec<Inline> },
    /// Running text.
    Paragraph { content: Vec<Inline> },
    /// Somebody's own words.
    Quote { blocks: Vec<Block> },
    /// A list; `start` is the first number of a numbered one.
    List { start: Option<u64>, items: Vec<Vec<Block>> },
    /// A table whose header repeats on every page, with the share of each column
    /// in its width; `numbered` when its first column counts the rows.
    Table {
        header: Vec<Vec<Inline>>,
        rows: Vec<Vec<Vec<Inline>>>,
        widths: Vec<usize>,
        numbered: bool,
    },
    /// What follows begins a page.
    PageBreak,
    /// What follows is an enclosure of this number and begins a page.
    Enclosure { number: usize },
    /// To whom and from whom: the block at the top right.
    Addressee { blocks: Vec<Block> },
    /// The sender's number and date of a letter, at the left margin.
    Reference { blocks: Vec<Block> },
    /// The line to sign on, never parted by a page's end.
    Signature { blocks: Vec<Block> },
}

/// A piece of a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Inline {
    /// Plain text.
    Text { text: String },
    /// Strongly emphasised.
    Strong { content: Vec<Inline> },
    /// Emphasised.
    Emphasis { content: Vec<Inline> },
    /// A new line in the same paragraph.
    LineBreak,
    /// How many pages the enclosure of this number has in the same document.
    Sheets { of: usize },
    /// On which pages of the document it stands: «5–7».
    Pages { of: usize },
    /// How many pages the document has.
    AllPages,
}

/// Stands where the layout of the document tells no number.
pub(crate) const BLANK: &str = "____";
