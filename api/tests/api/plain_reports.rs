//! The reports that accuse nobody: whose subscribers call whose, and what each
//! bait yielded.

use baitline_testkit::{TestDatabase, on_both};
use serde_json::{Value, json};

use crate::reported::{BEELINE, INTERNOD, MEGAFON, MTS, PERIOD, RAGGED, Reported, T2};
use crate::service::Service;

fn reported(database: TestDatabase) -> Reported {
    Reported::on(Service::start(database))
}

fn counts(line: &Value, names: &[&str]) -> Vec<u64> {
    names.iter().map(|name| line["counts"][*name].as_u64().unwrap()).collect()
}

/// Both ИНН of each pair, and its answered interceptions, attempts, candidates,
/// advertising calls, callers without a number, callers, baits and clients.
fn pairs(report: &Value) -> Vec<([Value; 2], Vec<u64>)> {
    let names = [
        "interceptions",
        "attempts",
        "candidates",
        "advertising",
        "without_number",
        "callers",
        "baits",
        "clients",
    ];
    let pairs = report["pairs"].as_array().unwrap().iter();
    pairs
        .map(|pair| {
            let inn = |side: &str| pair[side]["inn"].clone();
            ([inn("caller_operator"), inn("bait_operator")], counts(pair, &names))
        })
        .collect()
}

#[test]
fn operators_are_a_matrix_of_callers_and_baits_whoever_hides() {
    on_both(|database| {
        let reported = reported(database);
        let expected = [
            ([json!(MTS), json!(T2)], vec![2, 0, 0, 2, 0, 1, 1, 1]),
            ([Value::Null, json!(BEELINE)], vec![0, 1, 0, 0, 1, 0, 1, 1]),
            ([json!(INTERNOD), json!(BEELINE)], vec![1, 0, 1, 0, 0, 1, 1, 1]),
            ([json!(MTS), json!(BEELINE)], vec![1, 0, 0, 1, 0, 1, 1, 1]),
            ([json!(MEGAFON), json!(T2)], vec![1, 0, 0, 1, 0, 1, 1, 1]),
        ];
        for period in [PERIOD, RAGGED] {
            let report = reported.report(&format!("/v1/reports/operators?{period}&sort=operator"));
            let mut found = pairs(&report);
            found.sort_by_key(|(key, _)| key.clone().map(|inn| inn.to_string()));
            let mut wanted = expected.to_vec();
            wanted.sort_by_key(|(key, _)| key.clone().map(|inn| inn.to_string()));
            assert_eq!(found, wanted, "{period}");
            assert_eq!((&report["total"], &report["pending_days"]), (&json!(5), &json!(0)));
        }
        let report = reported.report(&format!("/v1/reports/operators?{PERIOD}"));
        assert_eq!(pairs(&report)[0], expected[0], "the most interceptions come first");
        let by_verdict = &report["pairs"][0]["counts"]["by_verdict"];
        assert_eq!(by_verdict["foreign_group"], 2);
        let narrowed = format!("/v1/reports/operators?{PERIOD}&bait_operator_inn={T2}");
        assert_eq!(pairs(&reported.report(&narrowed)).len(), 2);
        let path = format!("/v1/reports/operators?{PERIOD}");
        let own = reported.service.get(&reported.windows.key, &path).expect(200).json();
        assert_eq!(pairs(&own).len(), 2, "the other client's pairs are not told");
    });
}

#[test]
fn operators_are_a_table_and_come_in_pieces_too() {
    on_both(|database| {
        let reported = reported(database);
        let path = format!("/v1/reports/operators?{PERIOD}");
        let rows = reported.csv(&path);
        assert_eq!(rows.len(), 6, "{rows:?}");
        let opening = format!("{MTS},ПАО «МТС»,mts,{T2},");
        assert!(rows[1].starts_with(&opening), "{}", rows[1]);
        let cells = |row: &str| row.split(',').count();
        assert!(rows.iter().all(|row| cells(row) == cells(&rows[0])), "{rows:?}");
        let whole = reported.report(&path)["pairs"].clone();
        assert_eq!(json!(reported.all_pieces(&path, "pairs", 2)), whole);
    });
}

fn bait<'a>(report: &'a Value, id: &str) -> &'a Value {
    let baits = report["baits"].as_array().unwrap();
    baits.iter().find(|bait| bait["bait_id"] == id).unwrap()
}

#[test]
fn a_bait_says_what_it_yielded_and_how_long_it_was_armed_for_it() {
    on_both(|database| {
        let reported = reported(database);
        let report = reported.report(&format!("/v1/reports/baits?{PERIOD}"));
        assert_eq!((&report["total"], &report["pending_days"]), (&json!(3), &json!(0)));
        let names = ["interceptions", "attempts", "advertising", "callers", "without_number"];
        let [first, second, silent] = &reported.baits;

        let yielded = bait(&report, first);
        assert_eq!(counts(yielded, &names), [3, 0, 3, 2, 0]);
        // One trap ran before the period; its window reaches into it.
        assert_eq!(
            (&yielded["traps_complete"], &yielded["traps_incomplete"]),
            (&json!(1), &json!(1))
        );
        assert_eq!((&yielded["windows"], &yielded["silent_windows"]), (&json!(2), &json!(0)));
        assert_eq!(yielded["armed_hours"], 46.0 + 48.0);
        assert_eq!(yielded["hours_since_last"], 494.0);
        assert_eq!(yielded["counts"]["first_at"], "2026-10-01T20:30:00Z");
        assert_eq!(yielded["counts"]["last_at"], "2026-10-12T10:00:00Z");
        assert_eq!(yielded["operator"]["inn"], T2);

        let yielded = bait(&report, second);
        assert_eq!(counts(yielded, &names), [2, 1, 1, 2, 1]);
        assert_eq!(yielded["armed_hours"], 48.5);
        assert_eq!(
            yielded["hours_since_last"], 28.0,
            "an attempt of a hidden caller breaks silence"
        );

        let yielded = bait(&report, silent);
        assert_eq!(counts(yielded, &names), [0; 5]);
        assert_eq!((&yielded["windows"], &yielded["silent_windows"]), (&json!(1), &json!(1)));
        assert_eq!(yielded["armed_hours"], 12.0, "the rest of its window lies after the period");
        assert_eq!(yielded["hours_since_last"], Value::Null);
        assert_eq!(yielded["counts"]["last_at"], Value::Null);
    });
}

#[test]
fn a_window_whose_calls_lie_outside_the_period_is_silent_in_it() {
    on_both(|database| {
        let reported = reported(database);
        let period = "from=2026-10-02T00:00:00Z&to=2026-10-12T00:00:00%2B00:00";
        let report = reported.report(&format!("/v1/reports/baits?{period}"));
        let [first, second, _] = &reported.baits;
        let line = bait(&report, first);
        assert_eq!((&line["windows"], &line["silent_windows"]), (&json!(2), &json!(2)));
        assert_eq!(line["armed_hours"], 22.0 + 12.0);
        let line = bait(&report, second);
        assert_eq!((&line["windows"], &line["armed_hours"]), (&json!(0), &json!(0.0)));
    });
}

#[test]
fn baits_are_sorted_by_entry_yield_or_silence_in_pieces_of_any_size() {
    on_both(|database| {
        let reported = reported(database);
        let [first, second, silent] = reported.baits.each_ref().map(String::as_str);
        for (sort, expected) in [
            ("entry", [first, second, silent]),
            ("yield", [first, second, silent]),
            ("silence", [silent, first, second]),
        ] {
            for limit in 1..=3 {
                let path = format!("/v1/reports/baits?{PERIOD}&sort={sort}");
                let all = reported.all_pieces(&path, "baits", limit);
                let all: Vec<&str> =
                    all.iter().map(|bait| bait["bait_id"].as_str().unwrap()).collect();
                assert_eq!(all, expected, "{sort} {limit}");
            }
        }
    });
}

#[test]
fn baits_are_a_table_a_client_sees_its_own_and_wrong_questions_are_refused() {
    on_both(|database| {
        let reported = reported(database);
        let path = format!("/v1/reports/baits?{PERIOD}");
        let rows = reported.csv(&path);
        let [first, ..] = &reported.baits;
        let client = &reported.windows.id;
        assert!(rows[1].starts_with(&format!("{first},{client},'+79010000101,")), "{rows:?}");
        let cells = |row: &str| row.split(',').count();
        assert!(rows.iter().all(|row| cells(row) == cells(&rows[0])), "{rows:?}");
        assert!(rows[1].contains(",1,1,2,0,94,494,3,"), "{}", rows[1]);
        let own = reported.service.get(&reported.windows.key, &path).expect(200).json();
        assert_eq!(own["total"], 1);
        let of_beeline = reported.report(&format!("{path}&operator_inn={BEELINE}"));
        assert_eq!(of_beeline["total"], 2);
        for more in ["sort=colour", "cursor=zz", "colour=red", "limit=0", "client_id=x"] {
            let key = &reported.service.agency_key;
            reported.service.get(key, &format!("{path}&{more}")).expect(400);
        }
        let key = &reported.service.agency_key;
        let backwards = "/v1/reports/baits?from=2026-10-02T00:00:00Z&to=2026-10-01T00:00:00Z";
        assert_eq!(reported.service.get(key, backwards).expect(400).code(), "empty_period");
        let bearer = format!("Bearer {key}");
        let headers = [("authorization", bearer.as_str()), ("accept", "text/html")];
        for report in ["operators", "baits"] {
            let path = format!("/v1/reports/{report}?{PERIOD}");
            reported.service.send("GET", &path, &headers, b"").expect(406);
        }
    });
}
