//! Baits: the SIMs that wait for calls.

use std::collections::{BTreeSet, HashMap};

use baitline_domain::bait::BaitState;
use baitline_domain::ids::{BaitId, ClientId};
use baitline_domain::instant::Instant;
use baitline_domain::observation::BaitName;
use baitline_domain::phone::Phone;
use diesel::prelude::*;
use uuid::Uuid;

use crate::changes::{self, Change};
use crate::conn::{Conn, Reach, on};
use crate::error::{Constraint, StoreResult};
use crate::models::{Bait, BaitChanges, ChangeKind, NewBait};
use crate::observations::join;
use crate::schema::baits;
use crate::sql_types::{Db, db_all};
use crate::{Page, bait_states, clients, now};

/// Which baits a list shows.
#[derive(Debug, Clone, Default)]
pub struct BaitFilter {
    /// With this number.
    pub number: Option<Phone>,
    /// With this reference.
    pub reference: Option<String>,
    /// In this state at this moment.
    pub state: Option<(BaitState, Instant)>,
}

/// Enters a bait; observations that waited for it are joined by the worker.
pub fn create_bait(conn: &mut Conn, client: ClientId, new: &NewBait) -> StoreResult<Bait> {
    let bait = new_row(client, new);
    clients::lock_against_ingest(conn, client)?;
    on!(conn, c => diesel::insert_into(baits::table).values(bait.clone()).execute(c))?;
    changes::note(conn, client, &Change::of(ChangeKind::Bait).on(bait.id.0))?;
    Ok(bait)
}

pub(crate) fn new_row(client: ClientId, new: &NewBait) -> Bait {
    Bait {
        client_id: client,
        id: BaitId(Uuid::now_v7()),
        number: new.number,
        reference: new.reference.clone(),
        operator: new.operator,
        region: new.region.clone(),
        note: new.note.clone(),
        created_at: now(),
        retired_at: None,
        retired_because: None,
    }
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
        if let Some((state, now)) = filter.state {
            query = bait_states::filter_by_state!(query, state, now);
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

/// Refuses the number of one of the client's baits. As an own number it would
/// arm traps that no own call completed, and as a competitor's it would charge a
/// company with calls of the client's own phone.
pub(crate) fn assert_no_bait(conn: &mut Conn, client: ClientId, number: Phone) -> StoreResult<()> {
    if numbers_among(conn, client, &[number])?.is_empty() {
        Ok(())
    } else {
        Err(Constraint::NumberOfABait.into())
    }
}

/// Those of these numbers that are baits of the client.
pub(crate) fn numbers_among(
    conn: &mut Conn,
    client: ClientId,
    numbers: &[Phone],
) -> StoreResult<BTreeSet<Phone>> {
    let rows: Vec<Phone> = on!(conn, c => baits::table
        .filter(baits::client_id.eq(Db(client)))
        .filter(baits::number.eq_any(db_all(numbers)))
        .select(baits::number)
        .load(c))?;
    Ok(rows.into_iter().collect())
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

/// Takes a bait out of use with a reason, or back into use with none. No
/// verdict depends on it; a bait out of use stays so since the first time.
pub fn retire_bait(
    conn: &mut Conn,
    client: ClientId,
    id: BaitId,
    because: Option<&str>,
) -> StoreResult<Bait> {
    let before = find_bait(conn, Reach::Client(client), id)?;
    let retired_at = because.map(|_| before.retired_at.unwrap_or_else(now));
    Ok(on!(conn, c => diesel::update(baits::table.find((Db(client), Db(id))))
        .set((baits::retired_at.eq(retired_at), baits::retired_because.eq(because)))
        .returning(Bait::as_returning())
        .get_result(c))?)
}

/// The client's baits by these names, in one or two statements.
pub fn baits_named(
    conn: &mut Conn,
    client: ClientId,
    names: &[BaitName],
) -> StoreResult<HashMap<BaitName, BaitId>> {
    let (mut numbers, mut references) = (Vec::new(), Vec::new());
    for name in names {
        match name {
            BaitName::Number(phone) => numbers.push(*phone),
            BaitName::Reference(text) => references.push(text.clone()),
        }
    }
    join::named(conn, client, &numbers, &references)
}

/// The numbers of these baits within reach.
pub fn numbers_of(
    conn: &mut Conn,
    reach: Reach,
    ids: &BTreeSet<BaitId>,
) -> StoreResult<HashMap<BaitId, Phone>> {
    let rows: Vec<(BaitId, Phone)> = on!(conn, c => {
        let mut query = baits::table.select((baits::id, baits::number)).into_boxed();
        if let Some(client) = reach.client() {
            query = query.filter(baits::client_id.eq(Db(client)));
        }
        query.filter(baits::id.eq_any(db_all(ids))).load(c)
    })?;
    Ok(rows.into_iter().collect())
}
