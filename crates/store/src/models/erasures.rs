//! How long calls are kept, what is held, and what was erased.

use baitline_domain::erasure::{ErasureGround, ErasureState, HeldBecause};
use baitline_domain::ids::{BaitId, ClientId, ErasureId, LegalHoldId};
use baitline_domain::instant::Instant;
use baitline_domain::phone::Phone;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::StoreResult;
use crate::schema;
use crate::sql_types::Db;
use crate::stored_text;

/// How long a client's calls are kept.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::retentions, treat_none_as_default_value = false)]
pub struct RetentionRow {
    /// The client.
    #[diesel(serialize_as = Db<ClientId>)]
    pub client_id: ClientId,
    /// Days from a call on; `None` for ever.
    pub days: Option<i32>,
    /// The public part of the key it was entered with.
    pub author: String,
    /// When it was entered.
    #[diesel(serialize_as = Db<Instant>)]
    pub updated_at: Instant,
}

/// What a person keeps from being erased.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::legal_holds, treat_none_as_default_value = false)]
pub struct LegalHoldRow {
    /// Its client.
    #[diesel(serialize_as = Db<ClientId>)]
    pub client_id: ClientId,
    /// Its id.
    #[diesel(serialize_as = Db<LegalHoldId>)]
    pub id: LegalHoldId,
    /// Calls of this bait alone.
    pub bait_id: Option<BaitId>,
    /// Calls with this number alone.
    pub caller: Option<Phone>,
    /// Why.
    pub reason: String,
    /// The public part of the key it was entered with.
    pub author: String,
    /// When it was entered.
    #[diesel(serialize_as = Db<Instant>)]
    pub created_at: Instant,
    /// When it was ended.
    pub ended_at: Option<Instant>,
    /// Why.
    pub ended_because: Option<String>,
    /// The public part of the key it was ended with.
    pub ended_by: Option<String>,
}

/// A hold to enter.
#[derive(Debug, Clone)]
pub struct NewLegalHold {
    /// Calls of this bait alone.
    pub bait: Option<BaitId>,
    /// Calls with this number alone.
    pub caller: Option<Phone>,
    /// Why.
    pub reason: String,
}

/// Something that is erased, and the record of it.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::erasures, treat_none_as_default_value = false)]
pub struct ErasureRow {
    /// Its client.
    #[diesel(serialize_as = Db<ClientId>)]
    pub client_id: ClientId,
    /// Its id.
    #[diesel(serialize_as = Db<ErasureId>)]
    pub id: ErasureId,
    /// Why.
    #[diesel(serialize_as = Db<ErasureGround>)]
    pub ground: ErasureGround,
    /// How far it has come.
    #[diesel(serialize_as = Db<ErasureState>)]
    pub state: ErasureState,
    /// Whose calls go, while anything is looked for by it.
    pub(crate) number: Option<Phone>,
    /// Before which calls go, where they are too old.
    pub before_at: Option<Instant>,
    /// Why, in words.
    pub reason: String,
    /// The public part of the key it was asked for with; `worker` by age.
    pub author: String,
    /// What the commitments are salted with, until it is given up.
    pub salt: Option<Vec<u8>>,
    /// See [`ErasureRow::counts`].
    pub(crate) counts: String,
    /// See [`ErasureRow::held`].
    pub(crate) held: String,
    /// Where in its state it has come to.
    pub(crate) place: Option<String>,
    /// SHA-256 of its commitments one after the other, in order; once it is done.
    pub digest: Option<Vec<u8>>,
    /// When it was asked for.
    #[diesel(serialize_as = Db<Instant>)]
    pub requested_at: Instant,
    /// When the last row was gone.
    pub rows_gone_at: Option<Instant>,
    /// When nothing was left.
    pub ended_at: Option<Instant>,
}

impl ErasureRow {
    /// How much is gone.
    pub fn counts(&self) -> StoreResult<ErasureCounts> {
        stored_text::read(&self.counts)
    }

    /// What stayed, and why.
    pub fn held(&self) -> StoreResult<Vec<HeldCalls>> {
        stored_text::read(&self.held)
    }
}

/// How much is gone, or would go, of each kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ErasureCounts {
    /// Observations of calls.
    pub calls: u64,
    /// Recordings, those that wait for their call too.
    pub recordings: u64,
    /// What people heard.
    pub labels: u64,
    /// Packages.
    pub packages: u64,
    /// Papers.
    pub papers: u64,
    /// Raw files.
    pub files: u64,
    /// Places in inquiries and complaints.
    pub places: u64,
    /// Entries of lists and other rows.
    pub entries: u64,
    /// Texts that the number was taken out of.
    pub texts: u64,
}

/// Calls that stay, and what holds them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeldCalls {
    /// What kind of thing.
    pub because: HeldBecause,
    /// Its id.
    pub id: Uuid,
    /// How many observations.
    pub calls: u64,
}
