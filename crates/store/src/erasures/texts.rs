//! Takes a number out of every text of a client's, whichever table it stands in: the
//! catalogue says which there are, so that none that is added later is forgotten.

use baitline_domain::erasure::WrittenNumber;
use baitline_domain::ids::ClientId;
use baitline_domain::phone::Phone;
use diesel::prelude::*;
use diesel::sql_types::Text;

use crate::conn::{Conn, on};
use crate::error::StoreResult;
use crate::sql_types::{Db, Id};

/// Tables that are left alone: what is derived is derived again, the audit has no
/// text of people's, and keys are no client's.
const LEFT_OUT: &[&str] = &[
    "calls",
    "interception_tallies",
    "audit_waiting",
    "audit_entries",
    "audit_heads",
    "api_key_clients",
];
/// Rows read at a time.
const AT_A_TIME: i64 = 500;

#[derive(QueryableByName)]
struct Column {
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = Text)]
    column_name: String,
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = Text)]
    place: String,
    #[diesel(sql_type = Text)]
    content: String,
}

/// The tables with texts of clients, in order of name, each with those columns.
fn tables(conn: &mut Conn) -> StoreResult<Vec<(String, Vec<String>)>> {
    let query = match conn {
        Conn::Postgres(_) => {
            "SELECT c.relname::text AS table_name, a.attname::text AS column_name
             FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
             WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
                AND a.atttypid = 'text'::regtype AND NOT a.attisdropped
                AND EXISTS (SELECT FROM pg_attribute b
                    WHERE b.attrelid = c.oid AND b.attname = 'client_id')
             ORDER BY 1, 2"
        }
        Conn::Sqlite(_) => {
            "SELECT m.name AS table_name, c.name AS column_name
             FROM main.sqlite_master m JOIN pragma_table_info(m.name) c
             WHERE m.type = 'table' AND c.type = 'TEXT'
                AND EXISTS (SELECT 1 FROM pragma_table_info(m.name) b WHERE b.name = 'client_id')
             ORDER BY 1, 2"
        }
    };
    let found: Vec<Column> = on!(conn, c => diesel::sql_query(query).load(c))?;
    let mut tables: Vec<(String, Vec<String>)> = Vec::new();
    for Column { table_name, column_name } in found {
        if LEFT_OUT.contains(&table_name.as_str()) {
            continue;
        }
        match tables.last_mut() {
            Some((last, columns)) if *last == table_name => columns.push(column_name),
            _ => tables.push((table_name, vec![column_name])),
        }
    }
    Ok(tables)
}

/// Takes the number out of the texts of the first table after this one; `None` when
/// there is none left. Which table it was, and how many texts changed.
pub(super) fn replace_in_next(
    conn: &mut Conn,
    client: ClientId,
    number: Phone,
    after: Option<&str>,
) -> StoreResult<Option<(String, u64)>> {
    let next =
        tables(conn)?.into_iter().find(|(name, _)| after.is_none_or(|last| last < name.as_str()));
    let Some((table, columns)) = next else { return Ok(None) };
    let written = WrittenNumber::of(number);
    let mut changed = 0;
    for column in columns {
        changed += replace_in(conn, client, &written, (&table, &column))?;
    }
    Ok(Some((table, changed)))
}

fn replace_in(
    conn: &mut Conn,
    client: ClientId,
    written: &WrittenNumber,
    (table, column): (&str, &str),
) -> StoreResult<u64> {
    // Where a row stands, for as long as this transaction sees it. What is changed may
    // stand further on and is read once more, for nothing.
    let (place, row, mut last) = match conn {
        Conn::Postgres(_) => ("ctid::text", "ctid", "(0,0)".to_owned()),
        Conn::Sqlite(_) => ("CAST(rowid AS TEXT)", "rowid", "-1".to_owned()),
    };
    let cast = |bind: &str| match row {
        "ctid" => format!("{bind}::tid"),
        _ => format!("CAST({bind} AS INTEGER)"),
    };
    let find = format!(
        "SELECT {place} AS place, \"{column}\" AS content FROM {table}
         WHERE client_id = $1 AND \"{column}\" LIKE $2 AND {row} > {}
         ORDER BY {row} LIMIT {AT_A_TIME}",
        cast("$3")
    );
    let update = format!(
        "UPDATE {table} SET \"{column}\" = $1 WHERE {row} = {} AND client_id = $3
            AND \"{column}\" = $4",
        cast("$2")
    );
    let mut changed = 0;
    loop {
        let some: Vec<Found> = on!(conn, c => diesel::sql_query(find.as_str())
            .bind::<Id, _>(Db(client))
            .bind::<Text, _>(written.pattern())
            .bind::<Text, _>(&last)
            .load(c))?;
        let Some(end) = some.last() else { return Ok(changed) };
        last.clone_from(&end.place);
        for Found { place, content } in some {
            let Some(clean) = written.replaced_in(&content) else { continue };
            let done = on!(conn, c => diesel::sql_query(update.as_str())
                .bind::<Text, _>(&clean)
                .bind::<Text, _>(&place)
                .bind::<Id, _>(Db(client))
                .bind::<Text, _>(&content)
                .execute(c))?;
            changed += u64::try_from(done)?;
        }
    }
}
