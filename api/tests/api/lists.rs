//! What people know of numbers and baits: entered, found, ended, withdrawn, and
//! nobody else's.

use baitline_testkit::on_both;
use serde_json::{Value, json};

use crate::service::Service;

const SINCE: &str = "2026-10-01T00:00:00+03:00";
const NOWHERE: &str = "00000000-0000-7000-8000-000000000000";

#[test]
fn an_allowance_names_its_author_and_ends_but_never_before_it_began() {
    on_both(|database| {
        let service = Service::start(database);
        let tenant = service.client("Окна");
        let key = &tenant.key;
        let entry = json!({"number": "8 916 123-45-67", "reason": "курьер", "since": SINCE});
        let made = service.json("POST", key, "/v1/allow-list", &entry).expect(201).json();
        assert_eq!((&made["number"], &made["until"]), (&json!("+79161234567"), &Value::Null));
        assert_eq!(made["since"], "2026-09-30T21:00:00Z");
        assert!(key.contains(made["author"].as_str().unwrap()), "{made}");
        let path = format!("/v1/allow-list/{}", made["id"].as_str().unwrap());
        let end = |until: Value| service.json("PATCH", key, &path, &json!({"until": until}));
        let ended = end(json!("2026-10-05T00:00:00Z")).expect(200).json();
        assert_eq!(ended["until"], "2026-10-05T00:00:00Z");
        assert_eq!(end(json!("2026-09-01T00:00:00Z")).expect(422).code(), "empty_period");
        assert_eq!(end(json!(SINCE)).expect(200).json()["until"], made["since"]);
        assert_eq!(end(Value::Null).expect(200).json(), made);
        assert_eq!(service.get(key, &path).expect(200).json(), made);
        assert_eq!(service.json("PATCH", key, &path, &json!({})).expect(422).code(), "missing");
        let listed = |number: &str| {
            service.get(key, &format!("/v1/allow-list?number={number}")).expect(200).json()
        };
        assert_eq!(listed("89161234567")["items"], json!([made]));
        assert_eq!(listed("89161234568")["items"], json!([]));
    });
}

#[test]
fn an_allowance_without_a_reason_or_with_an_end_before_its_beginning_is_refused() {
    on_both(|database| {
        let service = Service::start(database);
        let key = &service.client("Окна").key;
        let refused = |body: Value| {
            let answer = service.json("POST", key, "/v1/allow-list", &body).expect(422);
            (answer.text("/errors/0/pointer"), answer.code())
        };
        let at = |pointer: &str, code: &str| (pointer.to_owned(), code.to_owned());
        let number = "+79161234567";
        assert_eq!(refused(json!({"number": number, "since": SINCE})), at("/reason", "missing"));
        let blank = json!({"number": number, "reason": " ", "since": SINCE});
        assert_eq!(refused(blank), at("/reason", "empty"));
        let until = "2026-09-01T00:00:00Z";
        let backwards = json!({"number": number, "reason": "да", "since": SINCE, "until": until});
        assert_eq!(refused(backwards), at("/until", "empty_period"));
        let authored = json!({"number": number, "reason": "да", "since": SINCE, "author": "я"});
        assert_eq!(refused(authored), at("/author", "unknown_field"));
    });
}

#[test]
fn a_competitor_is_known_by_its_inn_once() {
    on_both(|database| {
        let service = Service::start(database);
        let tenant = service.client("Окна");
        let key = &tenant.key;
        let body = json!({"name": "Рога", "inn": "7740000076", "ogrn": "1027700132195"});
        let made = service.json("POST", key, "/v1/competitors", &body).expect(201).json();
        let again = service.json("POST", key, "/v1/competitors", &body).expect(409);
        assert_eq!(again.code(), "competitor_inn_taken");
        let wrong = json!({"name": "Рога", "ogrn": "1027700132196"});
        let answer = service.json("POST", key, "/v1/competitors", &wrong).expect(422);
        assert_eq!(answer.code(), "not_an_ogrn");
        let path = format!("/v1/competitors/{}", made["id"].as_str().unwrap());
        let change = json!({"name": "Рога и копыта", "ogrn": null});
        let after = service.json("PATCH", key, &path, &change).expect(200).json();
        assert_eq!((&after["name"], &after["ogrn"]), (&json!("Рога и копыта"), &Value::Null));
        assert_eq!(after["inn"], "7740000076");
        let listed = service.get(key, "/v1/competitors").expect(200).json();
        assert_eq!(listed["items"], json!([after]));
    });
}

#[test]
fn a_number_may_belong_to_several_competitors_and_one_to_several_numbers() {
    on_both(|database| {
        let service = Service::start(database);
        let key = &service.client("Окна").key;
        let competitor = |name| service.create(key, "/v1/competitors", &json!({"name": name}));
        let (horns, hooves) = (competitor("Рога"), competitor("Копыта"));
        let attribution = |competitor: &str, number: &str| {
            let body = json!({
                "competitor_id": competitor, "number": number, "role": "call_centre",
                "ground": "назвались", "valid_from": SINCE,
            });
            service.json("POST", key, "/v1/attributions", &body)
        };
        let first = attribution(&horns, "+79161234567").expect(201).json();
        attribution(&hooves, "+79161234567").expect(201);
        attribution(&horns, "+79161234568").expect(201);
        let count = |query: &str| {
            let found = service.get(key, &format!("/v1/attributions?{query}")).expect(200).json();
            found["items"].as_array().unwrap().len()
        };
        assert_eq!((count(""), count("number=89161234567")), (3, 2));
        assert_eq!(count(&format!("competitor_id={horns}&number=89161234568")), 1);
        assert_eq!(count(&format!("competitor_id={hooves}&number=89161234568")), 0);
        assert_eq!(attribution(NOWHERE, "+79161234567").expect(404).code(), "unknown_competitor");
        let path = format!("/v1/attributions/{}", first["id"].as_str().unwrap());
        let change = |body: Value| service.json("PATCH", key, &path, &body);
        let taken_back = change(json!({"valid_to": SINCE})).expect(200).json();
        assert_eq!(taken_back["valid_to"], first["valid_from"]);
        let backwards = json!({"valid_to": "2026-09-01T00:00:00Z"});
        assert_eq!(change(backwards).expect(422).code(), "empty_period");
        assert_eq!(service.get(key, &path).expect(200).json(), taken_back);
    });
}

#[test]
fn a_contamination_is_a_call_to_a_number_or_a_visit_to_a_competitor() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let key = &stock.tenant.key;
        let competitor = service.create(key, "/v1/competitors", &json!({"name": "Рога"}));
        let log = |fields: Value| {
            let mut body = json!({"bait_id": stock.bait, "at": "2026-10-02T10:00:00+03:00"});
            body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
            service.json("POST", key, "/v1/contaminations", &body)
        };
        let call = json!({"kind": "outgoing_call", "number": "+79161234567"});
        let visit = json!({"kind": "site_visit", "competitor_id": competitor, "note": "нечаянно"});
        assert_eq!(log(call).expect(201).json()["number"], "+79161234567");
        let logged = log(visit).expect(201).json();
        assert_eq!(
            (&logged["at"], &logged["withdrawn_because"]),
            (&json!("2026-10-02T07:00:00Z"), &Value::Null)
        );
        for (fields, pointer) in [
            (json!({"kind": "outgoing_call"}), "/number"),
            (json!({"kind": "site_visit", "number": "+79161234567"}), "/competitor_id"),
            (
                json!({"kind": "site_visit", "number": "+79161234567", "competitor_id": competitor}),
                "/number",
            ),
            (
                json!({"kind": "outgoing_call", "number": "+79161234567", "competitor_id": competitor}),
                "/competitor_id",
            ),
        ] {
            assert_eq!(log(fields).expect(422).text("/errors/0/pointer"), pointer);
        }
        let unknown = json!({"kind": "site_visit", "competitor_id": NOWHERE});
        assert_eq!(log(unknown).expect(404).code(), "unknown_competitor");
        let path = format!("/v1/contaminations/{}", logged["id"].as_str().unwrap());
        let withdraw = |reason: Value| {
            service.json("PATCH", key, &path, &json!({"withdrawn_because": reason})).expect(200)
        };
        assert_eq!(withdraw(json!("другой телефон")).text("/withdrawn_because"), "другой телефон");
        assert_eq!(withdraw(Value::Null).json(), logged);
        let of_bait = format!("/v1/contaminations?bait_id={}", stock.bait);
        let listed = service.get(key, &of_bait).expect(200).json();
        assert_eq!(listed["items"].as_array().unwrap().len(), 2);
    });
}

#[test]
fn lists_of_another_client_are_not_there() {
    on_both(|database| {
        let service = Service::start(database);
        let (ours, theirs) = (service.stock("наш"), service.stock("чужой"));
        let key = &theirs.tenant.key;
        let competitor = service.create(key, "/v1/competitors", &json!({"name": "Рога"}));
        let number = "+79161234567";
        let made = [
            ("competitors", competitor.clone()),
            (
                "attributions",
                service.create(
                    key,
                    "/v1/attributions",
                    &json!({"competitor_id": competitor, "number": number, "role": "own_line", "ground": "сайт"}),
                ),
            ),
            (
                "allow-list",
                service.create(
                    key,
                    "/v1/allow-list",
                    &json!({"number": number, "reason": "курьер", "since": SINCE}),
                ),
            ),
            (
                "contaminations",
                service.create(
                    key,
                    "/v1/contaminations",
                    &json!({"bait_id": theirs.bait, "kind": "site_visit", "at": SINCE, "competitor_id": competitor}),
                ),
            ),
            (
                "portability-answers",
                service.create(
                    key,
                    "/v1/portability-answers",
                    &json!({"number": number, "operator_inn": "7743895280", "source": "НИЦ", "looked_up_at": SINCE}),
                ),
            ),
        ];
        let key = &ours.tenant.key;
        for (noun, id) in made {
            let listed = service.get(key, &format!("/v1/{noun}")).expect(200).json();
            assert_eq!(listed["items"], json!([]), "{noun}");
            service.get(key, &format!("/v1/{noun}/{id}")).expect(404);
            let change = match noun {
                "competitors" => json!({"name": "Копыта"}),
                "attributions" => json!({"ground": "иначе"}),
                "allow-list" => json!({"until": null}),
                _ => json!({"withdrawn_because": "нет"}),
            };
            service.json("PATCH", key, &format!("/v1/{noun}/{id}"), &change).expect(404);
        }
        let body = json!({"competitor_id": competitor, "number": number, "role": "own_line", "ground": "сайт"});
        let answer = service.json("POST", key, "/v1/attributions", &body).expect(404);
        assert_eq!(answer.code(), "unknown_competitor");
    });
}
