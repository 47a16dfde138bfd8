//! Tables as Parquet: moments are timestamps of microseconds in UTC, days are
//! dates, counts are unsigned integers. Every column may have gaps.

use std::io::Write;

use polars::prelude::{
    Column as PolarsColumn, DataFrame, DataType, Field, KeyValueMetadata, NamedFrom, ParquetWriter,
    PolarsError, Schema, Series, TimeUnit, TimeZone,
};

use super::{Cell, Column, Kind, Table, TableError};

/// What our keys of the file's metadata begin with.
const OURS: &str = "baitline.";
/// Rows held at a time; each batch is a row group.
const BATCH_ROWS: usize = 16_384;

pub(super) fn write(
    table: &Table,
    mut rows: impl Iterator<Item = Result<Vec<Cell>, TableError>>,
    to: &mut impl Write,
) -> Result<(), TableError> {
    let fields = table.columns.iter().map(|column| {
        let name = column.name.into();
        Field::new(name, data_type(column.kind))
    });
    let about = table.about.iter().map(|(name, cell)| (format!("{OURS}{name}"), cell.to_string()));
    let mut writer = ParquetWriter::new(to)
        .with_key_value_metadata(Some(KeyValueMetadata::from_static(about.collect())))
        .batched(&Schema::from_iter(fields))
        .map_err(failed)?;
    loop {
        let batch: Vec<Vec<Cell>> = rows.by_ref().take(BATCH_ROWS).collect::<Result<_, _>>()?;
        if batch.is_empty() {
            break;
        }
        writer.write_batch(&frame(&table.columns, batch).map_err(failed)?).map_err(failed)?;
    }
    writer.finish().map_err(failed)?;
    Ok(())
}

fn failed(error: PolarsError) -> TableError {
    match error {
        PolarsError::IO { error, .. } => {
            TableError::Write(std::io::Error::new(error.kind(), error.to_string()))
        }
        error => TableError::Writer(Box::new(error)),
    }
}

fn data_type(kind: Kind) -> DataType {
    match kind {
        Kind::Text => DataType::String,
        Kind::Count => DataType::UInt64,
        Kind::Number => DataType::Float64,
        Kind::Moment => DataType::Datetime(TimeUnit::Microseconds, Some(TimeZone::UTC)),
        Kind::Day => DataType::Date,
    }
}

fn frame(columns: &[Column], rows: Vec<Vec<Cell>>) -> Result<DataFrame, PolarsError> {
    let height = rows.len();
    let mut cells: Vec<Vec<Cell>> = columns.iter().map(|_| Vec::with_capacity(height)).collect();
    for row in rows {
        for (column, cell) in cells.iter_mut().zip(row) {
            column.push(cell);
        }
    }
    let columns = columns.iter().zip(cells).map(|(column, cells)| series(*column, cells).into());
    DataFrame::new(height, columns.collect::<Vec<PolarsColumn>>())
}

/// The cells fit the column's kind, or are empty: that was checked before.
fn series(column: Column, cells: Vec<Cell>) -> Series {
    let name = column.name.into();
    let cells = cells.into_iter();
    match column.kind {
        Kind::Text => {
            let texts =
                cells.map(|cell| if let Cell::Text(text) = cell { Some(text) } else { None });
            Series::new(name, texts.collect::<Vec<_>>())
        }
        Kind::Count => {
            let counts = cells.map(|cell| if let Cell::Count(n) = cell { Some(n) } else { None });
            Series::new(name, counts.collect::<Vec<_>>())
        }
        Kind::Number => {
            let numbers = cells.map(|cell| if let Cell::Number(n) = cell { Some(n) } else { None });
            Series::new(name, numbers.collect::<Vec<_>>())
        }
        Kind::Moment => {
            let micros =
                cells.map(|cell| if let Cell::Moment(at) = cell { Some(at.0) } else { None });
            let series = Series::new(name, micros.collect::<Vec<_>>());
            series.into_datetime(TimeUnit::Microseconds, Some(TimeZone::UTC))
        }
        Kind::Day => {
            let days = cells.map(|cell| if let Cell::Day(day) = cell { Some(day) } else { None });
            Series::new(name, days.collect::<Vec<_>>()).into_date()
        }
    }
}
