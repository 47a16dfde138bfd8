//! What single callers of a bait have in one bucket: its tallies with their places,
//! and the interceptions of a part of its day. In PostgreSQL one statement looks
//! once for each pair, in the index that begins with it, so that neither the bait's
//! other callers nor a round trip counts.

use std::collections::BTreeSet;

use baitline_domain::ids::{BaitId, ClientId};
use baitline_domain::instant::{Day, Instant};
use baitline_domain::phone::Phone;
use baitline_domain::tally::InterceptionRow;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Array, Integer, Nullable};

use super::StoredTally;
use super::interception::StoredInterception;
use crate::conn::Conn;
use crate::error::StoreResult;
use crate::schema::{baits, calls, clients, interception_tallies as tallies};
use crate::sql_types::{Db, Id, Instant as InstantSql, Number};

/// A bait and who called it; `None` for callers that hide their number.
pub type CallerOfBait = (BaitId, Option<Phone>);

/// A tally and its place in its bucket.
#[derive(QueryableByName)]
pub(super) struct PlacedTally {
    #[diesel(embed)]
    pub(super) tally: StoredTally,
    #[diesel(sql_type = Integer)]
    pub(super) ordinal: i32,
}

/// NULL equals nothing, so hidden callers have a branch of their own.
const TALLIES: &str = "
    SELECT t.*
    FROM unnest($3::uuid[], $4::bigint[]) AS p (bait, caller)
    CROSS JOIN LATERAL (
        SELECT * FROM interception_tallies
        WHERE client_id = $1 AND day = $2 AND bait_id = p.bait AND caller = p.caller
        UNION ALL
        SELECT * FROM interception_tallies
        WHERE p.caller IS NULL
            AND client_id = $1 AND day = $2 AND bait_id = p.bait AND caller IS NULL
        OFFSET 0
    ) AS t";

/// The tallies of these pairs in one bucket.
pub(super) fn tallies_of_pairs(
    conn: &mut Conn,
    client: ClientId,
    day: Day,
    pairs: &BTreeSet<CallerOfBait>,
) -> StoreResult<Vec<PlacedTally>> {
    match conn {
        Conn::Postgres(c) => {
            let (baits, callers) = columns(pairs);
            Ok(diesel::sql_query(TALLIES)
                .bind::<Id, _>(Db(client))
                .bind::<Integer, _>(day.0)
                .bind::<Array<Id>, _>(baits)
                .bind::<Array<Nullable<Number>>, _>(callers)
                .load(c)?)
        }
        // A statement costs nothing there.
        Conn::Sqlite(c) => {
            let mut found = Vec::new();
            for &(bait, caller) in pairs {
                let of_bait = tallies::table
                    .filter(tallies::client_id.eq(Db(client)))
                    .filter(tallies::day.eq(day.0))
                    .filter(tallies::bait_id.eq(Db(bait)))
                    .select((StoredTally::as_select(), tallies::ordinal))
                    .into_boxed();
                let rows: Vec<(StoredTally, i32)> = match caller {
                    Some(caller) => of_bait.filter(tallies::caller.eq(Some(caller))).load(c)?,
                    None => of_bait.filter(tallies::caller.is_null()).load(c)?,
                };
                let placed = |(tally, ordinal)| PlacedTally { tally, ordinal };
                found.extend(rows.into_iter().map(placed));
            }
            Ok(found)
        }
    }
}

/// The stored interceptions of these pairs that began in a half-open period.
pub fn interceptions_of_pairs(
    conn: &mut Conn,
    client: ClientId,
    pairs: &BTreeSet<CallerOfBait>,
    (from, to): (Instant, Instant),
) -> StoreResult<Vec<InterceptionRow>> {
    let rows = match conn {
        Conn::Postgres(c) => stored_of_pairs(c, client, pairs, (from, to))?,
        Conn::Sqlite(c) => {
            let mut found = Vec::new();
            for &(bait, caller) in pairs {
                let of_bait = calls::table
                    .inner_join(clients::table.on(clients::client_id.eq(calls::client_id)))
                    .inner_join(baits::table.on(
                        baits::client_id.eq(calls::client_id).and(baits::id.eq(calls::bait_id)),
                    ))
                    .filter(calls::client_id.eq(Db(client)))
                    .filter(calls::bait_id.eq(Db(bait)))
                    .filter(calls::trap_id.is_not_null())
                    .filter(calls::started_at.ge(Db(from)))
                    .filter(calls::started_at.lt(Db(to)))
                    .select(StoredInterception::as_select())
                    .into_boxed();
                let rows: Vec<StoredInterception> = match caller {
                    Some(caller) => of_bait.filter(calls::party_number.eq(Some(caller))).load(c)?,
                    None => of_bait.filter(calls::party_number.is_null()).load(c)?,
                };
                found.extend(rows);
            }
            found
        }
    };
    rows.into_iter().filter_map(|row| row.read().transpose()).collect()
}

const INTERCEPTIONS: &str = "
    SELECT c.*, k.time_zone, b.operator AS bait_operator
    FROM unnest($2::uuid[], $3::bigint[]) AS p (bait, caller)
    JOIN clients AS k ON k.client_id = $1
    JOIN baits AS b ON b.client_id = $1 AND b.id = p.bait
    CROSS JOIN LATERAL (
        SELECT * FROM calls
        WHERE client_id = $1 AND bait_id = p.bait AND party_number = p.caller
            AND started_at >= $4 AND started_at < $5 AND trap_id IS NOT NULL
        UNION ALL
        SELECT * FROM calls
        WHERE p.caller IS NULL AND client_id = $1 AND bait_id = p.bait AND party_number IS NULL
            AND started_at >= $4 AND started_at < $5 AND trap_id IS NOT NULL
        OFFSET 0
    ) AS c";

fn stored_of_pairs(
    conn: &mut PgConnection,
    client: ClientId,
    pairs: &BTreeSet<CallerOfBait>,
    (from, to): (Instant, Instant),
) -> StoreResult<Vec<StoredInterception>> {
    let (baits, callers) = columns(pairs);
    Ok(diesel::sql_query(INTERCEPTIONS)
        .bind::<Id, _>(Db(client))
        .bind::<Array<Id>, _>(baits)
        .bind::<Array<Nullable<Number>>, _>(callers)
        .bind::<InstantSql, _>(Db(from))
        .bind::<InstantSql, _>(Db(to))
        .load(conn)?)
}

fn columns(pairs: &BTreeSet<CallerOfBait>) -> (Vec<Db<BaitId>>, Vec<Option<Db<Phone>>>) {
    pairs.iter().map(|(bait, caller)| (Db(*bait), caller.map(Db))).unzip()
}
