//! Mapping profiles of sources, previews by them, and files read by them.

use baitline_testkit::on_both;
use rust_xlsxwriter::Workbook;
use serde_json::{Value, json};

use crate::service::{Service, Stock};

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// What a PBX sends of a day: one call to the bait, one to somebody else, one row
/// with a day that is none, one without a caller, and a total.
const PBX: &str = "Дата;Время;Номер звонящего;Вызываемый номер;Длительность\n\
    02.10.2026;11:05;8 916 000-00-01;8 900 123-45-67;04:42\n\
    02.10.2026;11:15;8 916 000-00-01;8 495 000-00-09;00:00\n\
    31.02.2026;11:20;8 916 000-00-01;8 900 123-45-67;00:10\n\
    02.10.2026;11:25;;8 900 123-45-67;00:10\n\
    Итого;;;;05:02\n";

fn profile() -> Value {
    json!({
        "ignore_last_rows": 1,
        "columns": {
            "date": {"name": "Дата"},
            "time": {"name": "Время"},
            "caller": {"name": "номер звонящего"},
            "called": {"position": 4},
            "connected_seconds": {"name": "Длительность"},
        },
        "time_formats": ["%d.%m.%Y %H:%M"],
        "duration_unit": "minutes_seconds",
    })
}

fn of(stock: &Stock) -> String {
    format!("/v1/sources/{}/profile", stock.source)
}

fn preview(service: &Service, stock: &Stock, query: &str, body: &str) -> Value {
    let path = format!("/v1/sources/{}/preview{query}", stock.source);
    let answer = service.typed("POST", &stock.tenant.key, &path, "text/csv", body.as_bytes());
    answer.expect(200).json()
}

/// A query string's value of any text.
fn escaped(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

fn workbook() -> Vec<u8> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    for (row, line) in (0..).zip(PBX.lines()) {
        for (column, cell) in (0..).zip(line.split(';')) {
            sheet.write(row, column, cell).unwrap();
        }
    }
    workbook.save_to_buffer().unwrap()
}

#[test]
fn a_profile_is_saved_found_replaced_and_forgotten() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let (key, path) = (&stock.tenant.key, of(&stock));
        assert_eq!(service.get(key, &path).expect(404).code(), "");
        let saved = service.json("PUT", key, &path, &profile()).expect(200).json();
        assert_eq!(saved["header"], true);
        assert_eq!(saved["columns"]["called"], json!({"position": 4}));
        assert_eq!(service.get(key, &path).expect(200).json(), saved);
        // What is answered can be sent back as it is.
        assert_eq!(service.json("PUT", key, &path, &saved).expect(200).json(), saved);
        let mut other = profile();
        other["country_code"] = json!("1");
        let other = service.json("PUT", key, &path, &other).expect(200).json();
        assert_eq!(service.get(&service.agency_key, &path).expect(200).json(), other);
        service
            .send("DELETE", &path, &[("authorization", &format!("Bearer {key}"))], b"")
            .expect(204);
        service.get(key, &path).expect(404);
    });
}

#[test]
fn another_clients_source_has_no_profile_and_no_preview() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let stranger = service.client("Двери").key;
        service.json("PUT", &stock.tenant.key, &of(&stock), &profile()).expect(200);
        service.get(&stranger, &of(&stock)).expect(404);
        service.json("PUT", &stranger, &of(&stock), &profile()).expect(404);
        let bearer = format!("Bearer {stranger}");
        service.send("DELETE", &of(&stock), &[("authorization", &bearer)], b"").expect(404);
        let path = format!("/v1/sources/{}/preview", stock.source);
        service.typed("POST", &stranger, &path, "text/csv", PBX.as_bytes()).expect(404);
        service.get(&stock.tenant.key, &of(&stock)).expect(200);
    });
}

#[test]
fn a_faulty_profile_is_told_all_its_faults_and_is_not_saved() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let (key, path) = (&stock.tenant.key, of(&stock));
        let faulty = json!({
            "columns": {"caller": {"name": "a"}, "called": {"name": "A"}, "party": {"name": "b"}},
            "time_formats": ["%d.%m"],
            "time_zone": "Moscow",
            "country_code": "007",
        });
        let answer = service.json("PUT", key, &path, &faulty).expect(422);
        let errors = answer.json()["errors"].as_array().unwrap().clone();
        let told: Vec<(&str, &str)> = errors
            .iter()
            .map(|item| (item["pointer"].as_str().unwrap(), item["code"].as_str().unwrap()))
            .collect();
        assert_eq!(
            told,
            [
                ("/country_code", "invalid_value"),
                ("/columns/called", "duplicate_column"),
                ("/columns/occurred_at", "missing"),
                ("/time_formats/0", "invalid_format"),
                ("/time_zone", "not_a_time_zone"),
                ("/columns/party", "not_together"),
                ("/columns/direction", "missing"),
            ]
        );
        for (body, status, code) in [
            (json!({}), 422, "missing"),
            (json!({"columns": {"caller": {}}}), 422, "invalid_value"),
            (json!({"columns": {"caller": {"name": "a", "position": 1}}}), 422, "invalid_value"),
            (json!({"columns": {"caller": {"position": -1}}}), 422, "out_of_range"),
            (json!({"columns": {"colour": {"name": "a"}}}), 422, "unknown_field"),
            (json!({"columns": {}, "delimiter": "space"}), 422, "invalid_value"),
            (json!({"columns": {}, "direction_words": {"x": "sideways"}}), 422, "invalid_value"),
        ] {
            let answer = service.json("PUT", key, &path, &body).expect(status);
            assert_eq!(answer.code(), code, "{body}");
        }
        service.get(key, &path).expect(404);
    });
}

#[test]
fn a_preview_accounts_for_every_row_and_keeps_nothing() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        service.json("PUT", &stock.tenant.key, &of(&stock), &profile()).expect(200);
        let told = preview(&service, &stock, "", PBX);
        assert_eq!(told["profile_from"], "stored");
        assert_eq!(
            told["totals"],
            json!({
                "rows": 5, "calls": 3, "rejected": 1, "ignored": 1, "matched": 2, "without_number": 1
            })
        );
        assert_eq!(
            told["reasons"],
            json!([{"code": "invalid_time", "pointer": "/occurred_at", "rows": 1}])
        );
        assert_eq!(told["header"][2], "Номер звонящего");
        assert_eq!(told["rows"].as_array().unwrap().len(), 4);
        assert_eq!(
            told["rows"][0],
            json!({
                "line": 2,
                "cells": ["02.10.2026", "11:05", "8 916 000-00-01", "8 900 123-45-67", "04:42"],
                "call": {
                    "occurred_at": "2026-10-02T08:05:00Z",
                    "occurred_at_raw": "02.10.2026 11:05",
                    "bait_id": stock.bait,
                    "direction": "incoming",
                    "party": {"kind": "number", "number": "+79160000001", "text": null},
                    "caller_raw": "8 916 000-00-01",
                    "called_raw": "8 900 123-45-67",
                    "connected_seconds": 282,
                    "answered": true,
                    "channel": "pstn",
                    "roaming": false,
                    "external_id": null,
                    "screen_label": null,
                    "extra": null,
                },
                "error": null,
            })
        );
        assert_eq!(told["rows"][1]["call"]["bait_id"], Value::Null);
        assert_eq!(told["rows"][1]["call"]["direction"], Value::Null);
        assert_eq!(told["rejected"][0]["line"], 4);
        assert_eq!(told["rejected"][0]["error"]["code"], "invalid_time");
        assert_eq!(told["rows"][3]["call"]["party"]["kind"], "hidden");
        assert_eq!(preview(&service, &stock, "?rows=1", PBX)["rows"].as_array().unwrap().len(), 1);
        let seen = service.get(&stock.tenant.key, "/v1/observations").expect(200).json();
        assert_eq!(seen["items"], json!([]));
    });
}

#[test]
fn a_preview_takes_a_profile_with_it_or_guesses_one() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let key = &stock.tenant.key;
        let guessed = preview(&service, &stock, "", PBX);
        assert_eq!(guessed["profile_from"], "guessed");
        assert_eq!(guessed["profile"]["columns"]["caller"], json!({"name": "Номер звонящего"}));
        assert_eq!(guessed["totals"]["calls"], 3);
        // What was guessed can be saved as it is.
        service.json("PUT", key, &of(&stock), &guessed["profile"]).expect(200);

        let query = format!("?profile={}", escaped(&profile().to_string()));
        let given = preview(&service, &stock, &query, PBX);
        assert_eq!(
            (given["profile_from"].as_str(), &given["totals"]["ignored"]),
            (Some("given"), &json!(1))
        );
        assert_eq!(preview(&service, &stock, "?guess=true", PBX)["profile_from"], "guessed");

        let nothing = preview(&service, &stock, "?guess=true", "a,b\n1,2\n");
        assert_eq!(nothing["rows"], json!([]));
        assert!(!nothing["profile_faults"].as_array().unwrap().is_empty());

        let path = format!("/v1/sources/{}/preview", stock.source);
        let refused = |query: &str, body: &[u8], kind: &str| {
            let answer = service.typed("POST", key, &format!("{path}{query}"), kind, body);
            (answer.status, answer.code())
        };
        let faulty = format!("?profile={}", escaped(r#"{"columns": {}}"#));
        for (query, body, kind, status, code) in [
            (&*faulty, PBX.as_bytes(), "text/csv", 422, "missing"),
            ("?profile=%7B", PBX.as_bytes(), "text/csv", 400, "malformed_json"),
            ("?guess=true&profile=%7B%7D", PBX.as_bytes(), "text/csv", 400, "not_together"),
            ("?rows=0", PBX.as_bytes(), "text/csv", 400, "out_of_range"),
            ("?lines=5", PBX.as_bytes(), "text/csv", 400, "unknown_parameter"),
            ("", b"", "text/csv", 400, "empty_body"),
            ("", b"caller,called\n1,2\n", "text/csv", 422, "missing_column"),
            ("", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", XLSX, 400, "old_workbook"),
            ("", b"PK\x03\x04", XLSX, 400, "not_a_workbook"),
            ("", b"{}", "application/json", 415, ""),
        ] {
            assert_eq!(refused(query, body, kind), (status, code.to_owned()), "{query} {kind}");
        }
    });
}

#[test]
fn files_of_a_source_are_read_by_its_profile() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let key = &stock.tenant.key;
        let send = |query: &str, kind: &str, body: &[u8]| {
            service.typed("POST", key, &format!("/v1/calls{query}"), kind, body)
        };
        let (csv, sheet) = (PBX.as_bytes(), workbook());
        // Without a profile a CSV needs the fields' own names, and a workbook cannot be read.
        assert_eq!(send("?source=recorder", "text/csv", csv).expect(422).code(), "unknown_column");
        assert_eq!(send("?source=recorder", XLSX, &sheet).expect(400).code(), "needs_profile");
        assert_eq!(send("", XLSX, &sheet).expect(400).code(), "needs_profile");
        service.json("PUT", key, &of(&stock), &profile()).expect(200);

        let first = send("?source=recorder&dry_run=true", "text/csv", csv).expect(200).json();
        assert_eq!(
            (&first["counts"]["accepted"], &first["counts"]["rejected"]),
            (&json!(3), &json!(1))
        );
        let first = send("?source=recorder", "text/csv", csv).expect(200).json();
        assert_eq!(
            (&first["counts"]["accepted"], &first["counts"]["rejected"]),
            (&json!(3), &json!(1))
        );
        assert_eq!(first["receipts"][0]["matched"], true);
        assert_eq!(first["receipts"][2]["line"], 4);
        assert_eq!(first["receipts"][2]["error"]["pointer"], "/occurred_at");
        // The same rows are the same calls, whatever they are written in.
        let again = send("?source=recorder", XLSX, &sheet).expect(200).json();
        assert_eq!(
            (&again["counts"]["duplicate"], &again["counts"]["rejected"]),
            (&json!(3), &json!(1))
        );
        let id = first["receipts"][0]["id"].as_str().unwrap();
        let seen = service.get(key, &format!("/v1/observations/{id}")).expect(200).json();
        assert_eq!(seen["observation"]["reported_at_raw"], "02.10.2026 11:05");
        // Other formats name their fields as ever.
        let json = json!([{
            "bait": "+79001234567", "direction": "incoming", "caller": "+79160000002",
            "occurred_at": "2026-10-02T11:05:00+03:00"
        }]);
        let answer = service.json("POST", key, "/v1/calls?source=recorder", &json).expect(200);
        assert_eq!(answer.json()["counts"]["accepted"], 1);
    });
}

#[test]
fn a_file_that_is_all_of_one_bait_says_so_in_the_request() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let key = &stock.tenant.key;
        let statement = json!({
            "columns": {
                "direction": {"name": "Тип"}, "party": {"name": "Собеседник"},
                "occurred_at": {"name": "Начало"}, "channel": {"name": "Тип"},
            },
            "direction_words": {"вх": "incoming", "исх": "outgoing", "GPRS": "ignored", "смс": "incoming"},
            "channel_words": {"вх": "pstn", "исх": "pstn", "смс": "sms"},
        });
        let body = "Начало;Тип;Собеседник\n\
        02.10.2026 11:05;Вх;89160000001\n\
        02.10.2026 11:06;GPRS;\n\
        02.10.2026 11:07;Исх;\n\
        02.10.2026 11:08;СМС;T-Bank\n";
        service.json("PUT", key, &of(&stock), &statement).expect(200);
        let told = preview(&service, &stock, "", body);
        assert_eq!(told["totals"]["rejected"], 3, "no row names its bait: {told}");
        let told = preview(&service, &stock, "?bait=%2B79001234567", body);
        assert_eq!(
            told["totals"],
            json!({
                "rows": 4, "calls": 2, "rejected": 1, "ignored": 1, "matched": 2, "without_number": 1
            })
        );
        let path = "/v1/calls?source=recorder&bait=%2B79001234567";
        let taken =
            service.typed("POST", key, path, "text/csv", body.as_bytes()).expect(200).json();
        assert_eq!(taken["counts"]["accepted"], 2);
        let array = service.json("POST", key, path, &json!([])).expect(400);
        assert_eq!(array.code(), "needs_profile");
    });
}

#[test]
fn a_number_that_only_the_profile_can_read_is_joined_when_its_bait_appears() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let key = &stock.tenant.key;
        let mut pbx = profile();
        pbx["number_prefixes"] = json!(["99"]);
        service.json("PUT", key, &of(&stock), &pbx).expect(200);
        let body = "Дата;Время;Номер звонящего;Вызываемый номер;Длительность\n\
            02.10.2026;11:05;9989160000001;9989015000042;04:42\nИтого\n";
        let taken =
            service.typed("POST", key, "/v1/calls?source=recorder", "text/csv", body.as_bytes());
        let taken = taken.expect(200).json();
        assert_eq!(taken["receipts"][0]["matched"], false, "{taken}");
        let bait = service.create(key, "/v1/baits", &json!({"number": "+79015000042"}));
        service.expand_changes();
        let id = taken["receipts"][0]["id"].as_str().unwrap();
        let seen = service.get(key, &format!("/v1/observations/{id}")).expect(200).json();
        assert_eq!(seen["observation"]["bait_id"], json!(bait), "{seen}");
        assert_eq!(seen["observation"]["party"]["number"], "+79160000001");
    });
}
