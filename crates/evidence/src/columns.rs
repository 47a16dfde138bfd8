//! How wide the columns of a table are: as their words and lines are long. DOCX
//! wants the widths in the file, and a typesetter left to itself gives all room
//! to whatever column asks first.

use crate::document::{BLANK, Inline};

/// What all columns together have: the width between the margins, in twentieths
/// of a point.
pub(crate) const TOTAL: usize = 9_355;
/// What a character of a table takes at most, on average, in twentieths of a
/// point: some more than half of 9.5 points.
const CHARACTER: usize = 102;
/// The same of a head, which is set in bold.
const HEAD_CHARACTER: usize = 116;
/// The margins and edges of a cell.
const EDGES: usize = 210;
/// A longer word is broken rather than given room: a sum in hex is 64 long.
const LONGEST_WORD: usize = 66;
/// A cell with more text than this wraps.
const LONGEST_LINE: usize = 42;

/// The share of each column in [`TOTAL`]. Each has room for its longest word
/// while that is possible, then for its text, and what is left goes to all.
pub(crate) fn widths(header: &[Vec<Inline>], rows: &[Vec<Vec<Inline>>]) -> Vec<usize> {
    let columns = header.len().max(1);
    let mut least = vec![0; columns];
    let mut wished = vec![0; columns];
    let heads = header.iter().map(|cell| (cell, HEAD_CHARACTER)).enumerate();
    let cells = rows.iter().flat_map(|row| row.iter().map(|cell| (cell, CHARACTER)).enumerate());
    for (column, (cell, character)) in heads.chain(cells) {
        if column < columns {
            let text = plain(cell);
            let word = text.split(' ').map(|word| word.chars().count()).max().unwrap_or(0);
            least[column] = least[column].max(EDGES + character * word.min(LONGEST_WORD));
            let line = text.chars().count().min(LONGEST_LINE).max(word.min(LONGEST_WORD));
            wished[column] = wished[column].max(EDGES + character * line);
        }
    }
    share(&least, &wished)
}

fn share(least: &[usize], wished: &[usize]) -> Vec<usize> {
    let needed: usize = least.iter().sum();
    let wanted: usize = wished.iter().sum();
    let mut widths: Vec<usize> = if needed >= TOTAL {
        least.iter().map(|width| width * TOTAL / needed).collect()
    } else if wanted >= TOTAL {
        let free = TOTAL - needed;
        let more = wished.iter().zip(least).map(|(wish, least)| wish - least);
        let given = more.map(|more| more * free / (wanted - needed));
        least.iter().zip(given).map(|(least, given)| least + given).collect()
    } else {
        wished.iter().map(|width| width * TOTAL / wanted.max(1)).collect()
    };
    // What rounding leaves over the last gets.
    let used: usize = widths.iter().sum();
    if let Some(last) = widths.last_mut() {
        *last += TOTAL.saturating_sub(used);
    }
    widths
}

/// The text of a cell without its looks.
pub(crate) fn plain(content: &[Inline]) -> String {
    let text = |inline: &Inline| match inline {
        Inline::Text { text } => text.clone(),
        Inline::Strong { content } | Inline::Emphasis { content } => plain(content),
        Inline::LineBreak => " ".to_owned(),
        Inline::Sheets { .. } | Inline::Pages { .. } | Inline::AllPages => BLANK.to_owned(),
    };
    content.iter().map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(text: &str) -> Vec<Inline> {
        vec![Inline::Text { text: text.into() }]
    }

    #[test]
    fn a_column_has_room_for_its_longest_word_and_all_fill_the_page() {
        let header = [cell("№"), cell("Вызывающий номер"), cell("Примечание")];
        let long = "слова ".repeat(30);
        let rows = [vec![cell("1"), cell("+7\u{a0}900\u{a0}123-45-67"), cell(&long)]];
        let widths = widths(&header, &rows);
        assert_eq!(widths.iter().sum::<usize>(), TOTAL);
        assert!(widths[0] < widths[1] && widths[1] < widths[2], "{widths:?}");
        assert!(widths[1] >= EDGES + 16 * CHARACTER, "the number stays on one line");
    }

    #[test]
    fn words_that_need_more_than_the_page_share_it() {
        let header = vec![cell(&"ж".repeat(70)); 9];
        let widths = widths(&header, &[]);
        assert_eq!(widths.iter().sum::<usize>(), TOTAL);
        assert!(widths.iter().all(|width| *width >= TOTAL / 9 - 1));
        assert_eq!(super::widths(&[], &[]), [TOTAL]);
    }
}
