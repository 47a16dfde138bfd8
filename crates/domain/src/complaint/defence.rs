//! What the accused side usually says, so that the records which answer it can
//! be put beside it.

use serde::{Deserialize, Serialize};

use crate::words::words;

/// A usual defence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Defence {
    /// The subscriber consented through an account at a platform.
    PlatformConsent,
    /// The number belongs to another operator's subscriber: it was ported.
    Ported,
    /// The subscriber had dealt with the caller before.
    PriorContact,
    /// The call was provoked.
    Provocation,
    /// Anything else.
    Other,
}

words!(Defence {
    PlatformConsent => "platform_consent",
    Ported => "ported",
    PriorContact => "prior_contact",
    Provocation => "provocation",
    Other => "other",
});
