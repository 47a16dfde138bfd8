//! Bulk bodies of several batches, and calls reported one by one: what is told
//! to be kept is kept, once, whatever happens meanwhile.

use std::fmt::Write;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant as Clock};

use baitline_domain::ids::{ClientId, Identity, ObservationId};
use baitline_domain::instant::Instant;
use baitline_domain::observation::{Channel, Ends, Report};
use baitline_domain::phone::Party;
use baitline_store::group_commit::{MAX_SMALL_REQUEST, MAX_WAITING_REPORTS};
use baitline_store::models::Source;
use baitline_store::observations::{self, MAX_BATCH};
use baitline_store::{Reach, Store, StoreError, StoreResult, sources};
use baitline_testkit::{TestDatabase, on_both};
use serde_json::{Value, json};

use crate::service::{Answer, Service, Stock};

/// Whoever waits for another transaction in this database.
const WAITING: &str = "FROM pg_stat_activity \
    WHERE datname = current_database() AND wait_event_type = 'Lock'";

/// Records of nobody's bait.
fn body(records: usize) -> String {
    (0..records).fold(String::new(), |mut body, number| {
        writeln!(
            body,
            r#"{{"source":"recorder","external_id":"{number}","caller":"+79160000001","called":"+79990000001","occurred_at":"2026-10-02T10:00:00Z"}}"#
        )
        .unwrap();
        body
    })
}

fn send(service: &Service, stock: &Stock, body: &str) -> Answer {
    let path = "/v1/calls";
    service.typed("POST", &stock.tenant.key, path, "application/x-ndjson", body.as_bytes())
}

/// How many records met which fate, and in which order.
fn fates(answer: &Answer) -> Vec<(String, usize)> {
    let mut fates: Vec<(String, usize)> = Vec::new();
    for receipt in answer.json()["receipts"].as_array().unwrap() {
        let status = receipt["status"].as_str().unwrap();
        match fates.last_mut() {
            Some((last, count)) if last == status => *count += 1,
            _ => fates.push((status.to_owned(), 1)),
        }
    }
    fates
}

fn fate(status: &str, count: usize) -> (String, usize) {
    (status.to_owned(), count)
}

/// Inserts the record of this number and does not commit, until it is told to
/// end; then takes it back.
fn hold(store: &Store, source: &Source, number: usize, begun: &Sender<()>, end: &Receiver<()>) {
    let external_id = number.to_string();
    let party = |text: &str| Party::read(Some(text));
    let report = Report {
        id: ObservationId::derive(source.client_id, source.id, &Identity::External(&external_id)),
        source: source.id,
        external_id: Some(external_id),
        revision: 0,
        ends: Ends::Plain { caller: party("+79160000001"), called: party("+79990000001") },
        caller_raw: None,
        called_raw: None,
        channel: Channel::Pstn,
        reported_at: Instant(1_790_000_000_000_000),
        reported_at_raw: String::new(),
        connected_seconds: None,
        answered: false,
        roaming: false,
        screen_label: None,
        extra: None,
        derived: false,
    };
    let client = source.client_id;
    let taken_back: StoreResult<()> = store.write(Reach::Client(client), |conn| {
        observations::ingest(conn, client, std::slice::from_ref(&report), report.reported_at)?;
        begun.send(()).unwrap();
        end.recv().unwrap();
        Err(StoreError::NotFound)
    });
    assert!(matches!(taken_back, Err(StoreError::NotFound)), "{taken_back:?}");
}

/// Does something while the record of this number cannot be written by anybody.
fn while_held<T>(
    service: &Service,
    stock: &Stock,
    number: usize,
    work: impl FnOnce(&dyn Fn()) -> T,
) -> T {
    let client = ClientId(stock.tenant.id.parse().unwrap());
    let source = service
        .store
        .read(Reach::Client(client), |conn| sources::sources_of(conn, client))
        .unwrap()
        .remove(0);
    let ((begun, has_begun), (end, ended)) = (channel(), channel());
    std::thread::scope(|scope| {
        let holding = scope.spawn(|| {
            let (source, begun, ended) = (source, begun, ended);
            hold(&service.store, &source, number, &begun, &ended);
        });
        has_begun.recv().unwrap();
        let done = work(&|| end.send(()).unwrap());
        holding.join().unwrap();
        done
    })
}

/// Sends a body whose record of this number cannot be written until the
/// connection that tries is cut.
fn send_and_cut(service: &Service, stock: &Stock, body: &str, number: usize) -> Answer {
    while_held(service, stock, number, |let_go| {
        std::thread::scope(|scope| {
            let sending = scope.spawn(|| send(service, stock, body));
            while service.count(&format!("SELECT count(*) {WAITING}")) == 0 {}
            service.execute(&format!("SELECT pg_terminate_backend(pid) {WAITING}"));
            let answer = sending.join().unwrap();
            let_go();
            answer
        })
    })
}

#[test]
fn a_connection_cut_midway_leaves_the_rest_to_be_sent_again() {
    let service = Service::start(TestDatabase::postgres());
    let stock = service.stock("Окна");
    let body = body(2 * MAX_BATCH + 10);
    let answer = send_and_cut(&service, &stock, &body, MAX_BATCH + 7).expect(200);
    let rest = MAX_BATCH + 10;
    assert_eq!(fates(&answer), [fate("accepted", MAX_BATCH), fate("not_processed", rest)]);
    assert_eq!(answer.json()["counts"]["not_processed"], rest);
    assert_eq!(service.count("SELECT count(*) FROM observations"), MAX_BATCH as i64);
    let again = send(&service, &stock, &body).expect(200);
    assert_eq!(fates(&again), [fate("duplicate", MAX_BATCH), fate("accepted", rest)]);
    let all = "SELECT count(DISTINCT external_id) FROM observations";
    assert_eq!(service.count(all), (MAX_BATCH + rest) as i64);
}

#[test]
fn a_connection_cut_before_anything_is_kept_fails_the_whole_body() {
    let service = Service::start(TestDatabase::postgres());
    let stock = service.stock("Окна");
    let answer = send_and_cut(&service, &stock, &body(20), 7).expect(503);
    assert_eq!(answer.header("retry-after"), "1");
    assert_eq!(service.count("SELECT count(*) FROM observations"), 0);
    let again = send(&service, &stock, &body(20)).expect(200);
    assert_eq!(fates(&again), [fate("accepted", 20)]);
}

#[test]
fn a_body_of_several_batches_has_its_receipts_in_order_and_a_broken_end_is_told() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let mut body = body(MAX_BATCH + 1);
        body += "{\n";
        let first = body.lines().next().unwrap().to_owned();
        body += &first;
        let answer = send(&service, &stock, &body).expect(200);
        let expected = [fate("accepted", MAX_BATCH + 1), fate("rejected", 1), fate("duplicate", 1)];
        assert_eq!(fates(&answer), expected);
        let receipts = answer.json()["receipts"].clone();
        let lines = receipts.as_array().unwrap().iter().map(|receipt| receipt["line"].as_u64());
        assert!(lines.eq((1..=MAX_BATCH as u64 + 3).map(Some)), "one receipt for each line");
    });
}

fn one(source: &str, id: &str) -> Value {
    json!({
        "source": source, "external_id": id, "caller": "+79160000001", "called": "+79001234567",
        "occurred_at": "2026-10-02T10:00:00Z",
    })
}

#[test]
fn calls_reported_one_by_one_at_once_are_each_kept_once() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let accepted: usize = std::thread::scope(|scope| {
            let senders: Vec<_> = (0..4)
                .map(|sender| {
                    let (service, key) = (&service, &stock.tenant.key);
                    scope.spawn(move || {
                        let ids = (0..20).map(|number| number + 10 * sender);
                        let sent = ids.map(|id| {
                            let body = one("recorder", &id.to_string());
                            service.json("POST", key, "/v1/calls", &body).status
                        });
                        sent.filter(|status| *status == 201).count()
                    })
                })
                .collect();
            senders.into_iter().map(|sender| sender.join().unwrap()).sum()
        });
        assert_eq!(accepted, 50);
        assert_eq!(service.count("SELECT count(*) FROM observations"), 50);
    });
}

#[test]
fn one_by_one_equal_calls_sent_at_once_are_created_once_and_known_else() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let body = one("recorder", "1");
        let mut statuses: Vec<u16> = std::thread::scope(|scope| {
            let (service, key, body) = (&service, &stock.tenant.key, &body);
            let send = move || service.json("POST", key, "/v1/calls", body).status;
            let senders: Vec<_> = (0..8).map(|_| scope.spawn(send)).collect();
            senders.into_iter().map(|sender| sender.join().unwrap()).collect()
        });
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 200, 200, 200, 200, 200, 200, 201]);
        let other = json!({"connected_seconds": 1});
        let mut body = body;
        body.as_object_mut().unwrap().extend(other.as_object().unwrap().clone());
        assert_eq!(service.json("POST", &stock.tenant.key, "/v1/calls", &body).status, 409);
        assert_eq!(service.count("SELECT count(*) FROM observations"), 1);
    });
}

#[test]
fn small_bodies_beyond_what_may_wait_are_refused_at_once_and_the_others_kept() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let taken = MAX_WAITING_REPORTS / MAX_SMALL_REQUEST;
        let refused = 3;
        // Each has the record that cannot be written, and others of its own.
        let held = body(1);
        let bodies: Vec<String> = (0..taken + refused)
            .map(|number| {
                let own = body(MAX_SMALL_REQUEST - 1);
                held.clone() + &own.replace("_id\":\"", &format!("_id\":\"{number}-"))
            })
            .collect();
        let answers = while_held(&service, &stock, 0, |let_go| {
            std::thread::scope(|scope| {
                let (tell, told) = channel();
                for body in &bodies {
                    let (tell, service, stock) = (tell.clone(), &service, &stock);
                    scope.spawn(move || tell.send(send(service, stock, body)).unwrap());
                }
                for _ in 0..refused {
                    let answer = told.recv().unwrap().expect(503);
                    assert_eq!(answer.header("retry-after"), "1");
                }
                let_go();
                told.into_iter().take(taken).collect::<Vec<_>>()
            })
        });
        let answers: Vec<Answer> = answers.into_iter().map(|answer| answer.expect(200)).collect();
        let count = |status: &str| -> u64 {
            answers.iter().map(|answer| answer.json()["counts"][status].as_u64().unwrap()).sum()
        };
        let rows = (taken * (MAX_SMALL_REQUEST - 1) + 1) as u64;
        assert_eq!((count("accepted"), count("duplicate")), (rows, taken as u64 - 1));
        assert_eq!(service.count("SELECT count(*) FROM observations"), rows as i64);
        send(&service, &stock, &body(2)).expect(200);
    });
}

#[test]
fn a_key_revoked_or_a_source_entered_meanwhile_holds_from_the_next_call_on() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let key = &stock.tenant.key;
        let post = |body: &Value| service.json("POST", key, "/v1/calls", body);
        post(&one("recorder", "1")).expect(201);
        post(&one("switch", "2")).expect(422);
        let source = json!({"name": "switch", "kind": "pbx"});
        service.beside().create(key, "/v1/sources", &source);
        post(&one("switch", "2")).expect(201);
        revoke(&service, key);
        post(&one("recorder", "3")).expect(401);
    });
}

#[test]
fn a_key_revoked_elsewhere_reports_no_call_a_second_later() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let (beside, key) = (service.beside(), &stock.tenant.key);
        let post = |id: usize| {
            beside.json("POST", key, "/v1/calls", &one("recorder", &id.to_string())).status
        };
        assert_eq!(post(0), 201);
        revoke(&service, key);
        let revoked_at = Clock::now();
        for id in 1.. {
            let since = revoked_at.elapsed();
            if post(id) == 401 {
                break;
            }
            assert!(since < Duration::from_secs(1), "taken {since:?} after the revocation");
        }
        assert_eq!(post(0), 401);
    });
}

fn revoke(service: &Service, key: &str) {
    let path = format!("/v1/keys/{}/revocation", key.split('_').nth(1).unwrap());
    service.json("POST", &service.agency_key, &path, &json!({})).expect(200);
}
