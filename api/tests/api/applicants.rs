//! Who signs: entered by kind, changed by version, revoked, and nobody else's;
//! and the offices that their complaints go to.

use baitline_testkit::on_both;
use serde_json::{Value, json};

use crate::service::{Answer, Service};

const NOWHERE: &str = "00000000-0000-7000-8000-000000000000";

/// A legal entity with other fields; null takes one away.
fn entity(fields: &Value) -> Value {
    let mut body = json!({
        "kind": "legal_entity", "name": "ООО «Окна»", "inn": "7743895280",
        "ogrn": "1027700132195", "legal_address": "г. Москва, д. 1", "subject_code": "77",
    });
    let object = body.as_object_mut().unwrap();
    for (name, value) in fields.as_object().unwrap() {
        if value.is_null() {
            object.remove(name);
        } else {
            object.insert(name.clone(), value.clone());
        }
    }
    body
}

fn passport() -> Value {
    json!({"number": "45 10 123456", "issued_by": "ОВД «Хамовники»", "issued_on": "1999-12-31"})
}

/// PATCHes JSON for the version of an ETag.
fn change_if(service: &Service, key: &str, path: &str, etag: &str, body: &Value) -> Answer {
    let bearer = format!("Bearer {key}");
    let headers = [
        ("authorization", bearer.as_str()),
        ("content-type", "application/json"),
        ("if-match", etag),
    ];
    service.send("PATCH", path, &headers, body.to_string().as_bytes())
}

#[test]
fn each_kind_of_applicant_has_its_own_numbers() {
    on_both(|database| {
        let service = Service::start(database);
        let key = &service.client("Окна").key;
        let enter = |fields: Value| service.json("POST", key, "/v1/applicants", &entity(&fields));
        let made = enter(json!({})).expect(201);
        assert_eq!(made.header("etag"), "\"1\"");
        let made = made.json();
        assert_eq!((&made["passport"], &made["version"]), (&Value::Null, &json!(1)));
        assert!(key.contains(made["author"].as_str().unwrap()), "{made}");
        let trader = json!({
            "kind": "sole_trader", "inn": "500100732259", "ogrn": "304500116000157",
        });
        assert_eq!(enter(trader).expect(201).json()["ogrn"], "304500116000157");
        let citizen = json!({
            "kind": "citizen", "inn": null, "ogrn": null, "passport": passport(),
        });
        assert_eq!(enter(citizen).expect(201).json()["passport"], passport());
        for (fields, pointer, code) in [
            (json!({"inn": null}), "/inn", "missing"),
            (json!({"ogrn": null}), "/ogrn", "missing"),
            (json!({"inn": "500100732259"}), "/inn", "of_another_kind"),
            (json!({"ogrn": "304500116000157"}), "/ogrn", "of_another_kind"),
            (json!({"passport": passport()}), "/passport", "of_another_kind"),
            (json!({"kind": "citizen", "inn": null, "ogrn": null}), "/passport", "missing"),
            (json!({"inn": "7743895281"}), "/inn", "not_an_inn"),
            (json!({"ogrn": "0027700132196"}), "/ogrn", "not_an_ogrn"),
            (json!({"subject_code": "80"}), "/subject_code", "not_a_subject"),
            (json!({"subject_code": "7"}), "/subject_code", "not_a_subject"),
            (json!({"legal_address": "а\u{0}б"}), "/legal_address", "control_character"),
        ] {
            let answer = enter(fields.clone()).expect(422);
            let found = (answer.text("/errors/0/pointer"), answer.code());
            assert_eq!(found, (pointer.to_owned(), code.to_owned()), "{fields}");
        }
        let listed = service.get(key, "/v1/applicants?inn=500100732259").expect(200).json();
        assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    });
}

#[test]
fn a_day_is_written_in_one_way_only() {
    on_both(|database| {
        let service = Service::start(database);
        let key = &service.client("Окна").key;
        for (day, code) in [
            ("1999-12-32", "not_a_date"),
            ("31.12.1999", "not_a_date"),
            ("1999-12-31T00:00:00Z", "not_a_date"),
            ("1999-W52-5", "not_a_date"),
            ("1899-12-31", "out_of_range"),
            ("2100-01-01", "out_of_range"),
            ("-99999-1-1", "not_a_date"),
        ] {
            let mut passport = passport();
            passport["issued_on"] = json!(day);
            let body = json!({
                "kind": "citizen", "inn": null, "ogrn": null, "passport": passport,
            });
            let answer = service.json("POST", key, "/v1/applicants", &entity(&body)).expect(422);
            let found = (answer.text("/errors/0/pointer"), answer.code());
            assert_eq!(found, ("/passport/issued_on".to_owned(), code.to_owned()), "{day}");
        }
    });
}

#[test]
fn a_change_bound_to_a_version_is_refused_once_somebody_changed_it() {
    on_both(|database| {
        let service = Service::start(database);
        let key = &service.client("Окна").key;
        let made = service.json("POST", key, "/v1/applicants", &entity(&json!({}))).expect(201);
        let path = format!("/v1/applicants/{}", made.text("/id"));
        let note = |text: &str| json!({"note": text});
        let first = change_if(&service, key, &path, "\"1\"", &note("раз")).expect(200);
        assert_eq!((first.header("etag"), &first.json()["note"]), ("\"2\"", &json!("раз")));
        let late = change_if(&service, key, &path, "\"1\"", &note("два")).expect(412);
        assert_eq!(late.text("/type"), "urn:baitline:problem:precondition_failed");
        for nothing in ["W/\"2\"", "2", "\"x\""] {
            change_if(&service, key, &path, nothing, &note("три")).expect(412);
        }
        let found = service.get(key, &path).expect(200);
        assert_eq!((found.header("etag"), found.json()), ("\"2\"", first.json()));
        change_if(&service, key, &path, "*", &note("четыре")).expect(200);
        let any = service.json("PATCH", key, &path, &json!({"kind": "citizen"})).expect(422);
        assert_eq!(any.code(), "of_another_kind");
        let withdrawn = json!({"withdrawn_because": "ликвидировано", "note": null});
        let after = service.json("PATCH", key, &path, &withdrawn).expect(200).json();
        assert_eq!(
            (&after["withdrawn_because"], &after["version"]),
            (&json!("ликвидировано"), &json!(4))
        );
    });
}

#[test]
fn a_representative_signs_by_powers_that_expire_and_are_revoked() {
    on_both(|database| {
        let service = Service::start(database);
        let key = &service.client("Окна").key;
        let applicant = service.create(key, "/v1/applicants", &entity(&json!({})));
        let person = json!({
            "applicant_id": applicant, "kind": "attorney", "name": "Иванова", "phone": "8 495 1234567",
        });
        let made = service.json("POST", key, "/v1/representatives", &person).expect(201);
        assert_eq!(
            (made.header("etag"), made.text("/phone")),
            ("\"1\"", "+74951234567".to_owned())
        );
        let path = format!("/v1/representatives/{}", made.text("/id"));
        let change = json!({"position": "адвокат", "phone": null});
        let changed = change_if(&service, key, &path, "\"1\"", &change).expect(200).json();
        assert_eq!((&changed["position"], &changed["phone"]), (&json!("адвокат"), &Value::Null));
        change_if(&service, key, &path, "\"1\"", &change).expect(412);
        let power = |expires: &str| {
            let body = json!({
                "representative_id": made.text("/id"), "number": "12", "issued_on": "2026-09-01",
                "expires_on": expires, "powers": "подписывать\nи подавать",
            });
            service.json("POST", key, "/v1/powers-of-attorney", &body)
        };
        assert_eq!(power("2026-08-31").expect(422).code(), "empty_period");
        let power = power("2026-09-01").expect(201).json();
        let path = format!("/v1/powers-of-attorney/{}", power["id"].as_str().unwrap());
        let revoke = |body: Value| service.json("PATCH", key, &path, &body);
        assert_eq!(revoke(json!({})).expect(422).code(), "missing");
        let half = json!({"revoked_on": "2026-10-01"});
        assert_eq!(revoke(half).expect(422).text("/errors/0/pointer"), "/revoked_because");
        let both = json!({"revoked_on": "2026-10-01", "revoked_because": "уволена"});
        assert_eq!(revoke(both).expect(200).text("/revoked_on"), "2026-10-01");
        assert_eq!(revoke(json!({"revoked_on": null})).expect(200).json(), power);
        let listed = service.get(key, &format!("/v1/representatives?applicant_id={applicant}"));
        assert_eq!(listed.expect(200).json()["items"], json!([changed]));
    });
}

#[test]
fn a_consent_speaks_of_all_baits_or_of_one() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let key = &stock.tenant.key;
        let applicant = service.create(key, "/v1/applicants", &entity(&json!({})));
        let consent = |fields: Value| {
            let mut body = json!({
                "applicant_id": applicant, "kind": "disclosure", "given_by": "Иванова",
                "given_on": "2026-09-01",
            });
            body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
            service.json("POST", key, "/v1/consents", &body)
        };
        assert_eq!(consent(json!({})).expect(201).json()["bait_id"], Value::Null);
        let of_bait = consent(json!({"bait_id": stock.bait, "kind": "personal_data"})).expect(201);
        assert_eq!(of_bait.text("/bait_id"), stock.bait);
        assert_eq!(consent(json!({"bait_id": NOWHERE})).expect(404).code(), "unknown_bait");
        let unknown = consent(json!({"applicant_id": NOWHERE})).expect(404);
        assert_eq!(unknown.code(), "unknown_applicant");
        let early = consent(json!({"expires_on": "2026-08-31"})).expect(422);
        assert_eq!(early.code(), "empty_period");
        let path = format!("/v1/consents/{}", of_bait.text("/id"));
        let revoked = json!({"revoked_on": "2026-10-01", "revoked_because": "отзыв"});
        service.json("PATCH", key, &path, &revoked).expect(200);
        assert_eq!(service.get(key, &path).expect(200).text("/revoked_because"), "отзыв");
    });
}

#[test]
fn an_office_is_known_by_its_subject_and_only_the_agency_enters_its_address() {
    on_both(|database| {
        let service = Service::start(database);
        let key = &service.client("Окна").key;
        let listed = service.get(key, "/v1/offices").expect(200).json();
        assert_eq!(listed["items"].as_array().unwrap().len(), 89);
        let found = service.get(key, "/v1/offices/77").expect(200);
        assert_eq!(
            (found.header("etag"), found.text("/name")),
            ("\"0\"", "Московское УФАС".to_owned())
        );
        assert_eq!(
            (found.text("/case_prefix"), found.text("/case_prefix_ground")),
            ("077".to_owned(), "seen".to_owned())
        );
        assert_eq!(found.json()["address"], Value::Null);
        assert_eq!(service.get(key, "/v1/offices/90").expect(200).json()["name"], Value::Null);
        assert_eq!(service.get(key, "/v1/offices/80").expect(400).code(), "not_a_subject");
        let body = json!({"address": "индекс, Москва, дом 1"});
        service.json("PUT", key, "/v1/offices/77", &body).expect(403);
        let put = service.json("PUT", &service.agency_key, "/v1/offices/77", &body).expect(200);
        assert_eq!(
            (put.header("etag"), put.text("/name")),
            ("\"1\"", "Московское УФАС".to_owned())
        );
        let found = service.get(key, "/v1/offices/77").expect(200).json();
        assert_eq!(found, put.json());
        let listed = service.get(key, "/v1/offices").expect(200).json();
        let items = listed["items"].as_array().unwrap();
        assert!(items.contains(&found), "{found}");
    });
}

#[test]
fn applicants_and_papers_of_another_client_are_not_there() {
    on_both(|database| {
        let service = Service::start(database);
        let (ours, theirs) = (service.client("наш"), service.client("чужой"));
        let key = &theirs.key;
        let applicant = service.create(key, "/v1/applicants", &entity(&json!({})));
        let person = json!({"applicant_id": applicant, "kind": "attorney", "name": "Иванова"});
        let person = service.create(key, "/v1/representatives", &person);
        let power = json!({
            "representative_id": person, "issued_on": "2026-09-01", "expires_on": "2027-08-31",
            "powers": "подписывать",
        });
        let consent = json!({
            "applicant_id": applicant, "kind": "disclosure", "given_by": "Иванова",
            "given_on": "2026-09-01",
        });
        let revoke = json!({"revoked_on": null});
        let note = json!({"note": "x"});
        let made = [
            ("applicants", applicant.clone(), &note),
            ("representatives", person.clone(), &note),
            ("powers-of-attorney", service.create(key, "/v1/powers-of-attorney", &power), &revoke),
            ("consents", service.create(key, "/v1/consents", &consent), &revoke),
        ];
        for (noun, id, change) in made {
            let listed = service.get(&ours.key, &format!("/v1/{noun}")).expect(200).json();
            assert_eq!(listed["items"], json!([]), "{noun}");
            service.get(&ours.key, &format!("/v1/{noun}/{id}")).expect(404);
            service.json("PATCH", &ours.key, &format!("/v1/{noun}/{id}"), change).expect(404);
            service.get(&service.agency_key, &format!("/v1/{noun}/{id}")).expect(200);
        }
        let answer = service.json("POST", &ours.key, "/v1/consents", &consent).expect(404);
        assert_eq!(answer.code(), "unknown_applicant");
        let answer = service.json("POST", &ours.key, "/v1/powers-of-attorney", &power).expect(404);
        assert_eq!(answer.code(), "unknown_representative");
    });
}
