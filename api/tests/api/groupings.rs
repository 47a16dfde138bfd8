//! The report of offenders by everything it can be grouped, narrowed and sorted
//! by: the answers are those worked out by hand.

use baitline_testkit::{TestDatabase, on_both};
use serde_json::{Value, json};

use crate::reported::{
    BEELINE, COMFORT_INN, FROM_INTERNOD, FROM_MEGAFON, FROM_MTS, INTERNOD, MEGAFON, MTS, PERIOD,
    RAGGED, Reported,
};
use crate::service::Service;

fn reported(database: TestDatabase) -> Reported {
    Reported::on(Service::start(database))
}

fn path(period: &str, more: &str) -> String {
    format!("/v1/reports/repeat-offenders?{period}&{more}")
}

/// What a line is, and its counts.
type Line = (Value, [u64; 6]);

/// What a line is, at a pointer, and its interceptions, candidates, traps,
/// clients, offenders and numbers.
fn lines(report: &Value, pointer: &str) -> Vec<Line> {
    let counts = ["interceptions", "candidates", "traps", "clients", "callers", "all_callers"];
    let lines = report["offenders"].as_array().unwrap().iter();
    lines
        .map(|line| {
            let key = line.pointer(pointer).unwrap_or_else(|| panic!("no {pointer} in {line}"));
            (key.clone(), counts.map(|count| line[count].as_u64().unwrap()))
        })
        .collect()
}

/// By `group_by`, where a line's key stands and the lines.
fn expected() -> Vec<(&'static str, &'static str, Vec<Line>)> {
    vec![
        (
            "number",
            "/number",
            vec![
                (json!(FROM_MTS), [3, 0, 3, 2, 1, 1]),
                (json!(FROM_MEGAFON), [1, 0, 1, 1, 1, 1]),
                (json!(FROM_INTERNOD), [0, 1, 0, 0, 0, 1]),
            ],
        ),
        (
            "operator",
            "/operator/inn",
            vec![
                (json!(MTS), [3, 0, 3, 2, 1, 1]),
                (json!(MEGAFON), [1, 0, 1, 1, 1, 1]),
                (json!(INTERNOD), [0, 1, 0, 0, 0, 1]),
            ],
        ),
        (
            "operator_group",
            "/operator_group",
            vec![
                (json!("mts"), [3, 0, 3, 2, 1, 1]),
                (json!("megafon"), [1, 0, 1, 1, 1, 1]),
                (Value::Null, [0, 1, 0, 0, 0, 1]),
            ],
        ),
        (
            "region",
            "/region",
            vec![
                (json!("г. Москва"), [3, 0, 3, 2, 1, 1]),
                (json!("Омская область"), [1, 0, 1, 1, 1, 1]),
                (Value::Null, [0, 1, 0, 0, 0, 1]),
            ],
        ),
        (
            "client",
            "/client/name",
            vec![(json!("Окна"), [3, 0, 2, 1, 2, 2]), (json!("Двери"), [1, 1, 1, 1, 1, 2])],
        ),
        (
            "day",
            "/day",
            vec![
                (json!("2026-10-01"), [1, 0, 1, 1, 1, 1]),
                (json!("2026-10-12"), [2, 0, 1, 1, 2, 2]),
                (json!("2026-10-31"), [0, 1, 0, 0, 0, 1]),
                (json!("2026-11-01"), [1, 0, 1, 1, 1, 1]),
            ],
        ),
        (
            "week",
            "/day",
            vec![
                (json!("2026-09-28"), [1, 0, 1, 1, 1, 1]),
                (json!("2026-10-12"), [2, 0, 1, 1, 2, 2]),
                (json!("2026-10-26"), [1, 1, 1, 1, 1, 2]),
            ],
        ),
        (
            "month",
            "/day",
            vec![
                (json!("2026-10-01"), [3, 1, 2, 1, 2, 3]),
                (json!("2026-11-01"), [1, 0, 1, 1, 1, 1]),
            ],
        ),
        (
            "competitor",
            "/competitor/name",
            vec![(json!("Комфорт"), [3, 0, 3, 2, 2, 2]), (json!("Безымянные"), [2, 0, 1, 1, 2, 2])],
        ),
    ]
}

#[test]
fn every_grouping_has_the_lines_counted_by_hand_by_whole_days_and_by_single_calls() {
    on_both(|database| {
        let reported = reported(database);
        for (group_by, pointer, expected) in expected() {
            for period in [PERIOD, RAGGED] {
                let report = reported.report(&path(period, &format!("group_by={group_by}")));
                assert_eq!(lines(&report, pointer), expected, "{group_by} {period}");
                assert_eq!(report["total"], expected.len());
                assert_eq!(report["group_by"], group_by);
                assert_eq!(report["pending_days"], 0);
                let is_apart = group_by == "competitor";
                assert_eq!(report["unattributed"].is_object(), is_apart, "{group_by}");
                let has_standing = matches!(group_by, "number" | "competitor");
                let standing = &report["offenders"][0]["standing"];
                assert_eq!(standing.is_string(), has_standing, "{group_by}: {standing}");
            }
        }
    });
}

#[test]
fn a_line_says_in_one_field_what_it_is_and_leaves_the_others_empty() {
    on_both(|database| {
        let reported = reported(database);
        let keys =
            ["number", "competitor", "operator", "operator_group", "region", "client", "day"];
        for (group_by, pointer, _) in expected() {
            let report = reported.report(&path(PERIOD, &format!("group_by={group_by}")));
            let line = &report["offenders"][0];
            let own = pointer.split('/').nth(1).unwrap();
            for key in keys.iter().filter(|key| line[**key] != Value::Null) {
                // A number is told with the operator of its latest call.
                let is_its = *key == own || (group_by == "number" && *key == "operator");
                assert!(is_its, "{group_by}: {key} is {}", line[*key]);
            }
        }
        let report = reported.report(&path(PERIOD, "group_by=operator_group"));
        let single = &report["offenders"][2];
        assert_eq!(single["operator"]["inn"], INTERNOD, "it stands in no group: {single}");
    });
}

#[test]
fn a_company_of_two_clients_is_one_line_for_the_agency_and_each_client_sees_its_own() {
    on_both(|database| {
        let reported = reported(database);
        let by_company = path(PERIOD, "group_by=competitor");
        let report = reported.report(&by_company);
        let company = &report["offenders"][0];
        assert_eq!(company["standing"], "repeat_offender");
        assert_eq!(company["competitor"]["inn"], COMFORT_INN);
        let [comfort, nameless, of_urals] = &reported.competitors;
        let entered = json!([
            {"id": comfort, "client_id": reported.windows.id},
            {"id": of_urals, "client_id": reported.doors.id},
        ]);
        assert_eq!(company["competitor"]["competitors"], entered);
        let other = &report["offenders"][1];
        assert_eq!(other["standing"], "offender", "its calls came to one trap");
        assert_eq!(other["competitor"]["inn"], Value::Null);
        assert_eq!(other["competitor"]["competitors"][0]["id"], *nameless);
        let none = json!({"interceptions": 0, "callers": 0, "calls": 1, "all_callers": 1});
        assert_eq!(report["unattributed"], none);
        let shared = json!({"interceptions": 1, "callers": 1, "calls": 1, "all_callers": 1});
        assert_eq!(report["shared"], shared);

        let own = reported.service.get(&reported.doors.key, &by_company).expect(200).json();
        assert_eq!(
            lines(&own, "/competitor/name"),
            [(json!("Комфорт (Урал)"), [1, 0, 1, 1, 1, 1])]
        );
        let entered = json!([{"id": of_urals, "client_id": reported.doors.id}]);
        assert_eq!(own["offenders"][0]["competitor"]["competitors"], entered);
        let by_client = path(PERIOD, "group_by=client");
        let own = reported.service.get(&reported.doors.key, &by_client).expect(200).json();
        assert_eq!(lines(&own, "/client/id"), [(json!(reported.doors.id), [1, 1, 1, 1, 1, 2])]);
        let narrowed = path(PERIOD, &format!("group_by=client&client_id={}", reported.windows.id));
        assert_eq!(lines(&reported.report(&narrowed), "/client/name").len(), 1);
        reported.service.get(&reported.doors.key, &narrowed).expect(404);
    });
}

#[test]
fn filters_narrow_the_calls_and_not_only_the_lines() {
    on_both(|database| {
        let reported = reported(database);
        let [comfort, nameless, of_urals] = &reported.competitors;
        let numbers = |filter: &str| -> Vec<(String, u64)> {
            let report = reported.report(&path(PERIOD, filter));
            let lines = lines(&report, "/number").into_iter();
            lines.map(|(key, counts)| (key.as_str().unwrap().to_owned(), counts[0])).collect()
        };
        let one = |number: &str, interceptions| vec![(number.to_owned(), interceptions)];
        assert_eq!(numbers(&format!("operator_inn={MEGAFON}")), one(FROM_MEGAFON, 1));
        assert_eq!(numbers(&format!("bait_operator_inn={BEELINE}"))[0], one(FROM_MTS, 1)[0]);
        let omsk =
            "%D0%9E%D0%BC%D1%81%D0%BA%D0%B0%D1%8F%20%D0%BE%D0%B1%D0%BB%D0%B0%D1%81%D1%82%D1%8C";
        assert_eq!(numbers(&format!("region={omsk}")), one(FROM_MEGAFON, 1));
        assert_eq!(numbers("region=Nowhere"), []);
        // Of the one ИНН, whichever client's competitor is named.
        let company = [one(FROM_MTS, 2), one(FROM_MEGAFON, 1)].concat();
        assert_eq!(numbers(&format!("competitor_id={comfort}")), company);
        assert_eq!(numbers(&format!("competitor_id={of_urals}")), company);
        let other = [one(FROM_MEGAFON, 1), one(FROM_MTS, 1)].concat();
        let mut found = numbers(&format!("competitor_id={nameless}"));
        found.sort_by(|a, b| b.cmp(a));
        assert_eq!(found, other);
        let by_company = path(PERIOD, &format!("group_by=competitor&competitor_id={nameless}"));
        let report = reported.report(&by_company);
        assert_eq!(lines(&report, "/competitor/name"), [(json!("Безымянные"), [2, 0, 1, 1, 2, 2])]);
        let foreign = path(PERIOD, &format!("competitor_id={comfort}"));
        let answer = reported.service.get(&reported.doors.key, &foreign).expect(404);
        assert_eq!(answer.code(), "unknown_competitor");
        let counted = path(PERIOD, "group_by=client&verdicts=inconclusive");
        let report = reported.report(&counted);
        assert_eq!(report["offenders"][0]["other_verdicts"]["foreign_group"], 3);
    });
}

#[test]
fn pieces_of_any_size_are_the_whole_report_in_every_order() {
    on_both(|database| {
        let reported = reported(database);
        for (group_by, ..) in expected() {
            for sort in ["standing", "interceptions", "traps", "clients", "last_at", "key"] {
                let question = format!("group_by={group_by}&sort={sort}");
                let pieces =
                    |limit| reported.all_pieces(&path(PERIOD, &question), "offenders", limit);
                let whole = pieces(1_000);
                for limit in [1, 2] {
                    assert_eq!(pieces(limit), whole, "{question}");
                }
            }
        }
    });
}

#[test]
fn a_sort_puts_the_largest_first() {
    on_both(|database| {
        let reported = reported(database);
        let first = |question: &str, pointer: &str| {
            let report = reported.report(&path(PERIOD, question));
            report["offenders"][0].pointer(pointer).unwrap().clone()
        };
        assert_eq!(first("sort=last_at", "/number"), FROM_MTS);
        assert_eq!(first("sort=key", "/number"), FROM_MTS);
        assert_eq!(first("group_by=day&sort=last_at", "/day"), "2026-11-01");
        assert_eq!(first("group_by=day&sort=interceptions", "/day"), "2026-10-12");
        assert_eq!(first("group_by=region&sort=key", "/region"), Value::Null);
        assert_eq!(first("group_by=competitor&sort=clients", "/competitor/name"), "Комфорт");
    });
}

#[test]
fn what_a_question_has_wrong_is_named() {
    on_both(|database| {
        let reported = reported(database);
        let next = reported.report(&path(PERIOD, "limit=1"))["next_cursor"].clone();
        let next = next.as_str().unwrap();
        let long = "x".repeat(301);
        let table = [
            ("group_by=colour".to_owned(), "invalid_value", "group_by"),
            ("sort=colour".to_owned(), "invalid_value", "sort"),
            ("cursor=7".to_owned(), "bad_cursor", "cursor"),
            (format!("cursor={next}&sort=traps"), "bad_cursor", "cursor"),
            (format!("cursor={next}&group_by=day"), "bad_cursor", "cursor"),
            ("operator_inn=77".to_owned(), "not_an_inn", "operator_inn"),
            ("competitor_id=x".to_owned(), "not_an_id", "competitor_id"),
            (format!("region={long}"), "too_long", "region"),
            ("colour=red".to_owned(), "unknown_parameter", "colour"),
            ("limit=1001".to_owned(), "out_of_range", "limit"),
        ];
        for (more, code, parameter) in table {
            let key = &reported.service.agency_key;
            let answer = reported.service.get(key, &path(PERIOD, &more)).expect(400);
            assert_eq!(answer.code(), code, "{more}");
            assert_eq!(answer.json()["errors"][0]["parameter"], parameter, "{more}");
        }
    });
}

#[test]
fn a_table_has_the_same_lines_as_json_under_the_same_names() {
    on_both(|database| {
        let reported = reported(database);
        for (group_by, _, expected) in expected() {
            let rows = reported.csv(&path(PERIOD, &format!("group_by={group_by}")));
            assert_eq!(rows.len(), expected.len() + 1, "{group_by}: {rows:?}");
            let names: Vec<&str> = rows[0].split(',').collect();
            let place = names.iter().position(|name| *name == "interceptions").unwrap();
            for (row, (_, counts)) in rows[1..].iter().zip(&expected) {
                let cells: Vec<&str> = row.split(',').collect();
                assert_eq!(cells.len(), names.len(), "{row}");
                assert_eq!(cells[place], counts[0].to_string(), "{row}");
            }
        }
        let rows = reported.csv(&path(PERIOD, "group_by=competitor"));
        assert!(rows[1].starts_with(&format!("repeat_offender,,,,,{COMFORT_INN},Комфорт,")));
        let rows = reported.csv(&path(PERIOD, "group_by=month&limit=1"));
        assert!(rows[1].starts_with(",,,,,,,,,,2026-10-01,,,,3,"), "{rows:?}");
    });
}
