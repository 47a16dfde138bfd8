//! What a package is made of: plain facts, gathered by whoever calls, who also
//! answers for their truth. Nothing here knows documents, archives or time of
//! day: the only moment a package carries is [`Dossier::sealed_at`], so the
//! same dossier gives the same bytes on every machine.

use baitline_domain::audit::AuditHead;
use baitline_domain::gate::Missing;
use baitline_domain::ids::{ObservationId, PackageId, TrapId};
use baitline_domain::instant::Instant;
use baitline_domain::label::{LabelKind, Segment};
use baitline_domain::numbering::NumberingFile;
use baitline_domain::operator::Inn;
use baitline_domain::phone::Phone;
use baitline_domain::trap::{Exposure, TrapMissing, Window};
use baitline_domain::verdict::{Reason, Verdict};

use crate::papers::{ComparisonFacts, ProtocolFacts};
use crate::people::{Applicant, Enclosure, Representative};

/// The time zone of documents when the client names none.
pub const DEFAULT_TIME_ZONE: &str = "Europe/Moscow";

/// Everything of one complaint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dossier {
    /// The package's id; also names the folder in the archive.
    pub package: PackageId,
    /// The version of the package, from 1.
    pub version: u32,
    /// When the package was sealed: the date of every document in it.
    pub sealed_at: Instant,
    /// The program that builds it, such as `baitline 0.1.0`.
    pub program_version: String,
    /// The defended business.
    pub client_name: String,
    /// The IANA name of the zone documents print times in.
    pub time_zone: String,
    /// The office the application goes to, where it is known.
    pub office: Option<Office>,
    /// Who files, where that is known.
    pub applicant: Option<Applicant>,
    /// Who signs for the applicant.
    pub representative: Option<Representative>,
    /// What is enclosed beside what the program makes; where this is empty, the
    /// application lists what a complaint needs, with blanks for the sheets.
    pub enclosures: Vec<Enclosure>,
    /// The protocols of the control calls, in order.
    pub protocols: Vec<ProtocolFacts>,
    /// The comparisons with the operators' statements, in order.
    pub comparisons: Vec<ComparisonFacts>,
    /// Where the client's chain of the audit had come to when the package was
    /// planned; absent where nobody kept it.
    pub audit_head: Option<AuditHead>,
    /// The most bytes of recordings that the channel takes at once; absent where it
    /// takes any number.
    pub part_bytes: Option<u64>,
    /// The number complained of.
    pub caller: Phone,
    /// The period the calls were taken from, half-open.
    pub period: Period,
    /// The calls, in any order: documents sort them by (start, id).
    pub interceptions: Vec<InterceptionFacts>,
}

/// A regional office of the Federal Antimonopoly Service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Office {
    /// Its name as the list of offices has it.
    pub name: String,
    /// The code of its subject of the Federation, such as `77`.
    pub subject_code: String,
}

/// A half-open period: `from` belongs to it, `to` does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// Its first moment.
    pub from: Instant,
    /// The first moment after it.
    pub to: Instant,
}

/// One interception with all that is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InterceptionFacts {
    /// The call's id, that of its first observation.
    pub call: ObservationId,
    /// The corrected start.
    pub started_at: Instant,
    /// Who called.
    pub caller: Phone,
    /// The caller as the source wrote it.
    pub caller_raw: Option<String>,
    /// The number called: the bait's.
    pub called: Phone,
    /// Connected time in seconds.
    pub connected_seconds: u32,
    /// The operator the caller's number is allocated to or served by.
    pub caller_operator: Option<OperatorFacts>,
    /// The region of the caller's range as the registry names it.
    pub caller_region: Option<String>,
    /// The edition of the numbering registry that was asked.
    pub edition: Option<EditionFacts>,
    /// The operator whose subscriber the bait is.
    pub bait_operator: Option<OperatorFacts>,
    /// The verdict.
    pub verdict: Verdict,
    /// Every reason of the verdict.
    pub reasons: Vec<Reason>,
    /// The version of the rules that gave it.
    pub rule_version: u32,
    /// The trap the call belongs to.
    pub trap: TrapFacts,
    /// The caller had called this bait before the trap.
    pub prior_contact: bool,
    /// Every observation of the call.
    pub observations: Vec<ObservationFacts>,
    /// Every recording of the call.
    pub recordings: Vec<RecordingFacts>,
    /// What a person heard.
    pub label: Option<LabelFacts>,
    /// What the gate still misses for this call.
    pub missing: Vec<Missing>,
}

/// An operator as documents name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperatorFacts {
    /// Its name.
    pub name: String,
    /// Its ИНН; absent where an old layout of the registry names none.
    pub inn: Option<Inn>,
}

/// An edition of the numbering registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EditionFacts {
    /// Which of the registry's files.
    pub file: NumberingFile,
    /// Since when it is in force.
    pub in_force_from: Instant,
}

/// The trap of an interception.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrapFacts {
    /// Its id.
    pub id: TrapId,
    /// The run's first moment.
    pub started_at: Instant,
    /// When the recorder was tested, if it was.
    pub recorder_tested_at: Option<Instant>,
    /// Every exposure, in order of time.
    pub exposures: Vec<Exposure>,
    /// The window it armed.
    pub window: Option<Window>,
    /// What it lacks; empty when complete.
    pub missing: Vec<TrapMissing>,
}

/// One source's report of the call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObservationFacts {
    /// Its id.
    pub id: ObservationId,
    /// The source's name.
    pub source_name: String,
    /// The source's kind, such as `pbx`.
    pub source_kind: String,
    /// The start by the source's own clock.
    pub reported_at: Instant,
    /// The start as the source wrote it.
    pub reported_at_raw: String,
    /// What was added to the source's clock, in seconds.
    pub clock_offset_seconds: i64,
    /// The revision of the report.
    pub revision: u32,
    /// Whether it was read from the name of a recording's file.
    pub derived: bool,
    /// What people put in the place of what the source said, in order.
    pub amendments: Vec<AmendmentFacts>,
}

/// An amendment of a report that nobody took back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AmendmentFacts {
    /// The names of the fields.
    pub fields: Vec<String>,
    /// Why.
    pub reason: String,
    /// When it was entered.
    pub amended_at: Instant,
}

/// One recording. The package holds it unchanged under a name of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordingFacts {
    /// The observation it came with.
    pub observation: ObservationId,
    /// The SHA-256 of its bytes, taken on arrival.
    pub sha256: [u8; 32],
    /// Its length.
    pub bytes: u64,
    /// The media type found by looking at its first bytes.
    pub media_type: String,
    /// The file name it arrived under, where it had one.
    pub original_name: Option<String>,
    /// How long it plays, where that could be counted.
    pub duration_milliseconds: Option<u64>,
    /// Whether its call was found by what its name says.
    pub derived: bool,
    /// When it arrived.
    pub received_at: Instant,
    /// What every player plays of it.
    pub playable: Playable,
}

/// What was made of a recording so that every player plays it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Playable {
    /// A WAV file of 16-bit PCM.
    Wav(WavFacts),
    /// Nothing, for this reason.
    Nothing(NotPlayable),
}

/// A WAV file of 16-bit PCM made from a recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WavFacts {
    /// The SHA-256 of its bytes.
    pub sha256: [u8; 32],
    /// Its length.
    pub bytes: u64,
    /// Samples of each channel in a second.
    pub sample_rate: u32,
    /// How many channels.
    pub channels: u16,
    /// How long it plays.
    pub duration_milliseconds: u64,
    /// Pieces of the recording that could not be decoded and are left out.
    pub skipped_packets: u64,
}

/// Why there is no playable copy of a recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotPlayable {
    /// Its format is not decoded here, or its bytes are damaged.
    Undecodable,
    /// The copies of the package together would be too large.
    TooLarge,
}

impl NotPlayable {
    /// The code word, as packages have it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Undecodable => "undecodable",
            Self::TooLarge => "too_large",
        }
    }

    /// The reason with this code word.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        [Self::Undecodable, Self::TooLarge].into_iter().find(|why| why.as_str() == word)
    }
}

/// What a person heard in a recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelFacts {
    /// The observation whose recording was heard.
    pub observation: ObservationId,
    /// Who listened, where that was said.
    pub listener: Option<String>,
    /// The kind of call.
    pub kind: LabelKind,
    /// Whether a machine spoke; absent where the person did not say.
    pub robot: Option<bool>,
    /// The company the caller named.
    pub company: Option<String>,
    /// The number the caller asked to call back.
    pub callback_number: Option<String>,
    /// The site the caller named.
    pub site: Option<String>,
    /// Where the caller said the number came from.
    pub number_origin: Option<String>,
    /// Whether the subscriber asked to stop calling.
    pub stop_demanded: bool,
    /// The words of the recording.
    pub transcript: Option<String>,
    /// The same with times, in order; empty where nobody noted them.
    pub segments: Vec<Segment>,
    /// The label the phone's screen showed with the call.
    pub screen_label: Option<String>,
    /// When it was entered.
    pub labelled_at: Instant,
}
