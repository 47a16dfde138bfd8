//! The words and rules of the trade: what a bait, a trap, a call and an
//! interception are, and when a verdict follows. Pure: no IO, no clock, no
//! environment; whoever calls brings the facts, and equal facts give equal
//! answers on every machine.

pub mod applicant;
pub mod attachment;
pub mod audit;
pub mod bait;
pub mod call;
pub mod competitor;
pub mod complaint;
pub mod erasure;
pub mod gate;
pub mod ids;
pub mod inquiry;
pub mod instant;
pub mod label;
pub mod limitation;
pub mod matching;
pub mod named_call;
pub mod numbering;
pub mod observation;
pub mod office;
pub mod ogrn;
pub mod operator;
pub mod own_number;
pub mod paper;
pub mod phone;
pub mod preparation;
pub mod protocol;
pub mod reconciliation;
pub mod scope;
pub mod statement;
pub mod tally;
pub mod trap;
pub mod verdict;
mod words;
