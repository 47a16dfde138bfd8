//! One client never learns of another: whatever it asks for, the answer is that
//! of something that does not exist.

use baitline_testkit::on_both;
use serde_json::{Value, json};

use crate::service::{Service, the_day};

/// The parts of an answer that may not tell existing from not existing.
fn told(service: &Service, method: &str, key: &str, path: &str, body: &Value) -> (u16, Value) {
    let answer = match method {
        "GET" => service.get(key, path),
        "PUT" if path.ends_with("/recording") => {
            service.typed("PUT", key, path, "audio/wav", b"RIFF")
        }
        _ => service.json(method, key, path, body),
    };
    let mut problem = answer.json();
    problem["instance"] = Value::Null;
    (answer.status, problem)
}

#[test]
fn another_clients_things_are_answered_like_things_that_do_not_exist() {
    on_both(|database| {
        let service = Service::start(database);
        let (own, other) = (service.stock("Окна"), service.stock("Двери"));
        let call = service.call(&other, "+79160000001", "2026-10-02T10:00:00Z");
        service.derive(&other.tenant.id, &other.trap, the_day());
        let path = format!("/v1/calls/{call}/recording");
        service.typed("PUT", &other.tenant.key, &path, "audio/wav", b"RIFF").expect(201);
        let export = json!({"from": "2026-10-01T00:00:00Z", "to": "2026-11-01T00:00:00Z"});
        let export = service.json("POST", &other.tenant.key, "/v1/exports", &export);
        let export = export.expect(202).text("/id");
        let replay = json!({"from": "2026-10-01T00:00:00Z", "to": "2026-11-01T00:00:00Z"});
        let replay = service.json("POST", &other.tenant.key, "/v1/verdicts:replay", &replay);
        let replay = replay.expect(202).text("/id");
        let file = service.typed("POST", &other.tenant.key, "/v1/files", "text/csv", b"caller\n");
        let file = file.expect(202).text("/id");
        let label = json!({"kind": "advertising", "consent_given": false, "stop_demanded": false});
        let void = json!({"kind": "void", "reason": "x"});
        let named = |name: &str| json!({"name": name});
        let profile = json!({"columns": {
            "caller": named("a"), "called": named("b"), "occurred_at": named("c")
        }});
        let targets: Vec<(&str, &str, &str, Value)> = vec![
            ("GET", "/v1/clients/ID", &other.tenant.id, Value::Null),
            ("PATCH", "/v1/clients/ID", &other.tenant.id, json!({"name": "x"})),
            ("GET", "/v1/baits?client_id=ID", &other.tenant.id, Value::Null),
            ("GET", "/v1/calls?client_id=ID", &other.tenant.id, Value::Null),
            ("POST", "/v1/calls?client_id=ID", &other.tenant.id, json!([])),
            ("GET", "/v1/baits/ID", &other.bait, Value::Null),
            ("PATCH", "/v1/baits/ID", &other.bait, json!({"note": "x"})),
            ("GET", "/v1/own-numbers/ID", &other.own_number, Value::Null),
            ("PATCH", "/v1/own-numbers/ID", &other.own_number, json!({"note": "x"})),
            ("GET", "/v1/sources/ID", &other.source, Value::Null),
            ("PATCH", "/v1/sources/ID", &other.source, json!({"uncertainty_seconds": 1})),
            ("GET", "/v1/sources/ID/profile", &other.source, Value::Null),
            ("PUT", "/v1/sources/ID/profile", &other.source, profile),
            ("DELETE", "/v1/sources/ID/profile", &other.source, Value::Null),
            ("GET", "/v1/traps/ID", &other.trap, Value::Null),
            ("PATCH", "/v1/traps/ID", &other.trap, json!({"exposures": []})),
            ("GET", "/v1/calls/ID", &call, Value::Null),
            ("GET", "/v1/calls/ID/recording", &call, Value::Null),
            ("PUT", "/v1/calls/ID/recording", &call, Value::Null),
            ("GET", "/v1/observations?client_id=ID", &other.tenant.id, Value::Null),
            ("GET", "/v1/observations/ID", &call, Value::Null),
            ("GET", "/v1/observations/ID/corrections", &call, Value::Null),
            ("POST", "/v1/observations/ID/corrections", &call, void),
            ("GET", "/v1/interceptions/ID", &call, Value::Null),
            ("GET", "/v1/interceptions/ID/labels", &call, Value::Null),
            ("POST", "/v1/interceptions/ID/labels", &call, label),
            ("GET", "/v1/exports/ID", &export, Value::Null),
            ("POST", "/v1/exports/ID/cancellation", &export, json!({})),
            ("GET", "/v1/exports/ID/packages", &export, Value::Null),
            ("GET", "/v1/exports/ID/packages/ID", &export, Value::Null),
            ("POST", "/v1/exports/ID/retry", &export, json!({})),
            ("GET", "/v1/exports/ID/events", &export, Value::Null),
            ("GET", "/v1/exports/ID/archive", &export, Value::Null),
            ("GET", "/v1/replays/ID", &replay, Value::Null),
            ("GET", "/v1/replays/ID/differences", &replay, Value::Null),
            ("POST", "/v1/replays/ID/cancellation", &replay, json!({})),
            ("GET", "/v1/replays?client_id=ID", &other.tenant.id, Value::Null),
            ("GET", "/v1/files/ID", &file, Value::Null),
            ("DELETE", "/v1/files/ID", &file, json!({})),
            ("GET", "/v1/files/ID/raw", &file, Value::Null),
            ("GET", "/v1/files/ID/rejections", &file, Value::Null),
            ("POST", "/v1/files/ID/rejections/ID", &file, json!({"dismissal_reason": "x"})),
            ("POST", "/v1/files/ID/dismissals", &file, json!({"reason": "x"})),
            ("GET", "/v1/files?client_id=ID", &other.tenant.id, Value::Null),
            ("POST", "/v1/files?client_id=ID", &other.tenant.id, json!([])),
            ("GET", "/v1/offenders/89160000001?client_id=ID", &other.tenant.id, Value::Null),
        ];
        let none = "00000000-0000-7000-8000-000000000000";
        for (method, path, id, body) in targets {
            let theirs = told(&service, method, &own.tenant.key, &path.replace("ID", id), &body);
            let nobodys = told(&service, method, &own.tenant.key, &path.replace("ID", none), &body);
            assert_eq!(theirs, nobodys, "{method} {path}");
            assert_eq!(theirs.0, 404, "{method} {path}");
        }
        let bait = json!({"bait_id": other.bait, "started_at": "2026-10-09T06:00:00Z"});
        assert_eq!(service.json("POST", &own.tenant.key, "/v1/traps", &bait).status, 404);
    });
}

#[test]
fn lists_show_a_client_its_own_and_the_agency_everything() {
    on_both(|database| {
        let service = Service::start(database);
        let (own, other) = (service.stock("Окна"), service.stock("Двери"));
        for stock in [&own, &other] {
            service.call(stock, "+79160000001", "2026-10-02T10:00:00Z");
            service.derive(&stock.tenant.id, &stock.trap, the_day());
        }
        let lists = [
            "/v1/clients",
            "/v1/baits",
            "/v1/own-numbers",
            "/v1/sources",
            "/v1/traps",
            "/v1/calls",
            "/v1/observations",
            "/v1/interceptions",
        ];
        for path in lists {
            let count = |key: &str| {
                let list = service.get(key, path).expect(200).json();
                list["items"].as_array().unwrap().len()
            };
            assert_eq!(count(&own.tenant.key), 1, "{path}");
            assert_eq!(count(&service.agency_key), 2, "{path}");
        }
        let narrowed = format!("/v1/baits?client_id={}", other.tenant.id);
        let list = service.get(&service.agency_key, &narrowed).expect(200).json();
        assert_eq!(list["items"][0]["id"], other.bait.as_str());
        assert_eq!(list["items"].as_array().unwrap().len(), 1);
    });
}
