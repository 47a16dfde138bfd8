//! From a dossier to the archive. Knows the order of work and nothing of how
//! each file is made.

use std::io::{self, Read, Seek, Write};

use baitline_domain::gate::Missing;
use baitline_domain::ids::ObservationId;
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::application;
use crate::archive::{Archive, CopyError, Written, entry_date};
use crate::bag::{
    APPLICATION_PATH, BAG_INFO_PATH, BAGIT, BAGIT_PATH, BagInfo, MANIFEST_PATH, PACKAGE_JSON_PATH,
    PAYLOAD, README_PATH, REGISTER_CSV_PATH, REGISTER_XLSX_PATH, SIGNATURE_PATH, SIGNING_KEY_PATH,
    TAG_MANIFEST_PATH, TIME_STAMP_PATH, folder, manifest,
};
use crate::csv_file::csv;
use crate::dossier::Dossier;
use crate::limits::{self, MAX_TEXT_FILE_BYTES};
use crate::numbered::{NamedRecording, NumberedCall, missing, numbered};
use crate::package_json::package_json;
use crate::pdf::pdf;
use crate::register;
use crate::russian::{date, local, minutes, zone};
use crate::signature::SigningKey;
use crate::template::{README, render_text};
use crate::time_stamp::{StampError, Stamper};
use crate::xlsx_file::xlsx;

/// Where recordings come from.
pub trait RecordingReader {
    /// Opens the recording with this SHA-256 for reading from its start.
    fn open(&self, sha256: &[u8; 32]) -> io::Result<Box<dyn Read + '_>>;
}

/// What was built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Built {
    /// The length of the archive.
    pub bytes: u64,
    /// The number of recordings in it.
    pub recordings: usize,
    /// What the gate still misses, sorted, each once; a package with anything
    /// here is a draft and says so on every page.
    pub missing: Vec<Missing>,
    /// The answer of the time-stamp authority that is in it, where one was asked.
    pub time_stamp: Option<Vec<u8>>,
}

/// What shows who made a package and when; neither is needed.
#[derive(Clone, Copy, Default)]
pub struct Seal<'a> {
    /// Signs the tag manifest.
    pub key: Option<&'a SigningKey>,
    /// Gives the tag manifest its time.
    pub stamper: Option<&'a dyn Stamper>,
}

/// Why a package could not be built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// A dossier without calls complains of nothing.
    #[error("the dossier holds no interception")]
    Empty,
    /// The dossier is larger than a package may be.
    #[error("{what}: more than {limit}")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// How much of it a package may hold.
        limit: u64,
    },
    /// The dossier names a time zone that does not exist.
    #[error("no time zone is called {0:?}")]
    TimeZone(String),
    /// A recording cannot be read.
    #[error("a recording of call {call} cannot be read")]
    Recording {
        /// The call.
        call: ObservationId,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A recording is not the one the dossier names.
    #[error("a recording of call {call} is not what was received: its {what} differs")]
    RecordingDiffers {
        /// The call.
        call: ObservationId,
        /// `length` or `SHA-256`.
        what: &'static str,
    },
    /// A document could not be made; a fault of the program or its template.
    #[error("{document} could not be made: {detail}")]
    Document {
        /// Which file of the package.
        document: &'static str,
        /// What its maker said.
        detail: String,
    },
    /// There is no time-stamp, and a package was not to be made without.
    #[error(transparent)]
    TimeStamp(#[from] StampError),
    /// The archive could not be written.
    #[error("the archive could not be written")]
    Write(#[source] io::Error),
}

/// Builds the package of `dossier` into `out`, which must be empty. The same
/// dossier and recordings give the same bytes.
///
/// # Errors
/// When the dossier is empty or larger than a package may be, when a recording
/// is missing or is not the one the dossier names, or when writing fails; what
/// `out` holds then is no package.
pub fn build(
    dossier: &Dossier,
    recordings: &dyn RecordingReader,
    out: impl Write + Seek,
) -> Result<Built, BuildError> {
    build_sealed(dossier, recordings, Seal::default(), out)
}

/// The same, sealed. A signature of the same key over the same facts has the same
/// bytes, too; a time-stamp has them only if it is the one of before.
///
/// # Errors
/// As [`build`], and when no time-stamp can be had.
pub fn build_sealed(
    dossier: &Dossier,
    recordings: &dyn RecordingReader,
    seal: Seal<'_>,
    out: impl Write + Seek,
) -> Result<Built, BuildError> {
    limits::check(dossier)?;
    let zone = TimeZone::get(&dossier.time_zone)
        .map_err(|_| BuildError::TimeZone(dossier.time_zone.clone()))?;
    let calls = numbered(dossier);
    let missing = missing(dossier);
    let documents = documents(dossier, &calls, &missing, &zone)?;
    let bag = Bag { dossier, zone: &zone, calls: &calls, documents: &documents, seal };
    let (mut out, time_stamp) = bag.write(recordings, out)?;
    let bytes = out.stream_position().map_err(BuildError::Write)?;
    let recordings = calls.iter().map(|call| call.recordings.len()).sum();
    Ok(Built { bytes, recordings, missing, time_stamp })
}

/// A file of the package made by the program.
type MadeFile = (&'static str, Vec<u8>);

/// The payload beside the recordings, in order of path.
fn documents(
    dossier: &Dossier,
    calls: &[NumberedCall<'_>],
    missing: &[Missing],
    zone: &TimeZone,
) -> Result<[MadeFile; 4], BuildError> {
    let fault = |document| {
        move |detail: &dyn std::fmt::Display| BuildError::Document {
            document,
            detail: detail.to_string(),
        }
    };
    let application = application::document(dossier, calls, zone)?;
    let pdf = pdf(application, &folder(dossier.package), dossier.sealed_at)
        .map_err(|error| fault(APPLICATION_PATH)(&error))?;
    let json =
        package_json(dossier, calls, missing).map_err(|error| fault(PACKAGE_JSON_PATH)(&error))?;
    let rows = register::rows(calls, zone);
    let csv = csv(&rows).map_err(|error| fault(REGISTER_CSV_PATH)(&error))?;
    let xlsx = xlsx(&rows, dossier.sealed_at).map_err(|error| fault(REGISTER_XLSX_PATH)(&error))?;
    if json.len().max(csv.len()) > MAX_TEXT_FILE_BYTES {
        let limit = MAX_TEXT_FILE_BYTES as u64;
        return Err(BuildError::TooLarge { what: "bytes of a text file", limit });
    }
    Ok([
        (APPLICATION_PATH, pdf),
        (PACKAGE_JSON_PATH, json),
        (REGISTER_CSV_PATH, csv),
        (REGISTER_XLSX_PATH, xlsx),
    ])
}

/// Everything that goes into the archive.
struct Bag<'a> {
    dossier: &'a Dossier,
    zone: &'a TimeZone,
    calls: &'a [NumberedCall<'a>],
    documents: &'a [MadeFile; 4],
    seal: Seal<'a>,
}

impl Bag<'_> {
    /// Writes all entries in order of their names: tag files, payload, then
    /// the manifests, which need the hashes of what stands before them, and what
    /// seals the last of them. Gives the time-stamp along.
    fn write<W: Write + Seek>(
        &self,
        recordings: &dyn RecordingReader,
        out: W,
    ) -> Result<(W, Option<Vec<u8>>), BuildError> {
        let date = entry_date(self.dossier.sealed_at, self.zone);
        let mut files = Files {
            archive: Archive::new(out, date),
            folder: folder(self.dossier.package),
            written: Vec::new(),
        };
        files.add(README_PATH, self.readme()?.as_bytes())?;
        files.add(BAG_INFO_PATH, self.bag_info().text().as_bytes())?;
        files.add(BAGIT_PATH, BAGIT.as_bytes())?;
        let (before, after) = self.documents.split_at(2);
        for (path, content) in before {
            files.add(path, content)?;
        }
        for call in self.calls {
            for recording in &call.recordings {
                files.add_recording(call.facts.call, recording, recordings)?;
            }
        }
        for (path, content) in after {
            files.add(path, content)?;
        }
        let manifest = files.manifest(|path| path.starts_with(PAYLOAD));
        files.add(MANIFEST_PATH, manifest.as_bytes())?;
        if let Some(key) = self.seal.key {
            files.add(SIGNING_KEY_PATH, key.public_pem().as_bytes())?;
        }
        let tag_manifest = files.manifest(|path| !path.starts_with(PAYLOAD));
        files.add(TAG_MANIFEST_PATH, tag_manifest.as_bytes())?;
        if let Some(key) = self.seal.key {
            files.add(SIGNATURE_PATH, &key.sign(tag_manifest.as_bytes()))?;
        }
        let stamped = self.seal.stamper.map(|stamper| stamper.stamp(tag_manifest.as_bytes()));
        let stamped = stamped.transpose()?;
        if let Some(time_stamp) = &stamped {
            files.add(TIME_STAMP_PATH, time_stamp)?;
        }
        Ok((files.archive.finish().map_err(BuildError::Write)?, stamped))
    }

    fn bag_info(&self) -> BagInfo<'_> {
        let recordings = || self.calls.iter().flat_map(|call| &call.recordings);
        let documents: u64 = self.documents.iter().map(|(_, content)| content.len() as u64).sum();
        BagInfo {
            software: &self.dossier.program_version,
            date: local(self.dossier.sealed_at, self.zone).date().to_string(),
            package: self.dossier.package,
            payload_bytes: documents + recordings().map(|found| found.facts.bytes).sum::<u64>(),
            payload_files: self.documents.len() + recordings().count(),
        }
    }

    fn readme(&self) -> Result<String, BuildError> {
        let sealed = local(self.dossier.sealed_at, self.zone);
        let facts = ReadmeFacts {
            folder: folder(self.dossier.package),
            sealed: date(&sealed),
            time: format!("{} ({})", minutes(&sealed), zone(&sealed)),
            fingerprint: self.seal.key.map(SigningKey::fingerprint),
            is_stamped: self.seal.stamper.is_some(),
        };
        render_text(README, facts).map_err(|error| BuildError::Document {
            document: README_PATH,
            detail: error.to_string(),
        })
    }
}

#[derive(Serialize)]
struct ReadmeFacts {
    folder: String,
    sealed: String,
    time: String,
    /// Of the key that signs, where one does.
    fingerprint: Option<String>,
    is_stamped: bool,
}

/// The archive with what was written so far.
struct Files<W: Write + Seek> {
    archive: Archive<W>,
    folder: String,
    written: Vec<(String, Written)>,
}

impl<W: Write + Seek> Files<W> {
    fn add(&mut self, path: &str, content: &[u8]) -> Result<(), BuildError> {
        let name = format!("{}/{path}", self.folder);
        let written = self.archive.add(&name, content).map_err(|error| match error {
            CopyError::Read(source) | CopyError::Write(source) => BuildError::Write(source),
        })?;
        self.written.push((path.to_owned(), written));
        Ok(())
    }

    /// Streams a recording and refuses one that is not what was received.
    fn add_recording(
        &mut self,
        call: ObservationId,
        recording: &NamedRecording<'_>,
        reader: &dyn RecordingReader,
    ) -> Result<(), BuildError> {
        let facts = recording.facts;
        let unreadable = |source| BuildError::Recording { call, source };
        let content = reader.open(&facts.sha256).map_err(unreadable)?;
        // One byte more than announced is enough to see that it is longer.
        let content = content.take(facts.bytes.saturating_add(1));
        let name = format!("{}/{}", self.folder, recording.path);
        let written = self.archive.add(&name, content).map_err(|error| match error {
            CopyError::Read(source) => unreadable(source),
            CopyError::Write(source) => BuildError::Write(source),
        })?;
        if written.bytes != facts.bytes {
            return Err(BuildError::RecordingDiffers { call, what: "length" });
        }
        if written.sha256 != facts.sha256 {
            return Err(BuildError::RecordingDiffers { call, what: "SHA-256" });
        }
        self.written.push((recording.path.clone(), written));
        Ok(())
    }

    fn manifest(&self, belongs: impl Fn(&str) -> bool) -> String {
        let files = self.written.iter().map(|(path, written)| (path.as_str(), *written));
        manifest(files.filter(|(path, _)| belongs(path)))
    }
}
