//! The lawyer's half, for the first client: papers of its baits, the operator's
//! list, inquiries with their answers, and complaints, of which one is filed,
//! decided and paid.

use baitline_domain::limitation::{Limitation, limitation_day};
use baitline_sample::calendar::{BEGIN, Date, END, rfc3339};
use baitline_sample::cast::{BAITS, CLIENTS, OKNA, OKNA_1, SampleSource};
use baitline_sample::numbers::phone;
use baitline_sample::script::WINDOW_MAKER;
use serde_json::{Value, json};

use super::error::DemoError;
use super::setup::Staged;
use super::wire::{Wire, list, text};
use super::{Check, Told, packages};

/// Stands for a scan: what is scanned in a made-up world.
const SCAN: &[u8] = b"%PDF-1.4\n% a scan of the made-up world\n%%EOF\n";
/// The number of the made-up case.
const CASE: &str = "077/05/18-1/2026";
/// The made-up fine in kopecks: the least that a legal entity faces.
const FINE_KOPECKS: i64 = 30_000_000;

/// What a step came to.
pub(super) struct Done {
    pub(super) checks: Vec<Check>,
    pub(super) told: String,
}

impl Told for Done {
    fn told(&self) -> String {
        self.told.clone()
    }
}

/// Enters whose the SIMs are, who signs, what was consented to and refused, and
/// that the operator's list of one bait is complete and certified.
pub(super) fn papers(wire: &Wire, staged: &[Staged]) -> Result<Done, DemoError> {
    let key = &staged[OKNA].key;
    let applicant = json!({
        "kind": "legal_entity", "name": CLIENTS[OKNA].name, "inn": "7743895280",
        "ogrn": "1027700132195", "legal_address": "125009, г. Москва, ул. Примерная, д. 1",
        "subject_code": "77",
    });
    let applicant = id_of(&wire.create(key, "/v1/applicants", &applicant)?)?;
    let head = json!({
        "applicant_id": applicant, "kind": "head", "name": "Иванова Анна Петровна",
        "position": "генеральный директор",
    });
    wire.create(key, "/v1/representatives", &head)?;
    let consent = json!({
        "applicant_id": applicant, "kind": "disclosure", "given_by": "Иванова Анна Петровна",
        "given_on": "2026-08-25",
    });
    let consent = id_of(&wire.create(key, "/v1/consents", &consent)?)?;
    attach(wire, key, "consent", &consent)?;
    let baits = wire.get(key, "/v1/baits")?;
    let mut prepared = 0;
    for bait in list(&baits, "/items")? {
        let body = json!({
            "applicant_id": applicant, "user_name": "Сидорова Мария Ильинична",
            "user_relation": "employee", "contract_number": "Т-1", "contract_on": "2026-08-20",
            "refusal_on": "2026-08-21", "found_consents": [], "previous_use": "new_sim",
            "quiet_since": "2026-08-20",
        });
        let path = format!("/v1/baits/{}/preparation", text(bait, "/id")?);
        wire.put(key, &path, "application/json", body.to_string().as_bytes())?;
        prepared += 1;
    }
    let statement = json!({
        "bait_id": bait_id(&baits)?, "source_id": statement_source(wire, key)?,
        "number": "Д-1", "issued_on": "2026-11-05",
        "from": rfc3339(Date::Oct(1).midnight()), "to": rfc3339(END),
    });
    let statement = id_of(&wire.create(key, "/v1/statements", &statement)?)?;
    attach(wire, key, "statement", &statement)?;
    let compared = wire.get(key, &format!("/v1/statements/{statement}/comparison"))?;
    let lines = list(&compared, "/lines")?;
    let of = |outcome: &str| lines.iter().filter(|line| line["outcome"] == outcome).count();
    let (matched, theirs) = (of("matched"), of("only_in_theirs"));
    Ok(Done {
        checks: Vec::new(),
        told: format!(
            "{prepared} baits prepared; of {} calls in the operator's list or ours {matched} agree, \
             {theirs} are only in the list",
            lines.len()
        ),
    })
}

/// Asks the operators about every answered interception, takes an answer from one
/// and notes that the others are silent.
pub(super) fn inquire(wire: &Wire, staged: &[Staged]) -> Result<Done, DemoError> {
    let key = &staged[OKNA].key;
    let made = wire.create(key, "/v1/inquiries", &period())?;
    let (mut letters, mut answered) = (0, 0);
    for letter in list(&made, "/inquiries")? {
        let path = format!("/v1/inquiries/{}", text(letter, "/id")?);
        let sent = json!({"sent_on": "2026-11-01", "channel": "account"});
        wire.create(key, &format!("{path}/sending"), &sent)?;
        if text(letter, "/operator/inn")? == BAITS[OKNA_1].operator_inn {
            let calls = wire.get(key, &format!("{path}/calls"))?;
            let answer = |call: &Value| {
                json!({"call_id": call["call_id"], "permission": "not_permitted",
                    "special_number": false})
            };
            let answers: Vec<Value> = list(&calls, "/items")?.iter().map(answer).collect();
            let reply = json!({
                "answered_on": "2026-11-12", "number": "ПС-1", "answers": answers,
            });
            wire.create(key, &format!("{path}/reply"), &reply)?;
            answered += 1;
        } else {
            let silence = json!({"noted_on": "2026-11-20", "because": "ответа нет"});
            wire.create(key, &format!("{path}/silence"), &silence)?;
        }
        letters += 1;
    }
    let told = format!("{letters} letters, {answered} answered");
    Ok(Done { checks: Vec::new(), told })
}

/// Complains of the window maker call by call: the one call that the operator's
/// list proves passes the gate and goes its whole way, the others are drafts.
pub(super) fn complain(wire: &Wire, staged: &[Staged]) -> Result<Done, DemoError> {
    let key = &staged[OKNA].key;
    let mut asked = period();
    asked["caller"] = json!(phone(WINDOW_MAKER));
    asked["grouping"] = json!("call");
    let made = wire.create(key, "/v1/complaints", &asked)?;
    let (mut passed, mut drafts, mut faults) = (Vec::new(), 0, Vec::new());
    for complaint in list(&made, "/complaints")? {
        let path = format!("/v1/complaints/{}", text(complaint, "/id")?);
        let calls = wire.get(key, &format!("{path}/calls"))?;
        let [call] = list(&calls, "/items")? else {
            faults.push("a complaint of one call has another number of calls".to_owned());
            continue;
        };
        if is_in_time(call)? && list(call, "/missing")?.is_empty() {
            passed.push((path, text(call, "/call_id")?.to_owned()));
        } else {
            drafts += 1;
        }
    }
    // The call of 7 October, whose hidden number the operator's list tells. Its
    // limitation date is a year later.
    let still = limitation_day(baitline_store::now())
        < Limitation::of_call(Date::Oct(7).midnight()).limit_on;
    let wanted = usize::from(still);
    if passed.len() != wanted {
        faults.push(format!("{} passed the gate, not {wanted}", passed.len()));
    }
    if let Some((path, call)) = passed.first() {
        faults.extend(to_the_end(wire, key, path, call)?);
    }
    let told = format!(
        "{} passed the gate and went its way to a paid fine, {drafts} are drafts",
        passed.len()
    );
    let what = "the call that the operator's list proves is complained of to the end".to_owned();
    Ok(Done { checks: vec![Check { what, faults }], told })
}

/// Builds the package of a complaint that is ready, files it and records what the
/// office does, as far as a paid fine.
fn to_the_end(wire: &Wire, key: &str, path: &str, call: &str) -> Result<Option<String>, DemoError> {
    let act = |body: Value| wire.create(key, &format!("{path}/acts"), &body);
    let ready = act(json!({"kind": "complete", "on": "2026-11-20"}))?;
    let mut order = period();
    order["complaint_id"] = ready["id"].clone();
    let job = packages::ended(wire, key, &wire.create(key, "/v1/exports", &order)?)?;
    let package = text(&job, "/packages/0/state")?;
    if package != "ready" {
        return Ok(Some(format!("its package is {package}")));
    }
    act(json!({"kind": "file", "on": "2026-11-21", "channel": "site_form",
        "incoming_number": "вх. 1"}))?;
    act(json!({"kind": "accept", "on": "2026-11-24"}))?;
    act(json!({"kind": "open_case", "on": "2026-12-01", "case_number": CASE}))?;
    let hearing = json!({"kind": "hearing", "due_on": "2026-12-15"});
    wire.create(key, &format!("{path}/deadlines"), &hearing)?;
    act(json!({"kind": "decide", "on": "2026-12-15", "outcome": "violation"}))?;
    act(json!({"kind": "fine", "on": "2027-01-20"}))?;
    let fine = json!({"decision": "violation", "fine": {
        "kopecks": FINE_KOPECKS, "against": "legal_entity", "paid_on": "2027-03-01",
    }});
    let decision = format!("{path}/calls/{call}/decision");
    wire.put(key, &decision, "application/json", fine.to_string().as_bytes())?;
    let ended = act(json!({"kind": "pay", "on": "2027-03-02"}))?;
    let state = text(&ended, "/state")?;
    Ok((state != "paid").then(|| format!("its complaint is {state}")))
}

fn is_in_time(call: &Value) -> Result<bool, DemoError> {
    Ok(!list(call, "/warnings")?.iter().any(|warning| warning == "passed"))
}

fn period() -> Value {
    json!({"from": rfc3339(BEGIN), "to": rfc3339(END)})
}

fn id_of(made: &Value) -> Result<String, DemoError> {
    text(made, "/id").map(str::to_owned)
}

fn attach(wire: &Wire, key: &str, kind: &str, id: &str) -> Result<(), DemoError> {
    let path = format!("/v1/attachments?subject_kind={kind}&subject_id={id}&title=scan");
    let answer = wire.post(key, &path, "application/pdf", SCAN)?;
    if answer.status == 201 { Ok(()) } else { Err(super::wire::refused(&path, &answer)) }
}

/// The bait whose user asked the operator for its list.
fn bait_id(baits: &Value) -> Result<String, DemoError> {
    let number = phone(BAITS[OKNA_1].number).to_string();
    let found = list(baits, "/items")?.iter().find(|bait| bait["number"] == number.as_str());
    found.map_or(Err(DemoError::Unexpected { pointer: "/items".to_owned() }), id_of)
}

fn statement_source(wire: &Wire, key: &str) -> Result<String, DemoError> {
    let sources = wire.get(key, "/v1/sources")?;
    let name = SampleSource::Statement.name();
    let found = list(&sources, "/items")?.iter().find(|source| source["name"] == name);
    found.map_or(Err(DemoError::Unexpected { pointer: "/items".to_owned() }), id_of)
}
