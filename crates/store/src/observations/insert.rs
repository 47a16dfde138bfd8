//! New observations into the table, as fast as each database takes them. What
//! is there already is left alone, and told by its absence from the answer.

use std::collections::HashSet;

use baitline_domain::ids::{ClientId, ObservationId};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{Array, BigInt, Bool, Integer, Nullable, Text};
use diesel::sqlite::{Sqlite, SqliteConnection};

use super::row::StoredObservation;
use crate::conn::Conn;
use crate::error::StoreResult;
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

/// The columns that stand here are those of a new row.
const INSERT_INTO: &str = "\
    INSERT INTO observations (client_id, id, source_id, external_id, revision, named_bait, \
    named_direction, caller_raw, called_raw, channel, reported_at, reported_at_raw, \
    connected_seconds, answered, roaming, screen_label, extra, received_at, occurred_at, bait_id, \
    direction, party_kind, party_number, derived)";

/// One array for each column: PostgreSQL reads a statement of many values far
/// more slowly.
const FROM_ARRAYS: &str = "\
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
    let inserted: Vec<Inserted> = diesel::sql_query(format!("{INSERT_INTO} {FROM_ARRAYS}"))
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

/// Rows from which on a transaction is worth a larger cache of its own.
const BULK_ROWS: usize = 1_000;
/// Kibibytes (negative, as SQLite wants them) that hold the pages of the table
/// and of its indexes that a large batch touches, which are nearly all.
const BULK_CACHE: &str = "PRAGMA cache_size = -16000";
/// SQLite's own: idle connections keep no more than this.
const USUAL_CACHE: &str = "PRAGMA cache_size = -2000";

/// One prepared statement, run for each row: with no network between, SQLite
/// takes that faster than a long statement, which it reads anew each time.
fn one_by_one(
    conn: &mut SqliteConnection,
    rows: &[&StoredObservation],
) -> StoreResult<HashSet<ObservationId>> {
    if rows.len() < BULK_ROWS {
        return insert_each(conn, rows);
    }
    conn.batch_execute(BULK_CACHE)?;
    let inserted = insert_each(conn, rows);
    // The connection goes back to the pool after a failure, too.
    conn.batch_execute(USUAL_CACHE)?;
    inserted
}

fn insert_each(
    conn: &mut SqliteConnection,
    rows: &[&StoredObservation],
) -> StoreResult<HashSet<ObservationId>> {
    let mut inserted = HashSet::with_capacity(rows.len());
    for row in rows {
        if InsertRow(row).execute(conn)? == 1 {
            inserted.insert(row.id);
        }
    }
    Ok(inserted)
}

/// The statement for one row. It has an id of its own, so that its text is put
/// together once for each connection and not once for each row.
struct InsertRow<'a>(&'a StoredObservation);

impl QueryId for InsertRow<'_> {
    type QueryId = InsertRow<'static>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl RunQueryDsl<SqliteConnection> for InsertRow<'_> {}

impl QueryFragment<Sqlite> for InsertRow<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        let row = self.0;
        out.push_sql(INSERT_INTO);
        out.push_sql(" VALUES (");
        out.push_bind_param::<Id, _>(&row.client_id)?;
        macro_rules! columns {
            ($($sql_type:ty: $field:ident),* $(,)?) => {$(
                out.push_sql(", ");
                out.push_bind_param::<$sql_type, _>(&row.$field)?;
            )*};
        }
        columns! {
            Id: id,
            Id: source_id,
            Nullable<Text>: external_id,
            BigInt: revision,
            Nullable<Text>: named_bait,
            Nullable<Word>: named_direction,
            Nullable<Text>: caller_raw,
            Nullable<Text>: called_raw,
            Word: channel,
            Instant: reported_at,
            Text: reported_at_raw,
            Nullable<Integer>: connected_seconds,
            Bool: answered,
            Bool: roaming,
            Nullable<Text>: screen_label,
            Nullable<Text>: extra,
            Instant: received_at,
            Instant: occurred_at,
            Nullable<Id>: bait_id,
            Nullable<Word>: direction,
            Nullable<Word>: party_kind,
            Nullable<Number>: party_number,
            Bool: derived,
        }
        out.push_sql(") ON CONFLICT DO NOTHING");
        Ok(())
    }
}
