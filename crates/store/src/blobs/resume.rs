//! A blob's bytes as a stream that is the whole or fails: what a store breaks
//! off is asked for again from where it broke. Blobs never change, so the rest
//! belongs to the beginning.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use object_store::path::Path as Key;
use object_store::{GetOptions, GetRange, GetResult, ObjectStore};

use super::failed;
use super::pieces::pieces;
use crate::error::{StoreError, StoreResult};

/// The pause before the first repetition; it doubles.
const PAUSE: Duration = Duration::from_millis(100);

struct Reading {
    store: Arc<dyn ObjectStore>,
    key: Key,
    /// What is still to come.
    rest: Range<u64>,
    body: BoxStream<'static, object_store::Result<Bytes>>,
    /// Breaks since the last byte that came, and how many there may be.
    breaks: u32,
    resumes: u32,
}

/// The whole of a result, asked for again up to `resumes` times between two
/// bytes.
pub(super) fn to_the_end(
    store: Arc<dyn ObjectStore>,
    key: Key,
    result: GetResult,
    resumes: u32,
) -> BoxStream<'static, StoreResult<Bytes>> {
    let rest = result.range.clone();
    let body = pieces(result);
    let reading = Reading { store, key, rest, body, breaks: 0, resumes };
    stream::try_unfold(reading, |mut reading| async {
        Ok(reading.next().await?.map(|bytes| (bytes, reading)))
    })
    .boxed()
}

impl Reading {
    async fn next(&mut self) -> StoreResult<Option<Bytes>> {
        while !self.rest.is_empty() {
            match self.body.next().await {
                Some(Ok(bytes)) if bytes.is_empty() => {}
                Some(Ok(bytes)) => return self.took(bytes).map(Some),
                Some(Err(error)) => self.resume(failed(error)).await?,
                None => self.resume(StoreError::Blob("a blob broke off".to_owned())).await?,
            }
        }
        Ok(None)
    }

    fn took(&mut self, bytes: Bytes) -> StoreResult<Bytes> {
        self.breaks = 0;
        self.rest.start += bytes.len() as u64;
        if self.rest.start > self.rest.end {
            return Err(StoreError::Blob("a blob is longer than announced".to_owned()));
        }
        Ok(bytes)
    }

    async fn resume(&mut self, error: StoreError) -> StoreResult<()> {
        if self.breaks >= self.resumes {
            return Err(error);
        }
        tokio::time::sleep(PAUSE * 2_u32.pow(self.breaks)).await;
        self.breaks += 1;
        let range = Some(GetRange::Bounded(self.rest.clone()));
        let options = GetOptions { range, ..GetOptions::default() };
        let result = self.store.get_opts(&self.key, options).await.map_err(failed)?;
        if result.range != self.rest {
            return Err(StoreError::Corrupt("a blob is shorter than it was".to_owned()));
        }
        self.body = pieces(result);
        Ok(())
    }
}
