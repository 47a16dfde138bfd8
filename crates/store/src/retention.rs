//! How long a client's calls and recordings are kept. Nobody said: for ever.

use baitline_domain::ids::ClientId;
use diesel::prelude::*;
use diesel::upsert::excluded;

use crate::conn::{Conn, on};
use crate::error::StoreResult;
use crate::models::RetentionRow;
use crate::now;
use crate::schema::retentions;
use crate::sql_types::Db;

/// The fewest days: a complaint needs its calls longer than the window.
pub const MIN_RETENTION_DAYS: u32 = 30;
/// The most days: a hundred years.
pub const MAX_RETENTION_DAYS: u32 = 36_500;

/// How long a client's calls are kept; `None` where nobody ever said.
pub fn find_retention(conn: &mut Conn, client: ClientId) -> StoreResult<Option<RetentionRow>> {
    Ok(on!(conn, c => retentions::table
        .find(Db(client))
        .select(RetentionRow::as_select())
        .first(c)
        .optional())?)
}

/// Says how long a client's calls are kept from now on; `None` for ever. Run as the
/// agency.
pub fn set_retention(
    conn: &mut Conn,
    client: ClientId,
    days: Option<i32>,
    author: &str,
) -> StoreResult<RetentionRow> {
    let row =
        RetentionRow { client_id: client, days, author: author.to_owned(), updated_at: now() };
    on!(conn, c => diesel::insert_into(retentions::table)
        .values(row.clone())
        .on_conflict(retentions::client_id)
        .do_update()
        .set((
            retentions::days.eq(excluded(retentions::days)),
            retentions::author.eq(excluded(retentions::author)),
            retentions::updated_at.eq(excluded(retentions::updated_at)),
        ))
        .execute(c))?;
    Ok(row)
}

/// Every client whose calls are not kept for ever, with the days.
pub fn limited(conn: &mut Conn) -> StoreResult<Vec<(ClientId, i32)>> {
    Ok(on!(conn, c => retentions::table
        .filter(retentions::days.is_not_null())
        .order(retentions::client_id)
        .select((retentions::client_id, retentions::days.assume_not_null()))
        .load(c))?)
}
