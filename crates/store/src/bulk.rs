//! Bulk bodies on their way into the embedded database. It has one writer, and
//! what a bulk body brings is recomputed once it is in rather than again and
//! again while it comes: the worker of the same process asks [`Store::is_taking_bulk`].

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::Store;

/// A bulk body is being written for as long as this is held.
#[derive(Debug)]
pub struct BulkInProgress(Arc<AtomicUsize>);

impl BulkInProgress {
    pub(crate) fn begin(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count.clone())
    }
}

impl Drop for BulkInProgress {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Store {
    /// Tells whoever shares this store that a bulk body is being written.
    pub fn begin_bulk(&self) -> BulkInProgress {
        BulkInProgress::begin(&self.inner.bulk_bodies)
    }

    /// Whether a bulk body is being written through this store. Other processes'
    /// are not known, and the embedded database has none.
    pub fn is_taking_bulk(&self) -> bool {
        self.inner.bulk_bodies.load(Ordering::Relaxed) > 0
    }
}
