//! What must be known of a bait and a trap, what is missing, and SIMs that serve
//! several clients.

use baitline_testkit::on_both;
use serde_json::{Value, json};

use crate::service::{Service, Stock};

const NOWHERE: &str = "00000000-0000-7000-8000-000000000000";
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n0123";

fn entity() -> Value {
    json!({
        "kind": "legal_entity", "name": "ООО «Окна»", "inn": "7743895280",
        "ogrn": "1027700132195", "legal_address": "г. Москва, д. 1", "subject_code": "77",
    })
}

fn with(body: &Value, fields: &Value) -> Value {
    let mut body = body.clone();
    body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    body
}

#[test]
fn a_bait_tells_what_its_preparation_lacks_until_nothing_is_missing() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let key = &stock.tenant.key;
        let path = format!("/v1/baits/{}/preparation", stock.bait);
        let nothing = service.get(key, &path).expect(200);
        assert_eq!((nothing.header("etag"), &nothing.json()["complete"]), ("\"0\"", &json!(false)));
        assert_eq!(nothing.json()["first_trap_at"], "2026-10-02T06:00:00Z");
        let missing = nothing.json()["missing"].clone();
        assert_eq!(missing.as_array().unwrap().len(), 8, "{missing}");
        let applicant = service.create(key, "/v1/applicants", &entity());
        let whole = json!({
            "applicant_id": applicant, "user_name": "Петров", "user_relation": "employee",
            "contract_number": "7-1", "contract_on": "2026-08-01", "refusal_on": "2026-08-01",
            "found_consents": [], "previous_use": "new_sim", "quiet_since": "2026-09-02",
        });
        let put = |body: &Value| service.json("PUT", key, &path, body);
        let told = put(&whole).expect(200);
        assert_eq!(
            (told.header("etag"), &told.json()["missing"]),
            ("\"1\"", &json!(["disclosure_consent"]))
        );
        assert_eq!(
            (&told.json()["quiet_days"], &told.json()["handing_over"]),
            (&json!(30), &Value::Null)
        );
        let consent = json!({
            "applicant_id": applicant, "kind": "disclosure", "given_by": "Иванова",
            "given_on": "2026-09-01",
        });
        let consent = service.create(key, "/v1/consents", &consent);
        let complete = service.get(key, &path).expect(200).json();
        assert_eq!((&complete["complete"], &complete["missing"]), (&json!(true), &json!([])));
        let revoked = json!({"revoked_on": "2026-09-01", "revoked_because": "ошибка"});
        service.json("PATCH", key, &format!("/v1/consents/{consent}"), &revoked).expect(200);
        assert_eq!(service.get(key, &path).expect(200).json()["complete"], false);
        let standing = json!([{"place": "договор", "wording": "согласен"}]);
        let told = put(&with(&whole, &json!({"found_consents": standing}))).expect(200).json();
        assert_eq!(told["missing"], json!(["consent_stands", "disclosure_consent"]));
        assert_eq!(told["found_consents"][0]["withdrawn_on"], Value::Null);
    });
}

#[test]
fn a_user_who_may_not_have_the_sim_is_warned_of() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let key = &stock.tenant.key;
        let path = format!("/v1/baits/{}/preparation", stock.bait);
        let applicant = service.create(key, "/v1/applicants", &entity());
        let lent = json!({
            "applicant_id": applicant, "user_name": "Петров", "user_relation": "other",
        });
        let told = service.json("PUT", key, &path, &lent).expect(200).json();
        let fine = json!({"fine_from": 100_000, "fine_to": 200_000});
        assert_eq!(told["handing_over"], fine);
        assert!(told["missing"].as_array().unwrap().contains(&json!("permitted_user")));
    });
}

#[test]
fn a_wrong_preparation_is_refused_where_it_is_wrong() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let key = &stock.tenant.key;
        let path = format!("/v1/baits/{}/preparation", stock.bait);
        let consent = json!({"place": "договор", "wording": "согласен"});
        let backwards =
            with(&consent, &json!({"given_on": "2026-08-02", "withdrawn_on": "2026-08-01"}));
        let many: Vec<&Value> = std::iter::repeat_n(&consent, 51).collect();
        for (body, status, pointer, code) in [
            (json!({"applicant_id": NOWHERE}), 404, "/applicant_id", "unknown_applicant"),
            (json!({"user_relation": "friend"}), 422, "/user_relation", "invalid_value"),
            (json!({"found_consents": many}), 422, "/found_consents", "too_many"),
            (
                json!({"found_consents": [consent, backwards]}),
                422,
                "/found_consents/1/withdrawn_on",
                "empty_period",
            ),
            (json!({"contract_on": "01.08.2026"}), 422, "/contract_on", "not_a_date"),
        ] {
            let answer = service.json("PUT", key, &path, &body).expect(status);
            let found = (answer.text("/errors/0/pointer"), answer.code());
            assert_eq!(found, (pointer.to_owned(), code.to_owned()), "{body}");
        }
        let bearer = format!("Bearer {key}");
        let headers = [
            ("authorization", bearer.as_str()),
            ("content-type", "application/json"),
            ("if-match", "\"1\""),
        ];
        service.send("PUT", &path, &headers, b"{}").expect(412);
        service.json("PUT", key, &path, &json!({})).expect(200);
        service.send("PUT", &path, &headers, b"{}").expect(200);
    });
}

#[test]
fn a_protocol_tells_its_steps_and_what_they_lack() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let key = &stock.tenant.key;
        let path = format!("/v1/traps/{}/protocol", stock.trap);
        let nothing = service.get(key, &path).expect(200).json();
        assert_eq!((&nothing["version"], &nothing["trap_missing"]), (&json!(0), &Value::Null));
        let query = format!("subject_kind=trap&subject_id={}&title=%D1%8D", stock.trap);
        let proof =
            service.typed("POST", key, &format!("/v1/attachments?{query}"), "image/png", PNG);
        let proof = proof.expect(201).text("/id");
        let step = |kind: &str, minute: u32, proofs: Value| json!({"kind": kind, "at": format!("2026-10-02T06:{minute:02}:00Z"), "proofs": proofs});
        let put = |steps: Value| {
            let body = json!({"performed_by": "Петров", "steps": steps});
            service.json("PUT", key, &path, &body)
        };
        let steps = json!([
            step("recorder_test", 0, json!([proof])),
            step("site_visit", 1, json!([])),
            step("own_call", 5, json!([])),
        ]);
        let told = put(steps).expect(200);
        let expected = json!(["site_visit_proof", "return_call", "complete_trap"]);
        assert_eq!((told.header("etag"), &told.json()["missing"]), ("\"1\"", &expected));
        assert_eq!(told.json()["steps"][0]["proofs"], json!([proof]));
        assert_eq!(service.get(key, &path).expect(200).json(), told.json());
        let withdrawn = json!({"withdrawn_because": "не то"});
        service.json("PATCH", key, &format!("/v1/attachments/{proof}"), &withdrawn).expect(200);
        let missing = service.get(key, &path).expect(200).json()["missing"].clone();
        assert!(missing.as_array().unwrap().contains(&json!("recorder_test_proof")), "{missing}");
        for (steps, status, pointer, code) in [
            (
                json!([step("vk", 5, json!([])), step("vk", 4, json!([]))]),
                422,
                "/steps/1/at",
                "not_in_order",
            ),
            (json!([step("vk", 5, json!([NOWHERE]))]), 404, "/steps/0/proofs", "unknown_proof"),
            (json!([step("vk", 5, json!([proof]))]), 404, "/steps/0/proofs", "unknown_proof"),
            (json!([step("cat", 5, json!([]))]), 422, "/steps/0/kind", "invalid_value"),
            (json!(vec![step("vk", 5, json!([])); 101]), 422, "/steps", "too_many"),
        ] {
            let answer = put(steps).expect(status);
            let found = (answer.text("/errors/0/pointer"), answer.code());
            assert_eq!(found, (pointer.to_owned(), code.to_owned()));
        }
    });
}

fn assign(service: &Service, stock: &Stock, from: &str, to: Value) -> crate::service::Answer {
    let body = json!({
        "client_id": stock.tenant.id, "bait_id": stock.bait, "valid_from": from, "valid_to": to,
    });
    service.json("POST", &service.agency_key, "/v1/sim-assignments", &body)
}

#[test]
fn a_sim_serves_one_client_at_a_time_and_no_client_learns_of_another() {
    on_both(|database| {
        let service = Service::start(database);
        let (own, other) = (service.stock("Окна"), service.stock("Двери"));
        let key = &own.tenant.key;
        let november = "2026-11-01T00:00:00+03:00";
        let body = json!({"client_id": own.tenant.id, "bait_id": own.bait, "valid_from": november});
        service.json("POST", key, "/v1/sim-assignments", &body).expect(403);
        let made = assign(&service, &own, november, Value::Null).expect(201);
        let taken = assign(&service, &other, "2026-11-05T00:00:00Z", Value::Null).expect(409);
        assert_eq!(taken.code(), "sim_assigned");
        let lay = |key: &str, stock: &Stock, at: &str| {
            let body = json!({
                "client_id": stock.tenant.id, "bait_id": stock.bait, "started_at": at,
            });
            service.json("POST", key, "/v1/traps", &body)
        };
        let refused = lay(&other.tenant.key, &other, "2026-11-05T00:00:00Z").expect(409);
        assert_eq!(refused.code(), "bait_not_assigned");
        assert!(!String::from_utf8_lossy(&refused.bytes).contains(&own.tenant.id));
        lay(key, &own, "2026-11-05T00:00:00Z").expect(201);
        let path = format!("/v1/sim-assignments/{}", made.text("/id"));
        service.get(&other.tenant.key, &path).expect(404);
        let listed = service.get(&other.tenant.key, "/v1/sim-assignments").expect(200).json();
        assert_eq!(listed["items"], json!([]));
        let mine = service.get(key, &format!("/v1/sim-assignments?bait_id={}", own.bait));
        assert_eq!(mine.expect(200).json()["items"], json!([made.json()]));
        let end = json!({"valid_to": "2026-12-01T00:00:00+03:00"});
        service.json("PATCH", key, &path, &end).expect(403);
        service.json("PATCH", &service.agency_key, &path, &end).expect(200);
        assign(&service, &other, "2026-12-01T00:00:00+03:00", Value::Null).expect(201);
    });
}

#[test]
fn the_agency_is_told_of_a_live_trap_of_another_client_and_a_client_is_not() {
    on_both(|database| {
        let service = Service::start(database);
        // Both have a trap of the second of October on one number: clients may.
        let (own, other) = (service.stock("Окна"), service.stock("Двери"));
        let body = json!({
            "client_id": own.tenant.id, "bait_id": own.bait, "started_at": "2026-10-03T06:00:00Z",
        });
        let refused = service.json("POST", &service.agency_key, "/v1/traps", &body).expect(409);
        assert_eq!(refused.code(), "sim_in_use");
        service.json("POST", &own.tenant.key, "/v1/traps", &body).expect(201);
        let refused = assign(&service, &other, "2026-10-01T00:00:00Z", Value::Null).expect(409);
        assert_eq!(refused.code(), "sim_in_use");
    });
}

#[test]
fn preparations_and_protocols_of_another_client_are_not_there() {
    on_both(|database| {
        let service = Service::start(database);
        let (own, other) = (service.stock("Окна"), service.stock("Двери"));
        let key = &own.tenant.key;
        for (path, id, body) in [
            ("/v1/baits/ID/preparation", &other.bait, json!({})),
            ("/v1/traps/ID/protocol", &other.trap, json!({"steps": []})),
        ] {
            for id in [id.as_str(), NOWHERE] {
                service.get(key, &path.replace("ID", id)).expect(404);
                service.json("PUT", key, &path.replace("ID", id), &body).expect(404);
            }
            let agency = &service.agency_key;
            service.json("PUT", agency, &path.replace("ID", id), &body).expect(200);
        }
    });
}
