//! The calls of a dossier in the order every document lists them, each with
//! its number and the names its recordings have in the package.

use baitline_domain::gate::Missing;

use crate::bag::FILING;
use crate::dossier::{Dossier, InterceptionFacts, Playable, RecordingFacts, WavFacts};

/// The fewest digits of a number in a file name, so that names sort.
const FEWEST_DIGITS: usize = 2;

/// A call with its number in the package, from 1.
pub(crate) struct NumberedCall<'a> {
    pub(crate) number: usize,
    pub(crate) facts: &'a InterceptionFacts,
    pub(crate) recordings: Vec<NamedRecording<'a>>,
}

/// A recording with its path in the package.
pub(crate) struct NamedRecording<'a> {
    pub(crate) path: String,
    pub(crate) facts: &'a RecordingFacts,
    /// What every player plays of it.
    pub(crate) wav: Option<NamedWav<'a>>,
}

/// A playable copy with its path in the package.
pub(crate) struct NamedWav<'a> {
    pub(crate) path: String,
    /// The part it is sent in, from 1.
    pub(crate) part: usize,
    pub(crate) facts: &'a WavFacts,
}

impl NamedRecording<'_> {
    /// Its name without the folders.
    pub(crate) fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }
}

/// The calls in order of (start, id); their recordings in order of arrival.
pub(crate) fn numbered(dossier: &Dossier) -> Vec<NumberedCall<'_>> {
    let mut calls: Vec<&InterceptionFacts> = dossier.interceptions.iter().collect();
    calls.sort_by_key(|call| (call.started_at, call.call));
    let digits = calls.len().to_string().len().max(FEWEST_DIGITS);
    let numbered = |(index, facts): (usize, _)| {
        let number = index + 1;
        NumberedCall { number, facts, recordings: named_recordings(number, digits, facts) }
    };
    let mut calls: Vec<NumberedCall<'_>> = calls.into_iter().enumerate().map(numbered).collect();
    place_wavs(&mut calls, dossier.part_bytes);
    calls
}

/// Puts the playable copies into parts of at most so many bytes, in order: what is
/// larger than a part by itself is a part.
fn place_wavs(calls: &mut [NumberedCall<'_>], most_bytes: Option<u64>) {
    let most_bytes = most_bytes.unwrap_or(u64::MAX);
    let mut recordings: Vec<_> = calls.iter_mut().flat_map(|call| &mut call.recordings).collect();
    let (mut part, mut filled) = (1, 0_u64);
    for recording in &mut recordings {
        let Playable::Wav(facts) = &recording.facts.playable else { continue };
        if filled > 0 && filled.saturating_add(facts.bytes) > most_bytes {
            (part, filled) = (part + 1, 0);
        }
        filled = filled.saturating_add(facts.bytes);
        recording.wav = Some(NamedWav { path: String::new(), part, facts });
    }
    let digits = part.to_string().len().max(FEWEST_DIGITS);
    for recording in recordings {
        let stem = recording.name().split('.').next().unwrap_or_default().to_owned();
        if let Some(wav) = &mut recording.wav {
            wav.path = format!("{FILING}part-{:0digits$}/{stem}.wav", wav.part);
        }
    }
}

/// What any call misses, sorted, each once.
pub(crate) fn missing(dossier: &Dossier) -> Vec<Missing> {
    let mut missing: Vec<Missing> =
        dossier.interceptions.iter().flat_map(|call| call.missing.iter().copied()).collect();
    missing.sort_unstable();
    missing.dedup();
    missing
}

fn named_recordings(
    number: usize,
    digits: usize,
    call: &InterceptionFacts,
) -> Vec<NamedRecording<'_>> {
    let mut recordings: Vec<&RecordingFacts> = call.recordings.iter().collect();
    recordings
        .sort_by_key(|recording| (recording.received_at, recording.observation, recording.sha256));
    let named = |(index, facts): (usize, _)| {
        let extension = extension(facts);
        let path = format!("data/recordings/call-{number:0digits$}-{}.{extension}", index + 1);
        NamedRecording { path, facts, wav: None }
    };
    recordings.into_iter().enumerate().map(named).collect()
}

/// The extension of the type that was found in the bytes; the name a sender
/// chose never becomes a name in the package.
fn extension(recording: &RecordingFacts) -> &'static str {
    match recording.media_type.as_str() {
        "audio/wav" | "audio/x-wav" | "audio/wave" | "audio/vnd.wave" => "wav",
        "audio/mpeg" | "audio/mp3" => "mp3",
        "audio/mp4" | "audio/m4a" | "audio/x-m4a" => "m4a",
        "audio/ogg" | "application/ogg" => "ogg",
        "audio/amr" | "audio/AMR" => "amr",
        _ => "bin",
    }
}
