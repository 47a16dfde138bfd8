//! The crate through its two public functions.

#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

mod offenders;
mod properties;
mod reference;
mod rows;
mod tally;
