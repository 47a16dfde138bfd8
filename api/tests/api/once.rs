//! Requests with an `Idempotency-Key`: done once, answered the same, however often
//! and however many at a time they are sent.

use std::collections::BTreeSet;

use baitline_domain::scope::Scopes;
use baitline_testkit::{TestDatabase, on_both};
use serde_json::{Value, json};

use crate::service::{Answer, Service};

/// POSTs that need no key to be sent again: what they did is known by its own facts,
/// or doing it twice is the same as once.
const SAFE: &[(&str, &str)] = &[
    ("/v1/attachments", "a scan is known by its bytes and its subject"),
    ("/v1/baits/imports", "rows are known by their numbers"),
    ("/v1/calls", "records are known by their source's ids"),
    ("/v1/clients/imports", "rows are known by their names"),
    ("/v1/complaints", "a call is in one complaint"),
    ("/v1/complaints/{id}/acts", "the second is refused"),
    ("/v1/complaints:propose", "it changes nothing"),
    ("/v1/devices/{id}/recordings", "files are known by their names and bytes"),
    ("/v1/erasures:look-up", "it changes nothing"),
    ("/v1/erasures:preview", "it changes nothing"),
    ("/v1/exports/{id}/cancellation", "twice is once"),
    ("/v1/exports/{id}/retry", "what is on its way stays on it"),
    ("/v1/files", "a file is known by its bytes"),
    ("/v1/files/{id}/dismissals", "twice is once"),
    ("/v1/inquiries", "a call is asked about once"),
    ("/v1/inquiries/{id}/cancellation", "the second is refused"),
    ("/v1/inquiries/{id}/reply", "what is told last holds"),
    ("/v1/inquiries/{id}/sending", "the second is refused"),
    ("/v1/inquiries/{id}/silence", "the second is refused"),
    ("/v1/inquiries:propose", "it changes nothing"),
    ("/v1/keys/{id}/revocation", "twice is once"),
    ("/v1/labels", "labels are known by their calls and words"),
    ("/v1/legal-holds/{id}/end", "twice is once"),
    ("/v1/listening/assignments", "twice is once"),
    ("/v1/listening/releases", "twice is once"),
    ("/v1/own-numbers/imports", "rows are known by their numbers"),
    ("/v1/portability-answers/imports", "rows are known by number and look-up"),
    ("/v1/replays/{id}/cancellation", "twice is once"),
    ("/v1/sources/{id}/preview", "it changes nothing"),
    ("/v1/traps/imports", "rows are known by bait and time"),
];

fn send(service: &Service, key: &str, path: &str, once: &str, body: &Value) -> Answer {
    let bearer = format!("Bearer {key}");
    let headers = [
        ("authorization", bearer.as_str()),
        ("content-type", "application/json"),
        ("idempotency-key", once),
    ];
    service.send("POST", path, &headers, body.to_string().as_bytes())
}

/// What may not differ between an answer and its replay.
fn told(answer: &Answer) -> (u16, Vec<u8>, String) {
    (answer.status, answer.bytes.clone(), answer.header("location").to_owned())
}

#[test]
fn every_post_that_is_not_safe_to_repeat_takes_a_key() {
    let document = serde_json::to_value(baitline_api::openapi()).unwrap();
    let (mut taking, mut safe) = (0, Vec::new());
    for (path, item) in document["paths"].as_object().unwrap() {
        let Some(post) = item.get("post") else { continue };
        let parameters = post["parameters"].as_array().cloned().unwrap_or_default();
        if parameters.iter().any(|parameter| parameter["name"] == "Idempotency-Key") {
            taking += 1;
            assert!(post["responses"].get("409").is_some(), "{path}");
        } else {
            safe.push(path.as_str());
        }
    }
    assert_eq!(safe, SAFE.iter().map(|(path, _)| *path).collect::<Vec<_>>());
    assert!(taking > 15, "{taking}");
}

#[test]
fn a_request_sent_again_does_nothing_more_and_is_answered_the_same() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let call = service.call(&stock, "+79160000001", "2026-10-02T10:00:00Z");
        let path = format!("/v1/calls/{call}/recording");
        service.typed("PUT", &stock.tenant.key, &path, "audio/wav", b"RIFF").expect(201);
        service.derive(&stock.tenant.id, &stock.trap, crate::service::the_day());
        let client = stock.tenant.id.as_str();
        let period = json!({"client_id": client, "from": "2026-10-01T00:00:00Z", "to": "2026-11-01T00:00:00Z"});
        let of_client = |mut body: Value| {
            body["client_id"] = json!(client);
            body
        };
        let requests: Vec<(String, Value, u16)> = vec![
            ("/v1/clients".into(), json!({"name": "Крыши"}), 201),
            ("/v1/baits".into(), of_client(json!({"number": "+79001234599"})), 201),
            ("/v1/competitors".into(), of_client(json!({"name": "Рамы"})), 201),
            (
                "/v1/allow-list".into(),
                of_client(
                    json!({"number": "+79160000005", "reason": "x", "since": "2026-10-01T00:00:00Z"}),
                ),
                201,
            ),
            ("/v1/exports".into(), period.clone(), 202),
            ("/v1/verdicts:replay".into(), period, 202),
            (
                format!("/v1/interceptions/{call}/labels"),
                json!({"kind": "service", "consent_given": false, "stop_demanded": false}),
                201,
            ),
            (
                format!("/v1/observations/{call}/corrections"),
                json!({"kind": "amend", "reason": "x", "changes": {"connected_seconds": 41}}),
                201,
            ),
            ("/v1/listening/claims".into(), json!({"assignee": "Анна"}), 200),
        ];
        for (place, (path, body, status)) in requests.iter().enumerate() {
            let once = format!("\"request-{place}\"");
            let first = send(&service, &service.agency_key, path, &once, body);
            assert_eq!(first.status, *status, "{path}: {}", String::from_utf8_lossy(&first.bytes));
            assert_eq!(first.header("idempotent-replayed"), "");
            let again = send(&service, &service.agency_key, path, &once, body);
            assert_eq!(told(&again), told(&first), "{path}");
            assert_eq!(again.header("idempotent-replayed"), "true", "{path}");
        }
        assert_eq!(service.count("SELECT count(*) FROM exports"), 1);
        assert_eq!(service.count("SELECT count(*) FROM clients"), 2);
    });
}

#[test]
fn a_key_stands_for_one_request_and_what_failed_is_judged_anew() {
    on_both(|database| {
        let service = Service::start(database);
        let key = service.agency_key.as_str();
        let create = |once: &str, body: Value| send(&service, key, "/v1/clients", once, &body);
        create("a", json!({"name": ""})).expect(422);
        let made = create("a", json!({"name": "Окна"})).expect(201);
        let refused = create("a", json!({"name": "Двери"})).expect(422);
        assert_eq!(refused.code(), "idempotency_key_reused");
        assert_eq!(told(&create("a", json!({"name": "Окна"}))), told(&made));
        create("b", json!({"name": "Окна"})).expect(201);
        // Another path with the same key is another request.
        let client = made.text("/id");
        let bait = json!({"client_id": client, "number": "+79001234567"});
        send(&service, key, "/v1/baits", "c", &bait).expect(201);
        let other = json!({"client_id": client, "name": "Рамы"});
        let refused = send(&service, key, "/v1/competitors", "c", &other).expect(422);
        assert_eq!(refused.code(), "idempotency_key_reused");
        // What was refused is not kept: once the reason is gone it is done.
        let taken = send(&service, key, "/v1/baits", "d", &bait).expect(409);
        assert_eq!(taken.code(), "bait_number_taken");
        service.execute("DELETE FROM baits");
        send(&service, key, "/v1/baits", "d", &bait).expect(201);
        for wrong in ["", "\"\"", "a b", &"a".repeat(256)] {
            create(wrong, json!({"name": "Окна"})).expect(400);
        }
    });
}

#[test]
fn a_reply_is_told_to_no_other_key_but_those_that_replace_its_own() {
    on_both(|database| {
        let service = Service::start(database);
        let (one, two) = (service.stock("Окна"), service.stock("Двери"));
        let body = json!({"name": "Рамы"});
        let create = |key: &str| send(&service, key, "/v1/competitors", "same", &body).expect(201);
        let first = create(&one.tenant.key);
        // Neither another client nor another key of the same one.
        assert_ne!(create(&two.tenant.key).text("/id"), first.text("/id"));
        let of_one = json!({"name": "second", "client_id": one.tenant.id});
        let second = service.json("POST", &service.agency_key, "/v1/keys", &of_one).expect(201);
        assert_ne!(create(&second.text("/text")).text("/id"), first.text("/id"));
        let id = one.tenant.key.split('_').nth(1).unwrap();
        let path = format!("/v1/keys/{id}/replacement");
        let successor = service.json("POST", &service.agency_key, &path, &json!({})).expect(201);
        assert_eq!(told(&create(&successor.text("/text"))), told(&first));
    });
}

#[test]
fn the_text_of_a_key_is_not_kept_with_the_reply() {
    on_both(|database| {
        let service = Service::start(database);
        let body = json!({"name": "CRM", "scopes": ["reports"]});
        let create = || send(&service, &service.agency_key, "/v1/keys", "k", &body).expect(201);
        let (first, again) = (create(), create());
        assert!(first.text("/text").starts_with("baitline_"));
        assert_eq!(again.json()["text"], Value::Null);
        assert_eq!(again.json()["key"], first.json()["key"]);
        assert_eq!(again.header("cache-control"), "no-store");
        assert_eq!(service.count("SELECT count(*) FROM api_keys"), 2);
    });
}

/// Sends `keys` requests, each `times` at once, and again while another copy of it
/// is being done; the bodies that each was answered with.
fn storm(service: &Service, keys: usize, times: usize) -> Vec<BTreeSet<Vec<u8>>> {
    let agency = service.key_with(Scopes::ALL);
    let replies = |key: usize| {
        let body = json!({"name": format!("клиент {key}")});
        let ask = || loop {
            let answer = send(service, &agency, "/v1/clients", &format!("storm-{key}"), &body);
            if answer.status == 409 {
                assert_eq!(answer.code(), "request_in_flight");
                continue;
            }
            return answer.expect(201).bytes;
        };
        std::thread::scope(|scope| {
            let copies: Vec<_> = (0..times).map(|_| scope.spawn(ask)).collect();
            copies.into_iter().map(|copy| copy.join().unwrap()).collect()
        })
    };
    (0..keys).map(replies).collect()
}

/// How many requests the long form sends, each five times at once.
fn trials() -> usize {
    std::env::var("BAITLINE_ONCE_KEYS").ok().and_then(|keys| keys.parse().ok()).unwrap_or(200)
}

#[test]
fn five_at_once_are_done_once_and_all_told_the_same() {
    on_both(|database| {
        let service = Service::start(database);
        let replies = storm(&service, trials(), 5);
        assert!(replies.iter().all(|told| told.len() == 1), "one request was told two things");
        let rows = service.count("SELECT count(*) FROM clients");
        assert_eq!(rows, i64::try_from(trials()).unwrap());
        println!("{} keys × 5 at once: {rows} rows, the same replies", trials());
    });
}

#[test]
fn a_planted_loss_of_what_is_kept_is_found() {
    let service = Service::start(TestDatabase::sqlite());
    service.execute(
        "CREATE TRIGGER planted AFTER INSERT ON kept_replies BEGIN DELETE FROM kept_replies; END",
    );
    let replies = storm(&service, 3, 5);
    assert!(replies.iter().all(|told| told.len() > 1), "{replies:?}");
    assert_eq!(service.count("SELECT count(*) FROM clients"), 15);
}
