//! From interceptions to reports: typed rows in, typed rows out. The only crate
//! that knows Polars, and no Polars type leaves it. It does not know databases,
//! time zones, names of companies or how an interception came to be one; the only
//! files it opens are those of the segments it is handed.
//!
//! [`tally()`] shrinks the interceptions of a time to one row per distinct grain,
//! and [`write_segment`] writes them to a file of columns. [`repeat_offenders`],
//! [`by_operators`], [`by_bait`] and the others answer questions from a
//! [`Source`] of both, and [`table`] writes what came of it to a file. All use
//! every core they find: call them from a blocking thread.

mod counts;
mod fact;
mod frame;
mod groups;
mod key;
mod offenders;
mod overlap;
mod rows;
mod segment;
mod source;
pub mod table;
mod tally;

use baitline_domain::instant::Instant;
use baitline_domain::verdict::Verdict;

// The rows in and the tallies between are words of the domain.
pub use baitline_domain::tally::{Hearing, InterceptionRow, Tally};
pub use counts::{Counts, OperatorPair, by_bait, by_operators, latest_operators, traps_called};
pub use key::{CompetitorKey, Entities, GroupBy, OffenderKey, Scope};
pub use offenders::{offenders_in_any_order, one_offender, repeat_offenders};
pub use overlap::{Apart, Overlap, overlap};
pub use segment::{MAX_SEGMENT_ROWS, Ordinals, write_segment};
pub use source::{Sealed, SegmentFile, Source};
pub use tally::tally;

/// The most rows or tallies one call takes: about 4 GB of them.
pub const MAX_ROWS: usize = 20_000_000;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum AnalyticsError {
    /// More than [`MAX_ROWS`] came: ask for a shorter period.
    #[error("{rows} rows are more than the {MAX_ROWS} that one report takes")]
    TooManyRows {
        /// How many came.
        rows: usize,
    },
    /// A segment is not there, is broken, or is none of ours.
    #[error("a segment cannot be read")]
    Segment(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A row to be sealed names what has no ordinal.
    #[error("{0} has no ordinal")]
    NoOrdinal(String),
    /// The column engine refused; never the fault of the rows.
    #[error("the column engine failed")]
    Engine(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// What a repeat offender reaches at least, in everything at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Thresholds {
    /// Counted interceptions.
    pub interceptions: u32,
    /// Distinct traps without prior contact.
    pub traps: u32,
    /// Distinct baits.
    pub baits: u32,
    /// Distinct clients.
    pub clients: u32,
    /// Distinct local days.
    pub days: u32,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self { interceptions: 2, traps: 2, baits: 1, clients: 1, days: 1 }
    }
}

/// What a report asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// What a line is.
    pub group_by: GroupBy,
    /// What makes a number or a company a repeat offender.
    pub thresholds: Thresholds,
    /// The verdicts whose interceptions count; the others have columns of
    /// their own.
    pub verdicts: Vec<Verdict>,
    /// Which calls it is about.
    pub scope: Scope,
    /// Who is one and the same.
    pub entities: Entities,
}

impl Default for Question {
    fn default() -> Self {
        Self {
            group_by: GroupBy::default(),
            thresholds: Thresholds::default(),
            verdicts: vec![Verdict::ForeignGroup, Verdict::ForeignEntity],
            scope: Scope::default(),
            entities: Entities::default(),
        }
    }
}

/// How far the counts of an [`Offender`] go; the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// Reaches every threshold.
    RepeatOffender,
    /// Has a counted interception, but misses a threshold.
    Offender,
    /// Has no counted interception: perhaps a courier or a bank.
    Candidate,
}

/// One line of the report. An interception is **counted** when it was answered,
/// advertising was heard in it, and its verdict is among the question's. Every
/// call of the line is in exactly one of `interceptions`, `candidates`,
/// `unheard_invalid`, `other_heard`, `attempts` and the fields of
/// `other_verdicts`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offender {
    /// Who, where or when.
    pub key: OffenderKey,
    /// What the counts below come to; `None` for a line that is no caller and no
    /// company.
    pub standing: Option<Standing>,
    /// Counted interceptions.
    pub interceptions: u64,
    /// Distinct traps of the counted ones without prior contact.
    pub traps: u64,
    /// Distinct baits of the counted ones.
    pub baits: u64,
    /// Distinct clients of the counted ones.
    pub clients: u64,
    /// Distinct local days of the counted ones, whichever the client.
    pub days: u64,
    /// Distinct numbers of the counted ones: how many offenders there are.
    pub callers: u64,
    /// Distinct numbers of calls of any kind.
    pub all_callers: u64,
    /// Counted ones with prior contact.
    pub prior_contact: u64,
    /// Answered and not heard yet, but for invalid ones.
    pub candidates: u64,
    /// Answered and not heard yet, from a number that cannot be a caller's.
    pub unheard_invalid: u64,
    /// Answered, but what was heard is no advertising.
    pub other_heard: u64,
    /// Not answered.
    pub attempts: u64,
    /// Answered and heard to be advertising, but with a verdict not asked for.
    pub other_verdicts: VerdictCounts,
    /// When the earliest call of any kind began.
    pub first_at: Instant,
    /// When the latest call of any kind began.
    pub last_at: Instant,
}

/// Calls by verdict. In [`Offender::other_verdicts`] a verdict that the question
/// counts is zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct VerdictCounts {
    /// With the verdict `foreign_group`.
    pub foreign_group: u64,
    /// With the verdict `foreign_entity`.
    pub foreign_entity: u64,
    /// With the verdict `same_group`.
    pub same_group: u64,
    /// With the verdict `inconclusive`.
    pub inconclusive: u64,
    /// With the verdict `invalid`.
    pub invalid: u64,
}
