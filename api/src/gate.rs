//! What is checked before a request reaches its handler: that the path has the
//! method, that the key is valid, that the body is not encoded, and that no
//! query parameter is unknown. It goes by the route table, so a new endpoint is
//! guarded from its first day.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{Method, header};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage};

use crate::app::{AppData, blocking};
use crate::auth;
use crate::problem::{ApiError, ApiResult};
use crate::query::{decode_pairs, unknown_parameter};
use crate::routes::Operation;
use crate::v1::calls;

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

async fn authenticate(app: &AppData, request: &ServiceRequest) -> ApiResult<()> {
    let key = auth::bearer(request.headers()).ok_or(ApiError::Unauthorized)?;
    if takes_known_keys(request)
        && let Some(principal) = app.known_keys.find(key)
    {
        request.extensions_mut().insert(principal);
        return Ok(());
    }
    let (app, key) = (app.clone(), key.to_owned());
    let principal = blocking(move || Ok(app.known_keys.look_up(&app.store, &key)?)).await?;
    request.extensions_mut().insert(principal.ok_or(ApiError::Unauthorized)?);
    Ok(())
}

/// Calls are reported one by one, thousands in a second: for them alone the
/// database is not asked for the same key each time.
fn takes_known_keys(request: &ServiceRequest) -> bool {
    *request.method() == Method::POST && request.match_info().as_str() == calls::PATH
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
