//! Where baits stand: by what was done with them, and by which the list is
//! narrowed.

use baitline_domain::call::Call;
use baitline_domain::ids::{BaitId, ClientId, ObservationId, TrapId};
use baitline_domain::instant::{Instant, Span};
use baitline_domain::observation::{Channel, Direction};
use baitline_domain::phone::Party;
use baitline_domain::trap::{TrapState, Window};
use baitline_domain::verdict::{Assessment, RULE_VERSION, Reason};
use baitline_store::models::JudgedCall;
use baitline_store::{Reach, calls, now, traps};
use baitline_testkit::on_both;
use serde_json::{Value, json};

use crate::service::{Service, Stock};

/// Gives a trap the window that the worker would have armed.
fn arm(service: &Service, stock: &Stock, trap: &str, from: Instant, to: Instant) {
    let client = ClientId(stock.tenant.id.parse().unwrap());
    let state = TrapState {
        trap: TrapId(trap.parse().unwrap()),
        exposures: Vec::new(),
        missing: Vec::new(),
        window: Some(Window { from, to }),
        run_ends_at: from,
    };
    service.store.write(Reach::Agency, |conn| traps::save_state(conn, client, &state)).unwrap();
}

/// The bait calls a number, as the worker would have derived it.
fn dial(service: &Service, stock: &Stock, bait: &str, number: &str, channel: Channel) {
    let client = ClientId(stock.tenant.id.parse().unwrap());
    let started_at = now() - Span::hours(2);
    let id = ObservationId(uuid::Uuid::now_v7());
    let call = Call {
        id,
        bait: BaitId(bait.parse().unwrap()),
        direction: Direction::Outgoing,
        party: Party::read(Some(number)),
        channel,
        started_at,
        uncertainty: Span(0),
        connected_seconds: 10,
        answered: true,
        roaming: false,
        observations: vec![id],
    };
    let assessment = Assessment {
        interception: None,
        reasons: vec![Reason::Outgoing],
        rule_version: RULE_VERSION,
    };
    let judged = JudgedCall { client_id: client, call, assessment, label: None, recordings: 0 };
    let day = started_at.day();
    service
        .store
        .write(Reach::Agency, |conn| {
            calls::replace_day(conn, client, day, std::slice::from_ref(&judged))
        })
        .unwrap();
}

fn bait(service: &Service, stock: &Stock) -> Value {
    service.get(&stock.tenant.key, &format!("/v1/baits/{}", stock.bait)).expect(200).json()
}

fn state(service: &Service, stock: &Stock) -> String {
    bait(service, stock)["state"].as_str().unwrap().to_owned()
}

/// The ids that each state's list shows.
fn listed(service: &Service, key: &str) -> Vec<(&'static str, Vec<String>)> {
    let of_state = |state| {
        let path = format!("/v1/baits?state={state}");
        let items = service.get(key, &path).expect(200).json()["items"].as_array().unwrap().clone();
        let ids: Vec<String> = items
            .iter()
            .inspect(|item| assert_eq!(item["state"], state, "the list and the bait disagree"))
            .map(|item| item["id"].as_str().unwrap().to_owned())
            .collect();
        (state, ids)
    };
    ["quiet", "resting", "armed", "tainted", "retired"].map(of_state).to_vec()
}

/// Fails unless the bait is in the list of its state and in no other.
fn assert_listed(service: &Service, stock: &Stock, wanted: &str) {
    assert_eq!(state(service, stock), wanted);
    for key in [&stock.tenant.key, &service.agency_key] {
        for (state, ids) in listed(service, key) {
            assert_eq!(ids.contains(&stock.bait), state == wanted, "{state} of {wanted}");
        }
    }
}

#[test]
fn a_bait_goes_from_quiet_to_retired_and_back() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let key = &stock.tenant.key;
        assert_listed(&service, &stock, "resting");
        assert_eq!(bait(&service, &stock)["last_trap_at"], "2026-10-02T06:00:00Z");
        let fresh = service.create(key, "/v1/baits", &json!({"number": "+79000000001"}));
        let fresh = Stock { bait: fresh, ..service.stock("Двери") };
        let quiet = service.get(key, &format!("/v1/baits/{}", fresh.bait)).expect(200).json();
        assert_eq!((&quiet["state"], &quiet["window"]), (&json!("quiet"), &Value::Null));
        assert_eq!(quiet["last_trap_at"], Value::Null);
        let (from, to) = (now() - Span::hours(1), now() + Span::hours(47));
        arm(&service, &stock, &stock.trap, from, to);
        assert_listed(&service, &stock, "armed");
        assert_eq!(bait(&service, &stock)["window"]["to"], to.to_string());
        let path = format!("/v1/baits/{}", stock.bait);
        let retire = |reason: Value| {
            service.json("PATCH", key, &path, &json!({"retired_because": reason})).expect(200)
        };
        let retired = retire(json!("SIM потеряна")).json();
        assert_eq!(retired["state"], "retired");
        assert_eq!(retired["window"]["to"], to.to_string(), "its window is open all the same");
        assert_listed(&service, &stock, "retired");
        let later = retire(json!("SIM украдена")).json();
        assert_eq!(later["retired_at"], retired["retired_at"]);
        assert_eq!(later["retired_because"], "SIM украдена");
        let trap = json!({"bait_id": stock.bait, "started_at": "2026-10-05T06:00:00Z"});
        let refused = service.json("POST", key, "/v1/traps", &trap).expect(409);
        assert_eq!(refused.code(), "bait_retired");
        let table = "bait,started_at\nM-1,2026-10-05T06:00:00Z\nM-1,2026-10-02T06:00:00Z\n";
        let answer = service.typed("POST", key, "/v1/traps/imports", "text/csv", table.as_bytes());
        let receipts = answer.expect(200).json()["receipts"].clone();
        assert_eq!(receipts[0]["error"]["code"], "bait_retired");
        assert_eq!(
            (&receipts[0]["status"], &receipts[1]["status"]),
            (&json!("conflict"), &json!("duplicate"))
        );
        let back = retire(Value::Null).json();
        assert_eq!((&back["state"], &back["retired_at"]), (&json!("armed"), &Value::Null));
        service.json("POST", key, "/v1/traps", &trap).expect(201);
        let empty = service.json("PATCH", key, &path, &json!({"retired_because": " "}));
        assert_eq!(empty.expect(422).code(), "empty");
    });
}

#[test]
fn a_bait_is_tainted_by_what_is_logged_until_that_is_withdrawn() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let key = &stock.tenant.key;
        arm(&service, &stock, &stock.trap, now() - Span::hours(1), now() + Span::hours(1));
        let dealing = json!({
            "bait_id": stock.bait, "kind": "outgoing_call", "number": "+79160000001",
            "at": "2026-10-01T10:00:00Z",
        });
        let id = service.create(key, "/v1/contaminations", &dealing);
        assert_listed(&service, &stock, "tainted");
        assert_ne!(bait(&service, &stock)["window"], Value::Null, "it still records");
        let path = format!("/v1/contaminations/{id}");
        let withdrawn = json!({"withdrawn_because": "не тот телефон"});
        service.json("PATCH", key, &path, &withdrawn).expect(200);
        assert_listed(&service, &stock, "armed");
    });
}

#[test]
fn a_call_to_a_stranger_taints_and_one_to_the_own_side_or_an_allowed_number_does_not() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let key = &stock.tenant.key;
        dial(&service, &stock, &stock.bait, "+74951234567", Channel::Pstn);
        assert_listed(&service, &stock, "resting");
        dial(&service, &stock, &stock.bait, "+79160000001", Channel::Sms);
        assert_listed(&service, &stock, "resting");
        dial(&service, &stock, &stock.bait, "0611", Channel::Pstn);
        assert_listed(&service, &stock, "resting");
        dial(&service, &stock, &stock.bait, "+79160000001", Channel::Messenger);
        assert_listed(&service, &stock, "tainted");
        let since = now() - Span::hours(1);
        let allow = |since: Instant| {
            let body =
                json!({"number": "+79160000001", "reason": "банк", "since": since.to_string()});
            service.create(key, "/v1/allow-list", &body)
        };
        allow(since);
        assert_listed(&service, &stock, "tainted");
        allow(since - Span::hours(5));
        assert_listed(&service, &stock, "resting");
        let own = format!("/v1/own-numbers/{}", stock.own_number);
        dial(&service, &stock, &stock.bait, "+74951234567", Channel::Pstn);
        let ended = json!({"valid_to": (now() - Span::hours(3)).to_string()});
        service.json("PATCH", key, &own, &ended).expect(200);
        assert_listed(&service, &stock, "tainted");
    });
}

#[test]
fn a_list_by_state_comes_in_pieces_without_gaps() {
    on_both(|database| {
        let service = Service::start(database);
        let tenant = service.client("Окна");
        let key = &tenant.key;
        let rows: String = (0..25).map(|n| format!("+790000000{n:02}\n")).collect();
        let table = format!("number\n{rows}");
        let answer = service.typed("POST", key, "/v1/baits/imports", "text/csv", table.as_bytes());
        let receipts = answer.expect(200).json()["receipts"].as_array().unwrap().clone();
        let ids: Vec<&str> = receipts.iter().map(|one| one["id"].as_str().unwrap()).collect();
        for id in ids.iter().step_by(3) {
            let path = format!("/v1/baits/{id}");
            service.json("PATCH", key, &path, &json!({"retired_because": "сломана"})).expect(200);
        }
        let walk = |state: &str| {
            let mut found = Vec::new();
            let mut path = format!("/v1/baits?limit=4&state={state}");
            loop {
                let page = service.get(key, &path).expect(200).json();
                let items = page["items"].as_array().unwrap();
                found.extend(items.iter().map(|item| item["id"].as_str().unwrap().to_owned()));
                let Some(cursor) = page["next_cursor"].as_str() else { return found };
                path = format!("/v1/baits?limit=4&state={state}&cursor={cursor}");
            }
        };
        let retired: Vec<&str> = ids.iter().copied().step_by(3).collect();
        let quiet: Vec<&str> = ids.iter().copied().filter(|id| !retired.contains(id)).collect();
        assert_eq!(walk("retired"), retired);
        assert_eq!(walk("quiet"), quiet);
        assert_eq!(service.get(key, "/v1/baits?state=asleep").expect(400).code(), "invalid_value");
    });
}

#[test]
fn open_windows_are_those_that_cover_the_moment() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let other = service.stock("Двери");
        let key = &stock.tenant.key;
        let now = now();
        let trap = json!({"bait_id": stock.bait, "started_at": "2026-10-05T06:00:00Z"});
        let second = service.create(key, "/v1/traps", &trap);
        arm(&service, &stock, &stock.trap, now - Span::hours(1), now + Span::hours(47));
        arm(&service, &stock, &second, now - Span::hours(90), now - Span::hours(20));
        arm(&service, &other, &other.trap, now + Span::hours(1), now + Span::hours(2));
        let open = |key: &str, query: &str| -> Vec<String> {
            let page = service.get(key, &format!("/v1/traps?{query}")).expect(200).json();
            let items = page["items"].as_array().unwrap().clone();
            items.iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
        };
        let at = |moment: Instant| format!("open_at={moment}");
        assert_eq!(open(key, "window=open"), [stock.trap.as_str()]);
        assert_eq!(open(&service.agency_key, "window=open"), [stock.trap.as_str()]);
        assert_eq!(open(&other.tenant.key, "window=open"), [] as [String; 0]);
        let end = now + Span::hours(47);
        assert_eq!(open(key, &at(end)), [] as [String; 0], "the end does not belong to it");
        assert_eq!(open(key, &at(end - Span(1))), [stock.trap.as_str()]);
        assert_eq!(open(key, &at(now - Span::hours(1))), [stock.trap.as_str()]);
        assert_eq!(open(key, &at(now - Span::hours(90))), [second.as_str()]);
        assert_eq!(open(key, &at(now - Span::hours(91))), [] as [String; 0]);
        let path = format!("/v1/traps?window=open&bait_id={}", stock.bait);
        let shown = service.get(key, &path).expect(200).json()["items"][0].clone();
        assert_eq!(shown["bait_number"], "+79001234567");
        assert_eq!(shown["state"]["window"]["to"], end.to_string());
        assert_eq!(service.get(key, "/v1/traps?window=shut").expect(400).code(), "invalid_value");
    });
}
