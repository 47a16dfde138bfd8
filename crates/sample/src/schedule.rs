//! When traps run on which bait, and what each run consists of. It does not
//! know who calls because of them.

use baitline_domain::instant::{Instant, Span};
use baitline_domain::trap::{Exposure, ExposureKind};

use crate::calendar::Date::{self, Oct, Sep};
use crate::cast::{
    BAITS, CLIENTS, MOTOR_1, MOTOR_2, MOTOR_3, OKNA_1, OKNA_2, OKNA_3, OKNA_4, ULYBKA_1, ULYBKA_2,
    ULYBKA_3,
};

/// How a run went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Run {
    /// Everything was done: it arms a window.
    Complete,
    /// The site was open for a minute only.
    ShortVisit,
    /// Nobody called the bait back.
    NoReturnCall,
    /// The recorder was not tested.
    RecorderUntested,
}

/// A trap of the world.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SampleTrap {
    /// Its bait, an index into [`BAITS`].
    pub bait: usize,
    /// The run's first moment, always at ten in the morning.
    pub started_at: Instant,
    /// How it went.
    pub run: Run,
}

/// The hour of the day at which every run starts.
const START_HOUR: i64 = 10;

// The steps of a run, in minutes after its start. The return call ends before
// minute 33, and a complete trap's window opens with its end.
const RECORDER_TEST_MINUTE: i64 = 2;
const SIGN_IN_MINUTE: i64 = 5;
const SITE_VISIT_MINUTE: i64 = 10;
/// When the bait calls the advertised number.
pub const OWN_CALL_MINUTE: i64 = 20;
/// When the client's outgoing number calls the bait.
pub const RETURN_CALL_MINUTE: i64 = 30;
/// The first whole minute at which the window of a complete trap is open.
pub const ARMED_MINUTE: i64 = 33;

/// Connected time of the own call, in seconds.
pub const OWN_CALL_SECONDS: u32 = 150;
/// Connected time of the return call; both together exceed the 240 s asked for.
pub const RETURN_CALL_SECONDS: u32 = 130;

const SITE_VISIT_SECONDS: u32 = 260;
const SHORT_VISIT_SECONDS: u32 = 60;

/// Every run: bait, day, and how it went. Windows of one bait never meet.
const RUNS: [(usize, Date, Run); 31] = [
    (OKNA_1, Sep(2), Run::Complete),
    (OKNA_1, Sep(16), Run::Complete),
    (OKNA_1, Oct(7), Run::Complete),
    (OKNA_1, Oct(21), Run::Complete),
    (OKNA_2, Sep(3), Run::Complete),
    (OKNA_2, Sep(24), Run::Complete),
    (OKNA_2, Oct(14), Run::Complete),
    (OKNA_3, Sep(8), Run::Complete),
    (OKNA_3, Sep(22), Run::ShortVisit),
    (OKNA_3, Oct(6), Run::Complete),
    (OKNA_4, Sep(9), Run::Complete),
    (OKNA_4, Oct(13), Run::Complete),
    (ULYBKA_1, Sep(1), Run::Complete),
    (ULYBKA_1, Sep(15), Run::Complete),
    (ULYBKA_1, Oct(5), Run::Complete),
    (ULYBKA_1, Oct(20), Run::NoReturnCall),
    (ULYBKA_2, Sep(10), Run::Complete),
    (ULYBKA_2, Oct(8), Run::Complete),
    (ULYBKA_2, Oct(22), Run::Complete),
    (ULYBKA_3, Sep(17), Run::Complete),
    (ULYBKA_3, Oct(15), Run::Complete),
    (MOTOR_1, Sep(4), Run::Complete),
    (MOTOR_1, Sep(18), Run::Complete),
    (MOTOR_1, Oct(2), Run::Complete),
    (MOTOR_1, Oct(16), Run::Complete),
    (MOTOR_2, Sep(7), Run::Complete),
    (MOTOR_2, Sep(21), Run::Complete),
    (MOTOR_2, Oct(12), Run::Complete),
    (MOTOR_3, Sep(11), Run::Complete),
    (MOTOR_3, Sep(25), Run::RecorderUntested),
    (MOTOR_3, Oct(9), Run::Complete),
];

/// All traps, in order of bait and time.
pub fn traps() -> Vec<SampleTrap> {
    let trap = |&(bait, date, run): &(usize, Date, Run)| SampleTrap {
        bait,
        started_at: date.at(START_HOUR, 0),
        run,
    };
    RUNS.iter().map(trap).collect()
}

/// The start of the run on that bait and day.
///
/// # Panics
///
/// If there is none, which is a mistake in this crate.
pub fn start_of_run(bait: usize, date: Date) -> Instant {
    let planned = RUNS.iter().any(|run| run.0 == bait && run.1 == date);
    assert!(planned, "no run on bait {bait} on {date:?}");
    date.at(START_HOUR, 0)
}

impl SampleTrap {
    /// A moment of the run or its window.
    pub fn minute(&self, minute: i64) -> Instant {
        self.started_at + Span::seconds(60 * minute)
    }

    /// When the recorder was tested, if it was.
    pub fn recorder_tested_at(&self) -> Option<Instant> {
        (self.run != Run::RecorderUntested).then(|| self.minute(RECORDER_TEST_MINUTE))
    }

    /// What a person logged of the run.
    pub fn exposures(&self) -> [Exposure; 2] {
        let seconds = match self.run {
            Run::ShortVisit => SHORT_VISIT_SECONDS,
            Run::Complete | Run::NoReturnCall | Run::RecorderUntested => SITE_VISIT_SECONDS,
        };
        let sign_in = self.minute(SIGN_IN_MINUTE);
        let visit = self.minute(SITE_VISIT_MINUTE);
        [
            Exposure { at: sign_in, kind: ExposureKind::Yandex, seconds: 0 },
            Exposure { at: visit, kind: ExposureKind::SiteVisit, seconds },
        ]
    }

    /// Minutes from the run's start to the last whole minute of its window.
    pub fn last_armed_minute(&self) -> i64 {
        let window_hours = CLIENTS[BAITS[self.bait].client].window_hours;
        ARMED_MINUTE + 60 * i64::from(window_hours) - 2
    }

    /// Whether a call at `at` could be an interception of this trap, an hour of
    /// doubt on either side included.
    pub fn may_cover(&self, at: Instant) -> bool {
        let from = self.started_at - Span::hours(1);
        from <= at && at < self.minute(self.last_armed_minute()) + Span::hours(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_of_one_bait_never_meet() {
        let traps = traps();
        for pair in traps.windows(2).filter(|pair| pair[0].bait == pair[1].bait) {
            assert!(!pair[0].may_cover(pair[1].started_at), "{pair:?}");
        }
    }

    #[test]
    fn every_bait_has_two_to_four_complete_traps() {
        for bait in 0..BAITS.len() {
            let complete = |trap: &&SampleTrap| trap.bait == bait && trap.run == Run::Complete;
            assert!((2..=4).contains(&traps().iter().filter(complete).count()), "bait {bait}");
        }
    }
}
