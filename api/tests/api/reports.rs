//! Reports, numbering and exports as callers see them before the worker has
//! worked.

use baitline_domain::ids::{BaitId, ClientId, TrapId};
use baitline_domain::instant::Instant;
use baitline_domain::numbering::{NumberRange, NumberingFile};
use baitline_domain::phone::Phone;
use baitline_domain::tally::{Hearing, Tally};
use baitline_domain::verdict::Verdict;
use baitline_store::numbering::{NewEdition, import_edition};
use baitline_store::{Reach, tallies};
use baitline_testkit::on_both;
use serde_json::{Value, json};

use crate::service::{Service, Stock, the_day};

const PERIOD: &str = "from=2026-10-01T00:00:00Z&to=2026-11-01T00:00:00Z";

/// Two heard calls of one number, of one trap each, and one of a courier.
fn tally(service: &Service, stock: &Stock) {
    let client = ClientId(stock.tenant.id.parse().unwrap());
    let bait = BaitId(stock.bait.parse().unwrap());
    let at = the_day().start();
    let one = |caller: u64, trap: u128, hearing: Hearing| Tally {
        client,
        caller: Some(Phone::from_digits(caller).unwrap()),
        operator: Some("7740000076".parse().unwrap()),
        region: None,
        competitors: Vec::new(),
        bait,
        bait_operator: None,
        trap: TrapId(uuid::Uuid::from_u128(trap)),
        verdict: Verdict::ForeignGroup,
        attempt: false,
        hearing,
        prior_contact: false,
        local_day: the_day().0,
        calls: 1,
        first_at: at,
        last_at: at,
    };
    let rows = [
        one(79_160_000_001, 1, Hearing::Advertising),
        one(79_160_000_001, 2, Hearing::Advertising),
        one(79_160_000_002, 1, Hearing::Other),
    ];
    service
        .store
        .write(Reach::Agency, |conn| tallies::replace_day(conn, client, the_day(), &rows))
        .unwrap();
}

#[test]
fn repeat_offenders_come_first_and_couriers_are_none() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        tally(&service, &stock);
        let path = format!("/v1/reports/repeat-offenders?{PERIOD}");
        let report = service.get(&stock.tenant.key, &path).expect(200).json();
        assert_eq!(report["total"], 2);
        let first = &report["offenders"][0];
        assert_eq!(first["standing"], "repeat_offender");
        assert_eq!(first["number"], "+79160000001");
        assert_eq!(first["operator"]["brand"], "МТС");
        assert_eq!((&first["interceptions"], &first["traps"]), (&json!(2), &json!(2)));
        assert_eq!(report["offenders"][1]["standing"], "candidate");
        let stricter = format!("{path}&traps=3&limit=1");
        let report = service.get(&stock.tenant.key, &stricter).expect(200).json();
        assert_eq!(report["offenders"][0]["standing"], "offender");
        assert_eq!(report["offenders"].as_array().unwrap().len(), 1);
        let other = format!("{path}&verdicts=same_group");
        let report = service.get(&stock.tenant.key, &other).expect(200).json();
        assert_eq!(report["offenders"][0]["other_verdicts"]["foreign_group"], 2);
        let grouped = format!("{path}&group_by=operator");
        let report = service.get(&stock.tenant.key, &grouped).expect(200).json();
        assert_eq!(report["offenders"][0]["number"], Value::Null);
        assert_eq!(report["offenders"][0]["operator"]["inn"], "7740000076");
    });
}

#[test]
fn the_report_is_csv_where_csv_is_wanted_and_runs_in_no_spreadsheet() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        tally(&service, &stock);
        let bearer = format!("Bearer {}", stock.tenant.key);
        let headers = [("authorization", bearer.as_str()), ("accept", "text/csv, */*;q=0.1")];
        let path = format!("/v1/reports/repeat-offenders?{PERIOD}");
        let answer = service.send("GET", &path, &headers, b"").expect(200);
        assert_eq!(answer.header("content-type"), "text/csv; charset=utf-8");
        let text = String::from_utf8(answer.bytes).unwrap();
        let lines: Vec<&str> = text.strip_prefix('\u{feff}').unwrap().split("\r\n").collect();
        assert_eq!(lines.len(), 4, "{text}");
        assert!(lines[0].starts_with("standing,number,operator_inn"), "{text}");
        assert!(lines[1].starts_with("repeat_offender,'+79160000001,7740000076"), "{text}");
    });
}

#[test]
fn a_number_is_looked_up_in_the_editions_loaded() {
    on_both(|database| {
        let service = Service::start(database);
        let key = service.agency_key.clone();
        let answer = service.get(&key, "/v1/numbering/+79160000001").expect(200).json();
        assert_eq!(answer["allocation"], "not_loaded");
        let in_force: jiff::Timestamp = "2026-08-01T00:00:00Z".parse().unwrap();
        let edition = NewEdition {
            file: NumberingFile::Def9,
            in_force_from: Instant::from(in_force),
            sha256: [7; 32],
            ranges: vec![NumberRange {
                first: Phone::from_digits(79_160_000_000).unwrap(),
                last: Phone::from_digits(79_160_099_999).unwrap(),
                operator: Some("7740000076".parse().unwrap()),
                operator_name: "ПАО \"МТС\"".to_owned(),
                region: "г. Москва".to_owned(),
            }],
        };
        service.store.write(Reach::Agency, |conn| import_edition(conn, &edition)).unwrap();
        let path = "/v1/numbering/89160000001?at=2026-07-01T00:00:00Z";
        let held = service.get(&key, path).expect(200).json();
        assert_eq!(held["allocation"], "held");
        assert_eq!(held["operator"]["group"], "mts");
        assert_eq!(held["notes"], json!(["before_first_edition"]));
        let none = service.get(&key, "/v1/numbering/89169999999").expect(200).json();
        assert_eq!(none["allocation"], "unallocated");
        let foreign = service.get(&key, "/v1/numbering/+4930123456").expect(200).json();
        assert_eq!(foreign["allocation"], "foreign");
        let list = service.get(&key, "/v1/numbering/editions").expect(200).json();
        assert_eq!(
            (&list["items"][0]["file"], &list["items"][0]["ranges"]),
            (&json!("DEF-9xx"), &json!(1))
        );
    });
}

#[test]
fn an_export_is_queued_watched_and_cancelled() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let key = &stock.tenant.key;
        let body = json!({"from": "2026-10-01T00:00:00Z", "to": "2026-11-01T00:00:00Z"});
        let asked = service.json("POST", key, "/v1/exports", &body).expect(202);
        let path = asked.header("location").to_owned();
        assert_eq!(path, format!("/v1/exports/{}", asked.text("/id")));
        let found = service.get(key, &path).expect(200).json();
        assert_eq!(found["export"]["state"], "queued");
        assert_eq!(found["packages"], json!([]));
        let cancellation = format!("{path}/cancellation");
        for _ in 0..2 {
            let cancelled = service.json("POST", key, &cancellation, &json!({})).expect(200);
            assert_eq!(cancelled.text("/state"), "cancelled");
        }
        let list = service.get(key, "/v1/exports").expect(200).json();
        assert_eq!(list["items"].as_array().unwrap().len(), 1);
    });
}
