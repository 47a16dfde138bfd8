//! The crate through its public functions.

#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

mod files;
mod groupings;
mod of_tallies;
mod offenders;
mod plain_counts;
mod properties;
mod reference;
mod rows;
mod segments;
mod tally;
