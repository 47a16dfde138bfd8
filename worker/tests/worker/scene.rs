//! A store on a fresh database with workers on it, and two ways to look at what
//! they derive: as it stands, and made again from the observations. It knows no
//! rule.

use baitline_analytics::{GroupBy, Offender, Question, Source, Thresholds};
use baitline_domain::ids::ClientId;
use baitline_domain::instant::{Day, Instant};
use baitline_domain::tally::Tally;
use baitline_domain::trap::{LONGEST_REACH, TrapState};
use baitline_domain::verdict::Verdict;
use baitline_store::blobs::BlobPlace;
use baitline_store::buckets::{self, DayFilter};
use baitline_store::calls::{self, CallFilter, CallPage};
use baitline_store::models::JudgedCall;
use baitline_store::traps::{self, TrapFilter};
use baitline_store::{Conn, Page, Reach, Store, StoreResult, StoreSettings, clients, tallies};
use baitline_testkit::{S3Server, TestDatabase};
use baitline_worker::{Step, Worker};
use tempfile::TempDir;
use tokio::runtime::{Handle, Runtime};

/// The whole of any list of these tests.
pub(crate) const ALL: Page = Page { after: None, limit: 10_000 };

/// The fields are dropped in this order: the database last.
pub(crate) struct Scene {
    pub(crate) store: Store,
    runtime: Runtime,
    blobs: TempDir,
    pub(crate) database: TestDatabase,
}

/// Everything that workers derive.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Derived {
    pub(crate) calls: Vec<JudgedCall>,
    pub(crate) tallies: Vec<Tally>,
    pub(crate) offenders: Vec<Offender>,
    pub(crate) traps: Vec<Option<TrapState>>,
}

impl Scene {
    /// With the blobs in a folder.
    pub(crate) fn on(database: TestDatabase) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().to_owned().into();
        Self::open(database, folder, place)
    }

    /// With the blobs in a bucket.
    pub(crate) fn on_bucket(database: TestDatabase, server: &S3Server) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let place = BlobPlace::S3(Box::new(server.bucket(folder.path())));
        Self::open(database, folder, place)
    }

    fn open(database: TestDatabase, folder: TempDir, blobs: BlobPlace) -> Self {
        let settings = StoreSettings {
            database_url: database.url(),
            blobs,
            pool_size: 6,
            allow_plaintext_database: false,
        };
        let store = Store::open(&settings).unwrap();
        Self { store, runtime: Runtime::new().unwrap(), blobs: folder, database }
    }

    pub(crate) fn worker(&self) -> Worker {
        Worker::new(self.store.clone(), self.runtime.handle().clone(), "test")
    }

    /// Where the blobs are, unless they are in a bucket.
    pub(crate) fn blob_folder(&self) -> &std::path::Path {
        self.blobs.path()
    }

    pub(crate) fn handle(&self) -> Handle {
        self.runtime.handle().clone()
    }

    /// Waits for work that only the tests do in async.
    pub(crate) fn wait<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

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

    pub(crate) fn pending(&self) -> i64 {
        self.agency(|conn| buckets::count_pending(conn, Reach::Agency))
    }

    /// Lets a worker do everything that waits.
    pub(crate) fn settle(&self) {
        self.worker().run_until_empty().unwrap();
        assert_eq!(self.pending(), 0, "nothing may wait after everything is done");
        // Counted up and down by differences; sealing goes by it.
        let miscounted = self.count(
            "SELECT count(*) FROM derived_days AS d WHERE interceptions <> (
                SELECT coalesce(sum(calls), 0) FROM interception_tallies AS t
                WHERE t.client_id = d.client_id AND t.day = d.day)",
        );
        assert_eq!(miscounted, 0, "a day's interceptions are those of its tallies");
    }

    /// Does one step of work at a time, each by a worker of its own: all that
    /// one learns and does not keep is lost.
    pub(crate) fn settle_by_short_lived_workers(&self) {
        while self.worker().run_next().unwrap() != Step::Empty {}
        assert_eq!(self.pending(), 0);
    }

    pub(crate) fn derived(&self) -> Derived {
        let reach = Reach::Agency;
        let (from, to) = (Day(0).start(), Day(40_000).start());
        let page = CallPage { after: None, limit: 100_000 };
        let filter = CallFilter::default();
        let mut calls = self.agency(|conn| calls::list_calls(conn, reach, &filter, page));
        calls.sort_by_key(|one| (one.client_id, one.call.started_at, one.call.id));
        let counted = self.agency(|conn| tallies::interceptions_between(conn, reach, from, to));
        assert_eq!(counted.edges, [], "whole days have no edges");
        let mut tallies = counted.tallies;
        tallies.sort();
        let offenders =
            baitline_analytics::repeat_offenders(&Source::of_tallies(&tallies), &question())
                .unwrap();
        let filter = TrapFilter::default();
        let traps = self.agency(|conn| traps::list_traps(conn, reach, &filter, ALL));
        Derived { calls, tallies, offenders, traps: traps.into_iter().map(|t| t.state).collect() }
    }

    /// Settles, and insists that what stands is what the observations alone
    /// give.
    pub(crate) fn settled(&self) -> Derived {
        self.settle();
        let standing = self.derived();
        let again = self.recomputed();
        assert_same(&standing, &again);
        standing
    }

    /// Forgets everything derived and makes it again.
    pub(crate) fn recomputed(&self) -> Derived {
        self.execute(
            "DELETE FROM calls; DELETE FROM interception_tallies;
             DELETE FROM derived_days; DELETE FROM segments;
             UPDATE traps SET exposures = NULL, missing = NULL, window_from = NULL,
                window_to = NULL",
        );
        self.touch_everything();
        self.settle();
        self.derived()
    }

    /// Touches every day of every client that has an observation or that a trap
    /// can reach.
    pub(crate) fn touch_everything(&self) {
        self.agency(|conn| {
            for client in clients::list_clients(conn, Reach::Agency, ALL)? {
                let filter = DayFilter::default();
                let mut days = buckets::days_with_observations(conn, client.id, &filter)?;
                let reach = Reach::Client(client.id);
                for row in traps::list_traps(conn, reach, &TrapFilter::default(), ALL)? {
                    let first = row.trap.started_at;
                    days.extend(buckets::days_between(first, first + LONGEST_REACH));
                }
                buckets::touch(conn, client.id, &days)?;
            }
            Ok(())
        });
    }

    /// Forgets every observation and everything that hangs on one; clients,
    /// baits, traps and numbers stay.
    pub(crate) fn forget_observations(&self) {
        self.execute(
            "DELETE FROM labels; DELETE FROM recordings; DELETE FROM assignments;
             DELETE FROM observation_revisions; DELETE FROM observation_corrections;
             DELETE FROM observations; DELETE FROM calls; DELETE FROM interception_tallies;
             DELETE FROM derived_days; DELETE FROM segments;
             DELETE FROM changes; DELETE FROM touched_buckets;
             UPDATE traps SET exposures = NULL, missing = NULL, window_from = NULL,
                window_to = NULL",
        );
    }

    /// Runs statements past the store and past row-level security.
    pub(crate) fn execute(&self, statements: &str) {
        self.database.execute(statements);
    }

    /// Answers a question with one number, past row-level security.
    pub(crate) fn count(&self, query: &str) -> i64 {
        self.database.count(query)
    }
}

/// Compares part by part, so that a failure prints the part and not the whole.
pub(crate) fn assert_same(one: &Derived, other: &Derived) {
    for (a, b) in one.calls.iter().zip(&other.calls) {
        assert_eq!(a, b, "a call");
    }
    assert_eq!(one.calls.len(), other.calls.len(), "how many calls");
    assert_eq!(one.traps, other.traps, "the traps");
    assert_eq!(one.tallies, other.tallies, "the tallies");
    assert_eq!(one.offenders, other.offenders, "the report");
}

/// Reads RFC 3339.
pub(crate) fn at(text: &str) -> Instant {
    Instant::from(text.parse::<jiff::Timestamp>().unwrap())
}

fn question() -> Question {
    Question {
        group_by: GroupBy::Number,
        thresholds: Thresholds::default(),
        verdicts: vec![Verdict::ForeignGroup, Verdict::ForeignEntity],
        ..Question::default()
    }
}
