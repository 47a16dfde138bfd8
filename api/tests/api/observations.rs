//! Observations: listed, corrected, and what they say of both.

use baitline_testkit::{TestDatabase, on_both};
use serde_json::{Value, json};

use crate::service::{Answer, Service, Stock, the_day};

const NOON: &str = "2026-10-02T12:00:00Z";

/// Sends a record and returns its observation's id.
fn send(service: &Service, stock: &Stock, record: &Value) -> String {
    service.json("POST", &stock.tenant.key, "/v1/calls", record).text("/id")
}

fn record(external_id: &str, bait: &str, at: &str) -> Value {
    json!({
        "source": "recorder", "external_id": external_id, "bait": bait, "direction": "incoming",
        "caller": "8 (916) 000-00-01", "occurred_at": at, "connected_seconds": 40,
    })
}

fn correct(service: &Service, stock: &Stock, id: &str, body: &Value) -> Answer {
    let path = format!("/v1/observations/{id}/corrections");
    service.json("POST", &stock.tenant.key, &path, body)
}

fn amend(changes: &Value) -> Value {
    json!({"kind": "amend", "reason": "АТС ошиблась", "changes": changes})
}

fn void() -> Value {
    json!({"kind": "void", "reason": "проверочный звонок"})
}

fn found(service: &Service, stock: &Stock, id: &str) -> Value {
    service.get(&stock.tenant.key, &format!("/v1/observations/{id}")).expect(200).json()
}

/// The external ids of a list.
fn listed(service: &Service, key: &str, query: &str) -> Vec<String> {
    let list = service.get(key, &format!("/v1/observations?{query}")).expect(200).json();
    let items = list["items"].as_array().unwrap();
    items.iter().map(|item| item["external_id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn what_waits_for_its_bait_is_listed_with_its_name_and_joined_when_it_appears() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let key = &stock.tenant.key;
        let by_reference = send(&service, &stock, &record("a", "M-9", "2026-10-02T10:00:00Z"));
        send(&service, &stock, &record("b", "8 900 123-45-67", "2026-10-02T11:00:00Z"));
        let by_number = send(
            &service,
            &stock,
            &json!({
                "source": "recorder", "external_id": "c", "caller": "+79160000001",
                "called": "8 900 765-43-21", "occurred_at": NOON,
            }),
        );
        let list = service.get(key, "/v1/observations?matched=false").expect(200).json();
        let names: Vec<&Value> =
            list["items"].as_array().unwrap().iter().map(|item| &item["bait_names"]).collect();
        assert_eq!(names, [&json!(["M-9"]), &json!(["+79160000001", "+79007654321"])]);
        assert_eq!(list["items"][0]["bait_id"], Value::Null);
        assert_eq!(list["items"][0]["party"], Value::Null);
        assert_eq!(list["items"][0]["direction"], "incoming");
        assert_eq!(listed(&service, key, "matched=true"), ["b"]);
        let bait = service.create(
            key,
            "/v1/baits",
            &json!({"number": "8 900 765-43-21", "reference": "M-9"}),
        );
        service.expand_changes();
        assert_eq!(listed(&service, key, "matched=false"), [""; 0]);
        assert_eq!(listed(&service, key, &format!("bait_id={bait}")), ["a", "c"]);
        for id in [by_reference, by_number] {
            let observation = &found(&service, &stock, &id)["observation"];
            assert_eq!(observation["bait_id"], bait.as_str());
            assert_eq!(observation["party"]["number"], "+79160000001");
        }
    });
}

#[test]
fn a_list_is_narrowed_by_every_filter_and_comes_in_pieces() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let other = service.stock("Двери");
        let key = &stock.tenant.key;
        service.create(key, "/v1/sources", &json!({"name": "pbx", "kind": "pbx"}));
        let mut ids = Vec::new();
        for (name, hour) in [("a", 8), ("b", 9), ("c", 10), ("d", 11)] {
            let mut record = record(name, "M-1", &format!("2026-10-02T{hour:02}:00:00Z"));
            if name == "c" {
                record["source"] = json!("pbx");
            }
            ids.push(send(&service, &stock, &record));
        }
        send(&service, &other, &record("a", "M-1", "2026-10-02T08:00:00Z"));
        correct(&service, &stock, &ids[1], &void()).expect(201);
        for (query, expected) in [
            ("", vec!["a", "b", "c", "d"]),
            ("source=pbx", vec!["c"]),
            ("source=nobody", vec![]),
            ("external_id=a", vec!["a"]),
            ("external_id=a&source=pbx", vec![]),
            ("voided=true", vec!["b"]),
            ("voided=false", vec!["a", "c", "d"]),
            ("from=2026-10-02T09:00:00Z&to=2026-10-02T11:00:00Z", vec!["b", "c"]),
            ("matched=false", vec![]),
        ] {
            assert_eq!(listed(&service, key, query), expected, "{query}");
        }
        let agency = &service.agency_key;
        assert_eq!(listed(&service, agency, "external_id=a"), ["a", "a"]);
        let narrowed = format!("client_id={}&source=recorder", other.tenant.id);
        assert_eq!(listed(&service, agency, &narrowed), ["a"]);
        let first = service.get(key, "/v1/observations?limit=3").expect(200);
        assert!(first.header("link").contains("rel=\"next\""));
        let next = format!("limit=3&cursor={}", first.text("/next_cursor"));
        assert_eq!(listed(&service, key, &next), ["d"]);
        let refused = service.get(key, "/v1/observations?matched=perhaps").expect(400);
        assert_eq!(refused.json()["errors"][0]["parameter"], "matched");
    });
}

#[test]
fn an_amended_observation_shows_what_holds_what_its_source_said_and_why() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let mut sent = record("a", "M-1", "2026-10-02T15:00:00+03:00");
        let id = send(&service, &stock, &sent);
        let changes = json!({
            "caller": "8 916 000-00-02", "connected_seconds": null, "answered": true,
            "occurred_at": "2026-10-03T00:30:00+03:00",
        });
        let amended = correct(&service, &stock, &id, &amend(&changes)).expect(201).json();
        assert_eq!(amended["kind"], "amend");
        assert_eq!(
            amended["changes"],
            json!({
                "caller": "8 916 000-00-02", "connected_seconds": null, "answered": true,
                "occurred_at": "2026-10-02T21:30:00Z",
            })
        );
        assert_eq!(amended["author"].as_str().map(str::is_empty), Some(false));
        // The source knows nothing of it.
        assert_eq!(receipt(&service, &stock, &sent), (200, json!("duplicate")));
        sent["connected_seconds"] = json!(41);
        assert_eq!(receipt(&service, &stock, &sent).0, 409);
        sent["revision"] = json!(1);
        assert_eq!(receipt(&service, &stock, &sent), (200, json!("updated")));
        let detail = found(&service, &stock, &id);
        let observation = &detail["observation"];
        let amended_fields = json!(["caller", "occurred_at", "connected_seconds", "answered"]);
        assert_eq!(observation["amended"], amended_fields);
        assert_eq!(observation["party"]["number"], "+79160000002");
        assert_eq!(observation["connected_seconds"], Value::Null);
        assert_eq!(observation["occurred_at"], "2026-10-02T21:30:00Z");
        assert_eq!(observation["reported_at"], NOON);
        assert_eq!(observation["reported_at_raw"], "2026-10-02T15:00:00+03:00");
        assert_eq!(observation["revision"], 1);
        let said: Vec<_> = detail["revisions"].as_array().unwrap().iter().collect();
        assert_eq!(said.len(), 2);
        let told = |one: &Value| (one["revision"].clone(), one["connected_seconds"].clone());
        assert_eq!(told(said[0]), (json!(0), json!(40)));
        assert_eq!(told(said[1]), (json!(1), json!(41)));
        assert_eq!(said[1]["caller"], "8 (916) 000-00-01");
        assert_eq!(said[1]["bait"], "M-1");
        assert_eq!(detail["corrections"].as_array().unwrap().len(), 1);
        // What is derived from it shows what holds.
        service.derive(&stock.tenant.id, &stock.trap, the_day());
        let call = service.get(&stock.tenant.key, &format!("/v1/calls/{id}")).expect(200).json();
        assert_eq!(call["call"]["party"]["number"], "+79160000002");
        assert_eq!(call["observations"][0]["caller_raw"], "8 916 000-00-02");
    });
}

fn receipt(service: &Service, stock: &Stock, record: &Value) -> (u16, Value) {
    let answer = service.json("POST", &stock.tenant.key, "/v1/calls", record);
    (answer.status, answer.json()["status"].clone())
}

#[test]
fn a_mistaken_correction_is_taken_back_by_another_and_all_are_told_in_order() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let id = send(&service, &stock, &record("a", "M-1", NOON));
        let before = found(&service, &stock, &id)["observation"].clone();
        let voided = correct(&service, &stock, &id, &void()).expect(201).text("/id");
        assert_eq!(found(&service, &stock, &id)["observation"]["voided"], true);
        service.derive(&stock.tenant.id, &stock.trap, the_day());
        service.get(&stock.tenant.key, &format!("/v1/calls/{id}")).expect(404);
        assert_eq!(correct(&service, &stock, &id, &void()).expect(409).code(), "changes_nothing");
        let withdraw =
            |what: &str| json!({"kind": "withdraw", "reason": "это был клиент", "withdraws": what});
        let withdrawn = correct(&service, &stock, &id, &withdraw(&voided)).expect(201);
        assert_eq!(withdrawn.json()["withdraws"], voided.as_str());
        assert_eq!(found(&service, &stock, &id)["observation"], before);
        let again = correct(&service, &stock, &id, &withdraw(&voided));
        assert_eq!(again.expect(409).code(), "changes_nothing");
        let own = correct(&service, &stock, &id, &withdraw(&withdrawn.text("/id")));
        assert_eq!(own.expect(409).code(), "not_withdrawable");
        let unknown = correct(&service, &stock, &id, &withdraw(&stock.bait));
        assert_eq!(unknown.expect(404).text("/errors/0/pointer"), "/withdraws");
        let path = format!("/v1/observations/{id}/corrections");
        let list = service.get(&stock.tenant.key, &path).expect(200).json();
        let items = list["items"].as_array().unwrap();
        let told: Vec<_> = items.iter().map(|one| (&one["kind"], &one["withdrawn_by"])).collect();
        let by = withdrawn.text("/id");
        assert_eq!(told, [(&json!("void"), &json!(by)), (&json!("withdraw"), &Value::Null)]);
        assert_eq!(list["items"], found(&service, &stock, &id)["corrections"]);
    });
}

#[test]
fn a_correction_is_checked_as_a_record_is() {
    let service = Service::start(TestDatabase::sqlite());
    let stock = service.stock("Окна");
    let named = send(&service, &stock, &record("a", "M-1", NOON));
    let plain = json!({
        "source": "recorder", "external_id": "p", "caller": "+79160000001",
        "called": "+79001234567", "occurred_at": NOON,
    });
    let plain = send(&service, &stock, &plain);
    let reason = "АТС ошиблась";
    let long = "я".repeat(501);
    for (id, body, pointer, code) in [
        (&named, json!({"kind": "amend", "reason": reason}), "/changes", "missing"),
        (&named, amend(&json!({})), "/changes", "empty"),
        (&named, amend(&json!({"colour": "red"})), "/changes/colour", "unknown_field"),
        (&named, amend(&json!({"revision": 7})), "/changes/revision", "unknown_field"),
        (&named, amend(&json!({"bait": null})), "/changes/bait", "invalid_type"),
        (&named, amend(&json!({"answered": null})), "/changes/answered", "invalid_type"),
        (&named, amend(&json!({"bait": "x".repeat(65)})), "/changes/bait", "too_long"),
        (&named, amend(&json!({"caller": "x".repeat(201)})), "/changes/caller", "too_long"),
        (&named, amend(&json!({"caller": "a\u{0}b"})), "/changes/caller", "control_character"),
        (&named, amend(&json!({"caller": " "})), "/changes/caller", "empty"),
        (&named, amend(&json!({"direction": "both"})), "/changes/direction", "invalid_value"),
        (
            &named,
            amend(&json!({"connected_seconds": 86_401})),
            "/changes/connected_seconds",
            "out_of_range",
        ),
        (&named, amend(&json!({"occurred_at": "noon"})), "/changes/occurred_at", "not_a_time"),
        (
            &named,
            amend(&json!({"occurred_at": "2099-01-01T00:00:00Z"})),
            "/changes/occurred_at",
            "out_of_range",
        ),
        (&named, amend(&json!({"direction": "outgoing"})), "/changes/called", "missing"),
        (&plain, amend(&json!({"direction": "outgoing"})), "/changes/bait", "missing"),
        (&plain, amend(&json!({"bait": "M-1"})), "/changes/direction", "missing"),
        (&plain, amend(&json!({"called": null})), "/changes/called", "missing"),
        (&named, json!({"kind": "void", "reason": ""}), "/reason", "empty"),
        (&named, json!({"kind": "void", "reason": long}), "/reason", "too_long"),
        (&named, json!({"kind": "void"}), "/reason", "missing"),
        (&named, json!({"kind": "delete", "reason": reason}), "/kind", "invalid_value"),
        (
            &named,
            json!({"kind": "void", "reason": reason, "changes": {"answered": true}}),
            "/changes",
            "not_together",
        ),
        (
            &named,
            json!({"kind": "void", "reason": reason, "withdraws": stock.bait}),
            "/withdraws",
            "not_together",
        ),
        (&named, json!({"kind": "withdraw", "reason": reason}), "/withdraws", "missing"),
    ] {
        let answer = correct(&service, &stock, id, &body).expect(422);
        assert_eq!(answer.text("/errors/0/pointer"), pointer, "{body}");
        assert_eq!(answer.code(), code, "{body}");
    }
    let list = service.get(&stock.tenant.key, &format!("/v1/observations/{named}/corrections"));
    assert_eq!(list.expect(200).json()["items"], json!([]));
}

#[test]
fn another_clients_observations_are_answered_like_none() {
    on_both(|database| {
        let service = Service::start(database);
        let (own, other) = (service.stock("Окна"), service.stock("Двери"));
        let id = send(&service, &other, &record("a", "M-1", NOON));
        let path = format!("/v1/observations/{id}");
        service.get(&own.tenant.key, &path).expect(404);
        service.get(&own.tenant.key, &format!("{path}/corrections")).expect(404);
        correct(&service, &own, &id, &void()).expect(404);
        assert_eq!(listed(&service, &own.tenant.key, ""), [""; 0]);
        let asked = format!("/v1/observations?client_id={}", other.tenant.id);
        service.get(&own.tenant.key, &asked).expect(404);
        let corrections = format!("{path}/corrections");
        service.json("POST", &service.agency_key, &corrections, &void()).expect(201);
        assert_eq!(found(&service, &other, &id)["observation"]["voided"], true);
    });
}
