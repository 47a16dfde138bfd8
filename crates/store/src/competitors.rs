//! Companies that compete with a client. What they are called changes no
//! verdict; which numbers are theirs does: see `attributions`.

use std::collections::BTreeSet;

use baitline_domain::ids::{ClientId, CompetitorId};
use diesel::prelude::*;
use uuid::Uuid;

use crate::conn::{Conn, Reach, on};
use crate::error::{Constraint, StoreError, StoreResult};
use crate::models::{Competitor, CompetitorChanges, NewCompetitor};
use crate::schema::competitors;
use crate::sql_types::{Db, db_all};
use crate::{Page, now};

/// Enters a competitor.
pub fn create_competitor(
    conn: &mut Conn,
    client: ClientId,
    new: &NewCompetitor,
) -> StoreResult<Competitor> {
    let row = Competitor {
        client_id: client,
        id: CompetitorId(Uuid::now_v7()),
        name: new.name.clone(),
        inn: new.inn,
        ogrn: new.ogrn.clone(),
        created_at: now(),
    };
    on!(conn, c => diesel::insert_into(competitors::table).values(row.clone()).execute(c))?;
    Ok(row)
}

/// The competitors within reach, in order of id.
pub fn list_competitors(conn: &mut Conn, reach: Reach, page: Page) -> StoreResult<Vec<Competitor>> {
    Ok(on!(conn, c => {
        let mut query = competitors::table.select(Competitor::as_select()).into_boxed();
        if let Some(client) = reach.client() {
            query = query.filter(competitors::client_id.eq(Db(client)));
        }
        if let Some(after) = page.after {
            query = query.filter(competitors::id.gt(Db(CompetitorId(after))));
        }
        query.order(competitors::id).limit(page.limit).load(c)
    })?)
}

/// One competitor within reach.
pub fn find_competitor(conn: &mut Conn, reach: Reach, id: CompetitorId) -> StoreResult<Competitor> {
    Ok(on!(conn, c => {
        let mut query = competitors::table.select(Competitor::as_select()).into_boxed();
        if let Some(client) = reach.client() {
            query = query.filter(competitors::client_id.eq(Db(client)));
        }
        query.filter(competitors::id.eq(Db(id))).first(c)
    })?)
}

/// These competitors, each of its client.
pub fn competitors_by_id(
    conn: &mut Conn,
    ids: &BTreeSet<(ClientId, CompetitorId)>,
) -> StoreResult<Vec<Competitor>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let clients: Vec<ClientId> = ids.iter().map(|(client, _)| *client).collect();
    let competitors: Vec<CompetitorId> = ids.iter().map(|(_, id)| *id).collect();
    let mut found: Vec<Competitor> = on!(conn, c => competitors::table
        .filter(competitors::client_id.eq_any(db_all(&clients)))
        .filter(competitors::id.eq_any(db_all(&competitors)))
        .order(competitors::id)
        .select(Competitor::as_select())
        .load(c))?;
    found.retain(|row| ids.contains(&(row.client_id, row.id)));
    Ok(found)
}

/// Changes what a competitor is called.
pub fn update_competitor(
    conn: &mut Conn,
    client: ClientId,
    id: CompetitorId,
    changes: &CompetitorChanges,
) -> StoreResult<Competitor> {
    let CompetitorChanges { name, inn, ogrn } = changes;
    if name.is_none() && inn.is_none() && ogrn.is_none() {
        return find_competitor(conn, Reach::Client(client), id);
    }
    Ok(on!(conn, c => diesel::update(competitors::table.find((Db(client), Db(id))))
        .set(changes)
        .returning(Competitor::as_returning())
        .get_result(c))?)
}

/// Refuses to name a competitor that the client does not have.
pub(crate) fn assert_known(conn: &mut Conn, client: ClientId, id: CompetitorId) -> StoreResult<()> {
    match find_competitor(conn, Reach::Client(client), id) {
        Ok(_) => Ok(()),
        Err(StoreError::NotFound) => Err(Constraint::UnknownCompetitor.into()),
        Err(error) => Err(error),
    }
}
