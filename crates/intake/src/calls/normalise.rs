//! From a record to a report: the time read in the source's zone, and the
//! identity that makes a retry find its own row. It does not correct clocks
//! and does not look for the bait.

use baitline_domain::ids::{ClientId, Identity, ObservationId, SourceId};
use baitline_domain::instant::Instant;
use baitline_domain::observation::{BaitName, Ends, Report};
use jiff::tz::TimeZone;

use super::record::CallRecord;
use super::rejection::Rejection;
use super::time;

/// What reading a record takes from its source.
#[derive(Debug, Clone)]
pub struct SourceSettings {
    /// The source.
    pub id: SourceId,
    /// The zone of its times without an offset.
    pub zone: TimeZone,
}

impl CallRecord {
    /// Makes the record a report of this client and source. Equal records give
    /// equal reports, however and whenever they were sent; `received_at` only
    /// decides whether the time may be true.
    ///
    /// # Errors
    /// When the time cannot be read, stands for no single instant in the zone
    /// of the source, or lies too far back or ahead.
    pub fn normalise(
        &self,
        client: ClientId,
        source: &SourceSettings,
        received_at: Instant,
    ) -> Result<Report, Rejection> {
        let reported_at = time::read(&self.occurred_at, &source.zone, received_at)?;
        Ok(self.report_at(client, source.id, reported_at))
    }

    /// The report of a record whose time was read.
    pub(crate) fn report_at(
        &self,
        client: ClientId,
        source: SourceId,
        reported_at: Instant,
    ) -> Report {
        let id = match &self.external_id {
            Some(id) => ObservationId::derive(client, source, &Identity::External(id)),
            None => self.id_by_facts(client, source, reported_at),
        };
        Report {
            id,
            source,
            external_id: self.external_id.clone(),
            revision: self.revision,
            ends: self.ends.clone(),
            caller_raw: self.caller_raw.clone(),
            called_raw: self.called_raw.clone(),
            channel: self.channel,
            reported_at,
            reported_at_raw: self.occurred_at.clone(),
            connected_seconds: self.connected_seconds,
            answered: self.answered,
            roaming: self.roaming,
            screen_label: self.screen_label.clone(),
            extra: self.extra.clone(),
            derived: false,
        }
    }

    /// The identity of a record whose source does not number its records.
    fn id_by_facts(&self, client: ClientId, source: SourceId, at: Instant) -> ObservationId {
        let (near, far, direction) = match &self.ends {
            Ends::Named { bait: BaitName::Number(phone), direction, party } => {
                (phone.to_string(), party.to_string(), direction.as_str())
            }
            Ends::Named { bait: BaitName::Reference(reference), direction, party } => {
                (reference.clone(), party.to_string(), direction.as_str())
            }
            Ends::Plain { caller, called } => (caller.to_string(), called.to_string(), ""),
        };
        let identity =
            Identity::Facts { near: &near, far: &far, direction, reported_at_micros: at.0 };
        ObservationId::derive(client, source, &identity)
    }
}
