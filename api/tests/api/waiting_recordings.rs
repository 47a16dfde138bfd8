//! Recordings by the name their source gives them: before or after their call,
//! twice, with other bytes, and heard and assigned while they wait.

use baitline_testkit::on_both;
use serde_json::{Value, json};

use crate::service::{Answer, Service, Stock};

/// Two seconds of eight-bit samples.
fn wav(tone: u8) -> Vec<u8> {
    let samples = 16_000_u32;
    let mut wav = b"RIFF".to_vec();
    wav.extend((36 + samples).to_le_bytes());
    wav.extend(b"WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00");
    wav.extend([8_000_u32.to_le_bytes(), 8_000_u32.to_le_bytes()].concat());
    wav.extend(b"\x01\x00\x08\x00data");
    wav.extend(samples.to_le_bytes());
    wav.extend(std::iter::repeat_n(tone, 16_000));
    wav
}

fn put(service: &Service, stock: &Stock, external_id: &str, bytes: &[u8]) -> Answer {
    let path =
        format!("/v1/recordings?source=recorder&external_id={external_id}&file_name=a%20b.wav");
    service.typed("PUT", &stock.tenant.key, &path, "audio/x-wav", bytes)
}

fn call(service: &Service, stock: &Stock, external_id: &str) -> String {
    let body = json!({
        "source": "recorder", "external_id": external_id, "bait": "M-1", "direction": "incoming",
        "caller": "+79160000001", "occurred_at": "2026-10-02T10:00:00Z", "connected_seconds": 40,
    });
    service.create(&stock.tenant.key, "/v1/calls", &body)
}

fn waiting(service: &Service, key: &str) -> Vec<Value> {
    let page = service.get(key, "/v1/recordings/waiting").expect(200).json();
    page["items"].as_array().unwrap().clone()
}

#[test]
fn a_recording_before_its_call_waits_and_is_there_when_the_call_comes() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let key = &stock.tenant.key;
        let early = put(&service, &stock, "17", &wav(1)).expect(201).json();
        assert_eq!(early["waits_for"], "call_not_reported");
        assert_eq!(
            (&early["media_type"], &early["media_type_sniffed"]),
            (&json!("audio/x-wav"), &json!("audio/wav"))
        );
        assert_eq!(
            (&early["duration_seconds"], &early["duration_missing"]),
            (&json!(2.0), &Value::Null)
        );
        assert_eq!(early["original_name"], "a b.wav");
        assert_eq!(put(&service, &stock, "17", &wav(1)).expect(200).json(), early);
        assert_eq!(put(&service, &stock, "17", &wav(2)).expect(409).code(), "recording_differs");
        let list = waiting(&service, key);
        assert_eq!(list.len(), 1);
        assert_eq!((&list[0]["external_id"], &list[0]["recording"]), (&json!("17"), &early));
        let path = format!("/v1/recordings/waiting/{}", list[0]["id"].as_str().unwrap());
        assert_eq!(service.get(key, &path).expect(200).bytes, wav(1), "a person can hear it");

        let id = call(&service, &stock, "17");
        assert_eq!(early["observation_id"], id.as_str());
        let path = format!("/v1/calls/{id}/recording");
        assert_eq!(service.get(key, &path).expect(200).bytes, wav(1));
        assert_eq!(waiting(&service, key), [] as [Value; 0]);
        let late = put(&service, &stock, "17", &wav(1)).expect(200).json();
        assert_eq!((&late["waits_for"], &late["derived"]), (&Value::Null, &json!(false)));
        assert_eq!(put(&service, &stock, "17", &wav(2)).expect(409).code(), "recording_differs");
    });
}

#[test]
fn a_recording_after_its_call_is_at_it_at_once() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let id = call(&service, &stock, "18");
        let kept = put(&service, &stock, "18", b"no sound").expect(201).json();
        assert_eq!((&kept["observation_id"], &kept["waits_for"]), (&json!(id), &Value::Null));
        assert_eq!(kept["media_type_sniffed"], "application/octet-stream");
        assert_eq!(
            (&kept["duration_seconds"], &kept["duration_missing"]),
            (&Value::Null, &json!("unsupported"))
        );
        let broken = put(&service, &stock, "19", b"OggS\x00\x02 and no more").expect(201).json();
        assert_eq!(broken["duration_missing"], "undecodable");
    });
}

#[test]
fn whose_recording_it_is_must_be_told_and_within_reach() {
    on_both(|database| {
        let service = Service::start(database);
        let (stock, other) = (service.stock("Окна"), service.client("Двери"));
        let key = &stock.tenant.key;
        let send = |key: &str, query: &str, bytes: &[u8]| {
            service.typed("PUT", key, &format!("/v1/recordings{query}"), "audio/wav", bytes)
        };
        let named = "?source=recorder&external_id=1";
        assert_eq!(send(key, "?source=recorder", b"x").expect(400).code(), "missing");
        assert_eq!(send(key, "?source=recorder&external_id=%20", b"x").expect(400).code(), "empty");
        let long = format!("?source=recorder&external_id={}", "a".repeat(201));
        assert_eq!(send(key, &long, b"x").expect(400).code(), "too_long");
        assert_eq!(
            send(key, "?source=pbx&external_id=1", b"x").expect(404).code(),
            "unknown_source"
        );
        assert_eq!(send(&other.key, named, b"x").expect(404).code(), "unknown_source");
        assert_eq!(send(key, named, b"").expect(400).code(), "empty_body");
        service
            .typed("PUT", key, &format!("/v1/recordings{named}"), "text/plain", b"x")
            .expect(415);
        send(&service.agency_key, named, b"x").expect(422);
        let client = format!("{named}&client_id={}", stock.tenant.id);
        send(&service.agency_key, &client, b"x").expect(201);
        assert_eq!(
            send(key, &format!("{named}&colour=red"), b"x").expect(400).code(),
            "unknown_parameter"
        );
        let id = waiting(&service, key)[0]["id"].as_str().unwrap().to_owned();
        assert_eq!(waiting(&service, &other.key), [] as [Value; 0]);
        service.get(&other.key, &format!("/v1/recordings/waiting/{id}")).expect(404);
        let body = json!({"call_id": id});
        let path = format!("/v1/recordings/waiting/{id}/call");
        service.json("PUT", &other.key, &path, &body).expect(404);
        service.json("PUT", key, &path, &body).expect(404);
    });
}

#[test]
fn a_person_gives_a_waiting_recording_to_a_call_for_good() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let key = &stock.tenant.key;
        let (first, second) = (call(&service, &stock, "1"), call(&service, &stock, "2"));
        put(&service, &stock, "2", &wav(2)).expect(201);
        put(&service, &stock, "lost", &wav(3)).expect(201);
        let id = waiting(&service, key)[0]["id"].as_str().unwrap().to_owned();
        let path = format!("/v1/recordings/waiting/{id}/call");
        let assign = |call: &str| service.json("PUT", key, &path, &json!({"call_id": call}));
        assert_eq!(assign(&second).expect(409).code(), "recording_differs");
        assert_eq!(assign(&first).expect(200).text("/observation_id"), first);
        assign(&first).expect(200);
        assert_eq!(assign(&second).expect(409).code(), "recording_assigned");
        assert_eq!(waiting(&service, key), [] as [Value; 0]);
        let again = put(&service, &stock, "lost", &wav(3)).expect(200);
        assert_eq!(again.text("/observation_id"), first);
    });
}

#[test]
fn the_list_of_waiting_recordings_comes_in_pieces() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        for n in 0..3 {
            put(&service, &stock, &n.to_string(), &wav(n)).expect(201);
        }
        let (mut path, mut seen) = ("/v1/recordings/waiting?limit=2".to_owned(), Vec::new());
        loop {
            let page = service.get(&stock.tenant.key, &path).expect(200).json();
            let items = page["items"].as_array().unwrap();
            seen.extend(items.iter().map(|item| item["external_id"].as_str().unwrap().to_owned()));
            let Some(cursor) = page["next_cursor"].as_str() else { break };
            path = format!("/v1/recordings/waiting?limit=2&cursor={cursor}");
        }
        assert_eq!(seen, ["0", "1", "2"]);
    });
}
