//! What is known of baits and traps beside their calls.

use baitline_domain::ids::{ApplicantId, BaitId, ClientId, SimAssignmentId, TrapId};
use baitline_domain::instant::Instant;
use baitline_domain::preparation::{FoundConsent, PreviousUse, UserRelation};
use baitline_domain::protocol::Step;
use diesel::prelude::*;

use crate::error::StoreResult;
use crate::schema;
use crate::sql_types::Db;
use crate::stored_text;

/// A bait's preparation as it was entered last.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = schema::bait_preparations, primary_key(client_id, bait_id))]
#[diesel(treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct PreparationRow {
    /// Its client.
    #[diesel(serialize_as = Db<ClientId>)]
    pub client_id: ClientId,
    /// The bait.
    #[diesel(serialize_as = Db<BaitId>)]
    pub bait_id: BaitId,
    /// Who holds the contract.
    #[diesel(skip_update)]
    pub applicant_id: Option<ApplicantId>,
    /// Who uses the SIM.
    pub user_name: Option<String>,
    /// What the user is to the holder.
    #[diesel(skip_update)]
    pub user_relation: Option<UserRelation>,
    /// The contract's number.
    pub contract_number: Option<String>,
    /// The contract's day, in days since 1970-01-01.
    pub contract_on: Option<i32>,
    /// The day of the written refusal of advertising.
    pub refusal_on: Option<i32>,
    pub(crate) found_consents: Option<String>,
    /// What the SIM was used for before.
    #[diesel(skip_update)]
    pub previous_use: Option<PreviousUse>,
    /// More of that.
    pub previous_use_note: Option<String>,
    /// The first day on which it was quiet.
    pub quiet_since: Option<i32>,
    /// For people.
    pub note: Option<String>,
    /// How often it was written.
    pub version: i32,
    /// The public part of the key it was written with last.
    pub author: String,
    /// When it was written last.
    #[diesel(serialize_as = Db<Instant>)]
    pub updated_at: Instant,
}

impl PreparationRow {
    /// The consents that its accounts and contracts contain; `None` where nobody
    /// searched.
    pub fn consents(&self) -> StoreResult<Option<Vec<FoundConsent>>> {
        self.found_consents.as_deref().map(stored_text::read_found_consents).transpose()
    }
}

/// A bait's preparation to keep.
#[derive(Debug, Clone, Default)]
pub struct NewPreparation {
    /// Who holds the contract.
    pub applicant: Option<ApplicantId>,
    /// Who uses the SIM.
    pub user_name: Option<String>,
    /// What the user is to the holder.
    pub user_relation: Option<UserRelation>,
    /// The contract's number.
    pub contract_number: Option<String>,
    /// The contract's day, in days since 1970-01-01.
    pub contract_on: Option<i32>,
    /// The day of the written refusal of advertising.
    pub refusal_on: Option<i32>,
    /// The consents that its accounts and contracts contain; `None` where nobody
    /// searched.
    pub consents: Option<Vec<FoundConsent>>,
    /// What the SIM was used for before.
    pub previous_use: Option<PreviousUse>,
    /// More of that.
    pub previous_use_note: Option<String>,
    /// The first day on which it was quiet.
    pub quiet_since: Option<i32>,
    /// For people.
    pub note: Option<String>,
}

/// A trap's protocol as it was entered last.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = schema::trap_protocols, primary_key(client_id, trap_id))]
#[diesel(treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct ProtocolRow {
    /// Its client.
    #[diesel(serialize_as = Db<ClientId>)]
    pub client_id: ClientId,
    /// The trap.
    #[diesel(serialize_as = Db<TrapId>)]
    pub trap_id: TrapId,
    /// Who did it.
    pub performed_by: Option<String>,
    /// On which device, with which recorder.
    pub device: Option<String>,
    pub(crate) steps: String,
    /// For people.
    pub note: Option<String>,
    /// How often it was written.
    pub version: i32,
    /// The public part of the key it was written with last.
    pub author: String,
    /// When it was written last.
    #[diesel(serialize_as = Db<Instant>)]
    pub updated_at: Instant,
}

impl ProtocolRow {
    /// The steps, in order of time.
    pub fn steps(&self) -> StoreResult<Vec<Step>> {
        stored_text::read_steps(&self.steps)
    }
}

/// A trap's protocol to keep.
#[derive(Debug, Clone, Default)]
pub struct NewProtocol {
    /// Who did it.
    pub performed_by: Option<String>,
    /// On which device, with which recorder.
    pub device: Option<String>,
    /// The steps, in order of time.
    pub steps: Vec<Step>,
    /// For people.
    pub note: Option<String>,
}

/// A time in which a SIM is in the use of one client.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::sim_assignments, treat_none_as_default_value = false)]
pub struct SimAssignmentRow {
    /// Its client.
    #[diesel(serialize_as = Db<ClientId>)]
    pub client_id: ClientId,
    /// Its id.
    #[diesel(serialize_as = Db<SimAssignmentId>)]
    pub id: SimAssignmentId,
    /// The bait that the SIM is at this client.
    #[diesel(serialize_as = Db<BaitId>)]
    pub bait_id: BaitId,
    /// Its first moment.
    #[diesel(serialize_as = Db<Instant>)]
    pub valid_from: Instant,
    /// The first moment after it, or for good.
    pub valid_to: Option<Instant>,
    /// For people.
    pub note: Option<String>,
    /// The public part of the key it was entered with.
    pub author: String,
    /// When it was entered.
    #[diesel(serialize_as = Db<Instant>)]
    pub created_at: Instant,
}

/// An assignment to enter.
#[derive(Debug, Clone)]
pub struct NewSimAssignment {
    /// The bait that the SIM is at this client.
    pub bait: BaitId,
    /// Its first moment.
    pub valid_from: Instant,
    /// The first moment after it, or for good.
    pub valid_to: Option<Instant>,
    /// For people.
    pub note: Option<String>,
}
