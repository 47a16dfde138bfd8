//! Whole packages: built, read again, damaged, and looked at for words that no
//! document may hold.
#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

mod bags;
mod building;
mod filing;
mod sample;
mod signing;
mod stamping;
mod tampering;
mod timed;
pub(crate) mod wording;
