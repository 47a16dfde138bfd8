//! Deadlines of complaints: requests of an office, hearings, appeals. The days
//! are the office's; one that was entered by mistake is met on its own day, with
//! a note.

use baitline_domain::ids::{ClientId, ComplaintId, DeadlineId};
use diesel::dsl::count_star;
use diesel::prelude::*;
use uuid::Uuid;

use crate::conn::{Conn, on};
use crate::error::{Constraint, StoreResult};
use crate::models::{DeadlineChanges, DeadlineRow, NewDeadline};
use crate::now;
use crate::schema::complaint_deadlines as deadlines;
use crate::sql_types::{Db, db_all};
use crate::versions::{self, Expected};

/// The most deadlines of one complaint.
pub const MAX_DEADLINES: i64 = 100;

/// Enters a deadline of one of the client's complaints.
pub fn create_deadline(
    conn: &mut Conn,
    client: ClientId,
    complaint: ComplaintId,
    new: &NewDeadline,
    author: &str,
) -> StoreResult<DeadlineRow> {
    // Two who enter one at the same time wait for each other here.
    super::lock(conn, client, complaint, &Expected::Any)?;
    let known: i64 = on!(conn, c => deadlines::table
        .filter(deadlines::client_id.eq(Db(client)))
        .filter(deadlines::complaint_id.eq(Db(complaint)))
        .select(count_star())
        .first(c))?;
    if known >= MAX_DEADLINES {
        return Err(Constraint::TooManyDeadlines.into());
    }
    let row = DeadlineRow {
        client_id: client,
        id: DeadlineId(Uuid::now_v7()),
        complaint_id: complaint,
        kind: new.kind,
        due_on: new.due_on,
        done_on: None,
        note: new.note.clone(),
        version: versions::FIRST,
        author: author.to_owned(),
        created_at: now(),
    };
    on!(conn, c => diesel::insert_into(deadlines::table).values(row.clone()).execute(c))?;
    Ok(row)
}

/// The deadlines of these complaints, in order of day.
pub fn deadlines_of(
    conn: &mut Conn,
    client: ClientId,
    complaints: &[ComplaintId],
) -> StoreResult<Vec<DeadlineRow>> {
    Ok(on!(conn, c => deadlines::table
        .filter(deadlines::client_id.eq(Db(client)))
        .filter(deadlines::complaint_id.eq_any(db_all(complaints)))
        .order((deadlines::due_on, deadlines::id))
        .select(DeadlineRow::as_select())
        .load(c))?)
}

/// Changes a deadline of a complaint.
pub fn update_deadline(
    conn: &mut Conn,
    client: ClientId,
    (complaint, id): (ComplaintId, DeadlineId),
    expected: &Expected,
    changes: &DeadlineChanges,
) -> StoreResult<DeadlineRow> {
    let place = deadlines::table
        .filter(deadlines::client_id.eq(Db(client)))
        .filter(deadlines::id.eq(Db(id)))
        .filter(deadlines::complaint_id.eq(Db(complaint)));
    let before: DeadlineRow = match conn {
        Conn::Postgres(c) => place.select(DeadlineRow::as_select()).for_update().first(c)?,
        Conn::Sqlite(c) => place.select(DeadlineRow::as_select()).first(c)?,
    };
    expected.assert(before.version)?;
    let changes = changes.clone();
    let mut row = before.clone();
    row.due_on = changes.due_on.unwrap_or(row.due_on);
    row.done_on = changes.done_on.unwrap_or(row.done_on);
    row.note = changes.note.unwrap_or(row.note);
    if row == before {
        return Ok(before);
    }
    row.version += 1;
    on!(conn, c => diesel::update(deadlines::table.find((Db(client), Db(id))))
        .set(row.clone())
        .execute(c))?;
    Ok(row)
}
