//! The life of a complaint (section 6 of the rules): which act may follow
//! which, what the answer is where one may not, and when its interceptions are
//! free for another. Knows no calendar and no law beyond that order: what an
//! office decides is entered, never inferred.

mod act;
mod case_number;
mod deadline;
mod defence;
mod filed;
mod grouping;
mod outcome;
mod state;
#[cfg(test)]
mod tests;

use jiff::civil::Date;

pub use act::{Act, ActFault, ActKind, ActPart, ActParts, AppealKind, AppealOutcome, Refusal};
pub use case_number::{CaseKind, CaseNumber, CaseNumberError, SubjectCode};
pub(crate) use deadline::days_between;
pub use deadline::{Deadline, DeadlineKind, DeadlineState, SOON_DAYS};
pub use defence::Defence;
pub use filed::{FiledCall, FiledField};
pub use grouping::{Grouping, NotTaken};
pub use outcome::{Fine, FinedParty, Kopecks, Outcome};
pub use state::{ComplaintState, FilingChannel};

/// Acts that one complaint can have: a ledger longer than that is no life.
pub const MAX_ACTS: usize = 500;

/// What the acts so far came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Life {
    /// Where it stands.
    pub state: ComplaintState,
    /// The number of the advertising case.
    pub advertising_case: Option<CaseNumber>,
    /// The number of the administrative case.
    pub administrative_case: Option<CaseNumber>,
    /// What was decided, after any appeal.
    pub outcome: Option<Outcome>,
    /// What stood when somebody appealed, while that is not decided.
    pub appealed_in: Option<ComplaintState>,
}

/// An act with its date, as the ledger has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LedgerEntry {
    /// What was done.
    pub act: Act,
    /// The day it was done on, by the office's calendar.
    pub on: Date,
}

impl Life {
    /// A complaint that somebody begins to write.
    pub const DRAFT: Self = Self {
        state: ComplaintState::Draft,
        advertising_case: None,
        administrative_case: None,
        outcome: None,
        appealed_in: None,
    };

    /// What a whole ledger comes to, in its order.
    ///
    /// # Errors
    /// The place of the first act that cannot follow, from 0, and why.
    pub fn of(ledger: &[LedgerEntry]) -> Result<Self, (usize, Refusal)> {
        let mut life = Self::DRAFT;
        let mut last = Date::MIN;
        for (place, entry) in ledger.iter().enumerate() {
            let next = if place >= MAX_ACTS {
                Err(Refusal::TooManyActs)
            } else if entry.on < last {
                Err(Refusal::OutOfOrder)
            } else {
                life.after(entry.act)
            };
            life = next.map_err(|refusal| (place, refusal))?;
            last = entry.on;
        }
        Ok(life)
    }

    /// The same complaint after one more act.
    ///
    /// # Errors
    /// Why the act cannot follow; nothing has changed then.
    pub fn after(self, act: Act) -> Result<Self, Refusal> {
        let state = match act {
            Act::Complete | Act::Reopen | Act::File => self.prepared(act)?,
            Act::Return => self.before_a_case(ComplaintState::Returned)?,
            Act::Forward => self.before_a_case(ComplaintState::Forwarded)?,
            Act::Accept if self.state == ComplaintState::Accepted => {
                return Err(Refusal::AlreadyAccepted);
            }
            Act::Accept => self.before_a_case(ComplaintState::Accepted)?,
            Act::Refuse => self.before_a_case(ComplaintState::Refused)?,
            Act::Withdraw if self.state.is_open_to_changes() => ComplaintState::Withdrawn,
            Act::Withdraw => self.before_a_case(ComplaintState::Withdrawn)?,
            Act::OpenCase(number) => return self.with_case(number),
            Act::Decide(outcome) => return self.decided(outcome),
            Act::Appeal => return self.appealed(),
            Act::DecideAppeal(outcome) => return self.after_appeal(outcome),
            Act::Fine => self.fined()?,
            Act::Pay => self.paid()?,
        };
        Ok(Self { state, ..self })
    }

    fn prepared(self, act: Act) -> Result<ComplaintState, Refusal> {
        match (self.state, act) {
            (ComplaintState::Draft, Act::Complete) => Ok(ComplaintState::Ready),
            (ComplaintState::Ready, Act::Complete) => Err(Refusal::AlreadyReady),
            (ComplaintState::Ready, Act::Reopen) => Ok(ComplaintState::Draft),
            (ComplaintState::Ready, Act::File) => Ok(ComplaintState::Filed),
            (ComplaintState::Draft, _) => Err(Refusal::NotReady),
            // A draft is withdrawn as well as what was filed.
            (ComplaintState::Withdrawn, _) => Err(Refusal::Over),
            _ => Err(Refusal::AlreadyFiled),
        }
    }

    /// To `next`, which belongs between filing and the opening of a case.
    fn before_a_case(self, next: ComplaintState) -> Result<ComplaintState, Refusal> {
        if self.state.is_before_a_case() {
            return Ok(next);
        }
        Err(self.why_not_before_a_case())
    }

    fn why_not_before_a_case(self) -> Refusal {
        match self.state {
            ComplaintState::Draft | ComplaintState::Ready => Refusal::NotFiled,
            ComplaintState::Returned | ComplaintState::Refused | ComplaintState::Withdrawn => {
                Refusal::Over
            }
            ComplaintState::Appealed if !self.has_case() => Refusal::AppealPending,
            _ => Refusal::CaseIsOpen,
        }
    }

    const fn has_case(self) -> bool {
        self.advertising_case.is_some() || self.administrative_case.is_some()
    }

    /// The two cases are linked: the second may come at any time after the
    /// first, and moves nothing back.
    fn with_case(mut self, number: CaseNumber) -> Result<Self, Refusal> {
        if !self.has_case() {
            self.state = self.before_a_case(ComplaintState::CaseOpened)?;
        }
        let place = match number.kind() {
            CaseKind::Advertising => &mut self.advertising_case,
            CaseKind::Administrative => &mut self.administrative_case,
        };
        match place.replace(number) {
            None => Ok(self),
            Some(_) => Err(Refusal::CaseKnown),
        }
    }

    fn decided(self, outcome: Outcome) -> Result<Self, Refusal> {
        match self.state {
            ComplaintState::CaseOpened => {
                Ok(Self { state: ComplaintState::Decided, outcome: Some(outcome), ..self })
            }
            _ if self.outcome.is_some() => Err(Refusal::AlreadyDecided),
            _ => Err(self.why_no_case()),
        }
    }

    fn why_no_case(self) -> Refusal {
        if self.state.is_before_a_case() { Refusal::NoCase } else { self.why_not_before_a_case() }
    }

    /// A refusal to open a case can be appealed as a decision can.
    fn appealed(self) -> Result<Self, Refusal> {
        if self.appealed_in.is_some() {
            return Err(Refusal::AppealPending);
        }
        match self.state {
            ComplaintState::Refused
            | ComplaintState::Decided
            | ComplaintState::Fined
            | ComplaintState::Paid => {
                Ok(Self { state: ComplaintState::Appealed, appealed_in: Some(self.state), ..self })
            }
            ComplaintState::Returned | ComplaintState::Withdrawn => Err(Refusal::Over),
            _ => Err(Refusal::NotDecided),
        }
    }

    fn after_appeal(self, appeal: AppealOutcome) -> Result<Self, Refusal> {
        let before = self.appealed_in.ok_or(Refusal::NoAppeal)?;
        let closed = Self { appealed_in: None, ..self };
        // A fine or a payment while the appeal was pending stays.
        let standing = if self.state == ComplaintState::Appealed { before } else { self.state };
        match (appeal, before) {
            (AppealOutcome::Upheld, _) => Ok(Self { state: standing, ..closed }),
            (AppealOutcome::Remanded, ComplaintState::Refused) => {
                Ok(Self { state: ComplaintState::Accepted, ..closed })
            }
            (AppealOutcome::Remanded, _) => {
                Ok(Self { state: ComplaintState::CaseOpened, outcome: None, ..closed })
            }
            // Nothing was decided, so there is no decision to change.
            (AppealOutcome::Changed(_), ComplaintState::Refused) => Err(Refusal::NotDecided),
            (AppealOutcome::Changed(outcome), _) => {
                let stays = outcome == Outcome::Violation;
                let state = if stays { standing } else { ComplaintState::Decided };
                Ok(Self { state, outcome: Some(outcome), ..closed })
            }
        }
    }

    /// A fine may come while an appeal against the decision is pending, and
    /// another after the first was paid.
    fn fined(self) -> Result<ComplaintState, Refusal> {
        match self.outcome {
            Some(Outcome::Violation) => Ok(ComplaintState::Fined),
            Some(_) => Err(Refusal::NoViolation),
            None => Err(Refusal::NotDecided),
        }
    }

    fn paid(self) -> Result<ComplaintState, Refusal> {
        match self.state {
            ComplaintState::Fined => Ok(ComplaintState::Paid),
            ComplaintState::Paid => Err(Refusal::AlreadyPaid),
            ComplaintState::Appealed if self.appealed_in == Some(ComplaintState::Fined) => {
                Ok(ComplaintState::Paid)
            }
            _ => Err(Refusal::NoFine),
        }
    }
}
