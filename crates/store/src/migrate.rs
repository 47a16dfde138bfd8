//! Brings a database to the schema this program needs. Runs as the owner.

use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::migration::MigrationSource;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::audit;
use crate::conn::{Conn, DatabaseUrl, on};
use crate::error::{StoreError, StoreResult};

const POSTGRES: EmbeddedMigrations = embed_migrations!("../../migrations/postgres");
const SQLITE: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");

/// Applies what is pending and returns its names. With `grant_to`, the named
/// PostgreSQL login becomes a member of the program's two roles.
pub fn migrate(database_url: &str, grant_to: Option<&str>) -> StoreResult<Vec<String>> {
    let mut conn = DatabaseUrl::parse(database_url)?.connect()?;
    let pending = match &mut conn {
        Conn::Postgres(c) => c.has_pending_migration(POSTGRES),
        Conn::Sqlite(c) => c.has_pending_migration(SQLITE),
    };
    if pending.map_err(failed)? {
        audit::take_off(&mut conn)?;
    }
    let applied = match &mut conn {
        Conn::Postgres(c) => c.run_pending_migrations(POSTGRES).map(names),
        Conn::Sqlite(c) => c.run_pending_migrations(SQLITE).map(names),
    }
    .map_err(failed);
    // After a migration that failed, too: what it left goes on being watched.
    let put_on = audit::put_on(&mut conn);
    let applied = applied?;
    put_on?;
    if let (Conn::Postgres(c), Some(login)) = (&mut conn, grant_to) {
        let login = login.replace('"', "\"\"");
        c.batch_execute(&format!("GRANT baitline_client, baitline_all TO \"{login}\""))?;
    }
    Ok(applied)
}

/// Takes back the newest migration. For tests of the migrations themselves and
/// for a release that has to be undone.
pub fn revert_last(database_url: &str) -> StoreResult<String> {
    let mut conn = DatabaseUrl::parse(database_url)?.connect()?;
    audit::take_off(&mut conn)?;
    let reverted = match &mut conn {
        Conn::Postgres(c) => c.revert_last_migration(POSTGRES),
        Conn::Sqlite(c) => c.revert_last_migration(SQLITE),
    }
    .map(|version| version.to_string())
    .map_err(failed);
    let put_on = audit::put_on(&mut conn);
    let reverted = reverted?;
    put_on?;
    Ok(reverted)
}

/// Whether the schema is the one this program needs. Asked by logins that may
/// create nothing, so Diesel's own check, which would create its table, is out.
pub(crate) fn is_current(conn: &mut Conn) -> StoreResult<bool> {
    if !has_migrations(conn)? {
        return Ok(false);
    }
    let applied: Vec<String> = on!(conn, c => schema_migrations::table
        .select(schema_migrations::version)
        .load(c))?;
    let needed = match conn {
        Conn::Postgres(_) => versions::<diesel::pg::Pg>(&POSTGRES)?,
        Conn::Sqlite(_) => versions::<diesel::sqlite::Sqlite>(&SQLITE)?,
    };
    Ok(needed.iter().all(|version| applied.contains(version)))
}

/// Whether there is a list of applied migrations that this role may read: on an
/// empty database there is none, which is an answer and no failure.
fn has_migrations(conn: &mut Conn) -> StoreResult<bool> {
    let readable = match conn {
        Conn::Postgres(_) => {
            "EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                WHERE n.nspname = 'public' AND c.relname = '__diesel_schema_migrations'
                AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT'))"
        }
        Conn::Sqlite(_) => {
            "EXISTS (SELECT 1 FROM sqlite_master WHERE name = '__diesel_schema_migrations')"
        }
    };
    Ok(on!(conn, c => diesel::select(sql::<Bool>(readable)).get_result(c))?)
}

diesel::table! {
    #[sql_name = "__diesel_schema_migrations"]
    schema_migrations (version) {
        version -> Text,
    }
}

fn versions<DB: diesel::backend::Backend>(source: &EmbeddedMigrations) -> StoreResult<Vec<String>> {
    let migrations = MigrationSource::<DB>::migrations(source).map_err(failed)?;
    Ok(migrations.iter().map(|migration| migration.name().version().to_string()).collect())
}

fn names(versions: Vec<diesel::migration::MigrationVersion<'_>>) -> Vec<String> {
    versions.into_iter().map(|version| version.to_string()).collect()
}

fn failed(error: Box<dyn std::error::Error + Send + Sync>) -> StoreError {
    StoreError::Unavailable(format!("migration: {error}"))
}
