//! The observations table's row, and its way from a report and to the rules.

use baitline_domain::ids::{BaitId, ClientId, ObservationId, SourceId};
use baitline_domain::instant::{Instant, Span};
use baitline_domain::observation::{
    BaitName, Channel, Direction, Ends, EndsError, Joined, Observation, Report,
};
use baitline_domain::phone::{Party, PartyKind, Phone};
use diesel::prelude::*;
use serde_json::json;

use super::Said;
use crate::error::{StoreError, StoreResult};
use crate::models::{Amendment, Revision, RevisionContent, Source};
use crate::schema::observations;
use crate::sql_types::Db;

/// The row as it stands. The first columns are what the source said last, word
/// for word; those from `occurred_at` on hold what is in force.
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
    pub(super) named_bait: Option<String>,
    pub(super) named_direction: Option<Direction>,
    pub(super) caller_raw: Option<String>,
    pub(super) called_raw: Option<String>,
    #[diesel(serialize_as = Db<Channel>)]
    pub(super) channel: Channel,
    #[diesel(serialize_as = Db<Instant>)]
    pub(super) reported_at: Instant,
    pub(super) reported_at_raw: String,
    pub(super) connected_seconds: Option<i32>,
    pub(super) answered: bool,
    pub(super) roaming: bool,
    pub(super) screen_label: Option<String>,
    pub(super) extra: Option<String>,
    #[diesel(serialize_as = Db<Instant>)]
    pub(super) received_at: Instant,
    #[diesel(serialize_as = Db<Instant>)]
    pub(super) occurred_at: Instant,
    pub(super) bait_id: Option<BaitId>,
    pub(super) direction: Option<Direction>,
    pub(super) party_kind: Option<PartyKind>,
    pub(super) party_number: Option<Phone>,
    pub(super) amended: Option<Amendment>,
    pub(super) voided: bool,
    pub(super) derived: bool,
}

/// The columns two revisions are compared by: what was reported, as it was
/// understood. Spelling, the time of receipt and what nobody reads are out, and so
/// is what people amended: a source is only held to its own words.
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
            Ends::Named { bait, direction, .. } => (Some(bait.to_string()), Some(*direction)),
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
            amended: None,
            voided: false,
            derived: report.derived,
        })
    }

    /// Lets what people said of the same observation hold over this revision.
    pub(super) fn keep_corrections_of(&mut self, known: &Self) {
        self.voided = known.voided;
        if let Some(amended) = &known.amended {
            self.occurred_at = amended.occurred_at().unwrap_or(self.occurred_at);
            self.amended = Some(amended.clone());
        }
    }

    /// The source's own words.
    pub(super) fn said(&self) -> Said {
        Said { id: self.id, ends: self.said_ends().ends(), channel: self.channel }
    }

    /// The ends in force: what the source said with what people amended over it.
    pub(super) fn ends(&self) -> Ends {
        self.fields_of_ends().ends()
    }

    pub(super) fn fields_of_ends(&self) -> EndFields<'_> {
        let said = self.said_ends();
        self.amended.as_ref().map_or(said, |amended| said.amended_by(amended))
    }

    fn said_ends(&self) -> EndFields<'_> {
        EndFields {
            bait: self.named_bait.as_deref(),
            direction: self.named_direction,
            caller: self.caller_raw.as_deref(),
            called: self.called_raw.as_deref(),
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
            ends: self.said_ends().ends(),
            channel: self.channel,
            reported_at: self.reported_at,
            connected_seconds: self.connected_seconds,
            answered: self.answered,
            roaming: self.roaming,
            screen_label: self.screen_label.clone(),
        }
    }

    /// The start by the source's clock, corrected; not as it was amended.
    pub(super) fn corrected_start(&self, source: &Source) -> Instant {
        source.correct(self.reported_at)
    }

    /// What the source said last.
    pub(super) fn into_revision(self) -> Revision {
        Revision {
            revision: self.revision,
            received_at: self.received_at,
            content: RevisionContent {
                named_bait: self.named_bait,
                named_direction: self.named_direction,
                caller: self.caller_raw,
                called: self.called_raw,
                channel: self.channel,
                reported_at_micros: self.reported_at.0,
                reported_at_raw: self.reported_at_raw,
                connected_seconds: self.connected_seconds,
                answered: self.answered,
                roaming: self.roaming,
                screen_label: self.screen_label,
                extra: self.extra,
            },
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

/// The fields that tell the two ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct EndFields<'a> {
    pub(super) bait: Option<&'a str>,
    pub(super) direction: Option<Direction>,
    pub(super) caller: Option<&'a str>,
    pub(super) called: Option<&'a str>,
}

impl<'a> EndFields<'a> {
    fn amended_by(self, amended: &'a Amendment) -> Self {
        let over = |said: Option<&'a str>, amended: &'a Option<Option<String>>| {
            amended.as_ref().map_or(said, Option::as_deref)
        };
        Self {
            bait: amended.bait.as_deref().or(self.bait),
            direction: amended.direction.or(self.direction),
            caller: over(self.caller, &amended.caller),
            called: over(self.called, &amended.called),
        }
    }

    /// The ends as kept fields have them. Numbers are read again from what was
    /// written, so a bait that appears later is found by today's reading. A later
    /// revision may take away what an amendment leans on: who was called is
    /// then as good as hidden.
    pub(super) fn ends(self) -> Ends {
        let caller = || Party::read(self.caller);
        let called = || Party::read(self.called);
        match (self.bait, self.direction) {
            (Some(name), Some(direction)) => Ends::Named {
                bait: BaitName::read(name),
                direction,
                party: match direction {
                    Direction::Incoming => caller(),
                    Direction::Outgoing => called(),
                },
            },
            _ => Ends::Plain { caller: caller(), called: called() },
        }
    }

    /// The same, strictly: as the intake takes a record.
    pub(super) fn check(self) -> Result<Ends, EndsError> {
        Ends::of_fields(self.bait, self.direction, self.caller, self.called)
    }
}

/// The other end of a joined row, put together from its columns; `None` where
/// they contradict each other.
pub(super) fn party_of(
    (direction, kind, number): (Direction, PartyKind, Option<Phone>),
    caller: Option<&str>,
    called: Option<&str>,
) -> Option<Party> {
    let raw = match direction {
        Direction::Incoming => caller,
        Direction::Outgoing => called,
    };
    match (kind, number) {
        (PartyKind::Number, phone) => phone.map(Party::Number),
        _ => Some(Party::read(raw)),
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
    amended: Option<Amendment>,
}

impl JoinedRow {
    pub(super) fn into_domain(mut self, sources: &[Source]) -> StoreResult<Observation> {
        let id = self.id;
        let corrupt = |what: &str| StoreError::Corrupt(format!("observation {id}: {what}"));
        let source = sources
            .iter()
            .find(|source| source.id == self.source_id)
            .ok_or_else(|| corrupt("no source"))?;
        let (Some(bait), Some(direction), Some(kind)) =
            (self.bait_id, self.direction, self.party_kind)
        else {
            return Err(corrupt("not joined"));
        };
        let amended = self.amended.take().unwrap_or_default();
        let caller = amended.caller.unwrap_or(self.caller_raw);
        let called = amended.called.unwrap_or(self.called_raw);
        let parts = (direction, kind, self.party_number);
        let party = party_of(parts, caller.as_deref(), called.as_deref())
            .ok_or_else(|| corrupt("a number without digits"))?;
        let connected_seconds = amended.connected_seconds.unwrap_or(self.connected_seconds);
        Ok(Observation {
            id: self.id,
            source: self.source_id,
            bait,
            direction,
            party,
            channel: amended.channel.unwrap_or(self.channel),
            occurred_at: self.occurred_at,
            uncertainty: Span(source.uncertainty_micros),
            connected_seconds: connected_seconds.map(u32::try_from).transpose()?,
            answered: amended.answered.unwrap_or(self.answered),
            roaming: amended.roaming.unwrap_or(self.roaming),
        })
    }
}
