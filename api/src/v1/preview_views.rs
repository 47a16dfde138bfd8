//! What a preview answers: rows as they stand and as they would be read.

use std::collections::BTreeMap;

use baitline_domain::ids::BaitId;
use baitline_domain::observation::{BaitName, Ends, Report};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::call_views::PartyView;
use super::profile_views::ProfileBody;
use crate::fault::FaultItem;
use crate::fields::Time;
use crate::words::{ChannelWord, DirectionWord};

/// Where the profile of a preview comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ProfileFrom {
    /// It came with the request.
    Given,
    /// It is the source's.
    Stored,
    /// It was proposed from the file.
    Guessed,
}

/// A file as it would be read; nothing of it is kept.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({
    "profile": {
        "columns": {
            "caller": {"name": "src"}, "called": {"name": "dst"},
            "occurred_at": {"name": "calldate"}
        }
    },
    "profile_from": "guessed",
    "profile_faults": [],
    "header": ["calldate", "src", "dst"],
    "rows": [],
    "rejected": [],
    "totals": {"rows": 0, "calls": 0, "rejected": 0, "ignored": 0, "matched": 0,
        "without_number": 0},
    "reasons": []
})))]
pub(crate) struct Preview {
    /// By which it was read; to be saved as it is, or changed.
    pub(super) profile: ProfileBody,
    /// Where that comes from.
    pub(super) profile_from: ProfileFrom,
    /// What a guessed one lacks; no row is read then.
    pub(super) profile_faults: Vec<FaultItem>,
    /// The names of the columns; empty where there are none.
    pub(super) header: Vec<String>,
    /// The first rows.
    pub(super) rows: Vec<PreviewRow>,
    /// The first rows that would be rejected.
    pub(super) rejected: Vec<PreviewRow>,
    /// Of the whole file.
    pub(super) totals: PreviewTotals,
    /// Why rows would be rejected, the most frequent first.
    pub(super) reasons: Vec<RejectionCount>,
}

/// One row.
#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct PreviewRow {
    /// Its line, or its row in the sheet, from 1.
    pub(super) line: u64,
    /// Its cells as they stand; empty where they cannot be read.
    pub(super) cells: Vec<String>,
    /// The call it would be.
    pub(super) call: Option<PreviewCall>,
    /// Why it would be rejected.
    pub(super) error: Option<FaultItem>,
}

/// A call as it would be kept.
#[derive(Clone, Serialize, ToSchema)]
#[schema(examples(json!({
    "occurred_at": "2026-10-02T08:05:00Z",
    "occurred_at_raw": "02.10.2026 11:05",
    "bait_id": "0197a5b0-7c1e-7d3a-9a51-000000000002",
    "direction": "incoming",
    "party": {"kind": "number", "number": "+79160000001", "text": null},
    "caller_raw": "8 916 000-00-01",
    "called_raw": null,
    "connected_seconds": 42,
    "answered": true,
    "channel": "pstn",
    "roaming": false,
    "external_id": null,
    "screen_label": null,
    "extra": null
})))]
pub(crate) struct PreviewCall {
    /// The start by the source's clock, which is not corrected here.
    occurred_at: Time,
    /// The start as it stands in the file.
    occurred_at_raw: String,
    /// The bait, where it is known.
    bait_id: Option<Uuid>,
    /// As the bait sees it; unknown where the row only says who called whom and
    /// neither is a bait.
    direction: Option<DirectionWord>,
    /// The other end; unknown with the direction.
    party: Option<PartyView>,
    /// The caller as it is kept: as it stands in the file, unless only the profile
    /// tells what that means.
    caller_raw: Option<String>,
    /// The called, likewise.
    called_raw: Option<String>,
    /// Connected time in seconds.
    connected_seconds: Option<u32>,
    /// Whether somebody answered.
    answered: bool,
    /// What carried it.
    channel: ChannelWord,
    /// Whether the bait was roaming.
    roaming: bool,
    /// The source's own id of the record.
    external_id: Option<String>,
    /// The label the phone's screen showed.
    screen_label: Option<String>,
    /// What else is kept.
    #[schema(value_type = Option<Object>)]
    extra: Option<serde_json::Value>,
}

impl PreviewCall {
    pub(super) fn of(report: &Report, find: impl Fn(&BaitName) -> Option<BaitId>) -> Self {
        let joined = report.ends.join(find);
        let named = match &report.ends {
            Ends::Named { direction, party, .. } => Some((*direction, party)),
            Ends::Plain { .. } => None,
        };
        let seen = joined.as_ref().map(|joined| (joined.direction, &joined.party)).or(named);
        Self {
            occurred_at: Time(report.reported_at),
            occurred_at_raw: report.reported_at_raw.clone(),
            bait_id: joined.as_ref().map(|joined| joined.bait.0),
            direction: seen.map(|(direction, _)| direction.into()),
            party: seen.map(|(_, party)| party.into()),
            caller_raw: report.caller_raw.clone(),
            called_raw: report.called_raw.clone(),
            connected_seconds: report.connected_seconds,
            answered: report.answered,
            channel: report.channel.into(),
            roaming: report.roaming,
            external_id: report.external_id.clone(),
            screen_label: report.screen_label.clone(),
            extra: report.extra.as_deref().and_then(|text| serde_json::from_str(text).ok()),
        }
    }
}

/// Counts over the whole file. Rows are calls, rejected or ignored.
#[derive(Debug, Clone, Copy, Default, Serialize, ToSchema)]
pub(crate) struct PreviewTotals {
    /// Rows that are neither skipped, nor the header, nor blank.
    pub(super) rows: u64,
    /// Rows that would be calls.
    pub(super) calls: u64,
    /// Rows that would be rejected.
    pub(super) rejected: u64,
    /// Rows the profile leaves out.
    pub(super) ignored: u64,
    /// Calls whose bait is known; the others would wait for it.
    pub(super) matched: u64,
    /// Calls whose other end is no number that can be dialled: hidden, short,
    /// alphanumeric or malformed.
    pub(super) without_number: u64,
}

/// How many rows would be rejected for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct RejectionCount {
    /// The word for programs.
    #[schema(value_type = String)]
    code: &'static str,
    /// The field, where it is one field.
    pointer: Option<String>,
    /// So many rows.
    rows: u64,
}

/// Counts of reasons while a file is read.
#[derive(Debug, Default)]
pub(super) struct Reasons(BTreeMap<(&'static str, Option<String>), u64>);

impl Reasons {
    pub(super) fn add(&mut self, code: &'static str, pointer: Option<&str>) {
        *self.0.entry((code, pointer.map(str::to_owned))).or_default() += 1;
    }

    pub(super) fn most_first(self) -> Vec<RejectionCount> {
        let count = |((code, pointer), rows)| RejectionCount { code, pointer, rows };
        let mut counts: Vec<RejectionCount> = self.0.into_iter().map(count).collect();
        counts.sort_by_key(|count| std::cmp::Reverse(count.rows));
        counts
    }
}
