//! The service through a real socket, on both databases: what callers rely on.
#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

mod bad_input;
mod calls;
mod groupings;
mod isolation;
mod keys;
mod limits;
mod lists;
mod metrics;
mod nouns;
mod openapi;
mod plain_reports;
mod portability;
mod protocol;
mod recordings;
mod reported;
mod reports;
mod service;
