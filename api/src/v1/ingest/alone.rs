//! A small JSON body. One record that comes alone is written together with what
//! others send meanwhile, and waits for that without holding a thread.

use std::io::BufReader;
use std::sync::Arc;
use std::time::Instant;

use baitline_intake::calls::{self, Body, CallRecord, Format, Rejection, Sources};
use tempfile::SpooledTempFile;

use super::{Ingest, Taken, one_receipt};
use crate::acting::who_acts;
use crate::app::blocking;
use crate::problem::ApiResult;
use crate::v1::receipts::{Receipt, refuse_body};

impl Ingest {
    /// Takes a JSON body of no more bytes than a record may have: it is read in
    /// less time than it would wait for another thread.
    pub(in crate::v1) async fn run_small(self, body: SpooledTempFile) -> ApiResult<Taken> {
        match calls::read(Format::Json, BufReader::new(body)) {
            Ok(Body::One(record)) => self.run_alone(*record).await.map(Taken::One),
            Ok(Body::Many(items)) => {
                let work = move || {
                    let sources = self.sources()?;
                    self.run_many(&sources, items).map(Taken::Many)
                };
                blocking(work).await
            }
            Err(error) => {
                // What is wrong with the parameters is told before the body's fault.
                blocking(move || self.sources()).await?;
                Err(refuse_body(&error))
            }
        }
    }

    async fn run_alone(self, record: Result<CallRecord, Rejection>) -> ApiResult<Receipt> {
        let sources = self.sources_for(&record).await?;
        let report =
            record.and_then(|record| sources.report(self.client, &record, self.received_at));
        match report {
            Ok(report) => {
                let outcomes =
                    self.app.writers.ingest(who_acts(), self.client, vec![report]).await?;
                one_receipt(&outcomes)
            }
            Err(rejection) => Ok(Receipt::rejected(1, rejection)),
        }
    }

    /// The client's sources as they were a moment ago, or as they are now where
    /// the record's is not among those: one entered since then is not missed.
    async fn sources_for(&self, record: &Result<CallRecord, Rejection>) -> ApiResult<Arc<Sources>> {
        let asked = (self.client, self.default_source.clone());
        let named = record.as_ref().ok().and_then(|record| record.source.as_deref());
        if let Some(known) = self.app.sources.find(&asked)
            && named.is_none_or(|name| known.settings(name).is_some())
        {
            return Ok(known);
        }
        let (ingest, read_at) = (self.clone(), Instant::now());
        let sources = Arc::new(blocking(move || ingest.sources()).await?);
        self.app.sources.keep(asked, read_at, sources.clone());
        Ok(sources)
    }
}
