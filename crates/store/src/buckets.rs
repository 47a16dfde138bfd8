//! Buckets: one UTC day of one client, the unit the worker recomputes. Each
//! transaction that touches a bucket adds a ledger row of its own; no sequence
//! and no clock decides what is new, since rows commit out of order.

use std::collections::BTreeSet;

use baitline_domain::ids::{BaitId, ClientId};
use baitline_domain::instant::{Day, Instant, MICROS_PER_DAY};
use baitline_domain::matching::{LATEST_EFFECT, MATCHING_SPAN};
use baitline_domain::phone::Phone;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Integer;
use uuid::Uuid;

use crate::changes;
use crate::conn::{Conn, Reach, on};
use crate::error::StoreResult;
use crate::schema::{buckets, observations as seen, touched_buckets as touched};
use crate::sql_types::RowId;
use crate::sql_types::{Db, db_all};

/// Ledger rows inserted in one statement.
const LEDGER_BATCH: usize = 1_000;

/// The days that an observation at `at` can change by itself: those of the calls
/// it can belong to or give another shape, and of those within the matching span
/// later. What hangs on those in a chain is the worker's to follow.
pub fn days_touched_by(at: Instant) -> BTreeSet<Day> {
    [at - LATEST_EFFECT, at, at + MATCHING_SPAN].map(Instant::day).into()
}

/// Every day that has a moment from `from` to `to`, both inclusive.
pub fn days_between(from: Instant, to: Instant) -> BTreeSet<Day> {
    (from.day().0..=to.day().0).map(Day).collect()
}

/// Adds ledger rows for these days in the present transaction.
pub fn touch(conn: &mut Conn, client: ClientId, days: &BTreeSet<Day>) -> StoreResult<()> {
    let days: Vec<Day> = days.iter().copied().collect();
    for chunk in days.chunks(LEDGER_BATCH) {
        let locks: Vec<_> = chunk
            .iter()
            .map(|day| (buckets::client_id.eq(Db(client)), buckets::day.eq(day.0)))
            .collect();
        let ledger: Vec<_> = chunk
            .iter()
            .map(|day| {
                let id = RowId(Uuid::now_v7());
                (touched::client_id.eq(Db(client)), touched::day.eq(day.0), touched::id.eq(Db(id)))
            })
            .collect();
        on!(conn, c => diesel::insert_into(buckets::table)
            .values(locks)
            .on_conflict_do_nothing()
            .execute(c))?;
        on!(conn, c => diesel::insert_into(touched::table).values(ledger).execute(c))?;
    }
    Ok(())
}

/// Buckets that wait: those from `recent` on first, so that a backfill of
/// months does not keep today's calls waiting, then the older ones. Each part
/// in order of day, since what a day learns may touch the days after it.
pub fn waiting_buckets(
    conn: &mut Conn,
    recent: Day,
    limit: i64,
) -> StoreResult<Vec<(ClientId, Day)>> {
    let mut rows: Vec<(ClientId, i32)> = on!(conn, c => touched::table
        .filter(touched::day.ge(recent.0))
        .select((touched::client_id, touched::day))
        .distinct()
        .order((touched::day, touched::client_id))
        .limit(limit)
        .load(c))?;
    let older: Vec<(ClientId, i32)> = on!(conn, c => touched::table
        .filter(touched::day.lt(recent.0))
        .select((touched::client_id, touched::day))
        .distinct()
        .order((touched::day, touched::client_id))
        .limit(limit)
        .load(c))?;
    rows.extend(older);
    Ok(rows.into_iter().map(|(client, day)| (client, Day(day))).collect())
}

/// Locks a bucket for this transaction; `false` when another worker has it.
/// The lock comes before the ledger is read: locking ledger rows instead would
/// let two workers hold halves of one bucket, and the older snapshot win.
pub fn lock_bucket(conn: &mut Conn, client: ClientId, day: Day) -> StoreResult<bool> {
    match conn {
        Conn::Postgres(c) => Ok(buckets::table
            .find((Db(client), day.0))
            .select(buckets::day)
            .for_update()
            .skip_locked()
            .first::<i32>(c)
            .optional()?
            .is_some()),
        // The transaction began with SQLite's only write lock.
        Conn::Sqlite(_) => Ok(true),
    }
}

/// Locks a bucket for this transaction, and waits for a worker that has it: for
/// whoever must see a day as it stands.
pub fn await_bucket(conn: &mut Conn, client: ClientId, day: Day) -> StoreResult<()> {
    match conn {
        Conn::Postgres(c) => {
            buckets::table
                .find((Db(client), day.0))
                .select(buckets::day)
                .for_update()
                .first::<i32>(c)
                .optional()?;
        }
        // The transaction began with SQLite's only write lock.
        Conn::Sqlite(_) => {}
    }
    Ok(())
}

/// The first bucket of a client from `from` to `to`, both inclusive.
pub fn next_bucket(
    conn: &mut Conn,
    client: ClientId,
    from: Day,
    to: Day,
) -> StoreResult<Option<Day>> {
    let day: Option<i32> = on!(conn, c => buckets::table
        .filter(buckets::client_id.eq(Db(client)))
        .filter(buckets::day.ge(from.0))
        .filter(buckets::day.le(to.0))
        .order(buckets::day)
        .select(buckets::day)
        .first(c)
        .optional())?;
    Ok(day.map(Day))
}

/// How many buckets of a client lie from `from` to `to`, both inclusive.
pub(crate) fn count_buckets(
    conn: &mut Conn,
    client: ClientId,
    from: Day,
    to: Day,
) -> StoreResult<i64> {
    Ok(on!(conn, c => buckets::table
        .filter(buckets::client_id.eq(Db(client)))
        .filter(buckets::day.ge(from.0))
        .filter(buckets::day.le(to.0))
        .count()
        .get_result(c))?)
}

/// The ledger rows of a bucket, after it is locked.
pub fn ledger(conn: &mut Conn, client: ClientId, day: Day) -> StoreResult<Vec<RowId>> {
    Ok(on!(conn, c => touched::table
        .filter(touched::client_id.eq(Db(client)))
        .filter(touched::day.eq(day.0))
        .select(touched::id)
        .load(c))?)
}

/// Whether nothing waits to be recomputed that may change these days of a
/// client: neither the days themselves nor a change that is not expanded yet.
pub fn are_settled(conn: &mut Conn, client: ClientId, days: &BTreeSet<Day>) -> StoreResult<bool> {
    if changes::count_changes(conn, Reach::Client(client))? > 0 {
        return Ok(false);
    }
    for day in days {
        if !ledger(conn, client, *day)?.is_empty() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Deletes exactly the ledger rows that were read.
pub fn settle(conn: &mut Conn, client: ClientId, day: Day, rows: &[RowId]) -> StoreResult<()> {
    for chunk in rows.chunks(LEDGER_BATCH) {
        on!(conn, c => diesel::delete(touched::table
            .filter(touched::client_id.eq(Db(client)))
            .filter(touched::day.eq(day.0))
            .filter(touched::id.eq_any(db_all(chunk))))
            .execute(c))?;
    }
    Ok(())
}

/// How many days within reach are not recomputed yet. A change that is not
/// expanded counts as one day: it stands for at least that.
pub fn count_pending(conn: &mut Conn, reach: Reach) -> StoreResult<i64> {
    let days: Vec<(ClientId, i32)> = on!(conn, c => {
        let mut query = touched::table.select((touched::client_id, touched::day)).into_boxed();
        if let Some(client) = reach.client() {
            query = query.filter(touched::client_id.eq(Db(client)));
        }
        query.distinct().load(c)
    })?;
    Ok(i64::try_from(days.len())? + changes::count_changes(conn, reach)?)
}

/// Which observations' days are asked for.
#[derive(Debug, Clone, Copy, Default)]
pub struct DayFilter {
    /// Of this bait.
    pub bait: Option<BaitId>,
    /// With this number at the other end.
    pub party: Option<Phone>,
    /// From this moment on.
    pub from: Option<Instant>,
    /// Before this moment.
    pub to: Option<Instant>,
}

/// The days touched by a client's joined observations that pass the filter;
/// voided ones are in no call.
pub fn days_with_observations(
    conn: &mut Conn,
    client: ClientId,
    filter: &DayFilter,
) -> StoreResult<BTreeSet<Day>> {
    let day = match conn {
        Conn::Postgres(_) => "floor(extract(epoch FROM occurred_at) / 86400)::integer".to_owned(),
        Conn::Sqlite(_) => format!("occurred_at / {MICROS_PER_DAY}"),
    };
    let days: Vec<i32> = on!(conn, c => {
        let mut query = seen::table
            .filter(seen::client_id.eq(Db(client)))
            .filter(seen::bait_id.is_not_null())
            .filter(seen::voided.eq(false))
            .select(sql::<Integer>(&day))
            .into_boxed();
        if let Some(bait) = filter.bait {
            query = query.filter(seen::bait_id.eq(Some(bait)));
        }
        if let Some(party) = filter.party {
            query = query.filter(seen::party_number.eq(Some(party)));
        }
        if let Some(from) = filter.from {
            query = query.filter(seen::occurred_at.ge(Db(from)));
        }
        if let Some(to) = filter.to {
            query = query.filter(seen::occurred_at.lt(Db(to)));
        }
        query.distinct().load(c)
    })?;
    // A call near midnight may belong to the neighbouring day.
    Ok(days.iter().flat_map(|day| [Day(day - 1), Day(*day), Day(day + 1)]).collect())
}
