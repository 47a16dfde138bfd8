//! The calls of a dossier in the order every document lists them, each with
//! its number and the names its recordings have in the package.

use baitline_domain::gate::Missing;

use crate::dossier::{Dossier, InterceptionFacts, RecordingFacts};

/// The fewest digits of a call's number in a file name, so that names sort.
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
    calls.into_iter().enumerate().map(numbered).collect()
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
        NamedRecording { path, facts }
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
