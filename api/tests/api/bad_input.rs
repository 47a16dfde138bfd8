//! Bad input, endpoint by endpoint: a clear error, no 5xx, no echo.

use baitline_testkit::on_both;
use serde_json::{Value, json};

use crate::service::Service;

/// A text that no answer may repeat.
const SECRET: &str = "zq-secret-9161112233";

/// (method, path, body, status, code, pointer); BAIT stands for a bait's id.
fn table() -> Vec<(&'static str, &'static str, Value, u16, &'static str, &'static str)> {
    let bait = |field: &str, value: Value| {
        let mut body = json!({"number": "+79000000001"});
        body[field] = value;
        body
    };
    let trap = |field: &str, value: Value| {
        let mut body = json!({"bait_id": "BAIT", "started_at": "2026-10-05T06:00:00Z"});
        body[field] = value;
        body
    };
    let outside = json!([{"kind": "vk", "at": "2026-10-05T05:00:00Z"}]);
    let wrong_kind = json!([{"kind": "own_call", "at": "2026-10-05T06:00:00Z"}]);
    let none = "00000000-0000-7000-8000-000000000000";
    vec![
        ("POST", "/v1/baits", json!({}), 422, "missing", "/number"),
        ("POST", "/v1/baits", json!([]), 422, "invalid_type", ""),
        ("POST", "/v1/baits", bait("number", json!(SECRET)), 422, "not_a_phone_number", "/number"),
        ("POST", "/v1/baits", bait("number", json!(7)), 422, "invalid_type", "/number"),
        ("POST", "/v1/baits", bait("colour", json!(SECRET)), 422, "unknown_field", "/colour"),
        ("POST", "/v1/baits", bait("note", json!("a\u{0}b")), 422, "control_character", "/note"),
        ("POST", "/v1/baits", bait("region", json!("x".repeat(101))), 422, "too_long", "/region"),
        ("POST", "/v1/baits", bait("region", json!("  ")), 422, "empty", "/region"),
        (
            "POST",
            "/v1/baits",
            bait("reference", json!("89001112233")),
            422,
            "reads_as_number",
            "/reference",
        ),
        (
            "POST",
            "/v1/baits",
            bait("operator_inn", json!("77")),
            422,
            "not_an_inn",
            "/operator_inn",
        ),
        ("POST", "/v1/baits", bait("client_id", json!(SECRET)), 422, "not_an_id", "/client_id"),
        ("POST", "/v1/baits", bait("client_id", json!(none)), 404, "unknown_client", ""),
        (
            "PATCH",
            "/v1/baits/BAIT",
            json!({"number": "+79000000002"}),
            422,
            "unknown_field",
            "/number",
        ),
        ("POST", "/v1/sources", json!({"name": "A b", "kind": "pbx"}), 422, "not_a_slug", "/name"),
        (
            "POST",
            "/v1/sources",
            json!({"name": "a", "kind": SECRET}),
            422,
            "invalid_value",
            "/kind",
        ),
        (
            "POST",
            "/v1/sources",
            json!({"name": "a", "kind": "pbx", "time_zone": "Mars/Base"}),
            422,
            "not_a_time_zone",
            "/time_zone",
        ),
        (
            "POST",
            "/v1/sources",
            json!({"name": "a", "kind": "pbx", "clock_offset_seconds": 1e300}),
            422,
            "out_of_range",
            "/clock_offset_seconds",
        ),
        (
            "POST",
            "/v1/sources",
            json!({"name": "a", "kind": "pbx", "uncertainty_seconds": -1}),
            422,
            "out_of_range",
            "/uncertainty_seconds",
        ),
        ("POST", "/v1/traps", trap("started_at", json!("noon")), 422, "not_a_time", "/started_at"),
        (
            "POST",
            "/v1/traps",
            trap("started_at", json!("2026-10-05T06:00:00")),
            422,
            "not_a_time",
            "/started_at",
        ),
        (
            "POST",
            "/v1/traps",
            trap("started_at", json!("1960-10-05T06:00:00Z")),
            422,
            "out_of_range",
            "/started_at",
        ),
        (
            "POST",
            "/v1/traps",
            trap("ends_at", json!("2026-10-05T05:00:00Z")),
            422,
            "empty_period",
            "/ends_at",
        ),
        (
            "POST",
            "/v1/traps",
            trap("ends_at", json!("2026-10-05T12:00:01Z")),
            422,
            "period_too_long",
            "/ends_at",
        ),
        (
            "POST",
            "/v1/traps",
            trap("exposures", outside),
            422,
            "outside_the_run",
            "/exposures/0/at",
        ),
        (
            "POST",
            "/v1/traps",
            trap("exposures", wrong_kind),
            422,
            "invalid_value",
            "/exposures/0/kind",
        ),
        ("POST", "/v1/traps", trap("bait_id", json!(none)), 404, "unknown_bait", "/bait_id"),
        ("POST", "/v1/own-numbers", json!({"kind": "staff"}), 422, "missing", "/number"),
        (
            "POST",
            "/v1/own-numbers",
            json!({"kind": "staff", "first": "+74950000009", "last": "+74950000001"}),
            422,
            "range_reversed",
            "/last",
        ),
        (
            "POST",
            "/v1/own-numbers",
            json!({"kind": "staff", "first": "+74950000000", "last": "+74959999999"}),
            422,
            "out_of_range",
            "/last",
        ),
        (
            "POST",
            "/v1/exports",
            json!({"from": "2026-02-01T00:00:00Z", "to": "2026-01-01T00:00:00Z"}),
            422,
            "out_of_range",
            "/to",
        ),
        (
            "POST",
            "/v1/exports",
            json!({"from": "2026-01-01T00:00:00Z", "to": "2026-02-01T00:00:00Z", "numbers": []}),
            422,
            "empty",
            "/numbers",
        ),
        (
            "PATCH",
            "/v1/clients/CLIENT",
            json!({"window_hours": 23}),
            422,
            "out_of_range",
            "/window_hours",
        ),
        (
            "PATCH",
            "/v1/clients/CLIENT",
            json!({"window_hours": -1}),
            422,
            "out_of_range",
            "/window_hours",
        ),
    ]
}

#[test]
fn wrong_values_are_named_by_code_and_pointer_and_never_repeated() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        for (method, path, body, status, code, pointer) in table() {
            let path = path.replace("BAIT", &stock.bait).replace("CLIENT", &stock.tenant.id);
            let body = body.to_string().replace("BAIT", &stock.bait);
            let answer = service.typed(
                method,
                &stock.tenant.key,
                &path,
                "application/json",
                body.as_bytes(),
            );
            let told =
                format!("{method} {path} {body}: {}", String::from_utf8_lossy(&answer.bytes));
            assert_eq!(answer.status, status, "{told}");
            assert_eq!(answer.code(), code, "{told}");
            let problem = answer.json();
            let shown = problem["errors"][0]["pointer"].as_str().unwrap_or_default();
            assert_eq!(shown, pointer, "{told}");
            assert!(!told.split(": {").last().unwrap().contains(SECRET), "{told}");
        }
        let baits = service.get(&stock.tenant.key, "/v1/baits").expect(200).json();
        assert_eq!(baits["items"].as_array().unwrap().len(), 1, "nothing was entered");
    });
}

#[test]
fn bodies_that_are_no_json_are_malformed() {
    on_both(|database| {
        let service = Service::start(database);
        let key = service.agency_key.clone();
        let table: [(&[u8], u16, &str); 7] = [
            (b"", 400, "empty_body"),
            (b"  \n ", 400, "empty_body"),
            (b"{", 400, "malformed_json"),
            (b"{\"name\":\"\xff\"}", 400, "malformed_json"),
            (b"{\"name\":\"a\",}", 400, "malformed_json"),
            (b"{\"name\":\"a\",\"name\":\"b\"}", 422, "duplicate_field"),
            (&[b'['; 100_000], 422, "invalid_type"),
        ];
        for (body, status, code) in table {
            let answer = service.typed("POST", &key, "/v1/clients", "application/json", body);
            assert_eq!(answer.status, status, "{}", String::from_utf8_lossy(&answer.bytes));
            assert_eq!(answer.code(), code);
        }
        let large = format!("{{\"name\":\"{}\"}}", "a".repeat(300_000));
        let answer =
            service.typed("POST", &key, "/v1/clients", "application/json", large.as_bytes());
        assert_eq!(answer.expect(413).code(), "");
    });
}

#[test]
fn wrong_queries_name_their_parameter() {
    on_both(|database| {
        let service = Service::start(database);
        let key = service.agency_key.clone();
        let table = [
            ("/v1/baits?limit=0", "out_of_range", "limit"),
            ("/v1/baits?limit=1001", "out_of_range", "limit"),
            ("/v1/baits?limit=x", "invalid_type", "limit"),
            ("/v1/baits?limit=1&limit=2", "duplicate_field", "limit"),
            ("/v1/baits?cursor=x", "bad_cursor", "cursor"),
            ("/v1/baits?number=abc", "not_a_phone_number", "number"),
            ("/v1/baits?reference=a%00b", "control_character", "reference"),
            ("/v1/baits?client_id=1", "not_an_id", "client_id"),
            ("/v1/baits/1", "not_an_id", "path"),
            ("/v1/numbering/nobody", "not_a_phone_number", "path"),
            ("/v1/calls?from=2026-10-01T00:00:00", "not_a_time", "from"),
            ("/v1/calls?direction=sideways", "invalid_value", "direction"),
            ("/v1/interceptions?verdict=guilty", "invalid_value", "verdict"),
            ("/v1/reports/repeat-offenders?from=2026-01-01T00:00:00Z", "missing", "to"),
            (
                "/v1/reports/repeat-offenders?from=2025-01-01T00:00:00Z&to=2026-12-01T00:00:00Z",
                "period_too_long",
                "to",
            ),
            (
                "/v1/reports/repeat-offenders?from=2026-01-01T00:00:00Z&to=2026-01-01T00:00:00Z",
                "empty_period",
                "to",
            ),
        ];
        for (path, code, parameter) in table {
            let answer = service.get(&key, path).expect(400);
            assert_eq!(answer.code(), code, "{path}");
            assert_eq!(answer.text("/errors/0/parameter"), parameter, "{path}");
        }
        assert_eq!(service.get(&key, "/v1/baits?reference=%ff").expect(400).code(), "invalid_utf8");
    });
}
