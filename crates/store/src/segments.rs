//! What a report reads: segments, and from the database what none of them
//! says. All of it belongs to one snapshot, so that every interception of the
//! period is counted exactly once.

use std::collections::{BTreeSet, HashMap};

use baitline_domain::ids::{BaitId, ClientId, CompetitorId, SegmentId, TrapId};
use baitline_domain::instant::{Day, Instant, Span, first_of_month};
use diesel::prelude::*;

use crate::conn::{Conn, Reach, on};
use crate::error::StoreResult;
use crate::models::{OrdinalKind, Segment};
use crate::schema::{derived_days as days, segment_ordinals, segments};
use crate::sql_types::{Db, RowId, db_all};
use crate::tallies::{self, Counted, DaysRead};

/// Segments whose bytes are not there: their days are read from the database.
pub type Lost = BTreeSet<SegmentId>;

/// The interceptions of a half-open period, each in exactly one part.
#[derive(Debug, Default)]
pub struct Manifest {
    /// Files with the days of each that are read from the database. They also
    /// hold rows outside the period.
    pub segments: Vec<(Segment, Vec<Day>)>,
    /// What the database says of the other days.
    pub counted: Counted,
}

/// Everything that a report over a period counts, but for the bytes.
pub fn manifest(
    conn: &mut Conn,
    reach: Reach,
    from: Instant,
    to: Instant,
    lost: &Lost,
) -> StoreResult<Manifest> {
    let listed = segments_between(conn, reach, from, to, lost)?;
    let mut left_out: HashMap<SegmentId, Vec<Day>> = HashMap::new();
    if !listed.is_empty() {
        for (segment, day) in stale_days(conn, reach, from, to)? {
            left_out.entry(segment).or_default().push(day);
        }
    }
    let counted = tallies::counted(conn, reach, (from, to), DaysRead::Unsealed(lost))?;
    let segments = listed
        .into_iter()
        .map(|segment| {
            let days = left_out.remove(&segment.id).unwrap_or_default();
            (segment, days)
        })
        .collect();
    Ok(Manifest { segments, counted })
}

fn segments_between(
    conn: &mut Conn,
    reach: Reach,
    from: Instant,
    to: Instant,
    lost: &Lost,
) -> StoreResult<Vec<Segment>> {
    let (first, last) = days_met(from, to);
    let mut listed: Vec<Segment> = on!(conn, c => {
        let mut query = segments::table.select(Segment::as_select()).into_boxed();
        if let Some(client) = reach.client() {
            query = query.filter(segments::client_id.eq(Db(client)));
        }
        query
            .filter(segments::dropped_at.is_null())
            .filter(segments::month.ge(first_of_month(first.0)))
            .filter(segments::month.le(last.0))
            .order((segments::client_id, segments::month, segments::id))
            .load(c)
    })?;
    listed.retain(|segment| !lost.contains(&segment.id));
    Ok(listed)
}

/// The days whose rows in a file are not those that hold now.
fn stale_days(
    conn: &mut Conn,
    reach: Reach,
    from: Instant,
    to: Instant,
) -> StoreResult<Vec<(SegmentId, Day)>> {
    let (first, last) = days_met(from, to);
    let rows: Vec<(SegmentId, i32)> = on!(conn, c => {
        let mut query = days::table
            .select((days::segment_id.assume_not_null(), days::day))
            .into_boxed();
        if let Some(client) = reach.client() {
            query = query.filter(days::client_id.eq(Db(client)));
        }
        query
            .filter(days::unsealed)
            .filter(days::segment_id.is_not_null())
            .filter(days::day.ge(first.0))
            .filter(days::day.le(last.0))
            .order((days::client_id, days::day))
            .load(c)
    })?;
    Ok(rows.into_iter().map(|(segment, day)| (segment, Day(day))).collect())
}

/// The first and the last UTC day of a period that is not empty.
fn days_met(from: Instant, to: Instant) -> (Day, Day) {
    (from.day(), (to - Span(1)).day())
}

/// The small numbers that stand for ids in a client's segments.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ordinals {
    /// Of baits.
    pub baits: HashMap<BaitId, u32>,
    /// Of traps.
    pub traps: HashMap<TrapId, u32>,
    /// Of competitors.
    pub competitors: HashMap<CompetitorId, u32>,
}

/// The numbers that a client's segments use, all that were ever given.
pub fn ordinals_of(conn: &mut Conn, client: ClientId) -> StoreResult<Ordinals> {
    let rows: Vec<(OrdinalKind, RowId, i32)> = on!(conn, c => segment_ordinals::table
        .filter(segment_ordinals::client_id.eq(Db(client)))
        .select((
            segment_ordinals::kind,
            segment_ordinals::subject_id,
            segment_ordinals::ordinal,
        ))
        .load(c))?;
    let mut ordinals = Ordinals::default();
    for (kind, subject, ordinal) in rows {
        let ordinal = u32::try_from(ordinal)?;
        match kind {
            OrdinalKind::Bait => ordinals.baits.insert(BaitId(subject.0), ordinal),
            OrdinalKind::Trap => ordinals.traps.insert(TrapId(subject.0), ordinal),
            OrdinalKind::Competitor => {
                ordinals.competitors.insert(CompetitorId(subject.0), ordinal)
            }
        };
    }
    Ok(ordinals)
}

/// How many segments reports read now, and how many days from them.
pub fn count_sealed(conn: &mut Conn) -> StoreResult<(i64, i64)> {
    let files: i64 = on!(conn, c => segments::table
        .filter(segments::dropped_at.is_null())
        .count()
        .get_result(c))?;
    let days: i64 = on!(conn, c => days::table
        .filter(days::segment_id.is_not_null())
        .filter(days::unsealed.eq(false))
        .count()
        .get_result(c))?;
    Ok((files, days))
}

/// Lets the days of these segments be read from the database again; of all of
/// the client's where none is named.
pub(crate) fn unseal(
    conn: &mut Conn,
    client: ClientId,
    of: Option<&[SegmentId]>,
) -> StoreResult<()> {
    let freed =
        (days::unsealed.eq(days::interceptions.gt(0)), days::segment_id.eq(None::<Db<SegmentId>>));
    let all = days::client_id.eq(Db(client)).and(days::segment_id.is_not_null());
    match of {
        None => {
            on!(conn, c => diesel::update(days::table.filter(all)).set(freed).execute(c))?;
        }
        Some(of) => {
            on!(conn, c => diesel::update(
                    days::table.filter(all.and(days::segment_id.assume_not_null().eq_any(db_all(of)))))
                .set(freed)
                .execute(c))?;
        }
    }
    Ok(())
}
