//! Reads the chains: entries in order, and where a chain has come to.

use baitline_domain::audit::AuditHead;
use baitline_domain::ids::ClientId;
use baitline_domain::instant::Instant;
use diesel::prelude::*;

use super::rows::AuditRow;
use super::seal::head_from;
use crate::conn::{Conn, Reach, on};
use crate::error::StoreResult;
use crate::schema::{audit_entries, audit_heads, audit_waiting};
use crate::sql_types::Db;

/// Which entries, and which piece of the list.
#[derive(Debug, Clone, Default)]
pub struct EntryFilter {
    /// Of what was done to the thing with this id.
    pub subject: Option<String>,
    /// After this entry of that chain.
    pub after: Option<(ClientId, i64)>,
    /// The most to return.
    pub limit: i64,
}

/// A chain and what is not in it yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChainState {
    /// Where it has come to.
    pub head: AuditHead,
    /// When it came there; `None` for one without entries.
    pub sealed_at: Option<Instant>,
    /// How many rows wait for their number.
    pub waiting: u64,
    /// When the first of them was written.
    pub waiting_since: Option<Instant>,
}

/// Entries within reach, chain by chain and in order.
pub fn list_entries(
    conn: &mut Conn,
    reach: Reach,
    filter: &EntryFilter,
) -> StoreResult<Vec<AuditRow>> {
    Ok(on!(conn, c => {
        let mut query = audit_entries::table.select(AuditRow::as_select()).into_boxed();
        if let Some(client) = reach.client() {
            query = query.filter(audit_entries::client_id.eq(Db(client)));
        }
        if let Some(subject) = &filter.subject {
            query = query.filter(audit_entries::subject.eq(subject.as_str()));
        }
        if let Some((client, sequence)) = filter.after {
            let later = audit_entries::client_id
                .eq(Db(client))
                .and(audit_entries::sequence.gt(sequence));
            query = query.filter(later.or(audit_entries::client_id.gt(Db(client))));
        }
        query
            .order((audit_entries::client_id, audit_entries::sequence))
            .limit(filter.limit)
            .load(c)
    })?)
}

/// Where a client's chain has come to, and what waits for its number.
pub fn chain_state(conn: &mut Conn, client: ClientId) -> StoreResult<ChainState> {
    let found: Option<(i64, Vec<u8>, Instant)> = on!(conn, c => audit_heads::table
        .find(Db(client))
        .select((audit_heads::sequence, audit_heads::hash, audit_heads::sealed_at))
        .first(c)
        .optional())?;
    let (head, sealed_at) = match found {
        Some((sequence, hash, at)) => (head_from(sequence, &hash)?, Some(at)),
        None => (AuditHead::EMPTY, None),
    };
    let of_client = audit_waiting::client_id.eq(Db(client));
    let waiting: i64 =
        on!(conn, c => audit_waiting::table.filter(of_client).count().get_result(c))?;
    let waiting_since: Option<Instant> = on!(conn, c => audit_waiting::table
        .filter(of_client)
        .order(audit_waiting::id)
        .select(audit_waiting::occurred_at)
        .first(c)
        .optional())?;
    Ok(ChainState { head, sealed_at, waiting: waiting.try_into()?, waiting_since })
}
