//! A small S3 server in memory that fails as it is told: it refuses, stalls,
//! breaks off, forgets to answer and sends wrong bytes. It proves nothing about
//! real stores, which the contract tests are for; it checks no signature, only
//! whose it is.

mod answer;
mod http;

use std::collections::BTreeMap;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use baitline_store::blobs::S3Settings;
use jiff::Timestamp;
use uuid::Uuid;

use http::{Request, serve};

/// The key that may do everything.
const ACCESS_KEY_ID: &str = "test-key";
/// The region every request must be signed for.
const REGION: &str = "test-region";
/// How long the program waits for this server: long for a machine that is busy,
/// short for a test that waits for its end.
const TIMEOUT: Duration = Duration::from_millis(1_500);

/// How a request goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Answered with this status and code, undone.
    Refuse(u16, &'static str),
    /// The connection ends without an answer, undone.
    Reset,
    /// Done, and the connection ends without an answer.
    DoneThenReset,
    /// Neither done nor answered for as long as the caller waits.
    Stall,
    /// The body ends in the middle.
    Truncate,
    /// The answer announces and has half the body.
    Halve,
    /// One byte of the body is another.
    Corrupt,
}

/// Requests of this method whose target contains this text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct On(pub &'static str, pub &'static str);

struct Plan {
    on: On,
    fault: Fault,
    times: usize,
}

#[derive(Clone)]
struct Object {
    bytes: Vec<u8>,
    changed_at: Timestamp,
}

#[derive(Default)]
struct Upload {
    key: String,
    parts: BTreeMap<u32, Vec<u8>>,
}

#[derive(Default)]
struct State {
    /// By bucket and key.
    objects: BTreeMap<(String, String), Object>,
    buckets: Vec<String>,
    uploads: BTreeMap<String, Upload>,
    plans: Vec<Plan>,
    requests: Vec<String>,
    /// Of uploads and entity tags.
    counted: u64,
}

struct Shared {
    state: Mutex<State>,
    is_over: AtomicBool,
}

/// A server of one test; dropping it ends it.
pub struct S3Server {
    endpoint: String,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl S3Server {
    /// Starts a server on a free port.
    ///
    /// # Panics
    /// When there is none.
    pub fn start() -> S3Server {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let endpoint = format!("http://{}", listener.local_addr().expect("it is bound"));
        let shared = Arc::new(Shared { state: Mutex::default(), is_over: AtomicBool::new(false) });
        let of_thread = shared.clone();
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if of_thread.is_over.load(Ordering::SeqCst) {
                    return;
                }
                let shared = of_thread.clone();
                // Ends when its caller hangs up.
                std::thread::spawn(move || serve(&shared, stream));
            }
        });
        S3Server { endpoint, shared, thread: Some(thread) }
    }

    /// Settings of a bucket of its own, with copies in `cache`.
    pub fn bucket(&self, cache: &Path) -> S3Settings {
        let bucket = format!("bucket-{}", Uuid::now_v7().simple());
        self.state().buckets.push(bucket.clone());
        S3Settings {
            bucket,
            prefix: "some/prefix/".to_owned(),
            endpoint: Some(self.endpoint.clone()),
            region: REGION.to_owned(),
            access_key_id: ACCESS_KEY_ID.to_owned(),
            secret_access_key: "a secret".to_owned().into(),
            timeout: TIMEOUT,
            allow_plaintext: false,
            cache: cache.to_owned(),
            cache_bytes: 100 * 1024 * 1024,
        }
    }

    /// Lets the next `times` requests like these go wrong.
    pub fn fail(&self, on: On, fault: Fault, times: usize) {
        self.state().plans.push(Plan { on, fault, times });
    }

    /// Lets every request go wrong until [`S3Server::recover`].
    pub fn fail_all(&self, fault: Fault) {
        for method in ["GET", "HEAD", "PUT", "POST", "DELETE"] {
            self.fail(On(method, ""), fault, usize::MAX);
        }
    }

    /// Forgets what was to go wrong.
    pub fn recover(&self) {
        self.state().plans.clear();
    }

    /// The keys of every bucket.
    pub fn keys(&self) -> Vec<String> {
        self.state().objects.keys().map(|(_, key)| key.clone()).collect()
    }

    /// How many uploads in parts have neither been completed nor aborted.
    pub fn unfinished_uploads(&self) -> usize {
        self.state().uploads.len()
    }

    /// Every request so far, as method and target.
    pub fn requests(&self) -> Vec<String> {
        self.state().requests.clone()
    }

    /// Makes all that is there older.
    pub fn age(&self, by: Duration) {
        for object in self.state().objects.values_mut() {
            object.changed_at -= by;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.lock()
    }
}

impl Drop for S3Server {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::SeqCst);
        let address = self.endpoint.trim_start_matches("http://");
        // Wakes the listener up, which looks whether it is over.
        drop(TcpStream::connect(address));
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // A thread that panicked has failed its own request alone.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a request and what is to go wrong with it.
    fn note(&self, request: &Request) -> Option<Fault> {
        let mut state = self.lock();
        state.requests.push(format!("{} {}", request.method, request.target));
        let plan = state.plans.iter_mut().find(|plan| {
            let On(method, part) = plan.on;
            plan.times > 0 && request.method == method && request.target.contains(part)
        })?;
        plan.times -= 1;
        Some(plan.fault)
    }
}
