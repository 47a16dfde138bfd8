//! What waits for the worker, in the order in which it is taken: the latest days
//! first, so that a backfill of months keeps no call of today waiting, and of the
//! older ones every client's in turn.

use std::cmp::Reverse;

use baitline_domain::ids::ClientId;
use baitline_domain::instant::Day;
use diesel::prelude::*;
use uuid::Uuid;

use crate::changes;
use crate::conn::{Conn, Reach, on};
use crate::error::StoreResult;
use crate::schema::touched_buckets as touched;
use crate::sql_types::Db;

/// Clients whose older days are looked at in one turn.
const CLIENTS_AT_A_TIME: usize = 4;

/// Buckets that wait from `recent` on, the latest days first; of a day those of the
/// clients that come after `last` in turn, so that one who is never silent keeps no
/// other waiting. At most twice `limit`.
pub fn recent_buckets(
    conn: &mut Conn,
    recent: Day,
    last: Option<ClientId>,
    limit: i64,
) -> StoreResult<Vec<(ClientId, Day)>> {
    // Before every client, where nobody had a turn.
    let last = last.unwrap_or(ClientId(Uuid::nil()));
    let waiting = || {
        touched::table
            .filter(touched::day.ge(recent.0))
            .select((touched::client_id, touched::day))
            .distinct()
            .order((touched::day.desc(), touched::client_id))
            .limit(limit)
    };
    let mut rows: Vec<(ClientId, i32)> =
        on!(conn, c => waiting().filter(touched::client_id.gt(Db(last))).load(c))?;
    let first: Vec<(ClientId, i32)> =
        on!(conn, c => waiting().filter(touched::client_id.le(Db(last))).load(c))?;
    rows.extend(first);
    rows.sort_by_key(|(_, day)| Reverse(*day));
    Ok(rows.into_iter().map(|(client, day)| (client, Day(day))).collect())
}

/// Buckets that wait from before `end`: of the clients that come after `last`
/// in turn, each one's earliest `limit` days in order, since what a day learns may
/// touch the days after it.
pub fn older_buckets(
    conn: &mut Conn,
    end: Day,
    last: Option<ClientId>,
    limit: i64,
) -> StoreResult<Vec<(ClientId, Day)>> {
    let mut found = Vec::new();
    let mut clients: Vec<ClientId> = Vec::new();
    let mut after = last;
    while clients.len() < CLIENTS_AT_A_TIME {
        let next = match next_client(conn, end, after)? {
            // The last one is followed by the first.
            None if after.is_some() => next_client(conn, end, None)?,
            next => next,
        };
        let Some(client) = next.filter(|client| !clients.contains(client)) else { break };
        let days: Vec<i32> = on!(conn, c => touched::table
            .filter(touched::client_id.eq(Db(client)))
            .filter(touched::day.lt(end.0))
            .select(touched::day)
            .distinct()
            .order(touched::day)
            .limit(limit)
            .load(c))?;
        found.extend(days.into_iter().map(|day| (client, Day(day))));
        clients.push(client);
        after = Some(client);
    }
    Ok(found)
}

/// The first client after another one with an older day that waits.
fn next_client(
    conn: &mut Conn,
    end: Day,
    after: Option<ClientId>,
) -> StoreResult<Option<ClientId>> {
    Ok(on!(conn, c => {
        let mut query = touched::table
            .filter(touched::day.lt(end.0))
            .select(touched::client_id)
            .into_boxed();
        if let Some(after) = after {
            query = query.filter(touched::client_id.gt(Db(after)));
        }
        query.order(touched::client_id).first(c).optional()
    })?)
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
