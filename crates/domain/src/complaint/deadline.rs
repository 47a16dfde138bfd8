//! Deadlines of a complaint: until when something has to be answered, attended
//! or contested. The dates are the office's; none is computed here.

use jiff::Unit;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::words::words;

/// A deadline this many days away or nearer is shown as soon due.
pub const SOON_DAYS: i64 = 7;

/// What it is a deadline for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeadlineKind {
    /// The office asked for something.
    Request,
    /// A hearing is held.
    Hearing,
    /// A decision may be contested.
    Appeal,
}

words!(DeadlineKind { Request => "request", Hearing => "hearing", Appeal => "appeal" });

/// How a deadline stands on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeadlineState {
    /// It passed, and nothing was done.
    Missed,
    /// It is that day or within [`SOON_DAYS`].
    Soon,
    /// It is further away.
    Ahead,
    /// It was done after its day.
    DoneLate,
    /// It was done in time.
    Done,
}

words!(DeadlineState {
    Missed => "missed",
    Soon => "soon",
    Ahead => "ahead",
    DoneLate => "done_late",
    Done => "done",
});

/// One deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadline {
    /// For what.
    pub kind: DeadlineKind,
    /// The last day, inclusive.
    pub due_on: Date,
    /// When it was met.
    pub done_on: Option<Date>,
}

impl Deadline {
    /// Whole days from `today` to the last day; negative after it.
    pub fn days_left(self, today: Date) -> i64 {
        days_between(today, self.due_on)
    }

    /// How it stands.
    pub fn state(self, today: Date) -> DeadlineState {
        match self.done_on {
            Some(done_on) if done_on <= self.due_on => DeadlineState::Done,
            Some(_) => DeadlineState::DoneLate,
            None if today > self.due_on => DeadlineState::Missed,
            None if self.days_left(today) <= SOON_DAYS => DeadlineState::Soon,
            None => DeadlineState::Ahead,
        }
    }
}

/// Whole days from one date to another; negative backwards.
pub(crate) fn days_between(from: Date, to: Date) -> i64 {
    // A difference of two dates jiff knows always counts in days.
    from.until((Unit::Day, to)).map_or(0, |span| i64::from(span.get_days()))
}
