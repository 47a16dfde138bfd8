//! The listening queue: who takes what, how long it is held, and what happens
//! to an assignment when its call gets another id.

use std::collections::BTreeSet;
use std::sync::Barrier;

use baitline_domain::call::Call;
use baitline_domain::ids::{ClientId, ObservationId, TrapId};
use baitline_domain::instant::{Instant, Span};
use baitline_domain::label::LabelKind;
use baitline_store::assignments::{self, NewAssignment};
use baitline_store::calls::{self, Assignee, CallPage, UnheardFilter, UnheardKind};
use baitline_store::listening::{self, Unheard};
use baitline_store::models::JudgedCall;
use baitline_store::{Reach, StoreResult, labels, recordings};
use baitline_testkit::on_both;

use crate::support::{MINUTE, NO_DAYS, Opened, at, count, execute, open, phone, report, rows};
use crate::world::{CALLER, Furnished, call, furnish as furnish_all, interception, judged};
use crate::world::{new_label, recording};

const LISTENERS: usize = 4;

const EVERY: UnheardFilter = UnheardFilter {
    kind: UnheardKind::Interceptions,
    bait: None,
    trap: None,
    party: None,
    verdict: None,
    assignee: None,
};

fn noon() -> Instant {
    at("2026-11-20T12:00:00Z")
}

fn to(name: &str, until: Option<Instant>) -> NewAssignment {
    NewAssignment { assignee: name.to_owned(), until, assigned_by: "key".to_owned() }
}

/// Lets somebody take a client's only call.
pub(crate) fn furnish(opened: &Opened, client: ClientId, trap: TrapId, call: &Call) {
    let judged = JudgedCall {
        client_id: client,
        call: call.clone(),
        assessment: interception(trap),
        label: None,
        recordings: 1,
    };
    let (reach, day, new) = (Reach::Client(client), call.started_at.day(), to("Анна", None));
    opened.agency(|conn| calls::replace_day(conn, client, day, std::slice::from_ref(&judged)));
    let taken =
        opened.as_client(client, |conn| listening::claim(conn, reach, &EVERY, &new, 10, noon()));
    assert_eq!(ids(&taken), [call.id]);
}

/// Interceptions a minute apart, each with a recording; the furnished one is
/// gone.
fn waiting(opened: &Opened, of: &Furnished, count: u32) -> Vec<ObservationId> {
    let start = of.call.started_at;
    let reports: Vec<_> = (0..count)
        .map(|n| {
            let at = start + Span(MINUTE.0 * i64::from(n));
            report(&of.source, &format!("unheard {n}"), ("+74951234567", "+79001112233"), at)
        })
        .collect();
    opened.ingest(of.client.id, &reports);
    for one in &reports {
        let new = recording(of.client.id, one.id, 1);
        opened.as_client(of.client.id, |conn| recordings::put_recording(conn, &new));
    }
    let all: Vec<JudgedCall> = reports
        .iter()
        .map(|one| {
            let call = call(of.bait.id, one.id, phone(CALLER), one.reported_at);
            JudgedCall { recordings: 1, ..judged(of, call, interception(of.trap)) }
        })
        .collect();
    replace(opened, of, &all);
    reports.iter().map(|one| one.id).collect()
}

fn replace(opened: &Opened, of: &Furnished, all: &[JudgedCall]) {
    let (client, day) = (of.client.id, of.call.started_at.day());
    opened.agency(|conn| calls::replace_day(conn, client, day, all));
}

fn claim(opened: &Opened, of: &Furnished, new: &NewAssignment, limit: usize, now: Instant) -> Ids {
    let reach = Reach::Client(of.client.id);
    let taken = opened
        .as_client(of.client.id, |conn| listening::claim(conn, reach, &EVERY, new, limit, now));
    ids(&taken)
}

type Ids = Vec<ObservationId>;

fn ids(found: &[Unheard]) -> Ids {
    found.iter().map(|one| one.judged.call.id).collect()
}

fn list(opened: &Opened, of: &Furnished, assignee: Option<Assignee>, now: Instant) -> Vec<Unheard> {
    let (reach, filter) = (Reach::Client(of.client.id), UnheardFilter { assignee, ..EVERY });
    let page = CallPage { after: None, limit: 100 };
    let read = |conn: &mut _| listening::list_unheard(conn, reach, &filter, page, now);
    opened.store.read(reach, read).unwrap()
}

fn held_by(opened: &Opened, of: &Furnished, name: &str, now: Instant) -> Ids {
    ids(&list(opened, of, Some(Assignee::Person(name.to_owned())), now))
}

#[test]
fn however_many_listeners_ask_at_once_no_two_get_the_same_call() {
    on_both(|database| {
        let opened = open(database);
        let furnished = furnish_all(&opened, "наш");
        let all: BTreeSet<ObservationId> = waiting(&opened, &furnished, 40).into_iter().collect();
        let barrier = Barrier::new(LISTENERS);
        let take_all = |name: String| -> StoreResult<Ids> {
            let (reach, new) = (Reach::Client(furnished.client.id), to(&name, None));
            let mut taken = Vec::new();
            barrier.wait();
            loop {
                let work = |conn: &mut _| listening::claim(conn, reach, &EVERY, &new, 3, noon());
                match opened.store.write(reach, work)? {
                    none if none.is_empty() => return Ok(taken),
                    some => taken.extend(ids(&some)),
                }
            }
        };
        let taken: Vec<Ids> = std::thread::scope(|scope| {
            let take_all = &take_all;
            let ask = |n| scope.spawn(move || take_all(format!("слушатель {n}")));
            let listeners: Vec<_> = (0..LISTENERS).map(ask).collect();
            listeners.into_iter().map(|one| one.join().unwrap().unwrap()).collect()
        });
        let each: Vec<ObservationId> = taken.iter().flatten().copied().collect();
        assert_eq!(each.len(), all.len(), "{taken:?}");
        assert_eq!(each.into_iter().collect::<BTreeSet<_>>(), all);
        for (n, own) in taken.iter().enumerate() {
            let held = held_by(&opened, &furnished, &format!("слушатель {n}"), noon());
            assert_eq!(&held, own, "what was answered is what is held");
        }
    });
}

#[test]
fn an_assignment_holds_until_its_time_and_not_a_moment_longer() {
    on_both(|database| {
        let opened = open(database);
        let furnished = furnish_all(&opened, "наш");
        let calls = waiting(&opened, &furnished, 2);
        let until = noon() + Span::hours(1);
        let (anna, boris) = (to("Анна", Some(until)), to("Борис", None));
        assert_eq!(claim(&opened, &furnished, &anna, 10, noon()), calls);
        let last = until - Span(1);
        assert_eq!(claim(&opened, &furnished, &boris, 10, last), []);
        assert_eq!(held_by(&opened, &furnished, "Анна", last), calls);
        assert_eq!(held_by(&opened, &furnished, "Анна", until), []);
        let free = list(&opened, &furnished, Some(Assignee::Nobody), until);
        assert_eq!(ids(&free), calls);
        assert!(free.iter().all(|one| one.assignment.is_none()));
        assert_eq!(claim(&opened, &furnished, &boris, 1, until), calls[..1]);
        assert_eq!(held_by(&opened, &furnished, "Борис", until), calls[..1]);
        assert_eq!(claim(&opened, &furnished, &anna, 10, until + MINUTE), calls[1..]);
    });
}

#[test]
fn a_label_ends_the_assignment_and_the_wait_before_the_worker_sees_it() {
    on_both(|database| {
        let opened = open(database);
        let furnished = furnish_all(&opened, "наш");
        let client = furnished.client.id;
        let calls = waiting(&opened, &furnished, 3);
        claim(&opened, &furnished, &to("Анна", None), 2, noon());
        let heard = list(&opened, &furnished, None, noon()).remove(0).judged.call;
        let new = new_label(LabelKind::Unclear);
        opened.as_client(client, |conn| labels::add_label(conn, client, &heard, &new, "key"));
        let later = baitline_store::now() + MINUTE;
        assert_eq!(ids(&list(&opened, &furnished, None, later)), calls[1..]);
        assert_eq!(held_by(&opened, &furnished, "Анна", later), calls[1..2]);
        assert_eq!(claim(&opened, &furnished, &to("Борис", None), 10, later), calls[2..]);
    });
}

#[test]
fn an_assignment_follows_its_call_to_another_id() {
    on_both(|database| {
        let opened = open(database);
        let furnished = furnish_all(&opened, "наш");
        let client = furnished.client.id;
        let calls = waiting(&opened, &furnished, 3);
        claim(&opened, &furnished, &to("Анна", Some(noon() + Span::hours(1))), 1, noon());
        claim(&opened, &furnished, &to("Борис", None), 1, noon() + MINUTE);
        // An observation that came last began first: it opens the call of both.
        let start = furnished.call.started_at - MINUTE;
        let first = report(&furnished.source, "first", ("+74951234567", "+79001112233"), start);
        opened.ingest(client, std::slice::from_ref(&first));
        let mut merged = call(furnished.bait.id, first.id, phone(CALLER), start);
        merged.observations = vec![first.id, calls[0], calls[1]];
        let merged = JudgedCall {
            recordings: 2,
            ..judged(&furnished, merged, interception(furnished.trap))
        };
        replace(&opened, &furnished, std::slice::from_ref(&merged));
        let held_rows = rows(&opened.database, "assignments");
        for _ in 0..2 {
            opened.agency(|conn| {
                assignments::follow_calls(conn, client, &[], std::slice::from_ref(&merged))
            });
            let [waits] = &list(&opened, &furnished, None, noon() + MINUTE)[..] else { panic!() };
            assert_eq!(waits.judged.call.id, first.id);
            assert_eq!(waits.recordings.len(), 2);
            let held = waits.assignment.as_ref().unwrap();
            assert_eq!((held.assignee.as_str(), held.until), ("Борис", None), "the longest stays");
            assert_eq!(rows(&opened.database, "assignments"), held_rows - 1);
        }
        // The observation that gave the call its id is voided.
        let mut rest = merged.clone();
        rest.call.id = calls[0];
        rest.call.observations = vec![calls[0]];
        replace(&opened, &furnished, std::slice::from_ref(&rest));
        opened.agency(|conn| {
            let (before, after) = (std::slice::from_ref(&merged), std::slice::from_ref(&rest));
            assignments::follow_calls(conn, client, before, after)
        });
        let waiting = list(&opened, &furnished, None, noon() + MINUTE);
        let waits = waiting.iter().find(|one| one.judged.call.id == calls[0]).unwrap();
        assert_eq!(waits.assignment.as_ref().unwrap().assignee, "Борис");
    });
}

#[test]
fn a_new_recording_touches_the_days_of_its_call_and_the_same_again_does_not() {
    on_both(|database| {
        let opened = open(database);
        let furnished = furnish_all(&opened, "наш");
        let client = furnished.client.id;
        let midnight = at("2026-11-12T00:01:00Z");
        let known = report(&furnished.source, "2", ("+74951234567", "+79001112233"), midnight);
        let unmatched = report(&furnished.source, "3", ("+74951234567", "+79009999999"), midnight);
        opened.ingest(client, &[known.clone(), unmatched.clone()]);
        opened.settle_all();
        let put = |one: &ObservationId| {
            let new = recording(client, *one, 1);
            opened.as_client(client, |conn| recordings::put_recording(conn, &new))
        };
        put(&unmatched.id);
        assert_eq!(opened.waiting_days(client), NO_DAYS, "no call counts it yet");
        put(&known.id);
        let day = midnight.day().0;
        assert_eq!(opened.waiting_days(client), [day - 1, day]);
        opened.settle_all();
        put(&known.id);
        assert_eq!(opened.waiting_days(client), NO_DAYS);
    });
}

#[test]
fn an_older_installation_derives_every_call_again_to_count_its_recordings() {
    on_both(|database| {
        let opened = open(database);
        let furnished = furnish_all(&opened, "наш");
        let database = &opened.database;
        let applied = "SELECT count(*) FROM __diesel_schema_migrations
            WHERE version = '20261124000007'";
        while count(database, applied) > 0 {
            baitline_store::revert_last(&database.owner_url()).unwrap();
        }
        execute(database, "DELETE FROM touched_buckets");
        baitline_store::migrate(&database.owner_url(), None).unwrap();
        let days = rows(database, "buckets");
        assert!(days > 0);
        assert_eq!(opened.waiting_days(furnished.client.id).len() as i64, days);
    });
}
