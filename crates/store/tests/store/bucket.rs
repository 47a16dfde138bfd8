//! Blobs in a bucket: the same as in a folder, whole or not at all whatever the
//! store does, and within a bounded time.

use std::ops::Range;
use std::time::{Duration, Instant};

use baitline_domain::ids::ClientId;
use baitline_store::blobs::{BlobKind, BlobPlace, Blobs, PutError, S3Settings, StoredBlob};
use baitline_store::{Store, StoreError, StoreResult, StoreSettings};
use baitline_testkit::{Fault, On, S3Server, TestDatabase};
use bytes::Bytes;
use futures_util::{TryStreamExt, stream};
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use uuid::Uuid;

const LIMIT_BYTES: u64 = 64 * 1024 * 1024;
/// More than one part.
const LARGE_BYTES: usize = 12 * 1024 * 1024 + 1;
/// Well within the leases and the patience of callers.
const BOUNDED: Duration = Duration::from_secs(20);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A store over a bucket. The fields are dropped in this order: the server and
/// the database last.
struct Scene {
    store: Store,
    client: ClientId,
    cache: TempDir,
    server: S3Server,
    _database: TestDatabase,
}

fn settings(database: &TestDatabase, bucket: S3Settings) -> StoreSettings {
    StoreSettings {
        database_url: database.url(),
        blobs: BlobPlace::S3(Box::new(bucket)),
        pool_size: 2,
        allow_plaintext_database: false,
    }
}

impl Scene {
    fn new() -> Self {
        Self::with_cache(u64::MAX)
    }

    fn with_cache(cache_bytes: u64) -> Self {
        let (server, database) = (S3Server::start(), TestDatabase::sqlite());
        let cache = tempfile::tempdir().unwrap();
        let bucket = S3Settings { cache_bytes, ..server.bucket(cache.path()) };
        let store = Store::open(&settings(&database, bucket)).unwrap();
        Self { store, client: ClientId(Uuid::now_v7()), cache, server, _database: database }
    }

    fn blobs(&self) -> &Blobs {
        self.store.blobs()
    }

    async fn put(&self, bytes: &[u8]) -> Result<StoredBlob, PutError<&'static str>> {
        let chunks = bytes.chunks(100_000).map(|chunk| Ok(Bytes::copy_from_slice(chunk)));
        let stream = stream::iter(chunks.collect::<Vec<_>>());
        self.blobs().put(self.client, BlobKind::Recording, stream, LIMIT_BYTES).await
    }

    async fn get(&self, blob: &StoredBlob, range: Option<Range<u64>>) -> StoreResult<Vec<u8>> {
        let kind = BlobKind::Recording;
        let stream = self.blobs().get(self.client, kind, &blob.sha256, range).await?;
        Ok(stream.try_collect::<Vec<Bytes>>().await?.concat())
    }

    /// The keys that rows could speak of, and all others.
    fn kept(&self) -> (Vec<String>, Vec<String>) {
        let keys = self.server.keys();
        keys.into_iter().partition(|key| key.starts_with("some/prefix/clients/"))
    }

    /// Names of the copies that are there.
    fn copies(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.cache.path()).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }
}

fn large() -> Vec<u8> {
    (0..LARGE_BYTES).map(|place| (place % 251) as u8).collect()
}

#[tokio::test]
async fn a_blob_comes_back_whole_and_in_parts_and_leaves_nothing_else() {
    let scene = Scene::new();
    for sent in [Vec::new(), b"RIFF".to_vec(), vec![7; 5 * 1024 * 1024], large()] {
        let blob = scene.put(&sent).await.unwrap();
        assert_eq!(blob.bytes, sent.len() as u64);
        assert_eq!(blob.sha256.as_slice(), Sha256::digest(&sent).as_slice());
        assert_eq!(scene.get(&blob, None).await.unwrap(), sent);
        if sent.len() > 4 {
            assert_eq!(scene.get(&blob, Some(3..5)).await.unwrap(), sent[3..5]);
        }
    }
    let (kept, others) = scene.kept();
    assert_eq!((kept.len(), others, scene.server.unfinished_uploads()), (4, Vec::new(), 0));
    let missing = StoredBlob { sha256: [0; 32], bytes: 1 };
    assert!(matches!(scene.get(&missing, None).await, Err(StoreError::NotFound)));
}

#[tokio::test]
async fn a_stream_that_breaks_or_is_too_long_leaves_no_blob() {
    let scene = Scene::new();
    let (client, kind) = (scene.client, BlobKind::Recording);
    let parts = [Ok(Bytes::from(large())), Err("the sender went away")];
    let broken = scene.blobs().put(client, kind, stream::iter(parts), LIMIT_BYTES).await;
    assert!(matches!(broken, Err(PutError::Stream("the sender went away"))), "{broken:?}");
    let parts = [Ok::<_, &str>(Bytes::from_static(b"123456"))];
    let long = scene.blobs().put(client, kind, stream::iter(parts), 5).await;
    assert!(matches!(long, Err(PutError::TooLarge { limit_bytes: 5 })), "{long:?}");
    assert_eq!(scene.server.keys(), Vec::<String>::new());
}

/// The requests of an upload: all at once, or in parts.
const SMALL: On = On("PUT", "/clients/");
const STEPS: [On; 4] = [
    On("POST", "?uploads"),
    On("PUT", "/incoming/"),
    On("PUT", "partNumber=2"),
    On("POST", "uploadId="),
];

#[tokio::test]
async fn what_fails_for_a_moment_is_tried_again() {
    let scene = Scene::new();
    let moments = [
        Fault::Refuse(500, "InternalError"),
        Fault::Refuse(503, "SlowDown"),
        Fault::Reset,
        Fault::DoneThenReset,
    ];
    for (turn, fault) in moments.into_iter().enumerate() {
        for on in STEPS {
            scene.server.fail(on, fault, 1);
        }
        let mut sent = large();
        sent.push(turn as u8);
        let blob = scene.put(&sent).await.unwrap_or_else(|error| panic!("{fault:?}: {error}"));
        assert_eq!(scene.get(&blob, None).await.unwrap(), sent, "{fault:?}");
        scene.server.fail(SMALL, fault, 2);
        scene.put(&[turn as u8]).await.unwrap();
        scene.server.recover();
    }
    assert_eq!(scene.kept().0.len(), 2 * moments.len());
}

#[tokio::test]
async fn what_goes_on_failing_is_an_outage_and_leaves_no_blob() {
    let scene = Scene::new();
    let faults = [
        Fault::Refuse(500, "InternalError"),
        Fault::Refuse(503, "SlowDown"),
        Fault::Refuse(403, "AccessDenied"),
        Fault::Reset,
        Fault::Stall,
    ];
    for fault in faults {
        for on in STEPS {
            scene.server.fail(on, fault, usize::MAX);
            let started = Instant::now();
            let refused = scene.put(&large()).await;
            assert!(matches!(&refused, Err(PutError::Store(StoreError::Blob(_)))), "{refused:?}");
            assert!(started.elapsed() < BOUNDED, "{fault:?} {on:?}: {:?}", started.elapsed());
            scene.server.recover();
            assert_eq!(scene.kept().0, Vec::<String>::new(), "{fault:?} {on:?}");
        }
        scene.server.fail(SMALL, fault, usize::MAX);
        let refused = scene.put(b"small").await;
        assert!(matches!(&refused, Err(PutError::Store(StoreError::Blob(_)))), "{refused:?}");
        scene.server.recover();
    }
    assert_eq!(scene.server.unfinished_uploads(), 0);
    scene.put(&large()).await.unwrap();
}

#[tokio::test]
async fn a_blob_whose_last_answer_is_lost_is_known_to_be_there() {
    let scene = Scene::new();
    for (on, sent) in [(On("POST", "uploadId="), large()), (SMALL, b"small".to_vec())] {
        scene.server.fail(on, Fault::DoneThenReset, usize::MAX);
        let blob = scene.put(&sent).await.unwrap();
        assert_eq!(scene.get(&blob, None).await.unwrap(), sent);
    }
}

#[tokio::test]
async fn a_download_that_breaks_goes_on_and_never_ends_early() {
    let scene = Scene::new();
    let sent = large();
    let blob = scene.put(&sent).await.unwrap();
    let get = On("GET", "/clients/");
    let twice = [Fault::Truncate, Fault::Reset, Fault::Refuse(503, "SlowDown")];
    // A second silence of this length is an outage.
    for (fault, times) in twice.map(|fault| (fault, 2)).into_iter().chain([(Fault::Stall, 1)]) {
        scene.server.fail(get, fault, times);
        assert_eq!(scene.get(&blob, None).await.unwrap(), sent, "{fault:?}");
        scene.server.fail(get, fault, 1);
        assert_eq!(scene.get(&blob, Some(5..9_000_000)).await.unwrap(), sent[5..9_000_000]);
    }
    for fault in [Fault::Truncate, Fault::Halve, Fault::Stall, Fault::Refuse(500, "Internal")] {
        scene.server.fail(get, fault, usize::MAX);
        let started = Instant::now();
        let broken = scene.get(&blob, Some(0..9_000_000)).await;
        // Every break brings half of the rest: with truncation the end is near.
        if fault != Fault::Truncate {
            assert!(matches!(&broken, Err(StoreError::Blob(_))), "{fault:?}: {broken:?}");
        }
        assert!(started.elapsed() < 2 * BOUNDED, "{fault:?}: {:?}", started.elapsed());
        scene.server.recover();
    }
}

#[tokio::test]
async fn a_store_that_is_away_is_not_ready_and_says_so_soon() {
    let scene = Scene::new();
    assert!(scene.blobs().is_writable().await);
    assert_eq!(scene.server.keys(), Vec::<String>::new());
    for fault in [Fault::Stall, Fault::Reset, Fault::Refuse(403, "AccessDenied")] {
        scene.server.fail_all(fault);
        let started = Instant::now();
        assert!(!scene.blobs().is_writable().await, "{fault:?}");
        assert!(started.elapsed() < Duration::from_secs(5), "{fault:?}: {:?}", started.elapsed());
        scene.server.recover();
    }
    assert!(scene.blobs().is_writable().await);
}

#[test]
fn a_bucket_that_cannot_be_used_is_refused_at_the_start_in_one_sentence() {
    let (server, database) = (S3Server::start(), TestDatabase::sqlite());
    let cache = tempfile::tempdir().unwrap();
    let fine = server.bucket(cache.path());
    let refusal = |bucket: S3Settings| match Store::open(&settings(&database, bucket)) {
        Ok(_) => panic!("it was opened"),
        Err(error) => error.to_string(),
    };
    let nowhere = S3Settings { bucket: "nowhere".to_owned(), ..fine.clone() };
    let stranger = S3Settings { access_key_id: "stranger".to_owned(), ..fine.clone() };
    let away = S3Settings { endpoint: Some("http://127.0.0.1:1".to_owned()), ..fine.clone() };
    let far = S3Settings { endpoint: Some("http://192.0.2.1:9000".to_owned()), ..fine.clone() };
    for (bucket, expected) in [
        (nowhere, "the bucket nowhere at http://127.0.0.1"),
        (stranger, "InvalidAccessKeyId"),
        (away, "Connection refused"),
        (far, "BAITLINE_ALLOW_PLAINTEXT_S3"),
    ] {
        let said = refusal(bucket);
        assert!(said.contains(expected), "{said}");
        assert!(!said.contains('\n') && !said.contains("a secret") && said.len() < 600, "{said}");
    }
    server.fail_all(Fault::Stall);
    let started = Instant::now();
    assert!(refusal(fine.clone()).contains("takes no writes"));
    assert!(started.elapsed() < BOUNDED);
    server.recover();
    assert!(Store::open(&settings(&database, fine)).is_ok());
}

#[tokio::test]
async fn a_blob_is_a_file_with_the_bytes_of_its_hash() {
    let scene = Scene::new();
    let blob = scene.put(&large()).await.unwrap();
    let file = || scene.blobs().local_file(scene.client, BlobKind::Recording, &blob.sha256);
    scene.server.fail(On("GET", "/clients/"), Fault::Corrupt, 1);
    let corrupt = file().await;
    assert!(matches!(corrupt, Err(StoreError::Corrupt(_))), "{corrupt:?}");
    assert_eq!(scene.copies(), Vec::<String>::new());
    let (one, two) = tokio::join!(file(), file());
    assert_eq!(std::fs::read(one.unwrap().path()).unwrap(), large());
    assert_eq!(std::fs::read(two.unwrap()).unwrap(), large());
    scene.server.fail_all(Fault::Reset);
    assert_eq!(std::fs::read(file().await.unwrap()).unwrap(), large(), "it is there already");
    let missing = scene.blobs().local_file(scene.client, BlobKind::Package, &blob.sha256).await;
    assert!(matches!(missing, Err(StoreError::Blob(_))), "{missing:?}");
    scene.server.recover();
    let missing = scene.blobs().local_file(scene.client, BlobKind::Package, &blob.sha256).await;
    assert!(matches!(missing, Err(StoreError::NotFound)), "{missing:?}");
}

#[tokio::test]
async fn the_copies_longest_unused_go_and_those_in_use_stay() {
    let scene = Scene::with_cache(2_500);
    let mut blobs = Vec::new();
    for first in 0..4_u8 {
        blobs.push(scene.put(&[first; 1_000]).await.unwrap());
    }
    let scene = &scene;
    let file = |place: usize| {
        let hash: [u8; 32] = blobs[place].sha256;
        async move {
            let blobs = scene.blobs();
            blobs.local_file(scene.client, BlobKind::Recording, &hash).await.unwrap()
        }
    };
    let held = file(0).await;
    drop(file(1).await);
    drop(file(2).await);
    assert_eq!(scene.copies().len(), 2, "the second one had to go");
    assert_eq!(std::fs::read(held.path()).unwrap(), [0; 1_000]);
    drop(held);
    drop(file(2).await);
    drop(file(3).await);
    assert_eq!(scene.copies().len(), 2);
    let before = scene.server.requests().len();
    drop(file(2).await);
    drop(file(3).await);
    assert_eq!(scene.server.requests().len(), before, "the last ones used are there");
}

#[tokio::test]
async fn many_readers_of_a_full_folder_of_copies_all_read_the_right_bytes() {
    let scene = Scene::with_cache(1_500);
    let mut blobs = Vec::new();
    for first in 0..6_u8 {
        blobs.push(scene.put(&[first; 1_000]).await.unwrap());
    }
    let readers = (0..120_usize).map(|turn| {
        let (blobs, hash) = (scene.blobs().clone(), blobs[turn * 7 % 6].sha256);
        let client = scene.client;
        tokio::spawn(async move {
            let file = blobs.local_file(client, BlobKind::Recording, &hash).await.unwrap();
            let bytes = tokio::fs::read(file.path()).await.unwrap();
            assert_eq!(bytes, [(turn * 7 % 6) as u8; 1_000]);
        })
    });
    for reader in readers.collect::<Vec<_>>() {
        reader.await.unwrap();
    }
}

#[tokio::test]
async fn unfinished_uploads_are_swept_up_when_they_are_old() {
    let scene = Scene::new();
    let kept = scene.put(&large()).await.unwrap();
    // The process ends in the middle of one, as far as the store can see.
    scene.server.fail(On("PUT", "partNumber=3"), Fault::Refuse(500, "InternalError"), usize::MAX);
    scene.server.fail(On("DELETE", ""), Fault::Reset, usize::MAX);
    scene.put(&[9; LARGE_BYTES]).await.unwrap_err();
    scene.server.recover();
    assert_eq!((scene.server.unfinished_uploads(), scene.kept().1.len()), (1, 1));
    assert_eq!(scene.blobs().sweep(DAY).await.unwrap(), 0, "it may still be going on");
    scene.server.age(2 * DAY);
    assert_eq!(scene.blobs().sweep(DAY).await.unwrap(), 1);
    assert_eq!((scene.server.unfinished_uploads(), scene.kept().1.len()), (0, 0));
    assert_eq!(scene.get(&kept, None).await.unwrap(), large());
}
