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
    /// What a bait's user did with a competitor.
    ContaminationKind {
        /// The bait called one of its numbers.
        OutgoingCall = "outgoing_call",
        /// Its site was opened on the bait's phone.
        SiteVisit = "site_visit",
    }
);
