//! What can go wrong at this boundary, as one closed list.

use baitline_domain::applicant::IdentityFault;
use baitline_domain::complaint::Refusal;
use diesel::result::{DatabaseErrorInformation, DatabaseErrorKind, Error as DieselError};

/// A failure of the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No such row within reach; a row of another client is no row.
    #[error("not found")]
    NotFound,
    /// A rule about the data, which the caller can mend.
    #[error("{0}")]
    Constraint(#[from] Constraint),
    /// The database or the blob store did not answer; the same call may pass later.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// The installation is not safe to run on; the text says what to change.
    #[error("refused to run: {0}")]
    Unsafe(String),
    /// Two transactions met; the same call will pass.
    #[error("the transaction met another one")]
    Conflict,
    /// Anything else: a fault of the program or of the database.
    #[error("database: {0}")]
    Database(#[source] DieselError),
    /// A stored value that the program cannot read back.
    #[error("unreadable stored value: {0}")]
    Corrupt(String),
    /// Reading or writing a blob failed.
    #[error("blob store: {0}")]
    Blob(String),
}

/// A rule about the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Constraint {
    /// The client has another bait with this number.
    #[error("the client has a bait with this number")]
    BaitNumberTaken,
    /// The client has another bait with this reference.
    #[error("the client has a bait with this reference")]
    BaitReferenceTaken,
    /// The client has another source of this name.
    #[error("the client has a source of this name")]
    SourceNameTaken,
    /// The bait has a trap whose run overlaps.
    #[error("the bait has a trap whose run overlaps")]
    TrapOverlaps,
    /// The bait is out of use.
    #[error("the bait is retired")]
    BaitRetired,
    /// A range or a validity ends before it begins.
    #[error("the end lies before the beginning")]
    Backwards,
    /// The observation has a recording with other bytes.
    #[error("the call has a recording with other bytes")]
    RecordingDiffers,
    /// The number is that of one of the client's baits.
    #[error("the client has a bait with this number")]
    NumberOfABait,
    /// The source given to a device is no recorder app.
    #[error("the source is no recorder app")]
    NotARecorder,
    /// Another device reports as this source.
    #[error("another device reports as this source")]
    DeviceSourceTaken,
    /// Another SIM is bound to the device at that time.
    #[error("another SIM is in the device at that time")]
    BindingOverlaps,
    /// The recording was given to another call.
    #[error("the recording was given to another call")]
    RecordingAssigned,
    /// There is no recording a person could have heard.
    #[error("the call has no recording")]
    NoRecording,
    /// The client has another competitor with this ИНН.
    #[error("the client has a competitor with this ИНН")]
    CompetitorInnTaken,
    /// The competitor named does not exist.
    #[error("no such competitor")]
    UnknownCompetitor,
    /// The same look-up gave another answer before.
    #[error("the same look-up gave another answer")]
    LookUpDiffers,
    /// The bait named does not exist.
    #[error("no such bait")]
    UnknownBait,
    /// The call named at this place of a list, from 0, does not exist.
    #[error("no such call")]
    UnknownCall(usize),
    /// The source named does not exist.
    #[error("no such source")]
    UnknownSource,
    /// The observation has as many corrections as there may be.
    #[error("the observation has too many corrections")]
    TooManyCorrections,
    /// What the correction asks for holds already.
    #[error("the correction changes nothing")]
    ChangesNothing,
    /// The observation has no such correction.
    #[error("no such correction")]
    UnknownCorrection,
    /// What was taken back is made anew, not by taking the taking back.
    #[error("a withdrawal cannot be withdrawn")]
    NotWithdrawable,
    /// A direction, and no bait that sees it so.
    #[error("a direction without a bait")]
    DirectionWithoutBait,
    /// A bait, and no direction.
    #[error("a bait without a direction")]
    BaitWithoutDirection,
    /// The record would not say who was called.
    #[error("nobody was called")]
    NobodyCalled,
    /// An edition of this file with this beginning is there already.
    #[error("an edition of this file in force from that day exists")]
    EditionExists,
    /// The agency has made as many entries of operators as are read.
    #[error("no more operators can be entered")]
    TooManyOperatorEntries,
    /// The export has ended and cannot be cancelled.
    #[error("the export has ended")]
    ExportEnded,
    /// The export was cancelled, and nothing of it is tried again.
    #[error("the export was cancelled")]
    ExportCancelled,
    /// The edition named does not exist.
    #[error("no such edition")]
    UnknownEdition,
    /// The replay has ended and cannot be cancelled.
    #[error("the replay has ended")]
    ReplayEnded,
    /// As many replays of the client wait as may.
    #[error("too many replays of the client wait")]
    TooManyReplays,
    /// The file has ended and cannot be cancelled.
    #[error("the file has ended")]
    FileEnded,
    /// As many files of the client wait as may.
    #[error("too many files of the client wait")]
    TooManyFiles,
    /// The rejected row was corrected or dismissed before.
    #[error("the rejected row is settled")]
    RejectionSettled,
    /// The same revision of the record says something else.
    #[error("the record contradicts the one that is there")]
    RecordContradicts,
    /// The row has another version than the change was made for.
    #[error("the row was changed meanwhile")]
    ChangedMeanwhile,
    /// The applicant named does not exist.
    #[error("no such applicant")]
    UnknownApplicant,
    /// The representative named does not exist.
    #[error("no such representative")]
    UnknownRepresentative,
    /// The proof named by the step at this place, from 0, is no attachment of the
    /// trap that counts.
    #[error("no such proof")]
    UnknownProof(usize),
    /// The SIM is not assigned to the client at that time.
    #[error("the SIM is not assigned to the client then")]
    BaitNotAssigned,
    /// The SIM is assigned at that time already. For the agency alone.
    #[error("the SIM is assigned then")]
    SimAssigned,
    /// Another client's trap is live on the SIM. For the agency alone.
    #[error("a trap of another client is live on the SIM")]
    SimInUse,
    /// The source named by its id does not exist.
    #[error("no such source")]
    UnknownSourceId,
    /// The source given to a statement is no operator statement.
    #[error("the source is no operator statement")]
    NotAStatement,
    /// The inquiry stands where this cannot be done.
    #[error("the inquiry stands elsewhere")]
    InquiryElsewhere,
    /// The call named by the answer at this place, from 0, is not in the inquiry.
    #[error("the inquiry does not ask about the call")]
    NotInInquiry(usize),
    /// Another inquiry asks about one of the calls.
    #[error("another inquiry asks about a call")]
    CallAsked,
    /// The complaint was filed, and what is asked for belongs before that.
    #[error("the complaint was filed")]
    ComplaintFiled,
    /// The complaint's life does not let the act follow.
    #[error("the act cannot follow: {0}")]
    ActRefused(Refusal),
    /// A filed complaint holds one of the calls.
    #[error("a filed complaint holds a call")]
    CallFiled,
    /// Something waits for the worker that may change one of the calls.
    #[error("a call waits to be derived again")]
    CallsPending,
    /// The complaint has no other call.
    #[error("the complaint has no other call")]
    LastCall,
    /// Nothing was decided of the complaint.
    #[error("nothing was decided")]
    NotDecided,
    /// A fine for a call of which no violation was found.
    #[error("a fine without a violation")]
    FineWithoutViolation,
    /// No fine is recorded, or one is not paid.
    #[error("a fine is open")]
    FinesOpen,
    /// The complaint has as many deadlines as there may be.
    #[error("the complaint has too many deadlines")]
    TooManyDeadlines,
    /// The complaint has as many objections as there may be.
    #[error("the complaint has too many objections")]
    TooManyObjections,
    /// The complaint named does not exist.
    #[error("no such complaint")]
    UnknownComplaint,
    /// The power of attorney named does not exist.
    #[error("no such power of attorney")]
    UnknownPower,
    /// More calls fit than one batch is made from.
    #[error("too many calls for one batch")]
    TooManyCalls,
    /// What a paper was asked of does not exist.
    #[error("no such subject")]
    UnknownSubject,
    /// As many papers of the client wait as may.
    #[error("too many papers of the client wait")]
    TooManyPapers,
    /// The parts of an applicant's identity do not go together.
    #[error(transparent)]
    Identity(#[from] IdentityFault),
    /// The same request is being done at this moment.
    #[error("the same request is being done")]
    RequestInFlight,
    /// Its key stands for a request that asked for something else.
    #[error("another request was sent with this key")]
    RequestDiffers,
    /// The number is a bait's or an own number: no caller's.
    #[error("the number is of the client's side")]
    NumberIsOurs,
    /// As many erasures of the client are at work as may.
    #[error("too many erasures of the client are at work")]
    TooManyErasures,
    /// The erasure has not ended.
    #[error("the erasure is at work")]
    ErasureAtWork,
    /// The key opens nothing any more, so nothing replaces it.
    #[error("the key is revoked or has ended")]
    KeyNotLive,
    /// The key was replaced, and the one in its place is live.
    #[error("the key was replaced already")]
    KeyReplaced,
}

/// Result of a store call.
pub type StoreResult<T> = Result<T, StoreError>;

impl From<DieselError> for StoreError {
    fn from(error: DieselError) -> Self {
        match error {
            DieselError::NotFound => Self::NotFound,
            DieselError::DatabaseError(kind, information) => database_error(kind, information),
            DieselError::BrokenTransactionManager => {
                Self::Unavailable("the connection was lost in a transaction".to_owned())
            }
            other => Self::Database(other),
        }
    }
}

impl From<std::num::TryFromIntError> for StoreError {
    fn from(error: std::num::TryFromIntError) -> Self {
        Self::Corrupt(error.to_string())
    }
}

fn database_error(
    kind: DatabaseErrorKind,
    information: Box<dyn DatabaseErrorInformation + Send + Sync>,
) -> StoreError {
    if matches!(kind, DatabaseErrorKind::UniqueViolation | DatabaseErrorKind::CheckViolation)
        && let Some(constraint) = named(information.as_ref())
    {
        return StoreError::Constraint(constraint);
    }
    match kind {
        DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand => {
            StoreError::Unavailable("the database closed the connection".to_owned())
        }
        DatabaseErrorKind::SerializationFailure => StoreError::Conflict,
        _ if is_lost_connection(information.message()) => {
            StoreError::Unavailable("the database is not reachable".to_owned())
        }
        _ if is_failing_disk(information.message()) => {
            StoreError::Unavailable("the database's disk is full or fails".to_owned())
        }
        // A deadlock's message is the same in every locale's first word only in
        // English; the server is asked for English messages at connect.
        _ if information.message().contains("deadlock detected")
            || information.message().contains("database is locked") =>
        {
            StoreError::Conflict
        }
        _ => StoreError::Database(DieselError::DatabaseError(kind, information)),
    }
}

/// Diesel gives libpq's text and no class for a server that went away.
fn is_lost_connection(message: &str) -> bool {
    [
        "server closed the connection",
        "terminating connection",
        "no connection to the server",
        "could not receive data from server",
        "the database system is",
        "connection to server",
    ]
    .iter()
    .any(|known| message.contains(known))
}

/// What SQLite and PostgreSQL say when the disk below them takes no more or reads
/// no more: the same request will pass when it is mended.
fn is_failing_disk(message: &str) -> bool {
    [
        "database or disk is full",
        "disk I/O error",
        "unable to open database file",
        "No space left on device",
        "Input/output error",
    ]
    .iter()
    .any(|known| message.contains(known))
}

/// PostgreSQL names the constraint; SQLite names it for checks and lists the
/// columns for unique keys.
fn named(information: &dyn DatabaseErrorInformation) -> Option<Constraint> {
    let text = information.constraint_name().unwrap_or_else(|| information.message());
    let names = |name: &str, columns: &str| text.contains(name) || text.ends_with(columns);
    if names("baits_number_key", "baits.client_id, baits.number") {
        Some(Constraint::BaitNumberTaken)
    } else if names("baits_reference_key", "baits.client_id, baits.reference") {
        Some(Constraint::BaitReferenceTaken)
    } else if names("sources_name_key", "sources.client_id, sources.name") {
        Some(Constraint::SourceNameTaken)
    } else if names("devices_source_key", "devices.client_id, devices.source_id") {
        Some(Constraint::DeviceSourceTaken)
    } else if names("inquiry_calls_call", "inquiry_calls.client_id, inquiry_calls.call_id") {
        Some(Constraint::CallAsked)
    } else if names(
        "complaint_holds_observation",
        "complaint_holds.client_id, complaint_holds.observation_id",
    ) {
        Some(Constraint::CallFiled)
    } else if names("competitors_inn_key", "competitors.client_id, competitors.inn") {
        Some(Constraint::CompetitorInnTaken)
    } else if names(
        "numbering_editions_file_key",
        "numbering_editions.file, numbering_editions.in_force_from",
    ) {
        Some(Constraint::EditionExists)
    } else if text.contains("own_numbers_range_check")
        || text.contains("own_numbers_validity_check")
        || text.contains("traps_run_check")
        || text.contains("attributions_validity_check")
        || text.contains("allow_list_validity_check")
        || text.contains("device_bindings_validity_check")
        || text.contains("portability_answers_port_check")
        || text.contains("powers_of_attorney_term_check")
        || text.contains("consents_term_check")
        || text.contains("sim_assignments_validity_check")
        || text.contains("operator_statements_period_check")
    {
        Some(Constraint::Backwards)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_that_is_full_or_fails_is_an_outage_and_no_fault_of_ours() {
        for said in [
            "database or disk is full",
            "disk I/O error",
            "could not extend file \"base/16384/16612\": No space left on device",
            "could not read block 3 in file \"base/16384/16612\": Input/output error",
        ] {
            let kind = DatabaseErrorKind::Unknown;
            let error = DieselError::DatabaseError(kind, Box::new(said.to_owned()));
            assert!(matches!(StoreError::from(error), StoreError::Unavailable(_)), "{said}");
        }
    }
}
