//! One connection type over two databases, its pool, and its transactions.
//!
//! Everything that PostgreSQL and SQLite do differently at this level (roles,
//! pragmas, how a transaction begins) stands here and nowhere else.

use std::time::Duration;

use baitline_domain::ids::ClientId;
use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::r2d2::{ManageConnection, Pool};
use diesel::sqlite::SqliteConnection;

use crate::audit::{self, Acting};
use crate::checks;
use crate::error::{StoreError, StoreResult};

/// How long a caller waits for a free connection before the answer is "unavailable".
const CHECKOUT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long SQLite waits for another writer.
const SQLITE_BUSY_TIMEOUT_MS: u32 = 30_000;

/// What is read together is of one moment, as SQLite has it anyway: a report
/// that says that nothing is pending must hold what the worker had done then.
const SNAPSHOT: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ";

/// A connection to either database.
pub enum Conn {
    /// PostgreSQL.
    Postgres(PgConnection),
    /// SQLite.
    Sqlite(SqliteConnection),
}

/// Runs one Diesel expression on whichever database the connection has; each
/// arm type-checks it against its own backend.
macro_rules! on {
    ($conn:expr, $c:ident => $query:expr) => {
        match $conn {
            $crate::conn::Conn::Postgres($c) => $query,
            $crate::conn::Conn::Sqlite($c) => $query,
        }
    };
}
pub(crate) use on;

/// Whose rows a transaction may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// One client's.
    Client(ClientId),
    /// Every client's: the agency and the worker.
    Agency,
}

impl Reach {
    /// The one client, where there is one.
    pub fn client(self) -> Option<ClientId> {
        match self {
            Self::Client(client) => Some(client),
            Self::Agency => None,
        }
    }
}

/// Each statement is planned once for a connection, and not once for each number:
/// without it PostgreSQL plans anew what it hopes to do better for a rare one.
const PLANNED_ONCE: &str = "SET LOCAL plan_cache_mode = force_generic_plan";

/// Whether a transaction writes: SQLite takes its write lock at the beginning
/// or never, since a later upgrade fails when another writer was faster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode<'a> {
    Read,
    /// Reads few rows, which an index finds whatever is asked for.
    LookUp,
    /// Likewise, and the policy on keys shows the one with this id.
    Key(&'a str),
    Write,
}

/// The role of a transaction, and whose rows it may see. A literal SET LOCAL is what
/// a distributed PostgreSQL passes on.
fn role_of(reach: Reach) -> String {
    match reach {
        Reach::Client(client) => format!(
            "SET LOCAL ROLE baitline_client; SET LOCAL baitline.client_ids = '{}'",
            client.0
        ),
        Reach::Agency => "SET LOCAL ROLE baitline_all".to_owned(),
    }
}

/// Which of the two databases a URL names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// `postgres://…` or `postgresql://…`.
    Postgres(String),
    /// `sqlite:PATH`.
    Sqlite(String),
}

impl DatabaseUrl {
    /// Reads a URL; the error is a sentence for whoever configured it.
    pub fn parse(url: &str) -> StoreResult<Self> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            Ok(Self::Postgres(url.to_owned()))
        } else if let Some(path) = url.strip_prefix("sqlite:") {
            Ok(Self::Sqlite(path.trim_start_matches("//").to_owned()))
        } else {
            Err(StoreError::Unsafe(
                "the database URL must begin with postgres:// or sqlite:".to_owned(),
            ))
        }
    }

    /// Opens one connection.
    pub(crate) fn connect(&self) -> StoreResult<Conn> {
        let unreachable = |error: ConnectionError| {
            // The text may hold the URL's password: say the kind only.
            tracing::debug!(%error, "connecting to the database failed");
            StoreError::Unavailable("the database cannot be reached".to_owned())
        };
        match self {
            Self::Postgres(url) => {
                let mut conn = PgConnection::establish(url).map_err(unreachable)?;
                for setting in ["lc_messages = 'C'", checks::SHORT_LOG] {
                    conn.batch_execute(&format!("SET {setting}")).or_else(ignore_privilege)?;
                }
                Ok(Conn::Postgres(conn))
            }
            Self::Sqlite(path) => {
                let mut conn = SqliteConnection::establish(path).map_err(unreachable)?;
                conn.batch_execute(&format!(
                    "PRAGMA busy_timeout = {SQLITE_BUSY_TIMEOUT_MS};
                     PRAGMA journal_mode = WAL;
                     PRAGMA synchronous = FULL;
                     PRAGMA foreign_keys = ON;"
                ))?;
                Ok(Conn::Sqlite(conn))
            }
        }
    }
}

/// Only a superuser may choose these, or who was granted it. Without the language
/// of messages deadlocks of a server that speaks another are reported as faults,
/// no worse; without the short log `Store::open` warns.
fn ignore_privilege(_: diesel::result::Error) -> QueryResult<()> {
    Ok(())
}

/// Tells the audit's triggers who acts.
fn acting_settings(who: &Acting) -> String {
    let [actor, act] = [&who.actor, &who.act].map(|text| text.replace('\'', "''"));
    format!("SET LOCAL baitline.actor = '{actor}'; SET LOCAL baitline.act = '{act}'")
}

impl Conn {
    pub(crate) fn begin(&mut self, reach: Reach, mode: Mode<'_>) -> QueryResult<()> {
        match self {
            // All in one message.
            Self::Postgres(c) => {
                let begin = match mode {
                    Mode::Read => SNAPSHOT.to_owned(),
                    Mode::LookUp => format!("{SNAPSHOT}; {PLANNED_ONCE}"),
                    Mode::Key(id) => {
                        let id = id.replace('\'', "''");
                        format!("{SNAPSHOT}; {PLANNED_ONCE}; SET LOCAL baitline.key_id = '{id}'")
                    }
                    Mode::Write => format!("BEGIN; {}", acting_settings(&Acting::now())),
                };
                let role = role_of(reach);
                AnsiTransactionManager::begin_transaction_sql(c, &format!("{begin}; {role}"))
            }
            Self::Sqlite(c) => match mode {
                Mode::Read | Mode::LookUp | Mode::Key(_) => {
                    AnsiTransactionManager::begin_transaction(c)
                }
                Mode::Write => AnsiTransactionManager::begin_transaction_sql(c, "BEGIN IMMEDIATE"),
            },
        }
    }

    /// Leaves a transaction that sees everybody's rows with those of one client.
    pub(crate) fn narrow(&mut self, client: ClientId) -> QueryResult<()> {
        match self {
            Self::Postgres(c) => c.batch_execute(&role_of(Reach::Client(client))),
            Self::Sqlite(_) => Ok(()),
        }
    }

    /// Marks the connection as one that the pool must not hand out again: where
    /// it stands is not known.
    pub(crate) fn give_up(&mut self) {
        on!(self, c => AnsiTransactionManager::transaction_manager_status_mut(c).set_in_error());
    }

    /// Waits for everybody with the same key, until the end of the transaction,
    /// where no row could be locked; SQLite has one writer anyway.
    pub(crate) fn lock_key(&mut self, key: i64) -> QueryResult<()> {
        match self {
            Self::Postgres(c) => diesel::select(pg_advisory_xact_lock(key)).execute(c).map(|_| ()),
            Self::Sqlite(_) => Ok(()),
        }
    }

    pub(crate) fn commit(&mut self) -> QueryResult<()> {
        on!(self, c => AnsiTransactionManager::commit_transaction(c))
    }

    pub(crate) fn rollback(&mut self) -> QueryResult<()> {
        on!(self, c => AnsiTransactionManager::rollback_transaction(c))
    }
}

diesel::define_sql_function! {
    /// PostgreSQL's own: waits for everybody with the same key.
    fn pg_advisory_xact_lock(key: diesel::sql_types::BigInt) -> diesel::sql_types::Bool;
}

#[derive(QueryableByName)]
struct Checkpoint {
    #[diesel(sql_type = diesel::sql_types::Integer)]
    busy: i32,
}

/// See [`crate::Store::compact`].
pub(crate) fn compact(conn: &mut Conn) -> StoreResult<bool> {
    let Conn::Sqlite(c) = conn else { return Ok(true) };
    c.batch_execute("VACUUM")?;
    let done: Checkpoint = diesel::sql_query("PRAGMA wal_checkpoint(TRUNCATE)").get_result(c)?;
    Ok(done.busy == 0)
}

/// Makes connections for the pool.
pub(crate) struct Manager(pub(crate) DatabaseUrl);

impl ManageConnection for Manager {
    type Connection = Conn;
    type Error = StoreError;

    fn connect(&self) -> Result<Conn, StoreError> {
        let mut conn = self.0.connect()?;
        if let Conn::Sqlite(c) = &mut conn {
            audit::on_connection(c)?;
        }
        Ok(conn)
    }

    fn is_valid(&self, conn: &mut Conn) -> Result<(), StoreError> {
        Ok(on!(conn, c => c.batch_execute("SELECT 1"))?)
    }

    fn has_broken(&self, conn: &mut Conn) -> bool {
        on!(conn, c => AnsiTransactionManager::is_broken_transaction_manager(c))
    }
}

pub(crate) fn pool(url: DatabaseUrl, size: u32) -> Pool<Manager> {
    Pool::builder()
        .max_size(size)
        .min_idle(Some(1))
        .connection_timeout(CHECKOUT_TIMEOUT)
        // A question to the server before each transaction; `Store::begun` does without.
        .test_on_check_out(false)
        .build_unchecked(Manager(url))
}
