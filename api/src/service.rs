//! The service about itself: alive, ready, measured, and its own description.

use std::time::Duration;

use crate::routes::ServiceConfig;
use actix_web::{HttpResponse, get, http::header, web};
use baitline_store::{Reach, StoreError, queues};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::app::{AppData, blocking};
use crate::metrics::OPENMETRICS;
use crate::problem::{ApiError, ApiResult};

/// How long a scrape waits for the database before it says that there is none:
/// less than the ten seconds that scrapers usually wait.
const SCRAPE_PATIENCE: Duration = Duration::from_secs(5);

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(health).service(readiness).service(metrics).service(document).undocumented(
        |config| {
            // The validator badge would ask a stranger's server.
            let settings = Config::from("/openapi.json").validator_url("none");
            config
                .service(web::redirect("/docs", "/docs/"))
                .service(SwaggerUi::new("/docs/{_:.*}").config(settings))
        },
    );
}

/// How the service is.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({"status": "ok"})))]
pub(crate) struct ServiceStatus {
    /// Always `ok`; anything else is a problem.
    #[schema(value_type = String)]
    status: &'static str,
}

/// Whether the process is alive
#[utoipa::path(
    tag = "service",
    security(()),
    responses((status = 200, description = "It is alive.", body = ServiceStatus)),
)]
#[get("/healthz")]
async fn health() -> web::Json<ServiceStatus> {
    web::Json(ServiceStatus { status: "ok" })
}

/// Whether requests can be served
///
/// The database answers with a current schema, and the blob store takes writes.
#[utoipa::path(
    tag = "service",
    security(()),
    responses((status = 200, description = "It is ready.", body = ServiceStatus)),
)]
#[get("/readyz")]
async fn readiness(app: AppData) -> ApiResult<web::Json<ServiceStatus>> {
    let store = app.store.clone();
    blocking(move || store.check().map_err(unready)).await?;
    if !app.store.blobs().is_writable().await {
        return Err(ApiError::Unavailable("the blob store takes no writes".to_owned()));
    }
    Ok(web::Json(ServiceStatus { status: "ok" }))
}

/// A schema that another version made is no fault of this request's.
fn unready(error: StoreError) -> ApiError {
    match error {
        StoreError::Unsafe(why) => ApiError::Unavailable(why),
        error => error.into(),
    }
}

/// Counters and queue depths
///
/// In the text format of OpenMetrics, which Prometheus reads: requests,
/// receipts, what waits for the worker, exports, database connections. No key
/// is needed, so a proxy should not expose it.
#[utoipa::path(
    tag = "service",
    security(()),
    responses((
        status = 200,
        description = "The counters of this process and the depths of the store's queues.",
        body = String,
        content_type = "application/openmetrics-text",
        example = json!("# TYPE baitline_waiting_buckets gauge\nbaitline_waiting_buckets 0\n# EOF\n"),
    )),
)]
#[get("/metrics")]
async fn metrics(app: AppData) -> ApiResult<HttpResponse> {
    let asked = app.read(Reach::Agency, queues::queues);
    let queues = match tokio::time::timeout(SCRAPE_PATIENCE, asked).await {
        Ok(Ok(queues)) => Some(queues),
        Ok(Err(error)) => {
            tracing::warn!(%error, "the queues cannot be counted");
            None
        }
        Err(_) => None,
    };
    let text = app.metrics.text(app.store.pool_use(), queues.as_ref());
    let text = text.map_err(|error| ApiError::Internal(error.to_string()))?;
    Ok(HttpResponse::Ok().insert_header((header::CONTENT_TYPE, OPENMETRICS)).body(text))
}

/// This description
#[utoipa::path(
    tag = "service",
    operation_id = "get_openapi_document",
    security(()),
    responses((
        status = 200,
        description = "The OpenAPI document.",
        body = Object,
        content_type = "application/json",
        example = json!({"openapi": "3.1.0"}),
    )),
)]
#[get("/openapi.json")]
async fn document(app: AppData) -> HttpResponse {
    HttpResponse::Ok().insert_header((header::CONTENT_TYPE, "application/json")).body(app.document)
}
