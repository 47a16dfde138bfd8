//! The service through a real socket, on both databases: what callers rely on.
#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

mod bad_input;
mod bait_states;
mod calls;
mod device_recordings;
mod devices;
mod groupings;
mod imports;
mod isolation;
mod keys;
mod labels;
mod limits;
mod listening;
mod lists;
mod metrics;
mod nouns;
mod observations;
mod offender_page;
mod openapi;
mod operators;
mod plain_reports;
mod portability;
mod profiles;
mod protocol;
mod recordings;
mod replays;
mod reported;
mod reports;
mod service;
mod shapes;
mod waiting_recordings;
