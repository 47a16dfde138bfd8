//! The listening queue as the wire has it.

use baitline_domain::instant::{Instant, MICROS_PER_SECOND};
use baitline_domain::operator::Operators;
use baitline_store::listening::Unheard;
use baitline_store::models::{Assignment, Recording};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::call_views::{CallView, call_view};
use super::listening::PersonName;
use super::recordings::RecordingView;
use crate::fields::{PhoneNumber, Time, Whole};
use crate::words::VerdictWord;

/// How many calls a listener takes at once.
pub(super) type ClaimSize = Whole<1, 100>;

/// A recording and where to hear it.
#[derive(Serialize, ToSchema)]
pub(crate) struct ListeningRecording {
    /// Its facts.
    recording: RecordingView,
    /// The path of its sound.
    #[schema(examples("/v1/calls/0f3a5b6c-7d8e-8f90-a1b2-c3d4e5f60718/recording"))]
    href: String,
}

impl From<Recording> for ListeningRecording {
    fn from(recording: Recording) -> Self {
        let href = format!("/v1/calls/{}/recording", recording.observation_id);
        Self { recording: recording.into(), href }
    }
}

/// Who holds a call.
#[derive(Serialize, ToSchema)]
#[schema(as = Assignment)]
pub(crate) struct AssignmentView {
    /// The person's name.
    #[schema(examples("Анна Котова"))]
    assignee: String,
    /// Since when.
    since: Time,
    /// When it is free again; null where somebody has to release it.
    until: Option<Time>,
    /// The public part of the key it was assigned with.
    assigned_by: String,
}

impl From<Assignment> for AssignmentView {
    fn from(row: Assignment) -> Self {
        Self {
            assignee: row.assignee,
            since: Time(row.since),
            until: row.until.map(Time),
            assigned_by: row.assigned_by,
        }
    }
}

/// A call that waits for a listener.
#[derive(Serialize, ToSchema)]
pub(crate) struct ListeningItem {
    /// The call.
    call: CallView,
    /// Its recordings, in order of its observations.
    recordings: Vec<ListeningRecording>,
    /// Who holds it; null where it is free.
    assignment: Option<AssignmentView>,
    /// Seconds since the call.
    #[schema(minimum = 0)]
    age_seconds: i64,
}

/// The view of a call that waits.
pub(super) fn listening_item(operators: &Operators, row: Unheard, now: Instant) -> ListeningItem {
    let Unheard { judged, recordings, assignment } = row;
    let age_seconds = ((now - judged.call.started_at).0 / MICROS_PER_SECOND).max(0);
    ListeningItem {
        call: call_view(operators, (judged, !recordings.is_empty())),
        recordings: recordings.into_iter().map(ListeningRecording::from).collect(),
        assignment: assignment.map(AssignmentView::from),
        age_seconds,
    }
}

/// A piece of the listening queue.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({
    "items": [{
        "call": {
            "id": "0f3a5b6c-7d8e-8f90-a1b2-c3d4e5f60718",
            "client_id": "0197a5b0-7c1e-7d3a-9a51-000000000001",
            "bait_id": "0197a5b0-7c1e-7d3a-9a51-000000000002",
            "direction": "incoming",
            "party": {"kind": "number", "number": "+79160000001", "text": null},
            "channel": "pstn",
            "started_at": "2026-10-02T08:05:00Z",
            "connected_seconds": 42,
            "answered": true,
            "roaming": false,
            "interception": {
                "trap_id": "0197a5b0-7c1e-7d3a-9a51-000000000005",
                "verdict": "foreign_group",
                "attempt": false,
                "prior_contact": false,
                "caller_operator": null,
                "numbering_edition_id": null
            },
            "reasons": ["range_holder_only"],
            "rule_version": 1,
            "label": null,
            "has_recording": true
        },
        "recordings": [{
            "recording": {
                "observation_id": "0f3a5b6c-7d8e-8f90-a1b2-c3d4e5f60718",
                "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
                "bytes": 48044,
                "media_type": "audio/wav",
                "media_type_sniffed": "audio/wav",
                "original_name": null,
                "duration_seconds": 3.0,
                "duration_missing": null,
                "derived": false,
                "waits_for": null,
                "received_at": "2026-10-02T09:00:00Z"
            },
            "href": "/v1/calls/0f3a5b6c-7d8e-8f90-a1b2-c3d4e5f60718/recording"
        }],
        "assignment": {
            "assignee": "Анна Котова",
            "since": "2026-10-02T10:00:00Z",
            "until": null,
            "assigned_by": "k7m2p9q4w8x3"
        },
        "age_seconds": 6900
    }],
    "next_cursor": null
})))]
pub(crate) struct ListeningPage {
    /// The oldest first.
    pub(super) items: Vec<ListeningItem>,
    /// Leads to the next piece; null at the end.
    pub(super) next_cursor: Option<String>,
}

/// Calls that a person holds now.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({"items": []})))]
pub(crate) struct ListeningItems {
    /// The oldest first.
    pub(super) items: Vec<ListeningItem>,
}

/// How many calls to take for whom, and of which.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({
    "assignee": "Анна Котова", "limit": 20, "until": "2030-10-02T18:00:00+03:00"
})))]
pub(crate) struct ClaimCalls {
    /// Who listens.
    #[schema(value_type = String, min_length = 1, max_length = 100)]
    pub(super) assignee: PersonName,
    /// How many, 10 unless told.
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 100, nullable = false)]
    pub(super) limit: Option<ClaimSize>,
    /// When they are free again; unless told, when somebody releases them.
    pub(super) until: Option<Time>,
    /// Of this client.
    #[schema(nullable = false)]
    pub(super) client_id: Option<Uuid>,
    /// `false` takes background calls too, and what nobody answered.
    #[schema(nullable = false)]
    pub(super) interceptions_only: Option<bool>,
    /// Of this bait.
    #[schema(nullable = false)]
    pub(super) bait_id: Option<Uuid>,
    /// Of this trap.
    #[schema(nullable = false)]
    pub(super) trap_id: Option<Uuid>,
    /// From this number.
    #[schema(nullable = false)]
    pub(super) caller: Option<PhoneNumber>,
    /// With this verdict.
    #[schema(nullable = false)]
    pub(super) verdict: Option<VerdictWord>,
}

/// Who is to listen to which calls.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({
    "assignee": "Анна Котова", "calls": ["0f3a5b6c-7d8e-8f90-a1b2-c3d4e5f60718"]
})))]
pub(crate) struct AssignCalls {
    /// Who is to listen.
    #[schema(value_type = String, min_length = 1, max_length = 100)]
    pub(super) assignee: PersonName,
    /// The calls, each by its id or that of an observation.
    #[schema(min_items = 1, max_items = 500)]
    pub(super) calls: Vec<Uuid>,
    /// When they are free again; unless told, when somebody releases them.
    pub(super) until: Option<Time>,
}

/// Which calls to release.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"assignee": "Анна Котова"})))]
pub(crate) struct ReleaseCalls {
    /// Of this client.
    #[schema(nullable = false)]
    pub(super) client_id: Option<Uuid>,
    /// The calls, each by its id or that of an observation.
    #[schema(min_items = 1, max_items = 500, nullable = false)]
    pub(super) calls: Option<Vec<Uuid>>,
    /// Only what this person holds.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100, nullable = false)]
    pub(super) assignee: Option<PersonName>,
}

/// What was released.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({"released": 3})))]
pub(crate) struct Released {
    /// How many calls somebody held.
    #[schema(value_type = u32)]
    pub(super) released: usize,
}
