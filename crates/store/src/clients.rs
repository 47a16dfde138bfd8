//! Clients: the tenants.

use baitline_domain::ids::ClientId;
use diesel::prelude::*;
use uuid::Uuid;

use crate::changes::{self, Change};
use crate::conn::{Conn, Reach, on};
use crate::error::StoreResult;
use crate::models::{ChangeKind, Client, ClientChanges, NewClient};
use crate::schema::clients;
use crate::sql_types::{Db, db_all};
use crate::{Page, now};

/// Enters a client.
pub fn create_client(conn: &mut Conn, new: &NewClient) -> StoreResult<Client> {
    let client = new_row(new);
    on!(conn, c => diesel::insert_into(clients::table).values(client.clone()).execute(c))?;
    Ok(client)
}

pub(crate) fn new_row(new: &NewClient) -> Client {
    Client {
        id: ClientId(Uuid::now_v7()),
        name: new.name.clone(),
        time_zone: new.time_zone.clone(),
        window_hours: new.window_hours,
        created_at: now(),
    }
}

/// The clients within reach, in order of id.
pub fn list_clients(conn: &mut Conn, reach: Reach, page: Page) -> StoreResult<Vec<Client>> {
    Ok(on!(conn, c => {
        let mut query = clients::table.select(Client::as_select()).into_boxed();
        if let Some(client) = reach.client() {
            query = query.filter(clients::client_id.eq(Db(client)));
        }
        if let Some(after) = page.after {
            query = query.filter(clients::client_id.gt(Db(ClientId(after))));
        }
        query.order(clients::client_id).limit(page.limit).load(c)
    })?)
}

/// The clients within reach with any of these ids or exact names, in order of id.
pub fn clients_named(
    conn: &mut Conn,
    reach: Reach,
    ids: &[ClientId],
    names: &[String],
) -> StoreResult<Vec<Client>> {
    Ok(on!(conn, c => {
        let mut query = clients::table.select(Client::as_select()).into_boxed();
        if let Some(client) = reach.client() {
            query = query.filter(clients::client_id.eq(Db(client)));
        }
        query
            .filter(clients::client_id.eq_any(db_all(ids)).or(clients::name.eq_any(names)))
            .order(clients::client_id)
            .load(c)
    })?)
}

/// One client.
pub fn find_client(conn: &mut Conn, client: ClientId) -> StoreResult<Client> {
    Ok(on!(conn, c => clients::table.find(Db(client)).select(Client::as_select()).get_result(c))?)
}

/// Changes a client. A new zone moves its local days, so all of them are
/// recomputed; a new window holds for traps made from now on.
pub fn update_client(
    conn: &mut Conn,
    client: ClientId,
    changes: &ClientChanges,
) -> StoreResult<Client> {
    let before = find_client(conn, client)?;
    if changes.name.is_none() && changes.time_zone.is_none() && changes.window_hours.is_none() {
        return Ok(before);
    }
    let after = on!(conn, c => diesel::update(clients::table.find(Db(client)))
        .set(changes)
        .returning(Client::as_returning())
        .get_result(c))?;
    if before.time_zone != after.time_zone {
        changes::note(conn, client, &Change::of(ChangeKind::Client))?;
    }
    Ok(after)
}

/// Keeps the client's baits and clocks as they are until this transaction ends:
/// what is ingested by them is seen by whoever changes them next.
pub(crate) fn lock_for_ingest(conn: &mut Conn, client: ClientId) -> StoreResult<()> {
    let row = clients::table.find(Db(client)).select(clients::client_id);
    if let Conn::Postgres(c) = conn {
        row.for_key_share().first::<ClientId>(c)?;
    }
    Ok(())
}

/// Waits for the transactions that ingest by the client's present baits and
/// clocks, and keeps new ones waiting. Otherwise the worker could expand the
/// change before they commit, and what they ingest would never follow it.
pub(crate) fn lock_against_ingest(conn: &mut Conn, client: ClientId) -> StoreResult<()> {
    let row = clients::table.find(Db(client)).select(clients::client_id);
    if let Conn::Postgres(c) = conn {
        row.for_update().first::<ClientId>(c)?;
    }
    Ok(())
}

/// Lets those who enter many things of the client's at once wait for each other
/// and nobody else, so that the same list sent twice at once is entered once.
pub(crate) fn lock_for_entry(conn: &mut Conn, client: ClientId) -> StoreResult<()> {
    let row = clients::table.find(Db(client)).select(clients::client_id);
    if let Conn::Postgres(c) = conn {
        row.for_no_key_update().first::<ClientId>(c)?;
    }
    Ok(())
}
