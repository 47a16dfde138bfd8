//! The wire shapes of inquiries, their calls and what was answered.

use baitline_domain::ids::ObservationId;
use baitline_domain::inquiry::meaning;
use baitline_domain::operator::Operators;
use baitline_store::models::{
    CallAnswer, InquiryCallRow, InquiryCriteria, InquiryProposal, InquiryRow, OperatorReply,
    ProposedInquiry, Sending,
};
use baitline_store::now;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::operator_views::{OperatorView, operator_view};
use super::powers_of_attorney::PaperNumber;
use super::reports::MAX_PERIOD;
use crate::fault::Fault;
use crate::fields::{CivilDay, Line, PhoneNumber, Prose, Time};
use crate::problem::{ApiError, ApiResult};
use crate::words::{
    InquiryStateWord, LeftOutWord, PermissionWord, ReplyMeaningWord, SendingChannelWord,
};

/// The number under which the post knows a letter.
pub(super) type TrackingNumber = Line<40>;
/// What an operator said, in its words.
pub(super) type ReplyNote = Prose<2_000>;
/// A contract as an operator names it.
pub(super) type ContractName = Line<300>;

/// From which interceptions inquiries are made: answered ones that no other
/// inquiry asks about.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({
    "from": "2026-10-01T00:00:00+03:00",
    "to": "2026-11-01T00:00:00+03:00"
})))]
pub(crate) struct ProposeInquiries {
    /// The client; required with an agency's key.
    #[schema(nullable = false)]
    pub(super) client_id: Option<Uuid>,
    /// The period's first moment.
    from: Time,
    /// The first moment after the period, at most 400 days later.
    to: Time,
    /// Of this caller only.
    caller: Option<PhoneNumber>,
    /// Those, too, that nobody has labelled yet; without it only those that were
    /// labelled advertising.
    #[serde(default)]
    unheard: bool,
}

impl TryFrom<ProposeInquiries> for InquiryCriteria {
    type Error = ApiError;

    fn try_from(body: ProposeInquiries) -> ApiResult<Self> {
        let (from, to) = (body.from.0, body.to.0);
        if to <= from {
            return Err(ApiError::field("/to", Fault::EmptyPeriod));
        }
        if to - from > MAX_PERIOD {
            return Err(ApiError::field("/to", Fault::PeriodTooLong));
        }
        let caller = body.caller.map(|number| number.0);
        Ok(Self { from, to, caller, unheard: body.unheard })
    }
}

/// An inquiry that would be made.
#[derive(Serialize, ToSchema)]
pub(crate) struct ProposedInquiryView {
    /// Who would ask: the holder of the baits' contracts.
    applicant_id: Uuid,
    /// Who would be asked: the baits' operator by contract.
    operator: OperatorView,
    /// About which calls, in order of start.
    call_ids: Vec<Uuid>,
}

/// A call that is in no inquiry, and why.
#[derive(Serialize, ToSchema)]
pub(crate) struct LeftOutView {
    /// The call.
    call_id: Uuid,
    /// What is not known of its bait.
    reason: LeftOutWord,
}

/// What inquiries would be made.
#[derive(Serialize, ToSchema)]
#[schema(as = InquiryProposal, examples(json!({"inquiries": [], "left_out": []})))]
pub(crate) struct ProposalView {
    /// One for an applicant and an operator; more where one would be too long.
    inquiries: Vec<ProposedInquiryView>,
    /// The calls that are in none of them.
    left_out: Vec<LeftOutView>,
}

/// What inquiries were made.
#[derive(Serialize, ToSchema)]
#[schema(as = InquiryBatch, examples(json!({"inquiries": [], "left_out": []})))]
pub(crate) struct BatchView {
    /// The new drafts.
    inquiries: Vec<InquiryView>,
    /// The calls that are in none of them.
    left_out: Vec<LeftOutView>,
}

impl ProposalView {
    pub(super) fn of(operators: &Operators, proposal: InquiryProposal) -> Self {
        let view = |letter: ProposedInquiry| ProposedInquiryView {
            applicant_id: letter.applicant.0,
            operator: operator_view(operators, letter.operator, now()),
            call_ids: letter.calls.into_iter().map(|call| call.id.0).collect(),
        };
        let left_out = left_out(&proposal);
        Self { inquiries: proposal.letters.into_iter().map(view).collect(), left_out }
    }
}

impl BatchView {
    pub(super) fn of(
        operators: &Operators,
        made: Vec<InquiryRow>,
        proposal: &InquiryProposal,
    ) -> Self {
        let counts = proposal.letters.iter().map(|letter| letter.calls.len() as i64);
        let view = |(row, calls)| InquiryView::of(operators, row, calls);
        Self {
            inquiries: made.into_iter().zip(counts).map(view).collect(),
            left_out: left_out(proposal),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.inquiries.is_empty()
    }
}

fn left_out(proposal: &InquiryProposal) -> Vec<LeftOutView> {
    let view = |(call, reason): &(ObservationId, baitline_domain::inquiry::LeftOut)| LeftOutView {
        call_id: call.0,
        reason: (*reason).into(),
    };
    proposal.left_out.iter().map(view).collect()
}

/// A letter to a bait's operator.
#[derive(Serialize, ToSchema)]
#[schema(as = Inquiry, examples(json!({
    "id": "0197a5b0-7c1e-7d3a-9a51-000000000041",
    "client_id": "0197a5b0-7c1e-7d3a-9a51-000000000001",
    "applicant_id": "0197a5b0-7c1e-7d3a-9a51-000000000021",
    "operator": {
        "inn": "7743895280", "name": "ООО «Т2 Мобайл»", "brand": "T2", "group": "t2-rostelecom"
    },
    "state": "sent",
    "calls": 12,
    "number": "15/2026",
    "sent_on": "2026-10-15",
    "channel": "post",
    "tracking_number": "12500080000000",
    "remind_on": "2026-11-16",
    "answered_on": null,
    "reply_number": null,
    "reply_dated_on": null,
    "unanswered_on": null,
    "because": null,
    "note": null,
    "version": 2,
    "author": "k7m2p9q4w8x3",
    "created_at": "2026-10-14T09:30:00Z"
})))]
pub(crate) struct InquiryView {
    /// Its id.
    id: Uuid,
    /// Its client.
    client_id: Uuid,
    /// Who asks.
    applicant_id: Uuid,
    /// Who is asked.
    operator: OperatorView,
    /// Where it stands.
    state: InquiryStateWord,
    /// How many calls it asks about.
    calls: i64,
    /// The number that its sender gave it.
    number: Option<String>,
    /// The day it was sent.
    sent_on: Option<CivilDay>,
    /// How it went out.
    channel: Option<SendingChannelWord>,
    /// The post's number.
    tracking_number: Option<String>,
    /// The day to ask after it.
    remind_on: Option<CivilDay>,
    /// The day the answer came.
    answered_on: Option<CivilDay>,
    /// The answer's number.
    reply_number: Option<String>,
    /// The day that the answer bears.
    reply_dated_on: Option<CivilDay>,
    /// The day it was recorded that none came.
    unanswered_on: Option<CivilDay>,
    /// Why it is thought that none comes, or why it was given up.
    because: Option<String>,
    /// For people.
    note: Option<String>,
    /// How often it was written; its ETag.
    pub(super) version: i32,
    /// The public part of the key it was made with.
    author: String,
    /// When it was made.
    created_at: Time,
}

impl InquiryView {
    pub(super) fn of(operators: &Operators, row: InquiryRow, calls: i64) -> Self {
        Self {
            id: row.id.0,
            client_id: row.client_id.0,
            applicant_id: row.applicant_id.0,
            operator: operator_view(operators, row.operator, now()),
            state: row.state.into(),
            calls,
            number: row.number,
            sent_on: row.sent_on.map(CivilDay),
            channel: row.channel.map(Into::into),
            tracking_number: row.tracking_number,
            remind_on: row.remind_on.map(CivilDay),
            answered_on: row.answered_on.map(CivilDay),
            reply_number: row.reply_number,
            reply_dated_on: row.reply_dated_on.map(CivilDay),
            unanswered_on: row.unanswered_on.map(CivilDay),
            because: row.because,
            note: row.note,
            version: row.version,
            author: row.author,
            created_at: Time(row.created_at),
        }
    }
}

/// A call that an inquiry asks about, and what was answered.
#[derive(Serialize, ToSchema)]
#[schema(as = InquiryCall)]
pub(crate) struct InquiryCallView {
    /// The call; `/v1/calls/{call_id}` finds it as it stands now.
    call_id: Uuid,
    /// The bait that was called.
    bait_id: Uuid,
    /// Its start when the inquiry was made.
    started_at: Time,
    /// Who called; null where the number was withheld.
    caller: Option<PhoneNumber>,
    /// Whether the operator permitted it; null where nothing was said.
    permission: Option<PermissionWord>,
    /// Under which contract, as the operator says.
    contract: Option<String>,
    /// Whether the caller is one of the operator's numbers for advertising.
    special_number: Option<bool>,
    /// Whether the operator claims to hold the subscriber's consent.
    consent_claimed: Option<bool>,
    /// What else was said.
    note: Option<String>,
    /// What that means. Permission is not consent: `supports` confirms nothing,
    /// `fileable_by_refusal` was permitted although advertising had been refused in
    /// writing before, `asks_lawyer` wants a lawyer's eye before it is filed.
    meaning: ReplyMeaningWord,
}

impl InquiryCallView {
    /// `refusal_on` and `call_day` are days of the client's calendar.
    pub(super) fn of(row: InquiryCallRow, refusal_on: Option<i32>, call_day: i32) -> Self {
        let meant = meaning(row.permission, row.consent_claimed, refusal_on, call_day);
        Self {
            call_id: row.call_id.0,
            bait_id: row.bait_id.0,
            started_at: Time(row.started_at),
            caller: row.caller.map(PhoneNumber),
            permission: row.permission.map(Into::into),
            contract: row.contract,
            special_number: row.special_number,
            consent_claimed: row.consent_claimed,
            note: row.note,
            meaning: meant.into(),
        }
    }
}

/// The calls of an inquiry.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({"items": []})))]
pub(crate) struct InquiryCallList {
    /// In order of start; at most 500.
    pub(super) items: Vec<InquiryCallView>,
}

/// That an inquiry was sent.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({
    "sent_on": "2026-10-15",
    "channel": "post",
    "tracking_number": "12500080000000",
    "remind_on": "2026-11-16"
})))]
pub(crate) struct SendInquiry {
    /// The day.
    sent_on: CivilDay,
    /// How.
    channel: SendingChannelWord,
    /// The number that its sender gave it.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100)]
    number: Option<PaperNumber>,
    /// The post's number.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 40)]
    tracking_number: Option<TrackingNumber>,
    /// The day to ask after it.
    remind_on: Option<CivilDay>,
}

impl TryFrom<SendInquiry> for Sending {
    type Error = ApiError;

    fn try_from(body: SendInquiry) -> ApiResult<Self> {
        if body.remind_on.is_some_and(|day| day.0 < body.sent_on.0) {
            return Err(ApiError::field("/remind_on", Fault::EmptyPeriod));
        }
        Ok(Self {
            on: body.sent_on.0,
            channel: body.channel.into(),
            number: body.number.map(|number| number.0),
            tracking_number: body.tracking_number.map(|number| number.0),
            remind_on: body.remind_on.map(|day| day.0),
        })
    }
}

/// What the operator says of one call: what is absent it does not say.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TellAnswer {
    /// The call, as the inquiry names it.
    call_id: Uuid,
    /// Whether it was permitted.
    permission: Option<PermissionWord>,
    /// Under which contract, and of which day.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 300)]
    contract: Option<ContractName>,
    /// Whether the caller is one of the operator's numbers for advertising.
    special_number: Option<bool>,
    /// Whether the operator claims to hold the subscriber's consent.
    consent_claimed: Option<bool>,
    /// What else was said.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 2000)]
    note: Option<ReplyNote>,
}

/// That the operator answered. The scan is attached to the `reply` of the
/// inquiry.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({
    "answered_on": "2026-11-10",
    "number": "ПС-77/1234",
    "dated_on": "2026-11-05",
    "answers": [{
        "call_id": "0f3a5b6c-7d8e-8f90-a1b2-c3d4e5f60718", "permission": "not_permitted"
    }]
})))]
pub(crate) struct ReplyToInquiry {
    /// The day it came.
    answered_on: CivilDay,
    /// Its number.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100)]
    number: Option<PaperNumber>,
    /// The day that it bears.
    dated_on: Option<CivilDay>,
    /// What it says, call by call, at most 500.
    #[schema(max_items = 500)]
    answers: Vec<TellAnswer>,
}

impl TryFrom<ReplyToInquiry> for OperatorReply {
    type Error = ApiError;

    fn try_from(body: ReplyToInquiry) -> ApiResult<Self> {
        if body.answers.len() > baitline_store::inquiries::MAX_INQUIRY_CALLS {
            return Err(ApiError::field("/answers", Fault::TooMany));
        }
        let answer = |told: TellAnswer| CallAnswer {
            call: ObservationId(told.call_id),
            permission: told.permission.map(Into::into),
            contract: told.contract.map(|contract| contract.0),
            special_number: told.special_number,
            consent_claimed: told.consent_claimed,
            note: told.note.map(|note| note.0),
        };
        Ok(Self {
            on: body.answered_on.0,
            number: body.number.map(|number| number.0),
            dated_on: body.dated_on.map(|day| day.0),
            answers: body.answers.into_iter().map(answer).collect(),
        })
    }
}
