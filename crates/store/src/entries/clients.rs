//! Clients, known in a list by their exact name. Nothing else keeps two clients
//! from having one name, so of several the one that was entered first is meant.

use std::collections::HashMap;

use diesel::prelude::*;

use super::{Contradiction, Entered, MAX_ENTRIES, Plan, Purpose};
use crate::clients::{clients_named, new_row};
use crate::conn::{Conn, Reach, on};
use crate::error::StoreResult;
use crate::models::{Client, NewClient};
use crate::schema::clients;

/// The lock of those who enter lists of clients: `clients` in ASCII.
const LIST_LOCK: i64 = 0x0063_6c69_656e_7473;

/// Enters clients, with an outcome for each, in order. Run as the agency.
pub fn enter_clients(
    conn: &mut Conn,
    new: &[NewClient],
    purpose: Purpose,
) -> StoreResult<Vec<Entered>> {
    // No constraint would refuse the same list sent twice at once.
    if purpose == Purpose::Keep {
        conn.lock_key(LIST_LOCK)?;
    }
    let names: Vec<String> = new.iter().map(|new| new.name.clone()).collect();
    let mut plan = Plan::of(clients_named(conn, Reach::Agency, &[], &names)?, purpose);
    let mut places: HashMap<String, usize> = HashMap::new();
    for (place, client) in plan.rows.iter().enumerate() {
        places.entry(client.name.clone()).or_insert(place);
    }
    let entered = new.iter().map(|new| match places.get(&new.name) {
        Some(&place) => {
            let client = &plan.rows[place];
            Entered::known(contradiction(new, client), plan.id(place, client.id.0))
        }
        None => {
            places.insert(new.name.clone(), plan.rows.len());
            let row = new_row(new);
            let id = row.id.0;
            plan.accept(row, id)
        }
    });
    let entered = entered.collect();
    for chunk in plan.new_rows().chunks(MAX_ENTRIES) {
        on!(conn, c => diesel::insert_into(clients::table).values(chunk.to_vec()).execute(c))?;
    }
    Ok(entered)
}

fn contradiction(new: &NewClient, stored: &Client) -> Option<Contradiction> {
    if new.time_zone != stored.time_zone {
        Some(Contradiction::TimeZone)
    } else if new.window_hours != stored.window_hours {
        Some(Contradiction::WindowHours)
    } else {
        None
    }
}
