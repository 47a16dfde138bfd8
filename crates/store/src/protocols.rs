//! Protocols of traps: who did what when, with proofs. One row for a trap,
//! replaced as a whole. No verdict depends on it: the trap itself has what the
//! rules ask for.

use std::collections::BTreeSet;

use baitline_domain::attachment::AttachmentSubject;
use baitline_domain::ids::{AttachmentId, ClientId, TrapId};
use diesel::prelude::*;

use crate::conn::{Conn, on};
use crate::error::{Constraint, StoreResult};
use crate::models::{NewProtocol, ProtocolRow};
use crate::preparations::NOTHING_ENTERED;
use crate::schema::{trap_protocols as protocols, traps};
use crate::sql_types::{Db, RowId};
use crate::versions::{self, Expected};
use crate::{attachments, now, stored_text};

/// Puts a protocol in the place of the one there is. Its proofs must be
/// attachments of the trap that count. A trap of which nothing was entered has
/// the version 0.
pub fn put_protocol(
    conn: &mut Conn,
    client: ClientId,
    trap: TrapId,
    expected: &Expected,
    new: &NewProtocol,
    author: &str,
) -> StoreResult<ProtocolRow> {
    lock_trap(conn, client, trap)?;
    let before = find_protocol(conn, client, trap)?;
    expected.assert(before.as_ref().map_or(NOTHING_ENTERED, |row| row.version))?;
    assert_proofs(conn, client, trap, new)?;
    let row = ProtocolRow {
        client_id: client,
        trap_id: trap,
        performed_by: new.performed_by.clone(),
        device: new.device.clone(),
        steps: stored_text::write_steps(&new.steps)?,
        note: new.note.clone(),
        version: before.as_ref().map_or(versions::FIRST, |row| row.version + 1),
        author: author.to_owned(),
        updated_at: now(),
    };
    if before.is_some() {
        on!(conn, c => diesel::update(protocols::table.find((Db(client), Db(trap))))
            .set(row.clone())
            .execute(c))?;
    } else {
        on!(conn, c => diesel::insert_into(protocols::table).values(row.clone()).execute(c))?;
    }
    Ok(row)
}

/// What was entered of a trap, if anything was.
pub fn find_protocol(
    conn: &mut Conn,
    client: ClientId,
    trap: TrapId,
) -> StoreResult<Option<ProtocolRow>> {
    Ok(on!(conn, c => protocols::table
        .find((Db(client), Db(trap)))
        .select(ProtocolRow::as_select())
        .first(c)
        .optional())?)
}

/// Those of these attachments that are the trap's and count.
pub fn counting_proofs(
    conn: &mut Conn,
    client: ClientId,
    trap: TrapId,
    proofs: &BTreeSet<AttachmentId>,
) -> StoreResult<BTreeSet<AttachmentId>> {
    let ids: Vec<AttachmentId> = proofs.iter().copied().collect();
    let subject = (AttachmentSubject::Trap, RowId(trap.0));
    Ok(attachments::counting_among(conn, client, subject, &ids)?.into_iter().collect())
}

fn assert_proofs(
    conn: &mut Conn,
    client: ClientId,
    trap: TrapId,
    new: &NewProtocol,
) -> StoreResult<()> {
    let named = new.steps.iter().flat_map(|step| step.proofs.iter().copied()).collect();
    let counting = counting_proofs(conn, client, trap, &named)?;
    for (place, step) in new.steps.iter().enumerate() {
        if step.proofs.iter().any(|proof| !counting.contains(proof)) {
            return Err(Constraint::UnknownProof(place).into());
        }
    }
    Ok(())
}

/// Two who enter the first protocol of one trap wait for each other here.
fn lock_trap(conn: &mut Conn, client: ClientId, trap: TrapId) -> StoreResult<()> {
    let query = traps::table.find((Db(client), Db(trap))).select(traps::id);
    let _: TrapId = match conn {
        Conn::Postgres(c) => query.for_no_key_update().first(c)?,
        Conn::Sqlite(c) => query.first(c)?,
    };
    Ok(())
}
