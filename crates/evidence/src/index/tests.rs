//! The index: what it says, that it is the same each time, and how long it may be.
#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

use baitline_domain::phone::Phone;

use super::*;
use crate::columns::plain;

fn at(text: &str) -> Instant {
    Instant::from(text.parse::<jiff::Timestamp>().unwrap())
}

fn package(number: u64, missing: &[Missing], is_built: bool) -> BatchPackage {
    let name = format!("draft/{number}.zip");
    BatchPackage {
        caller: Phone::from_digits(number).unwrap(),
        interceptions: 3,
        missing: missing.to_vec(),
        file: is_built.then_some(NamedSum { name, bytes: 1_025, sha256: [7; 32] }),
    }
}

fn batch(packages: Vec<BatchPackage>) -> Batch {
    Batch {
        ident: "baitline-export-1".into(),
        client_name: "ООО «=Окна*»".into(),
        time_zone: "Europe/Moscow".into(),
        period: Period { from: at("2026-08-31T21:00:00Z"), to: at("2026-09-30T21:00:00Z") },
        sealed_at: at("2026-10-20T21:30:00Z"),
        packages,
    }
}

fn three() -> Batch {
    batch(vec![
        package(79_160_000_101, &[], true),
        package(79_160_000_102, &[Missing::Statement, Missing::Applicant], true),
        package(79_160_000_103, &[], false),
    ])
}

fn files(batch: &Batch) -> Vec<IndexFile> {
    index(batch).unwrap().collect::<Result<_, _>>().unwrap()
}

#[test]
fn the_index_says_of_each_package_what_it_lacks_and_where_it_is() {
    let document = document(&three(), (0, 1), &TimeZone::get("Europe/Moscow").unwrap());
    let mut lines = Vec::new();
    for block in document.blocks {
        match block {
            Block::Heading { content, .. } | Block::Paragraph { content } => {
                lines.push(plain(&content));
            }
            Block::Table { header, rows, .. } => {
                let cells = |row: &Vec<Vec<Inline>>| {
                    row.iter().map(|cell| plain(cell)).collect::<Vec<_>>().join(" | ")
                };
                lines.push(cells(&header));
                lines.extend(rows.iter().map(cells));
            }
            other => panic!("{other:?}"),
        }
    }
    let lines: Vec<String> = lines.iter().map(|line| line.replace(NBSP, " ")).collect();
    let expected = [
        "Опись пакетов доказательств",
        "Клиент: ООО «=Окна*».",
        "Звонки с 1 сентября 2026 г., 00:00 до 1 октября 2026 г., 00:00 (МСК, UTC+3).",
        "Составлена 21 октября 2026 г., 00:30.",
        "Пакетов: 3; готовы: 1, проекты: 1, не собраны: 1.",
        "№ | Вызывающий номер | Звонков | Состояние | Чего не хватает",
        "1 | +7 916 000-01-01 | 3 | готов | ",
        "2 | +7 916 000-01-02 | 3 | проект | Детализация оператора связи; Заявитель и подписывающий",
        "3 | +7 916 000-01-03 | 3 | не собран | ",
    ];
    assert_eq!(lines, expected);
    let cell = |text: &str| Cell::Text(text.to_owned());
    let expected = [
        Cell::Number(2),
        cell("+79160000102"),
        Cell::Number(3),
        cell("проект"),
        cell("Детализация оператора связи; Заявитель и подписывающий"),
        cell("draft/79160000102.zip"),
        Cell::Number(2),
        cell(&"07".repeat(32)),
    ];
    assert_eq!(row((2, &three().packages[1])), expected);
}

#[test]
fn equal_batches_have_equal_indexes_and_another_batch_another() {
    let (one, same) = (files(&three()), files(&three()));
    assert_eq!(one, same);
    let mut other = three();
    other.packages[0].interceptions = 4;
    for (file, other) in one.iter().zip(files(&other)) {
        assert_ne!(file.1, other.1, "{}", file.0);
    }
    let names: Vec<&str> = one.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["index.xlsx", "index.pdf"]);
}

#[test]
fn a_long_index_goes_on_in_another_file_and_an_empty_one_is_one() {
    let numbers = 79_160_000_000..79_160_001_001;
    let long = batch(numbers.map(|number| package(number, &[], true)).collect());
    let zone = TimeZone::get("Europe/Moscow").unwrap();
    let rows = |part| {
        let blocks = document(&long, (part, 2), &zone).blocks;
        match blocks.into_iter().last() {
            Some(Block::Table { rows, .. }) => (rows.len(), rows[0][0].clone()),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(rows(0), (1_000, text("1".into())));
    assert_eq!(rows(1), (1, text("1001".into())));
    assert_eq!(files(&batch(Vec::new())).len(), 2);
    let nowhere = Batch { time_zone: "Nowhere/Nowhere".into(), ..batch(Vec::new()) };
    assert!(matches!(index(&nowhere).err(), Some(BuildError::TimeZone(_))));
}

#[test]
fn sums_are_lines_that_sha256sum_reads() {
    let packages = three().packages;
    let files: Vec<NamedSum> = packages.into_iter().filter_map(|package| package.file).collect();
    let text = String::from_utf8(sums(&files)).unwrap();
    let line = format!("{}  draft/79160000101.zip", "07".repeat(32));
    assert_eq!(text.lines().next(), Some(line.as_str()));
    assert_eq!(text.lines().count(), 2);
}
