//! Without `baits:read` nobody is told a bait's number or when its trap was run:
//! every GET is asked over a world whose numbers and times are known, and every
//! byte of the answers searched, workbooks and Parquet files unfolded.

use std::collections::BTreeSet;
use std::io::{Cursor, Read};

use baitline_domain::instant::Instant;
use baitline_domain::scope::{Scope, Scopes};
use baitline_domain::trap::{Exposure, ExposureKind};
use baitline_testkit::on_both;
use serde_json::{Value, json};

use crate::files;
use crate::reported::{FROM_MTS, PERIOD, Reported};
use crate::service::{Answer, Service, Stock, the_day};

const JSON: &str = "application/json";
const CSV: &str = "text/csv";
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
const PARQUET: &str = "application/vnd.apache.parquet";

/// The baits' numbers, found however they are written.
const NUMBERS: [&str; 4] = ["9001234567", "9010000101", "9030000102", "9030000103"];
/// An exposure, the own call that opens a window, and windows of other traps.
const TIMES: [&str; 4] =
    ["2026-10-02T06:01:07", "2026-10-02T07:05:13", "2026-10-02T22:00:00", "2026-10-11T12:00:00"];
const OWN_NUMBER: &str = "+74951234567";

/// Everything but to see baits, and so not to set them up either.
fn blind() -> Scopes {
    let not = [Scope::BaitsRead, Scope::Admin];
    Scope::ALL.into_iter().filter(|scope| !not.contains(scope)).collect()
}

struct World {
    reported: Reported,
    stock: Stock,
    /// What no answer to a blind key may hold, beside the numbers.
    canaries: Vec<String>,
}

impl World {
    fn on(service: Service) -> Self {
        let reported = Reported::on(service);
        let service = &reported.service;
        let stock = service.stock("Крыши");
        let key = &stock.tenant.key;
        let offer = json!({
            "source": "recorder", "external_id": "offer", "bait": "+79001234567",
            "direction": "incoming", "caller": "+79160000009", "called": "8 (900) 123-45-67",
            "occurred_at": "2026-10-02T10:00:00Z", "connected_seconds": 40,
            "extra": {"line": "79001234567"},
        });
        let own = json!({
            "source": "recorder", "external_id": "own", "bait": "+79001234567",
            "direction": "outgoing", "called": OWN_NUMBER,
            "occurred_at": "2026-10-02T07:05:13Z", "connected_seconds": 300,
        });
        let offer = service.create(key, "/v1/calls", &offer);
        let own = service.create(key, "/v1/calls", &own);
        let at: jiff::Timestamp = "2026-10-02T06:01:07Z".parse().unwrap();
        let done = Exposure { at: Instant::from(at), kind: ExposureKind::SiteVisit, seconds: 240 };
        service.derive_after(&stock.tenant.id, &stock.trap, the_day(), &[done]);
        for call in [&offer, &own] {
            let path = format!("/v1/calls/{call}/recording?file_name=rec_79001234567.wav");
            service.typed("PUT", key, &path, "audio/wav", b"RIFF").expect(201);
        }
        let early =
            "/v1/recordings?source=recorder&external_id=79001234567-1&file_name=79001234567.wav";
        service.typed("PUT", key, early, "audio/wav", b"RIFF").expect(201);
        let correction =
            json!({"kind": "amend", "reason": "x", "changes": {"called": "+79001234567"}});
        let path = format!("/v1/observations/{offer}/corrections");
        service.json("POST", key, &path, &correction).expect(201);
        service.derive_after(&stock.tenant.id, &stock.trap, the_day(), &[done]);
        let canaries = TIMES.map(str::to_owned).into_iter().chain([stock.trap.clone()]).collect();
        let world = Self { canaries, stock, reported };
        world.upload();
        world.order();
        world
    }

    /// A file with rejected rows.
    fn upload(&self) {
        let (service, key) = (&self.reported.service, &self.stock.tenant.key);
        let path = "/v1/files?source=recorder&file_name=79001234567.csv";
        let body = b"caller,called\n,+79001234567\n";
        service.typed("POST", key, path, CSV, body).expect(202);
        let rows = vec![
            files::cells(2, "missing", &["", "8 900 123 45 67"]),
            files::text(3, "broken_row", "\"+79001234567"),
        ];
        files::read(service, Some(&["caller", "called"]), rows);
    }

    /// An export, a replay, and one entry of each list.
    fn order(&self) {
        let (service, key) = (&self.reported.service, &self.stock.tenant.key);
        let period = json!({"from": "2026-10-01T00:00:00Z", "to": "2026-11-01T00:00:00Z"});
        service.json("POST", key, "/v1/exports", &period).expect(202);
        service.json("POST", key, "/v1/verdicts:replay", &period).expect(202);
        let entry =
            json!({"number": "+79160000009", "reason": "x", "since": "2026-10-01T00:00:00Z"});
        service.json("POST", key, "/v1/allow-list", &entry).expect(201);
    }

    /// Every way to ask for something with GET.
    fn questions(&self) -> Vec<String> {
        let document = serde_json::to_value(baitline_api::openapi()).unwrap();
        let mut questions = vec![
            format!("/v1/reports/baits?{PERIOD}"),
            format!("/v1/reports/operators?{PERIOD}"),
            format!("/v1/reports/repeat-offenders?{PERIOD}"),
            "/v1/listening?interceptions_only=false".to_owned(),
            "/v1/interceptions?trap_id=".to_owned() + &self.stock.trap,
        ];
        for (path, item) in document["paths"].as_object().unwrap() {
            // The document is everybody's, and its examples are of nobody.
            if item.get("get").is_some() && path != "/openapi.json" {
                questions.extend(self.with_ids(path));
            }
        }
        questions
    }

    /// A path with the ids of everything that its list holds.
    fn with_ids(&self, path: &str) -> Vec<String> {
        let Some((parent, rest)) = path.split_once("/{") else { return vec![path.to_owned()] };
        let (_, rest) = rest.split_once('}').unwrap();
        let rest = rest.replace("{package_id}", "00000000-0000-7000-8000-000000000000");
        let ids = match parent {
            "/v1/numbering" | "/v1/offenders" => [FROM_MTS, OWN_NUMBER, "+79160000009"]
                .map(|number| number.replace('+', "%2B"))
                .into(),
            "/v1/templates" => vec!["transcript".to_owned()],
            _ => self.ids(parent),
        };
        ids.into_iter().map(|id| format!("{parent}/{id}{rest}")).collect()
    }

    fn ids(&self, list: &str) -> Vec<String> {
        let service = &self.reported.service;
        let page = service.get(&service.agency_key, list).expect(200).json();
        let items = page["items"].as_array().unwrap_or_else(|| panic!("{list}: {page}"));
        let id = |item: &Value| {
            let names = ["id", "inn", "subject_code"].into_iter();
            let id = names.filter_map(|name| item[name].as_str()).next();
            id.unwrap_or_else(|| panic!("{list}: {item}")).to_owned()
        };
        items.iter().map(id).collect()
    }

    fn ask(&self, key: &str, path: &str, accept: &str) -> Answer {
        let bearer = format!("Bearer {key}");
        let headers = [("authorization", bearer.as_str()), ("accept", accept)];
        self.reported.service.send("GET", path, &headers, b"")
    }

    /// What of the canaries an answer holds.
    fn found_in(&self, answer: &Answer) -> Vec<String> {
        let mut texts = unfolded(&answer.bytes);
        let headers = answer.headers.values().map(|value| value.as_bytes().to_vec());
        texts.extend(headers);
        let numbers = NUMBERS.iter().copied().filter(|number| {
            texts.iter().any(|text| {
                let digits: Vec<u8> = text.iter().copied().filter(u8::is_ascii_digit).collect();
                contains(text, number) || contains(&digits, number)
            })
        });
        let mut found: Vec<String> = numbers.map(str::to_owned).collect();
        let others =
            self.canaries.iter().filter(|one| texts.iter().any(|text| contains(text, one)));
        found.extend(others.cloned());
        found
    }

    /// Asks everything in every type; every answer with a canary, and how many were
    /// answered.
    fn search(&self, key: &str) -> (BTreeSet<(String, &'static str, String)>, usize) {
        let (mut found, mut answered) = (BTreeSet::new(), 0);
        for path in self.questions() {
            for accept in [JSON, CSV, XLSX, PARQUET] {
                let answer = self.ask(key, &path, accept);
                answered += usize::from(answer.status == 200);
                let canaries = self.found_in(&answer).into_iter();
                found.extend(canaries.map(|canary| (path.clone(), accept, canary)));
            }
        }
        (found, answered)
    }
}

fn contains(text: &[u8], wanted: &str) -> bool {
    text.windows(wanted.len()).any(|window| window == wanted.as_bytes())
}

/// The bytes, and whatever is folded in them: entries of a workbook, pages of a
/// Parquet file.
fn unfolded(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut texts = vec![bytes.to_vec()];
    if bytes.starts_with(b"PK") {
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
        for index in 0..archive.len() {
            let mut entry = Vec::new();
            archive.by_index(index).unwrap().read_to_end(&mut entry).unwrap();
            texts.push(entry);
        }
    }
    if bytes.starts_with(b"PAR1") {
        let frames = bytes.windows(4).enumerate().filter(|(_, word)| word == b"\x28\xb5\x2f\xfd");
        for (at, _) in frames {
            let mut page = Vec::new();
            let decoder = zstd::stream::Decoder::new(&bytes[at..]).unwrap().single_frame();
            // Four bytes that look like a page and are none end soon.
            let _whole = { decoder }.read_to_end(&mut page);
            texts.push(page);
        }
    }
    texts
}

#[test]
fn no_get_tells_a_bait_to_a_key_that_may_not_see_baits() {
    on_both(|database| {
        let world = World::on(Service::start(database));
        let (found, answered) = world.search(&world.reported.service.key_with(blind()));
        assert_eq!(found, BTreeSet::new());
        assert!(answered > 150, "only {answered} questions were answered");

        // With the redaction off the same search finds what it is to find: in every
        // type of file, and in every answer that the blind key got with less in it.
        let (found, _) = world.search(&world.reported.service.agency_key);
        let all: Vec<&str> = world.canaries.iter().map(String::as_str).chain(NUMBERS).collect();
        for canary in all {
            assert!(found.iter().any(|(_, _, one)| one == canary), "{canary} is nowhere");
        }
        let report = format!("/v1/reports/baits?{PERIOD}");
        for accept in [JSON, CSV, XLSX, PARQUET] {
            let number = (report.clone(), accept, NUMBERS[1].to_owned());
            assert!(found.contains(&number), "the report as {accept} holds no number");
        }
        for path in ["/v1/interceptions", "/v1/files", "/v1/recordings/waiting", "/v1/listening"] {
            assert!(found.iter().any(|(one, ..)| one == path), "{path} holds nothing to find");
        }
        for ending in ["/rejections", &format!("/{}", OWN_NUMBER.replace('+', "%2B"))] {
            assert!(found.iter().any(|(one, ..)| one.ends_with(ending)), "{ending}");
        }
    });
}

#[test]
fn no_receipt_tells_whether_a_number_is_a_baits_to_a_key_that_may_not_see_baits() {
    on_both(|database| {
        let world = World::on(Service::start(database));
        let service = &world.reported.service;
        let keys = [service.key_with(blind()), service.agency_key.clone()];
        let call = |bait: &str, id: &str| {
            json!({
                "source": "recorder", "external_id": id, "bait": bait, "direction": "incoming",
                "caller": "+79160000009", "occurred_at": "2026-10-02T11:00:00Z",
            })
        };
        let client = &world.stock.tenant.id;
        for (place, key) in keys.iter().enumerate() {
            let sees = place == 1;
            let matched = |known: bool| if sees { json!(known) } else { Value::Null };
            for dry_run in ["true", "false"] {
                let path = format!("/v1/calls?client_id={client}&dry_run={dry_run}");
                let mut broken = call("+79001234567", "broken");
                broken["occurred_at"] = json!("noon");
                let body = json!([
                    call("+79001234567", &format!("a{place}")),
                    call("+79001234568", &format!("b{place}")),
                    broken,
                ]);
                let answer = service.json("POST", key, &path, &body).expect(200);
                let receipts = answer.json()["receipts"].clone();
                assert_eq!(receipts[0]["matched"], matched(true), "dry run: {dry_run}");
                assert_eq!(receipts[1]["matched"], matched(false), "dry run: {dry_run}");
                assert_eq!(receipts[2]["status"], "rejected");
                if !sees {
                    assert_eq!(world.found_in(&answer), Vec::<String>::new());
                }
            }
            let one = call("+79001234567", &format!("c{place}"));
            let path = format!("/v1/calls?client_id={client}");
            for status in [201, 200] {
                let answer = service.json("POST", key, &path, &one).expect(status);
                assert_eq!(answer.json()["matched"], matched(true));
            }
            let contradicts = json!({"answered": true, "connected_seconds": 9});
            let mut other = one.clone();
            other.as_object_mut().unwrap().extend(contradicts.as_object().unwrap().clone());
            let answer = service.json("POST", key, &path, &other).expect(409);
            assert_eq!(world.found_in(&answer), Vec::<String>::new());
            let name = "rec_79001234567_2.wav";
            let path = format!(
                "/v1/recordings?client_id={client}&source=recorder&external_id=z{place}&file_name={name}"
            );
            let answer = service.typed("PUT", key, &path, "audio/wav", b"RIFF").expect(201).json();
            assert_eq!(answer["original_name"], if sees { json!(name) } else { Value::Null });

            // Nor do labels of what was made up.
            service.derive(client, &world.stock.trap, crate::service::the_day());
            let label = |id: &str| {
                let label =
                    json!({"kind": "service", "consent_given": false, "stop_demanded": false});
                json!({"source": "recorder", "external_id": id, "label": label})
            };
            let body = json!([label(&format!("a{place}")), label(&format!("b{place}"))]);
            let path = format!("/v1/labels?client_id={client}");
            let answer = service.json("POST", key, &path, &body).expect(200).json();
            let code = |line: usize| answer["receipts"][line]["error"]["code"].clone();
            assert_eq!(code(0), if sees { "no_recording" } else { "unknown_call" });
            assert_eq!(code(1), "unknown_call");
        }
    });
}

#[test]
fn background_in_the_queue_needs_the_scope_that_shows_baits() {
    on_both(|database| {
        let service = Service::start(database);
        let key = service.key_with(blind());
        service.get(&key, "/v1/listening").expect(200);
        let all = service.get(&key, "/v1/listening?interceptions_only=false").expect(403);
        assert_eq!(all.code(), "missing_scope");
        let claim = json!({"assignee": "Анна", "interceptions_only": false});
        let refused = service.json("POST", &key, "/v1/listening/claims", &claim).expect(403);
        assert_eq!(refused.code(), "missing_scope");
    });
}
