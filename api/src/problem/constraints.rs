//! What each of the store's constraints tells the caller.

use baitline_domain::applicant::{IdentityFault, IdentityPart};
use baitline_domain::complaint::Refusal;
use baitline_store::Constraint;

use super::{ApiError, IN_FLIGHT};
use crate::fault::{Fault, FaultItem};
use crate::once::IDEMPOTENCY_KEY;

impl From<Constraint> for ApiError {
    fn from(constraint: Constraint) -> Self {
        let taken = |pointer: &str, code, detail| {
            let item = FaultItem::of(code, detail);
            Self::Conflict(FaultItem { pointer: Some(pointer.to_owned()), ..item })
        };
        match constraint {
            Constraint::BaitNumberTaken => {
                taken("/number", "bait_number_taken", "The client has a bait with this number.")
            }
            Constraint::BaitReferenceTaken => taken(
                "/reference",
                "bait_reference_taken",
                "The client has a bait with this reference.",
            ),
            Constraint::NumberOfABait => taken(
                "/number",
                "number_of_a_bait",
                "The client has a bait with this number: it is neither an own number nor a \
                 competitor's.",
            ),
            Constraint::SourceNameTaken => {
                taken("/name", "source_name_taken", "The client has a source of this name.")
            }
            Constraint::TrapOverlaps => {
                taken("/started_at", "trap_overlaps", "The bait has a trap whose run overlaps.")
            }
            Constraint::BaitRetired => taken(
                "/bait_id",
                "bait_retired",
                "The bait is retired; take it back into use first.",
            ),
            Constraint::Backwards => Self::field("", Fault::EmptyPeriod),
            Constraint::RecordingDiffers => {
                Self::conflict("recording_differs", "The call has a recording with other bytes.")
            }
            Constraint::NotARecorder => Self::field("/source_id", Fault::NotARecorder),
            Constraint::DeviceSourceTaken => taken(
                "/source_id",
                "device_source_taken",
                "Another device reports as this source; each has a clock and names of its own.",
            ),
            Constraint::BindingOverlaps => taken(
                "/valid_from",
                "binding_overlaps",
                "Another SIM is in the device at that time; end that binding first.",
            ),
            Constraint::RecordingAssigned => Self::conflict(
                "recording_assigned",
                "The recording was given to another call before.",
            ),
            Constraint::NoRecording => {
                Self::conflict("no_recording", "The call has no recording a person could hear.")
            }
            Constraint::CompetitorInnTaken => {
                taken("/inn", "competitor_inn_taken", "The client has a competitor with this ИНН.")
            }
            Constraint::UnknownCompetitor => {
                Self::NotFound(Some(FaultItem::at("/competitor_id", Fault::UnknownCompetitor)))
            }
            Constraint::LookUpDiffers => {
                Self::conflict("look_up_differs", "The same look-up gave another answer before.")
            }
            Constraint::UnknownBait => {
                Self::NotFound(Some(FaultItem::at("/bait_id", Fault::UnknownBait)))
            }
            Constraint::UnknownCall(place) => {
                let pointer = format!("/calls/{place}");
                Self::NotFound(Some(FaultItem::at(pointer, Fault::UnknownCall)))
            }
            Constraint::UnknownSource => {
                Self::NotFound(Some(FaultItem::parameter("source", Fault::UnknownSource)))
            }
            Constraint::TooManyCorrections => Self::conflict(
                "too_many_corrections",
                "The observation has as many corrections as it may have.",
            ),
            Constraint::ChangesNothing => {
                Self::conflict("changes_nothing", "What the correction asks for holds already.")
            }
            Constraint::UnknownCorrection => {
                Self::NotFound(Some(FaultItem::at("/withdraws", Fault::UnknownCorrection)))
            }
            Constraint::NotWithdrawable => Self::conflict(
                "not_withdrawable",
                "A withdrawal is not withdrawn: make the correction anew.",
            ),
            Constraint::DirectionWithoutBait => Self::field("/changes/bait", Fault::Missing),
            Constraint::BaitWithoutDirection => Self::field("/changes/direction", Fault::Missing),
            Constraint::NobodyCalled => Self::field("/changes/called", Fault::Missing),
            Constraint::EditionExists => {
                Self::conflict("edition_exists", "An edition in force from that day exists.")
            }
            Constraint::TooManyOperatorEntries => {
                Self::conflict("too_many_entries", "No more operators can be entered.")
            }
            Constraint::ExportEnded => {
                Self::conflict("export_ended", "The export has ended and cannot be cancelled.")
            }
            Constraint::ExportCancelled => {
                Self::conflict("export_cancelled", "The export was cancelled; ask for a new one.")
            }
            Constraint::UnknownEdition => {
                Self::NotFound(Some(FaultItem::at("/numbering_edition_id", Fault::UnknownEdition)))
            }
            Constraint::ReplayEnded => {
                Self::conflict("replay_ended", "The replay has ended and cannot be cancelled.")
            }
            Constraint::TooManyReplays => Self::conflict(
                "too_many_replays",
                "As many replays of the client wait as may; see the limit «replays_waiting».",
            ),
            Constraint::FileEnded => {
                Self::conflict("file_ended", "The file has ended and cannot be cancelled.")
            }
            Constraint::TooManyFiles => Self::conflict(
                "too_many_files",
                "As many files of the client wait as may; see the limit «files_waiting».",
            ),
            Constraint::RejectionSettled => {
                Self::conflict("rejection_settled", "The row was corrected or dismissed before.")
            }
            Constraint::ChangedMeanwhile => Self::PreconditionFailed,
            Constraint::UnknownApplicant => {
                Self::NotFound(Some(FaultItem::at("/applicant_id", Fault::UnknownApplicant)))
            }
            Constraint::UnknownRepresentative => {
                let item = FaultItem::at("/representative_id", Fault::UnknownRepresentative);
                Self::NotFound(Some(item))
            }
            Constraint::Identity(fault) => fault.into(),
            Constraint::UnknownProof(place) => {
                let pointer = format!("/steps/{place}/proofs");
                Self::NotFound(Some(FaultItem::at(pointer, Fault::UnknownProof)))
            }
            Constraint::BaitNotAssigned => taken(
                "/started_at",
                "bait_not_assigned",
                "The SIM is not assigned to the client at that time.",
            ),
            Constraint::SimAssigned => {
                taken("/valid_from", "sim_assigned", "The SIM is assigned at that time already.")
            }
            Constraint::UnknownSourceId => {
                Self::NotFound(Some(FaultItem::at("/source_id", Fault::UnknownSource)))
            }
            Constraint::NotAStatement => Self::field("/source_id", Fault::NotAStatement),
            Constraint::InquiryElsewhere => {
                Self::conflict("inquiry_elsewhere", "The inquiry stands where this cannot be done.")
            }
            Constraint::NotInInquiry(place) => {
                let pointer = format!("/answers/{place}/call_id");
                Self::NotFound(Some(FaultItem::at(pointer, Fault::NotInInquiry)))
            }
            Constraint::CallAsked => {
                Self::conflict("call_asked", "Another inquiry asks about one of the calls.")
            }
            Constraint::TooManyCalls => Self::conflict(
                "too_many_calls",
                "More calls fit than one batch is made from; see the limits «inquiry_batch_calls» \
                 and «complaint_batch_calls».",
            ),
            Constraint::ComplaintFiled => Self::conflict(
                "complaint_filed",
                "The complaint was filed: what it consists of and where it goes stays.",
            ),
            Constraint::ActRefused(refusal) => {
                Self::conflict(refusal.as_str(), act_refused(refusal))
            }
            Constraint::CallFiled => {
                Self::conflict("call_filed", "A filed complaint holds one of the calls.")
            }
            Constraint::CallsPending => Self::conflict(
                "calls_pending",
                "Something waits to be derived that may change one of the calls; try again.",
            ),
            Constraint::LastCall => {
                Self::conflict("last_call", "The complaint has no other call; withdraw it instead.")
            }
            Constraint::NotDecided => {
                Self::conflict("not_decided", act_refused(Refusal::NotDecided))
            }
            Constraint::FineWithoutViolation => Self::field("/fine", Fault::FineWithoutViolation),
            Constraint::FinesOpen => Self::conflict(
                "fines_open",
                "No fine is recorded with a call, or one of them is not paid.",
            ),
            Constraint::TooManyDeadlines => Self::conflict(
                "too_many_deadlines",
                "The complaint has as many deadlines as may be; see the limit \
                 «complaint_deadlines».",
            ),
            Constraint::TooManyObjections => Self::conflict(
                "too_many_objections",
                "The complaint has as many objections as may be; see the limit \
                 «complaint_objections».",
            ),
            Constraint::UnknownComplaint => {
                Self::NotFound(Some(FaultItem::at("/complaint_id", Fault::UnknownComplaint)))
            }
            Constraint::UnknownPower => {
                Self::NotFound(Some(FaultItem::at("/power_id", Fault::UnknownPower)))
            }
            Constraint::UnknownSubject => {
                Self::NotFound(Some(FaultItem::at("/subject_id", Fault::UnknownSubject)))
            }
            Constraint::TooManyPapers => Self::conflict(
                "too_many_papers",
                "As many papers of the client wait as may; see the limit «papers_waiting».",
            ),
            Constraint::SimInUse => {
                Self::conflict("sim_in_use", "A trap of another client is live on the SIM.")
            }
            Constraint::RequestInFlight => Self::conflict(
                IN_FLIGHT,
                "The same request is being done at this moment; send it again for its answer.",
            ),
            Constraint::RequestDiffers => {
                Self::Unprocessable(vec![FaultItem::parameter(IDEMPOTENCY_KEY, Fault::KeyReused)])
            }
            Constraint::KeyNotLive => {
                Self::conflict("key_not_live", "The key is revoked or has ended; make a new one.")
            }
            Constraint::KeyReplaced => Self::conflict(
                "key_replaced",
                "The key was replaced, and the one in its place is live; revoke one of both.",
            ),
            Constraint::NumberIsOurs => taken(
                "/number",
                "number_is_ours",
                "The number is a bait's or an own number of the client; no caller's calls go by it.",
            ),
            Constraint::TooManyErasures => Self::conflict(
                "too_many_erasures",
                "As many erasures of the client are at work as may be; wait for one of them.",
            ),
            Constraint::ErasureAtWork => Self::conflict(
                "erasure_at_work",
                "The erasure has not ended; its salt is needed until then.",
            ),
            Constraint::RecordContradicts => Self::conflict(
                "conflict",
                "The same revision of this record was sent with other content.",
            ),
        }
    }
}

/// Why an act cannot follow, in a sentence.
const fn act_refused(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::NotReady => "The gate still misses something; the complaint's calls tell what.",
        Refusal::AlreadyReady => "The complaint is ready already.",
        Refusal::NotFiled => "The complaint was not filed.",
        Refusal::AlreadyFiled => "The complaint was filed already.",
        Refusal::AlreadyAccepted => "The complaint was accepted already.",
        Refusal::Over => "The complaint was returned, refused or withdrawn: make another one.",
        Refusal::CaseIsOpen => "A case is open, so this comes too late.",
        Refusal::NoCase => "No case was opened.",
        Refusal::CaseKnown => "A case of this kind has a number already.",
        Refusal::NotDecided => "Nothing was decided.",
        Refusal::AlreadyDecided => "It was decided already; another decision is an appeal's.",
        Refusal::NoViolation => "No violation was found that could be fined.",
        Refusal::AppealPending => "An appeal is not decided yet.",
        Refusal::NoAppeal => "Nobody appealed.",
        Refusal::NoFine => "There is no fine to pay.",
        Refusal::AlreadyPaid => "It was paid already.",
        Refusal::OutOfOrder => "The act is dated before the one it follows.",
        Refusal::TooManyActs => "The complaint has as many acts as it may have.",
    }
}

impl From<IdentityFault> for ApiError {
    fn from(fault: IdentityFault) -> Self {
        let (part, fault) = match fault {
            IdentityFault::Missing(part) => (part, Fault::Missing),
            IdentityFault::OfAnotherKind(part) => (part, Fault::OfAnotherKind),
        };
        let pointer = match part {
            IdentityPart::Inn => "/inn",
            IdentityPart::Ogrn => "/ogrn",
            IdentityPart::Passport => "/passport",
        };
        Self::field(pointer, fault)
    }
}
