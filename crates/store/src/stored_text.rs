//! Small lists kept in text columns as JSON, which the database's own tools can
//! read too. Nothing filters on their inside.

use baitline_domain::ids::AttachmentId;
use baitline_domain::instant::{Instant, Span};
use baitline_domain::label::{Segment, Speaker};
use baitline_domain::preparation::FoundConsent;
use baitline_domain::protocol::{Step, StepKind};
use baitline_domain::trap::{Exposure, ExposureKind};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{StoreError, StoreResult};

pub(crate) fn write<T: Serialize>(value: &T) -> StoreResult<String> {
    serde_json::to_string(value).map_err(|error| StoreError::Corrupt(error.to_string()))
}

pub(crate) fn read<T: DeserializeOwned>(text: &str) -> StoreResult<T> {
    serde_json::from_str(text).map_err(|error| StoreError::Corrupt(error.to_string()))
}

/// `[["site_visit", micros, seconds], …]`.
pub(crate) fn write_exposures(exposures: &[Exposure]) -> StoreResult<String> {
    let rows: Vec<(ExposureKind, i64, u32)> =
        exposures.iter().map(|one| (one.kind, one.at.0, one.seconds)).collect();
    write(&rows)
}

pub(crate) fn read_exposures(text: &str) -> StoreResult<Vec<Exposure>> {
    let rows: Vec<(ExposureKind, i64, u32)> = read(text)?;
    Ok(rows
        .into_iter()
        .map(|(kind, at, seconds)| Exposure { at: Instant(at), kind, seconds })
        .collect())
}

/// `[[micros, micros or null, "caller", "words"], …]`.
pub(crate) fn write_segments(segments: &[Segment]) -> StoreResult<String> {
    let rows: Vec<(i64, Option<i64>, Speaker, &str)> = segments
        .iter()
        .map(|one| (one.from.0, one.to.map(|to| to.0), one.speaker, one.text.as_str()))
        .collect();
    write(&rows)
}

pub(crate) fn read_segments(text: &str) -> StoreResult<Vec<Segment>> {
    let rows: Vec<(i64, Option<i64>, Speaker, String)> = read(text)?;
    Ok(rows
        .into_iter()
        .map(|(from, to, speaker, text)| Segment {
            from: Span(from),
            to: to.map(Span),
            speaker,
            text,
        })
        .collect())
}

/// A consent as it is kept: place, wording, given on, withdrawn on.
type StoredConsent = (String, String, Option<i32>, Option<i32>);

/// `[["place", "wording", day or null, day or null], …]`.
pub(crate) fn write_found_consents(found: &[FoundConsent]) -> StoreResult<String> {
    let rows: Vec<(&str, &str, Option<i32>, Option<i32>)> = found
        .iter()
        .map(|one| (one.place.as_str(), one.wording.as_str(), one.given_on, one.withdrawn_on))
        .collect();
    write(&rows)
}

pub(crate) fn read_found_consents(text: &str) -> StoreResult<Vec<FoundConsent>> {
    let rows: Vec<StoredConsent> = read(text)?;
    Ok(rows
        .into_iter()
        .map(|(place, wording, given_on, withdrawn_on)| FoundConsent {
            place,
            wording,
            given_on,
            withdrawn_on,
        })
        .collect())
}

/// `[["site_visit", micros, "note" or null, ["id", …]], …]`.
pub(crate) fn write_steps(steps: &[Step]) -> StoreResult<String> {
    let rows: Vec<(StepKind, i64, Option<&str>, &[AttachmentId])> = steps
        .iter()
        .map(|one| (one.kind, one.at.0, one.note.as_deref(), one.proofs.as_slice()))
        .collect();
    write(&rows)
}

pub(crate) fn read_steps(text: &str) -> StoreResult<Vec<Step>> {
    let rows: Vec<(StepKind, i64, Option<String>, Vec<AttachmentId>)> = read(text)?;
    Ok(rows
        .into_iter()
        .map(|(kind, at, note, proofs)| Step { kind, at: Instant(at), note, proofs })
        .collect())
}
