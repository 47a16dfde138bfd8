//! Traces: the spans of requests and of the worker's steps, sent to a collector
//! of OpenTelemetry where one is named. Only spans go out, never events, whose
//! words are made for the log. A collector that is slow or away costs spans and
//! nothing else: they wait in a bounded queue, and a thread of its own sends.

use std::str::FromStr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use opentelemetry::trace::TracerProvider;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{
    ExporterBuildError, Protocol, RetryPolicy, SpanExporter, WithExportConfig, WithHttpConfig,
};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use tracing::Subscriber;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::registry::LookupSpan;
use ureq::Agent;
use ureq::http::Uri;

/// What the service is called among others.
const SERVICE_NAME: &str = "baitline";
/// What every target of ours begins with; nobody else's spans go out.
const OUR_TARGETS: &str = "baitline";
/// Where a collector takes spans, below its address.
const PATH: &str = "/v1/traces";
/// How long a collector may take for one batch.
const SEND_TIMEOUT: Duration = Duration::from_secs(3);
/// How long the last batches may take when the process ends.
const END_TIMEOUT: Duration = Duration::from_secs(5);
/// The longest answer of a collector that is read, in bytes.
const MAX_ANSWER_BYTES: u64 = 64 * 1024;

/// The address of a collector: plain HTTP, for one on this machine or behind a
/// proxy that speaks TLS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Collector(String);

impl FromStr for Collector {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let uri: Uri = text.parse().map_err(|_| "not a URL")?;
        if uri.scheme_str() != Some("http") || uri.host().is_none_or(str::is_empty) {
            return Err("not of the form http://HOST:PORT");
        }
        if uri.query().is_some() {
            return Err("a collector's address has no query");
        }
        Ok(Self(text.trim_end_matches('/').to_owned()))
    }
}

/// Where spans go.
pub(crate) struct Traces {
    provider: SdkTracerProvider,
}

impl Traces {
    /// Begins to send; nothing is asked of the collector before there are spans.
    pub(crate) fn to(collector: &Collector) -> Result<Self, ExporterBuildError> {
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(Sender::new())
            .with_endpoint(format!("{}{PATH}", collector.0))
            .with_protocol(Protocol::HttpBinary)
            .with_timeout(SEND_TIMEOUT)
            .with_retry_policy(RetryPolicy::disabled())
            .build()?;
        // Who calls decides what its trace is called, and not whether there is one.
        let provider = SdkTracerProvider::builder()
            .with_sampler(Sampler::AlwaysOn)
            .with_resource(Resource::builder().with_service_name(SERVICE_NAME).build())
            .with_batch_exporter(exporter)
            .build();
        opentelemetry::global::set_text_map_propagator(TraceContextPropagator::new());
        Ok(Self { provider })
    }

    /// What hands our spans over.
    pub(crate) fn layer<S>(&self) -> impl Layer<S> + use<S>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        tracing_opentelemetry::layer()
            .with_tracer(self.provider.tracer(SERVICE_NAME))
            .with_location(false)
            .with_threads(false)
            .with_level(false)
            .with_target(false)
            .with_tracked_inactivity(false)
            .with_context_activation(false)
            .with_filter(filter_fn(|event| {
                event.is_span() && event.target().starts_with(OUR_TARGETS)
            }))
    }

    /// Sends what still waits, as long as that takes no longer than a stop may.
    pub(crate) fn end(self) {
        if let Err(error) = self.provider.shutdown_with_timeout(END_TIMEOUT) {
            tracing::warn!(%error, "the last spans were not sent");
        }
    }
}

/// The HTTP client of the exporter, on the exporter's own thread, which may wait.
#[derive(Debug)]
struct Sender {
    agent: Agent,
    /// Whether the last batch was lost: each change is told, not each loss.
    failing: AtomicBool,
}

impl Sender {
    fn new() -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None)
            .timeout_global(Some(SEND_TIMEOUT));
        Self { agent: config.build().new_agent(), failing: AtomicBool::new(false) }
    }

    fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let (head, body) = request.into_parts();
        let answer = self.agent.run(Request::from_parts(head, &body[..]))?;
        let (head, mut body) = answer.into_parts();
        let bytes = body.with_config().limit(MAX_ANSWER_BYTES).read_to_vec()?;
        Ok(Response::from_parts(head, bytes.into()))
    }

    fn tell(&self, sent: bool) {
        match (self.failing.swap(!sent, Ordering::Relaxed), sent) {
            (false, false) => tracing::warn!("the collector takes no spans; they are dropped"),
            (true, true) => tracing::info!("the collector takes spans again"),
            _ => {}
        }
    }
}

#[async_trait]
impl HttpClient for Sender {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let answer = self.send(request);
        self.tell(answer.as_ref().is_ok_and(|answer| answer.status().is_success()));
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_collector_is_a_plain_http_address() {
        let read = |text: &str| text.parse::<Collector>().map(|collector| collector.0);
        assert_eq!(read("http://127.0.0.1:4318/"), Ok("http://127.0.0.1:4318".to_owned()));
        assert_eq!(read("http://collector/otlp"), Ok("http://collector/otlp".to_owned()));
        for wrong in ["", "collector:4318", "https://collector", "http://", "http://a/?b=c"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
