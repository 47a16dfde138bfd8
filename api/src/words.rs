//! The domain's closed lists as the wire spells them. The domain knows no
//! OpenAPI, so each list stands here again, and the compiler holds the two
//! together: a word missing on either side does not build.

use baitline_analytics::{GroupBy, Standing};
use baitline_domain::applicant::{ApplicantKind, ConsentKind, RepresentativeKind};
use baitline_domain::attachment::AttachmentSubject;
use baitline_domain::audit::AuditChange;
use baitline_domain::bait::BaitState;
use baitline_domain::competitor::AttributionRole;
use baitline_domain::complaint::{
    ActKind, AppealKind, ComplaintState, DeadlineKind, DeadlineState, Defence, FiledField,
    FilingChannel, FinedParty, Grouping, NotTaken, Outcome,
};
use baitline_domain::erasure::{ErasureGround, ErasureState, HeldBecause};
use baitline_domain::gate::Missing;
use baitline_domain::inquiry::{InquiryState, LeftOut, Permission, ReplyMeaning, SendingChannel};
use baitline_domain::label::{LabelKind, Speaker};
use baitline_domain::limitation::LimitationWarning;
use baitline_domain::numbering::NumberingFile;
use baitline_domain::observation::{Channel, Direction};
use baitline_domain::operator::StandingKind;
use baitline_domain::own_number::OwnNumberKind;
use baitline_domain::paper::PaperKind;
use baitline_domain::phone::PartyKind;
use baitline_domain::preparation::{PreparationMissing, PreviousUse, UserRelation};
use baitline_domain::protocol::{ProtocolMissing, StepKind};
use baitline_domain::scope::Scope;
use baitline_domain::statement::LineOutcome;
use baitline_domain::trap::{ExposureKind, TrapMissing};
use baitline_domain::verdict::{Reason, Verdict};
use baitline_intake::profile::{Delimiter, DirectionMeaning, DurationUnit, Encoding};
use baitline_store::models::{
    ContaminationKind, CorrectionKind, DurationMissing, ExportState, FileFormat, FileState,
    PackageState, PaperState, RejectionState, ReplayOutcome, ReplayState, SourceKind,
    TemplateState, TouchedKind, WaitingReason,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

macro_rules! words {
    ($($(#[$meta:meta])* $name:ident for $domain:ty {
        $($(#[$spelling:meta])* $variant:ident),* $(,)?
    })*) => {$(
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
        $(#[$meta])*
        #[serde(rename_all = "snake_case")]
        pub(crate) enum $name { $($(#[$spelling])* $variant),* }

        impl From<$domain> for $name {
            fn from(word: $domain) -> Self {
                match word { $(<$domain>::$variant => Self::$variant),* }
            }
        }

        impl From<$name> for $domain {
            fn from(word: $name) -> Self {
                match word { $($name::$variant => Self::$variant),* }
            }
        }
    )*};
}

words! {
    /// What a key may do. `admin` includes `baits:read`.
    #[schema(as = Scope)]
    ScopeWord for Scope {
        #[serde(rename = "calls:write")] CallsWrite,
        #[serde(rename = "recordings:write")] RecordingsWrite,
        #[serde(rename = "baits:read")] BaitsRead,
        Reports, Cases, Exports, Admin,
    }

    /// The legal meaning of an interception.
    #[schema(as = Verdict)]
    VerdictWord for Verdict { ForeignGroup, ForeignEntity, SameGroup, Inconclusive, Invalid }

    /// Why a call is background, or what a person should know of a verdict.
    #[schema(as = Reason)]
    ReasonWord for Reason {
        Outgoing, Channel, OutsideWindow, OwnNumber, AllowListed, TaintedByCall, TaintedByVisit,
        TaintedByConsent, DuringTrap, Edge, Attempt, PriorContact, HiddenNumber, MalformedNumber,
        ShortCode, AlphanumericSender, ForeignCountry, Unallocated, NextEditionNotLoaded,
        AllocatedByNextEdition, NumberingNotLoaded, BeforeFirstEdition, CallerOperatorUnknown,
        BaitOperatorUnknown, BaitOperatorVirtual, CallerOperatorVirtual, NotACaller, Roaming,
        Ported, RangeHolderOnly,
    }

    /// Where a bait stands now; the first that holds, from the last of these.
    /// `quiet`: no trap was run on it. `resting`: it had traps, and no window is
    /// open. `armed`: a window is open. `tainted`: a contamination is logged and
    /// not withdrawn, or the bait called a number (not by SMS) that was neither
    /// an own number nor on the allow-list when the call began. `retired`: a
    /// person took it out of use.
    #[schema(as = BaitState)]
    BaitStateWord for BaitState { Quiet, Resting, Armed, Tainted, Retired }

    /// The direction, as the bait sees it.
    #[schema(as = Direction)]
    DirectionWord for Direction { Incoming, Outgoing }

    /// What stands between the cells of a CSV; `auto` is the likeliest in its
    /// first row that is read.
    #[schema(as = Delimiter)]
    DelimiterWord for Delimiter { Auto, Comma, Semicolon, Tab, Pipe }

    /// How a CSV writes its letters; `auto` is what the first line with a letter
    /// beyond ASCII shows.
    #[schema(as = Encoding)]
    EncodingWord for Encoding { Auto, Utf8, Windows1251 }

    /// How the connected time is written: `95`, `1.5`, `1:35`, `0:01:35`, or as a
    /// part of a day, as spreadsheets count.
    #[schema(as = DurationUnit)]
    DurationUnitWord for DurationUnit {
        Seconds, Minutes, MinutesSeconds, HoursMinutesSeconds, Days,
    }

    /// What a word for the direction means; the row of an `ignored` one is left out.
    #[schema(as = DirectionMeaning)]
    DirectionMeaningWord for DirectionMeaning { Incoming, Outgoing, Ignored }

    /// What carried a call.
    #[schema(as = Channel)]
    ChannelWord for Channel { Pstn, Messenger, Sms }

    /// What the other end of a call is.
    #[schema(as = PartyKind)]
    PartyKindWord for PartyKind { Number, Hidden, ShortCode, Alphanumeric, Malformed }

    /// What a person heard.
    #[schema(as = LabelKind)]
    LabelKindWord for LabelKind { Advertising, OwnSide, Service, WrongNumber, Unclear }

    /// Who speaks in a recording.
    #[schema(as = Speaker)]
    SpeakerWord for Speaker { Caller, Subscriber, Robot, Other }

    /// What the client uses a number for.
    #[schema(as = OwnNumberKind)]
    OwnNumberKindWord for OwnNumberKind { Advertised, Outgoing, Tracking, Staff, Contractor }

    /// How an operator stands toward others: in a group, alone, as a virtual one, or
    /// without callers.
    #[schema(as = OperatorStanding)]
    OperatorStandingWord for StandingKind { Group, Entity, Virtual, NoCallers }

    /// What a number is to a competitor.
    #[schema(as = AttributionRole)]
    AttributionRoleWord for AttributionRole { OwnLine, Contractor, CallCentre, Callback }

    /// What a bait's user did with a competitor.
    #[schema(as = ContaminationKind)]
    ContaminationKindWord for ContaminationKind { OutgoingCall, SiteVisit }

    /// What an applicant is before the law.
    #[schema(as = ApplicantKind)]
    ApplicantKindWord for ApplicantKind { LegalEntity, SoleTrader, Citizen }

    /// Why a representative may sign: `head` without a power of attorney,
    /// `attorney` by one.
    #[schema(as = RepresentativeKind)]
    RepresentativeKindWord for RepresentativeKind { Head, Attorney }

    /// What an act did; `read` stands for what was handed out.
    #[schema(as = AuditChange)]
    AuditChangeWord for AuditChange {
        Made, Changed, Removed, Read,
    }

    /// What an attachment belongs to; a `reply` goes by the id of its inquiry.
    #[schema(as = AttachmentSubject)]
    AttachmentSubjectWord for AttachmentSubject {
        Bait, Trap, PowerOfAttorney, Consent, Statement, Inquiry, Reply, Complaint,
    }

    /// What a line of the comparison of a statement with our calls comes to.
    #[schema(as = LineOutcome)]
    LineOutcomeWord for LineOutcome {
        Matched, TimeDiffers, DurationDiffers, TimeAndDurationDiffer, OnlyInOurs, OnlyInTheirs,
    }

    /// Which paper; what it is made of follows from it.
    #[schema(as = PaperKind)]
    PaperKindWord for PaperKind {
        Application, OperatorInquiry, TrapProtocol, Transcript, StatementComparison,
        DisclosureConsent, AnsweringScript,
    }

    /// Where a paper stands.
    #[schema(as = PaperState)]
    PaperStateWord for PaperState { Queued, Running, Done, Failed }

    /// Where a client's version of a template stands.
    #[schema(as = TemplateState)]
    TemplateStateWord for TemplateState { Checking, Accepted, Refused }

    /// Where an inquiry stands.
    #[schema(as = InquiryState)]
    InquiryStateWord for InquiryState { Draft, Sent, Answered, Unanswered, Cancelled }

    /// How a letter went out; `account` is the subscriber's at the operator.
    #[schema(as = SendingChannel)]
    SendingChannelWord for SendingChannel { Email, Post, InPerson, Account }

    /// What the operator says of a call.
    #[schema(as = Permission)]
    PermissionWord for Permission { Permitted, NotPermitted }

    /// What an operator's answer means for the complaint.
    #[schema(as = ReplyMeaning)]
    ReplyMeaningWord for ReplyMeaning { NotSaid, Supports, FileableByRefusal, AsksLawyer }

    /// Why an interception is in no inquiry.
    #[schema(as = LeftOut)]
    LeftOutWord for LeftOut { NoContractHolder, NoOperator }

    /// Where a complaint stands.
    #[schema(as = ComplaintState)]
    ComplaintStateWord for ComplaintState {
        Draft, Ready, Filed, Returned, Forwarded, Accepted, Refused, CaseOpened, Decided, Appealed,
        Fined, Paid, Withdrawn,
    }

    /// What was done with a complaint: `complete` that the gate misses nothing any
    /// more, `reopen` that it does again.
    #[schema(as = ActKind)]
    ActKindWord for ActKind {
        Complete, Reopen, File, Return, Forward, Accept, Refuse, OpenCase, Decide, Appeal,
        DecideAppeal, Fine, Pay, Withdraw,
    }

    /// What became of an appeal.
    #[schema(as = AppealKind)]
    AppealKindWord for AppealKind { Upheld, Remanded, Changed }

    /// What was decided; `ended` is without a finding.
    #[schema(as = Outcome)]
    OutcomeWord for Outcome { Violation, None, Ended }

    /// How a complaint went to the office.
    #[schema(as = FilingChannel)]
    FilingChannelWord for FilingChannel { Email, SiteForm, Post, InPerson }

    /// Whom a fine was imposed on; an entrepreneur counts as an official.
    #[schema(as = FinedParty)]
    FinedPartyWord for FinedParty { Citizen, Official, LegalEntity }

    /// What of a call stands otherwise than it was filed; `interception`: it is no
    /// answered interception of this caller any more.
    #[schema(as = FiledField)]
    FiledFieldWord for FiledField {
        Interception, Bait, StartedAt, ConnectedSeconds, Trap, Verdict, PriorContact, Exposures,
        CallerOperator, CallerRegion, Competitors, Edition, RuleVersion,
    }

    /// What one complaint is about: a call, a number's calls, or those of a
    /// competitor's numbers.
    #[schema(as = Grouping)]
    GroupingWord for Grouping { Call, Number, Competitor }

    /// Why an interception is in no complaint.
    #[schema(as = NotTaken)]
    NotTakenWord for NotTaken { NoContractHolder, NoNumber }

    /// What a deadline is for.
    #[schema(as = DeadlineKind)]
    DeadlineKindWord for DeadlineKind { Request, Hearing, Appeal }

    /// How a deadline stands; `soon` is within 7 days.
    #[schema(as = DeadlineState)]
    DeadlineStateWord for DeadlineState { Missed, Soon, Ahead, DoneLate, Done }

    /// A usual defence of the accused side: consent through a platform, a ported
    /// number, prior contact, provocation.
    #[schema(as = Defence)]
    DefenceWord for Defence { PlatformConsent, Ported, PriorContact, Provocation, Other }

    /// How near a limitation date is: six months have passed, fewer than 90 days
    /// are left, ten months have passed, it has come.
    #[schema(as = LimitationWarning)]
    LimitationWarningWord for LimitationWarning { SixMonths, FewDays, TenMonths, Passed }

    /// What the actual user of a SIM is to the holder of its contract.
    #[schema(as = UserRelation)]
    UserRelationWord for UserRelation { Holder, Family, Employee, Other }

    /// What a SIM was used for before it became a bait.
    #[schema(as = PreviousUse)]
    PreviousUseWord for PreviousUse { NewSim, OwnUse, OthersUse, Unknown }

    /// What a bait's preparation lacks: `permitted_user` the holder may not let
    /// this user have the SIM; `consent_search` nobody searched its accounts and
    /// contracts for consents; `consent_stands` one was found that was not
    /// withdrawn; `disclosure_consent` none of the holder's holds today.
    #[schema(as = PreparationMissing)]
    PreparationMissingWord for PreparationMissing {
        ContractHolder, User, PermittedUser, Contract, Refusal, ConsentSearch, ConsentStands,
        PreviousUse, QuietSince, DisclosureConsent,
    }

    /// A step of a trap's protocol.
    #[schema(as = StepKind)]
    StepKindWord for StepKind {
        RecorderTest, Yandex, Vk, SiteVisit, OwnCall, ReturnCall, Remark,
    }

    /// What a trap's protocol lacks; `complete_trap` that the trap is complete by
    /// the bait's records.
    #[schema(as = ProtocolMissing)]
    ProtocolMissingWord for ProtocolMissing {
        Performer, RecorderTest, RecorderTestProof, SiteVisit, SiteVisitProof, OwnCall,
        ReturnCall, CompleteTrap,
    }

    /// What an applicant consents to: that its personal data are processed, or
    /// that the operator discloses what is secret of its communication.
    #[schema(as = ConsentKind)]
    ConsentKindWord for ConsentKind { PersonalData, Disclosure }

    /// What a person does to an observation.
    #[schema(as = CorrectionKind)]
    CorrectionKindWord for CorrectionKind { Amend, Void, Withdraw }

    /// A step that could leak the bait's number.
    #[schema(as = ExposureKind)]
    ExposureKindWord for ExposureKind { SiteVisit, Yandex, Vk, OwnCall, ReturnCall }

    /// What a trap still lacks: `recorder_test` the time of one; `site_visit` one
    /// of at least 180 s; `own_call` an answered call from the bait to an own
    /// number; `return_call` an answered one from an own number to the bait;
    /// `connected_time` 240 s of those together.
    #[schema(as = TrapMissing)]
    TrapMissingWord for TrapMissing { RecorderTest, SiteVisit, OwnCall, ReturnCall, ConnectedTime }

    /// What a package still lacks before it may be filed.
    #[schema(as = Missing)]
    MissingWord for Missing {
        Recording, AdvertisingLabel, Transcript, CompleteTrap, Statement, CallInStatement,
        CertifiedStatement, DisclosureConsent, SimAuthority, Applicant, PowerOfAttorney, Inquiry,
        Reply, WrittenRefusal, Time, FreeOfOtherComplaints,
    }

    /// Who reports calls.
    #[schema(as = SourceKind)]
    SourceKindWord for SourceKind { Pbx, Crm, RecorderApp, OperatorStatement, Person }

    /// Why it is not known how long a recording plays.
    #[schema(as = DurationMissing)]
    DurationMissingWord for DurationMissing { Unsupported, Undecodable }

    /// What a recording waits for.
    #[schema(as = WaitingReason)]
    WaitingReasonWord for WaitingReason {
        CallNotReported, NameNotUnderstood, TimeNotUnderstood, DeviceNotBound, PartyNotKnown,
        DirectionNotKnown, SeveralCalls, OtherRecording,
    }

    /// Where an export stands.
    #[schema(as = ExportState)]
    ExportStateWord for ExportState { Queued, Running, Done, Failed, Cancelled }

    /// Where a package stands.
    #[schema(as = PackageState)]
    PackageStateWord for PackageState { Queued, Draft, Ready, Failed }

    /// Where a replay stands.
    #[schema(as = ReplayState)]
    ReplayStateWord for ReplayState { Queued, Running, Done, Failed, Cancelled }

    /// How a file spells its records.
    #[schema(as = FileFormat)]
    FileFormatWord for FileFormat { Json, Ndjson, Csv, Xlsx }

    /// Where a file of call records stands.
    #[schema(as = FileState)]
    FileStateWord for FileState { Queued, Running, Done, Failed, Cancelled }

    /// What became of a row that was not taken.
    #[schema(as = RejectionState)]
    RejectionStateWord for RejectionState { Open, Resolved, Dismissed }

    /// What a call is, as far as a replay compares: `absent`, `background`, or
    /// an interception by its verdict.
    #[schema(as = ReplayOutcome)]
    ReplayOutcomeWord for ReplayOutcome {
        Absent, Background, ForeignGroup, ForeignEntity, SameGroup, Inconclusive, Invalid,
    }

    /// What may have been built of a call.
    #[schema(as = TouchedKind)]
    TouchedKindWord for TouchedKind { Package }

    /// What a line of the report of offenders is. `block10` and `block100` are
    /// the ten and the hundred numbers that differ in their last digits alone.
    #[schema(as = GroupBy)]
    GroupByWord for GroupBy {
        Number,
        #[serde(rename = "block10")] BlockOfTen,
        #[serde(rename = "block100")] BlockOfHundred,
        Competitor, Operator, OperatorGroup, Region, Client, Day, Week, Month,
    }

    /// Why something is erased.
    #[schema(as = ErasureGround)]
    ErasureGroundWord for ErasureGround { Request, Retention }

    /// How far an erasure has come.
    #[schema(as = ErasureState)]
    ErasureStateWord for ErasureState { Calls, Rows, Texts, Files, Derived, Bytes, Done }

    /// What keeps something from being erased.
    #[schema(as = HeldBecause)]
    HeldBecauseWord for HeldBecause { Complaint, LegalHold }

    /// How far an offender's counts go.
    #[schema(as = Standing)]
    StandingWord for Standing { RepeatOffender, Offender, Candidate }
}

impl GroupByWord {
    /// As JSON has it, for tables.
    pub(crate) fn word(self) -> String {
        let word = serde_json::to_value(self).ok();
        word.and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
    }
}

impl StandingWord {
    /// As JSON has it, for tables.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::RepeatOffender => "repeat_offender",
            Self::Offender => "offender",
            Self::Candidate => "candidate",
        }
    }
}

/// One of the registry's four files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = NumberingFile)]
pub(crate) enum NumberingFileWord {
    #[serde(rename = "ABC-3xx")]
    Abc3,
    #[serde(rename = "ABC-4xx")]
    Abc4,
    #[serde(rename = "ABC-8xx")]
    Abc8,
    #[serde(rename = "DEF-9xx")]
    Def9,
}

impl From<NumberingFile> for NumberingFileWord {
    fn from(file: NumberingFile) -> Self {
        match file {
            NumberingFile::Abc3 => Self::Abc3,
            NumberingFile::Abc4 => Self::Abc4,
            NumberingFile::Abc8 => Self::Abc8,
            NumberingFile::Def9 => Self::Def9,
        }
    }
}
