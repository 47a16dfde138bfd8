//! What `package.json` says of the files beside it: the documents with their sums,
//! the pages of the filing set, the copies of recordings, and the chains of custody.

use std::borrow::Cow;

use baitline_domain::audit::AuditHead;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::Time;
use crate::bag::{FILING_PATH, hex};
use crate::custody::{events, links};
use crate::documents::MadeFile;
use crate::dossier::{Dossier, InterceptionFacts, Playable};
use crate::filing::Enclosed;
use crate::numbered::{NamedRecording, NamedWav};
use crate::volumes::{Filed, Place, path};

/// The files of the package that were made before `package.json`.
pub(crate) struct Made<'a> {
    pub(crate) files: &'a [MadeFile],
    pub(crate) enclosed: &'a [Enclosed],
    pub(crate) filed: &'a Filed,
}

#[derive(Serialize)]
pub(super) struct AuditHeadJson {
    sequence: u64,
    hash: String,
}

#[derive(Serialize)]
pub(super) struct DocumentJson<'a> {
    file: &'a str,
    sha256: String,
    bytes: usize,
}

#[derive(Serialize)]
pub(super) struct FilingJson<'a> {
    file: &'static str,
    pages: usize,
    volumes: Vec<VolumeJson>,
    enclosures: Vec<EnclosedJson<'a>>,
}

/// A part of it that is a file of its own.
#[derive(Serialize)]
struct VolumeJson {
    file: Cow<'static, str>,
    first_page: usize,
    pages: usize,
}

#[derive(Serialize)]
struct EnclosedJson<'a> {
    number: usize,
    kind: &'static str,
    title: &'a str,
    first_page: usize,
    pages: usize,
}

#[derive(Serialize)]
pub(super) struct CustodyJson {
    at: Time,
    kind: &'static str,
    by: Option<String>,
    link: String,
}

#[derive(Serialize)]
pub(super) struct PlayableJson<'a> {
    file: &'a str,
    part: usize,
    sha256: String,
    bytes: u64,
    sample_rate: u32,
    channels: u16,
    duration_milliseconds: u64,
    skipped_packets: u64,
}

impl<'a> Made<'a> {
    /// Each with its sum, in order of path.
    pub(super) fn documents(&self) -> Vec<DocumentJson<'a>> {
        let listed = |(file, content): &'a MadeFile| DocumentJson {
            file,
            sha256: hex(&Sha256::digest(content)),
            bytes: content.len(),
        };
        let mut documents: Vec<DocumentJson<'a>> = self.files.iter().map(listed).collect();
        documents.sort_unstable_by_key(|document| document.file);
        documents
    }

    pub(super) fn filing(&self) -> FilingJson<'a> {
        let enclosed = |(number, one): (usize, &'a Enclosed)| {
            let (first, last) = self.filed.counted.pages_of(number).unwrap_or((0, 0));
            EnclosedJson {
                number,
                kind: one.kind,
                title: &one.title,
                first_page: first,
                pages: last + 1 - first,
            }
        };
        let volume = |(number, place): (usize, &Place)| VolumeJson {
            file: path(number),
            first_page: place.first_page,
            pages: place.pages,
        };
        FilingJson {
            file: FILING_PATH,
            pages: self.filed.counted.pages,
            volumes: (1..).zip(&self.filed.places).map(volume).collect(),
            enclosures: (1..).zip(self.enclosed).map(enclosed).collect(),
        }
    }
}

pub(super) fn audit_head(head: AuditHead) -> AuditHeadJson {
    AuditHeadJson { sequence: head.sequence, hash: hex(&head.hash) }
}

pub(super) fn custody(
    dossier: &Dossier,
    call: &InterceptionFacts,
    recording: &NamedRecording<'_>,
) -> Vec<CustodyJson> {
    let events = events(dossier, call, recording);
    let links = links(&recording.facts.sha256, &events);
    let told = events.into_iter().zip(links).map(|(event, link)| CustodyJson {
        at: Time(event.at),
        kind: event.kind.as_str(),
        by: event.by,
        link,
    });
    told.collect()
}

pub(super) fn playable<'a>(wav: &'a NamedWav<'a>) -> PlayableJson<'a> {
    PlayableJson {
        file: &wav.path,
        part: wav.part,
        sha256: hex(&wav.facts.sha256),
        bytes: wav.facts.bytes,
        sample_rate: wav.facts.sample_rate,
        channels: wav.facts.channels,
        duration_milliseconds: wav.facts.duration_milliseconds,
        skipped_packets: wav.facts.skipped_packets,
    }
}

pub(super) fn not_playable(playable: &Playable) -> Option<&'static str> {
    match playable {
        Playable::Wav(_) => None,
        Playable::Nothing(why) => Some(why.as_str()),
    }
}
