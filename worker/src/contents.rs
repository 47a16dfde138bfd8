//! Blobs as the plain readers that packages are built from, and back.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use baitline_domain::ids::ClientId;
use baitline_store::blobs::{BlobKind, Blobs};
use baitline_store::{StoreError, StoreResult};
use bytes::{Buf, Bytes, BytesMut};
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use tokio::runtime::Handle;

/// Bytes read from a file at a time.
const FILE_CHUNK_BYTES: usize = 256 * 1024;
/// Bytes of a large blob fetched at a time.
const PIECE_BYTES: u64 = 2 * 1024 * 1024;

/// The recordings of one client.
pub(crate) struct ClientRecordings<'a> {
    pub(crate) client: ClientId,
    pub(crate) blobs: &'a Blobs,
    pub(crate) runtime: &'a Handle,
}

impl ClientRecordings<'_> {
    /// Opens the recording with this SHA-256 for reading from its start.
    pub(crate) fn open(&self, sha256: &[u8; 32]) -> io::Result<Box<dyn Read + '_>> {
        let stream = self
            .runtime
            .block_on(self.blobs.get(self.client, BlobKind::Recording, sha256, None))
            .map_err(unreadable)?;
        Ok(Box::new(BlobReader { stream, runtime: self.runtime, chunk: Bytes::new() }))
    }
}

/// Reads a blob's stream from a thread that may block.
struct BlobReader<'a> {
    stream: BoxStream<'static, StoreResult<Bytes>>,
    runtime: &'a Handle,
    chunk: Bytes,
}

impl Read for BlobReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.chunk.is_empty() {
            match self.runtime.block_on(self.stream.next()) {
                Some(chunk) => self.chunk = chunk.map_err(unreadable)?,
                None => return Ok(0),
            }
        }
        let length = buffer.len().min(self.chunk.len());
        self.chunk.copy_to_slice(&mut buffer[..length]);
        Ok(length)
    }
}

/// A blob of any size read piece by piece, so that nothing of it is held open
/// while its reader does something else, and only a piece is in memory.
pub(crate) struct PieceReader {
    client: ClientId,
    kind: BlobKind,
    sha256: Vec<u8>,
    /// How many bytes it has.
    bytes: u64,
    blobs: Blobs,
    runtime: Handle,
    /// Where the next piece begins; for others to see, too.
    at: Arc<AtomicU64>,
    piece: Bytes,
}

impl PieceReader {
    pub(crate) fn new(
        (client, kind, sha256, bytes): (ClientId, BlobKind, Vec<u8>, u64),
        blobs: Blobs,
        runtime: Handle,
        at: Arc<AtomicU64>,
    ) -> Self {
        Self { client, kind, sha256, bytes, blobs, runtime, at, piece: Bytes::new() }
    }

    fn at(&self) -> u64 {
        self.at.load(Ordering::Relaxed)
    }

    fn next_piece(&self) -> StoreResult<Bytes> {
        let range = self.at()..self.bytes.min(self.at() + PIECE_BYTES);
        self.runtime.block_on(async {
            let got = self.blobs.get(self.client, self.kind, &self.sha256, Some(range));
            let mut stream = got.await?;
            let mut piece = BytesMut::new();
            while let Some(chunk) = stream.next().await {
                piece.extend_from_slice(&chunk?);
            }
            Ok(piece.freeze())
        })
    }
}

impl Read for PieceReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.piece.is_empty() && self.at() < self.bytes {
            self.piece = self.next_piece().map_err(unreadable)?;
            self.at.fetch_add(self.piece.len() as u64, Ordering::Relaxed);
            if self.piece.is_empty() {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        let length = buffer.len().min(self.piece.len());
        self.piece.copy_to_slice(&mut buffer[..length]);
        Ok(length)
    }
}

impl Seek for PieceReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let here = self.at() - self.piece.len() as u64;
        let place = match to {
            SeekFrom::Start(place) => Some(place),
            SeekFrom::Current(by) => here.checked_add_signed(by),
            SeekFrom::End(by) => self.bytes.checked_add_signed(by),
        };
        let place = place.ok_or(io::ErrorKind::InvalidInput)?;
        self.at.store(place, Ordering::Relaxed);
        self.piece = Bytes::new();
        Ok(place)
    }
}

/// A blob that is not there or not what it was will not be there later either;
/// any other failure is the store's, and passes.
fn unreadable(error: StoreError) -> io::Error {
    let kind = match error {
        StoreError::NotFound => io::ErrorKind::NotFound,
        StoreError::Corrupt(_) => io::ErrorKind::InvalidData,
        _ => io::ErrorKind::Other,
    };
    io::Error::new(kind, error)
}

/// Whether reading failed for good.
pub(crate) fn is_for_good(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::InvalidData)
}

/// The first bytes of a recording, for telling what it is.
pub(crate) fn first_bytes(reader: &mut dyn Read, length: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(length);
    reader.take(length as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A file as a stream of chunks.
pub(crate) fn chunks(mut file: File) -> impl Iterator<Item = io::Result<Bytes>> {
    std::iter::from_fn(move || {
        let mut chunk = vec![0; FILE_CHUNK_BYTES];
        match file.read(&mut chunk) {
            Ok(0) => None,
            Ok(length) => {
                chunk.truncate(length);
                Some(Ok(Bytes::from(chunk)))
            }
            Err(error) => Some(Err(error)),
        }
    })
}

/// Reading a broken temporary file is a fault of this machine.
pub(crate) fn put_failed(error: baitline_store::blobs::PutError<io::Error>) -> StoreError {
    match error {
        baitline_store::blobs::PutError::Store(error) => error,
        other => StoreError::Blob(other.to_string()),
    }
}
