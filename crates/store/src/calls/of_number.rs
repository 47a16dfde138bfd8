//! The calls of one number, whosever bait it called: bounded looks by the number
//! alone.

use std::collections::HashMap;

use baitline_domain::ids::{BaitId, ClientId, ObservationId};
use baitline_domain::instant::Instant;
use baitline_domain::matching::MATCHING_SPAN;
use baitline_domain::phone::Phone;
use diesel::prelude::*;

use super::row::StoredCall;
use crate::conn::{Conn, Reach, on};
use crate::error::StoreResult;
use crate::labels;
use crate::models::{JudgedCall, LabelRow};
use crate::schema::{calls, labels as heard, observations as seen};
use crate::sql_types::Db;

/// Which calls of a number are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallsOfNumber {
    /// All of them, in either direction.
    All,
    /// Those that somebody labelled.
    Labelled,
}

/// The calls with a number within reach, the latest first.
pub fn latest_calls(
    conn: &mut Conn,
    reach: Reach,
    number: Phone,
    which: CallsOfNumber,
    limit: i64,
) -> StoreResult<Vec<JudgedCall>> {
    // Each in a type of its own, so that its text is put together once for a connection.
    macro_rules! latest {
        ($($filter:expr),*) => {
            calls::table
                .select(StoredCall::as_select())
                $(.filter($filter))*
                .filter(calls::party_number.eq(Some(number)))
                .order((calls::started_at.desc(), calls::id.desc()))
                .limit(limit)
        };
    }
    let rows: Vec<StoredCall> = on!(conn, c => match (reach, which) {
        (Reach::Client(client), CallsOfNumber::All) => {
            latest!(calls::client_id.eq(Db(client))).load(c)
        }
        (Reach::Client(client), CallsOfNumber::Labelled) => {
            latest!(calls::client_id.eq(Db(client)), calls::label.is_not_null()).load(c)
        }
        (Reach::Agency, CallsOfNumber::All) => latest!().load(c),
        (Reach::Agency, CallsOfNumber::Labelled) => latest!(calls::label.is_not_null()).load(c),
    })?;
    rows.into_iter().map(TryInto::try_into).collect()
}

/// The calls within reach whose label in force names a number to call back,
/// each with that label, among the `limit` labels that named it last.
pub fn calls_naming(
    conn: &mut Conn,
    reach: Reach,
    callback: Phone,
    limit: i64,
) -> StoreResult<Vec<(JudgedCall, LabelRow)>> {
    let places = places_naming(conn, reach, callback, limit)?;
    let found = calls_at(conn, &places)?;
    let mut in_force = labels::labels_in_force(conn, &found)?;
    let named = |call: JudgedCall| {
        let label = in_force.remove(&call.call.id)?;
        (label.callback_number == Some(callback)).then_some((call, label))
    };
    Ok(found.into_iter().filter_map(named).collect())
}

/// Where an observation stands.
type Place = (ClientId, ObservationId, Instant, Option<BaitId>);

fn places_naming(
    conn: &mut Conn,
    reach: Reach,
    callback: Phone,
    limit: i64,
) -> StoreResult<Vec<Place>> {
    Ok(on!(conn, c => {
        let mut query = heard::table
            .inner_join(seen::table.on(seen::client_id
                .eq(heard::client_id)
                .and(seen::id.eq(heard::observation_id))))
            .filter(heard::callback_number.eq(Some(callback)))
            .select((seen::client_id, seen::id, seen::occurred_at, seen::bait_id))
            .into_boxed();
        if let Some(client) = reach.client() {
            query = query.filter(heard::client_id.eq(Db(client)));
        }
        query.order((heard::labelled_at.desc(), heard::id.desc())).limit(limit).load(c)
    })?)
}

/// The calls that hold these observations, each once, the latest first.
fn calls_at(conn: &mut Conn, places: &[Place]) -> StoreResult<Vec<JudgedCall>> {
    if places.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<StoredCall> = on!(conn, c => {
        let mut query = calls::table.select(StoredCall::as_select()).into_boxed();
        for &(client, _, at, bait) in places {
            query = query.or_filter(calls::client_id
                .eq(Db(client))
                .and(calls::started_at.ge(Db(at - MATCHING_SPAN)))
                .and(calls::started_at.le(Db(at)))
                .and(calls::bait_id.nullable().eq(bait)));
        }
        query.load(c)
    })?;
    let mut by_id: HashMap<(ClientId, ObservationId), JudgedCall> = HashMap::new();
    for row in rows {
        let judged = JudgedCall::try_from(row)?;
        let holds = |place: &Place| {
            place.0 == judged.client_id && judged.call.observations.contains(&place.1)
        };
        if places.iter().any(holds) {
            by_id.insert((judged.client_id, judged.call.id), judged);
        }
    }
    let mut found: Vec<JudgedCall> = by_id.into_values().collect();
    found.sort_by_key(|one| std::cmp::Reverse((one.call.started_at, one.call.id)));
    Ok(found)
}
