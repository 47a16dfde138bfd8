//! The registry's files: the layouts and encodings they have had, what makes
//! one refused, and the official file of the mobile codes where it is at hand.

#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

use std::path::Path;

use baitline_domain::numbering::{NumberRange, NumberingFile};
use baitline_domain::operator::Inn;
use baitline_domain::phone::Phone;
use baitline_intake::numbering::{Column, Minimum, NumberingError, ReadEdition, RowFault, read};

const ANY: Minimum = Minimum { rows: 1, codes: 1 };
const HEADER: &str = "АВС/ DEF;От;До;Емкость;Оператор;Регион;Территория ГАР;ИНН";
const T2: &str = "900;0000000;0061999;62000;ООО \"Т2 Мобайл\";-;Краснодарский край;7743895280";
const YOTA: &str = "999;9600000;9999999;400000;ООО \"Скартел\";г. Москва;Москва;7701725181";

fn file(rows: &[&str]) -> String {
    format!("\u{feff}{HEADER}\n{}\n", rows.join("\n"))
}

fn fault_of(row: &str) -> NumberingError {
    read(file(&[T2, row]).as_bytes(), |_| ANY).unwrap_err()
}

#[test]
fn a_row_becomes_a_range_and_a_missing_region_is_taken_from_the_territory() {
    let ReadEdition { file, ranges } = read(file(&[YOTA, T2]).as_bytes(), |_| ANY).unwrap();
    let range = |first, last, inn, name: &str, region: &str| NumberRange {
        first: Phone::from_digits(first).unwrap(),
        last: Phone::from_digits(last).unwrap(),
        operator: Some(Inn::parse(inn).unwrap()),
        operator_name: name.into(),
        region: region.into(),
    };
    assert_eq!(file, NumberingFile::Def9);
    assert_eq!(
        ranges,
        [
            range(
                79_000_000_000,
                79_000_061_999,
                "7743895280",
                "ООО \"Т2 Мобайл\"",
                "Краснодарский край"
            ),
            range(79_999_600_000, 79_999_999_999, "7701725181", "ООО \"Скартел\"", "г. Москва"),
        ]
    );
}

#[test]
fn every_layout_spelling_line_end_and_encoding_is_read() {
    let rows = [T2, YOTA].map(|row| row.split(';').collect::<Vec<_>>());
    let layouts: [(&str, &[usize]); 5] = [
        ("АВС/ DEF;От;До;Емкость;Оператор;Регион;Территория ГАР;ИНН", &[0, 1, 2, 3, 4, 5, 6, 7]),
        ("ABC / DEF; От;До ;Ёмкость;Оператор;Регион;ИНН", &[0, 1, 2, 3, 4, 5, 7]),
        ("АВС/DEF;От;До;Емкость;Оператор;Регион;Территория ГАР", &[0, 1, 2, 3, 4, 5, 6]),
        ("АBС /DEF;От;До;Емкость;Оператор;Регион", &[0, 1, 2, 3, 4, 5]),
        ("АВС/ DEF;ИНН;От;До;Емкость;Оператор;Регион", &[0, 7, 1, 2, 3, 4, 5]),
    ];
    for (header, cells) in layouts {
        let pick = |row: &[&str]| cells.iter().map(|&at| row[at]).collect::<Vec<_>>().join(";");
        let lines = [header.to_owned(), pick(&rows[0]), pick(&rows[1])];
        for text in [lines.join("\n"), lines.join("\r\n") + "\r\n", lines.join("\n") + "\n\n"] {
            let cp1251 = encoding_rs::WINDOWS_1251.encode(&text).0;
            for bytes in [text.as_bytes(), format!("\u{feff}{text}").as_bytes(), &cp1251] {
                let ranges = read(bytes, |_| ANY).unwrap().ranges;
                assert_eq!(ranges.len(), 2, "{header}");
                assert_eq!(ranges[1].operator_name, "ООО \"Скартел\"", "{header}");
                assert_eq!(ranges[1].region, "г. Москва", "{header}");
                let region =
                    if cells.contains(&6) { "Краснодарский край" } else { "" };
                assert_eq!(ranges[0].region, region, "{header}");
                let inn = cells.contains(&7).then(|| "7743895280".to_owned());
                assert_eq!(ranges[0].operator.map(|inn| inn.to_string()), inn, "{header}");
            }
        }
    }
}

#[test]
fn the_first_digit_of_the_codes_says_which_file_it_is() {
    for (code, expected) in [
        ("301", NumberingFile::Abc3),
        ("495", NumberingFile::Abc4),
        ("800", NumberingFile::Abc8),
        ("900", NumberingFile::Def9),
    ] {
        let row = T2.replacen("900", code, 1);
        assert_eq!(read(file(&[&row]).as_bytes(), |_| ANY).unwrap().file, expected);
    }
}

#[test]
fn a_wrong_row_is_named_by_its_line() {
    let of_row = |fault| NumberingError::Row { line: 3, fault };
    let cells = |found| of_row(RowFault::Cells { found, expected: 8 });
    let first = of_row(RowFault::Number(Column::First));
    for (from, to, expected) in [
        (YOTA, "", cells(1)),
        (YOTA, "999;9600000", cells(2)),
        ("Скартел", "Скар;тел", cells(9)),
        ("999;", "99;", of_row(RowFault::Code)),
        ("999;", ";", of_row(RowFault::Code)),
        ("999;", "799;", of_row(RowFault::Code)),
        ("999;", "٩٩;", of_row(RowFault::Code)),
        ("9600000", "960000", first.clone()),
        ("9600000", "+960000", first),
        ("9999999", "99999999", of_row(RowFault::Number(Column::Last))),
        ("9600000;9999999", "9999999;9600000", of_row(RowFault::Backwards)),
        ("400000", "400001", of_row(RowFault::Capacity)),
        ("400000", "", of_row(RowFault::Capacity)),
        ("7701725181", "7701725182", of_row(RowFault::Inn)),
        ("7701725181", "77017251", of_row(RowFault::Inn)),
    ] {
        let row = YOTA.replacen(from, to, 1);
        // The wrong row stands between two good ones, so that none is the last.
        let text = file(&[T2, &row, &YOTA.replacen("999", "998", 1)]);
        assert_eq!(read(text.as_bytes(), |_| ANY), Err(expected), "{row}");
    }
}

#[test]
fn a_file_must_be_of_one_kind_and_without_overlaps() {
    let mixed = YOTA.replacen("999", "499", 1);
    let (found, expected) = (NumberingFile::Abc4, NumberingFile::Def9);
    assert_eq!(fault_of(&mixed), NumberingError::MixedFiles { line: 3, found, expected });
    let touching = T2.replacen("0000000;0061999;62000", "0062000;0062000;1", 1);
    assert_eq!(read(file(&[T2, &touching]).as_bytes(), |_| ANY).unwrap().ranges.len(), 2);
    for overlapping in ["0061999;0061999;1", "0000000;0000000;1", "0000000;9999999;10000000"] {
        let row = T2.replacen("0000000;0061999;62000", overlapping, 1);
        assert_eq!(fault_of(&row), NumberingError::Overlap { line: 3, other: 2 }, "{row}");
    }
}

#[test]
fn what_is_not_the_registry_is_refused_at_its_first_line() {
    for text in ["", "\n", "<!DOCTYPE html>\n<title>503</title>", "{}", T2, "От;До;АВС/ DEF"]
    {
        assert_eq!(read(text.as_bytes(), |_| ANY), Err(NumberingError::NotTheRegistry), "{text}");
    }
    assert_eq!(read(b"\xff\xfe\x00", |_| ANY), Err(NumberingError::NotTheRegistry));
    for (header, expected) in [
        ("АВС/ DEF;От;До;Емкость;Оператор", NumberingError::MissingColumn(Column::Region)),
        ("АВС/ DEF;От;До;До", NumberingError::DuplicateColumn(Column::Last)),
        ("АВС/ DEF;От;До;Цена", NumberingError::UnknownColumn(4)),
    ] {
        assert_eq!(read(header.as_bytes(), |_| ANY), Err(expected), "{header}");
    }
}

#[test]
fn half_a_file_is_refused() {
    let text = file(&[T2, YOTA]);
    let minimum = |rows, codes| read(text.as_bytes(), |_| Minimum { rows, codes }).err();
    assert_eq!(minimum(2, 2), None);
    assert_eq!(minimum(3, 2), Some(NumberingError::TooFewRows { found: 2, minimum: 3 }));
    assert_eq!(minimum(2, 3), Some(NumberingError::TooFewCodes { found: 2, minimum: 3 }));
    let header_only = read(format!("{HEADER}\n").as_bytes(), |_| Minimum { rows: 0, codes: 0 });
    assert_eq!(header_only, Err(NumberingError::TooFewRows { found: 0, minimum: 1 }));
    let official = read(text.as_bytes(), Minimum::official).err();
    assert_eq!(official, Some(NumberingError::TooFewRows { found: 2, minimum: 10_000 }));
}

/// The official file of August 2026 is not in the repository: it is free to
/// use, but large, and a newer one is always at hand.
#[test]
fn the_official_file_of_the_mobile_codes_is_read_in_every_layout_and_encoding() {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/numbering/DEF-9xx.csv");
    let Ok(bytes) = std::fs::read(&path) else {
        println!("not at hand, so not tested: the official file of the mobile codes");
        return;
    };
    let whole = read(&bytes, Minimum::official).unwrap();
    assert_eq!((whole.file, whole.ranges.len()), (NumberingFile::Def9, 17_059));
    assert!(whole.ranges.windows(2).all(|pair| pair[0].last < pair[1].first));
    assert!(whole.ranges.iter().all(|range| range.operator.is_some() && !range.region.is_empty()));

    let text = String::from_utf8(bytes).unwrap();
    assert_eq!(
        read(&encoding_rs::WINDOWS_1251.encode(&text[3..]).0, Minimum::official).unwrap(),
        whole
    );
    assert_eq!(read(text.replace('\n', "\r\n").as_bytes(), Minimum::official).unwrap(), whole);
    for columns in [6, 7] {
        let older: Vec<String> = text
            .lines()
            .map(|line| line.split(';').take(columns).collect::<Vec<_>>().join(";"))
            .collect();
        let older = read(older.join("\n").as_bytes(), Minimum::official).unwrap();
        assert_eq!(older.ranges.len(), whole.ranges.len());
        for (old, new) in older.ranges.iter().zip(&whole.ranges) {
            assert_eq!(
                (old.first, old.last, &old.operator_name),
                (new.first, new.last, &new.operator_name)
            );
            assert_eq!(old.operator, None);
        }
    }
}
