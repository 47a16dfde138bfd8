//! Typed columns to a Polars frame and back. It does not know what the columns
//! mean.

use std::collections::HashMap;
use std::hash::Hash;

use polars::prelude::{
    Column, DataFrame, IntoLazy, LazyFrame, NamedFrom, PolarsError, PolarsNumericType, Series,
    StringChunked, polars_err,
};

use crate::{AnalyticsError, MAX_ROWS};

/// The name of the column that [`with_row_numbers`] adds.
pub(crate) const ROW: &str = "row";

/// Dense integers that stand for ids inside a frame: grouping by the 16 bytes
/// of an id is several times slower.
#[derive(Debug)]
pub(crate) struct Codes<T>(HashMap<T, u32>);

impl<T: Eq + Hash> Codes<T> {
    /// No codes yet.
    pub(crate) fn new() -> Self {
        Self(HashMap::new())
    }

    /// The code of `value`: the one it has, or the next free one. There are
    /// fewer than [`MAX_ROWS`] values, so every length fits.
    pub(crate) fn code(&mut self, value: T) -> u32 {
        let next = self.0.len() as u32;
        *self.0.entry(value).or_insert(next)
    }
}

/// Refuses more rows than a frame shall hold.
pub(crate) fn check_rows(rows: usize) -> Result<(), AnalyticsError> {
    if rows > MAX_ROWS { Err(AnalyticsError::TooManyRows { rows }) } else { Ok(()) }
}

/// One column.
pub(crate) fn column<V, Marker: ?Sized>(name: &str, values: impl Iterator<Item = V>) -> Column
where
    Series: NamedFrom<Vec<V>, Marker>,
{
    Column::new(name.into(), values.collect::<Vec<V>>())
}

/// A frame of `columns`, each `rows` long.
pub(crate) fn of_columns(rows: usize, columns: Vec<Column>) -> Result<LazyFrame, AnalyticsError> {
    DataFrame::new(rows, columns).map(IntoLazy::lazy).map_err(engine)
}

/// A frame of `columns`, each `rows` long, and the column [`ROW`] that counts
/// them from zero. A group's row number leads back to the typed row it came
/// from, so that nothing but numbers is ever read out of a frame.
pub(crate) fn with_row_numbers(
    rows: usize,
    mut columns: Vec<Column>,
) -> Result<LazyFrame, AnalyticsError> {
    columns.push(column(ROW, (0..).take(rows).map(|row: u32| row)));
    of_columns(rows, columns)
}

/// Runs the query.
pub(crate) fn collect(query: LazyFrame) -> Result<DataFrame, AnalyticsError> {
    query.collect().map_err(engine)
}

/// The values of a column without gaps.
pub(crate) fn values<T: PolarsNumericType>(
    frame: &DataFrame,
    name: &str,
) -> Result<Vec<T::Native>, AnalyticsError> {
    let column = frame.column(name).map_err(engine)?;
    let typed = column.as_materialized_series().unpack::<T>().map_err(engine)?;
    let values: Option<Vec<T::Native>> = typed.iter().collect();
    values.ok_or_else(|| engine(polars_err!(ComputeError: "column {name} has gaps")))
}

/// The values of a column of numbers that may have gaps.
pub(crate) fn values_or_gaps<T: PolarsNumericType>(
    frame: &DataFrame,
    name: &str,
) -> Result<Vec<Option<T::Native>>, AnalyticsError> {
    let column = frame.column(name).map_err(engine)?;
    let typed = column.as_materialized_series().unpack::<T>().map_err(engine)?;
    Ok(typed.iter().collect())
}

/// The values of a column of yes and no without gaps.
pub(crate) fn flags(frame: &DataFrame, name: &str) -> Result<Vec<bool>, AnalyticsError> {
    let flags = frame.column(name).and_then(|column| column.bool().cloned()).map_err(engine)?;
    let values: Option<Vec<bool>> = flags.iter().collect();
    values.ok_or_else(|| engine(polars_err!(ComputeError: "column {name} has gaps")))
}

/// A column of text.
pub(crate) fn texts<'a>(
    frame: &'a DataFrame,
    name: &str,
) -> Result<&'a StringChunked, AnalyticsError> {
    frame.column(name).and_then(|column| column.str()).map_err(engine)
}

/// The values of a column of lists of integers without gaps.
pub(crate) fn lists(frame: &DataFrame, name: &str) -> Result<Vec<Vec<i32>>, AnalyticsError> {
    let lists = frame.column(name).and_then(|column| column.list().cloned()).map_err(engine)?;
    let gap = || polars_err!(ComputeError: "column {name} has gaps");
    lists
        .amortized_iter()
        .map(|list| {
            list.ok_or_else(gap)?.as_ref().i32()?.iter().collect::<Option<_>>().ok_or_else(gap)
        })
        .collect::<Result<_, _>>()
        .map_err(engine)
}

pub(crate) fn engine(error: PolarsError) -> AnalyticsError {
    AnalyticsError::Engine(Box::new(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_row_above_the_limit_is_refused() {
        assert!(check_rows(MAX_ROWS).is_ok());
        let refusal = check_rows(MAX_ROWS + 1).map_err(|error| error.to_string());
        assert_eq!(
            refusal,
            Err("20000001 rows are more than the 20000000 that one report takes".to_owned())
        );
    }

    #[test]
    fn a_value_keeps_its_code() {
        let mut codes = Codes::new();
        assert_eq!(["b", "a", "b", "c"].map(|value| codes.code(value)), [0, 1, 0, 2]);
    }

    #[test]
    fn a_column_of_another_type_or_with_gaps_is_an_error_and_no_panic() {
        use polars::prelude::{UInt32Type, UInt64Type};

        let gaps = column("gaps", [Some(1_u64), None].into_iter());
        let query = with_row_numbers(2, vec![gaps]).expect("both columns have two rows");
        let frame = collect(query).expect("nothing is asked of the engine");
        assert_eq!(values::<UInt32Type>(&frame, ROW).ok(), Some(vec![0, 1]));
        assert!(values::<UInt64Type>(&frame, ROW).is_err());
        assert!(values::<UInt64Type>(&frame, "gaps").is_err());
        assert!(values::<UInt64Type>(&frame, "absent").is_err());
    }
}
