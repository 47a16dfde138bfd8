//! Portability answers, one by one and as a licensee's file.

use baitline_testkit::on_both;
use serde_json::{Value, json};

use crate::service::{Answer, Service};

const HEADER: &str = "Number,OwnerId,MNC,Route,RegionCode,PortDate,RowCount";
const PORTED: &str = "2026-05-14T12:00:00+03:00";

fn import(service: &Service, key: &str, query: &str, file: &str) -> Answer {
    let path = format!("/v1/portability-answers/imports?{query}");
    service.typed("POST", key, &path, "text/csv", file.as_bytes())
}

#[test]
fn an_answer_is_valid_from_its_port_until_thirty_days_after_its_look_up() {
    on_both(|database| {
        let service = Service::start(database);
        let key = &service.client("Окна").key;
        let mut body = json!({
            "number": "+79161234567", "operator_inn": "7743895280", "source": "НИЦ",
            "looked_up_at": "2026-10-03T00:00:00Z",
        });
        let enter = |body: &Value| service.json("POST", key, "/v1/portability-answers", body);
        let made = enter(&body).expect(201).json();
        assert_eq!(made["valid_from"], "2026-10-03T00:00:00Z");
        assert_eq!(made["valid_to"], "2026-11-02T00:00:00Z");
        assert_eq!(enter(&body).expect(201).json(), made, "sending it again is safe");
        body["operator_inn"] = json!("7740000076");
        assert_eq!(enter(&body).expect(409).code(), "look_up_differs");
        body["looked_up_at"] = json!("2026-10-04T00:00:00Z");
        body["ported_at"] = json!(PORTED);
        let dated = enter(&body).expect(201).json();
        assert_eq!(dated["valid_from"], "2026-05-14T09:00:00Z");
        assert_eq!(dated["valid_to"], "2026-11-03T00:00:00Z");
        body["ported_at"] = json!("2026-10-05T00:00:00Z");
        assert_eq!(enter(&body).expect(422).text("/errors/0/pointer"), "/ported_at");
        let path = format!("/v1/portability-answers/{}", made["id"].as_str().unwrap());
        let reason = json!({"withdrawn_because": "не тот номер"});
        let withdrawn = service.json("PATCH", key, &path, &reason).expect(200);
        assert_eq!(withdrawn.text("/withdrawn_because"), "не тот номер");
        let of = |number: &str| {
            let path = format!("/v1/portability-answers?number={number}");
            service.get(key, &path).expect(200).json()["items"].clone()
        };
        assert_eq!(of("89161234567"), json!([withdrawn.json(), dated]));
        assert_eq!(of("89161234568"), json!([]));
    });
}

#[test]
fn a_licensees_file_gets_a_receipt_per_row_and_no_operator_is_guessed() {
    on_both(|database| {
        let service = Service::start(database);
        let key = &service.client("Окна").key;
        let query = "source=ЦНИИС&looked_up_at=2026-10-03T00:00:00Z\
                     &owners=mMTS=7740000076,mTELE2=7743895280";
        let query = query.replace("ЦНИИС", "licensee");
        let file = format!(
            "{HEADER}\r\n9161234567,mMTS,01,D1,77,{PORTED},1\r\n\
             9161234568,mTINKOFF,62,D2,77,{PORTED},1\r\n\
             916123456,mMTS,01,D1,77,{PORTED},1\r\n\
             9161234569,mMTS,01,D1,77,2026-10-04T00:00:00Z,1\r\n\
             9161234570,mMTS,01\r\n\
             9161234571,mTELE2,20,D3,77,{PORTED},1\r\n\
             9161234567,mTELE2,20,D3,77,{PORTED},1\r\n"
        );
        let answer = import(&service, key, &query, &file).expect(200).json();
        let receipts = answer["receipts"].as_array().unwrap().clone();
        let told: Vec<_> = receipts
            .iter()
            .map(|one| (one["line"].clone(), one["status"].clone(), one["error"]["code"].clone()))
            .collect();
        let row = |line: u64, status: &str, code: Value| (json!(line), json!(status), code);
        let expected = [
            row(2, "accepted", Value::Null),
            row(3, "rejected", json!("unknown_owner")),
            row(4, "rejected", json!("not_a_phone_number")),
            row(5, "rejected", json!("out_of_range")),
            row(6, "rejected", json!("broken_row")),
            row(7, "accepted", Value::Null),
            row(8, "conflict", json!("look_up_differs")),
        ];
        assert_eq!(told, expected);
        assert_eq!(answer["counts"]["accepted"], 2);
        assert_eq!(answer["counts"]["rejected"], 4);
        let again = import(&service, key, &query, &file).expect(200).json();
        assert_eq!(again["counts"]["duplicate"], 2);
        assert_eq!(again["receipts"][0]["id"], receipts[0]["id"]);
        let listed = service.get(key, "/v1/portability-answers").expect(200).json();
        assert_eq!(listed["items"].as_array().unwrap().len(), 2);
        assert_eq!(listed["items"][1]["operator_inn"], "7743895280");
    });
}

#[test]
fn a_file_that_cannot_be_understood_is_refused_whole() {
    on_both(|database| {
        let service = Service::start(database);
        let key = &service.client("Окна").key;
        let good = "source=x&looked_up_at=2026-10-03T00:00:00Z&owners=mMTS=7740000076";
        let refused = |query: &str, file: &str, status: u16| {
            import(&service, key, query, file).expect(status).code()
        };
        assert_eq!(refused(good, "", 400), "empty_body");
        assert_eq!(refused(good, "number,operator\n1,2\n", 422), "unknown_layout");
        for (owners, code) in [
            ("mMTS", "invalid_value"),
            ("mMTS=1", "not_an_inn"),
            ("=7740000076", "empty"),
            ("mMTS=7740000076,mMTS=7743895280", "duplicate_field"),
        ] {
            let query = good.replace("mMTS=7740000076", owners);
            assert_eq!(refused(&query, HEADER, 400), code, "{owners}");
        }
        let none = good.replace("&owners=mMTS=7740000076", "");
        assert_eq!(refused(&none, HEADER, 400), "missing");
        let path = format!("/v1/portability-answers/imports?{good}");
        service.typed("POST", key, &path, "application/json", b"{}").expect(415);
        let rows = format!("{HEADER}\n{}", "x\n".repeat(50_001));
        import(&service, key, good, &rows).expect(413);
    });
}
