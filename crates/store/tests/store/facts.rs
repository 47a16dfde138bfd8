//! What a verdict depends on beside its call: the contacts that decide, and
//! the later days that rest on a day's contacts.

use std::collections::{BTreeMap, BTreeSet};

use baitline_domain::call::Call;
use baitline_domain::ids::BaitId;
use baitline_domain::instant::{Day, Instant};
use baitline_domain::label::LabelKind;
use baitline_domain::observation::{Channel, Direction};
use baitline_domain::phone::Phone;
use baitline_domain::verdict::Contact;
use baitline_store::facts::{self, Pair};
use baitline_store::models::NewLabel;
use baitline_store::{calls, changes, labels, recordings};
use baitline_testkit::on_both;

use crate::support::{Opened, at, open, phone, report};
use crate::world::{CALLER, Furnished, background, call, furnish, judged, new_label, recording};

/// When the verdict is made.
const LATER: &str = "2026-11-20T12:00:00Z";

fn stranger() -> Phone {
    phone(74_957_654_321)
}

/// A call of the stranger that was reported and judged.
fn keep(
    opened: &Opened,
    of: &Furnished,
    bait: BaitId,
    text: &str,
    shape: fn(Call) -> Call,
) -> Call {
    let called = if bait == of.bait.id { "+79001112233" } else { "+79004445566" };
    let seen = report(&of.source, text, ("+74957654321", called), at(text));
    opened.ingest(of.client.id, std::slice::from_ref(&seen));
    let call = shape(call(bait, seen.id, stranger(), at(text)));
    let kept = judged(of, call.clone(), background());
    let (client, day) = (of.client.id, at(text).day());
    opened.agency(|conn| calls::replace_day(conn, client, day, std::slice::from_ref(&kept)));
    call
}

fn plainly(call: Call) -> Call {
    call
}

fn outgoing(call: Call) -> Call {
    Call { direction: Direction::Outgoing, ..call }
}

fn message(call: Call) -> Call {
    Call { channel: Channel::Sms, ..call }
}

fn contacts(opened: &Opened, of: &Furnished, bait: BaitId, before: Instant) -> Vec<Contact> {
    let pairs: BTreeSet<Pair> = [(bait, stranger())].into();
    let client = of.client.id;
    let mut found = opened.agency(|conn| facts::contacts_before(conn, client, &pairs, before));
    assert_eq!(found.len(), 1);
    found.remove(&(bait, stranger())).unwrap()
}

fn contact(direction: Direction, text: &str) -> Contact {
    Contact { phone: stranger(), direction, at: at(text), consent_given: false }
}

/// Says what was heard in a call.
fn hear(opened: &Opened, of: &Furnished, call: &Call, consent_given: bool) {
    let client = of.client.id;
    let recorded = recording(client, call.id, 5);
    opened.as_client(client, |conn| recordings::put_recording(conn, &recorded));
    let new = NewLabel { consent_given, ..new_label(LabelKind::Service) };
    opened.as_client(client, |conn| labels::add_label(conn, client, call, &new, "ключ"));
}

#[test]
fn the_earliest_call_in_each_direction_decides_and_messages_do_not() {
    on_both(|database| {
        let opened = open(database);
        let furnished = furnish(&opened, "наш");
        let bait = furnished.bait.id;
        assert_eq!(contacts(&opened, &furnished, bait, at(LATER)), []);
        keep(&opened, &furnished, bait, "2026-11-09T12:00:00Z", message);
        keep(&opened, &furnished, bait, "2026-11-12T12:00:00Z", plainly);
        keep(&opened, &furnished, bait, "2026-11-11T12:00:00Z", plainly);
        keep(&opened, &furnished, bait, "2026-11-13T12:00:00Z", outgoing);
        keep(&opened, &furnished, bait, "2026-11-14T12:00:00Z", outgoing);
        let incoming = contact(Direction::Incoming, "2026-11-11T12:00:00Z");
        let outgoing = contact(Direction::Outgoing, "2026-11-13T12:00:00Z");
        let found = |before: &str| contacts(&opened, &furnished, bait, at(before));
        assert_eq!(found(LATER), [incoming.clone(), outgoing]);
        assert_eq!(found("2026-11-13T12:00:00Z"), [incoming], "not what came at that moment");
        assert_eq!(found("2026-11-11T12:00:00Z"), []);
    });
}

#[test]
fn consent_counts_as_long_as_the_latest_label_says_so() {
    on_both(|database| {
        let opened = open(database);
        let furnished = furnish(&opened, "наш");
        let bait = furnished.bait.id;
        let heard = keep(&opened, &furnished, bait, "2026-11-12T12:00:00Z", plainly);
        let plain = contact(Direction::Incoming, "2026-11-12T12:00:00Z");
        let consent = Contact { consent_given: true, ..plain.clone() };
        hear(&opened, &furnished, &heard, true);
        let found = |before| contacts(&opened, &furnished, bait, before);
        assert_eq!(found(at(LATER)), [plain.clone(), consent]);
        assert_eq!(found(heard.started_at), [], "a call is no contact before itself");
        hear(&opened, &furnished, &heard, false);
        assert_eq!(found(at(LATER)), [plain]);
    });
}

#[test]
fn another_bait_and_another_clients_bait_are_no_contacts_of_this_one() {
    on_both(|database| {
        let opened = open(database);
        let (ours, theirs) = (furnish(&opened, "наш"), furnish(&opened, "чужой"));
        let second = opened.bait(ours.client.id, 79_004_445_566).id;
        keep(&opened, &ours, second, "2026-11-12T12:00:00Z", plainly);
        let heard = keep(&opened, &theirs, theirs.bait.id, "2026-11-12T12:00:00Z", plainly);
        hear(&opened, &theirs, &heard, true);
        assert_eq!(contacts(&opened, &ours, ours.bait.id, at(LATER)), []);
        assert_eq!(contacts(&opened, &ours, second, at(LATER)).len(), 1);
        assert_eq!(contacts(&opened, &theirs, theirs.bait.id, at(LATER)).len(), 2);
    });
}

#[test]
fn a_changed_day_touches_the_later_days_of_its_pairs_and_not_itself() {
    on_both(|database| {
        let opened = open(database);
        let furnished = furnish(&opened, "наш");
        let (client, bait) = (furnished.client.id, furnished.bait.id);
        let days: BTreeMap<&str, Day> = ["2026-11-12T12:00:00Z", "2026-11-20T12:00:00Z"]
            .map(|text| (text, at(text).day()))
            .into();
        for text in days.keys() {
            keep(&opened, &furnished, bait, text, plainly);
        }
        opened.settle_all();
        let changed = days["2026-11-12T12:00:00Z"];
        let touched = |pairs: &[Pair]| {
            let pairs = pairs.iter().copied().collect();
            opened.agency(|conn| changes::note_contacts(conn, client, &pairs, changed));
            opened.expand_all();
            let days = opened.waiting_days(client);
            opened.settle_all();
            days
        };
        let found = touched(&[(bait, stranger())]);
        assert!(found.contains(&days["2026-11-20T12:00:00Z"].0), "{found:?}");
        assert!(found.iter().all(|day| *day > changed.0), "{found:?}");
        // The furnished caller rang on the tenth, before the day that changed.
        assert_eq!(touched(&[(bait, phone(CALLER))]), crate::support::NO_DAYS);
        let many: Vec<Pair> = (0..1_200).map(|n| (bait, phone(74_950_000_000 + n))).collect();
        assert_eq!(touched(&many), crate::support::NO_DAYS);
    });
}

#[test]
fn the_worker_gets_a_clients_own_numbers_and_the_baits_it_asks_for() {
    on_both(|database| {
        let opened = open(database);
        let (ours, theirs) = (furnish(&opened, "наш"), furnish(&opened, "чужой"));
        let client = ours.client.id;
        let own = opened.agency(|conn| facts::own_numbers(conn, client));
        assert_eq!(own, [ours.own_number.to_domain()]);
        let asked = [ours.bait.id, theirs.bait.id].into();
        let baits = opened.agency(|conn| facts::baits_of(conn, client, &asked));
        assert_eq!(baits, std::slice::from_ref(&ours.bait));
    });
}
