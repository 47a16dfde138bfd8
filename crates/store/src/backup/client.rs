//! Everything of one client in a folder, for the client: rows as lines of JSON, a file
//! for each table, and blobs by their hashes. Read with the client's own reach, which
//! shows nothing of others.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use baitline_domain::ids::ClientId;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use tokio::runtime::Handle;

use super::contents::{BlobName, blobs_named, tables};
use super::{BLOBS, BackupError, SUMS, at, copy, make_empty, sums, write_synced};
use crate::blobs::{BlobKind, Blobs};
use crate::conn::{Conn, Reach, on};
use crate::error::{StoreError, StoreResult};
use crate::sql_types::{Db, Id};
use crate::{Store, clients};

/// Tables that are no data of the client's: work of the program's, what is derived
/// from the rest and counted again at any time, copies of answers, and access.
const LEFT_OUT: &[&str] = &[
    "api_key_clients",
    "buckets",
    "changes",
    "derived_days",
    "erasure_days",
    "interception_tallies",
    "kept_replies",
    "sealings",
    "segment_ordinals",
    "segments",
    "touched_buckets",
];
/// Rows read at a time.
const AT_A_TIME: usize = 1_000;
/// The folder of rows.
const ROWS: &str = "rows";
/// Blobs that are evidence, not what is derived from it.
const KINDS: [BlobKind; 5] =
    [BlobKind::Recording, BlobKind::Package, BlobKind::File, BlobKind::Attachment, BlobKind::Paper];

/// What was handed over.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct HandedOver {
    /// Tables that had rows.
    pub tables: u64,
    /// Rows.
    pub rows: u64,
    /// Blobs.
    pub blobs: u64,
}

/// Writes everything of a client into a folder, which must be empty or not there, with
/// the hashes of its files. Rows are of one moment, as the database has them; salts are
/// left out. `runtime` moves the bytes.
///
/// # Errors
/// [`StoreError::NotFound`] where there is no such client.
pub fn hand_over(
    store: &Store,
    client: ClientId,
    folder: &Path,
    runtime: &Handle,
) -> Result<HandedOver, BackupError> {
    make_empty(folder)?;
    let rows = folder.join(ROWS);
    std::fs::create_dir_all(&rows).map_err(at(&rows))?;
    let (mut done, blobs) = store.read(Reach::Client(client), |conn| {
        clients::find_client(conn, client)?;
        let mut done = HandedOver::default();
        for table in tables(conn)? {
            let columns = columns_of(conn, &table)?;
            if LEFT_OUT.contains(&table.as_str()) || !columns.iter().any(|c| c == "client_id") {
                continue;
            }
            let path = rows.join(format!("{table}.ndjson"));
            let written = write_table(conn, client, (&table, &columns), &path)?;
            done.tables += u64::from(written > 0);
            done.rows += written;
        }
        let mut blobs = Vec::new();
        for kind in KINDS {
            let named = blobs_named(conn, client, kind)?;
            blobs.extend(named.into_iter().map(|sha256| BlobName { client, kind, sha256 }));
        }
        Ok((done, blobs))
    })?;
    let target = folder.join(BLOBS);
    let copies = Blobs::open(&target.clone().into())?;
    for blob in &blobs {
        runtime.block_on(copy(store.blobs(), &copies, blob))?;
    }
    let incoming = target.join(crate::blobs::INCOMING);
    if incoming.exists() {
        std::fs::remove_dir(&incoming).map_err(at(&incoming))?;
    }
    write_synced(&folder.join(SUMS), &sums::write(folder)?)?;
    done.blobs = blobs.len() as u64;
    Ok(done)
}

#[derive(QueryableByName)]
struct Column {
    #[diesel(sql_type = Text)]
    column_name: String,
}

fn columns_of(conn: &mut Conn, table: &str) -> StoreResult<Vec<String>> {
    let query = match conn {
        Conn::Postgres(_) => {
            "SELECT attname::text AS column_name FROM pg_attribute
             WHERE attrelid = ('public.' || quote_ident($1))::regclass AND attnum > 0
                AND NOT attisdropped ORDER BY attnum"
        }
        Conn::Sqlite(_) => "SELECT name AS column_name FROM pragma_table_info($1) ORDER BY cid",
    };
    let found: Vec<Column> =
        on!(conn, c => diesel::sql_query(query).bind::<Text, _>(table).load(c))?;
    Ok(found.into_iter().map(|column| column.column_name).collect())
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    place: String,
    #[diesel(sql_type = Text)]
    line: String,
}

/// The client's rows of a table as lines; a table without any has no file.
fn write_table(
    conn: &mut Conn,
    client: ClientId,
    (table, columns): (&str, &[String]),
    path: &Path,
) -> StoreResult<u64> {
    if let Conn::Postgres(c) = conn {
        c.batch_execute(&format!(
            "DECLARE handed_over CURSOR FOR SELECT '' AS place, (to_jsonb(t) - 'salt')::text AS line
             FROM \"{table}\" AS t WHERE client_id = '{client}'"
        ))?;
    }
    let mut file: Option<BufWriter<File>> = None;
    let (mut written, mut last) = (0, "-1".to_owned());
    loop {
        let lines = next_lines(conn, client, (table, columns), &last)?;
        let Some(end) = lines.last() else { break };
        last.clone_from(&end.place);
        let out = match &mut file {
            Some(out) => out,
            None => file.insert(BufWriter::new(File::create(path).map_err(failed)?)),
        };
        for Line { line, .. } in &lines {
            writeln!(out, "{line}").map_err(failed)?;
        }
        written += lines.len() as u64;
    }
    if let Some(out) = file {
        let file = out.into_inner().map_err(|error| failed(error.into_error()))?;
        file.sync_all().map_err(failed)?;
    }
    if let Conn::Postgres(c) = conn {
        c.batch_execute("CLOSE handed_over")?;
    }
    Ok(written)
}

fn next_lines(
    conn: &mut Conn,
    client: ClientId,
    (table, columns): (&str, &[String]),
    last: &str,
) -> StoreResult<Vec<Line>> {
    match conn {
        Conn::Postgres(c) => {
            Ok(diesel::sql_query(format!("FETCH {AT_A_TIME} FROM handed_over")).load(c)?)
        }
        Conn::Sqlite(c) => {
            let told = columns.iter().filter(|column| *column != "salt");
            let fields: Vec<String> = told
                .map(|column| {
                    format!(
                        "'{column}', CASE typeof(\"{column}\") WHEN 'blob' THEN hex(\"{column}\")
                         ELSE \"{column}\" END"
                    )
                })
                .collect();
            let query = format!(
                "SELECT CAST(rowid AS TEXT) AS place, json_object({}) AS line FROM \"{table}\"
                 WHERE client_id = $1 AND rowid > CAST($2 AS INTEGER)
                 ORDER BY rowid LIMIT {AT_A_TIME}",
                fields.join(", ")
            );
            Ok(diesel::sql_query(query).bind::<Id, _>(Db(client)).bind::<Text, _>(last).load(c)?)
        }
    }
}

fn failed(error: io::Error) -> StoreError {
    StoreError::Blob(format!("writing what is handed over: {error}"))
}
