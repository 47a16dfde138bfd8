//! Baits: the SIMs that wait for calls.

use baitline_domain::ids::{BaitId, ClientId};
use baitline_domain::phone::Phone;
use diesel::prelude::*;
use uuid::Uuid;

use crate::changes::{self, Change};
use crate::conn::{Conn, Reach, on};
use crate::error::StoreResult;
use crate::models::{Bait, BaitChanges, ChangeKind, NewBait};
use crate::schema::baits;
use crate::sql_types::Db;
use crate::{Page, clients, now};

/// Which baits a list shows.
#[derive(Debug, Clone, Default)]
pub struct BaitFilter {
    /// With this number.
    pub number: Option<Phone>,
    /// With this reference.
    pub reference: Option<String>,
}

/// Enters a bait; observations that waited for it are joined by the worker.
pub fn create_bait(conn: &mut Conn, client: ClientId, new: &NewBait) -> StoreResult<Bait> {
    let bait = Bait {
        client_id: client,
        id: BaitId(Uuid::now_v7()),
        number: new.number,
        reference: new.reference.clone(),
        operator: new.operator,
        region: new.region.clone(),
        note: new.note.clone(),
        created_at: now(),
    };
    clients::lock_against_ingest(conn, client)?;
    on!(conn, c => diesel::insert_into(baits::table).values(bait.clone()).execute(c))?;
    changes::note(conn, client, &Change::of(ChangeKind::Bait).on(bait.id.0))?;
    Ok(bait)
}

/// The baits within reach, in order of id.
pub fn list_baits(
    conn: &mut Conn,
    reach: Reach,
    filter: &BaitFilter,
    page: Page,
) -> StoreResult<Vec<Bait>> {
    Ok(on!(conn, c => {
        let mut query = baits::table.select(Bait::as_select()).into_boxed();
        if let Some(client) = reach.client() {
            query = query.filter(baits::client_id.eq(Db(client)));
        }
        if let Some(number) = filter.number {
            query = query.filter(baits::number.eq(Db(number)));
        }
        if let Some(reference) = &filter.reference {
            query = query.filter(baits::reference.eq(reference));
        }
        if let Some(after) = page.after {
            query = query.filter(baits::id.gt(Db(BaitId(after))));
        }
        query.order(baits::id).limit(page.limit).load(c)
    })?)
}

/// One bait within reach.
pub fn find_bait(conn: &mut Conn, reach: Reach, id: BaitId) -> StoreResult<Bait> {
    Ok(on!(conn, c => {
        let mut query = baits::table.select(Bait::as_select()).into_boxed();
        if let Some(client) = reach.client() {
            query = query.filter(baits::client_id.eq(Db(client)));
        }
        query.filter(baits::id.eq(Db(id))).first(c)
    })?)
}

/// Changes a bait; its calls are judged again.
pub fn update_bait(
    conn: &mut Conn,
    client: ClientId,
    id: BaitId,
    changes: &BaitChanges,
) -> StoreResult<Bait> {
    let BaitChanges { reference, operator, region, note } = changes;
    if reference.is_none() && operator.is_none() && region.is_none() && note.is_none() {
        return find_bait(conn, Reach::Client(client), id);
    }
    clients::lock_against_ingest(conn, client)?;
    let bait = on!(conn, c => diesel::update(baits::table.find((Db(client), Db(id))))
        .set(changes)
        .returning(Bait::as_returning())
        .get_result(c))?;
    changes::note(conn, client, &Change::of(ChangeKind::Bait).on(id.0))?;
    Ok(bait)
}
