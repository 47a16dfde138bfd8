//! What a bait's user did with competitors and no record of its calls shows.
//! One that was logged by mistake is withdrawn, with a reason, and stays.

use std::collections::BTreeSet;

use baitline_domain::ids::{BaitId, ClientId, ContaminationId};
use baitline_domain::instant::Instant;
use diesel::prelude::*;
use uuid::Uuid;

use crate::changes::{self, Change};
use crate::conn::{Conn, Reach, on};
use crate::error::{Constraint, StoreError, StoreResult};
use crate::models::{ChangeKind, ContaminationKind, ContaminationRow, Dealing, NewContamination};
use crate::schema::contaminations;
use crate::sql_types::{Db, db_all};
use crate::{Page, baits, competitors, now};

/// Logs a contamination; the bait's later calls are judged again.
pub fn create_contamination(
    conn: &mut Conn,
    client: ClientId,
    new: &NewContamination,
    author: &str,
) -> StoreResult<ContaminationRow> {
    match baits::find_bait(conn, Reach::Client(client), new.bait) {
        Err(StoreError::NotFound) => return Err(Constraint::UnknownBait.into()),
        other => other?,
    };
    let (kind, number, competitor_id) = match new.dealing {
        Dealing::OutgoingCall(number) => (ContaminationKind::OutgoingCall, Some(number), None),
        Dealing::SiteVisit(id) => {
            competitors::assert_known(conn, client, id)?;
            (ContaminationKind::SiteVisit, None, Some(id))
        }
    };
    let row = ContaminationRow {
        client_id: client,
        id: ContaminationId(Uuid::now_v7()),
        bait_id: new.bait,
        kind,
        occurred_at: new.occurred_at,
        number,
        competitor_id,
        note: new.note.clone(),
        author: author.to_owned(),
        withdrawn_because: None,
        created_at: now(),
    };
    on!(conn, c => diesel::insert_into(contaminations::table).values(row.clone()).execute(c))?;
    note_later_calls(conn, &row)?;
    Ok(row)
}

/// The contaminations within reach, of one bait where it is given, in order of id.
pub fn list_contaminations(
    conn: &mut Conn,
    reach: Reach,
    bait: Option<BaitId>,
    page: Page,
) -> StoreResult<Vec<ContaminationRow>> {
    Ok(on!(conn, c => {
        let mut query = contaminations::table.select(ContaminationRow::as_select()).into_boxed();
        if let Some(client) = reach.client() {
            query = query.filter(contaminations::client_id.eq(Db(client)));
        }
        if let Some(bait) = bait {
            query = query.filter(contaminations::bait_id.eq(Db(bait)));
        }
        if let Some(after) = page.after {
            query = query.filter(contaminations::id.gt(Db(ContaminationId(after))));
        }
        query.order(contaminations::id).limit(page.limit).load(c)
    })?)
}

/// One contamination within reach.
pub fn find_contamination(
    conn: &mut Conn,
    reach: Reach,
    id: ContaminationId,
) -> StoreResult<ContaminationRow> {
    Ok(on!(conn, c => {
        let mut query = contaminations::table.select(ContaminationRow::as_select()).into_boxed();
        if let Some(client) = reach.client() {
            query = query.filter(contaminations::client_id.eq(Db(client)));
        }
        query.filter(contaminations::id.eq(Db(id))).first(c)
    })?)
}

/// Withdraws a contamination with a reason, or lets it count again with none;
/// the bait's later calls are judged again.
pub fn withdraw_contamination(
    conn: &mut Conn,
    client: ClientId,
    id: ContaminationId,
    because: Option<&str>,
) -> StoreResult<ContaminationRow> {
    let row = on!(conn, c => diesel::update(contaminations::table.find((Db(client), Db(id))))
        .set(contaminations::withdrawn_because.eq(because))
        .returning(ContaminationRow::as_returning())
        .get_result(c))?;
    note_later_calls(conn, &row)?;
    Ok(row)
}

/// What these baits had to do with competitors before a moment, without what
/// was withdrawn.
pub fn contaminations_of(
    conn: &mut Conn,
    client: ClientId,
    baits: &BTreeSet<BaitId>,
    before: Instant,
) -> StoreResult<Vec<ContaminationRow>> {
    Ok(on!(conn, c => contaminations::table
        .filter(contaminations::client_id.eq(Db(client)))
        .filter(contaminations::bait_id.eq_any(db_all(baits)))
        .filter(contaminations::occurred_at.lt(Db(before)))
        .filter(contaminations::withdrawn_because.is_null())
        .order(contaminations::id)
        .select(ContaminationRow::as_select())
        .load(c))?)
}

/// A logged call reaches as far as one in the records; a visit may bear on any
/// number that is or will be attributed to the competitor.
fn note_later_calls(conn: &mut Conn, row: &ContaminationRow) -> StoreResult<()> {
    let kind = match row.kind {
        ContaminationKind::OutgoingCall => ChangeKind::Contacts,
        ContaminationKind::SiteVisit => ChangeKind::Visits,
    };
    let change =
        Change::of(kind).on(row.bait_id.0).with(row.number).between(Some(row.occurred_at), None);
    changes::note(conn, row.client_id, &change)
}
