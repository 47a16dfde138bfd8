//! Row-level security, asked in raw SQL as the application's login: a query
//! that forgot its client shows nothing of another one. PostgreSQL only.

use baitline_store::{Conn, Page, Reach, clients};
use baitline_testkit::{Role, TestDatabase};
use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use crate::support::{self, Opened};
use crate::world::{Furnished, furnish};

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = Text)]
    name: String,
}

fn names(conn: &mut PgConnection, query: &str) -> Vec<String> {
    let found: Vec<Name> = diesel::sql_query(query).load(conn).unwrap();
    found.into_iter().map(|row| row.name).collect()
}

fn count(conn: &mut PgConnection, query: &str) -> i64 {
    #[derive(QueryableByName)]
    struct Answer {
        #[diesel(sql_type = BigInt)]
        answer: i64,
    }
    let answer: Answer = diesel::sql_query(format!("SELECT count(*) AS answer FROM {query}"))
        .get_result(conn)
        .unwrap();
    answer.answer
}

/// Every table that has clients.
fn client_tables(conn: &mut PgConnection) -> Vec<String> {
    names(
        conn,
        "SELECT c.relname::text AS name FROM pg_class c
         JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'client_id'
         WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
         ORDER BY c.relname",
    )
}

fn two_clients() -> (Opened, Furnished, Furnished) {
    let opened = support::open(TestDatabase::postgres());
    let (ours, theirs) = (furnish(&opened, "наш"), furnish(&opened, "чужой"));
    (opened, ours, theirs)
}

/// Begins a transaction as the application works: a role, and whose rows.
fn begin(conn: &mut PgConnection, role: &str, clients: &str) {
    conn.batch_execute(&format!(
        "BEGIN; SET LOCAL ROLE {role}; SET LOCAL baitline.client_ids = '{clients}'"
    ))
    .unwrap();
}

#[test]
fn a_client_sees_its_own_rows_in_every_table_and_none_of_another() {
    let (opened, ours, theirs) = two_clients();
    let mut conn = support::postgres(&opened.database, Role::Application);
    let tables = client_tables(&mut support::postgres(&opened.database, Role::Superuser));
    assert!(tables.len() > 15, "{tables:?}");
    for table in tables.iter().filter(|table| *table != "api_key_clients") {
        begin(&mut conn, "baitline_all", "");
        for one in [&ours, &theirs] {
            let mine = format!("{table} WHERE client_id = '{}'", one.client.id);
            assert!(count(&mut conn, &mine) > 0, "{table} shows nothing to the worker");
        }
        conn.batch_execute("ROLLBACK").unwrap();
        begin(&mut conn, "baitline_client", &ours.client.id.to_string());
        let own = format!("{table} WHERE client_id = '{}'", ours.client.id);
        assert!(count(&mut conn, &own) > 0, "{table}");
        assert_eq!(count(&mut conn, &own), count(&mut conn, table), "{table}");
        conn.batch_execute("ROLLBACK").unwrap();
    }
}

#[test]
fn a_client_that_is_not_said_sees_nothing() {
    let (opened, ..) = two_clients();
    let mut conn = support::postgres(&opened.database, Role::Application);
    let tables = client_tables(&mut support::postgres(&opened.database, Role::Superuser));
    for setting in ["", "SET LOCAL baitline.client_ids = ''"] {
        for table in &tables {
            conn.batch_execute(&format!("BEGIN; SET LOCAL ROLE baitline_client; {setting}"))
                .unwrap();
            assert_eq!(count(&mut conn, table), 0, "{table} with {setting:?}");
            conn.batch_execute("ROLLBACK").unwrap();
        }
    }
}

/// Whatever is asked about everybody comes first: what follows in the same transaction is
/// bound, also where a query forgets its client.
#[test]
fn what_follows_a_question_about_everybody_sees_one_client() {
    let (opened, ours, _) = two_clients();
    let all = |conn: &mut Conn| clients::list_clients(conn, Reach::Agency, Page::WHOLE);
    let (before, after) = opened.store.look_up_after(all, ours.client.id, all).unwrap();
    assert_eq!((before.len(), after.len()), (2, 1));
    assert_eq!(after[0].id, ours.client.id);
}

#[test]
fn the_login_alone_may_read_no_table() {
    let (opened, ..) = two_clients();
    let mut conn = support::postgres(&opened.database, Role::Application);
    for table in client_tables(&mut support::postgres(&opened.database, Role::Superuser)) {
        let refused = conn.batch_execute(&format!("SELECT FROM {table}")).unwrap_err();
        assert!(refused.to_string().contains("permission denied"), "{table}: {refused}");
    }
}

#[test]
fn the_owner_is_bound_as_well() {
    let (opened, ..) = two_clients();
    let mut conn = support::postgres(&opened.database, Role::Owner);
    for table in client_tables(&mut support::postgres(&opened.database, Role::Superuser)) {
        assert_eq!(count(&mut conn, &table), 0, "{table}");
    }
}

/// Tries a statement as a client, and says why it was refused.
fn refusal(conn: &mut PgConnection, client: &Furnished, table: &str, statement: &str) -> String {
    let theirs = format!(
        "BEGIN; SET LOCAL ROLE baitline_all;
         CREATE TEMPORARY TABLE stolen ON COMMIT DROP AS
            SELECT * FROM {table} WHERE client_id <> '{}' LIMIT 1;
         GRANT SELECT ON stolen TO baitline_client;
         SET LOCAL ROLE baitline_client; SET LOCAL baitline.client_ids = '{}'",
        client.client.id, client.client.id
    );
    conn.batch_execute(&theirs).unwrap();
    assert_eq!(count(conn, "stolen"), 1, "{table}");
    let refused = conn.batch_execute(statement).expect_err(statement).to_string();
    conn.batch_execute("ROLLBACK").unwrap();
    refused
}

#[test]
fn a_client_writes_no_row_of_another() {
    let (opened, ours, theirs) = two_clients();
    let mut conn = support::postgres(&opened.database, Role::Application);
    let mut by_policy = 0;
    for table in client_tables(&mut support::postgres(&opened.database, Role::Superuser)) {
        let insert = format!("INSERT INTO {table} SELECT * FROM stolen");
        let hand_over = format!("UPDATE {table} SET client_id = '{}'", theirs.client.id);
        for statement in [insert, hand_over] {
            let refused = refusal(&mut conn, &ours, &table, &statement);
            let policy = refused.contains("row-level security");
            assert!(policy || refused.contains("permission denied"), "{statement}: {refused}");
            by_policy += i32::from(policy);
        }
    }
    assert!(by_policy >= 10, "only {by_policy} statements met a policy");
}

#[test]
fn a_client_changes_no_row_of_another_and_deletes_none_at_all() {
    let (opened, ours, theirs) = two_clients();
    let mut conn = support::postgres(&opened.database, Role::Application);
    for table in client_tables(&mut support::postgres(&opened.database, Role::Superuser)) {
        let refused = refusal(&mut conn, &ours, &table, &format!("DELETE FROM {table}"));
        assert!(refused.contains("permission denied"), "{table}: {refused}");
    }
    begin(&mut conn, "baitline_client", &ours.client.id.to_string());
    for (statement, expected) in [
        (format!("UPDATE baits SET note = 'x' WHERE id = '{}'", theirs.bait.id), 0),
        (format!("UPDATE baits SET note = 'x' WHERE id = '{}'", ours.bait.id), 1),
        (format!("UPDATE exports SET problem = 'x' WHERE id = '{}'", theirs.export.id), 0),
        (format!("UPDATE clients SET name = 'x' WHERE client_id = '{}'", theirs.client.id), 0),
    ] {
        assert_eq!(diesel::sql_query(&statement).execute(&mut conn), Ok(expected), "{statement}");
    }
}

#[test]
fn a_key_is_seen_only_by_its_own_id() {
    let (opened, ours, theirs) = two_clients();
    let mut conn = support::postgres(&opened.database, Role::Application);
    begin(&mut conn, "baitline_client", &ours.client.id.to_string());
    assert_eq!(count(&mut conn, "api_keys"), 0, "not even its own without the id");
    for one in [&ours, &theirs] {
        conn.batch_execute(&format!("SET LOCAL baitline.key_id = '{}'", one.key_id)).unwrap();
        for table in ["api_keys", "api_key_clients"] {
            let seen = names(&mut conn, &format!("SELECT key_id AS name FROM {table}"));
            assert_eq!(seen, std::slice::from_ref(&one.key_id), "{table}");
        }
    }
    conn.batch_execute("SET LOCAL baitline.key_id = 'no-such-key'").unwrap();
    assert_eq!(count(&mut conn, "api_keys"), 0);
    assert_eq!(count(&mut conn, "api_key_clients"), 0);
}

/// What is wrong with the barrier: a table with clients that is not bound, or
/// whose policies are not exactly the ones of all others.
fn holes(conn: &mut PgConnection) -> Vec<String> {
    names(
        conn,
        "WITH client_tables AS (
            SELECT c.oid, c.relname::text AS name, c.relrowsecurity AND c.relforcerowsecurity AS bound
            FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'client_id'
            WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')),
         policies AS (
            SELECT tablename::text AS name, policyname::text AS policy,
                roles = '{baitline_all}' AND qual = 'true' AS is_of_all,
                roles = '{baitline_client}' AND permissive = 'PERMISSIVE' AND qual = CASE
                    WHEN tablename IN ('api_keys', 'api_key_clients') THEN '(key_id = current_setting(''baitline.key_id''::text, true))'
                    ELSE '(client_id = (NULLIF(current_setting(''baitline.client_ids''::text, true), '
                        || '''''::text))::uuid)'
                    END AS is_of_client
            FROM pg_policies WHERE schemaname = 'public')
         SELECT name || ' is not bound' AS name FROM client_tables WHERE NOT bound
         UNION ALL SELECT name || ' has an unknown policy ' || policy FROM policies
            WHERE NOT (is_of_all OR is_of_client)
         UNION ALL SELECT t.name || ' lacks a policy' FROM client_tables t
            WHERE NOT (SELECT coalesce(bool_or(is_of_all) AND bool_or(is_of_client), false)
                FROM policies p WHERE p.name = t.name)",
    )
}

#[test]
fn the_barrier_has_no_hole() {
    let database = TestDatabase::postgres();
    assert_eq!(holes(&mut support::postgres(&database, Role::Superuser)), Vec::<String>::new());
}

#[test]
fn a_planted_hole_is_found() {
    let database = TestDatabase::postgres();
    let mut conn = support::postgres(&database, Role::Superuser);
    for (hole, expected) in [
        ("ALTER TABLE baits DISABLE ROW LEVEL SECURITY", "baits is not bound"),
        ("ALTER TABLE calls NO FORCE ROW LEVEL SECURITY", "calls is not bound"),
        ("DROP POLICY of_client ON labels", "labels lacks a policy"),
        ("ALTER POLICY of_client ON traps USING (true)", "traps has an unknown policy of_client"),
        (
            "CREATE POLICY wide ON exports TO baitline_client USING (true)",
            "exports has an unknown policy wide",
        ),
        ("CREATE POLICY wide ON exports USING (true)", "exports has an unknown policy wide"),
        ("CREATE TABLE later (client_id uuid)", "later is not bound"),
    ] {
        conn.batch_execute(&format!("BEGIN; {hole}")).unwrap();
        let found = holes(&mut conn);
        assert!(found.iter().any(|line| line == expected), "{hole}: {found:?}");
        conn.batch_execute("ROLLBACK").unwrap();
    }
}
