//! Removes observations with everything that hangs on them, in the transaction at
//! hand: rows first, their bytes later.

use std::collections::BTreeSet;

use baitline_domain::complaint::ComplaintState;
use baitline_domain::erasure::Erasable;
use baitline_domain::ids::{
    BaitId, ClientId, ComplaintId, InquiryId, LabelId, ObservationId, PaperId, StatementId,
};
use baitline_domain::instant::Instant;
use diesel::prelude::*;
use uuid::Uuid;

use super::packages;
use super::traces;
use super::victims::Victim;
use crate::buckets::{self, Parts};
use crate::conn::{Conn, on};
use crate::error::StoreResult;
use crate::models::{ErasureCounts, ErasureRow};
use crate::schema::{
    assignments, complaint_calls, complaint_holds, complaints, file_rejections, inquiry_calls,
    labels, observation_corrections, observation_revisions, observations, operator_statements,
    papers, recordings, replay_differences, waiting_recordings,
};
use crate::sql_types::{Db, RowId, db_all};

/// Deletes the rows of a table that a column names; how many.
macro_rules! delete {
    ($conn:expr, $client:expr, $table:ident.$column:ident in $ids:expr) => {
        u64::try_from(on!($conn, c => diesel::delete($table::table
                .filter($table::client_id.eq(Db($client)))
                .filter($table::$column.eq_any(db_all($ids))))
            .execute(c))?).unwrap_or_default()
    };
}
pub(super) use delete;

/// Removes these observations, touches their days, and keeps what shows it.
pub(super) fn observations(
    conn: &mut Conn,
    erasure: &ErasureRow,
    victims: &[Victim],
) -> StoreResult<ErasureCounts> {
    let client = erasure.client_id;
    let ids: Vec<ObservationId> = victims.iter().map(|one| one.id).collect();
    lock(conn, client, &ids)?;
    let mut subjects: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    commit_to(conn, erasure, &ids)?;
    touch(conn, erasure, victims)?;
    let mut counts = packages::of_calls(conn, client, victims, &mut subjects)?;
    counts.papers = papers_about(conn, client, victims, &mut subjects)?;
    counts.places = places(conn, client, &ids)?;
    let heard: Vec<LabelId> = on!(conn, c => labels::table
        .filter(labels::client_id.eq(Db(client)))
        .filter(labels::observation_id.eq_any(db_all(&ids)))
        .select(labels::id)
        .load(c))?;
    subjects.extend(heard.iter().map(|id| id.0));
    counts.labels = delete!(conn, client, labels.observation_id in &ids);
    counts.recordings = recordings_of(conn, client, &ids)?;
    delete!(conn, client, observation_corrections.observation_id in &ids);
    delete!(conn, client, observation_revisions.observation_id in &ids);
    delete!(conn, client, assignments.observation_id in &ids);
    delete!(conn, client, replay_differences.call_id in &ids);
    on!(conn, c => diesel::delete(file_rejections::table
            .filter(file_rejections::client_id.eq(Db(client)))
            .filter(file_rejections::observation_id.assume_not_null().eq_any(db_all(&ids))))
        .execute(c))?;
    counts.calls = delete!(conn, client, observations.id in &ids);
    traces::forget_salts(conn, client, &subjects)?;
    Ok(counts)
}

/// Keeps others from hanging something on these while they go, in order of id as the
/// ingest does.
fn lock(conn: &mut Conn, client: ClientId, ids: &[ObservationId]) -> StoreResult<()> {
    if let Conn::Postgres(c) = conn {
        observations::table
            .filter(observations::client_id.eq(Db(client)))
            .filter(observations::id.eq_any(db_all(ids)))
            .order(observations::id)
            .select(observations::id)
            .for_update()
            .load::<ObservationId>(c)?;
    }
    Ok(())
}

fn commit_to(conn: &mut Conn, erasure: &ErasureRow, ids: &[ObservationId]) -> StoreResult<()> {
    let recorded: Vec<Vec<u8>> = on!(conn, c => recordings::table
        .filter(recordings::client_id.eq(Db(erasure.client_id)))
        .filter(recordings::observation_id.eq_any(db_all(ids)))
        .select(recordings::sha256)
        .load(c))?;
    let calls = ids.iter().copied().map(Erasable::Call);
    let all: Vec<Erasable<'_>> =
        calls.chain(recorded.iter().map(|sha256| Erasable::Recording(sha256))).collect();
    traces::commit_to(conn, erasure, &all)
}

fn touch(conn: &mut Conn, erasure: &ErasureRow, victims: &[Victim]) -> StoreResult<()> {
    let mut parts = Parts::default();
    for victim in victims {
        if let Some(bait) = victim.bait {
            parts.add_observation(victim.at, bait);
        }
    }
    buckets::touch_baits(conn, erasure.client_id, &parts)?;
    traces::note_days(conn, erasure, parts.days())
}

/// Papers that these calls stand in: of calls, of inquiries and complaints that name
/// them, and of statements that were compared with them. Any can be made anew.
pub(super) fn papers_about(
    conn: &mut Conn,
    client: ClientId,
    victims: &[Victim],
    subjects: &mut Vec<Uuid>,
) -> StoreResult<u64> {
    let ids: Vec<ObservationId> = victims.iter().map(|one| one.id).collect();
    let mut about: BTreeSet<Uuid> = ids.iter().map(|id| id.0).collect();
    let asked: Vec<InquiryId> = on!(conn, c => inquiry_calls::table
        .filter(inquiry_calls::client_id.eq(Db(client)))
        .filter(inquiry_calls::call_id.eq_any(db_all(&ids)))
        .select(inquiry_calls::inquiry_id)
        .load(c))?;
    about.extend(asked.iter().map(|id| id.0));
    let complained: Vec<ComplaintId> = on!(conn, c => complaint_calls::table
        .filter(complaint_calls::client_id.eq(Db(client)))
        .filter(complaint_calls::call_id.eq_any(db_all(&ids)))
        .select(complaint_calls::complaint_id)
        .load(c))?;
    about.extend(complained.iter().map(|id| id.0));
    let compared: Vec<(StatementId, BaitId, Instant, Instant)> = on!(conn, c => operator_statements::table
            .filter(operator_statements::client_id.eq(Db(client)))
            .select((
                operator_statements::id,
                operator_statements::bait_id,
                operator_statements::from_at,
                operator_statements::to_at,
            ))
            .load(c))?;
    let holds = |(_, bait, from, to): &&(StatementId, BaitId, Instant, Instant)| {
        victims.iter().any(|one| one.bait == Some(*bait) && *from <= one.at && one.at < *to)
    };
    about.extend(compared.iter().filter(holds).map(|(id, ..)| id.0));
    papers_of(conn, client, about, subjects)
}

/// Removes the papers of these subjects, but for those of living complaints.
pub(super) fn papers_of(
    conn: &mut Conn,
    client: ClientId,
    mut about: BTreeSet<Uuid>,
    subjects: &mut Vec<Uuid>,
) -> StoreResult<u64> {
    for complaint in living(conn, client)? {
        about.remove(&complaint.0);
    }
    let about: Vec<RowId> = about.into_iter().map(RowId).collect();
    let ids: Vec<PaperId> = on!(conn, c => papers::table
        .filter(papers::client_id.eq(Db(client)))
        .filter(papers::subject_id.eq_any(db_all(&about)))
        .select(papers::id)
        .load(c))?;
    subjects.extend(ids.iter().map(|id| id.0));
    Ok(delete!(conn, client, papers.id in &ids))
}

/// The complaints that were filed and that neither office nor applicant gave back.
pub(super) fn living(conn: &mut Conn, client: ClientId) -> StoreResult<Vec<ComplaintId>> {
    let lives = |state: &ComplaintState| !state.is_open_to_changes() && !state.releases();
    let living: Vec<ComplaintState> = ComplaintState::ALL.iter().copied().filter(lives).collect();
    Ok(on!(conn, c => complaints::table
        .filter(complaints::client_id.eq(Db(client)))
        .filter(complaints::state.eq_any(db_all(&living)))
        .select(complaints::id)
        .load(c))?)
}

/// Takes these calls out of inquiries, and out of complaints that hold nothing.
fn places(conn: &mut Conn, client: ClientId, ids: &[ObservationId]) -> StoreResult<u64> {
    let asked = delete!(conn, client, inquiry_calls.call_id in ids);
    delete!(conn, client, complaint_holds.observation_id in ids);
    delete!(conn, client, complaint_holds.call_id in ids);
    Ok(asked + delete!(conn, client, complaint_calls.call_id in ids))
}

/// The recordings of these observations, and those that waited for one of them.
fn recordings_of(conn: &mut Conn, client: ClientId, ids: &[ObservationId]) -> StoreResult<u64> {
    let given = on!(conn, c => diesel::delete(waiting_recordings::table
            .filter(waiting_recordings::client_id.eq(Db(client)))
            .filter(waiting_recordings::assigned_to.assume_not_null().eq_any(db_all(ids))))
        .execute(c))?;
    let waiting = delete!(conn, client, waiting_recordings.observation_id in ids);
    let joined = delete!(conn, client, recordings.observation_id in ids);
    Ok(joined.max(waiting + u64::try_from(given)?))
}
