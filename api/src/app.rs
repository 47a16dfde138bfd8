//! What every handler works with, and the one way from the async threads to
//! the database.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use actix_web::http::Method;
use actix_web::web;
use baitline_domain::paper::PaperKind;
use baitline_store::group_commit::Writers;
use baitline_store::known_keys::KnownKeys;
use baitline_store::{Conn, Reach, Store, StoreResult};
use tracing::Span;

use crate::event_places::EventPlaces;
use crate::metrics::Metrics;
use crate::problem::{ApiError, ApiResult};
use crate::rates::Rates;
use crate::reporting::Reports;
use crate::routes::RouteTable;
use crate::shape::Shape;
use crate::sight::carried;
use crate::v1::source_book::SourceBook;

/// Shared by all requests.
pub(crate) struct App {
    pub(crate) store: Store,
    /// Where bodies wait while they are read.
    pub(crate) spool: PathBuf,
    pub(crate) routes: RouteTable,
    pub(crate) metrics: Metrics,
    pub(crate) reports: Reports,
    /// Small requests on their way into the database.
    pub(crate) writers: Writers,
    pub(crate) known_keys: KnownKeys,
    pub(crate) rates: Rates,
    /// From how many on a client is told how many others a number has called.
    pub(crate) other_clients_from: u64,
    pub(crate) sources: SourceBook,
    /// The program's own template of a paper, from whoever knows documents.
    pub(crate) built_in_template: fn(PaperKind) -> &'static str,
    /// The places of those who watch exports, and how long each may stay.
    pub(crate) event_places: Arc<EventPlaces>,
    pub(crate) events_for: Duration,
    /// Whether the service is being stopped: what never ends by itself ends then.
    pub(crate) stopping: Arc<AtomicBool>,
    /// The OpenAPI document as it is served.
    pub(crate) document: &'static str,
}

/// How handlers take [`App`].
pub(crate) type AppData = web::Data<App>;

impl App {
    /// The shape that the document gives the JSON body of an operation.
    pub(crate) fn body_shape(&self, path: &str, method: &Method) -> Option<&Shape> {
        self.routes.find(path)?.operation(method)?.body.as_ref()
    }

    /// Runs a transaction that only reads.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        reach: Reach,
        work: impl FnMut(&mut Conn) -> StoreResult<T> + Send + 'static,
    ) -> ApiResult<T> {
        let store = self.store.clone();
        blocking(move || store.read(reach, work).map_err(ApiError::from)).await
    }

    /// Runs a transaction and commits it; `work` may run more than once.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        reach: Reach,
        work: impl FnMut(&mut Conn) -> StoreResult<T> + Send + 'static,
    ) -> ApiResult<T> {
        let store = self.store.clone();
        blocking(move || store.write(reach, work).map_err(ApiError::from)).await
    }
}

/// Runs work that waits on a thread that may wait.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> ApiResult<T> + Send + 'static,
) -> ApiResult<T> {
    // What the work logs and may see is the request's, on whatever thread.
    let span = Span::current();
    web::block(carried(move || span.in_scope(work)))
        .await
        .map_err(|_| ApiError::Internal("blocking work panicked or was cancelled".to_owned()))?
}
