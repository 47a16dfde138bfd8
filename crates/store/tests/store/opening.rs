//! What the store refuses to open: databases that would not keep clients apart
//! or are not what this program knows.

use baitline_store::{Store, StoreError};
use baitline_testkit::{PrivatePostgres, Role, TestDatabase, on_both};

use crate::support;

/// Why the store refuses a database, or that it does not.
fn refusal(database_url: &str) -> String {
    let blobs = tempfile::tempdir().unwrap();
    match Store::open(&support::settings(database_url.to_owned(), &blobs)) {
        Err(StoreError::Unsafe(why)) => why,
        Err(other) => panic!("refused for another reason: {other:?}"),
        Ok(_) => panic!("it was opened"),
    }
}

/// A login that exists until the end of a test.
struct Login(String);

impl Login {
    fn create(attributes: &str) -> Self {
        let name = format!("login_{}", uuid::Uuid::now_v7().simple());
        let database = TestDatabase::postgres();
        support::execute(
            &database,
            &format!("CREATE ROLE {name} LOGIN {attributes} PASSWORD '{}'", password()),
        );
        Self(name)
    }

    fn url(&self, database: &TestDatabase) -> String {
        let application = database.url();
        let (_, rest) = application.split_once('@').unwrap();
        format!("postgresql://{}:{}@{rest}", self.0, password())
    }
}

impl Drop for Login {
    fn drop(&mut self) {
        let database = TestDatabase::postgres();
        support::execute(&database, &format!("DROP ROLE {}", self.0));
    }
}

/// The cluster's logins share one.
fn password() -> String {
    let url = PrivatePostgres::shared().url(Role::Application, "any");
    let (_, rest) = url.rsplit_once("baitline_app:").unwrap();
    rest.split('@').next().unwrap().to_owned()
}

#[test]
fn the_applications_own_login_is_accepted_on_both() {
    on_both(|database| {
        let is_file = database.kind() == baitline_testkit::DatabaseKind::Sqlite;
        assert_eq!(support::open(database).store.is_embedded(), is_file);
    });
}

#[test]
fn a_superuser_is_refused() {
    let database = TestDatabase::postgres();
    assert!(refusal(&database.url_as(Role::Superuser)).contains("superuser"));
}

#[test]
fn the_owner_of_the_tables_is_refused() {
    let database = TestDatabase::postgres();
    assert!(refusal(&database.owner_url()).contains("owns tables"));
}

#[test]
fn a_login_that_passes_by_row_level_security_is_refused() {
    let (database, login) = (TestDatabase::postgres(), Login::create("BYPASSRLS"));
    support::execute(&database, &format!("GRANT baitline_client, baitline_all TO {}", login.0));
    assert!(refusal(&login.url(&database)).contains("BYPASSRLS"));
}

#[test]
fn a_login_that_may_take_only_one_of_the_roles_is_refused() {
    let (database, login) = (TestDatabase::postgres(), Login::create("NOINHERIT"));
    assert!(refusal(&login.url(&database)).contains("not a member"));
    support::execute(&database, &format!("GRANT baitline_client TO {}", login.0));
    assert!(refusal(&login.url(&database)).contains("not a member"));
    support::execute(&database, &format!("GRANT baitline_all TO {}", login.0));
    let blobs = tempfile::tempdir().unwrap();
    assert!(Store::open(&support::settings(login.url(&database), &blobs)).is_ok());
}

#[test]
fn a_schema_that_is_not_current_is_refused_until_it_is() {
    on_both(|database| {
        baitline_store::revert_last(&database.owner_url()).unwrap();
        assert!(refusal(&database.url()).contains("not current"));
        baitline_store::migrate(&database.owner_url(), None).unwrap();
        let blobs = tempfile::tempdir().unwrap();
        assert!(Store::open(&support::settings(database.url(), &blobs)).is_ok());
    });
}

#[test]
fn an_open_store_notices_that_its_schema_is_no_longer_current() {
    on_both(|database| {
        let owner_url = database.owner_url();
        let opened = support::open(database);
        opened.store.check().unwrap();
        baitline_store::revert_last(&owner_url).unwrap();
        let checked = opened.store.check();
        assert!(matches!(checked, Err(StoreError::Unsafe(_))), "{checked:?}");
    });
}

#[test]
fn a_file_that_was_never_migrated_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("new.db").display());
    assert!(refusal(&url).contains("not current"));
}

#[test]
fn a_database_that_was_never_migrated_is_refused() {
    let database = TestDatabase::postgres();
    support::execute(&database, "DROP TABLE __diesel_schema_migrations");
    assert!(refusal(&database.url()).contains("not current"));
}

#[test]
fn a_database_on_another_machine_is_refused_before_anything_is_sent() {
    let why = refusal("postgres://baitline:secret@db.invalid:5432/baitline");
    assert!(why.contains("no TLS") && !why.contains("secret"), "{why}");
}

#[test]
fn a_url_of_neither_database_is_refused() {
    assert!(refusal("mysql://root@localhost/baitline").contains("must begin with"));
}

#[test]
fn the_servers_log_is_told_no_values_where_the_login_may_ask_for_that() {
    let (database, login) = (TestDatabase::postgres(), Login::create("NOINHERIT"));
    support::execute(&database, &format!("GRANT baitline_client, baitline_all TO {}", login.0));
    let keeps_quiet = || {
        let blobs = tempfile::tempdir().unwrap();
        let store = Store::open(&support::settings(login.url(&database), &blobs)).unwrap();
        store.keeps_values_out_of_the_log().unwrap()
    };
    assert!(!keeps_quiet());
    let privilege = "SET ON PARAMETER log_error_verbosity";
    support::execute(&database, &format!("GRANT {privilege} TO {}", login.0));
    assert!(keeps_quiet());
    support::execute(&database, &format!("REVOKE {privilege} FROM {}", login.0));
}
