//! Enums of the store's own, kept as words.

/// Declares an enum that is stored as its snake_case word.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$vdoc])* $variant),*
        }

        impl $name {
            /// The word as stored and as the API says it.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word),*
                }
            }

            /// The reverse of [`Self::as_str`].
            pub fn parse(word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self::$variant),)*
                    _ => None,
                }
            }
        }
    };
}

words!(
    /// Who reports calls.
    SourceKind {
        /// A telephone exchange of the client's.
        Pbx = "pbx",
        /// A CRM.
        Crm = "crm",
        /// A call recorder on the bait's phone.
        RecorderApp = "recorder_app",
        /// The operator's own list.
        OperatorStatement = "operator_statement",
        /// A person, by hand.
        Person = "person",
    }
);

words!(
    /// The life of an export.
    ExportState {
        /// Waits for a worker.
        Queued = "queued",
        /// A worker builds its packages.
        Running = "running",
        /// Every package is built.
        Done = "done",
        /// It was given up; packages built before stay.
        Failed = "failed",
        /// Somebody cancelled it; packages built before stay.
        Cancelled = "cancelled",
    }
);

words!(
    /// The life of a package within an export.
    PackageState {
        /// Not built yet.
        Queued = "queued",
        /// Built; the gate still misses something.
        Draft = "draft",
        /// Built; the gate misses nothing.
        Ready = "ready",
        /// It could not be built.
        Failed = "failed",
    }
);

words!(
    /// The life of a paper.
    PaperState {
        /// Waits for a worker.
        Queued = "queued",
        /// A worker makes it.
        Running = "running",
        /// It is made.
        Done = "done",
        /// It could not be made.
        Failed = "failed",
    }
);

words!(
    /// The life of a client's version of a template.
    TemplateState {
        /// Waits for a worker to try it.
        Checking = "checking",
        /// Papers can be made from it.
        Accepted = "accepted",
        /// No paper is made from it.
        Refused = "refused",
    }
);

words!(
    /// The life of a replay.
    ReplayState {
        /// Waits for a worker.
        Queued = "queued",
        /// A worker judges its days.
        Running = "running",
        /// Every day is judged.
        Done = "done",
        /// It was given up; what was found before stays.
        Failed = "failed",
        /// Somebody cancelled it; what was found before stays.
        Cancelled = "cancelled",
    }
);

words!(
    /// How a file spells its records.
    FileFormat {
        /// A JSON array, or one object.
        Json = "json",
        /// One JSON object per line.
        Ndjson = "ndjson",
        /// A header and one row per record.
        Csv = "csv",
        /// A workbook, which only a profile can read.
        Xlsx = "xlsx",
    }
);

words!(
    /// The life of a file of call records.
    FileState {
        /// Waits for a worker.
        Queued = "queued",
        /// A worker reads it.
        Running = "running",
        /// Every row is read.
        Done = "done",
        /// It could not be read to its end; rows read before stay.
        Failed = "failed",
        /// Somebody cancelled it; rows read before stay.
        Cancelled = "cancelled",
    }
);

words!(
    /// What became of a row that was not taken.
    RejectionState {
        /// Nobody has settled it.
        Open = "open",
        /// It was corrected and taken.
        Resolved = "resolved",
        /// A person said that it need not be taken.
        Dismissed = "dismissed",
    }
);

words!(
    /// What a call is, as far as a replay compares: an interception by its
    /// verdict.
    ReplayOutcome {
        /// No call of this id.
        Absent = "absent",
        /// Background.
        Background = "background",
        /// An interception with this verdict.
        ForeignGroup = "foreign_group",
        /// An interception with this verdict.
        ForeignEntity = "foreign_entity",
        /// An interception with this verdict.
        SameGroup = "same_group",
        /// An interception with this verdict.
        Inconclusive = "inconclusive",
        /// An interception with this verdict.
        Invalid = "invalid",
    }
);

words!(
    /// Whose ids have small numbers in a client's segments.
    OrdinalKind {
        /// Baits.
        Bait = "bait",
        /// Competitors.
        Competitor = "competitor",
        /// Traps.
        Trap = "trap",
    }
);

words!(
    /// What may have been built of a call.
    TouchedKind {
        /// A package of an export.
        Package = "package",
    }
);

words!(
    /// A change whose reach its writer cannot see.
    ChangeKind {
        /// Own numbers valid in a period changed.
        OwnNumbers = "own_numbers",
        /// A bait appeared or changed.
        Bait = "bait",
        /// A trap appeared or changed.
        Trap = "trap",
        /// A source's clock changed.
        Source = "source",
        /// A label was given to a call with a number.
        Label = "label",
        /// A numbering edition came, in force in a period.
        Numbering = "numbering",
        /// What a bait had to do with a number changed, which later days rest on.
        Contacts = "contacts",
        /// A setting of the client that shapes its days.
        Client = "client",
        /// A number was allowed, or no longer.
        AllowList = "allow_list",
        /// A number was given to a competitor, or taken from one.
        Attributions = "attributions",
        /// A bait's user was on a competitor's site, or was not after all.
        Visits = "visits",
        /// Another operator serves a number than was thought.
        Portability = "portability",
        /// An operator stands otherwise than was thought.
        Operators = "operators",
    }
);

words!(
    /// Why it is not known how long a recording is.
    DurationMissing {
        /// It is in no format whose length can be read here.
        Unsupported = "unsupported",
        /// It calls itself one that can, and cannot be read.
        Undecodable = "undecodable",
    }
);

words!(
    /// What a recording waits for.
    WaitingReason {
        /// Its call, which no source has reported yet.
        CallNotReported = "call_not_reported",
        /// A person: its name follows no pattern that is known.
        NameNotUnderstood = "name_not_understood",
        /// A person: the time in its name stands for no moment, or for two.
        TimeNotUnderstood = "time_not_understood",
        /// A binding: no SIM is known to have been in the device then.
        DeviceNotBound = "device_not_bound",
        /// A person: its name tells no number.
        PartyNotKnown = "party_not_known",
        /// A call near it: its name does not tell the direction.
        DirectionNotKnown = "direction_not_known",
        /// A person: more than one call fits.
        SeveralCalls = "several_calls",
        /// A person: the call that fits has another recording.
        OtherRecording = "other_recording",
    }
);

words!(
    /// What a bait's user did with a competitor.
    ContaminationKind {
        /// The bait called one of its numbers.
        OutgoingCall = "outgoing_call",
        /// Its site was opened on the bait's phone.
        SiteVisit = "site_visit",
    }
);

words!(
    /// What a person did to an observation.
    CorrectionKind {
        /// Other values hold in the place of the source's.
        Amend = "amend",
        /// It takes no part in matching.
        Void = "void",
        /// An earlier correction is taken back.
        Withdraw = "withdraw",
    }
);
