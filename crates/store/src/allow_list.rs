//! Numbers the client takes calls from and does not complain of. An entry is
//! never deleted: it ends, and one made by mistake ends where it began.

use baitline_domain::ids::{AllowEntryId, ClientId};
use baitline_domain::instant::Instant;
use baitline_domain::phone::Phone;
use baitline_domain::verdict::AllowEntry;
use diesel::prelude::*;
use uuid::Uuid;

use crate::changes::{self, Change};
use crate::conn::{Conn, Reach, on};
use crate::error::StoreResult;
use crate::models::{AllowEntryRow, ChangeKind, NewAllowEntry};
use crate::schema::allow_list;
use crate::sql_types::Db;
use crate::{Page, now};

/// Enters an allowance; the number's calls since then are judged again.
pub fn create_allow_entry(
    conn: &mut Conn,
    client: ClientId,
    new: &NewAllowEntry,
    author: &str,
) -> StoreResult<AllowEntryRow> {
    let row = AllowEntryRow {
        client_id: client,
        id: AllowEntryId(Uuid::now_v7()),
        number: new.number,
        reason: new.reason.clone(),
        author: author.to_owned(),
        since: new.since,
        until: new.until,
        created_at: now(),
    };
    on!(conn, c => diesel::insert_into(allow_list::table).values(row.clone()).execute(c))?;
    note_calls(conn, &row)?;
    Ok(row)
}

/// The allowances within reach, of one number where it is given, in order of id.
pub fn list_allow_entries(
    conn: &mut Conn,
    reach: Reach,
    number: Option<Phone>,
    page: Page,
) -> StoreResult<Vec<AllowEntryRow>> {
    Ok(on!(conn, c => {
        let mut query = allow_list::table.select(AllowEntryRow::as_select()).into_boxed();
        if let Some(client) = reach.client() {
            query = query.filter(allow_list::client_id.eq(Db(client)));
        }
        if let Some(number) = number {
            query = query.filter(allow_list::number.eq(Db(number)));
        }
        if let Some(after) = page.after {
            query = query.filter(allow_list::id.gt(Db(AllowEntryId(after))));
        }
        query.order(allow_list::id).limit(page.limit).load(c)
    })?)
}

/// One allowance within reach.
pub fn find_allow_entry(
    conn: &mut Conn,
    reach: Reach,
    id: AllowEntryId,
) -> StoreResult<AllowEntryRow> {
    Ok(on!(conn, c => {
        let mut query = allow_list::table.select(AllowEntryRow::as_select()).into_boxed();
        if let Some(client) = reach.client() {
            query = query.filter(allow_list::client_id.eq(Db(client)));
        }
        query.filter(allow_list::id.eq(Db(id))).first(c)
    })?)
}

/// Ends an allowance, or lets it go on; the number's calls since its beginning
/// are judged again.
pub fn end_allow_entry(
    conn: &mut Conn,
    client: ClientId,
    id: AllowEntryId,
    until: Option<Instant>,
) -> StoreResult<AllowEntryRow> {
    let row = on!(conn, c => diesel::update(allow_list::table.find((Db(client), Db(id))))
        .set(allow_list::until.eq(until))
        .returning(AllowEntryRow::as_returning())
        .get_result(c))?;
    note_calls(conn, &row)?;
    Ok(row)
}

/// The whole list of a client, as the rules need it.
pub fn allow_list_of(conn: &mut Conn, client: ClientId) -> StoreResult<Vec<AllowEntry>> {
    let rows: Vec<AllowEntryRow> = on!(conn, c => allow_list::table
        .filter(allow_list::client_id.eq(Db(client)))
        .order(allow_list::id)
        .select(AllowEntryRow::as_select())
        .load(c))?;
    Ok(rows.iter().map(AllowEntryRow::to_domain).collect())
}

fn note_calls(conn: &mut Conn, row: &AllowEntryRow) -> StoreResult<()> {
    let change =
        Change::of(ChangeKind::AllowList).with(Some(row.number)).between(Some(row.since), None);
    changes::note(conn, row.client_id, &change)
}
