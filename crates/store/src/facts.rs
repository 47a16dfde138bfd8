//! What a verdict depends on beside the call: read for one bucket, by the
//! worker. Contacts are read from observations, not from calls, so that two
//! workers on two buckets never rest on each other's unfinished work.

use std::collections::BTreeSet;

use baitline_domain::ids::{BaitId, ClientId, ObservationId};
use baitline_domain::instant::{Day, Instant};
use baitline_domain::observation::{Channel, Direction};
use baitline_domain::own_number::OwnNumber;
use baitline_domain::phone::Phone;
use baitline_domain::verdict::Contact;
use diesel::prelude::*;

use crate::buckets::{self, DayFilter};
use crate::conn::{Conn, on};
use crate::error::StoreResult;
use crate::labels;
use crate::models::{Bait, OwnNumberRow};
use crate::schema::{baits, labels as heard, observations as seen, own_numbers};
use crate::sql_types::{Db, db_all};

/// A bait and a number it had to do with.
pub type Pair = (BaitId, Phone);

/// The contacts of one bait with one number that decide: the earliest in each
/// direction, and every one in which consent was given.
#[derive(Debug, Clone)]
pub struct PairContacts {
    /// Bait and number.
    pub pair: Pair,
    /// In no particular order.
    pub contacts: Vec<Contact>,
}

/// Every own number of a client.
pub fn own_numbers(conn: &mut Conn, client: ClientId) -> StoreResult<Vec<OwnNumber>> {
    let rows: Vec<OwnNumberRow> = on!(conn, c => own_numbers::table
        .filter(own_numbers::client_id.eq(Db(client)))
        .order(own_numbers::id)
        .select(OwnNumberRow::as_select())
        .load(c))?;
    Ok(rows.iter().map(OwnNumberRow::to_domain).collect())
}

/// These baits of a client.
pub fn baits_of(
    conn: &mut Conn,
    client: ClientId,
    ids: &BTreeSet<BaitId>,
) -> StoreResult<Vec<Bait>> {
    Ok(on!(conn, c => baits::table
        .filter(baits::client_id.eq(Db(client)))
        .filter(baits::id.eq_any(db_all(ids)))
        .order(baits::id)
        .select(Bait::as_select())
        .load(c))?)
}

/// The contacts that decide for each pair.
pub fn contacts(
    conn: &mut Conn,
    client: ClientId,
    pairs: &BTreeSet<Pair>,
) -> StoreResult<Vec<PairContacts>> {
    let mut found = Vec::with_capacity(pairs.len());
    for &(bait, phone) in pairs {
        let mut contacts = Vec::new();
        for direction in [Direction::Incoming, Direction::Outgoing] {
            if let Some(at) = earliest(conn, client, (bait, phone), direction)? {
                contacts.push(Contact { phone, direction, at, consent_given: false });
            }
        }
        contacts.extend(consents(conn, client, (bait, phone))?);
        found.push(PairContacts { pair: (bait, phone), contacts });
    }
    Ok(found)
}

fn earliest(
    conn: &mut Conn,
    client: ClientId,
    (bait, phone): Pair,
    direction: Direction,
) -> StoreResult<Option<Instant>> {
    Ok(on!(conn, c => seen::table
        .filter(seen::client_id.eq(Db(client)))
        .filter(seen::bait_id.eq(Some(bait)))
        .filter(seen::party_number.eq(Some(phone)))
        .filter(seen::direction.eq(Some(direction)))
        .filter(seen::channel.ne(Db(Channel::Sms)))
        .order(seen::occurred_at)
        .select(seen::occurred_at)
        .first(c)
        .optional())?)
}

/// Contacts whose latest label says that consent was given.
fn consents(conn: &mut Conn, client: ClientId, (bait, phone): Pair) -> StoreResult<Vec<Contact>> {
    let candidates: Vec<(ObservationId, Instant, Option<Direction>)> = on!(conn, c => heard::table
        .inner_join(seen::table.on(seen::client_id
            .eq(heard::client_id)
            .and(seen::id.eq(heard::observation_id))))
        .filter(heard::client_id.eq(Db(client)))
        .filter(heard::consent_given.eq(true))
        .filter(seen::bait_id.eq(Some(bait)))
        .filter(seen::party_number.eq(Some(phone)))
        .select((seen::id, seen::occurred_at, seen::direction))
        .distinct()
        .load(c))?;
    let mut contacts = Vec::new();
    for (id, at, direction) in candidates {
        let latest = labels::labels_of(conn, client, &[id])?.pop();
        if let (Some(direction), true) = (direction, latest.is_some_and(|one| one.consent_given)) {
            contacts.push(Contact { phone, direction, at, consent_given: true });
        }
    }
    Ok(contacts)
}

/// The days after `day` on which a pair has observations: their verdicts may
/// rest on contacts of `day`.
pub fn later_days(
    conn: &mut Conn,
    client: ClientId,
    (bait, phone): Pair,
    day: Day,
) -> StoreResult<BTreeSet<Day>> {
    let filter =
        DayFilter { bait: Some(bait), party: Some(phone), from: Some(day.end()), to: None };
    let mut days = buckets::days_with_observations(conn, client, &filter)?;
    days.retain(|later| *later > day);
    Ok(days)
}
