//! The worker through its public functions, on both databases: whatever comes
//! in whatever order, the calls, verdicts and counts it leaves are those that a
//! recomputation from the observations alone would give.

#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

mod amendments;
mod anything;
mod audit;
mod batches;
mod bucket;
mod chains;
mod complaints;
mod corrections;
mod crashes;
mod device_files;
mod dice;
mod erasures;
mod exports;
mod files;
mod groupings;
mod listening;
mod lists;
mod operators;
mod order;
mod papers;
mod playable;
mod replays;
mod retention;
mod sample_world;
mod scene;
mod sealed;
mod sealing;
mod since;
mod stamping;
mod story;
mod taints;
mod tenants;
mod together;
mod traps;
mod turns;
