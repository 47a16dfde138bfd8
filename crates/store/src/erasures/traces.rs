//! What an erasure leaves: commitments to what is gone, the days it touched, and the
//! audit's digests without their salts.

use std::collections::BTreeSet;

use baitline_domain::erasure::{Erasable, commitment};
use baitline_domain::ids::{ClientId, ErasureId};
use baitline_domain::instant::{Day, Instant};
use diesel::prelude::*;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::ACT;
use crate::conn::{Conn, on};
use crate::error::{StoreError, StoreResult};
use crate::models::ErasureRow;
use crate::schema::{audit_entries, audit_waiting, erasure_commitments as kept, erasure_days};
use crate::sql_types::Db;

/// Rows of one statement, and subjects asked for in one.
const AT_A_TIME: usize = 1_000;
/// Commitments read at a time for their digest.
const READ_AT_A_TIME: i64 = 10_000;

/// Keeps a commitment to each of these.
pub(super) fn commit_to(
    conn: &mut Conn,
    erasure: &ErasureRow,
    all: &[Erasable<'_>],
) -> StoreResult<()> {
    let salt = erasure
        .salt
        .as_deref()
        .ok_or_else(|| StoreError::Corrupt("an erasure at work has no salt".to_owned()))?;
    for chunk in all.chunks(AT_A_TIME) {
        let rows: Vec<_> = chunk
            .iter()
            .map(|one| {
                (
                    kept::client_id.eq(Db(erasure.client_id)),
                    kept::erasure_id.eq(Db(erasure.id)),
                    kept::commitment.eq(commitment(salt, one).to_vec()),
                )
            })
            .collect();
        on!(conn, c => diesel::insert_into(kept::table)
            .values(rows)
            .on_conflict_do_nothing()
            .execute(c))?;
    }
    Ok(())
}

/// Whether an erasure keeps a commitment to that.
pub(super) fn is_committed(
    conn: &mut Conn,
    erasure: &ErasureRow,
    what: &Erasable<'_>,
) -> StoreResult<bool> {
    let Some(salt) = &erasure.salt else { return Ok(false) };
    let made = commitment(salt, what).to_vec();
    let found: i64 = on!(conn, c => kept::table
        .filter(kept::client_id.eq(Db(erasure.client_id)))
        .filter(kept::erasure_id.eq(Db(erasure.id)))
        .filter(kept::commitment.eq(made.clone()))
        .count()
        .get_result(c))?;
    Ok(found > 0)
}

/// SHA-256 of all commitments of an erasure, in order.
pub(super) fn digest(conn: &mut Conn, client: ClientId, id: ErasureId) -> StoreResult<Vec<u8>> {
    let mut hash = Sha256::new();
    let mut after: Vec<u8> = Vec::new();
    loop {
        let some: Vec<Vec<u8>> = on!(conn, c => kept::table
            .filter(kept::client_id.eq(Db(client)))
            .filter(kept::erasure_id.eq(Db(id)))
            .filter(kept::commitment.gt(after.clone()))
            .order(kept::commitment)
            .limit(READ_AT_A_TIME)
            .select(kept::commitment)
            .load(c))?;
        let Some(last) = some.last() else { return Ok(hash.finalize().to_vec()) };
        after.clone_from(last);
        some.iter().for_each(|one| hash.update(one));
    }
}

/// Remembers the days whose segments hold what is gone.
pub(super) fn note_days(
    conn: &mut Conn,
    erasure: &ErasureRow,
    days: BTreeSet<Day>,
) -> StoreResult<()> {
    let days: Vec<Day> = days.into_iter().collect();
    for chunk in days.chunks(AT_A_TIME) {
        let rows: Vec<_> = chunk
            .iter()
            .map(|day| {
                (
                    erasure_days::client_id.eq(Db(erasure.client_id)),
                    erasure_days::erasure_id.eq(Db(erasure.id)),
                    erasure_days::day.eq(day.0),
                )
            })
            .collect();
        on!(conn, c => diesel::insert_into(erasure_days::table)
            .values(rows)
            .on_conflict_do_nothing()
            .execute(c))?;
    }
    Ok(())
}

/// The days that an erasure touched.
pub(super) fn days_of(conn: &mut Conn, erasure: &ErasureRow) -> StoreResult<BTreeSet<Day>> {
    let days: Vec<i32> = on!(conn, c => erasure_days::table
        .filter(erasure_days::client_id.eq(Db(erasure.client_id)))
        .filter(erasure_days::erasure_id.eq(Db(erasure.id)))
        .select(erasure_days::day)
        .load(c))?;
    Ok(days.into_iter().map(Day).collect())
}

/// Forgets what the audit's digests of these were salted with. The chains hold, and
/// nobody can try numbers against a digest any more.
pub(super) fn forget_salts(
    conn: &mut Conn,
    client: ClientId,
    subjects: &[Uuid],
) -> StoreResult<()> {
    for chunk in subjects.chunks(AT_A_TIME) {
        let names: Vec<String> = chunk.iter().map(Uuid::to_string).collect();
        on!(conn, c => diesel::update(audit_entries::table
                .filter(audit_entries::client_id.eq(Db(client)))
                .filter(audit_entries::subject.eq_any(&names)))
            .set(audit_entries::salt.eq(Vec::<u8>::new()))
            .execute(c))?;
        on!(conn, c => diesel::update(audit_waiting::table
                .filter(audit_waiting::client_id.eq(Db(client)))
                .filter(audit_waiting::subject.eq_any(&names)))
            .set(audit_waiting::salt.eq(Vec::<u8>::new()))
            .execute(c))?;
    }
    Ok(())
}

/// The same of what erasures did themselves: each removal left a digest of what went.
pub(super) fn forget_own_salts(
    conn: &mut Conn,
    client: ClientId,
    since: Instant,
) -> StoreResult<()> {
    on!(conn, c => diesel::update(audit_entries::table
            .filter(audit_entries::client_id.eq(Db(client)))
            .filter(audit_entries::occurred_at.ge(Db(since)))
            .filter(audit_entries::act.eq(ACT))
            .filter(audit_entries::noun.ne("erasure")))
        .set(audit_entries::salt.eq(Vec::<u8>::new()))
        .execute(c))?;
    on!(conn, c => diesel::update(audit_waiting::table
            .filter(audit_waiting::client_id.eq(Db(client)))
            .filter(audit_waiting::act.eq(ACT))
            .filter(audit_waiting::noun.ne("erasure")))
        .set(audit_waiting::salt.eq(Vec::<u8>::new()))
        .execute(c))?;
    Ok(())
}
