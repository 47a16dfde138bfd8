//! The bytes of a result a piece at a time. The library's own stream of a file reads
//! 8 KiB, and goes to another thread and back for each.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use object_store::{GetResult, GetResultPayload};

/// Bytes of a file that are read at once.
const PIECE_BYTES: u64 = 512 * 1024;

/// The bytes that a store found; an error where a file ends before them.
pub(super) fn pieces(result: GetResult) -> BoxStream<'static, object_store::Result<Bytes>> {
    match result.payload {
        GetResultPayload::File(file, _) => {
            let failed = |error: io::Error| object_store::Error::Generic {
                store: "folder",
                source: error.into(),
            };
            stream::try_unfold((file, result.range), next_piece)
                .map(move |piece| piece.map_err(failed))
                .boxed()
        }
        GetResultPayload::Stream(body) => body,
    }
}

type Rest = (File, Range<u64>);

async fn next_piece((mut file, rest): Rest) -> io::Result<Option<(Bytes, Rest)>> {
    if rest.is_empty() {
        return Ok(None);
    }
    let length = (rest.end - rest.start).min(PIECE_BYTES);
    let read = move || -> io::Result<(Vec<u8>, Rest)> {
        // Not filled with zeros first.
        let mut piece = Vec::with_capacity(length as usize);
        file.seek(SeekFrom::Start(rest.start))?;
        if (&mut file).take(length).read_to_end(&mut piece)? as u64 != length {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok((piece, (file, rest.start + length..rest.end)))
    };
    let (piece, rest) = tokio::task::spawn_blocking(read).await??;
    Ok(Some((piece.into(), rest)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

    use futures_util::TryStreamExt;
    use object_store::local::LocalFileSystem;
    use object_store::path::Path as Key;
    use object_store::{GetOptions, GetRange, ObjectStore};

    use super::*;

    const BYTES: usize = 2 * PIECE_BYTES as usize + 1_000;

    async fn found(folder: &std::path::Path, range: Range<u64>) -> GetResult {
        let store = LocalFileSystem::new_with_prefix(folder).unwrap();
        let range = Some(GetRange::Bounded(range));
        let options = GetOptions { range, ..GetOptions::default() };
        store.get_opts(&Key::from("blob"), options).await.unwrap()
    }

    #[tokio::test]
    async fn every_byte_asked_for_comes_once_and_in_order_over_the_edges_of_pieces() {
        let folder = tempfile::tempdir().unwrap();
        let bytes: Vec<u8> = (0..BYTES).map(|at| (at % 251) as u8).collect();
        std::fs::write(folder.path().join("blob"), &bytes).unwrap();
        let end = BYTES as u64;
        for range in [0..end, 0..PIECE_BYTES, 1..PIECE_BYTES + 2, PIECE_BYTES..end, end - 1..end] {
            let pieces: Vec<Bytes> =
                pieces(found(folder.path(), range.clone()).await).try_collect().await.unwrap();
            let asked = &bytes[range.start as usize..range.end as usize];
            assert!(pieces.concat() == asked, "{range:?}");
        }
    }

    #[tokio::test]
    async fn a_file_that_is_cut_meanwhile_is_an_error_and_no_short_answer() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("blob");
        std::fs::write(&path, vec![7; BYTES]).unwrap();
        let found = found(folder.path(), 0..BYTES as u64).await;
        File::options().write(true).open(&path).unwrap().set_len(PIECE_BYTES + 1).unwrap();
        let came: object_store::Result<Vec<Bytes>> = pieces(found).try_collect().await;
        assert!(came.is_err());
    }
}
