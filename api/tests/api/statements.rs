//! Operator statements over HTTP: rows through the ingest, the certified
//! original, the comparison, and nobody else's.

use baitline_testkit::on_both;
use serde_json::{Value, json};

use crate::service::{Service, Stock, the_day};

const NOWHERE: &str = "00000000-0000-7000-8000-000000000000";

fn statement(stock: &Stock, source: &str) -> Value {
    json!({
        "bait_id": stock.bait, "source_id": source, "number": "Д-1",
        "from": "2026-10-02T00:00:00Z", "to": "2026-10-03T00:00:00Z",
    })
}

fn operator(service: &Service, stock: &Stock) -> String {
    let body = json!({"name": "t2", "kind": "operator_statement", "time_zone": "UTC"});
    service.create(&stock.tenant.key, "/v1/sources", &body)
}

#[test]
fn the_rows_of_a_statement_are_compared_with_what_others_report() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let key = &stock.tenant.key;
        let source = operator(&service, &stock);
        let ours = service.call(&stock, "+79160000001", "2026-10-02T10:00:00Z");
        service.call(&stock, "+79160000002", "2026-10-02T11:00:00Z");
        let rows = "caller,called,occurred_at,connected_seconds\n\
                    +79160000001,+79001234567,2026-10-02 10:00:01,41\n\
                    +79160000003,+79001234567,2026-10-02 12:00:00,15\n";
        let sent = service.typed("POST", key, "/v1/calls?source=t2", "text/csv", rows.as_bytes());
        sent.expect(200);
        service.derive(&stock.tenant.id, &stock.trap, the_day());
        let made = service.json("POST", key, "/v1/statements", &statement(&stock, &source));
        let id = made.expect(201).text("/id");
        let path = format!("/v1/statements/{id}/comparison");
        let compared = service.get(key, &path).expect(200).json();
        let lines = compared["lines"].as_array().unwrap();
        let outcomes: Vec<&Value> = lines.iter().map(|line| &line["outcome"]).collect();
        assert_eq!(outcomes, ["matched", "only_in_ours", "only_in_theirs"]);
        assert_eq!((&lines[0]["call_id"], &lines[0]["interception"]), (&json!(ours), &json!(true)));
        assert_eq!(lines[0]["theirs"]["connected_seconds"], 41);
        assert_eq!((&lines[1]["theirs"], &lines[2]["ours"]), (&Value::Null, &Value::Null));
        assert_eq!(lines[2]["party"]["number"], "+79160000003");
        assert_eq!(compared["pending"], true, "no worker runs here");
    });
}

#[test]
fn a_statement_has_a_certified_original_and_is_withdrawn() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let key = &stock.tenant.key;
        let source = operator(&service, &stock);
        let made = service.json("POST", key, "/v1/statements", &statement(&stock, &source));
        let made = made.expect(201);
        assert_eq!(made.header("etag"), "\"1\"");
        let id = made.text("/id");
        let scan = format!("/v1/attachments?subject_kind=statement&subject_id={id}&title=x");
        service.typed("POST", key, &scan, "application/pdf", b"%PDF-1.4 list").expect(201);
        let path = format!("/v1/statements/{id}");
        let change = json!({"withdrawn_because": "не та SIM", "issued_on": "2026-11-05"});
        let changed = service.json("PATCH", key, &path, &change).expect(200);
        assert_eq!(
            (changed.header("etag"), changed.text("/issued_on")),
            ("\"2\"", "2026-11-05".to_owned())
        );
        assert_eq!(service.get(key, &path).expect(200).json(), changed.json());
        let of_bait = format!("/v1/statements?bait_id={}", stock.bait);
        assert_eq!(service.get(key, &of_bait).expect(200).json()["items"], json!([changed.json()]));
    });
}

#[test]
fn a_wrong_statement_is_refused_where_it_is_wrong() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let key = &stock.tenant.key;
        let source = operator(&service, &stock);
        for (field, value, status, code) in [
            ("bait_id", json!(NOWHERE), 404, "unknown_bait"),
            ("source_id", json!(NOWHERE), 404, "unknown_source"),
            ("source_id", json!(stock.source), 422, "not_a_statement"),
            ("to", json!("2026-10-02T00:00:00Z"), 422, "empty_period"),
            ("to", json!("2027-10-02T00:00:00Z"), 422, "period_too_long"),
        ] {
            let mut body = statement(&stock, &source);
            body[field] = value;
            let answer = service.json("POST", key, "/v1/statements", &body).expect(status);
            let found = (answer.text("/errors/0/pointer"), answer.code());
            assert_eq!(found, (format!("/{field}"), code.to_owned()));
        }
    });
}

#[test]
fn statements_of_another_client_are_not_there() {
    on_both(|database| {
        let service = Service::start(database);
        let (own, other) = (service.client("Окна"), service.stock("Двери"));
        let source = operator(&service, &other);
        let theirs =
            service.create(&other.tenant.key, "/v1/statements", &statement(&other, &source));
        for id in [theirs.as_str(), NOWHERE] {
            service.get(&own.key, &format!("/v1/statements/{id}")).expect(404);
            service.get(&own.key, &format!("/v1/statements/{id}/comparison")).expect(404);
            let change = json!({"note": "x"});
            service.json("PATCH", &own.key, &format!("/v1/statements/{id}"), &change).expect(404);
        }
        let listed = service.get(&own.key, "/v1/statements").expect(200).json();
        assert_eq!(listed["items"], json!([]));
        let refused = service.json("POST", &own.key, "/v1/statements", &statement(&other, &source));
        assert_eq!(refused.expect(404).code(), "unknown_bait");
    });
}
