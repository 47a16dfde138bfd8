//! Operators: the list that comes with the program, and what the agency enters
//! beside it.

use baitline_domain::ids::{ClientId, ObservationId};
use baitline_domain::numbering::{NumberRange, NumberingFile};
use baitline_domain::phone::Phone;
use baitline_store::numbering::{NewEdition, import_edition};
use baitline_store::{Reach, calls, changes};
use baitline_testkit::{TestDatabase, on_both};
use serde_json::{Value, json};

use crate::service::{Answer, Service, Stock, the_day};

/// In the built-in list, an entity of its own.
const INTERNOD: &str = "7733808377";
/// In no list.
const STRANGER: &str = "7700000009";
const SINCE: &str = "2026-06-01T00:00:00+03:00";
const BUILT_IN: usize = 73;

/// Internod as the agency may enter it.
fn bought(since: &Value) -> Value {
    json!({
        "inn": INTERNOD, "name": "ООО «Интернод»", "standing": "group", "group": "t2-rostelecom",
        "source": "выписка", "since": since,
    })
}

/// The same with other fields; null takes one away.
fn with(fields: &Value) -> Value {
    let mut body = bought(&json!(SINCE));
    let object = body.as_object_mut().unwrap();
    for (name, value) in fields.as_object().unwrap() {
        if value.is_null() {
            object.remove(name);
        } else {
            object.insert(name.clone(), value.clone());
        }
    }
    body
}

fn enter(service: &Service, body: &Value) -> Answer {
    service.json("POST", &service.agency_key, "/v1/operators", body)
}

fn withdraw(service: &Service, entry: &Value, because: &Value) -> Answer {
    let (inn, id) = (entry["inn"].as_str().unwrap(), entry["id"].as_str().unwrap());
    let body = json!({"withdrawn_because": because});
    let path = format!("/v1/operators/{inn}/entries/{id}");
    service.json("PATCH", &service.agency_key, &path, &body)
}

fn items(answer: &Answer) -> Vec<Value> {
    answer.json()["items"].as_array().unwrap().clone()
}

#[test]
fn the_built_in_list_is_listed_whole_in_pieces_and_by_what_is_asked() {
    on_both(|database| {
        let service = Service::start(database);
        let key = &service.client("Окна").key;
        let whole = items(&service.get(key, "/v1/operators").expect(200));
        assert_eq!(whole.len(), BUILT_IN);
        assert!(whole.iter().all(|one| one["origin"] == "built_in" && one["source"] != ""));
        let inns: Vec<&str> = whole.iter().map(|one| one["inn"].as_str().unwrap()).collect();
        assert!(inns.is_sorted_by_key(|inn| inn.parse::<u64>().unwrap()), "{inns:?}");
        let (mut pieces, mut path) = (Vec::new(), "/v1/operators?limit=30".to_owned());
        loop {
            let piece = service.get(key, &path).expect(200);
            pieces.extend(items(&piece));
            let Some(cursor) = piece.json()["next_cursor"].as_str().map(str::to_owned) else {
                break;
            };
            path = format!("/v1/operators?limit=30&cursor={cursor}");
        }
        assert_eq!(pieces, whole);
        let names = |query: &str| -> Vec<String> {
            let found = items(&service.get(key, &format!("/v1/operators?{query}")).expect(200));
            found.iter().map(|one| one["inn"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(names("group=t2-rostelecom"), ["7707049388", "7743895280"]);
        assert_eq!(names("standing=group").len(), 8);
        assert_eq!(names("standing=group&group=mts&inn=7740000076"), ["7740000076"]);
        assert_eq!(names("standing=entity&group=mts"), [""; 0]);
        assert_eq!(names(&format!("inn={STRANGER}")), [""; 0]);
    });
}

#[test]
fn an_entry_holds_from_its_beginning_on_and_says_who_made_it_and_why() {
    on_both(|database| {
        let service = Service::start(database);
        let key = &service.client("Окна").key;
        let made = enter(&service, &bought(&json!(SINCE))).expect(201).json();
        assert_eq!(made["origin"], "entered");
        assert_eq!(made["since"], "2026-05-31T21:00:00Z");
        assert_eq!((&made["brand"], &made["hosts"]), (&Value::Null, &json!([])));
        assert!(service.agency_key.contains(made["author"].as_str().unwrap()), "{made}");
        let find = |query: &str| {
            service.get(key, &format!("/v1/operators/{INTERNOD}{query}")).expect(200).json()
        };
        let found = find("");
        assert_eq!(found["standing_at"], made);
        assert_eq!(found["entries"][0]["origin"], "built_in");
        assert_eq!(found["entries"][1], made);
        let before = find("?at=2026-05-31T20:59:59Z");
        assert_eq!(before["standing_at"], found["entries"][0]);
        assert_eq!(before["entries"], found["entries"]);
        let listed = items(&service.get(key, "/v1/operators").expect(200));
        assert_eq!(listed.len(), BUILT_IN + 1);
        let place = listed.iter().position(|one| *one == made).unwrap();
        assert_eq!(listed[place - 1], found["entries"][0], "after the list's own entry");
    });
}

#[test]
fn an_entry_withdrawn_stays_and_counts_no_more_until_it_counts_again() {
    on_both(|database| {
        let service = Service::start(database);
        let key = service.agency_key.clone();
        let body = with(&json!({"inn": STRANGER, "standing": "entity", "group": null}));
        let made = enter(&service, &body).expect(201).json();
        let found = || service.get(&key, &format!("/v1/operators/{STRANGER}")).expect(200).json();
        assert_eq!(found()["standing_at"], made);
        let withdrawn = withdraw(&service, &made, &json!("однофамилец")).expect(200).json();
        assert_eq!(withdrawn["withdrawn_because"], "однофамилец");
        let after = found();
        assert_eq!(after["standing_at"], Value::Null);
        assert_eq!(after["entries"], json!([withdrawn]));
        assert_eq!(withdraw(&service, &made, &Value::Null).expect(200).json(), made);
        assert_eq!(found()["standing_at"], made);
        let mut of_another = made;
        of_another["inn"] = json!(INTERNOD);
        withdraw(&service, &of_another, &json!("чужая")).expect(404);
    });
}

#[test]
fn a_client_sees_the_operators_and_changes_none() {
    on_both(|database| {
        let service = Service::start(database);
        let tenant = service.client("Окна");
        let made = enter(&service, &bought(&json!(SINCE))).expect(201).json();
        let waiting = || {
            service.store.read(Reach::Agency, |c| changes::count_changes(c, Reach::Agency)).unwrap()
        };
        let before = waiting();
        assert!(before > 0, "the client's calls are judged again");
        service.json("POST", &tenant.key, "/v1/operators", &bought(&Value::Null)).expect(403);
        let path = format!("/v1/operators/{INTERNOD}/entries/{}", made["id"].as_str().unwrap());
        let body = json!({"withdrawn_because": "мешает"});
        service.json("PATCH", &tenant.key, &path, &body).expect(403);
        assert_eq!(waiting(), before);
        let found = service.get(&tenant.key, &format!("/v1/operators/{INTERNOD}")).expect(200);
        assert_eq!(found.json()["standing_at"], made);
    });
}

#[test]
fn an_entry_needs_just_the_parts_of_its_standing() {
    let service = Service::start(TestDatabase::sqlite());
    let hosts = |count: usize| -> Vec<String> { (0..count).map(|n| format!("h{n}")).collect() };
    for (fields, pointer, code) in [
        (json!({"inn": "7733808378"}), "/inn", "not_an_inn"),
        (json!({"name": " "}), "/name", "empty"),
        (json!({"source": null}), "/source", "missing"),
        (json!({"since": null}), "/since", "missing"),
        (json!({"since": "2026-06-01"}), "/since", "not_a_time"),
        (json!({"standing": "friend"}), "/standing", "invalid_value"),
        (json!({"group": null}), "/group", "missing"),
        (json!({"group": "Т2"}), "/group", "not_a_slug"),
        (json!({"hosts": []}), "/hosts", "not_together"),
        (json!({"standing": "entity"}), "/group", "not_together"),
        (json!({"standing": "no_callers", "group": null, "hosts": []}), "/hosts", "not_together"),
        (json!({"standing": "virtual", "group": null}), "/hosts", "missing"),
        (json!({"standing": "virtual", "hosts": []}), "/group", "not_together"),
        (json!({"standing": "virtual", "group": null, "hosts": hosts(21)}), "/hosts", "too_many"),
        (json!({"author": "я"}), "/author", "unknown_field"),
    ] {
        let refused = enter(&service, &with(&fields)).expect(422);
        let found = (refused.text("/errors/0/pointer"), refused.code());
        assert_eq!(found, (pointer.to_owned(), code.to_owned()), "{fields}");
    }
    for fields in [
        json!({"standing": "virtual", "group": null, "hosts": hosts(20)}),
        json!({"standing": "virtual", "group": null, "hosts": []}),
        json!({"standing": "no_callers", "group": null, "brand": "Машины"}),
        json!({"group": "a-new-one"}),
    ] {
        enter(&service, &with(&fields)).expect(201);
    }
    enter(&service, &bought(&Value::Null)).expect(201);
    let key = &service.agency_key;
    let bad = service.get(key, "/v1/operators/77").expect(400);
    assert_eq!((bad.code(), bad.text("/errors/0/parameter")), ("not_an_inn".into(), "path".into()));
    service.get(key, &format!("/v1/operators/{STRANGER}")).expect(404);
    let bad = service.get(key, "/v1/operators?standing=friend").expect(400);
    assert_eq!(bad.code(), "invalid_value");
}

#[test]
fn a_bait_is_told_of_by_todays_standing() {
    on_both(|database| {
        let service = Service::start(database);
        let key = &service.client("Окна").key;
        let body = json!({"number": "+79001234567", "operator_inn": STRANGER});
        let made = service.json("POST", key, "/v1/baits", &body).expect(201).json();
        assert_eq!(made["notices"], json!(["operator_unknown"]));
        assert_eq!(made["operator"]["name"], Value::Null);
        let path = format!("/v1/baits/{}", made["id"].as_str().unwrap());
        let told = || {
            let found = service.get(key, &path).expect(200).json();
            let listed = items(&service.get(key, "/v1/baits").expect(200));
            assert_eq!(listed, std::slice::from_ref(&found));
            let change = json!({"note": null});
            assert_eq!(service.json("PATCH", key, &path, &change).expect(200).json(), found);
            (found["operator"]["group"].clone(), found["notices"].clone())
        };
        let fields = json!({"inn": STRANGER, "since": "2099-01-01T00:00:00Z"});
        enter(&service, &with(&fields)).expect(201);
        assert_eq!(told(), (Value::Null, json!(["operator_unknown"])), "not yet");
        let entry = enter(&service, &with(&json!({"inn": STRANGER}))).expect(201).json();
        assert_eq!(told(), (json!("t2-rostelecom"), json!([])));
        let fields = json!({
            "inn": STRANGER, "since": "2026-07-01T00:00:00Z", "standing": "virtual",
            "group": null, "hosts": ["t2-rostelecom"],
        });
        let virtually = enter(&service, &with(&fields)).expect(201).json();
        let notices = json!(["operator_not_recommended", "operator_virtual"]);
        assert_eq!(told(), (Value::Null, notices));
        withdraw(&service, &virtually, &json!("нет")).expect(200);
        assert_eq!(told(), (json!("t2-rostelecom"), json!([])));
        withdraw(&service, &entry, &json!("нет")).expect(200);
        assert_eq!(told(), (Value::Null, json!(["operator_unknown"])));
    });
}

/// Two calls of the trap's day that a verdict found to come from Internod.
fn calls_of_internod(service: &Service, stock: &Stock) -> [String; 2] {
    let ids = ["2026-10-02T08:00:00Z", "2026-10-02T16:00:00Z"]
        .map(|at| service.call(stock, "+79580000001", at));
    service.derive(&stock.tenant.id, &stock.trap, the_day());
    let client = ClientId(stock.tenant.id.parse().unwrap());
    let reach = Reach::Client(client);
    let judged = |conn: &mut _| {
        let ids = ids.iter().map(|id| ObservationId(id.parse().unwrap()));
        let found = ids.map(|id| calls::find_call(conn, reach, id)).collect::<Result<Vec<_>, _>>();
        let mut found = found?;
        for one in &mut found {
            let interception = one.assessment.interception.as_mut().unwrap();
            interception.caller_operator = Some(INTERNOD.parse().unwrap());
        }
        calls::replace_day(conn, client, the_day(), &found)
    };
    service.store.write(Reach::Agency, judged).unwrap();
    ids
}

#[test]
fn calls_name_their_operator_as_it_stood_when_they_came() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let key = &stock.tenant.key;
        let ids = calls_of_internod(&service, &stock);
        enter(&service, &bought(&json!("2026-10-02T12:00:00Z"))).expect(201);
        let (early, late) = (Value::Null, json!("t2-rostelecom"));
        let groups = |path: &str, pointer: &str| -> Vec<Value> {
            let found = items(&service.get(key, path).expect(200));
            let mut by_time: Vec<(String, Value)> = found
                .iter()
                .map(|one| {
                    let started_at = one["started_at"].as_str().unwrap().to_owned();
                    (started_at, one.pointer(pointer).unwrap().clone())
                })
                .collect();
            by_time.sort_by(|one, other| one.0.cmp(&other.0));
            by_time.into_iter().map(|(_, group)| group).collect()
        };
        let expected = [early.clone(), late.clone()];
        let of_interceptions = groups("/v1/interceptions", "/facts/caller_operator/group");
        assert_eq!(of_interceptions, expected);
        assert_eq!(groups("/v1/calls", "/interception/caller_operator/group"), expected);
        for (id, group) in ids.iter().zip(&expected) {
            let call = service.get(key, &format!("/v1/calls/{id}")).expect(200).json();
            assert_eq!(&call["call"]["interception"]["caller_operator"]["group"], group);
            let found = service.get(key, &format!("/v1/interceptions/{id}")).expect(200).json();
            assert_eq!(&found["facts"]["caller_operator"]["group"], group);
        }
        for (to, group) in [("12:00", early), ("20:00", late)] {
            let path = format!(
                "/v1/reports/repeat-offenders?from=2026-10-02T06:00:00Z&to=2026-10-02T{to}:00Z"
            );
            let report = service.get(key, &path).expect(200).json();
            assert_eq!(report["offenders"][0]["operator"]["group"], group, "{report}");
        }
    });
}

#[test]
fn a_number_is_answered_with_its_operator_at_the_time_asked_about() {
    on_both(|database| {
        let service = Service::start(database);
        let phone = |digits| Phone::from_digits(digits).unwrap();
        let edition = NewEdition {
            file: NumberingFile::Def9,
            in_force_from: the_day().start(),
            sha256: [7; 32],
            ranges: vec![NumberRange {
                first: phone(79_580_000_000),
                last: phone(79_580_099_999),
                operator: Some(INTERNOD.parse().unwrap()),
                operator_name: "ООО \"Интернод\"".to_owned(),
                region: "г. Москва".to_owned(),
            }],
        };
        service.store.write(Reach::Agency, |conn| import_edition(conn, &edition)).unwrap();
        enter(&service, &bought(&json!(SINCE))).expect(201);
        for (at, group) in [("2026-05-01", Value::Null), ("2026-07-01", json!("t2-rostelecom"))] {
            let path = format!("/v1/numbering/+79580000001?at={at}T00:00:00Z");
            let answer = service.get(&service.agency_key, &path).expect(200).json();
            assert_eq!(answer["operator"]["group"], group, "{at}");
        }
    });
}
