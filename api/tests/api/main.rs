//! The service through a real socket, on both databases: what callers rely on.
#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

mod bad_input;
mod bait_states;
mod bucket;
mod calls;
mod device_recordings;
mod devices;
mod files;
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
mod numbers_of_baits;
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
mod report_files;
mod reported;
mod reports;
mod sealed_reports;
mod service;
mod shapes;
mod waiting_recordings;
