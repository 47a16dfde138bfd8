//! The events of an export: told as it gets on, ended with it, with the key and with the
//! service, and never more of them than there are places.

use std::io::BufRead;
use std::time::{Duration, Instant};

use baitline_store::exports;
use baitline_store::models::{ExportState, PackageState};
use baitline_testkit::{TestDatabase, on_both};
use serde_json::{Value, json};

use crate::exports::{agency, end, half_done};
use crate::service::Service;

/// One event: its name and its data. `None` at the end of the stream.
fn next(stream: &mut impl BufRead) -> Option<(String, Value)> {
    let (mut name, mut data) = (String::new(), Value::Null);
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).unwrap() == 0 {
            return None;
        }
        match line.trim_end().split_once(": ") {
            Some(("event", value)) => name = value.to_owned(),
            Some(("data", value)) => data = serde_json::from_str(value).unwrap(),
            None if line.trim_end().is_empty() && !name.is_empty() => return Some((name, data)),
            _ => {}
        }
    }
}

fn counts(queued: u32, failed: u32) -> Value {
    json!({"queued": queued, "draft": 1, "ready": 1, "failed": failed})
}

#[test]
fn progress_is_told_as_it_happens_and_the_stream_ends_with_the_export() {
    on_both(|database| {
        let service = Service::start_watched(database);
        let stock = service.stock("Окна");
        let export = half_done(&service, &stock);
        let path = format!("/v1/exports/{}/events", export.id);
        let (status, headers, mut stream) = service.open(&stock.tenant.key, &path);
        assert_eq!(status, 200);
        assert_eq!(headers["content-type"], "text/event-stream");
        assert_eq!(headers["cache-control"], "no-store");
        let first = json!({"state": "running", "problem": null, "counts": counts(0, 1)});
        assert_eq!(next(&mut stream), Some(("progress".to_owned(), first)));
        agency(&service, |conn| {
            let mut last = exports::packages_of(conn, export.client_id, export.id)?.remove(2);
            last.state = PackageState::Queued;
            exports::finish_package(conn, &export, &last)
        });
        let second = json!({"state": "running", "problem": null, "counts": counts(1, 0)});
        assert_eq!(next(&mut stream), Some(("progress".to_owned(), second)));
        end(&service, &stock, &export);
        let third = json!({"state": "done", "problem": null, "counts": counts(1, 0)});
        assert_eq!(next(&mut stream), Some(("end".to_owned(), third)));
        assert_eq!(next(&mut stream), None);
    });
}

#[test]
fn of_an_ended_export_the_end_is_told_at_once() {
    let service = Service::start_watched(TestDatabase::sqlite());
    let stock = service.stock("Окна");
    let export = half_done(&service, &stock);
    let problem = Some("given up".to_owned());
    agency(&service, |c| exports::end_export(c, &export, ExportState::Failed, problem.clone()));
    let path = format!("/v1/exports/{}/events", export.id);
    let (_, _, mut stream) = service.open(&stock.tenant.key, &path);
    let told = json!({"state": "failed", "problem": "given up", "counts": counts(0, 1)});
    assert_eq!(next(&mut stream), Some(("end".to_owned(), told)));
    assert_eq!(next(&mut stream), None);
    let bearer = format!("Bearer {}", stock.tenant.key);
    let head = service.send("HEAD", &path, &[("authorization", &bearer)], b"").expect(200);
    assert_eq!((head.header("content-type"), head.bytes.len()), ("text/event-stream", 0));
}

/// The export ends after the key, and whoever still listened would be told.
#[test]
fn a_revoked_key_is_told_nothing_more() {
    on_both(|database| {
        let service = Service::start_watched(database);
        let stock = service.stock("Окна");
        let export = half_done(&service, &stock);
        let path = format!("/v1/exports/{}/events", export.id);
        let (_, _, mut revoked) = service.open(&stock.tenant.key, &path);
        let (_, _, mut other) = service.open(&service.agency_key, &path);
        for stream in [&mut revoked, &mut other] {
            next(stream).unwrap();
        }
        let key_id = stock.tenant.key.split('_').nth(1).unwrap();
        let revocation = format!("/v1/keys/{key_id}/revocation");
        service.json("POST", &service.agency_key, &revocation, &json!({})).expect(200);
        end(&service, &stock, &export);
        assert_eq!(next(&mut revoked), None);
        assert_eq!(next(&mut other).unwrap().0, "end");
        service.get(&stock.tenant.key, &path).expect(401);
    });
}

#[test]
fn a_stream_ends_after_its_time_and_whoever_comes_back_is_told_how_it_stands() {
    let service = Service::start(TestDatabase::sqlite());
    let stock = service.stock("Окна");
    let export = half_done(&service, &stock);
    let path = format!("/v1/exports/{}/events", export.id);
    for _ in 0..2 {
        let (_, _, mut stream) = service.open(&stock.tenant.key, &path);
        assert_eq!(next(&mut stream).unwrap().0, "progress");
        assert_eq!(next(&mut stream), None);
    }
}

#[test]
fn a_key_that_watches_enough_waits_for_a_place_and_no_other_key_does() {
    let service = Service::start_watched(TestDatabase::sqlite());
    let stock = service.stock("Окна");
    let export = half_done(&service, &stock);
    let path = format!("/v1/exports/{}/events", export.id);
    let limits = service.get(&stock.tenant.key, "/v1/limits").expect(200).json();
    let limits = limits["limits"].as_array().unwrap().clone();
    let places = limits.iter().find(|limit| limit["name"] == "event_streams_of_a_key").unwrap();
    let places = places["maximum"].as_u64().unwrap();
    let mut streams: Vec<_> = (0..places).map(|_| service.open(&stock.tenant.key, &path)).collect();
    assert!(streams.iter().all(|(status, ..)| *status == 200));
    let refused = service.get(&stock.tenant.key, &path).expect(503);
    assert_ne!(refused.header("retry-after"), "");
    let (status, _, mut other) = service.open(&service.agency_key, &path);
    assert_eq!((status, next(&mut other).unwrap().0), (200, "progress".to_owned()));
    end(&service, &stock, &export);
    for (_, _, stream) in &mut streams {
        while next(stream).is_some() {}
    }
    let (status, _, mut stream) = service.open(&stock.tenant.key, &path);
    assert_eq!((status, next(&mut stream).unwrap().0), (200, "end".to_owned()));
}

/// It would else wait for every listener as long as its settings allow.
#[test]
fn a_service_that_stops_ends_the_streams() {
    let service = Service::start_watched(TestDatabase::sqlite());
    let stock = service.stock("Окна");
    let export = half_done(&service, &stock);
    let path = format!("/v1/exports/{}/events", export.id);
    let (_, _, mut stream) = service.open(&stock.tenant.key, &path);
    assert_eq!(next(&mut stream).unwrap().0, "progress");
    let begun = Instant::now();
    drop(service);
    assert_eq!(next(&mut stream), None);
    assert!(begun.elapsed() < Duration::from_secs(4), "it takes five where it waits");
}
