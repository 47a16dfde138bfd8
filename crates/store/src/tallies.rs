//! Counts of interceptions: whole UTC days as the worker tallied them, and the
//! single interceptions of the partial days at a period's edges.

use std::collections::{BTreeMap, BTreeSet};

use baitline_domain::ids::{BaitId, ClientId, CompetitorId, TrapId};
use baitline_domain::instant::{Day, Instant};
use baitline_domain::label::LabelKind;
use baitline_domain::operator::Inn;
use baitline_domain::phone::Phone;
use baitline_domain::tally::{Hearing, InterceptionRow, Tally};
use baitline_domain::verdict::Verdict;
use diesel::prelude::*;
use jiff::tz::TimeZone;

use crate::buckets::Touched;
use crate::conn::{Conn, Reach, on};
use crate::error::{StoreError, StoreResult};
use crate::packed_ids::{pack, unpack};
use crate::schema::{baits, calls, clients, interception_tallies as tallies};
use crate::sql_types::{Db, db_all};

/// Rows inserted in one statement: 18 columns each stay under SQLite's 32,766
/// binds.
const INSERT_BATCH: usize = 1_800;
/// Rows deleted in one statement.
const DELETE_BATCH: usize = 10_000;

/// The table's row, but for the place it has in its bucket.
#[derive(Debug, Queryable, Selectable)]
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

/// Everything that a report over a period counts.
pub fn interceptions_between(
    conn: &mut Conn,
    reach: Reach,
    from: Instant,
    to: Instant,
) -> StoreResult<Counted> {
    let first_whole = if from == from.day().start() { from.day() } else { from.day().next() };
    let end_of_whole = to.day();
    if first_whole >= end_of_whole {
        return Ok(Counted { tallies: Vec::new(), edges: edges(conn, reach, from, to)? });
    }
    let mut edges_found = edges(conn, reach, from, first_whole.start())?;
    edges_found.extend(edges(conn, reach, end_of_whole.start(), to)?);
    let tallies = whole_days(conn, reach, first_whole, end_of_whole)?;
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

/// Every tally of one caller within reach, of all time: as many rows as it has
/// days and traps, whatever else is stored.
pub fn tallies_of(conn: &mut Conn, reach: Reach, caller: Phone) -> StoreResult<Vec<Tally>> {
    let rows: Vec<StoredTally> = on!(conn, c => {
        let mut query = tallies::table.select(StoredTally::as_select()).into_boxed();
        if let Some(client) = reach.client() {
            query = query.filter(tallies::client_id.eq(Db(client)));
        }
        query.filter(tallies::caller.eq(Some(caller))).load(c)
    })?;
    rows.into_iter().map(TryInto::try_into).collect()
}

type EdgeRow = (
    (ClientId, String, Option<Phone>, Option<Inn>),
    (Option<String>, Vec<u8>),
    (BaitId, Option<Inn>, Option<TrapId>, Option<Verdict>),
    (bool, Option<LabelKind>, bool, Instant),
);

fn edges(
    conn: &mut Conn,
    reach: Reach,
    from: Instant,
    to: Instant,
) -> StoreResult<Vec<InterceptionRow>> {
    if from >= to {
        return Ok(Vec::new());
    }
    let rows: Vec<EdgeRow> = on!(conn, c => {
        let mut query = calls::table
            .inner_join(clients::table.on(clients::client_id.eq(calls::client_id)))
            .inner_join(baits::table.on(baits::client_id
                .eq(calls::client_id)
                .and(baits::id.eq(calls::bait_id))))
            .select((
                (calls::client_id, clients::time_zone, calls::party_number, calls::caller_operator),
                (calls::caller_region, calls::competitors),
                (calls::bait_id, baits::operator, calls::trap_id, calls::verdict),
                (calls::attempt, calls::label, calls::prior_contact, calls::started_at),
            ))
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
    rows.into_iter().filter_map(|row| interception(row).transpose()).collect()
}

/// `None` for a call without a verdict, which is no interception.
fn interception(row: EdgeRow) -> StoreResult<Option<InterceptionRow>> {
    let (
        (client, time_zone, caller, operator),
        (region, competitors),
        (bait, bait_operator, trap, verdict),
        (attempt, label, prior_contact, started_at),
    ) = row;
    let (Some(trap), Some(verdict)) = (trap, verdict) else { return Ok(None) };
    let zone = TimeZone::get(&time_zone)
        .map_err(|_| StoreError::Corrupt(format!("no time zone is called {time_zone:?}")))?;
    Ok(Some(InterceptionRow {
        client,
        caller,
        operator,
        region,
        competitors: unpack(&competitors, CompetitorId)?,
        bait,
        bait_operator,
        trap,
        verdict,
        attempt,
        hearing: label.into(),
        prior_contact,
        local_day: started_at.local_day(&zone),
        started_at,
    }))
}

/// Puts these tallies in the place of the whole bucket's.
pub fn replace_day(conn: &mut Conn, client: ClientId, day: Day, rows: &[Tally]) -> StoreResult<()> {
    replace(conn, client, day, &Touched::Day, rows)
}

/// Puts these tallies in the place of those of what is touched of the bucket, and
/// writes no more than the difference: a tally keeps its place, and a new one
/// comes after all of the day's.
pub fn replace(
    conn: &mut Conn,
    client: ClientId,
    day: Day,
    touched: &Touched,
    rows: &[Tally],
) -> StoreResult<()> {
    let standing = standing(conn, client, day, touched)?;
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
    let come: Vec<&Tally> = new.into_iter().filter(|row| !standing.contains_key(row)).collect();
    if come.is_empty() {
        return Ok(());
    }
    insert(conn, client, day, &come)
}

/// The tallies of what is touched of a bucket, each with its place.
fn standing(
    conn: &mut Conn,
    client: ClientId,
    day: Day,
    touched: &Touched,
) -> StoreResult<BTreeMap<Tally, i32>> {
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
