//! `verify`: packages checked as a stranger would, from their bytes alone.

use std::fs::File;
use std::path::Path;

use crate::cli::VerifyOptions;
use crate::failure::Failure;

/// Checks each package and says what is wrong and where.
pub(crate) fn run(options: &VerifyOptions) -> Result<(), Failure> {
    let mut whole = true;
    for file in &options.files {
        whole &= check(file);
    }
    if whole { Ok(()) } else { Err(Failure::NotWhole) }
}

/// A file that cannot be opened is not whole, and keeps no other from being
/// checked.
fn check(path: &Path) -> bool {
    let shown = path.display();
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) => {
            println!("{shown}: {error}");
            return false;
        }
    };
    let report = baitline_evidence::verify(file);
    for problem in &report.problems {
        println!("{shown}: {problem}");
    }
    if report.is_whole()
        && let Some(summary) = report.summary
    {
        let state = if summary.draft { "draft" } else { "ready" };
        let signed = match &summary.signed_by {
            Some(fingerprint) => format!("signed by the key {fingerprint}"),
            None => "not signed".to_owned(),
        };
        println!(
            "{shown}: whole; package {} version {}, {state}, {} calls, {} recordings, {signed}",
            summary.package, summary.version, summary.interceptions, summary.recordings
        );
        return true;
    }
    false
}
