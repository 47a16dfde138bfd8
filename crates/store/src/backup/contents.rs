//! What a database holds, as far as a back-up counts it: rows by table, the blobs that
//! rows name, and the heads of the audit.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use baitline_domain::audit::{Checkpoint, hex};
use baitline_domain::ids::ClientId;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Text};

use crate::audit;
use crate::blobs::BlobKind;
use crate::conn::{Conn, on};
use crate::error::StoreResult;
use crate::sql_types::{Db, Id};

/// The tables and columns that name blobs, and in which of the rows.
pub(super) const BLOB_COLUMNS: &[(&str, &str, BlobKind, &str)] = &[
    ("recordings", "sha256", BlobKind::Recording, "true"),
    ("waiting_recordings", "sha256", BlobKind::Recording, "true"),
    ("export_packages", "sha256", BlobKind::Package, "true"),
    ("export_files", "sha256", BlobKind::Package, "true"),
    ("papers", "pdf_sha256", BlobKind::Paper, "true"),
    ("papers", "docx_sha256", BlobKind::Paper, "true"),
    ("files", "sha256", BlobKind::File, "erased_at IS NULL"),
    ("segments", "sha256", BlobKind::Segment, "dropped_at IS NULL"),
    ("attachments", "sha256", BlobKind::Attachment, "true"),
];

/// A blob, by what finds it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct BlobName {
    pub(super) client: ClientId,
    pub(super) kind: BlobKind,
    pub(super) sha256: Vec<u8>,
}

impl fmt::Display for BlobName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of client {}", hex(&self.sha256), self.client)
    }
}

/// See the module.
pub(super) struct Contents {
    pub(super) rows: BTreeMap<String, u64>,
    pub(super) blobs: BTreeSet<BlobName>,
    pub(super) heads: Vec<Checkpoint>,
}

impl Contents {
    /// Reads them in the transaction at hand, which must see every row.
    pub(super) fn read(conn: &mut Conn) -> StoreResult<Self> {
        let mut rows = BTreeMap::new();
        for table in tables(conn)? {
            let counted = count(conn, &table)?;
            rows.insert(table, counted);
        }
        let mut blobs = BTreeSet::new();
        // A back-up of an earlier release has fewer tables.
        for column in BLOB_COLUMNS.iter().filter(|(table, ..)| rows.contains_key(*table)) {
            blobs.extend(blobs_of(conn, column)?);
        }
        Ok(Self { rows, blobs, heads: audit::heads(conn)? })
    }
}

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = Text)]
    name: String,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    rows: i64,
}

#[derive(QueryableByName)]
struct Named {
    #[diesel(sql_type = Id)]
    client_id: ClientId,
    #[diesel(sql_type = Binary)]
    sha256: Vec<u8>,
}

/// The names of every table.
pub(super) fn tables(conn: &mut Conn) -> StoreResult<Vec<String>> {
    let query = match conn {
        Conn::Postgres(_) => {
            "SELECT tablename::text AS name FROM pg_tables WHERE schemaname = 'public'
             ORDER BY tablename"
        }
        Conn::Sqlite(_) => {
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%'
                ESCAPE '\\' ORDER BY name"
        }
    };
    let found: Vec<Name> = on!(conn, c => diesel::sql_query(query).load(c))?;
    Ok(found.into_iter().map(|table| table.name).collect())
}

fn count(conn: &mut Conn, table: &str) -> StoreResult<u64> {
    let query = format!("SELECT count(*) AS rows FROM \"{table}\"");
    let counted: Count = on!(conn, c => diesel::sql_query(query).get_result(c))?;
    Ok(counted.rows.try_into()?)
}

fn blobs_of(
    conn: &mut Conn,
    (table, column, kind, which): &(&str, &str, BlobKind, &str),
) -> StoreResult<Vec<BlobName>> {
    let query = format!(
        "SELECT DISTINCT client_id, {column} AS sha256 FROM {table}
         WHERE {column} IS NOT NULL AND {which}"
    );
    let found: Vec<Named> = on!(conn, c => diesel::sql_query(query).load(c))?;
    let name = |row: Named| BlobName { client: row.client_id, kind: *kind, sha256: row.sha256 };
    Ok(found.into_iter().map(name).collect())
}

/// The hashes of the blobs of one kind that rows of one client name.
pub(crate) fn blobs_named(
    conn: &mut Conn,
    client: ClientId,
    kind: BlobKind,
) -> StoreResult<BTreeSet<Vec<u8>>> {
    let mut named = BTreeSet::new();
    for (table, column, _, which) in BLOB_COLUMNS.iter().filter(|one| one.2 == kind) {
        let query = format!(
            "SELECT client_id, {column} AS sha256 FROM {table}
             WHERE client_id = $1 AND {column} IS NOT NULL AND {which}"
        );
        let found: Vec<Named> =
            on!(conn, c => diesel::sql_query(query).bind::<Id, _>(Db(client)).load(c))?;
        named.extend(found.into_iter().map(|row| row.sha256));
    }
    Ok(named)
}

#[cfg(test)]
mod tests {
    use super::BLOB_COLUMNS;

    /// Hashes that are of no blob.
    const OF_NO_BLOB: &[(&str, &str)] = &[
        ("numbering_editions", "sha256"),
        ("api_keys", "secret_sha256"),
        ("kept_replies", "key_sha256"),
        ("kept_replies", "request_sha256"),
    ];

    #[test]
    fn every_column_with_the_hash_of_a_blob_is_backed_up_with_it() {
        let (mut table, mut found) = ("", Vec::new());
        for line in include_str!("../schema.rs").lines().map(str::trim) {
            if let Some((name, _)) = line.strip_suffix(") {").and_then(|l| l.split_once(" (")) {
                table = name;
            } else if let Some((column, _)) = line.split_once(" -> ")
                && column.ends_with("sha256")
                && !OF_NO_BLOB.contains(&(table, column))
            {
                found.push((table, column));
            }
        }
        found.sort_unstable();
        let mut known: Vec<(&str, &str)> =
            BLOB_COLUMNS.iter().map(|(table, column, ..)| (*table, *column)).collect();
        known.sort_unstable();
        assert_eq!(known, found);
    }
}
