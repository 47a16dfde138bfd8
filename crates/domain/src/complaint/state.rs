//! The states of a complaint and the ways it goes to an office. Knows no order.

use serde::{Deserialize, Serialize};

use crate::words::words;

/// Where a complaint stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ComplaintState {
    /// The gate still misses something.
    Draft,
    /// The gate misses nothing.
    Ready,
    /// It went to the office.
    Filed,
    /// The office gave it back. Its interceptions are free.
    Returned,
    /// The office sent it on to another one.
    Forwarded,
    /// The office considers it.
    Accepted,
    /// The office opens no case.
    Refused,
    /// A case is open.
    CaseOpened,
    /// The office decided.
    Decided,
    /// Somebody appealed, and that is not decided.
    Appealed,
    /// A fine was imposed.
    Fined,
    /// Every fine was paid.
    Paid,
    /// The applicant took it back. Its interceptions are free.
    Withdrawn,
}

words!(ComplaintState {
    Draft => "draft",
    Ready => "ready",
    Filed => "filed",
    Returned => "returned",
    Forwarded => "forwarded",
    Accepted => "accepted",
    Refused => "refused",
    CaseOpened => "case_opened",
    Decided => "decided",
    Appealed => "appealed",
    Fined => "fined",
    Paid => "paid",
    Withdrawn => "withdrawn",
});

impl ComplaintState {
    /// Whether it holds its interceptions, so that no other complaint may be
    /// filed with one of them: from filing on, unless it was given back or
    /// taken back.
    pub const fn holds_interceptions(self) -> bool {
        self.was_filed() && !self.releases()
    }

    /// Whether its interceptions may go into another complaint although this
    /// one was filed.
    pub const fn releases(self) -> bool {
        matches!(self, Self::Returned | Self::Withdrawn)
    }

    /// Whether it may still be changed: its calls, its applicant, its office.
    pub const fn is_open_to_changes(self) -> bool {
        matches!(self, Self::Draft | Self::Ready)
    }

    pub(super) const fn was_filed(self) -> bool {
        !self.is_open_to_changes()
    }

    /// Whether an office has it and no case is open yet.
    pub(super) const fn is_before_a_case(self) -> bool {
        matches!(self, Self::Filed | Self::Forwarded | Self::Accepted)
    }
}

/// How it went to the office.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FilingChannel {
    /// By e-mail.
    Email,
    /// By the form on the office's site.
    SiteForm,
    /// By post, with a tracking number.
    Post,
    /// Handed in.
    InPerson,
}

words!(FilingChannel {
    Email => "email",
    SiteForm => "site_form",
    Post => "post",
    InPerson => "in_person",
});
