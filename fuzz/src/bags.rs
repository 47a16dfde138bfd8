//! Packages as `verify` is given them: any bytes, and archives that are well made but hold
//! other files than were packed.

use std::collections::HashMap;
use std::io::{self, Cursor, Read, Write};
use std::sync::LazyLock;

use baitline_evidence::dossier::{Playable, WavFacts};
use baitline_evidence::papers::specimen_dossier;
use baitline_evidence::{MAX_PROBLEMS, RecordingReader, build, verify};
use sha2::{Digest, Sha256};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

const RECORDING: &[u8] = b"RIFF a recording as it was received";
const COPY: &[u8] = b"RIFF a copy that every player plays";
const MANIFEST: &str = "manifest-sha256.txt";
const TAG_MANIFEST: &str = "tagmanifest-sha256.txt";
const PAYLOAD: &str = "data/";
/// What no other file of an unsigned package repeats: who makes all sums anew can change it
/// unseen, be it by a space.
const MAY_DIFFER: [&str; 3] = ["README.txt", "bag-info.txt", "data/package.json"];

/// Any bytes are a package or have a problem, the same one each time.
pub(crate) fn archive(bytes: &[u8]) {
    let report = verify(Cursor::new(bytes));
    assert!(report.problems.len() <= MAX_PROBLEMS);
    assert!(report.summary.is_some() || !report.is_whole(), "whole, and says nothing of itself");
    assert_eq!(verify(Cursor::new(bytes)), report);
}

/// The first byte chooses a file of a package, the second how it changes: all of it, its
/// beginning or its end becomes the rest, or the rest goes in where the third byte tells. All sums
/// are made anew. Only a package with the bytes of before is whole.
pub(crate) fn bag(bytes: &[u8]) {
    let [which, how, at, rest @ ..] = bytes else { return };
    let mut entries = BASE.entries.clone();
    let which = usize::from(*which) % entries.len();
    let file = &mut entries[which].1;
    let place = file.len() * usize::from(*at) / 256;
    match how % 4 {
        0 => *file = rest.to_vec(),
        1 => drop(file.splice(..place, rest.iter().copied())),
        2 => drop(file.splice(place.., rest.iter().copied())),
        _ => {
            let end = file.len().min(place + rest.len());
            drop(file.splice(place..end, rest.iter().copied()));
        }
    }
    let name = entries[which].0.clone();
    if !name.ends_with(MANIFEST) {
        resum(&mut entries);
    }
    let is_changed = entries != BASE.entries;
    let report = verify(Cursor::new(BASE.written(&entries)));
    assert!(report.problems.len() <= MAX_PROBLEMS);
    if !is_changed || !MAY_DIFFER.contains(&name.as_str()) {
        assert_eq!(report.is_whole(), !is_changed, "{name}: {report:?}");
    }
}

type Entries = Vec<(String, Vec<u8>)>;

/// A package that is whole, entry by entry.
struct Base {
    folder: String,
    date: DateTime,
    entries: Entries,
}

static BASE: LazyLock<Base> =
    LazyLock::new(|| Base::make().unwrap_or_else(|error| panic!("the package to change: {error}")));

impl Base {
    fn make() -> Result<Self, Box<dyn std::error::Error>> {
        let mut dossier = specimen_dossier();
        dossier.interceptions.truncate(1);
        for recording in dossier.interceptions.iter_mut().flat_map(|call| &mut call.recordings) {
            (recording.sha256, recording.bytes) = (sum(RECORDING), RECORDING.len() as u64);
            recording.playable = Playable::Wav(WavFacts {
                sha256: sum(COPY),
                bytes: COPY.len() as u64,
                sample_rate: 8_000,
                channels: 1,
                duration_milliseconds: 2_500,
                skipped_packets: 0,
            });
        }
        let mut archive = Cursor::new(Vec::new());
        build(
            &dossier,
            &Kept(HashMap::from([(sum(RECORDING), RECORDING), (sum(COPY), COPY)])),
            &mut archive,
        )?;
        let mut zip = ZipArchive::new(archive)?;
        let mut base =
            Self { folder: String::new(), date: DateTime::default(), entries: Vec::new() };
        for index in 0..zip.len() {
            let mut entry = zip.by_index(index)?;
            base.date = entry.last_modified().unwrap_or_default();
            let mut content = Vec::new();
            entry.read_to_end(&mut content)?;
            let name = entry.name()?;
            let (folder, path) = name.split_once('/').ok_or("an entry outside a folder")?;
            folder.clone_into(&mut base.folder);
            base.entries.push((path.to_owned(), content));
        }
        Ok(base)
    }

    /// The entries as the program writes an archive.
    fn written(&self, entries: &Entries) -> Vec<u8> {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Stored)
            .last_modified_time(self.date)
            .unix_permissions(0o644)
            .system(zip::System::Unix);
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for (path, content) in entries {
            let written = zip
                .start_file(format!("{}/{path}", self.folder), options)
                .and_then(|()| Ok(zip.write_all(content)?));
            written.unwrap_or_else(|error| panic!("{path}: {error}"));
        }
        zip.finish().unwrap_or_else(|error| panic!("the archive: {error}")).into_inner()
    }
}

/// Makes all sums anew, as a forger does.
fn resum(entries: &mut Entries) {
    for (manifest, payload) in [(MANIFEST, true), (TAG_MANIFEST, false)] {
        let belongs = |path: &str| path.starts_with(PAYLOAD) == payload && path != TAG_MANIFEST;
        let lines = entries.iter().filter(|(path, _)| belongs(path)).map(|(path, content)| {
            let hex: String = sum(content).iter().map(|byte| format!("{byte:02x}")).collect();
            format!("{hex}  {path}\n")
        });
        let text = lines.collect::<String>().into_bytes();
        if let Some((_, content)) = entries.iter_mut().find(|(path, _)| path == manifest) {
            *content = text;
        }
    }
}

fn sum(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

struct Kept(HashMap<[u8; 32], &'static [u8]>);

impl RecordingReader for Kept {
    fn open(&self, sha256: &[u8; 32]) -> io::Result<Box<dyn Read + '_>> {
        let bytes = self.0.get(sha256).ok_or(io::ErrorKind::NotFound)?;
        Ok(Box::new(*bytes))
    }

    fn open_wav(&self, sha256: &[u8; 32]) -> io::Result<Box<dyn Read + '_>> {
        self.open(sha256)
    }
}
