//! `serve`, `api` and `worker`: the processes that stay, and how they stop.

use std::net::{SocketAddr, TcpListener};
use std::num::NonZeroU32;
use std::thread::JoinHandle;
use std::time::Duration;

use baitline_api::{ApiSettings, ApiStopper, RateSettings};
use baitline_store::{Reach, Store, numbering};
use baitline_worker::{Auditor, Sealer, Worker};
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::cli::{EmbeddedOptions, ServeOptions, StoreOptions, WorkOptions, WorkerOptions};
use crate::failure::{Failure, because};
use crate::schema::prepare_embedded;
use crate::signing_key;

/// What documents and audit name as their maker.
const PROGRAM_VERSION: &str = concat!("baitline ", env!("CARGO_PKG_VERSION"));

/// How long somebody may watch an export before coming back: a proxy ends a longer
/// answer anyhow.
const EVENTS_FOR: Duration = Duration::from_secs(600);
/// The description of the service as it is committed.
const DOCUMENT: &str = include_str!("../openapi/openapi.json");

/// API and worker in one process.
pub(crate) fn serve(options: &EmbeddedOptions) -> Result<(), Failure> {
    let work = options.work.clone();
    let options = &options.serve;
    prepare_embedded(&options.store)?;
    let store = Store::open(&options.store.settings()?)?;
    warn_of_missing_numbering(&store)?;
    let runtime = runtime()?;
    let worker = WorkerThreads::start(store.clone(), runtime.handle(), &work, &options.store)?;
    let served = listen(&runtime, options, store);
    worker.stop();
    served
}

/// The API alone.
pub(crate) fn api(options: &ServeOptions) -> Result<(), Failure> {
    let store = open_shared(&options.store)?;
    listen(&runtime()?, options, store)
}

/// A worker alone.
pub(crate) fn worker(options: &WorkerOptions) -> Result<(), Failure> {
    let store = open_shared(&options.store)?;
    let runtime = runtime()?;
    let worker = WorkerThreads::start(store, runtime.handle(), &options.work, &options.store)?;
    tracing::info!("the worker works");
    runtime.block_on(stop_signal())?;
    worker.stop();
    Ok(())
}

fn open_shared(options: &StoreOptions) -> Result<Store, Failure> {
    let store = Store::open(&options.settings()?)?;
    if store.is_embedded() {
        return Err(Failure::Sentence(
            "SQLite serves one process: use `baitline serve`, or PostgreSQL".to_owned(),
        ));
    }
    warn_of_missing_numbering(&store)?;
    Ok(store)
}

/// Says which files of the registry are missing, since nothing else would:
/// verdicts on calls from their codes are inconclusive, and look as if nothing
/// could be told.
fn warn_of_missing_numbering(store: &Store) -> Result<(), Failure> {
    let missing = store.read(Reach::Agency, numbering::files_not_loaded)?;
    if !missing.is_empty() {
        let files: Vec<&str> = missing.iter().map(|file| file.as_str()).collect();
        tracing::warn!(
            files = files.join(", "),
            "numbering files are not loaded: calls from their codes will be inconclusive"
        );
    }
    Ok(())
}

/// The threads that move bytes and wait for signals.
pub(crate) fn runtime() -> Result<Runtime, Failure> {
    Builder::new_multi_thread().enable_all().build().map_err(because("starting threads"))
}

fn listen(runtime: &Runtime, options: &ServeOptions, store: Store) -> Result<(), Failure> {
    let listener = TcpListener::bind(options.listen)
        .map_err(|error| Failure::Sentence(format!("{}: {error}", options.listen)))?;
    runtime.block_on(async {
        let settings = api_settings(options);
        let server = baitline_api::serve(listener, store, &settings)?;
        let stopper = server.stopper();
        tokio::spawn(async move {
            if stop_signal().await.is_ok() {
                stopper.stop().await;
            }
        });
        tracing::info!(address = %options.listen, "the API answers");
        Ok(server.run().await?)
    })
}

fn api_settings(options: &ServeOptions) -> ApiSettings {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    ApiSettings {
        threads: options.threads.unwrap_or(cores).max(1),
        spool: options.store.data.join("spool"),
        shutdown_timeout_seconds: options.shutdown_seconds,
        other_clients_from: options.other_clients_from,
        built_in_template: baitline_worker::built_in_template,
        events_for: EVENTS_FOR,
        document: DOCUMENT,
        rates: RateSettings {
            requests_per_second: NonZeroU32::new(options.requests_per_second),
            call_requests_per_second: NonZeroU32::new(options.call_requests_per_second),
        },
    }
}

/// Waits for SIGINT or SIGTERM.
async fn stop_signal() -> std::io::Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    tracing::info!("stopping");
    Ok(())
}

/// A worker, a sealer and an auditor, each on a thread of its own: neither calls nor
/// the audit wait for a month to be written.
pub(crate) struct WorkerThreads {
    stop: watch::Sender<bool>,
    threads: Vec<JoinHandle<()>>,
}

impl WorkerThreads {
    /// Starts them.
    pub(crate) fn start(
        store: Store,
        runtime: &Handle,
        options: &WorkOptions,
        places: &StoreOptions,
    ) -> Result<Self, Failure> {
        let key = options.signing_key.as_deref().map(signing_key::read).transpose()?;
        std::fs::create_dir_all(&places.data).map_err(because("making the data folder"))?;
        let (stop, told) = watch::channel(false);
        let auditor = Auditor::new(store.clone(), options.checkpoints(places));
        let mut worker = Worker::new(store.clone(), runtime.clone(), PROGRAM_VERSION);
        if let Some(key) = key {
            tracing::info!(fingerprint = key.fingerprint(), "packages will be signed");
            worker = worker.signing_with(key)?;
        }
        if let Some(rules) = options.stamp_rules() {
            tracing::info!("packages will be time-stamped");
            worker = worker.stamping_by(rules)?;
        }
        let sealer = Sealer::new(store, runtime.clone(), options.seal_rules());
        let (sealer_told, auditor_told) = (told.clone(), told.clone());
        let threads = vec![
            named_thread("worker", move || worker.run(&told))?,
            named_thread("sealer", move || sealer.run(&sealer_told))?,
            named_thread("auditor", move || auditor.run(&auditor_told))?,
        ];
        Ok(Self { stop, threads })
    }

    /// Stops them after the step at hand.
    pub(crate) fn stop(self) {
        // The receivers live as long as the threads, so a failed send says that
        // they have ended already.
        self.stop.send_replace(true);
        for thread in self.threads {
            if thread.join().is_err() {
                tracing::error!("the worker had panicked");
            }
        }
    }
}

fn named_thread(
    name: &str,
    work: impl FnOnce() + Send + 'static,
) -> Result<JoinHandle<()>, Failure> {
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(work)
        .map_err(because("starting the worker"))
}

/// An API on a thread of its own, for the demo.
pub(crate) struct ApiThread {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    stopper: ApiStopper,
    thread: JoinHandle<()>,
}

impl ApiThread {
    /// Starts it.
    pub(crate) fn start(
        listener: TcpListener,
        store: Store,
        options: &ServeOptions,
        runtime: &Handle,
    ) -> Result<Self, Failure> {
        let address = listener.local_addr()?;
        let _entered = runtime.enter();
        let server = baitline_api::serve(listener, store, &api_settings(options))?;
        let stopper = server.stopper();
        let runtime = runtime.clone();
        let thread = std::thread::Builder::new()
            .name("api".to_owned())
            .spawn(move || {
                if let Err(error) = runtime.block_on(server.run()) {
                    tracing::error!(%error, "the API failed");
                }
            })
            .map_err(because("starting the API"))?;
        Ok(Self { address, stopper, thread })
    }

    /// Stops it after the requests at hand.
    pub(crate) fn stop(self, runtime: &Handle) {
        runtime.block_on(self.stopper.stop());
        if self.thread.join().is_err() {
            tracing::error!("the API had panicked");
        }
    }
}
