//! What whoever watches the service reads at `/metrics`: counters of this
//! process since its start, and what the store says at the moment of asking.
//! Labels come from closed lists, so no path, number or client gets into one.

use std::fmt;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use actix_web::http::{Method, StatusCode};
use baitline_domain::instant::MICROS_PER_SECOND;
use baitline_store::queues::Queues;
use baitline_store::{PoolUse, now};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::{encode_eof, encode_registry};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use crate::v1::receipts::ReceiptCounts;

/// The media type of [`Metrics::text`].
pub(crate) const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// What every name begins with.
const PREFIX: &str = "baitline";
/// The upper bounds of the histogram of durations, in seconds: from a look-up
/// by id to the largest bulk body.
const DURATION_BOUNDS_SECONDS: [f64; 11] =
    [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 20.0, 60.0];
/// The route of a request that met none.
const NO_ROUTE: &str = "none";

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    route: String,
    method: &'static str,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct DurationLabels {
    route: String,
    method: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StatusLabel {
    status: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StateLabel {
    state: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RowLabels {
    of: &'static str,
    status: &'static str,
}

/// The counters of this process.
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    durations: Family<DurationLabels, Histogram, fn() -> Histogram>,
    receipts: Family<StatusLabel, Counter>,
    rows: Family<RowLabels, Counter>,
}

impl Metrics {
    /// All at zero.
    pub(crate) fn new() -> Self {
        let mut registry = Registry::with_prefix(PREFIX);
        let requests = Family::default();
        registry.register("http_requests", "Requests answered", requests.clone());
        let durations: Family<_, _, fn() -> Histogram> =
            Family::new_with_constructor(|| Histogram::new(DURATION_BOUNDS_SECONDS));
        registry.register_with_unit(
            "http_request_duration",
            "Time until the head of the answer was ready",
            Unit::Seconds,
            durations.clone(),
        );
        let receipts = Family::default();
        registry.register("receipts", "Call records received", receipts.clone());
        let rows = Family::default();
        registry.register("row_receipts", "Rows of tables and labels received", rows.clone());
        Self { registry, requests, durations, receipts, rows }
    }

    /// Counts a request by the pattern it matched.
    pub(crate) fn count_request(
        &self,
        pattern: Option<String>,
        method: &Method,
        status: StatusCode,
        duration: Duration,
    ) {
        let route = pattern.unwrap_or_else(|| NO_ROUTE.to_owned());
        let method = known(method);
        self.durations
            .get_or_create(&DurationLabels { route: route.clone(), method })
            .observe(duration.as_secs_f64());
        let status = status.as_u16();
        self.requests.get_or_create(&RequestLabels { route, method, status }).inc();
    }

    /// Counts the receipts of one request.
    pub(crate) fn count_receipts(&self, counts: &ReceiptCounts) {
        for (status, count) in counts.by_status() {
            self.receipts.get_or_create(&StatusLabel { status }).inc_by(count);
        }
    }

    /// Counts the receipts of one body of anything but calls.
    pub(crate) fn count_rows(&self, of: &'static str, counts: &ReceiptCounts) {
        for (status, count) in counts.by_status() {
            self.rows.get_or_create(&RowLabels { of, status }).inc_by(count);
        }
    }

    /// The counters and what was observed, in the text format of OpenMetrics.
    /// Without `queues` the database gave no answer, which is told.
    pub(crate) fn text(
        &self,
        pool: PoolUse,
        queues: Option<&Queues>,
    ) -> Result<String, fmt::Error> {
        let mut observed = Registry::with_prefix(PREFIX);
        observe_pool(&mut observed, pool);
        let answers = queues.is_some();
        register_gauge(&mut observed, "database_up", "1 if the database answers", answers.into());
        if let Some(queues) = queues {
            observe_queues(&mut observed, queues);
        }
        let mut text = String::new();
        encode_registry(&mut text, &self.registry)?;
        encode_registry(&mut text, &observed)?;
        encode_eof(&mut text)?;
        Ok(text)
    }
}

/// A caller may send any word for a method; it must not become a label.
pub(crate) fn known(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        _ => "other",
    }
}

fn observe_pool(registry: &mut Registry, pool: PoolUse) {
    let connections = Family::<StateLabel, Gauge>::default();
    for (state, count) in [("in_use", pool.in_use), ("idle", pool.idle)] {
        connections.get_or_create(&StateLabel { state }).set(count.into());
    }
    registry.register("database_connections", "Connections of this process", connections);
    let help = "The most connections of this process";
    register_gauge(registry, "database_connections_limit", help, pool.limit.into());
}

fn observe_queues(registry: &mut Registry, queues: &Queues) {
    let help = "Days of clients that wait to be recomputed";
    register_gauge(registry, "waiting_buckets", help, gauge_value(queues.buckets));
    let help = "Changes that wait to be expanded into buckets";
    register_gauge(registry, "waiting_changes", help, gauge_value(queues.changes));
    let lag = Gauge::<f64, AtomicU64>::default();
    let age_micros = queues.oldest_touch.map_or(0, |touched| (now() - touched).0.max(0));
    // Below the age of the universe a float keeps microseconds well enough.
    lag.set(age_micros as f64 / MICROS_PER_SECOND as f64);
    let help = "Age of the oldest waiting bucket";
    registry.register_with_unit("bucket_lag", help, Unit::Seconds, lag);
    let exports = Family::<StateLabel, Gauge>::default();
    for (state, count) in &queues.exports {
        exports.get_or_create(&StateLabel { state: state.as_str() }).set(gauge_value(*count));
    }
    registry.register("exports", "Exports by state", exports);
    let files = Family::<StateLabel, Gauge>::default();
    for (state, count) in &queues.files {
        files.get_or_create(&StateLabel { state: state.as_str() }).set(gauge_value(*count));
    }
    registry.register("files", "Files of call records by state", files);
    let replays = Family::<StateLabel, Gauge>::default();
    for (state, count) in &queues.replays {
        replays.get_or_create(&StateLabel { state: state.as_str() }).set(gauge_value(*count));
    }
    registry.register("replays", "Replays by state", replays);
    let help = "Files of interceptions that reports read";
    register_gauge(registry, "segments", help, gauge_value(queues.segments));
    let help = "Days of clients that reports read from files";
    register_gauge(registry, "sealed_days", help, gauge_value(queues.sealed_days));
}

fn register_gauge(registry: &mut Registry, name: &str, help: &str, value: i64) {
    let gauge = Gauge::<i64>::default();
    gauge.set(value);
    registry.register(name, help, gauge);
}

fn gauge_value(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
