//! From a body of call records to the database, in batches, each one
//! transaction; few records share one with what others send meanwhile. What is
//! wrong with one record never touches the others. Runs on a thread that may
//! wait, but for one record alone, and knows no HTTP.

mod alone;
mod by_profile;

use std::io::BufReader;
use std::sync::mpsc;

use baitline_domain::ids::ClientId;
use baitline_domain::instant::Instant;
use baitline_domain::observation::Report;
use baitline_intake::calls::{self, Body, Format, Item, Items, Rejection, SourceSettings, Sources};
use baitline_store::group_commit::MAX_SMALL_REQUEST;
use baitline_store::models::Source;
use baitline_store::observations::{self, MAX_BATCH, Outcome};
use baitline_store::{Reach, StoreError, StoreResult, clients, sources};
use jiff::tz::TimeZone;
use tempfile::SpooledTempFile;

pub(super) use self::by_profile::SentFile;
use super::receipts::{BulkReceipts, Receipt, ReceiptCounts, Receipts, refuse_body};
use crate::app::AppData;
use crate::auth::unknown_client;
use crate::fault::{Fault, FaultItem};
use crate::problem::{ApiError, ApiResult};
use crate::sight::carried;
use crate::spool;

/// Batches that wait for the database while the next one is read.
const BATCHES_AHEAD: usize = 2;

/// Whether the reports are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// They are.
    Keep,
    /// They are only checked, and nothing changes.
    DryRun,
}

/// What one request asks.
#[derive(Clone)]
pub(super) struct Ingest {
    pub(super) app: AppData,
    pub(super) client: ClientId,
    /// The source of records that name none.
    pub(super) default_source: Option<String>,
    pub(super) purpose: Purpose,
    pub(super) received_at: Instant,
}

/// What became of a body.
pub(super) enum Taken {
    /// Of one JSON object.
    One(Receipt),
    /// Of any number of records.
    Many(BulkReceipts),
}

impl Taken {
    /// How many records met which fate.
    pub(super) fn counts(&self) -> ReceiptCounts {
        match self {
            Self::One(receipt) => {
                let mut counts = ReceiptCounts::default();
                counts.add(receipt.status);
                counts
            }
            Self::Many(receipts) => receipts.counts(),
        }
    }
}

/// A record that reads well, or why it does not.
struct Entry {
    line: u64,
    report: Result<Report, Rejection>,
}

impl Ingest {
    /// Takes the whole body.
    pub(super) fn run(self, format: Format, body: SpooledTempFile) -> ApiResult<Taken> {
        let sources = self.sources()?;
        match calls::read(format, BufReader::new(body)).map_err(|error| refuse_body(&error))? {
            Body::One(result) => {
                let entry = self.entry(&sources, Item { line: 1, result: *result });
                self.run_one(entry).map(Taken::One)
            }
            Body::Many(items) => self.run_many(&sources, items).map(Taken::Many),
        }
    }

    fn run_many(
        &self,
        sources: &Sources,
        items: Items<BufReader<SpooledTempFile>>,
    ) -> ApiResult<BulkReceipts> {
        self.run_batches(|batches| {
            let mut last_line = 0;
            for item in items {
                match item {
                    Ok(item) => {
                        last_line = item.line;
                        if !batches.add(self.entry(sources, item)) {
                            break;
                        }
                    }
                    Err(error) if last_line == 0 => return Err(refuse_body(&error)),
                    Err(error) => {
                        let line = error.line().unwrap_or(last_line + 1);
                        return Ok(Some(Receipt::of_broken_body(line, &error)));
                    }
                }
            }
            Ok(None)
        })
    }

    /// Commits batches on a thread of its own while this one reads the next ones.
    /// `read` gives the receipt of the place where a body broke off, if it did.
    fn run_batches(
        &self,
        read: impl FnOnce(&mut Batches) -> ApiResult<Option<Receipt>>,
    ) -> ApiResult<BulkReceipts> {
        let _bulk = self.app.store.begin_bulk();
        std::thread::scope(|scope| {
            let (ready, waiting) = mpsc::sync_channel(BATCHES_AHEAD);
            let span = tracing::Span::current();
            let committing = scope.spawn(carried(move || {
                span.in_scope(|| {
                    let mut bulk = Bulk::of(self);
                    waiting.into_iter().try_for_each(|batch| bulk.take(batch))?;
                    Ok::<_, ApiError>(bulk.receipts)
                })
            }));
            let mut batches = Batches { batch: Vec::new(), ready };
            let broken_off = read(&mut batches);
            batches.finish();
            let panicked = |_| ApiError::Internal("committing a batch panicked".to_owned());
            let receipts = committing.join().map_err(panicked)?;
            let (broken_off, mut receipts) = (broken_off?, receipts?);
            if let Some(receipt) = broken_off {
                receipts.add(&receipt)?;
            }
            receipts.finish()
        })
    }

    /// The client's sources by name.
    fn sources(&self) -> ApiResult<Sources> {
        let client = self.client;
        let found = self.app.store.read(Reach::Client(client), |conn| {
            clients::find_client(conn, client)?;
            sources::sources_of(conn, client)
        });
        let found = found.map_err(|error| match error {
            StoreError::NotFound => unknown_client(),
            error => error.into(),
        })?;
        let sources = known_sources(found)?;
        match &self.default_source {
            Some(name) => sources.with_default(name.clone()).ok_or_else(|| {
                ApiError::NotFound(Some(FaultItem::parameter("source", Fault::UnknownSource)))
            }),
            None => Ok(sources),
        }
    }

    fn entry(&self, sources: &Sources, item: Item) -> Entry {
        let report =
            item.result.and_then(|record| sources.report(self.client, &record, self.received_at));
        Entry { line: item.line, report }
    }

    /// One record that fills its body.
    fn run_one(&self, entry: Entry) -> ApiResult<Receipt> {
        let report = match entry.report {
            Ok(report) => report,
            Err(rejection) => return Ok(Receipt::rejected(entry.line, rejection)),
        };
        one_receipt(&self.take(&[report])?)
    }

    fn take(&self, reports: &[Report]) -> StoreResult<Vec<Outcome>> {
        if reports.is_empty() {
            return Ok(Vec::new());
        }
        let (client, received_at) = (self.client, self.received_at);
        match self.purpose {
            Purpose::Keep if reports.len() <= MAX_SMALL_REQUEST => {
                self.app.writers.ingest_and_wait(client, reports.to_vec())
            }
            Purpose::Keep => self.app.store.write(Reach::Client(client), |conn| {
                observations::ingest(conn, client, reports, received_at)
            }),
            // Judging locks the rows it compares with, which only a writer may.
            Purpose::DryRun => self.app.store.write(Reach::Client(client), |conn| {
                observations::check(conn, client, reports, received_at)
            }),
        }
    }
}

/// How far a bulk body has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    /// Nothing is committed: a failure fails the request.
    Nothing,
    /// Something is: a failure leaves the rest to be sent again.
    Something,
    /// The database failed after that.
    Broken,
}

/// Entries gathered into batches, read ahead of the database by a few.
struct Batches {
    batch: Vec<Entry>,
    ready: mpsc::SyncSender<Vec<Entry>>,
}

impl Batches {
    /// `false` when nobody takes batches any more, since the request has failed.
    fn add(&mut self, entry: Entry) -> bool {
        self.batch.push(entry);
        self.batch.len() < MAX_BATCH || self.send()
    }

    fn send(&mut self) -> bool {
        let next = Vec::with_capacity(MAX_BATCH);
        self.ready.send(std::mem::replace(&mut self.batch, next)).is_ok()
    }

    fn finish(mut self) {
        if !self.batch.is_empty() {
            // Whoever does not take it says why.
            self.send();
        }
    }
}

/// A bulk body on its way into the database.
struct Bulk<'a> {
    ingest: &'a Ingest,
    receipts: Receipts,
    progress: Progress,
}

impl<'a> Bulk<'a> {
    fn of(ingest: &'a Ingest) -> Self {
        let receipts = Receipts::new(spool::open(&ingest.app.spool));
        Self { ingest, receipts, progress: Progress::Nothing }
    }

    /// One batch in one transaction; its receipts are written once it is committed.
    fn take(&mut self, batch: Vec<Entry>) -> ApiResult<()> {
        let (client, records) = (self.ingest.client, batch.len());
        let _span = tracing::info_span!("ingest batch", %client, records).entered();
        let mut reports = Vec::with_capacity(batch.len());
        let read = |entry: Entry| {
            let rejection = entry.report.map(|report| reports.push(report)).err();
            (entry.line, rejection)
        };
        let lines: Vec<(u64, Option<Rejection>)> = batch.into_iter().map(read).collect();
        let mut outcomes = self.outcomes(&reports)?.into_iter();
        lines.into_iter().try_for_each(|(line, rejection)| {
            let receipt = match rejection {
                Some(rejection) => Receipt::rejected(line, rejection),
                None => outcomes.next().map_or_else(
                    || Receipt::not_processed(line),
                    |outcome| Receipt::of_outcome(line, &outcome),
                ),
            };
            self.receipts.add(&receipt)
        })
    }

    /// What became of these; nothing once the database has failed in the midst
    /// of the body.
    fn outcomes(&mut self, reports: &[Report]) -> ApiResult<Vec<Outcome>> {
        if self.progress == Progress::Broken {
            return Ok(Vec::new());
        }
        match self.ingest.take(reports) {
            Ok(outcomes) => {
                if !outcomes.is_empty() {
                    self.progress = Progress::Something;
                }
                Ok(outcomes)
            }
            Err(error) if self.progress == Progress::Nothing => Err(error.into()),
            Err(error) => {
                tracing::warn!(%error, "a bulk body broke off; the rest is not processed");
                self.progress = Progress::Broken;
                Ok(Vec::new())
            }
        }
    }
}

/// The receipt of the one record of a body.
fn one_receipt(outcomes: &[Outcome]) -> ApiResult<Receipt> {
    let none = || ApiError::Internal("a record without a receipt".to_owned());
    outcomes.first().map(|outcome| Receipt::of_outcome(1, outcome)).ok_or_else(none)
}

/// The sources of a client as records name them.
pub(super) fn known_sources(found: Vec<Source>) -> ApiResult<Sources> {
    found
        .into_iter()
        .try_fold(Sources::default(), |known, source| {
            known.with(source.name, source.id, &source.time_zone)
        })
        .ok_or_else(|| ApiError::Internal("a stored time zone is unknown".to_owned()))
}

/// The name of a source, and what reading its records takes from it.
pub(super) fn settings(source: Source) -> ApiResult<(String, SourceSettings)> {
    let zone = TimeZone::get(&source.time_zone)
        .map_err(|_| ApiError::Internal("a stored time zone is unknown".to_owned()))?;
    Ok((source.name, SourceSettings { id: source.id, zone }))
}
