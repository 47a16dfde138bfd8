//! Who did what, over HTTP: written down by the key and the operation, listed in
//! chains, and shown to nobody else.

use baitline_domain::audit::{AuditChange, AuditEntry, AuditHead, hex};
use baitline_domain::ids::{ClientId, ExportId, PackageId};
use baitline_domain::instant::Instant;
use baitline_store::blobs::BlobKind;
use baitline_store::{Conn, Reach, audit, exports};
use baitline_testkit::on_both;
use bytes::Bytes;
use futures_util::stream;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::service::{Service, Tenant};

impl Service {
    /// Does what the worker does with what was written down.
    pub(crate) fn seal_audit(&self) {
        let mut last = None;
        let seal =
            |last| self.store.write(Reach::Agency, |conn| audit::seal_after(conn, last)).unwrap();
        while let Some(sealed) = seal(last) {
            last = Some(sealed.client);
        }
    }

    fn entries(&self, key: &str, query: &str) -> Vec<Value> {
        self.seal_audit();
        let answer = self.get(key, &format!("/v1/audit?limit=1000{query}")).expect(200).json();
        answer["items"].as_array().unwrap().clone()
    }
}

fn told(entry: &Value) -> String {
    let text = |name: &str| entry[name].as_str().unwrap().to_owned();
    format!("{} {} {} {}", text("act"), text("noun"), text("change"), entry["items"])
}

fn key_id(key: &str) -> &str {
    key.split('_').nth(1).unwrap()
}

#[test]
fn an_act_is_told_by_key_operation_and_thing() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let key = &stock.tenant.key;
        let path = format!("/v1/baits/{}", stock.bait);
        for note in ["полка", "полка"] {
            service.json("PATCH", key, &path, &json!({"note": note})).expect(200);
        }
        let found = service.entries(key, &format!("&subject={}", stock.bait));
        let acts: Vec<String> = found.iter().map(told).collect();
        assert_eq!(acts, ["create_bait bait made 1", "update_bait bait changed 1"]);
        for entry in &found {
            assert_eq!(entry["actor"], key_id(key));
            assert_eq!(entry["client_id"], stock.tenant.id.as_str());
        }
        let agencys =
            service.entries(&service.agency_key, &format!("&client_id={}", stock.tenant.id));
        assert_eq!(told(&agencys[0]), "create_client client made 1");
        assert_eq!(agencys[0]["actor"], key_id(&service.agency_key));
    });
}

#[test]
fn reported_calls_are_a_row_a_request_by_whoever_sent_them() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let key = &stock.tenant.key;
        let call = |n: u32| {
            json!({
                "source": "recorder", "external_id": format!("c-{n}"), "bait": "M-1",
                "direction": "incoming", "caller": "+79160000001",
                "occurred_at": "2026-10-02T10:00:00Z",
            })
        };
        let alone = service.create(key, "/v1/calls", &call(0));
        let small: Vec<Value> = (1..4).map(call).collect();
        service.json("POST", key, "/v1/calls", &json!(small)).expect(200);
        let lines: String = (4..400).map(|n| format!("{}\n", call(n))).collect();
        service
            .typed("POST", key, "/v1/calls", "application/x-ndjson", lines.as_bytes())
            .expect(200);
        let of_calls = |entry: &Value| entry["noun"] == "call";
        let found: Vec<Value> = service.entries(key, "").into_iter().filter(of_calls).collect();
        let acts: Vec<String> = found.iter().map(told).collect();
        let expected =
            ["create_calls call made 1", "create_calls call made 3", "create_calls call made 396"];
        assert_eq!(acts, expected);
        assert_eq!(found[0]["subject"], alone.as_str());
        assert!(found.iter().all(|entry| entry["actor"] == key_id(key)));
    });
}

#[test]
fn a_request_that_is_sent_again_leaves_nothing_more() {
    on_both(|database| {
        let service = Service::start(database);
        let tenant = service.client("Окна");
        let bearer = format!("Bearer {}", tenant.key);
        let headers = [
            ("authorization", bearer.as_str()),
            ("content-type", "application/json"),
            ("idempotency-key", "once"),
        ];
        let body = json!({"number": "+79001234567"}).to_string();
        for _ in 0..2 {
            service.send("POST", "/v1/baits", &headers, body.as_bytes()).expect(201);
        }
        service
            .json("POST", &tenant.key, "/v1/baits", &json!({"number": "+79001234567"}))
            .expect(409);
        let acts: Vec<String> = service.entries(&tenant.key, "").iter().map(told).collect();
        let baits = acts.iter().filter(|act| act.contains("bait")).count();
        assert_eq!(baits, 1, "{acts:?}");
    });
}

/// Gives a package its bytes, and tells where they are found.
fn keep_bytes(service: &Service, tenant: &Tenant, id: PackageId) -> String {
    let (client, reach) = (ClientId(tenant.id.parse().unwrap()), Reach::Agency);
    let export = service.get(&tenant.key, "/v1/exports").expect(200).text("/items/0/id");
    let export_id = ExportId(export.parse().unwrap());
    let bytes = stream::iter([Ok::<_, ()>(Bytes::from_static(b"PK-bytes"))]);
    let put = service.store.blobs().put(client, BlobKind::Package, bytes, 100);
    let blob = Runtime::new().unwrap().block_on(put).unwrap();
    let keep = |conn: &mut Conn| {
        let mut package = exports::find_package(conn, reach, export_id, id)?;
        package.bytes = Some(8);
        package.sha256 = Some(blob.sha256.to_vec());
        exports::save_package(conn, &package)
    };
    service.store.write(reach, keep).unwrap();
    format!("/v1/exports/{export}/packages/{id}")
}

#[test]
fn a_package_that_is_handed_out_is_noted_and_so_is_a_part_of_it() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let key = &stock.tenant.key;
        let package = crate::replays::package(&service, &stock);
        let path = keep_bytes(&service, &stock.tenant, package);
        let bearer = format!("Bearer {key}");
        let get = |range: &str| {
            let headers = [("authorization", bearer.as_str()), ("range", range)];
            service.send("GET", &path, &headers, b"")
        };
        let whole = service.get(key, &path).expect(200);
        get("bytes=0-1").expect(206);
        get("bytes=2-").expect(206);
        // By another key it is noted for the client all the same.
        service.get(&service.agency_key, &path).expect(200);
        // None of these gets a byte.
        service.send("HEAD", &path, &[("authorization", bearer.as_str())], b"").expect(200);
        get("bytes=8-").expect(416);
        let known = whole.header("etag");
        let headers = [("authorization", bearer.as_str()), ("if-none-match", known)];
        service.send("GET", &path, &headers, b"").expect(304);
        let read = |entry: &Value| entry["change"] == "read";
        let found: Vec<Value> = service.entries(key, "").into_iter().filter(read).collect();
        let acts: Vec<String> = found.iter().map(told).collect();
        assert_eq!(acts, ["download_package package read 1"; 4]);
        assert_eq!(found[0]["subject"], package.to_string());
    });
}

#[test]
fn a_client_sees_its_own_chain_and_no_other() {
    on_both(|database| {
        let service = Service::start(database);
        let (ours, theirs) = (service.stock("Окна"), service.stock("Двери"));
        let own = service.entries(&ours.tenant.key, "");
        assert!(own.len() > 4);
        assert!(own.iter().all(|entry| entry["client_id"] == ours.tenant.id.as_str()));
        let asked = format!("/v1/audit?client_id={}", theirs.tenant.id);
        service.get(&ours.tenant.key, &asked).expect(404);
        let asked = format!("/v1/audit/head?client_id={}", theirs.tenant.id);
        service.get(&ours.tenant.key, &asked).expect(404);
        let subject = format!("&subject={}", theirs.bait);
        assert_eq!(service.entries(&ours.tenant.key, &subject), Vec::<Value>::new());
        let all = service.entries(&service.agency_key, "");
        let of = |id: Value| all.iter().filter(|entry| entry["client_id"] == id).count();
        assert_eq!(of(json!(ours.tenant.id)), own.len());
        assert!(of(json!(theirs.tenant.id)) > 4);
        assert!(of(Value::Null) >= 3, "keys are the agency's");
    });
}

/// What the description of the operation says: from the list alone.
fn hash_of(entry: &Value, previous: &[u8; 32]) -> String {
    let text = |name: &str| entry[name].as_str().unwrap().to_owned();
    let entry = AuditEntry {
        client: ClientId(text("client_id").parse().unwrap()),
        sequence: entry["sequence"].as_u64().unwrap(),
        occurred_at: Instant::from(text("occurred_at").parse::<jiff::Timestamp>().unwrap()),
        actor: text("actor"),
        act: text("act"),
        noun: text("noun"),
        subject: text("subject"),
        change: AuditChange::parse(&text("change")).unwrap(),
        items: entry["items"].as_u64().unwrap(),
        digest: bytes(&text("digest")),
    };
    hex(&entry.hash(previous))
}

fn bytes(digits: &str) -> [u8; 32] {
    let byte = |place: usize| u8::from_str_radix(&digits[2 * place..2 * place + 2], 16).unwrap();
    std::array::from_fn(byte)
}

#[test]
fn the_list_goes_on_from_piece_to_piece_and_leads_to_the_head() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let key = &stock.tenant.key;
        let waiting = service.get(key, "/v1/audit/head").expect(200).json();
        assert_eq!((&waiting["sequence"], &waiting["sealed_at"]), (&json!(0), &Value::Null));
        assert!(waiting["waiting"].as_u64().unwrap() > 4);
        assert!(waiting["waiting_since"].is_string());
        service.seal_audit();
        let mut path = "/v1/audit?limit=2".to_owned();
        let mut hash = AuditHead::EMPTY.hash;
        let mut sequence = 0;
        loop {
            let piece = service.get(key, &path).expect(200).json();
            for entry in piece["items"].as_array().unwrap() {
                sequence += 1;
                assert_eq!(entry["sequence"], sequence);
                assert_eq!(entry["hash"], hash_of(entry, &hash).as_str());
                hash = bytes(entry["hash"].as_str().unwrap());
            }
            let Some(cursor) = piece["next_cursor"].as_str() else { break };
            path = format!("/v1/audit?limit=2&cursor={cursor}");
        }
        let head = service.get(key, "/v1/audit/head").expect(200).json();
        assert_eq!((&head["sequence"], &head["hash"]), (&json!(sequence), &json!(hex(&hash))));
        assert_eq!((&head["waiting"], &head["client_id"]), (&json!(0), &json!(stock.tenant.id)));
        let agencys = service.get(&service.agency_key, "/v1/audit/head").expect(200).json();
        assert_eq!(agencys["client_id"], Value::Null);
        assert!(agencys["sequence"].as_u64().unwrap() >= 2);
    });
}
