//! Baits, known by their number.

use std::collections::HashMap;

use baitline_domain::ids::ClientId;
use baitline_domain::phone::Phone;
use diesel::prelude::*;

use super::{Contradiction, Entered, MAX_ENTRIES, Plan, Purpose, differs};
use crate::baits::new_row;
use crate::changes::{self, Change};
use crate::clients;
use crate::conn::{Conn, on};
use crate::error::StoreResult;
use crate::models::{Bait, ChangeKind, NewBait};
use crate::schema::baits;
use crate::sql_types::{Db, db_all};

/// Enters baits, with an outcome for each, in order. Observations that waited
/// for any of them are joined by the worker.
pub fn enter_baits(
    conn: &mut Conn,
    client: ClientId,
    new: &[NewBait],
    purpose: Purpose,
) -> StoreResult<Vec<Entered>> {
    if purpose == Purpose::Keep {
        clients::lock_against_ingest(conn, client)?;
    }
    let mut plan = BaitPlan::of(known(conn, client, new)?, purpose);
    let entered = new.iter().map(|new| plan.add(client, new)).collect();
    for chunk in plan.plan.new_rows().chunks(MAX_ENTRIES) {
        on!(conn, c => diesel::insert_into(baits::table).values(chunk.to_vec()).execute(c))?;
    }
    if !plan.plan.new_rows().is_empty() {
        changes::note(conn, client, &Change::of(ChangeKind::Bait))?;
    }
    Ok(entered)
}

/// The client's baits with any of the numbers or references.
fn known(conn: &mut Conn, client: ClientId, new: &[NewBait]) -> StoreResult<Vec<Bait>> {
    let numbers = db_all(new.iter().map(|new| &new.number));
    let references: Vec<&String> = new.iter().filter_map(|new| new.reference.as_ref()).collect();
    Ok(on!(conn, c => baits::table
        .filter(baits::client_id.eq(Db(client)))
        .filter(baits::number.eq_any(&numbers).or(baits::reference.eq_any(&references).assume_not_null()))
        .select(Bait::as_select())
        .load(c))?)
}

/// What is known, by number and by reference.
struct BaitPlan {
    plan: Plan<Bait>,
    by_number: HashMap<Phone, usize>,
    by_reference: HashMap<String, usize>,
}

impl BaitPlan {
    fn of(known: Vec<Bait>, purpose: Purpose) -> Self {
        let (by_number, by_reference) = (HashMap::new(), HashMap::new());
        let mut plan = Self { plan: Plan::of(known, purpose), by_number, by_reference };
        for place in 0..plan.plan.rows.len() {
            plan.index(place);
        }
        plan
    }

    fn index(&mut self, place: usize) {
        let bait = &self.plan.rows[place];
        self.by_number.insert(bait.number, place);
        if let Some(reference) = &bait.reference {
            self.by_reference.insert(reference.clone(), place);
        }
    }

    fn add(&mut self, client: ClientId, new: &NewBait) -> Entered {
        if let Some(&place) = self.by_number.get(&new.number) {
            let bait = &self.plan.rows[place];
            return Entered::known(contradiction(new, bait), self.plan.id(place, bait.id.0));
        }
        let holder = new.reference.as_ref().and_then(|name| self.by_reference.get(name));
        if let Some(&place) = holder {
            let id = self.plan.id(place, self.plan.rows[place].id.0);
            return Entered::conflict(Contradiction::ReferenceTaken, id);
        }
        let row = new_row(client, new);
        let id = row.id.0;
        let entered = self.plan.accept(row, id);
        self.index(self.plan.rows.len() - 1);
        entered
    }
}

fn contradiction(new: &NewBait, stored: &Bait) -> Option<Contradiction> {
    if differs(new.reference.as_ref(), stored.reference.as_ref()) {
        Some(Contradiction::Reference)
    } else if differs(new.operator.as_ref(), stored.operator.as_ref()) {
        Some(Contradiction::Operator)
    } else if differs(new.region.as_ref(), stored.region.as_ref()) {
        Some(Contradiction::Region)
    } else if differs(new.note.as_ref(), stored.note.as_ref()) {
        Some(Contradiction::Note)
    } else {
        None
    }
}
