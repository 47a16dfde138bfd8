//! Everything known of one number. Calls are judged and counted by hand, as the
//! worker would.

use std::collections::HashMap;

use baitline_domain::ids::{ClientId, ObservationId};
use baitline_domain::label::LabelKind;
use baitline_domain::tally::InterceptionRow;
use baitline_store::models::JudgedCall;
use baitline_store::{Conn, Reach, StoreResult, calls, labels, tallies};
use baitline_testkit::{TestDatabase, on_both};
use serde_json::{Value, json};

use crate::service::{Service, Stock, the_day};

const CALLER: &str = "+79160000001";

/// Judges the calls of the day, by their labels too, and counts them.
pub(crate) fn count(service: &Service, stock: &Stock) {
    service.derive(&stock.tenant.id, &stock.trap, the_day());
    let client = ClientId(stock.tenant.id.parse().unwrap());
    service
        .store
        .write(Reach::Agency, |conn| {
            let mut judged = calls::calls_of_day(conn, client, the_day())?;
            for one in &mut judged {
                one.label = heard(conn, one)?;
            }
            let rows: Vec<InterceptionRow> = judged.iter().filter_map(row).collect();
            let tallied = baitline_analytics::tally(&rows).unwrap();
            calls::replace_day(conn, client, the_day(), &judged)?;
            tallies::replace_day(conn, client, the_day(), &tallied)
        })
        .unwrap();
}

fn heard(conn: &mut Conn, one: &JudgedCall) -> StoreResult<Option<LabelKind>> {
    let found = labels::labels_of(conn, one.client_id, &one.call.observations)?;
    Ok(found.last().map(|label| label.kind))
}

fn row(judged: &JudgedCall) -> Option<InterceptionRow> {
    let interception = judged.assessment.interception.as_ref()?;
    Some(InterceptionRow {
        client: judged.client_id,
        caller: judged.call.party.phone(),
        operator: Some("7740000076".parse().unwrap()),
        region: None,
        competitors: Vec::new(),
        bait_operator: None,
        bait: judged.call.bait,
        trap: interception.trap,
        verdict: interception.verdict,
        attempt: interception.attempt,
        hearing: judged.label.into(),
        prior_contact: interception.prior_contact,
        local_day: judged.call.started_at.day().0,
        started_at: judged.call.started_at,
    })
}

/// Records a call and says what was heard in it.
fn hear(service: &Service, stock: &Stock, call: &str, said: &Value) {
    count(service, stock);
    let key = &stock.tenant.key;
    let path = format!("/v1/calls/{call}/recording");
    // What is heard again has its recording already.
    assert!(service.typed("PUT", key, &path, "audio/wav", b"RIFF").status < 300);
    let mut label = json!({"kind": "advertising", "consent_given": false, "stop_demanded": false});
    label.as_object_mut().unwrap().extend(said.as_object().unwrap().clone());
    let path = format!("/v1/interceptions/{call}/labels");
    service.json("POST", key, &path, &label).expect(201);
    count(service, stock);
}

fn page(service: &Service, key: &str, number: &str) -> Value {
    let number = number.replace('+', "%2B").replace(' ', "%20");
    let mut page = service.get(key, &format!("/v1/offenders/{number}")).expect(200).json();
    page["numbering"]["at"] = Value::Null;
    page
}

#[test]
fn a_number_never_seen_has_an_answer_in_any_form_and_no_number_has_none() {
    let service = Service::start(TestDatabase::sqlite());
    let key = service.client("Окна").key;
    for form in ["+79160000001", "89160000001", "8 (916) 000-00-01", "+7 916 000 00 01"] {
        let known = page(&service, &key, form);
        assert_eq!(
            (&known["number"], &known["standing"]),
            (&json!(CALLER), &Value::Null),
            "{form}"
        );
        let counts = known["counts"].as_object().unwrap();
        let is_nothing = |value: &Value| value.is_null() || *value == 0 || value.is_object();
        assert!(counts.values().all(is_nothing), "{counts:?}");
        assert_eq!(known["calls"], json!([]));
        assert_eq!(known["numbering"]["allocation"], "not_loaded");
    }
    assert_eq!(page(&service, &key, "+14155550100")["numbering"]["allocation"], "foreign");
    for wrong in ["nobody", "anonymous", "900", "12", "%20", "T2-Info"] {
        let answer = service.get(&key, &format!("/v1/offenders/{wrong}")).expect(422);
        assert_eq!(answer.code(), "not_a_phone_number", "{wrong}");
        assert_eq!(answer.text("/errors/0/parameter"), "number");
    }
    service.get(&key, "/v1/offenders/%2B79160000001?colour=red").expect(400);
}

#[test]
fn the_counts_explain_the_standing() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let key = &stock.tenant.key;
        let call =
            |minute: u32| service.call(&stock, CALLER, &format!("2026-10-02T10:{minute:02}:00Z"));
        let calls: Vec<String> = (0..5).map(|minute| call(minute * 3)).collect();
        let missed = json!({
            "source": "recorder", "bait": "M-1", "direction": "incoming", "caller": CALLER,
            "occurred_at": "2026-10-02T11:00:00Z", "answered": false,
        });
        service.create(key, "/v1/calls", &missed);
        let back = json!({
            "source": "recorder", "bait": "M-1", "direction": "outgoing", "called": CALLER,
            "occurred_at": "2026-10-02T11:30:00Z", "connected_seconds": 5,
        });
        service.create(key, "/v1/calls", &back);
        service.call(&stock, "anonymous", "2026-10-02T11:40:00Z");
        count(&service, &stock);
        let known = page(&service, key, CALLER);
        assert_eq!(known["standing"], "candidate");
        assert_eq!(known["counts"]["candidates"], 5);
        assert!(known["pending_days"].as_u64() > Some(0), "no worker has looked");

        for call in &calls[..2] {
            hear(&service, &stock, call, &json!({}));
        }
        hear(&service, &stock, &calls[2], &json!({"kind": "service"}));
        let known = page(&service, key, CALLER);
        assert_eq!(known["standing"], "offender", "all on one trap");
        let expected = json!({
            "interceptions": 2, "traps": 1, "baits": 1, "clients": 1, "days": 1,
            "prior_contact": 0, "candidates": 2, "unheard_invalid": 0, "other_heard": 1,
            "attempts": 1, "background_calls": 1,
            "advertising": {"foreign_group": 2, "foreign_entity": 0, "same_group": 0,
                "inconclusive": 0, "invalid": 0},
            "first_at": "2026-10-02T10:00:00Z", "last_at": "2026-10-02T11:00:00Z",
        });
        assert_eq!(known["counts"], expected);
        let thresholds =
            json!({"interceptions": 2, "traps": 2, "baits": 1, "clients": 1, "days": 1});
        assert_eq!(known["thresholds"], thresholds);
        assert_eq!(known["operators"][0]["operator"]["group"], "mts");
        assert_eq!(known["operators"][0]["calls"], 6);

        let shown = known["calls"].as_array().unwrap();
        assert_eq!(shown.len(), 7, "the hidden caller is nobody's");
        assert_eq!(
            (&shown[0]["direction"], &shown[0]["verdict"]),
            (&json!("outgoing"), &Value::Null)
        );
        assert_eq!((&shown[1]["attempt"], &shown[1]["label"]), (&json!(true), &Value::Null));
        assert_eq!(
            (&shown[6]["id"], &shown[6]["label"]),
            (&json!(calls[0]), &json!("advertising"))
        );
        assert_eq!(shown[6]["reasons"], json!(["range_holder_only"]));
    });
}

#[test]
fn a_client_sees_its_own_and_the_agency_a_repeat_offender_of_two() {
    on_both(|database| {
        let service = Service::start(database);
        let (own, other) = (service.stock("Окна"), service.stock("Двери"));
        for stock in [&own, &other] {
            let call = service.call(stock, CALLER, "2026-10-02T10:00:00Z");
            hear(&service, stock, &call, &json!({"company": "Окна Комфорт"}));
        }
        for stock in [&own, &other] {
            let known = page(&service, &stock.tenant.key, CALLER);
            assert_eq!(known["standing"], "offender");
            assert_eq!(
                (&known["counts"]["interceptions"], &known["counts"]["clients"]),
                (&json!(1), &json!(1))
            );
            assert_eq!(known["calls"].as_array().unwrap().len(), 1);
            assert_eq!(known["calls"][0]["client_id"], stock.tenant.id.as_str());
            assert_eq!(known["companies_named"][0]["calls"], 1);
        }
        let all = page(&service, &service.agency_key, CALLER);
        assert_eq!(all["standing"], "repeat_offender");
        let counts = &all["counts"];
        assert_eq!((&counts["clients"], &counts["traps"]), (&json!(2), &json!(2)));
        assert_eq!(all["calls"].as_array().unwrap().len(), 2);
        assert_eq!(
            all["companies_named"],
            json!([
                {"company": "Окна Комфорт", "calls": 2, "last_at": "2026-10-02T10:00:00Z"}
            ])
        );
        let narrowed = format!("{CALLER}?client_id={}", own.tenant.id);
        let narrowed = page(&service, &service.agency_key, &narrowed);
        assert_eq!(narrowed, page(&service, &own.tenant.key, CALLER));
        let foreign = format!("/v1/offenders/%2B79160000001?client_id={}", other.tenant.id);
        service.get(&own.tenant.key, &foreign).expect(404);
    });
}

#[test]
fn call_backs_lead_both_ways_by_the_labels_in_force() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let key = &stock.tenant.key;
        let callers = [CALLER, "+79160000002", "+79160000003"];
        let calls: Vec<String> = callers
            .iter()
            .zip(0..)
            .map(|(caller, minute)| {
                service.call(&stock, caller, &format!("2026-10-02T10:{minute:02}:00Z"))
            })
            .collect();
        let hidden = service.call(&stock, "anonymous", "2026-10-02T10:30:00Z");
        let line = json!({"callback_number": "8 495 123-00-00", "company": "Окна Комфорт"});
        hear(&service, &stock, &calls[0], &line);
        hear(&service, &stock, &calls[1], &line);
        hear(&service, &stock, &calls[2], &line);
        hear(&service, &stock, &hidden, &line);
        hear(&service, &stock, &calls[2], &json!({"callback_number": "8 495 999-00-00"}));
        let known = page(&service, key, CALLER);
        let at = "2026-10-02T10:00:00Z";
        let callback = json!([{"number": "+74951230000", "calls": 1, "last_at": at}]);
        assert_eq!(known["callbacks_named"], callback);
        assert_eq!(known["named_as_callback_by"], json!([]));
        let line = page(&service, key, "+74951230000");
        assert_eq!((&line["standing"], &line["callbacks_named"]), (&Value::Null, &json!([])));
        let naming = json!([
            {"number": "+79160000002", "calls": 1, "last_at": "2026-10-02T10:01:00Z"},
            {"number": CALLER, "calls": 1, "last_at": at},
        ]);
        assert_eq!(line["named_as_callback_by"], naming, "neither the hidden nor the corrected");
        let corrected = page(&service, key, "+79160000003");
        assert_eq!(corrected["callbacks_named"][0]["number"], "+74959990000");
        assert_eq!(corrected["companies_named"], json!([]));
    });
}

#[test]
fn what_people_entered_of_a_number_stands_beside_it() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let key = &stock.tenant.key;
        let competitor = service.create(key, "/v1/competitors", &json!({"name": "Рога"}));
        let attribution = json!({
            "competitor_id": competitor, "number": CALLER, "role": "call_centre", "ground": "сайт",
        });
        let attribution = service.create(key, "/v1/attributions", &attribution);
        let answer = json!({
            "number": CALLER, "operator_inn": "7743895280", "source": "НИЦ",
            "looked_up_at": "2026-10-03T00:00:00Z",
        });
        service.create(key, "/v1/portability-answers", &answer);
        let allowance =
            json!({"number": CALLER, "reason": "курьер", "since": "2026-10-01T00:00:00Z"});
        let allowance = service.create(key, "/v1/allow-list", &allowance);
        let known = page(&service, key, CALLER);
        assert_eq!(known["attributions"][0]["competitor_name"], "Рога");
        assert_eq!(known["attributions"][0]["attribution"]["id"], attribution.as_str());
        assert_eq!(known["portability_answers"][0]["operator_inn"], "7743895280");
        assert_eq!(known["is_allowed"], true);
        let ended = json!({"until": "2026-10-01T00:00:00Z"});
        let path = format!("/v1/allow-list/{allowance}");
        service.json("PATCH", key, &path, &ended).expect(200);
        let known = page(&service, key, CALLER);
        assert_eq!(
            (&known["is_allowed"], &known["allowances"][0]["id"]),
            (&json!(false), &json!(allowance))
        );
        let own = page(&service, key, "84951234567");
        assert_eq!(
            (&own["is_own_number"], &own["own_numbers"][0]["id"]),
            (&json!(true), &json!(stock.own_number))
        );
        let theirs = service.client("Двери").key;
        let foreign = page(&service, &theirs, CALLER);
        for list in ["attributions", "portability_answers", "allowances"] {
            assert_eq!(foreign[list], json!([]), "{list}");
            assert_eq!(
                page(&service, &service.agency_key, CALLER)[list].as_array().unwrap().len(),
                1
            );
        }
        assert_eq!(page(&service, &theirs, "84951234567")["is_own_number"], false);
    });
}

#[test]
fn lists_are_bounded_and_counts_are_not() {
    let service = Service::start(TestDatabase::sqlite());
    let stock = service.stock("Окна");
    let limits = service.get(&stock.tenant.key, "/v1/limits").expect(200).json();
    let limits: HashMap<&str, usize> = limits["limits"]
        .as_array()
        .unwrap()
        .iter()
        .map(|limit| {
            let most = limit["maximum"].as_u64().unwrap();
            (limit["name"].as_str().unwrap(), usize::try_from(most).unwrap())
        })
        .collect();
    let shown = limits["offender_calls"];
    let records: Vec<Value> = (0..shown + 5)
        .map(|minute| {
            json!({
                "source": "recorder", "bait": "M-1", "direction": "incoming", "caller": CALLER,
                "occurred_at": format!("2026-10-02T10:{minute:02}:00Z"), "connected_seconds": 40,
            })
        })
        .collect();
    let sent = service.json("POST", &stock.tenant.key, "/v1/calls", &json!(records)).expect(200);
    assert_eq!(sent.json()["counts"]["accepted"], shown + 5);
    count(&service, &stock);
    let known = page(&service, &stock.tenant.key, CALLER);
    assert_eq!(known["counts"]["candidates"], shown + 5);
    let calls = known["calls"].as_array().unwrap();
    assert_eq!((calls.len(), &calls[0]["started_at"]), (shown, &json!("2026-10-02T10:24:00Z")));
    let first: ObservationId = ObservationId(calls[0]["id"].as_str().unwrap().parse().unwrap());
    assert!(calls.iter().skip(1).all(|call| call["id"] != first.to_string().as_str()));
}
