//! The listening queue: what waits, in which order, and who holds it.

use baitline_testkit::on_both;
use serde_json::{Value, json};

use crate::service::{Service, Stock, the_day};

const NOWHERE: &str = "00000000-0000-7000-8000-000000000000";

/// Calls at these minutes after ten, each with a recording, derived.
fn recorded(service: &Service, stock: &Stock, minutes: &[u32]) -> Vec<String> {
    let calls: Vec<String> = minutes
        .iter()
        .map(|minute| {
            let at = format!("2026-10-02T10:{minute:02}:00Z");
            let call = service.call(stock, &format!("+791600000{minute:02}"), &at);
            record(service, stock, &call);
            call
        })
        .collect();
    service.derive(&stock.tenant.id, &stock.trap, the_day());
    calls
}

fn record(service: &Service, stock: &Stock, call: &str) {
    let path = format!("/v1/calls/{call}/recording");
    let sound = format!("RIFF of {call}");
    service.typed("PUT", &stock.tenant.key, &path, "audio/wav", sound.as_bytes()).expect(201);
}

fn ids(list: &Value) -> Vec<String> {
    let items = list["items"].as_array().unwrap().iter();
    items.map(|item| item["call"]["id"].as_str().unwrap().to_owned()).collect()
}

fn queue(service: &Service, key: &str, query: &str) -> Vec<String> {
    ids(&service.get(key, &format!("/v1/listening?{query}")).expect(200).json())
}

fn label(service: &Service, stock: &Stock, call: &str) {
    let body = json!({"kind": "service", "consent_given": false, "stop_demanded": false});
    let path = format!("/v1/interceptions/{call}/labels");
    service.json("POST", &stock.tenant.key, &path, &body).expect(201);
}

fn claim(service: &Service, key: &str, body: Value) -> Vec<String> {
    ids(&service.json("POST", key, "/v1/listening/claims", &body).expect(200).json())
}

#[test]
fn what_has_a_recording_and_no_label_waits_the_oldest_first() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let key = &stock.tenant.key;
        service.call(&stock, "+79160000099", "2026-10-02T09:00:00Z");
        let calls = recorded(&service, &stock, &[30, 10, 20]);
        let in_order = [&calls[1], &calls[2], &calls[0]];
        let answer = service.get(key, "/v1/listening").expect(200).json();
        assert_eq!(ids(&answer).iter().collect::<Vec<_>>(), in_order);
        let first = &answer["items"][0];
        assert_eq!(first["recordings"][0]["recording"]["observation_id"], calls[1].as_str());
        let href = first["recordings"][0]["href"].as_str().unwrap();
        let sound = service.get(key, href).expect(200);
        assert_eq!(sound.bytes, format!("RIFF of {}", calls[1]).as_bytes());
        assert_eq!(first["call"]["interception"]["verdict"], "foreign_group");
        assert_eq!(first["assignment"], Value::Null);
        assert!(first["age_seconds"].as_i64().is_some_and(|age| age >= 0), "{first}");

        let page = service.get(key, "/v1/listening?limit=2").expect(200);
        assert_eq!(ids(&page.json()).iter().collect::<Vec<_>>(), in_order[..2]);
        let cursor = page.text("/next_cursor");
        assert!(page.header("link").contains(&cursor));
        let rest = format!("limit=2&cursor={cursor}");
        assert_eq!(queue(&service, key, &rest).iter().collect::<Vec<_>>(), in_order[2..]);
        label(&service, &stock, in_order[0]);
        assert_eq!(
            queue(&service, key, "limit=2").iter().collect::<Vec<_>>(),
            in_order[1..],
            "a label counts before the worker has seen it, and a piece is filled up"
        );
    });
}

#[test]
fn background_and_unanswered_calls_wait_only_for_those_who_ask() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let key = &stock.tenant.key;
        let call = |direction: &str, at: &str, seconds: u32| {
            let body = json!({
                "source": "recorder", "bait": "M-1", "direction": direction,
                "caller": "+79160000001", "called": "+79160000001", "occurred_at": at,
                "connected_seconds": seconds,
            });
            let id = service.create(key, "/v1/calls", &body);
            record(&service, &stock, &id);
            id
        };
        let outgoing = call("outgoing", "2026-10-02T10:00:00Z", 40);
        let attempt = call("incoming", "2026-10-02T11:00:00Z", 0);
        let answered = call("incoming", "2026-10-02T12:00:00Z", 40);
        service.derive(&stock.tenant.id, &stock.trap, the_day());
        assert_eq!(queue(&service, key, ""), std::slice::from_ref(&answered));
        assert_eq!(
            queue(&service, key, "interceptions_only=false"),
            [outgoing, attempt, answered.clone()]
        );
        let everything = json!({"assignee": "Анна", "interceptions_only": false, "limit": 2});
        assert_eq!(claim(&service, key, everything).len(), 2);
        assert_eq!(claim(&service, key, json!({"assignee": "Борис"})), [answered]);
    });
}

#[test]
fn the_queue_is_narrowed_by_every_filter() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let key = &stock.tenant.key;
        let calls = recorded(&service, &stock, &[10, 20]);
        claim(&service, key, json!({"assignee": "Анна", "limit": 1}));
        let all = calls.as_slice();
        for (query, expected) in [
            (format!("client_id={}", stock.tenant.id), all),
            (format!("bait_id={}", stock.bait), all),
            (format!("bait_id={NOWHERE}"), &[]),
            (format!("trap_id={}", stock.trap), all),
            (format!("trap_id={NOWHERE}"), &[]),
            ("caller=%2B79160000020".to_owned(), &all[1..]),
            ("verdict=foreign_group".to_owned(), all),
            ("verdict=invalid".to_owned(), &[]),
            ("assignee=none".to_owned(), &all[1..]),
            ("assignee=%D0%90%D0%BD%D0%BD%D0%B0".to_owned(), &all[..1]),
            ("assignee=nobody".to_owned(), &[]),
        ] {
            assert_eq!(queue(&service, key, &query), expected, "{query}");
        }
        service.get(key, "/v1/listening?asignee=x").expect(400);
        let long = format!("/v1/listening?assignee={}", "a".repeat(101));
        assert_eq!(service.get(key, &long).expect(400).code(), "too_long");
    });
}

#[test]
fn a_call_is_taken_once_released_and_given_away() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let key = &stock.tenant.key;
        let calls = recorded(&service, &stock, &[10, 20, 30]);
        let until = "2099-01-01T00:00:00Z";
        let body = json!({"assignee": "Анна", "limit": 2, "until": until});
        let taken = service.json("POST", key, "/v1/listening/claims", &body).expect(200).json();
        assert_eq!(ids(&taken), calls[..2]);
        let held = &taken["items"][0]["assignment"];
        assert_eq!((&held["assignee"], &held["until"]), (&json!("Анна"), &json!(until)));
        assert_eq!(claim(&service, key, json!({"assignee": "Борис"})), calls[2..]);
        assert_eq!(claim(&service, key, json!({"assignee": "Борис"})), [""; 0]);

        let release = |body: Value| {
            let answer = service.json("POST", key, "/v1/listening/releases", &body).expect(200);
            answer.json()["released"].as_i64().unwrap()
        };
        assert_eq!(release(json!({"calls": [calls[0]], "assignee": "Борис"})), 0, "not his");
        assert_eq!(release(json!({"calls": [calls[0], calls[0]]})), 1);
        assert_eq!(release(json!({"calls": [calls[0]]})), 0, "nobody holds it");
        assert_eq!(queue(&service, key, "assignee=none"), calls[..1]);
        let give = json!({"assignee": "Вера", "calls": [calls[2], calls[0]]});
        let given = service.json("POST", key, "/v1/listening/assignments", &give).expect(200);
        assert_eq!(ids(&given.json()), [calls[0].clone(), calls[2].clone()]);
        assert_eq!(given.text("/items/1/assignment/assignee"), "Вера");
        assert_eq!(release(json!({"assignee": "Вера"})), 2);
        label(&service, &stock, &calls[1]);
        let give = json!({"assignee": "Вера", "calls": [calls[1], calls[2]]});
        let given = service.json("POST", key, "/v1/listening/assignments", &give).expect(200);
        assert_eq!(ids(&given.json()), calls[2..], "what is heard is not given away");
        assert_eq!(release(json!({"assignee": "Анна"})), 0, "the label ended hers");
    });
}

#[test]
fn wrong_assignments_are_refused_and_change_nothing() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let key = &stock.tenant.key;
        let call = recorded(&service, &stock, &[10]).remove(0);
        let many = vec![NOWHERE; 501];
        for (path, body, status, code, pointer) in [
            ("claims", json!({}), 422, "missing", "/assignee"),
            ("claims", json!({"assignee": "none"}), 422, "invalid_value", "/assignee"),
            ("claims", json!({"assignee": "a\u{0}"}), 422, "control_character", "/assignee"),
            ("claims", json!({"assignee": "a", "limit": 101}), 422, "out_of_range", "/limit"),
            (
                "claims",
                json!({"assignee": "a", "until": "2001-01-01T00:00:00Z"}),
                422,
                "out_of_range",
                "/until",
            ),
            ("assignments", json!({"assignee": "a", "calls": []}), 422, "empty", "/calls"),
            ("assignments", json!({"assignee": "a", "calls": many}), 422, "too_many", "/calls"),
            (
                "assignments",
                json!({"assignee": "a", "calls": [call, NOWHERE]}),
                404,
                "unknown_call",
                "/calls/1",
            ),
            ("releases", json!({}), 422, "missing", "/calls"),
            ("releases", json!({"calls": [NOWHERE]}), 404, "unknown_call", "/calls/0"),
        ] {
            let path = format!("/v1/listening/{path}");
            let answer = service.json("POST", key, &path, &body).expect(status);
            assert_eq!(answer.code(), code, "{path} {body}");
            assert_eq!(answer.text("/errors/0/pointer"), pointer, "{path} {body}");
        }
        assert_eq!(queue(&service, key, "assignee=none"), [call]);
    });
}

#[test]
fn an_agencys_listener_takes_from_all_clients_and_a_clients_from_its_own() {
    on_both(|database| {
        let service = Service::start(database);
        let (ours, theirs) = (service.stock("наш"), service.stock("чужой"));
        let mine = recorded(&service, &ours, &[10, 30]);
        let yours = recorded(&service, &theirs, &[20]);
        let agency = service.agency_key.clone();
        assert_eq!(queue(&service, &ours.tenant.key, ""), mine);
        let of_theirs = format!("client_id={}", theirs.tenant.id);
        assert_eq!(queue(&service, &agency, &of_theirs), yours);
        let interleaved = [mine[0].clone(), yours[0].clone(), mine[1].clone()];
        assert_eq!(queue(&service, &agency, ""), interleaved);
        let taken = claim(&service, &agency, json!({"assignee": "Анна", "limit": 2}));
        assert_eq!(taken, interleaved[..2]);
        let own = claim(&service, &ours.tenant.key, json!({"assignee": "Анна"}));
        assert_eq!(own, mine[1..]);

        // What another client has is answered like what nobody has.
        let key = &ours.tenant.key;
        for path in ["assignments", "releases"] {
            let path = format!("/v1/listening/{path}");
            let told = |call: &str| {
                let body = json!({"assignee": "Анна", "calls": [call]});
                let mut problem = service.json("POST", key, &path, &body).expect(404).json();
                problem["instance"] = Value::Null;
                problem
            };
            assert_eq!(told(&yours[0]), told(NOWHERE), "{path}");
        }
        service.get(key, &format!("/v1/listening?{of_theirs}")).expect(404);
        let body = json!({"assignee": "Анна", "client_id": theirs.tenant.id});
        service.json("POST", key, "/v1/listening/claims", &body).expect(404);
        let all = json!({"assignee": "Анна"});
        let released = service.json("POST", key, "/v1/listening/releases", &all).expect(200);
        assert_eq!(released.json()["released"], 2, "her namesake's calls stay hers");
    });
}
