//! Scans: told by their bytes, kept once, downloaded whole or in part, and
//! nobody else's.

use baitline_testkit::{S3Server, on_both};
use serde_json::{Value, json};

use crate::service::{Answer, Service, Stock};

const PDF: &[u8] = b"%PDF-1.4\n0123456789\n%%EOF\n";
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n0123";
const JPEG: &[u8] = b"\xFF\xD8\xFF\xE0\x00\x10JFIF";
const NOWHERE: &str = "00000000-0000-7000-8000-000000000000";

/// On both databases, with the blobs in a folder and in a bucket.
fn on_both_places(body: impl Fn(Service)) {
    on_both(|database| body(Service::start(database)));
    let server = S3Server::start();
    on_both(|database| body(Service::start_on(database, &server)));
}

fn attach(service: &Service, key: &str, query: &str, kind: &str, bytes: &[u8]) -> Answer {
    service.typed("POST", key, &format!("/v1/attachments?{query}"), kind, bytes)
}

fn of_bait(stock: &Stock) -> String {
    format!(
        "subject_kind=bait&subject_id={}&title=%D0%94%D0%BE%D0%B3%D0%BE%D0%B2%D0%BE%D1%80",
        stock.bait
    )
}

#[test]
fn a_scan_is_told_by_its_bytes_and_kept_once() {
    on_both_places(|service| {
        let stock = service.stock("Окна");
        let (key, query) = (&stock.tenant.key, of_bait(&stock));
        let named = format!("{query}&file_name=scan.png");
        let kept = attach(&service, key, &named, "image/png", PDF).expect(201);
        assert_eq!(kept.text("/media_type"), "application/pdf");
        assert_eq!(
            (kept.text("/title"), kept.text("/original_name")),
            ("Договор".to_owned(), "scan.png".to_owned())
        );
        assert_eq!((kept.header("etag"), &kept.json()["bytes"]), ("\"1\"", &json!(PDF.len())));
        let again = attach(&service, key, &query, "application/pdf", PDF).expect(200);
        assert_eq!(again.json(), kept.json());
        for (bytes, media_type) in [(PNG, "image/png"), (JPEG, "image/jpeg")] {
            let kept = attach(&service, key, &query, "application/octet-stream", bytes).expect(201);
            assert_eq!(kept.text("/media_type"), media_type);
        }
        let listed = format!("/v1/attachments?subject_id={}", stock.bait);
        let listed = service.get(key, &listed).expect(200).json();
        assert_eq!(listed["items"].as_array().unwrap().len(), 3);
        let path = format!("/v1/attachments/{}/content", kept.text("/id"));
        let whole = service.get(key, &path).expect(200);
        assert_eq!(
            (whole.bytes.as_slice(), whole.header("content-type")),
            (PDF, "application/pdf")
        );
        let name = format!("attachment; filename=\"attachment-{}.pdf\"", kept.text("/id"));
        assert_eq!(whole.header("content-disposition"), name);
        let bearer = format!("Bearer {key}");
        let get = |headers: &[(&str, &str)]| {
            let mut all = vec![("authorization", bearer.as_str())];
            all.extend(headers);
            service.send("GET", &path, &all, b"")
        };
        let part = get(&[("range", "bytes=9-12"), ("if-range", whole.header("etag"))]).expect(206);
        assert_eq!(part.bytes, b"0123");
        get(&[("if-none-match", whole.header("etag"))]).expect(304);
        get(&[("range", "bytes=1000-")]).expect(416);
    });
}

#[test]
fn what_is_no_scan_is_refused_and_leaves_nothing() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let (key, query) = (&stock.tenant.key, of_bait(&stock));
        let others: [&[u8]; 5] =
            [b"PK\x03\x04\x14", b"GIF89a", b"RIFF0000WAVE", b"<html>", b"%PDF"];
        for bytes in others {
            attach(&service, key, &query, "application/pdf", bytes).expect(415);
        }
        attach(&service, key, &query, "application/zip", PDF).expect(415);
        attach(&service, key, &query, "text/html", PDF).expect(415);
        let empty = attach(&service, key, &query, "application/pdf", b"").expect(400);
        assert_eq!(empty.code(), "empty_body");
        assert_eq!(service.count("SELECT count(*) FROM attachments"), 0);
        let bearer = format!("Bearer {key}");
        let path = format!("/v1/attachments?{query}");
        let large = service.raw(&format!(
            "POST {path} HTTP/1.1\r\nhost: x\r\nauthorization: {bearer}\r\n\
             content-type: application/pdf\r\ncontent-length: 52428801\r\n\r\n"
        ));
        assert!(large.contains(" 413 "), "{large}");
    });
}

#[test]
fn a_scan_that_does_not_count_is_withdrawn_and_stays() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let key = &stock.tenant.key;
        let kept = attach(&service, key, &of_bait(&stock), "application/pdf", PDF).expect(201);
        let path = format!("/v1/attachments/{}", kept.text("/id"));
        let change = |body: Value| service.json("PATCH", key, &path, &body);
        let withdrawn = change(json!({"withdrawn_because": "не тот", "title": "Прежний"}));
        assert_eq!(withdrawn.expect(200).text("/withdrawn_because"), "не тот");
        let found = service.get(key, &path).expect(200);
        assert_eq!((found.header("etag"), found.text("/title")), ("\"2\"", "Прежний".to_owned()));
        service.get(key, &format!("{path}/content")).expect(200);
        let again = change(json!({"withdrawn_because": null})).expect(200).json();
        assert_eq!(again["withdrawn_because"], Value::Null);
        assert_eq!(change(json!({"sha256": "00"})).expect(422).code(), "unknown_field");
    });
}

#[test]
fn a_scan_belongs_to_something_of_the_senders_own() {
    on_both(|database| {
        let service = Service::start(database);
        let (own, other) = (service.stock("Окна"), service.stock("Двери"));
        let theirs = attach(&service, &other.tenant.key, &of_bait(&other), "image/png", PNG);
        let theirs = theirs.expect(201).text("/id");
        let key = &own.tenant.key;
        for (kind, id) in [
            ("bait", other.bait.as_str()),
            ("bait", NOWHERE),
            ("trap", &other.trap),
            ("trap", &own.bait),
            ("consent", NOWHERE),
            ("power_of_attorney", NOWHERE),
        ] {
            let query = format!("subject_kind={kind}&subject_id={id}&title=x");
            let refused = attach(&service, key, &query, "image/png", PNG).expect(404);
            assert_eq!(refused.code(), "unknown_subject", "{query}");
        }
        service.get(key, &format!("/v1/attachments/{theirs}")).expect(404);
        service.get(key, &format!("/v1/attachments/{theirs}/content")).expect(404);
        let change = json!({"title": "x"});
        service.json("PATCH", key, &format!("/v1/attachments/{theirs}"), &change).expect(404);
        assert_eq!(service.get(key, "/v1/attachments").expect(200).json()["items"], json!([]));
        let agency = &service.agency_key;
        let query = format!("subject_kind=trap&subject_id={}&title=x", own.trap);
        let kept = attach(&service, agency, &query, "image/png", PNG).expect(201);
        assert_eq!(kept.text("/client_id"), own.tenant.id);
        let bad = attach(&service, key, "subject_kind=cat&subject_id=1&title=x", "image/png", PNG);
        bad.expect(400);
    });
}
