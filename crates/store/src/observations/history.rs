//! Superseded and late revisions.

use std::collections::HashMap;

use baitline_domain::ids::{ClientId, ObservationId};
use baitline_domain::instant::Instant;
use diesel::prelude::*;

use crate::conn::{Conn, on};
use crate::error::StoreResult;
use crate::models::Revision;
use crate::schema::observation_revisions as revisions;
use crate::sql_types::{Db, db_all};
use crate::stored_text;

/// Rows inserted in one statement.
const INSERT_BATCH: usize = 1_000;

/// One revision that is not the valid one.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = revisions, treat_none_as_default_value = false)]
pub(super) struct OldRevision {
    #[diesel(serialize_as = Db<ClientId>)]
    pub(super) client_id: ClientId,
    #[diesel(serialize_as = Db<ObservationId>)]
    pub(super) observation_id: ObservationId,
    pub(super) revision: i64,
    pub(super) content: String,
    #[diesel(serialize_as = Db<Instant>)]
    pub(super) received_at: Instant,
}

/// The history of these observations, by id and revision.
pub(super) fn load(
    conn: &mut Conn,
    client: ClientId,
    ids: &[ObservationId],
) -> StoreResult<HashMap<(ObservationId, i64), String>> {
    let rows: Vec<OldRevision> = on!(conn, c => revisions::table
        .filter(revisions::client_id.eq(Db(client)))
        .filter(revisions::observation_id.eq_any(db_all(ids)))
        .select(OldRevision::as_select())
        .load(c))?;
    Ok(rows.into_iter().map(|row| ((row.observation_id, row.revision), row.content)).collect())
}

/// The superseded revisions of one observation in order, at most the `most`
/// latest ones.
pub(super) fn revisions(
    conn: &mut Conn,
    client: ClientId,
    id: ObservationId,
    most: usize,
) -> StoreResult<Vec<Revision>> {
    let rows: Vec<OldRevision> = on!(conn, c => revisions::table
        .filter(revisions::client_id.eq(Db(client)))
        .filter(revisions::observation_id.eq(Db(id)))
        .order(revisions::revision.desc())
        .limit(i64::try_from(most)?)
        .select(OldRevision::as_select())
        .load(c))?;
    rows.into_iter()
        .rev()
        .map(|row| {
            let content = stored_text::read(&row.content)?;
            Ok(Revision { revision: row.revision, received_at: row.received_at, content })
        })
        .collect()
}

pub(super) fn save(conn: &mut Conn, rows: &[OldRevision]) -> StoreResult<()> {
    for chunk in rows.chunks(INSERT_BATCH) {
        on!(conn, c => diesel::insert_into(revisions::table)
            .values(chunk.to_vec())
            .on_conflict_do_nothing()
            .execute(c))?;
    }
    Ok(())
}
