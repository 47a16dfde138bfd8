//! Counts of interceptions: whole UTC days as the worker tallied them, and the
//! single interceptions of the partial days at a period's edges.

mod interception;
mod pairs;
mod replace;

use std::collections::HashSet;

use baitline_domain::ids::{BaitId, ClientId, CompetitorId, SegmentId, TrapId};
use baitline_domain::instant::{Day, Instant};
use baitline_domain::operator::Inn;
use baitline_domain::phone::Phone;
use baitline_domain::tally::{Hearing, InterceptionRow, Tally};
use baitline_domain::verdict::Verdict;
use diesel::backend::Backend;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::serialize::ToSql;
use diesel::sql_types::{BigInt, HasSqlType};

use crate::conn::{Conn, Reach, on};
use crate::error::{StoreError, StoreResult};
use crate::packed_ids::unpack;
use crate::schema::{baits, calls, clients, derived_days, interception_tallies as tallies};
use crate::segments::Lost;
use crate::sql_types::{Db, Id, Number, db_all};

use interception::StoredInterception;

pub use pairs::{CallerOfBait, interceptions_of_pairs};
pub use replace::{Replaced, replace, replace_day};

/// The table's row, but for the place it has in its bucket.
#[derive(Debug, Queryable, QueryableByName, Selectable)]
#[diesel(table_name = tallies)]
struct StoredTally {
    client_id: ClientId,
    caller: Option<Phone>,
    operator: Option<Inn>,
    region: Option<String>,
    competitors: Vec<u8>,
    bait_id: BaitId,
    bait_operator: Option<Inn>,
    trap_id: TrapId,
    verdict: Verdict,
    attempt: bool,
    hearing: Hearing,
    prior_contact: bool,
    local_day: i32,
    calls: i32,
    first_at: Instant,
    last_at: Instant,
}

/// Interceptions of a half-open period, each counted in exactly one part.
#[derive(Debug, Default)]
pub struct Counted {
    /// Whole UTC days.
    pub tallies: Vec<Tally>,
    /// What lies outside them.
    pub edges: Vec<InterceptionRow>,
}

/// Which of the period's days are read here.
#[derive(Debug, Clone, Copy)]
pub(crate) enum DaysRead<'a> {
    /// All of them.
    All,
    /// Those that no segment holds, and those of the segments that are lost.
    Unsealed(&'a Lost),
}

/// Everything that a report over a period counts, from the database alone.
pub fn interceptions_between(
    conn: &mut Conn,
    reach: Reach,
    from: Instant,
    to: Instant,
) -> StoreResult<Counted> {
    counted(conn, reach, (from, to), DaysRead::All)
}

pub(crate) fn counted(
    conn: &mut Conn,
    reach: Reach,
    (from, to): (Instant, Instant),
    read: DaysRead<'_>,
) -> StoreResult<Counted> {
    let first_whole = if from == from.day().start() { from.day() } else { from.day().next() };
    let end_of_whole = to.day();
    // Each edge lies in one day: a segment may tell of one and not of the other.
    let first_edge_ends = first_whole.start().min(to);
    let mut edges_found = edges(conn, reach, (from, first_edge_ends), read)?;
    let last_edge_begins = end_of_whole.start().max(first_edge_ends);
    edges_found.extend(edges(conn, reach, (last_edge_begins, to), read)?);
    let tallies = match read {
        _ if first_whole >= end_of_whole => Vec::new(),
        DaysRead::All => whole_days(conn, reach, first_whole, end_of_whole)?,
        DaysRead::Unsealed(lost) => unsealed_days(conn, reach, (first_whole, end_of_whole), lost)?,
    };
    Ok(Counted { tallies, edges: edges_found })
}

fn whole_days(conn: &mut Conn, reach: Reach, first: Day, end: Day) -> StoreResult<Vec<Tally>> {
    let rows: Vec<StoredTally> = on!(conn, c => {
        let mut query = tallies::table.select(StoredTally::as_select()).into_boxed();
        if let Some(client) = reach.client() {
            query = query.filter(tallies::client_id.eq(Db(client)));
        }
        query.filter(tallies::day.ge(first.0)).filter(tallies::day.lt(end.0)).load(c)
    })?;
    rows.into_iter().map(TryInto::try_into).collect()
}

fn unsealed_days(
    conn: &mut Conn,
    reach: Reach,
    (first, end): (Day, Day),
    lost: &Lost,
) -> StoreResult<Vec<Tally>> {
    let rows: Vec<StoredTally> = on!(conn, c => {
        let mut query = tallies::table
            .inner_join(derived_days::table.on(derived_days::client_id
                .eq(tallies::client_id)
                .and(derived_days::day.eq(tallies::day))))
            .select(StoredTally::as_select())
            .into_boxed();
        if let Some(client) = reach.client() {
            query = query.filter(derived_days::client_id.eq(Db(client)));
        }
        // With nothing lost the index of unsealed days is enough.
        query = if lost.is_empty() {
            query.filter(derived_days::unsealed)
        } else {
            query.filter(
                derived_days::unsealed
                    .or(derived_days::segment_id.assume_not_null().eq_any(db_all(lost))),
            )
        };
        query
            .filter(derived_days::day.ge(first.0))
            .filter(derived_days::day.lt(end.0))
            .load(c)
    })?;
    rows.into_iter().map(TryInto::try_into).collect()
}

/// The single interceptions of one client's UTC day, whatever segments say.
pub fn interceptions_of_day(
    conn: &mut Conn,
    client: ClientId,
    day: Day,
) -> StoreResult<Vec<InterceptionRow>> {
    edges(conn, Reach::Client(client), (day.start(), day.end()), DaysRead::All)
}

/// Every tally of one caller within reach, of all time: as many rows as it has
/// days and traps, whatever else is stored.
pub fn tallies_of(conn: &mut Conn, reach: Reach, caller: Phone) -> StoreResult<Vec<Tally>> {
    // Each in a type of its own, so that its text is put together once for a connection.
    macro_rules! of_caller {
        () => {
            tallies::table.select(StoredTally::as_select()).filter(tallies::caller.eq(Some(caller)))
        };
    }
    let rows: Vec<StoredTally> = on!(conn, c => match reach {
        Reach::Client(client) => of_caller!().filter(tallies::client_id.eq(Db(client))).load(c),
        Reach::Agency => of_caller!().load(c),
    })?;
    rows.into_iter().map(TryInto::try_into).collect()
}

/// How many clients other than this one have tallies of a caller. The agency's reach
/// alone sees them; it is a number, and whose they are is not read.
pub fn count_other_clients(conn: &mut Conn, own: ClientId, caller: Phone) -> StoreResult<u64> {
    let query = OtherClients { own: Db(own), caller: Db(caller) };
    let others: i64 = on!(conn, c => query.get_result(c))?;
    Ok(u64::try_from(others)?)
}

/// Goes from each client of a caller to the next in the index, whatever each has of it:
/// to count them among all tallies takes longer the more it has called. It has an id of
/// its own, so that a connection keeps it prepared.
#[derive(QueryId)]
struct OtherClients {
    own: Db<ClientId>,
    caller: Db<Phone>,
}

impl Query for OtherClients {
    type SqlType = BigInt;
}

impl<C> RunQueryDsl<C> for OtherClients {}

impl<DB> QueryFragment<DB> for OtherClients
where
    DB: Backend + HasSqlType<Number> + HasSqlType<Id>,
    Db<Phone>: ToSql<Number, DB>,
    Db<ClientId>: ToSql<Id, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql(
            "WITH RECURSIVE called (client_id) AS (
                SELECT first.client_id FROM (
                    SELECT client_id FROM interception_tallies WHERE caller = ",
        );
        out.push_bind_param::<Number, _>(&self.caller)?;
        out.push_sql(
            " ORDER BY client_id LIMIT 1
                ) AS first
                UNION ALL
                SELECT (
                    SELECT t.client_id FROM interception_tallies t WHERE t.caller = ",
        );
        out.push_bind_param::<Number, _>(&self.caller)?;
        out.push_sql(
            " AND t.client_id > called.client_id ORDER BY t.client_id LIMIT 1
                ) FROM called WHERE called.client_id IS NOT NULL
            )
            SELECT count(*) FROM called WHERE client_id <> ",
        );
        out.push_bind_param::<Id, _>(&self.own)
    }
}

fn edges(
    conn: &mut Conn,
    reach: Reach,
    (from, to): (Instant, Instant),
    read: DaysRead<'_>,
) -> StoreResult<Vec<InterceptionRow>> {
    if from >= to {
        return Ok(Vec::new());
    }
    let sealed = sealed_on(conn, reach, from.day(), read)?;
    let rows: Vec<StoredInterception> = on!(conn, c => {
        let mut query = calls::table
            .inner_join(clients::table.on(clients::client_id.eq(calls::client_id)))
            .inner_join(baits::table.on(baits::client_id
                .eq(calls::client_id)
                .and(baits::id.eq(calls::bait_id))))
            .select(StoredInterception::as_select())
            .into_boxed();
        if let Some(client) = reach.client() {
            query = query.filter(calls::client_id.eq(Db(client)));
        }
        query
            .filter(calls::trap_id.is_not_null())
            .filter(calls::started_at.ge(Db(from)))
            .filter(calls::started_at.lt(Db(to)))
            .load(c)
    })?;
    rows.into_iter()
        .filter(|row| !sealed.contains(&row.client_id))
        .filter_map(|row| row.read().transpose())
        .collect()
}

/// The clients whose segments tell of this day.
fn sealed_on(
    conn: &mut Conn,
    reach: Reach,
    day: Day,
    read: DaysRead<'_>,
) -> StoreResult<HashSet<ClientId>> {
    let DaysRead::Unsealed(lost) = read else { return Ok(HashSet::new()) };
    let rows: Vec<(ClientId, SegmentId)> = on!(conn, c => {
        let mut query = derived_days::table
            .select((derived_days::client_id, derived_days::segment_id.assume_not_null()))
            .into_boxed();
        if let Some(client) = reach.client() {
            query = query.filter(derived_days::client_id.eq(Db(client)));
        }
        query
            .filter(derived_days::day.eq(day.0))
            .filter(derived_days::unsealed.eq(false))
            .filter(derived_days::segment_id.is_not_null())
            .load(c)
    })?;
    let told = rows.into_iter().filter(|(_, segment)| !lost.contains(segment));
    Ok(told.map(|(client, _)| client).collect())
}

/// The tallies of one client's UTC day, sorted.
pub fn tallies_of_day(conn: &mut Conn, client: ClientId, day: Day) -> StoreResult<Vec<Tally>> {
    let mut found = whole_days(conn, Reach::Client(client), day, day.next())?;
    found.sort_unstable();
    Ok(found)
}

impl TryFrom<StoredTally> for Tally {
    type Error = StoreError;

    fn try_from(row: StoredTally) -> StoreResult<Self> {
        Ok(Self {
            client: row.client_id,
            caller: row.caller,
            operator: row.operator,
            region: row.region,
            competitors: unpack(&row.competitors, CompetitorId)?,
            bait: row.bait_id,
            bait_operator: row.bait_operator,
            trap: row.trap_id,
            verdict: row.verdict,
            attempt: row.attempt,
            hearing: row.hearing,
            prior_contact: row.prior_contact,
            local_day: row.local_day,
            calls: u32::try_from(row.calls)?,
            first_at: row.first_at,
            last_at: row.last_at,
        })
    }
}
