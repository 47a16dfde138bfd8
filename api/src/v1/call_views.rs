//! Calls as the wire has them: what is sent, what is derived, and what its
//! sources reported.

use baitline_domain::operator::Operators;
use baitline_domain::phone::Party;
use baitline_store::models::JudgedCall;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::interceptions::{InterceptionFacts, interception_facts};
use super::observation_views::ObservationView;
use super::recordings::RecordingView;
use crate::fields::{PhoneNumber, Time};
use crate::words::{ChannelWord, DirectionWord, LabelKindWord, PartyKindWord, ReasonWord};

/// One call as a source reports it. Either `bait` and `direction` are given,
/// and the other end; or `called`, and the end that is a bait decides.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({
    "source": "recorder",
    "external_id": "7f3a",
    "bait": "+79001234567",
    "direction": "incoming",
    "caller": "8 (916) 000-00-01",
    "occurred_at": "2026-10-02T11:05:00+03:00",
    "connected_seconds": 42
})))]
#[expect(dead_code, reason = "it only describes what the intake reads")]
pub(crate) struct CreateCall {
    /// Who reports, by name; absent where the request names one for all.
    #[schema(max_length = 64)]
    source: Option<String>,
    /// The source's own id of the record. With it a retry is recognised
    /// whatever else changes; without it, by the facts.
    #[schema(max_length = 200)]
    external_id: Option<String>,
    /// The highest revision of an id wins; 0 unless told.
    #[schema(value_type = Option<u64>, maximum = 4_294_967_295_u32)]
    revision: Option<u32>,
    /// The bait's number, or the client's reference of it.
    #[schema(max_length = 64)]
    bait: Option<String>,
    /// As the bait sees it; required with `bait`, refused without.
    direction: Option<DirectionWord>,
    /// Who called; absent where the number was withheld.
    #[schema(max_length = 200)]
    caller: Option<String>,
    /// Who was called; required without `bait` and for outgoing calls.
    #[schema(max_length = 200)]
    called: Option<String>,
    /// The start, with an offset or in the zone of the source.
    #[schema(min_length = 1, max_length = 64)]
    occurred_at: String,
    /// Connected time in seconds.
    #[schema(maximum = 86400)]
    connected_seconds: Option<u32>,
    /// Whether somebody answered; unless told, whether there was connected time.
    answered: Option<bool>,
    /// What carried it, `pstn` unless told.
    channel: Option<ChannelWord>,
    /// Whether the bait was roaming, `false` unless told.
    roaming: Option<bool>,
    /// The label the phone's screen showed.
    #[schema(max_length = 64)]
    screen_label: Option<String>,
    /// What else the source has to say, at most 4,096 bytes.
    #[schema(value_type = Option<Object>)]
    extra: Option<serde_json::Value>,
}

/// One record or many.
#[derive(Deserialize, ToSchema)]
#[serde(untagged)]
#[schema(examples(json!([{
    "source": "recorder",
    "external_id": "7f3a",
    "bait": "+79001234567",
    "direction": "incoming",
    "caller": "8 (916) 000-00-01",
    "occurred_at": "2026-10-02T11:05:00+03:00",
    "connected_seconds": 42
}])))]
#[expect(dead_code, reason = "it only describes what the intake reads")]
pub(crate) enum CreateCallsBody {
    /// One record.
    One(Box<CreateCall>),
    /// At most 100,000 records.
    Many(Vec<CreateCall>),
}

/// The other end of a call.
#[derive(Clone, Serialize, ToSchema)]
#[schema(as = Party)]
pub(crate) struct PartyView {
    /// What it is.
    kind: PartyKindWord,
    /// Its number, where it is one.
    number: Option<PhoneNumber>,
    /// What was written, where it is no number.
    text: Option<String>,
}

impl From<&Party> for PartyView {
    fn from(party: &Party) -> Self {
        Self {
            kind: party.kind().into(),
            number: party.phone().map(PhoneNumber),
            text: party.text().map(str::to_owned),
        }
    }
}

/// A call, derived from what its sources reported.
#[derive(Serialize, ToSchema)]
#[schema(as = Call, examples(json!({
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
        "caller_operator": {
            "inn": "7740000076", "name": "ПАО «МТС»", "brand": "МТС", "group": "mts"
        },
        "numbering_edition_id": "0197a5b0-7c1e-7d3a-9a51-000000000009"
    },
    "reasons": ["range_holder_only"],
    "rule_version": 1,
    "label": "advertising",
    "has_recording": true
})))]
pub(crate) struct CallView {
    /// The id of its first observation.
    id: Uuid,
    /// Its client.
    client_id: Uuid,
    /// Its bait.
    bait_id: Uuid,
    /// As the bait sees it.
    direction: DirectionWord,
    /// The other end.
    party: PartyView,
    /// What carried it.
    channel: ChannelWord,
    /// The corrected start.
    started_at: Time,
    /// The longest connected time any source states.
    connected_seconds: u32,
    /// Whether any source says that somebody answered.
    answered: bool,
    /// Whether any source says that the bait was roaming.
    roaming: bool,
    /// An interception's particulars; null for background.
    interception: Option<InterceptionFacts>,
    /// Every reason of the verdict, or of there being none.
    reasons: Vec<ReasonWord>,
    /// The version of the rules that judged it.
    rule_version: u32,
    /// What a person heard, as the latest label has it.
    label: Option<LabelKindWord>,
    /// Whether there is a recording.
    has_recording: bool,
}

/// A call with everything that is kept about it.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({
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
        "interception": null,
        "reasons": ["outside_window"],
        "rule_version": 1,
        "label": null,
        "has_recording": false
    },
    "observations": [],
    "recordings": []
})))]
pub(crate) struct CallDetail {
    /// The call.
    pub(super) call: CallView,
    /// What its sources reported, as it stands, in order of start.
    pub(super) observations: Vec<ObservationView>,
    /// The recordings of its observations.
    pub(super) recordings: Vec<RecordingView>,
}

/// A call as the wire has it, and whether it has a recording.
pub(super) fn call_view(
    operators: &Operators,
    (judged, has_recording): (JudgedCall, bool),
) -> CallView {
    let JudgedCall { client_id, call, assessment, label, .. } = judged;
    CallView {
        id: call.id.0,
        client_id: client_id.0,
        bait_id: call.bait.0,
        direction: call.direction.into(),
        party: PartyView::from(&call.party),
        channel: call.channel.into(),
        started_at: Time(call.started_at),
        connected_seconds: call.connected_seconds,
        answered: call.answered,
        roaming: call.roaming,
        interception: assessment
            .interception
            .as_ref()
            .map(|interception| interception_facts(operators, interception, call.started_at)),
        reasons: assessment.reasons.into_iter().map(Into::into).collect(),
        rule_version: assessment.rule_version,
        label: label.map(Into::into),
        has_recording,
    }
}
