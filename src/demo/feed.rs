//! Sends the files of the sample world, each with its client's own key, holds
//! every receipt against the one it must get, and uploads the recordings.

use std::collections::BTreeMap;

use baitline_sample::cast::SampleSource;
use baitline_sample::deliveries::{Delivery, Item, JSON, Status};
use baitline_sample::recording::recording;
use baitline_sample::world::World;
use serde_json::Value;

use super::error::DemoError;
use super::setup::Staged;
use super::wire::{Answer, Wire, count, list, refused, text};
use super::{Check, Told};

/// The most differences of one file that are printed.
const MAX_FAULTS: usize = 5;

/// What came of the files.
pub(super) struct Fed {
    /// The id of the recorder app's record of each call of the world.
    pub(super) calls: BTreeMap<usize, String>,
    /// One check for all files.
    pub(super) checks: Vec<Check>,
    files: usize,
    counts: [usize; 5],
}

/// How many things of a kind were sent.
pub(super) struct Sent {
    pub(super) count: usize,
    pub(super) of_what: &'static str,
}

/// What a record was answered with.
struct Receipt {
    line: u64,
    status: String,
    id: Option<String>,
}

impl Told for Fed {
    fn told(&self) -> String {
        let counts = Status::ALL.iter().zip(self.counts);
        let counts: Vec<String> =
            counts.map(|(status, count)| format!("{count} {}", status.as_str())).collect();
        format!("{} files: {}", self.files, counts.join(", "))
    }
}

impl Told for Sent {
    fn told(&self) -> String {
        format!("{} {}", self.count, self.of_what)
    }
}

/// Sends every file in order.
pub(super) fn send(wire: &Wire, staged: &[Staged], files: &[Delivery]) -> Result<Fed, DemoError> {
    let mut calls = BTreeMap::new();
    let mut counts = [0; 5];
    let mut faults = Vec::new();
    for file in files {
        let receipts = send_one(wire, &staged[file.client].key, file)?;
        faults.extend(differences(file, &receipts));
        for (place, status) in Status::ALL.iter().enumerate() {
            let of_status = receipts.iter().filter(|receipt| receipt.status == status.as_str());
            counts[place] += of_status.count();
        }
        for (item, receipt) in file.items.iter().zip(receipts) {
            if let (SampleSource::RecorderApp, Some(call), Some(id)) =
                (file.source, item.call, receipt.id)
            {
                calls.insert(call, id);
            }
        }
    }
    let records: usize = files.iter().map(|file| file.items.len()).sum();
    let what = format!("each of {records} records got the receipt it must get");
    Ok(Fed { calls, checks: vec![Check { what, faults }], files: files.len(), counts })
}

fn send_one(wire: &Wire, key: &str, file: &Delivery) -> Result<Vec<Receipt>, DemoError> {
    if file.media_type == JSON {
        // A single object names its source itself and has a status of its own.
        let path = "/v1/calls";
        let answer = wire.post(key, path, file.media_type, &file.bytes)?;
        return Ok(vec![single_receipt(path, &answer)?]);
    }
    let path = format!("/v1/calls?source={}", file.source.name());
    let answer = wire.post(key, &path, file.media_type, &file.bytes)?;
    if answer.status != 200 {
        return Err(refused(&path, &answer));
    }
    list(&answer.body, "/receipts")?.iter().map(receipt).collect()
}

fn single_receipt(path: &str, answer: &Answer) -> Result<Receipt, DemoError> {
    let refusal =
        |status: Status| Ok(Receipt { line: 1, status: status.as_str().to_owned(), id: None });
    match answer.status {
        200 | 201 => receipt(&answer.body),
        409 => refusal(Status::Conflict),
        422 => refusal(Status::Rejected),
        _ => Err(refused(path, answer)),
    }
}

fn receipt(value: &Value) -> Result<Receipt, DemoError> {
    Ok(Receipt {
        line: count(value, "/line")?,
        status: text(value, "/status")?.to_owned(),
        id: value["id"].as_str().map(str::to_owned),
    })
}

/// Where the receipts of a file are not those it must get.
fn differences(file: &Delivery, receipts: &[Receipt]) -> Vec<String> {
    if receipts.len() != file.items.len() {
        let (got, wanted) = (receipts.len(), file.items.len());
        return vec![format!("{}: {got} receipts for {wanted} records", file.name)];
    }
    let differs = |(item, receipt): &(&Item, &Receipt)| {
        item.line != receipt.line || item.status.as_str() != receipt.status
    };
    let pairs = file.items.iter().zip(receipts).filter(differs).take(MAX_FAULTS);
    pairs
        .map(|(item, receipt)| {
            let (line, wanted) = (item.line, item.status.as_str());
            let got = format!("line {}: {}", receipt.line, receipt.status);
            format!("{}: {got}, not line {line}: {wanted}", file.name)
        })
        .collect()
}

/// Uploads the recordings under the ids of the recorder app's records.
pub(super) fn upload_recordings(
    wire: &Wire,
    staged: &[Staged],
    world: &World,
    calls: &BTreeMap<usize, String>,
) -> Result<Sent, DemoError> {
    let mut uploaded = 0;
    for call in world.recorded() {
        let Some(id) = calls.get(&call.number) else { continue };
        let path = format!("/v1/calls/{id}/recording");
        wire.put(&staged[call.client()].key, &path, "audio/wav", &recording(call))?;
        uploaded += 1;
    }
    Ok(Sent { count: uploaded, of_what: "uploaded" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use baitline_sample::deliveries::deliveries;

    fn right(file: &Delivery) -> Vec<Receipt> {
        let receipt = |item: &Item| Receipt {
            line: item.line,
            status: item.status.as_str().to_owned(),
            id: None,
        };
        file.items.iter().map(receipt).collect()
    }

    #[test]
    fn a_wrong_status_a_wrong_line_and_a_lost_receipt_are_told() {
        let files = deliveries(&World::demo());
        let file = &files[0];
        assert!(differences(file, &right(file)).is_empty());
        let mut wrong = right(file);
        wrong[3].status = Status::Rejected.as_str().to_owned();
        wrong[4].line += 1;
        assert_eq!(differences(file, &wrong).len(), 2);
        wrong.pop();
        assert_eq!(differences(file, &wrong).len(), 1);
    }
}
