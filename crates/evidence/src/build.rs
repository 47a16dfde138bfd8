//! From a dossier to the archive. Knows the order of work and nothing of how
//! each file is made.

use std::io::{self, Read, Seek, Write};

use baitline_domain::gate::Missing;
use baitline_domain::ids::ObservationId;
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::archive::{Archive, CopyError, Written, entry_date};
use crate::bag::{
    BAG_INFO_PATH, BAGIT, BAGIT_PATH, BagInfo, MANIFEST_PATH, PAYLOAD, README_PATH, SIGNATURE_PATH,
    SIGNING_KEY_PATH, TAG_MANIFEST_PATH, TIME_STAMP_PATH, folder, manifest,
};
use crate::documents::{Desk, MadeFile};
use crate::dossier::{Dossier, RecordingFacts};
use crate::limits;
use crate::numbered::{NumberedCall, missing, numbered};
use crate::russian::{date, local, minutes, zone};
use crate::signature::SigningKey;
use crate::template::{README, render_text};
use crate::time_stamp::{StampError, Stamper};
use crate::volumes;

/// Where recordings come from.
pub trait RecordingReader {
    /// Opens the recording with this SHA-256 for reading from its start.
    fn open(&self, sha256: &[u8; 32]) -> io::Result<Box<dyn Read + '_>>;

    /// Opens the playable copy with this SHA-256 for reading from its start.
    fn open_wav(&self, sha256: &[u8; 32]) -> io::Result<Box<dyn Read + '_>>;
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
    let desk = Desk { dossier, calls: &calls, missing: &missing, zone: &zone };
    let documents = desk.documents()?;
    let bag = Bag { dossier, zone: &zone, calls: &calls, documents: &documents, seal };
    let (mut out, time_stamp) = bag.write(recordings, out)?;
    let bytes = out.stream_position().map_err(BuildError::Write)?;
    let recordings = calls.iter().map(|call| call.recordings.len()).sum();
    Ok(Built { bytes, recordings, missing, time_stamp })
}

/// What an entry of the payload is.
enum Content<'a> {
    Made(&'a [u8]),
    Kept(Blob<'a>),
}

/// A recording, or its playable copy.
struct Blob<'a> {
    call: ObservationId,
    sha256: &'a [u8; 32],
    bytes: u64,
    is_copy: bool,
}

/// Everything that goes into the archive.
struct Bag<'a> {
    dossier: &'a Dossier,
    zone: &'a TimeZone,
    calls: &'a [NumberedCall<'a>],
    documents: &'a [MadeFile],
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
        for (path, content) in self.payload() {
            match content {
                Content::Made(bytes) => files.add(path, bytes)?,
                Content::Kept(blob) => files.add_blob(path, &blob, recordings)?,
            }
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

    /// The payload in order of path.
    fn payload(&self) -> Vec<(&str, Content<'_>)> {
        let made = self.documents.iter().map(|(path, bytes)| (path.as_ref(), Content::Made(bytes)));
        let mut payload: Vec<(&str, Content<'_>)> = made.collect();
        for call in self.calls {
            for recording in &call.recordings {
                let RecordingFacts { sha256, bytes, .. } = recording.facts;
                let kept = |sha256, bytes, is_copy| {
                    Content::Kept(Blob { call: call.facts.call, sha256, bytes, is_copy })
                };
                payload.push((&recording.path, kept(sha256, *bytes, false)));
                if let Some(wav) = &recording.wav {
                    payload.push((&wav.path, kept(&wav.facts.sha256, wav.facts.bytes, true)));
                }
            }
        }
        payload.sort_unstable_by_key(|(path, _)| *path);
        payload
    }

    fn bag_info(&self) -> BagInfo<'_> {
        let payload = self.payload();
        let bytes = payload.iter().map(|(_, content)| match content {
            Content::Made(bytes) => bytes.len() as u64,
            Content::Kept(blob) => blob.bytes,
        });
        BagInfo {
            software: &self.dossier.program_version,
            date: local(self.dossier.sealed_at, self.zone).date().to_string(),
            package: self.dossier.package,
            payload_bytes: bytes.sum(),
            payload_files: payload.len(),
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
            in_volumes: self.documents.iter().any(|(path, _)| *path == volumes::path(2)),
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
    in_volumes: bool,
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

    /// Streams a recording or its copy and refuses one that is not what the dossier
    /// names.
    fn add_blob(
        &mut self,
        path: &str,
        blob: &Blob<'_>,
        reader: &dyn RecordingReader,
    ) -> Result<(), BuildError> {
        let call = blob.call;
        let unreadable = |source| BuildError::Recording { call, source };
        let opened =
            if blob.is_copy { reader.open_wav(blob.sha256) } else { reader.open(blob.sha256) };
        let content = opened.map_err(unreadable)?;
        // One byte more than announced is enough to see that it is longer.
        let content = content.take(blob.bytes.saturating_add(1));
        let name = format!("{}/{path}", self.folder);
        let written = self.archive.add(&name, content).map_err(|error| match error {
            CopyError::Read(source) => unreadable(source),
            CopyError::Write(source) => BuildError::Write(source),
        })?;
        if written.bytes != blob.bytes {
            return Err(BuildError::RecordingDiffers { call, what: "length" });
        }
        if written.sha256 != *blob.sha256 {
            return Err(BuildError::RecordingDiffers { call, what: "SHA-256" });
        }
        self.written.push((path.to_owned(), written));
        Ok(())
    }

    fn manifest(&self, belongs: impl Fn(&str) -> bool) -> String {
        let files = self.written.iter().map(|(path, written)| (path.as_str(), *written));
        manifest(files.filter(|(path, _)| belongs(path)))
    }
}
