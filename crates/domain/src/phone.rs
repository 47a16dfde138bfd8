//! Phone numbers and the other things a caller field holds.

use serde::{Deserialize, Serialize};

/// A dialable number in E.164, without the plus: 79001234567.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Phone(u64);

/// The other end of a call: the caller of an incoming one, the called of an
/// outgoing one. Hidden and malformed ends are values, not errors: the call
/// happened.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Party {
    /// A dialable number.
    Number(Phone),
    /// The network or the caller withheld it.
    Hidden,
    /// A service number of three to six digits.
    ShortCode(String),
    /// An alphanumeric sender, as in SMS.
    Alphanumeric(String),
    /// Something, but no number: kept as it was written.
    Malformed(String),
}

/// What kind of [`Party`] it is, for storage and filters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartyKind {
    /// See [`Party::Number`].
    Number,
    /// See [`Party::Hidden`].
    Hidden,
    /// See [`Party::ShortCode`].
    ShortCode,
    /// See [`Party::Alphanumeric`].
    Alphanumeric,
    /// See [`Party::Malformed`].
    Malformed,
}
