//! Takes recordings in: the bytes to the blob store first, then a look at what
//! they are and how long they play. Whatever comes of that look, the bytes are kept.

use std::io::{self, Read, Seek, SeekFrom};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use actix_web::web::Bytes;
use baitline_domain::ids::{ClientId, ObservationId};
use baitline_intake::media::{self, SNIFFED_BYTES};
use baitline_intake::sound::{NoLength, milliseconds};
use baitline_store::blobs::{BlobKind, PutError, StoredBlob};
use baitline_store::models::{DurationMissing, Recording};
use futures_util::Stream;
use tempfile::SpooledTempFile;

use crate::app::{App, blocking};
use crate::problem::ApiResult;
use crate::spool;

/// How long a file may be counted; after that its length is not known.
const COUNTING_TIME: Duration = Duration::from_secs(5);
/// Files that may be counted at a time, those included that nobody waits for.
const COUNTED_AT_A_TIME: usize = 8;

/// Bytes that are kept, and what was seen of them.
pub(crate) struct Sound {
    pub(crate) client: ClientId,
    pub(crate) blob: StoredBlob,
    /// The media type that the first bytes tell.
    pub(crate) sniffed_type: &'static str,
    length: Result<u64, NoLength>,
}

impl Sound {
    /// Whether it is a recording at all.
    pub(crate) fn is_sound(&self) -> bool {
        self.sniffed_type != media::UNKNOWN
    }

    pub(crate) fn duration(&self) -> (Option<i64>, Option<DurationMissing>) {
        match self.length {
            Ok(milliseconds) => (i64::try_from(milliseconds).ok(), None),
            Err(NoLength::Unsupported) => (None, Some(DurationMissing::Unsupported)),
            Err(NoLength::Undecodable) => (None, Some(DurationMissing::Undecodable)),
        }
    }

    /// The recording that it is at an observation.
    pub(crate) fn at(
        &self,
        observation_id: ObservationId,
        media_type: String,
        original_name: Option<String>,
    ) -> Recording {
        let (duration_milliseconds, duration_missing) = self.duration();
        Recording {
            client_id: self.client,
            observation_id,
            sha256: self.blob.sha256.to_vec(),
            bytes: self.blob.bytes.cast_signed(),
            media_type,
            received_at: baitline_store::now(),
            sniffed_type: self.sniffed_type.to_owned(),
            original_name,
            duration_milliseconds,
            duration_missing,
            derived: false,
        }
    }
}

/// Keeps a stream and looks at it.
pub(crate) async fn keep<E>(
    app: &App,
    client: ClientId,
    stream: impl Stream<Item = Result<Bytes, E>> + Unpin,
    limit_bytes: u64,
) -> Result<Sound, PutError<E>> {
    let blob = app.store.blobs().put(client, BlobKind::Recording, stream, limit_bytes).await?;
    let looked_at = look_at(app, client, &blob).await;
    let (sniffed_type, length) = looked_at.unwrap_or_else(|error| {
        tracing::warn!(%error, "a recording is kept and could not be looked at");
        (media::UNKNOWN, Err(NoLength::Undecodable))
    });
    Ok(Sound { client, blob, sniffed_type, length })
}

async fn look_at(
    app: &App,
    client: ClientId,
    blob: &StoredBlob,
) -> ApiResult<(&'static str, Result<u64, NoLength>)> {
    if blob.bytes == 0 {
        return Ok((media::UNKNOWN, Err(NoLength::Unsupported)));
    }
    let bytes = app.store.blobs().get(client, BlobKind::Recording, &blob.sha256, None).await?;
    let mut copy = spool::take_in(bytes, &app.spool, blob.bytes).await?;
    blocking(move || {
        let mut first = Vec::with_capacity(SNIFFED_BYTES);
        let read = Read::by_ref(&mut copy).take(SNIFFED_BYTES as u64).read_to_end(&mut first);
        read.and_then(|_| copy.rewind()).map_err(|error| spool::failed(&error))?;
        let media_type = media::sniff(&first);
        Ok((media_type, count(copy, media_type)))
    })
    .await
}

/// Counts on a thread of its own, which may panic, or not end: then nobody waits
/// for it any longer, and its next read fails.
fn count(copy: SpooledTempFile, media_type: &'static str) -> Result<u64, NoLength> {
    static RUNNING: Slots = Slots::new(COUNTED_AT_A_TIME);
    let Some(slot) = RUNNING.take() else { return Err(NoLength::Undecodable) };
    let (send, receive) = mpsc::channel();
    let spawned = std::thread::Builder::new().name("sound".to_owned()).spawn(move || {
        let _slot = slot;
        let mut copy = copy;
        let bytes = spool::rewind(&mut copy).unwrap_or_default();
        let limited = Limited { file: copy, ends_at: Instant::now() + COUNTING_TIME };
        // Nobody waits when it took too long.
        let _ = send.send(milliseconds(limited, bytes, media_type));
    });
    match spawned {
        Ok(_) => receive.recv_timeout(COUNTING_TIME).unwrap_or(Err(NoLength::Undecodable)),
        Err(_) => Err(NoLength::Undecodable),
    }
}

/// A file that can be read for a while.
struct Limited {
    file: SpooledTempFile,
    ends_at: Instant,
}

impl Limited {
    fn check(&self) -> io::Result<()> {
        if Instant::now() < self.ends_at {
            Ok(())
        } else {
            Err(io::Error::new(io::ErrorKind::TimedOut, "counted for too long"))
        }
    }
}

impl Read for Limited {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.check()?;
        self.file.read(buffer)
    }
}

impl Seek for Limited {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.check()?;
        self.file.seek(to)
    }
}

/// How many may do something at a time.
struct Slots {
    free: std::sync::atomic::AtomicUsize,
}

/// One of them; given back when dropped, also by a panic.
struct Slot(&'static Slots);

impl Slots {
    const fn new(free: usize) -> Self {
        Self { free: std::sync::atomic::AtomicUsize::new(free) }
    }

    fn take(&'static self) -> Option<Slot> {
        use std::sync::atomic::Ordering::SeqCst;
        let taken = self.free.fetch_update(SeqCst, SeqCst, |free| free.checked_sub(1));
        taken.ok().map(|_| Slot(self))
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.0.free.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
    }
}
