//! What every program of bench/ is told on its command line.

use clap::Parser;

/// How much is measured, and how often.
#[derive(Debug, Clone, Parser)]
pub struct Args {
    /// Check a tiny size once, and time nothing.
    #[arg(long)]
    pub tiny: bool,
    /// How many rounds are measured.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Calls instead of the program's own number of them.
    #[arg(long)]
    size: Option<u64>,
}

impl Args {
    /// Reads the command line of this process, and ends it where it is wrong.
    pub fn read() -> Self {
        Self::parse()
    }

    /// How many calls: what was asked for, else what the program measures.
    pub fn size(&self, full: u64, tiny: u64) -> u64 {
        self.size.unwrap_or(if self.tiny { tiny } else { full })
    }

    /// How many rounds: one of a tiny size.
    pub fn rounds(&self) -> usize {
        if self.tiny { 1 } else { self.rounds.max(1) }
    }

    /// The last line of a program: its ratios, or that the tiny size was right.
    pub fn say(&self, name: &str, ratios: &crate::Ratios) {
        if self.tiny {
            println!("{name} tiny ok");
        } else {
            println!("{}", ratios.line(name));
        }
    }
}
