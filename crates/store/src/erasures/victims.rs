//! Which observations an erasure is about, whether they are held or not.

use std::collections::BTreeSet;

use baitline_domain::erasure::WrittenNumber;
use baitline_domain::ids::{BaitId, ClientId, ObservationId};
use baitline_domain::instant::Instant;
use baitline_domain::phone::Phone;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable};
use uuid::Uuid;

use crate::conn::{Conn, on};
use crate::error::{StoreError, StoreResult};
use crate::packed_ids::unpack;
use crate::schema::{calls, observations as seen};
use crate::sql_types::{self, Db, db_all};

/// Ids asked for in one statement.
const IDS_AT_A_TIME: usize = 1_000;

/// An observation that may have to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Queryable, QueryableByName)]
pub(super) struct Victim {
    #[diesel(sql_type = sql_types::Id)]
    pub(super) id: ObservationId,
    #[diesel(sql_type = Nullable<sql_types::Id>)]
    #[diesel(column_name = bait_id)]
    pub(super) bait: Option<BaitId>,
    #[diesel(sql_type = sql_types::Instant)]
    #[diesel(column_name = occurred_at)]
    pub(super) at: Instant,
    #[diesel(sql_type = Nullable<sql_types::Number>)]
    #[diesel(column_name = party_number)]
    pub(super) party: Option<Phone>,
}

/// These observations, as far as they are there.
pub(super) fn load(
    conn: &mut Conn,
    client: ClientId,
    ids: &[ObservationId],
) -> StoreResult<Vec<Victim>> {
    let mut found = Vec::new();
    for chunk in ids.chunks(IDS_AT_A_TIME) {
        let some: Vec<Victim> = on!(conn, c => seen::table
            .filter(seen::client_id.eq(Db(client)))
            .filter(seen::id.eq_any(db_all(chunk)))
            .order(seen::id)
            .select((seen::id, seen::bait_id, seen::occurred_at, seen::party_number))
            .load(c))?;
        found.extend(some);
    }
    Ok(found)
}

/// The observations of calls with a number, and of those whose bait is not known
/// yet, those that name it.
pub(super) fn of_number(
    conn: &mut Conn,
    client: ClientId,
    number: Phone,
) -> StoreResult<Vec<Victim>> {
    let mut ids: BTreeSet<ObservationId> = on!(conn, c => seen::table
        .filter(seen::client_id.eq(Db(client)))
        .filter(seen::party_number.eq(Some(number)))
        .select(seen::id)
        .load(c))?
    .into_iter()
    .collect();
    // A call may have observations that do not tell who called.
    let packed: Vec<Vec<u8>> = on!(conn, c => calls::table
        .filter(calls::client_id.eq(Db(client)))
        .filter(calls::party_number.eq(Some(number)))
        .select(calls::observations)
        .load(c))?;
    for one in packed {
        ids.extend(unpack(&one, ObservationId)?);
    }
    ids.extend(unmatched(conn, client, number)?);
    let found = load(conn, client, &ids.into_iter().collect::<Vec<_>>())?;
    // Whoever called withheld the number from some of the sources.
    Ok(found.into_iter().map(|one| Victim { party: Some(number), ..one }).collect())
}

/// The observations that tell one of these numbers.
pub(super) fn telling(
    conn: &mut Conn,
    client: ClientId,
    numbers: &[Phone],
) -> StoreResult<Vec<Victim>> {
    Ok(on!(conn, c => seen::table
        .filter(seen::client_id.eq(Db(client)))
        .filter(seen::party_number.assume_not_null().eq_any(db_all(numbers)))
        .order(seen::id)
        .select((seen::id, seen::bait_id, seen::occurred_at, seen::party_number))
        .load(c))?)
}

fn unmatched(conn: &mut Conn, client: ClientId, number: Phone) -> StoreResult<Vec<ObservationId>> {
    let written = WrittenNumber::of(number);
    let pattern = written.pattern();
    let rows: Vec<(ObservationId, Option<String>, Option<String>)> = on!(conn, c => seen::table
        .filter(seen::client_id.eq(Db(client)))
        .filter(seen::party_number.is_null())
        .filter(seen::caller_raw.like(&pattern).or(seen::called_raw.like(&pattern)))
        .select((seen::id, seen::caller_raw, seen::called_raw))
        .load(c))?;
    let names =
        |raw: &Option<String>| raw.as_ref().is_some_and(|raw| written.is_in(raw.as_bytes()));
    let named = rows.into_iter().filter(|(_, caller, called)| names(caller) || names(called));
    Ok(named.map(|(id, ..)| id).collect())
}

/// Where the search for old observations has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    at: Instant,
    id: ObservationId,
}

impl Place {
    /// Before everything.
    pub(super) const START: Self = Self { at: Instant(0), id: ObservationId(Uuid::nil()) };

    pub(super) fn behind(one: &Victim) -> Self {
        Self { at: one.at, id: one.id }
    }

    pub(super) fn write(self) -> String {
        format!("{} {}", self.at.0, self.id)
    }

    pub(super) fn read(text: &str) -> StoreResult<Self> {
        let wrong = || StoreError::Corrupt("the place of an erasure".to_owned());
        let (at, id) = text.split_once(' ').ok_or_else(wrong)?;
        let at = Instant(at.parse().map_err(|_| wrong())?);
        Ok(Self { at, id: ObservationId(Uuid::parse_str(id).map_err(|_| wrong())?) })
    }
}

/// Of the observations before that moment, those of a bait and a number that had
/// nothing to do with each other since: earlier calls bear on later ones.
const OLDER: &str = "
    SELECT id, bait_id, occurred_at, party_number FROM observations AS o
    WHERE client_id = $1 AND occurred_at < $2
        AND (occurred_at > $3 OR (occurred_at = $4 AND id > $5))
        AND NOT EXISTS (SELECT 1 FROM observations AS later
            WHERE later.client_id = o.client_id AND later.bait_id = o.bait_id
                AND later.party_number = o.party_number AND later.occurred_at >= $6)
    ORDER BY occurred_at, id LIMIT $7";

/// Observations from before that moment that no later one needs, in order.
pub(super) fn older_than(
    conn: &mut Conn,
    client: ClientId,
    before: Instant,
    after: Place,
    limit: i64,
) -> StoreResult<Vec<Victim>> {
    Ok(on!(conn, c => diesel::sql_query(OLDER)
        .bind::<sql_types::Id, _>(Db(client))
        .bind::<sql_types::Instant, _>(Db(before))
        .bind::<sql_types::Instant, _>(Db(after.at))
        .bind::<sql_types::Instant, _>(Db(after.at))
        .bind::<sql_types::Id, _>(Db(after.id))
        .bind::<sql_types::Instant, _>(Db(before))
        .bind::<BigInt, _>(limit)
        .load(c))?)
}
