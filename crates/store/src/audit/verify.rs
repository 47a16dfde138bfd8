//! Checks the chains: that every entry is the one that was sealed, at its place, that
//! none is missing, and that each chain comes by the heads that were written down
//! elsewhere. Reads a moment of the database and changes nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use baitline_domain::audit::{AuditHead, Checkpoint, Hash};
use baitline_domain::ids::ClientId;
use baitline_domain::instant::Instant;
use diesel::prelude::*;

use super::rows::AuditRow;
use super::seal::head_from;
use super::triggers;
use crate::conn::{Conn, Reach, on};
use crate::error::StoreResult;
use crate::schema::{audit_entries, audit_heads, audit_waiting};
use crate::sql_types::Db;

/// Entries read at a time.
const ENTRIES_AT_A_TIME: i64 = 5_000;

/// Something that is not as it was sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    /// The entries of these numbers, the last included, are not there.
    Missing {
        /// The first of them.
        first: u64,
        /// The last.
        last: u64,
    },
    /// The entry is not what was sealed under its number.
    Changed {
        /// Its number.
        sequence: u64,
    },
    /// Entry and chain fit each other, but another hash was sealed as the last one.
    HeadDiffers {
        /// The number that the head tells.
        sequence: u64,
    },
    /// The chain has entries and no head.
    NoHead,
    /// Another hash was written down for this number outside the database.
    CheckpointDiffers {
        /// The number.
        sequence: u64,
        /// When it was written down.
        at: Instant,
    },
    /// Entries up to this number were written down outside the database, and the chain
    /// ends before.
    CheckpointAhead {
        /// The number.
        sequence: u64,
        /// When it was written down.
        at: Instant,
        /// Where the chain ends.
        last: u64,
    },
    /// A table's trigger is missing, so what is done there is not seen.
    TriggersMissing,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { first, last } if first == last => {
                write!(f, "entry {first} is missing")
            }
            Self::Missing { first, last } => write!(f, "entries {first} to {last} are missing"),
            Self::Changed { sequence } => {
                write!(f, "entry {sequence} is not what was sealed under this number")
            }
            Self::HeadDiffers { sequence } => {
                write!(f, "the head was sealed with another hash of entry {sequence}")
            }
            Self::NoHead => f.write_str("the chain has entries and no head"),
            Self::CheckpointDiffers { sequence, at } => {
                write!(f, "entry {sequence} had another hash when it was written down at {at}")
            }
            Self::CheckpointAhead { sequence, at, last } => write!(
                f,
                "the chain ends with entry {last}, and had {sequence} when that was written down at {at}"
            ),
            Self::TriggersMissing => f.write_str(
                "triggers of the audit are missing or switched off: run `baitline migrate`",
            ),
        }
    }
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditReport {
    /// What is wrong, and in whose chain.
    pub findings: Vec<(ClientId, Finding)>,
    /// How many chains there are.
    pub chains: u64,
    /// How many entries they have.
    pub entries: u64,
    /// How many rows wait for their number: they are in no chain yet.
    pub waiting: u64,
    /// When the first of those was written.
    pub waiting_since: Option<Instant>,
    /// How many heads from elsewhere were compared.
    pub checkpoints: u64,
}

/// Checks every chain within reach, also against heads written down elsewhere.
pub fn verify(
    conn: &mut Conn,
    reach: Reach,
    checkpoints: &[Checkpoint],
) -> StoreResult<AuditReport> {
    let mut report = AuditReport::default();
    if !triggers::are_on(conn)? {
        report.findings.push((super::AGENCY, Finding::TriggersMissing));
    }
    let mut known: BTreeMap<ClientId, BTreeMap<u64, Vec<&Checkpoint>>> = BTreeMap::new();
    for checkpoint in checkpoints {
        if reach.client().is_none_or(|client| client == checkpoint.client) {
            let of_client = known.entry(checkpoint.client).or_default();
            of_client.entry(checkpoint.head.sequence).or_default().push(checkpoint);
            report.checkpoints += 1;
        }
    }
    let mut clients = chains(conn, reach)?;
    clients.extend(known.keys());
    for client in clients {
        let mut chain = Chain::new(known.remove(&client).unwrap_or_default());
        chain.read(conn, client)?;
        chain.end(head(conn, client)?);
        report.chains += 1;
        report.entries += chain.entries;
        report.findings.extend(chain.findings.into_iter().map(|finding| (client, finding)));
    }
    count_waiting(conn, reach, &mut report)?;
    Ok(report)
}

/// A chain on the way through it.
struct Chain<'a> {
    last: AuditHead,
    entries: u64,
    known: BTreeMap<u64, Vec<&'a Checkpoint>>,
    findings: Vec<Finding>,
}

impl<'a> Chain<'a> {
    fn new(known: BTreeMap<u64, Vec<&'a Checkpoint>>) -> Self {
        Self { last: AuditHead::EMPTY, entries: 0, known, findings: Vec::new() }
    }

    fn read(&mut self, conn: &mut Conn, client: ClientId) -> StoreResult<()> {
        // From below every number: what stands there is none of the program's.
        let mut after = i64::MIN;
        loop {
            let rows: Vec<AuditRow> = on!(conn, c => audit_entries::table
                .filter(audit_entries::client_id.eq(Db(client)))
                .filter(audit_entries::sequence.gt(after))
                .order(audit_entries::sequence)
                .limit(ENTRIES_AT_A_TIME)
                .select(AuditRow::as_select())
                .load(c))?;
            let Some(last) = rows.last() else { return Ok(()) };
            after = last.sequence;
            rows.iter().for_each(|row| self.add(row));
        }
    }

    /// Goes on with the hash that the row holds, so that each wrong one is named, and
    /// of those after it at most the next.
    fn add(&mut self, row: &AuditRow) {
        self.entries += 1;
        let sequence = u64::try_from(row.sequence).unwrap_or_default();
        let next = self.last.sequence + 1;
        let follows = sequence == next;
        if sequence > next {
            self.findings.push(Finding::Missing { first: next, last: sequence - 1 });
        }
        let stored: Option<Hash> = row.hash.as_slice().try_into().ok();
        let hash = row.entry().map(|entry| entry.hash(&self.last.hash));
        // After a gap the hash before is not known: only the next entry can be checked.
        if stored.is_none() || sequence < next || (follows && hash != stored) {
            self.findings.push(Finding::Changed { sequence });
        }
        let head = AuditHead { sequence, hash: stored.unwrap_or_default() };
        self.compare(head);
        self.last = AuditHead { sequence: sequence.max(self.last.sequence), ..head };
    }

    fn compare(&mut self, head: AuditHead) {
        for checkpoint in self.known.remove(&head.sequence).unwrap_or_default() {
            if checkpoint.head.hash != head.hash {
                let Checkpoint { at, head: AuditHead { sequence, .. }, .. } = *checkpoint;
                self.findings.push(Finding::CheckpointDiffers { sequence, at });
            }
        }
    }

    fn end(&mut self, head: Option<AuditHead>) {
        let last = self.last.sequence;
        match head {
            None if last > 0 => self.findings.push(Finding::NoHead),
            Some(head) if head.sequence > last => {
                self.findings.push(Finding::Missing { first: last + 1, last: head.sequence });
            }
            Some(head) if head != self.last => {
                self.findings.push(Finding::HeadDiffers { sequence: head.sequence });
            }
            _ => {}
        }
        // The latest says it all.
        let ahead = self.known.range(last + 1..).next_back();
        if let Some(checkpoint) = ahead.and_then(|(_, checkpoints)| checkpoints.last()) {
            let Checkpoint { at, head: AuditHead { sequence, .. }, .. } = **checkpoint;
            self.findings.push(Finding::CheckpointAhead { sequence, at, last });
        }
    }
}

fn head(conn: &mut Conn, client: ClientId) -> StoreResult<Option<AuditHead>> {
    let found: Option<(i64, Vec<u8>)> = on!(conn, c => audit_heads::table
        .find(Db(client))
        .select((audit_heads::sequence, audit_heads::hash))
        .first(c)
        .optional())?;
    found.map(|(sequence, hash)| head_from(sequence, &hash)).transpose()
}

/// Whoever has entries or a head.
fn chains(conn: &mut Conn, reach: Reach) -> StoreResult<BTreeSet<ClientId>> {
    if let Some(client) = reach.client() {
        return Ok(BTreeSet::from([client]));
    }
    let headed: Vec<ClientId> =
        on!(conn, c => audit_heads::table.select(audit_heads::client_id).load(c))?;
    let entered: Vec<ClientId> = on!(conn, c => audit_entries::table
        .select(audit_entries::client_id)
        .distinct()
        .load(c))?;
    Ok(headed.into_iter().chain(entered).collect())
}

fn count_waiting(conn: &mut Conn, reach: Reach, report: &mut AuditReport) -> StoreResult<()> {
    let (count, since): (i64, Option<Instant>) = on!(conn, c => {
        let mut query = audit_waiting::table
            .select((diesel::dsl::count_star(), diesel::dsl::min(audit_waiting::occurred_at)))
            .into_boxed();
        if let Some(client) = reach.client() {
            query = query.filter(audit_waiting::client_id.eq(Db(client)));
        }
        query.first(c)
    })?;
    report.waiting = count.try_into()?;
    report.waiting_since = since;
    Ok(())
}
