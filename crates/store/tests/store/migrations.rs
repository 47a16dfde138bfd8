//! The migrations can be taken back, and make exactly the tables that
//! `schema.rs` tells Diesel of, in both databases.

use std::collections::BTreeMap;

use baitline_store::{Reach, buckets, calls, changes};
use baitline_testkit::{DatabaseKind, Role, TestDatabase, on_both};
use diesel::prelude::*;
use diesel::sql_types::{Bool, Integer, Text};

use crate::support;

const SCHEMA: &str = include_str!("../../src/schema.rs");
/// Diesel's own list of applied migrations.
const DIESELS_TABLE: &str = "__diesel_schema_migrations";

/// Type and whether it may be empty, by table and column.
type Columns = BTreeMap<(String, String), (String, bool)>;
/// The columns of the primary key, by table.
type Keys = BTreeMap<String, Vec<String>>;

/// The type each database has for a type of `schema.rs`.
fn native_type(kind: DatabaseKind, name: &str) -> &'static str {
    match (kind, name) {
        (DatabaseKind::Postgres, "Id") => "uuid",
        (DatabaseKind::Postgres, "Text" | "Word") => "text",
        (DatabaseKind::Postgres, "Integer") => "integer",
        (DatabaseKind::Postgres, "BigInt" | "Number" | "Inn") => "bigint",
        (DatabaseKind::Postgres, "Instant") => "timestamp with time zone",
        (DatabaseKind::Postgres, "Bool") => "boolean",
        (DatabaseKind::Postgres, "Binary") => "bytea",
        (DatabaseKind::Sqlite, "Id" | "Binary") => "BLOB",
        (DatabaseKind::Sqlite, "Text" | "Word") => "TEXT",
        (DatabaseKind::Sqlite, "Integer" | "BigInt" | "Number" | "Inn" | "Instant" | "Bool") => {
            "INTEGER"
        }
        _ => panic!("schema.rs uses {name}, which this test does not know"),
    }
}

/// Reads the `diesel::table!` blocks, which have one column a line.
fn declared(kind: DatabaseKind) -> (Columns, Keys) {
    let (mut columns, mut keys) = (Columns::new(), Keys::new());
    let mut table = String::new();
    for line in SCHEMA.lines().map(str::trim) {
        if let Some((name, key)) = line.strip_suffix(") {").and_then(|head| head.split_once(" (")) {
            table = name.to_owned();
            keys.insert(table.clone(), key.split(", ").map(str::to_owned).collect());
        } else if let Some((column, of_type)) =
            line.strip_suffix(',').and_then(|line| line.split_once(" -> "))
        {
            let inner = of_type.strip_prefix("Nullable<").and_then(|rest| rest.strip_suffix('>'));
            let native = native_type(kind, inner.unwrap_or(of_type)).to_owned();
            columns.insert((table.clone(), column.to_owned()), (native, inner.is_some()));
        }
    }
    (columns, keys)
}

#[derive(QueryableByName)]
struct ColumnFact {
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = Text)]
    column_name: String,
    #[diesel(sql_type = Text)]
    data_type: String,
    #[diesel(sql_type = Bool)]
    may_be_empty: bool,
    /// From 1; 0 outside the primary key.
    #[diesel(sql_type = Integer)]
    place_in_key: i32,
}

const OF_POSTGRES: &str = "
    SELECT c.table_name::text AS table_name, c.column_name::text AS column_name,
        c.data_type::text AS data_type, c.is_nullable = 'YES' AS may_be_empty,
        coalesce((SELECT array_position(i.indkey::int2[], a.attnum) + 1
            FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid
            WHERE i.indisprimary AND i.indrelid = c.table_name::regclass
            AND a.attname = c.column_name), 0)::integer AS place_in_key
    FROM information_schema.columns c WHERE c.table_schema = 'public'";

const OF_SQLITE: &str = r#"
    SELECT m.name AS table_name, c.name AS column_name, c.type AS data_type,
        c."notnull" = 0 AS may_be_empty, c.pk AS place_in_key
    FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table'"#;

/// What the database really has.
fn found(database: &TestDatabase) -> (Columns, Keys) {
    let facts: Vec<ColumnFact> = match database.kind() {
        DatabaseKind::Postgres => diesel::sql_query(OF_POSTGRES)
            .load(&mut support::postgres(database, Role::Superuser))
            .unwrap(),
        DatabaseKind::Sqlite => {
            diesel::sql_query(OF_SQLITE).load(&mut support::sqlite(database)).unwrap()
        }
    };
    let (mut columns, mut places) = (Columns::new(), BTreeMap::new());
    for fact in facts.into_iter().filter(|fact| fact.table_name != DIESELS_TABLE) {
        let place = (fact.table_name, fact.column_name);
        if fact.place_in_key > 0 {
            places.insert((place.0.clone(), fact.place_in_key), place.1.clone());
        }
        columns.insert(place, (fact.data_type, fact.may_be_empty));
    }
    let mut keys = Keys::new();
    for ((table, _), column) in places {
        keys.entry(table).or_default().push(column);
    }
    (columns, keys)
}

#[test]
fn every_table_and_column_of_the_schema_is_in_both_databases_and_no_other() {
    on_both(|database| {
        let (columns, keys) = declared(database.kind());
        assert!(columns.len() > 100 && keys.len() > 10, "schema.rs was not read");
        let (found_columns, found_keys) = found(&database);
        assert_eq!(found_columns, columns);
        assert_eq!(found_keys, keys);
    });
}

#[test]
fn both_databases_have_the_same_named_constraints_and_indexes() {
    let named = |database: &TestDatabase, word: &str| {
        let folder = match database.kind() {
            DatabaseKind::Postgres => "postgres",
            DatabaseKind::Sqlite => "sqlite",
        };
        let migrations =
            std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations").join(folder);
        let mut lines: Vec<String> = std::fs::read_dir(migrations)
            .unwrap()
            .map(|entry| std::fs::read_to_string(entry.unwrap().path().join("up.sql")).unwrap())
            .flat_map(|text| text.lines().map(|line| line.trim().to_owned()).collect::<Vec<_>>())
            .filter(|line| line.starts_with(word))
            .collect();
        lines.sort();
        lines
    };
    let (postgres, sqlite) = (TestDatabase::postgres(), TestDatabase::sqlite());
    for word in ["CONSTRAINT", "CREATE INDEX", "FOREIGN KEY", "PRIMARY KEY"] {
        assert!(!named(&postgres, word).is_empty(), "{word}");
        assert_eq!(named(&postgres, word), named(&sqlite, word), "{word}");
    }
}

/// Everything a migration makes, as text.
fn description(database: &TestDatabase) -> Vec<String> {
    #[derive(QueryableByName)]
    struct Line {
        #[diesel(sql_type = Text)]
        line: String,
    }
    let lines: Vec<Line> = match database.kind() {
        DatabaseKind::Postgres => diesel::sql_query(
            "SELECT indexdef AS line FROM pg_indexes WHERE schemaname = 'public'
             UNION ALL SELECT conrelid::regclass::text || pg_get_constraintdef(oid)
                FROM pg_constraint WHERE connamespace = 'public'::regnamespace
             UNION ALL SELECT tablename || policyname || roles::text || coalesce(qual, '')
                FROM pg_policies
             UNION ALL SELECT relname || relacl::text || relrowsecurity || relforcerowsecurity
                FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relacl IS NOT NULL",
        )
        .load(&mut support::postgres(database, Role::Superuser))
        .unwrap(),
        DatabaseKind::Sqlite => {
            diesel::sql_query("SELECT sql AS line FROM sqlite_master WHERE sql IS NOT NULL")
                .load(&mut support::sqlite(database))
                .unwrap()
        }
    };
    let mut lines: Vec<String> = lines.into_iter().map(|line| line.line).collect();
    lines.sort();
    lines
}

#[test]
fn what_goes_up_comes_down_and_goes_up_again_the_same() {
    on_both(|database| {
        let before = (found(&database), description(&database));
        let applied = support::rows(&database, DIESELS_TABLE);
        assert!(applied > 0);
        for _ in 0..applied {
            baitline_store::revert_last(&database.owner_url()).unwrap();
        }
        assert_eq!(found(&database), (Columns::new(), Keys::new()), "something was left");
        let again = baitline_store::migrate(&database.owner_url(), None).unwrap();
        assert_eq!(again.len() as i64, applied);
        assert_eq!((found(&database), description(&database)), before);
        assert!(baitline_store::migrate(&database.owner_url(), None).unwrap().is_empty());
    });
}

/// The migrations from this one on, this one included.
fn migrations_since(name: &str) -> usize {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations/sqlite");
    let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    names.filter(|other| other.to_string_lossy().as_ref() >= name).count()
}

#[test]
fn what_was_judged_before_reports_knew_regions_is_judged_again() {
    on_both(|database| {
        let opened = support::open(database);
        let furnished = crate::world::furnish(&opened, "наш");
        opened.client("другой");
        let owner = opened.database.owner_url();
        for _ in 0..migrations_since("2026-11-24-000008_reports") {
            baitline_store::revert_last(&owner).unwrap();
        }
        assert_eq!(support::rows(&opened.database, "interception_tallies"), 0);
        let waiting = support::rows(&opened.database, "changes");
        baitline_store::migrate(&owner, None).unwrap();
        let more = support::rows(&opened.database, "changes") - waiting;
        assert_eq!(more, 2, "one for each client");
        let reach = Reach::Client(furnished.client.id);
        let day = furnished.call.started_at.day();
        let client = furnished.client.id;
        let call = opened.agency(|conn| calls::calls_of_day(conn, client, day)).remove(0);
        let interception = call.assessment.interception.unwrap();
        assert_eq!((interception.caller_region, interception.competitors), (None, Vec::new()));
        while opened.agency(changes::expand_next) {}
        let pending = opened.agency(|conn| buckets::count_pending(conn, reach));
        assert!(pending > 0, "no day waits");
    });
}
