//! Which source a record is of: the one it names, or else the one named for
//! all of its body. Everyone who takes records in asks here, so that a record
//! gives the same report by whatever way it comes.

use std::collections::HashMap;

use baitline_domain::ids::{ClientId, SourceId};
use baitline_domain::instant::Instant;
use baitline_domain::observation::Report;
use jiff::tz::TimeZone;

use super::fields::Field;
use super::normalise::SourceSettings;
use super::record::CallRecord;
use super::rejection::Rejection;

/// The sources of one client.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    by_name: HashMap<String, SourceSettings>,
    default: Option<String>,
}

impl Sources {
    /// Adds a source; `None` when its zone is not known by this name.
    #[must_use]
    pub fn with(mut self, name: String, id: SourceId, zone: &str) -> Option<Self> {
        let zone = TimeZone::get(zone).ok()?;
        self.by_name.insert(name, SourceSettings { id, zone });
        Some(self)
    }

    /// Names the source of records that name none; `None` when there is no such
    /// source.
    #[must_use]
    pub fn with_default(self, name: String) -> Option<Self> {
        self.by_name.contains_key(&name).then(|| Self { default: Some(name), ..self })
    }

    /// What reading the records of this source takes from it.
    pub fn settings(&self, name: &str) -> Option<&SourceSettings> {
        self.by_name.get(name)
    }

    /// Makes a record a report of its source.
    ///
    /// # Errors
    /// When there is no such source, or the source cannot have reported it.
    pub fn report(
        &self,
        client: ClientId,
        record: &CallRecord,
        received_at: Instant,
    ) -> Result<Report, Rejection> {
        let name = record.source.as_ref().or(self.default.as_ref());
        let name = name.ok_or_else(|| Rejection::missing(Field::Source))?;
        let source = self.by_name.get(name).ok_or_else(Rejection::unknown_source)?;
        record.normalise(client, source, received_at)
    }
}
