//! What people know of numbers and baits beside the calls themselves.

use baitline_domain::competitor::AttributionRole;
use baitline_domain::ids::{
    AllowEntryId, AttributionId, BaitId, ClientId, CompetitorId, ContaminationId,
    PortabilityAnswerId,
};
use baitline_domain::instant::Instant;
use baitline_domain::operator::Inn;
use baitline_domain::phone::Phone;
use baitline_domain::verdict::{AllowEntry, Attribution, PortabilityAnswer};
use diesel::prelude::*;

use super::words::ContaminationKind;
use crate::schema;
use crate::sql_types::Db;

/// A number the client takes calls from and does not complain of.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::allow_list, treat_none_as_default_value = false)]
pub struct AllowEntryRow {
    /// Its client.
    #[diesel(serialize_as = Db<ClientId>)]
    pub client_id: ClientId,
    /// Its id.
    #[diesel(serialize_as = Db<AllowEntryId>)]
    pub id: AllowEntryId,
    /// The number.
    #[diesel(serialize_as = Db<Phone>)]
    pub number: Phone,
    /// Why it may call.
    pub reason: String,
    /// The public part of the key it was entered with.
    pub author: String,
    /// Since when it may.
    #[diesel(serialize_as = Db<Instant>)]
    pub since: Instant,
    /// Until when (exclusive), or for good.
    pub until: Option<Instant>,
    /// When it was entered.
    #[diesel(serialize_as = Db<Instant>)]
    pub created_at: Instant,
}

impl AllowEntryRow {
    /// What the rules need of it.
    pub fn to_domain(&self) -> AllowEntry {
        AllowEntry { phone: self.number, since: self.since, until: self.until }
    }
}

/// An allowance to enter.
#[derive(Debug, Clone)]
pub struct NewAllowEntry {
    /// The number.
    pub number: Phone,
    /// Why it may call.
    pub reason: String,
    /// Since when it may.
    pub since: Instant,
    /// Until when (exclusive), or for good.
    pub until: Option<Instant>,
}

/// A company that competes with the client.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::competitors, treat_none_as_default_value = false)]
pub struct Competitor {
    /// Its client.
    #[diesel(serialize_as = Db<ClientId>)]
    pub client_id: ClientId,
    /// Its id.
    #[diesel(serialize_as = Db<CompetitorId>)]
    pub id: CompetitorId,
    /// Its name.
    pub name: String,
    /// Its ИНН, unique within the client.
    pub inn: Option<Inn>,
    /// Its ОГРН, checked by the caller.
    pub ogrn: Option<String>,
    /// When it was entered.
    #[diesel(serialize_as = Db<Instant>)]
    pub created_at: Instant,
}

/// A competitor to enter.
#[derive(Debug, Clone)]
pub struct NewCompetitor {
    /// Its name.
    pub name: String,
    /// Its ИНН.
    pub inn: Option<Inn>,
    /// Its ОГРН, checked by the caller.
    pub ogrn: Option<String>,
}

/// What may change of a competitor; `None` leaves it, `Some(None)` empties it.
#[derive(Debug, Clone, Default, AsChangeset)]
#[diesel(table_name = schema::competitors)]
pub struct CompetitorChanges {
    /// Another name.
    pub name: Option<String>,
    /// Another ИНН.
    pub inn: Option<Option<Inn>>,
    /// Another ОГРН, checked by the caller.
    pub ogrn: Option<Option<String>>,
}

/// A number belongs to a competitor.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::attributions, treat_none_as_default_value = false)]
pub struct AttributionRow {
    /// Its client.
    #[diesel(serialize_as = Db<ClientId>)]
    pub client_id: ClientId,
    /// Its id.
    #[diesel(serialize_as = Db<AttributionId>)]
    pub id: AttributionId,
    /// The competitor.
    #[diesel(serialize_as = Db<CompetitorId>)]
    pub competitor_id: CompetitorId,
    /// The number.
    #[diesel(serialize_as = Db<Phone>)]
    pub number: Phone,
    /// What the number is to the competitor.
    #[diesel(serialize_as = Db<AttributionRole>)]
    pub role: AttributionRole,
    /// How that is known.
    pub ground: String,
    /// Since when, or always.
    pub valid_from: Option<Instant>,
    /// Until when (exclusive), or for good.
    pub valid_to: Option<Instant>,
    /// The public part of the key it was entered with.
    pub author: String,
    /// When it was entered.
    #[diesel(serialize_as = Db<Instant>)]
    pub created_at: Instant,
}

impl AttributionRow {
    /// What the rules need of it.
    pub fn to_domain(&self) -> Attribution {
        Attribution {
            phone: self.number,
            competitor: self.competitor_id,
            valid_from: self.valid_from,
            valid_to: self.valid_to,
        }
    }
}

/// An attribution to enter.
#[derive(Debug, Clone)]
pub struct NewAttribution {
    /// The competitor.
    pub competitor: CompetitorId,
    /// The number.
    pub number: Phone,
    /// What the number is to the competitor.
    pub role: AttributionRole,
    /// How that is known.
    pub ground: String,
    /// Since when, or always.
    pub valid_from: Option<Instant>,
    /// Until when (exclusive), or for good.
    pub valid_to: Option<Instant>,
}

/// What may change of an attribution; `None` leaves it, `Some(None)` empties it.
/// Another number or competitor is another attribution.
#[derive(Debug, Clone, Default, AsChangeset)]
#[diesel(table_name = schema::attributions)]
pub struct AttributionChanges {
    /// Another ground.
    pub ground: Option<String>,
    /// Another beginning.
    pub valid_from: Option<Option<Instant>>,
    /// Another end.
    pub valid_to: Option<Option<Instant>>,
}

/// A logged dealing of a bait that no record of its calls shows.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::contaminations, treat_none_as_default_value = false)]
pub struct ContaminationRow {
    /// Its client.
    #[diesel(serialize_as = Db<ClientId>)]
    pub client_id: ClientId,
    /// Its id.
    #[diesel(serialize_as = Db<ContaminationId>)]
    pub id: ContaminationId,
    /// The bait.
    #[diesel(serialize_as = Db<BaitId>)]
    pub bait_id: BaitId,
    /// What was done.
    #[diesel(serialize_as = Db<ContaminationKind>)]
    pub kind: ContaminationKind,
    /// When.
    #[diesel(serialize_as = Db<Instant>)]
    pub occurred_at: Instant,
    /// The number that was called.
    pub number: Option<Phone>,
    /// The competitor whose site was visited.
    pub competitor_id: Option<CompetitorId>,
    /// For people.
    pub note: Option<String>,
    /// The public part of the key it was entered with.
    pub author: String,
    /// Why it does not count; `None` while it does.
    pub withdrawn_because: Option<String>,
    /// When it was entered.
    #[diesel(serialize_as = Db<Instant>)]
    pub created_at: Instant,
}

/// With whom a bait had to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dealing {
    /// The bait called this number.
    OutgoingCall(Phone),
    /// The bait's user visited this competitor's site.
    SiteVisit(CompetitorId),
}

/// A contamination to enter.
#[derive(Debug, Clone)]
pub struct NewContamination {
    /// The bait.
    pub bait: BaitId,
    /// With whom it had to do.
    pub dealing: Dealing,
    /// When.
    pub occurred_at: Instant,
    /// For people.
    pub note: Option<String>,
}

/// What a look-up in the portability database said of one number.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::portability_answers, treat_none_as_default_value = false)]
pub struct PortabilityAnswerRow {
    /// Its client.
    #[diesel(serialize_as = Db<ClientId>)]
    pub client_id: ClientId,
    /// Its id.
    #[diesel(serialize_as = Db<PortabilityAnswerId>)]
    pub id: PortabilityAnswerId,
    /// The number.
    #[diesel(serialize_as = Db<Phone>)]
    pub number: Phone,
    /// The operator that serves it.
    #[diesel(serialize_as = Db<Inn>)]
    pub operator: Inn,
    /// Who was asked.
    pub source: String,
    /// When.
    #[diesel(serialize_as = Db<Instant>)]
    pub looked_up_at: Instant,
    /// Since when the number is served so, where the answer says it.
    pub ported_at: Option<Instant>,
    /// The public part of the key it was entered with.
    pub author: String,
    /// Why it does not count; `None` while it does.
    pub withdrawn_because: Option<String>,
    /// When it was entered.
    #[diesel(serialize_as = Db<Instant>)]
    pub created_at: Instant,
}

impl PortabilityAnswerRow {
    /// What the rules need of it.
    pub fn to_domain(&self) -> PortabilityAnswer {
        let Self { number, operator, looked_up_at, ported_at, .. } = *self;
        PortabilityAnswer::of_look_up(number, operator, looked_up_at, ported_at)
    }
}

/// One look-up, which may ask for many numbers.
#[derive(Debug, Clone)]
pub struct LookUp {
    /// Who was asked.
    pub source: String,
    /// When.
    pub looked_up_at: Instant,
    /// The public part of the key its answers are entered with.
    pub author: String,
}

/// An answer to enter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewPortabilityAnswer {
    /// The number.
    pub number: Phone,
    /// The operator that serves it.
    pub operator: Inn,
    /// Since when, where the answer says it; not after the look-up.
    pub ported_at: Option<Instant>,
}
