//! Complaint packages: the application to the antimonopoly office as PDF, the
//! register of calls, the recordings and the machine-readable facts, in one
//! archive that anyone can check with tools they already have. Pure but for
//! reading the recordings it is given and writing the archive it is told to;
//! it knows no database, no network and no clock.

mod build;
pub mod dossier;
mod verify;

pub use build::{BuildError, Built, RecordingReader, build};
pub use verify::{Problem, Summary, VerifyReport, verify};
