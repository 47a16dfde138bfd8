//! What a person keeps from being erased. A hold is ended, never deleted, so that it
//! can be told what was held when.

use baitline_domain::ids::{ClientId, LegalHoldId};
use diesel::prelude::*;
use uuid::Uuid;

use crate::conn::{Conn, Reach, on};
use crate::error::{Constraint, StoreError, StoreResult};
use crate::models::{LegalHoldRow, NewLegalHold};
use crate::schema::legal_holds;
use crate::sql_types::Db;
use crate::{Page, baits, now};

/// Holds something. What an erasure has removed is gone; it removes nothing of this
/// from now on. Run as the agency.
pub fn create_hold(
    conn: &mut Conn,
    client: ClientId,
    new: &NewLegalHold,
    author: &str,
) -> StoreResult<LegalHoldRow> {
    if let Some(bait) = new.bait {
        match baits::find_bait(conn, Reach::Client(client), bait) {
            Err(StoreError::NotFound) => return Err(Constraint::UnknownBait.into()),
            other => other?,
        };
    }
    let row = LegalHoldRow {
        client_id: client,
        id: LegalHoldId(Uuid::now_v7()),
        bait_id: new.bait,
        caller: new.caller,
        reason: new.reason.clone(),
        author: author.to_owned(),
        created_at: now(),
        ended_at: None,
        ended_because: None,
        ended_by: None,
    };
    on!(conn, c => diesel::insert_into(legal_holds::table).values(row.clone()).execute(c))?;
    Ok(row)
}

/// The holds within reach, in order of id.
pub fn list_holds(conn: &mut Conn, reach: Reach, page: Page) -> StoreResult<Vec<LegalHoldRow>> {
    Ok(on!(conn, c => {
        let mut query = legal_holds::table.select(LegalHoldRow::as_select()).into_boxed();
        if let Some(client) = reach.client() {
            query = query.filter(legal_holds::client_id.eq(Db(client)));
        }
        if let Some(after) = page.after {
            query = query.filter(legal_holds::id.gt(Db(LegalHoldId(after))));
        }
        query.order(legal_holds::id).limit(page.limit).load(c)
    })?)
}

/// One hold within reach.
pub fn find_hold(conn: &mut Conn, reach: Reach, id: LegalHoldId) -> StoreResult<LegalHoldRow> {
    Ok(on!(conn, c => {
        let mut query = legal_holds::table.select(LegalHoldRow::as_select()).into_boxed();
        if let Some(client) = reach.client() {
            query = query.filter(legal_holds::client_id.eq(Db(client)));
        }
        query.filter(legal_holds::id.eq(Db(id))).first(c)
    })?)
}

/// Ends a hold; one that is ended stays as it was. Run as the agency.
pub fn end_hold(
    conn: &mut Conn,
    id: LegalHoldId,
    because: &str,
    author: &str,
) -> StoreResult<LegalHoldRow> {
    let row = find_hold(conn, Reach::Agency, id)?;
    on!(conn, c => diesel::update(legal_holds::table.find((Db(row.client_id), Db(id))))
        .filter(legal_holds::ended_at.is_null())
        .set((
            legal_holds::ended_at.eq(Some(now())),
            legal_holds::ended_because.eq(Some(because)),
            legal_holds::ended_by.eq(Some(author)),
        ))
        .execute(c))?;
    find_hold(conn, Reach::Agency, id)
}

/// The holds of a client that nobody ended.
pub(crate) fn live_holds(conn: &mut Conn, client: ClientId) -> StoreResult<Vec<LegalHoldRow>> {
    Ok(on!(conn, c => legal_holds::table
        .filter(legal_holds::client_id.eq(Db(client)))
        .filter(legal_holds::ended_at.is_null())
        .order(legal_holds::id)
        .select(LegalHoldRow::as_select())
        .load(c))?)
}
