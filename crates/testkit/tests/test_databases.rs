//! The private cluster and the fresh databases are what the other tests take
//! for granted, so they are shown here, with the errors of `on_both`.

#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;

use baitline_store::{Store, StoreError, StoreSettings};
use baitline_testkit::{DatabaseKind, Role, TestDatabase, on_both};
use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};

fn ask_text(url: &str, expression: &str) -> String {
    let mut connection = PgConnection::establish(url).unwrap();
    diesel::select(sql::<Text>(expression)).get_result(&mut connection).unwrap()
}

fn ask_bool(url: &str, expression: &str) -> bool {
    let mut connection = PgConnection::establish(url).unwrap();
    diesel::select(sql::<Bool>(expression)).get_result(&mut connection).unwrap()
}

#[test]
fn the_cluster_is_as_durable_as_the_program_demands() {
    let database = TestDatabase::postgres();
    for setting in ["fsync", "synchronous_commit", "data_checksums"] {
        let value = ask_text(&database.url(), &format!("current_setting('{setting}')"));
        assert_eq!(value, "on", "{setting}");
    }
}

#[test]
fn the_application_is_neither_owner_nor_superuser_and_inherits_nothing() {
    let database = TestDatabase::postgres();
    let plain = "(SELECT NOT (rolsuper OR rolbypassrls OR rolinherit OR rolcreaterole) \
                 FROM pg_roles WHERE rolname = current_user)";
    assert!(ask_bool(&database.url(), plain));
    let owns = "EXISTS (SELECT FROM pg_class WHERE relowner = current_user::regrole)";
    assert!(!ask_bool(&database.url(), owns));
    assert!(ask_bool(&database.owner_url(), owns), "the owner made the tables");
    assert!(ask_bool(&database.url(), "pg_has_role('baitline_client', 'MEMBER')"));
    assert!(ask_bool(&database.url(), "pg_has_role('baitline_all', 'MEMBER')"));
}

fn open_store(database_url: String) -> Result<Store, StoreError> {
    let blobs = tempfile::tempdir().unwrap();
    Store::open(&StoreSettings {
        database_url,
        blobs: blobs.path().join("blobs").into(),
        pool_size: 1,
        allow_plaintext_database: false,
    })
}

#[test]
fn the_program_opens_either_database_as_the_application() {
    on_both(|database| assert!(open_store(database.url()).is_ok()));
}

#[test]
fn the_program_refuses_to_work_as_the_owner_or_as_the_superuser() {
    let database = TestDatabase::postgres();
    for role in [Role::Owner, Role::Superuser] {
        let outcome = open_store(database.url_as(role));
        let refused = matches!(outcome, Err(StoreError::Unsafe(_) | StoreError::Database(_)));
        assert!(refused, "{role:?}");
    }
}

#[test]
fn a_database_is_gone_when_its_value_is_dropped_though_someone_is_connected() {
    let other = TestDatabase::postgres();
    let database = TestDatabase::postgres();
    let name = ask_text(&database.url(), "current_database()::text");
    let exists = format!("EXISTS (SELECT FROM pg_database WHERE datname = '{name}')");
    assert!(ask_bool(&other.url(), &exists));
    let still_connected = PgConnection::establish(&database.url()).unwrap();
    drop(database);
    assert!(!ask_bool(&other.url(), &exists));
    drop(still_connected);
}

#[test]
fn what_one_database_holds_another_does_not() {
    let first = TestDatabase::postgres();
    let second = TestDatabase::postgres();
    let mut connection = PgConnection::establish(&first.url_as(Role::Superuser)).unwrap();
    connection.batch_execute("CREATE TABLE only_here ()").unwrap();
    let holds = "to_regclass('only_here') IS NOT NULL";
    assert!(ask_bool(&first.url(), holds));
    assert!(!ask_bool(&second.url(), holds));
}

#[test]
fn a_body_runs_on_both_databases() {
    let seen = Mutex::new(Vec::new());
    on_both(|database| seen.lock().unwrap().push(database.kind()));
    assert_eq!(seen.into_inner().unwrap(), [DatabaseKind::Sqlite, DatabaseKind::Postgres]);
}

#[test]
fn a_failure_names_the_database_it_happened_on() {
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        on_both(|database| assert_eq!(database.kind(), DatabaseKind::Sqlite));
    }));
    let message = outcome.unwrap_err().downcast::<String>().unwrap();
    assert_eq!(*message, "failed on PostgreSQL; the panic is above");
}

#[test]
fn a_sqlite_file_is_gone_when_its_value_is_dropped() {
    let database = TestDatabase::sqlite();
    let url = database.url();
    let file = std::path::PathBuf::from(url.strip_prefix("sqlite:").unwrap());
    assert!(file.is_file());
    drop(database);
    assert!(!file.exists());
}
