//! From a body of call records to the database, in batches, each one
//! transaction; what is wrong with one record never touches the others. Runs
//! on a thread that may wait, and knows no HTTP.

mod by_profile;

use std::collections::HashMap;
use std::io::BufReader;
use std::path::PathBuf;

use baitline_domain::ids::ClientId;
use baitline_domain::instant::Instant;
use baitline_domain::observation::Report;
use baitline_intake::calls::{
    self, Body, CallRecord, Format, Item, Items, Rejection, SourceSettings,
};
use baitline_store::models::Source;
use baitline_store::observations::{self, MAX_BATCH, Outcome};
use baitline_store::{Reach, Store, StoreError, StoreResult, clients, sources};
use jiff::tz::TimeZone;
use tempfile::SpooledTempFile;

pub(super) use self::by_profile::SentFile;
use super::receipts::{BulkReceipts, Receipt, ReceiptCounts, Receipts, refuse_body};
use crate::auth::unknown_client;
use crate::fault::{Fault, FaultItem};
use crate::problem::{ApiError, ApiResult};
use crate::spool;

/// Whether the reports are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// They are.
    Keep,
    /// They are only checked, and nothing changes.
    DryRun,
}

/// What one request asks.
pub(super) struct Ingest {
    pub(super) store: Store,
    pub(super) client: ClientId,
    /// The source of records that name none.
    pub(super) default_source: Option<String>,
    pub(super) purpose: Purpose,
    pub(super) received_at: Instant,
    /// Where receipts wait.
    pub(super) spool: PathBuf,
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
                let mut receipts = self.process(&[entry])?;
                let none = || ApiError::Internal("a record without a receipt".to_owned());
                receipts.pop().map(Taken::One).ok_or_else(none)
            }
            Body::Many(items) => self.run_many(&sources, items).map(Taken::Many),
        }
    }

    fn run_many(
        &self,
        sources: &HashMap<String, SourceSettings>,
        items: Items<BufReader<SpooledTempFile>>,
    ) -> ApiResult<BulkReceipts> {
        let mut bulk = Bulk::of(self);
        let mut last_line = 0;
        for item in items {
            match item {
                Ok(item) => {
                    last_line = item.line;
                    bulk.add(self.entry(sources, item))?;
                }
                Err(error) if last_line == 0 => return Err(refuse_body(&error)),
                Err(error) => {
                    bulk.flush()?;
                    let line = error.line().unwrap_or(last_line + 1);
                    bulk.receipts.add(&Receipt::of_broken_body(line, &error))?;
                    break;
                }
            }
        }
        bulk.flush()?;
        bulk.receipts.finish()
    }

    /// The client's sources by name.
    fn sources(&self) -> ApiResult<HashMap<String, SourceSettings>> {
        let client = self.client;
        let found = self.store.read(Reach::Client(client), |conn| {
            clients::find_client(conn, client)?;
            sources::sources_of(conn, client)
        });
        let found = found.map_err(|error| match error {
            StoreError::NotFound => unknown_client(),
            error => error.into(),
        })?;
        let sources: HashMap<_, _> = found.into_iter().map(settings).collect::<ApiResult<_>>()?;
        match &self.default_source {
            Some(name) if !sources.contains_key(name) => {
                let item = FaultItem::parameter("source", Fault::UnknownSource);
                Err(ApiError::NotFound(Some(item)))
            }
            _ => Ok(sources),
        }
    }

    fn entry(&self, sources: &HashMap<String, SourceSettings>, item: Item) -> Entry {
        let report = item.result.and_then(|record| self.report(sources, &record));
        Entry { line: item.line, report }
    }

    fn report(
        &self,
        sources: &HashMap<String, SourceSettings>,
        record: &CallRecord,
    ) -> Result<Report, Rejection> {
        let reject = |fault: Fault| Rejection {
            code: fault.code(),
            pointer: Some("/source".to_owned()),
            detail: fault.detail().to_owned(),
        };
        let name = record.source.as_ref().or(self.default_source.as_ref());
        let name = name.ok_or_else(|| reject(Fault::Missing))?;
        let source = sources.get(name).ok_or_else(|| reject(Fault::UnknownSource))?;
        record.normalise(self.client, source, self.received_at)
    }

    /// One batch in one transaction; its receipts are true once it returns.
    fn process(&self, batch: &[Entry]) -> ApiResult<Vec<Receipt>> {
        let (client, records) = (self.client, batch.len());
        let _span = tracing::info_span!("ingest batch", %client, records).entered();
        let reports: Vec<Report> =
            batch.iter().filter_map(|entry| entry.report.as_ref().ok().cloned()).collect();
        let mut outcomes = self.take(&reports)?.into_iter();
        let receipts = batch.iter().map(|entry| match &entry.report {
            Err(rejection) => Receipt::rejected(entry.line, rejection.clone()),
            Ok(_) => outcomes.next().map_or_else(
                || Receipt::not_processed(entry.line),
                |outcome| Receipt::of_outcome(entry.line, &outcome),
            ),
        });
        Ok(receipts.collect())
    }

    fn take(&self, reports: &[Report]) -> StoreResult<Vec<Outcome>> {
        if reports.is_empty() {
            return Ok(Vec::new());
        }
        let (client, received_at) = (self.client, self.received_at);
        match self.purpose {
            Purpose::Keep => self.store.write(Reach::Client(client), |conn| {
                observations::ingest(conn, client, reports, received_at)
            }),
            // Judging locks the rows it compares with, which only a writer may.
            Purpose::DryRun => self.store.write(Reach::Client(client), |conn| {
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

/// A bulk body on its way.
struct Bulk<'a> {
    ingest: &'a Ingest,
    batch: Vec<Entry>,
    receipts: Receipts,
    progress: Progress,
}

impl<'a> Bulk<'a> {
    fn of(ingest: &'a Ingest) -> Self {
        Self {
            ingest,
            batch: Vec::with_capacity(MAX_BATCH),
            receipts: Receipts::new(spool::open(&ingest.spool)),
            progress: Progress::Nothing,
        }
    }

    fn add(&mut self, entry: Entry) -> ApiResult<()> {
        self.batch.push(entry);
        if self.batch.len() >= MAX_BATCH { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> ApiResult<()> {
        let batch = std::mem::take(&mut self.batch);
        if self.progress != Progress::Broken {
            match self.ingest.process(&batch) {
                Ok(receipts) => {
                    if receipts.iter().any(|receipt| receipt.id.is_some()) {
                        self.progress = Progress::Something;
                    }
                    return receipts.iter().try_for_each(|receipt| self.receipts.add(receipt));
                }
                Err(error) if self.progress == Progress::Nothing => return Err(error),
                Err(error) => {
                    tracing::warn!(%error, "a bulk body broke off; the rest is not processed");
                    self.progress = Progress::Broken;
                }
            }
        }
        batch.into_iter().try_for_each(|entry| {
            self.receipts.add(&match entry.report {
                Ok(_) => Receipt::not_processed(entry.line),
                Err(rejection) => Receipt::rejected(entry.line, rejection),
            })
        })
    }
}

/// The name of a source, and what reading its records takes from it.
pub(super) fn settings(source: Source) -> ApiResult<(String, SourceSettings)> {
    let zone = TimeZone::get(&source.time_zone)
        .map_err(|_| ApiError::Internal("a stored time zone is unknown".to_owned()))?;
    Ok((source.name, SourceSettings { id: source.id, zone }))
}
