//! What the agency knows of operators beside the list of the program: shared by
//! all clients. An entry made by mistake is withdrawn, with a reason, and stays.

use baitline_domain::ids::OperatorEntryId;
use baitline_domain::operator::{Inn, Operators};
use diesel::prelude::*;
use uuid::Uuid;

use crate::changes::{self, Change};
use crate::conn::{Conn, on};
use crate::error::{Constraint, StoreResult};
use crate::models::{ChangeKind, NewOperatorEntry, OperatorEntryRow};
use crate::schema::operator_entries as entries;
use crate::sql_types::Db;
use crate::{now, stored_text};

/// The most entries, withdrawn ones too: they are read as a whole. The registry
/// knows about 1,500 operators.
pub const MAX_ENTRIES: i64 = 5_000;

/// Enters how an operator stands; every client's calls from then on are judged
/// again. Run as the agency.
pub fn create_entry(
    conn: &mut Conn,
    new: &NewOperatorEntry,
    author: &str,
) -> StoreResult<OperatorEntryRow> {
    let count: i64 = on!(conn, c => entries::table.count().get_result(c))?;
    if count >= MAX_ENTRIES {
        return Err(Constraint::TooManyOperatorEntries.into());
    }
    let operator = new.operator.clone();
    let row = OperatorEntryRow {
        id: OperatorEntryId(Uuid::now_v7()),
        inn: operator.inn,
        name: operator.name,
        brand: operator.brand,
        standing: operator.standing.kind(),
        operator_group: operator.standing.group().map(|group| group.0.clone()),
        hosts: stored_text::write(&operator.standing.hosts())?,
        source: operator.source,
        since: new.since,
        author: author.to_owned(),
        withdrawn_because: None,
        created_at: now(),
    };
    on!(conn, c => diesel::insert_into(entries::table).values(row.clone()).execute(c))?;
    note_later_calls(conn, &row)?;
    Ok(row)
}

/// Every entry, withdrawn ones too, in order of entry.
pub fn list_entries(conn: &mut Conn) -> StoreResult<Vec<OperatorEntryRow>> {
    Ok(on!(conn, c => entries::table
        .order(entries::id)
        .select(OperatorEntryRow::as_select())
        .load(c))?)
}

/// Withdraws an entry with a reason, or lets it count again with none; every
/// client's calls from its beginning on are judged again. Run as the agency.
pub fn withdraw_entry(
    conn: &mut Conn,
    inn: Inn,
    id: OperatorEntryId,
    because: Option<&str>,
) -> StoreResult<OperatorEntryRow> {
    let row = on!(conn, c => diesel::update(entries::table.find(Db(id)))
        .filter(entries::inn.eq(Db(inn)))
        .set(entries::withdrawn_because.eq(because))
        .returning(OperatorEntryRow::as_returning())
        .get_result(c))?;
    note_later_calls(conn, &row)?;
    Ok(row)
}

/// The built-in list with what these rows say, but for what was withdrawn.
pub fn known_by(rows: &[OperatorEntryRow]) -> StoreResult<Operators> {
    let valid = rows.iter().filter(|row| row.withdrawn_because.is_none());
    let entries = valid.map(OperatorEntryRow::to_domain).collect::<StoreResult<_>>()?;
    Ok(Operators::built_in().clone().extended_with(entries))
}

/// All known operators, as this transaction sees them.
pub fn known_operators(conn: &mut Conn) -> StoreResult<Operators> {
    known_by(&list_entries(conn)?)
}

/// From the entry's beginning to the end of time, although a later entry may
/// take its place: that one may be withdrawn at this very moment, by a
/// transaction that does not see this one.
fn note_later_calls(conn: &mut Conn, row: &OperatorEntryRow) -> StoreResult<()> {
    let change = Change::of(ChangeKind::Operators).between(row.since, None);
    changes::note_for_all(conn, &change)
}
