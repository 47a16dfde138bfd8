//! Applicants: who signs. One that is used no more is withdrawn, with a reason,
//! and stays. Nothing that is derived depends on them.

use baitline_domain::applicant::Identity;
use baitline_domain::ids::{ApplicantId, ClientId};
use baitline_domain::ogrn::Ogrn;
use baitline_domain::operator::Inn;
use diesel::prelude::*;
use uuid::Uuid;

use crate::conn::{Conn, Reach, on};
use crate::error::{Constraint, StoreError, StoreResult};
use crate::models::{ApplicantChanges, ApplicantRow, NewApplicant};
use crate::schema::applicants;
use crate::sql_types::Db;
use crate::versions::{self, Expected};
use crate::{Page, now};

/// Enters an applicant.
pub fn create_applicant(
    conn: &mut Conn,
    client: ClientId,
    new: &NewApplicant,
    author: &str,
) -> StoreResult<ApplicantRow> {
    let mut row = ApplicantRow {
        client_id: client,
        id: ApplicantId(Uuid::now_v7()),
        kind: new.identity.kind(),
        name: new.name.clone(),
        short_name: new.short_name.clone(),
        inn: None,
        ogrn: None,
        passport_number: None,
        passport_issued_by: None,
        passport_issued_on: None,
        legal_address: new.legal_address.clone(),
        reply_address: new.reply_address.clone(),
        email: new.email.clone(),
        subject_code: new.subject.number(),
        note: new.note.clone(),
        withdrawn_because: None,
        version: versions::FIRST,
        author: author.to_owned(),
        created_at: now(),
    };
    row.set_identity(&new.identity);
    on!(conn, c => diesel::insert_into(applicants::table).values(row.clone()).execute(c))?;
    Ok(row)
}

/// The applicants within reach, of one ИНН where it is given, in order of id.
pub fn list_applicants(
    conn: &mut Conn,
    reach: Reach,
    inn: Option<Inn>,
    page: Page,
) -> StoreResult<Vec<ApplicantRow>> {
    Ok(on!(conn, c => {
        let mut query = applicants::table.select(ApplicantRow::as_select()).into_boxed();
        if let Some(client) = reach.client() {
            query = query.filter(applicants::client_id.eq(Db(client)));
        }
        if let Some(inn) = inn {
            query = query.filter(applicants::inn.eq(Some(inn)));
        }
        if let Some(after) = page.after {
            query = query.filter(applicants::id.gt(Db(ApplicantId(after))));
        }
        query.order(applicants::id).limit(page.limit).load(c)
    })?)
}

/// One applicant within reach.
pub fn find_applicant(conn: &mut Conn, reach: Reach, id: ApplicantId) -> StoreResult<ApplicantRow> {
    Ok(on!(conn, c => {
        let mut query = applicants::table.select(ApplicantRow::as_select()).into_boxed();
        if let Some(client) = reach.client() {
            query = query.filter(applicants::client_id.eq(Db(client)));
        }
        query.filter(applicants::id.eq(Db(id))).first(c)
    })?)
}

/// Changes what is known of an applicant. What it is identified by must still go
/// together afterwards.
pub fn update_applicant(
    conn: &mut Conn,
    client: ClientId,
    id: ApplicantId,
    expected: &Expected,
    changes: &ApplicantChanges,
) -> StoreResult<ApplicantRow> {
    let before = lock(conn, client, id)?;
    expected.assert(before.version)?;
    let mut row = before.clone();
    row.set_identity(&identity_after(&before, changes)?);
    let ApplicantChanges { name, legal_address, subject, .. } = changes;
    row.name = name.clone().unwrap_or(row.name);
    row.legal_address = legal_address.clone().unwrap_or(row.legal_address);
    row.subject_code = subject.map_or(row.subject_code, |subject| subject.number());
    row.short_name = changes.short_name.clone().unwrap_or(row.short_name);
    row.reply_address = changes.reply_address.clone().unwrap_or(row.reply_address);
    row.email = changes.email.clone().unwrap_or(row.email);
    row.note = changes.note.clone().unwrap_or(row.note);
    row.withdrawn_because = changes.withdrawn_because.clone().unwrap_or(row.withdrawn_because);
    if row == before {
        return Ok(before);
    }
    row.version += 1;
    on!(conn, c => diesel::update(applicants::table.find((Db(client), Db(id))))
        .set((row.clone(), applicants::inn.eq(row.inn)))
        .execute(c))?;
    Ok(row)
}

fn identity_after(before: &ApplicantRow, changes: &ApplicantChanges) -> StoreResult<Identity> {
    let ogrn = before.ogrn.as_deref().and_then(|text| Ogrn::parse(text).ok());
    let identity = Identity::new(
        changes.kind.unwrap_or(before.kind),
        changes.inn.unwrap_or(before.inn),
        changes.ogrn.unwrap_or(ogrn),
        changes.passport.clone().unwrap_or_else(|| before.passport()),
    );
    identity.map_err(|fault| Constraint::Identity(fault).into())
}

/// The row, held until the commit: of two changes made at once, the second one
/// sees the first.
fn lock(conn: &mut Conn, client: ClientId, id: ApplicantId) -> StoreResult<ApplicantRow> {
    let place = applicants::table.find((Db(client), Db(id)));
    Ok(match conn {
        Conn::Postgres(c) => place.select(ApplicantRow::as_select()).for_update().first(c)?,
        Conn::Sqlite(c) => place.select(ApplicantRow::as_select()).first(c)?,
    })
}

/// Refuses to name an applicant that the client does not have.
pub(crate) fn assert_known(conn: &mut Conn, client: ClientId, id: ApplicantId) -> StoreResult<()> {
    match find_applicant(conn, Reach::Client(client), id) {
        Ok(_) => Ok(()),
        Err(StoreError::NotFound) => Err(Constraint::UnknownApplicant.into()),
        Err(error) => Err(error),
    }
}
