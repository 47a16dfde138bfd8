//! The folder of a recorder: names that tell a call, names that leave something
//! open, names that tell nothing, bad files among good ones, and all of it twice.

use baitline_testkit::{TestDatabase, on_both};
use serde_json::{Value, json};

use crate::service::{Answer, Service, Stock, the_day};

const BOUNDARY: &str = "----the-boundary";
/// A second of AMR.
const AMR_FRAMES: usize = 50;

/// A sound that is another one for each tone.
fn amr(tone: u8) -> Vec<u8> {
    let frame: Vec<u8> = std::iter::once(7 << 3 | 4).chain([tone; 31]).collect();
    [b"#!AMR\n".as_slice(), &frame.repeat(AMR_FRAMES)].concat()
}

struct Phone {
    service: Service,
    stock: Stock,
    device: String,
}

fn phone(database: TestDatabase) -> Phone {
    let service = Service::start(database);
    let stock = service.stock("Окна");
    let key = &stock.tenant.key;
    service.create(key, "/v1/sources", &json!({"name": "pbx", "kind": "pbx"}));
    let body = json!({"name": "Redmi", "source_id": stock.source, "bait_id": stock.bait});
    let device = service.create(key, "/v1/devices", &body);
    Phone { service, stock, device }
}

fn part(disposition: &str, bytes: &[u8]) -> Vec<u8> {
    let head = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; {disposition}\r\n\
         Content-Type: audio/amr\r\n\r\n"
    );
    [head.as_bytes(), bytes, b"\r\n"].concat()
}

fn file(name: &str, bytes: &[u8]) -> Vec<u8> {
    part(&format!("name=\"files\"; filename=\"{name}\""), bytes)
}

impl Phone {
    fn send(&self, parts: &[Vec<u8>]) -> Answer {
        let body = [parts.concat(), format!("--{BOUNDARY}--\r\n").into_bytes()].concat();
        self.send_raw(&self.stock.tenant.key, &body)
    }

    fn send_raw(&self, key: &str, body: &[u8]) -> Answer {
        let path = format!("/v1/devices/{}/recordings", self.device);
        let kind = format!("multipart/form-data; boundary={BOUNDARY}");
        self.service.typed("POST", key, &path, &kind, body)
    }

    fn receipts(&self, parts: &[Vec<u8>]) -> Vec<Value> {
        self.send(parts).expect(200).json()["receipts"].as_array().unwrap().clone()
    }

    /// Sends one file and says what became of it, and what it waits for.
    fn fate(&self, name: &str, bytes: &[u8]) -> (String, String, Value) {
        let receipt = self.receipts(&[file(name, bytes)]).pop().unwrap();
        let text = |field: &str| receipt[field].as_str().unwrap_or("-").to_owned();
        (text("status"), text("waits_for"), receipt["observation_id"].clone())
    }

    /// A call of the PBX that came, or went, at a time of the day.
    fn pbx(&self, id: &str, (caller, called): (&str, &str), time: &str, seconds: u32) -> String {
        let body = json!({
            "source": "pbx", "external_id": id, "caller": caller, "called": called,
            "occurred_at": format!("2026-10-02T{time}+03:00"), "connected_seconds": seconds,
        });
        self.service.create(&self.stock.tenant.key, "/v1/calls", &body)
    }

    fn derive(&self) {
        self.service.derive(&self.stock.tenant.id, &self.stock.trap, the_day());
    }

    fn get(&self, path: &str) -> Value {
        self.service.get(&self.stock.tenant.key, path).expect(200).json()
    }

    fn waiting(&self) -> usize {
        self.get("/v1/recordings/waiting")["items"].as_array().unwrap().len()
    }
}

fn fate(status: &str, waits_for: &str) -> (String, String) {
    (status.to_owned(), waits_for.to_owned())
}

const BAIT: &str = "+79001234567";
const CALLER: &str = "+79160000001";
/// 12:00:05 in Moscow.
const CUBE: &str = "2026-10-02 12-00-05 (phone) Окна (+7 916 000-00-01) ↙.amr";
const MIUI: &str = "Вызов@Окна(0079160000001)_20261002120005.mp3";

#[test]
fn a_name_that_tells_enough_becomes_a_derived_observation_of_one_call() {
    on_both(|database| {
        let phone = phone(database);
        let pbx = phone.pbx("1", (CALLER, BAIT), "12:00:00", 40);
        let receipt = phone.receipts(&[file(CUBE, &amr(1))]).pop().unwrap();
        assert_eq!((&receipt["status"], &receipt["file_name"]), (&json!("accepted"), &json!(CUBE)));
        let recording = &receipt["recording"];
        assert_eq!(recording["derived"], true);
        assert_eq!(
            (&recording["duration_seconds"], &recording["original_name"]),
            (&json!(1.0), &json!(CUBE))
        );
        phone.derive();
        let detail = phone.get(&format!("/v1/calls/{pbx}"));
        assert_eq!(detail["call"]["connected_seconds"], 40, "a recording's length proves nothing");
        let observations = detail["observations"].as_array().unwrap();
        let told: Vec<_> = observations
            .iter()
            .map(|one| (one["derived"].as_bool().unwrap(), one["connected_seconds"].clone()))
            .collect();
        assert_eq!(told, [(false, json!(40)), (true, Value::Null)], "one call of two records");
        assert_eq!(observations[1]["external_id"], CUBE);
        assert_eq!(detail["recordings"].as_array().unwrap().len(), 1);
    });
}

#[test]
fn the_same_files_again_are_duplicates_and_other_bytes_a_conflict() {
    on_both(|database| {
        let phone = phone(database);
        phone.pbx("1", (CALLER, BAIT), "12:00:00", 40);
        let miui = MIUI.replace("120005", "120010");
        let sent = [file(CUBE, &amr(1)), file(&miui, &amr(2)), file("Голос 1.m4a", &amr(3))];
        let statuses = |receipts: Vec<Value>| -> Vec<String> {
            receipts.iter().map(|one| one["status"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(statuses(phone.receipts(&sent)), ["accepted", "waiting", "waiting"]);
        assert_eq!(statuses(phone.receipts(&sent)), ["duplicate"; 3]);
        let other = [file(CUBE, &amr(4)), file(&miui, &amr(4)), file("Голос 1.m4a", &amr(4))];
        assert_eq!(statuses(phone.receipts(&other)), ["conflict"; 3]);
        phone.derive();
        let calls = phone.get("/v1/calls");
        assert_eq!(calls["items"].as_array().unwrap().len(), 1);
        assert_eq!(phone.waiting(), 2);
    });
}

#[test]
fn a_name_without_direction_goes_to_the_only_call_that_fits_and_else_waits() {
    on_both(|database| {
        let phone = phone(database);
        let look = |(status, waits_for, _): (String, String, Value)| (status, waits_for);
        assert_eq!(look(phone.fate(MIUI, &amr(1))), fate("waiting", "direction_not_known"));
        let call = phone.pbx("1", (CALLER, BAIT), "12:00:00", 40);
        let (status, waits_for, at) = phone.fate(MIUI, &amr(1));
        assert_eq!(
            (status, waits_for, at),
            ("duplicate".into(), "-".into(), json!(call)),
            "it looked again"
        );
        assert_eq!(phone.waiting(), 0);
        // The bait called back a minute later: which of the two is it?
        phone.pbx("2", (BAIT, CALLER), "12:01:00", 40);
        let between = MIUI.replace("120005", "120050");
        assert_eq!(look(phone.fate(&between, &amr(2))), fate("waiting", "several_calls"));
        let own = "Вызов@Окна(0079160000002)_20261002150000.mp3";
        let out = phone.pbx("3", (BAIT, "+79160000002"), "14:57:00", 170);
        let (status, _, at) = phone.fate(own, &amr(3));
        assert_eq!((status.as_str(), at), ("accepted", json!(out)), "named at its end");
        let nobody = "Call recording Дима_261002_120005.m4a";
        assert_eq!(look(phone.fate(nobody, &amr(4))), fate("waiting", "party_not_known"));
        let messenger = "whatsapp_20261002-120005_+79160000001.amr";
        assert_eq!(look(phone.fate(messenger, &amr(5))), fate("waiting", "direction_not_known"));
    });
}

#[test]
fn what_the_phones_own_app_reported_is_no_second_call() {
    on_both(|database| {
        let phone = phone(database);
        let call = phone.service.call(&phone.stock, CALLER, "2026-10-02T09:00:03Z");
        let (status, _, at) = phone.fate(CUBE, &amr(1));
        assert_eq!((status.as_str(), at), ("accepted", json!(call)));
        let redial = CUBE.replace("12-00-05", "12-01-05");
        let (status, _, at) = phone.fate(&redial, &amr(2));
        assert_eq!(status, "accepted");
        assert_ne!(at, json!(call), "a redial a minute later is another call");
        phone.derive();
        assert_eq!(phone.get("/v1/calls")["items"].as_array().unwrap().len(), 2);
    });
}

#[test]
fn a_file_is_of_the_sim_that_was_in_the_phone_then() {
    on_both(|database| {
        let phone = phone(database);
        let key = &phone.stock.tenant.key;
        let second = phone.service.create(key, "/v1/baits", &json!({"number": "+79001234568"}));
        let path = format!("/v1/devices/{}", phone.device);
        let device = phone.get(&path);
        let first = device["bindings"][0]["id"].as_str().unwrap();
        let moved = json!({"bait_id": second, "valid_from": "2026-10-02T13:00:00+03:00"});
        phone.service.json("POST", key, &format!("{path}/bindings"), &moved).expect(201);
        let begun = json!({"valid_from": "2026-10-02T12:00:00+03:00"});
        let path = format!("{path}/bindings/{first}");
        phone.service.json("PATCH", key, &path, &begun).expect(200);
        let at = |time: &str| CUBE.replace("12-00-05", time);
        let (status, waits_for, _) = phone.fate(&at("11-59-59"), &amr(1));
        assert_eq!((status, waits_for), fate("waiting", "device_not_bound"));
        let ids = [phone.fate(&at("12-59-59"), &amr(2)).2, phone.fate(&at("13-00-00"), &amr(3)).2];
        phone.derive();
        let baits = ids.map(|id| {
            phone.get(&format!("/v1/calls/{}", id.as_str().unwrap()))["call"]["bait_id"].clone()
        });
        assert_eq!(baits, [json!(phone.stock.bait), json!(second)]);
    });
}

#[test]
fn a_bad_file_never_fails_the_others_and_nothing_is_lost() {
    on_both(|database| {
        let phone = phone(database);
        let long = format!("{}.amr", "а".repeat(200));
        let parts = [
            file(CUBE, b"%PDF-1.7, no sound at all"),
            file("пусто.amr", b""),
            part("name=\"files\"", &amr(1)),
            part("name=\"colour\"; filename=\"x.amr\"", &amr(1)),
            file(&long, &amr(1)),
            file("папка/Голос 1.m4a", &amr(2)),
            file("Вызов@Окна(0079160000001)_20261302120005.mp3", &amr(3)),
            file("битый.ogg", b"OggS\x00\x02\xff\xff\xff\xff and no more"),
        ];
        let receipts = phone.receipts(&parts);
        let told: Vec<_> = receipts
            .iter()
            .map(|one| {
                let text = |path: &str| one.pointer(path).and_then(Value::as_str).unwrap_or("-");
                let why = [text("/waits_for"), text("/error/code")].concat();
                (text("/status").to_owned(), why)
            })
            .collect();
        let expected = [
            ("accepted", "--"),
            ("rejected", "-empty_file"),
            ("rejected", "-missing"),
            ("rejected", "-unknown_field"),
            ("rejected", "-too_long"),
            ("waiting", "name_not_understood-"),
            ("waiting", "time_not_understood-"),
            ("waiting", "name_not_understood-"),
        ];
        let expected = expected.map(|(status, why)| (status.to_owned(), why.to_owned()));
        assert_eq!(told, expected);
        assert_eq!(receipts[0]["recording"]["media_type_sniffed"], "application/octet-stream");
        assert_eq!(receipts[5]["file_name"], "Голос 1.m4a");
        assert_eq!(receipts[7]["recording"]["duration_missing"], "undecodable");
        phone.derive();
        let id = receipts[0]["observation_id"].as_str().unwrap();
        let detail = phone.get(&format!("/v1/calls/{id}"));
        assert_eq!(detail["call"]["answered"], false, "no sound says that nobody spoke");
        assert_eq!(phone.waiting(), 3);
    });
}

#[test]
fn a_file_that_waited_is_assigned_by_a_person_and_known_afterwards() {
    on_both(|database| {
        let phone = phone(database);
        let call = phone.pbx("1", (CALLER, BAIT), "12:00:00", 40);
        let name = "Голос 1.m4a";
        let (_, _, id) = phone.fate(name, &amr(1));
        let path = format!("/v1/recordings/waiting/{}/call", id.as_str().unwrap());
        let body = json!({"call_id": call});
        phone.service.json("PUT", &phone.stock.tenant.key, &path, &body).expect(200);
        let (status, waits_for, at) = phone.fate(name, &amr(1));
        assert_eq!((status, waits_for, at), ("duplicate".into(), "-".into(), json!(call)));
    });
}

#[test]
fn a_body_that_breaks_off_leaves_receipts_for_what_came_before() {
    on_both(|database| {
        let phone = phone(database);
        let key = &phone.stock.tenant.key;
        let half = file("Голос 2.m4a", &amr(2));
        let body = [file(CUBE, &amr(1)), half[..half.len() / 2].to_vec()].concat();
        let receipts = phone.send_raw(key, &body).expect(200).json();
        assert_eq!(receipts["receipts"][0]["status"], "accepted");
        assert_eq!(receipts["receipts"][1]["error"]["code"], "interrupted_body");
        assert_eq!(phone.send_raw(key, &half[..20]).expect(400).code(), "interrupted_body");
        assert_eq!(phone.send(&[]).expect(400).code(), "empty_body");
        assert_eq!(phone.waiting(), 0);
    });
}

#[test]
fn only_the_devices_own_client_sends_its_files_and_in_the_right_form() {
    on_both(|database| {
        let phone = phone(database);
        let other = phone.service.client("Двери");
        let body = [file(CUBE, &amr(1)), format!("--{BOUNDARY}--\r\n").into_bytes()].concat();
        phone.send_raw(&other.key, &body).expect(404);
        let path = format!("/v1/devices/{}/recordings", phone.device);
        let typed =
            |kind: &str| phone.service.typed("POST", &phone.stock.tenant.key, &path, kind, &body);
        typed("audio/amr").expect(415);
        assert_eq!(typed("multipart/form-data").expect(400).code(), "interrupted_body");
        phone.send_raw(&phone.service.agency_key, &body).expect(200);
    });
}

#[test]
fn more_files_than_accepted_are_refused_one_by_one() {
    let phone = phone(TestDatabase::sqlite());
    let files: Vec<_> = (0..501).map(|n| file(&format!("{n}.bin"), b"x")).collect();
    let receipts = phone.receipts(&files);
    assert_eq!(receipts[499]["status"], "waiting");
    assert_eq!(
        (&receipts[500]["status"], &receipts[500]["error"]["code"]),
        (&json!("rejected"), &json!("too_many"))
    );
}
