//! A single interception as a row of the calls table tells it.

use baitline_domain::ids::{BaitId, ClientId, CompetitorId, TrapId};
use baitline_domain::instant::Instant;
use baitline_domain::label::LabelKind;
use baitline_domain::operator::Inn;
use baitline_domain::phone::Phone;
use baitline_domain::tally::InterceptionRow;
use baitline_domain::verdict::Verdict;
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};
use jiff::tz::TimeZone;

use crate::error::{StoreError, StoreResult};
use crate::packed_ids::unpack;
use crate::schema::{baits, calls, clients};
use crate::sql_types;

/// What reports count of a call, with its client's zone and its bait's operator.
#[derive(Debug, Queryable, QueryableByName, Selectable)]
#[diesel(table_name = calls)]
pub(super) struct StoredInterception {
    pub(super) client_id: ClientId,
    #[diesel(sql_type = Text)]
    #[diesel(select_expression = clients::time_zone)]
    #[diesel(select_expression_type = clients::time_zone)]
    time_zone: String,
    party_number: Option<Phone>,
    caller_operator: Option<Inn>,
    caller_region: Option<String>,
    competitors: Vec<u8>,
    bait_id: BaitId,
    #[diesel(sql_type = Nullable<sql_types::Inn>)]
    #[diesel(select_expression = baits::operator)]
    #[diesel(select_expression_type = baits::operator)]
    bait_operator: Option<Inn>,
    trap_id: Option<TrapId>,
    verdict: Option<Verdict>,
    attempt: bool,
    label: Option<LabelKind>,
    prior_contact: bool,
    started_at: Instant,
}

impl StoredInterception {
    /// `None` for a call without a verdict, which is no interception.
    pub(super) fn read(self) -> StoreResult<Option<InterceptionRow>> {
        let (Some(trap), Some(verdict)) = (self.trap_id, self.verdict) else { return Ok(None) };
        let zone = TimeZone::get(&self.time_zone).map_err(|_| {
            StoreError::Corrupt(format!("no time zone is called {:?}", self.time_zone))
        })?;
        Ok(Some(InterceptionRow {
            client: self.client_id,
            caller: self.party_number,
            operator: self.caller_operator,
            region: self.caller_region,
            competitors: unpack(&self.competitors, CompetitorId)?,
            bait: self.bait_id,
            bait_operator: self.bait_operator,
            trap,
            verdict,
            attempt: self.attempt,
            hearing: self.label.into(),
            prior_contact: self.prior_contact,
            local_day: self.started_at.local_day(&zone),
            started_at: self.started_at,
        }))
    }
}
