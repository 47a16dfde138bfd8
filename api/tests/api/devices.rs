//! Devices: entered, found, bound to another SIM, and another client's not.

use baitline_testkit::on_both;
use serde_json::{Value, json};

use crate::service::{Service, Stock};

fn device(stock: &Stock) -> Value {
    json!({"name": "Redmi", "source_id": stock.source, "bait_id": stock.bait})
}

#[test]
fn a_device_is_entered_and_bound_to_another_sim() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let key = &stock.tenant.key;
        let made = service.json("POST", key, "/v1/devices", &device(&stock)).expect(201).json();
        let path = format!("/v1/devices/{}", made["id"].as_str().unwrap());
        assert_eq!(service.get(key, &path).expect(200).json(), made);
        let second = service.create(key, "/v1/baits", &json!({"number": "+79001234568"}));
        let bindings = format!("{path}/bindings");
        let moved = json!({"bait_id": second, "valid_from": "2026-10-05T00:00:00+03:00"});
        let binding = service.json("POST", key, &bindings, &moved).expect(201).text("/id");
        let found = service.get(key, &path).expect(200).json();
        assert_eq!(found["bindings"][0]["valid_to"], "2026-10-04T21:00:00Z");
        assert_eq!(found["bindings"][1]["bait_id"], second.as_str());
        let overlapping = json!({"bait_id": stock.bait, "valid_from": "2026-10-01T00:00:00Z", "valid_to": "2026-10-02T00:00:00Z"});
        let refused = service.json("POST", key, &bindings, &overlapping).expect(409);
        assert_eq!(refused.code(), "binding_overlaps");
        let end = json!({"valid_to": "2026-10-06T00:00:00Z"});
        let changed = service.json("PATCH", key, &format!("{bindings}/{binding}"), &end);
        assert_eq!(changed.expect(200).text("/valid_to"), "2026-10-06T00:00:00Z");
        let list = service.get(key, "/v1/devices").expect(200).json();
        assert_eq!(list["items"], json!([service.get(key, &path).expect(200).json()]));
    });
}

#[test]
fn a_wrong_device_is_refused_and_says_why() {
    on_both(|database| {
        let service = Service::start(database);
        let (stock, other) = (service.stock("Окна"), service.stock("Двери"));
        let key = &stock.tenant.key;
        let post = |body: &Value| service.json("POST", key, "/v1/devices", body);
        let with = |field: &str, value: Value| {
            let mut body = device(&stock);
            body[field] = value;
            body
        };
        assert_eq!(post(&with("bait_id", json!(other.bait))).expect(404).code(), "unknown_bait");
        let foreign = post(&with("source_id", json!(other.source))).expect(404);
        assert_eq!(
            (foreign.code(), foreign.text("/errors/0/pointer")),
            ("unknown_source".to_owned(), "/source_id".to_owned())
        );
        let pbx = service.create(key, "/v1/sources", &json!({"name": "pbx", "kind": "pbx"}));
        assert_eq!(post(&with("source_id", json!(pbx))).expect(422).code(), "not_a_recorder");
        assert_eq!(post(&with("colour", json!("red"))).expect(422).code(), "unknown_field");
        let mut backwards = with("valid_from", json!("2026-10-02T00:00:00Z"));
        backwards["valid_to"] = json!("2026-10-02T00:00:00Z");
        assert_eq!(post(&backwards).expect(422).code(), "empty_period");
        post(&device(&stock)).expect(201);
        assert_eq!(post(&device(&stock)).expect(409).code(), "device_source_taken");
        let theirs = service.json("POST", &other.tenant.key, "/v1/devices", &device(&other));
        let path = format!("/v1/devices/{}", theirs.expect(201).text("/id"));
        service.get(key, &path).expect(404);
        let moved = json!({"bait_id": stock.bait, "valid_from": "2026-10-05T00:00:00Z"});
        service.json("POST", key, &format!("{path}/bindings"), &moved).expect(404);
    });
}
