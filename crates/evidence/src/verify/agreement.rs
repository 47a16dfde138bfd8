//! Whether the files of a package say the same: `package.json`, the register,
//! the recordings, the folder and its date.

use std::collections::BTreeMap;

use baitline_domain::ids::PackageId;
use baitline_domain::instant::Instant;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::container::Contents;
use super::{Problems, Summary};
use crate::archive::entry_date;
use crate::bag::{PACKAGE_JSON_PATH, REGISTER_CSV_PATH, hex};
use crate::csv_file::{BYTE_ORDER_MARK, original};
use crate::package_json::{SCHEMA, SCHEMA_VERSION, SCHEMA_VERSION_WITHOUT_FILING};
use crate::register::COLUMNS;

mod filing;

use filing::{CustodyEvent, Filing, Listed, Playable};

const RECORDINGS: &str = "data/recordings/";

/// As much of `package.json` as other files repeat.
#[derive(Deserialize)]
struct Package {
    schema: String,
    schema_version: u32,
    package: PackageId,
    version: u32,
    sealed_at: String,
    time_zone: String,
    draft: bool,
    #[serde(default)]
    program_version: String,
    #[serde(default)]
    part_bytes: Option<u64>,
    #[serde(default)]
    documents: Vec<Listed>,
    filing: Option<Filing>,
    interceptions: Vec<Call>,
}

#[derive(Deserialize)]
struct Call {
    number: usize,
    caller: String,
    called: String,
    connected_seconds: u32,
    recordings: Vec<Recording>,
}

#[derive(Deserialize)]
struct Recording {
    file: String,
    sha256: String,
    bytes: u64,
    #[serde(default)]
    custody: Vec<CustodyEvent>,
    playable: Option<Playable>,
    not_playable: Option<String>,
}

/// Checks what can be checked; the summary where `package.json` can be read.
pub(super) fn check(contents: &Contents, problems: &mut Problems) -> Option<Summary> {
    let content = contents.files.get(PACKAGE_JSON_PATH)?.content.as_deref()?;
    let package: Package = match serde_json::from_slice(content) {
        Ok(package) => package,
        Err(error) => {
            problems.add(PACKAGE_JSON_PATH, format!("cannot be read: {error}"));
            return None;
        }
    };
    let known = SCHEMA_VERSION_WITHOUT_FILING..=SCHEMA_VERSION;
    if package.schema != SCHEMA || !known.contains(&package.schema_version) {
        problems.add(PACKAGE_JSON_PATH, "has a schema this version of the program does not know");
        return None;
    }
    if package.package != contents.package {
        problems.add(PACKAGE_JSON_PATH, "names another package than the folder does");
    }
    check_date(&package, contents, problems);
    check_recordings(&package, contents, problems);
    if package.schema_version > SCHEMA_VERSION_WITHOUT_FILING {
        filing::check(&package, contents, problems);
    }
    if let Some(text) = contents.text(REGISTER_CSV_PATH) {
        check_register(&package, text, problems);
    }
    let recordings = || package.interceptions.iter().flat_map(|call| &call.recordings);
    Some(Summary {
        package: package.package,
        version: package.version,
        interceptions: package.interceptions.len(),
        recordings: recordings().count(),
        playable: recordings().filter(|one| one.playable.is_some()).count(),
        pages: package.filing.as_ref().map(Filing::pages),
        draft: package.draft,
        signed_by: None,
        time_stamp: None,
    })
}

fn check_date(package: &Package, contents: &Contents, problems: &mut Problems) {
    let sealed_at = package.sealed_at.parse::<Timestamp>();
    let zone = TimeZone::get(&package.time_zone);
    let (Ok(sealed_at), Ok(zone)) = (sealed_at, zone) else {
        problems.add(PACKAGE_JSON_PATH, "names no moment or no time zone of its sealing");
        return;
    };
    if entry_date(Instant::from(sealed_at), &zone) != contents.date {
        problems.add("", "the files of the archive are not dated by the sealing of the package");
    }
}

fn check_recordings(package: &Package, contents: &Contents, problems: &mut Problems) {
    let mut listed = BTreeMap::new();
    for recording in package.interceptions.iter().flat_map(|call| &call.recordings) {
        if listed.insert(recording.file.as_str(), recording).is_some() {
            problems.add(&recording.file, format!("is named twice in {PACKAGE_JSON_PATH}"));
        }
    }
    for (path, recording) in &listed {
        let Some(file) = contents.files.get(*path) else {
            problems.add(path, format!("is named in {PACKAGE_JSON_PATH} and missing"));
            continue;
        };
        let agrees = |sum: &str, bytes| sum == recording.sha256 && bytes == recording.bytes;
        if file.written.is_some_and(|written| !agrees(&hex(&written.sha256), written.bytes)) {
            problems.add(path, format!("is not the recording that {PACKAGE_JSON_PATH} names"));
        }
    }
    for path in contents.files.keys().filter(|path| path.starts_with(RECORDINGS)) {
        if !listed.contains_key(path.as_str()) {
            problems.add(path, format!("is not named in {PACKAGE_JSON_PATH}"));
        }
    }
}

fn check_register(package: &Package, text: &str, problems: &mut Problems) {
    let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let titles = COLUMNS.iter().map(|column| column.title);
    if !reader.headers().is_ok_and(|header| header.iter().eq(titles)) {
        problems.add(REGISTER_CSV_PATH, "does not have the columns of a register");
        return;
    }
    let mut rows = reader.records();
    for call in &package.interceptions {
        let row = rows.next().and_then(Result::ok);
        let cell = |title: &str| {
            let column = COLUMNS.iter().position(|column| column.title == title)?;
            row.as_ref()?.get(column).map(original)
        };
        let agrees = cell("№") == Some(call.number.to_string().as_str())
            && cell("Вызывающий номер") == Some(call.caller.as_str())
            && cell("Контрольный номер") == Some(call.called.as_str())
            && cell("Длительность, с") == Some(call.connected_seconds.to_string().as_str());
        if !agrees {
            let what = format!("its row of call {} differs from {PACKAGE_JSON_PATH}", call.number);
            problems.add(REGISTER_CSV_PATH, what);
            return;
        }
    }
    if rows.next().is_some() {
        problems
            .add(REGISTER_CSV_PATH, format!("has more rows than {PACKAGE_JSON_PATH} has calls"));
    }
}
