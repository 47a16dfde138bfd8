//! Calls as the worker derived and judged them. They can be made again from
//! observations at any time; a bucket's are replaced as a whole.

mod of_number;
mod row;
mod unheard;

use std::collections::BTreeMap;

use baitline_domain::ids::{BaitId, ClientId, ObservationId, TrapId};
use baitline_domain::instant::{Day, Instant};
use baitline_domain::label::LabelKind;
use baitline_domain::matching::MATCHING_SPAN;
use baitline_domain::observation::Direction;
use baitline_domain::phone::Phone;
use baitline_domain::verdict::Verdict;
use diesel::prelude::*;

use crate::buckets::Touched;
use crate::conn::{Conn, Reach, on};
use crate::error::{StoreError, StoreResult};
use crate::models::JudgedCall;
use crate::observations;
use crate::schema::calls;
use crate::sql_types::{Db, db_all};
use row::StoredCall;
pub(crate) use unheard::unheard_calls;
pub use unheard::{Assignee, UnheardFilter, UnheardKind};

pub use of_number::{CallsOfNumber, calls_naming, latest_calls};

/// Rows inserted in one statement: 27 columns each stay under SQLite's 32,766
/// binds.
const INSERT_BATCH: usize = 1_000;
/// Rows deleted in one statement.
const DELETE_BATCH: usize = 1_000;

/// Which calls a list shows; an absent field filters nothing.
#[derive(Debug, Clone, Default)]
pub struct CallFilter {
    /// Of this bait.
    pub bait: Option<BaitId>,
    /// With this number at the other end.
    pub party: Option<Phone>,
    /// In this direction.
    pub direction: Option<Direction>,
    /// Started at or after this moment.
    pub from: Option<Instant>,
    /// Started before this moment.
    pub to: Option<Instant>,
    /// Interceptions only, which the next fields narrow.
    pub interceptions_only: Option<InterceptionFilter>,
}

/// Which interceptions a list shows.
#[derive(Debug, Clone, Default)]
pub struct InterceptionFilter {
    /// Of this trap.
    pub trap: Option<TrapId>,
    /// With this verdict.
    pub verdict: Option<Verdict>,
    /// With this label.
    pub label: Option<LabelKind>,
}

/// A slice of a list of calls, which is ordered by (start, id).
#[derive(Debug, Clone, Copy)]
pub struct CallPage {
    /// Start and id of the last row seen.
    pub after: Option<(Instant, ObservationId)>,
    /// The most rows to return.
    pub limit: i64,
}

/// The calls within reach, in order of (start, id).
pub fn list_calls(
    conn: &mut Conn,
    reach: Reach,
    filter: &CallFilter,
    page: CallPage,
) -> StoreResult<Vec<JudgedCall>> {
    let rows: Vec<StoredCall> = on!(conn, c => {
        let mut query = calls::table.select(StoredCall::as_select()).into_boxed();
        if let Some(client) = reach.client() {
            query = query.filter(calls::client_id.eq(Db(client)));
        }
        if let Some(bait) = filter.bait {
            query = query.filter(calls::bait_id.eq(Db(bait)));
        }
        if let Some(party) = filter.party {
            query = query.filter(calls::party_number.eq(Some(party)));
        }
        if let Some(direction) = filter.direction {
            query = query.filter(calls::direction.eq(Db(direction)));
        }
        if let Some(from) = filter.from {
            query = query.filter(calls::started_at.ge(Db(from)));
        }
        if let Some(to) = filter.to {
            query = query.filter(calls::started_at.lt(Db(to)));
        }
        if let Some(narrow) = &filter.interceptions_only {
            query = query.filter(calls::trap_id.is_not_null());
            if let Some(trap) = narrow.trap {
                query = query.filter(calls::trap_id.eq(Some(trap)));
            }
            if let Some(verdict) = narrow.verdict {
                query = query.filter(calls::verdict.eq(Some(verdict)));
            }
            if let Some(label) = narrow.label {
                query = query.filter(calls::label.eq(Some(label)));
            }
        }
        if let Some((at, id)) = page.after {
            query = query.filter(
                calls::started_at.gt(Db(at)).or(calls::started_at.eq(Db(at)).and(calls::id.gt(Db(id)))),
            );
        }
        query.order((calls::started_at, calls::id)).limit(page.limit).load(c)
    })?;
    rows.into_iter().map(TryInto::try_into).collect()
}

/// The call that an observation belongs to; its own id is one of them. Not
/// found until the worker has derived it.
pub fn find_call(conn: &mut Conn, reach: Reach, id: ObservationId) -> StoreResult<JudgedCall> {
    let (client, occurred_at, bait) = observations::find_observation(conn, reach, id)?;
    let bait = bait.ok_or(StoreError::NotFound)?;
    call_of(conn, client, bait, (id, occurred_at))?.ok_or(StoreError::NotFound)
}

/// The call of a bait that holds an observation of this moment.
pub(crate) fn call_of(
    conn: &mut Conn,
    client: ClientId,
    bait: BaitId,
    (id, occurred_at): (ObservationId, Instant),
) -> StoreResult<Option<JudgedCall>> {
    let rows: Vec<StoredCall> = on!(conn, c => calls::table
        .filter(calls::client_id.eq(Db(client)))
        .filter(calls::bait_id.eq(Db(bait)))
        .filter(calls::started_at.ge(Db(occurred_at - MATCHING_SPAN)))
        .filter(calls::started_at.le(Db(occurred_at)))
        .select(StoredCall::as_select())
        .load(c))?;
    for row in rows {
        let judged = JudgedCall::try_from(row)?;
        if judged.call.observations.contains(&id) {
            return Ok(Some(judged));
        }
    }
    Ok(None)
}

/// The calls of a bucket, in order of (start, id).
pub fn calls_of_day(conn: &mut Conn, client: ClientId, day: Day) -> StoreResult<Vec<JudgedCall>> {
    calls_of_bucket(conn, client, &Touched::Day, (day.start(), day.end()))
}

/// The calls of a half-open period of a bucket, of all its baits or of some, in
/// order of (start, id).
pub fn calls_of_bucket(
    conn: &mut Conn,
    client: ClientId,
    touched: &Touched,
    (from, to): (Instant, Instant),
) -> StoreResult<Vec<JudgedCall>> {
    let rows: Vec<StoredCall> = on!(conn, c => {
        let mut query = calls::table
            .filter(calls::client_id.eq(Db(client)))
            .filter(calls::started_at.ge(Db(from)))
            .filter(calls::started_at.lt(Db(to)))
            .order((calls::started_at, calls::id))
            .select(StoredCall::as_select())
            .into_boxed();
        if let Some(baits) = touched.baits() {
            query = query.filter(calls::bait_id.eq_any(db_all(baits)));
        }
        query.load(c)
    })?;
    rows.into_iter().map(TryInto::try_into).collect()
}

/// Puts these calls in the place of the whole bucket's.
pub fn replace_day(
    conn: &mut Conn,
    client: ClientId,
    day: Day,
    judged: &[JudgedCall],
) -> StoreResult<()> {
    let before = calls_of_day(conn, client, day)?;
    replace(conn, client, &before, judged).map(|_| ())
}

/// Puts these calls in the place of those that were read of the bucket, and
/// writes no more than the difference. A call whose time was corrected stands in
/// its old bucket too until that one is replaced: buckets never write to each
/// other's rows, whichever worker is faster. Whether anything differed.
pub fn replace(
    conn: &mut Conn,
    client: ClientId,
    before: &[JudgedCall],
    judged: &[JudgedCall],
) -> StoreResult<bool> {
    let place = |one: &JudgedCall| (one.call.started_at, one.call.id);
    let by_place = |calls: &'_ [JudgedCall]| -> BTreeMap<_, _> {
        calls.iter().enumerate().map(|(index, one)| (place(one), index)).collect()
    };
    let (old, new) = (by_place(before), by_place(judged));
    let gone: Vec<(Instant, ObservationId)> = old
        .iter()
        .filter(|(at, index)| new.get(at).is_none_or(|new| judged[*new] != before[**index]))
        .map(|(at, _)| *at)
        .collect();
    let come: Vec<StoredCall> = new
        .iter()
        .filter(|(at, index)| old.get(at).is_none_or(|old| before[*old] != judged[**index]))
        .map(|(_, index)| (&judged[*index]).try_into())
        .collect::<StoreResult<_>>()?;
    for chunk in gone.chunks(DELETE_BATCH) {
        let (Some(first), Some(last)) = (chunk.first(), chunk.last()) else { continue };
        on!(conn, c => diesel::delete(calls::table
            .filter(calls::client_id.eq(Db(client)))
            .filter(calls::started_at.ge(Db(first.0)))
            .filter(calls::started_at.le(Db(last.0)))
            .filter(calls::id.eq_any(chunk.iter().map(|(_, id)| Db(*id)))))
            .execute(c))?;
    }
    for chunk in come.chunks(INSERT_BATCH) {
        on!(conn, c => diesel::insert_into(calls::table).values(chunk.to_vec()).execute(c))?;
    }
    Ok(!gone.is_empty() || !come.is_empty())
}
