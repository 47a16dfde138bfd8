//! Powers of attorney. One that holds no more, or was entered by mistake, is
//! revoked from a day on, with a reason, and stays.

use baitline_domain::ids::{ClientId, PowerId, RepresentativeId};
use diesel::prelude::*;
use uuid::Uuid;

use crate::conn::{Conn, Reach, on};
use crate::error::StoreResult;
use crate::models::{NewPower, PowerRow, Revocation};
use crate::schema::powers_of_attorney as powers;
use crate::sql_types::Db;
use crate::{Page, now, representatives};

/// Enters a power of attorney of one of the client's representatives.
pub fn create_power(
    conn: &mut Conn,
    client: ClientId,
    new: &NewPower,
    author: &str,
) -> StoreResult<PowerRow> {
    representatives::assert_known(conn, client, new.representative)?;
    let row = PowerRow {
        client_id: client,
        id: PowerId(Uuid::now_v7()),
        representative_id: new.representative,
        number: new.number.clone(),
        issued_on: new.issued_on,
        expires_on: new.expires_on,
        powers: new.powers.clone(),
        revoked_on: None,
        revoked_because: None,
        author: author.to_owned(),
        created_at: now(),
    };
    on!(conn, c => diesel::insert_into(powers::table).values(row.clone()).execute(c))?;
    Ok(row)
}

/// The powers within reach, of one representative where it is given, in order
/// of id.
pub fn list_powers(
    conn: &mut Conn,
    reach: Reach,
    representative: Option<RepresentativeId>,
    page: Page,
) -> StoreResult<Vec<PowerRow>> {
    Ok(on!(conn, c => {
        let mut query = powers::table.select(PowerRow::as_select()).into_boxed();
        if let Some(client) = reach.client() {
            query = query.filter(powers::client_id.eq(Db(client)));
        }
        if let Some(representative) = representative {
            query = query.filter(powers::representative_id.eq(Db(representative)));
        }
        if let Some(after) = page.after {
            query = query.filter(powers::id.gt(Db(PowerId(after))));
        }
        query.order(powers::id).limit(page.limit).load(c)
    })?)
}

/// One power within reach.
pub fn find_power(conn: &mut Conn, reach: Reach, id: PowerId) -> StoreResult<PowerRow> {
    Ok(on!(conn, c => {
        let mut query = powers::table.select(PowerRow::as_select()).into_boxed();
        if let Some(client) = reach.client() {
            query = query.filter(powers::client_id.eq(Db(client)));
        }
        query.filter(powers::id.eq(Db(id))).first(c)
    })?)
}

/// Revokes a power from a day on, or lets it hold again.
pub fn revoke_power(
    conn: &mut Conn,
    client: ClientId,
    id: PowerId,
    revocation: Option<&Revocation>,
) -> StoreResult<PowerRow> {
    Ok(on!(conn, c => diesel::update(powers::table.find((Db(client), Db(id))))
        .set((
            powers::revoked_on.eq(revocation.map(|one| one.on)),
            powers::revoked_because.eq(revocation.map(|one| one.because.as_str())),
        ))
        .returning(PowerRow::as_returning())
        .get_result(c))?)
}
