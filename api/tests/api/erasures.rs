//! Retention, legal holds and erasures over HTTP: the agency's alone, and told as what
//! they have come to.

use baitline_testkit::on_both;
use serde_json::{Value, json};

use crate::service::{Service, the_day};

const CALLER: &str = "+79160000001";

#[test]
fn a_retention_is_the_agencys_to_say_and_for_ever_until_then() {
    on_both(|database| {
        let service = Service::start(database);
        let (key, tenant) = (service.agency_key.clone(), service.client("Окна"));
        let path = format!("/v1/clients/{}/retention", tenant.id);
        let before = service.get(&key, &path).expect(200).json();
        assert_eq!((&before["days"], &before["author"]), (&Value::Null, &Value::Null));
        for refused in
            [json!({"days": 29}), json!({"days": 36_501}), json!({}), json!({"days": "9"})]
        {
            service.json("PUT", &key, &path, &refused).expect(422);
        }
        let said = service.json("PUT", &key, &path, &json!({"days": 1_095})).expect(200).json();
        assert_eq!(said["days"], 1_095);
        assert_eq!(service.get(&key, &path).expect(200).json(), said);
        let for_ever = service.json("PUT", &key, &path, &json!({"days": null})).expect(200);
        assert_eq!(for_ever.json()["days"], Value::Null);
        service.get(&tenant.key, &path).expect(403);
        let nobodys = "/v1/clients/00000000-0000-7000-8000-000000000000/retention";
        service.get(&key, nobodys).expect(404);
        service.json("PUT", &key, nobodys, &json!({"days": 90})).expect(404);
    });
}

#[test]
fn a_hold_is_entered_listed_and_ended_and_another_client_has_none() {
    on_both(|database| {
        let service = Service::start(database);
        let (key, stock, other) =
            (service.agency_key.clone(), service.stock("Окна"), service.stock("Двери"));
        let hold = json!({
            "client_id": stock.tenant.id, "bait_id": stock.bait, "caller": CALLER, "reason": "суд",
        });
        let id = service.create(&key, "/v1/legal-holds", &hold);
        let of_other =
            json!({"client_id": other.tenant.id, "bait_id": stock.bait, "reason": "суд"});
        let refused = service.json("POST", &key, "/v1/legal-holds", &of_other).expect(404);
        assert_eq!(refused.text("/errors/0/pointer"), "/bait_id");
        let list = |of: &str| {
            let listed = service.get(&key, &format!("/v1/legal-holds?client_id={of}")).expect(200);
            listed.json()["items"].as_array().unwrap().len()
        };
        assert_eq!((list(&stock.tenant.id), list(&other.tenant.id)), (1, 0));
        let path = format!("/v1/legal-holds/{id}/end");
        let ended = service.json("POST", &key, &path, &json!({"because": "кончено"})).expect(200);
        assert_eq!(ended.text("/ended_because"), "кончено");
        let again = service.json("POST", &key, &path, &json!({"because": "ещё"})).expect(200);
        assert_eq!(again.json(), ended.json());
        assert_eq!(
            service.get(&key, &format!("/v1/legal-holds/{id}")).expect(200).json(),
            ended.json()
        );
        service.json("POST", &stock.tenant.key, "/v1/legal-holds", &hold).expect(403);
    });
}

#[test]
fn an_erasure_is_seen_before_asked_for_and_told_without_the_number() {
    on_both(|database| {
        let service = Service::start(database);
        let (key, stock) = (service.agency_key.clone(), service.stock("Окна"));
        service.stock("Двери");
        service.call(&stock, CALLER, "2026-10-02T10:00:00Z");
        service.derive(&stock.tenant.id, &stock.trap, the_day());
        let seen = json!({"client_id": stock.tenant.id, "number": "8 916 000-00-01"});
        let seen = service.json("POST", &key, "/v1/erasures:preview", &seen).expect(200).json();
        assert_eq!(seen["items"][0]["counts"]["calls"], 1);
        assert_eq!(seen["items"][0]["is_held"], false);
        let everywhere = json!({"number": CALLER, "reason": "требование"});
        let made = service.json("POST", &key, "/v1/erasures", &everywhere).expect(201);
        assert_eq!(made.json()["items"].as_array().unwrap().len(), 2, "one of each client");
        assert!(!String::from_utf8_lossy(&made.bytes).contains("9160000001"));
        let id = made.text("/items/0/id");
        let found = service.get(&key, &format!("/v1/erasures/{id}")).expect(200);
        assert_eq!(
            (found.text("/state"), found.text("/ground")),
            ("calls".into(), "request".into())
        );
        assert!(!String::from_utf8_lossy(&found.bytes).contains("9160000001"));
        let salt = service.get(&key, &format!("/v1/erasures/{id}/salt")).expect(200);
        assert_eq!(salt.text("/salt").len(), 64);
        let refused = service.send(
            "DELETE",
            &format!("/v1/erasures/{id}/salt"),
            &[("authorization", &format!("Bearer {key}"))],
            b"",
        );
        assert_eq!(refused.expect(409).code(), "erasure_at_work");
        let listed = service.get(&key, "/v1/erasures?limit=1").expect(200).json();
        assert_eq!(listed["items"].as_array().unwrap().len(), 1);
        assert!(listed["next_cursor"].is_string());
        service.json("POST", &stock.tenant.key, "/v1/erasures", &everywhere).expect(403);
    });
}

#[test]
fn what_cannot_be_erased_or_looked_up_is_refused() {
    on_both(|database| {
        let service = Service::start(database);
        let (key, stock) = (service.agency_key.clone(), service.stock("Окна"));
        let ours = json!({
            "client_id": stock.tenant.id, "number": "+79001234567", "reason": "требование",
        });
        for path in ["/v1/erasures", "/v1/erasures:preview"] {
            let mut body = ours.clone();
            if path.ends_with("preview") {
                body.as_object_mut().unwrap().remove("reason");
            }
            let refused = service.json("POST", &key, path, &body).expect(409);
            assert_eq!(refused.code(), "number_is_ours");
            body["client_id"] = json!("00000000-0000-7000-8000-000000000000");
            service.json("POST", &key, path, &body).expect(404);
        }
        let look_up = |body: Value| service.json("POST", &key, "/v1/erasures:look-up", &body);
        for wrong in [
            json!({}),
            json!({"number": CALLER, "call_id": stock.bait}),
            json!({"recording_sha256": "xyz"}),
            json!({"recording_sha256": "ы".repeat(32)}),
        ] {
            look_up(wrong).expect(422);
        }
        for nothing in [
            json!({"number": CALLER}),
            json!({"call_id": stock.bait}),
            json!({"recording_sha256": "ab".repeat(32)}),
        ] {
            assert_eq!(look_up(nothing).expect(200).json(), json!({"items": []}));
        }
    });
}
