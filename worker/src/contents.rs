//! Blobs as the plain readers that packages are built from, and back.

use std::fs::File;
use std::io::{self, Read};

use baitline_domain::ids::ClientId;
use baitline_evidence::RecordingReader;
use baitline_store::blobs::{BlobKind, Blobs};
use baitline_store::{StoreError, StoreResult};
use bytes::{Buf, Bytes};
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use tokio::runtime::Handle;

/// Bytes read from a file at a time.
const FILE_CHUNK_BYTES: usize = 256 * 1024;

/// The recordings of one client.
pub(crate) struct ClientRecordings<'a> {
    pub(crate) client: ClientId,
    pub(crate) blobs: &'a Blobs,
    pub(crate) runtime: &'a Handle,
}

impl RecordingReader for ClientRecordings<'_> {
    fn open(&self, sha256: &[u8; 32]) -> io::Result<Box<dyn Read + '_>> {
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
