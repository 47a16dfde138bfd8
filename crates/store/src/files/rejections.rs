//! The quarantine: rows of files that were not taken, each kept with its reason
//! until a person corrects it or says that it need not be taken.

use baitline_domain::ids::{ClientId, FileId, ObservationId, RejectionId};
use baitline_domain::observation::Report;
use diesel::prelude::*;
use uuid::Uuid;

use super::find_file;
use super::progress::RefusedRow;
use crate::conn::{Conn, Reach, on};
use crate::error::{Constraint, StoreError, StoreResult};
use crate::models::{CallFile, FileRejection, RejectionState, RowText};
use crate::observations::{self, OutcomeStatus};
use crate::schema::{file_rejections as rejections, files};
use crate::sql_types::Db;
use crate::{now, stored_text};

/// The most bytes that are kept of what stands at a refused row's place.
pub const MAX_RAW_BYTES: usize = 8 * 1024;
/// A file with more refused rows than these is read wrongly as a whole: it is
/// failed, rather than to fill the quarantine.
pub const MAX_REJECTIONS: i64 = 100_000;
/// Rows inserted in one statement: 15 columns each stay under SQLite's 32,766
/// binds.
const INSERT_BATCH: usize = 1_000;

/// Which refused rows a list shows.
#[derive(Debug, Clone, Default)]
pub struct RejectionFilter {
    /// In this state.
    pub state: Option<RejectionState>,
    /// Refused with this word.
    pub code: Option<String>,
}

/// A slice of a file's refused rows, which are ordered by place.
#[derive(Debug, Clone, Copy)]
pub struct RejectionPage {
    /// The place of the last row seen.
    pub after: Option<i64>,
    /// The most rows to return.
    pub limit: i64,
}

/// What became of a corrected row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Corrected {
    /// The observation it is now.
    pub id: ObservationId,
    /// Whether that is new.
    pub status: OutcomeStatus,
}

/// Keeps refused rows of a file.
pub(super) fn insert(conn: &mut Conn, file: &CallFile, refused: &[RefusedRow]) -> StoreResult<()> {
    for chunk in refused.chunks(INSERT_BATCH) {
        let rows: Vec<FileRejection> =
            chunk.iter().map(|one| row(file, one)).collect::<StoreResult<_>>()?;
        on!(conn, c => diesel::insert_into(rejections::table).values(rows).execute(c))?;
    }
    Ok(())
}

fn row(file: &CallFile, refused: &RefusedRow) -> StoreResult<FileRejection> {
    let mut room = MAX_RAW_BYTES;
    let mut cut = |text: &str| {
        let kept = storable(text, room);
        room -= kept.len();
        kept
    };
    let (raw, cells, whole) = match &refused.text {
        RowText::Text(text) => {
            let kept = cut(text);
            let whole = kept == *text;
            (Some(kept), None, whole)
        }
        RowText::Cells(cells) => {
            let kept: Vec<String> = cells.iter().map(|cell| cut(cell)).collect();
            (None, Some(stored_text::write(&kept)?), kept == *cells)
        }
    };
    Ok(FileRejection {
        client_id: file.client_id,
        id: RejectionId(Uuid::now_v7()),
        file_id: file.id,
        place: refused.place,
        raw,
        cells,
        raw_cut: !whole,
        code: refused.code.clone(),
        pointer: refused.pointer.clone(),
        detail: refused.detail.clone(),
        state: RejectionState::Open,
        observation_id: None,
        reason: None,
        settled_by: None,
        settled_at: None,
    })
}

/// As much of the beginning of a text as has room; without NUL, which
/// PostgreSQL does not keep.
fn storable(text: &str, most_bytes: usize) -> String {
    let mut kept = text.replace('\0', "\u{fffd}");
    kept.truncate(kept.floor_char_boundary(most_bytes));
    kept
}

/// The refused rows of one file of a client.
pub fn list_rejections(
    conn: &mut Conn,
    client: ClientId,
    file: FileId,
    filter: &RejectionFilter,
    page: RejectionPage,
) -> StoreResult<Vec<FileRejection>> {
    Ok(on!(conn, c => {
        let mut query = rejections::table
            .filter(rejections::client_id.eq(Db(client)))
            .filter(rejections::file_id.eq(Db(file)))
            .select(FileRejection::as_select())
            .into_boxed();
        if let Some(state) = filter.state {
            query = query.filter(rejections::state.eq(Db(state)));
        }
        if let Some(code) = &filter.code {
            query = query.filter(rejections::code.eq(code));
        }
        if let Some(after) = page.after {
            query = query.filter(rejections::place.gt(after));
        }
        query.order(rejections::place).limit(page.limit).load(c)
    })?)
}

/// One refused row of a file within reach.
pub fn find_rejection(
    conn: &mut Conn,
    reach: Reach,
    file: FileId,
    id: RejectionId,
) -> StoreResult<FileRejection> {
    let client = find_file(conn, reach, file)?.client_id;
    Ok(on!(conn, c => rejections::table
        .find((Db(client), Db(id)))
        .filter(rejections::file_id.eq(Db(file)))
        .select(FileRejection::as_select())
        .first(c))?)
}

/// Takes in what a refused row was corrected to, and settles it with the
/// observation it becomes. One that contradicts what is there stays open.
pub fn correct_rejection(
    conn: &mut Conn,
    rejection: &FileRejection,
    report: &Report,
    by: &str,
) -> StoreResult<Corrected> {
    let client = rejection.client_id;
    assert_open(conn, rejection)?;
    let taken = observations::ingest(conn, client, std::slice::from_ref(report), now())?;
    let outcome = taken.into_iter().next().ok_or(StoreError::NotFound)?;
    if outcome.status == OutcomeStatus::Conflict {
        return Err(Constraint::RecordContradicts.into());
    }
    let (id, status) = (outcome.id, outcome.status);
    let found = rejections::table.find((Db(client), Db(rejection.id)));
    on!(conn, c => diesel::update(found)
        .set((
            rejections::state.eq(Db(RejectionState::Resolved)),
            rejections::observation_id.eq(Some(id)),
            rejections::settled_by.eq(Some(by)),
            rejections::settled_at.eq(Some(now())),
        ))
        .execute(c))?;
    Ok(Corrected { id, status })
}

/// Settles a refused row that need not be taken.
pub fn dismiss_rejection(
    conn: &mut Conn,
    rejection: &FileRejection,
    reason: &str,
    by: &str,
) -> StoreResult<()> {
    assert_open(conn, rejection)?;
    let found = rejections::table.find((Db(rejection.client_id), Db(rejection.id)));
    on!(conn, c => diesel::update(found)
        .set((
            rejections::state.eq(Db(RejectionState::Dismissed)),
            rejections::reason.eq(Some(reason)),
            rejections::settled_by.eq(Some(by)),
            rejections::settled_at.eq(Some(now())),
        ))
        .execute(c))?;
    Ok(())
}

/// Settles every open row of a file, or those refused with one word, as not to
/// be taken; how many.
pub fn dismiss_open(
    conn: &mut Conn,
    file: &CallFile,
    code: Option<&str>,
    reason: &str,
    by: &str,
) -> StoreResult<usize> {
    let (client, id) = (file.client_id, file.id);
    lock_file(conn, client, id)?;
    let settled = (
        rejections::state.eq(Db(RejectionState::Dismissed)),
        rejections::reason.eq(Some(reason)),
        rejections::settled_by.eq(Some(by)),
        rejections::settled_at.eq(Some(now())),
    );
    let open = rejections::client_id
        .eq(Db(client))
        .and(rejections::file_id.eq(Db(id)))
        .and(rejections::state.eq(Db(RejectionState::Open)));
    let dismissed = match code {
        Some(code) => on!(conn, c => diesel::update(rejections::table)
            .filter(open.and(rejections::code.eq(code)))
            .set(settled)
            .execute(c))?,
        None => on!(conn, c => diesel::update(rejections::table)
            .filter(open)
            .set(settled)
            .execute(c))?,
    };
    count_settled(conn, client, id, dismissed)?;
    Ok(dismissed)
}

/// Holds the file and takes a row off its open ones, if it is open. The file
/// comes first, as with a worker's batch, so that nobody waits in a circle.
fn assert_open(conn: &mut Conn, rejection: &FileRejection) -> StoreResult<()> {
    let (client, file) = (rejection.client_id, rejection.file_id);
    lock_file(conn, client, file)?;
    let state: RejectionState = on!(conn, c => rejections::table
        .find((Db(client), Db(rejection.id)))
        .select(rejections::state)
        .first(c))?;
    if state != RejectionState::Open {
        return Err(Constraint::RejectionSettled.into());
    }
    count_settled(conn, client, file, 1)
}

fn lock_file(conn: &mut Conn, client: ClientId, id: FileId) -> StoreResult<()> {
    if let Conn::Postgres(c) = conn {
        let row = files::table.find((Db(client), Db(id))).select(files::rows_read);
        row.for_update().first::<i64>(c)?;
    }
    Ok(())
}

fn count_settled(conn: &mut Conn, client: ClientId, id: FileId, rows: usize) -> StoreResult<()> {
    let rows = i64::try_from(rows)?;
    on!(conn, c => diesel::update(files::table.find((Db(client), Db(id))))
        .set(files::open_rejections.eq(files::open_rejections - rows))
        .execute(c))?;
    Ok(())
}
