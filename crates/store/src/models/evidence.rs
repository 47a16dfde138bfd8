//! What is heard and what is exported.

use baitline_domain::audit::AuditHead;
use baitline_domain::ids::{
    ClientId, DeviceId, ExportId, LabelId, ObservationId, PackageId, SourceId,
};
use baitline_domain::instant::Instant;
use baitline_domain::label::{LabelKind, Segment};
use baitline_domain::phone::Phone;
use diesel::prelude::*;

use super::words::{DurationMissing, ExportState, PackageState, WaitingReason};
use crate::audit::head_from;
use crate::error::StoreResult;
use crate::schema;
use crate::sql_types::Db;
use crate::stored_text;

/// A recording's facts; its bytes lie in the blob store under its hash.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::recordings, treat_none_as_default_value = false)]
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
    /// The media type told by its first bytes.
    pub sniffed_type: String,
    /// The file name it came under.
    pub original_name: Option<String>,
    /// How long it plays, where that can be read.
    pub duration_milliseconds: Option<i64>,
    /// Why that is not known; absent of one kept before anybody asked.
    pub duration_missing: Option<DurationMissing>,
    /// Whether its call was found by what its name says.
    pub derived: bool,
}

/// A recording that came under the id of a report, and what it waits for. The
/// row stays when the wait is over.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::waiting_recordings, treat_none_as_default_value = false)]
pub struct WaitingRecording {
    /// Its client.
    #[diesel(serialize_as = Db<ClientId>)]
    pub client_id: ClientId,
    /// The id that its source and its external id give.
    #[diesel(serialize_as = Db<ObservationId>)]
    pub observation_id: ObservationId,
    /// The source whose name for it this is.
    #[diesel(serialize_as = Db<SourceId>)]
    pub source_id: SourceId,
    /// The source's own id of the call, or the name of the device's file.
    pub external_id: String,
    /// The device it came from, where it came as a file of one.
    pub device_id: Option<DeviceId>,
    /// What it waits for.
    #[diesel(serialize_as = Db<WaitingReason>)]
    pub reason: WaitingReason,
    /// SHA-256 of the bytes.
    pub sha256: Vec<u8>,
    /// How many bytes.
    pub bytes: i64,
    /// The media type its sender gave.
    pub media_type: String,
    /// The media type told by its first bytes.
    pub sniffed_type: String,
    /// The file name it came under.
    pub original_name: Option<String>,
    /// How long it plays, where that can be read.
    pub duration_milliseconds: Option<i64>,
    /// Why that is not known.
    pub duration_missing: Option<DurationMissing>,
    /// When the program got it.
    #[diesel(serialize_as = Db<Instant>)]
    pub received_at: Instant,
    /// The observation it was given to; absent while it waits.
    pub assigned_to: Option<ObservationId>,
    /// When it was.
    pub assigned_at: Option<Instant>,
    /// The key of the person who decided; absent where the rules did.
    pub assigned_by: Option<String>,
}

impl WaitingRecording {
    /// The recording it becomes at an observation.
    pub fn at(&self, observation: ObservationId, derived: bool) -> Recording {
        Recording {
            client_id: self.client_id,
            observation_id: observation,
            sha256: self.sha256.clone(),
            bytes: self.bytes,
            media_type: self.media_type.clone(),
            received_at: self.received_at,
            sniffed_type: self.sniffed_type.clone(),
            original_name: self.original_name.clone(),
            duration_milliseconds: self.duration_milliseconds,
            duration_missing: self.duration_missing,
            derived,
        }
    }
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
    /// When its packages were planned, all of them: the date of its archive.
    pub planned_at: Option<Instant>,
    /// How many workers in a row have taken it up and got nothing done.
    pub attempts_in_vain: i32,
    /// How often in a row a time-stamp could not be had.
    pub stamp_failures: i32,
    /// Before this moment no worker takes it up.
    pub waits_until: Option<Instant>,
    /// What it waits for then, or waited for last while it has not got it.
    pub waits_for: Option<String>,
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
    /// The fingerprint of the key that signed it, where one did.
    pub signed_by: Option<String>,
    /// CRC-32 of the archive, for the directory of the archive of all packages.
    pub crc32: Option<i64>,
    /// How long the client's chain of the audit was when the package was planned.
    pub audit_sequence: Option<i64>,
    /// The hash of its last entry then.
    pub audit_hash: Option<Vec<u8>>,
    /// What a time-stamp authority answered, where one was asked.
    pub time_stamp: Option<Vec<u8>>,
    /// The time that this tells.
    pub stamped_at: Option<Instant>,
}

impl Package {
    /// Where the client's chain of the audit had come to when the package was planned;
    /// absent where it was planned before that was kept.
    pub fn audit_head(&self) -> StoreResult<Option<AuditHead>> {
        let kept = self.audit_sequence.zip(self.audit_hash.as_deref());
        kept.map(|(sequence, hash)| head_from(sequence, hash)).transpose()
    }

    /// What its file is called in the archive of its export: by what it is good for
    /// and against whom, so that a folder of a thousand can be read.
    pub fn archive_name(&self) -> String {
        let caller = self.caller.to_string();
        let caller = caller.trim_start_matches('+');
        format!("{}/{caller}-{}.zip", self.state.as_str(), self.id)
    }
}

/// What lies beside the packages in the archive of an export; its bytes are a
/// blob of the kind of packages.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::export_files, treat_none_as_default_value = false)]
pub struct ExportFile {
    /// Its client.
    #[diesel(serialize_as = Db<ClientId>)]
    pub client_id: ClientId,
    /// Its export.
    #[diesel(serialize_as = Db<ExportId>)]
    pub export_id: ExportId,
    /// Its name in the archive.
    pub name: String,
    /// How many bytes.
    pub bytes: i64,
    /// SHA-256 of them.
    pub sha256: Vec<u8>,
    /// CRC-32 of them.
    pub crc32: i64,
}

/// The public half of a key that workers sign packages with.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::signing_keys)]
pub struct SigningKeyRow {
    /// SHA-256 over the public key's DER, in hexadecimal.
    pub fingerprint: String,
    /// The public key as PEM.
    pub public_pem: String,
    /// When a worker first had it.
    #[diesel(serialize_as = Db<Instant>)]
    pub first_seen_at: Instant,
    /// When a worker last started with it.
    #[diesel(serialize_as = Db<Instant>)]
    pub last_seen_at: Instant,
}
