//! What a DOCX holds, read as XML.
#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

use std::io::Read;

use quick_xml::Reader;
use quick_xml::events::Event;

use super::*;
use crate::document::{Block, Inline};
use crate::markdown;

const CREATED: Instant = Instant(1_790_000_000_000_000);

fn made(blocks: Vec<Block>, watermark: Option<&str>) -> Vec<u8> {
    let watermark = watermark.map(str::to_owned);
    docx(&Document { title: "Проверка <&\">".into(), watermark, blocks }, CREATED).unwrap()
}

fn part(bytes: &[u8], name: &str) -> String {
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut text = String::new();
    zip.by_name(name).unwrap().read_to_string(&mut text).unwrap();
    text
}

/// The text of a part, having read all of its XML.
fn text_of(xml: &str) -> String {
    let mut reader = Reader::from_str(xml);
    let mut text = String::new();
    loop {
        match reader.read_event().unwrap() {
            Event::Eof => return text.trim_start().to_owned(),
            Event::Text(found) => text.push_str(&found.xml10_content()),
            Event::GeneralRef(found) => text.push_str(match &*found {
                "amp" => "&",
                "lt" => "<",
                "gt" => ">",
                "quot" => "\"",
                other => panic!("{other}"),
            }),
            _ => {}
        }
    }
}

fn paragraph(text: &str) -> Vec<Block> {
    vec![Block::Paragraph { content: vec![Inline::Text { text: text.into() }] }]
}

#[test]
fn the_same_document_gives_the_same_bytes_and_another_does_not() {
    let bytes = made(paragraph("текст"), None);
    assert_eq!(bytes, made(paragraph("текст"), None));
    assert_ne!(bytes, made(paragraph("тест"), None));
    assert!(part(&bytes, "docProps/core.xml").contains(">2026-09-21T14:13:20Z<"));
}

#[test]
fn every_part_is_well_formed_and_named_in_the_content_types() {
    let bytes = made(paragraph("текст"), Some("ПРОЕКТ"));
    let mut zip = zip::ZipArchive::new(Cursor::new(&bytes)).unwrap();
    let count = zip.len();
    let mut name = |index| zip.by_index(index).unwrap().name().unwrap().into_owned();
    let names: Vec<String> = (0..count).map(&mut name).collect();
    assert_eq!(names[0], "[Content_Types].xml");
    let types = part(&bytes, "[Content_Types].xml");
    for name in names {
        text_of(&part(&bytes, &name));
        let by_itself = name.ends_with(".rels") || name.starts_with('[');
        assert!(by_itself || types.contains(&format!("\"/{name}\"")), "{name}");
    }
    assert!(part(&bytes, "word/header1.xml").contains("string=\"ПРОЕКТ\""));
}

#[test]
fn text_is_character_data_whatever_it_says() {
    for hostile in [
        "</w:t></w:r><w:r><w:instrText>DDEAUTO c:\\\\windows cmd</w:instrText></w:r>",
        "{ INCLUDETEXT \"http://example.org/x\" }",
        "<w:fldSimple w:instr=\"DDE\"/>",
        "&lt;&amp;&#9; ]]> <!-- x --> <?x?>",
        "=SUM(A1) @x +1 -1",
    ] {
        let xml = part(&made(paragraph(hostile), None), "word/document.xml");
        assert_eq!(text_of(&xml), hostile);
        assert!(!xml.contains("<w:instrText") && !xml.contains("<w:fldSimple"), "{hostile}");
    }
    let title = part(&made(Vec::new(), None), "docProps/core.xml");
    assert!(text_of(&title).starts_with("Проверка <&\">"));
}

#[test]
fn characters_nobody_sees_leave_a_trace_and_do_nothing() {
    let hostile =
        "а\u{0}б\u{b}в\u{1b}г\u{85}д\u{202e}е\u{2066}ж\u{200b}з\u{feff}и\u{fffe}\u{e0041}";
    let xml = part(&made(paragraph(hostile), None), "word/document.xml");
    assert_eq!(text_of(&xml), "а□б□в□г□д□е□ж□з□и□□");
    let plain = "«№\u{a0}1» — 5\u{a0}000\u{a0}₽ − ½ …";
    assert_eq!(text_of(&part(&made(paragraph(plain), None), "word/document.xml")), plain);
}

#[test]
fn the_hyphens_of_telephone_numbers_do_not_end_a_line() {
    let source = "тел. +7 900 123-45-67, 8 900 765-43-21, call-01-1.wav, 14-10-2026, я-1";
    let xml = part(&made(paragraph(source), None), "word/document.xml");
    let expected =
        source.replace("3-45-6", "3\u{2011}45\u{2011}6").replace("5-43-2", "5\u{2011}43\u{2011}2");
    assert_eq!(text_of(&xml), expected);
}

#[test]
fn every_construct_of_the_templates_becomes_its_own() {
    let source = "<!-- адресат -->\n\nВ *УФАС*  \nлично\n\n<!-- конец адресата -->\n\n# А\n\n\
                  3. один\n   - внутри\n4. два\n\n| № | Что |\n|---|---|\n| 1 | **да** |\n\n\
                  > слова\n\n---\n\nдалее\n\n\
                  <!-- подпись -->\n\nдата\n\nПодпись\n\n<!-- конец подписи -->\n";
    let bytes = made(markdown::parse(source).unwrap(), None);
    insta::assert_snapshot!(part(&bytes, "word/document.xml").replace("<w:p>", "\n<w:p>"));
    let numbering = part(&bytes, "word/numbering.xml");
    assert!(numbering.contains("<w:num w:numId=\"1\"><w:abstractNumId w:val=\"0\"/>"));
    assert!(numbering.contains("<w:startOverride w:val=\"3\"/>"));
    assert!(numbering.contains("<w:num w:numId=\"2\"><w:abstractNumId w:val=\"1\"/></w:num>"));
}
