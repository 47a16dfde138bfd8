//! Rows and what makes them, in the words of the domain. A row is never
//! serialised: the API has shapes of its own.

mod applicants;
mod attachments;
mod complaints;
mod corrections;
mod devices;
mod erasures;
mod evidence;
mod files;
mod inquiries;
mod lists;
mod operators;
mod papers;
mod preparation;
mod replays;
mod segments;
mod statements;
mod words;

use baitline_domain::bait::{Bait as DomainBait, BaitState};
use baitline_domain::call::Call;
use baitline_domain::ids::{BaitId, ClientId, EditionId, ObservationId, OwnNumberId, SourceId};
use baitline_domain::instant::{Instant, Span};
use baitline_domain::label::LabelKind;
use baitline_domain::numbering::NumberingFile;
use baitline_domain::observation::{Channel, Direction};
use baitline_domain::operator::Inn;
use baitline_domain::own_number::{OwnNumber, OwnNumberKind};
use baitline_domain::phone::{PartyKind, Phone};
use baitline_domain::trap::{Trap, TrapState, Window};
use baitline_domain::verdict::Assessment;
use diesel::prelude::*;

use crate::schema;
use crate::sql_types::Db;

pub use applicants::{
    ApplicantChanges, ApplicantRow, ConsentRow, NewApplicant, NewConsent, NewOfficeEntry, NewPower,
    NewRepresentative, OfficeEntry, PowerRow, RepresentativeChanges, RepresentativeRow, Revocation,
};
pub use attachments::{AttachmentChanges, AttachmentRow, NewAttachment};
pub(crate) use complaints::HoldRow;
pub use complaints::{
    ActRow, CallDecision, ComplaintCallRow, ComplaintChanges, ComplaintCriteria, ComplaintProposal,
    ComplaintRow, DeadlineChanges, DeadlineRow, GatedCall, NewAct, NewDeadline, NewObjection,
    ObjectionRow, OutcomeCounts, ProposedComplaint,
};
pub use corrections::{
    Amendment, Correcting, CorrectionRow, NewCorrection, Revision, RevisionContent,
};
pub use devices::{BindingChanges, Device, DeviceBinding, NewBinding, NewDevice};
pub use erasures::{
    ErasureCounts, ErasureRow, HeldCalls, LegalHoldRow, NewLegalHold, RetentionRow,
};
pub use evidence::{
    Assignment, Export, ExportFile, LabelRow, NewLabel, Package, Recording, SigningKeyRow,
    WaitingRecording,
};
pub use files::{CallFile, FileProblem, FileRejection, NewFile, RowText};
pub use inquiries::{
    CallAnswer, InquiryCallRow, InquiryChanges, InquiryCriteria, InquiryProposal, InquiryRow,
    OperatorReply, ProposedCall, ProposedInquiry, Sending,
};
pub use lists::{
    AllowEntryRow, AttributionChanges, AttributionRow, Competitor, CompetitorChanges,
    ContaminationRow, Dealing, LookUp, NewAllowEntry, NewAttribution, NewCompetitor,
    NewContamination, NewPortabilityAnswer, PortabilityAnswerRow,
};
pub use operators::{NewOperatorEntry, OperatorEntryRow};
pub use papers::{NewPaper, Paper, PaperFile, PaperTemplate};
pub use preparation::{
    NewPreparation, NewProtocol, NewSimAssignment, PreparationRow, ProtocolRow, SimAssignmentRow,
};
pub use replays::{DifferenceRow, NewReplay, Replay, Touched, Transitions};
pub use segments::{DerivedDay, Segment};
pub use statements::{ComparedCall, Comparison, NewStatement, StatementChanges, StatementRow};
pub use words::{
    ChangeKind, ContaminationKind, CorrectionKind, DurationMissing, ExportState, FileFormat,
    FileState, OrdinalKind, PackageState, PaperState, RejectionState, ReplayOutcome, ReplayState,
    SourceKind, TemplateState, TouchedKind, WaitingReason,
};

/// A defended business: the tenant.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::clients, treat_none_as_default_value = false)]
pub struct Client {
    /// Its id.
    #[diesel(column_name = client_id)]
    #[diesel(serialize_as = Db<ClientId>)]
    pub id: ClientId,
    /// Its name.
    pub name: String,
    /// Its IANA time zone.
    pub time_zone: String,
    /// The window of its next traps, 24 to 72 hours.
    pub window_hours: i32,
    /// When it was entered.
    #[diesel(serialize_as = Db<Instant>)]
    pub created_at: Instant,
}

/// A client to enter.
#[derive(Debug, Clone)]
pub struct NewClient {
    /// Its name.
    pub name: String,
    /// Its IANA time zone, checked by the caller.
    pub time_zone: String,
    /// The window of its traps, 24 to 72 hours.
    pub window_hours: i32,
}

/// What may change of a client; `None` leaves it.
#[derive(Debug, Clone, Default, AsChangeset)]
#[diesel(table_name = schema::clients)]
pub struct ClientChanges {
    /// A new name.
    pub name: Option<String>,
    /// A new time zone.
    pub time_zone: Option<String>,
    /// A new window for traps made from now on.
    pub window_hours: Option<i32>,
}

/// Who reports calls.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::sources, treat_none_as_default_value = false)]
pub struct Source {
    /// Its client.
    #[diesel(serialize_as = Db<ClientId>)]
    pub client_id: ClientId,
    /// Its id.
    #[diesel(serialize_as = Db<SourceId>)]
    pub id: SourceId,
    /// Its name in records, unique within the client.
    pub name: String,
    /// What it is.
    #[diesel(serialize_as = Db<SourceKind>)]
    pub kind: SourceKind,
    /// The IANA zone of times it gives without an offset.
    pub time_zone: String,
    /// Added to its times to get the true ones.
    pub clock_offset_micros: i64,
    /// How far a corrected time may still be off.
    pub uncertainty_micros: i64,
    /// When it was entered.
    #[diesel(serialize_as = Db<Instant>)]
    pub created_at: Instant,
}

impl Source {
    /// A time of its clock, corrected.
    pub fn correct(&self, reported_at: Instant) -> Instant {
        reported_at + Span(self.clock_offset_micros)
    }
}

/// A source to enter.
#[derive(Debug, Clone)]
pub struct NewSource {
    /// Its name in records.
    pub name: String,
    /// What it is.
    pub kind: SourceKind,
    /// Its IANA zone, checked by the caller.
    pub time_zone: String,
    /// Added to its times to get the true ones.
    pub clock_offset: Span,
    /// How far a corrected time may still be off.
    pub uncertainty: Span,
}

/// What may change of a source; `None` leaves it. The zone is not among them:
/// times already read would keep the old one.
#[derive(Debug, Clone, Default, AsChangeset)]
#[diesel(table_name = schema::sources)]
pub struct SourceChanges {
    /// A newly measured offset, in microseconds.
    pub clock_offset_micros: Option<i64>,
    /// A newly measured uncertainty, in microseconds.
    pub uncertainty_micros: Option<i64>,
}

/// One SIM.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::baits, treat_none_as_default_value = false)]
pub struct Bait {
    /// Its client.
    #[diesel(serialize_as = Db<ClientId>)]
    pub client_id: ClientId,
    /// Its id.
    #[diesel(serialize_as = Db<BaitId>)]
    pub id: BaitId,
    /// Its number.
    #[diesel(serialize_as = Db<Phone>)]
    pub number: Phone,
    /// The client's own name for it.
    pub reference: Option<String>,
    /// The operator by contract.
    pub operator: Option<Inn>,
    /// Where it is.
    pub region: Option<String>,
    /// For people.
    pub note: Option<String>,
    /// When it was entered.
    #[diesel(serialize_as = Db<Instant>)]
    pub created_at: Instant,
    /// When a person took it out of use.
    pub retired_at: Option<Instant>,
    /// Why; given where the time is.
    pub retired_because: Option<String>,
}

impl Bait {
    /// What the rules need of it.
    pub fn to_domain(&self) -> DomainBait {
        DomainBait { id: self.id, number: self.number, operator: self.operator }
    }
}

/// A bait with where it stands at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaitNow {
    /// The bait.
    pub bait: Bait,
    /// What its user should know first.
    pub state: BaitState,
    /// The window that is open then, whatever the state; of several the one
    /// that ends last.
    pub window: Option<Window>,
    /// When the run of its latest trap began.
    pub last_trap_at: Option<Instant>,
}

/// A bait to enter.
#[derive(Debug, Clone)]
pub struct NewBait {
    /// Its number.
    pub number: Phone,
    /// The client's own name for it, which must not read as a number.
    pub reference: Option<String>,
    /// The operator by contract.
    pub operator: Option<Inn>,
    /// Where it is.
    pub region: Option<String>,
    /// For people.
    pub note: Option<String>,
}

/// What may change of a bait; `None` leaves it, `Some(None)` empties it. The
/// number is not among them: another number is another bait.
#[derive(Debug, Clone, Default, AsChangeset)]
#[diesel(table_name = schema::baits)]
pub struct BaitChanges {
    /// Another reference.
    pub reference: Option<Option<String>>,
    /// Another operator by contract.
    pub operator: Option<Option<Inn>>,
    /// Another place.
    pub region: Option<Option<String>>,
    /// Another note.
    pub note: Option<Option<String>>,
}

/// A number or range of the client's side.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::own_numbers, treat_none_as_default_value = false)]
pub struct OwnNumberRow {
    /// Its client.
    #[diesel(serialize_as = Db<ClientId>)]
    pub client_id: ClientId,
    /// Its id.
    #[diesel(serialize_as = Db<OwnNumberId>)]
    pub id: OwnNumberId,
    /// The first number of the range.
    #[diesel(serialize_as = Db<Phone>)]
    pub first_number: Phone,
    /// The last number of the range.
    #[diesel(serialize_as = Db<Phone>)]
    pub last_number: Phone,
    /// What it is used for.
    #[diesel(serialize_as = Db<OwnNumberKind>)]
    pub kind: OwnNumberKind,
    /// Since when, or always.
    pub valid_from: Option<Instant>,
    /// Until when (exclusive), or for good.
    pub valid_to: Option<Instant>,
    /// The call-tracking vendor.
    pub vendor: Option<String>,
    /// For people.
    pub note: Option<String>,
    /// When it was entered.
    #[diesel(serialize_as = Db<Instant>)]
    pub created_at: Instant,
}

impl OwnNumberRow {
    /// What the rules need of it.
    pub fn to_domain(&self) -> OwnNumber {
        OwnNumber {
            id: self.id,
            first: self.first_number,
            last: self.last_number,
            kind: self.kind,
            valid_from: self.valid_from,
            valid_to: self.valid_to,
        }
    }
}

/// An own number to enter.
#[derive(Debug, Clone)]
pub struct NewOwnNumber {
    /// The first number of the range.
    pub first: Phone,
    /// The last number of the range.
    pub last: Phone,
    /// What it is used for.
    pub kind: OwnNumberKind,
    /// Since when, or always.
    pub valid_from: Option<Instant>,
    /// Until when (exclusive), or for good.
    pub valid_to: Option<Instant>,
    /// The call-tracking vendor.
    pub vendor: Option<String>,
    /// For people.
    pub note: Option<String>,
}

/// What may change of an own number; `None` leaves it, `Some(None)` empties it.
#[derive(Debug, Clone, Default, AsChangeset)]
#[diesel(table_name = schema::own_numbers)]
pub struct OwnNumberChanges {
    /// Another beginning.
    pub valid_from: Option<Option<Instant>>,
    /// Another end.
    pub valid_to: Option<Option<Instant>>,
    /// Another vendor.
    pub vendor: Option<Option<String>>,
    /// Another note.
    pub note: Option<Option<String>>,
}

/// A trap and what the worker last made of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrapRow {
    /// Its client.
    pub client_id: ClientId,
    /// As it was logged.
    pub trap: Trap,
    /// As the bait's records complete it; `None` until the worker has looked.
    pub state: Option<TrapState>,
    /// When it was entered.
    pub created_at: Instant,
}

/// A trap to enter; its settings are taken from the client at that moment.
#[derive(Debug, Clone)]
pub struct NewTrap {
    /// The bait it ran on.
    pub bait: BaitId,
    /// The run's first moment.
    pub started_at: Instant,
    /// The first moment after the run.
    pub run_ends_at: Instant,
    /// When the recorder was tested.
    pub recorder_tested_at: Option<Instant>,
    /// Site visits and sign-ins.
    pub exposures: Vec<baitline_domain::trap::Exposure>,
}

/// What may change of a trap; `None` leaves it.
#[derive(Debug, Clone, Default)]
pub struct TrapChanges {
    /// When the recorder was tested.
    pub recorder_tested_at: Option<Option<Instant>>,
    /// Site visits and sign-ins, replaced as a whole.
    pub exposures: Option<Vec<baitline_domain::trap::Exposure>>,
}

/// A call as the worker last judged it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JudgedCall {
    /// Its client.
    pub client_id: ClientId,
    /// The call.
    pub call: Call,
    /// What the rules said.
    pub assessment: Assessment,
    /// The label the worker saw.
    pub label: Option<LabelKind>,
    /// How many recordings the worker saw.
    pub recordings: u32,
}

/// One source's report as it stands, for people to read: where a person amended
/// it, the amended values. What the source said is in its revisions.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = schema::observations)]
pub struct ObservationRow {
    /// Its client.
    pub client_id: ClientId,
    /// Its id.
    pub id: ObservationId,
    /// Who reported it.
    pub source_id: SourceId,
    /// The source's own id of the record.
    pub external_id: Option<String>,
    /// Its revision.
    pub revision: i64,
    /// The bait as the record names it, where it does.
    pub named_bait: Option<String>,
    /// The direction, where the record names its bait.
    pub named_direction: Option<Direction>,
    /// The caller as it was written.
    pub caller_raw: Option<String>,
    /// The called as it was written.
    pub called_raw: Option<String>,
    /// What carried it.
    pub channel: Channel,
    /// The start by the source's clock; never amended.
    pub reported_at: Instant,
    /// The start as it was written; never amended.
    pub reported_at_raw: String,
    /// The true start: corrected by the source's offset, or amended.
    pub occurred_at: Instant,
    /// When the program got it.
    pub received_at: Instant,
    /// Connected time in seconds.
    pub connected_seconds: Option<i32>,
    /// Whether somebody answered.
    pub answered: bool,
    /// Whether the bait was roaming.
    pub roaming: bool,
    /// The label the phone's screen showed.
    pub screen_label: Option<String>,
    /// What else the source sent.
    pub extra: Option<String>,
    /// The bait, once it is known.
    pub bait_id: Option<BaitId>,
    /// The direction as the bait sees it, once it is known.
    pub direction: Option<Direction>,
    /// What the other end is, once the bait is known.
    pub(crate) party_kind: Option<PartyKind>,
    /// Its number, where it is one.
    pub(crate) party_number: Option<Phone>,
    /// What people put in the place of what the source said.
    pub amended: Option<Amendment>,
    /// Whether it takes no part in matching.
    pub voided: bool,
    /// Whether it was read from the name of a recording's file.
    pub derived: bool,
}

/// An imported file of the numbering registry.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::numbering_editions)]
pub struct EditionRow {
    /// Its id.
    #[diesel(serialize_as = Db<EditionId>)]
    pub id: EditionId,
    /// Which file.
    #[diesel(serialize_as = Db<NumberingFile>)]
    pub file: NumberingFile,
    /// Since when it is in force.
    #[diesel(serialize_as = Db<Instant>)]
    pub in_force_from: Instant,
    /// How many ranges it holds.
    pub ranges: i32,
    /// SHA-256 of the file.
    pub sha256: Vec<u8>,
    /// When it was imported.
    #[diesel(serialize_as = Db<Instant>)]
    pub imported_at: Instant,
}
