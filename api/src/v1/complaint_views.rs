//! The wire shapes of complaints, their calls, and what came of each.

use baitline_domain::complaint::{FinedParty, Kopecks};
use baitline_domain::gate::{missing, warnings};
use baitline_domain::ids::{PowerId, RepresentativeId};
use baitline_domain::instant::civil_day;
use baitline_store::models::{
    CallDecision, ComplaintChanges, ComplaintCriteria, ComplaintProposal, ComplaintRow, GatedCall,
    ProposedComplaint,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::applicants::ApplicantNote;
use super::inquiry_views::TrackingNumber;
use super::powers_of_attorney::PaperNumber;
use super::reports::MAX_PERIOD;
use crate::fault::Fault;
use crate::fields::{CivilDay, PhoneNumber, SubjectText, Time, present};
use crate::problem::{ApiError, ApiResult};
use crate::words::{
    ComplaintStateWord, FiledFieldWord, FilingChannelWord, FinedPartyWord, GroupingWord,
    LimitationWarningWord, MissingWord, NotTakenWord, OutcomeWord,
};

/// The largest fine accepted, in kopecks: a thousand times the law's most.
pub(super) const MAX_FINE_KOPECKS: i64 = 100_000_000_000;

/// From which interceptions complaints are made: answered ones that a person heard
/// to be advertising and that are in no complaint.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({
    "from": "2026-10-01T00:00:00+03:00",
    "to": "2026-11-01T00:00:00+03:00",
    "grouping": "number"
})))]
pub(crate) struct ProposeComplaints {
    /// The client; required with an agency's key.
    #[schema(nullable = false)]
    pub(super) client_id: Option<Uuid>,
    /// The period's first moment.
    from: Time,
    /// The first moment after the period, at most 400 days later.
    to: Time,
    /// Of this caller only.
    caller: Option<PhoneNumber>,
    /// What one complaint is about: one complaint may bring one fine.
    grouping: GroupingWord,
}

impl TryFrom<ProposeComplaints> for ComplaintCriteria {
    type Error = ApiError;

    fn try_from(body: ProposeComplaints) -> ApiResult<Self> {
        let (from, to) = (body.from.0, body.to.0);
        if to <= from {
            return Err(ApiError::field("/to", Fault::EmptyPeriod));
        }
        if to - from > MAX_PERIOD {
            return Err(ApiError::field("/to", Fault::PeriodTooLong));
        }
        let caller = body.caller.map(|number| number.0);
        Ok(Self { from, to, caller, grouping: body.grouping.into() })
    }
}

/// A complaint that would be made.
#[derive(Serialize, ToSchema)]
pub(crate) struct ProposedComplaintView {
    /// Who would complain: the holder of the baits' contracts.
    applicant_id: Uuid,
    /// The subject whose office it would go to: the applicant's.
    subject_code: SubjectText,
    /// The number that all its calls came from; null for several.
    number: Option<PhoneNumber>,
    /// The competitor whose numbers they came from.
    competitor_id: Option<Uuid>,
    /// Its calls, in order of start.
    call_ids: Vec<Uuid>,
}

/// A call that is in no complaint, and why.
#[derive(Serialize, ToSchema)]
pub(crate) struct NotTakenView {
    /// The call.
    call_id: Uuid,
    /// What is not known.
    reason: NotTakenWord,
}

/// What complaints would be made.
#[derive(Serialize, ToSchema)]
#[schema(as = ComplaintProposal, examples(json!({"complaints": [], "left_out": []})))]
pub(crate) struct ComplaintProposalView {
    /// In order of their first calls; a complaint of more than 500 calls is cut.
    complaints: Vec<ProposedComplaintView>,
    /// The calls that are in none of them.
    left_out: Vec<NotTakenView>,
}

/// What complaints were made.
#[derive(Serialize, ToSchema)]
#[schema(as = ComplaintBatch, examples(json!({"complaints": [], "left_out": []})))]
pub(crate) struct ComplaintBatchView {
    /// The new drafts.
    complaints: Vec<ComplaintView>,
    /// The calls that are in none of them.
    left_out: Vec<NotTakenView>,
}

impl From<ComplaintProposal> for ComplaintProposalView {
    fn from(proposal: ComplaintProposal) -> Self {
        let left_out = left_out(&proposal);
        let view = |one: ProposedComplaint| ProposedComplaintView {
            applicant_id: one.applicant.0,
            subject_code: SubjectText(one.subject),
            number: one.number.map(PhoneNumber),
            competitor_id: one.competitor.map(|id| id.0),
            call_ids: one.calls.iter().map(|judged| judged.call.id.0).collect(),
        };
        Self { complaints: proposal.complaints.into_iter().map(view).collect(), left_out }
    }
}

impl ComplaintBatchView {
    pub(super) fn of(made: Vec<ComplaintRow>, proposal: &ComplaintProposal) -> ApiResult<Self> {
        let counts = proposal.complaints.iter().map(|one| one.calls.len() as i64);
        let views = made.into_iter().zip(counts).map(|(row, calls)| ComplaintView::of(row, calls));
        Ok(Self { complaints: views.collect::<ApiResult<_>>()?, left_out: left_out(proposal) })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.complaints.is_empty()
    }
}

fn left_out(proposal: &ComplaintProposal) -> Vec<NotTakenView> {
    let left_out = proposal.left_out.iter();
    left_out.map(|(call, why)| NotTakenView { call_id: call.0, reason: (*why).into() }).collect()
}

/// A complaint to an office.
#[derive(Serialize, ToSchema)]
#[schema(as = Complaint, examples(json!({
    "id": "0197a5b0-7c1e-7d3a-9a51-000000000051",
    "client_id": "0197a5b0-7c1e-7d3a-9a51-000000000001",
    "applicant_id": "0197a5b0-7c1e-7d3a-9a51-000000000021",
    "representative_id": null,
    "power_id": null,
    "subject_code": "77",
    "grouping": "number",
    "number": "+79160000001",
    "competitor_id": null,
    "state": "filed",
    "calls": 3,
    "advertising_case": null,
    "administrative_case": null,
    "outcome": null,
    "filed_on": "2026-11-20",
    "channel": "post",
    "tracking_number": "12500080000000",
    "incoming_number": null,
    "limit_on": "2027-10-02",
    "note": null,
    "version": 3,
    "author": "k7m2p9q4w8x3",
    "created_at": "2026-11-14T09:30:00Z"
})))]
pub(crate) struct ComplaintView {
    /// Its id.
    id: Uuid,
    /// Its client.
    client_id: Uuid,
    /// Who complains.
    applicant_id: Uuid,
    /// Who signs for the applicant; null where it signs itself or nobody is named.
    representative_id: Option<Uuid>,
    /// By which power of attorney.
    power_id: Option<Uuid>,
    /// The subject whose office it goes to.
    subject_code: SubjectText,
    /// What was put together.
    grouping: GroupingWord,
    /// The number that all its calls came from; null for several.
    number: Option<PhoneNumber>,
    /// The competitor whose numbers they came from.
    competitor_id: Option<Uuid>,
    /// Where it stands.
    state: ComplaintStateWord,
    /// How many calls it has.
    calls: i64,
    /// The number of the advertising case.
    advertising_case: Option<String>,
    /// The number of the administrative case.
    administrative_case: Option<String>,
    /// What was decided, after any appeal.
    outcome: Option<OutcomeWord>,
    /// The day it was filed.
    filed_on: Option<CivilDay>,
    /// How it went to the office.
    channel: Option<FilingChannelWord>,
    /// The post's number.
    tracking_number: Option<String>,
    /// The number that the office gave it.
    incoming_number: Option<String>,
    /// The earliest limitation date of its calls: from that day on it is too late.
    limit_on: CivilDay,
    /// For people.
    note: Option<String>,
    /// How often it was written; its ETag.
    pub(super) version: i32,
    /// The public part of the key it was made with.
    author: String,
    /// When it was made.
    created_at: Time,
}

impl ComplaintView {
    pub(super) fn of(row: ComplaintRow, calls: i64) -> ApiResult<Self> {
        Ok(Self {
            subject_code: SubjectText(row.subject()?),
            id: row.id.0,
            client_id: row.client_id.0,
            applicant_id: row.applicant_id.0,
            representative_id: row.representative_id.map(|id| id.0),
            power_id: row.power_id.map(|id| id.0),
            grouping: row.grouping_by.into(),
            number: row.number.map(PhoneNumber),
            competitor_id: row.competitor_id.map(|id| id.0),
            state: row.state.into(),
            calls,
            advertising_case: row.advertising_case,
            administrative_case: row.administrative_case,
            outcome: row.outcome.map(Into::into),
            filed_on: row.filed_on.map(CivilDay),
            channel: row.channel.map(Into::into),
            tracking_number: row.tracking_number,
            incoming_number: row.incoming_number,
            limit_on: CivilDay(row.limit_on),
            note: row.note,
            version: row.version,
            author: row.author,
            created_at: Time(row.created_at),
        })
    }
}

/// What changes of a complaint: what is absent stays, null empties. Who signs and
/// where it goes changes only before it is filed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"note": "позвонить в управление"})))]
pub(crate) struct UpdateComplaint {
    /// Another signer; the power of attorney is given with it or is none.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Uuid>)]
    representative_id: Option<Option<Uuid>>,
    /// Another power of attorney, one of the signer's.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Uuid>)]
    power_id: Option<Option<Uuid>>,
    /// The subject of another office.
    #[schema(nullable = false)]
    subject_code: Option<SubjectText>,
    /// The number that the office gave it.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100)]
    incoming_number: Option<Option<PaperNumber>>,
    /// The post's number.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 40)]
    tracking_number: Option<Option<TrackingNumber>>,
    /// Another note.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 1000)]
    note: Option<Option<ApplicantNote>>,
}

impl From<UpdateComplaint> for ComplaintChanges {
    fn from(body: UpdateComplaint) -> Self {
        Self {
            representative: body.representative_id.map(|id| id.map(RepresentativeId)),
            power: body.power_id.map(|id| id.map(PowerId)),
            subject: body.subject_code.map(|subject| subject.0),
            incoming_number: body.incoming_number.map(|one| one.map(|number| number.0)),
            tracking_number: body.tracking_number.map(|one| one.map(|number| number.0)),
            note: body.note.map(|one| one.map(|note| note.0)),
        }
    }
}

/// A call of a complaint, what the gate misses of it, and what came of it.
#[derive(Serialize, ToSchema)]
#[schema(as = ComplaintCall)]
pub(crate) struct ComplaintCallView {
    /// The call; `/v1/calls/{call_id}` finds it as it stands now.
    call_id: Uuid,
    /// The bait that was called.
    bait_id: Uuid,
    /// Its start when the complaint was made.
    started_at: Time,
    /// Who called.
    caller: PhoneNumber,
    /// Whether it still is an answered interception; what is not is never filed.
    stands: bool,
    /// What the gate misses today; empty when it may be filed.
    missing: Vec<MissingWord>,
    /// What stands otherwise than it was filed; empty before that, too.
    differs: Vec<FiledFieldWord>,
    /// How near its limitation date is, the mildest warning first.
    warnings: Vec<LimitationWarningWord>,
    /// What was decided of it.
    decision: Option<OutcomeWord>,
    /// The fine for it.
    fine: Option<FineView>,
}

/// A fine.
#[derive(Serialize, ToSchema)]
#[schema(as = Fine)]
pub(crate) struct FineView {
    /// In kopecks, a hundredth of a rouble.
    kopecks: i64,
    /// Whom it was imposed on.
    against: FinedPartyWord,
    /// The day it was paid.
    paid_on: Option<CivilDay>,
    /// Whether it lies outside the range of the article, and is worth a second look.
    unusual: bool,
}

impl From<GatedCall> for ComplaintCallView {
    fn from(call: GatedCall) -> Self {
        let fine = call.row.fine().map(|fine| FineView {
            kopecks: fine.amount.0,
            against: fine.against.into(),
            paid_on: fine.paid_on.map(|day| CivilDay(civil_day(day))),
            unusual: fine.is_unusual(),
        });
        let facts = call.facts.as_ref();
        Self {
            call_id: call.row.call_id.0,
            bait_id: call.row.bait_id.0,
            started_at: Time(call.row.started_at),
            caller: PhoneNumber(call.row.caller),
            stands: facts.is_some(),
            missing: facts.map(missing).unwrap_or_default().into_iter().map(Into::into).collect(),
            differs: call.differs.into_iter().map(Into::into).collect(),
            warnings: facts.map(warnings).unwrap_or_default().into_iter().map(Into::into).collect(),
            decision: call.row.decision.map(Into::into),
            fine,
        }
    }
}

/// The calls of a complaint.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({"items": []})))]
pub(crate) struct ComplaintCallList {
    /// In order of start; at most 500.
    pub(super) items: Vec<ComplaintCallView>,
}

/// What came of one call; what is absent is taken away.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({
    "decision": "violation",
    "fine": {"kopecks": 30_000_000, "against": "legal_entity", "paid_on": "2027-03-01"}
})))]
pub(crate) struct DecideCall {
    /// What was decided of it.
    decision: Option<OutcomeWord>,
    /// The fine for it. One fine for several calls stands with one of them.
    fine: Option<GiveFine>,
}

/// A fine to enter.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GiveFine {
    /// In kopecks, a hundredth of a rouble.
    #[schema(minimum = 1, maximum = 100_000_000_000_i64)]
    kopecks: i64,
    /// Whom it was imposed on.
    against: FinedPartyWord,
    /// The day it was paid.
    paid_on: Option<CivilDay>,
}

impl TryFrom<DecideCall> for CallDecision {
    type Error = ApiError;

    fn try_from(body: DecideCall) -> ApiResult<Self> {
        let fine = body.fine.as_ref();
        if fine.is_some_and(|fine| !(1..=MAX_FINE_KOPECKS).contains(&fine.kopecks)) {
            return Err(ApiError::field("/fine/kopecks", Fault::OutOfRange));
        }
        let amount = |fine: &GiveFine| (Kopecks(fine.kopecks), FinedParty::from(fine.against));
        Ok(Self {
            decision: body.decision.map(Into::into),
            fine: fine.map(amount),
            paid_on: fine.and_then(|fine| fine.paid_on).map(|day| day.0),
        })
    }
}
