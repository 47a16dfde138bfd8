//! What the accused side says against complaints. An objection is settled by a
//! person, with a reason, and stays; until then its number is on review.

use baitline_domain::ids::{ClientId, ComplaintId, ObjectionId};
use diesel::dsl::count_star;
use diesel::prelude::*;
use uuid::Uuid;

use crate::conn::{Conn, on};
use crate::error::{Constraint, StoreResult};
use crate::models::{NewObjection, ObjectionRow, Revocation};
use crate::schema::complaint_objections as objections;
use crate::sql_types::Db;
use crate::versions::{self, Expected};
use crate::{now, stored_text};

/// The most objections of one complaint.
pub const MAX_OBJECTIONS: i64 = 100;

/// Enters an objection against one of the client's complaints.
pub fn create_objection(
    conn: &mut Conn,
    client: ClientId,
    complaint: ComplaintId,
    new: &NewObjection,
    author: &str,
) -> StoreResult<ObjectionRow> {
    // Two who enter one at the same time wait for each other here.
    super::lock(conn, client, complaint, &Expected::Any)?;
    let known: i64 = on!(conn, c => objections::table
        .filter(objections::client_id.eq(Db(client)))
        .filter(objections::complaint_id.eq(Db(complaint)))
        .select(count_star())
        .first(c))?;
    if known >= MAX_OBJECTIONS {
        return Err(Constraint::TooManyObjections.into());
    }
    let row = ObjectionRow {
        client_id: client,
        id: ObjectionId(Uuid::now_v7()),
        complaint_id: complaint,
        received_on: new.received_on,
        from_whom: new.from_whom.clone(),
        defences: stored_text::write(&new.defences)?,
        words: new.words.clone(),
        settled_on: None,
        settled_because: None,
        version: versions::FIRST,
        author: author.to_owned(),
        created_at: now(),
    };
    on!(conn, c => diesel::insert_into(objections::table).values(row.clone()).execute(c))?;
    Ok(row)
}

/// The objections against a complaint, in order of entry.
pub fn objections_of(
    conn: &mut Conn,
    client: ClientId,
    complaint: ComplaintId,
) -> StoreResult<Vec<ObjectionRow>> {
    Ok(on!(conn, c => objections::table
        .filter(objections::client_id.eq(Db(client)))
        .filter(objections::complaint_id.eq(Db(complaint)))
        .order(objections::id)
        .select(ObjectionRow::as_select())
        .load(c))?)
}

/// Settles an objection, or opens it again.
pub fn settle_objection(
    conn: &mut Conn,
    client: ClientId,
    (complaint, id): (ComplaintId, ObjectionId),
    expected: &Expected,
    settled: Option<&Revocation>,
) -> StoreResult<ObjectionRow> {
    let place = objections::table
        .filter(objections::client_id.eq(Db(client)))
        .filter(objections::id.eq(Db(id)))
        .filter(objections::complaint_id.eq(Db(complaint)));
    let mut row: ObjectionRow = match conn {
        Conn::Postgres(c) => place.select(ObjectionRow::as_select()).for_update().first(c)?,
        Conn::Sqlite(c) => place.select(ObjectionRow::as_select()).first(c)?,
    };
    expected.assert(row.version)?;
    row.settled_on = settled.map(|one| one.on);
    row.settled_because = settled.map(|one| one.because.clone());
    row.version += 1;
    on!(conn, c => diesel::update(objections::table.find((Db(client), Db(id))))
        .set(row.clone())
        .execute(c))?;
    Ok(row)
}
