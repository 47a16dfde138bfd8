//! The playable copies of a package's recordings: decoded one by one into a temporary
//! file, so that a package needs no more memory for them than for one packet, and read
//! from there when the package is written. What does not decode has none, for whatever
//! reason: a recording that cannot be played is still evidence.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use baitline_evidence::dossier::{Dossier, NotPlayable, Playable, RecordingFacts, WavFacts};
use baitline_evidence::{MAX_PLAYABLE_BYTES, RecordingReader};
use baitline_intake::pcm::{NoPcm, Pcm, WAV_HEADER_BYTES, write_pcm};
use sha2::{Digest, Sha256};

use crate::WorkError;
use crate::contents::ClientRecordings;

/// Bytes moved at a time.
const CHUNK_BYTES: usize = 64 * 1024;

/// The recordings of one package with their copies.
pub(crate) struct PlayableRecordings<'a> {
    originals: ClientRecordings<'a>,
    scratch: File,
    /// By the hash of the copy.
    copies: BTreeMap<[u8; 32], Placed>,
}

/// Where a copy lies: its header here, its samples in the temporary file.
struct Placed {
    header: [u8; WAV_HEADER_BYTES],
    at: u64,
    bytes: u64,
}

/// The same dossier, told of the copies that were made.
///
/// # Errors
/// When a recording is gone or is not what was received, or the blob store or this
/// machine fails.
pub(crate) fn with_copies<'a>(
    mut dossier: Dossier,
    originals: ClientRecordings<'a>,
) -> Result<(Dossier, PlayableRecordings<'a>), WorkError> {
    let mut making = Making { originals: &originals, scratch: tempfile::tempfile()?, end: 0 };
    let mut copies = BTreeMap::new();
    let mut made: BTreeMap<[u8; 32], Playable> = BTreeMap::new();
    for recording in dossier.interceptions.iter_mut().flat_map(|one| &mut one.recordings) {
        if let Some(same) = made.get(&recording.sha256) {
            recording.playable = same.clone();
            continue;
        }
        recording.playable = match making.copy_of(recording)? {
            Ok((facts, copy)) => {
                copies.insert(facts.sha256, copy);
                Playable::Wav(facts)
            }
            Err(why) => Playable::Nothing(why),
        };
        made.insert(recording.sha256, recording.playable.clone());
    }
    let scratch = making.scratch;
    Ok((dossier, PlayableRecordings { originals, scratch, copies }))
}

/// The copies on their way.
struct Making<'a> {
    originals: &'a ClientRecordings<'a>,
    scratch: File,
    /// Where the next copy begins.
    end: u64,
}

impl Making<'_> {
    fn copy_of(
        &mut self,
        recording: &RecordingFacts,
    ) -> Result<Result<(WavFacts, Placed), NotPlayable>, WorkError> {
        // What could not even be counted when it came may keep a decoder for ever.
        if recording.duration_milliseconds.is_none() {
            return Ok(Err(NotPlayable::Undecodable));
        }
        let original = self.original(recording)?;
        let pcm = match self.decoded(original, recording) {
            Ok(pcm) => pcm,
            Err(NoPcm::Write(error)) => return Err(error.into()),
            Err(NoPcm::TooLong) => return Ok(Err(NotPlayable::TooLarge)),
            Err(NoPcm::Undecodable) => return Ok(Err(NotPlayable::Undecodable)),
        };
        let copy = Placed { header: pcm.wav_header(), at: self.end, bytes: u64::from(pcm.bytes) };
        let facts = WavFacts {
            sha256: sum(&mut copy.open(&self.scratch))?,
            bytes: copy.length(),
            sample_rate: pcm.sample_rate,
            channels: pcm.channels,
            duration_milliseconds: pcm.milliseconds(),
            skipped_packets: pcm.skipped_packets,
        };
        self.end += copy.bytes;
        Ok(Ok((facts, copy)))
    }

    /// The recording as a file of its own, since decoders want to seek. A copy is made
    /// of what was received or not at all, so its hash is taken once more.
    fn original(&self, recording: &RecordingFacts) -> io::Result<File> {
        let mut file = tempfile::tempfile()?;
        let mut from = self.originals.open(&recording.sha256)?;
        let mut hash = Sha256::new();
        let mut chunk = vec![0; CHUNK_BYTES];
        loop {
            match from.read(&mut chunk)? {
                0 => break,
                length => {
                    hash.update(&chunk[..length]);
                    file.write_all(&chunk[..length])?;
                }
            }
        }
        if recording.sha256 != <[u8; 32]>::from(hash.finalize()) {
            return Err(io::ErrorKind::InvalidData.into());
        }
        file.rewind()?;
        Ok(file)
    }

    /// Writes the samples behind those of the copies before.
    fn decoded(&mut self, original: File, recording: &RecordingFacts) -> Result<Pcm, NoPcm> {
        let left = MAX_PLAYABLE_BYTES.saturating_sub(self.end + WAV_HEADER_BYTES as u64);
        let left = u32::try_from(left).unwrap_or(u32::MAX);
        self.scratch.seek(SeekFrom::Start(self.end))?;
        let told = (recording.bytes, recording.media_type.as_str());
        let mut out = BufWriter::with_capacity(CHUNK_BYTES, &self.scratch);
        let decode = AssertUnwindSafe(|| write_pcm(original, told, left, &mut out));
        // A decoder that panics has met what it does not understand.
        let pcm = catch_unwind(decode).unwrap_or(Err(NoPcm::Undecodable))?;
        out.flush()?;
        Ok(pcm)
    }
}

impl Placed {
    fn length(&self) -> u64 {
        self.bytes + WAV_HEADER_BYTES as u64
    }

    fn open<'a>(&'a self, scratch: &'a File) -> impl Read + 'a {
        self.header.as_slice().chain(Samples { scratch, at: self.at, left: self.bytes })
    }
}

/// A piece of the temporary file.
struct Samples<'a> {
    scratch: &'a File,
    at: u64,
    left: u64,
}

impl Read for Samples<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let length = self.scratch.read_at(&mut buffer[..most], self.at)?;
        self.at += length as u64;
        self.left -= length as u64;
        Ok(length)
    }
}

fn sum(from: &mut impl Read) -> io::Result<[u8; 32]> {
    let mut hash = Sha256::new();
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        match from.read(&mut chunk)? {
            0 => return Ok(hash.finalize().into()),
            length => hash.update(&chunk[..length]),
        }
    }
}

impl RecordingReader for PlayableRecordings<'_> {
    fn open(&self, sha256: &[u8; 32]) -> io::Result<Box<dyn Read + '_>> {
        self.originals.open(sha256)
    }

    fn open_wav(&self, sha256: &[u8; 32]) -> io::Result<Box<dyn Read + '_>> {
        let copy = self.copies.get(sha256).ok_or(io::ErrorKind::NotFound)?;
        Ok(Box::new(copy.open(&self.scratch)))
    }
}
