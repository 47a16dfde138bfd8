//! Putting a bucket's tallies in the place of those that stand.

use std::collections::{BTreeMap, BTreeSet};

use baitline_domain::ids::ClientId;
use baitline_domain::instant::Day;
use baitline_domain::tally::Tally;
use diesel::prelude::*;

use super::pairs::{CallerOfBait, PlacedTally, tallies_of_pairs};
use super::{StoredTally, tallies};
use crate::buckets::Touched;
use crate::conn::{Conn, on};
use crate::derived_days;
use crate::error::StoreResult;
use crate::packed_ids::pack;
use crate::sql_types::{Db, db_all};

/// Rows inserted in one statement: 18 columns each stay under SQLite's 32,766
/// binds.
const INSERT_BATCH: usize = 1_800;
/// Rows deleted in one statement.
const DELETE_BATCH: usize = 10_000;

/// Whose tallies of a bucket are replaced.
#[derive(Debug, Clone, Copy)]
pub enum Replaced<'a> {
    /// Those of all baits or of some.
    Of(&'a Touched),
    /// Those of these callers of baits.
    OfPairs(&'a BTreeSet<CallerOfBait>),
}

/// Puts these tallies in the place of the whole bucket's, which gets a new version.
pub fn replace_day(conn: &mut Conn, client: ClientId, day: Day, rows: &[Tally]) -> StoreResult<()> {
    let more = replace(conn, client, day, Replaced::Of(&Touched::Day), rows)?;
    derived_days::renew(conn, client, day, more.unwrap_or(0))
}

/// Puts these tallies in the place of those that are replaced of the bucket, and
/// writes no more than the difference: a tally keeps its place, and a new one
/// comes after all of the day's. By how many interceptions the day has more now;
/// `None` where it is as it was.
pub fn replace(
    conn: &mut Conn,
    client: ClientId,
    day: Day,
    replaced: Replaced<'_>,
    rows: &[Tally],
) -> StoreResult<Option<i64>> {
    let standing = standing(conn, client, day, replaced)?;
    let new: BTreeSet<&Tally> = rows.iter().collect();
    let gone: Vec<i32> = standing
        .iter()
        .filter(|(tally, _)| !new.contains(tally))
        .map(|(_, ordinal)| *ordinal)
        .collect();
    for chunk in gone.chunks(DELETE_BATCH) {
        on!(conn, c => diesel::delete(tallies::table
            .filter(tallies::client_id.eq(Db(client)))
            .filter(tallies::day.eq(day.0))
            .filter(tallies::ordinal.eq_any(chunk)))
            .execute(c))?;
    }
    let come: Vec<&Tally> = new.iter().copied().filter(|row| !standing.contains_key(row)).collect();
    if gone.is_empty() && come.is_empty() {
        return Ok(None);
    }
    insert(conn, client, day, &come)?;
    let count = |tally: &Tally| i64::from(tally.calls);
    let lost: i64 = standing.keys().filter(|tally| !new.contains(tally)).map(count).sum();
    Ok(Some(come.into_iter().map(count).sum::<i64>() - lost))
}

/// The tallies that are replaced of a bucket, each with its place.
fn standing(
    conn: &mut Conn,
    client: ClientId,
    day: Day,
    replaced: Replaced<'_>,
) -> StoreResult<BTreeMap<Tally, i32>> {
    let touched = match replaced {
        Replaced::Of(touched) => touched,
        Replaced::OfPairs(pairs) => {
            let placed = tallies_of_pairs(conn, client, day, pairs)?;
            let told = |PlacedTally { tally, ordinal }| Ok((tally.try_into()?, ordinal));
            return placed.into_iter().map(told).collect();
        }
    };
    let rows: Vec<(StoredTally, i32)> = on!(conn, c => {
        let mut query = tallies::table
            .filter(tallies::client_id.eq(Db(client)))
            .filter(tallies::day.eq(day.0))
            .select((StoredTally::as_select(), tallies::ordinal))
            .into_boxed();
        if let Some(baits) = touched.baits() {
            query = query.filter(tallies::bait_id.eq_any(db_all(baits)));
        }
        query.load(c)
    })?;
    rows.into_iter().map(|(row, ordinal)| Ok((row.try_into()?, ordinal))).collect()
}

fn insert(conn: &mut Conn, client: ClientId, day: Day, rows: &[&Tally]) -> StoreResult<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let last: Option<i32> = on!(conn, c => tallies::table
        .filter(tallies::client_id.eq(Db(client)))
        .filter(tallies::day.eq(day.0))
        .order(tallies::ordinal.desc())
        .select(tallies::ordinal)
        .first(c)
        .optional())?;
    let first = last.map_or(0, |last| last + 1);
    let numbered: Vec<(i32, &Tally)> = (first..).zip(rows.iter().copied()).collect();
    for chunk in numbered.chunks(INSERT_BATCH) {
        let values: Vec<_> = chunk
            .iter()
            .map(|(ordinal, row)| {
                Ok((
                    (tallies::client_id.eq(Db(client)), tallies::day.eq(day.0)),
                    tallies::ordinal.eq(*ordinal),
                    (tallies::caller.eq(row.caller), tallies::operator.eq(row.operator)),
                    (
                        tallies::region.eq(row.region.as_deref()),
                        tallies::competitors.eq(pack(row.competitors.iter().map(|one| one.0))),
                    ),
                    (
                        tallies::bait_id.eq(Db(row.bait)),
                        tallies::bait_operator.eq(row.bait_operator),
                        tallies::trap_id.eq(Db(row.trap)),
                    ),
                    (tallies::verdict.eq(Db(row.verdict)), tallies::attempt.eq(row.attempt)),
                    (tallies::hearing.eq(Db(row.hearing)), tallies::local_day.eq(row.local_day)),
                    (
                        tallies::prior_contact.eq(row.prior_contact),
                        tallies::calls.eq(i32::try_from(row.calls)?),
                    ),
                    (tallies::first_at.eq(Db(row.first_at)), tallies::last_at.eq(Db(row.last_at))),
                ))
            })
            .collect::<StoreResult<_>>()?;
        on!(conn, c => diesel::insert_into(tallies::table).values(values).execute(c))?;
    }
    Ok(())
}
