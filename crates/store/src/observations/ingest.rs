//! Taking reports in. One call is one transaction's work on one batch of one
//! client; what it returns is true once that transaction has committed.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};

use baitline_domain::ids::{BaitId, ClientId, ObservationId};
use baitline_domain::instant::{Day, Instant};
use baitline_domain::observation::Report;
use diesel::prelude::*;
use diesel::upsert::excluded;

use super::history::{self, OldRevision};
use super::join;
use super::row::StoredObservation;
use crate::buckets;
use crate::clients;
use crate::conn::{Conn, on};
use crate::error::{Constraint, StoreError, StoreResult};
use crate::models::Source;
use crate::schema::observations as seen;
use crate::sources;
use crate::sql_types::{Db, db_all};
use crate::waiting_recordings;

/// The most reports of one call: 26 columns each stay under the 32,766 binds
/// that SQLite allows in a statement.
pub const MAX_BATCH: usize = 1_000;

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

/// Takes reports in, in order.
pub fn ingest(
    conn: &mut Conn,
    client: ClientId,
    reports: &[Report],
    received_at: Instant,
) -> StoreResult<Vec<Outcome>> {
    clients::lock_for_ingest(conn, client)?;
    let (outcomes, plan) = judge(conn, client, reports, received_at)?;
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
    Ok(judge(conn, client, reports, received_at)?.0)
}

/// What a batch will write.
#[derive(Default)]
struct Plan {
    rows: HashMap<ObservationId, Planned>,
    history: Vec<OldRevision>,
    parts: BTreeSet<(Day, BaitId)>,
}

/// A row as it will stand after the batch.
struct Planned {
    row: StoredObservation,
    fate: Fate,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Insert,
    Update,
    Keep,
}

fn judge(
    conn: &mut Conn,
    client: ClientId,
    reports: &[Report],
    received_at: Instant,
) -> StoreResult<(Vec<Outcome>, Plan)> {
    let sources: HashMap<_, Source> =
        sources::sources_of(conn, client)?.into_iter().map(|source| (source.id, source)).collect();
    let ids: Vec<ObservationId> = reports.iter().map(|report| report.id).collect();
    let mut plan = Plan::default();
    for row in load_locked(conn, client, &ids)? {
        plan.rows.insert(row.id, Planned { row, fate: Fate::Keep });
    }
    let known_history = history::load(conn, client, &ids)?;
    let mut rows = Vec::with_capacity(reports.len());
    for report in reports {
        let source = sources.get(&report.source).ok_or(Constraint::UnknownSource)?;
        let mut row = StoredObservation::of_report(client, source, report, received_at)?;
        if let Some(known) = plan.rows.get(&report.id) {
            row.keep_corrections_of(&known.row);
        }
        let ends = match &row.amended {
            None => Cow::Borrowed(&report.ends),
            Some(_) => Cow::Owned(row.ends()),
        };
        rows.push((row, ends));
    }
    let directory = join::directory(conn, client, rows.iter().map(|(_, ends)| ends.as_ref()))?;
    let outcomes = rows.into_iter().map(|(mut row, ends)| {
        row.join(ends.join(|name| directory.get(name).copied()));
        plan.add(row, &known_history)
    });
    let outcomes = outcomes.collect();
    Ok((outcomes, plan))
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
    /// Decides what becomes of one report, given what came before it.
    fn add(
        &mut self,
        new: StoredObservation,
        known: &HashMap<(ObservationId, i64), String>,
    ) -> Outcome {
        let (id, matched) = (new.id, new.bait_id.is_some());
        let Some(planned) = self.rows.get_mut(&id) else {
            self.parts.extend(parts_of(&new));
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
                self.parts.extend(parts_of(&planned.row));
                self.parts.extend(parts_of(&new));
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
        let (mut fresh, mut updated) = (Vec::new(), Vec::new());
        for planned in self.rows.into_values() {
            match planned.fate {
                Fate::Insert => fresh.push(planned.row),
                Fate::Update => updated.push(planned.row),
                Fate::Keep => {}
            }
        }
        fresh.sort_by_key(|row| row.id);
        insert(conn, &fresh)?;
        join_recordings(conn, client, &fresh)?;
        update(conn, &updated)?;
        history::save(conn, &self.history)?;
        buckets::touch_baits(conn, client, &self.parts)
    }
}

/// A row that another transaction inserted meanwhile makes the batch be judged
/// again, now that the row can be seen.
fn insert(conn: &mut Conn, rows: &[StoredObservation]) -> StoreResult<()> {
    for chunk in rows.chunks(MAX_BATCH) {
        let inserted = on!(conn, c => diesel::insert_into(seen::table)
            .values(chunk.to_vec())
            .on_conflict_do_nothing()
            .execute(c))?;
        if inserted != chunk.len() {
            return Err(StoreError::Conflict);
        }
    }
    Ok(())
}

/// What came before its call finds it now. Their days are touched already.
fn join_recordings(
    conn: &mut Conn,
    client: ClientId,
    fresh: &[StoredObservation],
) -> StoreResult<()> {
    let reported: HashMap<ObservationId, bool> =
        fresh.iter().map(|row| (row.id, row.derived)).collect();
    waiting_recordings::join(conn, client, &reported)
}

/// Puts later revisions in the place of the rows they supersede; what people
/// corrected stays.
fn update(conn: &mut Conn, rows: &[StoredObservation]) -> StoreResult<()> {
    for chunk in rows.chunks(MAX_BATCH) {
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

/// The days of its bait that the row can change as it stands: none while it is in
/// no call.
pub(super) fn parts_of(row: &StoredObservation) -> BTreeSet<(Day, BaitId)> {
    match row.bait_id {
        Some(bait) if !row.voided => buckets::parts_touched_by(row.occurred_at, bait),
        _ => BTreeSet::new(),
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
