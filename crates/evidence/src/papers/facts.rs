//! What each document is made of: plain facts, gathered by whoever calls, who
//! also answers for their truth.

use baitline_domain::audit::AuditHead;
use baitline_domain::instant::Instant;
use baitline_domain::label::Segment;
use baitline_domain::phone::Phone;
use baitline_domain::reconciliation::{OurCall, Reconciliation, StatementLine};
use baitline_domain::trap::{ExposureKind, TrapMissing, Window};
use jiff::civil::Date;

use crate::dossier::{Office, OperatorFacts, Period};
use crate::people::{Applicant, Enclosure, Representative};

/// A contract on communication services.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contract {
    /// The subscriber's number.
    pub number: Phone,
    /// The number of the contract.
    pub contract_number: Option<String>,
    /// Its date.
    pub signed_on: Option<Date>,
}

/// One call an inquiry asks about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InquiryCall {
    /// The start.
    pub started_at: Instant,
    /// Who called; absent where the number was withheld.
    pub caller: Option<Phone>,
    /// The subscriber's number.
    pub called: Phone,
    /// Connected time in seconds.
    pub connected_seconds: u32,
}

/// An inquiry to one operator, from one applicant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InquiryFacts {
    /// Whose subscriber the applicant is.
    pub operator: OperatorFacts,
    /// Where the letter goes.
    pub operator_address: Option<String>,
    /// The contract holder.
    pub applicant: Option<Applicant>,
    /// Who signs for it.
    pub representative: Option<Representative>,
    /// The sender's own number of the letter.
    pub outgoing_number: Option<String>,
    /// The contracts of the numbers called.
    pub contracts: Vec<Contract>,
    /// The calls; the document sorts them by (start, caller).
    pub calls: Vec<InquiryCall>,
    /// The period a certified statement is asked for.
    pub statement_period: Option<Period>,
    /// What goes with the letter.
    pub enclosures: Vec<Enclosure>,
}

/// One step of a control call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProtocolStep {
    /// What was done.
    pub kind: ExposureKind,
    /// When.
    pub at: Instant,
    /// How long; zero where that does not matter.
    pub seconds: u32,
    /// The organisation's number of an own or return call.
    pub counterpart: Option<Phone>,
    /// What shows it, such as the name of a screenshot.
    pub proof: Option<String>,
}

/// The protocol of one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProtocolFacts {
    /// The organisation that was called.
    pub organisation: String,
    /// Its site.
    pub site: Option<String>,
    /// The number the run was made from.
    pub number: Phone,
    /// Its operator by contract.
    pub operator: Option<OperatorFacts>,
    /// Its contract holder.
    pub contract_holder: Option<String>,
    /// Who uses it.
    pub user: Option<String>,
    /// The device and the recorder on it.
    pub device: Option<String>,
    /// When the recorder was tested.
    pub recorder_tested_at: Option<Instant>,
    /// What shows the test.
    pub recorder_proof: Option<String>,
    /// The run's first moment.
    pub started_at: Instant,
    /// The steps; the document sorts them by time.
    pub steps: Vec<ProtocolStep>,
    /// The period calls were recorded in afterwards.
    pub window: Option<Window>,
    /// What the run lacks; empty when complete.
    pub missing: Vec<TrapMissing>,
    /// What is noted of calls to other organisations, visits to their sites and
    /// consents, a sentence each.
    pub dealings: Vec<String>,
    /// Who made the run.
    pub made_by: Option<String>,
}

/// The transcript of one recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TranscriptFacts {
    /// The start of the call.
    pub started_at: Instant,
    /// Who called; absent where the number was withheld.
    pub caller: Option<Phone>,
    /// The number called.
    pub called: Phone,
    /// Connected time in seconds.
    pub connected_seconds: u32,
    /// The name of the recording's file.
    pub file: String,
    /// The SHA-256 of its bytes.
    pub sha256: [u8; 32],
    /// How long it plays.
    pub duration_milliseconds: Option<u64>,
    /// The words, where nobody noted times.
    pub text: Option<String>,
    /// The words with times and speakers.
    pub segments: Vec<Segment>,
    /// What the phone's screen showed with the call.
    pub screen_label: Option<String>,
    /// Who wrote the transcript.
    pub written_by: Option<String>,
}

/// The comparison with one statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComparisonFacts {
    /// Whose statement it is.
    pub operator: OperatorFacts,
    /// The subscriber's number.
    pub number: Phone,
    /// The period the statement covers.
    pub period: Period,
    /// How the statement is called among the enclosures.
    pub statement: String,
    /// Whether the operator certified it.
    pub certified: bool,
    /// Our calls.
    pub calls: Vec<OurCall>,
    /// The lines of the statement.
    pub lines: Vec<StatementLine>,
    /// What came of holding one against the other.
    pub reconciliation: Reconciliation,
    /// Who compared.
    pub made_by: Option<String>,
}

/// What happened to a recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CustodyEventKind {
    /// It arrived, and its sum was taken.
    Received,
    /// Its bytes were read and gave the same sum.
    Checked,
    /// A person listened to it.
    Heard,
    /// It was copied, unchanged, into a package.
    Packed,
    /// A copy that every player plays was made of it.
    Converted,
}

impl CustodyEventKind {
    /// The code word, as packages have it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Checked => "checked",
            Self::Heard => "heard",
            Self::Packed => "packed",
            Self::Converted => "converted",
        }
    }
}

/// One event in the custody of a recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustodyEvent {
    /// When.
    pub at: Instant,
    /// What.
    pub kind: CustodyEventKind,
    /// By whom; absent where the program did it by itself.
    pub by: Option<String>,
}

/// One recording in custody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustodyRecording {
    /// The name of its file in the package.
    pub file: String,
    /// The name it arrived under.
    pub original_name: Option<String>,
    /// The SHA-256 of its bytes.
    pub sha256: [u8; 32],
    /// Its length.
    pub bytes: u64,
    /// The start of its call.
    pub started_at: Instant,
    /// Who called.
    pub caller: Phone,
    /// Where it came from, such as the name of a PBX.
    pub source: String,
    /// What happened to it; the document sorts them by time.
    pub events: Vec<CustodyEvent>,
    /// The last link of the chain of these events, in hexadecimal digits.
    pub last_link: Option<String>,
}

/// The statement of custody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustodyFacts {
    /// Whose recordings they are.
    pub organisation: String,
    /// The recordings; the document sorts them by call.
    pub recordings: Vec<CustodyRecording>,
    /// The number of the first of them, where others go before in another statement.
    pub first_number: usize,
    /// Where the client's chain of the audit had come to.
    pub audit_head: Option<AuditHead>,
    /// Who states it.
    pub made_by: Option<String>,
}

/// One file among the enclosures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InventoryFile {
    /// Its path in the package, without the folder of the payload.
    pub name: String,
    /// The part it is sent in.
    pub part: Option<usize>,
    /// Its length.
    pub bytes: u64,
    /// The SHA-256 of its bytes.
    pub sha256: [u8; 32],
}

/// The inventory of enclosures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InventoryFacts {
    /// To what, in the dative: «заявлению о признаках нарушения …».
    pub enclosed_to: String,
    /// The enclosures in order.
    pub enclosures: Vec<Enclosure>,
    /// The titles of what is to be enclosed behind them, with blanks for the sheets.
    pub expected: Vec<String>,
    /// So many of the first enclosures stand in one document with the application,
    /// whose pages are told by its layout.
    pub filed: usize,
    /// Whether that document is in several volumes.
    pub in_volumes: bool,
    /// The files that go with it.
    pub files: Vec<InventoryFile>,
    /// The most bytes of a part, where the files are sent in parts.
    pub part_bytes: Option<u64>,
    /// Who signs.
    pub applicant: Option<Applicant>,
    /// Who signs for it.
    pub representative: Option<Representative>,
}

/// The form of consent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsentFacts {
    /// The subscriber who consents.
    pub subscriber: Option<Applicant>,
    /// To whom the consent goes.
    pub office: Option<Office>,
    /// The contracts of the numbers.
    pub contracts: Vec<Contract>,
    /// The calls of which period.
    pub period: Option<Period>,
}

/// The note for whoever answers a control number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScriptFacts {
    /// The number; absent for a note that serves several.
    pub number: Option<Phone>,
}
