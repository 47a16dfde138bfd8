//! Versions of what people edit: each change of such a row counts one up, and a
//! change may be bound to the version that its maker saw.

use crate::error::{Constraint, StoreResult};

/// The version of a row that has just been entered.
pub const FIRST: i32 = 1;

/// Which versions of a row a change is meant for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expected {
    /// Whichever there is.
    Any,
    /// One of these; of none, no row has it.
    OneOf(Vec<i32>),
}

impl Expected {
    /// Refuses a row that has changed since its reader saw it.
    pub(crate) fn assert(&self, version: i32) -> StoreResult<()> {
        match self {
            Self::OneOf(versions) if !versions.contains(&version) => {
                Err(Constraint::ChangedMeanwhile.into())
            }
            _ => Ok(()),
        }
    }
}
