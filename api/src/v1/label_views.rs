//! Labels as the wire has them: what is sent, with every check that concerns a
//! label alone, and what is kept.

use baitline_domain::label::{Segment, plain_text};
use baitline_store::models::{LabelRow, NewLabel};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::listening::PersonName;
use crate::fault::{Fault, FaultItem};
use crate::fields::{Line, PhoneNumber, Prose, Seconds, Time};
use crate::problem::{ApiError, ApiResult};
use crate::words::{LabelKindWord, SpeakerWord};

/// What was said.
pub(super) type Transcript = Prose<20_000>;
/// A company, or where the number came from.
pub(super) type Statement = Line<200>;
/// A site.
pub(super) type Site = Line<200>;
/// What one speaker said without a break.
pub(super) type SegmentText = Line<2_000>;
/// Segments of one label: with its time and speaker before each, the longest
/// transcript still fits in a cell of the register.
pub(super) const MAX_SEGMENTS: usize = 500;

/// What one speaker said without a break.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateSegment {
    /// When it begins, in seconds from the recording's beginning; not before
    /// the segment in front of it.
    #[schema(value_type = f64, minimum = 0, maximum = 86400)]
    from_seconds: Seconds,
    /// When it ends; another speaker may begin before.
    #[schema(value_type = Option<f64>, minimum = 0, maximum = 86400)]
    to_seconds: Option<Seconds>,
    /// Who speaks.
    speaker: SpeakerWord,
    /// The words, on one line.
    #[schema(value_type = String, min_length = 1, max_length = 2000)]
    text: SegmentText,
}

/// What a person heard.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({
    "kind": "advertising",
    "robot": false,
    "consent_given": false,
    "stop_demanded": true,
    "company": "Окна Комфорт",
    "callback_number": "+74951230000",
    "number_origin": "номер взяли у партнёров",
    "segments": [
        {
            "from_seconds": 0.4, "to_seconds": 4.1, "speaker": "caller",
            "text": "Добрый день, вы интересовались окнами?"
        },
        {"from_seconds": 4.6, "speaker": "subscriber", "text": "Не звоните мне больше."}
    ],
    "listener": "Анна Котова"
})))]
pub(crate) struct CreateLabel {
    /// The kind of call.
    kind: LabelKindWord,
    /// Whether a machine spoke; null where it cannot be told.
    robot: Option<bool>,
    /// Whether the bait's user agreed to be called: later calls of this caller
    /// are then no interceptions.
    consent_given: bool,
    /// Whether the bait's user demanded that calls stop.
    stop_demanded: bool,
    /// The company the caller named. That alone attributes no number to it.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 200)]
    company: Option<Statement>,
    /// The number the caller asked to call back.
    callback_number: Option<PhoneNumber>,
    /// The site the caller named.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 200)]
    site: Option<Site>,
    /// Where the caller says the number came from.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 200)]
    number_origin: Option<Statement>,
    /// What was said; not beside `segments`, from which it follows.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 20000)]
    transcript: Option<Transcript>,
    /// What was said and when, in order; not beside `transcript`.
    #[schema(max_items = 500)]
    segments: Option<Vec<CreateSegment>>,
    /// Who listened, where several people share a key.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100)]
    listener: Option<PersonName>,
}

impl TryFrom<CreateLabel> for NewLabel {
    type Error = FaultItem;

    fn try_from(body: CreateLabel) -> Result<Self, FaultItem> {
        let segments = read_segments(body.segments.unwrap_or_default())?;
        if body.transcript.is_some() && !segments.is_empty() {
            return Err(FaultItem::at("/transcript", Fault::NotTogether));
        }
        let derived = (!segments.is_empty()).then(|| plain_text(&segments));
        if derived.as_ref().is_some_and(|text| text.chars().count() > Transcript::MAX_CHARS) {
            return Err(FaultItem::at("/segments", Fault::TooLong));
        }
        Ok(Self {
            kind: body.kind.into(),
            robot: body.robot,
            consent_given: body.consent_given,
            stop_demanded: body.stop_demanded,
            company: body.company.map(|company| company.0),
            callback_number: body.callback_number.map(|number| number.0),
            site: body.site.map(|site| site.0),
            number_origin: body.number_origin.map(|origin| origin.0),
            transcript: body.transcript.map(|transcript| transcript.0).or(derived),
            segments,
            listener: body.listener.map(|listener| listener.0),
        })
    }
}

fn read_segments(sent: Vec<CreateSegment>) -> Result<Vec<Segment>, FaultItem> {
    if sent.len() > MAX_SEGMENTS {
        return Err(FaultItem::at("/segments", Fault::TooMany));
    }
    let mut read: Vec<Segment> = Vec::with_capacity(sent.len());
    for (place, segment) in sent.into_iter().enumerate() {
        let fault =
            |field: &str, fault| Err(FaultItem::at(format!("/segments/{place}/{field}"), fault));
        let (from, to) = (segment.from_seconds.0, segment.to_seconds.map(|to| to.0));
        if from.0 < 0 {
            return fault("from_seconds", Fault::OutOfRange);
        }
        if read.last().is_some_and(|before| from < before.from) {
            return fault("from_seconds", Fault::NotInOrder);
        }
        if to.is_some_and(|to| to <= from) {
            return fault("to_seconds", Fault::EmptyPeriod);
        }
        read.push(Segment { from, to, speaker: segment.speaker.into(), text: segment.text.0 });
    }
    Ok(read)
}

/// What one speaker said without a break.
#[derive(Serialize, ToSchema)]
#[schema(as = Segment)]
pub(crate) struct SegmentView {
    /// When it begins, in seconds from the recording's beginning.
    #[schema(value_type = f64)]
    from_seconds: Seconds,
    /// When it ends, where that was noted.
    #[schema(value_type = Option<f64>)]
    to_seconds: Option<Seconds>,
    /// Who speaks.
    speaker: SpeakerWord,
    /// The words.
    text: String,
}

impl From<Segment> for SegmentView {
    fn from(segment: Segment) -> Self {
        Self {
            from_seconds: Seconds(segment.from),
            to_seconds: segment.to.map(Seconds),
            speaker: segment.speaker.into(),
            text: segment.text,
        }
    }
}

/// What a person heard, when, and with which key it was said.
#[derive(Serialize, ToSchema)]
#[schema(as = Label, examples(json!({
    "id": "0197a5b0-7c1e-7d3a-9a51-000000000006",
    "client_id": "0197a5b0-7c1e-7d3a-9a51-000000000001",
    "observation_id": "0f3a5b6c-7d8e-8f90-a1b2-c3d4e5f60718",
    "kind": "advertising",
    "robot": false,
    "consent_given": false,
    "stop_demanded": true,
    "company": "Окна Комфорт",
    "callback_number": "+74951230000",
    "site": null,
    "number_origin": "номер взяли у партнёров",
    "transcript": "— Добрый день, вы интересовались окнами?",
    "segments": [{
        "from_seconds": 0.4, "to_seconds": 4.1, "speaker": "caller",
        "text": "Добрый день, вы интересовались окнами?"
    }],
    "listener": "Анна Котова",
    "labelled_at": "2026-10-02T12:00:00Z",
    "labelled_by": "k7m2p9q4w8x3"
})))]
pub(crate) struct LabelView {
    /// Its id.
    id: Uuid,
    /// Its client.
    client_id: Uuid,
    /// The observation whose recording was heard; `/v1/calls/{id}` finds the
    /// call by it.
    observation_id: Uuid,
    /// The kind of call.
    kind: LabelKindWord,
    /// Whether a machine spoke.
    robot: Option<bool>,
    /// Whether the bait's user agreed to be called.
    consent_given: bool,
    /// Whether the bait's user demanded that calls stop.
    stop_demanded: bool,
    /// The company the caller named.
    company: Option<String>,
    /// The number the caller asked to call back.
    callback_number: Option<PhoneNumber>,
    /// The site the caller named.
    site: Option<String>,
    /// Where the caller says the number came from.
    number_origin: Option<String>,
    /// What was said; where there are segments, their words.
    transcript: Option<String>,
    /// What was said and when; empty where nobody noted the times.
    segments: Vec<SegmentView>,
    /// Who listened, where the sender said so.
    listener: Option<String>,
    /// When it was given.
    labelled_at: Time,
    /// The public part of the key it was given with.
    labelled_by: String,
}

impl TryFrom<LabelRow> for LabelView {
    type Error = ApiError;

    fn try_from(row: LabelRow) -> ApiResult<Self> {
        let segments = row.segments()?.into_iter().map(SegmentView::from).collect();
        Ok(Self {
            id: row.id.0,
            client_id: row.client_id.0,
            observation_id: row.observation_id.0,
            kind: row.kind.into(),
            robot: row.robot,
            consent_given: row.consent_given,
            stop_demanded: row.stop_demanded,
            company: row.company,
            callback_number: row.callback_number.map(PhoneNumber),
            site: row.site,
            number_origin: row.number_origin,
            transcript: row.transcript,
            segments,
            listener: row.listener,
            labelled_at: Time(row.labelled_at),
            labelled_by: row.labelled_by,
        })
    }
}
