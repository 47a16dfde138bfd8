//! A running service of one test, with an agency's key, and a client that
//! speaks to it as a stranger would. Calls are derived here the way the worker
//! does it, for api must not know the worker.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::OnceLock;
use std::thread::JoinHandle;
use std::time::Duration;

use baitline_api::{ApiSettings, ApiStopper, RateSettings, serve};
use baitline_domain::ids::{ClientId, TrapId};
use baitline_domain::instant::{Day, Instant};
use baitline_domain::matching::match_observations;
use baitline_domain::observation::Direction;
use baitline_domain::trap::Exposure;
use baitline_domain::verdict::{Assessment, Interception, RULE_VERSION, Reason, Verdict};
use baitline_store::blobs::BlobPlace;
use baitline_store::buckets::Touched;
use baitline_store::keys::NewKey;
use baitline_store::models::JudgedCall;
use baitline_store::{
    Reach, Store, StoreResult, StoreSettings, calls, changes, keys, observations, recordings,
    sources,
};
use baitline_testkit::{S3Server, TestDatabase};
use serde_json::{Value, json};
use tempfile::TempDir;
use ureq::Agent;
use ureq::http::{HeaderMap, Request};

/// How long an export may be watched by what looks at everything, and by what looks at
/// events.
const SHORTLY: Duration = Duration::from_secs(1);
const LONG: Duration = Duration::from_secs(60);

/// What a service lets its callers do: how many requests, and how long they may watch.
type Leave = (RateSettings, Duration);

/// A service that stops when dropped; the database goes last.
pub(crate) struct Service {
    pub(crate) store: Store,
    pub(crate) agency_key: String,
    settings: StoreSettings,
    address: String,
    agent: Agent,
    stopper: ApiStopper,
    thread: Option<JoinHandle<()>>,
    _folder: TempDir,
    database: Option<TestDatabase>,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Vec<u8>,
}

impl Answer {
    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes)
            .unwrap_or_else(|_| panic!("{} is not JSON", String::from_utf8_lossy(&self.bytes)))
    }

    /// A header as text, empty where it is absent.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The string at a JSON pointer.
    pub(crate) fn text(&self, pointer: &str) -> String {
        let value = self.json();
        let text = value.pointer(pointer).and_then(Value::as_str);
        text.unwrap_or_else(|| panic!("no text at {pointer} in {value}")).to_owned()
    }

    /// The code of the first error of a problem, after checking its form.
    pub(crate) fn code(&self) -> String {
        assert_eq!(self.header("content-type"), "application/problem+json");
        let problem = self.json();
        assert_eq!(problem["status"], self.status, "{problem}");
        assert!(problem["type"].as_str().unwrap().starts_with("urn:baitline:problem:"));
        let instance = format!("urn:uuid:{}", self.header("x-request-id"));
        assert_eq!(problem["instance"], instance.as_str());
        problem["errors"][0]["code"].as_str().unwrap_or_default().to_owned()
    }

    /// Fails the test unless the status is as wanted.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", String::from_utf8_lossy(&self.bytes));
        self
    }
}

impl Service {
    /// Starts a service on a database, its blobs in a folder.
    pub(crate) fn start(database: TestDatabase) -> Self {
        let folder = TempDir::with_prefix("baitline-api-").unwrap();
        let blobs = folder.path().join("blobs").into();
        Self::start_in(database, folder, blobs)
    }

    /// Starts a service on a database, its blobs in a bucket.
    pub(crate) fn start_on(database: TestDatabase, server: &S3Server) -> Self {
        let folder = TempDir::with_prefix("baitline-api-").unwrap();
        let bucket = server.bucket(&folder.path().join("blob-cache"));
        Self::start_in(database, folder, BlobPlace::S3(Box::new(bucket)))
    }

    /// Starts a service on a database where each key may send so much.
    pub(crate) fn start_measured(database: TestDatabase, rates: RateSettings) -> Self {
        let folder = TempDir::with_prefix("baitline-api-").unwrap();
        let blobs = folder.path().join("blobs").into();
        Self::start_with((rates, SHORTLY), database, folder, blobs)
    }

    /// Starts a service on a database where exports may be watched for a minute.
    pub(crate) fn start_watched(database: TestDatabase) -> Self {
        let folder = TempDir::with_prefix("baitline-api-").unwrap();
        let blobs = folder.path().join("blobs").into();
        Self::start_with((RateSettings::default(), LONG), database, folder, blobs)
    }

    fn start_in(database: TestDatabase, folder: TempDir, blobs: BlobPlace) -> Self {
        Self::start_with((RateSettings::default(), SHORTLY), database, folder, blobs)
    }

    fn start_with(leave: Leave, database: TestDatabase, folder: TempDir, blobs: BlobPlace) -> Self {
        let settings = StoreSettings {
            database_url: database.url(),
            blobs,
            pool_size: 4,
            allow_plaintext_database: false,
        };
        let store = Store::open(&settings).unwrap();
        let (_, agency_key) = store
            .write(Reach::Agency, |conn| {
                keys::create_key(conn, &NewKey::full(Reach::Agency, "test"))
            })
            .unwrap();
        Self::listen(leave, settings, store, agency_key, folder, Some(database))
    }

    /// Another process on the same database, as far as a test can have one: it
    /// shares nothing else. It goes before this one.
    pub(crate) fn beside(&self) -> Self {
        let folder = TempDir::with_prefix("baitline-api-").unwrap();
        let store = Store::open(&self.settings).unwrap();
        let leave = (RateSettings::default(), SHORTLY);
        Self::listen(leave, self.settings.clone(), store, self.agency_key.clone(), folder, None)
    }

    fn listen(
        (rates, events_for): Leave,
        settings: StoreSettings,
        store: Store,
        agency_key: String,
        folder: TempDir,
        database: Option<TestDatabase>,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let api_settings = ApiSettings {
            threads: 2,
            spool: folder.path().join("spool"),
            shutdown_timeout_seconds: 5,
            rates,
            other_clients_from: 3,
            built_in_template: |kind| kind.as_str(),
            events_for,
            document: document(),
        };
        let (stopper, thread) = run(listener, store.clone(), api_settings);
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .allow_non_standard_methods(true)
            .max_idle_connections(0)
            .build()
            .into();
        Self {
            store,
            agency_key,
            settings,
            address,
            agent,
            stopper,
            thread: Some(thread),
            _folder: folder,
            database,
        }
    }

    /// Sends any request; `headers` may repeat none.
    pub(crate) fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.address));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = if body.is_empty() && matches!(method, "GET" | "HEAD" | "DELETE") {
            self.agent.run(request.body(()).unwrap())
        } else {
            self.agent.run(request.body(body).unwrap())
        };
        let mut response = response.unwrap_or_else(|error| panic!("{method} {path}: {error}"));
        let bytes = response.body_mut().read_to_vec().unwrap();
        let status = response.status().as_u16();
        Answer { status, headers: response.headers().clone(), bytes }
    }

    /// Sends the head of a request as it stands and reads the head of the answer.
    pub(crate) fn raw(&self, head: &str) -> String {
        let address = self.address.strip_prefix("http://").unwrap();
        let mut socket = TcpStream::connect(address).unwrap();
        socket.write_all(head.as_bytes()).unwrap();
        let mut line = String::new();
        BufReader::new(socket).read_line(&mut line).unwrap();
        line
    }

    /// GET with a key.
    pub(crate) fn get(&self, key: &str, path: &str) -> Answer {
        self.send("GET", path, &[("authorization", &format!("Bearer {key}"))], b"")
    }

    /// GET with a key; the answer is read as it comes.
    pub(crate) fn open(&self, key: &str, path: &str) -> (u16, HeaderMap, impl BufRead + use<>) {
        let request = Request::builder().uri(format!("{}{path}", self.address));
        let request = request.header("authorization", format!("Bearer {key}"));
        let response = self.agent.run(request.body(()).unwrap()).unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        (status, headers, BufReader::new(response.into_body().into_reader()))
    }

    /// A JSON body with a key.
    pub(crate) fn json(&self, method: &str, key: &str, path: &str, body: &Value) -> Answer {
        self.typed(method, key, path, "application/json", body.to_string().as_bytes())
    }

    /// Any body with a key.
    pub(crate) fn typed(
        &self,
        method: &str,
        key: &str,
        path: &str,
        content_type: &str,
        body: &[u8],
    ) -> Answer {
        let bearer = format!("Bearer {key}");
        let headers = [("authorization", bearer.as_str()), ("content-type", content_type)];
        self.send(method, path, &headers, body)
    }

    /// POSTs JSON with a key and returns the id of what was created.
    #[track_caller]
    pub(crate) fn create(&self, key: &str, path: &str, body: &Value) -> String {
        self.json("POST", key, path, body).expect(201).text("/id")
    }

    /// Runs statements past the store and past row-level security.
    pub(crate) fn execute(&self, statements: &str) {
        self.database.as_ref().unwrap().execute(statements);
    }

    /// Answers a question with one number, past row-level security.
    pub(crate) fn count(&self, query: &str) -> i64 {
        self.database.as_ref().unwrap().count(query)
    }

    /// A client with a key of its own.
    pub(crate) fn client(&self, name: &str) -> Tenant {
        let id = self.create(&self.agency_key, "/v1/clients", &json!({"name": name}));
        let reach = Reach::Client(ClientId(id.parse().unwrap()));
        let made = self.store.write(Reach::Agency, |conn| {
            keys::create_key(conn, &NewKey::full(reach, "client's own"))
        });
        Tenant { id, key: made.unwrap().1 }
    }

    /// Expands every change that waits, as the worker does first.
    pub(crate) fn expand_changes(&self) {
        while self.store.write(Reach::Agency, changes::expand_next).unwrap() {}
    }

    /// Derives and judges the calls of a day: every incoming one becomes an
    /// interception of `trap`; labels are left for the worker to see.
    pub(crate) fn derive(&self, client: &str, trap: &str, day: Day) {
        self.derive_after(client, trap, day, &[]);
    }

    /// The same where these exposures were done before the calls came.
    pub(crate) fn derive_after(&self, client: &str, trap: &str, day: Day, done: &[Exposure]) {
        let client = ClientId(client.parse().unwrap());
        let trap = TrapId(trap.parse().unwrap());
        self.store
            .write(Reach::Agency, |conn| {
                let sources = sources::sources_of(conn, client)?;
                let seen = observations::observations_between(
                    conn,
                    client,
                    &sources,
                    &Touched::Day,
                    (day.start(), day.end()),
                )?;
                let judged: Vec<JudgedCall> = match_observations(&seen)
                    .into_iter()
                    .map(|call| {
                        let assessment = judge(call.direction, call.answered, trap, done);
                        let recorded =
                            recordings::recorded_among(conn, client, &call.observations)?;
                        let recordings = u32::try_from(recorded.len()).unwrap();
                        let client_id = client;
                        Ok(JudgedCall { client_id, call, assessment, label: None, recordings })
                    })
                    .collect::<StoreResult<_>>()?;
                calls::replace_day(conn, client, day, &judged)
            })
            .unwrap();
    }
}

fn judge(direction: Direction, answered: bool, trap: TrapId, done: &[Exposure]) -> Assessment {
    let interception = (direction == Direction::Incoming).then(|| Interception {
        trap,
        verdict: Verdict::ForeignGroup,
        attempt: !answered,
        prior_contact: false,
        exposures_done: done.to_vec(),
        caller_operator: None,
        caller_region: None,
        competitors: Vec::new(),
        edition: None,
    });
    let reason = if interception.is_some() { Reason::RangeHolderOnly } else { Reason::Outgoing };
    Assessment { interception, reasons: vec![reason], rule_version: RULE_VERSION }
}

/// Made once for all services of this run.
fn document() -> &'static str {
    static DOCUMENT: OnceLock<String> = OnceLock::new();
    DOCUMENT.get_or_init(|| baitline_api::openapi().to_json().unwrap())
}

fn run(listener: TcpListener, store: Store, settings: ApiSettings) -> (ApiStopper, JoinHandle<()>) {
    let (send, receive) = std::sync::mpsc::channel();
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let server = serve(listener, store, &settings).unwrap();
            send.send(server.stopper()).unwrap();
            server.run().await.unwrap();
        });
    });
    (receive.recv().unwrap(), thread)
}

impl Drop for Service {
    fn drop(&mut self) {
        let stopping = self.stopper.stop();
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(stopping);
        if let Some(thread) = self.thread.take() {
            // A panic there has been printed; a second one here would abort.
            let _ended = thread.join();
        }
    }
}

/// A client with its own key.
pub(crate) struct Tenant {
    pub(crate) id: String,
    pub(crate) key: String,
}

/// What a client has on its first day.
pub(crate) struct Stock {
    pub(crate) tenant: Tenant,
    pub(crate) bait: String,
    pub(crate) source: String,
    pub(crate) trap: String,
    pub(crate) own_number: String,
}

/// The day of [`Service::stock`]'s trap and of the calls tests send.
pub(crate) fn the_day() -> Day {
    let noon: jiff::Timestamp = "2026-10-02T12:00:00Z".parse().unwrap();
    Instant::from(noon).day()
}

impl Service {
    /// A client with a bait +79001234567, a source `recorder` and a trap.
    pub(crate) fn stock(&self, name: &str) -> Stock {
        let tenant = self.client(name);
        let bait = self.create(
            &tenant.key,
            "/v1/baits",
            &json!({"number": "+79001234567", "reference": "M-1", "operator_inn": "7743895280"}),
        );
        let source = self.create(
            &tenant.key,
            "/v1/sources",
            &json!({"name": "recorder", "kind": "recorder_app"}),
        );
        let trap = self.create(
            &tenant.key,
            "/v1/traps",
            &json!({"bait_id": bait, "started_at": "2026-10-02T06:00:00Z"}),
        );
        let own_number = self.create(
            &tenant.key,
            "/v1/own-numbers",
            &json!({"number": "8 (495) 123-45-67", "kind": "advertised"}),
        );
        Stock { tenant, bait, source, trap, own_number }
    }

    /// Sends one call of `caller` to the bait and returns its id.
    pub(crate) fn call(&self, stock: &Stock, caller: &str, at: &str) -> String {
        let body = json!({
            "source": "recorder", "bait": "M-1", "direction": "incoming", "caller": caller,
            "occurred_at": at, "connected_seconds": 40,
        });
        self.create(&stock.tenant.key, "/v1/calls", &body)
    }
}
