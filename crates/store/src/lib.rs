//! Keeps everything: rows in PostgreSQL or SQLite, bytes in a blob store. Knows
//! neither HTTP nor JSON shapes, and computes no verdict.
//!
//! A caller opens a transaction with [`Store::read`] or [`Store::write`], says
//! whose rows it may see ([`Reach`]), and runs the plain functions of the
//! modules on the connection it is given.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use baitline_domain::ids::ClientId;
use baitline_domain::instant::Instant;
use diesel::r2d2::{Pool, PooledConnection};
use uuid::Uuid;

pub mod allow_list;
pub mod applicants;
pub mod assignments;
pub mod attachments;
pub mod attributions;
pub mod audit;
pub mod backup;
pub mod bait_states;
pub mod baits;
pub mod blobs;
pub mod buckets;
pub mod bulk;
pub mod calls;
pub mod changes;
mod checks;
pub mod clients;
pub mod competitors;
pub mod complaints;
mod conn;
pub mod consents;
pub mod contaminations;
pub mod derived_days;
pub mod device_files;
pub mod devices;
pub mod entries;
pub mod erasures;
pub mod error;
pub mod exports;
pub mod facts;
pub mod files;
pub mod gate;
pub mod group_commit;
pub mod inquiries;
pub mod kept_replies;
pub mod keys;
pub mod known_keys;
pub mod known_numbers;
pub mod labels;
pub mod legal_holds;
pub mod listening;
mod migrate;
pub mod models;
pub mod numbering;
pub mod observations;
pub mod offices;
pub mod operators;
pub mod own_numbers;
mod packed_ids;
mod pairs_sql;
pub mod paper_templates;
pub mod papers;
pub mod portability;
pub mod powers;
pub mod preparations;
pub mod protocols;
pub mod queues;
pub mod recordings;
pub mod replays;
pub mod representatives;
pub mod retention;
mod schema;
pub mod sealing;
pub mod segments;
pub mod signing_keys;
pub mod sims;
pub mod sources;
pub mod sql_types;
pub mod statements;
mod stored_text;
pub mod tallies;
pub mod traps;
pub mod versions;
pub mod waiting_recordings;

pub use conn::{Conn, DatabaseUrl, Reach};
pub use error::{Constraint, StoreError, StoreResult};
pub use migrate::{migrate, revert_last};

use blobs::{BlobPlace, Blobs};
use conn::{Manager, Mode};

/// How often a transaction that met another one is run again.
const CONFLICT_ATTEMPTS: u32 = 8;
/// The pause before the first repetition; it doubles.
const CONFLICT_PAUSE: Duration = Duration::from_millis(5);

/// Where things are kept.
#[derive(Debug, Clone)]
pub struct StoreSettings {
    /// `postgres://…` or `sqlite:PATH`.
    pub database_url: String,
    /// Where the blobs are.
    pub blobs: BlobPlace,
    /// The most connections at a time.
    pub pool_size: u32,
    /// Allow a PostgreSQL on another machine without TLS.
    pub allow_plaintext_database: bool,
}

/// How the connections of this process are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolUse {
    /// Connections at work.
    pub in_use: u32,
    /// Open ones that wait for work.
    pub idle: u32,
    /// The most there may be.
    pub limit: u32,
}

/// Rows and blobs. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    pool: Pool<Manager>,
    blobs: Blobs,
    url: DatabaseUrl,
    bulk_bodies: Arc<AtomicUsize>,
}

impl Store {
    /// Opens a migrated database and its blob store, and refuses an unsafe one.
    pub fn open(settings: &StoreSettings) -> StoreResult<Self> {
        let url = DatabaseUrl::parse(&settings.database_url)?;
        if !settings.allow_plaintext_database {
            checks::assert_private_connection(&url)?;
        }
        let blobs = Blobs::open(&settings.blobs)?;
        let pool = conn::pool(url.clone(), settings.pool_size);
        let bulk_bodies = Arc::default();
        let store = Self { inner: Arc::new(Inner { pool, blobs, url, bulk_bodies }) };
        checks::assert_safe_login(&mut *store.connection()?)?;
        store.check()?;
        if !store.keeps_values_out_of_the_log()? {
            tracing::warn!(
                "PostgreSQL's own log may tell phone numbers and names of rows it refuses: as a \
                 superuser, GRANT SET ON PARAMETER log_error_verbosity to this login"
            );
        }
        Ok(store)
    }

    /// Whether the database's own log is told no values of rows that it refuses.
    pub fn keeps_values_out_of_the_log(&self) -> StoreResult<bool> {
        checks::keeps_values_out_of_the_log(&mut *self.connection()?)
    }

    /// The bytes.
    pub fn blobs(&self) -> &Blobs {
        &self.inner.blobs
    }

    /// Whether the database is the embedded one, which allows one process only.
    pub fn is_embedded(&self) -> bool {
        matches!(self.inner.url, DatabaseUrl::Sqlite(_))
    }

    /// Makes the embedded database's file anew without what was deleted; `false`
    /// while somebody reads it, and then part of the old may still be there.
    /// PostgreSQL cleans up by itself.
    pub fn compact(&self) -> StoreResult<bool> {
        conn::compact(&mut *self.connection()?)
    }

    /// Finds out whether the database answers and still has the schema this
    /// program needs.
    pub fn check(&self) -> StoreResult<()> {
        self.read(Reach::Agency, checks::assert_current_schema)
    }

    /// How the connections are used at this moment.
    pub fn pool_use(&self) -> PoolUse {
        let state = self.inner.pool.state();
        PoolUse {
            in_use: state.connections.saturating_sub(state.idle_connections),
            idle: state.idle_connections,
            limit: self.inner.pool.max_size(),
        }
    }

    /// Runs `work` in a transaction that only reads.
    pub fn read<T>(
        &self,
        reach: Reach,
        work: impl FnMut(&mut Conn) -> StoreResult<T>,
    ) -> StoreResult<T> {
        self.transaction(reach, Mode::Read, work)
    }

    /// As [`Store::read`], for few rows that an index finds whatever is asked for:
    /// PostgreSQL plans each statement once for a connection.
    pub fn look_up<T>(
        &self,
        reach: Reach,
        work: impl FnMut(&mut Conn) -> StoreResult<T>,
    ) -> StoreResult<T> {
        self.transaction(reach, Mode::LookUp, work)
    }

    /// As [`Store::look_up`], with something about everybody first: what comes after
    /// it sees the rows of one client, in the same transaction.
    pub fn look_up_after<W, T>(
        &self,
        mut about_all: impl FnMut(&mut Conn) -> StoreResult<W>,
        client: ClientId,
        mut work: impl FnMut(&mut Conn) -> StoreResult<T>,
    ) -> StoreResult<(W, T)> {
        self.transaction(Reach::Agency, Mode::LookUp, |conn| {
            let known_of_all = about_all(conn)?;
            conn.narrow(client)?;
            Ok((known_of_all, work(conn)?))
        })
    }

    /// Looks a key up before its client is known: the policy shows this one row.
    pub(crate) fn read_key<T>(
        &self,
        key_id: &str,
        work: impl FnMut(&mut Conn) -> StoreResult<T>,
    ) -> StoreResult<T> {
        self.transaction(Reach::Client(ClientId(Uuid::nil())), Mode::Key(key_id), work)
    }

    /// Runs `work` in a transaction and commits it. `work` is run again when it
    /// met another transaction, so it must not do anything but database work.
    pub fn write<T>(
        &self,
        reach: Reach,
        work: impl FnMut(&mut Conn) -> StoreResult<T>,
    ) -> StoreResult<T> {
        self.transaction(reach, Mode::Write, work)
    }

    fn connection(&self) -> StoreResult<PooledConnection<Manager>> {
        self.inner
            .pool
            .get()
            .map_err(|_| StoreError::Unavailable("no database connection".to_owned()))
    }

    /// A connection with its transaction begun. The pool does not ask each one
    /// whether it still lives; one that does not is found out here, thrown away,
    /// and another one tried, at most as often as the pool is large.
    fn begun(&self, reach: Reach, mode: Mode<'_>) -> StoreResult<PooledConnection<Manager>> {
        for _ in 0..self.inner.pool.max_size() {
            let mut conn = self.connection()?;
            match conn.begin(reach, mode) {
                Ok(()) => return Ok(conn),
                Err(error) => {
                    tracing::debug!(%error, "a transaction cannot begin: the connection is dropped");
                    conn.give_up();
                }
            }
        }
        let mut conn = self.connection()?;
        conn.begin(reach, mode).inspect_err(|_| conn.give_up())?;
        Ok(conn)
    }

    fn transaction<T>(
        &self,
        reach: Reach,
        mode: Mode<'_>,
        mut work: impl FnMut(&mut Conn) -> StoreResult<T>,
    ) -> StoreResult<T> {
        let mut pause = CONFLICT_PAUSE;
        for _ in 1..CONFLICT_ATTEMPTS {
            match self.attempt(reach, mode, &mut work) {
                Err(StoreError::Conflict) => std::thread::sleep(pause),
                other => return other,
            }
            pause *= 2;
        }
        self.attempt(reach, mode, &mut work)
    }

    fn attempt<T>(
        &self,
        reach: Reach,
        mode: Mode<'_>,
        work: &mut impl FnMut(&mut Conn) -> StoreResult<T>,
    ) -> StoreResult<T> {
        let mut conn = self.begun(reach, mode)?;
        if mode == Mode::Write {
            audit::forget_drafts();
        }
        let done = work(&mut conn).and_then(|value| {
            if mode == Mode::Write {
                audit::write_drafts(&mut conn)?;
            }
            Ok(value)
        });
        match done {
            Ok(value) => {
                conn.commit()?;
                Ok(value)
            }
            Err(error) => {
                // The first error says what happened; a failed rollback only
                // makes the pool drop the connection.
                if let Err(rollback) = conn.rollback() {
                    tracing::debug!(%rollback, "rolling back failed");
                }
                Err(error)
            }
        }
    }
}

/// A slice of a list: what comes after a row, and how much.
#[derive(Debug, Clone, Copy)]
pub struct Page {
    /// The id of the last row seen.
    pub after: Option<Uuid>,
    /// The most rows to return.
    pub limit: i64,
}

impl Page {
    /// The whole of a list that is as long as people made it.
    pub const WHOLE: Self = Self { after: None, limit: i64::MAX };
}

/// The server's clock, in the precision the databases keep.
pub fn now() -> Instant {
    Instant::from(jiff::Timestamp::now())
}
