//! `audit verify`: the chains of the database, and what was written down beside it.

use std::path::Path;

use baitline_domain::audit::Checkpoint;
use baitline_store::audit::{self, AGENCY, AuditReport};
use baitline_store::{Reach, Store};
use baitline_worker::read_checkpoints;

use crate::cli::{AuditCommand, VerifyAuditOptions};
use crate::failure::{Failure, because};

/// Runs one of them.
pub(crate) fn run(command: &AuditCommand) -> Result<(), Failure> {
    match command {
        AuditCommand::Verify(options) => verify(options),
    }
}

/// Checks every chain and says what is wrong and where.
fn verify(options: &VerifyAuditOptions) -> Result<(), Failure> {
    let store = Store::open(&options.store.settings()?)?;
    let mut is_whole = true;
    let mut checkpoints: Vec<Checkpoint> = Vec::new();
    for file in &options.checkpoints {
        is_whole &= read(file, &mut checkpoints)?;
    }
    let report =
        store.read(Reach::Agency, |conn| audit::verify(conn, Reach::Agency, &checkpoints))?;
    print(&report);
    if is_whole && report.findings.is_empty() { Ok(()) } else { Err(Failure::NotWhole) }
}

/// Whether every line of a file of heads reads well.
fn read(file: &Path, checkpoints: &mut Vec<Checkpoint>) -> Result<bool, Failure> {
    let shown = file.display();
    let text = std::fs::read_to_string(file).map_err(because(&shown.to_string()))?;
    let (found, unreadable) = read_checkpoints(&text);
    checkpoints.extend(found);
    for line in &unreadable {
        println!("{shown}: line {line} is no checkpoint");
    }
    Ok(unreadable.is_empty())
}

fn print(report: &AuditReport) {
    for (client, finding) in &report.findings {
        match *client {
            AGENCY => println!("the agency's chain: {finding}"),
            client => println!("chain of client {client}: {finding}"),
        }
    }
    let AuditReport { chains, entries, waiting, waiting_since, checkpoints, findings } = report;
    let state = if findings.is_empty() { "whole" } else { "not whole" };
    let since = waiting_since.map_or(String::new(), |at| format!(", the first since {at}"));
    println!(
        "{state}: {chains} chains, {entries} entries, {checkpoints} checkpoints compared; \
         {waiting} wait for their number{since}"
    );
}
