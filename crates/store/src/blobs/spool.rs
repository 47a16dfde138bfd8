//! A stream on its way into a bucket: hashed while it is taken in, since its
//! hash is the key that it is uploaded under. What is small stays in memory,
//! the rest lies in a temporary file that no name leads to.

use std::io::{self, SeekFrom};

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt};

use super::{Measure, PutError, StoredBlob};
use crate::error::StoreError;

/// What is uploaded at a time, and the most that stays in memory: the least that
/// S3 takes as a part.
pub(super) const PART_BYTES: usize = 5 * 1024 * 1024;

/// A whole stream.
pub(super) struct Spool {
    pub(super) blob: StoredBlob,
    pub(super) content: Content,
}

/// Where its bytes are.
pub(super) enum Content {
    /// In memory.
    Small(Vec<u8>),
    /// In a file, which stands at its beginning.
    Large(File),
}

/// Takes a stream in, up to `limit_bytes`.
pub(super) async fn take_in<E>(
    mut stream: impl Stream<Item = Result<Bytes, E>> + Unpin,
    limit_bytes: u64,
) -> Result<Spool, PutError<E>> {
    let mut measure = Measure::new(limit_bytes);
    let mut content = Content::Small(Vec::new());
    while let Some(chunk) = stream.next().await {
        content = content.with(&measure.add(chunk)?).await.map_err(unspooled)?;
    }
    if let Content::Large(file) = &mut content {
        file.flush().await.map_err(unspooled)?;
        file.seek(SeekFrom::Start(0)).await.map_err(unspooled)?;
    }
    Ok(Spool { blob: measure.end(), content })
}

impl Content {
    async fn with(self, chunk: &[u8]) -> io::Result<Self> {
        match self {
            Self::Small(mut memory) if memory.len() + chunk.len() <= PART_BYTES => {
                memory.extend_from_slice(chunk);
                Ok(Self::Small(memory))
            }
            Self::Small(memory) => {
                let mut file = File::from_std(tempfile::tempfile()?);
                file.write_all(&memory).await?;
                file.write_all(chunk).await?;
                Ok(Self::Large(file))
            }
            Self::Large(mut file) => {
                file.write_all(chunk).await?;
                Ok(Self::Large(file))
            }
        }
    }
}

/// The next part of a file; none at its end.
pub(super) async fn next_part(file: &mut File) -> io::Result<Option<Bytes>> {
    let mut part = Vec::with_capacity(PART_BYTES);
    file.take(PART_BYTES as u64).read_to_end(&mut part).await?;
    Ok((!part.is_empty()).then(|| part.into()))
}

/// A full temporary folder is an outage like that of the store.
pub(super) fn unspooled(error: io::Error) -> StoreError {
    StoreError::Blob(format!("the temporary folder: {error}"))
}
