//! Inquiries to operators, and what was answered.

use baitline_domain::ids::{ApplicantId, BaitId, ClientId, InquiryId, ObservationId};
use baitline_domain::inquiry::{InquiryState, LeftOut, Permission, SendingChannel};
use baitline_domain::instant::Instant;
use baitline_domain::operator::Inn;
use baitline_domain::phone::Phone;
use diesel::prelude::*;

use crate::schema;
use crate::sql_types::Db;

/// A letter to a bait's operator.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = schema::inquiries, primary_key(client_id, id))]
#[diesel(treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct InquiryRow {
    /// Its client.
    #[diesel(serialize_as = Db<ClientId>)]
    pub client_id: ClientId,
    /// Its id.
    #[diesel(serialize_as = Db<InquiryId>)]
    pub id: InquiryId,
    /// Who asks.
    #[diesel(serialize_as = Db<ApplicantId>)]
    pub applicant_id: ApplicantId,
    /// Who is asked.
    #[diesel(serialize_as = Db<Inn>)]
    pub operator: Inn,
    /// Where it stands.
    #[diesel(serialize_as = Db<InquiryState>)]
    pub state: InquiryState,
    /// The number that its sender gave it.
    pub number: Option<String>,
    /// The day it was sent, in days since 1970-01-01.
    pub sent_on: Option<i32>,
    /// How it went out.
    #[diesel(skip_update)]
    pub channel: Option<SendingChannel>,
    /// The post's number.
    pub tracking_number: Option<String>,
    /// The day to ask after it.
    pub remind_on: Option<i32>,
    /// The day the answer came.
    pub answered_on: Option<i32>,
    /// The answer's number.
    pub reply_number: Option<String>,
    /// The day that the answer bears.
    pub reply_dated_on: Option<i32>,
    /// The day it was recorded that none came.
    pub unanswered_on: Option<i32>,
    /// Why it is thought that none comes, or why it was given up.
    pub because: Option<String>,
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

/// A call that an inquiry asks about.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::inquiry_calls, treat_none_as_default_value = false)]
pub struct InquiryCallRow {
    /// Its client.
    #[diesel(serialize_as = Db<ClientId>)]
    pub client_id: ClientId,
    /// The inquiry.
    #[diesel(serialize_as = Db<InquiryId>)]
    pub inquiry_id: InquiryId,
    /// The call, by one of its observations.
    #[diesel(serialize_as = Db<ObservationId>)]
    pub call_id: ObservationId,
    /// The bait that was called.
    #[diesel(serialize_as = Db<BaitId>)]
    pub bait_id: BaitId,
    /// Its start when the inquiry was made.
    #[diesel(serialize_as = Db<Instant>)]
    pub started_at: Instant,
    /// Who called; `None` where the number was withheld.
    pub caller: Option<Phone>,
    /// Whether the inquiry was given up.
    pub released: bool,
    /// Whether the operator permitted it; `None` where nothing was said.
    pub permission: Option<Permission>,
    /// Under which contract, as the operator says.
    pub contract: Option<String>,
    /// Whether the caller is one of the operator's numbers for advertising.
    pub special_number: Option<bool>,
    /// Whether the operator claims to hold the subscriber's consent.
    pub consent_claimed: Option<bool>,
    /// What else was said.
    pub note: Option<String>,
}

/// Which interceptions inquiries are made from.
#[derive(Debug, Clone)]
pub struct InquiryCriteria {
    /// Started at or after this moment.
    pub from: Instant,
    /// Started before this moment.
    pub to: Instant,
    /// Of this caller only.
    pub caller: Option<Phone>,
    /// Those, too, that nobody labelled advertising.
    pub unheard: bool,
}

/// What inquiries would be made, and of which calls none.
#[derive(Debug, Clone, Default)]
pub struct InquiryProposal {
    /// One for an applicant and an operator; more where one would be too long.
    pub letters: Vec<ProposedInquiry>,
    /// Calls that are in none of them.
    pub left_out: Vec<(ObservationId, LeftOut)>,
}

/// One letter that would be made.
#[derive(Debug, Clone)]
pub struct ProposedInquiry {
    /// Who would ask.
    pub applicant: ApplicantId,
    /// Who would be asked.
    pub operator: Inn,
    /// About which calls, in order of start.
    pub calls: Vec<ProposedCall>,
}

/// A call that a letter would ask about.
#[derive(Debug, Clone, Copy)]
pub struct ProposedCall {
    /// The call.
    pub id: ObservationId,
    /// The bait that was called.
    pub bait: BaitId,
    /// Its start.
    pub started_at: Instant,
    /// Who called; `None` where the number was withheld.
    pub caller: Option<Phone>,
}

/// That a letter was sent.
#[derive(Debug, Clone)]
pub struct Sending {
    /// The day, in days since 1970-01-01.
    pub on: i32,
    /// How.
    pub channel: SendingChannel,
    /// The number that its sender gave it.
    pub number: Option<String>,
    /// The post's number.
    pub tracking_number: Option<String>,
    /// The day to ask after it.
    pub remind_on: Option<i32>,
}

/// That the operator answered.
#[derive(Debug, Clone)]
pub struct OperatorReply {
    /// The day it came, in days since 1970-01-01.
    pub on: i32,
    /// Its number.
    pub number: Option<String>,
    /// The day that it bears.
    pub dated_on: Option<i32>,
    /// What it says, call by call; of a call that is not named it says nothing.
    pub answers: Vec<CallAnswer>,
}

/// What the operator says of one call.
#[derive(Debug, Clone)]
pub struct CallAnswer {
    /// The call, as the inquiry names it.
    pub call: ObservationId,
    /// Whether it was permitted.
    pub permission: Option<Permission>,
    /// Under which contract.
    pub contract: Option<String>,
    /// Whether the caller is one of the operator's numbers for advertising.
    pub special_number: Option<bool>,
    /// Whether the operator claims to hold the subscriber's consent.
    pub consent_claimed: Option<bool>,
    /// What else was said.
    pub note: Option<String>,
}

/// What may change of an inquiry by itself; `None` leaves it, `Some(None)`
/// empties it.
#[derive(Debug, Clone, Default)]
pub struct InquiryChanges {
    /// Another number.
    pub number: Option<Option<String>>,
    /// Another number of the post.
    pub tracking_number: Option<Option<String>>,
    /// Another day to ask after it.
    pub remind_on: Option<Option<i32>>,
    /// Another note.
    pub note: Option<Option<String>>,
}
