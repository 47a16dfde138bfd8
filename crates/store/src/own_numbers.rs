//! Own numbers: the client's side, whose calls are no interceptions.

use baitline_domain::ids::{ClientId, OwnNumberId};
use baitline_domain::instant::Instant;
use baitline_domain::phone::Phone;
use diesel::prelude::*;
use uuid::Uuid;

use crate::changes::{self, Change};
use crate::conn::{Conn, Reach, on};
use crate::error::StoreResult;
use crate::models::{ChangeKind, NewOwnNumber, OwnNumberChanges, OwnNumberRow};
use crate::schema::own_numbers;
use crate::sql_types::Db;
use crate::{Page, baits, now};

/// Enters an own number, which is no bait's; calls in its validity are judged again.
pub fn create_own_number(
    conn: &mut Conn,
    client: ClientId,
    new: &NewOwnNumber,
) -> StoreResult<OwnNumberRow> {
    // A range may well hold a bait: a SIM of the client's own numbers.
    if new.first == new.last {
        baits::assert_no_bait(conn, client, new.first)?;
    }
    let row = new_row(client, new);
    on!(conn, c => diesel::insert_into(own_numbers::table).values(row.clone()).execute(c))?;
    note_validity(conn, client, (row.valid_from, row.valid_to))?;
    Ok(row)
}

pub(crate) fn new_row(client: ClientId, new: &NewOwnNumber) -> OwnNumberRow {
    OwnNumberRow {
        client_id: client,
        id: OwnNumberId(Uuid::now_v7()),
        first_number: new.first,
        last_number: new.last,
        kind: new.kind,
        valid_from: new.valid_from,
        valid_to: new.valid_to,
        vendor: new.vendor.clone(),
        note: new.note.clone(),
        created_at: now(),
    }
}

/// The own numbers within reach, in order of id.
pub fn list_own_numbers(
    conn: &mut Conn,
    reach: Reach,
    page: Page,
) -> StoreResult<Vec<OwnNumberRow>> {
    Ok(on!(conn, c => {
        let mut query = own_numbers::table.select(OwnNumberRow::as_select()).into_boxed();
        if let Some(client) = reach.client() {
            query = query.filter(own_numbers::client_id.eq(Db(client)));
        }
        if let Some(after) = page.after {
            query = query.filter(own_numbers::id.gt(Db(OwnNumberId(after))));
        }
        query.order(own_numbers::id).limit(page.limit).load(c)
    })?)
}

/// The own numbers within reach that hold a number, whenever they are valid, in
/// order of id.
pub fn own_numbers_with(
    conn: &mut Conn,
    reach: Reach,
    number: Phone,
    limit: i64,
) -> StoreResult<Vec<OwnNumberRow>> {
    Ok(on!(conn, c => {
        let mut query = own_numbers::table.select(OwnNumberRow::as_select()).into_boxed();
        if let Some(client) = reach.client() {
            query = query.filter(own_numbers::client_id.eq(Db(client)));
        }
        query
            .filter(own_numbers::first_number.le(Db(number)))
            .filter(own_numbers::last_number.ge(Db(number)))
            .order(own_numbers::id)
            .limit(limit)
            .load(c)
    })?)
}

/// One own number within reach.
pub fn find_own_number(
    conn: &mut Conn,
    reach: Reach,
    id: OwnNumberId,
) -> StoreResult<OwnNumberRow> {
    Ok(on!(conn, c => {
        let mut query = own_numbers::table.select(OwnNumberRow::as_select()).into_boxed();
        if let Some(client) = reach.client() {
            query = query.filter(own_numbers::client_id.eq(Db(client)));
        }
        query.filter(own_numbers::id.eq(Db(id))).first(c)
    })?)
}

/// Changes an own number; calls in its old and its new validity are judged
/// again.
pub fn update_own_number(
    conn: &mut Conn,
    client: ClientId,
    id: OwnNumberId,
    changes: &OwnNumberChanges,
) -> StoreResult<OwnNumberRow> {
    let before = find_own_number(conn, Reach::Client(client), id)?;
    let OwnNumberChanges { valid_from, valid_to, vendor, note } = changes;
    if valid_from.is_none() && valid_to.is_none() && vendor.is_none() && note.is_none() {
        return Ok(before);
    }
    let after = on!(conn, c => diesel::update(own_numbers::table.find((Db(client), Db(id))))
        .set(changes)
        .returning(OwnNumberRow::as_returning())
        .get_result(c))?;
    note_validity(conn, client, (before.valid_from, before.valid_to))?;
    note_validity(conn, client, (after.valid_from, after.valid_to))?;
    Ok(after)
}

fn note_validity(
    conn: &mut Conn,
    client: ClientId,
    (from, to): (Option<Instant>, Option<Instant>),
) -> StoreResult<()> {
    changes::note(conn, client, &Change::of(ChangeKind::OwnNumbers).between(from, to))
}
