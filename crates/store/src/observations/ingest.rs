//! Taking reports in. One call is one transaction's work on one batch of one
//! client; what it returns is true once that transaction has committed.

use std::collections::{HashMap, HashSet};

use baitline_domain::ids::{ClientId, ObservationId};
use baitline_domain::instant::Instant;
use baitline_domain::observation::Report;
use diesel::prelude::*;
use diesel::upsert::excluded;

use super::history::{self, OldRevision};
use super::row::StoredObservation;
use super::{insert, join};
use crate::audit;
use crate::buckets::{self, Parts};
use crate::clients;
use crate::conn::{Conn, on};
use crate::error::{Constraint, StoreError, StoreResult};
use crate::models::Source;
use crate::schema::observations as seen;
use crate::sources;
use crate::sql_types::{Db, db_all};
use crate::waiting_recordings;

/// The most reports of one call: more make a transaction no cheaper.
pub const MAX_BATCH: usize = 10_000;
/// Rows of one statement with many values: 26 columns each stay under the
/// 32,766 binds that SQLite allows.
const ROWS_AT_A_TIME: usize = 1_000;

/// What became of one report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The observation's id, new or found again.
    pub id: ObservationId,
    /// What became of the report.
    pub status: OutcomeStatus,
    /// Whether the bait is known; otherwise the observation waits for it.
    pub matched: bool,
}

/// What became of one report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutcomeStatus {
    /// It is new, or an earlier revision that was not known yet.
    Accepted,
    /// It is a later revision, and valid now.
    Updated,
    /// It is known already, word for word.
    Duplicate,
    /// The same revision says something else. The first one stays.
    Conflict,
}

/// Takes reports in, in order. Most are new, so they are inserted first, and
/// only what is known already is looked at and compared.
pub fn ingest(
    conn: &mut Conn,
    client: ClientId,
    reports: &[Report],
    received_at: Instant,
) -> StoreResult<Vec<Outcome>> {
    let outcomes = take_in(conn, client, reports, received_at)?;
    audit::note_calls(conn, client, reports, &outcomes)?;
    Ok(outcomes)
}

/// The same without a note for the audit.
pub(crate) fn take_in(
    conn: &mut Conn,
    client: ClientId,
    reports: &[Report],
    received_at: Instant,
) -> StoreResult<Vec<Outcome>> {
    clients::lock_for_ingest(conn, client)?;
    let rows = joined_rows(conn, client, reports, received_at)?;
    let mut fresh = insert::insert_new(conn, client, &rows)?;
    join_recordings(conn, client, &rows, &fresh)?;
    let mut plan = Plan::default();
    let mut outcomes = Vec::with_capacity(rows.len());
    let mut known = Vec::new();
    for row in rows {
        let (id, matched) = (row.id, row.bait_id.is_some());
        outcomes.push(Outcome { id, status: OutcomeStatus::Accepted, matched });
        // Only the first report of an id can have been inserted.
        if fresh.remove(&id) {
            add_parts(&mut plan.parts, &row);
        } else {
            known.push((outcomes.len() - 1, row));
        }
    }
    if !known.is_empty() {
        let (places, rows): (Vec<usize>, Vec<_>) = known.into_iter().unzip();
        for (place, outcome) in places.into_iter().zip(plan.judge(conn, client, rows)?) {
            outcomes[place] = outcome;
        }
    }
    plan.write(conn, client)?;
    Ok(outcomes)
}

/// Says what [`ingest`] would do, and does nothing.
pub fn check(
    conn: &mut Conn,
    client: ClientId,
    reports: &[Report],
    received_at: Instant,
) -> StoreResult<Vec<Outcome>> {
    let rows = joined_rows(conn, client, reports, received_at)?;
    Plan::default().judge(conn, client, rows)
}

/// What a batch will write beside its new rows.
#[derive(Default)]
struct Plan {
    rows: HashMap<ObservationId, Planned>,
    history: Vec<OldRevision>,
    parts: Parts,
}

/// A row as it will stand after the batch.
struct Planned {
    row: StoredObservation,
    fate: Fate,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// A check would insert it.
    Insert,
    Update,
    Keep,
}

/// A row for each report, with the bait that its ends name.
fn joined_rows(
    conn: &mut Conn,
    client: ClientId,
    reports: &[Report],
    received_at: Instant,
) -> StoreResult<Vec<StoredObservation>> {
    let sources: HashMap<_, Source> =
        sources::sources_of(conn, client)?.into_iter().map(|source| (source.id, source)).collect();
    let directory = join::directory(conn, client, reports.iter().map(|report| &report.ends))?;
    let row_of = |report: &Report| {
        let source = sources.get(&report.source).ok_or(Constraint::UnknownSource)?;
        let mut row = StoredObservation::of_report(client, source, report, received_at)?;
        row.join(report.ends.join(|name| directory.get(name).copied()));
        Ok(row)
    };
    reports.iter().map(row_of).collect()
}

/// The rows of these ids as they stand, held until the transaction ends, in
/// order of id so that two batches never wait for each other in a circle.
pub(super) fn load_locked(
    conn: &mut Conn,
    client: ClientId,
    ids: &[ObservationId],
) -> StoreResult<Vec<StoredObservation>> {
    let query = seen::table
        .filter(seen::client_id.eq(Db(client)))
        .filter(seen::id.eq_any(db_all(ids)))
        .order(seen::id);
    Ok(match conn {
        Conn::Postgres(c) => query.select(StoredObservation::as_select()).for_update().load(c)?,
        Conn::Sqlite(c) => query.select(StoredObservation::as_select()).load(c)?,
    })
}

impl Plan {
    /// Compares reports, in order, with what is stored of them.
    fn judge(
        &mut self,
        conn: &mut Conn,
        client: ClientId,
        rows: Vec<StoredObservation>,
    ) -> StoreResult<Vec<Outcome>> {
        let ids: Vec<ObservationId> = rows.iter().map(|row| row.id).collect();
        for row in load_locked(conn, client, &ids)? {
            self.rows.insert(row.id, Planned { row, fate: Fate::Keep });
        }
        let known_history = history::load(conn, client, &ids)?;
        let rows = self.with_corrections(conn, client, rows)?;
        Ok(rows.into_iter().map(|row| self.add(row, &known_history)).collect())
    }

    /// Lets what people said of the known rows hold over these.
    fn with_corrections(
        &self,
        conn: &mut Conn,
        client: ClientId,
        mut rows: Vec<StoredObservation>,
    ) -> StoreResult<Vec<StoredObservation>> {
        let mut amended = Vec::new();
        for (place, row) in rows.iter_mut().enumerate() {
            let Some(known) = self.rows.get(&row.id) else { continue };
            row.keep_corrections_of(&known.row);
            if row.amended.is_some() {
                amended.push((place, row.ends()));
            }
        }
        let directory = join::directory(conn, client, amended.iter().map(|(_, ends)| ends))?;
        for (place, ends) in amended {
            rows[place].join(ends.join(|name| directory.get(name).copied()));
        }
        Ok(rows)
    }

    /// Decides what becomes of one report, given what came before it.
    fn add(
        &mut self,
        new: StoredObservation,
        known: &HashMap<(ObservationId, i64), String>,
    ) -> Outcome {
        let (id, matched) = (new.id, new.bait_id.is_some());
        let Some(planned) = self.rows.get_mut(&id) else {
            add_parts(&mut self.parts, &new);
            self.rows.insert(id, Planned { row: new, fate: Fate::Insert });
            return Outcome { id, status: OutcomeStatus::Accepted, matched };
        };
        let status = match new.revision.cmp(&planned.row.revision) {
            std::cmp::Ordering::Equal if new.content() == planned.row.content() => {
                OutcomeStatus::Duplicate
            }
            std::cmp::Ordering::Equal => OutcomeStatus::Conflict,
            std::cmp::Ordering::Less => self.add_late(&new, known),
            std::cmp::Ordering::Greater => {
                add_parts(&mut self.parts, &planned.row);
                add_parts(&mut self.parts, &new);
                self.history.push(old_revision(&planned.row));
                planned.row = new;
                if planned.fate == Fate::Keep {
                    planned.fate = Fate::Update;
                }
                OutcomeStatus::Updated
            }
        };
        Outcome { id, status, matched }
    }

    /// An earlier revision than the valid one goes to the history.
    fn add_late(
        &mut self,
        new: &StoredObservation,
        known: &HashMap<(ObservationId, i64), String>,
    ) -> OutcomeStatus {
        let late = old_revision(new);
        let in_batch = self
            .history
            .iter()
            .find(|old| old.observation_id == new.id && old.revision == new.revision)
            .map(|old| &old.content);
        match in_batch.or_else(|| known.get(&(new.id, new.revision))) {
            Some(content) if *content == late.content => OutcomeStatus::Duplicate,
            Some(_) => OutcomeStatus::Conflict,
            None => {
                self.history.push(late);
                OutcomeStatus::Accepted
            }
        }
    }

    fn write(self, conn: &mut Conn, client: ClientId) -> StoreResult<()> {
        // What was not inserted is there already, or the receipts would lie.
        if self.rows.values().any(|planned| planned.fate == Fate::Insert) {
            return Err(StoreError::Unavailable("an observation vanished meanwhile".to_owned()));
        }
        let changed = self.rows.into_values().filter(|planned| planned.fate == Fate::Update);
        update(conn, &changed.map(|planned| planned.row).collect::<Vec<_>>())?;
        history::save(conn, &self.history)?;
        buckets::touch_baits(conn, client, &self.parts)
    }
}

/// What came before its call finds it now. Their days are touched already.
fn join_recordings(
    conn: &mut Conn,
    client: ClientId,
    rows: &[StoredObservation],
    fresh: &HashSet<ObservationId>,
) -> StoreResult<()> {
    let fresh = rows.iter().filter(|row| fresh.contains(&row.id));
    // An id that comes twice has the nature of its first report, which is stored.
    let reported: HashMap<ObservationId, bool> =
        fresh.rev().map(|row| (row.id, row.derived)).collect();
    waiting_recordings::join(conn, client, &reported)
}

/// Puts later revisions in the place of the rows they supersede; what people
/// corrected stays.
fn update(conn: &mut Conn, rows: &[StoredObservation]) -> StoreResult<()> {
    for chunk in rows.chunks(ROWS_AT_A_TIME) {
        on!(conn, c => diesel::insert_into(seen::table)
            .values(chunk.to_vec())
            .on_conflict((seen::client_id, seen::id))
            .do_update()
            .set((
                seen::revision.eq(excluded(seen::revision)),
                seen::named_bait.eq(excluded(seen::named_bait)),
                seen::named_direction.eq(excluded(seen::named_direction)),
                seen::caller_raw.eq(excluded(seen::caller_raw)),
                seen::called_raw.eq(excluded(seen::called_raw)),
                seen::channel.eq(excluded(seen::channel)),
                seen::reported_at.eq(excluded(seen::reported_at)),
                seen::reported_at_raw.eq(excluded(seen::reported_at_raw)),
                seen::connected_seconds.eq(excluded(seen::connected_seconds)),
                seen::answered.eq(excluded(seen::answered)),
                seen::roaming.eq(excluded(seen::roaming)),
                seen::screen_label.eq(excluded(seen::screen_label)),
                seen::extra.eq(excluded(seen::extra)),
                seen::received_at.eq(excluded(seen::received_at)),
                seen::occurred_at.eq(excluded(seen::occurred_at)),
                seen::bait_id.eq(excluded(seen::bait_id)),
                seen::direction.eq(excluded(seen::direction)),
                seen::party_kind.eq(excluded(seen::party_kind)),
                seen::party_number.eq(excluded(seen::party_number)),
                seen::derived.eq(excluded(seen::derived)),
            ))
            .execute(c))?;
    }
    Ok(())
}

/// Adds what of its bait the row can change as it stands: nothing while it is in no
/// call.
pub(super) fn add_parts(parts: &mut Parts, row: &StoredObservation) {
    if let (Some(bait), false) = (row.bait_id, row.voided) {
        parts.add_observation(row.occurred_at, bait);
    }
}

fn old_revision(row: &StoredObservation) -> OldRevision {
    OldRevision {
        client_id: row.client_id,
        observation_id: row.id,
        revision: row.revision,
        content: row.history_text(),
        received_at: row.received_at,
    }
}
