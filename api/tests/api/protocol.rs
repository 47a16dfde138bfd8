//! HTTP itself: methods, media types, keys, request ids, health.

use baitline_testkit::{TestDatabase, on_both};
use serde_json::json;

use crate::service::Service;

#[test]
fn paths_methods_and_media_types_fail_by_the_table() {
    let service = Service::start(TestDatabase::sqlite());
    let key = service.agency_key.clone();
    let bearer = format!("Bearer {key}");
    let auth = ("authorization", bearer.as_str());
    let json = ("content-type", "application/json");
    type Row<'a> = (&'a str, &'a str, Vec<(&'a str, &'a str)>, &'a [u8], u16, &'a str);
    let table: Vec<Row<'_>> = vec![
        ("GET", "/", vec![], b"", 404, ""),
        ("GET", "/v1", vec![auth], b"", 404, ""),
        ("GET", "/v1/nothing", vec![auth], b"", 404, ""),
        ("GET", "/v1/baits/", vec![auth], b"", 404, ""),
        ("DELETE", "/v1/baits", vec![auth], b"", 405, "GET, HEAD, POST"),
        ("PUT", "/v1/clients", vec![auth, json], b"{}", 405, "GET, HEAD, POST"),
        ("POST", "/healthz", vec![json], b"{}", 405, "GET, HEAD"),
        ("POST", "/openapi.json", vec![json], b"{}", 405, "GET, HEAD"),
        ("PATCH", "/v1/exports/x/cancellation", vec![auth, json], b"{}", 405, "POST"),
        ("POST", "/v1/clients", vec![auth, ("content-type", "text/plain")], b"{}", 415, ""),
        ("POST", "/v1/calls", vec![auth, ("content-type", "text/html")], b"{}", 415, ""),
        ("POST", "/v1/calls", vec![auth, json, ("content-encoding", "gzip")], b"{}", 415, ""),
        ("GET", "/v1/baits?colour=red", vec![auth], b"", 400, ""),
        ("GET", "/v1/numbering/editions?at=x", vec![auth], b"", 400, ""),
        ("GET", "/v1/baits/%ff", vec![auth], b"", 400, ""),
        ("GET", "/v1/baits/17", vec![auth], b"", 400, ""),
        ("GET", "/v1/numbering/nobody", vec![auth], b"", 400, ""),
        (
            "GET",
            "/v1/reports/repeat-offenders?from=2026-01-01T00:00:00Z&to=2026-02-01T00:00:00Z",
            vec![auth, ("accept", "text/html")],
            b"",
            406,
            "",
        ),
    ];
    for (method, path, headers, body, status, allow) in table {
        let answer = service.send(method, path, &headers, body);
        assert_eq!(answer.status, status, "{method} {path}");
        answer.code();
        assert_eq!(answer.header("allow"), allow, "{method} {path}");
    }
}

#[test]
fn without_a_valid_key_nothing_is_told() {
    on_both(|database| {
        let service = Service::start(database);
        let forged = format!("{}x", service.agency_key);
        let bearers = [
            "",
            "Bearer",
            "Bearer x",
            "Basic eA==",
            &service.agency_key.clone(),
            &format!("Bearer {forged}"),
        ];
        for bearer in bearers {
            for path in ["/v1/baits", "/v1/calls/17", "/v1/%62aits", "/v1/baits?colour=red"] {
                let answer = service.send("GET", path, &[("authorization", bearer)], b"");
                assert_eq!(answer.status, 401, "{bearer} {path}");
                assert_eq!(answer.header("www-authenticate"), "Bearer");
                answer.code();
            }
        }
        let answer = service.send("POST", "/v1/clients", &[], b"not even JSON");
        assert_eq!(answer.status, 401);
    });
}

#[test]
fn a_clients_key_may_not_enter_clients() {
    let service = Service::start(TestDatabase::sqlite());
    let tenant = service.client("Окна");
    let answer = service.json("POST", &tenant.key, "/v1/clients", &json!({"name": "Двери"}));
    assert_eq!(answer.expect(403).code(), "");
}

#[test]
fn the_service_is_alive_ready_and_described() {
    on_both(|database| {
        let service = Service::start(database);
        for path in ["/healthz", "/readyz"] {
            let answer = service.send("GET", path, &[], b"").expect(200);
            assert_eq!(answer.json(), json!({"status": "ok"}));
            assert!(!answer.header("x-request-id").is_empty());
        }
        let served = service.send("GET", "/openapi.json", &[], b"").expect(200).json();
        assert_eq!(served, serde_json::to_value(baitline_api::openapi()).unwrap());
        let page = service.send("GET", "/docs/", &[], b"").expect(200);
        let page = String::from_utf8(page.bytes).unwrap();
        assert!(page.contains("swagger-ui"), "{page}");
        assert!(!page.contains("https://"), "the page must load nothing from elsewhere: {page}");
        let script = service.send("GET", "/docs/swagger-initializer.js", &[], b"").expect(200);
        assert!(String::from_utf8(script.bytes).unwrap().contains("/openapi.json"));
    });
}

#[test]
fn head_answers_like_get_without_the_body() {
    let service = Service::start(TestDatabase::sqlite());
    let whole = service.send("GET", "/openapi.json", &[], b"").expect(200);
    let head = service.send("HEAD", "/openapi.json", &[], b"").expect(200);
    assert_eq!(head.bytes, b"");
    assert_eq!(head.header("content-length"), whole.bytes.len().to_string());
    assert_eq!(service.send("HEAD", "/v1/baits", &[], b"").status, 401);
}

#[test]
fn a_body_that_announces_itself_too_large_is_not_waited_for() {
    let service = Service::start(TestDatabase::sqlite());
    let key = service.client("Окна").key;
    let bodies = [
        ("POST", "/v1/calls", "application/x-ndjson", 256_u64 * 1024 * 1024 + 1),
        ("POST", "/v1/calls", "application/json", 16 * 1024 * 1024 + 1),
        ("PUT", "/v1/calls/00000000-0000-7000-8000-000000000000/recording", "audio/wav", 1 << 40),
    ];
    for (method, path, content_type, bytes) in bodies {
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n\
             Content-Type: {content_type}\r\nContent-Length: {bytes}\r\n\r\n"
        );
        let answer = service.raw(&head);
        assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    }
}
