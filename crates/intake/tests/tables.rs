//! Tables as spreadsheets write them, well and badly.

#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

use baitline_intake::table::{
    Cells, MAX_TABLE_ROWS, TableFault, TableFormat, TableRow, TableRowFault, UnknownColumn, read,
};
use encoding_rs::WINDOWS_1251;
use proptest::prelude::*;
use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook, Worksheet};
use std::io::{Cursor, Write};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

const KNOWN: &[&str] = &["number", "region", "at"];

fn csv(body: impl AsRef<[u8]>) -> Result<Vec<TableRow>, TableFault> {
    read(TableFormat::Csv, body.as_ref(), KNOWN)
}

fn xlsx(body: &[u8]) -> Result<Vec<TableRow>, TableFault> {
    read(TableFormat::Xlsx, body, KNOWN)
}

fn cells(pairs: &[(&'static str, &str)]) -> Result<Cells, TableRowFault> {
    Ok(pairs.iter().map(|(name, text)| (*name, (*text).to_owned())).collect())
}

fn row(line: u64, pairs: &[(&'static str, &str)]) -> TableRow {
    TableRow { line, result: cells(pairs) }
}

fn bad(line: u64, fault: TableRowFault) -> TableRow {
    TableRow { line, result: Err(fault) }
}

#[test]
fn encodings_separators_and_blank_rows_make_no_difference() {
    let comma = "number,region,at\n+79001234567,\"Москва, ЮАО\",\n\n,,\n+79001234568,,2026\n";
    let expected = [
        row(2, &[("number", "+79001234567"), ("region", "Москва, ЮАО")]),
        row(5, &[("number", "+79001234568"), ("at", "2026")]),
    ];
    assert_eq!(csv(comma).unwrap(), expected);
    assert_eq!(csv(format!("\u{feff}{comma}")).unwrap(), expected);
    let semicolon = "number;region;at;;\r\n+79001234567; Москва, ЮАО ;;;\r\n\r\n;;;;\r\n\
                     +79001234568;;2026;;\r\n";
    assert_eq!(csv(semicolon).unwrap(), expected);
    let (cp1251, _, _) = WINDOWS_1251.encode(semicolon);
    assert!(std::str::from_utf8(&cp1251).is_err(), "the sample is the same in both encodings");
    assert_eq!(csv(cp1251).unwrap(), expected);
}

#[test]
fn a_broken_byte_spoils_its_own_row_and_does_not_turn_the_others_into_other_letters() {
    let mut body = "number,region\n1,Москва\n2,Тве".to_owned().into_bytes();
    body.extend(b"\xd1\n3,\xd0\xa2\xd1\x83\xd0\xbb\xd0\xb0\n");
    let expected = [
        row(2, &[("number", "1"), ("region", "Москва")]),
        bad(3, TableRowFault::Encoding),
        row(4, &[("number", "3"), ("region", "Тула")]),
    ];
    assert_eq!(csv(body).unwrap(), expected);
}

#[test]
fn a_bad_row_is_told_of_and_the_next_one_is_read() {
    let long = "x".repeat(2 * 1024 * 1024);
    let body = format!("number,region\n1\n\"2\n3,a\n{long},b\n4,b,c\n5,d\n");
    let expected = [
        bad(2, TableRowFault::Form),
        bad(3, TableRowFault::Form),
        row(4, &[("number", "3"), ("region", "a")]),
        bad(5, TableRowFault::TooLong),
        bad(6, TableRowFault::Form),
        row(7, &[("number", "5"), ("region", "d")]),
    ];
    assert_eq!(csv(body).unwrap(), expected);
    let extra = csv("number;;at\n1;x;\n2;;3\n").unwrap();
    assert_eq!(
        extra,
        [bad(2, TableRowFault::Form), row(3, &[("number", "2"), ("at", "3")])],
        "a cell under no name"
    );
}

#[test]
fn a_table_of_other_columns_is_refused_with_their_place() {
    let unknown = |line, column, name: Option<&str>| TableFault::UnknownColumn {
        line,
        columns: vec![UnknownColumn { column, name: name.map(str::to_owned) }],
        known: KNOWN.to_vec(),
    };
    assert_eq!(csv("number,colour\n1,2\n").unwrap_err(), unknown(1, 2, Some("colour")));
    let payload = csv("+79001234567,x\n").unwrap_err().to_string();
    assert_eq!(
        payload, "not known: column 1, column 2 (x); known: number, region, at",
        "no payload is told, and every column is"
    );
    assert_eq!(csv("\n\nnumber,Номер\n").unwrap_err(), unknown(3, 2, None));
    let twice = TableFault::DuplicateColumn { line: 1, name: "at" };
    assert_eq!(csv("at,number,at\n").unwrap_err(), twice);
    assert_eq!(csv("number,\"at\n1,2\n").unwrap_err(), TableFault::BrokenHeader { line: 1 });
    assert_eq!(csv(" \n\n").unwrap_err(), TableFault::Empty);
    assert_eq!(csv("number\n").unwrap(), []);
}

#[test]
fn no_more_rows_are_read_than_a_table_may_have() {
    let body = |rows: usize| format!("number\n{}", "1\n".repeat(rows));
    assert_eq!(csv(body(MAX_TABLE_ROWS)).unwrap().len(), MAX_TABLE_ROWS);
    assert_eq!(csv(body(MAX_TABLE_ROWS + 1)).unwrap_err(), TableFault::TooManyRows);
    let long = vec![b'x'; baitline_intake::table::MAX_TABLE_BYTES + 1];
    assert_eq!(csv(long).unwrap_err(), TableFault::TooLarge);
    let sheet = |rows: usize| {
        let rows: String =
            (1..=rows).map(|row| format!("<row r=\"{row}\"><c><v>1</v></c></row>")).collect();
        package(&[("xl/worksheets/sheet1.xml", &worksheet(&format!("{HEADER_ROW}{rows}")))])
    };
    assert_eq!(xlsx(&sheet(MAX_TABLE_ROWS)).unwrap().len(), MAX_TABLE_ROWS);
    assert_eq!(xlsx(&sheet(MAX_TABLE_ROWS + 1)).unwrap_err(), TableFault::TooManyRows);
}

fn book(fill: impl Fn(&mut Worksheet)) -> Vec<u8> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    for (column, name) in (0_u16..).zip(KNOWN) {
        sheet.write_string(0, column, *name).unwrap();
    }
    fill(sheet);
    workbook.save_to_buffer().unwrap()
}

#[test]
fn typed_cells_of_a_sheet_become_the_text_a_person_would_have_typed() {
    let bytes = book(|sheet| {
        let time = Format::new().set_num_format("dd.mm.yyyy hh:mm");
        let at = ExcelDateTime::from_ymd(2026, 10, 1).unwrap().and_hms(10, 5, 0).unwrap();
        sheet.write_number(1, 0, 79_161_234_567.0).unwrap();
        sheet.write_string(1, 1, " Москва & <область> ").unwrap();
        sheet.write_datetime_with_format(1, 2, at, &time).unwrap();
        sheet.write_number(3, 0, 0.5).unwrap();
        sheet.write_boolean(3, 1, true).unwrap();
        sheet.write_formula(4, 0, Formula::new("=1+1").set_result("2")).unwrap();
        sheet.write_formula(4, 1, Formula::new("=\"a\"&\"b\"").set_result("ab")).unwrap();
        sheet.write_string(5, 0, "   ").unwrap();
        sheet.write_blank(6, 1, &Format::new().set_bold()).unwrap();
        sheet.write_formula(7, 1, Formula::new("=1/0").set_result("#DIV/0!")).unwrap();
        sheet.write_string(8, 3, "beyond").unwrap();
        sheet
            .write_rich_string(
                9,
                1,
                &[(&Format::new().set_bold(), "жир"), (&Format::default(), "ный")],
            )
            .unwrap();
    });
    let expected = [
        row(
            2,
            &[
                ("number", "79161234567"),
                ("region", "Москва & <область>"),
                ("at", "2026-10-01T10:05:00"),
            ],
        ),
        row(4, &[("number", "0.5"), ("region", "true")]),
        row(5, &[("number", "2"), ("region", "ab")]),
        bad(8, TableRowFault::Cell("region")),
        bad(9, TableRowFault::Form),
        row(10, &[("region", "жирный")]),
    ];
    assert_eq!(xlsx(&bytes).unwrap(), expected);
}

#[test]
fn the_first_visible_sheet_is_read_and_columns_may_stand_in_any_order() {
    let mut workbook = Workbook::new();
    workbook.add_worksheet().set_hidden(true).write_string(0, 0, "secret").unwrap();
    let sheet = workbook.add_worksheet();
    sheet.set_active(true);
    sheet.write_string(2, 1, "region").unwrap();
    sheet.write_string(2, 4, "number").unwrap();
    sheet.write_string(3, 1, "Тула").unwrap();
    sheet.write_number(3, 4, 5).unwrap();
    sheet.write_string(4, 2, "under no name").unwrap();
    workbook.add_worksheet().write_string(0, 0, "other").unwrap();
    let expected = [row(4, &[("region", "Тула"), ("number", "5")]), bad(5, TableRowFault::Form)];
    assert_eq!(xlsx(&workbook.save_to_buffer().unwrap()).unwrap(), expected);
}

const HEADER_ROW: &str = "<row r=\"1\"><c t=\"inlineStr\"><is><t>number</t></is></c></row>";
const RELATIONS: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

fn worksheet(rows: &str) -> String {
    format!("<?xml version=\"1.0\"?><worksheet><sheetData>{rows}</sheetData></worksheet>")
}

/// A package by hand: the parts around the sheet, and those given.
fn package(parts: &[(&str, &str)]) -> Vec<u8> {
    let root = format!(
        "<Relationships><Relationship Id=\"a\" Type=\"{RELATIONS}/officeDocument\" \
         Target=\"/xl/workbook.xml\"/></Relationships>"
    );
    let workbook = "<x:workbook xmlns:x=\"x\" xmlns:r=\"r\"><x:sheets>\
                    <x:sheet name=\"1\" sheetId=\"1\" r:id=\"a\"/></x:sheets></x:workbook>";
    let relations = format!(
        "<Relationships>\
         <Relationship Id=\"a\" Type=\"{RELATIONS}/worksheet\" Target=\"worksheets/sheet1.xml\"/>\
         <Relationship Id=\"b\" Type=\"{RELATIONS}/sharedStrings\" Target=\"shared.xml\"/>\
         </Relationships>"
    );
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    let around = [
        ("_rels/.rels", root.as_str()),
        ("xl/workbook.xml", workbook),
        ("xl/_rels/workbook.xml.rels", relations.as_str()),
    ];
    for (name, xml) in around.iter().chain(parts) {
        zip.start_file(*name, options).unwrap();
        zip.write_all(xml.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// One row of a sheet whose header is `number`.
fn sheet_with(rows: &str) -> Result<Vec<TableRow>, TableFault> {
    xlsx(&package(&[("xl/worksheets/sheet1.xml", &worksheet(&format!("{HEADER_ROW}{rows}")))]))
}

#[test]
fn a_small_file_cannot_take_much_memory() {
    let spaces = " ".repeat(40 * 1024 * 1024);
    assert_eq!(sheet_with(&spaces).unwrap_err(), TableFault::TooLarge, "a sheet of nothing");
    let text = "x".repeat(60_000);
    let shared = format!("<sst uniqueCount=\"99999999999\"><si><t>{text}</t></si></sst>");
    let cells: String =
        (2..2_000).map(|row| format!("<row r=\"{row}\"><c t=\"s\"><v>0</v></c></row>")).collect();
    let many = worksheet(&format!("{HEADER_ROW}{cells}"));
    let body = package(&[("xl/worksheets/sheet1.xml", &many), ("xl/shared.xml", &shared)]);
    assert!(body.len() < 100_000);
    assert_eq!(xlsx(&body).unwrap_err(), TableFault::TooLarge, "one text in many cells");
    let empty = format!("<sst>{}</sst>", "<si/>".repeat(1_000_001));
    let body = package(&[("xl/worksheets/sheet1.xml", &many), ("xl/shared.xml", &empty)]);
    assert_eq!(xlsx(&body).unwrap_err(), TableFault::TooLarge, "too many shared texts");
    let wide: String = (0..1_000).map(|_| "<c><v>1</v></c>").collect();
    let rows = sheet_with(&format!("<row>{wide}</row><row r=\"9\"><c><v>7</v></c></row>"));
    let expected = [bad(2, TableRowFault::Form), row(9, &[("number", "7")])];
    assert_eq!(rows.unwrap(), expected, "a row that is too wide");
}

#[test]
fn what_is_no_workbook_is_refused() {
    let not_one = |body: &[u8]| assert_eq!(xlsx(body).unwrap_err(), TableFault::NotAWorkbook);
    not_one(b"number\n1\n");
    not_one(b"PK\x03\x04 and no more");
    not_one(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 an old or a protected workbook");
    assert_eq!(xlsx(b"").unwrap_err(), TableFault::Empty);
    let whole = book(|_| {});
    not_one(&whole[..whole.len() / 2]);
    not_one(&package(&[]));
    let bomb = "<!DOCTYPE a [<!ENTITY b \"bbbb\">]><worksheet>&b;</worksheet>";
    not_one(&package(&[("xl/worksheets/sheet1.xml", bomb)]));
    let invalid = "<worksheet><sheetData><row r=\"x\"/></sheetData></worksheet>";
    not_one(&package(&[("xl/worksheets/sheet1.xml", invalid)]));
    let missing = "<row r=\"2\"><c t=\"s\"><v>0</v></c></row>";
    assert_eq!(sheet_with(missing).unwrap_err(), TableFault::NotAWorkbook);
    assert_eq!(
        xlsx(&package(&[("xl/worksheets/sheet1.xml", "<worksheet/>")])).unwrap_err(),
        TableFault::Empty
    );
}

#[test]
fn numbers_and_errors_of_other_programs_are_read_or_told() {
    let rows = sheet_with(
        "<row r=\"2\"><c><v>7.9161234567E10</v></c></row>\
         <row r=\"3\"><c t=\"n\"><v>x</v></c></row>\
         <row r=\"4\"><c t=\"d\"><v>2026-10-01T10:00</v></c></row>\
         <row r=\"5\"><c t=\"e\"><v>#REF!</v></c></row>\
         <row r=\"6\"><c t=\"str\"><f>A1</f><v>a&amp;b&#33;</v></c></row>\
         <row r=\"7\"><c t=\"zz\"><v>1</v></c></row>\
         <row r=\"8\"><c><f>A1</f></c></row>\
         <row r=\"9\"><c r=\"B9\"><v>1</v></c><c r=\"A9\"><v>1</v></c></row>\
         <row r=\"10\"><c t=\"inlineStr\"><is><r><t>a</t></r><rPh><t>?</t></rPh><t>b</t></is></c></row>",
    );
    let expected = [
        row(2, &[("number", "79161234567")]),
        bad(3, TableRowFault::Cell("number")),
        row(4, &[("number", "2026-10-01T10:00")]),
        bad(5, TableRowFault::Cell("number")),
        row(6, &[("number", "a&b!")]),
        bad(7, TableRowFault::Cell("number")),
        bad(9, TableRowFault::Form),
        row(10, &[("number", "ab")]),
    ];
    assert_eq!(rows.unwrap(), expected);
}

/// Bytes of a good workbook, some of them changed.
fn nearly_a_workbook() -> impl Strategy<Value = Vec<u8>> {
    let good = book(|sheet| {
        sheet.write_string(1, 1, "Москва").unwrap();
        sheet.write_number(1, 0, 5).unwrap();
    });
    let changes = prop::collection::vec((0..good.len(), any::<u8>()), 1..8);
    (changes, 0..=good.len()).prop_map(move |(changes, length)| {
        let mut bytes = good.clone();
        for (place, byte) in changes {
            bytes[place] = byte;
        }
        bytes.truncate(length.max(bytes.len() / 2));
        bytes
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_changed_workbook_makes_it_panic(body in nearly_a_workbook()) {
        let _either = xlsx(&body);
    }

    #[test]
    fn no_sheet_makes_it_panic(
        xml in "(<row( r=\"[0-9]{0,3}\")?>|</row>|<c( r=\"[A-Z]{0,4}1\")?( t=\"[a-z]{0,3}\")?>|</c>|<v>|</v>|[0-9.e-]{0,9}|&[a-z#0-9]{0,4};|<[a-z!?/-]{0,3}>?){0,20}",
    ) {
        let _either = sheet_with(&xml);
    }

    #[test]
    fn no_csv_makes_it_panic_and_lines_only_go_up(
        body in "(number|at|region|[,;\"\r\n]|[а-я]|[0-9]|\\PC){0,40}",
    ) {
        if let Ok(rows) = csv(format!("number,at\n{body}")) {
            prop_assert!(rows.is_sorted_by(|a, b| a.line < b.line));
        }
    }
}
