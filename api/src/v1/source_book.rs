//! The sources of clients that report calls one by one, as they were a moment
//! ago. It only spares a record the look-up of names and zones, which do not
//! change: how the source's clock runs, the transaction of the record reads itself.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use baitline_domain::ids::ClientId;
use baitline_intake::calls::Sources;

/// How long they are taken for what they are.
const KNOWN_FOR: Duration = Duration::from_secs(1);
/// The most entries at a time; beyond that all of them are read again.
const ENTRIES: usize = 10_000;

/// A client, and the source of records that name none.
type Asked = (ClientId, Option<String>);

/// See the module.
#[derive(Default)]
pub(crate) struct SourceBook {
    known: Mutex<HashMap<Asked, (Instant, Arc<Sources>)>>,
}

impl SourceBook {
    /// The sources, if they were read less than a moment ago.
    pub(crate) fn find(&self, asked: &Asked) -> Option<Arc<Sources>> {
        let known = self.lock();
        let (read_at, sources) = known.get(asked)?;
        (read_at.elapsed() < KNOWN_FOR).then(|| sources.clone())
    }

    /// Keeps what was read, the reading having begun at `read_at`.
    pub(crate) fn keep(&self, asked: Asked, read_at: Instant, sources: Arc<Sources>) {
        let mut known = self.lock();
        if known.len() >= ENTRIES {
            known.clear();
        }
        known.insert(asked, (read_at, sources));
    }

    /// What a panic left is whole: nothing is done in steps.
    fn lock(&self) -> MutexGuard<'_, HashMap<Asked, (Instant, Arc<Sources>)>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
