//! Tables of clients, baits, own numbers and traps, as people send them.

use std::time::{Duration, Instant};

use baitline_testkit::{TestDatabase, on_both};
use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook};
use serde_json::{Value, json};

use crate::service::{Answer, Service};

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
/// Far more than 300 baits take, and far less than the minute they may.
const GENEROUS: Duration = Duration::from_secs(20);

fn import(service: &Service, key: &str, path: &str, body: impl AsRef<[u8]>) -> Answer {
    service.typed("POST", key, path, "text/csv", body.as_ref())
}

/// Line, status and code of the error of each receipt.
fn receipts(answer: &Answer) -> Vec<(u64, String, String)> {
    let answer = answer.json();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let receipts = answer["receipts"].as_array().unwrap().iter();
    let fates: Vec<_> = receipts
        .map(|receipt| {
            let (status, code) = (&receipt["status"], &receipt["error"]["code"]);
            (receipt["line"].as_u64().unwrap(), text(status), text(code))
        })
        .collect();
    let counted: u64 =
        answer["counts"].as_object().unwrap().values().map(|n| n.as_u64().unwrap()).sum();
    assert_eq!(counted, fates.len() as u64);
    fates
}

fn statuses(answer: &Answer) -> Vec<String> {
    receipts(answer).into_iter().map(|(_, status, _)| status).collect()
}

fn fate(line: u64, status: &str, code: &str) -> (u64, String, String) {
    (line, status.to_owned(), code.to_owned())
}

fn items(service: &Service, key: &str, path: &str) -> Vec<Value> {
    service.get(key, path).expect(200).json()["items"].as_array().unwrap().clone()
}

#[test]
fn three_hundred_baits_are_in_long_before_a_minute_and_again_change_nothing() {
    on_both(|database| {
        let service = Service::start(database);
        let key = &service.client("Окна").key;
        let rows: String = (0..300)
            .map(|n| format!("8 900 000-{:02}-{:02};M-{n};7743895280;Москва\n", n / 100, n % 100))
            .collect();
        let table = format!("number;reference;operator_inn;region\n{rows}");
        let dry = import(&service, key, "/v1/baits/imports?dry_run=true", &table).expect(200);
        assert!(statuses(&dry).iter().all(|status| status == "accepted"));
        assert_eq!(dry.json()["receipts"][0]["id"], Value::Null, "nothing is there to be found");
        assert_eq!(items(&service, key, "/v1/baits"), [] as [Value; 0]);
        let begun = Instant::now();
        let first = import(&service, key, "/v1/baits/imports", &table).expect(200);
        let took = begun.elapsed();
        assert!(took < GENEROUS, "300 baits took {took:?}");
        assert_eq!(first.json()["counts"]["accepted"], 300);
        let stored = items(&service, key, "/v1/baits?limit=1000");
        assert_eq!(stored.len(), 300);
        assert_eq!(stored[7]["id"], first.json()["receipts"][7]["id"], "in order of the table");
        assert_eq!(stored[7]["reference"], "M-7");
        assert_eq!(stored[7]["operator"]["inn"], "7743895280");
        for query in ["", "?dry_run=true"] {
            let again = import(&service, key, &format!("/v1/baits/imports{query}"), &table);
            assert_eq!(again.expect(200).json()["counts"]["duplicate"], 300);
        }
        assert_eq!(items(&service, key, "/v1/baits?limit=1000"), stored);
    });
}

#[test]
fn dirty_rows_get_a_receipt_each_and_spoil_no_other() {
    on_both(|database| {
        let service = Service::start(database);
        let key = &service.client("Окна").key;
        let long = "я".repeat(1024 * 1024);
        let table = format!(
            "number,reference,operator_inn,region,note\n\
             +79000000001,A,,,\n\
             twelve,B,,,\n\
             ,C,,,\n\
             +79000000002,8 900 000-00-09,,,\n\
             +79000000003,D,123,,\n\
             +79000000004,E,,{long},\n\
             +79000000005,F,,,a\0b\n\
             +79000000006,G\n\
             +79000000001,A,,,\n\
             +79000000001,,,Тула,\n\
             +79000000007,A,,,\n\
             +79000000008,H,,,\"two\nlines\"\n"
        );
        let answer = import(&service, key, "/v1/baits/imports", table).expect(200);
        let expected = [
            fate(2, "accepted", ""),
            fate(3, "rejected", "not_a_phone_number"),
            fate(4, "rejected", "missing"),
            fate(5, "rejected", "reads_as_number"),
            fate(6, "rejected", "not_an_inn"),
            fate(7, "rejected", "too_long"),
            fate(8, "rejected", "control_character"),
            fate(9, "rejected", "broken_row"),
            fate(10, "duplicate", ""),
            fate(11, "conflict", "differs"),
            fate(12, "conflict", "bait_reference_taken"),
            fate(13, "accepted", ""),
        ];
        assert_eq!(receipts(&answer), expected);
        let told = answer.json();
        assert_eq!(told["receipts"][1]["error"]["pointer"], "/number");
        assert_eq!(told["receipts"][9]["error"]["pointer"], "/region");
        assert_eq!(told["receipts"][10]["id"], told["receipts"][0]["id"], "who has the reference");
        assert!(!String::from_utf8_lossy(&answer.bytes).contains("twelve"), "a payload is echoed");
        assert_eq!(items(&service, key, "/v1/baits").len(), 2);
    });
}

#[test]
fn what_contradicts_a_stored_bait_is_told_and_the_stored_one_stays() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let key = &stock.tenant.key;
        let path = format!("/v1/baits/{}", stock.bait);
        let before = service.get(key, &path).expect(200).json();
        let table = "number,operator_inn,note\n+79001234567,7740000076,\n+79001234567,,\n";
        let answer = import(&service, key, "/v1/baits/imports", table).expect(200);
        let expected = [fate(2, "conflict", "differs"), fate(3, "duplicate", "")];
        assert_eq!(receipts(&answer), expected);
        assert_eq!(answer.text("/receipts/0/error/pointer"), "/operator_inn");
        assert_eq!(answer.text("/receipts/0/id"), stock.bait);
        assert_eq!(service.get(key, &path).expect(200).json(), before);
    });
}

#[test]
fn one_file_serves_many_clients_and_a_clients_own_key_no_other() {
    on_both(|database| {
        let service = Service::start(database);
        let (doors, windows) = (service.client("Двери"), service.client("Окна"));
        for _ in 0..2 {
            service.client("Двойник");
        }
        let table = format!(
            "client,number\nОкна,+79000000001\n{},+79000000002\nНикто,+79000000003\n\
             Двойник,+79000000004\n,+79000000005\nОкна,+79000000006\n",
            doors.id
        );
        let answer = import(&service, &service.agency_key, "/v1/baits/imports", &table).expect(200);
        let expected = [
            fate(2, "accepted", ""),
            fate(3, "accepted", ""),
            fate(4, "rejected", "unknown_client"),
            fate(5, "rejected", "ambiguous_client"),
            fate(6, "rejected", "missing"),
            fate(7, "accepted", ""),
        ];
        assert_eq!(receipts(&answer), expected);
        assert_eq!(items(&service, &windows.key, "/v1/baits").len(), 2);
        assert_eq!(items(&service, &doors.key, "/v1/baits").len(), 1);
        let path = format!("/v1/baits/imports?client_id={}", doors.id);
        let answer = import(&service, &service.agency_key, &path, &table).expect(200);
        assert_eq!(receipts(&answer)[4], fate(6, "accepted", ""), "the client of the request");
        assert_eq!(items(&service, &doors.key, "/v1/baits").len(), 2);
        let answer = import(&service, &doors.key, "/v1/baits/imports", &table).expect(200);
        let expected = ["rejected", "duplicate", "rejected", "rejected", "duplicate", "rejected"];
        assert_eq!(statuses(&answer), expected, "another client's name is nobody's");
        let own = "client,number\nДвери,+79000000009\n";
        let answer = import(&service, &doors.key, "/v1/baits/imports", own).expect(200);
        assert_eq!(statuses(&answer), ["accepted"]);
        let path = format!("/v1/baits/imports?client_id={}", windows.id);
        assert_eq!(import(&service, &doors.key, &path, own).expect(404).code(), "unknown_client");
        let nobody = "/v1/baits/imports?client_id=0197a5b0-7c1e-7d3a-9a51-0000000000ff";
        let answer = import(&service, &service.agency_key, nobody, own).expect(404);
        assert_eq!(answer.code(), "unknown_client");
    });
}

#[test]
fn a_name_that_no_database_takes_is_the_name_of_nothing() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let key = &service.agency_key;
        let table = format!(
            "client,bait,started_at\nОк\0на,M-1,2026-10-05T10:00:00Z\n\
             {id},M\0-1,2026-10-05T10:00:00Z\n{id},M-1,2026-10-05T10:00\0:00Z\n",
            id = stock.tenant.id
        );
        let answer = import(&service, key, "/v1/traps/imports", table).expect(200);
        let expected = [
            fate(2, "rejected", "unknown_client"),
            fate(3, "rejected", "unknown_bait"),
            fate(4, "rejected", "not_a_time"),
        ];
        assert_eq!(receipts(&answer), expected);
        let answer = import(&service, key, "/v1/clients/imports", "name\nОк\0на\n").expect(200);
        assert_eq!(receipts(&answer), [fate(2, "rejected", "control_character")]);
    });
}

#[test]
fn clients_come_in_one_table_and_only_an_agency_sends_it() {
    on_both(|database| {
        let service = Service::start(database);
        let stranger = service.client("Окна").key;
        let table = "name;time_zone;window_hours\nДвери;Asia/Yekaterinburg;72\nСтены;;\n\
                     Полы;Moscow;\nКрыши;;12\nДвери;Asia/Yekaterinburg;72\nОкна;;24\n;;\n";
        let path = "/v1/clients/imports";
        import(&service, &stranger, path, table).expect(403);
        let answer = import(&service, &service.agency_key, path, table).expect(200);
        let expected = [
            fate(2, "accepted", ""),
            fate(3, "accepted", ""),
            fate(4, "rejected", "not_a_time_zone"),
            fate(5, "rejected", "out_of_range"),
            fate(6, "duplicate", ""),
            fate(7, "conflict", "differs"),
        ];
        assert_eq!(receipts(&answer), expected);
        let again = import(&service, &service.agency_key, path, table).expect(200);
        let expected = ["duplicate", "duplicate", "rejected", "rejected", "duplicate", "conflict"];
        assert_eq!(statuses(&again), expected);
        let clients = items(&service, &service.agency_key, "/v1/clients");
        let names: Vec<&str> = clients.iter().map(|one| one["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["Окна", "Двери", "Стены"]);
        assert_eq!(clients[1]["window_hours"], 72);
        assert_eq!(clients[2]["time_zone"], "Europe/Moscow");
        assert_eq!(clients[0]["window_hours"], 48, "the stored one stays");
    });
}

#[test]
fn own_numbers_come_as_numbers_and_ranges_with_local_validity() {
    on_both(|database| {
        let service = Service::start(database);
        let key = &service.client("Окна").key;
        let table = "number,first,last,kind,valid_from,valid_to,vendor\n\
                     8 (495) 123-45-67,,,advertised,,,\n\
                     ,+74951230000,+74951230099,tracking,01.10.2026 00:00,2026-11-01,Calltouch\n\
                     ,+74951230000,+74951230099,tracking,01.10.2026 00:00,01.11.2026 00:00,Calltouch\n\
                     ,+74951230000,,tracking,,,\n\
                     +74951234567,,,lucky,,,\n\
                     +74951234567,,,staff,,,\n\
                     ,+74951230000,+74951230099,tracking,15.10.2026 00:00,,Calltouch\n\
                     ,+74951230000,+74951230099,staff,2026-11-01T00:00:00+03:00,,\n";
        let answer = import(&service, key, "/v1/own-numbers/imports", table).expect(200);
        let expected = [
            fate(2, "accepted", ""),
            fate(3, "rejected", "not_a_time"),
            fate(4, "accepted", ""),
            fate(5, "rejected", "missing"),
            fate(6, "rejected", "invalid_value"),
            fate(7, "conflict", "differs"),
            fate(8, "conflict", "validity_differs"),
            fate(9, "accepted", ""),
        ];
        assert_eq!(receipts(&answer), expected);
        let stored = items(&service, key, "/v1/own-numbers");
        assert_eq!(stored.len(), 3);
        assert_eq!(stored[1]["valid_from"], "2026-09-30T21:00:00Z", "midnight in Moscow");
        let again = import(&service, key, "/v1/own-numbers/imports", table).expect(200);
        assert_eq!(again.json()["counts"]["duplicate"], 3);
        assert_eq!(items(&service, key, "/v1/own-numbers"), stored);
    });
}

#[test]
fn traps_name_their_bait_as_people_do_and_their_times_as_clocks_show_them() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let key = &stock.tenant.key;
        let berlin = json!({"time_zone": "Europe/Berlin"});
        let path = format!("/v1/clients/{}", stock.tenant.id);
        service.json("PATCH", &service.agency_key, &path, &berlin).expect(200);
        let table = "bait;started_at;ends_at;recorder_tested_at;site_visit_at;site_visit_seconds;vk_at\n\
             M-1;03.10.2026 10:00;;03.10.2026 09:50;03.10.2026 10:05;240;03.10.2026 10:01\n\
             8 900 123-45-67;2026-10-04T10:00:00Z;;;;;\n\
             M-2;05.10.2026 10:00;;;;;\n\
             M-1;25.10.2026 02:30;;;;;\n\
             M-1;06.10.2026 10:00;06.10.2026 20:00;;;;\n\
             M-1;06.10.2026 10:00;;;06.10.2026 09:00;;\n\
             M-1;06.10.2026 10:00;;;06.10.2026 10:10;;06.10.2026 13:00\n\
             M-1;06.10.2026 10:00;;;;90;\n\
             M-1;03.10.2026 11:00;;;;;\n\
             M-1;03.10.2026 10:00;;03.10.2026 09:59;;;\n\
             M-1;03.10.2026 10:00;;;;;\n";
        let answer = import(&service, key, "/v1/traps/imports", table).expect(200);
        let expected = [
            fate(2, "accepted", ""),
            fate(3, "accepted", ""),
            fate(4, "rejected", "unknown_bait"),
            fate(5, "rejected", "ambiguous_time"),
            fate(6, "rejected", "period_too_long"),
            fate(7, "rejected", "outside_the_run"),
            fate(8, "rejected", "outside_the_run"),
            fate(9, "rejected", "missing"),
            fate(10, "conflict", "trap_overlaps"),
            fate(11, "conflict", "differs"),
            fate(12, "duplicate", ""),
        ];
        assert_eq!(receipts(&answer), expected);
        let pointer = |place: usize| answer.text(&format!("/receipts/{place}/error/pointer"));
        assert_eq!(pointer(5), "/site_visit_at");
        assert_eq!(pointer(6), "/vk_at");
        let trap = service.get(key, &format!("/v1/traps/{}", answer.text("/receipts/0/id")));
        let trap = trap.expect(200).json();
        assert_eq!(trap["started_at"], "2026-10-03T08:00:00Z");
        assert_eq!(trap["ends_at"], "2026-10-03T10:00:00Z");
        assert_eq!(trap["bait_number"], "+79001234567");
        assert_eq!(
            trap["logged_exposures"],
            json!([
                {"kind": "site_visit", "at": "2026-10-03T08:05:00Z", "seconds": 240},
                {"kind": "vk", "at": "2026-10-03T08:01:00Z", "seconds": 0},
            ])
        );
        let again = import(&service, key, "/v1/traps/imports", table).expect(200);
        assert_eq!(again.json()["counts"]["duplicate"], 3);
        assert_eq!(items(&service, key, "/v1/traps").len(), 3);
    });
}

#[test]
fn a_workbook_says_the_same_as_the_csv() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let key = &stock.tenant.key;
        let mut workbook = Workbook::new();
        let sheet = workbook.add_worksheet();
        let time = Format::new().set_num_format("dd.mm.yyyy hh:mm");
        let clock =
            |hour| ExcelDateTime::from_ymd(2026, 10, 3).unwrap().and_hms(hour, 0, 0).unwrap();
        for (column, name) in (0..).zip(["bait", "started_at", "recorder_tested_at"]) {
            sheet.write_string(0, column, name).unwrap();
        }
        sheet.write_number(1, 0, 79_001_234_567.0).unwrap();
        sheet.write_datetime_with_format(1, 1, clock(10), &time).unwrap();
        sheet.write_string(1, 2, "03.10.2026 09:50").unwrap();
        let formula = Formula::new("=CONCAT(\"M-\",1)").set_result("M-1");
        sheet.write_formula(2, 0, formula).unwrap();
        sheet.write_datetime_with_format(2, 1, clock(14), &time).unwrap();
        sheet.write_formula(3, 0, Formula::new("=1/0").set_result("#DIV/0!")).unwrap();
        sheet.write_datetime_with_format(3, 1, clock(18), &time).unwrap();
        let bytes = workbook.save_to_buffer().unwrap();
        let answer = service.typed("POST", key, "/v1/traps/imports", XLSX, &bytes).expect(200);
        let expected =
            [fate(2, "accepted", ""), fate(3, "accepted", ""), fate(4, "rejected", "invalid_type")];
        assert_eq!(receipts(&answer), expected);
        let csv = "bait,started_at,recorder_tested_at\n\
                   M-1,2026-10-03 10:00,2026-10-03 09:50\nM-1,2026-10-03 14:00,\n";
        let again = import(&service, key, "/v1/traps/imports", csv).expect(200);
        assert_eq!(statuses(&again), ["duplicate", "duplicate"]);
    });
}

#[test]
fn a_cp1251_file_of_a_russian_spreadsheet_is_read() {
    on_both(|database| {
        let service = Service::start(database);
        let key = &service.client("Окна").key;
        // «Москва» and «Тула» in CP1251.
        let table = b"number;region\r\n89000000001;\xcc\xee\xf1\xea\xe2\xe0\r\n\
                      89000000002;\xd2\xf3\xeb\xe0\r\n";
        let answer = import(&service, key, "/v1/baits/imports", table).expect(200);
        assert_eq!(statuses(&answer), ["accepted", "accepted"]);
        let stored = items(&service, key, "/v1/baits");
        assert_eq!(stored[0]["region"], "Москва");
        assert_eq!(stored[1]["region"], "Тула");
    });
}

#[test]
fn a_body_that_is_no_such_table_is_refused_as_a_whole() {
    let service = Service::start(TestDatabase::sqlite());
    let key = &service.client("Окна").key;
    for noun in ["clients", "baits", "own-numbers", "traps"] {
        let path = format!("/v1/{noun}/imports");
        let key = &service.agency_key;
        let send =
            |media_type: &str, body: &[u8]| service.typed("POST", key, &path, media_type, body);
        let problem = send("text/csv", b"colour\nred\n").expect(422);
        assert_eq!(problem.code(), "unknown_column");
        assert_eq!(problem.json()["errors"][0]["line"], 1);
        let detail = problem.text("/errors/0/detail");
        assert!(detail.starts_with("not known: column 1 (colour); known: "), "{noun}: {detail}");
        assert_eq!(send("text/csv", b"").expect(400).code(), "empty_body");
        assert_eq!(send(XLSX, b"").expect(400).code(), "empty_body");
        assert_eq!(send(XLSX, b"number\n1\n").expect(400).code(), "not_a_workbook");
        assert_eq!(send(XLSX, b"PK\x03\x04\x14").expect(400).code(), "not_a_workbook");
        send("text/csv", b"PK\x03\x04\0\0\x14,\n1\n").expect(422);
        send("application/json", b"[]").expect(415);
        send("text/csv", &vec![b'x'; 8 * 1024 * 1024 + 1]).expect(413);
        let unknown = service.typed("POST", key, &format!("{path}?color=1"), "text/csv", b"x\n");
        assert_eq!(unknown.expect(400).code(), "unknown_parameter");
        service.get(key, &path).expect(405);
    }
    let rows = format!("number\n{}", "1\n".repeat(10_001));
    import(&service, key, "/v1/baits/imports", rows).expect(413);
    assert_eq!(items(&service, key, "/v1/baits"), [] as [Value; 0]);
}
