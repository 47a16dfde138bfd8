//! The seeded world of the demo, the benchmarks and the tests: three made-up
//! businesses of Moscow, their baits and traps, two months of calls, the files
//! their PBXes, recorder apps and people deliver, and what a person hears in
//! the recordings. Pure: a seed in, a world out; the same seed gives the same
//! bytes on every machine. It knows the domain's words and the wire names of a
//! call record, and nothing of HTTP, of storage or of the time of day.
//!
//! Every number, company and sentence here is generated. The numbers lie in
//! ranges that real operators hold, since a verdict needs that, but their long
//! runs of zeros make them samples at first sight: whoever holds such a number
//! has nothing to do with the calls of this world.

pub mod authority;
pub mod calendar;
pub mod cast;
pub mod deliveries;
pub mod expected;
pub mod hearing;
pub mod numbering;
pub mod numbers;
pub mod recording;
pub mod schedule;
pub mod script;
mod tail;
pub mod world;
