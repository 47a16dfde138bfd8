//! The bag's own rules: its declaration, its sums, nothing missing, nothing
//! beside them. Knows nothing of complaints.

use std::collections::BTreeMap;

use super::Problems;
use super::container::Contents;
use crate::bag::{
    BAG_INFO_PATH, BAGIT, BAGIT_PATH, CONVERSION_PATH, EXTERNAL_IDENTIFIER, MANIFEST_PATH, PAYLOAD,
    PAYLOAD_OXUM, REGISTER_CSV_PATH, REQUIRED, SIGNATURE_PATH, SIGNING_KEY_PATH, TAG_MANIFEST_PATH,
    TIME_STAMP_PATH, hex, oxum,
};
use crate::signature::verified;
use crate::time_stamp::{self, Authorities, TimeStamp};

/// What is made of the tag manifest or is it, and so cannot be listed in it.
const OUTSIDE_THE_MANIFESTS: [&str; 3] = [TAG_MANIFEST_PATH, SIGNATURE_PATH, TIME_STAMP_PATH];

/// What the checks read as text, but for the manifests, whose own check tells.
const TEXTS: [&str; 4] = [BAGIT_PATH, BAG_INFO_PATH, REGISTER_CSV_PATH, CONVERSION_PATH];

/// Gives the fingerprint of the key that signed, where the signature holds.
pub(super) fn check(contents: &Contents, problems: &mut Problems) -> Option<String> {
    for path in REQUIRED {
        if !contents.files.contains_key(path) {
            problems.add(path, "is missing");
        }
    }
    for path in TEXTS {
        if contents.bytes(path).is_some_and(|bytes| std::str::from_utf8(bytes).is_err()) {
            problems.add(path, "is no text in UTF-8");
        }
    }
    if contents.text(BAGIT_PATH).is_some_and(|text| text != BAGIT) {
        problems.add(BAGIT_PATH, "does not declare a bag of version 1.0 in UTF-8");
    }
    check_info(contents, problems);
    check_manifest(contents, MANIFEST_PATH, |path| path.starts_with(PAYLOAD), problems);
    let is_tag_file =
        |path: &str| !path.starts_with(PAYLOAD) && !OUTSIDE_THE_MANIFESTS.contains(&path);
    check_manifest(contents, TAG_MANIFEST_PATH, is_tag_file, problems);
    check_signature(contents, problems)
}

/// A bag is signed or not: half of it is a problem.
fn check_signature(contents: &Contents, problems: &mut Problems) -> Option<String> {
    let is_there = |path: &str| contents.files.contains_key(path);
    let (has_key, has_signature) = (is_there(SIGNING_KEY_PATH), is_there(SIGNATURE_PATH));
    if !has_key && !has_signature {
        return None;
    }
    for (path, is_there) in [(SIGNING_KEY_PATH, has_key), (SIGNATURE_PATH, has_signature)] {
        if !is_there {
            problems.add(path, "is missing from a signed package");
        }
    }
    let signed = contents.bytes(TAG_MANIFEST_PATH)?;
    let signature = contents.bytes(SIGNATURE_PATH)?;
    let key = contents.bytes(SIGNING_KEY_PATH)?;
    match verified(&String::from_utf8_lossy(key), signed, signature) {
        Ok(fingerprint) => Some(fingerprint),
        Err(what) => {
            problems.add(SIGNING_KEY_PATH, what);
            None
        }
    }
}

/// Checks the time-stamp where there is one, and with `authorities` that there is
/// one of theirs.
pub(super) fn check_time_stamp(
    contents: &Contents,
    authorities: Option<&Authorities>,
    problems: &mut Problems,
) -> Option<TimeStamp> {
    if !contents.files.contains_key(TIME_STAMP_PATH) {
        if authorities.is_some() {
            problems.add(TIME_STAMP_PATH, "is missing: the package is not time-stamped");
        }
        return None;
    }
    let stamped = contents.bytes(TAG_MANIFEST_PATH)?;
    let reply = contents.bytes(TIME_STAMP_PATH)?;
    match time_stamp::check(reply, stamped, authorities) {
        Ok(time_stamp) => Some(time_stamp),
        Err(error) => {
            problems.add(TIME_STAMP_PATH, error.to_string());
            None
        }
    }
}

fn check_info(contents: &Contents, problems: &mut Problems) {
    let Some(text) = contents.text(BAG_INFO_PATH) else { return };
    let fields: Vec<(&str, &str)> = text.lines().filter_map(|line| line.split_once(": ")).collect();
    if fields.len() != text.lines().count() {
        problems.add(BAG_INFO_PATH, "holds a line that is no field");
    }
    let payload = || contents.files.iter().filter(|(path, _)| path.starts_with(PAYLOAD));
    // Where a file could not be read, its own problem says so, and a count of
    // the others would only accuse the count that was right.
    let written: Option<Vec<u64>> =
        payload().map(|(_, file)| file.written.map(|written| written.bytes)).collect();
    let counted = written.map(|bytes| (PAYLOAD_OXUM, oxum(bytes.iter().sum(), bytes.len())));
    let expected = counted.into_iter().chain([(EXTERNAL_IDENTIFIER, contents.package.to_string())]);
    for (name, value) in expected {
        let found: Vec<&str> =
            fields.iter().filter(|(field, _)| *field == name).map(|(_, value)| *value).collect();
        if found != [value.as_str()] {
            problems.add(BAG_INFO_PATH, format!("{name} is not {value}, as the package has it"));
        }
    }
}

fn check_manifest(
    contents: &Contents,
    manifest: &str,
    belongs: impl Fn(&str) -> bool,
    problems: &mut Problems,
) {
    let Some(text) = contents.text(manifest) else {
        if contents.files.contains_key(manifest) {
            problems.add(manifest, "is no text");
        }
        return;
    };
    let mut listed = BTreeMap::new();
    for (index, line) in text.lines().enumerate() {
        let repeated = match line.split_once("  ") {
            Some((sum, path)) => listed.insert(path, sum).is_some(),
            None => true,
        };
        if repeated {
            problems.add(manifest, format!("line {} is no new file with its sum", index + 1));
        }
    }
    for (path, sum) in &listed {
        match contents.files.get(*path) {
            None => problems.add(path, format!("is listed in {manifest} and missing")),
            Some(_) if !belongs(path) => {
                problems.add(path, format!("does not belong into {manifest}"));
            }
            Some(file) if file.written.is_some_and(|written| hex(&written.sha256) != *sum) => {
                problems.add(path, format!("its SHA-256 is not the one in {manifest}"));
            }
            Some(_) => {}
        }
    }
    for path in contents.files.keys() {
        if belongs(path) && !listed.contains_key(path.as_str()) {
            problems.add(path, format!("is not listed in {manifest}"));
        }
    }
}
