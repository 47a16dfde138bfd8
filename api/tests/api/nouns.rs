//! What people enter: created, found, listed in pieces, changed.

use baitline_testkit::on_both;
use serde_json::{Value, json};

use crate::service::Service;

#[test]
fn an_agency_enters_clients_and_pages_through_them() {
    on_both(|database| {
        let service = Service::start(database);
        let key = service.agency_key.clone();
        for name in ["А", "Б", "В"] {
            service.create(&key, "/v1/clients", &json!({"name": name}));
        }
        let first = service.get(&key, "/v1/clients?limit=2").expect(200);
        let link = first.header("link").to_owned();
        let next = link.strip_prefix('<').unwrap().strip_suffix(">; rel=\"next\"").unwrap();
        assert!(next.contains(&first.text("/next_cursor")), "{link}");
        assert!(next.contains("limit=2"), "{link}");
        let second = service.get(&key, next).expect(200);
        assert_eq!(second.json()["next_cursor"], Value::Null);
        assert_eq!(second.header("link"), "");
        let name = |answer: &Value, at: usize| answer["items"][at]["name"].clone();
        let (first, second) = (first.json(), second.json());
        let names = [name(&first, 0), name(&first, 1), name(&second, 0)];
        assert_eq!(names, [json!("А"), json!("Б"), json!("В")]);
    });
}

#[test]
fn a_client_is_found_and_changed() {
    on_both(|database| {
        let service = Service::start(database);
        let tenant = service.client("Окна");
        let path = format!("/v1/clients/{}", tenant.id);
        let before = service.get(&tenant.key, &path).expect(200).json();
        assert_eq!(
            (&before["time_zone"], &before["window_hours"]),
            (&json!("Europe/Moscow"), &json!(48))
        );
        let change = json!({"window_hours": 72, "time_zone": "Asia/Yekaterinburg"});
        let after = service.json("PATCH", &tenant.key, &path, &change).expect(200).json();
        assert_eq!(after["window_hours"], 72);
        assert_eq!(after["time_zone"], "Asia/Yekaterinburg");
        assert_eq!(after["name"], "Окна");
        assert_eq!(service.get(&tenant.key, &path).expect(200).json(), after);
    });
}

#[test]
fn a_bait_tells_what_its_operator_means() {
    on_both(|database| {
        let service = Service::start(database);
        let tenant = service.client("Окна");
        let mut number = 9_000_000_000_u64;
        let mut notices = |operator: Value| {
            number += 1;
            let body = json!({"number": number.to_string(), "operator_inn": operator});
            service.json("POST", &tenant.key, "/v1/baits", &body).expect(201).json()["notices"]
                .clone()
        };
        assert_eq!(notices(json!("7743895280")), json!([]));
        assert_eq!(notices(json!("7713076301")), json!([]));
        assert_eq!(notices(Value::Null), json!(["operator_missing"]));
        assert_eq!(notices(json!("7740000076")), json!(["operator_not_recommended"]));
        assert_eq!(
            notices(json!("7736264044")),
            json!(["operator_not_recommended", "operator_virtual"])
        );
    });
}

#[test]
fn a_baits_number_and_reference_are_its_own() {
    on_both(|database| {
        let service = Service::start(database);
        let (stock, other) = (service.stock("Окна"), service.stock("Двери"));
        let key = &stock.tenant.key;
        let conflict =
            |body: Value| service.json("POST", key, "/v1/baits", &body).expect(409).code();
        assert_eq!(conflict(json!({"number": "8 900 123-45-67"})), "bait_number_taken");
        assert_eq!(
            conflict(json!({"number": "89000000009", "reference": "M-1"})),
            "bait_reference_taken"
        );
        assert_ne!(stock.bait, other.bait, "another client may have the same number");
        let path = format!("/v1/baits/{}", stock.bait);
        let change = json!({"reference": null, "note": "на складе\nвторая полка"});
        let after = service.json("PATCH", key, &path, &change).expect(200).json();
        assert_eq!(after["reference"], Value::Null);
        assert_eq!(after["note"], "на складе\nвторая полка");
        assert_eq!(after["operator"]["brand"], "T2");
        for query in ["number=%2B79001234567", "number=89001234567"] {
            let found = service.get(key, &format!("/v1/baits?{query}")).expect(200).json();
            assert_eq!(found["items"][0]["id"], stock.bait.as_str(), "{query}");
        }
        let none = service.get(key, "/v1/baits?reference=M-1").expect(200).json();
        assert_eq!(none["items"], json!([]));
    });
}

#[test]
fn traps_of_one_bait_never_overlap_and_keep_what_was_logged() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let key = &stock.tenant.key;
        let overlapping = json!({"bait_id": stock.bait, "started_at": "2026-10-02T10:59:59+03:00"});
        let answer = service.json("POST", key, "/v1/traps", &overlapping).expect(409);
        assert_eq!(answer.code(), "trap_overlaps");
        let path = format!("/v1/traps/{}", stock.trap);
        let change = json!({
            "recorder_tested_at": "2026-10-02T05:55:00Z",
            "exposures": [{"kind": "site_visit", "at": "2026-10-02T06:05:00Z", "seconds": 200}],
        });
        let after = service.json("PATCH", key, &path, &change).expect(200).json();
        assert_eq!(after["recorder_tested_at"], "2026-10-02T05:55:00Z");
        assert_eq!(after["logged_exposures"][0]["seconds"], 200);
        assert_eq!(after["ends_at"], "2026-10-02T08:00:00Z");
        assert_eq!(
            service.get(key, &path).expect(200).json()["logged_exposures"],
            after["logged_exposures"]
        );
        let cleared = service.json("PATCH", key, &path, &json!({"recorder_tested_at": null}));
        assert_eq!(cleared.expect(200).json()["recorder_tested_at"], Value::Null);
    });
}

#[test]
fn own_numbers_end_and_sources_are_measured() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let key = &stock.tenant.key;
        let path = format!("/v1/own-numbers/{}", stock.own_number);
        let found = service.get(key, &path).expect(200).json();
        assert_eq!(
            (&found["first"], &found["last"]),
            (&json!("+74951234567"), &json!("+74951234567"))
        );
        let ended = json!({"valid_to": "2026-11-01T00:00:00+03:00"});
        let after = service.json("PATCH", key, &path, &ended).expect(200).json();
        assert_eq!(after["valid_to"], "2026-10-31T21:00:00Z");
        let backwards = json!({"valid_from": "2026-12-01T00:00:00Z"});
        service.json("PATCH", key, &path, &backwards).expect(422);
        let path = format!("/v1/sources/{}", stock.source);
        let measured = json!({"clock_offset_seconds": -7.25});
        let after = service.json("PATCH", key, &path, &measured).expect(200).json();
        assert_eq!(after["clock_offset_seconds"], -7.25);
        assert_eq!(after["uncertainty_seconds"], 2.0);
        let again = json!({"name": "recorder", "kind": "person"});
        let answer = service.json("POST", key, "/v1/sources", &again).expect(409);
        assert_eq!(answer.code(), "source_name_taken");
    });
}

#[test]
fn an_agency_must_say_whose_bait_it_enters() {
    on_both(|database| {
        let service = Service::start(database);
        let tenant = service.client("Окна");
        let key = service.agency_key.clone();
        let mut body = json!({"number": "+79001234567"});
        let answer = service.json("POST", &key, "/v1/baits", &body).expect(422);
        assert_eq!(answer.text("/errors/0/pointer"), "/client_id");
        body["client_id"] = json!(tenant.id);
        service.create(&key, "/v1/baits", &body);
        body["client_id"] = json!("00000000-0000-7000-8000-000000000000");
        assert_eq!(
            service.json("POST", &key, "/v1/baits", &body).expect(404).code(),
            "unknown_client"
        );
    });
}
