//! Every operation asks for the scopes that its description names, whatever key
//! comes; and keys of several clients, which are of one at a time.

use std::collections::BTreeSet;

use baitline_domain::scope::{Scope, Scopes};
use baitline_store::keys::{self, KeyReach, NewKey};
use baitline_store::{Reach, keys::Principal};
use baitline_testkit::{TestDatabase, on_both};
use serde_json::{Value, json};

use crate::service::{Answer, Service};

/// Operations that need no key.
const OPEN: &[&str] = &["get /healthz", "get /metrics", "get /openapi.json", "get /readyz"];
/// Operations that every key may ask for: nothing of theirs is worth a scope.
const OF_ANY_KEY: &[&str] = &[
    "get /v1/clients",
    "get /v1/clients/{id}",
    "get /v1/limits",
    "get /v1/numbering/editions",
    "get /v1/numbering/{number}",
    "get /v1/offices",
    "get /v1/offices/{subject_code}",
    "get /v1/operators",
    "get /v1/operators/{inn}",
    "get /v1/signing-keys",
    "get /v1/sources",
    "get /v1/sources/{id}",
    "get /v1/sources/{id}/profile",
];

/// One operation of the document.
struct Operation {
    name: String,
    method: String,
    path: String,
    /// What its security says; `None` for one that needs no key.
    scopes: Option<Scopes>,
}

fn operations(document: &Value) -> Vec<Operation> {
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let named = &operation["security"][0]["bearer"];
            let words =
                named.as_array().map(|words| words.iter().map(|word| word.as_str().unwrap()));
            let scopes = words.map(|words| words.map(|word| Scope::parse(word).unwrap()).collect());
            let (method, path) = (method.to_owned(), path.to_owned());
            found.push(Operation { name: format!("{method} {path}"), method, path, scopes });
        }
    }
    assert!(found.len() > 100, "{} operations", found.len());
    found
}

impl Service {
    /// A key of these scopes, for the whole agency.
    pub(crate) fn key_with(&self, scopes: Scopes) -> String {
        self.make_key(&NewKey { scopes, ..NewKey::full(Reach::Agency, "scoped") })
    }

    fn make_key(&self, new: &NewKey) -> String {
        self.store.write(Reach::Agency, |conn| keys::create_key(conn, new)).unwrap().1
    }

    fn try_operation(&self, operation: &Operation, key: &str) -> Answer {
        let id = "00000000-0000-7000-8000-000000000000";
        let mut path = String::new();
        for piece in operation.path.split('/').skip(1) {
            path.push('/');
            path.push_str(if piece.starts_with('{') { id } else { piece });
        }
        self.json(&operation.method.to_uppercase(), key, &path, &json!({}))
    }
}

/// Whether an answer refuses the key for its scopes.
fn lacks_a_scope(answer: &Answer) -> bool {
    answer.status == 403 && answer.code() == "missing_scope"
}

/// Every set that lacks this scope and has all the others that do not include it.
fn all_but(scope: Scope) -> Scopes {
    let others = Scope::ALL.into_iter().filter(|other| *other != scope);
    others.filter(|other| !Scopes::of(*other).grant(Scopes::of(scope))).collect()
}

/// What is wrong with the permissions of a document's operations.
fn objections(service: &Service, document: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let lacking: Vec<(Scope, String)> =
        Scope::ALL.into_iter().map(|scope| (scope, service.key_with(all_but(scope)))).collect();
    for operation in operations(document) {
        let Operation { name, scopes, .. } = &operation;
        let Some(scopes) = *scopes else {
            if !OPEN.contains(&name.as_str()) {
                found.push(format!("{name} names no permission"));
            }
            continue;
        };
        if scopes.is_empty() && !OF_ANY_KEY.contains(&name.as_str()) {
            found.push(format!("{name} asks for no scope"));
        }
        for (scope, key) in &lacking {
            let refused = lacks_a_scope(&service.try_operation(&operation, key));
            if refused == all_but(*scope).grant(scopes) {
                found.push(format!("{name}, without {}: refused {refused}", scope.as_str()));
            }
        }
    }
    found
}

fn document() -> Value {
    serde_json::to_value(baitline_api::openapi()).unwrap()
}

#[test]
fn every_operation_asks_for_exactly_the_scopes_it_names() {
    on_both(|database| {
        let service = Service::start(database);
        assert_eq!(objections(&service, &document()), Vec::<String>::new());
    });
}

#[test]
fn a_planted_operation_without_its_permission_is_found() {
    let service = Service::start(TestDatabase::sqlite());
    let mut planted = document();
    planted["paths"]["/v1/baits"]["get"]["security"] = json!([{"bearer": ["reports"]}]);
    planted["paths"]["/v1/calls"]["get"].as_object_mut().unwrap().remove("security");
    planted["paths"]["/v1/keys"]["get"]["security"] = json!([{"bearer": []}]);
    let found: BTreeSet<String> = objections(&service, &planted).into_iter().collect();
    for expected in [
        "get /v1/baits, without baits:read: refused true",
        "get /v1/baits, without reports: refused false",
        "get /v1/calls names no permission",
        "get /v1/keys asks for no scope",
        "get /v1/keys, without admin: refused true",
    ] {
        assert!(found.contains(expected), "{expected} is not in {found:?}");
    }
}

#[test]
fn what_is_open_or_for_any_key_is_no_more_than_is_listed() {
    let document = document();
    let names = |scopes: Option<Scopes>| {
        let of = operations(&document).into_iter().filter(|one| one.scopes == scopes);
        of.map(|one| one.name).collect::<Vec<_>>()
    };
    assert_eq!(names(None), OPEN);
    assert_eq!(names(Some(Scopes::NONE)), OF_ANY_KEY);
}

#[test]
fn a_key_gives_away_no_more_than_it_has() {
    on_both(|database| {
        let service = Service::start(database);
        let lesser = service.key_with([Scope::Admin, Scope::Reports].into_iter().collect());
        let make = |body: &Value| service.json("POST", &lesser, "/v1/keys", body);
        let refused = make(&json!({"name": "x", "scopes": ["exports"]})).expect(403);
        assert_eq!(refused.code(), "missing_scope");
        let made = make(&json!({"name": "x"})).expect(201).json();
        assert_eq!(made["key"]["scopes"], json!(["reports", "admin"]));
        let included = make(&json!({"name": "x", "scopes": ["baits:read"]})).expect(201).json();
        assert_eq!(included["key"]["scopes"], json!(["baits:read"]));
        make(&json!({"name": "x", "scopes": []})).expect(422);
        make(&json!({"name": "x", "scopes": ["everything"]})).expect(422);
        // Nor does it come by the text of a stronger one.
        let stronger = service.agency_key.split('_').nth(1).unwrap().to_owned();
        let path = format!("/v1/keys/{stronger}/replacement");
        let refused = service.json("POST", &lesser, &path, &json!({})).expect(403);
        assert_eq!(refused.code(), "missing_scope");
    });
}

#[test]
fn a_key_of_several_clients_is_of_one_in_each_request() {
    on_both(|database| {
        let service = Service::start(database);
        let [one, two, three] = ["Окна", "Двери", "Крыши"].map(|name| service.stock(name));
        let asked = json!({"name": "CRM", "client_ids": [one.tenant.id, two.tenant.id]});
        let made = service.json("POST", &service.agency_key, "/v1/keys", &asked).expect(201);
        let (key, bearer) = (made.text("/text"), format!("Bearer {}", made.text("/text")));
        let as_client = |path: &str, client: &str| {
            let headers = [("authorization", bearer.as_str()), ("baitline-client", client)];
            service.send("GET", path, &headers, b"")
        };
        assert_eq!(service.get(&key, "/v1/baits").expect(400).code(), "missing");
        for stock in [&one, &two] {
            let list = service.get(&key, &format!("/v1/baits?client_id={}", stock.tenant.id));
            assert_eq!(list.expect(200).json()["items"][0]["id"], stock.bait.as_str());
            let list = as_client("/v1/baits", &stock.tenant.id).expect(200).json();
            assert_eq!(list["items"].as_array().unwrap().len(), 1);
            as_client(&format!("/v1/baits/{}", stock.bait), &stock.tenant.id).expect(200);
        }
        as_client(&format!("/v1/baits/{}", two.bait), &one.tenant.id).expect(404);
        for stranger in [&three.tenant.id, "00000000-0000-7000-8000-000000000000"] {
            let answer = as_client("/v1/baits", stranger).expect(404);
            assert_eq!(answer.code(), "unknown_client");
            let path = format!("/v1/baits?client_id={stranger}");
            assert_eq!(service.get(&key, &path).expect(404).code(), "unknown_client");
        }
        assert_eq!(as_client("/v1/baits", "окна").expect(400).code(), "not_an_id");
        let body = json!({"client_id": two.tenant.id, "name": "pbx", "kind": "pbx"});
        service.json("POST", &key, "/v1/sources", &body).expect(201);
        service.get(&key, "/v1/keys").expect(400);
    });
}

#[test]
fn an_agencys_key_that_is_narrowed_reaches_one_client_alone() {
    on_both(|database| {
        let service = Service::start(database);
        let (one, two) = (service.stock("Окна"), service.stock("Двери"));
        let bearer = format!("Bearer {}", service.agency_key);
        let headers = [("authorization", bearer.as_str()), ("baitline-client", &one.tenant.id)];
        let get = |path: &str| service.send("GET", path, &headers, b"");
        assert_eq!(get("/v1/baits").expect(200).json()["items"].as_array().unwrap().len(), 1);
        get(&format!("/v1/baits/{}", one.bait)).expect(200);
        get(&format!("/v1/baits/{}", two.bait)).expect(404);
        get(&format!("/v1/baits?client_id={}", two.tenant.id)).expect(404);
        get("/v1/keys").expect(403);
    });
}

#[test]
fn a_replaced_key_works_beside_the_new_one_until_its_end() {
    on_both(|database| {
        let service = Service::start(database);
        let reach = KeyReach::Agency;
        let scopes = Scopes::of(Scope::Reports);
        let new = NewKey { reach, scopes, ..NewKey::full(Reach::Agency, "CRM") };
        let old = service.make_key(&new);
        let id = old.split('_').nth(1).unwrap();
        let path = format!("/v1/keys/{id}/replacement");
        let replace = |body: &Value| service.json("POST", &service.agency_key, &path, body);
        replace(&json!({"old_expires_at": "2026-01-01T00:00:00Z"})).expect(422);
        let made = replace(&json!({})).expect(201);
        assert_eq!(made.header("cache-control"), "no-store");
        assert_eq!(made.json()["key"]["scopes"], json!(["reports"]));
        assert_eq!(made.text("/key/line_id"), id);
        for key in [&old, &made.text("/text")] {
            service.get(key, "/v1/interceptions").expect(200);
            service.get(key, "/v1/baits").expect(403);
        }
        assert_eq!(replace(&json!({})).expect(409).code(), "key_replaced");
        let unknown = "/v1/keys/aaaaaaaaaaaa/replacement";
        service.json("POST", &service.agency_key, unknown, &json!({})).expect(404);
    });
}

#[test]
fn the_list_of_keys_tells_when_each_was_last_used() {
    on_both(|database| {
        let service = Service::start(database);
        let key = service.key_with(Scopes::of(Scope::Reports));
        let principal = keys::authenticate(&service.store, &key).unwrap();
        let Principal { key_id, .. } = principal.unwrap();
        let used = || {
            let list = service.get(&service.agency_key, "/v1/keys").expect(200).json();
            let items = list["items"].as_array().unwrap().clone();
            items.into_iter().find(|one| one["id"] == key_id.as_str()).unwrap()["last_used_at"]
                .clone()
        };
        assert_eq!(used(), Value::Null);
        service.get(&key, "/v1/interceptions").expect(200);
        // It is written beside the request, soon.
        let told = (0..1_000).map(|_| used()).find(|used| !used.is_null());
        assert!(told.is_some_and(|told| told.as_str().unwrap().starts_with("20")));
    });
}
