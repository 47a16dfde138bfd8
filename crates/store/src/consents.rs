//! What applicants consented to. A consent that holds no more, or was entered by
//! mistake, is revoked from a day on, with a reason, and stays.

use baitline_domain::ids::{ApplicantId, ClientId, ConsentId};
use diesel::prelude::*;
use uuid::Uuid;

use crate::conn::{Conn, Reach, on};
use crate::error::{Constraint, StoreError, StoreResult};
use crate::models::{ConsentRow, NewConsent, Revocation};
use crate::schema::consents;
use crate::sql_types::Db;
use crate::{Page, applicants, baits, now};

/// Enters a consent of one of the client's applicants.
pub fn create_consent(
    conn: &mut Conn,
    client: ClientId,
    new: &NewConsent,
    author: &str,
) -> StoreResult<ConsentRow> {
    applicants::assert_known(conn, client, new.applicant)?;
    if let Some(bait) = new.bait {
        match baits::find_bait(conn, Reach::Client(client), bait) {
            Err(StoreError::NotFound) => return Err(Constraint::UnknownBait.into()),
            other => other?,
        };
    }
    let row = ConsentRow {
        client_id: client,
        id: ConsentId(Uuid::now_v7()),
        applicant_id: new.applicant,
        bait_id: new.bait,
        kind: new.kind,
        given_by: new.given_by.clone(),
        given_on: new.given_on,
        expires_on: new.expires_on,
        note: new.note.clone(),
        revoked_on: None,
        revoked_because: None,
        author: author.to_owned(),
        created_at: now(),
    };
    on!(conn, c => diesel::insert_into(consents::table).values(row.clone()).execute(c))?;
    Ok(row)
}

/// The consents within reach, of one applicant where it is given, in order of id.
pub fn list_consents(
    conn: &mut Conn,
    reach: Reach,
    applicant: Option<ApplicantId>,
    page: Page,
) -> StoreResult<Vec<ConsentRow>> {
    Ok(on!(conn, c => {
        let mut query = consents::table.select(ConsentRow::as_select()).into_boxed();
        if let Some(client) = reach.client() {
            query = query.filter(consents::client_id.eq(Db(client)));
        }
        if let Some(applicant) = applicant {
            query = query.filter(consents::applicant_id.eq(Db(applicant)));
        }
        if let Some(after) = page.after {
            query = query.filter(consents::id.gt(Db(ConsentId(after))));
        }
        query.order(consents::id).limit(page.limit).load(c)
    })?)
}

/// One consent within reach.
pub fn find_consent(conn: &mut Conn, reach: Reach, id: ConsentId) -> StoreResult<ConsentRow> {
    Ok(on!(conn, c => {
        let mut query = consents::table.select(ConsentRow::as_select()).into_boxed();
        if let Some(client) = reach.client() {
            query = query.filter(consents::client_id.eq(Db(client)));
        }
        query.filter(consents::id.eq(Db(id))).first(c)
    })?)
}

/// Revokes a consent from a day on, or lets it hold again.
pub fn revoke_consent(
    conn: &mut Conn,
    client: ClientId,
    id: ConsentId,
    revocation: Option<&Revocation>,
) -> StoreResult<ConsentRow> {
    Ok(on!(conn, c => diesel::update(consents::table.find((Db(client), Db(id))))
        .set((
            consents::revoked_on.eq(revocation.map(|one| one.on)),
            consents::revoked_because.eq(revocation.map(|one| one.because.as_str())),
        ))
        .returning(ConsentRow::as_returning())
        .get_result(c))?)
}
