//! How every report reads: one snapshot says which segments hold what and which
//! days the database tells; then the files are opened. A report may need much
//! memory, so few are made at a time and the others wait for a while.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use baitline_analytics::{self as analytics, Ordinals, Sealed, SegmentFile, Source, Tally};
use baitline_domain::ids::ClientId;
use baitline_domain::instant::{Day, Instant};
use baitline_store::blobs::{BlobKind, LocalFile};
use baitline_store::models::Segment;
use baitline_store::segments::{self, Lost, Manifest};
use baitline_store::{Conn, Reach, Store, StoreError, StoreResult};
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::app::{App, blocking};
use crate::fault::Fault;
use crate::problem::{ApiError, ApiResult};

/// Reports that one process makes at a time; each may use all cores and some
/// hundreds of megabytes.
pub(crate) const MAX_REPORTS_AT_ONCE: usize = 2;
/// How long another one waits before it is told to come again.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often files are looked for before a report does without segments.
const LOOKS: usize = 3;

/// The places of reports.
pub(crate) struct Reports(Semaphore);

impl Reports {
    pub(crate) fn new() -> Self {
        Self(Semaphore::new(MAX_REPORTS_AT_ONCE))
    }

    async fn enter(&self) -> ApiResult<SemaphorePermit<'_>> {
        match tokio::time::timeout(PATIENCE, self.0.acquire()).await {
            Ok(Ok(place)) => Ok(place),
            _ => Err(ApiError::Unavailable("too many reports are being made".to_owned())),
        }
    }
}

/// The interceptions of a report's period.
pub(crate) struct Interceptions {
    tallies: Vec<Tally>,
    sealed: Vec<Sealed>,
    period: (Instant, Instant),
    /// Keeps the files where they are.
    _files: Vec<LocalFile>,
}

impl Interceptions {
    /// As the column engine takes them.
    pub(crate) fn source(&self) -> Source<'_> {
        let (from, to) = self.period;
        Source { tallies: &self.tallies, sealed: &self.sealed, from, to }
    }
}

/// Makes a report of what `read` says and of the interceptions of the same
/// moment. Both closures run again when a file turns out to be unreadable.
pub(crate) async fn report<K: Send + 'static, T: Send + 'static>(
    app: &App,
    reach: Reach,
    period: (Instant, Instant),
    read: impl Fn(&mut Conn) -> StoreResult<K> + Send + 'static,
    make: impl Fn(K, &Interceptions) -> ApiResult<T> + Send + 'static,
) -> ApiResult<T> {
    let _place = app.reports.enter().await?;
    let store = app.store.clone();
    blocking(move || {
        let snapshot = |lost: &Lost| snapshot(&store, reach, period, lost, &read);
        let (known, interceptions, used) = with_files(&store, period, &snapshot)?;
        match make(known, &interceptions) {
            Err(ApiError::Segment(error)) => {
                tracing::error!(error, "a segment cannot be read: the database is asked instead");
                drop(interceptions);
                let (known, read) = snapshot(&used)?;
                let without = opened(&store, period, read).map_err(ApiError::from)?;
                make(known, &without)
            }
            other => other,
        }
    })
    .await
}

/// What belongs to one snapshot.
struct Read {
    manifest: Manifest,
    ordinals: BTreeMap<ClientId, segments::Ordinals>,
}

fn snapshot<K>(
    store: &Store,
    reach: Reach,
    (from, to): (Instant, Instant),
    lost: &Lost,
    read: &impl Fn(&mut Conn) -> StoreResult<K>,
) -> ApiResult<(K, Read)> {
    Ok(store.read(reach, |conn| {
        let manifest = segments::manifest(conn, reach, from, to, lost)?;
        let clients = manifest.segments.iter().map(|(segment, _)| segment.client_id);
        let ordinals = clients
            .collect::<BTreeSet<ClientId>>()
            .into_iter()
            .map(|client| Ok((client, segments::ordinals_of(conn, client)?)))
            .collect::<StoreResult<_>>()?;
        Ok((read(conn)?, Read { manifest, ordinals }))
    })?)
}

/// Reads until every file is there. One that is not was dropped meanwhile, or
/// is lost: the next snapshot does without it.
fn with_files<K>(
    store: &Store,
    period: (Instant, Instant),
    snapshot: &impl Fn(&Lost) -> ApiResult<(K, Read)>,
) -> ApiResult<(K, Interceptions, Lost)> {
    let mut lost = Lost::new();
    for _ in 1..LOOKS {
        let (known, read) = snapshot(&lost)?;
        let used: Lost = read.manifest.segments.iter().map(|(segment, _)| segment.id).collect();
        match opened(store, period, read) {
            Ok(interceptions) => {
                lost.extend(used);
                return Ok((known, interceptions, lost));
            }
            Err(Unopened::Gone(segment)) => {
                tracing::warn!(segment = %segment.id, "a segment's file is not there");
                lost.insert(segment.id);
            }
            Err(Unopened::Other(error)) => return Err(error),
        }
        // Whatever else is gone is found at once.
        lost.extend(used);
    }
    let (known, read) = snapshot(&lost)?;
    Ok((known, opened(store, period, read)?, lost))
}

/// Why files are not open.
enum Unopened {
    Gone(Box<Segment>),
    Other(ApiError),
}

impl From<Unopened> for ApiError {
    fn from(unopened: Unopened) -> Self {
        match unopened {
            Unopened::Gone(segment) => Self::Segment(format!("segment {} is gone", segment.id)),
            Unopened::Other(error) => error,
        }
    }
}

fn opened(
    store: &Store,
    period: (Instant, Instant),
    read: Read,
) -> Result<Interceptions, Unopened> {
    let Read { manifest, mut ordinals } = read;
    let mut tallies =
        analytics::tally(&manifest.counted.edges).map_err(|e| Unopened::Other(failure(e)))?;
    tallies.extend(manifest.counted.tallies);
    let (mut files, mut sealed) = (Vec::new(), BTreeMap::<ClientId, Sealed>::new());
    for (segment, left_out) in manifest.segments {
        let file = local_file(store, &segment)?;
        let client = segment.client_id;
        let entry = sealed.entry(client).or_insert_with(|| {
            let given = ordinals.remove(&client).unwrap_or_default();
            Sealed { client, ordinals: numbered(given), files: Vec::new() }
        });
        entry.files.push(segment_file(&segment, &file, left_out)?);
        files.push(file);
    }
    Ok(Interceptions { tallies, sealed: sealed.into_values().collect(), period, _files: files })
}

fn local_file(store: &Store, segment: &Segment) -> Result<LocalFile, Unopened> {
    let found = store.blobs().local_file(segment.client_id, BlobKind::Segment, &segment.sha256);
    Handle::current().block_on(found).map_err(|error| match error {
        StoreError::NotFound => Unopened::Gone(Box::new(segment.clone())),
        error => Unopened::Other(error.into()),
    })
}

fn segment_file(
    segment: &Segment,
    file: &LocalFile,
    left_out: Vec<Day>,
) -> Result<SegmentFile, Unopened> {
    let sha256 = segment.sha256.as_slice().try_into();
    let sha256 = sha256.map_err(|_| {
        Unopened::Other(ApiError::Internal(format!("the hash of segment {}", segment.id)))
    })?;
    Ok(SegmentFile { path: file.path().to_owned(), sha256, left_out })
}

/// The numbers as the column engine takes them. There are as many as the next
/// one says, since none is ever taken away.
fn numbered(given: segments::Ordinals) -> Ordinals {
    Ordinals {
        bait_count: given.baits.len() as u32,
        trap_count: given.traps.len() as u32,
        baits: given.baits,
        traps: given.traps,
        competitors: given.competitors,
    }
}

/// Why a report cannot be made.
pub(crate) fn failure(error: analytics::AnalyticsError) -> ApiError {
    match error {
        analytics::AnalyticsError::TooManyRows { .. } => {
            ApiError::parameter("to", Fault::PeriodTooLong)
        }
        analytics::AnalyticsError::Segment(error) => ApiError::Segment(error.to_string()),
        error => ApiError::Internal(error.to_string()),
    }
}
