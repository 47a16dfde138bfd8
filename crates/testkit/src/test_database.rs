//! A database of one test: fresh, migrated, gone at the end. It gives URLs
//! only, so that a test opens the store as the program does.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use tempfile::TempDir;
use uuid::Uuid;

use crate::postgres::{PrivatePostgres, Role};

/// The two databases that every test of stored data runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DatabaseKind {
    /// The production choice, with roles and row-level security.
    Postgres,
    /// The embedded default: one file.
    Sqlite,
}

impl fmt::Display for DatabaseKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            DatabaseKind::Postgres => "PostgreSQL",
            DatabaseKind::Sqlite => "SQLite",
        })
    }
}

/// A migrated database that nothing else uses; dropping the value drops it.
///
/// Hold it longer than the store that is open on it: a parameter or an earlier
/// `let` is dropped last.
pub struct TestDatabase {
    place: Place,
}

enum Place {
    Postgres { name: String },
    Sqlite { folder: TempDir },
}

impl TestDatabase {
    /// A database of the private PostgreSQL cluster of this run.
    pub fn postgres() -> TestDatabase {
        let name = format!("test_{}", Uuid::now_v7().simple());
        PrivatePostgres::shared().create_database(&name);
        TestDatabase { place: Place::Postgres { name } }
    }

    /// A SQLite file in a folder of its own.
    pub fn sqlite() -> TestDatabase {
        let folder = TempDir::with_prefix("baitline-sqlite-").expect("a temporary folder");
        let database = TestDatabase { place: Place::Sqlite { folder } };
        baitline_store::migrate(&database.url(), None)
            .expect("the migrations run on an empty SQLite file");
        database
    }

    /// A database of the kind asked for.
    pub fn of(kind: DatabaseKind) -> TestDatabase {
        match kind {
            DatabaseKind::Postgres => TestDatabase::postgres(),
            DatabaseKind::Sqlite => TestDatabase::sqlite(),
        }
    }

    /// A database with nothing in it: on SQLite there is not even the file.
    pub fn empty(kind: DatabaseKind) -> TestDatabase {
        let place = match kind {
            DatabaseKind::Postgres => {
                let name = format!("test_{}", Uuid::now_v7().simple());
                PrivatePostgres::shared().create_empty_database(&name);
                Place::Postgres { name }
            }
            DatabaseKind::Sqlite => {
                let folder = TempDir::with_prefix("baitline-sqlite-").expect("a temporary folder");
                Place::Sqlite { folder }
            }
        };
        TestDatabase { place }
    }

    /// Which of the two it is.
    pub fn kind(&self) -> DatabaseKind {
        match self.place {
            Place::Postgres { .. } => DatabaseKind::Postgres,
            Place::Sqlite { .. } => DatabaseKind::Sqlite,
        }
    }

    /// The URL the program gets: on PostgreSQL, as the application's role.
    pub fn url(&self) -> String {
        self.url_as(Role::Application)
    }

    /// The URL that `baitline migrate` gets.
    pub fn owner_url(&self) -> String {
        self.url_as(Role::Owner)
    }

    /// The URL of `role`, which on SQLite is the same for all.
    pub fn url_as(&self, role: Role) -> String {
        match &self.place {
            Place::Postgres { name } => PrivatePostgres::shared().url(role, name),
            Place::Sqlite { folder } => {
                format!("sqlite:{}", folder.path().join("baitline.db").display())
            }
        }
    }

    /// Runs statements past the store and past row-level security.
    pub fn execute(&self, statements: &str) {
        match self.kind() {
            DatabaseKind::Postgres => self.as_superuser().batch_execute(statements),
            DatabaseKind::Sqlite => self.as_file().batch_execute(statements),
        }
        .expect("the statements of a test are right");
    }

    /// Answers a question with one whole number, past row-level security.
    pub fn count(&self, query: &str) -> i64 {
        #[derive(QueryableByName)]
        struct Answer {
            #[diesel(sql_type = BigInt)]
            answer: i64,
        }
        let query = diesel::sql_query(format!("SELECT ({query}) AS answer"));
        let answer: Answer = match self.kind() {
            DatabaseKind::Postgres => query.get_result(&mut self.as_superuser()),
            DatabaseKind::Sqlite => query.get_result(&mut self.as_file()),
        }
        .expect("the query of a test is right");
        answer.answer
    }

    fn as_superuser(&self) -> PgConnection {
        PgConnection::establish(&self.url_as(Role::Superuser)).expect("the cluster runs")
    }

    fn as_file(&self) -> SqliteConnection {
        let url = self.url();
        let path = url.strip_prefix("sqlite:").expect("the URL was made above");
        let mut connection = SqliteConnection::establish(path).expect("the file is there");
        connection.batch_execute("PRAGMA busy_timeout = 30000").expect("SQLite knows it");
        connection
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if let Place::Postgres { name } = &self.place {
            let dropped =
                catch_unwind(AssertUnwindSafe(|| PrivatePostgres::shared().drop_database(name)));
            // A second panic while a test fails would abort the process and hide the first.
            if dropped.is_err() && !std::thread::panicking() {
                panic!("the test database {name} could not be dropped");
            }
        }
    }
}

/// Runs `body` once on each kind of database, each time on a fresh one.
///
/// # Panics
/// When `body` panics on either, naming which: the other one has run too.
pub fn on_both(body: impl Fn(TestDatabase)) {
    let failed: Vec<String> = [DatabaseKind::Sqlite, DatabaseKind::Postgres]
        .into_iter()
        .filter(|kind| catch_unwind(AssertUnwindSafe(|| body(TestDatabase::of(*kind)))).is_err())
        .map(|kind| kind.to_string())
        .collect();
    assert!(failed.is_empty(), "failed on {}; the panic is above", failed.join(" and "));
}
