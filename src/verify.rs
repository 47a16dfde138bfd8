//! `verify`: packages checked as a stranger would, from their bytes alone.

use std::fs::File;
use std::path::Path;

use crate::cli::VerifyOptions;
use crate::failure::Failure;

/// Checks each package and says what is wrong and where.
pub(crate) fn run(options: &VerifyOptions) -> Result<(), Failure> {
    let mut whole = true;
    for file in &options.files {
        whole &= check(file, options.signed_by.as_deref());
    }
    if whole { Ok(()) } else { Err(Failure::NotWhole) }
}

/// A file that cannot be opened is not whole, and keeps no other from being
/// checked.
fn check(path: &Path, wanted: Option<&str>) -> bool {
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
        let filed = match summary.pages {
            Some(pages) => format!("; {pages} pages to file, {} copies to play", summary.playable),
            None => String::new(),
        };
        println!(
            "{shown}: whole; package {} version {}, {state}, {} calls, {} recordings, {signed}{filed}",
            summary.package, summary.version, summary.interceptions, summary.recordings
        );
        return is_signed_as_wanted(path, summary.signed_by.as_deref(), wanted);
    }
    false
}

/// Whether the key that was asked for made the signature. That a package is whole and
/// signed says nothing of whose key it was: a forger has one, too.
fn is_signed_as_wanted(path: &Path, signed_by: Option<&str>, wanted: Option<&str>) -> bool {
    let Some(wanted) = wanted else { return true };
    if signed_by == Some(wanted) {
        return true;
    }
    println!("{}: its signature is not of the key {wanted}", path.display());
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_key_that_was_asked_for_satisfies() {
        let (ours, theirs) = ("a".repeat(64), "b".repeat(64));
        let is_fine = |signed: Option<&String>, wanted: Option<&String>| {
            let (signed, wanted) = (signed.map(String::as_str), wanted.map(String::as_str));
            is_signed_as_wanted(Path::new("package.zip"), signed, wanted)
        };
        assert!(is_fine(None, None) && is_fine(Some(&ours), None));
        assert!(is_fine(Some(&ours), Some(&ours)));
        assert!(!is_fine(Some(&theirs), Some(&ours)), "signed by another");
        assert!(!is_fine(None, Some(&ours)), "its signature was taken away");
    }
}
