//! Sources: who reports calls, and how their clocks run.

use baitline_domain::ids::{ClientId, SourceId};
use diesel::prelude::*;
use uuid::Uuid;

use crate::changes::{self, Change};
use crate::conn::{Conn, Reach, on};
use crate::error::StoreResult;
use crate::models::{ChangeKind, NewSource, Source, SourceChanges};
use crate::schema::sources;
use crate::sql_types::Db;
use crate::{Page, clients, now};

/// Enters a source.
pub fn create_source(conn: &mut Conn, client: ClientId, new: &NewSource) -> StoreResult<Source> {
    let source = Source {
        client_id: client,
        id: SourceId(Uuid::now_v7()),
        name: new.name.clone(),
        kind: new.kind,
        time_zone: new.time_zone.clone(),
        clock_offset_micros: new.clock_offset.0,
        uncertainty_micros: new.uncertainty.0,
        created_at: now(),
    };
    on!(conn, c => diesel::insert_into(sources::table).values(source.clone()).execute(c))?;
    Ok(source)
}

/// The sources within reach, in order of id.
pub fn list_sources(conn: &mut Conn, reach: Reach, page: Page) -> StoreResult<Vec<Source>> {
    Ok(on!(conn, c => {
        let mut query = sources::table.select(Source::as_select()).into_boxed();
        if let Some(client) = reach.client() {
            query = query.filter(sources::client_id.eq(Db(client)));
        }
        if let Some(after) = page.after {
            query = query.filter(sources::id.gt(Db(SourceId(after))));
        }
        query.order(sources::id).limit(page.limit).load(c)
    })?)
}

/// Every source of one client; there are few.
pub fn sources_of(conn: &mut Conn, client: ClientId) -> StoreResult<Vec<Source>> {
    Ok(on!(conn, c => sources::table
        .filter(sources::client_id.eq(Db(client)))
        .order(sources::id)
        .select(Source::as_select())
        .load(c))?)
}

/// One source within reach.
pub fn find_source(conn: &mut Conn, reach: Reach, id: SourceId) -> StoreResult<Source> {
    Ok(on!(conn, c => {
        let mut query = sources::table.select(Source::as_select()).into_boxed();
        if let Some(client) = reach.client() {
            query = query.filter(sources::client_id.eq(Db(client)));
        }
        query.filter(sources::id.eq(Db(id))).first(c)
    })?)
}

/// Changes a source's clock; the worker then corrects the times it reported.
pub fn update_source(
    conn: &mut Conn,
    client: ClientId,
    id: SourceId,
    changes: &SourceChanges,
) -> StoreResult<Source> {
    if changes.clock_offset_micros.is_none() && changes.uncertainty_micros.is_none() {
        return find_source(conn, Reach::Client(client), id);
    }
    clients::lock_against_ingest(conn, client)?;
    let source = on!(conn, c => diesel::update(sources::table.find((Db(client), Db(id))))
        .set(changes)
        .returning(Source::as_returning())
        .get_result(c))?;
    changes::note(conn, client, &Change::of(ChangeKind::Source).on(id.0))?;
    Ok(source)
}

/// How the source's files are read, as `intake` stores it; `None` where nobody said.
pub fn profile_of(conn: &mut Conn, reach: Reach, id: SourceId) -> StoreResult<Option<String>> {
    Ok(on!(conn, c => {
        let mut query = sources::table.select(sources::profile).into_boxed();
        if let Some(client) = reach.client() {
            query = query.filter(sources::client_id.eq(Db(client)));
        }
        query.filter(sources::id.eq(Db(id))).first(c)
    })?)
}

/// The client's source of this name, with how its files are read.
pub fn find_source_named(
    conn: &mut Conn,
    client: ClientId,
    name: &str,
) -> StoreResult<Option<(Source, Option<String>)>> {
    Ok(on!(conn, c => sources::table
        .filter(sources::client_id.eq(Db(client)))
        .filter(sources::name.eq(name))
        .select((Source::as_select(), sources::profile))
        .first(c)
        .optional())?)
}

/// Says how the source's files are read from now on, or with `None` that nobody
/// says. What was read stays as it is, so nothing is judged again.
pub fn set_profile(
    conn: &mut Conn,
    client: ClientId,
    id: SourceId,
    profile: Option<&str>,
) -> StoreResult<()> {
    on!(conn, c => diesel::update(sources::table.find((Db(client), Db(id))))
        .set(sources::profile.eq(profile))
        .execute(c))?;
    Ok(())
}
