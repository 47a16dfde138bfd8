//! Background work: expands changes, recomputes the buckets they touch, reads
//! files of calls, builds packages, replays periods. Meets the API only in the database, and any number of workers may
//! run: what one holds, the others skip.

mod audit;
mod contents;
mod dossier;
mod erase;
mod export;
mod filer;
mod files;
mod lists;
mod narrowing;
mod numbering;
mod operators;
mod papers;
mod playable;
mod recompute;
mod refresh;
mod replay;
mod seal;
mod time_stamp;

use std::time::{Duration, Instant};

use baitline_analytics::AnalyticsError;
use baitline_domain::ids::ClientId;
use baitline_domain::instant::{Day, Span};
use baitline_evidence::{BuildError, SigningKey};
use baitline_store::{
    Reach, Store, StoreError, StoreResult, buckets, changes, kept_replies, now, replays,
    signing_keys,
};
use tokio::runtime::Handle;
use tokio::sync::watch;

use erase::Eraser;
use export::OpenExport;
use files::OpenFile;
use numbering::Plans;
use operators::KnownOperators;
use time_stamp::Authority;

pub use audit::{Auditor, read_checkpoints};
pub use papers::built_in_template;
pub use seal::{PreparedMonth, SealRules, Sealer};
pub use time_stamp::{AuthorityUrl, StampRules};

/// The pause when nothing waits. Polling commits nothing, unlike LISTEN and
/// NOTIFY, which serialise every commit of the writers.
const POLL_PAUSE: Duration = Duration::from_millis(200);
/// The pause after a failure, so that a database that is down is not hammered.
const FAILURE_PAUSE: Duration = Duration::from_secs(1);
/// How long a worker does not look again for what is past its time.
const PRUNE_PAUSE: Duration = Duration::from_secs(3_600);
/// How often unfinished uploads are looked for, and how old they are by then.
const SWEEP_PAUSE: Duration = Duration::from_secs(60 * 60);
const LEFT_OVER_AGE: Duration = Duration::from_secs(24 * 60 * 60);
/// Recent buckets looked up at a time; the next look sees what came meanwhile. More
/// than there are workers, since what one holds the others pass.
const BUCKETS_AT_A_TIME: i64 = 16;
/// Older buckets looked up of each client.
const DAYS_OF_A_CLIENT: i64 = 8;
/// How long older days wait at most for a bulk body that the embedded database's
/// one writer is taking.
const BULK_PATIENCE: Duration = Duration::from_secs(30);
/// Days before today that still count as recent: calls arrive late by hours.
const RECENT_DAYS: i32 = 2;

/// What a step looks at first; where nothing of it waits, at the others in the
/// order in which they stand here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Work {
    Recent,
    Change,
    Older,
}

/// Every other step is for calls of these days. In between changes and older days
/// take turns, so that a client who never falls silent keeps neither waiting.
const TURNS: [Work; 4] = [Work::Recent, Work::Change, Work::Recent, Work::Older];

/// What one step did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// A change was expanded into buckets.
    Expanded,
    /// A bucket was recomputed.
    Refreshed,
    /// A file was read on by some rows, or to its end.
    Read,
    /// A client's template was tried.
    Tried,
    /// A paper was made, or could not be.
    Made,
    /// An export got on by some packages, or to its end.
    Exported,
    /// An erasure took a step.
    Erased,
    /// A replay got on by some days, or to its end.
    Replayed,
    /// Replays that are past their time were deleted.
    Pruned,
    /// Nothing waits that another worker does not hold.
    Empty,
}

/// Why a step did not succeed. Whatever it held is free again.
#[derive(Debug, thiserror::Error)]
pub enum WorkError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Counting failed.
    #[error(transparent)]
    Analytics(#[from] AnalyticsError),
    /// A package could not be built.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// A temporary file could not be written or read.
    #[error("temporary file: {0}")]
    TemporaryFile(#[from] std::io::Error),
    /// A client's time zone is not one.
    #[error("no time zone is called {0:?}")]
    TimeZone(String),
}

impl WorkError {
    /// Whether the database, the blob store or a disk was not there: it will be
    /// again, and the work that met it has not failed.
    fn is_outage(&self) -> bool {
        match self {
            Self::Store(error) => matches!(
                error,
                StoreError::Unavailable(_) | StoreError::Blob(_) | StoreError::Conflict
            ),
            Self::Build(error) => export::is_outage(error),
            // A recording's bytes come through the same door.
            Self::TemporaryFile(error) => !contents::is_for_good(error),
            Self::Analytics(_) | Self::TimeZone(_) => false,
        }
    }
}

/// A worker. Not shared: each thread makes its own.
pub struct Worker {
    store: Store,
    runtime: Handle,
    plans: Plans,
    operators: KnownOperators,
    program_version: String,
    eraser: Eraser,
    /// What signs packages.
    key: Option<SigningKey>,
    /// What tells packages their time.
    authority: Option<Authority>,
    /// The file at hand.
    open_file: Option<OpenFile>,
    /// The export at hand.
    open_export: Option<OpenExport>,
    /// Whether it is the turn of the export at hand.
    export_first: bool,
    /// Whether it is the turn of files.
    files_first: bool,
    /// When it last found nothing that is past its time.
    pruned_at: Option<Instant>,
    /// Steps so far: see [`TURNS`].
    steps: usize,
    /// Since when older days have waited for bulk bodies.
    bulk_since: Option<Instant>,
    /// Whose recent days, whose changes and whose older days were done last.
    last_recent: Option<ClientId>,
    last_changed: Option<ClientId>,
    last_older: Option<ClientId>,
}

impl Worker {
    /// A worker on a store. `runtime` moves the blobs' bytes; the worker itself
    /// must not run on one of its async threads.
    pub fn new(store: Store, runtime: Handle, program_version: &str) -> Self {
        Self {
            eraser: Eraser::new(store.clone(), runtime.clone()),
            store,
            runtime,
            plans: Plans::default(),
            operators: KnownOperators::default(),
            program_version: program_version.to_owned(),
            key: None,
            authority: None,
            open_file: None,
            open_export: None,
            export_first: false,
            files_first: false,
            pruned_at: None,
            steps: 0,
            bulk_since: None,
            last_recent: None,
            last_changed: None,
            last_older: None,
        }
    }

    /// The same, signing the packages it builds. Tells the key's public half to whoever
    /// asks the API for it.
    ///
    /// # Errors
    /// When that cannot be written down.
    pub fn signing_with(self, key: SigningKey) -> StoreResult<Self> {
        let (fingerprint, public) = (key.fingerprint(), key.public_pem());
        self.store
            .write(Reach::Agency, |conn| signing_keys::note_key(conn, &fingerprint, &public))?;
        Ok(Self { key: Some(key), ..self })
    }

    /// The same, with a time-stamp on every package it builds, or no package.
    ///
    /// # Errors
    /// When the authorities that TLS trusts cannot be read.
    pub fn stamping_by(self, rules: StampRules) -> std::io::Result<Self> {
        let authority = Authority::new(rules, self.runtime.clone());
        let authority = authority.map_err(std::io::Error::other)?;
        Ok(Self { authority: Some(authority), ..self })
    }

    /// The same with another time for which bytes stay that no row names, for tests and
    /// tools that know that nobody sends or reads any.
    pub fn keeping_bytes_for(mut self, grace: Span) -> Self {
        self.eraser.grace = grace;
        self
    }

    /// Does the next piece of work. Files and everything else take turns while
    /// both wait: neither a file of hours nor calls that never cease keep the
    /// other waiting.
    pub fn run_next(&mut self) -> Result<Step, WorkError> {
        if std::mem::take(&mut self.files_first) && self.read_on()? {
            return Ok(Step::Read);
        }
        let done = self.run_next_but_files();
        if matches!(done, Ok(Step::Empty)) {
            return Ok(if self.read_on()? { Step::Read } else { Step::Empty });
        }
        self.files_first = true;
        done
    }

    /// Does whatever but files is most urgent; the export at hand takes turns with it.
    fn run_next_but_files(&mut self) -> Result<Step, WorkError> {
        let is_export_first = std::mem::take(&mut self.export_first);
        if is_export_first && self.open_export.is_some() && self.export_on()? {
            return Ok(Step::Exported);
        }
        let first = TURNS[self.steps % TURNS.len()];
        self.steps += 1;
        let others = [Work::Recent, Work::Change, Work::Older];
        let mut failure = None;
        for work in [first].into_iter().chain(others.into_iter().filter(|work| *work != first)) {
            let done = match work {
                Work::Recent => self.refresh_recent(&mut failure)?,
                Work::Change => self.expand()?,
                Work::Older => self.refresh_older(&mut failure)?,
            };
            if let Some(step) = done {
                self.export_first = true;
                return Ok(step);
            }
        }
        // Somebody waits for a paper, and it is made in no time.
        if let Some(step) = self.try_template()? {
            return Ok(step);
        }
        if let Some(step) = self.make_paper()? {
            return Ok(step);
        }
        if self.export_on()? {
            return Ok(Step::Exported);
        }
        if self.eraser.erase_on()? {
            return Ok(Step::Erased);
        }
        if let Some(replay) = self.store.write(Reach::Agency, replays::claim_replay)? {
            self.release_file()?;
            return self.carry_replay(replay).map(|()| Step::Replayed);
        }
        if self.prune_now_and_then()? {
            return Ok(Step::Pruned);
        }
        failure.map_or(Ok(Step::Empty), Err)
    }

    /// Deletes what is past its time, some of it at a step, once in a while.
    fn prune_now_and_then(&mut self) -> Result<bool, WorkError> {
        if self.pruned_at.is_some_and(|at| at.elapsed() < PRUNE_PAUSE) {
            return Ok(false);
        }
        let pruned = self.store.write(Reach::Agency, |conn| replays::prune_replays(conn, now()))?;
        if pruned == 0 {
            self.pruned_at = Some(Instant::now());
        }
        Ok(pruned > 0)
    }

    fn expand(&mut self) -> Result<Option<Step>, WorkError> {
        let last = self.last_changed;
        let done = self.store.write(Reach::Agency, |conn| changes::expand_after(conn, last))?;
        self.last_changed = done.or(last);
        Ok(done.map(|_| Step::Expanded))
    }

    fn refresh_recent(
        &mut self,
        failure: &mut Option<WorkError>,
    ) -> Result<Option<Step>, WorkError> {
        let last = self.last_recent;
        let waiting = self.store.read(Reach::Agency, |conn| {
            buckets::recent_buckets(conn, first_recent_day(), last, BUCKETS_AT_A_TIME)
        })?;
        let done = self.refresh_first(&waiting, failure);
        self.last_recent = done.or(last);
        Ok(done.map(|_| Step::Refreshed))
    }

    fn refresh_older(
        &mut self,
        failure: &mut Option<WorkError>,
    ) -> Result<Option<Step>, WorkError> {
        if self.waits_for_bulk() {
            return Ok(None);
        }
        let last = self.last_older;
        // Yesterday is recent and older: where calls of today never end, no other turn
        // comes to it.
        let today = now().day();
        let waiting = self.store.read(Reach::Agency, |conn| {
            buckets::older_buckets(conn, today, last, DAYS_OF_A_CLIENT)
        })?;
        let Some(&(next, _)) = waiting.first() else { return Ok(None) };
        if self.store.write(Reach::Agency, |conn| changes::expand_some_of(conn, next))? {
            return Ok(Some(Step::Expanded));
        }
        let done = self.refresh_first(&waiting, failure);
        self.last_older = done.or(last);
        Ok(done.map(|_| Step::Refreshed))
    }

    /// Whether older days are left alone for now: a bulk body mostly brings such
    /// days, and would wait for the one writer while they are recomputed half full.
    fn waits_for_bulk(&mut self) -> bool {
        if !(self.store.is_embedded() && self.store.is_taking_bulk()) {
            self.bulk_since = None;
            return false;
        }
        self.bulk_since.get_or_insert_with(Instant::now).elapsed() < BULK_PATIENCE
    }

    /// Recomputes the first of these that no other worker holds, and says whose.
    fn refresh_first(
        &mut self,
        waiting: &[(ClientId, Day)],
        failure: &mut Option<WorkError>,
    ) -> Option<ClientId> {
        for &(client, day) in waiting {
            match self.refresh(client, day) {
                Ok(true) => return Some(client),
                Ok(false) => {}
                // One bad bucket must not keep the others waiting.
                Err(error) => {
                    tracing::warn!(%client, day = day.0, %error, "a bucket cannot be recomputed");
                    failure.get_or_insert(error);
                }
            }
        }
        None
    }

    /// Works until nothing waits. For tests and for tools that want a settled
    /// state.
    pub fn run_until_empty(&mut self) -> Result<(), WorkError> {
        while self.run_next()? != Step::Empty {}
        Ok(())
    }

    /// Works until told to stop; finishes the step at hand.
    pub fn run(mut self, stop: &watch::Receiver<bool>) {
        let mut swept_at: Option<Instant> = None;
        while !*stop.borrow() {
            if swept_at.is_none_or(|at| at.elapsed() > SWEEP_PAUSE) {
                self.sweep();
                swept_at = Some(Instant::now());
            }
            let pause = match self.run_next() {
                Ok(Step::Empty) => POLL_PAUSE,
                Ok(_) => continue,
                Err(error) => {
                    tracing::error!(%error, "a step of the worker failed");
                    FAILURE_PAUSE
                }
            };
            std::thread::sleep(pause);
        }
        self.release_export();
    }

    /// Removes replies that are kept no longer, and what uploads that never ended
    /// have left. Another hour will do where it fails.
    fn sweep(&self) {
        match self.store.write(Reach::Agency, kept_replies::remove_old) {
            Ok(0) => {}
            Ok(replies) => tracing::info!(replies, "removed replies that are kept no longer"),
            Err(error) => tracing::warn!(%error, "old replies could not be removed"),
        }
        match self.runtime.block_on(self.store.blobs().sweep(LEFT_OVER_AGE)) {
            Ok(0) => {}
            Ok(removed) => tracing::info!(removed, "swept up unfinished uploads"),
            Err(error) => tracing::warn!(%error, "unfinished uploads cannot be swept up"),
        }
    }
}

fn first_recent_day() -> Day {
    Day(now().day().0 - RECENT_DAYS)
}
