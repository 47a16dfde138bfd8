//! The blob store: whole blobs or none, each client's apart.

use std::path::{Path, PathBuf};
use std::task::Poll;
use std::time::{Duration, SystemTime};

use baitline_domain::ids::ClientId;
use baitline_store::blobs::{BlobKind, PutError, StoredBlob};
use baitline_store::{StoreError, StoreResult};
use baitline_testkit::TestDatabase;
use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::support::{Opened, open};

/// More than any test sends.
const LIMIT_BYTES: u64 = 64 * 1024 * 1024;

fn client() -> ClientId {
    ClientId(Uuid::now_v7())
}

/// Parts of a stream that ends well.
fn parts(parts: &[&[u8]]) -> Vec<Result<Bytes, &'static str>> {
    parts.iter().map(|part| Ok(Bytes::copy_from_slice(part))).collect()
}

async fn put(
    opened: &Opened,
    client: ClientId,
    parts: Vec<Result<Bytes, &'static str>>,
    limit_bytes: u64,
) -> Result<StoredBlob, PutError<&'static str>> {
    opened.store.blobs().put(client, BlobKind::Recording, stream::iter(parts), limit_bytes).await
}

async fn get(
    opened: &Opened,
    client: ClientId,
    blob: &StoredBlob,
    range: Option<std::ops::Range<u64>>,
) -> StoreResult<Vec<u8>> {
    let stream = opened.store.blobs().get(client, BlobKind::Recording, &blob.sha256, range).await?;
    Ok(stream.try_collect::<Vec<Bytes>>().await?.concat())
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    entries
        .map(|entry| entry.unwrap().path())
        .flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] })
        .collect()
}

/// The blobs that rows could speak of.
fn kept(opened: &Opened) -> Vec<PathBuf> {
    files(&opened.blobs.path().join("clients"))
}

#[tokio::test]
async fn a_blob_comes_back_whole_and_under_the_hash_of_its_bytes() {
    let opened = open(TestDatabase::sqlite());
    let large = vec![7_u8; 12 * 1024 * 1024];
    for sent in [vec![b"RIFF".as_slice(), b"", b"wave"], vec![], vec![&large[..], b"end"]] {
        let whole = sent.concat();
        let client = client();
        let blob = put(&opened, client, parts(&sent), LIMIT_BYTES).await.unwrap();
        assert_eq!(blob.bytes, whole.len() as u64);
        assert_eq!(blob.sha256.as_slice(), Sha256::digest(&whole).as_slice());
        assert_eq!(get(&opened, client, &blob, None).await.unwrap(), whole);
    }
    assert_eq!(kept(&opened).len(), 3);
    assert_eq!(files(&opened.blobs.path().join("incoming")), Vec::<PathBuf>::new());
}

#[tokio::test]
async fn a_range_is_a_part_of_the_blob() {
    let opened = open(TestDatabase::sqlite());
    let client = client();
    let blob = put(&opened, client, parts(&[b"0123456789"]), LIMIT_BYTES).await.unwrap();
    for (range, expected) in [(0..1, "0"), (3..7, "3456"), (9..10, "9"), (0..10, "0123456789")] {
        let found = get(&opened, client, &blob, Some(range.clone())).await.unwrap();
        assert_eq!(found, expected.as_bytes(), "{range:?}");
    }
}

#[tokio::test]
async fn the_same_bytes_are_kept_once_for_a_client_and_apart_for_two() {
    let opened = open(TestDatabase::sqlite());
    let (ours, theirs) = (client(), client());
    let blob = put(&opened, ours, parts(&[b"same"]), LIMIT_BYTES).await.unwrap();
    let foreign = get(&opened, theirs, &blob, None).await;
    assert!(matches!(foreign, Err(StoreError::NotFound)), "{foreign:?}");
    assert_eq!(put(&opened, ours, parts(&[b"sa", b"me"]), LIMIT_BYTES).await.unwrap(), blob);
    assert_eq!(kept(&opened).len(), 1);
    assert_eq!(put(&opened, theirs, parts(&[b"same"]), LIMIT_BYTES).await.unwrap(), blob);
    assert_eq!(kept(&opened).len(), 2);
    assert_eq!(get(&opened, theirs, &blob, None).await.unwrap(), b"same");
}

#[tokio::test]
async fn a_stream_beyond_the_limit_leaves_no_blob() {
    let opened = open(TestDatabase::sqlite());
    let client = client();
    let at_the_limit = put(&opened, client, parts(&[b"12345"]), 5).await;
    assert!(at_the_limit.is_ok());
    for too_much in [parts(&[b"123", b"456"]), parts(&[b"123456789"])] {
        let refused = put(&opened, client, too_much, 5).await;
        assert!(matches!(refused, Err(PutError::TooLarge { limit_bytes: 5 })), "{refused:?}");
    }
    assert_eq!(kept(&opened).len(), 1);
    assert_eq!(files(&opened.blobs.path().join("incoming")), Vec::<PathBuf>::new());
}

#[tokio::test]
async fn a_stream_that_breaks_leaves_no_blob() {
    let opened = open(TestDatabase::sqlite());
    let broken = [parts(&[b"half of"]), vec![Err("the sender went away")]].concat();
    let refused = put(&opened, client(), broken, LIMIT_BYTES).await;
    assert!(matches!(refused, Err(PutError::Stream("the sender went away"))), "{refused:?}");
    assert_eq!(files(opened.blobs.path()), Vec::<PathBuf>::new());
}

#[tokio::test]
async fn a_sender_that_is_given_up_leaves_no_blob() {
    let opened = open(TestDatabase::sqlite());
    {
        let endless = stream::iter(parts(&[b"half of"])).chain(stream::pending());
        let client = client();
        let blobs = opened.store.blobs();
        let putting = blobs.put(client, BlobKind::Recording, endless, LIMIT_BYTES);
        let mut putting = std::pin::pin!(putting);
        let is_pending = std::future::poll_fn(|context| {
            Poll::Ready(putting.as_mut().poll(context).is_pending())
        });
        assert!(is_pending.await);
    }
    assert_eq!(kept(&opened), Vec::<PathBuf>::new());
}

#[tokio::test]
async fn packages_and_recordings_of_the_same_bytes_are_two_blobs() {
    let opened = open(TestDatabase::sqlite());
    let client = client();
    put(&opened, client, parts(&[b"same"]), LIMIT_BYTES).await.unwrap();
    let blobs = opened.store.blobs();
    let bytes = stream::iter(parts(&[b"same"]));
    blobs.put(client, BlobKind::Package, bytes, LIMIT_BYTES).await.unwrap();
    assert_eq!(kept(&opened).len(), 2);
}

#[tokio::test]
async fn a_store_that_takes_writes_says_so_and_keeps_nothing_of_the_question() {
    let opened = open(TestDatabase::sqlite());
    assert!(opened.store.blobs().is_writable().await);
    assert_eq!(files(opened.blobs.path()), Vec::<PathBuf>::new());
}

#[tokio::test]
async fn a_blob_is_a_file_in_its_place() {
    let opened = open(TestDatabase::sqlite());
    let client = client();
    let blob = put(&opened, client, parts(&[b"RIFF"]), LIMIT_BYTES).await.unwrap();
    let blobs = opened.store.blobs();
    let file = blobs.local_file(client, BlobKind::Recording, &blob.sha256).await.unwrap();
    assert_eq!(std::fs::read(file.path()).unwrap(), b"RIFF");
    let missing = blobs.local_file(client, BlobKind::Package, &blob.sha256).await;
    assert!(matches!(missing, Err(StoreError::NotFound)), "{missing:?}");
}

#[tokio::test]
async fn files_that_were_never_finished_are_swept_up_when_they_are_old() {
    let opened = open(TestDatabase::sqlite());
    let day = Duration::from_secs(24 * 60 * 60);
    assert_eq!(opened.store.blobs().sweep(day).await.unwrap(), 0, "nothing came in yet");
    put(&opened, client(), parts(&[b"whole"]), LIMIT_BYTES).await.unwrap();
    let incoming = opened.blobs.path().join("incoming");
    for (name, days) in [("old#1", 2), ("new#1", 0)] {
        let file = std::fs::File::create(incoming.join(name)).unwrap();
        file.set_modified(SystemTime::now() - days * day).unwrap();
    }
    assert_eq!(opened.store.blobs().sweep(day).await.unwrap(), 1);
    assert_eq!(files(&incoming), [incoming.join("new#1")]);
    assert_eq!(kept(&opened).len(), 1);
}
