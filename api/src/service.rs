//! The service about itself: alive, ready, and its own description.

use actix_web::{HttpResponse, get, http::header, web};
use baitline_store::Reach;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::app::AppData;
use crate::problem::{ApiError, ApiResult};

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(health).service(readiness).service(document).map(|config| {
        // The validator badge would ask a stranger's server.
        let settings = Config::from("/openapi.json").validator_url("none");
        config
            .service(web::redirect("/docs", "/docs/"))
            .service(SwaggerUi::new("/docs/{_:.*}").config(settings))
    });
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
    app.read(Reach::Agency, |conn| baitline_store::changes::count_changes(conn, Reach::Agency))
        .await?;
    if !app.store.blobs().is_writable().await {
        return Err(ApiError::Unavailable("the blob store takes no writes".to_owned()));
    }
    Ok(web::Json(ServiceStatus { status: "ok" }))
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
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "application/json"))
        .body(app.document.clone())
}
