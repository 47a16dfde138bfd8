//! Files of call records as they are sent, watched, cancelled and corrected; the
//! worker's part is played by hand.

use baitline_domain::instant::Span;
use baitline_store::Reach;
use baitline_store::files::{self, Batch, RefusedRow};
use baitline_store::models::{FileState, RowText};
use baitline_testkit::{TestDatabase, on_both};
use serde_json::{Value, json};

use crate::service::{Service, Stock};

const BODY: &str = "{\"caller\":\"+79160000001\"}\n";
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// Sends a file and returns its path.
fn upload(service: &Service, key: &str, query: &str, media_type: &str, body: &str) -> String {
    let path = format!("/v1/files{query}");
    let answer = service.typed("POST", key, &path, media_type, body.as_bytes()).expect(202);
    let location = answer.header("location").to_owned();
    assert_eq!(location, format!("/v1/files/{}", answer.text("/id")));
    location
}

pub(crate) fn cells(place: i64, code: &str, cells: &[&str]) -> RefusedRow {
    RefusedRow {
        place,
        text: RowText::Cells(cells.iter().map(|cell| (*cell).to_owned()).collect()),
        code: code.to_owned(),
        pointer: Some("/called".to_owned()),
        detail: "called is required".to_owned(),
    }
}

pub(crate) fn text(place: i64, code: &str, text: &str) -> RefusedRow {
    let text = RowText::Text(text.to_owned());
    RefusedRow { text, pointer: None, ..cells(place, code, &[]) }
}

/// Lets a worker read the file that waits: these rows and no other.
pub(crate) fn read(service: &Service, header: Option<&[&str]>, refused: Vec<RefusedRow>) {
    let header = header.map(|names| names.iter().map(|name| (*name).to_owned()).collect());
    let batch = Batch { refused, bytes_read: 20, header, ..Batch::default() };
    service
        .store
        .write(Reach::Agency, |conn| {
            let file = files::claim_file(conn)?.unwrap();
            let file = files::keep_batch(conn, &file, &batch)?.unwrap();
            files::end_file(conn, &file, FileState::Done, None)
        })
        .unwrap();
}

/// A CSV of the recorder's with three rows that were not taken.
fn csv(service: &Service, stock: &Stock) -> String {
    let body = "caller,called,occurred_at\n…";
    let path = upload(service, &stock.tenant.key, "?source=recorder", "text/csv", body);
    let rows = vec![
        cells(2, "missing", &["=1+1", "", "2026-10-02 13:00:00"]),
        cells(3, "missing", &["+79160000001", "", "2026-10-02 13:00:00"]),
        text(4, "broken_row", "\"a"),
    ];
    read(service, Some(&["caller", "called", "occurred_at"]), rows);
    path
}

fn rejections(service: &Service, key: &str, path: &str, query: &str) -> Vec<Value> {
    let list = service.get(key, &format!("{path}/rejections{query}")).expect(200).json();
    list["items"].as_array().unwrap().clone()
}

#[test]
fn a_file_is_kept_as_it_came_and_the_same_again_is_the_same() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let key = &stock.tenant.key;
        let query = "?source=recorder&file_name=%D0%B7%D0%B2%D0%BE%D0%BD%D0%BA%D0%B8.ndjson";
        let path = upload(&service, key, query, "application/x-ndjson", BODY);
        let file = service.get(key, &path).expect(200).json();
        assert_eq!((&file["state"], &file["rows_read"]), (&json!("queued"), &json!(0)));
        assert_eq!((&file["format"], &file["by_profile"]), (&json!("ndjson"), &json!(false)));
        assert_eq!(file["original_name"], "звонки.ndjson");
        assert_eq!((&file["source_id"], &file["problem"]), (&json!(stock.source), &Value::Null));
        assert_eq!(file["bytes"], BODY.len());
        let send = |query: &str, kind: &str| {
            service.typed("POST", key, &format!("/v1/files{query}"), kind, BODY.as_bytes())
        };
        let same = send("?source=recorder", "application/x-ndjson").expect(200);
        assert_eq!(same.json()["id"], file["id"]);
        // Another source, another format, or a wish to read it again.
        send("", "application/x-ndjson").expect(202);
        send("?source=recorder", "text/csv").expect(202);
        let again = send("?source=recorder&read_again=true", "application/x-ndjson").expect(202);
        assert_ne!(again.json()["id"], file["id"]);
        let raw = service.get(key, &format!("{path}/raw")).expect(200);
        assert_eq!(raw.bytes, BODY.as_bytes());
        let etag = raw.header("etag").to_owned();
        assert_eq!(etag, format!("\"{}\"", file["sha256"].as_str().unwrap()));
        let bearer = format!("Bearer {key}");
        let part = |range: &str| {
            let headers = [("authorization", bearer.as_str()), ("range", range)];
            service.send("GET", &format!("{path}/raw"), &headers, b"")
        };
        assert_eq!(part("bytes=2-7").expect(206).bytes, b"caller");
        part("bytes=999-").expect(416);
    });
}

#[test]
fn what_cannot_be_read_at_all_is_refused_before_it_is_taken() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let key = &stock.tenant.key;
        let send = |query: &str, kind: &str, body: &str| {
            service.typed("POST", key, &format!("/v1/files{query}"), kind, body.as_bytes())
        };
        send("", "text/plain", BODY).expect(415);
        assert_eq!(send("", "text/csv", "").expect(400).code(), "empty_body");
        assert_eq!(send("?source=nobody", "text/csv", BODY).expect(404).code(), "unknown_source");
        assert_eq!(send("?source=recorder", XLSX, BODY).expect(400).code(), "needs_profile");
        let bait = send("?source=recorder&bait=M-1", "text/csv", BODY).expect(400);
        assert_eq!(bait.code(), "needs_profile");
        send("?sauce=recorder", "text/csv", BODY).expect(400);
        let agency = &service.agency_key;
        service.typed("POST", agency, "/v1/files", "text/csv", BODY.as_bytes()).expect(422);
        let list = service.get(key, "/v1/files").expect(200).json();
        assert_eq!(list["items"], json!([]));
    });
}

#[test]
fn a_body_that_says_that_it_is_too_large_is_not_taken_in() {
    let service = Service::start(TestDatabase::sqlite());
    let stock = service.stock("Окна");
    let limits = service.get(&stock.tenant.key, "/v1/limits").expect(200).json();
    let limits = limits["limits"].as_array().unwrap();
    let limit = limits.iter().find(|limit| limit["name"] == "file").unwrap();
    let bytes = limit["maximum"].as_u64().unwrap() + 1;
    let head = format!(
        "POST /v1/files HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\
         content-type: text/csv\r\ncontent-length: {bytes}\r\n\r\n",
        stock.tenant.key
    );
    assert!(service.raw(&head).starts_with("HTTP/1.1 413"));
}

#[test]
fn as_many_files_wait_as_may_and_a_cancelled_one_makes_room() {
    let service = Service::start(TestDatabase::sqlite());
    let stock = service.stock("Окна");
    let key = &stock.tenant.key;
    let send =
        || service.typed("POST", key, "/v1/files?read_again=true", "text/csv", BODY.as_bytes());
    let first = send().expect(202).header("location").to_owned();
    for _ in 1..files::MAX_WAITING_FILES {
        send().expect(202);
    }
    assert_eq!(send().expect(409).code(), "too_many_files");
    let delete = || service.json("DELETE", key, &first, &Value::Null);
    assert_eq!(delete().expect(200).json()["state"], "cancelled");
    assert!(delete().expect(200).json()["ended_at"].is_string());
    send().expect(202);
    let list = |query: &str| {
        let list = service.get(key, &format!("/v1/files{query}")).expect(200).json();
        list["items"].as_array().unwrap().len()
    };
    assert_eq!((list("?state=cancelled"), list("?state=done&limit=1")), (1, 0));
    let hour_hence = baitline_store::now() + Span::hours(1);
    assert_eq!(
        (list(&format!("?from={hour_hence}")), list(&format!("?to={hour_hence}"))),
        (0, 100)
    );
    assert_eq!(list(&format!("?source_id={}", stock.source)), 0);
}

#[test]
fn a_file_that_has_ended_is_not_cancelled() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let path = csv(&service, &stock);
        let answer = service.json("DELETE", &stock.tenant.key, &path, &Value::Null);
        assert_eq!(answer.expect(409).code(), "file_ended");
    });
}

#[test]
fn rejections_are_listed_piece_by_piece_and_as_a_table_that_nothing_runs() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let key = &stock.tenant.key;
        let path = csv(&service, &stock);
        let file = service.get(key, &path).expect(200).json();
        assert_eq!((&file["counts"]["rejected"], &file["open_rejections"]), (&json!(3), &json!(3)));
        let all = rejections(&service, key, &path, "");
        let places: Vec<_> = all.iter().map(|row| row["place"].as_i64().unwrap()).collect();
        assert_eq!(places, [2, 3, 4]);
        assert_eq!((&all[2]["raw"], &all[2]["cells"]), (&json!("\"a"), &Value::Null));
        let first = service.get(key, &format!("{path}/rejections?limit=2")).expect(200);
        let cursor = first.text("/next_cursor");
        assert!(first.header("link").contains(&cursor));
        let rest = rejections(&service, key, &path, &format!("?limit=2&cursor={cursor}"));
        assert_eq!(rest, all[2..]);
        assert_eq!(rejections(&service, key, &path, "?code=broken_row"), all[2..]);
        assert_eq!(rejections(&service, key, &path, "?state=resolved"), [] as [Value; 0]);
        let bearer = format!("Bearer {key}");
        let headers = [("authorization", bearer.as_str()), ("accept", "text/csv")];
        let table = service.send("GET", &format!("{path}/rejections"), &headers, b"").expect(200);
        let table = String::from_utf8(table.bytes).unwrap();
        let lines: Vec<&str> = table.lines().collect();
        assert!(lines[0].ends_with("rejection_detail,caller,called,occurred_at,rejection_raw"));
        assert!(lines[1].ends_with(",called is required,'=1+1,,2026-10-02 13:00:00,"));
        assert!(lines[3].ends_with(",,,,\"\"\"a\""));
    });
}

#[test]
fn a_corrected_row_becomes_an_observation_and_says_who_did_it() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let key = &stock.tenant.key;
        let path = csv(&service, &stock);
        let rows = rejections(&service, key, &path, "");
        let id = |row: usize| rows[row]["id"].as_str().unwrap().to_owned();
        let settle = |row: usize, body: &Value| {
            service.json("POST", key, &format!("{path}/rejections/{}", id(row)), body)
        };
        // By its cells, under the columns of the file and in the zone of its source.
        let wrong = settle(1, &json!({"cells": ["+79160000001", "", "2026-10-02 13:00:00"]}));
        let wrong = wrong.expect(422);
        assert_eq!(
            (wrong.text("/errors/0/pointer"), wrong.code()),
            ("/cells".to_owned(), "missing".to_owned())
        );
        let good = json!({"cells": ["+79160000001", "+79001234567", "2026-10-02 13:00:00"]});
        let settled = settle(1, &good).expect(200).json();
        assert_eq!((&settled["state"], &settled["reason"]), (&json!("resolved"), &Value::Null));
        assert!(settled["settled_at"].is_string() && settled["settled_by"].is_string());
        let observation = settled["observation_id"].as_str().unwrap();
        let kept = service.get(key, &format!("/v1/observations/{observation}")).expect(200).json();
        assert!(kept.to_string().contains("2026-10-02T10:00:00Z"), "{kept}");
        assert_eq!(settle(1, &good).expect(409).code(), "rejection_settled");
        // By a record of its own, which is checked like any other.
        let record = |at: &str| {
            json!({"record": {"bait": "M-1", "direction": "incoming", "caller": "+79160000002",
                "external_id": "7", "occurred_at": at}})
        };
        let wrong = settle(0, &record("noon")).expect(422);
        assert_eq!(wrong.text("/errors/0/pointer"), "/record/occurred_at");
        settle(0, &record("2026-10-02T11:00:00Z")).expect(200);
        // One that contradicts it stays open.
        let conflict = settle(2, &record("2026-10-02T12:00:00Z")).expect(409);
        assert_eq!(conflict.code(), "conflict");
        assert_eq!(rejections(&service, key, &path, "?state=open").len(), 1);
        settle(2, &json!({})).expect(422);
        settle(2, &json!({"dismissal_reason": "x", "cells": []})).expect(422);
        let dismissed = settle(2, &json!({"dismissal_reason": "обрывок"})).expect(200).json();
        assert_eq!(
            (&dismissed["state"], &dismissed["reason"]),
            (&json!("dismissed"), &json!("обрывок"))
        );
        let file = service.get(key, &path).expect(200).json();
        assert_eq!((&file["open_rejections"], &file["counts"]["rejected"]), (&json!(0), &json!(3)));
    });
}

#[test]
fn rejections_of_one_kind_are_dismissed_together() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let key = &stock.tenant.key;
        let path = csv(&service, &stock);
        let dismiss = |body: Value| {
            service.json("POST", key, &format!("{path}/dismissals"), &body).expect(200).json()
        };
        let done = dismiss(json!({"code": "missing", "reason": "номер скрыт"}));
        assert_eq!(done, json!({"dismissed": 2, "open_rejections": 1}));
        let done = dismiss(json!({"reason": "обрывок"}));
        assert_eq!(done, json!({"dismissed": 1, "open_rejections": 0}));
        let reasons: Vec<_> = rejections(&service, key, &path, "?state=dismissed")
            .into_iter()
            .map(|row| row["reason"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(reasons, ["номер скрыт", "номер скрыт", "обрывок"]);
    });
}

#[test]
fn a_profile_is_kept_with_the_file_and_reads_its_corrected_cells() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let key = &stock.tenant.key;
        let columns = json!({
            "caller": {"name": "Кто"}, "called": {"name": "Кому"}, "occurred_at": {"name": "Когда"},
        });
        let profile = format!("/v1/sources/{}/profile", stock.source);
        service.json("PUT", key, &profile, &json!({"columns": columns})).expect(200);
        let path = upload(&service, key, "?source=recorder", "text/csv", "Кто;Кому;Когда\n");
        // What the source says from now on does not change how this file is read.
        service
            .send("DELETE", &profile, &[("authorization", &format!("Bearer {key}"))], b"")
            .expect(204);
        read(
            &service,
            Some(&["Кто", "Кому", "Когда"]),
            vec![cells(2, "missing", &["89160000001", "", "02.10.2026 13:00:00"])],
        );
        let file = service.get(key, &path).expect(200).json();
        assert_eq!(file["by_profile"], true);
        let id = rejections(&service, key, &path, "")[0]["id"].as_str().unwrap().to_owned();
        let cells = json!({"cells": ["89160000001", "89001234567", "2026-10-02 13:00:00"]});
        let settled = service.json("POST", key, &format!("{path}/rejections/{id}"), &cells);
        assert_eq!(settled.expect(200).json()["state"], "resolved");
    });
}
