//! What makes a call background, and what the bait had to do with the caller
//! before: taints and prior contacts.

use super::{Attribution, Circumstances, Contact, Reason};
use crate::call::Call;
use crate::ids::CompetitorId;
use crate::instant::Instant;
use crate::observation::{Channel, Direction};
use crate::phone::Phone;

/// Why no trap could make an interception of this call; the first reason that
/// holds, since the later questions make no sense after it.
pub(super) fn before_any_trap(call: &Call, circumstances: &Circumstances<'_>) -> Option<Reason> {
    if call.direction == Direction::Outgoing {
        return Some(Reason::Outgoing);
    }
    if call.channel != Channel::Pstn {
        return Some(Reason::Channel);
    }
    let caller = call.party.phone()?;
    let at = call.started_at;
    if circumstances.own_numbers.iter().any(|own| own.covers(caller, at)) {
        return Some(Reason::OwnNumber);
    }
    let allows = |entry: &super::AllowEntry| entry.allows(caller, at);
    circumstances.allow_list.iter().any(allows).then_some(Reason::AllowListed)
}

/// The caller's side as this bait knew it before the call.
pub(super) struct Dealings<'a> {
    call: &'a Call,
    circumstances: &'a Circumstances<'a>,
    /// The caller, where it is a number; nothing can be said of others.
    caller: Option<Phone>,
    /// Whose number it is at the call's time, sorted.
    competitors: Vec<CompetitorId>,
}

impl<'a> Dealings<'a> {
    pub(super) fn of(call: &'a Call, circumstances: &'a Circumstances<'a>) -> Self {
        let caller = call.party.phone();
        let competitors = caller.map_or_else(Vec::new, |phone| {
            competitors_of(phone, call.started_at, circumstances.attributions)
        });
        Self { call, circumstances, caller, competitors }
    }

    /// Every taint that holds: a caller the bait had dealt with may call it.
    pub(super) fn taints(&self) -> Vec<Reason> {
        let mut taints = Vec::new();
        if self.earlier_contacts().any(|contact| {
            contact.direction == Direction::Outgoing && self.is_exclusively_theirs(contact)
        }) {
            taints.push(Reason::TaintedByCall);
        }
        if self.circumstances.visits.iter().any(|visit| {
            visit.at < self.call.started_at && self.competitors.contains(&visit.competitor)
        }) {
            taints.push(Reason::TaintedByVisit);
        }
        if self
            .earlier_contacts()
            .any(|contact| contact.consent_given && self.is_exclusively_theirs(contact))
        {
            taints.push(Reason::TaintedByConsent);
        }
        taints
    }

    /// Whether the caller, or a number of the same competitor, had called the
    /// bait before the trap's first exposure: then the trap leaked nothing new.
    pub(super) fn has_called_before(&self, first_exposure: Option<Instant>) -> bool {
        self.circumstances.contacts.iter().any(|contact| {
            contact.direction == Direction::Incoming
                && first_exposure.is_some_and(|first| contact.at < first)
                && self.is_theirs(contact)
        })
    }

    /// Whose number the caller's is at the call's time, sorted.
    pub(super) fn into_competitors(self) -> Vec<CompetitorId> {
        self.competitors
    }

    fn earlier_contacts(&self) -> impl Iterator<Item = &Contact> {
        self.circumstances.contacts.iter().filter(|contact| contact.at < self.call.started_at)
    }

    /// The caller's own number, or one of any of its competitors then.
    fn is_theirs(&self, contact: &Contact) -> bool {
        self.caller == Some(contact.phone)
            || self.others_of(contact).iter().any(|owner| self.competitors.contains(owner))
    }

    /// The caller's own number, or one that belonged to nobody but one of its
    /// competitors then: a call centre's number, which serves several, says
    /// nothing of which of them the bait dealt with.
    fn is_exclusively_theirs(&self, contact: &Contact) -> bool {
        self.caller == Some(contact.phone)
            || matches!(self.others_of(contact)[..], [owner] if self.competitors.contains(&owner))
    }

    fn others_of(&self, contact: &Contact) -> Vec<CompetitorId> {
        if self.competitors.is_empty() {
            return Vec::new();
        }
        competitors_of(contact.phone, contact.at, self.circumstances.attributions)
    }
}

/// The competitors a number belongs to at a time, each once.
fn competitors_of(phone: Phone, at: Instant, attributions: &[Attribution]) -> Vec<CompetitorId> {
    let holds = |attribution: &&Attribution| {
        attribution.phone == phone
            && attribution.valid_from.is_none_or(|from| from <= at)
            && attribution.valid_to.is_none_or(|to| at < to)
    };
    let mut competitors: Vec<CompetitorId> =
        attributions.iter().filter(holds).map(|attribution| attribution.competitor).collect();
    competitors.sort_unstable();
    competitors.dedup();
    competitors
}
