//! What is checked before a request reaches its handler: that the path has the
//! method, that the key is valid, that the body is not encoded, and that no
//! query parameter is unknown. It goes by the route table, so a new endpoint is
//! guarded from its first day.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header;
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage};

use crate::app::{App, AppData, blocking};
use crate::auth;
use crate::problem::{ApiError, ApiResult};
use crate::query::{decode_pairs, unknown_parameter};
use crate::routes::Operation;

/// See the module.
pub(crate) async fn gate(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse, Error> {
    match check(&request).await {
        Ok(()) => Ok(next.call(request).await?.map_into_boxed_body()),
        Err(error) => Ok(request.error_response(error)),
    }
}

async fn check(request: &ServiceRequest) -> ApiResult<()> {
    let app = request
        .app_data::<AppData>()
        .cloned()
        .ok_or_else(|| ApiError::Internal("the application has no state".to_owned()))?;
    // The path as the router sees it, with harmless escapes undone.
    let Some(route) = app.routes.find(request.match_info().as_str()) else {
        return Ok(());
    };
    let Some(operation) = route.operation(request.method()) else {
        return Err(ApiError::MethodNotAllowed { allow: route.allow() });
    };
    if operation.needs_key {
        authenticate(&app, request).await?;
    }
    refuse_encoded_body(request)?;
    refuse_unknown_parameters(request, operation)
}

async fn authenticate(app: &App, request: &ServiceRequest) -> ApiResult<()> {
    let key = auth::bearer(request.headers()).ok_or(ApiError::Unauthorized)?.to_owned();
    let store = app.store.clone();
    let principal = blocking(move || Ok(baitline_store::keys::authenticate(&store, &key)?)).await?;
    request.extensions_mut().insert(principal.ok_or(ApiError::Unauthorized)?);
    Ok(())
}

/// A compressed body could unfold to any size.
fn refuse_encoded_body(request: &ServiceRequest) -> ApiResult<()> {
    match request.headers().get(header::CONTENT_ENCODING) {
        None => Ok(()),
        Some(encoding) if encoding.as_bytes() == b"identity" => Ok(()),
        Some(_) => Err(ApiError::UnsupportedMediaType("Send the body without Content-Encoding.")),
    }
}

/// A misspelt filter must not silently return everything.
fn refuse_unknown_parameters(request: &ServiceRequest, operation: &Operation) -> ApiResult<()> {
    for (name, _) in decode_pairs(request.query_string())? {
        if !operation.parameters.contains(&name) {
            let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
            let shown = (plain && name.len() <= 64).then_some(name.as_str());
            return Err(ApiError::Malformed(unknown_parameter(shown)));
        }
    }
    Ok(())
}
