//! `/metrics`: counts that follow what was asked, and nothing of anybody's.

use baitline_testkit::{TestDatabase, on_both};
use serde_json::json;

use crate::service::Service;

fn scrape(service: &Service) -> String {
    let answer = service.send("GET", "/metrics", &[], b"").expect(200);
    let content_type = answer.header("content-type").to_owned();
    assert_eq!(content_type, "application/openmetrics-text; version=1.0.0; charset=utf-8");
    let text = String::from_utf8(answer.bytes).unwrap();
    assert!(text.ends_with("# EOF\n"), "{text}");
    text
}

/// The value of a sample, by its name with its labels.
fn value(text: &str, sample: &str) -> f64 {
    let found = text.lines().find_map(|line| line.strip_prefix(sample)?.strip_prefix(' '));
    found.unwrap_or_else(|| panic!("no {sample} in {text}")).parse().unwrap()
}

#[test]
fn requests_are_counted_by_route_method_and_status() {
    let service = Service::start(TestDatabase::sqlite());
    let key = service.agency_key.clone();
    for _ in 0..3 {
        service.get(&key, "/v1/baits/00000000-0000-7000-8000-000000000000").expect(404);
    }
    service.get("wrong", "/v1/baits").expect(401);
    service.send("HEAD", "/healthz", &[], b"").expect(200);
    service.send("BREW", "/v1/nothing", &[], b"").expect(404);
    let text = scrape(&service);
    let count = |route: &str, method: &str, status: u16| {
        let labels = format!("route=\"{route}\",method=\"{method}\",status=\"{status}\"");
        value(&text, &format!("baitline_http_requests_total{{{labels}}}"))
    };
    assert_eq!(count("/v1/baits/{id}", "GET", 404), 3.0);
    assert_eq!(count("/v1/baits", "GET", 401), 1.0);
    assert_eq!(count("/healthz", "HEAD", 200), 1.0);
    assert_eq!(count("none", "other", 404), 1.0);
    let took = "baitline_http_request_duration_seconds";
    let labels = "route=\"/v1/baits/{id}\",method=\"GET\"";
    assert_eq!(value(&text, &format!("{took}_count{{{labels}}}")), 3.0);
    assert_eq!(value(&text, &format!("{took}_bucket{{le=\"+Inf\",{labels}}}")), 3.0);
}

#[test]
fn receipts_and_queues_are_counted_and_a_dry_run_is_not() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let changes_before = value(&scrape(&service), "baitline_waiting_changes");
        assert!(changes_before > 0.0, "what was entered waits to be expanded");
        let call = json!({
            "source": "recorder", "bait": "M-1", "direction": "incoming",
            "caller": "+79160000001", "occurred_at": "2026-10-02T12:00:00Z",
        });
        let send = |query: &str, body: &serde_json::Value| {
            service.json("POST", &stock.tenant.key, &format!("/v1/calls{query}"), body)
        };
        send("?dry_run=true", &json!([call])).expect(200);
        send("", &json!([call, call, {"source": "recorder"}])).expect(200);
        send("", &call).expect(200);
        let export = json!({"from": "2026-10-01T00:00:00Z", "to": "2026-11-01T00:00:00Z"});
        service.json("POST", &stock.tenant.key, "/v1/exports", &export).expect(202);
        let file = service.typed("POST", &stock.tenant.key, "/v1/files", "text/csv", b"caller\n");
        file.expect(202);
        let text = scrape(&service);
        let receipts =
            |status: &str| value(&text, &format!("baitline_receipts_total{{status=\"{status}\"}}"));
        assert_eq!(receipts("accepted"), 1.0);
        assert_eq!(receipts("duplicate"), 2.0);
        assert_eq!(receipts("rejected"), 1.0);
        assert_eq!(value(&text, "baitline_waiting_buckets"), 1.0);
        assert!((0.0..600.0).contains(&value(&text, "baitline_bucket_lag_seconds")));
        assert_eq!(value(&text, "baitline_exports{state=\"queued\"}"), 1.0);
        assert_eq!(value(&text, "baitline_files{state=\"queued\"}"), 1.0);
        assert_eq!(value(&text, "baitline_database_up"), 1.0);
        assert_eq!(value(&text, "baitline_database_connections_limit"), 4.0);
        assert!(value(&text, "baitline_database_connections{state=\"idle\"}") >= 0.0);
    });
}

#[test]
fn rows_of_tables_labels_and_replays_are_counted_too() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let key = &stock.tenant.key;
        let table = b"number,kind\n+74951234568,staff\nx,staff\n";
        for query in ["?dry_run=true", ""] {
            let path = format!("/v1/own-numbers/imports{query}");
            service.typed("POST", key, &path, "text/csv", table).expect(200);
        }
        let label = json!([{"call_id": stock.bait, "label": {
            "kind": "service", "consent_given": false, "stop_demanded": false
        }}]);
        service.json("POST", key, "/v1/labels", &label).expect(200);
        let replay = json!({"from": "2026-10-01T00:00:00Z", "to": "2026-11-01T00:00:00Z"});
        service.json("POST", key, "/v1/verdicts:replay", &replay).expect(202);
        let text = scrape(&service);
        let rows = |of: &str, status: &str| {
            let labels = format!("of=\"{of}\",status=\"{status}\"");
            value(&text, &format!("baitline_row_receipts_total{{{labels}}}"))
        };
        assert_eq!(rows("own_numbers", "accepted"), 1.0);
        assert_eq!(rows("own_numbers", "rejected"), 1.0);
        assert_eq!(rows("labels", "rejected"), 1.0);
        assert_eq!(value(&text, "baitline_replays{state=\"queued\"}"), 1.0);
    });
}

#[test]
fn no_number_and_no_id_gets_into_a_label() {
    let service = Service::start(TestDatabase::sqlite());
    let stock = service.stock("Окна");
    service.call(&stock, "+79160000001", "2026-10-02T12:00:00Z");
    let key = &stock.tenant.key;
    for path in [
        format!("/v1/baits/{}", stock.bait),
        "/v1/numbering/+79160000001".to_owned(),
        "/v1/numbering/+79160000001/x".to_owned(),
        "/v1/calls?caller=%2B79160000001".to_owned(),
        format!("/{}", stock.tenant.id),
    ] {
        service.get(key, &path);
    }
    let text = scrape(&service);
    assert!(text.contains("/v1/numbering/{"), "{text}");
    for secret in ["79160000001", &stock.tenant.id, &stock.bait, key.as_str(), "Окна"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
}

#[test]
fn a_schema_taken_back_under_a_running_service_is_told_and_counted_on() {
    on_both(|database| {
        let owner_url = database.owner_url();
        let service = Service::start(database);
        while baitline_store::revert_last(&owner_url).is_ok() {}
        service.send("GET", "/readyz", &[], b"").expect(503).code();
        service.send("GET", "/healthz", &[], b"").expect(200);
        let text = scrape(&service);
        assert_eq!(value(&text, "baitline_database_up"), 0.0);
        assert!(text.contains("route=\"/readyz\",method=\"GET\",status=\"503\""), "{text}");
        assert!(!text.contains("waiting_buckets"), "{text}");
    });
}
