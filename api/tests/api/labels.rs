//! Labels with everything a person can hear, and many of them at once.

use baitline_testkit::{TestDatabase, on_both};
use serde_json::{Value, json};

use crate::service::{Answer, Service, Stock, the_day};

const NOWHERE: &str = "00000000-0000-7000-8000-000000000000";

/// A recorded call with an external id, derived.
fn heard(service: &Service, stock: &Stock, external_id: &str, minute: u32) -> String {
    let body = json!({
        "source": "recorder", "external_id": external_id, "bait": "M-1", "direction": "incoming",
        "caller": "+79160000001", "occurred_at": format!("2026-10-02T10:{minute:02}:00Z"),
        "connected_seconds": 40,
    });
    let call = service.create(&stock.tenant.key, "/v1/calls", &body);
    let path = format!("/v1/calls/{call}/recording");
    service.typed("PUT", &stock.tenant.key, &path, "audio/wav", call.as_bytes()).expect(201);
    service.derive(&stock.tenant.id, &stock.trap, the_day());
    call
}

fn plain(kind: &str) -> Value {
    json!({"kind": kind, "consent_given": false, "stop_demanded": false})
}

fn with(field: &str, value: Value) -> Value {
    let mut body = plain("advertising");
    body[field] = value;
    body
}

fn segment(from: f64, text: &str) -> Value {
    json!({"from_seconds": from, "speaker": "caller", "text": text})
}

#[test]
fn a_timed_transcript_is_kept_and_its_words_are_the_transcript() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let key = &stock.tenant.key;
        let call = heard(&service, &stock, "1", 10);
        let path = format!("/v1/interceptions/{call}/labels");
        let segments = json!([
            {"from_seconds": 0.25, "to_seconds": 5.5, "speaker": "robot", "text": "Добрый день!"},
            {"from_seconds": 5.0, "to_seconds": null, "speaker": "subscriber", "text": "Кто это?"},
            {"from_seconds": 5.0, "to_seconds": null, "speaker": "other", "text": "…"},
        ]);
        let mut body = with("segments", segments.clone());
        body["listener"] = json!("Анна Котова");
        let given = service.json("POST", key, &path, &body).expect(201).json();
        assert_eq!(given["segments"], segments);
        assert_eq!(given["transcript"], "— Добрый день!\n— Кто это?\n— …");
        assert_eq!(given["listener"], "Анна Котова");
        assert_eq!(given["client_id"], stock.tenant.id.as_str());
        let listed = service.get(key, &path).expect(200).json();
        assert_eq!(listed["items"], json!([given]));
        let words = with("transcript", json!("— Алло."));
        let again = service.json("POST", key, &path, &words).expect(201).json();
        assert_eq!((&again["transcript"], &again["segments"]), (&json!("— Алло."), &json!([])));
    });
}

#[test]
fn a_transcript_that_makes_no_sense_is_refused_with_its_place() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let call = heard(&service, &stock, "1", 10);
        let path = format!("/v1/interceptions/{call}/labels");
        let post = |body: &Value| service.json("POST", &stock.tenant.key, &path, body).expect(422);
        let ended = |from: f64, to: f64| json!([{"from_seconds": from, "to_seconds": to, "speaker": "caller", "text": "а"}]);
        for (segments, code, pointer) in [
            (json!([segment(-0.5, "а")]), "out_of_range", "/segments/0/from_seconds"),
            (json!([segment(86_401.0, "а")]), "out_of_range", "/segments/0/from_seconds"),
            (ended(2.0, 2.0), "empty_period", "/segments/0/to_seconds"),
            (
                json!([segment(2.0, "а"), segment(1.0, "б")]),
                "not_in_order",
                "/segments/1/from_seconds",
            ),
            (json!([segment(2.0, " ")]), "empty", "/segments/0/text"),
            (json!([segment(2.0, "а\nб")]), "control_character", "/segments/0/text"),
            (json!([segment(2.0, &"а".repeat(2_001))]), "too_long", "/segments/0/text"),
            (json!(vec![segment(2.0, "а"); 501]), "too_many", "/segments"),
            (json!(vec![segment(2.0, &"а".repeat(1_999)); 10]), "too_long", "/segments"),
            (
                json!([{"from_seconds": 1, "speaker": "ghost", "text": "а"}]),
                "invalid_value",
                "/segments/0/speaker",
            ),
        ] {
            let answer = post(&with("segments", segments));
            assert_eq!(answer.code(), code, "{pointer}");
            assert_eq!(answer.text("/errors/0/pointer"), pointer, "{code}");
        }
        let mut both = with("segments", json!([segment(1.0, "а")]));
        both["transcript"] = json!("— а");
        let answer = post(&both);
        assert_eq!((answer.code(), answer.text("/errors/0/pointer")), {
            ("not_together".to_owned(), "/transcript".to_owned())
        });
        let kept = service.get(&stock.tenant.key, &path).expect(200).json();
        assert_eq!(kept["items"], json!([]));
    });
}

/// What became of each label, with the code of its fault.
fn outcomes(answer: &Answer) -> Vec<(u64, String, String)> {
    let answer = answer.json();
    let receipts = answer["receipts"].as_array().unwrap().iter();
    receipts
        .map(|receipt| {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let fault = &receipt["error"];
            let fault = format!("{}{}", text(&fault["code"]), text(&fault["pointer"]));
            (receipt["line"].as_u64().unwrap(), text(&receipt["status"]), fault)
        })
        .collect()
}

fn expected(told: &[(u64, &str, &str)]) -> Vec<(u64, String, String)> {
    told.iter().map(|(line, status, fault)| (*line, (*status).into(), (*fault).into())).collect()
}

#[test]
fn many_labels_come_at_once_and_a_bad_one_fails_alone() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let key = &stock.tenant.key;
        let (first, second) = (heard(&service, &stock, "1", 10), heard(&service, &stock, "2", 20));
        let silent = service.call(&stock, "+79160000003", "2026-10-02T10:30:00Z");
        service.derive(&stock.tenant.id, &stock.trap, the_day());
        let by_id = |id: &str, label: Value| json!({"call_id": id, "label": label});
        let by_record = |source: &str, id: &str| json!({"source": source, "external_id": id, "label": plain("service")});
        let mut bad_label = by_id(&first, plain("service"));
        bad_label["label"]["segments"] = json!([segment(-1.0, "а")]);
        let mut both_names = by_record("recorder", "1");
        both_names["call_id"] = json!(first);
        let body = json!([
            by_id(&first, plain("advertising")),
            by_record("recorder", "2"),
            by_record("nobody", "2"),
            by_record("recorder", "7"),
            by_id(NOWHERE, plain("service")),
            by_id(&silent, plain("service")),
            bad_label,
            both_names,
            {"label": plain("service")},
            by_id(&first, plain("guilty")),
            7,
            by_id(&first, plain("advertising")),
            by_id(&first, plain("unclear")),
        ]);
        let answer = service.json("POST", key, "/v1/labels", &body).expect(200);
        assert_eq!(
            outcomes(&answer),
            expected(&[
                (1, "accepted", ""),
                (2, "accepted", ""),
                (3, "rejected", "unknown_source/source"),
                (4, "rejected", "unknown_call/external_id"),
                (5, "rejected", "unknown_call/call_id"),
                (6, "rejected", "no_recording/call_id"),
                (7, "rejected", "out_of_range/label/segments/0/from_seconds"),
                (8, "rejected", "not_together/call_id"),
                (9, "rejected", "missing/call_id"),
                (10, "rejected", "invalid_value/label/kind"),
                (11, "rejected", "invalid_type"),
                (12, "duplicate", ""),
                (13, "accepted", ""),
            ])
        );
        let counts = answer.json()["counts"].clone();
        assert_eq!((&counts["accepted"], &counts["duplicate"]), (&json!(3), &json!(1)));
        let kinds = |call: &str| {
            let path = format!("/v1/interceptions/{call}/labels");
            let list = service.get(key, &path).expect(200).json();
            let items = list["items"].as_array().unwrap().clone();
            items.into_iter().map(|label| label["kind"].clone()).collect::<Vec<_>>()
        };
        assert_eq!(kinds(&first), ["advertising", "unclear"]);
        assert_eq!(kinds(&second), ["service"]);
        assert_eq!(answer.text("/receipts/11/id"), answer.text("/receipts/0/id"));
        let queue = service.get(key, "/v1/listening").expect(200).json();
        assert_eq!(queue["items"], json!([]), "what is labelled waits no longer");
    });
}

#[test]
fn labels_come_as_lines_too_and_again_as_duplicates() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let call = heard(&service, &stock, "1", 10);
        let line = json!({"call_id": call, "label": plain("service")}).to_string();
        let body = format!("{line}\n\n{{\"call_id\":\n{line}\n");
        let path = format!("/v1/labels?client_id={}", stock.tenant.id);
        let post = |key: &str, body: &str| {
            service.typed("POST", key, &path, "application/x-ndjson", body.as_bytes())
        };
        assert_eq!(
            outcomes(&post(&stock.tenant.key, &body).expect(200)),
            expected(&[
                (1, "accepted", ""),
                (3, "rejected", "malformed_json"),
                (4, "duplicate", ""),
            ])
        );
        let again = post(&stock.tenant.key, &line).expect(200);
        assert_eq!(outcomes(&again), expected(&[(1, "duplicate", "")]));
        let agency = service.agency_key.clone();
        let other = post(&agency, &line).expect(200);
        assert_eq!(outcomes(&other), expected(&[(1, "accepted", "")]), "another key's own");
        service
            .typed("POST", &agency, "/v1/labels", "application/x-ndjson", line.as_bytes())
            .expect(422);
    });
}

#[test]
fn a_body_of_labels_that_cannot_be_read_or_is_too_large_is_refused_whole() {
    let service = Service::start(TestDatabase::sqlite());
    let stock = service.stock("Окна");
    let key = &stock.tenant.key;
    let post =
        |kind: &str, body: &str| service.typed("POST", key, "/v1/labels", kind, body.as_bytes());
    assert_eq!(post("application/json", " ").expect(400).code(), "empty_body");
    assert_eq!(post("application/x-ndjson", "\n").expect(400).code(), "empty_body");
    assert_eq!(post("application/json", "[1,").expect(400).code(), "malformed_json");
    assert_eq!(post("application/json", "[1] 2").expect(400).code(), "malformed_json");
    assert_eq!(post("application/json", "{}").expect(422).code(), "invalid_type");
    post("text/csv", "kind\nservice\n").expect(415);
    let items = |n: usize| format!("[{}]", vec!["1"; n].join(","));
    assert_eq!(post("application/json", &items(1_000)).expect(200).json()["counts"]["rejected"], {
        1_000
    });
    post("application/json", &items(1_001)).expect(413);
    post("application/x-ndjson", &"1\n".repeat(1_001)).expect(413);
    let long = format!("[\"{}\", 1]", "a".repeat(300_000));
    let answer = post("application/json", &long).expect(200);
    assert_eq!(
        outcomes(&answer),
        expected(&[(1, "rejected", "too_long"), (2, "rejected", "invalid_type")])
    );
    post("application/json", &format!("[{}1]", " ".repeat(16 * 1024 * 1024))).expect(413);
}

#[test]
fn labels_are_reviewed_over_all_calls() {
    on_both(|database| {
        let service = Service::start(database);
        let (stock, theirs) = (service.stock("Окна"), service.stock("Двери"));
        let key = &stock.tenant.key;
        let call = heard(&service, &stock, "1", 10);
        let other = heard(&service, &theirs, "1", 10);
        let label = |kind: &str, listener: &str| {
            let mut label = plain(kind);
            label["listener"] = json!(listener);
            label
        };
        let body = json!([
            {"call_id": call, "label": label("advertising", "Анна")},
            {"call_id": call, "label": label("service", "Борис")},
        ]);
        service.json("POST", key, "/v1/labels", &body).expect(200);
        let agency = service.agency_key.clone();
        let path = format!("/v1/labels?client_id={}", theirs.tenant.id);
        let body = json!([{"call_id": other, "label": label("service", "Анна")}]);
        service.json("POST", &agency, &path, &body).expect(200);
        let list = |key: &str, query: &str| {
            let list = service.get(key, &format!("/v1/labels?{query}")).expect(200).json();
            let items = list["items"].as_array().unwrap().clone();
            items.into_iter().map(|item| item["kind"].clone()).collect::<Vec<_>>()
        };
        let all = service.get(&agency, "/v1/labels").expect(200).json();
        assert_eq!(all["items"].as_array().unwrap().len(), 3);
        assert_eq!(all["items"][0]["observation_id"], call.as_str());
        let (first, last) = (&all["items"][0], &all["items"][2]);
        let author = first["labelled_by"].as_str().unwrap();
        assert_eq!(list(key, ""), ["advertising", "service"]);
        assert_eq!(list(&agency, "listener=%D0%90%D0%BD%D0%BD%D0%B0"), ["advertising", "service"]);
        assert_eq!(list(&agency, &format!("labelled_by={author}")), ["advertising", "service"]);
        assert_eq!(list(&agency, "kind=advertising"), ["advertising"]);
        assert_eq!(list(&agency, &format!("client_id={}", theirs.tenant.id)), ["service"]);
        let at = last["labelled_at"].as_str().unwrap();
        assert_eq!(list(&agency, &format!("from={at}")), ["service"]);
        assert_eq!(list(&agency, &format!("to={at}")), ["advertising", "service"]);
        let page = service.get(&agency, "/v1/labels?limit=2").expect(200);
        let rest = format!("limit=2&cursor={}", page.text("/next_cursor"));
        assert_eq!(list(&agency, &rest), ["service"]);
        service.get(key, &format!("/v1/labels?client_id={}", theirs.tenant.id)).expect(404);
        service.get(key, "/v1/labels?author=x").expect(400);
    });
}

#[test]
fn calls_of_another_client_are_no_calls() {
    on_both(|database| {
        let service = Service::start(database);
        let (ours, theirs) = (service.stock("наш"), service.stock("чужой"));
        let call = heard(&service, &theirs, "1", 10);
        let told = |id: &str| {
            let body = json!([{"call_id": id, "label": plain("service")}]);
            service.json("POST", &ours.tenant.key, "/v1/labels", &body).expect(200).json()
        };
        assert_eq!(told(&call), told(NOWHERE));
        let record = json!([{"source": "recorder", "external_id": "1", "label": plain("service")}]);
        let answer = service.json("POST", &ours.tenant.key, "/v1/labels", &record).expect(200);
        assert_eq!(outcomes(&answer), expected(&[(1, "rejected", "unknown_call/external_id")]));
        let path = format!("/v1/labels?client_id={}", theirs.tenant.id);
        service.json("POST", &ours.tenant.key, &path, &record).expect(404);
        let path = format!("/v1/labels?client_id={NOWHERE}");
        let answer = service.json("POST", &service.agency_key, &path, &record).expect(404);
        assert_eq!(answer.code(), "unknown_client");
    });
}

#[test]
fn an_item_of_another_shape_than_the_document_has_is_refused_alone() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let label = json!({"kind": "service", "consent_given": false, "stop_demanded": false});
        let body = json!([
            [stock.bait, null, null, label],
            {"call_id": null, "source": "recorder", "external_id": "a", "label": label},
            {"call_id": stock.bait, "label": null},
        ]);
        let ndjson: String =
            body.as_array().unwrap().iter().map(|item| format!("{item}\n")).collect();
        for (media_type, body) in
            [("application/json", body.to_string()), ("application/x-ndjson", ndjson)]
        {
            let key = &stock.tenant.key;
            let answer = service.typed("POST", key, "/v1/labels", media_type, body.as_bytes());
            let answer = answer.expect(200).json();
            for (index, pointer) in ["", "/call_id", "/label"].into_iter().enumerate() {
                let error = &answer["receipts"][index]["error"];
                assert_eq!(error["code"], "invalid_type", "{media_type} {answer}");
                assert_eq!(error["pointer"], pointer, "{media_type} {answer}");
            }
        }
    });
}
