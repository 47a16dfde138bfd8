//! Large bodies and answers on their way: a little is held in memory, more in
//! a temporary file that has no name. Knows nothing of what the bytes mean.

use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use actix_web::web::Bytes;
use bytes::BytesMut;
use futures_util::{Stream, StreamExt, stream};
use tempfile::SpooledTempFile;

use crate::app::blocking;
use crate::extract::interrupted;
use crate::problem::{ApiError, ApiResult};

/// How much one body holds in memory before it goes to a file.
const IN_MEMORY_BYTES: usize = 1024 * 1024;
/// How much is written or read at a time.
const PIECE_BYTES: usize = 256 * 1024;

/// A new spool in `folder`.
pub(crate) fn open(folder: &Path) -> SpooledTempFile {
    tempfile::spooled_tempfile_in(IN_MEMORY_BYTES, folder)
}

/// Takes a whole body in and returns it rewound. `limit_bytes` bounds it
/// whether or not its length was announced.
pub(crate) async fn take_in<E>(
    payload: impl Stream<Item = Result<Bytes, E>> + Unpin,
    folder: &Path,
    limit_bytes: u64,
) -> ApiResult<SpooledTempFile> {
    Ok(take_in_measured(payload, folder, limit_bytes).await?.0)
}

/// The same, with the number of bytes.
pub(crate) async fn take_in_measured<E>(
    mut payload: impl Stream<Item = Result<Bytes, E>> + Unpin,
    folder: &Path,
    limit_bytes: u64,
) -> ApiResult<(SpooledTempFile, u64)> {
    let mut spool = open(folder);
    let mut piece = BytesMut::new();
    let mut taken_bytes = 0_u64;
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| interrupted())?;
        taken_bytes += chunk.len() as u64;
        if taken_bytes > limit_bytes {
            return Err(ApiError::TooLarge { limit_bytes });
        }
        piece.extend_from_slice(&chunk);
        if piece.len() >= PIECE_BYTES {
            let full = piece.split().freeze();
            spool = blocking(move || write_piece(spool, &full)).await?;
        }
    }
    let rest = piece.freeze();
    if taken_bytes < IN_MEMORY_BYTES as u64 {
        // It stays in memory, where nothing waits.
        return Ok((end(spool, &rest)?, taken_bytes));
    }
    Ok((blocking(move || end(spool, &rest)).await?, taken_bytes))
}

fn end(spool: SpooledTempFile, rest: &Bytes) -> ApiResult<SpooledTempFile> {
    let mut spool = write_piece(spool, rest)?;
    spool.rewind().map_err(|error| failed(&error))?;
    Ok(spool)
}

fn write_piece(mut spool: SpooledTempFile, piece: &Bytes) -> ApiResult<SpooledTempFile> {
    spool.write_all(piece).map_err(|error| failed(&error))?;
    Ok(spool)
}

/// A full or broken temporary folder: nothing of the request was done.
pub(crate) fn failed(error: &std::io::Error) -> ApiError {
    ApiError::Unavailable(format!("temporary file: {error}"))
}

/// How many bytes a spool holds; its position is then the beginning.
pub(crate) fn rewind(spool: &mut SpooledTempFile) -> std::io::Result<u64> {
    let length = spool.seek(SeekFrom::End(0))?;
    spool.rewind()?;
    Ok(length)
}

/// The bytes of a rewound spool, piece by piece.
pub(crate) fn pieces(spool: SpooledTempFile) -> impl Stream<Item = ApiResult<Bytes>> {
    stream::unfold(Some(spool), |spool| async move {
        let spool = spool?;
        match blocking(move || read_piece(spool)).await {
            Ok(None) => None,
            Ok(Some((piece, spool))) => Some((Ok(piece), Some(spool))),
            Err(error) => Some((Err(error), None)),
        }
    })
}

fn read_piece(mut spool: SpooledTempFile) -> ApiResult<Option<(Bytes, SpooledTempFile)>> {
    let mut piece = Vec::with_capacity(PIECE_BYTES);
    let mut part = Read::by_ref(&mut spool).take(PIECE_BYTES as u64);
    part.read_to_end(&mut piece).map_err(|error| failed(&error))?;
    Ok((!piece.is_empty()).then_some((piece.into(), spool)))
}
