//! Rows that name an erased number beside its calls, and rows that are as old as
//! erased calls.

use std::collections::BTreeSet;

use baitline_domain::erasure::WrittenNumber;
use baitline_domain::ids::{
    AttributionId, ClientId, CompetitorId, ComplaintId, FileId, InquiryId, ObservationId,
    RejectionId,
};
use baitline_domain::instant::Instant;
use baitline_domain::phone::Phone;
use diesel::prelude::*;
use uuid::Uuid;

use super::remove::{delete, living, papers_about, papers_of};
use super::{mentions, packages, traces};
use crate::changes::{self, Change};
use crate::conn::{Conn, on};
use crate::error::StoreResult;
use crate::models::{ChangeKind, ErasureCounts, RejectionState};
use crate::now;
use crate::schema::{
    allow_list, attributions, complaint_calls, complaint_holds, complaints, contaminations,
    file_rejections, files, inquiry_calls, kept_replies, labels, portability_answers,
    replay_differences, waiting_recordings,
};
use crate::sql_types::{Db, db_all};

/// Old files, waiting recordings and differences that go in one step.
const OLD_AT_A_TIME: i64 = 500;

/// Deletes the rows of a table with this number; their ids are added to the subjects.
macro_rules! delete_with_number {
    ($conn:expr, $client:expr, $number:expr, $subjects:expr, $table:ident) => {{
        let ids: Vec<crate::sql_types::RowId> = on!($conn, c => $table::table
            .filter($table::client_id.eq(Db($client)))
            .filter($table::number.eq(Db($number)))
            .select($table::id)
            .load(c))?;
        $subjects.extend(ids.iter().map(|id| id.0));
        delete!($conn, $client, $table.id in &ids)
    }};
}

/// Removes every row that names the number, of which nothing is held.
pub(super) fn remove(
    conn: &mut Conn,
    client: ClientId,
    number: Phone,
) -> StoreResult<ErasureCounts> {
    let mut subjects: Vec<Uuid> = Vec::new();
    let mut counts = packages::of_number(conn, client, number, &mut subjects)?;
    let others = mentions::of_number(conn, client, number)?;
    counts = counts.and(packages::of_calls(conn, client, &others, &mut subjects)?);
    counts.papers = papers_about(conn, client, &others, &mut subjects)?
        + papers(conn, client, number, &mut subjects)?;
    counts.places = places(conn, client, number, &mut subjects)?;
    counts.recordings = waiting(conn, client, number, &mut subjects)?;
    counts.entries = packages::requests(conn, client, number, &mut subjects)?
        + attributed(conn, client, number, &mut subjects)?
        + delete_with_number!(conn, client, number, subjects, allow_list)
        + on_bait(conn, client, number, &mut subjects)?
        + delete_with_number!(conn, client, number, subjects, portability_answers)
        + rejected(conn, client, number)?
        + replies(conn, client, number)?;
    on!(conn, c => diesel::delete(replay_differences::table
            .filter(replay_differences::client_id.eq(Db(client)))
            .filter(replay_differences::caller.eq(Some(number))))
        .execute(c))?;
    on!(conn, c => diesel::update(labels::table
            .filter(labels::client_id.eq(Db(client)))
            .filter(labels::callback_number.eq(Some(number))))
        .set(labels::callback_number.eq(None::<Phone>))
        .execute(c))?;
    traces::forget_salts(conn, client, &subjects)?;
    Ok(counts)
}

/// Those of complaints and inquiries that still name the number.
fn papers(
    conn: &mut Conn,
    client: ClientId,
    number: Phone,
    subjects: &mut Vec<Uuid>,
) -> StoreResult<u64> {
    let asked: Vec<InquiryId> = on!(conn, c => inquiry_calls::table
        .filter(inquiry_calls::client_id.eq(Db(client)))
        .filter(inquiry_calls::caller.eq(Some(number)))
        .select(inquiry_calls::inquiry_id)
        .load(c))?;
    let complained: Vec<ComplaintId> = on!(conn, c => complaints::table
        .filter(complaints::client_id.eq(Db(client)))
        .filter(complaints::number.eq(Some(number)))
        .select(complaints::id)
        .load(c))?;
    let calls: Vec<ComplaintId> = on!(conn, c => complaint_calls::table
        .filter(complaint_calls::client_id.eq(Db(client)))
        .filter(complaint_calls::caller.eq(Db(number)))
        .select(complaint_calls::complaint_id)
        .load(c))?;
    let complained = complained.iter().chain(&calls).map(|id| id.0);
    let about = asked.iter().map(|id| id.0).chain(complained).collect();
    papers_of(conn, client, about, subjects)
}

/// Takes the number out of inquiries and of complaints that hold nothing.
fn places(
    conn: &mut Conn,
    client: ClientId,
    number: Phone,
    subjects: &mut Vec<Uuid>,
) -> StoreResult<u64> {
    let asked: Vec<ObservationId> = on!(conn, c => inquiry_calls::table
        .filter(inquiry_calls::client_id.eq(Db(client)))
        .filter(inquiry_calls::caller.eq(Some(number)))
        .select(inquiry_calls::call_id)
        .load(c))?;
    let living = living(conn, client)?;
    let complained: Vec<ObservationId> = on!(conn, c => complaint_calls::table
        .filter(complaint_calls::client_id.eq(Db(client)))
        .filter(complaint_calls::caller.eq(Db(number)))
        .filter(complaint_calls::complaint_id.ne_all(db_all(&living)))
        .select(complaint_calls::call_id)
        .load(c))?;
    subjects.extend(asked.iter().chain(&complained).map(|id| id.0));
    on!(conn, c => diesel::delete(complaint_holds::table
            .filter(complaint_holds::client_id.eq(Db(client)))
            .filter(complaint_holds::complaint_id.ne_all(db_all(&living)))
            .filter(complaint_holds::call_id.eq_any(db_all(&complained))))
        .execute(c))?;
    let taken_out = on!(conn, c => diesel::delete(complaint_calls::table
            .filter(complaint_calls::client_id.eq(Db(client)))
            .filter(complaint_calls::complaint_id.ne_all(db_all(&living)))
            .filter(complaint_calls::call_id.eq_any(db_all(&complained))))
        .execute(c))?;
    on!(conn, c => diesel::update(complaints::table
            .filter(complaints::client_id.eq(Db(client)))
            .filter(complaints::id.ne_all(db_all(&living)))
            .filter(complaints::number.eq(Some(number))))
        .set(complaints::number.eq(None::<Phone>))
        .execute(c))?;
    Ok(u64::try_from(taken_out)? + delete!(conn, client, inquiry_calls.call_id in &asked))
}

/// Recordings that wait for a call, whose name tells the number.
fn waiting(
    conn: &mut Conn,
    client: ClientId,
    number: Phone,
    subjects: &mut Vec<Uuid>,
) -> StoreResult<u64> {
    let written = WrittenNumber::of(number);
    let pattern = written.pattern();
    let rows: Vec<(ObservationId, String, Option<String>)> = on!(conn, c => waiting_recordings::table
            .filter(waiting_recordings::client_id.eq(Db(client)))
            .filter(waiting_recordings::external_id.like(&pattern)
                .or(waiting_recordings::original_name.like(&pattern)))
            .select((
                waiting_recordings::observation_id,
                waiting_recordings::external_id,
                waiting_recordings::original_name,
            ))
            .load(c))?;
    let names = |text: &str| written.is_in(text.as_bytes());
    let named = rows
        .into_iter()
        .filter(|(_, external, name)| names(external) || name.as_deref().is_some_and(names));
    let ids: Vec<ObservationId> = named.map(|(id, ..)| id).collect();
    subjects.extend(ids.iter().map(|id| id.0));
    Ok(delete!(conn, client, waiting_recordings.observation_id in &ids))
}

/// What companies the number belongs to. Their other numbers are judged again.
fn attributed(
    conn: &mut Conn,
    client: ClientId,
    number: Phone,
    subjects: &mut Vec<Uuid>,
) -> StoreResult<u64> {
    let rows: Vec<(AttributionId, CompetitorId)> = on!(conn, c => attributions::table
        .filter(attributions::client_id.eq(Db(client)))
        .filter(attributions::number.eq(Db(number)))
        .select((attributions::id, attributions::competitor_id))
        .load(c))?;
    let (ids, of): (Vec<AttributionId>, Vec<CompetitorId>) = rows.into_iter().unzip();
    let family: Vec<Phone> = on!(conn, c => attributions::table
        .filter(attributions::client_id.eq(Db(client)))
        .filter(attributions::competitor_id.eq_any(db_all(&of)))
        .filter(attributions::number.ne(Db(number)))
        .select(attributions::number)
        .distinct()
        .load(c))?;
    let again = family.into_iter().map(|one| Change::of(ChangeKind::Attributions).with(Some(one)));
    changes::note_all(conn, client, again)?;
    subjects.extend(ids.iter().map(|id| id.0));
    Ok(delete!(conn, client, attributions.id in &ids))
}

/// What baits were noted to have had to do with it.
fn on_bait(
    conn: &mut Conn,
    client: ClientId,
    number: Phone,
    subjects: &mut Vec<Uuid>,
) -> StoreResult<u64> {
    let ids: Vec<crate::sql_types::RowId> = on!(conn, c => contaminations::table
        .filter(contaminations::client_id.eq(Db(client)))
        .filter(contaminations::number.eq(Some(number)))
        .select(contaminations::id)
        .load(c))?;
    subjects.extend(ids.iter().map(|id| id.0));
    Ok(delete!(conn, client, contaminations.id in &ids))
}

/// Rows of files that were not taken.
fn rejected(conn: &mut Conn, client: ClientId, number: Phone) -> StoreResult<u64> {
    let written = WrittenNumber::of(number);
    let pattern = written.pattern();
    let rows: Vec<(RejectionId, FileId, Option<String>, Option<String>)> = on!(conn, c => file_rejections::table
            .filter(file_rejections::client_id.eq(Db(client)))
            .filter(file_rejections::raw.like(&pattern).or(file_rejections::cells.like(&pattern)))
            .select((
                file_rejections::id,
                file_rejections::file_id,
                file_rejections::raw,
                file_rejections::cells,
            ))
            .load(c))?;
    let names =
        |text: &Option<String>| text.as_ref().is_some_and(|text| written.is_in(text.as_bytes()));
    let named: Vec<(RejectionId, FileId)> = rows
        .into_iter()
        .filter(|(_, _, raw, cells)| names(raw) || names(cells))
        .map(|(id, file, ..)| (id, file))
        .collect();
    let (ids, of): (Vec<RejectionId>, BTreeSet<FileId>) = named.into_iter().unzip();
    let gone = delete!(conn, client, file_rejections.id in &ids);
    for file in of {
        recount(conn, client, file)?;
    }
    Ok(gone)
}

fn recount(conn: &mut Conn, client: ClientId, file: FileId) -> StoreResult<()> {
    let open: i64 = on!(conn, c => file_rejections::table
        .filter(file_rejections::client_id.eq(Db(client)))
        .filter(file_rejections::file_id.eq(Db(file)))
        .filter(file_rejections::state.eq(Db(RejectionState::Open)))
        .count()
        .get_result(c))?;
    on!(conn, c => diesel::update(files::table.find((Db(client), Db(file))))
        .set(files::open_rejections.eq(open))
        .execute(c))?;
    Ok(())
}

/// Copies of answers, which live for a day; the agency's are nobody's rows.
fn replies(conn: &mut Conn, client: ClientId, number: Phone) -> StoreResult<u64> {
    let written = WrittenNumber::of(number);
    let mut gone = 0;
    for owner in [client, ClientId(Uuid::nil())] {
        let rows: Vec<(Vec<u8>, Vec<u8>)> = on!(conn, c => kept_replies::table
            .filter(kept_replies::client_id.eq(Db(owner)))
            .select((kept_replies::key_sha256, kept_replies::body))
            .load(c))?;
        for (key, _) in rows.into_iter().filter(|(_, body)| written.is_in(body)) {
            gone += on!(conn, c => diesel::delete(
                    kept_replies::table.find((Db(owner), key.as_slice())))
                .execute(c))?;
        }
    }
    Ok(u64::try_from(gone)?)
}

/// Removes some of what is older than that: packages, recordings whose call never
/// came, differences of replays, raw files with their refused rows.
pub(super) fn remove_older(
    conn: &mut Conn,
    client: ClientId,
    before: Instant,
) -> StoreResult<ErasureCounts> {
    let mut subjects: Vec<Uuid> = Vec::new();
    let mut counts = packages::sealed_before(conn, client, before, &mut subjects)?;
    let waiting: Vec<ObservationId> = on!(conn, c => waiting_recordings::table
        .filter(waiting_recordings::client_id.eq(Db(client)))
        .filter(waiting_recordings::received_at.lt(Db(before)))
        .filter(waiting_recordings::assigned_to.is_null())
        .limit(OLD_AT_A_TIME)
        .select(waiting_recordings::observation_id)
        .load(c))?;
    subjects.extend(waiting.iter().map(|id| id.0));
    counts.recordings = delete!(conn, client, waiting_recordings.observation_id in &waiting);
    on!(conn, c => diesel::delete(replay_differences::table
            .filter(replay_differences::client_id.eq(Db(client)))
            .filter(replay_differences::started_at.lt(Db(before))))
        .execute(c))?;
    let old: Vec<FileId> = on!(conn, c => files::table
        .filter(files::client_id.eq(Db(client)))
        .filter(files::ended_at.lt(Some(before)))
        .filter(files::erased_at.is_null())
        .limit(OLD_AT_A_TIME)
        .select(files::id)
        .load(c))?;
    for file in old {
        counts.files += erase_file(conn, client, file)?;
        delete!(conn, client, file_rejections.file_id in &[file]);
        recount(conn, client, file)?;
        subjects.push(file.0);
    }
    traces::forget_salts(conn, client, &subjects)?;
    Ok(counts)
}

/// Lets a raw file's bytes go; its row stays with its counts.
pub(super) fn erase_file(conn: &mut Conn, client: ClientId, file: FileId) -> StoreResult<u64> {
    let changed = on!(conn, c => diesel::update(files::table.find((Db(client), Db(file))))
        .filter(files::erased_at.is_null())
        // The hash of a short file tells what stood in it.
        .set((files::erased_at.eq(Some(now())), files::sha256.eq(vec![0_u8; 32])))
        .execute(c))?;
    Ok(u64::try_from(changed)?)
}
