//! Puts the parts together and listens.

use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actix_web::dev::{Server, ServerHandle};
use actix_web::middleware::from_fn;
use actix_web::{App as ActixApp, HttpResponse, HttpServer, web};
use baitline_domain::paper::PaperKind;
use baitline_store::Store;
use baitline_store::group_commit::Writers;
use baitline_store::known_keys::KnownKeys;

use crate::app::{App, AppData};
use crate::boundary::boundary;
use crate::fault::Fault;
use crate::gate::gate;
use crate::metrics::Metrics;
use crate::problem::ApiError;
use crate::rates::{RateSettings, Rates};
use crate::reporting::Reports;
use crate::routes::{RouteTable, ServiceConfig, routes};
use crate::v1::source_book::SourceBook;

/// How long a connection may take to send the head of a request.
pub(crate) const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// How long an idle connection is kept.
const IDLE_TIMEOUT: Duration = Duration::from_secs(75);

/// What actix puts before the message of a type that refused a path parameter.
const PATH_ERROR: &str = "Path deserialize error: ";

/// How the service runs; what it listens on is given to [`serve`].
#[derive(Debug, Clone)]
pub struct ApiSettings {
    /// Threads that answer requests; each also has a pool for blocking work.
    pub threads: usize,
    /// A folder for bodies on their way. Nothing in it survives its request.
    pub spool: PathBuf,
    /// How long running requests may take to finish when the service stops.
    pub shutdown_timeout_seconds: u64,
    /// How many requests each key may send.
    pub rates: RateSettings,
    /// From how many on a client is told how many others a number has called.
    pub other_clients_from: u32,
    /// The program's own template of a paper: documents are another part's, which
    /// hands it over here.
    pub built_in_template: fn(PaperKind) -> &'static str,
    /// What [`openapi`](crate::openapi()) makes, as it is committed. Requests are held to
    /// it. To make it at the start would leave 26 MiB behind.
    pub document: &'static str,
    /// How long somebody may watch an export before coming back.
    pub events_for: Duration,
}

/// A service that listens; it answers while [`ApiServer::run`] is awaited.
pub struct ApiServer {
    server: Server,
    stopping: Arc<AtomicBool>,
}

/// Stops a service from elsewhere.
#[derive(Clone)]
pub struct ApiStopper {
    handle: ServerHandle,
    stopping: Arc<AtomicBool>,
}

impl ApiServer {
    /// A way to stop it.
    pub fn stopper(&self) -> ApiStopper {
        ApiStopper { handle: self.server.handle(), stopping: self.stopping.clone() }
    }

    /// Answers requests until it is stopped.
    ///
    /// # Errors
    /// When the sockets fail.
    pub async fn run(self) -> std::io::Result<()> {
        self.server.await
    }
}

impl ApiStopper {
    /// Takes no more requests and waits for the running ones, as long as the
    /// settings allow.
    pub async fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
        self.handle.stop(true).await;
    }
}

/// Makes the service. Signals are the caller's: it knows what else must stop.
///
/// # Errors
/// When the spool folder cannot be made or the socket cannot be used.
pub fn serve(
    listener: TcpListener,
    store: Store,
    settings: &ApiSettings,
) -> std::io::Result<ApiServer> {
    std::fs::create_dir_all(&settings.spool)?;
    let stopping = Arc::new(AtomicBool::new(false));
    let app: AppData = web::Data::new(App {
        writers: Writers::start(&store),
        known_keys: KnownKeys::default(),
        rates: Rates::of(settings.rates),
        other_clients_from: settings.other_clients_from.into(),
        built_in_template: settings.built_in_template,
        sources: SourceBook::default(),
        event_places: Arc::default(),
        events_for: settings.events_for,
        stopping: Arc::clone(&stopping),
        store,
        spool: settings.spool.clone(),
        routes: RouteTable::read(settings.document)?,
        metrics: Metrics::new(),
        reports: Reports::new(),
        document: settings.document,
    });
    let server = HttpServer::new(move || {
        ActixApp::new()
            .app_data(app.clone())
            .app_data(path_config())
            .configure(|router| routes(&mut ServiceConfig::of_router(router)))
            .default_service(web::to(not_found))
            .wrap(from_fn(gate))
            .wrap(from_fn(boundary))
    })
    .workers(settings.threads)
    .client_request_timeout(HEAD_TIMEOUT)
    .keep_alive(IDLE_TIMEOUT)
    .shutdown_timeout(settings.shutdown_timeout_seconds)
    .disable_signals()
    .listen(listener)?
    .run();
    Ok(ApiServer { server, stopping })
}

/// A path parameter that does not read is a malformed request.
fn path_config() -> web::PathConfig {
    web::PathConfig::default().error_handler(|error, _| {
        let text = error.to_string();
        let fault = match Fault::read(text.strip_prefix(PATH_ERROR).unwrap_or(&text)) {
            Fault::InvalidType => Fault::NotAnId,
            fault => fault,
        };
        ApiError::parameter("path", fault).into()
    })
}

async fn not_found() -> Result<HttpResponse, ApiError> {
    Err(ApiError::NotFound(None))
}
