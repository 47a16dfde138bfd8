//! How a worker takes a file up, moves it on batch by batch, and ends it.

use baitline_domain::instant::{Instant, Span};
use baitline_domain::observation::Report;
use diesel::prelude::*;

use super::rejections;
use crate::conn::{Conn, on};
use crate::error::StoreResult;
use crate::exports::MAX_ATTEMPTS;
use crate::models::{CallFile, FileProblem, FileState, RowText};
use crate::observations::{self, Outcome, OutcomeStatus};
use crate::schema::files;
use crate::sql_types::Db;
use crate::{now, stored_text};

/// A file whose worker has not moved it for so long is taken over.
pub const LEASE: Span = crate::exports::LEASE;

/// A row that reads well.
#[derive(Debug, Clone)]
pub struct ReadRow {
    /// Where it stands.
    pub place: i64,
    /// What stands there.
    pub text: RowText,
}

/// A row that gives no report, and why.
#[derive(Debug, Clone)]
pub struct RefusedRow {
    /// Where it stands.
    pub place: i64,
    /// What stands there.
    pub text: RowText,
    /// A word for programs.
    pub code: String,
    /// The field at fault, as a JSON pointer.
    pub pointer: Option<String>,
    /// A sentence for people.
    pub detail: String,
}

/// The rows that follow those that are read.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// What the rows that read well report, in order.
    pub reports: Vec<Report>,
    /// Those rows, in the same order.
    pub read: Vec<ReadRow>,
    /// The others.
    pub refused: Vec<RefusedRow>,
    /// How many bytes of the file are read after them, about.
    pub bytes_read: i64,
    /// How many rows were left out up to there.
    pub ignored: i64,
    /// The names of the columns, where the file has any.
    pub header: Option<Vec<String>>,
}

impl Batch {
    /// How many rows it has.
    pub fn rows(&self) -> usize {
        self.read.len() + self.refused.len()
    }
}

/// Takes up the file that has waited longest: for its first worker, for its
/// next turn, or since a worker fell silent. One that every worker left is
/// failed on the way, and does not keep the next one waiting. Run as the agency.
pub fn claim_file(conn: &mut Conn) -> StoreResult<Option<CallFile>> {
    while let Some(file) = longest_waiting(conn)? {
        if file.attempts < MAX_ATTEMPTS {
            return take_up(conn, &file).map(Some);
        }
        let problem = FileProblem {
            code: "given_up".to_owned(),
            detail: "Given up after several attempts.".to_owned(),
            line: None,
        };
        end_file(conn, &file, FileState::Failed, Some(&problem))?;
    }
    Ok(None)
}

fn longest_waiting(conn: &mut Conn) -> StoreResult<Option<CallFile>> {
    let query = files::table
        .filter(files::ended_at.is_null())
        .filter(files::lease_until.is_null().or(files::lease_until.lt(Some(now()))))
        .order((files::updated_at, files::id));
    Ok(match conn {
        Conn::Postgres(c) => {
            query.select(CallFile::as_select()).for_update().skip_locked().first(c).optional()?
        }
        Conn::Sqlite(c) => query.select(CallFile::as_select()).first(c).optional()?,
    })
}

fn take_up(conn: &mut Conn, file: &CallFile) -> StoreResult<CallFile> {
    let at = now();
    let found = files::table.find((Db(file.client_id), Db(file.id)));
    Ok(on!(conn, c => diesel::update(found)
        .set((
            files::state.eq(Db(FileState::Running)),
            files::attempts.eq(file.attempts + 1),
            files::lease_until.eq(Some(at + LEASE)),
            files::started_at.eq(file.started_at.or(Some(at))),
            files::updated_at.eq(Db(at)),
        ))
        .returning(CallFile::as_returning())
        .get_result(c))?)
}

/// Takes in a batch and moves the file on behind it; `None` when the file was
/// cancelled or another worker has taken it over, and then nothing is kept.
/// Whoever has got on is a worker that lives, so the attempts begin anew.
pub fn keep_batch(
    conn: &mut Conn,
    file: &CallFile,
    batch: &Batch,
) -> StoreResult<Option<CallFile>> {
    if !hold(conn, file)? {
        return Ok(None);
    }
    let outcomes = if batch.reports.is_empty() {
        Vec::new()
    } else {
        observations::ingest(conn, file.client_id, &batch.reports, file.created_at)?
    };
    let mut refused = batch.refused.clone();
    refused.extend(contradictions(&batch.read, &outcomes));
    rejections::insert(conn, file, &refused)?;
    move_on(conn, file, batch, &outcomes, refused.len()).map(Some)
}

/// Locks the file for this transaction, if this worker still has it.
fn hold(conn: &mut Conn, file: &CallFile) -> StoreResult<bool> {
    let query = files::table
        .find((Db(file.client_id), Db(file.id)))
        .filter(files::ended_at.is_null())
        .filter(files::attempts.eq(file.attempts))
        .filter(files::rows_read.eq(file.rows_read))
        .select(files::attempts);
    let held: Option<i32> = match conn {
        Conn::Postgres(c) => query.for_update().first(c).optional()?,
        // The transaction began with SQLite's only write lock.
        Conn::Sqlite(c) => query.first(c).optional()?,
    };
    Ok(held.is_some())
}

fn contradictions(read: &[ReadRow], outcomes: &[Outcome]) -> Vec<RefusedRow> {
    let pairs = read.iter().zip(outcomes);
    pairs
        .filter(|(_, outcome)| outcome.status == OutcomeStatus::Conflict)
        .map(|(row, _)| RefusedRow {
            place: row.place,
            text: row.text.clone(),
            code: "conflict".to_owned(),
            pointer: None,
            detail: "The same revision of this record was sent with other content.".to_owned(),
        })
        .collect()
}

fn move_on(
    conn: &mut Conn,
    file: &CallFile,
    batch: &Batch,
    outcomes: &[Outcome],
    refused: usize,
) -> StoreResult<CallFile> {
    let count = |status: OutcomeStatus| {
        i64::try_from(outcomes.iter().filter(|outcome| outcome.status == status).count())
    };
    let header = match (&file.header, &batch.header) {
        (None, Some(names)) => Some(stored_text::write(names)?),
        (known, _) => known.clone(),
    };
    let at = now();
    let moved = on!(conn, c => diesel::update(
            files::table.find((Db(file.client_id), Db(file.id))))
        .set((
            files::header.eq(header),
            files::attempts.eq(1),
            files::lease_until.eq(Some(at + LEASE)),
            files::bytes_read.eq(batch.bytes_read.clamp(file.bytes_read, file.bytes)),
            files::rows_read.eq(file.rows_read + i64::try_from(batch.rows())?),
            files::accepted.eq(file.accepted + count(OutcomeStatus::Accepted)?),
            files::updated.eq(file.updated + count(OutcomeStatus::Updated)?),
            files::duplicate.eq(file.duplicate + count(OutcomeStatus::Duplicate)?),
            files::conflict.eq(file.conflict + count(OutcomeStatus::Conflict)?),
            files::rejected.eq(file.rejected + i64::try_from(batch.refused.len())?),
            files::ignored.eq(batch.ignored),
            // Somebody may have settled some meanwhile.
            files::open_rejections.eq(files::open_rejections + i64::try_from(refused)?),
            files::updated_at.eq(Db(at)),
        ))
        .returning(CallFile::as_returning())
        .get_result(c))?;
    Ok(moved)
}

/// Gives a file back, for whichever worker is free. Changes nothing when
/// another worker holds it.
pub fn release_file(conn: &mut Conn, file: &CallFile) -> StoreResult<()> {
    on!(conn, c => diesel::update(files::table.find((Db(file.client_id), Db(file.id))))
        .filter(files::ended_at.is_null())
        .filter(files::attempts.eq(file.attempts))
        .filter(files::rows_read.eq(file.rows_read))
        .set((
            files::attempts.eq(0),
            files::lease_until.eq(None::<Instant>),
            files::updated_at.eq(Db(now())),
        ))
        .execute(c))?;
    Ok(())
}

/// Ends a file that this worker holds; what it has read stays.
pub fn end_file(
    conn: &mut Conn,
    file: &CallFile,
    state: FileState,
    problem: Option<&FileProblem>,
) -> StoreResult<()> {
    let at = now();
    let bytes_read = if state == FileState::Done { file.bytes } else { file.bytes_read };
    on!(conn, c => diesel::update(files::table.find((Db(file.client_id), Db(file.id))))
        .filter(files::ended_at.is_null())
        .filter(files::attempts.eq(file.attempts))
        .filter(files::rows_read.eq(file.rows_read))
        .set((
            files::state.eq(Db(state)),
            files::bytes_read.eq(bytes_read),
            files::lease_until.eq(None::<Instant>),
            files::problem_code.eq(problem.map(|problem| &problem.code)),
            files::problem_detail.eq(problem.map(|problem| &problem.detail)),
            files::problem_line.eq(problem.and_then(|problem| problem.line)),
            files::ended_at.eq(Some(at)),
            files::updated_at.eq(Db(at)),
        ))
        .execute(c))?;
    Ok(())
}
