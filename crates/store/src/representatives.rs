//! Representatives: the persons who sign for applicants.

use baitline_domain::ids::{ApplicantId, ClientId, RepresentativeId};
use diesel::prelude::*;
use uuid::Uuid;

use crate::conn::{Conn, Reach, on};
use crate::error::{Constraint, StoreError, StoreResult};
use crate::models::{NewRepresentative, RepresentativeChanges, RepresentativeRow};
use crate::schema::representatives;
use crate::sql_types::Db;
use crate::versions::{self, Expected};
use crate::{Page, applicants, now};

/// Enters a representative of one of the client's applicants.
pub fn create_representative(
    conn: &mut Conn,
    client: ClientId,
    new: &NewRepresentative,
    author: &str,
) -> StoreResult<RepresentativeRow> {
    applicants::assert_known(conn, client, new.applicant)?;
    let row = RepresentativeRow {
        client_id: client,
        id: RepresentativeId(Uuid::now_v7()),
        applicant_id: new.applicant,
        kind: new.kind,
        name: new.name.clone(),
        position: new.position.clone(),
        phone: new.phone,
        email: new.email.clone(),
        note: new.note.clone(),
        withdrawn_because: None,
        version: versions::FIRST,
        author: author.to_owned(),
        created_at: now(),
    };
    on!(conn, c => diesel::insert_into(representatives::table).values(row.clone()).execute(c))?;
    Ok(row)
}

/// The representatives within reach, of one applicant where it is given, in
/// order of id.
pub fn list_representatives(
    conn: &mut Conn,
    reach: Reach,
    applicant: Option<ApplicantId>,
    page: Page,
) -> StoreResult<Vec<RepresentativeRow>> {
    Ok(on!(conn, c => {
        let mut query = representatives::table.select(RepresentativeRow::as_select()).into_boxed();
        if let Some(client) = reach.client() {
            query = query.filter(representatives::client_id.eq(Db(client)));
        }
        if let Some(applicant) = applicant {
            query = query.filter(representatives::applicant_id.eq(Db(applicant)));
        }
        if let Some(after) = page.after {
            query = query.filter(representatives::id.gt(Db(RepresentativeId(after))));
        }
        query.order(representatives::id).limit(page.limit).load(c)
    })?)
}

/// One representative within reach.
pub fn find_representative(
    conn: &mut Conn,
    reach: Reach,
    id: RepresentativeId,
) -> StoreResult<RepresentativeRow> {
    Ok(on!(conn, c => {
        let mut query = representatives::table.select(RepresentativeRow::as_select()).into_boxed();
        if let Some(client) = reach.client() {
            query = query.filter(representatives::client_id.eq(Db(client)));
        }
        query.filter(representatives::id.eq(Db(id))).first(c)
    })?)
}

/// Changes what is known of a representative.
pub fn update_representative(
    conn: &mut Conn,
    client: ClientId,
    id: RepresentativeId,
    expected: &Expected,
    changes: &RepresentativeChanges,
) -> StoreResult<RepresentativeRow> {
    let before = lock(conn, client, id)?;
    expected.assert(before.version)?;
    let changes = changes.clone();
    let mut row = before.clone();
    row.name = changes.name.unwrap_or(row.name);
    row.position = changes.position.unwrap_or(row.position);
    row.phone = changes.phone.unwrap_or(row.phone);
    row.email = changes.email.unwrap_or(row.email);
    row.note = changes.note.unwrap_or(row.note);
    row.withdrawn_because = changes.withdrawn_because.unwrap_or(row.withdrawn_because);
    if row == before {
        return Ok(before);
    }
    row.version += 1;
    on!(conn, c => diesel::update(representatives::table.find((Db(client), Db(id))))
        .set((row.clone(), representatives::phone.eq(row.phone)))
        .execute(c))?;
    Ok(row)
}

fn lock(conn: &mut Conn, client: ClientId, id: RepresentativeId) -> StoreResult<RepresentativeRow> {
    let place = representatives::table.find((Db(client), Db(id)));
    Ok(match conn {
        Conn::Postgres(c) => place.select(RepresentativeRow::as_select()).for_update().first(c)?,
        Conn::Sqlite(c) => place.select(RepresentativeRow::as_select()).first(c)?,
    })
}

/// Refuses to name a representative that the client does not have.
pub(crate) fn assert_known(
    conn: &mut Conn,
    client: ClientId,
    id: RepresentativeId,
) -> StoreResult<()> {
    match find_representative(conn, Reach::Client(client), id) {
        Ok(_) => Ok(()),
        Err(StoreError::NotFound) => Err(Constraint::UnknownRepresentative.into()),
        Err(error) => Err(error),
    }
}
