//! The outermost layer of every request: it names the request, writes every
//! failure as a problem, logs and counts each request once, and lets HEAD stand
//! beside every GET. Knows no routes and no keys.

use std::time::Instant;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{Method, header};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpRequest};
use baitline_store::keys::Principal;
use tracing::{Instrument, Span};
use uuid::Uuid;

use crate::app::AppData;
use crate::metrics::known;
use crate::problem::{self, ApiError, PROBLEM_JSON};
use crate::query::decode_pairs;
use crate::trace::{request_span, tell_outcome};

/// In every response, so that a caller can name the request.
const REQUEST_ID_HEADER: header::HeaderName = header::HeaderName::from_static("x-request-id");
/// A value with this many digits may be a phone number and is not logged.
const PHONE_LIKE_DIGITS: usize = 6;
/// Characters of a parameter's name that are logged.
const SHOWN_CHARACTERS: usize = 32;

/// The request was a HEAD: handlers of files then read none.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HeadOnly;

/// See the module.
pub(crate) async fn boundary(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse, Error> {
    let id = Uuid::now_v7();
    let span = request_span(&id, request.headers());
    answer(request, next, id).instrument(span).await
}

async fn answer(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
    id: Uuid,
) -> Result<ServiceResponse, Error> {
    let begun = Instant::now();
    let method = request.method().clone();
    if method == Method::HEAD {
        // The encoder remembers the HEAD and sends no body.
        request.head_mut().method = Method::GET;
        request.extensions_mut().insert(HeadOnly);
    }
    let response = next.call(request).await?.map_into_boxed_body();
    let mut response = write_problem(response, &id);
    if let Ok(value) = header::HeaderValue::from_str(&id.to_string()) {
        response.headers_mut().insert(REQUEST_ID_HEADER, value);
    }
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, header::HeaderValue::from_static("nosniff"));
    log_access(&response, &method, begun);
    count(&response, &method, begun);
    tell_outcome(&Span::current(), known(&method), &route(&response), response.status());
    Ok(response)
}

/// Gives a failure its body and logs what only the log may know.
fn write_problem(response: ServiceResponse, id: &Uuid) -> ServiceResponse {
    if response.status().as_u16() < 400 || is_problem(&response) {
        return response;
    }
    let (request, response) = response.into_parts();
    let instance = format!("urn:uuid:{id}");
    let own = response.error().and_then(|error| error.as_error::<ApiError>());
    let written = if let Some(error) = own {
        log_failure(error);
        error.response(&instance)
    } else {
        let error = problem::of_framework(response.status());
        log_failure(&error);
        error.response(&instance)
    };
    ServiceResponse::new(request, written)
}

fn is_problem(response: &ServiceResponse) -> bool {
    let content_type = response.headers().get(header::CONTENT_TYPE);
    content_type.is_some_and(|value| value.as_bytes() == PROBLEM_JSON.as_bytes())
}

fn log_failure(error: &ApiError) {
    match error {
        ApiError::Segment(_) | ApiError::Internal(_) => {
            tracing::error!(%error, "request failed");
        }
        ApiError::Unavailable(_) => tracing::warn!(%error, "request failed"),
        _ => tracing::debug!(%error, "request refused"),
    }
}

/// The pattern the request matched, for its path may hold a phone number.
fn route(response: &ServiceResponse) -> String {
    response.request().match_pattern().unwrap_or_else(|| "-".to_owned())
}

fn log_access(response: &ServiceResponse, method: &Method, begun: Instant) {
    let request = response.request();
    let key = key_id(request);
    tracing::info!(
        %method,
        route = route(response),
        query = masked_query(request.query_string()),
        status = response.status().as_u16(),
        milliseconds = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
        key = key.as_deref().unwrap_or("-"),
        "request"
    );
}

fn count(response: &ServiceResponse, method: &Method, begun: Instant) {
    let request = response.request();
    if let Some(app) = request.app_data::<AppData>() {
        let (pattern, status) = (request.match_pattern(), response.status());
        app.metrics.count_request(pattern, method, status, begun.elapsed());
    }
}

fn key_id(request: &HttpRequest) -> Option<String> {
    request.extensions().get::<Principal>().map(|principal| principal.key_id.clone())
}

/// The query string for the log. Shown is what by its form can be no number and no
/// name of a person: ids, times, small integers, and names of parameters.
fn masked_query(query: &str) -> String {
    let Ok(pairs) = decode_pairs(query) else {
        return "(malformed)".to_owned();
    };
    let shown = pairs.iter().map(|(name, value)| {
        let name = if is_parameter(name) { name } else { "(name)" };
        let value = if is_harmless(value) { value } else { "***" };
        format!("{name}={value}")
    });
    shown.collect::<Vec<_>>().join("&")
}

fn is_parameter(name: &str) -> bool {
    let is_letter = |b: u8| b.is_ascii_lowercase() || b == b'_';
    (1..=SHOWN_CHARACTERS).contains(&name.len()) && name.bytes().all(is_letter)
}

fn is_harmless(value: &str) -> bool {
    let is_small = value.len() < PHONE_LIKE_DIGITS && value.bytes().all(|b| b.is_ascii_digit());
    is_small || value.parse::<Uuid>().is_ok() || value.parse::<jiff::Timestamp>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names_of_a_query_never_reach_the_log() {
        let masked = masked_query(
            "caller=%2B7%20(900)%20123-45-67&limit=100&from=2026-10-01T00:00:00Z&x79001234567=1\
             &title=Ivanov&Ivanov=1&after=123456",
        );
        assert_eq!(
            masked,
            "caller=***&limit=100&from=2026-10-01T00:00:00Z&(name)=1&title=***&(name)=1&after=***"
        );
        assert_eq!(masked_query("a=%ff"), "(malformed)");
    }
}
