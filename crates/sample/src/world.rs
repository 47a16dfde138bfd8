//! The world itself: traps and calls as they truly were, before any source
//! reports them with its own clock, words and mistakes.

use baitline_domain::instant::{Instant, Span};
use baitline_domain::observation::{Channel, Direction};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::cast::{BAITS, CLIENTS};
use crate::hearing::Hearing;
use crate::schedule::{
    OWN_CALL_MINUTE, OWN_CALL_SECONDS, RETURN_CALL_MINUTE, RETURN_CALL_SECONDS, Run, SampleTrap,
    start_of_run, traps,
};
use crate::script::{HEAVY, INNOCENT, ODD, Scripted};
use crate::tail::Tail;

/// The seed of the demo's world.
pub const DEMO_SEED: u64 = 2026;

/// How much random life surrounds the written calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Callers of each complete trap who call once and never again.
    pub one_offs_per_trap: u32,
    /// Calls of baits outside all windows.
    pub quiet_calls: u32,
    /// Calls of ordinary customers, which only a PBX reports.
    pub customer_calls: u32,
}

impl Size {
    /// Enough to look like two months of three small businesses.
    pub const DEMO: Self = Self { one_offs_per_trap: 3, quiet_calls: 1_500, customer_calls: 700 };
    /// The written calls and nothing else.
    pub const SCRIPT_ONLY: Self = Self { one_offs_per_trap: 0, quiet_calls: 0, customer_calls: 0 };
}

/// The far end of a call, as the world knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum End {
    /// A number, E.164 without the plus.
    Number(u64),
    /// Withheld; `really` is what the operator's statement says.
    Hidden {
        /// The number behind it, where the statement knows it.
        really: Option<u64>,
    },
    /// A short code, a name, or a number that is none.
    Text(&'static str),
}

/// How a call came into the world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// A step of a trap: the PBX reports it too.
    OwnSide,
    /// Written by hand.
    Scripted,
    /// Somebody who calls once because of a trap.
    OneOff,
    /// Everyday life outside the windows.
    Quiet,
}

/// A call of a bait as it truly was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SampleCall {
    /// Its place among [`World::calls`].
    pub number: usize,
    /// The bait, an index into [`BAITS`].
    pub bait: usize,
    /// As the bait sees it.
    pub direction: Direction,
    /// The other end.
    pub end: End,
    /// What carried it.
    pub channel: Channel,
    /// When it truly began.
    pub at: Instant,
    /// Zero when nobody answered.
    pub connected_seconds: u32,
    /// Whether the bait was abroad.
    pub roaming: bool,
    /// What the phone's screen showed beside it.
    pub screen_label: Option<&'static str>,
    /// What a person hears in its recording; `None` when nobody has listened.
    pub hearing: Option<&'static Hearing>,
    /// How it came into the world.
    pub part: Part,
}

/// A customer's call to the advertised number: no bait takes part in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CustomerCall {
    /// The client, an index into [`CLIENTS`].
    pub client: usize,
    /// The customer's number.
    pub caller: u64,
    /// When it began.
    pub at: Instant,
    /// Zero when nobody answered.
    pub connected_seconds: u32,
}

/// Everything that happens in the two months.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct World {
    /// In order of bait and time.
    pub traps: Vec<SampleTrap>,
    /// In order of time.
    pub calls: Vec<SampleCall>,
    /// In order of time.
    pub customers: Vec<CustomerCall>,
}

impl SampleCall {
    /// The client of its bait, an index into [`CLIENTS`].
    pub fn client(&self) -> usize {
        BAITS[self.bait].client
    }

    /// Whether somebody answered.
    pub fn answered(&self) -> bool {
        self.connected_seconds > 0
    }

    /// Whether its recording is kept: an answered call to the bait over the
    /// telephone network that could be an interception.
    pub fn recorded(&self) -> bool {
        let telling = matches!(self.part, Part::Scripted | Part::OneOff);
        let incoming = self.direction == Direction::Incoming && self.channel == Channel::Pstn;
        telling && incoming && self.answered()
    }
}

impl World {
    /// The world of the demo.
    pub fn demo() -> Self {
        Self::generate(DEMO_SEED, Size::DEMO)
    }

    /// The written calls with random life around them; equal arguments give
    /// equal worlds.
    pub fn generate(seed: u64, size: Size) -> Self {
        let traps = traps();
        let mut calls: Vec<SampleCall> = traps.iter().flat_map(own_calls).collect();
        calls.extend(HEAVY.iter().chain(&INNOCENT).chain(&ODD).map(written));
        let mut tail = Tail::new(ChaCha8Rng::seed_from_u64(seed), &traps, &calls);
        tail.one_offs(size.one_offs_per_trap, &mut calls);
        tail.quiet(size.quiet_calls, &mut calls);
        let customers = tail.customers(size.customer_calls);
        calls.sort_by_key(|call| (call.at, call.bait, call.direction, call.end));
        for (number, call) in calls.iter_mut().enumerate() {
            call.number = number;
        }
        Self { traps, calls, customers }
    }

    /// The calls whose recordings are kept.
    pub fn recorded(&self) -> impl Iterator<Item = &SampleCall> {
        self.calls.iter().filter(|call| call.recorded())
    }
}

/// The own call and the return call of a run.
fn own_calls(trap: &SampleTrap) -> Vec<SampleCall> {
    let client = &CLIENTS[BAITS[trap.bait].client];
    let mut own = own_call(trap, OWN_CALL_MINUTE, OWN_CALL_SECONDS);
    own.direction = Direction::Outgoing;
    own.end = End::Number(client.advertised());
    let mut back = own_call(trap, RETURN_CALL_MINUTE, RETURN_CALL_SECONDS);
    back.end = End::Number(client.outgoing());
    if trap.run == Run::NoReturnCall { vec![own] } else { vec![own, back] }
}

fn own_call(trap: &SampleTrap, minute: i64, connected_seconds: u32) -> SampleCall {
    SampleCall {
        number: 0,
        bait: trap.bait,
        direction: Direction::Incoming,
        end: End::Hidden { really: None },
        channel: Channel::Pstn,
        at: trap.minute(minute),
        connected_seconds,
        roaming: false,
        screen_label: None,
        hearing: None,
        part: Part::OwnSide,
    }
}

/// Real calls do not start on the minute.
const SECONDS_OF_SCRIPT: i64 = 37;

fn written(script: &Scripted) -> SampleCall {
    let seconds = 60 * script.minute + script.minute.rem_euclid(SECONDS_OF_SCRIPT);
    SampleCall {
        number: 0,
        bait: script.bait,
        direction: script.direction,
        end: script.end,
        channel: script.channel,
        at: start_of_run(script.bait, script.date) + Span::seconds(seconds),
        connected_seconds: script.connected_seconds,
        roaming: script.roaming,
        screen_label: script.screen_label,
        hearing: script.hearing,
        part: Part::Scripted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::{BEGIN, END};
    use std::collections::BTreeMap;

    #[test]
    fn the_same_seed_gives_the_same_world_and_another_seed_another() {
        let size = Size { quiet_calls: 200, customer_calls: 50, ..Size::DEMO };
        assert_eq!(World::generate(1, size), World::generate(1, size));
        assert_ne!(World::generate(1, size), World::generate(2, size));
    }

    #[test]
    fn the_demo_has_a_few_thousand_calls_and_a_hundred_recordings() {
        let world = World::demo();
        let calls = world.calls.len() + world.customers.len();
        assert!((2_000..=4_000).contains(&calls), "{calls}");
        let recordings = world.recorded().count();
        assert!((100..=200).contains(&recordings), "{recordings}");
        assert!(world.calls.iter().all(|call| BEGIN <= call.at && call.at < END));
    }

    #[test]
    fn a_size_says_how_many_calls_there_are() {
        let script = World::generate(7, Size::SCRIPT_ONLY).calls.len();
        let size = Size { one_offs_per_trap: 2, quiet_calls: 5_000, customer_calls: 10 };
        let world = World::generate(7, size);
        let complete = world.traps.iter().filter(|trap| trap.run == Run::Complete).count();
        assert_eq!(world.calls.len(), script + 2 * complete + 5_000);
        assert_eq!(world.customers.len(), 10);
    }

    #[test]
    fn no_two_calls_of_a_bait_with_one_caller_begin_within_two_minutes() {
        let world = World::demo();
        let mut last: BTreeMap<(usize, Direction, End), Instant> = BTreeMap::new();
        for call in &world.calls {
            let before = last.insert((call.bait, call.direction, call.end), call.at);
            let apart = before.is_none_or(|before| call.at - before > Span::seconds(120));
            assert!(apart, "{call:?}");
        }
    }

    #[test]
    fn only_recorded_calls_are_heard() {
        let world = World::demo();
        assert!(world.calls.iter().filter(|call| call.hearing.is_some()).count() > 80);
        assert!(world.calls.iter().all(|call| call.recorded() || call.hearing.is_none()));
    }
}
