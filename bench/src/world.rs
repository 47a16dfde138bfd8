//! The world of the benchmarks: any number of calls of any number of clients,
//! the same for the same seed, made one day at a time and never held as a whole.
//!
//! It is skewed as the real one is: a few numbers make most of the calls and a
//! long tail calls once or twice, large clients and busy baits get more than
//! others, people are called by day and on weekdays. Every bait is trapped all
//! the time, so that every call is covered.

mod cast;
mod forms;

use baitline_domain::instant::{Day, Instant, MICROS_PER_DAY, MICROS_PER_SECOND, Span};
use baitline_domain::phone::Phone;
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

pub use cast::{Cast, CastBait, CastClient};

/// The seed of every benchmark.
pub const SEED: u64 = 20_261_124;
/// How many numbers make a large part of all calls.
const HEAVY_OFFENDERS: u64 = 2_000;
/// Of a hundred calls, how many they make.
const HEAVY_PERCENT: u32 = 30;
/// Of a hundred calls, how many nobody answers.
const MISSED_PERCENT: u32 = 18;
/// The longest conversation, in seconds.
const LONGEST_CALL_SECONDS: u32 = 180;
/// How many calls begin in each hour of the day, UTC; the clients live in UTC+3.
const HOURS: [u32; 24] =
    [1, 1, 1, 2, 4, 8, 14, 20, 24, 25, 24, 20, 21, 23, 24, 22, 17, 11, 7, 4, 3, 2, 1, 1];
/// How many calls come on each day of the week, Monday first.
const WEEKDAYS: [u64; 7] = [20, 21, 21, 20, 19, 9, 6];
/// 1970-01-01 was a Thursday.
const WEEKDAY_OF_DAY_ZERO: i32 = 3;
/// A run arms its bait for three days, and the next run follows it.
pub const DAYS_PER_TRAP: i32 = 3;

/// How large a world is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Defended businesses.
    pub clients: usize,
    /// SIMs of each.
    pub baits_per_client: usize,
    /// The first UTC day.
    pub first_day: Day,
    /// How many days.
    pub days: u32,
    /// Calls of all clients together.
    pub calls: u64,
}

impl Shape {
    /// One large client in two months: for what is measured of one sender.
    pub fn one_client(calls: u64) -> Self {
        Self { clients: 1, baits_per_client: 40, first_day: FIRST_DAY, days: 61, calls }
    }

    /// Many clients, as an agency has them, in a year.
    pub fn agency(calls: u64) -> Self {
        Self { clients: 200, baits_per_client: 10, first_day: FIRST_DAY, days: 365, calls }
    }
}

/// 2025-11-01: a year before the day on which these programs were written.
pub const FIRST_DAY: Day = Day(20_393);

/// One call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorldCall {
    /// Its place in order of time, from 0.
    pub number: u64,
    /// Its client, an index into [`Cast::clients`].
    pub client: usize,
    /// Its bait, an index into [`CastClient::baits`].
    pub bait: usize,
    /// Who calls.
    pub caller: Phone,
    /// When it begins.
    pub at: Instant,
    /// Zero when nobody answers.
    pub connected_seconds: u32,
}

/// Who takes part, and how much happens.
#[derive(Debug, Clone)]
pub struct World {
    /// How large it is.
    pub shape: Shape,
    /// Who takes part.
    pub cast: Cast,
    seed: u64,
}

impl World {
    /// A world with ids of its own, for what needs no database.
    pub fn made(shape: Shape) -> Self {
        Self::of(Cast::made(&shape), shape)
    }

    /// A world of a cast that a database knows.
    pub fn of(cast: Cast, shape: Shape) -> Self {
        Self { shape, cast, seed: SEED }
    }

    /// Every call in order of time.
    pub fn calls(&self) -> impl Iterator<Item = WorldCall> + '_ {
        let mut number = 0;
        self.days().flat_map(move |(day, count)| {
            let mut calls = self.calls_of_day(day, count);
            for call in &mut calls {
                call.number = number;
                number += 1;
            }
            calls
        })
    }

    /// The days with the number of calls of each; the rest of a division falls
    /// to the last.
    fn days(&self) -> impl Iterator<Item = (Day, u64)> + '_ {
        let first = self.shape.first_day.0;
        let days = move || (first..).take(self.shape.days as usize);
        let total: u64 = days().map(weight_of).sum();
        let (mut weights, mut given) = (0, 0);
        days().map(move |day| {
            weights += weight_of(day);
            let until = u64::try_from(
                u128::from(self.shape.calls) * u128::from(weights) / u128::from(total),
            )
            .unwrap_or(u64::MAX);
            let count = until - given;
            given = until;
            (Day(day), count)
        })
    }

    fn calls_of_day(&self, day: Day, count: u64) -> Vec<WorldCall> {
        let mut dice = ChaCha8Rng::seed_from_u64(self.seed ^ (day.0 as u64) << 32);
        let mut calls: Vec<WorldCall> = (0..count).map(|_| self.call(&mut dice, day)).collect();
        calls.sort_unstable_by_key(|call| (call.at, call.client, call.bait, call.caller));
        calls
    }

    fn call(&self, dice: &mut ChaCha8Rng, day: Day) -> WorldCall {
        let client = skewed(dice, self.shape.clients as u64) as usize;
        let bait = skewed(dice, self.shape.baits_per_client as u64) as usize;
        let is_missed = dice.random_ratio(MISSED_PERCENT, 100);
        WorldCall {
            number: 0,
            client,
            bait,
            caller: caller(dice, self.shape.calls),
            at: moment_of(dice, day),
            connected_seconds: if is_missed {
                0
            } else {
                dice.random_range(1..LONGEST_CALL_SECONDS)
            },
        }
    }

    /// The caller of a further call, skewed as all are; the same for the same
    /// number.
    pub fn caller(&self, number: u64) -> Phone {
        caller(&mut ChaCha8Rng::seed_from_u64(self.seed ^ number), self.shape.calls)
    }

    /// The run that covers a moment of a bait, counted from the first day.
    pub fn run_at(&self, at: Instant) -> usize {
        let days = (at.day().0 - self.shape.first_day.0).max(0);
        (days / DAYS_PER_TRAP) as usize
    }
}

fn weight_of(day: i32) -> u64 {
    WEEKDAYS[(day + WEEKDAY_OF_DAY_ZERO).rem_euclid(7) as usize]
}

/// Of `count` things the first ones far more often than the last.
fn skewed(dice: &mut impl Rng, count: u64) -> u64 {
    let share: f64 = dice.random();
    // Below the count, since the share is below 1.
    (share * share * count as f64) as u64
}

fn moment_of(dice: &mut impl Rng, day: Day) -> Instant {
    let total: u32 = HOURS.iter().sum();
    let mut place = dice.random_range(0..total);
    let hour = HOURS.iter().position(|weight| {
        let is_here = place < *weight;
        place = place.saturating_sub(*weight);
        is_here
    });
    let hour = i64::try_from(hour.unwrap_or(0)).unwrap_or(0);
    let micros = dice.random_range(0..3_600 * MICROS_PER_SECOND);
    let at = day.start() + Span::seconds(hour * 3_600) + Span(micros);
    debug_assert!(at - day.start() < Span(MICROS_PER_DAY));
    at
}

/// A heavy offender, the first ones far more often, or one of a tail that grows
/// with the world, so that most of it calls once or twice.
fn caller(dice: &mut impl Rng, calls: u64) -> Phone {
    if dice.random_ratio(HEAVY_PERCENT, 100) {
        return cast::caller(skewed(dice, HEAVY_OFFENDERS));
    }
    cast::caller(HEAVY_OFFENDERS + dice.random_range(0..calls.max(1)))
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    fn world(calls: u64) -> World {
        World::made(Shape { clients: 20, days: 30, ..Shape::agency(calls) })
    }

    #[test]
    fn a_world_has_as_many_calls_as_it_was_asked_for_in_order_of_time() {
        for count in [0, 1, 7, 5_000] {
            let calls: Vec<WorldCall> = world(count).calls().collect();
            assert_eq!(calls.len() as u64, count);
            assert!(calls.is_sorted_by_key(|call| (call.at, call.number)));
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_world() {
        assert!(world(2_000).calls().eq(world(2_000).calls()));
    }

    #[test]
    fn few_numbers_make_many_calls_and_most_make_one_or_two() {
        let mut counts: HashMap<Phone, u32> = HashMap::new();
        for call in world(20_000).calls() {
            *counts.entry(call.caller).or_default() += 1;
        }
        let mut counts: Vec<u32> = counts.into_values().collect();
        counts.sort_unstable();
        let seldom = counts.iter().filter(|count| **count <= 2).count();
        assert!(seldom * 10 > counts.len() * 8, "{seldom} of {}", counts.len());
        let top: u32 = counts.iter().rev().take(40).sum();
        assert!((500..2_500).contains(&top), "{top}");
    }
}
