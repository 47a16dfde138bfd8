//! What an office opens: the documents are those that `package.json` lists, every copy
//! of a recording is the one it names, the note of conversion says the same, and the
//! chains of custody hold.

use std::collections::BTreeMap;

use baitline_domain::instant::Instant;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::{Package, Problems, Recording};
use crate::bag::{
    APPLICATION_PATH, CONVERSION_PATH, FILING, FILING_PATH, FILING_SET, PACKAGE_JSON_PATH,
    REGISTER_CSV_PATH, REGISTER_XLSX_PATH, SECOND_FILING_SET, hex,
};
use crate::conversion::{Conversion, PlayableCopy, note};
use crate::custody::link;
use crate::dossier::NotPlayable;
use crate::package_json::{SCHEMA_VERSION_WITH_TWO_BESIDE, SCHEMA_VERSION_WITH_VOLUMES};
use crate::russian::local;
use crate::verify::container::Contents;
use crate::volumes::path;

/// A document with its sum.
#[derive(Deserialize)]
pub(super) struct Listed {
    file: String,
    sha256: String,
    bytes: u64,
}

/// The consolidated document.
#[derive(Deserialize)]
pub(super) struct Filing {
    file: String,
    pages: usize,
    /// None in packages of the shapes that know of one file only.
    #[serde(default)]
    volumes: Vec<Bound>,
    enclosures: Vec<Enclosed>,
}

/// A file of it.
#[derive(Deserialize)]
struct Bound {
    file: String,
    first_page: usize,
    pages: usize,
}

impl Filing {
    /// How many pages it has.
    pub(super) fn pages(&self) -> usize {
        self.pages
    }
}

#[derive(Deserialize)]
struct Enclosed {
    number: usize,
    first_page: usize,
    pages: usize,
}

/// An event in the custody of a recording, with its link of the chain.
#[derive(Deserialize)]
pub(super) struct CustodyEvent {
    at: String,
    kind: String,
    by: Option<String>,
    link: String,
}

/// What every player plays of a recording.
#[derive(Deserialize)]
pub(super) struct Playable {
    file: String,
    part: usize,
    sha256: String,
    bytes: u64,
    sample_rate: u32,
    channels: u16,
    duration_milliseconds: u64,
    skipped_packets: u64,
}

/// Checks a package of the shape that has it.
pub(super) fn check(package: &Package, contents: &Contents, problems: &mut Problems) {
    check_documents(package, contents, problems);
    check_pages(package, problems);
    check_copies(package, contents, problems);
    check_note(package, contents, problems);
    let recordings = || package.interceptions.iter().flat_map(|call| &call.recordings);
    recordings().for_each(|recording| check_custody(recording, problems));
}

/// Whether the file is there with this sum and length; whatever cannot be read is a
/// problem already noted.
fn is_there(contents: &Contents, path: &str, (sum, bytes): (&str, u64)) -> Result<(), String> {
    let Some(file) = contents.files.get(path) else {
        return Err(format!("is named in {PACKAGE_JSON_PATH} and missing"));
    };
    let differs = |sha256: &[u8; 32], length| hex(sha256) != sum || length != bytes;
    if file.written.is_some_and(|written| differs(&written.sha256, written.bytes)) {
        return Err(format!("is not the file that {PACKAGE_JSON_PATH} names"));
    }
    Ok(())
}

fn has_volumes(package: &Package) -> bool {
    package.schema_version >= SCHEMA_VERSION_WITH_VOLUMES
}

fn filing_set(package: &Package) -> Vec<&str> {
    if package.schema_version == SCHEMA_VERSION_WITH_TWO_BESIDE {
        return SECOND_FILING_SET.to_vec();
    }
    let filing = package.filing.iter().filter(|_| has_volumes(package));
    let bound = filing.flat_map(|filing| &filing.volumes);
    let others = bound.map(|volume| volume.file.as_str()).filter(|file| *file != FILING_PATH);
    FILING_SET.into_iter().chain(others).collect()
}

fn check_documents(package: &Package, contents: &Contents, problems: &mut Problems) {
    let mut listed: Vec<&str> = package.documents.iter().map(|one| one.file.as_str()).collect();
    for document in &package.documents {
        let expected = (document.sha256.as_str(), document.bytes);
        if let Err(what) = is_there(contents, &document.file, expected) {
            problems.add(&document.file, what);
        }
    }
    listed.sort_unstable();
    let mut expected = filing_set(package);
    expected.extend([APPLICATION_PATH, REGISTER_CSV_PATH, REGISTER_XLSX_PATH]);
    expected.sort_unstable();
    if listed != expected {
        problems.add(PACKAGE_JSON_PATH, "does not list the documents of a package, each once");
    }
}

/// The enclosures are numbered and follow each other to the last page.
fn check_pages(package: &Package, problems: &mut Problems) {
    let Some(filing) = &package.filing else {
        problems.add(PACKAGE_JSON_PATH, "does not tell the pages of what is filed");
        return;
    };
    let mut next = filing.enclosures.first().map_or(1, |one| one.first_page);
    let follow = (1..).zip(&filing.enclosures).all(|(number, one)| {
        let follows = one.number == number && one.first_page == next && one.pages > 0;
        next = one.first_page.saturating_add(one.pages);
        follows
    });
    let bound = !has_volumes(package) || is_bound(filing);
    let has_application = filing.enclosures.first().is_some_and(|one| one.first_page > 1);
    let told = filing.file == FILING_PATH && bound && has_application;
    if !told || !follow || next != filing.pages + 1 {
        problems.add(FILING_PATH, format!("its pages in {PACKAGE_JSON_PATH} do not follow"));
    }
}

/// The volumes have their names and follow each other to the last page, each beginning
/// with an enclosure but for the first.
fn is_bound(filing: &Filing) -> bool {
    let mut next = 1;
    let follow = (1..).zip(&filing.volumes).all(|(number, one)| {
        let begins = number == 1 || filing.enclosures.iter().any(|it| it.first_page == next);
        let follows = one.file == path(number) && one.first_page == next && one.pages > 0;
        next = one.first_page.saturating_add(one.pages);
        follows && begins
    });
    follow && !filing.volumes.is_empty() && next == filing.pages + 1
}

fn check_copies(package: &Package, contents: &Contents, problems: &mut Problems) {
    let mut sizes: BTreeMap<usize, (u64, usize)> = BTreeMap::new();
    let mut named = filing_set(package);
    for recording in package.interceptions.iter().flat_map(|call| &call.recordings) {
        let Some(copy) = &recording.playable else { continue };
        named.push(&copy.file);
        if let Err(what) = is_there(contents, &copy.file, (&copy.sha256, copy.bytes)) {
            problems.add(&copy.file, what);
        }
        let folder = format!("{FILING}part-{:02}/", copy.part);
        let digits = copy.file.strip_prefix(FILING).and_then(|rest| rest.strip_prefix("part-"));
        let digits = digits.and_then(|rest| rest.split_once('/')).map(|(part, _)| part);
        if digits.and_then(|part| part.parse().ok()) != Some(copy.part) {
            problems.add(&copy.file, format!("does not lie in {folder}"));
        }
        let (bytes, files) = sizes.entry(copy.part).or_default();
        (*bytes, *files) = (bytes.saturating_add(copy.bytes), *files + 1);
    }
    for path in contents.files.keys().filter(|path| path.starts_with(FILING)) {
        if !named.contains(&path.as_str()) {
            problems.add(path, format!("is not named in {PACKAGE_JSON_PATH}"));
        }
    }
    let most = package.part_bytes.unwrap_or(u64::MAX);
    for (part, (bytes, files)) in sizes {
        if bytes > most && files > 1 {
            let what = format!("part {part} is larger than the {most} bytes of a part");
            problems.add(PACKAGE_JSON_PATH, what);
        }
    }
}

/// Makes the note again of `package.json`.
fn check_note(package: &Package, contents: &Contents, problems: &mut Problems) {
    let Some(found) = contents.text(CONVERSION_PATH) else { return };
    let sealed_at = package.sealed_at.parse::<Timestamp>();
    // What is wrong with either is a problem already noted.
    let (Ok(sealed_at), Ok(zone)) = (sealed_at, TimeZone::get(&package.time_zone)) else { return };
    let recordings = package.interceptions.iter().flat_map(|call| &call.recordings);
    let conversions: Option<Vec<Conversion<'_>>> = recordings.map(conversion).collect();
    let Some(conversions) = conversions else {
        problems.add(PACKAGE_JSON_PATH, "tells no copy of a recording and no reason for none");
        return;
    };
    let sealed = local(Instant::from(sealed_at), &zone);
    let expected = note(&conversions, &package.program_version, &sealed);
    if found == expected {
        return;
    }
    let differs = |(found, expected): &(&str, &str)| found != expected;
    let lines = || found.lines().zip(expected.lines());
    let line = lines().position(|pair| differs(&pair)).unwrap_or_else(|| lines().count()) + 1;
    let what = format!("its line {line} is not what {PACKAGE_JSON_PATH} says of the recordings");
    problems.add(CONVERSION_PATH, what);
}

fn conversion(recording: &Recording) -> Option<Conversion<'_>> {
    let copy = match (&recording.playable, recording.not_playable.as_deref()) {
        (Some(copy), None) => Ok(PlayableCopy {
            path: &copy.file,
            sha256: copy.sha256.clone(),
            bytes: copy.bytes,
            sample_rate: copy.sample_rate,
            channels: copy.channels,
            duration_milliseconds: copy.duration_milliseconds,
            skipped_packets: copy.skipped_packets,
        }),
        (None, Some(why)) => Err(NotPlayable::parse(why)?),
        _ => return None,
    };
    let original_sha256 = recording.sha256.clone();
    Some(Conversion { original: &recording.file, original_sha256, copy })
}

fn check_custody(recording: &Recording, problems: &mut Problems) {
    if recording.custody.is_empty() {
        problems.add(&recording.file, format!("has no custody in {PACKAGE_JSON_PATH}"));
    }
    let mut last = recording.sha256.clone();
    for (number, event) in (1..).zip(&recording.custody) {
        last = link(&last, &event.at, &event.kind, event.by.as_deref());
        if last != event.link {
            let what = format!("its custody in {PACKAGE_JSON_PATH} breaks at event {number}");
            problems.add(&recording.file, what);
            return;
        }
    }
}
