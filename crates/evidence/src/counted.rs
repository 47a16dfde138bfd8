//! How the pages of a document came out, and putting that into another document
//! that speaks of them: only the one that was laid out can count for itself.

use crate::document::{BLANK, Block, Inline};

/// The pages of a document with enclosures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Counted {
    /// All of them.
    pub(crate) pages: usize,
    /// Where each enclosure begins, from 1.
    pub(crate) first_pages: Vec<usize>,
}

impl Counted {
    /// The first and the last page of an enclosure, by its number.
    pub(crate) fn pages_of(&self, number: usize) -> Option<(usize, usize)> {
        let first = *self.first_pages.get(number.checked_sub(1)?)?;
        let after = self.first_pages.get(number).copied().unwrap_or(self.pages + 1);
        Some((first, first.max(after - 1)))
    }

    /// The number as text where the document would have told it.
    fn told(&self, inline: &Inline) -> Option<String> {
        let pages = |of: usize| {
            self.pages_of(of).map(|(first, last)| match last - first {
                0 => first.to_string(),
                _ => format!("{first}–{last}"),
            })
        };
        let sheets =
            |of: usize| self.pages_of(of).map(|(first, last)| (last - first + 1).to_string());
        let number = match inline {
            Inline::Sheets { of } => sheets(*of),
            Inline::Pages { of } => pages(*of),
            Inline::AllPages => Some(self.pages.to_string()),
            _ => return None,
        };
        Some(number.unwrap_or_else(|| BLANK.to_owned()))
    }
}

/// Puts the numbers of a document with enclosures into these blocks of another one.
pub(crate) fn settle(blocks: &mut [Block], counted: &Counted) {
    for block in blocks {
        match block {
            Block::Heading { content, .. } | Block::Paragraph { content } => {
                settle_inlines(content, counted);
            }
            Block::Quote { blocks }
            | Block::Addressee { blocks }
            | Block::Reference { blocks }
            | Block::Signature { blocks } => settle(blocks, counted),
            Block::List { items, .. } => items.iter_mut().for_each(|item| settle(item, counted)),
            Block::Table { header, rows, .. } => {
                let cells = header.iter_mut().chain(rows.iter_mut().flatten());
                cells.for_each(|cell| settle_inlines(cell, counted));
            }
            Block::PageBreak | Block::Enclosure { .. } => {}
        }
    }
}

fn settle_inlines(content: &mut [Inline], counted: &Counted) {
    for inline in content {
        if let Some(text) = counted.told(inline) {
            *inline = Inline::Text { text };
        } else if let Inline::Strong { content } | Inline::Emphasis { content } = inline {
            settle_inlines(content, counted);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_enclosures_follow_from_where_the_next_one_begins() {
        let counted = Counted { pages: 9, first_pages: vec![3, 4, 7] };
        let told = |number| counted.pages_of(number);
        assert_eq!([told(1), told(2), told(3)], [Some((3, 3)), Some((4, 6)), Some((7, 9))]);
        assert_eq!([told(0), told(4)], [None, None]);
    }

    #[test]
    fn another_document_tells_the_same_numbers_and_a_blank_for_none() {
        let counted = Counted { pages: 9, first_pages: vec![3, 4] };
        let content = vec![
            Inline::Sheets { of: 1 },
            Inline::Strong { content: vec![Inline::Pages { of: 2 }] },
            Inline::AllPages,
            Inline::Sheets { of: 7 },
        ];
        let mut blocks = [Block::Quote { blocks: vec![Block::Paragraph { content }] }];
        settle(&mut blocks, &counted);
        let text = |text: &str| Inline::Text { text: text.into() };
        let content =
            vec![text("1"), Inline::Strong { content: vec![text("4–9")] }, text("9"), text(BLANK)];
        assert_eq!(blocks, [Block::Quote { blocks: vec![Block::Paragraph { content }] }]);
    }
}
