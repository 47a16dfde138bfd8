//! The gate: what a complaint package still misses before it may be filed.

use crate::instant::Instant;
use crate::words::words;
use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone, TimeZoneDatabase};
use jiff::{ToSpan, Unit};
use serde::{Deserialize, Serialize};

/// The limitation runs in the years of this zone, whose offices decide.
const LIMITATION_ZONE: &str = "Europe/Moscow";
/// The zone's offset since 2014, in hours, should the zone not be built in.
const LIMITATION_OFFSET_HOURS: i8 = 3;
/// Years from the call to the limitation date.
const LIMITATION_YEARS: i32 = 1;

/// One thing the gate asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    /// A recording with its hash.
    Recording,
    /// A person's label «advertising».
    AdvertisingLabel,
    /// A transcript of the recording.
    Transcript,
    /// A complete trap, or a call during the trap with its exposures.
    CompleteTrap,
    /// An operator statement in which the call is found.
    Statement,
    /// The certified original of that statement.
    CertifiedStatement,
    /// The signed consent to disclosure of the secrecy of communication.
    DisclosureConsent,
    /// Proof of authority over the SIM.
    SimAuthority,
    /// An applicant with valid powers of attorney.
    Applicant,
    /// An inquiry to the operator, with its reply or the fact that none came.
    Inquiry,
    /// Enough time before the limitation date.
    Time,
}

words!(Missing {
    Recording => "recording",
    AdvertisingLabel => "advertising_label",
    Transcript => "transcript",
    CompleteTrap => "complete_trap",
    Statement => "statement",
    CertifiedStatement => "certified_statement",
    DisclosureConsent => "disclosure_consent",
    SimAuthority => "sim_authority",
    Applicant => "applicant",
    Inquiry => "inquiry",
    Time => "time",
});

/// What is known of one interception when its package is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InterceptionProofs {
    /// A recording with its hash is kept.
    pub recording: bool,
    /// A person labelled it as advertising.
    pub advertising_label: bool,
    /// The label has a transcript.
    pub transcript: bool,
    /// Its trap is complete.
    pub trap_complete: bool,
    /// It came during the trap, after at least one exposure.
    pub during_trap: bool,
    /// A statement in which the call is found is kept.
    pub statement: bool,
    /// The certified original of that statement is kept.
    pub certified_statement: bool,
    /// The signed consent to disclosure is kept.
    pub disclosure_consent: bool,
    /// Proof of authority over the SIM is kept.
    pub sim_authority: bool,
    /// The applicant and its powers are known and valid.
    pub applicant: bool,
    /// An inquiry was sent, with its reply or the fact that none came.
    pub inquiry: bool,
    /// Whole days left before the limitation date; the limit binds the decision.
    pub days_left: i64,
}

/// What one interception misses, in the order of [`Missing`]; empty when it may
/// be filed.
pub fn missing(proofs: &InterceptionProofs) -> Vec<Missing> {
    let checks = [
        (Missing::Recording, proofs.recording),
        (Missing::AdvertisingLabel, proofs.advertising_label),
        (Missing::Transcript, proofs.transcript),
        (Missing::CompleteTrap, proofs.trap_complete || proofs.during_trap),
        (Missing::Statement, proofs.statement),
        (Missing::CertifiedStatement, proofs.certified_statement),
        (Missing::DisclosureConsent, proofs.disclosure_consent),
        (Missing::SimAuthority, proofs.sim_authority),
        (Missing::Applicant, proofs.applicant),
        (Missing::Inquiry, proofs.inquiry),
        (Missing::Time, proofs.days_left > 0),
    ];
    checks.into_iter().filter(|(_, holds)| !holds).map(|(missing, _)| missing).collect()
}

/// Whole days at `now` until the limitation date of a call, one calendar year
/// after it in Moscow; zero on that date and negative after it.
pub fn days_left(call_at: Instant, now: Instant) -> i64 {
    let zone = limitation_zone();
    let limit = local_date(call_at, &zone).saturating_add(LIMITATION_YEARS.years());
    let today = local_date(now, &zone);
    // A difference of two dates jiff knows always counts in days.
    today.until((Unit::Day, limit)).map_or(0, |span| i64::from(span.get_days()))
}

/// From the zones built into the program: the machine's own are environment.
fn limitation_zone() -> TimeZone {
    TimeZoneDatabase::bundled()
        .get(LIMITATION_ZONE)
        .unwrap_or_else(|_| TimeZone::fixed(Offset::constant(LIMITATION_OFFSET_HOURS)))
}

fn local_date(at: Instant, zone: &TimeZone) -> Date {
    zone.to_datetime(at.to_timestamp()).date()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

    use super::*;

    const READY: InterceptionProofs = InterceptionProofs {
        recording: true,
        advertising_label: true,
        transcript: true,
        trap_complete: true,
        during_trap: false,
        statement: true,
        certified_statement: true,
        disclosure_consent: true,
        sim_authority: true,
        applicant: true,
        inquiry: true,
        days_left: 1,
    };

    fn instant(text: &str) -> Instant {
        Instant::from(text.parse::<jiff::Timestamp>().unwrap())
    }

    #[test]
    fn an_interception_with_every_proof_may_be_filed() {
        assert_eq!(missing(&READY), []);
    }

    #[test]
    fn an_interception_without_any_proof_misses_everything_in_order() {
        let nothing = InterceptionProofs {
            recording: false,
            advertising_label: false,
            transcript: false,
            trap_complete: false,
            during_trap: false,
            statement: false,
            certified_statement: false,
            disclosure_consent: false,
            sim_authority: false,
            applicant: false,
            inquiry: false,
            days_left: 0,
        };
        assert_eq!(missing(&nothing), Missing::ALL);
    }

    #[test]
    fn a_call_during_the_trap_needs_no_complete_one() {
        let during = InterceptionProofs { trap_complete: false, during_trap: true, ..READY };
        assert_eq!(missing(&during), []);
        let neither = InterceptionProofs { trap_complete: false, ..READY };
        assert_eq!(missing(&neither), [Missing::CompleteTrap]);
    }

    #[test]
    fn there_is_no_time_from_the_limitation_date_on() {
        for (days_left, expected) in
            [(1, vec![]), (0, vec![Missing::Time]), (-1, vec![Missing::Time])]
        {
            assert_eq!(missing(&InterceptionProofs { days_left, ..READY }), expected);
        }
    }

    #[test]
    fn the_limitation_runs_one_calendar_year_in_moscow() {
        for (call, now, expected) in [
            ("2026-11-01T09:00:00Z", "2026-11-01T09:00:00Z", 365),
            ("2026-11-01T09:00:00Z", "2027-10-31T20:59:59Z", 1),
            ("2026-11-01T09:00:00Z", "2027-10-31T21:00:00Z", 0),
            ("2026-11-01T09:00:00Z", "2027-11-02T09:00:00Z", -1),
            // Already the second of November in Moscow.
            ("2026-11-01T21:00:00Z", "2027-10-31T21:00:00Z", 1),
            ("2027-03-01T09:00:00Z", "2027-03-01T09:00:00Z", 366),
            // The year after a leap day ends on the last day of February.
            ("2028-02-29T09:00:00Z", "2029-02-27T09:00:00Z", 1),
        ] {
            assert_eq!(days_left(instant(call), instant(now)), expected, "{call} at {now}");
        }
    }

    #[test]
    fn absurd_moments_do_no_harm() {
        for at in [i64::MIN, i64::MAX] {
            assert_eq!(days_left(Instant(at), Instant(at)).signum(), i64::from(at < 0));
        }
    }
}
