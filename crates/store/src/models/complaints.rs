//! Complaints: what they are made of, their ledger and their deadlines.

use baitline_domain::complaint::{
    Act, ActKind, ActParts, AppealKind, CaseNumber, ComplaintState, Deadline, DeadlineKind,
    Defence, FiledCall, FiledField, FilingChannel, Fine, FinedParty, Grouping, Kopecks,
    LedgerEntry, NotTaken, Outcome,
};
use baitline_domain::gate::{GateFacts, Missing};
use baitline_domain::ids::{
    ApplicantId, BaitId, ClientId, CompetitorId, ComplaintId, DeadlineId, ObjectionId,
    ObservationId, PowerId, RepresentativeId,
};
use baitline_domain::instant::{Instant, civil_date};
use baitline_domain::office::SubjectCode;
use baitline_domain::phone::Phone;
use diesel::prelude::*;

use super::{JudgedCall, applicants};
use crate::error::{StoreError, StoreResult};
use crate::sql_types::Db;
use crate::{schema, stored_text};

/// A complaint as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = schema::complaints, primary_key(client_id, id))]
#[diesel(treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct ComplaintRow {
    /// Its client.
    #[diesel(serialize_as = Db<ClientId>)]
    pub client_id: ClientId,
    /// Its id.
    #[diesel(serialize_as = Db<ComplaintId>)]
    pub id: ComplaintId,
    /// Who complains: the holder of the baits' contracts.
    #[diesel(serialize_as = Db<ApplicantId>)]
    pub applicant_id: ApplicantId,
    /// Who signs for the applicant; `None` where it signs itself or nobody is
    /// named.
    #[diesel(skip_update)]
    pub representative_id: Option<RepresentativeId>,
    /// The power of attorney by which.
    #[diesel(skip_update)]
    pub power_id: Option<PowerId>,
    /// The subject of the Federation whose office it goes to.
    pub subject_code: i32,
    /// What was put together.
    #[diesel(serialize_as = Db<Grouping>)]
    pub grouping_by: Grouping,
    /// The number that all its calls came from; `None` for several.
    #[diesel(skip_update)]
    pub number: Option<Phone>,
    /// The competitor whose numbers its calls came from.
    #[diesel(skip_update)]
    pub competitor_id: Option<CompetitorId>,
    /// Where it stands: what its ledger comes to.
    #[diesel(serialize_as = Db<ComplaintState>)]
    pub state: ComplaintState,
    /// The number of the advertising case.
    pub advertising_case: Option<String>,
    /// The number of the administrative case.
    pub administrative_case: Option<String>,
    /// What was decided, after any appeal.
    #[diesel(skip_update)]
    pub outcome: Option<Outcome>,
    /// The day it was filed, in days since 1970-01-01.
    pub filed_on: Option<i32>,
    /// How it went to the office.
    #[diesel(skip_update)]
    pub channel: Option<FilingChannel>,
    /// The post's number.
    pub tracking_number: Option<String>,
    /// The number that the office gave it.
    pub incoming_number: Option<String>,
    /// The earliest limitation date of its calls.
    pub limit_on: i32,
    /// For people.
    pub note: Option<String>,
    /// How often it was written.
    pub version: i32,
    /// The public part of the key it was made with.
    pub author: String,
    /// When it was made.
    #[diesel(serialize_as = Db<Instant>)]
    pub created_at: Instant,
}

impl ComplaintRow {
    /// Its subject, which leads to the office.
    pub fn subject(&self) -> StoreResult<SubjectCode> {
        applicants::subject(self.subject_code)
    }
}

/// A call of a complaint, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::complaint_calls, treat_none_as_default_value = false)]
pub struct ComplaintCallRow {
    /// Its client.
    #[diesel(serialize_as = Db<ClientId>)]
    pub client_id: ClientId,
    /// The complaint.
    #[diesel(serialize_as = Db<ComplaintId>)]
    pub complaint_id: ComplaintId,
    /// The call, by one of its observations.
    #[diesel(serialize_as = Db<ObservationId>)]
    pub call_id: ObservationId,
    /// The bait that was called.
    #[diesel(serialize_as = Db<BaitId>)]
    pub bait_id: BaitId,
    /// Its start when the complaint was made.
    #[diesel(serialize_as = Db<Instant>)]
    pub started_at: Instant,
    /// Who called.
    #[diesel(serialize_as = Db<Phone>)]
    pub caller: Phone,
    /// Whether it was taken out before the complaint was filed.
    pub removed: bool,
    /// Whether another complaint may be made of it.
    pub released: bool,
    /// What was decided of it.
    pub decision: Option<Outcome>,
    /// The fine for it, in kopecks.
    pub fine_kopecks: Option<i64>,
    /// Whom that was imposed on.
    pub fined_party: Option<FinedParty>,
    /// The day it was paid, in days since 1970-01-01.
    pub fine_paid_on: Option<i32>,
    /// What the complaint said of it when it was filed, as JSON.
    pub filed_as: Option<String>,
}

impl ComplaintCallRow {
    /// What the complaint said of it when it was filed.
    pub fn filed(&self) -> StoreResult<Option<FiledCall>> {
        self.filed_as.as_deref().map(stored_text::read).transpose()
    }

    /// Its fine, if there is one.
    pub fn fine(&self) -> Option<Fine> {
        Some(Fine {
            amount: Kopecks(self.fine_kopecks?),
            against: self.fined_party?,
            paid_on: self.fine_paid_on.map(civil_date),
        })
    }
}

/// What came of one call, as people enter it; absent parts empty what is there.
#[derive(Debug, Clone, Copy)]
pub struct CallDecision {
    /// What was decided of it.
    pub decision: Option<Outcome>,
    /// The fine for it, and whom it was imposed on.
    pub fine: Option<(Kopecks, FinedParty)>,
    /// The day that was paid, in days since 1970-01-01.
    pub paid_on: Option<i32>,
}

/// An observation that a filed complaint holds.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::complaint_holds, treat_none_as_default_value = false)]
pub(crate) struct HoldRow {
    #[diesel(serialize_as = Db<ClientId>)]
    pub client_id: ClientId,
    #[diesel(serialize_as = Db<ComplaintId>)]
    pub complaint_id: ComplaintId,
    #[diesel(serialize_as = Db<ObservationId>)]
    pub observation_id: ObservationId,
    #[diesel(serialize_as = Db<ObservationId>)]
    pub call_id: ObservationId,
    pub released: bool,
}

/// A line of a complaint's ledger.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::complaint_acts, treat_none_as_default_value = false)]
pub struct ActRow {
    /// Its client.
    #[diesel(serialize_as = Db<ClientId>)]
    pub client_id: ClientId,
    /// The complaint.
    #[diesel(serialize_as = Db<ComplaintId>)]
    pub complaint_id: ComplaintId,
    /// Its place in the ledger, from 0.
    pub place: i32,
    /// What was done.
    #[diesel(serialize_as = Db<ActKind>)]
    pub kind: ActKind,
    /// The day, in days since 1970-01-01.
    pub on_day: i32,
    /// The number of the case that was opened.
    pub case_number: Option<String>,
    /// What was decided.
    pub outcome: Option<Outcome>,
    /// What became of the appeal.
    pub appeal: Option<AppealKind>,
    /// How it was filed.
    pub channel: Option<FilingChannel>,
    /// The post's number.
    pub tracking_number: Option<String>,
    /// The number that the office gave it.
    pub incoming_number: Option<String>,
    /// What the office says is missing.
    pub(crate) missing: Option<String>,
    /// For people.
    pub note: Option<String>,
    /// The public part of the key it was entered with.
    pub author: String,
    /// When it was entered.
    #[diesel(serialize_as = Db<Instant>)]
    pub created_at: Instant,
}

impl ActRow {
    /// What the office says is missing.
    pub fn missing(&self) -> StoreResult<Vec<Missing>> {
        self.missing.as_deref().map_or(Ok(Vec::new()), stored_text::read)
    }

    /// As the rules read it.
    pub(crate) fn entry(&self) -> StoreResult<LedgerEntry> {
        let corrupt = |what: String| StoreError::Corrupt(format!("an act of a complaint: {what}"));
        let case_number: Option<CaseNumber> = self
            .case_number
            .as_deref()
            .map(|text| text.parse().map_err(|_| corrupt(format!("{text} is no case number"))))
            .transpose()?;
        let parts = ActParts { case_number, outcome: self.outcome, appeal: self.appeal };
        let act = self.kind.with(parts).map_err(|fault| corrupt(fault.to_string()))?;
        Ok(LedgerEntry { act, on: civil_date(self.on_day) })
    }
}

/// An act to enter.
#[derive(Debug, Clone)]
pub struct NewAct {
    /// What was done.
    pub act: Act,
    /// The day, in days since 1970-01-01.
    pub on: i32,
    /// How it was filed; given for filing and for nothing else.
    pub channel: Option<FilingChannel>,
    /// The post's number.
    pub tracking_number: Option<String>,
    /// The number that the office gave it.
    pub incoming_number: Option<String>,
    /// What the office says is missing.
    pub missing: Vec<Missing>,
    /// For people.
    pub note: Option<String>,
}

/// A deadline of a complaint.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = schema::complaint_deadlines, primary_key(client_id, id))]
#[diesel(treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct DeadlineRow {
    /// Its client.
    #[diesel(serialize_as = Db<ClientId>)]
    pub client_id: ClientId,
    /// Its id.
    #[diesel(serialize_as = Db<DeadlineId>)]
    pub id: DeadlineId,
    /// The complaint.
    #[diesel(serialize_as = Db<ComplaintId>)]
    pub complaint_id: ComplaintId,
    /// For what.
    #[diesel(serialize_as = Db<DeadlineKind>)]
    pub kind: DeadlineKind,
    /// The last day, in days since 1970-01-01.
    pub due_on: i32,
    /// The day it was met.
    pub done_on: Option<i32>,
    /// For people.
    pub note: Option<String>,
    /// How often it was written.
    pub version: i32,
    /// The public part of the key it was entered with.
    pub author: String,
    /// When it was entered.
    #[diesel(serialize_as = Db<Instant>)]
    pub created_at: Instant,
}

impl DeadlineRow {
    /// As the rules read it.
    pub fn deadline(&self) -> Deadline {
        Deadline {
            kind: self.kind,
            due_on: civil_date(self.due_on),
            done_on: self.done_on.map(civil_date),
        }
    }
}

/// A deadline to enter.
#[derive(Debug, Clone)]
pub struct NewDeadline {
    /// For what.
    pub kind: DeadlineKind,
    /// The last day, in days since 1970-01-01.
    pub due_on: i32,
    /// For people.
    pub note: Option<String>,
}

/// What may change of a deadline; `None` leaves it, `Some(None)` empties it.
#[derive(Debug, Clone, Default)]
pub struct DeadlineChanges {
    /// Another last day.
    pub due_on: Option<i32>,
    /// The day it was met.
    pub done_on: Option<Option<i32>>,
    /// Another note.
    pub note: Option<Option<String>>,
}

/// Which interceptions complaints are made from.
#[derive(Debug, Clone)]
pub struct ComplaintCriteria {
    /// Started at or after this moment.
    pub from: Instant,
    /// Started before this moment.
    pub to: Instant,
    /// Of this caller only.
    pub caller: Option<Phone>,
    /// What is put together.
    pub grouping: Grouping,
}

/// What complaints would be made, and of which calls none.
#[derive(Debug, Clone, Default)]
pub struct ComplaintProposal {
    /// In order of their first calls.
    pub complaints: Vec<ProposedComplaint>,
    /// Calls that are in none of them.
    pub left_out: Vec<(ObservationId, NotTaken)>,
}

/// One complaint that would be made.
#[derive(Debug, Clone)]
pub struct ProposedComplaint {
    /// Who would complain.
    pub applicant: ApplicantId,
    /// The subject whose office it would go to.
    pub subject: SubjectCode,
    /// The number that all its calls came from; `None` for several.
    pub number: Option<Phone>,
    /// The competitor whose numbers they came from.
    pub competitor: Option<CompetitorId>,
    /// Its calls, in order of start.
    pub calls: Vec<JudgedCall>,
}

/// What may change of a complaint by itself; `None` leaves it, `Some(None)`
/// empties it.
#[derive(Debug, Clone, Default)]
pub struct ComplaintChanges {
    /// Another signer. A change takes the power of attorney away, unless one is
    /// given with it.
    pub representative: Option<Option<RepresentativeId>>,
    /// Another power of attorney.
    pub power: Option<Option<PowerId>>,
    /// Another office's subject.
    pub subject: Option<SubjectCode>,
    /// The number that the office gave it.
    pub incoming_number: Option<Option<String>>,
    /// The post's number.
    pub tracking_number: Option<Option<String>>,
    /// Another note.
    pub note: Option<Option<String>>,
}

/// A call of a complaint with what the gate knows of it.
#[derive(Debug, Clone)]
pub struct GatedCall {
    /// As the complaint has it.
    pub row: ComplaintCallRow,
    /// What is known of it; `None` where every observation of it was voided, it is
    /// no answered interception of this caller any more, or one with a call before it.
    pub facts: Option<GateFacts>,
    /// What stands otherwise than it was filed.
    pub differs: Vec<FiledField>,
}

/// What the accused side says against a complaint.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = schema::complaint_objections, primary_key(client_id, id))]
#[diesel(treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct ObjectionRow {
    /// Its client.
    #[diesel(serialize_as = Db<ClientId>)]
    pub client_id: ClientId,
    /// Its id.
    #[diesel(serialize_as = Db<ObjectionId>)]
    pub id: ObjectionId,
    /// The complaint.
    #[diesel(serialize_as = Db<ComplaintId>)]
    pub complaint_id: ComplaintId,
    /// The day it came, in days since 1970-01-01.
    pub received_on: i32,
    /// Who says it.
    pub from_whom: String,
    pub(crate) defences: String,
    /// What it says.
    pub words: String,
    /// The day a person settled it.
    pub settled_on: Option<i32>,
    /// How; given where the day is.
    pub settled_because: Option<String>,
    /// How often it was written.
    pub version: i32,
    /// The public part of the key it was entered with.
    pub author: String,
    /// When it was entered.
    #[diesel(serialize_as = Db<Instant>)]
    pub created_at: Instant,
}

impl ObjectionRow {
    /// The defences it uses.
    pub fn defences(&self) -> StoreResult<Vec<Defence>> {
        stored_text::read(&self.defences)
    }
}

/// An objection to enter.
#[derive(Debug, Clone)]
pub struct NewObjection {
    /// The day it came, in days since 1970-01-01.
    pub received_on: i32,
    /// Who says it.
    pub from_whom: String,
    /// The defences it uses.
    pub defences: Vec<Defence>,
    /// What it says.
    pub words: String,
}

/// What came of the complaints of one number, or of one office.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OutcomeCounts {
    /// Complaints of any state.
    pub complaints: i64,
    /// Those that hold their calls: filed, and neither returned nor withdrawn.
    pub filed: i64,
    /// Those that the office returned.
    pub returned: i64,
    /// Those of which a violation was found.
    pub violations: i64,
    /// The sum of the fines, in kopecks.
    pub fines_kopecks: i64,
    /// Those with an objection that nobody settled.
    pub objected: i64,
}
