//! Exports as a lawyer works with them: narrowed, watched piece by piece, tried again,
//! and downloaded as one archive.

use std::io::{Cursor, Read};

use baitline_domain::ids::{ClientId, ExportId};
use baitline_domain::instant::Instant;
use baitline_domain::phone::Phone;
use baitline_store::blobs::BlobKind;
use baitline_store::models::{Export, ExportFile, ExportState, Package, PackageState};
use baitline_store::{Conn, Reach, StoreResult, exports, signing_keys};
use baitline_testkit::{TestDatabase, on_both};
use bytes::Bytes;
use futures_util::stream;
use serde_json::{Value, json};
use zip::ZipArchive;

use crate::service::{Answer, Service, Stock};

const PATH: &str = "/v1/exports";
const FIRST: u64 = 79_160_000_001;

pub(crate) fn period() -> Value {
    json!({"from": "2026-10-01T00:00:00Z", "to": "2026-11-01T00:00:00Z"})
}

fn with(field: &str, value: Value) -> Value {
    let mut body = period();
    body[field] = value;
    body
}

pub(crate) fn agency<T>(service: &Service, work: impl FnMut(&mut Conn) -> StoreResult<T>) -> T {
    service.store.write(Reach::Agency, work).unwrap()
}

fn sealed_at() -> Instant {
    Instant::from("2026-11-20T10:00:00Z".parse::<jiff::Timestamp>().unwrap())
}

/// A blob of the client's, and its CRC-32 as `zip` counts it.
fn put(service: &Service, stock: &Stock, content: &[u8]) -> (Vec<u8>, i64) {
    let client = ClientId(stock.tenant.id.parse().unwrap());
    let sent = stream::iter([Ok::<_, std::io::Error>(Bytes::copy_from_slice(content))]);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let put = service.store.blobs().put(client, BlobKind::Package, sent, 1 << 20);
    let blob = runtime.block_on(put).unwrap();
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let stored =
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    zip.start_file("x", stored).unwrap();
    std::io::Write::write_all(&mut zip, content).unwrap();
    let mut zip = ZipArchive::new(zip.finish().unwrap()).unwrap();
    let crc32 = zip.by_index(0).unwrap().crc32();
    (blob.sha256.to_vec(), crc32.into())
}

/// An export that a worker holds, with three packages: ready, draft, failed.
pub(crate) fn half_done(service: &Service, stock: &Stock) -> Export {
    service.json("POST", &stock.tenant.key, PATH, &period()).expect(202);
    let callers: Vec<Phone> = (0..3).map(|n| Phone::from_digits(FIRST + n).unwrap()).collect();
    let export = agency(service, |conn| {
        let claimed = exports::claim_export(conn)?.unwrap();
        Ok(exports::plan_packages(conn, &claimed, &callers, sealed_at())?.unwrap())
    });
    let planned = agency(service, |conn| exports::packages_of(conn, export.client_id, export.id));
    let states = [PackageState::Ready, PackageState::Draft, PackageState::Failed];
    for ((n, state), package) in (1_u8..).zip(states).zip(planned) {
        let is_built = state != PackageState::Failed;
        let content = vec![n; 1_000 * usize::from(n)];
        let (sha256, crc32) = put(service, stock, &content);
        let done = Package {
            state,
            interceptions: 2,
            bytes: is_built.then_some(content.len() as i64),
            sha256: is_built.then_some(sha256),
            crc32: is_built.then_some(crc32),
            problem: (!is_built).then(|| "a recording is gone".to_owned()),
            ..package
        };
        assert!(agency(service, |conn| exports::finish_package(conn, &export, &done)));
    }
    export
}

/// Ends it with an index beside its packages.
pub(crate) fn end(service: &Service, stock: &Stock, export: &Export) {
    let (sha256, crc32) = put(service, stock, b"index");
    let file = ExportFile {
        client_id: export.client_id,
        export_id: export.id,
        name: "index.pdf".to_owned(),
        bytes: 5,
        sha256,
        crc32,
    };
    agency(service, |conn| {
        exports::replace_files(conn, export, std::slice::from_ref(&file))?;
        exports::end_export(conn, export, ExportState::Done, None)
    });
}

fn path(export: ExportId, rest: &str) -> String {
    format!("{PATH}/{export}{rest}")
}

#[test]
fn an_export_is_narrowed_and_says_to_what() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let key = &stock.tenant.key;
        let rival = service.create(key, "/v1/competitors", &json!({"name": "соперник"}));
        let mut body = with("competitor_id", json!(rival));
        body["office"] = json!("77");
        body["caller_operator_inn"] = json!("7740000076");
        body["part_bytes"] = json!(20_000_000);
        let asked = service.json("POST", key, PATH, &body).expect(202).json();
        let expected = json!({
            "from": "2026-10-01T00:00:00Z", "to": "2026-11-01T00:00:00Z", "numbers": 0,
            "competitor_id": rival, "office": "77", "caller_operator_inn": "7740000076",
            "complaint_id": null, "complaint_state": null, "part_bytes": 20_000_000,
        });
        assert_eq!(asked["asked"], expected);
        let listed = service.get(key, PATH).expect(200).json();
        assert_eq!(listed["items"][0], asked);

        let other = service.stock("Крыши");
        let theirs = service.create(&other.tenant.key, "/v1/competitors", &json!({"name": "x"}));
        for unknown in [theirs, "00000000-0000-7000-8000-000000000000".to_owned()] {
            let refused = service.json("POST", key, PATH, &with("competitor_id", json!(unknown)));
            assert_eq!(refused.code(), "unknown_competitor");
        }
        for (field, value) in [
            ("office", json!("00")),
            ("office", json!(77)),
            ("caller_operator_inn", json!("1")),
            ("caller_operator_inn", json!("7740000076\u{0}")),
            ("competitor_id", json!("no-id")),
            ("part_bytes", json!(999_999)),
            ("part_bytes", json!(1_000_000_001)),
            ("part_bytes", json!("20 MB")),
        ] {
            let refused = service.json("POST", key, PATH, &with(field, value.clone()));
            assert!(matches!(refused.status, 400 | 422), "{field} {value}: {}", refused.status);
        }
        // A complaint is one package, and names its calls itself.
        for (field, value) in [
            ("office", json!("77")),
            ("complaint_state", json!("draft")),
            ("numbers", json!(["+79160000001"])),
        ] {
            let mut body = with(field, value);
            body["complaint_id"] = json!("00000000-0000-7000-8000-000000000000");
            assert_eq!(service.json("POST", key, PATH, &body).expect(422).code(), "not_together");
        }
    });
}

#[test]
fn an_agency_orders_for_several_clients_at_once_and_each_has_its_own_export() {
    on_both(|database| {
        let service = Service::start(database);
        let (one, two) = (service.stock("Окна"), service.stock("Крыши"));
        let (agency_key, batch) = (&service.agency_key, "/v1/exports:batch");
        let ids = [&one.tenant.id, &two.tenant.id, &one.tenant.id];
        let order = |ids: Value, order: Value| json!({"client_ids": ids, "order": order});
        let body = order(json!(ids), with("office", json!("77")));
        let made = service.json("POST", agency_key, batch, &body).expect(202).json();
        assert_eq!(made["items"].as_array().unwrap().len(), 2, "each client once");
        for tenant in [&one.tenant, &two.tenant] {
            let listed = service.get(&tenant.key, PATH).expect(200).json();
            let [export] = &listed["items"].as_array().unwrap()[..] else { panic!("{listed}") };
            assert_eq!(export["client_id"], tenant.id.as_str());
            assert_eq!(export["asked"]["office"], "77");
            assert!(made["items"].as_array().unwrap().contains(export));
        }
        service.json("POST", &one.tenant.key, batch, &body).expect(403);

        let nobody = "00000000-0000-7000-8000-000000000000";
        let of = |field: &str| order(json!([one.tenant.id]), with(field, json!(nobody)));
        for (refused, status) in [
            (order(json!([one.tenant.id, nobody]), period()), 404),
            (order(json!([]), period()), 422),
            (order(json!(vec![nobody; 1_001]), period()), 422),
            (of("client_id"), 422),
            (of("competitor_id"), 422),
        ] {
            service.json("POST", agency_key, batch, &refused).expect(status);
        }
        assert_eq!(service.count("SELECT count(*) FROM exports"), 2, "all or none");
    });
}

#[test]
fn packages_are_listed_piece_by_piece_and_by_state() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let key = &stock.tenant.key;
        let export = half_done(&service, &stock);
        let list = |query: &str| service.get(key, &path(export.id, &format!("/packages{query}")));
        let first = list("?limit=2").expect(200);
        assert!(first.header("link").ends_with("rel=\"next\""));
        let first = first.json();
        let callers = |page: &Value| -> Vec<String> {
            let items = page["items"].as_array().unwrap().iter();
            items.map(|one| one["caller"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(callers(&first), ["+79160000001", "+79160000002"]);
        let cursor = first["next_cursor"].as_str().unwrap();
        let last = list(&format!("?cursor={cursor}")).expect(200).json();
        assert_eq!(callers(&last), ["+79160000003"]);
        let failed = list("?state=failed").expect(200).json();
        assert_eq!(callers(&failed), ["+79160000003"]);
        assert_eq!(failed["items"][0]["problem"], "a recording is gone");
        list("?state=lost").expect(400);
        let detail = service.get(key, &path(export.id, "")).expect(200).json();
        let counts = json!({"queued": 0, "draft": 1, "ready": 1, "failed": 1});
        assert_eq!(detail["counts"], counts);
        assert_eq!(detail["packages"].as_array().unwrap().len(), 3);
    });
}

#[test]
fn failed_packages_are_tried_again_and_a_cancelled_export_is_not() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let key = &stock.tenant.key;
        let export = half_done(&service, &stock);
        let retry = || service.json("POST", key, &path(export.id, "/retry"), &json!({}));
        assert_eq!(retry().expect(200).text("/state"), "running");
        end(&service, &stock, &export);
        service.get(key, &path(export.id, "/archive")).expect(200);
        for _ in 0..2 {
            assert_eq!(retry().expect(200).text("/state"), "queued");
        }
        let found = service.get(key, &path(export.id, "")).expect(200).json();
        let counts = json!({"queued": 1, "draft": 1, "ready": 1, "failed": 0});
        assert_eq!(found["counts"], counts);
        service.get(key, &path(export.id, "/archive")).expect(404);
        service.json("POST", key, &path(export.id, "/cancellation"), &json!({})).expect(200);
        assert_eq!(retry().expect(409).code(), "export_cancelled");
    });
}

fn ranged(service: &Service, key: &str, path: &str, header: (&str, &str)) -> Answer {
    let bearer = format!("Bearer {key}");
    service.send("GET", path, &[("authorization", &bearer), header], b"")
}

#[test]
fn all_packages_are_one_archive_which_is_sent_whole_or_in_part() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let key = &stock.tenant.key;
        let export = half_done(&service, &stock);
        let path = path(export.id, "/archive");
        service.get(key, &path).expect(404);
        end(&service, &stock, &export);
        let whole = service.get(key, &path).expect(200);
        assert_eq!(whole.header("content-length"), whole.bytes.len().to_string());
        assert_eq!(whole.header("content-type"), "application/zip");
        let mut zip = ZipArchive::new(Cursor::new(&whole.bytes)).unwrap();
        let packages =
            agency(&service, |conn| exports::packages_of(conn, export.client_id, export.id));
        let inside = |name: &str| format!("baitline-export-{}/{name}", export.id);
        for (name, content) in [
            (inside("index.pdf"), b"index".to_vec()),
            (inside(&packages[0].archive_name()), vec![1; 1_000]),
            (inside(&packages[1].archive_name()), vec![2; 2_000]),
        ] {
            let mut found = Vec::new();
            zip.by_name(&name).unwrap().read_to_end(&mut found).unwrap();
            assert_eq!(found, content, "{name}");
        }
        assert_eq!(zip.len(), 3, "what failed is not there");

        assert_eq!(service.get(key, &path).expect(200).bytes, whole.bytes);
        let etag = whole.header("etag").to_owned();
        ranged(&service, key, &path, ("if-none-match", &etag)).expect(304);
        let size = whole.bytes.len();
        for part in [0..1, 100..1_500, size - 30..size] {
            let range = format!("bytes={}-{}", part.start, part.end - 1);
            let answer = ranged(&service, key, &path, ("range", &range)).expect(206);
            let shown = format!("bytes {}-{}/{size}", part.start, part.end - 1);
            assert_eq!(answer.header("content-range"), shown);
            assert_eq!(answer.header("etag"), etag);
            assert_eq!(answer.bytes, &whole.bytes[part]);
        }
        ranged(&service, key, &path, ("range", &format!("bytes={size}-"))).expect(416);
        let bearer = format!("Bearer {key}");
        let head = service.send("HEAD", &path, &[("authorization", &bearer)], b"").expect(200);
        assert_eq!(head.header("content-length"), size.to_string());
    });
}

#[test]
fn another_sum_of_a_package_gives_the_archive_another_tag() {
    let service = Service::start(TestDatabase::sqlite());
    let stock = service.stock("Окна");
    let export = half_done(&service, &stock);
    end(&service, &stock, &export);
    let tag = || {
        let answer = service.get(&stock.tenant.key, &path(export.id, "/archive"));
        answer.header("etag").to_owned()
    };
    let before = tag();
    assert_eq!(tag(), before);
    service.execute("UPDATE export_packages SET crc32 = crc32 + 1 WHERE state = 'draft'");
    assert_ne!(tag(), before);
    // An export of an earlier version, whose packages have no such sum.
    service.execute("UPDATE export_packages SET crc32 = NULL WHERE state = 'draft'");
    service.get(&stock.tenant.key, &path(export.id, "/archive")).expect(404);
}

#[test]
fn the_keys_that_sign_are_told_to_every_key() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let keys = || service.get(&stock.tenant.key, "/v1/signing-keys").expect(200).json();
        assert_eq!(keys(), json!({"items": []}));
        agency(&service, |conn| signing_keys::note_key(conn, "ab12", "PEM"));
        let told = keys();
        assert_eq!(told["items"][0]["fingerprint"], "ab12");
        assert_eq!(told["items"][0]["public_key"], "PEM");
        assert!(told["items"][0]["first_seen_at"].is_string());
    });
}
