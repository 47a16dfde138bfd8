//! The observations table's row, and its way from a report and to the rules.

use baitline_domain::ids::{BaitId, ClientId, ObservationId, SourceId};
use baitline_domain::instant::{Instant, Span};
use baitline_domain::observation::{
    BaitName, Channel, Direction, Ends, Joined, Observation, Report,
};
use baitline_domain::phone::{Party, PartyKind, Phone};
use diesel::prelude::*;
use serde_json::json;

use crate::error::{StoreError, StoreResult};
use crate::models::Source;
use crate::schema::observations;
use crate::sql_types::Db;

/// The row as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = observations, treat_none_as_default_value = false)]
pub(super) struct StoredObservation {
    #[diesel(serialize_as = Db<ClientId>)]
    pub(super) client_id: ClientId,
    #[diesel(serialize_as = Db<ObservationId>)]
    pub(super) id: ObservationId,
    #[diesel(serialize_as = Db<SourceId>)]
    pub(super) source_id: SourceId,
    pub(super) external_id: Option<String>,
    pub(super) revision: i64,
    named_bait: Option<String>,
    named_direction: Option<Direction>,
    caller_raw: Option<String>,
    called_raw: Option<String>,
    #[diesel(serialize_as = Db<Channel>)]
    channel: Channel,
    #[diesel(serialize_as = Db<Instant>)]
    reported_at: Instant,
    reported_at_raw: String,
    connected_seconds: Option<i32>,
    answered: bool,
    roaming: bool,
    screen_label: Option<String>,
    extra: Option<String>,
    #[diesel(serialize_as = Db<Instant>)]
    pub(super) received_at: Instant,
    #[diesel(serialize_as = Db<Instant>)]
    pub(super) occurred_at: Instant,
    pub(super) bait_id: Option<BaitId>,
    pub(super) direction: Option<Direction>,
    pub(super) party_kind: Option<PartyKind>,
    pub(super) party_number: Option<Phone>,
    pub(super) derived: bool,
}

/// The columns two revisions are compared by: what was reported, as it was
/// understood. Spelling, the time of receipt and what nobody reads are out.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Content {
    ends: Ends,
    channel: Channel,
    reported_at: Instant,
    connected_seconds: Option<i32>,
    answered: bool,
    roaming: bool,
    screen_label: Option<String>,
}

impl StoredObservation {
    /// A row of a report; not joined yet.
    pub(super) fn of_report(
        client: ClientId,
        source: &Source,
        report: &Report,
        received_at: Instant,
    ) -> StoreResult<Self> {
        let (named_bait, named_direction) = match &report.ends {
            Ends::Named { bait, direction, .. } => (Some(name_text(bait)), Some(*direction)),
            Ends::Plain { .. } => (None, None),
        };
        Ok(Self {
            client_id: client,
            id: report.id,
            source_id: report.source,
            external_id: report.external_id.clone(),
            revision: i64::from(report.revision),
            named_bait,
            named_direction,
            caller_raw: report.caller_raw.clone(),
            called_raw: report.called_raw.clone(),
            channel: report.channel,
            reported_at: report.reported_at,
            reported_at_raw: report.reported_at_raw.clone(),
            connected_seconds: report.connected_seconds.map(i32::try_from).transpose()?,
            answered: report.answered,
            roaming: report.roaming,
            screen_label: report.screen_label.clone(),
            extra: report.extra.clone(),
            received_at,
            occurred_at: source.correct(report.reported_at),
            bait_id: None,
            direction: None,
            party_kind: None,
            party_number: None,
            derived: report.derived,
        })
    }

    /// The ends as the record has them. Numbers are read again from what was
    /// written, so a bait that appears later is found by today's reading.
    pub(super) fn ends(&self) -> Ends {
        let caller = || Party::read(self.caller_raw.as_deref());
        let called = || Party::read(self.called_raw.as_deref());
        match (&self.named_bait, self.named_direction) {
            (Some(name), Some(direction)) => Ends::Named {
                bait: read_name(name),
                direction,
                party: match direction {
                    Direction::Incoming => caller(),
                    Direction::Outgoing => called(),
                },
            },
            _ => Ends::Plain { caller: caller(), called: called() },
        }
    }

    /// Sets what follows from the bait; `None` leaves the row waiting for it.
    pub(super) fn join(&mut self, joined: Option<Joined>) {
        self.bait_id = joined.as_ref().map(|joined| joined.bait);
        self.direction = joined.as_ref().map(|joined| joined.direction);
        self.party_kind = joined.as_ref().map(|joined| joined.party.kind());
        self.party_number = joined.and_then(|joined| joined.party.phone());
    }

    pub(super) fn content(&self) -> Content {
        Content {
            ends: self.ends(),
            channel: self.channel,
            reported_at: self.reported_at,
            connected_seconds: self.connected_seconds,
            answered: self.answered,
            roaming: self.roaming,
            screen_label: self.screen_label.clone(),
        }
    }

    /// The revision as history keeps it.
    pub(super) fn history_text(&self) -> String {
        json!({
            "named_bait": self.named_bait,
            "named_direction": self.named_direction,
            "caller": self.caller_raw,
            "called": self.called_raw,
            "channel": self.channel,
            "reported_at_micros": self.reported_at.0,
            "reported_at_raw": self.reported_at_raw,
            "connected_seconds": self.connected_seconds,
            "answered": self.answered,
            "roaming": self.roaming,
            "screen_label": self.screen_label,
            "extra": self.extra,
        })
        .to_string()
    }
}

fn name_text(name: &BaitName) -> String {
    match name {
        BaitName::Number(phone) => phone.to_string(),
        BaitName::Reference(reference) => reference.clone(),
    }
}

/// A reference never reads as a number, so the text alone tells.
fn read_name(text: &str) -> BaitName {
    match Party::read(Some(text)) {
        Party::Number(phone) => BaitName::Number(phone),
        _ => BaitName::Reference(text.to_owned()),
    }
}

/// What the rules need of a joined row.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = observations)]
pub(super) struct JoinedRow {
    id: ObservationId,
    source_id: SourceId,
    bait_id: Option<BaitId>,
    direction: Option<Direction>,
    party_kind: Option<PartyKind>,
    party_number: Option<Phone>,
    caller_raw: Option<String>,
    called_raw: Option<String>,
    channel: Channel,
    occurred_at: Instant,
    connected_seconds: Option<i32>,
    answered: bool,
    roaming: bool,
}

impl JoinedRow {
    pub(super) fn into_domain(self, sources: &[Source]) -> StoreResult<Observation> {
        let corrupt = |what: &str| StoreError::Corrupt(format!("observation {}: {what}", self.id));
        let source = sources
            .iter()
            .find(|source| source.id == self.source_id)
            .ok_or_else(|| corrupt("no source"))?;
        let (Some(bait), Some(direction), Some(kind)) =
            (self.bait_id, self.direction, self.party_kind)
        else {
            return Err(corrupt("not joined"));
        };
        let raw = match direction {
            Direction::Incoming => self.caller_raw.clone(),
            Direction::Outgoing => self.called_raw.clone(),
        };
        let party = match (kind, self.party_number) {
            (PartyKind::Number, Some(phone)) => Party::Number(phone),
            (PartyKind::Number, None) => return Err(corrupt("a number without digits")),
            _ => Party::read(raw.as_deref()),
        };
        Ok(Observation {
            id: self.id,
            source: self.source_id,
            bait,
            direction,
            party,
            channel: self.channel,
            occurred_at: self.occurred_at,
            uncertainty: Span(source.uncertainty_micros),
            connected_seconds: self.connected_seconds.map(u32::try_from).transpose()?,
            answered: self.answered,
            roaming: self.roaming,
        })
    }
}
