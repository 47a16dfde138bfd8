//! `/v1/limits` tells what is enforced: a few are exceeded, and no constant of
//! the sources is left out.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use baitline_testkit::TestDatabase;
use serde_json::json;

use crate::service::Service;

/// Limits that no caller meets, such as how much of a wrong name a problem
/// repeats, and the one that the type of a page's limit tells.
const NOT_TOLD: &[&str] = &[
    "MAX_LIMIT",
    "MAX_ECHOED_NAME_BYTES",
    "MAX_NAME_TOLD_BYTES",
    "MAX_WORD_CHARS",
    "MAX_FRACTION_DIGITS",
    "MAX_WHOLE",
    "MAX_KEYS",
];

fn maximum(service: &Service, name: &str) -> usize {
    let answer = service.get(&service.agency_key, "/v1/limits").expect(200).json();
    let limits = answer["limits"].as_array().unwrap().clone();
    let found = limits.into_iter().find(|limit| limit["name"] == name);
    let maximum = found.unwrap_or_else(|| panic!("no {name}"))["maximum"].as_u64().unwrap();
    usize::try_from(maximum).unwrap()
}

#[test]
fn what_reaches_a_limit_passes_and_what_exceeds_it_is_refused() {
    let service = Service::start(TestDatabase::sqlite());
    let key = service.agency_key.clone();
    let name = maximum(&service, "client_name");
    let client = |chars| json!({"name": "я".repeat(chars)});
    service.json("POST", &key, "/v1/clients", &client(name)).expect(201);
    service.json("POST", &key, "/v1/clients", &client(name + 1)).expect(422);

    let rows = maximum(&service, "page");
    service.get(&key, &format!("/v1/clients?limit={rows}")).expect(200);
    service.get(&key, &format!("/v1/clients?limit={}", rows + 1)).expect(400);

    let bytes = maximum(&service, "json_body");
    let padded = |bytes: usize| {
        let body = r#"{"name": "Окна"}"#;
        body.to_owned() + &" ".repeat(bytes - body.len())
    };
    let post = |body: &str| {
        service.typed("POST", &key, "/v1/clients", "application/json", body.as_bytes())
    };
    post(&padded(bytes)).expect(201);
    post(&padded(bytes + 1)).expect(413);

    let seconds = maximum(&service, "report_period");
    let report = |seconds: usize| {
        let from: jiff::Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let to = from + jiff::SignedDuration::from_secs(i64::try_from(seconds).unwrap());
        service.get(&key, &format!("/v1/reports/repeat-offenders?from={from}&to={to}"))
    };
    report(seconds).expect(200);
    assert_eq!(report(seconds + 1).expect(400).code(), "period_too_long");
}

#[test]
fn a_record_that_exceeds_a_limit_is_refused_alone() {
    let service = Service::start(TestDatabase::sqlite());
    let stock = service.stock("Окна");
    let chars = maximum(&service, "call_external_id");
    let call = |id: String| {
        json!({
            "source": "recorder", "external_id": id, "bait": "M-1", "direction": "incoming",
            "caller": "+79160000001", "occurred_at": "2026-10-02T10:00:00Z",
        })
    };
    let body = json!([call("a".repeat(chars)), call("a".repeat(chars + 1))]);
    let answer = service.json("POST", &stock.tenant.key, "/v1/calls", &body).expect(200);
    assert_eq!(answer.text("/receipts/0/status"), "accepted");
    assert_eq!(answer.text("/receipts/1/status"), "rejected");
    assert_eq!(answer.text("/receipts/1/error/pointer"), "/external_id");
}

#[test]
fn every_limit_has_a_name_of_its_own_and_a_sensible_size() {
    let service = Service::start(TestDatabase::sqlite());
    let answer = service.get(&service.agency_key, "/v1/limits").expect(200).json();
    let limits = answer["limits"].as_array().unwrap();
    assert!(limits.len() > 30, "{} limits", limits.len());
    let names: BTreeSet<&str> =
        limits.iter().map(|limit| limit["name"].as_str().unwrap()).collect();
    assert_eq!(names.len(), limits.len(), "a name is used twice");
    for limit in limits {
        let (least, most) = (limit["minimum"].as_i64(), limit["maximum"].as_i64().unwrap());
        assert!(most > 0 && most < i64::MAX && least.is_none_or(|least| least < most), "{limit}");
    }
}

#[test]
fn no_constant_or_type_that_limits_a_caller_is_left_out() {
    let told = std::fs::read_to_string(source("api/src/v1/limits.rs")).unwrap();
    let mut found = 0;
    let folders = [
        "api/src",
        "crates/intake/src/calls",
        "crates/intake/src/profile",
        "crates/intake/src/table",
    ];
    for file in folders.iter().flat_map(|folder| sources(&source(folder))) {
        for name in limits_of(&std::fs::read_to_string(&file).unwrap()) {
            found += 1;
            let is_told = told.contains(&name) || NOT_TOLD.contains(&name.as_str());
            assert!(is_told, "{}: {name} is not in /v1/limits", file.display());
        }
    }
    assert!(found > 30, "{found} limits found, so nothing is shown");
}

/// The names of constants `MAX_…` and of bounded types a source declares.
fn limits_of(text: &str) -> Vec<String> {
    let declared = |line: &str| {
        let (_, rest) = line.split_once("const MAX_")?;
        let (name, _) = rest.split_once(':')?;
        (!name.contains('<')).then(|| format!("MAX_{name}"))
    };
    let bounded = |line: &str| {
        let (_, rest) = line.split_once("type ")?;
        let (name, definition) = rest.split_once(" = ")?;
        let is_bounded =
            ["Line<", "Prose<", "Whole<"].iter().any(|kind| definition.starts_with(kind));
        is_bounded.then(|| name.to_owned())
    };
    let is_code = |line: &&str| !line.trim_start().starts_with("//");
    let lines = text.lines().filter(is_code);
    lines.filter_map(|line| declared(line).or_else(|| bounded(line))).collect()
}

fn source(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files = entries.flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] });
    files.filter(|path| path.extension().is_some_and(|end| end == "rs")).collect()
}
