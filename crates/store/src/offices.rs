//! What the agency entered of regional offices beside the program's own list,
//! which has no addresses. Shared by all clients.

use baitline_domain::office::SubjectCode;
use diesel::prelude::*;

use crate::conn::{Conn, on};
use crate::error::{Constraint, StoreError, StoreResult};
use crate::models::{NewOfficeEntry, OfficeEntry};
use crate::now;
use crate::schema::offices;
use crate::versions::{self, Expected};

/// Every entry, in order of code; there are no more than subjects.
pub fn list_office_entries(conn: &mut Conn) -> StoreResult<Vec<OfficeEntry>> {
    Ok(on!(conn, c => offices::table
        .order(offices::subject_code)
        .select(OfficeEntry::as_select())
        .load(c))?)
}

/// What was entered of one office, if anything was.
pub fn find_office_entry(
    conn: &mut Conn,
    subject: SubjectCode,
) -> StoreResult<Option<OfficeEntry>> {
    Ok(on!(conn, c => offices::table
        .find(subject.number())
        .select(OfficeEntry::as_select())
        .first(c)
        .optional())?)
}

/// Puts an entry in the place of the one there is. Run as the agency. An office
/// of which nothing was entered has the version 0.
pub fn put_office(
    conn: &mut Conn,
    subject: SubjectCode,
    expected: &Expected,
    new: &NewOfficeEntry,
    author: &str,
) -> StoreResult<OfficeEntry> {
    let before = lock(conn, subject)?;
    expected.assert(before.as_ref().map_or(NOTHING_ENTERED, |entry| entry.version))?;
    let row = OfficeEntry {
        subject_code: subject.number(),
        name: new.name.clone(),
        address: new.address.clone(),
        email: new.email.clone(),
        note: new.note.clone(),
        version: before.as_ref().map_or(versions::FIRST, |entry| entry.version + 1),
        author: author.to_owned(),
        updated_at: now(),
    };
    if before.is_some() {
        on!(conn, c => diesel::update(offices::table.find(subject.number()))
            .set(row.clone())
            .execute(c))?;
        return Ok(row);
    }
    let inserted = on!(conn, c => diesel::insert_into(offices::table)
        .values(row.clone())
        .on_conflict_do_nothing()
        .execute(c))?;
    match (inserted, expected) {
        (1, _) => Ok(row),
        // Somebody else was the first; with no version asked for, the next
        // attempt changes what that one entered.
        (_, Expected::Any) => Err(StoreError::Conflict),
        _ => Err(Constraint::ChangedMeanwhile.into()),
    }
}

/// The version of an office of which nothing was entered.
pub const NOTHING_ENTERED: i32 = 0;

fn lock(conn: &mut Conn, subject: SubjectCode) -> StoreResult<Option<OfficeEntry>> {
    let place = offices::table.find(subject.number());
    Ok(match conn {
        Conn::Postgres(c) => {
            place.select(OfficeEntry::as_select()).for_update().first(c).optional()?
        }
        Conn::Sqlite(c) => place.select(OfficeEntry::as_select()).first(c).optional()?,
    })
}
