//! Has one paper of every kind made for the first client, and downloads each as
//! PDF and DOCX.

use std::path::Path;

use baitline_sample::cast::OKNA;
use serde_json::{Value, json};

use super::error::DemoError;
use super::life::Done;
use super::setup::Staged;
use super::wire::{Wire, text};
use super::{Check, wait_for};

/// The kinds of papers, and where their subjects are listed.
const KINDS: [(&str, &str); 6] = [
    ("operator_inquiry", "/v1/inquiries?limit=1"),
    ("application", "/v1/complaints?limit=1"),
    ("trap_protocol", "/v1/traps?limit=1"),
    ("transcript", "/v1/interceptions?label=advertising&limit=1"),
    ("statement_comparison", "/v1/statements?limit=1"),
    ("disclosure_consent", "/v1/applicants?limit=1"),
];

/// Makes them into `folder`.
pub(super) fn print(wire: &Wire, staged: &[Staged], folder: &Path) -> Result<Done, DemoError> {
    let file = |source| DemoError::File { path: folder.to_owned(), source };
    std::fs::create_dir_all(folder).map_err(file)?;
    let key = &staged[OKNA].key;
    let mut asked = Vec::new();
    for (kind, subjects) in KINDS {
        let found = wire.get(key, subjects)?;
        let paper = json!({"kind": kind, "subject_id": text(&found, "/items/0/id")?});
        asked.push((kind, wire.create(key, "/v1/papers", &paper)?));
    }
    let (mut faults, mut bytes) = (Vec::new(), 0);
    for (kind, paper) in &asked {
        let path = format!("/v1/papers/{}", text(paper, "/id")?);
        let made = ended(wire, key, &path)?;
        if let Some(problem) = made["problem"].as_str() {
            faults.push(format!("{kind}: {problem}"));
            continue;
        }
        for format in ["pdf", "docx"] {
            let to = folder.join(format!("{kind}.{format}"));
            bytes += wire.download(key, &format!("{path}/content?format={format}"), &to)?;
        }
    }
    let told = format!("{} papers as PDF and DOCX, {} kB", asked.len(), bytes / 1_000);
    let what = "a paper of every kind is made of what was entered".to_owned();
    Ok(Done { checks: vec![Check { what, faults }], told })
}

fn ended(wire: &Wire, key: &str, path: &str) -> Result<Value, DemoError> {
    wait_for("a paper", || {
        let paper = wire.get(key, path)?;
        Ok(matches!(text(&paper, "/state")?, "done" | "failed").then_some(paper))
    })
}
