//! Writes what was done, to wait for its number. On PostgreSQL triggers write by
//! themselves; on SQLite they hand over what they saw, and it is written before the
//! transaction commits. Of what was done only a salted hash is kept.

use std::cell::RefCell;

use baitline_domain::audit::{AuditChange, digest};
use baitline_domain::ids::{ClientId, ObservationId};
use baitline_domain::observation::Report;
use diesel::prelude::*;
use rand::Rng;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::acting::Acting;
use super::rows::WaitingRow;
use crate::conn::{Conn, on};
use crate::error::StoreResult;
use crate::now;
use crate::observations::{Outcome, OutcomeStatus};
use crate::schema::audit_waiting;
use crate::sql_types::RowId;

/// Bytes of a salt.
const SALT_BYTES: usize = 16;
/// Rows inserted in one statement.
const INSERT_BATCH: usize = 1_000;

/// An act that no trigger sees.
#[derive(Debug, Clone)]
pub struct Note<'a> {
    /// What it was done to.
    pub noun: &'a str,
    /// The id of that; empty for a batch.
    pub subject: &'a str,
    /// What was done.
    pub change: AuditChange,
    /// How many things.
    pub items: usize,
    /// What the act left, of which the hash is kept.
    pub content: &'a [u8],
}

thread_local! {
    /// What triggers of SQLite saw in the transaction at hand, which never leaves
    /// its thread.
    static DRAFTS: RefCell<Vec<WaitingRow>> = const { RefCell::new(Vec::new()) };
}

/// Writes an act down in the transaction that does it.
pub fn note(conn: &mut Conn, client: ClientId, noted: &Note<'_>) -> StoreResult<()> {
    let row = row_of(Acting::now(), client, noted)?;
    insert(conn, vec![row])
}

/// Writes down that calls were reported: one row for all of them.
pub(crate) fn note_calls(
    conn: &mut Conn,
    client: ClientId,
    reports: &[Report],
    outcomes: &[Outcome],
) -> StoreResult<()> {
    note_calls_of(conn, client, Acting::now(), reports.iter().zip(outcomes))
}

/// The same for the reports of one of several who are written together. Nothing is
/// written where nothing was new.
pub(crate) fn note_calls_of<'a>(
    conn: &mut Conn,
    client: ClientId,
    who: Acting,
    reported: impl Iterator<Item = (&'a Report, &'a Outcome)>,
) -> StoreResult<()> {
    let (mut content, mut items) = (Sha256::new(), 0);
    let mut only: Option<ObservationId> = None;
    for (report, outcome) in reported {
        if matches!(outcome.status, OutcomeStatus::Accepted | OutcomeStatus::Updated) {
            add(&mut content, report);
            only = Some(outcome.id);
            items += 1;
        }
    }
    let subject = match only {
        None => return Ok(()),
        Some(id) if items == 1 => id.to_string(),
        Some(_) => String::new(),
    };
    let content = content.finalize();
    let noted = Note {
        noun: "call",
        subject: &subject,
        change: AuditChange::Made,
        items,
        content: content.as_slice(),
    };
    insert(conn, vec![row_of(who, client, &noted)?])
}

/// What a report says of a call, each part with its length.
fn add(hash: &mut Sha256, report: &Report) {
    hash.update(report.id.0);
    hash.update(report.revision.to_be_bytes());
    hash.update(report.reported_at.0.to_be_bytes());
    hash.update(report.connected_seconds.unwrap_or(u32::MAX).to_be_bytes());
    for end in [&report.caller_raw, &report.called_raw] {
        let end = end.as_deref().unwrap_or_default();
        hash.update((end.len() as u64).to_be_bytes());
        hash.update(end);
    }
}

fn row_of(who: Acting, client: ClientId, noted: &Note<'_>) -> StoreResult<WaitingRow> {
    let mut salt = [0; SALT_BYTES];
    rand::rng().fill_bytes(&mut salt);
    Ok(WaitingRow {
        client_id: client,
        id: RowId(Uuid::now_v7()),
        occurred_at: now(),
        actor: who.actor,
        act: who.act,
        noun: noted.noun.to_owned(),
        subject: noted.subject.to_owned(),
        change: noted.change,
        items: noted.items.try_into()?,
        salt: salt.to_vec(),
        digest: digest(&salt, noted.content).to_vec(),
    })
}

/// Takes over what a trigger saw; whether it could be read.
pub(super) fn draft(client: ClientId, noted: &Note<'_>) -> bool {
    match row_of(Acting::now(), client, noted) {
        Ok(row) => {
            DRAFTS.with_borrow_mut(|drafts| drafts.push(row));
            true
        }
        Err(_) => false,
    }
}

/// Forgets what an earlier transaction of this thread left when it failed.
pub(crate) fn forget_drafts() {
    DRAFTS.with_borrow_mut(Vec::clear);
}

/// Writes what triggers handed over, before the transaction commits.
pub(crate) fn write_drafts(conn: &mut Conn) -> StoreResult<()> {
    match DRAFTS.take() {
        drafts if drafts.is_empty() => Ok(()),
        drafts => insert(conn, drafts),
    }
}

fn insert(conn: &mut Conn, rows: Vec<WaitingRow>) -> StoreResult<()> {
    for chunk in rows.chunks(INSERT_BATCH) {
        on!(conn, c => diesel::insert_into(audit_waiting::table)
            .values(chunk.to_vec())
            .execute(c))?;
    }
    Ok(())
}
