//! The span of a request: in the log it gives every event the request's id, to a
//! collector of traces it tells method, route and status. Never the path, the
//! query or the body, which hold phone numbers.

use actix_web::http::StatusCode;
use actix_web::http::header::HeaderMap;
use opentelemetry::propagation::Extractor;
use opentelemetry::trace::{Status, TraceContextExt};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;
use uuid::Uuid;

/// The header of W3C that names the caller's own trace.
const TRACEPARENT: &str = "traceparent";

/// Begins the span, as a part of the caller's trace where one is named.
pub(crate) fn request_span(id: &Uuid, headers: &HeaderMap) -> Span {
    // Of the highest level, lest a quiet log lose the id of what it does tell.
    let span = tracing::error_span!("request", request = %id, otel.kind = "server");
    let callers = opentelemetry::global::get_text_map_propagator(|propagator| {
        propagator.extract(&Traceparent(headers))
    });
    // It fails where nobody collects traces, or this span is in none.
    let _continued = span.set_parent(callers);
    span
}

/// Tells a collector what the request was and what became of it; the log has it
/// in words of its own.
pub(crate) fn tell_outcome(span: &Span, method: &'static str, route: &str, status: StatusCode) {
    // Fields of `tracing` would name it too late: a batch may have begun its span.
    span.context().span().update_name(format!("{method} {route}"));
    span.set_attribute("http.request.method", method);
    span.set_attribute("http.route", route.to_owned());
    span.set_attribute("http.response.status_code", i64::from(status.as_u16()));
    if status.is_server_error() {
        span.set_status(Status::error(""));
    }
}

/// Nothing but this one header: what else a caller may hang on its trace would
/// go on to the collector.
struct Traceparent<'a>(&'a HeaderMap);

impl Extractor for Traceparent<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        (key == TRACEPARENT).then_some(())?;
        self.0.get(TRACEPARENT)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        vec![TRACEPARENT]
    }
}
