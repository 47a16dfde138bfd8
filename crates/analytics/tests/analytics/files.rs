//! Tables as files, read back by what reads such files.

use std::io::Cursor;

use baitline_analytics::table::{Cell, Column, FileFormat, Kind, Table, TableError, write_table};
use baitline_domain::instant::Instant;
use polars::prelude::{
    AnyValue, DataFrame, DataType, ParquetReader, SerReader, TimeUnit, TimeZone,
};

use crate::rows::DAY;

/// 2026-09-01T00:00:00.000001Z.
const AT: Instant = Instant(DAY as i64 * 86_400_000_000 + 1);

fn table() -> Table {
    Table {
        columns: vec![
            Column::of("number", Kind::Text),
            Column::of("calls", Kind::Count),
            Column::of("hours", Kind::Number),
            Column::of("first_at", Kind::Moment),
            Column::of("day", Kind::Day),
        ],
        about: vec![("pending_days".to_owned(), Cell::Count(3))],
        made_at: AT,
    }
}

fn full(name: &str) -> Vec<Cell> {
    vec![
        Cell::Text(name.to_owned()),
        Cell::Count(u64::from(u32::MAX) + 1),
        Cell::Number(47.5),
        Cell::Moment(AT),
        Cell::Day(DAY),
    ]
}

fn written(format: FileFormat, rows: Vec<Vec<Cell>>) -> Result<Vec<u8>, TableError> {
    let folder = tempfile::tempdir().unwrap();
    let mut bytes = Cursor::new(Vec::new());
    write_table(format, &table(), rows.into_iter(), &mut bytes, folder.path())?;
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert!(left.is_empty(), "nothing stays behind: {left:?}");
    Ok(bytes.into_inner())
}

fn read_parquet(bytes: Vec<u8>) -> DataFrame {
    ParquetReader::new(Cursor::new(bytes)).finish().unwrap()
}

#[test]
fn a_table_of_parquet_has_typed_columns_and_gaps() {
    let bytes = written(FileFormat::Parquet, vec![full("+79160000001"), vec![Cell::Empty; 5]]);
    let frame = read_parquet(bytes.unwrap());
    let types: Vec<DataType> = frame.columns().iter().map(|one| one.dtype().clone()).collect();
    let moment = DataType::Datetime(TimeUnit::Microseconds, Some(TimeZone::UTC));
    let expected = [DataType::String, DataType::UInt64, DataType::Float64, moment, DataType::Date];
    assert_eq!(types, expected);
    let value =
        |name: &str, row: usize| frame.column(name).unwrap().get(row).unwrap().into_static();
    assert_eq!(value("number", 0), AnyValue::String("+79160000001").into_static());
    assert_eq!(value("calls", 0), AnyValue::UInt64(u64::from(u32::MAX) + 1));
    assert_eq!(value("day", 0), AnyValue::Date(DAY));
    let AnyValue::DatetimeOwned(micros, TimeUnit::Microseconds, _) = value("first_at", 0) else {
        panic!("{:?}", value("first_at", 0));
    };
    assert_eq!(micros, AT.0);
    assert!(frame.columns().iter().all(|column| column.null_count() == 1));
}

#[test]
fn a_long_table_keeps_every_row_in_order_in_several_groups_and_an_empty_one_its_columns() {
    let rows = 40_000_u64;
    let row = |n: u64| vec![Cell::Empty, Cell::Count(n), Cell::Empty, Cell::Empty, Cell::Empty];
    let bytes = written(FileFormat::Parquet, (0..rows).map(row).collect()).unwrap();
    let frame = read_parquet(bytes);
    let calls = frame.column("calls").unwrap().u64().unwrap().into_no_null_iter();
    assert!(calls.eq(0..rows));
    let empty = read_parquet(written(FileFormat::Parquet, Vec::new()).unwrap());
    assert_eq!(empty.shape(), (0, 5));
}

#[test]
fn the_same_rows_are_the_same_bytes() {
    for format in [FileFormat::Csv, FileFormat::Xlsx, FileFormat::Parquet] {
        let make = || written(format, vec![full("a"), full("b")]).unwrap();
        assert_eq!(make(), make(), "{format:?}");
    }
}

#[test]
fn csv_says_everything_and_runs_nothing() {
    let bytes = written(FileFormat::Csv, vec![full("=1+1"), vec![Cell::Empty; 5]]).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    let expected = "\u{feff}number,calls,hours,first_at,day\r\n\
        '=1+1,4294967296,47.5,2026-09-01T00:00:00.000001Z,2026-09-01\r\n,,,,\r\n";
    assert_eq!(text, expected);
}

#[test]
fn a_row_that_does_not_fit_the_columns_is_an_error() {
    for format in [FileFormat::Csv, FileFormat::Xlsx, FileFormat::Parquet] {
        for row in [vec![Cell::Empty], [vec![Cell::Count(1)], full("")[1..].to_vec()].concat()] {
            let refused = written(format, vec![full("a"), row]);
            assert!(matches!(refused, Err(TableError::Form { row: 1 })), "{format:?}");
        }
    }
}
