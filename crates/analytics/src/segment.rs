//! A segment: interceptions of one client as one immutable Parquet file, which
//! DuckDB, Spark or Trino read as well. It does not know where the file is kept
//! nor which days it holds.

use std::collections::HashMap;
use std::sync::Arc;

use baitline_domain::ids::{BaitId, CompetitorId, TrapId};
use baitline_domain::operator::Inn;
use baitline_domain::phone::Phone;
use polars::prelude::{
    Column, DataFrame, DataType, Field, Int32Type, IntoColumn, ListBuilderTrait,
    ListPrimitiveChunkedBuilder, ParquetCompression, ParquetWriter, Schema, SchemaRef,
    StatisticsOptions,
};

use crate::frame::{column, engine};
use crate::{AnalyticsError, InterceptionRow};

/// The most interceptions in one segment: a report reads one at a time on each
/// core, about 100 bytes for each of them.
pub const MAX_SEGMENT_ROWS: usize = 1_000_000;
/// What readers skip or share among their threads as one.
const ROW_GROUP_ROWS: usize = 131_072;

pub(crate) const CLIENT: &str = "client";
pub(crate) const CALLER: &str = "caller";
pub(crate) const OPERATOR: &str = "operator";
pub(crate) const REGION: &str = "region";
pub(crate) const COMPETITORS: &str = "competitors";
pub(crate) const BAIT: &str = "bait";
pub(crate) const BAIT_OPERATOR: &str = "bait_operator";
pub(crate) const TRAP: &str = "trap";
pub(crate) const VERDICT: &str = "verdict";
pub(crate) const ATTEMPT: &str = "attempt";
pub(crate) const HEARING: &str = "hearing";
pub(crate) const PRIOR_CONTACT: &str = "prior_contact";
pub(crate) const LOCAL_DAY: &str = "local_day";
pub(crate) const STARTED_AT: &str = "started_at";

/// The dense integers that stand for one client's ids in its segments: from
/// zero, given when first sealed and never to anything else. Ids that neither a
/// row to write, a tally of the report nor the asker names may be left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ordinals {
    /// Of baits.
    pub baits: HashMap<BaitId, u32>,
    /// One more than the largest ever given to a bait of the client.
    pub bait_count: u32,
    /// Of traps.
    pub traps: HashMap<TrapId, u32>,
    /// One more than the largest ever given to a trap of the client.
    pub trap_count: u32,
    /// Of competitors.
    pub competitors: HashMap<CompetitorId, u32>,
}

impl Ordinals {
    /// Where an ordinal is the place in these lists.
    pub fn of_lists(baits: &[BaitId], traps: &[TrapId], competitors: &[CompetitorId]) -> Self {
        Self {
            baits: baits.iter().copied().zip(0..).collect(),
            bait_count: baits.len() as u32,
            traps: traps.iter().copied().zip(0..).collect(),
            trap_count: traps.len() as u32,
            competitors: competitors.iter().copied().zip(0..).collect(),
        }
    }
}

/// The file that holds `rows`, all of one client: the same bytes for the same
/// rows in any order.
///
/// # Errors
///
/// [`AnalyticsError::TooManyRows`] above [`MAX_SEGMENT_ROWS`],
/// [`AnalyticsError::NoOrdinal`] for an id that has none or a row of another
/// client, and [`AnalyticsError::Engine`] should the column engine fail.
pub fn write_segment(
    rows: &[InterceptionRow],
    ordinals: &Ordinals,
) -> Result<Vec<u8>, AnalyticsError> {
    if rows.len() > MAX_SEGMENT_ROWS {
        return Err(AnalyticsError::TooManyRows { rows: rows.len() });
    }
    if rows.windows(2).any(|pair| pair[0].client != pair[1].client) {
        return Err(AnalyticsError::NoOrdinal("a row of another client".to_owned()));
    }
    let mut numbered: Vec<Numbered> =
        rows.iter().map(|row| Numbered::of(row, ordinals)).collect::<Result<_, _>>()?;
    // By caller first: its operator and region repeat, and a report meets each
    // number of a file once. What ties is equal in every column.
    numbered.sort_unstable_by(|a, b| a.order().cmp(&b.order()));
    let mut table = DataFrame::new(rows.len(), columns(&numbered)).map_err(engine)?;
    let mut bytes = Vec::new();
    ParquetWriter::new(&mut bytes)
        .with_compression(ParquetCompression::Zstd(None))
        .with_statistics(StatisticsOptions::default())
        .with_row_group_size(Some(ROW_GROUP_ROWS))
        .set_parallel(false)
        .finish(&mut table)
        .map_err(engine)?;
    Ok(bytes)
}

/// A row whose ids are ordinals.
struct Numbered<'a> {
    row: &'a InterceptionRow,
    bait: i32,
    trap: i32,
    competitors: Vec<i32>,
}

impl<'a> Numbered<'a> {
    fn of(row: &'a InterceptionRow, ordinals: &Ordinals) -> Result<Self, AnalyticsError> {
        let competitors = row.competitors.iter();
        Ok(Self {
            row,
            bait: ordinal(&ordinals.baits, row.bait)?,
            trap: ordinal(&ordinals.traps, row.trap)?,
            competitors: competitors
                .map(|one| ordinal(&ordinals.competitors, *one))
                .collect::<Result<_, _>>()?,
        })
    }

    fn order(&self) -> impl Ord + '_ {
        let row = self.row;
        (
            (row.caller, self.bait, self.trap, row.started_at),
            (row.operator, &row.region, &self.competitors, row.bait_operator),
            (row.verdict, row.attempt, row.hearing, row.prior_contact, row.local_day),
        )
    }
}

fn ordinal<T: std::hash::Hash + Eq + std::fmt::Display>(
    ordinals: &HashMap<T, u32>,
    id: T,
) -> Result<i32, AnalyticsError> {
    let found = ordinals.get(&id).and_then(|ordinal| i32::try_from(*ordinal).ok());
    found.ok_or_else(|| AnalyticsError::NoOrdinal(id.to_string()))
}

/// The file's columns. Integers are signed, since few readers know others; a
/// verdict and a hearing are their places in the declaration.
pub(crate) fn schema() -> SchemaRef {
    let fields = [
        (CLIENT, DataType::String),
        (CALLER, DataType::Int64),
        (OPERATOR, DataType::Int64),
        (REGION, DataType::String),
        (COMPETITORS, DataType::List(Box::new(DataType::Int32))),
        (BAIT, DataType::Int32),
        (BAIT_OPERATOR, DataType::Int64),
        (TRAP, DataType::Int32),
        (VERDICT, DataType::Int32),
        (ATTEMPT, DataType::Boolean),
        (HEARING, DataType::Int32),
        (PRIOR_CONTACT, DataType::Boolean),
        (LOCAL_DAY, DataType::Int32),
        (STARTED_AT, DataType::Int64),
    ];
    Arc::new(Schema::from_iter(fields.map(|(name, kind)| Field::new(name.into(), kind))))
}

fn columns(rows: &[Numbered<'_>]) -> Vec<Column> {
    let inn = |inn: Option<Inn>| inn.map(stored_inn);
    let facts = || rows.iter().map(|numbered| numbered.row);
    vec![
        column(CLIENT, facts().map(|row| row.client.to_string())),
        column(CALLER, facts().map(|row| row.caller.map(stored_phone))),
        column(OPERATOR, facts().map(|row| inn(row.operator))),
        column(REGION, facts().map(|row| row.region.clone())),
        competitors(rows),
        column(BAIT, rows.iter().map(|numbered| numbered.bait)),
        column(BAIT_OPERATOR, facts().map(|row| inn(row.bait_operator))),
        column(TRAP, rows.iter().map(|numbered| numbered.trap)),
        column(VERDICT, facts().map(|row| row.verdict as i32)),
        column(ATTEMPT, facts().map(|row| row.attempt)),
        column(HEARING, facts().map(|row| row.hearing as i32)),
        column(PRIOR_CONTACT, facts().map(|row| row.prior_contact)),
        column(LOCAL_DAY, facts().map(|row| row.local_day)),
        column(STARTED_AT, facts().map(|row| row.started_at.0)),
    ]
}

fn competitors(rows: &[Numbered<'_>]) -> Column {
    let values = rows.iter().map(|numbered| numbered.competitors.len()).sum();
    let mut lists = ListPrimitiveChunkedBuilder::<Int32Type>::new(
        COMPETITORS.into(),
        rows.len(),
        values,
        DataType::Int32,
    );
    for numbered in rows {
        lists.append_slice(&numbered.competitors);
    }
    lists.finish().into_column()
}

/// An ИНН has twelve digits at most, a number fifteen.
pub(crate) fn stored_inn(inn: Inn) -> i64 {
    inn.value() as i64
}

fn stored_phone(phone: Phone) -> i64 {
    phone.digits() as i64
}

/// A file that no segment of ours could be.
pub(crate) fn foreign(what: &str) -> AnalyticsError {
    AnalyticsError::Segment(format!("a segment holds {what}").into())
}
