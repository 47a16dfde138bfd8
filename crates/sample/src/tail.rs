//! The random part of the world: callers who call once because of a trap, the
//! everyday calls of a phone, and a business's ordinary customers. It draws
//! from blocks of numbers that the script never uses.

use std::collections::HashSet;

use baitline_domain::instant::{Instant, Span};
use baitline_domain::observation::{Channel, Direction};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use crate::calendar::{BEGIN, DAYS, local_hour};
use crate::cast::{BAITS, CLIENTS};
use crate::hearing::TAIL;
use crate::numbers::Holder;
use crate::schedule::{ARMED_MINUTE, Run, SampleTrap};
use crate::world::{CustomerCall, End, Part, SampleCall};

/// Suffixes of callers who call once; each number comes up once before any
/// comes up again.
const ONE_OFF_SUFFIXES: std::ops::Range<u16> = 2_000..4_000;
/// Suffixes of strangers and customers.
const STRANGER_SUFFIXES: std::ops::Range<u16> = 4_000..9_000;
/// Where the acquaintances of the baits' users begin.
const FIRST_ACQUAINTANCE: u16 = 9_000;
/// Acquaintances of each bait's user.
const ACQUAINTANCES: u16 = 5;

/// People call between these hours of the local day.
const CALLING_HOURS: std::ops::Range<i8> = 8..22;
const FIRST_SECOND: i64 = 8 * 3_600;
const LAST_SECOND: i64 = 22 * 3_600;

/// The longest call of the tail, in seconds.
const LONGEST_CALL: u32 = 240;

// Chances in a hundred.
const UNANSWERED: u32 = 15;
const LISTENED_TO: u32 = 70;
const HIDDEN: u32 = 4;
const WITH_ACQUAINTANCE: u32 = 40;

/// Draws the random part.
pub(crate) struct Tail<'a> {
    rng: ChaCha8Rng,
    traps: &'a [SampleTrap],
    /// Every start in use, by bait, so that no two calls of a phone begin at
    /// once and a source without record ids can tell them apart.
    taken: HashSet<(usize, Instant)>,
}

impl<'a> Tail<'a> {
    pub(crate) fn new(rng: ChaCha8Rng, traps: &'a [SampleTrap], calls: &[SampleCall]) -> Self {
        let taken = calls.iter().map(|call| (call.bait, call.at)).collect();
        Self { rng, traps, taken }
    }

    /// Callers of each complete trap who call once, by day, while its window
    /// is open.
    pub(crate) fn one_offs(&mut self, per_trap: u32, calls: &mut Vec<SampleCall>) {
        let traps = self.traps;
        let callers = ONE_OFF_SUFFIXES.flat_map(|suffix| {
            Holder::CALLERS.into_iter().map(move |holder| holder.number(suffix))
        });
        let mut callers = callers.cycle();
        for trap in traps.iter().filter(|trap| trap.run == Run::Complete) {
            for number in callers.by_ref().take(per_trap as usize) {
                let at = self.armed_time(trap);
                let mut call = self.incoming(trap.bait, End::Number(number), at, Part::OneOff);
                if call.answered() && self.chance(LISTENED_TO) {
                    call.hearing = Some(TAIL[self.rng.random_range(0..TAIL.len())]);
                }
                calls.push(call);
            }
        }
    }

    /// Calls of the baits that no trap could cover.
    pub(crate) fn quiet(&mut self, count: u32, calls: &mut Vec<SampleCall>) {
        calls.reserve(count as usize);
        for _ in 0..count {
            let bait = self.rng.random_range(0..BAITS.len());
            let at = self.quiet_time(bait);
            let end = self.everyday_end(bait);
            let mut call = self.incoming(bait, end, at, Part::Quiet);
            if self.is_acquaintance(end) && self.chance(50) {
                call.direction = Direction::Outgoing;
            }
            calls.push(call);
        }
    }

    /// Customers who call the advertised numbers, in order of time.
    pub(crate) fn customers(&mut self, count: u32) -> Vec<CustomerCall> {
        let mut calls: Vec<CustomerCall> = (0..count)
            .map(|_| CustomerCall {
                client: self.rng.random_range(0..CLIENTS.len()),
                caller: self.stranger(),
                at: self.daytime(),
                connected_seconds: self.connected_seconds(),
            })
            .collect();
        calls.sort_by_key(|call| (call.at, call.client, call.caller));
        calls
    }

    fn incoming(&mut self, bait: usize, end: End, at: Instant, part: Part) -> SampleCall {
        SampleCall {
            number: 0,
            bait,
            direction: Direction::Incoming,
            end,
            channel: Channel::Pstn,
            at,
            connected_seconds: self.connected_seconds(),
            roaming: false,
            screen_label: None,
            hearing: None,
            part,
        }
    }

    /// A free moment of the trap's window, well inside it and by day.
    fn armed_time(&mut self, trap: &SampleTrap) -> Instant {
        loop {
            let minute = self.rng.random_range(ARMED_MINUTE + 5..trap.last_armed_minute() - 5);
            let at = trap.minute(minute) + self.fraction_of_minute();
            if CALLING_HOURS.contains(&local_hour(at)) && self.taken.insert((trap.bait, at)) {
                return at;
            }
        }
    }

    /// A free moment by day that no trap of the bait could cover.
    fn quiet_time(&mut self, bait: usize) -> Instant {
        loop {
            let at = self.daytime();
            let mut traps = self.traps.iter().filter(|trap| trap.bait == bait);
            if traps.all(|trap| !trap.may_cover(at)) && self.taken.insert((bait, at)) {
                return at;
            }
        }
    }

    fn daytime(&mut self) -> Instant {
        let day = self.rng.random_range(0..DAYS);
        let second = self.rng.random_range(FIRST_SECOND..LAST_SECOND - 60);
        BEGIN + Span::hours(24 * day) + Span::seconds(second) + self.fraction_of_minute()
    }

    /// Up to a minute, in whole milliseconds: what a recorder app writes.
    fn fraction_of_minute(&mut self) -> Span {
        Span(self.rng.random_range(0..60_000) * 1_000)
    }

    fn everyday_end(&mut self, bait: usize) -> End {
        if self.chance(WITH_ACQUAINTANCE) {
            return End::Number(self.acquaintance(bait));
        }
        if self.chance(HIDDEN) {
            return End::Hidden { really: None };
        }
        End::Number(self.stranger())
    }

    fn acquaintance(&mut self, bait: usize) -> u64 {
        let bait = u16::try_from(bait).unwrap_or(0);
        let person = self.rng.random_range(0..ACQUAINTANCES);
        Holder::Mts.number(FIRST_ACQUAINTANCE + ACQUAINTANCES * bait + person)
    }

    fn is_acquaintance(&self, end: End) -> bool {
        matches!(end, End::Number(number) if number >= Holder::Mts.number(FIRST_ACQUAINTANCE)
            && number <= Holder::Mts.number(9_999))
    }

    fn stranger(&mut self) -> u64 {
        let holder = Holder::CALLERS[self.rng.random_range(0..Holder::CALLERS.len())];
        holder.number(self.rng.random_range(STRANGER_SUFFIXES))
    }

    fn connected_seconds(&mut self) -> u32 {
        if self.chance(UNANSWERED) { 0 } else { self.rng.random_range(5..=LONGEST_CALL) }
    }

    fn chance(&mut self, percent: u32) -> bool {
        self.rng.random_range(0..100_u32) < percent
    }
}
