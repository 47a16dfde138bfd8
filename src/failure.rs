//! What a command fails with, and how it says so: one sentence on standard
//! error, and an exit code that scripts can tell apart.

use std::process::ExitCode;

use baitline_store::StoreError;

use crate::demo::DemoError;

/// A failure of a command.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The command could not do its work; exit code 1.
    Sentence(String),
    /// A package is not whole; what is wrong has been printed. Exit code 2.
    NotWhole,
}

impl Failure {
    /// Says what happened.
    pub(crate) fn report(self) -> ExitCode {
        match self {
            Self::Sentence(sentence) => {
                eprintln!("baitline: {sentence}");
                ExitCode::FAILURE
            }
            Self::NotWhole => ExitCode::from(2),
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Sentence(error.to_string())
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::Sentence(error.to_string())
    }
}

impl From<DemoError> for Failure {
    fn from(error: DemoError) -> Self {
        Self::Sentence(error.to_string())
    }
}

/// A failure with words of the command's own before the cause.
pub(crate) fn because(what: &str) -> impl FnOnce(std::io::Error) -> Failure + '_ {
    move |error| Failure::Sentence(format!("{what}: {error}"))
}
