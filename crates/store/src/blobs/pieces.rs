//! The bytes of a result a piece at a time. The library's own stream of a file reads
//! 8 KiB, and goes to another thread and back for each.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use object_store::{GetResult, GetResultPayload};

/// Bytes of a file that are read at once.
const PIECE_BYTES: u64 = 256 * 1024;

/// The bytes that a store found. Ends early where a file does.
pub(super) fn pieces(result: GetResult) -> BoxStream<'static, object_store::Result<Bytes>> {
    match result.payload {
        GetResultPayload::File(file, _) => {
            let failed = |error: io::Error| object_store::Error::Generic {
                store: "folder",
                source: error.into(),
            };
            stream::try_unfold((Arc::new(file), result.range), next_piece)
                .map(move |piece| piece.map_err(failed))
                .boxed()
        }
        GetResultPayload::Stream(body) => body,
    }
}

type Rest = (Arc<File>, Range<u64>);

async fn next_piece((file, rest): Rest) -> io::Result<Option<(Bytes, Rest)>> {
    let length = (rest.end - rest.start).min(PIECE_BYTES);
    let (from, at) = (Arc::clone(&file), rest.start);
    let read = move || read_whole(&from, vec![0; length as usize], at);
    let piece = tokio::task::spawn_blocking(read).await??;
    let rest = rest.start + piece.len() as u64..rest.end;
    Ok((!piece.is_empty()).then(|| (piece.into(), (file, rest))))
}

/// Fills the piece, or as much of it as there is.
fn read_whole(file: &File, mut piece: Vec<u8>, at: u64) -> io::Result<Vec<u8>> {
    let mut filled = 0;
    while filled < piece.len() {
        match file.read_at(&mut piece[filled..], at + filled as u64) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    piece.truncate(filled);
    Ok(piece)
}
