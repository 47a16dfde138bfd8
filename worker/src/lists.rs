//! The client's lists as the verdicts of a period need them: read once for a bucket,
//! asked for one caller at a time.

use std::collections::{BTreeSet, HashMap};

use baitline_domain::competitor::Attributions;
use baitline_domain::ids::{BaitId, ClientId};
use baitline_domain::instant::Instant;
use baitline_domain::observation::Direction;
use baitline_domain::phone::Phone;
use baitline_domain::verdict::{AllowEntry, Attribution, Contact, PortabilityAnswer, Visit};
use baitline_store::facts::{self, Pair};
use baitline_store::models::ContaminationRow;
use baitline_store::{Conn, StoreResult, allow_list, attributions, contaminations, portability};

/// What people have entered that bears on the period.
pub(crate) struct Lists {
    pub(crate) allow_list: Vec<AllowEntry>,
    attributions: Attributions,
    visits: HashMap<BaitId, Vec<Visit>>,
    portability: HashMap<Phone, Vec<PortabilityAnswer>>,
    /// From before the period and logged by hand: with the callers to judge, and with
    /// every number of their competitors.
    contacts: HashMap<Pair, Vec<Contact>>,
}

impl Lists {
    /// Reads what the verdicts on these pairs rest on.
    pub(crate) fn of(
        conn: &mut Conn,
        client: ClientId,
        pairs: &BTreeSet<Pair>,
        (from, to): (Instant, Instant),
    ) -> StoreResult<Self> {
        let attributions = attributions::attributions_of(conn, client)?;
        let related: BTreeSet<Pair> = pairs
            .iter()
            .flat_map(|&(bait, caller)| relatives(&attributions, bait, caller))
            .collect();
        let baits: BTreeSet<BaitId> = pairs.iter().map(|(bait, _)| *bait).collect();
        let callers: BTreeSet<Phone> = pairs.iter().map(|(_, caller)| *caller).collect();
        let mut lists = Self {
            allow_list: allow_list::allow_list_of(conn, client)?,
            visits: HashMap::new(),
            portability: portability::answers_of(conn, client, &callers)?,
            contacts: contacts(conn, client, &related, &attributions, from)?,
            attributions,
        };
        for row in contaminations::contaminations_of(conn, client, &baits, to)? {
            lists.log(&row);
        }
        Ok(lists)
    }

    fn log(&mut self, row: &ContaminationRow) {
        let (bait, at) = (row.bait_id, row.occurred_at);
        if let Some(competitor) = row.competitor_id {
            self.visits.entry(bait).or_default().push(Visit { competitor, at });
        }
        if let Some(phone) = row.number {
            let (direction, consent_given) = (Direction::Outgoing, false);
            self.add_contact(bait, Contact { phone, direction, at, consent_given });
        }
    }

    /// Adds a contact, if any verdict may rest on it.
    pub(crate) fn add_contact(&mut self, bait: BaitId, contact: Contact) {
        if let Some(contacts) = self.contacts.get_mut(&(bait, contact.phone)) {
            contacts.push(contact);
        }
    }

    /// The bait's visits to competitors' sites.
    pub(crate) fn visits_of(&self, bait: BaitId) -> &[Visit] {
        self.visits.get(&bait).map_or(&[], Vec::as_slice)
    }

    /// What look-ups said of a number.
    pub(crate) fn answers_of(&self, number: Phone) -> &[PortabilityAnswer] {
        self.portability.get(&number).map_or(&[], Vec::as_slice)
    }

    /// The bait's dealings with a caller and with its relatives, and whose
    /// numbers these are.
    pub(crate) fn dealings_of(
        &self,
        bait: BaitId,
        caller: Phone,
    ) -> (Vec<Contact>, Vec<Attribution>) {
        let (mut contacts, mut attributions) = (Vec::new(), Vec::new());
        for relative in self.attributions.family_of(caller) {
            attributions.extend_from_slice(self.attributions.of(relative));
            let with_it = self.contacts.get(&(bait, relative));
            contacts.extend_from_slice(with_it.map_or(&[], Vec::as_slice));
        }
        (contacts, attributions)
    }
}

fn relatives(attributions: &Attributions, bait: BaitId, caller: Phone) -> BTreeSet<Pair> {
    attributions.family_of(caller).into_iter().map(|relative| (bait, relative)).collect()
}

/// The contacts in calls that began before a moment. Of a number that changes hands, the first one
/// under every owner counts, not only the first of all.
fn contacts(
    conn: &mut Conn,
    client: ClientId,
    related: &BTreeSet<Pair>,
    attributions: &Attributions,
    before: Instant,
) -> StoreResult<HashMap<Pair, Vec<Contact>>> {
    let mut found = facts::contacts_before(conn, client, related, before)?;
    for (&(bait, number), contacts) in &mut found {
        let moments = attributions.turning_points(number);
        let later = facts::contacts_from_each(conn, client, (bait, number), &moments, before)?;
        contacts.extend(later);
    }
    Ok(found)
}
