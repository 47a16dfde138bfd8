//! New observations into the table, as fast as each database takes them. What
//! is there already is left alone, and told by its absence from the answer.

use std::collections::HashSet;

use baitline_domain::ids::{ClientId, ObservationId};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Integer, Nullable, Text};
use diesel::sqlite::SqliteConnection;

use super::row::StoredObservation;
use crate::conn::Conn;
use crate::error::StoreResult;
use crate::schema::observations as seen;
use crate::sql_types::{Db, Id, Instant, Number, Word};

/// Inserts the rows whose ids are new, the first one of each id, and returns
/// their ids. In order of id, so that two batches with the same calls never wait
/// for each other in a circle, and the primary key is walked once.
pub(super) fn insert_new(
    conn: &mut Conn,
    client: ClientId,
    rows: &[StoredObservation],
) -> StoreResult<HashSet<ObservationId>> {
    let mut ordered: Vec<&StoredObservation> = rows.iter().collect();
    ordered.sort_by_key(|row| row.id);
    ordered.dedup_by_key(|row| row.id);
    match conn {
        Conn::Postgres(c) => by_arrays(c, client, &ordered),
        Conn::Sqlite(c) => one_by_one(c, &ordered),
    }
}

/// One array for each column: PostgreSQL reads a statement of many values far
/// more slowly. The columns that stand here are those of a new row.
const INSERT: &str = "\
    INSERT INTO observations (client_id, id, source_id, external_id, revision, named_bait, \
    named_direction, caller_raw, called_raw, channel, reported_at, reported_at_raw, \
    connected_seconds, answered, roaming, screen_label, extra, received_at, occurred_at, bait_id, \
    direction, party_kind, party_number, derived) \
    SELECT $1, * FROM unnest($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, \
    $17, $18, $19, $20, $21, $22, $23, $24) \
    ON CONFLICT DO NOTHING RETURNING id";

#[derive(QueryableByName)]
struct Inserted {
    #[diesel(sql_type = Id)]
    id: ObservationId,
}

fn by_arrays(
    conn: &mut PgConnection,
    client: ClientId,
    rows: &[&StoredObservation],
) -> StoreResult<HashSet<ObservationId>> {
    macro_rules! column {
        ($row:ident => $value:expr) => {
            rows.iter().map(|$row| $value).collect::<Vec<_>>()
        };
    }
    let inserted: Vec<Inserted> = diesel::sql_query(INSERT)
        .bind::<Id, _>(Db(client))
        .bind::<Array<Id>, _>(column!(row => Db(row.id)))
        .bind::<Array<Id>, _>(column!(row => Db(row.source_id)))
        .bind::<Array<Nullable<Text>>, _>(column!(row => row.external_id.as_deref()))
        .bind::<Array<BigInt>, _>(column!(row => row.revision))
        .bind::<Array<Nullable<Text>>, _>(column!(row => row.named_bait.as_deref()))
        .bind::<Array<Nullable<Word>>, _>(column!(row => row.named_direction.map(Db)))
        .bind::<Array<Nullable<Text>>, _>(column!(row => row.caller_raw.as_deref()))
        .bind::<Array<Nullable<Text>>, _>(column!(row => row.called_raw.as_deref()))
        .bind::<Array<Word>, _>(column!(row => Db(row.channel)))
        .bind::<Array<Instant>, _>(column!(row => Db(row.reported_at)))
        .bind::<Array<Text>, _>(column!(row => row.reported_at_raw.as_str()))
        .bind::<Array<Nullable<Integer>>, _>(column!(row => row.connected_seconds))
        .bind::<Array<Bool>, _>(column!(row => row.answered))
        .bind::<Array<Bool>, _>(column!(row => row.roaming))
        .bind::<Array<Nullable<Text>>, _>(column!(row => row.screen_label.as_deref()))
        .bind::<Array<Nullable<Text>>, _>(column!(row => row.extra.as_deref()))
        .bind::<Array<Instant>, _>(column!(row => Db(row.received_at)))
        .bind::<Array<Instant>, _>(column!(row => Db(row.occurred_at)))
        .bind::<Array<Nullable<Id>>, _>(column!(row => row.bait_id.map(Db)))
        .bind::<Array<Nullable<Word>>, _>(column!(row => row.direction.map(Db)))
        .bind::<Array<Nullable<Word>>, _>(column!(row => row.party_kind.map(Db)))
        .bind::<Array<Nullable<Number>>, _>(column!(row => row.party_number.map(Db)))
        .bind::<Array<Bool>, _>(column!(row => row.derived))
        .load(conn)?;
    Ok(inserted.into_iter().map(|row| row.id).collect())
}

/// One prepared statement, run for each row: with no network between, SQLite
/// takes that faster than a long statement, which it reads anew each time.
fn one_by_one(
    conn: &mut SqliteConnection,
    rows: &[&StoredObservation],
) -> StoreResult<HashSet<ObservationId>> {
    let mut inserted = HashSet::with_capacity(rows.len());
    for row in rows {
        let statement = diesel::insert_into(seen::table).values((*row).clone());
        if statement.on_conflict_do_nothing().execute(conn)? == 1 {
            inserted.insert(row.id);
        }
    }
    Ok(inserted)
}
