//! Inquiries over HTTP: proposed, made, sent, answered, and nobody else's.

use baitline_testkit::on_both;
use serde_json::{Value, json};

use crate::service::{Answer, Service, Stock, the_day};

const NOWHERE: &str = "00000000-0000-7000-8000-000000000000";

fn period() -> Value {
    json!({"from": "2026-10-01T00:00:00+03:00", "to": "2026-11-01T00:00:00+03:00"})
}

/// A client with two answered interceptions heard to be advertising, whose bait
/// has a holder.
fn scene(service: &Service, name: &str) -> (Stock, Vec<String>) {
    let stock = service.stock(name);
    let key = &stock.tenant.key;
    let calls = ["2026-10-02T10:00:00Z", "2026-10-02T11:00:00Z"]
        .map(|at| service.call(&stock, "+79160000001", at));
    service.derive(&stock.tenant.id, &stock.trap, the_day());
    service.execute("UPDATE calls SET label = 'advertising'");
    let applicant = json!({
        "kind": "legal_entity", "name": "ООО «Окна»", "inn": "7743895280",
        "ogrn": "1027700132195", "legal_address": "г. Москва, д. 1", "subject_code": "77",
    });
    let applicant = service.create(key, "/v1/applicants", &applicant);
    let prepared = json!({"applicant_id": applicant, "refusal_on": "2026-10-01"});
    let path = format!("/v1/baits/{}/preparation", stock.bait);
    service.json("PUT", key, &path, &prepared).expect(200);
    (stock, calls.to_vec())
}

fn make(service: &Service, key: &str) -> Value {
    let made = service.json("POST", key, "/v1/inquiries", &period()).expect(201).json();
    made["inquiries"][0].clone()
}

#[test]
fn what_is_proposed_is_made_and_nothing_twice() {
    on_both(|database| {
        let service = Service::start(database);
        let (stock, calls) = scene(&service, "Окна");
        let key = &stock.tenant.key;
        let propose =
            || service.json("POST", key, "/v1/inquiries:propose", &period()).expect(200).json();
        let proposed = propose();
        assert_eq!(proposed["inquiries"][0]["call_ids"], json!(calls));
        assert_eq!(proposed["inquiries"][0]["operator"]["inn"], "7743895280");
        let made = make(&service, key);
        assert_eq!((&made["state"], &made["calls"]), (&json!("draft"), &json!(2)));
        assert_eq!(made["applicant_id"], proposed["inquiries"][0]["applicant_id"]);
        let nothing = json!({"inquiries": [], "left_out": []});
        assert_eq!(propose(), nothing);
        let again = service.json("POST", key, "/v1/inquiries", &period()).expect(200);
        assert_eq!(again.json(), nothing);
        let backwards = json!({"from": period()["to"], "to": period()["from"]});
        let refused = service.json("POST", key, "/v1/inquiries", &backwards).expect(422);
        assert_eq!(
            (refused.text("/errors/0/pointer"), refused.code()),
            ("/to".to_owned(), "empty_period".to_owned())
        );
        let long = json!({"from": "2020-01-01T00:00:00Z", "to": "2026-01-01T00:00:00Z"});
        let refused = service.json("POST", key, "/v1/inquiries:propose", &long).expect(422);
        assert_eq!(refused.code(), "period_too_long");
    });
}

#[test]
fn an_inquiry_goes_its_way_and_an_answer_means_what_it_means() {
    on_both(|database| {
        let service = Service::start(database);
        let (stock, calls) = scene(&service, "Окна");
        let key = &stock.tenant.key;
        let path = format!("/v1/inquiries/{}", make(&service, key)["id"].as_str().unwrap());
        let act = |what: &str, body: Value| -> Answer {
            service.json("POST", key, &format!("{path}/{what}"), &body)
        };
        let answer = json!({"answered_on": "2026-11-10", "answers": []});
        assert_eq!(act("reply", answer.clone()).expect(409).code(), "inquiry_elsewhere");
        let early = json!({"sent_on": "2026-10-15", "channel": "post", "remind_on": "2026-10-14"});
        assert_eq!(act("sending", early).expect(422).code(), "empty_period");
        let sending = json!({
            "sent_on": "2026-10-15", "channel": "post", "tracking_number": "125",
            "remind_on": "2026-11-16",
        });
        let sent = act("sending", sending.clone()).expect(200);
        assert_eq!((sent.header("etag"), sent.text("/state")), ("\"2\"", "sent".to_owned()));
        assert_eq!(act("sending", sending).expect(409).code(), "inquiry_elsewhere");
        let due = |day: &str| {
            let found = service.get(key, &format!("/v1/inquiries?due_on={day}")).expect(200).json();
            found["items"].as_array().unwrap().len()
        };
        assert_eq!((due("2026-11-15"), due("2026-11-16")), (0, 1));
        let silence = json!({"noted_on": "2026-11-20", "because": "вручено"});
        assert_eq!(act("silence", silence).expect(200).text("/state"), "unanswered");
        assert_eq!(due("2026-11-16"), 0);
        let stranger = json!({
            "answered_on": "2026-11-21", "answers": [{"call_id": NOWHERE}],
        });
        let refused = act("reply", stranger).expect(404);
        assert_eq!(
            (refused.text("/errors/0/pointer"), refused.code()),
            ("/answers/0/call_id".to_owned(), "not_in_inquiry".to_owned())
        );
        let answers = json!([
            {"call_id": calls[0], "permission": "permitted", "contract": "№ 1"},
            {"call_id": calls[1], "permission": "not_permitted", "special_number": false},
        ]);
        let told = act("reply", json!({"answered_on": "2026-11-21", "answers": answers}));
        assert_eq!(told.expect(200).text("/state"), "answered");
        let listed = service.get(key, &format!("{path}/calls")).expect(200).json();
        let meanings: Vec<&Value> =
            listed["items"].as_array().unwrap().iter().map(|call| &call["meaning"]).collect();
        assert_eq!(meanings, ["fileable_by_refusal", "supports"]);
        let prepared = format!("/v1/baits/{}/preparation", stock.bait);
        service.json("PUT", key, &prepared, &json!({})).expect(200);
        let listed = service.get(key, &format!("{path}/calls")).expect(200).json();
        assert_eq!(listed["items"][0]["meaning"], "asks_lawyer");
        assert_eq!(
            act("cancellation", json!({"because": "x"})).expect(409).code(),
            "inquiry_elsewhere"
        );
    });
}

#[test]
fn a_change_bound_to_a_version_is_refused_once_the_inquiry_moved() {
    on_both(|database| {
        let service = Service::start(database);
        let (stock, _) = scene(&service, "Окна");
        let key = &stock.tenant.key;
        let path = format!("/v1/inquiries/{}", make(&service, key)["id"].as_str().unwrap());
        let bearer = format!("Bearer {key}");
        let send = |method: &str, path: &str, etag: &str, body: &Value| {
            let headers = [
                ("authorization", bearer.as_str()),
                ("content-type", "application/json"),
                ("if-match", etag),
            ];
            service.send(method, path, &headers, body.to_string().as_bytes())
        };
        let note = json!({"note": "позвонить", "remind_on": "2026-12-01"});
        let changed = send("PATCH", &path, "\"1\"", &note).expect(200);
        assert_eq!(
            (changed.header("etag"), changed.text("/remind_on")),
            ("\"2\"", "2026-12-01".to_owned())
        );
        let cancel = json!({"because": "ошибка"});
        send("POST", &format!("{path}/cancellation"), "\"1\"", &cancel).expect(412);
        let cancelled = send("POST", &format!("{path}/cancellation"), "\"2\"", &cancel).expect(200);
        assert_eq!(cancelled.text("/because"), "ошибка");
        let again = make(&service, key);
        assert_eq!(again["calls"], 2, "its calls are free again");
    });
}

#[test]
fn a_reply_has_a_scan_of_its_own() {
    on_both(|database| {
        let service = Service::start(database);
        let (stock, _) = scene(&service, "Окна");
        let key = &stock.tenant.key;
        let id = make(&service, key)["id"].as_str().unwrap().to_owned();
        for kind in ["inquiry", "reply"] {
            let path = format!("/v1/attachments?subject_kind={kind}&subject_id={id}&title=x");
            let kept = service.typed("POST", key, &path, "application/pdf", b"%PDF-1.4 reply");
            assert_eq!(kept.expect(201).text("/subject_kind"), kind);
        }
        let listed =
            service.get(key, &format!("/v1/attachments?subject_kind=reply&subject_id={id}"));
        assert_eq!(listed.expect(200).json()["items"].as_array().unwrap().len(), 1);
    });
}

#[test]
fn inquiries_of_another_client_are_not_there() {
    on_both(|database| {
        let service = Service::start(database);
        let (other, calls) = scene(&service, "Двери");
        let own = service.client("Окна");
        let id = make(&service, &other.tenant.key)["id"].as_str().unwrap().to_owned();
        let bodies = [
            ("GET", "", Value::Null),
            ("GET", "/calls", Value::Null),
            ("PATCH", "", json!({"note": "x"})),
            ("POST", "/sending", json!({"sent_on": "2026-10-15", "channel": "email"})),
            (
                "POST",
                "/reply",
                json!({"answered_on": "2026-10-15", "answers": [{"call_id": calls[0]}]}),
            ),
            ("POST", "/silence", json!({"noted_on": "2026-10-15", "because": "x"})),
            ("POST", "/cancellation", json!({"because": "x"})),
        ];
        for (method, rest, body) in bodies {
            for id in [id.as_str(), NOWHERE] {
                let path = format!("/v1/inquiries/{id}{rest}");
                let answer = match method {
                    "GET" => service.get(&own.key, &path),
                    _ => service.json(method, &own.key, &path, &body),
                };
                answer.expect(404);
            }
        }
        let listed = service.get(&own.key, "/v1/inquiries").expect(200).json();
        assert_eq!(listed["items"], json!([]));
        let mut body = period();
        body["client_id"] = json!(other.tenant.id);
        for path in ["/v1/inquiries", "/v1/inquiries:propose"] {
            service.json("POST", &own.key, path, &body).expect(404);
        }
        let all = service.get(&service.agency_key, "/v1/inquiries?state=draft").expect(200).json();
        assert_eq!(all["items"][0]["calls"], 2);
    });
}
