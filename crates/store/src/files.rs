//! Files of call records: too large to be read while their sender waits. A
//! worker holds one by a lease and moves it on a batch at a time: what a batch
//! brought and how far it went are one transaction, so a row counts once,
//! whoever falls silent. Rows that were not taken wait in a quarantine.

mod progress;
mod rejections;

use baitline_domain::ids::{ClientId, FileId, SourceId};
use baitline_domain::instant::Instant;
use diesel::prelude::*;
use uuid::Uuid;

use crate::conn::{Conn, Reach, on};
use crate::error::{Constraint, StoreResult};
use crate::models::{CallFile, FileState, NewFile};
use crate::schema::files;
use crate::sql_types::Db;
use crate::{Page, clients, now};

pub use progress::{
    Batch, LEASE, ReadRow, RefusedRow, claim_file, end_file, keep_batch, release_file,
};
pub use rejections::{
    Corrected, MAX_RAW_BYTES, MAX_REJECTIONS, RejectionFilter, RejectionPage, correct_rejection,
    dismiss_open, dismiss_rejection, find_rejection, list_rejections,
};

/// The most files of one client that wait or are read at a time.
pub const MAX_WAITING_FILES: i64 = 100;

/// Which files a list shows.
#[derive(Debug, Clone, Copy, Default)]
pub struct FileFilter {
    /// In this state.
    pub state: Option<FileState>,
    /// With this source for records that name none.
    pub source: Option<SourceId>,
    /// That came at or after this time.
    pub from: Option<Instant>,
    /// That came before this time.
    pub to: Option<Instant>,
}

/// Enters a file whose bytes the blob store has.
pub fn create_file(conn: &mut Conn, client: ClientId, new: &NewFile) -> StoreResult<CallFile> {
    // Two who send the same file at once wait for each other here.
    clients::lock_for_entry(conn, client)?;
    assert_room(conn, client)?;
    let at = now();
    let file = CallFile {
        client_id: client,
        id: FileId(Uuid::now_v7()),
        source_id: new.source,
        format: new.format,
        state: FileState::Queued,
        original_name: new.original_name.clone(),
        sha256: new.sha256.to_vec(),
        bytes: i64::try_from(new.bytes)?,
        profile: new.profile.clone(),
        header: None,
        lease_until: None,
        attempts: 0,
        bytes_read: 0,
        rows_read: 0,
        accepted: 0,
        updated: 0,
        duplicate: 0,
        conflict: 0,
        rejected: 0,
        ignored: 0,
        open_rejections: 0,
        problem_code: None,
        problem_detail: None,
        problem_line: None,
        uploaded_by: new.uploaded_by.clone(),
        created_at: at,
        started_at: None,
        ended_at: None,
        updated_at: at,
        erased_at: None,
    };
    on!(conn, c => diesel::insert_into(files::table).values(file.clone()).execute(c))?;
    Ok(file)
}

/// Finds the latest file of the same bytes, source and format, or else enters
/// this one; `true` when it was entered.
pub fn find_or_create_file(
    conn: &mut Conn,
    client: ClientId,
    new: &NewFile,
) -> StoreResult<(bool, CallFile)> {
    clients::lock_for_entry(conn, client)?;
    match find_same(conn, client, new)? {
        Some(file) => Ok((false, file)),
        None => Ok((true, create_file(conn, client, new)?)),
    }
}

fn find_same(conn: &mut Conn, client: ClientId, new: &NewFile) -> StoreResult<Option<CallFile>> {
    let same: Vec<CallFile> = on!(conn, c => files::table
        .filter(files::client_id.eq(Db(client)))
        .filter(files::sha256.eq(&new.sha256[..]))
        .filter(files::format.eq(Db(new.format)))
        // What was erased and is sent again is read again.
        .filter(files::erased_at.is_null())
        .order(files::id.desc())
        .select(CallFile::as_select())
        .load(c))?;
    Ok(same.into_iter().find(|file| file.source_id == new.source))
}

/// Makes sure that the client may have one more file waiting.
pub fn assert_room(conn: &mut Conn, client: ClientId) -> StoreResult<()> {
    let waiting: i64 = on!(conn, c => files::table
        .filter(files::client_id.eq(Db(client)))
        .filter(files::ended_at.is_null())
        .count()
        .get_result(c))?;
    if waiting >= MAX_WAITING_FILES { Err(Constraint::TooManyFiles.into()) } else { Ok(()) }
}

/// The files within reach, in order of id.
pub fn list_files(
    conn: &mut Conn,
    reach: Reach,
    filter: &FileFilter,
    page: Page,
) -> StoreResult<Vec<CallFile>> {
    Ok(on!(conn, c => {
        let mut query = files::table.select(CallFile::as_select()).into_boxed();
        if let Some(client) = reach.client() {
            query = query.filter(files::client_id.eq(Db(client)));
        }
        if let Some(state) = filter.state {
            query = query.filter(files::state.eq(Db(state)));
        }
        if let Some(source) = filter.source {
            query = query.filter(files::source_id.eq(Some(source)));
        }
        if let Some(from) = filter.from {
            query = query.filter(files::created_at.ge(Db(from)));
        }
        if let Some(to) = filter.to {
            query = query.filter(files::created_at.lt(Db(to)));
        }
        if let Some(after) = page.after {
            query = query.filter(files::id.gt(Db(FileId(after))));
        }
        query.order(files::id).limit(page.limit).load(c)
    })?)
}

/// One file within reach.
pub fn find_file(conn: &mut Conn, reach: Reach, id: FileId) -> StoreResult<CallFile> {
    Ok(on!(conn, c => {
        let mut query = files::table.select(CallFile::as_select()).into_boxed();
        if let Some(client) = reach.client() {
            query = query.filter(files::client_id.eq(Db(client)));
        }
        query.filter(files::id.eq(Db(id))).first(c)
    })?)
}

/// Cancels a file that has not ended. A batch on its way is waited for.
pub fn cancel_file(conn: &mut Conn, client: ClientId, id: FileId) -> StoreResult<CallFile> {
    let at = now();
    let moved = on!(conn, c => diesel::update(files::table.find((Db(client), Db(id))))
        .filter(files::ended_at.is_null())
        .set((
            files::state.eq(Db(FileState::Cancelled)),
            files::lease_until.eq(None::<Instant>),
            files::ended_at.eq(Some(at)),
            files::updated_at.eq(Db(at)),
        ))
        .execute(c))?;
    let file = find_file(conn, Reach::Client(client), id)?;
    match (moved, file.state) {
        (0, FileState::Cancelled) | (1, _) => Ok(file),
        _ => Err(Constraint::FileEnded.into()),
    }
}
