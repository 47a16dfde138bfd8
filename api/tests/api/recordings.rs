//! Recordings and labels: kept as they come, never replaced, downloaded whole
//! or in part.

use baitline_testkit::{S3Server, on_both};
use serde_json::json;

use crate::service::{Service, the_day};

const SOUND: &[u8] = b"RIFF0123456789";

/// On both databases, with the blobs in a folder and in a bucket.
fn on_both_places(body: impl Fn(Service)) {
    on_both(|database| body(Service::start(database)));
    let server = S3Server::start();
    on_both(|database| body(Service::start_on(database, &server)));
}

#[test]
fn a_recording_is_kept_once_and_never_replaced() {
    on_both_places(|service| {
        let stock = service.stock("Окна");
        let key = &stock.tenant.key;
        let call = service.call(&stock, "+79160000001", "2026-10-02T10:00:00Z");
        let path = format!("/v1/calls/{call}/recording");
        let put = |kind: &str, bytes: &[u8]| service.typed("PUT", key, &path, kind, bytes);
        put("text/plain", SOUND).expect(415);
        put("audio/", SOUND).expect(415);
        assert_eq!(put("audio/wav", b"").expect(400).code(), "empty_body");
        service.get(key, &path).expect(404);
        let kept = put("audio/wav; rate=8000", SOUND).expect(201);
        assert_eq!(kept.json()["bytes"], SOUND.len());
        assert_eq!(kept.text("/media_type"), "audio/wav");
        assert_eq!(put("audio/wav", SOUND).expect(200).text("/sha256"), kept.text("/sha256"));
        assert_eq!(put("audio/wav", b"other").expect(409).code(), "recording_differs");
        let whole = service.get(key, &path).expect(200);
        assert_eq!(whole.bytes, SOUND);
        assert_eq!(whole.header("content-type"), "audio/wav");
        assert_eq!(whole.header("etag"), format!("\"{}\"", kept.text("/sha256")));
        let name = format!("attachment; filename=\"recording-{call}.wav\"");
        assert_eq!(whole.header("content-disposition"), name);
    });
}

#[test]
fn a_download_goes_on_where_it_broke() {
    on_both_places(|service| {
        let stock = service.stock("Окна");
        let key = &stock.tenant.key;
        let call = service.call(&stock, "+79160000001", "2026-10-02T10:00:00Z");
        let path = format!("/v1/calls/{call}/recording");
        service.typed("PUT", key, &path, "audio/wav", SOUND).expect(201);
        let bearer = format!("Bearer {key}");
        let get = |method: &str, headers: &[(&str, &str)]| {
            let mut all = vec![("authorization", bearer.as_str())];
            all.extend(headers);
            service.send(method, &path, &all, b"")
        };
        let part = get("GET", &[("range", "bytes=4-7")]).expect(206);
        assert_eq!(part.bytes, b"0123");
        assert_eq!(part.header("content-range"), "bytes 4-7/14");
        assert_eq!(part.header("content-length"), "4");
        let etag = part.header("etag").to_owned();
        let rest = get("GET", &[("range", "bytes=10-"), ("if-range", &etag)]).expect(206);
        assert_eq!(rest.bytes, b"6789");
        let other = get("GET", &[("range", "bytes=10-"), ("if-range", "\"x\"")]).expect(200);
        assert_eq!(other.bytes, SOUND);
        let beyond = get("GET", &[("range", "bytes=14-")]).expect(416);
        assert_eq!(beyond.header("content-range"), "bytes */14");
        beyond.code();
        get("GET", &[("if-none-match", &etag)]).expect(304);
        let head = get("HEAD", &[]).expect(200);
        assert_eq!((head.header("content-length"), head.bytes.len()), ("14", 0));
        assert_eq!(
            get("HEAD", &[("range", "bytes=4-7")]).expect(206).header("content-length"),
            "4"
        );
    });
}

#[test]
fn only_what_can_be_heard_is_labelled() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let key = &stock.tenant.key;
        let call = service.call(&stock, "+79160000001", "2026-10-02T10:00:00Z");
        let labels = format!("/v1/interceptions/{call}/labels");
        let label = json!({
            "kind": "advertising", "robot": true, "consent_given": false, "stop_demanded": true,
            "company": "Окна Комфорт", "callback_number": "8 495 123-00-00",
            "transcript": "— Добрый день!\n— Кто это?",
        });
        service.json("POST", key, &labels, &label).expect(404);
        service.derive(&stock.tenant.id, &stock.trap, the_day());
        let answer = service.json("POST", key, &labels, &label).expect(409);
        assert_eq!(answer.code(), "no_recording");
        let path = format!("/v1/calls/{call}/recording");
        service.typed("PUT", key, &path, "audio/wav", SOUND).expect(201);
        let given = service.json("POST", key, &labels, &label).expect(201);
        assert_eq!(given.text("/callback_number"), "+74951230000");
        assert_eq!(given.text("/transcript"), "— Добрый день!\n— Кто это?");
        let list = service.get(key, &labels).expect(200).json();
        assert_eq!(list["items"], json!([given.json()]));
        let interception = service.get(key, &format!("/v1/interceptions/{call}")).expect(200);
        assert_eq!(interception.json()["has_recording"], true);
    });
}
