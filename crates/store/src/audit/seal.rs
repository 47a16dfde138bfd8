//! Chains what waits. One transaction takes some rows of one client, in the order in
//! which they were written, and moves them behind the head of its chain, which it
//! holds meanwhile: any number of workers make one chain.

use baitline_domain::audit::{AuditHead, Checkpoint, Hash};
use baitline_domain::ids::ClientId;
use diesel::prelude::*;

use super::rows::{AuditRow, WaitingRow};
use crate::conn::{Conn, on};
use crate::error::{StoreError, StoreResult};
use crate::now;
use crate::schema::{audit_entries, audit_heads, audit_waiting};
use crate::sql_types::{Db, db_all};

/// Rows sealed in one transaction: with 12 columns each under the 32,766 binds that
/// SQLite allows.
const ROWS_AT_A_TIME: i64 = 1_000;

/// What was sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sealed {
    /// Whose chain.
    pub client: ClientId,
    /// Where it has come to.
    pub head: AuditHead,
}

/// Seals some of what waits of the next client after this one, or of the first;
/// `None` where nothing waits. Run as the agency.
pub fn seal_after(conn: &mut Conn, last: Option<ClientId>) -> StoreResult<Option<Sealed>> {
    let Some(client) = next_waiting(conn, last)? else { return Ok(None) };
    let before = lock_head(conn, client)?;
    let waiting: Vec<WaitingRow> = on!(conn, c => audit_waiting::table
        .filter(audit_waiting::client_id.eq(Db(client)))
        .order(audit_waiting::id)
        .limit(ROWS_AT_A_TIME)
        .select(WaitingRow::as_select())
        .load(c))?;
    let ids: Vec<_> = waiting.iter().map(|row| row.id).collect();
    let mut head = before;
    let mut rows = Vec::with_capacity(waiting.len());
    for row in waiting {
        head.sequence += 1;
        let row = AuditRow::of(row, head.sequence, &head.hash)?;
        head.hash = hash_of(&row.hash)?;
        rows.push(row);
    }
    if rows.is_empty() {
        // Another worker was faster.
        return Ok(Some(Sealed { client, head }));
    }
    on!(conn, c => diesel::insert_into(audit_entries::table).values(rows).execute(c))?;
    on!(conn, c => diesel::delete(audit_waiting::table)
        .filter(audit_waiting::client_id.eq(Db(client)))
        .filter(audit_waiting::id.eq_any(db_all(&ids)))
        .execute(c))?;
    keep_head(conn, client, head)?;
    Ok(Some(Sealed { client, head }))
}

/// Every head as it stands, to be written down elsewhere.
pub fn heads(conn: &mut Conn) -> StoreResult<Vec<Checkpoint>> {
    let at = now();
    let found: Vec<(ClientId, i64, Vec<u8>)> = on!(conn, c => audit_heads::table
        .select((audit_heads::client_id, audit_heads::sequence, audit_heads::hash))
        .order(audit_heads::client_id)
        .load(c))?;
    let checkpoint = |(client, sequence, hash): (ClientId, i64, Vec<u8>)| {
        Ok(Checkpoint { at, client, head: head_from(sequence, &hash)? })
    };
    found.into_iter().map(checkpoint).collect()
}

/// The next client after this one of whom something waits, or the first.
pub fn next_waiting(conn: &mut Conn, last: Option<ClientId>) -> StoreResult<Option<ClientId>> {
    let first: Option<ClientId> = on!(conn, c => {
        let mut query = audit_waiting::table.select(audit_waiting::client_id).into_boxed();
        if let Some(last) = last {
            query = query.filter(audit_waiting::client_id.gt(Db(last)));
        }
        query.order((audit_waiting::client_id, audit_waiting::id)).first(c).optional()
    })?;
    match (first, last) {
        (None, Some(_)) => next_waiting(conn, None),
        (found, _) => Ok(found),
    }
}

/// The head of a chain, held until the transaction ends.
fn lock_head(conn: &mut Conn, client: ClientId) -> StoreResult<AuditHead> {
    let empty = (
        audit_heads::client_id.eq(Db(client)),
        audit_heads::sequence.eq(0_i64),
        audit_heads::hash.eq(AuditHead::EMPTY.hash.to_vec()),
        audit_heads::sealed_at.eq(Db(now())),
    );
    on!(conn, c => diesel::insert_into(audit_heads::table)
        .values(empty.clone())
        .on_conflict_do_nothing()
        .execute(c))?;
    let query =
        audit_heads::table.find(Db(client)).select((audit_heads::sequence, audit_heads::hash));
    let (sequence, hash): (i64, Vec<u8>) = match conn {
        Conn::Postgres(c) => query.for_update().first(c)?,
        Conn::Sqlite(c) => query.first(c)?,
    };
    head_from(sequence, &hash)
}

fn keep_head(conn: &mut Conn, client: ClientId, head: AuditHead) -> StoreResult<()> {
    let row = (
        audit_heads::sequence.eq(i64::try_from(head.sequence)?),
        audit_heads::hash.eq(head.hash.to_vec()),
        audit_heads::sealed_at.eq(Db(now())),
    );
    let place = audit_heads::table.find(Db(client));
    on!(conn, c => diesel::update(place).set(row.clone()).execute(c))?;
    Ok(())
}

pub(crate) fn head_from(sequence: i64, hash: &[u8]) -> StoreResult<AuditHead> {
    Ok(AuditHead { sequence: sequence.try_into()?, hash: hash_of(hash)? })
}

fn hash_of(bytes: &[u8]) -> StoreResult<Hash> {
    bytes.try_into().map_err(|_| StoreError::Corrupt("a hash of the audit".to_owned()))
}
