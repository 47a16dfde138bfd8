//! The bag's own rules: its declaration, its sums, nothing missing, nothing
//! beside them. Knows nothing of complaints.

use std::collections::BTreeMap;

use super::Problems;
use super::container::Contents;
use crate::bag::{
    BAG_INFO_PATH, BAGIT, BAGIT_PATH, EXTERNAL_IDENTIFIER, MANIFEST_PATH, PAYLOAD, PAYLOAD_OXUM,
    REQUIRED, TAG_MANIFEST_PATH, hex, oxum,
};

pub(super) fn check(contents: &Contents, problems: &mut Problems) {
    for path in REQUIRED {
        if !contents.files.contains_key(path) {
            problems.add(path, "is missing");
        }
    }
    if contents.text(BAGIT_PATH).is_some_and(|text| text != BAGIT) {
        problems.add(BAGIT_PATH, "does not declare a bag of version 1.0 in UTF-8");
    }
    check_info(contents, problems);
    check_manifest(contents, MANIFEST_PATH, |path| path.starts_with(PAYLOAD), problems);
    let is_tag_file = |path: &str| !path.starts_with(PAYLOAD) && path != TAG_MANIFEST_PATH;
    check_manifest(contents, TAG_MANIFEST_PATH, is_tag_file, problems);
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
