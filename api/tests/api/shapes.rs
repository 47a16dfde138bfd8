//! Bodies that serde would read and the document does not allow.

use baitline_testkit::{TestDatabase, on_both};
use serde_json::{Value, json};

use crate::service::Service;

#[test]
fn an_array_in_the_place_of_an_object_changes_nothing() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let key = &stock.tenant.key;
        let path = format!("/v1/baits/{}", stock.bait);
        let before = service.get(key, &path).expect(200).json();
        let refused = |method: &str, path: &str, body: Value| {
            let answer = service.json(method, key, path, &body).expect(422);
            (answer.text("/errors/0/pointer"), answer.code())
        };
        let at = |pointer: &str| (pointer.to_owned(), "invalid_type".to_owned());
        for body in [json!([]), json!(["M-2"]), json!([null, null]), json!([null, null, null])] {
            assert_eq!(refused("PATCH", &path, body), at(""));
        }
        assert_eq!(service.get(key, &path).expect(200).json(), before);
        let run = json!({
            "bait_id": stock.bait,
            "started_at": "2026-11-05T06:00:00Z",
            "exposures": [["vk", "2026-11-05T06:01:00Z", 60]],
        });
        assert_eq!(refused("POST", "/v1/traps", run), at("/exposures/0"));
    });
}

#[test]
fn null_is_refused_where_it_is_no_value_and_clears_where_it_is_one() {
    let service = Service::start(TestDatabase::sqlite());
    let stock = service.stock("Окна");
    let agency = &service.agency_key;
    for (method, path, body, pointer) in [
        ("POST", "/v1/clients".to_owned(), json!({"name": "а", "time_zone": null}), "/time_zone"),
        ("POST", "/v1/keys".to_owned(), json!({"name": "а", "client_id": null}), "/client_id"),
        ("PATCH", format!("/v1/clients/{}", stock.tenant.id), json!({"name": null}), "/name"),
    ] {
        let answer = service.json(method, agency, &path, &body).expect(422);
        assert_eq!(answer.text("/errors/0/pointer"), pointer, "{path}");
        assert_eq!(answer.code(), "invalid_type", "{path}");
    }
    let bait = format!("/v1/baits/{}", stock.bait);
    let cleared = service.json("PATCH", agency, &bait, &json!({"reference": null})).expect(200);
    assert_eq!(cleared.json()["reference"], Value::Null);
}

#[test]
fn a_whole_number_may_be_written_with_a_point() {
    let service = Service::start(TestDatabase::sqlite());
    let agency = &service.agency_key;
    let create = |hours: Value| {
        let body = json!({"name": "Окна", "window_hours": hours});
        service.json("POST", agency, "/v1/clients", &body)
    };
    assert_eq!(create(json!(28.0)).expect(201).json()["window_hours"], 28);
    assert_eq!(create(json!(28.5)).expect(422).code(), "invalid_type");
    for outside in [json!(-1), json!(73.0), json!(1e300), json!(u64::MAX)] {
        assert_eq!(create(outside).expect(422).code(), "out_of_range");
    }
    let tenant = service.stock("Двери").tenant;
    let call = json!({
        "source": "recorder", "bait": "M-1", "direction": "incoming", "revision": 1.0,
        "caller": "+79160000001", "occurred_at": "2026-10-02T12:00:00Z", "connected_seconds": 42.0,
    });
    service.json("POST", &tenant.key, "/v1/calls", &call).expect(201);
}

#[test]
fn fields_that_exclude_each_other_are_told_so() {
    let service = Service::start(TestDatabase::sqlite());
    let key = &service.client("Окна").key;
    let both = json!({"kind": "staff", "number": "+74951234567", "first": "+74951234567"});
    let answer = service.json("POST", key, "/v1/own-numbers", &both).expect(422);
    assert_eq!(answer.code(), "not_together");
}
