//! Every key of a table that has clients begins with the client: another
//! client's row can be neither named nor collided with, and a database that is
//! distributed by client can enforce it.

use std::collections::BTreeMap;

use baitline_testkit::{DatabaseKind, Role, TestDatabase, on_both};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};

use crate::support;

/// Keys that are looked up before any client is known.
const EXCEPTIONS: &[&str] = &["api_key_clients: foreign (key_id)"];

type TableAndKey = (String, String);
type ColumnAndTarget = (String, Option<String>);

#[derive(QueryableByName)]
struct KeyColumn {
    #[diesel(sql_type = Text)]
    of_table: String,
    #[diesel(sql_type = Text)]
    key_name: String,
    #[diesel(sql_type = Text)]
    column_name: String,
    /// The column a foreign key points at.
    #[diesel(sql_type = Nullable<Text>)]
    target: Option<String>,
}

const OF_POSTGRES: &str = "
    SELECT i.indrelid::regclass::text AS of_table, 'unique ' || i.indexrelid::text AS key_name,
        a.attname::text AS column_name, NULL AS target
    FROM pg_index i
    JOIN pg_class c ON c.oid = i.indrelid AND c.relnamespace = 'public'::regnamespace
    JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
    WHERE i.indisunique
    UNION ALL
    SELECT k.conrelid::regclass::text, 'foreign ' || k.oid::text, a.attname::text,
        t.attname::text
    FROM pg_constraint k
    CROSS JOIN unnest(k.conkey, k.confkey) AS pair (ours, theirs)
    JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = pair.ours
    JOIN pg_attribute t ON t.attrelid = k.confrelid AND t.attnum = pair.theirs
    WHERE k.contype = 'f' AND k.connamespace = 'public'::regnamespace";

const OF_SQLITE: &str = r#"
    SELECT m.name AS of_table, 'unique ' || l.name AS key_name, i.name AS column_name,
        NULL AS target
    FROM sqlite_master m JOIN pragma_index_list(m.name) l JOIN pragma_index_info(l.name) i
    WHERE m.type = 'table' AND l."unique" = 1
    UNION ALL
    SELECT m.name, 'foreign ' || f.id, f."from", f."to"
    FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) f
    WHERE m.type = 'table'"#;

const CLIENT_TABLES_OF_POSTGRES: &str = "
    SELECT c.oid::regclass::text AS of_table, '' AS key_name, '' AS column_name, NULL AS target
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'client_id'
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')";

const CLIENT_TABLES_OF_SQLITE: &str = "
    SELECT m.name AS of_table, '' AS key_name, '' AS column_name, NULL AS target
    FROM sqlite_master m JOIN pragma_table_info(m.name) c
    WHERE m.type = 'table' AND c.name = 'client_id'";

/// A connection whose changes are thrown away at the end.
enum Looker {
    Postgres(PgConnection),
    Sqlite(SqliteConnection),
}

impl Looker {
    fn at(database: &TestDatabase) -> Self {
        let mut looker = match database.kind() {
            DatabaseKind::Postgres => Self::Postgres(support::postgres(database, Role::Superuser)),
            DatabaseKind::Sqlite => Self::Sqlite(support::sqlite(database)),
        };
        looker.run("BEGIN");
        looker
    }

    fn run(&mut self, statements: &str) {
        match self {
            Self::Postgres(c) => c.batch_execute(statements),
            Self::Sqlite(c) => c.batch_execute(statements),
        }
        .unwrap();
    }

    fn ask(&mut self, of_postgres: &str, of_sqlite: &str) -> Vec<KeyColumn> {
        match self {
            Self::Postgres(c) => diesel::sql_query(of_postgres).load(c),
            Self::Sqlite(c) => diesel::sql_query(of_sqlite).load(c),
        }
        .unwrap()
    }

    /// Keys of tables with clients that have no client in them, and foreign
    /// keys whose client points at something else. And how many were looked at.
    fn objections(&mut self) -> (Vec<String>, usize) {
        let tables: Vec<String> = self
            .ask(CLIENT_TABLES_OF_POSTGRES, CLIENT_TABLES_OF_SQLITE)
            .into_iter()
            .map(|row| row.of_table)
            .collect();
        let mut keys: BTreeMap<TableAndKey, Vec<ColumnAndTarget>> = BTreeMap::new();
        for row in self.ask(OF_POSTGRES, OF_SQLITE) {
            if tables.contains(&row.of_table) {
                let key = keys.entry((row.of_table, row.key_name)).or_default();
                key.push((row.column_name, row.target));
            }
        }
        let looked_at = keys.len();
        let objections = keys.into_iter().filter_map(|((table, name), columns)| {
            let holds = columns.iter().any(|(column, target)| {
                column == "client_id" && target.as_ref().is_none_or(|target| target == column)
            });
            let kind = name.split(' ').next().unwrap_or_default();
            let list: Vec<String> = columns.into_iter().map(|(column, _)| column).collect();
            (!holds).then(|| format!("{table}: {kind} ({})", list.join(", ")))
        });
        (objections.collect(), looked_at)
    }
}

#[test]
fn every_key_of_a_table_with_clients_holds_the_client() {
    on_both(|database| {
        let (objections, looked_at) = Looker::at(&database).objections();
        assert_eq!(objections, EXCEPTIONS);
        assert!(looked_at > 30, "only {looked_at} keys were found");
    });
}

#[test]
fn a_planted_key_without_its_client_is_found() {
    on_both(|database| {
        let bytes = match database.kind() {
            DatabaseKind::Postgres => "uuid",
            DatabaseKind::Sqlite => "BLOB",
        };
        for (planted, expected) in [
            (
                format!("CREATE TABLE later (client_id {bytes}, id {bytes}, PRIMARY KEY (id))"),
                "later: unique (id)",
            ),
            ("CREATE UNIQUE INDEX planted ON baits (number)".to_owned(), "baits: unique (number)"),
            (
                format!(
                    "CREATE TABLE later (client_id {bytes}, edition {bytes}
                     REFERENCES numbering_editions (id))"
                ),
                "later: foreign (edition)",
            ),
        ] {
            let mut looker = Looker::at(&database);
            looker.run(&planted);
            let (objections, _) = looker.objections();
            assert!(objections.iter().any(|line| line == expected), "{planted}: {objections:?}");
        }
    });
}
