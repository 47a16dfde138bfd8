//! The acts in the life of a complaint, and the names of why one cannot follow.

use serde::{Deserialize, Serialize};

use super::case_number::CaseNumber;
use super::outcome::Outcome;
use crate::words::words;

/// What was done about an appeal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AppealOutcome {
    /// What was appealed stands.
    Upheld,
    /// The office has to consider it again.
    Remanded,
    /// The decision is now another one.
    Changed(Outcome),
}

/// The code word of an [`AppealOutcome`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AppealKind {
    /// See [`AppealOutcome::Upheld`].
    Upheld,
    /// See [`AppealOutcome::Remanded`].
    Remanded,
    /// See [`AppealOutcome::Changed`].
    Changed,
}

words!(AppealKind { Upheld => "upheld", Remanded => "remanded", Changed => "changed" });

/// One act in the life of a complaint, as far as the order of acts needs it.
/// When it happened, by whom and with which papers is the ledger's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// The gate misses nothing any more.
    Complete,
    /// The gate misses something again.
    Reopen,
    /// It goes to the office.
    File,
    /// The office gives it back.
    Return,
    /// The office sends it on.
    Forward,
    /// The office takes it up.
    Accept,
    /// The office opens no case.
    Refuse,
    /// The office opens a case with this number.
    OpenCase(CaseNumber),
    /// The office decides.
    Decide(Outcome),
    /// Somebody appeals.
    Appeal,
    /// The appeal is decided.
    DecideAppeal(AppealOutcome),
    /// A fine is imposed.
    Fine,
    /// Every fine is paid.
    Pay,
    /// The applicant takes it back.
    Withdraw,
}

/// The code word of an [`Act`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActKind {
    /// See [`Act::Complete`].
    Complete,
    /// See [`Act::Reopen`].
    Reopen,
    /// See [`Act::File`].
    File,
    /// See [`Act::Return`].
    Return,
    /// See [`Act::Forward`].
    Forward,
    /// See [`Act::Accept`].
    Accept,
    /// See [`Act::Refuse`].
    Refuse,
    /// See [`Act::OpenCase`].
    OpenCase,
    /// See [`Act::Decide`].
    Decide,
    /// See [`Act::Appeal`].
    Appeal,
    /// See [`Act::DecideAppeal`].
    DecideAppeal,
    /// See [`Act::Fine`].
    Fine,
    /// See [`Act::Pay`].
    Pay,
    /// See [`Act::Withdraw`].
    Withdraw,
}

words!(ActKind {
    Complete => "complete",
    Reopen => "reopen",
    File => "file",
    Return => "return",
    Forward => "forward",
    Accept => "accept",
    Refuse => "refuse",
    OpenCase => "open_case",
    Decide => "decide",
    Appeal => "appeal",
    DecideAppeal => "decide_appeal",
    Fine => "fine",
    Pay => "pay",
    Withdraw => "withdraw",
});

impl Act {
    /// Its code word.
    pub const fn kind(self) -> ActKind {
        match self {
            Self::Complete => ActKind::Complete,
            Self::Reopen => ActKind::Reopen,
            Self::File => ActKind::File,
            Self::Return => ActKind::Return,
            Self::Forward => ActKind::Forward,
            Self::Accept => ActKind::Accept,
            Self::Refuse => ActKind::Refuse,
            Self::OpenCase(_) => ActKind::OpenCase,
            Self::Decide(_) => ActKind::Decide,
            Self::Appeal => ActKind::Appeal,
            Self::DecideAppeal(_) => ActKind::DecideAppeal,
            Self::Fine => ActKind::Fine,
            Self::Pay => ActKind::Pay,
            Self::Withdraw => ActKind::Withdraw,
        }
    }
}

/// What an act says beside its kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ActParts {
    /// The number of the case that was opened.
    pub case_number: Option<CaseNumber>,
    /// What was decided.
    pub outcome: Option<Outcome>,
    /// What became of the appeal.
    pub appeal: Option<AppealKind>,
}

/// A part of an act that is missing, or belongs to another kind of act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ActFault {
    /// This kind of act needs it.
    #[error("the act needs its {0}")]
    Missing(ActPart),
    /// This kind of act does not have it.
    #[error("the act has no {0}")]
    OfAnotherKind(ActPart),
}

/// One of [`ActParts`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActPart {
    /// See [`ActParts::case_number`].
    CaseNumber,
    /// See [`ActParts::outcome`].
    Outcome,
    /// See [`ActParts::appeal`].
    Appeal,
}

words!(ActPart { CaseNumber => "case_number", Outcome => "outcome", Appeal => "appeal" });

impl ActKind {
    /// The act of this kind with these parts.
    ///
    /// # Errors
    /// The part that is missing or one too many.
    pub fn with(self, parts: ActParts) -> Result<Act, ActFault> {
        let act = match self {
            Self::Complete => Act::Complete,
            Self::Reopen => Act::Reopen,
            Self::File => Act::File,
            Self::Return => Act::Return,
            Self::Forward => Act::Forward,
            Self::Accept => Act::Accept,
            Self::Refuse => Act::Refuse,
            Self::OpenCase => {
                Act::OpenCase(parts.case_number.ok_or(ActFault::Missing(ActPart::CaseNumber))?)
            }
            Self::Decide => Act::Decide(parts.outcome.ok_or(ActFault::Missing(ActPart::Outcome))?),
            Self::Appeal => Act::Appeal,
            Self::DecideAppeal => Act::DecideAppeal(parts.appeal_outcome()?),
            Self::Fine => Act::Fine,
            Self::Pay => Act::Pay,
            Self::Withdraw => Act::Withdraw,
        };
        let extra = match act {
            Act::OpenCase(_) => ActParts { case_number: None, ..parts },
            Act::Decide(_) | Act::DecideAppeal(AppealOutcome::Changed(_)) => {
                ActParts { outcome: None, ..parts }
            }
            _ => parts,
        };
        let extra = match act {
            Act::DecideAppeal(_) => ActParts { appeal: None, ..extra },
            _ => extra,
        };
        extra.first().map_or(Ok(act), |part| Err(ActFault::OfAnotherKind(part)))
    }
}

impl ActParts {
    fn appeal_outcome(self) -> Result<AppealOutcome, ActFault> {
        match self.appeal.ok_or(ActFault::Missing(ActPart::Appeal))? {
            AppealKind::Upheld => Ok(AppealOutcome::Upheld),
            AppealKind::Remanded => Ok(AppealOutcome::Remanded),
            AppealKind::Changed => {
                let outcome = self.outcome.ok_or(ActFault::Missing(ActPart::Outcome))?;
                Ok(AppealOutcome::Changed(outcome))
            }
        }
    }

    fn first(self) -> Option<ActPart> {
        let given = [
            (ActPart::CaseNumber, self.case_number.is_some()),
            (ActPart::Outcome, self.outcome.is_some()),
            (ActPart::Appeal, self.appeal.is_some()),
        ];
        given.into_iter().find(|(_, is_given)| *is_given).map(|(part, _)| part)
    }
}

/// Why an act cannot follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// The gate still misses something.
    NotReady,
    /// It is ready already.
    AlreadyReady,
    /// It was not filed.
    NotFiled,
    /// It was filed already.
    AlreadyFiled,
    /// It was accepted already.
    AlreadyAccepted,
    /// It was returned, refused or withdrawn: nothing follows.
    Over,
    /// A case is open, so what belongs before a case comes too late.
    CaseIsOpen,
    /// No case was opened.
    NoCase,
    /// A case of this kind has a number already.
    CaseKnown,
    /// Nothing was decided.
    NotDecided,
    /// It was decided already; another decision is that of an appeal.
    AlreadyDecided,
    /// There is no violation to fine.
    NoViolation,
    /// An appeal is not decided yet.
    AppealPending,
    /// Nobody appealed.
    NoAppeal,
    /// There is no fine to pay.
    NoFine,
    /// It was paid already.
    AlreadyPaid,
    /// The act is dated before the one it follows.
    OutOfOrder,
    /// A ledger of more than [`super::MAX_ACTS`].
    TooManyActs,
}

impl std::error::Error for Refusal {}

words!(Refusal {
    NotReady => "not_ready",
    AlreadyReady => "already_ready",
    NotFiled => "not_filed",
    AlreadyFiled => "already_filed",
    AlreadyAccepted => "already_accepted",
    Over => "over",
    CaseIsOpen => "case_is_open",
    NoCase => "no_case",
    CaseKnown => "case_known",
    NotDecided => "not_decided",
    AlreadyDecided => "already_decided",
    NoViolation => "no_violation",
    AppealPending => "appeal_pending",
    NoAppeal => "no_appeal",
    NoFine => "no_fine",
    AlreadyPaid => "already_paid",
    OutOfOrder => "out_of_order",
    TooManyActs => "too_many_acts",
});
