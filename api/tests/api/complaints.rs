//! Complaints over HTTP: proposed, made, gated, filed, decided, and nobody else's.

use baitline_testkit::on_both;
use serde_json::{Value, json};

use crate::service::{Answer, Service, Stock, the_day};

const NOWHERE: &str = "00000000-0000-7000-8000-000000000000";
const CALLER: &str = "+79160000001";
const CASE: &str = "077/05/18-1234/2026";

fn asked(grouping: &str) -> Value {
    json!({
        "from": "2026-10-01T00:00:00+03:00", "to": "2026-11-01T00:00:00+03:00",
        "grouping": grouping,
    })
}

/// A client with two answered interceptions of one number heard to be advertising,
/// whose bait has a holder with a head.
pub(crate) struct Scene {
    stock: Stock,
    calls: Vec<String>,
    applicant: String,
}

pub(crate) fn scene(service: &Service, name: &str) -> Scene {
    let stock = service.stock(name);
    let key = &stock.tenant.key;
    let calls =
        ["2026-10-02T10:00:00Z", "2026-10-02T11:00:00Z"].map(|at| service.call(&stock, CALLER, at));
    service.derive(&stock.tenant.id, &stock.trap, the_day());
    service.execute("UPDATE calls SET label = 'advertising'");
    let applicant = json!({
        "kind": "legal_entity", "name": "ООО «Окна»", "inn": "7743895280",
        "ogrn": "1027700132195", "legal_address": "г. Москва, д. 1", "subject_code": "77",
    });
    let applicant = service.create(key, "/v1/applicants", &applicant);
    let head = json!({"applicant_id": applicant, "kind": "head", "name": "Иванов И. И."});
    service.create(key, "/v1/representatives", &head);
    let prepared = json!({
        "applicant_id": applicant, "contract_number": "1", "contract_on": "2026-01-10",
        "refusal_on": "2026-10-01",
    });
    let path = format!("/v1/baits/{}/preparation", stock.bait);
    service.json("PUT", key, &path, &prepared).expect(200);
    Scene { stock, calls: calls.to_vec(), applicant }
}

impl Scene {
    pub(crate) fn key(&self) -> &str {
        &self.stock.tenant.key
    }

    pub(crate) fn make(&self, service: &Service, grouping: &str) -> Vec<Value> {
        let made = service.json("POST", self.key(), "/v1/complaints", &asked(grouping));
        made.expect(201).json()["complaints"].as_array().unwrap().clone()
    }

    /// Everything that the gate asks for: recordings, labels with words, a complete
    /// trap, a statement with its original, a consent with its scan, an answered
    /// inquiry.
    pub(crate) fn prove(&self, service: &Service) {
        let key = self.key();
        for call in &self.calls {
            let path = format!("/v1/calls/{call}/recording");
            let wav = b"RIFF\x24\0\0\0WAVEfmt ";
            service.typed("PUT", key, &path, "audio/wav", wav).expect(201);
            let label = json!({
                "kind": "advertising", "robot": false, "consent_given": false,
                "stop_demanded": false, "transcript": "Окна со скидкой",
            });
            service.create(key, &format!("/v1/interceptions/{call}/labels"), &label);
        }
        service.execute(
            "UPDATE traps SET exposures = '[]', missing = '[]', window_from = started_at, \
             window_to = run_ends_at",
        );
        let source = json!({"name": "t2", "kind": "operator_statement", "time_zone": "UTC"});
        let source = service.create(key, "/v1/sources", &source);
        let rows = "caller,called,occurred_at,connected_seconds\n\
                    +79160000001,+79001234567,2026-10-02 10:00:01,41\n\
                    +79160000001,+79001234567,2026-10-02 11:00:01,41\n";
        service.typed("POST", key, "/v1/calls?source=t2", "text/csv", rows.as_bytes()).expect(200);
        service.derive(&self.stock.tenant.id, &self.stock.trap, the_day());
        service.execute("UPDATE calls SET label = 'advertising'");
        let statement = json!({
            "bait_id": self.stock.bait, "source_id": source,
            "from": "2026-10-02T00:00:00Z", "to": "2026-10-03T00:00:00Z",
        });
        let statement = service.create(key, "/v1/statements", &statement);
        let consent = json!({
            "applicant_id": self.applicant, "kind": "disclosure", "given_by": "Иванов И. И.",
            "given_on": "2026-09-01",
        });
        let consent = service.create(key, "/v1/consents", &consent);
        for (kind, id) in [("statement", statement), ("consent", consent)] {
            let path = format!("/v1/attachments?subject_kind={kind}&subject_id={id}&title=x");
            service.typed("POST", key, &path, "application/pdf", b"%PDF-1.4 x").expect(201);
        }
        let period = json!({"from": "2026-10-01T00:00:00Z", "to": "2026-11-01T00:00:00Z"});
        let letter = service.json("POST", key, "/v1/inquiries", &period).expect(201);
        let letter = format!("/v1/inquiries/{}", letter.text("/inquiries/0/id"));
        let sent = json!({"sent_on": "2026-10-15", "channel": "email"});
        service.json("POST", key, &format!("{letter}/sending"), &sent).expect(200);
        let reply = json!({"answered_on": "2026-11-10", "answers": []});
        service.json("POST", key, &format!("{letter}/reply"), &reply).expect(200);
    }

    /// As the worker leaves it: nothing waits to be derived.
    pub(crate) fn settle(service: &Service) {
        service.execute("DELETE FROM changes; DELETE FROM touched_buckets");
    }

    fn missing(&self, service: &Service, complaint: &str) -> Vec<Value> {
        let path = format!("/v1/complaints/{complaint}/calls");
        let listed = service.get(self.key(), &path).expect(200).json();
        listed["items"].as_array().unwrap().iter().map(|call| call["missing"].clone()).collect()
    }

    pub(crate) fn act(&self, service: &Service, complaint: &str, body: &Value) -> Answer {
        service.json("POST", self.key(), &format!("/v1/complaints/{complaint}/acts"), body)
    }
}

pub(crate) fn id(complaint: &Value) -> String {
    complaint["id"].as_str().unwrap().to_owned()
}

#[test]
fn what_is_proposed_is_made_by_call_or_by_number_and_nothing_twice() {
    on_both(|database| {
        let service = Service::start(database);
        let scene = scene(&service, "Окна");
        let propose = |grouping: &str| {
            let answer =
                service.json("POST", scene.key(), "/v1/complaints:propose", &asked(grouping));
            answer.expect(200).json()
        };
        let by_call = propose("call");
        assert_eq!(by_call["complaints"].as_array().unwrap().len(), 2);
        let by_number = propose("number");
        assert_eq!(by_number["complaints"][0]["call_ids"], json!(scene.calls));
        assert_eq!(by_number["complaints"][0]["subject_code"], "77");
        assert_eq!(propose("competitor"), by_number, "the number is no competitor's");
        let made = scene.make(&service, "number");
        assert_eq!((&made[0]["state"], &made[0]["calls"]), (&json!("draft"), &json!(2)));
        assert_eq!(
            (&made[0]["number"], &made[0]["limit_on"]),
            (&json!(CALLER), &json!("2027-10-02"))
        );
        assert!(made[0]["representative_id"].is_string(), "the head signs");
        let nothing = json!({"complaints": [], "left_out": []});
        assert_eq!(propose("call"), nothing);
        let again = service.json("POST", scene.key(), "/v1/complaints", &asked("call"));
        assert_eq!(again.expect(200).json(), nothing);
        service.execute("UPDATE bait_preparations SET applicant_id = NULL");
        service.execute("UPDATE complaint_calls SET released = TRUE");
        let left: Vec<Value> = propose("call")["left_out"].as_array().unwrap().clone();
        let reasons: Vec<&Value> = left.iter().map(|one| &one["reason"]).collect();
        assert_eq!(reasons, ["no_contract_holder"; 2]);
    });
}

#[test]
fn the_gate_names_what_is_missing_and_files_what_misses_nothing() {
    on_both(|database| {
        let service = Service::start(database);
        let scene = scene(&service, "Окна");
        let complaint = id(&scene.make(&service, "number")[0]);
        let bare = json!([
            "recording",
            "advertising_label",
            "transcript",
            "complete_trap",
            "statement",
            "certified_statement",
            "disclosure_consent",
            "inquiry",
        ]);
        assert_eq!(scene.missing(&service, &complaint), [bare.clone(), bare]);
        let complete = json!({"kind": "complete", "on": "2026-11-14"});
        Scene::settle(&service);
        assert_eq!(scene.act(&service, &complaint, &complete).expect(409).code(), "not_ready");
        scene.prove(&service);
        assert_eq!(scene.missing(&service, &complaint), [json!([]), json!([])]);
        let pending = scene.act(&service, &complaint, &complete).expect(409);
        assert_eq!(pending.code(), "calls_pending");
        Scene::settle(&service);
        let ready = scene.act(&service, &complaint, &complete).expect(200);
        assert_eq!((ready.text("/state"), ready.header("etag")), ("ready".to_owned(), "\"2\""));
        let file = json!({"kind": "file", "on": "2026-11-15"});
        assert_eq!(scene.act(&service, &complaint, &file).expect(422).code(), "missing");
        // What a paper proved is asked again on the day of filing.
        service.execute("UPDATE consents SET revoked_on = 20000, revoked_because = 'x'");
        let file = json!({"kind": "file", "on": "2026-11-15", "channel": "post"});
        assert_eq!(scene.act(&service, &complaint, &file).expect(409).code(), "not_ready");
        service.execute("UPDATE consents SET revoked_on = NULL, revoked_because = NULL");
        let filed = scene.act(&service, &complaint, &file).expect(200);
        assert_eq!(
            (filed.text("/state"), filed.text("/filed_on"), filed.text("/channel")),
            ("filed".to_owned(), "2026-11-15".to_owned(), "post".to_owned())
        );
        let path = format!("/v1/complaints/{complaint}");
        let moved = json!({"subject_code": "50"});
        let refused = service.json("PATCH", scene.key(), &path, &moved).expect(409);
        assert_eq!(refused.code(), "complaint_filed");
        let gone = format!("{path}/calls/{}", scene.calls[0]);
        let bearer = format!("Bearer {}", scene.key());
        let refused = service.send("DELETE", &gone, &[("authorization", &bearer)], b"");
        assert_eq!(refused.expect(409).code(), "complaint_filed");
    });
}

#[test]
fn no_interception_is_in_two_filed_complaints_until_one_lets_it_go() {
    on_both(|database| {
        let service = Service::start(database);
        let scene = scene(&service, "Окна");
        let first = id(&scene.make(&service, "number")[0]);
        // Two drafts of one call: somebody made the second past the proposals.
        service.execute("UPDATE complaint_calls SET released = TRUE");
        let second = id(&scene.make(&service, "number")[0]);
        service.execute("UPDATE complaint_calls SET released = FALSE");
        scene.prove(&service);
        Scene::settle(&service);
        let complete = json!({"kind": "complete", "on": "2026-11-14"});
        let file = json!({"kind": "file", "on": "2026-11-15", "channel": "email"});
        for complaint in [&first, &second] {
            scene.act(&service, complaint, &complete).expect(200);
        }
        scene.act(&service, &first, &file).expect(200);
        assert_eq!(scene.act(&service, &second, &file).expect(409).code(), "not_ready");
        let elsewhere = json!(["free_of_other_complaints"]);
        assert_eq!(scene.missing(&service, &second), [elsewhere.clone(), elsewhere]);
        let expiring = || {
            let listed = service.get(scene.key(), "/v1/limitations").expect(200).json();
            listed["items"].as_array().unwrap().len()
        };
        let returned = json!({
            "kind": "return", "on": "2026-11-20", "missing": ["sim_authority"],
            "incoming_number": "вх. 7",
        });
        assert_eq!(scene.act(&service, &first, &returned).expect(200).text("/state"), "returned");
        assert_eq!(expiring(), 2, "free again");
        assert_eq!(scene.missing(&service, &second), [json!([]), json!([])]);
        scene.act(&service, &second, &file).expect(200);
        assert_eq!(expiring(), 0);
        let acts = service.get(scene.key(), &format!("/v1/complaints/{first}/acts")).expect(200);
        assert_eq!(acts.json()["items"][2]["missing"], json!(["sim_authority"]));
        // The database itself refuses what the rules would not have let through.
        let held_twice = std::panic::AssertUnwindSafe(|| {
            service.execute("UPDATE complaint_holds SET released = FALSE");
        });
        assert!(std::panic::catch_unwind(held_twice).is_err());
    });
}

#[test]
fn a_complaint_goes_to_its_end_with_its_fines() {
    on_both(|database| {
        let service = Service::start(database);
        let scene = scene(&service, "Окна");
        let complaint = id(&scene.make(&service, "number")[0]);
        scene.prove(&service);
        Scene::settle(&service);
        let act = |body: Value| scene.act(&service, &complaint, &body);
        act(json!({"kind": "complete", "on": "2026-11-14"})).expect(200);
        act(json!({"kind": "file", "on": "2026-11-15", "channel": "email"})).expect(200);
        let early = json!({"kind": "accept", "on": "2026-11-14"});
        assert_eq!(act(early).expect(409).code(), "out_of_order");
        for (case, code) in
            [("1234", "not_a_case_number"), ("177/05/18-1/2026", "not_a_case_number")]
        {
            let body = json!({"kind": "open_case", "on": "2026-11-20", "case_number": case});
            assert_eq!(act(body).expect(422).code(), code);
        }
        let decision = format!("/v1/complaints/{complaint}/calls/{}/decision", scene.calls[0]);
        let fine = json!({"decision": "violation", "fine": {
            "kopecks": 30_000_000, "against": "legal_entity",
        }});
        let refused = service.json("PUT", scene.key(), &decision, &fine).expect(409);
        assert_eq!(refused.code(), "not_decided");
        let opened = act(json!({"kind": "open_case", "on": "2026-11-20", "case_number": CASE}));
        assert_eq!(opened.expect(200).text("/advertising_case"), CASE);
        let undecided = json!({"kind": "decide", "on": "2026-12-20"});
        assert_eq!(act(undecided).expect(422).text("/errors/0/pointer"), "/outcome");
        act(json!({"kind": "decide", "on": "2026-12-20", "outcome": "violation"})).expect(200);
        act(json!({"kind": "fine", "on": "2027-01-20"})).expect(200);
        let pay = json!({"kind": "pay", "on": "2027-03-02"});
        assert_eq!(act(pay.clone()).expect(409).code(), "fines_open");
        let stray = json!({"decision": "none", "fine": fine["fine"]});
        let refused = service.json("PUT", scene.key(), &decision, &stray).expect(422);
        assert_eq!(refused.code(), "fine_without_violation");
        service.json("PUT", scene.key(), &decision, &fine).expect(200);
        assert_eq!(act(pay.clone()).expect(409).code(), "fines_open");
        let mut paid = fine.clone();
        paid["fine"]["paid_on"] = json!("2027-03-01");
        service.json("PUT", scene.key(), &decision, &paid).expect(200);
        assert_eq!(act(pay).expect(200).text("/state"), "paid");
        let calls = service.get(scene.key(), &format!("/v1/complaints/{complaint}/calls"));
        let calls = calls.expect(200).json();
        assert_eq!(calls["items"][0]["fine"]["unusual"], json!(false));
        assert_eq!(
            (&calls["items"][1]["decision"], &calls["items"][1]["fine"]),
            (&json!("violation"), &Value::Null)
        );
    });
}

#[test]
fn a_decision_that_falls_takes_the_fines_with_it() {
    on_both(|database| {
        let service = Service::start(database);
        let scene = scene(&service, "Окна");
        let complaint = id(&scene.make(&service, "number")[0]);
        scene.prove(&service);
        Scene::settle(&service);
        for act in [
            json!({"kind": "complete", "on": "2026-11-14"}),
            json!({"kind": "file", "on": "2026-11-15", "channel": "email"}),
            json!({"kind": "open_case", "on": "2026-11-20", "case_number": CASE}),
            json!({"kind": "decide", "on": "2026-12-20", "outcome": "violation"}),
            json!({"kind": "fine", "on": "2027-01-20"}),
        ] {
            scene.act(&service, &complaint, &act).expect(200);
        }
        let path = format!("/v1/complaints/{complaint}/calls");
        let fine = json!({"decision": "violation", "fine": {
            "kopecks": 30_000_000, "against": "legal_entity",
        }});
        let decision = format!("{path}/{}/decision", scene.calls[0]);
        service.json("PUT", scene.key(), &decision, &fine).expect(200);
        for act in [
            json!({"kind": "appeal", "on": "2027-01-25"}),
            json!({"kind": "decide_appeal", "on": "2027-03-25", "appeal": "changed", "outcome": "none"}),
        ] {
            scene.act(&service, &complaint, &act).expect(200);
        }
        let calls = service.get(scene.key(), &path).expect(200).json();
        let first = &calls["items"][0];
        assert_eq!((&first["decision"], &first["fine"]), (&json!("none"), &Value::Null));
    });
}

#[test]
fn a_draft_loses_calls_but_not_the_last() {
    on_both(|database| {
        let service = Service::start(database);
        let scene = scene(&service, "Окна");
        let complaint = id(&scene.make(&service, "number")[0]);
        let bearer = format!("Bearer {}", scene.key());
        let remove = |call: &str| {
            let path = format!("/v1/complaints/{complaint}/calls/{call}");
            service.send("DELETE", &path, &[("authorization", &bearer)], b"")
        };
        remove(NOWHERE).expect(404);
        assert_eq!(remove(&scene.calls[0]).expect(200).json()["calls"], 1);
        remove(&scene.calls[0]).expect(404);
        assert_eq!(remove(&scene.calls[1]).expect(409).code(), "last_call");
        let rest = scene.make(&service, "call");
        assert_eq!((rest.len(), &rest[0]["calls"]), (1, &json!(1)), "of the call taken out");
        let withdrawn = json!({"kind": "withdraw", "on": "2026-11-14"});
        scene.act(&service, &complaint, &withdrawn).expect(200);
        assert_eq!(scene.missing(&service, &complaint).len(), 1, "what was taken out stays out");
    });
}

#[test]
fn deadlines_stand_where_the_day_puts_them() {
    on_both(|database| {
        let service = Service::start(database);
        let scene = scene(&service, "Окна");
        let complaint = id(&scene.make(&service, "number")[0]);
        let path = format!("/v1/complaints/{complaint}/deadlines");
        let hearing = json!({"kind": "hearing", "due_on": "2020-01-20"});
        let made = service.json("POST", scene.key(), &path, &hearing).expect(201);
        assert_eq!((made.text("/state"), made.header("etag")), ("missed".to_owned(), "\"1\""));
        let one = format!("{path}/{}", made.text("/id"));
        let done = json!({"done_on": "2020-01-20"});
        let changed = service.json("PATCH", scene.key(), &one, &done).expect(200);
        assert_eq!((changed.text("/state"), changed.header("etag")), ("done".to_owned(), "\"2\""));
        let listed = service.get(scene.key(), &path).expect(200).json();
        assert_eq!(listed["items"], json!([changed.json()]));
        let other = format!("/v1/complaints/{NOWHERE}/deadlines/{}", made.text("/id"));
        service.json("PATCH", scene.key(), &other, &done).expect(404);
    });
}

#[test]
fn an_objection_puts_the_number_on_review_until_it_is_settled() {
    on_both(|database| {
        let service = Service::start(database);
        let scene = scene(&service, "Окна");
        let key = scene.key();
        let complaint = id(&scene.make(&service, "number")[0]);
        scene.prove(&service);
        let path = format!("/v1/complaints/{complaint}/objections");
        let body = json!({
            "received_on": "2026-12-05", "from_whom": "ООО «Образец-Окна»",
            "defences": ["provocation", "platform_consent", "provocation"], "words": "Сами звонили",
        });
        let made = service.json("POST", key, &path, &body).expect(201);
        assert_eq!(made.json()["defences"], json!(["platform_consent", "provocation"]));
        let page = || {
            let page = service.get(key, "/v1/offenders/+79160000001").expect(200).json();
            (page["on_review"].clone(), page["complaints"]["complaints"].clone())
        };
        assert_eq!(page(), (json!(true), json!(1)));
        let sheet = service.get(key, &format!("/v1/complaints/{complaint}/objection-sheet"));
        let sheet = sheet.expect(200).json();
        let first = &sheet["calls"][0];
        assert_eq!(first["refusal_on"], "2026-10-01");
        assert_eq!((&first["found_consents"], &first["ported"]), (&Value::Null, &json!(false)));
        let one = format!("{path}/{}", made.text("/id"));
        let half = json!({"settled_on": "2026-12-20"});
        assert_eq!(service.json("PATCH", key, &one, &half).expect(422).code(), "missing");
        let settled = json!({"settled_on": "2026-12-20", "settled_because": "согласия нет"});
        service.json("PATCH", key, &one, &settled).expect(200);
        assert_eq!(page(), (json!(false), json!(1)));
    });
}

#[test]
fn an_office_tells_what_it_returned_complaints_for() {
    on_both(|database| {
        let service = Service::start(database);
        let scene = scene(&service, "Окна");
        let key = scene.key();
        let complaint = id(&scene.make(&service, "number")[0]);
        scene.prove(&service);
        Scene::settle(&service);
        let acts = [
            json!({"kind": "complete", "on": "2026-11-14"}),
            json!({"kind": "file", "on": "2026-11-15", "channel": "email"}),
            json!({"kind": "return", "on": "2026-11-20", "missing": ["sim_authority", "transcript"]}),
        ];
        for act in &acts {
            scene.act(&service, &complaint, act).expect(200);
        }
        let told = service.get(key, "/v1/offices/77/outcomes").expect(200).json();
        assert_eq!((&told["counts"]["returned"], &told["counts"]["filed"]), (&json!(1), &json!(0)));
        let reasons = json!([
            {"missing": "transcript", "times": 1}, {"missing": "sim_authority", "times": 1},
        ]);
        assert_eq!(told["returned_for"], reasons);
        let none = service.get(key, "/v1/offices/78/outcomes").expect(200).json();
        assert_eq!(none["counts"]["complaints"], 0);
        let other = service.client("Двери");
        let theirs = service.get(&other.key, "/v1/offices/77/outcomes").expect(200).json();
        assert_eq!(theirs["counts"]["complaints"], 0);
    });
}

#[test]
fn who_signs_is_one_of_the_applicants_and_has_a_power_of_its_own() {
    on_both(|database| {
        let service = Service::start(database);
        let scene = scene(&service, "Окна");
        let key = scene.key();
        let complaint = id(&scene.make(&service, "number")[0]);
        let path = format!("/v1/complaints/{complaint}");
        let person = json!({
            "applicant_id": scene.applicant, "kind": "attorney", "name": "Петров П. П.",
        });
        let person = service.create(key, "/v1/representatives", &person);
        let power = json!({
            "representative_id": person, "issued_on": "2026-09-01", "expires_on": "2026-09-30",
            "powers": "подписывать заявления",
        });
        let power = service.create(key, "/v1/powers-of-attorney", &power);
        let stranger = json!({"representative_id": NOWHERE});
        let refused = service.json("PATCH", key, &path, &stranger).expect(404);
        assert_eq!(refused.code(), "unknown_representative");
        let stray = json!({"power_id": power});
        assert_eq!(service.json("PATCH", key, &path, &stray).expect(404).code(), "unknown_power");
        let signs = json!({"representative_id": person, "power_id": power});
        service.json("PATCH", key, &path, &signs).expect(200);
        let missing = scene.missing(&service, &complaint);
        assert!(missing[0].as_array().unwrap().contains(&json!("power_of_attorney")), "it ended");
    });
}
