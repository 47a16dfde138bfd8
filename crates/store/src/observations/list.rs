//! Observations for people: in lists, one by one, and with what their source
//! said before.

use baitline_domain::ids::{BaitId, ClientId, Identity, ObservationId, SourceId};
use baitline_domain::instant::Instant;
use baitline_domain::observation::BaitName;
use baitline_domain::phone::Party;
use diesel::prelude::*;

use super::history;
use super::row::{EndFields, StoredObservation, party_of};
use crate::conn::{Conn, Reach, on};
use crate::error::StoreResult;
use crate::models::{ObservationRow, Revision};
use crate::schema::{observations as seen, sources};
use crate::sql_types::{Db, db_all};

/// The most earlier revisions of an observation that are told, the latest ones.
pub const MAX_REVISIONS_TOLD: usize = 1_000;

/// Which observations a list shows; an absent field filters nothing.
#[derive(Debug, Clone, Default)]
pub struct ObservationFilter {
    /// Of this bait.
    pub bait: Option<BaitId>,
    /// Of the sources of this name.
    pub source: Option<String>,
    /// With this id in its source.
    pub external_id: Option<String>,
    /// Whether the bait is known.
    pub matched: Option<bool>,
    /// Whether it is voided.
    pub voided: Option<bool>,
    /// Started at or after this moment.
    pub from: Option<Instant>,
    /// Started before this moment.
    pub to: Option<Instant>,
}

/// A slice of a list of observations, which is ordered by (start, id).
#[derive(Debug, Clone, Copy)]
pub struct ObservationPage {
    /// Start and id of the last row seen.
    pub after: Option<(Instant, ObservationId)>,
    /// The most rows to return.
    pub limit: i64,
}

/// The observations within reach, in order of (start, id).
pub fn list_observations(
    conn: &mut Conn,
    reach: Reach,
    filter: &ObservationFilter,
    page: ObservationPage,
) -> StoreResult<Vec<ObservationRow>> {
    let sources = match (&filter.source, &filter.external_id) {
        (None, None) => None,
        (name, _) => Some(sources_named(conn, reach, name.as_deref())?),
    };
    let rows: Vec<ObservationRow> = on!(conn, c => {
        let mut query = seen::table.select(ObservationRow::as_select()).into_boxed();
        if let Some(client) = reach.client() {
            query = query.filter(seen::client_id.eq(Db(client)));
        }
        if let Some(bait) = filter.bait {
            query = query.filter(seen::bait_id.eq(Some(bait)));
        }
        if let Some(sources) = &sources {
            query = match &filter.external_id {
                None => query.filter(seen::source_id.eq_any(sources.iter().map(|(_, id)| Db(*id)))),
                // The id follows from the source's own one, and is the key.
                Some(external) => query
                    .filter(seen::id.eq_any(db_all(&ids_of(sources, external))))
                    .filter(seen::external_id.eq(external)),
            };
        }
        query = match filter.matched {
            Some(true) => query.filter(seen::bait_id.is_not_null()),
            Some(false) => query.filter(seen::bait_id.is_null()),
            None => query,
        };
        if let Some(voided) = filter.voided {
            query = query.filter(seen::voided.eq(voided));
        }
        if let Some(from) = filter.from {
            query = query.filter(seen::occurred_at.ge(Db(from)));
        }
        if let Some(to) = filter.to {
            query = query.filter(seen::occurred_at.lt(Db(to)));
        }
        if let Some((at, id)) = page.after {
            query = query.filter(
                seen::occurred_at.gt(Db(at)).or(seen::occurred_at.eq(Db(at)).and(seen::id.gt(Db(id)))),
            );
        }
        query.order((seen::occurred_at, seen::id)).limit(page.limit).load(c)
    })?;
    Ok(rows.into_iter().map(ObservationRow::in_force).collect())
}

/// One observation within reach.
pub fn find_one(conn: &mut Conn, reach: Reach, id: ObservationId) -> StoreResult<ObservationRow> {
    let row: ObservationRow = on!(conn, c => {
        let mut query = seen::table.select(ObservationRow::as_select()).into_boxed();
        if let Some(client) = reach.client() {
            query = query.filter(seen::client_id.eq(Db(client)));
        }
        query.filter(seen::id.eq(Db(id))).first(c)
    })?;
    Ok(row.in_force())
}

/// Everything its source said, in order of revision; the last one is valid.
pub fn revisions_of(
    conn: &mut Conn,
    client: ClientId,
    id: ObservationId,
) -> StoreResult<Vec<Revision>> {
    let mut revisions = history::revisions(conn, client, id, MAX_REVISIONS_TOLD)?;
    let valid: StoredObservation = on!(conn, c => seen::table
        .find((Db(client), Db(id)))
        .select(StoredObservation::as_select())
        .first(c))?;
    revisions.push(valid.into_revision());
    Ok(revisions)
}

fn sources_named(
    conn: &mut Conn,
    reach: Reach,
    name: Option<&str>,
) -> StoreResult<Vec<(ClientId, SourceId)>> {
    Ok(on!(conn, c => {
        let mut query = sources::table.select((sources::client_id, sources::id)).into_boxed();
        if let Some(client) = reach.client() {
            query = query.filter(sources::client_id.eq(Db(client)));
        }
        if let Some(name) = name {
            query = query.filter(sources::name.eq(name));
        }
        query.load(c)
    })?)
}

fn ids_of(sources: &[(ClientId, SourceId)], external: &str) -> Vec<ObservationId> {
    let identity = Identity::External(external);
    let derive = |&(client, source)| ObservationId::derive(client, source, &identity);
    sources.iter().map(derive).collect()
}

impl ObservationRow {
    /// What people amended, in the place of what the source said.
    pub(super) fn in_force(self) -> Self {
        let Some(amended) = self.amended.clone() else { return self };
        Self {
            named_bait: amended.bait.or(self.named_bait),
            named_direction: amended.direction.or(self.named_direction),
            caller_raw: amended.caller.unwrap_or(self.caller_raw),
            called_raw: amended.called.unwrap_or(self.called_raw),
            channel: amended.channel.unwrap_or(self.channel),
            connected_seconds: amended.connected_seconds.unwrap_or(self.connected_seconds),
            answered: amended.answered.unwrap_or(self.answered),
            roaming: amended.roaming.unwrap_or(self.roaming),
            screen_label: amended.screen_label.unwrap_or(self.screen_label),
            ..self
        }
    }

    /// The other end as it is read, once the bait is known.
    pub fn party(&self) -> Option<Party> {
        let parts = (self.direction?, self.party_kind?, self.party_number);
        party_of(parts, self.caller_raw.as_deref(), self.called_raw.as_deref())
    }

    /// The names by which the record may know its bait.
    pub fn bait_names(&self) -> Vec<BaitName> {
        let fields = EndFields {
            bait: self.named_bait.as_deref(),
            direction: self.named_direction,
            caller: self.caller_raw.as_deref(),
            called: self.called_raw.as_deref(),
        };
        fields.ends().bait_names()
    }
}
