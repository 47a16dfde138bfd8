//! Which number belongs to which competitor, many to many. An attribution is
//! never deleted: it ends, and one made by mistake ends where it began.

use baitline_domain::competitor::Attributions;
use baitline_domain::ids::{AttributionId, ClientId, CompetitorId};
use baitline_domain::phone::Phone;
use diesel::prelude::*;
use uuid::Uuid;

use crate::changes::{self, Change};
use crate::competitors;
use crate::conn::{Conn, Reach, on};
use crate::error::StoreResult;
use crate::models::{AttributionChanges, AttributionRow, ChangeKind, NewAttribution};
use crate::schema::attributions;
use crate::sql_types::Db;
use crate::{Page, baits, now};

/// Which attributions a list shows; an absent field filters nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct AttributionFilter {
    /// To this competitor.
    pub competitor: Option<CompetitorId>,
    /// Of this number.
    pub number: Option<Phone>,
}

/// Enters an attribution; the calls of every number of the competitor are
/// judged again.
pub fn create_attribution(
    conn: &mut Conn,
    client: ClientId,
    new: &NewAttribution,
    author: &str,
) -> StoreResult<AttributionRow> {
    competitors::assert_known(conn, client, new.competitor)?;
    baits::assert_no_bait(conn, client, new.number)?;
    let row = AttributionRow {
        client_id: client,
        id: AttributionId(Uuid::now_v7()),
        competitor_id: new.competitor,
        number: new.number,
        role: new.role,
        ground: new.ground.clone(),
        valid_from: new.valid_from,
        valid_to: new.valid_to,
        author: author.to_owned(),
        created_at: now(),
    };
    on!(conn, c => diesel::insert_into(attributions::table).values(row.clone()).execute(c))?;
    note_family(conn, &row)?;
    Ok(row)
}

/// The attributions within reach, in order of id.
pub fn list_attributions(
    conn: &mut Conn,
    reach: Reach,
    filter: AttributionFilter,
    page: Page,
) -> StoreResult<Vec<AttributionRow>> {
    Ok(on!(conn, c => {
        let mut query = attributions::table.select(AttributionRow::as_select()).into_boxed();
        if let Some(client) = reach.client() {
            query = query.filter(attributions::client_id.eq(Db(client)));
        }
        if let Some(competitor) = filter.competitor {
            query = query.filter(attributions::competitor_id.eq(Db(competitor)));
        }
        if let Some(number) = filter.number {
            query = query.filter(attributions::number.eq(Db(number)));
        }
        if let Some(after) = page.after {
            query = query.filter(attributions::id.gt(Db(AttributionId(after))));
        }
        query.order(attributions::id).limit(page.limit).load(c)
    })?)
}

/// One attribution within reach.
pub fn find_attribution(
    conn: &mut Conn,
    reach: Reach,
    id: AttributionId,
) -> StoreResult<AttributionRow> {
    Ok(on!(conn, c => {
        let mut query = attributions::table.select(AttributionRow::as_select()).into_boxed();
        if let Some(client) = reach.client() {
            query = query.filter(attributions::client_id.eq(Db(client)));
        }
        query.filter(attributions::id.eq(Db(id))).first(c)
    })?)
}

/// Changes an attribution; the calls of every number of the competitor in its
/// old and its new validity, and after them, are judged again.
pub fn update_attribution(
    conn: &mut Conn,
    client: ClientId,
    id: AttributionId,
    changes: &AttributionChanges,
) -> StoreResult<AttributionRow> {
    let before = find_attribution(conn, Reach::Client(client), id)?;
    let AttributionChanges { ground, valid_from, valid_to } = changes;
    if ground.is_none() && valid_from.is_none() && valid_to.is_none() {
        return Ok(before);
    }
    let after = on!(conn, c => diesel::update(attributions::table.find((Db(client), Db(id))))
        .set(changes)
        .returning(AttributionRow::as_returning())
        .get_result(c))?;
    note_family(conn, &before)?;
    note_family(conn, &after)?;
    Ok(after)
}

/// All of a client's, as the rules need them.
pub fn attributions_of(conn: &mut Conn, client: ClientId) -> StoreResult<Attributions> {
    let rows: Vec<AttributionRow> = on!(conn, c => attributions::table
        .filter(attributions::client_id.eq(Db(client)))
        .order(attributions::id)
        .select(AttributionRow::as_select())
        .load(c))?;
    Ok(Attributions::new(rows.iter().map(AttributionRow::to_domain)))
}

/// What the bait had to do with the number while it belonged to the competitor
/// bears on every later call of any other of the competitor's numbers, so the
/// change has a beginning and no end.
fn note_family(conn: &mut Conn, row: &AttributionRow) -> StoreResult<()> {
    let change =
        Change::of(ChangeKind::Attributions).with(Some(row.number)).between(row.valid_from, None);
    changes::note(conn, row.client_id, &change)
}
