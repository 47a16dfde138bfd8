//! A trap: one run of leaking the bait's number to the client's own side, and
//! the window it arms when complete.

#[cfg(test)]
mod tests;

use crate::call::Call;
use crate::ids::{BaitId, TrapId};
use crate::instant::{Instant, Span};
use crate::observation::{Channel, Direction};
use crate::own_number::OwnNumber;
use crate::words::words;
use serde::{Deserialize, Serialize};

/// The longest run of a trap.
pub const MAX_RUN: Span = Span::hours(6);

/// From a run's start to the last moment its window can hold: the longest run,
/// an own call of a day at its end, and the longest window.
pub const LONGEST_REACH: Span = Span::hours(6 + 24 + 72);

/// The longest window.
pub const MAX_WINDOW: Span = Span::hours(72);

/// The parameters a trap was made with. They are kept with the trap, so that a
/// later change of the client's settings moves no window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrapSettings {
    /// The window's length, 24 to 72 hours.
    pub window_hours: u32,
    /// The shortest visit to the own site, in seconds.
    pub min_site_visit_seconds: u32,
    /// The shortest connected time of own and return calls together, in seconds.
    pub min_connected_seconds: u32,
}

impl Default for TrapSettings {
    fn default() -> Self {
        Self { window_hours: 48, min_site_visit_seconds: 180, min_connected_seconds: 240 }
    }
}

/// One step that could leak the number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExposureKind {
    /// The client's own site was open on the bait.
    SiteVisit,
    /// Signed in to Yandex.
    Yandex,
    /// Signed in to VK.
    Vk,
    /// The bait called an own number.
    OwnCall,
    /// An own number called the bait.
    ReturnCall,
}

words!(ExposureKind {
    SiteVisit => "site_visit",
    Yandex => "yandex",
    Vk => "vk",
    OwnCall => "own_call",
    ReturnCall => "return_call",
});

/// A step with its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Exposure {
    /// When it began.
    pub at: Instant,
    /// What it was.
    pub kind: ExposureKind,
    /// How long it lasted; zero where that does not matter.
    pub seconds: u32,
}

/// What a person logged of one run. Own and return calls are not logged but
/// recognised in the bait's records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trap {
    /// Its id.
    pub id: TrapId,
    /// The bait it ran on.
    pub bait: BaitId,
    /// The run's first moment.
    pub started_at: Instant,
    /// The first moment after the run: own calls from then on belong to no trap.
    pub run_ends_at: Instant,
    /// When the recorder was tested, if it was.
    pub recorder_tested_at: Option<Instant>,
    /// Site visits and sign-ins.
    pub exposures: Vec<Exposure>,
    /// The parameters it was made with.
    pub settings: TrapSettings,
}

/// What a trap still lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrapMissing {
    /// The recorder was not tested.
    RecorderTest,
    /// No visit to the own site was long enough.
    SiteVisit,
    /// No answered call from the bait to an own number.
    OwnCall,
    /// No answered call from an own number to the bait.
    ReturnCall,
    /// Own calls together were too short.
    ConnectedTime,
}

words!(TrapMissing {
    RecorderTest => "recorder_test",
    SiteVisit => "site_visit",
    OwnCall => "own_call",
    ReturnCall => "return_call",
    ConnectedTime => "connected_time",
});

/// A half-open period: `from` belongs to it, `to` does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Its first moment.
    pub from: Instant,
    /// The first moment after it.
    pub to: Instant,
}

impl Window {
    /// What of it lies in another one, if anything does.
    pub fn overlap(self, other: Self) -> Option<Self> {
        let (from, to) = (self.from.max(other.from), self.to.min(other.to));
        (from < to).then_some(Self { from, to })
    }
}

/// How long at least one of these windows was open during `period`: the time
/// that two of them share counts once.
pub fn armed_time(windows: impl IntoIterator<Item = Window>, period: Window) -> Span {
    let mut open: Vec<Window> =
        windows.into_iter().filter_map(|window| window.overlap(period)).collect();
    open.sort_by_key(|window| (window.from, window.to));
    let (mut armed, mut counted_to) = (0, period.from);
    for window in open {
        armed += (window.to - window.from.max(counted_to)).0.max(0);
        counted_to = counted_to.max(window.to);
    }
    Span(armed)
}

/// How a trap covers a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coverage {
    /// Inside its window.
    Window,
    /// After its first exposure and before its window opens.
    DuringTrap,
}

/// A trap with what the bait's records say about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrapState {
    /// The trap.
    pub trap: TrapId,
    /// Every exposure, logged or recognised, in order of time.
    pub exposures: Vec<Exposure>,
    /// What it lacks; empty when complete.
    pub missing: Vec<TrapMissing>,
    /// The armed window of a complete trap.
    pub window: Option<Window>,
    /// The first moment after the run.
    pub run_ends_at: Instant,
}

impl TrapState {
    /// When the number could leak for the first time.
    pub fn first_exposure(&self) -> Option<Instant> {
        self.exposures.first().map(|exposure| exposure.at)
    }

    /// Whether a call at `at` falls to this trap. A trap that is not complete
    /// covers no more than its run: without a bound it would catch calls for ever.
    pub fn covers(&self, at: Instant) -> Option<Coverage> {
        let exposed_until = self.window.map_or(self.run_ends_at, |window| window.from);
        if self.window.is_some_and(|window| window.from <= at && at < window.to) {
            return Some(Coverage::Window);
        }
        let is_exposed = self.first_exposure().is_some_and(|first| first <= at);
        (is_exposed && at < exposed_until).then_some(Coverage::DuringTrap)
    }
}

/// Judges a trap by the calls of its bait. `calls` may hold any calls of the
/// bait; those that start in the run and whose party is an own number valid
/// then count.
pub fn trap_state(trap: &Trap, calls: &[Call], own_numbers: &[OwnNumber]) -> TrapState {
    let own_calls: Vec<&Call> =
        calls.iter().filter(|call| is_own_call(trap, call, own_numbers)).collect();
    let mut exposures = trap.exposures.clone();
    exposures.extend(own_calls.iter().map(|call| exposure_of(call)));
    exposures.sort();
    let missing = what_is_missing(trap, &own_calls);
    let window = if missing.is_empty() { arm(trap, &own_calls) } else { None };
    TrapState { trap: trap.id, exposures, missing, window, run_ends_at: trap.run_ends_at }
}

fn is_own_call(trap: &Trap, call: &Call, own_numbers: &[OwnNumber]) -> bool {
    call.bait == trap.bait
        && call.channel == Channel::Pstn
        && trap.started_at <= call.started_at
        && call.started_at < trap.run_ends_at
        && call
            .party
            .phone()
            .is_some_and(|phone| own_numbers.iter().any(|own| own.covers(phone, call.started_at)))
}

/// An unanswered call shows the number just as well.
fn exposure_of(call: &Call) -> Exposure {
    let kind = match call.direction {
        Direction::Outgoing => ExposureKind::OwnCall,
        Direction::Incoming => ExposureKind::ReturnCall,
    };
    Exposure { at: call.started_at, kind, seconds: talked_seconds(call) }
}

fn talked_seconds(call: &Call) -> u32 {
    if call.answered { call.connected_seconds } else { 0 }
}

fn what_is_missing(trap: &Trap, own_calls: &[&Call]) -> Vec<TrapMissing> {
    let answered =
        |direction| own_calls.iter().any(|call| call.answered && call.direction == direction);
    let talked: u64 = own_calls.iter().map(|call| u64::from(talked_seconds(call))).sum();
    let settings = &trap.settings;
    let long_visit = |exposure: &Exposure| {
        exposure.kind == ExposureKind::SiteVisit
            && exposure.seconds >= settings.min_site_visit_seconds
    };
    let checks = [
        (
            TrapMissing::RecorderTest,
            trap.recorder_tested_at.is_some_and(|tested| tested <= trap.run_ends_at),
        ),
        (TrapMissing::SiteVisit, trap.exposures.iter().any(long_visit)),
        (TrapMissing::OwnCall, answered(Direction::Outgoing)),
        (TrapMissing::ReturnCall, answered(Direction::Incoming)),
        (TrapMissing::ConnectedTime, talked >= u64::from(settings.min_connected_seconds)),
    ];
    checks.into_iter().filter(|(_, holds)| !holds).map(|(missing, _)| missing).collect()
}

/// The window opens when the last conversation with the own side ends.
fn arm(trap: &Trap, own_calls: &[&Call]) -> Option<Window> {
    let answered = own_calls.iter().filter(|call| call.answered);
    let from = answered.map(|call| call.ended_at()).max()?;
    Some(Window { from, to: from + Span::hours(i64::from(trap.settings.window_hours)) })
}
