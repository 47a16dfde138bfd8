//! The audit: who did what to which evidence. Every change of an audited table
//! leaves a row in its own transaction, written by a trigger, so that no function of
//! the store can forget it; what no row tells (a batch of calls, a download) is noted
//! by [`note`]. The worker chains the rows of each client ([`seal_after`]), and
//! [`verify`] finds what was done to a chain since.

mod acting;
mod entries;
mod note;
mod rows;
mod seal;
mod tables;
mod triggers;
mod verify;

pub use acting::{Acting, acting};
pub use entries::{ChainState, EntryFilter, chain_state, list_entries};
pub use note::{Note, note};
pub(crate) use note::{forget_drafts, note_calls, note_calls_of, write_drafts};
pub use rows::AuditRow;
pub(crate) use seal::head_from;
pub use seal::{Sealed, heads, next_waiting, seal_after};
pub use tables::{AUDITED, Audited, UNAUDITED};
pub(crate) use triggers::{are_on, on_connection, put_on, take_off};
pub use verify::{AuditReport, Finding, verify};

use baitline_domain::ids::ClientId;
use uuid::Uuid;

/// Whose chain has what is of no one client.
pub const AGENCY: ClientId = ClientId(Uuid::nil());
