//! The right answers, worked out by hand from the rules: what the report must
//! say of the callers that [`crate::script`] writes. No code computes them.
//!
//! How they are counted: an interception is answered, heard as advertising, and
//! of verdict foreign_group or foreign_entity. A trap counts for a caller only
//! if the caller had not called the same bait before it. A candidate is an
//! answered call nobody has listened to, unless its verdict is invalid. An
//! attempt was not answered.

use crate::cast::{MOTOR, OKNA, ULYBKA};
use crate::script::{
    ACQUAINTANCE, BANK_NUMBER, CALL_CENTRE, COURIER_NUMBER, EMPLOYEE, OLD_CALLER, ROBOT,
    SAME_GROUP, SHOP, VIRTUAL, WINDOW_MAKER,
};

/// How the report must rank a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExpectedStanding {
    /// Over all thresholds.
    RepeatOffender,
    /// At least one interception, but below a threshold.
    Offender,
    /// No interception that counts.
    Candidate,
    /// Not in the report at all.
    Absent,
}

impl ExpectedStanding {
    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RepeatOffender => "repeat_offender",
            Self::Offender => "offender",
            Self::Candidate => "candidate",
            Self::Absent => "absent",
        }
    }
}

/// What the report must say of one number over the two months, with the
/// default thresholds and verdicts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExpectedOffender {
    /// E.164 without the plus.
    pub number: u64,
    /// Who it is, for whoever reads a failure.
    pub who: &'static str,
    /// Its rank.
    pub standing: ExpectedStanding,
    /// Interceptions that count.
    pub interceptions: u32,
    /// Traps without prior contact.
    pub traps: u32,
    /// Baits.
    pub baits: u32,
    /// Clients.
    pub clients: u32,
    /// Unanswered calls.
    pub attempts: u32,
    /// Answered calls nobody has listened to.
    pub candidates: u32,
}

/// The heavy callers first, then those that must be no offenders. The demo
/// asserts beside it that nobody else is a repeat offender.
pub fn expected_offenders() -> [ExpectedOffender; 11] {
    use ExpectedStanding::{Absent, Candidate, Offender, RepeatOffender};
    [
        // Interceptions: okna-1 two on 2 Sep and one on 16 Sep, okna-2 one on
        // 3 Sep, okna-3 one on 8 Sep, and the hidden one on okna-1 of 7 Oct,
        // which the statement reveals: 6. The call to okna-4 is of МТС toward an
        // МТС bait: same group, not counted. Traps: okna-1 of 16 Sep and 7 Oct
        // had prior contact, so 2, 3 and 8 Sep remain. Attempts on okna-1 and
        // okna-3. Nobody has listened to okna-2 on 24 Sep.
        row(WINDOW_MAKER, "window maker, МТС", RepeatOffender, [6, 3, 3, 1, 2, 1]),
        // One each on okna-1, okna-3, ulybka-1, ulybka-2, motor-2, two on
        // motor-1, whose second trap had prior contact: 7 and 6 traps. Attempts
        // on ulybka-1, motor-1, motor-2.
        row(CALL_CENTRE, "call centre, МегаФон", RepeatOffender, [7, 6, 6, 3, 3, 0]),
        // One each on ulybka-1 (15 Sep) and ulybka-3, two in one window of
        // motor-3; two of ulybka-1 on 5 Oct not listened to; one attempt.
        row(ROBOT, "robot, Интернод", RepeatOffender, [4, 3, 3, 2, 1, 2]),
        // Three calls heard as advertising, all of the T2 baits' own group.
        row(SAME_GROUP, "same group, Ростелеком", Candidate, [0, 0, 0, 0, 1, 0]),
        // Three heard as advertising, but inconclusive; one not listened to.
        row(VIRTUAL, "virtual, Т-Мобайл", Candidate, [0, 0, 0, 0, 0, 1]),
        // It had called the bait a week before the first of its two traps.
        row(OLD_CALLER, "old caller, МегаФон", Offender, [2, 0, 1, 1, 0, 0]),
        row(COURIER_NUMBER, "courier", Candidate, [0, 0, 0, 0, 0, 0]),
        row(BANK_NUMBER, "bank", Candidate, [0, 0, 0, 0, 0, 0]),
        // The first call is heard as service; the second is tainted by consent.
        row(SHOP, "shop with consent", Candidate, [0, 0, 0, 0, 0, 0]),
        row(ACQUAINTANCE, "acquaintance", Absent, [0, 0, 0, 0, 0, 0]),
        row(EMPLOYEE, "employee", Absent, [0, 0, 0, 0, 0, 0]),
    ]
}

/// What a client's own report must show with the default thresholds, and so
/// what packages it is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ExpectedPackage {
    /// The client, an index into [`crate::cast::CLIENTS`].
    pub client: usize,
    /// The caller complained of, E.164 without the plus.
    pub number: u64,
    /// Interceptions that count, of this client alone.
    pub interceptions: u32,
}

/// One package for every caller that is a repeat offender toward one client
/// alone, in order of client and number.
pub fn expected_packages() -> [ExpectedPackage; 5] {
    let package = |client, number, interceptions| ExpectedPackage { client, number, interceptions };
    [
        package(OKNA, WINDOW_MAKER, 6),
        // okna-1 and okna-3.
        package(OKNA, CALL_CENTRE, 2),
        // ulybka-1 and ulybka-2.
        package(ULYBKA, CALL_CENTRE, 2),
        // ulybka-1 and ulybka-3. Toward «Мотор» it has two interceptions, but in
        // one trap; toward «Улыбка» the old caller has two, but prior contact.
        package(ULYBKA, ROBOT, 2),
        // motor-1 twice and motor-2.
        package(MOTOR, CALL_CENTRE, 3),
    ]
}

/// `counts` are interceptions, traps, baits, clients, attempts, candidates.
const fn row(
    number: u64,
    who: &'static str,
    standing: ExpectedStanding,
    counts: [u32; 6],
) -> ExpectedOffender {
    let [interceptions, traps, baits, clients, attempts, candidates] = counts;
    ExpectedOffender {
        number,
        who,
        standing,
        interceptions,
        traps,
        baits,
        clients,
        attempts,
        candidates,
    }
}
