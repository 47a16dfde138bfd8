//! Exports a client's packages, downloads and verifies each, and holds them
//! against those the client must get.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use baitline_evidence::verify;
use baitline_sample::calendar::{BEGIN, END, rfc3339};
use baitline_sample::cast::{CLIENTS, SampleClient};
use baitline_sample::expected::expected_packages;
use baitline_sample::numbers::phone;
use serde_json::{Value, json};

use super::error::DemoError;
use super::setup::Staged;
use super::wire::{Wire, list, text};
use super::{Check, Told, wait_for};

/// What came of one client's export.
pub(super) struct Made {
    /// One check for every package, and one for their number.
    pub(super) checks: Vec<Check>,
    packages: usize,
    bytes: u64,
}

impl Told for Made {
    fn told(&self) -> String {
        format!("{} downloaded and verified, {} kB", self.packages, self.bytes / 1_000)
    }
}

/// Exports the two months of a client into `folder`.
pub(super) fn export(
    wire: &Wire,
    staged: &Staged,
    client: &SampleClient,
    folder: &Path,
) -> Result<Made, DemoError> {
    let file = |source| DemoError::File { path: folder.to_owned(), source };
    std::fs::create_dir_all(folder).map_err(file)?;
    let body = json!({ "from": rfc3339(BEGIN), "to": rfc3339(END) });
    let job = wire.create(&staged.key, "/v1/exports", &body)?;
    let path = format!("/v1/exports/{}", text(&job, "/id")?);
    let job = ended(wire, &staged.key, &job)?;
    let mut made = Made { checks: Vec::new(), packages: 0, bytes: 0 };
    let mut wanted = wanted(client);
    for package in list(&job, "/packages")? {
        let caller = text(package, "/caller")?;
        if let Some(problem) = package["problem"].as_str() {
            let what = format!("a package about {caller} is built");
            made.checks.push(Check { what, faults: vec![problem.to_owned()] });
            continue;
        }
        let name = format!("{}-{}.zip", client.slug, caller.trim_start_matches('+'));
        let to = folder.join(&name);
        let from = format!("{path}/packages/{}", text(package, "/id")?);
        made.bytes += wire.download(&staged.key, &from, &to)?;
        made.packages += 1;
        let interceptions = wanted.remove(caller);
        made.checks.push(check(&to, &name, package, interceptions)?);
    }
    made.checks.push(completeness(client, &job, &wanted)?);
    Ok(made)
}

/// An export that was asked for, when it is over.
pub(super) fn ended(wire: &Wire, key: &str, asked: &Value) -> Result<Value, DemoError> {
    let path = format!("/v1/exports/{}", text(asked, "/id")?);
    wait_for("an export", || {
        let job = wire.get(key, &path)?;
        Ok(matches!(text(&job, "/export/state")?, "done" | "failed" | "cancelled").then_some(job))
    })
}

/// The callers whose packages the client must get, with their interceptions.
fn wanted(client: &SampleClient) -> BTreeMap<String, u32> {
    let packages = expected_packages();
    let mine = packages.iter().filter(|package| CLIENTS[package.client].slug == client.slug);
    mine.map(|package| (phone(package.number).to_string(), package.interceptions)).collect()
}

/// Verifies one package as a stranger would.
fn check(
    path: &Path,
    name: &str,
    package: &Value,
    wanted: Option<u32>,
) -> Result<Check, DemoError> {
    let file = |source| DemoError::File { path: path.to_owned(), source };
    let report = verify(BufReader::new(File::open(path).map_err(file)?));
    let problems = report.problems.iter();
    let mut faults: Vec<String> =
        problems.map(|problem| format!("{}: {}", problem.path, problem.what)).collect();
    let Some(wanted) = wanted else {
        faults.push("nobody asked for it".to_owned());
        return Ok(Check { what: name.to_owned(), faults });
    };
    let mut pages = 0;
    match &report.summary {
        None => faults.push("it does not say what it is".to_owned()),
        Some(summary) => {
            if summary.package.to_string() != text(package, "/id")? {
                faults.push("it is another package".to_owned());
            }
            if u32::try_from(summary.interceptions) != Ok(wanted) {
                faults.push(format!("{} calls, not {wanted}", summary.interceptions));
            }
            if summary.recordings < summary.interceptions {
                faults.push(format!("{} recordings only", summary.recordings));
            }
            if summary.playable < summary.recordings {
                faults.push(format!("{} of them can be played", summary.playable));
            }
            pages = summary.pages.unwrap_or_default();
        }
    }
    Ok(Check { what: format!("{name}: {wanted} calls, {pages} pages to file, verified"), faults })
}

/// Whether the job ended well and left nothing out.
fn completeness(
    client: &SampleClient,
    job: &Value,
    left_out: &BTreeMap<String, u32>,
) -> Result<Check, DemoError> {
    let mut faults: Vec<String> =
        left_out.keys().map(|caller| format!("no package about {caller}")).collect();
    let state = text(job, "/export/state")?;
    if state != "done" {
        faults.push(format!("the export is {state}"));
    }
    Ok(Check { what: format!("the packages of {} are complete", client.name), faults })
}
