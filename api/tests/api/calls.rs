//! Call records in, in every format, and derived calls out.

use baitline_testkit::{TestDatabase, on_both};
use serde_json::{Value, json};

use crate::service::{Service, Stock, the_day};

fn record(id: &str, at: &str) -> Value {
    json!({
        "source": "recorder", "external_id": id, "bait": "+79001234567", "direction": "incoming",
        "caller": "8 (916) 000-00-01", "occurred_at": at, "connected_seconds": 40,
    })
}

fn statuses(answer: &Value) -> Vec<(u64, String)> {
    let receipts = answer["receipts"].as_array().unwrap();
    let one = |receipt: &Value| {
        (receipt["line"].as_u64().unwrap(), receipt["status"].as_str().unwrap().to_owned())
    };
    receipts.iter().map(one).collect()
}

fn send(service: &Service, stock: &Stock, content_type: &str, body: &str) -> Value {
    service
        .typed("POST", &stock.tenant.key, "/v1/calls", content_type, body.as_bytes())
        .expect(200)
        .json()
}

#[test]
fn one_record_is_created_known_updated_or_refused() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let key = &stock.tenant.key;
        let post = |body: &Value| service.json("POST", key, "/v1/calls", body);
        let mut body = record("a", "2026-10-02T13:00:00+03:00");
        let created = post(&body).expect(201);
        assert_eq!(created.json()["matched"], true);
        let known = post(&body).expect(200);
        assert_eq!(known.json()["status"], "duplicate");
        assert_eq!(known.text("/id"), created.text("/id"));
        body["connected_seconds"] = json!(50);
        assert_eq!(post(&body).expect(409).code(), "conflict");
        body["revision"] = json!(1);
        assert_eq!(post(&body).expect(200).json()["status"], "updated");
        body["occurred_at"] = json!("tomorrow");
        let refused = post(&body).expect(422);
        assert_eq!(refused.text("/errors/0/pointer"), "/occurred_at");
        body["source"] = json!("nobody");
        assert_eq!(post(&body).expect(422).code(), "unknown_source");
    });
}

#[test]
fn one_bad_record_never_fails_the_others_in_any_format() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let good = record("a", "2026-10-02T13:00:00+03:00");
        let bad = json!({"source": "recorder", "caller": "x"});
        let array = json!([good, bad, 7, record("b", "2026-10-02T14:00:00+03:00")]).to_string();
        let wanted = |first: &str, last: &str| {
            let row = |line: u64, status: &str| (line, status.to_owned());
            vec![row(1, first), row(2, "rejected"), row(3, "rejected"), row(4, last)]
        };
        let answer = send(&service, &stock, "application/json", &array);
        assert_eq!(statuses(&answer), wanted("accepted", "accepted"));
        assert_eq!(answer["counts"]["accepted"], 2);
        assert_eq!(answer["counts"]["rejected"], 2);
        let lines = format!("{good}\n{bad}\n{{\n{}\n", record("b", "2026-10-02T14:00:00+03:00"));
        let answer = send(&service, &stock, "application/x-ndjson", &lines);
        assert_eq!(statuses(&answer), wanted("duplicate", "duplicate"));
        let csv = "source,external_id,bait,direction,caller,occurred_at,connected_seconds\n\
            recorder,a,+79001234567,incoming,8 (916) 000-00-01,2026-10-02 13:00:00,40\n\
            recorder,c,+79001234567,incoming,8 (916) 000-00-01,never,40\n\
            recorder,d\n\
            recorder,b,+79001234567,incoming,8 (916) 000-00-01,2026-10-02 14:00:00,40\n";
        let answer = send(&service, &stock, "text/csv", csv);
        let shifted: Vec<_> =
            wanted("duplicate", "duplicate").into_iter().map(|(n, s)| (n + 1, s)).collect();
        assert_eq!(statuses(&answer), shifted);
    });
}

#[test]
fn a_body_that_is_no_list_of_records_is_refused_as_a_whole() {
    let service = Service::start(TestDatabase::sqlite());
    let stock = service.stock("Окна");
    let table: [(&str, &[u8], u16, &str); 8] = [
        ("application/json", b"", 400, "empty_body"),
        ("application/x-ndjson", b"", 400, "empty_body"),
        ("text/csv", b"", 400, "empty_body"),
        ("application/json", b"[{", 400, "malformed_json"),
        ("application/json", b"7", 422, "invalid_type"),
        ("text/csv", b"source,colour,occurred_at\n", 422, "unknown_column"),
        ("text/csv", b"source,caller\n", 422, "missing_column"),
        ("text/csv", b"source,\xff,occurred_at\n", 400, "invalid_utf8"),
    ];
    for (content_type, body, status, code) in table {
        let answer = service.typed("POST", &stock.tenant.key, "/v1/calls", content_type, body);
        assert_eq!(
            answer.status,
            status,
            "{content_type} {}",
            String::from_utf8_lossy(&answer.bytes)
        );
        assert_eq!(answer.code(), code, "{content_type}");
    }
    let answer = send(&service, &stock, "application/json", "[]");
    assert_eq!(answer["receipts"], json!([]));
}

#[test]
fn a_dry_run_tells_and_changes_nothing() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let key = &stock.tenant.key;
        let body = record("a", "2026-10-02T13:00:00+03:00");
        let path = "/v1/calls?dry_run=true";
        for _ in 0..2 {
            let answer = service.json("POST", key, path, &body).expect(200);
            assert_eq!(answer.json()["status"], "accepted");
        }
        service.json("POST", key, "/v1/calls", &body).expect(201);
        let answer = service.json("POST", key, path, &body).expect(200);
        assert_eq!(answer.json()["status"], "duplicate");
    });
}

#[test]
fn records_may_leave_the_source_to_the_request() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let key = &stock.tenant.key;
        let mut body = record("a", "2026-10-02T13:00:00+03:00");
        body.as_object_mut().unwrap().remove("source");
        assert_eq!(service.json("POST", key, "/v1/calls", &body).expect(422).code(), "missing");
        service.json("POST", key, "/v1/calls?source=recorder", &body).expect(201);
        let answer = service.json("POST", key, "/v1/calls?source=nobody", &body).expect(404);
        assert_eq!(answer.code(), "unknown_source");
        let agency = service.agency_key.clone();
        service.json("POST", &agency, "/v1/calls?source=recorder", &body).expect(422);
        let named = format!("/v1/calls?source=recorder&client_id={}", stock.tenant.id);
        assert_eq!(
            service.json("POST", &agency, &named, &body).expect(200).json()["status"],
            "duplicate"
        );
    });
}

#[test]
fn many_records_go_in_by_batches_and_each_has_its_receipt() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let lines: Vec<String> = (0..2_500)
            .map(|n| {
                let (minute, second) = (n / 60 % 60, n % 60);
                let hour = 10 + n / 3_600;
                let at = format!("2026-10-02T{hour:02}:{minute:02}:{second:02}+03:00");
                record(&n.to_string(), &at).to_string()
            })
            .collect();
        let answer = send(&service, &stock, "application/x-ndjson", &lines.join("\n"));
        assert_eq!(answer["counts"]["accepted"], 2_500);
        let lines = statuses(&answer).into_iter().map(|(line, _)| line);
        assert!(lines.eq(1..=2_500), "one receipt per line, in order");
    });
}

#[test]
fn a_record_of_an_unknown_bait_waits_unmatched() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let mut body = record("a", "2026-10-02T13:00:00+03:00");
        body["bait"] = json!("+79009999999");
        let created = service.json("POST", &stock.tenant.key, "/v1/calls", &body).expect(201);
        assert_eq!(created.json()["matched"], false);
        let path = format!("/v1/calls/{}", created.text("/id"));
        service.get(&stock.tenant.key, &path).expect(404);
    });
}

#[test]
fn derived_calls_are_listed_filtered_and_found_by_any_observation() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let key = &stock.tenant.key;
        let first = service.call(&stock, "+79160000001", "2026-10-02T10:00:00Z");
        let second = service.call(&stock, "скрыт", "2026-10-02T11:00:00Z");
        service.derive(&stock.tenant.id, &stock.trap, the_day());
        let ids = |query: &str| -> Vec<String> {
            let list = service.get(key, &format!("/v1/calls?{query}")).expect(200).json();
            let items = list["items"].as_array().unwrap();
            items.iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(ids(""), [first.clone(), second.clone()]);
        assert_eq!(ids("caller=%2B79160000001"), std::slice::from_ref(&first));
        assert_eq!(ids("caller=+79160000001"), std::slice::from_ref(&first));
        assert_eq!(ids("from=2026-10-02T14:00:00%2B03:00"), std::slice::from_ref(&second));
        assert_eq!(ids("from=2026-10-02T14:00:00+03:00"), std::slice::from_ref(&second));
        assert_eq!(ids("to=2026-10-02T11:00:00Z"), std::slice::from_ref(&first));
        assert_eq!(ids("direction=outgoing"), [] as [String; 0]);
        let page = service.get(key, "/v1/calls?limit=1").expect(200);
        let cursor = page.text("/next_cursor");
        assert_eq!(ids(&format!("limit=1&cursor={cursor}")), std::slice::from_ref(&second));
        let detail = service.get(key, &format!("/v1/calls/{first}")).expect(200).json();
        assert_eq!(detail["call"]["interception"]["verdict"], "foreign_group");
        assert_eq!(detail["call"]["party"]["number"], "+79160000001");
        assert_eq!(detail["observations"][0]["caller_raw"], "+79160000001");
        assert_eq!(detail["recordings"], json!([]));
        let hidden = service.get(key, &format!("/v1/calls/{second}")).expect(200).json();
        assert_eq!(
            hidden["call"]["party"],
            json!({"kind": "hidden", "number": null, "text": null})
        );
    });
}
