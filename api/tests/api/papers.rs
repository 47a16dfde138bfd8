//! Papers asked for, watched and fetched, and the templates of clients. The
//! worker is played by the store: what it makes of them is its own tests' affair.

use baitline_store::Reach;
use baitline_store::blobs::{BlobKind, StoredBlob};
use baitline_store::models::Paper;
use baitline_store::paper_templates::{self, Refused};
use baitline_store::papers::{self, MadePaper};
use baitline_testkit::on_both;
use bytes::Bytes;
use futures_util::stream;
use serde_json::{Value, json};

use crate::service::{Answer, Service, Stock};

const PDF: &[u8] = b"%PDF-1.7\n0123456789\n%%EOF\n";
const DOCX: &[u8] = b"PK\x03\x04 as if it were one";
const NOBODY: &str = "00000000-0000-7000-8000-000000000000";
const MAX_TEMPLATE_BYTES: usize = 64 << 10;

fn ask(service: &Service, stock: &Stock) -> Answer {
    let body = json!({"kind": "answering_script", "subject_id": stock.tenant.id});
    service.json("POST", &stock.tenant.key, "/v1/papers", &body)
}

/// Keeps the bytes as the worker would.
fn kept(service: &Service, paper: &Paper, bytes: &'static [u8]) -> StoredBlob {
    let sent = stream::iter([Ok::<_, std::io::Error>(Bytes::from_static(bytes))]);
    let put = service.store.blobs().put(paper.client_id, BlobKind::Paper, sent, 1_000);
    tokio::runtime::Runtime::new().unwrap().block_on(put).unwrap()
}

/// Makes the paper that waits.
fn make(service: &Service) {
    let store = &service.store;
    let paper = store.write(Reach::Agency, papers::claim_paper).unwrap().unwrap();
    let (pdf, docx) = (kept(service, &paper, PDF), kept(service, &paper, DOCX));
    let made = MadePaper { template_version: None, pdf, docx };
    store.write(Reach::Agency, |conn| papers::keep_paper(conn, &paper, &made)).unwrap();
}

fn put(service: &Service, key: &str, kind: &str, text: &[u8]) -> Answer {
    service.typed("PUT", key, &format!("/v1/templates/{kind}"), "text/markdown", text)
}

/// Tries the template that waits, as the worker would.
fn try_template(service: &Service, tried: Result<(), &Refused>) {
    let store = &service.store;
    let row = store.write(Reach::Agency, paper_templates::claim_template).unwrap().unwrap();
    store.write(Reach::Agency, |conn| paper_templates::end_template(conn, &row, tried)).unwrap();
}

#[test]
fn a_paper_is_asked_for_watched_and_fetched_in_both_formats() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let key = &stock.tenant.key;
        let asked = ask(&service, &stock).expect(202);
        let path = format!("/v1/papers/{}", asked.text("/id"));
        assert_eq!(asked.header("location"), path);
        assert_eq!((asked.text("/state"), &asked.json()["pdf"]), ("queued".into(), &Value::Null));
        service.get(key, &format!("{path}/content")).expect(404);
        make(&service);
        let done = service.get(key, &path).expect(200);
        assert_eq!(
            (done.text("/state"), &done.json()["docx"]["bytes"]),
            ("done".into(), &json!(DOCX.len()))
        );
        let pdf = service.get(key, &format!("{path}/content")).expect(200);
        assert_eq!((pdf.bytes.as_slice(), pdf.header("content-type")), (PDF, "application/pdf"));
        let name = format!("attachment; filename=\"answering-script-{}.pdf\"", asked.text("/id"));
        assert_eq!(pdf.header("content-disposition"), name);
        assert_eq!(pdf.header("etag"), format!("\"{}\"", done.text("/pdf/sha256")));
        let docx = service.get(key, &format!("{path}/content?format=docx")).expect(200);
        assert_eq!(docx.bytes, DOCX);
        assert!(docx.header("content-type").ends_with("wordprocessingml.document"));
        let bearer = format!("Bearer {key}");
        let get = |headers: &[(&str, &str)]| {
            let mut all = vec![("authorization", bearer.as_str())];
            all.extend(headers);
            service.send("GET", &format!("{path}/content"), &all, b"")
        };
        let part = get(&[("range", "bytes=9-12"), ("if-range", pdf.header("etag"))]).expect(206);
        assert_eq!(part.bytes, b"0123");
        get(&[("if-none-match", pdf.header("etag"))]).expect(304);
        get(&[("range", "bytes=1000-")]).expect(416);
        service.get(key, &format!("{path}/content?format=odt")).expect(400);
    });
}

#[test]
fn a_paper_that_cannot_be_made_says_why() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let asked = ask(&service, &stock).expect(202);
        let store = &service.store;
        let paper = store.write(Reach::Agency, papers::claim_paper).unwrap().unwrap();
        store.write(Reach::Agency, |c| papers::fail_paper(c, &paper, "Nobody listened.")).unwrap();
        let path = format!("/v1/papers/{}", asked.text("/id"));
        let failed = service.get(&stock.tenant.key, &path).expect(200);
        assert_eq!(
            (failed.text("/state"), failed.text("/problem")),
            ("failed".into(), "Nobody listened.".into())
        );
        service.get(&stock.tenant.key, &format!("{path}/content")).expect(404);
    });
}

#[test]
fn lists_are_told_by_subject_and_go_on_by_cursor() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let key = &stock.tenant.key;
        let ids: Vec<String> =
            (0..3).map(|_| ask(&service, &stock).expect(202).text("/id")).collect();
        let path = format!("/v1/papers?subject_id={}&limit=2", stock.tenant.id);
        let first = service.get(key, &path).expect(200);
        assert_eq!(
            (first.text("/items/0/id"), first.text("/items/1/id")),
            (ids[0].clone(), ids[1].clone())
        );
        let next = format!("{path}&cursor={}", first.text("/next_cursor"));
        let rest = service.get(key, &next).expect(200).json();
        assert_eq!((&rest["items"][0]["id"], &rest["next_cursor"]), (&json!(ids[2]), &Value::Null));
        for other in
            [format!("/v1/papers?subject_id={NOBODY}"), "/v1/papers?kind=transcript".to_owned()]
        {
            assert_eq!(service.get(key, &other).expect(200).json()["items"], json!([]));
        }
        service.get(key, "/v1/papers?kind=poem").expect(400);
    });
}

#[test]
fn what_no_paper_can_be_made_of_is_refused() {
    on_both(|database| {
        let service = Service::start(database);
        let (stock, other) = (service.stock("Окна"), service.stock("Двери"));
        let key = &stock.tenant.key;
        let refused = |body: Value, status: u16| {
            service.json("POST", key, "/v1/papers", &body).expect(status)
        };
        for kind in [
            "application",
            "operator_inquiry",
            "trap_protocol",
            "transcript",
            "statement_comparison",
            "disclosure_consent",
            "answering_script",
        ] {
            let told = |id: &str| {
                let answer = refused(json!({"kind": kind, "subject_id": id}), 404).json();
                assert_eq!(answer["errors"][0]["pointer"], "/subject_id", "{kind}");
                answer["errors"].clone()
            };
            assert_eq!(told(NOBODY), told(&other.tenant.id));
            assert_eq!(told(NOBODY), told(&other.trap));
        }
        let of_trap =
            json!({"kind": "trap_protocol", "subject_id": stock.trap, "bait_id": stock.bait});
        assert_eq!(refused(of_trap, 422).code(), "of_another_kind");
        let script = |bait: &str| json!({"kind": "answering_script", "subject_id": stock.tenant.id, "bait_id": bait});
        assert_eq!(refused(script(&other.bait), 404).code(), "unknown_bait");
        service.json("POST", key, "/v1/papers", &script(&stock.bait)).expect(202);
        refused(json!({"kind": "inventory", "subject_id": stock.trap}), 422);
        refused(json!({"kind": "transcript", "subject_id": "x"}), 422);
        refused(json!({"kind": "transcript"}), 422);
    });
}

#[test]
fn a_clients_template_goes_through_its_life() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let (key, path) = (&stock.tenant.key, "/v1/templates/transcript");
        let found = service.get(key, path).expect(200).json();
        assert_eq!(found["text"], "transcript", "the program's own, as the tests hand it over");
        assert_eq!(
            (&found["template"]["version"], &found["template"]["latest"]),
            (&Value::Null, &Value::Null)
        );
        let sent = put(&service, key, "transcript", "# НАША\n".as_bytes()).expect(202);
        assert_eq!((sent.text("/state"), &sent.json()["version"]), ("checking".into(), &json!(1)));
        put(&service, key, "transcript", "# НАША\n".as_bytes()).expect(200);
        let found = service.get(key, path).expect(200).json();
        assert_eq!(
            (&found["text"], &found["latest_text"]),
            (&json!("transcript"), &json!("# НАША\n"))
        );
        try_template(&service, Ok(()));
        let found = service.get(key, path).expect(200).json();
        assert_eq!(
            (&found["text"], &found["template"]["version"]),
            (&json!("# НАША\n"), &json!(1))
        );
        put(&service, key, "transcript", b"{{ facts.nothing }}").expect(202);
        try_template(&service, Err(&Refused { problem: "undefined value".into(), line: Some(1) }));
        let found = service.get(key, path).expect(200).json();
        assert_eq!(found["text"], "# НАША\n");
        let latest = &found["template"]["latest"];
        assert_eq!(
            (&latest["state"], &latest["problem"], &latest["line"]),
            (&json!("refused"), &json!("undefined value"), &json!(1))
        );
        let all = service.get(key, "/v1/templates").expect(200).json();
        let own: Vec<&Value> = all["items"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|one| one["version"] != Value::Null)
            .collect();
        assert_eq!((all["items"].as_array().unwrap().len(), own.len()), (7, 1));
        for _ in 0..2 {
            service
                .send("DELETE", path, &[("authorization", &format!("Bearer {key}"))], b"")
                .expect(204);
        }
        let found = service.get(key, path).expect(200).json();
        assert_eq!(
            (&found["text"], &found["template"]["latest"]),
            (&json!("transcript"), &Value::Null)
        );
    });
}

#[test]
fn hostile_bodies_are_refused_before_any_worker_sees_them() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let key = &stock.tenant.key;
        let put = |bytes: &[u8]| put(&service, key, "application", bytes);
        put(&vec![b'a'; 2 << 20]).expect(413);
        put(&vec![b'a'; MAX_TEMPLATE_BYTES + 1]).expect(413);
        put(&vec![b'a'; MAX_TEMPLATE_BYTES]).expect(202);
        assert_eq!(put(b"\xff\xfe").expect(400).code(), "not_utf8");
        for hidden in ["a\0b", "a\u{7}b", "\u{202e}cba", "\u{2066}a"] {
            assert_eq!(
                put(hidden.as_bytes()).expect(422).code(),
                "control_character",
                "{hidden:?}"
            );
        }
        for empty in ["", " \n"] {
            assert_eq!(put(empty.as_bytes()).expect(400).code(), "empty_body");
        }
        service.typed("PUT", key, "/v1/templates/application", "text/plain", b"a").expect(415);
        service.typed("PUT", key, "/v1/templates/poem", "text/markdown", b"a").expect(400);
        assert_eq!(service.count("SELECT count(*) FROM paper_templates"), 1);
    });
}

#[test]
fn templates_are_one_clients_and_an_agency_says_whose() {
    on_both(|database| {
        let service = Service::start(database);
        let (ours, theirs) = (service.stock("Окна"), service.stock("Двери"));
        put(&service, &ours.tenant.key, "transcript", b"ours").expect(202);
        try_template(&service, Ok(()));
        let read =
            |key: &str, query: &str| service.get(key, &format!("/v1/templates/transcript{query}"));
        assert_eq!(read(&theirs.tenant.key, "").expect(200).text("/text"), "transcript");
        let query = format!("?client_id={}", ours.tenant.id);
        assert_eq!(read(&service.agency_key, &query).expect(200).text("/text"), "ours");
        read(&service.agency_key, "").expect(422);
        let foreign = read(&theirs.tenant.key, &query).expect(404);
        let nobody = read(&theirs.tenant.key, &format!("?client_id={NOBODY}")).expect(404);
        assert_eq!(foreign.code(), nobody.code());
        read(&service.agency_key, &format!("?client_id={NOBODY}")).expect(404);
    });
}
