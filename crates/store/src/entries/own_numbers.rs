//! Own numbers, known by their range and validity: a number may be the client's
//! in one time for one use and in another for another.

use std::collections::{BTreeSet, HashMap};

use baitline_domain::ids::ClientId;
use baitline_domain::instant::Instant;
use baitline_domain::phone::Phone;
use diesel::prelude::*;

use super::{Contradiction, Entered, MAX_ENTRIES, Plan, Purpose, differs};
use crate::changes::{self, Change};
use crate::conn::{Conn, on};
use crate::error::StoreResult;
use crate::models::{ChangeKind, NewOwnNumber, OwnNumberRow};
use crate::own_numbers::new_row;
use crate::schema::own_numbers;
use crate::sql_types::{Db, db_all};
use crate::{baits, clients};

/// Enters own numbers, with an outcome for each, in order; calls in the
/// validity of new ones are judged again.
pub fn enter_own_numbers(
    conn: &mut Conn,
    client: ClientId,
    new: &[NewOwnNumber],
    purpose: Purpose,
) -> StoreResult<Vec<Entered>> {
    if purpose == Purpose::Keep {
        clients::lock_for_entry(conn, client)?;
    }
    let singles: Vec<Phone> =
        new.iter().filter(|new| new.first == new.last).map(|new| new.first).collect();
    let of_baits = baits::numbers_among(conn, client, &singles)?;
    let mut plan = Plan::of(known(conn, client, new)?, purpose);
    let mut places: HashMap<(Phone, Phone), Vec<usize>> = HashMap::new();
    for (place, row) in plan.rows.iter().enumerate() {
        places.entry((row.first_number, row.last_number)).or_default().push(place);
    }
    let entered = new.iter().map(|new| {
        if new.first == new.last && of_baits.contains(&new.first) {
            return Entered::conflict(Contradiction::NumberOfABait, None);
        }
        let of_range = places.entry((new.first, new.last)).or_default();
        if let Some((place, contradiction)) = judge(new, &plan.rows, of_range) {
            return Entered::known(contradiction, plan.id(place, plan.rows[place].id.0));
        }
        of_range.push(plan.rows.len());
        let row = new_row(client, new);
        let id = row.id.0;
        plan.accept(row, id)
    });
    let entered = entered.collect();
    for chunk in plan.new_rows().chunks(MAX_ENTRIES) {
        on!(conn, c => diesel::insert_into(own_numbers::table).values(chunk.to_vec()).execute(c))?;
    }
    let periods: BTreeSet<_> =
        plan.new_rows().iter().map(|row| (row.valid_from, row.valid_to)).collect();
    let changes =
        periods.into_iter().map(|(from, to)| Change::of(ChangeKind::OwnNumbers).between(from, to));
    changes::note_all(conn, client, changes)?;
    Ok(entered)
}

/// The client's own numbers that begin where any of these does.
fn known(
    conn: &mut Conn,
    client: ClientId,
    new: &[NewOwnNumber],
) -> StoreResult<Vec<OwnNumberRow>> {
    let first = db_all(new.iter().map(|new| &new.first));
    Ok(on!(conn, c => own_numbers::table
        .filter(own_numbers::client_id.eq(Db(client)))
        .filter(own_numbers::first_number.eq_any(first))
        .order(own_numbers::id)
        .select(OwnNumberRow::as_select())
        .load(c))?)
}

/// The stored one that says the same, else one that contradicts.
fn judge(
    new: &NewOwnNumber,
    rows: &[OwnNumberRow],
    of_range: &[usize],
) -> Option<(usize, Option<Contradiction>)> {
    let overlapping = of_range.iter().copied().filter(|place| overlaps(new, &rows[*place]));
    let judged: Vec<_> =
        overlapping.map(|place| (place, contradiction(new, &rows[place]))).collect();
    let same = judged.iter().find(|(_, contradiction)| contradiction.is_none());
    same.or(judged.first()).copied()
}

fn overlaps(new: &NewOwnNumber, stored: &OwnNumberRow) -> bool {
    let ends_before = |to: Option<Instant>, from: Option<Instant>| {
        to.zip(from).is_some_and(|(to, from)| to <= from)
    };
    !ends_before(new.valid_to, stored.valid_from) && !ends_before(stored.valid_to, new.valid_from)
}

fn contradiction(new: &NewOwnNumber, stored: &OwnNumberRow) -> Option<Contradiction> {
    if new.kind != stored.kind {
        Some(Contradiction::Kind)
    } else if (new.valid_from, new.valid_to) != (stored.valid_from, stored.valid_to) {
        Some(Contradiction::Validity)
    } else if differs(new.vendor.as_ref(), stored.vendor.as_ref()) {
        Some(Contradiction::Vendor)
    } else if differs(new.note.as_ref(), stored.note.as_ref()) {
        Some(Contradiction::Note)
    } else {
        None
    }
}
