//! A trap: one run of leaking the bait's number to the client's own side, and
//! the window it arms when complete.

use crate::call::Call;
use crate::ids::{BaitId, TrapId};
use crate::instant::Instant;
use crate::own_number::OwnNumber;
use serde::{Deserialize, Serialize};

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

/// A half-open period: `from` belongs to it, `to` does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Its first moment.
    pub from: Instant,
    /// The first moment after it.
    pub to: Instant,
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

/// Judges a trap by the calls of its bait. `calls` may hold any calls of the
/// bait; those that start in the run and whose party is an own number valid
/// then count.
pub fn trap_state(trap: &Trap, calls: &[Call], own_numbers: &[OwnNumber]) -> TrapState {
    let _ = (trap, calls, own_numbers);
    unimplemented!()
}
