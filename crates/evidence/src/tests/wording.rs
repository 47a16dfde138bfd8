//! The words of the application, whatever the facts are.

use std::collections::BTreeSet;

use baitline_domain::gate::Missing;
use baitline_domain::instant::Span;
use baitline_domain::label::LabelKind;
use baitline_domain::verdict::{Reason, Verdict};
use jiff::tz::TimeZone;

use super::sample::{dossier, ready};
use crate::application;
use crate::document::{Block, Document, Inline};
use crate::dossier::Dossier;
use crate::numbered::numbered;

/// Words that no filed document may hold: names of the trade, guilt that
/// nobody has found yet, sums nobody may promise, the program's own words.
pub(crate) const FORBIDDEN: [&str; 16] = [
    "приманк",
    "ловушк",
    "нарушител",
    "незаконн",
    "перехват",
    "млн",
    "миллион",
    "рублей",
    "штраф",
    "балл",
    "правил",
    "foreign",
    "group",
    "verdict",
    "inconclusive",
    "rule",
];

pub(super) fn document(dossier: &Dossier) -> Document {
    let zone = TimeZone::get(&dossier.time_zone).unwrap();
    application::document(dossier, &numbered(dossier), &["Реестр звонков"], &zone).unwrap()
}

/// The document as plain text, one line per block, marked by its kind.
pub(crate) fn plain(blocks: &[Block]) -> String {
    blocks.iter().map(plain_block).collect::<Vec<_>>().join("\n")
}

fn plain_block(block: &Block) -> String {
    match block {
        Block::Heading { level, content } => {
            format!("\n{} {}\n", "#".repeat(usize::from(*level)), line(content))
        }
        Block::Paragraph { content } => line(content),
        Block::Quote { blocks } => {
            plain(blocks).lines().map(|line| format!("> {line}\n")).collect()
        }
        Block::List { start, items } => {
            let item = |(index, item): (u64, &Vec<Block>)| match start {
                Some(start) => format!("{}. {}", start + index, plain(item)),
                None => format!("- {}", plain(item)),
            };
            (0..).zip(items).map(item).collect::<Vec<_>>().join("\n")
        }
        Block::Table { header, rows, .. } => {
            let row = |row: &Vec<Vec<Inline>>| {
                row.iter().map(|cell| line(cell)).collect::<Vec<_>>().join(" | ")
            };
            std::iter::once(header).chain(rows).map(row).collect::<Vec<_>>().join("\n")
        }
        Block::PageBreak => "=== page ===".into(),
        Block::Enclosure { number } => format!("=== Приложение {number} ==="),
        Block::Addressee { blocks } => format!("[addressee]\n{}\n", plain(blocks)),
        Block::Reference { blocks } => format!("[reference]\n{}\n", plain(blocks)),
        Block::Signature { blocks } => format!("\n[signature]\n{}", plain(blocks)),
    }
}

fn line(content: &[Inline]) -> String {
    let piece = |inline: &Inline| match inline {
        Inline::Text { text } => text.replace('\u{a0}', "·"),
        Inline::Strong { content } | Inline::Emphasis { content } => line(content),
        Inline::LineBreak => "\n".into(),
        Inline::Sheets { of } => format!("[sheets of {of}]"),
        Inline::Pages { of } => format!("[pages of {of}]"),
        Inline::AllPages => "[all pages]".into(),
    };
    content.iter().map(piece).collect()
}

#[test]
fn a_draft_reads_as_follows() {
    let document = document(&dossier().0);
    assert_eq!(document.watermark.as_deref(), Some("ПРОЕКТ"));
    insta::assert_snapshot!(plain(&document.blocks));
}

#[test]
fn a_ready_application_reads_as_follows() {
    let document = document(&ready().0);
    assert_eq!(document.watermark, None);
    insta::assert_snapshot!(plain(&document.blocks));
}

#[test]
fn no_document_holds_a_forbidden_word_whatever_the_facts() {
    let kinds = [LabelKind::Advertising, LabelKind::Service, LabelKind::Unclear];
    let mut seen = BTreeSet::new();
    for verdict in Verdict::ALL {
        for (kind, reason) in
            kinds.iter().zip([Reason::Ported, Reason::RangeHolderOnly, Reason::Unallocated])
        {
            let (mut dossier, _) = dossier();
            for call in &mut dossier.interceptions {
                call.verdict = *verdict;
                call.reasons = vec![reason, Reason::DuringTrap];
                call.missing = Missing::ALL.to_vec();
                if let Some(label) = &mut call.label {
                    label.kind = *kind;
                }
            }
            if *verdict == Verdict::Inconclusive {
                dossier.office = None;
                dossier.interceptions[0].caller_operator = None;
            }
            let text = plain(&document(&dossier).blocks).to_lowercase();
            for word in FORBIDDEN {
                // «Правонарушение» is the law's word and no rule of ours.
                let text = text.replace("правонарушени", "");
                assert!(!text.contains(word), "{word} in {text}");
            }
            seen.insert(text);
        }
    }
    assert!(seen.len() > Verdict::ALL.len(), "the facts made no difference to the text");
}

#[test]
fn every_missing_thing_is_on_the_cover_with_its_calls() {
    let (mut dossier, _) = dossier();
    for missing in Missing::ALL {
        for call in &mut dossier.interceptions {
            call.missing.clear();
        }
        dossier.interceptions[0].missing = vec![*missing];
        let text = plain(&document(&dossier).blocks);
        let cover = text.split("=== page ===").next().unwrap();
        assert!(cover.contains("\n1. ") && !cover.contains("\n2. "), "{missing:?}: {cover}");
        assert!(cover.contains("Касается звонка №·3."), "{missing:?}: {cover}");
    }
}

#[test]
fn a_long_transcript_is_quoted_in_part_and_says_so() {
    let (mut dossier, _) = ready();
    let label = dossier.interceptions[0].label.as_mut().unwrap();
    label.transcript = Some("слово ".repeat(3_000));
    let text = plain(&document(&dossier).blocks);
    assert!(text.contains("слово […]"), "{text}");
    assert!(text.contains("Приведено начало расшифровки"), "{text}");
    assert!(text.matches("слово").count() < 300);
}

#[test]
fn a_step_after_a_call_is_not_told_as_its_cause() {
    let (mut dossier, _) = ready();
    dossier.interceptions.truncate(1);
    let call = &mut dossier.interceptions[0];
    // The call came between the visit to the site and the own call.
    call.started_at = call.trap.exposures[2].at - Span::seconds(60);
    let text = plain(&document(&dossier).blocks);
    assert!(text.contains("посещение сайта организации"), "{text}");
    assert!(!text.contains("звонок в организацию"), "{text}");
}
