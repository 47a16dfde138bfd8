//! Change rows: a change of lists, traps, clocks or editions touches days its
//! writer cannot see, since calls may be committing at the same moment. The
//! writer leaves one row; after its commit the worker expands it into buckets.

mod expand;

use std::collections::BTreeSet;

use baitline_domain::ids::ClientId;
use baitline_domain::instant::{Day, Instant};
use baitline_domain::phone::Phone;
use diesel::prelude::*;
use uuid::Uuid;

use crate::conn::{Conn, Reach, on};
use crate::error::StoreResult;
use crate::facts::Pair;
use crate::models::ChangeKind;
use crate::schema::{changes, clients};
use crate::sql_types::{Db, RowId};

pub use expand::{expand_after, expand_next, expand_some_of};

/// Rows inserted in one statement.
const INSERT_BATCH: usize = 1_000;

/// What changed, and how far it reaches.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = changes, treat_none_as_default_value = false)]
pub struct Change {
    #[diesel(serialize_as = Db<ClientId>)]
    client_id: ClientId,
    #[diesel(serialize_as = Db<RowId>)]
    id: RowId,
    #[diesel(serialize_as = Db<ChangeKind>)]
    kind: ChangeKind,
    subject_id: Option<RowId>,
    party_number: Option<Phone>,
    from_at: Option<Instant>,
    to_at: Option<Instant>,
}

impl Change {
    /// A change of this kind that reaches everything of the client.
    pub(crate) fn of(kind: ChangeKind) -> Self {
        Self {
            client_id: ClientId(Uuid::nil()),
            id: RowId(Uuid::now_v7()),
            kind,
            subject_id: None,
            party_number: None,
            from_at: None,
            to_at: None,
        }
    }

    /// Limited to one bait, trap or source.
    pub(crate) fn on(self, subject: Uuid) -> Self {
        Self { subject_id: Some(RowId(subject)), ..self }
    }

    /// Limited to calls with one number.
    pub(crate) fn with(self, party: Option<Phone>) -> Self {
        Self { party_number: party, ..self }
    }

    /// Limited to a half-open period; an absent end is open.
    pub(crate) fn between(self, from: Option<Instant>, to: Option<Instant>) -> Self {
        Self { from_at: from, to_at: to, ..self }
    }
}

/// Leaves a change row in the writer's own transaction.
pub(crate) fn note(conn: &mut Conn, client: ClientId, change: &Change) -> StoreResult<()> {
    let row = Change { client_id: client, ..change.clone() };
    on!(conn, c => diesel::insert_into(changes::table).values(row.clone()).execute(c))?;
    Ok(())
}

/// Leaves the same change row for every client: numbering editions and operators
/// are shared.
pub(crate) fn note_for_all(conn: &mut Conn, change: &Change) -> StoreResult<()> {
    let all: Vec<ClientId> = on!(conn, c => clients::table.select(clients::client_id).load(c))?;
    for client in all {
        note(conn, client, &Change { id: RowId(Uuid::now_v7()), ..change.clone() })?;
    }
    Ok(())
}

/// Leaves a change row for each pair whose calls of a day changed: its verdicts
/// of later days rest on them.
pub fn note_contacts(
    conn: &mut Conn,
    client: ClientId,
    pairs: &BTreeSet<Pair>,
    day: Day,
) -> StoreResult<()> {
    let rows = pairs.iter().map(|(bait, phone)| {
        Change::of(ChangeKind::Contacts)
            .on(bait.0)
            .with(Some(*phone))
            .between(Some(day.end()), None)
    });
    note_all(conn, client, rows)
}

/// Leaves change rows, many in one statement.
pub(crate) fn note_all(
    conn: &mut Conn,
    client: ClientId,
    rows: impl Iterator<Item = Change>,
) -> StoreResult<()> {
    let rows: Vec<Change> = rows.map(|row| Change { client_id: client, ..row }).collect();
    for chunk in rows.chunks(INSERT_BATCH) {
        on!(conn, c => diesel::insert_into(changes::table).values(chunk.to_vec()).execute(c))?;
    }
    Ok(())
}

/// How many changes within reach wait to be expanded.
pub fn count_changes(conn: &mut Conn, reach: Reach) -> StoreResult<i64> {
    Ok(on!(conn, c => {
        let mut query = changes::table.count().into_boxed();
        if let Some(client) = reach.client() {
            query = query.filter(changes::client_id.eq(Db(client)));
        }
        query.get_result(c)
    })?)
}
