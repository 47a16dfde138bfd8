//! What is heard and what is exported.

use baitline_domain::ids::{ClientId, ExportId, LabelId, ObservationId, PackageId};
use baitline_domain::instant::Instant;
use baitline_domain::label::{LabelKind, Segment};
use baitline_domain::phone::Phone;
use diesel::prelude::*;

use super::words::{ExportState, PackageState};
use crate::error::StoreResult;
use crate::sql_types::Db;
use crate::{schema, stored_text};

/// A recording's facts; its bytes lie in the blob store under its hash.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::recordings)]
pub struct Recording {
    /// Its client.
    #[diesel(serialize_as = Db<ClientId>)]
    pub client_id: ClientId,
    /// The observation it belongs to.
    #[diesel(serialize_as = Db<ObservationId>)]
    pub observation_id: ObservationId,
    /// SHA-256 of the bytes.
    pub sha256: Vec<u8>,
    /// How many bytes.
    pub bytes: i64,
    /// The media type its sender gave.
    pub media_type: String,
    /// When the program got it.
    #[diesel(serialize_as = Db<Instant>)]
    pub received_at: Instant,
}

/// What a person heard.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::labels, treat_none_as_default_value = false)]
pub struct LabelRow {
    /// Its client.
    #[diesel(serialize_as = Db<ClientId>)]
    pub client_id: ClientId,
    /// Its id.
    #[diesel(serialize_as = Db<LabelId>)]
    pub id: LabelId,
    /// The observation whose recording was heard.
    #[diesel(serialize_as = Db<ObservationId>)]
    pub observation_id: ObservationId,
    /// The kind of call.
    #[diesel(serialize_as = Db<LabelKind>)]
    pub kind: LabelKind,
    /// Whether a machine spoke.
    pub robot: Option<bool>,
    /// Whether the bait's user agreed to be called.
    pub consent_given: bool,
    /// Whether the bait's user demanded that calls stop.
    pub stop_demanded: bool,
    /// The company the caller named.
    pub company: Option<String>,
    /// The number the caller asked to call back.
    pub callback_number: Option<Phone>,
    /// The site the caller named.
    pub site: Option<String>,
    /// Where the caller says the number came from.
    pub number_origin: Option<String>,
    /// What was said.
    pub transcript: Option<String>,
    /// When it was given.
    #[diesel(serialize_as = Db<Instant>)]
    pub labelled_at: Instant,
    /// The key it was given with.
    pub labelled_by: String,
    /// The timed transcript, as JSON; see [`Self::segments`].
    pub(crate) segments: Option<String>,
    /// Who listened, where the key's holder says so.
    pub listener: Option<String>,
}

impl LabelRow {
    /// The timed transcript, in order; empty where there is none.
    pub fn segments(&self) -> StoreResult<Vec<Segment>> {
        self.segments.as_deref().map_or(Ok(Vec::new()), stored_text::read_segments)
    }
}

/// Who listens to a call, and until when.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::assignments, treat_none_as_default_value = false)]
pub struct Assignment {
    /// Its client.
    #[diesel(serialize_as = Db<ClientId>)]
    pub client_id: ClientId,
    /// The observation that gives the call its id.
    #[diesel(serialize_as = Db<ObservationId>)]
    pub observation_id: ObservationId,
    /// The person's name.
    pub assignee: String,
    /// Since when.
    #[diesel(serialize_as = Db<Instant>)]
    pub since: Instant,
    /// Until when (exclusive), or until somebody ends it.
    pub until: Option<Instant>,
    /// The key it was made with.
    pub assigned_by: String,
}

/// A label to give.
#[derive(Debug, Clone)]
pub struct NewLabel {
    /// The kind of call.
    pub kind: LabelKind,
    /// Whether a machine spoke.
    pub robot: Option<bool>,
    /// Whether the bait's user agreed to be called.
    pub consent_given: bool,
    /// Whether the bait's user demanded that calls stop.
    pub stop_demanded: bool,
    /// The company the caller named.
    pub company: Option<String>,
    /// The number the caller asked to call back.
    pub callback_number: Option<Phone>,
    /// The site the caller named.
    pub site: Option<String>,
    /// Where the caller says the number came from.
    pub number_origin: Option<String>,
    /// What was said.
    pub transcript: Option<String>,
    /// What was said and when, in order; empty where nobody noted the times.
    pub segments: Vec<Segment>,
    /// Who listened.
    pub listener: Option<String>,
}

/// A batch job that builds packages.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::exports, treat_none_as_default_value = false)]
pub struct Export {
    /// Its client.
    #[diesel(serialize_as = Db<ClientId>)]
    pub client_id: ClientId,
    /// Its id.
    #[diesel(serialize_as = Db<ExportId>)]
    pub id: ExportId,
    /// Where it stands.
    #[diesel(serialize_as = Db<ExportState>)]
    pub state: ExportState,
    /// What was asked, as JSON; see [`Export::request`].
    pub(crate) request: String,
    /// Why it failed.
    pub problem: Option<String>,
    /// How many workers have taken it up.
    pub attempts: i32,
    /// When it was asked for.
    #[diesel(serialize_as = Db<Instant>)]
    pub created_at: Instant,
    /// When it last moved.
    #[diesel(serialize_as = Db<Instant>)]
    pub updated_at: Instant,
}

/// One package of an export.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::export_packages, treat_none_as_default_value = false)]
pub struct Package {
    /// Its client.
    #[diesel(serialize_as = Db<ClientId>)]
    pub client_id: ClientId,
    /// Its id.
    #[diesel(serialize_as = Db<PackageId>)]
    pub id: PackageId,
    /// Its export.
    #[diesel(serialize_as = Db<ExportId>)]
    pub export_id: ExportId,
    /// The number complained of.
    #[diesel(serialize_as = Db<Phone>)]
    pub caller: Phone,
    /// Where it stands.
    #[diesel(serialize_as = Db<PackageState>)]
    pub state: PackageState,
    /// The only time its documents know.
    #[diesel(serialize_as = Db<Instant>)]
    pub sealed_at: Instant,
    /// How many interceptions it holds.
    pub interceptions: i32,
    /// What the gate still misses, as a JSON list of words.
    pub missing: String,
    /// The archive's size.
    pub bytes: Option<i64>,
    /// SHA-256 of the archive.
    pub sha256: Option<Vec<u8>>,
    /// Why it failed.
    pub problem: Option<String>,
}
