//! The log: structured events on standard error, and beside it the traces,
//! where they are asked for.

use std::io::IsTerminal;

use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

use crate::cli::{LogFormat, LogOptions};
use crate::failure::Failure;
use crate::traces::Traces;

/// The framework calls it an error of ours when what a caller sends is no HTTP;
/// whoever wants to know names this target in the filter.
const CALLERS_FAULTS: &str = "actix_http::h1::dispatcher=off";

/// What must end with the process.
pub(crate) struct Log {
    traces: Option<Traces>,
}

impl Log {
    /// Begins logging. A filter that does not read falls back to the default,
    /// since a program that will not start over its log is worse.
    pub(crate) fn start(options: &LogOptions, default: &str) -> Result<Self, Failure> {
        let asked = options.log.as_deref().unwrap_or(default);
        let filter = EnvFilter::try_new(format!("{CALLERS_FAULTS},{asked}"))
            .unwrap_or_else(|_| EnvFilter::new(format!("{CALLERS_FAULTS},{default}")));
        let traces = options.otlp_endpoint.as_ref().map(Traces::to).transpose();
        let traces = traces.map_err(|error| Failure::Sentence(format!("traces: {error}")))?;
        let log = tracing_subscriber::fmt::layer()
            .with_writer(std::io::stderr)
            .with_ansi(std::io::stderr().is_terminal());
        let log = match options.log_format {
            LogFormat::Text => log.boxed(),
            LogFormat::Json => log.json().boxed(),
        };
        tracing_subscriber::registry()
            .with(log.with_filter(filter))
            .with(traces.as_ref().map(Traces::layer))
            .init();
        Ok(Self { traces })
    }

    /// Sends the last spans.
    pub(crate) fn end(self) {
        if let Some(traces) = self.traces {
            traces.end();
        }
    }
}
