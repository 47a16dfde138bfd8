//! What was last derived of each bucket, and whether reports read it from the
//! database or from a segment. Only the worker writes here, holding the bucket.

use baitline_domain::ids::ClientId;
use baitline_domain::instant::{Day, first_of_month};
use diesel::prelude::*;
use uuid::Uuid;

use crate::conn::{Conn, on};
use crate::error::StoreResult;
use crate::models::DerivedDay;
use crate::now;
use crate::schema::derived_days as days;
use crate::sql_types::{Db, RowId};

/// Gives a recomputed bucket a new version. From this transaction on its day
/// is read from the database; the rows of its file, if it is in one, are left out. `more` is by how many its interceptions differ.
pub fn renew(
    conn: &mut Conn,
    client: ClientId,
    day: Day,
    more: i64,
) -> StoreResult<()> {
    let version = (
        days::version.eq(Db(RowId(Uuid::now_v7()))),
        days::derived_at.eq(Db(now())),
    );
    let first = (
        (days::client_id.eq(Db(client)), days::day.eq(day.0)),
        days::month.eq(first_of_month(day.0)),
        (days::interceptions.eq(more), days::unsealed.eq(more > 0)),
    );
    let counted = days::interceptions + more;
    let unsealed = days::segment_id.is_not_null().or(counted.gt(0));
    on!(conn, c => diesel::insert_into(days::table)
        .values((first, version))
        .on_conflict((days::client_id, days::day))
        .do_update()
        .set((version, days::interceptions.eq(counted), days::unsealed.eq(unsealed)))
        .execute(c))?;
    Ok(())
}

/// A bucket as it was last derived; `None` before the first time.
pub fn find_day(conn: &mut Conn, client: ClientId, day: Day) -> StoreResult<Option<DerivedDay>> {
    Ok(on!(conn, c => days::table
        .find((Db(client), day.0))
        .select(DerivedDay::as_select())
        .first(c)
        .optional())?)
}

/// The derived days of a client's month, in order.
pub(crate) fn days_of_month(
    conn: &mut Conn,
    client: ClientId,
    month: Day,
) -> StoreResult<Vec<DerivedDay>> {
    Ok(on!(conn, c => days::table
        .filter(days::client_id.eq(Db(client)))
        .filter(days::day.ge(month.0))
        .filter(days::day.lt(end_of_month(month).0))
        .order(days::day)
        .select(DerivedDay::as_select())
        .load(c))?)
}

/// The first day after a month that begins with `month`.
pub(crate) fn end_of_month(month: Day) -> Day {
    // No month has more than 31 days, and none less than 28.
    Day(first_of_month(month.0 + 31))
}
