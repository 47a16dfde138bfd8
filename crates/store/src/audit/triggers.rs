//! The triggers that see every change of an audited table.
//!
//! On PostgreSQL they are the database's, made anew after each migration, and also see
//! what is done past the program. On SQLite they are those of each connection of the
//! program and call into it: a stranger's tool can open the file without them.

use baitline_domain::audit::{AuditChange, hex};
use baitline_domain::ids::ClientId;
use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel::sqlite::SqliteConnection;
use std::collections::BTreeSet;
use uuid::Uuid;

use super::AGENCY;
use super::note::{Note, draft};
use super::tables::{AUDITED, Audited};
use crate::conn::Conn;
use crate::error::StoreResult;

diesel::define_sql_function! {
    /// Hands a change over to the program; SQLite only.
    fn audit_note(
        noun: diesel::sql_types::Text,
        change: diesel::sql_types::Text,
        client: diesel::sql_types::Nullable<diesel::sql_types::Binary>,
        subject: diesel::sql_types::Text,
        content: diesel::sql_types::Text
    ) -> diesel::sql_types::Integer;
}

#[derive(QueryableByName)]
struct OnTable {
    #[diesel(sql_type = Text)]
    table_name: String,
    /// In hexadecimal digits, each argument ended by a zero byte.
    #[diesel(sql_type = Text)]
    arguments: String,
    #[diesel(sql_type = diesel::sql_types::Bool)]
    enabled: bool,
}

const INSTALLED: &str = "
    SELECT c.relname::text AS table_name, encode(t.tgargs, 'hex') AS arguments,
        t.tgenabled IN ('O', 'A') AS enabled
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
    WHERE t.tgname = 'audit_row' AND c.relnamespace = 'public'::regnamespace";

#[derive(QueryableByName)]
struct Table {
    #[diesel(sql_type = Text)]
    table_name: String,
}

/// Those that can have the trigger: the older of the migrations make no function for it.
const TABLES: &str = "
    SELECT tablename::text AS table_name FROM pg_tables
    WHERE schemaname = 'public' AND to_regproc('public.audit_row') IS NOT NULL";

/// Whether every audited table has its trigger, as this program needs it; a later
/// release may have more of them.
pub(crate) fn are_on(conn: &mut Conn) -> StoreResult<bool> {
    let Conn::Postgres(c) = conn else { return Ok(true) };
    let mut needed = AUDITED.iter().map(|one| (one.table.to_owned(), hex(&arguments(one))));
    let works = installed(c)?.into_iter().filter(|on| on.enabled);
    let works: BTreeSet<_> = works.map(|on| (on.table_name, on.arguments)).collect();
    Ok(needed.all(|one| works.contains(&one)))
}

/// Puts the triggers on every audited table that is there, where one is missing or
/// another's.
pub(crate) fn put_on(conn: &mut Conn) -> StoreResult<()> {
    if are_on(conn)? {
        return Ok(());
    }
    take_off(conn)?;
    let Conn::Postgres(c) = conn else { return Ok(()) };
    let there: Vec<Table> = diesel::sql_query(TABLES).load(c)?;
    let is_there = |one: &&Audited| there.iter().any(|table| table.table_name == one.table);
    let mut statements = String::from("BEGIN;");
    for Audited { table, noun, id, ignored } in AUDITED.iter().filter(is_there) {
        let ignored = ignored.join(",");
        statements.push_str(&format!(
            "CREATE TRIGGER audit_row AFTER INSERT OR UPDATE OR DELETE ON {table}
             FOR EACH ROW EXECUTE FUNCTION audit_row('{noun}', '{id}', '{ignored}');"
        ));
    }
    statements.push_str("COMMIT");
    Ok(c.batch_execute(&statements)?)
}

/// Takes the triggers off: what a migration does to rows is nobody's act, and the
/// owner, whom policies bind, could not write of it.
pub(crate) fn take_off(conn: &mut Conn) -> StoreResult<()> {
    let Conn::Postgres(c) = conn else { return Ok(()) };
    // One that somebody switched off, too.
    for OnTable { table_name, .. } in installed(c)? {
        c.batch_execute(&format!("DROP TRIGGER audit_row ON {table_name}"))?;
    }
    Ok(())
}

fn installed(conn: &mut PgConnection) -> StoreResult<Vec<OnTable>> {
    Ok(diesel::sql_query(INSTALLED).load(conn)?)
}

/// As the catalogue keeps them.
fn arguments(table: &Audited) -> Vec<u8> {
    format!("{}\0{}\0{}\0", table.noun, table.id, table.ignored.join(",")).into_bytes()
}

#[derive(QueryableByName)]
struct ColumnOf {
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = Text)]
    column_name: String,
}

const COLUMNS: &str = "
    SELECT m.name AS table_name, c.name AS column_name
    FROM main.sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table'
    ORDER BY m.name, c.cid";

/// Lets a connection of the program see what it changes. A database without the
/// tables, which is refused elsewhere, has none.
pub(crate) fn on_connection(conn: &mut SqliteConnection) -> StoreResult<()> {
    audit_note_utils::register_nondeterministic_impl(conn, take_over)?;
    let columns: Vec<ColumnOf> = diesel::sql_query(COLUMNS).load(conn)?;
    let mut statements = String::new();
    for table in AUDITED {
        let names: Vec<&str> = columns
            .iter()
            .filter(|column| column.table_name == table.table)
            .map(|column| column.column_name.as_str())
            .collect();
        if !names.is_empty() {
            statements.push_str(&triggers_of(table, &names));
        }
    }
    Ok(conn.batch_execute(&statements)?)
}

fn triggers_of(table: &Audited, columns: &[&str]) -> String {
    let Audited { table: name, noun, id, .. } = table;
    let (old, new) = (content(table, columns, "OLD"), content(table, columns, "NEW"));
    let client = |row: &str| {
        if columns.contains(&"client_id") { format!("{row}.client_id") } else { "NULL".to_owned() }
    };
    let trigger = |event: &str, when: &str, change: AuditChange, row: &str, content: &str| {
        let client = client(row);
        let subject = text(row, id);
        format!(
            "CREATE TEMP TRIGGER audit_{name}_{event} AFTER {event} ON main.{name} {when}
             BEGIN SELECT audit_note('{noun}', '{change}', {client}, {subject}, {content}); END;"
        )
    };
    let differs = format!("WHEN {old} IS NOT {new}");
    [
        trigger("INSERT", "", AuditChange::Made, "NEW", &new),
        trigger("UPDATE", &differs, AuditChange::Changed, "NEW", &new),
        trigger("DELETE", "", AuditChange::Removed, "OLD", &old),
    ]
    .concat()
}

/// A row as a JSON object of its columns.
fn content(table: &Audited, columns: &[&str], row: &str) -> String {
    let counted = columns.iter().filter(|column| !table.ignored.contains(column));
    let fields: Vec<String> = counted
        .map(|column| {
            format!(
                "'{column}', CASE typeof({row}.\"{column}\")
                 WHEN 'blob' THEN hex({row}.\"{column}\") ELSE {row}.\"{column}\" END"
            )
        })
        .collect();
    format!("json_object({})", fields.join(", "))
}

fn text(row: &str, column: &str) -> String {
    format!(
        "CASE typeof({row}.{column}) WHEN 'blob' THEN hex({row}.{column})
         ELSE CAST({row}.{column} AS TEXT) END"
    )
}

/// What a trigger of SQLite says. A failure has no way out but the panic that Diesel
/// makes an error of; there is none, for the statements are those above.
fn take_over(
    noun: String,
    change: String,
    client: Option<Vec<u8>>,
    subject: String,
    content: String,
) -> i32 {
    let client = client.and_then(|bytes| Uuid::from_slice(&bytes).ok());
    // An id comes as its bytes' digits, a key's id or a code as it is.
    let subject = Uuid::try_parse(&subject).map_or(subject, |id| id.to_string());
    let noted = Note {
        noun: &noun,
        subject: &subject,
        change: AuditChange::parse(&change).unwrap_or(AuditChange::Changed),
        items: 1,
        content: content.as_bytes(),
    };
    i32::from(draft(client.map_or(AGENCY, ClientId), &noted))
}
