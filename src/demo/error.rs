//! Why a demo stops.

use std::path::PathBuf;

use baitline_store::StoreError;

/// A failure of the demo.
#[derive(Debug)]
pub(crate) enum DemoError {
    /// The server did not answer.
    Unreachable {
        /// What was asked for.
        path: String,
        /// Why.
        source: Box<ureq::Error>,
    },
    /// The server refused what it should have taken.
    Refused {
        /// What was asked for.
        path: String,
        /// The status of its answer.
        status: u16,
        /// Its answer.
        problem: String,
    },
    /// The answer lacks something.
    Unexpected {
        /// The JSON pointer to what is missing.
        pointer: String,
    },
    /// Something took too long.
    Slow {
        /// What.
        what: &'static str,
        /// How long it was waited for.
        seconds: u64,
    },
    /// A file could not be written or read.
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The terminal could not be written to.
    Output(std::io::Error),
    /// A key could not be made.
    Key(StoreError),
    /// Everything ran, but not every answer was right.
    Wrong {
        /// How many checks failed.
        checks: usize,
    },
}

impl std::fmt::Display for DemoError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unreachable { path, source } => write!(f, "{path} did not answer: {source}"),
            Self::Refused { path, status, problem } => {
                write!(f, "{path} was refused with {status}: {problem}")
            }
            Self::Unexpected { pointer } => write!(f, "an answer has no {pointer}"),
            Self::Slow { what, seconds } => write!(f, "{what} took more than {seconds} s"),
            Self::File { path, source } => write!(f, "{}: {source}", path.display()),
            Self::Output(source) => write!(f, "cannot print: {source}"),
            Self::Key(source) => write!(f, "cannot make a key: {source}"),
            Self::Wrong { checks } => write!(f, "{checks} of the demo's checks failed"),
        }
    }
}

impl std::error::Error for DemoError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Unreachable { source, .. } => Some(source),
            Self::File { source, .. } | Self::Output(source) => Some(source),
            Self::Key(source) => Some(source),
            Self::Refused { .. }
            | Self::Unexpected { .. }
            | Self::Slow { .. }
            | Self::Wrong { .. } => None,
        }
    }
}

impl From<std::io::Error> for DemoError {
    fn from(error: std::io::Error) -> Self {
        Self::Output(error)
    }
}
