//! The wire shapes of the life of a complaint: its acts and its deadlines.

use std::str::FromStr;

use baitline_domain::complaint::{Act, ActFault, ActKind, ActPart, ActParts, CaseNumber};
use baitline_domain::gate::Missing;
use baitline_domain::limitation::limitation_day;
use baitline_store::models::{ActRow, DeadlineChanges, DeadlineRow, NewAct, NewDeadline};
use baitline_store::now;
use serde::{Deserialize, Deserializer, Serialize, de};
use utoipa::ToSchema;
use uuid::Uuid;

use super::applicants::ApplicantNote;
use super::inquiry_views::TrackingNumber;
use super::powers_of_attorney::PaperNumber;
use crate::fault::Fault;
use crate::fields::{CivilDay, Time, present};
use crate::problem::{ApiError, ApiResult};
use crate::words::{
    ActKindWord, AppealKindWord, DeadlineKindWord, DeadlineStateWord, FilingChannelWord,
    MissingWord, OutcomeWord,
};

/// The most things that an office can say are missing.
pub(super) const MAX_MISSING: usize = 16;

/// The number of a case, as offices write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ToSchema)]
#[schema(value_type = String, max_length = 60, examples("077/05/18-1234/2026"))]
pub(crate) struct CaseNumberText(pub(crate) CaseNumber);

impl FromStr for CaseNumberText {
    type Err = Fault;

    fn from_str(text: &str) -> Result<Self, Fault> {
        text.parse().map(Self).map_err(|_| Fault::NotACaseNumber)
    }
}

impl<'de> Deserialize<'de> for CaseNumberText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// One act in the life of a complaint.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"kind": "file", "on": "2026-11-20", "channel": "email"})))]
pub(crate) struct RecordAct {
    /// What was done.
    kind: ActKindWord,
    /// The day, not before that of the act it follows.
    on: CivilDay,
    /// The number of the case; given for `open_case`.
    case_number: Option<CaseNumberText>,
    /// What was decided; given for `decide`, and for `decide_appeal` that changed it.
    outcome: Option<OutcomeWord>,
    /// What became of the appeal; given for `decide_appeal`.
    appeal: Option<AppealKindWord>,
    /// How it was filed; given for `file`.
    channel: Option<FilingChannelWord>,
    /// The post's number.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 40)]
    tracking_number: Option<TrackingNumber>,
    /// The number that the office gave it.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100)]
    incoming_number: Option<PaperNumber>,
    /// What the office says is missing; for `return` and `refuse`.
    #[serde(default)]
    #[schema(max_items = 16)]
    missing: Vec<MissingWord>,
    /// For people.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 1000)]
    note: Option<ApplicantNote>,
}

impl TryFrom<RecordAct> for NewAct {
    type Error = ApiError;

    fn try_from(body: RecordAct) -> ApiResult<Self> {
        let kind = ActKind::from(body.kind);
        let parts = ActParts {
            case_number: body.case_number.map(|number| number.0),
            outcome: body.outcome.map(Into::into),
            appeal: body.appeal.map(Into::into),
        };
        let act = kind.with(parts).map_err(of_part)?;
        match (act == Act::File, body.channel) {
            (true, None) => return Err(ApiError::field("/channel", Fault::Missing)),
            (false, Some(_)) => return Err(ApiError::field("/channel", Fault::OfAnotherKind)),
            _ => {}
        }
        let tells_missing = matches!(act, Act::Return | Act::Refuse);
        if !body.missing.is_empty() && !tells_missing {
            return Err(ApiError::field("/missing", Fault::OfAnotherKind));
        }
        if body.missing.len() > MAX_MISSING {
            return Err(ApiError::field("/missing", Fault::TooMany));
        }
        let missing: Vec<Missing> = body.missing.into_iter().map(Into::into).collect();
        Ok(Self {
            act,
            on: body.on.0,
            channel: body.channel.map(Into::into),
            tracking_number: body.tracking_number.map(|number| number.0),
            incoming_number: body.incoming_number.map(|number| number.0),
            missing,
            note: body.note.map(|note| note.0),
        })
    }
}

fn of_part(fault: ActFault) -> ApiError {
    let (part, fault) = match fault {
        ActFault::Missing(part) => (part, Fault::Missing),
        ActFault::OfAnotherKind(part) => (part, Fault::OfAnotherKind),
    };
    let pointer = match part {
        ActPart::CaseNumber => "/case_number",
        ActPart::Outcome => "/outcome",
        ActPart::Appeal => "/appeal",
    };
    ApiError::field(pointer, fault)
}

/// A line of the ledger.
#[derive(Serialize, ToSchema)]
#[schema(as = ComplaintAct)]
pub(crate) struct ActView {
    /// Its place in the ledger, from 0.
    place: i32,
    /// What was done.
    kind: ActKindWord,
    /// The day.
    on: CivilDay,
    /// The number of the case that was opened.
    case_number: Option<String>,
    /// What was decided.
    outcome: Option<OutcomeWord>,
    /// What became of the appeal.
    appeal: Option<AppealKindWord>,
    /// How it was filed.
    channel: Option<FilingChannelWord>,
    /// The post's number.
    tracking_number: Option<String>,
    /// The number that the office gave it.
    incoming_number: Option<String>,
    /// What the office says is missing.
    missing: Vec<MissingWord>,
    /// For people.
    note: Option<String>,
    /// The public part of the key it was entered with.
    author: String,
    /// When it was entered.
    created_at: Time,
}

impl TryFrom<ActRow> for ActView {
    type Error = ApiError;

    fn try_from(row: ActRow) -> ApiResult<Self> {
        let missing = row.missing()?;
        Ok(Self {
            place: row.place,
            kind: row.kind.into(),
            on: CivilDay(row.on_day),
            case_number: row.case_number,
            outcome: row.outcome.map(Into::into),
            appeal: row.appeal.map(Into::into),
            channel: row.channel.map(Into::into),
            tracking_number: row.tracking_number,
            incoming_number: row.incoming_number,
            missing: missing.into_iter().map(Into::into).collect(),
            note: row.note,
            author: row.author,
            created_at: Time(row.created_at),
        })
    }
}

/// The ledger of a complaint.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({"items": []})))]
pub(crate) struct ActList {
    /// In its order; at most 500.
    pub(super) items: Vec<ActView>,
}

/// A deadline to enter.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"kind": "hearing", "due_on": "2027-01-20"})))]
pub(crate) struct CreateDeadline {
    /// For what.
    kind: DeadlineKindWord,
    /// The last day, inclusive.
    due_on: CivilDay,
    /// For people.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 1000)]
    note: Option<ApplicantNote>,
}

impl From<CreateDeadline> for NewDeadline {
    fn from(body: CreateDeadline) -> Self {
        let note = body.note.map(|note| note.0);
        Self { kind: body.kind.into(), due_on: body.due_on.0, note }
    }
}

/// What changes of a deadline: what is absent stays, null empties.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"done_on": "2027-01-20"})))]
pub(crate) struct UpdateDeadline {
    /// Another last day.
    #[schema(nullable = false)]
    due_on: Option<CivilDay>,
    /// The day it was met.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<CivilDay>)]
    done_on: Option<Option<CivilDay>>,
    /// Another note.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 1000)]
    note: Option<Option<ApplicantNote>>,
}

impl From<UpdateDeadline> for DeadlineChanges {
    fn from(body: UpdateDeadline) -> Self {
        Self {
            due_on: body.due_on.map(|day| day.0),
            done_on: body.done_on.map(|one| one.map(|day| day.0)),
            note: body.note.map(|one| one.map(|note| note.0)),
        }
    }
}

/// Until when something of a complaint has to be done.
#[derive(Serialize, ToSchema)]
#[schema(as = Deadline, examples(json!({
    "id": "0197a5b0-7c1e-7d3a-9a51-000000000061",
    "complaint_id": "0197a5b0-7c1e-7d3a-9a51-000000000051",
    "kind": "hearing",
    "due_on": "2027-01-20",
    "done_on": null,
    "state": "ahead",
    "days_left": 55,
    "note": null,
    "version": 1,
    "author": "k7m2p9q4w8x3",
    "created_at": "2026-11-26T09:30:00Z"
})))]
pub(crate) struct DeadlineView {
    /// Its id.
    id: Uuid,
    /// The complaint.
    complaint_id: Uuid,
    /// For what.
    kind: DeadlineKindWord,
    /// The last day, inclusive.
    due_on: CivilDay,
    /// The day it was met.
    done_on: Option<CivilDay>,
    /// How it stands today.
    state: DeadlineStateWord,
    /// Whole days from today to the last day; negative after it.
    days_left: i64,
    /// For people.
    note: Option<String>,
    /// How often it was written; its ETag.
    pub(super) version: i32,
    /// The public part of the key it was entered with.
    author: String,
    /// When it was entered.
    created_at: Time,
}

impl From<DeadlineRow> for DeadlineView {
    fn from(row: DeadlineRow) -> Self {
        let (deadline, today) = (row.deadline(), limitation_day(now()));
        Self {
            id: row.id.0,
            complaint_id: row.complaint_id.0,
            kind: row.kind.into(),
            due_on: CivilDay(row.due_on),
            done_on: row.done_on.map(CivilDay),
            state: deadline.state(today).into(),
            days_left: deadline.days_left(today),
            note: row.note,
            version: row.version,
            author: row.author,
            created_at: Time(row.created_at),
        }
    }
}

/// The deadlines of a complaint.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({"items": []})))]
pub(crate) struct DeadlineList {
    /// In order of their last days; at most 100.
    pub(super) items: Vec<DeadlineView>,
}
