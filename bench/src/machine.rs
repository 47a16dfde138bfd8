//! How evenly the machine itself runs: a virtual one may be slow for moments, which no
//! program on it can help, and which a percentile shows.

use std::fmt;
use std::hint::black_box;
use std::time::{Duration, Instant as Clock};

/// How long it is watched.
const WATCHED: Duration = Duration::from_secs(8);
/// Steps of the piece of work: some tenths of a millisecond.
const STEPS: u64 = 1_000_000;
/// So many times as long as the usual piece is slow.
const SLOW: u32 = 2;

/// What a core gave to a loop that neither waits nor touches memory.
#[derive(Debug)]
pub struct Evenness {
    /// How long a piece of work usually took.
    usual: Duration,
    /// The longest.
    longest: Duration,
    /// The share of the time in which pieces took twice as long as usual, or longer.
    slow: f64,
}

/// Watches it; nothing else should run.
pub fn evenness() -> Evenness {
    let begun = Clock::now();
    let mut pieces = Vec::new();
    while begun.elapsed() < WATCHED {
        let piece = Clock::now();
        let mut state = 1_u64;
        for step in 0..STEPS {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(step);
        }
        black_box(state);
        pieces.push(piece.elapsed());
    }
    pieces.sort_unstable();
    let usual = pieces[pieces.len() / 2];
    let slow: Duration = pieces.iter().filter(|piece| **piece >= usual * SLOW).sum();
    let longest = pieces[pieces.len() - 1];
    Evenness { usual, longest, slow: slow.as_secs_f64() / begun.elapsed().as_secs_f64() }
}

impl fmt::Display for Evenness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { usual, longest, slow } = self;
        let percent = slow * 100.0;
        write!(
            f,
            "the machine alone: the same work takes {usual:.2?}, at most {longest:.2?}, and twice \
             as long or longer in {percent:.1} % of the time"
        )
    }
}
