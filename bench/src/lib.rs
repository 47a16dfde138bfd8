//! What the programs of bench/ share: a world of any size, the real program and
//! a private PostgreSQL, alternating rounds and their line of output. A program
//! checks its answer before it times anything.

pub mod args;
pub mod exported;
pub mod history;
pub mod http;
pub mod machine;
pub mod postgres;
pub mod process;
pub mod sealed;
pub mod world;

use std::time::Duration;

pub use args::Args;

/// Ratios of one program, one for each round.
#[derive(Debug, Clone, Default)]
pub struct Ratios(Vec<f64>);

impl Ratios {
    /// Runs `rounds` pairs, alternating, and keeps baseline time over our time:
    /// above 1 we are faster.
    pub fn of_speed(
        rounds: usize,
        mut ours: impl FnMut() -> Duration,
        mut baseline: impl FnMut() -> Duration,
    ) -> Self {
        Self(
            (0..rounds)
                .map(|round| {
                    // Whoever goes second finds a warmer machine: take turns.
                    let (ours, baseline) = if round % 2 == 0 {
                        let first = ours();
                        (first, baseline())
                    } else {
                        let first = baseline();
                        (ours(), first)
                    };
                    baseline.as_secs_f64() / ours.as_secs_f64()
                })
                .collect(),
        )
    }

    /// Keeps ratios that were computed elsewhere.
    pub fn from_values(values: Vec<f64>) -> Self {
        Self(values)
    }

    /// `NAME ratio min/median/max`.
    pub fn line(&self, name: &str) -> String {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let at = |index: usize| sorted.get(index).copied().unwrap_or(f64::NAN);
        let last = sorted.len().saturating_sub(1);
        format!("{name} ratio {:.3}/{:.3}/{:.3}", at(0), at(last / 2), at(last))
    }
}

/// The time within which a share of these lies, from 0 to 1: the nearest rank.
pub fn percentile(times: &mut [Duration], share: f64) -> Duration {
    times.sort_unstable();
    let rank = (times.len() as f64 * share).ceil() as usize;
    times.get(rank.clamp(1, times.len().max(1)) - 1).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Ratios, percentile};

    #[test]
    fn a_percentile_is_the_nearest_rank() {
        let mut times: Vec<Duration> = (1..=200).rev().map(Duration::from_millis).collect();
        assert_eq!(percentile(&mut times, 0.99), Duration::from_millis(198));
        assert_eq!(percentile(&mut times, 0.0), Duration::from_millis(1));
        assert_eq!(percentile(&mut times, 1.0), Duration::from_millis(200));
        assert_eq!(percentile(&mut [], 0.99), Duration::ZERO);
    }

    #[test]
    fn the_line_tells_the_least_the_middle_and_the_most() {
        let ratios = Ratios::from_values(vec![2.0, 0.5, 1.0]);
        assert_eq!(ratios.line("P1"), "P1 ratio 0.500/1.000/2.000");
    }
}
