//! A filing set in volumes: as much as people bind and open at once, and as much as is
//! laid out at once, since the layout of a document takes memory with every page. Pages are
//! numbered through all of them, and what one tells of the pages of another is settled.

use std::borrow::Cow;
use std::ops::Range;

use serde::Serialize;

use crate::bag::{FILING, FILING_PATH};
use crate::counted::{Counted, settle};
use crate::document::{Block, Document, Inline};
use crate::documents::MadeFile;
use crate::filing::Enclosed;

/// About so many pages in a volume.
const MAX_PAGES: usize = 75;
/// Lines of a page, as [`lines`] counts them.
const PAGE_LINES: usize = 40;
/// Characters of a line of running text.
const LINE_CHARS: usize = 80;
/// Characters of a line of a table with one column; its columns share them.
const TABLE_CHARS: usize = 100;
/// How often all volumes are set until none tells of pages that came out otherwise: the
/// first time finds out, the second tells.
const ATTEMPTS: usize = 4;

/// What a volume is told of the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Volume {
    /// From 1.
    pub(crate) number: usize,
    /// How many there are.
    pub(crate) of: usize,
    /// The number of its first page.
    pub(crate) first_page: usize,
    /// How many pages all of them have.
    pub(crate) all_pages: usize,
}

/// Where a volume stands among the pages of all.
pub(crate) struct Place {
    pub(crate) first_page: usize,
    pub(crate) pages: usize,
}

/// A set as it came out.
pub(crate) struct Filed {
    /// Each volume, by its path.
    pub(crate) files: Vec<MadeFile>,
    /// Its pages, numbered through.
    pub(crate) counted: Counted,
    /// Of each volume.
    pub(crate) places: Vec<Place>,
}

/// What a volume is called in the package; a set of one has the name it always had.
pub(crate) fn path(number: usize) -> Cow<'static, str> {
    match number {
        1 => FILING_PATH.into(),
        _ => format!("{FILING}filing-{number:02}.pdf").into(),
    }
}

/// Which enclosures stand in which volume; the application begins the first, and is alone
/// there where it is long.
pub(crate) fn volumes(application: &Document, enclosed: &[Enclosed]) -> Vec<Range<usize>> {
    let mut volumes = Vec::new();
    let (mut first, mut held) = (0, pages(&application.blocks));
    for (index, one) in enclosed.iter().enumerate() {
        let more = pages(&one.blocks);
        if held + more > MAX_PAGES {
            volumes.push(first..index);
            (first, held) = (index, 0);
        }
        held += more;
    }
    volumes.push(first..enclosed.len());
    volumes
}

/// About how many pages blocks take that begin one.
fn pages(blocks: &[Block]) -> usize {
    lines(blocks).div_ceil(PAGE_LINES).max(1)
}

/// About how many lines blocks take.
fn lines(blocks: &[Block]) -> usize {
    blocks.iter().map(lines_of).sum()
}

fn lines_of(block: &Block) -> usize {
    match block {
        Block::Heading { content, .. } => 2 + chars(content) / LINE_CHARS,
        Block::Paragraph { content } => 1 + chars(content) / LINE_CHARS,
        Block::Quote { blocks }
        | Block::Addressee { blocks }
        | Block::Reference { blocks }
        | Block::Signature { blocks } => lines(blocks),
        Block::List { items, .. } => items.iter().map(|item| lines(item)).sum(),
        Block::Table { header, rows, widths, .. } => {
            let all: usize = widths.iter().sum::<usize>().max(1);
            let cell = |(content, width): (&Vec<Inline>, &usize)| {
                1 + chars(content) * all / (TABLE_CHARS * (*width).max(1))
            };
            let row = |cells: &Vec<Vec<Inline>>| cells.iter().zip(widths).map(cell).max();
            std::iter::once(header).chain(rows).filter_map(row).sum()
        }
        Block::PageBreak | Block::Enclosure { .. } => 0,
    }
}

fn chars(content: &[Inline]) -> usize {
    let of_one = |inline: &Inline| match inline {
        Inline::Text { text } => text.chars().count(),
        Inline::Strong { content } | Inline::Emphasis { content } => chars(content),
        Inline::LineBreak => LINE_CHARS,
        Inline::Sheets { .. } | Inline::Pages { .. } | Inline::AllPages => 3,
    };
    content.iter().map(of_one).sum()
}

/// The page that a volume begins with: that of its first enclosure, and of the application
/// the first.
fn first_page(document: &Document, told: &Counted) -> usize {
    let Some(Block::Enclosure { number }) = document.blocks.first() else { return 1 };
    told.pages_of(*number).map_or(1, |(first, _)| first)
}

/// What sets one volume.
pub(crate) type SetAlone<'a, E> = dyn FnMut(Document, Volume) -> Result<(Vec<u8>, Counted), E> + 'a;

/// Sets the volumes, again until each tells of the others what is so; `None` where that
/// never comes.
pub(crate) fn set<E>(
    documents: &[Document],
    enclosures: usize,
    alone: &mut SetAlone<'_, E>,
) -> Result<Option<Filed>, E> {
    // Three digits stand for those that nobody knows yet.
    let mut told = Counted { pages: 999, first_pages: (0..enclosures).map(|n| 100 + n).collect() };
    for _ in 0..ATTEMPTS {
        let mut counted = Counted { pages: 0, first_pages: Vec::new() };
        let (mut files, mut places) = (Vec::new(), Vec::new());
        for (number, document) in (1..).zip(documents) {
            let mut document = document.clone();
            settle(&mut document.blocks, &told);
            let volume = Volume {
                number,
                of: documents.len(),
                first_page: first_page(&document, &told),
                all_pages: told.pages,
            };
            let (file, own) = alone(document, volume)?;
            files.push((path(number), file));
            places.push(Place { first_page: counted.pages + 1, pages: own.pages });
            counted.first_pages.extend(own.first_pages.iter().map(|page| counted.pages + page));
            counted.pages += own.pages;
        }
        if counted == told {
            return Ok(Some(Filed { files, counted, places }));
        }
        told = counted;
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

    use super::*;

    fn paragraphs(count: usize) -> Vec<Block> {
        let content = vec![Inline::Text { text: "строка".into() }];
        vec![Block::Paragraph { content }; count]
    }

    fn document(blocks: Vec<Block>) -> Document {
        Document { title: String::new(), watermark: None, blocks }
    }

    /// How many enclosures each volume has.
    fn packed(application: usize, enclosed: &[usize]) -> Vec<usize> {
        let one = |lines: &usize| Enclosed {
            kind: "register",
            title: String::new(),
            blocks: paragraphs(*lines),
        };
        let enclosed: Vec<Enclosed> = enclosed.iter().map(one).collect();
        let volumes = volumes(&document(paragraphs(application)), &enclosed);
        volumes.iter().map(ExactSizeIterator::len).collect()
    }

    #[test]
    fn a_volume_holds_whole_enclosures_up_to_its_pages() {
        let full = MAX_PAGES * PAGE_LINES;
        assert_eq!(packed(100, &[full - 120]), [1]);
        assert_eq!(packed(100, &[full - 120, 1]), [1, 1]);
        assert_eq!(packed(100, &[2 * full, 1, 1]), [0, 1, 2]);
        assert_eq!(packed(2 * full, &[1, 1]), [0, 2]);
        assert_eq!(packed(100, &[1, 2 * full, 1]), [1, 1, 1]);
        assert_eq!(packed(1, &[1; MAX_PAGES - 1]), [MAX_PAGES - 1], "each begins a page");
        assert_eq!(packed(1, &[1; MAX_PAGES]), [MAX_PAGES - 1, 1]);
    }

    #[test]
    fn long_cells_of_narrow_columns_take_lines() {
        let cell = |length: usize| vec![Inline::Text { text: "я".repeat(length) }];
        let table = |row: Vec<Vec<Inline>>| Block::Table {
            header: vec![cell(1), cell(1)],
            rows: vec![row],
            widths: vec![1, 3],
            numbered: false,
        };
        assert_eq!(lines(&[table(vec![cell(1), cell(1)])]), 2);
        assert_eq!(lines(&[table(vec![cell(1), cell(149)])]), 3);
        assert_eq!(lines(&[table(vec![cell(149), cell(1)])]), 1 + 6);
    }

    #[test]
    fn volumes_are_set_until_each_tells_the_pages_of_the_others() {
        let told = |of| Block::Paragraph { content: vec![Inline::Pages { of }] };
        let enclosed = |number, block| document(vec![Block::Enclosure { number }, block]);
        let documents = [document(vec![told(3)]), enclosed(3, told(2)), enclosed(4, told(1))];
        let mut seen = Vec::new();
        let mut alone = |document: Document, volume: Volume| {
            seen.push((document, volume));
            let first_pages = if volume.number == 1 { vec![2, 3] } else { vec![1] };
            Ok::<_, ()>((vec![volume.number as u8], Counted { pages: 5, first_pages }))
        };
        let all = set(&documents, 4, &mut alone).unwrap().unwrap();
        let file = |number| (path(number), vec![number as u8]);
        assert_eq!(all.files, [1, 2, 3].map(file));
        assert_eq!(all.files[1].0, "data/filing/filing-02.pdf");
        assert_eq!(all.counted, Counted { pages: 15, first_pages: vec![2, 3, 6, 11] });
        let places: Vec<_> = all.places.iter().map(|one| (one.first_page, one.pages)).collect();
        assert_eq!(places, [(1, 5), (6, 5), (11, 5)]);
        let (last, volume) = seen.pop().unwrap();
        let text = Inline::Text { text: "2".into() };
        let told = Block::Paragraph { content: vec![text] };
        assert_eq!(last.blocks, [Block::Enclosure { number: 4 }, told]);
        assert_eq!(volume, Volume { number: 3, of: 3, first_page: 11, all_pages: 15 });
        assert_eq!(seen.len(), 5, "twice each");
    }

    #[test]
    fn volumes_that_never_come_out_as_they_tell_are_none() {
        let mut pages = 0;
        let mut alone = |_: Document, _: Volume| {
            pages += 1;
            Ok::<_, ()>((Vec::new(), Counted { pages, first_pages: Vec::new() }))
        };
        assert!(set(&[document(Vec::new())], 0, &mut alone).unwrap().is_none());
    }
}
