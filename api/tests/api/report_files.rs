//! Reports as files: the same lines as JSON has, in the type that Accept asks
//! for.

use baitline_intake::table::{self, TableFormat};
use baitline_testkit::on_both;
use serde_json::{Value, json};

use crate::reported::{FROM_MTS, PERIOD, Reported};
use crate::service::{Answer, Service};

const CSV: &str = "text/csv";
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
const PARQUET: &str = "application/vnd.apache.parquet";
const REPORTS: [(&str, &str); 3] =
    [("repeat-offenders", "offenders"), ("baits", "baits"), ("operators", "pairs")];

fn asked(reported: &Reported, path: &str, accept: &str) -> Answer {
    let bearer = format!("Bearer {}", reported.service.agency_key);
    let headers = [("authorization", bearer.as_str()), ("accept", accept)];
    reported.service.send("GET", path, &headers, b"")
}

/// The names of a CSV's columns, which live as long as the test.
fn columns(reported: &Reported, path: &str) -> Vec<&'static str> {
    let header = reported.csv(path)[0].clone();
    header.split(',').map(|name| &*name.to_owned().leak()).collect()
}

/// The rows of a workbook's first sheet.
fn workbook(reported: &Reported, path: &str) -> Vec<table::Cells> {
    let known = columns(reported, path);
    let answer = asked(reported, path, XLSX).expect(200);
    let rows = table::read(TableFormat::Xlsx, &answer.bytes, &known).unwrap();
    rows.into_iter().map(|row| row.result.unwrap()).collect()
}

fn cell<'a>(row: &'a table::Cells, name: &str) -> &'a str {
    row.iter().find(|(column, _)| *column == name).map_or("", |(_, text)| text)
}

#[test]
fn every_report_is_a_file_of_every_type_with_a_name_and_a_length() {
    on_both(|database| {
        let reported = Reported::on(Service::start(database));
        for (report, lines) in REPORTS {
            let path = format!("/v1/reports/{report}?{PERIOD}");
            let total = reported.report(&path)[lines].as_array().unwrap().len();
            for (accept, media_type, ending) in [
                (CSV, "text/csv; charset=utf-8", "csv"),
                (XLSX, XLSX, "xlsx"),
                (PARQUET, PARQUET, "parquet"),
            ] {
                let answer = asked(&reported, &path, accept).expect(200);
                assert_eq!(answer.header("content-type"), media_type);
                let name = format!("{report}-2026-10-01-2026-11-02.{ending}");
                let disposition = format!("attachment; filename=\"{name}\"");
                assert_eq!(answer.header("content-disposition"), disposition);
                assert_eq!(answer.header("content-length"), answer.bytes.len().to_string());
                assert_eq!(answer.header("link"), "");
            }
            assert_eq!(reported.csv(&path).len(), total + 1);
            assert_eq!(workbook(&reported, &path).len(), total);
            let parquet = asked(&reported, &path, PARQUET).bytes;
            assert!(parquet.starts_with(b"PAR1") && parquet.ends_with(b"PAR1"));
            let again = asked(&reported, &path, PARQUET).bytes;
            assert_eq!(parquet, again, "the same question at the same state");
        }
    });
}

#[test]
fn a_workbook_has_the_numbers_of_the_json_and_phones_keep_their_plus() {
    on_both(|database| {
        let reported = Reported::on(Service::start(database));
        let path = format!("/v1/reports/repeat-offenders?{PERIOD}");
        let lines = reported.report(&path)["offenders"].clone();
        let rows = workbook(&reported, &path);
        assert_eq!(cell(&rows[0], "number"), FROM_MTS);
        for (row, line) in rows.iter().zip(lines.as_array().unwrap()) {
            for count in ["interceptions", "traps", "clients", "candidates", "all_callers"] {
                assert_eq!(cell(row, count), line[count].to_string(), "{count}");
            }
            assert_eq!(cell(row, "standing"), line["standing"]);
            assert!(cell(row, "first_at").starts_with(&line["first_at"].as_str().unwrap()[..10]));
        }
    });
}

#[test]
fn files_follow_filters_sorting_and_the_cursor_in_the_header() {
    on_both(|database| {
        let reported = Reported::on(Service::start(database));
        let path = format!("/v1/reports/repeat-offenders?{PERIOD}&sort=key&interceptions=3");
        let whole = reported.csv(&path);
        let answer = asked(&reported, &format!("{path}&limit=2"), CSV).expect(200);
        let link = answer.header("link").to_owned();
        let next = link.strip_prefix('<').unwrap().split_once('>').unwrap().0;
        let first = String::from_utf8(answer.bytes).unwrap();
        assert_eq!(first.lines().count(), 3);
        let second = reported.csv(next);
        assert_eq!(second[0], whole[0]);
        assert_eq!(second[1..], whole[3..]);
        assert!(whole.iter().any(|line| line.starts_with("repeat_offender,'+79160000001")));
        let none = format!("{path}&operator_inn=7743895280");
        assert_eq!(reported.csv(&none).len(), 1, "a header and no line");
        assert!(asked(&reported, &none, PARQUET).expect(200).bytes.starts_with(b"PAR1"));
    });
}

#[test]
fn what_accept_likes_best_is_sent_and_other_types_are_a_problem() {
    on_both(|database| {
        let reported = Reported::on(Service::start(database));
        for (report, _) in REPORTS {
            let path = format!("/v1/reports/{report}?{PERIOD}");
            for (accept, media_type) in [
                (format!("{XLSX};q=0.5, {PARQUET};q=0.8, */*;q=0.1"), PARQUET),
                (format!("application/json;q=0, {XLSX}"), XLSX),
                ("application/*".to_owned(), "application/json"),
                ("*/*".to_owned(), "application/json"),
            ] {
                let answer = asked(&reported, &path, &accept).expect(200);
                assert_eq!(answer.header("content-type"), media_type, "{accept}");
            }
            for accept in ["text/html", "application/pdf, text/csv;q=0", "*/*;q=0"] {
                let answer = asked(&reported, &path, accept).expect(406);
                answer.code();
            }
        }
    });
}

#[test]
fn blocks_of_numbers_say_where_they_begin_and_end_and_have_no_standing() {
    on_both(|database| {
        let reported = Reported::on(Service::start(database));
        for (group_by, numbers, last) in [("block10", 10, "9"), ("block100", 100, "99")] {
            let path = format!("/v1/reports/repeat-offenders?{PERIOD}&group_by={group_by}");
            let report = reported.report(&path);
            assert_eq!((&report["group_by"], &report["total"]), (&json!(group_by), &json!(3)));
            let first = &report["offenders"][0];
            let stem = &FROM_MTS[..FROM_MTS.len() - last.len()];
            let block = json!({
                "first": format!("{stem}{}", "0".repeat(last.len())),
                "last": format!("{stem}{last}"),
                "numbers": numbers,
            });
            assert_eq!(first["block"], block);
            assert_eq!((&first["standing"], &first["number"]), (&Value::Null, &Value::Null));
            assert_eq!((&first["interceptions"], &first["callers"]), (&json!(3), &json!(1)));
            let pieces = reported.all_pieces(&path, "offenders", 1);
            assert_eq!(json!(pieces), report["offenders"]);
            let row = &workbook(&reported, &path)[0];
            assert_eq!(cell(row, "block_first"), block["first"]);
            assert_eq!(cell(row, "block_numbers"), numbers.to_string());
        }
    });
}
