//! The rows of the audit's tables.

use baitline_domain::audit::{AuditChange, AuditEntry, Hash};
use baitline_domain::ids::ClientId;
use baitline_domain::instant::Instant;
use diesel::prelude::*;

use crate::error::{StoreError, StoreResult};
use crate::schema::{audit_entries, audit_waiting};
use crate::sql_types::{Db, RowId};

/// What was done, before it has a number.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = audit_waiting, treat_none_as_default_value = false)]
pub(super) struct WaitingRow {
    #[diesel(serialize_as = Db<ClientId>)]
    pub(super) client_id: ClientId,
    #[diesel(serialize_as = Db<RowId>)]
    pub(super) id: RowId,
    #[diesel(serialize_as = Db<Instant>)]
    pub(super) occurred_at: Instant,
    pub(super) actor: String,
    pub(super) act: String,
    pub(super) noun: String,
    pub(super) subject: String,
    #[diesel(serialize_as = Db<AuditChange>)]
    pub(super) change: AuditChange,
    pub(super) items: i64,
    pub(super) salt: Vec<u8>,
    pub(super) digest: Vec<u8>,
}

/// An entry of a chain as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = audit_entries, treat_none_as_default_value = false)]
pub struct AuditRow {
    /// Whose chain it stands in; the nil id for what is of no one client.
    #[diesel(serialize_as = Db<ClientId>)]
    pub client_id: ClientId,
    /// From 1, without gaps.
    pub sequence: i64,
    /// When it was done.
    #[diesel(serialize_as = Db<Instant>)]
    pub occurred_at: Instant,
    /// Who did it.
    pub actor: String,
    /// By which operation.
    pub act: String,
    /// What it was done to.
    pub noun: String,
    /// The id of that; empty for a batch.
    pub subject: String,
    /// What was done, in the word of an [`AuditChange`]; whoever edits the table may
    /// have put another there.
    pub change: String,
    /// How many things.
    pub items: i64,
    /// What the digest was salted with.
    pub salt: Vec<u8>,
    /// Of what the act left.
    pub digest: Vec<u8>,
    /// Of the chain up to here.
    pub hash: Vec<u8>,
}

impl AuditRow {
    /// What is hashed of it; `None` where a column holds what none was sealed with.
    pub(super) fn entry(&self) -> Option<AuditEntry> {
        Some(AuditEntry {
            client: self.client_id,
            sequence: self.sequence.try_into().ok()?,
            occurred_at: self.occurred_at,
            actor: self.actor.clone(),
            act: self.act.clone(),
            noun: self.noun.clone(),
            subject: self.subject.clone(),
            change: AuditChange::parse(&self.change)?,
            items: self.items.try_into().ok()?,
            digest: self.digest.as_slice().try_into().ok()?,
        })
    }

    /// The row of what waited, with its number and its place in the chain.
    pub(super) fn of(waiting: WaitingRow, sequence: u64, previous: &Hash) -> StoreResult<Self> {
        let mut row = Self {
            client_id: waiting.client_id,
            sequence: sequence.try_into()?,
            occurred_at: waiting.occurred_at,
            actor: waiting.actor,
            act: waiting.act,
            noun: waiting.noun,
            subject: waiting.subject,
            change: waiting.change.to_string(),
            items: waiting.items,
            salt: waiting.salt,
            digest: waiting.digest,
            hash: Vec::new(),
        };
        let unreadable = || StoreError::Corrupt("what waits for the audit's chain".to_owned());
        row.hash = row.entry().ok_or_else(unreadable)?.hash(previous).to_vec();
        Ok(row)
    }
}
