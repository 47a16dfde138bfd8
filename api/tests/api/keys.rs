//! Keys over HTTP: made once, listed without secrets, refused from the moment
//! of their revocation.

use baitline_testkit::{TestDatabase, on_both};
use serde_json::{Value, json};

use crate::service::{Answer, Service};

fn make(service: &Service, body: &Value) -> Answer {
    service.json("POST", &service.agency_key, "/v1/keys", body).expect(201)
}

fn revoke(service: &Service, key: &str, id: &str) -> Answer {
    service.json("POST", key, &format!("/v1/keys/{id}/revocation"), &json!({}))
}

#[test]
fn a_key_made_over_http_opens_its_client_and_nothing_else() {
    on_both(|database| {
        let service = Service::start(database);
        let (own, other) = (service.client("Окна"), service.client("Двери"));
        let made = make(&service, &json!({"name": "CRM", "client_id": own.id}));
        assert_eq!(made.header("cache-control"), "no-store");
        let text = made.text("/text");
        let path = |id: &str| format!("/v1/clients/{id}");
        service.get(&text, &path(&own.id)).expect(200);
        service.get(&text, &path(&other.id)).expect(404);
        let agencys = make(&service, &json!({"name": "second"})).text("/text");
        service.get(&agencys, &path(&own.id)).expect(200);
        service.get(&agencys, &path(&other.id)).expect(200);
    });
}

#[test]
fn keys_are_listed_in_pieces_and_never_with_a_secret() {
    on_both(|database| {
        let service = Service::start(database);
        let client = service.client("Окна");
        let made = make(&service, &json!({"name": "CRM", "client_id": client.id}));
        let first = service.get(&service.agency_key, "/v1/keys?limit=2").expect(200);
        let link = first.header("link").to_owned();
        let next = link.strip_prefix('<').unwrap().strip_suffix(">; rel=\"next\"").unwrap();
        let second = service.get(&service.agency_key, next).expect(200);
        assert_eq!(second.json()["next_cursor"], Value::Null);
        let (first_piece, second_piece) = (first.json(), second.json());
        let names = [&first_piece["items"][0], &first_piece["items"][1], &second_piece["items"][0]]
            .map(|key| key["name"].clone());
        assert_eq!(names, [json!("test"), json!("client's own"), json!("CRM")]);
        assert_eq!(second_piece["items"], json!([made.json()["key"]]));
        let text = made.text("/text");
        let (_, secret) = text.rsplit_once('_').unwrap();
        for answer in [first, second] {
            assert!(!String::from_utf8(answer.bytes).unwrap().contains(secret));
        }
    });
}

#[test]
fn a_revoked_key_is_refused_at_once_by_every_process() {
    on_both(|database| {
        let service = Service::start(database);
        let beside = service.beside();
        let made = make(&service, &json!({"name": "lost"}));
        let (text, id) = (made.text("/text"), made.text("/key/id"));
        service.get(&text, "/v1/baits").expect(200);
        beside.get(&text, "/v1/baits").expect(200);
        let revoked = revoke(&service, &service.agency_key, &id).expect(200);
        service.get(&text, "/v1/baits").expect(401);
        beside.get(&text, "/v1/baits").expect(401);
        let again = revoke(&beside, &service.agency_key, &id).expect(200);
        assert_eq!(again.text("/revoked_at"), revoked.text("/revoked_at"));
    });
}

#[test]
fn a_client_may_neither_make_nor_see_nor_revoke_keys() {
    on_both(|database| {
        let service = Service::start(database);
        let tenant = service.client("Окна");
        let id = make(&service, &json!({"name": "agency"})).text("/key/id");
        let asked = json!({"name": "mine", "client_id": tenant.id});
        service.json("POST", &tenant.key, "/v1/keys", &asked).expect(403);
        service.get(&tenant.key, "/v1/keys").expect(403);
        revoke(&service, &tenant.key, &id).expect(403);
        let list = service.get(&service.agency_key, "/v1/keys").expect(200).json();
        let keys = list["items"].as_array().unwrap();
        assert_eq!(keys.len(), 3);
        assert!(keys.iter().all(|key| key["revoked_at"].is_null()), "{list}");
    });
}

#[test]
fn a_key_ends_when_it_was_told_to() {
    let service = Service::start(TestDatabase::sqlite());
    let soon = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(3_600);
    let made = make(&service, &json!({"name": "for an hour", "expires_at": soon.to_string()}));
    service.get(&made.text("/text"), "/v1/baits").expect(200);
    assert!(made.text("/key/expires_at").starts_with(&soon.to_string()[..19]));
    let past = json!({"name": "too late", "expires_at": "2026-01-01T00:00:00Z"});
    let answer = service.json("POST", &service.agency_key, "/v1/keys", &past).expect(422);
    assert_eq!(answer.text("/errors/0/pointer"), "/expires_at");
}

#[test]
fn a_key_of_nobody_and_a_key_id_that_is_none_are_refused() {
    on_both(|database| {
        let service = Service::start(database);
        let key = service.agency_key.clone();
        let nobodys = json!({"name": "x", "client_id": "00000000-0000-7000-8000-000000000000"});
        let answer = service.json("POST", &key, "/v1/keys", &nobodys).expect(404);
        assert_eq!(answer.code(), "unknown_client");
        revoke(&service, &key, "aaaaaaaaaaaa").expect(404);
        for id in ["x", "aaaaaaaaaaa%00", "AAAAAAAAAAAA", "%D0%B0%D0%B0%D0%B0%D0%B0%D0%B0%D0%B0"] {
            assert_eq!(revoke(&service, &key, id).expect(400).code(), "invalid_value", "{id}");
        }
        let cursors =
            ["0".repeat(48), "8".repeat(48), format!("{}{}", "0".repeat(16), "61".repeat(11))];
        for cursor in cursors {
            let answer = service.get(&key, &format!("/v1/keys?cursor={cursor}")).expect(400);
            assert_eq!(answer.code(), "bad_cursor", "{cursor}");
        }
    });
}
