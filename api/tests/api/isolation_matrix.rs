//! Every operation of the document × every id that it takes in path, query, body and
//! cursor × its own client's, another client's, nobody's and none at all. What is
//! another's is answered like what is nobody's, and no byte of any answer holds
//! anything of another client. `BAITLINE_EVERY_ID=1` puts every id of the other client
//! into every place, whatever it is the id of.

use std::collections::{BTreeMap, BTreeSet};

use baitline_testkit::{TestDatabase, on_both};
use serde_json::{Map, Value, json};

use crate::files;
use crate::reported::PERIOD;
use crate::service::{Answer, Service, Stock, the_day};

/// In every text and name of the client that others may not hear of.
const CANARY: &str = "kanareika";
const NOBODY: &str = "00000000-0000-7000-8000-000000000000";
const MALFORMED: &str = "no-id";

/// Operations whose ids are no client's.
const SHARED: &[&str] = &[
    "/v1/keys",
    "/v1/numbering/",
    "/v1/operators",
    "/v1/limits",
    "/v1/signing-keys",
    "/healthz",
    "/readyz",
    "/metrics",
    "/openapi.json",
];

/// What the client's own has none of: nothing says how its files are read, its
/// package and its paper have no bytes, and its export is not done.
const EMPTY: &[&str] = &["/profile", "/packages/{package_id}", "/archive", "/papers/{id}/content"];

/// A client with something of every kind.
struct Furnished {
    stock: Stock,
    /// One id of each kind, by the name of its list.
    ids: BTreeMap<&'static str, String>,
}

fn furnish(service: &Service, mark: &str) -> Furnished {
    let stock = service.stock(&format!("клиент {mark}"));
    let key = stock.tenant.key.clone();
    let create = |path: &str, body: Value| service.create(&key, path, &body);
    let call = json!({
        "source": "recorder", "external_id": format!("{mark}-1"), "bait": "M-1",
        "direction": "incoming", "caller": "+79160000001", "connected_seconds": 40,
        "occurred_at": "2026-10-02T10:00:00Z", "extra": {"note": mark},
    });
    let call = create("/v1/calls", call);
    service.derive(&stock.tenant.id, &stock.trap, the_day());
    let sound = |path: &str| {
        let path = format!("{path}file_name={mark}.wav");
        service.typed("PUT", &key, &path, "audio/wav", b"RIFF").expect(201).json()
    };
    sound(&format!("/v1/calls/{call}/recording?"));
    let waiting = sound(&format!("/v1/recordings?source=recorder&external_id={mark}-2&"));
    let label = json!({"kind": "advertising", "consent_given": false, "stop_demanded": false, "company": mark});
    create(&format!("/v1/interceptions/{call}/labels"), label);
    let correction = json!({"kind": "amend", "reason": mark, "changes": {"connected_seconds": 41}});
    let correction = create(&format!("/v1/observations/{call}/corrections"), correction);
    let phone = create("/v1/sources", json!({"name": "phone", "kind": "recorder_app"}));
    let device = json!({"name": mark, "source_id": phone, "bait_id": stock.bait});
    let device = service.json("POST", &key, "/v1/devices", &device).expect(201);
    let rival = create("/v1/competitors", json!({"name": mark}));
    let attribution = json!({"competitor_id": rival, "number": "+79160000001", "role": "own_line", "ground": mark});
    let allowance =
        json!({"number": "+79160000002", "reason": mark, "since": "2026-10-01T00:00:00Z"});
    let contamination = json!({
        "bait_id": stock.bait, "kind": "outgoing_call", "number": "+79160000003",
        "at": "2026-10-05T10:00:00Z", "note": mark,
    });
    let answer = json!({
        "number": "+79160000004", "operator_inn": "7740000076", "source": mark,
        "looked_up_at": "2026-10-05T10:00:00Z",
    });
    let period = json!({"from": "2026-10-01T00:00:00Z", "to": "2026-11-01T00:00:00Z"});
    let replay = service.json("POST", &key, "/v1/verdicts:replay", &period).expect(202);
    let path = format!("/v1/files?source=recorder&file_name={mark}.csv");
    let file =
        service.typed("POST", &key, &path, "text/csv", mark.as_bytes()).expect(202).text("/id");
    files::read(service, Some(&["caller"]), vec![files::cells(2, "missing", &[mark])]);
    let rejections = service.get(&key, &format!("/v1/files/{file}/rejections")).expect(200);
    let package = crate::replays::package(service, &stock).to_string();
    let exports = service.get(&key, "/v1/exports").expect(200);
    let month = if mark == CANARY { 12 } else { 11 };
    let papers = crate::isolation_papers::furnish(service, &stock, mark, month);
    let mut ids = BTreeMap::from([
        ("allow-list", create("/v1/allow-list", allowance)),
        ("attributions", create("/v1/attributions", attribution)),
        ("baits", stock.bait.clone()),
        ("bindings", device.text("/bindings/0/id")),
        ("calls", call.clone()),
        ("clients", stock.tenant.id.clone()),
        ("competitors", rival),
        ("contaminations", create("/v1/contaminations", contamination)),
        ("corrections", correction),
        ("devices", device.text("/id")),
        ("exports", exports.text("/items/0/id")),
        ("files", file),
        ("interceptions", call.clone()),
        ("observations", call),
        ("own-numbers", stock.own_number.clone()),
        ("packages", package),
        ("portability-answers", create("/v1/portability-answers", answer)),
        ("recordings", waiting["observation_id"].as_str().unwrap().to_owned()),
        ("rejections", rejections.text("/items/0/id")),
        ("replays", replay.text("/id")),
        ("sources", phone),
        ("traps", stock.trap.clone()),
    ]);
    ids.extend(papers);
    Furnished { stock, ids }
}

/// A place of a request where an id stands.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Slot {
    Path(String),
    Query(String),
    Body(String),
    Item(String),
    Cursor,
}

/// An operation with its slots and the kind of id each takes.
struct Operation {
    method: String,
    path: String,
    slots: Vec<(Slot, &'static str)>,
    /// Queries without which it is refused.
    needed: &'static str,
    media_type: String,
    example: Value,
}

/// The kind of a field's or a parameter's id; `None` for what is no client's.
fn kind_of(name: &str, path: &str) -> Option<&'static str> {
    Some(match name {
        "client_id" | "client_ids" => "clients",
        "bait_id" => "baits",
        "trap_id" => "traps",
        "applicant_id" => "applicants",
        "complaint_id" => "complaints",
        "competitor_id" => "competitors",
        "representative_id" => "representatives",
        "source_id" => "sources",
        "call_id" | "calls" => "calls",
        "withdraws" => "corrections",
        "binding_id" => "bindings",
        "package_id" => "packages",
        "deadline_id" => "deadlines",
        "objection_id" => "objections",
        "power_id" => "powers-of-attorney",
        "rejection" => "rejections",
        "subject_id" if path == "/v1/papers" => "inquiries",
        "id" => {
            let noun = path.split('/').nth(2)?;
            KINDS.iter().copied().find(|kind| *kind == noun)?
        }
        _ => return None,
    })
}

const KINDS: [&str; 30] = [
    "allow-list",
    "applicants",
    "attachments",
    "attributions",
    "baits",
    "calls",
    "clients",
    "competitors",
    "complaints",
    "consents",
    "contaminations",
    "devices",
    "erasures",
    "exports",
    "files",
    "inquiries",
    "interceptions",
    "legal-holds",
    "observations",
    "own-numbers",
    "papers",
    "portability-answers",
    "powers-of-attorney",
    "recordings",
    "replays",
    "representatives",
    "sim-assignments",
    "sources",
    "statements",
    "traps",
];

fn operations() -> Vec<Operation> {
    let document = serde_json::to_value(baitline_api::openapi()).unwrap();
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        if SHARED.iter().any(|shared| path.starts_with(shared)) {
            continue;
        }
        for (method, operation) in item.as_object().unwrap() {
            found.push(Operation::read(&document, path, method, operation));
        }
    }
    assert!(found.len() > 90, "{} operations", found.len());
    found
}

impl Operation {
    fn read(document: &Value, path: &str, method: &str, operation: &Value) -> Self {
        let mut slots = Vec::new();
        let mut add = |slot: fn(String) -> Slot, name: &str| {
            if let Some(kind) = kind_of(name, path) {
                slots.push((slot(name.to_owned()), kind));
            }
        };
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let name = parameter["name"].as_str().unwrap();
            match parameter["in"].as_str().unwrap() {
                "path" => add(Slot::Path, name),
                "query" if name == "cursor" => add(|_| Slot::Cursor, "bait_id"),
                "query" => add(Slot::Query, name),
                _ => {}
            }
        }
        let content = operation["requestBody"]["content"].as_object().cloned().unwrap_or_default();
        let (media_type, body) = body_of(&content);
        let example = body["example"].clone();
        for name in fields(document, &body["schema"]) {
            add(Slot::Body, &name);
        }
        for name in fields(document, &body["schema"]["items"]) {
            add(Slot::Item, &name);
        }
        let needed = match path {
            _ if path.starts_with("/v1/reports/") => PERIOD,
            "/v1/recordings" => "source=recorder&external_id=probe",
            _ => "",
        };
        let (method, path) = (method.to_uppercase(), path.to_owned());
        Self { method, path, slots, needed, media_type, example }
    }

    /// The request with this id in one slot and the client's own in the others.
    fn request(&self, own: &Furnished, at: &Slot, id: &str) -> (String, Vec<u8>) {
        let own_id = |kind: &str| own.ids[kind].clone();
        let path = self.path.replace("{number}", "%2B79160000001");
        let mut path = path.replace("{kind}", "transcript");
        let mut query: Vec<String> = self.needed.split('&').map(str::to_owned).collect();
        let mut body = self.example.clone();
        for (slot, kind) in &self.slots {
            let value = if slot == at { id.to_owned() } else { own_id(kind) };
            match slot {
                Slot::Path(name) => path = path.replace(&format!("{{{name}}}"), &value),
                Slot::Query(name) if slot == at => query.push(format!("{name}={value}")),
                Slot::Cursor if slot == at => {
                    query.push(format!("cursor={:016x}{}", 0, value.replace('-', "")));
                }
                Slot::Query(_) | Slot::Cursor => {}
                Slot::Body(name) => set(&mut body, name, &value, slot == at),
                Slot::Item(name) => {
                    body = json!([{}]);
                    body[0] = item_with(&self.example[0], name, &value);
                }
            }
        }
        query.retain(|pair| !pair.is_empty());
        if !query.is_empty() {
            path = format!("{path}?{}", query.join("&"));
        }
        let bytes = match (&self.media_type, body) {
            (_, Value::Null) if self.media_type.is_empty() => Vec::new(),
            (_, Value::Null) => b"RIFF".to_vec(),
            (_, Value::String(text)) => text.into_bytes(),
            (_, body) => body.to_string().into_bytes(),
        };
        (path, bytes)
    }

    fn send(&self, service: &Service, key: &str, (path, body): &(String, Vec<u8>)) -> Answer {
        let media_type = match self.media_type.as_str() {
            "audio/*" => "audio/wav",
            "multipart/form-data" => "multipart/form-data; boundary=b",
            other => other,
        };
        let bearer = format!("Bearer {key}");
        let headers = [("authorization", bearer.as_str()), ("content-type", media_type)];
        service.send(&self.method, path, &headers[..if body.is_empty() { 1 } else { 2 }], body)
    }
}

/// The body to send: JSON where there is JSON.
fn body_of(content: &Map<String, Value>) -> (String, Value) {
    let json = content.get("application/json").map(|body| ("application/json".to_owned(), body));
    let first = || content.iter().next_back().map(|(media_type, body)| (media_type.clone(), body));
    json.or_else(first).map_or_else(Default::default, |(name, body)| (name, body.clone()))
}

/// The names of a schema's fields.
fn fields(document: &Value, schema: &Value) -> Vec<String> {
    let Some(reference) = schema["$ref"].as_str() else { return Vec::new() };
    let schema = document.pointer(&reference[1..]).unwrap();
    let fields = schema["properties"].as_object();
    fields.map(|fields| fields.keys().cloned().collect()).unwrap_or_default()
}

/// Puts an id into a body: where its example has one, and into the slot asked for.
fn set(body: &mut Value, name: &str, id: &str, is_asked: bool) {
    let Some(fields) = body.as_object_mut() else { return };
    match fields.get_mut(name) {
        Some(Value::Array(items)) => *items = vec![json!(id)],
        Some(field) => *field = json!(id),
        None if is_asked && name == "calls" => drop(fields.insert(name.to_owned(), json!([id]))),
        None if is_asked && name == "withdraws" => {
            *body = json!({"kind": "withdraw", "reason": "x", "withdraws": id});
        }
        None if is_asked => drop(fields.insert(name.to_owned(), json!(id))),
        None => {}
    }
}

fn item_with(example: &Value, name: &str, id: &str) -> Value {
    let mut item = example.clone();
    if let Some(fields) = item.as_object_mut() {
        fields.remove("source");
        fields.remove("external_id");
        fields.insert(name.to_owned(), json!(id));
    }
    item
}

/// The parts of an answer that may not tell another's from nobody's.
fn told(answer: &Answer) -> (u16, String) {
    let mut body = serde_json::from_slice::<Value>(&answer.bytes).unwrap_or(Value::Null);
    if let Some(problem) = body.as_object_mut() {
        problem.remove("instance");
    }
    (answer.status, body.to_string())
}

#[derive(Default)]
struct Findings {
    probes: usize,
    leaks: Vec<String>,
}

/// Sends everything with the key of `own`, and looks for what is of `other`.
fn probe(service: &Service, own: &Furnished, other: &Furnished) -> Findings {
    let mut found = Findings::default();
    let key = &own.stock.tenant.key;
    for operation in operations() {
        for (slot, kind) in &operation.slots {
            let ask = |id: &str| {
                let request = operation.request(own, slot, id);
                (operation.send(service, key, &request), request)
            };
            let name = format!("{} {} {slot:?}", operation.method, operation.path);
            let (nobodys, request) = ask(NOBODY);
            let (malformed, _) = ask(MALFORMED);
            found.probes += 2;
            if operation.method == "GET" {
                found.probes += 1;
                let (ours, _) = ask(&own.ids[kind]);
                leaks_of(other, &ours, &request, &name, &mut found.leaks);
                if ours.status == 404 && !EMPTY.iter().any(|end| operation.path.ends_with(end)) {
                    found.leaks.push(format!("{name}: own is not found"));
                }
            }
            for id in foreign(other, kind) {
                let (theirs, request) = ask(id);
                found.probes += 1;
                if *slot != Slot::Cursor && told(&theirs) != told(&nobodys) {
                    let (theirs, nobodys) = (told(&theirs), told(&nobodys));
                    found.leaks.push(format!("{name}: {theirs:?} is not {nobodys:?}"));
                }
                leaks_of(other, &theirs, &request, &name, &mut found.leaks);
            }
            // A list of records is taken, and the bad one refused by its receipt.
            let is_item = matches!(slot, Slot::Item(_)) && malformed.status == 200;
            if !is_item && !(400..500).contains(&malformed.status) {
                found.leaks.push(format!("{name}: no id is answered {}", malformed.status));
            }
            for answer in [&nobodys, &malformed] {
                leaks_of(other, answer, &request, &name, &mut found.leaks);
            }
        }
    }
    found
}

/// The ids of the other client that are put into a place for ids of this kind.
fn foreign<'a>(other: &'a Furnished, kind: &str) -> BTreeSet<&'a str> {
    if std::env::var_os("BAITLINE_EVERY_ID").is_some() {
        return other.ids.values().map(String::as_str).collect();
    }
    BTreeSet::from([other.ids[kind].as_str()])
}

/// What of another client an answer holds that the request did not.
fn leaks_of(
    other: &Furnished,
    answer: &Answer,
    (path, body): &(String, Vec<u8>),
    name: &str,
    leaks: &mut Vec<String>,
) {
    let (text, sent) = (String::from_utf8_lossy(&answer.bytes), String::from_utf8_lossy(body));
    let canaries = other.ids.values().map(String::as_str).chain([CANARY]);
    for canary in canaries {
        if text.contains(canary) && !path.contains(canary) && !sent.contains(canary) {
            leaks.push(format!("{name}: holds {canary}"));
        }
    }
}

#[test]
fn what_is_anothers_is_answered_like_what_is_nobodys() {
    on_both(|database| {
        let service = Service::start(database);
        let own = furnish(&service, "svoi");
        let other = furnish(&service, CANARY);
        let found = probe(&service, &own, &other);
        assert_eq!(found.leaks, Vec::<String>::new());
        assert!(found.probes > 400, "only {} probes", found.probes);
        println!("{} probes, 0 leaks", found.probes);
    });
}

#[test]
fn a_planted_key_of_wider_reach_is_found_all_over() {
    let service = Service::start(TestDatabase::sqlite());
    let own = furnish(&service, "svoi");
    let other = furnish(&service, CANARY);
    service.execute(&format!(
        "UPDATE api_keys SET reach = 'agency' WHERE key_id = '{}'",
        own.stock.tenant.key.split('_').nth(1).unwrap()
    ));
    let found = probe(&service, &own, &other);
    for path in [
        "GET /v1/baits/{id}",
        "GET /v1/calls/{id}",
        "GET /v1/observations/{id}",
        "GET /v1/exports/{id}",
        "GET /v1/files/{id}/rejections",
        "GET /v1/baits Query(\"client_id\")",
        "PATCH /v1/competitors/{id}",
    ] {
        assert!(found.leaks.iter().any(|leak| leak.starts_with(path)), "{path} is not found");
    }
}
