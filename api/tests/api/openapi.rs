//! The document: equal to the committed one, complete, and true.

use serde_json::{Map, Value};

const COMMITTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../openapi/openapi.json");

fn document() -> Value {
    serde_json::to_value(baitline_api::openapi()).unwrap()
}

/// Bodies that are no text.
const BYTES: &[&str] = &[
    "audio/*",
    "application/octet-stream",
    "application/pdf",
    "image/jpeg",
    "image/png",
    "application/zip",
    "application/vnd.apache.parquet",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
];

/// Every operation with its path and method.
fn operations(document: &Value) -> Vec<(String, &Map<String, Value>)> {
    let paths = document["paths"].as_object().unwrap();
    let named = |path: &String, (method, operation): (&String, _)| {
        (format!("{method} {path}"), Value::as_object(operation).unwrap())
    };
    let all: Vec<_> = paths
        .iter()
        .flat_map(|(path, item)| item.as_object().unwrap().iter().map(move |one| named(path, one)))
        .collect();
    assert!(all.len() > 30, "{} operations", all.len());
    all
}

#[test]
fn the_committed_document_is_the_codes() {
    let text = format!("{}\n", baitline_api::openapi().to_pretty_json().unwrap());
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        std::fs::write(COMMITTED, &text).unwrap();
    }
    let committed = std::fs::read_to_string(COMMITTED).unwrap_or_default();
    assert!(committed == text, "run this test with UPDATE_OPENAPI=1 and look at the difference");
}

#[test]
fn every_reference_resolves() {
    let document = document();
    let mut references = Vec::new();
    collect(&document, &mut references);
    assert!(references.len() > 100, "{} references", references.len());
    for reference in references {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
    }
}

fn collect(value: &Value, references: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            if let Some(Value::String(reference)) = fields.get("$ref") {
                references.push(reference.clone());
            }
            fields.values().for_each(|value| collect(value, references));
        }
        Value::Array(items) => items.iter().for_each(|value| collect(value, references)),
        _ => {}
    }
}

#[test]
fn every_operation_says_what_it_is_and_how_it_fails() {
    let document = document();
    let mut ids = std::collections::BTreeSet::new();
    for (name, operation) in operations(&document) {
        assert!(ids.insert(operation["operationId"].as_str().unwrap()), "{name}: id used twice");
        assert!(operation["tags"].as_array().is_some_and(|tags| tags.len() == 1), "{name}: tag");
        assert!(operation["summary"].as_str().is_some_and(|text| !text.is_empty()), "{name}");
        let responses = operation["responses"].as_object().unwrap();
        let is_open = operation["security"] == serde_json::json!([{}]);
        let wanted: &[&str] = if is_open {
            &["400", "500", "503"]
        } else {
            &["400", "401", "403", "404", "429", "500", "503"]
        };
        for status in wanted {
            assert!(responses.contains_key(*status), "{name}: no {status}");
        }
        for (status, response) in responses {
            let description = response["description"].as_str().unwrap_or_default();
            assert!(!description.is_empty(), "{name} {status}: no description");
            if status.as_str() >= "400" {
                let content = response["content"].as_object().unwrap();
                assert!(content.contains_key("application/problem+json"), "{name} {status}");
                assert_eq!(content.len(), 1, "{name} {status}");
            }
        }
    }
}

#[test]
fn every_body_that_is_text_has_an_example() {
    let document = document();
    let mut examples = 0;
    for (name, operation) in operations(&document) {
        let responses = operation["responses"].as_object().unwrap().values();
        for holder in responses.chain(operation.get("requestBody")) {
            let Some(content) = holder["content"].as_object() else { continue };
            for (media_type, content) in content {
                if BYTES.contains(&media_type.as_str()) {
                    continue;
                }
                let has = content.get("example").is_some() || content.get("examples").is_some();
                assert!(has, "{name}: {media_type} has no example");
                examples += 1;
            }
        }
    }
    assert!(examples > 100, "{examples} examples");
}

#[test]
fn parameters_are_described_and_never_null() {
    let document = document();
    for (name, operation) in operations(&document) {
        for parameter in operation.get("parameters").and_then(Value::as_array).unwrap_or(&vec![]) {
            let described = parameter["description"].as_str().is_some_and(|text| !text.is_empty());
            assert!(described, "{name}: {parameter}");
            assert!(!parameter["schema"].to_string().contains("null"), "{name}: {parameter}");
        }
    }
}

#[test]
fn the_document_is_of_version_3_1() {
    assert_eq!(document()["openapi"], "3.1.0");
}

#[test]
fn the_description_tells_the_thresholds_of_traps_that_hold() {
    let document = document();
    let trap = baitline_domain::trap::TrapSettings::default();
    let visit = format!("{} s", trap.min_site_visit_seconds);
    let connected = format!("{} s", trap.min_connected_seconds);
    let text = |pointer: &str| {
        let text = document.pointer(pointer).and_then(serde_json::Value::as_str);
        text.unwrap_or_else(|| panic!("no text at {pointer}")).replace('\n', " ")
    };
    for (pointer, told) in [
        ("/components/schemas/TrapMissing/description", &[&visit, &connected][..]),
        ("/paths/~1v1~1traps/post/description", &[&visit, &connected]),
    ] {
        let text = text(pointer);
        for seconds in told {
            assert!(text.contains(seconds.as_str()), "{pointer} does not tell {seconds}: {text}");
        }
    }
}
