//! `verify`: packages checked as a stranger would, from their bytes alone.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use baitline_evidence::{
    Authorities, StampSignature, Summary, TimeStamp, verify, verify_stamped_by,
};

use crate::cli::VerifyOptions;
use crate::failure::Failure;

/// Bytes of a file of authorities: those of every browser together take a quarter.
const MAX_AUTHORITIES_BYTES: u64 = 1 << 20;

/// Checks each package and says what is wrong and where.
pub(crate) fn run(options: &VerifyOptions) -> Result<(), Failure> {
    let authorities = options.stamped_by.as_deref().map(authorities).transpose()?;
    let mut whole = true;
    for file in &options.files {
        whole &= check(file, options.signed_by.as_deref(), authorities.as_ref());
    }
    if whole { Ok(()) } else { Err(Failure::NotWhole) }
}

/// A file that cannot be opened is not whole, and keeps no other from being
/// checked.
fn check(path: &Path, wanted: Option<&str>, authorities: Option<&Authorities>) -> bool {
    let shown = path.display();
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) => {
            println!("{shown}: {error}");
            return false;
        }
    };
    let report = match authorities {
        None => verify(file),
        Some(authorities) => verify_stamped_by(file, authorities),
    };
    for problem in &report.problems {
        println!("{shown}: {problem}");
    }
    if report.is_whole()
        && let Some(summary) = report.summary
    {
        println!("{shown}: whole; {}", told(&summary));
        return is_signed_as_wanted(path, summary.signed_by.as_deref(), wanted);
    }
    false
}

/// Reads the file of authorities that the reader trusts.
fn authorities(path: &Path) -> Result<Authorities, Failure> {
    let failed = |error: &dyn std::fmt::Display| {
        Failure::Sentence(format!("the authorities {}: {error}", path.display()))
    };
    let mut pem = Vec::new();
    let file = File::open(path).map_err(|error| failed(&error))?;
    file.take(MAX_AUTHORITIES_BYTES).read_to_end(&mut pem).map_err(|error| failed(&error))?;
    Authorities::from_pem(&pem).map_err(|error| failed(&error))
}

/// What a package says of itself, and what that rests on.
fn told(summary: &Summary) -> String {
    let state = if summary.draft { "draft" } else { "ready" };
    let signed = match &summary.signed_by {
        Some(fingerprint) => format!("signed by the key {fingerprint}"),
        None => "not signed".to_owned(),
    };
    let stamped = match &summary.time_stamp {
        Some(time_stamp) => told_of_stamp(time_stamp),
        None => "not time-stamped".to_owned(),
    };
    let filed = match summary.pages {
        Some(pages) => format!("; {pages} pages to file, {} copies to play", summary.playable),
        None => String::new(),
    };
    format!(
        "package {} version {}, {state}, {} calls, {} recordings, {signed}, {stamped}{filed}",
        summary.package, summary.version, summary.interceptions, summary.recordings
    )
}

fn told_of_stamp(time_stamp: &TimeStamp) -> String {
    let who = match time_stamp.signature {
        StampSignature::Trusted => "of an authority that was given",
        StampSignature::OfItsCertificate => "by its own certificate: compare with --stamped-by",
        StampSignature::NotChecked => {
            "its signature is of a kind that only openssl ts -verify checks"
        }
    };
    format!("time-stamped {} by {:?} ({who})", time_stamp.at, time_stamp.authority)
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
