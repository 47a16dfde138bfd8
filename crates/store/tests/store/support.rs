//! A store on a fresh database, the nouns most tests begin with, and a way to
//! look at the rows without it. It knows no rule of its own.

use baitline_domain::ids::{BaitId, ClientId, Identity, ObservationId, TrapId};
use baitline_domain::instant::{Instant, Span};
use baitline_domain::observation::{Channel, Ends, Report};
use baitline_domain::phone::{Party, Phone};
use baitline_store::models::{
    Bait, Client, Correcting, CorrectionRow, NewBait, NewClient, NewCorrection, NewSource, NewTrap,
};
use baitline_store::models::{Source, SourceKind};
use baitline_store::observations::{self, Outcome, OutcomeStatus};
use baitline_store::{
    Conn, Page, Reach, Store, StoreResult, StoreSettings, baits, buckets, changes, clients,
    sources, traps,
};
use baitline_testkit::{DatabaseKind, Role, TestDatabase};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use tempfile::TempDir;

/// The whole of any list of these tests.
pub(crate) const ALL: Page = Page { after: None, limit: 1_000 };
/// What waits when nothing does.
pub(crate) const NO_DAYS: [i32; 0] = [];
/// A minute of the clock.
pub(crate) const MINUTE: Span = Span::seconds(60);

/// An open store. The fields are dropped in this order: the database last.
pub(crate) struct Opened {
    pub(crate) store: Store,
    pub(crate) blobs: TempDir,
    pub(crate) database: TestDatabase,
}

/// What the program would open on this database.
pub(crate) fn settings(database_url: String, blobs: &TempDir) -> StoreSettings {
    StoreSettings {
        database_url,
        blobs: blobs.path().to_owned().into(),
        pool_size: 4,
        allow_plaintext_database: false,
    }
}

pub(crate) fn open(database: TestDatabase) -> Opened {
    let blobs = tempfile::tempdir().unwrap();
    let store = Store::open(&settings(database.url(), &blobs)).unwrap();
    Opened { store, blobs, database }
}

impl Opened {
    /// Runs `work` as the agency and commits it.
    pub(crate) fn agency<T>(&self, work: impl FnMut(&mut Conn) -> StoreResult<T>) -> T {
        self.store.write(Reach::Agency, work).unwrap()
    }

    /// Runs `work` as one client's key would and commits it.
    pub(crate) fn as_client<T>(
        &self,
        client: ClientId,
        work: impl FnMut(&mut Conn) -> StoreResult<T>,
    ) -> T {
        self.store.write(Reach::Client(client), work).unwrap()
    }

    pub(crate) fn client(&self, name: &str) -> Client {
        let new = NewClient {
            name: name.to_owned(),
            time_zone: "Europe/Moscow".to_owned(),
            window_hours: 48,
        };
        self.agency(|conn| clients::create_client(conn, &new))
    }

    pub(crate) fn source(&self, client: ClientId, name: &str) -> Source {
        self.as_client(client, |conn| sources::create_source(conn, client, &new_source(name)))
    }

    pub(crate) fn bait(&self, client: ClientId, digits: u64) -> Bait {
        self.as_client(client, |conn| baits::create_bait(conn, client, &new_bait(digits)))
    }

    pub(crate) fn trap(&self, client: ClientId, bait: BaitId, started_at: Instant) -> TrapId {
        let new = new_trap(bait, started_at);
        self.as_client(client, |conn| traps::create_trap(conn, client, &new)).trap.id
    }

    pub(crate) fn ingest(&self, client: ClientId, reports: &[Report]) -> Vec<Outcome> {
        let received_at = at("2026-11-01T00:00:00Z");
        self.as_client(client, |conn| observations::ingest(conn, client, reports, received_at))
    }

    /// Ingests and keeps only what became of each report.
    pub(crate) fn statuses(&self, client: ClientId, reports: &[Report]) -> Vec<OutcomeStatus> {
        self.ingest(client, reports).into_iter().map(|outcome| outcome.status).collect()
    }

    /// Corrects an observation as one client's key would.
    pub(crate) fn try_correct(
        &self,
        client: ClientId,
        id: ObservationId,
        correcting: Correcting,
    ) -> StoreResult<CorrectionRow> {
        let new = NewCorrection { correcting, reason: "ошибка АТС".to_owned() };
        self.store.write(Reach::Client(client), |conn| {
            observations::correct_observation(conn, client, id, &new, "test")
        })
    }

    pub(crate) fn correct(
        &self,
        client: ClientId,
        id: ObservationId,
        correcting: Correcting,
    ) -> CorrectionRow {
        self.try_correct(client, id, correcting).unwrap()
    }

    /// Expands every change that waits.
    pub(crate) fn expand_all(&self) {
        while self.agency(changes::expand_next) {}
    }

    /// The UTC days of one client that wait for the worker.
    pub(crate) fn waiting_days(&self, client: ClientId) -> Vec<i32> {
        let of_client = |conn: &mut Conn| {
            buckets::recent_buckets(conn, baitline_domain::instant::Day(0), None, 10_000)
        };
        let found = self.agency(of_client);
        let days = found.into_iter().filter(|(of, _)| *of == client).map(|(_, day)| day.0);
        // The latest come first there.
        days.rev().collect()
    }

    /// Empties the ledger, so that what a step touches is seen by itself.
    pub(crate) fn settle_all(&self) {
        self.expand_all();
        execute(&self.database, "DELETE FROM touched_buckets");
    }
}

pub(crate) fn new_source(name: &str) -> NewSource {
    NewSource {
        name: name.to_owned(),
        kind: SourceKind::Pbx,
        time_zone: "UTC".to_owned(),
        clock_offset: Span(0),
        uncertainty: Span::seconds(5),
    }
}

pub(crate) fn new_bait(digits: u64) -> NewBait {
    NewBait { number: phone(digits), reference: None, operator: None, region: None, note: None }
}

/// A run of an hour.
pub(crate) fn new_trap(bait: BaitId, started_at: Instant) -> NewTrap {
    NewTrap {
        bait,
        started_at,
        run_ends_at: started_at + Span::hours(1),
        recorder_tested_at: None,
        exposures: Vec::new(),
    }
}

pub(crate) fn phone(digits: u64) -> Phone {
    Phone::from_digits(digits).unwrap()
}

/// Reads RFC 3339.
pub(crate) fn at(text: &str) -> Instant {
    Instant::from(text.parse::<jiff::Timestamp>().unwrap())
}

/// A PBX's report: who called whom.
pub(crate) fn report(
    source: &Source,
    external_id: &str,
    (caller, called): (&str, &str),
    reported_at: Instant,
) -> Report {
    let identity = Identity::External(external_id);
    Report {
        id: ObservationId::derive(source.client_id, source.id, &identity),
        source: source.id,
        external_id: Some(external_id.to_owned()),
        revision: 1,
        ends: Ends::Plain { caller: Party::read(Some(caller)), called: Party::read(Some(called)) },
        caller_raw: Some(caller.to_owned()),
        called_raw: Some(called.to_owned()),
        channel: Channel::Pstn,
        reported_at,
        reported_at_raw: reported_at.to_string(),
        connected_seconds: Some(30),
        answered: true,
        roaming: false,
        screen_label: None,
        extra: None,
        derived: false,
    }
}

/// Answers a question with one number, past the store and past row-level
/// security.
pub(crate) fn count(database: &TestDatabase, query: &str) -> i64 {
    #[derive(QueryableByName)]
    struct Answer {
        #[diesel(sql_type = BigInt)]
        answer: i64,
    }
    let query = format!("SELECT ({query}) AS answer");
    let url = database.url_as(Role::Superuser);
    let answer: Answer = match database.kind() {
        DatabaseKind::Postgres => {
            diesel::sql_query(query).get_result(&mut PgConnection::establish(&url).unwrap())
        }
        DatabaseKind::Sqlite => diesel::sql_query(query).get_result(&mut sqlite(database)),
    }
    .unwrap();
    answer.answer
}

/// How many rows a table has.
pub(crate) fn rows(database: &TestDatabase, table: &str) -> i64 {
    count(database, &format!("SELECT count(*) FROM {table}"))
}

/// Runs statements past the store and past row-level security.
pub(crate) fn execute(database: &TestDatabase, statements: &str) {
    match database.kind() {
        DatabaseKind::Postgres => postgres(database, Role::Superuser).batch_execute(statements),
        DatabaseKind::Sqlite => sqlite(database).batch_execute(statements),
    }
    .unwrap();
}

pub(crate) fn postgres(database: &TestDatabase, role: Role) -> PgConnection {
    PgConnection::establish(&database.url_as(role)).unwrap()
}

pub(crate) fn sqlite(database: &TestDatabase) -> SqliteConnection {
    let url = database.url();
    let mut connection = SqliteConnection::establish(url.strip_prefix("sqlite:").unwrap()).unwrap();
    connection.batch_execute("PRAGMA busy_timeout = 30000").unwrap();
    connection
}
