//! What a verdict depends on beside the call: read for one bucket, by the
//! worker. Contacts are read from the calls of earlier buckets; a bucket whose
//! calls change leaves a change row for each pair, so that whoever read the older
//! ones is recomputed (see `changes::note_contacts`).

use std::collections::{BTreeSet, HashMap};

use baitline_domain::ids::{BaitId, ClientId, ObservationId};
use baitline_domain::instant::Instant;
use baitline_domain::matching::MATCHING_SPAN;
use baitline_domain::observation::{Channel, Direction};
use baitline_domain::own_number::OwnNumber;
use baitline_domain::phone::Phone;
use baitline_domain::verdict::Contact;
use diesel::prelude::*;

use crate::conn::{Conn, on};
use crate::error::StoreResult;
use crate::labels;
use crate::models::{Bait, OwnNumberRow};
use crate::pairs_sql;
use crate::schema::{baits, calls, labels as heard, observations as seen, own_numbers};
use crate::sql_types::{Db, db_all};

/// A bait and a number it had to do with.
pub type Pair = (BaitId, Phone);

/// Earlier than any call: 1970, since the API takes none before 2000.
const BEGINNING_OF_TIME: Instant = Instant(0);

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

/// The contacts with each pair that decide, in calls that began before a moment:
/// the earliest in each direction, and every one in which consent was given.
pub fn contacts_before(
    conn: &mut Conn,
    client: ClientId,
    pairs: &BTreeSet<Pair>,
    before: Instant,
) -> StoreResult<HashMap<Pair, Vec<Contact>>> {
    let mut found = earliest_of(conn, client, pairs, before)?;
    let baits: BTreeSet<BaitId> = pairs.iter().map(|(bait, _)| *bait).collect();
    for (bait, contact) in consents(conn, client, &baits, before)? {
        found.entry((bait, contact.phone)).and_modify(|contacts| contacts.push(contact));
    }
    Ok(found)
}

/// The earliest contact in each direction with each pair, none of them missing.
fn earliest_of(
    conn: &mut Conn,
    client: ClientId,
    pairs: &BTreeSet<Pair>,
    before: Instant,
) -> StoreResult<HashMap<Pair, Vec<Contact>>> {
    let mut found: HashMap<Pair, Vec<Contact>> =
        pairs.iter().map(|pair| (*pair, Vec::new())).collect();
    if let Conn::Postgres(c) = conn {
        for (pair, direction, at) in pairs_sql::earliest_contacts(c, client, pairs, before)? {
            let contact = Contact { phone: pair.1, direction, at, consent_given: false };
            found.entry(pair).or_default().push(contact);
        }
        return Ok(found);
    }
    for (&pair, contacts) in &mut found {
        for direction in [Direction::Incoming, Direction::Outgoing] {
            let period = (BEGINNING_OF_TIME, before);
            if let Some(at) = earliest(conn, client, pair, direction, period)? {
                contacts.push(Contact { phone: pair.1, direction, at, consent_given: false });
            }
        }
    }
    Ok(found)
}

/// The earliest contact with a pair in each direction from each of these
/// moments on, in calls that began before `before`: where a number changes
/// hands, the earliest of all may fall to another owner.
pub fn contacts_from_each(
    conn: &mut Conn,
    client: ClientId,
    (bait, phone): Pair,
    moments: &BTreeSet<Instant>,
    before: Instant,
) -> StoreResult<Vec<Contact>> {
    let mut contacts = Vec::new();
    for &from in moments {
        for direction in [Direction::Incoming, Direction::Outgoing] {
            if let Some(at) = earliest(conn, client, (bait, phone), direction, (from, before))? {
                contacts.push(Contact { phone, direction, at, consent_given: false });
            }
        }
    }
    Ok(contacts)
}

fn earliest(
    conn: &mut Conn,
    client: ClientId,
    (bait, phone): Pair,
    direction: Direction,
    (from, before): (Instant, Instant),
) -> StoreResult<Option<Instant>> {
    Ok(on!(conn, c => calls::table
        .filter(calls::client_id.eq(Db(client)))
        .filter(calls::bait_id.eq(Db(bait)))
        .filter(calls::party_number.eq(Some(phone)))
        .filter(calls::direction.eq(Db(direction)))
        .filter(calls::channel.ne(Db(Channel::Sms)))
        .filter(calls::started_at.ge(Db(from)))
        .filter(calls::started_at.lt(Db(before)))
        .order(calls::started_at)
        .select(calls::started_at)
        .first(c)
        .optional())?)
}

/// The calls of these baits whose latest label says that consent was given. The
/// label may hang on an observation that hides the caller, so only the call tells
/// whose consent it is.
fn consents(
    conn: &mut Conn,
    client: ClientId,
    baits: &BTreeSet<BaitId>,
    before: Instant,
) -> StoreResult<Vec<(BaitId, Contact)>> {
    let candidates: Vec<(ObservationId, Instant, Option<BaitId>)> = on!(conn, c => heard::table
        .inner_join(seen::table.on(seen::client_id
            .eq(heard::client_id)
            .and(seen::id.eq(heard::observation_id))))
        .filter(heard::client_id.eq(Db(client)))
        .filter(heard::consent_given)
        .filter(seen::bait_id.eq_any(baits.iter().copied().map(Some)))
        .filter(seen::occurred_at.lt(Db(before + MATCHING_SPAN)))
        .select((seen::id, seen::occurred_at, seen::bait_id))
        .distinct()
        .load(c))?;
    let mut contacts = Vec::new();
    for (id, occurred_at, bait) in candidates {
        let Some(bait) = bait else { continue };
        let found = crate::calls::call_of(conn, client, bait, (id, occurred_at))?;
        let Some(call) = found.map(|found| found.call) else { continue };
        let latest = labels::labels_of(conn, client, &call.observations)?.pop();
        let consent_given = latest.is_some_and(|label| label.consent_given);
        if let (Some(phone), true, true) =
            (call.party.phone(), consent_given, call.started_at < before)
        {
            let (direction, at) = (call.direction, call.started_at);
            contacts.push((bait, Contact { phone, direction, at, consent_given }));
        }
    }
    Ok(contacts)
}
