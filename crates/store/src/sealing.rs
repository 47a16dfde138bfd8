//! How a worker puts days into segments: which months wait, who seals a
//! client's, and the one transaction in which new files take the place of old
//! ones. Between the reading of a day and that transaction the day may have been
//! recomputed: its version tells.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use baitline_domain::ids::{ClientId, SegmentId};
use baitline_domain::instant::{Day, Instant, Span};
use baitline_domain::tally::InterceptionRow;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use crate::conn::{Conn, Reach, on};
use crate::derived_days::{self, end_of_month};
use crate::error::{StoreError, StoreResult};
use crate::models::{DerivedDay, OrdinalKind, Segment};
use crate::schema::{
    buckets, derived_days as days, sealings, segment_ordinals, segments, touched_buckets as touched,
};
use crate::segments::{self as listed, Ordinals};
use crate::sql_types::{Db, RowId, db_all};
use crate::{changes, now, sql_types};

/// Who seals a client's days falls silent after so long without [`hold`].
pub const LEASE: Span = Span::seconds(600);
/// Rows inserted in one statement: 4 columns each stay under SQLite's 32,766
/// binds.
const INSERT_BATCH: usize = 5_000;

/// A client's month with days that no segment holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WaitingMonth {
    /// Whose.
    pub client: ClientId,
    /// Its first day.
    pub month: Day,
    /// Interceptions of its unsealed days.
    pub interceptions: i64,
    /// When the first of those days was derived.
    pub since: Instant,
}

/// Months that have unsealed days before `until`: at least `interceptions` on
/// them, or rows in a file that no longer hold. The longest waiting first.
pub fn waiting_months(
    conn: &mut Conn,
    until: Day,
    interceptions: i64,
) -> StoreResult<Vec<WaitingMonth>> {
    // PostgreSQL makes a numeric of a sum of bigints.
    let unsealed = || sql::<BigInt>("CAST(sum(interceptions) AS bigint)");
    let since = || sql::<sql_types::Instant>("min(derived_at)");
    let rows: Vec<(ClientId, i32, i64, Instant)> = on!(conn, c => days::table
        .filter(days::unsealed)
        .filter(days::day.lt(until.0))
        .group_by((days::client_id, days::month))
        .having(
            unsealed()
                .ge(interceptions)
                .or(diesel::dsl::count(days::segment_id).gt(0)),
        )
        .order(since())
        .select((days::client_id, days::month, unsealed(), since()))
        .load(c))?;
    Ok(rows
        .into_iter()
        .map(|(client, month, interceptions, since)| WaitingMonth {
            client,
            month: Day(month),
            interceptions,
            since,
        })
        .collect())
}

/// Lets this worker seal a client's days, or go on with it; `false` while
/// another one does.
pub fn hold(conn: &mut Conn, client: ClientId, worker: RowId) -> StoreResult<bool> {
    let held = (sealings::held_by.eq(Db(worker)), sealings::held_until.eq(Db(now() + LEASE)));
    let free = sealings::held_by.eq(Db(worker)).or(sealings::held_until.lt(Db(now())));
    let rows = on!(conn, c => diesel::update(sealings::table.find(Db(client)))
        .filter(free)
        .set(held)
        .execute(c))?;
    if rows > 0 {
        return Ok(true);
    }
    Ok(on!(conn, c => diesel::insert_into(sealings::table)
        .values((sealings::client_id.eq(Db(client)), held))
        .on_conflict_do_nothing()
        .execute(c))?
        > 0)
}

/// Lets others seal the client's days.
pub fn release(conn: &mut Conn, client: ClientId, worker: RowId) -> StoreResult<()> {
    on!(conn, c => diesel::update(sealings::table.find(Db(client)))
        .filter(sealings::held_by.eq(Db(worker)))
        .set(sealings::held_until.eq(Db(Instant(0))))
        .execute(c))?;
    Ok(())
}

/// Locks the client's sealing until the end of this transaction; refused when
/// the lease went to another worker.
fn lock_held(conn: &mut Conn, client: ClientId, worker: RowId) -> StoreResult<()> {
    let found = sealings::table.find(Db(client)).select(sealings::held_by);
    let holder: Option<RowId> = match conn {
        Conn::Postgres(c) => found.for_update().first(c).optional()?,
        Conn::Sqlite(c) => found.first(c).optional()?,
    };
    if holder == Some(worker) { Ok(()) } else { Err(StoreError::NotFound) }
}

/// A client's month at one moment.
#[derive(Debug, Clone, Default)]
pub struct MonthState {
    /// Its derived days, in order.
    pub days: Vec<DerivedDay>,
    /// Those that nothing waits to change: what is derived of them is what their
    /// facts give now.
    pub settled: BTreeSet<Day>,
    /// The segments that reports read.
    pub segments: Vec<Segment>,
}

/// A client's month as it stands.
pub fn month_state(conn: &mut Conn, client: ClientId, month: Day) -> StoreResult<MonthState> {
    let days = derived_days::days_of_month(conn, client, month)?;
    let settled = settled_among(conn, client, month, &days)?;
    let segments = on!(conn, c => segments::table
        .filter(segments::client_id.eq(Db(client)))
        .filter(segments::month.eq(month.0))
        .filter(segments::dropped_at.is_null())
        .order(segments::id)
        .select(Segment::as_select())
        .load(c))?;
    Ok(MonthState { days, settled, segments })
}

fn settled_among(
    conn: &mut Conn,
    client: ClientId,
    month: Day,
    derived: &[DerivedDay],
) -> StoreResult<BTreeSet<Day>> {
    if changes::count_changes(conn, Reach::Client(client))? > 0 {
        return Ok(BTreeSet::new());
    }
    let waiting: Vec<i32> = on!(conn, c => touched::table
        .filter(touched::client_id.eq(Db(client)))
        .filter(touched::day.ge(month.0))
        .filter(touched::day.lt(end_of_month(month).0))
        .select(touched::day)
        .distinct()
        .load(c))?;
    Ok(derived.iter().map(DerivedDay::day).filter(|day| !waiting.contains(&day.0)).collect())
}

/// The small numbers of everything that these interceptions name; what has none
/// gets the next ones.
pub fn give_ordinals(
    conn: &mut Conn,
    (client, worker): (ClientId, RowId),
    rows: &[InterceptionRow],
) -> StoreResult<Ordinals> {
    lock_held(conn, client, worker)?;
    let mut ordinals = listed::ordinals_of(conn, client)?;
    let mut new: Vec<(OrdinalKind, RowId, u32)> = Vec::new();
    let mut give = |kind, id: Option<(uuid::Uuid, u32)>| {
        new.extend(id.map(|(id, ordinal)| (kind, RowId(id), ordinal)));
    };
    for row in rows {
        let bait = number(&mut ordinals.baits, row.bait)?.map(|next| (row.bait.0, next));
        give(OrdinalKind::Bait, bait);
        let trap = number(&mut ordinals.traps, row.trap)?.map(|next| (row.trap.0, next));
        give(OrdinalKind::Trap, trap);
        for one in &row.competitors {
            let next = number(&mut ordinals.competitors, *one)?;
            give(OrdinalKind::Competitor, next.map(|next| (one.0, next)));
        }
    }
    for chunk in new.chunks(INSERT_BATCH) {
        let values: Vec<_> = chunk
            .iter()
            .map(|(kind, id, ordinal)| {
                Ok((
                    segment_ordinals::client_id.eq(Db(client)),
                    segment_ordinals::kind.eq(Db(*kind)),
                    segment_ordinals::subject_id.eq(Db(*id)),
                    segment_ordinals::ordinal.eq(i32::try_from(*ordinal)?),
                ))
            })
            .collect::<StoreResult<_>>()?;
        on!(conn, c => diesel::insert_into(segment_ordinals::table).values(values).execute(c))?;
    }
    Ok(ordinals)
}

/// Gives an id the next number, unless it has one. None is ever taken away, so
/// there are as many as the next one says.
fn number<T: std::hash::Hash + Eq>(known: &mut HashMap<T, u32>, id: T) -> StoreResult<Option<u32>> {
    let next = u32::try_from(known.len())?;
    match known.entry(id) {
        Entry::Occupied(_) => Ok(None),
        Entry::Vacant(free) => {
            free.insert(next);
            Ok(Some(next))
        }
    }
}

/// A file that is in the blob store, and what it holds.
#[derive(Debug, Clone)]
pub struct NewSegment {
    /// Its id.
    pub id: SegmentId,
    /// SHA-256 of its bytes.
    pub sha256: [u8; 32],
    /// How many bytes.
    pub bytes: u64,
    /// How many rows.
    pub interceptions: u64,
    /// Its days, each with the version that was read.
    pub days: BTreeMap<Day, RowId>,
}

/// Puts new segments of a month in the place of old ones. A day that was
/// recomputed since it was read is left out of its segment; one that only an old
/// segment held is read from the database. How many days are sealed now.
pub fn replace_segments(
    conn: &mut Conn,
    (client, worker): (ClientId, RowId),
    month: Day,
    old: &BTreeSet<SegmentId>,
    new: &[NewSegment],
) -> StoreResult<usize> {
    lock_held(conn, client, worker)?;
    lock_month(conn, client, month)?;
    let present: BTreeMap<Day, DerivedDay> = derived_days::days_of_month(conn, client, month)?
        .into_iter()
        .map(|day| (day.day(), day))
        .collect();
    let is_free = |day: &Day| {
        present.get(day).is_some_and(|day| day.segment_id.is_none_or(|id| old.contains(&id)))
    };
    if !new.iter().flat_map(|segment| segment.days.keys()).all(is_free) {
        // Another segment holds it: only a worker that lost its lease comes here.
        return Err(StoreError::NotFound);
    }
    let old_ids: Vec<SegmentId> = old.iter().copied().collect();
    listed::unseal(conn, client, Some(&old_ids))?;
    let mut sealed = 0;
    for segment in new {
        sealed += list(conn, client, month, segment, &present)?;
    }
    on!(conn, c => diesel::update(segments::table
            .filter(segments::client_id.eq(Db(client)))
            .filter(segments::id.eq_any(db_all(&old_ids))))
        .set(segments::dropped_at.eq(Some(Db(now()))))
        .execute(c))?;
    Ok(sealed)
}

/// Keeps every worker from recomputing a day of the month until this
/// transaction ends. Whoever recomputes holds its own bucket only and waits for no
/// other, so the two cannot wait for each other.
fn lock_month(conn: &mut Conn, client: ClientId, month: Day) -> StoreResult<()> {
    if let Conn::Postgres(c) = conn {
        buckets::table
            .filter(buckets::client_id.eq(Db(client)))
            .filter(buckets::day.ge(month.0))
            .filter(buckets::day.lt(end_of_month(month).0))
            .order(buckets::day)
            .select(buckets::day)
            .for_update()
            .load::<i32>(c)?;
    }
    Ok(())
}

fn list(
    conn: &mut Conn,
    client: ClientId,
    month: Day,
    segment: &NewSegment,
    present: &BTreeMap<Day, DerivedDay>,
) -> StoreResult<usize> {
    let (unchanged, changed): (Vec<_>, Vec<_>) = segment.days.iter().partition(|(day, version)| {
        present.get(day).is_some_and(|present| present.version == **version)
    });
    if unchanged.is_empty() {
        return Ok(0);
    }
    let row = Segment {
        client_id: client,
        id: segment.id,
        month: month.0,
        sha256: segment.sha256.to_vec(),
        bytes: i64::try_from(segment.bytes)?,
        interceptions: i64::try_from(segment.interceptions)?,
        sealed_at: now(),
        dropped_at: None,
    };
    on!(conn, c => diesel::insert_into(segments::table).values(row.clone()).execute(c))?;
    for (of, unsealed) in [(&unchanged, false), (&changed, true)] {
        let numbers: Vec<i32> = of.iter().map(|(day, _)| day.0).collect();
        on!(conn, c => diesel::update(days::table
                .filter(days::client_id.eq(Db(client)))
                .filter(days::day.eq_any(&numbers)))
            .set((days::segment_id.eq(Some(Db(segment.id))), days::unsealed.eq(unsealed)))
            .execute(c))?;
    }
    Ok(unchanged.len())
}

/// Lets the days of a segment whose bytes are gone be read from the database,
/// and drops it.
pub fn give_up(
    conn: &mut Conn,
    (client, worker): (ClientId, RowId),
    segment: &Segment,
) -> StoreResult<()> {
    let old = BTreeSet::from([segment.id]);
    replace_segments(conn, (client, worker), Day(segment.month), &old, &[]).map(|_| ())
}

/// Every segment of a client that a row names, dropped ones too.
pub fn all_segments(conn: &mut Conn, client: ClientId) -> StoreResult<Vec<Segment>> {
    Ok(on!(conn, c => segments::table
        .filter(segments::client_id.eq(Db(client)))
        .order(segments::id)
        .select(Segment::as_select())
        .load(c))?)
}

/// Forgets the segments that were dropped before `until`, whose bytes may go.
pub fn forget_dropped(
    conn: &mut Conn,
    (client, worker): (ClientId, RowId),
    until: Instant,
) -> StoreResult<usize> {
    lock_held(conn, client, worker)?;
    Ok(on!(conn, c => diesel::delete(segments::table
            .filter(segments::client_id.eq(Db(client)))
            .filter(segments::dropped_at.lt(Some(until))))
        .execute(c))?)
}

/// Forgets every segment and every small number of a client. Its days are read
/// from the database again; the bytes are the caller's to remove after the commit.
pub fn forget_client(conn: &mut Conn, (client, worker): (ClientId, RowId)) -> StoreResult<()> {
    lock_held(conn, client, worker)?;
    listed::unseal(conn, client, None)?;
    on!(conn, c => diesel::delete(segments::table.filter(segments::client_id.eq(Db(client))))
        .execute(c))?;
    on!(conn, c => diesel::delete(
            segment_ordinals::table.filter(segment_ordinals::client_id.eq(Db(client))))
        .execute(c))?;
    Ok(())
}
