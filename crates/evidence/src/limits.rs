//! How much one package may hold. A package is read by people and built in
//! memory but for its recordings, so every part of it has an end.

use crate::build::BuildError;
use crate::dossier::{Dossier, InterceptionFacts, LabelFacts, Playable};
use crate::russian;

/// Calls in a package: more than that is no complaint but a statistic.
pub(crate) const MAX_INTERCEPTIONS: usize = 500;
/// Recordings in a package.
pub(crate) const MAX_RECORDINGS: usize = 1_000;
/// Bytes of all recordings together. With the documents the archive stays
/// under 4 GiB, and so every unpacker can read it.
pub(crate) const MAX_RECORDINGS_BYTES: u64 = 3 << 30;
/// Bytes of all playable copies together, which are larger than what they are made of.
pub const MAX_PLAYABLE_BYTES: u64 = 512 << 20;
/// Volumes of the filing set.
pub(crate) const MAX_VOLUMES: usize = 100;
/// Protocols and comparisons.
const MAX_PAPERS: usize = 1_000;
/// Bytes of one file of text that the program makes: what `verify` reads into
/// memory.
pub(crate) const MAX_TEXT_FILE_BYTES: usize = 32 << 20;
/// Observations of one call.
const MAX_OBSERVATIONS: usize = 100;
/// Amendments of one observation.
const MAX_AMENDMENTS: usize = 100;
/// Exposures of one trap.
const MAX_EXPOSURES: usize = 200;
/// Characters of one transcript as it is printed, times and speakers included; a
/// cell of a sheet holds 32,767.
const MAX_TRANSCRIPT_CHARS: usize = 32_000;
/// Characters of all transcripts together.
const MAX_TRANSCRIPTS_CHARS: usize = 1_000_000;
/// Enclosures of an application.
const MAX_ENCLOSURES: usize = 200;
/// Characters of a name or of any other short text.
const MAX_TEXT_CHARS: usize = 1_000;

/// Refuses a dossier that a package cannot hold.
pub(crate) fn check(dossier: &Dossier) -> Result<(), BuildError> {
    let calls = &dossier.interceptions;
    if calls.is_empty() {
        return Err(BuildError::Empty);
    }
    at_most("interceptions", calls.len(), MAX_INTERCEPTIONS)?;
    let recordings = || calls.iter().flat_map(|call| &call.recordings);
    at_most("recordings", recordings().count(), MAX_RECORDINGS)?;
    let bytes = recordings().fold(0_u64, |sum, recording| sum.saturating_add(recording.bytes));
    if bytes > MAX_RECORDINGS_BYTES {
        return Err(BuildError::TooLarge {
            what: "bytes of recordings",
            limit: MAX_RECORDINGS_BYTES,
        });
    }
    let playable = recordings().fold(0_u64, |sum, one| match &one.playable {
        Playable::Wav(wav) => sum.saturating_add(wav.bytes),
        Playable::Nothing(_) => sum,
    });
    if playable > MAX_PLAYABLE_BYTES {
        let what = "bytes of playable copies";
        return Err(BuildError::TooLarge { what, limit: MAX_PLAYABLE_BYTES });
    }
    at_most("papers", dossier.protocols.len() + dossier.comparisons.len(), MAX_PAPERS)?;
    let transcripts = calls.iter().map(transcript_chars).sum();
    at_most("characters of all transcripts", transcripts, MAX_TRANSCRIPTS_CHARS)?;
    short(&dossier.client_name)?;
    short(&dossier.program_version)?;
    if let Some(office) = &dossier.office {
        short(&office.name)?;
        short(&office.subject_code)?;
    }
    check_people(dossier)?;
    calls.iter().try_for_each(check_call)
}

fn check_people(dossier: &Dossier) -> Result<(), BuildError> {
    if let Some(applicant) = &dossier.applicant {
        short(&applicant.name)?;
        let particulars = [
            &applicant.inn,
            &applicant.registration_number,
            &applicant.passport,
            &applicant.address,
            &applicant.reply_address,
            &applicant.phone,
            &applicant.email,
        ];
        particulars.into_iter().flatten().try_for_each(|text| short(text))?;
    }
    if let Some(representative) = &dossier.representative {
        short(&representative.name)?;
        let power = representative.power.as_ref().and_then(|power| power.number.as_ref());
        representative.position.iter().chain(power).try_for_each(|text| short(text))?;
    }
    at_most("enclosures", dossier.enclosures.len(), MAX_ENCLOSURES)?;
    dossier.enclosures.iter().try_for_each(|enclosure| short(&enclosure.title))
}

fn check_call(call: &InterceptionFacts) -> Result<(), BuildError> {
    at_most("observations of a call", call.observations.len(), MAX_OBSERVATIONS)?;
    at_most("exposures of a trap", call.trap.exposures.len(), MAX_EXPOSURES)?;
    at_most("characters of a transcript", transcript_chars(call), MAX_TRANSCRIPT_CHARS)?;
    let operators = call.caller_operator.iter().chain(&call.bait_operator);
    operators.map(|operator| &operator.name).try_for_each(|name| short(name))?;
    call.caller_raw.iter().chain(&call.caller_region).try_for_each(|text| short(text))?;
    for observation in &call.observations {
        short(&observation.source_name)?;
        short(&observation.source_kind)?;
        short(&observation.reported_at_raw)?;
        at_most("amendments of an observation", observation.amendments.len(), MAX_AMENDMENTS)?;
        observation.amendments.iter().try_for_each(|amendment| short(&amendment.reason))?;
    }
    for recording in &call.recordings {
        short(&recording.media_type)?;
        recording.original_name.iter().try_for_each(|name| short(name))?;
    }
    call.label.iter().try_for_each(check_label)
}

fn check_label(label: &LabelFacts) -> Result<(), BuildError> {
    label.listener.iter().try_for_each(|name| short(name))?;
    [&label.company, &label.callback_number, &label.site, &label.number_origin, &label.screen_label]
        .into_iter()
        .flatten()
        .try_for_each(|text| short(text))
}

fn transcript_chars(call: &InterceptionFacts) -> usize {
    let printed = |label: &LabelFacts| {
        let printed = russian::transcript(label.transcript.as_deref(), &label.segments);
        printed.chars().count()
    };
    call.label.as_ref().map_or(0, printed)
}

fn short(text: &str) -> Result<(), BuildError> {
    at_most("characters of a short text", text.chars().count(), MAX_TEXT_CHARS)
}

fn at_most(what: &'static str, count: usize, limit: usize) -> Result<(), BuildError> {
    if count > limit {
        return Err(BuildError::TooLarge { what, limit: limit as u64 });
    }
    Ok(())
}
