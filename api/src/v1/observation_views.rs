//! Observations as the wire has them: as they stand, and as their source said
//! them.

use baitline_store::models::{ObservationRow, Revision};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::call_views::PartyView;
use super::correction_views::CorrectionView;
use crate::fields::Time;
use crate::words::{ChannelWord, DirectionWord};

/// One source's report of a call as it stands: what the source said last, and
/// where a person amended it, the amended values.
#[derive(Serialize, ToSchema)]
#[schema(as = Observation, examples(json!({
    "id": "0f3a5b6c-7d8e-8f90-a1b2-c3d4e5f60718",
    "client_id": "0197a5b0-7c1e-7d3a-9a51-000000000001",
    "source_id": "0197a5b0-7c1e-7d3a-9a51-000000000003",
    "external_id": "7f3a",
    "revision": 0,
    "bait_id": null,
    "bait_names": ["M-9"],
    "direction": "incoming",
    "party": null,
    "caller_raw": "8 (916) 000-00-01",
    "called_raw": null,
    "channel": "pstn",
    "reported_at": "2026-10-02T08:05:00Z",
    "reported_at_raw": "2026-10-02T11:05:00+03:00",
    "occurred_at": "2026-10-02T08:05:00Z",
    "received_at": "2026-10-02T08:06:10Z",
    "connected_seconds": 42,
    "answered": true,
    "roaming": false,
    "screen_label": null,
    "extra": null,
    "amended": [],
    "voided": false,
    "derived": false
})))]
pub(crate) struct ObservationView {
    /// Its id.
    id: Uuid,
    /// Its client.
    client_id: Uuid,
    /// Who reported it.
    source_id: Uuid,
    /// The source's own id of the record.
    external_id: Option<String>,
    /// Its revision.
    revision: i64,
    /// Its bait; null while it is unmatched.
    bait_id: Option<Uuid>,
    /// What the record calls its bait: the number or reference it names, or else
    /// each end that is a number, for either may be the bait.
    bait_names: Vec<String>,
    /// As the bait sees it; null while that is not known.
    direction: Option<DirectionWord>,
    /// The other end as it is read; null while the bait is not known.
    party: Option<PartyView>,
    /// The caller as it was written.
    caller_raw: Option<String>,
    /// The called as it was written.
    called_raw: Option<String>,
    /// What carried it.
    channel: ChannelWord,
    /// The start by the source's clock.
    reported_at: Time,
    /// The start as the source wrote it.
    reported_at_raw: String,
    /// The true start: corrected by the source's offset, or amended.
    occurred_at: Time,
    /// When the program got it.
    received_at: Time,
    /// Connected time in seconds.
    connected_seconds: Option<i32>,
    /// Whether somebody answered.
    answered: bool,
    /// Whether the bait was roaming.
    roaming: bool,
    /// The label the phone's screen showed.
    screen_label: Option<String>,
    /// What else the source sent.
    #[schema(value_type = Option<Object>)]
    extra: Option<serde_json::Value>,
    /// The fields that a person amended, by their names in a correction.
    #[schema(value_type = Vec<String>)]
    amended: Vec<&'static str>,
    /// Whether it takes no part in matching.
    voided: bool,
    /// Whether it was read from the name of a recording's file, so that no
    /// source reported it.
    derived: bool,
}

impl From<ObservationRow> for ObservationView {
    fn from(row: ObservationRow) -> Self {
        Self {
            id: row.id.0,
            client_id: row.client_id.0,
            source_id: row.source_id.0,
            bait_id: row.bait_id.map(|id| id.0),
            bait_names: row.bait_names().iter().map(ToString::to_string).collect(),
            direction: row.direction.or(row.named_direction).map(Into::into),
            party: row.party().as_ref().map(PartyView::from),
            external_id: row.external_id,
            revision: row.revision,
            caller_raw: row.caller_raw,
            called_raw: row.called_raw,
            channel: row.channel.into(),
            reported_at: Time(row.reported_at),
            reported_at_raw: row.reported_at_raw,
            occurred_at: Time(row.occurred_at),
            received_at: Time(row.received_at),
            connected_seconds: row.connected_seconds,
            answered: row.answered,
            roaming: row.roaming,
            screen_label: row.screen_label,
            extra: object(row.extra),
            amended: row.amended.map(|amended| amended.fields()).unwrap_or_default(),
            voided: row.voided,
            derived: row.derived,
        }
    }
}

/// It was checked to be an object before it was kept.
fn object(extra: Option<String>) -> Option<serde_json::Value> {
    extra.and_then(|text| serde_json::from_str(&text).ok())
}

/// What a source said in one revision, in the fields it was sent with.
#[derive(Serialize, ToSchema)]
#[schema(as = Revision)]
pub(crate) struct RevisionView {
    /// Its number.
    revision: i64,
    /// When the program got it.
    received_at: Time,
    /// The bait, where the record named it.
    bait: Option<String>,
    /// The direction, where the record named its bait.
    direction: Option<DirectionWord>,
    /// The caller as it was written.
    caller: Option<String>,
    /// The called as it was written.
    called: Option<String>,
    /// What carried it.
    channel: ChannelWord,
    /// The start by the source's clock.
    reported_at: Time,
    /// The start as it was written.
    reported_at_raw: String,
    /// Connected time in seconds.
    connected_seconds: Option<i32>,
    /// Whether somebody answered.
    answered: bool,
    /// Whether the bait was roaming.
    roaming: bool,
    /// The label the phone's screen showed.
    screen_label: Option<String>,
    /// What else the source sent.
    #[schema(value_type = Option<Object>)]
    extra: Option<serde_json::Value>,
}

impl From<Revision> for RevisionView {
    fn from(row: Revision) -> Self {
        let said = row.content;
        Self {
            revision: row.revision,
            received_at: Time(row.received_at),
            bait: said.named_bait,
            direction: said.named_direction.map(Into::into),
            caller: said.caller,
            called: said.called,
            channel: said.channel.into(),
            reported_at: Time(baitline_domain::instant::Instant(said.reported_at_micros)),
            reported_at_raw: said.reported_at_raw,
            connected_seconds: said.connected_seconds,
            answered: said.answered,
            roaming: said.roaming,
            screen_label: said.screen_label,
            extra: object(said.extra),
        }
    }
}

/// An observation with everything that was said of it.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({
    "observation": {
        "id": "0f3a5b6c-7d8e-8f90-a1b2-c3d4e5f60718",
        "client_id": "0197a5b0-7c1e-7d3a-9a51-000000000001",
        "source_id": "0197a5b0-7c1e-7d3a-9a51-000000000003",
        "external_id": "7f3a",
        "revision": 0,
        "bait_id": "0197a5b0-7c1e-7d3a-9a51-000000000002",
        "bait_names": ["+79001234567"],
        "direction": "incoming",
        "party": {"kind": "number", "number": "+79160000001", "text": null},
        "caller_raw": "8 (916) 000-00-01",
        "called_raw": null,
        "channel": "pstn",
        "reported_at": "2026-10-02T08:05:00Z",
        "reported_at_raw": "2026-10-02T11:05:00+03:00",
        "occurred_at": "2026-10-02T08:05:00Z",
        "received_at": "2026-10-02T08:06:10Z",
        "connected_seconds": 42,
        "answered": true,
        "roaming": false,
        "screen_label": null,
        "extra": null,
        "amended": [],
        "voided": false,
        "derived": false
    },
    "revisions": [],
    "corrections": []
})))]
pub(crate) struct ObservationDetail {
    /// As it stands.
    pub(super) observation: ObservationView,
    /// What its source said, in order; the last revision is the valid one.
    pub(super) revisions: Vec<RevisionView>,
    /// What people corrected, in order.
    pub(super) corrections: Vec<CorrectionView>,
}
