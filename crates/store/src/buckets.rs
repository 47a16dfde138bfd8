//! Buckets: one UTC day of one client, the unit the worker locks and recomputes,
//! as a whole, or some of its baits from a moment on. Each transaction that touches a bucket adds a
//! ledger row of its own; no sequence and no clock decides what is new, since rows
//! commit out of order.

mod parts;
mod waiting;

use std::collections::BTreeSet;

use baitline_domain::ids::{BaitId, ClientId};
use baitline_domain::instant::{Day, Instant, MICROS_PER_DAY};
use baitline_domain::phone::Phone;
use diesel::dsl::{exists, sql};
use diesel::prelude::*;
use diesel::sql_types::Integer;
use uuid::Uuid;

use crate::changes;
use crate::conn::{Conn, Reach, on};
use crate::error::StoreResult;
use crate::packed_ids::{pack, unpack};
use crate::pairs_sql;
use crate::schema::{buckets, observations as seen, touched_buckets as touched};
use crate::sql_types::RowId;
use crate::sql_types::{Db, db_all};

pub use parts::{Parts, days_touched_by};
pub use waiting::{count_pending, older_buckets, recent_buckets};

/// Ledger rows inserted in one statement.
const LEDGER_BATCH: usize = 1_000;
/// A ledger row that would name more baits touches the whole day.
const MAX_BAITS_NAMED: usize = 100;
/// A bucket of which more baits are touched is recomputed as a whole.
pub const MAX_BAITS_APART: usize = 1_000;

/// What of a bucket is touched. Nothing that is derived rests on two baits, so
/// that each bait's part can be recomputed alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Touched {
    /// All of it.
    Day,
    /// These baits' part.
    Baits(BTreeSet<BaitId>),
}

impl Touched {
    /// The baits, unless it is the whole day.
    pub fn baits(&self) -> Option<&BTreeSet<BaitId>> {
        match self {
            Self::Day => None,
            Self::Baits(baits) => Some(baits),
        }
    }
}

/// The ledger rows of a bucket, and what they touched together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ledger {
    /// Exactly those that were read.
    pub rows: Vec<RowId>,
    /// What is to be recomputed.
    pub touched: Touched,
    /// From which moment on; the day's beginning where all of it is.
    pub since: Instant,
}

/// Every day that has a moment from `from` to `to`, both inclusive.
pub fn days_between(from: Instant, to: Instant) -> BTreeSet<Day> {
    (from.day().0..=to.day().0).map(Day).collect()
}

/// Adds ledger rows for these whole days in the present transaction.
pub fn touch(conn: &mut Conn, client: ClientId, days: &BTreeSet<Day>) -> StoreResult<()> {
    let whole = |day: &Day| LedgerRow { day: *day, baits: None, since: None };
    add_rows(conn, client, &days.iter().map(whole).collect::<Vec<_>>())
}

/// Adds ledger rows for these baits' parts of days in the present transaction.
pub fn touch_baits(conn: &mut Conn, client: ClientId, parts: &Parts) -> StoreResult<()> {
    let row = |(day, (baits, since)): (Day, (Vec<BaitId>, Instant))| LedgerRow {
        day,
        baits: (baits.len() <= MAX_BAITS_NAMED).then(|| pack(baits.into_iter().map(|bait| bait.0))),
        since: (since > day.start()).then_some(since),
    };
    add_rows(conn, client, &parts.by_day().into_iter().map(row).collect::<Vec<_>>())
}

/// What one row says was touched: `None` is all of it.
struct LedgerRow {
    day: Day,
    baits: Option<Vec<u8>>,
    since: Option<Instant>,
}

fn add_rows(conn: &mut Conn, client: ClientId, rows: &[LedgerRow]) -> StoreResult<()> {
    for chunk in rows.chunks(LEDGER_BATCH) {
        let locks: Vec<_> = chunk
            .iter()
            .map(|row| (buckets::client_id.eq(Db(client)), buckets::day.eq(row.day.0)))
            .collect();
        let ledger: Vec<_> = chunk
            .iter()
            .map(|row| {
                let id = RowId(Uuid::now_v7());
                (
                    (touched::client_id.eq(Db(client)), touched::day.eq(row.day.0)),
                    (touched::id.eq(Db(id)), touched::baits.eq(row.baits.as_deref())),
                    touched::since.eq(row.since),
                )
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

/// The ledger of a bucket, after it is locked; `None` where nothing waits.
pub fn ledger(conn: &mut Conn, client: ClientId, day: Day) -> StoreResult<Option<Ledger>> {
    let found: Vec<(RowId, Option<Vec<u8>>, Option<Instant>)> = on!(conn, c => touched::table
        .filter(touched::client_id.eq(Db(client)))
        .filter(touched::day.eq(day.0))
        .select((touched::id, touched::baits, touched::since))
        .load(c))?;
    let (mut rows, mut baits, mut is_whole) = (Vec::new(), BTreeSet::new(), false);
    let mut earliest = day.end();
    for (id, named, since) in found {
        rows.push(id);
        earliest = since.unwrap_or(day.start()).min(earliest);
        match named {
            None => is_whole = true,
            Some(named) => baits.extend(unpack(&named, BaitId)?),
        }
    }
    is_whole |= baits.len() > MAX_BAITS_APART;
    let touched = if is_whole { Touched::Day } else { Touched::Baits(baits) };
    Ok((!rows.is_empty()).then_some(Ledger { rows, touched, since: earliest }))
}

/// Whether nothing waits to be recomputed that may change these days of a
/// client: neither the days themselves nor a change that is not expanded yet.
pub fn are_settled(conn: &mut Conn, client: ClientId, days: &BTreeSet<Day>) -> StoreResult<bool> {
    if changes::count_changes(conn, Reach::Client(client))? > 0 {
        return Ok(false);
    }
    for day in days {
        if ledger(conn, client, *day)?.is_some() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether nothing waits to be recomputed that may change a day of a client from the
/// first to the last.
pub fn are_settled_between(
    conn: &mut Conn,
    client: ClientId,
    (first, last): (Day, Day),
) -> StoreResult<bool> {
    if changes::count_changes(conn, Reach::Client(client))? > 0 {
        return Ok(false);
    }
    let waits: bool = on!(conn, c => diesel::select(exists(touched::table
        .filter(touched::client_id.eq(Db(client)))
        .filter(touched::day.between(first.0, last.0))))
        .get_result(c))?;
    Ok(!waits)
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

/// The days touched by the joined observations of each of these pairs of bait and
/// number from a moment on, with the bait; none before that moment's own day.
pub(crate) fn days_of_pairs_from(
    conn: &mut Conn,
    client: ClientId,
    pairs: &BTreeSet<(BaitId, Phone, Instant)>,
) -> StoreResult<BTreeSet<(Day, BaitId)>> {
    let mut found = BTreeSet::new();
    match conn {
        Conn::Postgres(c) => {
            for row in pairs_sql::later_days(c, client, pairs)? {
                let from = Day(row.from_day);
                let around = [Day(row.day - 1), Day(row.day), Day(row.day + 1)];
                let later = around.into_iter().filter(|day| from <= *day);
                found.extend(later.map(|day| (day, row.bait)));
            }
        }
        // A statement costs nothing there.
        Conn::Sqlite(_) => {
            for &(bait, party, from) in pairs {
                let filter =
                    DayFilter { bait: Some(bait), party: Some(party), from: Some(from), to: None };
                let days = days_with_observations(conn, client, &filter)?;
                let later = days.into_iter().filter(|day| from.day() <= *day);
                found.extend(later.map(|day| (day, bait)));
            }
        }
    }
    Ok(found)
}
