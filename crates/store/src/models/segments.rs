//! Files of interceptions, and what was last derived of a day.

use baitline_domain::ids::{ClientId, SegmentId};
use baitline_domain::instant::{Day, Instant};
use diesel::prelude::*;

use crate::schema;
use crate::sql_types::{Db, RowId};

/// An immutable Parquet file of one client's interceptions of one UTC month.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::segments, treat_none_as_default_value = false)]
pub struct Segment {
    /// Its client.
    #[diesel(serialize_as = Db<ClientId>)]
    pub client_id: ClientId,
    /// Its id.
    #[diesel(serialize_as = Db<SegmentId>)]
    pub id: SegmentId,
    /// The month's first UTC day.
    pub month: i32,
    /// SHA-256 of its bytes, by which they are found.
    pub sha256: Vec<u8>,
    /// How many bytes.
    pub bytes: i64,
    /// How many rows.
    pub interceptions: i64,
    /// When it was made.
    #[diesel(serialize_as = Db<Instant>)]
    pub sealed_at: Instant,
    /// Since when no report begins to read it.
    pub dropped_at: Option<Instant>,
}

/// What the worker last derived of a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = schema::derived_days)]
pub struct DerivedDay {
    /// The UTC day, in days since 1970-01-01.
    #[diesel(column_name = day)]
    pub(crate) day_number: i32,
    /// Another one after each recomputation.
    pub version: RowId,
    /// How many interceptions it has.
    pub interceptions: i64,
    /// The file that holds rows of it, of this version or an older one.
    pub segment_id: Option<SegmentId>,
    /// Whether it is read from the database.
    pub unsealed: bool,
}

impl DerivedDay {
    /// The UTC day.
    pub fn day(&self) -> Day {
        Day(self.day_number)
    }
}
