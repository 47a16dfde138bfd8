//! The calls table's row, and its way from and to the domain.

use baitline_domain::call::Call;
use baitline_domain::ids::{BaitId, ClientId, CompetitorId, EditionId, ObservationId, TrapId};
use baitline_domain::instant::{Instant, Span};
use baitline_domain::label::LabelKind;
use baitline_domain::observation::{Channel, Direction};
use baitline_domain::operator::Inn;
use baitline_domain::phone::{Party, PartyKind, Phone};
use baitline_domain::verdict::{Assessment, Interception, Verdict};
use diesel::prelude::*;

use crate::error::{StoreError, StoreResult};
use crate::models::JudgedCall;
use crate::packed_ids::{pack, unpack};
use crate::schema::calls;
use crate::sql_types::Db;
use crate::stored_text;

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = calls, treat_none_as_default_value = false)]
pub(super) struct StoredCall {
    #[diesel(serialize_as = Db<ClientId>)]
    client_id: ClientId,
    #[diesel(serialize_as = Db<ObservationId>)]
    id: ObservationId,
    #[diesel(serialize_as = Db<BaitId>)]
    bait_id: BaitId,
    #[diesel(serialize_as = Db<Direction>)]
    direction: Direction,
    #[diesel(serialize_as = Db<PartyKind>)]
    party_kind: PartyKind,
    party_number: Option<Phone>,
    party_text: Option<String>,
    #[diesel(serialize_as = Db<Channel>)]
    channel: Channel,
    #[diesel(serialize_as = Db<Instant>)]
    started_at: Instant,
    uncertainty_micros: i64,
    connected_seconds: i32,
    answered: bool,
    roaming: bool,
    observations: Vec<u8>,
    reasons: String,
    rule_version: i32,
    trap_id: Option<TrapId>,
    verdict: Option<Verdict>,
    attempt: bool,
    prior_contact: bool,
    exposures_done: Option<String>,
    caller_operator: Option<Inn>,
    edition_id: Option<EditionId>,
    label: Option<LabelKind>,
    recordings: i32,
    caller_region: Option<String>,
    competitors: Vec<u8>,
}

impl TryFrom<&JudgedCall> for StoredCall {
    type Error = StoreError;

    fn try_from(judged: &JudgedCall) -> StoreResult<Self> {
        let JudgedCall { client_id, call, assessment, label, recordings } = judged;
        let interception = assessment.interception.as_ref();
        Ok(Self {
            client_id: *client_id,
            id: call.id,
            bait_id: call.bait,
            direction: call.direction,
            party_kind: call.party.kind(),
            party_number: call.party.phone(),
            party_text: call.party.text().map(str::to_owned),
            channel: call.channel,
            started_at: call.started_at,
            uncertainty_micros: call.uncertainty.0,
            connected_seconds: i32::try_from(call.connected_seconds)?,
            answered: call.answered,
            roaming: call.roaming,
            observations: pack(call.observations.iter().map(|id| id.0)),
            reasons: stored_text::write(&assessment.reasons)?,
            rule_version: i32::try_from(assessment.rule_version)?,
            trap_id: interception.map(|one| one.trap),
            verdict: interception.map(|one| one.verdict),
            attempt: interception.is_some_and(|one| one.attempt),
            prior_contact: interception.is_some_and(|one| one.prior_contact),
            exposures_done: interception
                .map(|one| stored_text::write_exposures(&one.exposures_done))
                .transpose()?,
            caller_operator: interception.and_then(|one| one.caller_operator),
            edition_id: interception.and_then(|one| one.edition),
            label: *label,
            recordings: i32::try_from(*recordings)?,
            caller_region: interception
                .and_then(|one| one.caller_region.as_deref())
                .map(str::to_owned),
            competitors: interception.map_or_else(Vec::new, |one| {
                pack(one.competitors.iter().map(|competitor| competitor.0))
            }),
        })
    }
}

impl TryFrom<StoredCall> for JudgedCall {
    type Error = StoreError;

    fn try_from(row: StoredCall) -> StoreResult<Self> {
        let interception = match (row.trap_id, row.verdict) {
            (Some(trap), Some(verdict)) => Some(Interception {
                trap,
                verdict,
                attempt: row.attempt,
                prior_contact: row.prior_contact,
                exposures_done: stored_text::read_exposures(
                    row.exposures_done.as_deref().unwrap_or("[]"),
                )?,
                caller_operator: row.caller_operator,
                caller_region: row.caller_region.map(Into::into),
                competitors: unpack(&row.competitors, CompetitorId)?,
                edition: row.edition_id,
            }),
            _ => None,
        };
        let party = Party::from_parts(row.party_kind, row.party_number, row.party_text)
            .ok_or_else(|| StoreError::Corrupt(format!("the party of call {}", row.id)))?;
        let call = Call {
            id: row.id,
            bait: row.bait_id,
            direction: row.direction,
            party,
            channel: row.channel,
            started_at: row.started_at,
            uncertainty: Span(row.uncertainty_micros),
            connected_seconds: u32::try_from(row.connected_seconds)?,
            answered: row.answered,
            roaming: row.roaming,
            observations: unpack(&row.observations, ObservationId)?,
        };
        let assessment = Assessment {
            interception,
            reasons: stored_text::read(&row.reasons)?,
            rule_version: u32::try_from(row.rule_version)?,
        };
        let recordings = u32::try_from(row.recordings)?;
        Ok(Self { client_id: row.client_id, call, assessment, label: row.label, recordings })
    }
}
